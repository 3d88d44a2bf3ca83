"""CSV for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
from typing import Any

import geopandas as gpd

from geo.deadline import until_deadline
from geo.files import without_formula
from geo.layers.formats.download import Download
from geo.layers.formats.flat import flatten


def encode_csv(download: Download) -> bytes:
    """Encode a layer as CSV: UTF-8 with a byte order mark, without which spreadsheets take Chinese for GBK.

    Points are ``lon`` and ``lat`` in degrees, belts and axes ``wkt``; empty where the location is not known. Text that a spreadsheet would take for
    a formula has an apostrophe in front.
    """
    features = download.features
    rows = flatten(features, download)
    where = _points(features) if download.layer.kinds else {"wkt": [geometry.wkt for geometry in features.geometry]}
    # Behind the id, where a reader sees it.
    columns = {"id": rows["id"].to_pylist(), **where, **{name: rows[name].to_pylist() for name in rows.column_names[1:]}}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in until_deadline(zip(*columns.values(), strict=True)))
    return text.getvalue().encode("utf-8-sig")


def _points(features: gpd.GeoDataFrame) -> dict[str, list[float | None]]:
    points = features.geometry.tolist()
    return {"lon": [point.x if point else None for point in points], "lat": [point.y if point else None for point in points]}


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return without_formula(value)
    if isinstance(value, bool):
        return str(value).lower()
    # The shortest form of the same number: 756 and 305.8.
    return int(value) if isinstance(value, float) and value.is_integer() else value
