"""Comparing places by one figure: list, table, symbols, legend, finding and address follow the chosen indicator."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geo.atlas import Atlas
from geo.geocode.answers import Match
from tests.browser.conftest import Open, Serve, counted, listed, pinned, query_of, wait_until_drawn
from tests.conftest import Edit
from tests.drawn import read_symbols

VALUE_ADDED = "industrial_value_added@2022"
AREA = "area@2022"
GROWTH = "manufacturing_investment@2023-Q1"
SINGLE = "industrial_value_added_above_scale@2023-01/2023-05"
AREAS = {"binxiao-park": 13.48, "xianghu-future-community": 7.13, "sanjiang-new-city": 5.36}
FINDING = "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。"

RADII = """pins => Object.fromEntries(pins.map((pin) => {
  const shape = pin.querySelector('.shape');
  return [pin.dataset.id, Number(shape.getAttribute(shape.tagName === 'rect' ? 'width' : 'r')) / (shape.tagName === 'rect' ? 2 : 1)];
}))"""
# A canvas gives any notation of a colour as red, green and blue.
FILL = """shape => {
  const brush = document.createElement('canvas').getContext('2d');
  brush.fillStyle = getComputedStyle(shape).fill;
  brush.fillRect(0, 0, 1, 1);
  return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


def choose(page: Page, indicator: str) -> None:
    page.get_by_role("combobox", name="指标", exact=True).select_option(indicator)


def radii(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.locator(".pin").evaluate_all(RADII)
    return found


def entry_of(page: Page, id_: str) -> list[str]:
    """The figure and its note in the list."""
    return [(page.locator(f"#list [data-id={id_}] .{part}").text_content() or "").strip() for part in ("headline", "headline-note")]


def row_of(page: Page, id_: str) -> list[str]:
    """The figure and its note in the table."""
    return [page.locator(f"#table [data-id={id_}] .{part}").inner_text() for part in ("headline", "notes")]


def fill_of(page: Page, id_: str) -> list[int]:
    red_green_blue: list[int] = page.locator(f".pin[data-id={id_}] .shape").evaluate(FILL)
    return red_green_blue


OFFERED = """groups => groups.map((group) => [group.label, [...group.children].map((option) => option.value)])"""


def test_only_what_can_be_compared_is_offered_as_a_comparison(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    comparable = [key for key, one in atlas.comparisons.items() if one.is_comparable]
    others = [key for key, one in atlas.comparisons.items() if not one.is_comparable]
    offered = page.locator("#indicator optgroup").evaluate_all(OFFERED)
    assert offered == [[f"可以比较 · {len(comparable)} 项", comparable], ["只此一处，或时期不明", others]]
    assert page.locator("#indicator option").all_text_contents()[:3] == ["按指标比较…", "工业增加值 · 2022 年 · 3 处", "面积 · 2022 年 · 3 处"]


def test_the_page_says_how_many_can_be_compared_and_when_none_can(open_map: Open) -> None:
    page = open_map()
    shown = page.locator("#shown")
    choose(page, AREA)
    expect(shown).to_have_text("30 处中 3 处有这个数字，可以比较")
    page.get_by_role("searchbox").fill("未来产业社区")
    expect(shown).to_have_text("只有 1 处有这个数字，无从比较")
    page.get_by_role("searchbox").fill("桐庐")
    expect(shown).to_have_text("显示的 1 处都没有这个数字")
    page.get_by_role("searchbox").fill("")
    choose(page, GROWTH)
    expect(shown).to_have_text("只有 1 处有这个数字，无从比较")


def test_the_list_stands_from_the_largest_and_folds_those_without_the_figure(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    choose(page, AREA)
    assert listed(page) == list(AREAS)
    folded = page.locator("#list details.group")
    expect(folded.locator("summary")).to_have_text(re.compile("没有这个数字 *27"))
    folded.locator("summary").click()
    assert len(listed(page)) == len(atlas.tables.places)
    # What a reader has opened stays open.
    choose(page, VALUE_ADDED)
    assert len(listed(page)) == len(atlas.tables.places)
    choose(page, "")
    expect(folded).to_have_count(0)


def test_the_arrow_keys_pass_over_what_is_folded(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    page.get_by_role("searchbox").focus()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#list [data-id=sanjiang-new-city] a")).to_be_focused()


def test_a_range_is_drawn_as_a_range(open_map: Open) -> None:
    page = open_map(f"/?indicator={VALUE_ADDED}")
    pin = page.locator(".pin[data-id=xiaoshan-district]")
    low, high = float(pin.locator(".core").get_attribute("r") or 0), radii(page)["xiaoshan-district"]
    assert (low / high) ** 2 == pytest.approx(700 / 800)
    expect(page.locator("#symbols")).to_contain_text("实心到下限，外圈到上限")
    choose(page, AREA)
    assert page.locator(".pin .core").count() == 0
    expect(page.locator("#symbols")).not_to_contain_text("实心到下限")


def test_what_grows_keeps_the_hue_of_its_corridor_on_its_edge(open_map: Open) -> None:
    page = open_map()
    plain = fill_of(page, "binjiang-hitech")
    choose(page, GROWTH)
    edge = page.locator(".pin[data-id=binjiang-hitech] .shape").evaluate("shape => getComputedStyle(shape).stroke")
    assert [int(part) for part in re.findall(r"\d+", edge)] == plain
    expect(page.locator("#hues")).to_contain_text("城东")


def test_list_and_table_show_the_chosen_figure(open_map: Open) -> None:
    page = open_map()
    before = row_of(page, "binxiao-park")
    choose(page, AREA)
    for id_, amount in AREAS.items():
        assert entry_of(page, id_)[0] == f"{amount} 平方公里"
        assert row_of(page, id_)[0] == f"{amount} 平方公里"
    choose(page, "")
    assert row_of(page, "binxiao-park") == before


def test_a_place_without_the_figure_has_a_dash_and_says_so(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    choose(page, AREA)
    without = [place.id for place in atlas.tables.places if place.id not in AREAS]
    assert len(without) == 27
    for id_ in without:
        assert entry_of(page, id_) == ["—", "没有这个数字"]
        assert row_of(page, id_) == ["—", "没有这个数字"]


def test_the_area_of_a_symbol_is_proportional_to_the_figure(open_map: Open) -> None:
    page = open_map()
    choose(page, AREA)
    drawn = radii(page)
    scale = drawn["binxiao-park"] ** 2 / AREAS["binxiao-park"]
    assert {id_: drawn[id_] ** 2 / scale for id_ in AREAS} == pytest.approx(AREAS)
    # Wide enough to be compared at all.
    assert drawn["binxiao-park"] > 20


def test_the_drawn_size_is_the_stated_size(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    drawn = radii(page)
    for id_ in AREAS:
        width = page.locator(f".pin[data-id={id_}] .shape").evaluate("shape => shape.getBBox().width")
        assert width == pytest.approx(2 * drawn[id_], abs=0.01)


def test_equal_figures_have_equal_symbols_whatever_their_shape(open_map: Open) -> None:
    page = open_map()
    choose(page, VALUE_ADDED)
    drawn = radii(page)
    assert drawn["binjiang-hitech"] == drawn["qiantang-district"] == drawn["xiaoshan-district"] > 20
    # The square of a district becomes a circle, as areas of unlike shapes cannot be compared.
    assert page.locator(".pin[data-id=qiantang-district] .shape").evaluate("shape => Number(shape.getAttribute('rx'))") == drawn["qiantang-district"]


def test_the_symbols_without_the_figure_are_small_grey_and_hollow(open_map: Open, atlas: Atlas) -> None:
    page = open_map()
    choose(page, AREA)
    located = {id_ for id_, answer in atlas.answers.items() if isinstance(answer, Match)}
    without = located - set(AREAS)
    assert set(page.locator(".pin.without").evaluate_all("pins => pins.map(pin => pin.dataset.id)")) == without
    assert set(page.locator(".pin.measured").evaluate_all("pins => pins.map(pin => pin.dataset.id)")) == set(AREAS)
    drawn = radii(page)
    assert {drawn[id_] for id_ in without} == {4}
    assert min(drawn[id_] for id_ in AREAS) > 4
    styles: list[list[str]] = page.locator(".pin.without .shape").evaluate_all(
        "shapes => shapes.map(shape => { const style = getComputedStyle(shape); return [style.fill, style.stroke]; })"
    )
    # The ground of the card, and the grey of what belongs to no corridor.
    assert {tuple(style) for style in styles} == {("rgb(255, 253, 249)", "rgb(93, 97, 102)")}


@pytest.mark.parametrize("indicator", ["", AREA, VALUE_ADDED, GROWTH, SINGLE])
def test_every_symbol_is_as_large_as_in_the_picture(open_map: Open, indicator: str) -> None:
    page = open_map(f"/?indicator={indicator}" if indicator else "/")
    drawn = radii(page)
    assert len(drawn) == 29
    picture = ET.fromstring(page.request.get(f"/map.svg?indicator={indicator}&lang=zh").text())
    # The picture names no symbol, and draws large ones first.
    assert sorted((round(radius, 1) for radius in drawn.values()), reverse=True) == [symbol.radius for symbol in read_symbols(picture)]


def test_without_a_comparison_the_symbols_are_as_before(open_map: Open) -> None:
    page = open_map()
    before = radii(page)
    choose(page, AREA)
    assert radii(page) != before
    choose(page, "")
    assert radii(page) == before
    assert page.locator(".pin.without, .pin.measured").count() == 0
    expect(page.locator("#sizes")).to_be_hidden()


def test_a_smaller_symbol_lies_above_a_larger_one(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    levels: dict[str, int] = page.locator(".pin").evaluate_all("pins => Object.fromEntries(pins.map(pin => [pin.dataset.id, +pin.style.zIndex]))")
    assert levels["binxiao-park"] < levels["xianghu-future-community"] < levels["baima-lake"]


def test_growth_colours_the_symbol(open_map: Open) -> None:
    page = open_map()
    plain = fill_of(page, "binjiang-hitech")
    choose(page, GROWTH)
    red, green, blue = fill_of(page, "binjiang-hitech")
    assert [red, green, blue] != plain
    # Violet, neither red nor green.
    assert blue > red > green
    assert entry_of(page, "binjiang-hitech") == ["+49.3%", "增长"]
    choose(page, "")
    assert fill_of(page, "binjiang-hitech") == plain


def test_the_stronger_the_growth_the_stronger_the_colour(open_map: Open) -> None:
    page = open_map(f"/?indicator={GROWTH}")
    strong = sum(fill_of(page, "binjiang-hitech"))
    choose(page, SINGLE)
    assert strong < sum(fill_of(page, "binjiang-hitech"))
    assert entry_of(page, "binjiang-hitech") == ["305.8 亿元", "+8.1%"]


def test_a_decline_has_the_other_colour(page: Page, serve: Serve, data_copy: Path, edit: Edit) -> None:
    rows = (data_copy / "indicators.csv").read_text(encoding="utf-8").splitlines()
    line = next(number for number, row in enumerate(rows, start=1) if ",manufacturing_investment," in row)
    edit("indicators.csv", line, "growth_pct", "-49.3")
    page.goto(f"{serve(data_copy)}/?indicator={GROWTH}")
    wait_until_drawn(page)
    red, green, blue = fill_of(page, "binjiang-hitech")
    # Ochre.
    assert red > green > blue


def test_a_comparison_without_growth_keeps_the_colours_of_the_corridors(open_map: Open) -> None:
    page = open_map()
    plain = fill_of(page, "binjiang-hitech")
    choose(page, VALUE_ADDED)
    assert fill_of(page, "binjiang-hitech") == plain


@pytest.mark.parametrize(
    ("indicator", "finding"),
    [
        (VALUE_ADDED, "3 处的工业增加值不相上下，都是约 700–800 亿元（2022 年）：杭州高新区(滨江)、钱塘区、萧山区。"),
        (AREA, "3 处中滨萧特别合作园的面积最大：13.48 平方公里（2022 年）。"),
        (GROWTH, "杭州高新区(滨江)制造业投资增长 49.3%（2023 年一季度）；只有这一处有这个数字。"),
    ],
)
def test_the_finding_states_the_comparison(open_map: Open, indicator: str, finding: str) -> None:
    page = open_map()
    expect(page.locator("#finding")).to_have_text(FINDING)
    choose(page, indicator)
    expect(page.locator("#finding")).to_have_text(finding)
    choose(page, "")
    expect(page.locator("#finding")).to_have_text(FINDING)


def test_the_finding_without_javascript_is_the_same(page: Page, open_map: Open) -> None:
    open_map()
    choose(page, AREA)
    served = page.request.get(f"/?indicator={AREA}&lang=zh").text()
    found = re.search(r'id="finding"><bdi>(.*?)</bdi>', served)
    assert found
    expect(page.locator("#finding")).to_have_text(found[1])


def test_the_chosen_indicator_is_in_the_address(open_map: Open) -> None:
    page = open_map()
    choose(page, VALUE_ADDED)
    assert query_of(page) == f"?indicator={VALUE_ADDED}"
    choose(page, "")
    assert query_of(page) == ""


def test_an_address_chooses_the_indicator_and_a_reload_keeps_it(open_map: Open) -> None:
    page = open_map(f"/?indicator={VALUE_ADDED}")
    for _ in range(2):
        expect(page.locator("#indicator")).to_have_value(VALUE_ADDED)
        assert entry_of(page, "xiaoshan-district")[0] == "约 700–800 亿元"
        assert page.locator(".pin.measured").count() == 3
        expect(page.locator("#sizes")).to_be_visible()
        page.reload()
        wait_until_drawn(page)
    assert query_of(page) == f"?indicator={VALUE_ADDED}"


def test_back_and_forward_change_the_indicator(open_map: Open) -> None:
    page = open_map()
    choose(page, VALUE_ADDED)
    choose(page, AREA)
    page.go_back()
    expect(page.locator("#indicator")).to_have_value(VALUE_ADDED)
    expect(page.locator("#sizes .sizes-title")).to_have_text("工业增加值 · 2022 年 · 亿元")
    page.go_back()
    expect(page.locator("#indicator")).to_have_value("")
    expect(page.locator("#sizes")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#indicator")).to_have_value(VALUE_ADDED)
    assert page.locator(".pin.measured").count() == 3


def test_a_comparison_goes_together_with_the_filters(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    page.get_by_role("searchbox").fill("未来产业社区(滨萧)")
    assert listed(page) == ["xianghu-future-community"]
    assert entry_of(page, "xianghu-future-community")[0] == "7.13 平方公里"
    expect(page.locator("#finding")).to_have_text("1 处地点，1 个数字，注明出处。")
    # The scale is that of all places: narrowing does not blow a symbol up.
    assert radii(page)["xianghu-future-community"] ** 2 == pytest.approx(26**2 * 7.13 / 13.48)


def test_the_download_is_of_the_places_and_knows_no_comparison(open_map: Open) -> None:
    page = open_map()
    choose(page, AREA)
    expect(page.locator("#download")).to_have_attribute("href", "/layers/places.geojson")
    expect(page.locator("#picture")).to_have_attribute("href", re.compile(r"\?indicator=area%402022&lang=zh$"))


def test_a_card_opens_under_a_comparison(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}")
    page.locator(".pin[data-id=sanjiang-new-city] .shape").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert query_of(page) == f"?indicator={AREA}&place=sanjiang-new-city"


def test_a_comparison_speaks_english(open_map: Open) -> None:
    page = open_map(f"/?indicator={AREA}&lang=en")
    assert row_of(page, "binxiao-park")[0] == "13.48 km²"
    assert entry_of(page, "tonglu-edz")[0] == "—"
    expect(page.locator("#sizes .sizes-title")).to_contain_text("km²")


@pytest.mark.parametrize("indicator", ["nope", "area@1066", "area", "<b>", "toString", "__proto__"])
def test_an_unknown_indicator_in_the_address_is_noted_and_breaks_nothing(open_map: Open, indicator: str) -> None:
    page = open_map(f"/?indicator={indicator}")
    expect(page.locator(".note")).to_have_text(f"地址里的 indicator={indicator} 不认识，已忽略")
    expect(page.locator("#indicator")).to_have_value("")
    expect(page.locator("#finding")).to_have_text(FINDING)
    expect(page.locator("#sizes")).to_be_hidden()
    assert len({*pinned(page), *counted(page)}) == 29
    assert len(listed(page)) == 30
    assert query_of(page) == ""
