"""What the tests share: the tables that they know, read once, and copies of them to break."""

from __future__ import annotations

import csv
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest
from filelock import FileLock
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from bench.places import write_places
from geo.atlas import Atlas, build_atlas
from geo.draw.basemap import Outline
from geo.draw.marks import Mark, map_marks
from geo.ground.bbox import Box
from geo.settings import PROJECT, Settings
from geo.tables.kinds import Kind
from geo.tables.reading import Tables
from tests.known import DATA

# Examples are the same in every run, and a slow machine is no failure.
hypothesis.settings.register_profile("same_every_time", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same_every_time")

# What a browser sends when a person opens an address.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

Edit = Callable[[str, int, str, str], None]
Ids = Callable[[str], list[str]]


def pytest_collection_finish() -> None:
    """Leave the modules and the tests themselves out of every later search for cycles: they stay, and are many."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Leave no tables behind: a process that runs tests for another one ends without what it has put off to its end."""
    shutil.rmtree(DATA.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults, with the tables that the tests know."""
    return Settings.from_env({"GEO_DATA": str(DATA)})


@pytest.fixture(scope="session")
def atlas(settings: Settings) -> Atlas:
    return build_atlas(settings)


@pytest.fixture(scope="session")
def tables(atlas: Atlas) -> Tables:
    return atlas.tables


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 600 generated places beside those that the tests know; for reading only."""
    folder = tmp_path_factory.mktemp("crowd")
    write_places(folder, 600, data=DATA)
    return folder


class Frozen(NamedTuple):
    """The site without a server, and what the command said that wrote it."""

    folder: Path
    printed: str


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Frozen:
    """The site as ``python -m geo freeze`` writes it, in a folder below two others; once in a run, and for reading only."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "frozen"
    target, said = shared / "a" / "b", shared / "printed.txt"
    with FileLock(shared.with_suffix(".lock")):
        if not said.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            command, env = [sys.executable, "-m", "geo", "freeze", str(target)], {**os.environ, "GEO_DATA": str(DATA)}
            done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
            assert done.returncode == 0, done.stderr
            said.write_text(done.stdout, encoding="utf-8")
    return Frozen(target, said.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def frozen_folder(frozen: Frozen) -> Path:
    return frozen.folder


@pytest.fixture
def data_copy(tmp_path: Path) -> Path:
    """A copy of the data folder that a test may break."""
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    return copy


@pytest.fixture
def edit(data_copy: Path) -> Edit:
    """Write a value into a cell of the copy: ``edit("places.csv", 2, "kind", "castle")``; the line is counted from 1 with the header."""

    def write(file: str, line: int, column: str, value: str) -> None:
        path = data_copy / file
        with path.open(encoding="utf-8", newline="") as source:
            rows = list(csv.reader(source))
        rows[line - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(rows)

    return write


@pytest.fixture(scope="session")
def outline(atlas: Atlas) -> Outline:
    return atlas.outline


@pytest.fixture(scope="session")
def marks(atlas: Atlas) -> list[Mark]:
    """Every place that has a location, as the page shows it."""
    points = atlas.layers.places.geometry.to_dict()
    return map_marks(atlas.tables.places, atlas.answers, points, lambda place: place.name_zh, None)


@pytest.fixture(scope="session")
def view(atlas: Atlas) -> Box:
    """The corridors and every place but the city as a whole."""
    places = atlas.layers.places
    west, south, east, north = (
        *map(min, zip(places[places["kind"] != Kind.CITY].total_bounds[:2], atlas.layers.corridors.total_bounds[:2], strict=True)),
        *map(max, zip(places[places["kind"] != Kind.CITY].total_bounds[2:], atlas.layers.corridors.total_bounds[2:], strict=True)),
    )
    return Box(west, south, east, north)


# --- the application without a network: one for all tests, as nothing in it depends on a request ---


@pytest.fixture(scope="session")
def flask_app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(flask_app: Flask) -> Iterator[FlaskClient]:
    with flask_app.test_client() as client:
        yield client


@pytest.fixture(scope="session")
def crowded_app(crowd: Path) -> Flask:
    """An application that serves 630 places."""
    return create_app(Settings(host="127.0.0.1", port=8000, data=crowd))


@pytest.fixture
def crowded(crowded_app: Flask) -> FlaskClient:
    return crowded_app.test_client()


@pytest.fixture
def ids(client: FlaskClient) -> Ids:
    """The ids of the features at an address, in order."""

    def read(path: str) -> list[str]:
        response = client.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.content_type == "application/geo+json"
        return [feature["id"] for feature in response.json["features"]]  # type: ignore[index]

    return read


@pytest.fixture
def client_of() -> Callable[[Path], FlaskClient]:
    """A client of an application that serves other tables."""

    def build(data: Path) -> FlaskClient:
        return create_app(Settings(host="127.0.0.1", port=8000, data=data)).test_client()

    return build
