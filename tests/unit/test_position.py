"""The promise of the map: no symbol is drawn farther from its point than the stated radius of its place, in no picture and at no size."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from pyproj import Geod

from geo.atlas import Atlas
from geo.draw.first_paint import SCREENS, draw_sketch
from geo.draw.marks import Mark, map_marks
from geo.draw.placement import Frame, Placed, fit, place_marks, project
from geo.ground.bbox import Box
from geo.ground.palette import FLOATING

GEOD = Geod(ellps="WGS84")
WIDTHS = (320, 360, 390, 480, 680, 760, 820, 1024, 1280, 1440, 1920)
ZOOMS = [zoom / 2 for zoom in range(16, 35)]
# Web Mercator is drawn on a sphere, which differs from the ellipsoid by so much at most.
SPHERE = 1.007


def marks_of(atlas: Atlas, key: str) -> list[Mark]:
    points = atlas.layers.places.geometry.to_dict()
    comparison = atlas.comparisons[key] if key else None
    return map_marks(atlas.tables.places, atlas.answers, points, lambda place: place.name_zh, comparison)


def frames(view: Box) -> Iterator[Frame]:
    for width in WIDTHS:
        yield fit(view, 0, 0, width, width * 0.7)
    centre = project((view.west + view.east) / 2, (view.south + view.north) / 2)
    for zoom in ZOOMS:
        yield Frame(0, 0, 1000, 800, 256 * 2**zoom / (2 * math.pi), centre, (500.0, 400.0))


def assert_kept(frame: Frame, marks: list[Mark], placed: Placed) -> None:
    drawn = {mark.id: mark for mark in placed.marks}
    counted = [id_ for mark in placed.marks for id_ in mark.guests]
    assert sorted([*(id_ for id_, mark in drawn.items() if not mark.guests), *counted]) == sorted(mark.id for mark in marks)
    for mark in placed.marks:
        x, y = placed.spots[mark.id]
        true = frame.place(mark.lon, mark.lat)
        away = math.dist((x, y), true)
        if mark.guests or mark.symbol not in FLOATING or mark.look.form in ("measured", "unsized"):
            assert away < 1e-6, mark.id
            continue
        lon, lat = (math.degrees(angle) for angle in unproject(frame, x, y))
        _, _, metres = GEOD.inv(mark.lon, mark.lat, lon, lat)
        assert metres <= SPHERE * mark.reach_m, (mark.id, metres)


def unproject(frame: Frame, x: float, y: float) -> tuple[float, float]:
    east, north = frame.centre[0] + (x - frame.middle[0]) / frame.scale, frame.centre[1] - (y - frame.middle[1]) / frame.scale
    return east, math.atan(math.sinh(north))


def may_be_off(mark: Mark) -> float:
    """By how many metres a symbol may be off its point; what is written to a tenth of a pixel is off by some twenty."""
    return max(20, SPHERE * mark.reach_m) if mark.symbol in FLOATING and mark.look.is_hollow else 20


@pytest.fixture(scope="module")
def keys(atlas: Atlas) -> list[str]:
    return ["", *atlas.comparisons]


def test_no_symbol_stands_beyond_the_radius_of_its_place(atlas: Atlas, keys: list[str], view: Box) -> None:
    has_rings = set()
    for key in keys:
        marks = marks_of(atlas, key)
        for frame in frames(view):
            placed = place_marks(frame, marks)
            assert_kept(frame, marks, placed)
            has_rings.add(any(mark.guests for mark in placed.marks))
    # The one and the other occurs, so that something is said of both.
    assert has_rings == {True, False}


def test_the_first_drawing_keeps_the_radius_as_well(atlas: Atlas, keys: list[str], view: Box) -> None:
    """It is scaled as a whole to the view of the map, so that what is true in metres at one zoom is true at each."""
    for key in keys:
        marks = marks_of(atlas, key)
        sketch = draw_sketch("", atlas.layers.corridors.iloc[:0], marks, {}, view, view, {}, (), "name_zh")
        left, top, wide, _ = map(float, sketch.view_box.split())
        scale = wide / (project(view.east, 0)[0] - project(view.west, 0)[0])
        (west, south), (east, north) = project(view.west, view.south), project(view.east, view.north)
        frame = Frame(left, top, wide, wide, scale, ((west + east) / 2, (south + north) / 2), (0.0, 0.0))
        for group in ET.fromstring(f"<svg>{sketch.content}</svg>").findall("g"):
            assert group.attrib["class"] in {screen.name for screen in SCREENS}
            for path in group.findall("path"):
                if not {"core", "hole"} & set(path.attrib["class"].split()):
                    continue
                for x, y in re.findall(r"M(\S+) (\S+?)[hl]", path.attrib["d"]):
                    lon, lat = (math.degrees(angle) for angle in unproject(frame, float(x), float(y)))
                    gaps = [GEOD.inv(mark.lon, mark.lat, lon, lat)[2] - may_be_off(mark) for mark in marks]
                    assert min(gaps) <= 0, (key, path.attrib["class"], x, y)


def test_every_place_states_a_radius(atlas: Atlas) -> None:
    assert all(mark.reach_m > 0 for mark in marks_of(atlas, ""))
