"""The places on a map: which symbol each has, how it looks, and which ties are drawn; the same on the page, in its first paint and in a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import shapely

from geo.geocode.answers import Answer, Match
from geo.ground.palette import (
    AREAS,
    FLOATING,
    FULL_GROWTH,
    GROWTH_HUES,
    LABEL_LEVELS,
    LARGEST,
    LEAST,
    OPACITIES,
    RADII,
    SPAN_OPACITY,
    UNSIZED,
    WEAKEST_GROWTH,
    WITHOUT,
    mix,
)
from geo.layers.comparisons import Comparison
from geo.tables.kinds import NO_CORRIDOR, Basis, Kind, Relation
from geo.tables.rows import Place, Tie

# For each corridor the lines between places: two ``(lon, lat)``, WGS-84.
Ties: TypeAlias = dict[str, list[tuple[tuple[float, float], tuple[float, float]]]]


class Growth(NamedTuple):
    """The colour of a growth.

    Attributes
    ----------
    hue
        A key of ``GROWTH_HUES``.
    share
        How much of it is mixed with the ground, in percent.
    """

    hue: str
    share: int

    @property
    def colour(self) -> str:
        """The mixture in the light theme."""
        return mix(GROWTH_HUES[self.hue], self.share)


class Look(NamedTuple):
    """How a symbol is drawn.

    Attributes
    ----------
    shape
        ``circle`` or ``diamond``.
    radius
        In pixels; of a diamond, half of its side.
    form
        A key of ``STROKES``: ``filled``, ``hollow``, ``measured`` with an amount of the comparison, ``unsized`` with a figure that has none,
        ``without`` a figure.
    growth
        What fills it in the place of the hue of its corridor, which its edge has then.
    core
        Of a range the radius of its lower end, within which it is as opaque as its form says; ``None`` where it is no range.
    """

    shape: str
    radius: float
    form: str
    growth: Growth | None = None
    core: float | None = None

    @property
    def is_edged(self) -> bool:
        """Whether its edge has the hue of its corridor: where its face has another colour, or is only tinted up to there."""
        return self.growth is not None or self.core is not None

    @property
    def opacity(self) -> float:
        """How opaque it is, outside of its core where it has one."""
        return OPACITIES[self.form] * (1 if self.core is None else SPAN_OPACITY)

    @property
    def is_hollow(self) -> bool:
        """Whether it is drawn as a ring: where its place is is not known, or how much it has."""
        return self.form in ("hollow", "without")

    @property
    def extent(self) -> float:
        """How far any part of it is from its middle, in pixels."""
        return self.radius * math.sqrt(2) if self.shape == "diamond" else self.radius


@dataclass(frozen=True)
class Mark:
    """A place on a map.

    Attributes
    ----------
    id, host
        The place, and the host of a guest.
    symbol
        A key of ``RADII``.
    corridor
        Whose hue it has.
    lon, lat
        Degrees, WGS-84.
    label
        Its name in the reader's language.
    look
        How its symbol is drawn.
    uncertainty_m
        Where it is what the picture is about: the radius in metres within which it lies, drawn as a disc around its point.
    reach_m
        The radius in metres within which it is stated to lie: the farthest that its symbol may stand from its point.
    district
        In which it lies; what is an area has the outline of its district.
    value
        What is written with its name: its figure in the comparison.
    guests
        Of a ring that stands for guests that cannot be set out around their host: who they are.
    """

    id: str
    host: str | None
    symbol: str
    corridor: str
    lon: float
    lat: float
    label: str
    look: Look
    uncertainty_m: float | None = None
    reach_m: float = 0.0
    district: str = ""
    value: str = ""
    guests: tuple[str, ...] = ()

    @property
    def size(self) -> float:
        """Its radius in pixels."""
        return self.look.radius

    @property
    def extent(self) -> float:
        """How far any part of it is from its middle, in pixels."""
        return self.look.extent

    @property
    def level(self) -> int:
        """The level of its name: what has a value is what the map is about."""
        return 0 if self.value else LABEL_LEVELS[self.symbol]

    @property
    def is_guest(self) -> bool:
        """Whether it goes around its host: only what has a value is compared on its very point."""
        return self.symbol == "guest" and self.look.is_hollow and not self.guests

    @property
    def hue(self) -> str:
        """The key of its hue."""
        return NO_CORRIDOR if self.look.form == "without" else self.corridor

    def colour(self, hues: Mapping[str, str]) -> str:
        """Give what it is filled with, or drawn with where it is hollow, in the light theme.

        Parameters
        ----------
        hues
            The colours of the corridors by their ids, and that of none.
        """
        return self.look.growth.colour if self.look.growth else hues[self.hue]


# What each kind of place is drawn as; the others are sites.
_SYMBOLS = {Kind.PLATFORM: "platform", Kind.COOPERATION_ZONE: "zone", Kind.CITY: "city", Kind.DISTRICT: "district"}


def map_symbol(place: Place, answer: Answer) -> str:
    """Choose the symbol of a place: what it is, and whether only its host is known."""
    if isinstance(answer, Match) and answer.basis is Basis.PARENT:
        return "guest"
    return _SYMBOLS.get(place.kind, "site")


def find_area(symbol: str, district: str, districts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Find the outline of what is an area and no point, as the positions of its districts among those of the outline.

    Parameters
    ----------
    symbol, district
        Of a place: none that is a point has an outline.
    districts
        GeoJSON features with ``name_zh`` among their properties.
    """
    if symbol == "city":
        return list(range(len(districts)))
    if symbol == "district":
        return [number for number, feature in enumerate(districts) if feature["properties"]["name_zh"] == district]
    return []


@cache
def plain_look(symbol: str) -> Look:
    """Give the look of a symbol where nothing is compared."""
    return Look("diamond" if symbol in AREAS else "circle", RADII[symbol], "hollow" if symbol in FLOATING else "filled")


@cache
def look_without(symbol: str) -> Look:
    """Give the look of a symbol whose place has no figure in the comparison."""
    return Look(plain_look(symbol).shape, WITHOUT, "without")


def measured_look(comparison: Comparison, place: str) -> Look:
    """Give the look of a place that has a figure: areas are compared as circles, whatever its symbol is otherwise.

    Parameters
    ----------
    comparison
        The figures that are compared; a figure without an amount, such as a growth alone, has a fixed size.
    place
        Its id.
    """
    measure, largest = comparison.measures[place], comparison.largest
    growth = None if measure.growth_pct is None else growth_colour(float(measure.growth_pct))
    if measure.amount is None or largest is None or largest <= 0:
        return unsized_look(growth)
    low, high = measure.ends or (measure.amount, measure.amount)
    return Look("circle", amount_radius(high, largest), "measured", growth, None if low == high else amount_radius(low, largest))


def unsized_look(growth: Growth | None = None) -> Look:
    """Give the look of a place whose figure has no amount."""
    return Look("circle", UNSIZED, "unsized", growth)


def amount_radius(amount: Decimal, largest: Decimal) -> float:
    """Give the radius of an amount in pixels: areas are compared, down to the least that is seen.

    Parameters
    ----------
    amount
        In the unit of the comparison.
    largest
        The largest amount of the comparison, above zero.
    """
    return max(LEAST, LARGEST * math.sqrt(max(0.0, float(amount / largest))))


def growth_colour(percent: float) -> Growth:
    """Give the colour of a growth: it diverges at zero, where nothing of a hue is left."""
    if percent == 0:
        return Growth("up", 0)
    share = WEAKEST_GROWTH + min(abs(percent) / FULL_GROWTH, 1) * (100 - WEAKEST_GROWTH)
    return Growth("down" if percent < 0 else "up", round(share))


def map_marks(
    places: Iterable[Place],
    answers: Mapping[str, Answer],
    points: Mapping[str, shapely.Point | None],
    label: Callable[[Place], str],
    comparison: Comparison | None,
    value: Callable[[Comparison, str], str] | None = None,
) -> list[Mark]:
    """Give the marks of the places that have a location.

    Parameters
    ----------
    places
        Which of them are to be seen.
    answers, points
        How and where each is located, by id.
    label
        Gives the name to write beside a symbol.
    comparison
        What sizes and colours the symbols.
    value
        Writes what a place has in it, to stand with its name.
    """
    marks = []
    for place in places:
        answer, point = answers[place.id], points[place.id]
        if not isinstance(answer, Match) or point is None:
            continue
        symbol = map_symbol(place, answer)
        look, written = plain_look(symbol) if comparison is None else look_without(symbol), ""
        if comparison is not None and place.id in comparison.measures:
            look, written = measured_look(comparison, place.id), value(comparison, place.id) if value else ""
        host = place.parent_id if answer.basis is Basis.PARENT else None
        own = (place.id, host, symbol, place.corridor, point.x, point.y, label(place), look)
        marks.append(Mark(*own, reach_m=answer.uncertainty_m, district=place.district, value=written))
    return marks


def map_ties(relations: Iterable[Tie], places: Mapping[str, Place], points: Mapping[str, shapely.Point | None]) -> Ties:
    """Give the lines of the stated ties between a platform and its cooperation zones; they belong to the layer of the zone.

    Parameters
    ----------
    relations
        The ties that are stated.
    places, points
        What they tie and where it is, by id.
    """
    ties: Ties = {}
    for tie in relations:
        here, there = points[tie.from_id], points[tie.to_id]
        if tie.relation is Relation.COOPERATES_WITH and here is not None and there is not None:
            ties.setdefault(places[tie.to_id].corridor, []).append(((here.x, here.y), (there.x, there.y)))
    return ties
