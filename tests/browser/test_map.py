"""The drawn map: every feature counted in the page, and nothing from another host."""

from __future__ import annotations

import math
import re
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.tables.kinds import Basis
from tests.browser.chromium import find_browser
from tests.browser.conftest import NewContext, Open, Watch, counted, hatch_of, listed, pinned, tabled

# folium's own variable; the layer of a place is found by its marker's element.
MARKERS = """() => {
  const found = {};
  map_atlas.eachLayer((layer) => {
    const pin = layer.getElement && layer.getElement();
    if (pin && pin.dataset.id) found[pin.dataset.id] = [layer.getLatLng().lng, layer.getLatLng().lat];
  });
  return found;
}"""
SYMBOLS = """pins => pins.map((pin) => {
  const box = pin.querySelector('.shape').getBoundingClientRect();
  return { id: pin.dataset.id, x: box.x + box.width / 2, y: box.y + box.height / 2, radius: box.width / 2 };
})"""


class Symbol(NamedTuple):
    """A symbol on the screen, in pixels."""

    id: str
    x: float
    y: float
    radius: float


def symbols(page: Page) -> dict[str, Symbol]:
    found: list[dict[str, Any]] = page.locator(".pin").evaluate_all(SYMBOLS)
    return {row["id"]: Symbol(**row) for row in found}


def test_every_located_place_has_one_symbol(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    located = sorted(id_ for id_, answer in atlas.answers.items() if isinstance(answer, Match))
    assert len(located) == 29
    assert sorted([*pinned(page), *counted(page)]) == located


def test_the_symbols_say_what_the_places_are(open_map: Open) -> None:
    page = open_map()
    counts = {name: page.locator(f".pin.{name}").count() for name in ("platform", "zone", "site", "guest", "district", "city", "hollow")}
    assert counts == {"platform": 6, "zone": 2, "site": 8, "guest": 10, "district": 2, "city": 1, "hollow": 13}
    assert {name: page.locator(f".pin.corridor-{name}").count() for name in ("west", "east", "none")} == {"west": 2, "east": 25, "none": 2}


def test_belts_axes_ties_and_districts_are_drawn(open_map: Open) -> None:
    page = open_map()
    drawn = {
        name: page.locator(f"path.{name}").count()
        for name in ("belt.corridor-west", "axis.corridor-west", "belt.corridor-east", "axis.corridor-east", "tie.corridor-east", "district")
    }
    # Both ties of the report lead to zones of the eastern corridor.
    assert drawn == {
        "belt.corridor-west": 1,
        "axis.corridor-west": 1,
        "belt.corridor-east": 1,
        "axis.corridor-east": 1,
        "tie.corridor-east": 2,
        "district": 13,
    }
    assert page.locator("path.tie").count() == 2
    assert page.locator("path.water").count() > 0


def test_the_corridors_have_their_colours(open_map: Open) -> None:
    page = open_map()
    assert {name: hatch_of(page, name) for name in ("west", "east")} == {"west": "rgb(31, 95, 139)", "east": "rgb(181, 81, 26)"}


def test_the_map_is_folium_s(open_map: Open) -> None:
    page = open_map()
    assert page.evaluate("map_atlas instanceof L.Map")
    assert page.evaluate("feature_group_corridor_1 instanceof L.FeatureGroup")
    assert page.locator("#map_atlas.leaflet-container").count() == 1
    assert page.evaluate("map_atlas.getMaxZoom()") == 17


def test_every_symbol_stands_on_the_coordinates_of_its_data(open_map: Open, atlas: Atlas) -> None:
    found = open_map().evaluate(MARKERS)
    points = atlas.layers.places.geometry
    assert found == {id_: [points.loc[id_].x, points.loc[id_].y] for id_ in found}
    assert len(found) == 29


def test_a_guest_has_its_host_s_coordinates(open_map: Open, atlas: Atlas) -> None:
    found = open_map().evaluate(MARKERS)
    hosts = {place.id: place.parent_id for place in atlas.tables.places}
    guests = [id_ for id_, answer in atlas.answers.items() if isinstance(answer, Match) and answer.basis is Basis.PARENT]
    assert len(guests) == 10
    for guest in guests:
        host = hosts[guest]
        assert host
        assert found[guest] == found[host]


@pytest.mark.parametrize("zoom", range(9, 15))
def test_no_symbol_of_a_host_or_guest_covers_another(open_map: Open, zoom: int) -> None:
    page = open_map(f"/#map={zoom}/30.15/120.2")
    found = symbols(page)
    guests = page.locator(".pin.guest").evaluate_all("pins => pins.map(pin => pin.dataset.id)")
    hosts = ["binjiang-hitech", "binfu-zone", "binxiao-park"]
    assert len(guests) + len(counted(page)) == 10
    for one, other in combinations((*guests, *hosts), 2):
        a, b = found[one], found[other]
        assert math.hypot(a.x - b.x, a.y - b.y) >= a.radius + b.radius, (one, other)
    # A guest covers nothing that has a place of its own either.
    for guest in guests:
        for other in found.values():
            if other.id != guest:
                assert math.hypot(found[guest].x - other.x, found[guest].y - other.y) >= found[guest].radius + other.radius, (guest, other.id)


def test_a_symbol_with_a_location_of_its_own_is_on_its_spot_and_a_guest_is_not(open_map: Open) -> None:
    page = open_map()
    spots: dict[str, list[float]] = page.evaluate(
        """() => {
          const frame = map_atlas.getContainer().getBoundingClientRect();
          const found = {};
          map_atlas.eachLayer((layer) => {
            const pin = layer.getElement && layer.getElement();
            if (!pin || !pin.dataset.id) return;
            const spot = map_atlas.latLngToContainerPoint(layer.getLatLng());
            found[pin.dataset.id] = [spot.x + frame.x, spot.y + frame.y];
          });
          return found;
        }"""
    )
    guests = set(page.locator(".pin.guest").evaluate_all("pins => pins.map(pin => pin.dataset.id)"))
    for id_, symbol in symbols(page).items():
        distance = math.hypot(symbol.x - spots[id_][0], symbol.y - spots[id_][1])
        if id_ in guests:
            assert distance > symbol.radius
        elif id_ not in {"qiantang-district", "xiaoshan-district", "hangzhou"}:
            # Leaflet rounds to whole pixels.
            assert distance <= 1, id_


def test_no_two_visible_labels_overlap(open_map: Open) -> None:
    page = open_map()
    boxes: list[dict[str, float | str]] = page.locator(".pin-label:not(.off)").evaluate_all(
        "labels => labels.map(label => { const box = label.getBoundingClientRect();"
        " return { text: label.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom }; })"
    )
    assert len(boxes) >= 10
    for one, other in combinations(boxes, 2):
        apart = (
            one["right"] <= other["left"] or other["right"] <= one["left"] or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]  # type: ignore[operator]
        )
        assert apart, (one["text"], other["text"])


def test_every_platform_is_labelled_in_the_first_view(open_map: Open) -> None:
    page = open_map()
    assert page.locator(".pin.platform .pin-label:visible").all_text_contents() == page.locator(".pin.platform .pin-label").all_text_contents()


def test_the_first_view_holds_every_place_but_perhaps_the_city(open_map: Open) -> None:
    page = open_map()
    frame = page.locator("main.map").bounding_box()
    assert frame
    for symbol in symbols(page).values():
        inside = frame["x"] <= symbol.x <= frame["x"] + frame["width"] and frame["y"] <= symbol.y <= frame["y"] + frame["height"]
        assert inside or symbol.id == "hangzhou", symbol


def test_the_page_asks_for_nothing_elsewhere(open_map: Open, watch: Watch, site: str) -> None:
    page = open_map()
    page.wait_for_load_state("networkidle")
    assert len(watch.requests) >= 6
    assert all(address.startswith(site) for address in watch.requests)


def test_the_view_is_in_the_address(open_map: Open) -> None:
    page = open_map("/#map=11/30.02/120.02")
    assert page.evaluate("[map_atlas.getZoom(), map_atlas.getCenter().lat.toFixed(2), map_atlas.getCenter().lng.toFixed(2)]") == [
        11,
        "30.02",
        "120.02",
    ]
    page.get_by_role("button", name="放大").click()
    expect(page).to_have_url(re.compile(r"#map=12/30\.02\d\d/120\.0[12]\d\d$"))


@pytest.mark.parametrize("fragment", ["#map=", "#map=99/0/0", "#map=a/b/c", "#map=10/999/999", "#p1", "#%00"])
def test_an_odd_view_in_the_address_draws_the_map_all_the_same(open_map: Open, fragment: str) -> None:
    page = open_map(f"/{fragment}")
    assert len({*pinned(page), *counted(page)}) == 29


def test_the_frame_of_the_map_is_labelled_and_attributed(open_map: Open) -> None:
    page = open_map()
    expect(page.get_by_role("region", name="地图")).to_be_visible()
    expect(page.get_by_role("button", name="放大")).to_be_visible()
    expect(page.get_by_role("button", name="缩小")).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("© OpenStreetMap contributors")
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("km")
    expect(page.locator(".review")).to_contain_text("无审图号，仅作示意")
    expect(page.locator("#symbols li").first).to_be_visible()
    expect(page.locator("#loading")).to_have_count(0)


def test_ties_are_drawn_only_where_both_of_their_ends_are_shown(open_map: Open) -> None:
    page = open_map()
    expect(page.locator("path.tie")).to_have_count(2)
    for narrowed, seen in (("fuxin", 0), ("", 2)):
        page.get_by_role("searchbox").fill(narrowed)
        assert page.locator("path.tie:visible").count() == seen
    page.locator("#kind").select_option("platform")
    assert page.locator("path.tie:visible").count() == 0


# --- names along the axes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["", "#map=12/30.27/119.85", "#map=12/30.28/120.02", "#map=11/30.21/120.35"])
def test_a_name_along_an_axis_is_in_the_view_where_it_can_be(open_map: Open, view: str) -> None:
    page = open_map(f"/{view}")
    frame = page.locator("main.map").bounding_box()
    assert frame
    # Of each corridor whether its name is shown, whether that is within the frame, and whether a long stretch of its axis is.
    found: list[list[bool]] = page.locator(".axis-name span").evaluate_all(
        """(names) => {
          const frame = map_atlas.getContainer().getBoundingClientRect();
          const inside = (box) => box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
          return names.map((name) => [!name.classList.contains("off"), inside(name.getBoundingClientRect())]);
        }"""
    )
    assert len(found) == 2
    assert [True, True] in found
    if view == "":
        assert found == [[True, True], [True, True]]


@pytest.mark.parametrize(
    "view", ["/?lang=en&indicator=industrial_value_added@2022", "/?lang=en#map=11/30.25/120.1", "/?lang=en#map=11/30.3/120.6", "/#map=12/30.3/120.6"]
)
def test_a_name_along_an_axis_is_not_cut_by_the_edge(open_map: Open, view: str) -> None:
    page = open_map(view)
    cut: list[str] = page.locator(".axis-name span:not(.off)").evaluate_all(
        """(names) => {
          const frame = map_atlas.getContainer().getBoundingClientRect();
          const isCut = (box) => box.left < frame.right && box.right > frame.left && box.top < frame.bottom && box.bottom > frame.top
            && (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom);
          return names.filter((name) => isCut(name.getBoundingClientRect())).map((name) => name.textContent);
        }"""
    )
    assert cut == []


def test_a_name_along_an_axis_comes_along_when_the_map_is_moved(open_map: Open) -> None:
    page = open_map("/?corridor=east#map=13/30.205/120.22")
    name = page.locator(".axis-name.corridor-east span")
    expect(name).to_be_in_viewport(ratio=1)
    page.evaluate("map_atlas.setView([30.27, 120.45], 13, { animate: false })")
    expect(name).to_be_in_viewport(ratio=1)


def test_the_map_speaks_english(open_map: Open) -> None:
    page = open_map("/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".pin[data-id=tonglu-edz] .pin-label")).to_have_text("Tonglu Economic Development Zone")
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    expect(page.locator(".place-name").filter(has_text="Fuyang District")).to_have_count(1)
    expect(page.locator("#shown")).to_have_text("Showing 30 of 30 places")


def test_the_language_can_be_changed_without_losing_the_view(open_map: Open) -> None:
    page = open_map("/?corridor=west&lang=zh")
    page.get_by_role("link", name="English").click()
    page.wait_for_selector("html[lang=en] [data-whole=true]")
    assert listed(page) == ["future-scitech-city", "zijingang-scitech-city"]
    expect(page.locator("#shown")).to_have_text("Showing 2 of 30 places")


def test_without_javascript_list_table_and_links_are_there(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    assert page.locator("#list .entry:visible").count() == 30
    assert page.locator("#table [data-id]:visible").count() == 30
    expect(page.locator("main.map .still")).to_have_text("地图的图片；可移动、可点开的地图需要 JavaScript。")
    expect(page.locator("main.map .still")).to_be_visible()
    # Nothing is on its way, so nothing says so.
    expect(page.locator("#loading")).to_be_hidden()
    page.locator("[data-id=fullsemi-1] a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("富芯半导体一期")
    page.get_by_role("link", name="报道第 38 段").first.click()
    expect(page.locator("#p38")).to_be_visible()


def test_without_javascript_the_filters_are_a_form(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.locator("input[name=q]").fill("bjq")
    page.get_by_role("button", name="筛选").click()
    assert page.locator("#list .entry:visible").count() == 1
    expect(page.locator("#shown")).to_have_text("显示 1 处，共 30 处")
    assert tabled(page) == ["binjiang-hitech"]


# --- the browser itself -------------------------------------------------------------------------------------------------------------------


def test_a_missing_browser_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none was found: `make test` installs one"):
        find_browser({"PATH": str(tmp_path)}, places=())
    with pytest.raises(FileNotFoundError, match="GEO_BROWSER='/nowhere/chromium' is not a program; `make test` installs one"):
        find_browser({"PATH": str(tmp_path), "GEO_BROWSER": "/nowhere/chromium"})


def test_a_browser_is_found_by_setting_by_name_and_by_place(tmp_path: Path) -> None:
    for name in ("google-chrome", "mine"):
        (tmp_path / name).touch(mode=0o755)
    assert find_browser({"PATH": str(tmp_path)}) == tmp_path / "google-chrome"
    assert find_browser({"PATH": str(tmp_path), "GEO_BROWSER": str(tmp_path / "mine")}) == tmp_path / "mine"
    assert find_browser({"PATH": ""}, places=[str(tmp_path / "none"), str(tmp_path / "mine")]) == tmp_path / "mine"
