"""The drawing that comes with the page: the same map, before its script has run or where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import DESKTOP, PHONE, NewContext, wait_until_drawn

SKETCHED = """() => {
  const frame = document.querySelector("#sketch").getBoundingClientRect();
  const paths = [...document.querySelectorAll("map-sketch :is(.core, .hole)")].filter((path) => path.getClientRects().length);
  return paths.flatMap((path) => path.getAttribute("d").split("M").slice(1).map((text) => {
    const [x, y] = text.split(/[hl]/)[0].split(" ").map(Number);
    const spot = new DOMPoint(x, y).matrixTransform(path.getScreenCTM());
    return [spot.x - frame.left, spot.y - frame.top];
  }));
}"""
PINS = """() => {
  const frame = document.querySelector("main.map").getBoundingClientRect();
  return [...document.querySelectorAll(".pin, .guests")].map((pin) => {
    const box = pin.getBoundingClientRect();
    const isHollow = !pin.matches(".platform, .zone, .site");
    return [pin.dataset.id || pin.dataset.guests, box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top, isHollow];
  });
}"""
# How many places are not drawn, but counted by a ring.
UNDRAWN = """() => [...document.querySelectorAll("map-sketch text")]
  .filter((text) => /^\\+\\d+$/.test(text.textContent) && text.getClientRects().length)
  .reduce((sum, text) => sum + Number(text.textContent) - 1, 0)"""


class Pin(NamedTuple):
    """A symbol of the map, in pixels from its corner; of a ring, the ids of those that it stands for."""

    id: str
    x: float
    y: float
    is_hollow: bool


@pytest.fixture
def before(page: Page) -> Callable[[str], list[tuple[float, float]]]:
    """Open a page whose map never comes, and give the symbols of its drawing."""

    def visit(address: str) -> list[tuple[float, float]]:
        page.route("**/map.js*", lambda route: None)
        page.goto(address, wait_until="commit")
        page.wait_for_selector("map-sketch[style*=width]", state="attached")
        page.wait_for_selector("#table tbody tr:last-child", state="attached")
        return [(x, y) for x, y in page.evaluate(SKETCHED)]

    return visit


@pytest.fixture
def after(page: Page) -> Callable[[str], list[Pin]]:
    """Open a page, and give the symbols of its map."""

    def visit(address: str) -> list[Pin]:
        page.unroute_all()
        page.goto("about:blank")
        page.goto(address)
        wait_until_drawn(page)
        return [Pin(*found) for found in page.evaluate(PINS)]

    return visit


@pytest.mark.parametrize("screen", [DESKTOP, PHONE, {"width": 320, "height": 640}], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("address", ["/", "/?corridor=west&lang=en", "/embed", "/?indicator=area@2022", "/#map=11.5/30.2000/120.2000"])
def test_the_drawing_is_the_map_that_comes(
    page: Page,
    before: Callable[[str], list[tuple[float, float]]],
    after: Callable[[str], list[Pin]],
    screen: ViewportSize,
    address: str,
) -> None:
    page.set_viewport_size(screen)
    sketched = before(address)
    undrawn = page.evaluate(UNDRAWN)
    expect(page.locator("#loading")).to_have_count(1)
    is_far = page.locator("map-sketch.far").count() > 0
    pins = after(address)
    if is_far:
        # Laid out for another zoom: what has no site of its own is left to the map, and what has no figure.
        assert sketched
        for x, y in sketched:
            assert min(((pin.x - x) ** 2 + (pin.y - y) ** 2) ** 0.5 for pin in pins) < 1.5
        return
    # Laid out for a usual screen: on another one a ring may stand for what is drawn there, but nothing is left out.
    assert len(sketched) + undrawn == sum(len(pin.id.split()) for pin in pins) > 1
    for pin in pins:
        distance = min(((pin.x - x) ** 2 + (pin.y - y) ** 2) ** 0.5 for x, y in sketched)
        # Rings have no site of their own: they go where there is room, which depends on the labels.
        assert distance < (60 if pin.is_hollow else 1.5), pin
    expect(page.locator("#sketch")).to_have_count(0)
    expect(page.locator("#loading")).to_have_count(0)


def test_the_drawing_follows_the_window_until_the_map_comes(page: Page, before: Callable[[str], list[tuple[float, float]]]) -> None:
    wide = before("/")
    page.set_viewport_size(PHONE)
    expect(page.locator("map-sketch .narrow")).to_be_attached()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    narrow = [(x, y) for x, y in page.evaluate(SKETCHED)]
    assert len(narrow) + page.evaluate(UNDRAWN) == 29 > len(narrow)
    assert len(wide) <= 29
    assert max(x for x, _ in narrow) < 390
    assert max(y for _, y in narrow) < 422


def test_letters_and_lines_keep_their_size(page: Page, before: Callable[[str], list[tuple[float, float]]]) -> None:
    page.set_viewport_size(PHONE)
    before("/")
    label = page.locator("map-sketch .narrow text.label").first
    height = label.evaluate("one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a")
    assert height == pytest.approx(13, abs=0.05)
    assert page.locator("map-sketch .core:visible").first.evaluate("one => getComputedStyle(one).vectorEffect") == "non-scaling-stroke"
    expect(page.locator("map-sketch .wide")).to_be_hidden()


def test_a_slow_script_is_waited_for_with_a_word(page: Page, before: Callable[[str], list[tuple[float, float]]]) -> None:
    before("/")
    expect(page.locator("#loading")).to_have_text("正在载入可操作的地图…")
    # At once where nothing may move, and else when it has taken long.
    assert page.locator("#loading").evaluate("one => getComputedStyle(one).opacity") == "1"
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator("#loading").evaluate("one => getComputedStyle(one).animationDelay") == "2s"


def test_the_drawing_is_no_second_map_for_those_who_listen(page: Page, before: Callable[[str], list[tuple[float, float]]]) -> None:
    before("/")
    expect(page.locator("#sketch")).to_have_attribute("aria-hidden", "true")
    assert page.evaluate("document.querySelectorAll('#sketch :is(a, button, [tabindex])').length") == 0


@pytest.mark.parametrize(
    ("query", "count", "belts"), [("", 29, 2), ("?corridor=west", 2, 1), ("?corridor=", 0, 0), ("?kind=platform", 6, 2), ("?q=nothing-like-it", 0, 2)]
)
def test_without_javascript_the_drawing_is_the_map_of_the_view(new_context: NewContext, query: str, count: int, belts: int) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"/{query}")
    found: list[Any] = page.evaluate(SKETCHED)
    assert len(found) + page.evaluate(UNDRAWN) == count
    # All of it is in sight but the point that stands for the whole city.
    size = page.viewport_size
    assert size
    assert sum(1 for x, y in found if not (0 < x < size["width"] and 0 < y < size["height"])) == (1 if count == 29 else 0)
    expect(page.locator("map-sketch .belt")).to_have_count(belts)
    # Where something may have been filtered away, nothing is tied to it.
    expect(page.locator("map-sketch .tie")).to_have_count(1 if query == "" else 0)
    expect(page.locator(".legend")).to_be_visible()
    expect(page.locator(".review")).to_be_visible()


def test_without_javascript_the_print_has_the_map_under_its_legend(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.emulate_media(media="print")
    drawing, frame, finding = (page.locator(one).bounding_box() for one in ("#sketch", "main.map", "#finding"))
    assert drawing
    assert frame
    assert finding
    assert (drawing["y"], drawing["height"]) == pytest.approx((frame["y"], frame["height"]), abs=1)
    assert finding["y"] < drawing["y"]


def test_the_drawing_is_dark_in_the_dark(page: Page, before: Callable[[str], list[tuple[float, float]]]) -> None:
    before("/")
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(page.locator("map-sketch .core.corridor-west:visible").first.evaluate("one => getComputedStyle(one).stroke"))
    assert colours == ["rgb(31, 95, 139)", page.evaluate("getComputedStyle(document.querySelector('.switch.corridor-west .dot')).color")]
    assert colours[0] != colours[1]


def test_names_of_districts_lie_above_the_outline_wherever_they_are(page: Page, after: Callable[[str], list[Pin]]) -> None:
    """Leaflet orders markers by how far down they are, and the outline among them."""
    after("/")
    outline = "document.querySelector('.leaflet-outline-pane svg')"
    orders = page.evaluate(f"[{outline}, ...document.querySelectorAll('.place-name')].map((one) => getComputedStyle(one).zIndex)")
    assert len(orders) == 14
    assert all(int(order) > int(orders[0]) for order in orders[1:])
