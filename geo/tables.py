"""The only reader of ``data/``: files in, valid rows out, or every problem at once.

A cell is never interpreted beyond what :mod:`geo.schema` says and never defaulted. All files are read before anything is reported, so that one
run shows all there is to mend.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from geo.errors import Problem, TableError
from geo.names import normalize_name
from geo.schema import (
    TABLES,
    ColumnError,
    Corridor,
    CorridorRow,
    DivisionRow,
    ElsewhereRow,
    FormerRow,
    GazetteerRow,
    HomonymRow,
    Indicator,
    OtherNumber,
    Paragraph,
    Place,
    Row,
    Source,
    Tie,
    UnitKind,
    Vocable,
)


class _Line(NamedTuple):
    """A valid row and the line of its file, counted from 1 with the header."""

    number: int
    row: Row


@dataclass
class _Read:
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

    lines: list[_Line]
    broken: set[str]
    is_readable: bool = False


@dataclass(frozen=True)
class Tables:
    """The validated tables.

    Attributes
    ----------
    sources, paragraphs, corridors, places, vocabulary, indicators, relations, gazetteer, other_numbers, divisions, former, elsewhere, homonyms
        The rows of each table, in file order.
    version
        First 12 hexadecimal digits of the sha256 over all files: the data version.
    """

    sources: tuple[Source, ...]
    paragraphs: tuple[Paragraph, ...]
    corridors: tuple[CorridorRow, ...]
    places: tuple[Place, ...]
    vocabulary: tuple[Vocable, ...]
    indicators: tuple[Indicator, ...]
    relations: tuple[Tie, ...]
    gazetteer: tuple[GazetteerRow, ...]
    other_numbers: tuple[OtherNumber, ...]
    version: str
    divisions: tuple[DivisionRow, ...] = ()
    former: tuple[FormerRow, ...] = ()
    elsewhere: tuple[ElsewhereRow, ...] = ()
    homonyms: tuple[HomonymRow, ...] = ()

    @cached_property
    def places_by_id(self) -> dict[str, Place]:
        """The places by id, in file order."""
        return {place.id: place for place in self.places}

    @cached_property
    def sources_by_id(self) -> dict[str, Source]:
        """The sources by id, in file order."""
        return {source.id: source for source in self.sources}

    @cached_property
    def figures_by_place(self) -> dict[str, list[Indicator]]:
        """The figures of every place, in file order; an empty list where it has none."""
        figures: dict[str, list[Indicator]] = {place.id: [] for place in self.places}
        for figure in self.indicators:
            figures[figure.subject_id].append(figure)
        return figures

    @cached_property
    def ranked_amounts(self) -> dict[str, list[tuple[int, Indicator]]]:
        """Of every place that has some, the amounts that have a rank, each with its position in the table."""
        amounts: dict[str, list[tuple[int, Indicator]]] = {}
        for position, figure in enumerate(self.indicators):
            if figure.rank is not None and figure.value is not None and figure.unit:
                amounts.setdefault(figure.subject_id, []).append((position, figure))
        return amounts


def read_tables(directory: Path) -> Tables:
    """Read and validate every table of a folder.

    Raises
    ------
    TableError
        With every problem that was found, each with file, line, column, value and what was expected.
    """
    problems: list[Problem] = []
    digest = hashlib.sha256()
    read: dict[str, _Read] = {}
    for file, model in TABLES.items():
        content = _read_bytes(directory, file, problems)
        digest.update(f"{file}\0{len(content or b'')}\0".encode() + (content or b""))
        read[file] = _read_table(file, content, model, problems)
    problems.extend(_problems_between_rows(read))
    if problems:
        raise TableError(problems)

    # The fields of Tables are named after the files, and TABLES gives each file its row model.
    rows: dict[str, Any] = {Path(file).stem: tuple(line.row for line in read[file].lines) for file in TABLES}
    return Tables(**rows, version=digest.hexdigest()[:12])


def _read_bytes(directory: Path, file: str, problems: list[Problem]) -> bytes | None:
    try:
        return (directory / file).read_bytes()
    except OSError:
        problems.append(Problem(file, 0, "", "", f"a readable file in {directory.name}/"))
        return None


def _decode(file: str, content: bytes, problems: list[Problem]) -> str | None:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        expected = "UTF-8"
        try:
            content.decode("gb18030")
            expected = "UTF-8; this looks like GBK, so save the file as UTF-8"
        except UnicodeDecodeError:
            pass
        problems.append(Problem(file, line, "", f"byte 0x{content[error.start : error.end].hex()}", expected))
        return None


def _read_table(file: str, content: bytes | None, model: type[Row], problems: list[Problem]) -> _Read:
    """Read the rows of a file; what is not valid becomes a problem."""
    read = _Read([], set())
    text = None if content is None else _decode(file, content, problems)
    if text is None:
        return read
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not _expect_columns(file, header, model, problems):
            return read
        read.is_readable = True
        first = reader.line_num + 1
        for cells in reader:
            number, first = first, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                problems.append(Problem(file, number, "", f"{len(cells)} cells", f"{len(header)} cells, one a column"))
                continue
            row = dict(zip(header, (cell or None for cell in cells), strict=True))
            try:
                read.lines.append(_Line(number, model.model_validate(row)))
            except ValidationError as error:
                problems.extend(_problem(file, number, row, details) for details in error.errors())
                read.broken.add(row.get(_KEYS.get(file, "")) or "")
    except csv.Error as error:
        read.is_readable = False
        problems.append(Problem(file, reader.line_num, "", "", f"CSV with commas and double quotes ({error})"))
    return read


def _expect_columns(file: str, header: Sequence[str], model: type[Row], problems: list[Problem]) -> bool:
    wanted = list(model.model_fields)
    found = [Problem(file, 1, column, "", "this column, which is missing") for column in wanted if column not in header]
    found += [Problem(file, 1, column, column, f"one of the columns {', '.join(wanted)}") for column in header if column not in wanted]
    found += [Problem(file, 1, column, column, "each column once") for column in wanted if header.count(column) > 1]
    problems.extend(found)
    return not found


def _problem(file: str, line: int, row: Mapping[str, str | None], details: ErrorDetails) -> Problem:
    """Say what pydantic found in the words of the tables."""
    context = details.get("ctx", {})
    cause = context.get("error")
    column = cause.column if isinstance(cause, ColumnError) else str(details["loc"][0])
    if cause is not None:
        expected = str(cause)
    elif details["type"] == "enum":
        expected = f"one of {context['expected']}"
    else:
        expected = details["msg"]
    return Problem(file, line, column, row[column] or "", expected)


# --- what spans rows ----------------------------------------------------------------------------------------------------------------------


def _problems_between_rows(read: Mapping[str, _Read]) -> Iterator[Problem]:
    if read["places.csv"].is_readable and not read["places.csv"].lines and not read["places.csv"].broken:
        yield Problem("places.csv", 0, "", "", "at least one place")
    yield from _duplicates(read)
    yield from _dangling(read)
    yield from _aliases_of_many(read["gazetteer.csv"].lines)
    yield from _cycles("places.csv", "parent_id", read["places.csv"].lines, lambda place: place.id, lambda place: place.parent_id)
    yield from _cycles(
        "gazetteer.csv",
        "alias_of",
        read["gazetteer.csv"].lines,
        lambda row: normalize_name(row.name),
        lambda row: normalize_name(row.alias_of) if row.alias_of else None,
    )
    yield from _wrong_units(read)
    yield from _bad_pointers(read)
    yield from _lost_successors(read)


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
}


def _duplicates(read: Mapping[str, _Read]) -> Iterator[Problem]:
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
)
# The column by which the rows of a table are referred to.
_KEYS = {"sources.csv": "id", "corridors.csv": "id", "places.csv": "id", "vocabulary.csv": "indicator", "gazetteer.csv": "name"}
_KEYS |= {"admin/divisions.csv": "code", "admin/elsewhere.csv": "code"}


def _dangling(read: Mapping[str, _Read]) -> Iterator[Problem]:
    known = {file: {getattr(line.row, column) for line in read[file].lines} | read[file].broken for file, column in _KEYS.items()}
    for file, column, target in _REFERENCES:
        if not read[target].is_readable:
            continue  # The table itself could not be read, which is said already.
        for line in read[file].lines:
            value = getattr(line.row, column)
            if value is not None and value is not Corridor.NONE and value not in known[target]:
                yield Problem(file, line.number, column, value, f"a row of {target}")


def _aliases_of_many(lines: Sequence[_Line]) -> Iterator[Problem]:
    """Find aliases of a name that several places share: only a district tells those apart, and an alias has none."""
    rows = [(line.number, cast(GazetteerRow, line.row)) for line in lines]
    counts = Counter(normalize_name(row.name) for _, row in rows)
    for number, row in rows:
        if row.alias_of is not None and counts[normalize_name(row.alias_of)] > 1:
            yield Problem("gazetteer.csv", number, "alias_of", row.alias_of, "a name that stands once in the table")


def _cycles(file: str, column: str, lines: Sequence[_Line], key: Callable[[Any], str], parent: Callable[[Any], str | None]) -> Iterator[Problem]:
    parents = {key(line.row): parent(line.row) for line in lines}
    for line in lines:
        seen = {key(line.row)}
        above = parent(line.row)
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == key(line.row):
            yield Problem(file, line.number, column, _shown(line.row, column), "a chain that does not come back to itself")


def _wrong_units(read: Mapping[str, _Read]) -> Iterator[Problem]:
    kinds = {row.indicator: row.unit_kind for row in (cast(Vocable, line.row) for line in read["vocabulary.csv"].lines)}
    for line in read["indicators.csv"].lines:
        row = cast(Indicator, line.row)
        kind = kinds.get(row.indicator)
        if kind is None or row.value is None:
            continue
        if kind is UnitKind.RATIO and row.unit is None:
            continue
        if row.unit is None or row.unit.kind is not kind:
            yield Problem("indicators.csv", line.number, "unit", row.unit.zh if row.unit else "", f"a unit of {kind}, as vocabulary.csv says")


def _lost_successors(read: Mapping[str, _Read]) -> Iterator[Problem]:
    """Check that what a former division became stands among the divisions."""
    known = {cast(DivisionRow, line.row).code for line in read["admin/divisions.csv"].lines} | read["admin/divisions.csv"].broken
    for line in read["admin/former.csv"].lines:
        for code in cast(FormerRow, line.row).became:
            if read["admin/divisions.csv"].is_readable and code not in known:
                yield Problem("admin/former.csv", line.number, "became", code, "a row of admin/divisions.csv")


def _bad_pointers(read: Mapping[str, _Read]) -> Iterator[Problem]:
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
