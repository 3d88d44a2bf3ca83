"""What people read: labels, figures, periods, places and findings in words, in Chinese or English.

The only room that formats for people. Chinese is the source language of every phrase; the English ones stand in ``translations/``. Text that comes
from the tables is passed on as it is: whoever shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import takewhile

from geo.atlas import Atlas
from geo.draw.basemap import Basemap
from geo.draw.legend import Legend, LegendWords, build_legend
from geo.draw.pieces import Local
from geo.geocode.answers import Answer, Match
from geo.layers.comparisons import Comparison
from geo.layers.editions import latest_edition
from geo.layers.select import Selection
from geo.tables.kinds import Basis, Kind, Precision, UnitKind
from geo.tables.reading import Tables
from geo.tables.rows import CorridorRow, Indicator, Place
from geo.words.editions import EditionWording
from geo.words.figures import FigureWords
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
    located
        How exactly it is located, in words.
    """

    id: str
    name: str
    headline: str
    headline_note: str
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
        Its figures, the most telling first: amounts of money before what is only counted, what is ranked or compared before what is not, and in table
        order among equals.
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


@dataclass(frozen=True)
class CorridorCard:
    """A corridor in words.

    Attributes
    ----------
    id, name, other_name
        The name in the reader's language and in the other one.
    area, area_label
        The published area, empty where none is; and what it is called.
    extent
        What is published about where it lies, and what is inferred.
    caveat
        That it is drawn for orientation.
    source, source_title
        For the link to it.
    """

    id: str
    name: str
    other_name: str
    area: str
    area_label: str
    extent: str
    caveat: str
    source: str
    source_title: str


class Wording(EditionWording):
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
        headline, headline_note = self._headline(place, atlas.tables)
        return Entry(
            id=place.id,
            name=self.name(place),
            headline=headline,
            headline_note=headline_note,
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
            for row in sorted(tables.figures_by_place[place.id], key=lambda row: self._telling(row, is_compared=row in atlas.shares))
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

    def _telling(self, row: Indicator, *, is_compared: bool) -> tuple[bool, bool, bool]:
        """Order figures by how much they tell, the most telling first."""
        is_money = self._kinds[row.indicator] in (UnitKind.MONEY, UnitKind.MONEY_PER_AREA)
        return row.value is None, not is_money, not (row.rank or is_compared)

    @cached_property
    def _kinds(self) -> dict[str, UnitKind]:
        return {vocable.indicator: vocable.unit_kind for vocable in self._tables.vocabulary}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {vocable.indicator: self.pick(vocable.label_zh, vocable.label_en) for vocable in self._tables.vocabulary}

    def label(self, figure: Indicator) -> str:
        """Name the indicator of a figure."""
        return self._labels[figure.indicator]

    def _headline(self, place: Place, tables: Tables) -> tuple[str, str]:
        for first in tables.figures_by_place[place.id]:
            if self.value(first):
                row = latest_edition(first, tables) if len(self.reports) > 1 else first
                return self.stated(row), f"{self._labels[row.indicator]} · {self.period(row.period)}"
        return "—", self._("报道未给出单独的数字")

    def comparison(self, comparison: Comparison) -> str:
        """Name a comparison: what, when."""
        return f"{self._labels[comparison.vocable.indicator]} · {self.period(comparison.period)}"

    def comparable(self, count: int) -> str:
        """Say how many comparisons there are."""
        if not count:
            return self._("没有两处以上都有的数字，无从比较")
        return self._("可以比较 · 1 项") if count == 1 else self._("可以比较 · %(count)s 项") % {"count": count}

    @property
    def alone(self) -> str:
        """What figures are called that cannot be compared."""
        return self._("只此一处，或时期不明")

    @property
    def having(self) -> str:
        """Heads the places that have the chosen figure."""
        return self._("有这个数字")

    @property
    def lacking(self) -> str:
        """Heads the places that do not have the chosen figure."""
        return self._("没有这个数字")

    def count_of_places(self, count: int) -> str:
        """Say how many places there are."""
        return self._("1 处") if count == 1 else self._("%(count)s 处") % {"count": count}

    def compared(self, count: int) -> str:
        """Say how many places of a view can be compared; ``{with}`` and ``{all}`` stand for how many have the figure, and how many are shown."""
        if count == 0:
            return self._("显示的 {all} 处都没有这个数字")
        return self._("只有 1 处有这个数字，无从比较") if count == 1 else self._("{all} 处中 {with} 处有这个数字，可以比较")

    def legend(self, comparison: Comparison | None) -> Legend:
        """Make the legend of a comparison, or that of the map where nothing is compared."""
        title, factor = [], Decimal(1)
        if comparison:
            unit, factor = self.scale_unit(comparison.unit, comparison.largest or Decimal(0))
            title = [self._labels[comparison.vocable.indicator], self.period(comparison.period), *([unit] if unit else [])]
        words = LegendWords(
            title=tuple(title),
            amount=lambda amount: self.number(amount if factor == 1 else (amount * factor).normalize()),
            symbols={symbol: self._(phrase) for symbol, phrase in SYMBOLS.items()},
            growth=self._("填色为增长"),
            span=self._("实心到下限，外圈到上限"),
            unsized=self._("没有数额，大小固定"),
            without=self._("没有这个数字：{count} 处"),
            missing=self._("位置不明，图上不标：{count} 处"),
            ring=self._("＋几：另有几处只知在此园区，点开看"),
            belt=self._("走廊示意，非规划边界"),
            tie=self._("报道所述的协作"),
            corridors={corridor: self.corridor_short(corridor) for corridor in self.corridors},
        )
        return build_legend(comparison, words)

    def measure(self, comparison: Comparison, place: str) -> tuple[str, str]:
        """Write what a place has in a comparison, and its growth; a dash and the reason where it has nothing."""
        measure = comparison.measures.get(place)
        if measure is None:
            return "—", self._("没有这个数字")
        if measure.amount is None:
            return self.growth(measure.figure), self._("增长").strip()
        return self.stated(measure.figure), self.growth(measure.figure)

    def comparison_finding(self, comparison: Comparison, places: Mapping[str, Place]) -> str:
        """State what a comparison shows, as a headline: which place has the most, or that they are even, or what the only one has."""
        first, count = comparison.measures[comparison.order[0]], len(comparison.measures)
        if not comparison.is_comparable:
            statement = self._statement(places[comparison.order[0]], first.figure)
            others = self._("只有这一处有这个数字") if count == 1 else self._("%(count)s 处有这个数字，时期不明，无从比较") % {"count": count}
            return self._("%(statement)s；%(others)s。") % {"statement": statement, "others": others}
        # Other amounts read otherwise: only the same ones have to be written to be compared.
        equal = takewhile(lambda id_: comparison.measures[id_].amount == first.amount, comparison.order)
        words_of_first = self.measure(comparison, comparison.order[0])
        same = [id_ for id_ in equal if self.measure(comparison, id_) == words_of_first]
        names = self.joined([self.name(places[id_]) for id_ in same])
        words = {
            "names": names,
            "label": self._label_within(first.figure),
            "count": count,
            "amount": self.stated(first.figure),
            "period": self.period(comparison.period),
        }
        if len(same) == count:
            return self._("%(count)s 处的%(label)s不相上下，都是%(amount)s（%(period)s）：%(names)s。") % words
        if len(same) == 1 and first.figure.rank is not None:
            return self._("%(statement)s。") % {"statement": self._statement(places[same[0]], first.figure)}
        if first.amount is None:
            return self._("%(count)s 处中%(names)s的%(label)s增长最快：%(amount)s（%(period)s）。") % words
        return self._("%(count)s 处中%(names)s的%(label)s最大：%(amount)s（%(period)s）。") % words

    def joined(self, names: Sequence[str]) -> str:
        """List names as in a sentence."""
        if self.language != "en":
            return "、".join(names)
        return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)

    def _label_within(self, figure: Indicator) -> str:
        """Name an indicator within a sentence: in English a word that is no abbreviation begins small."""
        label = self._labels[figure.indicator]
        return label[:1].lower() + label[1:] if self.language == "en" and label[1:2].islower() else label

    def _statement(self, place: Place, figure: Indicator) -> str:
        """State a figure of a place as a person would say it, without a full stop."""
        words = {
            "name": self.name(place),
            "label": self._label_within(figure),
            "rank": self.rank(figure),
            "amount": self.stated(figure),
            "period": self.period(figure.period),
        }
        if figure.rank is not None:
            if figure.value is None and figure.growth_pct is None:
                return self._("%(name)s%(label)s居%(rank)s（%(period)s）") % words
            statement = self._("%(name)s%(label)s居%(rank)s：%(amount)s（%(period)s）") % words
        elif figure.value is None:
            return self._("%(name)s%(label)s%(change)s（%(period)s）") % (words | {"change": self._change(figure)})
        else:
            statement = self._("%(name)s%(label)s：%(amount)s（%(period)s）") % words
        if figure.value is None or figure.growth_pct is None:
            return statement
        return self._("%(statement)s，%(change)s") % {"statement": statement, "change": self._change(figure)}

    def _change(self, figure: Indicator) -> str:
        growth = figure.growth_pct or Decimal(0)
        phrase = self._("增长 %(growth)s%%") if growth >= 0 else self._("下降 %(growth)s%%")
        return phrase % {"growth": abs(growth)}

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
        return self.count_of_figures(len(places), count).format(places=len(places), figures=count)

    def count_of_figures(self, places: int, figures: int) -> str:
        """Give the phrase that counts the ``{places}`` of a view without a ranked amount, and their ``{figures}``."""
        if figures == 0:
            return self._("1 处地点，报道没有单独给出它的数字。") if places == 1 else self._("{places} 处地点，报道没有单独给出它们的数字。")
        if places == 1:
            return self._("1 处地点，1 个数字，注明出处。") if figures == 1 else self._("1 处地点，{figures} 个数字，逐条注明出处。")
        return self._("{places} 处地点，1 个数字，注明出处。") if figures == 1 else self._("{places} 处地点，{figures} 个数字，逐条注明出处。")

    def lead(self, place: Place, tables: Tables) -> tuple[int, str] | None:
        """State the first ranked amount of a place as a headline, and where in its table it stands; ``None`` where there is none."""
        ranked = tables.ranked_amounts.get(place.id)
        if not ranked:
            return None
        position, first = ranked[0]
        return position, self._("%(statement)s。") % {"statement": self._statement(place, first)}

    def review_number(self, basemap: Basemap | None, local: Local | None = None) -> str:
        """Say which map review number (审图号) a basemap has.

        Parameters
        ----------
        basemap
            ``None`` is the built-in outline.
        local
            What the operator has added to that one.
        """
        if basemap is None:
            text = self._("内置轮廓，WGS-84；无审图号，仅作示意")
            return self._("%(text)s，街镇界线也是") % {"text": text} if local and "divisions" in local.kinds else text
        name = self.pick(basemap.name_zh, basemap.name_en)
        if basemap.review_number:
            return self._("%(name)s，审图号：%(number)s") % {"name": name, "number": basemap.review_number}
        if basemap.has_review_number:
            return self._("%(name)s，审图号以服务商页面为准") % {"name": name}
        return self._("%(name)s，无审图号") % {"name": name}

    def corridor_card(self, corridor: CorridorRow) -> CorridorCard:
        """Write a corridor in words: what is published of it, and that it is drawn for orientation only."""
        source = self._tables.sources_by_id[corridor.source]
        area = corridor.published_area_km2
        return CorridorCard(
            id=corridor.id,
            name=self.pick(corridor.name_zh, corridor.name_en),
            other_name=corridor.name_zh if self.language == "en" else corridor.name_en,
            area=self._("%(area)s 平方公里") % {"area": self.number(area)} if area is not None else "",
            area_label=self._("公布面积"),
            extent=self.corridor_extent(corridor),
            caveat=self._("走廊示意，非规划边界"),
            source=source.id,
            source_title=self._("来源：%(title)s") % {"title": source.title},
        )

    def sourced(self, sources: int, figures: int) -> str:
        """Say from how many sources the figures are."""
        count = self._("1 个数字逐条可查") if figures == 1 else self._("%(count)s 个数字逐条可查") % {"count": figures}
        of = self._("来源 1 份") if sources == 1 else self._("来源 %(count)s 份") % {"count": sources}
        return f"{of} · {count}"

    @property
    def origin(self) -> str:
        """Say where the figures are from: the title of the report, or where there are several of them, how many; empty where there is none."""
        reports = self.reports
        if len(reports) > 1:
            return self._("来源：%(title)s") % {"title": self._("%(count)s 份报道") % {"count": len(reports)}}
        return self._("来源：%(title)s") % {"title": reports[0].title} if reports else ""

    def filters(self, selection: Selection) -> list[str]:
        """Say what a selection chooses, a part for each filter."""
        corridors = [self.corridor_short(one) for one in self._tables.corridor_ids if one in selection.corridors]
        kinds = [self.kind(one) for one in Kind if one in selection.kinds]
        districts = [self.district(one) for one in self._tables.districts if one in selection.districts]
        box = ", ".join(f"{degrees:g}" for degrees in selection.bbox or ())
        parts = (
            (self._("走廊"), ", ".join(corridors) if self.language == "en" else "、".join(corridors)),
            (self._("类别"), ", ".join(kinds) if self.language == "en" else "、".join(kinds)),
            (self._("城区"), ", ".join(districts) if self.language == "en" else "、".join(districts)),
            (self._("范围（西、南、东、北）"), box),
            (self._("搜索"), selection.q),
        )
        return [self._("%(topic)s：%(text)s") % {"topic": topic, "text": text} for topic, text in parts if text]

    def credit_basemap(self, local: Local | None) -> str:
        """Say from whom the built-in outline is, and what the operator has added to it."""
        if local is None:
            return self.outline_credit
        date = self._("（%(date)s）") % {"date": local.date} if local.date else ""
        return self._("%(credit)s；另加：© OpenStreetMap contributors%(date)s") % {"credit": self.outline_credit, "date": date}

    def local_basemap(self, local: Local) -> str:
        """Say what the operator has added to the built-in outline, and from where."""
        kinds = {
            "roads": self._("道路"),
            "rails": self._("铁路"),
            "metro": self._("地铁"),
            "water": self._("水系"),
            "parks": self._("绿地"),
            "divisions": self._("街镇界线"),
            "names": self._("地名"),
        }
        return self._("本站另加：%(kinds)s，取自 OpenStreetMap 的摘录 %(file)s，数据日期：%(date)s。") % {
            "kinds": self._("、").join(name for kind, name in kinds.items() if kind in local.kinds),
            "file": local.file,
            "date": local.date or self._("摘录没有写明"),
        }

    @property
    def picture_layers(self) -> dict[str, str]:
        """What the layers of a picture are called."""
        return {
            "surround": self._("周边"),
            "districts": self._("区县"),
            "water": self._("水系"),
            "local": self._("道路与铁路等（OpenStreetMap）"),
            "corridors": self._("走廊（示意）"),
            "reference": self._("地铁与地名"),
            "ties": self._("协作关系"),
            "places": self._("地点与名称"),
        }

    def corridor_extent(self, corridor: CorridorRow) -> str:
        """Say what is published about the extent of a corridor."""
        return self.pick(corridor.scope_note_zh, corridor.scope_note_en)
