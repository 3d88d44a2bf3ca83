"""The corridors as features: in the list, pointed at, and with a card of what is published of them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from geo.atlas import Atlas
from tests.browser.conftest import DESKTOP, PHONE, Open


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_corridor_has_a_card_with_what_is_published_of_it(page: Page, open_map: Open, atlas: Atlas, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map()
    for row in atlas.tables.corridors:
        entry = page.locator(f"[data-corridor={row.id}] a")
        entry.focus()
        expect(page.locator(f".belt.corridor-{row.id}")).to_have_class(re.compile("pointed"))
        page.keyboard.press("Enter")
        card = page.get_by_role("dialog", name=row.name_zh, exact=True)
        expect(card).to_be_focused()
        expect(card).to_contain_text(row.scope_note_zh or "")
        expect(card).to_contain_text("非规划边界")
        if row.published_area_km2:
            expect(card).to_contain_text(f"公布面积 {row.published_area_km2} 平方公里")
        page.keyboard.press("Escape")
        expect(card).to_have_count(0)
        expect(entry).to_be_focused()


ON_BELT = """() => {
  for (const belt of document.querySelectorAll(".leaflet-pane .belt")) {
    const { left, top, right, bottom } = belt.getBoundingClientRect();
    for (let x = left + 2; x < right; x += 6) {
      for (let y = top + 2; y < bottom; y += 6) if (document.elementFromPoint(x, y) === belt) return [x, y, belt.getAttribute("class")];
    }
  }
}"""


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_belt_itself_is_pointed_at_and_opened(page: Page, open_map: Open, atlas: Atlas, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map()
    x, y, classes = page.evaluate(ON_BELT)
    (row,) = (row for row in atlas.tables.corridors if f"corridor-{row.id}" in classes)
    page.mouse.move(x, y)
    expect(page.locator(f".belt.corridor-{row.id}")).to_have_class(re.compile("pointed"))
    page.mouse.click(x, y)
    expect(page.get_by_role("dialog", name=row.name_zh, exact=True)).to_be_focused()
    # A place that is chosen next takes its place, on a phone too.
    page.evaluate("document.querySelector('.pin').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog", name=row.name_zh, exact=True)).to_have_count(0)


def test_what_comes_late_opens_nothing(page: Page, open_map: Open) -> None:
    """The cards of the corridors are asked for when one is wanted first: a place that is chosen meanwhile stays."""
    open_map()
    held: list[Route] = []
    page.route("**/dialogs*", lambda route: held.append(route))
    with page.expect_request("**/dialogs*"):
        page.locator("[data-corridor] a").first.click()
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(page.get_by_role("dialog", name="桐庐经开区", exact=True)).to_be_visible()
    with page.expect_response("**/dialogs*"):
        held[0].continue_()
    page.wait_for_function("() => document.querySelector('template[data-card]')")
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog", name="桐庐经开区", exact=True)).to_be_visible()


def test_only_the_corridors_of_the_view_are_listed(open_map: Open) -> None:
    page = open_map("/?corridor=west")
    expect(page.locator("[data-corridor]:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("富芯")
    expect(page.locator("#belts-group")).to_be_hidden()
