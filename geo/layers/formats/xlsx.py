"""Excel workbooks: a sheet per table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import geopandas as gpd
import xlsxwriter

from geo.errors import GeoError
from geo.ground.deadline import until_deadline
from geo.ground.files import FORMULA_STARTS
from geo.layers.formats.coordinates import coordinate_columns
from geo.layers.formats.download import Download
from geo.layers.formats.form import with_words
from geo.layers.formats.wide import lay_out
from geo.tables.cells import Period
from geo.tables.rows import Source

# A workbook that says when it was written would never be the same twice; this is the first day that its archive can hold.
_NO_DATE = date(1980, 1, 1)
# Wide enough for a name, narrow enough for a screen.
_WIDTH = 16


class WorkbookError(GeoError):
    """A text is longer than a cell of a workbook can hold."""

    def __init__(self, sheet: str, line: int, length: int) -> None:
        super().__init__(f"{sheet}:{line}: a text of {length} characters; expected 32767 at most, which a cell of a workbook holds")


class _Styles(NamedTuple):
    header: Any
    day: Any
    quoted: Any
    wrapped: Any


def encode_workbook(download: Download) -> bytes:
    """Encode a download as a workbook with the sheets places, indicators, relations, corridors, sources and notes.

    The asked for layer comes first. Headers are frozen; numbers and days are numbers and dates. Text is written as text: what looks like a formula
    is marked as a quotation. A place's figures and ties stand in sheets of their own and not as JSON in its row, as a cell ends at 32,767 characters.

    Raises
    ------
    WorkbookError
        If a text does not go into a cell.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        written = datetime.combine(download.date or _NO_DATE, datetime.min.time(), tzinfo=UTC)
        title = f"{download.tables.profile.slug} {download.layer.name} {download.tables.version}"
        book.set_properties({"title": title, "comments": download.attribution, "created": written})
        styles = _Styles(
            header=book.add_format({"bold": True}),
            day=book.add_format({"num_format": "yyyy-mm-dd"}),
            quoted=book.add_format({"quote_prefix": True}),
            wrapped=book.add_format({"text_wrap": True, "valign": "top"}),
        )
        sheets = {
            "places": _columns(download.features if download.table == "places" else download.places, download, without=("indicators", "relations")),
            "indicators": _columns(download.indicators, download),
            "relations": _relations(download.places),
            "corridors": _columns(download.corridors, download),
        }
        words = download.form.headings
        for name in sorted(sheets, key=lambda name: name != download.table):
            _write_sheet(book.add_worksheet(name), with_words(sheets[name], name, words), styles)
        _write_sheet(book.add_worksheet("sources"), with_words(_sources(download.sources), "sources", words), styles)
        _write_notes(book.add_worksheet("notes"), download, styles)
    # Its sheets refer to their workbook, and all of it would only be freed by a collection, which a server puts off: with ten thousand places half a
    # million cells and as much text.
    book.worksheets().clear()
    book.sheetnames.clear()
    return file.getvalue()


def _columns(features: gpd.GeoDataFrame, download: Download, without: Sequence[str] = ()) -> dict[str, list[Any]]:
    rows = lay_out(features, download)
    return {"id": rows["id"].to_pylist(), **coordinate_columns(features, download.form)} | {
        name: rows[name].to_pylist() for name in rows.column_names[1:] if name not in without
    }


def _relations(places: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    ties = [(id_, tie) for id_, ties in places["relations"].items() for tie in ties]
    return {"from": [id_ for id_, _ in ties], **{name: [tie[name] for _, tie in ties] for name in ("relation", "to", "source", "paragraph")}}


def _sources(sources: Sequence[Source]) -> dict[str, list[Any]]:
    return {name: [_plain(getattr(source, name)) for source in sources] for name in Source.model_fields}


def _plain(value: Any) -> Any:
    # A day is a date; a month or a year stays as it is written.
    if isinstance(value, Period):
        return value.start if value.start == value.end else value.text
    return value


def _write_sheet(sheet: Any, columns: Sequence[tuple[str, Sequence[Any]]], styles: _Styles) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(columns) - 1, _WIDTH)
    for place, (heading, values) in enumerate(columns):
        sheet.write_string(0, place, heading, styles.header)
        for line, value in until_deadline(enumerate(values, 1)):
            _write_cell(sheet, line, place, value, styles)
    sheet.autofilter(0, 0, max(len(values) for _, values in columns), len(columns) - 1)


def _write_cell(sheet: Any, line: int, place: int, value: Any, styles: _Styles) -> None:
    match value:
        case None:
            pass
        case str():
            # As text by name: nothing in it becomes a formula, a number or a link.
            if sheet.write_string(line, place, value, styles.quoted if value.startswith(FORMULA_STARTS) else None) != 0:
                raise WorkbookError(sheet.name, line + 1, len(value))
        case bool():
            sheet.write_boolean(line, place, value)
        case date():
            sheet.write_datetime(line, place, value, styles.day)
        case _:
            sheet.write_number(line, place, value)


def _write_notes(sheet: Any, download: Download, styles: _Styles) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 2 * _WIDTH)
    sheet.set_column(1, 1, 6 * _WIDTH)
    for place, (heading, _) in enumerate(with_words({"topic": (), "note": ()}, "notes", download.form.headings)):
        sheet.write_string(0, place, heading, styles.header)
    for line, (topic, text) in enumerate(download.notes, 1):
        sheet.write_string(line, 0, topic, styles.wrapped)
        sheet.write_string(line, 1, text, styles.wrapped)
