from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

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
    assert {water["rank"] for water in properties(outline.water)} <= {1, 2, 3}
    assert len(outline.surround["features"]) == 8


def test_every_part_names_who_it_comes_from(outline: Outline) -> None:
    tianditu = "Tianditu (National Platform for Common Geospatial Information Services), districts of 2024"
    assert outline.districts["attribution"] == tianditu
    assert outline.surround["attribution"] == tianditu
    for credit in (tianditu, "GSHHG", "LGPL-3.0-or-later", "© OpenStreetMap contributors, ODbL"):
        assert credit in outline.water["attribution"]


def in_metres(feature: dict[str, Any]) -> BaseGeometry:
    projected: BaseGeometry = gpd.GeoSeries([shape(feature["geometry"])], crs="EPSG:4326").to_crs("EPSG:4549")[0]
    return projected


def named(collection: dict[str, Any], kind: str) -> dict[str, BaseGeometry]:
    return {feature["properties"]["name_zh"]: in_metres(feature) for feature in collection["features"] if feature["properties"]["kind"] == kind}


def test_no_station_and_no_landmark_but_a_bridge_stands_in_water(outline: Outline) -> None:
    areas = [in_metres(feature) for feature in outline.water["features"] if feature["geometry"]["type"].endswith("Polygon")]
    water = shapely.union_all(areas)
    # Of the hills one is an island, and of the parks one is a pool.
    dry = named(outline.metro, "station")
    for kind in ("airport", "station", "university", "landmark"):
        dry |= named(outline.landmarks, kind)
    assert [name for name, point in dry.items() if water.contains(point)] == []


def test_a_line_of_the_metro_crosses_the_river_from_bank_to_bank(outline: Outline) -> None:
    river = next(in_metres(feature) for feature in outline.water["features"] if feature["id"] == "osm-qiantang")
    lengths = {
        name: [round(part.length) for part in shapely.get_parts(line.intersection(river))] for name, line in named(outline.metro, "line").items()
    }
    crossings = sorted(length for some in lengths.values() for length in some if length)
    assert len(crossings) == 10
    # Line 8 crosses at the edge of the extract, line 1 obliquely where the river is widest.
    assert [length for length in crossings if not 800 <= length <= 1600] == [lengths["8号线"][0], max(lengths["1号线"])]


def test_every_station_lies_on_a_line(outline: Outline) -> None:
    lines = shapely.union_all(list(named(outline.metro, "line").values()))
    off = {name: point.distance(lines) for name, point in named(outline.metro, "station").items()}
    assert max(off.values()) < 20, max(off, key=lambda name: off[name])


def test_the_river_goes_on_where_what_is_known_of_its_banks_ends(outline: Outline) -> None:
    """No end of it stands squarely in the land: banks, narrows, line and sea are one."""
    parts = [in_metres(feature) for feature in outline.water["features"] if feature["properties"]["name_zh"] in ("钱塘江", "杭州湾")]
    whole = shapely.union_all([shapely.buffer(part, 30) for part in parts])
    assert whole.geom_type == "Polygon"


def test_no_edge_of_the_sea_can_be_brought_into_view(outline: Outline, settings: Settings) -> None:
    frame = read_tables(settings.data).profile.box
    sea = next(shape(feature["geometry"]) for feature in outline.water["features"] if feature["id"] == "sea")
    assert sea.is_valid
    # As far as the map can be moved; see geo.draw.webmap.
    seen = shapely.box(frame.west - 2.5, frame.south - 2.5, frame.east + 2.5, frame.north + 2.5)
    edges = shapely.boundary(shapely.box(*sea.bounds))
    assert not shapely.boundary(sea).intersection(edges).intersects(seen.buffer(-0.01))


def test_what_is_from_openstreetmap_lies_in_a_folder_of_its_own_and_says_so(settings: Settings) -> None:
    for path in (settings.data / "basemap").rglob("*.geojson"):
        collection = json.loads(path.read_text(encoding="utf-8"))
        is_osm = any({"osm", "osm-picture"} & set(feature["properties"].get("source", ())) for feature in collection["features"])
        assert is_osm == (path.parent.name == "osm"), path.name
        assert ("© OpenStreetMap contributors, ODbL 1.0" in collection["attribution"]) == is_osm


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
