"""A narrow screen: the panel is a sheet over the foot of the map, drawn up to three heights, and a card opens inside it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from tests.browser.conftest import DESKTOP, NARROW, PHONE, NewContext, Open, pinned, query_of

# How much of the sheet is always seen, and how much of the map always is, in pixels.
PEEK, TOP = 132, 56
LOW, HALF, FULL = 0, 1, 2
# Where the top of the sheet of a phone rests at each height.
TOPS = {LOW: PHONE["height"] - PEEK, HALF: PHONE["height"] // 2, FULL: TOP}
HANDLE = {LOW: ("展开面板", "false"), HALF: ("展开面板", "true"), FULL: ("收起面板", "true")}
SHEET_TOP = "document.querySelector('.sheet').getBoundingClientRect().top"
# What is on top where a symbol has its middle, and where that is.
SPOT = """(id) => {
  const shape = document.querySelector(`.pin[data-id='${id}'] .shape`).getBoundingClientRect();
  const [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
  const there = document.elementFromPoint(x, y);
  return { left: shape.left, right: shape.right, top: shape.top, bottom: shape.bottom, isSeen: Boolean(there && there.closest('.pin')) };
}"""


@pytest.fixture
def phone(page: Page, open_map: Open) -> Open:
    """Open the map on a phone."""

    def visit(address: str = "/") -> Page:
        page.set_viewport_size(PHONE)
        return open_map(address)

    return visit


def wait_for_height(page: Page, height: int) -> None:
    """Wait until the sheet rests at a height: its top is there, and its mark says so."""
    page.wait_for_function(f"() => Math.abs({SHEET_TOP} - {TOPS[height]}) <= 1")
    expect(page.locator(".sheet")).to_have_attribute("data-height", str(height))
    # The map does not move.
    assert page.locator("main.map").bounding_box() == {"x": 0, "y": 0, **{"width": PHONE["width"], "height": PHONE["height"]}}


def assert_handle_says(page: Page, height: int) -> None:
    label, expanded = HANDLE[height]
    handle = page.locator("#handle")
    expect(handle).to_have_accessible_name(label)
    expect(handle).to_have_attribute("aria-expanded", expanded)
    expect(handle).to_have_attribute("aria-controls", "list")


def spot_of(page: Page, id_: str) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SPOT, id_)
    return found


def click_entry(page: Page, id_: str) -> Locator:
    """Click an entry of the list and keep, as ``window.before``, how far the page was scrolled then."""
    entry = page.locator(f"#list [data-id={id_}] a")
    entry.evaluate("link => link.addEventListener('click', () => { window.before = scrollY; }, { once: true })")
    entry.click()
    return entry


def top_of_sheet(page: Page) -> float:
    top: float = page.evaluate(SHEET_TOP)
    return top


# --- the three heights --------------------------------------------------------------------------------------------------------------------


def test_the_sheet_stands_half_way_at_first(phone: Open) -> None:
    page = phone()
    wait_for_height(page, HALF)
    assert_handle_says(page, HALF)
    for there in ("h1", "#finding", "label.switch.corridor-west", "#handle"):
        expect(page.locator(there)).to_be_in_viewport()


def test_scrolling_the_page_draws_the_sheet_to_its_heights(phone: Open) -> None:
    page = phone()
    page.mouse.move(PHONE["width"] / 2, PHONE["height"] - 60)
    for wheel, height in ((250, FULL), (-300, HALF), (-200, LOW), (200, HALF), (300, FULL)):
        page.mouse.wheel(0, wheel)
        wait_for_height(page, height)
        assert_handle_says(page, height)


def test_above_the_highest_the_list_is_scrolled_freely(phone: Open) -> None:
    page = phone()
    page.locator("#list .entry").nth(20).scroll_into_view_if_needed()
    there = page.evaluate("scrollY")
    assert there > PHONE["height"]
    page.mouse.move(PHONE["width"] / 2, PHONE["height"] - 60)
    page.mouse.wheel(0, -40)
    page.wait_for_function(f"() => Math.abs(scrollY - {there - 40}) <= 1")
    assert_handle_says(page, FULL)


@pytest.mark.parametrize("press", ["click", "Enter", "Space"])
def test_the_handle_goes_from_height_to_height_and_round(phone: Open, press: str) -> None:
    page = phone()
    handle = page.locator("#handle")
    for height in (FULL, LOW, HALF, FULL):
        if press == "click":
            handle.click()
        else:
            handle.press(press)
        wait_for_height(page, height)
        assert_handle_says(page, height)


def test_the_handle_is_the_first_stop_of_the_sheet(phone: Open) -> None:
    page = phone()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#handle")).to_be_focused()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_handle_speaks_the_reader_s_language(phone: Open, lang: str) -> None:
    handle = phone(f"/?lang={lang}").locator("#handle")
    expect(handle).to_have_accessible_name({"zh": "展开面板", "en": "Raise the panel"}[lang])
    handle.click()
    expect(handle).to_have_accessible_name({"zh": "收起面板", "en": "Lower the panel"}[lang])


def test_what_is_focused_in_a_low_sheet_comes_into_sight(phone: Open) -> None:
    page = phone()
    page.locator("#handle").click()
    page.locator("#handle").click()
    wait_for_height(page, LOW)
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    entry = page.locator("#list .entry a").first
    expect(entry).to_be_focused()
    expect(entry).to_be_in_viewport(ratio=1)
    box = entry.bounding_box()
    assert box
    assert entry.evaluate("(link, [x, y]) => link.contains(document.elementFromPoint(x, y))", [box["x"] + 30, box["y"] + 20])


@pytest.mark.parametrize("height", [LOW, HALF])
def test_what_stands_at_the_foot_of_the_map_stays_above_the_sheet(phone: Open, height: int) -> None:
    page = phone()
    for _ in range({LOW: 2, HALF: 3}[height]):
        page.locator("#handle").click()
    wait_for_height(page, height)
    for name in (".legend", "#review", ".leaflet-control-attribution", ".leaflet-control-scale"):
        box = page.locator(name).bounding_box()
        assert box, name
        assert box["y"] >= 0 and box["y"] + box["height"] <= TOPS[height] + 1, name
        # Nor does it lie too far above.
        assert box["y"] + box["height"] > TOPS[height] - 120, name


def test_the_first_view_is_above_the_sheet(phone: Open) -> None:
    page = phone()
    for id_ in pinned(page):
        spot = spot_of(page, id_)
        # The point of the whole city lies outside of the first view.
        assert id_ == "hangzhou" or (spot["top"] >= 0 and spot["bottom"] <= TOPS[HALF]), id_


def test_a_wide_screen_has_no_sheet(open_map: Open) -> None:
    page = open_map()
    expect(page.locator("#handle")).to_be_hidden()
    assert page.locator(".sheet").bounding_box() == {"x": 0, "y": 0, "width": 370, "height": DESKTOP["height"]}
    assert page.evaluate("scrollY") == 0


def test_a_phone_without_javascript_draws_the_sheet_up_as_well(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.set_viewport_size(PHONE)
    page.goto("/")
    expect(page.locator("#handle")).to_be_hidden()
    assert page.locator(".sheet").bounding_box() == {"x": 0, "y": TOPS[LOW], "width": PHONE["width"], "height": pytest.approx(2500, abs=1500)}
    page.mouse.move(PHONE["width"] / 2, PHONE["height"] - 60)
    page.mouse.wheel(0, 280)
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    page.locator("[data-id=fullsemi-1] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("富芯半导体一期")


# --- a card in the sheet ------------------------------------------------------------------------------------------------------------------


def test_a_card_opens_in_the_sheet_in_place_of_the_panel(phone: Open) -> None:
    page = phone()
    page.locator(".pin[data-id=binfu-zone] .shape").click()
    card = page.locator(".sheet > .popup")
    expect(card).to_be_focused()
    expect(page.get_by_role("dialog", name="滨富特别合作区", exact=True)).to_be_visible()
    assert page.locator(".leaflet-popup").count() == 0
    for hidden in (".panel-head", "#list", ".panel-foot", "section.table"):
        expect(page.locator(hidden)).to_be_hidden()
    wait_for_height(page, HALF)
    expect(card.get_by_role("heading")).to_be_in_viewport()
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", "binfu-zone")
    expect(page.locator("path.uncertainty")).to_have_count(1)
    assert query_of(page) == "?place=binfu-zone"


@pytest.mark.parametrize("screen", [PHONE, NARROW], ids=["phone", "narrow"])
def test_a_card_never_covers_its_symbol_and_the_panel_comes_back(page: Page, open_map: Open, atlas: Atlas, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map()
    located = [place for place in atlas.tables.places if isinstance(atlas.answers[place.id], Match)]
    assert len(located) == 29
    for place in located:
        entry = click_entry(page, place.id)
        expect(page.get_by_role("dialog", name=place.name_zh, exact=True)).to_be_visible()
        spot = spot_of(page, place.id)
        assert spot["isSeen"], place.id
        assert spot["left"] >= 0 and spot["right"] <= screen["width"], place.id
        assert spot["top"] >= 0 and spot["bottom"] <= top_of_sheet(page), place.id
        page.get_by_role("button", name="关闭").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        # Where the reader was, to the pixel.
        assert page.evaluate("scrollY === window.before"), place.id
        expect(entry).to_be_focused()


@pytest.mark.parametrize("close", ["button", "Escape", "back"])
def test_a_card_is_closed_in_every_way(phone: Open, close: str) -> None:
    page = phone()
    entry = click_entry(page, "sanjiang-new-city")
    card = page.get_by_role("dialog")
    expect(card).to_be_focused()
    if close == "button":
        page.get_by_role("button", name="关闭").click()
    elif close == "Escape":
        page.keyboard.press("Escape")
    else:
        page.go_back()
    expect(card).to_have_count(0)
    expect(page.locator("body")).not_to_have_class("atlas has-card")
    expect(entry).to_be_in_viewport()
    page.wait_for_function("() => scrollY === window.before")
    expect(page.locator("path.uncertainty")).to_have_count(0)
    assert query_of(page) == ""
    if close != "back":
        expect(entry).to_be_focused()
        page.go_back()
        expect(card).to_be_visible()
        assert query_of(page) == "?place=sanjiang-new-city"


def test_forward_opens_the_card_again(phone: Open) -> None:
    page = phone()
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("dialog", name="桐庐经开区", exact=True)).to_be_visible()
    assert spot_of(page, "tonglu-edz")["isSeen"]


def test_the_focus_finds_its_row_again_after_back_and_forward(phone: Open) -> None:
    """The rows are drawn anew with the history; the one that opened the card is another element then."""
    page = phone()
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#list [data-id=tonglu-edz] a")).to_be_focused()


def test_a_second_card_replaces_the_first_and_the_panel_is_not_forgotten(phone: Open) -> None:
    page = phone()
    click_entry(page, "binfu-zone")
    expect(page.get_by_role("dialog", name="滨富特别合作区", exact=True)).to_be_visible()
    page.locator(".pin[data-id=tonglu-edz] .shape").click()
    expect(page.get_by_role("dialog", name="桐庐经开区", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_function("() => scrollY === window.before")


def test_the_handle_draws_a_card_up_and_down(phone: Open) -> None:
    page = phone("/?place=binjiang-hitech")
    wait_for_height(page, HALF)
    for height in (FULL, LOW, HALF):
        page.locator("#handle").click()
        wait_for_height(page, height)
    # The last of twenty figures can be reached.
    page.locator(".popup .more summary").click()
    last = page.locator(".popup .figures tr").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("id_", ["fullsemi-1", "hangzhou", "tonglu-edz"])
def test_an_address_opens_its_card_in_the_sheet(phone: Open, id_: str) -> None:
    page = phone(f"/?place={id_}")
    expect(page.locator(".sheet > .popup")).to_be_visible()
    spot = spot_of(page, id_)
    assert spot["isSeen"]
    assert spot["bottom"] <= top_of_sheet(page)
    assert query_of(page) == f"?place={id_}"


def test_a_card_goes_from_the_sheet_to_its_symbol_where_the_window_widens(phone: Open) -> None:
    page = phone("/?place=binfu-zone")
    expect(page.locator(".sheet > .popup")).to_be_visible()
    page.set_viewport_size(DESKTOP)
    expect(page.locator(".leaflet-popup .popup")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.locator("#list")).to_be_visible()
    page.set_viewport_size(PHONE)
    expect(page.locator(".sheet > .popup")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(1)
    assert query_of(page) == "?place=binfu-zone"


def test_a_narrow_frame_keeps_the_popup_beside_the_symbol(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map("/embed?place=tonglu-edz")
    expect(page.locator(".leaflet-popup .popup")).to_be_in_viewport(ratio=1)
    assert page.locator(".sheet .popup").count() == 0
    expect(page.locator("#handle")).to_be_hidden()
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_place_without_a_location_leads_to_its_page_from_a_phone_too(phone: Open) -> None:
    page = phone()
    page.locator("#list [data-id=binxiao-small-parks] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("湖头陈、紫橙、蓝橙产业园(滨萧)")


def test_an_arrow_key_brings_a_symbol_out_from_under_the_sheet(phone: Open) -> None:
    page = phone("/#map=11/30.05/120.05")
    page.locator(".pin[data-id=binfu-zone]").focus()
    seen = set()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        id_ = page.evaluate("document.activeElement.dataset.id")
        assert id_
        seen.add(id_)
        page.wait_for_function(f"() => (({SPOT})('{id_}')).bottom <= {SHEET_TOP} + 12")
    assert len(seen) >= 3
