"""Addresses in Latin script, English or pinyin: parts between commas or words in a row, from fine to coarse or the other way round."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geo.geocode.answers import Answer, Level, Match, Method, Miss, MissReason
from geo.geocode.gazetteer import Form, Gazetteer
from geo.geocode.offline.address import Addresses
from geo.geocode.offline.context import Context
from geo.geocode.offline.mentions import RANKS, Mention, Reading, forms_of
from geo.geocode.offline.slips import Slips
from geo.geocode.spellings import FormKind
from geo.ground.names import fold_name, pinyin_of

_COUNTRY = frozenset({"china", "prchina", "prc", "zhongguo", "p", "r", "pr", "peoplesrepublicofchina", "mainlandchina"})
_PARTS = re.compile("[,;/\uff0c\uff1b\u3001]+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
# What follows a name that is only a part of another: a road, a river, a bay is called after the city.
_ROADS = re.compile("road|rd|street|st|ave|avenue|lane|ln|boulevard|blvd|highway|expressway|lu|jie|dadao|xiang|nong")
_NATURE = re.compile("east|west|south|north|middle|river|lake|bay|island|bridge|mountain|hill|hu|jiang|shan")
# Words that names may have or leave out.
_LEFT_OUT = frozenset({"national", "provincial", "the", "of"})
# No name has more words, and no shorter one is told from a word without its kind.
_MOST_WORDS = 9
_LEAST_LETTERS = 4


class EnglishAddresses:
    """Answers addresses in Latin script.

    Parameters
    ----------
    gazetteer
        The known names.
    addresses
        Weighs the names that were read.
    slips
        Answers the parts that are misspelt.
    """

    def __init__(self, gazetteer: Gazetteer, addresses: Addresses, slips: Slips) -> None:
        self._gazetteer, self._addresses, self._slips = gazetteer, addresses, slips
        province = gazetteer.profile.province
        english, pinyin = fold_name(province.en), pinyin_of(fold_name(province.short_zh))
        names = {english, f"{english}province", pinyin, f"{pinyin}province", pinyin_of(fold_name(province.zh))}
        # What stands above the city says nothing of where in it a name lies.
        self._above = _COUNTRY | names | {"province"}

    def answer(self, text: str, context: Context) -> Answer | None:
        """Answer an address; ``None`` where no known name stands in it.

        Parameters
        ----------
        text
            What was asked, as it was written: folding would drop its commas.
        context
            Where it lies.
        """
        mentions: list[Mention] = []
        unresolved = []
        unknown: list[tuple[str, list[str]]] = []
        fuzzy: Match | None = None
        for part in _PARTS.split(text.replace("&", " and ")):
            key = fold_name(part)
            if not key or key in self._above:
                continue
            found = self._spell(key)
            if found is not None:
                mentions += found
                continue
            found, left = self._find(part)
            mentions += found
            if left:
                unresolved.append(left if found else part.strip())
            if not found:
                unknown.append((part, [fold_name(word) for word in _WORD.findall(part)]))
        for part, _ in unknown:
            near = self._slips.answer(part, fold_name(part), context)
            if isinstance(near, Match):
                fuzzy = near
                unresolved.remove(part.strip())
                # A name that is a sort of place as well leads to none by itself.
                meant = (near.name, near.level, near.divisions)
                feature = next(one for one in self._gazetteer.names if (one.name, one.level, one.divisions) == meant)
                mentions.append(Mention((feature,), FormKind.ALIAS))
        is_home = context.is_given or any(mention.level is Level.CITY for mention in mentions)
        if not is_home and any(self._is_elsewhere(words, whole=bool(mentions)) for _, words in unknown):
            return Miss(text, MissReason.OUT_OF_AREA)
        if not mentions:
            return None
        # A division says more surely where it is than a short name that others bear.
        mentions.sort(key=lambda mention: -RANKS[mention.level])
        answer = self._addresses.weigh(text, Reading(_agreeing(mentions), []), context)
        if not isinstance(answer, Match):
            return answer
        method, score, runner_up = (answer.method, answer.score, None) if fuzzy is None else (Method.FUZZY, fuzzy.score, fuzzy.runner_up)
        rest = answer.unresolved or ", ".join(unresolved)
        return answer._replace(unresolved=rest, method=method, score=round(score, 1), runner_up=runner_up)

    def _find(self, part: str) -> tuple[list[Mention], str]:
        """Find the names among the words of a part, and what is left of it."""
        written = _WORD.findall(part)
        words = [fold_name(word) for word in written]
        mentions: list[Mention] = []
        left: list[str] = []
        at = 0
        while at < len(words):
            for end in range(min(len(words), at + _MOST_WORDS), at, -1):
                mention = self._named(words, at, end)
                if mention is not None:
                    mentions.append(mention)
                    at = end
                    break
            else:
                if words[at] not in self._above and not (words[at].isdigit() and len(words[at]) == 6):
                    left.append(written[at])
                at += 1
        return mentions, " ".join(left)

    def _named(self, words: Sequence[str], at: int, end: int) -> Mention | None:
        """Return what some words in a row name, where they are no part of another name."""
        name = "".join(words[at:end])
        if len(name) < _LEAST_LETTERS or name in self._gazetteer.types:
            return None
        behind = words[end] if end < len(words) else ""
        former = self._gazetteer.former.get(name)
        if former is not None and not _goes_on(behind):
            return Mention.of(former)
        forms = forms_of(self._gazetteer, name) or forms_of(self._gazetteer, "".join(word for word in words[at:end] if word not in _LEFT_OUT))
        forms = _coarsest([form for form in forms if self._counts(form, words, at, end, behind)])
        return Mention(tuple(form.feature for form in forms), forms[0].kind) if forms else None

    def _counts(self, form: Form, words: Sequence[str], at: int, end: int, behind: str) -> bool:
        level = form.feature.level
        if level is Level.CITY and (behind == "bay" or _ROADS.fullmatch(behind)):
            return False
        if _goes_on(behind) and form.kind is FormKind.SHORT:
            return False
        if level is Level.PLACE:
            return end - at > 1
        if words[end - 1] == "street" and form.kind is FormKind.ALIAS:
            # 12 Jiayi Street is a road, Jiayi Street alone a subdistrict.
            return not any(word.isdigit() or word == "no" for word in words[max(0, at - 2) : at])
        # A township by its short name alone is any word.
        return form.kind is not FormKind.SHORT or level is not Level.TOWNSHIP

    def _spell(self, key: str) -> list[Mention] | None:
        """Read a name without gaps from the left, the longest first, all of it: jiayishi bingdingqu."""
        gazetteer = self._gazetteer
        mentions: list[Mention] = []
        at = 0
        while at < len(key):
            for end in range(len(key), at + 3, -1):
                name = key[at:end]
                forms = forms_of(gazetteer, name)
                if forms and name not in gazetteer.types:
                    forms = _coarsest(forms)
                    mentions.append(Mention(tuple(form.feature for form in forms), forms[0].kind))
                    break
                if name in gazetteer.former:
                    mentions.append(Mention.of(gazetteer.former[name]))
                    break
            else:
                return None
            at = end
        return mentions

    def _is_elsewhere(self, words: Sequence[str], *, whole: bool) -> bool:
        """Tell whether words, or all of them, name a division elsewhere in its place: at the end, or before what stands above it or a number."""
        full, short = self._gazetteer.elsewhere, self._gazetteer.elsewhere_short
        for at in range(1 if whole else len(words)):
            for end in range(min(len(words), at + 3), at, -1):
                name, behind = "".join(words[at:end]), words[end] if end < len(words) else ""
                if (name in full or name in short) and (not behind or behind in self._above or behind.isdigit()):
                    return True
        return False


def _coarsest(forms: list[Form]) -> list[Form]:
    """Of a district and a township of one name, in an address the district is meant."""
    districts = [form for form in forms if form.feature.level is Level.DISTRICT]
    return districts or forms


def _goes_on(behind: str) -> bool:
    return bool(_ROADS.fullmatch(behind) or _NATURE.fullmatch(behind))


def _agreeing(mentions: list[Mention]) -> list[Mention]:
    """Leave out places that contradict the district that is named: a hotel is called after a lake, a park after another."""
    districts = {feature.name for mention in mentions if mention.level is Level.DISTRICT for feature in mention.features}
    return [one for one in mentions if one.level is not Level.PLACE or not districts or any(place.district in districts for place in one.features)]
