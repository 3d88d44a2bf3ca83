"""Files opened and drawn by QGIS, headless; ``make rehearsal`` runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from geo.atlas import Atlas
from geo.ground.datum import Datum
from geo.layers.formats import FORMATS, Download
from geo.layers.formats.form import Form
from geo.layers.select import LAYERS, Selection
from geo.words.columns import ColumnWords

pytestmark = pytest.mark.rehearsal

CLIENT = Path(__file__).with_name("qgis_client.py")


def write(atlas: Atlas, folder: Path, extension: str, *, name: str = "places", language: str = "zh", crs: str = "") -> Path:
    form = Form(crs=crs, datum=Datum.WGS84, words=ColumnWords(language, atlas.tables))
    download = Download(LAYERS[name], Selection(), atlas.layers, atlas.tables, form)
    path = folder / f"{name}.{extension}"
    path.write_bytes(FORMATS[extension].encode(download))
    return path


def open_in_qgis(file: Path, project: str = "", scale: int = 0, at: str = "") -> dict[str, Any]:
    # The system's Python has the bindings of QGIS; the environment of the tests is none of its business.
    command = ["/usr/bin/python3", "-I", str(CLIENT), str(file), f"{file}.png", project, str(scale), at]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "HOME": str(file.parent)})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def hosts_of(atlas: Atlas, column: str = "name_zh") -> set[str]:
    places = atlas.layers.places
    is_host = [geocode.get("basis") not in (None, "parent") for geocode in places["geocode"]]
    return set(places[column][is_host])


@pytest.mark.parametrize("project", ["", "places"])
@pytest.mark.parametrize(("language", "column"), [("zh", "name_zh"), ("en", "name_en")])
def test_every_host_is_named(atlas: Atlas, tmp_path: Path, project: str, language: str, column: str) -> None:
    """Added layer by layer, each with the style that stands beside it, and as the project."""
    found = open_in_qgis(write(atlas, tmp_path, "gpkg", language=language), project)
    assert sorted(found["labels"]) == sorted(hosts_of(atlas, column))
    assert all(layer["valid"] for layer in found["layers"].values())


def test_guests_are_named_where_there_is_room(atlas: Atlas, tmp_path: Path) -> None:
    places = atlas.layers.places
    guests = places[[geocode.get("basis") == "parent" for geocode in places["geocode"]]]
    host = guests["parent"].iloc[0]
    point = places.geometry[host]
    file = write(atlas, tmp_path, "gpkg")
    found = open_in_qgis(file, "places", 25_000, f"{point.x},{point.y}")
    named = {name for label in found["labels"] for name in label.split("\n")}
    assert {places["name_zh"][host], *guests["name_zh"][guests["parent"] == host]} <= named


def test_the_project_is_in_order_with_the_extent_of_what_is_located(atlas: Atlas, tmp_path: Path) -> None:
    file = write(atlas, tmp_path, "gpkg")
    found = open_in_qgis(file, "places")
    assert found["projects"] == sorted([f"hangzhou-places-{atlas.tables.version}", "places"])
    assert found["crs"] == "EPSG:4549"
    assert found["order"] == ["地点 Places", "指标 Figures", "轴线 Axes", "示意带 Belts"]
    assert found["tree"] == [
        ["产业地点 Industrial places", [["地点 Places", True], ["指标 Figures", False]]],
        ["产业走廊 Corridors", [["轴线 Axes", True], ["示意带 Belts", True]]],
    ]
    west, south, east, north = found["extent"]
    bounds = atlas.layers.places.geometry.dropna().to_crs(4549).total_bounds
    assert west < bounds[0] < bounds[2] < east
    assert south < bounds[1] < bounds[3] < north
    layer = found["layers"]["地点 Places"]
    assert layer["features"] == 30
    assert layer["aliases"]["geocode_uncertainty_m"] == "位置的误差（米） geocode_uncertainty_m"
    assert layer["widgets"]["kind"] == "ValueMap"


def test_the_project_goes_with_the_name_that_a_browser_saves(atlas: Atlas, tmp_path: Path) -> None:
    name = f"hangzhou-places-{atlas.tables.version}"
    file = shutil.move(write(atlas, tmp_path, "gpkg"), tmp_path / f"{name}.gpkg")
    found = open_in_qgis(Path(file), name)
    assert sorted(found["labels"]) == sorted(hosts_of(atlas))


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4549"])
def test_the_project_is_in_the_system_that_was_asked_for(atlas: Atlas, tmp_path: Path, code: str) -> None:
    found = open_in_qgis(write(atlas, tmp_path, "gpkg", crs=code), "places")
    assert found["crs"] == code
    assert {layer["crs"] for layer in found["layers"].values()} == {code}
    assert sorted(found["labels"]) == sorted(hosts_of(atlas))


def test_qgis_reads_the_style_for_map_servers(atlas: Atlas, tmp_path: Path) -> None:
    found = open_in_qgis(write(atlas, tmp_path, "gpkg"))
    for layer in found["layers"].values():
        # A layer that has one rule for all of its features has no entries in the legend.
        assert layer["sld"] == (layer["legend"] if len(layer["legend"]) > 1 else [""])


@pytest.mark.parametrize(("name", "layers"), [("places", ["places"]), ("corridors", ["corridor_axes", "corridor_belts"])])
def test_qgis_opens_a_zipped_shapefile(atlas: Atlas, tmp_path: Path, name: str, layers: list[str]) -> None:
    found = open_in_qgis(write(atlas, tmp_path, "shp.zip", name=name, crs="EPSG:4549"))
    assert sorted(found["layers"]) == layers
    assert {layer["crs"] for layer in found["layers"].values()} == {"EPSG:4549"}
    assert all(layer["valid"] for layer in found["layers"].values())


def test_qgis_opens_a_drawing(atlas: Atlas, tmp_path: Path) -> None:
    found = open_in_qgis(write(atlas, tmp_path, "dxf", crs="EPSG:4549"))
    assert found["layers"]["entities"]["features"] > 29
