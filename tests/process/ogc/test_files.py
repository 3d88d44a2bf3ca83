"""Files of the layers read over HTTP by programs that ask for parts of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import geopandas as gpd
import pyogrio
import pytest

from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
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
    assert set(located.index) <= set(found["编号 id" if extension == "xlsx" else "id"]) <= set(atlas.layers.places.index)
    assert 206 in {one.status for one in served.asked()}


@pytest.mark.parametrize("name", LAYERS)
def test_geopandas_reads_geoparquet_by_its_address(served: Served, atlas: Atlas, name: str) -> None:
    found = gpd.read_parquet(address(served, f"{name}.parquet"), columns=["id", "geometry"])
    assert list(found["id"]) == list(atlas.layers.select(name, Selection()).index)
    assert 206 in {one.status for one in served.asked()}


@pytest.mark.parametrize("name", LAYERS)
def test_duckdb_reads_geoparquet_and_csv(atlas: Atlas, tmp_path: Path, name: str) -> None:
    """From the disk: over HTTP it needs an extension that is not on every machine."""
    expected = atlas.layers.select(name, Selection())
    for extension in ("parquet", "csv"):
        path = tmp_path / f"{name}.{extension}"
        path.write_bytes(FORMATS[extension].encode(Download(LAYERS[name], Selection(), atlas.layers, atlas.tables)))
        engine = duckdb.connect()
        found = engine.execute(f"SELECT id, name_zh FROM '{path}'").fetchall()
        assert found == list(zip(expected.index, expected["name_zh"], strict=True))
        if "value" in expected.columns:
            stated = [value for value in expected["value"] if value == value and value is not None]
            assert engine.execute(f"SELECT sum(value) FROM '{path}'").fetchall() == [(pytest.approx(sum(stated)),)]
