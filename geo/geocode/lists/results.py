"""The columns that geocoding adds to a list: one row an answer, misses included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from geo.geocode.answers import Candidate, Geocoder, Match, Miss, MissReason, Query

# Whoever reads a list tells its columns from ours by this.
PREFIX = "geo_"

RESULTS = pa.schema(
    [
        (PREFIX + name, type_)
        for name, type_ in (
            ("status", pa.string()),
            ("lon", pa.float64()),
            ("lat", pa.float64()),
            ("level", pa.string()),
            ("precision", pa.string()),
            ("uncertainty_m", pa.int64()),
            ("method", pa.string()),
            ("score", pa.float64()),
            ("name", pa.string()),
            ("matched", pa.string()),
            ("unresolved", pa.string()),
            ("city_code", pa.string()),
            ("city", pa.string()),
            ("district_code", pa.string()),
            ("district", pa.string()),
            ("township_code", pa.string()),
            ("township", pa.string()),
            ("basis", pa.string()),
            ("source", pa.string()),
            ("datum_of_source", pa.string()),
            ("note", pa.string()),
            ("candidates", pa.string()),
            ("reason", pa.string()),
        )
    ]
)

STATUS_MATCH, STATUS_AMBIGUOUS, STATUS_MISS = "match", "ambiguous", "miss"
# A row whose cell is empty is not asked; it is a miss of its own kind.
REASON_EMPTY = "empty"

_NOTHING = (None,) * len(RESULTS)


def geocode_table(table: pa.Table, column: str, admin_column: str | None, geocoder: Geocoder) -> pa.Table:
    """Geocode the rows of a table, each different one once.

    Parameters
    ----------
    table
        Rows of a list.
    column
        The names or addresses.
    admin_column
        The division of each row, if there is one.
    geocoder
        Whom to ask.

    Returns
    -------
    pa.Table
        The same rows in the same order, with the columns of :data:`RESULTS` after their own.
    """
    texts = cells_as_text(table[column])
    admins = cells_as_text(table[admin_column]) if admin_column else [""] * len(texts)
    asked = list(zip(texts, (admin.strip() for admin in admins), strict=True))
    places: dict[tuple[str, str], int] = {}
    for row in asked:
        if row[0].strip():
            places.setdefault(row, len(places))
    answers = geocoder.geocode([Query(text, admin=admin) for text, admin in places])
    rows = [_ROW[type(answer)](answer) for _, answer in zip(places, answers, strict=True)]
    rows.append((STATUS_MISS, *_NOTHING[1:-1], REASON_EMPTY))
    empty = len(rows) - 1
    index = pa.array([places.get(row, empty) for row in asked], pa.int32())
    answered = pa.Table.from_arrays(
        [pa.array(cells, field.type) for cells, field in zip(zip(*rows, strict=True), RESULTS, strict=True)], schema=RESULTS
    )
    for name, cells in zip(RESULTS.names, answered.take(index).columns, strict=True):
        table = table.append_column(name, cells)
    return table


def cells_as_text(cells: pa.ChunkedArray) -> list[str]:
    """Return cells as text; what is null is empty."""
    return [cell or "" for cell in cells.cast(pa.string()).to_pylist()]


def _match_row(match: Match) -> tuple[Any, ...]:
    city: tuple[str | None, str | None] = (None, None)
    district = township = city
    for division in match.divisions:
        if len(division.code) == 9:
            township = division
        elif division.code.endswith("00"):
            city = division
        else:
            district = division
    return (
        STATUS_MATCH,
        match.lon,
        match.lat,
        match.level.value,
        match.precision.value,
        match.uncertainty_m,
        match.method.value,
        match.score,
        match.name,
        match.matched,
        match.unresolved or None,
        *city,
        *district,
        *township,
        match.basis.value,
        match.source,
        match.datum_of_source.value,
        match.note,
        None,
        None,
    )


def _miss_row(miss: Miss) -> tuple[Any, ...]:
    status = STATUS_AMBIGUOUS if miss.reason is MissReason.AMBIGUOUS else STATUS_MISS
    candidates = "; ".join(_candidate_text(candidate) for candidate in miss.candidates) or None
    return (status, *_NOTHING[1:-2], candidates, miss.reason.value)


def _candidate_text(candidate: Candidate) -> str:
    where = ", ".join(part for part in (candidate.within, candidate.level.value if candidate.level else "") if part)
    return candidate.name + (f" ({where})" if where else "") + (f": {candidate.reason}" if candidate.reason else "")


_ROW: dict[type, Callable[[Any], tuple[Any, ...]]] = {Match: _match_row, Miss: _miss_row}
