"""The reference layer: metro, landmarks, townships and the names of water, by which a stranger finds his way; the page and a picture draw it alike.

It lies below everything that the atlas is about and gives way to it. What is drawn at which zoom is said here once, and handed to the page as data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import shapely
from shapely.geometry import shape

from geo.draw.basemap import Outline
from geo.draw.lettering import text_width
from geo.draw.pieces import Local
from geo.draw.placement import Cover, Frame, Rectangle
from geo.ground.deadline import until_deadline
from geo.ground.palette import METRO_ZOOM, REFERENCE_SIZE, REFERENCE_ZOOMS, STATION_ZOOM, UNMARKED
from geo.tables.kinds import DivisionLevel
from geo.tables.rows import DivisionRow

# Pixels of the whole world at zoom 0, as Leaflet and everybody else has it.
_WORLD = 256
# From the middle of a mark to its name, and half the height of a name, in pixels.
_GAP, _HALF = 6.0, 8.0
# Where a name may stand by its mark, best first: the share of its width to the left of the mark, pixels to the right of it, and pixels down.
CORNERS = ((0.0, _GAP, 0.0), (1.0, -_GAP, 0.0), (0.5, 0.0, 14.0), (0.5, 0.0, -14.0))
# From this zoom a name has room between the banks of a river; else it is so many pixels beside its line.
BANKS_ZOOM, BESIDE = 11.5, 11.0
# A name that runs along a river may stand in the middle of a stretch, or nearer to one of its ends.
_SHARES = (0.5, 0.25, 0.75)


class Label(NamedTuple):
    """A name at a point.

    Attributes
    ----------
    text
        The name.
    lon, lat
        Degrees, WGS-84.
    kind
        What it names: a key of ``REFERENCE_ZOOMS``.
    zoom
        From which it is written.
    """

    text: str
    lon: float
    lat: float
    kind: str
    zoom: float

    @property
    def has_mark(self) -> bool:
        """Whether a mark shows where the point is; what is an area has none."""
        return self.kind not in UNMARKED


class Course(NamedTuple):
    """A name along a line.

    Attributes
    ----------
    text
        The name.
    kind
        ``river`` or ``canal``.
    points
        ``(lon, lat)``, degrees, WGS-84.
    zoom
        From which it is written.
    is_wide
        Whether its banks are drawn, so that the name has room between them where they are far enough apart; else it runs beside the line.
    """

    text: str
    kind: str
    points: Sequence[tuple[float, float]]
    zoom: float
    is_wide: bool


class Reference(NamedTuple):
    """What a map is oriented by, in one language.

    Attributes
    ----------
    metro
        The lines of the metro: ``(lon, lat)``, degrees, WGS-84.
    courses
        The names of rivers and canals.
    labels
        The other names, those that come first where there is room for one only.
    """

    metro: Sequence[Sequence[tuple[float, float]]]
    courses: Sequence[Course]
    labels: Sequence[Label]

    def with_names(self, local: Local, name: str) -> Reference:
        """Give the same with the names of an extract after those of ours.

        Parameters
        ----------
        local
            What the operator has added.
        name
            As :func:`build_reference` takes it.
        """
        added = [Label(one.zh if name == "name_zh" else one.en, one.lon, one.lat, one.kind, one.zoom) for one in local.names]
        return self._replace(labels=[*self.labels, *added])

    def without_metro(self) -> Reference:
        """Give the same without lines and stations of the metro."""
        return self._replace(metro=(), labels=[label for label in self.labels if label.kind != "metro"])


class Written(NamedTuple):
    """A name, or a mark, that found its place in a picture.

    Attributes
    ----------
    kind
        What is named: a key of ``REFERENCE_ZOOMS``.
    text
        What to write; empty where only the mark has room.
    x, y
        The middle of the text.
    angle
        Degrees, clockwise.
    mark
        The middle of the mark; ``None`` where there is none.
    """

    kind: str
    text: str
    x: float
    y: float
    angle: float = 0.0
    mark: tuple[float, float] | None = None


def choose_metro(outline: Outline, local: Local | None) -> dict[str, Any]:
    """Give the metro that knows more stations: that of an extract, or the built-in one, as an extract may have a corner of the city only.

    Parameters
    ----------
    outline, local
        What comes with the atlas, and what the operator has added.
    """

    def count(metro: Mapping[str, Any]) -> int:
        return sum(1 for feature in metro["features"] if feature["properties"]["kind"] == "station")

    return local.metro if local and count(local.metro) >= max(1, count(outline.metro)) else outline.metro


def build_reference(outline: Outline, divisions: Iterable[DivisionRow], name: str, local: Local | None = None) -> Reference:
    """Gather what a map is oriented by.

    Parameters
    ----------
    outline
        With the metro and the landmarks, if the data have any.
    divisions
        The townships among them that have a point are named there.
    name
        Which property is the name in the reader's language: ``name_zh`` or ``name_en``.
    local
        What the operator has added, of which the metro may take the place of the built-in one; its names come with :meth:`Reference.with_names`.

    Returns
    -------
    Reference
        In a stable order.
    """
    metro, labels, courses = [], [], []
    for feature in choose_metro(outline, local)["features"]:
        properties = feature["properties"]
        if properties["kind"] == "line":
            metro += [list(line.coords) for line in shapely.get_parts(shape(feature["geometry"]))]
        else:
            lon, lat = feature["geometry"]["coordinates"]
            labels.append(_label(properties[name], lon, lat, "metro", properties["rank"]))
    for feature in outline.landmarks["features"]:
        properties = feature["properties"]
        lon, lat = feature["geometry"]["coordinates"]
        labels.append(_label(properties[name], lon, lat, properties["kind"], properties["rank"]))
    for row in divisions:
        if row.level is DivisionLevel.TOWNSHIP and row.lon is not None and row.lat is not None:
            labels.append(_label(row.name if name == "name_zh" else row.name_en, row.lon, row.lat, "township", 1))
    for text, parts in _waters(outline, name):
        kind, rank = parts[0]["properties"]["kind"], min(part["properties"]["rank"] for part in parts)
        geoms = [shape(part["geometry"]) for part in parts]
        lines = [line for geom in geoms if geom.geom_type.endswith("LineString") for line in shapely.get_parts(geom)]
        if lines:
            courses.append(Course(text, kind, list(max(lines, key=shapely.length).coords), REFERENCE_ZOOMS[kind][rank - 1], len(lines) < len(geoms)))
        elif kind == "lake":
            point = shapely.point_on_surface(max(shapely.get_parts(geoms[0]), key=shapely.area))
            labels.append(_label(text, round(point.x, 4), round(point.y, 4), kind, rank))
    labels.sort(key=lambda label: label.zoom)
    return Reference(metro, courses, labels)


def _label(text: str, lon: float, lat: float, kind: str, rank: int) -> Label:
    return Label(text, lon, lat, kind, REFERENCE_ZOOMS[kind][rank - 1])


def _waters(outline: Outline, name: str) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Give the waters by name: a river has its banks and its line, and is named once."""
    waters: dict[str, list[Mapping[str, Any]]] = {}
    for feature in outline.water["features"]:
        properties = feature["properties"]
        if properties.get(name) and properties.get("kind") in REFERENCE_ZOOMS:
            waters.setdefault(properties[name], []).append(feature)
    yield from waters.items()


def zoom_of(frame: Frame) -> float:
    """Give the zoom of Web Mercator in tiles of 256 pixels that a window has."""
    return math.log2(frame.scale * 2 * math.pi / _WORLD)


def shows_metro(zoom: float) -> bool:
    """Tell whether the lines of the metro are drawn."""
    return zoom >= METRO_ZOOM


def place_reference(frame: Frame, reference: Reference, cover: Cover) -> list[Written]:
    """Find room for names in a picture, below everything that is there already.

    Parameters
    ----------
    frame
        What is seen.
    reference
        What there is.
    cover
        What is covered; names are added to it.

    Returns
    -------
    list of Written
        A name that finds no room is left out; the mark of a station stays.
    """
    zoom, written, texts = zoom_of(frame), [], set[str]()
    for course in reference.courses:
        if zoom >= course.zoom and (one := _along(frame, course, zoom, cover)):
            written.append(one)
    for label in until_deadline(reference.labels):
        # A square and its station may bear one name.
        if label.text not in texts and (one := _beside(frame, label, zoom, cover)):
            written.append(one)
            texts.add(one.text)
    return written


def _beside(frame: Frame, label: Label, zoom: float, cover: Cover) -> Written | None:
    mark = frame.place(label.lon, label.lat)
    is_station = label.kind == "metro"
    if zoom < (STATION_ZOOM if is_station else label.zoom) or not frame.has_inside((*mark, *mark)):
        return None
    own = mark if label.has_mark else None
    wide = text_width(label.text, REFERENCE_SIZE)
    corners = CORNERS if label.has_mark else ((0.5, 0.0, 0.0),)
    for share, right, down in corners if zoom >= label.zoom else ():
        left, middle = mark[0] - share * wide + right, mark[1] + down
        box = (left, middle - _HALF, left + wide, middle + _HALF)
        if cover.leaves_free(box) and frame.has_inside(box):
            cover.add(box)
            return Written(label.kind, label.text, left + wide / 2, middle, mark=own)
    return Written(label.kind, "", *mark, mark=mark) if is_station else None


def _along(frame: Frame, course: Course, zoom: float, cover: Cover) -> Written | None:
    """Write a name along the longest stretch that is in view and free."""
    points = [frame.place(lon, lat) for lon, lat in course.points]
    wide = text_width(course.text, REFERENCE_SIZE) * 1.4
    aside = 0.0 if course.is_wide and zoom >= BANKS_ZOOM else BESIDE
    stretches = sorted(pairwise(points), key=lambda pair: -math.dist(*pair))
    for share in _SHARES:
        for (x1, y1), (x2, y2) in stretches:
            angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
            angle -= 180 * round(angle / 180)
            turn = math.radians(angle)
            x, y = x1 + (x2 - x1) * share - math.sin(turn) * aside, y1 + (y2 - y1) * share + math.cos(turn) * aside
            across = (abs(math.cos(turn)) * wide / 2 + abs(math.sin(turn)) * _HALF, abs(math.sin(turn)) * wide / 2 + abs(math.cos(turn)) * _HALF)
            box: Rectangle = (x - across[0], y - across[1], x + across[0], y + across[1])
            if cover.leaves_free(box) and frame.has_inside(box):
                cover.add(box)
                return Written(course.kind, course.text, x, y, angle)
    return None
