from __future__ import annotations

import pytest

from geo.gazetteer import Candidate, Gazetteer, Location
from geo.schema import Basis, Datum, District, GazetteerRow, Precision
from geo.tables import Tables


def known(name: str, **cells: str) -> GazetteerRow:
    location = {"lon": "120.1", "lat": "30.1", "datum": "WGS84", "precision": "site", "uncertainty_m": "50", "admin": "滨江区", "basis": "surveyed"}
    return GazetteerRow.model_validate(dict.fromkeys(GazetteerRow.model_fields) | {"name": name, "source": "a-source"} | location | cells)


def alias(name: str, alias_of: str) -> GazetteerRow:
    return GazetteerRow.model_validate(dict.fromkeys(GazetteerRow.model_fields) | {"name": name, "alias_of": alias_of})


def guest(name: str, host: str) -> GazetteerRow:
    cells = {"name": name, "alias_of": host, "basis": "parent", "source": "who-says-so", "note": "地块未知"}
    return GazetteerRow.model_validate(dict.fromkeys(GazetteerRow.model_fields) | cells)


PARK = Location("某园", 120.1, 30.1, Precision.SITE, 50, Basis.SURVEYED, "a-source", Datum.WGS84, District.BINJIANG, None)


def test_a_name_stands_for_its_location() -> None:
    assert Gazetteer([known("某园")]).candidates("某园") == (Candidate(PARK, by_alias=False, by_host=None),)


def test_an_alias_of_an_alias_stands_for_the_location() -> None:
    gazetteer = Gazetteer([alias("小园", "园"), alias("园", "某园"), known("某园")])
    assert gazetteer.candidates("小园") == (Candidate(PARK, by_alias=True, by_host=None),)


def test_a_guest_stands_at_its_host_and_is_known_as_a_guest() -> None:
    row = guest("某厂", "某园")
    gazetteer = Gazetteer([known("某园"), row, alias("工厂", "某厂")])
    assert gazetteer.candidates("某厂") == (Candidate(PARK, by_alias=False, by_host=row),)
    assert gazetteer.candidates("工厂") == (Candidate(PARK, by_alias=True, by_host=row),)


def test_namesakes_are_all_returned_in_order() -> None:
    gazetteer = Gazetteer([known("某园"), known("某园", lon="120.3", admin="临平区")])
    assert [candidate.location.lon for candidate in gazetteer.candidates("某园")] == [120.1, 120.3]


@pytest.mark.parametrize("name", ["未知", "", "某"])
def test_a_name_that_is_not_known_has_no_candidates(name: str) -> None:
    assert Gazetteer([known("某园")]).candidates(name) == ()


def test_names_compare_without_width_case_and_brackets() -> None:
    gazetteer = Gazetteer([known("Park（某园）")])
    assert len(gazetteer.candidates("PARK(某园)")) == 1


def test_coordinates_come_out_in_wgs84_with_their_datum_kept() -> None:
    (candidate,) = Gazetteer([known("某园", lon="120.190262", lat="30.189772", datum="GCJ02")]).candidates("某园")
    location = candidate.location
    assert location.lon == pytest.approx(120.18566, abs=1e-5)
    assert location.lat == pytest.approx(30.19216, abs=1e-5)
    assert location.datum_of_source is Datum.GCJ02


def test_the_names_of_a_place_leave_out_its_guests() -> None:
    gazetteer = Gazetteer([known("某园"), alias("园", "某园"), alias("小园", "园"), guest("某厂", "某园"), alias("工厂", "某厂")])
    assert gazetteer.names_of("某园") == ("某园", "园", "小园")
    assert gazetteer.names_of("某厂") == ("某厂", "工厂")
    assert gazetteer.names_of("未知") == ()


def test_the_shipped_zone_is_known_by_all_its_names(tables: Tables) -> None:
    gazetteer = Gazetteer(tables.gazetteer)
    names = ("杭州高新区(滨江)", "高新区(滨江)", "杭州高新区", "滨江高新区", "滨江", "滨江区", "Hangzhou High-tech Zone (Binjiang)")
    assert gazetteer.names_of("杭州高新区(滨江)") == names
    assert {gazetteer.candidates(name)[0].location.name for name in names} == {"杭州高新区(滨江)"}


def test_every_shipped_name_stands_for_exactly_one_location(tables: Tables) -> None:
    gazetteer = Gazetteer(tables.gazetteer)
    assert {row.name: len(gazetteer.candidates(row.name)) for row in tables.gazetteer} == {row.name: 1 for row in tables.gazetteer}
