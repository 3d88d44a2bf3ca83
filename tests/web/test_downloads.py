"""The layers as files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from geojson_pydantic import FeatureCollection

from geo.layers import LAYERS
from geo.pipeline import Atlas
from tests.web.conftest import Ids


def test_the_list_of_layers_is_what_the_files_hold(client: FlaskClient) -> None:
    document = client.get("/layers").json
    assert document
    assert [layer["name"] for layer in document["layers"]] == ["places", "platforms", "projects", "corridors"]
    for layer in document["layers"]:
        (format_,) = layer["formats"]
        assert format_["href"] == f"http://localhost/layers/{layer['name']}.geojson"
        response = client.get(format_["href"])
        assert response.content_type == format_["media_type"] == "application/geo+json"
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
    assert part.headers["Content-Disposition"] == f"inline; filename=hangzhou-places-filtered-{version}.geojson"
    assert whole.headers["Access-Control-Allow-Origin"] == "*"


def test_chinese_stands_as_it_is_in_the_file(client: FlaskClient) -> None:
    assert "杭州高新区(滨江)".encode() in client.get("/layers/places.geojson").data
