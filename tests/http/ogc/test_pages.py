"""What the API is to browsers and caches: pages in the site's own look, headers, languages, other tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from geo.layers.select import LAYERS
from geo.serve.ogc.collections import DESCRIPTIONS
from tests.conftest import BROWSER, Edit
from tests.http.test_security import Inline, assert_safe

FULL = [
    "/ogc/",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    *(
        f"/ogc/collections/{name}{rest}"
        for name in ("places", "platforms", "projects", "corridors", "corridor_belts", "corridor_axes", "indicators")
        for rest in ("", "/queryables", "/schema", "/items")
    ),
    "/ogc/collections/places/items/fullsemi-1",
    "/ogc/collections/places/items/binxiao-small-parks",
    "/ogc/collections/corridors/items/west-belt",
    "/ogc/collections/places/items?limit=5&offset=5&sortby=-name_en&properties=kind",
    "/ogc/collections/places/items?filter=kind='x'",
]


@pytest.mark.parametrize("path", FULL)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_of_the_site_and_has_nothing_inline_and_nothing_foreign(client: FlaskClient, path: str, language: str) -> None:
    response = client.get(path, headers={"Accept": BROWSER, "Accept-Language": language})
    assert_safe(response, 200)
    html = response.get_data(as_text=True)
    assert Inline(html).found == []
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in html
    assert re.search(r'<body class="document( wide)?">', html)
    assert "<h1><bdi>" in html


@pytest.mark.parametrize("path", FULL)
def test_every_link_of_a_page_leads_somewhere(client: FlaskClient, path: str) -> None:
    html = client.get(path, headers={"Accept": BROWSER}).get_data(as_text=True)
    links = {unescape(link) for link in re.findall(r'<a[^>]* href="([^"]+)"', html)}
    assert links
    for link in links:
        assert client.get(urljoin(f"http://localhost{path}", link).removeprefix("http://localhost")).status_code == 200, link


def test_a_page_of_items_turns(client: FlaskClient) -> None:
    html = client.get("/ogc/collections/places/items?f=html&limit=10&offset=10").get_data(as_text=True)
    assert "第 11–20 个，共 30 个" in html
    assert 'rel="prev" href="http://localhost/ogc/collections/places/items?f=html&amp;limit=10&amp;offset=0"' in html
    assert 'rel="next" href="http://localhost/ogc/collections/places/items?f=html&amp;limit=10&amp;offset=20"' in html
    assert "没有符合条件的要素" in client.get("/ogc/collections/places/items?f=html&filter=kind='x'").get_data(as_text=True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 6 * 7 }}", "%(x)s 100%", "\"'&"])
def test_markup_in_the_tables_is_only_text(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit, name: str) -> None:
    edit("places.csv", 2, "name_zh", f"某{name}区")
    client = client_of(data_copy)
    for path in ("/ogc/collections/places/items", "/ogc/collections/places/items/binjiang-hitech"):
        html = client.get(path, headers={"Accept": BROWSER}).get_data(as_text=True)
        assert "<script>alert" not in html
        assert Inline(html).found == []
        assert f"某{name}区" in unescape(html)


def test_tables_without_figures_make_an_empty_collection(client_of: Callable[[Path], FlaskClient], data_copy: Path) -> None:
    table = data_copy / "indicators.csv"
    table.write_text(table.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    client = client_of(data_copy)
    document = client.get("/ogc/collections/indicators/items?sortby=value&filter=value>1&datetime=2023-01-01&bbox=1,2,3,4").get_json(force=True)
    assert (document["features"], document["numberMatched"]) == ([], 0)
    assert client.get("/ogc/collections/indicators").get_json(force=True)["extent"] == {}
    for path in ("/ogc/api", "/ogc/collections/indicators", "/ogc/collections/indicators/items", "/ogc/collections"):
        assert client.get(path, headers={"Accept": BROWSER}).status_code == 200


def test_every_layer_is_a_collection() -> None:
    assert [name for name, described in DESCRIPTIONS.items() if not described.part] == list(LAYERS)
    assert {described.part for described in DESCRIPTIONS.values()} == {"", "belt", "axis"}


# --- headers ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FULL)
def test_an_answer_is_kept_until_it_changes(client: FlaskClient, path: str) -> None:
    first, second = client.get(path), client.get(path)
    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert {"Accept", "Accept-Language"} <= set(first.vary)


@pytest.mark.parametrize(
    ("path", "status"), [("/ogc/", 200), ("/ogc/collections/places/items", 200), ("/ogc/collections/x", 404), ("/ogc/?x=1", 400)]
)
def test_a_page_of_any_origin_may_ask(client: FlaskClient, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Crs" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("path", "accepted", "given"),
    [
        ("/ogc/", "", "application/json"),
        ("/ogc/", "*/*", "application/json"),
        ("/ogc/", BROWSER, "text/html; charset=utf-8"),
        ("/ogc/", "application/json;q=0.5, text/html", "text/html; charset=utf-8"),
        ("/ogc/api", "application/json", "application/vnd.oai.openapi+json;version=3.0"),
        ("/ogc/api", "application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json;version=3.0"),
        ("/ogc/collections/places/items", "application/geo+json, application/json;q=0.1", "application/geo+json"),
        ("/ogc/collections/places/items", "application/json", "application/geo+json"),
        ("/ogc/collections/places/queryables", "application/schema+json", "application/schema+json"),
    ],
)
def test_what_is_accepted_decides_the_form(client: FlaskClient, path: str, accepted: str, given: str) -> None:
    response = client.get(path, headers={"Accept": accepted} if accepted else {})
    assert (response.status_code, response.content_type) == (200, given)


def test_what_cannot_be_given_is_406(client: FlaskClient) -> None:
    response = client.get("/ogc/collections/places/items", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True)["detail"] == "expected Accept to have one of application/geo+json, text/html"
    assert client.get("/ogc/collections/places/items?f=json", headers={"Accept": "image/png"}).status_code == 200


def test_addresses_are_those_of_the_request_s_host(client: FlaskClient) -> None:
    document = client.get("/ogc/", base_url="https://atlas.example:8443/").get_json(force=True)
    assert {urljoin(link["href"], "/") for link in document["links"]} == {"https://atlas.example:8443/"}


def test_links_keep_the_language(client: FlaskClient) -> None:
    document = client.get("/ogc/?lang=en").get_json(force=True)
    assert all("lang=en" in link["href"] for link in document["links"])


def test_the_landing_page_stands_without_its_slash(client: FlaskClient) -> None:
    response = client.get("/ogc")
    assert response.status_code == 308
    assert response.location == "http://localhost/ogc/"


@pytest.mark.parametrize("path", ["items/%FF", "items/%00", "items/..%2F..", "items/" + "x" * 1500, "items/富芯"])
def test_a_strange_id_is_only_unknown(client: FlaskClient, path: str) -> None:
    assert client.get(f"/ogc/collections/places/{path}").status_code == 404
