"""The map as a picture: an SVG drawn from the same layers as the page, and a PNG of it, with title, legend, scale bar, source and date."""

from __future__ import annotations

import copy
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.draw.basemap import Outline
from geo.draw.legend import LETTERS, SWATCH, Drawing, Legend, Row, diamond
from geo.draw.lettering import Label, place_labels, place_names, text_width
from geo.draw.marks import Mark, find_area
from geo.draw.pieces import LEVELS, Local, Shape, level_of
from geo.draw.placement import Cover, Frame, Placed, Rectangle, fit, place_marks
from geo.draw.plates import Plate, is_crowd, place_dots, place_plates
from geo.draw.raster import FONT
from geo.draw.reference import Reference, place_reference, shows_metro, zoom_of
from geo.ground.bbox import Box
from geo.ground.deadline import until_deadline
from geo.ground.palette import (
    AREAS,
    AXIS_NAME_SIZE,
    CARD,
    DISTRICT_NAME_SIZE,
    EXTRACT,
    HATCH_OPACITY,
    HATCH_STEP,
    HATCH_WIDTH,
    INK,
    LABEL_HEIGHT,
    LABEL_SIZE,
    LABEL_SIZES,
    LAND_LINE,
    LINE,
    METRO,
    MUTE,
    ON_WATER,
    OPACITIES,
    PAPER,
    PLATE_SIZE,
    REFERENCE,
    REFERENCE_SIZE,
    STROKES,
    WATER,
    WATER_NAME,
)

# The scale bar is as long as the longest round distance in this many pixels.
SCALE_WIDTH = 120
# What XML 1.0 cannot hold (section 2.2), and what is not seen or turns the text around it.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
# A light edge that lifts a label off what lies under it.
HALO = {"paint-order": "stroke", "stroke": CARD, "stroke-width": "3", "stroke-linejoin": "round"}
MIDDLE = {"text-anchor": "middle"}
# Of the legend: the margin, the height of a row, and the width that a title or a line of corridors may have in any case.
_MARGIN, _ROW, _LEGEND_WIDTH = 12.0, 22.0, 220.0


@dataclass(frozen=True)
class Caption:
    """What is written around the map.

    Attributes
    ----------
    title, finding, footer
        Above the map, under the title, and below the map; without a title the map begins at the top.
    legend
        What explains the map, as far as it is seen; ``None`` leaves it out.
    corridors
        The names written along the axes, by their ids.
    hues
        The colours of the corridors, and that of none, by their ids.
    district_name
        Which property of a district is its name in the reader's language.
    layers
        The titles of the layers ``surround``, ``districts``, ``water``, ``corridors``, ``reference``, ``ties`` and ``places``.
    counted
        What the numbers among the dots of a crowd mean.
    """

    title: str
    finding: str
    footer: Sequence[str]
    legend: Legend | None
    corridors: Mapping[str, str]
    hues: Mapping[str, str]
    district_name: str
    layers: Mapping[str, str] = field(default_factory=dict)
    counted: str = ""


def draw_svg(
    outline: Outline,
    belts: gpd.GeoDataFrame,
    marks: Sequence[Mark],
    ties: Mapping[str, Sequence[tuple[tuple[float, float], tuple[float, float]]]],
    view: Box,
    caption: Caption,
    reference: Reference | None = None,
    local: Local | None = None,
    *,
    width: int = 1400,
    height: int = 990,
) -> bytes:
    """Draw the atlas as a standalone SVG.

    Parameters
    ----------
    outline, belts, ties
        As :func:`geo.draw.webmap.build_map` takes them; only the corridors that are to be seen.
    marks
        The places that are to be seen and have a location.
    view
        What the map has to show, degrees, WGS-84.
    caption
        What is written around it.
    reference
        What the map is oriented by, below everything else; ``None`` leaves it out.
    local
        What the operator has added to the outline; ``None`` where that is nothing.
    width, height
        Pixels; the default has the shape of A4 landscape.

    Returns
    -------
    bytes
        UTF-8; the same input gives the same bytes. No script, no style sheet, no reference to another file.
    """
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)})
    svg.set("font-family", f"{FONT}, PingFang SC, Microsoft YaHei, sans-serif")
    ET.SubElement(svg, "title").text = _clean(caption.title)
    _rect(svg, 0, 0, width, height, CARD)
    if caption.title:
        _text(svg, 32, 48, _clipped(caption.title, 26, width - 64), size=26, weight="bold")
        _text(svg, 32, 78, _clipped(caption.finding, 15, width - 64), size=15)
        frame = fit(view, 32, 96, width - 64, height - 96 - 24 - 20 * len(caption.footer))
    else:
        frame = fit(view, 0, 0, width, height - (10 + 20 * len(caption.footer) if caption.footer else 0))
    placed = place_dots(frame, marks) if is_crowd(frame, marks) else place_marks(frame, marks)
    plates = place_plates(frame, placed) if is_crowd(frame, marks) else []
    # Of places that are all set out there is no ring to explain.
    has_rings = any(mark.guests for mark in placed.marks)
    legend = caption.legend if caption.legend is None or has_rings else caption.legend.without("ring")
    if legend and plates and caption.counted:
        legend = replace(legend, rows=(*legend.rows, Row((), caption.counted, None)))
    _draw_map(svg, frame, outline, local, reference, belts, marks, placed, plates, ties, caption, _furniture(frame, legend))
    if legend:
        _draw_legend(svg, frame, _lay_out_legend(legend), caption.hues)
    _draw_scale(svg, frame, (view.south + view.north) / 2)
    _draw_north(svg, frame)
    for position, line in enumerate(reversed(caption.footer)):
        _text(svg, 32, height - 18 - 20 * position, _clipped(line, 12, width - 64), size=12, colour=MUTE)
    _part_halos(svg)
    encoded: bytes = ET.tostring(svg, encoding="utf-8", xml_declaration=True)
    return encoded


def _part_halos(svg: ET.Element) -> None:
    """Draw the light edge of each label as a text of its own beneath it: a program without ``paint-order`` would paint it over the letters."""
    for parent in list(svg.iter()):
        for position, element in reversed(list(enumerate(parent))):
            if "paint-order" in element.attrib:
                edge = copy.deepcopy(element)
                edge.attrib |= {"class": "halo", "aria-hidden": "true", "fill": element.attrib["stroke"]}
                del edge.attrib["paint-order"]
                for name in HALO:
                    element.attrib.pop(name, None)
                parent.insert(position, edge)


# --- geometry -----------------------------------------------------------------------------------------------------------------------------


def _path(frame: Frame, geom: BaseGeometry) -> str:
    """Write a geometry as an SVG path, cut a little outside of the frame so that nothing far away is kept."""
    pixels = shapely.transform(geom, lambda lon_lat: np.array([frame.place(lon, lat) for lon, lat in lon_lat]))
    window = (frame.left - 20, frame.top - 20, frame.left + frame.width + 20, frame.top + frame.height + 20)
    parts = []
    for part in shapely.get_parts(shapely.clip_by_rect(pixels, *window)):
        if part.geom_type == "Polygon":
            parts += [_line(ring) + " Z" for ring in (part.exterior, *part.interiors)]
        elif part.geom_type == "LineString":
            parts.append(_line(part))
    return " ".join(parts)


def _line(line: shapely.LineString) -> str:
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in line.coords)


# --- the map ------------------------------------------------------------------------------------------------------------------------------


def _draw_map(
    svg: ET.Element,
    frame: Frame,
    outline: Outline,
    local: Local | None,
    reference: Reference | None,
    belts: gpd.GeoDataFrame,
    marks: Sequence[Mark],
    placed: Placed,
    plates: Sequence[Plate],
    ties: Mapping[str, Sequence[tuple[tuple[float, float], tuple[float, float]]]],
    caption: Caption,
    furniture: Sequence[Rectangle],
) -> None:
    window = ET.SubElement(ET.SubElement(svg, "clipPath", {"id": "frame"}), "rect")
    inner = ET.SubElement(svg, "g", {"clip-path": "url(#frame)"})
    for element in (window, ET.SubElement(inner, "rect", {"fill": PAPER})):
        element.attrib |= _box(frame.left, frame.top, frame.width, frame.height)
    layer = _layer(inner, "surround", caption)
    for feature in outline.surround["features"]:
        _shape(layer, frame, shape(feature["geometry"]), fill="none", stroke=LINE)
    layer = _layer(inner, "districts", caption)
    for feature in outline.districts["features"]:
        _shape(layer, frame, shape(feature["geometry"]), fill=CARD, stroke=LAND_LINE)
    # What is least certain lies lowest: a belt tints no water.
    layer = _layer(inner, "corridors", caption)
    for row in belts.itertuples():
        hue = caption.hues[row.corridor]
        if row.part == "belt":
            _shape(layer, frame, row.geometry, fill=f"url(#{_add_hatch(layer, row.corridor, hue)})", stroke="none")
        else:
            _shape(layer, frame, row.geometry, fill="none", stroke=hue, **{"stroke-width": "2", "stroke-dasharray": "1 7", "stroke-linecap": "round"})
    layer = _layer(inner, "water", caption)
    seen = frame.box
    is_replaced = local is not None and local.replaces_water(zoom_of(frame), seen)
    for feature in outline.water["features"]:
        if is_replaced and feature["properties"].get("kind") != "sea":
            continue
        geom = shape(feature["geometry"])
        if geom.geom_type.endswith("Polygon"):
            _shape(layer, frame, geom, fill=WATER, stroke="none")
        else:
            _shape(layer, frame, geom, fill="none", stroke=WATER, **{"stroke-width": "3" if feature["properties"]["rank"] == 1 else "2"})
    if local:
        layer = _layer(inner, "local", caption)
        for added in until_deadline(local.seen(zoom_of(frame), seen)):
            _draw_added(layer, frame, added, LEVELS[level_of(zoom_of(frame))].weight)
    # The names of the reference layer come last to find room, and lie below the places and what ties them.
    ground = _layer(inner, "reference", caption)
    layer = _layer(inner, "ties", caption)
    for corridor, lines in ties.items():
        for line in until_deadline(lines):
            _shape(layer, frame, shapely.LineString(line), fill="none", stroke=caption.hues[corridor], **{"stroke-width": "1.25"})
    inner = _layer(inner, "places", caption)
    for mark in marks:
        if mark.symbol in AREAS:
            _draw_area(inner, frame, mark, outline, caption.hues)
        else:
            _draw_uncertainty(inner, frame, mark, caption.hues)
    cover = _draw_marks(inner, frame, outline, belts, placed, plates, caption, furniture)
    if reference:
        _draw_reference(ground, frame, reference, cover)
    ET.SubElement(svg, "rect", {**_box(frame.left, frame.top, frame.width, frame.height), "fill": "none", "stroke": LINE})


def _add_hatch(layer: ET.Element, corridor: str, hue: str) -> str:
    """Add the lines with which the belt of a corridor is filled; give the id of the pattern."""
    tile = {"width": f"{HATCH_STEP}", "height": f"{HATCH_STEP}", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
    pattern = ET.SubElement(layer, "pattern", {"id": f"hatch-{corridor}", **tile})
    line = {"fill": "none", "stroke": hue, "stroke-width": f"{HATCH_WIDTH:g}", "stroke-opacity": f"{HATCH_OPACITY:g}"}
    ET.SubElement(pattern, "path", {"d": f"M{HATCH_STEP / 2:g} 0V{HATCH_STEP}", **line})
    return f"hatch-{corridor}"


def _layer(parent: ET.Element, name: str, caption: Caption) -> ET.Element:
    """Begin a layer of the drawing, by whose name another program shows and hides it."""
    group = ET.SubElement(parent, "g", {"id": name})
    if title := caption.layers.get(name):
        ET.SubElement(group, "title").text = _clean(title)
    return group


def _draw_marks(
    parent: ET.Element,
    frame: Frame,
    outline: Outline,
    belts: gpd.GeoDataFrame,
    placed: Placed,
    plates: Sequence[Plate],
    caption: Caption,
    furniture: Sequence[Rectangle],
) -> Cover:
    """Draw the symbols, large ones first, the numbers of a crowd, and labels and names where there is room; give what is covered then."""
    labels, cover = place_labels(frame, placed, [*furniture, *(plate.box for plate in plates)])
    for label in labels.values():
        if label.leader:
            path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in label.leader)
            ET.SubElement(parent, "path", {"d": path, "fill": "none", "stroke": MUTE, "stroke-width": "0.75"})
    # Of a crowd what is compared lies above what is not, however small that is.
    order = (lambda mark: (mark.look.form != "without", -mark.size)) if plates else (lambda mark: (True, -mark.size))
    for mark in until_deadline(sorted(placed.marks, key=order)):
        _draw_symbol(ET.SubElement(parent, "g", {"class": "guests"}) if mark.guests else parent, mark, *placed.spots[mark.id], caption.hues)
    for plate in plates:
        _draw_plate(parent, plate)
    for mark in placed.marks:
        if mark.id in labels:
            _draw_label(parent, mark, labels[mark.id], placed.spots[mark.id][0])
    named = {mark.label for mark in placed.marks if mark.id in labels}
    for text, x, y, angle, corridor in place_names(
        frame, belts, caption.corridors, outline.districts["features"], caption.district_name, cover, named
    ):
        if corridor is None:
            _text(parent, x, y, text, size=DISTRICT_NAME_SIZE, colour=MUTE, more=MIDDLE)
        else:
            turned = {**MIDDLE, "letter-spacing": "1.5", "transform": f"rotate({angle:.1f} {x:.1f} {y - 4:.1f})"}
            _text(parent, x, y, text, size=AXIS_NAME_SIZE, weight="bold", colour=caption.hues[corridor], more=turned)
    return cover


def _draw_plate(parent: ET.Element, plate: Plate) -> None:
    left, top, right, bottom = plate.box
    group = ET.SubElement(parent, "g", {"class": "plate"})
    _rect(group, round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1), CARD, stroke=LINE, rx="4")
    _text(group, (left + right) / 2, (top + bottom) / 2 + 4, plate.text, size=PLATE_SIZE, weight="bold", more=MIDDLE)


def _draw_added(parent: ET.Element, frame: Frame, added: Shape, weight: float) -> None:
    """Draw a line or an area of an extract."""
    stroke = EXTRACT[added.kind]
    if added.geom.geom_type.endswith("Polygon"):
        _shape(parent, frame, added.geom, fill=stroke.colour, stroke="none", **{"fill-opacity": f"{stroke.opacity:g}"})
        return
    style = {"stroke-width": f"{stroke.widths[added.rank - 1] * weight:g}"}
    if stroke.dash:
        style["stroke-dasharray"] = " ".join(f"{length:g}" for length in stroke.dash)
    _shape(parent, frame, added.geom, fill="none", stroke=stroke.colour, **style)


def _draw_reference(parent: ET.Element, frame: Frame, reference: Reference, cover: Cover) -> None:
    """Draw what the map is oriented by, with names where there is still room."""
    if shows_metro(zoom_of(frame)):
        for line in reference.metro:
            _shape(parent, frame, shapely.LineString(line), fill="none", stroke=METRO, **{"stroke-width": "1"})
    for written in place_reference(frame, reference, cover):
        if written.mark and written.kind == "hill":
            x, y = written.mark
            ET.SubElement(parent, "path", {"d": f"M{x - 3.5:.1f} {y + 2.5:.1f} h7 l-3.5 -6 Z", "fill": REFERENCE})
        elif written.mark:
            x, y = written.mark
            ET.SubElement(parent, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "2", "fill": CARD, "stroke": REFERENCE})
        style = dict(MIDDLE)
        if written.kind in ON_WATER:
            style["font-style"] = "italic"
        if written.angle:
            style |= {"letter-spacing": "2", "transform": f"rotate({written.angle:.1f} {written.x:.1f} {written.y:.1f})"}
        if written.text:
            colour = WATER_NAME if written.kind in ON_WATER else REFERENCE
            _text(parent, written.x, written.y + 4, written.text, size=REFERENCE_SIZE, colour=colour, more=style)


def _draw_label(parent: ET.Element, mark: Mark, label: Label, spot: float) -> None:
    colour, weight = MUTE if mark.level == 2 else INK, "bold" if mark.symbol == "platform" else "normal"
    # Letters may be narrower than their room: to the left of its symbol, which stands at ``spot``, a name ends beside it.
    right = label.left + max(text_width(line, LABEL_SIZE) for line in label.lines)
    x, side = (right, {"text-anchor": "end"}) if right < spot else (label.left, {})
    written = _text(parent, x, label.base, label.lines[0], LABEL_SIZES[mark.level], colour, weight, HALO | side)
    for number, line in enumerate(label.lines[1:], 1):
        span = ET.SubElement(written, "tspan", {"x": f"{x:.1f}", "y": f"{label.base + number * LABEL_HEIGHT:.1f}"})
        if label.has_value and number == len(label.lines) - 1:
            span.set("font-weight", "bold")
        span.text = _clean(line)


def _draw_area(parent: ET.Element, frame: Frame, mark: Mark, outline: Outline, hues: Mapping[str, str]) -> None:
    """Draw the outline of a district or a city: how far it reaches is no error of its point."""
    districts = outline.districts["features"]
    parts = [shape(districts[number]["geometry"]) for number in find_area(mark.symbol, mark.district, districts)]
    if parts:
        hue, quiet = hues[mark.corridor], {"fill-opacity": "0", "stroke-width": "1", "stroke-opacity": "0.5"}
        paint = quiet if mark.uncertainty_m is None else {"fill-opacity": "0.06", "stroke-width": "1.75"}
        _shape(parent, frame, shapely.union_all(parts), fill=hue, stroke=hue, **paint)


def _draw_uncertainty(parent: ET.Element, frame: Frame, mark: Mark, hues: Mapping[str, str]) -> None:
    if mark.uncertainty_m is None:
        return
    x, y = frame.place(mark.lon, mark.lat)
    hue = hues[mark.corridor]
    disc = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{mark.uncertainty_m / frame.metres_per_pixel(mark.lat):.1f}"}
    ET.SubElement(parent, "circle", {**disc, "fill": hue, "fill-opacity": "0.1", "stroke": hue, "stroke-width": "1.5", "stroke-dasharray": "4 4"})


def _draw_symbol(parent: ET.Element, mark: Mark, x: float, y: float, hues: Mapping[str, str]) -> None:
    stroke = f"{STROKES[mark.look.form]:g}"
    if mark.look.is_hollow:
        paint = {"fill": CARD, "stroke": mark.colour(hues), "stroke-width": stroke}
    else:
        edge = hues[mark.corridor] if mark.look.is_edged else CARD
        paint = {"fill": mark.colour(hues), "fill-opacity": f"{mark.look.opacity:g}", "stroke": edge, "stroke-width": stroke}
    if mark.uncertainty_m is not None:
        paint |= {"stroke": INK, "stroke-width": "2.5"}
    if mark.look.shape == "diamond":
        ET.SubElement(parent, "path", {"d": diamond(x, y, mark.size), **paint})
    else:
        ET.SubElement(parent, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{mark.size:.1f}", **paint})
    if mark.look.core is not None:
        core = {"class": "core", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{mark.look.core:.1f}"}
        ET.SubElement(parent, "circle", {**core, "fill": mark.colour(hues), "fill-opacity": f"{OPACITIES[mark.look.form]:g}"})


# --- around the map -----------------------------------------------------------------------------------------------------------------------


class _Piece(NamedTuple):
    """A part of the legend: where its left top corner is in the box, and a text beside what is drawn, with the height of its base line."""

    x: float
    y: float
    drawing: Drawing | None = None
    text: str = ""
    text_x: float = 0
    base: float = 0
    weight: str = "normal"
    colour: str = INK


class _LegendBox(NamedTuple):
    width: float
    height: float
    pieces: list[_Piece]


def _furniture(frame: Frame, legend: Legend | None) -> list[Rectangle]:
    """Give what the legend, the scale bar and the north arrow cover: labels keep clear of it."""
    right, bottom = frame.left + frame.width, frame.top + frame.height
    scale = (frame.left + 8, bottom - 40, frame.left + 14 + SCALE_WIDTH, bottom - 8)
    north = (right - 46, frame.top + 12, right - 14, frame.top + 68)
    box = _lay_out_legend(legend) if legend else None
    return [scale, north, *([_legend_place(frame, box)] if box and box.pieces else [])]


def _legend_place(frame: Frame, box: _LegendBox) -> Rectangle:
    right, bottom = frame.left + frame.width - 12, frame.top + frame.height - 12
    return right - box.width, bottom - box.height, right, bottom


def _lay_out_legend(legend: Legend) -> _LegendBox:
    """Put the title, the scales, the corridors and the rows below each other, and the corridors side by side as far as there is room."""
    pieces, y, wide = [], _MARGIN, 0.0
    for line in _lines_of_title(legend.title):
        pieces.append(_Piece(_MARGIN, y, text=line, base=14, weight="bold"))
        y, wide = y + 20, max(wide, text_width(line, 13) * 1.05)
    for scale in legend.scales:
        pieces.append(_Piece(_MARGIN, y + 4, scale))
        y, wide = y + scale.height + 8, max(wide, scale.width)
    wide = max([wide, *(SWATCH + 8 + text_width(row.text, 13) for row in legend.rows)])
    x = 0.0
    for row in legend.corridors:
        length = SWATCH + 2 + text_width(row.text, 13)
        if x and x + length > max(wide, _LEGEND_WIDTH):
            x, y = 0, y + _ROW
        down = (_ROW - row.swatch.height) / 2 if row.swatch else 0
        pieces.append(_Piece(_MARGIN + x, y + down, row.swatch, row.text, SWATCH + 2, _ROW / 2 + 5 - down))
        x += length + 10
        wide = max(wide, x - 10)
    y += _ROW if legend.corridors else 0
    for row in legend.rows:
        beside = SWATCH + 8 if row.swatch else 0
        down = (_ROW - row.swatch.height) / 2 if row.swatch else 0
        pieces.append(_Piece(_MARGIN, y + down, row.swatch, row.text, beside, _ROW / 2 + 5 - down, colour=INK if row.swatch else MUTE))
        y += _ROW
    return _LegendBox(wide + 2 * _MARGIN, y + _MARGIN, pieces)


def _lines_of_title(parts: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and text_width(f"{lines[-1]} · {part}", 13) <= _LEGEND_WIDTH:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def _draw_legend(svg: ET.Element, frame: Frame, box: _LegendBox, hues: Mapping[str, str]) -> None:
    if not box.pieces:
        return
    left, top, *_ = _legend_place(frame, box)
    group = ET.SubElement(svg, "g", {"id": "legend"})
    _rect(group, left, top, box.width, box.height, CARD, stroke=LINE, rx="8")
    for piece in box.pieces:
        part = ET.SubElement(group, "g", {"transform": f"translate({left + piece.x:.1f} {top + piece.y:.1f})"})
        if piece.drawing:
            for shape_ in piece.drawing.shapes:
                ET.SubElement(part, shape_.tag, shape_.painted(lambda paint: paint.colour(hues)))
            for letters in piece.drawing.letters:
                _text(part, letters.x, letters.y, letters.text, size=LETTERS, more={"text-anchor": letters.anchor})
        if piece.text:
            _text(part, piece.text_x, piece.base, piece.text, size=13, colour=piece.colour, weight=piece.weight)


def _draw_scale(svg: ET.Element, frame: Frame, lat: float) -> None:
    metres_per_pixel = frame.metres_per_pixel(lat)
    room = SCALE_WIDTH * metres_per_pixel
    unit = 10 ** math.floor(math.log10(room))
    metres = max(step * unit for step in (1, 2, 5) if step * unit <= room)
    long = metres / metres_per_pixel
    left, base = frame.left + 14, frame.top + frame.height - 16
    ET.SubElement(svg, "path", {"d": f"M{left:.1f} {base - 6} v6 h{long:.1f} v-6", "fill": "none", "stroke": INK, "stroke-width": "1.5"})
    _text(svg, left + 4, base - 5, f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m", size=12, more=HALO)


def _draw_north(svg: ET.Element, frame: Frame) -> None:
    x, y = frame.left + frame.width - 30, frame.top + 20
    ET.SubElement(svg, "path", {"d": f"M{x} {y} l8 26 l-8 -6 l-8 6 Z", "fill": INK})
    _text(svg, x, y + 42, "N", size=13, weight="bold", more=MIDDLE)


# --- elements -----------------------------------------------------------------------------------------------------------------------------


def _shape(parent: ET.Element, frame: Frame, geom: BaseGeometry, fill: str, stroke: str, **attributes: str) -> None:
    path = _path(frame, geom)
    if path:
        ET.SubElement(parent, "path", {"d": path, "fill": fill, "stroke": stroke, "stroke-linejoin": "round", **attributes})


def _box(left: float, top: float, width: float, height: float) -> dict[str, str]:
    return {"x": f"{left:g}", "y": f"{top:g}", "width": f"{width:g}", "height": f"{height:g}"}


def _rect(parent: ET.Element, left: float, top: float, width: float, height: float, fill: str, **attributes: str) -> None:
    ET.SubElement(parent, "rect", {**_box(left, top, width, height), "fill": fill, **attributes})


def _text(
    parent: ET.Element, x: float, y: float, text: str, size: int, colour: str = INK, weight: str = "normal", more: Mapping[str, str] | None = None
) -> ET.Element:
    own = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": str(size), "fill": colour, "font-weight": weight}
    element = ET.SubElement(parent, "text", {**own, **(more or {})})
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    """Show what XML cannot hold, and what turns text around, as the replacement character."""
    return _UNSHOWN.sub("\ufffd", text)


def _clipped(text: str, size: int, width: float) -> str:
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "\u2026", size) > width:
        text = text[:-1]
    return text + "\u2026"
