"""What a later report says of a figure that an earlier one has stated: whether it is new, has changed, was restated, or cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from geo.tables.cells import Period
from geo.tables.kinds import Qualifier
from geo.tables.reading import Tables
from geo.tables.rows import Indicator
from geo.tables.units import Unit, measures_the_same

# How far from what is stated an amount may be that is only bounded or about: 超 100 is borne out by 108 and contradicted by 140.
_OPEN, _ABOUT = Decimal("0.1"), Decimal("0.05")


class Change(StrEnum):
    """What a figure is beside what other reports had said before it."""

    NEW = "new"
    CHANGED = "changed"
    RESTATED = "restated"
    SAME = "same"
    NOT_COMPARABLE = "not_comparable"


class Obstacle(StrEnum):
    """Why two figures of one indicator and place cannot be compared."""

    UNITS = "units"
    PERIODS = "periods"
    UNDATED = "undated"
    SCOPES = "scopes"
    STATUSES = "statuses"


class Comparability(NamedTuple):
    """What a figure is beside an earlier one.

    Attributes
    ----------
    change
        Never new.
    obstacle
        Why they cannot be compared; else ``None``.
    difference
        Of the amounts, in percent of the earlier one; ``None`` where there are none, or one is a range or nothing.
    """

    change: Change
    obstacle: Obstacle | None = None
    difference: Decimal | None = None


class Edition(NamedTuple):
    """A figure beside the one that an earlier report states of the same place and indicator.

    Attributes
    ----------
    figure, change
        The later figure, and what it is.
    earlier
        The one it was compared with; ``None`` where there is none.
    obstacle, difference
        As :class:`Comparability` has them.
    """

    figure: Indicator
    change: Change
    earlier: Indicator | None = None
    obstacle: Obstacle | None = None
    difference: Decimal | None = None


def find_editions(tables: Tables, since: str | None = None) -> dict[Indicator, Edition]:
    """Say of figures what they are beside those of older sources.

    Parameters
    ----------
    tables
        With the figures.
    since
        A source that states figures: only those of younger sources are looked at, beside what had been stated until then. Without it every figure is,
        beside whatever is older than its own source.

    Returns
    -------
    dict
        By figure, in table order.
    """
    age = tables.ages_of_sources
    known: dict[tuple[str, str], list[Indicator]] = {}
    for row in sorted(tables.indicators, key=lambda row: age[row.source]):
        known.setdefault((row.subject_id, row.indicator), []).append(row)
    editions = {}
    for row in tables.indicators:
        if since is not None and age[row.source] <= age[since]:
            continue
        limit = age[row.source] if since is None else age[since] + 1
        editions[row] = _find_edition(row, [one for one in known[row.subject_id, row.indicator] if age[one.source] < limit])
    return editions


def latest_edition(figure: Indicator, tables: Tables) -> Indicator:
    """Find the figure that a later report has put in the place of one: of the same time, or of a later one that it can be compared with.

    Parameters
    ----------
    figure
        The figure.
    tables
        With all figures of its place, and how old their sources are.
    """
    age, latest = tables.ages_of_sources, figure
    for other in tables.figures_by_place[figure.subject_id]:
        if other.indicator != figure.indicator or age[other.source] <= age[latest.source] or _ends_before(other.period, latest.period):
            continue
        if compare_figures(other, latest).change is not Change.NOT_COMPARABLE:
            latest = other
    return latest


def _ends_before(period: Period | None, other: Period | None) -> bool:
    return bool(period and other and period.end and other.end and period.end < other.end)


def _find_edition(row: Indicator, earlier: Sequence[Indicator]) -> Edition:
    """Choose what a figure is compared with: what is of the same time or the nearest, and of several the youngest source."""
    compared = [(other, compare_figures(row, other)) for other in reversed(earlier)]
    if not compared:
        return Edition(row, Change.NEW)
    fit = [pair for pair in compared if pair[1].change is not Change.NOT_COMPARABLE]
    other, said = min(fit, key=lambda pair: _days_between(row, pair[0])) if fit else compared[0]
    return Edition(row, said.change, other, said.obstacle, said.difference)


def _days_between(row: Indicator, earlier: Indicator) -> int:
    """Say how far the end of an earlier figure is from that of a later one, in days; 0 where it is of the same time."""
    if not (row.period and row.period.end and earlier.period and earlier.period.end):
        return 0
    return abs((row.period.end - earlier.period.end).days)


def compare_figures(later: Indicator, earlier: Indicator) -> Comparability:
    """Say what a figure is beside an earlier one of the same place and indicator."""

    def hindered(obstacle: Obstacle) -> Comparability:
        return Comparability(Change.NOT_COMPARABLE, obstacle)

    if later.status is not earlier.status:
        return hindered(Obstacle.STATUSES)
    is_of_then = later.period == earlier.period
    if not is_of_then and not _are_alike(later.period, earlier.period):
        return hindered(Obstacle.PERIODS if later.period and earlier.period else Obstacle.UNDATED)
    factor = _factor(later.unit, earlier.unit)
    if factor is None or (later.value is None) != (earlier.value is None):
        return hindered(Obstacle.UNITS)
    if later.value is None and (later.growth_pct is None) != (earlier.growth_pct is None):
        return hindered(Obstacle.UNITS)
    if later.value is None and later.growth_pct is None and later.rank_scope_zh != earlier.rank_scope_zh:
        return hindered(Obstacle.SCOPES)
    if _says_the_same(later, earlier, factor):
        return Comparability(Change.SAME)
    if later.period is None:
        # Of two figures without a time nobody knows whether one corrects the other or is later.
        return hindered(Obstacle.UNDATED)
    return Comparability(Change.RESTATED if is_of_then else Change.CHANGED, None, _difference(later, earlier, factor))


def _are_alike(period: Period | None, other: Period | None) -> bool:
    """Tell whether two periods are of one length: two years, two months, two days, or the same quarter or the same months of two years."""
    if not (period and other and period.start and period.end and other.start and other.end):
        return False
    if "/" in period.text or "/" in other.text or "Q" in period.text or "Q" in other.text:
        spans = [(one.start.month, one.start.day, one.end.month, one.end.year - one.start.year) for one in (period, other) if one.start and one.end]
        return spans[0] == spans[1]
    return len(period.text) == len(other.text)


def _factor(unit: Unit | None, other: Unit | None) -> Decimal | None:
    """Say how many of another unit one of a unit is; ``None`` where they measure different things."""
    if unit is None or other is None:
        return Decimal(1) if unit is other else None
    same = measures_the_same(unit.base or "个", other.base or "个")
    return None if same is None else same * unit.magnitude / other.magnitude


def _says_the_same(later: Indicator, earlier: Indicator, factor: Decimal) -> bool:
    """Tell whether what one figure says leaves room for what the other says."""
    if later.value is None or earlier.value is None:
        said = [(one.growth_pct, one.growth_max, one.rank if one.growth_pct is None else None) for one in (later, earlier)]
        return said[0] == said[1]
    first, second = _room(later, factor), _room(earlier, Decimal(1))
    return first[0] <= second[1] and second[0] <= first[1]


def _room(figure: Indicator, factor: Decimal) -> tuple[Decimal, Decimal]:
    """Give the least and the most that a stated amount may be, multiplied by a factor."""
    low = figure.value or Decimal(0)
    high = low if figure.value_max is None else figure.value_max
    below = {Qualifier.ABOUT: _ABOUT, Qualifier.UNDER: _OPEN}.get(figure.qualifier, Decimal(0))
    above = {Qualifier.ABOUT: _ABOUT, Qualifier.OVER: _OPEN, Qualifier.AT_LEAST: _OPEN}.get(figure.qualifier, Decimal(0))
    return (low - abs(low) * below) * factor, (high + abs(high) * above) * factor


def _difference(later: Indicator, earlier: Indicator, factor: Decimal) -> Decimal | None:
    if later.value is None or not earlier.value or later.value_max is not None or earlier.value_max is not None or earlier.value < 0:
        return None
    return (later.value * factor - earlier.value) / earlier.value * 100
