"""Headers that keep the page to this server, and pages that need nothing else."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from geo.settings import Settings
from geo.tables.reading import read_tables
from tests.conftest import BROWSER, Edit
from tests.known import DATA

TABLES = read_tables(DATA)
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}
PAGES = [
    "/",
    "/?lang=en&place=binjiang-hitech&corridor=north",
    "/about",
    "/nowhere",
    *(f"/places/{place.id}" for place in TABLES.places),
    *(f"/sources/{source.id}" for source in TABLES.sources),
]


def assert_safe(response: TestResponse, status: int) -> None:
    assert response.status_code == status
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about",
        "/places/fullsemi-1",
        "/sources/report-2023",
        "/places/fullsemi-1/card.json",
        "/places/fullsemi-1/map.svg",
        "/map.js",
        "/reference.js",
        "/comparisons.js",
        "/layers",
        "/layers/places.geojson",
        "/places/fullsemi-1.geojson",
        "/healthz",
    ],
)
def test_every_answer_has_the_headers(client: FlaskClient, path: str) -> None:
    assert_safe(client.get(path), 200)
    assert_safe(client.get(path, headers={"Accept-Encoding": "br"}), 200)
    assert_safe(client.head(path), 200)
    assert_safe(client.open(path, method="OPTIONS"), 200)


def test_a_304_has_the_headers(client: FlaskClient) -> None:
    assert_safe(client.get("/", headers={"If-None-Match": client.get("/").headers["ETag"]}), 304)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "GET", 404), ("/", "POST", 405), ("/layers/places.geojson?q=%00", "GET", 400), ("/?" + "a" * 2001, "GET", 414)],
)
@pytest.mark.parametrize("accepted", ["*/*", BROWSER])
def test_a_refusal_has_the_headers(client: FlaskClient, path: str, method: str, status: int, accepted: str) -> None:
    assert_safe(client.open(path, method=method, headers={"Accept": accepted}), status)


def test_an_internal_error_has_the_headers(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    app: Flask = create_app(settings)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError

    with caplog.at_level(logging.CRITICAL, "geo"):
        assert_safe(app.test_client().get("/broken"), 500)


def test_the_policy_lets_nothing_inline_or_foreign_in(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert policy.split("; ")[0] == "default-src 'self'"
    for word in ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "data:", "blob:", "http:", "https:", "*", "nonce-", "sha256-"):
        assert word not in policy


def test_no_header_tells_what_the_server_runs_on(client: FlaskClient) -> None:
    headers = client.get("/").headers
    assert "Server" not in headers
    assert "X-Powered-By" not in headers
    assert "Set-Cookie" not in headers


class Inline(HTMLParser):
    """What a strict policy would refuse, and what leads to another host by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "script":
            self.scripts += 1
            # A block of data is not run.
            if "src" not in attributes and attributes.get("type") not in ("application/json", "application/ld+json"):
                self.found.append(f"inline script {attrs}")
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.found.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}={value}")
            # A link that a person follows may lead elsewhere; what the browser loads may not.
            if name in {"src", "srcset", "data", "poster", "action"} or (name == "href" and tag != "a"):
                address = value or ""
                if not address.startswith("/") or address.startswith("//"):
                    self.found.append(f"{tag} {name}={value}")
            if name == "href" and (value or "").lower().startswith(("javascript:", "data:", "vbscript:")):
                self.found.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline_and_nothing_foreign(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": BROWSER})
    assert response.mimetype == "text/html"
    page = Inline(response.get_data(as_text=True))
    assert page.found == []
    assert page.scripts == (6 if path.startswith("/?") or path == "/" else 1)


def test_the_state_of_the_page_cannot_end_its_script_element(client: FlaskClient) -> None:
    html = client.get("/?lang=en").get_data(as_text=True)
    state = html.partition('id="page-state">')[2].partition("</script>")[0]
    assert state
    assert "<" not in state
    assert ">" not in state


# --- text from the tables in what folium makes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["{{ 6 * 7 }}", "{{ cycler.__init__.__globals__.os.getpid() }}", "{% if %}", "{% 折", "{# gone #}", "{{{", "}}"])
def test_a_name_is_no_template(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit, name: str) -> None:
    """branca makes a template of every script that a map element renders: a name must not be a part of it."""
    edit("places.csv", 2, "name_zh", f"滨江{name}区")
    client = client_of(data_copy)
    response = client.get("/map.js")
    assert response.status_code == 200
    places = re.findall(r"atlas\.addPlaces\(\w+,(\[.*\])\);", response.get_data(as_text=True))
    names = {place["id"]: place["name"] for layer in places for place in json.loads(layer)}
    assert names["binjiang-hitech"] == f"滨江{name}区"
    card = client.get("/places/binjiang-hitech/card.json").json
    assert card is not None and card["name"] == f"滨江{name}区"
    # A guest of it is told to lie there, and a comparison names the largest.
    assert f"滨江{name}区" in client.get("/").get_data(as_text=True).replace("&#34;", '"')


def test_markup_in_a_card_is_only_data(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit) -> None:
    name = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"\\\u05d0<!--"
    for file, line, column in (("places.csv", 2, "name_zh"), ("places.csv", 2, "focus_zh"), ("vocabulary.csv", 2, "label_zh")):
        edit(file, line, column, f"某{name}区")
    response = client_of(data_copy).get("/places/binjiang-hitech/card.json")
    # What is not a page is not read as one, whatever stands in it.
    assert response.content_type == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    card = response.json
    assert card is not None
    assert (card["name"], card["focus"]) == (f"某{name}区", f"某{name}区")
