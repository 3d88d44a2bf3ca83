from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo.geocode.answers import Answer, Candidate, Division, Level, Match, Method, Miss, MissReason, Query
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.lists.columns import choose_columns
from geo.geocode.lists.parquet import ParquetList
from geo.geocode.lists.progress import BarProgress, LineProgress, choose_progress
from geo.geocode.lists.reading import open_list
from geo.geocode.lists.results import RESULTS
from geo.geocode.lists.rows import ListError
from geo.geocode.lists.running import Summary, geocode_file
from geo.geocode.lists.writing import WRITERS
from geo.geocode.offline import OfflineGeocoder
from geo.ground.datum import Datum
from geo.tables.kinds import Basis, Precision
from geo.tables.reading import read_tables
from tests.known import DATA

RESULT_COLUMNS = [
    *("geo_status", "geo_lon", "geo_lat", "geo_level", "geo_precision", "geo_uncertainty_m", "geo_method", "geo_score", "geo_name"),
    "geo_matched",
    *("geo_unresolved", "geo_city_code", "geo_city", "geo_district_code", "geo_district", "geo_township_code", "geo_township", "geo_basis"),
    *("geo_source", "geo_datum_of_source", "geo_note", "geo_candidates", "geo_reason"),
]
CITY, YUHANG, BINJIANG = Division("330100", "杭州市"), Division("330110", "余杭区"), Division("330108", "滨江区")
CANGQIAN = Division("330110012", "仓前街道")


class FakeGeocoder:
    """Knows one place, one district and its roads, one ambiguous name and one of another city."""

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        return [self.answer(query) for query in queries]

    def answer(self, query: Query) -> Answer:
        text = query.text
        if text in ("未来科技城", "未来科技园"):
            if query.admin not in ("", "余杭区"):
                return Miss(text, MissReason.UNKNOWN)
            return match(text, "未来科技城", Level.PLACE, "", 119.9865, 30.295, (CITY, YUHANG, CANGQIAN), Method.EXACT, "按公布的四至")
        if text.startswith("滨江区"):
            return match(text, "滨江区", Level.DISTRICT, text.removeprefix("滨江区"), 120.18021, 30.18972, (CITY, BINJIANG), Method.ADDRESS, None)
        if text == "合作区":
            found = (Candidate("滨富合作区", "富阳区", Level.PLACE, "名称含此"), Candidate("滨萧合作园", "萧山区", Level.PLACE, ""))
            return Miss(text, MissReason.AMBIGUOUS, found)
        return Miss(text, MissReason.OUT_OF_AREA if text.startswith("上海") else MissReason.UNKNOWN)


def match(
    text: str, name: str, level: Level, rest: str, lon: float, lat: float, divisions: tuple[Division, ...], method: Method, note: str | None
) -> Match:
    precision = Precision.AREA if level is Level.PLACE else Precision.DISTRICT
    return Match(
        query=text,
        name=name,
        matched=name,
        level=level,
        method=method,
        score=100.0,
        runner_up=None,
        unresolved=rest,
        lon=lon,
        lat=lat,
        precision=precision,
        uncertainty_m=3500,
        divisions=divisions,
        basis=Basis.DERIVED,
        source="fake",
        datum_of_source=Datum.WGS84,
        note=note,
    )


class CountingGeocoder(FakeGeocoder):
    """Remembers what it was asked, and may fail at a name."""

    def __init__(self, fails_at: str = "") -> None:
        self.calls: list[list[Query]] = []
        self.fails_at = fails_at

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        if any(query.text == self.fails_at for query in queries):
            raise InterruptedError(self.fails_at)
        self.calls.append(list(queries))
        return super().geocode(queries)


class GatedGeocoder(FakeGeocoder):
    """Stops at a name until a gate is opened, and says that it is there by a file with the id of its process."""

    def __init__(self, folder: Path, stops_at: str) -> None:
        self.folder, self.stops_at = folder, stops_at

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        if any(query.text == self.stops_at for query in queries):
            (self.folder / f"reached-{os.getpid()}").touch()
            while not (self.folder / "open").exists():
                time.sleep(0.01)
        return super().geocode(queries)


class Said(LineProgress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def run(source: Path, target: Path, factory: Callable[[], Any] = FakeGeocoder, progress: Said | None = None, **options: Any) -> Summary:
    return geocode_file(source, target, factory, version="1", progress=progress or Said(), **options)


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read_csv(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def records(path: Path) -> list[dict[str, str]]:
    header, *rows = read_csv(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


NAMES = ["未来科技城", "滨江区江南大道1号", "合作区", "上海张江", "没有的地方", ""]


@pytest.fixture
def names_csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "in.csv", [["编号", "名称"], *([f"{number:04d}", name] for number, name in enumerate(NAMES))])


def many(path: Path, rows: int = 100) -> Path:
    return write_csv(path, [["id", "名称"], *([f"{number:05d}", f"滨江区{number}号" if number % 3 else "合作区"] for number in range(rows))])


# --- one run ------------------------------------------------------------------------------------------------------------------------------


def test_every_row_is_kept_as_it_is_and_answered_in_columns_of_their_own(tmp_path: Path) -> None:
    own = [
        ["编号", "名称", "备注"],
        ["007", "未来科技城", '两行\r\n的\n“备注”, "引号"'],
        ["", "滨江区江南大道1号", " 空格 "],
        ["330110199001011234", "合作区", "=1+1"],
        ["1e5", "未来科技城", ""],
    ]
    summary = run(write_csv(tmp_path / "in.csv", own), tmp_path / "out.csv")
    written = read_csv(tmp_path / "out.csv")
    assert written[0] == [*own[0], *RESULT_COLUMNS]
    assert [row[:3] for row in written] == own
    place = ["match", "119.9865", "30.295", "place", "area", "3500", "exact", "100", "未来科技城", "未来科技城", ""]
    place += ["330100", "杭州市", "330110", "余杭区"]
    place += ["330110012", "仓前街道", "derived", "fake", "WGS84", "按公布的四至", "", ""]
    assert written[1][3:] == written[4][3:] == place
    district = ["match", "120.18021", "30.18972", "district", "district", "3500", "address", "100", "滨江区", "滨江区"]
    assert written[2][3:] == [*district, "江南大道1号", "330100", "杭州市", "330108", "滨江区", "", "", "derived", "fake", "WGS84", "", "", ""]
    assert written[3][3:] == ["ambiguous", *[""] * 20, "滨富合作区 (富阳区, place): 名称含此; 滨萧合作园 (萧山区, place)", "ambiguous"]
    assert summary.rows == 4
    assert not (tmp_path / "out.csv.parts").exists()


def test_the_summary_says_what_became_of_the_list(names_csv: Path, tmp_path: Path) -> None:
    said = Said()
    summary = run(names_csv, tmp_path / "out.csv", progress=said)
    assert summary.matched == {Level.ADDRESS: 0, Level.PLACE: 1, Level.TOWNSHIP: 0, Level.DISTRICT: 1, Level.CITY: 0}
    assert (summary.rows, summary.ambiguous, summary.missed) == (6, 1, {"empty": 1, "out_of_area": 1, "unknown": 1})
    lines = str(summary).splitlines()
    assert lines[:6] == [
        "in.csv: UTF-8, comma between cells, 6 rows",
        "column: 名称 (its heading is that of a name); division: none",
        "rows: 6, of which 0 were done before",
        "matched: 2 (place 1, district 1)",
        "ambiguous: 1",
        "missed: 3 (empty 1, out_of_area 1, unknown 1)",
    ]
    assert lines[6].startswith("rate: ") and lines[6].endswith(" rows/s")
    assert lines[7] == "written: out.csv, and what is to be looked at: out.misses.csv"
    assert said.lines == [
        "reading in.csv",
        "in.csv: UTF-8, comma between cells, 6 rows",
        "column 名称: its heading is that of a name",
        "division of each row: not known",
        "putting 1 parts together",
    ]


def test_what_is_not_matched_is_listed_beside_with_its_row(names_csv: Path, tmp_path: Path) -> None:
    run(names_csv, tmp_path / "out.csv", chunk_rows=2)
    assert (tmp_path / "out.misses.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_csv(tmp_path / "out.misses.csv") == [
        ["row", "query", "status", "reason", "candidates", "corrected", "division"],
        ["4", "合作区", "ambiguous", "ambiguous", "滨富合作区 (富阳区, place): 名称含此; 滨萧合作园 (萧山区, place)", "", ""],
        ["5", "上海张江", "miss", "out_of_area", "", "", ""],
        ["6", "没有的地方", "miss", "unknown", "", "", ""],
        ["7", "", "miss", "empty", "", "", ""],
    ]


def test_the_same_row_is_asked_once_an_empty_one_never_and_no_call_is_larger_than_a_chunk(tmp_path: Path) -> None:
    geocoder = CountingGeocoder()
    rows = [["名称", "区县"], ["未来科技城", " 余杭区 "], ["", "余杭区"], ["未来科技城", "余杭区"], ["未来科技城", "滨江区"], ["合作区", ""]]
    run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv", lambda: geocoder, chunk_rows=4)
    assert geocoder.calls == [[Query("未来科技城", admin="余杭区"), Query("未来科技城", admin="滨江区")], [Query("合作区")]]
    assert [row["geo_status"] for row in records(tmp_path / "out.csv")] == ["match", "miss", "match", "miss", "ambiguous"]


def test_a_list_without_rows_gives_a_list_without_rows(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["id", "名称"]])
    for extension in WRITERS:
        assert run(source, tmp_path / f"out{extension}").rows == 0
    assert read_csv(tmp_path / "out.csv") == [["id", "名称", *RESULT_COLUMNS]]
    assert json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))["features"] == []
    assert len(gpd.read_file(tmp_path / "out.gpkg")) == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["id", "名称", *RESULT_COLUMNS]


def make_real_geocoder() -> OfflineGeocoder:
    return OfflineGeocoder(Gazetteer(read_tables(DATA)))


def test_a_list_gets_the_answers_that_its_names_get_one_by_one(tmp_path: Path) -> None:
    summary = run(DATA / "gazetteer.csv", tmp_path / "out.parquet", make_real_geocoder, chunk_rows=25)
    geocoder = make_real_geocoder()
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert summary.choice.column == "name"
    assert len(rows) == len(read_csv(DATA / "gazetteer.csv")) - 1
    for row in rows:
        (answer,) = geocoder.geocode([Query(row["name"])])
        if isinstance(answer, Match):
            found = (
                row["geo_status"],
                row["geo_name"],
                row["geo_matched"],
                row["geo_lon"],
                row["geo_lat"],
                row["geo_method"],
                row["geo_uncertainty_m"],
            )
            assert found == ("match", answer.name, answer.matched, answer.lon, answer.lat, answer.method, answer.uncertainty_m)
        else:
            assert (row["geo_status"] == "match", row["geo_reason"]) == (False, answer.reason)
    assert sum(summary.matched.values()) > len(rows) / 2


# --- targets ------------------------------------------------------------------------------------------------------------------------------


def test_a_workbook_has_numbers_for_coordinates_and_text_for_text(tmp_path: Path) -> None:
    rows = [["编号", "名称", "备注"], ["007", "未来科技城", "=1+1"], ["8", "滨江区=HYPERLINK(1)", "#N/A"], ["9", "合作区", "http://example.org\x07"]]
    run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.xlsx", chunk_rows=2)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    header, first, second, third = sheet.iter_rows()
    assert [cell.value for cell in header] == [*rows[0], *RESULT_COLUMNS]
    assert [cell.value for cell in first][:6] == ["007", "未来科技城", "=1+1", "match", 119.9865, 30.295]
    assert [cell.data_type for cell in first][:6] == ["s", "s", "s", "s", "n", "n"]
    assert (second[2].value, second[2].data_type) == ("#N/A", "s")
    unresolved = second[3 + RESULTS.names.index("geo_unresolved")]
    assert (unresolved.value, unresolved.data_type) == ("=HYPERLINK(1)", "s")
    assert third[2].hyperlink is None and third[4].value is None


def test_a_csv_guards_the_cells_that_we_write_and_no_others(tmp_path: Path) -> None:
    run(write_csv(tmp_path / "in.csv", [["名称", "备注"], ["滨江区=1+1", "=1+1"], ["@SUM", "-5"]]), tmp_path / "out.csv")
    rows = records(tmp_path / "out.csv")
    assert [(row["名称"], row["备注"], row["geo_unresolved"]) for row in rows] == [("滨江区=1+1", "=1+1", "'=1+1"), ("@SUM", "-5", "")]
    assert read_csv(tmp_path / "out.misses.csv")[1][:2] == ["3", "'@SUM"]


def test_a_geopackage_holds_every_row_and_points_where_there_are_some(names_csv: Path, tmp_path: Path) -> None:
    run(names_csv, tmp_path / "out.gpkg", chunk_rows=2)
    layer = gpd.read_file(tmp_path / "out.gpkg", fid_as_index=True)
    assert layer.crs.to_epsg() == 4326
    assert list(layer.columns) == ["编号", "名称", *RESULT_COLUMNS, "geometry"]
    assert layer.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert layer["编号"].tolist() == ["0000", "0001", "0002", "0003", "0004", "0005"]
    assert [point and (point.x, point.y) for point in layer.geometry] == [(119.9865, 30.295), (120.18021, 30.18972), None, None, None, None]
    assert layer["geo_uncertainty_m"].tolist()[:2] == [3500, 3500]


def test_geojson_is_one_feature_a_line(names_csv: Path, tmp_path: Path) -> None:
    run(names_csv, tmp_path / "out.geojson", chunk_rows=4)
    text = (tmp_path / "out.geojson").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1 + 6 + 1
    features = json.loads(text)["features"]
    assert [feature["id"] for feature in features] == [1, 2, 3, 4, 5, 6]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [119.9865, 30.295]}
    assert features[2]["geometry"] is None
    assert list(features[0]["properties"]) == ["编号", "名称", *RESULT_COLUMNS]
    assert features[0]["properties"]["编号"] == "0000" and features[0]["properties"]["geo_uncertainty_m"] == 3500


def test_parquet_keeps_the_types_of_a_list_in_parquet(tmp_path: Path) -> None:
    own = pa.table(
        {
            "n": pa.array([1, None, 2**60], pa.int64()),
            "名称": pa.array(["未来科技城", None, "合作区"]).dictionary_encode(),
            "day": pa.array([date(2024, 1, 2), None, None]),
            "tags": pa.array([["a"], [], None]),
        }
    )
    pq.write_table(own, tmp_path / "in.parquet")
    run(tmp_path / "in.parquet", tmp_path / "out.parquet", chunk_rows=2)
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.select(own.column_names).equals(own)
    assert written.schema.names == [*own.column_names, *RESULT_COLUMNS]
    assert written.schema.field("geo_lon").type == pa.float64()
    assert written["geo_reason"].to_pylist() == [None, "empty", "ambiguous"]


@pytest.mark.parametrize("extension", [".csv", ".tsv", ".xlsx", ".gpkg", ".geojson", ".parquet"])
def test_every_target_says_the_same_about_every_row(names_csv: Path, tmp_path: Path, extension: str) -> None:
    target = tmp_path / f"out{extension}"
    run(names_csv, target, chunk_rows=4)
    if extension in (".csv", ".tsv"):
        header, *cells = read_csv(target, "\t" if extension == ".tsv" else ",")
        rows = [dict(zip(header, row, strict=True)) for row in cells]
    elif extension == ".xlsx":
        header, *cells = openpyxl.load_workbook(target).worksheets[0].iter_rows(values_only=True)
        rows = [dict(zip(header, row, strict=True)) for row in cells]
    elif extension == ".parquet":
        rows = pq.read_table(target).to_pylist()
    else:
        rows = gpd.read_file(target).astype(object).to_dict("records")
    assert [row["名称"] or "" for row in rows] == NAMES
    assert [row["geo_status"] for row in rows] == ["match", "match", "ambiguous", "miss", "miss", "miss"]
    assert [float(row["geo_lat"]) for row in rows[:2]] == [30.295, 30.18972]
    assert [row["geo_district_code"] for row in rows[:2]] == ["330110", "330108"]


def test_a_target_that_cannot_hold_the_list_is_refused_before_anything_is_asked(names_csv: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"名称": ["合作区"], "tags": [["a"]]}), tmp_path / "nested.parquet")
    write_csv(tmp_path / "twice.csv", [["名称", "Id", "ID"], ["合作区", "1", "2"]])
    expected = {
        (names_csv, "out.pdf"): "out.pdf '.pdf': expected a file to write as .csv, .tsv, .xlsx, .gpkg, .geojson, .parquet",
        (tmp_path / "nested.parquet", "out.csv"): "out.csv [tags] 'list<element: string>': expected a column that .csv can hold; .parquet holds any",
        (tmp_path / "twice.csv", "out.gpkg"): "out.gpkg [Id]: expected names of columns that differ in more than capitals, for .gpkg",
        (names_csv, "in.csv"): f"in.csv {str(names_csv)!r}: expected a target beside which nothing is written over the list itself",
        (names_csv, "no/out.csv"): f"out.csv {str(tmp_path / 'no')!r}: expected a folder that exists",
    }
    for (source, target), message in expected.items():
        with pytest.raises(ListError) as caught:
            run(source, tmp_path / target)
        assert str(caught.value).replace("element: ", "").replace("item: ", "") == message.replace("element: ", "")
    assert not list(tmp_path.glob("*.parts"))


def test_a_workbook_is_not_begun_with_more_rows_than_it_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.geocode.lists.writing._XLSX_ROWS", 3)
    assert run(write_csv(tmp_path / "two.csv", [["名称"], *[["合作区"]] * 2]), tmp_path / "out.xlsx").rows == 2
    geocoder = CountingGeocoder()
    with pytest.raises(ListError) as caught:
        run(write_csv(tmp_path / "three.csv", [["名称"], *[["合作区"]] * 3]), tmp_path / "out.xlsx", lambda: geocoder)
    assert str(caught.value) == "out.xlsx '3 rows': expected at most 2 rows in a workbook; .csv and .parquet hold more"
    assert geocoder.calls == []


def test_a_list_of_misses_is_not_written_over_by_its_own_misses(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "a.misses.csv", [["query", "名称"], ["x", "合作区"]])
    with pytest.raises(ListError, match="nothing is written over the list itself"):
        run(source, tmp_path / "a.csv")
    assert read_csv(source)[1] == ["x", "合作区"]


def test_a_cell_too_long_for_a_workbook_is_named_and_the_target_left_alone(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["名称", "备注"], ["合作区", "好"], ["合作区", "长" * 32_768]])
    (tmp_path / "out.xlsx").write_bytes(b"before")
    with pytest.raises(ListError) as caught:
        run(source, tmp_path / "out.xlsx")
    assert str(caught.value) == "out.xlsx:3 [备注] '32768 characters': expected at most 32767; .csv and .parquet hold more"
    assert (tmp_path / "out.xlsx").read_bytes() == b"before"


def test_results_never_take_the_place_of_a_column(tmp_path: Path) -> None:
    run(write_csv(tmp_path / "in.csv", [["名称"], ["合作区"]]), tmp_path / "out.csv")
    with pytest.raises(ListError) as caught:
        run(tmp_path / "out.csv", tmp_path / "again.csv")
    expected = "out.csv:1 [geo_status]: expected no column of this name, which is one of the results: rename it, or leave it out"
    assert str(caught.value) == expected


# --- text files ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("gbk", "GB18030 (or GBK, which it holds): it is not UTF-8"),
        ("gb18030", "GB18030 (or GBK, which it holds): it is not UTF-8"),
        ("utf-16", "UTF-16"),
    ],
)
def test_the_encoding_is_found_and_named(tmp_path: Path, encoding: str, said: str) -> None:
    name = "滨江区𠮷路" if encoding != "gbk" else "滨江区吉路"
    summary = run(write_csv(tmp_path / "in.csv", [["企业名称"], [name]], encoding), tmp_path / "out.csv")
    assert summary.described == f"in.csv: {said}, comma between cells, 1 rows"
    assert [row["企业名称"] for row in records(tmp_path / "out.csv")] == [name]


def test_an_encoding_that_only_shows_late_in_the_file_is_still_found(tmp_path: Path) -> None:
    rows = [["name"], *[["a" * 1000]] * 3000, ["滨江区"]]
    summary = run(write_csv(tmp_path / "in.csv", rows, "gbk"), tmp_path / "out.csv")
    assert "GB18030" in summary.described
    assert records(tmp_path / "out.csv")[-1]["geo_status"] == "match"


def test_broken_bytes_are_reported_with_line_and_byte(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    good = "名称\n合作区\n".encode()
    source.write_bytes(good + b"ab\xff\xfe\n")
    summary = run(source, tmp_path / "out.csv")
    (flaw,) = summary.flaws.first
    assert str(flaw.problem) == "in.csv:3 [名称] 'ab��': expected bytes of the file's encoding; those that are none stand as �"
    assert [row["名称"] for row in records(tmp_path / "out.csv")] == ["合作区", "ab��"]
    assert "odd: 1 rows or cells, kept" in str(summary)


def test_a_file_of_broken_bytes_is_refused_with_the_first_one(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    # Across the border of two blocks the place is still right.
    source.write_bytes("名称\n".encode() + b"a" * ((1 << 20) - 8) + "滨".encode()[:2] + b"\n" + b"\xff" * 3000)
    with pytest.raises(ListError) as caught:
        run(source, tmp_path / "out.csv", encoding="utf-8")
    expected = "expected text in UTF-8, which it is up to there, but for a few bytes, and 3001 are none; --encoding names another"
    assert str(caught.value) == f"in.csv:2 'byte {1 << 20}: 0xe6': {expected}"


def test_an_encoding_can_be_given(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["地址"], ["臺北"]], "big5")
    summary = run(source, tmp_path / "out.csv", encoding="big5")
    assert summary.described.startswith("in.csv: BIG5, ")
    assert records(tmp_path / "out.csv")[0]["地址"] == "臺北"
    with pytest.raises(ListError) as caught:
        run(source, tmp_path / "out.csv", encoding="klingon")
    assert str(caught.value) == "in.csv 'klingon': expected a text encoding such as utf-8 or gb18030"


@pytest.mark.parametrize(("delimiter", "said"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_the_delimiter_is_found_by_the_header(tmp_path: Path, delimiter: str, said: str) -> None:
    rows = [["id", "企业名称", "a b"], ["1", "未来科技城", "x,y;z\tw"]]
    summary = run(write_csv(tmp_path / "in.csv", rows, delimiter=delimiter), tmp_path / "out.csv")
    assert f", {said} between cells" in summary.described
    assert [row[:3] for row in read_csv(tmp_path / "out.csv")] == rows


@pytest.mark.parametrize(
    ("text", "message", "rows"),
    [
        ("id,名称\n1,合作区\n2\n", "in.csv:3 '2': expected 2 cells, as in the header, and not 1", [["1", "合作区"], ["2", ""]]),
        (
            'id,名称\n1,"两\n行"\n2,合作区,3\n',
            "in.csv:4 '2,合作区,3': expected 2 cells, as in the header, and not 3",
            [["1", "两\n行", ""], ["2", "合作区", "3"]],
        ),
        (
            'id,名称\n1,"合作区\n2,x\n',
            """in.csv:2 '1,"合作区': expected cells whose quotes are doubled inside and closed""",
            [["1", '"合作区'], ["2", "x"]],
        ),
        (
            'id,名称\n1,"合作区" 二期\n2,"a\nb"\n',
            """in.csv:2 '1,"合作区" 二期': expected cells whose quotes are doubled inside and closed""",
            [["1", '"合作区" 二期'], ["2", "a\nb"]],
        ),
    ],
)
def test_a_broken_row_is_reported_with_its_line_and_kept(tmp_path: Path, text: str, message: str, rows: list[list[str]]) -> None:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [str(flaw.problem) for flaw in summary.flaws.first] == [message]
    assert f"  {message}" in str(summary).splitlines()
    written = read_csv(tmp_path / "out.csv")
    assert [row[: len(rows[0])] for row in written[1:]] == rows


def test_a_file_without_headings_is_refused(tmp_path: Path) -> None:
    for text in ("", "\n\n", ",,,\n"):
        (tmp_path / "in.csv").write_text(text, encoding="utf-8")
        with pytest.raises(ListError) as caught:
            run(tmp_path / "in.csv", tmp_path / "out.csv")
        assert str(caught.value) == "in.csv:1: expected a header with the names of the columns"


def test_blank_lines_are_rows_only_where_a_row_is_one_cell(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("id,名称\n\n1,合作区\n\n", encoding="utf-8")
    (tmp_path / "one.csv").write_text("名称\n\n合作区\n", encoding="utf-8")
    assert run(tmp_path / "two.csv", tmp_path / "out.csv").rows == 1
    assert run(tmp_path / "one.csv", tmp_path / "out.csv").rows == 2


def test_headings_that_are_missing_or_twice_get_a_name_and_that_is_said(tmp_path: Path) -> None:
    said = Said()
    run(write_csv(tmp_path / "in.csv", [["名称", "备注", "", "备注", "备注_2"], ["合作区", *"abcd"]]), tmp_path / "out.csv", progress=said)
    assert read_csv(tmp_path / "out.csv")[0][:5] == ["名称", "备注", "column_3", "备注_3", "备注_2"]
    assert read_csv(tmp_path / "out.csv")[1][:5] == ["合作区", *"abcd"]
    assert "column 3 is headed '': it is called 'column_3' here" in said.lines
    assert "column 4 is headed '备注': it is called '备注_3' here" in said.lines


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        ("in.doc", {}, "in.doc '.doc': expected a list to read as .csv, .tsv, .txt, .xlsx, .xlsm or .parquet"),
        ("no.csv", {}, "no.csv '{path}': expected a file that exists"),
        ("in.csv", {"sheet": "a"}, "in.csv 'a': expected no sheet for .csv, which has none"),
        ("in.parquet", {"encoding": "gbk"}, "in.parquet 'gbk': expected no encoding for .parquet, which has its own"),
    ],
)
def test_a_list_that_cannot_be_opened_says_why(tmp_path: Path, file: str, options: dict[str, Any], message: str) -> None:
    for name in ("in.csv", "in.parquet"):
        (tmp_path / name).write_text("名称\n", encoding="utf-8")
    with pytest.raises(ListError) as caught:
        open_list(tmp_path / file, **options)
    assert str(caught.value) == message.format(path=tmp_path / file)


@pytest.mark.parametrize(("file", "what"), [("in.xlsx", "an Excel workbook (.xlsx)"), ("in.parquet", "a Parquet file")])
def test_a_file_that_is_not_what_its_extension_says_is_refused(tmp_path: Path, file: str, what: str) -> None:
    (tmp_path / file).write_text("名称,地址\n", encoding="utf-8")
    with pytest.raises(ListError) as caught:
        open_list(tmp_path / file)
    assert str(caught.value).endswith(f"expected {what}")


# --- workbooks ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "企业"
    sheet.append(["名称", "成立", "编号", "占比", "产值", "是", "时间", "备注"])
    sheet.append(["未来科技城", datetime(2024, 1, 5), 42, 0.125, 1234567.5, True, datetime(2024, 1, 5, 8, 30), "007"])
    sheet["B2"].number_format, sheet["C2"].number_format, sheet["D2"].number_format = "yyyy-mm-dd", "00000", "0.0%"
    sheet["E2"].number_format, sheet["G2"].number_format = "#,##0.00", "yyyy-mm-dd hh:mm"
    sheet.append([])
    sheet.append(["合作区", None, 0.1, 3.0])
    other = book.create_sheet("其他")
    other.append(["地址"])
    other.append(["滨江区江南大道1号"])
    book.save(tmp_path / "in.xlsx")
    return tmp_path / "in.xlsx"


def test_a_workbook_is_read_as_it_shows_its_cells(workbook: Path, tmp_path: Path) -> None:
    summary = run(workbook, tmp_path / "out.csv")
    header, first, second = read_csv(tmp_path / "out.csv")
    assert summary.described == "in.xlsx: Excel workbook, sheet 企业"
    assert header[:9] == ["名称", "成立", "编号", "占比", "产值", "是", "时间", "备注", "geo_status"]
    assert first[:9] == ["未来科技城", "2024-01-05", "00042", "12.5%", "1,234,567.50", "TRUE", "2024-01-05 08:30:00", "007", "match"]
    assert second[:9] == ["合作区", "", "0.1", "3", "", "", "", "", "ambiguous"]


def test_a_workbook_from_a_workbook_keeps_values_and_number_formats(workbook: Path, tmp_path: Path) -> None:
    run(workbook, tmp_path / "out.xlsx", chunk_rows=1)
    first, second = list(openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].iter_rows(min_row=2))
    own = ["未来科技城", datetime(2024, 1, 5), 42, 0.125, 1234567.5, True, datetime(2024, 1, 5, 8, 30), "007"]
    assert [cell.value for cell in first[:8]] == own
    assert [cell.number_format for cell in first[1:5]] == ["yyyy-mm-dd", "00000", "0.0%", "#,##0.00"]
    assert [cell.value for cell in second[:8]] == ["合作区", None, 0.1, 3, None, None, None, None]
    assert (first[8].value, first[9].value, second[8].value) == ("match", 119.9865, "ambiguous")


def test_the_sheet_can_be_chosen(workbook: Path, tmp_path: Path) -> None:
    run(workbook, tmp_path / "out.csv", sheet="其他")
    assert [row["地址"] for row in records(tmp_path / "out.csv")] == ["滨江区江南大道1号"]
    with pytest.raises(ListError) as caught:
        run(workbook, tmp_path / "out.csv", sheet="没有")
    assert str(caught.value) == "in.xlsx '没有': expected one of the sheets 企业, 其他"


def test_a_cell_far_right_of_the_header_is_not_lost_in_silence(tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["名称"])
    sheet.append(["合作区", "没有标题"])
    for _ in range(1000):
        sheet.append(["合作区"])
    book.save(tmp_path / "in.xlsx")
    run(tmp_path / "in.xlsx", tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv")[1][:2] == ["合作区", "没有标题"]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(1002):
        sheet.append(["名称"])
    sheet.append(["合作区", "远处"])
    book.save(tmp_path / "far.xlsx")
    summary = run(tmp_path / "far.xlsx", tmp_path / "out.csv")
    expected = "expected nothing right of column 1, the last one with a heading or with cells beside it in the first 1000 rows"
    assert [str(flaw.problem) for flaw in summary.flaws.first] == [f"far.xlsx:1003 [B] '远处': {expected}"]
    assert summary.rows == 1002


# --- Parquet ------------------------------------------------------------------------------------------------------------------------------


def test_chunks_do_not_depend_on_row_groups(tmp_path: Path) -> None:
    own = pa.table({"名称": [str(number) for number in range(53)]})
    pq.write_table(own, tmp_path / "in.parquet", row_group_size=7)
    list_ = ParquetList(tmp_path / "in.parquet")
    chunks = list(list_.chunks(10))
    assert [number for number, _ in chunks] == [0, 1, 2, 3, 4, 5]
    assert [len(chunk) for _, chunk in chunks] == [10, 10, 10, 10, 10, 3]
    assert pa.concat_tables([chunk for _, chunk in chunks]).equals(own)
    assert [number for number, _ in list_.chunks(10, {0, 3})] == [1, 2, 4, 5]
    for number, chunk in chunks:
        assert list_.read(number * 10, (number + 1) * 10).equals(chunk)


# --- which column -------------------------------------------------------------------------------------------------------------------------

COMPANIES = ["杭州一号科技有限公司", "滨江区江南大道1号", "未来科技城", "临平区工业园"]
WORDS = ["半导体", "医药", "软件", "新材料"]


@pytest.mark.parametrize(
    ("head", "column", "why"),
    [
        ({"企业名称": COMPANIES, "注册地址": COMPANIES}, "注册地址", "its heading is that of an address"),
        ({"Name": COMPANIES, "ADDRESS ": COMPANIES}, "ADDRESS ", "its heading is that of an address"),
        ({"企业名称": COMPANIES, "注册地址": ["", " ", "", ""]}, "企业名称", "its heading is that of a name"),
        ({"详细地址（必填）": COMPANIES, "名称": COMPANIES}, "详细地址（必填）", "its heading is that of an address"),
        ({"主要生产地址": COMPANIES, "产品": WORDS}, "主要生产地址", "its heading ends like that of an address, and no other does"),
        ({"甲": WORDS, "乙": COMPANIES}, "乙", "100% of its cells look like names or addresses, more than of any other"),
        ({"甲": ["1", "2", "3", "4"], "乙": [*COMPANIES[:3], "?"]}, "乙", "75% of its cells look like names or addresses, more than of any other"),
        (
            {"区县": ["滨江区", "余杭区", "临平区", "富阳区"], "乙": COMPANIES},
            "乙",
            "100% of its cells look like names or addresses, more than of any other",
        ),
    ],
)
def test_the_column_is_found_and_it_is_said_why(head: dict[str, list[str]], column: str, why: str) -> None:
    choice = choose_columns("in.csv", head, (), None)
    assert (choice.column, choice.why) == (column, why)
    assert choice.admin_column == ("区县" if "区县" in head else None)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            {"甲": WORDS, "乙": ["1", "2", "3", "4"]},
            "in.csv:1: expected a column whose heading or cells are names or addresses; the columns are 甲, 乙; choose one with --column",
        ),
        (
            {"甲": COMPANIES, "乙": COMPANIES, "丙": WORDS},
            "in.csv:1: expected one column of names or addresses, and 甲, 乙 could be it; the columns are 甲, 乙, 丙; choose one with --column",
        ),
        (
            {"滨江高新区": COMPANIES},
            "in.csv:1 [滨江高新区]: expected a header in the first line, and '滨江高新区' looks like a name itself; "
            "if it is the heading, say so with --column",
        ),
    ],
)
def test_the_column_is_not_guessed(head: dict[str, list[str]], expected: str) -> None:
    with pytest.raises(ListError) as caught:
        choose_columns("in.csv", head, (), None)
    assert str(caught.value) == expected


@pytest.mark.parametrize("heading", ["区县", "城区", "行政区", "district", "County"])
def test_a_division_column_is_used_and_it_is_said(tmp_path: Path, heading: str) -> None:
    said = Said()
    rows = [["名称", heading], ["未来科技城", "余杭区"], ["未来科技城", "滨江区"]]
    run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv", progress=said)
    assert f"division of each row: column {heading}" in said.lines
    assert [row["geo_status"] for row in records(tmp_path / "out.csv")] == ["match", "miss"]


def test_columns_can_be_given(tmp_path: Path) -> None:
    rows = [["名称", "甲", "乙"], ["合作区", "未来科技城", "余杭区"]]
    source = write_csv(tmp_path / "in.csv", rows)
    summary = run(source, tmp_path / "out.csv", columns=["甲"], admin_column="乙")
    assert summary.choice == (("甲",), "it was asked for", "乙")
    assert summary.matched[Level.PLACE] == 1
    for name, options in (("--column", {"columns": ["丙"]}), ("--admin-column", {"admin_column": "丙"})):
        with pytest.raises(ListError) as caught:
            run(source, tmp_path / "out.csv", **options)
        assert str(caught.value) == f"in.csv:1 [丙]: expected one of the columns 名称, 甲, 乙 for {name}"


# --- interruptions ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", [".csv", ".xlsx", ".gpkg", ".geojson", ".parquet"])
def test_interrupted_work_goes_on_and_gives_the_same_bytes(tmp_path: Path, extension: str) -> None:
    source = many(tmp_path / "in.csv")
    target = tmp_path / f"out{extension}"
    run(source, target, chunk_rows=10)
    whole, misses = target.read_bytes(), (tmp_path / "out.misses.csv").read_bytes()
    target.write_bytes(b"before")
    with pytest.raises(InterruptedError):
        run(source, target, lambda: CountingGeocoder("滨江区55号"), chunk_rows=10)
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in (tmp_path / f"{target.name}.parts").glob("part-*")) == [f"part-{n:06d}.parquet" for n in range(5)]
    geocoder, said = CountingGeocoder(), Said()
    summary = run(source, target, lambda: geocoder, progress=said, chunk_rows=10)
    assert len(geocoder.calls) == 5 and geocoder.calls[0][0].text == "滨江区50号"
    assert (summary.rows, summary.resumed_rows) == (100, 50)
    assert "going on: 50 rows were done before" in said.lines
    assert target.read_bytes() == whole
    assert (tmp_path / "out.misses.csv").read_bytes() == misses


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": 90}, "input"),
        ({"chunk_rows": 20}, "chunk_rows"),
        ({"version": "2"}, "geocoder"),
        ({"columns": ["id"]}, "column"),
    ],
)
def test_parts_of_other_work_are_not_used_and_that_is_said(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    source, target = many(tmp_path / "in.csv"), tmp_path / "out.csv"
    with pytest.raises(InterruptedError):
        run(source, target, lambda: CountingGeocoder("滨江区55号"), chunk_rows=10)
    if "source" in change:
        many(source, change["source"])
    options = {"chunk_rows": 10, "version": "1", **{name: value for name, value in change.items() if name != "source"}}
    geocoder, progress = CountingGeocoder(), Said()
    summary = geocode_file(source, target, lambda: geocoder, progress=progress, **options)
    assert f"out.csv.parts holds parts of other work and is begun anew: {said} changed" in progress.lines
    assert summary.resumed_rows == 0
    assert geocoder.calls[0][0].text == ("00000" if said == "column" else "合作区")


def test_a_part_that_is_broken_is_done_again(tmp_path: Path) -> None:
    source, target = many(tmp_path / "in.csv"), tmp_path / "out.csv"
    with pytest.raises(InterruptedError):
        run(source, target, lambda: CountingGeocoder("滨江区55号"), chunk_rows=10)
    part = tmp_path / "out.csv.parts/part-000002.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    geocoder = CountingGeocoder()
    assert run(source, target, lambda: geocoder, chunk_rows=10).resumed_rows == 40
    assert [calls[0].text for calls in geocoder.calls][:2] == ["滨江区20号", "滨江区50号"]


def test_a_list_that_changes_meanwhile_is_not_written(tmp_path: Path) -> None:
    source = many(tmp_path / "in.csv")

    class Changing(FakeGeocoder):
        def geocode(self, queries: Sequence[Query]) -> list[Answer]:
            many(source, 101)
            return super().geocode(queries)

    with pytest.raises(ListError) as caught:
        run(source, tmp_path / "out.csv", Changing)
    assert str(caught.value) == "in.csv: expected a list that does not change while it is geocoded; start again"
    assert not (tmp_path / "out.csv").exists()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is the case; a test that waits for nothing ends after two minutes."""
    for _ in range(12_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited in vain")


# --- progress -----------------------------------------------------------------------------------------------------------------------------


def test_lines_come_every_ten_seconds() -> None:
    stream, times = io.StringIO(), iter([0.0, 4.0, 10.0, 19.0, 21.0])
    progress = LineProgress(stream, lambda: next(times))
    progress.start(1000, 200)
    for _ in range(4):
        progress.advance(100)
    progress.finish()
    assert stream.getvalue().splitlines() == [
        "400 of 1000 rows (40%), 20 rows/s, 30 s left",
        "600 of 1000 rows (60%), 19 rows/s, 21 s left",
    ]


def test_lines_do_without_a_total() -> None:
    stream, times = io.StringIO(), iter([0.0, 10.0])
    progress = LineProgress(stream, lambda: next(times))
    progress.start(None, 0)
    progress.advance(100)
    assert stream.getvalue() == "100 rows, 10 rows/s\n"


def test_a_terminal_gets_a_bar_and_anything_else_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    progress = choose_progress(terminal)
    assert isinstance(progress, BarProgress)
    assert isinstance(choose_progress(io.StringIO()), LineProgress)
    progress.say("reading")
    progress.start(200, 100)
    progress.advance(100)
    progress.finish()
    assert terminal.getvalue().startswith("reading\n")
    assert "100%" in terminal.getvalue() and "200/200" in terminal.getvalue() and "rows/s" in terminal.getvalue()
