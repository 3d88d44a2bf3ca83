"""GeoJSON (RFC 7946)."""

from __future__ import annotations

import hashlib
import json

import geopandas as gpd

from geo.layers.formats.download import Download
from geo.layers.select import Encoded, Layers, Selection


def encode_geojson(layer: gpd.GeoDataFrame) -> bytes:
    """Encode features as a FeatureCollection: UTF-8, lon lat, WGS-84, every feature with its id.

    The same layer gives the same bytes.
    """
    text: str = layer.to_json(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def encode_features(layers: Layers, name: str) -> Encoded:
    """Encode every feature of a layer's table once; the layers keep the result.

    Parameters
    ----------
    layers
        Where the features are.
    name
        Of a layer; those that are a part of the places share the encoded form of the places.
    """
    table = name if name in ("corridors", "indicators") else "places"
    encoded = layers.encoded.get(table)
    if encoded is None:
        features = json.loads(encode_geojson(layers.select(table, Selection())))["features"]
        texts = tuple(json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode() for feature in features)
        encoded = layers.encoded[table] = Encoded(texts, tuple(hashlib.sha256(text).digest() for text in texts))
    return encoded


def encode_collection(download: Download) -> bytes:
    """Encode a layer as a FeatureCollection that says its data version and its sources, as foreign members (RFC 7946, section 6.1)."""
    about = {"version": download.tables.version, "attribution": download.attribution}
    members = json.dumps(about, ensure_ascii=False, separators=(",", ":"))[1:-1]
    texts = encode_features(download.layers, download.layer.name).texts
    chosen = download.layers.choose(download.layer.name, download.selection)
    features = b",".join([texts[position] for position in chosen])
    return b'{"type":"FeatureCollection",' + members.encode() + b',"features":[' + features + b"]}"
