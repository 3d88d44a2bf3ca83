"""CSV and TSV files as programs write them: in any of the usual encodings, with rows that are longer, shorter or quoted amiss."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Container, Iterator, Sequence
from itertools import islice

import pyarrow as pa

from geo.errors import Problem
from geo.geocode.lists.encodings import BLOCK, BROKEN, check_encoding, find_encoding
from geo.geocode.lists.headings import CITIES, DISTRICTS, PROVINCES, REGIONS, TOWNSHIPS, find_headings, folded
from geo.geocode.lists.rows import HEAD_ROWS, MOST_COLUMNS, Fault, Flaws, ListError, ListFile, Notice, Oddity, Reading
from geo.ground.deadline import check_deadline
from geo.ground.names import normalize_name

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "，": "full-width comma"}
# A quote that is not closed after so many lines is none that opens a cell: it would swallow the rest of the file.
_MOST_LINES = 100
_MOST_CHARACTERS = 1 << 17
_DIVISION_HEADINGS = frozenset(map(normalize_name, (*PROVINCES, *CITIES, *DISTRICTS, *TOWNSHIPS, *REGIONS)))
_DIVISION = re.compile(r"\S+([省市区县镇乡]|街道)")


class TextList:
    """A CSV or TSV file; every column is text, and an empty cell is an empty text.

    A row with more or fewer cells than the headings, with broken bytes or with quotes that do not close is kept, and noted in ``flaws``: missing
    cells are empty, and surplus ones stand together in a last column of their own. Rows without any text are none.

    Parameters
    ----------
    file
        The file.
    reading
        How it is to be read.
    delimiter
        Where it is not given, the mark that parts most rows of its beginning into the same number of cells.

    Raises
    ------
    ListError
        If too many bytes are broken, or there are no headings.
    """

    def __init__(self, file: ListFile, reading: Reading, delimiter: str | None) -> None:
        self.name = file.name
        self.flaws = Flaws()
        self._file = file
        self._encoding, name, self._is_broken = check_encoding(file, reading.encoding) if reading.encoding else find_encoding(file)
        with self._open() as text:
            sample = text.read(BLOCK)
        stated = re.match("sep=(.)\r?\n", sample)
        self._delimiter = stated[1] if stated else delimiter or _find_delimiter(sample)
        # A line of its own that spreadsheets write for each other.
        self._has_hint = stated is not None
        self._is_tolerant = False
        try:
            self._look(reading.skip)
        except csv.Error:
            self._is_tolerant = True
            self._look(reading.skip)
        known = _DELIMITERS.get(self._delimiter, repr(self._delimiter))
        self.described = f"{file.name}: {name}, {known} between cells, {self.rows} rows"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return next(self.chunks(HEAD_ROWS))[1]

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        number, chunk, seen = 0, list[list[str]](), 0
        for row in self._fitted():
            seen += 1
            if number not in skip:
                chunk.append(row)
            if seen == rows:
                if number not in skip:
                    yield number, self._table(chunk)
                number, chunk, seen = number + 1, [], 0
        if (seen or number == 0) and number not in skip:
            yield number, self._table(chunk)

    def _look(self, skip: int | None) -> None:
        """Read the file once from its beginning to its end: where its headings stand, how wide and long it is, what is odd about it."""
        self.flaws = Flaws()
        first = [row for _, row in islice(self._records(), HEAD_ROWS)]
        headings = find_headings(self.name, first, skip)
        self._above = headings.first + headings.depth
        below = [row for row in first[headings.first + headings.depth :] if any(row)]
        ((usual, times),) = Counter(map(len, below)).most_common(1) or [(0, 0)]
        stated = len(headings.columns)
        # Where most rows agree on more cells than there are headings, the headings of the last ones are missing.
        is_wider = times >= 2 and 2 * times > len(below) and any(cell.strip() for row in below for cell in row[stated:usual])
        self._width = usual if is_wider else stated
        if self._width > MOST_COLUMNS:
            raise ListError(Problem(self.name, 1, "", f"{self._width} columns", f"at most {MOST_COLUMNS}"), Fault.HEADING)
        headings = find_headings(self.name, first, skip, self._width)
        self.columns, self.notices = headings.columns, headings.notices
        self._fills: tuple[int, ...] = ()
        count, has_surplus, broken_is_said = 0, False, 0
        for line, row in islice(self._records(), self._above, None):
            if not self._is_row(row):
                continue
            count += 1
            if not count % 1000:
                check_deadline()
            if len(row) != self._width:
                has_surplus = self._note_width(line, row) or has_surplus
            if self._is_broken and broken_is_said < 1000 and any(BROKEN in cell for cell in row):
                broken_is_said += 1
                place = next(place for place, cell in enumerate(row) if BROKEN in cell)
                column = self.columns[place] if place < self._width else ""
                expected = "bytes of the file's encoding; those that are none stand as �"
                self.flaws.add(Oddity.BYTES, Problem(self.name, line, column, row[place], expected))
        if has_surplus:
            name = f"column_{self._width + 1}"
            while name in self.columns:
                name += "_2"
            self.columns = (*self.columns, name)
            text = f"what rows have beyond the last heading stands in the column {name!r}"
            self.notices = (*self.notices, Notice("surplus", (name,), text))
        self.rows: int | None = count
        self._find_fills()

    def _note_width(self, line: int, row: Sequence[str]) -> bool:
        surplus = any(cell.strip() for cell in row[self._width :])
        if len(row) < self._width or surplus:
            shown = self._delimiter.join(row)
            self.flaws.add(Oddity.CELLS, Problem(self.name, line, "", shown, f"{self._width} cells, as in the header, and not {len(row)}"))
        return surplus

    def _find_fills(self) -> None:
        """Find columns of divisions that were merged cells: each name stands once, above the rows that it is for."""
        rows = list(islice(self._fitted(), HEAD_ROWS))
        for place, name in enumerate(self.columns):
            own = name.split(" ")[-1]
            if folded(own) not in _DIVISION_HEADINGS or len(rows) < 4:
                continue
            cells = [row[place].strip() for row in rows]
            filled = [cell for cell in cells if cell]
            is_once = len(filled) >= 2 and len(set(filled)) == len(filled) and all(map(_DIVISION.fullmatch, filled))
            if cells[0] and is_once and 2 * len(filled) <= len(cells):
                self._fills = (*self._fills, place)
                text = f"column {name}: a cell that is empty takes the one above it, as where cells were merged"
                self.notices = (*self.notices, Notice("filled", (name,), text))

    def _is_row(self, row: Sequence[str]) -> bool:
        # A blank line is a row only where a row is one cell.
        return self._width == 1 or (any(row) and any(cell.strip() for cell in row))

    def _fitted(self) -> Iterator[list[str]]:
        """Yield the rows below the headings, each with a cell for each column."""
        width, columns = self._width, len(self.columns)
        above: dict[int, str] = {}
        for number, (_, row) in enumerate(islice(self._records(), self._above, None)):
            if not number % 1000:
                check_deadline()
            if not self._is_row(row):
                continue
            if len(row) != columns or columns > width:
                surplus = [self._delimiter.join(row[width:])] if columns > width else []
                row = [*row[:width], *[""] * (width - len(row)), *surplus]
            for place in self._fills:
                if row[place].strip():
                    above[place] = row[place]
                else:
                    row[place] = above.get(place, "")
            yield row

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._file.open(), encoding=self._encoding, errors="replace", newline="")

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of each record; a blank line is an empty cell."""
        with self._open() as text:
            if self._has_hint:
                next(text, "")
            if self._is_tolerant:
                yield from self._read_amiss(text)
                return
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            for row in reader:
                yield reader.line_num + self._has_hint, row or [""]

    def _read_amiss(self, text: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        """Read a file whose quotes are not all doubled and closed: a record that is none is a line whose quotes are characters."""
        ahead: deque[str] = deque()
        line = int(self._has_hint)
        while True:
            first = ahead.popleft() if ahead else next(text, "")
            if not first:
                return
            line += 1
            lines = [first]
            quotes = first.count('"')
            while quotes % 2 and len(lines) < _MOST_LINES and sum(map(len, lines[-1:])) < _MOST_CHARACTERS:
                following = ahead[len(lines) - 1] if len(lines) <= len(ahead) else next(text, "")
                if not following:
                    break
                if len(lines) > len(ahead):
                    ahead.append(following)
                lines.append(following)
                quotes += following.count('"')
            row = self._parse(lines) if quotes % 2 == 0 else None
            if row is None:
                row = first.rstrip("\r\n").split(self._delimiter)
                self.flaws.add(Oddity.QUOTES, Problem(self.name, line, "", first.rstrip("\r\n"), "cells whose quotes are doubled inside and closed"))
            else:
                for _ in lines[1:]:
                    ahead.popleft()
                line += len(lines) - 1
            yield line, row or [""]

    def _parse(self, lines: Sequence[str]) -> list[str] | None:
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 else None

    def _table(self, rows: Sequence[Sequence[str]]) -> pa.Table:
        columns = zip(*rows, strict=True) if rows else [()] * len(self.columns)
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in zip(self.columns, columns, strict=True)})


def _find_delimiter(sample: str) -> str:
    def agreement(mark: str) -> tuple[float, int]:
        counts = []
        try:
            counts = [len(row) for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=mark), 100) if any(row)]
        except csv.Error:
            counts = [line.count(mark) + 1 for line in sample.splitlines()[:100] if line.strip()]
        usual = Counter(count for count in counts if count > 1).most_common(1)
        return (usual[0][1] / len(counts), usual[0][0]) if usual else (0, 0)

    scores = {mark: agreement(mark) for mark in _DELIMITERS}
    best = max(score for score, _ in scores.values())
    # Of marks that part as many rows, the one that parts them into most cells; a mark within cells seldom parts all of them.
    return max((mark for mark in _DELIMITERS if scores[mark][0] >= 0.9 * best), key=lambda mark: scores[mark][1]) if best else ","
