"""What an operator has added to the basemap, in the browser: fetched when it is wanted, drawn below the places, and text is only ever text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geo.cli import main
from geo.draw.extract import take_in
from geo.draw.pieces import FOLDER
from geo.ground.bbox import Box
from geo.settings import PROJECT
from tests.browser.conftest import NewContext, Watch, running, wait_until_drawn
from tests.other_city import DATA

FRAME = Box(107.6, 33.7, 108.6, 34.5)
VIEW = "#map=13/34.03/108.05"
# What is painted on the canvases: how many points, and the lightness of the darkest or lightest of those that are painted through. They are read from
# copies, as a canvas that is read again and again has the browser complain.
PAINTED = """() => {
  const copy = document.createElement("canvas");
  const context = copy.getContext("2d", { willReadFrequently: true });
  const found = { points: 0, least: 765, most: 0 };
  for (const canvas of document.querySelectorAll(".local-basemap canvas")) {
    copy.width = canvas.width;
    copy.height = canvas.height;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    for (let at = 0; at < data.length; at += 4) {
      if (!data[at + 3]) continue;
      found.points += 1;
      if (data[at + 3] < 255) continue;
      const light = data[at] + data[at + 1] + data[at + 2];
      found.least = Math.min(found.least, light);
      found.most = Math.max(found.most, light);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the invented city with an extract; for reading only."""
    data = tmp_path_factory.mktemp("added") / "data"
    shutil.copytree(DATA, data)
    take_in(PROJECT / "tests" / "data" / "extract.osm", data / FOLDER, FRAME)
    return data


@pytest.fixture(scope="module")
def address(added: Path) -> Iterator[str]:
    with running(GEO_DATA=str(added)) as url:
        yield url


def open_near(page: Page, url: str) -> Page:
    page.goto(url)
    wait_until_drawn(page)
    page.wait_for_selector(".local-basemap .leaflet-tile-loaded", state="attached")
    page.wait_for_function(f"() => ({PAINTED})().points > 50")
    return page


def test_it_comes_with_the_places_drawn_and_only_what_is_in_view(page: Page, address: str, watch: Watch) -> None:
    open_near(page, f"{address}/{VIEW}")
    pieces = [url for url in watch.requests if "/basemap/" in url]
    assert pieces and {url.split("/basemap/")[1][0] for url in pieces} == {"2"}
    assert watch.requests.index(pieces[0]) > next(at for at, url in enumerate(watch.requests) if "reference" in url)
    names = page.locator(".reference .name").all_text_contents()
    assert {"青湖", "青山", "<img src=x onerror=alert(1)>镇"} <= {*names}
    assert page.locator(".reference img").count() == 0
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("2031-05-01")
    expect(page.locator("#review")).to_contain_text("街镇界线也是")


def test_it_follows_the_zoom_the_dark_and_the_language(page: Page, address: str, watch: Watch) -> None:
    open_near(page, f"{address}/?lang=en#map=9/34.03/108.05")
    assert {url.split("/basemap/")[1][0] for url in watch.requests if "/basemap/" in url} == {"0"}
    page.evaluate("map_atlas.setView([34.03, 108.05], 12.5, {animate: false})")
    page.wait_for_function(f"() => ({PAINTED})().points > 500")
    light = page.evaluate(PAINTED)["least"]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => {{ const {{ points, most }} = ({PAINTED})(); return points > 500 && most < {light}; }}")


def test_the_rivers_of_the_outline_give_way_inside_the_extract_only(page: Page, address: str) -> None:
    open_near(page, f"{address}/#map=16/34.03/108.05")
    hidden = "() => [...map_atlas.getPane('water').querySelectorAll('path:not(.sea)')].every((path) => path.style.display === 'none')"
    page.wait_for_function(hidden)
    page.evaluate("map_atlas.setView([34.3, 108.4], 12, {animate: false})")
    page.wait_for_function(f"() => !({hidden})()")


def test_a_frozen_site_has_it_and_needs_no_server(
    added: Path, tmp_path: Path, new_context: NewContext, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEO_DATA", str(added))
    assert main(["freeze", str(tmp_path / "frozen")]) == 0
    watch.expected.append("request to another host: file:///")
    page = new_context().new_page()
    open_near(page, f"{(tmp_path / 'frozen' / 'index.html').as_uri()}{VIEW}")
    assert "青山" in page.locator(".reference .name").all_text_contents()
