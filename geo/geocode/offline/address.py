"""Chinese addresses: the names that stand in one are weighed, and the finest decides where they agree."""

from __future__ import annotations

import re

from geo.geocode.answers import Answer, Level, Match, Method, Miss, MissReason
from geo.geocode.gazetteer import Feature, Form, FormKind, Gazetteer, shorten
from geo.geocode.offline.context import Context, is_within
from geo.geocode.offline.mentions import LIKE_ADDRESS, RANKS, AddressReader, Mention, Reading, forms_of
from geo.geocode.offline.outcome import ambiguous, match_of, tail_of
from geo.geocode.offline.slips import Slips
from geo.geocode.offline.whole_names import WholeNames
from geo.names import fold_name

_NUMBER = re.compile(r"\d")


class Addresses:
    """Answers Chinese addresses.

    Parameters
    ----------
    gazetteer
        The known names.
    reader
        Finds the names in an address.
    whole_names, slips
        Answer what stands behind the divisions of an address.
    """

    def __init__(self, gazetteer: Gazetteer, reader: AddressReader, whole_names: WholeNames, slips: Slips) -> None:
        self._gazetteer, self._reader = gazetteer, reader
        self._city = fold_name(gazetteer.profile.city.short_zh)
        self._whole_names, self._slips = whole_names, slips

    def answer(self, text: str, key: str, context: Context) -> Answer | None:
        """Answer an address; ``None`` where no known name stands in it.

        Parameters
        ----------
        text, key
            What was asked, as it was written and folded.
        context
            Where it lies.
        """
        reading = self._reader.read(key)
        if reading.elsewhere:
            # A slip in one of our names may look like a place elsewhere; whoever shares the beginning decides.
            return self._slips.answer(text, key, context, must_start=reading.elsewhere) or Miss(text, MissReason.OUT_OF_AREA)
        if not reading.mentions:
            return None
        if reading.conflict:
            forms = [Form(feature, FormKind.ALIAS) for feature in reading.mentions[-1].features]
            return ambiguous(text, forms, f"所写的又有{reading.conflict}，互不相容")
        if reading.rest and (reading.mentions[-1].kind is FormKind.SHORT or reading.mentions[-1].features[0].level is Level.PLACE):
            # A longer name with a slip in it may begin with a shorter one.
            longer = self._slips.answer(text, key, context)
            if isinstance(longer, Match):
                return longer
        return self.weigh(text, reading, context)

    def weigh(self, text: str, reading: Reading, context: Context) -> Answer | None:
        """Let the finest of what was read decide, where everything agrees.

        Parameters
        ----------
        text
            What was asked, as it was written.
        reading
            What was read in it, at least one name.
        context
            Where it lies.
        """
        mentions = reading.mentions
        finest = min(mentions, key=_rank_of).features[0].level
        if reading.rest and finest is not Level.PLACE:
            finer = self._answer_rest(text, reading, context)
            if finer is not None:
                return finer
        choices = list(dict.fromkeys(feature for mention in mentions if mention.features[0].level is finest for feature in mention.features))
        coarse = [mention for mention in mentions if mention.features[0].level is not Level.PLACE]
        fitting = [feature for feature in choices if context.holds(feature) and all(_agrees(feature, mention) for mention in coarse)]
        note = next((mention.note for mention in reversed(mentions) if mention.note), None)
        if len(fitting) == 1 and (len(choices) == 1 or note):
            form = Form(fitting[0], FormKind.FORMER if note else FormKind.ALIAS, 0, note)
            if finest is Level.PLACE and not coarse and not context.is_given and not reading.is_province and self._is_shared(fitting[0], reading):
                return ambiguous(text, [form], "其他城市也有同名的地方")
            return match_of(text, form, Method.FORMER if note else Method.ADDRESS, tail_of(text, reading.rest))
        named = choices + [feature for mention in coarse for feature in mention.features if feature.level is not Level.CITY]
        reason = note or "所写的几处互不相容或并列"
        return ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in dict.fromkeys(named)], reason)

    def _is_shared(self, feature: Feature, reading: Reading) -> bool:
        names = {fold_name(feature.name), shorten(fold_name(feature.name))}
        return bool(names & self._gazetteer.homonyms.keys()) and len(reading.mentions) == 1

    def _answer_rest(self, text: str, reading: Reading, context: Context) -> Answer | None:
        """Look what stands behind the divisions up within them: 甲乙县经开区, 甲乙区丙丁街到."""
        finest = reading.mentions[-1]
        if len(finest.features) != 1 or len({mention.features for mention in reading.mentions if mention.features[0].level is Level.DISTRICT}) > 1:
            return None
        division = finest.features[0]
        within = Context((*context.features, division), True, False, context.bbox, context.host)
        rest = shorten(reading.rest)
        if rest in self._gazetteer.types or reading.rest in self._gazetteer.types:
            found = self._whole_names.answer_type(text, rest, within)
            return found if isinstance(found, Match) or division.level is Level.CITY else None
        if reading.rest in self._gazetteer.elsewhere:
            return Miss(text, MissReason.OUT_OF_AREA)
        if reading.rest.isascii():
            # An English name in a Chinese address, 甲乙市Bingding Town, is a name of its own: the two are never put together to one.
            english = self._whole_names.answer(text, reading.rest, within)
            if isinstance(english, Match):
                return english
        elif division.level is Level.CITY:
            whole = forms_of(self._gazetteer, f"{self._city}{reading.rest}")
            if len(whole) == 1:
                return match_of(text, whole[0], Method.ALIAS)
        # A house number is in no name.
        return None if _NUMBER.search(reading.rest) else self._slips.answer(text, reading.rest, within)


def answer_road(text: str, _key: str, context: Context) -> Match | None:
    """Answer a road and a number that name no division with the one they are said to lie in.

    Parameters
    ----------
    text
        What was asked, as it was written.
    context
        Where it lies.
    """
    if not context.features or not LIKE_ADDRESS.search(text):
        return None
    finest = min(context.features, key=lambda feature: RANKS[feature.level])
    return match_of(text, Form(finest, FormKind.ALIAS), Method.ADDRESS, text.strip()) if context.holds(finest) else None


def _agrees(feature: Feature, mention: Mention) -> bool:
    return any(is_within(feature, other) for other in mention.features)


def _rank_of(mention: Mention) -> int:
    return RANKS[mention.features[0].level]
