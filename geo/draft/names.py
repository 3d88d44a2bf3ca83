"""The places that a text names: those confirmed or known to the gazetteer, and names that end as names of places do."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import ahocorasick_rs
import rjieba

from geo.draft.lexicon import COMMON, COMPANY_ENDS, KINDS, NOT_LEADING
from geo.tables.kinds import Kind

COMPANY = "company"


@dataclass
class Named:
    """A place, or a company that a report treats as one.

    Attributes
    ----------
    name, kind
        As the text or the confirmed list has it; the kind is one of :class:`~geo.tables.kinds.Kind`, or ``company``.
    aliases
        Other names that the text may use.
    mentions
        Where it is named; code-point offsets, in order.
    is_confirmed
        Whether a person has confirmed it.
    """

    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    mentions: list[tuple[int, int]] = field(default_factory=list)
    is_confirmed: bool = False


_SUFFIXES = sorted(KINDS, key=len, reverse=True)
_SUFFIX = re.compile("|".join(map(re.escape, _SUFFIXES)))
_ZONES = frozenset({Kind.PLATFORM, Kind.COOPERATION_ZONE, Kind.PARK, Kind.TOWN, Kind.VALLEY})
_STAGE = re.compile(r"[一二三四五六]期$")
# How the names of places end in English.
_ENGLISH_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("Park", "BioPort"), Kind.PARK),
    **dict.fromkeys(("Zone", "New Area", "Science City"), Kind.PLATFORM),
    **dict.fromkeys(("Plant", "Factory", "Base", "Hub", "Center", "Centre", "Facility", "Terminal"), Kind.FACILITY),
    "Valley": Kind.VALLEY,
    "Town": Kind.TOWN,
    "Project": Kind.PROJECT,
    **dict.fromkeys(("District", "County"), Kind.DISTRICT),
}
_ENGLISH = re.compile(
    rf"(?<![A-Za-z-])(?!(?:The|In|At|On|By|With|And|Its|This|That|Since|Last|For)\b)[A-Z][A-Za-z]+(?:[ -][A-Z][A-Za-z]+){{0,5}}[ -]"
    rf"(?:{'|'.join(sorted(_ENGLISH_KINDS, key=len, reverse=True))})(?![A-Za-z])"
)
# What may stand behind a name and still belongs to it: 产业园项目, 基地二期, 高新区(北岸)数字小镇.
_LEAST_ZONE = 6
_BRACKET = re.compile(r"[(（][\u4e00-\u9fffA-Za-z]{1,8}[)）]")
_MOST_TOKENS = 9
_MOST_NAME = 26
# A longer line is read in parts: what is within is looked at pairwise.
_MOST_LINE = 2000
_STOPS = frozenset({"p", "c", "uj", "ul", "d", "r", "y", "uz", "ud", "ug", "t", "e", "o", "k", "uv", "f"})
_OPEN, _CLOSE = "“‘「", "”’」"


def find_confirmed(text: str, places: Iterable[tuple[str, str, Sequence[str]]]) -> list[Named]:
    """Find the mentions of places whose names are given; the longest name wins where one lies within another.

    Parameters
    ----------
    text
        The text.
    places
        Name, kind and aliases of each.
    """
    named = [Named(name, kind, tuple(aliases), is_confirmed=True) for name, kind, aliases in places]
    _locate(text, named)
    return named


def _locate(text: str, named: Sequence[Named]) -> None:
    patterns: dict[str, Named] = {}
    for place in named:
        for written in _spellings(place):
            patterns.setdefault(written, place)
    if not patterns:
        return
    keys = list(patterns)
    folded = _fold(text)
    automaton = ahocorasick_rs.AhoCorasick(keys, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
    for key, start, end in automaton.find_matches_as_indexes(folded):
        place = patterns[keys[key]]
        # A short form before 县 or 市 is the name of that division, and another place.
        if end - start <= _LONGEST_SHORT and folded[end : end + 1] in _DIVISION_ENDS and keys[key][-1] not in _DIVISION_ENDS:
            continue
        # And one before 站 or 大桥 of what bears its name.
        if keys[key] != _fold(place.name) and _NAMED_AFTER.match(folded, end):
            continue
        place.mentions.append((start, end))


_BRACKETS = str.maketrans("（）", "()")


_LONGEST_SHORT, _DIVISION_ENDS = 4, ("省", "市", "县", "区", "州", "镇", "乡")


_NAMED_AFTER = re.compile("[东西南北]?(?:站|路|街(?!道)|大道|大桥|机场|大学|学院|医院|火车站|高速|收费站)")


def _fold(text: str) -> str:
    return text.translate(_BRACKETS)


BLANK = re.compile(r"(?<=[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef])[ \u00a0\u2009\u3000](?=\S)|(?<=\S)[ \u00a0\u2009\u3000](?=[\u4e00-\u9fff])")


def _spellings(place: Named) -> list[str]:
    """Give how a place is written, single blanks beside Chinese characters left out as they are from the text."""
    return [BLANK.sub("", _fold(written)) for written in (place.name, *place.aliases) if len(written) >= 2]


def add_short_forms(named: Sequence[Named], host: str) -> None:
    """Add the short forms by which a text may call a place after its full name, where no other place shares them.

    岚谷高新区 is 岚谷, 江浦智造谷 in 江浦区 is 智造谷, 云岭高新区(北岸)数字小镇 is 数字小镇.
    """
    stems = {_stem(place.name) for place in named} | ({_stem(host)} if host else set())
    forms: dict[str, set[str]] = {}
    for place in named:
        for form in _short_forms(place, stems):
            forms.setdefault(form, set()).add(place.name)
    full = {written for place in named for written in _spellings(place)} | {host}
    own: dict[str, list[str]] = {}
    for form, owners in forms.items():
        if len(owners) == 1 and form not in full and form not in COMMON:
            own.setdefault(next(iter(owners)), []).append(form)
    for place in named:
        place.aliases = (*place.aliases, *own.get(place.name, ()))


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name[: -len(suffix)]
    return name


def _short_forms(place: Named, stems: set[str]) -> Iterable[str]:
    name = _fold(place.name)
    stem = _stem(name)
    if stem != name and 2 <= len(stem) <= 4 and place.kind not in (Kind.PROJECT, Kind.FACILITY) and _may_stand_alone(stem):
        yield stem
    if place.kind == Kind.PROJECT and name.endswith("项目") and len(name) > 6:
        yield name.removesuffix("项目")
    bracket = name.rpartition(")")
    if bracket[1] and len(bracket[2]) >= 3:
        yield bracket[2]
    if "(" in name and len(name.partition("(")[0]) >= 4:
        yield name.partition("(")[0]
        inner, _, rest = name.partition("(")[2].partition(")")
        if not rest and re.fullmatch(r"[\u4e00-\u9fff]{2,4}", inner):
            yield name.partition("(")[0][2:] + f"({inner})"
    for length in range(2, len(name) - 2):
        rest = name[length:]
        if name[:length] in stems and rest not in KINDS and kind_of(rest) is not None:
            yield rest


def _may_stand_alone(stem: str) -> bool:
    """Say whether the first part of a name can be a name by itself: 岚谷 can, 物联网 and 高科技 are words of the language."""
    words = list(rjieba.tag(stem))
    if len(words) == 1:
        return words[0][1] in ("ns", "nr", "nz", "nrt", "x")
    return not any(word in COMMON or word in NOT_LEADING for word, _ in words) and any(len(word) == 1 or tag in _PROPER_TAGS for word, tag in words)


def propose(text: str, host: str, known: Sequence[tuple[str, str, Sequence[str]]]) -> list[Named]:
    """Propose the places of a text: those that are known, and what ends as names of places do.

    Parameters
    ----------
    text
        The text.
    host
        What the report is about; may be empty.
    known
        Name, kind and aliases of what the tables know.

    Returns
    -------
    list of Named
        Those that the text names, in the order of their first mention.
    """
    candidates: dict[str, Named] = {}
    folded = _fold(text)
    for name, kind, aliases in known:
        if any(_fold(written) in folded for written in (name, *aliases)):
            candidates[name] = Named(name, kind, tuple(aliases))
    if host and host not in candidates:
        candidates[host] = Named(host, (kind_of(host) or Kind.PLATFORM))
    spellings = {written for place in candidates.values() for written in _spellings(place)}
    counts: Counter[str] = Counter()
    for line in text.splitlines():
        for start in range(0, len(line), _MOST_LINE):
            for name in _names_of_line(line[start : start + _MOST_LINE]):
                counts[name] += 1
    alike: dict[str, Named] = {}
    for place in candidates.values():
        _remember_alike(place, alike)
    for name in counts:
        if _fold(name) in spellings:
            continue
        same = alike.get(_in_short(name))
        if same is None and host != name and host.endswith(name) and name not in KINDS:
            # 东湖高新区 is 武汉东湖高新区 without its city.
            same = candidates[host]
        if same is not None:
            same.aliases = (*same.aliases, name)
            continue
        candidates[name] = Named(name, kind_of(name) or COMPANY)
        _remember_alike(candidates[name], alike)
    _drop_parts(candidates, counts)
    named = list(candidates.values())
    add_short_forms(named, host)
    _locate(text, named)
    found = [place for place in named if place.mentions or place.name == host]
    found.sort(key=lambda place: place.mentions[0] if place.mentions else (-1, -1))
    return found


_SAME_ZONES = (("经济技术开发区", "经济开发区", "经开区"), ("高新技术产业开发区", "高新技术开发区", "高新区"))


def _in_short(name: str) -> str:
    """Give what names that mean the same have in common.

    经开区 is 经济技术开发区 written out, and 澜芯项目 is how 澜芯科技半导体产业园 begins, with 项目 behind it.
    """
    for written_out, *others in _SAME_ZONES:
        for zone in (written_out, *others):
            if name.endswith(zone):
                return name.removesuffix(zone) + written_out
    stem = name.removesuffix("项目")
    return f"{stem}…" if stem != name and len(stem) >= 2 else name


def _remember_alike(place: Named, alike: dict[str, Named]) -> None:
    """Remember a place under all that a name in short may have in common with its own; the first place stays."""
    alike.setdefault(_in_short(place.name), place)
    if place.kind in (Kind.PROJECT, Kind.FACILITY):
        for length in range(2, len(place.name) + 1):
            alike.setdefault(f"{place.name[:length]}…", place)


def _drop_parts(candidates: dict[str, Named], counts: Counter[str]) -> None:
    """Drop a name that is only ever the end of a longer one: 产业园项目 of X产业园项目."""
    ends = {name[-length:] for name in counts for length in range(1, _LONGEST_SHORT + 1) if length < len(name)}
    for name, count in counts.items():
        if count <= 1 and name in candidates and name in ends:
            del candidates[name]


def kind_of(name: str) -> Kind | None:
    """Give the kind of place that a name ends as; ``None`` where it ends as none."""
    name = re.sub(r"[(（][^()（）]*[)）]$", "", name)
    found = next((KINDS[suffix] for suffix in _SUFFIXES if name.endswith(suffix)), None)
    return found or next((kind for ending, kind in _ENGLISH_KINDS.items() if name.endswith(f" {ending}")), None)


def _names_of_line(line: str) -> Iterable[str]:
    tokens = rjieba.tag(line)
    offsets, position = [], 0
    for word, _ in tokens:
        offsets.append(position)
        position += len(word)
    taken: list[tuple[int, int]] = []
    ends = sorted({(found.end(), found.start()) for found in _SUFFIX.finditer(line)}, reverse=True)
    for end, start in ends:
        if any(first < end <= last for first, last in taken):
            continue
        if re.match(r"[\u4e00-\u9fff]", line[end : end + 1]) and _SUFFIX.match(line, end):
            continue
        begin = _left_edge(line, tokens, offsets, start, end)
        if begin is None:
            continue
        name = line[begin:end]
        bracket = _BRACKET.match(line, end)
        # X项目（Y高新区） says where, and (北岸) and (二期) belong to the name.
        if bracket and (len(bracket[0]) < _LEAST_ZONE or kind_of(bracket[0][1:-1]) in (None, Kind.PROJECT)):
            name = line[begin : bracket.end()]
        elif (opened := re.search(r"[(（]([^()（）]*)$", name)) and line[end : end + 1] in ")）" and kind_of(opened[1]) not in (None, Kind.PROJECT):
            begin += opened.start(1)
            name = opened[1]
        elif opened and line[end : end + 1] in ")）":
            # 基地项目(二期) ends behind its bracket.
            end += 1
            name = line[begin:end]
        inner = _without_sort(name)
        if inner:
            end = begin + len(inner)
            name = inner
        stage = _STAGE.search(name)
        if stage and kind_of(name[: stage.start()]) in _ZONES and is_a_name(name[: stage.start()]):
            # The second stage of a park is the park; that of a works may be a project of its own.
            name = name[: stage.start()]
        if is_a_name(name):
            taken.append((begin, end))
            yield name
    for found in _ENGLISH.finditer(line):
        yield found[0]
    # Quoted names, such as “岚谷”.
    for found in re.finditer(r"[“「]([\u4e00-\u9fffA-Za-z0-9·]{3,12}(?:谷|小镇|城|园|港|湾|岛|廊))[”」]", line):
        if not _LAYOUT.search(found[1]) and not any(first < found.end(1) <= last for first, last in taken):
            yield found[1]


def _left_edge(line: str, tokens: Sequence[tuple[str, str]], offsets: Sequence[int], start: int, end: int) -> int | None:
    """Go left from the suffix of a name to where the name begins, over nouns, names and what is not in the dictionary."""
    position = bisect_right(offsets, start) - 1
    if position < 0:
        return None
    begin, taken = offsets[position], 0
    if offsets[position] + len(tokens[position][0]) > end and len(tokens[position][0]) > end - start:
        # The suffix lies within a word such as 区域 or 市场.
        return None
    index = position - 1
    while index >= 0 and taken < _MOST_TOKENS and end - offsets[index] <= _MOST_NAME:
        word, tag = tokens[index]
        if not re.fullmatch(r"[\u4e00-\u9fffA-Za-z0-9()（）·.\-]+", word) or word in NOT_LEADING:
            break
        if tag in _STOPS and len(word) == 1 and word not in "东西南北中上下":
            break
        if tag in ("p", "c", "uj", "ul", "r", "t", "y", "uz", "d") and len(word) > 1 and not _STAGE.fullmatch(word):
            break
        if tag == "m" and not re.match(r"[\d.]+|第?[一二三四五六七八九十]+|[万亿]?(?:吨|千瓦|瓦|只|台|辆|套|平方米|件|米|安时)$", word):
            break
        begin = offsets[index]
        taken += 1
        index -= 1
    return _trim(line, begin, end)


_BAD_START = re.compile(
    r"^(?:[（(][一二三四五六七八九十\d]{1,3}[)）]|设在|位于|坐落于|年?产[\d.]+[百千万亿]*(?:吨|平方米|平米|台|套|辆|只|件|米|千瓦|兆瓦)|共有?\d+[个家项]|[\d.,%万亿元个家项条亩吨只台套名人年月日余多达约超近近第\-·)）]+(?:[亿万]?元|兆瓦|万吨|英寸)?|英寸|"
    r"(?:其|该|本|各|某|从|在|与|和|及|为|是|了|着|等|等地|由|向|以|于|至|到|对|把|将|被|让|使|的|地|之|有|也|"
    r"都|又|并|已|还)|"
    r"(?:引进|引入|推进|推动|建设|打造|支持|加快|签约|开工|新建|位于|实施|投资|投产|完成|实现|促进|依托|围绕|"
    r"聚焦|走进|来到|包括|全力|全面|积极|大力|重点|谋划|启动|加强|通过|建成|竣工|落户|成立|入驻|形成|培育|发展|"
    r"提升|招标项目|中标项目|全国|全省|全市|全区|全县|首个|首批|一批|一个|这个|两个|多个|举行|目前|今年|去年|上半年|如今|记者|"
    r"作为|拥有|集聚|规划|整合))+"
)


def _trim(line: str, begin: int, end: int) -> int | None:
    while begin < end:
        found = _BAD_START.match(line[begin:end])
        if not found or found.end() == 0:
            break
        # 20万吨磷酸铁锂项目 begins with its capacity, which belongs to it only behind the name of its owner.
        begin += found.end()
    return begin if end - begin >= 2 else None


# 产业园分三期 and 园区一期 begin with a sort of places.
_GENERIC_START = re.compile("产业园|园区|项目|开发区|经开区|高新区|基地|中心|小镇|新区|厂区|工业园")
_LAYOUT = re.compile(r"[二两三四五六七八九十]大|[一二两三四五六七八九十][园谷镇城区廊][一二两三四五六七八九十多]|^[一二两三四五六七八九十]区")


def is_a_name(name: str) -> bool:
    """Say whether words that end as a name of a place does are one, and not only a sort of places."""
    bare = re.sub(r"[(（][^()（）]*[)）]$", "", name)
    suffix = next((suffix for suffix in _SUFFIXES if bare.endswith(suffix)), "")
    stem = bare[: len(bare) - len(suffix)]
    if (
        len(stem) < 2
        or len(name) > _MOST_NAME
        or _LAYOUT.search(name)
        or stem in KINDS
        or _GENERIC_START.match(stem)
        or re.search(r"[全我该本各]$|(?<!基)地$", stem)
    ):
        return False
    kind = KINDS.get(suffix)
    if kind in (Kind.DISTRICT, Kind.CITY):
        words = list(rjieba.tag(stem))
        is_plain = not any(
            word in COMMON or word in NOT_LEADING or tag in ("v", "d", "p", "m", "a", "r")
            for word, tag in words
            if len(word) > 1 or tag in ("p", "d")
        )
        return bool(re.fullmatch(r"[\u4e00-\u9fff]{2,3}", stem)) and is_plain and stem not in _NO_DIVISION
    words = list(rjieba.tag(stem))
    if kind in (Kind.PROJECT, Kind.FACILITY):
        # 某省重大项目 with the name of the province names a sort of projects, wherever.
        words = [(word, tag) for word, tag in words if tag != "ns" or not re.search("[省市区县州]$", word)]
    if any(stem.endswith(inner) and is_a_name(stem) for inner in _SUFFIXES):
        return True
    if kind in (Kind.PROJECT, Kind.FACILITY):
        # A project or a building is told from a sort of them by a word that no dictionary has, or by one that is only ever a name.
        return any(_is_only_a_name(word, tag) for word, tag in words)
    return any(_is_proper(word, tag) for word, tag in words)


def _without_sort(name: str) -> str:
    """Give the place at the beginning of what is no name: 江北高新区 of 江北高新区新开工项目; empty where it is one."""
    for found in reversed(list(_SUFFIX.finditer(name))):
        rest = name[found.end() :]
        last = next((suffix for suffix in _SUFFIXES if rest.endswith(suffix)), None)
        if last and found.start() >= 2 and all(word in COMMON or word in NOT_LEADING for word in rjieba.cut(rest[: -len(last)])):
            if rest == last or rest[: -len(last)] == "":
                return ""
            return name[: found.end()]
    return ""


_NO_DIVISION = frozenset(
    {
        "代表",
        "大城",
        "全",
        "城",
        "社",
        "景",
        "山",
        "库",
        "片",
        "地",
        "市",
        "郊",
        "主城",
        "中心城",
        "老城",
        "新城",
        "开发",
        "高新",
        "经开",
        "功能",
        "园",
        "厂",
        "校",
        "小",
        "灾",
        "疫",
        "辖",
        "特",
        "自治",
        "行政",
        "城乡",
        "滩",
        "牧",
        "林",
        "矿",
        "生活",
        "工业强",
        "县市",
        "区县",
        "科技强",
        "超大城",
        "特大城",
    }
)
_PROPER_TAGS = frozenset({"ns", "nr", "nrt", "nrfg", "nz", "nt", "zg", "x", "eng", "ng", "j", "g"})


def _is_only_a_name(word: str, tag: str) -> bool:
    if word in COMMON or word in NOT_LEADING or re.fullmatch(r"[\d.]+[\u4e00-\u9fff]?|[()（）·]+", word):
        return False
    is_unknown = len(word) >= 2 and bool(re.search(r"[\u4e00-\u9fff]", word)) and not rjieba.has_word(word)
    return (
        is_unknown
        or (tag in ("ns", "nr", "nrt", "nrfg", "nz", "nt") and len(word) >= 2)
        or (len(word) == 1 and tag in ("ns", "nr", "zg", "x", "ng", "g"))
    )


def _is_proper(word: str, tag: str) -> bool:
    if word in COMMON or word in NOT_LEADING or re.fullmatch(r"[\d.]+[\u4e00-\u9fff]?|[()（）·]+", word):
        return False
    return (
        tag in _PROPER_TAGS
        or (len(word) == 1 and tag not in ("m", "q", "f"))
        or (tag in ("n", "v", "a", "vn", "l", "i", "an", "b") and word not in COMMON and len(word) >= 2)
    )


def find_companies(text: str, taken: Iterable[str]) -> list[str]:
    """Find names that end as names of companies do, before what only a subject can have."""
    known = set(taken)
    found: dict[str, None] = {}
    for match in re.finditer(
        rf"(?:^|[，。；、,;\n“”‘’：:]|由|是|的|如|以|和)([\u4e00-\u9fff]{{2,8}}?{COMPANY_ENDS})(?=预计|去年|今年|"
        rf"负责人|总经理|董事长|上半年|一季度|实现|净利|营收|公司|计划|年产|关于|拟|披露|发布|公告|[\d])",
        text,
    ):
        name = match[1]
        if name not in known and not any(word in NOT_LEADING for word in rjieba.cut(name)):
            found[name] = None
    return list(found)
