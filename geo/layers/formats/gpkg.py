"""GeoPackage: one file with every layer, styled for QGIS."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from geo.deadline import until_deadline
from geo.layers.formats.download import Download
from geo.layers.formats.flat import attach_geometry
from geo.layers.formats.qml import axes_style, belts_style, figures_style, places_style
from geo.layers.formats.wide import lay_out

_MULTI: dict[str, Callable[[list[Any]], BaseGeometry]] = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString}
# Where no source says when it was read: a file that says when it was written would never be the same twice.
_NO_DATE = "1980-01-01"
# In the head of an SQLite file: the file change counter, and the counter for which the version beside it is valid (https://www.sqlite.org/fileformat2.html).
_COUNTERS = (24, 92)


def encode_geopackage(download: Download) -> bytes:
    """Encode a download as a GeoPackage with the layers corridor_belts, corridor_axes, places and indicators.

    Belts and axes are layers of their own, as QGIS gives a layer one kind of geometry and one style. Each layer's style is in ``layer_styles``, where
    QGIS looks for it; the notes with the sources are in ``gpkg_metadata``.
    """
    belts = download.corridors[download.corridors["part"] == "belt"]
    axes = download.corridors[download.corridors["part"] == "axis"]
    layers = [
        ("corridor_belts", belts, "MultiPolygon", belts_style(download.tables)),
        ("corridor_axes", axes, "MultiLineString", axes_style(download.tables)),
        ("places", download.features if download.table == "places" else download.places, "Point", places_style(download.tables)),
        ("indicators", download.indicators, "Point", figures_style()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        for name, features, geometry_type, _ in until_deadline(layers):
            _write_layer(path, name, features, geometry_type, download)
        _write_styles(path, {name: style for name, _, _, style in layers})
        with closing(sqlite3.connect(path)) as file:
            _set_dates(file, f"{download.date or _NO_DATE}T00:00:00.000Z")
            return _set_counter(file.serialize())


def _write_layer(path: Path, name: str, features: gpd.GeoDataFrame, geometry_type: str, download: Download) -> None:
    geometry = features.geometry if geometry_type == "Point" else gpd.GeoSeries(_as_multi(features.geometry), index=features.index, crs=features.crs)
    # Version 1.3 is what the QGIS and GDAL of long-lived systems know.
    options: dict[str, Any] = {} if path.exists() else {"dataset_metadata": dict(download.notes), "dataset_options": {"VERSION": "1.3"}}
    pyogrio.write_arrow(
        attach_geometry(lay_out(features, download), geometry),
        path,
        layer=name,
        driver="GPKG",
        geometry_name="geometry",
        geometry_type=geometry_type,
        crs="EPSG:4326",
        layer_options={
            "GEOMETRY_NAME": "geom",
            "IDENTIFIER": f"{download.tables.profile.slug} {name} {download.tables.version}",
            "DESCRIPTION": download.attribution,
        },
        **options,
    )


def _as_multi(geometry: gpd.GeoSeries) -> list[BaseGeometry]:
    return [_MULTI[one.geom_type]([one]) if one.geom_type in _MULTI else one for one in geometry]


def _write_styles(path: Path, styles: dict[str, str]) -> None:
    names = list(styles)
    columns = {
        "f_table_catalog": [""] * len(names),
        "f_table_schema": [""] * len(names),
        "f_table_name": names,
        "f_geometry_column": ["geom"] * len(names),
        "styleName": names,
        "styleQML": list(styles.values()),
        "styleSLD": [""] * len(names),
        "useAsDefault": [True] * len(names),
        "description": [""] * len(names),
        "owner": [""] * len(names),
    }
    table = pa.table({**columns, "update_time": pa.array([0] * len(names), pa.timestamp("ms", tz="UTC"))})
    pyogrio.write_arrow(table, path, layer="layer_styles", driver="GPKG", layer_options={"FID": "id"})


def _set_dates(file: sqlite3.Connection, date: str) -> None:
    with file:
        file.execute("UPDATE gpkg_contents SET last_change = ?", (date,))
        file.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (date,))
        file.execute("UPDATE layer_styles SET update_time = ?", (date,))


def _set_counter(file: bytes) -> bytes:
    """Set the number of changes that a file has seen to one: GDAL writes the time once more where the clock has moved on meanwhile."""
    head = bytearray(file)
    for start in _COUNTERS:
        head[start : start + 4] = (1).to_bytes(4, "big")
    return bytes(head)
