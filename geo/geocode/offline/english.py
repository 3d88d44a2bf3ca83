"""Addresses in Latin script, English or pinyin: parts between commas, from fine to coarse."""

from __future__ import annotations

import re

from geo.geocode.answers import Answer, Match, Method, Miss, MissReason
from geo.geocode.gazetteer import FormKind, Gazetteer
from geo.geocode.offline.address import Addresses
from geo.geocode.offline.context import Context
from geo.geocode.offline.mentions import RANKS, Mention, Reading, forms_of
from geo.geocode.offline.slips import Slips
from geo.names import fold_name, pinyin_of

_COUNTRY = frozenset({"china", "prchina", "prc", "zhongguo"})
_PARTS = re.compile("[,;/\uff0c\uff1b\u3001]+")


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
        self._above = _COUNTRY | names

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
        fuzzy: Match | None = None
        for part in _PARTS.split(text):
            key = fold_name(part)
            if not key or key in self._above:
                continue
            found = self._spell(key)
            if found is not None:
                mentions += found
            elif self._is_elsewhere(part):
                return Miss(text, MissReason.OUT_OF_AREA)
            else:
                near = self._slips.answer(part, key, context)
                if isinstance(near, Match):
                    fuzzy = near
                    features = tuple(form.feature for form in forms_of(self._gazetteer, fold_name(near.name))[:1])
                    mentions.append(Mention(features, FormKind.ALIAS))
                else:
                    unresolved.append(part.strip())
        if not mentions:
            return None
        mentions.sort(key=lambda mention: -RANKS[mention.features[0].level])
        answer = self._addresses.weigh(text, Reading(mentions), context)
        if not isinstance(answer, Match):
            return answer
        method, score, runner_up = (answer.method, answer.score, None) if fuzzy is None else (Method.FUZZY, fuzzy.score, fuzzy.runner_up)
        rest = answer.unresolved or ", ".join(unresolved)
        return answer._replace(unresolved=rest, method=method, score=round(score, 1), runner_up=runner_up)

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
                    mentions.append(Mention(tuple(form.feature for form in forms), forms[0].kind))
                    break
                if name in gazetteer.former:
                    row, features = gazetteer.former[name]
                    mentions.append(Mention(features, FormKind.FORMER, row.note_zh))
                    break
            else:
                return None
            at = end
        return mentions

    def _is_elsewhere(self, part: str) -> bool:
        words = part.split()
        heads = (fold_name("".join(words[:count])) for count in range(1, min(4, len(words) + 1)))
        return any(head in self._gazetteer.elsewhere or head in self._gazetteer.elsewhere_short for head in heads)
