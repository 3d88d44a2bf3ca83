"""What may be meant by a name that nobody knows: the known names that share most of it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import chain

from geo.geocode.answers import Candidate
from geo.geocode.gazetteer import Feature, Gazetteer
from geo.geocode.said import N_, Said

_ALIKE = Said(N_("写法相近"))
_MOST = 3
# What a suggestion shares with the name at least, of the pairs of characters that stand side by side in both: less is chance.
_LEAST_SHARED = 0.3
# No name is longer; of a longer text only the beginning is compared.
_MOST_READ = 40


class Suggestions:
    """Finds names that resemble one. Its index is built when it is first needed.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    @cached_property
    def _names(self) -> list[str]:
        return [name for name in self._gazetteer.forms if len(name) > 1]

    @cached_property
    def _by_pair(self) -> dict[str, list[int]]:
        """The positions of the names in which two characters stand side by side, without the pairs that so many names have that they tell nothing."""
        index: dict[str, list[int]] = {}
        for position, name in enumerate(self._names):
            for pair in _pairs(name):
                index.setdefault(pair, []).append(position)
        return {pair: positions for pair, positions in index.items() if len(positions) <= len(self._names) / 150}

    @cached_property
    def _features(self) -> list[Feature]:
        return [self._gazetteer.forms[name][0].feature for name in self._names]

    @cached_property
    def _sizes(self) -> list[int]:
        return [len(_pairs(name)) for name in self._names]

    def of(self, key: str) -> tuple[Candidate, ...]:
        """Return what resembles a folded name most, the likeliest first; nothing where nothing does."""
        pairs = _pairs(key[:_MOST_READ])
        by_pair = self._by_pair
        shared = Counter(chain.from_iterable([by_pair[pair] for pair in pairs if pair in by_pair]))
        if not shared:
            return ()
        best: dict[Feature, float] = {}
        size, sizes, forms = len(pairs), self._sizes, self._features
        for position, count in shared.items():
            score = 2 * count / (size + sizes[position])
            if score >= _LEAST_SHARED:
                feature = forms[position]
                if score > best.get(feature, 0.0):
                    best[feature] = score
        ranked = sorted(best.items(), key=_likeliest_first)[:_MOST] if len(best) > 1 else best.items()
        return tuple(Candidate(feature.name, feature.district_or_city, feature.level, _ALIKE) for feature, _ in ranked)


def _likeliest_first(one: tuple[Feature, float]) -> tuple[float, str]:
    return -one[1], one[0].name


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}
