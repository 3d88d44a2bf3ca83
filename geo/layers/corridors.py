"""Corridor belts: a band of constant width along each published axis, for orientation only."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

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

    Returns
    -------
    GeoDataFrame
        EPSG:4326, lon lat; for each corridor the belt (Polygon or MultiPolygon) and the axis (LineString or MultiLineString), indexed by
        ``{corridor}-belt`` and ``{corridor}-axis``, with the columns ``corridor``, ``part`` and ``geometry``.
    """
    axes = gpd.GeoSeries([corridor.axis for corridor in corridors], crs="EPSG:4326")
    belts = axes.to_crs(projected_crs).buffer(HALF_WIDTH_M, quad_segs=6).simplify(20).to_crs("EPSG:4326")
    ids = [corridor.id.value for corridor in corridors]
    return gpd.GeoDataFrame(
        {
            "corridor": [id_ for id_ in ids for _ in ("belt", "axis")],
            "part": ["belt", "axis"] * len(ids),
        },
        index=[f"{id_}-{part}" for id_ in ids for part in ("belt", "axis")],
        geometry=[geometry for pair in zip(belts, axes, strict=True) for geometry in pair],
        crs="EPSG:4326",
    )
