"""What every geocoder speaks: queries, answers, the second who is asked where the first does not know; and the answers to the shipped places."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
import shapely

from geo.atlas import Atlas
from geo.geocode.answers import Answer, Candidate, Division, Fallback, Level, Match, Method, Miss, MissReason, Query, geocode_places, to_document
from geo.geocode.offline import OfflineGeocoder
from geo.ground.datum import Datum
from geo.settings import PROJECT
from geo.tables.kinds import Basis, Precision

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
FOUND = Match(
    query="某园",
    name="某产业园",
    matched="某产业园",
    level=Level.PLACE,
    method=Method.FUZZY,
    score=83.3,
    runner_up=("某工业园", 66.7),
    unresolved="3 号楼",
    lon=120.1,
    lat=30.2,
    precision=Precision.LOCALITY,
    uncertainty_m=900,
    divisions=(Division("330100", "杭州市"), Division("330108", "滨江区")),
    basis=Basis.DERIVED,
    source="a-source",
    datum_of_source=Datum.GCJ02,
    note="推得",
)


class Recorded:
    """A geocoder that answers what it was given, and remembers what it was asked."""

    def __init__(self, *known: Answer) -> None:
        self.known = {answer.query: answer for answer in known}
        self.asked: list[list[Query]] = []

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        self.asked.append(list(queries))
        return [self.known.get(query.text, Miss(query.text, MissReason.UNKNOWN)) for query in queries]


def matches(atlas: Atlas) -> dict[str, Match]:
    return {id_: answer for id_, answer in atlas.answers.items() if isinstance(answer, Match)}


# --- the protocol -------------------------------------------------------------------------------------------------------------------------


def test_a_query_needs_its_text_only() -> None:
    assert Query("滨江区") == Query("滨江区", admin="", bbox=None, host="")


def test_a_match_as_a_document_says_exactly_this() -> None:
    document = to_document(FOUND)
    assert document == {
        "query": "某园",
        "status": "match",
        "name": "某产业园",
        "matched": "某产业园",
        "level": "place",
        "method": "fuzzy",
        "score": 83.3,
        "runner_up": {"name": "某工业园", "score": 66.7},
        "unresolved": "3 号楼",
        "lon": 120.1,
        "lat": 30.2,
        "precision": "locality",
        "uncertainty_m": 900,
        "divisions": [{"code": "330100", "name": "杭州市"}, {"code": "330108", "name": "滨江区"}],
        "basis": "derived",
        "source": "a-source",
        "datum_of_source": "GCJ02",
        "note": "推得",
    }
    assert list(document)[:2] == ["query", "status"]
    assert list(document).index("lon") < list(document).index("lat")
    assert json.loads(json.dumps(document)) == document


def test_a_match_without_a_second_says_so() -> None:
    assert to_document(FOUND._replace(runner_up=None))["runner_up"] is None


@pytest.mark.parametrize(("reason", "status"), [(MissReason.AMBIGUOUS, "ambiguous"), (MissReason.UNKNOWN, "miss"), (MissReason.OUT_OF_AREA, "miss")])
def test_a_miss_as_a_document_says_exactly_this(reason: MissReason, status: str) -> None:
    candidates = (Candidate("某园", "滨江区", Level.PLACE, "另有同名"), Candidate("某园", "贵阳市", None, "不在杭州"))
    document = to_document(Miss("某园", reason, candidates))
    assert document == {
        "query": "某园",
        "status": status,
        "reason": reason.value,
        "candidates": [
            {"name": "某园", "within": "滨江区", "level": "place", "reason": "另有同名"},
            {"name": "某园", "within": "贵阳市", "level": None, "reason": "不在杭州"},
        ],
    }
    assert json.loads(json.dumps(document)) == document


def test_the_second_geocoder_is_asked_what_the_first_does_not_know_only() -> None:
    whole = FOUND._replace(unresolved="")
    ambiguous, outside = Miss("双园", MissReason.AMBIGUOUS, (Candidate("双园", "滨江区", Level.PLACE, "同名"),)), Miss("外滩", MissReason.OUT_OF_AREA)
    first, second = Recorded(whole, ambiguous, outside), Recorded(FOUND._replace(query="新路 1 号", method=Method.ONLINE))
    queries = [Query("新路 1 号", admin="滨江区"), Query("某园"), Query("双园"), Query("没有"), Query("外滩"), Query("新路 1 号", admin="滨江区")]
    answers = Fallback(first, second).geocode(queries)
    assert answers == [
        FOUND._replace(query="新路 1 号", method=Method.ONLINE),
        whole,
        ambiguous,
        Miss("没有", MissReason.UNKNOWN),
        outside,
        FOUND._replace(query="新路 1 号", method=Method.ONLINE),
    ]
    assert first.asked == [queries]
    assert second.asked == [[queries[0], queries[3], queries[5]]]


def test_the_second_geocoder_is_not_troubled_where_the_first_knows_all() -> None:
    second, whole = Recorded(), FOUND._replace(unresolved="")
    assert Fallback(Recorded(whole), second).geocode([Query("某园")]) == [whole]
    assert Fallback(Recorded(whole), second).geocode([]) == []
    assert second.asked == []


def test_the_second_geocoder_is_asked_for_what_is_left_and_counts_where_it_is_finer_and_agrees() -> None:
    finer = FOUND._replace(method=Method.ONLINE, unresolved="", uncertainty_m=50)
    elsewhere = finer._replace(divisions=(Division("330100", "杭州市"), Division("330109", "萧山区")))
    assert Fallback(Recorded(FOUND), Recorded(finer)).geocode([Query("某园")]) == [finer]
    for other in (finer._replace(uncertainty_m=5000), elsewhere, Miss("某园", MissReason.UNKNOWN), Miss("某园", MissReason.AMBIGUOUS)):
        assert Fallback(Recorded(FOUND), Recorded(other)).geocode([Query("某园")]) == [FOUND]


def test_what_may_be_meant_stands_where_the_second_geocoder_knows_no_more() -> None:
    suggested = Miss("某", MissReason.UNKNOWN, (Candidate("某园", "滨江区", Level.PLACE, "写法相近"),))
    assert Fallback(Recorded(suggested), Recorded()).geocode([Query("某")]) == [suggested]


def test_places_are_asked_by_their_query_within_their_district(atlas: Atlas) -> None:
    recorded = Recorded()
    answers = geocode_places(atlas.tables.places, recorded)
    assert recorded.asked == [[Query(place.place_query, admin=place.district) for place in atlas.tables.places]]
    assert list(answers) == [place.id for place in atlas.tables.places]


# --- the shipped places -------------------------------------------------------------------------------------------------------------------


def test_the_answers_stand_under_the_ids_in_table_order(atlas: Atlas) -> None:
    places = atlas.tables.places[::-1]
    answers = geocode_places(places, OfflineGeocoder(atlas.gazetteer))
    assert list(answers) == [place.id for place in places]
    assert dict(answers) == dict(atlas.answers)


def test_the_one_place_that_is_missed_is_missed(atlas: Atlas) -> None:
    assert atlas.misses == {"binxiao-small-parks": Miss("湖头陈、紫橙、蓝橙产业园", MissReason.UNKNOWN)}


def test_every_other_place_is_matched_exactly_and_entirely(atlas: Atlas) -> None:
    found = matches(atlas)
    assert len(found) == 29
    assert {(match.method, match.score, match.runner_up, match.unresolved) for match in found.values()} == {(Method.EXACT, 100.0, None, "")}
    queries = {place.id: place.place_query for place in atlas.tables.places}
    assert {id_: match.query for id_, match in found.items()} == {id_: queries[id_] for id_ in found}
    assert {id_: match.name for id_, match in found.items()} == {id_: queries[id_] for id_ in found}


def test_every_match_lies_in_the_division_that_the_tables_say(atlas: Atlas) -> None:
    districts = {place.id: place.district for place in atlas.tables.places}
    assert {id_: match.divisions[-1].name for id_, match in matches(atlas).items()} == {id_: districts[id_] for id_ in matches(atlas)}
    assert {match.divisions[0] for match in matches(atlas).values()} == {Division("330100", "杭州市")}


def test_levels_say_what_was_found(atlas: Atlas) -> None:
    divisions = {id_: match.level for id_, match in matches(atlas).items() if match.level is not Level.PLACE}
    assert divisions == {"qiantang-district": Level.DISTRICT, "xiaoshan-district": Level.DISTRICT, "hangzhou": Level.CITY}


def test_the_places_that_are_known_by_their_host_stand_at_their_host(atlas: Atlas) -> None:
    by_host = {id_: match for id_, match in matches(atlas).items() if match.basis is Basis.PARENT}
    assert {id_: match.matched for id_, match in by_host.items()} == BY_HOST
    parents = {place.id: place.parent_id for place in atlas.tables.places}
    for id_, match in by_host.items():
        host = atlas.answers[parents[id_] or ""]
        assert isinstance(host, Match)
        assert (match.lon, match.lat, match.uncertainty_m) == (host.lon, host.lat, host.uncertainty_m)
        assert (match.precision, match.source) == (Precision.AREA, "report-2023")
        assert match.name != match.matched


@pytest.mark.parametrize(("id_", "lon", "lat"), [("internet-town", 120.185665, 30.192163), ("iot-town", 120.218407, 30.208687)])
def test_what_its_source_gives_in_gcj02_is_laid_out_in_wgs84(atlas: Atlas, id_: str, lon: float, lat: float) -> None:
    assert matches(atlas)[id_].datum_of_source is Datum.GCJ02
    point = atlas.layers.places.geometry[id_]
    assert (point.x, point.y) == (lon, lat)


def test_no_location_of_the_atlas_claims_to_be_a_site(atlas: Atlas) -> None:
    counts = {precision: sum(1 for match in matches(atlas).values() if match.precision is precision) for precision in Precision}
    assert counts == {
        Precision.SITE: 0,
        Precision.LOCALITY: 9,
        Precision.AREA: 17,
        Precision.TOWNSHIP: 0,
        Precision.DISTRICT: 2,
        Precision.CITY: 1,
    }


def test_every_located_place_lies_in_its_district(atlas: Atlas) -> None:
    collection = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    outlines = {feature["properties"]["name_zh"]: shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]}
    outlines["杭州市"] = shapely.union_all(list(outlines.values()))
    located = matches(atlas)
    districts = {place.id: place.district for place in atlas.tables.places if place.id in located}
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
