"""From a point to what lies around it: the district by its outline, the nearest known seat of a township, place and landmark, with their distances.

Townships have no outline in any source that could be had, so that a point is never said to lie in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import shape

from geo.errors import PointError
from geo.geocode.answers import Division, Level
from geo.geocode.gazetteer import Feature, Gazetteer

_WGS84 = Geod(ellps="WGS84")


class Near(NamedTuple):
    """Something near a point.

    Attributes
    ----------
    name, divisions
        Its own name, and the divisions it lies in, from coarse to fine.
    distance_m
        Metres on the ellipsoid, from the point to the point that stands for it.
    uncertainty_m
        Metres: it lies within this radius of that point.
    """

    name: str
    divisions: tuple[Division, ...]
    distance_m: int
    uncertainty_m: int


class Surroundings(NamedTuple):
    """What lies around a point.

    Attributes
    ----------
    lon, lat
        The point, degrees, WGS-84.
    district
        The district whose outline holds it; ``None`` outside of the city.
    township, place, landmark
        The nearest known seat of a township, as some are not known, the nearest curated place with a location of its own, and the nearest station,
        landmark or zone that is known by its name; ``None`` outside of the city.
    """

    lon: float
    lat: float
    district: Division | None
    township: Near | None
    place: Near | None
    landmark: Near | None


class ReverseGeocoder:
    """Answers points.

    Parameters
    ----------
    gazetteer
        The known features.
    districts
        GeoJSON features of the districts: polygons in WGS-84 with the properties ``code`` and ``name_zh``.
    """

    def __init__(self, gazetteer: Gazetteer, districts: Iterable[Mapping[str, Any]]) -> None:
        self._districts = [(Division(one["properties"]["code"], one["properties"]["name_zh"]), shape(one["geometry"])) for one in districts]
        self._tree = shapely.STRtree([outline for _, outline in self._districts])
        self._townships = _Points(feature for feature in gazetteer.by_code.values() if feature.level is Level.TOWNSHIP and not feature.is_by_host)
        self._places = _Points(feature for feature in gazetteer.places if not feature.is_by_host)
        self._landmarks = _Points(feature for feature in gazetteer.named if not feature.is_by_host and len(feature.divisions) > 1)

    def reverse(self, lon: float, lat: float) -> Surroundings:
        """Say what lies around a point; on a border between two districts, the first of the list.

        Parameters
        ----------
        lon, lat
            Degrees, WGS-84.

        Raises
        ------
        PointError
            If the point is not finite or not on Earth.
        """
        if not (np.isfinite(lon) and np.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise PointError(lon, lat)
        found = sorted(self._tree.query(shapely.Point(lon, lat), predicate="intersects").tolist())
        if not found:
            return Surroundings(lon, lat, None, None, None, None)
        district = self._districts[found[0]][0]
        townships, places, landmarks = self._townships.nearest(lon, lat), self._places.nearest(lon, lat), self._landmarks.nearest(lon, lat)
        return Surroundings(lon, lat, district, townships, places, landmarks)


class _Points:
    """Features by their points: a few hundred, so that measuring all of them is quick and exact."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self._features = list(features)
        self._lon: NDArray[np.float64] = np.array([feature.location.lon for feature in self._features])
        self._lat: NDArray[np.float64] = np.array([feature.location.lat for feature in self._features])

    def nearest(self, lon: float, lat: float) -> Near | None:
        if not self._features:
            return None
        count = len(self._features)
        _, _, metres = _WGS84.inv(np.full(count, lon), np.full(count, lat), self._lon, self._lat)
        at = int(np.argmin(metres))
        feature = self._features[at]
        return Near(feature.name, feature.divisions, round(float(metres[at])), feature.location.uncertainty_m)
