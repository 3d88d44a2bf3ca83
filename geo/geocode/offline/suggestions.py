"""What may be meant by a name that nobody knows: the known names that share most of it."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from geo.geocode.answers import Candidate
from geo.geocode.gazetteer import Feature, Gazetteer

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
        """The positions of the names in which two characters stand side by side."""
        index: dict[str, list[int]] = {}
        for position, name in enumerate(self._names):
            for pair in _pairs(name):
                index.setdefault(pair, []).append(position)
        return index

    def of(self, key: str) -> tuple[Candidate, ...]:
        """Return what resembles a folded name most, the likeliest first; nothing where nothing does."""
        pairs = _pairs(key[:_MOST_READ])
        shared: Counter[int] = Counter()
        for pair in pairs:
            # A pair that half of the names have tells nothing.
            positions = self._by_pair.get(pair, ())
            if len(positions) < len(self._names) / 10:
                shared.update(positions)
        best: dict[Feature, float] = {}
        for position, count in shared.items():
            score = 2 * count / (len(pairs) + len(_pairs(self._names[position])))
            if score >= _LEAST_SHARED:
                feature = self._gazetteer.forms[self._names[position]][0].feature
                best[feature] = max(best.get(feature, 0.0), score)
        ranked = sorted(best, key=lambda feature: (-best[feature], feature.name))[:_MOST]
        return tuple(Candidate(feature.name, feature.district_or_city, feature.level, "写法相近") for feature in ranked)


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}
