"""A draft: the places, the figures and the other numbers of a text, as the documented JSON has them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from geo.draft.figures import Decision, Figure
from geo.draft.linking import link, spread
from geo.draft.names import BLANK, Named, add_short_forms, find_companies, find_confirmed, kind_of, propose
from geo.draft.numbers import find_numbers
from geo.draft.periods import find_times
from geo.ground.names import simplify
from geo.tables.kinds import Kind, NumberReason
from geo.tables.numbers import to_half_width
from geo.tables.provenance import find_blocks
from geo.tables.spans import Spans

VERSION = 1
# How far the first choice is ahead of the second where it is as good as sure.
_SURE = Decimal(4)
# The confidence of a figure at most, and of one whose time is in doubt: every second of these was wrong in genres that the rules had not seen.
_MOST, _MOST_IN_DOUBT = 0.99, 0.6

PlaceGiven = tuple[str, str, Sequence[str]]


@dataclass(frozen=True)
class Report:
    """What is known of a report before it is read.

    Attributes
    ----------
    id, title
        Of its source.
    day
        Its date, on which 今年 hangs.
    host
        What it is about; may be empty.
    """

    id: str
    title: str
    day: date
    host: str


@dataclass(frozen=True)
class Draft:
    """What was found in a text.

    Attributes
    ----------
    report, text
        What is read.
    places
        Those confirmed, or those proposed.
    figures
        One for each place that an amount is said of, with that place; ``None`` where there is none.
    others
        The numbers that are no figures: start, end and reason.
    """

    report: Report
    text: str
    places: tuple[Named, ...]
    figures: tuple[tuple[Figure, Named | None], ...]
    others: tuple[tuple[int, int, NumberReason], ...]


def draft_text(
    report: Report,
    text: str,
    confirmed: Sequence[PlaceGiven] | None,
    known: Sequence[PlaceGiven],
    decided: Mapping[int, Decision] | None = None,
) -> Draft:
    """Draft a text.

    Parameters
    ----------
    report
        What is known of it.
    text
        The normalised text; every offset is one of its code points.
    confirmed
        Name, kind and aliases of the places that a person has confirmed; ``None`` to propose them.
    known
        The same of what the tables know.
    decided
        What a person has said of figures, by where the number of each begins.
    """
    compact, offsets = read_compact(text)
    half = to_half_width(compact)
    runs = [found.span() for found in _ENDLESS.finditer(half)]
    # A run of digits that no report has is no number, and would take minutes to be read as one.
    half = _ENDLESS.sub(lambda found: "#" * len(found[0]), half)
    if confirmed is None:
        places = propose(compact, report.host, known)
        companies = find_companies(half, (place.name for place in places))
        places += [company for company in find_confirmed(compact, [(name, "company", ()) for name in companies]) if company.mentions]
        for place in places:
            place.is_confirmed = False
        _drop_covered(places)
    else:
        given = list(confirmed)
        if report.host and report.host not in {name for name, _, aliases in given for name in (name, *aliases)}:
            given.append((report.host, _kind_of_host(report.host), ()))
        bare = [Named(name, kind, tuple(aliases)) for name, kind, aliases in given]
        add_short_forms(bare, report.host)
        places = find_confirmed(compact, [(place.name, place.kind, place.aliases) for place in bare])
    host = next((place for place in places if report.host and report.host in (place.name, *place.aliases)), None)
    spans = sorted(span for place in places for span in place.mentions)
    mentions = find_numbers(half, spans)
    times = find_times(half, report.day)
    said = _in_compact(decided, offsets) if decided else {}
    linked = link(half, mentions, times, places, host, said)
    others = _put_back(linked.figures, places, [*linked.others, *((*run, NumberReason.NAME) for run in runs)], offsets)
    return Draft(report, text, tuple(places), tuple(spread(linked.figures)), tuple(sorted(set(others))))


def _in_compact(decided: Mapping[int, Decision], offsets: Sequence[int]) -> dict[int, Decision]:
    """Give what is decided by where the numbers begin in the text without its blanks."""
    positions = {offset: position for position, offset in enumerate(offsets)}

    def moved(span: tuple[int, int] | None) -> tuple[int, int] | None:
        return (positions[span[0]], positions[span[1] - 1] + 1) if span and {span[0], span[1] - 1} <= positions.keys() else None

    return {
        positions[start]: replace(decision, growth=moved(decision.growth), rank=moved(decision.rank))
        for start, decision in decided.items()
        if start in positions
    }


# Characters that no text in simplified ones has, in what reports speak of.
_TRADITIONAL = re.compile("[億萬產業區園總資長個達]")
_ENDLESS = re.compile(r"[\d,.]{30,}|[零〇一二两三四五六七八九十百千万亿]{30,}")


def read_compact(text: str) -> tuple[str, list[int]]:
    """Give a text in simplified characters without single blanks beside Chinese ones, as in 2023 年 or 增长 8.4%; and where each character was.

    Parameters
    ----------
    text
        The normalised text.

    Returns
    -------
    compact, offsets
        The text, and the offset of each of its characters in the original, the end included.
    """
    blanks = {found.start() for found in BLANK.finditer(text)}
    offsets = [offset for offset in range(len(text)) if offset not in blanks]
    compact = "".join(text[offset] for offset in offsets)
    return simplify(compact) if _TRADITIONAL.search(compact) else compact, [*offsets, len(text)]


def _put_back(
    figures: Sequence[Figure], places: Sequence[Named], others: Sequence[tuple[int, int, NumberReason]], offsets: Sequence[int]
) -> list[tuple[int, int, NumberReason]]:
    """Give every span its offsets in the text with its blanks."""

    def back(start: int, end: int) -> tuple[int, int]:
        return offsets[start], offsets[end - 1] + 1

    for figure in figures:
        figure.start, figure.end = back(figure.start, figure.end)
        figure.spans = {part: back(*span) for part, span in figure.spans.items()}
    for place in places:
        place.mentions = [back(*span) for span in place.mentions]
    return [(*back(start, end), reason) for start, end, reason in others]


def _kind_of_host(name: str) -> str:
    return kind_of(name) or Kind.PLATFORM


def _drop_covered(places: list[Named]) -> None:
    """Take the mentions that lie within a longer mention of another place from the shorter one."""
    every = Spans((start, end, place) for place in places for start, end in place.mentions)
    for place in places:
        place.mentions = [
            (start, end)
            for start, end in place.mentions
            if not any(
                first <= start and end <= last and last - first > end - start
                for first, last, other in every.overlapping(start, end)
                if other is not place
            )
        ]


def to_document(draft: Draft) -> dict[str, Any]:
    """Write a draft as its JSON document; offsets are code points in the saved text, end excluded."""
    blocks = Spans((first, last, number) for number, first, last in find_blocks(draft.text))

    def paragraph_of(start: int) -> int | None:
        return next((number for _, _, number in blocks.overlapping(start, start + 1)), None)

    return {
        "version": VERSION,
        "source": {
            "id": draft.report.id,
            "title": draft.report.title,
            "sha256": hashlib.sha256(draft.text.encode()).hexdigest(),
            "date": draft.report.day.isoformat(),
            "host": draft.report.host,
        },
        "places": [
            {
                "name": place.name,
                "kind": str(place.kind),
                "aliases": list(place.aliases),
                "mentions": [list(span) for span in place.mentions],
                "match": None,
                "state": "accepted" if place.is_confirmed else "proposed",
            }
            for place in draft.places
        ],
        "figures": [_figure_document(figure, place, paragraph_of) for figure, place in draft.figures],
        "other_numbers": [{"start": start, "end": end, "reason": reason.value} for start, end, reason in draft.others],
    }


def _decimal(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def _figure_document(figure: Figure, place: Named | None, paragraph_of: Any) -> dict[str, Any]:
    rivals = [candidate.place.name for candidate in figure.candidates]
    if place is not None:
        rivals = [place.name, *(name for name in rivals if name != place.name)]
    return {
        "subject": place.name if place else None,
        "subject_candidates": rivals[:5],
        "indicator": None,
        "label": figure.label,
        "value": _decimal(figure.value),
        "value_max": _decimal(figure.value_max),
        "unit": figure.unit,
        "period": figure.period,
        "qualifier": figure.qualifier.value,
        "status": figure.status.value,
        "growth_pct": _decimal(figure.growth),
        "growth_max": _decimal(figure.growth_max),
        "rank": figure.rank,
        "rank_scope": figure.rank_scope,
        "paragraph": paragraph_of(figure.start),
        "start": figure.start,
        "end": figure.end,
        "spans": {part: list(span) for part, span in figure.spans.items()},
        "confidence": _confidence(figure),
        "reasons": [*figure.reasons, *figure.doubts],
        "state": "proposed",
    }


def _confidence(figure: Figure) -> float:
    """Say how far the first choice is ahead of the second, from 0 to 1; where the time is in doubt, no more than that."""
    if not figure.candidates:
        return 0.1
    most = _MOST_IN_DOUBT if figure.doubts else _MOST
    first = figure.candidates[0].score
    second = figure.candidates[1].score if len(figure.candidates) > 1 else 0.0
    return round(max(0.1, min(most, 0.5 + (first - second) / (2 * float(_SURE)))), 2)
