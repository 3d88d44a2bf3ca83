"""Light or dark: the system's choice until the reader makes one, on every page, and never on paper."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, Open, hatch_of, wait_until_drawn

LIGHT = "rgb(246, 244, 238)"
DARK = "rgb(22, 25, 28)"
PAPER = "rgb(255, 255, 255)"


def ground(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def ink(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).color")
    return colour


def switch(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_the_page_can_be_switched_to_dark_and_back(open_map: Open) -> None:
    page = open_map()
    assert ground(page) == LIGHT
    switch(page, "深色")
    assert (ground(page), ink(page)) == (DARK, "rgb(232, 229, 222)")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    switch(page, "浅色")
    assert (ground(page), ink(page)) == (LIGHT, "rgb(34, 38, 43)")
    expect(page.get_by_role("button", name="深色", exact=True)).to_be_visible()


def test_the_map_is_dark_as_well(open_map: Open) -> None:
    page = open_map("/?place=binfu-zone")
    switch(page, "深色")
    colours = page.evaluate(
        """() => Object.fromEntries(Object.entries({
          ground: ['.leaflet-container', 'backgroundColor'], district: ['path.district', 'fill'],
          popup: ['.leaflet-popup-content-wrapper', 'backgroundColor'],
          button: ['.leaflet-control-zoom-in', 'backgroundColor'], legend: ['.legend', 'backgroundColor'],
        }).map(([name, [selector, property]]) => [name, getComputedStyle(document.querySelector(selector))[property]]))"""
    )
    card = "rgb(30, 34, 38)"
    assert colours == {"ground": DARK, "district": card, "popup": card, "button": card, "legend": card}
    assert hatch_of(page, "west") == "rgb(121, 180, 220)"
    switch(page, "浅色")
    assert hatch_of(page, "west") == "rgb(31, 95, 139)"


def test_the_choice_is_kept_after_a_reload(open_map: Open) -> None:
    page = open_map()
    switch(page, "深色")
    page.reload()
    wait_until_drawn(page)
    assert ground(page) == DARK
    switch(page, "浅色")
    page.reload()
    wait_until_drawn(page)
    assert ground(page) == LIGHT


@pytest.mark.parametrize("address", ["/about", "/places/fullsemi-1", "/sources/report-2023", "/embed"])
def test_the_choice_holds_on_every_page(open_map: Open, address: str) -> None:
    page = open_map()
    switch(page, "深色")
    page.goto(address)
    assert ground(page) == DARK


def test_the_choice_can_be_made_on_any_page(page: Page) -> None:
    page.goto("/about")
    switch(page, "深色")
    assert ground(page) == DARK
    page.get_by_role("link", name="地图", exact=True).click()
    wait_until_drawn(page)
    assert ground(page) == DARK


def test_without_a_choice_the_system_decides(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    assert ground(page) == DARK
    expect(page.get_by_role("button", name="浅色", exact=True)).to_be_visible()
    page.emulate_media(color_scheme="light")
    assert ground(page) == LIGHT
    expect(page.get_by_role("button", name="深色", exact=True)).to_be_visible()


def test_a_choice_overrides_the_system(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    switch(page, "浅色")
    assert ground(page) == LIGHT
    page.reload()
    assert ground(page) == LIGHT


@pytest.mark.parametrize("kept", ["", "neon", "DARK", "<b>"])
def test_a_kept_choice_that_is_none_is_ignored(page: Page, kept: str) -> None:
    page.goto("/about")
    page.evaluate("kept => localStorage.setItem('theme', kept)", kept)
    page.reload()
    assert ground(page) == LIGHT
    assert page.locator("html").get_attribute("data-theme") is None


def test_a_browser_that_keeps_nothing_switches_all_the_same(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } })")
    page.goto("/about")
    switch(page, "深色")
    assert ground(page) == DARK
    page.reload()
    assert ground(page) == LIGHT


@pytest.mark.parametrize("address", ["/", "/about"])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_print_stays_light(page: Page, address: str, system: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=system)
    page.goto("/about")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.goto(address)
    assert ground(page) == DARK
    page.emulate_media(media="print")
    assert (ground(page), ink(page)) == (PAPER, "rgb(34, 38, 43)")
    page.emulate_media(media="screen")
    assert ground(page) == DARK


def test_without_javascript_there_is_no_switch(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/about")
    expect(page.locator("#theme")).to_be_hidden()


def test_the_switch_speaks_english(open_map: Open) -> None:
    page = open_map("/?lang=en")
    switch(page, "Dark")
    expect(page.get_by_role("button", name="Light", exact=True)).to_be_visible()
