"""The basemap that an operator adds from an extract of OpenStreetMap: how detailed it is at which zoom, its pieces, and the files it is kept in.

A piece is a tile of Web Mercator at one of three levels of detail, so that a page fetches what is in view and a picture draws what it can show. The
files lie in ``basemap/local/`` of the data folder, a file for each kind; one that is missing is not drawn. :mod:`geo.draw.extract` makes them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.draw.basemap import read_collection
from geo.errors import Problem, TableError
from geo.ground.bbox import Box
from geo.ground.palette import REFERENCE_ZOOMS
from geo.tables.checksums import read_checksums

FOLDER = "basemap/local"
# Each is a file and can be left out; the first five come in pieces.
SHAPES = ("parks", "water", "divisions", "rails", "roads")
KINDS = (*SHAPES, "metro", "names")
_EARTH_M = 6_378_137.0


class Level(NamedTuple):
    """A level of detail.

    Attributes
    ----------
    zoom
        From which rounded zoom it is drawn.
    tile
        The zoom whose tiles are its pieces.
    extent
        Into so many units a piece is divided, east and south of its corner.
    tolerance_m
        By how much a line may be off.
    least_m2
        How large an area is that is drawn.
    ranks
        The last rank that is drawn, by kind; a kind that is not named is not drawn.
    weight
        How much of their width its lines have: from afar there are more of them on a screen.
    """

    zoom: int
    tile: int
    extent: int
    tolerance_m: float
    least_m2: float
    ranks: Mapping[str, int]
    weight: float


# A pixel is 132 m at zoom 10, 17 m at 13 and 1 m at 17, in latitude 30.
LEVELS = (
    Level(0, 7, 8192, 80, 2e6, {"roads": 2, "rails": 1, "water": 1}, 0.6),
    Level(11, 9, 8192, 15, 1e5, {"roads": 3, "rails": 1, "water": 2, "parks": 1, "divisions": 1}, 0.8),
    Level(13, 11, 16384, 3, 3e3, {"roads": 4, "rails": 1, "water": 3, "parks": 1, "divisions": 1}, 1),
)
Key: TypeAlias = tuple[int, int, int]


class Shape(NamedTuple):
    """What is drawn alike in a piece: lines or areas of one kind and rank, WGS-84."""

    kind: str
    rank: int
    geom: BaseGeometry


class PointName(NamedTuple):
    """A name at a point, in both languages; as far as the extract has a second one."""

    zh: str
    en: str
    lon: float
    lat: float
    kind: str
    zoom: float


@dataclass(frozen=True)
class Local:
    """What an operator has added.

    Attributes
    ----------
    pieces
        By level and by column and row of its tiles.
    names
        Those of places, stations, hills and the like, in the order of their zooms.
    metro
        GeoJSON as of the built-in one.
    file, date
        Which extract it is from, and the day that it gives for its data; empty where it gives none.
    kinds
        Which there are.
    box
        What the extract covers of the frame, degrees, WGS-84.
    digest
        Changes with the files.
    """

    pieces: Mapping[Key, Sequence[Shape]] = field(repr=False)
    names: Sequence[PointName] = field(repr=False)
    metro: dict[str, Any] = field(repr=False)
    file: str
    date: str
    kinds: frozenset[str]
    box: Box
    digest: str

    def seen(self, zoom: float, view: Box) -> Iterator[Shape]:
        """Give what is drawn of a view.

        Parameters
        ----------
        zoom
            Of Web Mercator, in tiles of 256 pixels.
        view
            Degrees, WGS-84.

        Yields
        ------
        Shape
            Kind by kind, in the order in which they lie on each other, the least important ranks first.
        """
        level = level_of(zoom)
        columns, rows = _tiles(view, LEVELS[level].tile)
        found = [shape for x in columns for y in rows for shape in self.pieces.get((level, x, y), ())]
        yield from sorted(found, key=lambda shape: (SHAPES.index(shape.kind), -shape.rank))

    def replaces_water(self, zoom: float, view: Box) -> bool:
        """Tell whether the rivers and lakes of the outline give way in a view: from near, where the extract has them all."""
        (west, south, east, north), own = view, self.box
        is_inside = own.west <= west and own.south <= south and east <= own.east and north <= own.north
        return "water" in self.kinds and level_of(zoom) > 0 and is_inside


def level_of(zoom: float) -> int:
    """Give the level of detail of a zoom: that of the tiles a browser draws at it."""
    # As Math.round: a half goes up.
    return max(number for number, level in enumerate(LEVELS) if math.floor(zoom + 0.5) >= level.zoom)


def to_mercator(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project lon and lat in degrees to Web Mercator in metres."""
    return np.column_stack((np.radians(points[:, 0]) * _EARTH_M, np.arctanh(np.sin(np.radians(points[:, 1]))) * _EARTH_M))


def from_mercator(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project Web Mercator in metres to lon and lat in degrees."""
    return np.column_stack((np.degrees(points[:, 0] / _EARTH_M), np.degrees(np.arcsin(np.tanh(points[:, 1] / _EARTH_M)))))


def box_of_tile(zoom: int, x: int, y: int) -> Box:
    """Give the extent of a tile in metres of Web Mercator."""
    side = 2 * math.pi * _EARTH_M / 2**zoom
    west, north = x * side - math.pi * _EARTH_M, math.pi * _EARTH_M - y * side
    return Box(west, north - side, west + side, north)


def _tiles(view: Box, zoom: int) -> tuple[range, range]:
    corners = to_mercator(np.array([[view.west, view.north], [view.east, view.south]]))
    side, half = 2 * math.pi * _EARTH_M / 2**zoom, math.pi * _EARTH_M
    (left, top), (right, bottom) = ((int((x + half) // side), int((half - y) // side)) for x, y in corners.tolist())
    return range(left, right + 1), range(top, bottom + 1)


def tiles_of(level: int, view: Box) -> Iterator[tuple[int, int]]:
    """Give columns and rows of the pieces that touch a view, in degrees."""
    columns, rows = _tiles(view, LEVELS[level].tile)
    for x in columns:
        for y in rows:
            yield x, y


def encode_piece(local: Local, key: Key) -> dict[str, Any]:
    """Write a piece as the page takes it: in whole units of the piece, each point as a step from the one before it.

    Parameters
    ----------
    local
        What there is.
    key
        Level, column and row.
    """
    level, x, y = key
    _, tile, extent, *_ = LEVELS[level]
    box = box_of_tile(tile, x, y)
    scale = extent / (box.east - box.west)
    shapes = sorted(local.pieces.get(key, ()), key=lambda shape: (SHAPES.index(shape.kind), -shape.rank))
    west, south, east, north = (from_mercator(np.array([[box.west, box.south], [box.east, box.north]]))).ravel().tolist()
    names = [name for name in local.names if west <= name.lon < east and south <= name.lat < north and name.zoom < _ends(level)]
    return {
        "extent": extent,
        "shapes": [[one.kind, one.rank, int(one.geom.geom_type.endswith("Polygon")), list(_encode_lines(one.geom, box, scale))] for one in shapes],
        "names": [[one.zh, one.en if one.en != one.zh else "", one.kind, one.zoom, round(one.lon, 5), round(one.lat, 5)] for one in names],
    }


def _ends(level: int) -> float:
    """Give the zoom from which the next level is drawn."""
    return LEVELS[level + 1].zoom - 0.5 if level + 1 < len(LEVELS) else math.inf


def _encode_lines(geom: BaseGeometry, box: Box, scale: float) -> Iterator[list[int]]:
    parts = shapely.get_parts(geom)
    lines = shapely.get_rings(parts) if geom.geom_type.endswith("Polygon") else parts
    coordinates, numbers = shapely.get_coordinates(lines, return_index=True)
    points = to_mercator(coordinates)
    whole = np.round(np.column_stack((points[:, 0] - box.west, box.north - points[:, 1])) * scale).astype(int)
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    steps = np.diff(whole, axis=0, prepend=[[0, 0]])
    steps[begins] = whole[begins]
    # What is rounded to the point before it draws nothing.
    moved = (steps != 0).any(axis=1)
    moved[begins] = True
    ends = np.searchsorted(numbers[moved], np.arange(1, len(lines)))
    yield from (line.ravel().tolist() for line in np.split(steps[moved], ends))


def read_local(data: Path) -> Local | None:
    """Read what an operator has added to a data folder; ``None`` where that is nothing.

    Raises
    ------
    TableError
        If a file is not as the command writes it; with every problem.
    """
    problems: list[Problem] = []
    sums = read_checksums(data, [])
    there = [kind for kind in KINDS if (data / FOLDER / f"{kind}.geojson").exists()]
    hint = "; python -m geo basemap makes it"
    collections = {kind: read_collection(data, f"local {kind}", f"local/{kind}", sums, problems, hint) for kind in there}
    for kind, collection in collections.items():
        if collection and not _is_extract(collection.get("extract")):
            problems.append(Problem(f"{FOLDER}/{kind}.geojson", 0, "extract", "", "file, date and box of the extract that it is from"))
    if problems:
        raise TableError(problems)
    if not collections:
        return None
    pieces: dict[Key, list[Shape]] = {}
    for kind in SHAPES:
        for feature in collections.get(kind, {}).get("features", ()):
            properties = feature["properties"]
            geom = shapely.from_geojson(json.dumps(feature["geometry"]))
            pieces.setdefault((properties["level"], properties["x"], properties["y"]), []).append(Shape(kind, properties["rank"], geom))
    names = [_name(feature) for feature in collections.get("names", {}).get("features", ())]
    # The newest, where they are not of one extract.
    extract = max((collection["extract"] for collection in collections.values()), key=lambda one: str(one["date"]))
    return Local(
        pieces=pieces,
        names=sorted(names, key=lambda name: name.zoom),
        metro=collections.get("metro") or {"type": "FeatureCollection", "features": []},
        file=extract["file"],
        date=extract["date"],
        kinds=frozenset(collections),
        box=Box(*extract["box"]),
        digest=_digest(pieces, names),
    )


def _digest(pieces: Mapping[Key, Sequence[Shape]], names: Sequence[PointName]) -> str:
    digest = hashlib.sha256(repr(names).encode())
    for key, shapes in sorted(pieces.items()):
        for shape in shapes:
            digest.update(f"{key} {shape.kind} {shape.rank}".encode() + shapely.to_wkb(shape.geom))
    return digest.hexdigest()[:10]


def _is_extract(extract: object) -> bool:
    if not isinstance(extract, dict) or not isinstance(extract.get("box"), list) or len(extract["box"]) != 4:
        return False
    is_box = all(type(degrees) in (int, float) and math.isfinite(degrees) for degrees in extract["box"])
    file, date = extract.get("file"), extract.get("date")
    is_date = isinstance(date, str) and re.fullmatch(r"(\d{4}-\d\d-\d\d)?", date, re.ASCII)
    return bool(is_box and is_date and isinstance(file, str) and file.isprintable())


def _name(feature: Mapping[str, Any]) -> PointName:
    properties = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"]
    zooms = REFERENCE_ZOOMS[properties["kind"]]
    zoom = zooms[min(properties["rank"], len(zooms)) - 1]
    return PointName(properties["name_zh"], properties["name_en"], lon, lat, properties["kind"], zoom)
