"""The tools of the map: the whole view, the full screen, and where one is."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, NewContext, Open, query_of

READY = "[data-whole=true]"
# Longitude, latitude and pixels: where the middle of the map lies from a spot.
FROM = """([lat, lng]) => {
  const there = map_atlas.latLngToContainerPoint([lat, lng]);
  return Math.hypot(there.x - map_atlas.getSize().x / 2, there.y - map_atlas.getSize().y / 2);
}"""


class View(NamedTuple):
    """What the map shows."""

    zoom: float
    lat: float
    lng: float


def view(page: Page) -> View:
    return View(*page.evaluate("[map_atlas.getZoom(), map_atlas.getCenter().lat, map_atlas.getCenter().lng]"))


def visit(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector(READY)
    return page


@pytest.mark.parametrize(("lang", "names"), [("zh", ["缩放到全部", "全屏", "我的位置"]), ("en", ["Zoom to all", "Full screen", "My location"])])
def test_every_tool_has_a_name(open_map: Open, lang: str, names: list[str]) -> None:
    page = open_map(f"/?lang={lang}")
    buttons = page.locator(".tools-bar button")
    assert buttons.evaluate_all("buttons => buttons.map(button => button.getAttribute('aria-label'))") == names
    assert buttons.evaluate_all("buttons => buttons.map(button => button.title)") == names
    for name in names:
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_visible()
        expect(button.locator("svg")).to_have_attribute("aria-hidden", "true")


@pytest.mark.parametrize("elsewhere", ["#map=15/29.8/119.7", "#map=6/40/100"])
def test_zoom_to_all_returns_to_the_first_view(page: Page, open_map: Open, elsewhere: str) -> None:
    first = view(open_map())
    page.goto("/about")
    open_map(f"/{elsewhere}")
    assert view(page).zoom != first.zoom
    page.get_by_role("button", name="缩放到全部").click()
    page.wait_for_function("zoom => map_atlas.getZoom() === zoom", arg=first.zoom)
    page.wait_for_function(f"spot => ({FROM})(spot) <= 1", arg=[first.lat, first.lng])
    expect(page).to_have_url(re.compile(rf"#map={first.zoom:g}/"))


def test_a_tool_does_not_click_through_to_the_map(open_map: Open) -> None:
    page = open_map("/?place=binfu-zone")
    page.get_by_role("button", name="缩放到全部").click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    assert query_of(page) == "?place=binfu-zone"


def test_the_map_fills_the_screen_and_gives_it_back(open_map: Open) -> None:
    page = open_map()
    button = page.get_by_role("button", name="全屏")
    button.click()
    expect(page.locator("main.map:fullscreen")).to_have_count(1)
    button.click()
    expect(page.locator(":fullscreen")).to_have_count(0)


def test_on_a_phone_whose_browser_gives_no_screen_the_map_fills_the_window(new_context: NewContext) -> None:
    """Safari of an iPhone has no full screen for a part of a page. A card that is open goes with the map, and comes back with it."""
    page = new_context(has_touch=True).new_page()
    page.set_viewport_size(PHONE)
    page.add_init_script("Object.defineProperty(document, 'fullscreenEnabled', { get: () => undefined })")
    page.goto("/")
    page.wait_for_selector(READY)
    shown = "document.elementsFromPoint(195, 800).some((one) => one.closest('main.map'))"
    button = page.get_by_role("button", name="全屏")
    button.click()
    expect(page.locator(".sheet")).to_be_hidden()
    assert page.evaluate(shown) and page.evaluate("map_atlas.getSize().y") == PHONE["height"]
    # What stands at the foot of the map stands at that of the window.
    foot = page.locator(".leaflet-control-attribution").bounding_box()
    assert foot and PHONE["height"] - 8 <= foot["y"] + foot["height"] <= PHONE["height"]
    page.locator(".pin[data-id='future-scitech-city'] .hit").dispatch_event("click", {"detail": 0})
    expect(page.locator(".leaflet-popup [role=dialog]")).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.locator(".pin[data-id='future-scitech-city'] .hit").dispatch_event("click", {"detail": 0})
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.evaluate("document.querySelector('.tools-bar button:nth-child(2)').click()")
    expect(page.locator(".sheet > .popup")).to_be_in_viewport()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_a_granted_location_is_drawn_as_a_circle(new_context: NewContext) -> None:
    spot = {"latitude": 30.2, "longitude": 120.2, "accuracy": 400}
    page = visit(new_context(permissions=["geolocation"], geolocation=spot))
    expect(page.locator("path.here")).to_have_count(0)
    page.get_by_role("button", name="我的位置").click()
    expect(page.locator("#notice")).to_have_text("你在此圈内")
    expect(page.locator("path.here")).to_have_count(1)
    drawn = page.evaluate(
        """() => {
          let found = null;
          map_atlas.eachLayer((layer) => { if (layer.options.className === 'here') found = layer; });
          return [found.getLatLng().lat, found.getLatLng().lng, found.getRadius()];
        }"""
    )
    assert drawn == [30.2, 120.2, 400]
    page.wait_for_function(f"spot => ({FROM})(spot) <= 1", arg=[30.2, 120.2])
    expect(page).to_have_url(re.compile(r"#map=\d+/30\.(1999|2000)/120\.(1999|2000)$"))


def test_a_second_location_replaces_the_first(new_context: NewContext) -> None:
    context = new_context(permissions=["geolocation"], geolocation={"latitude": 30.2, "longitude": 120.2, "accuracy": 400})
    page = visit(context)
    page.get_by_role("button", name="我的位置").click()
    page.wait_for_function(f"spot => ({FROM})(spot) <= 1", arg=[30.2, 120.2])
    context.set_geolocation({"latitude": 30.3, "longitude": 120.1, "accuracy": 50})
    page.get_by_role("button", name="我的位置").click()
    page.wait_for_function(f"spot => ({FROM})(spot) <= 1", arg=[30.3, 120.1])
    expect(page.locator("path.here")).to_have_count(1)


def test_the_location_stays_in_the_browser(new_context: NewContext) -> None:
    """Nothing but the view is remembered, and that by the address only."""
    context = new_context(permissions=["geolocation"], geolocation={"latitude": 30.2, "longitude": 120.2, "accuracy": 400})
    page = visit(context)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="我的位置").click()
    page.wait_for_function(f"spot => ({FROM})(spot) <= 1", arg=[30.2, 120.2])
    # A browser asks for the icon of a page when it likes.
    assert [address for address in asked if "/assets/icon." not in address] == []
    assert query_of(page) == ""


def test_a_denied_location_says_so(new_context: NewContext) -> None:
    page = visit(new_context(permissions=[]))
    before = view(page)
    page.get_by_role("button", name="我的位置").click()
    expect(page.locator("#notice")).to_have_text("没有取得你的位置")
    expect(page.locator("path.here")).to_have_count(0)
    assert view(page) == before


def test_from_far_away_the_map_says_how_far_and_stays(new_context: NewContext) -> None:
    page = visit(new_context(permissions=["geolocation"], geolocation={"latitude": 39.9, "longitude": 116.4, "accuracy": 50}))
    before = view(page)
    page.get_by_role("button", name="我的位置").click()
    expect(page.locator("#notice")).to_have_text(re.compile(r"^你离这张图约 1,?\d00 公里$"))
    expect(page.locator("path.here")).to_have_count(0)
    assert view(page) == before
