"""Which columns hold the addresses or names: by their headings, else by their cells; never a guess between two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from geo.errors import Problem
from geo.geocode.lists.headings import ADDRESSES, CITIES, DISTRICTS, NAMES, PROVINCES, REGIONS, TOWNSHIPS, folded, is_one_of
from geo.geocode.lists.rows import Fault, ListError
from geo.ground.names import normalize_name

_ENDINGS = (("地址", "住所", "地点", "位置", "address"), ("名称", "名", "name"))
# Firms are in no list of places: where their township is known, that says more than their name.
_FIRMS = frozenset(map(normalize_name, ("企业名称", "单位名称", "公司名称", "机构名称", "企业", "公司", "单位", "company", "company name")))
# What names of places and firms end in or hold, and other Chinese text seldom does.
_PLACE_WORD = re.compile(r"[省市区县镇乡村路街巷弄号城园谷港湾厦厂院站场楼]|街道|基地|中心|公司|集团|大学|学校|银行|小镇")
_CHINESE = re.compile(r"[一-鿿㐀-䶿]")
_DIVISION = re.compile(r"[省市区县镇乡]|街道|province|city|district|county", re.IGNORECASE)
_LOOKS_LEAST, _LOOKS_LEAD = 0.5, 0.2


class Choice(NamedTuple):
    """What of a list is asked.

    Attributes
    ----------
    columns
        The columns that are an address or a name when they are read one after another, from coarse to fine; mostly one.
    why
        Why these, in words.
    admin_column
        The column with the division that a row lies in; ``None`` where there is none, or it is among the columns.
    """

    columns: tuple[str, ...]
    why: str
    admin_column: str | None

    @property
    def column(self) -> str:
        """The columns, in words."""
        return " + ".join(self.columns)


def choose_columns(file: str, head: Mapping[str, Sequence[str]], columns: Sequence[str], admin_column: str | None) -> Choice:
    """Choose the columns with the addresses or names and the one with the division.

    Parameters
    ----------
    file
        The name of the list's file, for errors.
    head
        The first rows as text, by column.
    columns, admin_column
        What was asked for; found out where there is none.

    Raises
    ------
    ListError
        If a column is not there, or none or several could hold the names; it lists the columns and names ``--column``.
    """
    for asked, option in (*((column, "--column") for column in columns), *([(admin_column, "--admin-column")] if admin_column is not None else [])):
        if asked not in head:
            raise ListError(Problem(file, 1, asked, "", f"one of the columns {', '.join(head)} for {option}"), Fault.COLUMN)
    divisions = _Divisions(head, [*columns, *([admin_column] if admin_column else [])])
    if columns:
        admin = admin_column or (divisions.district if len(columns) == 1 else None)
        return Choice(tuple(columns), "it was asked for" if len(columns) == 1 else "they were asked for", admin)
    filled = {name: cells for name, cells in head.items() if name != admin_column and (any(cell.strip() for cell in cells) or not cells)}
    rest = {name: cells for name, cells in filled.items() if name not in divisions.parts}
    found = _by_heading(rest) or _by_parts(divisions, rest)
    if found is None:
        column, why = _by_looks(file, head, {name: cells for name, cells in filled.items() if name != divisions.district})
        return Choice((column,), why, admin_column or divisions.district)
    column, why, is_address = found
    if admin_column is None and divisions.parts and not is_address and folded(column) in _FIRMS and divisions.township:
        return Choice(divisions.parts, "they are the divisions down to the township, and firms are in no list of places", None)
    if admin_column is None and column and is_address and len(divisions.parts) > (divisions.parts == (divisions.district,)):
        return Choice((*divisions.parts, column), "their headings are those of divisions and of an address", None)
    if not column:
        return Choice(divisions.parts, why, admin_column)
    return Choice((column,), why, admin_column or divisions.district)


class _Divisions:
    """The columns with divisions, from coarse to fine.

    Attributes
    ----------
    district, township
        Those with districts and townships, where there are some.
    parts
        All of them.
    """

    def __init__(self, head: Mapping[str, Sequence[str]], taken: Iterable[str]) -> None:
        free = [name for name in head if name not in set(taken)]

        def of(headings: Sequence[str], *, is_doubtful: bool = False) -> str | None:
            for heading in map(normalize_name, headings):
                for name in free:
                    is_it = folded(name) == heading and _are_divisions(head[name]) if is_doubtful else is_one_of(name, frozenset({heading}))
                    if is_it:
                        return name
            return None

        # 地区 may be anything: 华东, or the region of a division.
        region = of(REGIONS, is_doubtful=True)
        province, city, self.district, self.township = of(PROVINCES), of(CITIES), of(DISTRICTS), of(TOWNSHIPS)
        self.parts = tuple(dict.fromkeys(name for name in (region, province, city, self.district, self.township) if name is not None))


def _are_divisions(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(1 for cell in filled if _DIVISION.search(cell)) > len(filled) / 2


def _by_heading(filled: Mapping[str, Sequence[str]]) -> tuple[str, str, bool] | None:
    for kind, headings, ends in (("an address", ADDRESSES, _ENDINGS[0]), ("a name", NAMES, _ENDINGS[1])):
        for heading in headings:
            for name in filled:
                if normalize_name(heading) in (folded(name), folded(name.split(" ")[-1])):
                    return name, f"its heading is that of {kind}", kind == "an address"
        ending = [name for name in filled if folded(name).endswith(ends)]
        if len(ending) == 1:
            return ending[0], f"its heading ends like that of {kind}, and no other does", kind == "an address"
    return None


def _by_parts(divisions: _Divisions, rest: Mapping[str, Sequence[str]]) -> tuple[str, str, bool] | None:
    """Take divisions alone where nothing else looks like a name."""
    looks = max(map(_looks, rest.values()), default=0.0)
    if len(divisions.parts) >= 2 and looks < _LOOKS_LEAST:
        return "", "their headings are those of divisions, and no other column is one of names", True
    return None


def _by_looks(file: str, head: Mapping[str, Sequence[str]], filled: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    looks = sorted(((_looks(cells), name) for name, cells in filled.items()), key=lambda look: -look[0])
    good = [(look, name) for look, name in looks if look >= _LOOKS_LEAST]
    columns = ", ".join(head)
    if not good:
        expected = f"a column whose heading or cells are names or addresses; the columns are {columns}; choose one with --column"
        raise ListError(Problem(file, 1, "", "", expected), Fault.COLUMN)
    if len(good) > 1 and good[0][0] - good[1][0] < _LOOKS_LEAD:
        could = ", ".join(name for look, name in good if good[0][0] - look < _LOOKS_LEAD)
        expected = f"one column of names or addresses, and {could} could be it; the columns are {columns}; choose one with --column"
        raise ListError(Problem(file, 1, "", "", expected), Fault.COLUMN)
    look, name = good[0]
    if len(name) >= 4 and _looks([name]) == 1:
        # Otherwise the first name of a list without a header would be taken for one, and never be geocoded.
        expected = f"a header in the first line, and {name!r} looks like a name itself; if it is the heading, say so with --column"
        raise ListError(Problem(file, 1, name, "", expected), Fault.COLUMN)
    return name, f"{look:.0%} of its cells look like names or addresses, more than of any other"


def _looks(cells: Sequence[str]) -> float:
    """Return the share of filled cells that look like names of places or firms in Chinese, lowered where few of them differ."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return 0.0
    like = sum(1 for cell in filled if len(_CHINESE.findall(cell)) >= 2 and len(cell) <= 80 and _PLACE_WORD.search(cell)) / len(filled)
    return like * min(1.0, 2 * len(set(filled)) / len(filled))
