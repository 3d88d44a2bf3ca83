"""Where the addresses of a division lie: what is known in it tells more of them than its outline does, as people live where the places are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.geocode.answers import Level
from geo.geocode.distance import great_circle_m
from geo.geocode.gazetteer import Feature, Gazetteer, Location
from geo.geocode.said import N_, Said
from geo.tables.kinds import Basis

_NOTE = Said(N_("辖区内已知地点的中心，其中百分之九十五在半径内"))
# So much of what is known lies within the radius.
_SHARE = 0.95
# A known place, and how many live there, in multiples of those of a place that stands for itself.
_Weighed: TypeAlias = tuple[Feature, float]
# With fewer known places the outline says more.
_LEAST_KNOWN = 5
# A place stands for itself, a township for those who live in it: by its kind, as subdistricts have several times as many people as towns.
_PEOPLE = (("街道", 3.0), ("镇", 1.0), ("乡", 0.3))
# An address that names the city and no district lies in one of the districts proper; those of counties and of cities below it name these.
_INNER = "区"
_STEP_M = 100


def locate_addresses(gazetteer: Gazetteer) -> dict[str, Location]:
    """Find where addresses lie of which no more is known than their city or their district.

    Parameters
    ----------
    gazetteer
        The known names.

    Returns
    -------
    dict
        The code of each division, as far as enough is known in it, to the known point in the middle and the radius of 95 of 100 known places.
    """
    townships = [one for one in gazetteer.by_code.values() if one.level is Level.TOWNSHIP and not one.is_by_host]
    places = (one for one in (*gazetteer.places, *gazetteer.named) if not one.is_by_host and len(one.divisions) > 1)
    smallest = min((one.location.uncertainty_m for one in townships), default=0)
    known = [*townships, *(one for one in places if one.location.uncertainty_m <= smallest)]
    # Looked at once: there may be a hundred thousand, and a dozen districts.
    inner: list[_Weighed] = []
    by_district: dict[str, list[_Weighed]] = {}
    for one in known:
        weighed = one, _people_of(one)
        by_district.setdefault(one.district, []).append(weighed)
        if one.district.endswith(_INNER):
            inner.append(weighed)
    found: dict[str, Location] = {}
    for code, division in gazetteer.by_code.items():
        if division.level is Level.DISTRICT:
            within = by_district.get(division.name, [])
        elif division.level is Level.CITY:
            within = inner
        else:
            continue
        # Where no part is more of a town than the others, the outline says as much.
        if len(within) >= _LEAST_KNOWN and any(people > 1 for _, people in within):
            found[code] = _spread(division, within)
    return found


def _spread(division: Feature, within: Sequence[_Weighed]) -> Location:
    locations = [one.location for one, _ in within]
    people = np.array([weight for _, weight in within])
    lon = _weighted([location.lon for location in locations], people)
    lat = _weighted([location.lat for location in locations], people)
    # The middle may lie outside, where a division bends around another one.
    centre = min(locations, key=lambda one: great_circle_m(lon, lat, one.lon, one.lat))
    reach = _weighted([_reach(centre, one) for one, _ in within], people, _SHARE)
    own = division.location
    radius = _STEP_M * math.ceil(reach / _STEP_M)
    return Location(own.name, centre.lon, centre.lat, own.precision, radius, Basis.DERIVED, centre.source, centre.datum_of_source, _NOTE)


def _reach(centre: Location, one: Feature) -> float:
    """Give the distance to a place, and of a township to where half of its radius ends."""
    location = one.location
    half = location.uncertainty_m / 2 if one.level is Level.TOWNSHIP else 0
    return great_circle_m(centre.lon, centre.lat, location.lon, location.lat) + half


def _people_of(one: Feature) -> float:
    if one.level is not Level.TOWNSHIP:
        return 1.0
    return next((people for kind, people in _PEOPLE if one.name.endswith(kind)), 1.0)


def _weighted(values: Sequence[float], weights: NDArray[np.float64], share: float = 0.5) -> float:
    """Give the value that so much of the weight reaches up to, of values with their weights; half of it gives the median."""
    order = np.lexsort((weights, np.array(values)))
    sums = np.cumsum(weights[order])
    return values[int(order[np.searchsorted(sums, share * sums[-1])])]
