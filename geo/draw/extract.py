"""An extract of OpenStreetMap, ``.osm`` or ``.osm.pbf``, as the small files of :mod:`geo.draw.pieces`.

``python -m geo.draw.extract FILE FOLDER WEST SOUTH EAST NORTH [KIND ...]`` does the work in a process of its own, as an extract may be made to do
harm and a large one takes what it can get: with limits of memory and time, progress on standard error, and one line of JSON on standard output.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from geo.draw.pieces import KINDS, LEVELS, SHAPES, box_of_tile, from_mercator, tiles_of, to_mercator
from geo.errors import ExtractError
from geo.ground.bbox import Box
from geo.ground.files import replaced
from geo.tables.cells import MOST_IN_A_WORD, expect_name

CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
# What is larger takes more than the time; a country is cut with the tools of OpenStreetMap first.
MOST_BYTES = {".osm.pbf": 1 << 30, ".osm": 8 << 30}
MOST_MEMORY, MOST_SECONDS = 4 << 30, 1800
# A map of so many points is no small one any more, and neither is it quiet.
MOST_POINTS, MOST_NAMES = 3_000_000, 100_000
CUT = "cut it to the frame first, as osmium extract --bbox does"

_ROADS = {"motorway": 1, "trunk": 2, "primary": 3, "secondary": 4}
_METRO = ("subway", "light_rail", "monorail")
_RIVERS = {"river": 2, "canal": 3}
_PARKS = ("park", "nature_reserve", "garden")
# The level of townships in China.
_TOWNSHIP = "8"
_PLACES = {"town": ("township", 1), "suburb": ("township", 1), "quarter": ("township", 2), "village": ("village", 1), "neighbourhood": ("village", 2)}
# Only what is named here becomes a column; GDAL spells a key that has a colon as it stands.
_CONFIG = """[general]
closed_ways_are_polygons=natural,leisure,landuse,waterway,boundary,amenity,aeroway
attribute_name_laundering=no
[points]
osm_timestamp=yes
attributes=name,name:zh,name:en,place,railway,station,subway,aeroway,natural,amenity
other_tags=no
[lines]
osm_timestamp=yes
attributes=name,name:zh,name:en,highway,railway,waterway,service
other_tags=no
[multipolygons]
osm_timestamp=yes
attributes=name,name:zh,name:en,natural,leisure,landuse,waterway,boundary,admin_level,amenity,aeroway
other_tags=no
[multilinestrings]
attributes=name
other_tags=no
[other_relations]
attributes=name
other_tags=no
"""


def _any(column: str, values: Iterable[str]) -> str:
    return f'"{column}" IN ({", ".join(map(repr, values))})'


# What is read of each layer that GDAL makes of an extract.
_WANTED = {
    "points": " OR ".join(
        (
            _any("place", _PLACES),
            _any("railway", ("station",)),
            _any("aeroway", ("aerodrome",)),
            _any("natural", ("peak",)),
            _any("amenity", ("university",)),
        )
    ),
    "lines": " OR ".join((_any("highway", _ROADS), _any("railway", ("rail", *_METRO)), _any("waterway", _RIVERS))),
    "multipolygons": " OR ".join(
        (
            _any("natural", ("water",)),
            _any("waterway", ("riverbank",)),
            _any("landuse", ("reservoir",)),
            _any("leisure", _PARKS),
            _any("admin_level", (_TOWNSHIP,)),
            _any("amenity", ("university",)),
            _any("aeroway", ("aerodrome",)),
        )
    ),
}


@dataclass
class Summary:
    """What came of an extract.

    Attributes
    ----------
    date
        The day of its data; empty where it gives none.
    counts
        How many lines, areas or names there are of each kind that it has.
    missing
        The kinds that it has nothing of.
    unfit
        How many names were left out that cannot be shown as they stand.
    size
        Of the files, in bytes.
    """

    date: str
    counts: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unfit: int = 0
    size: int = 0


def take_in(path: Path, folder: Path, frame: Box, kinds: Sequence[str] = KINDS) -> Summary:
    """Make the files of the basemap of an extract, in a process of its own.

    Parameters
    ----------
    path
        The extract.
    folder
        Where the files go; those of an earlier extract are replaced.
    frame
        What is kept, degrees, WGS-84.
    kinds
        Which kinds are wanted.

    Raises
    ------
    ExtractError
        If it is no extract, is broken or too large, or has nothing in the frame.
    """
    _expect_extract(path)
    command = [sys.executable, "-m", "geo.draw.extract", str(path.absolute()), str(folder.absolute()), *map(str, frame), *kinds]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=MOST_SECONDS, check=False, cwd=Path(__file__).parents[2])  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ExtractError(path.name, f"an extract that is read within {MOST_SECONDS // 60} minutes; {CUT}") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        # Above it stands what Python said, where it did; a library that finds no more memory ends without a word.
        raise ExtractError(path.name, f"an extract that can be read, within {MOST_MEMORY >> 30} GB of memory; else {CUT}") from None
    if "expected" in answer:
        raise ExtractError(path.name, answer["expected"], answer["value"])
    return Summary(**answer)


def _expect_extract(path: Path) -> None:
    """Refuse what is no extract by its name, size and first bytes."""
    ending = next((ending for ending in MOST_BYTES if path.name.lower().endswith(ending)), None)
    if ending is None:
        raise ExtractError(path.name, "a file .osm or .osm.pbf")
    if not path.is_file():
        raise ExtractError(path.name, "a file that can be read")
    size = path.stat().st_size
    if size > MOST_BYTES[ending]:
        raise ExtractError(path.name, f"at most {MOST_BYTES[ending] >> 20} MB; {CUT}", f"{size >> 20} MB")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise ExtractError(path.name, f"a file that can be read ({error.strerror})") from error
    is_pbf, is_xml = head[4:15].endswith(b"OSMHeader"), re.search(rb"<osm[\s>]", head)
    if not (is_pbf if ending == ".osm.pbf" else is_xml):
        raise ExtractError(path.name, f"OpenStreetMap data, as a file {ending} begins with {'an OSMHeader' if ending == '.osm.pbf' else '<osm …>'}")


# --- reading ------------------------------------------------------------------------------------------------------------------------------


def _read(path: Path, layer: str, frame: Box, config: Path) -> gpd.GeoDataFrame:
    try:
        # A ring of two points, as the edge of an extract may leave it, is nothing to draw.
        found: gpd.GeoDataFrame = pyogrio.read_dataframe(
            path, layer=layer, where=_WANTED[layer], bbox=tuple(frame), on_invalid="ignore", CONFIG_FILE=str(config)
        )
    except (FeatureError, DataLayerError, DataSourceError) as error:
        at = re.search(r"around byte (\d+)", str(error))
        raise ExtractError(path.name, f"an extract that is whole{f'; it ends or is broken around byte {at[1]}' if at else ''}") from None
    return found[~(found.geometry.is_empty | found.geometry.isna())]


def stated_date(path: Path) -> str:
    """Read on which day an extract says its data were taken; empty where it does not say."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if found := re.search(rb'<(?:osm|meta)\b[^>]*\b(?:timestamp|osm_base)="(\d{4}-\d\d-\d\d)T', head[:4096]):
        return found[1].decode()
    if not head[4:15].endswith(b"OSMHeader"):
        return ""
    try:
        header, start = dict(_fields(head[4 : 4 + int.from_bytes(head[:4], "big")])), 4 + int.from_bytes(head[:4], "big")
        blob = dict(_fields(head[start : start + int(header[3])]))
        content = blob.get(1) or zlib.decompressobj().decompress(blob[3], 1 << 20)
        seconds = dict(_fields(content)).get(32)
        return datetime.fromtimestamp(seconds, UTC).date().isoformat() if seconds else ""
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, OSError, zlib.error):
        return ""


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Read the fields of a message of protocol buffers: numbers, and bytes as they are."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(message):
        key = varint()
        value: Any = varint()
        if key & 7 == 2:
            value, at = message[at : at + value], at + value
        yield key >> 3, value


# --- what is drawn ------------------------------------------------------------------------------------------------------------------------


def _column(frame: gpd.GeoDataFrame, name: str) -> Any:
    return frame[name].fillna("") if name in frame.columns else frame.geometry.map(lambda _: "")


def _mercator(geoms: Any) -> Any:
    return shapely.transform(shapely.force_2d(np.asarray(geoms)), to_mercator)


def _merged(lines: Any) -> Any:
    """Join lines that go on in each other, so that they are simplified as one."""
    return shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines)))) if len(lines) else np.array([], dtype=object)


@dataclass
class _Pieces:
    """The features of one kind, piece by piece."""

    frame: Box
    features: list[dict[str, Any]] = field(default_factory=list)
    points: int = 0

    def add_lines(self, kind: str, rank: int, lines: Any) -> None:
        """Add lines, in metres of Web Mercator, as each level shows them."""
        for level, tolerance in self._levels(kind, rank):
            short = shapely.simplify(lines, tolerance)
            self._cut(level, rank, short[shapely.length(short) > 2 * tolerance], shapely.multilinestrings)

    def add_areas(self, kind: str, rank: int, areas: Any) -> None:
        """Add areas, likewise."""
        sizes = shapely.area(areas)
        for level, tolerance in self._levels(kind, rank):
            least = LEVELS[level].least_m2 * (tolerance / LEVELS[level].tolerance_m) ** 2
            smooth = shapely.make_valid(shapely.simplify(areas[sizes >= least], tolerance))
            self._cut(level, rank, smooth, shapely.union_all)

    def _levels(self, kind: str, rank: int) -> Iterator[tuple[int, float]]:
        stretch = 1 / math.cos(math.radians((self.frame.south + self.frame.north) / 2))
        for level, own in enumerate(LEVELS):
            if rank <= own.ranks.get(kind, 0):
                yield level, own.tolerance_m * stretch

    def _cut(self, level: int, rank: int, geoms: Any, join: Callable[[Any], Any]) -> None:
        if not len(geoms):
            return
        is_area = join is shapely.union_all
        tree = shapely.STRtree(geoms)
        for x, y in tiles_of(level, self.frame):
            box = box_of_tile(LEVELS[level].tile, x, y)
            # They overlap a little, so that no seam is seen and the end of a line lies outside of the piece.
            margin = (box.east - box.west) / 256
            window = shapely.box(box.west - margin, box.south - margin, box.east + margin, box.north + margin)
            near = tree.query(window)
            if not len(near):
                continue
            parts = shapely.get_parts(shapely.intersection(geoms[near], window))
            parts = shapely.get_parts(parts[shapely.get_dimensions(parts) == (2 if is_area else 1)])
            if not len(parts):
                continue
            # To a metre in five decimals, and valid as it is written.
            geom = shapely.set_precision(shapely.transform(join(parts), from_mercator), 1e-5)
            kept = [part for part in shapely.get_parts(geom) if part.geom_type == ("Polygon" if is_area else "LineString") and not part.is_empty]
            if kept:
                whole = (shapely.multipolygons if is_area else shapely.multilinestrings)(kept)
                self.points += int(shapely.get_num_coordinates(whole))
                if self.points > MOST_POINTS:
                    raise ExtractError("", f"at most {MOST_POINTS} points in the frame; {CUT}")
                place = {"rank": rank, "level": level, "x": x, "y": y}
                self.features.append({"type": "Feature", "properties": place, "geometry": json.loads(shapely.to_geojson(whole))})


class _Names:
    """The names that are written, and how many cannot be."""

    def __init__(self) -> None:
        self.features: list[dict[str, Any]] = []
        self.unfit = 0

    def pick(self, row: Any) -> tuple[str, str] | None:
        """Choose a Chinese and an English name of a thing; ``None`` where it has none that can be shown."""
        name = row["name"] or row["name:zh"]
        if not name:
            return None
        try:
            zh = expect_name(str(row["name:zh"] or name), MOST_IN_A_WORD)
            return zh, expect_name(str(row["name:en"] or name), MOST_IN_A_WORD)
        except ValueError:
            self.unfit += 1
            return None

    def add(self, row: Any, kind: str, rank: int, point: shapely.Point) -> None:
        """Add the name of a thing, where it has one."""
        if (both := self.pick(row)) and len(self.features) < MOST_NAMES:
            self.features.append(_point({"kind": kind, "rank": rank}, both, point))


def _point(properties: dict[str, Any], both: tuple[str, str], point: shapely.Point) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [round(point.x, 5), round(point.y, 5)]}
    return {"type": "Feature", "properties": {**properties, "name_zh": both[0], "name_en": both[1]}, "geometry": geometry}


def _rows(frame: gpd.GeoDataFrame, names: Sequence[str]) -> Iterator[tuple[dict[str, str], Any]]:
    columns = [_column(frame, name).tolist() for name in names]
    for *values, geom in zip(*columns, frame.geometry, strict=True):
        yield dict(zip(names, values, strict=True)), geom


_NAMED = ("name", "name:zh", "name:en")


def _build(path: Path, frame: Box, say: Callable[[str], None]) -> tuple[dict[str, list[dict[str, Any]]], str, Box, int]:
    """Read an extract and make the features of every kind; the day of its data, what it covers of the frame, and how many names are unfit."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "osmconf.ini"
        config.write_text(_CONFIG, encoding="utf-8")
        read = {}
        for number, layer in enumerate(_WANTED, 1):
            say(f"{number}/5 reading {layer}")
            read[layer] = _read(path, layer, frame, config)
            say(f"{number}/5 {layer}: {len(read[layer])} of use")
    extents = [layer.total_bounds for layer in read.values() if len(layer)]
    if not extents:
        corners = f"{frame.west:g} to {frame.east:g} east, {frame.south:g} to {frame.north:g} north"
        raise ExtractError("", f"roads, rails, water, parks or places within the frame of atlas.toml, {corners}; is it of another region?")
    reach = np.array(extents)
    west, south, east, north = np.concatenate([reach[:, :2].min(axis=0), reach[:, 2:].max(axis=0)]).tolist()
    box = Box(max(west, frame.west), max(south, frame.south), min(east, frame.east), min(north, frame.north))
    say("4/5 simplifying")
    names = _Names()
    pieces = {kind: _Pieces(frame) for kind in SHAPES}
    metro = _build_lines(read["lines"], pieces, names)
    _build_areas(read["multipolygons"], pieces, names)
    metro += _build_points(read["points"], names)
    features = {kind: made.features for kind, made in pieces.items()}
    return {**features, "metro": metro, "names": names.features}, stated_date(path) or _newest(read.values()), box, names.unfit


def _newest(layers: Iterable[gpd.GeoDataFrame]) -> str:
    """Give the day of the newest thing in an extract that does not say when it was taken; a thing without a day has the first of 1970."""
    days = [str(layer["osm_timestamp"].max())[:10] for layer in layers if "osm_timestamp" in layer.columns and len(layer)]
    return max((day for day in days if re.fullmatch(r"20\d\d-\d\d-\d\d", day, re.ASCII)), default="")


def _build_lines(lines: gpd.GeoDataFrame, pieces: dict[str, _Pieces], names: _Names) -> list[dict[str, Any]]:
    highways, railways, waterways = (_column(lines, name) for name in ("highway", "railway", "waterway"))
    geoms = _mercator(lines.geometry)
    for value, rank in _ROADS.items():
        pieces["roads"].add_lines("roads", rank, _merged(geoms[(highways == value).to_numpy()]))
    # Yards and sidings are no help to a stranger.
    pieces["rails"].add_lines("rails", 1, _merged(geoms[((railways == "rail") & (_column(lines, "service") == "")).to_numpy()]))
    for value, rank in _RIVERS.items():
        pieces["water"].add_lines("water", rank, _merged(geoms[(waterways == value).to_numpy()]))
    metro = []
    is_metro = railways.isin(_METRO) & (_column(lines, "service") == "")
    of_line: dict[tuple[str, str], list[Any]] = {}
    for row, geom in _rows(lines[is_metro], _NAMED):
        of_line.setdefault(names.pick(row) or ("—", "—"), []).append(geom)
    for both, parts in of_line.items():
        merged = shapely.simplify(_merged(np.array(parts)), 1e-4)
        if both == ("—", "—"):
            both = ("地铁", "Metro")
        properties = {"kind": "line", "name_zh": both[0], "name_en": both[1]}
        geometry = json.loads(shapely.to_geojson(shapely.set_precision(shapely.multilinestrings(merged), 1e-5, mode="pointwise")))
        metro.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return metro


def _build_areas(areas: gpd.GeoDataFrame, pieces: dict[str, _Pieces], names: _Names) -> None:
    geoms = shapely.make_valid(_mercator(areas.geometry))
    is_water = (_column(areas, "natural") == "water") | (_column(areas, "waterway") == "riverbank") | (_column(areas, "landuse") == "reservoir")
    is_park = _column(areas, "leisure").isin(_PARKS) & ~is_water
    is_division = (_column(areas, "admin_level") == _TOWNSHIP) & (_column(areas, "boundary") == "administrative")
    pieces["water"].add_areas("water", 1, geoms[is_water.to_numpy()])
    pieces["parks"].add_areas("parks", 1, geoms[is_park.to_numpy()])
    if is_division.any():
        # A border that two of them share is one line.
        borders = shapely.line_merge(shapely.union_all(shapely.boundary(geoms[is_division.to_numpy()])))
        pieces["divisions"].add_lines("divisions", 1, shapely.get_parts(borders))
    sizes = shapely.area(geoms)
    is_university, is_airport = _column(areas, "amenity") == "university", _column(areas, "aeroway") == "aerodrome"
    for kind, chosen, steps in (
        ("lake", is_water, (5e6, 1e6, 1e5)),
        ("park", is_park, (5e6, 1e6, 1e5)),
        ("university", is_university, (math.inf, 1e6, 1e5)),
        ("airport", is_airport, (1e6, 5e5, 1e5)),
    ):
        wanted = chosen.to_numpy() & (sizes >= steps[-1])
        for (row, geom), size in zip(_rows(areas[wanted], _NAMED), sizes[wanted], strict=True):
            # The names of rivers lie along them, which a point does not.
            if kind != "lake" or not row["name"].endswith(("江", "河", "溪", "River")):
                names.add(row, kind, next(rank for rank, step in enumerate(steps, 1) if size >= step), shapely.point_on_surface(geom))


def _build_points(points: gpd.GeoDataFrame, names: _Names) -> list[dict[str, Any]]:
    stations, seen = [], set()
    for row, point in _rows(points, (*_NAMED, "place", "railway", "station", "subway", "aeroway", "natural", "amenity")):
        if row["railway"] == "station" and (row["station"] in _METRO or row["subway"] == "yes"):
            both = names.pick(row)
            # An interchange is a station of each of its lines.
            if both and both[0] not in seen:
                seen.add(both[0])
                stations.append(_point({"kind": "station", "rank": 2}, both, point))
        elif row["railway"] == "station":
            names.add(row, "station", 2, point)
        elif row["place"] in _PLACES:
            names.add(row, *_PLACES[row["place"]], point)
        elif row["aeroway"] == "aerodrome":
            names.add(row, "airport", 2, point)
        elif row["natural"] == "peak":
            names.add(row, "hill", 3, point)
        elif row["amenity"] == "university":
            names.add(row, "university", 3, point)
    return stations


# --- the process of its own ---------------------------------------------------------------------------------------------------------------


def _write(path: Path, folder: Path, features: dict[str, list[dict[str, Any]]], date: str, box: Box) -> int:
    """Write a file for each kind, and take away those of an earlier extract that this one has nothing of."""
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for kind in KINDS:
        target = folder / f"{kind}.geojson"
        if not features.get(kind):
            target.unlink(missing_ok=True)
            continue
        extract = {"file": path.name, "date": date, "box": [round(one, 5) for one in box]}
        head = {"type": "FeatureCollection", "attribution": CREDIT, "extract": extract}
        with replaced(target) as growing, growing.open("w", encoding="utf-8") as file:
            # A feature a line: a problem is said with its line.
            file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
            file.write(",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features[kind]))
            file.write("\n]}\n")
        size += target.stat().st_size
    return size


def _limit() -> None:
    """Bound what this process may take; a system without such limits has the time that its parent gives."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def main() -> int:
    """Take an extract in, and say what came of it."""
    _limit()
    path, folder, kinds = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[7:]
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{text} ({time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)

    try:
        features, date, box, unfit = _build(path, Box(*map(float, sys.argv[3:7])), say)
        say("5/5 writing")
        wanted = {kind: made for kind, made in features.items() if kind in kinds}
        size = _write(path, folder, wanted, date, box)
        counts = {kind: len(wanted[kind]) for kind in KINDS if wanted.get(kind)}
        missing = [kind for kind in kinds if kind not in counts]
        answer: dict[str, Any] = {"date": date, "counts": counts, "missing": missing, "unfit": unfit, "size": size}
    except ExtractError as error:
        answer = {"expected": error.expected, "value": error.value}
    except MemoryError:
        answer = {"expected": f"an extract that is read within {MOST_MEMORY >> 30} GB of memory; {CUT}", "value": ""}
    except OSError as error:
        answer = {"expected": f"a place where the files can be written ({error.filename}: {error.strerror})", "value": ""}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
