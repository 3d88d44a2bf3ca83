"""Features as flat rows of typed columns, for the formats that know no nested values.

The columns are the properties of the GeoJSON: ``geocode`` becomes columns of its own, lists become JSON text, and ``attribution`` names
the sources of each row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import geopandas as gpd
import pyarrow as pa

from geo.ground.deadline import until_deadline
from geo.layers.formats.download import Download

# What has numbers or dates; every other column is text, also where no row fills it.
_TYPES = {
    "paragraph": pa.int64(),
    "start": pa.int64(),
    "end": pa.int64(),
    "rank": pa.int64(),
    "geocode_uncertainty_m": pa.int64(),
    "value": pa.float64(),
    "value_max": pa.float64(),
    "growth_pct": pa.float64(),
    "growth_max": pa.float64(),
    "published_area_km2": pa.float64(),
    "schematic": pa.bool_(),
    "period_start": pa.date32(),
    "period_end": pa.date32(),
}
_GEOCODE = ("query", "matched", "method", "miss", "precision", "uncertainty_m", "basis", "source", "datum_of_source", "note")
_LISTS = ("indicators", "relations")
# Some milliseconds of writing.
_BATCH_ROWS = 500


def flatten(features: gpd.GeoDataFrame, download: Download) -> pa.Table:
    """Lay features out flat, without their geometry.

    Parameters
    ----------
    features
        Places, corridors or figures of the download.
    download
        Knows the sources.

    Returns
    -------
    Table
        A row a feature, in their order; the same columns and types whatever is chosen.
    """
    columns: dict[str, list[Any]] = {}
    for name in until_deadline(features.columns.drop("geometry")):
        values = features[name].tolist()
        if name == "geocode":
            columns |= {f"geocode_{key}": [geocode.get(key) for geocode in values] for key in _GEOCODE}
        elif name in _LISTS:
            columns[name] = [json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for value in values]
        else:
            columns[name] = values
    # A figure stands at its place, a belt at no place.
    places = columns.get("place", columns["id"] if "geocode" in features.columns else [None] * len(features))
    columns["attribution"] = [
        download.credit([source, *(download.locators(place) if place is not None else ())])
        for source, place in until_deadline(zip(columns["source"], places, strict=True))
    ]
    return pa.table({name: _as_array(name, values) for name, values in columns.items()})


def attach_geometry(rows: pa.Table, geometry: gpd.GeoSeries) -> pa.RecordBatchReader:
    """Put WKB beside flat rows as the column ``geometry``, null where there is none: in batches, between which other threads have their turn.

    GDAL, which they are for, lets nobody else run while it writes a batch.
    """
    table = rows.append_column("geometry", pa.array(geometry.to_wkb().tolist(), pa.binary()))
    # A generator, as only Python code looks whether somebody waits.
    return pa.RecordBatchReader.from_batches(table.schema, (batch for batch in table.to_batches(_BATCH_ROWS)))


def _as_array(name: str, values: Iterable[Any]) -> pa.Array:
    type_ = _TYPES.get(name, pa.string())
    if type_ == pa.date32():
        values = [value and date.fromisoformat(value) for value in values]
    return pa.array(values, type_)
