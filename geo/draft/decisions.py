"""What a person does with a draft, one action at a time: a draft goes in with the action, another one comes out, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from geo.draft.figuring import accept_paragraph, add_figure, change_figure, merge_figure, move_figure_edge, reject_figure, tell_other
from geo.draft.given import FIGURES, PLACES, Aids, Case, DecisionError, line_of, relinked
from geo.draft.placing import accept_places, add_place, change_place, merge_place, move_place_edge
from geo.draft.relinking import Part, relink
from geo.tables.kinds import SourceKind


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
        return do(Case(document, text, action, aids))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DecisionError("unknown", f"{type(error).__name__}: {error}"[:80]) from None


def open_review(document: Part) -> Part:
    """Give a draft with what a review notes in it, where it has nothing of it yet.

    Parameters
    ----------
    document
        The draft.
    """
    return {**document, "review": {"revision": 0, "steps": 0, "stage": PLACES, "source": False, **document.get("review", {})}}


def _source(case: Case) -> Part:
    fields = {name: line_of(value) for name, value in case.action["fields"].items()}
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
    return relinked(after, case.text, case.aids) if {"date", "host"} & set(changed) else after


def _stage(case: Case) -> Part:
    """Go from the places to the figures, or back; the first time the figures are linked with the places as they are confirmed."""
    stage = case.action["stage"]
    if stage not in (PLACES, FIGURES):
        raise DecisionError("unknown", str(stage)[:40])
    after = {**case.document, "review": {**case.document["review"], "stage": stage}}
    if stage == PLACES:
        return after
    undecided = next((place["name"] for place in case.document["places"] if place["state"] == "proposed"), None)
    if undecided is not None:
        raise DecisionError("open_place", undecided)
    seen = bool(case.document["review"].get("linked"))
    after["review"]["linked"] = True
    return relink(after, case.text, case.aids.name_indicators, marks=seen)


_ACTIONS: dict[str, Callable[[Case], Part]] = {
    "source": _source,
    "place": change_place,
    "place_new": add_place,
    "place_merge": merge_place,
    "place_edge": move_place_edge,
    "places_sure": accept_places,
    "stage": _stage,
    "figure": change_figure,
    "figure_reject": reject_figure,
    "figure_new": add_figure,
    "figure_merge": merge_figure,
    "figure_edge": move_figure_edge,
    "paragraph_sure": accept_paragraph,
    "other": tell_other,
}
