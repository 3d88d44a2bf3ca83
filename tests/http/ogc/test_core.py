"""The executable part of the abstract test suite of OGC API - Features, Part 1: one test a requirement, named after it."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import shapely
from flask.testing import FlaskClient
from geojson_pydantic import Feature, FeatureCollection
from shapely.geometry import shape

from tests.conftest import BROWSER

COLLECTIONS = ["places", "platforms", "projects", "corridors", "indicators"]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
BOX = (120.1, 30.1, 120.3, 30.3)


def get(client: FlaskClient, path: str, media_type: str = "application/json") -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type == media_type
    document: dict[str, Any] = response.get_json(force=True)
    return document


def items(client: FlaskClient, collection: str, query: str = "") -> dict[str, Any]:
    return get(client, f"/ogc/collections/{collection}/items{query}", "application/geo+json")


def links(document: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [link for link in document["links"] if link["rel"] == rel]


def refused(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 400, path
    assert response.content_type == "application/problem+json"
    detail: str = response.get_json(force=True)["detail"]
    return detail


@pytest.fixture(scope="module")
def api(flask_app: Any) -> dict[str, Any]:
    document: dict[str, Any] = flask_app.test_client().get("/ogc/api").get_json(force=True)
    return document


def parameter(api: dict[str, Any], collection: str, name: str) -> dict[str, Any]:
    given = api["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
    resolved = [api["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
    (found,) = [one for one in resolved if one["name"] == name]
    return dict(found)


# --- general ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ogc/", "/ogc/api", "/ogc/conformance", "/ogc/collections", "/ogc/collections/places/items"])
def test_req_core_http(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.head(path).data == b""
    refusal = client.post(path)
    assert refusal.status_code == 405
    assert refusal.allow.as_set() == {"get", "head", "options"}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_req_core_crs84(client: FlaskClient, collection: str) -> None:
    assert client.get(f"/ogc/collections/{collection}/items").headers["Content-Crs"] == f"<{CRS84}>"
    for feature in items(client, collection)["features"]:
        if feature["geometry"]:
            west, south, east, north = shape(feature["geometry"]).bounds
            assert 118 < west <= east < 121.5
            assert 29 < south <= north < 31


@pytest.mark.parametrize("path", ["", "conformance", "api", "collections", "collections/places", "collections/places/items", "collections/x/items/y"])
def test_req_core_query_param_unknown(client: FlaskClient, path: str) -> None:
    path = path.replace("/x/", "/places/").replace("/y", "/fullsemi-1")
    detail = refused(client, f"/ogc/{path}?colour=red")
    assert detail.startswith("colour='red': expected one of the parameters f, lang")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "limit='0': expected a whole number of 1 or more"),
        ("limit=ten", "limit='ten': expected a whole number of 1 or more"),
        ("limit=-1", "limit='-1': expected a whole number of 1 or more"),
        ("limit=１", "limit='１': expected a whole number of 1 or more"),
        ("limit=1&limit=2", "limit='2': expected the parameter once"),
        ("offset=-1", "offset='-1': expected a whole number of 0 or more"),
        ("bbox=1,2,3", "bbox='1,2,3': expected four numbers with commas: Lon, Lat of the lower corner, Lon, Lat of the upper one"),
        ("bbox=1,2,3,nan", "bbox='1,2,3,nan': expected four numbers with commas: Lon, Lat of the lower corner, Lon, Lat of the upper one"),
        ("bbox=1,2,3,1e999", "bbox='1,2,3,1e999': expected finite numbers"),
        ("bbox=1,5,2,4", "bbox='1,5,2,4': expected south before north: the box looks reversed"),
        ("bbox=30,120,31,121", "bbox='30,120,31,121': expected degrees in the order Lon, Lat: lon -180 to 180, lat -90 to 90"),
        ("crs=EPSG:4326", f"crs='EPSG:4326': expected one of {CRS84}, http://www.opengis.net/def/crs/EPSG/0/4326, "),
        ("bbox-crs=x", "bbox-crs='x': expected one of "),
        ("properties=name_zh,colour", "properties='colour': expected names with commas, of id, name_zh, name_en"),
        ("properties=", "properties='': expected names with commas, of id, name_zh"),
        ("sortby=indicators", "sortby='indicators': expected names with commas, each with + or - before it or neither, of id, name_zh"),
        ("sortby=", "sortby='': expected names with commas"),
        ("datetime=yesterday", "datetime='yesterday': expected a date-time of RFC 3339 or two with a solidus"),
        ("datetime=2023-02-30", "datetime='2023-02-30': expected a date-time of RFC 3339"),
        ("datetime=../..", "datetime='../..': expected a date-time of RFC 3339"),
        ("datetime=..", "datetime='..': expected a date-time of RFC 3339"),
        ("datetime=", "datetime='': expected a date-time of RFC 3339"),
        ("datetime=2023-01-01/2022-01-01", "datetime='2023-01-01/2022-01-01': expected a start before the end"),
        ("datetime=0001-01-01T00:00:00%2B23:59", "datetime='0001-01-01T00:00:00+23:59': expected a date-time of RFC 3339"),
        ("filter-lang=sql", "filter-lang='sql': expected one of cql2-text, cql2-json"),
        ("f=xml", "f='xml': expected one of json, html"),
        ("lang=fr", "lang='fr': expected one of zh, en"),
    ],
)
def test_req_core_query_param_invalid(client: FlaskClient, query: str, detail: str) -> None:
    assert refused(client, f"/ogc/collections/places/items?{query}").startswith(detail)


# --- landing page, conformance, API definition ----------------------------------------------------------------------------------------------


def test_req_core_root_op_and_root_success(client: FlaskClient) -> None:
    landing = get(client, "/ogc/")
    (service_desc,), (service_doc,), (conformance,), (data,) = (links(landing, rel) for rel in ("service-desc", "service-doc", "conformance", "data"))
    assert service_desc == {"href": "http://localhost/ogc/api?f=json", "rel": "service-desc", "type": OPENAPI, "title": "接口说明"}
    assert service_doc["type"] == "text/html"
    assert conformance["href"] == "http://localhost/ogc/conformance"
    assert data["href"] == "http://localhost/ogc/collections"
    for link in landing["links"]:
        parts = urlsplit(link["href"])
        response = client.get(f"{parts.path}?{parts.query}")
        assert response.status_code == 200
        assert response.content_type.removesuffix("; charset=utf-8") == link["type"]


def test_req_core_conformance_op_and_conformance_success(client: FlaskClient) -> None:
    classes = get(client, "/ogc/conformance")["conformsTo"]
    assert len(set(classes)) == len(classes)
    for name in ("core", "oas30", "html", "geojson"):
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in classes
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in classes
    for name in ("queryables", "filter", "features-filter"):
        assert f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}" in classes
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text" in classes
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json" in classes


def test_req_core_api_definition_op_and_api_definition_success(client: FlaskClient) -> None:
    document = get(client, "/ogc/api", OPENAPI)
    assert document["openapi"].startswith("3.0.")
    assert client.get("/ogc/api?f=html").content_type == "text/html; charset=utf-8"


def test_req_oas30_completeness(client: FlaskClient, api: dict[str, Any]) -> None:
    expected = {"/", "/conformance", "/api", "/collections"}
    for name in COLLECTIONS:
        expected |= {f"/collections/{name}{rest}" for rest in ("", "/queryables", "/items", "/items/{featureId}")}
    assert set(api["paths"]) == expected
    assert api["servers"] == [{"url": "http://localhost/ogc"}]


def test_req_oas30_exception_codes(api: dict[str, Any]) -> None:
    for path in api["paths"].values():
        assert set(path["get"]["responses"]) == {"200", "304", "400", "404", "405", "406", "414", "500"}


def test_req_oas30_oas_definition_1_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '#/([^']+)'", str(api)))
    assert len(references) > 20
    for reference in references:
        node: Any = api
        for part in reference.split("/"):
            node = node[part]


# --- collections ----------------------------------------------------------------------------------------------------------------------------


def test_req_core_fc_md_op_and_fc_md_success(client: FlaskClient) -> None:
    document = get(client, "/ogc/collections")
    assert [one["id"] for one in document["collections"]] == COLLECTIONS
    assert links(document, "self")[0]["type"] == "application/json"
    assert links(document, "alternate")[0]["type"] == "text/html"


def test_req_core_fc_md_items_links(client: FlaskClient) -> None:
    for collection in get(client, "/ogc/collections")["collections"]:
        assert {link["type"] for link in links(collection, "items")} == {"application/geo+json", "text/html"}
        assert links(collection, "items")[0]["href"] == f"http://localhost/ogc/collections/{collection['id']}/items"


def test_req_core_fc_md_extent(client: FlaskClient) -> None:
    for collection in get(client, "/ogc/collections")["collections"]:
        (bounds,) = collection["extent"]["spatial"]["bbox"]
        assert collection["extent"]["spatial"]["crs"] == CRS84
        inside = shapely.box(*bounds)
        for feature in items(client, collection["id"])["features"]:
            assert feature["geometry"] is None or inside.covers(shape(feature["geometry"]))
        assert ("temporal" in collection["extent"]) is (collection["id"] == "indicators")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_req_core_sfc_md_op_and_sfc_md_success(client: FlaskClient, collection: str) -> None:
    document = get(client, f"/ogc/collections/{collection}")
    (listed,) = [one for one in get(client, "/ogc/collections")["collections"] if one["id"] == collection]
    for name in ("id", "title", "description", "extent", "crs", "storageCrs", "itemType"):
        assert document[name] == listed[name]


@pytest.mark.parametrize("rest", ["", "/items", "/queryables", "/items/x"])
def test_req_core_sfc_md_op_what_is_not_there_is_404(client: FlaskClient, rest: str) -> None:
    response = client.get(f"/ogc/collections/castles{rest}")
    assert response.status_code == 404
    detail = response.get_json(force=True)["detail"]
    assert detail == "no collection 'castles'; expected one of places, platforms, projects, corridors, indicators"


# --- features -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_req_core_fc_op_and_fc_response(client: FlaskClient, collection: str) -> None:
    document = items(client, collection)
    FeatureCollection[Any].model_validate({"type": "FeatureCollection", "features": document["features"]})
    assert len({feature["id"] for feature in document["features"]}) == len(document["features"])
    layer = client.get(f"/layers/{collection}.geojson").get_json(force=True)
    assert document["features"] == layer["features"]


def test_req_core_fc_limit_definition(api: dict[str, Any]) -> None:
    found = parameter(api, "places", "limit")
    assert found["schema"] == {"type": "integer", "minimum": 1, "default": 100}
    assert (found["in"], found["required"], found["style"], found["explode"]) == ("query", False, "form", False)
    assert "10000" in found["description"]


def test_req_core_fc_limit_response_1(client: FlaskClient) -> None:
    assert len(items(client, "places", "?limit=7")["features"]) == 7
    assert len(items(client, "places", "?limit=10000")["features"]) == 30
    # Above the maximum is no error: the answer just holds no more than that.
    assert len(items(client, "places", "?limit=10001")["features"]) == 30
    assert len(items(client, "places", "?limit=99999999999999999999")["features"]) == 30


def test_req_core_fc_limit_response_1_default_and_maximum(crowded: FlaskClient) -> None:
    document = items(crowded, "places")
    assert (document["numberMatched"], document["numberReturned"]) == (630, 100)
    assert len(items(crowded, "places", "?limit=10000")["features"]) == 630


def test_req_core_fc_bbox_definition(api: dict[str, Any]) -> None:
    found = parameter(api, "places", "bbox")
    assert found["schema"] == {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    }
    assert (found["style"], found["explode"]) == ("form", False)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_req_core_fc_bbox_response(client: FlaskClient, collection: str) -> None:
    box = shapely.box(*BOX)
    everything = items(client, collection)["features"]
    expected = [one["id"] for one in everything if one["geometry"] is None or shape(one["geometry"]).intersects(box)]
    text = ",".join(map(str, BOX))
    assert [one["id"] for one in items(client, collection, f"?bbox={text}")["features"]] == expected
    west, south, east, north = BOX
    assert [one["id"] for one in items(client, collection, f"?bbox={west},{south},0,{east},{north},99")["features"]] == expected


def test_req_core_fc_bbox_response_matches_what_has_no_geometry(client: FlaskClient) -> None:
    """The standard says so: a client cannot know that the feature is elsewhere."""
    document = items(client, "places", "?bbox=0,0,1,1")
    assert [(one["id"], one["geometry"]) for one in document["features"]] == [("binxiao-small-parks", None)]


def test_req_core_fc_bbox_response_across_the_antimeridian(client: FlaskClient) -> None:
    everything = [one["id"] for one in items(client, "places")["features"]]
    assert [one["id"] for one in items(client, "places", "?bbox=100,0,-100,60")["features"]] == everything
    assert items(client, "places", "?bbox=150,0,100,60")["numberMatched"] == 1


def test_a_box_holds_what_lies_on_its_edges_and_may_be_a_line_or_a_point(crowded: FlaskClient) -> None:
    every = {one["id"]: one["geometry"] for one in items(crowded, "places", "?limit=10000")["features"]}
    points = {id_: tuple(geometry["coordinates"]) for id_, geometry in every.items() if geometry}
    # Two places, each a corner of the box; the same place twice; two on a line.
    chosen = list(points.values())[::40]
    corners = [*itertools.pairwise(chosen), *((point, point) for point in chosen), *(((lon, lat), (lon, lat + 0.1)) for lon, lat in chosen)]
    assert len(corners) > 40
    for one, other in corners:
        (west, east), (south, north) = sorted((one[0], other[0])), sorted((one[1], other[1]))
        inside = {id_ for id_, (lon, lat) in points.items() if west <= lon <= east and south <= lat <= north}
        assert inside
        found = [feature["id"] for feature in items(crowded, "places", f"?limit=10000&bbox={west},{south},{east},{north}")["features"]]
        assert found == [id_ for id_ in every if id_ in inside or id_ not in points]


def test_req_core_fc_time_definition(api: dict[str, Any]) -> None:
    found = parameter(api, "indicators", "datetime")
    assert (found["schema"]["type"], found["style"], found["explode"]) == ("string", "form", False)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2022-06-30T12:00:00Z", "2022-06-30", "2022-06-30"),
        ("2022-06-30", "2022-06-30", "2022-06-30"),
        ("2023-01-01T00:00:00Z/2023-03-31T23:59:59Z", "2023-01-01", "2023-03-31"),
        ("../2022-12-31T23:59:59Z", "", "2022-12-31"),
        ("/2022-12-31T23:59:59Z", "", "2022-12-31"),
        ("2023-06-01T00:00:00.123456789Z/..", "2023-06-01", ""),
        ("2023-06-01t00:00:00z/", "2023-06-01", ""),
        # An offset counts: the last hours of a year in China are the same day in UTC, the first ones the day before.
        ("2023-01-01T07:59:59%2B08:00", "2022-12-31", "2022-12-31"),
        ("2023-01-01T08:00:00%2B08:00", "2023-01-01", "2023-01-01"),
    ],
)
def test_req_core_fc_time_response(client: FlaskClient, text: str, start: str, end: str) -> None:
    def meets(properties: dict[str, str | None]) -> bool:
        first, last = properties["period_start"] or "", properties["period_end"] or "9999"
        return first <= (end or "9999") and last >= start

    everything = items(client, "indicators", "?limit=1000")["features"]
    expected = [one["id"] for one in everything if meets(one["properties"])]
    found = [one["id"] for one in items(client, "indicators", f"?datetime={text}&limit=1000")["features"]]
    assert found == expected
    assert 0 < len(found) < len(everything)


def test_req_core_fc_time_response_matches_what_has_no_time(client: FlaskClient) -> None:
    undated = {one["id"] for one in items(client, "indicators")["features"] if one["properties"]["period"] is None}
    assert len(undated) == 11
    assert undated <= {one["id"] for one in items(client, "indicators", "?datetime=1900-01-01")["features"]}
    assert items(client, "places", "?datetime=1900-01-01")["numberMatched"] == 30


def test_req_core_fc_links_and_fc_rel_type(client: FlaskClient) -> None:
    document = items(client, "places", "?limit=10")
    assert {link["rel"] for link in document["links"]} == {"self", "alternate", "next", "collection"}
    assert all(link["type"] for link in document["links"])
    assert links(document, "self")[0]["href"] == "http://localhost/ogc/collections/places/items?limit=10&f=json"
    assert links(document, "alternate")[0]["type"] == "text/html"


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("limit", [1, 3, 7, 30])
def test_paging_forth_and_back_meets_every_feature_once(client: FlaskClient, collection: str, limit: int) -> None:
    path, seen, back = f"/ogc/collections/{collection}/items?limit={limit}&sortby=-source", [], []
    while path:
        document = client.get(path).get_json(force=True)
        page = [one["id"] for one in document["features"]]
        seen.append(page)
        path = next((link["href"] for link in links(document, "next")), "")
    while document:
        back.append([one["id"] for one in document["features"]])
        before = links(document, "prev")
        document = client.get(before[0]["href"]).get_json(force=True) if before else {}
    assert back[::-1] == seen
    flat = [id_ for page in seen for id_ in page]
    assert sorted(flat) == sorted(one["id"] for one in items(client, collection)["features"])
    assert [len(page) for page in seen[:-1]] == [limit] * (len(seen) - 1)


def test_req_core_fc_time_stamp(client: FlaskClient) -> None:
    stamp = items(client, "places", "?limit=2&offset=3")["timeStamp"]
    assert abs((datetime.fromisoformat(stamp) - datetime.now(UTC)).total_seconds()) < 3600


def test_req_core_fc_number_matched_and_number_returned(client: FlaskClient) -> None:
    document = items(client, "places", "?limit=4&filter=kind='project'")
    assert (document["numberMatched"], document["numberReturned"], len(document["features"])) == (5, 4, 4)
    past = items(client, "places", "?offset=1000")
    assert (past["numberMatched"], past["numberReturned"], past["features"]) == (30, 0, [])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_req_core_f_op_and_f_success_and_f_links(client: FlaskClient, collection: str) -> None:
    for listed in items(client, collection)["features"]:
        feature = get(client, f"/ogc/collections/{collection}/items/{listed['id']}", "application/geo+json")
        Feature[Any, Any].model_validate(feature)
        assert {name: feature[name] for name in listed} == listed
        assert [link["rel"] for link in feature["links"]] == ["self", "alternate", "collection"]
        assert links(feature, "collection")[0]["href"] == f"http://localhost/ogc/collections/{collection}"


def test_req_core_f_op_a_feature_of_another_collection_is_404(client: FlaskClient) -> None:
    response = client.get("/ogc/collections/platforms/items/fullsemi-1")
    assert response.status_code == 404
    assert response.get_json(force=True)["detail"] == "no feature 'fullsemi-1' in platforms; its items have them all"


# --- HTML ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "conformance", "api", "collections", "collections/places", "collections/places/queryables"])
def test_req_html_definition(client: FlaskClient, path: str) -> None:
    for response in (
        client.get(f"/ogc/{path}", headers={"Accept": BROWSER}),
        client.get(f"/ogc/{path}?f=html", headers={"Accept": "application/json"}),
    ):
        assert response.content_type == "text/html; charset=utf-8"
        assert {"Accept", "Accept-Language"} <= set(response.vary)


def test_req_html_content(client: FlaskClient) -> None:
    for collection in COLLECTIONS:
        html = client.get(f"/ogc/collections/{collection}/items?f=html").get_data(as_text=True)
        for feature in items(client, collection)["features"]:
            assert f">{feature['id']}<" in html
            page = client.get(f"/ogc/collections/{collection}/items/{feature['id']}?f=html").get_data(as_text=True)
            assert f"<code>{feature['id']}</code>" in page
