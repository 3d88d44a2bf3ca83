"""By what each place is found: its names and how they sound, its district, and what it makes, in both languages."""

from __future__ import annotations

from geo.geocode.gazetteer import Gazetteer
from geo.ground.names import normalize_name, search_keys
from geo.layers.sectors import words_of_industry
from geo.tables.reading import Tables
from geo.tables.rows import Place


class SearchKeys:
    """What a person may type to find each place, folded as by :func:`geo.ground.names.normalize_name`.

    Worked out when a place is first asked for, and kept: with a hundred thousand places it takes as long as reading them, and nobody may ask.

    Parameters
    ----------
    tables
        The validated tables.
    gazetteer
        For the other names of a place.
    """

    def __init__(self, tables: Tables, gazetteer: Gazetteer) -> None:
        self._tables, self._gazetteer = tables, gazetteer
        self._folded: dict[str, str] = {}
        # The keys of each place as one text, a line each.
        self._known: dict[str, str] = {}

    def of(self, id_: str) -> list[str]:
        """Give the keys of a place; none of them is a part of another one, as what is found by the part is found by the whole.

        Raises
        ------
        KeyError
            If there is no such place.
        """
        return self._lines_of(id_).split("\n")

    def find(self, id_: str, wanted: str) -> bool:
        """Tell whether a place is found by a folded text.

        Raises
        ------
        KeyError
            If there is no such place.
        """
        # No folded text has a line break.
        return wanted in self._lines_of(id_)

    def _lines_of(self, id_: str) -> str:
        known = self._known.get(id_)
        if known is None:
            known = self._known[id_] = "\n".join(self._find_keys(self._tables.places_by_id[id_]))
        return known

    def _find_keys(self, place: Place) -> list[str]:
        names, other_names = (place.name_zh, place.name_en), self._gazetteer.names_of(place.place_query)
        about = self._fold(place.sector, place.focus_zh, place.focus_en)
        keys = (
            *search_keys((*names, *other_names)),
            *self._fold(place.district, self._tables.districts.get(place.district)),
            *about,
            *words_of_industry("".join((*map(normalize_name, names), *about))),
        )
        # What is a part of another key is found with it: no key has a line break, so that one that occurs once is in no other.
        once = dict.fromkeys(keys)
        joined = "\n".join(once)
        return [key for key in once if joined.count(key) == 1]

    def _fold(self, *texts: str | None) -> list[str]:
        """Fold texts, each once, as places share them; what is missing is left out."""
        folded = self._folded
        return [folded.get(text) or folded.setdefault(text, normalize_name(text)) for text in texts if text]
