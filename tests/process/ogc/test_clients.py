"""Real clients on a real socket: GDAL, OWSLib, and what QGIS asks, replayed."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pyogrio
import pytest
from owslib.ogcapi.features import Features

from geo.atlas import Atlas
from geo.ground.bbox import Box
from geo.layers.select import Selection
from tests.process.ogc.conftest import Served

EPSG = "http://www.opengis.net/def/crs/EPSG/0"

# --- GDAL -----------------------------------------------------------------------------------------------------------------------------------


def read(served: Served, layer: str, **options: Any) -> gpd.GeoDataFrame:
    return gpd.read_file(f"OAPIF:{served.url}", layer=layer, **options)


def asked_for_items(served: Served) -> list[dict[str, str]]:
    asked = served.asked()
    assert {one.status for one in asked} == {200}
    return [one.query for one in asked if one.path.endswith("/items")]


def test_gdal_lists_the_layers_with_their_geometry(served: Served) -> None:
    assert dict(pyogrio.list_layers(f"OAPIF:{served.url}").tolist()) == {
        "places": "Point",
        "platforms": "Point",
        "projects": "Point",
        "corridors": "Unknown",
        "corridor_belts": "MultiPolygon",
        "corridor_axes": "MultiLineString",
        "indicators": "Point",
    }


@pytest.mark.parametrize("layer", ["places", "platforms", "projects", "corridors", "indicators"])
def test_gdal_reads_every_feature(served: Served, atlas: Atlas, layer: str) -> None:
    found, expected = read(served, layer), atlas.layers.select(layer, Selection())
    assert list(found["id"]) == list(expected.index)
    assert found.crs.to_string() == "OGC:CRS84"
    assert list(found["name_zh"]) == list(expected["name_zh"])
    assert found.geometry.isna().tolist() == expected.geometry.isna().tolist()
    # CRS84 and EPSG:4326 differ in the order of their axes only, which geopandas does not keep.
    assert [geometry and geometry.wkt for geometry in found.geometry] == [geometry and geometry.wkt for geometry in expected.geometry]


def test_gdal_reads_a_box(served: Served, atlas: Atlas) -> None:
    box = (120.1, 30.1, 120.3, 30.3)
    found = read(served, "places", bbox=box)
    assert list(found["id"]) == list(atlas.layers.select("places", Selection(bbox=Box(*box))).index)
    assert 0 < len(found) < 30
    # The server chose, not GDAL alone.
    assert asked_for_items(served)[-1]["bbox"].startswith("120.0999")


def test_gdal_turns_pages(served: Served, atlas: Atlas) -> None:
    found = read(served, "places", PAGE_SIZE=7)
    assert list(found["id"]) == list(atlas.layers.places.index)
    assert [query.get("offset", "0") for query in asked_for_items(served)] == ["0", "0", "7", "14", "21", "28"]


def test_gdal_filters_by_attribute_and_by_time(served: Served) -> None:
    assert list(read(served, "places", where="kind = 'project' AND name_zh LIKE '%基地%'")["id"]) == ["lianji-base"]
    # GDAL takes the comparison of any date for the parameter datetime, and what that chooses for the answer.
    found = read(served, "indicators", where="period_start >= '2023-01-01'")
    assert asked_for_items(served)[-1]["datetime"] == "2023-01-01T/.."
    ends = found["period_end"].dt.strftime("%Y-%m-%d").dropna()
    assert (len(found), len(ends), ends.min()) == (28, 16, "2023-03-31")


@pytest.mark.parametrize("code", [4490, 3857, 4549])
def test_gdal_reads_another_system_and_puts_its_axes_right(served: Served, code: int) -> None:
    there, here = read(served, "corridors", CRS=f"EPSG:{code}"), read(served, "corridors")
    assert asked_for_items(served)[1]["crs"] == f"{EPSG}/{code}"
    assert there.crs.to_epsg() == code
    # Answers are rounded to a centimetre, or to a millionth of a degree.
    distances = there.geometry.to_crs(4549).hausdorff_distance(here.geometry.to_crs(4549))
    assert distances.max() < 0.15


# --- OWSLib ---------------------------------------------------------------------------------------------------------------------------------


def test_owslib_walks_the_api(served: Served) -> None:
    client = Features(served.url)
    assert client.feature_collections() == ["places", "platforms", "projects", "corridors", "corridor_belts", "corridor_axes", "indicators"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    assert client.api()["openapi"] == "3.0.3"
    assert client.collection("corridors")["title"] == "产业走廊"
    assert "kind" in client.collection_queryables("places")["properties"]


def test_owslib_asks_for_items(served: Served) -> None:
    client = Features(served.url)
    assert client.collection_item("places", "fullsemi-1")["geometry"] == {"type": "Point", "coordinates": [120.02, 30.018]}
    assert client.collection_items("places", limit=3, offset=3)["numberReturned"] == 3
    assert client.collection_items("places", bbox=[120.1, 30.1, 120.3, 30.3])["numberMatched"] == 18
    assert client.collection_items("indicators", datetime_="../2020-12-31T00:00:00Z")["numberMatched"] == 16
    (largest,) = client.collection_items("indicators", sortby=("value", "desc"), limit=1)["features"]
    assert largest["properties"]["value"] == 1851.1
    found = client.collection_items("places", filter="kind='project' AND parent='binfu-zone'")
    assert [one["id"] for one in found["features"]] == ["fullsemi-1", "chint-binfu"]


# --- QGIS -----------------------------------------------------------------------------------------------------------------------------------


def ask(url: str, accept: str) -> tuple[dict[str, Any], str]:
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "Mozilla/5.0 QGIS/34400"})
    with urllib.request.urlopen(request) as response:
        assert response.status == 200
        return json.load(response), response.headers["Content-Type"]


def linked(document: dict[str, Any], rel: str, media_type: str) -> str:
    return str(next(link["href"] for link in document["links"] if (link["rel"], link["type"]) == (rel, media_type)))


def test_qgis_adds_a_layer_and_draws_it_in_gauss_kruger(served: Served) -> None:
    """The requests that its OGC API provider makes, in its order, with the addresses that it makes of the links."""
    api_types = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json"
    landing, _ = ask(served.url, "application/json")
    api, media_type = ask(linked(landing, "service-desc", "application/vnd.oai.openapi+json;version=3.0"), api_types)
    assert media_type == "application/vnd.oai.openapi+json;version=3.0"
    limit = api["components"]["parameters"]["limit"]["schema"]
    page_size = max(1000, limit["default"])
    # It makes the addresses below from this one.
    collections = linked(landing, "data", "application/json").partition("?")[0]
    listed, _ = ask(collections, "application/json")
    assert "indicators" in [one["id"] for one in listed["collections"]]
    collection, _ = ask(f"{collections}/indicators", "application/json")
    assert f"{EPSG}/4549" in collection["crs"]
    conformance, _ = ask(linked(landing, "conformance", "application/json"), "application/json")
    for name in ("ogcapi-features-2/1.0/conf/crs", "ogcapi-features-3/1.0/conf/filter", "cql2/1.0/conf/basic-cql2", "cql2/1.0/conf/cql2-text"):
        assert f"http://www.opengis.net/spec/{name}" in conformance["conformsTo"]
    queryables, media_type = ask(f"{collections}/indicators/queryables", "application/schema+json")
    assert media_type == "application/schema+json"
    assert queryables["properties"]["value"]["type"] == "number"
    items, geojson = f"{collections}/indicators/items", "application/geo+json, application/json"
    sample, media_type = ask(f"{items}?limit=10", geojson)
    assert media_type == "application/geo+json"
    assert (sample["numberMatched"], len(sample["features"])) == (40, 10)
    # A subset string, compiled to CQL2, and the extent of the canvas with the axes of the layer's system.
    chosen = quote('(("value" > 100) AND ("unit" = \'亿元\'))')
    extent = "3330000,505000,3350000,530000"
    url = f"{items}?limit={page_size}&filter={chosen}&filter-lang=cql2-text&bbox={extent}&bbox-crs={EPSG}/4549&crs={EPSG}/4549"
    drawn, _ = ask(url, geojson)
    assert {one["properties"]["unit"] for one in drawn["features"]} == {"亿元"}
    assert sorted(one["properties"]["value"] for one in drawn["features"]) == [109, 117, 305.8, 700, 756]
    for one in drawn["features"]:
        northing, easting = one["geometry"]["coordinates"]
        assert 3330000 <= northing <= 3350000
        assert 505000 <= easting <= 530000
    # And page by page, along the links.
    url, seen = f"{items}?limit=15&crs={EPSG}/4549", 0
    while url:
        page, _ = ask(url, geojson)
        seen += len(page["features"])
        url = next((link["href"] for link in page["links"] if (link["rel"], link["type"]) == ("next", "application/geo+json")), "")
    assert seen == 40
    assert {one.status for one in served.asked()} == {200}
