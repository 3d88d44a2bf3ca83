"""The grammar of units: a scale, a base, and for a compound a slash and another of both. 万千瓦 is 10⁴ × 千瓦, 万元/亩 is 10⁴ × 元/亩.

One grammar serves the tables, the verifier and the drafts, so that a unit which can be read from a text can be stated in a row. Factors are exact
decimals. Nothing here does I/O.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from geo.tables.kinds import UnitKind


class Unit(NamedTuple):
    """A unit as it is printed.

    Attributes
    ----------
    zh, en
        The unit as printed, and in English.
    kind
        What it measures.
    magnitude
        How many of ``base`` one unit is; exact.
    base, base_en
        The unit without its 万 or 亿, as printed directly behind a number; and in English. Empty for 个, which may be left out.
    """

    zh: str
    en: str
    kind: UnitKind
    magnitude: Decimal
    base: str
    base_en: str


class Base(NamedTuple):
    """A unit without a scale: in English, what it measures, and how many of the first unit of its ``measure`` it is (exact)."""

    en: str
    kind: UnitKind
    measure: str
    factor: Decimal


ENGLISH_SCALES = {"thousand": Decimal(10**3), "million": Decimal(10**6), "billion": Decimal(10**9), "trillion": Decimal(10**12)}
SCALES = {"百": Decimal(10**2), "千": Decimal(10**3), "万": Decimal(10**4), "亿": Decimal(10**8)}
_SCALES_EN = {
    Decimal(10**2): "100",
    Decimal(10**3): "1,000",
    Decimal(10**4): "10,000",
    Decimal(10**5): "100,000",
    Decimal(10**6): "million",
    Decimal(10**7): "10 million",
    Decimal(10**8): "100 million",
    Decimal(10**9): "billion",
    Decimal(10**10): "10 billion",
    Decimal(10**11): "100 billion",
    Decimal(10**12): "trillion",
}
# Bases by what they measure; each line: the names that are printed, English, factor to the first of its measure.
_MEASURES: dict[tuple[UnitKind, str], str] = {
    (UnitKind.MONEY, "CNY"): "元 人民币元 块钱 yuan RMB|CNY|1",
    (UnitKind.MONEY, "USD"): "美元 美金 US_dollars USD|USD|1",
    (UnitKind.MONEY, "HKD"): "港元 港币|HKD|1",
    (UnitKind.MONEY, "EUR"): "欧元|EUR|1",
    (UnitKind.MONEY, "JPY"): "日元|JPY|1",
    (UnitKind.MONEY, "GBP"): "英镑|GBP|1",
    (UnitKind.MONEY, "KRW"): "韩元|KRW|1",
    (UnitKind.MONEY, "TWD"): "新台币 台币|TWD|1",
    (UnitKind.MONEY, "SGD"): "新加坡元 新元|SGD|1",
    (UnitKind.AREA, "area"): "平方米 平米 平方 ㎡ m² square_meters square_metres|m²|1;亩|mu|2000/3;公顷 hectares|hectares|10000;"
    "平方公里 平方千米 km² square_kilometers square_kilometres|km²|1000000",
    (UnitKind.LENGTH, "length"): (
        "米|m|1;公里 千米 km|km|1000;"
        "厘米 cm|cm|0.01;毫米 mm|mm|0.001;微米 μm|μm|0.000001;纳米 nm|nm|0.000000001;英寸|inch|0.0254;海里|nautical miles|1852"
    ),
    (UnitKind.MASS, "mass"): "吨 tons tonnes|t|1;公斤 千克 kg|kg|0.001;克|g|0.000001;斤|jin|0.0005;毫克|mg|0.000000001",
    (UnitKind.MASS, "coal"): "吨标准煤 吨标煤|t of standard coal|1",
    (UnitKind.MASS, "deadweight"): "载重吨|t deadweight|1",
    (UnitKind.VOLUME, "volume"): "立方米 方 立方 m³|m³|1;升|L|0.001;毫升|mL|0.000001",
    (UnitKind.VOLUME, "TEU"): "标箱 标准箱 TEU|TEU|1",
    (UnitKind.POWER, "power"): "瓦|W|1;千瓦 kW|kW|1000;兆瓦 MW|MW|1000000;吉瓦 GW|GW|1000000000",
    (UnitKind.POWER, "apparent power"): "千伏安|kVA|1;兆伏安|MVA|1000",
    (UnitKind.POWER, "voltage"): "伏|V|1;千伏 kV|kV|1000",
    (UnitKind.ENERGY, "energy"): "千瓦时 度 度电 kWh|kWh|1;兆瓦时 MWh|MWh|1000;吉瓦时 GWh|GWh|1000000",
    (UnitKind.DURATION, "duration"): "年|years|1",
    (UnitKind.DURATION, "months"): "个月|months|1",
    (UnitKind.DURATION, "days"): "天 日 个工作日 工作日|days|1",
    (UnitKind.DURATION, "time"): "秒|s|1;分钟|min|60;小时 个小时|h|3600;毫秒|ms|0.001",
    (UnitKind.DURATION, "weeks"): "周|weeks|1",
    (UnitKind.DURATION, "age"): "岁|years of age|1",
    (UnitKind.RATIO, "ratio"): "倍|times|1",
    (UnitKind.RATIO, "doublings"): "番|doublings|1",
    (UnitKind.SHARE, "share"): "% percent per_cent|%|1;‰|‰|0.1;成|tenths|10",
    (UnitKind.SHARE, "points"): "个百分点 百分点 个点 percentage_points|percentage points|1",
    (UnitKind.OTHER, "temperature"): "℃ 摄氏度|°C|1",
    (UnitKind.OTHER, "compute"): "P|P|1;EFLOPS|EFLOPS|1000;PFLOPS|PFLOPS|1",
    (UnitKind.OTHER, "data"): "TB|TB|1;PB|PB|1000;GB|GB|0.001",
    (UnitKind.OTHER, "points scored"): "分|points|1",
}
# Words that count: each is a unit of its own, as 3 家 are not 3 台. English has none of them.
_CLASSIFIERS = """
个 家 项 件 台 辆 套 只 座 栋 幢 条 名 人 户 所 处
人次 架次 架 艘 批 次 场 种 款 类 大 宗 笔 张 位 支 部 间 棵 株 头 羽 床 张床位 席 本 册 颗 片 枚 对 块
组 班 列 班次 批次 车次 点 盏 根 双 辆份 份 瓶 箱 桶 副 袋 盒 罐 口 眼 孔 门 台套 尾 粒 单 标段 车位 卡 人家 道 幅 篇 首 家次 户次 件次 例 剂 剂次 股
机柜 标准机架 机架 锭 匹 床位 学位 席位 泊位 村 镇 园 谷 城 廊 圈 层 级 期 届 版 号 强 线
"""


def _read_bases() -> dict[str, Base]:
    bases: dict[str, Base] = {}
    for (kind, measure), lines in _MEASURES.items():
        for line in lines.split(";"):
            names, en, factor = line.split("|")
            numerator, _, denominator = factor.partition("/")
            for written in names.split():
                name = written.replace("_", " ")
                # A mu is two thirds of a thousand square metres: the one factor that no decimal holds; rows in 亩 are compared in 亩.
                bases[name] = Base(en, kind, measure if not denominator else f"{measure} in {names}", Decimal(1 if denominator else numerator))
    for name in _CLASSIFIERS.split():
        bases.setdefault(name, Base("", UnitKind.COUNT, name, Decimal(1)))
    return bases


BASES = _read_bases()
# Words that name and do not count: 3.0版, 5号, 500强 and 一期 tell a version, a number, a list and a stage.
NAMING = frozenset({"版", "号", "强", "届", "级", "期", "线"})
_LONGEST_FIRST = sorted(BASES, key=lambda name: (-len(name), name))
_BASE = "|".join(map(re.escape, _LONGEST_FIRST))
# 千 belongs to 千瓦 and 千克 and is no scale there; so does 百 to 百分点.
SCALE = r"(?:百(?!分)|千(?![瓦克米伏])|万|亿)"
_ENGLISH = "|".join(ENGLISH_SCALES)
_UNIT = re.compile(rf"(?:(?P<english>{_ENGLISH}) |(?P<scale>{SCALE}*))(?P<base>{_BASE})(?:/(?P<per_scale>{SCALE}*)(?P<per>{_BASE}))?")
_AFTER_NUMBER = re.compile(rf"[ \u00a0\u2009]?(?P<base>{_BASE})(?:(?:/|每)(?P<per_scale>{SCALE}*)(?P<per>{_BASE}))?")
EXPECTED = "a unit such as 亿元, 万吨, 万千瓦, 万元/亩, 亿美元, % or 个百分点: a scale of 百, 千, 万 and 亿, and a base"


def multiply_scales(characters: str) -> Decimal:
    """Multiply out scales written after each other: 百万 is 10⁶, 万亿 is 10¹²; in English there is one."""
    if characters in ENGLISH_SCALES:
        return ENGLISH_SCALES[characters]
    product = Decimal(1)
    for character in characters:
        product *= SCALES[character]
    return product


@lru_cache(1 << 10)
def parse_unit(text: str) -> Unit:
    """Parse a unit as it is printed.

    Parameters
    ----------
    text
        Such as ``亿元``, ``万千瓦``, ``万元/亩`` or ``%``.

    Raises
    ------
    ValueError
        If it is not one; says what was expected.
    """
    found = _UNIT.fullmatch(text)
    if not found:
        raise ValueError(EXPECTED)
    base = BASES[found["base"]]
    scale = multiply_scales(found["english"] or found["scale"])
    printed, base_en, kind = found["base"], base.en, base.kind
    if found["per"]:
        per = BASES[found["per"]]
        per_scale = multiply_scales(found["per_scale"])
        printed = f"{printed}/{found['per_scale']}{found['per']}"
        name = " ".join(part for part in ("" if per_scale == 1 else _word_for(per_scale), per.en or per.measure) if part)
        base_en = f"{base_en} per {name}".strip()
        kind = UnitKind.MONEY_PER_AREA if (base.kind, per.kind) == (UnitKind.MONEY, UnitKind.AREA) else UnitKind.RATE
    en = base_en if scale == 1 else f"{_word_for(scale)} {base_en}".strip()
    return Unit(text, en, kind, scale, "" if printed == "个" else printed, base_en)


def _word_for(scale: Decimal) -> str:
    return _SCALES_EN.get(scale) or f"{scale:,f}"


def match_base(text: str, start: int, end: int | None = None) -> tuple[str, int] | None:
    """Find the base of a unit, with what it is per, directly behind a number or after one space.

    Parameters
    ----------
    text
        In half width, as :func:`geo.tables.numbers.to_half_width` gives it.
    start, end
        Where the number ends, and where to stop; code-point offsets.

    Returns
    -------
    tuple of str and int, or None
        The base as a row writes it, such as ``元/亩``, and where it ends.
    """
    found = _AFTER_NUMBER.match(text, start, len(text) if end is None else end)
    if not found:
        return None
    per = f"/{found['per_scale']}{found['per']}" if found["per"] else ""
    return found["base"] + per, found.end()


def measures_the_same(base: str, other: str) -> Decimal | None:
    """Say how many of another base one of a base is; ``None`` where they do not measure the same.

    Parameters
    ----------
    base, other
        Units without a scale, as :func:`match_base` gives them.
    """
    if base == other:
        return Decimal(1)
    first, second = BASES.get(base), BASES.get(other)
    if first is None or second is None or first.measure != second.measure:
        return None
    return first.factor / second.factor
