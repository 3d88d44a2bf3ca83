"""The names that stand in a Chinese address, read from the left, the longest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from geo.geocode.answers import Level
from geo.geocode.gazetteer import Feature, Form, Former, Gazetteer
from geo.geocode.spellings import FormKind, shorten, stem_of
from geo.ground.names import fold_name

_COUNTRY = "中国"
_CITY = "市"
# What follows a name of a division where it is a part of another name: 甲乙路, 甲乙大道.
CONTINUED = frozenset("路街巷弄道桥江河湖湾山站港大")
# What follows a name that ends in 区 where the two are one word: 江北区块.
_ONE_WORD = frozenset("块域划间")
# The name of a road has two characters at least, which way it leads aside: where fewer are left, they belong to what stands before.
SHORT_ROAD = re.compile("[^0-9]?[东南西北中]?(?:路|街(?!道)|大道|巷|弄)")
_WAY = re.compile("[东南西北中]?(?:路|街(?!道)|大道|巷|弄)")
# What an address may begin with that names a village or a community.
VILLAGE = re.compile("[^0-9]{1,8}?(?:村|社区)")
_ROAD = re.compile("[^0-9]{2,6}?(?:路|街(?!道)|大道)")
_ZONE = re.compile("(?:工业|科技|产业|高教|经济技术|经济)?(?:园区?|开发区|工业区|功能区|集聚区|城)")
LIKE_ADDRESS = re.compile("路|街|大道|巷|弄|村|社区|号|幢|大厦|广场|中心|工业园")
# What stands before an address on a form, or before a station: how near it is, and its line.
_LABEL = re.compile(
    "(?:[注册通讯信联系经营办公工作上班面试公司单位项目详细所在]{2,4})?(?:地址|地点|住所|位于)|(?:靠近|邻近|毗邻|近)?(?:地铁)?[0-9]{1,2}号线(?=.)"
)
# From fine to coarse.
RANKS = {Level.PLACE: 0, Level.TOWNSHIP: 1, Level.DISTRICT: 2, Level.CITY: 3}
# A place with a shorter name counts only where it ends an address.
_LEAST_PLACE = 4
# No sort of place has a longer name.
_MOST_TYPE = 12
# Nor has a village or a community.
_MOST_VILLAGE = 10
# No address goes on for longer behind a name; a thousand names in a row are none.
_MOST_REST = 500


def forms_of(gazetteer: Gazetteer, key: str) -> list[Form]:
    """Return what a folded name may be as a whole, as it is written or with its long forms short.

    Parameters
    ----------
    gazetteer
        The known names.
    key
        The folded name.
    """
    return gazetteer.forms.get(key) or gazetteer.forms.get(shorten(key)) or []


class Mention(NamedTuple):
    """A name that stands in an address.

    Attributes
    ----------
    features, kind
        What it may be, and how it names it.
    note
        What became of it; of a division elsewhere its name.
    meant
        As in :class:`geo.geocode.gazetteer.Former`.
    """

    features: tuple[Feature, ...]
    kind: FormKind
    note: str = ""
    meant: Feature | None = None

    @classmethod
    def of(cls, former: Former) -> Mention:
        """Make the mention of a name that a division no longer has."""
        return cls(former.features, FormKind.FORMER, former.note, former.meant)

    @property
    def level(self) -> Level:
        """What it is; of several, they are all of one level."""
        return self.features[0].level


class Reading(NamedTuple):
    """What was read in an address.

    Attributes
    ----------
    mentions
        The names, from the left.
    rests
        What follows each of them.
    rest
        What follows the last one.
    head
        How many of the names follow one another without a gap, from the first one.
    before
        What stands before the first name, behind the label, the postcode, the country and the province.
    is_province
        Whether the address names the province.
    elsewhere
        The division outside the city that it begins with; empty where there is none.
    conflict
        The division outside the city that follows one of ours without a gap; empty where there is none.
    """

    mentions: list[Mention]
    rests: list[str]
    rest: str = ""
    head: int = 0
    before: str = ""
    is_province: bool = False
    elsewhere: str = ""
    conflict: str = ""


class AddressReader:
    """Finds the names that stand in an address. Its indexes are built when they are first needed.

    Parameters
    ----------
    gazetteer
        The known names.

    Attributes
    ----------
    above
        What an address may begin with above the city: the country, and the province by its full name and its short one.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        province = gazetteer.profile.province
        self.above = (_COUNTRY, *dict.fromkeys(fold_name(name) for name in (province.zh, province.short_zh)))

    @cached_property
    def _sure_mentions(self) -> dict[str, Mention]:
        return dict(_find_sure_mentions(self._gazetteer))

    @cached_property
    def _sure(self) -> list[Mention]:
        """The mentions in the order of the patterns of :attr:`names`."""
        return list(self._sure_mentions.values())

    @cached_property
    def names(self) -> AhoCorasick:
        """The names that count wherever they stand in an address."""
        return AhoCorasick(list(self._sure_mentions), matchkind=MatchKind.LeftmostLongest)

    @cached_property
    def short(self) -> dict[str, list[Form]]:
        """The names that count only where nothing stands between them and the name before."""
        sure = self._sure_mentions
        return {name: forms for name, forms in self._gazetteer.forms.items() if not name.isascii() and name not in sure}

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """The lengths of the short names that begin with the same two characters, longest first."""
        lengths: dict[str, set[int]] = {}
        for name in (*self.short, *self._gazetteer.elsewhere_short):
            lengths.setdefault(name[:2], set()).add(len(name))
        return {head: sorted(found, reverse=True) for head, found in lengths.items()}

    def read(self, key: str) -> Reading:
        """Find the names that stand in a folded address."""
        mentions: list[Mention] = []
        rests: list[str] = []
        start, is_province = self.start_of(key)
        elsewhere, conflict = "", ""
        names = self.names.find_matches_as_indexes(key)
        if not names and key[start : start + 2] not in self._lengths:
            return Reading(mentions, rests, key[start:], is_province=is_province)
        found = iter(names)
        ahead = next(found, None)
        first = head = 0
        # Where the last name of ours and the last one elsewhere end.
        at = end = other = start
        while at < len(key):
            while ahead is not None and ahead[1] < at:
                ahead = next(found, None)
            if ahead is not None and ahead[1] == at:
                mention = self._sure[ahead[0]]
                if key[ahead[2] - 1] == _CITY and self._is_of_road(key, at, ahead[2]):
                    # 甲乙市心路 is 甲乙 and 市心路.
                    mentions.append(Mention(tuple(form.feature for form in self.short[key[at : ahead[2] - 1]]), FormKind.SHORT))
                    first = first if len(mentions) > 1 else at
                    head += head == len(mentions) - 1
                    at = end = ahead[2] - 1
                    rests.append(key[end:])
                    continue
                if mention.features:
                    first = first if mentions else at
                    head += not mentions or (at == end and head == len(mentions))
                    mentions.append(mention)
                    end = ahead[2]
                    rests.append(key[end:])
                elif self._goes_on(key, at, ahead[2]):
                    pass
                elif not mentions:
                    # In a division's place: where the address begins, or behind another one.
                    elsewhere = elsewhere or (mention.note if at == other else "")
                    other = ahead[2]
                elif at == end:
                    conflict = conflict or mention.note
                at = ahead[2]
                continue
            # A short name counts at the head, and where it follows another name without a gap.
            lengths = self._lengths.get(key[at : at + 2], ())
            if lengths and at == end and (length := self._read_short(key, at, lengths, mentions)):
                first = first if len(mentions) > 1 else at
                head += head == len(mentions) - 1
                at = end = at + length
                rests.append(key[end:])
            elif lengths and at == start and not mentions and (length := self._elsewhere_at(key, at, lengths)):
                elsewhere = key[at : at + length]
                at = other = at + length
            elif ahead is None:
                break
            else:
                at = ahead[1]
        return Reading(mentions, rests, key[end:], head, key[start:first], is_province, elsewhere, conflict)

    def _is_of_road(self, key: str, at: int, end: int) -> bool:
        """Tell whether the kind at the end of a city's name belongs to the road behind it, which would be too short without it."""
        return key[at : end - 1] in self.short and bool(SHORT_ROAD.match(key, end)) and not self._begins_with_a_name(key[end:])

    def _goes_on(self, key: str, at: int, end: int) -> bool:
        """Tell whether the name of a division elsewhere is a part of another word: 丙丁路, or 甲乙区块."""
        behind = key[end : end + 1]
        if _WAY.match(key, end):
            return True
        return bool(behind) and (behind in _ONE_WORD or (behind in CONTINUED and stem_of(key[at:end]) == key[at:end]))

    def start_of(self, key: str) -> tuple[int, bool]:
        """Find where an address begins behind its label, its postcode, its country and its province, and whether it names the province."""
        label = _LABEL.match(key)
        start, is_province = label.end() if label else 0, False
        while start < len(key) and key[start].isdigit():
            start += 1
        for word in self.above if key.startswith(self.above, start) else ():
            if key.startswith(word, start) and key[start : start + 4] not in self._gazetteer.forms:
                start += len(word)
                is_province |= word != _COUNTRY
        return start, is_province

    def _elsewhere_at(self, key: str, at: int, lengths: Iterable[int]) -> int:
        """Find the length of the short name of a division elsewhere that begins here; 0 where there is none.

        Roads, stations and hotels are called after cities, so that a short name counts only where nothing follows it, or a lower division, or a sort
        of place such as a zone, which every city has.
        """
        for length in lengths:
            name, rest = key[at : at + length], key[at + length :]
            if at + length > len(key) or name not in self._gazetteer.elsewhere_short or name in self._gazetteer.forms:
                continue
            if not rest or self._begins_elsewhere(rest) or self._begins_with_a_type(rest):
                return length
        return 0

    def _begins_elsewhere(self, rest: str) -> bool:
        """Tell whether a division elsewhere follows, by its full name, or by a short one with another behind it."""
        if len(rest) > _MOST_REST:
            return False
        found = self.names.find_matches_as_indexes(rest)
        if found and found[0][1] == 0 and not self._sure[found[0][0]].features:
            return True
        # 甲乙路丙丁街道 is a road of the one and a street of ours, though 路丙 may lie elsewhere, too.
        for length in () if _WAY.match(rest) else self._lengths.get(rest[:2], ()):
            if rest[:length] in self._gazetteer.elsewhere_short and len(rest) > length and rest[length] not in CONTINUED:
                behind = rest[length:]
                if LIKE_ADDRESS.search(behind) or self._begins_with_a_type(behind):
                    return True
        return False

    def _begins_with_a_type(self, rest: str) -> bool:
        """Tell whether what follows is a sort of place, or a name that several cities have."""
        rest = shorten(rest)
        types, homonyms = self._gazetteer.types, self._gazetteer.homonyms
        return any(rest[:length] in types or rest[:length] in homonyms for length in range(2, min(len(rest), _MOST_TYPE) + 1))

    def _read_short(self, key: str, at: int, lengths: Iterable[int], mentions: list[Mention]) -> int:
        """Add the short name that begins here to the mentions, and return its length; 0 where nothing is meant by it."""
        for length in lengths:
            forms = self.short.get(key[at : at + length])
            if forms is None or at + length > len(key):
                continue
            rest = key[at + length :]
            if forms[0].feature.level is Level.PLACE:
                # A place with a short name counts where it ends what divisions begin: 甲乙区丙丁湖.
                allowed = tuple(form.feature for form in forms) if (mentions or at) and not rest else ()
            else:
                allowed = self._allowed(forms, mentions, rest, key[at : at + _MOST_VILLAGE])
            if allowed:
                mentions.append(Mention(allowed, forms[0].kind))
                return length
        return 0

    def _allowed(self, forms: Sequence[Form], before: Sequence[Mention], rest: str, written: str) -> tuple[Feature, ...]:
        """Choose what the short name of a division may mean, where nothing else is meant by it: 丙丁 in 甲乙丙丁, but not in 丙丁路."""
        # Most short names are those of townships, which mean nothing where nothing stands before them; what follows is only read where it decides.
        coarse = [form.feature.level for form in forms if form.feature.level in (Level.CITY, Level.DISTRICT)]
        if not (coarse or before):
            return ()
        above = [feature.level for mention in before for feature in mention.features]
        levels: list[Level] = []
        if coarse and (self._ends_before(rest) or self._begins_within(rest, forms)):
            levels += [level for level in coarse if level is Level.CITY or Level.DISTRICT not in above]
        if rest and Level.DISTRICT in above and Level.DISTRICT not in levels and self._is_street_of(rest) and not self._is_village(written):
            # 甲乙区丙丁人民路1号, where 丙丁 lies in 甲乙区, or did.
            names = {feature.name for mention in before for feature in mention.features if feature.level is Level.DISTRICT}
            districts = names.union(*(self._gazetteer.heirs.get(name, ()) for name in names))
            levels += [form.feature.level for form in forms if form.feature.level is Level.TOWNSHIP and form.feature.district in districts]
        # In an address the coarser one comes first: a name that a district and a township share is the district.
        if not rest and Level.DISTRICT not in levels and (Level.DISTRICT in above or Level.CITY in above):
            levels.append(Level.TOWNSHIP)
        return tuple(form.feature for form in forms if form.feature.level in levels)

    def _ends_before(self, rest: str) -> bool:
        if not rest or self._begins_with_a_name(rest):
            return True
        if SHORT_ROAD.match(rest):
            return False
        return bool(_ROAD.match(rest)) or (rest[0] not in CONTINUED and bool(LIKE_ADDRESS.search(rest)))

    def _is_village(self, written: str) -> bool:
        """Tell whether a village or a community begins here."""
        return any(written[: found.end()] in self._gazetteer.villages for found in re.finditer("村|社区", written))

    def _is_street_of(self, rest: str) -> bool:
        """Tell whether what follows the short name of a township is a road, a village or a zone in it, and not the end of another name."""
        if rest[0] in CONTINUED or SHORT_ROAD.match(rest):
            return False
        return bool(_ROAD.match(rest) or VILLAGE.match(rest) or _ZONE.match(rest)) or self._begins_with_a_type(rest)

    def _begins_within(self, rest: str, forms: Sequence[Form]) -> bool:
        """Tell whether a township of what is named follows, by its short name."""
        for length in self._lengths.get(rest[:2], ()):
            for form in self.short.get(rest[:length], ()):
                is_inside = any(form.feature.district == one.feature.district or one.feature.level is Level.CITY for one in forms)
                if form.feature.level is Level.TOWNSHIP and is_inside and not SHORT_ROAD.match(rest, length):
                    return True
        return False

    def _begins_with_a_name(self, rest: str) -> bool:
        if len(rest) > _MOST_REST:
            return False
        found = self.names.find_matches_as_indexes(rest)
        if found and found[0][1] == 0 and self._sure[found[0][0]].features:
            return True
        for length in self._lengths.get(rest[:2], ()):
            if length <= len(rest) and rest[:length] in self.short and (length == len(rest) or self._begins_with_a_name(rest[length:])):
                return True
        return shorten(rest) in self._gazetteer.types


def _find_sure_mentions(gazetteer: Gazetteer) -> Iterator[tuple[str, Mention]]:
    """Yield the names that mean what they say wherever they stand: full names of divisions, here and elsewhere, and long enough ones of places."""
    for name, forms in gazetteer.forms.items():
        if name.isascii():
            continue
        if forms[0].feature.level is Level.PLACE:
            if len(name) >= _LEAST_PLACE and forms[0].kind is not FormKind.BARE:
                yield name, Mention(tuple(form.feature for form in forms), forms[0].kind)
            continue
        sure = [form for form in forms if form.kind is not FormKind.SHORT and form.feature.level is not Level.PLACE]
        if sure:
            yield name, Mention(tuple(form.feature for form in sure), sure[0].kind)
    for name, former in gazetteer.former.items():
        if not name.isascii() and name not in gazetteer.forms:
            yield name, Mention.of(former)
    for name, where in gazetteer.elsewhere.items():
        if not name.isascii() and name not in gazetteer.forms and name not in gazetteer.former:
            yield name, Mention((), FormKind.OWN, where)
