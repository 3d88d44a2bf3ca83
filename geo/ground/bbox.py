"""An extent on the ground: west, south, east, north."""

from __future__ import annotations

import re
from typing import NamedTuple

from geo.errors import BadParameterError

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
