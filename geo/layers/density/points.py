"""Where the rows of a Parquet file lie: by its geometry, by the columns that geocoding adds, or by columns of longitude and latitude."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo.errors import Problem
from geo.geocode.lists.headings import folded
from geo.geocode.lists.results import PREFIX
from geo.geocode.lists.rows import Fault, ListError

Degrees = NDArray[np.float64]

_PAIRS = (
    *((PREFIX + "lon", PREFIX + "lat"), ("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("经度", "纬度")),
    *(("lonwgs84", "latwgs84"), ("wgs84lon", "wgs84lat"), ("wgs84lng", "wgs84lat")),
)
# The same degrees to a metre.
_CRS = frozenset({("OGC", "CRS84"), ("EPSG", "4326"), ("EPSG", "4490"), ("EPSG", "4979")})


class Location(NamedTuple):
    """What says where a row lies.

    Attributes
    ----------
    columns
        A column with geometry, or one with longitude and one with latitude.
    why
        What they are, in words.
    """

    columns: tuple[str, ...]
    why: str


def find_location(file: str, schema: pa.Schema) -> Location | None:
    """Find what says where rows lie; ``None`` where nothing does.

    Parameters
    ----------
    file
        Its name, for errors.
    schema
        Of its columns, with the metadata of GeoParquet where it is one.

    Raises
    ------
    ListError
        If it has geometry that is in another reference system, or coordinates in another datum by their names.
    """
    geometry = _geometry_column(file, schema)
    if geometry is not None:
        return Location((geometry,), f"its geometry, column {geometry}")
    headings = {folded(name): name for name in reversed(schema.names)}
    for lon, lat in _PAIRS:
        if folded(lon) in headings and folded(lat) in headings:
            pair = (headings[folded(lon)], headings[folded(lat)])
            return Location(pair, f"columns {pair[0]} and {pair[1]}, read as WGS-84")
    return None


def read_points(file: str, table: pa.Table, location: Location) -> tuple[Degrees, Degrees]:
    """Read longitude and latitude of rows, degrees WGS-84; not a number where a row has none.

    Raises
    ------
    ListError
        If a geometry is no point.
    """
    if len(location.columns) == 2:
        lon, lat = (_numbers(table[name]) for name in location.columns)
        # Nobody has ever surveyed a firm there: it is what programs write for a location that they do not know.
        nowhere = (lon == 0) & (lat == 0)
        lon[nowhere] = lat[nowhere] = np.nan
        return lon, lat
    shapes = _shapes(table[location.columns[0]])
    other = ~shapely.is_missing(shapes) & (shapely.get_type_id(shapes) != shapely.GeometryType.POINT)
    if other.any():
        kind = shapes[np.flatnonzero(other)[0]].geom_type
        raise ListError(Problem(file, 0, location.columns[0], kind, "points"))
    shapes[shapely.is_empty(shapes)] = None
    return np.asarray(shapely.get_x(shapes)), np.asarray(shapely.get_y(shapes))


def _geometry_column(file: str, schema: pa.Schema) -> str | None:
    stated = (schema.metadata or {}).get(b"geo")
    if stated is None:
        return None
    try:
        document = json.loads(stated)
        name = document["primary_column"]
        column = document["columns"][name]
        encoding, crs = column.get("encoding"), column.get("crs", {"id": {"authority": "OGC", "code": "CRS84"}})
        id_: Any = (crs or {}).get("id") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ListError(Problem(file, 0, "geo", "", "the metadata of GeoParquet 1.0 or 1.1"), Fault.KIND) from None
    if name not in schema.names or encoding not in ("WKB", "point"):
        raise ListError(Problem(file, 0, str(name), str(encoding), "a column of points, as WKB or as GeoArrow"), Fault.KIND)
    if (str(id_.get("authority")), str(id_.get("code"))) not in _CRS:
        named = (crs or {}).get("name") or "unknown"
        raise ListError(Problem(file, 0, str(name), str(named), "longitude and latitude in WGS-84 or CGCS2000 (OGC:CRS84, EPSG:4326, EPSG:4490)"))
    return str(name)


def _shapes(column: pa.ChunkedArray) -> NDArray[np.object_]:
    if pa.types.is_struct(column.type):
        pieces = column.combine_chunks()
        x, y = (pc.struct_field(pieces, name).to_numpy(zero_copy_only=False) for name in ("x", "y"))
        shapes: NDArray[np.object_] = shapely.points(x, y)
        shapes[np.asarray(pieces.is_null())] = None
        return shapes
    read: NDArray[np.object_] = shapely.from_wkb(column.to_numpy(), on_invalid="ignore")
    return read


def _numbers(column: pa.ChunkedArray) -> Degrees:
    """Read numbers; what is none is not a number."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        trimmed = pc.utf8_trim_whitespace(column)
        is_number = pc.match_substring_regex(trimmed, r"^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$")
        column = pc.if_else(pc.fill_null(is_number, fill_value=False), trimmed, None)
    elif not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
        return np.full(len(column), np.nan)
    return np.array(column.cast(pa.float64()).to_numpy(), np.float64)
