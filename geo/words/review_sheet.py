"""A sheet on which a person reviews how every place was geocoded: one HTML file, to be read without a network, ticked and printed.

A working document of the editors, in Chinese or English; the notes of the tables stay as they are. Doubtful answers come before sure ones.
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
from geo.draw.marks import Look, Mark, plain_look
from geo.draw.picture import Caption, draw_svg
from geo.geocode.answers import Answer, Level, Match, Method, Miss
from geo.geocode.gazetteer import Feature, Gazetteer, Location
from geo.geocode.said import N_
from geo.ground.bbox import Box
from geo.ground.datum import Datum, to_wgs84
from geo.ground.files import replaced
from geo.ground.names import fold_name
from geo.settings import PROJECT
from geo.tables.kinds import NO_CORRIDOR, Basis, DivisionLevel, Kind, SourceKind
from geo.tables.reading import Tables
from geo.tables.rows import GazetteerRow, Place, Source
from geo.words.cards import Wording
from geo.words.phrases import PRECISIONS
from geo.words.translation import translator

LEVELS = {Level.ADDRESS: N_("门牌"), Level.PLACE: N_("地点"), Level.TOWNSHIP: N_("乡镇街道"), Level.DISTRICT: N_("区县"), Level.CITY: N_("全市")}
METHODS = {
    Method.EXACT: N_("与本名相同"),
    Method.ALIAS: N_("别名"),
    Method.FORMER: N_("旧名"),
    Method.ADDRESS: N_("按地址"),
    Method.FUZZY: N_("近似"),
    Method.ONLINE: N_("在线查询"),
}
BASES = {Basis.SURVEYED: N_("自身位置，直接查得"), Basis.DERIVED: N_("自身位置，由别的资料推得"), Basis.PARENT: N_("宿主的位置")}
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
    Group.MISSED: (N_("没有位置"), N_("图上不标。请核对查询名，或找到位置后补进地名表。")),
    Group.BY_HOST: (N_("只知宿主"), N_("用的是宿主的位置，自身位置不详。请核对是否确在该宿主之内。")),
    Group.DOUBTFUL: (N_("存疑：推断或常识"), N_("来源未核实或只是网页，名称不是确切相符，或点不在所写的区县。请先核对这些。")),
    Group.DERIVED: (N_("由别的资料推得"), N_("有自身位置，由边界、站点、公布的四至等推得。")),
    Group.SURVEYED: (N_("直接查得"), N_("有自身位置，来源直接给出。")),
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


def encode_audit(atlas: Atlas, language: str = "zh") -> bytes:
    """Write the sheet as one HTML file.

    Parameters
    ----------
    atlas
        What is to be reviewed.
    language
        A key of ``LANGUAGES``.

    Returns
    -------
    bytes
        UTF-8; the same input gives the same bytes. No script, and nothing that a browser would fetch.
    """
    desk = _Desk(atlas, language)
    translate = desk.translate
    sections = desk.sections()
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    environment = Environment(
        loader=FileSystemLoader(PROJECT / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.globals["_"] = lambda phrase, **values: translate(phrase) % values
    page = environment.get_template("audit.html").render(
        language=language,
        wording=desk.wording,
        title=desk.wording.title,
        version=atlas.tables.version,
        sections=sections,
        total=len(atlas.tables.places),
        counts=(
            (translate(N_("匹配到的是")), desk.count(LEVELS, (match.level for match in matches))),
            (translate(N_("匹配方法")), desk.count(METHODS, (match.method for match in matches))),
            (translate(N_("精度")), desk.count(PRECISIONS, (match.precision for match in matches))),
            (translate(N_("依据")), desk.count(BASES, (match.basis for match in matches))),
        ),
        missed=len(atlas.misses),
        conversions=desk.conversions(),
        review_number=desk.wording.review_number(None),
    )
    return page.encode()


def write_audit(atlas: Atlas, target: Path, language: str = "zh") -> None:
    """Write the sheet to a file: beside it first, so that the file is the old one or the new one and never half of either.

    Parameters
    ----------
    atlas
        What is to be reviewed.
    target
        The HTML file to write; one that exists is replaced.
    language
        A key of ``LANGUAGES``.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    content = encode_audit(atlas, language)
    with replaced(target) as growing:
        growing.write_bytes(content)


class _Desk:
    """What the cards are written from: the atlas, and the gazetteer behind it."""

    def __init__(self, atlas: Atlas, language: str) -> None:
        self._atlas, self._tables, self._language = atlas, atlas.tables, language
        self.translate = self._ = translator(language)
        self.wording = Wording(language, self._, atlas.tables)
        self.city = list(atlas.tables.districts)[-1]
        self._comma = self._("，")
        city = atlas.tables.profile.city
        self._outside = self._("%(city)s之外") % {"city": self.wording.pick(city.short_zh, city.en)}
        self._gazetteer = Gazetteer(atlas.tables)
        self._names = [name for name in self._gazetteer.forms if not name.isascii()]
        self._districts: list[tuple[str, BaseGeometry]] = [
            (feature["properties"]["name_zh"], shape(feature["geometry"])) for feature in atlas.outline.districts["features"]
        ]

    def count(self, labels: Mapping[_Member, str], found: Iterable[_Member]) -> list[tuple[str, int]]:
        """Count each of an enumeration's members, those that never occur included: that there is none is worth knowing."""
        counter = Counter(found)
        return [(self._(label), counter[member]) for member, label in labels.items()]

    def sections(self) -> list[Section]:
        """Write every place once, the doubtful ones first."""
        cards: dict[Group, list[Card]] = {group: [] for group in Group}
        for number, place in enumerate(self._tables.places, 1):
            answer = self._atlas.answers[place.id]
            doubts = self._doubts(place, answer)
            cards[_group_of(answer, doubts)].append(self._card(number, place, answer, doubts))
        return [Section(group, self._(GROUPS[group][0]), self._(GROUPS[group][1]), tuple(some)) for group, some in cards.items() if some]

    def conversions(self) -> list[Conversion]:
        """List the coordinates that were converted to WGS-84."""
        found = []
        for place in self._tables.places:
            answer = self._atlas.answers[place.id]
            if isinstance(answer, Match) and answer.datum_of_source is not Datum.WGS84:
                row = self._original(answer)
                if row is not None and row.lon is not None and row.lat is not None:
                    shift_m = _GEOD.inv(row.lon, row.lat, answer.lon, answer.lat)[2]
                    given = self._with(f"{row.lon:.6f}, {row.lat:.6f}", DATUMS[answer.datum_of_source])
                    found.append(Conversion(place, given, f"{answer.lon:.6f}, {answer.lat:.6f}", round(shift_m)))
        return found

    # --- cards ---

    def _card(self, number: int, place: Place, answer: Answer, doubts: tuple[str, ...]) -> Card:
        facts = self._miss_facts(place, answer) if isinstance(answer, Miss) else self._match_facts(place, answer)
        picture = self._picture(place, answer) if isinstance(answer, Match) else ""
        return Card(number, place, self.wording.kind(place.kind), doubts, tuple(facts), picture)

    def _miss_facts(self, place: Place, miss: Miss) -> list[Fact]:
        candidates = self._("；").join(self._with(one.name, f"{one.within}{self._comma}{one.reason}") for one in miss.candidates)
        return [
            self._asked(place, miss.query),
            Fact(self._("结果"), self.wording.entry(place, self._atlas).located),
            *([Fact(self._("可能是"), candidates)] if candidates else []),
            Fact(self._("最像的名称"), self._nearest(miss.query, "")),
            self._named(place),
        ]

    def _match_facts(self, place: Place, match: Match) -> list[Fact]:
        feature = self._feature(match)
        elsewhere = self._("；位置取自 %(name)s") % {"name": match.matched} if match.matched != match.name else ""
        divisions = " › ".join(f"{division.name} {division.code}" for division in match.divisions)
        facts = [
            self._asked(place, match.query),
            Fact(self._("匹配"), f"{match.name}{elsewhere}"),
            Fact(self._("方法"), f"{self._(LEVELS[match.level])} · {self._(METHODS[match.method])} · {self._points(match.score)}"),
        ]
        if match.unresolved:
            facts.append(Fact(self._("未解析"), match.unresolved))
        if match.runner_up is not None:
            facts.append(Fact(self._("次选"), self._scored(match.runner_up[0], match.runner_up[1])))
        facts += [
            Fact(self._("最像的另一名"), self._nearest(match.query, match.name)),
            Fact(self._("精度"), self.wording.entry(place, self._atlas).located),
            Fact(self._("坐标"), self._with(f"{match.lon:.6f}, {match.lat:.6f}", f"WGS-84{self._('；')}{self._datum(match)}")),
            Fact(
                self._("所属区划"),
                self._("%(divisions)s；按轮廓，点在%(district)s") % {"divisions": divisions, "district": self._named_district(match)},
            ),
            Fact(self._("依据"), self._(BASES[match.basis])),
            self._source(self._("来源"), match.source),
        ]
        if match.note:
            facts.append(Fact(self._("备注"), match.note))
        if feature is not None and feature.is_by_host:
            facts += self._host_facts(feature.location)
        return [*facts, self._named(place)]

    def _host_facts(self, host: Location) -> list[Fact]:
        facts = [Fact(self._("宿主的依据"), self._(BASES[host.basis])), self._source(self._("宿主的来源"), host.source)]
        return [*facts, Fact(self._("宿主的备注"), host.note)] if host.note else facts

    def _source(self, term: str, id_: str) -> Fact:
        source = self._tables.sources_by_id.get(id_)
        if source is None:
            return Fact(term, id_)
        return Fact(term, self._with(source.title, self.wording.source_kind(source.kind)), source.url or "")

    def _named(self, place: Place) -> Fact:
        source: Source = self._tables.sources_by_id[place.source]
        return Fact(self._("地点出处"), self.wording.where(source, place.paragraph), source.url or "")

    def _datum(self, match: Match) -> str:
        if match.datum_of_source is Datum.WGS84:
            return self._("来源亦然")
        row = self._original(match)
        given = "" if row is None else f" {row.lon:.6f}, {row.lat:.6f}"
        return self._("来源为 %(given)s，已换算") % {"given": f"{DATUMS[match.datum_of_source]}{given}"}

    def _nearest(self, query: str, own: str) -> str:
        """Name what a query could be confused with: the most similar name of anything but what was found."""
        others = [name for name in self._names if any(form.feature.name != own for form in self._gazetteer.forms[name])]
        found = process.extractOne(fold_name(query), others, scorer=OSA.normalized_similarity)
        if found is None or 100 * found[1] < _LEAST_LIKENESS:
            return self._("没有相近的")
        form = next(form for form in self._gazetteer.forms[found[0]] if form.feature.name != own)
        other = form.feature
        alias = "" if fold_name(other.name) == found[0] else self._("又名 %(name)s，") % {"name": found[0]}
        return self._scored(self._with(other.name, f"{alias}{self.wording.district(other.district or self.city)}"), round(100 * found[1]))

    def _points(self, score: float) -> str:
        return self._("%(score)s 分") % {"score": f"{score:g}"}

    def _scored(self, text: str, score: float) -> str:
        return f"{text}{self._comma}{self._points(score)}"

    def _with(self, text: str, more: str) -> str:
        return self._("%(text)s（%(more)s）") % {"text": text, "more": more}

    def _asked(self, place: Place, query: str) -> Fact:
        return Fact(self._("查询"), self._("%(query)s（限 %(district)s）") % {"query": query, "district": self.wording.district(place.district)})

    def _named_district(self, match: Match) -> str:
        name = self._district_at(match)
        return self.wording.district(name) if name else self._outside

    # --- doubts ---

    def _doubts(self, place: Place, answer: Answer) -> tuple[str, ...]:
        if not isinstance(answer, Match):
            return ()
        doubts = []
        feature = self._feature(answer)
        for id_ in dict.fromkeys((answer.source, feature.location.source if feature is not None else answer.source)):
            source = self._tables.sources_by_id.get(id_)
            if source is not None and source.kind in (SourceKind.UNVERIFIED, SourceKind.WEB):
                doubts.append(self._("来源：%(kind)s") % {"kind": self.wording.source_kind(source.kind)})
        if answer.method in (Method.FUZZY, Method.ONLINE):
            doubts.append(self._("名称：%(method)s") % {"method": self._scored(self._(METHODS[answer.method]), answer.score)})
        if answer.unresolved:
            doubts.append(self._("未解析：%(rest)s") % {"rest": answer.unresolved})
        district = self._district_at(answer)
        if place.district != self.city and district != place.district:
            doubts.append(
                self._("点在%(there)s，不在%(stated)s") % {"there": self._named_district(answer), "stated": self.wording.district(place.district)}
            )
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
            label=self.wording.name(place),
            look=plain_look(symbol),
            uncertainty_m=match.uncertainty_m,
            reach_m=match.uncertainty_m,
        )
        marks = [own, *self._neighbours(place, match), *(_townships(self._tables) if reach_m <= _MOST_TOWNSHIPS_M else ())]
        caption = Caption("", "", (), None, {}, self._tables.hues, "name_en" if self._language == "en" else "name_zh")
        # The belts say nothing about where a place is.
        svg = draw_svg(self._atlas.outline, self._atlas.layers.corridors.iloc[:0], marks, {}, view, caption, width=WIDTH, height=HEIGHT)
        return _to_inline(svg, place.id, self._("%(name)s的位置图") % {"name": self.wording.name(place)})

    def _neighbours(self, place: Place, match: Match) -> list[Mark]:
        """Give the other located places, for comparison; the larger one finds room for its name first, and that is the host."""
        marks = []
        for other in self._tables.places:
            answer = self._atlas.answers[other.id]
            if other.id == place.id or other.kind in (Kind.CITY, Kind.DISTRICT) or not isinstance(answer, Match) or answer.basis is Basis.PARENT:
                continue
            is_host = (answer.lon, answer.lat) == (match.lon, match.lat)
            look = Look("circle", 4 if is_host else 3, "filled")
            marks.append(Mark(other.id, None, "site", other.corridor, answer.lon, answer.lat, self.wording.name(other), look))
        return marks


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
