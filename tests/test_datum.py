from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.datum import Degrees, bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, to_wgs84, wgs84_to_gcj02
from geo.errors import DatumError
from geo.schema import Datum

Conversion = Callable[[float, float], tuple[Degrees, Degrees]]

WGS84 = Geod(ellps="WGS84")
MILLIMETRE = 0.001
# The box of the formula ends at 72.004, 137.8347 E and 0.8293, 55.8271 N; the offset is below 0.02 degrees, so that both datums lie inside here.
CHINA = (st.floats(72.05, 137.75), st.floats(0.9, 55.75))
ZHEJIANG = (st.floats(118.3, 122.95), st.floats(27.2, 31.18))
EARTH = (st.floats(-180, 180), st.floats(-90, 90))
CONVERSIONS = (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02)


def metres_between(one: tuple[Degrees, Degrees], other: tuple[float, float]) -> float:
    return float(WGS84.inv(float(one[0]), float(one[1]), *other)[2])


@given(*CHINA)
def test_gcj02_goes_there_and_back_within_a_millimetre_in_china(lon: float, lat: float) -> None:
    assert metres_between(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*ZHEJIANG)
def test_gcj02_goes_back_and_there_within_a_millimetre_in_zhejiang(lon: float, lat: float) -> None:
    assert metres_between(wgs84_to_gcj02(*gcj02_to_wgs84(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*CHINA)
def test_bd09_goes_there_and_back_within_a_millimetre_in_china(lon: float, lat: float) -> None:
    assert metres_between(bd09_to_gcj02(*gcj02_to_bd09(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*ZHEJIANG)
def test_wgs84_comes_back_from_bd09_within_a_millimetre_in_zhejiang(lon: float, lat: float) -> None:
    assert metres_between(to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)), Datum.BD09), (lon, lat)) < MILLIMETRE


@given(*ZHEJIANG)
def test_gcj02_is_450_to_620_metres_away_in_zhejiang(lon: float, lat: float) -> None:
    assert 450 < metres_between(wgs84_to_gcj02(lon, lat), (lon, lat)) < 620


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # The examples that go with eviltransform, in Shanghai, Shenzhen and Beijing.
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_the_forward_formula_is_the_one_in_public_use(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert metres_between(wgs84_to_gcj02(*wgs84), gcj02) < MILLIMETRE


@pytest.mark.parametrize(
    ("datum", "given_point", "wgs84"),
    [
        # 互联网小镇 as Tencent gives it.
        (Datum.GCJ02, (120.190262, 30.189772), (120.18566, 30.19216)),
        # 物联网小镇.
        (Datum.GCJ02, (120.222922, 30.206247), (120.218407, 30.208687)),
        (Datum.WGS84, (120.02, 30.018), (120.02, 30.018)),
    ],
)
def test_known_points_are_met_within_a_metre(datum: Datum, given_point: tuple[float, float], wgs84: tuple[float, float]) -> None:
    assert metres_between(to_wgs84(*given_point, datum), wgs84) < 1


def test_bd09_is_taken_for_bd09_and_not_for_gcj02() -> None:
    # The same digits in the two datums lie several hundred metres apart.
    as_bd09 = to_wgs84(120.2, 30.2, Datum.BD09)
    as_gcj02 = to_wgs84(120.2, 30.2, Datum.GCJ02)
    assert 800 < metres_between(as_bd09, (float(as_gcj02[0]), float(as_gcj02[1]))) < 1000


@pytest.mark.parametrize(
    ("lon", "lat"), [(-0.1276, 51.5072), (0.0, 0.0), (120.2, -30.2), (138.0, 30.0), (120.0, 56.0), (180.0, 90.0), (-180.0, -90.0)]
)
@pytest.mark.parametrize("conversion", [wgs84_to_gcj02, gcj02_to_wgs84])
def test_outside_china_gcj02_is_wgs84(conversion: Conversion, lon: float, lat: float) -> None:
    there = conversion(lon, lat)
    assert (float(there[0]), float(there[1])) == (lon, lat)


@given(*EARTH)
def test_every_point_on_earth_converts_to_a_point_on_earth(lon: float, lat: float) -> None:
    for datum in Datum:
        there_lon, there_lat = to_wgs84(lon, lat, datum)
        assert abs(there_lon) <= 180 and abs(there_lat) <= 90


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize(
    ("lon", "lat", "shown"),
    [
        (180.5, 30.0, "lon 180.5, lat 30.0"),
        (-181.0, 30.0, "lon -181.0, lat 30.0"),
        (120.0, 90.1, "lon 120.0, lat 90.1"),
        (30.0, 120.0, "lon 30.0, lat 120.0"),
        (float("nan"), 30.0, "lon nan, lat 30.0"),
        (120.0, float("inf"), "lon 120.0, lat inf"),
    ],
)
def test_a_coordinate_that_is_not_on_earth_is_named(conversion: Conversion, lon: float, lat: float, shown: str) -> None:
    with pytest.raises(DatumError) as caught:
        conversion(lon, lat)
    assert str(caught.value) == f"{shown}: expected degrees, lon -180 to 180, lat -90 to 90"


def test_the_bad_coordinate_among_good_ones_is_named() -> None:
    with pytest.raises(DatumError, match=r"^lon 200\.0, lat 31\.0: expected degrees"):
        to_wgs84([120.0, 200.0], [30.0, 31.0], Datum.WGS84)


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_a_vector_converts_as_its_points_do(conversion: Callable[[list[float], list[float]], tuple[Degrees, Degrees]]) -> None:
    lons, lats = [120.1, 120.2, -0.1, 104.0], [30.1, 30.2, 51.5, 30.6]
    there_lons, there_lats = conversion(lons, lats)
    assert there_lons.shape == there_lats.shape == (4,)
    for number, (lon, lat) in enumerate(zip(lons, lats, strict=True)):
        one_lon, one_lat = conversion([lon], [lat])
        # The iteration stops when the slowest point has converged, within a micrometre.
        assert there_lons[number] == pytest.approx(one_lon[0], abs=1e-10)
        assert there_lats[number] == pytest.approx(one_lat[0], abs=1e-10)


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_longitudes_and_latitudes_broadcast(conversion: Callable[[object, object], tuple[Degrees, Degrees]]) -> None:
    lons, lats = conversion(np.array([[120.0], [120.5], [121.0]]), np.array([30.0, 30.5]))
    assert lons.shape == lats.shape == (3, 2)
    lon, lat = conversion(120.5, 30.5)
    assert (lons[1, 1], lats[1, 1]) == (pytest.approx(lon, abs=1e-10), pytest.approx(lat, abs=1e-10))


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_no_points_convert_to_no_points(conversion: Callable[[list[float], list[float]], tuple[Degrees, Degrees]]) -> None:
    lons, lats = conversion([], [])
    assert (lons.shape, lats.shape) == ((0,), (0,))


def test_the_input_stays_as_it_is() -> None:
    lons, lats = np.array([120.1, 120.2]), np.array([30.1, 30.2])
    to_wgs84(lons, lats, Datum.BD09)
    assert (lons.tolist(), lats.tolist()) == ([120.1, 120.2], [30.1, 30.2])
