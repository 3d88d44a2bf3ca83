from __future__ import annotations

import math
import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import NamedTuple

import pytest
from pyproj import Geod

from geo.atlas import Atlas
from geo.draw.basemap import Outline
from geo.draw.legend import Legend, LegendWords, Row, build_legend
from geo.draw.marks import Look, Mark, look_without, plain_look
from geo.draw.picture import Caption, draw_svg
from geo.draw.raster import encode_png
from geo.ground.bbox import Box
from geo.ground.palette import CROWD, GREY, LEAST_COUNTED, RADII, SQUARE, WATER

SVG = "{http://www.w3.org/2000/svg}"
HANGZHOU = Box(119.7, 29.8, 120.6, 30.5)
NAMES = {corridor: corridor for corridor in ("west", "east", "none")}
HUES = {"west": "#1f5f8b", "east": "#b5511a", "none": GREY}
LEGEND = build_legend(
    None,
    LegendWords(
        (), str, dict(zip(RADII, "平合园客区市", strict=True)), "增长", "区间", "无数额", "没有 {count}", "不明 {count}", "环", "走廊", "协作", NAMES
    ),
)
CAPTION = Caption("图", "一句话", ["脚注一", "脚注二"], LEGEND, NAMES, HUES, "name_zh")
NO_OUTLINE = Outline(*({"features": []} for _ in range(5)))


class Drawn(NamedTuple):
    """A symbol as it is drawn."""

    mark: Mark
    x: float
    y: float


class Label(NamedTuple):
    """The box of a label as it is drawn."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def site(id_: str, lon: float, lat: float, label: str = "", symbol: str = "site", host: str | None = None, radius: float | None = None) -> Mark:
    look = plain_look(symbol) if radius is None else Look("circle", radius, "without" if symbol == "guest" else "measured")
    return Mark(id_, host, symbol, "east", lon, lat, label or id_, look, reach_m=7_000)


def draw(atlas: Atlas, *marks: Mark, caption: Caption = CAPTION, view: Box = HANGZHOU, width: int = 1400, height: int = 990) -> ET.Element:
    belts = atlas.layers.corridors.iloc[:0]
    return ET.fromstring(draw_svg(NO_OUTLINE, belts, marks, {}, view, caption, width=width, height=height))


def inner(svg: ET.Element) -> ET.Element:
    """The map inside of its frame."""
    group = svg.find(f"{SVG}g")
    assert group is not None
    flat = ET.Element("g")
    for child in group:
        flat.extend([part for part in child if part.tag != f"{SVG}title"] if child.tag == f"{SVG}g" else [child])
    return flat


def frame(svg: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the frame."""
    rect = svg.find(f"{SVG}clipPath/{SVG}rect")
    assert rect is not None
    left, top, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return left, top, left + width, top + height


def symbols(svg: ET.Element, *marks: Mark) -> list[Drawn]:
    """The symbols of the marks: large ones are drawn first."""
    spots = []
    for element in inner(svg):
        diamond = re.match(r"M([\d.-]+) ([\d.-]+) l([\d.]+) \3 l-\3", element.get("d", ""))
        if element.tag == f"{SVG}circle":
            spots.append((float(element.attrib["cx"]), float(element.attrib["cy"])))
        elif diamond:
            spots.append((float(diamond[1]), float(diamond[2]) + float(diamond[3])))
    return [Drawn(mark, *spot) for mark, spot in zip(sorted(marks, key=lambda mark: -mark.size), spots, strict=True)]


def labels(svg: ET.Element) -> list[Label]:
    """The labels of the marks; a Chinese character is as wide as high, another one half of that or more."""
    found = []
    for element in inner(svg).findall(f"{SVG}text"):
        if element.get("class") == "halo":
            text, x, base = "".join(element.itertext()), float(element.attrib["x"]), float(element.attrib["y"])
            wide = sum(13 if ord(character) > 0x2E80 else 6.5 for character in text)
            left = x - wide if element.get("text-anchor") == "end" else x
            found.append(Label(text, left, base - 11, left + wide, base + 3))
    return found


def texts(svg: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in svg.iter(f"{SVG}text") if element.get("class") != "halo"]


def overlap(one: Label, other: Label) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


@pytest.fixture(scope="session")
def picture(atlas: Atlas, outline: Outline, marks: list[Mark], view: Box) -> bytes:
    tie = ((120.18067, 30.18282), (120.02, 30.018))
    return draw_svg(outline, atlas.layers.corridors, marks, {"east": [tie]}, view, CAPTION)


@pytest.fixture(scope="session")
def svg(picture: bytes) -> ET.Element:
    return ET.fromstring(picture)


def test_the_picture_is_svg_in_utf_8_with_the_size_of_a_page(picture: bytes, svg: ET.Element) -> None:
    assert picture.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"")
    assert svg.tag == f"{SVG}svg"
    assert (svg.get("viewBox"), svg.get("width"), svg.get("height")) == ("0 0 1400 990", "1400", "990")
    assert svg.findtext(f"{SVG}title") == "图"


def test_the_same_input_gives_the_same_bytes(atlas: Atlas, outline: Outline, marks: list[Mark], view: Box, picture: bytes) -> None:
    tie = ((120.18067, 30.18282), (120.02, 30.018))
    assert draw_svg(outline, atlas.layers.corridors, list(marks), {"east": [tie]}, view, CAPTION) == picture


def test_the_picture_needs_nothing_else(picture: bytes, svg: ET.Element) -> None:
    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags == {"svg", "title", "rect", "text", "clipPath", "pattern", "g", "path", "circle"}
    names = {name.lower() for element in svg.iter() for name in element.attrib}
    assert not any("href" in name or name in ("style", "src") or name.startswith("on") for name in names)
    assert re.findall(rb"https?://[^\"]+", picture) == [b"http://www.w3.org/2000/svg"]
    own = {element.get("id") for element in svg.iter()}
    assert {found.decode() for found in re.findall(rb"url\(([^)]*)\)", picture)} <= {f"#{id_}" for id_ in own}


def test_every_place_has_its_symbol_inside_the_frame(svg: ET.Element, marks: list[Mark]) -> None:
    left, top, right, bottom = frame(svg)
    drawn = symbols(svg, *marks)
    assert len(drawn) == 29
    for mark, x, y in drawn:
        assert left < x - mark.size < x + mark.size < right, mark.id
        assert top < y - mark.size < y + mark.size < bottom, mark.id


def test_a_guest_stands_beside_its_host(svg: ET.Element, marks: list[Mark]) -> None:
    drawn = {one.mark.id: one for one in symbols(svg, *marks)}
    guests = [one for one in drawn.values() if one.mark.symbol == "guest"]
    assert len(guests) == 10
    for guest in guests:
        host = drawn[guest.mark.host or ""]
        away = math.dist(guest[1:], host[1:])
        assert guest.mark.size + host.mark.size < away < 80, guest.mark.id


def test_no_symbol_without_a_point_of_its_own_lies_on_another(svg: ET.Element, marks: list[Mark]) -> None:
    for one, other in combinations(symbols(svg, *marks), 2):
        if "guest" in (one.mark.symbol, other.mark.symbol):
            assert math.dist(one[1:], other[1:]) > one.mark.size + other.mark.size, (one.mark.id, other.mark.id)


def test_labels_lie_inside_the_frame_and_on_nothing(svg: ET.Element, marks: list[Mark]) -> None:
    left, top, right, bottom = frame(svg)
    written = labels(svg)
    assert {"杭州高新区(滨江)", "未来科技城", "滨富特别合作区", "萧山区"} <= {label.text for label in written} <= {mark.label for mark in marks}
    for one, other in combinations(written, 2):
        assert not overlap(one, other), (one, other)
    for label in written:
        assert left < label.left < label.right < right
        assert top < label.top < label.bottom < bottom
        for mark, x, y in symbols(svg, *marks):
            nearest = min(max(x, label.left), label.right), min(max(y, label.top), label.bottom)
            assert math.dist((x, y), nearest) >= mark.size, (label, mark.id)


def test_a_name_to_the_left_of_its_symbol_ends_beside_it(svg: ET.Element, marks: list[Mark]) -> None:
    spots = {drawn.mark.label: drawn[1] for drawn in symbols(svg, *marks)}
    names = [element for element in inner(svg).findall(f"{SVG}text") if element.get("class") == "halo"]
    sides = {
        float(name.attrib["x"]) < spots[name.text or ""]: name.get("text-anchor")
        for name in names
        if abs(float(name.attrib["x"]) - spots[name.text or ""]) < 30
    }
    assert sides == {True: "end", False: None}


def test_nothing_lies_under_the_legend(svg: ET.Element, marks: list[Mark]) -> None:
    legend = svg.find(f"{SVG}g[@id='legend']/{SVG}rect")
    assert legend is not None
    left, top = float(legend.attrib["x"]), float(legend.attrib["y"])
    assert all(x + mark.size < left or y + mark.size < top for mark, x, y in symbols(svg, *marks))
    assert all(label.right < left or label.bottom < top for label in labels(svg))


def test_no_label_lies_on_the_scale_bar_the_north_arrow_or_the_legend(atlas: Atlas) -> None:
    everywhere = [
        site(f"{column}-{row}", 119.7 + 0.9 * column / 30, 29.8 + 0.7 * row / 30, "地点")
        for column in range(31)
        for row in range(31)
        if (column + row) % 2
    ]
    svg = draw(atlas, *everywhere, caption=Caption("", "", [], LEGEND, NAMES, HUES, "name_zh"), width=700, height=620)
    (legend,) = svg.findall(f"{SVG}g[@id='legend']/{SVG}rect")
    left, top, wide, high = (float(legend.attrib[name]) for name in ("x", "y", "width", "height"))
    scale = next(element for element in svg.findall(f"{SVG}path") if " v6 h" in element.attrib["d"])
    bar = re.fullmatch(r"M([\d.]+) ([\d.]+) v6 h([\d.]+) v-6", scale.attrib["d"])
    assert bar
    (north,) = (element for element in svg.findall(f"{SVG}text") if element.text == "N")
    furniture = [
        Label("legend", left, top, left + wide, top + high),
        Label("scale", float(bar[1]), float(bar[2]) - 12, float(bar[1]) + float(bar[3]), float(bar[2]) + 6),
        Label("north", float(north.attrib["x"]) - 8, float(north.attrib["y"]) - 42, float(north.attrib["x"]) + 8, float(north.attrib["y"])),
    ]
    written = labels(svg)
    assert len(written) > 50
    assert [(label.text, piece.text) for label in written for piece in furniture if overlap(label, piece)] == []


def test_a_district_that_has_a_symbol_is_named_once(svg: ET.Element) -> None:
    assert texts(svg).count("萧山区") == 1
    assert texts(svg).count("余杭区") == 1


def test_a_corridor_is_named_along_its_axis(svg: ET.Element) -> None:
    named = [element for element in inner(svg).findall(f"{SVG}text") if element.get("transform")]
    assert [(element.text, element.get("fill")) for element in named] == [("west", "#1f5f8b"), ("east", "#b5511a")]
    for element in named:
        found = re.match(r"rotate\(([\d.-]+) ", element.attrib["transform"])
        assert found and -90 <= float(found[1]) <= 90


def test_a_belt_tints_no_water_and_a_tie_lies_above_it(svg: ET.Element) -> None:
    paths = [element.attrib for element in inner(svg).findall(f"{SVG}path")]
    belts = [number for number, path in enumerate(paths) if path["fill"].startswith("url(#hatch-")]
    water = [number for number, path in enumerate(paths) if WATER in (path["fill"], path.get("stroke"))]
    (tie,) = (number for number, path in enumerate(paths) if path.get("stroke-width") == "1.25")
    assert belts
    assert max(belts) < min(water) <= max(water) < tie


def test_what_is_written_around_the_map_is_the_caption(svg: ET.Element) -> None:
    written = texts(svg)
    assert written[:2] == ["图", "一句话"]
    assert written[-2:] == ["脚注二", "脚注一"]
    # With room for all of them no ring stands for guests.
    assert {row.text for row in (*LEGEND.rows, *LEGEND.corridors)} - {"环"} <= set(written)
    assert "环" not in written
    assert "N" in written


def test_a_finding_that_is_too_long_is_cut(atlas: Atlas) -> None:
    finding = texts(draw(atlas, caption=replace(CAPTION, finding="长" * 200)))[1]
    assert finding.endswith("长…")
    assert 80 < len(finding) <= (1400 - 64) / 15


def test_the_symbols_of_all_guests_of_one_host_are_apart(atlas: Atlas) -> None:
    host = site("host", 120.15, 30.15, symbol="platform")
    guests = [site(f"guest{number}", 120.15, 30.15, symbol="guest", host="host") for number in range(20)]
    drawn = symbols(draw(atlas, host, *guests), host, *guests)
    for one, other in combinations(drawn, 2):
        assert math.dist(one[1:], other[1:]) > one.mark.size + other.mark.size


def test_guests_keep_off_a_host_that_a_comparison_makes_large(atlas: Atlas) -> None:
    host = site("host", 120.15, 30.15, symbol="platform", radius=26)
    guests = [site(f"guest{number}", 120.15, 30.15, symbol="guest", host="host", radius=4) for number in range(12)]
    (large, *small) = symbols(draw(atlas, host, *guests), host, *guests)
    assert all(math.dist(large[1:], one[1:]) > 30 for one in small)


def test_a_guest_stands_off_the_point_of_a_host_that_is_not_shown(atlas: Atlas) -> None:
    host, guest = site("host", 120.15, 30.15), site("guest", 120.15, 30.15, symbol="guest", host="host")
    (there,) = symbols(draw(atlas, host), host)
    (here,) = symbols(draw(atlas, guest), guest)
    assert math.dist(here[1:], there[1:]) > guest.size


def test_guests_that_cannot_be_set_out_are_counted_on_the_point_of_their_host(atlas: Atlas) -> None:
    host = site("host", 120.15, 30.15, symbol="platform")
    guests = [replace(site(f"guest{number}", 120.15, 30.15, symbol="guest", host="host"), reach_m=900) for number in range(6)]
    svg = draw(atlas, host, *guests)
    ((_, x, y),) = symbols(svg, host)
    (ring,) = inner(svg).findall(f"{SVG}g[@class='guests']/{SVG}circle")
    assert (float(ring.attrib["cx"]), float(ring.attrib["cy"]), float(ring.attrib["r"])) == (x, y, host.size + 4)
    assert "+6" in [label.text for label in labels(svg)]
    assert not any("guest" in label.text for label in labels(svg))


def test_a_label_without_room_is_left_out(atlas: Atlas) -> None:
    crowd = [site(f"地点{number}", 120.15 + number * 1e-5, 30.15) for number in range(20)]
    svg = draw(atlas, *crowd)
    written = labels(svg)
    assert 0 < len(written) < 20
    assert not any(overlap(one, other) for one, other in combinations(written, 2))
    assert len(symbols(svg, *crowd)) == 20


def test_the_size_of_a_comparison_is_the_radius(atlas: Atlas) -> None:
    marks = [
        site("large", 120.0, 30.0, radius=26),
        replace(site("without", 120.2, 30.2), look=look_without("site")),
        site("plain", 120.4, 30.1),
    ]
    circles = inner(draw(atlas, *marks)).findall(f"{SVG}circle")
    assert [(circle.get("r"), circle.get("fill"), circle.get("stroke")) for circle in circles] == [
        ("26.0", "#b5511a", "#fffdf9"),
        ("5.0", "#b5511a", "#fffdf9"),
        ("4.0", "#fffdf9", "#5d6166"),
    ]


@pytest.mark.parametrize("symbol", RADII)
def test_every_symbol_is_drawn_once(atlas: Atlas, symbol: str) -> None:
    mark = site("one", 120.1, 30.1, symbol=symbol)
    ((_, x, y),) = symbols(draw(atlas, mark), mark)
    left, top, right, bottom = frame(draw(atlas, mark))
    assert left < x < right
    assert top < y < bottom


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"/><g onload="alert(1)">', "]]>&amp;&lt;", "&#0;", "<!-- -->"])
def test_text_is_never_markup(atlas: Atlas, text: str) -> None:
    legend = Legend((text,), (), (Row(("site",), text, None),), ())
    caption = Caption(text, text, [text], legend, dict.fromkeys(NAMES, text), HUES, "name_zh")
    svg = draw(atlas, site("hostile", 120.1, 30.1, label=text), caption=caption)
    assert svg.findtext(f"{SVG}title") == text
    assert texts(svg).count(text) == 6
    assert {element.tag for element in svg.iter()} == {f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "clipPath", "g", "path", "circle")}


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\n", "\ud800", "\ufffe", "\u202e", "\u2028"])
def test_what_xml_cannot_hold_is_replaced(atlas: Atlas, character: str) -> None:
    caption = replace(CAPTION, finding=f"发{character}现", footer=[f"脚{character}注"])
    svg = draw(atlas, site("odd", 120.1, 30.1, label=f"地{character}点"), caption=caption)
    assert {"发\ufffd现", "脚\ufffd注", "地\ufffd点"} <= set(texts(svg))


@pytest.mark.parametrize(
    ("view", "written"),
    [
        (Box(119.7, 29.8, 120.6, 30.5), "10 km"),
        (Box(120.1, 30.1, 120.2, 30.2), "1 km"),
        (Box(120.150, 30.150, 120.152, 30.152), "50 m"),
        (Box(115.0, 26.0, 125.0, 34.0), "100 km"),
    ],
)
def test_the_scale_bar_is_as_long_as_it_says(atlas: Atlas, view: Box, written: str) -> None:
    lat = (view.south + view.north) / 2
    west, east = site("a", view.west, lat), site("b", view.east, lat)
    svg = draw(atlas, west, east, view=view)
    (one, other) = symbols(svg, west, east)
    metres_per_pixel = Geod(ellps="WGS84").inv(west.lon, lat, east.lon, lat)[2] / math.dist(one[1:], other[1:])
    bar = next(found for path in svg.findall(f"{SVG}path") if (found := re.search(r" v6 h([\d.]+) v-6$", path.attrib["d"])))
    (label,) = (text for text in texts(svg) if re.fullmatch(r"[\d.]+ k?m", text))
    assert label == written
    number, unit = label.split()
    assert float(bar[1]) * metres_per_pixel == pytest.approx(float(number) * (1000 if unit == "km" else 1), rel=0.02)
    assert 40 < float(bar[1]) <= 120


def test_the_view_fits_into_the_frame_and_north_is_up(atlas: Atlas) -> None:
    corners = [site("sw", 119.7, 29.8), site("ne", 120.6, 30.5)]
    svg = draw(atlas, *corners)
    left, top, right, bottom = frame(svg)
    (_, x1, y1), (_, x2, y2) = symbols(svg, *corners)
    assert left < x1 < x2 < right
    assert top < y2 < y1 < bottom
    assert min(x1 - left, y2 - top) == pytest.approx(48, abs=0.1)


def test_a_view_of_a_single_point_is_drawn(atlas: Atlas) -> None:
    mark = site("one", 120.1, 30.1)
    svg = draw(atlas, mark, view=Box(120.1, 30.1, 120.1, 30.1))
    left, top, right, bottom = frame(svg)
    assert symbols(svg, mark)[0][1:] == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.1)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[12:16] == b"IHDR"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(("zoom", "size"), [(1, (700, 500)), (2, (1400, 1000)), (0.5, (350, 250))])
def test_a_png_has_the_size_of_the_svg_times_the_zoom(zoom: float, size: tuple[int, int]) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 500" width="700" height="500"><rect width="9" height="9"/></svg>'
    assert size_of(encode_png(svg, zoom)) == size


def test_the_picture_becomes_a_png_the_same_twice(picture: bytes) -> None:
    png = encode_png(picture)
    assert size_of(png) == (1400, 990)
    assert encode_png(picture) == png


def test_chinese_text_is_drawn_in_the_png(atlas: Atlas) -> None:
    def png(title: str) -> bytes:
        caption = replace(CAPTION, title=title)
        return encode_png(draw_svg(NO_OUTLINE, atlas.layers.corridors.iloc[:0], [], {}, HANGZHOU, caption, width=700, height=500))

    drawn = {title: png(title) for title in ("", "杭州产业", "杭州平台")}
    # Two titles that differ by characters only would look alike if they were boxes.
    assert len(set(drawn.values())) == 3
    assert all(size_of(one) == (700, 500) for one in drawn.values())


# --- the picture of one place -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metres", [700, 2_000, 7_300, 20_000])
def test_a_disc_has_its_radius_in_metres(atlas: Atlas, metres: int) -> None:
    """A second mark, as far to the north as the radius, stands on the rim of the disc."""
    lon, lat, _ = Geod(ellps="WGS84").fwd(120.2, 30.2, 0, metres)
    middle, rim = replace(site("middle", 120.2, 30.2), uncertainty_m=metres), site("rim", lon, lat)
    svg = draw(atlas, middle, rim)
    (disc,) = [element for element in inner(svg) if "stroke-dasharray" in element.attrib]
    places = svg.find(f"{SVG}g/{SVG}g[@id='places']")
    assert places is not None
    places.remove(disc)
    spots = {drawn.mark.id: drawn for drawn in symbols(svg, middle, rim)}
    assert (float(disc.attrib["cx"]), float(disc.attrib["cy"])) == pytest.approx((spots["middle"].x, spots["middle"].y), abs=0.1)
    # The sphere of Web Mercator differs from the ellipsoid by up to 0.4 % here, and a mark is written to a tenth of a pixel.
    assert spots["middle"].y - spots["rim"].y == pytest.approx(float(disc.attrib["r"]), rel=0.006, abs=0.15)


def test_only_what_the_picture_is_about_has_a_disc(atlas: Atlas) -> None:
    svg = draw(atlas, site("a", 120.1, 30.1), site("b", 120.3, 30.3))
    assert [element for element in inner(svg) if "stroke-dasharray" in element.attrib] == []


def test_a_picture_without_a_title_is_all_map(atlas: Atlas) -> None:
    bare = replace(CAPTION, title="", finding="", footer=[], legend=None)
    svg = draw(atlas, site("a", 120.1, 30.1), caption=bare, width=760, height=420)
    assert frame(svg) == (0, 0, 760, 420)
    assert "一句话" not in texts(svg)
    left, top, right, bottom = frame(draw(atlas, caption=replace(bare, footer=["脚注"]), width=760, height=420))
    assert (left, top, right) == (0, 0, 760)
    assert bottom < 420


# --- a crowd ------------------------------------------------------------------------------------------------------------------------------


def scatter(count: int, seed: int = 1) -> list[Mark]:
    random = Random(seed)
    return [site(f"地点{number}", random.gauss(120.2, 0.12), random.gauss(30.2, 0.06)) for number in range(count)]


def plates(svg: ET.Element) -> list[tuple[int, tuple[float, float, float, float]]]:
    """The numbers among dots, and the boxes that they stand on."""
    found = []
    for group in inner(svg).findall(f"{SVG}g[@class='plate']"):
        rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        assert rect is not None and text is not None and text.text
        left, top, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        found.append((int(text.text.replace(",", "")), (left, top, left + width, top + height)))
    return found


def test_a_crowd_states_the_number_of_its_dots_square_by_square(atlas: Atlas) -> None:
    marks = scatter(2000)
    svg = draw(atlas, *marks, caption=replace(CAPTION, counted="数字"))
    found = plates(svg)
    spots = [(x, y) for _, x, y in symbols(svg, *marks)]
    assert found
    for number, (left, top, right, bottom) in found:
        # All of them are within a square around the plate, wherever in it the plate stands.
        near = sum(left - SQUARE < x < right + SQUARE and top - SQUARE < y < bottom + SQUARE for x, y in spots)
        assert LEAST_COUNTED <= number <= near
    # No dot is counted twice, and most of a crowd are counted.
    assert len(marks) / 2 < sum(number for number, _ in found) <= len(marks)
    boxes = [box for _, box in found]
    assert not any(one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3] for one, other in combinations(boxes, 2))
    # No name is written over a number, and the legend says what it counts.
    assert not any(
        label.left < box[2] and box[0] < label.right and label.top < box[3] and box[1] < label.bottom for label in labels(svg) for box in boxes
    )
    assert "数字" in texts(svg)


def test_few_places_are_not_counted(atlas: Atlas) -> None:
    svg = draw(atlas, *scatter(CROWD), caption=replace(CAPTION, counted="数字"))
    assert plates(svg) == []
    assert "数字" not in texts(svg)


def test_a_crowd_stands_on_its_points_and_a_figure_above_what_has_none(atlas: Atlas) -> None:
    """As on the page: nothing is set out, no ring is drawn, and the small dots without a figure lie lowest."""
    guests = [replace(mark, host="host", symbol="guest", look=look_without("guest")) for mark in scatter(CROWD, seed=2)]
    valued = [replace(site(f"数字{number}", mark.lon, mark.lat, radius=5 + number / 4), value="1") for number, mark in enumerate(scatter(60, seed=3))]
    svg = draw(atlas, *valued, *guests)
    drawn = inner(svg).findall(f"{SVG}circle")
    assert inner(svg).findall(f"{SVG}g[@class='guests']") == []
    assert len(drawn) == len(guests) + len(valued)
    radii = [float(circle.attrib["r"]) for circle in drawn]
    assert radii == [4.0] * len(guests) + sorted((round(mark.size, 1) for mark in valued), reverse=True)
