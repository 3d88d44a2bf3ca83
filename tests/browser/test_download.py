"""What is downloaded is what is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from geo.atlas import Atlas
from tests.browser.conftest import Open, tabled


def download(page: Page, selector: str) -> tuple[str, Any]:
    """Click, and read the file that was saved: its name and its content."""
    with page.expect_download() as waiting:
        page.locator(selector).click()
    return waiting.value.suggested_filename, json.loads(waiting.value.path().read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("address", "count", "named"),
    [
        ("/", 30, ""),
        ("/?corridor=west", 2, "-west"),
        ("/?corridor=west&corridor=none", 4, "-west_none"),
        ("/?q=滨江", 15, "-q_滨江"),
        ("/?corridor=east&q=smart", 4, "-east-q_smart"),
        ("/?kind=project&district=富阳区", 2, "-project-富阳区"),
        ("/?lang=en&q=fu+xin&place=fullsemi-1", 1, "-q_fu_xin"),
    ],
)
def test_the_file_holds_what_the_list_shows(open_map: Open, atlas: Atlas, address: str, count: int, named: str) -> None:
    page = open_map(address)
    name, collection = download(page, "#download")
    ids = [feature["id"] for feature in collection["features"]]
    assert collection["type"] == "FeatureCollection"
    assert ids == tabled(page)
    assert len(ids) == count
    assert name == f"hangzhou-places{named}-{atlas.tables.version}.geojson"


def test_the_file_follows_the_switches_and_the_search(open_map: Open) -> None:
    page = open_map()
    page.locator("label.switch.corridor-west").click()
    page.get_by_role("searchbox").fill("科技城")
    _, collection = download(page, "#download")
    assert [feature["id"] for feature in collection["features"]] == ["future-scitech-city", "zijingang-scitech-city"]


def test_a_card_gives_its_place_as_data(open_map: Open) -> None:
    page = open_map("/?place=fullsemi-1")
    name, feature = download(page, ".popup a[download]")
    assert name == "fullsemi-1.geojson"
    assert feature["id"] == "fullsemi-1"
    assert [figure["value"] for figure in feature["properties"]["indicators"]] == [180, 12, 700]


def test_the_page_of_a_place_gives_it_as_data(page: Page) -> None:
    page.goto("/places/tonglu-edz")
    name, feature = download(page, "a[download]")
    assert name == "tonglu-edz.geojson"
    assert feature["properties"]["name_zh"] == "桐庐经开区"


def test_nothing_can_be_downloaded_when_nothing_is_shown(open_map: Open) -> None:
    page = open_map("/?q=没有这个")
    assert page.locator("#download").get_attribute("href") is None
    page.locator("#download").click(force=True)
    assert page.url.partition("?")[2]
    assert tabled(page) == []


def test_the_other_formats_are_of_the_same_view(open_map: Open) -> None:
    page = open_map("/?corridor=east&lang=zh")
    page.get_by_role("searchbox").fill("智慧")
    page.get_by_role("link", name="更多格式").click()
    page.wait_for_url("**/layers?corridor=east&q=*&f=html&lang=zh")
    assert page.locator("article .notes").first.inner_text() == "当前视图的筛选：走廊：城东；搜索：智慧 · 清除筛选"
    with page.expect_download() as waiting:
        page.locator("section", has=page.get_by_role("heading", name="产业地点")).first.get_by_role("link", name="CSV").click()
    assert waiting.value.suggested_filename.startswith("hangzhou-places-east-q_智慧-")
    page.get_by_role("link", name="清除筛选").click()
    expect(page.locator("section h2 .count").first).to_have_text("30")
