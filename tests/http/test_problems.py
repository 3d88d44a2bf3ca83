"""Bad requests: what is wrong, in a problem document for programs and a page for people."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.settings import Settings
from geo.tables.kinds import Kind
from geo.tables.reading import read_tables
from tests.conftest import BROWSER
from tests.known import DATA

PLACES = "/layers/places.geojson"
FILTERS = ["corridor", "kind", "district", "bbox", "q"]
BBOX = "west,south,east,north in degrees, WGS-84, such as 120.1,30.1,120.3,30.3"


def problem(client: FlaskClient, path: str, status: int, method: str = "GET") -> dict[str, Any]:
    """The problem document at an address, its frame checked."""
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Accept" in response.vary
    document: dict[str, Any] = response.get_json(force=True)
    assert document["type"] == "about:blank"
    assert document["status"] == status
    return document


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    ("query", "parameter", "detail", "allowed"),
    [
        ("colour=red", "colour", "colour='red': expected one of the filters of places: corridor, kind, district, bbox, q", FILTERS),
        ("corridor=north", "corridor", "corridor='north': expected one of west, east, none", ["west", "east", "none"]),
        ("corridor=west,north", "corridor", "corridor='north': expected one of west, east, none", ["west", "east", "none"]),
        ("corridor=", "corridor", "corridor='': expected one of west, east, none", ["west", "east", "none"]),
        ("corridor=West", "corridor", "corridor='West': expected one of west, east, none", ["west", "east", "none"]),
        ("kind=castle", "kind", f"kind='castle': expected one of {', '.join(Kind)}", [*Kind]),
        ("district=浦东新区", "district", f"district='浦东新区': expected one of {', '.join(DISTRICTS)}", DISTRICTS),
        ("bbox=", "bbox", f"bbox='': expected {BBOX}", None),
        ("bbox=120.1,30.1,120.3", "bbox", f"bbox='120.1,30.1,120.3': expected {BBOX}", None),
        ("bbox=120.1,30.1,120.3,30.3,0", "bbox", f"bbox='120.1,30.1,120.3,30.3,0': expected {BBOX}", None),
        ("bbox=a,b,c,d", "bbox", f"bbox='a,b,c,d': expected {BBOX}", None),
        ("bbox=nan,30.1,120.3,30.3", "bbox", f"bbox='nan,30.1,120.3,30.3': expected {BBOX}", None),
        ("bbox=120.1,30.1,inf,30.3", "bbox", f"bbox='120.1,30.1,inf,30.3': expected {BBOX}", None),
        ("bbox=120.1,30.1,1e999,30.3", "bbox", f"bbox='120.1,30.1,1e999,30.3': expected {BBOX}", None),
        ("bbox=1_20,30,121,31", "bbox", f"bbox='1_20,30,121,31': expected {BBOX}", None),
        (
            "bbox=120.3,30.1,120.1,30.3",
            "bbox",
            "bbox='120.3,30.1,120.1,30.3': expected west before east and south before north: the box looks reversed",
            None,
        ),
        (
            "bbox=30.1,120.1,30.3,120.3",
            "bbox",
            "bbox='30.1,120.1,30.3,120.3': expected lon -180 to 180, lat -90 to 90",
            None,
        ),
        ("bbox=1,2,3,4&bbox=5,6,7,8", "bbox", "bbox='5,6,7,8': expected the parameter once", None),
        ("q=a&q=b", "q", "q='b': expected the parameter once", None),
        ("q=" + "a" * 101, "q", f"q='{'a' * 80}': expected 100 characters at most", None),
        ("q=a%00b", "q", "q='a\\x00b': expected text without control characters", None),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    client: FlaskClient, query: str, parameter: str, detail: str, allowed: list[str] | None
) -> None:
    document = problem(client, f"{PLACES}?{query}", 400)
    assert document["title"] == "Bad parameter"
    assert document["parameter"] == parameter
    assert document["detail"] == detail
    assert document.get("allowed") == allowed


def test_a_filter_of_another_layer_is_unknown(client: FlaskClient) -> None:
    document = problem(client, "/layers/corridors.geojson?kind=park", 400)
    assert document["parameter"] == "kind"
    assert document["allowed"] == ["corridor", "bbox"]


def test_a_single_place_takes_no_parameters(client: FlaskClient) -> None:
    document = problem(client, "/places/fullsemi-1.geojson?corridor=east", 400)
    assert document["detail"] == "corridor='east': expected no parameters"


def test_the_longest_q_is_answered(client: FlaskClient) -> None:
    assert client.get(f"{PLACES}?q={'a' * 100}").status_code == 200
    assert client.get(f"{PLACES}?q={quote('滨' * 100)}").status_code == 200


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize("path", ["/", "/about", PLACES, "/healthz"])
def test_an_overlong_query_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(f"/?{'a' * 2000}").status_code == 200
    document = problem(client, f"{path}?{'a' * 2001}", 414)
    assert document["title"] == "Query too long"
    assert document["detail"] == "the query has 2001 bytes; expected 2000 at most"


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/places/atlantis", "no place 'atlantis'; /layers/places.geojson has them all"),
        ("/places/atlantis.geojson", "no place 'atlantis'; /layers/places.geojson has them all"),
        ("/places/Fullsemi-1", "no place 'Fullsemi-1'; /layers/places.geojson has them all"),
        ("/places/atlantis/card.json", "no place 'atlantis'; /layers/places.geojson has them all"),
        ("/places/atlantis/map.svg", "no place 'atlantis'; /layers/places.geojson has them all"),
        (
            "/places/binxiao-small-parks/map.svg?lang=en",
            "binxiao-small-parks has no location to draw: Location unknown, not on the map: the gazetteer does not have this name",
        ),
        (
            "/places/binxiao-small-parks/map.png?lang=zh",
            "binxiao-small-parks has no location to draw: 位置不明，图上不标：地名表中没有这个名称",
        ),
        ("/layers/roads.geojson", "no layer 'roads'; expected one of places, platforms, projects, corridors, indicators"),
        ("/layers/places.doc", "no format 'doc'; expected one of geojson, csv, xlsx, gpkg, shp.zip, kml, dxf, fgb, parquet"),
        ("/assets/atlas.js", "no asset 'atlas.js'; the page that names it gives the current names"),
        ("/assets/atlas.0000000000.js", "no asset 'atlas.0000000000.js'; the page that names it gives the current names"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(client: FlaskClient, path: str, detail: str) -> None:
    document = problem(client, path, 404)
    assert document["title"] == "Not found"
    assert document["detail"] == detail


def test_an_unknown_source_is_answered_with_the_known_ones(client: FlaskClient) -> None:
    detail = problem(client, "/sources/hearsay", 404)["detail"]
    assert detail.startswith("no source 'hearsay'; expected one of report-2023, east-outline-2018")


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/places/",
        "/layers/",
        "/assets/",
        "/assets/../app.py",
        "/assets/..%2fapp.py",
        "/assets/..%5capp.py",
        "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/atlas.js%00",
        "/layers/../../etc/passwd",
        "/layers/..%2f..%2fdata%2fplaces.csv",
        "/layers/%2e%2e.geojson",
        "/places/..%2f..%2fdata%2fplaces.csv",
        "/sources/..%2fapp.py",
        "/data/places.csv",
        "/static/atlas.js",
        "/static/atlas/state.js",
        "/assets/state.js",
        "/places/..%2f..%2fdata/card.json",
        "/app.py",
        "/.git/config",
    ],
)
def test_no_path_leads_out_of_what_is_served(client: FlaskClient, path: str) -> None:
    problem(client, path, 404)


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    "path",
    ["/", "/map.js", "/about", "/layers", PLACES, "/places/fullsemi-1", "/places/fullsemi-1.geojson", "/places/fullsemi-1/card.json", "/healthz"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method_is_answered_with_the_right_ones(client: FlaskClient, path: str, method: str) -> None:
    document = problem(client, path, 405, method)
    assert document["title"] == "Method not allowed"
    allowed = client.open(path, method=method).headers["Allow"]
    assert sorted(allowed.split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_head_gives_the_headers_of_get(client: FlaskClient) -> None:
    head, get = client.head(PLACES), client.get(PLACES)
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(get.data))


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    ("path", "status", "title", "detail"),
    [
        ("/places/atlantis", 404, "没有找到", "no place 'atlantis'; /layers/places.geojson has them all"),
        (f"{PLACES}?corridor=north", 400, "这个请求无法回答", "corridor='north': expected one of west, east, none"),
        ("/?" + "a" * 2001, 414, "这个请求无法回答", "the query has 2001 bytes; expected 2000 at most"),
    ],
)
def test_a_browser_gets_a_page(client: FlaskClient, path: str, status: int, title: str, detail: str) -> None:
    response = client.get(path, headers={"Accept": BROWSER})
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    assert "Accept" in response.vary
    html = response.get_data(as_text=True)
    assert f"<h1>{status} · {title}</h1>" in html
    assert detail.replace("'", "&#39;") in html


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    ("path", "language", "meaning"),
    [
        ("/nowhere", "zh", "这个地址没有内容：可能写错了，也可能已经不在。"),
        ("/nowhere", "en", "Nothing is at this address: it may be misspelt, or gone."),
        (f"{PLACES}?corridor=north", "zh", "地址里有一个参数读不懂。"),
        (f"{PLACES}?corridor=north", "en", "A parameter of the address cannot be read."),
    ],
)
def test_an_error_page_says_what_it_means_and_leads_back_in_the_same_language(client: FlaskClient, path: str, language: str, meaning: str) -> None:
    html = client.get(path, headers={"Accept": BROWSER, "Accept-Language": language}).get_data(as_text=True)
    assert f"<p>{meaning}</p>" in html
    # What the library says of any address that is not there tells a reader nothing.
    assert "The requested URL" not in html
    assert f'<a class="button" href="/?lang={language}">' in html


def test_an_error_page_speaks_the_reader_s_language(client: FlaskClient) -> None:
    response = client.get("/places/atlantis", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert '<html lang="en">' in response.get_data(as_text=True)
    assert "没有找到" not in response.get_data(as_text=True)
    # What the language decided must not be given to a reader of the other one.
    assert "Accept-Language" in response.vary


def test_an_error_page_shows_no_markup_of_the_address(client: FlaskClient) -> None:
    html = client.get("/places/<script>alert(1)<%2fscript>", headers={"Accept": BROWSER}).get_data(as_text=True)
    assert "<script>alert" not in html


DISTRICTS = list(read_tables(DATA).districts)


@pytest.mark.parametrize(
    "accepted", ["", "*/*", "application/json", "application/problem+json", "application/geo+json", "application/json, text/html;q=0.5"]
)
def test_a_program_gets_the_document(client: FlaskClient, accepted: str) -> None:
    response = client.get("/places/atlantis", headers={"Accept": accepted} if accepted else {})
    assert response.content_type == "application/problem+json"


# --- when the server itself fails ---------------------------------------------------------------------------------------------------------

DISTRICTS = list(read_tables(DATA).districts)


@pytest.fixture
def failing(settings: Settings) -> Flask:
    """An application with a view that breaks."""
    app = create_app(settings)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret of the server")

    return app


def test_an_internal_error_gives_an_incident_and_no_trace(failing: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "geo"):
        response = failing.test_client().get("/broken")
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["title"] == "Internal error"
    assert re.fullmatch(r"[0-9a-f]{12}", document["incident"])
    body = response.get_data(as_text=True)
    for leak in ("secret", "RuntimeError", "Traceback", ".py"):
        assert leak not in body
    # The operator finds the cause under the same number.
    (record,) = caplog.records
    assert record.getMessage() == f"incident {document['incident']} at /broken"
    assert record.exc_info
    assert str(record.exc_info[1]) == "secret of the server"


def test_the_page_of_an_internal_error_shows_the_incident_number(failing: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "geo"):
        response = failing.test_client().get("/broken", headers={"Accept": BROWSER})
    assert response.status_code == 500
    assert response.content_type == "text/html; charset=utf-8"
    assert "secret" not in response.get_data(as_text=True)
    incident = caplog.records[0].getMessage().split()[1]
    assert incident in response.get_data(as_text=True)
