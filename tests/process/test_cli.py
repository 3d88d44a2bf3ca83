from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geo.atlas import Atlas
from geo.cli import main
from geo.settings import PROJECT, SETTINGS
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import TABLES
from tests.conftest import Edit
from tests.known import DATA

REPORT_SHA256 = "7cf46e8d87e7725ccc08d36334cdce3a583c2ae4f0f148382f2362db57bdf718"
# Written for this test.
BRIEF = "样本园2022年产值12.5亿元。\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (setting.name for setting in SETTINGS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small data folder about a text of one paragraph, and the text itself."""
    data, text = tmp_path / "small", tmp_path / "brief.txt"
    (data / "admin").mkdir(parents=True)
    shutil.copytree(DATA / "basemap", data / "basemap")
    shutil.copy(DATA / "atlas.toml", data)
    text.write_text(BRIEF, encoding="utf-8")
    start, end = BRIEF.index("12.5"), BRIEF.index("。")
    point = {"lon": "120.2", "lat": "30.2", "uncertainty_m": "10000", "source": "brief"}
    rows: dict[str, list[dict[str, str]]] = {
        "sources.csv": [{"id": "brief", "title": "简报", "kind": "web", "sha256": hashlib.sha256(text.read_bytes()).hexdigest()}],
        "paragraphs.csv": [{"source": "brief", "paragraph": "1", "start": "0", "end": str(len(BRIEF) - 1)}],
        "corridors.csv": [
            {
                "id": "east",
                "name_zh": "东",
                "name_en": "East",
                "short_zh": "东",
                "short_en": "East",
                "colour": "#b5511a",
                "colour_dark": "#e8955c",
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
        "admin/divisions.csv": [
            {"code": "330100", "name": "杭州市", "name_en": "Hangzhou", "level": "city", **point},
            {"code": "330108", "name": "滨江区", "name_en": "Binjiang District", "level": "district", "parent": "330100", **point},
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
        (data / file).parent.mkdir(parents=True, exist_ok=True)
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
        f"tables: 30 places, 40 figures, {len(tables.sources)} sources, version {tables.version}",
        "geocoding: 19 located, 10 by their host only, 1 missed",
        "missed: binxiao-small-parks (湖头陈、紫橙、蓝橙产业园): unknown",
        "pointers: not verified against a text; give one with --text FILE",
    ]
    assert printed.err == ""


def test_the_module_is_the_same_command(tables: Tables) -> None:
    done = subprocess.run([sys.executable, "-m", "geo", "check"], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.startswith(f"tables: 30 places, 40 figures, {len(tables.sources)} sources, version {tables.version}\n")
    assert done.stderr == ""


def test_broken_data_exit_with_every_problem(
    data_copy: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("places.csv", 7, "id", "Tonglu")
    edit("gazetteer.csv", 55, "lon", "12")
    monkeypatch.setenv("GEO_DATA", str(data_copy))
    assert main(["check"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "gazetteer.csv:55 [lon] '12': expected a coordinate in China: lon 73 to 136, lat 3 to 54",
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


# --- geocode ------------------------------------------------------------------------------------------------------------------------------


def test_geocode_prints_a_line_for_each_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", "滨江区", "杭州市滨江区网商路699号", "智彗新天地"]) == 0
    printed = capsys.readouterr()
    documents = [json.loads(line) for line in printed.out.splitlines()]
    assert [(one["query"], one["status"], one["name"], one["method"], one["unresolved"]) for one in documents] == [
        ("滨江区", "match", "滨江区", "exact", ""),
        ("杭州市滨江区网商路699号", "match", "滨江区", "address", "网商路699号"),
        ("智彗新天地", "match", "智慧新天地", "fuzzy", ""),
    ]
    assert printed.err == ""


def test_a_name_that_is_not_certain_is_printed_and_told_by_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", "滨江区", "高新区", "没有的地方"]) == 1
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["status"] for one in documents] == ["match", "ambiguous", "miss"]
    assert documents[2] == {"query": "没有的地方", "status": "miss", "reason": "unknown", "candidates": []}


# Answers of different kinds: how each is found or not, and what is doubtful about it.
KINDS_OF_ANSWERS = (
    *("滨江区", "杭州市滨江区网商路699号", "智彗新天地", "高新区", "经济开发区", "没有的地方", "未来科技", "宁波市海曙区", "江干区", "下沙"),
    *("大江东", "余杭区临平街道", "江陵路站", "梦想小镇", "千岛湖", "滨江区西湖区", "杭州市上海市", "宾江区长河街道", "中国数谷", "和平街道"),
    *("城西科创大走廊", "临安", "萧山区靖江街道", "未区科技城", "仓前振道", "Binjiang District", "Linping", "余杭区翡翠城社区"),
)
HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


def words_of(document: dict[str, Any]) -> list[str]:
    """What an answer says in words, names aside."""
    return [*filter(None, [document.get("note")]), *(candidate["reason"] for candidate in document.get("candidates", ()))]


def test_the_words_of_every_answer_are_in_the_language_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    printed: dict[str, list[dict[str, Any]]] = {}
    for language in ("zh", "en"):
        main(["geocode", *KINDS_OF_ANSWERS, "--lang", language])
        printed[language] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = {language: [words_of(document) for document in documents] for language, documents in printed.items()}
    assert [words for words in said["en"] if HAN.search(" ".join(words))] == []
    assert list(map(len, said["en"])) == list(map(len, said["zh"]))
    # Whatever is said in English is said in Chinese where nothing else is asked for.
    assert sum(map(len, said["zh"])) > len(KINDS_OF_ANSWERS)
    main(["geocode", *KINDS_OF_ANSWERS])
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == printed["zh"]
    for document in (*printed["zh"], *printed["en"]):
        document.pop("note", None)
        for candidate in document.get("candidates", ()):
            del candidate["reason"]
    assert printed["en"] == printed["zh"]


def test_the_words_in_a_file_are_in_the_language_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["geocode", *KINDS_OF_ANSWERS, "--lang", "en"])
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    source, target = tmp_path / "names.csv", tmp_path / "found.csv"
    source.write_text("名称\n" + "\n".join(KINDS_OF_ANSWERS) + "\n", encoding="utf-8")
    assert main(["geocode", str(source), "-o", str(target), "--column", "名称", "--lang", "en"]) == 0
    rows = read_list(target)
    for row, document in zip(rows, documents, strict=True):
        assert row["geo_note"] == (document.get("note") or "")
        words = row["geo_candidates"]
        names = (name for candidate in document.get("candidates", ()) for name in (candidate["name"], candidate["within"]))
        for name in sorted(names, key=len, reverse=True):
            words = words.replace(name, "")
        assert not HAN.search(words)
    missed = [row["geo_candidates"] for row in rows if row["geo_status"] != "match"]
    assert [row["candidates"] for row in read_list(target.with_name("found.misses.csv"))] == missed


@pytest.mark.parametrize("given", [["--admin", "滨江区"], ["--host", "杭州高新区(滨江)"], ["--admin=Hangzhou"]])
def test_what_is_known_of_the_names_decides(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", "中国数谷", *given]) == 0
    assert json.loads(capsys.readouterr().out)["matched"] == "杭州高新区(滨江)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--admin", "没有的区"], "--admin='没有的区': expected a division of China, such as 滨江区 or 杭州"),
        (["--host", "没有的园"], "--host='没有的园': expected a place of the gazetteer, such as 杭州高新区(滨江)"),
    ],
)
def test_a_context_that_is_not_known_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", "中国数谷", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"{said}\n")


def test_one_name_takes_one_reading_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def read_and_count(folder: Path) -> Tables:
        read.append(folder)
        return read_tables(folder)

    monkeypatch.setattr("geo.tables.reading.read_tables", read_and_count)
    monkeypatch.setattr("geo.atlas.read_tables", read_and_count)
    monkeypatch.setenv("GEO_DATA", str(DATA))
    assert main(["geocode", "滨江区", "--admin", "杭州"]) == 0
    assert read == [DATA]


def test_geocode_with_broken_data_says_what_is_broken(
    data_copy: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit("gazetteer.csv", 55, "lon", "12")
    monkeypatch.setenv("GEO_DATA", str(data_copy))
    assert main(["geocode", "滨江区"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "gazetteer.csv:55 [lon] '12': expected a coordinate in China: lon 73 to 136, lat 3 to 54\n")


def test_an_online_geocoder_without_its_key_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GEO_ONLINE", "amap")
    assert main(["geocode", "滨江区"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("GEO_ONLINE_KEY=''")


# --- lists --------------------------------------------------------------------------------------------------------------------------------

LIST = """编号,名称,所在区
1,智慧新天地,滨江区
2,杭州市滨江区网商路699号,
3,高新区,
4,中国数谷,滨江区
5,没有的地方,
6,宁波市海曙区,
7,"富芯半导体, 一期",富阳区
"""


@pytest.fixture
def names_csv(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def read_list(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_list_is_geocoded_row_by_row(names_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = names_csv.with_name("found.csv")
    arguments = ["geocode", str(names_csv), "-o", str(target), "--column", "名称", "--admin-column", "所在区"]
    assert main(arguments) == 0
    rows = read_list(target)
    assert [row["编号"] for row in rows] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [row["名称"] for row in rows][6] == "富芯半导体, 一期"
    assert [(row["geo_status"], row["geo_name"], row["geo_level"]) for row in rows] == [
        ("match", "智慧新天地", "place"),
        ("match", "滨江区", "district"),
        ("ambiguous", "", ""),
        ("match", "中国数谷", "place"),
        ("miss", "", ""),
        ("miss", "", ""),
        ("match", "富芯半导体一期", "place"),
    ]
    assert (rows[0]["geo_lon"], rows[0]["geo_lat"], rows[0]["geo_uncertainty_m"]) == ("120.14", "30.172", "1500")
    assert (rows[1]["geo_unresolved"], rows[1]["geo_method"], rows[1]["geo_district_code"]) == ("网商路699号", "address", "330108")
    assert rows[2]["geo_candidates"].startswith("杭州高新区(滨江) (滨江区, place): ")
    assert (rows[3]["geo_basis"], rows[3]["geo_matched"]) == ("parent", "杭州高新区(滨江)")
    assert [row["geo_reason"] for row in rows] == ["", "", "ambiguous", "", "unknown", "out_of_area", ""]
    # Rows as a spreadsheet counts them, the header being the first.
    assert [(row["row"], row["query"], row["reason"]) for row in read_list(names_csv.with_name("found.misses.csv"))] == [
        ("4", "高新区", "ambiguous"),
        ("6", "没有的地方", "unknown"),
        ("7", "宁波市海曙区", "out_of_area"),
    ]
    assert names_csv.read_text(encoding="utf-8") == LIST
    summary = capsys.readouterr().out.splitlines()
    assert summary[:6] == [
        "names.csv: UTF-8, comma between cells, 7 rows",
        "column: 名称 (it was asked for); division: 所在区",
        "rows: 7, of which 0 were done before",
        "matched: 4 (place 3, district 1)",
        "ambiguous: 1",
        "missed: 2 (out_of_area 1, unknown 1)",
    ]
    assert summary[-1] == "written: found.csv, and what is to be looked at: found.misses.csv"


def test_the_columns_of_a_list_are_found_out(names_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = names_csv.with_name("found.csv")
    assert main(["geocode", str(names_csv), "-o", str(target)]) == 0
    assert [row["geo_status"] for row in read_list(target)] == ["match", "match", "ambiguous", "match", "miss", "miss", "match"]
    assert "column: 名称 (" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv", "-o", "found.csv"], "none.csv 'none.csv': expected a file that exists"),
        (["names.csv", "-o", "found.csv", "--column", "地址"], "names.csv:1 [地址]: expected one of the columns 编号, 名称, 所在区 for --column"),
        (
            ["names.csv", "-o", "found.csv", "--admin-column", "区"],
            "names.csv:1 [区]: expected one of the columns 编号, 名称, 所在区 for --admin-column",
        ),
        (["names.csv", "-o", "found.docx"], "found.docx '.docx': expected a file to write as .csv, .tsv, .xlsx, .gpkg, .geojson, .parquet"),
    ],
)
def test_what_is_wrong_with_a_list_is_told_without_a_traceback(
    names_csv: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(names_csv.parent)
    assert main(["geocode", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[-1] == said
    assert "Traceback" not in printed.err
    assert not names_csv.with_name("found.csv").exists()


def test_ctrl_c_says_how_to_go_on(names_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("geo.geocode.lists.running.geocode_table", stop)
    assert main(["geocode", str(names_csv), "-o", str(names_csv.with_name("found.csv"))]) == 130
    assert capsys.readouterr().err.endswith("\nstopped; a list that was under way goes on there with the same command\n")
    monkeypatch.undo()
    assert main(["geocode", str(names_csv), "-o", str(names_csv.with_name("found.csv"))]) == 0


def test_corrections_come_from_the_list_of_misses(names_csv: Path) -> None:
    target, misses = names_csv.with_name("found.csv"), names_csv.with_name("found.misses.csv")
    assert main(["geocode", str(names_csv), "-o", str(target)]) == 0
    with misses.open("a", encoding="utf-8") as file:
        # Below the rows that are there already: 高新区 is meant in a district.
        file.write("4,,,,,,滨江区\n")
    assert main(["geocode", str(names_csv), "-o", str(target), "--corrections", str(misses)]) == 0
    assert [row["geo_name"] for row in read_list(target)][2] == "杭州高新区(滨江)"


def test_one_list_is_geocoded_at_a_time(names_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geocode", str(names_csv), str(names_csv), "-o", str(names_csv.with_name("found.csv"))]) == 2
    assert capsys.readouterr().err == "geocode: one file at a time with -o\n"


@pytest.mark.parametrize("given", [["--admin", "滨江区"], ["--host", "杭州高新区(滨江)"]])
def test_a_context_for_a_whole_list_is_refused(names_csv: Path, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    target = names_csv.with_name("found.csv")
    assert main(["geocode", str(names_csv), "-o", str(target), *given]) == 2
    assert capsys.readouterr().err == "geocode: with -o the division of a row stands in a column; give --admin-column\n"
    assert not target.exists()


def test_a_list_is_geocoded_by_the_module_as_well(names_csv: Path) -> None:
    command = [sys.executable, "-m", "geo", "geocode", str(names_csv), "-o", str(names_csv.with_name("found.csv")), "--column", "没有"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "names.csv:1 [没有]: expected one of the columns 编号, 名称, 所在区 for --column"
    assert "Traceback" not in done.stderr


# --- reverse, audit -----------------------------------------------------------------------------------------------------------------------


def test_reverse_says_what_lies_around_a_point(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reverse", "120.20592", "30.16332"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "district: 滨江区 (330108)"
    assert lines[1].startswith("nearest") and "长河街道, 21" in lines[1] and re.search(r" m away \(±\d+ m\)$", lines[1])
    assert lines[2] == "nearest place: 白马湖, 0 m away (±700 m)"
    assert len(lines) == 3


def test_a_point_elsewhere_is_told_by_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reverse", "121.4737", "31.2304"]) == 1
    assert capsys.readouterr().out == "outside of Hangzhou\n"


@pytest.mark.parametrize(("lon", "lat"), [("nan", "30.2"), ("30.2", "120.2"), ("inf", "0")])
def test_what_is_no_point_is_told_with_its_values(lon: str, lat: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reverse", lon, lat]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"lon={lon}, lat={lat}: expected lon -180 to 180 and lat -90 to 90\n")


def test_export_writes_layers_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], atlas: Atlas) -> None:
    folder = tmp_path / "out"
    assert main(["export", str(folder), "--layer", "places", "--layer", "corridors", "--format", "csv", "--corridor", "east"]) == 0
    names = [f"hangzhou-{layer}-east-{atlas.tables.version}.csv" for layer in ("places", "corridors")]
    assert capsys.readouterr().out == "".join(f"written: {folder / name}\n" for name in names)
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_export_writes_one_file_in_the_format_of_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "figures.geojson"), "--layer", "indicators"]) == 0
    document = json.loads((tmp_path / "figures.geojson").read_text(encoding="utf-8"))
    assert len(document["features"]) == 40


def test_export_writes_a_file_in_the_form_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str], atlas: Atlas) -> None:
    assert main(["export", str(tmp_path / "out"), "--layer", "places", "--format", "csv", "--crs", "EPSG:4549", "--shape", "wide", "--bom", "0"]) == 0
    name = f"hangzhou-places-wide-epsg4549-{atlas.tables.version}.csv"
    assert capsys.readouterr().out == f"written: {tmp_path / 'out' / name}\n"
    assert (tmp_path / "out" / name).read_text(encoding="utf-8").startswith("id,x,y,crs,name_zh")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["out", "--format", "csv", "--format", "kml", "--crs", "EPSG:4549"],
            "crs='EPSG:4549': expected a format in which it can be chosen: csv, gpkg",
        ),
        (["a.csv", "--layer", "places", "--layer", "corridors"], "one layer in a file; several go into a folder"),
        (["a.doc"], "no format 'doc'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
        (["out", "--corridor", "north"], "corridor='north': expected one of west, east, none"),
        (["out", "--bbox", "1,2,3"], "bbox='1,2,3': expected west,south,east,north in degrees, WGS-84, such as 120.1,30.1,120.3,30.3"),
    ],
)
def test_what_cannot_be_exported_is_told(arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / arguments[0]), *arguments[1:]]) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_audit_writes_its_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "audit.html"
    assert main(["audit", "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"written: {target}\n"
    sheet = target.read_text(encoding="utf-8")
    assert sheet.startswith("<!DOCTYPE html>") or sheet.startswith("<!doctype html>")
    assert "富芯半导体一期" in sheet
    assert [path.name for path in tmp_path.iterdir()] == ["audit.html"]


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "none" / "audit.html"
    assert main(["audit", "-o", str(target)]) == 1
    assert capsys.readouterr().err == f"{target}: No such file or directory\n"


# --- the command itself -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["draw"],
        ["check", "--texts", "x"],
        ["check", "--text"],
        ["geocode"],
        ["geocode", "x", "--chunk-rows", "many"],
        ["geocode", "x", "--chunk-rows", "0"],
        ["reverse", "120"],
        ["reverse", "east", "30"],
        ["audit"],
        ["export"],
        ["export", "out", "--layer", "roads"],
        ["export", "out", "--format", "shp"],
    ],
)
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


def test_help_of_export_names_the_layers_the_formats_and_the_filters(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["export", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "{places,platforms,projects,corridors,indicators}" in said
    assert "{geojson,csv,xlsx,gpkg,shp.zip,kml,dxf,fgb,parquet}" in said
    assert all(f"--{name} " in said for name in ("corridor", "kind", "district", "bbox", "q"))


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["geocode", "--help"], ["numpy", "shapely", "pydantic", "pypinyin", "pandas", "geopandas", "flask", "pyproj", "geo.atlas"]),
        (["geocode", "滨江区"], ["pandas", "geopandas", "pyproj", "pyarrow", "pyogrio", "flask", "folium", "geo.layers.build", "geo.serve.site"]),
        (["reverse", "120.2", "30.2"], ["pandas", "geopandas", "pyarrow", "pyogrio", "flask", "folium", "geo.layers.build", "geo.serve.site"]),
    ],
    ids=["help", "geocode", "reverse"],
)
def test_a_short_command_does_not_load_the_libraries_of_a_long_one(arguments: list[str], unwanted: list[str]) -> None:
    code = (
        "import atexit, sys; from geo.cli import main; "
        f"atexit.register(lambda: print([name for name in {unwanted} if name in sys.modules], file=sys.stderr)); sys.exit(main({arguments}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_report_goes_from_file_to_tables_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, report, draft = tmp_path / "data", tmp_path / "spring.txt", tmp_path / "draft"
    shutil.copytree(PROJECT / "tests/data/qinglan", data)
    monkeypatch.setenv("GEO_DATA", str(data))
    report.write_text("松原经开区产值12.5亿元，增长3.4%。\n", encoding="utf-8")
    assert main(["locate", "12.5亿元", "--text", str(report)]) == 0
    assert capsys.readouterr().out == "paragraph 1, start 7, end 13: 松原经开区产值[12.5亿元]，增长3.4%。 \n"
    assert main(["locate", "13亿元", "--text", str(report)]) == 1
    places = tmp_path / "places.csv"
    places.write_text("name,kind\n松原经开区,platform\n", encoding="utf-8")
    assert main(["draft", str(report), "--date", "2024-05-10", "--host", "松原经开区", "--places", str(places), "-o", str(draft)]) == 0
    assert "figures: 1, 0 without a place" in capsys.readouterr().out
    assert main(["accept", str(draft), "--check"]) == 1
    assert "neither accepted nor rejected yet" in capsys.readouterr().err
    document = json.loads((draft / "draft.json").read_text(encoding="utf-8"))
    for one in (*document["places"], *document["figures"]):
        one["state"] = "accepted"
    (draft / "draft.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["accept", str(draft), "--write"]) == 0
    assert main(["accept", str(draft), "--write"]) == 0
    assert "nothing to write" in capsys.readouterr().out
    assert main(["check", "--text", str(draft / "spring.txt")]) == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["accept", "--write"], 2), (["accept", "somewhere"], 2), (["accept", "somewhere", "--check"], 1), (["draft", "none.txt", "-o", "out"], 1)],
)
def test_a_draft_that_is_not_there_or_half_a_command_is_told(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == status
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
