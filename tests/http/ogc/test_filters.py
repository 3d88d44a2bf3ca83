"""OGC API - Features, Part 3: filters in CQL2, against the same choice made in plain Python, and against the library's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any
from unittest.mock import Mock

import cql2
import geopandas as gpd
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from geo.errors import BadParameterError, DeadlineError
from geo.ground.deadline import deadline
from geo.serve.http.limits import SHORT
from geo.serve.ogc.collections import DESCRIPTIONS
from geo.serve.ogc.crs import CRS84
from geo.serve.ogc.filters import MAX_LEVELS, matching, parse_filter
from geo.settings import Settings

PLACES = "/ogc/collections/places/items"
FIGURES = "/ogc/collections/indicators/items"
CRS_3857 = "http://www.opengis.net/def/crs/EPSG/0/3857"
Row = dict[str, Any]


def features(client: FlaskClient, path: str, **query: str) -> list[Row]:
    response = client.get(path, query_string={"limit": "1000", **query})
    assert response.status_code == 200, response.get_data(as_text=True)
    found: list[Row] = response.get_json(force=True)["features"]
    return found


def ids_of(client: FlaskClient, text: str, path: str) -> list[str]:
    return [one["id"] for one in features(client, path, filter=text, limit="1000")]


def refusal(client: FlaskClient, text: str, path: str = PLACES, **query: str) -> str:
    response = client.get(path, query_string={"filter": text, **query})
    assert response.status_code == 400, response.get_data(as_text=True)
    document = response.get_json(force=True)
    assert document["parameter"] == "filter"
    return str(document["detail"]).partition(": expected ")[2]


CASES: list[tuple[str, str, Callable[[Row], bool]]] = [
    (PLACES, "kind = 'project'", lambda row: row["kind"] == "project"),
    (PLACES, "kind <> 'project'", lambda row: row["kind"] != "project"),
    (PLACES, "\"kind\" = 'project'", lambda row: row["kind"] == "project"),
    (PLACES, "'project' = kind", lambda row: row["kind"] == "project"),
    (PLACES, "name_zh = '富芯半导体一期'", lambda row: row["name_zh"] == "富芯半导体一期"),
    (PLACES, "name_zh LIKE '%半导体%'", lambda row: "半导体" in row["name_zh"]),
    (PLACES, "name_en LIKE '_uture%'", lambda row: row["name_en"][1:6] == "uture"),
    (PLACES, "name_en NOT LIKE '%e%'", lambda row: "e" not in row["name_en"]),
    (PLACES, "name_en LIKE '%\\_%'", lambda row: "_" in row["name_en"]),
    (PLACES, "CASEI(name_en) LIKE CASEI('%ZONE%')", lambda row: "zone" in row["name_en"].lower()),
    (PLACES, "CASEI(kind) = CASEI('PROJECT')", lambda row: row["kind"] == "project"),
    (PLACES, "kind IN ('project', 'town')", lambda row: row["kind"] in ("project", "town")),
    (PLACES, "kind NOT IN ('project', 'town')", lambda row: row["kind"] not in ("project", "town")),
    (PLACES, "parent IS NULL", lambda row: row["parent"] is None),
    (PLACES, "parent IS NOT NULL AND corridor = 'west'", lambda row: row["parent"] is not None and row["corridor"] == "west"),
    # AND binds closer than OR, and parentheses change that.
    (PLACES, "kind = 'town' OR kind = 'project' AND corridor = 'none'", lambda row: row["kind"] == "town" or row["kind"] == row["corridor"] == "x"),
    (
        PLACES,
        "(kind = 'town' OR kind = 'project') AND corridor = 'east'",
        lambda row: row["kind"] in ("town", "project") and row["corridor"] == "east",
    ),
    (PLACES, "NOT (kind = 'project' OR corridor = 'east')", lambda row: row["kind"] != "project" and row["corridor"] != "east"),
    # What a row lacks is neither equal nor unequal.
    (PLACES, "parent = 'binfu-zone'", lambda row: row["parent"] == "binfu-zone"),
    (PLACES, "parent <> 'binfu-zone'", lambda row: row["parent"] not in (None, "binfu-zone")),
    (PLACES, "NOT parent = 'binfu-zone'", lambda row: row["parent"] not in (None, "binfu-zone")),
    (PLACES, "parent = 'binfu-zone' OR kind = 'city'", lambda row: row["parent"] == "binfu-zone" or row["kind"] == "city"),
    (PLACES, "NOT (parent = 'binfu-zone' AND kind = 'city')", lambda row: row["kind"] != "city" or row["parent"] not in (None, "binfu-zone")),
    (PLACES, "paragraph >= 38 AND paragraph < 50", lambda row: row["paragraph"] is not None and 38 <= row["paragraph"] < 50),
    (PLACES, "true", lambda row: True),
    (PLACES, "false OR kind = 'city'", lambda row: row["kind"] == "city"),
    (FIGURES, "value BETWEEN 100 AND 180", lambda row: row["value"] is not None and 100 <= row["value"] <= 180),
    (FIGURES, "value NOT BETWEEN 100 AND 180", lambda row: row["value"] is not None and not 100 <= row["value"] <= 180),
    (FIGURES, "value = 305.8", lambda row: row["value"] == 305.8),
    (FIGURES, "value > 1e3", lambda row: row["value"] is not None and row["value"] > 1000),
    (FIGURES, "value_max > value", lambda row: row["value_max"] is not None),
    (FIGURES, "growth_pct > -1", lambda row: row["growth_pct"] is not None),
    (FIGURES, "period_start >= DATE('2023-01-01')", lambda row: (row["period_start"] or "") >= "2023-01-01"),
    (FIGURES, "period_end < DATE('2023-01-01')", lambda row: row["period_end"] is not None and row["period_end"] < "2023-01-01"),
    (
        FIGURES,
        "period_end BETWEEN DATE('2023-03-31') AND DATE('2023-05-31')",
        lambda row: row["period_end"] is not None and "2023-03-31" <= row["period_end"] <= "2023-05-31",
    ),
    ("/ogc/collections/corridors/items", "schematic AND part = 'axis'", lambda row: row["part"] == "axis"),
    ("/ogc/collections/corridors/items", "NOT schematic = false AND published_area_km2 = 398", lambda row: row["published_area_km2"] == 398),
]


@pytest.mark.parametrize(("path", "text", "chooses"), CASES, ids=[text for _, text, _ in CASES])
@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
def test_a_filter_chooses_what_plain_python_chooses(client: FlaskClient, path: str, text: str, chooses: Callable[[Row], bool], language: str) -> None:
    written = text if language == "cql2-text" else json.dumps(cql2.parse_text(text).to_json())
    found = features(client, path, filter=written, **{"filter-lang": language})
    assert [one["id"] for one in found] == [one["id"] for one in features(client, path) if chooses(one["properties"])]


@pytest.mark.parametrize("collection", DESCRIPTIONS)
def test_a_condition_its_opposite_and_what_lacks_the_property_are_all_there_is(client: FlaskClient, collection: str) -> None:
    path = f"/ogc/collections/{collection}/items"
    rows = features(client, path)
    queryables = client.get(f"/ogc/collections/{collection}/queryables").get_json()["properties"]
    for name, schema in queryables.items():
        values = [row["id"] if name == "id" else row["properties"][name] for row in rows if "geometry" not in schema.get("format", "")]
        stated = next((value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)), None)
        if stated is None:
            continue
        quoted = "'{}'".format(stated.replace("'", "''")) if isinstance(stated, str) else stated
        conditions = (f'"{name}" = {quoted}', f'NOT "{name}" = {quoted}', f'"{name}" IS NULL')
        chosen = [one["id"] for condition in conditions for one in features(client, path, filter=condition)]
        assert sorted(chosen) == sorted(row["id"] for row in rows), name


SPATIAL = [
    "S_INTERSECTS(geometry, POLYGON((120.1 30.1,120.3 30.1,120.3 30.3,120.1 30.3,120.1 30.1)))",
    "S_INTERSECTS(geometry, BBOX(120.1,30.1,120.3,30.3))",
    "S_INTERSECTS(BBOX(120.1,30.1,120.3,30.3), geometry)",
    "S_DISJOINT(geometry, BBOX(120.1,30.1,120.3,30.3))",
    "S_WITHIN(geometry, BBOX(120.1,30.1,120.3,30.3))",
    "S_EQUALS(geometry, POINT(120.02 30.018))",
    "S_TOUCHES(geometry, BBOX(120.02,30.018,121,31))",
    "S_INTERSECTS(geometry, MULTIPOINT((120.02 30.018),(119.1 29.1)))",
    "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(120.02 30.018)))",
    "S_CROSSES(geometry, LINESTRING(119 29,121 31))",
    "S_CONTAINS(geometry, POINT(120.02 30.018))",
    "S_OVERLAPS(geometry, BBOX(120,30,120.05,30.4))",
]


@pytest.mark.parametrize("text", SPATIAL)
@pytest.mark.parametrize("path", [PLACES, "/ogc/collections/corridors/items"])
def test_a_spatial_filter_agrees_with_the_library_s_own_decision(client: FlaskClient, path: str, text: str) -> None:
    expression = cql2.parse_text(text)
    expected = [one["id"] for one in features(client, path) if one["geometry"] and expression.matches({"geometry": one["geometry"]})]
    assert [one["id"] for one in features(client, path, filter=text)] == expected
    assert [one["id"] for one in features(client, path, filter=f"NOT {text}")] == [
        one["id"] for one in features(client, path) if one["geometry"] and one["id"] not in expected
    ]


@pytest.mark.parametrize("name", ["INTERSECTS", "EQUALS", "DISJOINT", "TOUCHES", "WITHIN", "OVERLAPS", "CROSSES", "CONTAINS"])
@pytest.mark.parametrize(
    "wkt",
    [
        "GEOMETRYCOLLECTION(POINT(120 30),LINESTRING(120 30,121 31),POLYGON((0 0,1 0,1 1,0 0)))",
        "POLYGON((0 0,1e300 0,1e300 1e300,0 0))",
        "LINESTRING(-1e308 -1e308,1e308 1e308)",
        "POLYGON((0 0,1e-300 0,1e-300 1e-300,0 0))",
        "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
    ],
)
def test_every_spatial_function_takes_every_valid_geometry(client: FlaskClient, name: str, wkt: str) -> None:
    query = {"filter": f"S_{name}(geometry, {wkt})", "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}
    for path in (PLACES, "/ogc/collections/corridors/items"):
        assert client.get(path, query_string=query).status_code in (200, 400)


@pytest.mark.parametrize("path", [PLACES, "/ogc/collections/corridors/items"])
@pytest.mark.parametrize(
    ("crs", "box"),
    [
        *product(
            ["OGC/1.3/CRS84", "EPSG/0/4326"],
            [
                "120.02,30.018,120.02,30.018",
                "120.02,29,120.02,31",
                "120.1,30.1,-5,120.3,30.3,9000",
                "120.1,30.1,-120.1,30.3",
                "-170,-10,-180,10",
                "180,-90,-180,90",
            ],
        ),
        ("EPSG/0/4549", "500000,3300000,0,530000,3350000,10"),
    ],
)
def test_a_box_of_a_filter_is_read_as_the_parameter_is(client: FlaskClient, path: str, crs: str, box: str) -> None:
    """With heights or without, as a point or a line, and from west of the antimeridian to east of it."""
    numbers = box.split(",")
    if crs != "OGC/1.3/CRS84":
        half = len(numbers) // 2
        # Northing first.
        numbers = [number for corner in (numbers[:half], numbers[half:]) for number in (corner[1], corner[0], *corner[2:])]
    uri = f"http://www.opengis.net/def/crs/{crs}"
    by_parameter = features(client, path, bbox=",".join(numbers), **{"bbox-crs": uri})
    by_filter = features(client, path, filter=f"S_INTERSECTS(geometry, BBOX({','.join(numbers)}))", **{"filter-crs": uri})
    # What has no geometry is in every box, and meets none.
    assert [one["id"] for one in by_filter] == [one["id"] for one in by_parameter if one["geometry"]]


def test_what_has_no_geometry_is_asked_for_by_name(client: FlaskClient) -> None:
    assert [one["id"] for one in features(client, PLACES, filter="geometry IS NULL")] == ["binxiao-small-parks"]


def test_filters_narrow_each_other(client: FlaskClient) -> None:
    found = features(client, FIGURES, filter="value > 100", bbox="120.1,30.1,120.3,30.3", datetime="2023-01-01/2023-03-31", sortby="-value")
    assert [(one["properties"]["value"], one["properties"]["period"]) for one in found] == [
        (305.8, "2023-01/2023-05"),
        (117, "2023-Q1"),
        (109, "2023"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "cql2-text ("),
        ("kind =", "cql2-text (at 1:7 expected"),
        ("kind = 'x' extra", "cql2-text (at 1:12"),
        ("colour = 'red'", "one of the properties geometry, id, name_zh, name_en"),
        ("indicators = 'x'", "one of the properties geometry, id, name_zh"),
        ("kind = 1", "two values of the same type for =, not a string and a number"),
        ("kind BETWEEN 1 AND 2", "two values of the same type for >=, not a string and a number"),
        ("kind IN (1)", "two values of the same type for =, not a string and a number"),
        ("paragraph LIKE '1%'", "a string, not a number"),
        ("kind LIKE 1", "a string, not a number"),
        ("CASEI(paragraph) = '1'", "a string, not a number"),
        ("kind", "a boolean, not a string"),
        ("'kind'", "a condition, such as kind = 'project'"),
        ("1", "a condition, such as kind = 'project'"),
        (
            "paragraph + 1 > 2",
            "a property, text in single quotes, a number, true, false, DATE('2023-01-01'), TIMESTAMP(",
        ),
        ("paragraph = NULL", "a property, text in single quotes"),
        ("eval('1') = 1", "a property, text in single quotes"),
        ("system('id')", "the operators and, or, not, =, <>, <"),
        ("T_AFTER(name_zh, DATE('2023-01-01'))", "the operators and, or, not"),
        ("geometry = geometry", "a spatial function, such as S_INTERSECTS, for geometry"),
        ("S_INTERSECTS(kind, POINT(120 30))", "a geometry, not a string"),
        ("S_INTERSECTS(geometry)", "2 arguments for s_intersects"),
        ("S_INTERSECTS(geometry, POINT(30 120))", "degrees in the order Lon, Lat"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "valid geometry that is not empty"),
        ("S_INTERSECTS(geometry, POLYGON((0 0,1 1)))", "geometry that is complete ("),
        ("S_INTERSECTS(geometry, POLYGON EMPTY)", "valid geometry that is not empty"),
        ("S_INTERSECTS(geometry, BBOX(1,3,2,2))", "the lower corner of a BBOX before the upper one"),
        ("(" * 14 + "kind = 'x'" + ")" * 14, "parentheses that are less deep, or hold less"),
        ("(" * 500 + ")" * 500, "parentheses that are less deep, or hold less"),
        ("(" * 8 + f"kind IN ({','.join(['1'] * 600)}" + ")" * 8, "parentheses that are less deep, or hold less"),
        ("NOT " * 201 + "kind = 'x'", "200 operators at most"),
        ("NOT " * 51 + "kind = 'x'", "50 operators within each other at most"),
        ("name_zh LIKE name_en", "a pattern in single quotes for like"),
        ("name_zh LIKE CASEI(name_en)", "a pattern in single quotes for like"),
        ("name_zh LIKE ACCENTI('x')", "a property, text in single quotes"),
        ("kind IN ('x', 1)", "two values of the same type for =, not a string and a number"),
        ("kind IN (geometry)", "two values of the same type for =, not a string and a geometry"),
        ("S_INTERSECTS(geometry, BBOX(1,2,3,1e999))", "valid geometry that is not empty"),
        ("paragraph = " + "-" * 300 + "1", "200 operators at most"),
    ],
)
def test_a_filter_that_cannot_be_answered_says_why(client: FlaskClient, text: str, expected: str) -> None:
    assert refusal(client, text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (r"name_en = 'O\'Neil'", "O'Neil"),
        (r"name_en = 'a(\'b'", "a('b"),
        ("name_en = 'O''Neil'", "O'Neil"),
        # Read as it stands: a text that ends with a backslash.
        (r"name_en = 'a\'", "a\\"),
    ],
)
def test_a_quote_is_written_in_either_way_of_the_standard(text: str, same: str) -> None:
    found = parse_filter(text, "cql2-text", CRS84)
    assert (found.text, found.expression) == (text, {"op": "=", "args": [{"property": "name_en"}, same]})


@pytest.mark.parametrize("text", [r"name_en = 'O\'Neil", r"name_en = \'x\'"])
def test_what_neither_way_makes_whole_is_refused_as_it_was_asked(client: FlaskClient, text: str) -> None:
    assert refusal(client, text).startswith("cql2-text (at 1:")


@pytest.mark.parametrize("text", ["DATE('2023-02-30')", "DATE('2023')", "'soon'", "'2023-02-30'", "2023", "TIMESTAMP('2023-02-30T00:00:00Z')"])
def test_a_date_is_compared_with_a_date(client: FlaskClient, text: str) -> None:
    refused = refusal(client, f"period_start > {text}", FIGURES).lower()
    assert "date" in refused or "moment" in refused


@pytest.mark.parametrize("order", ["<", "<=", ">", ">=", "=", "<>"])
def test_a_day_is_compared_with_a_moment_as_its_beginning(client: FlaskClient, order: str) -> None:
    by_day, by_text = (ids_of(client, f"period_start {order} {text}", FIGURES) for text in ("DATE('2023-01-01')", "'2023-01-01'"))
    by_moment = ids_of(client, f"period_start {order} TIMESTAMP('2023-01-01T08:00:00+08:00')", FIGURES)
    assert by_day == by_moment == by_text
    later = ids_of(client, f"period_start {order} TIMESTAMP('2023-01-01T00:00:00.5Z')", FIGURES)
    every = ids_of(client, "period_start IS NOT NULL", FIGURES)
    # No day begins half a second after midnight.
    assert later == {"=": [], "<>": every, "<": ids_of(client, "period_start <= DATE('2023-01-01')", FIGURES)}.get(order, later)
    assert len(by_day) <= len(every)


def test_days_are_looked_for_in_a_list(client: FlaskClient) -> None:
    one, moment = ids_of(client, "period_start = DATE('2023-01-01')", FIGURES), "TIMESTAMP('2023-01-01T00:00:00Z')"
    assert one
    for listed in ("DATE('2023-01-01')", "'2023-01-01'", moment, f"DATE('1999-01-01'), {moment}"):
        assert ids_of(client, f"period_start IN ({listed})", FIGURES) == one


@pytest.mark.parametrize(("text", "count"), [("schematic < true", 0), ("schematic <= true", 4), ("schematic > false", 4), ("schematic >= true", 4)])
def test_false_comes_before_true(client: FlaskClient, text: str, count: int) -> None:
    assert len(ids_of(client, text, "/ogc/collections/corridors/items")) == count


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{", "cql2-json ("),
        ("nonsense", "cql2-json ("),
        ("kind = 'project'", "cql2-json ("),
        ("[]", "a condition"),
        ('{"op":"="}', "cql2-json ("),
        ('{"op":"=","args":[]}', "2 arguments for ="),
        ('{"op":"=","args":[1,1,1]}', "2 arguments for ="),
        ('{"op":"and","args":[true]}', "two conditions or more for and"),
        ('{"op":"in","args":[{"property":"kind"},[]]}', "a list with a value or more for in"),
        ('{"op":"in","args":[{"property":"kind"},"x"]}', "a list with a value or more for in"),
        ('{"op":"between","args":[{"property":"paragraph"},[1,2]]}', "3 arguments for between"),
        ('{"op":"s_within","args":[{"property":"geometry"},{"bbox":[1,2,3]}]}', "four numbers for BBOX, or six with heights"),
        ('{"op":"=","args":[{"property":"kind"},{"date":5}]}', "a date such as 2023-01-01, not "),
        ('{"op":"eval","args":["1"]}', "the operators and, or, not"),
        ("[" * 150 + "]" * 150, "cql2-json (recursion limit exceeded"),
        ('{"op":"=","args":[1,1e999]}', "cql2-json (number out of range"),
        ('{"op":"=","args":[{"property":"paragraph"},NaN]}', "cql2-json ("),
        ('{"op":"in","args":[{"property":"kind"},[null]]}', "a property, text in single quotes"),
    ],
)
def test_a_json_filter_that_cannot_be_answered_says_why(client: FlaskClient, document: str, expected: str) -> None:
    assert refusal(client, document, **{"filter-lang": "cql2-json"}).startswith(expected)


# --- LIKE ---------------------------------------------------------------------------------------------------------------------------------


def is_like(text: str, pattern: str) -> bool:
    """Decide LIKE step by step: which beginnings of the text each beginning of the pattern matches."""
    matched = {0}
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "%":
            matched = set(range(min(matched), len(text) + 1)) if matched else matched
        else:
            wanted = part[-1]
            matched = {end + 1 for end in matched if end < len(text) and (part == "_" or text[end] == wanted)}
    return len(text) in matched


def liked(texts: list[str | None], pattern: str) -> list[bool]:
    wanted = parse_filter(json.dumps({"op": "like", "args": [{"property": "name"}, pattern]}), "cql2-json", CRS84)
    frame = gpd.GeoDataFrame({"name": texts}, geometry=gpd.GeoSeries([None] * len(texts), crs="EPSG:4326"))
    return matching(wanted, frame, frame.geometry, {"name": "string"}).tolist()


@given(texts=st.lists(st.text("ab.中\n%\\", max_size=12), min_size=1, max_size=20), pattern=st.text("ab.中%%%__\\", max_size=10))
def test_like_matches_what_a_search_step_by_step_matches(texts: list[str], pattern: str) -> None:
    assert liked([*texts, None], pattern) == [*(is_like(text, pattern) for text in texts), False]


ENDLESS = ["%" * 30, "%_" * 30, "_%" * 30, "%a" * 60, "%a_" * 60, "_%a" * 60, "%a%_%aa" * 20, "%%__" * 40, "%ab%a_" * 40, "a%" * 400, "%" + "a" * 900]


@pytest.mark.parametrize("pattern", ENDLESS)
@pytest.mark.parametrize("end", ["x", "%x", "_x", "x%x"])
def test_like_ends_whatever_the_pattern(pattern: str, end: str) -> None:
    """A search that comes back to what it has tried would take longer than the world has been there."""
    texts: list[str | None] = ["a" * 2000, "ab" * 1000, "a" * 1999 + "x", ""]
    assert liked(texts, pattern + end) == [is_like(text or "", pattern + end) for text in texts]


@pytest.mark.parametrize("template", ["name_zh LIKE '{}'", "NOT name_zh LIKE '{}'", "CASEI(name_en) LIKE CASEI('{}')", "name_en NOT LIKE '{}'"])
def test_no_pattern_keeps_the_server(client: FlaskClient, template: str) -> None:
    for joined in (" AND ", " OR "):
        for end in ("x", "%x", ""):
            text = joined.join([template.format(f"{'%e' * 10}{'%_' * 10}{'%' * 10}{end}")] * 10)
            assert client.get(PLACES, query_string={"filter": text}).status_code in (200, 414)


# --- what a filter may cost -----------------------------------------------------------------------------------------------------------------


def test_a_filter_that_takes_too_long_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of its own: what others have asked for is kept.
    client = create_app(settings).test_client()
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=gpd.GeoSeries([None], crs="EPSG:4326"))
    with deadline(0), pytest.raises(DeadlineError, match="the answer takes more than 0 seconds to make"):
        matching(parse_filter("name = 'a'", "cql2-text", CRS84), frame, frame.geometry, {"name": "string"})
    monkeypatch.setattr("geo.serve.ogc.views.SHORT", SHORT._replace(limit_s=-1))
    for query in ({"filter": "kind = 'project'"}, {"sortby": "kind"}, {"properties": "kind"}, {"crs": CRS_3857}, {"f": "html"}):
        response = client.get(PLACES, query_string=query)
        assert (response.status_code, response.headers["Retry-After"], response.headers["Cache-Control"]) == (503, "30", "no-store"), query
        assert "ask for less, or again in 30 seconds" in response.get_data(as_text=True)
    assert client.get(PLACES, query_string={"bbox": "120,30,121,31", "limit": "7"}).status_code == 200


def test_operators_within_each_other_are_decided_as_far_as_they_may_go(client: FlaskClient) -> None:
    assert features(client, PLACES, filter="NOT " * (MAX_LEVELS - 2) + "kind = 'project'") == features(client, PLACES, filter="kind = 'project'")
    for count in range(MAX_LEVELS + 1, 200):
        with pytest.raises(BadParameterError, match=r"50 operators within each other at most|recursion limit exceeded"):
            parse_filter('{"op":"not","args":[' * count + "true" + "]}" * count, "cql2-json", CRS84)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, OverflowError])
def test_what_python_cannot_hold_is_the_filter_s_fault(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    monkeypatch.setattr("geo.serve.ogc.filters._compile_like", Mock(side_effect=error))
    assert refusal(client, f"name_zh LIKE '{error.__name__}'") == "a filter that is less deep, shorter, or of smaller numbers"


def test_among_many_values_each_is_found(client: FlaskClient) -> None:
    names = [one["properties"]["name_zh"] for one in features(client, PLACES)]
    for name in names:
        found = [one["properties"]["name_zh"] for one in features(client, PLACES, filter=f"name_zh IN ('x', '{name}', name_en, 'y')")]
        assert found == [other for other in names if other == name]
    everything = features(client, FIGURES, filter="value_max IN (value, 1, value_max)")
    assert everything == [one for one in features(client, FIGURES) if one["properties"]["value_max"] is not None]


@pytest.mark.parametrize("opened", ["(", "NOT (", "(true AND ", "(-", "f(1,", "CASEI(", "kind IN ("])
@pytest.mark.parametrize("end", [" = = 1", "'", ",", " AND (", ""])
def test_what_is_not_understood_in_parentheses_is_refused_in_time(client: FlaskClient, opened: str, end: str) -> None:
    """The parser tries it again and again: with twenty parentheses it would take an hour."""
    for depth in (1, 2, 4, 6, 8, 10, 12, 16, 20, 40):
        for inside in ("kind = 'x'", " AND ".join(["paragraph=1"] * 60), f"paragraph IN ({','.join(['1'] * 400)})"):
            response = client.get(PLACES, query_string={"filter": opened * depth + inside + end + ")" * depth})
            assert response.status_code in (200, 400, 414)


def test_a_sensible_filter_may_have_parentheses(client: FlaskClient) -> None:
    everything, west = features(client, PLACES), features(client, PLACES, filter="corridor = 'west'")
    assert features(client, PLACES, filter="(" * 10 + "corridor = 'west'" + ")" * 10) == west
    many = f"MULTIPOLYGON({','.join(['((119 29,121 29,121 31,119 31,119 29))'] + [f'(({x} 1,{x}.5 1,{x}.5 2,{x} 1))' for x in range(1, 50)])})"
    located = [one for one in everything if one["geometry"]]
    assert len(features(client, PLACES, filter=f"(kind = 'x' OR (S_INTERSECTS(geometry, {many})))")) == len(located)


def test_an_operator_that_repeats_costs_nothing(client: FlaskClient) -> None:
    """The library's own check of such a text takes time and memory that grow sevenfold with each repetition: it is not used."""
    assert refusal(client, "paragraph" + "=1" * 150)


# --- what can be filtered by ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", ["places", "platforms", "projects", "corridors", "indicators"])
def test_req_queryables_every_queryable_can_stand_in_a_filter(client: FlaskClient, collection: str) -> None:
    response = client.get(f"/ogc/collections/{collection}/queryables")
    assert response.content_type == "application/schema+json"
    document = response.get_json(force=True)
    assert document["$id"] == f"http://localhost/ogc/collections/{collection}/queryables"
    assert document["additionalProperties"] is False
    path = f"/ogc/collections/{collection}/items"
    everything = features(client, path)
    for name, schema in document["properties"].items():
        values = [one["geometry"] if name == "geometry" else one["properties"][name] for one in everything]
        assert len(features(client, path, filter=f"{name} IS NULL")) == values.count(None)
        allowed = schema.get("enum")
        assert allowed is None or set(values) - {None} <= set(allowed)


def test_req_queryables_link(client: FlaskClient) -> None:
    links = client.get("/ogc/collections/places").get_json(force=True)["links"]
    (found,) = [link for link in links if link["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/queryables"]
    assert found["href"] == "http://localhost/ogc/collections/places/queryables"
    assert found["type"] == "application/schema+json"


# --- properties and order -----------------------------------------------------------------------------------------------------------------


def test_an_answer_has_the_properties_that_are_asked_for(client: FlaskClient) -> None:
    for one in features(client, PLACES, properties="kind,name_zh"):
        assert list(one["properties"]) == ["name_zh", "kind"]
        assert set(one) == {"id", "type", "geometry", "properties"}


@pytest.mark.parametrize("sign", ["", "+", " "])
def test_what_lacks_a_property_comes_last_in_either_direction(client: FlaskClient, sign: str) -> None:
    values = [one["properties"]["value"] for one in features(client, FIGURES, sortby=f"{sign}value")]
    known = [value for value in values if value is not None]
    assert known == sorted(known) and values == known + [None] * (len(values) - len(known)) and None in values
    falling = [one["properties"]["value"] for one in features(client, FIGURES, sortby="-value")]
    assert falling == known[::-1] + [None] * (len(values) - len(known))


def test_equals_keep_the_order_of_the_table(client: FlaskClient) -> None:
    everything = features(client, PLACES)
    order = {one["id"]: position for position, one in enumerate(everything)}
    found = features(client, PLACES, sortby="-corridor,kind")
    keys = [(one["properties"]["corridor"], one["properties"]["kind"], order[one["id"]]) for one in found]
    assert keys == sorted(keys, key=lambda key: ({"west": 0, "none": 1, "east": 2}[key[0]], key[1], key[2]))
