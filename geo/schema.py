"""The columns of every table, declared once, and the enumerations they use.

A row model is the contract of a table: its fields are the columns, in order, and an instance is a row that is valid by itself. What spans rows
(duplicates, references) is checked by :mod:`geo.tables`. Nothing here does I/O.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

import shapely
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

# --- enumerations -------------------------------------------------------------------------------------------------------------------------


class Kind(StrEnum):
    """What a place is."""

    PLATFORM = "platform"
    COOPERATION_ZONE = "cooperation_zone"
    PARK = "park"
    TOWN = "town"
    VALLEY = "valley"
    FACILITY = "facility"
    PROJECT = "project"
    DISTRICT = "district"
    CITY = "city"


class Corridor(StrEnum):
    """Which corridor a place belongs to; ``none`` is 多点支撑."""

    WEST = "west"
    EAST = "east"
    NONE = "none"


class CorridorBasis(StrEnum):
    """Why a place counts to its corridor."""

    PLAN = "plan"
    INHERITED = "inherited"
    INFERRED = "inferred"
    NONE = "none"


class District(StrEnum):
    """The 13 districts, counties and cities of Hangzhou since 2021, and the city as a whole."""

    SHANGCHENG = "上城区"
    GONGSHU = "拱墅区"
    XIHU = "西湖区"
    BINJIANG = "滨江区"
    XIAOSHAN = "萧山区"
    YUHANG = "余杭区"
    LINPING = "临平区"
    QIANTANG = "钱塘区"
    FUYANG = "富阳区"
    LINAN = "临安区"
    TONGLU = "桐庐县"
    CHUNAN = "淳安县"
    JIANDE = "建德市"
    HANGZHOU = "杭州市"


class PlaceStatus(StrEnum):
    """How far a place has come, as its source says."""

    ESTABLISHED = "established"
    OPERATING = "operating"
    COMPLETED = "completed"
    LANDED = "landed"
    SIGNED = "signed"
    PLANNED = "planned"


class FigureStatus(StrEnum):
    """Whether a figure has come true or is intended."""

    ACTUAL = "actual"
    PLANNED = "planned"


class Qualifier(StrEnum):
    """How exactly a figure is stated: 约 about, 超/突破/多 over, 不足 under, 至少 at least."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"
    UNDER = "under"
    AT_LEAST = "at_least"


class Relation(StrEnum):
    """A stated tie between two places, read from left to right."""

    COOPERATES_WITH = "cooperates_with"
    HOSTS = "hosts"
    CORE_AREA_OF = "core_area_of"
    LANDMARK_OF = "landmark_of"
    SUPPLIES = "supplies"


class SourceKind(StrEnum):
    """What sort of document a source is; ``unverified`` is knowledge without a document."""

    NEWSPAPER = "newspaper"
    PLAN = "plan"
    WEB = "web"
    DATASET = "dataset"
    UNVERIFIED = "unverified"


class Datum(StrEnum):
    """The datum of a coordinate; CGCS2000 lies on WGS-84 for our purpose."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


class Precision(StrEnum):
    """What a point stands for, from fine to coarse."""

    SITE = "site"
    LOCALITY = "locality"
    AREA = "area"
    TOWNSHIP = "township"
    DISTRICT = "district"
    CITY = "city"


class DivisionLevel(StrEnum):
    """What a division of Hangzhou is; a district may be called a county or a city."""

    CITY = "city"
    DISTRICT = "district"
    TOWNSHIP = "township"


class FormerLevel(StrEnum):
    """What a former name stood for; a ``zone`` never was a division."""

    DISTRICT = "district"
    TOWNSHIP = "township"
    ZONE = "zone"


class ElsewhereLevel(StrEnum):
    """What a division outside Hangzhou is."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


class HomonymKind(StrEnum):
    """Whether a name is borne by several places, only says what sort of place it is, or means a place elsewhere only."""

    NAME = "name"
    TYPE = "type"
    OTHER = "other"


class Basis(StrEnum):
    """Where a location comes from; ``parent`` is the host's location, taken because the own one is not known."""

    SURVEYED = "surveyed"
    DERIVED = "derived"
    PARENT = "parent"


class UnitKind(StrEnum):
    """What an indicator measures; ``none`` is an indicator that has only a rank."""

    MONEY = "money"
    MONEY_PER_AREA = "money_per_area"
    AREA = "area"
    LENGTH = "length"
    COUNT = "count"
    DURATION = "duration"
    RATIO = "ratio"
    NONE = "none"


class NumberReason(StrEnum):
    """Why a number in a text is not a figure about a place."""

    PAGE = "page"
    TITLE = "title"
    RANK_SCOPE = "rank_scope"
    PROGRAMME = "programme"
    CLASS = "class"
    FIGURE_OF_SPEECH = "figure_of_speech"


class Box(NamedTuple):
    """A bounding box in degrees, WGS-84."""

    west: float
    south: float
    east: float
    north: float


# --- units --------------------------------------------------------------------------------------------------------------------------------


class Unit(NamedTuple):
    """A unit as it is printed.

    Attributes
    ----------
    zh, en
        The unit as printed, and in English.
    kind
        What it measures.
    magnitude
        How many of ``base`` one unit is; exact.
    base, base_en
        The unit without its 万 or 亿, as printed directly behind a number; and in English.
    """

    zh: str
    en: str
    kind: UnitKind
    magnitude: Decimal
    base: str
    base_en: str


UNITS = {
    unit.zh: unit
    for unit in (
        Unit("万元", "10,000 CNY", UnitKind.MONEY, Decimal(10**4), "元", "CNY"),
        Unit("亿元", "100 million CNY", UnitKind.MONEY, Decimal(10**8), "元", "CNY"),
        Unit("万亿元", "trillion CNY", UnitKind.MONEY, Decimal(10**12), "元", "CNY"),
        Unit("万元/亩", "10,000 CNY per mu", UnitKind.MONEY_PER_AREA, Decimal(10**4), "元", "CNY per mu"),
        Unit("亩", "mu", UnitKind.AREA, Decimal(1), "亩", "mu"),
        Unit("平方公里", "km²", UnitKind.AREA, Decimal(1), "平方公里", "km²"),
        Unit("英寸", "inch", UnitKind.LENGTH, Decimal(1), "英寸", "inch"),
        Unit("个", "", UnitKind.COUNT, Decimal(1), "", ""),
        Unit("家", "", UnitKind.COUNT, Decimal(1), "家", ""),
        Unit("年", "years", UnitKind.DURATION, Decimal(1), "年", "years"),
        Unit("倍", "times", UnitKind.RATIO, Decimal(1), "倍", "times"),
    )
}

# --- values in cells ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A span of time in ISO 8601, as a table states it.

    Attributes
    ----------
    text
        As written: ``2022``, ``2023-Q1``, ``2023-01/2023-05``, ``/2027`` (by 2027), ``2020/`` (since 2020).
    start, end
        First and last day, both within the period; ``None`` where it is open.
    """

    text: str
    start: date | None
    end: date | None

    @classmethod
    def parse(cls, text: str) -> Period:
        """Parse a period.

        Raises
        ------
        ValueError
            If the text is not a period or ends before it starts.
        """
        first, slash, last = text.partition("/")
        if not first and not last:
            raise ValueError(_PERIOD)
        start = _first_and_last_day(first)[0] if first else None
        end = _first_and_last_day(last if slash else first)[1] if last or not slash else None
        if start and end and end < start:
            raise ValueError("a period that ends after it starts")
        return cls(text, start, end)


_PERIOD = "an ISO 8601 period such as 2022, 2023-05, 2023-Q1, 2023-01/2023-05, /2027 or 2020/"
_PERIOD_PART = re.compile(r"(?P<year>[12]\d{3})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-3]\d))?))?", re.ASCII)


def _first_and_last_day(text: str) -> tuple[date, date]:
    found = _PERIOD_PART.fullmatch(text)
    if not found:
        raise ValueError(_PERIOD)
    year = int(found["year"])
    if found["quarter"]:
        last_month = 3 * int(found["quarter"])
        return date(year, last_month - 2, 1), date(year, last_month, calendar.monthrange(year, last_month)[1])
    if not found["month"]:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(found["month"])
    days = calendar.monthrange(year, month)[1]
    if not found["day"]:
        return date(year, month, 1), date(year, month, days)
    if not 1 <= int(found["day"]) <= days:
        raise ValueError(_PERIOD)
    return date(year, month, int(found["day"])), date(year, month, int(found["day"]))


def _given(cell: object) -> str:
    if not isinstance(cell, str):
        raise ValueError("a value")
    return cell


def _parse_text(cell: object) -> str:
    text = _given(cell)
    if text != text.strip():
        raise ValueError("text without white space around it")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("one line of text without control characters")
    return text


def _parse_slug(cell: object) -> str:
    text = _given(cell)
    if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", text, re.ASCII) or len(text) > 80:
        raise ValueError("a name of small letters, digits and single hyphens or underscores, 80 at most")
    return text


def _parse_decimal(cell: object) -> Decimal:
    text = _given(cell)
    if not re.fullmatch(r"-?\d{1,15}(?:\.\d{1,9})?", text, re.ASCII):
        raise ValueError("a number in plain digits, such as 305.8")
    return Decimal(text)


def _parse_count(cell: object) -> int:
    text = _given(cell)
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("a whole number in plain digits, 0 or more")
    return int(text)


def _parse_positive(cell: object) -> int:
    count = _parse_count(cell)
    if count == 0:
        raise ValueError("a whole number of 1 or more")
    return count


def _parse_code(cell: object) -> str:
    text = _given(cell)
    if not re.fullmatch(r"\d{6}|\d{9}", text, re.ASCII):
        raise ValueError("a code of 6 or 9 digits")
    return text


def _parse_codes(cell: object) -> tuple[str, ...]:
    return tuple(_parse_code(part) for part in _given(cell).split(";"))


def _parse_degrees(cell: object) -> float:
    text = _given(cell)
    if not re.fullmatch(r"-?\d{1,3}(?:\.\d{1,12})?", text, re.ASCII):
        raise ValueError("decimal degrees, such as 120.18067")
    return float(text)


def _parse_period(cell: object) -> Period:
    return Period.parse(_given(cell))


def _parse_date(cell: object) -> Period:
    text = _given(cell)
    if "/" in text or "Q" in text:
        raise ValueError("an ISO 8601 date such as 2023-07-01, 2023-07 or 2023")
    return Period.parse(text)


def _parse_url(cell: object) -> str:
    text = _parse_text(cell)
    if not re.match(r"https?://[^/\s]+", text):
        raise ValueError("an address that starts with http:// or https://")
    return text


def _parse_sha256(cell: object) -> str:
    text = _given(cell)
    if not re.fullmatch(r"[0-9a-f]{64}", text, re.ASCII):
        raise ValueError("a sha256 of 64 small hexadecimal digits")
    return text


def _parse_yes_no(cell: object) -> bool:
    text = _given(cell)
    if text not in ("yes", "no"):
        raise ValueError("yes, no or nothing")
    return text == "yes"


def _parse_unit(cell: object) -> Unit:
    text = _given(cell)
    if text not in UNITS:
        raise ValueError(f"one of {', '.join(UNITS)}")
    return UNITS[text]


def _parse_axis(cell: object) -> shapely.LineString | shapely.MultiLineString:
    text = _given(cell)
    try:
        axis = shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        axis = None
    if not isinstance(axis, shapely.LineString | shapely.MultiLineString) or axis.is_empty:
        raise ValueError("WKT of a LineString or MultiLineString, lon lat")
    for lon, lat in shapely.get_coordinates(axis):
        _expect_in_china(float(lon), float(lat))
    return axis


def _expect_in_china(lon: float, lat: float) -> None:
    # The box of mainland China and its islands: wide enough for any place a report can name, narrow enough to catch swapped axes.
    if 73 <= lon <= 136 and 3 <= lat <= 54:
        return
    if 73 <= lat <= 136 and 3 <= lon <= 54:
        raise ValueError("lon before lat: the two look swapped")
    raise ValueError("a coordinate in China: lon 73 to 136, lat 3 to 54")


Text = Annotated[str, BeforeValidator(_parse_text)]
Slug = Annotated[str, BeforeValidator(_parse_slug)]
Number = Annotated[Decimal, BeforeValidator(_parse_decimal)]
Count = Annotated[int, BeforeValidator(_parse_count)]
Positive = Annotated[int, BeforeValidator(_parse_positive)]
Code = Annotated[str, BeforeValidator(_parse_code)]
Codes = Annotated[tuple[str, ...], BeforeValidator(_parse_codes)]
Degrees = Annotated[float, BeforeValidator(_parse_degrees)]
PeriodCell = Annotated[Period, BeforeValidator(_parse_period)]
DateCell = Annotated[Period, BeforeValidator(_parse_date)]
Url = Annotated[str, BeforeValidator(_parse_url)]
Sha256 = Annotated[str, BeforeValidator(_parse_sha256)]
YesNo = Annotated[bool, BeforeValidator(_parse_yes_no)]
UnitCell = Annotated[Unit, BeforeValidator(_parse_unit)]
Axis = Annotated[shapely.LineString | shapely.MultiLineString, BeforeValidator(_parse_axis)]

# --- rows ---------------------------------------------------------------------------------------------------------------------------------


class ColumnError(ValueError):
    """A cell that is well formed but does not go with the others of its row."""

    def __init__(self, column: str, expected: str) -> None:
        self.column = column
        super().__init__(expected)


class Row(BaseModel):
    """A row that is valid by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Source(Row):
    """A document, a data set, or knowledge without either."""

    id: Slug
    title: Text
    kind: SourceKind
    publisher: Text | None
    published: DateCell | None = Field(description="ISO 8601 date; empty when it is not known")
    pages: Text | None
    authors: Text | None = Field(description="separated by semicolons")
    url: Url | None
    sha256: Sha256 | None = Field(description="of the text, UTF-8, that the pointers refer to")
    retrieved_on: DateCell | None


class Paragraph(Row):
    """Where a paragraph of a source's text lies; the text itself is not kept."""

    source: Slug
    paragraph: Positive = Field(description="blocks between blank lines, counted from 1")
    start: Count = Field(description="code-point offset in the whole text")
    end: Count = Field(description="code-point offset, excluded")

    @model_validator(mode="after")
    def _spans(self) -> Self:
        if self.end <= self.start:
            raise ColumnError("end", f"an offset after the start ({self.start})")
        return self


class CorridorRow(Row):
    """A corridor, its published axis and what is published about its extent."""

    id: Corridor
    name_zh: Text
    name_en: Text
    axis: Axis = Field(description="WKT, WGS-84, lon lat; schematic")
    published_area_km2: Number | None = Field(description="km²; empty when no source states one")
    scope_note_zh: Text
    scope_note_en: Text
    source: Slug


class Place(Row):
    """Anything with a place on the map."""

    id: Slug
    name_zh: Text
    name_en: Text
    kind: Kind
    parent_id: Slug | None
    corridor: Corridor
    corridor_basis: CorridorBasis
    district: District
    place_query: Text = Field(description="what the geocoder is asked")
    sector: Text | None
    status: PlaceStatus | None
    focus_zh: Text | None = Field(description="in our own words")
    focus_en: Text | None
    source: Slug
    paragraph: Positive | None = Field(description="where the source first names it")

    @model_validator(mode="after")
    def _corridor_has_a_basis(self) -> Self:
        if (self.corridor is Corridor.NONE) != (self.corridor_basis is CorridorBasis.NONE):
            raise ColumnError("corridor_basis", "none where the corridor is none, and only there")
        return self


class Vocable(Row):
    """What an indicator is called and what it measures."""

    indicator: Slug
    label_zh: Text
    label_en: Text
    unit_kind: UnitKind
    more_is_better: YesNo | None


class Indicator(Row):
    """One stated figure: a value or a range, a growth, a rank, or several of them in one statement."""

    subject_id: Slug
    indicator: Slug
    value: Number | None = Field(description="in the unit as printed")
    value_max: Number | None = Field(description="upper end of a range")
    unit: UnitCell | None
    period: PeriodCell | None = Field(description="empty when the source does not say")
    qualifier: Qualifier
    status: FigureStatus
    growth_pct: Number | None = Field(description="percent, as stated")
    rank: Positive | None
    rank_scope_zh: Text | None
    rank_scope_en: Text | None
    source: Slug
    paragraph: Positive | None
    start: Count | None = Field(description="code-point offset in the whole text")
    end: Count | None = Field(description="code-point offset, excluded")

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if self.value is None and self.growth_pct is None and self.rank is None:
            raise ColumnError("value", "a value, a growth or a rank")
        if self.value_max is not None and (self.value is None or self.value_max <= self.value):
            raise ColumnError("value_max", "a number above the value")
        if self.unit is not None and self.value is None:
            raise ColumnError("unit", "no unit where there is no value")
        if (self.rank is None) != (self.rank_scope_zh is None) or (self.rank is None) != (self.rank_scope_en is None):
            raise ColumnError("rank_scope_zh", "a scope in both languages where there is a rank, and only there")
        pointer = (self.paragraph, self.start, self.end)
        if any(part is None for part in pointer) != all(part is None for part in pointer):
            raise ColumnError("paragraph", "paragraph, start and end together or none of them")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ColumnError("end", f"an offset after the start ({self.start})")
        return self


class Tie(Row):
    """A stated tie between two places."""

    from_id: Slug
    to_id: Slug
    relation: Relation
    source: Slug
    paragraph: Positive | None


class GazetteerRow(Row):
    """One known location, another name for one, or a place that is known only by its host.

    A row with a coordinate is a location. A row with ``alias_of`` alone is another name. A row with ``alias_of`` and the basis ``parent`` is a
    place of its own whose location is not known, so that it takes its host's.
    """

    name: Text
    alias_of: Text | None
    lon: Degrees | None = Field(description="degrees in the row's datum")
    lat: Degrees | None = Field(description="degrees in the row's datum")
    datum: Datum | None
    precision: Precision | None
    uncertainty_m: Positive | None = Field(description="metres: the true place, of an area all of it as far as it is known, lies within this radius")
    admin: District | None
    basis: Basis | None
    source: Slug | None
    checked_on: DateCell | None
    note: Text | None

    @model_validator(mode="after")
    def _is_a_location_or_an_alias(self) -> Self:
        located = {column: getattr(self, column) for column in ("lon", "lat", "datum", "precision", "uncertainty_m", "admin")}
        if self.alias_of is not None:
            for column, value in located.items():
                if value is not None:
                    raise ColumnError(column, "nothing in a row that is an alias")
            if self.basis not in (None, Basis.PARENT):
                raise ColumnError("basis", "parent or nothing in a row that is an alias")
            if self.basis is Basis.PARENT and self.source is None:
                raise ColumnError("source", "who says that it lies with its host")
            return self
        for column, value in {**located, "basis": self.basis, "source": self.source}.items():
            if value is None:
                raise ColumnError(column, "a value, or alias_of")
        if self.basis is Basis.PARENT:
            raise ColumnError("alias_of", "the name of the host")
        assert self.lon is not None and self.lat is not None
        try:
            _expect_in_china(self.lon, self.lat)
        except ValueError as problem:
            raise ColumnError("lon", str(problem)) from None
        return self


class OtherNumber(Row):
    """A number in a source's text that is not a figure about a place, and why."""

    source: Slug
    paragraph: Positive
    start: Count
    end: Count
    reason: NumberReason


class DivisionRow(Row):
    """An administrative division of Hangzhou."""

    code: Code
    name: Text
    name_en: Text
    level: DivisionLevel
    parent: Code | None
    lon: Degrees | None = Field(description="degrees, WGS-84; empty when no point of its own is known")
    lat: Degrees | None = Field(description="degrees, WGS-84")
    uncertainty_m: Positive | None = Field(description="metres: all of it lies within this radius, as far as it is known")
    source: Slug | None
    note: Text | None
    namesakes: Count | None = Field(description="of a township: others in China that bear its name")
    own_namesakes: Count | None = Field(description="of a township: others in China that bear its name, of whatever kind")

    @model_validator(mode="after")
    def _has_a_whole_point(self) -> Self:
        given = [self.lon is not None, self.lat is not None, self.uncertainty_m is not None, self.source is not None]
        if any(given) and not all(given):
            raise ColumnError("lon", "lon, lat, uncertainty_m and source together or none of them")
        if self.level is not DivisionLevel.TOWNSHIP and self.lon is None:
            raise ColumnError("lon", "a point for a city and a district")
        if (self.parent is None) != (self.level is DivisionLevel.CITY):
            raise ColumnError("parent", "a parent for all but a city")
        return self


class FormerRow(Row):
    """A name that a division no longer has, or that covered something else."""

    name: Text
    name_en: Text
    level: FormerLevel
    code: Code | None
    until: DateCell | None
    became: Codes
    note_zh: Text
    note_en: Text


class ElsewhereRow(Row):
    """A division of China outside Hangzhou: what a name may mean instead."""

    code: Code
    name: Text
    level: ElsewhereLevel
    parent: Code | None
    name_en: Text | None


class HomonymRow(Row):
    """A name that places in several cities bear, or that only says what sort of place it is."""

    name: Text
    kind: HomonymKind
    elsewhere_zh: Text
    elsewhere_en: Text
    source_note: Text


TABLES: dict[str, type[Row]] = {
    "sources.csv": Source,
    "paragraphs.csv": Paragraph,
    "corridors.csv": CorridorRow,
    "places.csv": Place,
    "vocabulary.csv": Vocable,
    "indicators.csv": Indicator,
    "relations.csv": Tie,
    "gazetteer.csv": GazetteerRow,
    "other_numbers.csv": OtherNumber,
    "admin/divisions.csv": DivisionRow,
    "admin/former.csv": FormerRow,
    "admin/elsewhere.csv": ElsewhereRow,
    "admin/homonyms.csv": HomonymRow,
}
