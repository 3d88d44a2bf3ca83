"""The formats a layer can be had in: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from geo.errors import NotFoundError
from geo.layers.formats.csv import encode_csv
from geo.layers.formats.download import Download
from geo.layers.formats.flatgeobuf import encode_flatgeobuf
from geo.layers.formats.geojson import encode_collection, encode_each, encode_features, encode_geojson
from geo.layers.formats.gpkg import encode_geopackage
from geo.layers.formats.kml import encode_kml
from geo.layers.formats.parquet import encode_geoparquet
from geo.layers.formats.xlsx import encode_workbook
from geo.layers.select import LAYERS, Layer

__all__ = ["FORMATS", "Download", "Format", "encode_collection", "encode_each", "encode_features", "encode_geojson", "find_format", "find_layer"]


class Format(NamedTuple):
    """A row of the formats table.

    Attributes
    ----------
    name
        What people call it.
    extension
        Of the file, without the dot.
    media_type
        As in the Content-Type header.
    encode
        From a download to the bytes of its file. The layers are not changed, and the same data give the same bytes.
    options
        What can be chosen of its form; fields of :class:`geo.layers.formats.form.Form` by the names of their query parameters.
    """

    name: str
    extension: str
    media_type: str
    encode: Callable[[Download], bytes]
    options: tuple[str, ...] = ()


FORMATS = {
    format_.extension: format_
    for format_ in (
        # The first is what the page offers.
        Format("GeoJSON", "geojson", "application/geo+json", encode_collection, ("shape", "datum", "lang")),
        Format("CSV", "csv", "text/csv; charset=utf-8", encode_csv, ("shape", "crs", "datum", "lang", "headings", "bom")),
        Format("Excel", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", encode_workbook, ("shape", "lang", "headings")),
        Format("GeoPackage", "gpkg", "application/geopackage+sqlite3", encode_geopackage, ("shape", "crs", "lang")),
        Format("KML", "kml", "application/vnd.google-earth.kml+xml", encode_kml),
        Format("FlatGeobuf", "fgb", "application/flatgeobuf", encode_flatgeobuf, ("shape", "lang")),
        Format("GeoParquet", "parquet", "application/vnd.apache.parquet", encode_geoparquet, ("shape", "lang")),
    )
}


def find_layer(name: str) -> Layer:
    """Return the layer of a name.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    if name not in LAYERS:
        raise NotFoundError(f"no layer {name[:80]!r}; expected one of {', '.join(LAYERS)}")
    return LAYERS[name]


def find_format(extension: str) -> Format:
    """Return the format of an extension.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    if extension not in FORMATS:
        raise NotFoundError(f"no format {extension[:80]!r}; expected one of {', '.join(FORMATS)}")
    return FORMATS[extension]
