"""Under which address the atlas was asked: what is refused, whom it believes, and what its links begin with."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask

from app import create_app
from geo.settings import Settings


def ask(app: Flask, path: str = "/layers", protocol: str = "HTTP/1.1", **environ: str) -> tuple[int, dict[str, str], bytes]:
    """Ask as a server does: the test client would mend the Host."""
    began: list[tuple[str, list[tuple[str, str]]]] = []
    given: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": protocol,
        "REMOTE_ADDR": "203.0.113.9",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **environ,
    }
    body = b"".join(app.wsgi_app(given, lambda status, headers, exc_info=None: began.append((status, headers))))  # type: ignore[arg-type]
    (status, headers) = began[-1]
    return int(status[:3]), dict(headers), body


def origin(body: bytes) -> str:
    """What the links of ``/layers`` begin with."""
    return str(json.loads(body)["layers"][0]["formats"][0]["href"]).partition("/layers/")[0]


@pytest.fixture
def behind(settings: Settings) -> Any:
    def build(**values: Any) -> Flask:
        return create_app(Settings(host="127.0.0.1", port=8000, data=settings.data, **values))

    return build


@pytest.mark.parametrize("host", ["localhost", "atlas.example.org", "127.0.0.1:8000", "[::1]:8000", "[2001:db8::1]", "xn--fiq228c.example"])
def test_a_name_or_an_address_is_a_host(behind: Any, host: str) -> None:
    status, _, body = ask(behind(), HTTP_HOST=host)
    assert (status, origin(body)) == (200, f"http://{host}")


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "a,b",
        "localhost,localhost",
        "evil.example/",
        "evil.example/path",
        "user@evil.example",
        "a:b",
        "a:123456",
        "[::1",
        "<script>",
        '"',
        "a_b.example",
        "\xff.example",
    ],
)
@pytest.mark.parametrize("path", ["/layers", "/", "/healthz", "/assets/none.js"])
def test_what_is_no_host_is_refused(behind: Any, host: str, path: str) -> None:
    status, headers, body = ask(behind(), path, HTTP_HOST=host)
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert "Host" in json.loads(body)["detail"]
    assert headers["Content-Security-Policy"]


def test_only_http_1_0_asks_without_a_host(behind: Any) -> None:
    app = behind()
    assert ask(app)[0] == 400
    status, _, body = ask(app, protocol="HTTP/1.0")
    assert (status, origin(body)) == (200, "http://127.0.0.1:8000")


CLAIMED = {
    "HTTP_HOST": "inner",
    "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "outer.example",
    "HTTP_X_FORWARDED_PREFIX": "/atlas",
    "HTTP_X_FORWARDED_PORT": "8443",
}


@pytest.mark.parametrize(
    ("values", "begins"),
    [
        ({}, "http://inner"),
        ({"proxies": 1}, "https://inner"),
        ({"proxies": 1, "forwarded": ("for",)}, "http://inner"),
        ({"proxies": 1, "forwarded": ()}, "http://inner"),
        ({"proxies": 1, "forwarded": ("host",)}, "http://outer.example"),
        ({"proxies": 1, "forwarded": ("proto", "host", "prefix")}, "https://outer.example/atlas"),
        ({"proxies": 2, "forwarded": ("proto", "host", "prefix")}, "http://inner"),
        ({"url": "https://example.org"}, "https://example.org"),
        ({"url": "https://example.org/atlas"}, "https://example.org/atlas"),
        ({"url": "https://example.org:8443/a/b", "proxies": 1, "forwarded": ("proto", "host", "prefix")}, "https://example.org:8443/a/b"),
    ],
)
def test_each_header_is_believed_by_itself_and_the_public_address_before_all(behind: Any, values: dict[str, Any], begins: str) -> None:
    status, _, body = ask(behind(**values), **CLAIMED)
    assert (status, origin(body)) == (200, begins)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("PREFIX", "//evil.example"),
        ("PREFIX", "/a//evil"),
        ("PREFIX", "evil"),
        ("PREFIX", "/a?b"),
        ("PREFIX", "/<script>"),
        ("PREFIX", "/" + "a" * 2000),
        ("PROTO", "javascript"),
        ("PROTO", "ftp"),
        ("HOST", "evil.example/path"),
        ("HOST", "a b"),
    ],
)
def test_what_a_proxy_says_has_to_be_an_address(behind: Any, header: str, value: str) -> None:
    app = behind(proxies=1, forwarded=("proto", "host", "prefix"))
    status, _, body = ask(app, HTTP_HOST="inner", **{f"HTTP_X_FORWARDED_{header}": value})
    assert status == 400
    assert json.loads(body)["status"] == 400


@pytest.mark.parametrize("path", ["/atlas/layers", "/layers"])
def test_a_proxy_may_pass_on_the_whole_path_or_what_follows_the_prefix(behind: Any, path: str) -> None:
    status, _, body = ask(behind(url="https://example.org/atlas"), path, HTTP_HOST="inner")
    assert (status, origin(body)) == (200, "https://example.org/atlas")


@pytest.mark.parametrize(
    "path", ["/layers/places.geojson", "/layers", "/places/{place}.geojson", "/geocode?q=a", "/reverse?lon=120&lat=30", "/ogc/", "/ogc/collections"]
)
def test_a_browser_that_asks_beforehand_is_told_what_every_page_may(flask_app: Flask, path: str) -> None:
    place = next(iter(flask_app.extensions["sites"].current.places))
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match"}
    answer = flask_app.test_client().options(path.format(place=place), headers=asked)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "*"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
