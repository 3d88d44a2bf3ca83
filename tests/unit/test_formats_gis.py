"""GeoPackage read back by SQLite and GDAL, KML by lxml with the OGC schema and by fastkml, FlatGeobuf by Rust, GeoParquet by pyarrow."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path
from typing import Any

import fastkml
import geoparquet_validator
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from geoarrow.rust.io import read_flatgeobuf
from lxml import etree

from geo.atlas import Atlas
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS, Selection
from tests.unit.test_formats import SELECTIONS, download_of, geometries_of, rows_of

KML = "{http://www.opengis.net/kml/2.2}"


def with_lists(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in ("indicators", "relations") else value for name, value in row.items()}


# --- GeoPackage ---------------------------------------------------------------------------------------------------------------------------


def open_package(content: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(content)
    connection.row_factory = sqlite3.Row
    return connection


def geometry_of_blob(blob: bytes | None) -> Any:
    """Read a geometry as section 2.1.3 of the GeoPackage specification lays it out: a header with an optional envelope, then WKB."""
    if blob is None:
        return None
    assert blob[:2] == b"GP"
    flags = blob[3]
    assert struct.unpack("<i" if flags & 1 else ">i", blob[4:8]) == (4326,)
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[flags >> 1 & 7]
    return shapely.from_wkb(blob[8 + envelope :])


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_geopackage_says_what_the_layers_say(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    package = open_package(FORMATS["gpkg"].encode(download))
    for table in ("places", "indicators", "corridors"):
        parts = ("corridor_belts", "corridor_axes") if table == "corridors" else (table,)
        rows = {row["id"]: dict(row) for part in parts for row in package.execute(f"SELECT * FROM {part} ORDER BY fid")}
        expected, geometries = rows_of(download, table), geometries_of(download, table)
        assert sorted(rows) == sorted(expected)
        if table != "corridors":
            assert list(rows) == list(expected)
        for id_, row in rows.items():
            del row["fid"]
            read, geometry = geometry_of_blob(row.pop("geom")), geometries[id_]
            assert read is None if geometry is None else read.equals(geometry)
            assert shapely.get_coordinates(read).tolist() == shapely.get_coordinates(geometry).tolist()
            assert with_lists(row) == expected[id_]


def test_a_geopackage_is_sound_and_read_by_gdal(atlas: Atlas, tmp_path: Path) -> None:
    content = FORMATS["gpkg"].encode(download_of(atlas, "places"))
    package = open_package(content)
    assert package.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"GPKG")
    assert package.execute("PRAGMA user_version").fetchone()[0] == 10300
    assert package.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert package.execute("PRAGMA foreign_key_check").fetchall() == []
    path = tmp_path / "places.gpkg"
    path.write_bytes(content)
    assert pyogrio.list_layers(path).tolist() == [
        ["corridor_belts", "MultiPolygon"],
        ["corridor_axes", "MultiLineString"],
        ["places", "Point"],
        ["indicators", "Point"],
        ["layer_styles", None],
    ]
    assert pyogrio.read_dataframe(path, layer="places").shape[0] == 30


def test_a_geopackage_says_whose_data_it_holds(atlas: Atlas) -> None:
    download = download_of(atlas, "places")
    package = open_package(FORMATS["gpkg"].encode(download))
    (document,) = (row[0] for row in package.execute("SELECT metadata FROM gpkg_metadata"))
    items = {item.get("key"): item.text for item in ET.fromstring(document).iter("MDI")}
    assert items == dict(download.notes)
    described = {row["table_name"]: (row["identifier"], row["description"]) for row in package.execute("SELECT * FROM gpkg_contents")}
    assert described["places"] == (f"hangzhou places {atlas.tables.version}", download.attribution)


def test_no_date_in_a_geopackage_is_that_of_its_writing(atlas: Atlas) -> None:
    download = download_of(atlas, "places")
    package = open_package(FORMATS["gpkg"].encode(download))
    dates = [row[0] for row in package.execute("SELECT last_change FROM gpkg_contents")]
    dates += [row[0] for row in package.execute("SELECT timestamp FROM gpkg_metadata_reference")]
    dates += [row[0] for row in package.execute("SELECT update_time FROM layer_styles")]
    assert len(dates) >= 5
    assert set(dates) == {f"{download.date}T00:00:00.000Z"}


def test_every_layer_of_a_geopackage_has_a_style_for_qgis(atlas: Atlas) -> None:
    package = open_package(FORMATS["gpkg"].encode(download_of(atlas, "places")))
    styles = {row["f_table_name"]: row for row in package.execute("SELECT * FROM layer_styles")}
    assert list(styles) == ["corridor_belts", "corridor_axes", "places", "indicators"]
    assert {(row["f_geometry_column"], row["useAsDefault"]) for row in styles.values()} == {("geom", 1)}
    drawn = {name: ET.fromstring(row["styleQML"]) for name, row in styles.items()}
    for root in drawn.values():
        assert root.tag == "qgis"
        symbols = {symbol.get("name") for symbol in root.iter("symbol")}
        assert {rule.get("symbol") for rule in root.iter("rule")} == symbols
    options = {option.get("value") for option in drawn["corridor_axes"].iter("Option") if option.get("name") == "line_color"}
    assert options == {f"{','.join(map(str, bytes.fromhex(row.colour[1:])))},255" for row in atlas.tables.corridors}
    filters = [rule.get("filter") for rule in drawn["places"].iter("rule")]
    assert filters[:2] == [
        "\"corridor\" = 'west' AND NOT \"geocode_basis\" = 'parent'",
        "\"corridor\" = 'west' AND \"geocode_basis\" = 'parent'",
    ]
    # QGIS reads the filters as SQLite does: each place on the map is drawn by one rule.
    counts = [package.execute(f"SELECT count(*) FROM places WHERE geom NOT NULL AND {one}").fetchone()[0] for one in filters]
    assert counts == [2, 0, 15, 10, 2, 0]


# --- KML ----------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ogc_schema() -> Any:
    """The KML 2.2 schema of the OGC, as fastkml ships it."""
    return etree.XMLSchema(etree.parse(Path(fastkml.__file__).parent / "schema" / "ogckml22.xsd"))


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_kml_is_valid_and_says_what_the_layer_says(atlas: Atlas, ogc_schema: Any, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    content = FORMATS["kml"].encode(download)
    ogc_schema.assertValid(etree.fromstring(content))
    document: Any = fastkml.KML.parse(io.BytesIO(content)).features[0]
    placemarks = {}
    for folder in document.features:
        for placemark in folder.features:
            data = {item.name: item.value for item in placemark.extended_data.elements[0].data}
            placemarks[data["id"]] = (folder.name, placemark, data)
    expected, geometries = rows_of(download), geometries_of(download)
    assert sorted(placemarks) == sorted(expected)
    for id_, (folder, placemark, data) in placemarks.items():
        row = expected[id_]
        lists = {key: json.loads(data[key]) for key in ("indicators", "relations") if key in data}
        assert lists == {key: row[key] for key in lists}
        numbers = {key: float(data[key]) for key, value in row.items() if isinstance(value, float | int) and not isinstance(value, bool)}
        assert numbers == {key: row[key] for key in numbers}
        # An element without text is what is empty, too.
        data = {key: value for key, value in data.items() if value}
        plain = {key: text_of(value) for key, value in row.items() if value not in (None, "") and key not in lists and key not in numbers}
        assert {key: value for key, value in data.items() if key not in lists and key not in numbers} == plain
        assert placemark.name == row["name_zh"]
        geometry = geometries[id_]
        if geometry is None:
            assert placemark.geometry is None
        else:
            assert shapely.get_coordinates(shapely.geometry.shape(placemark.geometry)).tolist() == shapely.get_coordinates(geometry).tolist()
        called = atlas.tables.corridor_names[row["corridor"]]
        assert folder == f"{called.zh} {called.en}"


def test_kml_draws_in_the_colours_of_the_page_and_fetches_nothing(atlas: Atlas) -> None:
    content = FORMATS["kml"].encode(download_of(atlas, "places"))
    root = etree.fromstring(content)
    colours = {style.get("id"): style.findtext(f"{KML}IconStyle/{KML}color") for style in root.iter(f"{KML}Style")}
    # KML writes alpha, blue, green, red.
    assert colours == {
        "west": "ff8b5f1f",
        "west-parent": "808b5f1f",
        "east": "ff1a51b5",
        "east-parent": "801a51b5",
        "none": "ff66615d",
        "none-parent": "8066615d",
    }
    used = {element.text for element in root.iter(f"{KML}styleUrl")}
    assert used == {"#west", "#east", "#east-parent", "#none"}
    assert list(root.iter(f"{KML}href")) == []
    assert pyogrio.read_info(io.BytesIO(content), layer=1)["features"] == 26


def test_the_balloon_says_figures_with_period_unit_status_and_pointer(atlas: Atlas) -> None:
    root = etree.fromstring(FORMATS["kml"].encode(download_of(atlas, "places", Selection(q="滨江"))))
    text = root.findtext(f".//{KML}Placemark/{KML}description")
    assert text is not None
    lines = text.split("<br/>")
    assert lines[0] == "Hangzhou High-tech Zone (Binjiang)"
    assert lines[3] == (
        "规上工业增加值 Value added of industry above designated size: "
        "305.8 亿元 · +8.1 % · #1 杭州市 Hangzhou · 2023-01/2023-05 · exact · actual · report-2023 ¶10 540–568"
    )
    assert lines[-2] == "±7300 m (area, derived)"
    assert lines[-1].startswith("打赢“翻身仗”冲刺“半年红”")


def test_kml_runs_no_markup_and_breaks_on_no_character(atlas: Atlas, ogc_schema: Any) -> None:
    content = FORMATS["kml"].encode(download_of(atlas, "places", Selection(q="<b>\x01\ufffe&")))
    root = etree.fromstring(content)
    ogc_schema.assertValid(root)
    text = root.findtext(f"{KML}Document/{KML}description")
    assert text is not None
    assert "筛选 Filters: q=&lt;b&gt;&amp;<br/>" in text


# --- FlatGeobuf ---------------------------------------------------------------------------------------------------------------------------


def coordinates_of(value: Any) -> list[list[float]]:
    if value is None:
        return []
    if isinstance(value, dict):
        return [[value["x"], value["y"]]]
    return [position for part in value for position in coordinates_of(part)]


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_flatgeobuf_says_what_the_layer_says(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    content = FORMATS["fgb"].encode(download)
    if download.features.empty:
        # The reader in Rust takes a file without features for a broken one; GDAL does not.
        assert len(pyogrio.read_dataframe(io.BytesIO(content))) == 0
        return
    table = pa.table(read_flatgeobuf(io.BytesIO(content)))
    expected, geometries = rows_of(download), geometries_of(download)
    # In the order of the index, and only what is somewhere.
    assert sorted(table["id"].to_pylist()) == sorted(id_ for id_, geometry in geometries.items() if geometry is not None)
    for row in table.to_pylist():
        assert coordinates_of(row.pop("geometry")) == shapely.get_coordinates(geometries[row["id"]]).tolist()
        # FlatGeobuf has no date without a time.
        row = {key: value.date().isoformat() if isinstance(value, datetime) else value for key, value in row.items()}
        assert with_lists(row) == expected[row["id"]]


@pytest.mark.parametrize("name", LAYERS)
def test_flatgeobuf_names_what_is_nowhere(atlas: Atlas, name: str) -> None:
    download = download_of(atlas, name)
    missed = [id_ for id_, geometry in geometries_of(download).items() if geometry is None]
    info = pyogrio.read_info(io.BytesIO(FORMATS["fgb"].encode(download)))
    assert info["capabilities"]["fast_spatial_filter"]
    lines = [line for line in info["layer_metadata"]["DESCRIPTION"].splitlines() if line.startswith("未收入 Left out: ")]
    assert lines == ([f"未收入 Left out: {', '.join(missed)}"] if missed else [])


def test_flatgeobuf_says_its_notes_and_its_datum(atlas: Atlas) -> None:
    download = download_of(atlas, "projects")
    info = pyogrio.read_info(io.BytesIO(FORMATS["fgb"].encode(download)))
    assert info["crs"] == "EPSG:4326"
    assert info["layer_metadata"]["TITLE"] == "projects"
    assert info["layer_metadata"]["DESCRIPTION"] == "\n".join(f"{topic}: {text}" for topic, text in download.notes)


# --- GeoParquet ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", SELECTIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_geoparquet_says_what_the_layer_says(atlas: Atlas, name: str, chosen: str) -> None:
    download = download_of(atlas, name, SELECTIONS[chosen])
    table = pq.read_table(io.BytesIO(FORMATS["parquet"].encode(download)))
    expected, geometries = rows_of(download), geometries_of(download)
    assert table["id"].to_pylist() == list(expected)
    for row in table.to_pylist():
        geometry = geometries[row["id"]]
        wkb, box = row.pop("geometry"), row.pop("bbox")
        assert (wkb is None) == (geometry is None) == (box is None)
        if geometry is not None:
            assert shapely.from_wkb(wkb).equals_exact(geometry)
            assert (box["xmin"], box["ymin"], box["xmax"], box["ymax"]) == geometry.bounds
        row = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row.items()}
        assert with_lists(row) == expected[row["id"]]


@pytest.mark.parametrize("name", LAYERS)
def test_geoparquet_passes_the_tests_of_its_specification(atlas: Atlas, name: str) -> None:
    content = FORMATS["parquet"].encode(download_of(atlas, name))
    report = geoparquet_validator.check_bytes(name, content)
    assert [outcome for outcome in report["outcomes"] if outcome["status"] not in ("pass", "skip")] == []
    passed = {outcome["id"] for outcome in report["outcomes"] if outcome["status"] == "pass"}
    assert {"/conf/core/geo-metadata", "/conf/core/crs-projjson", "/conf/covering/bbox-column-repetition"} <= passed
    metadata = json.loads(pq.read_schema(io.BytesIO(content)).metadata[b"geo"])
    assert metadata["version"] == "1.1.0"
    assert metadata["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert metadata["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 4326}


def test_geoparquet_carries_the_notes(atlas: Atlas) -> None:
    download = download_of(atlas, "places")
    schema = pq.read_schema(io.BytesIO(FORMATS["parquet"].encode(download)))
    assert json.loads(schema.metadata[b"PANDAS_ATTRS"]) == dict(download.notes)
