"""Stated figures in words: amounts, units, growth, ranks and periods."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from geo.tables.cells import AFTER, Period
from geo.tables.kinds import FigureStatus
from geo.tables.rows import Indicator, Source
from geo.tables.units import Unit
from geo.words.phrases import QUALIFIERS, Phrases

_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_POWERS_EN = ((Decimal(10**12), "trillion"), (Decimal(10**9), "billion"), (Decimal(10**6), "million"))
_ONE = Decimal(1)
_QUARTERS_ZH = "一二三四"
_ORDINALS_ZH = "一二三四五六七八九十"
_ORDINALS_EN = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
# Units of which there may be one, and several.
_SINGULARS_EN, _PLURALS_EN = {"years": "year", "times": "time"}, {"inch": "inches"}


@dataclass(frozen=True)
class FigureWords:
    """A stated figure in words.

    Attributes
    ----------
    label, value, unit
        What, how much, in what; the value carries its 约 or 超, is the rank where nothing else is stated, and empty where only a growth is.
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
        Both ends of its amount as shares of the largest that it may be compared with, the same where it is no range; ``None`` where there is none.
    doubt
        The mark of a figure that the text of its source does not bear out; else empty.
    """

    label: str
    value: str
    unit: str
    growth: str
    growth_sign: int
    period: str
    rank: str
    planned: str
    where: str
    source: str
    paragraph: int | None
    share: tuple[float, float] | None
    doubt: str


class FigureWording(Phrases):
    """Stated figures in one language."""

    def number(self, number: Decimal) -> str:
        """Write a number with the digits it was stated with."""
        return f"{number:,f}" if self.language == "en" else f"{number:f}"

    def amount(self, figure: Indicator) -> str:
        """Write the value of a figure with its qualifier; empty where only a growth or a rank is stated.

        In English money is written whole, as people say it: 756 亿元 is CNY 75.6 billion.
        """
        if figure.value is None:
            return ""
        ends = (figure.value,) if figure.value_max is None else (figure.value, figure.value_max)
        before, factor, behind = self._spelling(figure.unit, max(ends))
        number = "–".join([self.number(end if factor == 1 else _plain(end * factor)) for end in ends])
        return self._(QUALIFIERS[figure.qualifier]) % {"number": " ".join(filter(None, (before, number, behind)))}

    def value(self, figure: Indicator) -> str:
        """Write what a figure says first: its amount, or its rank where nothing else is stated; empty where only a growth is."""
        if figure.value is not None or figure.growth_pct is not None:
            return self.amount(figure)
        rank = self.place_in_order(figure).strip()
        return rank[:1].upper() + rank[1:]

    def unit(self, figure: Indicator) -> str:
        """Write what stands behind the amount of a figure; empty where it has no unit, or has it written within the amount."""
        if figure.unit is None or self._spelling(figure.unit, Decimal(0))[0]:
            return ""
        if self.language != "en":
            return figure.unit.zh
        other = _SINGULARS_EN if figure.value == 1 and figure.value_max is None else _PLURALS_EN
        return other.get(figure.unit.en, figure.unit.en)

    def stated(self, figure: Indicator) -> str:
        """Write an amount with its unit, or the rank or the growth where nothing else is stated."""
        return f"{self.value(figure)} {self.unit(figure)}".strip() or self.growth(figure)

    def _spelling(self, unit: Unit | None, largest: Decimal) -> tuple[str, Decimal, str]:
        """Say what stands before an amount, what it is multiplied by, and what stands behind it within the amount: CNY, 0.1, billion."""
        if unit is None or self.language != "en" or not unit.base_en.startswith("CNY"):
            return "", _ONE, ""
        currency, _, rest = unit.base_en.partition(" ")
        power, word = next(((power, word) for power, word in _POWERS_EN if largest * unit.magnitude >= power), (_ONE, ""))
        return currency, unit.magnitude / power, " ".join(filter(None, (word, rest)))

    def scale_unit(self, unit: Unit | None, largest: Decimal) -> tuple[str, Decimal]:
        """Choose the unit in which the amounts of a scale are written: in English 750 of 100 million CNY are 75 of CNY billion.

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
        before, factor, behind = self._spelling(unit, largest)
        if before or unit is None:
            return " ".join(filter(None, (before, behind))), factor
        return unit.en if self.language == "en" else unit.zh, factor

    def growth(self, figure: Indicator) -> str:
        """Write the growth of a figure with its sign."""
        if figure.growth_pct is None:
            return ""
        return f"{figure.growth_pct:+f}%" if figure.growth_max is None else f"{figure.growth_pct:+f}%–{figure.growth_max:+f}%"

    def place_in_order(self, figure: Indicator) -> str:
        """Write the rank of a figure without its scope."""
        if figure.rank is None:
            return ""
        if self.language == "en":
            return _ORDINALS_EN[figure.rank - 1] if figure.rank <= len(_ORDINALS_EN) else f"No. {figure.rank}"
        return f"第{_ORDINALS_ZH[figure.rank - 1]}" if figure.rank <= len(_ORDINALS_ZH) else f"第 {figure.rank} "

    def rank_scope(self, figure: Indicator) -> str:
        """Write among what a figure is ranked: 全市, 全省, or as the table says; in English with its preposition."""
        profile, scope = self._tables.profile, self.pick(figure.rank_scope_zh, figure.rank_scope_en)
        if self.language == "en":
            # A proper name is a place to be first in; others are things to be first among.
            return f"{'in' if scope[:1].isupper() else 'among'} {scope}"
        return {profile.city.zh: "全市", profile.province.zh: "全省"}.get(scope, scope)

    def rank(self, figure: Indicator) -> str:
        """Write the rank of a figure with its scope: 全市第一, first in the city."""
        if figure.rank is None:
            return ""
        parts = (self.place_in_order(figure), self.rank_scope(figure))
        return " ".join(parts) if self.language == "en" else f"{parts[1]}{parts[0]}".strip()

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

    @cached_property
    def reports(self) -> list[Source]:
        """The sources that have a text which is pointed into, in table order."""
        return [source for source in self._tables.sources if source.sha256]

    def where(self, source: Source, paragraph: int | None) -> str:
        """Say where something is stated; in which source, unless there is one report only and it is that."""
        if paragraph is None:
            return source.title
        if self.reports != [source]:
            return self._("《%(title)s》第 %(paragraph)s 段") % {"title": source.title, "paragraph": paragraph}
        return self._("报道第 %(paragraph)s 段") % {"paragraph": paragraph}

    def figure(
        self, figure: Indicator, label: str, source: Source, *, share: tuple[float, float] | None = None, is_unverified: bool = False
    ) -> FigureWords:
        """Write a figure in words; where only a rank is stated, the rank stands as its value.

        Parameters
        ----------
        figure, label
            The figure, and what its indicator is called.
        source
            Where it stands.
        share
            How much both of its ends are of the largest that it can be compared with, from 0 to 1; ``None`` where it cannot be.
        is_unverified
            Whether the text of its source does not bear it out.
        """
        only_rank = figure.value is None and figure.growth_pct is None
        rank = self.rank_scope(figure) if only_rank else self.rank(figure)
        return FigureWords(
            label=label,
            value=self.value(figure),
            unit=self.unit(figure),
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


def _plain(number: Decimal) -> Decimal:
    """Drop zeros behind the last digit, without turning to powers of ten."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
