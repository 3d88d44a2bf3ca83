"""``python -m geo basemap``: what it makes of an extract, and what it says of one that it cannot take."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from bench.osm import Extract, make_city, write_pbf, write_xml
from geo.cli import main
from geo.draw import extract
from geo.draw.extract import stated_date
from geo.draw.pieces import KINDS, LEVELS, SHAPES
from geo.settings import PROJECT, SETTINGS
from tests.other_city import DATA

SMALL = PROJECT / "tests" / "data" / "extract.osm"
# The frame of the invented city.
BOX = (107.9, 33.9, 108.3, 34.2)
Run = Callable[..., int]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the invented city, as the settings name it."""
    for name in (setting.name for setting in SETTINGS):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setenv("GEO_DATA", str(folder))
    return folder


def features(data: Path, kind: str) -> list[dict[str, Any]]:
    document = json.loads((data / "basemap" / "local" / f"{kind}.geojson").read_text(encoding="utf-8"))
    assert "OpenStreetMap" in document["attribution"]
    found: list[dict[str, Any]] = document["features"]
    return found


def files(data: Path) -> set[str]:
    return {path.name.removesuffix(".geojson") for path in (data / "basemap" / "local").iterdir()}


def length(data: Path, kind: str, level: int, rank: int) -> float:
    """Of the lines of a kind in degrees; what two pieces share counts twice."""
    lines = [shape(one["geometry"]) for one in features(data, kind) if (one["properties"]["level"], one["properties"]["rank"]) == (level, rank)]
    return float(shapely.length(shapely.union_all(lines)))


def test_an_extract_becomes_small_files_and_the_command_says_what_it_has(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["basemap", str(SMALL)]) == 0
    out = capsys.readouterr().out
    assert files(data) == {*KINDS}
    assert "data of 2031-05-01" in out and "审图号" in out and "ODbL 1.0" in out and "left out, as they cannot be shown as they stand: 1" in out
    # The motorway of two ways, one of 0.1 degrees, at every level; the secondary road from near only, and no small street.
    for level in range(len(LEVELS)):
        assert length(data, "roads", level, 1) == pytest.approx(0.1, abs=0.002)
    assert {one["properties"]["rank"] for one in features(data, "roads") if one["properties"]["level"] < 2} == {1}
    assert {one["properties"]["rank"] for one in features(data, "roads")} == {1, 4}
    # The yard is left out.
    assert length(data, "rails", 2, 1) == pytest.approx(shapely.length(shapely.LineString([(108.02, 34.02), (108.04, 34.05)])), abs=0.001)
    assert {one["properties"]["level"] for one in features(data, "divisions")} == {1, 2}
    names = {(one["properties"]["kind"], one["properties"]["name_zh"]) for one in features(data, "names")}
    assert names == {("lake", "青湖"), ("park", "青园"), ("hill", "青山"), ("township", "<img src=x onerror=alert(1)>镇")}
    metro = {(one["properties"]["kind"], one["properties"]["name_en"]) for one in features(data, "metro")}
    assert metro == {("line", "1号线"), ("station", "Stone Bridge")}


def test_a_kind_can_be_left_out_and_one_of_an_earlier_extract_goes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["basemap", str(SMALL)]) == 0
    assert main(["basemap", str(SMALL), "--without", "divisions", "--without", "metro"]) == 0
    assert files(data) == {*KINDS} - {"divisions", "metro"}
    assert "审图号" not in capsys.readouterr().out.splitlines()[-1]
    assert main(["basemap", str(SMALL), "--without", "castles"]) == 2
    assert "--without='castles': expected one of" in capsys.readouterr().err


def test_an_extract_without_some_kinds_says_so(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tmp_path / "roads.osm"
    write_xml(Extract([(108.0, 34.0, {}), (108.1, 34.0, {})], [([1, 2], {"highway": "trunk"})]), one)
    assert main(["basemap", str(one)]) == 0
    assert files(data) == {"roads"}
    assert "the extract has none of these in the frame: parks, water, divisions, rails, metro, names" in capsys.readouterr().out


def test_both_formats_give_the_same(data: Path, tmp_path: Path) -> None:
    city = make_city(2000, BOX)
    write_xml(city, tmp_path / "city.osm")
    write_pbf(city, tmp_path / "city.osm.pbf")
    made = []
    for name in ("city.osm", "city.osm.pbf"):
        assert main(["basemap", str(tmp_path / name)]) == 0
        assert stated_date(tmp_path / name) == "2026-11-01"
        made.append({kind: features(data, kind) for kind in KINDS})
    assert made[0] == made[1]
    for kind in SHAPES:
        for one in made[0][kind]:
            assert shape(one["geometry"]).is_valid or one["geometry"]["type"] == "MultiLineString"
            assert one["properties"]["rank"] <= LEVELS[one["properties"]["level"]].ranks[kind]


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize("ending", [".osm", ".osm.pbf"])
def test_an_extract_that_is_cut_off_is_refused_and_nothing_is_written(
    data: Path, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"city{ending}"
    (write_xml if ending == ".osm" else write_pbf)(make_city(2000, BOX), path)
    assert main(["basemap", str(cut(path, 0.6))]) == 1
    assert re.fullmatch(rf"{path.name}: expected an extract that is whole; it ends or is broken around byte \d+\n", capsys.readouterr().err)
    assert not (data / "basemap" / "local").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("places.csv", b"id,name\n", "expected a file .osm or .osm.pbf"),
        ("x.osm", b'{"type": "FeatureCollection"}', "expected OpenStreetMap data, as a file .osm begins with <osm"),
        ("x.osm.pbf", b"PK\x03\x04", "expected OpenStreetMap data, as a file .osm.pbf begins with an OSMHeader"),
        ("x.osm", b"", "expected OpenStreetMap data"),
        ("x.osm", b'<osm version="0.6"></osm>', "is it of another region?"),
    ],
)
def test_what_is_no_extract_is_refused(
    data: Path, tmp_path: Path, name: str, content: bytes, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["basemap", str(tmp_path / name)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"{name}: ") and expected in error and "Traceback" not in error


def test_an_extract_of_another_region_and_one_that_is_too_large_are_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "far.osm.pbf"
    write_pbf(make_city(200, (24.0, 60.0, 25.0, 61.0)), path)
    assert main(["basemap", str(path)]) == 1
    assert "within the frame of atlas.toml, 107.6 to 108.6 east, 33.7 to 34.5 north; is it of another region?" in capsys.readouterr().err
    monkeypatch.setitem(extract.MOST_BYTES, ".osm.pbf", 1 << 10)
    assert main(["basemap", str(path)]) == 1
    assert "osmium extract --bbox" in capsys.readouterr().err
    assert main(["basemap", str(tmp_path / "missing.osm")]) == 1
    assert capsys.readouterr().err == "missing.osm: expected a file that can be read\n"


def test_another_folder_is_written_and_it_is_said_that_the_map_does_not_look_there(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["basemap", str(SMALL), "-o", str(tmp_path / "elsewhere")]) == 0
    assert (tmp_path / "elsewhere" / "roads.geojson").is_file() and not (data / "basemap" / "local").exists()
    assert capsys.readouterr().out.splitlines()[-1] == f"the map looks into {data / 'basemap' / 'local'} only"
