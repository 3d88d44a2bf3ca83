"""Tables of documents as sentences, so that every number stands with what it is of and with its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

# A paragraph and where it is from: text, and page, table and row where it has them.
Piece = dict[str, Any]

_NUMBER = re.compile(r"-?[\d,，]*\d(?:[.．]\d+)?")
_UNIT = re.compile(r"[(（]\s*(?:单位[:：]\s*)?([^()（）\s]{1,10})\s*[)）]\s*$")
_UNIT_HEAD = re.compile(r"(?:计量|数量)?单位")
_UNIT_LINE = re.compile(r"单位\s*[:：]\s*([^\s，。；()（）]{1,10})")


def write_table(grid: list[list[str]], number: int) -> Iterator[Piece]:
    """Write a table row by row as sentences: each number with the head of its row, of its column and with its unit.

    Parameters
    ----------
    grid
        The cells.
    number
        Of the table in the document, from 1.
    """
    if not any(_NUMBER.fullmatch(cell) for row in grid for cell in row):
        for position, row in enumerate(grid, start=1):
            text = "；".join(dict.fromkeys(cell for cell in row if cell))
            if text:
                yield {"text": text, "table": number, "row": position}
        return
    heads: list[str] = []
    unit_line = ""
    for position, row in enumerate(grid, start=1):
        numbers = [cell for cell in row if _NUMBER.fullmatch(cell)]
        said = _UNIT_LINE.search(" ".join(row))
        if said and not numbers:
            unit_line = said[1]
            continue
        if not numbers:
            if len(set(row)) > 1 or not heads:
                heads = (
                    [_joined(old, new) for old, new in zip(heads, row, strict=False)]
                    if heads and len(heads) == len(row) and position <= 3
                    else list(row)
                )
            continue
        subject = next((cell for cell in row if cell and not _NUMBER.fullmatch(cell)), "")
        parts = []
        # A column of units says the unit of each row.
        units = [column for column, head in enumerate(heads) if column < len(row) and _UNIT_HEAD.fullmatch(head)]
        unit_of_row = row[units[0]] if units else ""
        for column, cell in enumerate(row):
            if not cell or cell == subject or column in units:
                continue
            head = heads[column] if column < len(heads) else ""
            unit = _UNIT.search(head)
            written = unit[1] if unit else unit_of_row or unit_line if _NUMBER.fullmatch(cell) else ""
            named = _UNIT.sub("", head).strip()
            parts.append(f"{named}{cell}{written}" if _NUMBER.fullmatch(cell) else f"{named}{cell}" if named != cell else cell)
        own = _UNIT.search(subject)
        if own:
            # 税收收入（亿元） at the head of a row: its unit belongs to each number of it.
            subject = _UNIT.sub("", subject).strip()
            parts = [part if not _NUMBER.search(part) or part.endswith(own[1]) else part + own[1] for part in parts]
        yield {"text": f"{subject}：{'，'.join(parts)}。", "table": number, "row": position}


# Cells of a plain text: set apart by a tab or by several blanks.
_APART = re.compile(r"[ \u00a0\u3000]*\t[ \u00a0\u3000\t]*|[ \u00a0\u3000]{2,}")
_AMOUNT = re.compile(r"[-+]?\d[\d,，]*(?:[.．]\d+)?\s*[%％]?|[-—–/]+")
_LEAST_ROWS = 2


def find_tables(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Find the tables of a plain text whose columns are set apart by blanks or tabs.

    Parameters
    ----------
    lines
        Of the text.

    Returns
    -------
    list of tuple of int and int
        The first line of each and the one behind its last: lines of as many cells each, the first one without a number, and at least two with nothing
        but numbers behind their head. A line with the unit of the table may stand above.
    """
    cells = [split_cells(line) for line in lines]
    tables, first = [], 0
    while first < len(lines):
        last = first
        while last < len(lines) and len(cells[last]) == len(cells[first]) > 1:
            last += 1
        rows = cells[first:last]
        amounts = sum(all(_AMOUNT.fullmatch(cell) for cell in row[1:]) for row in rows)
        if amounts >= _LEAST_ROWS and not any(_AMOUNT.fullmatch(cell) for cell in rows[0]) and amounts >= len(rows) - 2:
            has_unit = first > 0 and _UNIT_LINE.search(lines[first - 1]) is not None and len(cells[first - 1]) == 1
            tables.append((first - has_unit, last))
        first = max(last, first + 1)
    return tables


def split_cells(line: str) -> list[str]:
    """Cut a line of a plain text into cells."""
    return _APART.split(line.strip(" \u00a0\u3000\t"))


def _joined(old: str, new: str) -> str:
    return old if old == new or not new else new if not old else f"{old}{new}"
