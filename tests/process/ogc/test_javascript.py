"""Files of the layers read as a page in a browser reads them: by packages in JavaScript; ``make rehearsal`` runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from geo.atlas import Atlas
from geo.ground.bbox import Box
from geo.layers.formats import Download
from geo.layers.formats.form import Form, Shape
from geo.layers.formats.wide import figure_columns
from geo.layers.select import LAYERS, Selection
from geo.settings import PROJECT
from geo.words.columns import ColumnWords
from tests.process.ogc.conftest import Served
from tests.process.ogc.test_files import address

pytestmark = pytest.mark.rehearsal


def read(reader: str, *args: str) -> list[dict[str, Any]]:
    env = {**os.environ, "NODE_CLIENTS": str(PROJECT / ".venv" / "clients")}
    command = ["node", str(Path(__file__).with_name("read_files.mjs")), reader, *args]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_flatgeobuf_is_read_by_box(served: Served, atlas: Atlas, name: str) -> None:
    layer = atlas.layers.select(name, Selection())
    located = layer[layer.geometry.notna()]
    west, south, east, north = located.total_bounds
    found = read("flatgeobuf", address(served, f"{name}.fgb"), f"{west},{south},{east},{north}")
    assert sorted(one["properties"]["id"] for one in found) == sorted(located.index)
    assert {one.status for one in served.asked()} == {206}
    # A quarter of it: what touches the box, and nothing else.
    box = Box(float(west), float(south), float((west + east) / 2), float((south + north) / 2))
    expected = atlas.layers.select(name, Selection(bbox=box)) if name != "corridors" else None
    found = read("flatgeobuf", address(served, f"{name}.fgb"), ",".join(map(str, box)))
    if expected is not None:
        assert sorted(one["properties"]["id"] for one in found) == sorted(expected.index)
        assert {tuple(one["geometry"]["coordinates"]) for one in found} == {(point.x, point.y) for point in expected.geometry}


@pytest.mark.parametrize("name", LAYERS)
def test_parquet_is_read_without_another_codec(served: Served, atlas: Atlas, name: str) -> None:
    expected = atlas.layers.select(name, Selection())
    found = read("hyparquet", address(served, f"{name}.parquet"))
    assert [row["id"] for row in found] == list(expected.index)
    assert [row["name_zh"] for row in found] == list(expected["name_zh"])
    if "value" in expected.columns:
        assert [row["value"] for row in found] == [None if value != value else value for value in expected["value"]]
    for row, geometry in zip(found, expected.geometry, strict=True):
        assert (row["geometry"] is None) == (geometry is None)
        if name != "corridors" and geometry is not None:
            assert row["geometry"]["coordinates"] == [geometry.x, geometry.y]


@pytest.mark.parametrize("extension", ["csv", "geojson"])
def test_kepler_finds_numbers_in_the_wide_shape(served: Served, atlas: Atlas, extension: str) -> None:
    """A figure can be mapped where the processor of kepler.gl takes its column for numbers."""
    form = Form(shape=Shape.WIDE, words=ColumnWords("zh", atlas.tables))
    columns = figure_columns(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables, form))
    assert columns
    found = {one["name"].lstrip("\ufeff"): one for one in read("kepler", f"{address(served, f'places.{extension}')}?shape=wide")}
    places = found["id"]["cells"]
    for heading, (_, numbers) in columns.items():
        assert found[heading]["type"] in ("integer", "real"), heading
        stated = {place: cell for place, cell in zip(places, found[heading]["cells"], strict=True) if cell is not None}
        assert stated == numbers, heading
