"""GeoPackage: one file with every layer, drawn as the page draws them in QGIS and on map servers."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pyproj

from geo.ground.bbox import Box
from geo.ground.deadline import until_deadline
from geo.layers.formats.coordinates import WGS84, as_multi, place, reproject
from geo.layers.formats.download import Download
from geo.layers.formats.flat import attach_geometry
from geo.layers.formats.qgs import Group, Project, ProjectLayer, add_to_package
from geo.layers.formats.qml import add_style, add_titles, write_qml
from geo.layers.formats.sld import write_sld
from geo.layers.formats.symbols import Look, axes_rules, belts_rules, figures_rules, places_rules
from geo.layers.formats.wide import lay_out

# Where no source says when it was read: a file that says when it was written would never be the same twice.
_NO_DATE = "1980-01-01"
# In the head of an SQLite file: the file change counter, and the counter for which the version beside it is valid (https://www.sqlite.org/fileformat2.html).
_COUNTERS = (24, 92)
# As section F.9 of the GeoPackage standard 1.3 has them (https://www.geopackage.org/spec130/#extension_schema).
_SCHEMA = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
 constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
 min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
 CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""


class _Table(NamedTuple):
    """A layer of the file: its table, its features with the kind of words and geometry they have, and how it looks."""

    name: str
    title: str
    words: str
    features: gpd.GeoDataFrame
    geometry_type: str
    look: Look
    columns: list[str]


def encode_geopackage(download: Download) -> bytes:
    """Encode a download as a GeoPackage with the layers places, indicators, corridor_belts and corridor_axes, the asked for one first.

    Belts and axes are layers of their own, as QGIS gives a layer one kind of geometry and one style. Each layer's style is in ``layer_styles``, where
    QGIS looks for it, and in SLD for map servers; ``qgis_projects`` holds a project that shows all of them; what columns are called and codes mean is
    in ``gpkg_data_columns``, and the notes with the sources are in ``gpkg_metadata``.
    """
    tables = _tables(download)
    date = f"{download.date or _NO_DATE}T00:00:00.000Z"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        for table in until_deadline(sorted(tables, key=lambda one: one.words != download.table)):
            _write_layer(path, table, download)
        _write_styles(path, tables, download)
        with closing(sqlite3.connect(path)) as file:
            _write_titles(file, tables, download)
            _write_projects(file, tables, download, date)
            _set_dates(file, date)
            return _set_counter(file.serialize())


def _tables(download: Download) -> list[_Table]:
    """List the layers, the one that lies on top first."""
    belts = download.corridors[download.corridors["part"] == "belt"]
    axes = download.corridors[download.corridors["part"] == "axis"]
    places = download.features if download.table == "places" else download.places
    name = "name_en" if download.form.words.language == "en" else "name_zh"
    rows = (
        ("places", "地点 Places", "places", places, "Point", Look(places_rules(download.tables), name)),
        ("indicators", "指标 Figures", "indicators", download.indicators, "Point", Look(figures_rules())),
        ("corridor_axes", "轴线 Axes", "corridors", axes, "MultiLineString", Look(axes_rules(download.tables))),
        ("corridor_belts", "示意带 Belts", "corridors", belts, "MultiPolygon", Look(belts_rules(download.tables))),
    )
    return [_Table(*row, lay_out(row[3], download).column_names) for row in rows]


def _write_layer(path: Path, table: _Table, download: Download) -> None:
    geometry = place(table.features.geometry, download.form)
    if table.geometry_type != "Point":
        geometry = as_multi(geometry)
    # Version 1.3 is what the QGIS and GDAL of long-lived systems know.
    options: dict[str, Any] = {} if path.exists() else {"dataset_metadata": dict(download.notes), "dataset_options": {"VERSION": "1.3"}}
    pyogrio.write_arrow(
        attach_geometry(lay_out(table.features, download), geometry),
        path,
        layer=table.name,
        driver="GPKG",
        geometry_name="geometry",
        geometry_type=table.geometry_type,
        crs=download.form.crs or WGS84,
        layer_options={
            "GEOMETRY_NAME": "geom",
            "IDENTIFIER": f"{download.tables.profile.slug} {table.name} {download.tables.version}",
            "DESCRIPTION": download.attribution,
        },
        **options,
    )


def _write_styles(path: Path, tables: Iterable[_Table], download: Download) -> None:
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": table.name,
            "f_geometry_column": "geom",
            "styleName": table.name,
            "styleQML": write_qml(table.look, table.columns, table.words, download.form.words),
            "styleSLD": write_sld(table.name, table.look),
            "useAsDefault": True,
            "description": "",
            "owner": "",
        }
        for table in tables
    ]
    written = pa.Table.from_pylist(rows).append_column("update_time", pa.array([0] * len(rows), pa.timestamp("ms", tz="UTC")))
    pyogrio.write_arrow(written, path, layer="layer_styles", driver="GPKG", layer_options={"FID": "id"})


def _write_titles(file: sqlite3.Connection, tables: Iterable[_Table], download: Download) -> None:
    """Say what columns are called and what their codes mean, where programs that know the standard look for it."""
    words = download.form.words
    columns: list[tuple[str | None, ...]] = []
    values: dict[tuple[str, str], str] = {}
    for table in tables:
        for column in table.columns:
            title, labels = words.title(column, table.words), words.labels(column, table.words)
            named = title if title != column else None
            rule = f"{table.words}_{column}" if labels else None
            if named or rule:
                columns.append((table.name, column, named, named, rule))
            values |= {(f"{table.words}_{column}", code): word for code, word in labels.items()}
    if not columns:
        return
    with file:
        file.executescript(_SCHEMA)
        file.executemany("INSERT INTO gpkg_data_columns (table_name, column_name, name, title, constraint_name) VALUES (?, ?, ?, ?, ?)", columns)
        file.executemany(
            "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) VALUES (?, 'enum', ?, ?)",
            [(*key, word) for key, word in values.items()],
        )
        file.executemany(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
            [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
        )


def _write_projects(file: sqlite3.Connection, tables: Iterable[_Table], download: Download, date: str) -> None:
    by_name = {table.name: table for table in tables}

    def listed(name: str, geometry: str) -> ProjectLayer:
        table = by_name[name]
        return ProjectLayer(name, table.title, geometry, name != "indicators", partial(_add_look, table=table, download=download))

    crs = pyproj.CRS.from_user_input(download.form.crs or download.tables.profile.projected_crs)
    profile = download.tables.profile
    project = Project(
        title=f"{profile.title.zh} {profile.title.en}",
        groups=(
            Group("产业地点 Industrial places", (listed("places", "Point"), listed("indicators", "Point"))),
            Group("产业走廊 Corridors", (listed("corridor_axes", "Line"), listed("corridor_belts", "Polygon"))),
        ),
        source_crs=pyproj.CRS.from_user_input(download.form.crs or WGS84),
        crs=crs,
        extent=_extent(by_name, crs),
    )
    # QGIS finds the layers of a project by the name of the file: as a browser saves it, and as the address ends.
    known = [download.saved_as] if download.saved_as else [f"{download.layer.name}.gpkg", download.file_name("gpkg").shown]
    names = dict.fromkeys(known)
    add_to_package(file, project, names, date)


def _add_look(parent: Any, table: _Table, download: Download) -> None:
    add_style(parent, table.look)
    add_titles(parent, table.columns, table.words, download.form.words)


def _extent(tables: dict[str, _Table], crs: pyproj.CRS) -> Box | None:
    """Frame what is located, with some air around it."""
    known = [geometry for name in ("places", "corridor_belts") for geometry in (tables[name].features.geometry.dropna(),) if len(geometry)]
    if not known:
        return None
    bounds = [reproject(geometry, crs).total_bounds for geometry in known]
    west, south = (min(float(one[edge]) for one in bounds) for edge in (0, 1))
    east, north = (max(float(one[edge]) for one in bounds) for edge in (2, 3))
    air = 0.05 * max(east - west, north - south) or (0.05 if crs.is_geographic else 5000.0)
    return Box(west - air, south - air, east + air, north + air)


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
