"""A city of which less is known: no figure, no corridor, one place, no location, no outline. Every page and file is there, if empty."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app import create_app
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.settings import Settings
from tests.other_city import DATA, TEXTS

Row = dict[str, str]

ADDRESSES = [
    *(
        "/",
        "/?lang=en",
        "/?corridor=none",
        "/embed",
        "/about",
        "/map.js",
        "/comparisons.js",
        "/reference.js",
        "/map.svg",
        "/map.png",
        "/layers",
        "/layers?f=jsonld",
        "/ogc/api",
    ),
    *("/places/cloud-valley", "/places/cloud-valley/card.json", "/sources/qinglan-evening", "/reverse?lon=108.2&lat=33.95", "/geocode?q=Yunbei"),
    *(f"/ogc/collections/{layer}{rest}" for layer in LAYERS for rest in ("", "/queryables", "/items?f=json", "/items?f=html")),
    *(f"/layers/{layer}.{extension}" for layer in LAYERS for extension in FORMATS),
]


def rewrite(path: Path, change: Callable[[Row], Row | None]) -> None:
    """Change every row of a table, or leave it out."""
    with path.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        header, rows = reader.fieldnames or [], [row for row in map(change, reader) if row is not None]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def empty(data: Path, *files: str) -> None:
    for file in files:
        if file.endswith(".geojson"):
            (data / file).write_text(json.dumps({"type": "FeatureCollection", "features": []}), encoding="utf-8")
        else:
            rewrite(data / file, lambda row: None)


def without_figures(data: Path) -> None:
    empty(data, "indicators.csv", "vocabulary.csv")


def without_corridors(data: Path) -> None:
    empty(data, "corridors.csv")
    rewrite(data / "places.csv", lambda row: {**row, "corridor": "none", "corridor_basis": "none"})


def with_one_place(data: Path) -> None:
    empty(data, "relations.csv")
    rewrite(data / "places.csv", lambda row: row if row["id"] == "cloud-valley" else None)
    rewrite(data / "indicators.csv", lambda row: row if row["subject_id"] == "cloud-valley" else None)


def without_locations(data: Path) -> None:
    rewrite(data / "places.csv", lambda row: {**row, "place_query": f"{row['id']} is nowhere"})


def without_outlines(data: Path) -> None:
    empty(data, "basemap/districts.geojson", "basemap/surround.geojson", "basemap/water.geojson")


def without_what_may_be_empty(data: Path) -> None:
    empty(data, "admin/former.csv", "admin/elsewhere.csv", "admin/homonyms.csv", "relations.csv", "other_numbers.csv")


THIN = [without_figures, without_corridors, with_one_place, without_locations, without_outlines, without_what_may_be_empty]


@pytest.mark.parametrize("thin", THIN, ids=lambda thin: thin.__name__)
def test_every_page_and_file_is_there(tmp_path: Path, thin: Callable[[Path], None]) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    thin(data)
    client = create_app(Settings.from_env({"GEO_DATA": str(data), "GEO_SOURCE_TEXTS": str(TEXTS), "GEO_RELOAD_S": "0"})).test_client()
    assert {address: status for address in ADDRESSES if (status := client.get(address).status_code) != 200} == {}


def test_a_file_has_the_same_columns_without_any_figure(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    without_figures(data)
    clients = [create_app(Settings.from_env({"GEO_DATA": str(folder)})).test_client() for folder in (DATA, data)]
    full, bare = (client.get("/layers/indicators.csv").text.splitlines() for client in clients)
    assert len(bare) == 1
    assert bare[0] == full[0]
