"""Shapefile, zipped: for programs that know nothing newer.

A column has ten letters and a text 254 bytes. Which short name stands for which column is in ``columns.csv`` beside the shapes, texts that had to be
cut are whole in ``texts.csv``, and ``notes.txt`` says what every other format says.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pyarrow as pa
import pyogrio

from geo.ground.files import without_formula
from geo.layers.formats.coordinates import WGS84, as_multi, place
from geo.layers.formats.download import Download
from geo.layers.formats.flat import attach_geometry
from geo.layers.formats.wide import figure_columns, lay_out

# Names that are cut to ten letters would say nothing, and some of them the same.
_SHORT = {
    "corridor_basis": "corr_basis",
    "geocode_query": "geo_query",
    "geocode_matched": "geo_match",
    "geocode_method": "geo_method",
    "geocode_miss": "geo_miss",
    "geocode_precision": "geo_prec",
    "geocode_uncertainty_m": "geo_unc_m",
    "geocode_basis": "geo_basis",
    "geocode_source": "geo_source",
    "geocode_datum_of_source": "geo_datum",
    "geocode_note": "geo_note",
    "attribution": "credit",
    "published_area_km2": "area_km2",
    "scope_note_zh": "scope_zh",
    "scope_note_en": "scope_en",
    "rank_scope_zh": "rankin_zh",
    "rank_scope_en": "rankin_en",
    "period_start": "per_start",
    "period_end": "per_end",
}
_NESTED = ("indicators", "relations")
_MOST_BYTES = 254
_CUT = "…"
# The first day that an archive can hold; a file that says when it was written would never be the same twice.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class _CutText(NamedTuple):
    """A text that does not go into a column."""

    file: str
    id: str
    column: str
    text: str


def encode_shapefile(download: Download) -> bytes:
    """Encode a layer as zipped Shapefiles in UTF-8: one of points, or one of belts and one of axes, as a Shapefile has one kind of geometry."""
    features = download.features
    if "part" in features.columns:
        parts = [
            ("corridor_belts", features[features["part"] == "belt"], "MultiPolygon"),
            ("corridor_axes", features[features["part"] == "axis"], "MultiLineString"),
        ]
    else:
        parts = [(download.layer.name, features, "Point")]
    columns: dict[str, str] = {}
    cut: list[_CutText] = []
    archive = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for name, part, geometry_type in parts:
            rows = lay_out(part, download)
            rows = rows.drop_columns([one for one in _NESTED if one in rows.column_names])
            columns |= _short_names(rows.column_names, download)
            _write_shapes(Path(folder) / f"{name}.shp", name, _fit(rows, name, columns, cut), part, geometry_type, download)
        for path in sorted(Path(folder).iterdir()):
            _add(written, path.name, path.read_bytes())
        words = download.form.words
        titles = [(short, name, words.title(name, download.table)) for name, short in columns.items()]
        _add(written, "columns.csv", _as_csv([("short", "column", "title"), *titles]))
        _add(written, "notes.txt", "".join(f"{topic}: {text}\n" for topic, text in download.notes).encode("utf-8-sig"))
        if cut:
            _add(written, "texts.csv", _as_csv([_CutText._fields, *cut]))
    return archive.getvalue()


def _short_names(names: Iterable[str], download: Download) -> dict[str, str]:
    """Give each column a name that a Shapefile can hold; those of figures, which are whole sentences, a number."""
    figures = figure_columns(download) if download.form.is_wide else {}
    numbers = {heading: f"f{number:03}" for number, heading in enumerate(figures, 1)}
    return {name: numbers.get(name) or _SHORT.get(name, name) for name in names}


def _fit(rows: pa.Table, file: str, columns: dict[str, str], cut: list[_CutText]) -> pa.Table:
    """Rename the columns, and cut the texts that are too long; what is cut is noted."""
    ids = rows["id"].to_pylist()
    fitted = {}
    for name in rows.column_names:
        column = rows[name]
        if column.type == pa.string():
            texts = column.to_pylist()
            too_long = [position for position, text in enumerate(texts) if text is not None and len(text.encode()) > _MOST_BYTES]
            cut += [_CutText(file, ids[position], columns[name], texts[position]) for position in too_long]
            for position in too_long:
                kept = texts[position].encode()[: _MOST_BYTES - len(_CUT.encode())].decode(errors="ignore")
                texts[position] = kept + _CUT
            column = pa.array(texts, pa.string())
        elif column.type == pa.bool_():
            # The letters that it has for true and false are letters to many readers.
            column = column.cast(pa.int32())
        fitted[columns[name]] = column
    return pa.table(fitted)


def _write_shapes(path: Path, name: str, rows: pa.Table, features: gpd.GeoDataFrame, geometry_type: str, download: Download) -> None:
    geometry = place(features.geometry, download.form)
    if geometry_type != "Point":
        geometry = as_multi(geometry)
    pyogrio.write_arrow(
        attach_geometry(rows, geometry),
        path,
        layer=name,
        driver="ESRI Shapefile",
        geometry_name="geometry",
        geometry_type=geometry_type,
        crs=download.form.crs or WGS84,
        layer_options={"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": str(download.date or "1980-01-01")},
    )


def _as_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([without_formula(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _NO_DATE), content, zipfile.ZIP_DEFLATED)
