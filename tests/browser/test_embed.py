"""The map alone, for a frame in another page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, NARROW, PHONE, NewContext, Open, counted, pinned, query_of


def test_the_embedded_page_is_the_map_without_panel_and_table(open_map: Open) -> None:
    page = open_map("/embed")
    expect(page.locator(".sheet")).to_be_hidden()
    expect(page.locator("section.table")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    assert page.locator("main.map").bounding_box() == {"x": 0, "y": 0, "width": DESKTOP["width"], "height": DESKTOP["height"]}
    assert len({*pinned(page), *counted(page)}) == 29
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("© OpenStreetMap contributors")
    expect(page.locator("#review")).to_have_text("内置轮廓，WGS-84；无审图号，仅作示意")


def test_the_embedded_page_does_not_scroll(page: Page, open_map: Open) -> None:
    page.set_viewport_size(NARROW)
    open_map("/embed")
    root = "document.scrollingElement"
    assert page.evaluate(f"[{root}.scrollWidth, {root}.scrollHeight]") == [NARROW["width"], NARROW["height"]]


def test_the_embedded_page_shows_what_its_address_says(open_map: Open) -> None:
    page = open_map("/embed?corridor=west&indicator=area@2022&lang=en#map=11/30.3/120.02")
    assert pinned(page) == ["future-scitech-city", "zijingang-scitech-city"]
    assert page.locator(".pin.without").count() == 2
    assert page.evaluate("map_atlas.getZoom()") == 11
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_link_to_the_whole_page_carries_the_state(open_map: Open) -> None:
    page = open_map("/embed?corridor=west&lang=zh#map=11/30.3/120.02")
    link = page.get_by_role("link", name="杭州产业平台图", exact=True)
    expect(link).to_have_attribute("href", "/?corridor=west&lang=zh#map=11/30.3/120.02")
    page.locator(".pin[data-id=zijingang-scitech-city]").click()
    expect(link).to_have_attribute("href", re.compile(r"^/\?corridor=west&place=zijingang-scitech-city&lang=zh#map=11/"))
    with page.context.expect_page() as opening:
        link.click()
    whole = opening.value
    whole.wait_for_selector("[data-whole=true]")
    assert query_of(whole) == "?corridor=west&place=zijingang-scitech-city&lang=zh"
    expect(whole.get_by_role("dialog", name="紫金港科技城", exact=True)).to_be_visible()
    expect(whole.locator(".sheet")).to_be_visible()


def test_the_link_follows_the_view(open_map: Open) -> None:
    page = open_map("/embed#map=10/30.2/120.2")
    page.get_by_role("button", name="放大").click()
    expect(page.locator("#whole")).to_have_attribute("href", re.compile(r"^/#map=11/30\.[12]\d+/120\.[12]\d+$"))


def test_a_card_opens_and_closes_in_the_embedded_page(open_map: Open) -> None:
    page = open_map("/embed")
    page.locator(".pin[data-id=tonglu-edz]").click()
    popup = page.get_by_role("dialog", name="桐庐经开区", exact=True)
    expect(popup).to_be_visible()
    expect(popup).to_be_in_viewport(ratio=1)
    assert query_of(page) == "?place=tonglu-edz"
    page.get_by_role("button", name="关闭").click()
    expect(popup).to_have_count(0)
    assert page.evaluate("location.pathname") == "/embed"


def test_the_same_origin_can_frame_it(page: Page) -> None:
    page.goto("/about")
    page.evaluate(
        """() => {
          const frame = document.createElement('iframe');
          frame.src = '/embed?corridor=west';
          frame.width = 600;
          frame.height = 480;
          document.querySelector('main').prepend(frame);
        }"""
    )
    inside = page.frame_locator("iframe")
    inside.locator("[data-whole=true]").wait_for()
    expect(inside.locator(".pin")).to_have_count(2)
    inside.locator(".pin[data-id=future-scitech-city]").click()
    expect(inside.get_by_role("dialog", name="未来科技城", exact=True)).to_be_visible()
    # The page around keeps its own address.
    assert page.evaluate("location.pathname + location.search") == "/about"


def test_the_frame_says_what_it_shows_and_from_whom(open_map: Open) -> None:
    page = open_map("/embed?indicator=area@2022")
    expect(page.locator(".caption")).to_contain_text("面积 · 2022 年")
    expect(page.locator(".caption .origin")).to_contain_text("来源：")
    open_map("/embed")
    expect(page.locator("#compared")).to_have_text("")


def test_the_wheel_scrolls_the_article_and_with_ctrl_zooms_the_map(open_map: Open) -> None:
    page = open_map("/embed#map=11/30.2/120.2")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -400)
    expect(page.locator("#notice")).to_have_text("按住 Ctrl 滚动，可以缩放地图")
    assert page.evaluate("map_atlas.getZoom()") == 11
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => map_atlas.getZoom() > 11")
    page.keyboard.up("Control")
    page.mouse.wheel(0, 400)
    expect(page.locator("#notice")).to_be_visible()
    assert page.evaluate("map_atlas.scrollWheelZoom.enabled()") is False


def test_one_finger_scrolls_the_article(new_context: NewContext) -> None:
    page = new_context(has_touch=True, is_mobile=True).new_page()
    page.set_viewport_size(PHONE)
    page.goto("/embed")
    page.wait_for_selector("[data-whole=true]")
    assert page.evaluate("[map_atlas.dragging.enabled(), map_atlas.touchZoom.enabled()]") == [False, True]
    assert "none" not in page.evaluate("getComputedStyle(map_atlas.getContainer()).touchAction")


@pytest.mark.parametrize(("size", "is_open"), [((680, 480), True), ((1000, 600), True), ((320, 400), False)])
def test_the_legend_is_open_where_there_is_room(page: Page, open_map: Open, size: tuple[int, int], is_open: bool) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_map("/embed?indicator=area@2022")
    assert (page.locator(".legend").get_attribute("open") is not None) is is_open
