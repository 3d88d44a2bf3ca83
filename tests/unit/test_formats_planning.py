"""What planners take into CAD and older programs: Shapefile and DXF, read back by GDAL, by ezdxf's audit and by the letter of their formats."""

from __future__ import annotations

import csv
import dataclasses
import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from ezdxf import recover

from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
from geo.layers.formats.form import Form, Shape
from geo.layers.select import LAYERS, Selection
from geo.words.columns import ColumnWords
from tests.unit.test_formats import SELECTIONS, download_of, geometries_of, rows_of


def shapefile(download: Download, folder: Path) -> Path:
    path = folder / "layer.shp.zip"
    path.write_bytes(FORMATS["shp.zip"].encode(download))
    return path


def table_of(path: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


# --- Shapefile ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_shapefile_says_what_the_layer_says(atlas: Atlas, tmp_path: Path, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    path = shapefile(download, tmp_path)
    columns = {row["short"]: row["column"] for row in table_of(path, "columns.csv")}
    cut = {(row["id"], row["column"]): row["text"] for row in table_of(path, "texts.csv")} if "texts.csv" in zipfile.ZipFile(path).namelist() else {}
    expected, geometries = rows_of(download), geometries_of(download)
    layers = [layer for layer, _ in pyogrio.list_layers(path)]
    assert sorted(layers) == (["corridor_axes", "corridor_belts"] if name == "corridors" else [name])
    found = {}
    for layer in layers:
        frame = pyogrio.read_dataframe(path, layer=layer)
        assert frame.crs == "EPSG:4326"
        for row in frame.to_dict("records"):
            found[row["id"]] = row
    assert sorted(found) == sorted(expected)
    for id_, row in found.items():
        geometry = row.pop("geometry")
        assert (geometry is None) == (geometries[id_] is None)
        assert geometry is None or shapely.equals(geometry, geometries[id_]) or geometry.hausdorff_distance(geometries[id_]) < 1e-9
        for short, value in row.items():
            wanted = expected[id_][columns[short]]
            if wanted == "":
                # It does not tell what is empty from what is not there.
                assert value is None or value != value
            elif isinstance(wanted, str) and "period_" not in columns[short]:
                assert cut.get((id_, short), value) == wanted.strip()
            elif isinstance(wanted, int | float) and wanted is not None:
                assert value == wanted


@pytest.mark.parametrize("name", LAYERS)
def test_names_of_columns_are_short_and_told_apart(atlas: Atlas, tmp_path: Path, name: str) -> None:
    for shape in Shape:
        form = Form(shape=shape, words=ColumnWords("zh", atlas.tables))
        path = shapefile(dataclasses.replace(download_of(atlas, name), form=form), tmp_path)
        table = table_of(path, "columns.csv")
        shorts = [row["short"] for row in table]
        assert all(short.isascii() and 0 < len(short) <= 10 for short in shorts)
        assert len({short.lower() for short in shorts}) == len(shorts)
        fields = {field for layer, _ in pyogrio.list_layers(path) for field in pyogrio.read_info(path, layer=layer)["fields"]}
        assert fields == set(shorts)
        assert {row["title"] for row in table if row["column"] == "kind"} <= {"类别"}
        if shape is Shape.WIDE and name == "places":
            heading = next(row["short"] for row in table if row["column"] == "规上工业增加值 2022（亿元）")
            assert 756 in pyogrio.read_dataframe(path)[heading].tolist()


def test_a_text_that_is_too_long_is_cut_between_characters_and_whole_beside_it(atlas: Atlas, tmp_path: Path) -> None:
    places = atlas.layers.places.copy()
    places["focus_zh"] = "长" * 300
    layers = dataclasses.replace(atlas.layers, places=places)
    path = shapefile(Download(LAYERS["projects"], Selection(), layers, atlas.tables), tmp_path)
    texts = pyogrio.read_dataframe(path)["focus_zh"].tolist()
    assert texts == ["长" * 83 + "…"] * 5
    assert [row["text"] for row in table_of(path, "texts.csv") if row["column"] == "focus_zh"] == ["长" * 300] * 5


def test_a_shapefile_says_that_it_is_utf_8_and_whose_data_it_holds(atlas: Atlas, tmp_path: Path) -> None:
    download = download_of(atlas, "places")
    with zipfile.ZipFile(shapefile(download, tmp_path)) as archive:
        assert archive.read("places.cpg").strip() == b"UTF-8"
        assert archive.read("notes.txt").decode("utf-8-sig") == "".join(f"{topic}: {text}\n" for topic, text in download.notes)
        # Year, month and day of the last change, in the head of the table.
        assert download.date is not None
        assert tuple(archive.read("places.dbf")[1:4]) == (download.date.year - 1900, download.date.month, download.date.day)


@pytest.mark.parametrize("code", [4490, 3857, 4549])
@pytest.mark.parametrize("name", ["places", "corridors"])
def test_a_shapefile_in_another_system(atlas: Atlas, tmp_path: Path, name: str, code: int) -> None:
    download = dataclasses.replace(download_of(atlas, name), form=Form(crs=f"EPSG:{code}"))
    path = shapefile(download, tmp_path)
    for layer, _ in pyogrio.list_layers(path):
        there = gpd.read_file(path, layer=layer).set_index("id")
        assert there.crs.to_epsg() == code
        here = download.features.geometry.loc[list(there.index)].to_crs(4549)
        assert there.geometry.to_crs(4549).hausdorff_distance(here).max() < 0.15


# --- DXF ----------------------------------------------------------------------------------------------------------------------------------


def drawing(download: Download) -> Any:
    content = FORMATS["dxf"].encode(download)
    # As of a drawing of any program, with what is written as U+ and digits put into characters.
    made: Any
    made, audit = recover.read(io.BytesIO(content))
    assert (audit.errors, audit.fixes) == ([], [])
    return made


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_drawing_is_sound_and_has_every_located_place(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    made = drawing(download)
    audit = made.audit()
    assert (audit.errors, audit.fixes) == ([], [])
    places = download.places if LAYERS[name].kinds else download.places.iloc[:0]
    located = places[places.geometry.notna()]
    points = located.geometry.to_crs(atlas.tables.profile.projected_crs)
    blocks = {entity.get_attrib_text("ID"): entity for entity in made.modelspace().query("INSERT")}
    assert sorted(blocks) == sorted(located.index)
    for id_, block in blocks.items():
        assert (block.dxf.insert.x, block.dxf.insert.y) == pytest.approx((points[id_].x, points[id_].y), abs=0.006)
        assert block.get_attrib_text("NAME_ZH") == located["name_zh"][id_]
        assert block.get_attrib_text("GEOCODE_UNCERTAINTY_M") == str(located["geocode"][id_]["uncertainty_m"])
    named = [line for text in made.modelspace().query("MTEXT") for line in text.text.split("\\P")]
    assert sorted(named) == sorted(located["name_zh"])
    lines = {entity.dxf.layer.partition("-")[0] for entity in made.modelspace().query("LWPOLYLINE")}
    assert lines == {"belts", "axes"} if len(download.corridors) else lines == set()
    assert made.header["$INSUNITS"] == 6
    told = "".join(value for tag, value in made.header.custom_vars.properties if tag.startswith("坐标"))
    assert "EPSG:4549" in told


def test_gdal_reads_a_drawing(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "places.dxf"
    path.write_bytes(FORMATS["dxf"].encode(download_of(atlas, "places")))
    found = pyogrio.read_dataframe(path)
    assert {"places-east", "names-east", "axes-west", "belts-west"} <= set(found["Layer"])
    west, south, east, north = found.total_bounds
    assert 400_000 < west < east < 600_000
    assert 3_250_000 < south < north < 3_400_000
    assert any("未来科技城" in text for text in found["Text"].dropna())


def test_a_name_cannot_write_into_a_drawing(atlas: Atlas) -> None:
    places = atlas.layers.places.copy()
    hostile = ["a\n  0\nLINE", "{\\H99;x}", "\\P", "%%d", "\\U+4E2D", "x" * 3000]
    places["name_zh"] = hostile + places["name_zh"].tolist()[len(hostile) :]
    made = drawing(Download(LAYERS["places"], Selection(), dataclasses.replace(atlas.layers, places=places), atlas.tables))
    assert made.audit().errors == []
    assert len(made.modelspace().query("LINE")) == 0
    assert len(made.modelspace().query("INSERT")) == 29
    names = [entity.get_attrib_text("NAME_ZH") for entity in made.modelspace().query("INSERT")]
    assert names[:3] == ["a 0 LINE", "{\\H99;x}", "\\P"]


def test_a_drawing_is_in_the_language_that_is_asked_for(atlas: Atlas) -> None:
    form = Form(words=ColumnWords("en", atlas.tables))
    named = drawing(dataclasses.replace(download_of(atlas, "projects"), form=form)).modelspace().query("MTEXT")
    assert "Dessmann" in " ".join(text.text for text in named)
