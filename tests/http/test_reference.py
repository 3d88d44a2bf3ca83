"""What the map is oriented by, as the page asks for it and as a picture has it."""

from __future__ import annotations

import html
import json
import re

import pytest
from flask.testing import FlaskClient

from geo.ground.palette import REFERENCE_ZOOMS


def address(client: FlaskClient, language: str) -> str:
    state = re.search(r'<script type="application/json" id="page-state">(.*?)</script>', client.get(f"/?lang={language}").text, re.DOTALL)
    assert state
    given: str = json.loads(html.unescape(state[1]))["referenceUrl"]
    return given


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_names_an_address_that_never_changes(client: FlaskClient, language: str) -> None:
    response = client.get(address(client, language))
    assert (response.status_code, response.mimetype) == (200, "text/javascript")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_under_another_name_it_may_change(client: FlaskClient) -> None:
    assert client.get("/reference.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_has_a_name_a_kind_a_zoom_and_a_point(client: FlaskClient, language: str) -> None:
    document = client.get(f"/reference.js?lang={language}").text
    document = json.loads(document.removeprefix("atlas.addReference(").removesuffix(");\n"))
    units = document["units"]
    for text, kind, zoom, lon, lat, has_mark in document["labels"]:
        assert text
        assert zoom in REFERENCE_ZOOMS[kind]
        assert 60 < lon / units < 140 and 0 < lat / units < 60
        assert has_mark in (0, 1)
    for text, kind, zoom, points, is_wide in document["courses"]:
        assert text and zoom in REFERENCE_ZOOMS[kind]
        assert len(points) >= 4 and len(points) % 2 == 0
        assert is_wide in (0, 1)


def test_all_of_it_costs_little(client: FlaskClient) -> None:
    for language in ("zh", "en"):
        response = client.get(address(client, language), headers={"Accept-Encoding": "br"})
        assert response.headers["Content-Encoding"] == "br"
        assert len(response.data) < 45_000


@pytest.mark.parametrize("format_", ["svg", "png"])
def test_a_picture_may_do_without_metro(client: FlaskClient, format_: str) -> None:
    box = "bbox=120.1,30.15,120.25,30.25"
    with_, without = client.get(f"/map.{format_}?{box}"), client.get(f"/map.{format_}?{box}&metro=off")
    assert (with_.status_code, without.status_code) == (200, 200)
    assert with_.data != without.data
    assert client.get(f"/map.{format_}?{box}&metro=on").data == with_.data


@pytest.mark.parametrize("value", ["", "no", "ON", "1"])
def test_metro_is_on_or_off(client: FlaskClient, value: str) -> None:
    response = client.get(f"/map.svg?metro={value}")
    assert response.status_code == 400
    assert "on or off" in response.get_json()["detail"]
    page = client.get(f"/?metro={value}")
    assert page.status_code == 200
    assert f"metro={value}" in html.unescape(page.text)


def test_the_page_about_the_atlas_names_who_the_parts_are_from(client: FlaskClient) -> None:
    about = client.get("/about").text
    for credit in ("© OpenStreetMap contributors, ODbL 1.0", "airportsdata (MIT)", "GSHHG"):
        assert about.count(credit) == 1, credit
