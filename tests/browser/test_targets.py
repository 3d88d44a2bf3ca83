"""A symbol and its name are one target; where several lie under the pointer a list of them is offered, and never a neighbour opened."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, NewContext, Open, query_of, wait_until_drawn
from tests.browser.test_accessibility import assert_nothing_found

# Every symbol and every name that is shown, with its middle on the screen, where nothing that is no part of the map lies over it.
TARGETS = """() => {
  const isClear = (x, y) => {
    const there = document.elementFromPoint(x, y);
    return Boolean(there && there.closest(".leaflet-map-pane, #map_atlas") && !there.closest(".leaflet-control, .leaflet-popup"));
  };
  const found = [];
  for (const pin of document.querySelectorAll(".pin, .guests")) {
    const ids = (pin.dataset.id || pin.dataset.guests).split(" ");
    const shape = pin.querySelector(".shape").getBoundingClientRect();
    const label = pin.querySelector(".pin-label:not(.off)");
    // A ring is hit on its line: its middle is its host's.
    const middle = [pin.matches(".guests") ? shape.x + 1 : shape.x + shape.width / 2, shape.y + shape.height / 2];
    const spots = [["symbol", ...middle]];
    if (label) {
      const box = label.getBoundingClientRect();
      spots.push(["name", box.x + box.width / 2, box.y + box.height / 2]);
    }
    for (const [part, x, y] of spots) if (isClear(x, y)) found.push({ ids, part, x, y, name: pin.querySelector(".pin-label").textContent });
  }
  return found;
}"""
OPENED = """() => ({
  place: new URLSearchParams(location.search).get("place"),
  offered: [...document.querySelectorAll(".choice li button")].map((button) => button.dataset.id),
})"""

VIEW = "[map_atlas.getCenter().lat, map_atlas.getCenter().lng, map_atlas.getZoom()]"
GO = "([lat, lng, zoom]) => map_atlas.setView([lat, lng], zoom, { animate: false })"


def assert_opened(page: Page, target: dict[str, Any]) -> None:
    """Its own card, or a list that names it; then nothing is open again."""
    # A browser makes a click of a tap in a moment.
    page.wait_for_function(f"() => {{ const {{ place, offered }} = ({OPENED})(); return place || offered.length; }}", timeout=5000)
    opened = page.evaluate(OPENED)
    if opened["place"]:
        assert target["ids"] == [opened["place"]], (target, opened)
    else:
        assert set(target["ids"]) <= set(opened["offered"]), (target, opened)
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => {{ const {{ place, offered }} = ({OPENED})(); return !place && !offered.length; }}", timeout=5000)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_symbol_and_every_name_opens_its_place_or_a_list_that_names_it(new_context: NewContext, screen: Any) -> None:
    is_phone = screen == PHONE
    page = new_context(has_touch=is_phone).new_page()
    page.set_viewport_size(screen)
    for view in ("/", "/?indicator=area@2022#map=11/30.1500/120.1900", "/?lang=en#map=13/30.1800/120.1900"):
        page.goto("about:blank")
        page.goto(view)
        wait_until_drawn(page)
        # Opening a card may move the map, on a phone above all: each target is looked for where it stands in the view itself.
        home = page.evaluate(VIEW)
        targets = page.evaluate(TARGETS)
        assert len(targets) > (4 if is_phone else 20), view
        assert {target["part"] for target in targets} == {"symbol", "name"}
        for target in targets:
            (page.touchscreen.tap if is_phone else page.mouse.click)(target["x"], target["y"])
            assert_opened(page, target)
            page.evaluate(GO, home)


def test_a_target_is_at_least_24_pixels_wide_and_high(page: Page, open_map: Open) -> None:
    """A point that lies within 12 pixels of the middle of one symbol, or of one name, and of nothing else, opens it."""
    open_map("/#map=13/30.1800/120.1900")
    home = page.evaluate(VIEW)
    for target in [one for one in page.evaluate(TARGETS) if len(one["ids"]) == 1]:
        for right, down in ((11, 0), (-11, 0), (0, 11), (0, -11)):
            page.mouse.click(target["x"] + right, target["y"] + down)
            opened = page.evaluate(OPENED)
            assert opened["place"] or opened["offered"], (target, right, down)
            page.keyboard.press("Escape")
            page.evaluate(GO, home)


# --- the list -----------------------------------------------------------------------------------------------------------------------------


def open_ring(page: Page) -> tuple[list[str], str]:
    """Open the list of the first ring; give who is in it, and the host."""
    ring = page.locator(".guests").first
    ids = str(ring.get_attribute("data-guests")).split()
    ring.press("Enter")
    expect(page.locator(".choice")).to_be_focused()
    return ids, str(ring.get_attribute("data-host"))


def test_a_list_of_what_is_left_out_meanwhile_closes(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map()
    open_ring(page)
    page.evaluate("document.querySelector('#filters label.switch.corridor-west input').click()")
    expect(page.locator(".choice")).to_have_count(0)
    expect(page.locator(".pin.platform")).to_have_count(2)


def test_a_ring_opens_the_list_of_those_that_it_stands_for(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map()
    ids, host = open_ring(page)
    buttons = page.locator(".choice li button")
    assert buttons.evaluate_all("all => all.map(one => one.dataset.id)") == ids
    assert len(ids) > 1
    expect(page.get_by_role("dialog", name=f"这里有 {len(ids)} 处")).to_be_visible()
    # Each says how exactly it is known by what it is called, and opens its own card.
    buttons.first.press("Enter")
    expect(page.locator(".sheet > .popup")).to_be_focused()
    assert query_of(page) == f"?place={ids[0]}"
    expect(page.locator(".choice")).to_have_count(0)
    # It keeps a symbol on its point while it is looked at.
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", ids[0])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(f".guests[data-host={host}]")).to_be_focused()


def test_escape_leaves_the_list_and_gives_the_focus_back(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map()
    _, host = open_ring(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(f".guests[data-host={host}]")).to_be_focused()


def test_a_list_replaces_a_card_and_a_card_a_list(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map("/?place=tonglu-edz")
    expect(page.get_by_role("dialog")).to_have_count(1)
    open_ring(page)
    expect(page.get_by_role("dialog")).to_have_count(1)
    assert query_of(page) == ""


def test_a_ring_says_what_it_stands_for_and_is_one_of_the_symbols_by_keyboard(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map()
    ring = page.locator(".guests").first
    count = len(str(ring.get_attribute("data-guests")).split())
    expect(ring).to_have_role("button")
    assert f"另有 {count} 处" in str(ring.get_attribute("aria-label"))
    expect(ring.locator(".pin-label")).to_have_text(f"+{count}")
    # It lies around its host: one step to the right, and back.
    host, around = page.locator(".pin[data-id=binfu-zone]"), page.locator(".guests[data-host=binfu-zone]")
    host.focus()
    page.keyboard.press("ArrowRight")
    expect(around).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(host).to_be_focused()


def test_zooming_in_sets_the_guests_out(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map()
    ids = str(page.locator(".guests").first.get_attribute("data-guests")).split()
    page.evaluate("map_atlas.setView([30.18, 120.18], 13, { animate: false })")
    expect(page.locator(".guests")).to_have_count(0)
    for id_ in ids:
        expect(page.locator(f".pin[data-id='{id_}']")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_list(page: Page, open_map: Open, scheme: Any) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=scheme)
    open_map("/?lang=en")
    open_ring(page)
    assert_nothing_found(page)


# --- areas --------------------------------------------------------------------------------------------------------------------------------


def test_an_area_is_shown_by_its_outline_and_a_place_by_its_radius(open_map: Open) -> None:
    page = open_map("/?place=xiaoshan-district")
    expect(page.locator("path.area-outline")).to_have_count(1)
    expect(page.locator("path.uncertainty")).to_have_count(0)
    outline = page.locator("path.area-outline").bounding_box()
    pin = page.locator(".pin.selected .shape").bounding_box()
    assert outline
    assert pin
    assert outline["x"] < pin["x"] < outline["x"] + outline["width"]
    assert outline["y"] < pin["y"] < outline["y"] + outline["height"]
    page.keyboard.press("Escape")
    expect(page.locator("path.area-outline")).to_have_count(0)
    # The whole city has the outlines of its districts.
    page = open_map("/?place=hangzhou")
    expect(page.locator("path.area-outline")).to_have_count(page.locator("path.district").count())
    expect(page.locator("path.uncertainty")).to_have_count(0)


def test_what_is_pointed_at_shows_how_far_it_may_lie_from_its_point(open_map: Open) -> None:
    page = open_map()
    page.hover(".pin[data-id=tonglu-edz] .shape")
    expect(page.locator("path.uncertainty")).to_have_count(1)
    page.mouse.move(5, 5)
    expect(page.locator("path.uncertainty")).to_have_count(0)
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("path.uncertainty, path.area-outline").first).to_be_attached()
