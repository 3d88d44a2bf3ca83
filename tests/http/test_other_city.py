"""Another city in another folder: all that is said is said of it, and nothing of the city whose tables are shipped."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from geo.atlas import Atlas
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.serve.reload import sites_of
from geo.settings import Settings
from tests.conftest import BROWSER
from tests.drawn import SVG
from tests.other_city import DATA, TEXTS, find_shipped, shipped_words, words_of

LANGUAGES = ("zh", "en")
CRS84, EPSG = "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0"
PLACES = ["stone-port", "cloud-valley", "pine-town", "lens-plant", "relay-lab", "qinglan"]
SOURCES = ["qinglan-evening", "three-lines-plan", "qinglan-survey"]
CORRIDORS = {"river": "#0b6b6b", "rail": "#8a2d5d", "airport": "#5a5200"}
COMPARISON = "industrial_value_added@2031"

PAGES = [
    "/",
    "/?corridor=river&kind=platform&q=x",
    f"/?indicator={COMPARISON}",
    "/?corridor=north&district=x&colour=red&indicator=x&place=x",
    "/?q=nowhere",
    "/embed",
    "/dialogs",
    f"/embed?indicator={COMPARISON}&place=stone-port",
    "/about",
    "/changes",
    "/layers",
    "/layers?f=html",
    "/layers?f=jsonld",
    "/map.js",
    "/reference.js",
    "/comparisons.js",
    "/map.svg",
    f"/map.svg?indicator={COMPARISON}",
    *(f"/places/{place}{rest}" for place in PLACES for rest in ("", "/card.json")),
    *(f"/places/{place}/map.svg" for place in PLACES if place != "relay-lab"),
    *(f"/sources/{source}" for source in SOURCES),
]
OGC = [
    "/ogc/",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    *(f"/ogc/collections/{layer}{rest}" for layer in LAYERS for rest in ("", "/queryables", "/schema", "/items")),
    "/ogc/collections/places/items/stone-port",
    "/ogc/collections/places/items?filter=corridor='river'",
]
TEXT_FILES = [f"/layers/{layer}.{extension}" for layer in LAYERS for extension in ("geojson", "csv", "kml")]
# Found, found by another name, ambiguous, former, not located, elsewhere, unknown and misspelt.
NAMES = ("石湾临港园", "云陂区", "Yunbei", "临港园", "岚阴县", "中继实验室", "西安市", "nowhere", "石湾临港圆")
OTHER = [
    "/healthz",
    "/density/places",
    "/density/places/0/0/0?corridor=river",
    "/places/stone-port.geojson",
    "/reverse?lon=108.2&lat=33.95",
    "/reverse?lon=120.2&lat=30.2",
    "/geocode/api",
    *(f"/geocode?q={quote(text)}" for text in NAMES),
    f"/geocode?q={quote('临港园')}&admin={quote('石湾区')}",
]
# Answers to what is not right name what would be.
MISTAKES = [
    "/nowhere",
    "/places/nowhere",
    "/places/nowhere/map.svg",
    "/places/relay-lab/map.svg",
    "/sources/nowhere",
    "/assets/nowhere",
    "/layers/nowhere.csv",
    "/layers/places.nowhere",
    "/layers/places.csv?corridor=north",
    "/layers/places.csv?district=nowhere",
    "/layers/places.csv?kind=castle",
    "/layers/places.csv?bbox=1,2",
    "/layers/places.csv?colour=red",
    "/layers?corridor=north",
    "/map.svg?corridor=north",
    "/map.svg?indicator=nothing",
    "/map.png?size=big",
    "/geocode",
    "/geocode?q=x&admin=nowhere",
    "/geocode?q=x&host=nowhere",
    "/geocode?q=x&bbox=1,2",
    "/reverse",
    "/reverse?lon=x&lat=30",
    "/reverse?lon=500&lat=30",
    "/ogc/nowhere",
    "/ogc/collections/nowhere",
    "/ogc/collections/places/items?corridor=north",
    "/ogc/collections/places/items?district=nowhere",
    "/ogc/collections/places/items?bbox=1,2",
    "/ogc/collections/places/items?crs=nowhere",
    "/ogc/collections/places/items?filter=castle='x'",
    "/ogc/collections/places/items/nowhere",
]


@pytest.fixture(scope="module")
def other_app() -> Flask:
    return create_app(Settings.from_env({"GEO_DATA": str(DATA), "GEO_SOURCE_TEXTS": str(TEXTS)}))


@pytest.fixture(scope="module")
def other(other_app: Flask) -> Atlas:
    return sites_of(other_app).current.atlas


@pytest.fixture
def city(other_app: Flask) -> FlaskClient:
    return other_app.test_client()


def with_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def expect_nothing_shipped(response: TestResponse) -> None:
    assert find_shipped(response.get_data(as_text=True)) == []
    assert find_shipped("\n".join(f"{name}: {value}" for name, value in response.headers)) == []


# --- nothing of the shipped city ----------------------------------------------------------------------------------------------------------


def test_the_words_that_are_looked_for_are_found() -> None:
    text = " ".join(word for word, _ in shipped_words())
    assert len(shipped_words()) > 300
    for word, _ in shipped_words():
        assert find_shipped(f"({word})"), word
    assert find_shipped(quote(text))
    assert find_shipped(json.dumps(text))
    assert find_shipped("hangzhou-places.csv")
    assert find_shipped("corridor=west")
    assert not find_shipped("青岚市 Qinglan: west, south, east, north; 123301004")


@pytest.mark.parametrize("address", PAGES)
def test_no_page_names_the_shipped_city(city: FlaskClient, address: str) -> None:
    for language in LANGUAGES:
        response = city.get(with_language(address, language))
        assert response.status_code == 200
        expect_nothing_shipped(response)


@pytest.mark.parametrize("address", OGC)
def test_no_answer_of_the_features_api_names_the_shipped_city(city: FlaskClient, address: str) -> None:
    for form, language in product(("json", "html"), LANGUAGES):
        response = city.get(with_language(address, language) + f"&f={form}")
        assert response.status_code == 200, response.text
        expect_nothing_shipped(response)


@pytest.mark.parametrize("address", [*TEXT_FILES, *OTHER])
def test_no_download_and_no_answer_names_the_shipped_city(city: FlaskClient, address: str) -> None:
    response = city.get(address)
    assert response.status_code == 200
    expect_nothing_shipped(response)


@pytest.mark.parametrize("address", MISTAKES)
def test_no_error_names_the_shipped_city(city: FlaskClient, address: str) -> None:
    for accept, language in product(("application/json", BROWSER), LANGUAGES):
        response = city.get(address, headers={"Accept": accept, "Accept-Language": language})
        assert response.status_code in (400, 404), response.text
        expect_nothing_shipped(response)


def test_no_asset_names_the_shipped_city(other_app: Flask, city: FlaskClient) -> None:
    for asset in sites_of(other_app).current.assets.values():
        assert find_shipped(city.get(f"/assets/{asset.name}").get_data(as_text=True)) == [], asset.name


def test_every_address_is_asked(other_app: Flask) -> None:
    adapter = other_app.url_map.bind("localhost")
    pictures = ["/map.png", "/places/stone-port/map.png", "/assets/x", "/basemap/x.js"]
    asked = {adapter.match(address.partition("?")[0])[0] for address in [*PAGES, *OGC, *TEXT_FILES, *OTHER, *pictures]}
    # Asked by the tests of lists.
    posted = ("/geocode/list", "/own-list/handed", "/own-list/density/0/0/0", "/own-list/density/rows")
    asked |= {adapter.match("/own-list")[0], adapter.match("/own-list/density")[0], *(adapter.match(address, method="POST")[0] for address in posted)}
    # Asked by those of many places, and of an extract.
    asked |= {"pages.words", "reference.piece"}
    assert asked == {rule.endpoint for rule in other_app.url_map.iter_rules()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["/map.png", f"/map.png?indicator={COMPARISON}", "/places/stone-port/map.png", "/places/qinglan/map.png"])
def test_a_picture_is_answered_under_a_name_of_this_city(city: FlaskClient, address: str, language: str) -> None:
    response = city.get(with_language(address, language))
    assert (response.status_code, response.content_type) == (200, "image/png")
    assert response.data.startswith(b"\x89PNG")
    assert find_shipped(str(response.headers)) == []


def test_a_list_is_answered_without_a_word_of_the_shipped_city(city: FlaskClient) -> None:
    rows = "名称\n云陂区\n没有这里\n"
    response = city.post("/geocode/list", data=rows.encode(), content_type="text/csv")
    assert response.status_code == 200
    assert find_shipped(response.text) == []


@pytest.mark.parametrize("extension", ["xlsx", "gpkg", "fgb", "parquet"])
@pytest.mark.parametrize("layer", LAYERS)
def test_no_binary_download_names_the_shipped_city(city: FlaskClient, tmp_path: Path, layer: str, extension: str) -> None:
    response = city.get(f"/layers/{layer}.{extension}")
    assert response.status_code == 200
    path = tmp_path / f"layer.{extension}"
    path.write_bytes(response.data)
    said = "\n".join(words_of(path))
    assert ("青岚江沿江走廊" if layer == "corridors" else "石湾") in said
    assert find_shipped(said) == []
    assert find_shipped(str(response.headers)) == []


@pytest.mark.parametrize("extension", FORMATS)
def test_a_download_is_named_after_this_city(city: FlaskClient, extension: str) -> None:
    named = re.search(r'filename="?([^";]+)', city.get(f"/layers/places.{extension}").headers["Content-Disposition"])
    assert named
    assert re.fullmatch(rf"qinglan-places(-epsg\d+)?(-[0-9a-f]+)?\.{extension}", named[1])


# --- what holds of this city --------------------------------------------------------------------------------------------------------------


def test_the_page_lists_the_six_places_and_the_switches_of_three_corridors(city: FlaskClient) -> None:
    page = city.get("/?lang=zh").text
    assert "<h1>青岚厂房图</h1>" in page
    assert {place: f'"/places/{place}' in page for place in PLACES} == dict.fromkeys(PLACES, True)
    switches = re.findall(r'<a class="switch[^"]*"[^>]*data-corridor="([^"]+)"', page) or re.findall(r'class="switch corridor-([a-z]+)', page)
    assert switches == [*CORRIDORS, "none"]
    english = city.get("/?lang=en").text
    assert all(f"{name} <" in english or f">{name}<" in english for name in ("Riverside", "Railway", "Airport", "Off"))


def test_the_corridors_have_the_colours_of_their_table(other_app: Flask, city: FlaskClient) -> None:
    style = city.get(f"/assets/{sites_of(other_app).current.asset_name('map.css')}").text
    for corridor, colour in CORRIDORS.items():
        assert re.search(rf"--corridor-{corridor}:\s*{colour}", style)
        assert re.search(rf"\.corridor-{corridor}\s*{{\s*--hue:\s*var\(--corridor-{corridor}\)", style)


def test_every_corridor_is_drawn_as_a_belt_on_the_page_and_in_the_picture(city: FlaskClient) -> None:
    page, picture = city.get("/?lang=zh").text, ET.fromstring(city.get("/map.svg?lang=zh").data)
    assert re.findall(r'class="shape-area belt corridor-(\w+)"', page) == list(CORRIDORS)
    drawn = ET.tostring(picture, encoding="unicode")
    assert picture.tag == f"{SVG}svg"
    for colour in CORRIDORS.values():
        assert colour in drawn
    features = city.get("/layers/corridors.geojson").json["features"]  # type: ignore[index]
    assert [feature["id"] for feature in features] == [f"{corridor}-{part}" for corridor in CORRIDORS for part in ("belt", "axis")]


def test_a_belt_is_as_wide_as_the_rule_says_where_this_city_lies(other: Atlas) -> None:
    corridors = other.layers.corridors
    belt, axis = corridors.geometry["airport-belt"], corridors.geometry["airport-axis"]
    metres = corridors.to_crs("EPSG:32649").geometry
    assert belt.contains(axis)
    # A UTM zone has a scale of its own; within a percent of 2 500 m on both sides and round the ends.
    length, area = metres["airport-axis"].length, metres["airport-belt"].area
    assert area == pytest.approx(5000 * length + shapely.Point(0, 0).buffer(2500).area, rel=0.01)


@pytest.mark.parametrize(("lon", "lat"), [(108.24, 33.975)])
def test_features_are_given_in_the_projected_crs_of_the_profile(city: FlaskClient, lon: float, lat: float) -> None:
    crss = city.get("/ogc/collections/places").json["crs"]  # type: ignore[index]
    assert crss == [CRS84, *(f"{EPSG}/{code}" for code in (4326, 4490, 3857, 4545))]
    answer = city.get(f"/ogc/collections/places/items/stone-port?crs={EPSG}/4545")
    assert answer.headers["Content-Crs"] == f"<{EPSG}/4545>"
    northing, easting = answer.json["geometry"]["coordinates"]  # type: ignore[index]
    # A degree of this parallel is 92.4 km, and the meridian of the system is 108° E.
    assert easting == pytest.approx(500_000 + (lon - 108) * 92_400, abs=100)
    assert northing == pytest.approx(lat * 110_700, rel=0.01)
    assert city.get(f"/ogc/collections/places/items?crs={EPSG}/4549").status_code == 400


def test_a_corridor_without_a_place_can_be_chosen(city: FlaskClient) -> None:
    assert city.get("/layers/places.geojson?corridor=airport").json["features"] == []  # type: ignore[index]
    assert city.get("/?corridor=airport").status_code == 200
    assert city.get("/map.svg?corridor=airport").status_code == 200
    for extension in FORMATS:
        assert city.get(f"/layers/places.{extension}?corridor=airport").status_code == 200, extension


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [("石湾临港园", 108.24, 33.975), ("Shiwan Harbour Park", 108.24, 33.975), ("云陂区", 107.95, 34.0), ("青岚市松坪县", 108.1, 34.22)],
)
def test_a_place_and_a_district_are_found_at_their_coordinates(city: FlaskClient, text: str, lon: float, lat: float) -> None:
    answer = city.get(f"/geocode?q={quote(text)}").json
    assert answer
    assert (answer["status"], answer["lon"], answer["lat"]) == ("match", lon, lat)
    assert answer["divisions"][0] == {"code": "999900", "name": "青岚市"}


@pytest.mark.parametrize(
    "text", ["岚原省青岚市石湾区临港园", "中国岚原省青岚市云陂区云陂材料谷", "青岚石湾临港园", "Shiwan Harbour Park, Qinglan, Lanyuan, China"]
)
def test_an_address_begins_with_the_province_and_city_of_the_profile(city: FlaskClient, text: str) -> None:
    answer = city.get(f"/geocode?q={quote(text)}").json
    assert answer
    assert (answer["status"], answer["unresolved"]) == ("match", ""), answer
    assert answer["name"] in ("石湾临港园", "云陂材料谷")


def test_a_name_of_the_shipped_city_is_not_known_here(city: FlaskClient) -> None:
    for text in ("西湖区", "杭州市", "浙江省杭州市滨江区"):
        answer = city.get(f"/geocode?q={quote(text)}").json
        assert answer
        assert answer["status"] == "miss", answer


@pytest.mark.parametrize(("lon", "lat", "code"), [(107.9, 34.0, "999901"), (108.3, 34.0, "999902"), (108.1, 34.25, "999921")])
def test_a_point_lies_in_its_district(city: FlaskClient, lon: float, lat: float, code: str) -> None:
    answer = city.get(f"/reverse?lon={lon}&lat={lat}").json
    assert answer
    assert (answer["status"], answer["district"]["code"]) == ("inside", code)


def test_places_are_compared_by_amount_and_growth(city: FlaskClient, other: Atlas) -> None:
    comparison = other.comparisons[COMPARISON]
    assert list(comparison.measures) == ["stone-port", "cloud-valley", "pine-town", "qinglan"]
    assert [measure.growth_pct is not None for measure in comparison.measures.values()] == [True, True, True, False]
    page = city.get(f"/?lang=en&indicator={COMPARISON}").text
    assert "Industrial value added" in page
    assert "48.6" in page or "4.86" in page


def test_what_is_not_located_and_what_only_its_host_locates_is_said(city: FlaskClient, other: Atlas) -> None:
    assert list(other.misses) == ["relay-lab"]
    guest, host = city.get("/places/lens-plant.geojson").json, city.get("/places/stone-port.geojson").json
    assert guest
    assert host
    assert guest["geometry"] == host["geometry"]
    assert guest["properties"]["geocode"]["basis"] == "parent"
    assert city.get("/places/relay-lab").status_code == 200


def test_the_text_of_a_source_bears_out_every_figure(city: FlaskClient, other: Atlas) -> None:
    assert not other.unverified
    assert "居全市第一" in city.get("/sources/qinglan-evening").text
