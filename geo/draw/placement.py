"""Where symbols and names stand on a map that is drawn by the server: in pixels, so that nothing claims a site of its own.

The page itself does the same in the browser, for the view it has: ``static/atlas/layout.js``.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import shapely

from geo.bbox import Box
from geo.deadline import until_deadline
from geo.draw.marks import Mark
from geo.palette import (
    AXIS_NAME_SIZE,
    DISTRICT_NAME_SIZE,
    FLOATING,
    LABEL_BASE,
    LABEL_CORNERS,
    LABEL_GAP,
    LABEL_HEIGHT,
    LABEL_SIZE,
    LABELLED_FIRST,
    RADII,
    RING_GAP,
    RING_STEP,
)

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

    def metres_per_pixel(self, lat: float) -> float:
        """Give the length of a pixel on the ground, on the sphere of Web Mercator."""
        return _EARTH_M * math.cos(math.radians(lat)) / self.scale

    def has_inside(self, box: Rectangle) -> bool:
        """Tell whether a rectangle can be seen whole."""
        return self.left < box[0] and box[2] < self.left + self.width and self.top < box[1] and box[3] < self.top + self.height


class Cover:
    """What is covered on a map: rectangles, looked for by the cells of a grid that they touch, so that many of them cost no more than few.

    Parameters
    ----------
    boxes
        What is covered from the beginning.
    """

    def __init__(self, boxes: Iterable[Rectangle] = ()) -> None:
        self._cells: defaultdict[tuple[int, int], list[Rectangle]] = defaultdict(list)
        for box in boxes:
            self.add(box)

    def add(self, box: Rectangle) -> None:
        """Cover a rectangle."""
        for cell in _cells(box):
            self._cells[cell].append(box)

    def leaves_free(self, box: Rectangle) -> bool:
        """Tell whether nothing covers any part of a rectangle; edges may touch."""
        left, top, right, bottom = box
        # Plain loops: a picture of ten thousand places asks this some hundred thousand times.
        for cell in _cells(box):
            for other in self._cells.get(cell, ()):
                if left < other[2] and other[0] < right and top < other[3] and other[1] < bottom:
                    return False
        return True


class Placed(NamedTuple):
    """Where symbols and their labels stand.

    Attributes
    ----------
    spots
        By id of a mark, the middle of its symbol.
    labels
        By id, where the base line of its label begins; marks without room for it are missing.
    cover
        What symbols, labels and everything else cover.
    """

    spots: dict[str, tuple[float, float]]
    labels: dict[str, tuple[float, float]]
    cover: Cover


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


def place_marks(frame: Frame, marks: Sequence[Mark], furniture: Sequence[Rectangle] = ()) -> Placed:
    """Find a spot for every symbol, and for the labels for which there is room.

    Located symbols have their point, then platforms and zones get their labels, then what stands around a host or for a whole district goes where
    it is free, then come the other labels.

    Parameters
    ----------
    frame
        What is seen.
    marks
        The places.
    furniture
        What stands on the map and is no part of it: labels keep clear of it.
    """
    fixed = [mark for mark in marks if mark.symbol not in FLOATING]
    spots = {mark.id: frame.place(mark.lon, mark.lat) for mark in fixed}
    cover = Cover([*furniture, *(_around(*spots[mark.id], mark.size) for mark in fixed)])
    labels = _place_labels(frame, [mark for mark in fixed if mark.symbol in LABELLED_FIRST], spots, cover)
    sizes = {mark.id: mark.size for mark in marks}
    # What was covered stays covered: symbols alike around one point go on looking where the one before them stopped.
    free: dict[tuple[Any, ...], Iterator[tuple[float, float]]] = {}
    for mark in marks:
        if mark.symbol in FLOATING:
            x, y = frame.place(mark.lon, mark.lat)
            host_size = sizes.get(mark.host or "", 0)
            looking = free.setdefault((x, y, host_size, mark.size, mark.symbol == "guest"), _free_spots(x, y, mark, host_size, cover))
            spots[mark.id] = next(looking, (x, y))
            cover.add(_around(*spots[mark.id], mark.size))
    labels |= _place_labels(frame, [mark for mark in marks if mark.id not in labels and mark.symbol != "guest"], spots, cover)
    return Placed(spots, labels, cover)


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
        The labels that are written: a district that has a symbol of its own is named there.
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
                cover.add(box)
                break
    for feature in until_deadline(districts):
        x, y = frame.place(*feature["properties"]["label"])
        text = feature["properties"][district_name]
        wide = text_width(text, DISTRICT_NAME_SIZE)
        box = (x - wide / 2, y - 8, x + wide / 2, y + 8)
        if text not in named and cover.leaves_free(box) and frame.has_inside(box):
            names.append(Name(text, x, y + 4))
            cover.add(box)
    return names


def text_width(text: str, size: int) -> float:
    """Estimate how wide a text is: a Chinese character is as wide as it is high, another about half of that."""
    # Python 3.12 adds floats up in another way than 3.11: a picture would have other bytes.
    return math.fsum(size if unicodedata.east_asian_width(character) in "WFA" else 0.56 * size for character in text)


def _place_labels(frame: Frame, marks: Sequence[Mark], spots: Mapping[str, tuple[float, float]], cover: Cover) -> dict[str, tuple[float, float]]:
    """Find the start of the base line of each label that has room beside its symbol, and cover it."""
    placed = {}
    for mark in until_deadline(sorted(marks, key=lambda mark: (-RADII[mark.symbol], -mark.size))):
        x, y = spots[mark.id]
        wide, gap = text_width(mark.label, LABEL_SIZE), mark.size + LABEL_GAP
        for right_gaps, right, widths, down_gaps, down in LABEL_CORNERS:
            left, top = x + right_gaps * gap + right + widths * wide, y + down_gaps * gap + down
            box = (left, top, left + wide, top + LABEL_HEIGHT)
            if cover.leaves_free(box) and frame.has_inside(box):
                placed[mark.id] = (left, top + LABEL_BASE)
                cover.add(box)
                break
    return placed


def _free_spots(x: float, y: float, mark: Mark, host_size: float, cover: Cover) -> Iterator[tuple[float, float]]:
    for dx, dy in until_deadline(_rings(mark, host_size)):
        if cover.leaves_free(_around(x + dx, y + dy, mark.size)):
            yield x + dx, y + dy


def _rings(mark: Mark, host_size: float) -> Iterator[tuple[float, float]]:
    if mark.symbol != "guest":
        yield 0.0, 0.0
    step = 2 * mark.size + RING_STEP
    for number in range(40):
        ring = host_size + mark.size + RING_GAP + number * step
        count = int(2 * math.pi * ring / step)
        for position in range(count):
            angle = 2 * math.pi * position / count - math.pi / 2
            yield ring * math.cos(angle), ring * math.sin(angle)


def _around(x: float, y: float, size: float) -> Rectangle:
    return x - size - 1, y - size - 1, x + size + 1, y + size + 1


def _cells(box: Rectangle) -> Iterator[tuple[int, int]]:
    """Give the cells of the grid that a rectangle touches."""
    left, top, right, bottom = box
    columns = range(int(left // _CELL), int(right // _CELL) + 1)
    return product(columns, range(int(top // _CELL), int(bottom // _CELL) + 1))
