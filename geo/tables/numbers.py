"""The grammar of printed numbers: what the verifier reads in a span and a draft reads in a whole text.

Full width, thousands separators, 万 and 亿, Chinese digits, ranges (4.2亿至4.8亿元, 七八百亿, 700—800亿元), 百分之, places in an order, and whether a
rate is one of growth or of decline. Every character of a text keeps its offset. Nothing here does I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from geo.tables.units import SCALE, match_base, multiply_scales

_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；：！？～（）"} | {ord("﹪"): ord("%"), ord("−"): ord("-")}


def to_half_width(text: str) -> str:
    """Give digits, letters, stops and signs in half width; one character stays one, so that offsets stay. Chinese punctuation is left as it is."""
    return text.translate(_HALF)


@dataclass(frozen=True)
class PrintedNumber:
    """A number as it is printed.

    Attributes
    ----------
    low, high
        The number, or the ends of a range; with its 万 or 亿 multiplied in, negative only where a minus sign is printed.
    ordinal
        Whether it says a place in an order (第一, 首, 唯一) and not an amount.
    unit
        What is printed directly behind it, up to four characters.
    start, end
        Code-point offsets in the text.
    value, value_max
        The number without its 万 or 亿, and the upper end of a range: 七八百亿 is 700 to 800.
    scale
        Its 百, 千, 万 or 亿, as they stand between the number and its unit: 亿.
    base
        Its unit without the scale, as a row writes it; empty where none is known.
    unit_end
        Where the unit ends.
    vague
        Whether it says only how large: 数百, 几十.
    more
        Whether 余, 多 or 来 says that it is somewhat more.
    """

    low: Decimal
    high: Decimal
    ordinal: bool
    unit: str
    start: int
    end: int
    value: Decimal = field(default=Decimal(0), compare=False)
    value_max: Decimal | None = field(default=None, compare=False)
    scale: str = field(default="", compare=False)
    base: str = field(default="", compare=False)
    unit_end: int = field(default=0, compare=False)
    vague: bool = field(default=False, compare=False)
    more: bool = field(default=False, compare=False)

    @property
    def printed_unit(self) -> str:
        """The unit with its scale, as a row writes it."""
        return self.scale + self.base


DIGITS = {digit: value for value, digits in enumerate(("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for digit in digits}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_CHINESE = rf"(?:[零〇一二两三四五六七八九十]|{SCALE})+"
_GAP = "[ \u00a0\u2009]"
_NUMBER = re.compile(
    rf"(?P<per>[百千])分之(?P<part>{_ARABIC}|[零〇一二两三四五六七八九十百]+(?:点[零〇一二三四五六七八九]+)?)"
    rf"|(?P<minus>(?<![0-9A-Za-z%月年日\u4e00-\u9fff])-|(?<=[长速幅])-)?(?P<arabic>{_ARABIC})(?P<more>[余多来几])?(?P<scale>(?:{_GAP}(?={SCALE}))?{SCALE}*)(?P<more_behind>[余多])?"
    r"|(?P<pair>一二|二三|两三|三四|三五|四五|五六|六七|七八|八九)(?P<pair_scale>[十百千]?[万亿]*)"
    rf"|(?P<chinese>{_CHINESE})(?P<chinese_more>[余多来几](?P<more_scale>{SCALE}*))?"
    r"|(?P<first>首[个条家座位]|榜首|居首|唯一|领跑|超越[^,，。;；]{0,12}其他)"
)
_DASH = re.compile(rf"{_GAP}?(?:[—–~～-]{{1,2}}|[至到]){_GAP}?")
_PERCENTAGE = {"百": "%", "千": "‰"}


def parse_numbers(text: str, start: int = 0, end: int | None = None) -> tuple[PrintedNumber, ...]:
    """Find the numbers printed in a part of a text, in Arabic or Chinese digits.

    ``756亿元`` is 75 600 000 000 with the unit ``元``; ``七八百亿元`` is a range, 700 to 800 times 亿; ``第一`` and ``首条`` are the ordinal 1.

    Parameters
    ----------
    text
        The whole text.
    start, end
        The part to read, as code-point offsets; what is printed behind ``end`` does not count as a unit.
    """
    end = len(text) if end is None else end
    half = to_half_width(text)
    singles = [_printed(found, text, half, end) for found in _NUMBER.finditer(half, start, end)]
    return tuple(_joined(singles, half))


def _printed(found: re.Match[str], text: str, half: str, end: int) -> PrintedNumber:
    before = half[found.start() - 1] if found.start() > 0 else ""
    ordinal = before == "第"
    scale, high, more = "", None, False
    if found["per"]:
        part = found["part"]
        whole, _, decimals = part.partition("点")
        value = (
            arabic(part)
            if part[0].isascii()
            else chinese(whole) + Decimal("0." + "".join(str(DIGITS[digit]) for digit in decimals) if decimals else 0)
        )
    elif found["arabic"]:
        scale = found["scale"].strip(" \u00a0\u2009")
        value = arabic(found["arabic"]) * (-1 if found["minus"] else 1)
        more = bool(found["more"] or found["more_behind"])
    elif found["pair"]:
        tens = found["pair_scale"][:1] if found["pair_scale"][:1] in _TENS else ""
        scale = found["pair_scale"][len(tens) :]
        value, high = (Decimal(DIGITS[digit] * _TENS.get(tens, 1)) for digit in found["pair"])
    elif found["chinese"]:
        value, scale = _split_scale(found["chinese"] + (found["more_scale"] or ""))
        more = bool(found["chinese_more"])
    else:
        value, ordinal = Decimal(1), True
    start = found.start()
    base, unit_end = "", found.end()
    matched = None if ordinal else match_base(half, found.end(), end)
    if found["per"]:
        base = _PERCENTAGE[found["per"]]
    elif matched:
        base, unit_end = matched
    vague = before in ("数", "几", "成") and bool(found["chinese"]) and found["chinese"][0] in "十百千万亿"
    magnitude = multiply_scales(scale)
    low = value * magnitude
    return PrintedNumber(
        low,
        low if high is None else high * magnitude,
        ordinal,
        text[found.end() : min(found.end() + 4, end)],
        start,
        found.end(),
        value,
        high,
        scale,
        base,
        unit_end,
        vague,
        more,
    )


def _split_scale(characters: str) -> tuple[Decimal, str]:
    """Part a Chinese numeral into its number and its 万 or 亿: 五百亿 is 500 and 亿; a bare 千亿 is 1 and 千亿, as it is printed."""
    bare = characters.lstrip("百千万亿")
    if not bare and characters not in ("百", "千", "万"):
        return Decimal(1), characters
    digits = characters.rstrip("万亿")
    if digits and not set(digits) & set("万亿"):
        return chinese(digits), characters[len(digits) :]
    return chinese(characters), ""


def _joined(numbers: list[PrintedNumber], half: str) -> Iterator[PrintedNumber]:
    """Join the two ends of a range."""
    position = 0
    while position < len(numbers):
        low = numbers[position]
        following = numbers[position + 1] if position + 1 < len(numbers) else None
        if following is not None and _makes_range(low, following, half):
            yield _range(low, following)
            position += 2
        else:
            yield low
            position += 1


def _makes_range(low: PrintedNumber, high: PrintedNumber, half: str) -> bool:
    if low.ordinal or high.ordinal or low.value_max is not None or high.value_max is not None or low.vague or low.low < 0:
        return False
    is_bare = not low.base or low.unit_end > high.start
    dash = _DASH.fullmatch(half, low.end if is_bare else low.unit_end, high.start)
    if not dash or (not is_bare and low.base != high.base):
        return False
    is_word = dash[0].strip(" \u00a0\u2009") in ("至", "到")
    if not is_word:
        return half[low.start].isdigit() and half[high.start].isdigit()
    # 从3家到5家 tells two states, and 至 before a smaller number is none of a range.
    scale = low.scale or high.scale
    return half[low.start - 1 : low.start] not in ("从", "由", "自") and low.value * multiply_scales(scale) < high.low


def _range(low: PrintedNumber, high: PrintedNumber) -> PrintedNumber:
    scale = low.scale or high.scale
    first = low.value * multiply_scales(scale)
    # In the unit of the upper end: 8000万至1.2亿元 is 0.8 to 1.2.
    value = low.value if scale == high.scale else first / multiply_scales(high.scale)
    return replace(high, low=first, start=low.start, value=value, value_max=high.value, more=high.more)


def arabic(characters: str) -> Decimal:
    """Read Arabic digits with or without thousands separators."""
    return Decimal(characters.replace(",", ""))


def chinese(characters: str) -> Decimal:
    """Read a Chinese numeral; a leading unit counts once (千亿 is 1000 × 10⁸), and 万 before 亿 multiplies (万亿 is 10⁴ × 10⁸)."""
    total = section = digit = 0
    for character in characters:
        if character in DIGITS:
            digit = DIGITS[character]
        elif character in _TENS:
            section += (digit or 1) * _TENS[character]
            digit = 0
        elif total >= _MYRIADS[character] ** 2 or (character == "万" and total >= _MYRIADS["亿"]):
            total += (section + digit or 1) * _MYRIADS[character]
            section = digit = 0
        else:
            total = (total + section + digit or 1) * _MYRIADS[character]
            section = digit = 0
    return Decimal(total + section + digit)


# --- growth -------------------------------------------------------------------------------------------------------------------------------

_DECLINE = "下降|减少|降低|回落|下滑|负增长|缩减|压减|下跌|跌|降幅|减|降"
_RISE = "增长|增加|提高|提升|上升|增幅|增速|攀升|增|升|涨|上涨|扩大"
_ADVERBS = "(?:了|约|近|超过|超|达到|达|为|逾|将|均|各|速|幅|[(（]|:|：|[ \u00a0])*"
_DECLINES = re.compile(rf"(?:{_DECLINE}){_ADVERBS}$")
_RISES = re.compile(rf"(?:{_RISE}){_ADVERBS}$")
_BETWEEN = re.compile(r"[%‰]?[、,，和及与以 ]*")
_MOST_BEFORE = 12


def direction(text: str, number: PrintedNumber) -> int:
    """Say whether the words before a number tell a decline (-1), a growth (1) or neither (0).

    What follows another number of an enumeration has its direction: 分别下降12.4%、7.9% tells two declines.

    Parameters
    ----------
    text
        The whole text.
    number
        A number in it.
    """
    if number.low < 0:
        return -1
    half = to_half_width(text[max(0, number.start - 60) : number.start])
    while half:
        tail = half[-_MOST_BEFORE:]
        if _DECLINES.search(tail):
            return -1
        if _RISES.search(tail):
            return 1
        earlier = re.search(rf"{_ARABIC}(?:%|‰)[、,，和及与以 ]*$", half)
        if not earlier:
            return 0
        half = half[: earlier.start()]
    return 0


def growth_of(text: str, number: PrintedNumber) -> Decimal | None:
    """Give the growth that a number states, in percent with its sign; ``None`` where it is no rate.

    2.1% behind 下降 is -2.1; 一番 is a doubling, 100; 增长1.5倍 is 150.

    Parameters
    ----------
    text
        The whole text.
    number
        A number in it.
    """
    if number.base == "%":
        return -abs(number.value) if direction(text, number) < 0 else number.value
    if number.base == "番" and number.value == int(number.value) and 0 < number.value <= 10:
        return Decimal(100 * (2 ** int(number.value) - 1))
    if number.base == "倍" and direction(text, number) > 0:
        return number.value * 100
    return None
