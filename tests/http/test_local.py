"""What an operator has added to the basemap, as the server gives it: pieces, names, credits; and without a restart."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.draw.extract import take_in
from geo.draw.pieces import FOLDER, LEVELS, box_of_tile, from_mercator, read_local
from geo.draw.reference import choose_metro
from geo.errors import TableError
from geo.ground.bbox import Box
from geo.serve.reload import sites_of
from geo.serve.site import site_of
from geo.settings import PROJECT, Settings
from tests.other_city import DATA

SMALL = PROJECT / "tests" / "data" / "extract.osm"
FRAME = Box(107.6, 33.7, 108.6, 34.5)


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the invented city with an extract; for reading only."""
    data = tmp_path_factory.mktemp("added") / "data"
    shutil.copytree(DATA, data)
    take_in(SMALL, data / FOLDER, FRAME)
    return data


@pytest.fixture(scope="module")
def app(added: Path) -> Flask:
    return create_app(Settings(host="127.0.0.1", port=8000, data=added, reload_s=0))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def called(text: str, function: str) -> Any:
    """What a script hands to a function."""
    assert text.startswith(f"atlas.{function}(") and text.endswith(");\n")
    return json.loads(f"[{text[len(function) + 7 : -3]}]")


def reference(client: FlaskClient, language: str = "zh") -> dict[str, Any]:
    [document] = called(client.get(f"/reference.js?lang={language}").get_data(as_text=True), "addReference")
    found: dict[str, Any] = document
    return found


def test_every_piece_is_served_and_lies_where_its_name_says(client: FlaskClient) -> None:
    local = reference(client)["local"]
    assert {name.split("-")[0] for name in local["pieces"]} == {"0", "1", "2"}
    for name in local["pieces"]:
        response = client.get(f"/basemap/{name}.js")
        assert response.mimetype == "text/javascript"
        given, piece = called(response.get_data(as_text=True), "addPiece")
        level, x, y = map(int, name.split("-"))
        assert given == name and piece["extent"] == LEVELS[level].extent
        for _kind, _rank, _is_area, lines in piece["shapes"]:
            for steps in lines:
                east = [sum(steps[: at + 1 : 2]) for at in range(0, len(steps), 2)]
                assert len(east) > 1 and all(-piece["extent"] / 100 <= one <= piece["extent"] * 1.01 for one in east)
        box = box_of_tile(LEVELS[level].tile, x, y)
        for *_, lon, lat in piece["names"]:
            corners = from_mercator(np.array([[box.west, box.south], [box.east, box.north]]))
            assert (corners[0] <= [lon, lat]).all() and ([lon, lat] <= corners[1]).all()


@pytest.mark.parametrize("name", ["0-0-0", "x", "2-1-1-1", "9-1638-817", "%3Cscript%3E"])
def test_a_piece_that_is_not_there_is_a_404(client: FlaskClient, name: str) -> None:
    response = client.get(f"/basemap/{name}.js")
    assert response.status_code == 404 and "no piece" in response.get_json(force=True)["detail"]


def test_the_metro_of_the_extract_takes_the_place_of_one_that_knows_fewer_stations(app: Flask, client: FlaskClient) -> None:
    drawn = [text for text, kind, *_ in reference(client, "en")["labels"] if kind == "metro"]
    atlas = site_of(app).atlas
    assert atlas.local
    # The built-in one has two.
    assert "Stone Bridge" not in drawn and len(drawn) == 2
    nothing: dict[str, Any] = {"features": []}
    assert choose_metro(dataclasses.replace(atlas.outline, metro=nothing), atlas.local) == atlas.local.metro
    assert choose_metro(dataclasses.replace(atlas.outline, metro=nothing), dataclasses.replace(atlas.local, metro=nothing)) == nothing


@pytest.mark.parametrize(("language", "said"), [("zh", "街镇界线"), ("en", "township borders")])
def test_the_pages_say_from_where_it_is_and_that_borders_have_no_review_number(client: FlaskClient, language: str, said: str) -> None:
    about = client.get(f"/about?lang={language}").get_data(as_text=True)
    assert "extract.osm" in about and "2031-05-01" in about and "ODbL 1.0" in about and said in about and "审图号" in about
    page = client.get(f"/?lang={language}").get_data(as_text=True)
    state = json.loads(page.split('id="page-state">')[1].split("</script>")[0])
    assert said in state["basemaps"]["outline"]["review"]
    assert "© OpenStreetMap contributors" in state["phrases"]["outline"] and "2031-05-01" in state["phrases"]["outline"]


def test_a_picture_draws_it_below_the_places_and_credits_it(client: FlaskClient) -> None:
    picture = client.get("/map.svg?bbox=107.98,33.98,108.12,34.08&lang=en").get_data(as_text=True)
    layers = [part.split('"')[0] for part in picture.split('<g id="')[1:]]
    assert layers.index("water") < layers.index("local") < layers.index("reference") < layers.index("places")
    assert "added: © OpenStreetMap contributors (2031-05-01)" in picture and "township borders likewise" in picture
    assert "青山" in picture and "&lt;img src=x" in picture and "<img" not in picture


def test_a_map_without_an_extract_says_nothing_of_one() -> None:
    client = create_app(Settings(host="127.0.0.1", port=8000, data=DATA)).test_client()
    assert "local" not in reference(client)
    assert "pieceUrl" not in client.get("/").get_data(as_text=True) and "local-basemap" not in client.get("/about").get_data(as_text=True)
    assert client.get("/basemap/0-102-51.js").status_code == 404


def test_a_running_server_takes_an_extract_up_and_lets_it_go(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    app = create_app(Settings(host="127.0.0.1", port=8000, data=data, reload_s=0))
    client, sites = app.test_client(), sites_of(app)

    def look() -> bool:
        return [sites.look(), sites.look()][-1]

    assert "local" not in reference(client)
    take_in(SMALL, data / FOLDER, FRAME)
    assert look() and reference(client)["local"]["pieces"]
    # Half of a file is not served.
    roads = data / FOLDER / "roads.geojson"
    whole = roads.read_bytes()
    roads.write_bytes(whole[: len(whole) // 2])
    assert not look() and reference(client)["local"]["pieces"]
    assert "basemap/local/roads.geojson" in client.get("/healthz").get_data(as_text=True)
    roads.write_bytes(whole)
    look()
    shutil.rmtree(data / FOLDER)
    assert look() and "local" not in reference(client)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda document: document.pop("extract"), "[extract]: expected file, date and box"),
        (lambda document: document["extract"].update(date="yesterday"), "[extract]: expected file, date and box"),
        (lambda document: document["extract"].update(box=[1, 2, 3]), "[extract]: expected file, date and box"),
        (
            lambda document: document["features"][0]["properties"].update(level=7),
            "[features[0].properties.level] '7': expected a whole number from 0 to 2",
        ),
        (lambda document: document["features"][0]["geometry"].update(type="Point"), "expected a LineString or a MultiLineString"),
    ],
)
def test_a_file_that_was_edited_wrong_is_named_with_its_line(added: Path, tmp_path: Path, change: Any, expected: str) -> None:
    shutil.copytree(added / FOLDER, tmp_path / FOLDER)
    path = tmp_path / FOLDER / "roads.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(TableError) as raised:
        read_local(tmp_path)
    assert "basemap/local/roads.geojson" in str(raised.value) and expected in str(raised.value)
