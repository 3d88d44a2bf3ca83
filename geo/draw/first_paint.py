"""The map as it stands in the page before its script has run: the first picture of a slow phone, and the only one where there is no script.

It is an inline SVG in pixels of one zoom level, around the middle of the view. The browser scales it to the view that the script is going to show
(``static/early.js``); lines, symbols and text keep their size, so that a symbol is there at once what it will be. A circle is the round end of a
line without length, as only lines can keep their width: a path of such lines has all the symbols of one look.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.draw.basemap import Outline
from geo.draw.lettering import Label, Name, place_labels, place_names
from geo.draw.marks import Look, Mark
from geo.draw.placement import Cover, Frame, Placed, place_marks, project_box
from geo.draw.webmap import MAX_ZOOM, MIN_ZOOM, ZOOM_SNAP
from geo.ground.bbox import Box
from geo.ground.palette import CROWD, LABEL_HEIGHT, LABEL_SIZE, SPAN_OPACITY, STROKES

# Pixels of the whole world at zoom 0, as Leaflet and everybody else has it.
_WORLD = 256
# Radians: some fifty pixels at the largest zoom.
_LEAST = 1e-5
# Of a crowd a dot stands for all that lie in a cell of a grid.
_DOT, _DOT_GRID = Look("circle", 2.5, "filled"), 4
# Of the outline what a large window may show, in pixels around the middle; it is drawn again in a moment, in full.
_SEEN = (-2200, -1800, 2200, 1800)
_TOLERANCE = 2.0
# What begins the water in a drawing of the outline.
_WATERS = '<g class="waters">'


@dataclass(frozen=True)
class Screen:
    """A usual screen, for which labels are laid out.

    Attributes
    ----------
    name
        The class of what is drawn for it.
    left, top, right, bottom
        The part of the map that is seen, in pixels around the middle of the view.
    width, height
        The part that the view is fitted into.
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float


# With the panel at the side; and a phone, with the sheet over the lower half. The margins are those of static/early.js.
SCREENS = (Screen("wide", -520, -450, 520, 450, 968, 828), Screen("narrow", -184, -193, 206, 229, 296, 314))


@dataclass(frozen=True)
class Sketch:
    """A first drawing.

    Attributes
    ----------
    bounds
        The view at zoom 0: left, top, right and bottom in pixels of the world.
    zooms
        For each of ``SCREENS`` the zoom that it is laid out for; the pixels of the first are the units of the drawing.
    view_box
        Of the SVG, in its units.
    content
        The SVG's content; escaped.
    ringed
        The names of those of ``SCREENS`` on which a ring stands for several places.
    """

    bounds: tuple[float, float, float, float]
    zooms: tuple[float, ...]
    view_box: str
    content: str
    ringed: tuple[str, ...]


def draw_background(outline: Outline, view: Box) -> str:
    """Draw what lies under everything, as SVG paths: the neighbours and the districts, and in a group above them the water.

    Parameters
    ----------
    outline
        The basemap, WGS-84.
    view
        What the map shows at first, degrees, WGS-84.
    """
    frame, _ = _frames(view)[0]
    drawn: dict[str, list[BaseGeometry]] = {}
    for name, collection in (("surround", outline.surround), ("district", outline.districts), ("water", outline.water)):
        for feature in collection["features"]:
            geom = shape(feature["geometry"])
            form = "line" if geom.geom_type.endswith("LineString") else "area"
            rank = feature["properties"].get("rank")
            drawn.setdefault(f"shape-{form} {name}" + (f" rank-{rank}" if rank and form == "line" else ""), []).append(geom)
    paths = {classes: _path(classes, _outlines(frame, geoms)) for classes, geoms in drawn.items()}
    land, water = ("".join(path for classes, path in paths.items() if (" water" in classes) == is_water) for is_water in (False, True))
    return f"{land}{_WATERS}{water}</g>"


def draw_sketch(
    background: str,
    belts: gpd.GeoDataFrame,
    marks: Sequence[Mark],
    ties: Mapping[str, Sequence[tuple[tuple[float, float], tuple[float, float]]]],
    view: Box,
    whole: Box,
    corridors: Mapping[str, str],
    districts: Sequence[Mapping[str, Any]],
    district_name: str,
) -> Sketch:
    """Draw the first picture of a view.

    Parameters
    ----------
    background
        As :func:`draw_background` gives it for ``whole``.
    belts, ties
        As :func:`geo.draw.webmap.build_map` takes them; only what is to be seen.
    marks
        The places that are to be seen and have a location.
    view, whole
        What the map shows at first, and where nothing is chosen; degrees, WGS-84.
    corridors, districts, district_name
        As :func:`geo.draw.placement.place_names` takes them.
    """
    (frame, zoom), *_ = frames = _frames(view)
    # What is least certain lies lowest: a belt tints no water.
    land, begin, waters = background.partition(_WATERS)
    begin_laid, end_laid = _lay_over(frame, whole)
    parts = [begin_laid, land, end_laid]
    for row in belts.itertuples():
        form = "area" if row.part == "belt" else "line"
        parts.append(_path(f"shape-{form} {row.part} corridor-{row.corridor}", _outlines(frame, [row.geometry])))
    parts += [begin_laid, begin, waters, end_laid]
    for corridor, lines in ties.items():
        parts.append(_path(f"shape-line tie corridor-{corridor}", _outlines(frame, map(shapely.LineString, lines))))
    ringed: list[str] = []
    for screen, (own, own_zoom) in zip(SCREENS, frames, strict=True):
        ratio = 2 ** (zoom - own_zoom)
        if len(marks) > CROWD:
            inner, cover, named = _draw_crowd(own, marks, ratio), Cover(), set()
        else:
            placed = place_marks(own, marks)
            ringed += [screen.name] if any(mark.guests for mark in placed.marks) else []
            labels, cover = place_labels(own, placed)
            inner = _draw_marks(placed, labels, ratio)
            named = {mark.label for mark in placed.marks if mark.id in labels}
        names = place_names(own, belts, corridors, districts, district_name, cover, named)
        inner += "".join(_draw_name(name, ratio) for name in names)
        parts.append(f'<g class="{screen.name}" font-size="{LABEL_SIZE * ratio:.4g}">{inner}</g>')
    west, _, _, north = _extent(view)
    left, top = (west - frame.centre[0]) * frame.scale, (frame.centre[1] - north) * frame.scale
    zooms, view_box = tuple(own_zoom for _, own_zoom in frames), f"{left:.2f} {top:.2f} {-2 * left:.2f} {-2 * top:.2f}"
    return Sketch(world_box(view), zooms, view_box, "".join(parts), tuple(ringed))


def _lay_over(frame: Frame, whole: Box) -> tuple[str, str]:
    """Give what begins and ends a group in which a drawing of the whole lies as a frame has it; lines keep their width."""
    drawn, _ = _frames(whole)[0]
    if drawn == frame:
        return "", ""
    scale = frame.scale / drawn.scale
    right, down = (drawn.centre[0] - frame.centre[0]) * frame.scale, (frame.centre[1] - drawn.centre[1]) * frame.scale
    return f'<g transform="matrix({scale:.6g} 0 0 {scale:.6g} {right:.2f} {down:.2f})">', "</g>"


def world_box(view: Box) -> tuple[float, float, float, float]:
    """Give a view in pixels of the world at zoom 0: left, top, right and bottom."""
    west, south, east, north = _extent(view)
    world = _WORLD / (2 * math.pi)
    return (west + math.pi) * world, (math.pi - north) * world, (east + math.pi) * world, (math.pi - south) * world


def _frames(view: Box) -> list[tuple[Frame, float]]:
    """Give for each screen the frame around the middle of the view, and the zoom that shows it whole."""
    west, south, east, north = _extent(view)
    frames = []
    for screen in SCREENS:
        wanted = min(screen.width / (east - west), screen.height / (north - south)) * 2 * math.pi / _WORLD
        zoom = min(max(math.floor(math.log2(wanted) / ZOOM_SNAP) * ZOOM_SNAP, MIN_ZOOM), MAX_ZOOM)
        scale = _WORLD * 2**zoom / (2 * math.pi)
        window = (screen.left, screen.top, screen.right - screen.left, screen.bottom - screen.top)
        frames.append((Frame(*window, scale, ((west + east) / 2, (south + north) / 2), (0, 0)), zoom))
    return frames


def _extent(view: Box) -> tuple[float, float, float, float]:
    """Give a view in radians of Web Mercator; that of a single point is a few pixels large, as an SVG without a size is not drawn."""
    west, south, east, north = project_box(view)
    wide, tall = max(0.0, _LEAST - (east - west)) / 2, max(0.0, _LEAST - (north - south)) / 2
    return west - wide, south - tall, east + wide, north + tall


def _draw_marks(placed: Placed, labels: Mapping[str, Label], ratio: float) -> str:
    """Draw the symbols by their looks, large ones first, and the labels for which there is room."""
    looks: dict[tuple[Look, str], list[tuple[float, float]]] = {}
    for mark in sorted(placed.marks, key=lambda mark: -mark.size):
        looks.setdefault((mark.look, mark.hue), []).append(placed.spots[mark.id])
    leaders = [label.leader for label in labels.values() if label.leader]
    lines = "".join("M" + "L".join(f"{x * ratio:.0f} {y * ratio:.0f}" for x, y in leader) for leader in leaders)
    drawn = _path("leader", lines) + "".join(_dots(spots, look, hue, ratio) for (look, hue), spots in looks.items())
    return drawn + "".join(_draw_label(labels[mark.id], mark.level, ratio) for mark in placed.marks if mark.id in labels)


def _draw_label(label: Label, level: int, ratio: float) -> str:
    classes, x = "label" + ("", " second", " third")[level], label.left * ratio
    lines = [html.escape(line) for line in label.lines]
    for number, line in enumerate(lines[1:], 1):
        kind = ' class="value"' if label.has_value and number == len(lines) - 1 else ""
        lines[number] = f'<tspan{kind} x="{x:.0f}" y="{(label.base + number * LABEL_HEIGHT) * ratio:.0f}">{line}</tspan>'
    return f'<text class="{classes}" x="{x:.0f}" y="{label.base * ratio:.0f}">{"".join(lines)}</text>'


def _draw_crowd(frame: Frame, marks: Sequence[Mark], ratio: float) -> str:
    """Draw dots, one for all that lie within a few pixels."""
    seen: dict[str, dict[tuple[int, int], None]] = {}
    for mark in marks:
        x, y = frame.place(mark.lon, mark.lat)
        seen.setdefault(mark.hue, {})[round(x / _DOT_GRID), round(y / _DOT_GRID)] = None
    return "".join(_dots([(x * _DOT_GRID, y * _DOT_GRID) for x, y in cells], _DOT, hue, ratio) for hue, cells in seen.items())


def _draw_name(name: Name, ratio: float) -> str:
    return _text(f"axis corridor-{name.corridor}" if name.corridor else "name", name.x, name.y, name.text, ratio, name.angle)


def _dots(spots: Iterable[tuple[float, float]], look: Look, hue: str, ratio: float) -> str:
    """Draw symbols of one look: a wide line in the colour of the edge, and a narrower one on it in that of the inside."""
    corner, step = ("diamond", "l.1.1") if look.shape == "diamond" else ("dot", "h.1")
    path = "".join(f"M{x * ratio:.1f} {y * ratio:.1f}{step}" for x, y in spots)
    below, above = ("ring", "hole") if look.is_hollow else ("rim", "core")
    stroke, opacity, tone = STROKES[look.form], look.opacity, f"corridor-{hue}"
    widths = [(below, tone, 2 * look.radius + stroke, 1.0), (above, tone, 2 * look.radius - stroke, opacity)]
    if look.is_edged:
        # On a disc in the colour of the ground, so that a share of the hue on it is their mixture; the edge has the hue of the corridor.
        grown, share = (look.growth.hue, look.growth.share / 100) if look.growth else (tone, 1.0)
        inside = 2 * look.radius - stroke
        widths = [("ring", tone, 2 * look.radius + stroke, 1.0), ("hole", grown, inside, 1.0), (above, grown, inside, opacity * share)]
    if look.core is not None:
        *_, (form, hue_of_span, _, span) = widths
        widths.append((form, hue_of_span, 2 * look.core, span / SPAN_OPACITY))
    return "".join(
        f'<path class="{corner} {form} {own}" stroke-width="{width:g}"' + (f' stroke-opacity="{share:.2g}"' if share < 1 else "") + f' d="{path}"/>'
        for form, own, width, share in widths
    )


def _outlines(frame: Frame, geoms: Iterable[BaseGeometry]) -> str:
    """Write lines and areas as one path in whole pixels, each step from the last: the shortest way to say it."""
    steps = []
    for geom in geoms:
        pixels = shapely.transform(geom, lambda lon_lat: np.array([frame.place(lon, lat) for lon, lat in lon_lat]))
        for part in shapely.get_parts(shapely.clip_by_rect(pixels.simplify(_TOLERANCE), *_SEEN)):
            if part.geom_type not in ("Polygon", "LineString"):
                continue
            for line in (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,):
                points = np.rint(shapely.get_coordinates(line)).astype(int)
                moves = np.diff(points, axis=0)
                moves = moves[moves.any(axis=1)]
                if len(moves):
                    steps.append(f"M{_pair(points[0])}l{' '.join(map(_pair, moves))}" + ("z" if part.geom_type == "Polygon" else ""))
    return "".join(steps).replace(" -", "-")


def _pair(point: Sequence[int]) -> str:
    return f"{point[0]} {point[1]}"


def _path(classes: str, steps: str) -> str:
    return f'<path class="{classes}" d="{steps}"/>' if steps else ""


def _text(classes: str, x: float, y: float, text: str, ratio: float, angle: float = 0) -> str:
    x, y = x * ratio, y * ratio
    turn = f' transform="rotate({angle:.0f} {x:.0f} {y - 4 * ratio:.0f})"' if round(angle) else ""
    return f'<text class="{classes}" x="{x:.0f}" y="{y:.0f}"{turn}>{html.escape(text)}</text>'
