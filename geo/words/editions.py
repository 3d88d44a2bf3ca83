"""What a later report says beside an earlier one, in words: what is new, what has changed, what was restated, and what cannot be compared."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from geo.geocode.said import N_
from geo.layers.editions import Change, Edition, Obstacle
from geo.tables.kinds import FigureStatus
from geo.tables.rows import Indicator
from geo.words.figures import FigureWording

CHANGES = {
    Change.NEW: N_("新增"),
    Change.CHANGED: N_("变动"),
    Change.RESTATED: N_("修订"),
    Change.NOT_COMPARABLE: N_("不可比"),
    Change.SAME: N_("相同"),
}
CHANGES_EXPLAINED = {
    Change.NEW: N_("此前没有来源说过。"),
    Change.CHANGED: N_("同一地点、同一指标，时期不同而可比。"),
    Change.RESTATED: N_("同一地点、同一指标、同一时期，说法不同：以新的为准，旧的仍在。"),
    Change.NOT_COMPARABLE: N_("同一地点、同一指标，但单位、时期、范围或状态不同。"),
    Change.SAME: N_("与此前所说一致，或在其约、超、至少所容之内。"),
}
OBSTACLES = {
    Obstacle.UNITS: N_("单位不同"),
    Obstacle.PERIODS: N_("时期不同"),
    Obstacle.UNDATED: N_("时期没有都写明"),
    Obstacle.SCOPES: N_("名次的范围不同"),
    Obstacle.STATUSES: N_("一为计划，一为实绩"),
}


class Side(NamedTuple):
    """A figure as one side of a comparison of two reports.

    Attributes
    ----------
    stated, period
        What it says, with its growth and rank, and of when.
    where, source, paragraph
        Where it is stated, in words and for the link to it.
    """

    stated: str
    period: str
    where: str
    source: str
    paragraph: int | None


class EditionWording(FigureWording):
    """Two reports beside each other, in one language."""

    def change(self, change: Change) -> str:
        """Name what a figure is beside an earlier one."""
        return self._(CHANGES[change])

    def change_explained(self, change: Change) -> str:
        """Say what that means."""
        return self._(CHANGES_EXPLAINED[change])

    def side(self, figure: Indicator) -> Side:
        """Write one of two figures that are compared."""
        parts = [self.stated(figure)]
        if figure.value is not None:
            parts.append(self.growth(figure))
        if figure.value is not None or figure.growth_pct is not None:
            parts.append(self.rank(figure))
        if figure.status is FigureStatus.PLANNED:
            parts.append(self._("计划"))
        where = self.where(self._tables.sources_by_id[figure.source], figure.paragraph)
        return Side(" · ".join(filter(None, parts)), self.period(figure.period), where, figure.source, figure.paragraph)

    def difference(self, edition: Edition) -> str:
        """Write by how much an amount differs, or why two figures cannot be compared; empty where there is neither."""
        if edition.obstacle is not None:
            return self._(OBSTACLES[edition.obstacle])
        if edition.difference is None:
            return ""
        return f"{edition.difference.quantize(Decimal('0.1')):+f}%"

    def edition(self, edition: Edition) -> str:
        """Say what a figure is beside an earlier one, in a line; empty where nothing can be earlier."""
        if edition.earlier is None:
            # In the oldest source everything is new, and nobody has to be told.
            return self.change(edition.change) if self._tables.ages_of_sources[edition.figure.source] else ""
        before = self.side(edition.earlier)
        words = {
            "change": self.change(edition.change),
            "difference": self.difference(edition),
            "title": self._tables.sources_by_id[edition.earlier.source].title,
            "stated": before.stated,
            "period": before.period,
        }
        if edition.change is Change.SAME:
            return self._("%(change)s：《%(title)s》%(stated)s（%(period)s）") % words
        if edition.change is Change.NOT_COMPARABLE:
            return self._("%(change)s（%(difference)s）：《%(title)s》%(stated)s（%(period)s）") % words
        if not words["difference"]:
            return self._("%(change)s：《%(title)s》原为 %(stated)s（%(period)s）") % words
        return self._("%(change)s %(difference)s：《%(title)s》原为 %(stated)s（%(period)s）") % words
