"""What a person decides of the figures of a draft, and of the numbers that are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from geo.draft.given import Case, DecisionError, cell_of, index_of, moved_span, paragraph_of, reason_of, relinked, span_of
from geo.draft.names import COMPANY
from geo.draft.relinking import Part, is_held, number_of, parts_of
from geo.tables.kinds import FigureStatus, Qualifier
from geo.tables.numbers import parse_numbers, to_half_width

# A figure whose first choice is so far ahead of the second is as good as sure (:func:`geo.draft.drafts.to_document`).
SURE = 0.8
# What is linked anew where one of these is corrected: what follows from it, and what was drafted alike.
_LINKED = frozenset({"subject", "period", "status", "label", "unit", "growth_pct", "rank", "rank_scope"})


# --- figures ---

_FIELDS = ("subject", "label", "value", "value_max", "unit", "period", "qualifier", "status", "growth_pct", "growth_max", "rank", "rank_scope")


def change_figure(case: Case) -> Part:
    """Change fields of a figure, its state, or where its parts are stated; what follows from it is linked anew."""
    index, fields = index_of(case.document["figures"], case.action), dict(case.action["fields"])
    spans = fields.pop("spans", {})
    state = fields.pop("state", None)
    if unknown := set(fields) - set(_FIELDS):
        raise DecisionError("unknown", ", ".join(sorted(unknown)))
    before = case.document["figures"][index]
    figure = {**before, **{name: cell_of(name, value) for name, value in fields.items()}}
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
    return relinked(after, case.text, case.aids) if changed & _LINKED else after


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


def reject_figure(case: Case) -> Part:
    """Say that a figure is none, and why."""
    index = index_of(case.document["figures"], case.action)
    figure = {name: value for name, value in case.document["figures"][index].items() if name not in ("edited", "changed")}
    figures = [*case.document["figures"]]
    figures[index] = {**figure, "state": "rejected", "reason": reason_of(case.action)}
    return {**case.document, "figures": figures}


def add_figure(case: Case) -> Part:
    """Make a figure of a part of the text, with what the figure before it in the paragraph has: whose, when, and whether it is planned."""
    start, end = span_of(case.action, case.text)
    numbers = [number for number in parse_numbers(case.text, start, end) if not number.ordinal]
    ranks = [number for number in parse_numbers(case.text, start, end) if number.ordinal]
    if not numbers and not ranks:
        raise DecisionError("no_number", case.text[start:end][:40])
    first = (numbers or ranks)[0]
    near = [figure for figure in case.document["figures"] if figure["paragraph"] == paragraph_of(case.text, start) and figure["start"] <= start]
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
        "paragraph": paragraph_of(case.text, start),
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


def merge_figure(case: Case) -> Part:
    """Join a figure to the one before it in its paragraph: its growth, its rank or its value goes where that one has none."""
    index = index_of(case.document["figures"], case.action)
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


def move_figure_edge(case: Case) -> Part:
    """Move an end of a figure; where it is an end of its number, that is read anew."""
    index = index_of(case.document["figures"], case.action)
    before = case.document["figures"][index]
    start, end = moved_span((before["start"], before["end"]), case.action, case.text)
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


def accept_paragraph(case: Case) -> Part:
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


def tell_other(case: Case) -> Part:
    """Tell a part of the text that is no figure."""
    start, end = span_of(case.action, case.text)
    if not parse_numbers(to_half_width(case.text), start, end):
        raise DecisionError("no_number", case.text[start:end][:40])
    if any(first < end and start < last for figure in case.document["figures"] if figure["state"] != "rejected" for first, last in parts_of(figure)):
        raise DecisionError("told", case.text[start:end][:40])
    other = {"start": start, "end": end, "reason": reason_of(case.action), "state": "accepted"}
    others = sorted([*_outside(case.document["other_numbers"], start, end), other], key=lambda one: (one["start"], one["end"]))
    return {**case.document, "other_numbers": others}


def _words_before(text: str, start: int) -> str:
    """Give the last words before a number, as a label to be corrected."""
    words = text[max(0, start - 12) : start]
    for stop in "\n，。；：、,;: ":
        words = words.rpartition(stop)[2]
    return words.strip() or "指标"


def _outside(others: Sequence[Part], start: int, end: int) -> list[Part]:
    return [other for other in others if other["end"] <= start or end <= other["start"]]
