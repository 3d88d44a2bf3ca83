"""What the map is oriented by: what is gathered, at which zoom it is written, and where in a picture there is room for it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
import shapely

from geo.atlas import Atlas
from geo.draw.basemap import Outline
from geo.draw.lettering import text_width
from geo.draw.marks import Mark
from geo.draw.picture import draw_svg
from geo.draw.placement import Cover, Frame, fit
from geo.draw.reference import Course, Label, Reference, build_reference, place_reference, zoom_of
from geo.ground.bbox import Box
from geo.ground.palette import METRO_ZOOM, REFERENCE_SIZE, REFERENCE_ZOOMS, STATION_ZOOM
from tests.unit.test_picture import CAPTION

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session")
def reference(atlas: Atlas) -> Reference:
    return build_reference(atlas.outline, atlas.tables.divisions, "name_zh")


def window(zoom: float, lon: float = 120.2, lat: float = 30.2, width: float = 1200, height: float = 800) -> Frame:
    """A window with a zoom, around a point."""
    degrees = 360 / 256 / 2**zoom
    frame = fit(Box(lon - degrees * width / 2, lat, lon + degrees * width / 2, lat + 1e-9), 0, 0, width, height, margin=0)
    assert zoom_of(frame) == pytest.approx(zoom, abs=1e-6)
    return frame


def test_everything_with_a_name_and_a_zoom_is_gathered(atlas: Atlas, reference: Reference) -> None:
    townships = [row for row in atlas.tables.divisions if row.level == "township" and row.lon is not None]
    stations = [feature for feature in atlas.outline.metro["features"] if feature["properties"]["kind"] == "station"]
    by_kind = {kind: [label.text for label in reference.labels if label.kind == kind] for kind in REFERENCE_ZOOMS}
    assert sorted(by_kind["township"]) == sorted(row.name for row in townships)
    assert sorted(by_kind["metro"]) == sorted(feature["properties"]["name_zh"] for feature in stations)
    assert sum(map(len, by_kind.values())) == len(reference.labels)
    assert [label.zoom for label in reference.labels] == sorted(label.zoom for label in reference.labels)


def test_a_water_is_named_once(reference: Reference) -> None:
    names = [course.text for course in reference.courses] + [label.text for label in reference.labels if label.kind == "lake"]
    assert names
    assert len(names) == len(set(names))


def test_names_come_in_the_language_of_the_reader(atlas: Atlas, reference: Reference) -> None:
    english = build_reference(atlas.outline, atlas.tables.divisions, "name_en")
    assert len(english.labels) == len(reference.labels)
    assert all(label.text.isascii() or max(label.text) < "\u2e80" for label in english.labels)


def test_a_city_without_metro_and_landmarks_has_its_waters_and_townships(atlas: Atlas) -> None:
    nothing = {"type": "FeatureCollection", "features": []}
    outline = Outline(atlas.outline.districts, atlas.outline.surround, atlas.outline.water, nothing, nothing)
    bare = build_reference(outline, atlas.tables.divisions, "name_zh")
    assert bare.metro == []
    assert {label.kind for label in bare.labels} == {"lake", "township"}
    assert bare.courses


@pytest.mark.parametrize("zoom", [8, 9, 10, 11, 12, 13, 14, 15, 16])
def test_nothing_is_written_before_its_zoom(reference: Reference, zoom: float) -> None:
    zooms = {label.text: label.zoom for label in reversed(reference.labels)} | {course.text: course.zoom for course in reference.courses}
    written = place_reference(window(zoom), reference, Cover())
    assert all(zooms[one.text] <= zoom for one in written if one.text)
    assert all(zoom >= STATION_ZOOM for one in written if not one.text)


@pytest.mark.parametrize("zoom", [9, 10.5, 12, 12.5, 13.5, 15])
def test_names_keep_clear_of_each_other_and_of_what_was_there(reference: Reference, zoom: float) -> None:
    frame, taken = window(zoom), [(100.0, 100.0, 700.0, 300.0), (0.0, 500.0, 1200.0, 640.0)]
    written = [one for one in place_reference(frame, reference, Cover(taken)) if one.text and not one.angle]
    boxes = taken + [
        (one.x - wide / 2, one.y - 8, one.x + wide / 2, one.y + 8) for one in written for wide in (text_width(one.text, REFERENCE_SIZE),)
    ]
    tree = shapely.STRtree([shapely.box(left + 0.01, top + 0.01, right - 0.01, bottom - 0.01) for left, top, right, bottom in boxes])
    first, second = tree.query(tree.geometries, predicate="intersects")
    assert (first == second).all()
    assert all(frame.has_inside(box) for box in boxes[len(taken) :])


def test_no_name_is_written_twice(reference: Reference) -> None:
    texts = [one.text for one in place_reference(window(13), reference, Cover()) if one.text]
    assert len(texts) == len(set(texts))


def test_a_station_without_room_for_its_name_keeps_its_mark() -> None:
    station = Label("站", 120.2, 30.2, "metro", 12.0)
    everything = [(0.0, 0.0, 1200.0, 800.0)]
    (mark,) = place_reference(window(14), Reference([], [], [station]), Cover(everything))
    assert (mark.text, mark.mark) == ("", (mark.x, mark.y))
    assert place_reference(window(14), Reference([], [], [station._replace(kind="park")]), Cover(everything)) == []


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize("zoom", [11, 13])
def test_a_river_is_named_between_its_banks_or_beside_its_line(zoom: float, *, is_wide: bool) -> None:
    course = Course("江", "river", [(120.0, 30.2), (120.4, 30.2)], 9.0, is_wide)
    frame = window(zoom)
    (name,) = place_reference(frame, Reference([], [course], []), Cover())
    line = frame.place(120.2, 30.2)[1]
    assert abs(name.y - line) < 0.5 if is_wide and zoom > 12 else 8 < abs(name.y - line) < 16
    assert abs(name.angle) < 1


def test_a_name_along_a_river_is_never_upside_down(reference: Reference) -> None:
    angles = [one.angle for zoom in (9, 10, 12, 14) for one in place_reference(window(zoom), reference, Cover())]
    assert any(angles)
    assert all(-90 <= angle <= 90 for angle in angles)


def drawn(atlas: Atlas, marks: list[Mark], reference: Reference | None, view: Box) -> ET.Element:
    return ET.fromstring(draw_svg(atlas.outline, atlas.layers.corridors, marks, {}, view, CAPTION, reference))


def test_a_picture_has_the_reference_below_everything_else(atlas: Atlas, marks: list[Mark], reference: Reference) -> None:
    view = Box(120.1, 30.15, 120.25, 30.25)
    svg, without = drawn(atlas, marks, reference, view), drawn(atlas, marks, None, view)
    group = svg.find(f".//{SVG}g[@id='reference']")
    assert group is not None
    names = {element.text for element in group.iter(f"{SVG}text")}
    assert names & {label.text for label in reference.labels}
    # What the atlas is about is drawn as if nothing were below it.
    own = [ET.tostring(element) for element in svg.iter() if element not in set(group.iter()) and element.tag in (f"{SVG}text", f"{SVG}circle")]
    assert own == [ET.tostring(element) for element in without.iter() if element.tag in (f"{SVG}text", f"{SVG}circle")]


def test_a_picture_without_metro_has_neither_lines_nor_stations(atlas: Atlas, marks: list[Mark], reference: Reference) -> None:
    view = Box(120.1, 30.15, 120.25, 30.25)
    group = drawn(atlas, marks, reference.without_metro(), view).find(f".//{SVG}g[@id='reference']")
    assert group is not None
    stations = {label.text for label in reference.labels if label.kind == "metro"} - {
        label.text for label in reference.labels if label.kind != "metro"
    }
    assert not stations & {element.text for element in group.iter(f"{SVG}text")}
    assert not [path for path in group.iter(f"{SVG}path") if path.get("fill") == "none"]


def test_the_lines_of_the_metro_begin_at_their_zoom(atlas: Atlas, marks: list[Mark], reference: Reference) -> None:
    for zoom, has_lines in ((METRO_ZOOM - 1, False), (METRO_ZOOM + 1, True)):
        half = 360 / 256 / 2**zoom * 600
        group = drawn(atlas, marks, reference, Box(120.2 - half, 30.1, 120.2 + half, 30.3)).find(f".//{SVG}g[@id='reference']")
        assert group is not None
        assert bool([path for path in group.iter(f"{SVG}path") if path.get("fill") == "none"]) is has_lines
