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

_WGS84 = Geod(ellps="WGS84")
HANGZHOU = Division("330100", "杭州市")
CITY_CODE = "3301"
# The outlines of the districts are good to 500 m at the 90th percentile; so near to a border a point may lie on either side.
_BORDER_DEG = 0.005
Point: TypeAlias = tuple[float, float]


class OutlinedDistrict(NamedTuple):
    """A district: the names it is known by, folded, and its outline in degrees, WGS-84."""

    division: Division
    names: tuple[str, ...]
    outline: BaseGeometry


class Area:
    """The districts of the city with their outlines."""

    def __init__(self, districts: Mapping[str, Any]) -> None:
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
        """Find a district by any of its names, with or without the city in front; ``in_full`` tells 西湖 the lake from 西湖区."""
        folded = fold(name).removeprefix("浙江省").removeprefix(HANGZHOU.name)
        return next((district for district in self.districts if folded in district.names[: 2 if in_full else None]), None)

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
