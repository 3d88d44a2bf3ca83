"""The layers as GeoDataFrames in EPSG:4326, and the filters that choose from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.ground.bbox import Box
from geo.ground.names import normalize_name
from geo.layers.index import Positions, SpatialIndex, build_index
from geo.layers.search import SearchKeys
from geo.tables.kinds import Basis, Kind

# RFC 7946, section 11.2: six decimals are about ten centimetres.
DECIMALS = 6


class Layer(NamedTuple):
    """A row of the layers table.

    Attributes
    ----------
    name
        As in the address of its files.
    kinds
        The kinds of places that its features are or belong to; empty for a layer without places.
    filters
        The query parameters that choose from it.
    """

    name: str
    kinds: frozenset[Kind]
    filters: tuple[str, ...]


_PLACE_FILTERS = ("corridor", "kind", "district", "bbox", "q")
LAYERS = {
    layer.name: layer
    for layer in (
        Layer("places", frozenset(Kind), _PLACE_FILTERS),
        Layer("platforms", frozenset({Kind.PLATFORM}), _PLACE_FILTERS),
        Layer("projects", frozenset({Kind.PROJECT}), _PLACE_FILTERS),
        Layer("corridors", frozenset(), ("corridor", "bbox")),
        Layer("indicators", frozenset(Kind), _PLACE_FILTERS),
    )
}


@dataclass(frozen=True)
class Selection:
    """What a request or a page wants to see; an empty field chooses everything.

    Attributes
    ----------
    corridors, kinds, districts
        Any of these.
    bbox
        Geometry that touches this box; what has no geometry is outside every box.
    q
        A part of a name in Chinese, English, pinyin or its initials, or of a district, an industry or what a place is about, in both languages.
    """

    corridors: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    districts: frozenset[str] = frozenset()
    bbox: Box | None = None
    q: str = ""

    def for_layer(self, layer: Layer) -> Selection:
        """Keep what a layer can be filtered by: a belt has a corridor and an extent, but no kind."""
        return Selection(**{field.name: getattr(self, field.name) for field in fields(self) if _PARAMETERS[field.name] in layer.filters})


# The query parameter of each field of a selection.
_PARAMETERS = {"corridors": "corridor", "kinds": "kind", "districts": "district", "bbox": "bbox", "q": "q"}


class Encoded(NamedTuple):
    """The features of a table, each encoded once.

    Attributes
    ----------
    texts
        GeoJSON in UTF-8, in table order.
    digests
        Of each text; what is joined from them has a digest of its own without being read again.
    """

    texts: tuple[bytes, ...]
    digests: tuple[bytes, ...]


@dataclass(frozen=True)
class Layers:
    """The layers of the atlas.

    Attributes
    ----------
    places
        GeoDataFrame in EPSG:4326, indexed by place id in table order; one column a property of the GeoJSON feature, and ``geometry``, a Point or
        ``None`` where the place is a miss.
    corridors
        GeoDataFrame in EPSG:4326 with a belt and an axis for each corridor.
    indicators
        GeoDataFrame in EPSG:4326, a row for each figure of the places, in their order: the long table. Each stands at its place's point and says
        how exactly that is known. Its id is made of place, indicator, period and source, which no two figures share.
    search
        What a person may type to find a place.
    encoded
        Every feature of a layer in its encoded form; filled by :func:`geo.layers.formats.geojson.encode_features` when it is first asked for.
    """

    places: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    indicators: gpd.GeoDataFrame
    search: SearchKeys = field(repr=False)
    encoded: dict[str, Encoded] = field(default_factory=dict, repr=False, compare=False)

    def select(self, name: str, selection: Selection) -> gpd.GeoDataFrame:
        """Return the features of a layer that a selection chooses, in table order.

        Raises
        ------
        KeyError
            If there is no layer of this name.
        """
        frame = self._frames[name]
        return frame.iloc[self.choose(name, selection)]

    def choose(self, name: str, selection: Selection) -> Positions:
        """Return which rows of a layer's own table a selection chooses: of ``places`` for the layers that are a part of it.

        Answered from indexes that are made at the first question; only ``q`` is looked for in the names one by one.

        Raises
        ------
        KeyError
            If there is no layer of this name.
        """
        layer = LAYERS[name]
        if name == "indicators":
            chosen = np.zeros(len(self.places), dtype=bool)
            chosen[self.choose("places", selection)] = True
            return np.flatnonzero(chosen[self._place_of_figure])
        frame = self._frames[name]
        keep = np.ones(len(frame), dtype=bool)
        if layer.kinds and layer.kinds != frozenset(Kind):
            keep &= self._any_of(name, "kind", layer.kinds)
        if selection.corridors:
            keep &= self._any_of(name, "corridor", selection.corridors)
        if selection.kinds:
            keep &= self._any_of(name, "kind", selection.kinds)
        if selection.districts:
            keep &= self._any_of(name, "district", selection.districts)
        if selection.bbox:
            within = np.zeros(len(frame), dtype=bool)
            within[self._indexes["places" if layer.kinds else "corridors"].find([selection.bbox])] = True
            keep &= within
        wanted = normalize_name(selection.q)
        if wanted:
            ids = frame["id"].to_numpy()
            for position in np.flatnonzero(keep):
                keep[position] = self.search.find(ids[position], wanted)
        return np.flatnonzero(keep)

    @cached_property
    def _frames(self) -> dict[str, gpd.GeoDataFrame]:
        """The table that each layer is chosen from."""
        return {
            layer.name: self.indicators if layer.name == "indicators" else self.places if layer.kinds else self.corridors for layer in LAYERS.values()
        }

    def _any_of(self, name: str, column: str, values: Iterable[str]) -> NDArray[np.bool_]:
        rows = self._rows_by_value["places" if LAYERS[name].kinds else "corridors"][column]
        keep = np.zeros(len(self._frames[name]), dtype=bool)
        for value in values:
            keep[rows.get(value, [])] = True
        return keep

    @cached_property
    def _rows_by_value(self) -> dict[str, dict[str, dict[str, Positions]]]:
        """The rows that have a value, by table, column and value."""
        tables = {"places": (self.places, ("kind", "corridor", "district")), "corridors": (self.corridors, ("corridor",))}
        return {
            name: {column: dict(frame.groupby(column, sort=False).indices) if len(frame) else {} for column in columns}
            for name, (frame, columns) in tables.items()
        }

    @cached_property
    def _indexes(self) -> dict[str, SpatialIndex]:
        """Of the places and of the corridors; what has no geometry is in no box."""
        return {"places": build_index(self.places.geometry.to_numpy()), "corridors": build_index(self.corridors.geometry.to_numpy())}

    @cached_property
    def _place_of_figure(self) -> Positions:
        positions: Positions = self.places.index.get_indexer(self.indicators["place"])
        return positions

    @cached_property
    def _located(self) -> dict[str, tuple[str | None, str | None]]:
        """Of each place who located it, and the host whose location it takes."""
        rows = zip(self.places.index, self.places["geocode"], self.places["parent"], strict=True) if len(self.places) else ()
        return {id_: (geocode.get("source"), parent if geocode.get("basis") == Basis.PARENT else None) for id_, geocode, parent in rows}

    def locators(self, place: str) -> list[str | None]:
        """Name the sources of a place's location; where it is its host's, who says so and who located the host."""
        source, host = self._located[place]
        return [source, *(self.locators(host) if host is not None else ())]

    @cached_property
    def place_sources(self) -> list[frozenset[str]]:
        """Of each place, in table order, the sources that it, its figures, its ties and its location rest on."""
        rows = (
            zip(self.places.index, self.places["source"], self.places["indicators"], self.places["relations"], strict=True)
            if len(self.places)
            else ()
        )
        return [
            frozenset({source, *(one["source"] for one in (*figures, *ties)), *filter(None, self.locators(id_))})
            for id_, source, figures, ties in rows
        ]
