"""A list and its answers as JSON: what it is and which columns are taken, rows with what they mean, and the whole as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from geo.errors import Problem
from geo.geocode.answers import Answer, Geocoder, Level, Match, MissReason
from geo.geocode.lists.asking import asked_texts, cells_as_text
from geo.geocode.lists.columns import Choice, choose_columns
from geo.geocode.lists.corrections import Corrections, correct, points_put
from geo.geocode.lists.headings import NAMES, folded
from geo.geocode.lists.results import (
    BY_HAND,
    REASON_EMPTY,
    STATUS_AMBIGUOUS,
    STATUS_MATCH,
    STATUS_MISS,
    ask,
    asked_admins,
    geocode_table,
)
from geo.geocode.lists.rows import CELLS, Fault, List, ListError
from geo.geocode.lists.running import texts_of
from geo.geocode.lists.writing import RESERVED, check_target, write_target
from geo.ground.names import normalize_name

# Of a row that a correction leaves out.
STATUS_LEFT_OUT = "left_out"
_SAMPLE_ROWS = 5
_SAMPLE_CHARACTERS = 200
# The first answers come soon, the others in larger pieces.
_FIRST_ROWS, _ROWS = 200, 2000
_DIGITS = 6


class Turn(Protocol):
    """What a piece of work is done in, where others wait for theirs."""

    def __call__(self) -> AbstractContextManager[None]:
        """Wait for it."""
        ...


class Choosing(NamedTuple):
    """Which columns are asked.

    Attributes
    ----------
    choice
        ``None`` where they are not clear.
    problem
        Why not.
    """

    choice: Choice | None
    problem: ListError | None


def choose(list_: List, columns: Sequence[str], admin_column: str | None) -> Choosing:
    """Choose the columns of a list, or say why that is not clear.

    Raises
    ------
    ListError
        If a column that is asked for is not there, or one has the name of a result.
    """
    for name in list_.columns:
        if name in RESERVED:
            raise ListError(Problem(list_.name, 1, name, "", "no column of this name, which is one of the results: rename it, or leave it out"))
    try:
        return Choosing(choose_columns(list_.name, texts_of(list_.head(), list_, columns), columns, admin_column), None)
    except ListError as error:
        if error.fault is not Fault.COLUMN or columns or admin_column is not None:
            raise
        return Choosing(None, error)


def list_document(list_: List, choosing: Choosing) -> dict[str, Any]:
    """Say what a list is: its columns, its first rows, which columns are taken, and what its reader should know."""
    choice, problem = choosing
    sample = list_.head().select(list_.columns).slice(0, _SAMPLE_ROWS)
    rows = zip(*(cells_as_text(sample[name]) for name in list_.columns), strict=True)
    return {
        "kind": "list",
        "name": list_.name,
        "described": list_.described,
        "rows": list_.rows,
        "sheets": list(getattr(list_, "sheets", ())),
        "sheet": getattr(list_, "sheet", None),
        "columns": list(list_.columns),
        "sample": [[cell[:_SAMPLE_CHARACTERS] for cell in row] for row in rows],
        "choice": choice and {"columns": list(choice.columns), "admin_column": choice.admin_column, "why": choice.why},
        "problem": problem and str(problem),
        "label_column": choice and _label_column(list_, choice),
        "notices": [notice._asdict() for notice in list_.notices],
    }


def summary_document(list_: List, rows: int) -> dict[str, Any]:
    """Say that all rows have been answered, and what is odd about some of them."""
    flaws = [
        {"kind": flaw.oddity.value, "line": flaw.problem.line, "column": flaw.problem.column, "value": flaw.problem.value[:_SAMPLE_CHARACTERS]}
        for flaw in list_.flaws.first
    ]
    return {"kind": "end", "rows": rows, "flaws": flaws, "flaws_count": len(list_.flaws)}


def answered_rows(list_: List, choice: Choice, geocoder: Geocoder, corrections: Corrections, turn: Turn) -> Iterator[list[dict[str, Any]]]:
    """Answer the rows of a list, some thousand at a time, each piece in a turn of its own.

    Parameters
    ----------
    list_, choice
        What is asked.
    geocoder
        Whom.
    corrections
        What is asked in the place of what stands in rows.
    turn
        Each piece of work is done in one.

    Yields
    ------
    list of dict
        Rows: their number, as a spreadsheet counts them, what stands in them, what was asked, and the answer.

    Raises
    ------
    ListError
        If the list is broken further on, or a correction is of another list.
    """
    first, label = 2, _label_column(list_, choice)
    chunks = list_.chunks(_ROWS)
    while True:
        with turn():
            _, table = next(chunks, (0, None))
            if table is None:
                return
            stood = asked_texts(table, choice)
            texts, admins, is_kept = correct(stood, asked_admins(table, choice), first, corrections)
            answers, index = ask(texts, admins, geocoder)
            shared = [_answer_document(answer) for answer in answers]
            shared.append({"status": STATUS_MISS, "reason": REASON_EMPTY})
            for place, (lon, lat) in points_put(corrections, first, len(stood)).items():
                known = shared[index[place]]
                put: dict[str, Any] = {"status": STATUS_MATCH, "level": Level.ADDRESS.value, "precision": BY_HAND, "lon": lon, "lat": lat}
                put |= {"name": known.get("name", texts[place]), "method": BY_HAND}
                shared.append(put | {name: known[name] for name in ("district", "township") if name in known})
                index[place] = len(shared) - 1
            labels = cells_as_text(table[label]) if label else [""] * len(stood)
            rows = [
                {
                    "row": first + place,
                    **({"label": labels[place]} if labels[place] else {}),
                    "asked": texts[place],
                    **({"admin": admins[place]} if admins[place] else {}),
                    **({"query": stood[place]} if stood[place] != texts[place] else {}),
                    **(shared[index[place]] if is_kept[place] else {"status": STATUS_LEFT_OUT}),
                }
                for place in range(len(stood))
            ]
        if first == 2 and len(rows) > _FIRST_ROWS:
            yield rows[:_FIRST_ROWS]
            rows = rows[_FIRST_ROWS:]
        if rows:
            yield rows
        first += len(stood)


def write_list(
    list_: List, choice: Choice, geocoder: Geocoder, corrections: Corrections, extension: str, turn: Turn, translate: Callable[[str], str] = str
) -> bytes:
    """Write a list with its answers as a file, with the same columns as the command line writes.

    Parameters
    ----------
    list_, choice, geocoder, corrections, turn
        As in :func:`answered_rows`.
    extension
        ``.csv``, ``.tsv``, ``.xlsx``, ``.gpkg`` or ``.geojson``.
    translate
        As in :func:`geo.geocode.lists.results.geocode_table`.

    Raises
    ------
    ListError
        If the file cannot hold the list.
    """

    def parts() -> Iterator[pa.Table]:
        chunks = list_.chunks(_ROWS)
        first = 2
        while True:
            # Until the next one is asked for: its rows are written in this turn.
            with turn():
                _, table = next(chunks, (0, None))
                if table is None:
                    return
                yield geocode_table(table, choice, geocoder, first, corrections, translate).combine_chunks()
            first += len(table)

    target = Path(f"{_file_stem(list_.name)}{extension}")
    head = list_.head()
    check_target(target, pa.schema([field for field in head.schema if field.name != CELLS]), list_.rows)
    schema = geocode_table(head.slice(0, 0), choice, geocoder).schema
    with tempfile.TemporaryDirectory(prefix="geo-list-") as folder:
        written = Path(folder) / "written"
        written.mkdir()
        write_target(written / target, parts(), schema, Path(folder))
        return (written / target).read_bytes()


def _file_stem(name: str) -> str:
    # A layer of a GeoPackage has the name of its file.
    return "".join(letter if letter.isalnum() or letter in "-_ " else "_" for letter in Path(name).stem)[:60].strip() or "list"


def _label_column(list_: List, choice: Choice) -> str | None:
    """Return the column that says what a row is called, where that is not what is asked."""
    taken = {*choice.columns, choice.admin_column}
    headings = {normalize_name(heading) for heading in NAMES}
    return next((name for name in list_.columns if name not in taken and (folded(name) in headings or folded(name).endswith("名称"))), None)


def _answer_document(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Match):
        township = next((division.name for division in answer.divisions if len(division.code) == 9), None)
        district = next((division.name for division in answer.divisions if len(division.code) == 6 and not division.code.endswith("00")), None)
        document = {
            "status": STATUS_MATCH,
            "level": answer.level.value,
            "precision": answer.precision.value,
            "lon": round(answer.lon, _DIGITS),
            "lat": round(answer.lat, _DIGITS),
            "radius": answer.uncertainty_m,
            "name": answer.name,
            "unresolved": answer.unresolved,
            "district": district,
            "township": township,
            "method": answer.method.value,
        }
        return {name: value for name, value in document.items() if value not in (None, "")}
    status = STATUS_AMBIGUOUS if answer.reason is MissReason.AMBIGUOUS else STATUS_MISS
    candidates = [
        {"name": candidate.name, "within": candidate.within, "level": candidate.level and candidate.level.value} for candidate in answer.candidates
    ]
    return {"status": status, "reason": answer.reason.value, **({"candidates": candidates} if candidates else {})}
