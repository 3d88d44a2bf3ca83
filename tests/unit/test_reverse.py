"""From points to what lies around them, on the real tables and outlines, against formulas and searches of their own."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.draw.basemap import read_outline
from geo.errors import GeoError, PointError
from geo.geocode.answers import Division, Level
from geo.geocode.gazetteer import Feature, Gazetteer
from geo.geocode.reverse import Near, ReverseGeocoder, Surroundings
from geo.settings import PROJECT
from geo.tables.reading import read_tables
from tests.known import DATA
from tests.unit.test_gazetteer import HANGZHOU, POINT, WENYAN, division, gazetteer_of, guest, known

TABLES = read_tables(DATA)
GAZETTEER = Gazetteer(TABLES)
DISTRICTS = read_outline(PROJECT / "data").districts["features"]
OUTLINES = {one["properties"]["name_zh"]: shapely.geometry.shape(one["geometry"]) for one in DISTRICTS}
GEOCODER = ReverseGeocoder(GAZETTEER, DISTRICTS)
TOWNSHIPS = [feature for feature in GAZETTEER.by_code.values() if feature.level is Level.TOWNSHIP and not feature.is_by_host]
LANDMARKS = [one for one in GAZETTEER.named if not one.is_by_host and len(one.divisions) > 1]
PLACES = [feature for feature in GAZETTEER.places if not feature.is_by_host]


def haversine_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres on a sphere of the mean radius: within 0.5 % of the ellipsoid."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def to(feature: Feature, lon: float, lat: float) -> float:
    return haversine_m(lon, lat, feature.location.lon, feature.location.lat)


def square(name: str, code: str, west: float, east: float) -> dict[str, object]:
    ring = [[west, 30.0], [east, 30.0], [east, 30.4], [west, 30.4], [west, 30.0]]
    return {"properties": {"code": code, "name_zh": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.mark.parametrize(
    ("lon", "lat", "district", "township", "place"),
    [
        # Widely known spots: 阿里巴巴滨江园区, 白马湖, 梦想小镇, the towns of 淳安 and 桐庐 (whose own seats are in no source), 萧山 and 建德.
        (120.18566, 30.19216, "滨江区", "长河街道", "互联网小镇"),
        (120.20592, 30.16332, "滨江区", "长河街道", "白马湖"),
        (120.0020, 30.2930, "余杭区", "仓前街道", "未来科技城"),
        (119.0370, 29.6080, "淳安县", None, "桐庐经开区"),
        (119.6850, 29.7980, "桐庐县", None, "桐庐经开区"),
        (120.2640, 30.1830, "萧山区", None, None),
        (119.2810, 29.4740, "建德市", None, None),
    ],
)
def test_known_points(lon: float, lat: float, district: str, township: str | None, place: str | None) -> None:
    around = GEOCODER.reverse(lon, lat)
    assert (around.lon, around.lat) == (lon, lat)
    assert around.district is not None and around.district.name == district
    if township is not None:
        assert around.township is not None and around.township.name == township
    if place is not None:
        assert around.place is not None and around.place.name == place


def test_a_point_of_a_place_is_no_metre_away_from_it() -> None:
    around = GEOCODER.reverse(120.20592, 30.16332)
    assert around.district == Division("330108", "滨江区")
    assert around.place == Near("白马湖", (Division("330100", "杭州市"), Division("330108", "滨江区")), 0, 700)


@pytest.mark.parametrize("name", OUTLINES)
def test_a_point_within_the_outline_of_a_district_lies_in_it(name: str) -> None:
    inside = OUTLINES[name].representative_point()
    around = GEOCODER.reverse(inside.x, inside.y)
    (row,) = (row for row in TABLES.divisions if row.name == name)
    assert around.district == Division(row.code, name)
    assert around.township is not None
    assert around.place is not None


@pytest.mark.parametrize(
    ("lon", "lat"), [(121.4737, 31.2304), (121.55, 29.87), (0.0, 0.0), (180.0, 90.0), (-180.0, -90.0), (30.2, 120.2 - 90), (120.6, 30.0)]
)
def test_a_point_elsewhere_has_nothing_around_it(lon: float, lat: float) -> None:
    assert GEOCODER.reverse(lon, lat) == Surroundings(lon, lat, None, None, None, None)


@pytest.mark.parametrize(
    ("lon", "lat"), [(math.nan, 30.2), (120.2, math.nan), (math.inf, 30.2), (120.2, -math.inf), (180.1, 0.0), (30.2, 120.2), (0.0, -90.5)]
)
def test_what_is_no_point_on_earth_is_refused_with_its_values(lon: float, lat: float) -> None:
    with pytest.raises(PointError) as caught:
        GEOCODER.reverse(lon, lat)
    assert isinstance(caught.value, GeoError)
    assert str(caught.value) == f"lon={lon:g}, lat={lat:g}: expected lon -180 to 180 and lat -90 to 90"


@settings(max_examples=300)
@given(st.floats(118.3, 120.75), st.floats(29.15, 30.6))
def test_the_nearest_is_really_the_nearest_and_as_far_as_it_says(lon: float, lat: float) -> None:
    around = GEOCODER.reverse(lon, lat)
    covering = [name for name, outline in OUTLINES.items() if outline.covers(shapely.Point(lon, lat))]
    assert (around.district.name if around.district else None) in (covering or [None])
    if around.district is None:
        assert (around.township, around.place, around.landmark) == (None, None, None)
        return
    for near, features in ((around.township, TOWNSHIPS), (around.place, PLACES), (around.landmark, LANDMARKS)):
        assert near is not None
        (feature,) = (one for one in features if one.name == near.name and one.divisions == near.divisions)
        metres = to(feature, lon, lat)
        assert near.distance_m == pytest.approx(metres, rel=0.005, abs=1)
        # What the sphere calls nearer is so by less than its error.
        assert metres <= 1.01 * min(to(one, lon, lat) for one in features)
        assert near.uncertainty_m == feature.location.uncertainty_m


def test_places_known_by_their_host_and_townships_without_a_point_are_no_neighbours() -> None:
    rows = [known("某产业园", lon="120.3", lat="30.2"), guest("某芯片厂", "某产业园")]
    near_by = division(WENYAN | {"code": "330109013", "name": "北街道", "name_en": "Bei Subdistrict"}, **POINT)
    gazetteer = gazetteer_of(*rows, divisions=[*HANGZHOU, division(WENYAN), near_by])
    around = ReverseGeocoder(gazetteer, [square("滨江区", "330108", 120.0, 120.4)]).reverse(120.3, 30.2)
    assert around.place == Near("某产业园", (Division("330100", "杭州市"), Division("330108", "滨江区")), 0, 50)
    assert around.township is not None
    assert (around.township.name, around.township.uncertainty_m) == ("北街道", 6800)


def test_without_places_there_is_none_near() -> None:
    around = ReverseGeocoder(gazetteer_of(), [square("滨江区", "330108", 120.0, 120.4)]).reverse(120.2, 30.2)
    assert around == Surroundings(120.2, 30.2, Division("330108", "滨江区"), None, None, None)


def test_on_a_border_the_first_district_of_the_list_answers() -> None:
    west, east = square("滨江区", "330108", 120.0, 120.2), square("萧山区", "330109", 120.2, 120.4)
    assert ReverseGeocoder(gazetteer_of(), [west, east]).reverse(120.2, 30.2).district == Division("330108", "滨江区")
    assert ReverseGeocoder(gazetteer_of(), [east, west]).reverse(120.2, 30.2).district == Division("330109", "萧山区")


def test_the_outlines_and_the_divisions_agree_on_codes_and_names() -> None:
    rows = {row.code: row.name for row in TABLES.divisions if row.level.value == "district"}
    assert {one["properties"]["code"]: one["properties"]["name_zh"] for one in DISTRICTS} == rows
