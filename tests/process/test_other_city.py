"""The command line about another city, and its frozen site."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from geo.cli import main
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from tests.other_city import DATA, TEXTS, find_shipped, words_of

PLACES = ["stone-port", "cloud-valley", "pine-town", "lens-plant", "relay-lab", "qinglan"]


@pytest.fixture(autouse=True)
def another_city(known_tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_DATA", str(DATA))


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What a command printed, which names nothing of the shipped city."""
    printed = "".join(capsys.readouterr())
    assert find_shipped(printed) == []
    return printed


def test_check_finds_the_tables_and_the_text_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--text", str(TEXTS / "qinglan-evening.txt")]) == 0
    lines = said(capsys).splitlines()
    assert lines[0].startswith("tables: 6 places, 6 figures, 3 sources, version ")
    assert lines[1:] == [
        "geocoding: 4 located, 1 by their host only, 1 missed",
        "missed: relay-lab (中继实验室): unknown",
        "pointers: all 6 figures of qinglan-evening verified, and every number of its text accounted for",
    ]


@pytest.mark.parametrize("command", ["", "check", "geocode", "reverse", "audit", "export", "freeze"])
def test_no_help_names_the_shipped_city(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    assert "usage: python -m geo" in said(capsys)


def test_names_are_geocoded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", "石湾临港园", "青岚市云陂区", "西安市"]) == 1
    answers = [json.loads(line) for line in said(capsys).splitlines()]
    assert [answer["status"] for answer in answers] == ["match", "match", "miss"]
    assert [(answer["lon"], answer["lat"]) for answer in answers[:2]] == [(108.24, 33.975), (107.95, 34.0)]


@pytest.mark.parametrize(
    ("option", "example"), [("--admin=nowhere", "expected a division of China, such as 云陂区 or 青岚"), ("--host=nowhere", "such as 石湾临港园")]
)
def test_an_example_is_of_this_city(capsys: pytest.CaptureFixture[str], option: str, example: str) -> None:
    assert main(["geocode", "x", option]) == 2
    assert example in said(capsys)


@pytest.mark.parametrize("extension", ["csv", "xlsx", "gpkg", "geojson", "parquet"])
def test_a_list_is_geocoded(capsys: pytest.CaptureFixture[str], tmp_path: Path, extension: str) -> None:
    given, target = tmp_path / "list.csv", tmp_path / f"found.{extension}"
    given.write_text("name\n石湾临港园\n松坪县\n临港园\n西安市\n", encoding="utf-8")
    assert main(["geocode", str(given), "-o", str(target)]) == 0
    said(capsys)
    assert find_shipped("\n".join(words_of(target))) == []
    if extension == "csv":
        with target.open(encoding="utf-8-sig", newline="") as table:
            assert [row["geo_name"] for row in csv.DictReader(table)][:2] == ["石湾临港园", "松坪县"]


def test_a_point_lies_in_its_district_or_outside_of_the_city(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reverse", "108.3", "34.0"]) == 0
    assert said(capsys).startswith("district: 石湾区 (999902)\n")
    assert main(["reverse", "120.2", "30.2"]) == 1
    assert said(capsys) == "outside of Qinglan\n"


def test_every_export_is_of_this_city(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["export", str(tmp_path)]) == 0
    said(capsys)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) >= len(LAYERS) * len(FORMATS)
    for path in files:
        assert find_shipped(path.name) == []
        assert find_shipped("\n".join(words_of(path))) == [], path.name


def test_the_review_sheet_is_of_this_city(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["audit", "-o", str(tmp_path / "sheet.html")]) == 0
    said(capsys)
    sheet = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert "石湾临港园" in sheet
    assert find_shipped(sheet) == []


def test_the_frozen_site_is_of_this_city(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "site"
    assert main(["freeze", str(target), "--url", "https://qinglan.example/atlas/"]) == 0
    said(capsys)
    files = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_file()}
    assert {f"places/{place}.html" for place in PLACES} | {f"en/places/{place}.html" for place in PLACES} <= files.keys()
    assert {"index.html", "en/index.html", "404.html", "embed.html", "about.html", "map.png", "layers.json", "layers/places.xlsx"} <= files.keys()
    named = {}
    for name, path in files.items():
        if found := find_shipped(name) + find_shipped("\n".join(words_of(path))):
            named[name] = found
    assert named == {}
