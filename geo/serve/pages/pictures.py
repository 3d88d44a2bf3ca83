"""The map as a picture, with the parameters of the page."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import NamedTuple

import shapely
from flask import Blueprint, Response, request
from flask_babel import gettext
from shapely.geometry import shape
from werkzeug.datastructures import MultiDict

from geo.draw.marks import find_area, map_symbol
from geo.draw.picture import Caption, draw_svg
from geo.draw.raster import encode_png
from geo.errors import BadParameterError, NotFoundError
from geo.geocode.answers import Match
from geo.ground.bbox import Box
from geo.layers.comparisons import Comparison, key_at
from geo.layers.formats.download import Download
from geo.layers.select import LAYERS, Selection
from geo.serve.data.downloads import disposition
from geo.serve.http.language import request_wording
from geo.serve.http.limits import LONG, in_turn
from geo.serve.http.responses import BY_LANGUAGE, cacheable
from geo.serve.http.selection import MAX_Q, parse_comparison, parse_selection
from geo.serve.pages.reference import reference_of
from geo.serve.pages.seen import Seen, find_seen, fit_view
from geo.serve.site import Site, current_site
from geo.tables.rows import Place
from geo.words.cards import Wording
from geo.words.phrases import LANGUAGES

blueprint = Blueprint("pictures", __name__)

# How many times as large a PNG may be as the drawing, which is so many pixels wide; and how wide it may be.
SCALES = ("1", "2", "3", "4")
WIDTH, LEAST_WIDTH, MOST_WIDTH = 1400, 320, 5600
# Metres of a degree of latitude, as near as a view needs it.
_DEGREE_M = 111_000


@blueprint.get("/map.svg")
def map_svg() -> Response:
    """Draw the map as SVG."""
    with in_turn(LONG):
        return _named(_svg(_draw(current_site(), request_wording()).svg), "svg")


@blueprint.get("/map.png")
def map_png() -> Response:
    """Draw the map as PNG."""
    with in_turn(LONG):
        drawn = _draw(current_site(), request_wording())
        return _named(_png(drawn.svg, drawn.zoom), "png")


@blueprint.get("/places/<id_>/map.svg")
def place_svg(id_: str) -> Response:
    """Draw where a place lies, for its page."""
    with in_turn(LONG):
        return _svg(_draw_place(current_site(), request_wording(), id_, is_preview=False))


@blueprint.get("/places/<id_>/map.png")
def place_png(id_: str) -> Response:
    """Draw where a place lies with its name and its first figure, in the shape of a link preview."""
    with in_turn(LONG):
        return _png(_draw_place(current_site(), request_wording(), id_, is_preview=True))


def _svg(svg: bytes) -> Response:
    return cacheable(svg, "image/svg+xml", varies_by=BY_LANGUAGE, is_shared=True)


def _png(svg: bytes, zoom: float = 1) -> Response:
    return cacheable(encode_png(svg, zoom), "image/png", varies_by=BY_LANGUAGE, is_shared=True)


def _draw_place(site: Site, wording: Wording, id_: str, *, is_preview: bool) -> bytes:
    place = site.find_place(id_)
    for name, value in request.args.items():
        if name != "lang" or value not in LANGUAGES:
            raise BadParameterError(name, value, f"lang as one of {', '.join(LANGUAGES)}", tuple(LANGUAGES))
    answer = site.atlas.answers[id_]
    if not isinstance(answer, Match):
        raise NotFoundError(f"{id_} has no location to draw: {wording.located(answer, '')}")
    entry = wording.entry(place, site.atlas)
    view = _view_of_area(site, place, answer) or _view_around(answer)
    near = find_seen(site, wording, Selection(bbox=view), None)
    marks = [dataclasses.replace(mark, uncertainty_m=answer.uncertainty_m if mark.id == id_ else None) for mark in near.marks]
    # The place itself comes first, so that its label finds room before the others.
    marks.sort(key=lambda mark: mark.id != id_)
    caption = Caption(
        title=entry.name if is_preview else "",
        finding=f"{entry.headline_note} {entry.headline}" if is_preview and entry.headline != "—" else "",
        footer=[f"{wording.title} · {entry.located} · {wording.review_number(None, site.atlas.local)}"] if is_preview else [],
        legend=None,
        corridors=wording.corridors,
        hues=site.atlas.tables.hues,
        district_name="name_en" if wording.language == "en" else "name_zh",
        layers=wording.picture_layers,
    )
    width, height = (1200, 630) if is_preview else (760, 420)
    outline, local, reference = site.atlas.outline, site.atlas.local, reference_of(site, wording.language)
    return draw_svg(outline, site.atlas.layers.corridors, marks, site.ties, view, caption, reference, local, width=width, height=height)


def _view_around(answer: Match) -> Box:
    reach_m = max(2.2 * answer.uncertainty_m, 9_000)
    north, east = reach_m / _DEGREE_M, reach_m / (_DEGREE_M * math.cos(math.radians(answer.lat)))
    return Box(answer.lon - east, answer.lat - north, answer.lon + east, answer.lat + north)


def _view_of_area(site: Site, place: Place, answer: Match) -> Box | None:
    """Show a district or the city whole, as far as there is an outline of it."""
    districts = site.atlas.outline.districts["features"]
    parts = [shape(districts[number]["geometry"]) for number in find_area(map_symbol(place, answer), place.district, districts)]
    return Box(*shapely.union_all(parts).bounds) if parts else None


class _Drawn(NamedTuple):
    """The map as SVG, and how many pixels of a PNG a pixel of it has."""

    svg: bytes
    zoom: float


def _named(response: Response, extension: str) -> Response:
    """Name a picture by what it shows, for whoever saves it."""
    args = MultiDict((name, value) for name, value in request.args.items(multi=True) if name in LAYERS["places"].filters)
    site = current_site()
    shown = Download(LAYERS["places"], parse_selection(args, LAYERS["places"], site.atlas.tables), site.atlas.layers, site.atlas.tables)
    compared = re.sub(r"[^\w.]+", "_", key_at(request.args.get("indicator", ""), request.args.get("period", ""))).strip("_")
    response.headers["Content-Disposition"] = disposition(shown.file_name(extension, "-".join(filter(None, ("map", compared)))))
    return response


def _parse_zoom(args: MultiDict[str, str]) -> float:
    """Read how large a PNG has to be: so many times the usual size, or so many pixels wide."""
    scale, width = args.pop("scale", ""), args.pop("width", "")
    if scale and width:
        raise BadParameterError("width", width, "either scale or width")
    if scale and scale not in SCALES:
        raise BadParameterError("scale", scale, f"one of {', '.join(SCALES)}", SCALES)
    if width and not (re.fullmatch(r"\d{3,4}", width, re.ASCII) and LEAST_WIDTH <= int(width) <= MOST_WIDTH):
        raise BadParameterError("width", width, f"pixels, {LEAST_WIDTH} to {MOST_WIDTH}")
    return int(width) / WIDTH if width else int(scale or 1)


def _parse_line(args: MultiDict[str, str], name: str) -> str | None:
    """Read a title or a subtitle that takes the place of ours."""
    text = args.pop(name, None)
    if text is not None and (len(text) > MAX_Q or not text.isprintable()):
        raise BadParameterError(name, text, f"a line of {MAX_Q} characters at most")
    return text


def _draw(site: Site, wording: Wording) -> _Drawn:
    args = request.args.copy()
    lang, metro = args.pop("lang", "zh"), args.pop("metro", "on")
    comparison = parse_comparison({name: args.pop(name, "") for name in ("indicator", "period")}, site.atlas.comparisons)
    zoom, title, subtitle = _parse_zoom(args), _parse_line(args, "title"), _parse_line(args, "subtitle")
    if lang not in LANGUAGES:
        raise BadParameterError("lang", lang, f"one of {', '.join(LANGUAGES)}", tuple(LANGUAGES))
    if metro not in ("on", "off"):
        raise BadParameterError("metro", metro, "on or off", ("on", "off"))
    reference = reference_of(site, wording.language)
    selection = parse_selection(args, LAYERS["places"], site.atlas.tables)
    seen = find_seen(site, wording, selection, comparison)
    caption = _caption(site, wording, comparison, seen)
    if title is not None:
        caption = dataclasses.replace(caption, title=title)
    if subtitle is not None:
        caption = dataclasses.replace(caption, finding=subtitle)
    svg = draw_svg(
        site.atlas.outline,
        seen.belts,
        seen.marks,
        seen.ties,
        selection.bbox or fit_view(seen, comparison, site.atlas.tables.profile.box),
        caption,
        reference if metro == "on" else reference.without_metro(),
        site.atlas.local,
    )
    return _Drawn(svg, zoom)


def _caption(site: Site, wording: Wording, comparison: Comparison | None, seen: Seen) -> Caption:
    places = [site.places[id_] for id_ in seen.places.index]
    finding = wording.comparison_finding(comparison, site.places) if comparison else wording.finding(places, site.atlas.tables)
    source = wording.origin
    footer = [
        gettext("显示 %(shown)s 处，共 %(all)s 处", shown=len(places), all=len(site.places))
        + f" · {source} · "
        + gettext("数据 %(date)s，版本 %(version)s", date=site.last_change.date().isoformat(), version=site.atlas.tables.version),
        f"{wording.review_number(None, site.atlas.local)} · {wording.credit_basemap(site.atlas.local)}",
    ]
    return Caption(
        title=wording.title,
        finding=finding,
        footer=footer,
        legend=seen.legend,
        corridors=wording.corridors,
        hues=site.atlas.tables.hues,
        district_name="name_en" if wording.language == "en" else "name_zh",
        layers=wording.picture_layers,
        counted=gettext("数字：那一格里有几处"),
    )
