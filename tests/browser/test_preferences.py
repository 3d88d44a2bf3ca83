"""Readers who set their own colours, or want nothing to move."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, NewContext, Open, wait_until_drawn
from tests.browser.test_crowd import DARK, LIGHT, counts

Scheme = Literal["light", "dark"]

# Every jump of the page and every step of the map, in order.
MOVES = """
  window.moves = [];
  addEventListener("DOMContentLoaded", () => {
    const scrollTo = window.scrollTo.bind(window);
    window.scrollTo = (options) => { window.moves.push(`scroll ${options.behavior}`); scrollTo(options); };
  });
"""


def luminance(colour: str) -> float:
    """The relative luminance of a computed colour, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def look(page: Page, selector: str, *names: str) -> list[str]:
    """Computed properties of the first element of a selector."""
    found: list[str] = page.locator(selector).first.evaluate("(element, names) => names.map((name) => getComputedStyle(element)[name])", list(names))
    return found


def picture_around(page: Page, selector: str) -> bytes:
    """What the screen shows of an element and ten pixels around it."""
    box = page.locator(selector).first.bounding_box()
    assert box
    return page.screenshot(clip={"x": box["x"] - 10, "y": box["y"] - 10, "width": box["width"] + 20, "height": box["height"] + 20})


# --- colours of the reader ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["light", "dark"])
def forced(page: Page, open_map: Open, request: pytest.FixtureRequest) -> Page:
    """The map in colours that the reader's system forces on it."""
    page.emulate_media(forced_colors="active", color_scheme=request.param)
    return open_map("/")


def test_the_symbols_are_seen_in_forced_colours(forced: Page) -> None:
    (ground,) = look(forced, ".leaflet-container", "backgroundColor")
    for kind in ("platform", "site", "zone"):
        (fill,) = look(forced, f".pin.{kind} .shape", "fill")
        assert contrast(fill, ground) >= 3, kind
    for kind in ("guest", "district", "city"):
        fill, stroke = look(forced, f".pin.{kind} .shape", "fill", "stroke")
        # Hollow: the line is seen on the ground, and the inside is not of its colour.
        assert contrast(stroke, ground) >= 3, kind
        assert contrast(stroke, fill) >= 3, kind


def test_the_names_are_seen_in_forced_colours(forced: Page) -> None:
    (ground,) = look(forced, ".leaflet-container", "backgroundColor")
    for name in (".pin-label:not(.off)", ".place-name span:not(.off)", ".axis-name span:not(.off)"):
        (colour,) = look(forced, name, "color")
        assert contrast(colour, ground) >= 3, name


def test_a_switch_says_in_forced_colours_whether_it_is_on(forced: Page) -> None:
    switch, dot = "label.switch.corridor-west", "label.switch.corridor-west .dot"
    on = (look(forced, dot, "backgroundColor"), picture_around(forced, switch))
    forced.locator(switch).click(modifiers=["Control"])
    forced.mouse.move(DESKTOP["width"] - 200, 400)
    off = (look(forced, dot, "backgroundColor"), picture_around(forced, switch))
    assert on[0] != off[0]
    assert on[1] != off[1]
    # The ring of an empty dot is seen.
    (ground,) = look(forced, ".sheet", "backgroundColor")
    (ring,) = look(forced, dot, "borderTopColor")
    assert contrast(ring, ground) >= 3


def test_the_dots_of_the_list_and_the_legend_are_seen_in_forced_colours(forced: Page) -> None:
    (ground,) = look(forced, ".sheet", "backgroundColor")
    (filled,) = look(forced, "[data-id=binjiang-hitech] .dot", "backgroundColor")
    (missed,) = look(forced, "[data-id=binxiao-small-parks] .dot", "backgroundColor")
    assert contrast(filled, ground) >= 3
    assert missed != filled
    (legend,) = look(forced, ".legend", "backgroundColor")
    assert contrast(look(forced, "#symbols circle[stroke='var(--card)']", "fill")[0], legend) >= 3
    assert contrast(look(forced, "#symbols circle[fill='var(--card)']", "stroke")[0], legend) >= 3


@pytest.mark.parametrize(
    "selector",
    [
        ".pin[data-id=tonglu-edz]",
        ".pin[data-id=hangzhou]",
        "#list .entry a",
        "#filters [type=search]",
        "#kind",
        "#all",
        "#download",
        ".leaflet-control-zoom-in",
    ],
)
def test_the_focus_is_seen_in_forced_colours(forced: Page, selector: str) -> None:
    before = picture_around(forced, selector)
    forced.locator(selector).first.focus()
    # Only the focus of a keyboard is shown.
    forced.keyboard.press("Shift")
    assert picture_around(forced, selector) != before


def test_the_focus_of_a_switch_is_seen_in_forced_colours(forced: Page) -> None:
    before = picture_around(forced, "label.switch.corridor-east")
    forced.locator("#all").focus()
    forced.keyboard.press("Tab")
    forced.keyboard.press("Tab")
    expect(forced.locator("input[value=east]")).to_be_focused()
    assert picture_around(forced, "label.switch.corridor-east") != before


def test_the_chosen_symbol_and_row_are_seen_in_forced_colours(forced: Page) -> None:
    pin, row = ".pin[data-id=tonglu-edz]", "#list [data-id=tonglu-edz]"
    shape = look(forced, f"{pin} .shape", "stroke", "strokeWidth")
    before = picture_around(forced, row)
    forced.locator(f"{row} a").click()
    expect(forced.get_by_role("dialog")).to_be_visible()
    assert look(forced, f"{pin} .shape", "stroke", "strokeWidth") != shape
    assert picture_around(forced, row) != before


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_the_dots_of_a_crowd_are_told_apart_in_forced_colours(
    page: Page, open_map: Open, crowded_site: str, scheme: Scheme, colours: dict[str, tuple[int, int, int]]
) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    open_map(f"{crowded_site}/")
    drawn = counts(page, colours)
    assert all(count > 100 for count in drawn.values()), drawn


# --- nothing that moves -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/?place=binfu-zone", "/about", "/places/fullsemi-1"])
def test_nothing_is_animated_for_who_wants_no_motion(page: Page, open_map: Open, address: str) -> None:
    if address.startswith("/?"):
        open_map(address)
    else:
        page.goto(address)
    moving: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
          const style = getComputedStyle(element);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none" || style.scrollBehavior === "smooth";
        }).map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert moving == []


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "scroll instant"), ("no-preference", "scroll smooth")])
def test_the_sheet_glides_only_for_who_likes_it(new_context: NewContext, motion: Literal["reduce", "no-preference"], behaviour: str) -> None:
    page = new_context().new_page()
    page.emulate_media(reduced_motion=motion)
    page.set_viewport_size(PHONE)
    page.add_init_script(MOVES)
    page.goto("/")
    wait_until_drawn(page)
    page.evaluate("window.moves.length = 0")
    page.locator("#handle").click()
    assert page.evaluate("window.moves") == [behaviour]
    expect(page.locator("#handle")).to_have_accessible_name("收起面板")


@pytest.mark.parametrize(("motion", "glides"), [("reduce", False), ("no-preference", True)])
def test_the_map_glides_to_a_symbol_only_for_who_likes_it(new_context: NewContext, motion: Literal["reduce", "no-preference"], glides: bool) -> None:
    page = new_context().new_page()
    page.emulate_media(reduced_motion=motion)
    page.goto("/#map=12/29.79/119.735")
    wait_until_drawn(page)
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.evaluate("window.steps = 0; map_atlas.on('move', () => { window.steps += 1; })")
    page.keyboard.press("ArrowLeft")
    pin = page.locator(".pin[data-id=hangzhou]")
    expect(pin).to_be_focused()
    expect(pin).to_be_in_viewport(ratio=1)
    assert (page.evaluate("window.steps") > 1) is glides


@pytest.mark.parametrize(("motion", "glides"), [("reduce", False), ("no-preference", True)])
def test_the_map_makes_room_for_a_card_without_gliding(new_context: NewContext, motion: Literal["reduce", "no-preference"], glides: bool) -> None:
    page = new_context().new_page()
    page.emulate_media(reduced_motion=motion)
    page.goto("/#map=10/30.5/120.6")
    wait_until_drawn(page)
    page.evaluate("window.steps = 0; map_atlas.on('move', () => { window.steps += 1; })")
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
    assert (page.evaluate("window.steps") > 1) is glides
