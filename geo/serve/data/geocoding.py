"""Geocoding over HTTP: a name or an address to a location, a point to what lies around it. Offline: what visitors ask never leaves the server."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import get_translations

from geo.errors import BadParameterError
from geo.geocode.answers import Query, to_document
from geo.geocode.reverse import Near
from geo.ground.bbox import parse_bbox
from geo.serve.http.responses import cacheable, open_to_every_page
from geo.serve.site import current_site
from geo.words.phrases import LANGUAGES

MAX_TEXT = 200

blueprint = Blueprint("geocoding", __name__)
blueprint.after_request(open_to_every_page)


@blueprint.get("/geocode")
def geocode() -> Response:
    """Answer a name or an address; what is ambiguous or not known is an answer, not an error."""
    given = _parameters("q", "admin", "bbox", "host", "home", "lang")
    text = given.get("q", "")
    if not text.strip():
        raise BadParameterError("q", text, "a name or an address")
    for name in ("q", "admin", "host"):
        if len(given.get(name, "")) > MAX_TEXT:
            raise BadParameterError(name, given[name], f"{MAX_TEXT} characters at most")
    atlas = current_site().atlas
    geocoder, examples = atlas.geocoder, atlas.tables.profile.examples
    admin, host = given.get("admin", ""), given.get("host", "")
    if admin and not geocoder.understands(admin):
        raise BadParameterError("admin", admin, f"a division of China, such as {examples.division} or {atlas.tables.profile.city.short_zh}")
    if host and not geocoder.knows_host(host):
        raise BadParameterError("host", host, f"a place of the gazetteer, such as {examples.place}")
    bbox = parse_bbox(given["bbox"]) if "bbox" in given else None
    if given.get("home", "yes") not in ("yes", "no"):
        raise BadParameterError("home", given["home"], "yes or no: whether a name that others bear, too, means ours", ("yes", "no"))
    if given.get("lang", "zh") not in LANGUAGES:
        raise BadParameterError("lang", given["lang"], f"one of {', '.join(LANGUAGES)}", tuple(LANGUAGES))
    (answer,) = geocoder.geocode([Query(text, admin, bbox, host, given.get("home") != "no")])
    # Whoever does not say so is a program, and programs are answered as they always were.
    return _document(to_document(answer, get_translations().ugettext if "lang" in given else str))


@blueprint.get("/reverse")
def reverse() -> Response:
    """Say what lies around a point."""
    given = _parameters("lon", "lat")
    found = current_site().reverse.reverse(_degrees("lon", given.get("lon", ""), 180), _degrees("lat", given.get("lat", ""), 90))
    return _document(
        {
            "lon": found.lon,
            "lat": found.lat,
            "status": "inside" if found.district else "out_of_area",
            "district": found.district and found.district._asdict(),
            "nearest_township": _near(found.township),
            "nearest_place": _near(found.place),
            "nearest_landmark": _near(found.landmark),
        }
    )


def _near(near: Near | None) -> dict[str, Any] | None:
    return near and {**near._asdict(), "divisions": [division._asdict() for division in near.divisions]}


def _parameters(*names: str) -> dict[str, str]:
    for name in request.args:
        if name not in names:
            raise BadParameterError(name, request.args[name], f"one of {', '.join(names)}", names)
        if len(request.args.getlist(name)) > 1:
            raise BadParameterError(name, request.args.getlist(name)[1], "the parameter once")
    return request.args.to_dict()


def _degrees(name: str, text: str, most: int) -> float:
    if not re.fullmatch(r"[+-]?\d{1,3}(\.\d{1,15})?", text, re.ASCII):
        raise BadParameterError(name, text, "decimal degrees, WGS-84, such as 120.18067")
    if abs(float(text)) > most:
        raise BadParameterError(name, text, f"degrees from -{most} to {most}")
    return float(text)


def _document(document: dict[str, Any]) -> Response:
    return cacheable(json.dumps(document, ensure_ascii=False), "application/json")
