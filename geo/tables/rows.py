"""The columns of every table, declared once.

A row model is the contract of a table: its fields are the columns, in order, and an instance is a row that is valid by itself. What spans rows
(duplicates, references) is checked by :mod:`geo.tables.integrity`. Nothing here does I/O.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo.ground.datum import Datum
from geo.tables.cells import (
    EAST,
    WEST,
    Area,
    Axis,
    Code,
    Codes,
    Colour,
    CorridorId,
    Count,
    DarkColour,
    DateCell,
    Degrees,
    Growth,
    Name,
    Names,
    Number,
    PeriodCell,
    Positive,
    Sha256,
    Slug,
    Text,
    Uncertainty,
    UnitCell,
    Url,
    Word,
    expect_in_china,
)
from geo.tables.kinds import (
    MAY_BE_NEGATIVE,
    NO_CORRIDOR,
    Basis,
    CorridorBasis,
    DivisionLevel,
    ElsewhereLevel,
    FigureStatus,
    FormerLevel,
    HomonymKind,
    Kind,
    NameKind,
    NumberReason,
    PlaceStatus,
    PointKind,
    Precision,
    Qualifier,
    Relation,
    SourceKind,
    UnitKind,
)


class ColumnError(ValueError):
    """A cell that is well formed but does not go with the others of its row."""

    def __init__(self, column: str, expected: str) -> None:
        self.column = column
        super().__init__(expected)


def _expect_in_china(lon: float, lat: float) -> None:
    try:
        expect_in_china(lon, lat)
    except ValueError as problem:
        # The one that is out of its range; where both are, the first.
        raise ColumnError("lat" if WEST <= lon <= EAST else "lon", str(problem)) from None


# How many digits the codes of each level have, in GB/T 2260 and GB/T 10114.
_DIGITS = {DivisionLevel.CITY: 6, DivisionLevel.DISTRICT: 6, DivisionLevel.TOWNSHIP: 9}


class Row(BaseModel):
    """A row that is valid by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Source(Row):
    """A document, a data set, or knowledge without either."""

    id: Slug
    title: Name
    kind: SourceKind
    publisher: Name | None
    published: DateCell | None = Field(description="ISO 8601 date; empty when it is not known")
    pages: Name | None
    authors: Name | None = Field(description="separated by semicolons")
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

    id: CorridorId
    name_zh: Name
    name_en: Name
    short_zh: Word = Field(description="in a word, for switches and marks")
    short_en: Word
    colour: Colour = Field(description="on light ground, such as #1f5f8b")
    colour_dark: DarkColour = Field(description="on dark ground")
    axis: Axis = Field(description="WKT, WGS-84, lon lat; schematic")
    published_area_km2: Area | None = Field(description="km²; empty when no source states one")
    scope_note_zh: Text
    scope_note_en: Text
    source: Slug


class Place(Row):
    """Anything with a place on the map."""

    id: Slug
    name_zh: Name
    name_en: Name
    kind: Kind
    parent_id: Slug | None
    corridor: str
    corridor_basis: CorridorBasis
    district: Name = Field(description="a district, or the city as a whole, as admin/divisions.csv names it")
    place_query: Name = Field(description="what the geocoder is asked")
    sector: Name | None
    status: PlaceStatus | None
    focus_zh: Text | None = Field(description="in our own words")
    focus_en: Text | None
    source: Slug
    paragraph: Positive | None = Field(description="where the source first names it")

    @model_validator(mode="after")
    def _corridor_has_a_basis(self) -> Self:
        if (self.corridor == NO_CORRIDOR) != (self.corridor_basis is CorridorBasis.NONE):
            raise ColumnError("corridor_basis", "none where the corridor is none, and only there")
        return self


class Vocable(Row):
    """What an indicator is called and what it measures."""

    indicator: Slug
    label_zh: Name
    label_en: Name
    unit_kind: UnitKind


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
    growth_pct: Growth | None = Field(description="percent, as stated")
    rank: Positive | None
    rank_scope_zh: Name | None
    rank_scope_en: Name | None
    source: Slug
    paragraph: Positive | None
    start: Count | None = Field(description="code-point offset in the whole text")
    end: Count | None = Field(description="code-point offset, excluded")
    growth_max: Growth | None = Field(
        default=None, description="percent, the upper end of a range of growth; a table without one may leave the column out"
    )

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        if self.value is None and self.growth_pct is None and self.rank is None:
            raise ColumnError("value", "a value, a growth or a rank")
        if self.value_max is not None and (self.value is None or self.value_max <= self.value):
            raise ColumnError("value_max", "a number above the value")
        if self.growth_max is not None and (self.growth_pct is None or self.growth_max <= self.growth_pct):
            raise ColumnError("growth_max", "a percentage above growth_pct")
        if self.unit is not None and self.value is None:
            raise ColumnError("unit", "no unit where there is no value")
        if self.value is not None and self.value < 0 and (self.unit is None or self.unit.kind not in MAY_BE_NEGATIVE):
            raise ColumnError("value", "0 or more: only money can be lost, and a share can shrink")
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

    name: Name
    alias_of: Name | None
    lon: Degrees | None = Field(description="degrees in the row's datum")
    lat: Degrees | None = Field(description="degrees in the row's datum")
    datum: Datum | None
    precision: Precision | None
    uncertainty_m: Uncertainty | None = Field(
        description="metres: the true place, of an area all of it as far as it is known, lies within this radius"
    )
    admin: Name | None = Field(description="a district, or the city as a whole, as admin/divisions.csv names it")
    basis: Basis | None
    source: Slug | None
    checked_on: DateCell | None
    note: Text | None
    note_en: Text | None = Field(default=None, description="the note in English; a table without one may leave the column out")

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
        _expect_in_china(self.lon, self.lat)
        return self


class OtherNumber(Row):
    """A number in a source's text that is not a figure about a place, and why."""

    source: Slug
    paragraph: Positive
    start: Count
    end: Count
    reason: NumberReason


class DivisionRow(Row):
    """An administrative division of the city."""

    code: Code
    name: Name
    name_en: Name
    level: DivisionLevel
    parent: Code | None
    lon: Degrees | None = Field(description="degrees, WGS-84; empty when no point of its own is known")
    lat: Degrees | None = Field(description="degrees, WGS-84")
    uncertainty_m: Uncertainty | None = Field(description="metres: all of it lies within this radius, as far as it is known")
    source: Slug | None
    note: Text | None
    namesakes: Count | None = Field(description="of a township: others in China that bear its name")
    own_namesakes: Count | None = Field(description="of a township: others in China that bear its name, of whatever kind")
    note_en: Text | None = Field(default=None, description="the note in English; a table without one may leave the column out")

    @model_validator(mode="after")
    def _has_a_whole_point(self) -> Self:
        given = [self.lon is not None, self.lat is not None, self.uncertainty_m is not None, self.source is not None]
        if any(given) and not all(given):
            raise ColumnError("lon", "lon, lat, uncertainty_m and source together or none of them")
        if self.level is not DivisionLevel.TOWNSHIP and self.lon is None:
            raise ColumnError("lon", "a point for a city and a district")
        if (self.parent is None) != (self.level is DivisionLevel.CITY):
            raise ColumnError("parent", "a parent for all but a city")
        if len(self.code) != _DIGITS[self.level]:
            raise ColumnError("code", f"a code of {_DIGITS[self.level]} digits for a {self.level}")
        if self.lon is not None and self.lat is not None:
            _expect_in_china(self.lon, self.lat)
        return self


class FormerRow(Row):
    """A name that a division no longer has, or that covered something else."""

    name: Name
    name_en: Name
    level: FormerLevel
    code: Code | None
    until: DateCell | None
    became: Codes
    note_zh: Text
    note_en: Text | None = Field(default=None, description="the note in English; a table without one may leave the column out")
    meant: Code | None = Field(
        default=None, description="what it became that it means where nothing more is said; a table without one may leave the column out"
    )


class ElsewhereRow(Row):
    """A division of China outside the city: what a name may mean instead."""

    code: Code
    name: Name
    level: ElsewhereLevel
    parent: Code | None
    name_en: Name | None


class HomonymRow(Row):
    """A name that places in several cities bear, or that only says what sort of place it is."""

    name: Name
    kind: HomonymKind
    elsewhere_zh: Text
    source_note: Text
    elsewhere_en: Text | None = Field(default=None, description="as elsewhere_zh; a table without one may leave the column out")


class NameRow(Row):
    """A name in use for an industrial platform, a zone, a park or a landmark, and where it lies as far as that is known."""

    name: Name
    aliases: Names | None = Field(description="separated by semicolons")
    name_en: Name | None
    kind: NameKind
    district: Name | None = Field(description="as admin/divisions.csv names it; empty where it lies in several, or where that is not known")
    township: Name | None = Field(description="as admin/divisions.csv names it; the first where there are several")
    lon: Degrees | None = Field(description="degrees, WGS-84; empty when no point of its own is known, or when it stands in osm/points.csv")
    lat: Degrees | None = Field(description="degrees, WGS-84")
    uncertainty_m: Uncertainty | None = Field(description="metres: the true place lies within this radius")
    source: Slug | None = Field(description="of the point")
    source_note: Text = Field(description="who uses the name")

    @model_validator(mode="after")
    def _has_a_whole_point(self) -> Self:
        given = [self.lon is not None, self.lat is not None, self.uncertainty_m is not None, self.source is not None]
        if any(given) and not all(given):
            raise ColumnError("lon", "lon, lat, uncertainty_m and source together or none of them")
        if self.lon is not None and self.lat is not None:
            _expect_in_china(self.lon, self.lat)
        return self


class PointRow(Row):
    """A point that comes from OpenStreetMap: of a station, a landmark, a township, or a name in use."""

    name: Name
    aliases: Names | None = Field(description="separated by semicolons")
    name_en: Name | None
    kind: PointKind
    district: Name = Field(description="as admin/divisions.csv names it")
    lon: Degrees = Field(description="degrees, WGS-84")
    lat: Degrees = Field(description="degrees, WGS-84")
    uncertainty_m: Uncertainty = Field(description="metres: the true place, of an area nearly all of it, lies within this radius")
    source: Slug
    note: Text | None
    note_en: Text | None = Field(default=None, description="the note in English; a table without one may leave the column out")

    @model_validator(mode="after")
    def _lies_in_china(self) -> Self:
        _expect_in_china(self.lon, self.lat)
        return self


class VillageRow(Row):
    """The villages and communities of a township."""

    township: Code = Field(description="a code of admin/divisions.csv")
    names: Names = Field(description="separated by semicolons")


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
    "admin/villages.csv": VillageRow,
    "names.csv": NameRow,
    "osm/points.csv": PointRow,
}
