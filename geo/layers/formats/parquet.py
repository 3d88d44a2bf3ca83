"""GeoParquet 1.1."""

from __future__ import annotations

import io

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo.layers.formats.download import Download
from geo.layers.formats.flat import flatten


def encode_geoparquet(download: Download) -> bytes:
    """Encode a layer as GeoParquet 1.1 with the bbox of every row; the notes stand in the metadata of the table."""
    features = download.features
    rows = flatten(features, download).to_pandas(types_mapper=pd.ArrowDtype)
    frame = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(features.geometry.tolist(), crs=features.crs))
    frame.attrs = dict(download.notes)
    file = io.BytesIO()
    frame.to_parquet(file, index=False, schema_version="1.1.0", write_covering_bbox=True)
    return _without_empty_boxes(file)


def _without_empty_boxes(file: io.BytesIO) -> bytes:
    """Take the box of what has no geometry out: geopandas writes one of four NaN, the specification wants none."""
    table = pq.read_table(file)
    place = table.schema.get_field_index("bbox")
    boxes = table["bbox"].combine_chunks()
    known = pa.StructArray.from_arrays(boxes.flatten(), fields=list(boxes.type), mask=pc.is_null(table["geometry"]).combine_chunks())
    written = io.BytesIO()
    # Every reader has this codec, those in browsers too.
    pq.write_table(table.set_column(place, table.schema.field("bbox"), known), written, compression="snappy")
    return written.getvalue()
