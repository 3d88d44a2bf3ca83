"""Divisions that are written as they sound, or with one character in the place of another that looks like it.

A division at the head of an address is known by its place and its kind: 甲乙市, then 丙丁区, then 戊己街道. What stands there and is no known name is
compared with the names of its kind. There are so few that two slips in one address, or a homophone in half of a short name, leave no doubt.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import NamedTuple

from geo.geocode.answers import Level
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline.mentions import Reading
from geo.geocode.spellings import stem_of
from geo.ground.names import fold_name, pinyin_of, sound_of

# What may be a division: a name of a few characters and its kind.
CHUNK = re.compile("([^0-9a-z]{1,5}?)(省|市|区|县|街道|镇|乡)")
# How many divisions may follow one another, the province included.
_MOST_CHUNKS = 4
# A name of a township of two characters shares one of them with too many others.
_LEAST_STEM = 3


class Mended(NamedTuple):
    """A folded address with its divisions as they are written, and how well those agree with what was asked, 0 to 100."""

    key: str
    score: float


class Sounds:
    """Mends the divisions at the head of an address.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    @cached_property
    def _province(self) -> str:
        return fold_name(self._gazetteer.profile.province.zh)

    @cached_property
    def _names(self) -> dict[str, Level | None]:
        """The full names of the divisions, and those that are gone, with their levels; the province has none."""
        names: dict[str, Level | None] = {self._province: None}
        for feature in self._gazetteer.by_code.values():
            for name in self._gazetteer.names[feature]:
                if CHUNK.fullmatch(name) and not name.isascii():
                    names[name] = feature.level
        for name in self._gazetteer.former:
            if CHUNK.fullmatch(name) and not name.isascii():
                names.setdefault(name, Level.DISTRICT)
        return names

    @cached_property
    def _by_sound(self) -> dict[str, list[str]]:
        by_sound: dict[str, list[str]] = {}
        for name in self._names:
            by_sound.setdefault(_sound(name), []).append(name)
        return by_sound

    def mend(self, key: str, reading: Reading) -> Mended | None:
        """Write the divisions at the head of a folded address as they are known; ``None`` where there is nothing to mend, or it is not certain.

        Parameters
        ----------
        key
            The folded address.
        reading
            What was read in it as it stands.
        """
        if reading.conflict or reading.elsewhere or (reading.mentions and reading.head and not CHUNK.match(reading.rest)):
            return None
        written: list[str] = []
        at = wrong = 0
        for _ in range(_MOST_CHUNKS):
            found = CHUNK.match(key, at)
            if found is None:
                break
            known = self._known_at(key, at)
            name = known or self._meant(found[0], written)
            if name is None:
                break
            wrong += sum(one != other for one, other in zip(found[0], name, strict=True)) if known is None else 0
            written.append(name)
            at += len(name)
        if not wrong:
            return None
        mended = "".join(written) + key[at:]
        return Mended(mended, round(100 * (1 - wrong / at), 1))

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """The lengths of the names of divisions that begin with the same character, here and elsewhere, longest first."""
        lengths: dict[str, set[int]] = {}
        for name in (*self._names, *self._gazetteer.elsewhere):
            if len(name) > 1:
                lengths.setdefault(name[0], set()).add(len(name))
        return {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def _known_at(self, key: str, at: int) -> str | None:
        """Find the longest name of a division that stands here as it should, full or the short one of a city or a district."""
        for length in self._lengths.get(key[at], ()):
            name = key[at : at + length]
            if name in self._names or name in self._gazetteer.elsewhere:
                return name
        return None

    def _meant(self, chunk: str, before: list[str]) -> str | None:
        """Choose the only division that is meant by what stands in its place."""
        if len(chunk) < 3 or chunk in self._gazetteer.types or chunk in self._gazetteer.forms:
            return None
        same = [name for name in self._by_sound.get(_sound(chunk), ()) if len(name) == len(chunk)]
        near = same or (self._alike(chunk, is_within=bool(before)) if before or len(chunk) == len(self._province) else [])
        if not near:
            return None
        # A name of today before one that is gone, and one within what is named before it.
        for one in (near, [name for name in near if name in self._gazetteer.forms], [name for name in near if self._lies_in(name, before)]):
            if len(one) == 1:
                return one[0]
        return None

    @cached_property
    def _by_shape(self) -> dict[str, list[str]]:
        """The names by themselves with one character of their stem left open."""
        by_shape: dict[str, list[str]] = {}
        for name, level in self._names.items():
            stem = stem_of(name)
            if level is not Level.TOWNSHIP or len(stem) >= _LEAST_STEM:
                for at in range(len(stem)):
                    by_shape.setdefault(f"{name[:at]}?{name[at + 1 :]}", []).append(name)
        return by_shape

    def _alike(self, chunk: str, *, is_within: bool) -> list[str]:
        """Find the names that differ in one character or in the order of two, not in the kind; of a district only where the city stands before it."""
        shapes = (f"{chunk[:at]}?{chunk[at + 1 :]}" for at in range(len(chunk)))
        swapped = (f"{chunk[:at]}{chunk[at + 1]}{chunk[at]}{chunk[at + 2 :]}" for at in range(len(chunk) - 2))
        near = [*(name for shape in shapes for name in self._by_shape.get(shape, ())), *(name for name in swapped if name in self._names)]
        return [name for name in dict.fromkeys(near) if is_within or self._names[name] is None]

    def _lies_in(self, name: str, before: list[str]) -> bool:
        districts = {form.feature.name for one in before for form in self._gazetteer.forms.get(one, ()) if form.feature.level is Level.DISTRICT}
        return any(form.feature.district in districts for form in self._gazetteer.forms.get(name, ()))


def _sound(name: str) -> str:
    """Write a name as it sounds, character by character, without what many confuse: the n and ng at the end of a syllable."""
    return " ".join(map(_sound_without_g, name)) if not name.isascii() else pinyin_of(name)


@cache
def _sound_without_g(character: str) -> str:
    syllable = sound_of(character)
    return syllable[:-1] if syllable.endswith(("ing", "eng", "ang")) and syllable[:-1] else syllable
