"""More places than a reader can tell apart: dots on a canvas, and pins of those that are near, pointed at, focused or selected."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pypdfium2
import pytest
from playwright.sync_api import Page, Route, expect

from geo.ground.palette import WATER
from tests.browser.conftest import PHONE, NewContext, Open, counted, listed, pinned, query_of, tabled, wait_until_drawn
from tests.browser.test_accessibility import assert_nothing_found

# A view that holds more places than this shows dots.
CROWD = 250
LIGHT = {"west": (31, 95, 139), "east": (181, 81, 26), "none": (93, 97, 102), "card": (255, 253, 249)}
DARK = {"west": (121, 180, 220), "east": (232, 149, 92), "none": (169, 173, 177), "card": (30, 34, 38)}
# Where places are on the screen, and whether the map is on top there.
SPOTS = """(places) => {
  const frame = map_atlas.getContainer().getBoundingClientRect();
  return places.map(([id, lon, lat]) => {
    const spot = map_atlas.latLngToContainerPoint([lat, lon]);
    const [x, y] = [spot.x + frame.x, spot.y + frame.y];
    const there = document.elementFromPoint(x, y);
    return [id, x, y, Boolean(there && (there.id === "map_atlas" || there.closest(".leaflet-map-pane")))];
  });
}"""
# The pixels of the canvas; of a copy, as one that is read often is drawn in another way.
PIXELS = """const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;"""
# How many pixels have each of some colours, nearly.
COUNTS = f"""(canvas, colours) => {{
  {PIXELS}
  const counts = colours.map(() => 0);
  for (let at = 0; at < pixels.length; at += 4) {{
    if (pixels[at + 3] < 200) continue;
    colours.forEach((colour, which) => {{
      if (Math.hypot(...colour.map((part, place) => pixels[at + place] - part)) < 12) counts[which] += 1;
    }});
  }}
  return counts;
}}"""
# The colour of the canvas at a point of the screen; nothing where it is clear.
COLOUR_AT = f"""(canvas, [x, y]) => {{
  {PIXELS}
  const box = canvas.getBoundingClientRect();
  const [left, top] = [((x - box.x) * canvas.width) / box.width, ((y - box.y) * canvas.height) / box.height];
  const at = 4 * (Math.round(top) * canvas.width + Math.round(left));
  return pixels[at + 3] > 200 ? [...pixels.slice(at, at + 3)] : null;
}}"""


class Dot(NamedTuple):
    """A place and where it is on the screen."""

    id: str
    name: str
    corridor: str
    x: float
    y: float


def features(page: Page, site: str) -> dict[str, dict[str, Any]]:
    """The places that have a location, by id."""
    collection = page.request.get(f"{site}/layers/places.geojson").json()
    return {feature["id"]: feature for feature in collection["features"] if feature["geometry"]}


def dots_in_view(page: Page, site: str) -> list[Dot]:
    """Every located place whose spot is on the map and clear of what lies over it."""
    found = features(page, site)
    spots = page.evaluate(SPOTS, [[id_, *feature["geometry"]["coordinates"]] for id_, feature in found.items()])
    return [Dot(id_, found[id_]["properties"]["name_zh"], found[id_]["properties"]["corridor"], x, y) for id_, x, y, is_clear in spots if is_clear]


def lone_dots(page: Page, site: str) -> list[Dot]:
    """The places of the view that have no other one within reach of a pointer."""
    dots = dots_in_view(page, site)
    lone = [dot for dot in dots if all(math.hypot(dot.x - other.x, dot.y - other.y) > 26 for other in dots if other.id != dot.id)]
    assert len(lone) >= 3
    return lone


def point_at(page: Page, dot: Dot) -> None:
    """Move the pointer over a dot, and wait until it is a pin."""
    page.mouse.move(dot.x, dot.y)
    expect(page.locator(f".pin[data-id='{dot.id}']")).to_be_visible()


def counts(page: Page, colours: dict[str, tuple[int, int, int]]) -> dict[str, int]:
    found: list[int] = page.locator("canvas.dots").evaluate(COUNTS, [list(colour) for colour in colours.values()])
    return dict(zip(colours, found, strict=True))


def tab_stops(page: Page) -> list[str]:
    ids: list[str] = page.locator(".pin").evaluate_all("pins => pins.filter(pin => pin.tabIndex === 0).map(pin => pin.dataset.id)")
    return ids


def is_near(page: Page, lon: float, lat: float) -> bool:
    """Whether a point is in the view or within a fifth of it around it."""
    near: bool = page.evaluate("([lon, lat]) => map_atlas.getBounds().pad(0.2).contains([lat, lon])", [lon, lat])
    return near


def zoom(page: Page, level: int) -> None:
    page.evaluate("level => map_atlas.setZoom(level, { animate: false })", level)


@pytest.fixture
def crowded(open_map: Open, crowded_site: str) -> Open:
    """Open the map with 630 places."""

    def visit(address: str = "/") -> Page:
        return open_map(f"{crowded_site}{address}")

    return visit


@pytest.fixture
def cluster(page: Page, crowded_site: str) -> tuple[float, float]:
    """Longitude and latitude of a place that has a few dozen others around it, but no crowd."""
    points = [feature["geometry"]["coordinates"] for feature in features(page, crowded_site).values()]
    for lon, lat in points:
        if 20 <= sum(abs(lon - x) < 0.2 and abs(lat - y) < 0.12 for x, y in points) <= 100:
            return lon, lat
    raise AssertionError("the generated places have no such cluster")


# --- dots ---------------------------------------------------------------------------------------------------------------------------------


def test_a_crowd_is_drawn_as_dots_and_the_legend_says_so(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    located = len(features(page, crowded_site))
    assert located > 2 * CROWD
    expect(page.locator("canvas.dots")).to_have_count(1)
    assert len(pinned(page)) == 1
    expect(page.locator("#crowded")).to_have_text(f"{located} 处：数字是它那一格里有几处；放大后逐一排开、标名")
    expect(page.locator("#shown")).to_have_text("显示 630 处，共 630 处")
    drawn = counts(page, LIGHT)
    assert all(drawn[name] > 100 for name in LIGHT), drawn


def test_thirty_places_are_no_crowd(open_map: Open) -> None:
    page = open_map()
    expect(page.locator("canvas.dots")).to_have_count(0)
    expect(page.locator("#crowded")).to_be_hidden()


def test_every_dot_is_where_its_data_put_it_and_has_the_colour_of_its_corridor(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    for move in ("() => null", "() => map_atlas.panBy([60, -40], { animate: false })", "() => map_atlas.setZoom(10.5, { animate: false })"):
        page.evaluate(move)
        for dot in lone_dots(page, crowded_site):
            colour = page.locator("canvas.dots").evaluate(COLOUR_AT, [dot.x, dot.y])
            assert colour is not None, dot
            # Filled with its hue, or with the ground where only the whole is known.
            nearest = min((math.dist(colour, LIGHT[name]), name) for name in (dot.corridor, "card"))
            assert nearest[0] < 60, (dot, colour)
        # Nothing is drawn where nothing lies.
        empty = page.locator("canvas.dots").evaluate(COLOUR_AT, [dot.x + 22, dot.y + 22])
        assert empty is None


def test_a_dot_under_the_pointer_shows_its_name_and_goes_back(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    before = pinned(page)
    for dot in lone_dots(page, crowded_site)[:3]:
        point_at(page, dot)
        pin = page.locator(f".pin[data-id='{dot.id}']")
        expect(pin.locator(".pin-label")).to_have_text(dot.name)
        expect(pin.locator(".pin-label")).to_be_visible()
        assert len(pinned(page)) <= 2
    page.mouse.move(dot.x + 22, dot.y + 22)
    expect(page.locator(".pin")).to_have_count(1)
    assert pinned(page) == before


def test_a_click_on_a_dot_opens_its_card(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    dot = lone_dots(page, crowded_site)[0]
    point_at(page, dot)
    page.mouse.click(dot.x, dot.y)
    expect(page.get_by_role("dialog", name=dot.name, exact=True)).to_be_focused()
    assert query_of(page) == f"?place={dot.id}"
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", dot.id)
    expect(page.locator("path.uncertainty")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(f".pin[data-id='{dot.id}']")).to_be_focused()


def test_a_tap_on_a_dot_opens_its_card_in_the_sheet(new_context: NewContext, crowded_site: str) -> None:
    """A finger points at nothing before it taps."""
    page = new_context(has_touch=True).new_page()
    page.set_viewport_size(PHONE)
    page.goto(crowded_site)
    wait_until_drawn(page)
    dot = lone_dots(page, crowded_site)[0]
    page.touchscreen.tap(dot.x, dot.y)
    expect(page.locator(".sheet > .popup")).to_be_focused()
    assert query_of(page) == f"?place={dot.id}"
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(f".pin[data-id='{dot.id}']")).to_be_focused()


def test_a_click_beside_the_dots_opens_nothing(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    dot = lone_dots(page, crowded_site)[0]
    page.mouse.click(dot.x + 24, dot.y + 24)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert query_of(page) == ""


def test_the_list_opens_the_card_of_a_dot(crowded: Open) -> None:
    page = crowded()
    entry = page.locator("#list .entry", has_text="科技园").first
    id_ = entry.get_attribute("data-id")
    entry.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_be_focused()
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", str(id_))
    expect(page.locator(".pin.selected .pin-label")).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry.get_by_role("link")).to_be_focused()


def test_a_dot_that_is_focused_or_selected_stays_a_pin_when_the_map_moves(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    dot = lone_dots(page, crowded_site)[0]
    point_at(page, dot)
    page.mouse.click(dot.x, dot.y)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate("map_atlas.panBy([30, 10], { animate: false })")
    assert dot.id in pinned(page)
    page.keyboard.press("Escape")
    expect(page.locator(f".pin[data-id='{dot.id}']")).to_be_focused()
    page.mouse.move(dot.x + 200, dot.y + 5)
    page.evaluate("map_atlas.panBy([-30, -10], { animate: false })")
    expect(page.locator(f".pin[data-id='{dot.id}']")).to_be_focused()


# --- by keyboard --------------------------------------------------------------------------------------------------------------------------


def test_a_crowd_is_one_tab_stop(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    assert len(tab_stops(page)) == 1
    for dot in lone_dots(page, crowded_site)[:3]:
        point_at(page, dot)
        assert len(tab_stops(page)) == 1


@pytest.mark.parametrize(("key", "axis", "sign"), [("ArrowRight", 1, 1), ("ArrowLeft", 1, -1), ("ArrowDown", 2, 1), ("ArrowUp", 2, -1)])
def test_an_arrow_key_goes_from_dot_to_dot(crowded: Open, crowded_site: str, key: str, axis: int, sign: int) -> None:
    page = crowded()
    (start,) = tab_stops(page)
    page.locator(f".pin[data-id='{start}']").focus()
    places = {id_: feature["geometry"]["coordinates"] for id_, feature in features(page, crowded_site).items()}
    for _ in range(3):
        here = page.evaluate("document.activeElement.dataset.id")
        page.keyboard.press(key)
        there = page.evaluate("document.activeElement.dataset.id")
        assert there not in (None, here)
        expect(page.locator(f".pin[data-id='{there}']")).to_be_in_viewport()
        expect(page.locator(f".pin[data-id='{there}'] .pin-label")).to_be_visible()
        assert tab_stops(page) == [there]
        spots = page.evaluate(SPOTS, [[id_, *places[id_]] for id_ in (here, there)])
        assert sign * (spots[1][axis] - spots[0][axis]) > 0
        # Whoever has been left is a dot again.
        assert len(pinned(page)) <= 2
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    assert query_of(page) == f"?place={there}"


def test_axe_finds_nothing_in_a_crowd(crowded: Open) -> None:
    assert_nothing_found(crowded("/"))


def test_axe_finds_nothing_in_a_crowd_on_a_dark_phone(page: Page, crowded: Open) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert_nothing_found(crowded("/?page=2"))


# --- what is shown ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corridor", ["west", "none"])
def test_a_layer_takes_its_dots_along(crowded: Open, crowded_site: str, corridor: str) -> None:
    page = crowded()
    before = counts(page, LIGHT)
    page.locator(f"label.switch.corridor-{corridor}").click(modifiers=["Control"])
    located = [feature for feature in features(page, crowded_site).values() if feature["properties"]["corridor"] != corridor]
    expect(page.locator("#crowded")).to_have_text(f"{len(located)} 处：数字是它那一格里有几处；放大后逐一排开、标名")
    after = counts(page, LIGHT)
    # The edges of the numbers are grey, too.
    assert before[corridor] > 100 and after[corridor] < before[corridor] / 20
    others = {"west", "east", "none"} - {corridor}
    # The map shows them larger now, and numbers stand on other spots.
    assert all(after[other] > before[other] / 2 for other in others)
    page.locator(f"label.switch.corridor-{corridor}").click(modifiers=["Control"])
    assert counts(page, LIGHT) == before


def test_a_filter_that_leaves_few_shows_them_as_pins(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    page.locator("#kind").select_option("platform")
    expect(page.locator("canvas.dots")).to_have_count(0)
    wanted = sorted(id_ for id_, feature in features(page, crowded_site).items() if feature["properties"]["kind"] == "platform")
    assert 6 <= len(wanted) <= CROWD
    assert pinned(page) == wanted
    expect(page.locator("#crowded")).to_be_hidden()
    page.get_by_role("link", name="清除筛选").click()
    expect(page.locator("canvas.dots")).to_have_count(1)
    assert len(pinned(page)) == 1


def test_many_new_pins_are_dots_until_they_stand(crowded: Open, crowded_site: str) -> None:
    """They are put up in turn; in every frame whatever is shown is seen, and the list and the table agree with it in the end."""
    page = crowded()
    located = Counter(feature["properties"]["corridor"] for feature in features(page, crowded_site).values())
    corridor, count = next((corridor, count) for corridor, count in located.items() if 60 < count <= CROWD)
    page.evaluate(
        """() => {
          const seen = (window.seen = []);
          const look = () => {
            seen.push([document.querySelectorAll(".pin").length, document.querySelector("canvas.dots") !== null]);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    page.locator(f"label.switch.corridor-{corridor}").click()
    expect(page.locator("canvas.dots")).to_have_count(0)
    expect(page.locator("#crowded")).to_be_hidden()
    assert len({*pinned(page), *counted(page)}) == count
    # A ring stands for its guests.
    pins = len(pinned(page))
    assert all(has_dots or number == pins for number, has_dots in page.evaluate("window.seen"))
    # The rows follow in turn, too.
    whole = page.request.get(f"{crowded_site}/layers/places.csv?corridor={corridor}").text()
    page.wait_for_function(
        "text => [...document.querySelectorAll('#list .entry, #table [data-id]')].every(({ dataset }) => text.includes(dataset.id))", arg=whole
    )
    assert listed(page) and tabled(page)


def test_zooming_in_turns_dots_into_pins_and_out_again(crowded: Open, crowded_site: str, cluster: tuple[float, float]) -> None:
    lon, lat = cluster
    page = crowded(f"/#map=9/{lat:.4f}/{lon:.4f}")
    expect(page.locator("canvas.dots")).to_have_count(1)
    zoom(page, 14)
    expect(page.locator("canvas.dots")).to_have_count(0)
    expect(page.locator("#crowded")).to_be_hidden()
    near = sorted(id_ for id_, feature in features(page, crowded_site).items() if is_near(page, *feature["geometry"]["coordinates"]))
    assert 10 < len(near) <= CROWD
    assert pinned(page) == near
    # Set out one by one, with their names where there is room.
    assert page.locator(".pin-label:visible").count() > 3
    assert len(tab_stops(page)) == 1
    zoom(page, 9)
    expect(page.locator("canvas.dots")).to_have_count(1)
    assert len(pinned(page)) <= 2
    assert page.locator(".pin-label:visible").count() == 0


def test_the_pins_near_the_view_go_with_it(crowded: Open, crowded_site: str, cluster: tuple[float, float]) -> None:
    lon, lat = cluster
    page = crowded(f"/#map=14/{lat:.4f}/{lon:.4f}")
    first = pinned(page)
    page.evaluate("map_atlas.panBy([900, 0], { animate: false })")
    near = sorted(id_ for id_, feature in features(page, crowded_site).items() if is_near(page, *feature["geometry"]["coordinates"]))
    assert pinned(page) == near != first


def test_a_comparison_empties_the_dots_that_have_no_figure(crowded: Open, crowded_site: str) -> None:
    page = crowded()
    page.locator("#indicator").select_option("land_area@2022")
    expect(page.locator("canvas.dots")).to_have_count(1)
    found = features(page, crowded_site)
    having = [
        id_
        for id_, feature in found.items()
        if any((row["indicator"], row["period"]) == ("land_area", "2022") for row in feature["properties"]["indicators"])
    ]
    assert 20 < len(having) < len(found)
    expect(page.locator("#symbols")).to_contain_text(f"没有这个数字：{len(found) - len(having)} 处")
    for dot in lone_dots(page, crowded_site):
        if dot.id not in having:
            assert page.locator("canvas.dots").evaluate(COLOUR_AT, [dot.x, dot.y]) == list(LIGHT["card"]), dot


def test_a_comparison_that_comes_late_does_not_replace_one_that_was_asked_for_after_it(page: Page, crowded: Open) -> None:
    """Of a crowd each comes in a script of its own: the last that was chosen is shown, and so is the address that was gone back to."""
    held: list[Route] = []
    page.route(re.compile(r"/comparisons\.js\?(.*&)?key=area(@|%40)"), lambda route: held.append(route))
    crowded("/")
    page.locator("#indicator").select_option("land_area@2022")
    expect(page.locator("#sizes")).to_be_visible()
    compared = page.locator("#sizes .sizes-title").inner_text()
    page.locator("label.switch.corridor-west").click()
    page.locator("#indicator").select_option("area@2022")
    page.go_back()
    page.wait_for_function("() => !location.search.includes('corridor')")
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    assert query_of(page) == "?indicator=land_area@2022"
    expect(page.locator("#indicator")).to_have_value("land_area@2022")
    expect(page.locator("#sizes .sizes-title")).to_have_text(compared)
    expect(page.locator("#filters input[name=corridor]:checked")).to_have_count(3)


def test_the_dots_change_with_the_theme(crowded: Open) -> None:
    page = crowded()
    light = counts(page, LIGHT)
    assert max(counts(page, DARK)[name] for name in ("west", "east")) < 20
    page.get_by_role("button", name="深色", exact=True).click()
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    dark = counts(page, DARK)
    assert all(dark[name] == pytest.approx(light[name], rel=0.3) for name in ("west", "east")), (light, dark)
    assert max(counts(page, LIGHT)[name] for name in ("west", "east")) < 20


def test_a_crowd_is_printed_over_its_map_and_in_the_light_colours(page: Page, crowded: Open) -> None:
    """A browser repeats on paper what was drawn on a canvas: what wipes it would wipe the map as well."""
    page.emulate_media(color_scheme="dark")
    crowded("/")
    # What PDFium gives is as large as the page in points: red, green, blue and more.
    paper = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))[0].render(rev_byteorder=True).to_numpy()[..., :3].astype(int)

    def count(colour: Sequence[int]) -> int:
        return int((abs(paper - [*colour]).max(axis=2) < 12).sum())

    assert count(bytes.fromhex(WATER.removeprefix("#"))) > 5_000
    assert all(count(LIGHT[name]) > 100 > count(DARK[name]) for name in ("west", "east"))


def test_numbers_count_the_dots_of_their_squares(crowded: Open, crowded_site: str) -> None:
    """What stands on the canvas cannot be asked for: a click on the densest spot zooms in, or opens the list of what lies there."""
    page = crowded()
    before = page.evaluate("map_atlas.getZoom()")
    spots = [(dot.x, dot.y) for dot in dots_in_view(page, crowded_site)]
    x, y = max(spots, key=lambda spot: sum(math.dist(spot, other) < 30 for other in spots))
    page.mouse.click(x, y)
    page.wait_for_function("before => map_atlas.getZoom() > before || document.querySelector('.choice')", arg=before)


def test_what_is_compared_is_named_and_lies_above_what_is_not(crowded: Open, crowded_site: str) -> None:
    page = crowded("/?indicator=land_area@2022")
    amounts = {
        id_: row["value"]
        for id_, feature in features(page, crowded_site).items()
        for row in feature["properties"]["indicators"]
        if (row["indicator"], row["period"]) == ("land_area", "2022")
    }
    largest = sorted(amounts, key=lambda id_: -amounts[id_])[:12]
    page.wait_for_function("count => document.querySelectorAll('.pin').length >= count", arg=len(largest))
    assert set(largest) <= set(pinned(page))
    assert page.locator(".pin-label:visible").count() > 0
    # A dot that has a figure shows its hue, though others without one lie on the same spot.
    for dot in [dot for dot in lone_dots(page, crowded_site) if dot.id in amounts][:5]:
        assert page.locator("canvas.dots").evaluate(COLOUR_AT, [dot.x, dot.y]) != list(LIGHT["card"]), dot


def test_an_address_selects_a_dot(crowded: Open, crowded_site: str) -> None:
    page = crowded("/")
    dot = lone_dots(page, crowded_site)[-1]
    crowded(f"/?place={dot.id}")
    expect(page.get_by_role("dialog", name=dot.name, exact=True)).to_be_visible()
    assert dot.id in pinned(page)
