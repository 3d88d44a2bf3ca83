"""What people read: labels, figures, periods, places and findings in words, in Chinese or English.

The only room that formats for people. Chinese is the source language of every phrase; the English ones stand in ``translations/``. Text that comes
from the tables is passed on as it is: whoever shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from geo.atlas import Atlas
from geo.draw.basemap import Basemap
from geo.draw.legend import Legend, LegendWords, build_legend
from geo.geocode.answers import Answer, Match
from geo.layers.comparisons import Comparison
from geo.tables.kinds import Basis, Precision
from geo.tables.reading import Tables
from geo.tables.rows import CorridorRow, Indicator, Place
from geo.words.figures import FigureWording, FigureWords
from geo.words.phrases import (
    PRECISIONS,
    STATUSES,
    SYMBOLS,
)


@dataclass(frozen=True)
class Chip:
    """A short mark under a name; ``corridor`` is set where it carries the corridor's colour."""

    text: str
    corridor: str = ""


@dataclass(frozen=True)
class Entry:
    """A place in a line: the same for list, table and symbol.

    Attributes
    ----------
    id, name
        The name in the reader's language.
    headline, headline_note
        What stands for it in a list: a figure, or a dash and the reason.
    converted
        The figure of the headline in whole units; may be empty.
    located
        How exactly it is located, in words.
    """

    id: str
    name: str
    headline: str
    headline_note: str
    converted: str
    located: str


@dataclass(frozen=True)
class Card:
    """A place in words: the same for popup and page.

    Attributes
    ----------
    id, name, other_name
        The name in the reader's language and in the other one.
    chips
        Corridor with its basis, kind, district, status.
    focus
        What the place is about, in our own words; may be empty.
    figures
        Its figures, in table order.
    headline, headline_note
        What stands for it in a list: a figure, or a dash and the reason.
    located, located_note
        How exactly it is located, in words; how the location was found.
    named
        Where the source first names it.
    source, paragraph
        For the link to it.
    beyond_report
        A remark where the place does not stand in the report; else empty.
    """

    id: str
    name: str
    other_name: str
    chips: tuple[Chip, ...]
    focus: str
    figures: tuple[FigureWords, ...]
    headline: str
    headline_note: str
    located: str
    located_note: str
    named: str
    source: str
    paragraph: int | None
    beyond_report: str


class Wording(FigureWording):
    """Everything people read about places, in one language; made as :class:`geo.words.phrases.Phrases` is."""

    def distance(self, metres: int) -> str:
        """Write a distance in metres or kilometres."""
        if metres < 1000:
            return self._("%(number)s 米") % {"number": metres}
        return self._("%(number)s 公里") % {"number": f"{metres / 1000:g}"}

    def located(self, answer: Answer, host: str) -> str:
        """Say how exactly a place is located."""
        if not isinstance(answer, Match):
            return self._("位置不明，图上不标：%(reason)s") % {"reason": self.miss_reason(answer.reason)}
        radius = self.distance(answer.uncertainty_m)
        if answer.basis is Basis.PARENT:
            return self._("只知在%(host)s，自身位置不详；位置范围：半径约 %(radius)s") % {"host": host or answer.matched, "radius": radius}
        precision = self._(PRECISIONS[answer.precision])
        # How far an area reaches is its extent, and no error of a point.
        if answer.precision not in (Precision.SITE, Precision.LOCALITY):
            return self._("位置为%(precision)s；位置范围：半径约 %(radius)s") % {"precision": precision, "radius": radius}
        return self._("位置为%(precision)s，误差 ±%(radius)s") % {"precision": precision, "radius": radius}

    def entry(self, place: Place, atlas: Atlas) -> Entry:
        """Write a place in a line."""
        host = atlas.tables.places_by_id.get(place.parent_id or "")
        headline, headline_note, converted = self._headline(place, atlas.tables)
        return Entry(
            id=place.id,
            name=self.name(place),
            headline=headline,
            headline_note=headline_note,
            converted=converted,
            located=self.located(atlas.answers[place.id], self.pick(host.name_zh, host.name_en) if host else ""),
        )

    def card(self, place: Place, atlas: Atlas) -> Card:
        """Write a place in words."""
        tables, answer = atlas.tables, atlas.answers[place.id]
        figures = tuple(
            self.figure(
                row,
                self._labels[row.indicator],
                tables.sources_by_id[row.source],
                share=atlas.shares.get(row),
                is_unverified=row in atlas.unverified,
            )
            for row in tables.figures_by_place[place.id]
        )
        chips = [
            Chip(self.corridor_with_basis(place), place.corridor),
            Chip(self.kind(place.kind)),
            Chip(self.district(place.district)),
        ]
        if place.status:
            chips.append(Chip(self._(STATUSES[place.status])))
        source = tables.sources_by_id[place.source]
        entry = self.entry(place, atlas)
        return Card(
            id=place.id,
            name=entry.name,
            other_name=place.name_zh if self.language == "en" else place.name_en,
            chips=tuple(chips),
            focus=self.pick(place.focus_zh, place.focus_en) if self.language == "zh" or place.focus_en else "",
            figures=figures,
            headline=entry.headline,
            headline_note=entry.headline_note,
            located=entry.located,
            located_note=(answer.note or "") if isinstance(answer, Match) else "",
            named=self.where(source, place.paragraph),
            source=place.source,
            paragraph=place.paragraph,
            beyond_report="" if source.sha256 else self._("不见于报道，据其他来源补充"),
        )

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {vocable.indicator: self.pick(vocable.label_zh, vocable.label_en) for vocable in self._tables.vocabulary}

    def _headline(self, place: Place, tables: Tables) -> tuple[str, str, str]:
        for row in tables.figures_by_place[place.id]:
            if value := self.value(row):
                return f"{value} {self.unit(row)}".strip(), f"{self._labels[row.indicator]} · {self.period(row.period)}", self.converted(row)
        return "—", self._("报道未给出单独的数字"), ""

    def comparison(self, comparison: Comparison) -> str:
        """Name a comparison: what, when."""
        return f"{self.pick(comparison.vocable.label_zh, comparison.vocable.label_en)} · {self.period(comparison.period)}"

    def legend(self, comparison: Comparison | None) -> Legend:
        """Make the legend of a comparison, or that of the map where nothing is compared."""
        title, factor = [], Decimal(1)
        if comparison:
            unit, factor = self.whole_unit(comparison.unit, comparison.largest or Decimal(0))
            label = self.pick(comparison.vocable.label_zh, comparison.vocable.label_en)
            title = [label, self.period(comparison.period), *([unit] if unit else [])]
        words = LegendWords(
            title=tuple(title),
            amount=lambda amount: self.number(amount if factor == 1 else (amount * factor).normalize()),
            symbols={symbol: self._(phrase) for symbol, phrase in SYMBOLS.items()},
            growth=self._("颜色为增长"),
            unsized=self._("没有数额，大小固定"),
            without=self._("没有这个数字：{count} 处"),
            missing=self._("位置不明，图上不标：{count} 处"),
            belt=self._("走廊示意，非规划边界"),
            tie=self._("报道所述的协作"),
            corridors={corridor: self.corridor_short(corridor) for corridor in self.corridors},
        )
        return build_legend(comparison, words)

    def measure(self, comparison: Comparison, place: str) -> tuple[str, str, str]:
        """Write what a place has in a comparison, its growth, and the amount in whole units; a dash and the reason where it has nothing."""
        measure = comparison.measures.get(place)
        if measure is None:
            return "—", self._("没有这个数字"), ""
        amount = f"{self.amount(measure.figure)} {self.unit(measure.figure)}".strip()
        if not amount:
            return self.growth(measure.figure), self._("增长"), ""
        return amount, self.growth(measure.figure), self.converted(measure.figure)

    def comparison_finding(self, comparison: Comparison, places: Mapping[str, Place]) -> str:
        """State what a comparison shows: how many places have the figure, and which has the most."""
        title, count = self.comparison(comparison), len(comparison.measures)
        largest = [id_ for id_, measure in comparison.measures.items() if measure.amount is not None and measure.amount == comparison.largest]
        if not largest:
            return self._("%(title)s：%(count)s 处有这个数字。") % {"title": title, "count": count}
        names = self._("、").join(self.pick(places[id_].name_zh, places[id_].name_en) for id_ in largest)
        if len(largest) == count > 1:
            return self._("%(title)s：%(names)s都是%(amount)s。") % {
                "title": title,
                "names": names,
                "amount": self.measure(comparison, largest[0])[0],
            }
        return self._("%(title)s：%(count)s 处有这个数字，%(names)s最大，%(amount)s。") % {
            "title": title,
            "count": count,
            "names": names,
            "amount": self.measure(comparison, largest[0])[0],
        }

    def finding(self, places: Sequence[Place], tables: Tables) -> str:
        """State what the places of a view show: the lead of the place whose ranked amount comes first, or how much there is to see."""
        if not places:
            return self._("没有符合条件的地点")
        first = min(
            (place for place in places if place.id in tables.ranked_amounts), key=lambda one: tables.ranked_amounts[one.id][0][0], default=None
        )
        if first is not None and (lead := self.lead(first, tables)):
            return lead[1]
        count = sum(len(tables.figures_by_place[place.id]) for place in places)
        return self.count_of_figures(bool(count)) % {"places": len(places), "figures": count}

    def count_of_figures(self, has_figures: bool) -> str:
        """Give the phrase that counts the ``places`` of a view without a ranked amount, and their ``figures``."""
        return (
            self._("%(places)s 处地点，%(figures)s 个数字，逐条注明出处。")
            if has_figures
            else self._("%(places)s 处地点，报道没有单独给出它们的数字。")
        )

    def lead(self, place: Place, tables: Tables) -> tuple[int, str] | None:
        """State the first ranked amount of a place and its later ones, and where in its table it stands; ``None`` where there is none."""
        ranked = tables.ranked_amounts.get(place.id)
        if not ranked:
            return None
        position, first = ranked[0]
        parts = [self._finding_part(row) for _, row in ranked if row.indicator == first.indicator]
        return position, self._("%(name)s%(label)s：%(parts)s。") % {
            "name": self.name(place),
            "label": self._labels[first.indicator],
            "parts": self._("；").join(parts),
        }

    def _finding_part(self, row: Indicator) -> str:
        amount = f"{self.amount(row)} {self.unit(row)}"
        if row.period:
            amount = self._("%(period)s %(amount)s") % {"period": self.period(row.period), "amount": amount}
        parts = [amount, self._("居%(rank)s") % {"rank": self.rank(row)}]
        if row.growth_pct is not None:
            phrase = self._("增长 %(growth)s%%") if row.growth_pct >= 0 else self._("下降 %(growth)s%%")
            parts.append(phrase % {"growth": abs(row.growth_pct)})
        return self._("，").join(parts)

    def review_number(self, basemap: Basemap | None) -> str:
        """Say which map review number (审图号) a basemap has; ``None`` is the built-in outline."""
        if basemap is None:
            return self._("内置轮廓，WGS-84；无审图号，仅作示意")
        name = self.pick(basemap.name_zh, basemap.name_en)
        if basemap.review_number:
            return self._("%(name)s，审图号：%(number)s") % {"name": name, "number": basemap.review_number}
        if basemap.has_review_number:
            return self._("%(name)s，审图号以服务商页面为准") % {"name": name}
        return self._("%(name)s，无审图号") % {"name": name}

    def corridor_extent(self, corridor: CorridorRow) -> str:
        """Say what is published about the extent of a corridor."""
        return self.pick(corridor.scope_note_zh, corridor.scope_note_en)
