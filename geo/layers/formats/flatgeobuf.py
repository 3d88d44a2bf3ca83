"""FlatGeobuf."""

from __future__ import annotations

import io

import pyogrio

from geo.layers.formats.download import Download
from geo.layers.formats.flat import attach_geometry, flatten


def encode_flatgeobuf(download: Download) -> bytes:
    """Encode a layer as FlatGeobuf.

    It has no spatial index: with one, features without a location could not stay in, nor any in table order.
    """
    features = download.features
    file = io.BytesIO()
    pyogrio.write_arrow(
        attach_geometry(flatten(features, download), features.geometry),
        file,
        layer=download.layer.name,
        driver="FlatGeobuf",
        geometry_name="geometry",
        geometry_type="Point" if download.layer.kinds else "Unknown",
        crs="EPSG:4326",
        layer_options={"SPATIAL_INDEX": "NO", "TITLE": download.layer.name, "DESCRIPTION": "\n".join(map(": ".join, download.notes))},
    )
    return file.getvalue()
