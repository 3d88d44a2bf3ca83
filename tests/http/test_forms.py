"""In which form a file is asked for: its shape, coordinates and words."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pyproj
import pytest
from flask.testing import FlaskClient

from geo.atlas import Atlas
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS

OPTIONS = {"shape": "wide", "crs": "EPSG:4490", "datum": "GCJ02", "lang": "en", "headings": "words", "bom": "0"}


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).data.decode("utf-8-sig"))))


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", LAYERS)
def test_a_format_has_a_choice_or_says_which_ones_do(client: FlaskClient, name: str, extension: str, option: str) -> None:
    response = client.get(f"/layers/{name}.{extension}?{option}={OPTIONS[option]}")
    having = [one.extension for one in FORMATS.values() if option in one.options]
    assert having
    if extension in having:
        assert response.status_code == 200
        assert response.content_type == FORMATS[extension].media_type
    else:
        assert response.status_code == 400
        assert response.json
        assert f"expected a format in which it can be chosen: {', '.join(having)}; {extension} is none of them" in response.json["detail"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("shape=long", "shape='long': expected one of nested, wide"),
        ("crs=EPSG:4548", "crs='EPSG:4548': expected one of EPSG:4326, EPSG:4490, EPSG:3857, EPSG:4549"),
        ("crs=4549", "crs='4549': expected one of EPSG:4326, EPSG:4490, EPSG:3857, EPSG:4549"),
        ("datum=gcj", "datum='gcj': expected one of WGS84, GCJ02, BD09"),
        ("datum=GCJ02&crs=EPSG:4549", "datum='GCJ02': expected no crs beside it: GCJ02 is in none of them"),
        ("bom=no", "bom='no': expected one of 1, 0"),
        ("lang=fr", "lang='fr': expected one of zh, en"),
        ("headings=nice", "headings='nice': expected one of words, codes"),
        ("shape=wide&shape=wide", "shape='wide': expected the parameter once"),
    ],
)
def test_what_there_is_not_is_refused(client: FlaskClient, query: str, detail: str) -> None:
    response = client.get(f"/layers/places.csv?{query}")
    assert response.status_code == 400
    assert response.json
    assert response.json["detail"] == detail


def test_a_file_is_named_by_its_form(client: FlaskClient, atlas: Atlas) -> None:
    version = atlas.tables.version
    for query, mark in (("shape=wide", "wide-"), ("crs=EPSG:4549", "epsg4549-"), ("datum=BD09", "bd09-"), ("shape=nested&datum=WGS84", "")):
        header = client.get(f"/layers/projects.csv?corridor=east&{query}").headers["Content-Disposition"]
        assert header == f"inline; filename=hangzhou-projects-east-{mark}{version}.csv"


def test_a_file_in_chinese_does_not_depend_on_the_browser(client: FlaskClient) -> None:
    for path in ("places.xlsx", "places.csv?shape=wide", "places.gpkg"):
        answers = {client.get(f"/layers/{path}", headers={"Accept-Language": language}).headers["ETag"] for language in ("zh", "en", "fr")}
        assert len(answers) == 1


# --- coordinates --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:4490", "EPSG:3857", "EPSG:4549"])
def test_csv_in_a_reference_system(client: FlaskClient, code: str) -> None:
    there, here = rows_of(client, f"/layers/places.csv?crs={code}"), rows_of(client, "/layers/places.csv")
    to = pyproj.Transformer.from_crs("EPSG:4326", code, always_xy=True)
    for moved, stays in zip(there, here, strict=True):
        assert (moved["id"], moved["crs"]) == (stays["id"], code)
        assert (moved["x"] == "") == (stays["lon"] == "")
        if stays["lon"]:
            x, y = to.transform(float(stays["lon"]), float(stays["lat"]))
            tolerance = 2e-6 if code in ("EPSG:4326", "EPSG:4490") else 0.011
            assert float(moved["x"]) == pytest.approx(x, abs=tolerance)
            assert float(moved["y"]) == pytest.approx(y, abs=tolerance)
    assert "lon" not in there[0]


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
@pytest.mark.parametrize("name", ["places", "projects", "indicators"])
def test_points_in_the_datum_of_a_web_map(client: FlaskClient, name: str, datum: str) -> None:
    """By the conversion of someone else's hand."""
    other = pytest.importorskip("geocoordinates_ffi")

    def convert(lon: float, lat: float) -> tuple[float, float]:
        point = other.wgs84_to_gcj02(other.Wgs84(lon=lon, lat=lat))
        point = other.gcj02_to_bd09(point) if datum == "BD09" else point
        return point.lon, point.lat

    document = client.get(f"/layers/{name}.geojson?datum={datum}").json
    plain = client.get(f"/layers/{name}.geojson").json
    assert document
    assert plain
    assert document["datum"] == datum
    assert datum[:2] in document["coordinates"]
    rows = rows_of(client, f"/layers/{name}.csv?datum={datum}")
    moved = 0
    for feature, stays, row in zip(document["features"], plain["features"], rows, strict=True):
        assert feature["id"] == stays["id"] == row["id"]
        assert feature["properties"] == {**stays["properties"], "datum": datum}
        columns = (row[f"lon_{datum.lower()}"], row[f"lat_{datum.lower()}"])
        if stays["geometry"] is None:
            assert feature["geometry"] is None
            assert columns == ("", "")
            continue
        lon, lat = feature["geometry"]["coordinates"]
        expected = convert(*stays["geometry"]["coordinates"])
        assert (lon, lat) == pytest.approx(expected, abs=2e-6)
        assert tuple(map(float, columns)) == (lon, lat)
        moved += 1
    assert moved
    assert "lon" not in rows[0]


def test_shapes_in_the_datum_of_a_web_map(client: FlaskClient) -> None:
    features = {query: client.get(f"/layers/corridors.geojson{query}").json["features"] for query in ("", "?datum=GCJ02")}  # type: ignore[index]
    for plain, moved in zip(features[""], features["?datum=GCJ02"], strict=True):
        assert moved["properties"] == {**plain["properties"], "datum": "GCJ02"}
        assert moved["geometry"]["type"] == plain["geometry"]["type"]
        assert moved["geometry"] != plain["geometry"]
    assert "wkt_gcj02" in rows_of(client, "/layers/corridors.csv?datum=GCJ02")[0]


def test_the_api_is_in_no_other_datum(client: FlaskClient) -> None:
    assert client.get("/ogc/collections/places/items?datum=GCJ02").status_code == 400


# --- words --------------------------------------------------------------------------------------------------------------------------------


def test_csv_begins_with_a_byte_order_mark_or_not(client: FlaskClient) -> None:
    marked, plain = client.get("/layers/places.csv").data, client.get("/layers/places.csv?bom=0").data
    assert marked == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize(("lang", "kind", "project"), [("zh", "类别", "项目"), ("en", "Kind", "Project")])
def test_headings_are_words_with_the_codes_beside_them(client: FlaskClient, lang: str, kind: str, project: str) -> None:
    rows = rows_of(client, f"/layers/projects.csv?headings=words&lang={lang}")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/layers/projects.xlsx?lang={lang}").data))["places"]
    header, *lines = sheet.iter_rows(values_only=True)
    for row in (*rows, *(dict(zip(map(str, header), line, strict=True)) for line in lines)):
        assert row[kind].casefold() == project.casefold()
        assert row[f"{kind} kind"] == "project"


def test_every_column_is_found_by_its_code_which_is_the_last_word(client: FlaskClient) -> None:
    header, *lines = openpyxl.load_workbook(io.BytesIO(client.get("/layers/projects.xlsx").data))["places"].iter_rows(values_only=True)
    plain = openpyxl.load_workbook(io.BytesIO(client.get("/layers/projects.xlsx?headings=codes").data))["places"]
    by_code = {str(heading).split()[-1]: column for heading, *column in zip(header, *lines, strict=True) if " " in str(heading)}
    for code, *column in zip(*([cell.value for cell in row] for row in plain.iter_rows()), strict=True):
        assert by_code[code] == column


def test_the_sheets_of_a_workbook_say_their_codes_in_words(client: FlaskClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/layers/places.xlsx").data))
    header = [cell.value for cell in book["indicators"][1]]
    row = dict(zip(header, [cell.value for cell in book["indicators"][2]], strict=True))
    assert row["已实现或计划 status"] == "actual"
    assert row["已实现或计划"] == "已实现"
    assert {"口气", "口气 qualifier", "数值 value", "位置的误差（米） geocode_uncertainty_m"} <= set(header)
    header = [cell.value for cell in book["relations"][1]]
    assert header == ["自 from", "关系", "关系 relation", "至 to", "来源编号 source", "段落 paragraph"]
    assert [cell.value for cell in book["notes"][1]] == ["项目 topic", "说明 note"]
    assert "种类 kind" in [cell.value for cell in book["sources"][1]]


def test_wide_headings_follow_the_language(client: FlaskClient) -> None:
    for lang, heading in (("zh", "规上工业增加值 2022（亿元）"), ("en", "Value added of industry above designated size 2022 (100 million CNY)")):
        features = json.loads(client.get(f"/layers/places.geojson?shape=wide&lang={lang}").data)["features"]
        assert features[0]["properties"][heading] == 756
