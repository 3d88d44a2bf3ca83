"""The city that is asked about: its districts with their outlines, and how far points lie apart."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from geo.geocode.answers import Division
from geo.tables.profile import Profile

_WGS84 = Geod(ellps="WGS84")
# The outlines of the districts are good to 500 m at the 90th percentile; so near to a border a point may lie on either side.
_BORDER_DEG = 0.005
Point: TypeAlias = tuple[float, float]


class OutlinedDistrict(NamedTuple):
    """A district: the names it is known by, folded, and its outline in degrees, WGS-84."""

    division: Division
    names: tuple[str, ...]
    outline: BaseGeometry


class Area:
    """The city with its districts and their outlines.

    Parameters
    ----------
    districts
        GeoJSON FeatureCollection in WGS-84, as in ``data/basemap/``.
    profile
        Which city it is.

    Attributes
    ----------
    city, province
        The city, and the full name of its province.
    above
        What addresses write before the districts: the country, the province and the city, with their short names.
    districts, outline, bounds
        The districts; and the outline of them all with its west, south, east and north, degrees.
    """

    def __init__(self, districts: Mapping[str, Any], profile: Profile) -> None:
        self.city, self.province = Division(profile.city.code, profile.city.zh), profile.province.zh
        self.above = frozenset({"中国", profile.province.zh, profile.province.short_zh, profile.city.zh, profile.city.short_zh})
        self.districts = []
        for feature in districts["features"]:
            properties = feature["properties"]
            name, english = properties["name_zh"], properties["name_en"]
            names = (name, english, english.rpartition(" ")[0], *((name[:-1],) if len(name) > 2 else ()))
            outline = shapely.from_geojson(json.dumps(feature["geometry"]))
            self.districts.append(OutlinedDistrict(Division(properties["code"], name), tuple(fold(one) for one in names), outline))
        self.outline = shapely.union_all([district.outline for district in self.districts])
        self.bounds: tuple[float, float, float, float] = self.outline.bounds

    def named(self, name: str, *, in_full: bool = False) -> OutlinedDistrict | None:
        """Find a district by any of its names, with or without the city in front; ``in_full`` tells a lake from the district named after it."""
        folded = fold(name).removeprefix(self.province).removeprefix(self.city.name)
        return next((district for district in self.districts if folded in district.names[: 2 if in_full else None]), None)

    def holds_code(self, code: str) -> bool:
        """Tell whether a GB/T 2260 code is that of the city or of a district in it."""
        return code.startswith(self.city.code[:4])

    def near(self, lon: float, lat: float) -> list[OutlinedDistrict]:
        """Find the districts that a point may lie in, by the outlines' own accuracy; the one that holds it comes first."""
        point = shapely.Point(lon, lat)
        distances = [(shapely.distance(district.outline, point), district) for district in self.districts]
        return [district for distance, district in sorted(distances, key=lambda pair: pair[0]) if distance <= _BORDER_DEG]


def farthest_m(point: Point, others: Iterable[Point]) -> int:
    """Give the distance from a point to the farthest of others, in whole metres, rounded up."""
    lons, lats = zip(*others, strict=True)
    _, _, metres = _WGS84.inv([point[0]] * len(lons), [point[1]] * len(lats), lons, lats)
    return int(max(metres)) + 1


def clean(text: str) -> str:
    """Bring a question to one way of writing: width and spaces do not count, hyphens do (90-2号 is not 902号)."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fold(text: str) -> str:
    """Fold a question so that two ways to type it compare equal: as :func:`clean`, and case does not count."""
    return clean(text).casefold()
