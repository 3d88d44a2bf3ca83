"""Misspelt names: those one slip of the pen away from a name of the gazetteer, a wrong, missing, added or swapped character."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA, Prefix

from geo.geocode.answers import Answer, Level, Method
from geo.geocode.gazetteer import Feature, Form, Gazetteer
from geo.geocode.offline.context import Context
from geo.geocode.offline.outcome import ambiguous, match_of
from geo.geocode.said import N_, Said
from geo.geocode.spellings import FormKind, is_road, stem_of
from geo.ground.names import fold_name, sound_of

# A misspelt name is taken for the right one from this score on, one slip in four characters, unless the two sound alike. Justified on the labelled
# list of bench/.
LEAST_SCORE = 75.0
_NEAR_SEVERAL = Said(N_("写法与几处都只差一字"))


class _Hashes(NamedTuple):
    """The hashes of names in buckets by their last bits. As texts they would fill gigabytes where there are a hundred thousand places.

    Attributes
    ----------
    names
        The names.
    mask
        The last bits.
    starts
        Where each bucket begins; one more at the end.
    hashes, numbers
        In the order of the buckets, the hashes, and which name each is of; within a bucket in the order of the names.
    """

    names: Sequence[str]
    mask: int
    starts: memoryview[int]
    hashes: memoryview[int]
    numbers: memoryview[int]


class Slips:
    """Answers misspelt names. Its indexes are built when they are first needed: few ask for those of pinyin, which are by far the largest.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._city = fold_name(gazetteer.profile.city.short_zh)
        self._longest = max(map(len, gazetteer.forms), default=0)
        self._indexes: dict[int, _Hashes] = {}

    @cached_property
    def _names(self) -> list[list[str]]:
        """Every name that may be meant, by how many of its characters are Chinese: none, one, or more."""
        names: list[list[str]] = [[], [], []]
        for name, forms in self._gazetteer.forms.items():
            # Stations differ from one another by a character.
            is_sure = any(form.kind not in (FormKind.SHORT, FormKind.BARE) for form in forms) and not name.endswith(("站", "station"))
            if is_sure and len(name) >= (7 if name.isascii() else 3):
                names[min(_count_chinese(name), 2)].append(name)
        return names

    def _hashes(self, script: int) -> _Hashes:
        """Every name of a script by itself and by itself less one character: two names that are one slip apart meet there."""
        index = self._indexes.get(script)
        if index is None:
            index = self._indexes[script] = _hash(self._names[script])
        return index

    def answer(self, text: str, key: str, context: Context, must_start: str = "") -> Answer | None:
        """Answer with the only name that is one slip away; ``None`` where there is none.

        Parameters
        ----------
        text, key
            What was asked, as it was written and folded.
        context
            Where it lies.
        must_start
            What the name begins with.
        """
        found = self._compare(text, key, context, must_start)
        if found is None and key.startswith(self._city) and not must_start:
            # The city in front says that it is ours, and no more.
            found = self._compare(text, key.removeprefix(self._city), context._replace(is_given=True), "")
        return found

    def _compare(self, text: str, key: str, context: Context, must_start: str) -> Answer | None:
        if len(key) > self._longest + 1 or key in self._gazetteer.elsewhere or is_road(key):
            # A road is no township, though 甲乙街 and 甲乙镇 are one character apart.
            return None
        near = self._near(key)
        if not near:
            return None
        met: list[tuple[float, Form, str]] = []
        for name in near:
            if name == key or not name.startswith(must_start) or OSA.distance(key, name, score_cutoff=1) > 1:
                continue
            score = 100.0 * (1 - 1 / max(len(key), len(name)))
            for form in self._gazetteer.forms[name]:
                if not context.is_given or context.holds(form.feature):
                    met.append((score, form, name))
        within = bool(context.features)
        scored: dict[Feature, tuple[float, Form, str]] = {}
        for score, form, name in met:
            if _is_slip(key, name, form, within=within, score=score) and (form.feature not in scored or scored[form.feature][0] < score):
                scored[form.feature] = (score, form, name)
        if not scored:
            return None
        nearest: dict[Feature, float] = {}
        for score, form, _ in met:
            nearest[form.feature] = max(nearest.get(form.feature, 0.0), score)
        ranked = sorted(scored.values(), key=lambda entry: -entry[0])
        if len(ranked) > 1:
            return ambiguous(text, [form for _, form, _ in ranked], _NEAR_SEVERAL)
        score, form, name = ranked[0]
        if any(feature is not form.feature and near_score >= score for feature, near_score in nearest.items()):
            return ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in nearest], _NEAR_SEVERAL)
        if not context.is_given and (form.namesakes or name in self._gazetteer.homonyms):
            return ambiguous(text, [form], Said(N_("全国另有同名")))
        return match_of(text, form, Method.FUZZY, score=round(score, 1), runner_up=self._runner_up(key, near, form.feature))

    def _near(self, key: str) -> Sequence[str]:
        """Find the names that meet a key when each of them loses one character at most, always in the same order."""
        met: dict[str, None] = {}
        wanted = _hashes_with_one_less(key)
        # A slip adds, takes or changes one Chinese character at most.
        count = _count_chinese(key)
        for script in range(min(max(count - 1, 0), 2), min(count + 1, 2) + 1):
            names, mask, starts, hashes, numbers = self._hashes(script)
            for one in wanted:
                bucket = one & mask
                at, end = starts[bucket], starts[bucket + 1]
                while at < end:
                    # Of 64 bits: no two texts are to be expected to share one.
                    if hashes[at] == one:
                        met[names[numbers[at]]] = None
                    at += 1
        return list(met)

    def _runner_up(self, key: str, near: Sequence[str], best: Feature) -> tuple[str, float] | None:
        """Find which other feature comes second among the names that are near, and its score."""
        others: dict[str, float] = {}
        for name in near:
            other = self._gazetteer.forms[name][0].feature.name
            if other != best.name:
                others[other] = max(others.get(other, 0.0), 100.0 * OSA.normalized_similarity(key, name))
        second = max(others, key=others.__getitem__, default=None)
        return None if second is None else (second, round(others[second], 1))


def _hash(names: Sequence[str]) -> _Hashes:
    counts = np.fromiter((len(name) + 1 for name in names), np.intp, len(names))
    hashes = np.fromiter(chain.from_iterable(map(_hashes_with_one_less, names)), np.int64, counts.sum())
    mask = (1 << len(hashes).bit_length()) - 1
    buckets = hashes & mask
    order = np.argsort(buckets, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(buckets, minlength=mask + 1))])
    numbers = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return _Hashes(names, mask, starts.astype(np.int32).data, hashes[order].data, numbers[order].data)


def _count_chinese(name: str) -> int:
    return len(name) - len(name.encode("ascii", "ignore"))


def _hashes_with_one_less(name: str) -> list[int]:
    """Give the hashes of a name by itself and less each of its characters, the first one first."""
    # As tuples of characters, from behind: no text is made only to be hashed, and what is left out first is the last of a combination.
    backwards = name[::-1]
    return [hash(tuple(backwards)), *map(hash, combinations(backwards, len(name) - 1))]


def _is_slip(key: str, name: str, form: Form, *, within: bool, score: float) -> bool:
    """Tell whether a difference of one is likely to be a slip.

    In a long name it is. In the short name of a division one character is half of what tells it from another: there the two must sound alike, or be
    swapped, or differ in the kind only, unless the context leaves no other.
    """
    if score < LEAST_SCORE and not within:
        return False
    if name.isascii():
        return score >= LEAST_SCORE
    if len(key) == len(name):
        at = Prefix.similarity(key, name)
        if key[at + 1 :] != name[at + 1 :] or sound_of(key[at]) == sound_of(name[at]):
            return len(name) >= 4 or within
    if score < LEAST_SCORE:
        return False
    if form.feature.level is Level.PLACE:
        return len(name) >= 5
    stem = stem_of(name)
    return within or len(stem) > 2 or (key.startswith(stem) and len(key) == len(name))
