from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.errors import Problem, TableError
from geo.geocode.gazetteer import Gazetteer
from geo.tables.kinds import DivisionLevel
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import TABLES
from geo.tables.units import EXPECTED, parse_unit
from tests.conftest import Edit
from tests.known import DATA
from tests.other_city import DATA as SMALL

KINDS = "'platform', 'cooperation_zone', 'park', 'town', 'valley', 'facility', 'project', 'district' or 'city'"
DISTRICTS = ", ".join(row.name for row in read_tables(DATA).divisions if row.level is not DivisionLevel.TOWNSHIP)
NUMBER = "a number in plain digits, such as 305.8"
PERIOD = "an ISO 8601 period such as 2022, 2023-05, 2023-Q1, 2023-01/2023-05, /2027 or 2020/, or after for after completion"


def problems_of(data: Path) -> tuple[Problem, ...]:
    with pytest.raises(TableError) as caught:
        read_tables(data)
    return caught.value.problems


def messages_of(data: Path) -> list[str]:
    return [str(problem) for problem in problems_of(data)]


@pytest.mark.parametrize(
    ("table", "count"),
    [
        ("sources", 26),
        ("paragraphs", 52),
        ("corridors", 2),
        ("places", 30),
        ("vocabulary", 31),
        ("indicators", 40),
        ("relations", 23),
        ("gazetteer", 63),
        ("other_numbers", 19),
        ("admin/divisions", 205),
        ("admin/former", 33),
        ("admin/elsewhere", 3239),
        ("admin/homonyms", 268),
        ("admin/villages", 191),
        ("names", 126),
        ("osm/points", 339),
    ],
)
def test_every_shipped_row_is_valid(tables: Tables, table: str, count: int) -> None:
    rows = getattr(tables, table.rpartition("/")[2])
    assert len(rows) == count
    assert {type(row) for row in rows} == {TABLES[f"{table}.csv"]}


def test_the_version_follows_the_content_of_every_table(tables: Tables, data_copy: Path, edit: Edit) -> None:
    assert read_tables(data_copy).version == tables.version
    assert len(tables.version) == 12
    edit("gazetteer.csv", 64, "note", "changed")
    changed = read_tables(data_copy)
    assert changed.version != tables.version
    assert changed.gazetteer[-1].note == "changed"


@pytest.mark.parametrize("file", TABLES)
def test_a_missing_file_is_named(data_copy: Path, file: str) -> None:
    (data_copy / file).unlink()
    assert f"{file}: expected a readable file in data/" in messages_of(data_copy)


def test_all_missing_files_are_named_together(tmp_path: Path) -> None:
    assert messages_of(tmp_path) == [f"{file}: expected a readable file in {tmp_path.name}/" for file in sorted(["atlas.toml", *TABLES])]


def test_a_gbk_file_is_named_as_gbk_with_its_line(data_copy: Path) -> None:
    path = data_copy / "places.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    (problem,) = problems_of(data_copy)
    assert (problem.file, problem.line, problem.column) == ("places.csv", 2, "")
    assert problem.expected == "UTF-8; this looks like GBK, so save the file as UTF-8"


def test_a_broken_byte_is_named_with_its_line(data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    lines = path.read_bytes().split(b"\n")
    lines[4] += b"\xff"
    path.write_bytes(b"\n".join(lines))
    (problem,) = problems_of(data_copy)
    assert (problem.file, problem.line, problem.value, problem.expected) == ("relations.csv", 5, "byte 0xff", "UTF-8")


def test_a_byte_order_mark_and_line_ends_of_windows_are_accepted(tables: Tables, data_copy: Path) -> None:
    for file in TABLES:
        content = (data_copy / file).read_bytes()
        (data_copy / file).write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert read_tables(data_copy).places == tables.places


def test_an_empty_line_counts_but_says_nothing(tables: Tables, data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, "", *rows, "", "a,b,hosts,report-2023"]), encoding="utf-8")
    assert messages_of(data_copy) == ["relations.csv:27 '4 cells': expected 5 cells, one a column"]
    path.write_text("\n".join([header, "", *rows, ""]), encoding="utf-8")
    assert read_tables(data_copy).relations == tables.relations


def test_a_missing_column_is_named(data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    rows = [line.rsplit(",", 1)[0] for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert messages_of(data_copy) == ["relations.csv:1 [paragraph]: expected this column, which is missing"]


def test_an_unknown_column_is_named_with_the_known_ones(data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{rows[0]},colour", *(f"{row}," for row in rows[1:])]), encoding="utf-8")
    assert messages_of(data_copy) == [
        "relations.csv:1 [colour] 'colour': expected one of the columns from_id, to_id, relation, source, paragraph",
    ]


def test_a_column_that_stands_twice_is_named(data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("from_id,to_id,", "from_id,to_id,to_id,", 1), encoding="utf-8")
    assert messages_of(data_copy) == ["relations.csv:1 [to_id] 'to_id': expected each column once"]


def test_the_order_of_the_columns_is_free(tables: Tables, data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(",".join(reversed(row)) for row in rows), encoding="utf-8")
    assert read_tables(data_copy).relations == tables.relations


@pytest.mark.parametrize(("row", "cells"), [("binxiao-park,dessmann,hosts,binxiao-2022", 4), ("a,b,hosts,binxiao-2022,,", 6)])
def test_a_row_with_a_wrong_number_of_cells_is_named(data_copy: Path, row: str, cells: int) -> None:
    path = data_copy / "relations.csv"
    path.write_text(f"{path.read_text(encoding='utf-8')}{row}\n", encoding="utf-8")
    assert messages_of(data_copy) == [f"relations.csv:25 '{cells} cells': expected 5 cells, one a column"]


def test_an_open_quote_is_named(data_copy: Path) -> None:
    path = data_copy / "relations.csv"
    path.write_text(f'{path.read_text(encoding="utf-8")}"binxiao-park,dessmann', encoding="utf-8")
    (message,) = messages_of(data_copy)
    assert message.startswith("relations.csv:25: expected CSV with commas and double quotes (")


def test_a_quoted_cell_of_several_lines_keeps_later_line_numbers_right(data_copy: Path, edit: Edit) -> None:
    edit("gazetteer.csv", 55, "note", "one\ntwo\nthree")
    path = data_copy / "gazetteer.csv"
    path.write_text(path.read_text(encoding="utf-8") + "某园,没有这个名称,,,,,,,,,,,\n", encoding="utf-8")
    assert messages_of(data_copy) == [
        "gazetteer.csv:55 [note] 'one\\ntwo\\nthree': expected one line of text without control characters",
        "gazetteer.csv:67 [alias_of] '没有这个名称': expected a row of gazetteer.csv",
    ]


def test_a_long_value_is_shortened_in_its_message(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 7, "id", "A" * 200)
    (message,) = messages_of(data_copy)
    assert message.startswith(f"places.csv:7 [id] '{'A' * 77}…': expected a name of small letters")


@pytest.mark.parametrize(
    ("file", "line", "column", "value", "message"),
    [
        # Enumerations: the message lists what is allowed.
        ("places.csv", 7, "kind", "castle", f"places.csv:7 [kind] 'castle': expected one of {KINDS}"),
        ("places.csv", 7, "kind", "", f"places.csv:7 [kind]: expected one of {KINDS}"),
        ("places.csv", 7, "district", "下城区", f"places.csv:7 [district] '下城区': expected one of {DISTRICTS}, as admin/divisions.csv names them"),
        ("places.csv", 4, "corridor", "north", "places.csv:4 [corridor] 'north': expected a row of corridors.csv, or none"),
        (
            "places.csv",
            7,
            "corridor_basis",
            "rumour",
            "places.csv:7 [corridor_basis] 'rumour': expected one of 'plan', 'inherited', 'inferred' or 'none'",
        ),
        (
            "places.csv",
            7,
            "corridor_basis",
            "plan",
            "places.csv:7 [corridor_basis] 'plan': expected none where the corridor is none, and only there",
        ),
        (
            "places.csv",
            7,
            "status",
            "built",
            "places.csv:7 [status] 'built': expected one of 'established', 'operating', 'completed', 'landed', 'signed' or 'planned'",
        ),
        (
            "indicators.csv",
            4,
            "qualifier",
            "maybe",
            "indicators.csv:4 [qualifier] 'maybe': expected one of 'exact', 'about', 'over', 'under' or 'at_least'",
        ),
        ("indicators.csv", 4, "status", "done", "indicators.csv:4 [status] 'done': expected one of 'actual' or 'planned'"),
        (
            "relations.csv",
            4,
            "relation",
            "owns",
            "relations.csv:4 [relation] 'owns': expected one of 'cooperates_with', 'hosts', 'core_area_of', 'landmark_of' or 'supplies'",
        ),
        ("gazetteer.csv", 55, "datum", "CGCS2000", "gazetteer.csv:55 [datum] 'CGCS2000': expected one of 'WGS84', 'GCJ02' or 'BD09'"),
        (
            "gazetteer.csv",
            55,
            "precision",
            "exact",
            "gazetteer.csv:55 [precision] 'exact': expected one of 'site', 'locality', 'area', 'township', 'district' or 'city'",
        ),
        ("gazetteer.csv", 55, "basis", "guess", "gazetteer.csv:55 [basis] 'guess': expected one of 'surveyed', 'derived' or 'parent'"),
        (
            "sources.csv",
            20,
            "kind",
            "blog",
            "sources.csv:20 [kind] 'blog': expected one of 'newspaper', 'plan', 'web', 'dataset' or 'unverified'",
        ),
        (
            "other_numbers.csv",
            2,
            "reason",
            "noise",
            "other_numbers.csv:2 [reason] 'noise': expected one of 'page', 'title', 'rank_scope', 'programme', 'class', 'figure_of_speech', 'date', "
            "'ordinal', 'threshold', 'size', 'contact', 'name', 'company', 'listed' or 'duration'",
        ),
        # Duplicates.
        ("places.csv", 7, "id", "qiantang-smart-city", "places.csv:7 [id] 'qiantang-smart-city': expected no duplicate of line 4"),
        ("sources.csv", 20, "id", "tonglu-2025", "sources.csv:20 [id] 'tonglu-2025': expected no duplicate of line 9"),
        (
            "indicators.csv",
            8,
            "period",
            "2022",
            "indicators.csv:8 [indicator] 'industrial_value_added_above_scale': expected no duplicate of line 4",
        ),
        ("relations.csv", 7, "to_id", "laihe-bio", "relations.csv:7 [relation] 'hosts': expected no duplicate of line 6"),
        ("gazetteer.csv", 55, "name", "智慧新天地", "gazetteer.csv:56 [name] '智慧新天地': expected no duplicate of line 55"),
        ("gazetteer.csv", 55, "name", "「智慧」 新天地", "gazetteer.csv:56 [name] '智慧新天地': expected no duplicate of line 55"),
        ("other_numbers.csv", 5, "start", "602", "other_numbers.csv:5 [start] '602': expected no duplicate of line 4"),
        # References that lead nowhere.
        ("places.csv", 7, "parent_id", "nowhere", "places.csv:7 [parent_id] 'nowhere': expected a row of places.csv"),
        ("places.csv", 29, "source", "nowhere", "places.csv:29 [source] 'nowhere': expected a row of sources.csv"),
        ("indicators.csv", 4, "subject_id", "nowhere", "indicators.csv:4 [subject_id] 'nowhere': expected a row of places.csv"),
        ("indicators.csv", 4, "indicator", "happiness", "indicators.csv:4 [indicator] 'happiness': expected a row of vocabulary.csv"),
        ("indicators.csv", 38, "source", "nowhere", "indicators.csv:38 [source] 'nowhere': expected a row of sources.csv"),
        ("relations.csv", 4, "from_id", "nowhere", "relations.csv:4 [from_id] 'nowhere': expected a row of places.csv"),
        # What says that a place lies on no corridor is no place and no source.
        ("places.csv", 7, "parent_id", "none", "places.csv:7 [parent_id] 'none': expected a row of places.csv"),
        ("places.csv", 7, "source", "none", "places.csv:7 [source] 'none': expected a row of sources.csv"),
        ("relations.csv", 4, "to_id", "nowhere", "relations.csv:4 [to_id] 'nowhere': expected a row of places.csv"),
        ("relations.csv", 22, "source", "nowhere", "relations.csv:22 [source] 'nowhere': expected a row of sources.csv"),
        ("corridors.csv", 2, "source", "nowhere", "corridors.csv:2 [source] 'nowhere': expected a row of sources.csv"),
        ("gazetteer.csv", 55, "source", "nowhere", "gazetteer.csv:55 [source] 'nowhere': expected a row of sources.csv"),
        ("gazetteer.csv", 60, "alias_of", "秦塘区", "gazetteer.csv:60 [alias_of] '秦塘区': expected a row of gazetteer.csv"),
        # Numbers.
        ("indicators.csv", 4, "value", "1,000", f"indicators.csv:4 [value] '1,000': expected {NUMBER}"),
        ("indicators.csv", 4, "value", "NaN", f"indicators.csv:4 [value] 'NaN': expected {NUMBER}"),
        ("indicators.csv", 4, "value", "1e5", f"indicators.csv:4 [value] '1e5': expected {NUMBER}"),
        ("indicators.csv", 4, "value", "", "indicators.csv:4 [unit] '亿元': expected no unit where there is no value"),
        ("indicators.csv", 6, "growth_pct", "8.1%", f"indicators.csv:6 [growth_pct] '8.1%': expected {NUMBER}"),
        ("indicators.csv", 17, "growth_pct", "", "indicators.csv:17 [value]: expected a value, a growth or a rank"),
        ("indicators.csv", 4, "rank", "0", "indicators.csv:4 [rank] '0': expected a whole number of 1 or more"),
        ("indicators.csv", 4, "rank", "1.5", "indicators.csv:4 [rank] '1.5': expected a whole number in plain digits, 0 or more"),
        ("indicators.csv", 31, "value_max", "700", "indicators.csv:31 [value_max] '700': expected a number above the value"),
        # Coordinates.
        ("gazetteer.csv", 55, "lon", "181.5", "gazetteer.csv:55 [lon] '181.5': expected a coordinate in China: lon 73 to 136, lat 3 to 54"),
        ("gazetteer.csv", 55, "lat", "91", "gazetteer.csv:55 [lat] '91': expected a coordinate in China: lon 73 to 136, lat 3 to 54"),
        ("gazetteer.csv", 55, "lat", "", "gazetteer.csv:55 [lat]: expected a value, or alias_of"),
        ("gazetteer.csv", 55, "lon", "E120.2", "gazetteer.csv:55 [lon] 'E120.2': expected decimal degrees, such as 120.18067"),
        ("gazetteer.csv", 60, "lon", "120.2", "gazetteer.csv:60 [lon] '120.2': expected nothing in a row that is an alias"),
        (
            "corridors.csv",
            2,
            "axis",
            "LINESTRING (30 120, 30 121)",
            "corridors.csv:2 [axis] 'LINESTRING (30 120, 30 121)': expected lon before lat: the two look swapped",
        ),
        # Periods and dates.
        ("indicators.csv", 4, "period", "last year", f"indicators.csv:4 [period] 'last year': expected {PERIOD}"),
        ("indicators.csv", 4, "period", "2023-13", f"indicators.csv:4 [period] '2023-13': expected {PERIOD}"),
        ("indicators.csv", 4, "period", "2023/2022", "indicators.csv:4 [period] '2023/2022': expected a period that ends after it starts"),
        (
            "sources.csv",
            9,
            "published",
            "2025-Q1",
            "sources.csv:9 [published] '2025-Q1': expected an ISO 8601 date such as 2023-07-01, 2023-07 or 2023",
        ),
        ("sources.csv", 9, "url", "ftp://x", "sources.csv:9 [url] 'ftp://x': expected an address that starts with http:// or https://"),
        ("sources.csv", 9, "sha256", "abc", "sources.csv:9 [sha256] 'abc': expected a sha256 of 64 small hexadecimal digits"),
        # Pointers.
        ("indicators.csv", 4, "start", "400", "indicators.csv:4 [start] '400-510': expected a span inside paragraph 10 (455-594)"),
        ("indicators.csv", 4, "end", "595", "indicators.csv:4 [start] '498-595': expected a span inside paragraph 10 (455-594)"),
        ("indicators.csv", 4, "end", "498", "indicators.csv:4 [end] '498': expected an offset after the start (498)"),
        ("indicators.csv", 4, "start", "", "indicators.csv:4 [paragraph] '10': expected paragraph, start and end together or none of them"),
        ("indicators.csv", 4, "paragraph", "11", "indicators.csv:4 [start] '498-510': expected a span inside paragraph 11 (596-693)"),
        ("other_numbers.csv", 2, "end", "37", "other_numbers.csv:2 [start] '30-37': expected a span inside paragraph 2 (30-36)"),
        ("places.csv", 7, "paragraph", "99", "places.csv:7 [paragraph] '99': expected a paragraph of report-2023 in paragraphs.csv"),
        ("places.csv", 7, "paragraph", "", "places.csv:7 [paragraph]: expected a paragraph of report-2023"),
        ("places.csv", 29, "paragraph", "3", "places.csv:29 [paragraph] '3': expected nothing: binxiao-2022 has no text with a sha256"),
        ("relations.csv", 4, "paragraph", "53", "relations.csv:4 [paragraph] '53': expected a paragraph of report-2023 in paragraphs.csv"),
        ("paragraphs.csv", 4, "end", "38", "paragraphs.csv:4 [end] '38': expected an offset after the start (38)"),
        ("paragraphs.csv", 5, "start", "40", "paragraphs.csv:5 [start] '40': expected an offset after paragraph 3 (46)"),
        # The divisions and what they became.
        ("admin/divisions.csv", 206, "code", "3301", "admin/divisions.csv:206 [code] '3301': expected a code of 6 or 9 digits"),
        ("admin/divisions.csv", 206, "code", "330182113", "admin/divisions.csv:206 [code] '330182113': expected no duplicate of line 205"),
        ("admin/divisions.csv", 3, "level", "ward", "admin/divisions.csv:3 [level] 'ward': expected one of 'city', 'district' or 'township'"),
        ("admin/divisions.csv", 3, "parent", "330199", "admin/divisions.csv:3 [parent] '330199': expected a row of admin/divisions.csv"),
        ("admin/divisions.csv", 3, "parent", "", "admin/divisions.csv:3 [parent]: expected a parent for all but a city"),
        ("admin/divisions.csv", 2, "parent", "330102", "admin/divisions.csv:2 [parent] '330102': expected a parent for all but a city"),
        ("admin/divisions.csv", 3, "source", "nowhere", "admin/divisions.csv:3 [source] 'nowhere': expected a row of sources.csv"),
        (
            "admin/divisions.csv",
            3,
            "lat",
            "",
            "admin/divisions.csv:3 [lon] '120.19891': expected lon, lat, uncertainty_m and source together or none of them",
        ),
        ("admin/divisions.csv", 3, "namesakes", "few", "admin/divisions.csv:3 [namesakes] 'few': expected a whole number in plain digits, 0 or more"),
        ("admin/former.csv", 3, "became", "330199", "admin/former.csv:3 [became] '330199': expected a row of admin/divisions.csv"),
        ("admin/former.csv", 4, "became", "330102,330114", "admin/former.csv:4 [became] '330102,330114': expected a code of 6 or 9 digits"),
        ("admin/former.csv", 3, "name", "上城区", "admin/former.csv:3 [name] '上城区': expected no duplicate of line 2"),
        ("admin/former.csv", 3, "level", "ward", "admin/former.csv:3 [level] 'ward': expected one of 'district', 'township' or 'zone'"),
        ("admin/elsewhere.csv", 3240, "code", "810117", "admin/elsewhere.csv:3240 [code] '810117': expected no duplicate of line 3239"),
        ("admin/elsewhere.csv", 3240, "parent", "999999", "admin/elsewhere.csv:3240 [parent] '999999': expected a row of admin/elsewhere.csv"),
        (
            "admin/elsewhere.csv",
            2,
            "level",
            "state",
            "admin/elsewhere.csv:2 [level] 'state': expected one of 'province', 'prefecture' or 'county'",
        ),
        ("admin/homonyms.csv", 3, "name", "中国 数谷", "admin/homonyms.csv:3 [name] '中国 数谷': expected no duplicate of line 2"),
        ("admin/homonyms.csv", 3, "kind", "twin", "admin/homonyms.csv:3 [kind] 'twin': expected one of 'name', 'type' or 'other'"),
        (
            "admin/villages.csv",
            2,
            "township",
            "330199001",
            "admin/villages.csv:2 [township] '330199001': expected the code of a township of admin/divisions.csv",
        ),
        (
            "admin/villages.csv",
            2,
            "names",
            "甲村;甲村",
            "admin/villages.csv:2 [names] '甲村;甲村': expected names with a semicolon between them, none of them twice",
        ),
        ("names.csv", 6, "township", "长河街道", "names.csv:6 [township] '长河街道': expected a township of 钱塘区"),
        ("names.csv", 5, "lat", "30.2", "names.csv:5 [lon]: expected lon, lat, uncertainty_m and source together or none of them"),
        ("osm/points.csv", 3, "kind", "bus", "osm/points.csv:3 [kind] 'bus': expected one of 'station', 'landmark', 'township' or 'place'"),
        ("osm/points.csv", 3, "source", "nowhere", "osm/points.csv:3 [source] 'nowhere': expected a row of sources.csv"),
        # Units go with the indicator.
        ("indicators.csv", 4, "unit", "瓶盖", f"indicators.csv:4 [unit] '瓶盖': expected {EXPECTED}"),
        ("indicators.csv", 4, "unit", "亩", "indicators.csv:4 [unit] '亩': expected a unit of money, as vocabulary.csv says"),
        ("indicators.csv", 4, "unit", "", "indicators.csv:4 [unit]: expected a unit of money, as vocabulary.csv says"),
        ("vocabulary.csv", 20, "unit_kind", "money", "indicators.csv:26 [unit] '英寸': expected a unit of money, as vocabulary.csv says"),
        ("vocabulary.csv", 20, "unit_kind", "none", "indicators.csv:26 [unit] '英寸': expected a unit of none, as vocabulary.csv says"),
    ],
)
def test_a_broken_cell_is_the_one_problem_that_is_named(
    data_copy: Path, edit: Edit, file: str, line: int, column: str, value: str, message: str
) -> None:
    if file != "admin/elsewhere.csv":
        # Three thousand rows that have nothing to do with it take most of the time.
        elsewhere = data_copy / "admin/elsewhere.csv"
        elsewhere.write_text("".join(elsewhere.read_text(encoding="utf-8").splitlines(keepends=True)[:40]), encoding="utf-8")
    edit(file, line, column, value)
    assert messages_of(data_copy) == [message]


def test_a_ratio_may_stand_without_a_unit_or_in_times(tables: Tables, data_copy: Path, edit: Edit) -> None:
    edit("indicators.csv", 24, "unit", "倍")
    assert tables.indicators[22].unit is None
    assert read_tables(data_copy).indicators[22].unit == parse_unit("倍")


def test_swapped_coordinates_are_called_swapped(data_copy: Path, edit: Edit) -> None:
    edit("gazetteer.csv", 55, "lon", "30.16332")
    edit("gazetteer.csv", 55, "lat", "120.20592")
    assert messages_of(data_copy) == ["gazetteer.csv:55 [lon] '30.16332': expected lon before lat: the two look swapped"]


def test_a_broken_row_is_named_once_and_not_by_every_row_that_refers_to_it(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 2, "kind", "castle")
    assert messages_of(data_copy) == [f"places.csv:2 [kind] 'castle': expected one of {KINDS}"]


def test_places_that_host_each_other_are_named(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 8, "parent_id", "fullsemi-1")
    assert messages_of(data_copy) == [
        "places.csv:8 [parent_id] 'fullsemi-1': expected a chain that does not come back to itself",
        "places.csv:12 [parent_id] 'binfu-zone': expected a chain that does not come back to itself",
    ]


def test_a_place_that_hosts_itself_is_named(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 7, "parent_id", "tonglu-edz")
    assert messages_of(data_copy) == ["places.csv:7 [parent_id] 'tonglu-edz': expected a chain that does not come back to itself"]


def test_names_that_stand_for_each_other_are_named(data_copy: Path) -> None:
    path = data_copy / "gazetteer.csv"
    path.write_text(path.read_text(encoding="utf-8") + "甲,乙,,,,,,,,,,,\n乙,丙,,,,,,,,,,,\n丙,甲,,,,,,,,,,,\n", encoding="utf-8")
    assert messages_of(data_copy) == [
        "gazetteer.csv:65 [alias_of] '乙': expected a chain that does not come back to itself",
        "gazetteer.csv:66 [alias_of] '丙': expected a chain that does not come back to itself",
        "gazetteer.csv:67 [alias_of] '甲': expected a chain that does not come back to itself",
    ]


def test_one_run_reports_every_problem_of_every_file(data_copy: Path, edit: Edit) -> None:
    edit("sources.csv", 20, "kind", "blog")
    edit("sources.csv", 20, "url", "ftp://x")
    edit("paragraphs.csv", 5, "start", "40")
    edit("corridors.csv", 2, "axis", "here")
    edit("places.csv", 4, "district", "江干区")
    edit("places.csv", 7, "id", "Tonglu")
    edit("places.csv", 7, "paragraph", "0")
    edit("vocabulary.csv", 2, "unit_kind", "maybe")
    edit("indicators.csv", 18, "value", "1e1")
    edit("indicators.csv", 38, "period", "2020-00")
    edit("relations.csv", 24, "relation", "owns")
    edit("gazetteer.csv", 55, "lon", "12")
    edit("gazetteer.csv", 64, "alias_of", "航州市")
    (data_copy / "other_numbers.csv").write_bytes("来源\n".encode("gb18030"))
    assert {(problem.file, problem.line, problem.column) for problem in problems_of(data_copy)} == {
        ("sources.csv", 20, "kind"),
        ("sources.csv", 20, "url"),
        ("paragraphs.csv", 5, "start"),
        ("corridors.csv", 2, "axis"),
        ("places.csv", 4, "district"),
        ("places.csv", 7, "id"),
        ("places.csv", 7, "paragraph"),
        ("vocabulary.csv", 2, "unit_kind"),
        ("indicators.csv", 18, "value"),
        ("indicators.csv", 38, "period"),
        ("relations.csv", 24, "relation"),
        ("gazetteer.csv", 55, "lon"),
        ("gazetteer.csv", 64, "alias_of"),
        ("other_numbers.csv", 1, ""),
    }


def test_the_problems_are_told_in_the_order_of_files_and_lines(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 29, "name_en", "")
    edit("places.csv", 4, "name_en", "")
    edit("gazetteer.csv", 55, "lon", "12")
    with pytest.raises(TableError) as caught:
        read_tables(data_copy)
    assert str(caught.value).splitlines() == [
        "gazetteer.csv:55 [lon] '12': expected a coordinate in China: lon 73 to 136, lat 3 to 54",
        "places.csv:4 [name_en]: expected a value",
        "places.csv:29 [name_en]: expected a value",
    ]


# --- between the rows ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_city(tmp_path: Path) -> Path:
    """A copy of the invented city, whose divisions a test may break."""
    shutil.copytree(SMALL, tmp_path / "data")
    return tmp_path / "data"


def write_divisions(data: Path, change: Callable[[list[str]], list[str]]) -> None:
    path = data / "admin/divisions.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *change(rows)]) + "\n", encoding="utf-8")


def test_the_order_of_the_divisions_is_free(small_city: Path) -> None:
    names = set(Gazetteer(read_tables(small_city)).forms)
    write_divisions(small_city, lambda rows: rows[::-1])
    gazetteer = Gazetteer(read_tables(small_city))
    assert set(gazetteer.forms) == names
    assert list(gazetteer.by_code) == [row.code for row in read_tables(small_city).divisions]


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        ("999800,第二市,Second,city,,108.1,34.12,38000,qinglan-survey,,,", ["[level] 'city': expected one city, which is that of line 2"]),
        ("999931,某县,Some County,district,999901,108.1,34.1,900,qinglan-survey,,,", ["[parent] '999901': expected the code of a city"]),
        (
            "999931,云陂区,Another,district,999900,108.1,34.1,900,qinglan-survey,,,",
            ["[name] '云陂区': expected another name than the district of line 3"],
        ),
        ("999901099,某镇,Some Town,township,999900,,,,,,,", ["[parent] '999900': expected the code of a district"]),
        ("999901099,某镇,Some Town,township,999999,,,,,,,", ["[parent] '999999': expected a row of admin/divisions.csv"]),
        ("999901099,某镇,Some Town,township,,,,,,,,", ["[parent]: expected a parent for all but a city"]),
        ("999901,某镇,Some Town,township,999901,,,,,,,", ["[code] '999901': expected a code of 9 digits for a township"]),
        (
            "999901099,某县,Some County,district,999900,108,34,900,qinglan-survey,,,",
            ["[code] '999901099': expected a code of 6 digits for a district"],
        ),
        (
            "999901099,某镇,Some Town,township,999901,108.1,200,900,qinglan-survey,,,",
            ["[lat] '200': expected a coordinate in China: lon 73 to 136, lat 3 to 54"],
        ),
        (
            "999901099,某镇,Some Town,township,999901,34.1,108.1,900,qinglan-survey,,,",
            ["[lon] '34.1': expected lon before lat: the two look swapped"],
        ),
        (
            "999901099,某镇,Some Town,township,999901,108,34,3000001,qinglan-survey,,,",
            ["[uncertainty_m] '3000001': expected metres, 3000000 at most"],
        ),
    ],
)
def test_a_division_that_does_not_fit_the_others_is_named(small_city: Path, row: str, messages: list[str]) -> None:
    write_divisions(small_city, lambda rows: [*rows, row])
    line = len((small_city / "admin/divisions.csv").read_text(encoding="utf-8").splitlines())
    assert messages_of(small_city) == [f"admin/divisions.csv:{line} {message}" for message in messages]


def test_divisions_that_lie_in_each_other_are_named(small_city: Path) -> None:
    write_divisions(small_city, lambda rows: [row.replace("district,999900", "district,999901") for row in rows])
    assert {problem.column for problem in problems_of(small_city)} == {"parent"}


def test_a_header_that_is_no_text_is_named_in_one_line(data_copy: Path) -> None:
    (data_copy / "relations.csv").write_text("a\u2028b\x00,c\n", encoding="utf-8")
    assert all(message.isprintable() for message in messages_of(data_copy))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x" * 64 + "  places.csv", "SHA256SUMS:1 "),
        ("0" * 64 + " *./places.csv", "places.csv "),
    ],
)
def test_a_list_of_sums_is_read_as_sha256sum_writes_it(data_copy: Path, line: str, message: str) -> None:
    (data_copy / "SHA256SUMS").write_text(f"{line}\n\n", encoding="utf-8")
    (said,) = messages_of(data_copy)
    assert said.startswith(message)
