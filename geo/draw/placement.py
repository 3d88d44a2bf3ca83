"""Where symbols stand on a map: on their point, or, of what is known only by its host, around it and never farther than its stated radius.

The page follows the same rule in the browser, for the view it has: ``static/atlas/placement.js``. Both are held to tests/data/placement.json.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple, TypeAlias

from geo.draw.marks import Look, Mark
from geo.ground.bbox import Box
from geo.ground.deadline import until_deadline
from geo.ground.palette import AREA_SHARE, AREA_STEP, AREAS, LABEL_HEIGHT, LARGEST, LEAST, RING_GAP, RING_LINE, RING_REACH, RING_START, RING_STEP

_EARTH_M = 6_378_137.0
# Side of a cell of the grid in which what is covered is looked for, in pixels: about a symbol, or a name's height.
_CELL = 24
# Left, top, right, bottom in pixels.
Rectangle: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """From degrees to pixels, in Web Mercator.

    Attributes
    ----------
    left, top, width, height
        The window in which something can be seen, in pixels.
    scale
        Pixels a radian of longitude.
    centre
        A point of the map in radians of Web Mercator, east and north.
    middle
        Where in pixels that point is.
    """

    left: float
    top: float
    width: float
    height: float
    scale: float
    centre: tuple[float, float]
    middle: tuple[float, float]

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Give the pixel of a point in degrees, WGS-84."""
        x, y = project(lon, lat)
        return self.middle[0] + (x - self.centre[0]) * self.scale, self.middle[1] - (y - self.centre[1]) * self.scale

    @property
    def box(self) -> Box:
        """What is seen, in degrees, WGS-84."""
        (west, north), (east, south) = (self._unplace(x, y) for x, y in ((self.left, self.top), (self.left + self.width, self.top + self.height)))
        return Box(west, south, east, north)

    def _unplace(self, x: float, y: float) -> tuple[float, float]:
        east, north = self.centre[0] + (x - self.middle[0]) / self.scale, self.centre[1] + (self.middle[1] - y) / self.scale
        return math.degrees(east), math.degrees(math.atan(math.sinh(north)))

    def metres_per_pixel(self, lat: float) -> float:
        """Give the length of a pixel on the ground, on the sphere of Web Mercator."""
        return _EARTH_M * math.cos(math.radians(lat)) / self.scale

    def reach(self, mark: Mark) -> float:
        """Give how far a symbol may stand from its point, in pixels: at most its stated radius, less what rounding may add."""
        share = 1 if mark.is_guest else AREA_SHARE if mark.symbol in AREAS and mark.look.is_hollow else 0
        return max(0.0, min(share * mark.reach_m / self.metres_per_pixel(mark.lat) - 1, RING_REACH))

    def has_inside(self, box: Rectangle) -> bool:
        """Tell whether a rectangle can be seen whole."""
        return self.left < box[0] and box[2] < self.left + self.width and self.top < box[1] and box[3] < self.top + self.height


class Cover:
    """What is covered on a map: rectangles, looked for by the cells of a grid that they touch, so that many of them cost no more than few.

    Parameters
    ----------
    boxes
        What is covered from the beginning, and stays.
    """

    def __init__(self, boxes: Iterable[Rectangle] = ()) -> None:
        self._cells: defaultdict[tuple[int, int], list[tuple[Rectangle, str]]] = defaultdict(list)
        for box in boxes:
            self.add(box)

    def add(self, box: Rectangle, owner: str = "") -> None:
        """Cover a rectangle, for somebody who may go away again, or for good."""
        for cell in _cells(box):
            self._cells[cell].append((box, owner))

    def uncover(self, box: Rectangle, owner: str) -> None:
        """Take away a rectangle that somebody covers."""
        for cell in _cells(box):
            self._cells[cell].remove((box, owner))

    def leaves_free(self, box: Rectangle) -> bool:
        """Tell whether nothing covers any part of a rectangle; edges may touch."""
        left, top, right, bottom = box
        # Plain loops: a picture of ten thousand places asks this some hundred thousand times.
        for cell in _cells(box):
            for other, _ in self._cells.get(cell, ()):
                if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom:
                    return False
        return True

    def owners(self, box: Rectangle) -> Iterator[str]:
        """Give who covers any part of a rectangle, several times perhaps: nobody by name where it is covered for good."""
        for cell in _cells(box):
            for other, owner in self._cells.get(cell, ()):
                if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                    yield owner

    def at(self, x: float, y: float) -> list[Rectangle]:
        """Give what covers a point."""
        return [box for box, _ in self._cells.get((int(x // _CELL), int(y // _CELL)), ()) if box[0] < x < box[2] and box[1] < y < box[3]]


class Symbol(NamedTuple):
    """What has to be set out.

    Attributes
    ----------
    id
        Whose it is.
    x, y
        Its point, in pixels.
    extent
        How far any part of it is from its middle.
    host
        Of a guest, which goes around it; ``None`` for everything else.
    reach
        How far its middle may be from its point: nothing for what stays there, and more for what goes aside where something else stands there.
    """

    id: str
    x: float
    y: float
    extent: float
    host: str | None = None
    reach: float = 0.0


class Ring(NamedTuple):
    """A ring on the point of a host, in the stead of guests that cannot all be set out around it.

    Attributes
    ----------
    host, guests
        Who they are.
    x, y, extent
        Its middle and its radius, in pixels.
    """

    host: str
    guests: tuple[str, ...]
    x: float
    y: float
    extent: float


@dataclass(frozen=True)
class Placed:
    """What is drawn, and where.

    Attributes
    ----------
    marks
        The symbols in the order of the places, then the rings that stand for guests.
    spots
        The middle of each of them by its id, in pixels.
    """

    marks: list[Mark]
    spots: dict[str, tuple[float, float]]


def project(lon: float, lat: float) -> tuple[float, float]:
    """Project degrees to radians of Web Mercator (EPSG:3857 with a radius of 1), east and north."""
    return math.radians(lon), math.asinh(math.tan(math.radians(lat)))


def project_box(view: Box) -> tuple[float, float, float, float]:
    """Project a box: west, south, east and north in radians of Web Mercator."""
    return (*project(view.west, view.south), *project(view.east, view.north))


def fit(view: Box, left: float, top: float, width: float, height: float, margin: float = 48) -> Frame:
    """Fit a box into a window, with a margin, in Web Mercator.

    Parameters
    ----------
    view
        Degrees, WGS-84.
    left, top, width, height, margin
        The window and what stays free on each side of it, in pixels, from the left top corner of the picture.
    """
    west, south, east, north = project_box(view)
    scale = min((width - 2 * margin) / max(east - west, 1e-4), (height - 2 * margin) / max(north - south, 1e-4))
    return Frame(left, top, width, height, scale, ((west + east) / 2, (south + north) / 2), (left + width / 2, top + height / 2))


def set_out(symbols: Sequence[Symbol]) -> tuple[dict[str, tuple[float, float]], list[Ring]]:
    """Find a spot for every symbol: on its point, or of a guest on a ring around its host, within its reach and clear of every other symbol.

    What goes aside stays on its point where there is no room for it within its reach. The guests of one host are set out together: where there is no
    room for all of them, one ring on their point stands for them.

    Parameters
    ----------
    symbols
        In the order of the table; guests of one host have one point.

    Returns
    -------
    spots, rings
        The middle of each symbol that is drawn, by id; and what stands for the others.
    """
    spots = {one.id: (one.x, one.y) for one in symbols if one.host is None}
    sizes = {one.id: one.extent for one in symbols if one.host is None}
    taken = _Discs((one.x, one.y, one.extent) for one in symbols if one.host is None and one.reach <= 0)
    for one in until_deadline(symbols):
        if one.host is None and one.reach > 0:
            offsets = ((dx, dy) for dx, dy in _aside(one.reach) if taken.leaves_free(one.x + dx, one.y + dy, one.extent))
            right, down = next(offsets, (0, 0))
            spots[one.id] = one.x + right, one.y + down
            taken.add_all([(*spots[one.id], one.extent)])
    parties: dict[tuple[str, float, float], list[Symbol]] = {}
    for one in symbols:
        if one.host is not None:
            parties.setdefault((one.host, one.x, one.y), []).append(one)
    rings = []
    for (host, x, y), guests in until_deadline(parties.items()):
        extent, around = max(guest.extent for guest in guests), sizes.get(host, 0.0)
        found: list[tuple[float, float]] = []
        for dx, dy in _around_host(around, extent, min(guest.reach for guest in guests)):
            if len(found) == len(guests):
                break
            if taken.leaves_free(x + dx, y + dy, extent):
                found.append((x + dx, y + dy))
        if len(found) == len(guests):
            spots |= {guest.id: spot for guest, spot in zip(guests, found, strict=True)}
            taken.add_all((*spot, extent) for spot in found)
        else:
            rings.append(Ring(host, tuple(guest.id for guest in guests), x, y, max(around, LEAST) + RING_LINE))
            taken.add_all([(x, y, rings[-1].extent)])
    return spots, rings


def place_marks(frame: Frame, marks: Sequence[Mark]) -> Placed:
    """Find a spot for every symbol, or for the ring that stands for it.

    Parameters
    ----------
    frame
        What is seen.
    marks
        The places.
    """
    symbols = []
    for mark in until_deadline(marks):
        x, y = frame.place(mark.lon, mark.lat)
        symbols.append(Symbol(mark.id, x, y, mark.extent, (mark.host or "") if mark.is_guest else None, frame.reach(mark)))
    spots, rings = set_out(symbols)
    by_id = {mark.id: mark for mark in marks}
    drawn = [mark for mark in marks if mark.id in spots]
    for ring in rings:
        first = by_id[ring.guests[0]]
        look = Look("circle", ring.extent, first.look.form)
        mark = replace(first, id=f"{ring.host}+", label=f"+{len(ring.guests)}", look=look, uncertainty_m=None, guests=ring.guests)
        drawn.append(mark)
        spots[mark.id] = ring.x, ring.y
    return Placed(drawn, spots)


class _Discs:
    """What symbols cover, looked for by the cells of a grid, each as wide as the largest symbol."""

    _CELL = 2 * int(LARGEST)

    def __init__(self, discs: Iterable[tuple[float, float, float]]) -> None:
        self._cells: defaultdict[tuple[int, int], list[tuple[float, float, float]]] = defaultdict(list)
        self._widest = 0.0
        self.add_all(discs)

    def add_all(self, discs: Iterable[tuple[float, float, float]]) -> None:
        """Cover discs: the middle and the radius of each."""
        for x, y, radius in discs:
            self._cells[int(x // self._CELL), int(y // self._CELL)].append((x, y, radius))
            self._widest = max(self._widest, radius)

    def leaves_free(self, x: float, y: float, radius: float) -> bool:
        """Tell whether a disc keeps two pixels from every other one."""
        far = self._widest + radius + 2
        columns = range(int((x - far) // self._CELL), int((x + far) // self._CELL) + 1)
        rows = range(int((y - far) // self._CELL), int((y + far) // self._CELL) + 1)
        for cell in product(columns, rows):
            for other_x, other_y, other_radius in self._cells.get(cell, ()):
                if math.hypot(other_x - x, other_y - y) < other_radius + radius + 2:
                    return False
        return True


def _at_angle(distance: float, degrees: float) -> tuple[int, int]:
    """Give an offset in whole pixels; degrees are clockwise from the right."""
    angle = degrees * math.pi / 180
    return math.floor(distance * math.cos(angle) + 0.5), math.floor(distance * math.sin(angle) + 0.5)


def _aside(reach: float) -> Iterator[tuple[int, int]]:
    """Give the point itself and the spots around it, from the inside, in whole pixels from it."""
    yield 0, 0
    for distance in range(AREA_STEP, math.floor(reach) + 1, AREA_STEP):
        for position in range(12):
            dx, dy = _at_angle(distance, RING_START + 30 * position)
            if math.hypot(dx, dy) <= reach:
                yield dx, dy


def _around_host(host: float, extent: float, reach: float) -> Iterator[tuple[float, float]]:
    """Give the spots around a host, from the inside, in whole pixels from its middle."""
    step = 2 * extent + RING_STEP
    ring = host + extent + RING_GAP
    while ring <= reach + 1:
        count = int(2 * math.pi * ring / step)
        for position in range(count):
            dx, dy = _at_angle(ring, RING_START + 360 * position / count)
            # The way to the right is left to the name of the host.
            if math.hypot(dx, dy) <= reach and not (dx > 0 and abs(dy) <= LABEL_HEIGHT / 2 + extent + 1):
                yield dx, dy
        ring += step


def _cells(box: Rectangle) -> Iterator[tuple[int, int]]:
    """Give the cells of the grid that a rectangle touches."""
    left, top, right, bottom = box
    columns = range(int(left // _CELL), int(right // _CELL) + 1)
    return product(columns, range(int(top // _CELL), int(bottom // _CELL) + 1))
