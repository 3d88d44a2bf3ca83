"""The atlas as a folium map without a third party: layers and outline in, a ``div`` and a script out.

Stock folium output loads a dozen files from other hosts and runs any markup that stands in the data. Here folium writes the wiring only: it loads the
local Leaflet, data travel as JSON, and symbols and popups are built by ``static/atlas/`` with ``textContent``. This is the only file that writes
``(lat, lon)``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import rjsmin
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import CustomPane
from folium.template import Template

from geo.draw.basemap import Outline
from geo.draw.script import Script, script_json
from geo.ground.bbox import Box
from geo.ground.palette import UNFITTED

MIN_ZOOM, MAX_ZOOM, ZOOM_SNAP = 8, 17, 0.5
# Degrees with three decimals are good to 55 m, and the outline is good to 100 m: each further one would be a tenth of the script. The districts, on
# whose boundaries places lie, have one more.
_COARSE, _FINE = 3, 4
# A popup near the edge of a small screen needs room to be moved into view, and on a phone a sheet covers the lower half of the map.
_SLACK = 2.5


@dataclass(frozen=True)
class MapParts:
    """A rendered map.

    Attributes
    ----------
    html
        The ``div`` to put into a page; made of names of ours only.
    script
        The script that fills it; to be served as a file, after Leaflet and ``atlas.js``.
    view
        What it shows at first, degrees, WGS-84.
    """

    html: str
    script: Script
    view: Box


class AtlasMap(folium.Map):
    """A folium map that loads nothing by itself: the page links Leaflet's files from this server.

    folium's own class names four hosts in these two lists, and adds to them in place when a map is drawn, so that they are replaced and left empty.
    """

    default_js = []  # noqa: RUF012 - declared by folium.Map
    default_css = []  # noqa: RUF012
    view: Box


class _Script(Element):
    """A script that is written in full: what branca makes of a macro is read as a template once more, at a second for each 5 MB of data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render(self, **_kwargs: Any) -> str:
        """Give the script, which is not kept."""
        text, self._text = self._text, ""
        return text


class OutlineShapes(MacroElement):
    """The lines and areas of the outline, below the places and out of reach of the pointer; the style sheet colours them.

    GeoJSON would be a third of what the first view weighs: here a point is how far it is from the one before it, in a few letters.

    Parameters
    ----------
    shapes
        By name, which is a class of theirs: GeoJSON features in WGS-84; what is a point among them is not drawn.
    """

    def __init__(self, shapes: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        super().__init__()
        self._name = "OutlineShapes"
        drawn = {name: [one for one in features if one["geometry"]["type"] != "Point"] for name, features in shapes.items()}
        self.shapes = script_json({name: _encode_shapes(name, features) for name, features in drawn.items()})

    def render(self, **_kwargs: Any) -> str:
        """Add the script; nothing stands where the element does."""
        assert self._parent is not None
        return _add_script(self, f"atlas.addOutline({self._parent.get_name()}, {self.shapes});")


class PlaceMarkers(MacroElement):
    """The places of one layer; the symbols are made in the browser.

    Parameters
    ----------
    places
        What ``atlas.addPlaces`` takes: id, position in the table, what its symbol and its line in the list need, lon and lat in WGS-84 or null,
        radius in metres, and the host of a guest.
    """

    def __init__(self, places: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._name = "PlaceMarkers"
        self.places = script_json(list(places))

    def render(self, **_kwargs: Any) -> str:
        """Add the script; nothing stands where the element does."""
        assert self._parent is not None
        return _add_script(self, f"atlas.addPlaces({self._parent.get_name()}, {self.places});")


class PlaceColumns(MacroElement):
    """The places of all layers as columns, without their words: a tenth of what they weigh as objects, and the map is there before the words are.

    Parameters
    ----------
    places
        In the order of the table; of each what ``atlas.addColumns`` takes: what its symbol needs, with lon and lat in WGS-84 or null.
    """

    # Degrees with five decimals are good to a metre, which is a pixel at the largest zoom.
    _UNITS = 10**5

    def __init__(self, places: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._name = "PlaceColumns"
        texts = {name: _indexed([place[name] for place in places]) for name in ("corridor", "kind", "district", "symbol", "host", "radius")}
        steps = {name: _steps_between([place[name] for place in places], self._UNITS) for name in ("lon", "lat")}
        areas = {position: place["area"] for position, place in enumerate(places) if "area" in place}
        self.columns = script_json({"id": [place["id"] for place in places], "units": self._UNITS, **texts, **steps, "areas": areas})

    def render(self, **_kwargs: Any) -> str:
        """Add the script; nothing stands where the element does."""
        # The map is drawn once, and what its elements hold of a hundred thousand places would stay as long as they do.
        columns, self.columns = self.columns, ""
        return _add_script(self, f"atlas.addColumns({columns});")


class PlaceNames(MacroElement):
    """The names of districts, written quietly under everything else.

    Parameters
    ----------
    names
        Name, lon and lat in WGS-84.
    """

    _template = Template("{% macro script(this, kwargs) %}atlas.addNames({{ this._parent.get_name() }}, {{ this.names }});\n{% endmacro %}")

    def __init__(self, names: Sequence[tuple[str, float, float]]) -> None:
        super().__init__()
        self._name = "PlaceNames"
        self.names = script_json(list(names))


class AxisName(MacroElement):
    """The name of a corridor, written along its axis.

    Parameters
    ----------
    name
        What to write.
    axis
        The longest line of the axis: ``(lon, lat)``, WGS-84.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "atlas.addAxisName({{ this._parent.get_name() }}, '{{ this.corridor }}', {{ this.name }}, {{ this.axis }});\n"
        "{% endmacro %}"
    )

    def __init__(self, corridor: str, name: str, axis: Sequence[tuple[float, float]]) -> None:
        super().__init__()
        self._name = "AxisName"
        self.corridor = corridor
        self.name = script_json(name)
        self.axis = script_json(list(axis))


class AtlasStart(MacroElement):
    """Hands the map and its layers to the page; comes last.

    Parameters
    ----------
    layers
        The layer of each corridor.
    view
        What the map shows at first.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "atlas.start({{ this._parent.get_name() }}, "
        "{ {%- for name, layer in this.layers.items() %}{{ name|tojson }}: {{ layer.get_name() }}, {% endfor -%} }, {{ this.view|tojson }});\n"
        "{% endmacro %}"
    )

    def __init__(self, layers: Mapping[str, folium.FeatureGroup], view: Box) -> None:
        super().__init__()
        self._name = "AtlasStart"
        self.layers = layers
        self.view = [[view.south, view.west], [view.north, view.east]]


def build_map(
    outline: Outline,
    belts: gpd.GeoDataFrame,
    places: Mapping[str, Sequence[Mapping[str, Any]]] | Sequence[Mapping[str, Any]],
    ties: Mapping[str, Sequence[tuple[tuple[float, float], tuple[float, float]]]],
    corridor_names: Mapping[str, str],
    district_name: str,
    frame: Box,
) -> AtlasMap:
    """Draw the atlas.

    Parameters
    ----------
    outline
        The basemap, WGS-84.
    belts
        Belts and axes in EPSG:4326 with the columns ``corridor`` and ``part``.
    places
        For each corridor what :class:`PlaceMarkers` takes; in the order of the table what :class:`PlaceColumns` takes, where the words come later.
    ties
        For each corridor the lines to draw between places: two ``(lon, lat)``, WGS-84.
    corridor_names
        What each corridor's layer is called; written along its axis as well.
    district_name
        Which property of a district is its name in the reader's language.
    frame
        Degrees, WGS-84: shown when nothing is located, and, with some slack, how far the map can be moved.

    Returns
    -------
    AtlasMap
        With one FeatureGroup for each corridor: belt, axis, ties and places. The same input gives the same map, to the byte.
    """
    by_corridor, in_order = (places, None) if isinstance(places, Mapping) else ({}, places)
    view = _view(chain.from_iterable(by_corridor.values()) if in_order is None else in_order, belts, frame)
    atlas = AtlasMap(
        location=[(view.south + view.north) / 2, (view.west + view.east) / 2],
        zoom_start=10,
        tiles=None,
        zoom_control="topright",
        # The arrow keys go from place to place; atlas.js sees to it.
        keyboard=False,
        max_bounds=True,
        min_lon=frame.west - _SLACK,
        min_lat=frame.south - _SLACK,
        max_lon=frame.east + _SLACK,
        max_lat=frame.north + _SLACK,
        zoom_snap=ZOOM_SNAP,
        attribution_control=True,
    )
    atlas._id = "atlas"
    atlas.view = view
    # Without tiles folium leaves the map without limits. And without a centre nothing is drawn before `start` knows the view: once, not twice.
    atlas.options |= {"minZoom": MIN_ZOOM, "maxZoom": MAX_ZOOM, "center": False}
    _add(atlas, CustomPane("outline", z_index=250), "outline")
    # What is least certain lies lowest: a belt tints no water, and hides no name.
    _add(atlas, CustomPane("belts", z_index=300), "belts")
    _add(atlas, CustomPane("water", z_index=310), "water_above")
    _add(atlas, CustomPane("ties", z_index=320), "ties")
    _add(atlas, CustomPane("names", z_index=330), "names")
    # Above the dots of a crowd, below the symbols that can be chosen.
    _add(atlas, CustomPane("axis-names", z_index=460), "axis_names")
    parts = (("surround", outline.surround), ("district", outline.districts), ("water", outline.water))
    _add(atlas, OutlineShapes({name: collection["features"] for name, collection in parts}), "outline_shapes")
    names = [(feature["properties"][district_name], *feature["properties"]["label"]) for feature in outline.districts["features"]]
    _add(atlas, PlaceNames(names), "district_names")
    layers = {}
    for position, (corridor, name) in enumerate(corridor_names.items()):
        # Part of the names of variables in the script.
        key = f"corridor_{position}"
        layer = folium.FeatureGroup(name=name, control=False)
        _add(atlas, layer, key)
        for part in ("belt", "axis"):
            drawn = belts[(belts["corridor"] == corridor) & (belts["part"] == part)]
            if len(drawn):
                _add(layer, _shapes(_rounded(drawn[["geometry"]].iterfeatures(), _FINE), "belts", f"{part} corridor-{corridor}"), f"{key}_{part}")
        axes = belts[(belts["corridor"] == corridor) & (belts["part"] == "axis")].geometry
        for axis in axes:
            longest = max(shapely.get_parts(axis), key=shapely.length)
            _add(layer, AxisName(corridor, name, shapely.get_coordinates(longest).tolist()), f"{key}_axis_name")
        if ties.get(corridor):
            _add(layer, _shapes(_lines(ties[corridor]), "ties", f"tie corridor-{corridor}"), f"{key}_ties")
        if in_order is None:
            _add(layer, PlaceMarkers(by_corridor.get(corridor, ())), f"{key}_places")
        layers[corridor] = layer
    if in_order is not None:
        _add(atlas, PlaceColumns(in_order), "places")
    _add(atlas, AtlasStart(layers, view), "start")
    return atlas


def render_map(atlas: AtlasMap) -> MapParts:
    """Render a map, once, into the two parts that a page needs; folium's own header is left out, as it holds inline scripts and styles."""
    root = atlas.get_root()
    assert isinstance(root, Figure)
    for child in root._children.values():
        child.render()
    # folium indents what it writes.
    pieces = (f"{rjsmin.jsmin(child.render())}\n" for child in root.script._children.values())
    return MapParts(html=root.html.render(), script=Script.of(pieces), view=atlas.view)


def _add(parent: Element, child: Element, name: str) -> None:
    """Add an element under a name of ours: folium's own ids are random, and would change the bytes of every build."""
    child._id = name
    parent.add_child(child, name=name)


def _add_script(element: Element, text: str) -> str:
    root = element.get_root()
    assert isinstance(root, Figure)
    root.script.add_child(_Script(text), name=element.get_name())
    return ""


def _shapes(features: Iterable[Mapping[str, Any]], pane: str, classes: str) -> folium.GeoJson:
    """Draw the lines and areas among some features as shapes that the style sheet colours, below the places and out of reach of the pointer."""
    drawn = [feature for feature in features if feature["geometry"]["type"] != "Point"]
    shapes = [
        {
            "type": "Feature",
            "id": f"shape-{number}",
            "properties": {"className": _classes(feature, classes)},
            "geometry": feature["geometry"],
        }
        for number, feature in enumerate(drawn)
    ]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": shapes},
        style_function=lambda shape: {"className": shape["properties"]["className"]},
        control=False,
        interactive=False,
        pane=pane,
    )


def _rounded(features: Iterable[Mapping[str, Any]], decimals: int) -> Iterator[dict[str, Any]]:
    def rounded(coordinates: Any) -> Any:
        return round(coordinates, decimals) if isinstance(coordinates, float | int) else [rounded(part) for part in coordinates]

    for feature in features:
        geometry = feature["geometry"]
        yield {**feature, "geometry": {**geometry, "coordinates": rounded(geometry["coordinates"])}}


def _encode_shapes(name: str, features: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    # The neighbours are good to a kilometre.
    units = 10 ** (_COARSE if name == "surround" else _FINE)
    return {"units": units, "shapes": [[_classes(one, name), _steps(one["geometry"]["coordinates"], units)] for one in features]}


def _steps(coordinates: Any, units: int) -> Any:
    """Write lines and rings as whole steps of so many to a degree: east and north of the point before, the first one of 0, 0."""
    if not isinstance(coordinates[0][0], float | int):
        return [_steps(part, units) for part in coordinates]
    whole = np.round(np.array(coordinates)[:, :2] * units).astype(int)
    steps = np.diff(whole, axis=0, prepend=[[0, 0]])
    # What is rounded to the point before it draws nothing.
    return _letters(steps[(steps != 0).any(axis=1)].ravel().tolist())


def _letters(numbers: Iterable[int]) -> str:
    """Write whole numbers as Google's encoded polyline does: the sign in the lowest bit, five bits a letter from the lowest, 32 where more follow.

    https://developers.google.com/maps/documentation/utilities/polylinealgorithm
    """
    letters = []
    for number in numbers:
        rest = ~(number << 1) if number < 0 else number << 1
        while rest >= 32:
            letters.append(chr((rest & 31 | 32) + 63))
            rest >>= 5
        letters.append(chr(rest + 63))
    return "".join(letters)


def _classes(feature: Mapping[str, Any], classes: str) -> str:
    form = "line" if feature["geometry"]["type"].endswith("LineString") else "area"
    rank = feature["properties"].get("rank")
    # The sea stays where an extract has the other waters.
    sea = " sea" if feature["properties"].get("kind") == "sea" else ""
    return f"shape-{form} {classes}" + (f" rank-{int(rank)}" if rank else "") + sea


def _lines(ties: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> list[dict[str, Any]]:
    return [{"id": f"tie-{number}", "properties": {}, "geometry": {"type": "LineString", "coordinates": tie}} for number, tie in enumerate(ties)]


def _indexed(values: Sequence[Hashable]) -> dict[str, list[Any]]:
    """Write a column of which few values differ: those values, and of each row which one it has."""
    positions = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return {"of": list(positions), "at": [positions[value] for value in values]}


def _steps_between(degrees: Sequence[float | None], units: int) -> list[int | None]:
    """Write degrees as whole steps from the last that is there, so many to a degree; nothing stays nothing."""
    steps: list[int | None] = []
    last = 0
    for value in degrees:
        here = last if value is None else round(value * units)
        steps.append(None if value is None else here - last)
        last = here
    return steps


def _view(places: Iterable[Mapping[str, Any]], belts: gpd.GeoDataFrame, frame: Box) -> Box:
    """Show the belts and every place but whole cities: the point of a city lies far from everything that is worth a look."""
    located = [place for place in places if place["lon"] is not None and place["symbol"] not in UNFITTED]
    points = [(place["lon"], place["lat"]) for place in located]
    corners = np.array([*points, *belts.geometry.bounds.to_numpy().reshape(-1, 2)])
    if not len(corners):
        return frame
    return Box(*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
