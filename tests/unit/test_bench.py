"""What the bench of the server gives to those it compares with, made of the features that we serve; nothing is started here."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import geopandas as gpd
import pytest

from bench.contenders import IN_BOX, PROVIDERS, Answer, read_ids, write_answers, write_geopackage, write_table
from bench.load import DATASETTE, NGINX, OURS, PYGEOAPI, build_queries
from geo.atlas import Atlas
from geo.layers.formats import FORMATS, Download
from geo.layers.select import LAYERS, Selection

Features = list[dict[str, Any]]


@pytest.fixture(scope="module")
def features(atlas: Atlas) -> Features:
    """The whole layer, as the bench downloads it."""
    document: dict[str, Any] = json.loads(FORMATS["geojson"].encode(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables)))
    found: Features = document["features"]
    assert found and all(feature["properties"]["id"] == feature["id"] for feature in found)
    return found


def flat(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def test_the_table_has_every_property_once_and_each_feature_in_its_box(features: Features, tmp_path: Path) -> None:
    write_table(features, tmp_path / "features.db")
    connection = sqlite3.connect(tmp_path / "features.db")
    connection.row_factory = sqlite3.Row
    rows = [dict(row) for row in connection.execute("SELECT * FROM places ORDER BY position")]
    for feature, row in zip(features, rows, strict=True):
        assert {name: row[name] for name in feature["properties"]} == {name: flat(value) for name, value in feature["properties"].items()}
        if feature["geometry"]:
            lon, lat = feature["geometry"]["coordinates"]
            assert (row["lon"], row["lat"]) == (lon, lat)
            found = connection.execute(IN_BOX, {"west": lon, "south": lat, "east": lon, "north": lat, "limit": len(features)})
            assert feature["id"] in {row["id"] for row in found}
        else:
            assert (row["lon"], row["lat"]) == (None, None)
    connection.close()


def test_the_geopackage_has_every_property_once(features: Features, tmp_path: Path) -> None:
    write_geopackage(features, tmp_path / "places.gpkg")
    found = gpd.read_file(tmp_path / "places.gpkg", layer="places")
    assert list(found["id"]) == [feature["id"] for feature in features]
    assert set(found.columns) == {*features[0]["properties"], "geometry"}
    assert [geometry is None for geometry in found.geometry] == [feature["geometry"] is None for feature in features]


def test_every_contender_is_asked_the_same(features: Features) -> None:
    for query in build_queries(features, Random(1)):
        asked = {len(paths) for paths in query.paths.values()}
        assert len(asked) == 1, query.name
        # A page is ours alone.
        assert set(query.paths) == ({OURS, *PROVIDERS, DATASETTE} if query.expected else {OURS})
        assert {PYGEOAPI, NGINX}.isdisjoint(query.paths)
        for expected in query.expected:
            assert expected.ids <= {feature["id"] for feature in features}
            assert max(expected.counts) <= len(features)


def test_ready_answers_are_files_of_the_very_bytes(tmp_path: Path) -> None:
    answer = Answer([("Content-Type", "application/geo+json"), ("Content-Encoding", "br")], b"wire", b'{"features": [{"id": "a"}]}', 0)
    write_answers({"/bbox-coded": answer}, {"/bbox-plain": answer.body}, tmp_path)
    assert (tmp_path / "answers/bbox-coded").read_bytes() == answer.wire
    assert json.loads((tmp_path / "answers/index.json").read_text()) == {"/bbox-coded": [list(pair) for pair in answer.headers]}
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["bbox-plain", "bbox-plain.gz"]
    assert read_ids((tmp_path / "files/bbox-plain").read_bytes()) == ["a"]
