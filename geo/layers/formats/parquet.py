"""GeoParquet 1.1."""

from __future__ import annotations

import io
from collections.abc import Mapping

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.layers.formats.download import Download
from geo.layers.formats.wide import lay_out


def encode_geoparquet(download: Download) -> bytes:
    """Encode a layer as GeoParquet 1.1 with the bbox of every row; the notes stand in the metadata of the table."""
    features = download.features
    rows = lay_out(features, download).to_pandas(types_mapper=pd.ArrowDtype)
    frame = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(features.geometry.tolist(), crs=features.crs))
    frame.attrs = dict(download.notes)
    file = io.BytesIO()
    frame.to_parquet(file, index=False, schema_version="1.1.0", write_covering_bbox=True)
    return _without_empty_boxes(pq.read_table(file), {name: download.form.words.title(name, download.table) for name in rows.columns})


def _without_empty_boxes(table: pa.Table, titles: Mapping[str, str]) -> bytes:
    """Take the box of what has no geometry out: geopandas writes one of four NaN, the specification wants none. Columns say what they are called."""
    place = table.schema.get_field_index("bbox")
    boxes = table["bbox"].combine_chunks()
    known = pa.StructArray.from_arrays(boxes.flatten(), fields=list(boxes.type), mask=pc.is_null(table["geometry"]).combine_chunks())
    written = io.BytesIO()
    # Every reader has this codec, those in browsers too.
    table = table.set_column(place, table.schema.field("bbox"), known)
    fields = [
        field.with_metadata({"title": titles[field.name]}) if titles.get(field.name, field.name) != field.name else field for field in table.schema
    ]
    pq.write_table(table.cast(pa.schema(fields, table.schema.metadata)), written, compression="snappy")
    return written.getvalue()
