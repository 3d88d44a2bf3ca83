"""What a person decides of the places of a draft: which there are, what they are called, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from geo.draft.given import Aids, Case, DecisionError, block_of, index_of, line_of, moved_span, relinked
from geo.draft.names import COMPANY, kind_of
from geo.draft.relinking import Part, with_mentions
from geo.tables.kinds import Kind

_KINDS = {*(kind.value for kind in Kind), COMPANY}


def change_place(case: Case) -> Part:
    """Change fields of a place, its state, or where it lies."""
    index, fields = index_of(case.document["places"], case.action), dict(case.action["fields"])
    place = {**case.document["places"][index]}
    if unknown := set(fields) - {"name", "kind", "aliases", "state", "parent", "location", "name_en"}:
        raise DecisionError("unknown", ", ".join(sorted(unknown)))
    for name in ("name", "parent", "name_en"):
        if name in fields:
            fields[name] = line_of(fields[name])
    if "aliases" in fields:
        fields["aliases"] = [alias for alias in map(line_of, fields["aliases"]) if alias]
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


def add_place(case: Case) -> Part:
    """Add a place that the text names, or take one back that was refused."""
    name = line_of(case.action["name"]) if case.action.get("name") else case.text[int(case.action["start"]) : int(case.action["end"])].strip()
    if not 2 <= len(name) <= 60 or "\n" in name:
        raise DecisionError("name", name[:40])
    for index, place in enumerate(case.document["places"]):
        if name in (place["name"], *place["aliases"]):
            if place["state"] != "rejected":
                raise DecisionError("taken", name)
            return change_place(replace(case, action={"index": index, "fields": {"state": "proposed"}}))
    new: Part = {"name": name, "kind": str(kind_of(name) or Kind.PARK), "aliases": [], "mentions": [], "match": None, "state": "proposed"}
    (new,) = with_mentions([new], case.text)
    if not new["mentions"]:
        raise DecisionError("not_in_text", name)
    case.aids.match_places([new])
    places = sorted([*case.document["places"], new], key=lambda other: (other["mentions"] or [[0, 0]])[0][0])
    return _after_places(case.document, places, case.text, case.aids, {})


def merge_place(case: Case) -> Part:
    """Make a place another name of another one."""
    index, into = index_of(case.document["places"], case.action), case.document["places"][index_of(case.document["places"], case.action, "into")]
    place = case.document["places"][index]
    if into is place:
        raise DecisionError("taken", place["name"])
    joined = {**into, "aliases": list(dict.fromkeys([*into["aliases"], place["name"], *place["aliases"]]))}
    places = [joined if other is into else other for position, other in enumerate(case.document["places"]) if position != index]
    return _after_places(case.document, places, case.text, case.aids, {place["name"]: into["name"]})


def move_place_edge(case: Case) -> Part:
    """Make a name longer or shorter at one end, as it first stands in the text."""
    place = case.document["places"][index_of(case.document["places"], case.action)]
    if not place["mentions"]:
        raise DecisionError("not_in_text", place["name"])
    start, end = moved_span(place["mentions"][0], case.action, case.text)
    return change_place(replace(case, action={"index": case.action["index"], "fields": {"name": case.text[start:end]}}))


def accept_places(case: Case) -> Part:
    """Accept the open places of a paragraph that the gazetteer has."""
    start, end = block_of(case.text, int(case.action["paragraph"]))
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
    return relinked(after, text, aids)
