from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from geojson_pydantic import FeatureCollection

from geo.formats import FORMATS, encode_geojson
from geo.layers import LAYERS, Selection
from geo.pipeline import Atlas, build_atlas
from geo.schema import Box
from geo.settings import Settings

FULLSEMI_1 = {
    "id": "fullsemi-1",
    "type": "Feature",
    "properties": {
        "name_zh": "富芯半导体一期",
        "name_en": "FullSemi 12-inch fab, phase 1",
        "kind": "project",
        "corridor": "east",
        "corridor_basis": "inherited",
        "district": "富阳区",
        "parent": "binfu-zone",
        "sector": "集成电路",
        "status": "operating",
        "focus_zh": "12 英寸晶圆生产线",
        "focus_en": "A 12-inch wafer line",
        "source": "report-2023",
        "paragraph": 38,
        "indicators": [
            {
                "indicator": "investment",
                "label_zh": "项目投资",
                "label_en": "Project investment",
                "value": 180,
                "value_max": None,
                "unit": "亿元",
                "unit_en": "100 million CNY",
                "period": None,
                "qualifier": "exact",
                "status": "actual",
                "growth_pct": None,
                "rank": None,
                "rank_scope_zh": None,
                "rank_scope_en": None,
                "source": "report-2023",
                "paragraph": 38,
                "start": 3006,
                "end": 3013,
            },
            {
                "indicator": "wafer_diameter",
                "label_zh": "晶圆直径",
                "label_en": "Wafer diameter",
                "value": 12,
                "value_max": None,
                "unit": "英寸",
                "unit_en": "inch",
                "period": None,
                "qualifier": "exact",
                "status": "actual",
                "growth_pct": None,
                "rank": 1,
                "rank_scope_zh": "浙江省（按建成先后）",
                "rank_scope_en": "Zhejiang Province (in order of completion)",
                "source": "report-2023",
                "paragraph": 38,
                "start": 3049,
                "end": 3058,
            },
            {
                "indicator": "land_area",
                "label_zh": "占地面积",
                "label_en": "Land taken",
                "value": 700,
                "value_max": None,
                "unit": "亩",
                "unit_en": "mu",
                "period": None,
                "qualifier": "about",
                "status": "actual",
                "growth_pct": None,
                "rank": None,
                "rank_scope_zh": None,
                "rank_scope_en": None,
                "source": "report-2023",
                "paragraph": 38,
                "start": 3067,
                "end": 3072,
            },
        ],
        "relations": [],
        "geocode": {
            "query": "富芯半导体一期",
            "matched": "杭州高新区(滨江)富阳特别合作区",
            "method": "exact",
            "precision": "area",
            "uncertainty_m": 2000,
            "basis": "parent",
            "source": "report-2023",
            "datum_of_source": "WGS84",
            "note": "地块未找到；灵桥镇滨富大道 135 号之说无出处",
        },
    },
    "geometry": {"type": "Point", "coordinates": [120.02, 30.018]},
}


def encoded(atlas: Atlas, name: str, selection: Selection | None = None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode_geojson(atlas.layers.select(name, selection or Selection())))
    return document


def positions(coordinates: list[Any]) -> list[list[float]]:
    if coordinates and isinstance(coordinates[0], list):
        return [position for part in coordinates for position in positions(part)]
    return [coordinates]


def test_geojson_is_in_the_table_of_formats() -> None:
    assert {extension: format_[:3] for extension, format_ in FORMATS.items()} == {"geojson": ("GeoJSON", "geojson", "application/geo+json")}
    assert FORMATS["geojson"].encode is encode_geojson


@pytest.mark.parametrize(("name", "count"), [("places", 30), ("platforms", 6), ("projects", 5), ("corridors", 4)])
def test_a_layer_is_a_feature_collection_of_rfc_7946(atlas: Atlas, name: str, count: int) -> None:
    document = encoded(atlas, name)
    collection = FeatureCollection[Any].model_validate(document)
    assert len(collection.features) == count
    # RFC 7946 takes the crs member of old out.
    assert set(document) == {"type", "features"}
    assert {frozenset(feature) for feature in document["features"]} == {frozenset({"id", "type", "properties", "geometry"})}


@pytest.mark.parametrize("name", LAYERS)
def test_features_stand_in_table_order_under_their_ids(atlas: Atlas, name: str) -> None:
    ids = [feature["id"] for feature in encoded(atlas, name)["features"]]
    assert ids == atlas.layers.select(name, Selection()).index.tolist()
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", LAYERS)
def test_coordinates_are_lon_lat_with_six_decimals_at_most(atlas: Atlas, name: str) -> None:
    features = encoded(atlas, name)["features"]
    points = [position for feature in features if feature["geometry"] for position in positions(feature["geometry"]["coordinates"])]
    assert points
    assert [point for point in points if not (len(point) == 2 and 118 < point[0] < 121 and 29 < point[1] < 31)] == []
    assert [point for point in points if any(len(repr(number).partition(".")[2]) > 6 for number in point)] == []


def test_the_rings_of_the_belts_follow_the_right_hand_rule_and_close(atlas: Atlas) -> None:
    rings = 0
    for feature in encoded(atlas, "corridors")["features"]:
        geometry = shapely.geometry.shape(feature["geometry"])
        for polygon in getattr(geometry, "geoms", [geometry]):
            if isinstance(polygon, shapely.Polygon):
                rings += 1
                assert polygon.is_valid
                assert shapely.is_ccw(polygon.exterior)
                assert [ring for ring in polygon.interiors if shapely.is_ccw(ring)] == []
                assert polygon.exterior.coords[0] == polygon.exterior.coords[-1]
    assert rings == 3


def test_the_place_that_is_missed_has_a_null_geometry_and_says_why(atlas: Atlas) -> None:
    features = encoded(atlas, "places")["features"]
    (missed,) = (feature for feature in features if feature["geometry"] is None)
    assert missed["id"] == "binxiao-small-parks"
    assert missed["properties"]["geocode"] == {"query": "湖头陈、紫橙、蓝橙产业园", "matched": None, "method": None, "miss": "unknown"}


def test_a_feature_says_exactly_this(atlas: Atlas) -> None:
    (feature,) = encoded(atlas, "places", Selection(q="富芯半导体一期"))["features"]
    assert feature == FULLSEMI_1
    assert [type(figure["value"]) for figure in feature["properties"]["indicators"]] == [int, int, int]


def test_the_ties_of_a_place_lead_from_it(atlas: Atlas) -> None:
    features = {feature["id"]: feature["properties"] for feature in encoded(atlas, "places")["features"]}
    assert features["zero-mag-valley"]["relations"] == [
        {"relation": "supplies", "to": "baima-lake", "source": "report-2023", "paragraph": 48},
        {"relation": "supplies", "to": "zhihui-xintiandi", "source": "report-2023", "paragraph": 48},
        {"relation": "supplies", "to": "binxiao-park", "source": "report-2023", "paragraph": 48},
    ]


def test_the_bytes_are_compact_utf_8_without_escapes(atlas: Atlas) -> None:
    content = encode_geojson(atlas.layers.places)
    assert content.startswith(
        '{"type":"FeatureCollection","features":[{"id":"binjiang-hitech","type":"Feature","properties":{"name_zh":"杭州'.encode()
    )
    assert b"\\u" not in content
    assert b"NaN" not in content


@pytest.mark.parametrize("name", LAYERS)
def test_the_same_data_give_the_same_bytes(atlas: Atlas, settings: Settings, name: str) -> None:
    once = encode_geojson(atlas.layers.select(name, Selection()))
    assert encode_geojson(atlas.layers.select(name, Selection())) == once
    assert encode_geojson(build_atlas(settings).layers.select(name, Selection())) == once


def test_a_selection_encodes_the_same_features_as_the_whole(atlas: Atlas) -> None:
    whole = {feature["id"]: feature for feature in encoded(atlas, "places")["features"]}
    part = encoded(atlas, "places", Selection(bbox=Box(120.0, 30.0, 120.1, 30.1)))["features"]
    assert [feature["id"] for feature in part] == ["binfu-zone", "fullsemi-1", "chint-binfu"]
    assert part == [whole[feature["id"]] for feature in part]


def test_a_selection_of_nothing_is_an_empty_collection(atlas: Atlas) -> None:
    assert encoded(atlas, "places", Selection(q="xyzzy")) == {"type": "FeatureCollection", "features": []}


def test_encoding_leaves_the_layer_as_it_is(settings: Settings) -> None:
    layer = build_atlas(settings).layers.places
    before = layer.copy(deep=True)
    figures = json.dumps(layer["indicators"].tolist())
    encode_geojson(layer)
    assert layer.equals(before)
    assert (layer.index.tolist(), layer.columns.tolist(), layer.crs) == (before.index.tolist(), before.columns.tolist(), before.crs)
    assert json.dumps(layer["indicators"].tolist()) == figures
