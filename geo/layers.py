"""Rows and answers laid out as layers: GeoDataFrames in EPSG:4326, and the filters that choose from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.gazetteer import Gazetteer
from geo.geocode import Answer, Match
from geo.names import normalize_name, search_keys
from geo.schema import Basis, Box, Corridor, District, Indicator, Kind, Period, Place, Tie, Vocable
from geo.tables import Tables

# RFC 7946, section 11.2: six decimals are about ten centimetres.
DECIMALS = 6

# Rows of a layer by their number, ascending.
Positions: TypeAlias = NDArray[np.intp]


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
        A part of a name in Chinese, English, pinyin or its initials.
    """

    corridors: frozenset[Corridor] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    districts: frozenset[District] = frozenset()
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
        For each place id what a person may type to find it, folded as by :func:`geo.names.normalize_name`.
    encoded
        Every feature of a layer in its encoded form; filled by :func:`geo.formats.geojson.encode_features` when it is first asked for.
    """

    places: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    indicators: gpd.GeoDataFrame
    search: Mapping[str, tuple[str, ...]] = field(repr=False)
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
            box, tree = shapely.box(*selection.bbox), self._trees["places" if layer.kinds else "corridors"]
            # A point is in a rectangle when the index says so; a belt has to be looked at.
            within[tree.query(box, predicate=None if layer.kinds and box.area > 0 else "intersects")] = True
            keep &= within
        wanted = normalize_name(selection.q)
        if wanted:
            for position in np.flatnonzero(keep):
                keep[position] = any(wanted in key for key in self.search[frame.index[position]])
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
    def _trees(self) -> dict[str, shapely.STRtree]:
        """The extents of the places and of the corridors; what has no geometry is in none."""
        return {"places": shapely.STRtree(self.places.geometry.array), "corridors": shapely.STRtree(self.corridors.geometry.array)}

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


def build_layers(tables: Tables, answers: Mapping[str, Answer], belts: gpd.GeoDataFrame, gazetteer: Gazetteer) -> Layers:
    """Lay the places and corridors out as layers.

    Parameters
    ----------
    tables
        The validated tables.
    answers
        The geocoder's answer for every place id.
    belts
        As :func:`geo.corridors.build_belts` returns them.
    gazetteer
        For the other names of a place.
    """
    places = _build_places(tables, answers)
    return Layers(
        places=places,
        corridors=_build_corridors(tables, belts),
        indicators=_build_indicators(tables, places),
        search={place.id: search_keys((place.name_zh, place.name_en, *gazetteer.names_of(place.place_query))) for place in tables.places},
    )


def _build_places(tables: Tables, answers: Mapping[str, Answer]) -> gpd.GeoDataFrame:
    vocabulary = {vocable.indicator: vocable for vocable in tables.vocabulary}
    ties: dict[str, list[Tie]] = {}
    for tie in tables.relations:
        ties.setdefault(tie.from_id, []).append(tie)
    properties = [
        _place_properties(place, tables.figures_by_place[place.id], vocabulary, ties.get(place.id, ()), answers[place.id]) for place in tables.places
    ]
    points = [
        shapely.Point(round(answer.lon, DECIMALS), round(answer.lat, DECIMALS)) if isinstance(answer, Match) else None
        for answer in (answers[place.id] for place in tables.places)
    ]
    columns = {name: [row[name] for row in properties] for name in properties[0]} if properties else {}
    return gpd.GeoDataFrame(columns, index=[place.id for place in tables.places], geometry=points, crs="EPSG:4326", dtype=object)


def _place_properties(
    place: Place, figures: Sequence[Indicator], vocabulary: Mapping[str, Vocable], ties: Sequence[Tie], answer: Answer
) -> dict[str, Any]:
    return {
        "name_zh": place.name_zh,
        "name_en": place.name_en,
        "kind": place.kind.value,
        "corridor": place.corridor.value,
        "corridor_basis": place.corridor_basis.value,
        "district": place.district.value,
        "parent": place.parent_id,
        "sector": place.sector,
        "status": place.status.value if place.status else None,
        "focus_zh": place.focus_zh,
        "focus_en": place.focus_en,
        "source": place.source,
        "paragraph": place.paragraph,
        "indicators": [_figure_properties(figure, vocabulary[figure.indicator]) for figure in figures],
        "relations": [{"relation": tie.relation.value, "to": tie.to_id, "source": tie.source, "paragraph": tie.paragraph} for tie in ties],
        "geocode": _geocode_properties(answer),
    }


def _build_indicators(tables: Tables, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    vocabulary = {vocable.indicator: vocable for vocable in tables.vocabulary}
    figures = [(place, figure) for place in tables.places for figure in tables.figures_by_place[place.id]]
    rows = [
        {
            "place": place.id,
            "name_zh": place.name_zh,
            "name_en": place.name_en,
            "kind": place.kind.value,
            "corridor": place.corridor.value,
            "district": place.district.value,
            **_figure_properties(figure, vocabulary[figure.indicator]),
            **_period_ends(figure.period),
            **{f"geocode_{key}": geocode.get(key) for key in _PLACE_OF_FIGURE},
        }
        for place, figure in figures
        for geocode in (places.at[place.id, "geocode"],)
    ]
    points = [places.geometry[place.id] for place, _ in figures]
    # Without any figure there is still the column that filters read.
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {"place": []}
    return gpd.GeoDataFrame(columns, index=[_figure_id(figure) for _, figure in figures], geometry=points, crs="EPSG:4326", dtype=object)


# What a figure says of how its place was located.
_PLACE_OF_FIGURE = ("precision", "uncertainty_m", "basis", "source", "miss")


def _figure_id(figure: Indicator) -> str:
    # ISO 8601 writes a span with two hyphens where the solidus, as in an address, means something else.
    period = figure.period.text.replace("/", "--") if figure.period else None
    return ".".join(filter(None, (figure.subject_id, figure.indicator, period, figure.source)))


def _period_ends(period: Period | None) -> dict[str, str | None]:
    start, end = (period.start, period.end) if period else (None, None)
    return {"period_start": start.isoformat() if start else None, "period_end": end.isoformat() if end else None}


def _figure_properties(figure: Indicator, vocable: Vocable) -> dict[str, Any]:
    return {
        "indicator": figure.indicator,
        "label_zh": vocable.label_zh,
        "label_en": vocable.label_en,
        "value": _json_number(figure.value),
        "value_max": _json_number(figure.value_max),
        "unit": figure.unit.zh if figure.unit else None,
        "unit_en": figure.unit.en if figure.unit else None,
        "period": figure.period.text if figure.period else None,
        "qualifier": figure.qualifier.value,
        "status": figure.status.value,
        "growth_pct": _json_number(figure.growth_pct),
        "rank": figure.rank,
        "rank_scope_zh": figure.rank_scope_zh,
        "rank_scope_en": figure.rank_scope_en,
        "source": figure.source,
        "paragraph": figure.paragraph,
        "start": figure.start,
        "end": figure.end,
    }


def _geocode_properties(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer, Match):
        return {"query": answer.query, "matched": None, "method": None, "miss": answer.reason.value}
    return {
        "query": answer.query,
        "matched": answer.matched,
        "method": answer.method.value,
        "precision": answer.precision.value,
        "uncertainty_m": answer.uncertainty_m,
        "basis": answer.basis.value,
        "source": answer.source,
        "datum_of_source": answer.datum_of_source.value,
        "note": answer.note,
    }


def _build_corridors(tables: Tables, belts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = {corridor.id.value: corridor for corridor in tables.corridors}
    order = [rows[id_] for id_ in belts["corridor"]]
    layer = belts[["corridor", "part"]].assign(
        name_zh=[row.name_zh for row in order],
        name_en=[row.name_en for row in order],
        schematic=True,
        # As objects: a column of floats would turn 398 into 398.0.
        published_area_km2=pd.Series([_json_number(row.published_area_km2) for row in order], index=belts.index, dtype=object),
        scope_note_zh=[row.scope_note_zh for row in order],
        scope_note_en=[row.scope_note_en for row in order],
        source=[row.source for row in order],
    )
    rounded = shapely.transform(shapely.orient_polygons(belts.geometry.array), lambda lon_lat: lon_lat.round(DECIMALS))
    return gpd.GeoDataFrame(layer, geometry=rounded, crs="EPSG:4326")


def _json_number(number: Decimal | None) -> int | float | None:
    """Give a Decimal the shortest JSON form that is the same number: 756, 305.8."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)
