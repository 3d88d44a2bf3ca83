"""An extent on the ground: west, south, east, north."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A bounding box in degrees, WGS-84."""

    west: float
    south: float
    east: float
    north: float
