"""Distances of the geocoder beside those of pyproj on the ellipsoid."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from geo.geocode.distance import great_circle_m

LON, LAT = st.floats(-179, 179), st.floats(-85, 85)


@given(LON, LAT, LON, LAT)
def test_a_distance_is_within_six_thousandths_of_that_on_the_ellipsoid(lon: float, lat: float, other_lon: float, other_lat: float) -> None:
    *_, metres = Geod(ellps="WGS84").inv(lon, lat, other_lon, other_lat)
    # Points on the other side of the Earth have no one way between them.
    assume(1 < metres < 15_000_000)
    assert great_circle_m(lon, lat, other_lon, other_lat) == pytest.approx(metres, rel=0.006)
