"""What a feature of the outline must be, so that whatever draws it or answers from it can take it as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import shapely

from geo.errors import Problem
from geo.ground.palette import REFERENCE_ZOOMS
from geo.tables.cells import MOST_IN_A_NAME, expect_name

# What a landmark may be.
LANDMARKS = ("airport", "station", "hill", "university", "park", "bridge", "landmark")
# What else a name of an extract may name.
SETTLEMENTS = ("township", "village", "lake")
_AREAS = ("Polygon", "MultiPolygon")
_LINES = ("LineString", "MultiLineString")


class MemberError(ValueError):
    """Something in a feature that is not as it should be.

    Attributes
    ----------
    where
        The member, such as ``properties.label``.
    value
        What stands there.
    """

    def __init__(self, where: str, value: object, expected: str) -> None:
        self.where = where
        self.value = value
        super().__init__(expected)


def _name(value: object) -> None:
    if not isinstance(value, str):
        raise ValueError("a name")
    expect_name(value, MOST_IN_A_NAME)


def _code(value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{6}", value, re.ASCII):
        raise ValueError("a code of 6 digits, as text")


def _point(value: object) -> None:
    is_pair = isinstance(value, list) and len(value) == 2 and all(type(degrees) in (int, float) for degrees in value)
    if not is_pair or not _is_on_map(np.array([value], dtype=float)):
        raise ValueError("lon and lat in degrees")


def _kind(*kinds: str) -> Callable[[object], None]:
    def expect(value: object) -> None:
        if value not in kinds:
            raise ValueError(f"one of {', '.join(kinds)}")

    return expect


def _whole(least: int, most: int) -> Callable[[object], None]:
    def expect(value: object) -> None:
        if type(value) is not int or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")

    return expect


_rank = _whole(1, 9)
# Where a piece lies: its level of detail, and the column and row of its tile.
_PIECE = {"rank": _rank, "level": _whole(0, 2), "x": _whole(0, 4095), "y": _whole(0, 4095)}


def _optional(expect: Callable[[object], None]) -> Callable[[object], None]:
    def expect_if_given(value: object) -> None:
        if value is not None:
            expect(value)

    return expect_if_given


def _text(value: object) -> None:
    if not isinstance(value, str):
        raise ValueError("text")


class Kind(NamedTuple):
    """The features of one file of the outline.

    Attributes
    ----------
    geometries
        The types that their geometry may have.
    properties
        What reads them, each with what it must be.
    key
        The property that no two of them share; ``None`` where they have none.
    named
        Under which key of ``REFERENCE_ZOOMS`` one is named on the map, by its properties: what is needs a rank that its key has.
    by_kind
        The types that the geometry may have by the property ``kind``, where that decides.
    """

    geometries: tuple[str, ...]
    properties: Mapping[str, Callable[[object], None]]
    key: str | None = None
    named: Callable[[Mapping[str, Any]], object] = lambda _: None
    by_kind: Mapping[str, tuple[str, ...]] = MappingProxyType({})


KINDS = {
    "districts": Kind(_AREAS, {"code": _code, "name_zh": _name, "name_en": _name, "label": _point}, "code"),
    # A point is the name of a prefecture, which nothing draws.
    "surround": Kind((*_AREAS, *_LINES, "Point"), {}),
    "water": Kind(
        (*_AREAS, *_LINES),
        {"rank": _rank, "kind": _optional(_text), "name_zh": _optional(_name), "name_en": _optional(_name)},
        named=lambda properties: properties.get("kind"),
    ),
    "metro": Kind(
        (*_LINES, "Point"),
        {"kind": _kind("line", "station"), "name_zh": _name, "name_en": _name},
        named=lambda properties: "metro" if properties["kind"] == "station" else None,
        by_kind={"line": _LINES, "station": ("Point",)},
    ),
    "landmarks": Kind(
        ("Point",),
        {"kind": _kind(*LANDMARKS), "rank": _rank, "name_zh": _name, "name_en": _name},
        named=lambda properties: properties["kind"],
    ),
    # What an operator adds (geo/draw/pieces.py).
    "local parks": Kind(_AREAS, _PIECE),
    "local water": Kind((*_AREAS, *_LINES), _PIECE),
    "local divisions": Kind(_LINES, _PIECE),
    "local rails": Kind(_LINES, _PIECE),
    "local roads": Kind(_LINES, _PIECE),
    "local names": Kind(
        ("Point",),
        {"kind": _kind(*LANDMARKS, *SETTLEMENTS), "rank": _rank, "name_zh": _name, "name_en": _name},
        named=lambda properties: properties["kind"],
    ),
}
# The metro of an extract is as the built-in one.
KINDS["local metro"] = KINDS["metro"]


def find_wrong_features(name: str, text: str, collection: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Find what is wrong with the features of a file of the outline.

    Parameters
    ----------
    name
        Which of :data:`KINDS` they are.
    text, collection
        The file: as it is, to say in which line a feature begins, and as a FeatureCollection.
    file
        Its path, for the messages.

    Yields
    ------
    Problem
        With the line of the feature and the member of it.
    """
    lines: list[int] | None = None
    seen: dict[object, int] = {}
    for number, feature in enumerate(collection["features"]):
        try:
            _expect_feature(feature, KINDS[name])
            if (key := KINDS[name].key) is not None:
                value = feature["properties"][key]
                if (first := seen.setdefault(value, number)) != number:
                    raise MemberError(f"properties.{key}", value, f"no duplicate of features[{first}]")
        except MemberError as wrong:
            lines = _lines_of_features(text) if lines is None else lines
            shown = "" if wrong.value is None else str(wrong.value)
            line = lines[number] if number < len(lines) else 0
            yield Problem(file, line, f"features[{number}]{f'.{wrong.where}' if wrong.where else ''}", shown, str(wrong))


def _expect_feature(feature: object, kind: Kind) -> None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise MemberError("", feature, "a GeoJSON Feature")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise MemberError("properties", properties, "an object with the properties of the feature")
    for name, expect in kind.properties.items():
        try:
            expect(properties.get(name))
        except ValueError as expected:
            raise MemberError(f"properties.{name}", properties.get(name), str(expected)) from None
    zooms, rank = REFERENCE_ZOOMS.get(str(kind.named(properties)), ()), properties.get("rank")
    if zooms and (type(rank) is not int or not 1 <= rank <= len(zooms)):
        raise MemberError("properties.rank", rank, f"a whole number from 1 to {len(zooms)}")
    _expect_geometry(feature.get("geometry"), kind.by_kind.get(str(properties.get("kind")), kind.geometries))


def _expect_geometry(geometry: object, types: tuple[str, ...]) -> None:
    type_ = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(type_, str) or type_ not in types:
        raise MemberError("geometry", type_ or geometry, f"a {' or a '.join(types)}")
    expected = f"a {type_} of lon and lat in degrees, WGS-84, that is valid and not empty"
    try:
        geom = shapely.from_geojson(json.dumps(geometry, allow_nan=False))
    except (shapely.errors.ShapelyError, ValueError, RecursionError):
        raise MemberError("geometry.coordinates", "", expected) from None
    parts = shapely.get_parts(geom)
    is_whole = len(parts) and not any(map(shapely.is_empty, parts)) and all(part.length > 0 or part.geom_type == "Point" for part in parts)
    # An outline that crosses itself has no inside to say that a point is in.
    if not is_whole or geom.has_z or not _is_on_map(shapely.get_coordinates(geom)) or (geom.geom_type.endswith("Polygon") and not geom.is_valid):
        reason = shapely.is_valid_reason(geom)
        raise MemberError("geometry.coordinates", reason if reason != "Valid Geometry" else "", expected)


def _is_on_map(points: Any) -> bool:
    # Web Mercator ends at 85 degrees.
    return bool(np.isfinite(points).all() and (np.abs(points[:, 0]) <= 180).all() and (np.abs(points[:, 1]) <= 85).all())


def _lines_of_features(text: str) -> list[int]:
    """Say in which line each feature begins."""
    found = re.search(r'"features"\s*:\s*\[', text)
    lines: list[int] = []
    decoder, at, line, before = json.JSONDecoder(), found.end() if found else len(text), 1, 0
    while start := re.compile(r"[\s,]*").match(text, at):
        line, before = line + text.count("\n", before, start.end()), start.end()
        try:
            _, at = decoder.raw_decode(text, start.end())
        except ValueError:
            break
        lines.append(line)
    return lines
