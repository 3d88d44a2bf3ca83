from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geo.cli import main
from geo.schema import TABLES
from geo.settings import PROJECT
from geo.tables import Tables
from tests.conftest import DATA, Edit

REPORT_SHA256 = "7cf46e8d87e7725ccc08d36334cdce3a583c2ae4f0f148382f2362db57bdf718"
# Written for this test.
BRIEF = "样本园2022年产值12.5亿元。\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEO_DATA", "GEO_HOST", "GEO_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small data folder about a text of one paragraph, and the text itself."""
    data, text = tmp_path / "small", tmp_path / "brief.txt"
    data.mkdir()
    shutil.copytree(DATA / "basemap", data / "basemap")
    text.write_text(BRIEF, encoding="utf-8")
    start, end = BRIEF.index("12.5"), BRIEF.index("。")
    rows: dict[str, list[dict[str, str]]] = {
        "sources.csv": [{"id": "brief", "title": "简报", "kind": "web", "sha256": hashlib.sha256(text.read_bytes()).hexdigest()}],
        "paragraphs.csv": [{"source": "brief", "paragraph": "1", "start": "0", "end": str(len(BRIEF) - 1)}],
        "corridors.csv": [
            {
                "id": "east",
                "name_zh": "东",
                "name_en": "East",
                "axis": "LINESTRING (120 30, 121 30)",
                "scope_note_zh": "无",
                "scope_note_en": "None",
                "source": "brief",
            }
        ],
        "places.csv": [
            {
                "id": "sample-park",
                "name_zh": "样本园",
                "name_en": "Sample park",
                "kind": "park",
                "corridor": "east",
                "corridor_basis": "plan",
                "district": "滨江区",
                "place_query": "样本园",
                "source": "brief",
                "paragraph": "1",
            }
        ],
        "vocabulary.csv": [{"indicator": "output", "label_zh": "产值", "label_en": "Output", "unit_kind": "money"}],
        "indicators.csv": [
            {
                "subject_id": "sample-park",
                "indicator": "output",
                "value": "12.5",
                "unit": "亿元",
                "period": "2022",
                "qualifier": "exact",
                "status": "actual",
                "source": "brief",
                "paragraph": "1",
                "start": str(start),
                "end": str(end),
            }
        ],
    }
    for file, model in TABLES.items():
        with (data / file).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(model.model_fields), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows.get(file, []))
    monkeypatch.setenv("GEO_DATA", str(data))
    return text


def test_check_prints_the_counts_and_the_miss(tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"tables: 30 places, 40 figures, 20 sources, version {tables.version}",
        "geocoding: 19 located, 10 by their host only, 1 missed",
        "missed: binxiao-small-parks (湖头陈、紫橙、蓝橙产业园): unknown",
        "pointers: not verified against a text; give one with --text FILE",
    ]
    assert printed.err == ""


def test_the_module_is_the_same_command(tables: Tables) -> None:
    done = subprocess.run([sys.executable, "-m", "geo", "check"], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.startswith(f"tables: 30 places, 40 figures, 20 sources, version {tables.version}\n")
    assert done.stderr == ""


def test_broken_data_exit_with_every_problem(
    data_copy: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("places.csv", 7, "id", "Tonglu")
    edit("gazetteer.csv", 53, "lon", "12")
    monkeypatch.setenv("GEO_DATA", str(data_copy))
    assert main(["check"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "gazetteer.csv:53 [lon] '12': expected a coordinate in China: lon 73 to 136, lat 3 to 54",
        "places.csv:7 [id] 'Tonglu': expected a name of small letters, digits and single hyphens or underscores, 80 at most",
    ]


def test_a_broken_outline_is_named(data_copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (data_copy / "basemap/water.geojson").unlink()
    monkeypatch.setenv("GEO_DATA", str(data_copy))
    assert main(["check"]) == 1
    assert capsys.readouterr().err == "basemap/water.geojson: expected a readable file in data/; make data builds it\n"


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GEO_DATA", "no/such/folder")
    assert main(["check"]) == 1
    assert capsys.readouterr().err == "GEO_DATA='no/such/folder': expected a folder that exists\n"


def test_a_text_that_is_no_source_s_is_told_with_both_digests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "other.txt"
    text.write_text("别的文章\n", encoding="utf-8")
    assert main(["check", "--text", str(text)]) == 1
    digest = hashlib.sha256(text.read_bytes()).hexdigest()
    assert capsys.readouterr().err == f"{text}: the sha256 is {digest}, which is no source's; expected {REPORT_SHA256} (report-2023)\n"


def test_a_text_that_cannot_be_read_is_told_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--text", str(tmp_path / "none.txt")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none.txt'}: No such file or directory\n"
    assert main(["check", "--text", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: Is a directory\n"


def test_pointers_that_verify_are_counted(brief: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--text", str(brief)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1:] == [
        "geocoding: 0 located, 0 by their host only, 1 missed",
        "missed: sample-park (样本园): unknown",
        "pointers: all 1 figures of brief verified, and every number of its text accounted for",
    ]
    assert printed.err == ""


def test_pointers_that_do_not_verify_are_told(brief: Path, capsys: pytest.CaptureFixture[str]) -> None:
    indicators = brief.parent / "small/indicators.csv"
    indicators.write_text(indicators.read_text(encoding="utf-8").replace(",12.5,", ",12.6,"), encoding="utf-8")
    assert main(["check", "--text", str(brief)]) == 1
    start, end = BRIEF.index("12.5"), BRIEF.index("。")
    assert capsys.readouterr().err.splitlines() == [
        f"brief paragraph 1 span {start}-{end}: sample-park output: the span does not state the value 12.6 亿元",
        "pointers: 1 do not verify",
    ]


@pytest.mark.parametrize("arguments", [[], ["draw"], ["check", "--texts", "x"], ["check", "--text"]])
def test_a_command_that_does_not_exist_exits_with_2_and_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m geo")


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "validate the tables, geocode every place, and verify the pointers into a text" in " ".join(capsys.readouterr().out.split())
