"""Files of the layers read over HTTP by programs that ask for parts of them."""

from __future__ import annotations

import geopandas as gpd
import pyogrio
import pytest

from geo.atlas import Atlas
from geo.layers.select import LAYERS, Selection
from tests.process.ogc.conftest import Served


def address(served: Served, name: str) -> str:
    return served.url.replace("/ogc/", f"/layers/{name}")


@pytest.mark.parametrize("extension", ["gpkg", "fgb", "xlsx", "geojson"])
def test_gdal_reads_parts_of_a_file(served: Served, atlas: Atlas, extension: str) -> None:
    """Of what it cannot read by part, GDAL says that the server has no support for range downloading."""
    path = f"/vsicurl/{address(served, f'places.{extension}')}"
    located = atlas.layers.places[atlas.layers.places.geometry.notna()]
    found = pyogrio.read_dataframe(path, layer=None if extension in ("fgb", "geojson") else "places")
    assert set(located.index) <= set(found["id"]) <= set(atlas.layers.places.index)
    assert 206 in {one.status for one in served.asked()}


@pytest.mark.parametrize("name", LAYERS)
def test_geopandas_reads_geoparquet_by_its_address(served: Served, atlas: Atlas, name: str) -> None:
    found = gpd.read_parquet(address(served, f"{name}.parquet"), columns=["id", "geometry"])
    assert list(found["id"]) == list(atlas.layers.select(name, Selection()).index)
    assert 206 in {one.status for one in served.asked()}
