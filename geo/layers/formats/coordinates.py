"""The coordinates of files: WGS-84, a reference system by its code, or the datum of Chinese web maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.ground.datum import Datum, Degrees, gcj02_to_bd09, wgs84_to_gcj02
from geo.layers.formats.form import Form
from geo.layers.select import DECIMALS

WGS84 = "EPSG:4326"
# What any atlas is given in; CGCS2000 in degrees is 4490.
CRS_CODES = (WGS84, "EPSG:4490", "EPSG:3857")
# A centimetre.
DECIMALS_OF_METRES = 2


def reproject(geometry: gpd.GeoSeries, crs: pyproj.CRS) -> gpd.GeoSeries:
    """Give geometry in another system, x (lon, easting) before y (lat, northing), whatever the order of its axes.

    Parameters
    ----------
    geometry
        In WGS-84, lon lat.
    crs
        Where it is in degrees of WGS-84, too, geometry comes back as it is: only the order of axes can differ, which geopandas does not keep.
    """
    return geometry if crs.is_geographic and crs.datum == geometry.crs.datum else geometry.to_crs(crs)


def decimals_of(crs: pyproj.CRS) -> int:
    """Tell how many decimals a coordinate is written with: a centimetre, or about ten where the unit is the degree."""
    return DECIMALS if crs.is_geographic else DECIMALS_OF_METRES


def place(geometry: gpd.GeoSeries, form: Form) -> gpd.GeoSeries:
    """Give geometry in the coordinates of a form, x before y, rounded.

    Parameters
    ----------
    geometry
        In WGS-84, lon lat.
    form
        Whose ``crs`` and ``datum`` are wanted. GCJ-02 and BD-09 have no code: such a series says that it has no system.
    """
    if form.datum is not Datum.WGS84:
        return _each(geometry, lambda lon_lat: np.column_stack(_shift(lon_lat[:, 0], lon_lat[:, 1], form.datum)).round(DECIMALS), None)
    if form.crs in ("", WGS84):
        return geometry
    crs = pyproj.CRS.from_user_input(form.crs)
    moved = reproject(geometry, crs)
    return _each(moved, lambda xy: xy.round(decimals_of(crs)), crs)


def _shift(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    shifted = wgs84_to_gcj02(lon, lat)
    return gcj02_to_bd09(*shifted) if datum is Datum.BD09 else shifted


_MULTI: dict[str, Callable[[list[Any]], BaseGeometry]] = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}


def as_multi(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give areas and lines as several of them, also where it is one: programs take a layer for the kind of its first feature."""
    several = [_MULTI[one.geom_type]([one]) if one is not None and one.geom_type in _MULTI else one for one in geometry]
    return gpd.GeoSeries(several, index=geometry.index, crs=geometry.crs)


def coordinate_columns(features: gpd.GeoDataFrame, form: Form) -> dict[str, list[Any]]:
    """Write geometry as columns of a table.

    Returns
    -------
    dict
        Of points ``lon`` and ``lat`` in degrees, or ``x`` (lon, easting) and ``y`` (lat, northing) where a system is asked for; of other geometry
        ``wkt``. A datum stands in the names, a system in a column ``crs`` of its own. Empty where the location is not known.
    """
    geometry = place(features.geometry, form)
    shift = "" if form.datum is Datum.WGS84 else f"_{form.datum.value.lower()}"
    columns: dict[str, list[Any]]
    if "part" in features.columns:
        columns = {f"wkt{shift}": [one.wkt if one else None for one in geometry]}
    else:
        first, second = ("x", "y") if form.crs else (f"lon{shift}", f"lat{shift}")
        columns = {first: [point.x if point else None for point in geometry], second: [point.y if point else None for point in geometry]}
    return columns | ({"crs": [form.crs] * len(features)} if form.crs else {})


def _each(geometry: gpd.GeoSeries, change: Callable[[NDArray[np.float64]], NDArray[np.float64]], crs: pyproj.CRS | None) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapely.transform(geometry.array, change), index=geometry.index, crs=crs)
