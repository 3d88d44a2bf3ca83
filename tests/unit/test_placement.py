from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import combinations
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.draw.marks import Look, Mark, plain_look
from geo.draw.placement import Cover, Rectangle, Symbol, _Discs, fit, place_marks, set_out
from geo.ground.bbox import Box
from geo.settings import PROJECT

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


CASES = json.loads((PROJECT / "tests" / "data" / "placement.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_symbols_are_set_out_as_the_shared_cases_say(case: dict[str, Any]) -> None:
    """The page is held to the same cases: tests/browser/test_placement.py."""
    spots, rings = set_out([Symbol(**symbol) for symbol in case["symbols"]])
    assert {id_: list(spot) for id_, spot in spots.items()} == case["spots"]
    assert [{**ring._asdict(), "guests": list(ring.guests)} for ring in rings] == case["rings"]


symbols = st.builds(
    Symbol,
    id=st.uuids().map(str),
    x=st.sampled_from([0.0, 12.5, 40.0, 300.0]),
    y=st.sampled_from([0.0, -7.25, 40.0]),
    extent=st.floats(4, 26).map(lambda value: round(value, 1)),
    host=st.sampled_from([None, None, "a", "b"]),
    reach=st.floats(-1, 64),
)


@given(st.lists(symbols, max_size=40))
def test_every_symbol_is_drawn_within_its_reach_or_counted(given_symbols: list[Symbol]) -> None:
    spots, rings = set_out(given_symbols)
    counted = [id_ for ring in rings for id_ in ring.guests]
    assert sorted([*spots, *counted]) == sorted(one.id for one in given_symbols)
    for one in given_symbols:
        if one.id in spots:
            away = math.dist(spots[one.id], (one.x, one.y))
            assert away <= max(0, one.reach)
    guests = [one for one in given_symbols if one.host is not None and one.id in spots]
    for guest in guests:
        for other in given_symbols:
            if other.id in spots and other.id != guest.id:
                assert math.dist(spots[guest.id], spots[other.id]) >= guest.extent + other.extent
    points = {(one.host, one.x, one.y) for one in given_symbols}
    assert all((ring.host, ring.x, ring.y) in points for ring in rings)


def guests(count: int, reach_m: float = 1e6) -> list[Mark]:
    host = Mark("host", None, "zone", "east", 120.2, 30.2, "host", plain_look("zone"))
    guest = Mark("", "host", "guest", "east", 120.2, 30.2, "", plain_look("guest"), reach_m=reach_m)
    return [host, *(replace(guest, id=f"guest-{number}") for number in range(count))]


def test_guests_around_one_point_find_spots_of_their_own_as_long_as_there_are_any() -> None:
    frame = fit(Box(119.7, 29.8, 120.6, 30.5), 0, 0, 1400, 990)
    size = plain_look("guest").radius
    for count in range(1, 30):
        placed = place_marks(frame, guests(count))
        assert all(math.dist(one, other) >= 2 * size for one, other in combinations([placed.spots[f"guest-{n}"] for n in range(count)], 2))
    (_, ring) = place_marks(frame, guests(500)).marks
    assert (ring.label, len(ring.guests), ring.id) == ("+500", 500, "host+")


def test_a_guest_with_a_value_is_compared_on_its_point() -> None:
    frame = fit(Box(119.7, 29.8, 120.6, 30.5), 0, 0, 1400, 990)
    host, guest = guests(1)
    placed = place_marks(frame, [host, replace(guest, look=Look("circle", 20, "measured"))])
    assert placed.spots["guest-0"] == placed.spots["host"]


@pytest.mark.parametrize("count", [200, 2000, 20_000])
def test_what_is_looked_at_grows_with_the_symbols_and_not_with_their_square(count: int) -> None:
    with patch.object(_Discs, "leaves_free", autospec=True, side_effect=_Discs.leaves_free) as looked:
        place_marks(fit(Box(119.7, 29.8, 120.6, 30.5), 0, 0, 1400, 990), guests(count))
    assert looked.call_count < 1000
