"""What a number of a text may be given besides what was found: the times, the rates and the ranks that stand near it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from geo.draft.drafts import read_compact
from geo.draft.numbers import Role, find_numbers
from geo.draft.periods import find_times
from geo.tables.numbers import growth_of, to_half_width

# What a rank is among: 全市, else the division that is named behind the verb.
_WHOLE = re.compile(r"(全[国省市区县镇球]|世界)[^，。；,;]{0,6}$")
_NAMED = re.compile(r"(?:.*[居列位在占，。；、,;]|^)([\u4e00-\u9fff]{2,5}?[省市区县州])[^，。；,;]{0,6}$")
_BEFORE = 14


def find_choices(text: str, day: date) -> dict[str, list[dict[str, Any]]]:
    """Find what may be chosen for a figure instead of typing it.

    Parameters
    ----------
    text
        The text of a draft.
    day
        The date of the report.

    Returns
    -------
    dict
        ``periods``, ``growths`` and ``ranks``, each with its ``start`` and ``end`` in the text and what it says.
    """
    compact, offsets = read_compact(text)
    half = to_half_width(compact)
    choices: dict[str, list[dict[str, Any]]] = {"periods": [], "growths": [], "ranks": []}

    def add(part: str, start: int, end: int, **said: Any) -> None:
        choices[part].append({"start": offsets[start], "end": offsets[end - 1] + 1, **said})

    for time in find_times(half, day):
        if time.period:
            add("periods", time.start, time.end, period=time.period)
    for mention in find_numbers(half, []):
        if mention.role is Role.RANK:
            before = half[max(0, mention.start - _BEFORE) : mention.start]
            scope = _WHOLE.search(before) or _NAMED.search(before)
            add("ranks", mention.start, mention.end, rank=int(mention.number.low), rank_scope=scope and scope[1])
        elif mention.role is Role.RATE:
            growth = growth_of(half, mention.number)
            if growth is not None:
                high = mention.number.value_max
                add("growths", mention.start, mention.end, growth_pct=f"{growth:f}", growth_max=None if high is None else f"{high:f}")
    return choices
