"""The filters: what each chooses, to the id."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from geo.tables.kinds import Kind
from geo.tables.reading import read_tables
from tests.conftest import Ids
from tests.known import DATA, SEARCHES

WEST = ["future-scitech-city", "zijingang-scitech-city"]
NONE = ["tonglu-edz", "hangzhou"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("corridor=west", WEST),
        ("corridor=none", NONE),
        ("corridor=west&corridor=none", WEST + NONE),
        ("corridor=none,west", WEST + NONE),
        ("corridor=west,west", WEST),
        ("kind=cooperation_zone", ["binfu-zone", "binxiao-park"]),
        ("kind=valley,town", ["china-vision-valley", "china-data-valley", "zero-mag-valley", "iot-town", "internet-town"]),
        ("kind=city&kind=district", ["qiantang-district", "xiaoshan-district", "hangzhou"]),
        ("district=富阳区", ["binfu-zone", "fullsemi-1", "chint-binfu"]),
        ("district=余杭区,西湖区", WEST),
        ("district=淳安县", []),
        ("bbox=119.9,30.2,120.1,30.4", WEST),
        ("bbox=-180,-90,0,90", []),
        ("q=bjq", ["binjiang-hitech"]),
        ("q=BJQ", ["binjiang-hitech"]),
        ("q=fuxin", ["fullsemi-1"]),
        ("q=fu xin", ["fullsemi-1"]),
        ("q=ＦＵＸＩＮ", ["fullsemi-1"]),
        ("q=富芯", ["fullsemi-1"]),
        ("q=滨江", dict(SEARCHES)["滨江"]),
        ("q=（滨江）", dict(SEARCHES)["滨江"]),
        ("q=smart", dict(SEARCHES)["smart"]),
        ("q=nowhere", []),
        ("corridor=east&kind=valley&q=zg", ["china-vision-valley", "china-data-valley"]),
        ("corridor=west&kind=project", []),
    ],
)
def test_places_are_chosen_by(ids: Ids, query: str, expected: list[str]) -> None:
    assert ids(f"/layers/places.geojson?{query}") == expected


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "corridor=west,east,none", "q=%E2%80%9C%E2%80%9D"])
def test_a_filter_that_asks_for_nothing_chooses_everything(ids: Ids, query: str) -> None:
    assert len(ids(f"/layers/places.geojson?{query}")) == 30


@pytest.mark.parametrize(
    ("query", "expected"),
    [("corridor=west", ["west-belt", "west-axis"]), ("corridor=none", []), ("bbox=120.4,30.2,120.6,30.4", ["east-belt", "east-axis"])],
)
def test_corridors_are_chosen_by(ids: Ids, query: str, expected: list[str]) -> None:
    assert ids(f"/layers/corridors.geojson?{query}") == expected


def test_a_place_without_a_location_is_outside_every_box(ids: Ids) -> None:
    assert "binxiao-small-parks" not in ids("/layers/places.geojson?bbox=-180,-90,180,90")
    assert len(ids("/layers/places.geojson?bbox=-180,-90,180,90")) == 29


def test_a_box_of_a_single_point_finds_the_place_on_it(ids: Ids) -> None:
    assert ids("/layers/places.geojson?bbox=119.735,29.793,119.735,29.793") == ["tonglu-edz"]


@pytest.mark.parametrize("name", ["corridor", "kind", "district"])
def test_the_values_of_a_filter_share_the_places_out(ids: Ids, name: str) -> None:
    """Every place is under exactly one value of each filter."""
    known: dict[str, Iterable[str]] = {"corridor": ("west", "east", "none"), "kind": Kind, "district": read_tables(DATA).districts}
    values = [str(value) for value in known[name]]
    parts = [id_ for value in values for id_ in ids(f"/layers/places.geojson?{name}={value}")]
    assert sorted(parts) == sorted(ids("/layers/places.geojson"))


_VALUE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "west",
            "east,none",
            "project",
            "富阳区",
            "120,30,121,31",
            "1,2,3",
            "nan,nan,nan,nan",
            "",
            ",",
            "\0",
            "1e999,0,0,0",
            "fullsemi-1",
            "0",
            "7",
            "٧",
        ]
    ),
)
_NAME = st.one_of(
    st.sampled_from(["corridor", "kind", "district", "bbox", "q", "place", "lang", "page", "indicator", "basemap", "v"]), st.text(max_size=8)
)


# The fuzzing asks all addresses; these two ask the filters.
@run(max_examples=40)
@given(query=st.lists(st.tuples(_NAME, _VALUE), max_size=5))
def test_no_query_breaks_the_server(flask_app: Flask, query: list[tuple[str, str]]) -> None:
    client = flask_app.test_client()
    assert client.get("/layers/places.geojson", query_string=query).status_code in {200, 400, 414}
    assert client.get("/", query_string=query).status_code in {200, 414}


# The fuzzing asks all addresses; these two ask the filters.
@run(max_examples=40)
@given(query=st.binary(max_size=60))
def test_no_bytes_in_a_query_break_the_server(flask_app: Flask, query: bytes) -> None:
    client = flask_app.test_client()
    raw = query.decode("latin-1")
    assert client.get("/layers/places.geojson", environ_overrides={"QUERY_STRING": raw}).status_code in {200, 400}
    assert client.get("/", environ_overrides={"QUERY_STRING": raw}).status_code == 200


@pytest.mark.parametrize(("typed", "found"), SEARCHES)
def test_a_search_finds(ids: Ids, typed: str, found: list[str]) -> None:
    """The page finds the same: tests/browser/test_layers.py reads the same cases."""
    assert ids(f"/layers/places.geojson?q={typed}") == found
