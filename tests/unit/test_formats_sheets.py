"""CSV read back by pandas, workbooks by openpyxl."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pandas as pd
import pytest
import shapely

from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
from geo.layers.formats.xlsx import WorkbookError
from geo.layers.select import LAYERS, Selection
from tests.unit.test_formats import SELECTIONS, download_of, geometries_of, rows_of

DATES = ("period_start", "period_end")
# One for each start that OWASP names, and their full-width forms.
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]


def read_csv(content: bytes) -> dict[str, dict[str, Any]]:
    frame = pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", dtype={"id": str, "period": str}, keep_default_na=False, na_values=[""])
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {row["id"]: {str(name): value for name, value in row.items()} for row in rows}


def read_sheet(content: bytes, name: str) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))[name]
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def with_names(atlas: Atlas, names: list[str]) -> Download:
    places = atlas.layers.places.copy()
    places["name_zh"] = names + places["name_zh"].tolist()[len(names) :]
    return Download(LAYERS["places"], Selection(), dataclasses.replace(atlas.layers, places=places), atlas.tables)


def is_same(row: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    lists = {name: json.loads(row[name]) for name in ("indicators", "relations") if name in row}
    # A cell has no two ways to be empty.
    return {**row, **lists} == {name: None if value == "" else value for name, value in expected.items()}


# --- CSV ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_csv_says_what_the_layer_says(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    rows = read_csv(FORMATS["csv"].encode(download))
    expected = rows_of(download)
    assert list(rows) == list(expected)
    for id_, geometry in geometries_of(download).items():
        row = rows[id_]
        if LAYERS[name].kinds:
            assert (row.pop("lon"), row.pop("lat")) == ((geometry.x, geometry.y) if geometry else (None, None))
        else:
            assert shapely.from_wkt(row.pop("wkt")).equals_exact(geometry)
        assert is_same(row, expected[id_])


def test_csv_opens_in_a_spreadsheet(atlas: Atlas) -> None:
    content = FORMATS["csv"].encode(download_of(atlas, "indicators"))
    assert content.startswith("\ufeffid,lon,lat,place,name_zh".encode())
    assert "杭州高新区(滨江)".encode() in content
    (row,) = (row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))) if row["start"] == "540")
    assert {name: row[name] for name in ("value", "unit", "period", "period_start", "period_end", "status", "growth_pct", "rank")} == {
        "value": "305.8",
        "unit": "亿元",
        "period": "2023-01/2023-05",
        "period_start": "2023-01-01",
        "period_end": "2023-05-31",
        "status": "actual",
        "growth_pct": "8.1",
        "rank": "1",
    }
    assert {
        name: row[name] for name in ("source", "paragraph", "end", "geocode_precision", "geocode_uncertainty_m", "geocode_basis", "value_max")
    } == {
        "source": "report-2023",
        "paragraph": "10",
        "end": "568",
        "geocode_precision": "area",
        "geocode_uncertainty_m": "7300",
        "geocode_basis": "derived",
        "value_max": "",
    }


def test_csv_takes_the_formula_out_of_a_text_and_leaves_numbers(atlas: Atlas) -> None:
    download = with_names(atlas, FORMULAS)
    figures = atlas.layers.indicators.copy()
    figures["growth_pct"] = -4.5
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].encode(download).decode("utf-8-sig"), newline="")))
    assert [row["name_zh"] for row in rows[: len(FORMULAS)]] == [f"'{text}" for text in FORMULAS]
    assert rows[len(FORMULAS)]["name_zh"] == atlas.layers.places["name_zh"].iloc[len(FORMULAS)]
    figures_download = Download(LAYERS["indicators"], Selection(), dataclasses.replace(atlas.layers, indicators=figures), atlas.tables)
    text = FORMATS["csv"].encode(figures_download).decode("utf-8-sig")
    assert {row["growth_pct"] for row in csv.DictReader(io.StringIO(text))} == {"-4.5"}


def test_no_cell_of_the_data_as_they_are_begins_like_a_formula(atlas: Atlas) -> None:
    for name in LAYERS:
        for row in csv.reader(io.StringIO(FORMATS["csv"].encode(download_of(atlas, name)).decode("utf-8-sig"), newline="")):
            assert [cell for cell in row if cell.startswith(("'", *FORMULAS))] == []


# --- Excel --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_workbook_has_a_sheet_a_table_that_says_what_the_layer_says(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    content = FORMATS["xlsx"].encode(download)
    for sheet in ("places", "indicators", "corridors"):
        expected = rows_of(download, sheet)
        rows = {row["id"]: row for row in read_sheet(content, sheet)}
        assert list(rows) == list(expected)
        for id_, geometry in geometries_of(download, sheet).items():
            row = rows[id_]
            if sheet == "corridors":
                assert shapely.from_wkt(row.pop("wkt")).equals_exact(geometry)
            else:
                assert (row.pop("lon"), row.pop("lat")) == ((geometry.x, geometry.y) if geometry else (None, None))
            row |= {day: row[day].date().isoformat() for day in DATES if row.get(day)}
            assert row == {key: value for key, value in expected[id_].items() if key not in ("indicators", "relations")}


def test_the_sheets_stand_in_order_with_the_asked_for_one_first(atlas: Atlas) -> None:
    sheets = {name: openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].encode(download_of(atlas, name)))).sheetnames for name in LAYERS}
    assert sheets["places"] == sheets["projects"] == ["places", "indicators", "relations", "corridors", "sources", "notes"]
    assert sheets["indicators"][:2] == ["indicators", "places"]
    assert sheets["corridors"][:2] == ["corridors", "places"]


def test_a_workbook_has_a_frozen_header_real_numbers_and_real_dates(atlas: Atlas) -> None:
    download = download_of(atlas, "places")
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].encode(download)))
    assert {sheet.title: sheet.freeze_panes for sheet in book} == {**dict.fromkeys(book.sheetnames, "B2"), "notes": "A2"}
    assert all(cell.font.bold for sheet in book for cell in sheet[1])
    header = [cell.value for cell in book["indicators"][1]]
    row = dict(zip(header, book["indicators"][4], strict=True))
    assert row["id"].value == "binjiang-hitech.industrial_value_added_above_scale.2023-01--2023-05.report-2023"
    assert (row["value"].value, row["value"].data_type) == (305.8, "n")
    assert (row["lon"].value, row["lon"].data_type) == (120.18067, "n")
    assert (row["period_end"].value, row["period_end"].is_date, row["period_end"].number_format) == (datetime(2023, 5, 31), True, "yyyy-mm-dd")
    assert (row["period"].value, row["period"].data_type) == ("2023-01/2023-05", "s")
    assert download.date is not None
    assert book.properties.created == datetime.combine(download.date, time())


def test_a_workbook_lists_ties_sources_and_notes(atlas: Atlas) -> None:
    download = download_of(atlas, "places")
    content = FORMATS["xlsx"].encode(download)
    ties = [
        {"from": tie.from_id, "relation": tie.relation.value, "to": tie.to_id, "source": tie.source, "paragraph": tie.paragraph}
        for place in atlas.tables.places
        for tie in atlas.tables.relations
        if tie.from_id == place.id
    ]
    assert read_sheet(content, "relations") == ties
    sources = {row["id"]: row for row in read_sheet(content, "sources")}
    assert list(sources) == [source.id for source in download.sources]
    assert len(sources) == 16
    assert sources["report-2023"]["title"] == "打赢“翻身仗”冲刺“半年红” 杭州产业平台发力拼经济"
    assert sources["report-2023"]["retrieved_on"].date() == date(2026, 11, 23)
    assert sources["east-outline-2018"]["published"].date() == date(2018, 3, 22)
    # A month is no day.
    assert sources["amap-districts"]["published"] == "2025-12"
    assert [(row["topic"], row["note"]) for row in read_sheet(content, "notes")] == download.notes


def test_a_workbook_holds_text_that_looks_like_a_formula_as_a_quotation(atlas: Atlas) -> None:
    names = [name for name in FORMULAS if "\r" not in name]
    sheet = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].encode(with_names(atlas, names))))["places"]
    column = [cell.value for cell in sheet[1]].index("name_zh")
    cells = [row[column] for row in sheet.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells[: len(names)]] == [(name, "s", True) for name in names]
    assert [cell.quotePrefix for cell in cells[len(names) :]] == [False] * (30 - len(names))


def test_a_text_that_no_cell_holds_is_refused_and_not_cut(atlas: Atlas) -> None:
    with pytest.raises(WorkbookError, match=r"^places:2: a text of 32768 characters; expected 32767 at most, which a cell of a workbook holds$"):
        FORMATS["xlsx"].encode(with_names(atlas, ["长" * 32768]))
