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

from geo.tables.kinds import UnitKind
from geo.tables.numbers import PrintedNumber, direction, growth_of, parse_numbers, to_half_width
from geo.tables.reading import Tables
from geo.tables.rows import Indicator, Source
from geo.tables.spans import Spans
from geo.tables.texts import SourceText
from geo.tables.units import BASES, Unit, measures_the_same


@dataclass(frozen=True)
class Finding:
    """Something that the tables and the text do not agree on."""

    source: str
    paragraph: int | None
    span: tuple[int, int] | None
    message: str
    # Which of a few things it is, and what the row states: for a page that says it in its reader's language.
    code: str
    stated: str

    def __str__(self) -> str:
        paragraph = f" paragraph {self.paragraph}" if self.paragraph else ""
        span = f" span {self.span[0]}-{self.span[1]}" if self.span else ""
        return f"{self.source}{paragraph}{span}: {self.message}"


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


def find_blocks(text: str) -> list[tuple[int, int, int]]:
    """Find the paragraphs of a text, which are blocks between blank lines: number from 1, start, end as code-point offsets, end excluded."""
    return [(number, *block.span()) for number, block in enumerate(_BLOCK.finditer(text), start=1)]


def _check_paragraphs(tables: Tables, source: Source, text: str) -> Iterator[Finding]:
    stated = [(row.paragraph, row.start, row.end) for row in tables.paragraphs if row.source == source.id]
    found = find_blocks(text)
    for number, start, end in sorted(set(stated) ^ set(found)):
        where = "is in paragraphs.csv but not in the text" if (number, start, end) in stated else "is in the text but not in paragraphs.csv"
        yield Finding(source.id, number, (start, end), where, "paragraph", "")


def _check_figure(row: Indicator, text: str) -> Iterator[Finding]:
    if row.start is None or row.end is None:
        return
    printed = parse_numbers(text, row.start, row.end)
    for what, stated in _missing_numbers(row, printed, text):
        message = f"{row.subject_id} {row.indicator}: the span does not state the {what} {stated}"
        yield Finding(row.source, row.paragraph, (row.start, row.end), message, f"not_stated_{what}", stated)


def _missing_numbers(row: Indicator, printed: Sequence[PrintedNumber], text: str) -> Iterator[tuple[str, str]]:
    amounts = [number for number in printed if not number.ordinal and not number.vague]
    if row.value is not None and not any(_states(row, number, text) for number in amounts):
        yield "value", f"{row.value}{f'–{row.value_max}' if row.value_max is not None else ''} {row.unit.zh if row.unit else ''}".strip()
    if row.growth_pct is not None:
        rates = [(growth_of(text, number), number) for number in amounts]
        if not any(growth == row.growth_pct and _upper_end(number) == row.growth_max for growth, number in rates):
            yield "growth", f"{row.growth_pct}{f'–{row.growth_max}' if row.growth_max is not None else ''} %"
    if row.rank is not None and not any(number.ordinal and number.low == row.rank for number in printed):
        yield "rank", str(row.rank)


def _upper_end(rate: PrintedNumber) -> Decimal | None:
    return rate.value_max if rate.base == "%" else None


def _states(row: Indicator, number: PrintedNumber, text: str) -> bool:
    """Say whether a printed number is the value of a row, in a unit that measures the same."""
    assert row.value is not None
    unit = row.unit
    high = row.value if row.value_max is None else row.value_max
    if unit is None:
        return (number.low, number.high) == (row.value, high) and not _measures(number)
    factor = _factor(unit, number)
    if factor is None:
        return False
    low, high = abs(row.value) * unit.magnitude, abs(high) * unit.magnitude
    if (abs(number.low) * factor, abs(number.high) * factor) != (low, high):
        return False
    if row.value < 0:
        return direction(text, number) < 0 or _LOSS.search(text, max(0, number.start - 6), number.start) is not None
    return unit.zh != "%" or direction(text, number) >= 0


# What says that an amount of money is one lost.
_LOSS = re.compile("亏损|亏|净流出|赤字|逆差")


def _factor(unit: Unit, number: PrintedNumber) -> Decimal | None:
    """Say how many bases of a unit one of a printed number's is; ``None`` where it measures something else."""
    # A class is printed without its unit: 万亿级 is 万亿元. So is an amount per area, whose area is named before: 亩均…突破千万元.
    if number.unit.startswith("级"):
        return Decimal(1)
    if not unit.base:
        return None if _measures(number) else Decimal(1)
    base = number.base
    if unit.base.partition("/")[0] == base and unit.kind in (UnitKind.MONEY_PER_AREA, UnitKind.RATE):
        return Decimal(1)
    return measures_the_same(base, unit.base)


def _measures(number: PrintedNumber) -> bool:
    """Say whether a printed number has a unit that does not count things."""
    return bool(number.base) and ("/" in number.base or BASES[number.base].kind is not UnitKind.COUNT)


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
                message = f"{place.id}: the paragraph does not name it ({', '.join(sorted(names))})"
                yield Finding(source.id, place.paragraph, None, message, "not_named", place.name_zh)


# A year, month or day: the rows carry it as their period.
_TO = r"(?:[—–~～-]+|至|到|、|和)"
DATE = re.compile(
    rf"(?<!\d)(?:19|20|21)\d{{2}}(?:年?{_TO}(?:19|20|21)\d{{2}}){{0,6}} ?年"
    rf"|(?<![\d.])\d{{1,2}}(?:月?{_TO}\d{{1,2}}){{0,6}} ?月(?:份| ?\d+ ?日(?:(?:[—–~～-]+|至)(?:\d+月)?\d+日)?)?(?!亮)"
    r"|(?<!\d)(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|(?<![\d.])\d{1,2} ?日(?!均)"
)
# What must be accounted for: Arabic digits, amounts in 百 千 万 亿, and ranks. Other Chinese digits are mostly words (一般, 进一步).
CLAIM = re.compile(r"\d+(?:\.\d+)?[百千万亿]*|[一二两三四五六七八九十]*[百千万亿]+|第[一二三四五六七八九十]+")


def _check_all_numbers_are_told(tables: Tables, source: Source, text: str) -> Iterator[Finding]:
    half = to_half_width(text)
    rows = _spans(tables.indicators, source) + _spans(tables.other_numbers, source)
    told = Spans((start, end, None) for start, end in (*rows, *(found.span() for found in DATE.finditer(half))))
    for claim in CLAIM.finditer(half):
        if not told.cover(*claim.span()):
            paragraph = next((row.paragraph for row in tables.paragraphs if row.source == source.id and row.start <= claim.start() < row.end), None)
            message = "a number that no row of indicators.csv or other_numbers.csv covers"
            yield Finding(source.id, paragraph, claim.span(), message, "not_told", claim[0])


def _spans(rows: Iterable[object], source: Source) -> list[tuple[int, int]]:
    return [(row.start, row.end) for row in rows if row.source == source.id and row.start is not None]  # type: ignore[attr-defined]
