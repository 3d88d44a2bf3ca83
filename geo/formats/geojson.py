"""GeoJSON (RFC 7946)."""

from __future__ import annotations

import json

import geopandas as gpd

from geo.formats.download import Download


def encode_geojson(layer: gpd.GeoDataFrame) -> bytes:
    """Encode features as a FeatureCollection: UTF-8, lon lat, WGS-84, every feature with its id.

    The same layer gives the same bytes.
    """
    text: str = layer.to_json(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def encode_collection(download: Download) -> bytes:
    """Encode a layer as a FeatureCollection that says its data version and its sources, as foreign members (RFC 7946, section 6.1)."""
    about = {"version": download.tables.version, "attribution": download.attribution}
    members = json.dumps(about, ensure_ascii=False, separators=(",", ":"))[1:-1]
    start, rest = encode_geojson(download.features).split(b",", 1)
    return start + b"," + members.encode() + b"," + rest
