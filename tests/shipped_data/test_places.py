"""What holds for the shipped places, figures and names, however many there are; the rows are read here by ``csv`` alone."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest
import shapely

from geo.atlas import Atlas
from geo.geocode.answers import Match, Method, Miss, Query
from geo.settings import PROJECT
from geo.tables.kinds import Basis, Kind, Precision
from geo.tables.rows import TABLES
from tests.known import PLACES


def rows(table: str) -> list[dict[str, str]]:
    with (PROJECT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def matches(atlas: Atlas) -> dict[str, Match]:
    return {id_: answer for id_, answer in atlas.answers.items() if isinstance(answer, Match)}


@pytest.mark.parametrize("file", TABLES)
def test_every_row_is_read(shipped: Atlas, file: str) -> None:
    table = file.removesuffix(".csv")
    read = getattr(shipped.tables, table.rpartition("/")[2])
    assert len(read) == len(rows(table)) > 0
    assert {type(row) for row in read} == {TABLES[file]}


def test_the_places_that_the_tests_know_are_there(shipped: Atlas) -> None:
    assert {place.id for place in shipped.tables.places} >= PLACES


def test_every_place_and_figure_is_a_feature(shipped: Atlas) -> None:
    assert shipped.layers.places.index.tolist() == [row["id"] for row in rows("places")]
    assert sorted(shipped.layers.indicators["place"]) == sorted(row["subject_id"] for row in rows("indicators"))
    located = shipped.layers.places[shipped.layers.places.geometry.notna()]
    assert set(located.index) == set(matches(shipped))
    assert all(len(str(number).partition(".")[2]) <= 6 for number in shapely.get_coordinates(located.geometry).flat)


def test_every_place_has_an_answer_and_what_is_matched_is_matched_exactly(shipped: Atlas) -> None:
    queries = {row["id"]: row["place_query"] for row in rows("places")}
    assert list(shipped.answers) == list(queries)
    for id_, answer in shipped.answers.items():
        assert answer.query == queries[id_]
        assert isinstance(answer, Match | Miss)
        if isinstance(answer, Match):
            assert (answer.method, answer.score, answer.unresolved, answer.name) == (Method.EXACT, 100.0, "", queries[id_])
    assert set(shipped.misses) == set(queries) - set(matches(shipped))


def test_every_located_place_lies_in_its_district(shipped: Atlas) -> None:
    collection = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    outlines = {feature["properties"]["name_zh"]: shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]}
    outlines[shipped.tables.profile.city.zh] = shapely.union_all(list(outlines.values()))
    for place in shipped.tables.places:
        answer = shipped.answers[place.id]
        if isinstance(answer, Match):
            assert outlines[place.district].contains(shapely.Point(answer.lon, answer.lat)), place.id
            assert answer.divisions[-1].name == place.district, place.id


def test_every_location_says_how_sure_it_is(shipped: Atlas) -> None:
    for id_, match in matches(shipped).items():
        assert match.uncertainty_m > 0, id_
        assert match.precision is not Precision.AREA or match.uncertainty_m >= 1000, id_
        assert match.source in shipped.tables.sources_by_id, id_


def test_a_place_that_is_known_by_its_host_stands_at_its_host(shipped: Atlas) -> None:
    parents = {place.id: place.parent_id for place in shipped.tables.places}
    for id_, match in matches(shipped).items():
        if match.basis is Basis.PARENT:
            host = shipped.answers[parents[id_] or ""]
            assert isinstance(host, Match), id_
            assert (match.lon, match.lat, match.uncertainty_m) == (host.lon, host.lat, host.uncertainty_m), id_


def test_every_name_of_the_gazetteer_is_found(shipped: Atlas) -> None:
    """Within its division: the same name may be another place's elsewhere."""
    locations = {row["name"]: row for row in rows("gazetteer") if row["lon"]}
    for name, row in locations.items():
        (answer,) = shipped.geocoder.geocode([Query(name, admin=row["admin"])])
        assert isinstance(answer, Match), name
        assert answer.matched == name


def test_places_are_told_apart(shipped: Atlas) -> None:
    places = shipped.tables.places
    for key in ("id", "name_zh", "name_en"):
        assert [name for name, count in Counter(getattr(place, key) for place in places).items() if count > 1] == [], key
    assert [place.id for place in places if place.kind is Kind.CITY] == ["hangzhou"]


def test_every_figure_of_a_source_with_a_text_points_into_it(shipped: Atlas) -> None:
    with_text = {row["id"] for row in rows("sources") if row["sha256"]}
    assert with_text
    for row in rows("indicators"):
        assert all(row[column] for column in ("paragraph", "start", "end")) is (row["source"] in with_text), row
