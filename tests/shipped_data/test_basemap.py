from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo.draw.basemap import Outline, read_outline
from geo.errors import TableError
from geo.settings import PROJECT, Settings
from geo.tables.reading import read_tables

CODES = {
    "330102": "上城区",
    "330105": "拱墅区",
    "330106": "西湖区",
    "330108": "滨江区",
    "330109": "萧山区",
    "330110": "余杭区",
    "330111": "富阳区",
    "330112": "临安区",
    "330113": "临平区",
    "330114": "钱塘区",
    "330122": "桐庐县",
    "330127": "淳安县",
    "330182": "建德市",
}


@pytest.fixture(scope="module")
def outline(settings: Settings) -> Outline:
    return read_outline(settings.data)


def properties(collection: dict[str, Any]) -> list[dict[str, Any]]:
    return [feature["properties"] for feature in collection["features"]]


def test_the_13_districts_of_2021_are_drawn_with_their_codes_and_names(outline: Outline) -> None:
    assert {district["code"]: district["name_zh"] for district in properties(outline.districts)} == CODES
    assert [feature["id"] for feature in outline.districts["features"]] == [f"district-{code}" for code in CODES]
    assert set(CODES.values()) | {"杭州市"} == set(read_tables(PROJECT / "data").districts)


def test_a_district_is_called_the_same_on_the_map_and_in_words(outline: Outline) -> None:
    for district in properties(outline.districts):
        assert district["name_en"] == read_tables(PROJECT / "data").districts[district["name_zh"]]


def test_the_name_of_a_district_is_written_inside_it(outline: Outline) -> None:
    for feature in outline.districts["features"]:
        polygon = shapely.geometry.shape(feature["geometry"])
        assert polygon.is_valid
        assert polygon.contains(shapely.Point(feature["properties"]["label"]))


def test_districts_do_not_overlap(outline: Outline) -> None:
    polygons = [shapely.geometry.shape(feature["geometry"]) for feature in outline.districts["features"]]
    whole = shapely.union_all(polygons)
    # The outline is simplified; what is left of overlaps is below a thousandth of the city.
    assert sum(polygon.area for polygon in polygons) == pytest.approx(whole.area, rel=1e-3)


def test_water_and_neighbours_are_there(outline: Outline) -> None:
    assert {"sea", "river-qiantang", "river-fuchun", "lake-qiandao"} <= {feature["id"] for feature in outline.water["features"]}
    assert {water["rank"] for water in properties(outline.water)} <= {1, 2}
    assert len(outline.surround["features"]) == 8


def test_every_part_names_who_it_comes_from(outline: Outline) -> None:
    tianditu = "Tianditu (National Platform for Common Geospatial Information Services), districts of 2024"
    assert outline.districts["attribution"] == tianditu
    assert outline.surround["attribution"] == tianditu
    for credit in (tianditu, "GSHHG", "LGPL-3.0-or-later", "© OpenStreetMap contributors, ODbL"):
        assert credit in outline.water["attribution"]


def test_every_missing_part_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        read_outline(tmp_path)
    assert str(caught.value).splitlines() == [
        f"basemap/{name}.geojson: expected a readable file in {tmp_path.name}/; make data builds it" for name in ("districts", "surround", "water")
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"type":\n"FeatureCollection",\n]', "basemap/water.geojson:3: expected GeoJSON in UTF-8 ("),
        (b"", "basemap/water.geojson:1: expected GeoJSON in UTF-8 ("),
        (b"\xff{}", "basemap/water.geojson: expected GeoJSON in UTF-8 ("),
        (b"[]", "basemap/water.geojson: expected a GeoJSON FeatureCollection"),
        (b'{"type": "Feature"}', "basemap/water.geojson: expected a GeoJSON FeatureCollection"),
        (json.dumps({"type": "FeatureCollection"}).encode(), "basemap/water.geojson: expected a GeoJSON FeatureCollection"),
    ],
)
def test_a_broken_part_is_named(data_copy: Path, content: bytes, message: str) -> None:
    (data_copy / "basemap/water.geojson").write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_outline(data_copy)
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(message)
