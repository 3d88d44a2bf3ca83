"""The wide shape read back by pandas, openpyxl, pyarrow, DuckDB and GDAL: a row a place, a column of numbers an indicator and period."""

from __future__ import annotations

import dataclasses
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
from geo.layers.formats.form import Form, Shape
from geo.layers.formats.wide import figure_columns
from geo.layers.select import LAYERS, Selection
from geo.words.columns import ColumnWords
from tests.unit.test_formats import download_of

LAYERS_OF_PLACES = ("places", "platforms", "projects", "indicators")


def wide(atlas: Atlas, name: str, language: str = "zh", selection: Selection | None = None) -> Download:
    form = Form(shape=Shape.WIDE, words=ColumnWords(language, atlas.tables))
    return dataclasses.replace(download_of(atlas, name, selection), form=form)


def from_geojson(content: bytes) -> pd.DataFrame:
    return pd.DataFrame([feature["properties"] for feature in json.loads(content)["features"]])


def from_gpkg(content: bytes) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wide.gpkg"
        path.write_bytes(content)
        return pd.DataFrame(pyogrio.read_dataframe(path, layer="places", read_geometry=False))


READERS: dict[str, Callable[[bytes], pd.DataFrame]] = {
    "geojson": from_geojson,
    "csv": lambda content: pd.read_csv(io.BytesIO(content)),
    "xlsx": lambda content: pd.read_excel(io.BytesIO(content), sheet_name=0),
    "gpkg": from_gpkg,
    "parquet": lambda content: pd.read_parquet(io.BytesIO(content)),
    "fgb": lambda content: pyogrio.read_dataframe(io.BytesIO(content), read_geometry=False),
}


def figures_of(atlas: Atlas, name: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What the long table states, by place and heading in words that any column of it must begin with."""
    kinds = LAYERS[name].kinds
    stated: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in atlas.layers.indicators.drop(columns="geometry").to_dict("records"):
        if row["kind"] in kinds:
            stated.setdefault((row["place"], row["label_zh"]), []).append(row)
    return stated


@pytest.mark.parametrize("extension", READERS)
@pytest.mark.parametrize("name", LAYERS_OF_PLACES)
def test_every_stated_number_stands_in_a_column_of_its_unit_and_period(atlas: Atlas, name: str, extension: str) -> None:
    download = wide(atlas, name)
    frame = READERS[extension](FORMATS[extension].encode(download)).set_index("id")
    for (place, label), rows in figures_of(atlas, name).items():
        if place not in frame.index:
            assert extension == "fgb"
            continue
        row = frame.loc[place]
        for stated in rows:
            if stated["value"] is not None:
                planned = "（计划）" if stated["status"] == "planned" else ""
                unit = f"（{stated['unit']}）" if stated["unit"] else ""
                heading = f"{label}{planned} {stated['period'] or ''}".strip() + unit
                assert row[heading] == stated["value"]
                assert pd.api.types.is_numeric_dtype(frame[heading].dtype)
    places = atlas.layers.indicators["place"] if name == "indicators" else atlas.layers.select(name, Selection()).index
    if extension != "fgb":
        assert list(frame.index) == list(dict.fromkeys(places))


@pytest.mark.parametrize("extension", READERS)
def test_a_wide_row_has_no_nested_value(atlas: Atlas, extension: str) -> None:
    frame = READERS[extension](FORMATS[extension].encode(wide(atlas, "places")))
    assert {"geocode_precision", "geocode_uncertainty_m", "geocode_basis", "kind", "name_zh"} <= set(frame.columns)
    assert {"indicators", "relations", "geocode"} & set(frame.columns) == set()
    assert [value for column in frame for value in frame[column] if isinstance(value, list) or (isinstance(value, dict) and column != "bbox")] == []


@pytest.mark.parametrize("extension", READERS)
def test_the_columns_are_those_of_the_layer_whatever_is_chosen(atlas: Atlas, extension: str) -> None:
    whole = READERS[extension](FORMATS[extension].encode(wide(atlas, "places")))
    part = READERS[extension](FORMATS[extension].encode(wide(atlas, "places", selection=Selection(q="富芯"))))
    assert len(part) == 1
    assert list(part.columns) == list(whole.columns)


def test_headings_are_in_the_language_that_is_asked_for(atlas: Atlas) -> None:
    headings = {language: list(figure_columns(wide(atlas, "places", language))) for language in ("zh", "en")}
    assert "规上工业增加值 2022（亿元）" in headings["zh"]
    assert "Value added of industry above designated size 2022 (100 million CNY)" in headings["en"]
    assert "Value added of industry above designated size 2023-01/2023-05, growth (%)" in headings["en"]
    assert "Industrial value added 2022, upper bound (100 million CNY)" in headings["en"]
    assert len(headings["zh"]) == len(headings["en"]) == len(set(headings["en"]))
    assert [heading for heading in headings["en"] if any("\u3400" <= character <= "\u9fff" for character in heading)] == []


def test_headings_that_would_be_the_same_are_told_apart(atlas: Atlas) -> None:
    figures = atlas.layers.indicators.copy()
    figures["label_zh"], figures["period"], figures["unit"], figures["status"] = "Kind", None, None, "actual"
    layers = dataclasses.replace(atlas.layers, indicators=figures)
    columns = figure_columns(dataclasses.replace(wide(atlas, "places"), layers=layers))
    folded = [heading.casefold() for heading in columns]
    # As SQLite compares names, and none of them the one of a column that is there already.
    assert len(set(folded)) == len(folded)
    assert "kind" not in folded
    numbers = sum(len(values) for _, values in columns.values())
    assert numbers > 30


def test_a_heading_is_no_formula(atlas: Atlas) -> None:
    figures = atlas.layers.indicators.copy()
    figures["label_zh"] = "=1+1"
    download = dataclasses.replace(wide(atlas, "places"), layers=dataclasses.replace(atlas.layers, indicators=figures))
    header = FORMATS["csv"].encode(download).decode("utf-8-sig").splitlines()[0]
    assert ",=1" not in header
    assert ",'=1+1 2022" in header
    sheet = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].encode(download)))["places"]
    assert {cell.data_type for cell in sheet[1]} == {"s"}


def test_a_column_says_what_it_holds(atlas: Atlas) -> None:
    document = json.loads(FORMATS["geojson"].encode(wide(atlas, "places")))
    described = {column["name"]: column for column in document["columns"]}
    assert described["规上工业增加值 2022（亿元）"] == {
        "name": "规上工业增加值 2022（亿元）",
        "indicator": "industrial_value_added_above_scale",
        "label_zh": "规上工业增加值",
        "label_en": "Value added of industry above designated size",
        "period": "2022",
        "unit": "亿元",
        "unit_en": "100 million CNY",
        "status": "actual",
        "part": "value",
    }
    assert set(described) <= set(document["features"][0]["properties"])
    schema = pq.read_schema(io.BytesIO(FORMATS["parquet"].encode(wide(atlas, "places"))))
    assert schema.field("geocode_uncertainty_m").metadata == {b"title": "位置的误差（米）".encode()}


def test_duckdb_sums_what_may_be_summed(atlas: Atlas, tmp_path: Path) -> None:
    heading = "规上工业增加值 2022（亿元）"
    expected = sum(
        row["value"]
        for rows in figures_of(atlas, "places").values()
        for row in rows
        if f"{row['label_zh']} {row['period']}（{row['unit']}）" == heading
    )
    engine = duckdb.connect()
    for extension in ("csv", "parquet"):
        path = tmp_path / f"wide.{extension}"
        path.write_bytes(FORMATS[extension].encode(wide(atlas, "places")))
        assert engine.execute(f"SELECT sum(\"{heading}\") FROM '{path}'").fetchall() == [(pytest.approx(expected),)]


def test_corridors_are_flat_as_they_are(atlas: Atlas) -> None:
    assert FORMATS["csv"].encode(wide(atlas, "corridors")) == FORMATS["csv"].encode(download_of(atlas, "corridors"))
    nested, flat = (json.loads(FORMATS["geojson"].encode(one))["features"] for one in (download_of(atlas, "corridors"), wide(atlas, "corridors")))
    assert nested == flat
