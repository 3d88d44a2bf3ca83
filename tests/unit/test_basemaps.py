from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from geo.draw.basemap import BASEMAPS, Basemap, choose_basemaps
from geo.errors import SettingsError
from geo.ground.datum import Datum
from geo.settings import Settings
from geo.tables.reading import read_tables
from geo.words.cards import Wording
from tests.known import DATA

SHIPPED = [basemap for basemap in BASEMAPS.values() if basemap.id != "custom"]
TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
CUSTOM = {"GEO_BASEMAPS": "custom", "GEO_TILES_URL": TILES, "GEO_TILES_ATTRIBUTION": "© Example"}


def chosen(**env: str) -> tuple[Basemap, ...]:
    return choose_basemaps(Settings.from_env(env))


def refusal(**env: str) -> str:
    with pytest.raises(SettingsError) as caught:
        chosen(**env)
    return str(caught.value)


def test_no_tiles_are_offered_by_default() -> None:
    assert chosen() == ()
    assert chosen(GEO_TIANDITU_KEY="key", GEO_TILES_URL=TILES) == ()


def test_the_basemaps_are_known_by_their_ids() -> None:
    assert list(BASEMAPS) == ["tianditu", "amap", "osm", "custom"]
    assert all(id_ == basemap.id for id_, basemap in BASEMAPS.items())


@pytest.mark.parametrize("basemap", SHIPPED, ids=lambda basemap: basemap.id)
def test_a_shipped_basemap_names_its_provider_and_has_addresses_of_tiles(basemap: Basemap) -> None:
    assert basemap.name_zh
    assert basemap.name_en
    assert basemap.attribution
    assert basemap.urls
    for url in basemap.urls:
        assert urlsplit(url).scheme == "https"
        for part in ("{x}", "{y}", "{z}"):
            assert url.count(part) == 1
        assert ("{s}" in url) == bool(basemap.subdomains)
    assert 17 < basemap.max_zoom < 20


def test_each_basemap_has_the_datum_of_its_tiles() -> None:
    assert {basemap.id: basemap.datum for basemap in SHIPPED} == {"tianditu": Datum.WGS84, "amap": Datum.GCJ02, "osm": Datum.WGS84}


def test_no_review_number_is_made_up() -> None:
    assert [basemap.review_number for basemap in BASEMAPS.values()] == [None] * 4
    zh, en = Wording("zh", str, read_tables(DATA)), Wording("en", str, read_tables(DATA))
    assert zh.review_number(None) == "内置轮廓，WGS-84；无审图号，仅作示意"
    assert [zh.review_number(basemap) for basemap in SHIPPED] == [
        "天地图，审图号以服务商页面为准",
        "高德地图，审图号以服务商页面为准",
        "OpenStreetMap，无审图号",
    ]
    assert en.review_number(BASEMAPS["amap"]).startswith("AMap")


@pytest.mark.parametrize(
    ("id_", "hosts"),
    [
        ("tianditu", [f"https://t{number}.tianditu.gov.cn" for number in range(8)]),
        ("amap", [f"https://webrd0{number}.is.autonavi.com" for number in range(1, 5)]),
        ("osm", ["https://tile.openstreetmap.org"]),
        ("custom", []),
    ],
)
def test_the_hosts_of_the_tiles_are_known(id_: str, hosts: list[str]) -> None:
    assert list(BASEMAPS[id_].hosts) == hosts


def test_basemaps_are_offered_in_the_order_of_the_setting() -> None:
    assert [basemap.id for basemap in chosen(GEO_BASEMAPS=" osm, amap ,,")] == ["osm", "amap"]
    assert chosen(GEO_BASEMAPS="amap,osm") == (BASEMAPS["amap"], BASEMAPS["osm"])


def test_the_key_of_the_operator_stands_quoted_at_the_end_of_every_address() -> None:
    (basemap,) = chosen(GEO_BASEMAPS="tianditu", GEO_TIANDITU_KEY="a b&c=d/é{x}")
    assert [url.partition("&tk=")[2] for url in basemap.urls] == ["a%20b%26c%3Dd%2F%C3%A9%7Bx%7D"] * 2
    assert [url.partition("LAYER=")[2][:3] for url in basemap.urls] == ["vec", "cva"]
    assert BASEMAPS["tianditu"].urls[0].endswith("&tk=")
    assert replace(basemap, urls=BASEMAPS["tianditu"].urls) == BASEMAPS["tianditu"]


def test_custom_tiles_are_offered_as_the_operator_says() -> None:
    (basemap,) = chosen(**CUSTOM, GEO_TILES_DATUM="GCJ02", GEO_TILES_REVIEW_NUMBER="样字(2024)1号")
    assert basemap == replace(
        BASEMAPS["custom"],
        urls=(TILES,),
        attribution="© Example",
        datum=Datum.GCJ02,
        review_number="样字(2024)1号",
        has_review_number=True,
    )
    assert basemap.hosts == ("https://tiles.example.org",)
    assert Wording("zh", str, read_tables(DATA)).review_number(basemap) == "自定底图，审图号：样字(2024)1号"


def test_custom_tiles_are_in_wgs84_and_without_a_review_number_by_default() -> None:
    (basemap,) = chosen(**CUSTOM)
    assert (basemap.datum, basemap.review_number, basemap.has_review_number) == (Datum.WGS84, None, False)
    assert Wording("zh", str, read_tables(DATA)).review_number(basemap) == "自定底图，无审图号"


def test_custom_tiles_may_come_from_a_port_of_this_machine() -> None:
    (basemap,) = chosen(**CUSTOM | {"GEO_TILES_URL": "http://127.0.0.1:9000/t?x={x}&y={y}&z={z}"})
    assert basemap.hosts == ("http://127.0.0.1:9000",)


@pytest.mark.parametrize("name", ["google", "OSM", "osm;amap", "outline"])
def test_a_basemap_that_there_is_not_is_named(name: str) -> None:
    assert refusal(GEO_BASEMAPS=f"osm,{name}") == f"GEO_BASEMAPS={name!r}: expected some of tianditu, amap, osm, custom, with commas"


def test_tianditu_without_a_key_is_refused() -> None:
    assert refusal(GEO_BASEMAPS="tianditu") == "GEO_TIANDITU_KEY='': expected the key that Tianditu gave you, as GEO_BASEMAPS names tianditu"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tiles.example.org/{z}/{x}/{y}",
        "/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tiles.example.org/0/{x}/{y}.png",
        "ftp://tiles.example.org/{z}/{x}/{y}",
        "javascript://tiles.example.org/{z}/{x}/{y}",
        "data:image/png,{z}{x}{y}",
        "https://tiles.example.org; script-src *; /{z}/{x}/{y}",
        "https://tiles.example.org /{z}/{x}/{y}",
        "https://tiles.example.org,evil.example/{z}/{x}/{y}",
        "https://tiles.example.org'/{z}/{x}/{y}",
        'https://tiles.example.org"/{z}/{x}/{y}',
    ],
)
def test_an_address_that_is_none_of_tiles_is_refused(url: str) -> None:
    assert refusal(**CUSTOM | {"GEO_TILES_URL": url}) == f"GEO_TILES_URL={url!r}: expected an http or https address with {{z}}, {{x}} and {{y}}"


@pytest.mark.parametrize("datum", ["BD09", "wgs84", "CGCS2000"])
def test_custom_tiles_in_a_datum_that_the_page_cannot_draw_are_refused(datum: str) -> None:
    assert refusal(**CUSTOM, GEO_TILES_DATUM=datum) == f"GEO_TILES_DATUM={datum!r}: expected WGS84 or GCJ02"


def test_custom_tiles_of_nobody_are_refused() -> None:
    message = "GEO_TILES_ATTRIBUTION='': expected who has to be named for the tiles, as GEO_BASEMAPS names custom"
    assert refusal(**CUSTOM | {"GEO_TILES_ATTRIBUTION": ""}) == message
