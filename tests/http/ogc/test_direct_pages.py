"""A page that is made without a view is the page that the view makes, byte for byte; whatever else is asked goes to the view."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.serve.http import cache as front
from geo.serve.ogc.pages import known_of
from geo.serve.site import site_of
from geo.settings import Settings

COLLECTIONS = ["places", "platforms", "projects", "corridors", "indicators"]
PLAIN = [
    "",
    "limit=2",
    "limit=2&offset=3",
    "offset=3&limit=2",
    "limit=10000",
    "limit=99999999999",
    "offset=1000",
    "f=json&limit=4",
    "limit=1&f=json",
    "lang=en&limit=2&offset=2",
    "lang=zh",
    "bbox=120.1,30.1,120.3,30.3&limit=2",
    "limit=3&bbox=120.1%2C30.1%2C120.3%2C30.3",
    "bbox=120.1,30.1,0,120.3,30.3,9",
    "bbox=170,30,-170,31",
    "bbox=-180,-90,180,90",
    "bbox=120.2,30.2,120.2,30.2",
]
OTHER = [
    "limit=0",
    "limit=",
    "limit=2&limit=3",
    "bbox=1,2,3",
    "offset=-1",
    "f=html",
    "f=xml",
    "lang=fr",
    "colour=red",
    "limit=2&crs=http://www.opengis.net/def/crs/EPSG/0/4326",
    "filter=kind='project'",
    "sortby=name_zh",
    "limit=%ff",
    "properties=source",
]


@pytest.fixture(scope="module")
def app(settings: Settings) -> Flask:
    """An application that has given a page of every collection in both languages, and so knows its words and headers."""
    app = create_app(settings)
    for collection in COLLECTIONS:
        for language in ("zh", "en"):
            assert app.test_client().get(f"/ogc/collections/{collection}/items", headers={"Accept-Language": language}).status_code == 200
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize("query", PLAIN)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_it_is_what_the_view_gives(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, collection: str, query: str) -> None:
    path = f"/ogc/collections/{collection}/items?{query}"
    for headers in ({}, {"Accept-Language": "en", "Accept": "application/geo+json"}, {"Host": "atlas.example:8080"}, {"Accept-Encoding": "br"}):
        direct = client.get(path, headers=headers)
        with monkeypatch.context() as patch:
            patch.setattr(front, "answer_directly", lambda *_: None)
            view = client.get(path, headers=headers)
        assert direct.status_code == view.status_code == 200
        assert direct.data == view.data
        assert sorted(direct.headers) == sorted(view.headers)


@pytest.mark.parametrize("query", ["", "?lang=en", "?f=json", "?lang=zh&f=json", "?f=html", "?crs=x", "?limit=1", "?lang=fr"])
@pytest.mark.parametrize(
    "feature", ["places/items/fullsemi-1", "corridors/items/west-axis", "places/items/atlantis", "indicators/items/%E6%BB%A8", "roads/items/a"]
)
def test_a_feature_is_what_the_view_gives(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, feature: str, query: str) -> None:
    client.get(f"/ogc/collections/{feature.partition('/')[0]}/items?limit=1")
    path = f"/ogc/collections/{feature}{query}"
    for headers in ({}, {"Accept-Language": "en", "Accept": "application/geo+json"}, {"Host": "atlas.example:8080"}, {"Accept": "text/html"}):
        direct = client.get(path, headers=headers)
        with monkeypatch.context() as patch:
            patch.setattr(front, "answer_directly", lambda *_: None)
            view = client.get(path, headers=headers)
        assert direct.status_code == view.status_code
        assert direct.data == view.data
        assert sorted(direct.headers) == sorted(view.headers)


def test_no_view_is_called_for_it(app: Flask, client: FlaskClient) -> None:
    called: list[str] = []
    app.before_request_funcs.setdefault(None, []).append(lambda: called.append("called"))
    for query in PLAIN:
        # An address that nobody has asked for yet.
        assert client.get(f"/ogc/collections/places/items?{query}", headers={"Host": "unheard.example"}).status_code == 200
    assert client.get("/ogc/collections/places/items/dessmann", headers={"Host": "unheard.example"}).json["id"] == "dessmann"  # type: ignore[index]
    assert called == []
    app.before_request_funcs[None].pop()


@pytest.mark.parametrize("query", OTHER)
def test_what_is_more_than_a_page_or_wrong_goes_to_the_view(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    path = f"/ogc/collections/places/items?{query}"
    one = client.get(path)
    with monkeypatch.context() as patch:
        patch.setattr(front, "answer_directly", lambda *_: None)
        other = client.get(path)
    assert (one.status_code, one.data) == (other.status_code, other.data)


@pytest.mark.parametrize("host", ["UPPER.example", "atlas.example:80", "bad host", "münchen.example", "a..b", "[::1]:8000", "<script>"])
def test_an_unusual_host_is_left_to_the_view(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    path = "/ogc/collections/places/items?limit=1"
    one = client.get(path, headers={"Host": host.encode().decode("latin-1")})
    with monkeypatch.context() as patch:
        patch.setattr(front, "answer_directly", lambda *_: None)
        other = client.get(path, headers={"Host": host.encode().decode("latin-1")})
    assert (one.status_code, one.data) == (other.status_code, other.data)


def test_what_is_known_belongs_to_the_site(app: Flask) -> None:
    known = site_of(app).once(known_of)
    assert set(known.headers) == set(COLLECTIONS)
    assert {language for _, language in known.words} == {"zh", "en"}
    assert [names for names in map(dict, known.headers.values()) if "ETag" in names or "Content-Length" in names] == []


def test_a_page_that_is_asked_for_again_is_kept(client: FlaskClient, app: Flask) -> None:
    site, address = site_of(app), "/ogc/collections/indicators/items?limit=7&offset=3"
    before = site.answers.held
    first = client.get(address, headers={"Accept-Encoding": "br"})
    assert site.answers.held == before, "once is no sign of more"
    again = [client.get(address, headers={"Accept-Encoding": "br"}) for _ in range(2)]
    assert site.answers.held > before
    assert [(one.data, one.headers["ETag"]) for one in again] == [(first.data, first.headers["ETag"])] * 2
    elsewhere = client.get(address, headers={"Host": "example.org", "Accept-Encoding": "br"})
    assert elsewhere.data != first.data
