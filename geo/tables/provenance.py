"""Checks what the tables say against the text they point into.

The text of a source is not part of the project. Whoever has it can check that every pointer leads to a span that states the row's numbers, and that
every number of the text is accounted for: stated by a row, or listed as something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise

from geo.tables.reading import Tables
from geo.tables.rows import Indicator, Source
from geo.tables.texts import SourceText


@dataclass(frozen=True)
class PrintedNumber:
    """A number as it is printed.

    Attributes
    ----------
    low, high
        The number, or the ends of a range; with its 万 or 亿 multiplied in.
    ordinal
        Whether it says a place in an order (第一, 首, 唯一) and not an amount.
    unit
        What is printed directly behind it, up to four characters.
    start, end
        Code-point offsets in the text.
    """

    low: Decimal
    high: Decimal
    ordinal: bool
    unit: str
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """Something that the tables and the text do not agree on."""

    source: str
    paragraph: int | None
    span: tuple[int, int] | None
    message: str

    def __str__(self) -> str:
        paragraph = f" paragraph {self.paragraph}" if self.paragraph else ""
        span = f" span {self.span[0]}-{self.span[1]}" if self.span else ""
        return f"{self.source}{paragraph}{span}: {self.message}"


_DIGITS = {digit: value for value, digits in enumerate(("零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for digit in digits}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_ARABIC = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?P<arabic>{_ARABIC})(?:[—–~-](?P<arabic_high>{_ARABIC}))?(?P<scale>[百千万亿]*)"
    r"|(?P<pair>一二|二三|两三|三四|四五|五六|六七|七八|八九)(?P<pair_scale>[十百千]?[万亿]*)"
    r"|(?P<chinese>[零〇一二两三四五六七八九十百千万亿]+)"
    r"|(?P<first>首[个条家座]|唯一|领跑|超越[^,\uff0c\u3002;\uff1b]{0,12}其他)"
)


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
    return tuple(_printed(found, text, end) for found in _NUMBER.finditer(text, start, end))


def _printed(found: re.Match[str], text: str, end: int) -> PrintedNumber:
    ordinal = found.start() > 0 and text[found.start() - 1] == "第"
    if found["arabic"]:
        scale = _scale(found["scale"])
        low = _arabic(found["arabic"]) * scale
        high = _arabic(found["arabic_high"]) * scale if found["arabic_high"] else low
    elif found["pair"]:
        scale = _scale(found["pair_scale"])
        low, high = (Decimal(_DIGITS[digit]) * scale for digit in found["pair"])
    elif found["chinese"]:
        low = high = _chinese(found["chinese"])
    else:
        low = high = Decimal(1)
        ordinal = True
    return PrintedNumber(low, high, ordinal, text[found.end() : min(found.end() + 4, end)], found.start(), found.end())


def _arabic(characters: str) -> Decimal:
    return Decimal(characters.replace(",", ""))


def _scale(characters: str) -> Decimal:
    scale = Decimal(1)
    for character in characters:
        scale *= _TENS.get(character, 0) or _MYRIADS[character]
    return scale


def _chinese(characters: str) -> Decimal:
    """Read a Chinese numeral; a leading unit counts once (千亿 is 1000 × 10⁸), and 万 before 亿 multiplies (万亿 is 10⁴ × 10⁸)."""
    total = section = digit = 0
    for character in characters:
        if character in _DIGITS:
            digit = _DIGITS[character]
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


def check_text(tables: Tables, source: Source, text: str) -> list[Finding]:
    """Check every pointer into a source against its text.

    Parameters
    ----------
    tables
        The validated tables.
    source
        A source with a sha256.
    text
        The text that has this sha256 in UTF-8.

    Returns
    -------
    list of Finding
        Empty when every paragraph lies where ``paragraphs.csv`` says, every span states the numbers
        of its row, and every number of the text belongs to a row of ``indicators.csv`` or ``other_numbers.csv``.
    """
    return [
        *_check_paragraphs(tables, source, text),
        *chain.from_iterable(_check_figure(row, text) for row in tables.indicators if row.source == source.id),
        *_check_names(tables, source, text),
        *_check_all_numbers_are_told(tables, source, text),
    ]


def find_unverified(tables: Tables, texts: Mapping[str, SourceText]) -> frozenset[Indicator]:
    """Find the figures whose source has a text here that does not bear them out; what has no text here is not among them."""
    return frozenset(
        row for row in tables.indicators if row.source in texts and (not texts[row.source].matches or any(_check_figure(row, texts[row.source].text)))
    )


@dataclass(frozen=True)
class Passage:
    """A part of a paragraph, and whether a figure points to it."""

    text: str
    marked: bool


def mark_spans(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> tuple[Passage, ...]:
    """Cut a part of a text into passages that lie inside or outside of some spans.

    Parameters
    ----------
    text
        The whole text.
    start, end
        The part, as code-point offsets, end excluded.
    spans
        What to mark, as code-point offsets in the whole text; they may overlap.
    """
    inside = [(max(start, first), min(end, last)) for first, last in spans if first < end and start < last]
    cuts = sorted({start, end, *chain.from_iterable(inside)})
    passages: list[Passage] = []
    for left, right in pairwise(cuts):
        marked = any(first <= left and right <= last for first, last in inside)
        if passages and passages[-1].marked == marked:
            passages[-1] = Passage(passages[-1].text + text[left:right], marked)
        else:
            passages.append(Passage(text[left:right], marked))
    return tuple(passages)


_BLOCK = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")


def _check_paragraphs(tables: Tables, source: Source, text: str) -> Iterator[Finding]:
    stated = [(row.paragraph, row.start, row.end) for row in tables.paragraphs if row.source == source.id]
    found = [(number, *block.span()) for number, block in enumerate(_BLOCK.finditer(text), start=1)]
    for number, start, end in sorted(set(stated) ^ set(found)):
        where = "is in paragraphs.csv but not in the text" if (number, start, end) in stated else "is in the text but not in paragraphs.csv"
        yield Finding(source.id, number, (start, end), where)


def _check_figure(row: Indicator, text: str) -> Iterator[Finding]:
    if row.start is None or row.end is None:
        return
    printed = parse_numbers(text, row.start, row.end)
    for what, stated in _missing_numbers(row, printed):
        message = f"{row.subject_id} {row.indicator}: the span does not state the {what} {stated}"
        yield Finding(row.source, row.paragraph, (row.start, row.end), message)


def _missing_numbers(row: Indicator, printed: Sequence[PrintedNumber]) -> Iterator[tuple[str, str]]:
    amounts = [number for number in printed if not number.ordinal]
    if row.value is not None:
        magnitude = row.unit.magnitude if row.unit else Decimal(1)
        base = row.unit.base if row.unit else ""
        low, high = row.value * magnitude, (row.value if row.value_max is None else row.value_max) * magnitude
        # A class is printed without its unit: 万亿级 is 万亿元.
        if not any((number.low, number.high) == (low, high) and number.unit.startswith((base, "级")) for number in amounts):
            yield "value", f"{row.value}{f'–{row.value_max}' if row.value_max is not None else ''} {row.unit.zh if row.unit else ''}".strip()
    if row.growth_pct is not None and not any(number.low == row.growth_pct and number.unit.startswith("%") for number in amounts):
        yield "growth", f"{row.growth_pct} %"
    if row.rank is not None and not any(number.ordinal and number.low == row.rank for number in printed):
        yield "rank", str(row.rank)


def _check_names(tables: Tables, source: Source, text: str) -> Iterator[Finding]:
    """Check that the paragraph a place points to names it, by one of the names the gazetteer knows."""
    spans = {row.paragraph: text[row.start : row.end] for row in tables.paragraphs if row.source == source.id}
    aliases: dict[str, set[str]] = {}
    for row in tables.gazetteer:
        if row.alias_of and row.basis is None:
            aliases.setdefault(row.alias_of, set()).add(row.name)
    for place in tables.places:
        if place.source == source.id and place.paragraph is not None:
            names = {place.name_zh, place.name_zh.partition("(")[0], place.place_query, *aliases.get(place.place_query, ())}
            if not any(name in spans[place.paragraph] for name in names):
                yield Finding(source.id, place.paragraph, None, f"{place.id}: the paragraph does not name it ({', '.join(sorted(names))})")


# A year, month or day: the rows carry it as their period.
_DATE = re.compile(r"\d{4}年|\d+(?:[—–-]\d+)?月(?:\d+日)?")
# What must be accounted for: Arabic digits, amounts in 百 千 万 亿, and ranks. Other Chinese digits are mostly words (一般, 进一步).
_CLAIM = re.compile(r"\d+(?:\.\d+)?[百千万亿]*|[一二两三四五六七八九十]*[百千万亿]+|第[一二三四五六七八九十]+")


def _check_all_numbers_are_told(tables: Tables, source: Source, text: str) -> Iterator[Finding]:
    told = _spans(tables.indicators, source) + _spans(tables.other_numbers, source) + [found.span() for found in _DATE.finditer(text)]
    for claim in _CLAIM.finditer(text):
        if not any(start <= claim.start() and claim.end() <= end for start, end in told):
            paragraph = next((row.paragraph for row in tables.paragraphs if row.source == source.id and row.start <= claim.start() < row.end), None)
            yield Finding(source.id, paragraph, claim.span(), "a number that no row of indicators.csv or other_numbers.csv covers")


def _spans(rows: Iterable[object], source: Source) -> list[tuple[int, int]]:
    return [(row.start, row.end) for row in rows if row.source == source.id and row.start is not None]  # type: ignore[attr-defined]
