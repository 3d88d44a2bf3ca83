"""The basemap that needs no network: district outlines and water, from ``data/basemap/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import Problem, TableError


@dataclass(frozen=True)
class Outline:
    """The embedded outline.

    Attributes
    ----------
    districts
        GeoJSON FeatureCollection in WGS-84: the 13 districts, each with ``name_zh``, ``name_en``, ``code`` and ``label`` (lon, lat of its name).
    surround
        GeoJSON FeatureCollection in WGS-84: the neighbouring prefectures.
    water
        GeoJSON FeatureCollection in WGS-84: rivers as lines, lakes and the sea as areas, each with ``kind`` and ``rank``.
    """

    districts: dict[str, Any]
    surround: dict[str, Any]
    water: dict[str, Any]


def read_outline(data: Path) -> Outline:
    """Read the outline from the data folder.

    Raises
    ------
    TableError
        If a file is missing or is not GeoJSON.
    """
    problems: list[Problem] = []
    collections = {name: _read_collection(data, f"basemap/{name}.geojson", problems) for name in ("districts", "surround", "water")}
    if problems:
        raise TableError(problems)
    return Outline(**collections)


def _read_collection(data: Path, file: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        collection = json.loads((data / file).read_text(encoding="utf-8"))
    except OSError:
        problems.append(Problem(file, 0, "", "", f"a readable file in {data.name}/; make data builds it"))
        return {}
    except ValueError as error:
        problems.append(Problem(file, getattr(error, "lineno", 0), "", "", f"GeoJSON in UTF-8 ({error})"))
        return {}
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection" or not isinstance(collection.get("features"), list):
        problems.append(Problem(file, 0, "", "", "a GeoJSON FeatureCollection"))
        return {}
    return collection
