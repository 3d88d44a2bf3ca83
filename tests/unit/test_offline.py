"""The offline geocoder on the real tables: every name, every way to write it, addresses, slips, doubt."""

from __future__ import annotations

import csv
import gc
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import opencc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench.geocode_accuracy import LEVELS, LIST, distance_m, is_right
from geo.geocode.answers import Answer, Candidate, Level, Match, Method, Miss, MissReason, Query
from geo.geocode.distance import great_circle_m
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import LEAST_SCORE, OfflineGeocoder
from geo.geocode.said import say
from geo.geocode.spellings import stem_of
from geo.ground.bbox import Box
from geo.ground.names import fold_name, pinyin_of
from geo.tables.kinds import Basis, DivisionLevel, FormerLevel, PointKind, Precision
from geo.tables.reading import read_tables
from geo.tables.rows import DivisionRow, FormerRow, GazetteerRow, Place, PointRow, VillageRow
from tests.known import DATA
from tests.unit.test_gazetteer import gazetteer_of, known

TABLES = read_tables(DATA)
GAZETTEER = Gazetteer(TABLES)
GEOCODER = OfflineGeocoder(GAZETTEER)
DIVISIONS = {row.code: row for row in TABLES.divisions}
ROWS = {row.name: row for row in TABLES.gazetteer}
with LIST.open(encoding="utf-8-sig", newline="") as _file:
    LABELLED = list(csv.DictReader(_file))
TO_TRADITIONAL = opencc.OpenCC("s2t")
# What a match of a level may claim at best.
FINEST = {
    Level.ADDRESS: Precision.SITE,
    Level.PLACE: Precision.SITE,
    Level.TOWNSHIP: Precision.TOWNSHIP,
    Level.DISTRICT: Precision.DISTRICT,
    Level.CITY: Precision.CITY,
}


def ask(text: str, admin: str = "", bbox: Box | None = None, host: str = "", assume_home: bool = True) -> Answer:
    (answer,) = GEOCODER.geocode([Query(text, admin, bbox, host, assume_home)])
    return answer


def found(text: str, admin: str = "", bbox: Box | None = None, host: str = "") -> Match:
    answer = ask(text, admin, bbox, host)
    assert isinstance(answer, Match), answer
    return answer


def missed(text: str, admin: str = "", bbox: Box | None = None, host: str = "", assume_home: bool = True) -> Miss:
    answer = ask(text, admin, bbox, host, assume_home)
    assert isinstance(answer, Miss), answer
    return answer


def queries_of(rows: Sequence[dict[str, str]]) -> list[Query]:
    return [Query(row["query"], admin=row["context"]) for row in rows]


def leads_to(row: GazetteerRow) -> tuple[GazetteerRow, GazetteerRow]:
    """The place that a row names, and the location that it has: its own or its host's."""
    guest: GazetteerRow | None = None
    while row.alias_of is not None:
        if row.basis is Basis.PARENT:
            guest = guest or row
        row = ROWS[row.alias_of]
    return guest or row, row


# --- every name of the tables -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in TABLES.gazetteer if row.name not in ("滨江", "滨江区")], ids=lambda row: row.name)
def test_every_curated_name_leads_to_its_own_place_within_its_district(row: GazetteerRow) -> None:
    place, located = leads_to(row)
    assert located.admin is not None
    match = found(row.name, located.admin)
    assert (match.name, match.matched) == (place.name, located.name)
    assert (match.method, match.score, match.runner_up, match.unresolved) == (
        Method.EXACT if row is place else Method.ALIAS,
        100.0,
        None,
        "",
    )
    assert (match.uncertainty_m, match.source) == (located.uncertainty_m, place.source)
    assert match.basis is (Basis.PARENT if place is not located else located.basis)
    assert (match.datum_of_source, match.divisions[-1].name) == (located.datum, located.admin)


@pytest.mark.parametrize("name", ["滨江", "滨江区"])
def test_the_name_of_a_district_is_the_district_though_a_zone_bears_it(name: str) -> None:
    assert leads_to(ROWS[name])[0].name == "杭州高新区(滨江)"
    for admin in ("", "杭州", "滨江区"):
        match = found(name, admin)
        assert (match.name, match.level, match.divisions[-1].code) == ("滨江区", Level.DISTRICT, "330108")


@pytest.mark.parametrize("place", [place for place in TABLES.places if place.id != "binxiao-small-parks"], ids=lambda place: place.id)
def test_every_place_is_found_by_what_it_is_called_in_both_languages(place: Place) -> None:
    asked = found(place.place_query, place.district)
    for name in (place.name_zh, place.name_en):
        match = found(name, place.district)
        assert (match.name, match.matched, match.lon, match.lat) == (asked.name, asked.matched, asked.lon, asked.lat)
        assert match.divisions[-1].name == place.district


@pytest.mark.parametrize("row", TABLES.divisions, ids=lambda row: row.code)
def test_every_division_is_found_by_its_name_in_chinese_english_and_pinyin(row: DivisionRow) -> None:
    for name in (row.name, row.name_en, pinyin_of(fold_name(row.name))):
        match = found(name, "杭州市")
        assert (match.name, match.level.value, match.divisions[-1].code) == (row.name, row.level.value, row.code), name
        assert (match.score, match.unresolved) == (100.0, "")
        assert len(match.divisions) == {"city": 1, "district": 2, "township": 3}[row.level.value]


@pytest.mark.parametrize("row", TABLES.divisions, ids=lambda row: row.code)
def test_without_a_context_a_division_is_certain_only_where_no_other_bears_its_name(row: DivisionRow) -> None:
    home, answer = ask(row.name), ask(row.name, assume_home=False)
    assert isinstance(home, Match)
    assert (home.method, home.divisions[-1].code) == (Method.EXACT, row.code)
    if not row.namesakes:
        assert answer == home
    else:
        assert f"全国另有 {row.namesakes} 处同名" in (home.note or "")
        reason = f"全国另有 {row.namesakes} 处同名"
        candidate = Candidate(row.name, DIVISIONS[row.parent or ""].name, Level.TOWNSHIP, reason)
        assert answer == Miss(row.name, MissReason.AMBIGUOUS, (candidate,))


def test_half_of_the_townships_share_their_name_with_others() -> None:
    shared = [row for row in TABLES.divisions if row.namesakes]
    assert 50 < len(shared) < 150
    assert {row.level.value for row in shared} == {"township"}


# --- ways to write a name -----------------------------------------------------------------------------------------------------------------

NAMES = sorted(
    {row.name for row in TABLES.gazetteer}
    | {name for place in TABLES.places for name in (place.name_zh, place.name_en)}
    | {name for row in TABLES.divisions for name in (row.name, row.name_en)}
)
PREFIXED = [name for name in NAMES if not name.isascii() and not name.startswith(("浙江", "杭州", "国家", "国际", "中国"))]


def widened(name: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in name).replace(" ", "\u3000")


def bracketed(name: str) -> str:
    return f"【{name}】"


def split(name: str) -> str:
    return f"{name[: len(name) // 2]}（{name[len(name) // 2 :]}）"


def spaced(name: str) -> str:
    return " ".join(name)


def padded(name: str) -> str:
    return f"\t {name}\u3000\n"


def quoted(name: str) -> str:
    return f"“{name}”"


DECORATIONS = [widened, bracketed, split, spaced, padded, quoted, TO_TRADITIONAL.convert, str.upper, str.lower]


def without_its_query(answer: Answer) -> Answer:
    return answer._replace(query="")


@settings(max_examples=400)
@given(st.sampled_from(NAMES), st.lists(st.sampled_from(DECORATIONS), min_size=1, max_size=3), st.sampled_from(["", "杭州", "滨江区", "余杭区"]))
def test_width_script_case_brackets_and_spaces_do_not_change_the_answer(name: str, decorations: list[object], admin: str) -> None:
    decorated = name
    for decorate in decorations:
        decorated = decorate(decorated)  # type: ignore[operator]
    answer = ask(decorated, admin)
    assert answer.query == decorated
    assert without_its_query(answer) == without_its_query(ask(name, admin))


@settings(max_examples=300)
@given(st.sampled_from(PREFIXED), st.sampled_from(["杭州市", "浙江省杭州市", "浙江杭州市", "中国浙江省杭州市", "310000浙江省杭州市", "杭州市 "]))
def test_the_city_in_front_says_no_more_than_the_city_as_context(name: str, prefix: str) -> None:
    plain, answer = ask(name, "杭州市"), ask(prefix + name)
    if not isinstance(plain, Match):
        assert isinstance(answer, Miss)
        assert (answer.reason, {candidate.name for candidate in plain.candidates}) == (
            plain.reason,
            {candidate.name for candidate in answer.candidates},
        )
        return
    assert isinstance(answer, Match), answer
    assert (answer.name, answer.level, answer.lon, answer.lat, answer.unresolved) == (plain.name, plain.level, plain.lon, plain.lat, plain.unresolved)
    assert answer.divisions == plain.divisions


@settings(max_examples=200)
@given(st.sampled_from([row for row in TABLES.divisions if row.level.value == "township"]), st.sampled_from(["", "杭州市", "浙江省杭州市"]))
def test_a_township_behind_its_district_needs_no_other_context(row: DivisionRow, prefix: str) -> None:
    match = found(f"{prefix}{DIVISIONS[row.parent or ''].name}{row.name}")
    assert (match.name, match.divisions[-1].code, match.unresolved) == (row.name, row.code, "")


# --- former names -------------------------------------------------------------------------------------------------------------------------

# What bears the name today keeps it.
GONE = [row for row in TABLES.former if row.name not in {division.name for division in TABLES.divisions}]


@pytest.mark.parametrize("row", GONE, ids=lambda row: row.name)
@pytest.mark.parametrize("column", ["name", "name_en"])
def test_a_former_name_says_what_became_of_it(row: FormerRow, column: str) -> None:
    text = getattr(row, column)
    answer = ask(text)
    if len(row.became) == 1 or row.meant:
        meant = row.meant or row.became[0]
        assert isinstance(answer, Match)
        assert (answer.divisions[-1].code, answer.name) == (meant, DIVISIONS[meant].name)
        assert (answer.method, answer.score, answer.unresolved) == (Method.FORMER, 100.0, "")
        assert (answer.note or "").startswith(row.note_zh)
        assert say(answer.note or "", to_english).startswith(row.note_en or "?")
    if len(row.became) > 1 and row.meant:
        answer = ask(text, assume_home=False)
    if len(row.became) > 1:
        assert isinstance(answer, Miss)
        assert answer.reason is MissReason.AMBIGUOUS
        assert [candidate.name for candidate in answer.candidates] == [DIVISIONS[code].name for code in row.became]
        assert {candidate.reason for candidate in answer.candidates} == {row.note_zh}


def to_english(phrase: str) -> str:
    return "%(zh).0s%(en)s" if phrase == "%(zh)s%(en).0s" else phrase


def test_a_name_that_lives_on_is_todays_division() -> None:
    kept = [row for row in TABLES.former if row not in GONE]
    assert [row.name for row in kept] == ["上城区", "拱墅区", "萧山区", "余杭区"]
    for row in kept:
        match = found(row.name)
        assert (match.name, match.method, match.divisions[-1].code) == (row.name, Method.EXACT, row.code)


@pytest.mark.parametrize(
    ("text", "name", "unresolved"),
    [
        ("江干区九堡街道", "九堡街道", ""),
        ("江干区下沙街道", "下沙街道", ""),
        ("下城区体育场路1号", "拱墅区", "体育场路1号"),
        ("浙江省富阳市银湖街道", "银湖街道", ""),
        ("杭州市下城区石桥街道", "石桥街道", ""),
    ],
)
def test_an_address_of_old_is_read_as_of_today_and_says_so(text: str, name: str, unresolved: str) -> None:
    match = found(text)
    assert (match.name, match.method, match.unresolved) == (name, Method.FORMER, unresolved)
    former = next(row for row in TABLES.former if row.name in text)
    assert (match.note or "").startswith(former.note_zh)


def test_a_district_that_was_shared_out_means_the_one_with_most_of_it_and_reaches_to_the_others() -> None:
    note = "2021 年撤销：大部分归今上城区，下沙、白杨两街道归钱塘区"
    for match in (found("杭州市江干区某路1号"), found("某路1号", admin="江干区")):
        assert (match.name, match.method) == ("上城区", Method.FORMER)
        assert (match.note or "").startswith(note)
        other = GAZETTEER.by_code["330114"].location
        own = GAZETTEER.by_code["330102"].location
        assert match.uncertainty_m >= great_circle_m(own.lon, own.lat, other.lon, other.lat)
    # Where nothing is taken for granted, it is for the reader to say.
    miss = missed("杭州市江干区某路1号", assume_home=False)
    assert miss.reason is MissReason.AMBIGUOUS
    assert [candidate.name for candidate in miss.candidates] == ["上城区", "钱塘区"]
    assert {candidate.reason for candidate in miss.candidates} == {note}


def test_a_district_that_went_in_two_with_its_seat_in_the_one_and_its_name_in_the_other_is_ambiguous() -> None:
    assert [candidate.name for candidate in missed("余杭市人民大道1号").candidates] == ["余杭区", "临平区"]


# --- where addresses lie --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in TABLES.divisions if row.level is not DivisionLevel.TOWNSHIP], ids=lambda row: row.name)
def test_an_address_of_which_only_a_district_is_known_lies_where_its_places_are(row: DivisionRow) -> None:
    own, match = found(row.name), found(f"{row.name}无名路1号")
    assert (match.name, match.level) == (own.name, own.level)
    places = [one for one in GAZETTEER.named if not one.is_by_host and (one.district == row.name or row.parent is None)]
    if (match.lon, match.lat) != (own.lon, own.lat) and places:
        within = [great_circle_m(match.lon, match.lat, one.location.lon, one.location.lat) <= match.uncertainty_m for one in places]
        assert sum(within) >= 0.9 * len(within)


# --- doubt --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "candidates", "reason"),
    [
        # Several cities bear the name.
        ("未来科技城", ["未来科技城"], "另有同名：北京市昌平区未来科学城（原名未来科技城）"),
        ("中国数谷", ["中国数谷"], "另有同名：贵阳市"),
        ("白马湖", ["白马湖"], "另有同名：江苏省淮安、扬州两市间的白马湖"),
        # The name says what sort of place it is only.
        ("高新区", ["杭州高新区(滨江)", "杭州高新区(滨江)富阳特别合作区"], "只是一类地方的名称"),
        ("经济技术开发区", ["桐庐经开区"], "只是一类地方的名称"),
        ("新天地", ["智慧新天地"], "只是一类地方的名称"),
        # Townships elsewhere bear it.
        ("东湖街道", ["东湖街道"], "全国另有 17 处同名"),
        ("东湖", ["东湖街道"], "也可指东湖区"),
        # A district and a township of it.
        ("余杭", ["余杭区", "余杭街道"], "需要所在区域才能确定"),
        ("西湖", ["西湖区", "西湖街道"], "也可指西湖区"),
    ],
)
def test_a_shared_name_without_a_context_is_ambiguous_with_its_candidates_and_why(text: str, candidates: list[str], reason: str) -> None:
    miss = missed(text, assume_home=False)
    assert miss.reason is MissReason.AMBIGUOUS
    assert {candidate.name for candidate in miss.candidates} >= set(candidates)
    assert [candidate for candidate in miss.candidates if not candidate.reason.startswith(reason)] == []
    assert all(candidate.within and candidate.level is not None for candidate in miss.candidates)


NEAR_FUTURE = Box(119.9, 30.2, 120.1, 30.4)
ZONE = "杭州高新区(滨江)"


@pytest.mark.parametrize(
    ("text", "admin", "bbox", "host", "name"),
    [
        ("未来科技城", "杭州", None, "", "未来科技城"),
        ("未来科技城", "Yuhang District", None, "", "未来科技城"),
        ("未来科技城", "浙江省", None, "", "未来科技城"),
        ("未来科技城", "", NEAR_FUTURE, "", "未来科技城"),
        ("中国数谷", "", None, ZONE, "中国数谷"),
        ("中国数谷", "杭州市滨江区", None, "滨江高新区", "中国数谷"),
        ("高新区", "杭州", None, "", ZONE),
        ("经开区", "桐庐县", None, "", "桐庐经开区"),
        ("新天地", "滨江区", None, "", "智慧新天地"),
        ("东湖街道", "临平区", None, "", "东湖街道"),
        ("东湖", "临平区", None, "", "东湖街道"),
        ("余杭", "余杭区", None, "", "余杭街道"),
        ("西湖", "西湖区", None, "", "西湖街道"),
        ("西湖区", "杭州", None, "", "西湖区"),
    ],
)
def test_a_context_decides(text: str, admin: str, bbox: Box | None, host: str, name: str) -> None:
    match = found(text, admin, bbox, host)
    assert (match.query, match.name, match.unresolved) == (text, name, "")


@pytest.mark.parametrize(
    ("text", "admin", "bbox", "host"),
    [
        ("未来科技城", "滨江区", None, ""),
        ("未来科技城", "滨江区", None, "未来科技城"),
        ("未来科技城", "余杭区", Box(120.2, 30.2, 120.3, 30.3), ""),
        ("中国数谷", "", None, "未来科技城"),
        ("萧山区", "滨江区", None, ""),
        ("闻堰街道", "滨江区", None, ""),
        ("杭州市萧山区", "滨江区", None, ""),
        ("桐庐经开区", "淳安县", None, ""),
    ],
)
def test_a_context_that_contradicts_is_never_a_match(text: str, admin: str, bbox: Box | None, host: str) -> None:
    assert missed(text, admin, bbox, host).reason is MissReason.AMBIGUOUS


@settings(max_examples=300)
@given(st.sampled_from(NAMES), st.sampled_from([row.name for row in TABLES.divisions if row.level.value != "city"]))
def test_no_match_ever_lies_outside_of_what_was_said(name: str, admin: str) -> None:
    answer = ask(name, admin)
    if isinstance(answer, Match):
        (said,) = (row for row in TABLES.divisions if row.name == admin)
        codes = {division.code for division in answer.divisions}
        # Of a curated place the township is not known.
        assert said.code in codes or (answer.level is Level.PLACE and said.parent in codes)


@settings(max_examples=200)
@given(st.sampled_from(NAMES), st.floats(118.5, 120.5), st.floats(29.2, 30.5), st.floats(0.01, 1.5), st.floats(0.01, 1.0))
def test_no_match_ever_lies_outside_of_the_box(name: str, west: float, south: float, width: float, height: float) -> None:
    box = Box(west, south, west + width, south + height)
    answer = ask(name, bbox=box)
    if isinstance(answer, Match):
        assert box.west <= answer.lon <= box.east
        assert box.south <= answer.lat <= box.north


def test_what_is_said_about_an_unknown_division_is_told_apart() -> None:
    for admin in ("滨江区", "Hangzhou", "浙江省", "贵阳市", "江干区九堡街道", "拱墅", "中国浙江省杭州市"):
        assert GEOCODER.understands(admin), admin
    for admin in ("没有的区", "Narnia", "", "路"):
        assert not GEOCODER.understands(admin), admin
    assert GEOCODER.knows_host(ZONE)
    assert GEOCODER.knows_host("滨江高新区")
    assert not GEOCODER.knows_host("没有的园")
    assert not GEOCODER.knows_host("滨江区")


@pytest.mark.parametrize("text", ["", " ", "…", "()", "\0", "　"])
def test_nothing_is_nothing_that_is_known(text: str) -> None:
    assert ask(text) == Miss(text, MissReason.UNKNOWN)
    assert ask(text, "滨江区") == Miss(text, MissReason.UNKNOWN)


@pytest.mark.parametrize("text", ["湖头陈、紫橙、蓝橙产业园", "没有的地方", "zzz", "12345", "路", "👍", "かな", "Park of Nowhere"])
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    assert missed(text).reason is MissReason.UNKNOWN


@settings(max_examples=300)
@given(st.text(), st.sampled_from(["", "杭州", "滨江区", "南昌市", "?"]))
def test_any_text_gets_an_answer(text: str, admin: str) -> None:
    answer = ask(text, admin)
    assert answer.query == text
    if isinstance(answer, Match):
        assert 118.3 < answer.lon < 120.8
        assert 29.1 < answer.lat < 30.6


# --- out of area --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "admin"),
    [
        ("宁波市", ""),
        ("上海", ""),
        ("上海市浦东新区世纪大道1号", ""),
        ("浙江省宁波市海曙区中山路1号", ""),
        ("武汉未来科技城", ""),
        ("武汉市东湖高新区未来科技城", ""),
        ("南昌市西湖区", ""),
        ("杭州湾新区", ""),
        ("瘦西湖", ""),
        ("中国光谷", ""),
        ("Shanghai", ""),
        ("Ningbo City, Zhejiang", ""),
        ("未来科技城", "武汉市"),
        ("西湖区", "南昌市"),
        ("没有的地方", "贵阳市"),
        ("滨江区", "Nanjing"),
    ],
)
def test_what_lies_elsewhere_is_out_of_the_area(text: str, admin: str) -> None:
    assert ask(text, admin) == Miss(text, MissReason.OUT_OF_AREA)


@pytest.mark.parametrize("text", ["杭州市浦东新区世纪大道1号", "杭州市宁波市海曙区", "浙江省杭州市贵阳市"])
def test_a_division_elsewhere_behind_ours_is_a_contradiction(text: str) -> None:
    assert missed(text).reason is MissReason.AMBIGUOUS


# --- addresses ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "level", "unresolved"),
    [
        ("杭州市滨江区网商路699号", "滨江区", Level.DISTRICT, "网商路699号"),
        ("浙江省杭州市滨江区长河街道网商路 699 号 Alibaba 园区", "长河街道", Level.TOWNSHIP, "网商路 699 号 Alibaba 园区"),
        ("310052浙江省杭州市滨江区长河街道", "长河街道", Level.TOWNSHIP, ""),
        ("杭州市滨江区滨江区长河街道江南大道", "长河街道", Level.TOWNSHIP, "江南大道"),
        ("杭州滨江网商路699号", "滨江区", Level.DISTRICT, "网商路699号"),
        ("杭州市文三路90号", "杭州市", Level.CITY, "文三路90号"),
        ("西湖区龙井路1号", "西湖区", Level.DISTRICT, "龙井路1号"),
        ("杭州市拱墅区石桥路", "拱墅区", Level.DISTRICT, "石桥路"),
        ("杭州市上城区望江路", "上城区", Level.DISTRICT, "望江路"),
        ("滨江区物联网小镇一号楼", "物联网小镇", Level.PLACE, "一号楼"),
        ("杭州高新区(滨江)物联网街451号", "杭州高新区(滨江)", Level.PLACE, "物联网街451号"),
        ("杭州市富阳区富芯半导体一期", "富芯半导体一期", Level.PLACE, ""),
        ("滨江区白马湖", "白马湖", Level.PLACE, ""),
        ("余杭区仓前街道", "仓前街道", Level.TOWNSHIP, ""),
        ("杭州余杭", "余杭区", Level.DISTRICT, ""),
    ],
)
def test_the_finest_that_agrees_decides_and_the_rest_is_kept_as_written(text: str, name: str, level: Level, unresolved: str) -> None:
    match = found(text)
    assert (match.query, match.name, match.level, match.unresolved) == (text, name, level, unresolved)
    assert (match.method, match.score, match.runner_up) == (Method.ADDRESS, 100.0, None)


@settings(max_examples=200)
@given(
    st.sampled_from([row for row in TABLES.divisions if row.level.value == "township"]),
    st.sampled_from(["文三路", "Zhongshan Road ", "江南大道", "天目山路"]),
    st.integers(1, 999),
)
def test_roads_and_numbers_are_left_over_as_they_were_written(row: DivisionRow, road: str, number: int) -> None:
    match = found(f"杭州市{DIVISIONS[row.parent or ''].name}{row.name}{road}{number}号")
    assert (match.divisions[-1].code, match.unresolved) == (row.code, f"{road}{number}号")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("滨江区萧山区某路", {"滨江区", "萧山区"}),
        ("余杭区滨江物联网小镇", {"物联网小镇", "余杭区"}),
        ("临安区未来科技城", {"未来科技城", "临安区"}),
    ],
)
def test_names_that_contradict_each_other_are_ambiguous(text: str, named: set[str]) -> None:
    miss = missed(text)
    assert miss.reason is MissReason.AMBIGUOUS
    assert {candidate.name for candidate in miss.candidates} == named
    assert {candidate.reason for candidate in miss.candidates} == {"所写的几处互不相容或并列"}


def test_a_township_does_not_contradict_a_place_of_its_district() -> None:
    """No list knows in which township a curated place lies."""
    match = found("杭州市余杭区五常街道未来科技城")
    assert (match.name, match.unresolved) == ("未来科技城", "")


def test_an_english_name_with_a_slip_leads_to_what_bears_the_name_even_where_that_is_a_sort_of_place() -> None:
    names = [name for name in GAZETTEER.forms if name.isascii() and len(name) >= 7]
    # Two letters swapped; one name is that of a place whose Chinese name is a sort of place, and leads to nothing by itself.
    swapped = [name[:3] + name[4] + name[3] + name[5:] for name in names]
    answers = GEOCODER.geocode([Query(text) for text in swapped])
    fuzzy = [(name, answer) for name, answer in zip(names, answers, strict=True) if isinstance(answer, Match) and answer.method is Method.FUZZY]
    assert len(fuzzy) > len(names) / 2
    for name, answer in fuzzy:
        assert answer.name in {form.feature.name for form in GAZETTEER.forms[name]}, name


@pytest.mark.parametrize(
    ("text", "name", "level", "unresolved"),
    [
        ("杭州市Changlü Town", "常绿镇", Level.TOWNSHIP, ""),
        ("浙江省杭州市 Binjiang District", "滨江区", Level.DISTRICT, ""),
        ("富阳区Changlü Town", "常绿镇", Level.TOWNSHIP, ""),
        ("杭州市ynihujiedao", "银湖街道", Level.TOWNSHIP, ""),
        ("滨江区Changlü Town", "滨江区", Level.DISTRICT, "Changlü Town"),
        ("杭州市Nanjing", "杭州市", Level.CITY, "Nanjing"),
    ],
)
def test_an_english_name_in_a_chinese_address_is_answered_in_chinese_or_left_over(text: str, name: str, level: Level, unresolved: str) -> None:
    match = found(text)
    assert (match.name, match.level, match.unresolved) == (name, level, unresolved)
    assert [division.name for division in match.divisions if division.name.isascii()] == []


OSM_TOWNSHIPS = {point.name for point in TABLES.points if point.kind is PointKind.TOWNSHIP}
WITHOUT_A_POINT = [row for row in TABLES.divisions if row.lon is None and row.name not in OSM_TOWNSHIPS]


@pytest.mark.parametrize("row", WITHOUT_A_POINT, ids=lambda row: row.name)
def test_a_township_without_a_point_answers_with_its_districts_and_says_so(row: DivisionRow) -> None:
    match, district = found(row.name, "杭州"), found(DIVISIONS[row.parent or ""].name)
    assert (match.name, match.level, match.divisions[-1].code) == (row.name, Level.TOWNSHIP, row.code)
    assert (match.lon, match.lat, match.uncertainty_m) == (district.lon, district.lat, district.uncertainty_m)
    assert (match.basis, match.precision) == (Basis.PARENT, Precision.DISTRICT)


def test_a_township_with_a_point_answers_with_its_own() -> None:
    rows = [row for row in TABLES.divisions if row.level.value == "township" and row.lon is not None]
    assert len(rows) + len(WITHOUT_A_POINT) + len(OSM_TOWNSHIPS) == 191
    for row in rows:
        match = found(row.name, "杭州")
        assert (match.lon, match.lat, match.uncertainty_m) == (row.lon, row.lat, row.uncertainty_m)
        assert (match.basis, match.precision, match.source) == (Basis.DERIVED, Precision.TOWNSHIP, row.source)


# --- what must hold of any address -------------------------------------------------------------------------------------------------------

DISTRICTS = [row for row in TABLES.divisions if row.level.value == "district"]
TOWNSHIPS = [row for row in TABLES.divisions if row.level.value == "township"]
STEMS = sorted({stem_of(row.name) for row in TABLES.divisions} | {stem_of(row.name) for row in TABLES.elsewhere if len(stem_of(row.name)) > 1})
ROADS = st.builds("".join, st.tuples(st.sampled_from(STEMS), st.sampled_from(["", "东", "北", "中"]), st.sampled_from(["路", "街", "大道", "巷"])))
SHOPS = st.sampled_from(["国宾馆", "某某大厦", "图书馆", "地铁站旁", "兰州拉面"])
LEFT = st.one_of(ROADS, st.builds("{}{}号".format, ROADS, st.integers(1, 999)), SHOPS)


@settings(max_examples=300)
@given(ROADS)
def test_a_road_never_becomes_a_township(road: str) -> None:
    answer = ask(road)
    assert not (isinstance(answer, Match) and answer.level is Level.TOWNSHIP), answer
    match = found(f"杭州市{road}")
    # 甲乙市心路 names the district that bears the city's kind; a road by itself no division at all.
    assert match.level in (Level.CITY, Level.DISTRICT), match


@settings(max_examples=300)
@given(st.sampled_from(DISTRICTS), LEFT)
def test_what_is_said_to_lie_here_is_never_elsewhere_and_gets_its_district_at_least(row: DivisionRow, left: str) -> None:
    for answer in (ask(left, row.name), ask(f"{row.name}{left}"), ask(f"杭州市{row.name}{left}")):
        assert isinstance(answer, Match) or answer.reason is MissReason.AMBIGUOUS, answer
        if isinstance(answer, Match):
            assert answer.divisions[1].name == row.name or answer.method is Method.FORMER
            assert LEVELS.index(answer.level) <= LEVELS.index(Level.DISTRICT)


CITIES_ELSEWHERE = sorted(
    {
        stem
        for row in TABLES.elsewhere
        if row.level.value == "prefecture" and row.name.endswith("市") and (stem := stem_of(row.name)) not in GAZETTEER.forms
    }
)
BORNE_ELSEWHERE = [row.name for row in TABLES.divisions if row.namesakes or row.name in {other.name for other in TABLES.elsewhere}]
BORNE_HERE_ONLY = [row.name for row in TABLES.divisions if row.namesakes == 0]


def is_one_word(left: str, right: str) -> bool:
    """Tell whether a name is made up where two meet: 江南, where 牡丹江 stands before 南星街道."""
    text, seam = left + right, len(left)
    names = {*NAMED, *ELSEWHERE}
    return any(text[start:end] in names for start in range(seam) for end in range(seam + 1, len(text) + 1) if (start, end) != (0, len(text)))


@settings(max_examples=300)
@given(st.sampled_from(CITIES_ELSEWHERE), st.sampled_from(BORNE_ELSEWHERE), st.sampled_from(["", "某某路12号3幢"]))
def test_behind_another_city_a_name_that_others_bear_is_that_citys(city: str, name: str, left: str) -> None:
    assume(not is_one_word(city, name))
    assert ask(f"{city}{name}{left}") == Miss(f"{city}{name}{left}", MissReason.OUT_OF_AREA)
    # A road is called after the city, or what is asked is said to lie here.
    for answer in (ask(f"{city}路{name}{left}"), ask(f"杭州市{city}{name}{left}"), ask(f"{city}{name}{left}", "杭州市")):
        assert isinstance(answer, Match) or answer.reason is not MissReason.OUT_OF_AREA, answer


@settings(max_examples=300)
@given(st.sampled_from(CITIES_ELSEWHERE), st.sampled_from(BORNE_HERE_ONLY))
def test_behind_another_city_a_name_that_nobody_else_bears_is_ours(city: str, name: str) -> None:
    assume(not is_one_word(city, name))
    answer = ask(f"{city}{name}")
    assert isinstance(answer, Match) or answer.reason is not MissReason.OUT_OF_AREA, answer


@settings(max_examples=300)
@given(st.sampled_from(TOWNSHIPS), LEFT)
def test_more_context_never_gives_a_worse_answer(row: DivisionRow, left: str) -> None:
    district = DIVISIONS[row.parent or ""].name
    plain = ask(f"{row.name}{left}")
    for answer in (ask(f"{row.name}{left}", "杭州市"), ask(f"{row.name}{left}", district), ask(f"浙江省杭州市{district}{row.name}{left}")):
        assert isinstance(answer, Match)
        assert answer.divisions[-1].code == row.code
        assert not isinstance(plain, Match) or LEVELS.index(answer.level) <= LEVELS.index(plain.level)


HEIRS = [
    (former, township)
    for former in TABLES.former
    if former.level is FormerLevel.DISTRICT
    for township in TOWNSHIPS
    if township.parent in former.became and former.until is not None and former.until.text > "2000"
]


@pytest.mark.parametrize(("former", "row"), HEIRS, ids=lambda one: one.name)
def test_a_township_that_a_district_gave_away_is_found_behind_its_old_name(former: FormerRow, row: DivisionRow) -> None:
    for answer in (ask(f"{former.name}{row.name}"), ask(f"杭州市{former.name}{row.name}人民路1号"), ask(row.name, former.name)):
        assert isinstance(answer, Match), answer
        assert answer.divisions[-1].code == row.code


@pytest.mark.parametrize(("text", "name"), [("杭州市上城区石桥街道", "石桥街道"), ("杭州市萧山区长河街道网商路1号", "长河街道")])
def test_where_a_district_and_a_township_disagree_the_finer_one_counts_with_a_note(text: str, name: str) -> None:
    match = found(text)
    assert match.name == name
    assert (match.note or "").startswith("所写的区与街道、乡镇不合")


@pytest.mark.parametrize("row", [row for row in TABLES.villages if row.names], ids=lambda row: row.township)
def test_a_village_names_its_township_where_its_district_has_no_other_of_the_name(row: VillageRow) -> None:
    district = DIVISIONS[DIVISIONS[row.township].parent or ""]
    others = [name for other in TABLES.villages if other is not row and DIVISIONS[other.township].parent == district.code for name in other.names]
    for name in row.names:
        if name not in others and len(name) <= 8 and not GEOCODER.understands(name):
            answer = ask(f"杭州市{district.name}{name}12号")
            assert isinstance(answer, Match)
            assert answer.divisions[1].name == district.name
            assert answer.level is not Level.TOWNSHIP or answer.divisions[-1].code == row.township


@pytest.mark.parametrize("point", [point for point in TABLES.points if point.kind is PointKind.STATION], ids=lambda point: point.name)
def test_a_station_is_found_with_its_kind_in_both_languages(point: PointRow) -> None:
    stem = point.name.removesuffix("站")
    # A railway station may bear the name of one of the metro.
    is_shared = any(one.name == f"{stem}站" and one.kind is PointKind.LANDMARK for one in TABLES.points)
    bare = [] if is_shared else [f"{stem}站", f"{point.district}{stem}站"]
    for text in (*bare, f"{stem}地铁站", f"地铁{stem}站", f"杭州市{stem}地铁站A口"):
        match = found(text)
        assert match.divisions[1].name == point.district
        assert distance_of(match, point) <= match.uncertainty_m


def distance_of(match: Match, point: PointRow) -> float:
    return distance_m({"lon": str(point.lon), "lat": str(point.lat)}, match)


# --- misspelt names -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "admin", "name", "score"),
    [
        ("智彗新天地", "", "智慧新天地", 80.0),
        ("国际零磁科学古", "", "国际零磁科学谷", 85.7),
        ("桐庐经开曲", "", "桐庐经开区", 80.0),
        ("未来科枝城", "余杭区", "未来科技城", 80.0),
        ("临平街到", "", "临平街道", 75.0),
        ("长河街到", "滨江区", "长河街道", 75.0),
        ("长和街道", "滨江区", "长河街道", 75.0),
        ("杭州市滨江区浦沿街到", "", "浦沿街道", 75.0),
        ("Binjang District", "", "滨江区", 93.8),
        ("智新慧天地", "", "智慧新天地", 80.0),
        ("智慧新新天地", "", "智慧新天地", 83.3),
    ],
)
def test_a_name_one_slip_away_is_found_with_its_score(text: str, admin: str, name: str, score: float) -> None:
    match = found(text, admin)
    assert (match.name, match.method, match.score, match.unresolved) == (name, Method.FUZZY, score, "")


def test_what_came_second_is_told_with_its_score() -> None:
    assert found("和囗街道", "杭州").runner_up == ("仁和街道", 50.0)
    assert found("智彗新天地").runner_up is None


@pytest.mark.parametrize("text", ["乎联网小镇", "联网小镇"])
@pytest.mark.parametrize("admin", ["", "滨江区"])
def test_a_name_one_slip_away_from_two_is_ambiguous(text: str, admin: str) -> None:
    miss = missed(text, admin)
    assert miss.reason is MissReason.AMBIGUOUS
    assert {candidate.name for candidate in miss.candidates} == {"物联网小镇", "互联网小镇"}
    assert {candidate.reason for candidate in miss.candidates} == {"写法与几处都只差一字"}


def test_a_slip_between_a_district_and_a_zone_of_it_is_ambiguous() -> None:
    miss = missed("钱塘囗区", "杭州")
    assert (miss.reason, {candidate.name for candidate in miss.candidates}) == (MissReason.AMBIGUOUS, {"钱塘区", "钱塘新区"})


@pytest.mark.parametrize("text", ["未来科枝城", "物连网小镇", "长河街到"])
def test_a_slip_in_a_name_that_others_bear_stays_ambiguous(text: str) -> None:
    miss = missed(text)
    assert (miss.reason, [candidate.reason for candidate in miss.candidates]) == (MissReason.AMBIGUOUS, ["全国另有同名"])


@pytest.mark.parametrize("text", ["萧山去", "浜江区", "中国声谷", "中国X谷", "智彗新天第"])
def test_a_short_name_with_a_slip_and_a_name_with_two_are_not_guessed(text: str) -> None:
    answer = ask(text)
    assert isinstance(answer, Miss)


@settings(max_examples=400)
@given(st.sampled_from([feature for feature in GAZETTEER.places if len(fold_name(feature.name)) >= 5]), st.data())
def test_a_slip_in_the_name_of_a_place_leads_to_it_or_to_doubt_never_to_another(feature: object, data: st.DataObject) -> None:
    name = fold_name(feature.name)  # type: ignore[attr-defined]
    position = data.draw(st.integers(0, len(name) - 1))
    wrong = data.draw(st.sampled_from("囗甲路区"))
    answer = ask(name[:position] + wrong + name[position + 1 :], feature.district)  # type: ignore[attr-defined]
    if isinstance(answer, Match) and answer.level is Level.PLACE and not answer.unresolved:
        assert answer.name == feature.name  # type: ignore[attr-defined]
        assert answer.score >= LEAST_SCORE


def wrong_answers(geocoder: OfflineGeocoder) -> list[str]:
    """The queries of the labelled list that get a wrong answer with confidence: not a coarser one that says what it left over."""
    wrong = []
    for row, answer in zip(LABELLED, geocoder.geocode(queries_of(LABELLED)), strict=True):
        if isinstance(answer, Match) and not is_right(row, answer):
            is_coarser = bool(answer.unresolved) and row["outcome"] == "match" and LEVELS.index(answer.level) > LEVELS.index(Level(row["level"]))
            wrong += [] if is_coarser else [row["query"]]
    return wrong


def count_right(geocoder: OfflineGeocoder) -> int:
    return sum(map(is_right, LABELLED, geocoder.geocode(queries_of(LABELLED))))


def test_the_least_score_is_the_lowest_without_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """One slip in four characters is 75; one in three, 66.7, finds nothing more."""
    assert LEAST_SCORE == 75.0
    assert wrong_answers(OfflineGeocoder(GAZETTEER)) == []
    right = count_right(OfflineGeocoder(GAZETTEER))
    monkeypatch.setattr("geo.geocode.offline.slips.LEAST_SCORE", 66.0)
    assert count_right(OfflineGeocoder(GAZETTEER)) <= right
    monkeypatch.setattr("geo.geocode.offline.slips.LEAST_SCORE", 80.0)
    assert count_right(OfflineGeocoder(GAZETTEER)) < right


# --- one by one and all together ----------------------------------------------------------------------------------------------------------

# Addresses that share their beginning with others: what was answered to one must not colour the next.
HEADS = [
    "杭州市",
    "浙江省杭州市",
    "滨江区",
    "杭州市滨江区",
    "杭州市滨江区长河街道",
    "浙江省杭州市余杭区",
    "江干区",
    "杭州市下城区",
    "Binjiang District, ",
    "桐庐县",
]
TAILS = [
    "",
    "文三路1号",
    "滨江网商路699号",
    "萧山通惠路1号",
    "西兴路道",
    "智慧新天路",
    "长河镇长河路",
    "高新区",
    "经开区",
    "江南大道1号",
    "白马湖",
    "xyz",
    "浦东新区1号",
]
SHARED = [Query(head + tail) for head in HEADS for tail in TAILS]


@pytest.fixture(scope="module")
def answers_of_their_own() -> dict[Query, Answer]:
    """The answers of geocoders that were asked nothing else; to one in forty of the list, as a geocoder takes a while to build."""
    queries = dict.fromkeys([*queries_of(LABELLED[::40]), *SHARED[::5]])
    return {query: OfflineGeocoder(GAZETTEER).geocode([query])[0] for query in queries}


@pytest.mark.parametrize("seed", range(2))
def test_a_batch_in_any_order_and_twice_answers_as_one_by_one(answers_of_their_own: dict[Query, Answer], seed: int) -> None:
    every = [*queries_of(LABELLED), *SHARED]
    expected = dict(zip(every, OfflineGeocoder(GAZETTEER).geocode(every), strict=True)) | answers_of_their_own
    queries = every * 2
    random.Random(seed).shuffle(queries)
    geocoder = OfflineGeocoder(GAZETTEER)
    answers = geocoder.geocode(queries) if seed % 2 else [geocoder.geocode([query])[0] for query in queries]
    assert [query for query, answer in zip(queries, answers, strict=True) if answer != expected[query]] == []


def test_of_queries_that_are_the_same_one_is_answered() -> None:
    texts = ["智慧新天地", "杭州市滨江区江南大道12号", "智慧新天地", "Binjiang", "杭州市滨江区江南大道12号"]
    queries = [Query(text, admin) for text in texts for admin in ("", "滨江区")]
    answers = OfflineGeocoder(GAZETTEER).geocode(queries)
    assert answers == [ask(*query) for query in queries]
    for place, query in enumerate(queries):
        assert answers[place] is answers[queries.index(query)]


def test_the_search_for_cycles_is_put_off_for_a_batch_that_leaves_none_and_then_goes_on() -> None:
    seen = []

    class Watched(str):
        def endswith(self, *args: Any) -> bool:
            seen.append(gc.isenabled())
            return super().endswith(*args)

    geocoder = OfflineGeocoder(GAZETTEER)
    assert gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        geocoder.geocode(SHARED)
        assert gc.collect() == 0
        assert not gc.isenabled(), "it was off before"
    finally:
        gc.enable()
    geocoder.geocode([Query(Watched("滨江 区9号"))])
    assert seen == [True], "not for a few"
    many = [Query(f"滨江区{number}号") for number in range(2000)]
    geocoder.geocode([*many, Query(Watched("滨江 区9号"))])
    assert seen == [True, False]
    assert gc.isenabled()
    with pytest.raises(TypeError, match="expected str"):
        geocoder.geocode([*many, Query(None)])  # type: ignore[arg-type]
    assert gc.isenabled(), "nor does an error keep it off"


# What an unknown division is said of is read as if nothing were said, and nothing about it is kept: every reading begins anew.
UNKNOWN = "没有的区"
NAMED = sorted(name for names in (GAZETTEER.forms, GAZETTEER.former, GAZETTEER.types) for name in names if not name.isascii())
ELSEWHERE = sorted(name for names in (GAZETTEER.elsewhere, GAZETTEER.elsewhere_short) for name in names if not name.isascii())
IN_HEADS = st.one_of(
    st.sampled_from(NAMED), st.sampled_from(ELSEWHERE), st.sampled_from(["中国", "浙江省", "浙江", "杭州市", "杭州", "310052", "某", ""])
)
IN_TAILS = st.one_of(st.sampled_from(["江南", "文三", "望江", "路", "湖", "中", "大", ""]), IN_HEADS)
OF_HOUSES = ["12号", "3号楼4层501室", "大楼20号", "1号"]
NUMBERS = st.sampled_from(["路12号", "街1号2幢", "12", "大厦 1202 室", "路1号", "村２３号", "弄3-4号", "号12", "广场11", *OF_HOUSES])


@settings(max_examples=1500)
@given(st.lists(IN_HEADS, max_size=3), IN_TAILS, NUMBERS)
def test_an_address_is_answered_by_its_head_as_if_read_to_its_end(heads: list[str], tail: str, number: str) -> None:
    text = "".join(heads) + tail + number
    assert ask(text) == ask(text, UNKNOWN)


@pytest.mark.parametrize(
    ("text", "name", "unresolved"),
    [
        # 镇江 is a city elsewhere, 道江 stands in the name of a district elsewhere, 大江东 is a place of ours.
        ("富阳区场口镇江南路17号25幢", "场口镇", "江南路17号25幢"),
        ("浙江省杭州市富阳区场口镇 江南路17号", "场口镇", "江南路17号"),
        ("杭州市滨江区长河街道江南大道12号3幢", "长河街道", "江南大道12号3幢"),
    ],
)
def test_a_name_that_two_words_make_up_where_they_meet_is_none(text: str, name: str, unresolved: str) -> None:
    match = found(text)
    assert (match.name, match.unresolved) == (name, unresolved)
    assert missed("镇江南路17号25幢").reason is MissReason.UNKNOWN


def test_a_name_that_reaches_from_the_head_of_an_address_into_its_end_is_read() -> None:
    geocoder = OfflineGeocoder(gazetteer_of(known("江大甲乙"), known("大甲乙丙")))
    (match,) = geocoder.geocode([Query("滨江大甲乙丙路12号3幢")])
    assert isinstance(match, Match)
    # 江大甲乙 stands there, too, but what follows 滨江 begins with a name.
    assert (match.name, match.level, match.unresolved) == ("滨江区", Level.DISTRICT, "大甲乙丙路12号3幢")


SLIPS = st.builds(
    lambda name, at, wrong, gone: name[: at % len(name)] + wrong + name[at % len(name) + gone :],
    st.sampled_from(NAMES + NAMED),
    st.integers(0, 20),
    st.sampled_from(["囗", "去", "新", " ", "\n", "\ud800", "１", "", "（"]),
    st.integers(0, 1),
)
TEXTS = st.one_of(st.sampled_from(NAMES), st.builds("".join, st.tuples(IN_HEADS, IN_HEADS, IN_TAILS, NUMBERS)), SLIPS, st.text(max_size=8))


@settings(max_examples=150)
@given(st.lists(st.builds(Query, TEXTS, st.sampled_from(["", "", "", "滨江区"]), st.none(), st.just(""), st.just(True)), min_size=1, max_size=30))
def test_a_list_is_answered_as_its_rows_one_by_one(queries: list[Query]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo.geocode.offline.geocoder._LONG_LIST", 0)
        answers = GEOCODER.geocode(queries)
    assert answers == [ask(*query) for query in queries]
    # Nothing that is known from before has a part in the answer of an unknown division.
    assert answers == [ask(query.text, query.admin or UNKNOWN) for query in queries]


def test_what_is_known_of_a_list_is_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.geocode.offline.geocoder._LONG_LIST", 0)
    monkeypatch.setattr("geo.geocode.offline.geocoder._MOST_KEPT", 20)
    geocoder = OfflineGeocoder(GAZETTEER)
    for start in range(0, len(NAMED), 10):
        queries = [Query(name) for name in NAMED[start : start + 10]]
        assert geocoder.geocode(queries) == [ask(*query) for query in queries]
        assert len(geocoder._known) <= 30


@settings(max_examples=300)
@given(st.sampled_from(NAMES), st.data())
def test_what_was_asked_before_does_not_change_an_answer(name: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(name) - 1))
    text = name[:position] + data.draw(st.sampled_from(["囗", "去", "新", " ", ""])) + name[position + data.draw(st.integers(0, 1)) :]
    assert ask(text) == ask(text) == ask(text, UNKNOWN)


def test_a_number_that_is_a_name_is_not_left_over() -> None:
    """Numbers are left over unread only because no name has one."""
    geocoder = OfflineGeocoder(gazetteer_of(known("77号")))
    (match,) = geocoder.geocode([Query("滨江区77号")])
    assert isinstance(match, Match)
    assert (match.name, match.level, match.unresolved) == ("77号", Level.PLACE, "")


def test_two_ways_to_write_a_name_each_keep_their_own_words() -> None:
    geocoder = OfflineGeocoder(GAZETTEER)
    texts = ["智慧新天地", "「智慧」新天地", "智慧 新天地"]
    assert [answer.query for answer in geocoder.geocode([Query(text) for text in texts])] == texts
    assert geocoder.geocode([]) == []


# --- the labelled list --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labelled_answers() -> list[Answer]:
    return OfflineGeocoder(GAZETTEER).geocode(queries_of(LABELLED))


def test_the_list_is_long_and_holds_every_sort_of_query() -> None:
    groups = Counter(row["group"] for row in LABELLED)
    assert len(LABELLED) == 571
    assert min(groups.values()) >= 20
    assert len(groups) == 12


def test_99_of_100_answers_of_the_list_are_right(labelled_answers: list[Answer]) -> None:
    wrong = [row["query"] for row, answer in zip(LABELLED, labelled_answers, strict=True) if not is_right(row, answer)]
    assert len(wrong) <= 0.01 * len(LABELLED), wrong


def test_no_answer_of_the_list_is_wrong_with_confidence() -> None:
    assert wrong_answers(GEOCODER) == []


def test_the_true_place_lies_within_the_stated_radius(labelled_answers: list[Answer]) -> None:
    within = [
        distance_m(row, answer) <= answer.uncertainty_m
        for row, answer in zip(LABELLED, labelled_answers, strict=True)
        if isinstance(answer, Match) and row["lon"] and is_right(row, answer)
    ]
    assert len(within) > 200
    assert sum(within) >= 0.95 * len(within)


def test_what_is_ambiguous_in_the_list_names_what_it_may_be() -> None:
    answers = GEOCODER.geocode([query._replace(assume_home=False) for query in queries_of(LABELLED)])
    rows = [(row, answer) for row, answer in zip(LABELLED, answers, strict=True) if row["outcome"] == "ambiguous" and row["expected"]]
    assert len(rows) > 30
    lacking = []
    for row, answer in rows:
        assert isinstance(answer, Miss)
        named = {candidate.name for candidate in answer.candidates}
        for code, name in zip(row["expected"].split(";"), row["expected_name"].split(";"), strict=True):
            # A township is told with its district in front.
            if not named & {name, code} and not any(name.endswith(one) for one in named):
                lacking.append((row["query"], name, named))
    assert lacking == []


def test_no_answer_of_the_list_claims_to_be_finer_than_it_is(labelled_answers: list[Answer]) -> None:
    order = list(Precision)
    for row, answer in zip(LABELLED, labelled_answers, strict=True):
        if isinstance(answer, Match):
            assert order.index(answer.precision) >= order.index(FINEST[answer.level]), row["query"]
            if row["outcome"] == "match" and row["level"] and LEVELS.index(answer.level) > LEVELS.index(Level(row["level"])):
                # A coarser answer always says what it left over.
                assert answer.unresolved, row["query"]
            assert answer.basis is not Basis.PARENT or order.index(answer.precision) >= order.index(Precision.AREA)
            assert (answer.method is Method.FUZZY) == (answer.score < 100)


@pytest.mark.parametrize("text", ["杭州" * 50_000, "滨江" * 2_000, "杭州" * 600 + "路1号2幢"])
def test_names_without_end_are_answered(text: str) -> None:
    (alone,) = OfflineGeocoder(GAZETTEER).geocode([Query(text)])
    assert alone.query == text
    assert not (isinstance(alone, Match) and alone.level is Level.PLACE)
    assert OfflineGeocoder(GAZETTEER).geocode([Query(text), Query("滨江区")])[0] == alone
