"""The reference layer in the browser: it comes last, lies below everything, and gives way to it."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from geo.atlas import Atlas
from geo.draw.placement import Cover, Frame, project
from geo.draw.reference import build_reference, place_reference
from tests.browser.conftest import Open, Watch, query_of

DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
BOXES = """(pieces) => pieces.map((piece) => piece.getBoundingClientRect()).filter((box) => box.width)
  .map(({ left, top, right, bottom }) => [left, top, right, bottom])"""


# What the names have to keep clear of, and those that are written, with their middles; in pixels from the corner of the map.
GIVEN = """() => {
  const frame = map_atlas.getContainer().getBoundingClientRect();
  const own = ".pin .shape, .guests .shape, .pin-label:not(.off), .place-name span:not(.off), .axis-name span:not(.off)";
  const all = `${own}, .leaflet-bar, .legend, .review p, .leaflet-control-scale, .caption`;
  const boxes = (pieces) => [...document.querySelector("main.map").querySelectorAll(pieces)].map((piece) => {
    const { left, top, right, bottom, width } = piece.getBoundingClientRect();
    return { text: piece.textContent, width, box: [left - frame.left, top - frame.top, right - frame.left, bottom - frame.top] };
  });
  return {
    size: [frame.width, frame.height],
    covered: boxes(all).filter(({ width }) => width).map(({ box }) => box),
    names: boxes(".reference .name, .reference .course").map(({ text, box }) => [text, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2]),
  };
}"""


def names(page: Page) -> list[str]:
    texts: list[str] = page.locator(".reference .name, .reference .course").all_text_contents()
    return texts


def open_at(open_map: Open, address: str) -> Page:
    page = open_map(address)
    page.wait_for_selector(".reference", state="attached")
    return page


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_near_the_places_one_can_tell_where_one_is(page: Page, open_map: Open, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_at(open_map, "/#map=13/30.215/120.19")
    expect(page.locator(".reference .course")).to_contain_text(["钱塘江"])
    assert page.locator(".reference .mark.metro").count() > 5
    assert page.locator("path.metro-line").count() == 1


def test_from_afar_there_is_no_metro(page: Page, open_map: Open) -> None:
    open_at(open_map, "/#map=9/30.2/120.2")
    assert page.locator("path.metro-line, .reference .mark").count() == 0


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", ["/#map=12/30.2/120.19", "/?lang=en#map=13/30.2/120.19", "/?indicator=area@2022#map=12.5/30.2/120.19"])
def test_no_name_covers_a_symbol_a_label_or_another_name(page: Page, open_map: Open, screen: ViewportSize, address: str) -> None:
    page.set_viewport_size(screen)
    open_at(open_map, address)
    own = page.locator(".pin .shape, .pin-label:not(.off), .place-name span:not(.off)").evaluate_all(BOXES)
    written = page.locator(".reference .name").evaluate_all(BOXES)
    assert written
    shrunk = [(left + 2, top + 3, right - 2, bottom - 3) for left, top, right, bottom in written]
    for position, one in enumerate(shrunk):
        for other in [*own, *shrunk[position + 1 :]]:
            assert not (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def test_the_metro_can_be_switched_off_and_the_address_says_so(page: Page, open_map: Open) -> None:
    open_at(open_map, "/#map=13/30.2/120.19")
    page.get_by_label("地铁").uncheck()
    expect(page.locator("path.metro-line, .reference .metro")).to_have_count(0)
    assert names(page)
    assert query_of(page) == "?metro=off"
    page.reload()
    page.wait_for_selector(".reference", state="attached")
    expect(page.get_by_label("地铁")).not_to_be_checked()
    expect(page.locator("path.metro-line, .reference .metro")).to_have_count(0)
    page.go_back()
    expect(page.locator("path.metro-line")).to_have_count(1)


def test_names_are_in_the_language_of_the_page(page: Page, open_map: Open) -> None:
    open_at(open_map, "/?lang=en#map=13/30.2/120.19")
    assert [text for text in names(page) if re.search("[\u4e00-\u9fff]", text)] == []


def test_without_its_names_the_map_is_as_it_was(page: Page, open_map: Open, watch: Watch) -> None:
    watch.expected.append("net::ERR_FAILED")
    page.route("**/reference.js*", lambda route: route.abort())
    open_map("/#map=13/30.2/120.19")
    page.wait_for_load_state("networkidle")
    assert page.locator(".pin").count() > 5
    assert page.locator(".reference").count() == 0


def test_a_screen_reader_hears_none_of_it(page: Page, open_map: Open) -> None:
    open_at(open_map, "/#map=13/30.2/120.19")
    expect(page.locator(".reference")).to_have_attribute("aria-hidden", "true")


def test_it_follows_the_map(page: Page, open_map: Open) -> None:
    open_at(open_map, "/#map=13/30.2/120.19")
    before = names(page)
    page.evaluate("map_atlas.setView([30.31, 120.34], 13, { animate: false })")
    expect(page.locator(".reference .name", has_text="文泽路")).to_have_count(1)
    assert names(page) != before


@pytest.mark.parametrize(
    "view", ["14/30.3100/120.3400", "13/30.2750/120.0900", "12.5/30.3300/120.2000", "13.5/30.0800/119.9500", "11/30.2000/120.2000"]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_writes_the_names_that_a_picture_writes(open_map: Open, atlas: Atlas, language: str, view: str) -> None:
    """Both have the rule, in Python and in JavaScript: given what is covered, they choose the same names and places."""
    page = open_at(open_map, f"/?lang={language}#map={view}")
    zoom, lat, lon = map(float, view.split("/"))
    given = page.evaluate(GIVEN)
    width, height = given["size"]
    x, y = project(lon, lat)
    frame = Frame(0, 0, width, height, 256 * 2**zoom / (2 * math.pi), (x, y), (width / 2, height / 2))
    reference = build_reference(atlas.outline, atlas.tables.divisions, f"name_{language}")
    written = [one for one in place_reference(frame, reference, Cover(map(tuple, given["covered"]))) if one.text]
    assert len(written) > 3
    here = {text: (left, top) for text, left, top in given["names"]}
    # A name that touches another or the edge by part of a pixel may be there or not: Leaflet puts points on whole pixels.
    assert len({one.text for one in written} ^ set(here)) <= max(1, len(written) // 10)
    off = [one.text for one in written if one.text in here and math.dist(here[one.text], (one.x, one.y)) > 3]
    assert len(off) <= len(written) // 10, off
