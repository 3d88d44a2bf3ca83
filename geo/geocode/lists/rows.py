"""What every kind of list is read into: rows under headings, what is odd about some of them, and why a list cannot be read at all."""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import pyarrow as pa

from geo.errors import GeoError, Problem

# Beside the columns of a workbook: what its cells hold that are not text, as JSON; null where all of the row is text.
CELLS = "__cells__"
# Beside the answers: what stands in the row as it was asked or would have been without a correction, and which row of the list it is.
ASKED, ROW_NUMBER = "__asked__", "__row__"
# What is never written.
HIDDEN = frozenset({CELLS, ASKED, ROW_NUMBER})
# Columns beyond these are no list; a row that states a cell in the last column of a workbook would be filled up to it.
MOST_COLUMNS = 1000
# How many rows are looked at to find out what a list is.
HEAD_ROWS = 1000
# What a workbook may unzip to: the text of some ten million cells.
MOST_UNZIPPED = 1 << 30
# The first ones say what kind they are; a file in another form has as many as rows.
_MOST_FLAWS = 100


class Fault(StrEnum):
    """Why a list cannot be read, geocoded or written, for a reader of another language."""

    KIND = "kind"
    BYTES = "bytes"
    WORKBOOK = "workbook"
    TOO_LARGE = "too_large"
    SHEET = "sheet"
    HEADING = "heading"
    COLUMN = "column"
    CORRECTION = "correction"
    TARGET = "target"
    OTHER = "other"


class ListError(GeoError):
    """A list that cannot be read, geocoded or written; ``problem`` says where and what was expected, ``fault`` of which kind it is."""

    def __init__(self, problem: Problem, fault: Fault = Fault.OTHER) -> None:
        self.problem = problem
        self.fault = fault
        super().__init__(str(problem))


class Oddity(StrEnum):
    """What may be odd about a row that is kept nevertheless."""

    CELLS = "cells"
    BYTES = "bytes"
    QUOTES = "quotes"
    FORMULA = "formula"
    FAR = "far"


class Flaw(NamedTuple):
    """A row that is kept although something is wrong with it.

    Attributes
    ----------
    oddity
        What.
    problem
        Where, and what was expected; the line is that of the file.
    """

    oddity: Oddity
    problem: Problem


class Flaws:
    """What is odd about the rows of a list: how many, and the first of them; a row that is read again counts once.

    Attributes
    ----------
    first
        The first hundred.
    """

    def __init__(self) -> None:
        self.first: list[Flaw] = []
        self._seen: set[tuple[Oddity, int, str]] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, oddity: Oddity, problem: Problem) -> None:
        """Note a flaw."""
        key = (oddity, problem.line, problem.column)
        if key not in self._seen:
            self._seen.add(key)
            if len(self.first) < _MOST_FLAWS:
                self.first.append(Flaw(oddity, problem))


class Notice(NamedTuple):
    """What the reader of a list should know, such as a heading that had to be changed.

    Attributes
    ----------
    kind
        For a reader of another language: ``heading``, ``above``, ``two_rows``, ``sheet``, ``filled``.
    values
        What it is about.
    text
        The same as a sentence.
    """

    kind: str
    values: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class ListFile:
    """The bytes of a list, on a disk or, as somebody has sent them, in memory.

    Attributes
    ----------
    name
        Of the file; its extension says which kind of list it is.
    path
        Where it lies; ``None``: in memory.
    content
        What it holds where it has no path.
    """

    name: str
    path: Path | None = None
    content: bytes = b""

    @property
    def extension(self) -> str:
        """Of the name, in small letters."""
        return Path(self.name).suffix.lower()

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")


class Reading(NamedTuple):
    """How a list is to be read; what is ``None`` is found out.

    Attributes
    ----------
    encoding
        Of a text file.
    sheet
        Of a workbook.
    skip
        How many rows stand above the headings.
    most_unzipped
        What a workbook may unzip to, in bytes.
    """

    encoding: str | None = None
    sheet: str | None = None
    skip: int | None = None
    most_unzipped: int = MOST_UNZIPPED


class List(Protocol):
    """An open list.

    Attributes
    ----------
    name
        Of its file.
    columns
        The names of its columns, each only once.
    rows
        How many there are; ``None`` where only reading it to its end would tell.
    described
        What it is, in words, with its encoding.
    notices
        What its reader should know.
    flaws
        What is odd about rows; complete when the list has been read to its end.
    """

    name: str
    columns: tuple[str, ...]
    rows: int | None
    described: str
    notices: tuple[Notice, ...]
    flaws: Flaws

    def head(self) -> pa.Table:
        """Return the first rows, at most a thousand."""
        ...

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number, from 0, and the rows of each chunk that is not to be skipped; a list without rows is one empty chunk."""
        ...
