"""Several reports over HTTP: what changed since one of them, and the time that is compared."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.settings import Settings
from tests.editions import FIRST, SECOND, THIRD, VALUE, write_editions
from tests.other_city import DATA


@pytest.fixture(scope="module")
def three_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = write_editions(tmp_path_factory.mktemp("editions") / "data")
    return create_app(Settings.from_env({"GEO_DATA": str(folder), "GEO_SOURCE_TEXTS": str(folder / "texts")}))


@pytest.fixture
def three(three_app: Flask) -> FlaskClient:
    return three_app.test_client()


@pytest.fixture(scope="module")
def client_of_one() -> FlaskClient:
    return create_app(Settings.from_env({"GEO_DATA": str(DATA)})).test_client()


def text_of(client: FlaskClient, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def counts(page: str) -> dict[str, int]:
    return {group: int(count) for group, count in re.findall(r'<h2 id="(\w+)">[^<]*<span class="count">(\d+)', page)}


def test_a_page_says_what_has_changed_since_a_report(three: FlaskClient) -> None:
    assert counts(text_of(three, f"/changes?since={FIRST}")) == {"restated": 1, "changed": 3, "new": 1, "not_comparable": 2, "same": 2}
    since_second = text_of(three, f"/changes?since={SECOND}")
    assert counts(since_second) == {"restated": 0, "changed": 1, "new": 1, "not_comparable": 1, "same": 0}
    assert "57 亿元 · +8.2% · 全市第一" in since_second
    assert "+8.8%" in since_second
    # Without a source it is the last but one.
    assert counts(text_of(three, "/changes")) == counts(since_second)


def test_it_speaks_english(three: FlaskClient) -> None:
    page = text_of(three, f"/changes?since={FIRST}&lang=en")
    assert "Changes since" in page
    assert "Restated" in page
    assert "time not stated in both" in page


@pytest.mark.parametrize("since", ["nowhere", THIRD, "three-lines-plan", ""])
def test_a_source_that_has_nothing_after_it_is_refused_with_those_that_have(three: FlaskClient, since: str) -> None:
    response = three.get(f"/changes?since={since}")
    assert response.status_code == 404
    assert f"{FIRST}, {SECOND}" in response.get_data(as_text=True)


def test_another_parameter_is_refused(three: FlaskClient) -> None:
    assert three.get("/changes?until=x").status_code == 400


def test_where_there_is_one_source_the_page_says_so_and_nothing_leads_there(client_of_one: FlaskClient) -> None:
    assert "只有一份来源有数字" in text_of(client_of_one, "/changes")
    for address in ("/", "/about", "/places/stone-port", f"/sources/{FIRST}"):
        assert "/changes" not in text_of(client_of_one, address)


def test_every_page_leads_there_where_there_are_several(three: FlaskClient) -> None:
    for address in ("/", "/about", "/places/stone-port", f"/sources/{FIRST}"):
        assert f"/changes?since={FIRST if 'sources' in address else SECOND}" in text_of(three, address)


def test_a_place_says_of_each_figure_what_it_is_beside_older_ones(three: FlaskClient) -> None:
    page = text_of(three, "/places/cloud-valley")
    assert re.findall(r'class="notes edition"><bdi>([^<（]*)', page) == [
        "变动 -5.1%：《河谷里的新厂房》原为 31.5 亿元 · +9.4%",
        "修订 -2.2%：《河谷里的新厂房》原为 31.5 亿元 · +9.4%",
    ]
    assert "《三线又一年》第 3 段" in page


def test_footers_count_the_reports(three: FlaskClient) -> None:
    assert "来源 3 份 · 15 个数字逐条可查" in text_of(three, "/")
    assert "来源：3 份报道" in text_of(three, "/embed")
    assert "来源：3 份报道" in text_of(three, "/map.svg")
    assert "Source: 3 reports" in text_of(three, "/map.svg?lang=en")


def test_a_period_is_chosen_by_the_address(three: FlaskClient) -> None:
    plain = {year: text_of(three, f"/map.svg?indicator={VALUE}@{year}") for year in (2031, 2032)}
    assert plain[2031] != plain[2032]
    for indicator in (VALUE, f"{VALUE}@2031"):
        assert text_of(three, f"/map.svg?indicator={indicator}&period=2032") == plain[2032]
    page = text_of(three, f"/?indicator={VALUE}&period=2032")
    assert f'<option value="{VALUE}@2032" selected>' in page
    assert '<option value="2032" selected>2032 年</option>' in page
    assert "52.4 亿元" in page
    assert 'class="note"' not in page
    assert "2032 年" in text_of(three, f"/embed?indicator={VALUE}&period=2032")


def test_a_period_that_there_is_not_is_refused_with_those_there_are(three: FlaskClient) -> None:
    response = three.get(f"/map.svg?indicator={VALUE}&period=2040")
    assert response.status_code == 400
    assert sorted(response.get_json(force=True)["allowed"]) == ["2031", "2032", "2033", "2034-Q1"]
    page = text_of(three, f"/?indicator={VALUE}@2031&period=2040")
    assert "period=2040" in page
    assert f'<option value="{VALUE}@2031" selected>' in page
    assert three.get("/map.svg?period=2031").status_code == 400


def test_the_choice_of_a_period_is_there_only_where_there_are_several(three: FlaskClient) -> None:
    assert 'id="periods"' not in text_of(three, "/")
    assert 'id="periods"' not in text_of(three, "/?indicator=companies@2033")
    assert 'id="periods"' in text_of(three, f"/?indicator={VALUE}@2031")
