"""A sheet on which a person reviews how every place was geocoded: one HTML file, to be read without a network, ticked and printed.

A working document of the editors, in Chinese only. Doubtful answers come before sure ones.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

import shapely
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyproj import Geod
from rapidfuzz import process
from rapidfuzz.distance import OSA
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.atlas import Atlas
from geo.bbox import Box
from geo.datum import Datum, to_wgs84
from geo.draw.marks import Look, Mark, plain_look
from geo.draw.picture import Caption, draw_svg
from geo.files import replaced
from geo.geocode.answers import Answer, Level, Match, Method, Miss
from geo.geocode.gazetteer import Feature, Gazetteer, Location
from geo.names import fold_name
from geo.settings import PROJECT
from geo.tables.kinds import NO_CORRIDOR, Basis, DivisionLevel, Kind, SourceKind
from geo.tables.reading import Tables
from geo.tables.rows import GazetteerRow, Place, Source
from geo.words.cards import Wording
from geo.words.phrases import KINDS, PRECISIONS

LEVELS = {Level.ADDRESS: "门牌", Level.PLACE: "地点", Level.TOWNSHIP: "乡镇街道", Level.DISTRICT: "区县", Level.CITY: "全市"}
METHODS = {
    Method.EXACT: "与本名相同",
    Method.ALIAS: "别名",
    Method.FORMER: "旧名",
    Method.ADDRESS: "按地址",
    Method.FUZZY: "近似",
    Method.ONLINE: "在线查询",
}
BASES = {Basis.SURVEYED: "自身位置，直接查得", Basis.DERIVED: "自身位置，由别的资料推得", Basis.PARENT: "宿主的位置"}
DATUMS = {Datum.WGS84: "WGS-84", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}

# Two rows of cards to a printed page leave no more height for a map.
WIDTH, HEIGHT = 420, 240
# Half of what a map shows, in metres: a smaller piece has neither a river nor a border by which to tell where it is.
_LEAST_REACH_M = 5_000
# Townships are named up to this reach; beyond it they would only be a swarm.
_MOST_TOWNSHIPS_M = 15_000
# Metres of a degree of latitude, as near as a view needs it.
_DEGREE_M = 111_000
# Names that agree less than this are not confused with each other.
_LEAST_LIKENESS = 50.0
_GEOD = Geod(ellps="WGS84")
_Member = TypeVar("_Member", bound=StrEnum)
_SVG = "{http://www.w3.org/2000/svg}"


class Group(StrEnum):
    """How far an answer is to be trusted; in the order of the sheet."""

    MISSED = "missed"
    BY_HOST = "by-host"
    DOUBTFUL = "doubtful"
    DERIVED = "derived"
    SURVEYED = "surveyed"


GROUPS = {
    Group.MISSED: ("没有位置", "图上不标。请核对查询名，或找到位置后补进地名表。"),
    Group.BY_HOST: ("只知宿主", "用的是宿主的位置，自身位置不详。请核对是否确在该宿主之内。"),
    Group.DOUBTFUL: ("存疑：推断或常识", "来源未核实或只是网页，名称不是确切相符，或点不在所写的区县。请先核对这些。"),
    Group.DERIVED: ("由别的资料推得", "有自身位置，由边界、站点、公布的四至等推得。"),
    Group.SURVEYED: ("直接查得", "有自身位置，来源直接给出。"),
}


class Fact(NamedTuple):
    """A line of a card.

    Attributes
    ----------
    term, text
        What is told, and in words.
    url
        Where the text can be verified; may be empty.
    """

    term: str
    text: str
    url: str = ""


class Card(NamedTuple):
    """A place and the answer to it, in words.

    Attributes
    ----------
    number
        Its position in the table, from 1.
    place, kind
        The place, and what it is.
    doubts
        What speaks against the answer; may be empty.
    facts
        Everything that is known about the answer.
    picture
        SVG to stand inside of a page; empty for a miss.
    """

    number: int
    place: Place
    kind: str
    doubts: tuple[str, ...]
    facts: tuple[Fact, ...]
    picture: str


class Section(NamedTuple):
    """The cards of a group, in table order, under its title."""

    group: Group
    title: str
    meaning: str
    cards: tuple[Card, ...]


class Conversion(NamedTuple):
    """A coordinate that was not given in WGS-84: whose, what the source gives, what became of it, and how far that is in metres."""

    place: Place
    given: str
    converted: str
    shift_m: int


def encode_audit(atlas: Atlas) -> bytes:
    """Write the sheet as one HTML file.

    Returns
    -------
    bytes
        UTF-8; the same input gives the same bytes. No script, and nothing that a browser would fetch.
    """
    desk = _Desk(atlas)
    sections = desk.sections()
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    environment = Environment(
        loader=FileSystemLoader(PROJECT / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    page = environment.get_template("audit.html").render(
        title=atlas.tables.profile.title.zh,
        version=atlas.tables.version,
        sections=sections,
        total=len(atlas.tables.places),
        counts=(
            ("匹配到的是", _count(LEVELS, (match.level for match in matches))),
            ("匹配方法", _count(METHODS, (match.method for match in matches))),
            ("精度", _count(PRECISIONS, (match.precision for match in matches))),
            ("依据", _count(BASES, (match.basis for match in matches))),
        ),
        missed=len(atlas.misses),
        conversions=desk.conversions(),
        review_number=desk.wording.review_number(None),
    )
    return page.encode()


def write_audit(atlas: Atlas, target: Path) -> None:
    """Write the sheet to a file: beside it first, so that the file is the old one or the new one and never half of either.

    Parameters
    ----------
    atlas
        What is to be reviewed.
    target
        The HTML file to write; one that exists is replaced.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    content = encode_audit(atlas)
    with replaced(target) as growing:
        growing.write_bytes(content)


def _count(labels: Mapping[_Member, str], found: Iterable[_Member]) -> list[tuple[str, int]]:
    """Count each of an enumeration's members, those that never occur included: that there is none is worth knowing."""
    counter = Counter(found)
    return [(label, counter[member]) for member, label in labels.items()]


class _Desk:
    """What the cards are written from: the atlas, and the gazetteer behind it."""

    def __init__(self, atlas: Atlas) -> None:
        self._atlas, self._tables = atlas, atlas.tables
        self.wording = Wording("zh", str, atlas.tables)
        self.city = list(atlas.tables.districts)[-1]
        self._outside = f"{atlas.tables.profile.city.short_zh}之外"
        self._gazetteer = Gazetteer(atlas.tables)
        self._names = [name for name in self._gazetteer.forms if not name.isascii()]
        self._districts: list[tuple[str, BaseGeometry]] = [
            (feature["properties"]["name_zh"], shape(feature["geometry"])) for feature in atlas.outline.districts["features"]
        ]

    def sections(self) -> list[Section]:
        """Write every place once, the doubtful ones first."""
        cards: dict[Group, list[Card]] = {group: [] for group in Group}
        for number, place in enumerate(self._tables.places, 1):
            answer = self._atlas.answers[place.id]
            doubts = self._doubts(place, answer)
            cards[_group_of(answer, doubts)].append(self._card(number, place, answer, doubts))
        return [Section(group, *GROUPS[group], tuple(some)) for group, some in cards.items() if some]

    def conversions(self) -> list[Conversion]:
        """List the coordinates that were converted to WGS-84."""
        found = []
        for place in self._tables.places:
            answer = self._atlas.answers[place.id]
            if isinstance(answer, Match) and answer.datum_of_source is not Datum.WGS84:
                row = self._original(answer)
                if row is not None and row.lon is not None and row.lat is not None:
                    shift_m = _GEOD.inv(row.lon, row.lat, answer.lon, answer.lat)[2]
                    given = f"{row.lon:.6f}, {row.lat:.6f}（{DATUMS[answer.datum_of_source]}）"
                    found.append(Conversion(place, given, f"{answer.lon:.6f}, {answer.lat:.6f}", round(shift_m)))
        return found

    # --- cards ---

    def _card(self, number: int, place: Place, answer: Answer, doubts: tuple[str, ...]) -> Card:
        facts = self._miss_facts(place, answer) if isinstance(answer, Miss) else self._match_facts(place, answer)
        picture = self._picture(place, answer) if isinstance(answer, Match) else ""
        return Card(number, place, KINDS[place.kind], doubts, tuple(facts), picture)

    def _miss_facts(self, place: Place, miss: Miss) -> list[Fact]:
        candidates = "；".join(f"{one.name}（{one.within}，{one.reason}）" for one in miss.candidates)
        return [
            _asked(place, miss.query),
            Fact("结果", self.wording.entry(place, self._atlas).located),
            *([Fact("可能是", candidates)] if candidates else []),
            Fact("最像的名称", self._nearest(miss.query, "")),
            self._named(place),
        ]

    def _match_facts(self, place: Place, match: Match) -> list[Fact]:
        feature = self._feature(match)
        elsewhere = f"；位置取自 {match.matched}" if match.matched != match.name else ""
        divisions = " › ".join(f"{division.name} {division.code}" for division in match.divisions)
        facts = [
            _asked(place, match.query),
            Fact("匹配", f"{match.name}{elsewhere}"),
            Fact("方法", f"{LEVELS[match.level]} · {METHODS[match.method]} · {match.score:g} 分"),
        ]
        if match.unresolved:
            facts.append(Fact("未解析", match.unresolved))
        if match.runner_up is not None:
            facts.append(Fact("次选", f"{match.runner_up[0]}，{match.runner_up[1]:g} 分"))
        facts += [
            Fact("最像的另一名", self._nearest(match.query, match.name)),
            Fact("精度", self.wording.entry(place, self._atlas).located),
            Fact("坐标", f"{match.lon:.6f}, {match.lat:.6f}（WGS-84；{self._datum(match)}）"),
            Fact("所属区划", f"{divisions}；按轮廓，点在{self._district_at(match) or self._outside}"),
            Fact("依据", BASES[match.basis]),
            self._source("来源", match.source),
        ]
        if match.note:
            facts.append(Fact("备注", match.note))
        if feature is not None and feature.is_by_host:
            facts += self._host_facts(feature.location)
        return [*facts, self._named(place)]

    def _host_facts(self, host: Location) -> list[Fact]:
        facts = [Fact("宿主的依据", BASES[host.basis]), self._source("宿主的来源", host.source)]
        return [*facts, Fact("宿主的备注", host.note)] if host.note else facts

    def _source(self, term: str, id_: str) -> Fact:
        source = self._tables.sources_by_id.get(id_)
        if source is None:
            return Fact(term, id_)
        return Fact(term, f"{source.title}（{self.wording.source_kind(source.kind)}）", source.url or "")

    def _named(self, place: Place) -> Fact:
        source: Source = self._tables.sources_by_id[place.source]
        return Fact("地点出处", self.wording.where(source, place.paragraph), source.url or "")

    def _datum(self, match: Match) -> str:
        if match.datum_of_source is Datum.WGS84:
            return "来源亦然"
        row = self._original(match)
        given = "" if row is None else f" {row.lon:.6f}, {row.lat:.6f}"
        return f"来源为 {DATUMS[match.datum_of_source]}{given}，已换算"

    def _nearest(self, query: str, own: str) -> str:
        """Name what a query could be confused with: the most similar name of anything but what was found."""
        others = [name for name in self._names if any(form.feature.name != own for form in self._gazetteer.forms[name])]
        found = process.extractOne(fold_name(query), others, scorer=OSA.normalized_similarity)
        if found is None or 100 * found[1] < _LEAST_LIKENESS:
            return "没有相近的"
        form = next(form for form in self._gazetteer.forms[found[0]] if form.feature.name != own)
        other = form.feature
        alias = "" if fold_name(other.name) == found[0] else f"又名 {found[0]}，"
        return f"{other.name}（{alias}{other.district or self.city}），{100 * found[1]:.0f} 分"

    # --- doubts ---

    def _doubts(self, place: Place, answer: Answer) -> tuple[str, ...]:
        if not isinstance(answer, Match):
            return ()
        doubts = []
        feature = self._feature(answer)
        for id_ in dict.fromkeys((answer.source, feature.location.source if feature is not None else answer.source)):
            source = self._tables.sources_by_id.get(id_)
            if source is not None and source.kind in (SourceKind.UNVERIFIED, SourceKind.WEB):
                doubts.append(f"来源：{self.wording.source_kind(source.kind)}")
        if answer.method in (Method.FUZZY, Method.ONLINE):
            doubts.append(f"名称：{METHODS[answer.method]}，{answer.score:g} 分")
        if answer.unresolved:
            doubts.append(f"未解析：{answer.unresolved}")
        district = self._district_at(answer)
        if place.district != self.city and district != place.district:
            doubts.append(f"点在{district or self._outside}，不在{place.district}")
        return tuple(doubts)

    def _district_at(self, match: Match) -> str:
        point = shapely.Point(match.lon, match.lat)
        return next((name for name, geom in self._districts if geom.covers(point)), "")

    # --- what stands behind a match ---

    def _feature(self, match: Match) -> Feature | None:
        """Find what the gazetteer matched; none where another geocoder answered."""
        forms = self._gazetteer.forms.get(fold_name(match.name), ())
        return next((form.feature for form in forms if form.feature.name == match.name and _is_at(form.feature.location, match)), None)

    def _original(self, match: Match) -> GazetteerRow | None:
        """Find the row whose coordinate was converted."""
        return next((row for row in self._tables.gazetteer if row.name == match.matched and _is_origin(row, match)), None)

    # --- pictures ---

    def _picture(self, place: Place, match: Match) -> str:
        reach_m = max(1.1 * match.uncertainty_m, _LEAST_REACH_M)
        north, east = reach_m / _DEGREE_M, reach_m / (_DEGREE_M * math.cos(math.radians(match.lat)))
        view = Box(match.lon - east, match.lat - north, match.lon + east, match.lat + north)
        symbol = "guest" if match.basis is Basis.PARENT else "site"
        own = Mark(
            id=place.id,
            host=place.parent_id,
            symbol=symbol,
            corridor=place.corridor,
            lon=match.lon,
            lat=match.lat,
            label=place.name_zh,
            look=plain_look(symbol),
            uncertainty_m=match.uncertainty_m,
            reach_m=match.uncertainty_m,
        )
        marks = [own, *self._neighbours(place, match), *(_townships(self._tables) if reach_m <= _MOST_TOWNSHIPS_M else ())]
        caption = Caption("", "", (), None, {}, self._tables.hues, "name_zh")
        # The belts say nothing about where a place is.
        svg = draw_svg(self._atlas.outline, self._atlas.layers.corridors.iloc[:0], marks, {}, view, caption, width=WIDTH, height=HEIGHT)
        return _to_inline(svg, place.id, f"{place.name_zh}的位置图")

    def _neighbours(self, place: Place, match: Match) -> list[Mark]:
        """Give the other located places, for comparison; the larger one finds room for its name first, and that is the host."""
        marks = []
        for other in self._tables.places:
            answer = self._atlas.answers[other.id]
            if other.id == place.id or other.kind in (Kind.CITY, Kind.DISTRICT) or not isinstance(answer, Match) or answer.basis is Basis.PARENT:
                continue
            is_host = (answer.lon, answer.lat) == (match.lon, match.lat)
            look = Look("circle", 4 if is_host else 3, "filled")
            marks.append(Mark(other.id, None, "site", other.corridor, answer.lon, answer.lat, other.name_zh, look))
        return marks


def _asked(place: Place, query: str) -> Fact:
    return Fact("查询", f"{query}（限 {place.district}）")


def _group_of(answer: Answer, doubts: Sequence[str]) -> Group:
    if not isinstance(answer, Match):
        return Group.MISSED
    if answer.basis is Basis.PARENT:
        return Group.BY_HOST
    if doubts:
        return Group.DOUBTFUL
    return Group.SURVEYED if answer.basis is Basis.SURVEYED else Group.DERIVED


def _is_at(location: Location, match: Match) -> bool:
    return (location.lon, location.lat) == (match.lon, match.lat)


def _is_origin(row: GazetteerRow, match: Match) -> bool:
    if row.lon is None or row.lat is None or row.datum is not match.datum_of_source:
        return False
    lon, lat = to_wgs84(row.lon, row.lat, row.datum)
    return (float(lon), float(lat)) == (match.lon, match.lat)


def _townships(tables: Tables) -> list[Mark]:
    """Give the points of townships, small and grey: what a note says, such as 九堡一带, is verified by them."""
    look = Look("circle", 2, "without")
    return [
        Mark(f"township-{row.code}", None, "site", NO_CORRIDOR, row.lon, row.lat, row.name, look)
        for row in tables.divisions
        if row.level is DivisionLevel.TOWNSHIP and row.lon is not None and row.lat is not None
    ]


def _to_inline(svg: bytes, own: str, label: str) -> str:
    """Make a picture of its own a part of a page: HTML needs no name space, and ids are the page's.

    Parameters
    ----------
    svg
        As :func:`geo.draw.picture.draw_svg` returns it.
    own
        What makes its ids differ from those of other pictures.
    label
        What it shows, for who does not see it.
    """
    root = ET.fromstring(svg)  # noqa: S314 - our own picture, a moment old
    pointers = {}
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        id_ = element.get("id")
        if id_ is not None:
            element.set("id", f"{id_}-{own}")
            pointers[f"url(#{id_})"] = f"url(#{id_}-{own})"
    for element in root.iter():
        for name, value in element.items():
            if value in pointers:
                element.set(name, pointers[value])
    for title in root.findall("title"):
        root.remove(title)
    root.set("role", "img")
    root.set("aria-label", label)
    return ET.tostring(root, encoding="unicode")
