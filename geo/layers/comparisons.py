"""Which figures may be compared: those of the same indicator, unit and period, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from geo.tables.cells import Period
from geo.tables.kinds import FigureStatus
from geo.tables.reading import Tables
from geo.tables.rows import Indicator, Vocable
from geo.tables.units import Unit


class Measure(NamedTuple):
    """What a symbol shows of a figure.

    Attributes
    ----------
    amount
        In the unit of the comparison, the middle of a range; ``None`` where only a growth is stated.
    growth_pct
        Percent; ``None`` where none is stated.
    figure
        The figure itself.
    """

    amount: Decimal | None
    growth_pct: Decimal | None
    figure: Indicator

    @property
    def ends(self) -> tuple[Decimal, Decimal] | None:
        """The lower and the upper end of what is stated, the same where it is no range; ``None`` where there is no amount."""
        if self.figure.value is None:
            return None
        return self.figure.value, self.figure.value if self.figure.value_max is None else self.figure.value_max


@dataclass(frozen=True)
class Comparison:
    """Figures of several places that say the same thing about the same time.

    Attributes
    ----------
    key
        ``{indicator}@{period}``, with nothing behind the @ where the source states no period: unique, and fit for an address.
    vocable, unit, period, status
        What is compared.
    measures
        By place id, in table order; at least one has an amount or a growth.
    periods
        Where the indicator is stated of several times in this unit and with this status, the keys of all of them, its own too, from the oldest time
        on; else empty.
    """

    key: str
    vocable: Vocable
    unit: Unit | None
    period: Period | None
    status: FigureStatus
    measures: dict[str, Measure]
    periods: tuple[str, ...] = ()

    @cached_property
    def largest(self) -> Decimal | None:
        """The largest amount; of a range its upper end."""
        return max((measure.ends[1] for measure in self.measures.values() if measure.ends), default=None)

    @cached_property
    def _has_amounts(self) -> bool:
        """Whether two places at least state an amount."""
        return sum(1 for measure in self.measures.values() if measure.amount is not None) > 1

    @cached_property
    def is_comparable(self) -> bool:
        """Whether places can be compared by it: two of them at least state an amount, or a growth, of the same known time."""
        growths = sum(1 for measure in self.measures.values() if measure.growth_pct is not None)
        return self.period is not None and (self._has_amounts or growths > 1)

    @cached_property
    def order(self) -> list[str]:
        """The places from the largest to the smallest: by amount, those with a growth alone behind, by growth; else in table order."""

        def key(place: str) -> tuple[bool, Decimal]:
            measure = self.measures[place]
            return measure.amount is None, -(measure.growth_pct or Decimal(0) if measure.amount is None else measure.amount)

        return sorted(self.measures, key=key)

    def share(self, place: str) -> tuple[float, float] | None:
        """Return both ends of an amount as shares of the largest, or ``None`` where it cannot be compared: alone, or at an unknown time."""
        measure = self.measures.get(place)
        largest = self.largest
        if measure is None or measure.ends is None or not largest or largest < 0 or measure.ends[0] < 0:
            return None
        if self.period is None or not self._has_amounts:
            return None
        low, high = measure.ends
        return float(low / largest), float(high / largest)


def find_comparisons(tables: Tables) -> dict[str, Comparison]:
    """Group the figures into comparisons, by key; those of most places first, then in the order of the vocabulary.

    A figure that only ranks its place is left out: a rank has no size. What is planned is not compared with what has come true, nor one unit with
    another; where an indicator has several such variants in a period, each key names its unit and status as well.
    """
    groups: dict[tuple[str, Period | None, Unit | None, FigureStatus], list[Indicator]] = {}
    for row in tables.indicators:
        if row.value is not None or row.growth_pct is not None:
            groups.setdefault((row.indicator, row.period, row.unit, row.status), []).append(row)
    order = {vocable.indicator: (position, vocable) for position, vocable in enumerate(tables.vocabulary)}
    variants = Counter((indicator, period) for indicator, period, _, _ in groups)
    found = []
    for (indicator, period, unit, status), rows in groups.items():
        key = f"{indicator}@{period.text if period else ''}"
        if variants[indicator, period] > 1:
            key += f"@{unit.zh if unit else ''}@{status.value}"
        found.append(Comparison(key, order[indicator][1], unit, period, status, _measures(rows, tables.ages_of_sources)))
    found.sort(key=lambda one: (-len(one.measures), order[one.vocable.indicator][0], one.key))
    periods = _find_periods(found)
    return {one.key: replace(one, periods=periods[one.key]) if one.key in periods else one for one in found}


def key_at(indicator: str, period: str) -> str:
    """Give the key that an address asks for.

    Parameters
    ----------
    indicator
        A key; or, with a period, an indicator as the vocabulary names it.
    period
        As the tables write it, in the place of the key's own; empty where the key says it.
    """
    return f"{indicator.partition('@')[0]}@{period}" if period else indicator


def _find_periods(comparisons: Sequence[Comparison]) -> dict[str, tuple[str, ...]]:
    """Find the comparisons that are one series, by the key of each: of one indicator, unit and status, at several known times."""
    series: dict[tuple[str, Unit | None, FigureStatus], list[Comparison]] = {}
    for one in comparisons:
        if one.period is not None:
            series.setdefault((one.vocable.indicator, one.unit, one.status), []).append(one)
    found = {}
    for several in series.values():
        keys = tuple(one.key for one in sorted(several, key=_time))
        if len(keys) > 1:
            found.update(dict.fromkeys(keys, keys))
    return found


def _time(comparison: Comparison) -> tuple[date, date, str]:
    """Give what comparisons are ordered by in time: the end of their period, what is open being last, and its beginning."""
    period = comparison.period
    if period is None:
        return date.max, date.max, ""
    return period.end or date.max, period.start or date.min, period.text


def _measures(rows: Sequence[Indicator], ages: Mapping[str, int]) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    for row in rows:
        # Where several sources state the same figure, the youngest counts, as it may have mended it; of one source the first in the table.
        known = measures.get(row.subject_id)
        if known is None or ages[row.source] > ages[known.figure.source]:
            measures[row.subject_id] = Measure(_amount(row), row.growth_pct, row)
    return measures


def _amount(row: Indicator) -> Decimal | None:
    if row.value is None or row.value_max is None:
        return row.value
    return (row.value + row.value_max) / 2
