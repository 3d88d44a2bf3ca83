"""Parts out, as one file: CSV, TSV, Excel workbook, GeoPackage, GeoJSON or Parquet; the same parts give the same bytes.

No writer holds more than a part in memory.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
import xlsxwriter
from pyogrio.errors import DataLayerError, DataSourceError
from xlsxwriter.exceptions import XlsxFileError

from geo.errors import Problem
from geo.geocode.lists.results import PREFIX, RESULTS
from geo.geocode.lists.rows import CELLS, HIDDEN, Fault, ListError
from geo.ground.files import replaced, without_formula

# What a GeoPackage calls its key, which counts the rows from 1, and its points.
_ROW, _POINT = PREFIX + "row", PREFIX + "point"
# What the libraries raise where a disk is full, a folder is gone or may not be written: not all of them say so as Python does.
WRITING_ERRORS = (OSError, DataSourceError, DataLayerError, XlsxFileError)
RESERVED = frozenset((*RESULTS.names, *HIDDEN, _ROW, _POINT))

_XLSX_ROWS, _XLSX_COLUMNS, _XLSX_CHARACTERS = 1_048_576, 16_384, 32_767
# More digits are no number to a workbook.
_XLSX_DIGITS = 15
# A file that says when it was written would never be the same twice.
_NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)

Parts = Iterable[pa.Table]


def check_target(target: Path, columns: pa.Schema, rows: int | None) -> None:
    """Verify that a list can be written to a target before anything is geocoded.

    Parameters
    ----------
    target
        The file to write.
    columns
        The columns of the list, without results.
    rows
        How many there are; ``None`` where it is not known.

    Raises
    ------
    ListError
        If the extension is none of :data:`WRITERS`, or the file cannot hold such columns or so many rows.
    """
    extension = target.suffix.lower()
    if extension not in WRITERS:
        raise ListError(Problem(target.name, 0, "", extension, f"a file to write as {', '.join(WRITERS)}"), Fault.TARGET)
    if extension == ".parquet":
        return
    for field in columns:
        if not _is_text_or_number(field.type):
            raise ListError(Problem(target.name, 0, field.name, str(field.type), f"a column that {extension} can hold; .parquet holds any"))
    if extension == ".gpkg":
        folded = [name.lower() for name in (*columns.names, *RESERVED)]
        for name in columns.names:
            if folded.count(name.lower()) > 1:
                raise ListError(Problem(target.name, 0, name, "", "names of columns that differ in more than capitals, for .gpkg"))
    if extension == ".xlsx":
        if rows is not None and rows >= _XLSX_ROWS:
            raise ListError(Problem(target.name, 0, "", f"{rows} rows", f"at most {_XLSX_ROWS - 1} rows in a workbook; .csv and .parquet hold more"))
        if len(columns) + len(RESULTS) > _XLSX_COLUMNS:
            raise ListError(Problem(target.name, 0, "", f"{len(columns)} columns", f"at most {_XLSX_COLUMNS - len(RESULTS)} columns for a workbook"))


def write_target(target: Path, parts: Parts, schema: pa.Schema, beside: Path) -> None:
    """Write parts as one file: into ``beside``, a folder on the same disk, and then in place of the target.

    Parameters
    ----------
    target
        The file; its extension says which kind.
    parts
        Tables of the same schema, in order, at least one.
    schema
        Theirs.
    beside
        Where the file grows.

    Raises
    ------
    ListError
        If a cell is longer than a workbook can hold.
    """
    with replaced(target, beside / target.name) as growing:
        WRITERS[target.suffix.lower()](growing, parts, schema)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows of our own as CSV for a spreadsheet: UTF-8 with a byte order mark, and no text that it would take for a formula.

    Parameters
    ----------
    path
        The file.
    header, rows
        What is written.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([without_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _write_csv(path: Path, parts: Parts, schema: pa.Schema) -> None:
    _write_text(path, parts, schema, ",")


def _write_tsv(path: Path, parts: Parts, schema: pa.Schema) -> None:
    _write_text(path, parts, schema, "\t")


def _write_text(path: Path, parts: Parts, schema: pa.Schema, delimiter: str) -> None:
    names = _shown_names(schema)
    # With the mark, as spreadsheets take a file without one for GBK.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(names)
        for part in parts:
            columns = [part[name].cast(pa.string()).to_pylist() for name in names]
            for place, name in enumerate(names):
                if name in RESULTS.names and RESULTS.field(name).type == pa.string():
                    columns[place] = [cell and without_formula(cell) for cell in columns[place]]
            writer.writerows(zip(*columns, strict=True))


def _write_xlsx(path: Path, parts: Parts, schema: pa.Schema) -> None:
    names = _shown_names(schema)
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        book.set_properties({"created": _NO_TIME})
        sheet = book.add_worksheet()
        formats: dict[str, Any] = {}
        for place, name in enumerate(names):
            sheet.write_string(0, place, name)
        line = 0
        for part in parts:
            columns = [_sheet_cells(part[name]) for name in names]
            typed = part[CELLS].to_pylist() if CELLS in schema.names else [None] * len(part)
            for cells, own in zip(zip(*columns, strict=True), typed, strict=True):
                line += 1
                if line >= _XLSX_ROWS:
                    raise ListError(Problem(path.name, line, "", "", f"at most {_XLSX_ROWS - 1} rows in a workbook; .csv and .parquet hold more"))
                kept = json.loads(own) if own else {}
                for place, cell in enumerate(cells):
                    if str(place) in kept:
                        kind, value, style = kept[str(place)]
                        if style not in formats:
                            formats[style] = book.add_format({"num_format": style})
                        _write_kept(sheet, line, place, kind, value, formats[style])
                    elif isinstance(cell, str):
                        # As text by name: nothing in it becomes a formula, a number or a link.
                        if cell and sheet.write_string(line, place, cell) != 0:
                            shown = f"{len(cell)} characters"
                            raise ListError(
                                Problem(path.name, line + 1, names[place], shown, f"at most {_XLSX_CHARACTERS}; .csv and .parquet hold more")
                            )
                    elif isinstance(cell, bool):
                        sheet.write_boolean(line, place, cell)
                    elif cell is not None:
                        sheet.write_number(line, place, cell)


def _write_kept(sheet: Any, line: int, place: int, kind: str, value: Any, style: Any) -> None:
    match kind:
        case "b":
            sheet.write_boolean(line, place, value, style)
        case "d":
            sheet.write_datetime(line, place, datetime.fromisoformat(value), style)
        case "t":
            sheet.write_datetime(line, place, time.fromisoformat(value), style)
        case _:
            sheet.write_number(line, place, value, style)


def _sheet_cells(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_boolean(column.type):
        return list(column.to_pylist())
    texts: list[str | None] = column.cast(pa.string()).to_pylist()
    if pa.types.is_integer(column.type):
        return [cell if cell is None or len(cell.lstrip("-")) > _XLSX_DIGITS else int(cell) for cell in texts]
    if pa.types.is_floating(column.type):
        return [text if cell is None or not math.isfinite(cell) else cell for cell, text in zip(column.to_pylist(), texts, strict=True)]
    return texts


def _write_gpkg(path: Path, parts: Parts, schema: pa.Schema) -> None:
    names = _shown_names(schema)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _NO_TIME.strftime("%Y-%m-%dT%H:%M:%SZ")})
    try:
        for number, part in enumerate(parts):
            own = [_as_ogr(part[name]) for name in names]
            table = pa.table([*own, pa.array(_points(part), pa.binary())], names=[*names, _POINT])
            options = {"layer_options": {"FID": _ROW, "GEOMETRY_NAME": _POINT}} if number == 0 else {"append": True}
            pyogrio.write_arrow(table, path, layer=path.stem, driver="GPKG", geometry_name=_POINT, geometry_type="Point", crs="EPSG:4326", **options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _points(part: pa.Table) -> list[bytes | None]:
    lon, lat = (part[PREFIX + name].to_numpy() for name in ("lon", "lat"))
    is_located = ~np.isnan(lon)
    points = np.full(len(part), None, dtype=object)
    points[is_located] = shapely.to_wkb(shapely.points(lon[is_located], lat[is_located]))
    return list(points)


def _as_ogr(column: pa.ChunkedArray) -> pa.ChunkedArray:
    type_ = column.type
    if pa.types.is_integer(type_) and not pa.types.is_uint64(type_):
        return column.cast(pa.int64())
    if pa.types.is_floating(type_):
        return column.cast(pa.float64())
    return column if pa.types.is_boolean(type_) or pa.types.is_date32(type_) else column.cast(pa.string())


def _write_geojson(path: Path, parts: Parts, schema: pa.Schema) -> None:
    names = _shown_names(schema)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection","features":[')
        separator, row = "\n", 0
        for part in parts:
            columns = [_json_cells(part[name]) for name in names]
            lon, lat = part[PREFIX + "lon"].to_pylist(), part[PREFIX + "lat"].to_pylist()
            for place, cells in enumerate(zip(*columns, strict=True)):
                row += 1
                point = None if lon[place] is None else {"type": "Point", "coordinates": [round(lon[place], 6), round(lat[place], 6)]}
                feature = {"type": "Feature", "id": row, "geometry": point, "properties": dict(zip(names, cells, strict=True))}
                file.write(separator + json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
                separator = ",\n"
        file.write("\n]}\n")


def _json_cells(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_floating(column.type):
        # JSON has no word for what is not finite.
        return [cell if cell is None or math.isfinite(cell) else None for cell in column.to_pylist()]
    is_plain = pa.types.is_boolean(column.type) or pa.types.is_integer(column.type)
    return list((column if is_plain else column.cast(pa.string())).to_pylist())


def _write_parquet(path: Path, parts: Parts, schema: pa.Schema) -> None:
    names = _shown_names(schema)
    with pq.ParquetWriter(path, pa.schema([schema.field(name) for name in names], schema.metadata), compression="zstd") as writer:
        for part in parts:
            writer.write_table(part.select(names))


def _shown_names(schema: pa.Schema) -> list[str]:
    return [name for name in schema.names if name not in HIDDEN]


def _is_text_or_number(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):
        return _is_text_or_number(type_.value_type)
    kinds = ("string", "large_string", "string_view", "boolean", "null", "temporal", "integer", "floating", "decimal")
    return any(getattr(pa.types, f"is_{kind}")(type_) for kind in kinds)


WRITERS: dict[str, Callable[[Path, Parts, pa.Schema], None]] = {
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".xlsx": _write_xlsx,
    ".gpkg": _write_gpkg,
    ".geojson": _write_geojson,
    ".parquet": _write_parquet,
}
