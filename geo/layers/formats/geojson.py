"""GeoJSON (RFC 7946)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import chain, islice, repeat
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping

from geo.ground.datum import Datum
from geo.ground.deadline import until_deadline
from geo.layers.formats.coordinates import place
from geo.layers.formats.download import Download
from geo.layers.formats.wide import figure_columns, lay_out
from geo.layers.select import Encoded, Layers, Selection

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


def encode_each(layer: gpd.GeoDataFrame) -> Encoded:
    """Encode each feature by itself: UTF-8, every one with its id, what is missing as null; the same layer gives the same bytes.

    Column by column, as geopandas takes a tenth of a millisecond for each feature.
    """
    names = [name for name in layer.columns if name != layer.geometry.name]
    columns = [layer[name].astype(object).where(layer[name].notna(), None).tolist() for name in names]
    texts = tuple(
        _ENCODER.encode(
            {
                "id": str(id_),
                "type": "Feature",
                "properties": dict(zip(names, values, strict=True)),
                "geometry": geometry,
            }
        ).encode()
        for id_, geometry, *values in until_deadline(zip(layer.index, _geometry_objects(layer.geometry.to_numpy()), *columns, strict=True))
    )
    return Encoded(texts, tuple(hashlib.sha256(text).digest() for text in texts))


def _geometry_objects(geometry: NDArray[np.object_]) -> list[dict[str, Any] | None]:
    """Give each geometry as GeoJSON has it; the coordinates of all points are read at once."""
    are_points = (shapely.get_type_id(geometry) == shapely.GeometryType.POINT) & ~shapely.is_empty(geometry) & ~shapely.has_z(geometry)
    objects = [None if point or not geom else mapping(geom) for point, geom in zip(are_points, geometry, strict=True)]
    for position, lon_lat in zip(np.flatnonzero(are_points), shapely.get_coordinates(geometry[are_points]).tolist(), strict=True):
        objects[position] = {"type": "Point", "coordinates": lon_lat}
    return objects


def encode_geojson(layer: gpd.GeoDataFrame) -> bytes:
    """Encode features as a FeatureCollection: UTF-8, lon lat, WGS-84, every feature with its id.

    The same layer gives the same bytes.
    """
    return _collect("", encode_each(layer).texts)


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
        encoded = layers.encoded[table] = encode_each(layers.select(table, Selection()))
    return encoded


def encode_collection(download: Download) -> bytes:
    """Encode a layer as a FeatureCollection that says its data version and its sources, as foreign members (RFC 7946, section 6.1).

    In another datum than the standard's it says so in every feature; in the wide shape it says what the columns of figures are.
    """
    form = download.form
    about: dict[str, Any] = {"version": download.tables.version, "attribution": download.attribution}
    if form.datum is not Datum.WGS84:
        about |= {"datum": form.datum.value, "coordinates": dict(download.notes)["坐标 Coordinates"]}
    if form.is_wide and download.layer.kinds:
        about["columns"] = [{"name": heading, **column._asdict()} for heading, (column, _) in figure_columns(download).items()]
        texts = encode_each(_as_wide(download)).texts
    elif form.is_wide or form.datum is not Datum.WGS84:
        texts = encode_each(_in_form(download)).texts
    else:
        every = encode_features(download.layers, download.layer.name).texts
        texts = tuple(every[position] for position in download.layers.choose(download.layer.name, download.selection))
    return _collect(f"{_ENCODER.encode(about)[1:-1]},", texts)


def _collect(members: str, texts: Iterable[bytes]) -> bytes:
    """Write features as one collection, behind its foreign members: in one go, as each sum would copy 13 MB of ten thousand places."""
    head = f'{{"type":"FeatureCollection",{members}"features":['.encode()
    between = chain.from_iterable(zip(repeat(b","), texts, strict=False))
    return b"".join(chain((head,), islice(between, 1, None), (b"]}",)))


def _in_form(download: Download) -> gpd.GeoDataFrame:
    """Give the chosen features with their coordinates as wanted, and with the datum of those among their properties."""
    features = download.features
    named = {} if download.form.datum is Datum.WGS84 else {"datum": download.form.datum.value}
    properties = features.drop(columns="geometry").assign(**named)
    return gpd.GeoDataFrame(properties, geometry=place(features.geometry, download.form).array)


def _as_wide(download: Download) -> gpd.GeoDataFrame:
    features = _in_form(download)
    rows = lay_out(features, download)
    values = {name: rows[name].to_pylist() for name in rows.column_names}
    return gpd.GeoDataFrame(values, index=features.index, geometry=features.geometry.array, dtype=object)
