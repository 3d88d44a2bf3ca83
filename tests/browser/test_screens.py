"""What it looks like: the picture of the README, every theme and size drawn with colours, and the printed sheet."""

from __future__ import annotations

import base64
import re
import struct
from itertools import combinations
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from geo.settings import PROJECT
from tests.browser.conftest import DESKTOP, NARROW, PHONE, Open

PICTURE = PROJECT / "docs" / "map.png"
README_VIEW = "/?lang=zh"
# How many different colours a picture has, and how many pixels have nearly one of some.
COLOURS = """async ([png, wanted]) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  // A fill lets a little of the ground through.
  const near = (pixel, colour) => Math.hypot(...colour.map((part, place) => ((pixel >> (8 * place)) & 255) - part)) < 40;
  const count = (colour) => [...counts].reduce((sum, [pixel, times]) => sum + (near(pixel, colour) ? times : 0), 0);
  return { different: counts.size, wanted: wanted.map(count) };
}"""
LIGHT = {"west": (31, 95, 139), "east": (181, 81, 26), "water": (188, 211, 221)}
DARK = {"west": (121, 180, 220), "east": (232, 149, 92), "water": (39, 65, 78)}


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a picture, from its first chunk."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def assert_drawn(page: Page, png: bytes, colours: dict[str, tuple[int, int, int]]) -> None:
    """The picture is not blank: it has many colours, and those of both corridors and of water among them."""
    found = page.evaluate(COLOURS, [base64.b64encode(png).decode(), [list(colour) for colour in colours.values()]])
    assert found["different"] > 500
    assert dict(zip(colours, (count > 50 for count in found["wanted"]), strict=True)) == dict.fromkeys(colours, True)


def test_the_picture_of_the_readme_is_of_this_page(open_map: Open, tmp_path: Path) -> None:
    page = open_map(README_VIEW)
    fresh = page.screenshot(path=tmp_path / "map.png")
    assert size_of(fresh) == (1440, 900)
    assert_drawn(page, fresh, LIGHT)
    kept = PICTURE.read_bytes()
    assert size_of(kept) == (1440, 900)
    assert_drawn(page, kept, LIGHT)


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "narrow"])
def test_the_map_is_drawn_in_its_colours(
    page: Page, open_map: Open, screen: ViewportSize, scheme: Literal["light", "dark"], colours: dict[str, tuple[int, int, int]]
) -> None:
    page.set_viewport_size(screen)
    page.emulate_media(color_scheme=scheme)
    open_map("/")
    assert_drawn(page, page.locator("main.map").screenshot(), colours)


# --- on paper -----------------------------------------------------------------------------------------------------------------------------


def test_the_printed_sheet_has_map_legend_and_table_and_no_controls(page: Page, open_map: Open) -> None:
    open_map("/?corridor=west")
    page.emulate_media(media="print")
    for there in ("h1", "#finding", "main.map", ".legend", ".legend li >> nth=0", "#table", ".leaflet-control-attribution"):
        expect(page.locator(there)).to_be_visible()
    for gone in (".filters", "#list", "#download", ".leaflet-control-zoom", ".languages"):
        expect(page.locator(gone)).to_be_hidden()
    assert page.locator("#table [data-id]:visible").count() == 2
    # On paper 1 mm is 96 / 25.4 pixels.
    box = page.locator("main.map").bounding_box()
    assert box
    assert round(box["height"] * 25.4 / 96) == 142


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_printed(page: Page, open_map: Open, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    open_map("/")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
    # A4 across: 842 by 595 points.
    assert re.search(rb"/MediaBox\s*\[\s*0 0 84[12](\.\d+)? 59[45](\.\d+)?\s*\]", pdf)


def test_ink_on_paper_is_dark_for_a_reader_of_the_dark_theme_as_well(page: Page, open_map: Open) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    open_map("/")
    background, ink = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('h1')).color]")
    assert background == "rgb(255, 255, 255)"
    red, green, blue = map(int, re.findall(r"\d+", ink))
    assert max(red, green, blue) < 90


def test_everything_of_the_map_is_on_the_printed_sheet(page: Page, open_map: Open) -> None:
    """The map on paper is lower than the one on the screen: no symbol of the first view may fall off its edge."""
    open_map("/")
    page.emulate_media(media="print")
    # A printer's preview tells the page in two ways; no window is resized.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    cut: list[str] = page.evaluate(
        """() => {
          const frame = document.querySelector("main.map").getBoundingClientRect();
          return [...document.querySelectorAll(".pin")].filter((pin) => {
            const box = pin.getBoundingClientRect();
            return box.top < frame.top || box.bottom > frame.bottom;
          }).map((pin) => pin.dataset.id);
        }"""
    )
    # The point of the whole city lies outside of the first view.
    assert [id_ for id_ in cut if id_ != "hangzhou"] == []


@pytest.mark.parametrize(
    "screen", [DESKTOP, PHONE, {"width": 844, "height": 390}, {"width": 1920, "height": 1080}], ids=["desktop", "phone", "low", "wide"]
)
def test_the_printed_map_fits_the_paper_whatever_the_window_was(page: Page, open_map: Open, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map("/")
    size, zoom = "[map_atlas.getSize().x, map_atlas.getSize().y]", "map_atlas.getZoom()"
    before = page.evaluate(f"[{size}, {zoom}]")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    # 273 by 142 mm at 96 pixels an inch, as on the paper that follows.
    assert page.evaluate(size) == pytest.approx([273 * 96 / 25.4, 142 * 96 / 25.4], abs=3)
    on_paper = page.evaluate(zoom)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(f"[{size}, {zoom}]") == before
    page.set_viewport_size(DESKTOP)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(zoom) == on_paper


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_first_page_carries_the_map(page: Page, open_map: Open, screen: ViewportSize, lang: str) -> None:
    page.set_viewport_size(screen)
    open_map(f"/?lang={lang}")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 1032, "height": 703})
    page.emulate_media(media="print")
    box = page.locator("main.map").bounding_box()
    assert box
    # What A4 leaves between its margins.
    assert box["y"] + box["height"] < 186 * 96 / 25.4


LOW = [(844, 390), (1280, 400), (1093, 500), (360, 225)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", LOW)
def test_in_an_odd_window_the_list_can_be_read_and_the_map_be_used(page: Page, open_map: Open, size: tuple[int, int], lang: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_map(f"/?lang={lang}")
    assert page.evaluate("map_atlas.getZoom() < map_atlas.getMaxZoom() - 4")
    entries = page.locator("#list .entry")
    entries.nth(2).scroll_into_view_if_needed()
    tops = [box["y"] for box in (entries.nth(number).bounding_box() for number in range(3)) if box]
    assert len([top for top in tops if -size[1] < top < size[1]]) == 3
    page.evaluate("scrollTo(0, 0)")
    button = page.get_by_role("button", name="缩放到全部" if lang == "zh" else "Zoom to all")
    button.click()
    expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [(1280, 720), (1000, 620), (844, 390), (390, 844), (320, 700)])
def test_what_stands_at_the_foot_of_the_map_stands_apart(page: Page, open_map: Open, size: tuple[int, int], lang: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_map(f"/?lang={lang}")
    boxes = {}
    for name in ("#review", ".leaflet-control-attribution", ".leaflet-control-scale", ".legend"):
        box = page.locator(name).bounding_box()
        assert box
        boxes[name] = box
    for one, other in combinations(boxes, 2):
        a, b = boxes[one], boxes[other]
        apart = (
            a["x"] + a["width"] <= b["x"] + 1
            or b["x"] + b["width"] <= a["x"] + 1
            or a["y"] + a["height"] <= b["y"] + 1
            or b["y"] + b["height"] <= a["y"] + 1
        )
        assert apart, (one, other, a, b)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_what_a_choice_is_for_is_read_whole(page: Page, open_map: Open, width: int, lang: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_map(f"/?lang={lang}")
    # As wide as its first option alone would make it.
    widths: list[list[float]] = page.locator(".choices select").evaluate_all(
        """(selects) => selects.map((select) => {
          const alone = select.cloneNode();
          alone.append(select.options[0].cloneNode(true));
          alone.style.cssText = "width: max-content; position: absolute";
          select.after(alone);
          const needed = alone.getBoundingClientRect().width;
          alone.remove();
          return [needed, select.getBoundingClientRect().width];
        })"""
    )
    assert len(widths) == 2
    assert all(needed <= given for needed, given in widths), widths


def test_at_400_percent_the_note_on_the_map_leaves_no_character_over(page: Page, open_map: Open) -> None:
    page.set_viewport_size({"width": 360, "height": 225})
    open_map("/?lang=zh")
    lines = page.locator("#review").evaluate(
        """(note) => {
          const range = new Range();
          range.selectNodeContents(note);
          return new Set([...range.getClientRects()].map(({ top }) => top)).size;
        }"""
    )
    assert lines == 1
    note, legend = page.locator("#review").bounding_box(), page.locator(".legend").bounding_box()
    assert note
    assert legend
    assert note["x"] + note["width"] <= legend["x"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_the_downloads_leave_the_choices_their_room(page: Page, open_map: Open, lang: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_map(f"/?lang={lang}")
    foot, choice = page.locator(".panel-foot").bounding_box(), page.locator("#indicator").bounding_box()
    assert foot
    assert choice
    assert choice["y"] + choice["height"] <= foot["y"]
