"""KML 2.2 for Google Earth and other viewers."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from geo.ground.deadline import until_deadline
from geo.ground.palette import BELT_OPACITY, CARD
from geo.layers.formats.download import Download
from geo.layers.formats.flat import flatten
from geo.tables.kinds import Basis

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_TYPES = {pa.int64(): "int", pa.float64(): "double", pa.bool_(): "bool"}
# What XML 1.0 cannot hold (section 2.2); a search may have been for it.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def encode_kml(download: Download) -> bytes:
    """Encode a layer as KML 2.2, in the colours of the page, every attribute as extended data.

    All features stand in one folder: programs make a layer of each, and read the first one only where they are not told otherwise. A place
    known by its host only has a paler icon, as KML alone has no hollow one. A feature without a location is a placemark without a geometry.
    No icon is fetched from another host.
    """
    features = download.features
    rows = flatten(features, download)
    kml = ET.Element("kml", xmlns=_NAMESPACE)
    document = ET.SubElement(kml, "Document", id=download.layer.name)
    _text(document, "name", f"{download.tables.profile.slug} {download.layer.name} {download.tables.version}")
    _text(document, "open", "1")
    _text(document, "description", "<br/>".join(html.escape(f"{topic}: {text}") for topic, text in download.notes))
    for corridor, hue in download.tables.hues.items():
        _add_style(document, corridor, hue, 255)
        _add_style(document, f"{corridor}-{Basis.PARENT}", hue, 128)
    schema = ET.SubElement(document, "Schema", name=download.layer.name, id="columns")
    for field in rows.schema:
        ET.SubElement(schema, "SimpleField", name=field.name, type=_TYPES.get(field.type, "string"))
    folder = ET.SubElement(document, "Folder")
    _text(folder, "name", download.layer.name)
    for row, geometry in until_deadline(zip(rows.to_pylist(), features.geometry, strict=True)):
        _add_placemark(folder, row, geometry)
    ET.indent(kml, " ")
    content: bytes = ET.tostring(kml, encoding="UTF-8", xml_declaration=True)
    return content


def _add_style(document: ET.Element, id_: str, token: str, alpha: int) -> None:
    style = ET.SubElement(document, "Style", id=id_)
    _text(ET.SubElement(style, "IconStyle"), "color", _colour(token, alpha))
    line = ET.SubElement(style, "LineStyle")
    _text(line, "color", _colour(token))
    _text(line, "width", "2")
    polygon = ET.SubElement(style, "PolyStyle")
    _text(polygon, "color", _colour(token, round(255 * BELT_OPACITY)))
    _text(polygon, "outline", "0")
    balloon = ET.SubElement(style, "BalloonStyle")
    _text(balloon, "bgColor", _colour(CARD))
    _text(balloon, "text", "<b>$[name]</b><br/>$[description]")


def _add_placemark(folder: ET.Element, row: Mapping[str, Any], geometry: BaseGeometry | None) -> None:
    placemark = ET.SubElement(folder, "Placemark")
    _text(placemark, "name", row["name_zh"])
    _text(placemark, "description", "<br/>".join(map(html.escape, _lines(row))))
    _text(placemark, "styleUrl", f"#{row['corridor']}{f'-{Basis.PARENT}' if row.get('geocode_basis') == Basis.PARENT else ''}")
    data = ET.SubElement(ET.SubElement(placemark, "ExtendedData"), "SchemaData", schemaUrl="#columns")
    for name, value in row.items():
        if value is not None:
            # Of the two forms of a boolean (XML Schema, part 2, section 3.2.2) all readers know the number.
            _text(data, "SimpleData", str(int(value)) if isinstance(value, bool) else str(value)).set("name", name)
    if geometry is not None:
        _add_geometry(placemark, geometry)


def _lines(row: Mapping[str, Any]) -> list[str]:
    """Say in the balloon what a reader wants: each figure with period, unit, status and pointer, how exact the point is, and the sources."""
    figures = [row] if "indicator" in row else json.loads(row.get("indicators") or "[]")
    lines = [row["name_en"], *(_figure_line(figure) for figure in figures)]
    if row.get("geocode_uncertainty_m") is not None:
        lines.append(f"±{row['geocode_uncertainty_m']} m ({row['geocode_precision']}, {row['geocode_basis']})")
    return [*lines, row["attribution"]]


def _figure_line(figure: Mapping[str, Any]) -> str:
    amount = "–".join(f"{number:.12g}" for number in (figure["value"], figure["value_max"]) if number is not None)
    growths = [f"{figure[end]:+.12g}" for end in ("growth_pct", "growth_max") if figure[end] is not None]
    growth = f"{'–'.join(growths)} %" if growths else ""
    rank = f"#{figure['rank']} {figure['rank_scope_zh']} {figure['rank_scope_en']}" if figure["rank"] is not None else ""
    pointer = f"{figure['source']} ¶{figure['paragraph']} {figure['start']}–{figure['end']}" if figure["paragraph"] is not None else figure["source"]
    stated = (f"{amount} {figure['unit'] or ''}".strip(), growth, rank, figure["period"] or "", figure["qualifier"], figure["status"], pointer)
    return f"{figure['label_zh']} {figure['label_en']}: {' · '.join(filter(None, stated))}"


def _add_geometry(parent: ET.Element, geometry: BaseGeometry) -> None:
    match geometry:
        case shapely.Point() | shapely.LineString():
            _add_coordinates(ET.SubElement(parent, geometry.geom_type), geometry)
        case shapely.Polygon():
            polygon = ET.SubElement(parent, "Polygon")
            _add_coordinates(ET.SubElement(ET.SubElement(polygon, "outerBoundaryIs"), "LinearRing"), geometry.exterior)
            for ring in geometry.interiors:
                _add_coordinates(ET.SubElement(ET.SubElement(polygon, "innerBoundaryIs"), "LinearRing"), ring)
        case _:
            several = ET.SubElement(parent, "MultiGeometry")
            for part in shapely.get_parts(geometry):
                _add_geometry(several, part)


def _add_coordinates(parent: ET.Element, geometry: BaseGeometry) -> None:
    _text(parent, "coordinates", " ".join(f"{lon!r},{lat!r}" for lon, lat in shapely.get_coordinates(geometry).tolist()))


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = _NOT_XML.sub("", text)
    return element


def _colour(token: str, alpha: int = 255) -> str:
    """Write a token of the page as KML does, from alpha to red: ``#1f5f8b`` becomes ``ff8b5f1f``."""
    red, green, blue = bytes.fromhex(token.removeprefix("#"))
    return bytes((alpha, blue, green, red)).hex()
