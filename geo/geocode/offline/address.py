"""Chinese addresses: the names that stand in one are weighed, and the finest decides where they agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from geo.geocode.answers import Answer, Level, Match, Method, Miss, MissReason
from geo.geocode.distance import great_circle_m
from geo.geocode.gazetteer import Feature, Form, Gazetteer
from geo.geocode.offline.context import Context, is_within
from geo.geocode.offline.mentions import RANKS, AddressReader, Mention, Reading, forms_of
from geo.geocode.offline.outcome import ambiguous, match_of, meant_of, tail_of
from geo.geocode.offline.slips import Slips
from geo.geocode.offline.sounds import Sounds
from geo.geocode.offline.villages import Villages
from geo.geocode.offline.whole_names import WholeNames
from geo.geocode.said import N_, Said
from geo.geocode.spellings import FormKind, shorten
from geo.ground.names import fold_name

_NUMBER = re.compile(r"\d")
_CONFLICT = N_("所写的又有%(other)s，互不相容")
# What stands before a name in a question about the way.
_TOWARDS = re.compile("[我你想要]*[去到在至近往从]")
_BESIDE = ("和", "与", "及")
_DISAGREE = Said(N_("所写的几处互不相容或并列"))
_FINER = Said(N_("所写的区与街道、乡镇不合，以街道、乡镇为准"))


class Addresses:
    """Answers Chinese addresses.

    Parameters
    ----------
    gazetteer
        The known names.
    reader
        Finds the names in an address.
    whole_names, slips, sounds, villages
        Answer what stands behind the divisions of an address.
    """

    def __init__(
        self, gazetteer: Gazetteer, reader: AddressReader, whole_names: WholeNames, slips: Slips, sounds: Sounds, villages: Villages
    ) -> None:
        self._gazetteer, self._reader = gazetteer, reader
        self._city = fold_name(gazetteer.profile.city.short_zh)
        self._whole_names, self._slips, self._sounds, self._villages = whole_names, slips, sounds, villages

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
        if reading.before and not context.is_given and self._is_of_another_city(key, reading):
            return Miss(text, MissReason.OUT_OF_AREA)
        mended = self._sounds.mend(key, reading)
        if mended is not None:
            answer = self._read(text, mended.key, context, self._reader.read(mended.key))
            if isinstance(answer, Match):
                return answer._replace(method=Method.FUZZY, score=mended.score, runner_up=None)
        return self._read(text, key, context, reading)

    def _is_of_another_city(self, key: str, reading: Reading) -> bool:
        """Tell whether an address begins with the short name of another city and a division whose name is not ours alone: 甲乙丙丁区."""
        if f"{reading.before}市" not in self._gazetteer.elsewhere:
            return False
        name = key[key.index(reading.before) + len(reading.before) : len(key) - len(reading.rests[0])]
        return name in self._gazetteer.elsewhere_too or any(
            form.namesakes and form.kind is FormKind.OWN for form in self._gazetteer.forms.get(name, ())
        )

    def _read(self, text: str, key: str, context: Context, reading: Reading) -> Answer | None:
        if not reading.mentions:
            return None
        if reading.conflict:
            forms = [Form(feature, FormKind.ALIAS) for feature in reading.mentions[-1].features]
            return ambiguous(text, forms, Said(_CONFLICT, other=reading.conflict))
        last = reading.mentions[-1]
        if reading.rest and (last.kind is FormKind.SHORT or last.level is Level.PLACE):
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
        reading, note = self._reconcile(reading)
        mentions = reading.mentions
        is_end = bool(reading.before) and not reading.rest and not _TOWARDS.fullmatch(reading.before)
        if is_end and all(mention.level is Level.PLACE for mention in mentions):
            # The end of a longer name, or of a list of names, is not the whole.
            return None
        finest = min(mentions, key=_rank_of).level
        if reading.rest and finest is not Level.PLACE:
            finer = self._answer_rest(text, reading, context)
            if finer is not None:
                return finer
        choices = list(dict.fromkeys(feature for mention in mentions if mention.level is finest for feature in mention.features))
        coarse = [mention for mention in mentions if RANKS[mention.level] > RANKS[finest]]
        fitting = [feature for feature in choices if context.holds(feature) and all(self._agrees(feature, mention) for mention in coarse)]
        note = note or next((mention.note for mention in reversed(mentions) if mention.note), "") or self._note_of_heirs(fitting, coarse)
        if len(fitting) > 1 and finest is Level.TOWNSHIP and all(len(mention.features) == 1 for mention in mentions):
            # Two townships of a district, one behind the other, leave the district.
            return self._answer_shared(text, reading, fitting, coarse)
        if len(fitting) > 1 and finest is Level.PLACE:
            fitting = choices = _innermost(fitting)
        if len(fitting) == 1 and (len(choices) == 1 or note):
            is_former = bool(note) and note != _FINER
            form = Form(fitting[0], FormKind.FORMER if is_former else FormKind.ALIAS, 0, note or None)
            is_alone = not coarse and not reading.is_province
            if finest is Level.PLACE and is_alone and not context.is_given and not context.is_home and self._is_shared(fitting[0], reading):
                return ambiguous(text, [form], Said(N_("其他城市也有同名的地方")))
            match = match_of(text, form, Method.FORMER if is_former else Method.ADDRESS, tail_of(text, reading.rest))
            return _within_township(match, coarse)
        gone = next((mention for mention in mentions if mention.level is finest and mention.meant is not None), None)
        if gone is not None and gone.meant is not None and context.is_home and fitting == list(gone.features):
            return meant_of(text, gone.meant, fitting, gone.note, tail_of(text, reading.rest))
        named = choices + [feature for mention in coarse for feature in mention.features if feature.level is not Level.CITY]
        return ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in dict.fromkeys(named)], note or _DISAGREE)

    def _reconcile(self, reading: Reading) -> tuple[Reading, str]:
        """Leave out what contradicts the divisions that an address begins with, and say what was decided.

        The divisions of an address follow one another: what stands further on, a branch, a housing estate, is called after another one. Where a
        township follows a district that it is not in, and was not in, the township counts, as the finer one. A place in another district is left
        over, unless it is all that follows.
        """
        head = reading.mentions[: reading.head]
        divisions = [mention for mention in head if mention.level in (Level.DISTRICT, Level.TOWNSHIP)]
        if not divisions:
            # Of the city alone a place is a part where it follows it; the end of a longer name is not the whole.
            stay = [
                place
                for place, mention in enumerate(reading.mentions)
                if place < reading.head or mention.level is not Level.PLACE or reading.rest or _is_beside(reading, place)
            ]
            if not stay or not reading.rests:
                return reading, ""
            return reading._replace(mentions=[reading.mentions[place] for place in stay], rest=reading.rests[stay[-1]]), ""
        districts = {mention.features for mention in divisions if mention.level is Level.DISTRICT}
        townships = [mention for mention in divisions if mention.level is Level.TOWNSHIP]
        note = ""
        if len(districts) == 1 and len(townships) == 1 and not any(self._agrees(one, divisions[0]) for one in townships[0].features):
            divisions, note = townships, _FINER
        finest = min(map(_rank_of, divisions))
        kept: list[Mention] = []
        rest = reading.rest
        for place, mention in enumerate(reading.mentions):
            # Two districts side by side, 甲乙区和丙丁区, are both meant.
            is_beside = (
                0 < place == reading.head and reading.rests[place - 1].startswith(_BESIDE) and mention.level is reading.mentions[place - 1].level
            )
            is_in_head = place < reading.head or is_beside
            if is_in_head and mention.level is not Level.PLACE:
                stays = mention.level is Level.CITY or mention in divisions or is_beside
            else:
                fits = any(all(self._agrees(feature, division) for division in divisions) for feature in mention.features)
                if mention.level is Level.PLACE:
                    stays = self._is_finer(mention, townships) if fits else is_in_head and not reading.rest
                else:
                    stays = fits and _rank_of(mention) < finest
            if stays:
                kept.append(mention)
                rest = reading.rests[place]
        return reading._replace(mentions=kept, rest=rest), note

    def _is_finer(self, mention: Mention, townships: Sequence[Mention]) -> bool:
        """Tell whether a place says more than the township before it: one without a point of its own only says the district."""
        return not townships or any(not place.is_by_host or len(place.divisions) > 2 for place in mention.features)

    def _agrees(self, feature: Feature, mention: Mention) -> bool:
        return any(is_within(feature, other) or self._was_within(feature, other) for other in mention.features)

    def _was_within(self, feature: Feature, district: Feature) -> bool:
        """Tell whether a feature lies in what became of a district that covered more before it kept its name."""
        is_below = district.level is Level.DISTRICT and feature.level not in (Level.DISTRICT, Level.CITY)
        return is_below and feature.district in self._gazetteer.heirs.get(district.name, ())

    def _note_of_heirs(self, features: Sequence[Feature], coarse: Iterable[Mention]) -> str:
        """Say what became of a district that a feature was in and is not any more; empty where there is none."""
        for mention in coarse:
            if len(features) == 1 and not any(is_within(features[0], one) for one in mention.features):
                return self._gazetteer.note_of_heirs(mention.features[0].name)
        return ""

    def _answer_shared(self, text: str, reading: Reading, townships: Sequence[Feature], coarse: Sequence[Mention]) -> Answer:
        districts = {township.district for township in townships}
        if len(districts) > 1:
            return ambiguous(text, [Form(township, FormKind.ALIAS) for township in townships], _DISAGREE)
        district = next(feature for feature in self._gazetteer.by_code.values() if feature.level is Level.DISTRICT and feature.name in districts)
        first = next(at for at, mention in enumerate(reading.mentions) if mention.level is Level.TOWNSHIP)
        note = self._note_of_heirs([townships[0]], coarse)
        rest = reading.rests[first - 1] if reading.rests and first else ""
        form = Form(district, FormKind.FORMER if note else FormKind.ALIAS, 0, note or None)
        return match_of(text, form, Method.FORMER if note else Method.ADDRESS, tail_of(text, rest) if rest else text.strip())

    def _is_shared(self, feature: Feature, reading: Reading) -> bool:
        names = {fold_name(feature.name), shorten(fold_name(feature.name))}
        return bool(names & self._gazetteer.homonyms.keys()) and len(reading.mentions) == 1

    def _answer_rest(self, text: str, reading: Reading, context: Context) -> Answer | None:
        """Look what stands behind the divisions up within them: 甲乙县经开区, 甲乙区丙丁街到."""
        finest = reading.mentions[-1]
        if len({mention.features for mention in reading.mentions if mention.level is Level.DISTRICT}) > 1:
            return None
        village = self._villages.answer(text, reading, context)
        if village is not None or len(finest.features) != 1:
            return village
        division = finest.features[0]
        within = context.narrowed(division)
        rest = shorten(reading.rest)
        if rest in self._gazetteer.types or reading.rest in self._gazetteer.types:
            found = self._whole_names.answer_type(text, rest, within)
            return found if isinstance(found, Match) or division.level is Level.CITY else None
        if reading.rest in self._gazetteer.elsewhere:
            return ambiguous(text, [Form(division, FormKind.ALIAS)], Said(_CONFLICT, other=self._gazetteer.elsewhere[reading.rest]))
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


def answer_floor(text: str, key: str, context: Context) -> Answer | None:
    """Answer what no list knows with the division that it is said to lie in: whoever gives one gets no less.

    Parameters
    ----------
    text, key
        What was asked, as it was written and folded.
    context
        Where it lies.
    """
    if not key:
        return None
    if context.features:
        finest = min(context.features, key=lambda feature: RANKS[feature.level])
        return match_of(text, Form(finest, FormKind.ALIAS), Method.ADDRESS, text.strip()) if context.holds(finest) else None
    gone = context.gone
    if gone is not None and gone.meant is not None and context.is_home:
        return meant_of(text, gone.meant, gone.features, gone.note, text.strip())
    return (
        ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in context.districts], Said(N_("原区域今分属几处"))) if context.districts else None
    )


def _is_beside(reading: Reading, place: int) -> bool:
    """Tell whether a name stands beside the one before it, 甲乙区和丙丁区: both are meant."""
    mentions = reading.mentions
    return 0 < place == reading.head and reading.rests[place - 1].startswith(_BESIDE) and mentions[place].level is mentions[place - 1].level


def _innermost(places: Sequence[Feature]) -> list[Feature]:
    """Of places that lie in one another, return the smallest: a park stands before the town that it is in, or behind it."""
    located = [place for place in places if not place.is_by_host] or list(places)
    smallest = min(located, key=lambda place: place.location.uncertainty_m)
    inner = smallest.location
    for place in located:
        outer = place.location
        metres = great_circle_m(inner.lon, inner.lat, outer.lon, outer.lat)
        if metres > outer.uncertainty_m + inner.uncertainty_m:
            return list(places)
    return [smallest]


def _within_township(match: Match, coarse: Iterable[Mention]) -> Match:
    """Add the township that stands before a place to the divisions that the place is known to lie in."""
    if match.level is not Level.PLACE or len(match.divisions) != 2:
        return match
    for mention in coarse:
        chain = mention.features[0].divisions
        if mention.level is Level.TOWNSHIP and len(mention.features) == 1 and chain[:2] == match.divisions:
            return match._replace(divisions=chain)
    return match


def _rank_of(mention: Mention) -> int:
    return RANKS[mention.level]
