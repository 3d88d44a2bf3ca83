from __future__ import annotations

from decimal import Decimal

import pytest
from babel.support import Translations
from hypothesis import given
from hypothesis import strategies as st

from geo.atlas import Atlas
from geo.geocode.answers import Level, Match, Method, Miss, MissReason
from geo.ground.datum import Datum
from geo.settings import PROJECT
from geo.tables.cells import Period
from geo.tables.kinds import Basis, Kind, Precision
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import Indicator, Place, Source
from geo.tables.units import parse_unit
from geo.words.cards import Card, Chip, Wording
from geo.words.figures import FigureWords
from geo.words.phrases import (
    BASES,
    GROUPS,
    KINDS,
    MISS_REASONS,
    NUMBER_REASONS,
    PRECISIONS,
    QUALIFIERS,
    RELATIONS,
    SOURCE_KINDS,
    STATUSES,
)
from tests.known import DATA

ZH = Wording("zh", str, read_tables(DATA))
EN = Wording("en", Translations.load(PROJECT / "translations", ["en"]).ugettext, read_tables(DATA))
SOURCE = Source.model_validate(dict.fromkeys(Source.model_fields) | {"id": "a-source", "title": "某报道", "kind": "web"})


def stated(**cells: str) -> Indicator:
    base = {"subject_id": "somewhere", "indicator": "investment", "qualifier": "exact", "status": "actual", "source": "a-source"}
    return Indicator.model_validate(dict.fromkeys(Indicator.model_fields) | base | cells)


def found(**changed: object) -> Match:
    cells = {
        "query": "某园",
        "name": "某园",
        "matched": "某园",
        "level": Level.PLACE,
        "method": Method.EXACT,
        "score": 100.0,
        "runner_up": None,
        "unresolved": "",
        "lon": 120.1,
        "lat": 30.1,
        "precision": Precision.LOCALITY,
        "uncertainty_m": 900,
        "divisions": (),
        "basis": Basis.DERIVED,
        "source": "a-source",
        "datum_of_source": Datum.WGS84,
        "note": None,
    }
    return Match(**(cells | changed))  # type: ignore[arg-type]


def place_of(tables: Tables, id_: str) -> Place:
    return next(place for place in tables.places if place.id == id_)


def card_of(atlas: Atlas, id_: str, wording: Wording) -> Card:
    return wording.card(place_of(atlas.tables, id_), atlas)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("2022", "2022 年", "2022"),
        ("2023-05", "2023 年 5 月", "May 2023"),
        ("2023-06-20", "2023 年 6 月 20 日", "20 Jun 2023"),
        ("2023-06-02", "2023 年 6 月 2 日", "2 Jun 2023"),
        ("2023-Q1", "2023 年一季度", "Q1 2023"),
        ("2023-Q4", "2023 年四季度", "Q4 2023"),
        ("2023-01/2023-05", "2023 年 1—5 月", "Jan–May 2023"),
        ("2022-11/2023-02", "2022 年 11 月–2023 年 2 月", "Nov 2022–Feb 2023"),
        ("2023-Q1/2023-Q2", "2023 年一季度–2023 年二季度", "Q1 2023–Q2 2023"),
        ("2020/2022", "2020—2022 年", "2020–2022"),
        ("/2027", "到 2027 年", "by 2027"),
        ("/2027-06", "到 2027 年 6 月", "by Jun 2027"),
        ("2020/", "2020 年以来", "since 2020"),
        ("2020-Q2/", "2020 年二季度以来", "since Q2 2020"),
    ],
)
def test_a_period_reads_in_both_languages(text: str, zh: str, en: str) -> None:
    period = Period.parse(text)
    assert (ZH.period(period), EN.period(period)) == (zh, en)


def test_a_period_that_is_not_stated_says_so() -> None:
    assert (ZH.period(None), EN.period(None)) == ("原文未写时期", "period not stated")


@pytest.mark.parametrize(
    ("cells", "zh", "en"),
    [
        ({"value": "756"}, "756", "756"),
        ({"value": "1851.1"}, "1851.1", "1,851.1"),
        ({"value": "2.0", "qualifier": "over"}, "超 2.0", "over 2.0"),
        ({"value": "10", "qualifier": "about"}, "约 10", "about 10"),
        ({"value": "1000", "qualifier": "under"}, "不足 1000", "under 1,000"),
        ({"value": "7", "qualifier": "at_least"}, "至少 7", "at least 7"),
        ({"value": "700", "value_max": "800", "qualifier": "about"}, "约 700–800", "about 700–800"),
        ({"value": "3", "value_max": "5"}, "3–5", "3–5"),
        ({"growth_pct": "49.3"}, "", ""),
    ],
)
def test_an_amount_keeps_its_digits_and_its_qualifier(cells: dict[str, str], zh: str, en: str) -> None:
    assert (ZH.amount(stated(**cells)), EN.amount(stated(**cells))) == (zh, en)


@pytest.mark.parametrize(
    ("cells", "zh", "en"),
    [
        ({"value": "756", "unit": "亿元"}, "756 亿元", "CNY 75.6 billion"),
        ({"value": "305.8", "unit": "亿元"}, "305.8 亿元", "CNY 30.58 billion"),
        ({"value": "2.0", "unit": "亿元"}, "2.0 亿元", "CNY 200 million"),
        ({"value": "1.5", "unit": "万亿元", "qualifier": "over"}, "超 1.5 万亿元", "over CNY 1.5 trillion"),
        ({"value": "9999", "unit": "亿元"}, "9999 亿元", "CNY 999.9 billion"),
        ({"value": "10000", "unit": "亿元"}, "10000 亿元", "CNY 1 trillion"),
        ({"value": "700", "value_max": "800", "unit": "亿元", "qualifier": "about"}, "约 700–800 亿元", "about CNY 70–80 billion"),
        # Both ends of a range are told in one power.
        ({"value": "5", "value_max": "20", "unit": "亿元"}, "5–20 亿元", "CNY 0.5–2 billion"),
        ({"value": "1851.1", "unit": "万元/亩"}, "1851.1 万元/亩", "CNY 18.511 million per mu"),
        ({"value": "12", "unit": "万元"}, "12 万元", "CNY 120,000"),
        ({"value": "700", "unit": "亩"}, "700 亩", "700 mu"),
        ({"value": "13.48", "unit": "平方公里"}, "13.48 平方公里", "13.48 km²"),
        ({"value": "12", "unit": "英寸"}, "12 英寸", "12 inches"),
        ({"value": "1", "unit": "英寸"}, "1 英寸", "1 inch"),
        ({"value": "1", "unit": "年"}, "1 年", "1 year"),
        ({"value": "1", "value_max": "3", "unit": "年"}, "1–3 年", "1–3 years"),
        ({"value": "29", "unit": "个"}, "29 个", "29"),
        ({"value": "2.0"}, "2.0", "2.0"),
        ({"growth_pct": "-49.3"}, "-49.3%", "-49.3%"),
        ({"rank": "2", "rank_scope_zh": "浙江省", "rank_scope_en": "Zhejiang Province"}, "第二", "Second"),
    ],
)
def test_what_is_stated_reads_as_people_say_it(cells: dict[str, str], zh: str, en: str) -> None:
    assert (ZH.stated(stated(**cells)), EN.stated(stated(**cells))) == (zh, en)


@given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False), st.sampled_from(["万元", "亿元", "万亿元"]))
def test_money_in_english_is_the_same_amount_to_the_last_digit(value: Decimal, unit: str) -> None:
    currency, number, *words = EN.stated(stated(value=f"{value:f}", unit=unit)).split()
    power = {"trillion": 10**12, "billion": 10**9, "million": 10**6}[words[0]] if words else 1
    assert currency == "CNY"
    assert Decimal(number.replace(",", "")) * power == value * parse_unit(unit).magnitude


def test_a_figure_without_a_unit_has_none_in_words() -> None:
    assert (ZH.unit(stated(value="2.0")), EN.unit(stated(value="2.0"))) == ("", "")


@pytest.mark.parametrize(("growth", "words", "sign"), [("8.1", "+8.1%", 1), ("-3.20", "-3.20%", -1), ("0", "+0%", 0)])
def test_a_growth_carries_its_sign(growth: str, words: str, sign: int) -> None:
    figure = ZH.figure(stated(growth_pct=growth), "投资", SOURCE)
    assert (figure.value, figure.growth, figure.growth_sign) == ("", words, sign)


def test_no_growth_has_no_sign() -> None:
    figure = ZH.figure(stated(value="1"), "投资", SOURCE)
    assert (figure.growth, figure.growth_sign) == ("", 0)


def test_a_rank_follows_its_amount_with_its_scope() -> None:
    figure = stated(value="756", unit="亿元", rank="1", rank_scope_zh="杭州市", rank_scope_en="Hangzhou")
    zh, en = ZH.figure(figure, "增加值", SOURCE), EN.figure(figure, "Value added", SOURCE)
    assert (zh.value, zh.unit, zh.rank) == ("756", "亿元", "全市第一")
    assert (en.value, en.unit, en.rank) == ("CNY 75.6 billion", "", "first in Hangzhou")


@pytest.mark.parametrize(
    ("cells", "zh", "en"),
    [
        ({"rank": "1", "rank_scope_zh": "浙江省", "rank_scope_en": "Zhejiang Province"}, "全省第一", "first in Zhejiang Province"),
        ({"rank": "3", "rank_scope_zh": "各开发区", "rank_scope_en": "development zones"}, "各开发区第三", "third among development zones"),
        ({"rank": "12", "rank_scope_zh": "各开发区", "rank_scope_en": "development zones"}, "各开发区第 12", "No. 12 among development zones"),
    ],
)
def test_a_rank_says_among_what(cells: dict[str, str], zh: str, en: str) -> None:
    assert (ZH.rank(stated(**cells)), EN.rank(stated(**cells))) == (zh, en)


def test_a_rank_alone_stands_as_the_value_with_its_scope_beside_it() -> None:
    figure = stated(rank="3", rank_scope_zh="浙江省", rank_scope_en="Zhejiang Province")
    zh, en = ZH.figure(figure, "位次", SOURCE), EN.figure(figure, "Place", SOURCE)
    assert (zh.value, zh.unit, zh.rank) == ("第三", "", "全省")
    assert (en.value, en.unit, en.rank) == ("Third", "", "in Zhejiang Province")


def test_a_figure_says_where_it_is_stated_and_whether_it_is_planned() -> None:
    figure = stated(value="117", unit="亿元", period="2023-Q1", status="planned", paragraph="20", start="1", end="2")
    assert EN.figure(figure, "Planned total investment", SOURCE) == FigureWords(
        label="Planned total investment",
        value="CNY 11.7 billion",
        unit="",
        growth="",
        growth_sign=0,
        period="Q1 2023",
        rank="",
        planned="planned",
        where="“某报道”, paragraph 20",
        source="a-source",
        paragraph=20,
        share=None,
        doubt="",
    )
    assert ZH.figure(stated(value="1"), "投资", SOURCE).where == "某报道"


@pytest.mark.parametrize(
    ("metres", "zh", "en"),
    [(700, "700 米", "700 m"), (999, "999 米", "999 m"), (1000, "1 公里", "1 km"), (7300, "7.3 公里", "7.3 km"), (129000, "129 公里", "129 km")],
)
def test_a_distance_is_in_metres_below_a_kilometre(metres: int, zh: str, en: str) -> None:
    assert (ZH.distance(metres), EN.distance(metres)) == (zh, en)


def test_an_own_location_says_how_exact_it_is() -> None:
    assert ZH.located(found(), "") == "位置为地段，误差 ±900 米"
    assert EN.located(found(), "") == "Located to a locality, ±900 m"


@pytest.mark.parametrize("precision", [Precision.AREA, Precision.TOWNSHIP, Precision.DISTRICT, Precision.CITY])
def test_an_area_has_an_extent_and_no_error(precision: Precision) -> None:
    area = found(precision=precision, uncertainty_m=7300)
    assert "位置范围：半径约 7.3 公里" in ZH.located(area, "")
    assert "误差" not in ZH.located(area, "")
    assert EN.located(area, "").endswith("lies within about 7.3 km")
    assert "±" not in EN.located(area, "") + ZH.located(area, "")


def test_a_location_of_the_host_says_whose_it_is() -> None:
    guest = found(query="某厂", basis=Basis.PARENT, precision=Precision.AREA, uncertainty_m=2000)
    assert ZH.located(guest, "大园") == "只知在大园，自身位置不详；位置范围：半径约 2 公里"
    assert EN.located(guest, "Great Park") == "Known only to be in Great Park, own site unknown; lies within about 2 km"
    assert ZH.located(guest, "") == "只知在某园，自身位置不详；位置范围：半径约 2 公里"


def test_a_miss_says_why() -> None:
    assert ZH.located(Miss("某园", MissReason.UNKNOWN), "") == "位置不明，图上不标：地名表中没有这个名称"
    assert EN.located(Miss("某园", MissReason.AMBIGUOUS), "") == "Location unknown, not on the map: the gazetteer has several places of this name"


def test_the_finding_of_all_places_is_the_leading_figure_as_a_headline(tables: Tables) -> None:
    assert ZH.finding(tables.places, tables) == ("杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。")
    assert EN.finding(tables.places, tables) == (
        "Hangzhou High-tech Zone (Binjiang) is first in Hangzhou by value added of industry above designated size: CNY 75.6 billion (2022)."
    )


def test_the_finding_of_the_west_is_that_there_are_no_figures(tables: Tables) -> None:
    west = [place for place in tables.places if place.corridor == "west"]
    assert ZH.finding(west, tables) == "2 处地点，报道没有单独给出它们的数字。"
    assert EN.finding(west, tables) == "2 places; the report states no figures of their own."


def test_the_finding_without_a_ranked_figure_counts_what_there_is(tables: Tables) -> None:
    some = [place_of(tables, "china-vision-valley"), place_of(tables, "lianji-base"), place_of(tables, "dessmann")]
    assert ZH.finding(some, tables) == "3 处地点，3 个数字，逐条注明出处。"
    assert EN.finding(some, tables) == "3 places and 3 figures, each with its source."


def test_a_card_says_everything_about_a_place(atlas: Atlas) -> None:
    card = card_of(atlas, "fullsemi-1", ZH)
    assert (card.name, card.other_name, card.focus) == ("富芯半导体一期", "FullSemi 12-inch fab, phase 1", "12 英寸晶圆生产线")
    assert card.chips == (Chip("城东 · 随所属平台", "east"), Chip("项目"), Chip("富阳区"), Chip("已运行"))
    assert [(figure.label, figure.value, figure.unit, figure.rank) for figure in card.figures] == [
        ("项目投资", "180", "亿元", ""),
        ("晶圆生产线", "12", "英寸", "浙江省 12 英寸线（按建成先后）第一"),
        ("占地面积", "约 700", "亩", ""),
    ]
    assert (card.headline, card.headline_note) == ("180 亿元", "项目投资 · 原文未写时期")
    assert card.located == "只知在滨富特别合作区，自身位置不详；位置范围：半径约 2 公里"
    assert (card.named, card.source, card.paragraph, card.beyond_report) == ("报道第 38 段", "report-2023", 38, "")


def test_a_card_in_english_has_no_chinese_but_the_other_name(atlas: Atlas) -> None:
    card = card_of(atlas, "fullsemi-1", EN)
    assert (card.name, card.other_name, card.focus) == ("FullSemi 12-inch fab, phase 1", "富芯半导体一期", "A 12-inch wafer line")
    assert card.chips == (Chip("East · as its host", "east"), Chip("Project"), Chip("Fuyang District"), Chip("In operation"))
    assert (card.headline, card.headline_note) == ("CNY 18 billion", "Project investment · period not stated")
    assert card.located == "Known only to be in Binjiang-Fuyang Special Cooperation Zone, own site unknown; lies within about 2 km"
    assert card.named == "report, paragraph 38"


def test_a_place_without_figures_says_so_instead_of_a_headline(atlas: Atlas) -> None:
    card = card_of(atlas, "tonglu-edz", ZH)
    assert (card.figures, card.headline, card.headline_note) == ((), "—", "报道未给出单独的数字")
    assert card.chips[0] == Chip("多点", "none")


def test_a_place_from_another_source_says_so(atlas: Atlas) -> None:
    card = card_of(atlas, "binxiao-small-parks", EN)
    assert card.beyond_report == "Not in the report; added from another source"
    assert card.located == "Location unknown, not on the map: the gazetteer does not have this name"
    assert (card.located_note, card.paragraph) == ("", None)


def test_a_headline_is_the_first_figure_with_a_value(atlas: Atlas) -> None:
    card = card_of(atlas, "binjiang-hitech", EN)
    assert (card.headline, card.headline_note) == ("CNY 75.6 billion", "Value added of industry above designated size · 2022")
    assert [figure.growth for figure in card.figures if not figure.value] == ["+49.3%"]


def test_a_line_of_the_list_says_what_the_card_says(atlas: Atlas) -> None:
    for wording in (ZH, EN):
        for place in atlas.tables.places:
            entry, card = wording.entry(place, atlas), wording.card(place, atlas)
            for part in ("id", "name", "headline", "headline_note", "located"):
                assert getattr(entry, part) == getattr(card, part), (place.id, part)


@pytest.mark.parametrize(
    ("zh", "en", "in_zh", "in_en"),
    [("园", "Park", "园", "Park"), ("园", None, "园", "园"), (None, "Park", "Park", "Park"), (None, None, "", "")],
)
def test_a_text_that_is_missing_in_a_language_is_taken_from_the_other(zh: str | None, en: str | None, in_zh: str, in_en: str) -> None:
    assert (ZH.pick(zh, en), EN.pick(zh, en)) == (in_zh, in_en)


def test_a_description_is_not_shown_in_english_where_there_is_none(atlas: Atlas) -> None:
    place = place_of(atlas.tables, "fullsemi-1").model_copy(update={"focus_en": None})
    assert EN.card(place, atlas).focus == ""
    assert ZH.card(place, atlas).focus == "12 英寸晶圆生产线"


def test_every_member_of_an_enumeration_has_its_words() -> None:
    for words in (BASES, KINDS, STATUSES, PRECISIONS, RELATIONS, SOURCE_KINDS, NUMBER_REASONS, QUALIFIERS, MISS_REASONS):
        members = list(type(next(iter(words))))
        assert list(words) == members
    assert sorted(kind for _, kinds in GROUPS for kind in kinds) == sorted(Kind)


def test_single_words_in_both_languages() -> None:
    assert (ZH.corridor("none"), EN.corridor("none")) == ("多点支撑（不在两廊）", "Beyond the two corridors")
    assert (ZH.kind(Kind.VALLEY), EN.kind(Kind.VALLEY)) == ("谷", "Valley")
    assert (ZH.district("临安区"), EN.district("临安区")) == ("临安区", "Lin'an District")


def test_every_figure_stands_on_a_card(atlas: Atlas) -> None:
    cards = {place.id: EN.card(place, atlas) for place in atlas.tables.places}
    assert sum(len(card.figures) for card in cards.values()) == 40
    # Money has its unit within the amount; one of what is counted has another word.
    plain = {figure.unit.en for figure in atlas.tables.indicators if figure.unit and not figure.unit.base_en.startswith("CNY")}
    assert {figure.unit for card in cards.values() for figure in card.figures} <= {"", *plain, "inch", "inches", "year", "time"}


def test_the_extent_of_a_corridor_reads_in_both_languages(tables: Tables) -> None:
    west, east = tables.corridors
    assert ZH.corridor_extent(west) == west.scope_note_zh
    assert EN.corridor_extent(east).startswith("No published area or boundary was found.")
