"""The drawing that comes with the page: every place at its pixel, in the fewest bytes, and nothing of the data as markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest
from pyproj import Transformer

from geo.atlas import Atlas
from geo.draw.basemap import Outline
from geo.draw.first_paint import SCREENS, Sketch, draw_background, draw_sketch
from geo.draw.marks import Mark, look_without
from geo.ground.bbox import Box
from geo.ground.palette import CROWD
from tests.unit.test_picture import NAMES, site

WORLD = 256 / (2 * 20_037_508.342789244)
TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
HANGZHOU = Box(119.7, 29.8, 120.6, 30.5)


def draw(atlas: Atlas, marks: list[Mark], view: Box = HANGZHOU, background: str = "", **more: object) -> Sketch:
    belts = atlas.layers.corridors.iloc[:0]
    given = {"ties": {}, "corridors": NAMES, "districts": (), "district_name": "name_zh", "belts": belts} | more
    return draw_sketch(background, given.pop("belts"), marks, view=view, **{"whole": view, **given})


def parse(sketch: Sketch) -> dict[str, ET.Element]:
    """What is drawn for each screen."""
    root = ET.fromstring(f"<svg>{sketch.content}</svg>")
    return {group.attrib["class"]: group for group in root.findall("g")}


def spots(group: ET.Element, look: str = "") -> list[tuple[float, float]]:
    """Where the symbols of a screen are, in units of the drawing; each once."""
    found = []
    for path in group.findall("path"):
        classes = path.attrib["class"].split()
        if ("core" in classes or "hole" in classes) and look in path.attrib["class"]:
            found += [(float(x), float(y)) for x, y in re.findall(r"M(\S+) (\S+?)[hl]", path.attrib["d"])]
    return found


def pixel(sketch: Sketch, lon: float, lat: float) -> tuple[float, float]:
    """Where a point belongs, by another implementation of the projection."""
    x, y = TO_METRES.transform(lon, lat)
    left, top, right, bottom = sketch.bounds
    scale = 2 ** sketch.zooms[0]
    return (128 + x * WORLD - (left + right) / 2) * scale, (128 - y * WORLD - (top + bottom) / 2) * scale


def test_a_part_of_the_whole_lies_on_the_same_ground(atlas: Atlas) -> None:
    """The ground is drawn once for the whole, and laid under what is chosen."""
    part = Box(120.1, 30.1, 120.3, 30.2)
    # A step of the ground from the middle of the whole, where both drawings have a point.
    sketch = draw(atlas, [], part, '<path class="shape-line x" d="M100 -50l10 0"/><g class="waters"></g>', whole=HANGZHOU)
    drawn = draw(atlas, [], HANGZHOU)
    root = ET.fromstring(f"<svg>{sketch.content}</svg>")
    turned = root.find("g[@transform]")
    assert turned is not None
    scale, _, _, _, right, down = map(float, turned.attrib["transform"].removeprefix("matrix(").removesuffix(")").split())
    for lon, lat in ((120.1, 30.1), (120.2, 30.15), (120.3, 30.2)):
        x, y = pixel(drawn, lon, lat)
        assert (scale * x + right, scale * y + down) == pytest.approx(pixel(sketch, lon, lat), abs=0.1)


def test_every_located_place_is_at_its_pixel_on_every_screen(atlas: Atlas, marks: list[Mark], view: Box) -> None:
    sketch = draw(atlas, marks, view)
    groups = parse(sketch)
    assert list(groups) == [screen.name for screen in SCREENS]
    for group in groups.values():
        drawn = spots(group)
        # A ring stands for as many as it says.
        counted = [int(text.text or "") for text in group.findall("text") if re.fullmatch(r"\+\d+", text.text or "")]
        assert len(drawn) - len(counted) + sum(counted) == len(marks) == 29
        for mark in marks:
            if mark.symbol not in ("guest", "district", "city"):
                x, y = pixel(sketch, mark.lon, mark.lat)
                assert min(abs(x - one[0]) + abs(y - one[1]) for one in drawn) < 0.15, mark.id


def test_the_bounds_are_those_of_the_view(atlas: Atlas) -> None:
    sketch = draw(atlas, [])
    (west, south), (east, north) = TO_METRES.transform(HANGZHOU.west, HANGZHOU.south), TO_METRES.transform(HANGZHOU.east, HANGZHOU.north)
    wanted = (128 + west * WORLD, 128 - north * WORLD, 128 + east * WORLD, 128 - south * WORLD)
    assert sketch.bounds == pytest.approx(wanted, abs=1e-9)
    left, top, width, height = map(float, sketch.view_box.split())
    scale = 2 ** sketch.zooms[0]
    assert (width, height) == pytest.approx(((wanted[2] - wanted[0]) * scale, (wanted[3] - wanted[1]) * scale), abs=0.01)
    assert (left, top) == pytest.approx((-width / 2, -height / 2), abs=0.01)


def test_a_symbol_is_as_large_as_that_of_the_map(atlas: Atlas) -> None:
    """A circle of the map has a stroke, which lies half outside: hollow ones one of 2, filled ones one of 1.5."""
    sized = [site("a", 120, 30, symbol="platform"), site("b", 120.3, 30.2, symbol="guest"), site("c", 120.1, 30.3, radius=26)]
    group = parse(draw(atlas, sized))["wide"]
    assert [path.attrib["class"] for path in group.findall("path")] == [
        f"dot {look} corridor-east" for look in ("rim", "core", "rim", "core", "ring", "hole")
    ]
    # Large ones first, so that the small ones stay on top.
    assert [path.attrib["stroke-width"] for path in group.findall("path")] == ["53.5", "50.5", "21.5", "18.5", "12", "8"]


def test_what_has_no_figure_is_a_thin_grey_ring_and_a_district_a_diamond(atlas: Atlas) -> None:
    without = replace(site("a", 120, 30), look=look_without("site"))
    marks = [
        without,
        replace(without, id="b", lon=120.1, symbol="district", look=look_without("district")),
        site("c", 120.3, 30.2, symbol="district"),
        site("d", 120, 30.3, radius=9, symbol="city"),
    ]
    group = parse(draw(atlas, marks))["wide"]
    assert [(path.attrib["class"], path.attrib["stroke-width"]) for path in group.findall("path")] == [
        ("dot rim corridor-east", "19.5"),
        ("dot core corridor-east", "16.5"),
        ("diamond ring corridor-east", "12"),
        ("diamond hole corridor-east", "8"),
        ("dot ring corridor-none", "9.25"),
        ("dot hole corridor-none", "6.75"),
        ("diamond ring corridor-none", "9.25"),
        ("diamond hole corridor-none", "6.75"),
    ]


def test_the_lines_are_those_of_the_outline_within_a_pixel(atlas: Atlas, outline: Outline, view: Box) -> None:
    background = draw_background(outline, view)
    sketch = draw(atlas, [], view, background)
    (districts,) = (path for path in ET.fromstring(f"<svg>{background}</svg>") if path.attrib["class"] == "shape-area district")
    corners: set[tuple[int, int]] = set()
    for ring in districts.attrib["d"].split("z")[:-1]:
        numbers = [int(number) for number in re.findall(r"-?\d+", ring)]
        x, y = numbers[0], numbers[1]
        corners.add((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            corners.add((x, y))
    wanted = {
        tuple(map(round, pixel(sketch, lon, lat)))
        for feature in outline.districts["features"]
        for polygon in ([feature["geometry"]["coordinates"]] if feature["geometry"]["type"] == "Polygon" else feature["geometry"]["coordinates"])
        for ring in polygon
        for lon, lat in ring
    }
    assert len(corners) > 500
    near = {(x + dx, y + dy) for x, y in wanted for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    assert corners <= near


def test_labels_overlap_neither_each_other_nor_a_symbol(atlas: Atlas, marks: list[Mark], view: Box) -> None:
    for screen in SCREENS:
        group = parse(draw(atlas, marks, view))[screen.name]
        size = float(group.attrib["font-size"])
        boxes = []
        for text in group.findall("text"):
            if text.attrib["class"] == "label":
                x, y = float(text.attrib["x"]), float(text.attrib["y"])
                boxes.append((x, y - 0.8 * size, x + size * len(text.text or "") * 0.9, y))
        assert len(boxes) > 5
        for one, other in pairwise(sorted(boxes, key=lambda box: box[1])):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 1


def test_names_are_text_and_no_markup(atlas: Atlas) -> None:
    hostile = '<script>alert(1)</script>&"'
    sketch = draw(atlas, [site("a", 120.2, 30.2, label=hostile, symbol="platform")])
    assert "<script" not in sketch.content
    assert [text.text for text in parse(sketch)["wide"].findall("text")] == [hostile]


def test_a_crowd_is_dots_and_none_of_it_is_left_out(atlas: Atlas) -> None:
    many = [site(f"p{number}", 119.8 + number % 40 / 50, 29.9 + number // 40 / 15) for number in range(CROWD + 1)]
    doubled = [replace(mark, id=f"{mark.id}-again", lon=mark.lon + 1e-6) for mark in many]
    sketch = draw(atlas, many + doubled)
    for screen, group in parse(sketch).items():
        drawn = spots(group)
        assert len(drawn) <= len(many)
        reach = 4 * float(group.attrib["font-size"]) / 13
        for mark in many:
            x, y = pixel(sketch, mark.lon, mark.lat)
            assert min(max(abs(x - one[0]), abs(y - one[1])) for one in drawn) <= reach / 2 + 0.1, (screen, mark.id)
        assert not group.findall("text[@class='label']")


def test_a_view_of_one_point_has_a_size(atlas: Atlas) -> None:
    sketch = draw(atlas, [site("a", 120.2, 30.2)], Box(120.2, 30.2, 120.2, 30.2))
    assert sketch.zooms == (17, 17)
    assert [float(number) for number in sketch.view_box.split()[2:]] == [pytest.approx(53.4, abs=0.2)] * 2
    assert spots(parse(sketch)["wide"]) == [pytest.approx((0, 0), abs=0.1)]


def test_a_belt_tints_no_water(atlas: Atlas, outline: Outline, view: Box) -> None:
    sketch = draw(atlas, [], view, draw_background(outline, view), belts=atlas.layers.corridors)
    classes = re.findall(r'class="([^"]+)"', sketch.content)
    drawn = [name for name in classes if name.startswith("shape-")]
    last_belt = max(number for number, name in enumerate(drawn) if " belt " in name)
    first_water = min(number for number, name in enumerate(drawn) if " water" in name)
    assert max(number for number, name in enumerate(drawn) if name == "shape-area district") < last_belt < first_water


def test_belts_and_ties_have_their_corridors_look(atlas: Atlas) -> None:
    tie = ((120.18, 30.18), (120.02, 30.01))
    sketch = draw(atlas, [], belts=atlas.layers.corridors, ties={"east": [tie]})
    classes = re.findall(r'<path class="([^"]+)" d="M', sketch.content)
    assert classes == [
        "shape-area belt corridor-west",
        "shape-line axis corridor-west",
        "shape-area belt corridor-east",
        "shape-line axis corridor-east",
        "shape-line tie corridor-east",
    ]
    assert [text.text for text in parse(sketch)["wide"].findall("text")] == ["west", "east"]
