"""What spans rows: duplicates, references to other tables, chains that come back to themselves, units and pointers that do not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

from geo.errors import Problem
from geo.ground.names import normalize_name
from geo.tables.kinds import MAY_BE_NEGATIVE, NO_CORRIDOR, DivisionLevel, ElsewhereLevel, UnitKind
from geo.tables.rows import DivisionRow, FormerRow, GazetteerRow, Indicator, NameRow, Paragraph, Row, Source, VillageRow, Vocable


class Line(NamedTuple):
    """A valid row and the line of its file, counted from 1 with the header."""

    number: int
    row: Row


@dataclass
class ReadTable:
    """What could be read of a table.

    Attributes
    ----------
    lines
        The valid rows.
    broken
        The keys of rows that are not valid: what refers to them is not dangling, so that one mistake is reported once.
    is_readable
        Whether its rows could be read at all.
    """

    lines: list[Line]
    broken: set[str]
    is_readable: bool = False


def find_problems(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Find everything that is wrong between the rows of all tables, by file name."""
    if read["places.csv"].is_readable and not read["places.csv"].lines and not read["places.csv"].broken:
        yield Problem("places.csv", 0, "", "", "at least one place")
    yield from _duplicates(read)
    yield from _dangling(read)
    # Two checks ask for the same names, of as many rows as there are places.
    folded = cache(normalize_name)
    yield from _aliases_of_many(read["gazetteer.csv"].lines, folded)
    yield from _cycles("places.csv", "parent_id", read["places.csv"].lines, lambda place: place.id, lambda place: place.parent_id)
    yield from _cycles(
        "gazetteer.csv",
        "alias_of",
        read["gazetteer.csv"].lines,
        lambda row: folded(row.name),
        lambda row: folded(row.alias_of) if row.alias_of else None,
    )
    yield from _wrong_levels(read)
    yield from _districts_of_one_name(read)
    yield from _wrong_units(read)
    yield from _bad_pointers(read)
    yield from _lost_successors(read)
    yield from _unknown_districts(read)
    yield from _unknown_townships(read)


# What may stand once only in a table, and the column to name when it stands twice.
_UNIQUE: dict[str, tuple[str, Callable[[Any], Hashable]]] = {
    "sources.csv": ("id", lambda row: row.id),
    "paragraphs.csv": ("paragraph", lambda row: (row.source, row.paragraph)),
    "corridors.csv": ("id", lambda row: row.id),
    "places.csv": ("id", lambda row: row.id),
    "vocabulary.csv": ("indicator", lambda row: row.indicator),
    "indicators.csv": ("indicator", lambda row: (row.subject_id, row.indicator, row.period, row.source)),
    "relations.csv": ("relation", lambda row: (row.from_id, row.to_id, row.relation)),
    "gazetteer.csv": ("name", lambda row: (normalize_name(row.name), row.admin)),
    "other_numbers.csv": ("start", lambda row: (row.source, row.start)),
    "admin/divisions.csv": ("code", lambda row: row.code),
    "admin/former.csv": ("name", lambda row: row.name),
    "admin/elsewhere.csv": ("code", lambda row: row.code),
    "admin/homonyms.csv": ("name", lambda row: normalize_name(row.name)),
    "admin/villages.csv": ("township", lambda row: row.township),
    "names.csv": ("name", lambda row: normalize_name(row.name)),
    "osm/points.csv": ("name", lambda row: (normalize_name(row.name), row.kind, row.district)),
}


def _duplicates(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    for file, (column, key) in _UNIQUE.items():
        seen: dict[Hashable, int] = {}
        for line in read[file].lines:
            first = seen.setdefault(key(line.row), line.number)
            if first != line.number:
                yield Problem(file, line.number, column, _shown(line.row, column), f"no duplicate of line {first}")


# Which column refers to which table.
_REFERENCES = (
    ("paragraphs.csv", "source", "sources.csv"),
    ("corridors.csv", "source", "sources.csv"),
    ("places.csv", "source", "sources.csv"),
    ("places.csv", "parent_id", "places.csv"),
    ("places.csv", "corridor", "corridors.csv"),
    ("indicators.csv", "subject_id", "places.csv"),
    ("indicators.csv", "indicator", "vocabulary.csv"),
    ("indicators.csv", "source", "sources.csv"),
    ("relations.csv", "from_id", "places.csv"),
    ("relations.csv", "to_id", "places.csv"),
    ("relations.csv", "source", "sources.csv"),
    ("gazetteer.csv", "source", "sources.csv"),
    ("gazetteer.csv", "alias_of", "gazetteer.csv"),
    ("other_numbers.csv", "source", "sources.csv"),
    ("admin/divisions.csv", "parent", "admin/divisions.csv"),
    ("admin/divisions.csv", "source", "sources.csv"),
    ("admin/elsewhere.csv", "parent", "admin/elsewhere.csv"),
    ("names.csv", "source", "sources.csv"),
    ("osm/points.csv", "source", "sources.csv"),
)
# The column by which the rows of a table are referred to.
KEYS = {
    "sources.csv": "id",
    "corridors.csv": "id",
    "places.csv": "id",
    "vocabulary.csv": "indicator",
    "gazetteer.csv": "name",
    "admin/divisions.csv": "code",
    "admin/elsewhere.csv": "code",
}


def _dangling(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    known = {file: {getattr(line.row, column) for line in read[file].lines} | read[file].broken for file, column in KEYS.items()}
    for file, column, target in _REFERENCES:
        if not read[target].is_readable:
            continue  # The table itself could not be read, which is said already.
        others = [NO_CORRIDOR] if column == "corridor" else []
        allowed, expected = known[target].union(others), ", or ".join([f"a row of {target}", *others])
        for line in read[file].lines:
            value = getattr(line.row, column)
            if value is not None and value not in allowed:
                yield Problem(file, line.number, column, value, expected)


# What lies in what: the levels that may stand above each.
_ABOVE: dict[str, dict[str, tuple[str, ...]]] = {
    "admin/divisions.csv": {DivisionLevel.DISTRICT: (DivisionLevel.CITY,), DivisionLevel.TOWNSHIP: (DivisionLevel.DISTRICT,)},
    # Some counties and cities are the province's own.
    "admin/elsewhere.csv": {
        ElsewhereLevel.PREFECTURE: (ElsewhereLevel.PROVINCE,),
        ElsewhereLevel.COUNTY: (ElsewhereLevel.PREFECTURE, ElsewhereLevel.PROVINCE),
    },
}


def _wrong_levels(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Check that what a division lies in is of a level above its own: no chain of them comes back to itself."""
    for file, above in _ABOVE.items():
        rows: list[tuple[int, Any]] = [(line.number, line.row) for line in read[file].lines]
        levels = {row.code: row.level for _, row in rows}
        for number, row in rows:
            allowed = above.get(row.level, ())
            if row.parent in levels and levels[row.parent] not in allowed:
                expected = f"the code of a {' or a '.join(allowed)}" if allowed else f"nothing, as a {row.level} lies in none"
                yield Problem(file, number, "parent", row.parent, expected)


def _districts_of_one_name(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Find districts that share a name, by which places and locations refer to them; and cities beside the first."""
    first: dict[str, int] = {}
    city: int | None = None
    for line in read["admin/divisions.csv"].lines:
        row = cast(DivisionRow, line.row)
        if row.level is DivisionLevel.TOWNSHIP:
            continue
        if first.setdefault(row.name, line.number) != line.number:
            yield Problem("admin/divisions.csv", line.number, "name", row.name, f"another name than the district of line {first[row.name]}")
        if row.level is DivisionLevel.CITY:
            if city is not None:
                yield Problem("admin/divisions.csv", line.number, "level", row.level.value, f"one city, which is that of line {city}")
            city = city or line.number


def _aliases_of_many(lines: Sequence[Line], fold: Callable[[str], str]) -> Iterator[Problem]:
    """Find aliases of a name that several places share: only a district tells those apart, and an alias has none."""
    rows = [(line.number, cast(GazetteerRow, line.row)) for line in lines]
    counts = Counter(fold(row.name) for _, row in rows)
    for number, row in rows:
        if row.alias_of is not None and counts[fold(row.alias_of)] > 1:
            yield Problem("gazetteer.csv", number, "alias_of", row.alias_of, "a name that stands once in the table")


def _cycles(file: str, column: str, lines: Sequence[Line], key: Callable[[Any], str], parent: Callable[[Any], str | None]) -> Iterator[Problem]:
    keys, aboves = [key(line.row) for line in lines], [parent(line.row) for line in lines]
    parents = dict(zip(keys, aboves, strict=True))
    for line, own, above in zip(lines, keys, aboves, strict=True):
        seen = {own}
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == own:
            yield Problem(file, line.number, column, _shown(line.row, column), "a chain that does not come back to itself")


def _wrong_units(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    kinds = {row.indicator: row.unit_kind for row in (cast(Vocable, line.row) for line in read["vocabulary.csv"].lines)}
    for line in read["indicators.csv"].lines:
        row = cast(Indicator, line.row)
        kind = kinds.get(row.indicator)
        if kind is None:
            continue
        if row.growth_pct is not None and row.growth_pct < -100 and kind not in MAY_BE_NEGATIVE:
            yield Problem("indicators.csv", line.number, "growth_pct", str(row.growth_pct), f"-100 or more: a {kind} loses all of itself at most")
        if row.value is None:
            continue
        if kind is UnitKind.RATIO and row.unit is None:
            continue
        if row.unit is None or row.unit.kind is not kind:
            yield Problem("indicators.csv", line.number, "unit", row.unit.zh if row.unit else "", f"a unit of {kind}, as vocabulary.csv says")


def _lost_successors(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Check that what a former division became stands among the divisions."""
    known = {cast(DivisionRow, line.row).code for line in read["admin/divisions.csv"].lines} | read["admin/divisions.csv"].broken
    for line in read["admin/former.csv"].lines:
        for code in cast(FormerRow, line.row).became:
            if read["admin/divisions.csv"].is_readable and code not in known:
                yield Problem("admin/former.csv", line.number, "became", code, "a row of admin/divisions.csv")
        meant = cast(FormerRow, line.row).meant
        if meant is not None and meant not in cast(FormerRow, line.row).became:
            yield Problem("admin/former.csv", line.number, "meant", meant, "one of the codes in became")


def _unknown_districts(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Check that what places and locations lie in is a district, or the city as a whole."""
    if not read["admin/divisions.csv"].is_readable:
        return
    divisions = [cast(DivisionRow, line.row) for line in read["admin/divisions.csv"].lines]
    known = [row.name for row in divisions if row.level is not DivisionLevel.TOWNSHIP]
    # A row that is broken itself is reported once, and not again by those that name it.
    if read["admin/divisions.csv"].broken:
        return
    for file, column in (("places.csv", "district"), ("gazetteer.csv", "admin"), ("names.csv", "district"), ("osm/points.csv", "district")):
        for line in read[file].lines:
            value = getattr(line.row, column)
            if value is not None and value not in known:
                expected = (
                    f"one of {', '.join(known)}, as admin/divisions.csv names them" if known else "a district of admin/divisions.csv, which has none"
                )
                yield Problem(file, line.number, column, value, expected)


def _unknown_townships(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Check that the township of a name in use lies in its district, and that a township of villages is one."""
    table = read["admin/divisions.csv"]
    divisions = [cast(DivisionRow, line.row) for line in table.lines]
    names = {row.code: row.name for row in divisions}
    # A code that is wrong itself is reported once, and not again by those that name the right one.
    if not table.is_readable or table.broken or len(names) < len(divisions):
        return
    codes = {row.code for row in divisions if row.level is DivisionLevel.TOWNSHIP}
    for line in read["admin/villages.csv"].lines:
        code = cast(VillageRow, line.row).township
        if code not in codes:
            yield Problem("admin/villages.csv", line.number, "township", code, "the code of a township of admin/divisions.csv")
    known = {(names.get(row.parent or ""), row.name) for row in divisions if row.level is DivisionLevel.TOWNSHIP}
    for line in read["names.csv"].lines:
        row = cast(NameRow, line.row)
        if row.township is not None and (row.district, row.township) not in known:
            yield Problem("names.csv", line.number, "township", row.township, f"a township of {row.district or 'a district, which is not given'}")


def _bad_pointers(read: Mapping[str, ReadTable]) -> Iterator[Problem]:
    """Check every pointer against the paragraphs of its source; a source whose text has a sha256 has its paragraphs in paragraphs.csv."""
    spans = {(row.source, row.paragraph): row for row in (cast(Paragraph, line.row) for line in read["paragraphs.csv"].lines)}
    sources = {row.id: row for row in (cast(Source, line.row) for line in read["sources.csv"].lines)}
    for line in read["paragraphs.csv"].lines:
        paragraph = cast(Paragraph, line.row)
        before = spans.get((paragraph.source, paragraph.paragraph - 1))
        if before is not None and paragraph.start <= before.end:
            expected = f"an offset after paragraph {before.paragraph} ({before.end})"
            yield Problem("paragraphs.csv", line.number, "start", str(paragraph.start), expected)
    for file in ("places.csv", "indicators.csv", "relations.csv", "other_numbers.csv"):
        for line in read[file].lines:
            row: Any = line.row
            if row.source not in sources:
                continue  # Dangling or broken, which is said already.
            if sources[row.source].sha256 is None:
                if row.paragraph is not None:
                    yield Problem(file, line.number, "paragraph", str(row.paragraph), f"nothing: {row.source} has no text with a sha256")
                continue
            if row.paragraph is None:
                yield Problem(file, line.number, "paragraph", "", f"a paragraph of {row.source}")
                continue
            span = spans.get((row.source, row.paragraph))
            if not read["paragraphs.csv"].is_readable:
                continue
            if span is None:
                yield Problem(file, line.number, "paragraph", str(row.paragraph), f"a paragraph of {row.source} in paragraphs.csv")
            elif getattr(row, "start", None) is not None and not span.start <= row.start < row.end <= span.end:
                expected = f"a span inside paragraph {row.paragraph} ({span.start}-{span.end})"
                yield Problem(file, line.number, "start", f"{row.start}-{row.end}", expected)


def _shown(row: Row, column: str) -> str:
    value = getattr(row, column)
    return "" if value is None else str(value)
