"""Where the headings of a list stand, and what they say: below a title, in two rows, or with names that are missing or given twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from geo.errors import Problem
from geo.geocode.lists.rows import CELLS, Fault, ListError, Notice
from geo.ground.names import normalize_name

# In the order of preference: an address says more than a name.
ADDRESSES = (
    "详细地址", "地址", "企业地址", "单位地址", "公司地址", "项目地址", "经营地址", "实际经营地址", "生产经营地址", "办公地址", "注册地址",
    "通讯地址",
    "联系地址", "通信地址", "机构地址", "场所地址", "具体地址", "街道地址", "地址信息", "门牌地址", "住所", "住址", "住所地", "注册地",
    "经营场所", "地点", "项目地点", "建设地点", "位置", "坐落", "工作地点", "address", "addr", "full address", "street address",
    "address line 1", "street", "street and number",
)  # fmt: skip
NAMES = (
    "名称", "企业名称", "单位名称", "公司名称", "机构名称", "项目名称", "园区名称", "平台名称", "产业平台", "平台", "园区", "地名", "企业", "公司",
    "单位", "项目", "name", "place", "place name", "location", "company", "company name", "platform", "site",
)  # fmt: skip
# The division that a row lies in, from coarse to fine; the last ones hold several at once.
PROVINCES = ("省", "省份", "所在省", "所属省", "省级", "注册省份", "province", "state", "pname")
CITIES = ("市", "城市", "地市", "地级市", "所在市", "所在城市", "所属城市", "所属市", "市级", "city", "cityname")
DISTRICTS = (
    "区县", "县区", "区县市", "县市区", "市县区", "城区", "行政区", "行政区划", "所属区县", "所在区县", "所属区", "所在区", "属地", "所属行政区",
    "区", "县", "辖区", "区级", "区县级", "区市县", "注册区县", "district", "county", "adname",
)  # fmt: skip
TOWNSHIPS = (
    "街道", "乡镇", "镇街", "街镇", "街道乡镇", "乡镇街道", "镇街道", "所属街道", "所在街道", "所属乡镇", "所在乡镇", "属地街道", "镇", "乡",
    "township", "subdistrict", "town",
)  # fmt: skip
REGIONS = ("省市区", "省市区县", "省市县", "市区", "市区县", "所在地区", "所属地区", "地区", "区域", "所属区域", "行政区域", "region", "area")
_OTHERS = (
    "序号", "编号", "联系人", "电话", "联系电话", "手机", "备注", "行业", "统一社会信用代码", "法定代表人", "法人", "类别", "类型", "邮编",
    "产值", "营业收入", "成立日期", "注册资本", "no", "id", "phone", "remark", "remarks", "type",
)  # fmt: skip
KNOWN = frozenset(map(normalize_name, (*ADDRESSES, *NAMES, *PROVINCES, *CITIES, *DISTRICTS, *TOWNSHIPS, *REGIONS, *_OTHERS)))
_TELLING = frozenset(map(normalize_name, (*ADDRESSES, *NAMES)))

_OWNER = re.compile(r"^(?:您?的?(?:企业|单位|公司|机构|项目|园区|工作|注册|经营|办公|生产|居住|联系|通讯|收货|收件)?的?(?:所在|所属|详细)?)")

# Nobody writes more above a list.
_DEEPEST = 30
_LONGEST = 40


class Headings(NamedTuple):
    """The headings of a list.

    Attributes
    ----------
    first
        Their first row among the rows that were looked at, counted from 0.
    depth
        How many rows they take: 1 or 2.
    columns
        The name of each column, each only once.
    notices
        What a reader should know of them.
    is_known
        Whether one of them is that of an address or a name.
    """

    first: int
    depth: int
    columns: tuple[str, ...]
    notices: tuple[Notice, ...]
    is_known: bool


def folded(heading: str) -> str:
    """Return what of a heading says what the column holds: 地址（必填） is 地址, and so are *地址 and 3、地址."""
    plain = re.sub(r"^\s*\d+\s*[、.．)）]", "", heading)
    return normalize_name(re.sub(r"[(（\[【].*?[)）\]】]", "", plain)) or normalize_name(heading)


def is_one_of(name: str, headings: frozenset[str]) -> bool:
    """Tell whether a heading is one of some, whoever it is of: 单位所在区县 is 区县, and so is the lower one of two rows."""
    own = (folded(name), folded(name.split(" ")[-1]))
    return any(each in headings or _OWNER.sub("", each) in headings for each in own)


def find_headings(file: str, rows: Sequence[Sequence[str]], skip: int | None, width: int = 0) -> Headings:
    """Find the headings in the first rows of a list.

    Parameters
    ----------
    file
        The name of the list's file, for errors.
    rows
        The first rows, as text.
    skip
        How many of them stand above the headings; ``None``: found out, by what headings say and by how many cells are filled.
    width
        How many columns there are at least.

    Raises
    ------
    ListError
        If there is no row that could be headings.
    """
    if skip is not None and skip >= len(rows):
        raise ListError(Problem(file, skip + 1, "", "", f"the headings below {skip} rows"), Fault.HEADING)
    first = _find_first(rows) if skip is None else skip
    if not rows or not any(cell.strip() for cell in rows[first]):
        raise ListError(Problem(file, first + 1, "", "", "a header with the names of the columns"), Fault.HEADING)
    notices = []
    if skip is None and first:
        shown = " ".join(cell.strip() for row in rows[:first] for cell in row if cell.strip())[:40]
        notices.append(Notice("above", (str(first), shown), f"{first} rows stand above the headings and are left out: {shown!r}"))
    upper = list(rows[first])
    depth = 1
    if first + 1 < len(rows) and _is_second_row(upper, rows[first + 1]):
        depth = 2
        upper = _joined(upper, rows[first + 1])
        notices.append(Notice("two_rows", (str(first + 1),), f"the headings stand in two rows, from row {first + 1} on"))
    while upper and not upper[-1].strip():
        upper.pop()
    upper += [""] * (width - len(upper))
    columns, changed = name_columns(upper)
    return Headings(first, depth, columns, (*notices, *changed), any(folded(name) in _TELLING for name in upper))


def _find_first(rows: Sequence[Sequence[str]]) -> int:
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    if not filled:
        return 0
    usual = Counter(count for count in filled if count).most_common()
    most = max((count for count, times in usual if times == usual[0][1]), default=1)
    known = [sum(1 for cell in row if folded(cell) in KNOWN) for row in rows[:_DEEPEST]]
    for place, count in enumerate(known):
        # A single known word may be a title, such as 项目; among others it is a heading.
        if count >= 2 or (count and filled[place] >= max(1, most / 2)):
            return place
    return next((place for place, count in enumerate(filled[:_DEEPEST]) if count >= max(1, 0.6 * most)), 0)


def _is_second_row(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether a row below a heading divides some of its columns: it is filled only below the groups of the first one."""
    width = max(len(upper), len(lower))
    above = [cell.strip() for cell in (*upper, *[""] * (width - len(upper)))]
    below = [cell.strip() for cell in (*lower, *[""] * (width - len(lower)))]
    if not any(below) or any(len(cell) > _LONGEST or re.search(r"\d{3}", cell) for cell in below):
        return False
    for place, cell in enumerate(below):
        begins_group = above[place] and place + 1 < width and not above[place + 1] and below[place + 1]
        if cell and above[place] and not begins_group:
            return False
    known = sum(1 for cell in below if folded(cell) in KNOWN)
    is_merged = any(one and not other for one, other in zip(above, below, strict=True))
    divides = any(other and not one for one, other in zip(above, below, strict=True))
    return divides and (known >= 2 or (is_merged and known >= 1))


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    names, group = [], ""
    lower = [*lower, *[""] * (len(upper) - len(lower))]
    for place, own in enumerate(lower):
        above = upper[place].strip() if place < len(upper) else ""
        group = above or (group if own.strip() else "")
        names.append((group, own.strip()))
    taken = Counter(own for _, own in names if own)
    return [own if own and taken[own] == 1 else f"{group} {own}".strip() for group, own in names]


def name_columns(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Name columns by their headings: what has no name, or one that is taken, gets one, and that is said."""
    names: dict[str, None] = {}
    notices = []
    for place, heading in enumerate(header, 1):
        name, number = heading if heading.strip() else f"column_{place}", 2
        while name in names or name == CELLS or (name != heading and name in header):
            name, number = f"{heading or 'column'}_{number}", number + 1
        if name != heading:
            notices.append(Notice("heading", (str(place), heading, name), f"column {place} is headed {heading!r}: it is called {name!r} here"))
        names[name] = None
    return tuple(names), tuple(notices)
