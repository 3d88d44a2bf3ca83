"""The three layers and the filters: map, list, table, counts, finding, download and address follow one state."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.tables.reading import read_tables
from geo.words.cards import Wording
from tests.browser.conftest import DESKTOP, PHONE, Open, listed, pinned, query_of, tabled, wait_until_drawn
from tests.known import DATA, SEARCHES

CORRIDORS = ("west", "east", "none")
LEAD = "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。"
FINDINGS = {"west": "2 处地点，报道没有单独给出它们的数字。", "east": LEAD, "none": "2 处地点，3 个数字，逐条注明出处。"}
# How many symbols lie outside of what nothing covers.
OUTSIDE = """([ids, right]) => {
  const frame = document.querySelector("main.map").getBoundingClientRect();
  return ids.filter((id) => {
    const box = document.querySelector(`.pin[data-id="${id}"]`).getBoundingClientRect();
    return box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom - right;
  });
}"""


def click(page: Page, corridor: str, *, with_key: Literal["Control", "Shift"] | None = None) -> None:
    page.locator(f"label.switch.corridor-{corridor}").click(modifiers=[with_key] if with_key else [])


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
def test_a_switch_shows_its_layer_alone_and_pressed_again_all(
    open_map: Open, atlas: Atlas, corridor: str, switch: Callable[[Page, str], None]
) -> None:
    page = open_map()
    assert_shows(page, atlas, *CORRIDORS)
    switch(page, corridor)
    assert_shows(page, atlas, corridor)
    assert query_of(page) == f"?corridor={corridor}"
    expect(page.locator("#finding")).to_have_text(FINDINGS[corridor])
    expect(page.locator("#all")).not_to_have_attribute("aria-current", "true")
    page.reload()
    wait_until_drawn(page)
    assert_shows(page, atlas, corridor)
    switch(page, corridor)
    assert_shows(page, atlas, *CORRIDORS)
    assert query_of(page) == ""
    expect(page.locator("#all")).to_have_attribute("aria-current", "true")


def test_from_one_layer_a_click_leads_to_the_other(open_map: Open, atlas: Atlas) -> None:
    page = open_map("/?corridor=west")
    click(page, "none")
    assert_shows(page, atlas, "none")


@pytest.mark.parametrize("key", ["Control", "Shift"])
def test_a_key_combines_layers(open_map: Open, atlas: Atlas, key: Literal["Control", "Shift"]) -> None:
    page = open_map()
    click(page, "west")
    click(page, "none", with_key=key)
    assert_shows(page, atlas, "west", "none")
    assert query_of(page) == "?corridor=west&corridor=none"
    click(page, "west", with_key=key)
    assert_shows(page, atlas, "none")


def test_layers_are_combined_without_a_mouse(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    button = page.get_by_role("button", name="合选走廊")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("input[value=east]").focus()
    page.keyboard.press("Space")
    assert_shows(page, atlas, "west", "none")
    button.press("Space")
    page.locator("input[value=east]").press("Space")
    assert_shows(page, atlas, "east")


def test_no_switch_moves_under_the_pointer(open_map: Open) -> None:
    page = open_map()
    places = "labels => labels.map((label) => JSON.stringify(label.getBoundingClientRect()))"
    switches = page.locator("#filters .switch")
    before = switches.evaluate_all(places)
    for corridor in CORRIDORS:
        click(page, corridor)
        assert switches.evaluate_all(places) == before
    for typed in ("桐庐", "没有这个"):
        page.get_by_role("searchbox").fill(typed)
        assert switches.evaluate_all(places) == before
    page.locator("#indicator").select_option(index=1)
    page.locator("#kind").select_option("project")
    assert switches.evaluate_all(places) == before


def test_the_counts_of_the_switches_follow_the_other_filters(open_map: Open, atlas: Atlas) -> None:
    page = open_map("/?kind=project&corridor=west")
    projects = Counter(place.corridor for place in atlas.tables.places if place.kind == "project")
    for corridor in CORRIDORS:
        expect(page.locator(f"label.switch.corridor-{corridor} .count")).to_have_text(str(projects[corridor]))
    expect(page.locator("#all .count")).to_have_text(str(projects.total()))
    # A kind is counted among the corridors that are on.
    kinds = Counter(place.kind for place in atlas.tables.places if place.corridor == "west")
    for option in page.locator("#kind option").all()[1:]:
        kind = option.get_attribute("value")
        assert (option.text_content() or "").endswith(f" {kinds[kind]}")  # type: ignore[index]


@pytest.mark.parametrize("query", ["", "?corridor=west", "?kind=platform&q=科技城", "?indicator=area@2022", "?q=没有这个", "?corridor=&lang=en"])
def test_the_counts_are_those_that_the_server_writes(open_map: Open, query: str) -> None:
    page = open_map(f"/{query}")
    words = "root => [...root.querySelectorAll('.switch .count, #kind option, #indicator option, #shown')].map((one) => one.textContent.trim())"
    served = page.request.get(f"/{query}{'&' if query else '?'}lang={'en' if 'lang=en' in query else 'zh'}").text()
    assert page.evaluate(f"html => ({words})(new DOMParser().parseFromString(html, 'text/html'))", served) == page.evaluate(f"({words})(document)")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("query", ["?corridor=west", "?kind=platform", "?q=滨富", "?indicator=area@2022", "?district=余杭区"])
@pytest.mark.parametrize("path", ["/", "/embed"])
def test_what_is_chosen_fits_the_map(page: Page, open_map: Open, path: str, query: str, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map(path + query)
    ids = page.evaluate("[...document.querySelectorAll('.pin:not(.without)')].map((pin) => pin.dataset.id)")
    covered = 0 if path == "/embed" or screen == DESKTOP else screen["height"] / 2
    assert page.evaluate(OUTSIDE, [ids, covered]) == []
    # Not a closer view than the reader can make sense of, nor one that shows them as a speck.
    assert page.evaluate("map_atlas.getZoom() < map_atlas.getMaxZoom()")
    first = page.evaluate("map_atlas.getZoom()")
    page.goto(path)
    wait_until_drawn(page)
    assert first >= page.evaluate("map_atlas.getZoom()")


def test_choosing_moves_the_map_as_the_address_does(open_map: Open) -> None:
    page = open_map("/?corridor=west")
    view = "[map_atlas.getZoom(), map_atlas.getCenter().lat.toFixed(4), map_atlas.getCenter().lng.toFixed(4)]"
    by_address = page.evaluate(view)
    page.locator("#all").click()
    whole = page.evaluate(view)
    assert whole != by_address
    click(page, "west")
    assert page.evaluate(view) == by_address
    page.go_back()
    page.wait_for_function(f"view => JSON.stringify({view}) === JSON.stringify(view)", arg=whole)


def test_back_and_forward_restore_the_layers(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    click(page, "east")
    click(page, "west")
    assert_shows(page, atlas, "west")
    page.go_back()
    assert_shows(page, atlas, "east")
    page.go_back()
    assert_shows(page, atlas, *CORRIDORS)
    page.go_forward()
    assert_shows(page, atlas, "east")
    page.go_forward()
    assert_shows(page, atlas, "west")
    assert query_of(page) == "?corridor=west"


def test_with_every_layer_off_the_page_says_so(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    for corridor in CORRIDORS:
        click(page, corridor, with_key="Control")
    assert_shows(page, atlas)
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#finding")).to_have_text("没有打开任何图层。")
    expect(page.locator("#download")).to_have_attribute("aria-disabled", "true")
    assert page.locator("#download").get_attribute("href") is None
    assert query_of(page) == "?corridor="
    page.reload()
    wait_until_drawn(page)
    assert_shows(page, atlas)


def test_what_is_not_found_says_what_would_be_and_clears_in_one_click(open_map: Open) -> None:
    page = open_map("/?corridor=west&kind=project&q=富芯")
    empty = page.locator("#empty")
    expect(empty).to_contain_text("搜索读名称、别名、拼音和首字母，也读城区、产业和定位")
    page.get_by_role("button", name="不限走廊、类别和城区，有 1 处").click()
    assert listed(page) == ["fullsemi-1"]
    page.get_by_role("searchbox").fill("没有这个")
    expect(page.locator("#elsewhere")).to_be_hidden()
    empty.get_by_role("link", name="显示全部地点").click()
    assert len(listed(page)) == 30
    assert query_of(page) == ""
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_one_press_brings_everything_back(open_map: Open, atlas: Atlas) -> None:
    page = open_map("/?corridor=")
    page.locator("#all").click()
    assert_shows(page, atlas, *CORRIDORS)
    assert query_of(page) == ""
    expect(page.locator("#download")).to_have_attribute("href", "/layers/places.geojson")
    page.go_back()
    assert_shows(page, atlas)


@pytest.mark.parametrize("typed", ["bjq", "湖头陈", "余杭区", "没有这个"])
def test_search_narrows_list_table_and_map(open_map: Open, atlas: Atlas, typed: str) -> None:
    expected = dict(SEARCHES)[typed]
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


def test_the_page_finds_what_the_server_finds(open_map: Open) -> None:
    """Both fold what is typed the same way; the page without JavaScript and the download rely on it."""
    page = open_map()
    odd = ("Bīn", "（滨江）", "12-inch", "ＢＪＱ", "“芯火”", "ı", "ß", "%", "a b c", "zhihui", "é", "İ")
    wanted = SEARCHES + [
        (typed, [feature["id"] for feature in page.request.get(f"/layers/places.geojson?q={quote(typed)}").json()["features"]]) for typed in odd
    ]
    for typed, ids in wanted:
        page.get_by_role("searchbox").fill(typed)
        assert tabled(page) == ids, typed


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
    assert sorted(listed(page)) == ["first-industrial-complex", "lianji-base", "qiantang-smart-city", "zhihui-xintiandi"]


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
    assert query_of(page) == "?corridor=east"
    english = page.get_by_role("link", name="English")
    expect(english).to_have_attribute("href", re.compile(r"^/?\?corridor=east&lang=en(#|$)"))


def test_a_layer_that_is_switched_off_takes_its_open_card_along(open_map: Open) -> None:
    page = open_map("/?place=fullsemi-1")
    expect(page.get_by_role("dialog")).to_be_visible()
    click(page, "west")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert query_of(page) == "?corridor=west"
    expect(page.locator("path.uncertainty")).to_have_count(0)
