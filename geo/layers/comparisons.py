"""Which figures may be compared: those of the same indicator, unit and period, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Comparison:
    """Figures of several places that say the same thing about the same time.

    Attributes
    ----------
    key
        ``{indicator}@{period}``, with nothing behind the @ where the source states no period: unique, and fit for an address.
    vocable, unit, period
        What is compared.
    measures
        By place id, in table order; at least one has an amount or a growth.
    """

    key: str
    vocable: Vocable
    unit: Unit | None
    period: Period | None
    measures: dict[str, Measure]

    @cached_property
    def largest(self) -> Decimal | None:
        """The largest amount."""
        return max((measure.amount for measure in self.measures.values() if measure.amount is not None), default=None)

    def share(self, place: str) -> float | None:
        """Return the amount of a place as a share of the largest, or ``None`` where it cannot be compared: alone, or at an unknown time."""
        measure = self.measures.get(place)
        largest = self.largest
        if (
            measure is None
            or measure.amount is None
            or not largest
            or len(self.measures) < 2
            or self.period is None
            or measure.amount < 0
            or largest < 0
        ):
            return None
        return float(measure.amount / largest)


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
        found.append(Comparison(key, order[indicator][1], unit, period, _measures(rows)))
    found.sort(key=lambda one: (-len(one.measures), order[one.vocable.indicator][0], one.key))
    return {one.key: one for one in found}


def _measures(rows: Sequence[Indicator]) -> dict[str, Measure]:
    measures: dict[str, Measure] = {}
    for row in rows:
        # Where several sources state the same figure, the first one in the table counts.
        measures.setdefault(row.subject_id, Measure(_amount(row), row.growth_pct, row))
    return measures


def _amount(row: Indicator) -> Decimal | None:
    if row.value is None or row.value_max is None:
        return row.value
    return (row.value + row.value_max) / 2
