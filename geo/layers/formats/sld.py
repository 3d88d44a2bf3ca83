"""How the layers look on a map server, in Styled Layer Descriptor 1.0, which GeoServer, MapServer and QGIS read (OGC 02-070)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from geo.ground.palette import CARD, INK, LABEL_SIZE
from geo.layers.formats.symbols import Condition, Look, Symbol

_SLD, _OGC, _XLINK = "http://www.opengis.net/sld", "http://www.opengis.net/ogc", "http://www.w3.org/1999/xlink"
_MARKS = {"circle": ("circle", "0"), "diamond": ("square", "45")}


def write_sld(layer: str, look: Look) -> str:
    """Write the symbols and names of a layer."""
    root = ET.Element("StyledLayerDescriptor", {"version": "1.0.0", "xmlns": _SLD, "xmlns:ogc": _OGC, "xmlns:xlink": _XLINK})
    named = ET.SubElement(root, "NamedLayer")
    _text(named, "Name", layer)
    style = ET.SubElement(named, "UserStyle")
    _text(style, "Name", layer)
    drawn = ET.SubElement(style, "FeatureTypeStyle")
    for rule in look.rules:
        element = _rule(drawn, rule.label, rule.conditions)
        _add_symbol(element, rule.symbol)
        # Those beside their host have no place of their own to be named at.
        if look.name and not rule.symbol.is_around:
            _add_name(element, look.name, rule.symbol)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _rule(parent: ET.Element, title: str, conditions: Sequence[Condition]) -> ET.Element:
    rule = ET.SubElement(parent, "Rule")
    _text(rule, "Name", title)
    _text(rule, "Title", title)
    if conditions:
        within = ET.SubElement(rule, "ogc:Filter")
        if len(conditions) > 1:
            within = ET.SubElement(within, "ogc:And")
        for condition in conditions:
            _add_condition(within, condition)
    return rule


def _add_condition(parent: ET.Element, condition: Condition) -> None:
    if condition.is_not:
        # Where the column is empty, a comparison is neither true nor false.
        parent = ET.SubElement(parent, "ogc:Or")
        _text(ET.SubElement(parent, "ogc:PropertyIsNull"), "ogc:PropertyName", condition.column)
        parent = ET.SubElement(parent, "ogc:Not")
    if len(condition.values) > 1:
        parent = ET.SubElement(parent, "ogc:Or")
    for value in condition.values:
        test = ET.SubElement(parent, "ogc:PropertyIsEqualTo")
        _text(test, "ogc:PropertyName", condition.column)
        _text(test, "ogc:Literal", value)


def _add_symbol(rule: ET.Element, symbol: Symbol) -> None:
    match symbol.shape:
        case "fill":
            _add_paint(ET.SubElement(rule, "PolygonSymbolizer"), symbol)
        case "line":
            _add_paint(ET.SubElement(rule, "LineSymbolizer"), symbol)
        case _:
            graphic = ET.SubElement(ET.SubElement(rule, "PointSymbolizer"), "Graphic")
            mark = ET.SubElement(graphic, "Mark")
            name, turn = _MARKS[symbol.shape]
            _text(mark, "WellKnownName", name)
            _add_paint(mark, symbol)
            # A turned square is measured along its side.
            _text(graphic, "Size", f"{symbol.width / (2**0.5 if symbol.shape == 'diamond' else 1):.4g}")
            _text(graphic, "Rotation", turn)


def _add_paint(parent: ET.Element, symbol: Symbol) -> None:
    if symbol.fill:
        fill = ET.SubElement(parent, "Fill")
        _parameter(fill, "fill", symbol.fill)
        _parameter(fill, "fill-opacity", f"{symbol.opacity:g}")
    if symbol.stroke:
        stroke = ET.SubElement(parent, "Stroke")
        _parameter(stroke, "stroke", symbol.stroke)
        _parameter(stroke, "stroke-width", f"{symbol.stroke_width:g}")
        if symbol.is_dashed:
            _parameter(stroke, "stroke-dasharray", f"{4 * symbol.stroke_width:g} {2 * symbol.stroke_width:g}")


def _add_name(rule: ET.Element, column: str, symbol: Symbol) -> None:
    text = ET.SubElement(rule, "TextSymbolizer")
    _text(ET.SubElement(text, "Label"), "ogc:PropertyName", column)
    font = ET.SubElement(text, "Font")
    # The family is the server's: none is on all of them.
    _parameter(font, "font-size", str(LABEL_SIZE))
    place = ET.SubElement(ET.SubElement(text, "LabelPlacement"), "PointPlacement")
    anchor, shift = ET.SubElement(place, "AnchorPoint"), ET.SubElement(place, "Displacement")
    _text(anchor, "AnchorPointX", "0")
    _text(anchor, "AnchorPointY", "0.5")
    _text(shift, "DisplacementX", f"{symbol.width / 2 + 2:.4g}")
    _text(shift, "DisplacementY", "0")
    halo = ET.SubElement(text, "Halo")
    _text(halo, "Radius", "2")
    _parameter(ET.SubElement(halo, "Fill"), "fill", CARD)
    _parameter(ET.SubElement(text, "Fill"), "fill", INK)


def _parameter(parent: ET.Element, name: str, value: str) -> None:
    element = ET.SubElement(parent, "CssParameter", name=name)
    element.text = value


def _text(parent: ET.Element, tag: str, text: str) -> None:
    element = ET.SubElement(parent, tag)
    element.text = text
