"""Which symbol a place gets and which ties are drawn: the same on the page and in a picture."""

from __future__ import annotations

from geo.geocode import Answer, Match
from geo.schema import Basis, Corridor, Kind, Place, Relation
from geo.web.site import Site


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
