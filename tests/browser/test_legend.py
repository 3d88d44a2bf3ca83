"""The legend of the page: what the server says of the comparison, as far as the view needs it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import DESKTOP, PHONE, NewContext, Open, Watch, counted, wait_until_drawn
from tests.drawn import read_legend

EXPLAINED = [
    "平台",
    "合作区",
    "园区、项目（有自身位置）",
    "只知所在园区，位置不详",
    "城区或全市（代表点）",
    "走廊示意，非规划边界",
    "报道所述的协作",
    "位置不明，图上不标：1 处",
]
VALUE_ADDED = "industrial_value_added@2022"
AREA = "area@2022"
GROWTH = "manufacturing_investment@2023-Q1"
AMOUNT_AND_GROWTH = "industrial_value_added_above_scale@2023-01/2023-05"
# Of each drawing and row that is seen: the texts, and the radii of its circles.
SHOWN = """legend => [...legend.querySelectorAll('#sizes > svg, #hues > li, #symbols > li')]
  .filter(part => part.checkVisibility())
  .map(part => [
    [...part.querySelectorAll('text')].map(text => text.textContent).concat(part.tagName === 'LI' ? [part.textContent] : []),
    [...part.querySelectorAll('circle')].map(circle => Number(circle.getAttribute('r'))),
  ])"""
# Of each row that the style sheet shows, be the legend folded or not: its text and its shapes, with their attributes in whatever order.
PAINTED = """() => [...document.querySelectorAll('.legend :is(li, #sizes > svg)')]
  .filter(row => getComputedStyle(row).display !== 'none')
  .map(row => [row.textContent.trim(), ...[...row.querySelectorAll('circle, rect, path')]
    .map(shape => [shape.tagName, ...[...shape.attributes].map(({ name, value }) => `${name}=${value}`).sort()])])"""
RING = "＋几"


def rows(page: Page) -> list[str]:
    return page.locator("#symbols li:visible").all_inner_texts()


def shown(page: Page) -> list[list[Any]]:
    found: list[list[Any]] = page.locator(".legend").evaluate(SHOWN)
    return found


def drawn(page: Page, query: str) -> list[list[Any]]:
    """The same of the picture, without its title."""
    parts = read_legend(ET.fromstring(page.request.get(f"/map.svg?{query}").text()))
    first = next((number for number, part in enumerate(parts) if part.shapes), 0)
    return [[part.texts, [float(shape["r"]) for tag, shape in part.shapes if tag == "circle"]] for part in parts[first:]]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("indicator", ["", AREA, VALUE_ADDED, GROWTH, AMOUNT_AND_GROWTH])
def test_the_page_shows_what_the_picture_shows(open_map: Open, language: str, indicator: str) -> None:
    query = f"lang={language}&indicator={quote(indicator)}"
    page = open_map(f"/?{query}")
    found = shown(page)
    assert found
    assert found == drawn(page, query)


@pytest.mark.parametrize("filters", ["corridor=west", "corridor=none", "q=fuxin", "kind=cooperation_zone", "kind=park&indicator=area@2022"])
def test_the_view_of_a_filter_is_explained_alike(open_map: Open, filters: str) -> None:
    page = open_map(f"/?lang=zh&{filters}")
    found = shown(page)
    assert found
    assert found == drawn(page, f"lang=zh&{filters}")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
@pytest.mark.parametrize("indicator", ["", AREA, GROWTH])
def test_the_script_draws_the_legend_as_the_page_came_with_it(new_context: NewContext, indicator: str, viewport: ViewportSize) -> None:
    """All but the ring's row: how many places have room depends on the size of the map, so each explains the ring where it draws one."""
    query = f"/?lang=zh&indicator={indicator}"
    still, drawn_by_script = new_context(java_script_enabled=False).new_page(), new_context().new_page()
    for one in (still, drawn_by_script):
        one.set_viewport_size(viewport)
        one.goto(query)
    wait_until_drawn(drawn_by_script)
    served, made = still.evaluate(PAINTED), drawn_by_script.evaluate(PAINTED)
    assert [row for row in served if RING not in row[0]] == [row for row in made if RING not in row[0]]
    assert len(served) > 5
    written = still.locator("map-sketch text:visible").all_text_contents()
    assert any(RING in row[0] for row in served) == any(re.fullmatch(r"\+\d+", text) for text in written)
    assert any(RING in row[0] for row in made) == bool(counted(drawn_by_script))


def test_the_legend_is_not_seen_before_the_script_has_drawn_it(page: Page, watch: Watch) -> None:
    """So that no row comes or goes before a reader's eyes."""
    watch.expected.append("net::ERR_FAILED")
    page.route(re.compile(r"/(map\.js|assets/map-)"), lambda route: route.abort())
    page.goto("/?lang=zh")
    assert (page.locator("html.js").count(), page.locator("[data-ready]").count()) == (1, 0)
    expect(page.locator(".legend")).to_be_hidden()


@pytest.mark.parametrize(
    ("query", "explained"),
    [
        ("", EXPLAINED),
        ("corridor=west", ["平台", "走廊示意，非规划边界"]),
        ("corridor=none", ["平台", "城区或全市（代表点）"]),
        ("corridor=", []),
        # A tie joins two places: where only some are shown, none is drawn.
        ("q=fuxin", ["只知所在园区，位置不详", "走廊示意，非规划边界"]),
        ("kind=cooperation_zone", ["合作区", "走廊示意，非规划边界"]),
        # The place that is found has no location, so no symbol.
        ("q=湖头陈&corridor=east", ["走廊示意，非规划边界", "位置不明，图上不标：1 处"]),
        ("indicator=area@2022&corridor=none", ["没有这个数字：2 处"]),
    ],
)
def test_the_legend_explains_what_is_shown_and_nothing_else(open_map: Open, query: str, explained: list[str]) -> None:
    assert rows(open_map(f"/?{query}")) == explained


def test_the_legend_follows_the_switches(open_map: Open) -> None:
    page = open_map()
    page.locator("label.switch.corridor-east").click(modifiers=["Control"])
    assert rows(page) == ["平台", "城区或全市（代表点）", "走廊示意，非规划边界"]
    assert page.locator("#hues li").all_inner_texts() == ["城西", "多点"]
    page.locator("#all").click()
    assert rows(page) == EXPLAINED


def test_the_legend_counts_the_symbols_without_the_figure(open_map: Open) -> None:
    page = open_map(f"/?indicator={VALUE_ADDED}")
    for _ in range(2):
        assert f"没有这个数字：{page.locator('.pin.without').count()} 处" in rows(page)
        page.locator("label.switch.corridor-east").click(modifiers=["Control"])


@pytest.mark.parametrize(
    ("indicator", "title", "amounts"),
    [
        # All three are the same: there is nothing to measure between.
        (VALUE_ADDED, "工业增加值 · 2022 年 · 亿元", ["800"]),
        (AREA, "面积 · 2022 年 · 平方公里", ["13.48", "4", "1"]),
        ("industrial_value_added_per_mu_above_scale@2022", "规上工业亩均增加值 · 2022 年 · 万元/亩", ["1851.1"]),
    ],
)
def test_the_nested_circles_are_as_large_as_the_symbols(open_map: Open, indicator: str, title: str, amounts: list[str]) -> None:
    page = open_map(f"/?indicator={indicator}")
    expect(page.locator("#sizes .sizes-title")).to_have_text(title)
    sizes = page.locator("#sizes svg")
    assert sizes.locator("text").all_text_contents() == amounts
    expect(sizes).to_have_attribute("aria-label", ", ".join(amounts))
    radii: list[float] = sizes.locator("circle").evaluate_all("circles => circles.map(circle => circle.getBoundingClientRect().width / 2)")
    largest = page.locator(".pin.measured circle.shape").evaluate_all(
        "shapes => Math.max(...shapes.map(shape => shape.getBoundingClientRect().width / 2))"
    )
    assert radii[0] == pytest.approx(largest, abs=0.01)
    for radius, amount in zip(radii, amounts, strict=True):
        assert radius**2 / radii[0] ** 2 == pytest.approx(float(amount) / float(amounts[0]), abs=0.001)


def test_growth_is_explained_by_its_colours_and_their_percents(open_map: Open) -> None:
    page = open_map(f"/?indicator={GROWTH}")
    # A growth alone has no size.
    assert page.locator("#sizes text").all_text_contents() == ["填色为增长", "0", "+25%", "≥50%"]
    assert "没有数额，大小固定" in rows(page)
    page.locator("#indicator").select_option(AREA)
    expect(page.locator("#sizes")).not_to_contain_text("填色为增长")
    assert "没有数额，大小固定" not in rows(page)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (844, 390), (1366, 768)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_legend_stays_on_the_map_and_off_its_tools(page: Page, open_map: Open, width: int, height: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_map(f"/?lang={language}&indicator={GROWTH}")
    if page.locator(".legend").get_attribute("open") is None:
        page.locator(".legend summary").click()
    legend = page.locator(".legend").bounding_box()
    assert legend
    assert legend["x"] >= 0
    assert legend["y"] >= 0
    assert legend["x"] + legend["width"] <= width
    for tool in page.locator(".map .leaflet-bar").all():
        box = tool.bounding_box()
        assert box
        assert legend["x"] + legend["width"] <= box["x"] or legend["y"] >= box["y"] + box["height"]


def test_the_printed_legend_is_that_of_the_screen(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    before = shown(page)
    page.emulate_media(media="print")
    assert shown(page) == before
    page.emulate_media(media="screen")


def test_an_embedded_map_has_the_legend_of_the_page(page: Page, open_map: Open) -> None:
    found = shown(open_map(f"/?indicator={AREA}"))
    page.goto(f"/embed?lang=zh&indicator={AREA}")
    wait_until_drawn(page)
    assert shown(page) == found
