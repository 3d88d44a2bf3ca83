"""What a draft is made of: its figures, and what holds on from one sentence to the next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from geo.draft.names import Named
from geo.draft.numbers import Mention
from geo.draft.periods import Time
from geo.draft.subjects import Candidate
from geo.tables.kinds import FigureStatus, NumberReason, Qualifier
from geo.tables.spans import Spans


@dataclass
class Figure:
    """A figure as it is drafted.

    Attributes
    ----------
    subjects
        Whose it is: the first choice, or several where one amount is said of each.
    candidates
        Everything it could belong to, the likeliest first.
    label
        What it counts or measures, in the words of the text.
    value, value_max, unit
        As printed; ``None`` where only a rank is stated.
    period, status, growth, growth_max, rank, rank_scope, qualifier
        As the tables have them.
    start, end
        Code-point offsets of the number, its growth and its rank.
    spans
        Where each part is stated.
    reasons
        Why it was linked so.
    doubts
        Why its time may be another one.
    """

    subjects: list[Named]
    candidates: list[Candidate]
    label: str
    value: Decimal | None
    value_max: Decimal | None
    unit: str | None
    period: str | None
    status: FigureStatus
    qualifier: Qualifier
    start: int
    end: int
    growth: Decimal | None = None
    growth_max: Decimal | None = None
    rank: int | None = None
    rank_scope: str | None = None
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    is_points: bool = False
    is_count: bool = False
    is_base: bool = False


@dataclass
class Linked:
    """The figures of a text, and the numbers that are none with the reason why."""

    figures: list[Figure]
    others: list[tuple[int, int, NumberReason]]


@dataclass(frozen=True)
class Decision:
    """What a person has said of the figure of a number; what follows is linked as if the text said so.

    Attributes
    ----------
    subjects
        The names of the places that it is said of.
    period
        As the tables have it.
    is_planned
        Whether it is intended.
    label
        What it counts or measures; what names no indicator of its own inherits it.
    growth, rank
        The spans that state them, which are of no other figure; ``None`` where it has none.
    """

    subjects: tuple[str, ...]
    period: str | None
    is_planned: bool
    label: str
    growth: tuple[int, int] | None
    rank: tuple[int, int] | None


@dataclass(frozen=True)
class Marks:
    """Everything that was found in a text, by where it lies: numbers that may be figures, times, mentions of places; and the places.

    ``decided`` has what a person has said, by where the number of the figure begins; ``claimed`` the growths and the ranks that are said to be of
    one, with where its number begins.
    """

    numbers: Spans[Mention]
    times: Spans[Time]
    places: Spans[Named]
    named: Sequence[Named]
    decided: Mapping[int, Decision] = field(default_factory=dict)
    claimed: Spans[int] = field(default_factory=lambda: Spans(()))


@dataclass
class Scope:
    """What holds on from sentence to sentence."""

    plan_section: bool = False
    heading_period: str | None = None
    heading_is_future: bool = False
    heading_is_over: bool = False
    plan_years: str = ""
    period: str | None = None
    period_is_over: bool = False
    plan: bool = False
    plan_period: str | None = None
    span: str | None = None
    is_signed: bool = False
    is_tender: bool = False
    bullet: str = ""

    @property
    def heading_year(self) -> str:
        """The year of the heading; empty where it gives none, or several."""
        years = set(re.findall(r"\d{4}", self.heading_period or ""))
        return years.pop() if len(years) == 1 else ""

    @property
    def is_over(self) -> bool:
        """Whether what is told has come true already, as far as headings and sentences before say."""
        return not self.plan_section and (self.heading_is_over if self.period is None else self.period_is_over)
