"""Which symbol a place gets and which ties are drawn: the same on the page and in a picture."""

from __future__ import annotations

import math

import geopandas as gpd

from geo.draw.marks import Mark
from geo.geocode.answers import Answer, Match
from geo.layers.comparisons import Comparison
from geo.serve.site import Site
from geo.tables.kinds import Basis, Corridor, Kind, Relation
from geo.tables.rows import Place
from geo.words.cards import Wording

# Radii in pixels: of the largest symbol of a comparison, and of one that has no figure in it.
LARGEST, WITHOUT = 26.0, 4.0


def map_symbol(place: Place, answer: Answer) -> str:
    """Choose the symbol of a place: what it is, and whether only its host is known."""
    if isinstance(answer, Match) and answer.basis is Basis.PARENT:
        return "guest"
    match place.kind:
        case Kind.PLATFORM:
            return "platform"
        case Kind.COOPERATION_ZONE:
            return "zone"
        case Kind.CITY | Kind.DISTRICT:
            return place.kind.value
        case _:
            return "site"


def map_ties(site: Site) -> dict[Corridor, list[tuple[tuple[float, float], tuple[float, float]]]]:
    """Give the lines of the stated ties between a platform and its cooperation zones; they belong to the layer of the zone."""
    ties: dict[Corridor, list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for tie in site.atlas.tables.relations:
        here, there = site.points[tie.from_id], site.points[tie.to_id]
        if tie.relation is Relation.COOPERATES_WITH and here is not None and there is not None:
            ties.setdefault(site.places[tie.to_id].corridor, []).append(((here.x, here.y), (there.x, there.y)))
    return ties


def map_marks(site: Site, wording: Wording, shown: gpd.GeoDataFrame, comparison: Comparison | None) -> list[Mark]:
    """Give the symbols of the places that have a location, sized where their figures are compared.

    Parameters
    ----------
    shown
        Rows of the layer of places, by id.
    """
    marks = []
    for id_, point in shown.geometry.items():
        answer = site.atlas.answers[id_]
        if not isinstance(answer, Match) or point is None:
            continue
        place = site.places[id_]
        marks.append(
            Mark(
                id=place.id,
                host=place.parent_id if answer.basis is Basis.PARENT else None,
                symbol=map_symbol(place, answer),
                corridor=place.corridor,
                lon=point.x,
                lat=point.y,
                label=wording.pick(place.name_zh, place.name_en),
                radius=_radius(comparison, place.id) if comparison else None,
                is_without=comparison is not None and place.id not in comparison.measures,
            )
        )
    return marks


def _radius(comparison: Comparison, place: str) -> float:
    measure = comparison.measures.get(place)
    if measure is None:
        return WITHOUT
    if measure.amount is None or comparison.largest is None or comparison.largest <= 0:
        return LARGEST / 2
    return max(WITHOUT + 1, LARGEST * math.sqrt(max(0.0, float(measure.amount / comparison.largest))))
