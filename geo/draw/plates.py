"""The numbers among the dots of a crowd: how many there are in each square that holds many; as ``drawPlates`` of ``static/atlas/crowd.js``."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from geo.draw.lettering import text_width
from geo.draw.marks import Mark
from geo.draw.placement import Frame, Placed, Rectangle
from geo.ground.deadline import until_deadline
from geo.ground.palette import CROWD, LEAST_COUNTED, MOST_NAMED, PLATE_HEIGHT, PLATE_SIZE, PLATE_SPACE, SQUARE


class Plate(NamedTuple):
    """A number on a plate: how many places its square holds, and where it stands."""

    places: int
    box: Rectangle

    @property
    def text(self) -> str:
        """The number as it is written."""
        return _written(self.places)


def is_crowd(frame: Frame, marks: Sequence[Mark]) -> bool:
    """Tell whether a map shows more places than a reader can tell apart."""
    return sum(_is_seen(frame, *frame.place(mark.lon, mark.lat)) for mark in marks) > CROWD


def place_dots(frame: Frame, marks: Sequence[Mark]) -> Placed:
    """Put every place of a crowd on its very point: nothing is set out where its neighbours stand."""
    return Placed(list(marks), {mark.id: frame.place(mark.lon, mark.lat) for mark in until_deadline(marks)})


def place_plates(frame: Frame, placed: Placed) -> list[Plate]:
    """Count the dots of each square: on a plate within it, over the dot that is nearest to the middle of them and clear of what is named.

    Parameters
    ----------
    frame
        What is seen. The squares are those of the world in Web Mercator at its scale, so that they are the same wherever the map begins.
    placed
        The dots.
    """
    left, top = frame.middle[0] - (frame.centre[0] + math.pi) * frame.scale, frame.middle[1] - (math.pi - frame.centre[1]) * frame.scale
    squares: defaultdict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for mark in until_deadline(placed.marks):
        x, y = placed.spots[mark.id]
        if _is_seen(frame, x, y):
            squares[int((x - left) // SQUARE), int((y - top) // SQUARE)].append((x, y))
    covered = [(*placed.spots[mark.id], mark.size + 2) for mark in _named(placed.marks)]
    plates = []
    for (column, row), spots in squares.items():
        if len(spots) < LEAST_COUNTED:
            continue
        half = text_width(_written(len(spots)), PLATE_SIZE) / 2 + PLATE_SPACE
        middle = (sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots))
        for x, y in sorted(spots, key=lambda spot: math.dist(spot, middle)):
            across = _within(x, left + column * SQUARE, half)
            down = _within(y, top + row * SQUARE, PLATE_HEIGHT / 2)
            box = (across - half, down - PLATE_HEIGHT / 2, across + half, down + PLATE_HEIGHT / 2)
            # Half under the symbol of a named place it would be another number.
            if frame.has_inside(box) and not any(_covers(disc, box) for disc in covered):
                plates.append(Plate(len(spots), box))
                break
    return plates


def _named(marks: Sequence[Mark]) -> list[Mark]:
    """Give what has a name in any case: what the map is about, and the few with the largest figures."""
    compared = sorted((mark for mark in marks if mark.value), key=lambda mark: -mark.size)[:MOST_NAMED]
    return compared + [mark for mark in marks if mark.uncertainty_m is not None]


def _is_seen(frame: Frame, x: float, y: float) -> bool:
    return frame.left <= x < frame.left + frame.width and frame.top <= y < frame.top + frame.height


def _within(value: float, least: float, half: float) -> float:
    """Keep what reaches so far to both sides in a square that begins there."""
    return min(max(value, least + half), least + SQUARE - half)


def _covers(disc: tuple[float, float, float], box: Rectangle) -> bool:
    x, y, radius = disc
    return box[0] < x + radius and x - radius < box[2] and box[1] < y + radius and y - radius < box[3]


def _written(number: int) -> str:
    return f"{number:,}"
