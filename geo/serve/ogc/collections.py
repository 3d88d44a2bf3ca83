"""The collections: what each holds, and what its properties are. One table that answers, pages, the API document and filters read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np

from geo.bbox import Box
from geo.geocode.said import N_
from geo.layers.formats import encode_features
from geo.layers.index import SpatialIndex, build_index
from geo.layers.select import Encoded, Layers, Selection
from geo.serve.ogc.crs import CRS84, Crs, reproject
from geo.serve.ogc.filters import KINDS
from geo.tables.kinds import Basis, CorridorBasis, FigureStatus, Kind, PlaceStatus, Precision, Qualifier


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


_NAMES = (Property("name_zh", "string", N_("中文名")), Property("name_en", "string", N_("英文名")))
_KIND = Property("kind", "string", N_("类别"), tuple(Kind))
_CORRIDOR = Property("corridor", "string", N_("走廊"))
_DISTRICT = Property("district", "string", N_("所在区县"))
_SOURCE = Property("source", "string", N_("来源编号"))
_PARAGRAPH = Property("paragraph", "integer", N_("段落"))
_PLACE = (
    *_NAMES,
    _KIND,
    _CORRIDOR,
    Property("corridor_basis", "string", N_("走廊归属的依据"), tuple(CorridorBasis)),
    _DISTRICT,
    Property("parent", "string", N_("所在园区的编号")),
    Property("sector", "string", N_("行业")),
    Property("status", "string", N_("进展"), tuple(PlaceStatus)),
    Property("focus_zh", "string", N_("重点（中文）")),
    Property("focus_en", "string", N_("重点（英文）")),
    _SOURCE,
    _PARAGRAPH,
    Property("indicators", "array", N_("指标")),
    Property("relations", "array", N_("关系")),
    Property("geocode", "object", N_("怎样定位")),
)
_CORRIDOR_PART = (
    _CORRIDOR,
    Property("part", "string", N_("部分"), ("belt", "axis")),
    *_NAMES,
    Property("schematic", "boolean", N_("是否示意")),
    Property("published_area_km2", "number", N_("公布的面积（平方公里）")),
    Property("scope_note_zh", "string", N_("范围说明（中文）")),
    Property("scope_note_en", "string", N_("范围说明（英文）")),
    _SOURCE,
)
_FIGURE = (
    Property("place", "string", N_("地点编号")),
    *_NAMES,
    _KIND,
    _CORRIDOR,
    _DISTRICT,
    Property("indicator", "string", N_("指标编号")),
    Property("label_zh", "string", N_("指标（中文）")),
    Property("label_en", "string", N_("指标（英文）")),
    Property("value", "number", N_("数值")),
    Property("value_max", "number", N_("数值上限")),
    Property("unit", "string", N_("单位")),
    Property("unit_en", "string", N_("单位（英文）")),
    Property("period", "string", N_("时期")),
    Property("qualifier", "string", N_("口气"), tuple(Qualifier)),
    Property("status", "string", N_("已实现或计划"), tuple(FigureStatus)),
    Property("growth_pct", "number", N_("增长百分比")),
    Property("rank", "integer", N_("名次")),
    Property("rank_scope_zh", "string", N_("名次范围（中文）")),
    Property("rank_scope_en", "string", N_("名次范围（英文）")),
    _SOURCE,
    _PARAGRAPH,
    Property("start", "integer", N_("起始字符")),
    Property("end", "integer", N_("结束字符")),
    Property("period_start", "date", N_("时期的第一天")),
    Property("period_end", "date", N_("时期的最后一天")),
    Property("geocode_precision", "string", N_("位置的精度"), tuple(Precision)),
    Property("geocode_uncertainty_m", "integer", N_("位置的误差（米）")),
    Property("geocode_basis", "string", N_("位置的依据"), tuple(Basis)),
    Property("geocode_source", "string", N_("位置来源的编号")),
    Property("geocode_miss", "string", N_("为什么没有位置")),
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
    """

    title: str
    description: str
    properties: tuple[Property, ...]
    has_time: bool = False


DESCRIPTIONS = {
    "places": Description(N_("产业地点"), N_("报道和规划说到的每一处地点，带指标、关系和定位的依据。"), _PLACE),
    "platforms": Description(N_("产业平台"), N_("地点中的产业平台。"), _PLACE),
    "projects": Description(N_("产业项目"), N_("地点中的产业项目。"), _PLACE),
    "corridors": Description(N_("产业走廊"), N_("各走廊的公布轴线和沿线的示意带，不是规划边界。"), _CORRIDOR_PART),
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
    layers
        Where the features come from.
    """

    id: str
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
        """The first and the last moment, ``None`` where it is open; ``None`` for what has no time."""
        dated = [(start, end) for start, end in self.periods if start or end]
        if not dated:
            return None
        starts, ends = zip(*dated, strict=True)
        return (
            f"{min(starts).isoformat()}T00:00:00Z" if all(starts) else None,
            f"{max(ends).isoformat()}T23:59:59Z" if all(ends) else None,
        )

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
        found = index.find(boxes)
        positions: list[int] = (np.sort(np.concatenate([found, index.missing])) if len(index.missing) else found).tolist()
        return positions

    def geometry_in(self, crs: Crs) -> gpd.GeoSeries:
        """Give the geometry of every feature in a system, x before y."""
        if crs.uri not in self._geometry:
            self._geometry[crs.uri] = reproject(self.frame.geometry, crs)
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
    layer = layers.select(id_, Selection())
    properties = tuple(one._replace(allowed=tuple(allowed.get(one.name, one.allowed))) for one in described.properties)
    # A layer without any row may lack columns.
    columns: dict[str, Any] = {one.name: layer.get(one.name, []) for one in described.properties}
    frame = gpd.GeoDataFrame(columns, index=layer.index, geometry=layer.geometry, crs=layer.crs)
    return Collection(id_, described.title, described.description, properties, described.has_time, frame, layers, {CRS84.uri: frame.geometry})
