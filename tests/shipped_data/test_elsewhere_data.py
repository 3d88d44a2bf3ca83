from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from geo.settings import PROJECT

ADMIN = PROJECT / "data/admin"

# What the kind of a division adds to its name.
KINDS = re.compile("(畲族乡|街道|镇|乡|市|区|县|省|地区|盟|旗)$")

Row = dict[str, str]


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


ELSEWHERE = read_rows(ADMIN / "elsewhere.csv")
HOMONYMS = read_rows(ADMIN / "homonyms.csv")
DIVISIONS = read_rows(ADMIN / "divisions.csv")
PLACES = read_rows(PROJECT / "data/places.csv")
GAZETTEER = read_rows(PROJECT / "data/gazetteer.csv")
BY_CODE = {row["code"]: row for row in ELSEWHERE}
BY_HOMONYM = {row["name"]: row for row in HOMONYMS}


def path_of(row: Row) -> str:
    """The name of a division after those that it belongs to."""
    return (path_of(BY_CODE[row["parent"]]) if row["parent"] else "") + row["name"]


PATHS = {path_of(row): row for row in ELSEWHERE}


@pytest.mark.parametrize("name", ["elsewhere.csv", "homonyms.csv"])
def test_the_files_are_utf_8_with_unix_lines(name: str) -> None:
    content = (ADMIN / name).read_bytes()
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    for row in read_rows(ADMIN / name):
        assert None not in row, row
        assert None not in row.values(), row
        assert all(value == value.strip() for value in row.values()), row


def test_the_columns_are_as_documented() -> None:
    assert list(ELSEWHERE[0]) == ["code", "name", "level", "parent", "name_en"]
    assert list(HOMONYMS[0]) == ["name", "kind", "elsewhere_zh", "elsewhere_en", "source_note"]


# --- elsewhere.csv ------------------------------------------------------------------------------------------------------------------------


def test_there_are_33_provinces_352_prefectures_and_2854_counties() -> None:
    assert Counter(row["level"] for row in ELSEWHERE) == {"province": 33, "prefecture": 352, "county": 2854}


def test_codes_are_unique_and_sorted_by_level_and_code() -> None:
    assert len(BY_CODE) == len(ELSEWHERE)
    order = [(("province", "prefecture", "county").index(row["level"]), row["code"]) for row in ELSEWHERE]
    assert order == sorted(order)


def test_no_two_divisions_have_the_same_path() -> None:
    assert len(PATHS) == len(ELSEWHERE)


def test_nothing_of_hangzhou_and_no_zhejiang_is_elsewhere() -> None:
    assert [row for row in ELSEWHERE if row["code"].startswith("3301")] == []
    assert "330000" not in BY_CODE
    assert not {"杭州市", "浙江省"} & {row["name"] for row in ELSEWHERE}
    assert Counter(row["level"] for row in ELSEWHERE if row["code"].startswith("33")) == {"prefecture": 10, "county": 77}


def test_every_parent_is_there_and_one_level_up() -> None:
    above = {"prefecture": {"province"}, "county": {"prefecture", "province"}}
    for row in ELSEWHERE:
        assert re.fullmatch(r"\d{6}", row["code"]), row
        if row["parent"]:
            assert BY_CODE[row["parent"]]["level"] in above[row["level"]], row
            assert row["code"][:2] == row["parent"][:2], row
    orphans = [row for row in ELSEWHERE if not row["parent"] and row["level"] != "province"]
    assert [row["name"] for row in orphans] == ["宁波市", "温州市", "嘉兴市", "湖州市", "绍兴市", "金华市", "衢州市", "舟山市", "台州市", "丽水市"]


def test_a_name_is_never_empty_and_the_english_one_stands_above_the_counties() -> None:
    for row in ELSEWHERE:
        assert re.fullmatch("[\u4e00-\u9fff]{2,}", row["name"]), row
        if row["level"] == "county":
            assert row["name_en"] == "", row
        else:
            assert re.fullmatch(r"[A-Z][a-zü]+('[a-z]+)?( [A-Z][a-z]+)?", row["name_en"]), row


@pytest.mark.parametrize(
    ("path", "code", "name_en"),
    [
        ("上海市", "310000", "Shanghai"),
        ("内蒙古自治区", "150000", "Inner Mongolia"),
        ("山西省", "140000", "Shanxi"),
        ("陕西省", "610000", "Shaanxi"),
        ("西藏自治区", "540000", "Tibet"),
        ("香港特别行政区", "810000", "Hong Kong"),
        ("澳门特别行政区", "820000", "Macau"),
        ("台湾省", "710000", "Taiwan"),
        ("台湾省台北市", "710009", "Taipei"),
        ("宁波市", "330200", "Ningbo"),
        ("绍兴市", "330600", "Shaoxing"),
        ("台州市", "331000", "Taizhou"),
        ("安徽省阜阳市", "341200", "Fuyang"),
        ("安徽省六安市", "341500", "Lu'an"),
        ("陕西省西安市", "610100", "Xi'an"),
        ("河南省漯河市", "411100", "Luohe"),
        ("山西省长治市", "140400", "Changzhi"),
        ("辽宁省朝阳市", "211300", "Chaoyang"),
        ("黑龙江省哈尔滨市", "230100", "Harbin"),
        ("新疆维吾尔自治区乌鲁木齐市", "650100", "Urumqi"),
        ("广东省东莞市", "441900", "Dongguan"),
        ("青海省海南藏族自治州", "632500", "Hainan"),
        ("江西省南昌市西湖区", "360103", ""),
        ("宁波市余姚市", "330281", ""),
        ("嘉兴市桐乡市", "330483", ""),
        ("温州市龙港市", "330383", ""),
        ("广东省深圳市南山区", "440305", ""),
        ("北京市西城区", "110102", ""),
        ("香港特别行政区沙田区", "810114", ""),
        ("湖北省仙桃市", "429004", ""),
        ("海南省三沙市西沙区", "460302", ""),
    ],
)
def test_known_names_and_codes(path: str, code: str, name_en: str) -> None:
    assert (PATHS[path]["code"], PATHS[path]["name_en"]) == (code, name_en)


def test_what_is_gone_since_2024_stands_beside_what_came_after_it() -> None:
    assert {"500105", "500112", "500157"} <= {row["code"] for row in ELSEWHERE if row["parent"] == "500000"}
    assert [BY_CODE[code]["name"] for code in ("500105", "500112", "500157")] == ["江北区", "渝北区", "两江新区"]


def test_a_division_whose_code_changed_stands_once() -> None:
    assert [row["code"] for row in ELSEWHERE if row["name"] in {"米林市", "错那市"}] == ["540481", "540581"]


def test_what_is_no_division_is_not_there() -> None:
    assert [row["name"] for row in ELSEWHERE if re.search("农场|马场|保护区|管委会|委员会|境界线", row["name"])] == []


def test_xihu_is_the_only_name_of_hangzhou_that_is_borne_elsewhere_in_full() -> None:
    assert {row["name"] for row in DIVISIONS} & {row["name"] for row in ELSEWHERE} == {"西湖区"}


def test_30_townships_and_one_district_share_their_short_form() -> None:
    short = {KINDS.sub("", row["name"]) for row in ELSEWHERE if len(row["name"]) > 2}
    shared = {row["name"] for row in DIVISIONS if KINDS.sub("", row["name"]) in short}
    townships = """
        湖滨街道 紫阳街道 望江街道 大关街道 祥符街道 天水街道 西湖街道 城厢街道 蜀山街道 靖江街道 南阳街道 五常街道 仁和街道 东洲街道 永昌镇
        龙门镇 青山湖街道 龙岗镇 东湖街道 运河街道 白杨街道 临江街道 前进街道 江南镇 钟山乡 文昌镇 界首乡 安阳乡 莲花镇 大同镇
    """
    assert shared == {"西湖区", *townships.split()}
    assert len(shared) == 31


# --- homonyms.csv -------------------------------------------------------------------------------------------------------------------------


def test_no_cell_is_empty_and_no_name_stands_twice() -> None:
    for row in HOMONYMS:
        assert all(row.values()), row
        assert row["kind"] in {"name", "type", "other"}, row
    folded = ["".join(character for character in row["name"].lower() if character.isalnum()) for row in HOMONYMS]
    assert max(Counter(folded).values()) == 1


def test_every_place_elsewhere_has_a_name() -> None:
    for row in HOMONYMS:
        assert all(place and place == place.strip() for place in row["elsewhere_zh"].split(";")), row


def test_a_shared_name_is_one_of_ours() -> None:
    ours = {row["name"] for row in GAZETTEER} | {row[column] for row in PLACES for column in ("name_zh", "name_en")}
    shared = [row["name"] for row in HOMONYMS if row["kind"] == "name"]
    assert set(shared) <= ours
    assert {"中国数谷", "未来科技城", "鲲鹏生态创新中心", "芯火平台", "物联网小镇", "互联网小镇", "白马湖"} <= set(shared)


def test_hangzhou_is_not_elsewhere() -> None:
    assert [row["name"] for row in HOMONYMS if "杭州" in row["elsewhere_zh"]] == []


def test_a_name_that_says_where_it_is_is_no_homonym() -> None:
    """The names that tell Hangzhou's places from those elsewhere stay certain."""
    certain = {"杭州高新区", "高新区(滨江)", "滨江", "杭州未来科技城", "桐庐经开区", "浙江省鲲鹏生态创新中心", "杭州人工智能算力中心", "智慧新天地"}
    assert not certain & BY_HOMONYM.keys()
    districts = [KINDS.sub("", row["name"]) for row in DIVISIONS if row["level"] != "township"]
    ours = [name for name, row in BY_HOMONYM.items() if row["kind"] != "other"]
    assert [name for name in ours if any(district in name for district in districts)] == []


def test_what_only_lies_elsewhere_is_none_of_ours_though_it_may_sound_like_it() -> None:
    others = {name for name, row in BY_HOMONYM.items() if row["kind"] == "other"}
    assert {"杭州湾", "杭州湾新区", "瘦西湖", "中国声谷", "中国光谷", "杭州道街道", "深汕特别合作区"} <= others
    ours = {row["name"] for row in GAZETTEER} | {row[column] for row in PLACES for column in ("name_zh", "name_en", "place_query")}
    ours |= {row[column] for row in DIVISIONS for column in ("name", "name_en")}
    assert others & ours == set()
    assert [name for name in others if "杭州市" in BY_HOMONYM[name]["elsewhere_zh"].split(";")] == []


@pytest.mark.parametrize(
    "name",
    [
        *["高新区", "国家高新区", "高新技术产业开发区", "国家级高新技术产业开发区", "High-tech Zone"],
        *["经开区", "经济开发区", "经济技术开发区", "Economic Development Zone"],
        *["开发区", "新区", "科技城", "Sci-Tech City", "小镇", "科技园", "工业园", "产业园", "特别合作区"],
        *["人工智能算力中心", "新天地", "首个工业综合体"],
    ],
)
def test_what_only_says_the_sort_of_place_is_a_type(name: str) -> None:
    assert BY_HOMONYM[name]["kind"] == "type"


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("中国数谷", ["贵阳"]),
        ("China Data Valley", ["贵阳"]),
        ("未来科技城", ["北京", "天津", "武汉", "成都"]),
        ("白马湖", ["淮安", "上虞", "常德"]),
        ("物联网小镇", ["无锡"]),
        ("互联网小镇", ["乌镇"]),
        ("鲲鹏生态创新中心", ["郑州", "武汉"]),
        ("新天地", ["上海"]),
        ("特别合作区", ["深汕"]),
        ("人工智能算力中心", ["武汉", "西安", "成都"]),
    ],
)
def test_where_a_name_lies_too(name: str, where: list[str]) -> None:
    assert [place for place in where if place not in BY_HOMONYM[name]["elsewhere_zh"]] == []
