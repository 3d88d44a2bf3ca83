from __future__ import annotations

import re
from pathlib import Path

import pytest

from geo.atlas import Atlas
from geo.errors import NotFoundError
from geo.ground.bbox import Box
from geo.layers.export import ExportError, export_layers
from geo.layers.formats import FORMATS, Download
from geo.layers.select import LAYERS, Selection
from geo.tables.kinds import Kind

WEST = Selection(corridors=frozenset({"west"}))


def test_a_folder_takes_every_layer_in_every_format(atlas: Atlas, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    written = export_layers(atlas.tables, atlas.layers, folder)
    assert [path.name for path in written] == [f"hangzhou-{layer}-{atlas.tables.version}.{extension}" for layer in LAYERS for extension in FORMATS]
    # Nothing half written stays behind.
    assert sorted(folder.iterdir()) == sorted(written)
    for path in written:
        layer = LAYERS[path.name.split("-")[1]]
        extension = path.name.partition(".")[2]
        assert path.read_bytes() == FORMATS[extension].encode(Download(layer, Selection(), atlas.layers, atlas.tables))


def test_layers_and_formats_are_chosen(atlas: Atlas, tmp_path: Path) -> None:
    written = export_layers(atlas.tables, atlas.layers, tmp_path, ["projects", "corridors"], ["csv", "kml"])
    version = atlas.tables.version
    assert [path.name for path in written] == [
        f"hangzhou-projects-{version}.csv",
        f"hangzhou-projects-{version}.kml",
        f"hangzhou-corridors-{version}.csv",
        f"hangzhou-corridors-{version}.kml",
    ]


def test_each_layer_takes_the_filters_that_it_has(atlas: Atlas, tmp_path: Path) -> None:
    selection = Selection(corridors=frozenset({"west"}), kinds=frozenset({Kind.PLATFORM}), bbox=Box(119, 30, 121, 31))
    written = export_layers(atlas.tables, atlas.layers, tmp_path, ["places", "corridors"], ["csv"], selection)
    version = atlas.tables.version
    assert [path.name for path in written] == [
        f"hangzhou-places-west-platform-bbox_119_30_121_31-{version}.csv",
        f"hangzhou-corridors-west-bbox_119_30_121_31-{version}.csv",
    ]
    assert [len(path.read_text(encoding="utf-8-sig").splitlines()) for path in written] == [3, 3]


def test_a_file_is_of_the_format_of_its_name_and_holds_the_places(atlas: Atlas, tmp_path: Path) -> None:
    target = tmp_path / "西.CSV"
    assert export_layers(atlas.tables, atlas.layers, target, selection=WEST) == [target]
    assert target.read_bytes() == FORMATS["csv"].encode(Download(LAYERS["places"], WEST, atlas.layers, atlas.tables))
    export_layers(atlas.tables, atlas.layers, target, ["indicators"], ["csv"])
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 41


def test_a_folder_with_a_point_in_its_name_is_a_folder(atlas: Atlas, tmp_path: Path) -> None:
    folder = tmp_path / "v1.0"
    folder.mkdir()
    (written,) = export_layers(atlas.tables, atlas.layers, folder, ["places"], ["csv"])
    assert written.parent == folder


def test_a_file_holds_one_layer_in_one_format(atlas: Atlas, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    with pytest.raises(ExportError, match=rf"^{re.escape(str(target))} 'places, projects': expected one layer in a file; several go into a folder$"):
        export_layers(atlas.tables, atlas.layers, target, ["places", "projects"])
    with pytest.raises(ExportError, match=rf"^{re.escape(str(target))} 'kml': expected the format of its extension, csv, or a folder$"):
        export_layers(atlas.tables, atlas.layers, target, (), ["kml"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "layers", "formats", "message"),
    [
        ("out", ["rivers"], [], "no layer 'rivers'; expected one of places, platforms, projects, corridors, indicators"),
        ("out", [], ["shp"], "no format 'shp'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
        ("places.shp", [], [], "no format 'shp'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
    ],
)
def test_what_there_is_not_is_said_before_anything_is_written(
    atlas: Atlas, tmp_path: Path, target: str, layers: list[str], formats: list[str], message: str
) -> None:
    with pytest.raises(NotFoundError, match=f"^{re.escape(message)}$"):
        export_layers(atlas.tables, atlas.layers, tmp_path / target, layers, formats)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(atlas: Atlas, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    target = tmp_path / "file" / "x.csv"
    with pytest.raises(ExportError, match=rf"^{re.escape(str(target))} '.+': expected a place where a file can be written$"):
        export_layers(atlas.tables, atlas.layers, target)


def test_a_file_that_cannot_be_replaced_stays_as_it_was(atlas: Atlas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.csv"
    target.write_text("before", encoding="utf-8")

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ExportError, match="'No space left on device': expected a place where a file can be written"):
        export_layers(atlas.tables, atlas.layers, target)
    assert target.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [target]
