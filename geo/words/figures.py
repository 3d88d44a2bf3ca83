"""Stated figures in words: amounts, units, growth, ranks and periods."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from geo.tables.cells import AFTER, Period
from geo.tables.kinds import FigureStatus
from geo.tables.rows import Indicator, Source
from geo.tables.units import Unit
from geo.words.phrases import QUALIFIERS, Phrases

_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_POWERS_EN = ((Decimal(10**12), "trillion"), (Decimal(10**9), "billion"), (Decimal(10**6), "million"))
_QUARTERS_ZH = "一二三四"


@dataclass(frozen=True)
class FigureWords:
    """A stated figure in words.

    Attributes
    ----------
    label, value, unit
        What, how much, in what; the value carries its 约 or 超, is the rank where nothing else is stated, and empty where only a growth is.
    converted
        The value in whole units, such as ``75.6 billion CNY``, for readers who do not count in 万 and 亿; else empty.
    growth, growth_sign
        Such as ``+8.1%``, and -1, 0 or 1; empty and 0 where none is stated.
    period, rank
        When, or that it is not stated; the rank with its scope, empty where none is stated.
    planned
        The mark of a figure that is intended; empty where it has come true.
    where
        Where it is stated.
    source, paragraph
        For the link to it.
    share
        Its amount as a share of the largest that it may be compared with; ``None`` where there is none.
    doubt
        The mark of a figure that the text of its source does not bear out; else empty.
    """

    label: str
    value: str
    unit: str
    converted: str
    growth: str
    growth_sign: int
    period: str
    rank: str
    planned: str
    where: str
    source: str
    paragraph: int | None
    share: float | None
    doubt: str


class FigureWording(Phrases):
    """Stated figures in one language."""

    def number(self, number: Decimal) -> str:
        """Write a number with the digits it was stated with."""
        return f"{number:,f}" if self.language == "en" else f"{number:f}"

    def amount(self, figure: Indicator) -> str:
        """Write the value of a figure with its qualifier, without its unit; empty where only a growth or a rank is stated."""
        if figure.value is None:
            return ""
        number = self.number(figure.value)
        if figure.value_max is not None:
            number = f"{number}–{self.number(figure.value_max)}"
        return self._(QUALIFIERS[figure.qualifier]) % {"number": number}

    def value(self, figure: Indicator) -> str:
        """Write what a figure says first: its amount, or its rank where nothing else is stated; empty where only a growth is."""
        return self.place_in_order(figure) if figure.value is None and figure.growth_pct is None else self.amount(figure)

    def unit(self, figure: Indicator) -> str:
        """Write the unit of a figure; empty where it has none.

        In English a unit that is itself a number stands behind a times sign: 756 × 100 million CNY.
        """
        if figure.unit is None:
            return ""
        if self.language == "en":
            return f"× {figure.unit.en}" if figure.unit.magnitude != 1 else figure.unit.en
        return figure.unit.zh

    def converted(self, figure: Indicator) -> str:
        """Write a value that is counted in 万 or 亿 in whole units: 756 亿元 is 75.6 billion CNY. Empty in Chinese, which counts so itself."""
        if self.language != "en" or figure.value is None or figure.unit is None or figure.unit.magnitude == 1:
            return ""
        ends = [value for value in (figure.value, figure.value_max) if value is not None]
        unit, power = self.whole_unit(figure.unit, max(ends))
        number = "–".join(f"{(end * power).normalize():,f}" for end in ends)
        amount = self._(QUALIFIERS[figure.qualifier]) % {"number": number}
        return " ".join(part for part in (amount, unit) if part)

    def whole_unit(self, unit: Unit | None, largest: Decimal) -> tuple[str, Decimal]:
        """Choose the unit in which amounts are written: in English 750 of 100 million CNY are 75 billion CNY.

        Parameters
        ----------
        unit
            In which the amounts are stated.
        largest
            The largest of them.

        Returns
        -------
        unit, factor
            In words, empty where there is none; and what a stated amount is multiplied by.
        """
        if unit is None:
            return "", Decimal(1)
        if self.language != "en" or unit.magnitude == 1:
            return unit.en if self.language == "en" else unit.zh, Decimal(1)
        power, word = next(((power, word) for power, word in _POWERS_EN if largest * unit.magnitude >= power), (Decimal(1), ""))
        return " ".join(part for part in (word, unit.base_en) if part), unit.magnitude / power

    def growth(self, figure: Indicator) -> str:
        """Write the growth of a figure with its sign."""
        if figure.growth_pct is None:
            return ""
        return f"{figure.growth_pct:+f}%" if figure.growth_max is None else f"{figure.growth_pct:+f}%–{figure.growth_max:+f}%"

    def place_in_order(self, figure: Indicator) -> str:
        """Write the rank of a figure without its scope."""
        return "" if figure.rank is None else self._("第 %(rank)s") % {"rank": figure.rank}

    def rank(self, figure: Indicator) -> str:
        """Write the rank of a figure with its scope."""
        if figure.rank is None:
            return ""
        return self._("%(scope)s第 %(rank)s") % {"rank": figure.rank, "scope": self.pick(figure.rank_scope_zh, figure.rank_scope_en)}

    def period(self, period: Period | None) -> str:
        """Write a period: 2023 年 1—5 月, 2023 年一季度, 到 2027 年, 2020 年以来."""
        if period is None:
            return self._("原文未写时期")
        if period.text == AFTER:
            return self._("达产后")
        first, slash, last = period.text.partition("/")
        if not slash:
            return self._point(first)
        if not first:
            return self._("到 %(period)s") % {"period": self._point(last)}
        if not last:
            return self._("%(period)s以来") % {"period": self._point(first)}
        if first[:4] == last[:4] and len(first) == len(last) == 7 and "Q" not in period.text:
            months = int(first[5:]), int(last[5:])
            if self.language == "en":
                return f"{_MONTHS_EN[months[0] - 1]}–{_MONTHS_EN[months[1] - 1]} {first[:4]}"
            return f"{first[:4]} 年 {months[0]}—{months[1]} 月"
        if self.language != "en" and len(first) == len(last) == 4:
            return f"{first}—{last} 年"
        return f"{self._point(first)}–{self._point(last)}"

    def _point(self, text: str) -> str:
        year, _, rest = text.partition("-")
        if self.language == "en":
            if rest.startswith("Q"):
                return f"{rest} {year}"
            month, _, day = rest.partition("-")
            return " ".join(part for part in (str(int(day)) if day else "", _MONTHS_EN[int(month) - 1] if month else "", year) if part)
        if rest.startswith("Q"):
            return f"{year} 年{_QUARTERS_ZH[int(rest[1]) - 1]}季度"
        month, _, day = rest.partition("-")
        return f"{year} 年" + (f" {int(month)} 月" if month else "") + (f" {int(day)} 日" if day else "")

    def where(self, source: Source, paragraph: int | None) -> str:
        """Say where something is stated."""
        if paragraph is None:
            return source.title
        return self._("报道第 %(paragraph)s 段") % {"paragraph": paragraph}

    def figure(self, figure: Indicator, label: str, source: Source, *, share: float | None = None, is_unverified: bool = False) -> FigureWords:
        """Write a figure in words; where only a rank is stated, the rank stands as its value.

        Parameters
        ----------
        figure, label
            The figure, and what its indicator is called.
        source
            Where it stands.
        share
            How much it is of the largest that it can be compared with, from 0 to 1; ``None`` where it cannot be.
        is_unverified
            Whether the text of its source does not bear it out.
        """
        only_rank = figure.value is None and figure.growth_pct is None
        rank = self.pick(figure.rank_scope_zh, figure.rank_scope_en) if only_rank else self.rank(figure)
        return FigureWords(
            label=label,
            value=self.value(figure),
            unit=self.unit(figure),
            converted=self.converted(figure),
            growth=self.growth(figure),
            growth_sign=0 if figure.growth_pct is None else int(figure.growth_pct.compare(Decimal(0))),
            period=self.period(figure.period),
            rank=rank,
            planned=self._("计划") if figure.status is FigureStatus.PLANNED else "",
            where=self.where(source, figure.paragraph),
            source=figure.source,
            paragraph=figure.paragraph,
            share=share,
            doubt=self._("未核实") if is_unverified else "",
        )
