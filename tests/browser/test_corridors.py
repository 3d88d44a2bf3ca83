"""The corridors as features: in the list, pointed at, and with a card of what is published of them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

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


def test_only_the_corridors_of_the_view_are_listed(open_map: Open) -> None:
    page = open_map("/?corridor=west")
    expect(page.locator("[data-corridor]:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("富芯")
    expect(page.locator("#belts-group")).to_be_hidden()
