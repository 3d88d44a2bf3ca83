"""Whose a number is: every place that could own it, with its reasons, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from geo.draft.lexicon import BEHIND_COMPARED, COMES_TO, COMPARED, LOCATING, MACRO, MAKING, OF_COMPANY, OF_PROJECT
from geo.draft.names import COMPANY, Named
from geo.tables.kinds import Kind
from geo.tables.spans import Spans

MOST_CANDIDATES = 5
_MOST_SEEN = 60
REGIONS = frozenset({Kind.CITY, Kind.DISTRICT})
ZONES = frozenset({Kind.PLATFORM, Kind.COOPERATION_ZONE, Kind.PARK, Kind.TOWN, Kind.VALLEY})
SITES = frozenset({Kind.PROJECT, Kind.FACILITY})


# What the park, the company and the city are in an English text.
_OF_ENGLISH = {
    **dict.fromkeys(("zone", "area", "park"), ZONES),
    **dict.fromkeys(("city", "county", "district"), REGIONS),
    **dict.fromkeys(("project", "plant", "factory", "facility"), SITES),
    "company": frozenset({COMPANY}),
}


@dataclass(frozen=True)
class Spot:
    """A mention of a place, by its name or by a word that means it (全区, 该项目)."""

    start: int
    end: int
    place: Named
    is_word: bool = False


@dataclass
class Memory:
    """What has been spoken of so far, and what a bare indicator comes back to.

    Attributes
    ----------
    host
        What the report is about.
    section
        The place of the last heading.
    topic
        The first subject of the paragraph.
    last
        The subjects of the last figure.
    seen
        Every place named so far, the last one last.
    rate_words
        What stood before a rate that a person has said to be the growth of the amount before it.
    """

    host: Named | None
    section: Named | None = None
    topic: Named | None = None
    last: list[Named] = field(default_factory=list)
    seen: list[Named] = field(default_factory=list)
    rate_words: set[str] = field(default_factory=set)

    def see(self, places: Iterable[Named]) -> None:
        """Remember places that were named, and forget those of long ago."""
        self.seen = [*self.seen, *places][-_MOST_SEEN:]


@dataclass(frozen=True)
class Candidate:
    """A place that could own a number."""

    place: Named
    score: float
    reasons: tuple[str, ...]


# 全区 and 该区 mean what ends so; the last column is what else may be meant.
_WORDS = re.compile(
    r"(?P<whole>[全我该本])(?P<ends>市|县|区|镇|乡|州|园|省)(?!镇|街道|乡村)|(?P<that>[该这](?:个|座|片|一)?|"
    r"本)(?P<kind>项目|园区|产业园|工业园|开发区|经开区|高新区|新区|公司|企业|基地|中心|平台|小镇|合作区|"
    r"科技城|新城|枢纽|生产线|工程|谷|园|港)"
    r"|(?<![\u4e00-\u9fffA-Za-z0-9）)])(?P<bare>项目|园区|产业园|工业园|开发区|经开区|高新区|新区|公司|基地|"
    r"小镇|合作区|科技城|新城)(?!名称|管委会|建设|数量|总数)(?=[\u4e00-\u9fff\d])"
    rf"|(?P<english>[Tt]he (?:{'|'.join(_OF_ENGLISH)})\b|[Ii]ts )"
)
_ENDINGS = {
    "市": ("市",),
    "县": ("县",),
    "区": ("区", "新城", "科技城"),
    "镇": ("镇",),
    "乡": ("乡",),
    "州": ("州",),
    "园": ("园", "园区"),
    "省": ("省",),
}
_OF_KIND = {
    "项目": SITES | {Kind.PARK},
    "工程": SITES,
    "生产线": SITES,
    "公司": frozenset({COMPANY}),
    "企业": frozenset({COMPANY}),
    "基地": SITES,
    "中心": SITES,
    "平台": SITES,
    "枢纽": SITES,
}


def find_spots(half: str, start: int, end: int, places: Spans[Named], named: Sequence[Named], memory: Memory) -> list[Spot]:
    """Find the places that a sentence names, and the words by which it means one that is known already.

    Parameters
    ----------
    half
        The text in half width.
    start, end
        The sentence.
    places, named
        The mentions of places, and the places of the text.
    memory
        What has been spoken of before the sentence.
    """
    spots = [Spot(first, last, place) for first, last, place in places.starting_within(start, end) if last <= end]
    spots.sort(key=lambda spot: (spot.start, -spot.end))
    for word in _WORDS.finditer(half, start, end):
        if any(spot.start < word.end() and word.start() < spot.end for spot in spots):
            continue
        before = [spot.place for spot in spots if spot.end <= word.start()]
        place = _meant(word, [*memory.seen, *before], memory, named)
        if place is not None:
            spots.append(Spot(word.start(), word.end(), place, True))
    spots.sort(key=lambda spot: spot.start)
    return spots


def _meant(word: re.Match[str], seen: Sequence[Named], memory: Memory, named: Sequence[Named]) -> Named | None:
    if word["whole"]:
        endings = _ENDINGS[word["ends"]]
        if memory.host is not None and _ends(memory.host, endings):
            # 该区 is the one just named, 全区 the one that the report is about.
            recent = next((place for place in reversed(seen) if _ends(place, endings)), None)
            return recent if word["whole"] == "该" and recent is not None else memory.host
        known = [place for place in (*named,) if _ends(place, endings) and place.kind not in SITES]
        recent = next((place for place in reversed(seen) if place in known), None)
        return recent or (known[0] if len(known) == 1 else None)
    if word["english"]:
        kinds = _OF_ENGLISH.get(word["english"].split()[-1].lower())
        if kinds is None:
            return next(iter(memory.last), None) or next((place for place in reversed(seen)), memory.host)
        recent = next((place for place in reversed(seen) if place.kind in kinds), None)
        return recent or (memory.host if memory.host is not None and memory.host.kind in kinds else None)
    ending = word["kind"] or word["bare"]
    kinds = _OF_KIND.get(ending)
    if kinds is None:
        return next(
            (place for place in reversed(seen) if _ends(place, (ending,)) or (ending in ("园区", "产业园", "园", "工业园") and place.kind in ZONES)),
            None,
        ) or (memory.host if memory.host is not None and memory.host.kind in ZONES else None)
    exact = next((place for place in reversed(seen[-6:]) if place.name.endswith(ending)), None)
    return exact or next((place for place in reversed(seen[-6:]) if place.kind in kinds), None)


def _ends(place: Named, endings: tuple[str, ...]) -> bool:
    name = re.sub(r"[(（][^()（）]*[)）]$", "", place.name)
    return name.endswith(endings)


def rank_candidates(
    half: str,
    at: tuple[int, int],
    label: str,
    spots: Sequence[Spot],
    memory: Memory,
    previous: Sequence[Named],
    is_count: bool,
) -> list[Candidate]:
    """Rank the places that could own a number.

    Parameters
    ----------
    half
        The text in half width.
    at
        Where the number is.
    label
        What the number counts or measures, as far as the words around it say.
    spots
        The places that the sentence names.
    memory
        What has been spoken of before.
    previous
        The subjects of the figure before it in the sentence, if no place stands between the two.
    is_count
        Whether the number counts things.

    Returns
    -------
    list of Candidate
        The likeliest first, at most five.
    """
    scores: dict[int, float] = {}
    reasons: dict[int, list[str]] = {}
    places: dict[int, Named] = {}

    def give(place: Named | None, score: float, reason: str) -> None:
        if place is None:
            return
        key = id(place)
        places[key] = place
        if key not in scores or score > scores[key]:
            scores[key] = score
            reasons[key] = [reason, *reasons.get(key, [])[1:]]

    start, end = at
    for spot in spots:
        if spot.start <= start < spot.end:
            # 20万吨 within the name of a project is the capacity of that project.
            give(spot.place, 14.0, "name")
        elif spot.end <= start:
            give(spot.place, *_score_before(half, spot, spots, start))
        elif spot.start >= end:
            scored = _score_behind(half, spot, end, is_count)
            if scored is not None:
                give(spot.place, *scored)
    for place in previous:
        give(place, 6.4, "continues")
    for place in memory.last[:1]:
        give(place, 3.7 if re.search(OF_PROJECT, label) else 3.2, "last")
    give(memory.topic, 3.4, "topic")
    give(memory.section, 2.6, "heading")
    give(memory.host, 2.4, "host")
    for position, place in enumerate(reversed(memory.seen[-8:])):
        give(place, 0.8 - 0.1 * position, "named")
    ranked = []
    for key, place in places.items():
        fit = _fit(place, label)
        ranked.append(Candidate(place, scores[key] + fit, (*reasons[key], *(("fits",) if fit > 0 else ("unlike",) if fit < 0 else ()))))
    ranked.sort(key=lambda candidate: -candidate.score)
    return ranked[:MOST_CANDIDATES]


_IN_LIST = re.compile(r"(?:[、和及与][^，,。；;、]{1,16}){0,8}等(?:等)?[^，,。；;]{0,4}(?=\d|[一二三四五六七八九十两百]+[余多]?[个家项])")
_BREAKS = re.compile(r"[，,：:]")


def _score_before(half: str, spot: Spot, spots: Sequence[Spot], start: int) -> tuple[float, str]:
    between = half[spot.end : start]
    clauses = len(_BREAKS.findall(re.sub(r"(?<=\d),(?=\d{3})", "", between)))
    score = 7.0 - 0.45 * min(clauses, 6)
    nearer = sum(1 for other in spots if spot.end <= other.start and other.end <= start and other.place is not spot.place)
    score -= 0.5 * nearer
    before = half[max(0, spot.start - 10) : spot.start]
    behind = half[spot.end : spot.end + 8]
    reason = "clause" if clauses == 0 else "sentence"
    if spot.is_word:
        reason = "word"
    if (COMPARED.search(before) and (spot.is_word or BEHIND_COMPARED.match(behind))) and not re.search(r"[、及]$", before):
        return score - 7.5, "compared"
    if re.search(r"(?:高于|低于|快于|高出|占|居|列|位居|位列|超过)$", before):
        return score - 7.5, "compared"
    if re.match(r"(?:平均|第[一二三四五六七八九十\d]|首位|前列|的[\d.]+倍|比重|同类|最大|唯一)", behind):
        return score - 7.5, "compared"
    if spot.is_word and re.search(r"(?:是|为|作为|成为|系)$", before):
        # 高新区是该市的主阵地 speaks of the zone.
        return score - 4.5, "of"
    if before.endswith(("(", "（")) and behind.startswith((")", "）")) and any(other.end == spot.start - 1 for other in spots):
        # X项目(Y高新区) says where X is.
        return score - 3.4, "location"
    if LOCATING.search(before):
        # 在临沙高新区开工 tells where; what follows may still be its own where nothing else is named.
        score -= 3.4
        reason = "location"
    elif MAKING.search(before):
        score -= 2.4
        reason = "aim"
    if _IN_LIST.match(half, spot.end):
        # 富芯、正泰等9个项目: the count and what follows are of who has them, not of the first ones named.
        score -= 5.5
        reason = "listed"
    return score, reason


def _score_behind(half: str, spot: Spot, end: int, is_count: bool) -> tuple[float, str] | None:
    between = half[end : spot.start]
    # 总投资58亿元的X项目, 投资10亿元建设的X, 总投资5亿元、占地80亩的X.
    if re.fullmatch(
        r"(?:左右|以上|元)?(?:[、，,和](?:总)?(?:占地|用地|建筑面积|投资)[^，,。]{0,12})?(?:建设|打造|兴建|投建|建成)?的[^，,。；;]{0,14}?", between
    ):
        return 11.0, "of"
    if re.fullmatch(r"(?:左右)?(?:建设|打造|兴建|投建|新建|建成|实施)(?:了)?", between):
        return 10.0, "of"
    if is_count and not re.search(r"[。；;]", between) and len(between) < 30 and COMES_TO.search(between):
        return 9.5, "comes to"
    if not re.search(r"[，,。；;]", between) and len(between) < 12:
        return 2.0, "behind"
    return None


def _fit(place: Named, label: str) -> float:
    """Say how well what is measured fits the kind of a place."""
    if re.search(OF_PROJECT, label):
        if place.kind in SITES:
            return 1.2
        return -1.0 if place.kind in REGIONS else 0.0
    if re.search(MACRO, label):
        if place.kind in SITES or place.kind == COMPANY:
            return -2.6
        return 0.8
    if re.search(OF_COMPANY, label):
        if place.kind == COMPANY:
            return 1.6
        return -0.6 if place.kind in REGIONS else 0.0
    return 0.0
