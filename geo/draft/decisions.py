"""What a person does with a draft, one action at a time: a draft goes in with the action, another one comes out, and nothing else changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from geo.draft.names import COMPANY, kind_of
from geo.draft.relinking import Part, is_held, number_of, parts_of, relink, with_mentions
from geo.errors import GeoError
from geo.tables.cells import Period
from geo.tables.kinds import FigureStatus, Kind, NumberReason, Qualifier, SourceKind
from geo.tables.numbers import parse_numbers, to_half_width
from geo.tables.provenance import find_blocks
from geo.tables.units import parse_unit

# A figure whose first choice is so far ahead of the second is as good as sure (:func:`geo.draft.drafts.to_document`).
SURE = 0.8
_MOST_TEXT = 200
_KINDS = {*(kind.value for kind in Kind), COMPANY}
# What is linked anew where one of these is corrected: what follows from it, and what was drafted alike.
_LINKED = frozenset({"subject", "period", "status", "label", "unit", "growth_pct", "rank", "rank_scope"})
_PLACES, _FIGURES = "places", "figures"


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
class _Case:
    """An action with what it is done to."""

    document: Part
    text: str
    action: Mapping[str, Any]
    aids: Aids


def act(document: Part, text: str, action: Mapping[str, Any], aids: Aids) -> Part:
    """Give the draft as it is after an action.

    Parameters
    ----------
    document
        The draft; it stays as it is.
    text
        Its text.
    action
        ``do`` says what, the rest with what.
    aids
        What is looked up.

    Raises
    ------
    DecisionError
        If there is no such action, or it cannot be done with this draft.
    """
    do = _ACTIONS.get(str(action.get("do")))
    if do is None:
        raise DecisionError("unknown", str(action.get("do"))[:40])
    try:
        return do(_Case(document, text, action, aids))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DecisionError("unknown", f"{type(error).__name__}: {error}"[:80]) from None


def open_review(document: Part) -> Part:
    """Give a draft with what a review notes in it, where it has nothing of it yet.

    Parameters
    ----------
    document
        The draft.
    """
    return {**document, "review": {"revision": 0, "steps": 0, "stage": _PLACES, "source": False, **document.get("review", {})}}


# --- the report ---


def _source(case: _Case) -> Part:
    fields = {name: _line(value) for name, value in case.action["fields"].items()}
    if unknown := set(fields) - {"title", "date", "host", "publisher", "url", "kind", "pages", "authors", "retrieved_on"}:
        raise DecisionError("unknown", ", ".join(sorted(unknown)))
    source = case.document["source"]
    changed = {name: value for name, value in fields.items() if value != (source.get(name) or "")}
    try:
        date.fromisoformat(fields.get("date") or source["date"])
    except ValueError:
        raise DecisionError("date", fields["date"]) from None
    if fields.get("kind") and fields["kind"] not in {kind.value for kind in SourceKind}:
        raise DecisionError("unknown", fields["kind"])
    after = {**case.document, "source": {**source, **changed}, "review": {**case.document["review"], "source": True}}
    return _relinked(after, case.text, case.aids) if {"date", "host"} & set(changed) else after


# --- places ---


def _place(case: _Case) -> Part:
    index, fields = _index(case.document["places"], case.action), dict(case.action["fields"])
    place = {**case.document["places"][index]}
    if unknown := set(fields) - {"name", "kind", "aliases", "state", "parent", "location", "name_en"}:
        raise DecisionError("unknown", ", ".join(sorted(unknown)))
    for name in ("name", "parent", "name_en"):
        if name in fields:
            fields[name] = _line(fields[name])
    if "aliases" in fields:
        fields["aliases"] = [alias for alias in map(_line, fields["aliases"]) if alias]
    if fields.get("kind", place["kind"]) not in _KINDS or fields.get("state", "accepted") not in ("accepted", "rejected", "proposed"):
        raise DecisionError("unknown", str(fields.get("kind"))[:40])
    if "name" in fields:
        if not fields["name"]:
            raise DecisionError("name")
        if any(other["name"] == fields["name"] for position, other in enumerate(case.document["places"]) if position != index):
            raise DecisionError("taken", fields["name"])
    if fields.get("parent") and fields["parent"] not in {other["name"] for other in case.document["places"]} - {place["name"]}:
        raise DecisionError("host", fields["parent"])
    if "location" in fields:
        place["location"] = _location(fields.pop("location"), case.aids)
    old = place["name"]
    place |= fields
    places = [*case.document["places"]]
    places[index] = place
    return _after_places(case.document, places, case.text, case.aids, {old: place["name"]})


def _location(given: Any, aids: Aids) -> Part | None:
    if given is None:
        return None
    try:
        lon, lat, uncertainty = float(given["lon"]), float(given["lat"]), round(float(given["uncertainty_m"]))
    except (TypeError, ValueError, KeyError, OverflowError):
        raise DecisionError("location") from None
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 and 1 <= uncertainty <= 10**6):
        raise DecisionError("location", f"{lon:g}, {lat:g}, {uncertainty}")
    district = aids.district_at(lon, lat)
    if district is None:
        raise DecisionError("outside", f"{lon:g}, {lat:g}")
    return {"lon": round(lon, 6), "lat": round(lat, 6), "uncertainty_m": uncertainty, "district": district}


def _place_new(case: _Case) -> Part:
    name = _line(case.action["name"]) if case.action.get("name") else case.text[int(case.action["start"]) : int(case.action["end"])].strip()
    if not 2 <= len(name) <= 60 or "\n" in name:
        raise DecisionError("name", name[:40])
    for index, place in enumerate(case.document["places"]):
        if name in (place["name"], *place["aliases"]):
            if place["state"] != "rejected":
                raise DecisionError("taken", name)
            return _place(replace(case, action={"index": index, "fields": {"state": "proposed"}}))
    new: Part = {"name": name, "kind": str(kind_of(name) or Kind.PARK), "aliases": [], "mentions": [], "match": None, "state": "proposed"}
    (new,) = with_mentions([new], case.text)
    if not new["mentions"]:
        raise DecisionError("not_in_text", name)
    case.aids.match_places([new])
    places = sorted([*case.document["places"], new], key=lambda other: (other["mentions"] or [[0, 0]])[0][0])
    return _after_places(case.document, places, case.text, case.aids, {})


def _place_merge(case: _Case) -> Part:
    """Make a place another name of another one."""
    index, into = _index(case.document["places"], case.action), case.document["places"][_index(case.document["places"], case.action, "into")]
    place = case.document["places"][index]
    if into is place:
        raise DecisionError("taken", place["name"])
    joined = {**into, "aliases": list(dict.fromkeys([*into["aliases"], place["name"], *place["aliases"]]))}
    places = [joined if other is into else other for position, other in enumerate(case.document["places"]) if position != index]
    return _after_places(case.document, places, case.text, case.aids, {place["name"]: into["name"]})


def _place_edge(case: _Case) -> Part:
    """Make a name longer or shorter at one end, as it first stands in the text."""
    place = case.document["places"][_index(case.document["places"], case.action)]
    if not place["mentions"]:
        raise DecisionError("not_in_text", place["name"])
    start, end = _moved(place["mentions"][0], case.action, case.text)
    return _place(replace(case, action={"index": case.action["index"], "fields": {"name": case.text[start:end]}}))


def _places_sure(case: _Case) -> Part:
    """Accept the open places of a paragraph that the gazetteer has."""
    start, end = _block(case.text, int(case.action["paragraph"]))
    places = [
        place | {"state": "accepted"} if place["state"] == "proposed" and _is_known(place) and _first_within(place, start, end) else place
        for place in case.document["places"]
    ]
    return _after_places(case.document, places, case.text, case.aids, {})


def _is_known(place: Mapping[str, Any]) -> bool:
    match = place["match"] or {}
    return place["kind"] != COMPANY and match.get("status") == "match" and match.get("name") in (place["name"], *place["aliases"])


def _first_within(place: Mapping[str, Any], start: int, end: int) -> bool:
    return bool(place["mentions"]) and start <= place["mentions"][0][0] < end


def _after_places(document: Part, places: list[Part], text: str, aids: Aids, renamed: Mapping[str, str]) -> Part:
    """Find the names anew, and what hangs on them; figures are linked anew where they have been shown already."""
    before = {place["name"]: place for place in document["places"]}
    places = with_mentions(places, text)
    new = [{**place} for place in places if place["name"] not in before]
    aids.match_places(new)
    matches = {place["name"]: place["match"] for place in new}
    places = [
        {
            **place,
            "match": matches.get(place["name"], place["match"]),
            **({"parent": renamed.get(place["parent"], place["parent"])} if place.get("parent") else {}),
        }
        for place in places
    ]
    source = document["source"]
    figures = [
        {
            **figure,
            "subject": renamed.get(figure["subject"], figure["subject"]),
            "subject_candidates": [renamed.get(name, name) for name in figure["subject_candidates"]],
        }
        for figure in document["figures"]
    ]
    after = {**document, "places": places, "figures": figures, "source": {**source, "host": renamed.get(source["host"], source["host"])}}
    return _relinked(after, text, aids)


def _relinked(document: Part, text: str, aids: Aids) -> Part:
    if document["review"]["stage"] != _FIGURES:
        return document
    return relink(document, text, aids.name_indicators, marks=True)


def _stage(case: _Case) -> Part:
    """Go from the places to the figures, or back; the first time the figures are linked with the places as they are confirmed."""
    stage = case.action["stage"]
    if stage not in (_PLACES, _FIGURES):
        raise DecisionError("unknown", str(stage)[:40])
    after = {**case.document, "review": {**case.document["review"], "stage": stage}}
    if stage == _PLACES:
        return after
    undecided = next((place["name"] for place in case.document["places"] if place["state"] == "proposed"), None)
    if undecided is not None:
        raise DecisionError("open_place", undecided)
    seen = bool(case.document["review"].get("linked"))
    after["review"]["linked"] = True
    return relink(after, case.text, case.aids.name_indicators, marks=seen)


# --- figures ---

_FIELDS = ("subject", "label", "value", "value_max", "unit", "period", "qualifier", "status", "growth_pct", "growth_max", "rank", "rank_scope")


def _figure(case: _Case) -> Part:
    index, fields = _index(case.document["figures"], case.action), dict(case.action["fields"])
    spans = fields.pop("spans", {})
    state = fields.pop("state", None)
    if unknown := set(fields) - set(_FIELDS):
        raise DecisionError("unknown", ", ".join(sorted(unknown)))
    before = case.document["figures"][index]
    figure = {**before, **{name: _cell(name, value) for name, value in fields.items()}}
    changed = {name for name in fields if figure[name] != before[name]}
    if changed:
        figure["edited"] = True
    figure["spans"] = _spans_after(before["spans"], changed, figure["growth_pct"], spans, case.text)
    if spans or changed & {"growth_pct", "rank"}:
        stated = [span for part, span in figure["spans"].items() if part in ("value", "growth", "rank")]
        figure["start"] = min([figure["start"], *(start for start, _ in stated)])
        figure["end"] = max([figure["end"], *(end for _, end in stated)])
    if "label" in changed:
        figure["indicator"] = None
        case.aids.name_indicators([figure])
    if state is not None:
        figure = _decided(case.document, figure, state)
    figures = [*case.document["figures"]]
    figures[index] = figure
    after = {**case.document, "figures": figures}
    return _relinked(after, case.text, case.aids) if changed & _LINKED else after


def _spans_after(spans: Part, changed: set[str], growth: str | None, given: Any, text: str) -> Part:
    """Forget where a part stands that was typed anew, unless it is said where."""
    gone = {"growth_pct": "growth", "rank": "rank", "period": "period", "subject": "subject"}
    kept = {part: span for part, span in spans.items() if part not in {gone.get(name) for name in changed}}
    if "growth" in spans and growth is not None and abs(Decimal(growth)) in {abs(number.value) for number in parse_numbers(text, *spans["growth"])}:
        # A fall that was read as a growth stands where it stood.
        kept["growth"] = spans["growth"]
    for part, span in given.items():
        start, end = map(int, span)
        if part not in gone.values() or not 0 <= start < end <= len(text):
            raise DecisionError("unknown", str(part)[:40])
        kept[part] = [start, end]
    return kept


def _decided(document: Part, figure: Part, state: str) -> Part:
    if state not in ("accepted", "proposed"):
        raise DecisionError("unknown", str(state)[:40])
    decided = {name: value for name, value in figure.items() if name not in ("edited", "changed", "reason")}
    if state == "accepted":
        subject = next((place for place in document["places"] if place["name"] == figure["subject"] and place["state"] == "accepted"), None)
        if subject is None or subject["kind"] == COMPANY:
            raise DecisionError("company" if subject else "subject", figure["subject"] or "")
        if figure["rank"] is not None and not figure["rank_scope"]:
            raise DecisionError("scope")
        if figure["value"] is None and figure["rank"] is None and figure["growth_pct"] is None:
            raise DecisionError("empty")
    return {**decided, "state": state}


def _figure_reject(case: _Case) -> Part:
    index = _index(case.document["figures"], case.action)
    figure = {name: value for name, value in case.document["figures"][index].items() if name not in ("edited", "changed")}
    figures = [*case.document["figures"]]
    figures[index] = {**figure, "state": "rejected", "reason": _reason(case.action)}
    return {**case.document, "figures": figures}


def _figure_new(case: _Case) -> Part:
    """Make a figure of a part of the text, with what the figure before it in the paragraph has: whose, when, and whether it is planned."""
    start, end = _span(case.action, case.text)
    numbers = [number for number in parse_numbers(case.text, start, end) if not number.ordinal]
    ranks = [number for number in parse_numbers(case.text, start, end) if number.ordinal]
    if not numbers and not ranks:
        raise DecisionError("no_number", case.text[start:end][:40])
    first = (numbers or ranks)[0]
    near = [figure for figure in case.document["figures"] if figure["paragraph"] == _paragraph(case.text, start) and figure["start"] <= start]
    before: Part = near[-1] if near else {}
    value = f"{first.value:f}" if numbers else None
    if before and start < before["end"] and number_of(before)[0] == first.start:
        raise DecisionError("told", case.text[start:end][:40])
    figure: Part = {
        "subject": before.get("subject") or case.document["source"]["host"] or None,
        "subject_candidates": [*before.get("subject_candidates", ())],
        "indicator": None,
        "label": _words_before(case.text, first.start),
        "value": value,
        "value_max": f"{first.value_max:f}" if numbers and first.value_max is not None else None,
        "unit": (first.printed_unit or None) if numbers else None,
        "period": before.get("period"),
        "qualifier": Qualifier.EXACT.value,
        "status": before.get("status", FigureStatus.ACTUAL.value),
        "growth_pct": None,
        "growth_max": None,
        "rank": None if numbers else int(first.low),
        "rank_scope": None,
        "paragraph": _paragraph(case.text, start),
        "start": start,
        "end": end,
        "spans": {"value" if numbers else "rank": [first.start, max(first.end, first.unit_end)]},
        "confidence": 0.1,
        "reasons": ["by hand"],
        "state": "proposed",
        "edited": True,
    }
    case.aids.name_indicators([figure])
    figures = sorted([*case.document["figures"], figure], key=lambda one: (one["start"], one["end"]))
    return {**case.document, "figures": figures, "other_numbers": _outside(case.document["other_numbers"], start, end)}


def _figure_merge(case: _Case) -> Part:
    """Join a figure to the one before it in its paragraph: its growth, its rank or its value goes where that one has none."""
    index = _index(case.document["figures"], case.action)
    figure = case.document["figures"][index]
    earlier = [one for one in case.document["figures"][:index] if one["paragraph"] == figure["paragraph"] and one["state"] != "rejected"]
    before = earlier[-1] if earlier else None
    if before is None:
        raise DecisionError("nothing_before")
    joined = {**before, "spans": {**before["spans"]}, "edited": True, "state": "proposed"}
    is_growth = figure["growth_pct"] is not None and figure["value"] in (None, figure["growth_pct"])
    if is_growth and joined["growth_pct"] is None:
        joined |= {"growth_pct": figure["growth_pct"], "growth_max": figure["growth_max"]}
        joined["spans"]["growth"] = figure["spans"].get("growth") or list(number_of(figure))
    elif not is_growth and joined["value"] is None and figure["value"] is not None:
        joined |= {name: figure[name] for name in ("value", "value_max", "unit", "label", "indicator")}
        joined["spans"]["value"] = list(number_of(figure))
    elif figure["rank"] is None or joined["rank"] is not None:
        raise DecisionError("nothing_to_merge")
    if figure["rank"] is not None and joined["rank"] is None:
        joined |= {name: figure[name] for name in ("rank", "rank_scope")}
        joined["spans"]["rank"] = figure["spans"].get("rank") or [figure["start"], figure["end"]]
    joined |= {"start": min(before["start"], figure["start"]), "end": max(before["end"], figure["end"])}
    figures = [joined if one is before else one for one in case.document["figures"] if one is not figure]
    return {**case.document, "figures": figures}


def _figure_edge(case: _Case) -> Part:
    """Move an end of a figure; where it is an end of its number, that is read anew."""
    index = _index(case.document["figures"], case.action)
    before = case.document["figures"][index]
    start, end = _moved((before["start"], before["end"]), case.action, case.text)
    figure = {**before, "start": start, "end": end, "spans": {**before["spans"]}, "edited": True}
    own = number_of(before)
    if "value" in before["spans"] and before["value"] is not None:
        moved = (start if own[0] == before["start"] else own[0], end if own[1] == before["end"] else own[1])
        numbers = [number for number in parse_numbers(case.text, *moved) if not number.ordinal] if moved != own and moved[0] < moved[1] else []
        if numbers:
            figure["spans"]["value"] = list(moved)
            high = numbers[0].value_max
            figure |= {"value": f"{numbers[0].value:f}", "value_max": None if high is None else f"{high:f}", "unit": numbers[0].printed_unit or None}
    figures = [*case.document["figures"]]
    figures[index] = figure
    return {**case.document, "figures": figures, "other_numbers": _outside(case.document["other_numbers"], start, end)}


def _paragraph_sure(case: _Case) -> Part:
    """Accept the open figures of a paragraph that are as good as sure, and of which nothing has changed since they were seen."""
    accepted = {place["name"] for place in case.document["places"] if place["state"] == "accepted" and place["kind"] != COMPANY}
    figures = [
        {**figure, "state": "accepted"}
        if figure["paragraph"] == case.action["paragraph"] and figure["subject"] in accepted and is_sure(figure) and not is_held(figure)
        else figure
        for figure in case.document["figures"]
    ]
    return {**case.document, "figures": figures}


def is_sure(figure: Mapping[str, Any]) -> bool:
    """Say whether a figure is as good as sure.

    Parameters
    ----------
    figure
        As the draft has it.
    """
    is_whole = figure["rank"] is None or bool(figure["rank_scope"])
    return bool(figure["confidence"] >= SURE and is_whole and not figure.get("changed") and not figure.get("reason"))


def _other(case: _Case) -> Part:
    """Tell a part of the text that is no figure."""
    start, end = _span(case.action, case.text)
    if not parse_numbers(to_half_width(case.text), start, end):
        raise DecisionError("no_number", case.text[start:end][:40])
    if any(first < end and start < last for figure in case.document["figures"] if figure["state"] != "rejected" for first, last in parts_of(figure)):
        raise DecisionError("told", case.text[start:end][:40])
    other = {"start": start, "end": end, "reason": _reason(case.action), "state": "accepted"}
    others = sorted([*_outside(case.document["other_numbers"], start, end), other], key=lambda one: (one["start"], one["end"]))
    return {**case.document, "other_numbers": others}


# --- what is given ---


def _index(parts: Sequence[Part], action: Mapping[str, Any], name: str = "index") -> int:
    index = action[name]
    if not isinstance(index, int) or not 0 <= index < len(parts):
        raise DecisionError("unknown", f"{name} {index!r}"[:40])
    return index


def _line(value: Any) -> str:
    text = " ".join(str("" if value is None else value).split())
    if len(text) > _MOST_TEXT or not text.isprintable():
        raise DecisionError("long", text[:40])
    return text


def _cell(name: str, value: Any) -> Any:
    """Read what is given for a field of a figure; an empty text is nothing."""
    text = _line(value)
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


def _reason(action: Mapping[str, Any]) -> str:
    try:
        return NumberReason(str(action["reason"])).value
    except ValueError:
        raise DecisionError("unknown", str(action["reason"])[:40]) from None


def _span(action: Mapping[str, Any], text: str) -> tuple[int, int]:
    start, end = int(action["start"]), int(action["end"])
    if not 0 <= start < end <= len(text) or "\n\n" in text[start:end]:
        raise DecisionError("span")
    return start, end


def _moved(span: Sequence[int], action: Mapping[str, Any], text: str) -> tuple[int, int]:
    start, end = span
    by = 1 if action["by"] > 0 else -1
    start, end = (start + by, end) if action["edge"] == "start" else (start, end + by)
    if not 0 <= start < end <= len(text) or "\n" in text[start:end]:
        raise DecisionError("span")
    return start, end


def _block(text: str, paragraph: int) -> tuple[int, int]:
    found = next(((start, end) for number, start, end in find_blocks(text) if number == paragraph), None)
    if found is None:
        raise DecisionError("unknown", f"paragraph {paragraph}")
    return found


def _paragraph(text: str, start: int) -> int | None:
    return next((number for number, first, last in find_blocks(text) if first <= start < last), None)


def _words_before(text: str, start: int) -> str:
    """Give the last words before a number, as a label to be corrected."""
    words = text[max(0, start - 12) : start]
    for stop in "\n，。；：、,;: ":
        words = words.rpartition(stop)[2]
    return words.strip() or "指标"


def _outside(others: Sequence[Part], start: int, end: int) -> list[Part]:
    return [other for other in others if other["end"] <= start or end <= other["start"]]


_ACTIONS: dict[str, Callable[[_Case], Part]] = {
    "source": _source,
    "place": _place,
    "place_new": _place_new,
    "place_merge": _place_merge,
    "place_edge": _place_edge,
    "places_sure": _places_sure,
    "stage": _stage,
    "figure": _figure,
    "figure_reject": _figure_reject,
    "figure_new": _figure_new,
    "figure_merge": _figure_merge,
    "figure_edge": _figure_edge,
    "paragraph_sure": _paragraph_sure,
    "other": _other,
}
