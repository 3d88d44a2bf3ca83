"""FlatGeobuf."""

from __future__ import annotations

import io

import pyogrio

from geo.layers.formats.download import Download
from geo.layers.formats.flat import attach_geometry
from geo.layers.formats.wide import lay_out


def encode_flatgeobuf(download: Download) -> bytes:
    """Encode a layer as FlatGeobuf with a spatial index, by which a map reads a box out of a large file.

    The index puts near what lies near: features stand in its order. It holds located features only, and what the format's own reader for browsers
    takes has a geometry; those that are left out are named in the description.
    """
    features = download.features
    is_located = features.geometry.notna()
    located, left_out = features[is_located], features.index[~is_located]
    notes = [*download.notes, *([("未收入 Left out", ", ".join(left_out))] if len(left_out) else [])]
    file = io.BytesIO()
    pyogrio.write_arrow(
        attach_geometry(lay_out(located, download), located.geometry),
        file,
        layer=download.layer.name,
        driver="FlatGeobuf",
        geometry_name="geometry",
        geometry_type="Point" if download.layer.kinds else "Unknown",
        crs="EPSG:4326",
        layer_options={"SPATIAL_INDEX": "YES", "TITLE": download.layer.name, "DESCRIPTION": "\n".join(map(": ".join, notes))},
    )
    return file.getvalue()
