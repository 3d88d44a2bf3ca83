"""Lists as people have them: divisions in columns of their own, titles, merged cells, covers, rows that are odd, and corrections fed back."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from geo.geocode.lists.asking import join_address, plain_address
from geo.geocode.lists.columns import choose_columns
from geo.geocode.lists.reading import open_list, read_list
from geo.geocode.lists.rows import Fault, ListError, ListFile, Oddity, Reading
from geo.geocode.lists.running import Summary, geocode_file, texts_of
from tests.unit.test_lists import FakeGeocoder, Said, read_csv, records, write_csv

HEADINGS = ["序号", "企业名称", "省", "市", "区", "详细地址"]
ROWS = [
    ["1", "甲公司", "某省", "某市", "滨江区", "江南大道1号"],
    ["2", "乙公司", "某省", "某市", "市辖区", "滨江区网商路599号"],
    ["3", "丙公司", "某省", "某市", "余杭区", "某市余杭区文一西路969号"],
]
ASKED = ["某省某市滨江区江南大道1号", "某省某市滨江区网商路599号", "某省某市余杭区文一西路969号"]


class Echo(FakeGeocoder):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def geocode(self, queries: Sequence[Any]) -> list[Any]:
        self.asked += [(query.text, query.admin) for query in queries]
        return super().geocode(queries)


def asked(path: Path, **options: Any) -> list[str]:
    echo = Echo()
    run(path, path.with_name("out.csv"), echo, **options)
    return [text for text, _ in echo.asked]


def run(source: Path, target: Path, geocoder: FakeGeocoder | None = None, said: Said | None = None, **options: Any) -> Summary:
    return geocode_file(source, target, lambda: geocoder or FakeGeocoder(), version="1", progress=said or Said(), **options)


def write_book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return book


# --- addresses in several columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_divisions_and_an_address_are_asked_as_one(tmp_path: Path, encoding: str, delimiter: str) -> None:
    assert asked(write_csv(tmp_path / "in.csv", [HEADINGS, *ROWS], encoding, delimiter)) == ASKED
    assert [row[:6] for row in read_csv(tmp_path / "out.csv")] == [HEADINGS, *ROWS]


def test_a_text_file_in_utf16_without_a_mark_is_read(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert asked(write_csv(tmp_path / "in.csv", [HEADINGS, *ROWS], encoding)) == ASKED


@pytest.mark.parametrize(
    ("headings", "columns", "admin"),
    [
        (["省份", "城市", "区县", "地址"], ("省份", "城市", "区县", "地址"), None),
        (["企业", "所在区", "地址"], ("地址",), "所在区"),
        (["单位", "区（县、市）", "街道（乡镇）", "详细地址（必填）"], ("区（县、市）", "街道（乡镇）", "详细地址（必填）"), None),
        (["企业名称", "所在区", "所属街道"], ("所在区", "所属街道"), None),
        (["园区名称", "所在区", "所属街道"], ("园区名称",), "所在区"),
        (["名称", "省市区", "地址"], ("省市区", "地址"), None),
        (["Company", "Province", "City", "District", "Street"], ("Province", "City", "District", "Street"), None),
        (["*企业名称", "*经营\n地址", "注册地址"], ("*经营\n地址",), None),
        (["1、单位名称", "2、单位所在区县（市）", "3、单位详细地址"], ("3、单位详细地址",), "2、单位所在区县（市）"),
        (["公司", "工作城市", "工作地址"], ("工作城市", "工作地址"), None),
        (["企业", "注册地 市", "注册地 区", "注册地 地址", "经营地 区", "经营地 地址"], ("注册地 市", "注册地 区", "注册地 地址"), None),
        (["name", "pname", "cityname", "adname", "address"], ("pname", "cityname", "adname", "address"), None),
    ],
)
def test_the_columns_that_are_an_address_are_found(headings: list[str], columns: tuple[str, ...], admin: str | None) -> None:
    head = {name: ["某省某市滨江区", "某省某市余杭区"] for name in headings}
    choice = choose_columns("in.csv", head, (), None)
    assert (choice.columns, choice.admin_column) == (columns, admin)


def test_a_region_that_is_no_division_is_no_part_of_an_address() -> None:
    head = {"地区": ["华东", "华北"], "地址": ["滨江区江南大道1号", "余杭区文一西路969号"]}
    assert choose_columns("in.csv", head, (), None).columns == ("地址",)


def test_columns_that_are_asked_for_are_joined_in_their_order(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["a", "b", "c"], ["江南大道1号", "滨江区", "某市"]])
    assert asked(source, columns=["c", "b", "a"]) == ["某市滨江区江南大道1号"]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("某省", "某市", "滨江区", "江南大道1号"), "某省某市滨江区江南大道1号"),
        (("某省", "某市", "滨江区", "某省某市滨江区江南大道1号"), "某省某市滨江区江南大道1号"),
        (("某省", "某市", "市辖区", "江南大道1号"), "某省某市江南大道1号"),
        (("某省/某市/滨江区", "江南大道1号"), "某省某市滨江区江南大道1号"),
        (("某省", "无", "-", "江南大道1号"), "某省江南大道1号"),
        (("", "", "", ""), ""),
        (("某省", "某市", "滨江区", ""), "某省某市滨江区"),
        (("Zhejiang", "Hangzhou", "Binjiang District", "No. 1 Jiangnan Ave"), "No. 1 Jiangnan Ave, Binjiang District, Hangzhou, Zhejiang"),
    ],
)
def test_nothing_is_said_twice_and_a_box_of_districts_is_none(parts: tuple[str, ...], text: str) -> None:
    assert join_address(parts) == text


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_any_cells_are_joined_and_every_address_ends_in_what_it_is(parts: list[str]) -> None:
    joined = join_address(parts)
    assert joined == join_address([part.strip() for part in parts])
    assert plain_address(joined) or not joined.strip()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("联系地址：某市滨江区江南大道1号", "某市滨江区江南大道1号"),
        ("地址: 滨江区江南大道1号 邮编：310052 电话：0571-88888888", "滨江区江南大道1号"),
        ("（310051）滨江区江南大道1号（联系人：张三 13800000000）", "滨江区江南大道1号"),
        ("滨江区江南大道1号，0571-85022088", "滨江区江南大道1号"),
        ("滨江区江南大道1号 13800000000", "滨江区江南大道1号"),
        ("滨江区江南大道1号(自贸区)", "滨江区江南大道1号(自贸区)"),
        ("某市市辖区滨江区江南大道1号", "某市滨江区江南大道1号"),
        ("手机产业园", "手机产业园"),
        ("电话新村", "电话新村"),
        ("Grand Hotel Street 5", "Grand Hotel Street 5"),
        ("联系地址：", "联系地址："),
        ("", ""),
    ],
)
def test_what_stands_around_an_address_is_not_asked(cell: str, text: str) -> None:
    assert plain_address(cell) == text


# --- headings -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "above",
    [
        [["企业名单（2025年）", "", "", "", "", ""]],
        [["附件1"], ["名单"], [], ["填报单位：某局", "", "", "填报日期：2025-12-01"]],
        [["2025年", "1月"]],
        [["填表说明：1、不改表头，2、地址到门牌"]],
    ],
)
def test_text_above_the_headings_is_found_and_said(tmp_path: Path, above: list[list[str]]) -> None:
    source, said = write_csv(tmp_path / "in.csv", [*above, HEADINGS, *ROWS]), Said()
    echo = Echo()
    run(source, tmp_path / "out.csv", echo, said)
    assert [text for text, _ in echo.asked] == ASKED
    assert read_csv(tmp_path / "out.csv")[0][:6] == HEADINGS
    assert any(line.startswith(f"{len(above)} rows stand above the headings and are left out: ") for line in said.lines)


def test_the_rows_above_the_headings_can_be_given(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["名称", "地址"], ["甲", "乙"], ["丙", "丁"], ["x", "合作区"]])
    assert asked(source, skip=2, columns=["丁"]) == ["合作区"]
    with pytest.raises(ListError, match=r"in\.csv:5: expected the headings below 4 rows"):
        asked(source, skip=4)


def test_headings_in_two_rows_are_joined(tmp_path: Path) -> None:
    upper = ["序号", "企业名称", "注册地", "", "", "", "经营地", ""]
    lower = ["", "", "省", "市", "区县", "地址", "区县", "地址"]
    rows = [["1", "甲", "某省", "某市", "滨江区", "江南大道1号", "余杭区", "文一西路"]]
    assert asked(write_csv(tmp_path / "in.csv", [upper, lower, *rows])) == ["某省某市滨江区江南大道1号"]
    header = ["序号", "企业名称", "省", "市", "注册地 区县", "注册地 地址", "经营地 区县", "经营地 地址"]
    assert read_csv(tmp_path / "out.csv")[0][:8] == header


def test_a_row_of_data_below_a_heading_that_is_missing_is_a_row(tmp_path: Path) -> None:
    rows = [["名称", "", "备注"], ["合作区", "江南大道1号", "好"]]
    assert asked(write_csv(tmp_path / "in.csv", rows)) == ["合作区"]


def test_columns_without_a_heading_are_kept_where_most_rows_have_them(tmp_path: Path) -> None:
    rows = [["名称", "地址"], *[["甲", "合作区", "x", "y"]] * 3]
    summary = run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv")
    assert [row[:4] for row in read_csv(tmp_path / "out.csv")] == [["名称", "地址", "column_3", "column_4"], *rows[1:]]
    assert len(summary.flaws) == 0


def test_rows_and_columns_without_any_text_are_none(tmp_path: Path) -> None:
    rows = [["名称", "地址", "", ""], ["甲", "合作区", "", ""], *[["", "", "", ""]] * 500, [" ", "", "", " "]]
    summary = run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv")
    assert (summary.rows, len(summary.flaws)) == (1, 0)
    assert read_csv(tmp_path / "out.csv")[0][:3] == ["名称", "地址", "geo_status"]


def test_a_hint_for_spreadsheets_is_none_of_the_rows(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("sep=;\n名称;地址\n甲;合作区\n乙\n", encoding="utf-8")
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [row["地址"] for row in records(tmp_path / "out.csv")] == ["合作区", ""]
    assert [flaw.problem.line for flaw in summary.flaws.first] == [4]


# --- odd rows -----------------------------------------------------------------------------------------------------------------------------


def test_one_odd_row_is_not_the_end_of_the_others(tmp_path: Path) -> None:
    """A row too short, one too long, one with a broken byte and one with a stray quote, among many."""
    rows = [HEADINGS, *ROWS * 1000]
    lines = [",".join(row).encode("gbk") for row in rows]
    lines[500:500] = ["7,甲".encode("gbk"), "8,甲,某省,某市,滨江区,江南大道1号,5楼".encode("gbk")]
    lines[900:900] = ["9,甲,某省,某市,滨江区,江南大道".encode("gbk") + b"\xff", '10,"甲,某省,某市,滨江区,江南大道1号'.encode("gbk")]
    (tmp_path / "in.csv").write_bytes(b"\r\n".join(lines))
    summary = run(tmp_path / "in.csv", tmp_path / "out.csv")
    assert summary.rows == 3004
    assert {(flaw.oddity, flaw.problem.line) for flaw in summary.flaws.first} == {
        (Oddity.CELLS, 501),
        (Oddity.CELLS, 502),
        (Oddity.BYTES, 901),
        (Oddity.QUOTES, 902),
    }
    written = read_csv(tmp_path / "out.csv")
    assert written[500][:3] == ["7", "甲", ""] and written[501][6] == "5楼" and written[901][1] == '"甲'


@given(st.lists(st.lists(st.text('ab,"\n甲', max_size=4), min_size=1, max_size=4), max_size=12))
def test_any_text_below_a_heading_is_read_to_its_end(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("any") / "in.csv"
    path.write_text("名称,b\n" + "\n".join(",".join(row) for row in rows), encoding="utf-8", newline="")
    list_ = open_list(path)
    assert sum(len(chunk) for _, chunk in list_.chunks(5)) == list_.rows


@given(st.lists(st.lists(st.text(st.characters(codec="gb18030", exclude_characters="\0"), max_size=6), min_size=3, max_size=3), max_size=8))
def test_what_python_writes_is_read_cell_by_cell(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    path = write_csv(tmp_path_factory.mktemp("any") / "in.csv", [["名称", "地址", "备注"], *rows], "utf-8-sig")
    cells = [list(row.values()) for _, chunk in open_list(path).chunks(100) for row in chunk.to_pylist()]
    assert cells == [row for row in rows if any(cell.strip() for cell in row)]


def test_a_division_above_the_rows_that_it_is_for_is_that_of_all_of_them(tmp_path: Path) -> None:
    rows = [["区县", "地址"], ["滨江区", "a"], ["", "b"], ["", "c"], ["余杭区", "d"], ["", "e"]]
    echo = Echo()
    run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv", echo)
    assert echo.asked == [("a", "滨江区"), ("b", "滨江区"), ("c", "滨江区"), ("d", "余杭区"), ("e", "余杭区")]
    # Where a division stands twice, an empty cell is one that somebody did not know.
    rows[4][0] = "滨江区"
    echo = Echo()
    run(write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv", echo)
    assert echo.asked == [("a", "滨江区"), ("b", ""), ("c", ""), ("d", "滨江区"), ("e", "")]


# --- workbooks ----------------------------------------------------------------------------------------------------------------------------


def test_a_cover_a_hidden_sheet_and_a_summary_are_passed_over(tmp_path: Path) -> None:
    sheets: dict[str, Sequence[Sequence[Any]]] = {
        "封面": [["企业名单"]],
        "字典": [["代码", "名称"], ["1", "x"]],
        "汇总": [["区", "数量"], ["滨江区", 3]],
        "明细": [HEADINGS, *ROWS],
    }
    book = write_book(tmp_path / "in.xlsx", sheets)
    book["字典"].sheet_state = "hidden"
    book.save(tmp_path / "in.xlsx")
    said = Said()
    summary = run(tmp_path / "in.xlsx", tmp_path / "out.csv", said=said)
    assert (summary.rows, summary.described) == (3, "in.xlsx: Excel workbook, sheet 明细")
    assert "sheet 明细; passed over: 封面, 字典, 汇总" in said.lines


def test_cells_that_were_merged_have_what_the_first_one_has(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["企业名单"])
    sheet.append(["所在区", "企业", "联系方式", None, "地址"])
    sheet.append([None, None, "姓名", "电话", None])
    for district, rows in (("滨江区", 3), ("余杭区", 2)):
        for number in range(rows):
            sheet.append([None if number else district, "甲", "张", 138, f"{number}号"])
    for cells in ("A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A4:A6", "A7:A8"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "in.xlsx")
    echo = Echo()
    run(tmp_path / "in.xlsx", tmp_path / "out.csv", echo, chunk_rows=2)
    assert echo.asked == [("0号", "滨江区"), ("1号", "滨江区"), ("2号", "滨江区"), ("0号", "余杭区"), ("1号", "余杭区")]
    assert read_csv(tmp_path / "out.csv")[0][:5] == ["所在区", "企业", "姓名", "电话", "地址"]


def test_a_formula_without_a_result_is_said(tmp_path: Path) -> None:
    write_book(tmp_path / "in.xlsx", {"a": [["名称", "地址"], ["甲", '=CONCATENATE("合作","区")'], ["乙", "合作区"]]})
    summary = run(tmp_path / "in.xlsx", tmp_path / "out.csv")
    expected = "in.xlsx:2 [地址]: expected a formula with its result: open the workbook and save it once"
    assert [str(flaw.problem) for flaw in summary.flaws.first] == [expected]
    with xlsxwriter.Workbook(tmp_path / "with.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["名称", "地址"])
        sheet.write_formula(1, 1, '="合作"&"区"', None, "合作区")
        sheet.set_row(60_000, 20)
    assert asked(tmp_path / "with.xlsx") == ["合作区"]


def test_a_workbook_that_unzips_to_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    write_book(tmp_path / "in.xlsx", {"a": [HEADINGS, *ROWS]})
    with zipfile.ZipFile(tmp_path / "in.xlsx") as whole, zipfile.ZipFile(tmp_path / "big.xlsx", "w", zipfile.ZIP_DEFLATED) as big:
        for name in whole.namelist():
            with big.open(name, "w", force_zip64=True) as entry:
                entry.write(whole.read(name))
                if "sheet1" in name:
                    entry.write(b" " * 30_000_000)
    with pytest.raises(ListError) as caught:
        read_list(ListFile("big.xlsx", tmp_path / "big.xlsx"), Reading(most_unzipped=20 << 20))
    assert str(caught.value) == "big.xlsx '28 MB': expected a workbook that unzips to at most 20 MB; save the sheet as .csv"
    assert Reading().most_unzipped == 1 << 30


@pytest.mark.parametrize(
    ("part", "more", "value", "expected"),
    [
        ("xl/sharedStrings.xml", b"<si><t>a</t></si>" * 9000, "more than 8192", "a workbook with at most 8192 different texts"),
        ("xl/styles.xml", b" " * (17 << 20), "17 MB", "styles and other parts beside the sheets of at most 16 MB"),
    ],
)
def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path, part: str, more: bytes, value: str, expected: str) -> None:
    """What is short as it is unzipped, too, and long as objects; texts in a table of their own, as Excel has them."""
    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        book.add_worksheet("a").write_column(0, 0, ["name", "滨江区"])
    assert read_list(ListFile("in.xlsx", tmp_path / "in.xlsx"), Reading()).head().column(0).to_pylist() == ["滨江区"]
    most_unzipped = 1 << 20 if part != "xl/styles.xml" else 1 << 30
    with zipfile.ZipFile(tmp_path / "in.xlsx") as whole, zipfile.ZipFile(tmp_path / "big.xlsx", "w", zipfile.ZIP_DEFLATED) as big:
        for name in whole.namelist():
            content = whole.read(name)
            if name == part:
                content = content[: content.rindex(b"</")] + more + content[content.rindex(b"</") :]
            big.writestr(name, content)
    with pytest.raises(ListError) as caught:
        read_list(ListFile("big.xlsx", tmp_path / "big.xlsx"), Reading(most_unzipped=most_unzipped))
    assert str(caught.value) == f"big.xlsx {value!r}: expected {expected}; save the sheet as .csv"
    assert caught.value.fault is Fault.TOO_LARGE


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("in.xlsx", bytes.fromhex("d0cf11e0a1b11ae1"), "this is an older one or has a password"),
        ("in.xls", b"", "save it as .xlsx in the program that made it"),
        ("in.xlsx", b"PK\x03\x04 cut off", r"an Excel workbook \(.xlsx\)"),
        ("in.csv", b"PK\x03\x04 cut off", r"an Excel workbook \(.xlsx\)"),
    ],
)
def test_what_is_no_workbook_says_what_to_do(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ListError, match=expected):
        open_list(tmp_path / name)


def test_a_workbook_that_is_named_as_text_is_a_workbook(tmp_path: Path) -> None:
    write_book(tmp_path / "in.xlsx", {"a": [HEADINGS, *ROWS]})
    assert asked((tmp_path / "in.xlsx").rename(tmp_path / "in.csv")) == ASKED


def test_a_cell_far_from_the_list_makes_no_columns(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["地址", "合作区", "合作区"])
        sheet.write(2, 16_383, "远")
    list_ = open_list(tmp_path / "in.xlsx")
    assert [len(chunk) for _, chunk in list_.chunks(10)] == [2]
    assert list_.columns == ("地址",)
    assert [(flaw.oddity, flaw.problem.line, flaw.problem.column) for flaw in list_.flaws.first] == [(Oddity.FAR, 3, "XFD")]


# --- corrections --------------------------------------------------------------------------------------------------------------------------


def fill_in(misses: Path, **written: tuple[str, str]) -> None:
    """Write corrections into a list of misses, by query, as a spreadsheet does: in GBK, with other line ends."""
    header, *rows = read_csv(misses)
    for row in rows:
        row[5:] = written.get(row[1], ("", ""))
    with misses.open("w", encoding="gbk", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def test_corrections_are_fed_back_and_kept(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["名称"], ["合作区"], ["未来科技城"], ["上海张江"], ["没有的地方"], ["=1+1"]])
    target, misses = tmp_path / "out.csv", tmp_path / "out.misses.csv"
    run(source, target, chunk_rows=2)
    fill_in(misses, 合作区=("未来科技城", "余杭区"), 上海张江=("x", ""), **{"'=1+1": ("滨江区1号", "")})
    summary = run(source, target, corrections=misses, chunk_rows=2)
    rows = [(row["名称"], row["geo_status"], row["geo_name"]) for row in records(target)]
    assert rows == [
        ("合作区", "match", "未来科技城"),
        ("未来科技城", "match", "未来科技城"),
        ("没有的地方", "miss", ""),
        ("=1+1", "match", "滨江区"),
    ]
    assert (summary.rows, summary.left_out) == (4, 1)
    assert "left out by corrections: 1" in str(summary).splitlines()
    before = target.read_bytes(), misses.read_bytes()
    assert [row[0:3] + row[5:] for row in read_csv(misses)[1:]] == [
        ["2", "合作区", "match", "未来科技城", "余杭区"],
        ["4", "上海张江", "left_out", "x", ""],
        ["5", "没有的地方", "miss", "", ""],
        ["6", "'=1+1", "match", "滨江区1号", ""],
    ]
    # The list of misses holds the corrections again: the same command gives the same files.
    run(source, target, corrections=misses, chunk_rows=3)
    assert (target.read_bytes(), misses.read_bytes()) == before


def test_a_division_alone_says_where_a_row_lies(tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [["名称"], ["合作区"]])
    run(source, tmp_path / "out.csv")
    fill_in(tmp_path / "out.misses.csv", 合作区=("", "滨江区"))
    echo = Echo()
    run(source, tmp_path / "out.csv", echo, corrections=tmp_path / "out.misses.csv")
    assert echo.asked == [("合作区", "滨江区")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["row", "query"], ["2", "a"]], "corrections.csv:1: expected the columns row and corrected or division"),
        ([["row", "corrected"], ["x", "a"]], "corrections.csv:2 .row. 'x': expected a row of the list, counted from 2"),
        ([["row", "corrected"], ["1", "a"]], "corrections.csv:2 .row. '1': expected a row of the list, counted from 2"),
        ([["row", "corrected"], ["9", "a"]], "corrections:9: expected a row of the list, which ends with row 2"),
        ([["row", "corrected"], ["9", "x"]], "corrections:9: expected a row of the list, which ends with row 2"),
        ([["row", "corrected"], ["2", "a"], ["2", "b"]], "corrections.csv:3 .row. '2': expected each row once"),
        ([["row", "query", "corrected"], ["2", "另一行", "a"]], "corrections:2 .query. '合作区': expected '另一行' there"),
    ],
)
def test_corrections_of_another_list_are_refused(tmp_path: Path, rows: list[list[str]], expected: str) -> None:
    source = write_csv(tmp_path / "in.csv", [["名称"], ["合作区"]])
    with pytest.raises(ListError, match=expected):
        run(source, tmp_path / "out.csv", corrections=write_csv(tmp_path / "corrections.csv", rows))
    assert not (tmp_path / "out.csv").exists()


def test_the_head_of_any_list_can_be_shown_as_text(tmp_path: Path) -> None:
    write_book(tmp_path / "in.xlsx", {"a": [["名称", "数"], ["甲", 1.5]]})
    list_ = open_list(tmp_path / "in.xlsx")
    assert texts_of(list_.head(), list_) == {"名称": ["甲"], "数": ["1.5"]}
