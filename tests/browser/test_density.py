"""More than can be shown one by one: exact counts on a canvas, and the features themselves from near."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from flask import Flask
from playwright.sync_api import Page, expect

from geo.layers.density.building import build_files
from geo.layers.density.files import read_pyramid
from geo.serve.application import create_app
from geo.serve.data import density
from geo.serve.data.density import OwnDensity
from geo.settings import Settings
from tests.browser.conftest import PHONE, served, sideways, wait_until_drawn
from tests.unit.test_lists import Said

TOKEN = "t" * 43
ROWS = 30_000
TOTAL = "canvas.density[data-total='{count}']"
HOSTILE = "<img src=x onerror=window.broken=1>"


@pytest.fixture(scope="module")
def dense_site(crowd: Path) -> Iterator[str]:
    """The address of an atlas that counts its 630 places."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density, "DENSE", 300)
        with served(create_app(Settings(host="127.0.0.1", port=8000, data=crowd))) as address:
            yield address


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[str]:
    """The address of the map with a long list: rows along a line, 40 at one township, 100 nowhere."""
    folder = tmp_path_factory.mktemp("list")
    located = ROWS - 100
    lon: list[float | None] = [120.0 + number / 100_000 for number in range(located)]
    lat: list[float | None] = [30.2] * located
    lon[:40], lat[:40] = [120.15] * 40, [30.21] * 40
    levels = ["township"] * 40 + ["place"] * (ROWS - 40)
    names = [HOSTILE, *(f"样例{number}公司" for number in range(1, ROWS))]
    cells = {"企业名称": names, "geo_lon": lon + [None] * 100, "geo_lat": lat + [None] * 100, "geo_level": levels}
    pq.write_table(pa.table(cells), folder / "名单.parquet")
    build_files(str(folder / "名单.parquet"), folder / "density", Said())
    app: Flask = create_app(settings)
    app.config["OWN_DENSITY"] = OwnDensity("名单.parquet", read_pyramid(folder / "density"), TOKEN)
    with served(app) as address:
        yield address


def located_of(page: Page, address: str) -> int:
    features = page.request.get(address).json()["features"]
    return sum(1 for feature in features if feature["geometry"])


def go(page: Page, zoom: float, lat: float, lon: float) -> None:
    page.evaluate("([zoom, lat, lon]) => map_atlas.setView([lat, lon], zoom, { animate: false })", [zoom, lat, lon])


# --- places -------------------------------------------------------------------------------------------------------------------------------


def test_dense_places_are_counted_as_they_are_filtered(page: Page, dense_site: str) -> None:
    page.goto(dense_site)
    wait_until_drawn(page)
    everywhere = "map_atlas.setZoom(8, { animate: false })"
    page.evaluate(everywhere)
    expect(page.locator(TOTAL.format(count=located_of(page, f"{dense_site}/layers/places.geojson")))).to_have_count(1)
    expect(page.locator("canvas.dots")).to_have_count(0)
    expect(page.locator("#crowded")).to_have_text("626 处；数字是方格里的处数，放大后逐一排开、标名")
    page.locator("#filters input[value=east]").click(force=True)
    page.evaluate(everywhere)
    chosen = located_of(page, f"{dense_site}/layers/places.geojson?corridor=east")
    assert chosen > 300
    expect(page.locator(TOTAL.format(count=chosen))).to_have_count(1)
    page.locator("#filters input[value=west]").click(force=True)
    # So few are dots again.
    assert located_of(page, f"{dense_site}/layers/places.geojson?corridor=west") <= 300
    expect(page.locator("canvas.density")).to_have_count(0)


def test_near_places_are_symbols_again(page: Page, dense_site: str) -> None:
    page.goto(dense_site)
    wait_until_drawn(page)
    expect(page.locator("canvas.density")).to_have_count(1)
    page.evaluate("map_atlas.setZoom(15, { animate: false })")
    expect(page.locator("canvas.density")).to_have_count(0)


# --- a long list --------------------------------------------------------------------------------------------------------------------------


def open_list(page: Page, address: str) -> Page:
    # Without the places of the atlas, which take a click for themselves.
    page.goto(f"{address}/?corridor=#list={TOKEN}")
    wait_until_drawn(page)
    expect(page.locator("#own-density-panel .own-counted")).to_be_visible()
    return page


def test_a_long_list_is_counted_and_what_has_no_location_is_said(page: Page, long_list: str) -> None:
    open_list(page, long_list)
    assert TOKEN not in page.url
    panel = page.locator("#own-density-panel")
    expect(panel.locator(".own-counted")).to_have_text("30,000 行，其中 29,900 行有位置，100 行没有位置、不在图上")
    expect(panel.locator(".own-why")).to_have_text("地名地址定位；只知到街道、城区的行都在其代表点上")
    expect(panel.locator(".own-status")).to_contain_text("放大到 15 级看各行")
    for zoom in (10, 8.5, 8):
        go(page, zoom, 30.2, 120.15)
        expect(page.locator(TOTAL.format(count=29_900))).to_have_count(1)
    expect(panel.locator(".own-step")).to_be_hidden()


def test_the_rows_come_from_near_as_dots_and_as_a_table(page: Page, long_list: str) -> None:
    open_list(page, long_list)
    panel = page.locator("#own-density-panel")
    go(page, 16, 30.205, 120.15)
    expect(panel.locator(".own-rows tbody tr").first).to_be_visible()
    status = panel.locator(".own-status")
    expect(status).to_contain_text("视图内")
    west, south, east, north = page.evaluate("map_atlas.getBounds().toBBoxString()").split(",")
    matched = page.request.post(
        f"{long_list}/own-list/density/rows?bbox={float(west):.6f},{float(south):.6f},{float(east):.6f},{float(north):.6f}",
        headers={"X-Atlas-List": TOKEN},
    ).json()["numberMatched"]
    expect(status).to_have_text(f"视图内 {matched:,} 行")
    expect(page.locator(f"canvas.density-dots[data-count='{matched}']")).to_have_count(1)
    # The first row is text, and only ever text.
    first = panel.locator(".own-rows tbody tr").first
    expect(first.locator("th")).to_have_text("2")
    expect(first.locator("td").first).to_have_text(HOSTILE)
    assert page.evaluate("window.broken") is None
    panel.get_by_role("button", name="下一页").click()
    expect(panel.locator(".range")).to_have_text(f"第 101–200 行，共 {matched:,} 行")
    # The forty that are known to a township are one dot with their number.
    x, y = page.evaluate(
        """() => {
          const { x, y } = map_atlas.latLngToContainerPoint([30.21, 120.15]);
          const box = map_atlas.getContainer().getBoundingClientRect();
          return [box.x + x, box.y + y];
        }"""
    )
    page.mouse.click(x, y)
    expect(status).to_have_text("这一点有 40 行")
    expect(panel.locator(".range")).to_have_text("第 1–40 行，共 40 行")


def test_a_number_leads_nearer_and_closing_leaves_nothing(page: Page, long_list: str) -> None:
    open_list(page, long_list)
    go(page, 9, 30.2, 120.15)
    expect(page.locator(TOTAL.format(count=29_900))).to_have_count(1)
    box = page.locator("#map_atlas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.evaluate("map_atlas.getZoom()") == 11
    page.get_by_role("button", name="关闭").last.click()
    expect(page.locator("#own-density-panel")).to_have_count(0)
    expect(page.locator("canvas.density, canvas.density-dots")).to_have_count(0)


def test_a_long_list_on_a_phone_in_the_dark_by_keyboard(page: Page, long_list: str) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    open_list(page, long_list)
    go(page, 16, 30.2, 120.15)
    row = page.locator("#own-density-panel .own-show").first
    expect(row).to_be_visible()
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".own-circle")).to_have_count(1)
    assert sideways(page) == 0
    found = Axe().run(page, context="#own-density-panel").response["violations"]
    assert found == []
