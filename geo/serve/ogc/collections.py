"""The collections: what each holds, and what its properties are. One table that answers, pages, the API document and filters read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd

from geo.geocode.said import N_
from geo.ground.bbox import Box
from geo.layers.formats import encode_each, encode_features
from geo.layers.formats.coordinates import as_multi
from geo.layers.index import SpatialIndex, build_index
from geo.layers.select import Encoded, Layers, Selection
from geo.serve.ogc.crs import CRS84, Crs, rounded
from geo.serve.ogc.filters import KINDS
from geo.tables.kinds import Basis, CorridorBasis, FigureStatus, Kind, PlaceStatus, Precision, Qualifier
from geo.words.columns import TITLES


class Property(NamedTuple):
    """A property of the features of a collection.

    Attributes
    ----------
    name
        As in GeoJSON.
    type
        ``string``, ``integer``, ``number``, ``boolean``, ``date``, or what filters do not read: ``array``, ``object``.
    title
        What it is called, in Chinese.
    allowed
        The values that it can have; empty where it can have any.
    """

    name: str
    type: str
    title: str
    allowed: tuple[str, ...] = ()

    @property
    def is_queryable(self) -> bool:
        """Whether filters and orders read it."""
        return self.type in KINDS


def _property(name: str, type_: str, allowed: tuple[str, ...] = (), title: str = "") -> Property:
    return Property(name, type_, TITLES[title or name], allowed)


_ID = _property("id", "string")
_NAMES = (_property("name_zh", "string"), _property("name_en", "string"))
_KIND = _property("kind", "string", tuple(Kind))
_CORRIDOR = _property("corridor", "string")
_DISTRICT = _property("district", "string")
_SOURCE = _property("source", "string")
_PARAGRAPH = _property("paragraph", "integer")
_PLACE = (
    _ID,
    *_NAMES,
    _KIND,
    _CORRIDOR,
    _property("corridor_basis", "string", tuple(CorridorBasis)),
    _DISTRICT,
    _property("parent", "string"),
    _property("sector", "string"),
    _property("status", "string", tuple(PlaceStatus)),
    _property("focus_zh", "string"),
    _property("focus_en", "string"),
    _SOURCE,
    _PARAGRAPH,
    _property("indicators", "array"),
    _property("relations", "array"),
    _property("geocode", "object"),
)
_CORRIDOR_PART = (
    _ID,
    _CORRIDOR,
    _property("part", "string", ("belt", "axis")),
    *_NAMES,
    _property("schematic", "boolean"),
    _property("published_area_km2", "number"),
    _property("scope_note_zh", "string"),
    _property("scope_note_en", "string"),
    _SOURCE,
)
_FIGURE = (
    _ID,
    _property("place", "string"),
    *_NAMES,
    _KIND,
    _CORRIDOR,
    _DISTRICT,
    _property("indicator", "string"),
    _property("label_zh", "string"),
    _property("label_en", "string"),
    _property("value", "number"),
    _property("value_max", "number"),
    _property("unit", "string"),
    _property("unit_en", "string"),
    _property("period", "string"),
    _property("qualifier", "string", tuple(Qualifier)),
    _property("status", "string", tuple(FigureStatus), title="figure_status"),
    _property("growth_pct", "number"),
    _property("growth_max", "number"),
    _property("rank", "integer"),
    _property("rank_scope_zh", "string"),
    _property("rank_scope_en", "string"),
    _SOURCE,
    _PARAGRAPH,
    _property("start", "integer"),
    _property("end", "integer"),
    _property("period_start", "date"),
    _property("period_end", "date"),
    _property("geocode_precision", "string", tuple(Precision)),
    _property("geocode_uncertainty_m", "integer"),
    _property("geocode_basis", "string", tuple(Basis)),
    _property("geocode_source", "string"),
    _property("geocode_miss", "string"),
)


class Description(NamedTuple):
    """A row of the collections table.

    Attributes
    ----------
    title, description
        For people, in Chinese.
    properties
        In the order of the features.
    has_time
        Whether ``period_start`` and ``period_end`` say when a feature was.
    part
        Which part of the corridors it holds; empty for all of them, and for other layers.
    """

    title: str
    description: str
    properties: tuple[Property, ...]
    has_time: bool = False
    part: str = ""


DESCRIPTIONS = {
    "places": Description(N_("产业地点"), N_("报道和规划说到的每一处地点，带指标、关系和定位的依据。"), _PLACE),
    "platforms": Description(N_("产业平台"), N_("地点中的产业平台。"), _PLACE),
    "projects": Description(N_("产业项目"), N_("地点中的产业项目。"), _PLACE),
    "corridors": Description(N_("产业走廊"), N_("各走廊的公布轴线和沿线的示意带，不是规划边界。"), _CORRIDOR_PART),
    # One kind of geometry each: programs that make a layer of a collection show only one.
    "corridor_belts": Description(N_("走廊示意带"), N_("各走廊沿公布轴线的示意带，不是规划边界。"), _CORRIDOR_PART, part="belt"),
    "corridor_axes": Description(N_("走廊轴线"), N_("各走廊公布的轴线，示意。"), _CORRIDOR_PART, part="axis"),
    "indicators": Description(N_("产业指标"), N_("每行一个数字，带时期、单位、出处和所在地点的位置。"), _FIGURE, has_time=True),
}


@dataclass(frozen=True)
class Collection:
    """A collection with its features.

    Attributes
    ----------
    id
        As in its address.
    title, description, properties, has_time
        As in :class:`Description`.
    frame
        GeoDataFrame in EPSG:4326, indexed by feature id, in a stable order; a column for each property.
    layer, layers
        Where the features come from.
    """

    id: str
    layer: str
    title: str
    description: str
    properties: tuple[Property, ...]
    has_time: bool
    frame: gpd.GeoDataFrame = field(repr=False)
    layers: Layers = field(repr=False)
    _geometry: dict[str, gpd.GeoSeries] = field(default_factory=dict, repr=False)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Where each feature stands, by id."""
        return {id_: position for position, id_ in enumerate(self.frame.index)}

    @cached_property
    def encoded(self) -> Encoded:
        """The features as GeoJSON in WGS-84, with all of their properties, in the same order; made when they are first asked for."""
        if self.layer != self.id:
            return encode_each(self.frame)
        rows, every = self.layers.choose(self.id, Selection()), encode_features(self.layers, self.id)
        return Encoded(tuple(every.texts[row] for row in rows), tuple(every.digests[row] for row in rows))

    @cached_property
    def queryables(self) -> dict[str, Property]:
        """The properties that filters and orders read."""
        return {one.name: one for one in self.properties if one.is_queryable}

    @property
    def bbox(self) -> list[float] | None:
        """The extent: west, south, east, north; ``None`` where nothing has geometry."""
        known = self.frame.geometry.dropna()
        return [float(edge) for edge in known.total_bounds] if len(known) else None

    @property
    def interval(self) -> tuple[str | None, str | None] | None:
        """The first and the last moment that is known, ``None`` where none is; ``None`` for what has no time."""
        starts = [start for start, _ in self.periods if start]
        ends = [end for _, end in self.periods if end]
        if not starts and not ends:
            return None
        # What has begun and not ended is at its beginning at least, and what has ended at its end.
        return f"{min(starts or ends).isoformat()}T00:00:00Z", f"{max(ends or starts).isoformat()}T23:59:59Z"

    @property
    def periods(self) -> list[tuple[date | None, date | None]]:
        """The first and last day of every feature, ``None`` where it is open; of what has no time, both."""
        if not self.has_time:
            return [(None, None)] * len(self.frame)
        days = ([value and date.fromisoformat(value) for value in self.frame[name]] for name in ("period_start", "period_end"))
        return list(zip(*days, strict=True))

    @cached_property
    def _indexes(self) -> dict[str, SpatialIndex]:
        """The index of the features in each system that was asked for."""
        return {}

    def within(self, crs: Crs, boxes: Sequence[Box]) -> list[int]:
        """Give the positions of the features that touch one of several boxes in a system; what has no geometry is within everything."""
        if crs.uri not in self._indexes:
            self._indexes[crs.uri] = build_index(self.geometry_in(crs).to_numpy())
        index = self._indexes[crs.uri]
        # Python's own sort, as in geo.layers.index: of two lists that are sorted it makes one as quickly.
        return sorted([*index.find(boxes).tolist(), *index.missing.tolist()])

    def geometry_in(self, crs: Crs) -> gpd.GeoSeries:
        """Give the geometry of every feature in a system, x before y."""
        if crs.uri not in self._geometry:
            self._geometry[crs.uri] = rounded(self.frame.geometry, crs)
        return self._geometry[crs.uri]


def build_collections(layers: Layers, allowed: Mapping[str, Sequence[str]]) -> Mapping[str, Collection]:
    """Build the collections from the layers, by id.

    Parameters
    ----------
    layers
        What they hold.
    allowed
        The values that a property can have, by its name, where the tables say them.
    """
    return {id_: _build_collection(id_, description, layers, allowed) for id_, description in DESCRIPTIONS.items()}


def _build_collection(id_: str, described: Description, layers: Layers, allowed: Mapping[str, Sequence[str]]) -> Collection:
    name = "corridors" if described.part else id_
    layer = layers.select(name, Selection())
    if described.part:
        layer = layer[layer["part"] == described.part]
        layer = layer.set_geometry(as_multi(layer.geometry))
    properties = tuple(one._replace(allowed=tuple(allowed.get(one.name, one.allowed))) for one in described.properties)
    # A layer without any row may lack columns.
    columns: dict[str, Any] = {one.name: layer.get(one.name, []) for one in described.properties}
    frame = gpd.GeoDataFrame(columns, index=layer.index, geometry=layer.geometry, crs=layer.crs)
    return Collection(id_, name, described.title, described.description, properties, described.has_time, frame, layers, {CRS84.uri: frame.geometry})
