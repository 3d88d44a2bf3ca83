"""The map in a frame of another page, and what its policy lets in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from geo.errors import SettingsError
from geo.settings import Settings
from tests.known import DATA

POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'"
OTHERS = [
    "/",
    "/about",
    "/places/fullsemi-1",
    "/sources/report-2023",
    "/map.js",
    "/map.svg",
    "/layers",
    "/layers/places.geojson",
    "/healthz",
    "/nowhere",
]


def client_with(**env: str) -> FlaskClient:
    return create_app(Settings.from_env({"GEO_DATA": str(DATA), **env})).test_client()


@pytest.fixture(scope="module")
def framed() -> FlaskClient:
    """A client of an application whose map another origin may frame."""
    return client_with(GEO_FRAME_ANCESTORS="https://example.org")


def policy(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert len(response.headers.getlist("Content-Security-Policy")) == 1
    return response.headers["Content-Security-Policy"]


def state(client: FlaskClient, path: str = "/") -> dict[str, Any]:
    html = client.get(path).get_data(as_text=True)
    read: dict[str, Any] = json.loads(html.partition('id="page-state">')[2].partition("</script>")[0])
    return read


def test_the_map_stands_alone_with_a_link_to_the_page(client: FlaskClient) -> None:
    response = client.get("/embed?lang=zh")
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    html = response.get_data(as_text=True)
    assert '<body class="atlas embed"' in html
    assert '<a id="whole" href="/?lang=zh" target="_blank" rel="noopener">杭州产业平台图</a>' in html
    assert 'id="whole"' not in client.get("/").get_data(as_text=True)


def test_the_parameters_are_those_of_the_page(client: FlaskClient) -> None:
    html = client.get("/embed?lang=en&corridor=north").get_data(as_text=True)
    assert '<html lang="en">' in html
    assert "corridor=north" in html
    assert state(client, "/embed")["embedUrl"] == "/embed"


def test_only_this_origin_may_frame_the_map_by_default(client: FlaskClient) -> None:
    assert policy(client, "/embed") == POLICY


def test_the_origins_of_the_setting_may_frame_the_map() -> None:
    client = client_with(GEO_FRAME_ANCESTORS="https://example.org  http://*.example.net:8443")
    assert policy(client, "/embed") == f"{POLICY} https://example.org http://*.example.net:8443"
    assert policy(client, "/embed?corridor=west&lang=en") == policy(client, "/embed")


def test_any_origin_may_frame_the_map_where_the_operator_says_so() -> None:
    assert policy(client_with(GEO_FRAME_ANCESTORS="*"), "/embed") == f"{POLICY} *"


def test_a_304_of_the_map_may_be_framed_as_well(framed: FlaskClient) -> None:
    tag = framed.get("/embed").headers["ETag"]
    response = framed.get("/embed", headers={"If-None-Match": tag})
    assert response.status_code == 304
    assert response.headers["Content-Security-Policy"] == f"{POLICY} https://example.org"


@pytest.mark.parametrize("path", OTHERS)
def test_nothing_but_the_map_may_be_framed_elsewhere(framed: FlaskClient, path: str) -> None:
    assert policy(framed, path) == POLICY


@pytest.mark.parametrize("path", ["/", "/embed", "/about"])
def test_no_header_of_old_forbids_or_allows_the_frame(client: FlaskClient, path: str) -> None:
    assert "X-Frame-Options" not in client.get(path).headers


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("example.org", "example.org"),
        ("https://example.org/page", "https://example.org/page"),
        ("https://example.org/", "https://example.org/"),
        ("https://example.org https:", "https:"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://a.example;script-src", "https://a.example;script-src"),
        ("https://a.example,https://b.example", "https://a.example,https://b.example"),
        ("'none'", "'none'"),
        ("https://*", "https://*"),
        ("https://例.example", "https://例.example"),
    ],
)
def test_what_is_no_origin_is_refused(value: str, origin: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_FRAME_ANCESTORS": value})
    assert str(caught.value) == f"GEO_FRAME_ANCESTORS={origin!r}: expected an origin such as https://example.org, or *"


def test_origins_are_kept_in_order() -> None:
    settings = Settings.from_env({"GEO_FRAME_ANCESTORS": " https://b.example\thttps://a.example\n"})
    assert settings.frame_ancestors == ("https://b.example", "https://a.example")
    assert Settings.from_env({"GEO_FRAME_ANCESTORS": ""}).frame_ancestors == ()


# --- images of basemaps -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/embed", "/about", "/map.svg"])
def test_images_come_from_this_server_only_where_no_tiles_are_offered(client: FlaskClient, path: str) -> None:
    assert "img-src" not in policy(client, path)


@pytest.mark.parametrize("path", ["/", "/embed", "/about"])
def test_images_may_come_from_the_hosts_of_the_tiles(path: str) -> None:
    client = client_with(
        GEO_BASEMAPS="osm,amap,custom",
        GEO_TILES_URL="https://tile.openstreetmap.org/copy/{z}/{x}/{y}.png",
        GEO_TILES_ATTRIBUTION="© Example",
        GEO_FRAME_ANCESTORS="https://example.org",
    )
    own = " https://example.org" if path == "/embed" else ""
    hosts = ["https://tile.openstreetmap.org", *(f"https://webrd0{number}.is.autonavi.com" for number in range(1, 5))]
    assert policy(client, path) == f"{POLICY}{own}; img-src 'self' data: {' '.join(hosts)}"


def test_only_images_may_come_from_the_hosts_of_the_tiles() -> None:
    directives = policy(client_with(GEO_BASEMAPS="osm"), "/").split("; ")
    assert [directive for directive in directives if "openstreetmap" in directive] == ["img-src 'self' data: https://tile.openstreetmap.org"]


def test_the_page_knows_the_tiles_that_are_offered_and_no_others(client: FlaskClient) -> None:
    assert list(state(client)["basemaps"]) == ["outline"]
    offered = state(client_with(GEO_BASEMAPS="tianditu,osm", GEO_TIANDITU_KEY="k&y"))["basemaps"]
    assert list(offered) == ["outline", "tianditu", "osm"]
    assert all(url.endswith("&tk=k%26y") for url in offered["tianditu"]["urls"])
    assert offered["osm"] == {
        "name": "OpenStreetMap",
        "review": "OpenStreetMap，无审图号",
        "urls": ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"],
        "subdomains": "",
        "attribution": "© OpenStreetMap contributors",
        "datum": "WGS84",
        "maxZoom": 19,
    }


def test_the_key_of_the_operator_is_not_in_the_policy() -> None:
    client = client_with(GEO_BASEMAPS="tianditu", GEO_TIANDITU_KEY="secret-key")
    assert "secret-key" not in policy(client, "/")
    assert "https://t7.tianditu.gov.cn" in policy(client, "/")
