"""Many spans of a text, asked for by where they lie: a text of 200 pages has ten thousand of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Spans(Generic[T]):
    """Spans with a value each, in the order of their starts."""

    def __init__(self, spans: Iterable[tuple[int, int, T]]) -> None:
        self._spans = sorted(spans, key=lambda span: (span[0], -span[1]))
        self._starts = [start for start, _, _ in self._spans]
        # How far any span up to this one reaches: beyond it nothing before can.
        self._reaches = list(accumulate((end for _, end, _ in self._spans), max))

    def starting_within(self, start: int, end: int) -> list[tuple[int, int, T]]:
        """Give those that start within a part of the text, its end excluded, in order."""
        return self._spans[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def overlapping(self, start: int, end: int) -> Iterator[tuple[int, int, T]]:
        """Give those that share a character with a part of the text, the last first."""
        position = bisect_left(self._starts, end) - 1
        while position >= 0 and self._reaches[position] > start:
            if self._spans[position][1] > start:
                yield self._spans[position]
            position -= 1

    def cover(self, start: int, end: int) -> bool:
        """Say whether one of them has the whole of a part of the text."""
        position = bisect_right(self._starts, start) - 1
        while position >= 0 and self._reaches[position] >= end:
            if self._spans[position][1] >= end:
                return True
            position -= 1
        return False
