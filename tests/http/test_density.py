"""Exact counts in tiles: those of every zoom add up to the layer, whatever filters choose; a list of one's own is its owner's only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from geo.layers.density.building import build_files
from geo.layers.density.files import read_pyramid
from geo.layers.density.pyramid import MOST_ZOOM, decode_tile
from geo.layers.select import LAYERS
from geo.serve.application import create_app
from geo.serve.data import density
from geo.serve.data.density import MEDIA_TYPE, OwnDensity
from geo.settings import Settings
from tests.unit.test_lists import Said

COUNTED = [name for name, layer in LAYERS.items() if layer.kinds]
FILTERS = ["", "?corridor=east", "?kind=project&corridor=east,none", "?q=bj", "?district=滨江区"]


def located(client: FlaskClient, name: str, query: str = "") -> int:
    features = client.get(f"/layers/{name}.geojson{query}").get_json()["features"]
    return sum(1 for feature in features if feature["geometry"])


def total(client: FlaskClient, name: str, zoom: int, query: str = "") -> int:
    """What all tiles around the places count, of which most are empty."""
    west, south, east, north = client.get("/density/places").get_json()["bounds"]
    side = 2**zoom
    columns = range(int((west + 180) / 360 * side), int((east + 180) / 360 * side) + 1)
    rows = [int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * side) for lat in (north, south)]
    tiles = [client.get(f"/density/{name}/{zoom}/{x}/{y}{query}") for x in columns for y in range(rows[0], rows[1] + 1)]
    assert {tile.status_code for tile in tiles} == {200}
    return sum(int(decode_tile(tile.data).sum()) for tile in tiles)


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("query", FILTERS)
def test_the_tiles_of_a_zoom_count_what_the_layer_has(client: FlaskClient, name: str, query: str) -> None:
    for zoom in (0, 6, 9):
        assert total(client, name, zoom, query) == located(client, name, query)


@pytest.mark.parametrize("name", COUNTED)
def test_what_has_no_location_is_said(client: FlaskClient, name: str) -> None:
    document = client.get(f"/density/{name}").get_json()
    rows = client.get(f"/layers/{name}.geojson").get_json()["features"]
    assert (document["rows"], document["located"], document["missing"]) == (
        len(rows),
        located(client, name),
        len(rows) - located(client, name),
    )
    assert (document["minzoom"], document["maxzoom"], document["side"]) == (0, MOST_ZOOM, 64)
    assert client.get(document["tiles"].format(z=0, x=0, y=0)).status_code == 200
    assert client.get(f"{document['features']}?f=json&limit=1&bbox=120,30,121,31").status_code == 200


def test_a_tile_is_open_data_that_is_kept_and_compressed(client: FlaskClient) -> None:
    answer = client.get("/density/places/7/106/52", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get("/density/places/7/106/52", headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "br"}).status_code == 304
    assert client.options("/density/places/7/106/52").headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/density/places/15/0/0", 404, "no tile of zoom 15: they end at 14, and from 15 on there are the features themselves"),
        ("/density/places/3/8/0", 404, "no tile 3/8/0: columns and rows of zoom 3 end at 7"),
        ("/density/corridors/0/0/0", 404, "corridors has no points to count; expected one of places, platforms, projects, indicators"),
        ("/density/x", 404, "no layer 'x'; expected one of places, platforms, projects, corridors, indicators"),
        ("/density/places?q=x", 400, "q='x': expected no parameters; the tiles take the filters of the layer"),
        ("/density/places/0/0/0?bbox=1,2,3,4", 400, "bbox='1,2,3,4': expected one of the filters of places: corridor, kind, district, q"),
        ("/density/places/0/0/0?corridor=north", 400, "corridor='north': expected one of west, east, none"),
    ],
)
def test_what_is_not_counted_is_said(client: FlaskClient, address: str, status: int, detail: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.get_json()["detail"]) == (status, detail)


# --- a list of one's own ------------------------------------------------------------------------------------------------------------------

TOKEN = "t" * 43
HEADERS = {"X-Atlas-List": TOKEN}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("own")
    lon = [120.1 + number / 10_000 for number in range(250)]
    lat: list[Any] = [30.2] * 250
    lon[7], lat[8] = 500.0, None
    pq.write_table(pa.table({"企业": [f"<b>{number}" for number in range(250)], "lon": lon, "lat": lat}), folder / "a.parquet")
    build_files(str(folder / "a.parquet"), folder / "density", Said())
    app = create_app(settings)
    app.config["OWN_DENSITY"] = OwnDensity("a.parquet", read_pyramid(folder / "density"), TOKEN)
    return app.test_client()


def test_the_page_is_told_where_its_list_is_counted(own: FlaskClient) -> None:
    document = own.post("/own-list/handed", headers=HEADERS).get_json()
    assert (document["name"], document["rows"], document["located"], document["missing"]) == ("a.parquet", 250, 248, 2)
    assert document["location"] == ["lon", "lat"]
    tile = own.post(document["tiles"].format(z=0, x=0, y=0), headers=HEADERS)
    assert decode_tile(tile.data).sum() == 248
    assert tile.headers["Cache-Control"] == "no-store"
    assert own.get(document["script"]).status_code == 200
    assert own.get(document["panel"]).status_code == 200


def test_rows_come_by_box_in_pages(own: FlaskClient) -> None:
    first, second = (
        own.post(f"/own-list/density/rows?bbox=120.1,30,120.11,31&limit=60&offset={offset}", headers=HEADERS).get_json() for offset in (0, 60)
    )
    assert (first["numberMatched"], first["numberReturned"], second["numberReturned"]) == (99, 60, 39)
    features = first["features"] + second["features"]
    # As a spreadsheet counts, the headings being row 1.
    assert [feature["id"] for feature in features] == [number + 2 for number in range(101) if number not in (7, 8)]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [120.1, 30.2]}
    assert features[0]["properties"] == {"企业": "<b>0", "lon": 120.1, "lat": 30.2}


@pytest.mark.parametrize("query", ["", "?bbox=1,2,3", "?bbox=1,2,3,4&limit=0", "?bbox=1,2,3,4&limit=1001", "?bbox=1,2,3,4&offset=-1", "?x=1"])
def test_a_box_or_a_page_that_cannot_be_is_refused(own: FlaskClient, query: str) -> None:
    assert own.post(f"/own-list/density/rows{query}", headers=HEADERS).status_code == 400


@pytest.mark.parametrize("address", ["/own-list/density/0/0/0", "/own-list/density/rows?bbox=1,2,3,4"])
def test_nobody_else_is_given_a_list(own: FlaskClient, client: FlaskClient, address: str) -> None:
    assert own.get(address, headers=HEADERS).status_code in (404, 405)
    for headers in ({}, {"X-Atlas-List": "x"}, {"X-Atlas-List": TOKEN[:-1]}):
        assert own.post(address, headers=headers).status_code == 404
    assert own.post(address, headers=HEADERS | {"Origin": "http://evil.example"}).status_code == 403
    assert client.post(address, headers=HEADERS).status_code == 404


def test_a_page_counts_where_there_are_more_places_than_it_shows(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert b'"dense"' not in create_app(settings).test_client().get("/").data
    monkeypatch.setattr(density, "DENSE", 10)
    page = create_app(settings).test_client().get("/").get_data(as_text=True)
    assert '"dense":{"url":"/assets/density.' in page and '"from":10,"near":15,"phrase":"{count} 处；数字是方格里的处数' in page
