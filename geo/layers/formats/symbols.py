"""How the layers look, in the colours and sizes of the page: rules that the styles of QGIS and of map servers are written from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geo.ground.palette import AREAS, BELT_OPACITY, CARD, FLOATING, INK, OPACITIES, RADII, STROKES
from geo.tables.kinds import Basis, Kind
from geo.tables.reading import Tables

# A pixel of the page (https://www.w3.org/TR/css-values-4/#absolute-lengths) on paper, in millimetres.
MM_PER_PIXEL = 25.4 / 96


class Condition(NamedTuple):
    """What a feature must have.

    Attributes
    ----------
    column, values
        One of these values stands in the column.
    is_not
        Whether none of them may; what has nothing has none of them.
    """

    column: str
    values: tuple[str, ...]
    is_not: bool = False


class Symbol(NamedTuple):
    """How a feature is drawn.

    Attributes
    ----------
    shape
        ``circle``, ``diamond``, ``fill`` or ``line``.
    width
        Of a point from side to side, or from corner to corner; pixels.
    fill, opacity
        ``#rrggbb``, empty where nothing is filled, and how opaque that is.
    stroke, stroke_width, is_dashed
        ``#rrggbb``, empty where there is no line; pixels.
    is_around
        Whether it stands beside its point, in a ring around what is there.
    """

    shape: str
    width: float = 0
    fill: str = ""
    opacity: float = 1
    stroke: str = ""
    stroke_width: float = 0
    is_dashed: bool = False
    is_around: bool = False


class Rule(NamedTuple):
    """What is drawn alike.

    Attributes
    ----------
    label
        For the legend, in both languages.
    conditions
        All of them hold.
    symbol
        How.
    """

    label: str
    conditions: tuple[Condition, ...]
    symbol: Symbol


IS_GUEST = Condition("geocode_basis", (Basis.PARENT.value,))
IS_HOST = IS_GUEST._replace(is_not=True)
_KINDS = {
    "platform": (Kind.PLATFORM,),
    "zone": (Kind.COOPERATION_ZONE,),
    "area": (Kind.DISTRICT, Kind.CITY),
}
_NAMED = {
    "platform": "平台 platforms",
    "zone": "合作区 cooperation zones",
    "area": "城区、全市（代表点） districts, city (a point for the whole)",
    "site": "园区、项目 sites",
    "guest": "仅知所在地 by host only",
}
# These get their names first.
NAMED_FIRST = Condition("kind", tuple(kind.value for symbol in ("platform", "zone") for kind in _KINDS[symbol]))


def places_rules(tables: Tables) -> list[Rule]:
    """Draw places in the hue of their corridor: circles by what they are, diamonds for areas, rings around the host of those known by it only."""
    rules = []
    for corridor, name in tables.corridor_names.items():
        one = Condition("corridor", (corridor,))
        # What is drawn last lies on top.
        for symbol in ("area", "guest", "site", "zone", "platform"):
            kinds = tuple(kind.value for kind in _KINDS.get(symbol, ()))
            if symbol == "guest":
                conditions: tuple[Condition, ...] = (one, IS_GUEST)
            elif kinds:
                conditions = (one, IS_HOST, Condition("kind", kinds))
            else:
                others = tuple(kind.value for others in _KINDS.values() for kind in others)
                conditions = (one, IS_HOST, Condition("kind", others, is_not=True))
            rules.append(
                Rule(f"{name.zh} {name.en} · {_NAMED[symbol]}", conditions, _marker("city" if symbol == "area" else symbol, tables.hues[corridor]))
            )
    return rules


def _marker(symbol: str, hue: str) -> Symbol:
    form = "hollow" if symbol in FLOATING else "filled"
    shape = "diamond" if symbol in AREAS else "circle"
    # The radius of a diamond is half of its side.
    width = 2 * RADII[symbol] * (2**0.5 if shape == "diamond" else 1)
    fill, stroke = (CARD, hue) if form == "hollow" else (hue, CARD)
    return Symbol(shape, width, fill, OPACITIES[form], stroke, STROKES[form], is_around=symbol == "guest")


def figures_rules() -> list[Rule]:
    """Draw figures as small dots in the middle of their places: all of a place lie on its point."""
    return [Rule("有指标 has figures", (), Symbol("circle", 4, INK))]


def belts_rules(tables: Tables) -> list[Rule]:
    """Draw belts as a tint."""
    return [
        Rule(f"{row.name_zh} {row.name_en}", (Condition("corridor", (row.id,)),), Symbol("fill", fill=row.colour, opacity=BELT_OPACITY))
        for row in tables.corridors
    ]


def axes_rules(tables: Tables) -> list[Rule]:
    """Draw axes as dashed lines: they are schematic."""
    return [
        Rule(f"{row.name_zh} {row.name_en}", (Condition("corridor", (row.id,)),), Symbol("line", stroke=row.colour, stroke_width=2, is_dashed=True))
        for row in tables.corridors
    ]


class Look(NamedTuple):
    """How a layer looks.

    Attributes
    ----------
    rules
        The first that holds for a feature draws it.
    name
        The column that features are named by; empty where they are not.
    """

    rules: Sequence[Rule]
    name: str = ""
