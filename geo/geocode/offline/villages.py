"""Villages and communities: an address that names one names its township, though it does not say so."""

from __future__ import annotations

import re

from geo.geocode.answers import Level, Match, Method
from geo.geocode.gazetteer import Feature, Form, Gazetteer
from geo.geocode.offline.context import Context
from geo.geocode.offline.mentions import CONTINUED, Reading
from geo.geocode.offline.outcome import match_of, tail_of
from geo.geocode.spellings import FormKind

# What an address may begin with that names a village or a community.
VILLAGE = re.compile("[^0-9]{1,8}?(?:村|社区)")
_MOST = 10
# Of a village in a city of thousands, a shorter name is found in other cities as well.
_LEAST_IN_CITY = 4


class Villages:
    """Finds the township of an address by the village or the community that follows its district.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def answer(self, text: str, reading: Reading, context: Context) -> Match | None:
        """Answer with the township; ``None`` where no village follows, or several of its name lie in what is named.

        Parameters
        ----------
        text
            What was asked, as it was written.
        reading
            What was read in it.
        context
            Where it lies.
        """
        finest = reading.mentions[-1]
        if finest.level not in (Level.CITY, Level.DISTRICT) or not VILLAGE.match(reading.rest):
            return None
        rest = reading.rest
        ends = [found.end() for found in re.finditer("村|社区", rest[:_MOST]) if rest[found.end() : found.end() + 1] not in CONTINUED]
        for end in reversed(ends):
            if finest.level is Level.CITY and end < _LEAST_IN_CITY:
                continue
            townships = [one for one in self._gazetteer.villages.get(rest[:end], ()) if context.holds(one) and self._lies_in(one, finest.features)]
            if len(townships) == 1:
                note = finest.note or self._note(townships[0], finest.features)
                form = Form(townships[0], FormKind.FORMER if note else FormKind.ALIAS, 0, note or None)
                return match_of(text, form, Method.FORMER if note else Method.ADDRESS, tail_of(text, rest))
        return None

    def _lies_in(self, township: Feature, divisions: tuple[Feature, ...]) -> bool:
        heirs = self._gazetteer.heirs
        return any(
            division.level is Level.CITY or township.district == division.name or township.district in heirs.get(division.name, ())
            for division in divisions
        )

    def _note(self, township: Feature, divisions: tuple[Feature, ...]) -> str:
        is_today = any(division.level is Level.CITY or township.district == division.name for division in divisions)
        return "" if is_today else self._gazetteer.note_of_heirs(divisions[0].name)
