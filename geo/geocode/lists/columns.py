"""Which column holds the names: by its heading, else by its cells; never a guess between two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geo.errors import Problem
from geo.geocode.lists.reading import ListError
from geo.names import normalize_name

# In the order of preference: an address says more than a name.
_ADDRESSES = (
    "详细地址", "地址", "企业地址", "单位地址", "公司地址", "项目地址", "注册地址", "经营地址", "办公地址", "通讯地址", "联系地址", "通信地址",
    "住所", "注册地", "地点", "项目地点", "建设地点", "位置", "坐落", "address", "addr", "full address", "street address",
)  # fmt: skip
_NAMES = (
    "名称", "企业名称", "单位名称", "公司名称", "机构名称", "项目名称", "园区名称", "平台名称", "产业平台", "平台", "园区", "地名", "企业", "公司",
    "单位", "项目", "name", "place", "place name", "location", "company", "platform", "site",
)  # fmt: skip
_DIVISIONS = (
    "区县", "县区", "区县市", "县市区", "城区", "行政区", "行政区划", "所属区县", "所在区县", "所属区", "所在区", "属地", "所属行政区",
    "district", "county",
)  # fmt: skip
_ENDINGS = (("地址", "住所", "地点", "位置", "address"), ("名称", "名", "name"))
# What names of places and firms end in or hold, and other Chinese text seldom does.
_PLACE_WORD = re.compile(r"[省市区县镇乡村路街巷弄号城园谷港湾厦厂院站场楼]|街道|基地|中心|公司|集团|大学|学校|银行|小镇")
_CHINESE = re.compile(r"[一-鿿㐀-䶿]")
_LOOKS_LEAST, _LOOKS_LEAD = 0.5, 0.2


class Choice(NamedTuple):
    """What of a list is asked.

    Attributes
    ----------
    column
        The column with the names or addresses.
    why
        Why this one, in words.
    admin_column
        The column with the division that a row lies in; ``None`` where there is none.
    """

    column: str
    why: str
    admin_column: str | None


def choose_columns(file: str, head: Mapping[str, Sequence[str]], column: str | None, admin_column: str | None) -> Choice:
    """Choose the column with the names and the one with the division.

    Parameters
    ----------
    file
        The name of the list's file, for errors.
    head
        The first rows as text, by column.
    column, admin_column
        What was asked for; found out where it is ``None``.

    Raises
    ------
    ListError
        If a column is not there, or none or several could hold the names; it lists the columns and names ``--column``.
    """
    for asked, option in ((column, "--column"), (admin_column, "--admin-column")):
        if asked is not None and asked not in head:
            raise ListError(Problem(file, 1, asked, "", f"one of the columns {', '.join(head)} for {option}"))
    if admin_column is None:
        admin_column = next((name for heading in _DIVISIONS for name in head if _folded(name) == normalize_name(heading) and name != column), None)
    if column is not None:
        return Choice(column, "it was asked for", admin_column)
    filled = {name: cells for name, cells in head.items() if name != admin_column and (any(cell.strip() for cell in cells) or not cells)}
    return _by_heading(filled, admin_column) or _by_looks(file, head, filled, admin_column)


def _by_heading(filled: Mapping[str, Sequence[str]], admin_column: str | None) -> Choice | None:
    for kind, headings in (("an address", _ADDRESSES), ("a name", _NAMES)):
        for heading in headings:
            for name in filled:
                if _folded(name) == normalize_name(heading):
                    return Choice(name, f"its heading is that of {kind}", admin_column)
    for kind, endings in (("an address", _ENDINGS[0]), ("a name", _ENDINGS[1])):
        ending = [name for name in filled if _folded(name).endswith(endings)]
        if len(ending) == 1:
            return Choice(ending[0], f"its heading ends like that of {kind}, and no other does", admin_column)
    return None


def _by_looks(file: str, head: Mapping[str, Sequence[str]], filled: Mapping[str, Sequence[str]], admin_column: str | None) -> Choice:
    looks = sorted(((_looks(cells), name) for name, cells in filled.items()), key=lambda look: -look[0])
    good = [(look, name) for look, name in looks if look >= _LOOKS_LEAST]
    columns = ", ".join(head)
    if not good:
        expected = f"a column whose heading or cells are names or addresses; the columns are {columns}; choose one with --column"
        raise ListError(Problem(file, 1, "", "", expected))
    if len(good) > 1 and good[0][0] - good[1][0] < _LOOKS_LEAD:
        could = ", ".join(name for look, name in good if good[0][0] - look < _LOOKS_LEAD)
        expected = f"one column of names or addresses, and {could} could be it; the columns are {columns}; choose one with --column"
        raise ListError(Problem(file, 1, "", "", expected))
    look, name = good[0]
    if len(name) >= 4 and _looks([name]) == 1:
        # Otherwise the first name of a list without a header would be taken for one, and never be geocoded.
        expected = f"a header in the first line, and {name!r} looks like a name itself; if it is the heading, say so with --column"
        raise ListError(Problem(file, 1, name, "", expected))
    return Choice(name, f"{look:.0%} of its cells look like names or addresses, more than of any other", admin_column)


def _looks(cells: Sequence[str]) -> float:
    """Return the share of filled cells that look like names of places or firms in Chinese, lowered where few of them differ."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return 0.0
    like = sum(1 for cell in filled if len(_CHINESE.findall(cell)) >= 2 and len(cell) <= 80 and _PLACE_WORD.search(cell)) / len(filled)
    return like * min(1.0, 2 * len(set(filled)) / len(filled))


def _folded(heading: str) -> str:
    # 地址（必填） is 地址.
    return normalize_name(re.sub(r"[(（\[【].*?[)）\]】]", "", heading)) or normalize_name(heading)
