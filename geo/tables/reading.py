"""The only reader of ``data/``: files in, valid rows out, or every problem at once.

A cell is never interpreted beyond what :mod:`geo.tables.cells` says and never defaulted. All files are read before anything is reported, so that one
run shows all there is to mend.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from geo.errors import Problem, TableError
from geo.ground.palette import GREY
from geo.tables.checksums import read_checked, read_checksums
from geo.tables.integrity import KEYS, Line, ReadTable, find_problems
from geo.tables.kinds import NO_CORRIDOR, DivisionLevel, FigureStatus
from geo.tables.profile import FILE as PROFILE
from geo.tables.profile import CorridorName, Profile, read_profile
from geo.tables.rows import (
    TABLES,
    ColumnError,
    CorridorRow,
    DivisionRow,
    ElsewhereRow,
    FormerRow,
    GazetteerRow,
    HomonymRow,
    Indicator,
    NameRow,
    OtherNumber,
    Paragraph,
    Place,
    PointRow,
    Row,
    Source,
    Tie,
    VillageRow,
    Vocable,
)


@dataclass(frozen=True)
class Tables:
    """The validated tables.

    Attributes
    ----------
    sources, paragraphs, corridors, places, vocabulary, indicators, relations, gazetteer, other_numbers, divisions, former, elsewhere, homonyms,
    villages, names, points
        The rows of each table, in file order.
    profile
        What the atlas is called, which city it is about, and how it is drawn.
    version
        First 12 hexadecimal digits of the sha256 over all files: the data version.
    summed
        The tables whose sum ``SHA256SUMS`` has, and which therefore are whole.
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
    profile: Profile
    version: str
    divisions: tuple[DivisionRow, ...] = ()
    former: tuple[FormerRow, ...] = ()
    elsewhere: tuple[ElsewhereRow, ...] = ()
    homonyms: tuple[HomonymRow, ...] = ()
    villages: tuple[VillageRow, ...] = ()
    names: tuple[NameRow, ...] = ()
    points: tuple[PointRow, ...] = ()
    summed: frozenset[str] = frozenset()

    def count_rows(self) -> dict[str, int]:
        """Count the rows of each table, by file."""
        return {file: len(getattr(self, Path(file).stem)) for file in TABLES}

    @cached_property
    def places_by_id(self) -> dict[str, Place]:
        """The places by id, in file order."""
        return {place.id: place for place in self.places}

    @cached_property
    def districts(self) -> dict[str, str]:
        """The names of the districts and of the city as a whole, to their names in English, in file order with the city last."""
        rows = [row for row in self.divisions if row.level is not DivisionLevel.TOWNSHIP]
        return {row.name: row.name_en for row in sorted(rows, key=lambda row: row.level is DivisionLevel.CITY)}

    @cached_property
    def corridor_names(self) -> dict[str, CorridorName]:
        """The names of the corridors by their ids, in file order, and last that of what lies on none."""
        # Of cells that are valid already: how long a name may be is for each table to say.
        make = CorridorName.model_construct
        names = {row.id: make(zh=row.name_zh, en=row.name_en, short_zh=row.short_zh, short_en=row.short_en) for row in self.corridors}
        return {**names, NO_CORRIDOR: self.profile.no_corridor}

    @property
    def corridor_ids(self) -> tuple[str, ...]:
        """The ids of the corridors, in file order, and last that of none: what a place can have."""
        return tuple(self.corridor_names)

    @cached_property
    def hues(self) -> dict[str, str]:
        """The colours of the corridors on light ground by their ids, and the grey of what lies on none."""
        return {**{row.id: row.colour for row in self.corridors}, NO_CORRIDOR: GREY}

    @cached_property
    def sources_by_id(self) -> dict[str, Source]:
        """The sources by id, in file order."""
        return {source.id: source for source in self.sources}

    @cached_property
    def ages_of_sources(self) -> dict[str, int]:
        """The sources that state figures, the oldest first, by their id; each with its number in that order.

        One without a date is as old as the last period that has come true in it; of two of one day the one later in the table is the younger.
        """
        lasts: dict[str, date] = {}
        for row in self.indicators:
            last = row.period.end if row.period and row.status is FigureStatus.ACTUAL else None
            lasts[row.source] = max(lasts.get(row.source, date.min), last or date.min)
        published = {source.id: source.published.end if source.published else None for source in self.sources}
        # The sort keeps the order of the table where the days are the same.
        ordered = sorted((id_ for id_ in published if id_ in lasts), key=lambda id_: published[id_] or lasts[id_])
        return {id_: number for number, id_ in enumerate(ordered)}

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
    read: dict[str, ReadTable] = {}
    sums = read_checksums(directory, problems)
    content = read_checked(directory, PROFILE, sums, problems)
    digest.update(f"{PROFILE}\0{len(content or b'')}\0".encode() + (content or b""))
    text = None if content is None else _decode(PROFILE, content, problems)
    profile = None if text is None else read_profile(text, problems)
    # Ids and names stand in several tables, and districts and sources in every row: the same text is kept once. An empty cell is none.
    texts: dict[str, str | None] = {"": None}
    for file, model in TABLES.items():
        content = read_checked(directory, file, sums, problems)
        digest.update(f"{file}\0{len(content or b'')}\0".encode() + (content or b""))
        read[file] = _read_table(file, content, model, problems, texts)
    problems.extend(find_problems(read))
    if problems or profile is None:
        raise TableError(problems)

    # The fields of Tables are named after the files, and TABLES gives each file its row model.
    rows: dict[str, Any] = {Path(file).stem: tuple(line.row for line in read[file].lines) for file in TABLES}
    return Tables(**rows, profile=profile, version=digest.hexdigest()[:12], summed=frozenset(sums) & frozenset(TABLES))


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


def _read_table(file: str, content: bytes | None, model: type[Row], problems: list[Problem], texts: dict[str, str | None]) -> ReadTable:
    """Read the rows of a file; what is not valid becomes a problem, and a text that ``texts`` holds is not kept again."""
    read = ReadTable([], set())
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
        columns = set(header)
        for cells in reader:
            number, first = first, reader.line_num + 1
            if not cells:
                continue
            if len(cells) != len(header):
                problems.append(Problem(file, number, "", f"{len(cells)} cells", f"{len(header)} cells, one a column"))
                continue
            row = dict(zip(header, map(texts.setdefault, cells, cells), strict=True))
            try:
                valid = model.model_validate(row)
            except ValidationError as error:
                problems.extend(_problem(file, number, row, details) for details in error.errors())
                read.broken.add(row.get(KEYS.get(file, "")) or "")
                continue
            # Every cell is given: one set says so for all rows, as each of its own would take more room than the row.
            object.__setattr__(valid, "__pydantic_fields_set__", columns)
            read.lines.append(Line(number, valid))
    except csv.Error as error:
        read.is_readable = False
        problems.append(Problem(file, reader.line_num, "", "", f"CSV with commas and double quotes ({error})"))
    return read


def _expect_columns(file: str, header: Sequence[str], model: type[Row], problems: list[Problem]) -> bool:
    wanted = list(model.model_fields)
    required = [column for column in wanted if model.model_fields[column].is_required()]
    found = [Problem(file, 1, column, "", "this column, which is missing") for column in required if column not in header]
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
