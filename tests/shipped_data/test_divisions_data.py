from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo.settings import PROJECT

ADMIN = PROJECT / "data/admin"
EARTH = Geod(ellps="WGS84")

# The outlines of the basemap are those that the points were found in, rounded to 5 decimals of a degree: a border moved by at most 0.74 m.
ROUNDED_M = 1.0

TOWNSHIPS = {
    "330102": 14,
    "330105": 18,
    "330106": 12,
    "330108": 3,
    "330109": 22,
    "330110": 12,
    "330111": 24,
    "330112": 18,
    "330113": 8,
    "330114": 7,
    "330122": 14,
    "330127": 23,
    "330182": 16,
}
WITH_A_POINT = {
    "330102": 5,
    "330105": 8,
    "330106": 7,
    "330108": 3,
    "330109": 19,
    "330110": 10,
    "330111": 19,
    "330112": 14,
    "330113": 6,
    "330114": 4,
    "330122": 9,
    "330127": 18,
    "330182": 8,
}

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


DIVISIONS = read_rows(ADMIN / "divisions.csv")
FORMER = read_rows(ADMIN / "former.csv")
BY_CODE = {row["code"]: row for row in DIVISIONS}
BY_NAME = {row["name"]: row for row in DIVISIONS}
LOCATED = [row for row in DIVISIONS if row["lon"]]


def read_outlines() -> dict[str, Any]:
    collection = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    return {feature["properties"]["code"]: shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]}


OUTLINES = read_outlines()


def metres(row: Row, lon: float, lat: float) -> float:
    return float(EARTH.inv(float(row["lon"]), float(row["lat"]), lon, lat)[2])


def metres_outside(row: Row, outline: Any) -> float:
    """How far the point of a row lies outside an outline, in metres; 0 inside."""
    point = shapely.Point(float(row["lon"]), float(row["lat"]))
    if outline.contains(point):
        return 0.0
    lon, lat = shapely.get_coordinates(shapely.shortest_line(outline, point))[0]
    return metres(row, lon, lat)


def farthest(row: Row, outline: Any) -> float:
    vertices = shapely.get_coordinates(outline)
    there = np.full(len(vertices), float(row["lon"])), np.full(len(vertices), float(row["lat"]))
    return float(np.max(EARTH.inv(*there, vertices[:, 0], vertices[:, 1])[2]))


# --- divisions.csv ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["divisions.csv", "former.csv"])
def test_the_files_are_utf_8_with_unix_lines(name: str) -> None:
    content = (ADMIN / name).read_bytes()
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    for row in read_rows(ADMIN / name):
        assert None not in row, row
        assert all(value == value.strip() for value in row.values()), row


def test_the_columns_are_as_documented() -> None:
    columns = ["code", "name", "name_en", "level", "parent", "lon", "lat", "uncertainty_m", "source", "note", "note_en"]
    columns += ["namesakes", "own_namesakes"]
    assert list(DIVISIONS[0]) == columns
    assert list(FORMER[0]) == ["name", "name_en", "level", "code", "until", "became", "note_zh", "note_en", "meant"]


def test_there_are_1_city_13_districts_and_191_townships() -> None:
    assert Counter(row["level"] for row in DIVISIONS) == {"city": 1, "district": 13, "township": 191}
    assert Counter(row["parent"] for row in DIVISIONS if row["level"] == "township") == TOWNSHIPS


def test_codes_and_names_are_unique_and_sorted_by_level_and_code() -> None:
    assert len(BY_CODE) == len(BY_NAME) == len(DIVISIONS) == 205
    english = Counter((row["parent"], row["name_en"]) for row in DIVISIONS)
    assert max(english.values()) == 1
    order = [("city", "district", "township").index(row["level"]) for row in DIVISIONS]
    assert [*zip(order, BY_CODE, strict=True)] == sorted(zip(order, BY_CODE, strict=True))


def test_a_code_continues_that_of_its_parent() -> None:
    for row in DIVISIONS:
        if row["level"] == "city":
            assert (row["code"], row["parent"]) == ("330100", "")
        elif row["level"] == "district":
            assert re.fullmatch(r"3301\d\d", row["code"]), row
            assert row["parent"] == "330100"
        else:
            assert re.fullmatch(r"\d{9}", row["code"]), row
            assert row["code"].startswith(row["parent"]), row
            assert BY_CODE[row["parent"]]["level"] == "district"


def test_the_districts_are_those_of_the_basemap() -> None:
    collection = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    drawn = {entry["code"]: (entry["name_zh"], entry["name_en"]) for entry in (feature["properties"] for feature in collection["features"])}
    assert {row["code"]: (row["name"], row["name_en"]) for row in DIVISIONS if row["level"] == "district"} == drawn


def test_the_kind_of_a_township_is_translated() -> None:
    kinds: Counter[str] = Counter()
    for row in DIVISIONS:
        if row["level"] != "township":
            continue
        kind = next(kind for kind in ("街道", "镇", "畲族乡", "乡") if row["name"].endswith(kind))
        kinds[kind] += 1
        english = {"街道": "Subdistrict", "镇": "Town", "畲族乡": "She Ethnic Township", "乡": "Township"}[kind]
        # One capitalised word in pinyin; ü stands where the pinyin has it.
        assert re.fullmatch(rf"[A-Z][a-zü]+('[a-z]+)? {english}", row["name_en"]), row
    assert kinds == {"街道": 93, "镇": 75, "乡": 22, "畲族乡": 1}


@pytest.mark.parametrize(
    ("code", "name", "name_en"),
    [
        ("330100", "杭州市", "Hangzhou"),
        ("330108", "滨江区", "Binjiang District"),
        ("330122", "桐庐县", "Tonglu County"),
        ("330182", "建德市", "Jiande City"),
        ("330108002", "浦沿街道", "Puyan Subdistrict"),
        ("330108003", "长河街道", "Changhe Subdistrict"),
        ("330105014", "长庆街道", "Changqing Subdistrict"),
        ("330105016", "朝晖街道", "Zhaohui Subdistrict"),
        ("330105005", "拱宸桥街道", "Gongchenqiao Subdistrict"),
        ("330105001", "米市巷街道", "Mishixiang Subdistrict"),
        ("330102013", "闸弄口街道", "Zhanongkou Subdistrict"),
        ("330102016", "笕桥街道", "Jianqiao Subdistrict"),
        ("330113005", "乔司街道", "Qiaosi Subdistrict"),
        ("330110110", "瓶窑镇", "Pingyao Town"),
        ("330112102", "於潜镇", "Yuqian Town"),
        ("330112109", "湍口镇", "Tuankou Town"),
        ("330111102", "新登镇", "Xindeng Town"),
        ("330111109", "常绿镇", "Changlü Town"),
        ("330111111", "常安镇", "Chang'an Town"),
        ("330122201", "莪山畲族乡", "Eshan She Ethnic Township"),
        ("330182001", "新安江街道", "Xin'anjiang Subdistrict"),
        ("330182003", "更楼街道", "Genglou Subdistrict"),
        ("330182102", "乾潭镇", "Qiantan Town"),
        ("330182108", "三都镇", "Sandu Town"),
        ("330127112", "千岛湖镇", "Qiandaohu Town"),
    ],
)
def test_known_names_and_codes(code: str, name: str, name_en: str) -> None:
    assert (BY_CODE[code]["name"], BY_CODE[code]["name_en"]) == (name, name_en)


def test_130_townships_have_a_point() -> None:
    found = Counter(row["parent"] for row in LOCATED if row["level"] == "township")
    assert found == WITH_A_POINT
    assert found.total() == 130
    assert {row["level"] for row in DIVISIONS if not row["lon"]} == {"township"}


def test_a_point_is_whole_or_absent() -> None:
    for row in DIVISIONS:
        point = [row[column] for column in ("lon", "lat", "uncertainty_m", "source")]
        if not row["lon"]:
            assert point == ["", "", "", ""], row
            continue
        assert re.fullmatch(r"1[12]\d\.\d{5}", row["lon"]), row
        assert re.fullmatch(r"[23]\d\.\d{5}", row["lat"]), row
        assert re.fullmatch(r"[1-9]\d*", row["uncertainty_m"]), row
        assert row["source"] == ("geonames" if row["level"] == "township" else "tianditu-2024"), row


def test_a_place_of_geonames_stands_for_one_township() -> None:
    numbers = [re.match(r"GeoNames (\d+)", row["note"]) for row in LOCATED if row["level"] == "township"]
    assert None not in numbers
    assert len({number[1] for number in numbers if number}) == 130
    assert len({(row["lon"], row["lat"]) for row in LOCATED}) == len(LOCATED)


def test_how_a_point_was_found_is_said_where_the_name_differs() -> None:
    reviewed = {row["name"]: row["note"] for row in DIVISIONS if row["level"] == "township" and not re.fullmatch(r"(GeoNames \d+)?", row["note"])}
    assert sorted(reviewed) == sorted(["丁兰街道", "东新街道", "石桥街道", "城厢街道", "富春街道", "锦城街道", "凤川街道"])
    assert "丁桥镇" in reviewed["丁兰街道"]
    assert "风川" in reviewed["凤川街道"]
    assert BY_NAME["石桥街道"]["lon"] == ""


@pytest.mark.parametrize("row", [row for row in LOCATED if row["level"] != "city"], ids=lambda row: row["code"])
def test_a_point_lies_in_its_district(row: Row) -> None:
    assert metres_outside(row, OUTLINES[row["code"][:6]]) <= ROUNDED_M


@pytest.mark.parametrize("code", sorted(OUTLINES))
def test_the_radius_of_a_district_covers_its_outline_and_is_not_padded(code: str) -> None:
    row = BY_CODE[code]
    reach = farthest(row, OUTLINES[code])
    assert reach <= float(row["uncertainty_m"]) + ROUNDED_M
    # Rounded up to 100 m.
    assert float(row["uncertainty_m"]) - reach <= 100 + ROUNDED_M


def test_the_radius_of_the_city_covers_every_district() -> None:
    row = BY_CODE["330100"]
    reach = max(farthest(row, outline) for outline in OUTLINES.values())
    assert reach <= float(row["uncertainty_m"]) + ROUNDED_M
    assert float(row["uncertainty_m"]) - reach <= 100 + ROUNDED_M
    assert metres_outside(row, shapely.union_all(list(OUTLINES.values()))) == 0


@pytest.mark.parametrize("code", sorted(OUTLINES))
def test_the_point_of_a_district_is_well_inside(code: str) -> None:
    row, outline = BY_CODE[code], OUTLINES[code]
    lon, lat = float(row["lon"]), float(row["lat"])
    border = shapely.get_coordinates(shapely.shortest_line(outline.exterior, shapely.Point(lon, lat)))[0]
    # No point of the narrowest, Binjiang, is farther than 3.1 km from its border, and half of that is kept; the outlines are good to some 100 m.
    assert metres(row, *border) >= 1500


@pytest.mark.parametrize("code", sorted(OUTLINES))
def test_the_radius_of_a_township_reaches_into_its_neighbours_and_not_beyond_its_district(code: str) -> None:
    """What is nearest to a seat lies within its radius, with the error of the seats; nothing outside of the district does so for its sake."""
    of_osm = {row["name"]: row for row in read_rows(PROJECT / "data/osm/points.csv") if row["kind"] == "township"}
    seats = [of_osm.get(row["name"], row) for row in DIVISIONS if row["parent"] == code and (row["lon"] or row["name"] in of_osm)]
    for row in seats:
        radius = float(row["uncertainty_m"])
        away = [metres(row, float(other["lon"]), float(other["lat"])) for other in seats if other is not row]
        assert radius >= 1500
        assert radius <= farthest(row, OUTLINES[code]) + 100
        # Half way to the nearest neighbour is the least that a cell has.
        assert radius >= 0.9 * min(away) / 2, row


@pytest.mark.parametrize(
    ("today", "former", "lon", "lat"),
    [
        ("瓜沥镇", "坎山镇", 120.40714, 30.19397),
        ("瓜沥镇", "党山镇", 120.51900, 30.16443),
        ("分水镇", "印渚镇", 119.41686, 29.98230),
        ("分水镇", "怡合乡", 119.35471, 29.96009),
    ],
)
def test_the_seats_of_merged_townships_lie_within_the_radius(today: str, former: str, lon: float, lat: float) -> None:
    row = BY_NAME[today]
    assert metres(row, lon, lat) <= float(row["uncertainty_m"])
    assert [entry["became"] for entry in FORMER if entry["name"] == former] == [row["code"]]


# --- former.csv ---------------------------------------------------------------------------------------------------------------------------


def test_former_names_lead_to_divisions_of_today() -> None:
    assert len(FORMER) == 33
    assert len({(row["name"], row["until"]) for row in FORMER}) == 33
    for row in FORMER:
        became = row["became"].split(";")
        assert set(became) <= BY_CODE.keys(), row
        assert len(set(became)) == len(became), row
        assert row["level"] in {"district", "township", "zone"}, row
        assert re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)", row["until"]), row
        assert row["until"] <= "2021-04-09", row
        assert re.fullmatch(r"(3301\d\d)?", row["code"]), row
        # GB/T 2260 is of 1980: a county that was gone by then never had a code.
        assert bool(row["code"]) == (row["level"] == "district" and row["until"] >= "1980"), row
        assert row["note_zh"], row


@pytest.mark.parametrize(
    ("name", "code", "until", "became"),
    [
        ("下城区", "330103", "2021-04-09", "拱墅区"),
        ("江干区", "330104", "2021-04-09", "上城区;钱塘区"),
        ("余杭区", "330110", "2021-04-09", "余杭区;临平区"),
        ("萧山区", "330109", "2021-04-09", "萧山区;钱塘区"),
        ("余杭市", "330184", "2001-03", "余杭区;临平区"),
        ("萧山市", "330181", "2001-03-25", "萧山区;钱塘区"),
        ("富阳市", "330183", "2015-02-15", "富阳区"),
        ("临安市", "330185", "2017-09-15", "临安区"),
        ("大江东产业集聚区", "", "2019-04", "钱塘区"),
        ("杭州经济技术开发区", "", "2019-04", "钱塘区"),
        ("丁桥镇", "", "2014", "丁兰街道"),
        ("石桥镇", "", "2004-07-14", "石桥街道;东新街道;文晖街道"),
        ("萧山县", "330121", "1988-01-01", "萧山区;钱塘区;滨江区"),
        ("余杭县", "330125", "1994-04", "余杭区;临平区;上城区;西湖区;钱塘区"),
        ("富阳县", "330123", "1994", "富阳区"),
        ("临安县", "330124", "1996", "临安区"),
        ("建德县", "330126", "1992-04-01", "建德市"),
        ("杭县", "", "1958-04", "余杭区;临平区;西湖区;上城区;拱墅区;钱塘区"),
        ("新登县", "", "1958", "富阳区"),
        ("分水县", "", "1958", "桐庐县"),
        ("於潜县", "", "1958-11", "临安区"),
        ("昌化县", "", "1960", "临安区"),
        ("寿昌县", "", "1958-11", "建德市"),
        ("遂安县", "", "1958-10", "淳安县"),
        ("钱塘县", "", "1912", "余杭区;临平区;西湖区;上城区;拱墅区;钱塘区"),
        ("仁和县", "", "1912", "余杭区;临平区;西湖区;上城区;拱墅区;钱塘区"),
    ],
)
def test_what_became_of_a_former_name(name: str, code: str, until: str, became: str) -> None:
    row = next(row for row in FORMER if row["name"] == name)
    assert (row["code"], row["until"]) == (code, until)
    assert ";".join(BY_CODE[entry]["name"] for entry in row["became"].split(";")) == became


def test_a_former_name_that_is_still_in_use_keeps_its_code_and_says_so() -> None:
    still = [row for row in FORMER if row["name"] in BY_NAME]
    assert {row["name"] for row in still} == {"上城区", "拱墅区", "萧山区", "余杭区"}
    for row in still:
        assert row["became"].split(";")[0] == row["code"] == BY_NAME[row["name"]]["code"]
        assert row["name_en"] == BY_NAME[row["name"]]["name_en"]
        assert "2021" in row["note_zh"]
