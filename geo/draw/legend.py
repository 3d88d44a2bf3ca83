"""The legend of the map: made once from what is compared, and drawn as it is by the page, on paper, in a frame and in a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from geo.draw.marks import Look, Mark, amount_radius, growth_colour, look_without, plain_look, unsized_look
from geo.ground.palette import (
    CARD,
    FULL_GROWTH,
    GREY,
    GROWTH_HUES,
    HATCH_OPACITY,
    HATCH_STEP,
    HATCH_WIDTH,
    INK,
    LARGEST,
    LINE,
    OPACITIES,
    RADII,
    SPAN_OPACITY,
    STROKES,
    mix,
)
from geo.layers.comparisons import Comparison

# In pixels: the width of a symbol beside its text and the least height of such a row, the letters of a scale and their distance.
SWATCH, ROW, LETTERS, LETTER_GAP = 24.0, 16.0, 12, 14.0
# The length of the ramp of growth in pixels, and how many percent have one colour of it.
RAMP, SLICE = 180.0, 2
# What has no corridor's hue: a symbol in the legend stands for all corridors.
_GREY = "none"
# The forms of a comparison; without one a symbol is explained by its name.
_COMPARED = ("measured", "unsized", "without")


class Paint(NamedTuple):
    """A colour by the name that it has in the style sheet of the page.

    Attributes
    ----------
    token
        ``corridor-`` and the id of a corridor, ``none`` for grey, a key of ``GROWTH_HUES``, ``card``, ``line`` or ``ink``.
    share
        How much of it is mixed with the ground, in percent.
    """

    token: str
    share: int = 100

    def colour(self, hues: Mapping[str, str]) -> str:
        """Give the colour in the light theme, where ``hues`` are those of the corridors by their ids."""
        corridors = {f"corridor-{id_}": hue for id_, hue in hues.items()}
        return mix({**corridors, **GROWTH_HUES, _GREY: GREY, "card": CARD, "line": LINE, "ink": INK}[self.token], self.share)

    @property
    def css(self) -> str:
        """The colour in the theme of the reader."""
        return f"var(--{self.token})" if self.share == 100 else f"color-mix(in srgb, var(--{self.token}) {self.share}%, var(--card))"


class Shape(NamedTuple):
    """A shape of SVG.

    Attributes
    ----------
    tag
        ``circle``, ``path`` or ``rect``.
    attributes
        Where it is and how its line is drawn, in pixels.
    fill, stroke
        What it is painted with; ``None`` is nothing.
    """

    tag: str
    attributes: Mapping[str, str]
    fill: Paint | None = None
    stroke: Paint | None = None

    def painted(self, paint: Callable[[Paint], str]) -> dict[str, str]:
        """Give all attributes, with colours as ``paint`` writes them."""
        return {**self.attributes, "fill": paint(self.fill) if self.fill else "none", "stroke": paint(self.stroke) if self.stroke else "none"}


class Letters(NamedTuple):
    """A text in a drawing: where its base line is, and its ``text-anchor``."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Drawing:
    """Shapes and letters in a box whose left top corner is the origin, in pixels."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    letters: tuple[Letters, ...] = ()


@dataclass(frozen=True)
class Row:
    """A line of the legend.

    Attributes
    ----------
    keys
        What it explains, as :func:`count_seen` counts it; the row is drawn where one of them is seen.
    text
        What it means; ``{count}`` stands for how many are seen.
    swatch
        How it is drawn; ``None`` for what is not on the map.
    """

    keys: tuple[str, ...]
    text: str
    swatch: Drawing | None


@dataclass(frozen=True)
class Legend:
    """What explains a map.

    Attributes
    ----------
    title
        What is compared, when, in which unit; empty where nothing is.
    scales
        The nested circles of amounts and the colours of growth, where there are some.
    rows
        Symbols, lines, and what is missing.
    corridors
        The hue of each corridor; they may share a line.
    """

    title: tuple[str, ...]
    scales: tuple[Drawing, ...]
    rows: tuple[Row, ...]
    corridors: tuple[Row, ...]

    def without(self, key: str) -> Legend:
        """Leave out the rows that explain something that is not seen after all."""
        return replace(self, rows=tuple(row for row in self.rows if key not in row.keys))

    def seen(self, counts: Mapping[str, int]) -> Legend:
        """Keep what explains something that is seen, with the numbers of it; ``counts`` is as :func:`count_seen` gives it."""
        return replace(self, rows=_seen(self.rows, counts), corridors=_seen(self.corridors, counts))


class LegendWords(NamedTuple):
    """The words of a legend in the reader's language.

    Attributes
    ----------
    title
        As in :class:`Legend`.
    amount
        Writes an amount in the unit of the title.
    symbols
        What each key of ``RADII`` means; those of the same meaning share a row.
    growth, span, unsized, without, missing, ring, belt, tie
        The colours of growth; a range; a figure without an amount; a place without a figure, and one without a location; a ring that stands for
        several places; a belt; a tie.
    corridors
        The name of each corridor, and of none, by their ids.
    """

    title: tuple[str, ...]
    amount: Callable[[Decimal], str]
    symbols: Mapping[str, str]
    growth: str
    span: str
    unsized: str
    without: str
    missing: str
    ring: str
    belt: str
    tie: str
    corridors: Mapping[str, str]


def build_legend(comparison: Comparison | None, words: LegendWords) -> Legend:
    """Make the legend of a comparison.

    Parameters
    ----------
    comparison
        What sizes and colours the symbols; ``None`` where nothing does.
    words
        What is written beside them.
    """
    meanings: dict[str, list[str]] = {}
    for symbol in RADII:
        meanings.setdefault(words.symbols[symbol], []).append(symbol)
    rows = [Row(tuple(symbols), text, _swatch(plain_look(symbols[0]))) for text, symbols in meanings.items()]
    rows += [
        Row(("span",), words.span, _span()),
        Row(("unsized",), words.unsized, _swatch(unsized_look())),
        Row(("without",), words.without, _swatch(look_without("site"))),
        Row(("ring",), words.ring, _ring()),
        Row(("belt",), words.belt, _belt()),
        Row(("tie",), words.tie, Drawing(SWATCH, ROW, (_line(f"M0 {ROW / 2:g} H{SWATCH:g}", {"stroke-width": "1.25"}),))),
        Row(("missing",), words.missing, None),
    ]
    hues = [Row((corridor_key(corridor),), name, _swatch(plain_look("site"), f"corridor-{corridor}")) for corridor, name in words.corridors.items()]
    scales = [scale for scale in (_sizes(comparison, words.amount), _growths(comparison, words.growth)) if scale] if comparison else []
    return Legend(words.title if comparison else (), tuple(scales), tuple(rows), tuple(hues))


def corridor_key(corridor: str) -> str:
    """Give the key under which the hue of a corridor is counted."""
    return f"corridor:{corridor}"


def count_seen(marks: Iterable[Mark], missing: int, belts: Iterable[str], *, has_ties: bool) -> Counter[str]:
    """Count what is seen on a map, by the keys of the rows that explain it.

    Parameters
    ----------
    marks
        The places that are seen.
    missing
        How many places of the view have no location.
    belts
        The corridors whose belts are drawn.
    has_ties
        Whether a tie is drawn.
    """
    counts = Counter({"missing": missing, "tie": int(has_ties)})
    for mark in marks:
        counts[mark.look.form if mark.look.form in _COMPARED else mark.symbol] += 1
        if mark.look.core is not None:
            counts["span"] += 1
        if mark.look.form != "without":
            counts[corridor_key(mark.corridor)] += 1
        # Whether they need one depends on the room there is.
        counts["ring"] += mark.is_guest
    for corridor in belts:
        counts["belt"] += 1
        counts[corridor_key(corridor)] += 1
    return counts


def scale_amounts(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Choose the amounts of a scale: the largest, and two round ones, about a third and a tenth of it.

    Where all amounts are the same there is nothing to measure between, and of things that are counted there is no half.

    Parameters
    ----------
    amounts
        Those of a comparison; the largest is above zero.
    """
    largest = max(amounts)
    if min(amounts) == largest:
        return [largest]
    is_counted = all(amount == amount.to_integral_value() for amount in amounts)
    smaller = (_round(largest / part) for part in (3, 10))
    return [largest, *(amount for amount in smaller if not is_counted or amount == amount.to_integral_value())]


def _round(amount: Decimal) -> Decimal:
    """Round to one digit."""
    return amount.quantize(Decimal(1).scaleb(amount.adjusted()), ROUND_HALF_UP)


def _sizes(comparison: Comparison, write: Callable[[Decimal], str]) -> Drawing | None:
    """Nest circles, each with its amount at the height of its top, or as near below as there is room."""
    amounts = [measure.ends[1] for measure in comparison.measures.values() if measure.ends]
    if not amounts or max(amounts) <= 0:
        return None
    middle, ground, right = LARGEST + 1, 2 * LARGEST + LETTERS / 2, 2 * LARGEST + 20
    shapes, letters, level = [], [], -LETTER_GAP
    for amount in scale_amounts(amounts):
        radius = amount_radius(amount, max(amounts))
        top = ground - 2 * radius
        level = max(top, level + LETTER_GAP)
        circle = {"cx": f"{middle:g}", "cy": f"{ground - radius:.2f}", "r": f"{radius:.2f}", "stroke-width": "1.25"}
        shapes += [
            _line(f"M{middle:g} {top:.1f} L{right - 4:g} {level:.1f}", {"stroke-width": "1"}, "line"),
            Shape("circle", circle, stroke=Paint(_GREY)),
        ]
        letters.append(Letters(right, round(level + 0.35 * LETTERS, 1), write(amount)))
    return Drawing(right + 70, ground + 2, tuple(shapes), tuple(letters))


def _growths(comparison: Comparison, heading: str) -> Drawing | None:
    """Draw the colours of growth as a ramp over its percents; those of a decline only where something declines."""
    growths = [measure.growth_pct for measure in comparison.measures.values() if measure.growth_pct is not None]
    if not growths:
        return None
    low, half, left = -FULL_GROWTH if min(growths) < 0 else 0, FULL_GROWTH // 2, 16.0
    shapes, letters = [], [Letters(0, LETTERS, heading)]
    # A slice for each few percent, in the colour of its middle.
    slices = range(low, FULL_GROWTH, SLICE)
    wide = RAMP / len(slices)
    for position, step in enumerate(slices):
        growth = growth_colour(step + SLICE / 2)
        box = {"x": f"{left + position * wide:.2f}", "y": "18", "width": f"{wide:.2f}", "height": "11", "fill-opacity": f"{OPACITIES['measured']:g}"}
        shapes.append(Shape("rect", box, Paint(growth.hue, growth.share)))
    for step in (one for one in (-FULL_GROWTH, -half, 0, half, FULL_GROWTH) if one >= low):
        x = left + (step - low) / (FULL_GROWTH - low) * RAMP
        shapes.append(_line(f"M{x:g} 29 v4", {"stroke-width": "1"}))
        text = "0" if step == 0 else f"≥{step}%" if step == FULL_GROWTH else f"{'≤' if step == -FULL_GROWTH else ''}{step:+d}%"
        letters.append(Letters(x, 44, text.replace("-", "−"), "middle"))
    return Drawing(RAMP + 2 * left, 48, tuple(shapes), tuple(letters))


def _swatch(look: Look, token: str = _GREY) -> Drawing:
    """Draw a symbol as it is on the map."""
    stroke = STROKES[look.form]
    height = max(ROW, 2 * math.ceil(look.radius * (math.sqrt(2) if look.shape == "diamond" else 1) + stroke / 2))
    x, y = SWATCH / 2, height / 2
    if look.is_hollow:
        line, inside, edge = {"stroke-width": f"{stroke:g}"}, Paint("card"), Paint(token)
    else:
        line, inside, edge = {"stroke-width": f"{stroke:g}", "fill-opacity": f"{OPACITIES[look.form]:g}"}, Paint(token), Paint("card")
    if look.shape == "diamond":
        shape = Shape("path", {"d": diamond(x, y, look.radius), **line}, inside, edge)
    else:
        shape = Shape("circle", {"cx": f"{x:g}", "cy": f"{y:g}", "r": f"{look.radius:g}", **line}, inside, edge)
    return Drawing(SWATCH, height, (shape,))


def diamond(x: float, y: float, radius: float) -> str:
    """Write a diamond as a path.

    Parameters
    ----------
    x, y
        Its middle, in pixels.
    radius
        Half of its side, in pixels.
    """
    reach = f"{radius * math.sqrt(2):.1f}"
    return f"M{x:.1f} {y - float(reach):.1f} l{reach} {reach} l-{reach} {reach} l-{reach} -{reach} Z"


def _span() -> Drawing:
    """Draw a range: filled to its lower end, tinted to its upper one."""
    x, y, inside = SWATCH / 2, ROW / 2, Paint(_GREY)
    outer = {"cx": f"{x:g}", "cy": f"{y:g}", "r": "7", "fill-opacity": f"{OPACITIES['measured'] * SPAN_OPACITY:g}", "stroke-width": "1"}
    inner = {"cx": f"{x:g}", "cy": f"{y:g}", "r": "4", "fill-opacity": f"{OPACITIES['measured']:g}"}
    return Drawing(SWATCH, ROW, (Shape("circle", outer, inside, inside), Shape("circle", inner, inside)))


def _ring() -> Drawing:
    """Draw the ring that stands for places around the symbol of their host."""
    x, y = f"{SWATCH / 2:g}", f"{ROW / 2:g}"
    around = Shape("circle", {"cx": x, "cy": y, "r": "7", "stroke-width": f"{STROKES['hollow']:g}"}, Paint("card"), Paint(_GREY))
    return Drawing(SWATCH, ROW, (around, Shape("circle", {"cx": x, "cy": y, "r": "3"}, Paint(_GREY))))


def _belt() -> Drawing:
    """Draw a stretch of a belt: hatched, with its axis."""
    high, step = ROW - 4, round(HATCH_STEP * math.sqrt(2))
    lines = "".join(f"M{x} 2 l-{high:g} {high:g}" for x in range(int(high), int(SWATCH) + 1, step))
    hatch = {"stroke-width": f"{HATCH_WIDTH:g}", "stroke-opacity": f"{HATCH_OPACITY:g}"}
    axis = {"stroke-width": "2", "stroke-dasharray": "1 5", "stroke-linecap": "round"}
    return Drawing(SWATCH, ROW, (_line(lines, hatch), _line(f"M0 {ROW / 2:g} H{SWATCH:g}", axis)))


def _line(path: str, line: Mapping[str, str], token: str = _GREY) -> Shape:
    return Shape("path", {"d": path, **line}, stroke=Paint(token))


def _seen(rows: Iterable[Row], counts: Mapping[str, int]) -> tuple[Row, ...]:
    counted = [(row, sum(counts.get(key, 0) for key in row.keys)) for row in rows]
    return tuple(replace(row, text=row.text.replace("{count}", str(count))) for row, count in counted if count)
