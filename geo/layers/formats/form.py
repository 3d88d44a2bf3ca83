"""In which form a file holds what it holds: its shape, its coordinates, its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from geo.ground.datum import Datum


class Shape(StrEnum):
    """How the figures of a place stand in its row: each with all that is said of it, or as plain numbers in columns of their own."""

    NESTED = "nested"
    WIDE = "wide"


class FigurePart(StrEnum):
    """Which number of a figure a column of the wide shape holds."""

    VALUE = "value"
    VALUE_MAX = "value_max"
    GROWTH_PCT = "growth_pct"
    GROWTH_MAX = "growth_max"
    RANK = "rank"


class FigureColumn(NamedTuple):
    """What the numbers of a column of the wide shape say; all of them may be compared.

    Attributes
    ----------
    indicator, label_zh, label_en
        What, as code and in words.
    period
        When, in ISO 8601; empty where the source does not say.
    unit, unit_en
        In what; of a growth in percent, of a rank its scope.
    status
        ``planned`` for what is intended.
    part
        Which number.
    """

    indicator: str
    label_zh: str
    label_en: str
    period: str
    unit: str
    unit_en: str
    status: str
    part: FigurePart


class Words(Protocol):
    """What columns are called and codes mean, in a language. Tables are called as the sheets of a workbook."""

    @property
    def language(self) -> str:
        """``zh``, ``en``, or empty for codes."""

    def title(self, column: str, table: str) -> str:
        """Name a column of a table; the column itself where it has no other name."""

    def labels(self, column: str, table: str) -> Mapping[str, str]:
        """Give the words for the codes that a column holds; empty where it holds none."""

    def figures(self, column: FigureColumn) -> str:
        """Name a column of figures, with its period and its unit."""


class Codes:
    """Columns under their codes and nothing put into words: for programs."""

    language = ""

    def title(self, column: str, table: str) -> str:  # noqa: ARG002 - as Words has it
        """Give the column itself."""
        return column

    def labels(self, column: str, table: str) -> Mapping[str, str]:  # noqa: ARG002 - as Words has it
        """Give no words."""
        return {}

    def figures(self, column: FigureColumn) -> str:
        """Name a column of figures by its codes."""
        planned = "planned" if column.status == "planned" else ""
        part = column.part if column.part is not FigurePart.VALUE else ""
        return " ".join(filter(None, (column.indicator, planned, column.period, part, f"({column.unit})" if column.unit else "")))


@dataclass(frozen=True)
class Form:
    """The form of a file.

    Attributes
    ----------
    shape
        Of the rows of places.
    crs
        Such as ``EPSG:4549``; empty for the format's own.
    datum
        Of degrees; only WGS-84 goes with a ``crs``.
    words
        Of columns and codes.
    has_headings
        Whether tables are headed by words with the codes beside them; by codes alone where programs read them.
    has_bom
        Whether a CSV begins with a byte order mark, without which spreadsheets take Chinese for GBK, and which some programs take for text.
    """

    shape: Shape = Shape.NESTED
    crs: str = ""
    datum: Datum = Datum.WGS84
    words: Words = field(default_factory=Codes)
    has_headings: bool = False
    has_bom: bool = True

    @property
    def is_wide(self) -> bool:
        """Whether figures stand in columns of their own."""
        return self.shape is Shape.WIDE

    @property
    def headings(self) -> Words:
        """What tables are headed by."""
        return self.words if self.has_headings else Codes()

    @property
    def marks(self) -> tuple[str, ...]:
        """What the name of a file says of its form; nothing of the usual one."""
        marks = [self.shape.value if self.is_wide else "", self.crs.replace(":", "").lower()]
        return tuple(filter(None, [*marks, self.datum.value.lower() if self.datum is not Datum.WGS84 else ""]))


def with_words(columns: Mapping[str, Sequence[Any]], table: str, words: Words) -> list[tuple[str, Sequence[Any]]]:
    """Head columns with words and their codes, and put what their codes mean before those that hold codes."""
    headed: list[tuple[str, Sequence[Any]]] = []
    for name, values in columns.items():
        title, labels = words.title(name, table), words.labels(name, table)
        if labels and any(labels.get(value, value) != value for value in values if value is not None):
            headed.append((title, [value if value is None else labels.get(value, value) for value in values]))
        headed.append((title if title == name else f"{title} {name}", values))
    return headed
