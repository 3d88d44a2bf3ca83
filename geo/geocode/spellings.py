"""How names are spelled: the forms under which a place or a division is found, all of them folded (:func:`geo.ground.names.fold_name`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from geo.ground.names import fold_name, pinyin_of
from geo.tables.kinds import DivisionLevel
from geo.tables.profile import Profile
from geo.tables.rows import DivisionRow


class FormKind(StrEnum):
    """How a name relates to its feature."""

    OWN = "own"
    ALIAS = "alias"
    SHORT = "short"
    # Says what is meant only where it is the whole of what was asked, or the end of it.
    BARE = "bare"
    FORMER = "former"


# Long forms to the short ones that people write, in folded names; longest first.
_SHORTENED = (
    ("国家级高新技术产业开发区", "高新区"),
    ("国家高新技术产业开发区", "高新区"),
    ("高新技术产业开发区", "高新区"),
    ("高新技术开发区", "高新区"),
    ("高新开发区", "高新区"),
    ("国家级高新区", "高新区"),
    ("国家高新区", "高新区"),
    ("国家级经济技术开发区", "经开区"),
    ("经济技术开发区", "经开区"),
    ("经济开发区", "经开区"),
    ("hitech", "hightech"),
    ("scienceandtechnology", "scitech"),
    ("economicandtechnologicaldevelopment", "economicdevelopment"),
    ("economictechnologicaldevelopment", "economicdevelopment"),
    ("center", "centre"),
)
# One look tells that there is none, as in most names.
_LONG = re.compile("|".join(long for long, _ in _SHORTENED))
_BRACKETED = re.compile(r"(.+?)[(\uff08\uff3b\u3010\[](.+?)[)\uff09\uff3d\u3011\]]")
# What a name without its bracket must have, to be told by itself.
_LEAST_OWN = 5
_KINDS_OF_TOWNSHIPS = ("街道", "镇", "畲族乡", "乡")
_KINDS = (*_KINDS_OF_TOWNSHIPS, "特别行政区", "自治区", "自治州", "自治县", "地区", "省", "市", "区", "县", "盟", "旗")


def shorten(folded: str) -> str:
    """Write the long forms of a folded name short: 经济技术开发区 is 经开区."""
    if not _LONG.search(folded):
        return folded
    for long, short in _SHORTENED:
        if long in folded:
            folded = folded.replace(long, short)
    return folded


class Prefixes(NamedTuple):
    """What a name may begin with that says no more than the city, folded: in Chinese, and in Latin script."""

    zh: re.Pattern[str]
    en: re.Pattern[str]


def prefixes_of(profile: Profile) -> Prefixes:
    """Compile what a name may begin with."""
    province, city = profile.province, profile.city
    names = [[re.escape(fold_name(name)) for name in (one.zh, one.short_zh, one.en)] for one in (province, city)]
    (province_zh, province_short, province_en), (city_zh, city_short, city_en) = names
    return Prefixes(
        re.compile(f"(?:中国)?(?:{province_zh}|{province_short})?(?:{city_zh}|{city_short})?"),
        re.compile(f"(?:{province_en})?(?:province)?(?:{city_en})?(?:city)?"),
    )


def place_names(name: str, prefixes: Prefixes) -> Iterable[str]:
    """Give the forms of a curated name: itself, short, without the city, without its bracket or with it in front, and in pinyin."""
    own = fold_name(name)
    variants = [own, shorten(own)]
    bracket = _BRACKETED.fullmatch(name)
    if bracket:
        body, inner = fold_name(bracket[1]), fold_name(bracket[2])
        variants += [inner + body] + ([body] if len(body) >= _LEAST_OWN else [])
    # Most forms of most names are the same; each is read once.
    variants = list(dict.fromkeys(variants))
    for variant in list(variants):
        bare = (prefixes.en if variant.isascii() else prefixes.zh).sub("", variant, count=1)
        if len(bare) >= 4:
            variants.append(bare)
    names = dict.fromkeys(variants)
    names |= dict.fromkeys([pinyin_of(variant) for variant in names if not variant.isascii()])
    return names


def with_pinyin(names: Iterable[str]) -> Iterator[str]:
    """Yield each name folded, and in pinyin."""
    for name in names:
        yield fold_name(name)
        if not name.isascii():
            yield pinyin_of(fold_name(name))


def division_names(row: DivisionRow) -> Iterator[tuple[str, FormKind]]:
    """Give the forms of a division: 甲乙区 is also 甲乙, Jiayi District, jiayiqu and jiayi; 甲乙街道 was 甲乙镇."""
    own, english = fold_name(row.name), fold_name(row.name_en)
    stem = stem_of(own)
    short_en = fold_name(re.sub(r" (Subdistrict|Town|She Township|She Ethnic Township|Township|District|County|City)$", "", row.name_en))
    yield own, FormKind.OWN
    yield english, FormKind.OWN
    yield pinyin_of(own), FormKind.OWN
    # Pinyin by the English name where that knows a reading better.
    yield short_en + pinyin_of(own[len(stem) :]), FormKind.OWN
    if row.level is DivisionLevel.TOWNSHIP:
        for kind in _KINDS_OF_TOWNSHIPS:
            yield stem + kind, FormKind.ALIAS
        yield f"{short_en}street", FormKind.ALIAS
    if row.level is DivisionLevel.CITY:
        yield f"{english}city", FormKind.OWN
    translated = _translate(stem)
    if translated:
        yield translated + english.removeprefix(short_en), FormKind.ALIAS
        if row.level is DivisionLevel.TOWNSHIP:
            yield f"{translated}street", FormKind.ALIAS
    if len(stem) > 1:
        yield stem, FormKind.SHORT
        yield pinyin_of(stem), FormKind.SHORT
    yield short_en, FormKind.SHORT
    if translated and row.level is not DivisionLevel.TOWNSHIP:
        yield translated, FormKind.SHORT


# What names of divisions are called after, and how they begin, as English has it that translates them.
_CALLED_AFTER = {"湖": "lake", "江": "river", "山": "mountain", "岛": "island", "湾": "bay", "桥": "bridge", "城": "city"}
_BEGINNINGS = {"东": "east", "西": "west", "南": "south", "北": "north", "上": "upper", "下": "lower"}


def _translate(stem: str) -> str:
    """Give the English of a stem as translators have it, 东湖 is East Lake and 甲乙湖 is Jiayi Lake; empty where nothing in it is translated."""
    after = _CALLED_AFTER.get(stem[-1])
    if after is None or len(stem) < 2:
        return ""
    if len(stem) == 2:
        return _BEGINNINGS[stem[0]] + after if stem[0] in _BEGINNINGS else ""
    return pinyin_of(stem[:-1]) + after


@cache
def stem_of(folded: str) -> str:
    """Strip the kind from the name of a division: 甲乙 of 甲乙区, 丙丁 of 丙丁畲族乡."""
    for kind in _KINDS:
        if folded.endswith(kind) and len(folded) > len(kind) + 1:
            return folded.removesuffix(kind)
    return folded


# What a road is called at its end. A station or a zone is often called after one, and then only says which is meant with its kind behind it.
_ROAD_ENDS = ("路", "街", "巷", "弄", "大道", "road", "avenue", "lane")
# A station of two characters is called as a village is, or a township.
_LEAST_BARE = 3


def is_road(folded: str) -> bool:
    """Tell whether a folded name is that of a road."""
    return folded.endswith(_ROAD_ENDS)


def station_names(name: str, name_en: str | None, aliases: Iterable[str]) -> Iterator[tuple[str, FormKind]]:
    """Give the forms of a station of the metro: 甲乙站 is also 甲乙地铁站, 地铁甲乙站 and Jiayi Station, and 甲乙 alone where that is no road."""
    for one in (name, *aliases):
        stem = fold_name(one).removesuffix("站")
        yield f"{stem}站", FormKind.OWN
        for form in (f"{stem}地铁站", f"地铁{stem}站", f"地铁站{stem}", f"{stem}地铁", f"地铁{stem}"):
            yield form, FormKind.ALIAS
        if len(stem) >= _LEAST_BARE and not is_road(stem):
            yield stem, FormKind.BARE
    if name_en:
        stem = fold_name(name_en).removesuffix("station")
        for ending in ("station", "metrostation", "subwaystation"):
            yield f"{stem}{ending}", FormKind.ALIAS
