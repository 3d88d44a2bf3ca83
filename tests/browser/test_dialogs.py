"""The dialogs of the picture and of the frame: what they give, by mouse and by keyboard, and where there is no clipboard."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Open

SVG = "{http://www.w3.org/2000/svg}"
FRAME = "text => { const one = new DOMParser().parseFromString(text, 'text/html').querySelector('iframe'); return [one.src, one.title, one.height]; }"


def asked(page: Page) -> dict[str, list[str]]:
    """What the picture is asked for with."""
    return parse_qs(urlsplit(page.locator("#save-picture").get_attribute("href") or "").query)


def open_picture(page: Page) -> None:
    page.locator("#picture").click()
    expect(page.get_by_role("dialog", name="下载图片")).to_be_visible()


def test_the_picture_is_of_the_view_or_of_everything(open_map: Open) -> None:
    page = open_map("/?corridor=west&indicator=area@2022")
    open_picture(page)
    west, south, east, north = map(float, asked(page)["bbox"][0].split(","))
    assert west < 120 < east
    assert south < 30.28 < north
    assert asked(page)["corridor"] == ["west"]
    assert asked(page)["indicator"] == ["area@2022"]
    page.get_by_label("所选的全部").check()
    assert "bbox" not in asked(page)


@pytest.mark.parametrize(("size", "wide"), [("1", 1400), ("2", 2800), ("", 900)])
def test_a_png_has_the_size_that_is_chosen(open_map: Open, size: str, wide: int) -> None:
    page = open_map("/?corridor=west")
    open_picture(page)
    page.get_by_label("大小").select_option(size)
    if not size:
        page.get_by_label("宽度（像素）").fill("900")
    page.get_by_label("标题", exact=True).fill("两座科技城")
    with page.expect_download() as waiting:
        page.locator("#save-picture").click()
    png = waiting.value.path().read_bytes()
    assert struct.unpack(">I", png[16:20])[0] == wide
    # The name says what it is of.
    assert waiting.value.suggested_filename.startswith("hangzhou-map-west-")
    assert waiting.value.suggested_filename.endswith(".png")


def test_a_width_that_cannot_be_is_not_offered(open_map: Open) -> None:
    page = open_map()
    open_picture(page)
    page.get_by_label("大小").select_option("")
    page.get_by_label("宽度（像素）").fill("99999")
    expect(page.locator("#save-picture")).to_have_attribute("aria-disabled", "true")
    page.get_by_label("宽度（像素）").fill("2000")
    assert asked(page)["width"] == ["2000"]


def test_an_svg_has_named_layers_and_the_words_of_the_reader(open_map: Open) -> None:
    page = open_map()
    open_picture(page)
    page.get_by_label("SVG，图层有名").check()
    page.get_by_label("标题", exact=True).fill("<b>我的标题</b>")
    page.get_by_label("副标题").fill("我的副标题")
    with page.expect_download() as waiting:
        page.locator("#save-picture").click()
    svg = ET.fromstring(waiting.value.path().read_bytes())
    layers = {group.get("id"): group.findtext(f"{SVG}title") for group in svg.findall(f"{SVG}g/{SVG}g")}
    assert {"districts": "区县", "water": "水系", "corridors": "走廊（示意）", "places": "地点与名称"}.items() <= layers.items()
    written = [element.text for element in svg.iter(f"{SVG}text") if element.get("class") != "halo"]
    assert written[:2] == ["<b>我的标题</b>", "我的副标题"]
    # No program can paint an edge over letters that have none.
    assert not [
        element for element in svg.iter(f"{SVG}text") if "paint-order" in element.attrib or (element.get("class") != "halo" and element.get("stroke"))
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_markup_for_another_page_is_in_the_language_that_is_chosen(page: Page, open_map: Open, site: str, lang: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_map("/?corridor=west&lang=zh#map=11/30.3/120.02")
    page.get_by_role("button", name="嵌入", exact=True).click()
    page.locator("#embed-dialog").get_by_label("语言").select_option(lang)
    page.get_by_label("高度（像素）").fill("600")
    page.get_by_label("高度（像素）").press("Tab")
    page.get_by_role("button", name="复制嵌入代码").click()
    expect(page.locator("#copied")).to_have_text("已复制")
    source, title, height = page.evaluate(FRAME, page.evaluate("navigator.clipboard.readText()"))
    assert source == f"{site}/embed?corridor=west&lang={lang}#map=11/30.3/120.02"
    assert (title, height) == ("杭州产业平台图", "600")
    frame = page.frame_locator("#preview iframe")
    frame.locator("[data-whole=true]").wait_for()
    expect(frame.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[lang])


def test_without_a_clipboard_the_markup_can_be_copied_by_hand(page: Page, open_map: Open) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false;")
    open_map()
    page.get_by_role("button", name="嵌入", exact=True).click()
    page.get_by_role("button", name="复制嵌入代码").click()
    expect(page.locator("#copied")).to_have_text("已选中，请按 Ctrl+C 复制")
    selected = page.evaluate(
        "(() => { const code = document.getElementById('embed-code'); return code.value.slice(code.selectionStart, code.selectionEnd); })()"
    )
    assert selected.startswith("<iframe ")


def test_a_server_that_lets_nobody_frame_it_says_so_and_what_to_set(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("button", name="嵌入", exact=True).click()
    expect(page.locator("#frames-refused")).to_contain_text("GEO_FRAME_ANCESTORS")


@pytest.mark.parametrize("button", ["#picture", "#embed"])
def test_a_dialog_is_opened_and_left_by_keyboard(open_map: Open, button: str) -> None:
    page = open_map()
    page.locator(button).focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(button)).to_be_focused()


@pytest.mark.parametrize(("screen", "scheme", "lang"), [(DESKTOP, "light", "zh"), (PHONE, "dark", "en"), (NARROW, "light", "en")])
@pytest.mark.parametrize("button", ["#picture", "#embed"])
def test_axe_finds_nothing_in_a_dialog(page: Page, screen: ViewportSize, scheme: Literal["light", "dark"], lang: str, button: str) -> None:
    page.set_viewport_size(screen)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/?lang={lang}")
    page.wait_for_selector("[data-whole=true]")
    page.locator(button).click()
    box = page.locator("dialog[open]").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= screen["width"]
    results = Axe().run(page, context="dialog[open]", options={"iframes": False})
    assert results.violations_count == 0, results.generate_report()
