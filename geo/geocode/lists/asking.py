"""What of a row is asked: its columns as one address, without what is around an address in a list."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from geo.geocode.lists.columns import Choice

# What stands in a column of divisions and is none: the box that holds the districts of a city, and signs for nothing.
_NO_DIVISION = frozenset(
    ("市辖区", "市辖县", "县", "省直辖县级行政区划", "-", "--", "—", "——", "/", "\\", "无", "空", "null", "none", "n/a", "na", "nan", "0")
)
# A province/a city/a district in one cell, with any mark between.
_BETWEEN = re.compile(r"(?<=[省市区县])\s*[/\\|>,，、·\-—－]+\s*(?=[一-鿿])")
_BEFORE = re.compile(
    r"^\W*(?:(?:企业|公司|单位|详细|联系|通讯|通信|注册|经营|办公|生产|收件|收货|项目|工作)?(?:地址|住所|住址|地点|坐落)|address|add)"
    r"\s*(?:[:：]|\s)\s*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s,，;；。/|(（【\[]*(?:邮\s*政?\s*编\s*码?|邮政|联系(?:电话|方式|人)|电\s*话|手\s*机(?:号码?)?|传\s*真|\b(?:tel(?:ephone)?|phone|mobile|fax|zip)\b)"
    r"\s*(?:[:：.]|\s|(?=\d)).*$"
    r"|[\s,，;；。/|(（【\[]+(?:0\d{2,3}[-\s]?\d{7,8}(?:-\d{1,5})?|1[3-9]\d{9}|\d{6})[\s)）】\]]*$",
    re.IGNORECASE | re.DOTALL,
)
_POSTCODE = re.compile(r"^\s*[(（\[【]?(?:邮编[:：\s]*)?\d{6}[)）\]】]?[\s,，]*(?=[一-鿿])")
# Two quick looks tell most cells from those that may have anything around their address.
_MARKS, _LONG_NUMBER = re.compile("[:：邮话机传系址所]"), re.compile(r"\d{6}")
_BOX = re.compile(r"市辖区(?=.)")
# So far into an address its divisions stand.
_HEAD = 24


def asked_texts(table: pa.Table, choice: Choice) -> list[str]:
    """Return what is asked for each row of a table; empty where there is nothing to ask."""
    columns = [cells_as_text(table[name]) for name in choice.columns]
    if len(columns) == 1:
        return [plain_address(cell) for cell in columns[0]]
    known: dict[tuple[str, ...], str] = {}
    texts = []
    for row in zip(*columns, strict=True):
        text = known.get(row)
        if text is None:
            text = known[row] = join_address(row)
        texts.append(text)
    return texts


def join_address(parts: Sequence[str]) -> str:
    """Join the columns of an address, from coarse to fine, and say nothing twice: the last one often begins with the others.

    Parameters
    ----------
    parts
        The cells of a row.

    Returns
    -------
    str
        The address; empty where all cells are.
    """
    *divisions, last = (cell.strip() for cell in parts)
    text = plain_address(last)
    if text.lower() in _NO_DIVISION:
        text = ""
    for division in reversed(divisions):
        name = _plain_division(division)
        if not name or name in text[:_HEAD]:
            continue
        # English goes from fine to coarse, with commas.
        text = f"{text}, {name}" if text and name.isascii() and text.isascii() else name + text
    return _BOX.sub("", text) if "市辖区" in text else text


def _plain_division(cell: str) -> str:
    """Return the divisions of a cell; empty where it names none."""
    if cell.lower() in _NO_DIVISION:
        return ""
    return cell if cell.isalpha() else _BETWEEN.sub("", cell)


def plain_address(cell: str) -> str:
    """Return the address of a cell without the words, numbers and brackets that a list has around it: 联系地址：…, a postcode, a telephone number.

    A cell with nothing but these stays as it is.
    """
    text = cell.strip()
    if "市辖区" in text:
        text = _BOX.sub("", text)
    if not (_MARKS.search(text) or _LONG_NUMBER.search(text)):
        return text
    plain = _POSTCODE.sub("", _BEFORE.sub("", text[:10_000]))
    plain = _AFTER.sub("", plain).strip(" \t\r\n,，;；")
    return plain or text


def cells_as_text(cells: pa.ChunkedArray) -> list[str]:
    """Return cells as text; what is null is empty."""
    return [cell or "" for cell in cells.cast(pa.string()).to_pylist()]
