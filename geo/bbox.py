"""An extent on the ground: west, south, east, north."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from geo.errors import BadParameterError

# The mean radius of the Earth (IUGG), in metres.
EARTH_M = 6_371_008.8
_DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,15})?", re.ASCII)


class Box(NamedTuple):
    """A bounding box, in degrees WGS-84 where nothing else is said."""

    west: float
    south: float
    east: float
    north: float

    @property
    def is_upside_down(self) -> bool:
        """Whether its south lies north of its north."""
        return self.south > self.north

    @property
    def is_reversed(self) -> bool:
        """Whether its west lies east of its east: in degrees, it may cross the antimeridian."""
        return self.west > self.east

    @property
    def is_on_earth(self) -> bool:
        """Whether its edges are degrees of longitude and latitude."""
        return all(-180 <= lon <= 180 for lon in (self.west, self.east)) and all(-90 <= lat <= 90 for lat in (self.south, self.north))


def great_circle_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Give the distance of two points in degrees, WGS-84, in metres: on a sphere, by the haversine formula, within 0.6 % of the ellipsoid.

    Where a millimetre matters there is pyproj, whose loading takes a fifth of a short command.
    """
    north, east = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = math.sin(north) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(east) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(chord))


def parse_bbox(text: str) -> Box:
    """Read a bounding box that does not cross the antimeridian: west, south, east, north in degrees.

    Raises
    ------
    BadParameterError
        If it is none.
    """
    parts = text.split(",")
    if len(parts) != 4 or not all(map(_DEGREES.fullmatch, parts)):
        raise BadParameterError("bbox", text, "west,south,east,north in degrees, WGS-84, such as 120.1,30.1,120.3,30.3")
    box = Box(*map(float, parts))
    if box.is_reversed or box.is_upside_down:
        raise BadParameterError("bbox", text, "west before east and south before north: the box looks reversed")
    if not box.is_on_earth:
        raise BadParameterError("bbox", text, "lon -180 to 180, lat -90 to 90")
    return box
