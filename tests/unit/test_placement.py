from __future__ import annotations

from itertools import combinations
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.bbox import Box
from geo.draw.marks import Mark, plain_look
from geo.draw.placement import Cover, Rectangle, fit, place_marks

sides = st.floats(-300, 900, allow_nan=False).map(lambda value: round(value, 1)) | st.sampled_from([0.0, 24.0, 48.0, -24.0])


@st.composite
def rectangles(draw: st.DrawFn) -> Rectangle:
    left, top = draw(sides), draw(sides)
    return left, top, left + draw(st.floats(0, 200)), top + draw(st.floats(0, 60))


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(st.lists(rectangles(), max_size=20), rectangles())
def test_a_rectangle_is_free_when_none_that_is_covered_overlaps_it(covered: list[Rectangle], box: Rectangle) -> None:
    assert Cover(covered).leaves_free(box) == (not any(overlap(box, other) for other in covered))


def guests(count: int) -> list[Mark]:
    host = Mark("host", None, "zone", "east", 120.2, 30.2, "host", plain_look("zone"))
    return [host, *(Mark(f"guest-{number}", "host", "guest", "east", 120.2, 30.2, "", plain_look("guest")) for number in range(count))]


def test_many_symbols_around_one_point_find_spots_of_their_own_as_long_as_there_are_any() -> None:
    placed = place_marks(fit(Box(119.7, 29.8, 120.6, 30.5), 0, 0, 1400, 990), guests(500))
    size = plain_look("guest").radius
    boxes = [(x - size, y - size, x + size, y + size) for id_, (x, y) in placed.spots.items() if id_ != "host"]
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("count", [200, 2000, 20_000])
def test_what_is_looked_at_grows_with_the_symbols_and_not_with_their_square(count: int) -> None:
    with patch.object(Cover, "leaves_free", autospec=True, side_effect=Cover.leaves_free) as looked:
        place_marks(fit(Box(119.7, 29.8, 120.6, 30.5), 0, 0, 1400, 990), guests(count))
    assert looked.call_count < 10_000 + 10 * count
