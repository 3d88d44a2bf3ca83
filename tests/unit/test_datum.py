from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import DatumError
from geo.ground.datum import Datum, Degrees, bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, is_in_mainland, to_wgs84, wgs84_to_gcj02

Conversion = Callable[[float, float], tuple[Degrees, Degrees]]

WGS84 = Geod(ellps="WGS84")
MILLIMETRE = 0.001
# About two fifths of this box are the mainland.
CHINA = (st.floats(73.4, 134.9), st.floats(15.5, 53.7))
ZHEJIANG = (st.floats(118.3, 122.95), st.floats(27.2, 31.18))
EARTH = (st.floats(-180, 180), st.floats(-90, 90))
OUTLINE = files("geo.ground.datum") / "mainland.wkb"
MAINLAND = {
    "Hangzhou": (120.2, 30.2),
    "Beijing": (116.39, 39.91),
    "Futian, Shenzhen": (114.055, 22.54),
    "Luohu port, on the Shenzhen River": (114.1135, 22.5335),
    "Huanggang port, on the Shenzhen River": (114.072, 22.519),
    "Shatoujiao": (114.235, 22.553),
    "Shekou": (113.91, 22.48),
    "Neilingding, an island between Shenzhen and Hong Kong": (113.80, 22.41),
    "Guishan, an island between Hong Kong and Macau": (113.825, 22.14),
    "Wailingding, an island south of Hong Kong": (114.035, 22.105),
    "Gongbei, Zhuhai, at the gate of Macau": (113.547, 22.2195),
    "Wanzai, Zhuhai, opposite Macau": (113.529, 22.195),
    "Hengqin, Zhuhai": (113.53, 22.14),
    "Haikou": (110.33, 20.03),
    "Sanya, Hainan": (109.5, 18.25),
    "the Qiongzhou Strait": (110.2, 20.15),
    "Yongxing, Xisha": (112.335, 16.834),
    "Zhoushan": (122.1, 30.0),
    "Dongji, the easternmost of Zhoushan": (122.69, 30.19),
    "Huaniao, Shengsi": (122.67, 30.86),
    "Nanji, off Wenzhou": (121.08, 27.46),
    "Xiamen": (118.08, 24.45),
    "Dadeng, opposite Kinmen": (118.32, 24.56),
    "Pingtan": (119.79, 25.5),
    "the Changshan islands": (120.73, 37.92),
    "the Bohai Sea": (119.5, 38.8),
    "Dandong, on the Yalu": (124.385, 40.125),
    "Hunchun": (130.366, 42.863),
    "Fuyuan": (134.3, 48.36),
    "the eastern end, whose coordinate lies further east than any of the mainland": (134.772, 47.74),
    "Heihe, on the Amur": (127.50, 50.245),
    "Mohe": (122.54, 52.97),
    "Manzhouli": (117.44, 49.59),
    "Erenhot": (111.98, 43.65),
    "Khorgos": (80.41, 44.21),
    "Kashgar": (75.99, 39.47),
    "Tashkurgan": (75.23, 37.77),
    "Lhasa": (91.12, 29.65),
    "Zhangmu": (85.98, 27.99),
    "Yadong, between Sikkim and Bhutan": (88.91, 27.48),
    "Medog": (95.33, 29.33),
    "Ruili": (97.85, 24.01),
    "Dongxing": (107.97, 21.545),
}
OUTSIDE = {
    "Central, Hong Kong": (114.158, 22.281),
    "Lo Wu, Hong Kong": (114.113, 22.527),
    "Sheung Shui, Hong Kong": (114.128, 22.502),
    "Sha Tau Kok, Hong Kong": (114.222, 22.542),
    "Tung Ping Chau, Hong Kong": (114.433, 22.543),
    "the airport of Hong Kong": (113.93, 22.31),
    "Senado, Macau": (113.5397, 22.1936),
    "Taipa, Macau": (113.556, 22.155),
    "Coloane, Macau": (113.56, 22.125),
    "Taipei": (121.56, 25.04),
    "Penghu": (119.57, 23.57),
    "Kinmen, opposite Xiamen": (118.32, 24.43),
    "Nangan, Matsu": (119.94, 26.155),
    "Dongyin, Matsu": (120.49, 26.367),
    "Wuqiu": (119.45, 24.995),
    "Pratas": (116.72, 20.70),
    "Thimphu": (89.64, 27.47),
    "Gasa, Bhutan": (89.73, 27.90),
    "Trashigang, Bhutan": (91.554, 27.333),
    "Kathmandu": (85.32, 27.71),
    "Namche, Nepal": (86.71, 27.80),
    "Kodari, Nepal, opposite Zhangmu": (85.945, 27.97),
    "Gangtok": (88.61, 27.33),
    "Leh": (77.58, 34.16),
    "Sost, Pakistan": (74.88, 36.69),
    "Murghab, Tajikistan": (73.97, 38.17),
    "Bishkek": (74.6, 42.87),
    "Zharkent, Kazakhstan": (80.0, 44.17),
    "Almaty": (76.93, 43.25),
    "Ulaanbaatar": (106.92, 47.92),
    "Zamyn-Uud, Mongolia": (111.905, 43.713),
    "Zabaykalsk, opposite Manzhouli": (117.327, 49.65),
    "Blagoveshchensk, opposite Heihe": (127.53, 50.265),
    "Khabarovsk": (135.07, 48.48),
    "Vladivostok": (131.89, 43.12),
    "Sinuiju, opposite Dandong": (124.40, 40.098),
    "Seoul": (126.98, 37.57),
    "Jeju": (126.5, 33.5),
    "Naha": (127.68, 26.21),
    "Hanoi": (105.85, 21.03),
    "Mong Cai, opposite Dongxing": (107.968, 21.525),
    "Lao Cai": (103.975, 22.485),
    "Boten, Laos": (101.68, 21.16),
    "Muse, opposite Ruili": (97.90, 23.99),
    "Manila": (120.98, 14.6),
    "Thitu, Spratly": (114.28, 11.05),
    "the sea between Zhoushan and Kyushu": (125.5, 31.5),
}
CONVERSIONS = (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02)


def metres_between(one: tuple[Degrees, Degrees], other: tuple[float, float]) -> float:
    return float(WGS84.inv(float(one[0]), float(one[1]), *other)[2])


@pytest.mark.parametrize(("lon", "lat"), MAINLAND.values(), ids=MAINLAND)
def test_the_offset_applies_in_the_mainland(lon: float, lat: float) -> None:
    assert is_in_mainland(lon, lat)
    # It is 18 to 702 m, and small in none of these places.
    assert 200 < metres_between(wgs84_to_gcj02(lon, lat), (lon, lat)) < 702
    assert metres_between(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), (lon, lat)) < MILLIMETRE


@pytest.mark.parametrize(("lon", "lat"), OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("conversion", [wgs84_to_gcj02, gcj02_to_wgs84])
def test_outside_the_mainland_gcj02_is_wgs84(conversion: Conversion, lon: float, lat: float) -> None:
    assert not is_in_mainland(lon, lat)
    there = conversion(lon, lat)
    assert (float(there[0]), float(there[1])) == (lon, lat)


@given(*CHINA)
def test_gcj02_goes_there_and_back_within_a_millimetre_in_the_mainland(lon: float, lat: float) -> None:
    assume(is_in_mainland(lon, lat))
    assert metres_between(gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*CHINA)
def test_outside_the_mainland_a_point_stays_unless_it_is_the_image_of_one_inside(lon: float, lat: float) -> None:
    assume(not is_in_mainland(lon, lat))
    there = wgs84_to_gcj02(lon, lat)
    assert (float(there[0]), float(there[1])) == (lon, lat)
    back = gcj02_to_wgs84(lon, lat)
    if (float(back[0]), float(back[1])) != (lon, lat):
        assert is_in_mainland(*back)
        assert metres_between(wgs84_to_gcj02(*back), (lon, lat)) < MILLIMETRE


@pytest.mark.parametrize(
    ("mainland", "gcj02", "outside"),
    [
        # Luohu port, its coordinate, which is on the other bank of the Shenzhen River, and Lo Wu, which is no place's coordinate but its own.
        ((114.1135, 22.5335), (114.118607, 22.530813), (114.113, 22.527)),
        # Wanzai in Zhuhai, its coordinate, which is in Macau, and Senado in Macau.
        ((113.529, 22.195), (113.534147, 22.192099), (113.5397, 22.1936)),
    ],
    ids=["Shenzhen River", "Inner Harbour of Macau"],
)
def test_a_coordinate_that_two_places_share_is_the_one_in_the_mainland(
    mainland: tuple[float, float], gcj02: tuple[float, float], outside: tuple[float, float]
) -> None:
    # The coordinate is written with six decimals, which is a decimetre.
    assert metres_between(wgs84_to_gcj02(*mainland), gcj02) < 0.2
    assert metres_between(gcj02_to_wgs84(*gcj02), mainland) < 0.2
    # The place outside with the same digits keeps them one way only; the next one keeps them both ways.
    assert tuple(map(float, wgs84_to_gcj02(*gcj02))) == gcj02
    assert tuple(map(float, wgs84_to_gcj02(*outside))) == tuple(map(float, gcj02_to_wgs84(*outside))) == outside


@pytest.mark.parametrize(
    ("gcj02", "undone"),
    [
        # The waters of Shenzhen just east of those of Hong Kong, and the waters of Zhuhai just east of those of Macau.
        ((114.505, 22.3), (114.500311, 22.302843)),
        ((113.633, 22.15), (113.627980, 22.152967)),
    ],
    ids=["Hong Kong", "Macau"],
)
def test_a_coordinate_that_no_place_has_gets_the_offset_undone(gcj02: tuple[float, float], undone: tuple[float, float]) -> None:
    assert is_in_mainland(*gcj02)
    assert not is_in_mainland(*undone)
    assert metres_between(gcj02_to_wgs84(*gcj02), undone) < 0.2


@given(*ZHEJIANG)
def test_gcj02_goes_back_and_there_within_a_millimetre_in_zhejiang(lon: float, lat: float) -> None:
    assert metres_between(wgs84_to_gcj02(*gcj02_to_wgs84(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*CHINA)
def test_bd09_goes_there_and_back_within_a_millimetre_in_china(lon: float, lat: float) -> None:
    assert metres_between(bd09_to_gcj02(*gcj02_to_bd09(lon, lat)), (lon, lat)) < MILLIMETRE


@given(*ZHEJIANG)
def test_wgs84_comes_back_from_bd09_within_a_millimetre_in_zhejiang(lon: float, lat: float) -> None:
    assume(is_in_mainland(lon, lat))
    assert metres_between(to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)), Datum.BD09), (lon, lat)) < MILLIMETRE


@given(*ZHEJIANG)
def test_gcj02_is_450_to_620_metres_away_in_zhejiang(lon: float, lat: float) -> None:
    assume(is_in_mainland(lon, lat))
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


@pytest.mark.skipif(sys.platform == "win32", reason="geocoordinates-rs has no wheel for Windows")
def test_ten_thousand_points_of_the_mainland_agree_with_an_independent_implementation() -> None:
    import geocoordinates_ffi as other

    random = np.random.default_rng(2)
    lons, lats = random.uniform(73.4, 134.9, 40_000), random.uniform(15.5, 53.7, 40_000)
    inside = is_in_mainland(lons, lats)
    lons, lats = lons[inside][:10_000], lats[inside][:10_000]
    assert lons.size == 10_000

    there = [other.wgs84_to_gcj02(other.Wgs84(lon=lon, lat=lat)) for lon, lat in zip(lons.tolist(), lats.tolist(), strict=True)]
    back = [other.gcj02_to_wgs84_refined(point) for point in there]
    there_lons, there_lats = np.array([(point.lon, point.lat) for point in there]).T
    back_lons, back_lats = np.array([(point.lon, point.lat) for point in back]).T
    assert WGS84.inv(*wgs84_to_gcj02(lons, lats), there_lons, there_lats)[2].max() < MILLIMETRE
    assert WGS84.inv(*gcj02_to_wgs84(there_lons, there_lats), back_lons, back_lats)[2].max() < MILLIMETRE
    assert WGS84.inv(*gcj02_to_wgs84(*wgs84_to_gcj02(lons, lats)), lons, lats)[2].max() < MILLIMETRE


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
def test_far_from_china_gcj02_is_wgs84(conversion: Conversion, lon: float, lat: float) -> None:
    there = conversion(lon, lat)
    assert (float(there[0]), float(there[1])) == (lon, lat)


@given(*EARTH)
def test_every_point_on_earth_converts_to_a_point_on_earth(lon: float, lat: float) -> None:
    for datum in Datum:
        there_lon, there_lat = to_wgs84(lon, lat, datum)
        assert abs(there_lon) <= 180 and abs(there_lat) <= 90


@pytest.mark.parametrize("conversion", [*CONVERSIONS, is_in_mainland])
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
        # Each point has its own iteration: only the last bits may differ, as numpy may compute several points with other instructions than one.
        assert there_lons[number] == pytest.approx(one_lon[0], abs=1e-13)
        assert there_lats[number] == pytest.approx(one_lat[0], abs=1e-13)


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_longitudes_and_latitudes_broadcast(conversion: Callable[[object, object], tuple[Degrees, Degrees]]) -> None:
    lons, lats = conversion(np.array([[120.0], [120.5], [121.0]]), np.array([30.0, 30.5]))
    assert lons.shape == lats.shape == (3, 2)
    lon, lat = conversion(120.5, 30.5)
    assert (lons[1, 1], lats[1, 1]) == (pytest.approx(lon, abs=1e-13), pytest.approx(lat, abs=1e-13))


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_no_points_convert_to_no_points(conversion: Callable[[list[float], list[float]], tuple[Degrees, Degrees]]) -> None:
    lons, lats = conversion([], [])
    assert (lons.shape, lats.shape) == ((0,), (0,))


def test_the_input_stays_as_it_is() -> None:
    lons, lats = np.array([120.1, 120.2]), np.array([30.1, 30.2])
    to_wgs84(lons, lats, Datum.BD09)
    assert (lons.tolist(), lats.tolist()) == ([120.1, 120.2], [30.1, 30.2])


def test_the_mainland_is_told_for_every_shape() -> None:
    assert is_in_mainland(120.2, 30.2).shape == ()
    # Hangzhou, the Taiwan Strait, Hubei and Hong Kong.
    assert is_in_mainland(np.array([[120.2], [114.158]]), np.array([30.2, 22.281])).tolist() == [[True, False], [True, False]]
    assert is_in_mainland([], []).shape == (0,)


def test_the_outline_is_small_valid_and_in_the_order_in_which_it_is_built() -> None:
    content = OUTLINE.read_bytes()
    assert len(content) <= 100_000
    outline = shapely.from_wkb(content)
    assert outline.is_valid
    assert shapely.to_wkb(shapely.normalize(outline), byte_order=1) == content
    # Xisha, and the mainland with holes for Hong Kong, Macau and the islands off Fujian.
    assert len(shapely.get_parts(outline)) == 2


def test_the_outline_covers_the_mainland_and_its_territorial_sea() -> None:
    outline = shapely.from_wkb(OUTLINE.read_bytes())
    area_km2 = abs(WGS84.geometry_area_perimeter(outline)[0]) / 1e6
    # Tianditu's outlines of the land measure 9.47 million; the rest is sea.
    assert area_km2 == pytest.approx(9.83e6, rel=0.005)


def test_the_outline_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_in_mainland(120.2, 30.2)

    def unread(package: str) -> None:
        raise AssertionError(f"{package} was read again")

    monkeypatch.setattr("geo.ground.datum.files", unread)
    assert is_in_mainland(120.3, 30.3)
