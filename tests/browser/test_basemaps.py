"""Tiles under the map: none unless the operator offers some, and where they are in GCJ-02 the drawing moves and the data do not."""

from __future__ import annotations

import contextlib
import math
import re
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, expect

from geo.atlas import Atlas
from geo.ground.datum import wgs84_to_gcj02
from tests.browser.conftest import Open, Watch, counted, pinned, query_of, running, wait_until_drawn
from tests.browser.test_accessibility import assert_nothing_found
from tests.browser.test_map import MARKERS, symbols

Tiled = Callable[..., str]

TILE = 256
OUTLINE = "内置轮廓，WGS-84；无审图号，仅作示意"
FAILED = "底图瓦片没有取到，显示内置轮廓"
# Platforms and sites with a point of their own, over the whole of the map.
SPOTS = ("binjiang-hitech", "tonglu-edz", "zijingang-scitech-city", "binfu-zone", "iot-town", "sanjiang-new-city")
LOADED = "images => images.map((image) => { const box = image.getBoundingClientRect(); return [image.src, box.left, box.top, box.width]; })"


def _picture() -> bytes:
    """A grey PNG of one pixel, which a browser stretches over the tile."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            chunk(b"IDAT", zlib.compress(b"\x00\xcc")),
            chunk(b"IEND", b""),
        )
    )


PICTURE = _picture()


@dataclass
class Tiles:
    """A tile server on this machine.

    Attributes
    ----------
    origin
        Its address.
    asked
        The paths it was asked for.
    has
        Whether it has the tile of a path; all of them unless a test says otherwise.
    """

    origin: str = ""
    asked: list[str] = field(default_factory=list)
    has: Callable[[str], bool] = lambda path: True


@pytest.fixture(scope="module")
def tile_server() -> Iterator[Tiles]:
    found = Tiles()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            has = re.fullmatch(r"/\d+/\d+/\d+\.png", self.path) is not None and found.has(self.path)
            self.send_response(200 if has else 404)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(PICTURE) if has else 0))
            self.end_headers()
            self.wfile.write(PICTURE if has else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, name="tiles")
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def tiles(tile_server: Tiles) -> Tiles:
    """The tile server, which has every tile and has not been asked for one yet."""
    tile_server.asked.clear()
    tile_server.has = lambda path: True
    return tile_server


@pytest.fixture(scope="module")
def serve_tiled(tile_server: Tiles) -> Iterator[Tiled]:
    """Serve the atlas with tiles, with the same settings only once."""
    with contextlib.ExitStack() as stack:

        @cache
        def start(**others: str) -> str:
            given = {"tiles_url": f"{tile_server.origin}/{{z}}/{{x}}/{{y}}.png", "tiles_attribution": "© 某图商", **others}
            return stack.enter_context(running(GEO_BASEMAPS="custom", **{f"GEO_{name.upper()}": value for name, value in given.items()}))

        yield start


@pytest.fixture
def tiled(tiles: Tiles, serve_tiled: Tiled, watch: Watch) -> Iterator[Tiled]:
    """Serve the atlas with tiles: ``tiled(tiles_datum="GCJ02")``; nothing but the two servers is asked for anything."""
    allowed = {tiles.origin}

    def start(**others: str) -> str:
        address = serve_tiled(**others)
        allowed.add(address)
        return address

    yield start
    assert {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, watch.requests)} <= allowed


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def on_grid(lon: float, lat: float, zoom: int) -> tuple[float, float]:
    """The pixel of a point in Web Mercator, counted from the north-west corner of the world."""
    world = TILE * 2**zoom
    return (lon + 180) / 360 * world, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * world


def distance_to_grid(page: Page, id_: str, lon: float, lat: float, zoom: int) -> float:
    """By how many pixels a symbol misses a point of the tile that contains the point."""
    x, y = on_grid(lon, lat, zoom)
    name = f"/{zoom}/{int(x // TILE)}/{int(y // TILE)}.png"
    image = page.locator(f"img.leaflet-tile-loaded[src$='{name}']")
    image.wait_for(state="attached")
    ((_, left, top, width),) = image.evaluate_all(LOADED)
    assert width == TILE
    symbol = symbols(page)[id_]
    return math.hypot(symbol.x - (left + x % TILE), symbol.y - (top + y % TILE))


def point_of(atlas: Atlas, id_: str) -> tuple[float, float]:
    point = atlas.layers.places.geometry.loc[id_]
    return point.x, point.y


def gcj02(lon: float, lat: float) -> tuple[float, float]:
    moved_lon, moved_lat = wgs84_to_gcj02(lon, lat)
    return float(moved_lon), float(moved_lat)


# --- without tiles ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?basemap=custom", "?basemap=osm", "?basemap=outline", "?basemap=constructor"])
def test_by_default_there_is_the_outline_and_nothing_to_choose(open_map: Open, watch: Watch, site: str, query: str) -> None:
    page = open_map(f"/{query}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#basemaps input[name=basemap]")).to_have_count(0)
    expect(page.get_by_role("radio")).to_have_count(0)
    expect(page.locator("#review")).to_have_text(OUTLINE)
    expect(page.locator("#tiles-failed")).to_be_hidden()
    expect(page.locator("img.leaflet-tile")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('path.district')).fill") == "rgb(255, 253, 249)"
    assert len({*pinned(page), *counted(page)}) == 29
    assert query_of(page) == ""
    assert all(address.startswith(site) for address in watch.requests)


# --- with tiles ---------------------------------------------------------------------------------------------------------------------------


def test_offered_tiles_can_be_chosen_and_left_again(tiled: Tiled, tiles: Tiles, open_map: Open) -> None:
    page = open_map(f"{tiled()}/")
    outline, custom = page.get_by_role("radio", name="内置轮廓", exact=True), page.get_by_role("radio", name="自定底图", exact=True)
    expect(outline).to_be_checked()
    expect(custom).to_be_visible()
    # Nobody is asked for tiles before somebody chooses them.
    assert tiles.asked == []
    choose(page, "自定底图")
    expect(page.locator(".leaflet-container")).to_have_class(re.compile(r"\btiles-on\b"))
    assert query_of(page) == "?basemap=custom"
    assert page.evaluate("getComputedStyle(document.querySelector('path.district')).fill") == "none"
    expect(page.locator("path.water").first).to_be_hidden()
    assert len({*pinned(page), *counted(page)}) == 29
    choose(page, "内置轮廓")
    expect(page.locator("img.leaflet-tile")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.querySelector('path.district')).fill") == "rgb(255, 253, 249)"
    assert query_of(page) == ""


def test_back_and_forward_and_a_reload_change_the_basemap(tiled: Tiled, open_map: Open) -> None:
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/")
    choose(page, "自定底图")
    page.go_back()
    expect(page.get_by_role("radio", name="内置轮廓", exact=True)).to_be_checked()
    expect(page.locator("img.leaflet-tile")).to_have_count(0)
    page.go_forward()
    expect(page.get_by_role("radio", name="自定底图", exact=True)).to_be_checked()
    page.reload()
    wait_until_drawn(page)
    expect(page.get_by_role("radio", name="自定底图", exact=True)).to_be_checked()
    page.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")


@pytest.mark.parametrize("zoom", [17, 12])
@pytest.mark.parametrize("id_", SPOTS)
def test_a_symbol_lies_on_gcj02_tiles_where_gcj02_puts_it(tiled: Tiled, open_map: Open, atlas: Atlas, id_: str, zoom: int) -> None:
    lon, lat = point_of(atlas, id_)
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/?basemap=custom#map={zoom}/{lat:.4f}/{lon:.4f}")
    assert distance_to_grid(page, id_, *gcj02(lon, lat), zoom) < 1


@pytest.mark.parametrize("id_", SPOTS)
def test_a_symbol_lies_on_wgs84_tiles_where_its_data_put_it(tiled: Tiled, open_map: Open, atlas: Atlas, id_: str) -> None:
    lon, lat = point_of(atlas, id_)
    page = open_map(f"{tiled(tiles_datum='WGS84')}/?basemap=custom#map=17/{lat:.4f}/{lon:.4f}")
    assert distance_to_grid(page, id_, lon, lat, 17) < 1


def test_the_drawing_moves_by_the_offset_of_gcj02_and_no_less(tiled: Tiled, open_map: Open, atlas: Atlas) -> None:
    """The two datums lie some 500 m apart here: what is right for the one is far off for the other."""
    lon, lat = point_of(atlas, "binjiang-hitech")
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/?basemap=custom#map=17/{lat:.4f}/{lon:.4f}")
    page.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    assert 400 < distance_to_grid(page, "binjiang-hitech", lon, lat, 17) < 700


def test_a_symbol_lies_right_after_the_view_has_moved(tiled: Tiled, open_map: Open, atlas: Atlas) -> None:
    lon, lat = point_of(atlas, "binjiang-hitech")
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/#map=16/{lat:.4f}/{lon:.4f}")
    choose(page, "自定底图")
    assert distance_to_grid(page, "binjiang-hitech", *gcj02(lon, lat), 16) < 1
    page.evaluate("map_atlas.panBy([150, -90], { animate: false })")
    assert distance_to_grid(page, "binjiang-hitech", *gcj02(lon, lat), 16) < 1
    page.evaluate("map_atlas.setZoom(17, { animate: false })")
    assert distance_to_grid(page, "binjiang-hitech", *gcj02(lon, lat), 17) < 1


def test_the_outline_is_where_it_was_after_gcj02_tiles(tiled: Tiled, open_map: Open) -> None:
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/#map=13/30.18/120.18")
    shape = "document.querySelector('path.district').getAttribute('d')"
    before, outline = symbols(page), page.evaluate(shape)
    choose(page, "自定底图")
    assert page.evaluate(shape) != outline
    choose(page, "内置轮廓")
    after = symbols(page)
    assert {id_: (after[id_].x, after[id_].y) for id_ in after} == {id_: (before[id_].x, before[id_].y) for id_ in before}
    assert page.evaluate(shape) == outline


@pytest.mark.parametrize("datum", ["GCJ02", "WGS84"])
def test_the_address_and_the_data_stay_in_wgs84(tiled: Tiled, open_map: Open, atlas: Atlas, datum: str) -> None:
    address = tiled(tiles_datum=datum)
    page = open_map(f"{address}/?basemap=custom#map=15/30.1828/120.1807")
    page.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    assert page.evaluate("location.hash") == "#map=15/30.1828/120.1807"
    centre = page.evaluate("[map_atlas.getCenter().lng, map_atlas.getCenter().lat]")
    assert centre == pytest.approx([120.1807, 30.1828], abs=1e-6)
    # A move and back: by pixels of the tiles, told in WGS-84.
    page.evaluate("map_atlas.panBy([200, 100], { animate: false })")
    assert page.evaluate("location.hash") != "#map=15/30.1828/120.1807"
    page.evaluate("map_atlas.panBy([-200, -100], { animate: false })")
    _, lat, lon = page.evaluate("location.hash").removeprefix("#map=").split("/")
    # Half a pixel at this zoom is 0.00002 degrees, and the address has four digits.
    assert (float(lon), float(lat)) == pytest.approx((120.1807, 30.1828), abs=0.00015)
    found = page.evaluate(MARKERS)
    assert len(found) == 29
    assert found == {id_: list(point_of(atlas, id_)) for id_ in found}
    expect(page.locator("#download")).to_have_attribute("href", "/layers/places.geojson")
    layer = page.request.get(f"{address}/layers/places.geojson").json()
    stated = {feature["id"]: feature["geometry"]["coordinates"] for feature in layer["features"] if feature["geometry"]}
    assert len(stated) == 29
    for id_, coordinates in stated.items():
        assert coordinates == pytest.approx(point_of(atlas, id_), abs=1e-6)


def test_a_choice_of_tiles_keeps_the_view(tiled: Tiled, open_map: Open) -> None:
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/#map=15/30.1828/120.1807")
    for name in ("自定底图", "内置轮廓", "自定底图"):
        choose(page, name)
        assert page.evaluate("location.hash") == "#map=15/30.1828/120.1807"
    assert page.evaluate("[map_atlas.getCenter().lng, map_atlas.getCenter().lat]") == pytest.approx([120.1807, 30.1828], abs=0.00005)


def test_a_card_stands_on_its_symbol_over_gcj02_tiles(tiled: Tiled, open_map: Open, atlas: Atlas) -> None:
    lon, lat = point_of(atlas, "tonglu-edz")
    page = open_map(f"{tiled(tiles_datum='GCJ02')}/?basemap=custom#map=16/{lat:.4f}/{lon:.4f}")
    page.locator(".pin[data-id=tonglu-edz]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert query_of(page) == "?place=tonglu-edz&basemap=custom"
    tip = page.locator(".leaflet-popup-tip-container").bounding_box()
    assert tip
    symbol = symbols(page)["tonglu-edz"]
    assert abs(tip["x"] + tip["width"] / 2 - symbol.x) <= 2
    assert 0 <= symbol.y - tip["y"] <= 50


# --- who is named -------------------------------------------------------------------------------------------------------------------------


def test_attribution_and_review_number_are_those_of_the_tiles(tiled: Tiled, open_map: Open) -> None:
    page = open_map(f"{tiled(tiles_review_number='GS(2024)0001号')}/")
    attribution = page.locator(".leaflet-control-attribution")
    expect(page.locator("#review")).to_have_text(OUTLINE)
    expect(attribution).not_to_contain_text("某图商")
    choose(page, "自定底图")
    expect(page.locator("#review")).to_have_text("自定底图，审图号：GS(2024)0001号")
    expect(page.locator("#review")).to_be_visible()
    expect(attribution).to_contain_text("© 某图商")
    choose(page, "内置轮廓")
    expect(page.locator("#review")).to_have_text(OUTLINE)
    expect(attribution).not_to_contain_text("某图商")


def test_tiles_without_a_review_number_say_so(tiled: Tiled, open_map: Open) -> None:
    page = open_map(f"{tiled()}/?basemap=custom")
    expect(page.locator("#review")).to_have_text("自定底图，无审图号")


def test_markup_in_an_attribution_or_review_number_is_text(tiled: Tiled, open_map: Open, page: Page) -> None:
    hostile = "<img src=x onerror=alert(1)>&amp;"
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    open_map(f"{tiled(tiles_attribution=hostile, tiles_review_number=hostile)}/?basemap=custom")
    attribution = page.locator(".leaflet-control-attribution")
    expect(attribution).to_contain_text(hostile)
    expect(page.locator("#review")).to_have_text(f"自定底图，审图号：{hostile}")
    assert page.locator(".leaflet-control-attribution img, #review img").count() == 0
    choose(page, "内置轮廓")
    expect(attribution).not_to_contain_text("onerror")
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_over_tiles(tiled: Tiled, page: Page, open_map: Open, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    open_map(f"{tiled()}/?basemap=custom")
    page.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    assert_nothing_found(page)


# --- tiles that fail ----------------------------------------------------------------------------------------------------------------------


def test_failing_tiles_keep_the_outline_and_say_so(tiled: Tiled, tiles: Tiles, open_map: Open, watch: Watch) -> None:
    watch.expected.append("404 (Not Found)")
    tiles.has = lambda path: False
    page = open_map(f"{tiled()}/")
    choose(page, "自定底图")
    failed = page.locator("#tiles-failed")
    expect(failed).to_be_visible()
    expect(failed).to_have_text(FAILED)
    expect(failed).to_have_attribute("role", "status")
    assert tiles.asked
    expect(page.locator(".leaflet-container")).not_to_have_class(re.compile(r"\btiles-on\b"))
    assert page.evaluate("getComputedStyle(document.querySelector('path.district')).fill") == "rgb(255, 253, 249)"
    expect(page.locator('path.water:not([d="M0 0"])').first).to_be_visible()
    assert len({*pinned(page), *counted(page)}) == 29
    choose(page, "内置轮廓")
    expect(failed).to_be_hidden()


def test_a_few_missing_tiles_are_no_failure(tiled: Tiled, tiles: Tiles, open_map: Open, watch: Watch) -> None:
    watch.expected.append("404 (Not Found)")
    tiles.has = lambda path: int(path.split("/")[2]) % 2 == 0
    page = open_map(f"{tiled()}/?basemap=custom")
    page.wait_for_load_state("networkidle")
    expect(page.locator(".leaflet-container")).to_have_class(re.compile(r"\btiles-on\b"))
    expect(page.locator("#tiles-failed")).to_be_hidden()
    assert watch.complaints


def test_tiles_that_recover_replace_the_outline(tiled: Tiled, tiles: Tiles, open_map: Open, watch: Watch) -> None:
    watch.expected.append("404 (Not Found)")
    tiles.has = lambda path: False
    page = open_map(f"{tiled()}/?basemap=custom")
    expect(page.locator("#tiles-failed")).to_be_visible()
    tiles.has = lambda path: True
    page.get_by_role("button", name="放大").click()
    expect(page.locator("#tiles-failed")).to_be_hidden()
    expect(page.locator(".leaflet-container")).to_have_class(re.compile(r"\btiles-on\b"))
