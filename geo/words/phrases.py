"""The phrases of the tables' kinds, in Chinese; the English ones stand in ``translations/``."""

from __future__ import annotations

from collections.abc import Callable

from geo.geocode.answers import MissReason
from geo.geocode.said import N_
from geo.tables.kinds import CorridorBasis, Kind, NumberReason, PlaceStatus, Precision, Qualifier, Relation, SourceKind
from geo.tables.profile import Bilingual
from geo.tables.reading import Tables
from geo.tables.rows import CorridorRow, Place

LANGUAGES = {"zh": "中文", "en": "English"}
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
# What the symbols of the map mean, by the keys of ``geo.ground.palette.RADII``.
SYMBOLS = {
    "platform": N_("平台"),
    "zone": N_("合作区"),
    "site": N_("园区、项目（有自身位置）"),
    "guest": N_("只知所在园区，位置不详"),
    "district": N_("城区或全市（代表点）"),
    "city": N_("城区或全市（代表点）"),
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
    NumberReason.DATE: N_("日期"),
    NumberReason.ORDINAL: N_("次序"),
    NumberReason.THRESHOLD: N_("门槛"),
    NumberReason.SIZE: N_("规格"),
    NumberReason.CONTACT: N_("联系方式"),
    NumberReason.NAME: N_("名称的一部分"),
    NumberReason.COMPANY: N_("企业自身的数字"),
    NumberReason.LISTED: N_("所列各项之数"),
    NumberReason.DURATION: N_("时长"),
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
    MissReason.OUT_OF_AREA: N_("不在本市"),
}


class Phrases:
    """The phrases of the tables' kinds in one language.

    Parameters
    ----------
    language
        A key of ``LANGUAGES``.
    translate
        From a phrase in Chinese to the phrase in this language.
    tables
        What the districts are called.
    """

    def __init__(self, language: str, translate: Callable[[str], str], tables: Tables) -> None:
        self.language = language
        self._tables = tables
        self._ = translate

    @property
    def title(self) -> str:
        """What the atlas is called."""
        return self._in_both(self._tables.profile.title)

    @property
    def subtitle(self) -> str:
        """What the atlas is about, in a line."""
        return self._in_both(self._tables.profile.subtitle)

    @property
    def description(self) -> str:
        """What the atlas is, in a sentence, for link previews."""
        return self._in_both(self._tables.profile.description)

    @property
    def abstract(self) -> str:
        """What the atlas holds, for catalogues of data."""
        return self._in_both(self._tables.profile.abstract)

    @property
    def dating(self) -> str:
        """How the years of the report are known; empty where there is nothing to say."""
        dating = self._tables.profile.dating
        return self._in_both(dating) if dating else ""

    @property
    def outline_credit(self) -> str:
        """From whom the built-in outline is."""
        return self._in_both(self._tables.profile.outline_credit)

    @property
    def divisions_credit(self) -> str:
        """From whom the divisions are; empty where nobody has to be named."""
        credit = self._tables.profile.divisions_credit
        return self._in_both(credit) if credit else ""

    @property
    def city(self) -> str:
        """The name of the city, as people say it."""
        city = self._tables.profile.city
        return self.pick(city.short_zh, city.en)

    def _in_both(self, text: Bilingual) -> str:
        return self.pick(text.zh, text.en)

    def name(self, place: Place) -> str:
        """Name a place."""
        return self.pick(place.name_zh, place.name_en)

    def corridor(self, corridor: str) -> str:
        """Name a corridor, or what lies on none."""
        return self._in_both(self._tables.corridor_names[corridor])

    @property
    def corridors(self) -> dict[str, str]:
        """The names of the corridors and of what lies on none, by their ids."""
        return {corridor: self.corridor(corridor) for corridor in self._tables.corridor_ids}

    @property
    def corridor_rows(self) -> tuple[CorridorRow, ...]:
        """The corridors as their table has them."""
        return self._tables.corridors

    def corridor_short(self, corridor: str) -> str:
        """Name a corridor in a word."""
        return self._in_both(self._tables.corridor_names[corridor].short)

    def corridor_with_basis(self, place: Place) -> str:
        """Name the corridor of a place in a word, and why it counts to it."""
        corridor = self.corridor_short(place.corridor)
        return f"{corridor} · {self._(BASES[place.corridor_basis])}" if BASES[place.corridor_basis] else corridor

    def kind(self, kind: Kind) -> str:
        """Name a kind of place."""
        return self._(KINDS[kind])

    def district(self, district: str) -> str:
        """Name a district."""
        return self._tables.districts[district] if self.language == "en" else district

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
