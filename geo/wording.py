"""What people read: labels, figures, periods, places and findings in words, in Chinese or English.

The only room that formats for people. Chinese is the source language of every phrase; the English ones stand in ``translations/``. Text that comes
from the tables is passed on as it is: whoever shows it escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from geo.basemap import Basemap
from geo.comparisons import Comparison
from geo.geocode import Answer, Match, MissReason
from geo.pipeline import Atlas
from geo.schema import (
    Basis,
    Corridor,
    CorridorBasis,
    CorridorRow,
    District,
    FigureStatus,
    Indicator,
    Kind,
    NumberReason,
    Period,
    Place,
    PlaceStatus,
    Precision,
    Qualifier,
    Relation,
    Source,
    SourceKind,
)
from geo.tables import Tables


def N_(phrase: str) -> str:  # noqa: N802 - the customary name by which translation tools find phrases in tables
    """Mark a phrase of a table for translation."""
    return phrase


LANGUAGES = {"zh": "中文", "en": "English"}

CORRIDORS = {Corridor.WEST: N_("城西科创大走廊"), Corridor.EAST: N_("城东智造大走廊"), Corridor.NONE: N_("多点支撑（不在两廊）")}
CORRIDORS_SHORT = {Corridor.WEST: N_("城西"), Corridor.EAST: N_("城东"), Corridor.NONE: N_("多点")}
BASES = {
    CorridorBasis.PLAN: N_("规划文件"),
    CorridorBasis.INHERITED: N_("随所属平台"),
    CorridorBasis.INFERRED: N_("推断"),
    CorridorBasis.NONE: "",
}
KINDS = {
    Kind.PLATFORM: N_("平台"),
    Kind.COOPERATION_ZONE: N_("合作区"),
    Kind.PARK: N_("园区"),
    Kind.TOWN: N_("小镇"),
    Kind.VALLEY: N_("谷"),
    Kind.FACILITY: N_("设施"),
    Kind.PROJECT: N_("项目"),
    Kind.DISTRICT: N_("城区"),
    Kind.CITY: N_("城市"),
}
# How the list is grouped, in this order.
GROUPS = (
    (N_("产业平台"), (Kind.PLATFORM,)),
    (N_("合作区与园区"), (Kind.COOPERATION_ZONE, Kind.PARK)),
    (N_("谷与小镇"), (Kind.VALLEY, Kind.TOWN)),
    (N_("设施与项目"), (Kind.FACILITY, Kind.PROJECT)),
    (N_("城市与城区"), (Kind.CITY, Kind.DISTRICT)),
)
STATUSES = {
    PlaceStatus.ESTABLISHED: N_("已设立"),
    PlaceStatus.OPERATING: N_("已运行"),
    PlaceStatus.COMPLETED: N_("已建成"),
    PlaceStatus.LANDED: N_("已落地"),
    PlaceStatus.SIGNED: N_("已签约"),
    PlaceStatus.PLANNED: N_("规划建设中"),
}
PRECISIONS = {
    Precision.SITE: N_("地块"),
    Precision.LOCALITY: N_("地段"),
    Precision.AREA: N_("区域中心"),
    Precision.TOWNSHIP: N_("街道或乡镇"),
    Precision.DISTRICT: N_("城区代表点"),
    Precision.CITY: N_("全市代表点"),
}
RELATIONS = {
    Relation.COOPERATES_WITH: N_("协作"),
    Relation.HOSTS: N_("所辖"),
    Relation.CORE_AREA_OF: N_("为其核心区"),
    Relation.LANDMARK_OF: N_("为其新地标"),
    Relation.SUPPLIES: N_("成果转化至"),
}
SOURCE_KINDS = {
    SourceKind.NEWSPAPER: N_("报纸报道"),
    SourceKind.PLAN: N_("规划文件"),
    SourceKind.WEB: N_("网页"),
    SourceKind.DATASET: N_("数据集"),
    SourceKind.UNVERIFIED: N_("未核实"),
}
NUMBER_REASONS = {
    NumberReason.PAGE: N_("版面页码"),
    NumberReason.TITLE: N_("称号"),
    NumberReason.RANK_SCOPE: N_("名次的范围"),
    NumberReason.PROGRAMME: N_("工程名称"),
    NumberReason.CLASS: N_("泛指的量级"),
    NumberReason.FIGURE_OF_SPEECH: N_("修辞"),
}
QUALIFIERS = {
    Qualifier.EXACT: "%(number)s",
    Qualifier.ABOUT: N_("约 %(number)s"),
    Qualifier.OVER: N_("超 %(number)s"),
    Qualifier.UNDER: N_("不足 %(number)s"),
    Qualifier.AT_LEAST: N_("至少 %(number)s"),
}
MISS_REASONS = {
    MissReason.UNKNOWN: N_("地名表中没有这个名称"),
    MissReason.AMBIGUOUS: N_("地名表中有多处同名"),
    MissReason.OUT_OF_AREA: N_("不在杭州"),
}
DISTRICTS_EN = {
    District.SHANGCHENG: "Shangcheng District",
    District.GONGSHU: "Gongshu District",
    District.XIHU: "Xihu District",
    District.BINJIANG: "Binjiang District",
    District.XIAOSHAN: "Xiaoshan District",
    District.YUHANG: "Yuhang District",
    District.LINPING: "Linping District",
    District.QIANTANG: "Qiantang District",
    District.FUYANG: "Fuyang District",
    District.LINAN: "Lin'an District",
    District.TONGLU: "Tonglu County",
    District.CHUNAN: "Chun'an County",
    District.JIANDE: "Jiande City",
    District.HANGZHOU: "Hangzhou City",
}
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


class Wording:
    """Phrases in one language.

    Parameters
    ----------
    language
        A key of ``LANGUAGES``.
    translate
        From a phrase in Chinese to the phrase in this language.
    """

    def __init__(self, language: str, translate: Callable[[str], str]) -> None:
        self.language = language
        self._ = translate

    # --- single words ---

    def corridor(self, corridor: Corridor) -> str:
        """Name a corridor, or 多点支撑."""
        return self._(CORRIDORS[corridor])

    def corridor_short(self, corridor: Corridor) -> str:
        """Name a corridor in a word."""
        return self._(CORRIDORS_SHORT[corridor])

    def corridor_with_basis(self, place: Place) -> str:
        """Name the corridor of a place in a word, and why it counts to it."""
        corridor = self.corridor_short(place.corridor)
        return f"{corridor} · {self._(BASES[place.corridor_basis])}" if BASES[place.corridor_basis] else corridor

    def kind(self, kind: Kind) -> str:
        """Name a kind of place."""
        return self._(KINDS[kind])

    def district(self, district: District) -> str:
        """Name a district."""
        return DISTRICTS_EN[district] if self.language == "en" else district.value

    def group(self, position: int) -> str:
        """Name a group of the list."""
        return self._(GROUPS[position][0])

    def relation(self, relation: Relation) -> str:
        """Name a tie."""
        return self._(RELATIONS[relation])

    def source_kind(self, kind: SourceKind) -> str:
        """Name a sort of source."""
        return self._(SOURCE_KINDS[kind])

    def number_reason(self, reason: NumberReason) -> str:
        """Say why a number is not a figure about a place."""
        return self._(NUMBER_REASONS[reason])

    def miss_reason(self, reason: MissReason) -> str:
        """Say why a place could not be located."""
        return self._(MISS_REASONS[reason])

    def pick(self, zh: str | None, en: str | None) -> str:
        """Choose the text in the reader's language; the other where there is none."""
        first, second = (en, zh) if self.language == "en" else (zh, en)
        return first or second or ""

    # --- figures ---

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
        ends = [value * figure.unit.magnitude for value in (figure.value, figure.value_max) if value is not None]
        power, word = next(((power, word) for power, word in _POWERS_EN if max(ends) >= power), (Decimal(1), ""))
        number = "–".join(f"{(end / power).normalize():,f}" for end in ends)
        amount = self._(QUALIFIERS[figure.qualifier]) % {"number": number}
        return " ".join(part for part in (amount, word, figure.unit.base_en) if part)

    def growth(self, figure: Indicator) -> str:
        """Write the growth of a figure with its sign."""
        return "" if figure.growth_pct is None else f"{figure.growth_pct:+f}%"

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
        """Write a figure in words; where only a rank is stated, the rank stands as its value."""
        only_rank = figure.value is None and figure.growth_pct is None
        rank = self.pick(figure.rank_scope_zh, figure.rank_scope_en) if only_rank else self.rank(figure)
        return FigureWords(
            label=label,
            value=self.place_in_order(figure) if only_rank else self.amount(figure),
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

    # --- places ---

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
            return self._("只知在%(host)s，自身位置不详；误差 ±%(radius)s") % {"host": host or answer.matched, "radius": radius}
        return self._("位置为%(precision)s，误差 ±%(radius)s") % {"precision": self._(PRECISIONS[answer.precision]), "radius": radius}

    def entry(self, place: Place, atlas: Atlas) -> Entry:
        """Write a place in a line."""
        host = atlas.tables.places_by_id.get(place.parent_id or "")
        headline, headline_note, converted = self._headline(place, atlas.tables)
        return Entry(
            id=place.id,
            name=self.pick(place.name_zh, place.name_en),
            headline=headline,
            headline_note=headline_note,
            converted=converted,
            located=self.located(atlas.answers[place.id], self.pick(host.name_zh, host.name_en) if host else ""),
        )

    def card(self, place: Place, atlas: Atlas) -> Card:
        """Write a place in words."""
        tables, answer = atlas.tables, atlas.answers[place.id]
        labels = self._labels(tables)
        figures = tuple(
            self.figure(
                row,
                labels[row.indicator],
                tables.sources_by_id[row.source],
                share=atlas.shares.get(row),
                is_unverified=row in atlas.unverified,
            )
            for row in tables.figures_by_place[place.id]
        )
        chips = [
            Chip(self.corridor_with_basis(place), place.corridor.value),
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

    def _labels(self, tables: Tables) -> dict[str, str]:
        return {vocable.indicator: self.pick(vocable.label_zh, vocable.label_en) for vocable in tables.vocabulary}

    def _headline(self, place: Place, tables: Tables) -> tuple[str, str, str]:
        labels = self._labels(tables)
        for row in tables.figures_by_place[place.id]:
            figure = self.figure(row, labels[row.indicator], tables.sources_by_id[row.source])
            if figure.value:
                return f"{figure.value} {figure.unit}".strip(), f"{figure.label} · {figure.period}", figure.converted
        return "—", self._("报道未给出单独的数字"), ""

    def comparison(self, comparison: Comparison) -> str:
        """Name a comparison: what, when."""
        return f"{self.pick(comparison.vocable.label_zh, comparison.vocable.label_en)} · {self.period(comparison.period)}"

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
            "name": self.pick(place.name_zh, place.name_en),
            "label": self._labels(tables)[first.indicator],
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
