"""The layers as files."""

from __future__ import annotations

import gc
import io
import json
import sqlite3
from contextlib import closing
from typing import Any
from urllib.parse import quote

import ezdxf.filemanagement
import openpyxl
import pandas as pd
import pyogrio
import pytest
from flask.testing import FlaskClient
from geojson_pydantic import FeatureCollection

from geo.atlas import Atlas
from geo.ground.garbage import without_cyclic_collection
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.serve.http.store import Answers
from tests.conftest import Ids


def test_the_list_of_layers_is_what_the_files_hold(client: FlaskClient) -> None:
    document = client.get("/layers").json
    assert document
    assert [layer["name"] for layer in document["layers"]] == ["places", "platforms", "projects", "corridors", "indicators"]
    for layer in document["layers"]:
        assert [format_["name"] for format_ in layer["formats"]] == [
            "GeoJSON",
            "CSV",
            "Excel",
            "GeoPackage",
            "Shapefile",
            "KML",
            "DXF",
            "FlatGeobuf",
            "GeoParquet",
        ]
        for format_, extension in zip(layer["formats"], FORMATS, strict=True):
            assert format_["href"] == f"http://localhost/layers/{layer['name']}.{extension}"
            assert client.get(format_["href"]).content_type == format_["media_type"]
        response = client.get(layer["formats"][0]["href"])
        assert response.content_type == "application/geo+json"
        assert response.json
        features = response.json["features"]
        assert layer["features"] == len(features)
        assert layer["without_geometry"] == sum(1 for feature in features if feature["geometry"] is None)


def test_the_list_of_layers_counts_and_names_its_filters(client: FlaskClient) -> None:
    document = client.get("/layers").json
    assert document
    assert {layer["name"]: (layer["features"], layer["without_geometry"]) for layer in document["layers"]} == {
        "places": (30, 1),
        "platforms": (6, 0),
        "projects": (5, 0),
        "corridors": (4, 0),
        "indicators": (40, 0),
    }
    assert document["layers"][0]["filters"] == ["corridor", "kind", "district", "bbox", "q"]
    assert document["layers"][3]["filters"] == ["corridor", "bbox"]
    assert document["crs"] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_geojson_by_someone_else_s_reading(client: FlaskClient, name: str) -> None:
    body = client.get(f"/layers/{name}.geojson").data
    collection: FeatureCollection[Any] = FeatureCollection.model_validate_json(body)
    assert len({feature.id for feature in collection.features}) == len(collection.features)
    assert "crs" not in json.loads(body)


def test_places_stand_in_table_order_with_their_coordinates(client: FlaskClient, atlas: Atlas) -> None:
    collection = client.get("/layers/places.geojson").json
    assert collection
    assert [feature["id"] for feature in collection["features"]] == [place.id for place in atlas.tables.places]
    by_id = {feature["id"]: feature for feature in collection["features"]}
    assert by_id["tonglu-edz"]["geometry"]["type"] == "Point"
    lon, lat = by_id["tonglu-edz"]["geometry"]["coordinates"]
    assert 119 < lon < 121
    assert 29 < lat < 31
    assert by_id["binxiao-small-parks"]["geometry"] is None
    assert by_id["binxiao-small-parks"]["properties"]["geocode"]["miss"] == "unknown"


def test_a_feature_says_what_the_report_says(client: FlaskClient) -> None:
    feature = client.get("/places/binjiang-hitech.geojson").json
    assert feature
    figure = feature["properties"]["indicators"][2]
    assert figure == {
        "indicator": "industrial_value_added_above_scale",
        "label_zh": "规上工业增加值",
        "label_en": "Value added of industry above designated size",
        "value": 305.8,
        "value_max": None,
        "unit": "亿元",
        "unit_en": "100 million CNY",
        "period": "2023-01/2023-05",
        "qualifier": "exact",
        "status": "actual",
        "growth_pct": 8.1,
        "growth_max": None,
        "rank": 1,
        "rank_scope_zh": "杭州市",
        "rank_scope_en": "Hangzhou",
        "source": "report-2023",
        "paragraph": 10,
        "start": 540,
        "end": 568,
    }


def test_a_place_as_data_is_its_feature_in_the_layer(client: FlaskClient) -> None:
    collection = client.get("/layers/places.geojson").json
    assert collection
    assert len(collection["features"]) == 30
    for feature in collection["features"]:
        response = client.get(f"/places/{feature['id']}.geojson")
        assert response.content_type == "application/geo+json"
        assert response.json == feature
        assert response.headers["Content-Disposition"] == f"inline; filename={feature['id']}.geojson"


def test_layers_of_kinds_are_parts_of_the_places(ids: Ids) -> None:
    assert ids("/layers/platforms.geojson") == ids("/layers/places.geojson?kind=platform")
    assert ids("/layers/projects.geojson") == ["lianji-base", "fullsemi-1", "chint-binfu", "laihe-bio", "dessmann"]


def test_corridors_are_belts_and_axes(client: FlaskClient) -> None:
    collection = client.get("/layers/corridors.geojson").json
    assert collection
    assert [(feature["id"], feature["geometry"]["type"]) for feature in collection["features"]] == [
        ("west-belt", "Polygon"),
        ("west-axis", "LineString"),
        ("east-belt", "MultiPolygon"),
        ("east-axis", "MultiLineString"),
    ]
    assert [feature["properties"]["published_area_km2"] for feature in collection["features"]] == [398, 398, None, None]
    assert all(feature["properties"]["schematic"] is True for feature in collection["features"])


def test_a_download_has_a_name_with_the_version_and_may_be_read_by_any_page(client: FlaskClient, atlas: Atlas) -> None:
    whole, part = client.get("/layers/places.geojson"), client.get("/layers/places.geojson?corridor=west")
    version = atlas.tables.version
    assert whole.headers["Content-Disposition"] == f"inline; filename=hangzhou-places-{version}.geojson"
    assert part.headers["Content-Disposition"] == f"inline; filename=hangzhou-places-west-{version}.geojson"
    assert whole.headers["Access-Control-Allow-Origin"] == "*"


def test_chinese_stands_as_it_is_in_the_file(client: FlaskClient) -> None:
    assert "杭州高新区(滨江)".encode() in client.get("/layers/places.geojson").data


# --- formats ------------------------------------------------------------------------------------------------------------------------------

QUERY = "corridor=east&kind=project&q=滨富"


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_comes_in_every_format_for_a_page_of_any_origin(client: FlaskClient, name: str, extension: str, atlas: Atlas) -> None:
    response = client.get(f"/layers/{name}.{extension}")
    assert response.status_code == 200
    assert response.content_type == FORMATS[extension].media_type
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    # A drawing is in metres, and says so.
    form = "epsg4549-" if extension == "dxf" else ""
    assert response.headers["Content-Disposition"] == f"inline; filename=hangzhou-{name}-{form}{atlas.tables.version}.{extension}"
    again = client.get(f"/layers/{name}.{extension}", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("extension", FORMATS)
def test_filters_choose_the_same_features_in_every_format(client: FlaskClient, ids: Ids, extension: str) -> None:
    wanted = ids(f"/layers/places.geojson?{QUERY}")
    assert wanted == ["chint-binfu"]
    content = client.get(f"/layers/places.{extension}?{QUERY}").data
    match extension:
        case "csv":
            found = pd.read_csv(io.BytesIO(content))["id"].tolist()
        case "xlsx":
            found = [row[0].value for row in openpyxl.load_workbook(io.BytesIO(content))["places"].iter_rows(min_row=2)]
        case "parquet":
            found = pd.read_parquet(io.BytesIO(content))["id"].tolist()
        case "gpkg":
            with closing(sqlite3.connect(":memory:")) as package:
                package.deserialize(content)
                found = [row[0] for row in package.execute("SELECT id FROM places")]
        case "dxf":
            drawn: Any = ezdxf.filemanagement.read(io.StringIO(content.decode())).modelspace()
            found = [block.get_attrib_text("ID") for block in drawn.query("INSERT")]
        case "kml":
            found = [line.split(">")[1].split("<")[0] for line in content.decode().splitlines() if '<SimpleData name="id">' in line]
        case _:
            found = pyogrio.read_dataframe(io.BytesIO(content))["id"].tolist()
    assert found == wanted


@pytest.mark.parametrize("address", [*(f"/layers/places.{extension}?" for extension in FORMATS), "/map.svg?", "/map.png?width=400&", "/?"])
def test_what_is_made_of_the_places_does_not_wait_for_a_collection(
    client: FlaskClient, ids: Ids, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answers, "find", lambda _answers, _asked: None)
    # A server puts collections off, as everybody waits for them: what refers to itself and grows with the places would fill the memory.
    few, many = (f"{address}corridor={corridor}" for corridor in ("west", "east"))
    left = {}
    with without_cyclic_collection():
        for asked in (few, many, few, many):
            gc.collect()
            assert client.get(asked).status_code == 200
            left[asked] = gc.collect()
    counts = [len(ids(f"/layers/places.geojson?corridor={corridor}")) for corridor in ("west", "east")]
    assert left[many] - left[few] < 2 * (counts[1] - counts[0])


def test_a_name_in_chinese_has_one_in_ascii_beside_it(client: FlaskClient, atlas: Atlas) -> None:
    version = atlas.tables.version
    header = client.get("/layers/places.csv?district=余杭区&corridor=west").headers["Content-Disposition"]
    shown = quote(f"hangzhou-places-west-余杭区-{version}.csv")
    assert header == f"inline; filename=hangzhou-places-west-yuhangqu-{version}.csv; filename*=UTF-8''{shown}"


def test_a_search_cannot_write_into_the_header(client: FlaskClient, atlas: Atlas) -> None:
    header = client.get("/layers/places.csv", query_string={"q": 'a"; x=\r\nSet-Cookie: b'}).headers["Content-Disposition"]
    assert header == f"inline; filename=hangzhou-places-q_a_x_Set_Cookie_b-{atlas.tables.version}.csv"


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/layers/rivers.csv", "no layer 'rivers'; expected one of places, platforms, projects, corridors, indicators"),
        ("/layers/places.shp", "no format 'shp'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
        ("/layers/rivers.shp", "no layer 'rivers'; expected one of places, platforms, projects, corridors, indicators"),
        ("/layers/places.CSV", "no format 'CSV'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
    ],
)
def test_what_there_is_not_is_not_found_and_says_what_there_is(client: FlaskClient, path: str, detail: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
    assert response.json
    assert response.json["detail"] == detail


@pytest.mark.parametrize("extension", FORMATS)
def test_a_filter_that_a_layer_has_not_is_refused_in_every_format(client: FlaskClient, extension: str) -> None:
    response = client.get(f"/layers/corridors.{extension}?kind=city")
    assert response.status_code == 400
    assert response.json
    assert response.json["detail"] == "kind='city': expected one of the filters of corridors: corridor, bbox"
