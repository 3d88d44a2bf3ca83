from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from geo.atlas import Atlas
from geo.geocode.answers import Division, Level
from geo.geocode.gazetteer import Feature, Form, Former, Gazetteer, Location
from geo.geocode.spellings import FormKind, shorten, stem_of
from geo.ground.datum import Datum
from geo.ground.names import fold_name
from geo.tables.kinds import Basis, PointKind, Precision
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import DivisionRow, ElsewhereRow, FormerRow, GazetteerRow, HomonymRow, Place, Row
from tests.known import DATA

CITY = {"code": "330100", "name": "杭州市", "name_en": "Hangzhou", "level": "city", "lon": "119.5", "lat": "29.9", "uncertainty_m": "124600"}
BINJIANG = {"code": "330108", "name": "滨江区", "name_en": "Binjiang District", "level": "district", "parent": "330100"}
XIAOSHAN = {"code": "330109", "name": "萧山区", "name_en": "Xiaoshan District", "level": "district", "parent": "330100"}
WENYAN = {"code": "330109012", "name": "闻堰街道", "name_en": "Wenyan Subdistrict", "level": "township", "parent": "330109"}
POINT = {"lon": "120.18", "lat": "30.19", "uncertainty_m": "6800", "source": "a-source"}


def row_of(model: type[Row], cells: dict[str, str]) -> Any:
    return model.model_validate(dict.fromkeys(model.model_fields) | cells)


def known(name: str, **cells: str) -> GazetteerRow:
    location = {"lon": "120.1", "lat": "30.1", "datum": "WGS84", "precision": "site", "uncertainty_m": "50", "admin": "滨江区", "basis": "surveyed"}
    row: GazetteerRow = row_of(GazetteerRow, {"name": name, "source": "a-source"} | location | cells)
    return row


def alias(name: str, alias_of: str) -> GazetteerRow:
    row: GazetteerRow = row_of(GazetteerRow, {"name": name, "alias_of": alias_of})
    return row


def guest(name: str, host: str) -> GazetteerRow:
    row: GazetteerRow = row_of(GazetteerRow, {"name": name, "alias_of": host, "basis": "parent", "source": "who-says-so", "note": "地块未知"})
    return row


def division(cells: dict[str, str], **more: str) -> DivisionRow:
    point = {} if cells["level"] == "township" else POINT
    row: DivisionRow = row_of(DivisionRow, point | cells | more)
    return row


HANGZHOU = (division(CITY), division(BINJIANG), division(XIAOSHAN))


def gazetteer_of(
    *rows: GazetteerRow,
    places: Iterable[Place] = (),
    divisions: Iterable[DivisionRow] = HANGZHOU,
    former: Iterable[FormerRow] = (),
    elsewhere: Iterable[ElsewhereRow] = (),
    homonyms: Iterable[HomonymRow] = (),
) -> Gazetteer:
    """A gazetteer of these rows alone."""
    tables = Tables(
        sources=(),
        paragraphs=(),
        corridors=(),
        places=tuple(places),
        vocabulary=(),
        indicators=(),
        relations=(),
        gazetteer=rows,
        other_numbers=(),
        profile=read_tables(DATA).profile,
        version="for a test",
        divisions=tuple(divisions),
        former=tuple(former),
        elsewhere=tuple(elsewhere),
        homonyms=tuple(homonyms),
    )
    return Gazetteer(tables)


def homonym(name: str, kind: str) -> HomonymRow:
    row: HomonymRow = row_of(HomonymRow, {"name": name, "kind": kind, "elsewhere_zh": "某市", "source_note": "常识"})
    return row


def feature_of(gazetteer: Gazetteer, name: str) -> Feature:
    (form,) = gazetteer.forms[fold_name(name)]
    return form.feature


def kinds_of(gazetteer: Gazetteer, feature: Feature) -> dict[str, FormKind]:
    return {name: form.kind for name, forms in gazetteer.forms.items() for form in forms if form.feature is feature}


@pytest.fixture(scope="module")
def shipped(atlas: Atlas) -> Gazetteer:
    return atlas.gazetteer


# --- curated places -----------------------------------------------------------------------------------------------------------------------


def test_a_name_stands_for_its_location_within_its_divisions() -> None:
    (form,) = gazetteer_of(known("某产业园", note="量得")).forms["某产业园"]
    assert form == Form(form.feature, FormKind.OWN, 0, None)
    feature = form.feature
    assert (feature.name, feature.level, feature.is_by_host, feature.source, feature.note) == ("某产业园", Level.PLACE, False, "a-source", "量得")
    assert feature.location == Location("某产业园", 120.1, 30.1, Precision.SITE, 50, Basis.SURVEYED, "a-source", Datum.WGS84, "量得")
    assert feature.divisions == (Division("330100", "杭州市"), Division("330108", "滨江区"))
    assert (feature.district, feature.code) == ("滨江区", "330108")


def test_an_alias_of_an_alias_stands_for_the_same_place() -> None:
    gazetteer = gazetteer_of(alias("小产业园", "产业园"), alias("产业园", "某产业园"), known("某产业园"))
    feature = feature_of(gazetteer, "某产业园")
    kinds = {name: kind for name, kind in kinds_of(gazetteer, feature).items() if not name.isascii()}
    assert kinds == {"某产业园": FormKind.OWN, "产业园": FormKind.ALIAS, "小产业园": FormKind.ALIAS}


def test_a_guest_is_a_place_of_its_own_at_its_host() -> None:
    gazetteer = gazetteer_of(known("某产业园"), guest("某芯片厂", "某产业园"), alias("芯片工厂", "某芯片厂"))
    host, factory = feature_of(gazetteer, "某产业园"), feature_of(gazetteer, "某芯片厂")
    assert factory is not host
    assert factory.location is host.location
    assert (factory.name, factory.is_by_host, factory.source, factory.note) == ("某芯片厂", True, "who-says-so", "地块未知")
    assert feature_of(gazetteer, "芯片工厂") is factory
    assert gazetteer.forms["芯片工厂"][0].kind is FormKind.ALIAS


def test_a_guest_of_a_guest_keeps_its_own_words() -> None:
    gazetteer = gazetteer_of(known("某产业园"), guest("某芯片厂", "某产业园"), guest("某封装车间", "某芯片厂"))
    workshop = feature_of(gazetteer, "某封装车间")
    assert (workshop.name, workshop.location.name, workshop.is_by_host) == ("某封装车间", "某产业园", True)


def test_namesakes_are_all_returned_in_order() -> None:
    gazetteer = gazetteer_of(known("某产业园"), known("某产业园", lon="120.3", admin="萧山区"))
    assert [form.feature.location.lon for form in gazetteer.forms["某产业园"]] == [120.1, 120.3]
    assert [form.feature.district for form in gazetteer.forms["某产业园"]] == ["滨江区", "萧山区"]


@pytest.mark.parametrize("name", ["未知", "", "某"])
def test_a_name_that_is_not_known_has_no_forms(name: str) -> None:
    assert name not in gazetteer_of(known("某产业园")).forms


def test_coordinates_come_out_in_wgs84_with_their_datum_kept() -> None:
    location = feature_of(gazetteer_of(known("某产业园", lon="120.190262", lat="30.189772", datum="GCJ02")), "某产业园").location
    assert location.lon == pytest.approx(120.18566, abs=1e-5)
    assert location.lat == pytest.approx(30.19216, abs=1e-5)
    assert location.datum_of_source is Datum.GCJ02


def test_a_place_is_found_by_its_short_forms_its_pinyin_and_with_its_bracket_anywhere() -> None:
    gazetteer = gazetteer_of(known("杭州某高新技术产业开发区（滨江）"))
    names = {
        "杭州某高新技术产业开发区滨江",
        "杭州某高新区滨江",
        "某高新区滨江",
        "滨江杭州某高新技术产业开发区",
        "杭州某高新技术产业开发区",
        "某高新技术产业开发区",
        "hangzhoumougaoxinqubinjiang",
    }
    assert names - gazetteer.forms.keys() == set()
    assert {feature_of(gazetteer, name).name for name in names} == {"杭州某高新技术产业开发区（滨江）"}


def test_what_a_place_is_called_in_the_tables_leads_to_what_its_query_does() -> None:
    cells = {
        "id": "some-park",
        "name_zh": "某产业新城",
        "name_en": "Some New Town",
        "kind": "park",
        "corridor": "none",
        "corridor_basis": "none",
        "district": "滨江区",
        "place_query": "某产业园",
        "source": "a-source",
    }
    gazetteer = gazetteer_of(known("某产业园"), places=[row_of(Place, cells)])
    assert feature_of(gazetteer, "Some New Town") is feature_of(gazetteer, "某产业新城") is feature_of(gazetteer, "某产业园")


def test_the_names_of_a_place_leave_out_its_guests() -> None:
    gazetteer = gazetteer_of(known("某园"), alias("园", "某园"), alias("小园", "园"), guest("某厂", "某园"), alias("工厂", "某厂"))
    assert gazetteer.names_of("某园") == ("某园", "园", "小园")
    assert gazetteer.names_of("某厂") == ("某厂", "工厂")
    assert gazetteer.names_of("未知") == ()


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("杭州高新技术产业开发区", "杭州高新区"),
        ("桐庐国家级经济技术开发区", "桐庐经开区"),
        ("hitechzone", "hightechzone"),
        ("scienceandtechnologycenter", "scitechcentre"),
        ("高新区", "高新区"),
    ],
)
def test_long_forms_are_written_short(long: str, short: str) -> None:
    assert shorten(long) == short
    assert shorten(short) == short


# --- divisions ----------------------------------------------------------------------------------------------------------------------------


def test_a_district_is_known_by_its_official_name_and_its_short_one() -> None:
    gazetteer = gazetteer_of()
    district = gazetteer.by_code["330108"]
    assert kinds_of(gazetteer, district) == {
        "滨江区": FormKind.OWN,
        "binjiangdistrict": FormKind.OWN,
        "binjiangqu": FormKind.OWN,
        "滨江": FormKind.SHORT,
        "binjiang": FormKind.SHORT,
    }
    assert (district.name, district.level, district.location.precision, district.location.uncertainty_m) == (
        "滨江区",
        Level.DISTRICT,
        Precision.DISTRICT,
        6800,
    )


def test_a_subdistrict_is_known_by_the_kinds_it_may_have_had() -> None:
    gazetteer = gazetteer_of(divisions=[*HANGZHOU, division(WENYAN, **POINT, namesakes="0", own_namesakes="2")])
    township = gazetteer.by_code["330109012"]
    kinds = kinds_of(gazetteer, township)
    assert {name: kind for name, kind in kinds.items() if not name.isascii()} == {
        "闻堰街道": FormKind.OWN,
        "闻堰镇": FormKind.ALIAS,
        "闻堰乡": FormKind.ALIAS,
        "闻堰畲族乡": FormKind.ALIAS,
        "闻堰": FormKind.SHORT,
    }
    assert (kinds["wenyanjiedao"], kinds["wenyansubdistrict"], kinds["wenyanstreet"], kinds["wenyan"]) == (
        FormKind.OWN,
        FormKind.OWN,
        FormKind.ALIAS,
        FormKind.SHORT,
    )
    assert (gazetteer.forms["闻堰街道"][0].namesakes, gazetteer.forms["闻堰"][0].namesakes) == (0, 2)


def test_a_township_without_a_point_stands_at_its_districts() -> None:
    gazetteer = gazetteer_of(divisions=[*HANGZHOU, division(WENYAN)])
    township, district = gazetteer.by_code["330109012"], gazetteer.by_code["330109"]
    assert township.location is district.location
    assert (township.level, township.is_by_host, district.is_by_host) == (Level.TOWNSHIP, True, False)
    assert township.divisions == (Division("330100", "杭州市"), Division("330109", "萧山区"), Division("330109012", "闻堰街道"))
    assert (township.district, township.code) == ("萧山区", "330109012")


def test_the_city_lies_in_no_district() -> None:
    city = gazetteer_of().by_code["330100"]
    assert (city.level, city.district, city.code, city.location.precision) == (Level.CITY, "", "330100", Precision.CITY)


def test_a_curated_row_of_a_district_is_the_district() -> None:
    gazetteer = gazetteer_of(known("萧山区", precision="district", admin="萧山区", uncertainty_m="49000"), alias("萧山", "萧山区"))
    assert gazetteer.by_code["330109"] is feature_of(gazetteer, "萧山区") is feature_of(gazetteer, "萧山")
    assert gazetteer.by_code["330109"].location.uncertainty_m == 49000
    assert gazetteer.by_code["330109"].level is Level.DISTRICT


def test_another_name_that_is_a_districts_stays_the_districts() -> None:
    """滨江 names the zone as well as the district."""
    gazetteer = gazetteer_of(known("杭州高新区(滨江)"), alias("滨江", "杭州高新区(滨江)"), alias("滨江区", "杭州高新区(滨江)"))
    assert feature_of(gazetteer, "滨江") is feature_of(gazetteer, "滨江区") is gazetteer.by_code["330108"]
    assert gazetteer.names_of("杭州高新区(滨江)") == ("杭州高新区(滨江)", "滨江", "滨江区")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("滨江区", "滨江"),
        ("莪山畲族乡", "莪山"),
        ("建德市", "建德"),
        ("杭县", "杭县"),
        ("瓜沥镇", "瓜沥"),
        ("香港特别行政区", "香港"),
        ("未来", "未来"),
    ],
)
def test_the_stem_of_a_division_is_its_name_without_its_kind(name: str, stem: str) -> None:
    assert stem_of(name) == stem


# --- former names, other places' names ----------------------------------------------------------------------------------------------------


def test_a_former_name_leads_to_what_became_of_it() -> None:
    cells = {
        "name": "江干区",
        "name_en": "Jianggan District",
        "level": "district",
        "became": "330109;330108",
        "note_zh": "撤销",
    }
    row = row_of(FormerRow, cells)
    gazetteer = gazetteer_of(former=[row])
    features = (gazetteer.by_code["330109"], gazetteer.by_code["330108"])
    assert gazetteer.former == dict.fromkeys(("江干区", "jiangganqu", "jianggandistrict"), Former(row, features, None))


def test_homonyms_are_kept_by_their_kind_with_their_long_and_short_forms() -> None:
    rows = [homonym("未来科技城", "name"), homonym("高新技术产业开发区", "type"), homonym("某湾新区", "other")]
    gazetteer = gazetteer_of(homonyms=rows)
    assert gazetteer.homonyms == {"未来科技城": rows[0], "weilaikejicheng": rows[0]}
    assert gazetteer.types == {"高新技术产业开发区": rows[1], "高新区": rows[1], "gaoxinjishuchanyekaifaqu": rows[1]}
    assert gazetteer.elsewhere == {"某湾新区": "某市", "mouwanxinqu": "某市"}


def test_a_name_that_only_says_the_sort_of_place_is_no_name_of_a_place() -> None:
    gazetteer = gazetteer_of(known("杭州高新区"), alias("高新区", "杭州高新区"), homonyms=[homonym("高新区", "type")])
    assert "高新区" not in gazetteer.forms
    assert feature_of(gazetteer, "杭州高新区").name == "杭州高新区"


def test_divisions_elsewhere_are_known_in_full_and_short_unless_one_of_ours_bears_the_name() -> None:
    rows = [
        {"code": "360000", "name": "江西省", "level": "province", "name_en": "Jiangxi"},
        {"code": "360100", "name": "南昌市", "level": "prefecture", "name_en": "Nanchang", "parent": "360000"},
        {"code": "360103", "name": "滨江区", "level": "county", "parent": "360100"},
        {"code": "360104", "name": "青云谱区", "level": "county", "parent": "360100"},
    ]
    gazetteer = gazetteer_of(elsewhere=[row_of(ElsewhereRow, cells) for cells in rows])
    full = {"江西省": "江西省", "jiangxiprovince": "江西省", "南昌市": "南昌市", "nanchangcity": "南昌市", "青云谱区": "青云谱区"}
    assert full.items() <= gazetteer.elsewhere.items()
    assert "滨江区" not in gazetteer.elsewhere
    short = {"江西": "江西省", "jiangxi": "江西省", "南昌": "南昌市", "nanchang": "南昌市", "滨江": "滨江区", "青云谱": "青云谱区"}
    assert gazetteer.elsewhere_short == short


# --- the shipped names --------------------------------------------------------------------------------------------------------------------


def test_the_shipped_zone_is_known_by_all_its_names(shipped: Gazetteer) -> None:
    names = ("杭州高新区(滨江)", "高新区(滨江)", "杭州高新区", "滨江高新区", "滨江", "滨江区", "Hangzhou High-tech Zone (Binjiang)")
    assert shipped.names_of("杭州高新区(滨江)") == names
    of_the_district = {"滨江", "滨江区"}
    assert {feature_of(shipped, name).name for name in names if name not in of_the_district} == {"杭州高新区(滨江)"}
    assert {feature_of(shipped, name).name for name in of_the_district} == {"滨江区"}


def test_every_shipped_name_of_a_place_stands_for_exactly_one(shipped: Gazetteer, tables: Tables) -> None:
    types = [row.name for row in tables.gazetteer if fold_name(row.name) in shipped.types]
    assert types == ["首个工业综合体"]
    counts = {row.name: len(shipped.forms[fold_name(row.name)]) for row in tables.gazetteer if row.name not in types}
    assert set(counts.values()) == {1}
    assert len(counts) == len(tables.gazetteer) - 1


def test_every_shipped_division_has_its_feature(shipped: Gazetteer, tables: Tables) -> None:
    assert list(shipped.by_code) == [row.code for row in tables.divisions]
    assert {code: (feature.name, feature.code) for code, feature in shipped.by_code.items()} == {
        row.code: (row.name, row.code) for row in tables.divisions
    }
    by_host = [code for code, feature in shipped.by_code.items() if feature.is_by_host]
    points = {point.name for point in tables.points if point.kind is PointKind.TOWNSHIP}
    assert by_host == [row.code for row in tables.divisions if row.lon is None and row.name not in points]
    assert len(by_host) > 0


def test_the_shipped_places_are_all_there_once(shipped: Gazetteer) -> None:
    assert len(shipped.places) == len(set(shipped.places)) == 26
    assert {feature.level for feature in shipped.places} == {Level.PLACE}
    assert sum(1 for feature in shipped.places if feature.is_by_host) == 10


def test_every_name_of_a_feature_leads_back_to_it(shipped: Gazetteer) -> None:
    assert {form.feature for forms in shipped.forms.values() for form in forms} == shipped.names.keys()
    for feature, names in shipped.names.items():
        assert [name for name in names if all(form.feature is not feature for form in shipped.forms[name])] == []


def test_no_shipped_name_is_both_ours_and_elsewhere_in_full(shipped: Gazetteer) -> None:
    assert shipped.forms.keys() & shipped.elsewhere.keys() == set()
    assert shipped.forms.keys() & shipped.types.keys() == set()


def test_every_note_of_the_data_has_its_english() -> None:
    tables = read_tables(DATA)
    assert [row.name for row in tables.divisions if row.note and not row.note_en] == []
    assert [row.name for row in tables.gazetteer if row.note and not row.note_en] == []
    assert [row.name for row in tables.points if row.note and not row.note_en] == []
    assert [row.name for row in tables.former if not row.note_en] == []
    assert [row.name for row in tables.homonyms if not row.elsewhere_en] == []
