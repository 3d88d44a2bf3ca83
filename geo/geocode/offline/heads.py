"""The heads of addresses: what decides the answer, before the road and the numbers that are left over whatever they are.

Addresses on the same head share their answer but for its last words, so that a list of addresses is read once for each head.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from geo.geocode.answers import Level
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline.mentions import LIKE_ADDRESS, SHORT_ROAD, VILLAGE, AddressReader
from geo.geocode.offline.sounds import CHUNK

_DIGIT = re.compile("[0-9]")
# A division with a slip in it, a village, or a road that is too short to stand alone has a part in the answer.
_MORE_DIVISIONS = re.compile(f"{CHUNK.pattern}|{VILLAGE.pattern}|{SHORT_ROAD.pattern}")
# What the numbers of houses, buildings, floors and rooms are made of, and how those begin that have two digits at least.
_OF_NUMBERS = "0123456789号幢栋座楼层室"
_NUMBERS = re.compile("[0-9](?:[0-9]+号|号[0-9])")
_LIKE_ADDRESS_WITH_NUMBERS = re.compile(f"(?=.*(?:{LIKE_ADDRESS.pattern}))[^0-9]*[0-9][^0-9]*[0-9]")


class Heads:
    """Finds where the heads of addresses end. Its indexes are built when they are first needed.

    Parameters
    ----------
    gazetteer
        The known names.
    reader
        Finds the names in an address.
    """

    def __init__(self, gazetteer: Gazetteer, reader: AddressReader) -> None:
        self._gazetteer, self._reader = gazetteer, reader

    def end_of(self, key: str) -> int:
        """Find where the last name of a folded address ends, if what follows has no part in the answer but to be left over; 0 otherwise.

        It has none where it has two digits and a road or a house, and neither does a name reach into it nor a division begin it by its short name: no
        name has a digit, so that it is no name as a whole nor one slip away from one; a place by its short name would have to end it;
        it looks like an address to every name before it; and no village or misspelt division begins it. What is left to tell is whether it begins
        with what continues a name (:data:`geo.geocode.offline.mentions.CONTINUED`), and whether the head is nothing but the province, behind which
        it may begin with a place elsewhere.
        """
        found = [] if self._has_numbers else self._reader.names.find_matches_as_indexes(key)
        if not found:
            return 0
        end: int = found[-1][2]
        if not _LIKE_ADDRESS_WITH_NUMBERS.match(key, end) or _MORE_DIVISIONS.match(key, end):
            return 0
        if key[end - 1 : end + 1] in self._across and self._reaches_across(key, found[0][1], end):
            return 0
        for name in self._divisions.get(key[end : end + 2], ()):
            # Behind a township that is not the beginning of a road's name the road is read on.
            if key.startswith(name, end) and not (name in self._townships and SHORT_ROAD.match(key, end + len(name))):
                return 0
        return end

    def end_of_words(self, key: str) -> int:
        """Find where the words of a folded address end before its numbers, where nothing but numbers follows; 0 otherwise.

        Which numbers those are has no part in the answer but to be left over: no name has a digit, and none is one slip away from a text with two.
        """
        end = len(key.rstrip(_OF_NUMBERS))
        return end if _NUMBERS.match(key, end) and not self._has_numbers else 0

    def _reaches_across(self, key: str, first: int, end: int) -> bool:
        """Tell whether a name may reach from the head of an address, whose first name begins at ``first``, into what follows."""
        for name, at in self._across.get(key[end - 1 : end + 1], ()):
            # A place elsewhere counts by its short name only where the address begins: not where another name stands there.
            if at <= end and key.startswith(name, end - at) and not (name in self._only_elsewhere and first == self._reader.start_of(key)[0]):
                return True
        return False

    @cached_property
    def _has_numbers(self) -> bool:
        return any(map(_DIGIT.search, self._names_in_addresses()))

    @cached_property
    def _divisions(self) -> dict[str, list[str]]:
        """The short names of divisions by their first two characters."""
        divisions: dict[str, list[str]] = {}
        for name, forms in self._reader.short.items():
            if any(form.feature.level is not Level.PLACE for form in forms):
                divisions.setdefault(name[:2], []).append(name)
        return divisions

    @cached_property
    def _townships(self) -> set[str]:
        """The short names that are those of townships only."""
        short = self._reader.short
        return {name for names in self._divisions.values() for name in names if all(form.feature.level is Level.TOWNSHIP for form in short[name])}

    @cached_property
    def _across(self) -> dict[str, list[tuple[str, int]]]:
        """The names in which two characters follow one another, with where in each the second one stands."""
        across: dict[str, list[tuple[str, int]]] = {}
        for name in self._names_in_addresses():
            for at in range(1, len(name)):
                across.setdefault(name[at - 1 : at + 1], []).append((name, at))
        return across

    @cached_property
    def _only_elsewhere(self) -> set[str]:
        """The names that are nothing but the short name of a place elsewhere."""
        gazetteer = self._gazetteer
        others = (gazetteer.forms, gazetteer.former, gazetteer.elsewhere, gazetteer.types, self._reader.above)
        return set(gazetteer.elsewhere_short).difference(*others)

    def _names_in_addresses(self) -> Iterator[str]:
        """Yield every name that is looked for within a key that is not English."""
        gazetteer = self._gazetteer
        for names in (gazetteer.forms, gazetteer.former, gazetteer.elsewhere, gazetteer.elsewhere_short, gazetteer.types, self._reader.above):
            yield from (name for name in names if not name.isascii())
