"""Rows and answers laid out as layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.geocode.answers import Answer, Match
from geo.geocode.gazetteer import Gazetteer
from geo.layers.search import SearchKeys
from geo.layers.select import DECIMALS, Layers
from geo.tables.cells import Period
from geo.tables.reading import Tables
from geo.tables.rows import Indicator, Tie, Vocable


def build_layers(tables: Tables, answers: Mapping[str, Answer], belts: gpd.GeoDataFrame, gazetteer: Gazetteer) -> Layers:
    """Lay the places and corridors out as layers.

    Parameters
    ----------
    tables
        The validated tables.
    answers
        The geocoder's answer for every place id.
    belts
        As :func:`geo.layers.corridors.build_belts` returns them.
    gazetteer
        For the other names of a place.
    """
    places = _build_places(tables, answers)
    return Layers(
        places=places,
        corridors=_build_corridors(tables, belts),
        indicators=_build_indicators(tables, places),
        search=SearchKeys(tables, gazetteer),
    )


def _build_places(tables: Tables, answers: Mapping[str, Answer]) -> gpd.GeoDataFrame:
    vocabulary = {vocable.indicator: vocable for vocable in tables.vocabulary}
    ties: dict[str, list[Tie]] = {}
    for tie in tables.relations:
        ties.setdefault(tie.from_id, []).append(tie)
    places = tables.places
    ids = [place.id for place in places]
    columns = {
        # As a property as well: many programs drop the id of a feature, or take text for none.
        "id": ids,
        "name_zh": [place.name_zh for place in places],
        "name_en": [place.name_en for place in places],
        "kind": [place.kind.value for place in places],
        "corridor": [place.corridor for place in places],
        "corridor_basis": [place.corridor_basis.value for place in places],
        "district": [place.district for place in places],
        "parent": [place.parent_id for place in places],
        "sector": [place.sector for place in places],
        "status": [place.status.value if place.status else None for place in places],
        "focus_zh": [place.focus_zh for place in places],
        "focus_en": [place.focus_en for place in places],
        "source": [place.source for place in places],
        "paragraph": [place.paragraph for place in places],
        "indicators": [
            [_figure_properties(figure, vocabulary[figure.indicator]) for figure in tables.figures_by_place[place.id]] for place in places
        ],
        "relations": [
            [{"relation": tie.relation.value, "to": tie.to_id, "source": tie.source, "paragraph": tie.paragraph} for tie in ties.get(place.id, ())]
            for place in places
        ],
        "geocode": [_geocode_properties(answers[place.id]) for place in places],
    }
    points = np.full(len(places), None, dtype=object)
    located = [(position, answer) for position, place in enumerate(places) if isinstance(answer := answers[place.id], Match)]
    points[[position for position, _ in located]] = shapely.points(
        np.array([(round(answer.lon, DECIMALS), round(answer.lat, DECIMALS)) for _, answer in located]).reshape(-1, 2)
    )
    return gpd.GeoDataFrame(columns, index=_index(ids), geometry=points, crs="EPSG:4326", dtype=object)


def _index(ids: Sequence[str]) -> pd.Index[str]:
    """Index rows by their ids, as they are: pandas would pack them, and unpack each of them whenever it is looked at."""
    index: pd.Index[str] = pd.Index(np.array(ids, dtype=object), dtype=object)
    return index


def _build_indicators(tables: Tables, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    figures = [(place, position, figure) for position, place in enumerate(tables.places) for figure in tables.figures_by_place[place.id]]
    # Without any figure there are still the columns that filters and files read.
    shown = [properties for some in places["indicators"] for properties in some] if figures else []
    geocodes = places["geocode"].to_numpy()[[position for _, position, _ in figures]] if figures else []
    ends = [_period_ends(figure.period) for _, _, figure in figures]
    ids = [_figure_id(figure) for _, _, figure in figures]
    columns = {
        "id": ids,
        "place": [place.id for place, _, _ in figures],
        "name_zh": [place.name_zh for place, _, _ in figures],
        "name_en": [place.name_en for place, _, _ in figures],
        "kind": [place.kind.value for place, _, _ in figures],
        "corridor": [place.corridor for place, _, _ in figures],
        "district": [place.district for place, _, _ in figures],
        **{name: [properties[name] for properties in shown] for name in _STATED},
        "period_start": [start for start, _ in ends],
        "period_end": [end for _, end in ends],
        **{f"geocode_{key}": [geocode.get(key) for geocode in geocodes] for key in _PLACE_OF_FIGURE},
    }
    points = places.geometry.to_numpy()[[position for _, position, _ in figures]]
    return gpd.GeoDataFrame(columns, index=_index(ids), geometry=points, crs="EPSG:4326", dtype=object)


# What a figure states, as :func:`_figure_properties` lays it out.
_STATED = (
    *("indicator", "label_zh", "label_en", "value", "value_max", "unit", "unit_en", "period", "qualifier", "status", "growth_pct"),
    *("growth_max", "rank", "rank_scope_zh", "rank_scope_en", "source", "paragraph", "start", "end"),
)
# What a figure says of how its place was located.
_PLACE_OF_FIGURE = ("precision", "uncertainty_m", "basis", "source", "miss")


def _figure_id(figure: Indicator) -> str:
    # ISO 8601 writes a span with two hyphens where the solidus, as in an address, means something else.
    period = figure.period.text.replace("/", "--") if figure.period else None
    return ".".join(filter(None, (figure.subject_id, figure.indicator, period, figure.source)))


@lru_cache(1 << 12)
def _period_ends(period: Period | None) -> tuple[str | None, str | None]:
    start, end = (period.start, period.end) if period else (None, None)
    return start.isoformat() if start else None, end.isoformat() if end else None


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
        "growth_max": _json_number(figure.growth_max),
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
    rows = {corridor.id: corridor for corridor in tables.corridors}
    order = [rows[id_] for id_ in belts["corridor"]]
    layer = gpd.GeoDataFrame({"id": belts.index, "corridor": belts["corridor"], "part": belts["part"]}, index=belts.index).assign(
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
