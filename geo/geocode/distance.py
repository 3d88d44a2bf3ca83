"""How far two points are from each other, for radii; pyproj knows it to the metre, and takes a fifth of a short command to load."""

from __future__ import annotations

import math

# The mean radius of the Earth (IUGG), in metres.
_EARTH_M = 6_371_008.8


def great_circle_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Give the distance of two points on a sphere, by the haversine formula: within 0.6 % of that on the ellipsoid.

    Parameters
    ----------
    lon, lat, other_lon, other_lat
        The two points in degrees, WGS-84.

    Returns
    -------
    float
        Metres.
    """
    north, east = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(north) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(east) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(chord))
