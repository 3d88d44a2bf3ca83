"""The columns that geocoding adds to a list: one row an answer, misses included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from geo.geocode.answers import Answer, Candidate, Geocoder, Level, Match, Miss, MissReason, Query
from geo.geocode.lists.asking import asked_texts, cells_as_text
from geo.geocode.lists.columns import Choice
from geo.geocode.lists.corrections import Corrections, correct, points_put
from geo.geocode.lists.rows import ASKED, ROW_NUMBER
from geo.geocode.said import N_, say
from geo.ground.datum import Datum

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
# How a row is located, and how exactly, that somebody has put in its place.
BY_HAND = "corrected_by_hand"
_PUT = N_("手工改正的点")
# A row whose cell is empty is not asked; it is a miss of its own kind.
REASON_EMPTY = "empty"

_NOTHING = (None,) * len(RESULTS)


def geocode_table(
    table: pa.Table,
    choice: Choice,
    geocoder: Geocoder,
    first: int = 2,
    corrections: Corrections | None = None,
    translate: Callable[[str], str] = str,
) -> pa.Table:
    """Geocode the rows of a table, each different one once.

    Parameters
    ----------
    table
        Rows of a list.
    choice
        What of them is asked.
    geocoder
        Whom to ask.
    first
        The number of the first of these rows in the list, as a spreadsheet counts: below the header it is 2.
    corrections
        What is asked in the place of what stands in a row.
    translate
        From a phrase in Chinese to the phrase in the reader's language.

    Returns
    -------
    pa.Table
        The same rows in the same order, but for those that a correction leaves out; after their own columns what was asked and their number, and then
        the columns of :data:`RESULTS`.

    Raises
    ------
    ListError
        If a correction is of another list.
    """
    stood = asked_texts(table, choice)
    texts, admins, is_kept = correct(stood, asked_admins(table, choice), first, corrections or {})
    points = points_put(corrections or {}, first, len(stood))
    table = table.append_column(ASKED, pa.array(stood, pa.string())).append_column(ROW_NUMBER, pa.array(range(first, first + len(stood)), pa.int64()))
    if not all(is_kept):
        table = table.filter(pa.array(is_kept))
        texts, admins = ([cell for cell, kept in zip(cells, is_kept, strict=True) if kept] for cells in (texts, admins))
        still = [place for place, kept in enumerate(is_kept) if kept]
        points = {place: points[old] for place, old in enumerate(still) if old in points}
    return _with_answers(table, texts, admins, geocoder, translate, points)


def asked_admins(table: pa.Table, choice: Choice) -> list[str]:
    """Return the division that each row is said to lie in; empty where that is not known."""
    return [admin.strip() for admin in cells_as_text(table[choice.admin_column])] if choice.admin_column else [""] * len(table)


def ask(texts: Sequence[str], admins: Sequence[str], geocoder: Geocoder) -> tuple[list[Answer], list[int]]:
    """Ask a text within a division for each row, each different one once and an empty one never.

    Returns
    -------
    answers, index
        The different answers, and for each row the place of its own; behind the last one for a row that was not asked.
    """
    asked = list(zip(texts, admins, strict=True))
    places: dict[tuple[str, str], int] = {}
    for row in asked:
        if row[0].strip():
            places.setdefault(row, len(places))
    answers = geocoder.geocode([Query(text, admin=admin) for text, admin in places])
    return answers, [places.get(row, len(places)) for row in asked]


def _with_answers(
    table: pa.Table,
    texts: Sequence[str],
    admins: Sequence[str],
    geocoder: Geocoder,
    translate: Callable[[str], str],
    points: Mapping[int, tuple[float, float]],
) -> pa.Table:
    """Ask a text within a division for each row of a table, and put the answers after its own columns; points that somebody has put there stand."""
    answers, places = ask(texts, admins, geocoder)
    rows = [_ROW[type(answer)](answer, translate) for answer in answers]
    rows.append((STATUS_MISS, *_NOTHING[1:-1], REASON_EMPTY))
    for place, point in points.items():
        rows.append(_put_row(rows[places[place]], point, texts[place], translate))
        places[place] = len(rows) - 1
    index = pa.array(places, pa.int32())
    answered = pa.Table.from_arrays(
        [pa.array(cells, field.type) for cells, field in zip(zip(*rows, strict=True), RESULTS, strict=True)], schema=RESULTS
    )
    for name, cells in zip(RESULTS.names, answered.take(index).columns, strict=True):
        table = table.append_column(name, cells)
    return table


def _match_row(match: Match, translate: Callable[[str], str]) -> tuple[Any, ...]:
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
        match.note and say(match.note, translate),
        None,
        None,
    )


def _put_row(row: tuple[Any, ...], point: tuple[float, float], text: str, translate: Callable[[str], str]) -> tuple[Any, ...]:
    """Put an answer where somebody has put it: what is known of its divisions stays, how far the point may be off is not known."""
    known = dict(zip(RESULTS.names, row, strict=True))
    lon, lat = point
    put = {"status": STATUS_MATCH, "lon": lon, "lat": lat, "level": Level.ADDRESS.value, "precision": BY_HAND, "method": BY_HAND}
    gone = dict.fromkeys(("uncertainty_m", "score", "unresolved", "basis", "source", "candidates", "reason"))
    own = {"name": known["geo_name"] or text, "matched": known["geo_matched"] or text, "datum_of_source": Datum.WGS84.value}
    said = {"note": translate(_PUT)}
    changed = {f"{PREFIX}{name}": value for name, value in {**put, **gone, **own, **said}.items()}
    return tuple((known | changed)[name] for name in RESULTS.names)


def _miss_row(miss: Miss, translate: Callable[[str], str]) -> tuple[Any, ...]:
    status = STATUS_AMBIGUOUS if miss.reason is MissReason.AMBIGUOUS else STATUS_MISS
    candidates = "; ".join(_candidate_text(candidate, translate) for candidate in miss.candidates) or None
    return (status, *_NOTHING[1:-2], candidates, miss.reason.value)


def _candidate_text(candidate: Candidate, translate: Callable[[str], str]) -> str:
    where = ", ".join(part for part in (candidate.within, candidate.level.value if candidate.level else "") if part)
    return candidate.name + (f" ({where})" if where else "") + (f": {say(candidate.reason, translate)}" if candidate.reason else "")


_ROW: dict[type, Callable[[Any, Callable[[str], str]], tuple[Any, ...]]] = {Match: _match_row, Miss: _miss_row}
