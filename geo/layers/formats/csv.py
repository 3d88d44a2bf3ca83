"""CSV for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
from typing import Any

from geo.ground.deadline import until_deadline
from geo.ground.files import without_formula
from geo.layers.formats.coordinates import coordinate_columns
from geo.layers.formats.download import Download
from geo.layers.formats.form import with_words
from geo.layers.formats.wide import lay_out


def encode_csv(download: Download) -> bytes:
    """Encode a layer as CSV in UTF-8.

    Points are ``lon`` and ``lat`` in degrees, belts and axes ``wkt``; empty where the location is not known. Text that a spreadsheet would take for
    a formula has an apostrophe in front.
    """
    features, form = download.features, download.form
    rows = lay_out(features, download)
    # Behind the id, where a reader sees it.
    columns = {"id": rows["id"].to_pylist(), **coordinate_columns(features, form), **{name: rows[name].to_pylist() for name in rows.column_names[1:]}}
    headed = with_words(columns, download.table, form.headings)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(heading) for heading, _ in headed])
    writer.writerows([_cell(value) for value in row] for row in until_deadline(zip(*(values for _, values in headed), strict=True)))
    return text.getvalue().encode("utf-8-sig" if form.has_bom else "utf-8")


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return without_formula(value)
    if isinstance(value, bool):
        return str(value).lower()
    # The shortest form of the same number: 756 and 305.8.
    return int(value) if isinstance(value, float) and value.is_integer() else value
