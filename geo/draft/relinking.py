"""A draft that a person has corrected, linked once more: what is decided stays, what follows from it is read anew and marked where it has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from geo.draft.drafts import PlaceGiven, Report, draft_text, read_compact, to_document
from geo.draft.figures import Decision
from geo.draft.names import COMPANY, find_confirmed
from geo.tables.kinds import FigureStatus, NumberReason
from geo.tables.spans import Spans

Part = dict[str, Any]
# What is compared to say that a figure has changed.
_COMPARED = ("subject", "label", "value", "value_max", "unit", "period", "status", "growth_pct", "growth_max", "rank", "rank_scope", "reason")


def relink(document: Mapping[str, Any], text: str, name_indicators: Callable[[Sequence[Part]], None], *, marks: bool) -> Part:
    """Link the figures of a draft again, with its places and figures as they are decided.

    Parameters
    ----------
    document
        The draft.
    text
        Its text.
    name_indicators
        Gives each figure the indicator of the vocabulary that its label names.
    marks
        Whether to mark what has changed (``changed``); not where nobody has seen the figures yet.

    Returns
    -------
    dict
        The draft with other ``figures``, ``other_numbers`` and mentions of places.
    """
    source = document["source"]
    places = [place for place in document["places"] if place["state"] != "rejected"]
    names = {written for place in places for written in (place["name"], *place["aliases"])}
    refused = {place["name"] for place in document["places"] if place["state"] == "rejected"}
    host = "" if source["host"] in refused and source["host"] not in names else source["host"]
    given: list[PlaceGiven] = [(place["name"], place["kind"], place["aliases"]) for place in places]
    held = [figure for figure in document["figures"] if is_held(figure)]
    report = Report(source["id"], source["title"], date.fromisoformat(source["date"]), host)
    fresh = to_document(draft_text(report, text, given, (), _decisions(document["figures"])))
    companies = {place["name"] for place in places if place["kind"] == COMPANY}
    for figure in fresh["figures"]:
        if figure["subject"] in companies:
            figure["reason"] = NumberReason.COMPANY.value
    _carry(held, fresh["figures"], text)
    name_indicators(fresh["figures"])
    figures = _merge(document["figures"], held, fresh["figures"])
    if marks:
        _mark(document["figures"], figures)
    taken = Spans((*span, None) for figure in held for span in parts_of(figure))
    kept = [other for other in document["other_numbers"] if other.get("state") == "accepted"]
    told = Spans((other["start"], other["end"], None) for other in kept)
    others = [
        other for other in fresh["other_numbers"] if not any(True for spans in (taken, told) for _ in spans.overlapping(other["start"], other["end"]))
    ]
    return {
        **document,
        "places": with_mentions(document["places"], text, host if host not in names else ""),
        "figures": figures,
        "other_numbers": sorted([*others, *kept], key=lambda other: (other["start"], other["end"])),
    }


def is_held(figure: Mapping[str, Any]) -> bool:
    """Say whether a person has decided a figure, or is about to: it is not read anew.

    Parameters
    ----------
    figure
        As the draft has it.
    """
    return figure["state"] != "proposed" or bool(figure.get("edited"))


def number_of(figure: Mapping[str, Any]) -> tuple[int, int]:
    """Give the span of the number of a figure, without what else is said of it.

    Parameters
    ----------
    figure
        As the draft has it.
    """
    spans = figure["spans"]
    start, end = spans.get("value") or spans.get("rank") or (figure["start"], figure["end"])
    return start, end


def parts_of(figure: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Give the spans of the numbers of a figure: its own, its growth and its rank; other figures may stand between them.

    Parameters
    ----------
    figure
        As the draft has it.
    """
    named = [tuple(figure["spans"][part]) for part in ("growth", "rank") if part in figure["spans"]]
    return list(dict.fromkeys([number_of(figure), *named]))


def _decisions(figures: Iterable[Mapping[str, Any]]) -> dict[int, Decision]:
    """Give what is decided by where the numbers begin; a number that is said of several places is decided for all of them together."""
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for figure in figures:
        groups.setdefault(number_of(figure)[0], []).append(figure)
    decided = {}
    for start, group in groups.items():
        said = [figure for figure in group if is_held(figure) and figure["state"] != "rejected" and figure["subject"]]
        if said:
            subjects = tuple(figure["subject"] for figure in group if figure["subject"] and figure["state"] != "rejected")
            first = said[0]
            growth, rank = (tuple(first["spans"][part]) if part in first["spans"] else None for part in ("growth", "rank"))
            decided[start] = Decision(subjects, first["period"], first["status"] == FigureStatus.PLANNED.value, first["label"] or "", growth, rank)
    return decided


# What is carried from a figure that a person has corrected to those that were drafted alike.
_CARRIED = ("label", "unit", "rank_scope", "growth_pct")


def _likeness(part: str, figure: Part, text: str) -> Hashable:
    """Give what figures have in common of which a part was drafted for the same reason; ``None`` where there is nothing of it."""
    if part == "rank_scope":
        return None if figure["rank"] is None else (figure["rank_scope"],)
    if part == "growth_pct":
        # 收窄 and 回落 tell whether a rate rises or falls.
        start = figure["spans"]["growth"][0] if "growth" in figure["spans"] else 0
        return text[max(0, start - 2) : start] or None
    return figure["label"], figure["unit"]


def _carry(held: Sequence[Part], fresh: Sequence[Part], text: str) -> None:
    """Give every figure that is open what the nearest decided one that was drafted alike was given: the one before it, else the first behind it."""
    drafted = {number_of(figure): figure for figure in reversed(fresh)}
    said = [(drafted[number_of(figure)], figure) for figure in held if figure["state"] != "rejected" and number_of(figure) in drafted]
    open_ = [figure for figure in fresh if number_of(figure) not in {number_of(figure) for figure in held}]
    changes: list[tuple[Part, str, Any]] = []
    for part in _CARRIED:
        rulings: dict[Hashable, list[tuple[int, Any]]] = {}
        for before, after in said:
            rulings.setdefault(_likeness(part, before, text), []).append((before["start"], _ruling(part, before, after)))
        rulings.pop(None, None)
        for figure in open_:
            near = rulings.get(_likeness(part, figure, text))
            if near:
                ruling = next((ruling for start, ruling in reversed(near) if start <= figure["start"]), near[0][1])
                changes.append((figure, part, ruling))
    for figure, part, ruling in changes:
        if part != "growth_pct":
            figure[part] = ruling
        elif ruling:
            _turn(figure)


def _ruling(part: str, before: Part, after: Part) -> Any:
    """Give what a person has made of a part; of a growth, whether it is the opposite."""
    if part != "growth_pct":
        return after[part]
    return None not in (before[part], after[part]) and Decimal(after[part]) == -Decimal(before[part]) != 0


def _turn(figure: Part) -> None:
    """Make a growth of a fall, or a fall of a growth, also where it is all that the figure states."""
    is_all = figure["value"] == figure["growth_pct"]
    for name in ("growth_pct", "growth_max", *(("value", "value_max") if is_all else ())):
        figure[name] = None if figure[name] is None else f"{-Decimal(figure[name]):f}"


def _merge(old: Sequence[Part], held: Sequence[Part], fresh: Sequence[Part]) -> list[Part]:
    """Take the decided figures, and of the fresh ones those whose numbers no decided one has, or that are said of another place beside it."""
    taken = Spans((*span, figure) for figure in held for span in parts_of(figure))
    open_: dict[tuple[int, int], int] = {}
    for figure in old:
        if not is_held(figure):
            open_[number_of(figure)] = open_.get(number_of(figure), 0) + 1
    merged = list(held)
    for figure in fresh:
        number = number_of(figure)
        over = [other for _, _, other in taken.overlapping(*number)]
        if over:
            is_beside = all(number_of(other) == number for other in over) and figure["subject"] not in {other["subject"] for other in over}
            if not is_beside or not open_.get(number):
                continue
            open_[number] -= 1
        merged.append(figure)
    return sorted(merged, key=lambda figure: (figure["start"], figure["end"]))


def _mark(old: Sequence[Part], figures: Sequence[Part]) -> None:
    """Note on every figure that is still open what is another than it was."""
    before: dict[tuple[int, int], list[Part]] = {}
    for figure in old:
        before.setdefault(number_of(figure), []).append(figure)
    for figure in figures:
        if is_held(figure):
            continue
        earlier = before.get(number_of(figure), [])
        same = next((one for one in earlier if one["subject"] == figure["subject"]), earlier[0] if earlier else None)
        changed = ["new"] if same is None else [name for name in _COMPARED if same.get(name) != figure.get(name)]
        changed = list(dict.fromkeys([*(same or {}).get("changed", ()), *changed]))
        if changed:
            figure["changed"] = changed


def with_mentions(places: Sequence[Part], text: str, host: str = "") -> list[Part]:
    """Give the places with where the text names each; the longest name wins where one lies within another.

    Parameters
    ----------
    places
        As the draft has them; one that is rejected keeps what it has.
    text
        The text of the draft.
    host
        What the report is about, where no place has its name: its mentions are no other place's.
    """
    compact, offsets = read_compact(text)
    kept = [place for place in places if place["state"] != "rejected"]
    given: list[PlaceGiven] = [(place["name"], place["kind"], place["aliases"]) for place in kept]
    found = find_confirmed(compact, [*given, *([(host, "", ())] if host else [])])
    mentions = {
        id(place): [[offsets[start], offsets[end - 1] + 1] for start, end in named.mentions] for place, named in zip(kept, found, strict=False)
    }
    return [place | {"mentions": mentions[id(place)]} if id(place) in mentions else place for place in places]
