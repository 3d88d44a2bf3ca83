from __future__ import annotations

import json

import pytest
import shapely

from geo.gazetteer import Gazetteer
from geo.geocode import GazetteerGeocoder, Match, Method, Miss, MissReason, geocode_places
from geo.pipeline import Atlas
from geo.schema import Basis, Datum, District, GazetteerRow, Precision
from geo.settings import PROJECT
from tests.test_gazetteer import alias, guest, known

BY_HOST = {
    "lianji-base": "杭州高新区(滨江)",
    "fullsemi-1": "杭州高新区(滨江)富阳特别合作区",
    "chint-binfu": "杭州高新区(滨江)富阳特别合作区",
    "laihe-bio": "杭州高新区(滨江)萧山特别合作园",
    "dessmann": "杭州高新区(滨江)萧山特别合作园",
    "china-vision-valley": "杭州高新区(滨江)",
    "china-data-valley": "杭州高新区(滨江)",
    "xinhuo-platform": "杭州高新区(滨江)",
    "kunpeng-centre": "杭州高新区(滨江)",
    "ai-computing-centre": "杭州高新区(滨江)",
}


def geocoder(*rows: GazetteerRow) -> GazetteerGeocoder:
    return GazetteerGeocoder(Gazetteer(rows))


def matches(atlas: Atlas) -> dict[str, Match]:
    return {id_: answer for id_, answer in atlas.answers.items() if isinstance(answer, Match)}


def test_a_name_of_the_gazetteer_is_an_exact_match() -> None:
    assert geocoder(known("某园", note="量得")).geocode(["某园"]) == [
        Match("某园", "某园", Method.EXACT, 120.1, 30.1, Precision.SITE, 50, Basis.SURVEYED, "a-source", Datum.WGS84, "量得")
    ]


def test_a_name_typed_in_another_way_is_still_exact() -> None:
    (answer,) = geocoder(known("某园(东)")).geocode(["某园（东）"])
    assert isinstance(answer, Match)
    assert (answer.query, answer.matched, answer.method) == ("某园（东）", "某园(东)", Method.EXACT)


def test_another_name_matches_by_alias() -> None:
    (answer,) = geocoder(known("某园"), alias("园", "某园")).geocode(["园"])
    assert isinstance(answer, Match)
    assert (answer.query, answer.matched, answer.method, answer.basis, answer.precision) == (
        "园",
        "某园",
        Method.ALIAS,
        Basis.SURVEYED,
        Precision.SITE,
    )


@pytest.mark.parametrize(
    ("host", "claimed"),
    [("site", Precision.AREA), ("locality", Precision.AREA), ("area", Precision.AREA), ("district", Precision.DISTRICT), ("city", Precision.CITY)],
)
def test_a_guest_never_claims_more_than_an_area(host: str, claimed: Precision) -> None:
    (answer,) = geocoder(known("某园", precision=host, uncertainty_m="700"), guest("某厂", "某园")).geocode(["某厂"])
    assert answer == Match("某厂", "某园", Method.ALIAS, 120.1, 30.1, claimed, 700, Basis.PARENT, "who-says-so", Datum.WGS84, "地块未知")


def test_misses_stay_in_order_with_their_reason() -> None:
    rows = [known("某园"), known("双园"), known("双园", admin="临平区")]
    answers = geocoder(*rows).geocode(["未知", "某园", "双园", "某园", ""])
    assert [answer if isinstance(answer, Miss) else answer.matched for answer in answers] == [
        Miss("未知", MissReason.UNKNOWN),
        "某园",
        Miss("双园", MissReason.AMBIGUOUS),
        "某园",
        Miss("", MissReason.UNKNOWN),
    ]


def test_the_answers_stand_under_the_ids_in_table_order(atlas: Atlas) -> None:
    places = atlas.tables.places[::-1]
    answers = geocode_places(places, GazetteerGeocoder(Gazetteer(atlas.tables.gazetteer)))
    assert list(answers) == [place.id for place in places]
    assert dict(answers) == dict(atlas.answers)


def test_the_one_place_that_is_missed_is_missed(atlas: Atlas) -> None:
    assert atlas.misses == {"binxiao-small-parks": Miss("湖头陈、紫橙、蓝橙产业园", MissReason.UNKNOWN)}


def test_the_places_that_are_known_by_their_host_stand_at_their_host(atlas: Atlas) -> None:
    by_host = {id_: match for id_, match in matches(atlas).items() if match.basis is Basis.PARENT}
    assert {id_: match.matched for id_, match in by_host.items()} == BY_HOST
    parents = {place.id: place.parent_id for place in atlas.tables.places}
    for id_, match in by_host.items():
        host = atlas.answers[parents[id_] or ""]
        assert isinstance(host, Match)
        assert (match.lon, match.lat, match.uncertainty_m) == (host.lon, host.lat, host.uncertainty_m)
        assert (match.precision, match.method, match.source) == (Precision.AREA, Method.ALIAS, "report-2023")


@pytest.mark.parametrize(("id_", "lon", "lat"), [("internet-town", 120.185665, 30.192163), ("iot-town", 120.218407, 30.208687)])
def test_what_its_source_gives_in_gcj02_is_laid_out_in_wgs84(atlas: Atlas, id_: str, lon: float, lat: float) -> None:
    assert matches(atlas)[id_].datum_of_source is Datum.GCJ02
    point = atlas.layers.places.geometry[id_]
    assert (point.x, point.y) == (lon, lat)


def test_no_location_of_the_atlas_claims_to_be_a_site(atlas: Atlas) -> None:
    counts = {precision: sum(1 for match in matches(atlas).values() if match.precision is precision) for precision in Precision}
    assert counts == {Precision.SITE: 0, Precision.LOCALITY: 9, Precision.AREA: 17, Precision.DISTRICT: 2, Precision.CITY: 1}


def test_every_located_place_lies_in_its_district(atlas: Atlas) -> None:
    collection = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    outlines = {feature["properties"]["name_zh"]: shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]}
    outlines[District.HANGZHOU.value] = shapely.union_all(list(outlines.values()))
    located = matches(atlas)
    districts = {place.id: place.district.value for place in atlas.tables.places if place.id in located}
    outside = [id_ for id_, district in districts.items() if not outlines[district].contains(shapely.Point(located[id_].lon, located[id_].lat))]
    assert len(districts) == 29
    assert outside == []


def test_every_location_is_in_hangzhou_and_none_at_zero(atlas: Atlas) -> None:
    points = [(match.lon, match.lat) for match in matches(atlas).values()]
    assert len(points) == 29
    assert [point for point in points if not (118.3 < point[0] < 120.8 and 29.1 < point[1] < 30.6)] == []


def test_every_radius_is_stated_and_those_of_areas_hold_more_than_a_point(atlas: Atlas) -> None:
    radii = {id_: match.uncertainty_m for id_, match in matches(atlas).items()}
    assert min(radii.values()) == 700
    assert [id_ for id_, match in matches(atlas).items() if match.precision is Precision.AREA and radii[id_] < 1500] == []
