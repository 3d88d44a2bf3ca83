"""What the page is told about its symbols, and what a picture draws: read from the answers, to be compared."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from typing import Any, NamedTuple

from geo.serve.site import read_assets
from geo.settings import PROJECT
from geo.tables.reading import read_tables

SVG = "{http://www.w3.org/2000/svg}"


class Symbol(NamedTuple):
    """A symbol as it is drawn; colours as in CSS, lengths in pixels."""

    shape: str
    radius: float
    fill: str
    stroke: str
    width: float
    opacity: float


@cache
def read_tokens() -> dict[str, str]:
    """Read the colours of the light theme from the style sheet of the page, as it is served for the shipped tables."""
    sheet = read_assets(read_tables(PROJECT / "data").corridors)["atlas.css"].content.decode()
    tokens = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})[;}]", sheet))
    return tokens | {name: tokens[other] for name, other in re.findall(r"--([\w-]+):var\(--([\w-]+)\)[;}]", sheet) if other in tokens}


def mixed(colour: str, share: float, ground: str) -> str:
    """Mix two colours as ``color-mix(in srgb, …)`` does."""
    channels = (round(share / 100 * int(colour[at : at + 2], 16) + (1 - share / 100) * int(ground[at : at + 2], 16) + 1e-9) for at in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def read_symbols(svg: ET.Element) -> list[Symbol]:
    """Read the symbols of a picture, in the order in which they are drawn: large ones first, else as in the table."""
    found = []
    for element in svg.findall(f"{SVG}g/{SVG}g[@id='places']/*"):
        diamond = re.match(r"M[\d.-]+ [\d.-]+ l([\d.]+) \1 l-\1", element.get("d", ""))
        if element.tag == f"{SVG}circle" and "stroke-dasharray" not in element.attrib and "class" not in element.attrib:
            shape, radius = "circle", float(element.attrib["r"])
        elif diamond:
            # The way from the middle to a corner, of which the side is half the root of two.
            shape, radius = "diamond", round(float(diamond[1]) / 2**0.5, 1)
        else:
            continue
        attributes = element.attrib
        width, opacity = float(attributes["stroke-width"]), float(attributes.get("fill-opacity", "1"))
        found.append(Symbol(shape, radius, attributes["fill"], attributes["stroke"], width, opacity))
    return found


class Told(NamedTuple):
    """What the script of the page is given."""

    places: dict[str, dict[str, Any]]
    comparisons: dict[str, dict[str, Any]]
    marks: dict[str, Any]
    plain_legend: dict[str, Any]

    def legend(self, comparison: str = "") -> dict[str, Any]:
        """The legend of a comparison."""
        return {**self.plain_legend, **(self.comparisons[comparison]["legend"] if comparison else {})}

    def symbols(self, comparison: str = "") -> dict[str, Symbol]:
        """How the located places are to be drawn, by id in table order."""
        return {id_: self._symbol(place, comparison) for id_, place in self.places.items() if place["lon"] is not None}

    def _symbol(self, place: dict[str, Any], comparison: str) -> Symbol:
        own = self.marks["symbols"][place["symbol"]]
        look = own["plain"]
        if comparison:
            measure = self.comparisons[comparison]["measures"].get(place["id"])
            look = measure["look"] if measure else own["without"]
        tokens = read_tokens()
        colour = tokens["none" if look["form"] == "without" else f"corridor-{place['corridor']}"]
        if "growth" in look:
            colour = mixed(tokens[look["growth"]["hue"]], look["growth"]["share"], tokens["card"])
        edge = tokens[f"corridor-{place['corridor']}"] if look["isEdged"] else tokens["card"]
        fill, stroke = (tokens["card"], colour) if look["isHollow"] else (colour, edge)
        form = self.marks["forms"][look["form"]]
        return Symbol(look["shape"], round(look["radius"], 1), fill, stroke, form["stroke"], round(look["opacity"], 6))


def read_told(page: str, script: str, comparisons_script: str) -> Told:
    """Read what a page and the script of its map hand to the page's own script.

    Parameters
    ----------
    page
        The HTML of the map page.
    script
        What ``/map.js`` answers.
    comparisons_script
        What ``/comparisons.js`` answers.
    """
    state = re.search(r'<script type="application/json" id="page-state">(.*?)</script>', page, re.DOTALL)
    assert state
    places = [place for found in re.finditer(r"atlas\.addPlaces\(\w+,", script) for place in _json_at(script, found.end())]
    (comparisons,) = (_json_at(comparisons_script, found.end()) for found in re.finditer(r"atlas\.addComparisons\(", comparisons_script))
    places.sort(key=lambda place: place["position"])
    page_state = json.loads(state[1])
    return Told({place["id"]: place for place in places}, comparisons, page_state["marks"], page_state["legend"])


class Drawing(NamedTuple):
    """A part of a legend: shapes with their attributes in the colours of the light theme, and texts."""

    shapes: list[tuple[str, dict[str, str]]]
    texts: list[str]


def told_drawing(drawing: dict[str, Any] | None, *texts: str) -> Drawing:
    """Read a part of a legend as the page is given it, with the texts beside it."""
    if drawing is None:
        return Drawing([], list(texts))
    tokens = read_tokens()

    def in_light(value: str) -> str:
        if found := re.fullmatch(r"var\(--([\w-]+)\)", value):
            return tokens[found[1]]
        if found := re.fullmatch(r"color-mix\(in srgb, var\(--([\w-]+)\) (\d+)%, var\(--card\)\)", value):
            return mixed(tokens[found[1]], int(found[2]), tokens["card"])
        return value

    shapes = [(shape["tag"], {name: in_light(value) for name, value in shape["attributes"].items()}) for shape in drawing["shapes"]]
    return Drawing(shapes, [*(letters["text"] for letters in drawing["letters"]), *texts])


def read_legend(svg: ET.Element) -> list[Drawing]:
    """Read the parts of the legend of a picture, from top to bottom."""
    parts = svg.findall(f"{SVG}g[@id='legend']/{SVG}g")
    return [
        Drawing(
            [(one.tag.removeprefix(SVG), dict(one.attrib)) for one in part if one.tag != f"{SVG}text"],
            [one.text or "" for one in part if one.tag == f"{SVG}text"],
        )
        for part in parts
    ]


def _json_at(script: str, start: int) -> Any:
    return json.JSONDecoder().raw_decode(script, start)[0]
