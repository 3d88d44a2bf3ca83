"""What there is: as JSON, as a page, and as a schema.org data set."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient

from geo.atlas import Atlas
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from tests.conftest import BROWSER

FORMAT_NAMES = ["GeoJSON", "CSV", "Excel", "GeoPackage", "Shapefile", "KML", "DXF", "FlatGeobuf", "GeoParquet"]


def json_ld(html: str) -> dict[str, Any]:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    document: dict[str, Any] = json.loads(block)
    return document


@pytest.mark.parametrize(
    ("address", "accept", "media_type"),
    [
        ("/layers", "*/*", "application/json"),
        ("/layers", None, "application/json"),
        ("/layers", BROWSER, "text/html; charset=utf-8"),
        ("/layers", "application/ld+json", "application/ld+json"),
        ("/layers", "image/png", "application/json"),
        ("/layers?f=html", "*/*", "text/html; charset=utf-8"),
        ("/layers?f=json", BROWSER, "application/json"),
        ("/layers?f=jsonld", BROWSER, "application/ld+json"),
    ],
)
def test_the_reader_has_it_as_asked_for(client: FlaskClient, address: str, accept: str | None, media_type: str) -> None:
    response = client.get(address, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.content_type) == (200, media_type)
    assert {"Accept", "Accept-Language"} <= set(response.vary)


def test_filters_stand_in_the_addresses_of_the_layers_that_have_them(client: FlaskClient) -> None:
    document = client.get("/layers?corridor=west,east&kind=project&q=%E5%AF%8C").json
    assert document
    first = {layer["name"]: layer["formats"][1]["href"] for layer in document["layers"]}
    assert first["places"] == "http://localhost/layers/places.csv?corridor=west,east&kind=project&q=%E5%AF%8C"
    assert first["corridors"] == "http://localhost/layers/corridors.csv?corridor=west,east"
    for layer in document["layers"]:
        response = client.get(layer["formats"][0]["href"])
        assert len(response.json["features"]) == layer["features"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("f=xml", "f='xml': expected one of json, html, jsonld"),
        ("lang=fr", "lang='fr': expected one of zh, en"),
        ("colour=red", "colour='red': expected one of the filters of places: corridor, kind, district, bbox, q"),
        ("corridor=north", "corridor='north': expected one of west, east, none"),
    ],
)
def test_what_is_not_known_is_told(client: FlaskClient, query: str, detail: str) -> None:
    response = client.get(f"/layers?{query}")
    assert response.status_code == 400
    assert response.json
    assert response.json["detail"] == detail


def test_the_page_offers_every_layer_in_every_format(client: FlaskClient) -> None:
    page = client.get("/layers?f=html&lang=zh").get_data(as_text=True)
    links = re.findall(r'<a class="button" href="([^"]+)" download>([^<]+)</a>', page)
    assert links == [(f"http://localhost/layers/{layer}.{extension}", format_.name) for layer in LAYERS for extension, format_ in FORMATS.items()]
    assert [name for _, name in links[: len(FORMATS)]] == FORMAT_NAMES
    assert "其中 1 个没有位置。" in page
    assert '产业指标 <span class="count">40</span>' in page


def test_the_page_says_which_filters_it_has(client: FlaskClient) -> None:
    page = client.get("/layers?f=html&lang=en&corridor=east&q=%3Cb%3E").get_data(as_text=True)
    assert "Filters of this view: Corridor: East; Search: &lt;b&gt;" in page
    assert "Clear filters" in page
    assert "Clear filters" not in client.get("/layers?f=html&lang=en").get_data(as_text=True)


def test_the_map_carries_the_data_set_for_search_engines(client: FlaskClient) -> None:
    document = json_ld(client.get("/?lang=en").get_data(as_text=True))
    assert (document["@context"], document["@type"]) == ("https://schema.org/", "Dataset")
    whole = json_ld(client.get("/layers?f=html&lang=en").get_data(as_text=True))
    assert {name: document[name] for name in ("name", "description", "license", "url")} == {
        name: whole[name] for name in ("name", "description", "license", "url")
    }
    assert {one["@type"] for one in document["distribution"]} == {"DataDownload"}
    assert not re.search(r"dc(t|at):", json.dumps(document))


def test_the_page_of_the_layers_carries_the_data_set(client: FlaskClient) -> None:
    document = json_ld(client.get("/layers?f=html&lang=en").get_data(as_text=True))
    assert document["@context"][0] == "https://schema.org/"
    assert document["@type"] == ["Dataset", "dcat:Dataset"]
    assert document["name"] == "Industrial platforms of Hangzhou"
    # Search engines take descriptions of 50 to 5000 characters.
    assert 50 <= len(document["description"]) <= 5000
    for download in document["distribution"]:
        assert download["@type"] == ["DataDownload", "dcat:Distribution"]
        assert download["dcat:downloadURL"] == {"@id": download["contentUrl"]}
        response = client.get(download["contentUrl"])
        assert response.status_code == 200
        assert response.content_type.partition(";")[0] == download["encodingFormat"]


def test_a_chinese_reader_has_a_chinese_description_that_is_long_enough(client: FlaskClient) -> None:
    document = json_ld(client.get("/?lang=zh").get_data(as_text=True))
    assert document["name"] == "杭州产业平台图"
    assert len(document["description"]) >= 50


def test_the_data_set_says_where_when_what_and_from_whom(client: FlaskClient, atlas: Atlas) -> None:
    document = client.get("/layers?f=jsonld&lang=zh").get_json(force=True)
    south, west, north, east = map(float, document["spatialCoverage"]["geo"]["box"].split())
    points = atlas.layers.places.geometry.dropna()
    # Rounded to four decimals, about ten metres.
    assert all(west - 1e-4 <= point.x <= east + 1e-4 and south - 1e-4 <= point.y <= north + 1e-4 for point in points)
    assert document["temporalCoverage"] == "2020-01-01/2027-12-31"
    assert document["version"] == atlas.tables.version
    measured = {row["propertyID"]: row for row in document["variableMeasured"]}
    assert set(measured) == {figure.indicator for figure in atlas.tables.indicators}
    assert measured["industrial_value_added_above_scale"] == {
        "@type": "PropertyValue",
        "propertyID": "industrial_value_added_above_scale",
        "name": "规上工业增加值",
        "unitText": "亿元",
    }
    assert document["isBasedOn"][0]["name"] == atlas.tables.sources[0].title
    assert document["license"] == document["dct:license"]["@id"] == "http://localhost/about"
    assert document["dct:temporal"] == {"@type": "dct:PeriodOfTime", "dcat:startDate": "2020-01-01", "dcat:endDate": "2027-12-31"}
    assert shapely.from_wkt(document["dct:spatial"]["dcat:bbox"]["@value"]).bounds == (west, south, east, north)
    assert [one["@id"] for one in document["dcat:distribution"]] == [one["contentUrl"] for one in document["distribution"]]
    assert document["usageInfo"] == "http://localhost/about"
    assert len(document["distribution"]) == len(LAYERS) * len(FORMATS)


def test_an_embedded_map_is_no_data_set_of_its_own(client: FlaskClient) -> None:
    assert "ld+json" not in client.get("/embed").get_data(as_text=True)


def test_without_any_location_there_is_no_extent_to_state(client_of: Callable[[Path], FlaskClient], data_copy: Path) -> None:
    with (data_copy / "places.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with (data_copy / "places.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, rows[0])
        writer.writeheader()
        writer.writerows(row | {"place_query": "查无此处"} for row in rows)
    response = client_of(data_copy).get("/layers?f=jsonld")
    assert response.status_code == 200, response.get_data(as_text=True)
    document = response.get_json(force=True)
    assert "spatialCoverage" not in document
    assert document["temporalCoverage"] == "2020-01-01/2027-12-31"
