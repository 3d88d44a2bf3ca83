"""The page sets symbols out as the server does, and keeps the promise of the map: no symbol farther from its point than its place's stated radius."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from geo.ground import palette
from geo.settings import PROJECT
from tests.browser.conftest import Open, counted, pinned

CASES = PROJECT / "tests" / "data" / "placement.json"
RULE = PROJECT / "static" / "atlas" / "placement.js"
SIZES = [(320, 568), (390, 844), (844, 390), (1093, 500), (1440, 900), (1920, 1080)]
# Of each symbol: how far it is drawn from its point in metres, by Leaflet's own measure, and what it may be off by as a pixel is rounded.
OFF = """() => {
  const frame = map_atlas.getContainer().getBoundingClientRect();
  const found = [];
  map_atlas.eachLayer((layer) => {
    const pin = layer.getElement && layer.getElement();
    if (!pin || !pin.matches(".pin, .guests")) return;
    const box = pin.querySelector(".shape").getBoundingClientRect();
    const spot = map_atlas.containerPointToLatLng([box.x + box.width / 2 - frame.x, box.y + box.height / 2 - frame.y]);
    const true_ = map_atlas.latLngToContainerPoint(layer.getLatLng());
    found.push({
      id: pin.dataset.id || null,
      isFixed: pin.matches(".guests, .measured, .platform, .zone, .site"),
      metres: map_atlas.distance(spot, layer.getLatLng()),
      pixels: Math.hypot(true_.x + frame.x - box.x - box.width / 2, true_.y + frame.y - box.y - box.height / 2),
    });
  });
  return found;
}"""


def test_symbols_are_set_out_as_the_shared_cases_say(page: Page) -> None:
    ring = {
        "gap": palette.RING_GAP,
        "step": palette.RING_STEP,
        "start": palette.RING_START,
        "line": palette.RING_LINE,
        "least": palette.LEAST,
        "strip": palette.LABEL_HEIGHT / 2,
        "aside": palette.AREA_STEP,
    }
    cases: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))
    assert len(cases) > 10
    page.goto("about:blank")
    script = """([source, cases, ring]) => cases.map(({ symbols }) => {
      const { spots, rings } = new Function(`${source}; return setOut;`)()(symbols, ring);
      return { spots: Object.fromEntries([...spots].map(([id, { x, y }]) => [id, [x, y]])), rings };
    })"""
    answers = page.evaluate(script, [RULE.read_text(encoding="utf-8"), cases, ring])
    for case, answer in zip(cases, answers, strict=True):
        assert answer == {"spots": case["spots"], "rings": case["rings"]}, case["name"]


def assert_kept(page: Page, radii: dict[str, float], where: str) -> None:
    found: list[dict[str, Any]] = page.evaluate(OFF)
    assert found
    for one in found:
        if one["isFixed"]:
            # Leaflet puts a marker on a whole pixel.
            assert one["pixels"] <= 1, (where, one)
        else:
            assert one["metres"] <= radii[one["id"]], (where, one)
    assert sorted([*pinned(page), *counted(page)]) == sorted(radii), where


@pytest.mark.parametrize("address", ["/", "/?indicator=area@2022", "/?indicator=industrial_value_added@2022", "/embed?lang=en"])
def test_no_symbol_stands_beyond_the_radius_of_its_place(page: Page, open_map: Open, site: str, address: str) -> None:
    features = page.request.get(f"{site}/layers/places.geojson").json()["features"]
    radii = {feature["id"]: feature["properties"]["geocode"]["uncertainty_m"] for feature in features if feature["geometry"]}
    has_rings = set()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        open_map(address)
        assert_kept(page, radii, f"{width}")
        for zoom in (8, 9.5, 10, 11, 12.5, 14, 17):
            page.evaluate("zoom => map_atlas.setView([30.15, 120.2], zoom, { animate: false })", zoom)
            assert_kept(page, radii, f"{width} at {zoom}")
            has_rings.add(bool(counted(page)))
        page.emulate_media(media="print")
        assert_kept(page, radii, f"{width} in print")
        page.emulate_media(media="screen")
    assert True in has_rings
