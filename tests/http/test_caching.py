"""Validators, 304, compression, and bytes that do not change by themselves."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.serve.site import site_of
from geo.settings import Settings
from geo.tables.reading import read_tables
from tests.known import DATA

TABLES = read_tables(DATA)
DECODERS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}
REVALIDATED = [
    "/",
    "/?lang=en",
    "/?corridor=west",
    "/about",
    "/places/binjiang-hitech",
    "/sources/report-2023",
    "/layers",
    "/layers/places.geojson",
    "/layers/places.geojson?q=bjq",
    "/layers/corridors.geojson",
    "/places/fullsemi-1.geojson",
    "/places/binjiang-hitech/card.json",
    "/places/binjiang-hitech/map.svg",
    "/map.js",
    "/reference.js",
    "/comparisons.js",
]
EVERYTHING = [
    *REVALIDATED,
    *(
        f"/places/{place.id}{ending}"
        for place in TABLES.places
        for ending in ("?lang=zh", "?lang=en", ".geojson", "/card.json?lang=zh", "/card.json?lang=en")
    ),
    *(f"/sources/{source.id}?lang={language}" for source in TABLES.sources for language in ("zh", "en")),
    *(f"/layers/{name}.geojson" for name in ("platforms", "projects")),
    "/about?lang=en",
    "/places/fullsemi-1/map.png?lang=en",
    "/map.js?lang=en",
    "/healthz",
]


def asset_paths(app: Flask) -> list[str]:
    return [f"/assets/{asset.name}" for asset in site_of(app).assets.values()]


def map_script_path(client: FlaskClient) -> str:
    found = re.search(r'src="(/map\.js\?[^"]+)"', client.get("/").get_data(as_text=True))
    assert found
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("path", REVALIDATED)
def test_an_answer_has_validators_and_is_asked_for_again(client: FlaskClient, flask_app: Flask, path: str) -> None:
    response = client.get(path)
    assert response.headers["Cache-Control"] == "no-cache"
    assert re.fullmatch(r'"[0-9a-f]{20}"', response.headers["ETag"])
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == site_of(flask_app).last_change


@pytest.mark.parametrize("encoding", ["identity", "br", "gzip"])
@pytest.mark.parametrize("path", REVALIDATED)
def test_a_client_that_has_the_answer_gets_an_empty_304(client: FlaskClient, path: str, encoding: str) -> None:
    first = client.get(path, headers={"Accept-Encoding": encoding})
    assert first.headers.get("Content-Encoding", "identity") == encoding
    again = client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers.get("Vary") == first.headers.get("Vary")


@pytest.mark.parametrize("path", REVALIDATED)
def test_a_client_that_has_another_answer_gets_this_one(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"If-None-Match": '"00000000000000000000"'})
    assert response.status_code == 200
    assert response.data


def test_a_client_may_ask_by_date(client: FlaskClient) -> None:
    path = "/layers/places.geojson"
    changed = client.get(path).headers["Last-Modified"]
    assert client.get(path, headers={"If-Modified-Since": changed}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 200


@pytest.mark.parametrize("encoding", DECODERS)
@pytest.mark.parametrize("path", REVALIDATED)
def test_a_compressed_answer_is_smaller_and_the_same(client: FlaskClient, path: str, encoding: str) -> None:
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert len(packed.data) < len(plain.data)
    assert DECODERS[encoding](packed.data) == plain.data
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.vary
    assert "Accept-Encoding" in plain.vary


def test_assets_and_problems_are_compressed_as_well(client: FlaskClient, flask_app: Flask) -> None:
    for path in [*asset_paths(flask_app), "/sources/hearsay"]:
        plain = client.get(path)
        packed = client.get(path, headers={"Accept-Encoding": "br"})
        if len(plain.data) > 500 and not path.endswith(".svg"):
            assert packed.headers["Content-Encoding"] == "br", path
            assert brotli.decompress(packed.data) == plain.data


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br", "br"), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("gzip;q=1, br;q=0.5", "gzip"), ("br;q=0, gzip", "gzip")],
)
def test_what_does_not_change_is_compressed_as_the_client_likes_best(client: FlaskClient, flask_app: Flask, accepted: str, coding: str) -> None:
    for path in [*asset_paths(flask_app), map_script_path(client)]:
        plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": accepted})
        assert packed.headers["Content-Encoding"] == coding, path
        assert DECODERS[coding](packed.data) == plain.data
        assert packed.headers["Content-Length"] == str(len(packed.data))
        assert packed.headers["ETag"] == f'{plain.headers["ETag"][:-1]}:{coding}"'
        again = client.get(path, headers={"Accept-Encoding": accepted, "If-None-Match": packed.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("accepted", ["", "identity", "identity, *;q=0"])
def test_a_client_that_likes_no_compression_gets_none(client: FlaskClient, flask_app: Flask, accepted: str) -> None:
    for path in [*asset_paths(flask_app), map_script_path(client)]:
        response = client.get(path, headers={"Accept-Encoding": accepted} if accepted else {})
        assert "Content-Encoding" not in response.headers, path
        assert "Accept-Encoding" in response.vary, path


def test_the_assets_of_the_map_page_are_as_small_as_they_can_be(client: FlaskClient, flask_app: Flask) -> None:
    for asset in site_of(flask_app).assets.values():
        packed = client.get(f"/assets/{asset.name}", headers={"Accept-Encoding": "br"})
        assert packed.data == brotli.compress(asset.content, quality=11), asset.name


def test_two_builds_give_the_same_bytes(flask_app: Flask, settings: Settings, data_copy: Path) -> None:
    first, second = flask_app.test_client(), create_app(replace(settings, data=data_copy)).test_client()
    for path in [*EVERYTHING, *asset_paths(flask_app)]:
        one, other = first.get(path), second.get(path)
        assert one.status_code == 200, path
        assert one.data == other.data, path
        assert one.headers.get("ETag") == other.headers.get("ETag"), path


def test_the_state_of_one_request_does_not_reach_the_next(client: FlaskClient) -> None:
    before = client.get("/").data
    client.get("/?lang=en&corridor=west&q=x&place=fullsemi-1")
    client.get("/map.js?lang=en")
    client.get("/layers/places.geojson?kind=city")
    assert client.get("/").data == before


def test_hashed_assets_never_change(client: FlaskClient, flask_app: Flask) -> None:
    paths = asset_paths(flask_app)
    assert len(paths) >= 6
    for path in paths:
        assert re.fullmatch(r"/assets/[a-z]+\.[0-9a-f]{10}\.(js|css|svg)", path)
        assert client.get(path).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_map_script_of_a_page_never_changes(client: FlaskClient) -> None:
    assert client.get(map_script_path(client)).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?lang=zh", "?v=0000000000", "?lang=en&v="])
def test_the_map_script_under_another_name_may_change(client: FlaskClient, query: str) -> None:
    assert client.get(f"/map.js{query}").headers["Cache-Control"] == "no-cache"


def test_the_map_script_of_the_other_language_is_not_kept_under_this_one(client: FlaskClient) -> None:
    other = map_script_path(client).replace("lang=zh", "lang=en")
    assert client.get(other).headers["Cache-Control"] == "no-cache"
