"""Which geometry touches a box, answered without looking at all of it."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.ground.bbox import Box

# Rows of a table by their number, ascending.
Positions: TypeAlias = NDArray[np.intp]


class SpatialIndex(NamedTuple):
    """An index of the geometry of a table.

    Attributes
    ----------
    find
        Gives the rows that touch one of several boxes, edges included.
    missing
        The rows without geometry, which ``find`` never gives.
    """

    find: Callable[[Sequence[Box]], Positions]
    missing: Positions


def build_index(geometry: NDArray[np.object_]) -> SpatialIndex:
    """Index geometry, some of it missing; boxes are in its own coordinates, x before y."""
    missing = np.asarray(shapely.is_missing(geometry))
    present = np.flatnonzero(~missing)
    has_points_only = bool((shapely.get_type_id(geometry[present]) == shapely.GeometryType.POINT).all())
    find = _find_points(geometry, present) if has_points_only else _find_shapes(geometry)
    return SpatialIndex(find, np.flatnonzero(missing))


def _find_points(geometry: NDArray[np.object_], present: Positions) -> Callable[[Sequence[Box]], Positions]:
    """Sort points by x, so that of a box only a strip is looked at.

    Nothing here lets the other threads run before it is done, as a tree of shapely and numpy's searches and sorting do, however little there is to
    search: each time is waited for again, and with eight clients that takes longer than all of the rest.
    """
    x, y = shapely.get_coordinates(geometry[present]).T
    order = np.argsort(x, kind="stable")
    xs, y, positions = array("d", x[order]), y[order], present[order]

    def find_one(box: Box) -> Positions:
        strip = slice(bisect_left(xs, box.west), bisect_right(xs, box.east))
        within: Positions = positions[strip][(y[strip] >= box.south) & (y[strip] <= box.north)]
        return within

    return lambda boxes: _united([find_one(box) for box in boxes], len(geometry))


def _find_shapes(geometry: NDArray[np.object_]) -> Callable[[Sequence[Box]], Positions]:
    tree = shapely.STRtree(geometry)
    return lambda boxes: _united([tree.query(shapely.box(*box), predicate="intersects") for box in boxes], len(geometry))


def _united(found: Sequence[Positions], count: int) -> Positions:
    is_found = np.zeros(count, dtype=bool)
    for positions in found:
        is_found[positions] = True
    return np.flatnonzero(is_found)
