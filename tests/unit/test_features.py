"""What is refused of an outline: each feature that could not be drawn or answered from, with its line and member."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geo.draw.basemap import read_outline
from geo.draw.features import find_wrong_features
from geo.errors import Problem, TableError
from tests.other_city import DATA

SQUARE = {"type": "Polygon", "coordinates": [[[108, 34], [108.1, 34], [108.1, 34.1], [108, 34]]]}
WHOLE = "of lon and lat in degrees, WGS-84, that is valid and not empty"


def problems_of(tmp_path: Path, name: str, member: str, value: Any) -> list[Problem]:
    """Read an outline whose second feature has another member; ``properties.label`` is one of its properties."""
    folder = tmp_path / "basemap"
    folder.mkdir()
    for path in (DATA / "basemap").glob("*.geojson"):
        (folder / path.name).write_bytes(path.read_bytes())
    path = folder / f"{name}.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    *within, last = member.split(".")
    target = document["features"][1]
    for part in within:
        target = target[part]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in document["features"])
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    try:
        read_outline(tmp_path)
    except TableError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("member", "value", "column", "expected"),
    [
        ("geometry", KeyError, "geometry", "a Polygon or a MultiPolygon"),
        ("geometry", None, "geometry", "a Polygon or a MultiPolygon"),
        ("geometry", {"type": "Point", "coordinates": [108, 34]}, "geometry", "a Polygon or a MultiPolygon"),
        ("geometry", {"type": ["Polygon"], "coordinates": []}, "geometry", "a Polygon or a MultiPolygon"),
        ("geometry", {"type": "Polygon"}, "geometry.coordinates", f"a Polygon {WHOLE}"),
        ("geometry", {"type": "Polygon", "coordinates": []}, "geometry.coordinates", f"a Polygon {WHOLE}"),
        ("geometry", {"type": "Polygon", "coordinates": [[]]}, "geometry.coordinates", f"a Polygon {WHOLE}"),
        (
            "geometry",
            {"type": "Polygon", "coordinates": [[[34, 108], [34, 109], [35, 109], [34, 108]]]},
            "geometry.coordinates",
            f"a Polygon {WHOLE}",
        ),
        ("geometry", {"type": "MultiPolygon", "coordinates": [[]]}, "geometry.coordinates", f"a MultiPolygon {WHOLE}"),
        (
            "geometry",
            {"type": "Polygon", "coordinates": [[[108, 34], [108.1, 34.1], [108.1, 34], [108, 34.1], [108, 34]]]},
            "geometry.coordinates",
            f"a Polygon {WHOLE}",
        ),
        ("properties", None, "properties", "an object with the properties of the feature"),
        ("properties.code", 999901, "properties.code", "a code of 6 digits, as text"),
        ("properties.code", "999901", "properties.code", "no duplicate of features[0]"),
        (
            "properties.name_zh",
            "\u202e区",
            "properties.name_zh",
            "text without what is not seen or was lost, such as U+202E (RIGHT-TO-LEFT OVERRIDE)",
        ),
        ("properties.name_en", "", "properties.name_en", "a name with a letter or a digit"),
        ("properties.name_en", None, "properties.name_en", "a name"),
        ("properties.label", KeyError, "properties.label", "lon and lat in degrees"),
        ("properties.label", [200, 34], "properties.label", "lon and lat in degrees"),
        ("properties.label", ["108", "34"], "properties.label", "lon and lat in degrees"),
        ("type", "Circle", "", "a GeoJSON Feature"),
    ],
)
def test_a_district_that_cannot_be_drawn_is_named(tmp_path: Path, member: str, value: Any, column: str, expected: str) -> None:
    (problem,) = problems_of(tmp_path, "districts", member, value)
    assert (problem.file, problem.line) == ("basemap/districts.geojson", 3)
    assert (problem.column, problem.expected) == (".".join(filter(None, ("features[1]", column))), expected)


@pytest.mark.parametrize("value", [None, 0, 10, "1", 1.5, True, KeyError])
def test_water_has_a_rank(tmp_path: Path, value: Any) -> None:
    (problem,) = problems_of(tmp_path, "water", "properties.rank", value)
    assert (problem.column, problem.expected) == ("features[1].properties.rank", "a whole number from 1 to 9")


STATION = {"type": "Point", "coordinates": [108.5, 34.5]}
LINE = {"type": "LineString", "coordinates": [[108, 34], [108.1, 34.1]]}


@pytest.mark.parametrize(
    ("name", "geometry", "properties", "column", "expected"),
    [
        ("metro", STATION, {"kind": "station", "rank": "1"}, "properties.rank", "a whole number from 1 to 2"),
        ("metro", STATION, {"kind": "station"}, "properties.rank", "a whole number from 1 to 2"),
        ("metro", STATION, {"kind": "station", "rank": 3}, "properties.rank", "a whole number from 1 to 2"),
        ("metro", STATION, {"kind": "station", "rank": 2}, None, ""),
        ("metro", STATION, {"kind": "line"}, "geometry", "a LineString or a MultiLineString"),
        ("metro", LINE, {"kind": "station", "rank": 1}, "geometry", "a Point"),
        ("metro", LINE, {"kind": "line"}, None, ""),
        ("landmarks", STATION, {"kind": "hill", "rank": 4}, "properties.rank", "a whole number from 1 to 3"),
        ("landmarks", STATION, {"kind": "hill", "rank": 3}, None, ""),
        ("water", LINE, {"kind": "river", "rank": 9}, "properties.rank", "a whole number from 1 to 3"),
        ("water", LINE, {"kind": "ditch", "rank": 9}, None, ""),
        ("water", LINE, {"kind": ["river"], "rank": 1}, "properties.kind", "text"),
        ("water", LINE, {"kind": "river", "rank": 1, "name_zh": 5}, "properties.name_zh", "a name"),
    ],
)
def test_what_is_named_on_the_map_has_a_rank_that_its_kind_has(
    name: str, geometry: dict[str, Any], properties: dict[str, Any], column: str | None, expected: str
) -> None:
    feature = {"type": "Feature", "properties": {"name_zh": "某处", "name_en": "Somewhere", **properties}, "geometry": geometry}
    collection = {"type": "FeatureCollection", "features": [feature]}
    found = [(problem.column, problem.expected) for problem in find_wrong_features(name, json.dumps(collection), collection, "file.geojson")]
    assert found == ([(f"features[0].{column}", expected)] if column else [])


@pytest.mark.parametrize("geometry", [SQUARE, {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}])
def test_areas_of_every_type_are_taken(tmp_path: Path, geometry: dict[str, Any]) -> None:
    assert problems_of(tmp_path, "water", "geometry", geometry) == []


@pytest.mark.parametrize("text", ["[" * 100_000, '{"type":"FeatureCollection","features":[NaN]}', '{"a":' * 50_000])
def test_what_no_reader_of_json_ends_with_is_refused(tmp_path: Path, text: str) -> None:
    problems_of(tmp_path, "water", "properties.rank", 1)
    (tmp_path / "basemap/water.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_outline(tmp_path)
    (problem,) = caught.value.problems
    assert problem.expected.startswith("GeoJSON in UTF-8 (")
