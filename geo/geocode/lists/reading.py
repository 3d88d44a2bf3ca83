"""Lists in, as chunks of an Arrow table: CSV, TSV, Excel workbooks and Parquet.

A cell stays what it is. Cells of a text file are text, down to the leading zero; cells of a workbook are text as the workbook shows it, with their
value and number format beside it, so that a workbook can be written from them again; columns of Parquet keep their types.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import warnings
import zipfile
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from geo.errors import GeoError, Problem

# Beside the columns of a workbook: what its cells hold that are not text, as JSON; null where all of the row is text.
CELLS = "__cells__"

_BLOCK = 1 << 20
_HEAD = 1000
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}


class ListError(GeoError):
    """A list that cannot be read, geocoded or written; ``problem`` says where and what was expected."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class List(Protocol):
    """An open list.

    Attributes
    ----------
    path
        Its file.
    columns
        The names of its columns, each only once.
    rows
        How many there are; ``None`` where only reading it to its end would tell.
    described
        What it is, in words, with its encoding.
    notices
        What its reader should know, such as a heading that had to be changed.
    """

    path: Path
    columns: tuple[str, ...]
    rows: int | None
    described: str
    notices: tuple[str, ...]

    def head(self) -> pa.Table:
        """Return the first rows, at most a thousand."""
        ...

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number, from 0, and the rows of each chunk that is not to be skipped; a list without rows is one empty chunk."""
        ...


def open_list(path: Path, *, encoding: str | None = None, sheet: str | None = None) -> List:
    """Open a list by the extension of its file; a text file is read through once, so that nothing is wrong with it later.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.parquet``.
    encoding
        Of a text file; found out where it is not given.
    sheet
        Of a workbook; the first one where it is not given.

    Raises
    ------
    ListError
        If the file is missing, is of another kind, or is broken: with line and byte, or with row and column.
    """
    extension = path.suffix.lower()
    if extension not in (".csv", ".tsv", ".xlsx", ".parquet"):
        raise ListError(Problem(path.name, 0, "", extension, "a list to read as .csv, .tsv, .xlsx or .parquet"))
    if not path.is_file():
        raise ListError(Problem(path.name, 0, "", str(path), "a file that exists"))
    if encoding is not None and extension not in (".csv", ".tsv"):
        raise ListError(Problem(path.name, 0, "", encoding, f"no encoding for {extension}, which has its own"))
    if sheet is not None and extension != ".xlsx":
        raise ListError(Problem(path.name, 0, "", sheet, f"no sheet for {extension}, which has none"))
    if extension == ".parquet":
        return ParquetList(path)
    if extension == ".xlsx":
        return XlsxList(path, sheet)
    return TextList(path, encoding, "\t" if extension == ".tsv" else None)


class TextList:
    """A CSV or TSV file; every column is text, and an empty cell is an empty text.

    Parameters
    ----------
    path
        The file.
    encoding
        As Python names it. Where it is not given: by the byte order mark, else UTF-8 if the whole file is, else GB18030, which holds GBK and GB 2312.
        The order matters: text in GB18030 is next to never valid UTF-8, while UTF-8 can often be read as GB18030, as nonsense and without an error.
    delimiter
        Where it is not given, the one of comma, semicolon and tab that parts the header into most cells.

    Raises
    ------
    ListError
        If bytes are broken, a quote is not closed, or a row has more or fewer cells than the header.
    """

    def __init__(self, path: Path, encoding: str | None, delimiter: str | None) -> None:
        self.path = path
        self._encoding, name = _check_encoding(path, encoding) if encoding else _find_encoding(path)
        with self._open() as text:
            sample = text.read(_BLOCK)
        self._delimiter = delimiter or max(_DELIMITERS, key=lambda mark: len(_first_row(sample, mark)))
        rows = self._read()
        line, header = next(rows, (1, []))
        if not any(cell.strip() for cell in header):
            raise ListError(Problem(path.name, line, "", "", "a header with the names of the columns"))
        self.columns, self.notices = _unique(header)
        self.rows: int | None = sum(1 for _ in self._checked(rows))
        self.described = f"{path.name}: {name}, {_DELIMITERS[self._delimiter]} between cells, {self.rows} rows"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return next(self.chunks(_HEAD))[1]

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        reader = self._read()
        next(reader)
        number, chunk, seen = 0, list[list[str]](), 0
        for _, row in reader:
            seen += 1
            if number not in skip:
                chunk.append(row)
            if seen == rows:
                if number not in skip:
                    yield number, self._table(chunk)
                number, chunk, seen = number + 1, [], 0
        if (seen or number == 0) and number not in skip:
            yield number, self._table(chunk)

    def _open(self) -> io.TextIOWrapper:
        return self.path.open(encoding=self._encoding, newline="")

    def _read(self) -> Iterator[tuple[int, list[str]]]:
        with self._open() as text:
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            width = 0
            try:
                for row in reader:
                    # A blank line is a row only where a row is one cell.
                    if row or width == 1:
                        width = width or len(row)
                        yield reader.line_num, row or [""]
            except csv.Error as error:
                raise ListError(
                    Problem(self.path.name, reader.line_num, "", str(error), "cells whose quotes are doubled inside and closed")
                ) from None

    def _checked(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[None]:
        width = len(self.columns)
        for line, row in rows:
            if len(row) != width:
                shown = self._delimiter.join(row)
                raise ListError(Problem(self.path.name, line, "", shown, f"{width} cells, as in the header, and not {len(row)}"))
            yield

    def _table(self, rows: Sequence[Sequence[str]]) -> pa.Table:
        columns = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in zip(self.columns, columns, strict=True)})


class XlsxList:
    """A sheet of a workbook; every column is text as the workbook shows it, formulas by their last result, rows without any cell left out.

    The rows are streamed, but the reader keeps the workbook's table of distinct texts in memory.

    Parameters
    ----------
    path
        The workbook.
    sheet
        The name of a sheet; the first one where it is not given.

    Raises
    ------
    ListError
        If it is no workbook, the sheet is not there or has no header, or a cell stands outside the columns of the header and the first thousand rows.
    """

    def __init__(self, path: Path, sheet: str | None) -> None:
        self.path = path
        self.rows: int | None = None
        with self._open() as book:
            names = [each.title for each in book.worksheets]
        if sheet is not None and sheet not in names:
            raise ListError(Problem(path.name, 0, "", sheet, f"one of the sheets {', '.join(names)}"))
        self._sheet = sheet or names[0]
        first = [cells for (_, cells), _ in zip(self._cells(), range(_HEAD + 1), strict=False)]
        if not first:
            raise ListError(Problem(path.name, 1, "", "", f"a header in the sheet {self._sheet}"))
        width = max(len(cells) for cells in first)
        self.columns, self.notices = _unique([shown for shown, _ in first[0]] + [""] * (width - len(first[0])))
        self._head = first[1:]
        self.described = f"{path.name}: Excel workbook, sheet {self._sheet}"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return self._table(self._head)

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        reader = self._cells()
        next(reader)
        number, chunk = 0, list[list[tuple[str, Any]]]()
        for line, row in reader:
            if len(row) > len(self.columns):
                expected = f"nothing right of column {len(self.columns)}, the last one with a heading or a cell in the first {_HEAD} rows"
                raise ListError(Problem(self.path.name, line, f"column {len(row)}", row[-1][0], expected))
            chunk.append(row)
            if len(chunk) == rows:
                if number not in skip:
                    yield number, self._table(chunk)
                number, chunk = number + 1, []
        if (chunk or number == 0) and number not in skip:
            yield number, self._table(chunk)

    def _cells(self) -> Iterator[tuple[int, list[tuple[str, Any]]]]:
        """Yield the line and the cells of each row that has any, without the empty ones at its end."""
        with self._open() as book:
            sheet = book[self._sheet]
            # The size that a workbook states for itself is often wrong.
            sheet.reset_dimensions()
            for line, row in enumerate(sheet.iter_rows(), 1):
                cells = [_shown(cell.value, getattr(cell, "number_format", "General")) for cell in row]
                while cells and not cells[-1][0]:
                    cells.pop()
                if cells:
                    yield line, cells

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            with warnings.catch_warnings():
                # Styles and extensions that the reader leaves out are nothing that a list needs.
                warnings.simplefilter("ignore", UserWarning)
                book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise ListError(Problem(self.path.name, 0, "", str(error), "an Excel workbook (.xlsx)")) from None
        try:
            yield book
        finally:
            book.close()

    def _table(self, rows: Sequence[Sequence[tuple[str, Any]]]) -> pa.Table:
        texts = [[row[place][0] if place < len(row) else "" for row in rows] for place in range(len(self.columns))]
        typed = [{str(place): value for place, (_, value) in enumerate(row) if value is not None} for row in rows]
        columns = {name: pa.array(cells, pa.string()) for name, cells in zip(self.columns, texts, strict=True)}
        return pa.table({**columns, CELLS: pa.array([json.dumps(cells) if cells else None for cells in typed], pa.string())})


class ParquetList:
    """A Parquet file; its columns keep their types.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ListError
        If it is no Parquet file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self.rows: int | None = file.metadata.num_rows
                self.columns, self.notices = _unique(file.schema_arrow.names)
        except pa.ArrowInvalid as error:
            raise ListError(Problem(path.name, 0, "", str(error), "a Parquet file")) from None
        self.described = f"{path.name}: Parquet, {self.rows} rows"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return self.read(0, _HEAD)

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        assert self.rows is not None
        held = self._batches(rows, range(self._groups()))
        rest: pa.Table | None = None
        for number in range(max(1, -(-self.rows // rows))):
            pieces = [rest] if rest is not None else []
            while sum(len(piece) for piece in pieces) < rows and (batch := next(held, None)) is not None:
                pieces.append(batch)
            table = pa.concat_tables(pieces) if pieces else self.read(0, 0)
            rest = table.slice(rows) if len(table) > rows else None
            if number not in skip:
                yield number, table.slice(0, rows)

    def read(self, start: int, stop: int) -> pa.Table:
        """Read the rows from ``start`` to ``stop``, excluded; only the row groups that hold them are opened."""
        with pq.ParquetFile(self.path) as file:
            schema = file.schema_arrow
            first, groups, offset = start, list[int](), 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if offset < stop and offset + rows > start:
                    first = first if groups else start - offset
                    groups.append(group)
                offset += rows
        pieces, seen = [], -first
        for batch in self._batches(max(1, stop - start), groups):
            low, high = max(0, -seen), min(len(batch), stop - start - seen)
            if low < high:
                pieces.append(batch.slice(low, high - low))
            seen += len(batch)
            if seen >= stop - start:
                break
        return pa.concat_tables(pieces) if pieces else schema.empty_table().rename_columns(list(self.columns))

    def _groups(self) -> int:
        with pq.ParquetFile(self.path) as file:
            groups: int = file.num_row_groups
        return groups

    def _batches(self, rows: int, groups: Sequence[int]) -> Iterator[pa.Table]:
        # Pages are read as they come: without it a row group, which may be the whole file, is read at once.
        with pq.ParquetFile(self.path, buffer_size=_BLOCK, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=rows, row_groups=list(groups), use_threads=False):
                yield pa.Table.from_batches([batch]).rename_columns(list(self.columns))


def _find_encoding(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        start = file.read(3)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _check_encoding(path, "utf-16")
    bad = {encoding: _first_bad_byte(path, encoding) for encoding in ("utf-8", "gb18030")}
    if bad["utf-8"] is None:
        return "utf-8-sig", "UTF-8 with a byte order mark" if start == codecs.BOM_UTF8 else "UTF-8"
    if bad["gb18030"] is None:
        return "gb18030", "GB18030 (or GBK, which it holds): it is not UTF-8"
    # What got further is what the file most likely is.
    encoding = max(bad, key=lambda name: bad[name] or 0)
    raise _broken(path, encoding, bad[encoding] or 0)


def _check_encoding(path: Path, encoding: str) -> tuple[str, str]:
    try:
        name = codecs.lookup(encoding).name
        bad = _first_bad_byte(path, "utf-8" if name == "utf-8-sig" else name)
    except (LookupError, AttributeError):
        raise ListError(Problem(path.name, 0, "", encoding, "a text encoding such as utf-8 or gb18030")) from None
    if bad is not None:
        raise _broken(path, name, bad)
    return "utf-8-sig" if name == "utf-8" else name, name.upper()


def _first_bad_byte(path: Path, encoding: str) -> int | None:
    """Return the offset of the first byte that is not valid, counted from 0."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            offset += len(block)
            if not block:
                return None


def _broken(path: Path, encoding: str, offset: int) -> ListError:
    line, rest = 1, offset
    with path.open("rb") as file:
        while rest:
            block = file.read(min(rest, _BLOCK))
            line += block.count(b"\n")
            rest -= len(block)
        byte = file.read(1)
    names = {"utf-8": "UTF-8, which it is up to there", "gb18030": "GB18030, which it is up to there"}
    expected = f"text in {names.get(encoding, encoding.upper())}; --encoding names another"
    return ListError(Problem(path.name, line, "", f"byte {offset + 1}: 0x{byte.hex()}", expected))


def _first_row(sample: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _unique(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name what has no name and number what has one that is taken; and say so."""
    names: dict[str, None] = {}
    notices = []
    for place, heading in enumerate(header, 1):
        name, number = heading if heading.strip() else f"column_{place}", 2
        while name in names or name == CELLS or (name != heading and name in header):
            name, number = f"{heading or 'column'}_{number}", number + 1
        if name != heading:
            notices.append(f"column {place} is headed {heading!r}: it is called {name!r} here")
        names[name] = None
    return tuple(names), tuple(notices)


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
