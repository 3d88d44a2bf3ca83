"""What is given with an action: read, or refused with what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from geo.draft.relinking import Part, relink
from geo.errors import GeoError
from geo.tables.cells import Period
from geo.tables.kinds import FigureStatus, NumberReason, Qualifier
from geo.tables.provenance import find_blocks
from geo.tables.units import parse_unit

_MOST_TEXT = 200
PLACES, FIGURES = "places", "figures"


class DecisionError(GeoError):
    """An action that cannot be done.

    Attributes
    ----------
    code
        Which one of a few causes; the page has a sentence for each.
    value
        What stands in the way.
    """

    def __init__(self, code: str, value: str = "") -> None:
        self.code = code
        self.value = value
        super().__init__(f"{code}: {value}" if value else code)


@dataclass(frozen=True)
class Aids:
    """What is looked up for an action; nothing of it changes.

    Attributes
    ----------
    name_indicators
        Gives each figure the indicator of the vocabulary that its label names.
    match_places
        Says where the gazetteer has each place.
    district_at
        The district of a point (lon, lat in WGS-84); ``None`` outside of the city.
    """

    name_indicators: Callable[[Sequence[Part]], None]
    match_places: Callable[[Sequence[Part]], None]
    district_at: Callable[[float, float], str | None]


@dataclass(frozen=True)
class Case:
    """An action with what it is done to."""

    document: Part
    text: str
    action: Mapping[str, Any]
    aids: Aids


def relinked(document: Part, text: str, aids: Aids) -> Part:
    """Link the figures anew where they have been shown already."""
    if document["review"]["stage"] != FIGURES:
        return document
    return relink(document, text, aids.name_indicators, marks=True)


def index_of(parts: Sequence[Part], action: Mapping[str, Any], name: str = "index") -> int:
    """Read which of a list is meant."""
    index = action[name]
    if not isinstance(index, int) or not 0 <= index < len(parts):
        raise DecisionError("unknown", f"{name} {index!r}"[:40])
    return index


def line_of(value: Any) -> str:
    """Read a text of one line, without what is not seen."""
    text = " ".join(str("" if value is None else value).split())
    if len(text) > _MOST_TEXT or not text.isprintable():
        raise DecisionError("long", text[:40])
    return text


def cell_of(name: str, value: Any) -> Any:
    """Read what is given for a field of a figure; an empty text is nothing."""
    text = line_of(value)
    if not text:
        if name in ("qualifier", "status", "label"):
            raise DecisionError("empty_field", name)
        return None
    try:
        if name in ("value", "value_max", "growth_pct", "growth_max"):
            number = Decimal(text.replace(",", ""))
            if not number.is_finite():
                raise ValueError(text)
            return f"{number:f}"
        if name == "unit":
            parse_unit(text)
        elif name == "rank":
            return max(1, int(text))
        elif name == "period":
            Period.parse(text)
        elif name == "qualifier":
            Qualifier(text)
        elif name == "status":
            FigureStatus(text)
    except (ValueError, InvalidOperation):
        raise DecisionError(name, text) from None
    return text


def reason_of(action: Mapping[str, Any]) -> str:
    """Read why a number is no figure."""
    try:
        return NumberReason(str(action["reason"])).value
    except ValueError:
        raise DecisionError("unknown", str(action["reason"])[:40]) from None


def span_of(action: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Read a part of the text that lies in one paragraph."""
    start, end = int(action["start"]), int(action["end"])
    if not 0 <= start < end <= len(text) or "\n\n" in text[start:end]:
        raise DecisionError("span")
    return start, end


def moved_span(span: Sequence[int], action: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Give a part of the text one end of which is moved by a character."""
    start, end = span
    by = 1 if action["by"] > 0 else -1
    start, end = (start + by, end) if action["edge"] == "start" else (start, end + by)
    if not 0 <= start < end <= len(text) or "\n" in text[start:end]:
        raise DecisionError("span")
    return start, end


def block_of(text: str, paragraph: int) -> tuple[int, int]:
    """Give where a paragraph begins and ends."""
    found = next(((start, end) for number, start, end in find_blocks(text) if number == paragraph), None)
    if found is None:
        raise DecisionError("unknown", f"paragraph {paragraph}")
    return found


def paragraph_of(text: str, start: int) -> int | None:
    """Give the number of the paragraph at an offset; ``None`` between two."""
    return next((number for number, first, last in find_blocks(text) if first <= start < last), None)
