"""Corridor belts: a band of constant width along each published axis, for orientation only."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pyproj

from geo.errors import Problem, TableError
from geo.tables.profile import FILE as PROFILE
from geo.tables.rows import CorridorRow

# Half the width of a belt as it is drawn. It is a drawing width: no plan publishes a boundary, so the belt claims none.
HALF_WIDTH_M = 2500


def build_belts(corridors: Sequence[CorridorRow], projected_crs: str) -> gpd.GeoDataFrame:
    """Draw each corridor as its axis and a belt around it.

    Parameters
    ----------
    corridors
        With their axes in degrees, WGS-84.
    projected_crs
        In metres; the width of a belt is measured in it.

    Raises
    ------
    TableError
        If the CRS is not known, not projected or not in metres.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, lon lat; for each corridor the belt (Polygon or MultiPolygon) and the axis (LineString or MultiLineString), indexed by
        ``{corridor}-belt`` and ``{corridor}-axis``, with the columns ``corridor``, ``part`` and ``geometry``.
    """
    _expect_metres(projected_crs)
    axes = gpd.GeoSeries([corridor.axis for corridor in corridors], crs="EPSG:4326")
    belts = axes.to_crs(projected_crs).buffer(HALF_WIDTH_M, quad_segs=6).simplify(20).to_crs("EPSG:4326")
    ids = [corridor.id for corridor in corridors]
    return gpd.GeoDataFrame(
        {
            "corridor": [id_ for id_ in ids for _ in ("belt", "axis")],
            "part": ["belt", "axis"] * len(ids),
        },
        index=[f"{id_}-{part}" for id_ in ids for part in ("belt", "axis")],
        geometry=[geometry for pair in zip(belts, axes, strict=True) for geometry in pair],
        crs="EPSG:4326",
    )


def _expect_metres(projected_crs: str) -> None:
    try:
        crs = pyproj.CRS.from_user_input(projected_crs)
    except pyproj.exceptions.CRSError:
        crs = None
    if crs is None or not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise TableError([Problem(PROFILE, 0, "projected_crs", projected_crs, "a projected CRS in metres, such as EPSG:4549")])
