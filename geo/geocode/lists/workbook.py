"""Excel workbooks: the sheet that is a list, with merged cells filled, and what it does not say in its cells."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
import zlib
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import pyarrow as pa
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from geo.errors import Problem
from geo.geocode.lists.headings import Headings, find_headings
from geo.geocode.lists.rows import CELLS, HEAD_ROWS, MOST_COLUMNS, Fault, Flaws, ListError, ListFile, Notice, Oddity, Reading
from geo.ground.deadline import check_deadline

# Styles and extensions that the reader leaves out are nothing that a list needs; and what it says of a cell holds the cell.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")

_OLE = bytes.fromhex("d0cf11e0")
_BLOCK = 1 << 20
# So long is the longest piece of a sheet that is looked for as a whole.
_OVERLAP = 1 << 14
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]{0,200}?ref="\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)"')
_NO_RESULT = re.compile(
    rb'<(?:\w+:)?c\s[^>]{0,200}?r="([A-Z]+)(\d+)"[^>]{0,200}>\s{0,9}<(?:\w+:)?f(?:\s[^>]{0,500}?)?(?:/>|>[^<]{0,9000}</(?:\w+:)?f>)'
    rb"\s{0,9}(?:<(?:\w+:)?v\s{0,9}(?:/>|></(?:\w+:)?v>)\s{0,9})?</"
)
_MOST_MERGED = 1 << 18
# What the reader holds as a whole, as a tree of many times its size: everything but sheets, texts and pictures.
_READ_WHOLE = re.compile(r"(?!xl/worksheets/[^/]*\.xml$)(?!.*sharedStrings\.xml$).*\.(?:xml|rels)", re.IGNORECASE)
_MOST_WHOLE = 16 << 20
_TEXT = f"{{{SHEET_MAIN_NS}}}si"
# What the libraries raise at a workbook that is broken somewhere.
_BROKEN = (
    *(InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, NotImplementedError, RuntimeError),
    *(KeyError, ValueError, IndexError, TypeError, EOFError, AttributeError, OverflowError),
)

Cell = tuple[str, Any]


class _Merged(NamedTuple):
    """Cells that are one: only the first one has what all of them show."""

    column: int
    last_row: int


class XlsxList:
    """A sheet of a workbook; every column is text as the workbook shows it, formulas by their last result, rows without any cell left out.

    Cells that were merged downwards all have what the first one has. The rows are streamed, but the workbook as it is packed and its table of
    distinct texts are in memory.

    Parameters
    ----------
    file
        The workbook.
    reading
        How it is to be read. Where no sheet is named, it is the first one that is not hidden and has headings of an address or a name.

    Raises
    ------
    ListError
        If it is no workbook, unzips to more than it may, or the sheet is not there or has no header.
    """

    def __init__(self, file: ListFile, reading: Reading) -> None:
        self.name = file.name
        self.rows: int | None = None
        self.flaws = Flaws()
        self.columns: tuple[str, ...] = ()
        with file.open() as content:
            self._packed = content.read()
        self._check_packed(reading.most_unzipped)
        with self._reading():
            # A text has some hundred bytes unzipped as a rule; with fewer many more of them would fit, each an object in memory.
            reader = _Reader(io.BytesIO(self._packed), self.name, reading.most_unzipped >> 7)
            reader.read()
            self._book = reader.wb
            sheets = self._book.worksheets
        head, headings, passed_over = self._choose_sheet(sheets, reading)
        self.sheets, self.sheet = tuple(each.title for each in sheets), str(self._sheet.title)
        self._above = headings.first + headings.depth
        self.columns, self.notices = headings.columns, (*passed_over, *headings.notices)
        self._head = [cells for _, cells in head[self._above :]]
        self.described = f"{file.name}: Excel workbook, sheet {self._sheet.title}"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return self._table(self._head)

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        number, chunk = 0, list[list[Cell]]()
        no_result = self._shape.no_result
        for line, row in islice(self._cells(self._sheet, self._last_heading), self._above, None):
            for place in range(len(self.columns), len(row)):
                if row[place][0]:
                    self._note_far(line, place + 1, row[place][0])
            for place in no_result.get(line, ()):
                column = self.columns[place] if place < len(self.columns) else get_column_letter(place + 1)
                self.flaws.add(Oddity.FORMULA, Problem(self.name, line, column, "", "a formula with its result: open the workbook and save it once"))
            chunk.append(row)
            if len(chunk) == rows:
                if number not in skip:
                    yield number, self._table(chunk)
                number, chunk = number + 1, []
        if (chunk or number == 0) and number not in skip:
            yield number, self._table(chunk)

    def _check_packed(self, most: int) -> None:
        if self._packed.startswith(_OLE):
            expected = "an Excel workbook (.xlsx), and this is an older one or has a password: save it as .xlsx, without one"
            raise ListError(Problem(self.name, 0, "", "", expected), Fault.WORKBOOK)
        with self._reading(), zipfile.ZipFile(io.BytesIO(self._packed)) as archive:
            # An archive gives no more of a file than it says that it holds.
            size = sum(entry.file_size for entry in archive.infolist())
            whole = max((entry.file_size for entry in archive.infolist() if _READ_WHOLE.fullmatch(entry.filename)), default=0)
        if whole > _MOST_WHOLE:
            expected = f"styles and other parts beside the sheets of at most {_MOST_WHOLE >> 20} MB; save the sheet as .csv"
            raise ListError(Problem(self.name, 0, "", f"{whole >> 20} MB", expected), Fault.TOO_LARGE)
        if size > most:
            expected = f"a workbook that unzips to at most {most >> 20} MB; save the sheet as .csv"
            raise ListError(Problem(self.name, 0, "", f"{size >> 20} MB", expected), Fault.TOO_LARGE)

    def _choose_sheet(self, sheets: Sequence[Any], reading: Reading) -> tuple[list[tuple[int, list[Cell]]], Headings, tuple[Notice, ...]]:
        names = [each.title for each in sheets]
        if reading.sheet is not None and reading.sheet not in names:
            raise ListError(Problem(self.name, 0, "", reading.sheet, f"one of the sheets {', '.join(names)}"), Fault.SHEET)
        asked = [each for each in sheets if reading.sheet in (None, each.title)]
        candidates = asked if reading.sheet is not None else [each for each in asked if each.sheet_state == "visible"] or asked
        taken = None
        problem: ListError | None = None
        for sheet in candidates:
            self._sheet: Any = sheet
            self.__dict__.pop("_shape", None)
            try:
                raw = list(islice(self._cells(sheet, None), HEAD_ROWS))
                headings = self._find_headings([[shown for shown, _ in cells] for _, cells in raw], reading.skip)
            except ListError as error:
                problem = problem or error
                continue
            last = raw[headings.first + headings.depth - 1][0]
            head = list(islice(self._cells(sheet, last), HEAD_ROWS))
            if taken is None or (headings.is_known and len(head) > headings.first + headings.depth):
                taken = (sheet, head, headings, last)
            if headings.is_known:
                break
        if taken is None:
            raise problem or ListError(Problem(self.name, 0, "", "", "a sheet with a list"), Fault.SHEET)
        self._sheet, head, headings, self._last_heading = taken
        self.__dict__.pop("_shape", None)
        others = [each.title for each in asked[: asked.index(self._sheet)]]
        if not others:
            return head, headings, ()
        text = f"sheet {self._sheet.title}; passed over: {', '.join(others)}"
        return head, headings, (Notice("sheet", (self._sheet.title, ", ".join(others)), text),)

    def _find_headings(self, rows: Sequence[Sequence[str]], skip: int | None) -> Headings:
        headings = find_headings(self.name, rows, skip)
        width = len(headings.columns)
        if width > MOST_COLUMNS:
            raise ListError(Problem(self.name, headings.first + 1, "", f"{width} columns", f"at most {MOST_COLUMNS}"), Fault.HEADING)
        # Columns beside the last heading may have none; a cell far from all of them is one that somebody has slipped into.
        below = rows[headings.first + headings.depth :]
        while width < MOST_COLUMNS and any(len(row) > width and row[width] for row in below):
            width += 1
        return find_headings(self.name, rows, skip, width)

    def _cells(self, sheet: Any, last_heading: int | None) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the line and the cells of each row that has any, without the empty ones at its end; what was merged below a line is filled."""
        begins = self._shape.merged if last_heading is not None else {}
        merged: list[tuple[_Merged, Cell]] = []
        with self._reading():
            # The size that a workbook states for itself is often wrong.
            sheet.reset_dimensions()
            for line, row in enumerate(sheet.iter_rows(), 1):
                if not line % 100:
                    check_deadline()
                cells = [_shown(cell.value, getattr(cell, "number_format", "General")) for cell in row[: MOST_COLUMNS + 1]]
                for place, cell in enumerate(row[MOST_COLUMNS + 1 :], MOST_COLUMNS + 2):
                    if cell.value is not None:
                        self._note_far(line, place, str(cell.value))
                for one, shown in merged:
                    cells += [("", None)] * (one.column + 1 - len(cells))
                    if not cells[one.column][0]:
                        cells[one.column] = shown
                merged = [(one, shown) for one, shown in merged if one.last_row > line]
                for one in begins.get(line, ()) if last_heading is not None and line > last_heading else ():
                    if one.column < len(cells) and cells[one.column][0]:
                        merged.append((one, cells[one.column]))
                while cells and not cells[-1][0]:
                    cells.pop()
                if cells:
                    yield line, cells

    def _note_far(self, line: int, column: int, value: str) -> None:
        expected = f"nothing right of column {len(self.columns)}, the last one with a heading or with cells beside it in the first {HEAD_ROWS} rows"
        self.flaws.add(Oddity.FAR, Problem(self.name, line, get_column_letter(column), value, expected))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                yield
        except ListError:
            raise
        except _BROKEN as error:
            raise ListError(Problem(self.name, 0, "", str(error), "an Excel workbook (.xlsx)"), Fault.WORKBOOK) from None

    @cached_property
    def _shape(self) -> _Shape:
        """What the sheet says beside its cells; read from the sheet itself, as the reader of cells does not tell."""
        merged: dict[int, list[_Merged]] = {}
        no_result: dict[int, list[int]] = {}
        count = 0
        with self._reading(), zipfile.ZipFile(io.BytesIO(self._packed)) as archive, archive.open(self._sheet._worksheet_path) as content:
            rest = b""
            while block := content.read(_BLOCK):
                check_deadline()
                text = rest + block
                end = 0
                for found in _NO_RESULT.finditer(text):
                    no_result.setdefault(int(found[2]), []).append(column_index_from_string(found[1].decode()) - 1)
                    end = found.end()
                for found in _MERGED.finditer(text):
                    first, last, count = int(found[2]), int(found[4]), count + 1
                    if last > first and count < _MOST_MERGED:
                        merged.setdefault(first, []).append(_Merged(column_index_from_string(found[1].decode()) - 1, last))
                    end = max(end, found.end())
                rest = text[max(end, len(text) - _OVERLAP) :]
        return _Shape(merged, no_result)

    def _table(self, rows: Sequence[Sequence[Cell]]) -> pa.Table:
        texts = [[row[place][0] if place < len(row) else "" for row in rows] for place in range(len(self.columns))]
        typed = [{str(place): value for place, (_, value) in enumerate(row[: len(self.columns)]) if value is not None} for row in rows]
        columns = {name: pa.array(cells, pa.string()) for name, cells in zip(self.columns, texts, strict=True)}
        return pa.table({**columns, CELLS: pa.array([json.dumps(cells) if cells else None for cells in typed], pa.string())})


class _Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader of a workbook whose cells are streamed; of its table of texts it keeps nothing but the texts, and it looks at the clock.

    Parameters
    ----------
    content, name
        The workbook, and what it is called.
    most_texts
        How many distinct texts it may have.
    """

    def __init__(self, content: io.BytesIO, name: str, most_texts: int) -> None:
        super().__init__(content, read_only=True, data_only=True)
        self._name = name
        self._most_texts = most_texts

    def read_strings(self) -> None:
        """Read the table of texts.

        Raises
        ------
        ListError
            If there are too many.
        """
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        texts: list[str] = []
        with self.archive.open(part.PartName[1:]) as content:
            parsed = iterparse(content, events=("start", "end"))
            _, root = next(parsed)
            for event, node in parsed:
                if event == "start" or node.tag != _TEXT:
                    continue
                texts.append(Text.from_tree(node).content.replace("x005F_", ""))
                # Its parent would hold what is left of each.
                root.clear()
                if not len(texts) % 1000:
                    check_deadline()
                if len(texts) > self._most_texts:
                    expected = f"a workbook with at most {self._most_texts} different texts; save the sheet as .csv"
                    raise ListError(Problem(self._name, 0, "", f"more than {self._most_texts}", expected), Fault.TOO_LARGE)
        self.shared_strings = texts


class _Shape(NamedTuple):
    """By line: cells that are merged downwards from it, and columns where a formula has no result."""

    merged: dict[int, list[_Merged]]
    no_result: dict[int, list[int]]


def _shown(value: object, number_format: str) -> tuple[str, Any]:
    """Return a cell as its workbook shows it, and what it is if it is not text."""
    match value:
        case None:
            return "", None
        case str():
            return value, None
        case bool():
            return str(value).upper(), ["b", value, number_format]
        case int() | float():
            return _shown_number(value, number_format), ["n", value, number_format]
        case datetime():
            has_time = "h" in number_format.lower() or value.time() != time()
            return value.isoformat(" ", "seconds") if has_time else value.date().isoformat(), ["d", value.isoformat(), number_format]
        case date() | time():
            return value.isoformat(), ["t" if isinstance(value, time) else "d", value.isoformat(), number_format]
        case timedelta():
            return str(value), ["n", value / timedelta(days=1), number_format]
    raise AssertionError(f"openpyxl gives no {type(value)}")


def _shown_number(value: float, number_format: str) -> str:
    style = re.fullmatch(r"(#,##)?(0+)(?:\.(0+))?(%)?(?:_\))?", number_format.split(";")[0].strip())
    if style is None:
        # 15 digits are all that a workbook keeps.
        return str(value) if isinstance(value, int) else f"{value:.15g}"
    thousands, whole, decimals, percent = style.groups()
    number = f"{value * 100 if percent else value:{',' if thousands else ''}.{len(decimals or '')}f}"
    return (number if thousands else number.zfill(len(whole) + (len(decimals) + 1 if decimals else 0) + (value < 0))) + (percent or "")
