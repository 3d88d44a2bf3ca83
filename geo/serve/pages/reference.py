"""What the map is oriented by, for the script of the page: asked for once the places are drawn, and what an operator has added, piece by piece."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from geo.draw.pieces import LEVELS, Key, Local, encode_piece
from geo.draw.reference import BANKS_ZOOM, BESIDE, CORNERS, Reference, build_reference
from geo.errors import NotFoundError
from geo.ground.palette import EXTRACT, METRO_ZOOM, REFERENCE_SIZE, STATION_ZOOM, UNMARKED
from geo.serve.http.language import request_wording
from geo.serve.http.responses import BY_LANGUAGE, IMMUTABLE, REVALIDATE, cacheable, stored
from geo.serve.site import Site, current_site
from geo.words.phrases import LANGUAGES

blueprint = Blueprint("reference", __name__)

# Whole numbers are a third of the bytes; a unit is 11 m, which is what the sources are good to.
_UNITS = 10_000


@blueprint.get("/reference.js")
def script() -> Response:
    """Give lines, marks and names in the reader's language, as a call of ``atlas.addReference``: a script comes from a disk, too.

    Coordinates are whole ten-thousandths of a degree, WGS-84, longitude first.
    """
    site, language = current_site(), request_wording().language
    digest = reference_digest(site, language)
    return stored(
        site.once(_documents)[language],
        "text/javascript; charset=utf-8",
        cache_control=IMMUTABLE if request.args.get("v") == digest else REVALIDATE,
        varies_by=BY_LANGUAGE,
        is_canonical=request.query_string.decode() == f"lang={request.args.get('lang')}&v={digest}",
    )


@blueprint.get("/basemap/<name>.js")
def piece(name: str) -> Response:
    """Give a piece of what the operator has added, as a call of ``atlas.addPiece``; its name is level, column and row."""
    local = current_site().atlas.local
    key = next((key for key in local.pieces if piece_name(key) == name), None) if local else None
    if local is None or key is None:
        raise NotFoundError(f"no piece {name[:80]!r} of a basemap; the map page names those that there are")
    document = json.dumps(encode_piece(local, key), ensure_ascii=False, separators=(",", ":"))
    cache_control = IMMUTABLE if request.args.get("v") == local.digest else REVALIDATE
    # Not compressed as small as can be: a large one would take a second.
    return cacheable(f'atlas.addPiece("{name}",{document});\n', "text/javascript; charset=utf-8", cache_control=cache_control)


def piece_name(key: Key) -> str:
    """Name a piece, as in its address."""
    return "-".join(map(str, key))


def reference_of(site: Site, language: str) -> Reference:
    """Give what the map is oriented by in a language."""
    return site.once(_references)[language]


def reference_digest(site: Site, language: str) -> str:
    """Give the part of the address that changes with the answer."""
    return hashlib.sha256(site.once(_documents)[language]).hexdigest()[:10]


def _references(site: Site) -> dict[str, Reference]:
    local = site.atlas.local
    plain = site.once(_plain_references)
    return {language: one.with_names(local, f"name_{language}") if local else one for language, one in plain.items()}


def _plain_references(site: Site) -> dict[str, Reference]:
    outline, divisions, local = site.atlas.outline, site.atlas.tables.divisions, site.atlas.local
    return {language: build_reference(outline, divisions, f"name_{language}", local) for language in LANGUAGES}


def _documents(site: Site) -> dict[str, bytes]:
    return {language: _encode(reference, site.atlas.local) for language, reference in site.once(_plain_references).items()}


def _encode(reference: Reference, local: Local | None) -> bytes:
    document: dict[str, Any] = {
        "units": _UNITS,
        "size": REFERENCE_SIZE,
        "corners": CORNERS,
        "beside": {"zoom": BANKS_ZOOM, "distance": BESIDE},
        "metro": {"zoom": METRO_ZOOM, "stations": STATION_ZOOM, "lines": [_whole(line) for line in reference.metro]},
        "courses": [[course.text, course.kind, course.zoom, _whole(course.points), int(course.is_wide)] for course in reference.courses],
        "labels": [[one.text, one.kind, one.zoom, *_whole([(one.lon, one.lat)]), int(one.has_mark)] for one in reference.labels],
        **({"local": _local_state(local)} if local else {}),
    }
    return f"atlas.addReference({json.dumps(document, ensure_ascii=False, separators=(',', ':'))});\n".encode()


def _local_state(local: Local) -> dict[str, Any]:
    """Say which pieces there are, and how they are drawn."""
    return {
        "levels": [{"zoom": level.zoom, "tile": level.tile, "weight": level.weight} for level in LEVELS],
        "pieces": [piece_name(key) for key in local.pieces],
        "styles": {kind: stroke._asdict() for kind, stroke in EXTRACT.items()},
        "unmarked": UNMARKED,
        "box": local.box,
        "hasWater": "water" in local.kinds,
    }


def _whole(points: Sequence[tuple[float, float]]) -> list[int]:
    return [round(degrees * _UNITS) for point in points for degrees in point]
