"""How the layers look and are called in QGIS (QML)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from itertools import count

from geo.ground.palette import CARD, INK, LABEL_GAP, LABEL_SIZE, RADII, RING_GAP, RING_STEP
from geo.layers.formats.form import Words
from geo.layers.formats.symbols import IS_GUEST, IS_HOST, MM_PER_PIXEL, NAMED_FIRST, Condition, Look, Rule, Symbol

_KINDS = {"circle": "marker", "diamond": "marker", "fill": "fill", "line": "line"}
_CLASSES = {"marker": "SimpleMarker", "fill": "SimpleFill", "line": "SimpleLine"}
_POINTS_PER_PIXEL = 0.75
# From this scale on those that are known by their host only are named, too; further out there is no room for the names of all of them.
_GUESTS_NAMED_FROM = 60_000
# Where a name may stand, best first (QGIS: QgsPalLayerSettings::predefinedPositionOrder).
_POSITIONS = "R,L,BSR,TSR,BSL,TSL,BR,TR,BL,TL"


def write_qml(look: Look, columns: Iterable[str], table: str, words: Words) -> str:
    """Write the symbols and names of a layer, and what its columns are called."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology|Labeling|Fields|Forms", labelsEnabled=str(int(bool(look.name))))
    add_style(root, look)
    add_titles(root, columns, table, words)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def add_style(parent: ET.Element, look: Look) -> None:
    """Add symbols and names to the element of a style, or of a layer of a project."""
    renderer = ET.SubElement(parent, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0", enableorderby="0")
    tree = ET.SubElement(renderer, "rules", key="root")
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(look.rules):
        # An empty filter is one that holds for every feature.
        ET.SubElement(tree, "rule", key=f"rule-{number}", symbol=str(number), label=rule.label, filter=_expression(rule.conditions))
        _add_symbol(symbols, str(number), rule)
    if look.name:
        _add_names(parent, look.name)


def add_titles(parent: ET.Element, columns: Iterable[str], table: str, words: Words) -> None:
    """Add what columns are called and their codes mean, to the element of a style or of a layer of a project."""
    fields, aliases = ET.SubElement(parent, "fieldConfiguration"), ET.SubElement(parent, "aliases")
    position = count()
    for column in columns:
        title, labels = words.title(column, table), words.labels(column, table)
        # The code stays beside the word: filters and expressions name it.
        name = f"{title} {column}" if title != column else ""
        ET.SubElement(aliases, "alias", field=column, name=name, index=str(next(position)))
        if labels:
            widget = ET.SubElement(ET.SubElement(fields, "field", name=column, configurationFlags="None"), "editWidget", type="ValueMap")
            options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
            listed = ET.SubElement(options, "Option", type="List", name="map")
            for code, word in labels.items():
                ET.SubElement(ET.SubElement(listed, "Option", type="Map"), "Option", type="QString", name=word, value=code)


def _add_symbol(parent: ET.Element, name: str, rule: Rule) -> None:
    kind = _KINDS[rule.symbol.shape]
    symbol = ET.SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(symbol, "layer", {"class": _CLASSES[kind], "enabled": "1", "locked": "0", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in _properties(rule.symbol).items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
    if rule.symbol.is_around:
        defined = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
        ET.SubElement(defined, "Option", type="QString", name="name", value="")
        ET.SubElement(defined, "Option", type="QString", name="type", value="collection")
        offset = ET.SubElement(ET.SubElement(defined, "Option", type="Map", name="properties"), "Option", type="Map", name="offset")
        ET.SubElement(offset, "Option", type="bool", name="active", value="true")
        ET.SubElement(offset, "Option", type="QString", name="expression", value=_ring())
        ET.SubElement(offset, "Option", type="int", name="type", value="3")


def _properties(symbol: Symbol) -> Mapping[str, str]:
    fill = _colour(symbol.fill, symbol.opacity) if symbol.fill else _colour(CARD, 0)
    match _KINDS[symbol.shape]:
        case "marker":
            outline = (
                {"outline_color": _colour(symbol.stroke), "outline_width": _mm(symbol.stroke_width)} if symbol.stroke else {"outline_style": "no"}
            )
            return {"name": symbol.shape, "size": _mm(symbol.width), "size_unit": "MM", "color": fill, **outline}
        case "fill":
            return {"color": fill, "style": "solid", "outline_style": "no"}
        case _:
            dash = "dash" if symbol.is_dashed else "solid"
            return {"line_color": _colour(symbol.stroke), "line_width": _mm(symbol.stroke_width), "line_style": dash}


def _ring() -> str:
    """Say in an expression where around its host the symbol of a guest stands, as x,y in millimetres: side by side in a ring, from the top on."""
    guests = f'array_agg("id", group_by:=geom_to_wkt($geometry), filter:={_expression((IS_GUEST,))})'
    step, least = _mm(2 * RADII["guest"] + RING_STEP), _mm(RADII["platform"] + RING_GAP + RADII["guest"])
    return (
        f"with_variable('all', {guests}, with_variable('turn', 2 * pi() * array_find(@all, \"id\") / array_length(@all), "
        f"with_variable('far', max({least}, {step} * array_length(@all) / (2 * pi())), "
        "to_string(@far * sin(@turn)) || ',' || to_string(-@far * cos(@turn)))))"
    )


def _add_names(parent: ET.Element, column: str) -> None:
    """Name the features: hosts always, whatever lies beneath; the guests of a host in one list, as they have no place of their own."""
    rules = ET.SubElement(ET.SubElement(parent, "labeling", type="rule-based"), "rules", key="names")
    host, first = _expression((IS_HOST,)), _expression((NAMED_FIRST,))
    guests = _expression((IS_GUEST,))
    listed = f"concatenate(\"{column}\", group_by:=geom_to_wkt($geometry), filter:={guests}, concatenator:='\\n')"
    is_first_guest = f'{guests} AND "id" = minimum("id", group_by:=geom_to_wkt($geometry), filter:={guests})'
    # Guests are named outside of their ring, the others beside their symbols.
    outside = RADII["platform"] + RING_GAP + 2 * RADII["guest"] + LABEL_GAP
    for key, filter_, text, priority, distance in (
        ("first", f"{host} AND {first}", f'"{column}"', 10, LABEL_GAP),
        ("others", f"{host} AND NOT ({first})", f'"{column}"', 6, LABEL_GAP),
        ("guests", is_first_guest, listed, 2, outside),
    ):
        rule = ET.SubElement(rules, "rule", key=key, filter=filter_, description=key)
        if key == "guests":
            rule.set("scalemindenom", "1")
            rule.set("scalemaxdenom", str(_GUESTS_NAMED_FROM))
        settings = ET.SubElement(rule, "settings", calloutType="simple")
        style = {"fieldName": text, "isExpression": "1", "fontSizeUnit": "Point", "fontSize": f"{LABEL_SIZE * _POINTS_PER_PIXEL:g}"}
        element = ET.SubElement(settings, "text-style", {**style, "textColor": _colour(INK), "namedStyle": "Regular"})
        ET.SubElement(element, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor=_colour(CARD), bufferNoFill="0")
        ET.SubElement(settings, "text-format", multilineAlign="0")
        beside = {"placement": "6", "offsetType": "0" if key == "guests" else "1", "dist": _mm(distance), "distUnits": "MM"}
        ET.SubElement(settings, "placement", {**beside, "priority": str(priority), "predefinedPositionOrder": _POSITIONS})
        # A name that covers a bit of another one says more than none.
        ET.SubElement(settings, "rendering", displayAll="1", obstacle="1", obstacleFactor="1", zIndex="0")


def _expression(conditions: Iterable[Condition]) -> str:
    """Write conditions as QGIS and SQLite read them."""
    parts = []
    for column, values, is_not in conditions:
        quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
        is_in, is_one = ("NOT IN", "<>") if is_not else ("IN", "=")
        test = f'"{column}" {is_in} ({quoted})' if len(values) > 1 else f'"{column}" {is_one} {quoted}'
        # Where the column is empty, a comparison is neither true nor false.
        parts.append(f'("{column}" IS NULL OR {test})' if is_not else test)
    return " AND ".join(parts)


def _mm(pixels: float) -> str:
    return f"{pixels * MM_PER_PIXEL:.3g}"


def _colour(token: str, opacity: float = 1) -> str:
    """Write a token of the page as QGIS does: ``#1f5f8b`` becomes ``31,95,139,255``."""
    return ",".join(str(part) for part in (*bytes.fromhex(token.removeprefix("#")), round(255 * opacity)))
