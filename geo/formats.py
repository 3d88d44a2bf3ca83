"""The formats a layer can be had in: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import geopandas as gpd


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
        From a layer in EPSG:4326, indexed by feature id, to the bytes of the file. The layer is not changed.
    """

    name: str
    extension: str
    media_type: str
    encode: Callable[[gpd.GeoDataFrame], bytes]


def encode_geojson(layer: gpd.GeoDataFrame) -> bytes:
    """Encode a layer as a GeoJSON FeatureCollection (RFC 7946): UTF-8, lon lat, WGS-84, every feature with its id.

    The same layer gives the same bytes.
    """
    text: str = layer.to_json(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


FORMATS = {format_.extension: format_ for format_ in (Format("GeoJSON", "geojson", "application/geo+json", encode_geojson),)}
