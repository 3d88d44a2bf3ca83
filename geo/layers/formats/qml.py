"""How the layers look in QGIS (QML), in the colours of the page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from geo.palette import BELT_OPACITY, CARD, INK
from geo.tables.kinds import Basis
from geo.tables.reading import Tables


class _Rule(NamedTuple):
    """What is drawn alike: a label for the legend, an expression, and a symbol with its properties."""

    label: str
    filter: str
    symbol: str
    properties: Mapping[str, str]


def places_style(tables: Tables) -> str:
    """Places as dots in the colour of their corridor, those known by their host only as rings around its dot, with their names."""
    is_guest = f"\"geocode_basis\" = '{Basis.PARENT}'"
    rules = []
    for corridor, name in tables.corridor_names.items():
        label, hue = f"{name.zh} {name.en}", _colour(tables.hues[corridor])
        dot = {"name": "circle", "size": "3.2", "color": hue, "outline_color": _colour(CARD), "outline_width": "0.3"}
        ring = {"name": "circle", "size": "5", "color": _colour(CARD, 0), "outline_color": hue, "outline_width": "0.4"}
        one = f"\"corridor\" = '{corridor}'"
        rules.append(_Rule(label, f"{one} AND NOT {is_guest}", "SimpleMarker", dot))
        rules.append(_Rule(f"{label}，仅知所在地 by host only", f"{one} AND {is_guest}", "SimpleMarker", ring))
    return _style("marker", rules, label="name_zh")


def figures_style() -> str:
    """Figures as small dots in the middle of their places: all of a place lie on its point."""
    dot = {"name": "circle", "size": "1", "color": _colour(INK), "outline_style": "no"}
    return _style("marker", [_Rule("有指标 has figures", "", "SimpleMarker", dot)])


def belts_style(tables: Tables) -> str:
    """Belts as a tint."""
    tint = round(255 * BELT_OPACITY)
    rules = [
        _Rule(f"{row.name_zh} {row.name_en}", f"\"corridor\" = '{row.id}'", "SimpleFill", {"color": _colour(row.colour, tint), "outline_style": "no"})
        for row in tables.corridors
    ]
    return _style("fill", rules)


def axes_style(tables: Tables) -> str:
    """Axes as dashed lines: they are schematic."""
    rules = [
        _Rule(
            f"{row.name_zh} {row.name_en}",
            f"\"corridor\" = '{row.id}'",
            "SimpleLine",
            {"line_color": _colour(row.colour), "line_width": "0.6", "line_style": "dash"},
        )
        for row in tables.corridors
    ]
    return _style("line", rules)


def _style(kind: str, rules: Iterable[_Rule], label: str = "") -> str:
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology|Labeling", labelsEnabled=str(int(bool(label))))
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0", enableorderby="0")
    tree = ET.SubElement(renderer, "rules", key="root")
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        # An empty filter is one that holds for every feature.
        ET.SubElement(tree, "rule", key=f"rule-{number}", symbol=str(number), label=rule.label, filter=rule.filter)
        symbol = ET.SubElement(symbols, "symbol", type=kind, name=str(number), alpha="1", clip_to_extent="1", force_rhr="0")
        layer = ET.SubElement(symbol, "layer", {"class": rule.symbol, "enabled": "1", "locked": "0", "pass": "0"})
        options = ET.SubElement(layer, "Option", type="Map")
        for name, value in rule.properties.items():
            ET.SubElement(options, "Option", type="QString", name=name, value=value)
    if label:
        labelling = ET.SubElement(root, "labeling", type="simple")
        settings = ET.SubElement(labelling, "settings", calloutType="simple")
        text = ET.SubElement(settings, "text-style", fieldName=label, fontSize="9", fontSizeUnit="Point", textColor=_colour(INK))
        ET.SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor=_colour(CARD))
        ET.SubElement(settings, "placement", placement="6", dist="1")
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def _colour(token: str, alpha: int = 255) -> str:
    """Write a token of the page as QGIS does: ``#1f5f8b`` becomes ``31,95,139,255``."""
    return ",".join(str(part) for part in (*bytes.fromhex(token.removeprefix("#")), alpha))
