from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from geo.tables.cells import Period
from geo.tables.kinds import Kind, UnitKind
from geo.tables.rows import TABLES, CorridorRow, GazetteerRow, Indicator, Place, Row, Source
from geo.tables.units import Unit, parse_unit

FIGURE = {
    "subject_id": "somewhere",
    "indicator": "investment",
    "value": "756",
    "unit": "亿元",
    "period": "2022",
    "qualifier": "exact",
    "status": "actual",
    "source": "a-source",
}
LOCATION = {
    "name": "某园",
    "lon": "120.1",
    "lat": "30.2",
    "datum": "WGS84",
    "precision": "area",
    "uncertainty_m": "900",
    "admin": "滨江区",
    "basis": "derived",
    "source": "a-source",
}
PLACE = {
    "id": "somewhere",
    "name_zh": "某园",
    "name_en": "Some park",
    "kind": "park",
    "corridor": "east",
    "corridor_basis": "plan",
    "district": "滨江区",
    "place_query": "某园",
    "source": "a-source",
}
CORRIDOR = {
    "id": "east",
    "name_zh": "东",
    "name_en": "East",
    "short_zh": "东",
    "short_en": "East",
    "colour": "#b5511a",
    "colour_dark": "#e8955c",
    "axis": "LINESTRING (120 30, 121 30)",
    "scope_note_zh": "无",
    "scope_note_en": "None",
    "source": "a-source",
}
R = TypeVar("R", bound=Row)
ANY_DAY = st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 12, 31))


def row(model: type[R], base: dict[str, str], **cells: str | None) -> R:
    return model.model_validate(dict.fromkeys(model.model_fields) | base | cells)


def refusal(model: type[Row], base: dict[str, str], **cells: str | None) -> str:
    with pytest.raises(ValidationError) as caught:
        row(model, base, **cells)
    (details,) = caught.value.errors()
    return str(details["ctx"]["error"])


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
        ("2023-05", date(2023, 5, 1), date(2023, 5, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-06-20", date(2023, 6, 20), date(2023, 6, 20)),
        ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31)),
        ("2023-Q4", date(2023, 10, 1), date(2023, 12, 31)),
        ("2023-01/2023-05", date(2023, 1, 1), date(2023, 5, 31)),
        ("2020/2022", date(2020, 1, 1), date(2022, 12, 31)),
        ("/2027", None, date(2027, 12, 31)),
        ("2020/", date(2020, 1, 1), None),
    ],
)
def test_a_period_covers_its_first_to_its_last_day(text: str, start: date | None, end: date | None) -> None:
    assert Period.parse(text) == Period(text, start, end)


@pytest.mark.parametrize(
    "text",
    ["", "/", "last year", "今年", "23", "2023-13", "2023-00", "2023-Q5", "2023-Q0", "2023-02-30", "2023-5", "2023/05", "2020/2021/2022", "２０２３"],
)
def test_what_is_no_period_is_refused_with_examples(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^an ISO 8601 period such as 2022, 2023-05, 2023-Q1, 2023-01/2023-05, /2027 or 2020/, or after for after completion$"
    ):
        Period.parse(text)


@pytest.mark.parametrize("text", ["1799", "2101", "2999-01-01", "1000-Q1", "2020/2999", "/2101"])
def test_a_year_that_no_table_speaks_of_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a year from 1800 to 2100$"):
        Period.parse(text)


def test_a_period_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a period that ends after it starts$"):
        Period.parse("2023/2022")


@given(ANY_DAY, ANY_DAY)
def test_a_period_between_two_days_reads_back_as_these_days(one: date, other: date) -> None:
    start, end = sorted((one, other))
    assert Period.parse(f"{start}/{end}") == Period(f"{start}/{end}", start, end)


@given(ANY_DAY)
def test_a_month_ends_the_day_before_the_next_one_starts(day: date) -> None:
    month = Period.parse(f"{day:%Y-%m}")
    assert month.start is not None and month.end is not None
    assert month.start.day == 1
    assert month.start <= day <= month.end
    assert (month.end + timedelta(days=1)).day == 1


def test_units_of_money_are_exact_multiples_of_the_yuan() -> None:
    for text, magnitude in (("元", 1), ("万元", 10**4), ("亿元", 10**8), ("万亿元", 10**12), ("千亿元", 10**11)):
        assert (parse_unit(text).magnitude, parse_unit(text).kind) == (Decimal(magnitude), UnitKind.MONEY)
    assert parse_unit("亿元") == Unit("亿元", "100 million CNY", UnitKind.MONEY, Decimal(100_000_000), "元", "CNY")


def test_a_figure_keeps_its_digits_as_a_decimal_in_its_unit() -> None:
    figure = row(Indicator, FIGURE, value="1851.10", unit="万元/亩", growth_pct="-3.2")
    assert (str(figure.value), figure.unit, figure.growth_pct) == ("1851.10", parse_unit("万元/亩"), Decimal("-3.2"))


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=3, allow_nan=False, allow_infinity=False))
def test_a_number_in_plain_digits_reads_back_exactly(number: Decimal) -> None:
    assert row(Indicator, FIGURE, value=f"{number:f}").value == number


@pytest.mark.parametrize("cell", ["1,000", "NaN", "inf", "1e5", "1_000", " 756", "756 ", "+756", ".5", "5.", "0x1F", "七百", "７５６", "1" * 16])
def test_a_value_that_is_no_plain_number_is_refused(cell: str) -> None:
    assert refusal(Indicator, FIGURE, value=cell) == "a number in plain digits, such as 305.8"


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"value": None, "unit": None}, "value", "a value, a growth or a rank"),
        ({"value": None, "rank": "1", "rank_scope_zh": "市", "rank_scope_en": "city"}, "unit", "no unit where there is no value"),
        ({"value_max": "756"}, "value_max", "a number above the value"),
        ({"value": None, "value_max": "800", "unit": None, "growth_pct": "1"}, "value_max", "a number above the value"),
        ({"rank": "1"}, "rank_scope_zh", "a scope in both languages where there is a rank, and only there"),
        ({"rank": "1", "rank_scope_zh": "市"}, "rank_scope_zh", "a scope in both languages where there is a rank, and only there"),
        ({"rank_scope_en": "city"}, "rank_scope_zh", "a scope in both languages where there is a rank, and only there"),
        ({"paragraph": "1", "start": "5"}, "paragraph", "paragraph, start and end together or none of them"),
        ({"paragraph": "1", "start": "5", "end": "5"}, "end", "an offset after the start (5)"),
        ({"value": "-3", "unit": "亩"}, "value", "0 or more: only money can be lost, and a share can shrink"),
        ({"value": "-3", "unit": None}, "value", "0 or more: only money can be lost, and a share can shrink"),
    ],
)
def test_the_cells_of_a_figure_go_together(cells: dict[str, str | None], column: str, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        row(Indicator, FIGURE, **cells)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert (error.column, str(error)) == (column, expected)


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"uncertainty_m": None}, "uncertainty_m", "a value, or alias_of"),
        ({"lon": None}, "lon", "a value, or alias_of"),
        ({"source": None}, "source", "a value, or alias_of"),
        ({"basis": "parent"}, "alias_of", "the name of the host"),
        ({"alias_of": "别处"}, "lon", "nothing in a row that is an alias"),
        ({"lon": "180.0", "lat": "90"}, "lon", "a coordinate in China: lon 73 to 136, lat 3 to 54"),
        ({"lon": "0", "lat": "0"}, "lon", "a coordinate in China: lon 73 to 136, lat 3 to 54"),
        ({"lon": "30.2", "lat": "120.1"}, "lon", "lon before lat: the two look swapped"),
    ],
)
def test_a_location_is_complete_and_in_china(cells: dict[str, str | None], column: str, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        row(GazetteerRow, LOCATION, **cells)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert (error.column, str(error)) == (column, expected)


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"basis": "derived"}, "basis", "parent or nothing in a row that is an alias"),
        ({"basis": "parent"}, "source", "who says that it lies with its host"),
    ],
)
def test_an_alias_claims_no_location_and_a_guest_has_a_source(cells: dict[str, str | None], column: str, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        row(GazetteerRow, {"name": "小园", "alias_of": "某园"}, **cells)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert (error.column, str(error)) == (column, expected)


@pytest.mark.parametrize("cell", ["120°10′", "1e2", "abc", "120,1", " 120.1"])
def test_degrees_are_decimal(cell: str) -> None:
    assert refusal(GazetteerRow, LOCATION, lon=cell) == "decimal degrees, such as 120.18067"


@pytest.mark.parametrize("basis", ["plan", "inherited", "inferred"])
def test_a_place_beyond_the_corridors_has_no_basis_for_one(basis: str) -> None:
    assert refusal(Place, PLACE, corridor="none", corridor_basis=basis) == "none where the corridor is none, and only there"
    assert refusal(Place, PLACE, corridor="east", corridor_basis="none") == "none where the corridor is none, and only there"


@pytest.mark.parametrize("cell", ["Some park", "somePark", "some--park", "-some", "some/park", "某园", "a" * 81])
def test_an_id_is_a_slug(cell: str) -> None:
    assert refusal(Place, PLACE, id=cell) == "a name of small letters, digits and single hyphens or underscores, 80 at most"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, "a value"),
        (" 某园", "text without white space around it"),
        ("某园\u3000", "text without white space around it"),
        ("某\n园", "one line of text without control characters"),
        ("某\x7f园", "one line of text without control characters"),
        ("某\x85园", "one line of text without control characters"),
        ("某\u2028园", "one line of text without control characters"),
        ("某\u202e园", "text without what is not seen or was lost, such as U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("某\u2066园\u2069", "text without what is not seen or was lost, such as U+2066 (LEFT-TO-RIGHT ISOLATE)"),
        ("某\u200b园", "text without what is not seen or was lost, such as U+200B (ZERO WIDTH SPACE)"),
        ("\u200b", "text without what is not seen or was lost, such as U+200B (ZERO WIDTH SPACE)"),
        ("\ufeff某园", "text without what is not seen or was lost, such as U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("\u3164", "text without what is not seen or was lost, such as U+3164 (HANGUL FILLER)"),
        ("某\ufffd", "text without what is not seen or was lost, such as U+FFFD (REPLACEMENT CHARACTER)"),
        ("某\uffff", "text without what is not seen or was lost, such as U+FFFF (no character)"),
        ("某\u00a0园", "plain spaces, not U+00A0 (NO-BREAK SPACE)"),
        ("某\u3000园", "plain spaces, not U+3000 (IDEOGRAPHIC SPACE)"),
        ("\u0301\ufe0f", "a name with a letter or a digit"),
        ("——", "a name with a letter or a digit"),
        ("某" * 201, "200 characters at most, not 201"),
    ],
)
def test_a_name_is_one_clean_line(cell: str | None, expected: str) -> None:
    assert refusal(Place, PLACE, name_zh=cell) == expected


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("POINT (120 30)", "WKT of a LineString or MultiLineString, lon lat"),
        ("LINESTRING EMPTY", "WKT of a LineString or MultiLineString, lon lat"),
        ("120 30, 121 30", "WKT of a LineString or MultiLineString, lon lat"),
        ("LINESTRING (30 120, 31 120)", "lon before lat: the two look swapped"),
        ("LINESTRING (120 30, 0 0)", "a coordinate in China: lon 73 to 136, lat 3 to 54"),
        ("LINESTRING (120 30, 120 30)", "lines of two points or more that are not the same, each lon lat"),
        ("MULTILINESTRING (EMPTY, (120 30, 121 31))", "lines of two points or more that are not the same, each lon lat"),
        ("LINESTRING Z (120 30 1, 121 31 2)", "lines of two points or more that are not the same, each lon lat"),
    ],
)
def test_an_axis_is_a_line_in_china(axis: str, expected: str) -> None:
    assert refusal(CorridorRow, CORRIDOR, axis=axis) == expected


@pytest.mark.parametrize("name", ["某园", "Z", "𠮷田㐂", "7号园", "A–B “园” (二期)", "Łódź", "某" * 200])
def test_a_name_of_any_script_is_taken(name: str) -> None:
    assert row(Place, PLACE, name_zh=name).name_zh == name


def test_money_can_be_lost() -> None:
    assert row(Indicator, FIGURE, value="-3").value == Decimal(-3)


@pytest.mark.parametrize("cell", ["-10001", "1000001"])
def test_a_growth_is_no_slip_of_the_comma(cell: str) -> None:
    assert refusal(Indicator, FIGURE, growth_pct=cell) == "percent from -10000 to 1000000"


@pytest.mark.parametrize(
    "address", ["http://", "http://[", "http://a b", 'https://x/"', "https://x:99999/", "javascript:alert(1)", "//x", "https://x\\y"]
)
def test_an_address_leads_somewhere(address: str) -> None:
    cells = {"id": "a", "title": "某报", "kind": "web"}
    assert refusal(Source, cells, url=address) == "an address that starts with http:// or https://"


@pytest.mark.parametrize(("cell", "expected"), [("0", "an area of more than 0"), ("-3.5", "an area of more than 0")])
def test_an_area_is_positive(cell: str, expected: str) -> None:
    assert refusal(CorridorRow, CORRIDOR, published_area_km2=cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, "a value"),
        ("orange", "a colour such as #1f5f8b"),
        ("#B5511A", "a colour such as #1f5f8b"),
        ("#b51", "a colour such as #1f5f8b"),
        ("#b5511a80", "a colour such as #1f5f8b"),
        ("url(https://example.org)", "a colour such as #1f5f8b"),
        ("#e8955c", "a colour with a contrast of at least 4.5 : 1 to #fffdf9 (this one has 2.3 : 1)"),
    ],
)
def test_a_colour_can_be_read_on_its_ground(cell: str | None, expected: str) -> None:
    assert refusal(CorridorRow, CORRIDOR, colour=cell) == expected


def test_a_colour_for_the_dark_can_be_read_on_a_dark_ground() -> None:
    assert refusal(CorridorRow, CORRIDOR, colour_dark="#1f5f8b").startswith("a colour with a contrast of at least 4.5 : 1 to #1e2226 (")


def test_a_corridor_is_not_called_what_a_place_on_none_has() -> None:
    assert refusal(CorridorRow, CORRIDOR, id="none") == "another id than none, which says that a place lies on no corridor"


def test_a_row_takes_no_column_that_it_does_not_declare_and_does_not_change() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        row(Place, PLACE, colour="red")
    place = row(Place, PLACE)
    assert (place.kind, place.corridor) == (Kind.PARK, "east")
    with pytest.raises(ValidationError, match="frozen"):
        place.kind = Kind.TOWN  # type: ignore[misc]


def test_every_table_has_its_model() -> None:
    assert {file: model.__name__ for file, model in TABLES.items()} == {
        "sources.csv": "Source",
        "paragraphs.csv": "Paragraph",
        "corridors.csv": "CorridorRow",
        "places.csv": "Place",
        "vocabulary.csv": "Vocable",
        "indicators.csv": "Indicator",
        "relations.csv": "Tie",
        "gazetteer.csv": "GazetteerRow",
        "other_numbers.csv": "OtherNumber",
        "admin/divisions.csv": "DivisionRow",
        "admin/former.csv": "FormerRow",
        "admin/elsewhere.csv": "ElsewhereRow",
        "admin/homonyms.csv": "HomonymRow",
        "admin/villages.csv": "VillageRow",
        "names.csv": "NameRow",
        "osm/points.csv": "PointRow",
    }
