"""The coordinate reference systems in which features are given and asked for: one table.

A server keeps to the order of axes that the definition of a system has; geopandas always has x before y. This is the only file that knows the
difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geo.layers.formats.coordinates import CRS_CODES, decimals_of, reproject


class Crs(NamedTuple):
    """A row of the table.

    Attributes
    ----------
    uri
        As in requests and answers.
    definition
        What pyproj makes of it; its axes are those of the authority.
    """

    uri: str
    definition: pyproj.CRS

    @property
    def is_north_first(self) -> bool:
        """Whether a coordinate is latitude or northing first."""
        return str(self.definition.axis_info[0].direction) == "north"

    @property
    def is_in_degrees(self) -> bool:
        """Whether coordinates are degrees; metres otherwise."""
        return bool(self.definition.is_geographic)

    @property
    def decimals(self) -> int:
        """How many decimals a coordinate is written with: a centimetre, or about ten where the unit is the degree."""
        return decimals_of(self.definition)

    @property
    def axes(self) -> str:
        """The axes in order, such as ``Lat, Lon``."""
        return ", ".join(axis.abbrev for axis in self.definition.axis_info)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", pyproj.CRS.from_authority("OGC", "CRS84"))


@lru_cache(maxsize=8)
def list_crss(projected_crs: str) -> Mapping[str, Crs]:
    """List the systems by their URIs: those of any atlas, and the one in which the belts of this one are drawn.

    Parameters
    ----------
    projected_crs
        Of the profile, such as ``EPSG:4549``.
    """
    codes = dict.fromkeys((*CRS_CODES, projected_crs))
    systems = (Crs(f"http://www.opengis.net/def/crs/EPSG/0/{code.removeprefix('EPSG:')}", pyproj.CRS.from_user_input(code)) for code in codes)
    return MappingProxyType({crs.uri: crs for crs in (CRS84, *systems)})


def rounded(geometry: gpd.GeoSeries, crs: Crs) -> gpd.GeoSeries:
    """Give geometry in WGS-84 in another system, x before y, with the decimals that answers have: what is found is what is shown."""
    moved = reproject(geometry, crs.definition)
    return gpd.GeoSeries(shapely.transform(moved.array, lambda xy: xy.round(crs.decimals)), index=moved.index, crs=moved.crs)


def in_axis_order(geometry: gpd.GeoSeries, crs: Crs) -> gpd.GeoSeries:
    """Give geometry that is x before y in the order of the axes of its system, rounded."""

    def reorder(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return (coordinates[:, ::-1] if crs.is_north_first else coordinates).round(crs.decimals)

    return gpd.GeoSeries(shapely.transform(geometry.array, reorder), index=geometry.index, crs=geometry.crs)


def from_axis_order(geometry: Any, crs: Crs) -> Any:
    """Give a shapely geometry with the axes of a system in the order x before y."""
    return shapely.transform(geometry, lambda coordinates: coordinates[:, ::-1]) if crs.is_north_first else geometry


def is_on_earth(geometry: Any) -> bool:
    """Tell whether degrees, lon before lat, are degrees on Earth."""
    west, south, east, north = shapely.bounds(geometry)
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)
