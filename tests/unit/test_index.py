"""A box is answered from an index as it is by looking at every geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.errors import BadParameterError
from geo.ground.bbox import Box, parse_bbox
from geo.layers.index import build_index

# Few values, so that points lie on edges of boxes and on each other.
numbers = st.integers(0, 6).map(float)
points = st.tuples(numbers, numbers).map(shapely.Point)
lines = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=4, unique=True).map(shapely.LineString)
boxes = st.tuples(numbers, numbers, numbers, numbers).map(lambda edges: Box(*map(min, edges[:2], edges[2:]), *map(max, edges[:2], edges[2:])))


def array_of(geometry: list[shapely.Geometry | None]) -> NDArray[np.object_]:
    array = np.empty(len(geometry), dtype=object)
    array[:] = geometry
    return array


@given(st.one_of(st.lists(st.none() | points), st.lists(st.none() | points | lines)), st.lists(boxes, min_size=1, max_size=2))
def test_what_touches_one_of_the_boxes_is_found_once_and_in_order(geometry: list[shapely.Geometry | None], wanted: list[Box]) -> None:
    index = build_index(array_of(geometry))
    touching = [row for row, one in enumerate(geometry) if one is not None and any(shapely.box(*box).intersects(one) for box in wanted)]
    assert index.find(wanted).tolist() == touching
    assert index.missing.tolist() == [row for row, one in enumerate(geometry) if one is None]


def test_an_index_of_nothing_finds_nothing() -> None:
    assert build_index(array_of([])).find([Box(-180, -90, 180, 90)]).tolist() == []
    assert build_index(array_of([None])).find([Box(-180, -90, 180, 90)]).tolist() == []


def test_a_box_is_read_in_the_order_of_its_edges() -> None:
    assert parse_bbox("120.1,-30,+120.3,30.3") == Box(west=120.1, south=-30, east=120.3, north=30.3)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "1,2,3,nan", "1, 2,3,4", "3,2,1,4", "1,4,3,2", "0,0,181,1", "0,-91,1,1"])
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(BadParameterError, match=r"^bbox="):
        parse_bbox(text)
