"""Where names stand on a map that is drawn by the server: beside their symbols, at the end of a line from them, along an axis, or in a district.

The page does the same in the browser, where it measures its letters: ``static/atlas/lettering.js``.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import shapely

from geo.draw.marks import Mark
from geo.draw.placement import Cover, Frame, Placed, Rectangle
from geo.ground.deadline import until_deadline
from geo.ground.palette import (
    AXIS_NAME_SIZE,
    CROWD,
    DISTRICT_NAME_SIZE,
    LABEL_BASE,
    LABEL_CORNERS,
    LABEL_GAP,
    LABEL_HEIGHT,
    LABEL_RETRIED,
    LABEL_SIZE,
    LABEL_SPACE,
    LABEL_WIDTH,
    LEADER_DIRECTIONS,
    LEADER_LENGTHS,
    LEADER_STEP,
    SYMBOL_SPACE,
)

# As many of these as LABEL_CORNERS have.
_Corner: TypeAlias = tuple[float, float, float, float, float, float]
# A word with the space behind it.
_WORDS = re.compile("[^ ]* |[^ ]+")
# Where a Chinese text may not begin a line.
_CLOSING = frozenset("，。、；：！？）】》”’)]}%")


def _corner(far: float, degrees: float) -> _Corner:
    """Give the corner of a label at the end of a line, as in ``LABEL_CORNERS``: the line ends at its nearest corner or side."""
    right, down = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    shares = [0.0 if part > 0.5 else -1.0 if part < -0.5 else -0.5 for part in (right, down)]
    return right, far * right, shares[0], down, far * down, shares[1]


_LEADERS = tuple(_corner(far, degrees) for far in LEADER_LENGTHS for degrees in LEADER_DIRECTIONS)


class Label(NamedTuple):
    """A name beside a symbol.

    Attributes
    ----------
    lines
        What is written; the last one is a value where ``has_value``.
    left, base
        Where the base line of the first one begins; the others are ``LABEL_HEIGHT`` below each other.
    has_value
        Whether a value is written with the name.
    leader
        The line from the symbol where the name stands apart from it: two ``(x, y)``.
    """

    lines: tuple[str, ...]
    left: float
    base: float
    has_value: bool = False
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None


class Name(NamedTuple):
    """A name on the map.

    Attributes
    ----------
    text
        What to write.
    x, y
        The middle of its base line.
    angle
        Degrees, clockwise, around the middle of the text.
    corridor
        Of an axis; ``None`` for a district.
    """

    text: str
    x: float
    y: float
    angle: float = 0.0
    corridor: str | None = None


def place_labels(frame: Frame, placed: Placed, furniture: Sequence[Rectangle] = ()) -> tuple[dict[str, Label], Cover]:
    """Find room for the names of the symbols: what is counted and what is compared come first, then platforms, then what is smaller.

    A name that has found none may take the place of another one that finds a place elsewhere.

    Parameters
    ----------
    frame
        What is seen.
    placed
        The symbols.
    furniture
        What stands on the map and is no part of it: names keep clear of it.

    Returns
    -------
    labels, cover
        By id of a mark, its name; marks without room for it are missing. And what symbols, names and everything else cover.
    """
    symbols = Cover(_around(*placed.spots[mark.id], mark.extent + SYMBOL_SPACE) for mark in placed.marks)
    cover = Cover([*furniture, *(_around(*placed.spots[mark.id], mark.extent + SYMBOL_SPACE) for mark in placed.marks)])
    places = LABEL_CORNERS if len(placed.marks) > CROWD else (*LABEL_CORNERS, *_LEADERS)
    marks, written = {mark.id: mark for mark in placed.marks}, dict[str, _Choice]()

    def choices(id_: str) -> Iterator[_Choice]:
        return _choices(frame, marks[id_], placed.spots[id_], places, symbols)

    def write(id_: str, choice: _Choice) -> None:
        written[id_] = choice
        for box in choice.covered:
            cover.add(box, id_)

    def erase(id_: str) -> _Choice:
        choice = written.pop(id_)
        for box in choice.covered:
            cover.uncover(box, id_)
        return choice

    def write_where_free(id_: str) -> bool:
        choice = next((one for one in choices(id_) if all(map(cover.leaves_free, one.needed))), None)
        if choice:
            write(id_, choice)
        return choice is not None

    def write_in_place_of_another(id_: str) -> None:
        for choice in choices(id_):
            other = _only(owner for box in choice.needed for owner in cover.owners(box))
            if other:
                before = erase(other)
                write(id_, choice)
                if write_where_free(other):
                    return
                erase(id_)
                write(other, before)

    ordered = (mark.id for mark in until_deadline(sorted(placed.marks, key=_rank)))
    unnamed = [id_ for id_ in ordered if not write_where_free(id_) and frame.has_inside(_around(*placed.spots[id_], 0))]
    if len(unnamed) <= LABEL_RETRIED:
        for id_ in until_deadline(unnamed):
            # Where a name has moved there may be room by now.
            if not write_where_free(id_):
                write_in_place_of_another(id_)
    return {id_: choice.label for id_, choice in written.items()}, cover


class _Choice(NamedTuple):
    """A place for a name.

    Attributes
    ----------
    label
        The name there.
    box
        What it needs to be free.
    beside
        What a name beside its symbol covers; nothing where it stands apart and covers what it needs.
    left_behind
        What the line to a name that stands apart may cross: its own symbol, and those that this one stands on.
    """

    label: Label
    box: Rectangle
    beside: Rectangle | None
    left_behind: Sequence[Rectangle] = ()

    @property
    def needed(self) -> Iterator[Rectangle]:
        """What has to be free: worked out as it is asked for, as the first is seldom."""
        yield self.box
        if self.label.leader:
            yield from (step for step in _walk(*self.label.leader) if not any(_touch(step, one) for one in self.left_behind))

    @property
    def covered(self) -> Iterator[Rectangle]:
        """What is covered then."""
        return iter((self.beside,)) if self.beside else self.needed


def _choices(frame: Frame, mark: Mark, spot: tuple[float, float], places: Sequence[_Corner], symbols: Cover) -> Iterator[_Choice]:
    """Give the places where the name of a symbol in the frame is seen whole, from the best: beside it, then apart from it at the end of a line."""
    x, y = spot
    if not frame.has_inside(_around(x, y, 0)):
        return
    left_behind = symbols.at(x, y)
    lines = (*wrap(mark.label), *([mark.value] if mark.value else []))
    # Whatever its level: letters of another font may be wider.
    wide, tall, gap = max(text_width(line, LABEL_SIZE) for line in lines), len(lines) * LABEL_HEIGHT, mark.extent + LABEL_GAP
    for number, (right_gaps, right, widths, down_gaps, down, heights) in enumerate(places):
        left, top = x + right_gaps * gap + right + widths * wide, y + down_gaps * gap + down + heights * tall
        box = (left, top, left + wide, top + tall)
        if not frame.has_inside(box):
            continue
        if number < len(LABEL_CORNERS):
            yield _Choice(Label(lines, left, top + LABEL_BASE, bool(mark.value)), box, widen(box))
        else:
            # Apart from its symbol it keeps clear of every other one, whose it might be taken for.
            leader = _lead(x, y, mark.extent + 1, box)
            yield _Choice(Label(lines, left, top + LABEL_BASE, bool(mark.value), leader), widen(box), None, left_behind)


def _only(owners: Iterable[str]) -> str:
    """Give the one who covers something, where it is one; and nobody where there are several, or where something is covered for good."""
    found = ""
    for owner in owners:
        if not owner or found not in ("", owner):
            return ""
        found = owner
    return found


def place_names(
    frame: Frame,
    belts: gpd.GeoDataFrame,
    corridors: Mapping[str, str],
    districts: Sequence[Mapping[str, Any]],
    district_name: str,
    cover: Cover,
    named: Set[str],
) -> list[Name]:
    """Find room for the names of the corridors along their axes, and for those of the districts; what finds none is left out.

    Parameters
    ----------
    frame
        What is seen.
    belts
        Belts and axes, EPSG:4326, with the columns ``corridor`` and ``part``.
    corridors
        The names of the corridors.
    districts
        GeoJSON features with ``label`` (lon, lat) among their properties.
    district_name
        Which of the properties is the name.
    cover
        What is covered already; the names are added to it.
    named
        The labels that are written: a district that is named beside a symbol of its own is not named again.
    """
    names = []
    for row in belts[belts["part"] == "axis"].itertuples():
        longest = max(shapely.get_parts(row.geometry), key=shapely.length)
        points = [frame.place(lon, lat) for lon, lat in longest.coords]
        stretches = sorted(pairwise(points), key=lambda pair: -abs(pair[1][0] - pair[0][0]))
        corridor: str = row.corridor
        wide = text_width(corridors[corridor], AXIS_NAME_SIZE) * 1.15
        for (x1, y1), (x2, y2) in stretches:
            angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
            angle -= 180 * round(angle / 180)
            x, y = (x1 + x2) / 2, (y1 + y2) / 2 + 18
            half = abs(math.cos(math.radians(angle))) * wide / 2 + 8, abs(math.sin(math.radians(angle))) * wide / 2 + 8
            box = (x - half[0], y - 4 - half[1], x + half[0], y - 4 + half[1])
            if cover.leaves_free(box) and frame.has_inside(box):
                names.append(Name(corridors[corridor], x, y, angle, corridor))
                cover.add(widen(box))
                break
    for feature in until_deadline(districts):
        x, y = frame.place(*feature["properties"]["label"])
        text = feature["properties"][district_name]
        wide = text_width(text, DISTRICT_NAME_SIZE)
        box = (x - wide / 2, y - 8, x + wide / 2, y + 8)
        if text not in named and cover.leaves_free(box) and frame.has_inside(box):
            names.append(Name(text, x, y + 4))
            cover.add(widen(box))
    return names


def text_width(text: str, size: float) -> float:
    """Estimate how wide a text is: a Chinese character is as wide as it is high, another about half of that."""
    wide = 0 if text.isascii() else sum(map(_is_wide, text))
    return _width(wide, len(text) - wide, size)


@lru_cache(1 << 14)
def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WFA"


@lru_cache(1 << 12)
def _width(wide: int, others: int, size: float) -> float:
    # Python 3.12 adds floats up in another way than 3.11: a picture would have other bytes.
    return math.fsum((*repeat(size, wide), *repeat(0.56 * size, others)))


def wrap(text: str, size: float = LABEL_SIZE, width: float = LABEL_WIDTH) -> tuple[str, ...]:
    """Break a name into lines of about the same length: between words, and in Chinese between characters.

    Parameters
    ----------
    text
        The name.
    size, width
        Of its letters, and of a line, in pixels; a word that is longer has a line of its own.

    Returns
    -------
    tuple[str, ...]
        Together they are the name: a line keeps the space that ends it.
    """
    whole = text_width(text, size)
    if whole <= width:
        return (text,)
    pieces = _pieces(text)
    count = len(_fill(pieces, size, width))
    # The least of some widths that needs no more lines.
    for part in range(8):
        lines = _fill(pieces, size, whole / count + (width - whole / count) * part / 8)
        if len(lines) <= count:
            return lines
    return _fill(pieces, size, width)


def _pieces(text: str) -> list[str]:
    if text.isascii():
        return _WORDS.findall(text)
    pieces: list[str] = []
    for character in text:
        is_wide = unicodedata.east_asian_width(character) in "WF"
        after = pieces[-1][-1] if pieces else " "
        if after == " " or (character not in _CLOSING and (is_wide or unicodedata.east_asian_width(after) in "WF")):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def _fill(pieces: Sequence[str], size: float, width: float) -> tuple[str, ...]:
    lines, line = [], ""
    for piece in pieces:
        longer = line + piece
        if line and text_width(longer.rstrip(), size) > width:
            lines.append(line)
            longer = piece
        line = longer
    return (*lines, line)


def widen(box: Rectangle) -> Rectangle:
    """Give a name the room that keeps the next one from being read on with it."""
    return box[0] - LABEL_SPACE, box[1], box[2] + LABEL_SPACE, box[3]


def _rank(mark: Mark) -> tuple[int, int, float]:
    """Put those first that say a number, then those of the higher level, then the larger ones."""
    return 0 if mark.guests else 1 if mark.value else 2, mark.level, -mark.extent


def _lead(x: float, y: float, extent: float, box: Rectangle) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give the line from the edge of a symbol to the nearest edge of a box."""
    end = min(max(x, box[0] - 2), box[2] + 2), min(max(y, box[1] + 2), box[3] - 2)
    away = math.dist((x, y), end)
    return (x + (end[0] - x) * extent / away, y + (end[1] - y) * extent / away), end


def _walk(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Rectangle]:
    """Cover a line by small squares."""
    count = max(1, math.ceil(math.dist(start, end) / LEADER_STEP))
    for number in range(count):
        x, y = (start[axis] + (end[axis] - start[axis]) * (number + 0.5) / count for axis in (0, 1))
        yield _around(x, y, 1)


def _touch(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _around(x: float, y: float, size: float) -> Rectangle:
    return x - size, y - size, x + size, y + size
