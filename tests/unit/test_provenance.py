from __future__ import annotations

import dataclasses
import hashlib
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tables.numbers import PrintedNumber, parse_numbers
from geo.tables.provenance import check_text
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import GazetteerRow, Indicator, OtherNumber, Paragraph, Place, Row, Source
from tests.known import DATA

R = TypeVar("R", bound=Row)

# Written for this test.
TEXT = "\n样本园简报\n\n样本园2022年产值12.5亿元,增长3.4%,全市第一。\n投入约五六千万元。\n\n另有7座桥。\n"


def row(model: type[R], **cells: str | int) -> R:
    return model.model_validate(dict.fromkeys(model.model_fields) | {name: str(cell) for name, cell in cells.items()})


def span(part: str, text: str = TEXT) -> dict[str, int]:
    return {"start": text.index(part), "end": text.index(part) + len(part)}


SOURCE = row(Source, id="brief", title="简报", kind="web", sha256=hashlib.sha256(TEXT.encode()).hexdigest())
OUTPUT = row(
    Indicator,
    subject_id="sample-park",
    indicator="output",
    value="12.5",
    unit="亿元",
    period="2022",
    qualifier="exact",
    status="actual",
    growth_pct="3.4",
    rank="1",
    rank_scope_zh="全市",
    rank_scope_en="the city",
    source="brief",
    paragraph="2",
    **span("产值12.5亿元,增长3.4%,全市第一"),
)
SPENDING = row(
    Indicator,
    subject_id="sample-park",
    indicator="spending",
    value="5000",
    value_max="6000",
    unit="万元",
    qualifier="about",
    status="actual",
    source="brief",
    paragraph="2",
    **span("约五六千万元"),
)
PARK = row(
    Place,
    id="sample-park",
    name_zh="样本园",
    name_en="Sample park",
    kind="park",
    corridor="none",
    corridor_basis="none",
    district="滨江区",
    place_query="样本园",
    source="brief",
    paragraph="1",
)
PARAGRAPHS = (
    row(Paragraph, source="brief", paragraph=1, **span("样本园简报")),
    row(Paragraph, source="brief", paragraph=2, **span("样本园2022年产值12.5亿元,增长3.4%,全市第一。\n投入约五六千万元。")),
    row(Paragraph, source="brief", paragraph=3, **span("另有7座桥。")),
)
BRIDGES = row(OtherNumber, source="brief", paragraph=3, reason="class", **span("7座"))
TABLES_OF_BRIEF = Tables(
    sources=(SOURCE,),
    paragraphs=PARAGRAPHS,
    corridors=(),
    places=(PARK,),
    vocabulary=(),
    indicators=(OUTPUT, SPENDING),
    relations=(),
    gazetteer=(),
    other_numbers=(BRIDGES,),
    profile=read_tables(DATA).profile,
    version="0",
)


def findings(text: str = TEXT, **changed: tuple[Row, ...]) -> list[str]:
    return [str(finding) for finding in check_text(dataclasses.replace(TABLES_OF_BRIEF, **changed), SOURCE, text)]  # type: ignore[arg-type]


def changed(figure: Indicator, **cells: object) -> tuple[Indicator, ...]:
    return tuple(figure.model_copy(update=cells) if other is figure else other for other in (OUTPUT, SPENDING))


def read(text: str) -> list[tuple[str, str, bool, str]]:
    return [(str(number.low), str(number.high), number.ordinal, number.unit) for number in parse_numbers(text)]


def in_chinese(number: int) -> str:
    """Write 1 to 9999 in Chinese, where no digit between two others is zero."""
    written = ""
    for digit, unit in zip(f"{number:04}", ("千", "百", "十", ""), strict=True):
        written += "零一二三四五六七八九"[int(digit)] + unit if digit != "0" else ""
    return written


# No zero between two digits: 1, 20, 21, 300, 4500, 6789.
PLAIN = st.integers(1, 9999).filter(lambda number: "0" not in str(number).rstrip("0"))


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("756亿元", "75600000000", "75600000000", "元"),
        ("305.8亿元", "30580000000.0", "30580000000.0", "元"),
        ("七八百亿元", "70000000000", "80000000000", "元"),
        ("五六千万元", "50000000", "60000000", "元"),
        ("1851.1万元/亩", "18511000.0", "18511000.0", "元/亩"),
        ("3—5年", "3", "5", "年"),
        ("3-5年", "3", "5", "年"),
        ("17~24页", "17", "24", "页"),
        ("49.3%", "49.3", "49.3", "%"),
        ("10.5倍", "10.5", "10.5", "倍"),
        ("3千万元", "30000000", "30000000", "元"),
        ("千亿级", "100000000000", "100000000000", "级"),
        ("万亿元", "1000000000000", "1000000000000", "元"),
        ("十", "10", "10", ""),
        ("十二家", "12", "12", "家"),
        ("二十三家", "23", "23", "家"),
        ("两个", "2", "2", "个"),
        ("一千二百万", "12000000", "12000000", ""),
    ],
)
def test_an_amount_is_read_in_arabic_and_chinese_digits(text: str, low: str, high: str, unit: str) -> None:
    assert read(text) == [(low, high, False, unit)]


@pytest.mark.parametrize("text", ["第一", "第1", "首条", "首个", "首家", "首座", "唯一", "领跑", "超越了其他"])
def test_a_first_place_is_an_ordinal(text: str) -> None:
    assert [(low, high, ordinal) for low, high, ordinal, _ in read(text)] == [("1", "1", True)]


def test_a_third_place_is_an_ordinal_and_three_is_not() -> None:
    assert read("第三") == [("3", "3", True, "")]
    assert read("三") == [("3", "3", False, "")]


@pytest.mark.parametrize("text", ["", "没有数", "首先", "超越自己", "亩产"])
def test_words_are_no_numbers(text: str) -> None:
    assert read(text) == []


def test_only_the_given_part_is_read_with_the_unit_inside_it() -> None:
    text = "共756亿元,又12个"
    assert parse_numbers(text, 1, 6) == (PrintedNumber(Decimal(75600000000), Decimal(75600000000), False, "元", 1, 5),)
    assert parse_numbers(text, 1, 5)[0].unit == ""
    assert parse_numbers("第一", 1) == (PrintedNumber(Decimal(1), Decimal(1), True, "", 1, 2),)


@given(
    st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False),
    st.sampled_from([("", 1), ("万", 10**4), ("亿", 10**8)]),
)
def test_a_number_in_arabic_digits_reads_back(number: Decimal, scale: tuple[str, int]) -> None:
    (found,) = parse_numbers(f"有{number:f}{scale[0]}元")
    assert (found.low, found.high, found.ordinal, found.unit) == (number * scale[1], number * scale[1], False, "元")


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from("—–~-"))
def test_a_range_in_arabic_digits_reads_back(low: int, high: int, dash: str) -> None:
    (found,) = parse_numbers(f"{low}{dash}{high}家")
    assert (found.low, found.high, found.unit) == (Decimal(low), Decimal(high), "家")


@given(PLAIN, st.sampled_from([("", 1), ("万", 10**4), ("亿", 10**8), ("万亿", 10**12)]))
def test_a_number_in_chinese_digits_reads_back(number: int, scale: tuple[str, int]) -> None:
    (found,) = parse_numbers(f"{in_chinese(number)}{scale[0]}元")
    assert (found.low, found.high, found.ordinal) == (Decimal(number * scale[1]), Decimal(number * scale[1]), False)


@given(st.integers(1, 8), st.sampled_from([("十", 10), ("百", 100), ("千", 1000), ("百万", 10**6), ("千亿", 10**11)]))
def test_two_neighbouring_chinese_digits_are_a_range(digit: int, scale: tuple[str, int]) -> None:
    (found,) = parse_numbers(f"{in_chinese(digit)}{in_chinese(digit + 1)}{scale[0]}个")
    assert (found.low, found.high, found.unit) == (Decimal(digit * scale[1]), Decimal((digit + 1) * scale[1]), "个")


@given(st.text())
def test_no_text_breaks_the_reader_and_every_span_lies_in_it(text: str) -> None:
    for number in parse_numbers(text):
        assert 0 <= number.start < number.end <= len(text)
        assert number.unit == text[number.end : number.end + 4]


def test_tables_that_say_what_the_text_says_have_no_findings() -> None:
    assert findings() == []


def test_a_wrong_value_is_found() -> None:
    assert findings(indicators=changed(OUTPUT, value=Decimal("12.6"))) == [
        f"brief paragraph 2 span {OUTPUT.start}-{OUTPUT.end}: sample-park output: the span does not state the value 12.6 亿元"
    ]


def test_a_value_in_the_wrong_magnitude_is_found() -> None:
    (message,) = findings(indicators=changed(OUTPUT, unit=TABLES_OF_BRIEF.indicators[1].unit))
    assert message.endswith("the span does not state the value 12.5 万元")


def test_a_value_that_is_there_with_another_unit_is_found() -> None:
    text = TEXT.replace("亿元", "亿吨")
    (message,) = findings(text)
    assert message.endswith("sample-park output: the span does not state the value 12.5 亿元")


def test_a_wrong_end_of_a_range_is_found() -> None:
    (message,) = findings(indicators=changed(SPENDING, value_max=Decimal(7000)))
    assert message.endswith("sample-park spending: the span does not state the value 5000–7000 万元")
    (message,) = findings(indicators=changed(SPENDING, value_max=None))
    assert message.endswith("sample-park spending: the span does not state the value 5000 万元")


def test_a_wrong_growth_is_found() -> None:
    assert findings(indicators=changed(OUTPUT, growth_pct=Decimal("4.3"))) == [
        f"brief paragraph 2 span {OUTPUT.start}-{OUTPUT.end}: sample-park output: the span does not state the growth 4.3 %"
    ]


def test_a_wrong_rank_is_found() -> None:
    assert findings(indicators=changed(OUTPUT, rank=2)) == [
        f"brief paragraph 2 span {OUTPUT.start}-{OUTPUT.end}: sample-park output: the span does not state the rank 2"
    ]


def test_an_amount_of_one_is_no_rank() -> None:
    text = TEXT.replace("全市第一", "全市共一")
    (message,) = findings(text)
    assert message.endswith("sample-park output: the span does not state the rank 1")


def test_a_span_that_has_moved_is_found() -> None:
    assert OUTPUT.end is not None
    messages = findings(indicators=changed(OUTPUT, end=OUTPUT.end - 2))
    assert messages == [
        f"brief paragraph 2 span {OUTPUT.start}-{OUTPUT.end - 2}: sample-park output: the span does not state the rank 1",
        f"brief paragraph 2 span {OUTPUT.end - 2}-{OUTPUT.end}: a number that no row of indicators.csv or other_numbers.csv covers",
    ]


def test_a_number_that_no_row_covers_is_found() -> None:
    seven = TEXT.index("7座")
    assert findings(other_numbers=()) == [
        f"brief paragraph 3 span {seven}-{seven + 1}: a number that no row of indicators.csv or other_numbers.csv covers"
    ]


@pytest.mark.parametrize("claim", ["百亿", "第三", "4.5", "三千万", "12"])
def test_every_form_of_a_number_must_be_covered(claim: str) -> None:
    text = TEXT.replace("座桥", f"座{claim}桥")
    start = text.index(claim, text.index("座"))
    (message,) = (message for message in findings(text) if "no row" in message)
    assert message.startswith(f"brief paragraph 3 span {start}-{start + len(claim)}:")


@pytest.mark.parametrize("date", ["2023年", "5月", "1—5月", "6月20日"])
def test_dates_need_no_row(date: str) -> None:
    text = TEXT.replace("座桥", f"座桥{date}")
    assert [message for message in findings(text) if "no row" in message] == []


def test_a_paragraph_that_lies_elsewhere_is_found_on_both_sides() -> None:
    moved = PARAGRAPHS[2].model_copy(update={"end": PARAGRAPHS[2].end - 1})
    assert findings(paragraphs=(*PARAGRAPHS[:2], moved)) == [
        f"brief paragraph 3 span {moved.start}-{moved.end}: is in paragraphs.csv but not in the text",
        f"brief paragraph 3 span {moved.start}-{moved.end + 1}: is in the text but not in paragraphs.csv",
    ]


def test_a_paragraph_too_few_is_found() -> None:
    missing = PARAGRAPHS[2]
    assert findings(paragraphs=PARAGRAPHS[:2])[0] == f"brief paragraph 3 span {missing.start}-{missing.end}: is in the text but not in paragraphs.csv"


def test_a_place_that_its_paragraph_does_not_name_is_found() -> None:
    assert findings(places=(PARK.model_copy(update={"paragraph": 3}),)) == ["brief paragraph 3: sample-park: the paragraph does not name it (样本园)"]


def test_a_place_may_be_named_by_an_alias_or_without_its_bracket() -> None:
    place = PARK.model_copy(update={"name_zh": "别名", "place_query": "别名"})
    alias = row(GazetteerRow, name="样本园", alias_of="别名")
    assert findings(places=(place,), gazetteer=(alias,)) == []
    guest = alias.model_copy(update={"basis": "parent"})
    assert findings(places=(place,), gazetteer=(guest,)) == ["brief paragraph 1: sample-park: the paragraph does not name it (别名)"]
    assert findings(places=(place.model_copy(update={"name_zh": "样本园(东)"}),)) == []


def test_rows_of_other_sources_are_left_alone() -> None:
    other = OUTPUT.model_copy(update={"source": "elsewhere", "value": Decimal(1)})
    assert findings(indicators=(OUTPUT, SPENDING, other)) == []


def test_the_pointers_into_the_report_are_of_every_row_that_has_its_text(tables: Tables) -> None:
    (report,) = (source for source in tables.sources if source.sha256)
    assert report.id == "report-2023"
    assert report.sha256 == "7cf46e8d87e7725ccc08d36334cdce3a583c2ae4f0f148382f2362db57bdf718"
    assert sum(1 for figure in tables.indicators if figure.source == report.id and figure.start is not None) == 36
    assert [paragraph.paragraph for paragraph in tables.paragraphs] == list(range(1, 53))


WHOLE = {"start": 0, "end": 1}


def stated(text: str, **cells: str) -> list[str]:
    """Check one row whose span is a whole text, without what is checked beside its numbers."""
    figure = row(
        Indicator, subject_id="sample-park", indicator="output", qualifier="exact", status="actual", source="brief", paragraph="1", **WHOLE, **cells
    )
    figure = figure.model_copy(update={"start": 0, "end": len(text)})
    tables = dataclasses.replace(TABLES_OF_BRIEF, paragraphs=(), places=(), other_numbers=(), indicators=(figure,))
    return [finding.message for finding in check_text(tables, SOURCE, text) if "does not state" in finding.message]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("投资3．26亿元", {"value": "3.26", "unit": "亿元"}),
        ("装机34万千瓦", {"value": "34", "unit": "万千瓦"}),
        ("装机340兆瓦", {"value": "34", "unit": "万千瓦"}),
        ("利用外资2.1亿美元", {"value": "2.1", "unit": "亿美元"}),
        ("净利润4.2亿至4.8亿元，增长25%—43%", {"value": "4.2", "value_max": "4.8", "unit": "亿元", "growth_pct": "25", "growth_max": "43"}),
        ("营收突破千亿元", {"value": "1000", "unit": "亿元"}),
        ("税收翻了一番", {"growth_pct": "100"}),
        ("产值下降2.1%", {"growth_pct": "-2.1"}),
        ("产值下降2.1%", {"value": "-2.1", "unit": "%"}),
        ("亏损1.5亿元", {"value": "-1.5", "unit": "亿元"}),
        ("加快2.4个百分点", {"value": "2.4", "unit": "个百分点"}),
        ("位居首位", {"rank": "1", "rank_scope_zh": "全市", "rank_scope_en": "the city"}),
    ],
)
def test_a_right_figure_is_borne_out(text: str, cells: dict[str, str]) -> None:
    assert stated(text, **cells) == []


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("投资3．26亿元", {"value": "26", "unit": "亿元"}),
        ("投资3．26亿元", {"value": "3", "unit": "亿元"}),
        ("装机34万千瓦", {"value": "34", "unit": "亿千瓦"}),
        ("装机34万千瓦", {"value": "340000", "unit": "个"}),
        ("利用外资2.1亿美元", {"value": "2.1", "unit": "亿元"}),
        ("净利润4.2亿至4.8亿元", {"value": "4.2", "unit": "亿元"}),
        ("增长25%—43%", {"growth_pct": "25"}),
        ("产值下降2.1%", {"growth_pct": "2.1"}),
        ("产值下降2.1%", {"value": "2.1", "unit": "%"}),
        ("盈利1.5亿元", {"value": "-1.5", "unit": "亿元"}),
        ("面积5亩", {"value": "5", "unit": "个"}),
        ("占比5%", {"value": "5", "unit": "个"}),
        ("投入数百亿元", {"value": "100", "unit": "亿元"}),
    ],
)
def test_a_wrong_figure_is_not_called_right(text: str, cells: dict[str, str]) -> None:
    (message,) = stated(text, **cells)
    assert "does not state the" in message
