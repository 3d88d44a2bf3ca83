"""The three layers and the filters: map, list, table, counts, finding, download and address follow one state."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.tables.reading import read_tables
from geo.words.cards import Wording
from tests.browser.conftest import Open, listed, pinned, query_of, tabled, wait_until_drawn
from tests.known import DATA

CORRIDORS = ("west", "east", "none")
FINDINGS = {
    "west": "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。",
    "none": "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。",
    "east": "4 处地点，3 个数字，逐条注明出处。",
}
SHARED = {"west": "?corridor=east&corridor=none", "east": "?corridor=west&corridor=none", "none": "?corridor=west&corridor=east"}


def click(page: Page, corridor: str) -> None:
    page.locator(f"label.switch.corridor-{corridor}").click()


def press(page: Page, corridor: str) -> None:
    """Reach the switch by Tab from the top of the page, and press Space."""
    page.locator("body").press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.value") == corridor:
            page.keyboard.press("Space")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach the switch of {corridor}")


def chosen(atlas: Atlas, *corridors: str) -> list[str]:
    return [place.id for place in atlas.tables.places if place.corridor in corridors]


def assert_shows(page: Page, atlas: Atlas, *corridors: str) -> None:
    """Everything on the page shows these layers and no other."""
    ids = chosen(atlas, *corridors)
    expect(page.locator("#shown")).to_have_text(f"显示 {len(ids)} 处，共 30 处")
    assert sorted(listed(page)) == sorted(ids)
    assert tabled(page) == ids
    assert pinned(page) == sorted(id_ for id_ in ids if isinstance(atlas.answers[id_], Match))
    for corridor in CORRIDORS:
        on = corridor in corridors
        assert page.locator(f"input[value={corridor}]").is_checked() is on
        drawn = 1 if on and corridor != "none" else 0
        assert page.locator(f"path.belt.corridor-{corridor}").count() == drawn
        assert page.locator(f"path.axis.corridor-{corridor}").count() == drawn
    assert page.locator("path.tie").count() == (2 if "east" in corridors else 0)
    for group in page.locator("#list .group:visible").all():
        assert group.locator(".count").inner_text() == str(group.locator(".entry:visible").count())


@pytest.mark.parametrize("switch", [click, press])
@pytest.mark.parametrize("corridor", CORRIDORS)
def test_a_layer_can_be_switched_off_and_on(open_map: Open, atlas: Atlas, corridor: str, switch: Callable[[Page, str], None]) -> None:
    page = open_map()
    assert_shows(page, atlas, *CORRIDORS)
    switch(page, corridor)
    assert_shows(page, atlas, *(other for other in CORRIDORS if other != corridor))
    assert query_of(page) == SHARED[corridor]
    expect(page.locator("#finding")).to_have_text(FINDINGS[corridor])
    expect(page.locator("#all")).not_to_have_attribute("aria-current", "true")
    page.reload()
    wait_until_drawn(page)
    assert_shows(page, atlas, *(other for other in CORRIDORS if other != corridor))
    switch(page, corridor)
    assert_shows(page, atlas, *CORRIDORS)
    assert query_of(page) == ""
    expect(page.locator("#all")).to_have_attribute("aria-current", "true")


def test_back_and_forward_restore_the_layers(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    click(page, "east")
    click(page, "none")
    assert_shows(page, atlas, "west")
    page.go_back()
    assert_shows(page, atlas, "west", "none")
    page.go_back()
    assert_shows(page, atlas, *CORRIDORS)
    page.go_forward()
    assert_shows(page, atlas, "west", "none")
    page.go_forward()
    assert_shows(page, atlas, "west")
    assert query_of(page) == "?corridor=west"


def test_with_every_layer_off_the_page_says_so(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    for corridor in CORRIDORS:
        click(page, corridor)
    assert_shows(page, atlas)
    expect(page.locator("#empty")).to_have_text("没有符合条件的地点")
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#finding")).to_have_text("没有打开任何图层。")
    expect(page.locator("#download")).to_have_attribute("aria-disabled", "true")
    assert page.locator("#download").get_attribute("href") is None
    assert query_of(page) == "?corridor="
    page.reload()
    wait_until_drawn(page)
    assert_shows(page, atlas)


def test_one_press_brings_everything_back(open_map: Open, atlas: Atlas) -> None:
    page = open_map("/?corridor=")
    page.locator("#all").click()
    assert_shows(page, atlas, *CORRIDORS)
    assert query_of(page) == ""
    expect(page.locator("#download")).to_have_attribute("href", "/layers/places.geojson")
    page.go_back()
    assert_shows(page, atlas)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("bjq", ["binjiang-hitech"]),
        ("fuxin", ["fullsemi-1"]),
        ("滨江", ["binjiang-hitech", "binfu-zone", "binxiao-park", "first-industrial-complex", "iot-town"]),
        ("smart", ["qiantang-smart-city", "zhihui-xintiandi", "lianji-base"]),
        ("ＳＭＡＲＴ", ["qiantang-smart-city", "zhihui-xintiandi", "lianji-base"]),
        (" fu-xin ", ["fullsemi-1"]),
        ("湖头陈", ["binxiao-small-parks"]),
        ("没有这个", []),
    ],
)
def test_search_narrows_list_table_and_map(open_map: Open, atlas: Atlas, typed: str, expected: list[str]) -> None:
    page = open_map()
    page.get_by_role("searchbox").press_sequentially(typed)
    expect(page.locator("#shown")).to_have_text(f"显示 {len(expected)} 处，共 30 处")
    assert sorted(listed(page)) == sorted(expected)
    assert sorted(tabled(page)) == sorted(expected)
    assert pinned(page) == sorted(id_ for id_ in expected if isinstance(atlas.answers[id_], Match))
    # The belts are of the layers, which are still on.
    assert page.locator("path.belt").count() == 2
    found = [place for place in atlas.tables.places if place.id in expected]
    expect(page.locator("#finding")).to_have_text(Wording("zh", str, read_tables(DATA)).finding(found, atlas.tables))
    assert page.evaluate("new URLSearchParams(location.search).get('q')") == typed


@pytest.mark.parametrize("typed", ["滨江", "Bīn", "（滨江）", "12-inch", "ＢＪＱ", "“芯火”", "ı", "ß", "%", "a b c", "zhihui", "gxq", "é", "İ"])
def test_the_page_finds_what_the_server_finds(open_map: Open, typed: str) -> None:
    """Both fold names the same way; the page without JavaScript and the download rely on it."""
    page = open_map()
    page.get_by_role("searchbox").fill(typed)
    found = page.request.get(f"/layers/places.geojson?q={quote(typed)}").json()
    assert tabled(page) == [feature["id"] for feature in found["features"]]


def test_escape_clears_the_search(open_map: Open) -> None:
    page = open_map("/?q=bjq")
    assert listed(page) == ["binjiang-hitech"]
    page.get_by_role("searchbox").press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert len(listed(page)) == 30
    assert query_of(page) == ""


def test_search_and_layers_narrow_together(open_map: Open) -> None:
    page = open_map("/?q=smart&corridor=west")
    assert listed(page) == []
    expect(page.locator("#empty")).to_be_visible()
    click(page, "east")
    assert sorted(listed(page)) == ["lianji-base", "qiantang-smart-city", "zhihui-xintiandi"]


def test_enter_in_the_search_box_keeps_the_page(open_map: Open) -> None:
    page = open_map("/?corridor=east")
    page.evaluate("window.kept = true")
    page.get_by_role("searchbox").fill("fuxin")
    page.get_by_role("searchbox").press("Enter")
    assert page.evaluate("window.kept")
    assert listed(page) == ["fullsemi-1"]


def test_a_kind_in_the_address_can_be_cleared(open_map: Open) -> None:
    page = open_map("/?kind=project&district=富阳区")
    assert listed(page) == ["fullsemi-1", "chint-binfu"]
    expect(page.locator("#finding")).to_have_text("富芯半导体一期晶圆生产线居浙江省 12 英寸线（按建成先后）第一：12 英寸（原文未写时期）。")
    page.get_by_role("link", name="清除筛选").click()
    assert len(listed(page)) == 30
    assert query_of(page) == ""
    expect(page.get_by_role("link", name="清除筛选")).to_be_hidden()
    page.go_back()
    assert listed(page) == ["fullsemi-1", "chint-binfu"]


@pytest.mark.parametrize("query", ["corridor=north", "kind=castle", "district=atlantis", "q=" + "a" * 101, "place=atlantis", "corridor=,", "x=1"])
def test_script_and_server_read_an_odd_address_alike(open_map: Open, query: str) -> None:
    page = open_map(f"/?{query}")
    assert len(listed(page)) == 30
    expect(page.locator("#shown")).to_have_text("显示 30 处，共 30 处")


@pytest.mark.parametrize("query", ["district=建德市", "kind=district&district=滨江区"])
def test_what_no_place_has_shows_none(open_map: Open, query: str) -> None:
    page = open_map(f"/?{query}")
    expect(page.locator("#shown")).to_have_text("显示 0 处，共 30 处")
    assert listed(page) == tabled(page) == pinned(page) == []
    assert page.locator("#download").get_attribute("href") is None


def test_the_language_links_follow_when_going_back(open_map: Open) -> None:
    page = open_map()
    click(page, "east")
    click(page, "none")
    page.go_back()
    assert query_of(page) == "?corridor=west&corridor=none"
    english = page.get_by_role("link", name="English")
    expect(english).to_have_attribute("href", re.compile(r"^/?\?corridor=west&corridor=none&lang=en(#|$)"))


def test_a_layer_that_is_switched_off_takes_its_open_card_along(open_map: Open) -> None:
    page = open_map("/?place=fullsemi-1")
    expect(page.get_by_role("dialog")).to_be_visible()
    click(page, "east")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert query_of(page) == "?corridor=west&corridor=none"
    expect(page.locator("path.uncertainty")).to_have_count(0)
