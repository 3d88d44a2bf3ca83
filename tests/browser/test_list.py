"""The rows of the list and of the table: what the script draws is what the server sends, of what the map shows, a page at a time."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urljoin

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from tests.browser.conftest import DESKTOP, PHONE, NewContext, Open, listed, pinned, query_of, tabled

# Everything of the list and the table that a reader sees or follows, from a page or from what the server sent.
ROWS = """(html) => {
  const root = html === null ? document : new DOMParser().parseFromString(html, "text/html");
  const words = (element) => element.textContent.replace(/\\s+/g, " ").trim();
  const titles = (row) => [...row.querySelectorAll("[title]")].map((one) => [one.className, one.title]);
  return {
    groups: [...root.querySelectorAll("#list .group")].map((group) => [words(group.querySelector("h2")), group.querySelectorAll(".entry").length]),
    entries: [...root.querySelectorAll("#list .entry")].map((row) => [
      row.dataset.id, row.className, row.querySelector("a").getAttribute("href"), row.querySelector(".dot").className, words(row), titles(row),
    ]),
    rows: [...root.querySelectorAll("#table tbody tr")].map((row) => [row.dataset.id, [...row.cells].map(words), titles(row)]),
    pagers: [...root.querySelectorAll(".pager")].map((pager) => [pager.hidden, pager.hidden || words(pager.querySelector(".range"))]),
    turns: [...root.querySelectorAll("[data-turn]")].map((turn) => [turn.hasAttribute("href"), turn.getAttribute("aria-disabled")]),
    empty: root.getElementById("empty").hidden,
  };
}"""
GROWTH = "manufacturing_investment@2023-Q1"
FILTERS = [
    "corridor=west",
    "corridor=east&corridor=none",
    "corridor=",
    "kind=project",
    "kind=valley,town",
    "district=富阳区",
    "q=滨江",
    "q=smart",
    "corridor=east&kind=project&district=富阳区&q=fu",
    "q=没有这个",
]


def turn(page: Page, name: str, where: str = "#list") -> None:
    page.locator(where).get_by_role("link", name=name, exact=True).click()


def go(page: Page, address: str) -> None:
    """Go to another address of the page as the history does: without asking the server, so that the script draws all of it."""
    page.evaluate("() => document.querySelectorAll('#list .entry, #table tbody tr').forEach((row) => { row.dataset.old = 'true'; })")
    page.evaluate("(address) => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')); }", address)
    # The rows of a crowd are drawn after its map.
    expect(page.locator("[data-old]")).to_have_count(0)


def drawn(page: Page, html: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(ROWS, html)
    return found


# --- what is drawn ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_script_draws_the_rows_that_the_server_sends(open_map: Open, lang: str) -> None:
    page = open_map(f"/?corridor=west&lang={lang}")
    for query in ("", *FILTERS, "indicator=area@2022", "indicator=industrial_value_added@2022&corridor=east", f"indicator={GROWTH}"):
        address = f"/?{quote(query, safe='=&,@')}&lang={lang}"
        go(page, address)
        assert drawn(page) == drawn(page, page.request.get(address).text()), query


def test_the_script_draws_the_pages_that_the_server_sends(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?q=fuxin&lang=zh")
    for query in ("", "page=2", "page=7", "page=99", "kind=project&page=3", "q=项目&corridor=east", "indicator=land_area@2022&page=4"):
        address = f"/?{quote(query, safe='=&,@')}&lang=zh"
        go(page, address)
        assert drawn(page) == drawn(page, page.request.get(f"{crowded_site}{address}").text()), query


@pytest.mark.parametrize("query", ["", "corridor=west&indicator=area@2022", "kind=project&page=3", "page=99"])
def test_the_rows_of_the_server_stand_when_the_map_is_there(open_map: Open, crowded_site: str, query: str) -> None:
    page = open_map(f"{crowded_site}/?{query}&lang=zh")
    sent = drawn(page, page.request.get(f"{crowded_site}/?{query}&lang=zh").text())
    assert drawn(page) == sent
    # Whoever draws them next draws the same.
    go(page, page.evaluate("location.pathname + location.search"))
    assert drawn(page) == sent


def test_list_and_table_hold_what_the_map_shows(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    for query in FILTERS:
        go(page, f"/?{quote(query, safe='=&,')}")
        located = sorted(id_ for id_ in tabled(page) if isinstance(atlas.answers[id_], Match))
        assert pinned(page) == located, query
        assert sorted(listed(page)) == sorted(tabled(page)), query
        # What is not in the view is not in the page either.
        assert page.locator("#list [data-id]").count() == page.locator("#table [data-id]").count() == len(tabled(page)), query


def test_what_a_row_says_beside_its_name_is_in_the_reader_s_language(open_map: Open) -> None:
    page = open_map("/?lang=en")
    assert page.locator("#list [data-id=binxiao-small-parks] .about").inner_text() == "East · Xiaoshan District · location unknown"
    cells = page.locator("#table [data-id=fullsemi-1] td").all_inner_texts()
    assert cells[:3] == ["East · as its host", "Project", "Fuyang District"]
    assert cells[4] == "Known only to be in Binjiang-Fuyang Special Cooperation Zone, own site unknown; lies within about 2 km"


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_whole_table_can_be_read(page: Page, open_map: Open, screen: ViewportSize) -> None:
    """It is as high as its rows: the page scrolls, not the table within it."""
    page.set_viewport_size(screen)
    open_map()
    inner, outer = page.locator("section.table").evaluate("table => [table.scrollHeight, table.clientHeight]")
    assert inner == outer > 1000
    last = page.locator("#table tbody tr").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()


def test_money_is_told_as_people_say_it_in_english(open_map: Open) -> None:
    page = open_map("/?lang=en")
    for where in ("#list", "#table"):
        expect(page.locator(f"{where} [data-id=binjiang-hitech] .headline")).to_have_text("CNY 75.6 billion")
    page.locator("#indicator").select_option("industrial_value_added@2022")
    for where in ("#list", "#table"):
        expect(page.locator(f"{where} [data-id=xiaoshan-district] .headline")).to_have_text("about CNY 70–80 billion")


def test_the_row_of_the_open_card_stays_marked_when_the_rows_are_drawn_anew(open_map: Open) -> None:
    page = open_map("/?place=fullsemi-1")
    page.get_by_role("searchbox").fill("fuxin")
    expect(page.locator(".entry[aria-current=true]")).to_have_attribute("data-id", "fullsemi-1")
    page.get_by_role("searchbox").fill("")
    expect(page.locator(".entry[aria-current=true]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".entry[aria-current=true]")).to_have_count(0)


# --- pages --------------------------------------------------------------------------------------------------------------------------------


def test_a_short_list_has_no_pager(open_map: Open) -> None:
    page = open_map()
    expect(page.locator(".pager")).to_have_count(2)
    for pager in page.locator(".pager").all():
        expect(pager).to_be_hidden()


@pytest.mark.parametrize("where", ["#list", "section.table"])
def test_the_pager_goes_through_all_places(open_map: Open, crowded_site: str, where: str) -> None:
    page = open_map(f"{crowded_site}/")
    rows, entries = tabled(page), listed(page)
    expect(page.locator(where).get_by_text("上一页", exact=True)).to_have_attribute("aria-disabled", "true")
    for number in range(2, 8):
        turn(page, "下一页", where)
        first, last = 100 * number - 99, min(100 * number, 630)
        expect(page.locator(f"{where} .range")).to_have_text(f"第 {first}–{last} 处，共 630 处")
        # What has changed is told to those who do not see it.
        expect(page.locator("#shown")).to_have_text(f"第 {first}–{last} 处，共 630 处")
        assert query_of(page) == f"?page={number}"
        # The page begins at its first row.
        expect(page.locator(f"{where} [data-id]").first).to_be_in_viewport()
        assert len(tabled(page)) == len(listed(page)) == last - first + 1
        rows += tabled(page)
        entries += listed(page)
    expect(page.locator(where).get_by_text("下一页", exact=True)).to_have_attribute("aria-disabled", "true")
    features = page.request.get(f"{crowded_site}/layers/places.geojson").json()["features"]
    assert rows == [feature["id"] for feature in features]
    assert sorted(entries) == sorted(rows)
    turn(page, "上一页", where)
    assert query_of(page) == "?page=6"


def test_back_and_forward_turn_the_pages(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/")
    first = tabled(page)
    turn(page, "下一页")
    second = tabled(page)
    assert not set(first) & set(second)
    page.go_back()
    expect(page.locator("#list .range")).to_have_text("第 1–100 处，共 630 处")
    assert tabled(page) == first
    page.go_forward()
    expect(page.locator("#list .range")).to_have_text("第 101–200 处，共 630 处")
    assert tabled(page) == second
    page.reload()
    page.wait_for_selector("[data-whole=true]")
    assert tabled(page) == second
    assert query_of(page) == "?page=2"


def test_what_narrows_the_view_begins_at_the_first_page(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?page=5")
    page.locator("label.switch.corridor-west").click(modifiers=["Control"])
    assert query_of(page) == "?corridor=east&corridor=none"
    expect(page.locator("#list .range")).to_have_text(re.compile(r"^第 1–100 处，"))
    turn(page, "下一页")
    page.get_by_role("searchbox").fill("湖头陈")
    assert query_of(page) == "?corridor=east&corridor=none&q=湖头陈"
    assert listed(page) == ["binxiao-small-parks"]
    expect(page.locator("#list .pager")).to_be_hidden()


def test_a_page_beyond_the_last_is_the_last_and_the_address_says_so(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?page=99")
    expect(page.locator("#list .range")).to_have_text("第 601–630 处，共 630 处")
    assert query_of(page) == "?page=7"
    page = open_map(f"{crowded_site}/?page=99&q=湖头陈")
    assert listed(page) == ["binxiao-small-parks"]
    assert query_of(page) == "?q=湖头陈"


def test_a_sorted_table_is_sorted_over_its_pages(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?lang=en&kind=platform,park")
    page.locator("#table thead").get_by_role("button", name="Name", exact=True).click()
    names: list[str] = []
    while True:
        names += page.locator("#table tbody th").all_inner_texts()
        if not page.locator("section.table [rel=next][href]").count():
            break
        turn(page, "Next", "section.table")
    assert len(names) > 100
    ordered = page.evaluate("names => names.sort(new Intl.Collator('en', { numeric: true }).compare)", [*names])
    assert names == ordered


def test_a_link_of_the_pager_can_be_opened_elsewhere(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?corridor=east&place=fullsemi-1")
    link = page.locator("#list").get_by_role("link", name="下一页", exact=True)
    assert re.fullmatch(rf"{crowded_site}/\?corridor=east&place=fullsemi-1&page=2(#map=.*)?", link.evaluate("link => link.href"))


def test_a_link_of_the_pager_keeps_the_open_card(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/")
    page.locator("#list .entry[data-id=binjiang-hitech] a").click()
    expect(page.locator(".popup")).to_be_visible()
    expect(page.locator("#list [data-turn='1']")).to_have_attribute("href", re.compile(r"[?&]place=binjiang-hitech&page=2"))


def test_the_download_is_of_all_pages(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?page=3")
    expect(page.locator("#download")).to_have_attribute("href", "/layers/places.geojson")


def test_the_arrow_keys_go_through_the_entries_of_a_page(open_map: Open, crowded_site: str) -> None:
    page = open_map(f"{crowded_site}/?page=2")
    entries = listed(page)
    page.get_by_role("searchbox").focus()
    for wanted in entries[:3]:
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.closest('[data-id]').dataset.id") == wanted


def test_turning_a_page_on_a_phone_shows_its_first_entry(page: Page, open_map: Open, crowded_site: str) -> None:
    page.set_viewport_size(PHONE)
    open_map(f"{crowded_site}/")
    turn(page, "下一页")
    expect(page.locator("#list .range")).to_have_text("第 101–200 处，共 630 处")
    expect(page.locator("#list .entry").first).to_be_in_viewport()


def follow(page: Page, part: str, name: str) -> None:
    """Press a link and wait for its page. A click may be tried again once the next page is there, and then turns two."""
    link = page.locator(part).get_by_role("link", name=name, exact=True)
    address = urljoin(page.url, link.get_attribute("href"))
    link.press("Enter")
    page.wait_for_url(address)


def test_without_javascript_the_pages_are_links(new_context: NewContext, crowded_site: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{crowded_site}/?kind=project")
    seen: list[str] = []
    for _ in range(10):
        seen += tabled(page)
        assert sorted(tabled(page)) == sorted(listed(page))
        if not page.locator("#list [rel=next][href]").count():
            break
        follow(page, "#list", "下一页")
    features = page.request.get(f"{crowded_site}/layers/places.geojson?kind=project").json()["features"]
    assert len(features) > 300
    assert seen == [feature["id"] for feature in features]
    follow(page, "section.table", "上一页")
    assert tabled(page) == seen[: -(len(seen) % 100)][-100:]
