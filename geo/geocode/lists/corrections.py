"""What somebody has looked at and put right, fed back: rows of a list of misses with an address in place of what was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from geo.errors import Problem
from geo.geocode.lists.asking import cells_as_text
from geo.geocode.lists.rows import Fault, List, ListError

# Of the list of misses: the row as a spreadsheet counts it, what was asked, and what a person writes beside it; a point may stand there, too.
ROW, QUERY, CORRECTED, DIVISION = "row", "query", "corrected", "division"
LON, LAT = "lon", "lat"
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?", re.ASCII)
# In the place of an address: the row is to be left out.
LEFT_OUT = "x"
_CHUNK = 10_000


class Correction(NamedTuple):
    """What is asked in the place of what stands in a row.

    Attributes
    ----------
    query
        What was asked when the row was looked at; empty where that is not known.
    text, admin
        What is to be asked, and the division that it lies in. An empty text with a division: what stands in the row, within that division.
    is_left_out
        Whether the row is to be left out.
    point
        Where somebody has put it: longitude and latitude in degrees, WGS-84; ``None`` where nobody has.
    """

    query: str
    text: str
    admin: str
    is_left_out: bool
    point: tuple[float, float] | None = None


Corrections = Mapping[int, Correction]


def read_corrections(list_: List) -> dict[int, Correction]:
    """Read corrections from a list of misses that somebody has written into.

    Parameters
    ----------
    list_
        With the columns ``row`` and ``corrected``, ``division``, or ``lon`` and ``lat``, and mostly ``query``.

    Returns
    -------
    dict
        By row of the list, which is counted as in a spreadsheet, the header being row 1; rows with nothing written are left out.

    Raises
    ------
    ListError
        If a column is missing, a row is no number or stands there twice with different corrections, or a point is not on Earth.
    """
    if ROW not in list_.columns or not {CORRECTED, DIVISION, LON} & set(list_.columns):
        expected = f"the columns {ROW} and {CORRECTED} or {DIVISION}, as in a list of misses; there are {', '.join(list_.columns)}"
        raise ListError(Problem(list_.name, 1, "", "", expected), Fault.CORRECTION)
    found: dict[int, Correction] = {}
    line = 1
    for _, table in list_.chunks(_CHUNK):
        columns = [_column(table, name) for name in (ROW, QUERY, CORRECTED, DIVISION, LON, LAT)]
        for row, query, text, admin, lon, lat in zip(*columns, strict=True):
            line += 1
            if not (text or admin or lon or lat):
                continue
            point = (_degrees(list_.name, line, LON, lon, 180), _degrees(list_.name, line, LAT, lat, 90)) if lon or lat else None
            if not (row.isascii() and row.isdecimal() and len(row) < 12 and int(row) >= 2):
                raise ListError(Problem(list_.name, line, ROW, row, "a row of the list, counted from 2, below its header"), Fault.CORRECTION)
            correction = Correction(query, "" if text == LEFT_OUT else text, admin, text == LEFT_OUT, point)
            if found.setdefault(int(row), correction) != correction:
                raise ListError(Problem(list_.name, line, ROW, row, "each row once"), Fault.CORRECTION)
    return found


def correct(texts: Sequence[str], admins: Sequence[str], first: int, corrections: Corrections) -> tuple[list[str], list[str], list[bool]]:
    """Put corrections in the place of what stands in rows.

    Parameters
    ----------
    texts, admins
        What is asked of each row, and the division that it lies in.
    first
        The number of the first of these rows.
    corrections
        Of the whole list.

    Returns
    -------
    texts, admins, is_kept
        What is asked now, and which rows are not left out.

    Raises
    ------
    ListError
        If another address was asked for a row when it was looked at: the list is not the same any more.
    """
    asked, divisions, is_kept = list(texts), list(admins), [True] * len(texts)
    of_these = corrections if len(corrections) < len(asked) else range(first, first + len(asked))
    for row in of_these:
        correction, place = corrections.get(row), row - first
        if correction is None or not 0 <= place < len(asked):
            continue
        # A spreadsheet may have added or taken away an apostrophe before text that looks like a formula.
        if correction.query and correction.query.lstrip("'") != asked[place].strip().lstrip("'"):
            expected = f"{correction.query!r} there, as when it was looked at: the list has changed"
            raise ListError(Problem("corrections", row, QUERY, asked[place], expected), Fault.CORRECTION)
        asked[place] = correction.text or asked[place]
        # An address that was written anew says itself where it lies, unless a division was written beside it.
        divisions[place] = correction.admin or ("" if correction.text else divisions[place])
        is_kept[place] = not correction.is_left_out
    return asked, divisions, is_kept


def points_put(corrections: Corrections, first: int, count: int) -> dict[int, tuple[float, float]]:
    """Return where somebody has put rows, by their places among so many from the first one on."""
    of_these = corrections if len(corrections) < count else range(first, first + count)
    found = ((row - first, corrections[row].point) for row in of_these if row in corrections)
    return {place: point for place, point in found if point is not None and 0 <= place < count}


def check_rows(corrections: Corrections, rows: int) -> None:
    """Verify that all corrections are of rows that there are.

    Raises
    ------
    ListError
        If one is not.
    """
    beyond = [row for row in corrections if row > rows + 1]
    if beyond:
        raise ListError(Problem("corrections", min(beyond), "", "", f"a row of the list, which ends with row {rows + 1}"), Fault.CORRECTION)


def _column(table: pa.Table, name: str) -> list[str]:
    return [cell.strip() for cell in cells_as_text(table[name])] if name in table.column_names else [""] * len(table)


def _degrees(name: str, line: int, column: str, text: str, most: int) -> float:
    if not _DEGREES.fullmatch(text) or abs(float(text)) > most:
        raise ListError(
            Problem(name, line, column, text, f"degrees from -{most} to {most}, WGS-84, beside those of the other column"), Fault.CORRECTION
        )
    return float(text)
