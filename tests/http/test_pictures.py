"""The map as a picture: the parameters of the page, and answers that can be kept."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.geocode.answers import Match
from geo.ground.palette import LARGEST, UNSIZED
from geo.serve.site import site_of
from tests.conftest import Edit
from tests.drawn import read_symbols, read_tokens

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = {"/map.svg": "image/svg+xml", "/map.png": "image/png"}
COMPARISON = "an indicator and a period that go together"


def svg_at(client: FlaskClient, path: str) -> ET.Element:
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    return ET.fromstring(response.data)


def texts(svg: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in svg.iter(f"{SVG}text") if element.get("class") != "halo"]


def circles(svg: ET.Element) -> list[dict[str, str]]:
    """The round symbols on the map, without those of the legend."""
    return [dict(element.attrib) for element in svg.findall(f"{SVG}g/{SVG}g[@id='places']/{SVG}circle") if element.get("class") != "core"]


@pytest.mark.parametrize(("path", "media_type"), PICTURES.items())
def test_a_picture_has_its_media_type_and_is_asked_for_again(client: FlaskClient, flask_app: Flask, path: str, media_type: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == media_type
    assert response.headers["Cache-Control"] == "no-cache"
    assert re.fullmatch(r'"[0-9a-f]{20}"', response.headers["ETag"])
    assert response.last_modified == site_of(flask_app).last_change
    assert "Accept-Language" in response.vary


@pytest.mark.parametrize("path", PICTURES)
def test_a_client_that_has_the_picture_gets_an_empty_304(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    other = client.get(f"{path}?corridor=west", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    assert other.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("path", PICTURES)
def test_the_same_picture_has_the_same_bytes(client: FlaskClient, path: str) -> None:
    assert client.get(path).data == client.get(f"{path}?lang=zh&indicator=").data


def test_the_png_is_the_svg_drawn(client: FlaskClient) -> None:
    png, svg = client.get("/map.png").data, svg_at(client, "/map.svg")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (int(svg.attrib["width"]), int(svg.attrib["height"])) == (1400, 990)


def test_the_picture_says_what_it_is_from_what_and_when(client: FlaskClient, flask_app: Flask) -> None:
    site = site_of(flask_app)
    written = texts(svg_at(client, "/map.svg"))
    assert written[0] == "杭州产业平台图"
    assert written[1].startswith("杭州高新区(滨江)规上工业增加值居全市第一：756 亿元")
    assert site.report
    assert written[-1] == (
        f"显示 30 处，共 30 处 · 来源：{site.report.title} · 数据 {site.last_change.date().isoformat()}，版本 {site.atlas.tables.version}"
    )
    assert written[-2] == "内置轮廓，WGS-84；无审图号，仅作示意 · 轮廓：天地图 2024、GSHHG、© OpenStreetMap contributors"


def test_the_picture_speaks_the_language_of_the_address_then_of_the_browser(client: FlaskClient) -> None:
    written = texts(svg_at(client, "/map.svg?lang=en"))
    assert written[0] == "Industrial platforms of Hangzhou"
    assert "Future Sci-Tech City" in written
    assert "未来科技城" not in written
    assert texts(ET.fromstring(client.get("/map.svg", headers={"Accept-Language": "en"}).data)) == written
    assert texts(ET.fromstring(client.get("/map.svg?lang=zh", headers={"Accept-Language": "en"}).data))[0] == "杭州产业平台图"


def test_a_filter_of_the_page_is_one_of_the_picture(client: FlaskClient) -> None:
    west = svg_at(client, "/map.svg?corridor=west")
    written = texts(west)
    assert {"紫金港科技城", "未来科技城", "城西科创大走廊"} <= set(written)
    assert "城东智造大走廊" not in written
    assert written[-1].startswith("显示 2 处，共 30 处 · ")
    assert {circle["fill"] for circle in circles(west)} == {"#1f5f8b"}
    assert len(circles(west)) == 2
    (found,) = circles(svg_at(client, "/map.svg?q=紫金港"))
    assert found["fill"] == "#1f5f8b"


def test_what_a_filter_leaves_nothing_of_is_still_a_map(client: FlaskClient) -> None:
    svg = svg_at(client, "/map.svg?q=xyzzy")
    assert circles(svg) == []
    assert texts(svg)[-1].startswith("显示 0 处，共 30 处 · ")
    assert "城东智造大走廊" in texts(svg)


@pytest.mark.parametrize("box", ["120,30,120,30", "-180,-90,180,90", "0,90,0,90", "120.1,30.1,120.3,30.3"])
def test_any_box_of_the_earth_can_be_drawn(client: FlaskClient, box: str) -> None:
    assert svg_at(client, f"/map.svg?bbox={box}").tag == f"{SVG}svg"


def test_a_box_is_what_the_picture_shows(client: FlaskClient) -> None:
    assert texts(svg_at(client, "/map.svg?bbox=120.02,30.018,120.03,30.03"))[-1].startswith("显示 3 处，共 30 处 · ")


def test_a_comparison_sizes_the_symbols_by_area(client: FlaskClient) -> None:
    svg = svg_at(client, "/map.svg?indicator=area@2022")
    radii = sorted((float(circle["r"]) for circle in circles(svg)), reverse=True)
    assert radii[0] == 26
    assert radii[1] ** 2 / radii[0] ** 2 == pytest.approx(7.13 / 13.48, abs=0.01)
    assert radii[2] ** 2 / radii[0] ** 2 == pytest.approx(5.36 / 13.48, abs=0.01)
    assert set(radii[3:]) == {4.0}
    assert len(radii) == 26
    # Districts and the city have no area here, and stay diamonds.
    assert len([symbol for symbol in read_symbols(svg) if symbol.shape == "diamond"]) == 3
    written = texts(svg)
    assert written[1] == "3 处中滨萧特别合作园的面积最大：13.48 平方公里（2022 年）。"


def test_a_place_without_the_figure_is_a_grey_ring(client: FlaskClient) -> None:
    small = [circle for circle in circles(svg_at(client, "/map.svg?indicator=area@2022")) if circle["r"] == "4.0"]
    assert {(circle["fill"], circle["stroke"]) for circle in small} == {("#fffdf9", "#5d6166")}


def test_a_figure_that_only_grows_is_as_large_as_a_platform(client: FlaskClient) -> None:
    svg = svg_at(client, "/map.svg?indicator=manufacturing_investment@2023-Q1&lang=en")
    assert sorted({circle["r"] for circle in circles(svg)}) == ["10.0", "4.0"]


def test_every_comparison_can_be_drawn(client: FlaskClient, flask_app: Flask) -> None:
    for key in site_of(flask_app).atlas.comparisons:
        assert max(float(circle["r"]) for circle in circles(svg_at(client, f"/map.svg?indicator={key}"))) in (LARGEST, UNSIZED), key


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ("lang=fr", "lang", "lang='fr': expected one of zh, en"),
        ("lang=", "lang", "lang='': expected one of zh, en"),
        ("indicator=area", "indicator", f"indicator='area': expected {COMPARISON}"),
        ("indicator=area@1999", "indicator", f"indicator='area@1999': expected {COMPARISON}"),
        ("corridor=north", "corridor", "corridor='north': expected one of west, east, none"),
        ("corridor=", "corridor", "corridor='': expected one of west, east, none"),
        ("colour=red", "colour", "colour='red': expected one of the filters of places: corridor, kind, district, bbox, q"),
        ("place=fullsemi-1", "place", "place='fullsemi-1': expected one of the filters of places: corridor, kind, district, bbox, q"),
        ("bbox=1,2,3,4&bbox=5,6,7,8", "bbox", "bbox='5,6,7,8': expected the parameter once"),
        ("q=a%00b", "q", "q='a\\x00b': expected text without control characters"),
    ],
)
def test_a_bad_parameter_is_a_problem(client: FlaskClient, path: str, query: str, parameter: str, detail: str) -> None:
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert (document["title"], document["parameter"], document["detail"]) == ("Bad parameter", parameter, detail)


def test_a_refused_indicator_is_answered_with_those_there_are(client: FlaskClient, flask_app: Flask) -> None:
    document = client.get("/map.svg?indicator=x").get_json(force=True)
    assert document["allowed"] == list(site_of(flask_app).atlas.comparisons)


# --- the picture of a place ---------------------------------------------------------------------------------------------------------------


def discs(svg: ET.Element) -> list[dict[str, str]]:
    """The dashed circles within which a place lies."""
    return [circle for circle in circles(svg) if "stroke-dasharray" in circle]


@pytest.mark.parametrize("id_", ["binjiang-hitech", "fullsemi-1", "iot-town"])
def test_a_place_is_drawn_in_the_middle_of_the_disc_that_it_lies_in(client: FlaskClient, flask_app: Flask, id_: str) -> None:
    svg = svg_at(client, f"/places/{id_}/map.svg")
    assert (svg.attrib["width"], svg.attrib["height"]) == ("760", "420")
    (disc,) = discs(svg)
    # Mercator stretches the northern half of a view a little.
    assert (float(disc["cx"]), float(disc["cy"])) == pytest.approx((380, 210), abs=3)
    answer = site_of(flask_app).atlas.answers[id_]
    assert isinstance(answer, Match)
    # The whole disc is shown, and at least nine kilometres to each side, but not much more.
    shown_m = 210 * answer.uncertainty_m / float(disc["r"])
    assert 1 < shown_m / max(2.2 * answer.uncertainty_m, 9_000) < 1.4
    # The line around the symbol of the place itself is of ink.
    assert "#22262b" in {circle.get("stroke") for circle in circles(svg)} | {path.get("stroke") for path in svg.findall(f"{SVG}g/{SVG}g/{SVG}path")}


@pytest.mark.parametrize("id_", ["xiaoshan-district", "hangzhou"])
def test_an_area_is_drawn_by_its_outline_and_not_by_a_disc(client: FlaskClient, id_: str) -> None:
    for path in ("/map.svg", f"/places/{id_}/map.svg"):
        svg = svg_at(client, path)
        assert discs(svg) == []
        hue = read_tokens()["none" if id_ == "hangzhou" else "corridor-east"]
        outlines = [part for part in svg.iter(f"{SVG}path") if part.get("stroke") == hue and part.get("fill-opacity") in ("0", "0.06")]
        assert outlines, path
        # That of the picture's own subject is tinted, and all of it is seen.
        tinted = [part for part in outlines if part.get("fill-opacity") == "0.06"]
        assert len(tinted) == (0 if path == "/map.svg" else 1)
        for part in tinted:
            numbers = [float(number) for number in re.findall(r"[\d.-]+", part.attrib["d"])]
            assert 0 < min(numbers[::2]) < max(numbers[::2]) < 760
            assert 0 < min(numbers[1::2]) < max(numbers[1::2]) < 420


def test_the_picture_of_a_place_has_no_words_but_those_of_the_map(client: FlaskClient) -> None:
    written = texts(svg_at(client, "/places/binjiang-hitech/map.svg"))
    assert "杭州高新区(滨江)" in written
    assert "杭州产业平台图" not in written
    assert "走廊示意，非规划边界" not in written
    assert "Hangzhou High-tech Zone (Binjiang)" in texts(svg_at(client, "/places/binjiang-hitech/map.svg?lang=en"))


def test_the_preview_of_a_place_has_its_name_its_figure_and_how_sure_its_location_is(client: FlaskClient, flask_app: Flask) -> None:
    response = client.get("/places/fullsemi-1/map.png?lang=zh")
    assert response.content_type == "image/png"
    assert struct.unpack(">II", response.data[16:24]) == (1200, 630)
    assert response.data != client.get("/places/fullsemi-1/map.png?lang=en").data
    assert client.get("/places/fullsemi-1/map.png", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_every_located_place_has_its_pictures(client: FlaskClient, flask_app: Flask) -> None:
    """The PNG of one in five here, and of every one in the frozen site."""
    for number, (id_, answer) in enumerate(site_of(flask_app).atlas.answers.items()):
        for ending in ("svg",) if number % 5 and isinstance(answer, Match) else ("svg", "png"):
            response = client.get(f"/places/{id_}/map.{ending}")
            assert response.status_code == (200 if isinstance(answer, Match) else 404), (id_, ending)


@pytest.mark.parametrize("ending", ["svg", "png"])
@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("lang=fr", "lang='fr': expected lang as one of zh, en"),
        ("corridor=west", "corridor='west': expected lang as one of zh, en"),
        ("bbox=1,2,3,4", "bbox='1,2,3,4': expected lang as one of zh, en"),
    ],
)
def test_the_picture_of_a_place_takes_a_language_and_nothing_else(client: FlaskClient, ending: str, query: str, detail: str) -> None:
    response = client.get(f"/places/fullsemi-1/map.{ending}?{query}")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["detail"] == detail
    assert document["allowed"] == ["zh", "en"]


def test_a_name_is_no_markup(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit) -> None:
    names = ["<script>alert(1)</script>", "&lt;b&gt;", '"><g onload="x">', "{{ 6 * 7 }}"]
    ids = ["binjiang-hitech", "qiantang-new-area", "qiantang-smart-city", "future-scitech-city"]
    for line, name in enumerate(names, 2):
        edit("places.csv", line, "name_zh", name)
    client = client_of(data_copy)
    svg = svg_at(client, "/map.svg")
    assert set(names) <= set(texts(svg))
    assert not any(element.tag.endswith("script") or "onload" in element.attrib for element in svg.iter())
    assert client.get("/map.png").data.startswith(b"\x89PNG\r\n\x1a\n")
    for id_, name in zip(ids, names, strict=True):
        of_place = svg_at(client, f"/places/{id_}/map.svg")
        assert name in texts(of_place)
        assert not any(element.tag.endswith("script") or "onload" in element.attrib for element in of_place.iter())
        assert client.get(f"/places/{id_}/map.png").data.startswith(b"\x89PNG\r\n\x1a\n")
