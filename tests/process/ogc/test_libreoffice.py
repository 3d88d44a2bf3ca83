"""Workbooks and CSV opened by LibreOffice, headless; ``make rehearsal`` runs it."""

from __future__ import annotations

import csv
import dataclasses
import subprocess
from pathlib import Path

import pytest

from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
from geo.layers.formats.form import Form, Shape
from geo.layers.formats.wide import figure_columns
from geo.layers.select import LAYERS, Selection
from geo.words.columns import ColumnWords

pytestmark = pytest.mark.rehearsal

# Commas, quotes, UTF-8, from the first line, every cell as it is stored and not as it is shown; all sheets, each a file.
CSV_OF_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def download_of(atlas: Atlas, name: str, form: Form | None = None) -> Download:
    download = Download(LAYERS[name], Selection(), atlas.layers, atlas.tables)
    return dataclasses.replace(download, form=form) if form else download


def opened(download: Download, extension: str, folder: Path) -> dict[str, list[dict[str, str]]]:
    """What LibreOffice has in each sheet of a file, as rows by heading."""
    name = download.layer.name
    path = folder / f"{name}.{extension}"
    path.write_bytes(FORMATS[extension].encode(download))
    target = folder / "opened"
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", CSV_OF_SHEETS]
    # What it is told of a text: commas, quotes, UTF-8.
    reading = ["--infilter=Text - txt - csv (StarCalc):44,34,76"] if extension == "csv" else []
    subprocess.run([*command, *reading, "--outdir", str(target), str(path)], capture_output=True, check=True, timeout=180)
    sheets = {}
    for written in sorted(target.glob("*.csv")):
        with written.open(encoding="utf-8-sig", newline="") as file:
            sheets[written.stem.removeprefix(f"{name}-")] = list(csv.DictReader(file))
    return sheets


@pytest.mark.parametrize("name", LAYERS)
def test_a_workbook_opens_with_every_row(atlas: Atlas, tmp_path: Path, name: str) -> None:
    expected = atlas.layers.select(name, Selection())
    rows = opened(download_of(atlas, name), "xlsx", tmp_path)[
        "corridors" if name == "corridors" else "indicators" if name == "indicators" else "places"
    ]
    (id_,) = [heading for heading in rows[0] if heading.split(" ")[-1] == "id"]
    (title,) = [heading for heading in rows[0] if heading.split(" ")[-1] == "name_zh"]
    assert [row[id_] for row in rows] == list(expected.index)
    assert [row[title] for row in rows] == list(expected["name_zh"])


@pytest.mark.parametrize("extension", ["xlsx", "csv"])
def test_the_wide_shape_opens_with_numbers(atlas: Atlas, tmp_path: Path, extension: str) -> None:
    download = download_of(atlas, "places", Form(shape=Shape.WIDE, words=ColumnWords("zh", atlas.tables)))
    sheets = opened(download, extension, tmp_path)
    rows = sheets["places"] if extension == "xlsx" else next(iter(sheets.values()))
    (id_,) = [heading for heading in rows[0] if heading.split(" ")[-1] == "id"]
    columns = figure_columns(download)
    assert columns
    for heading, (_, numbers) in columns.items():
        assert {row[id_]: float(row[heading]) for row in rows if row[heading]} == pytest.approx(numbers), heading


@pytest.mark.parametrize("name", LAYERS)
def test_a_csv_opens_with_every_row(atlas: Atlas, tmp_path: Path, name: str) -> None:
    expected = atlas.layers.select(name, Selection())
    (rows,) = opened(download_of(atlas, name), "csv", tmp_path).values()
    assert [row["id"] for row in rows] == list(expected.index)
    assert [row["name_zh"] for row in rows] == list(expected["name_zh"])
