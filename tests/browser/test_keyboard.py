"""The map, the list and the table without a pointer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, listed, query_of, tabled

SPOTS = """pins => Object.fromEntries(pins.map((pin) => {
  const box = pin.querySelector('.shape').getBoundingClientRect();
  return [pin.dataset.id, [box.x + box.width / 2, box.y + box.height / 2]];
}))"""
# How far a spot lies along a direction, and how far beside it.
DIRECTIONS = {"ArrowRight": (1, 0), "ArrowLeft": (-1, 0), "ArrowDown": (0, 1), "ArrowUp": (0, -1)}


def spots(page: Page) -> dict[str, list[float]]:
    found: dict[str, list[float]] = page.locator(".pin").evaluate_all(SPOTS)
    return found


def focused(page: Page) -> str | None:
    """The id of the symbol that has the focus."""
    id_: str | None = page.evaluate("document.activeElement.matches('.pin') ? document.activeElement.dataset.id : null")
    return id_


def focused_entry(page: Page) -> str | None:
    id_: str | None = page.evaluate("(document.activeElement.closest('#list [data-id]') || { dataset: { id: null } }).dataset.id")
    return id_


def tab_stops(page: Page) -> list[str]:
    ids: list[str] = page.locator(".pin").evaluate_all("pins => pins.filter(pin => pin.tabIndex === 0).map(pin => pin.dataset.id)")
    return ids


# --- the symbols --------------------------------------------------------------------------------------------------------------------------


def test_all_symbols_are_one_tab_stop(open_map: Open) -> None:
    page = open_map()
    assert page.locator(".pin").count() == 29
    (stop,) = tab_stops(page)
    page.locator(f".pin[data-id={stop}]").focus()
    for back, forth in (("Tab", "Shift+Tab"), ("Shift+Tab", "Tab")):
        page.keyboard.press(back)
        assert focused(page) is None
        page.keyboard.press(forth)
        assert focused(page) == stop


def test_the_tab_stop_goes_with_the_focus(open_map: Open) -> None:
    page = open_map()
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.keyboard.press("ArrowUp")
    there = focused(page)
    assert there not in (None, "tonglu-edz")
    assert tab_stops(page) == [there]
    page.keyboard.press("Tab")
    assert focused(page) is None
    page.keyboard.press("Shift+Tab")
    assert focused(page) == there


@pytest.mark.parametrize("narrowing", ["label.switch.corridor-east", "label.switch.corridor-west", "label.switch.corridor-none"])
def test_there_is_one_tab_stop_whatever_is_shown(open_map: Open, narrowing: str) -> None:
    page = open_map()
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.locator(narrowing).click()
    assert len(tab_stops(page)) == 1
    page.locator(narrowing).click()
    assert len(tab_stops(page)) == 1


@pytest.mark.parametrize("key", DIRECTIONS)
def test_an_arrow_key_goes_to_a_neighbour_in_its_direction(open_map: Open, key: str) -> None:
    """No other symbol lies both nearer along the direction and nearer to its line, and none is reached against it."""
    page = open_map()
    dx, dy = DIRECTIONS[key]
    moved = 0
    # The city lies outside the view, which would move.
    for start in (id_ for id_ in spots(page) if id_ != "hangzhou"):
        page.locator(f".pin[data-id={start}]").focus()
        before = spots(page)
        here = before[start]
        page.keyboard.press(key)
        there = focused(page)
        assert there
        ways = {
            id_: ((x - here[0]) * dx + (y - here[1]) * dy, abs((x - here[0]) * dy) + abs((y - here[1]) * dx))
            for id_, (x, y) in before.items()
            if id_ != start
        }
        ahead = {id_: way for id_, way in ways.items() if way[0] > 0.5}
        if there == start:
            assert ahead == {}
            continue
        moved += 1
        along, across = ways[there]
        assert along > 0, (start, there)
        assert not [id_ for id_, way in ahead.items() if way[0] < along - 1 and way[1] < across - 1], (start, there)
    assert moved >= 20


def test_the_way_there_is_the_way_back_between_two_close_symbols(open_map: Open) -> None:
    page = open_map()
    page.locator(".pin[data-id=future-scitech-city]").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == "zijingang-scitech-city"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "future-scitech-city"


def test_an_arrow_key_reaches_what_is_outside_the_view_and_shows_it(open_map: Open) -> None:
    page = open_map("/#map=12/29.79/119.735")
    pin = page.locator(".pin[data-id=hangzhou]")
    expect(pin).not_to_be_in_viewport()
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.keyboard.press("ArrowLeft")
    expect(pin).to_be_focused()
    expect(pin).to_be_in_viewport(ratio=1)


def test_an_arrow_key_on_a_symbol_does_not_move_the_map_within_the_view(open_map: Open) -> None:
    page = open_map()
    before = page.evaluate("map_atlas.getCenter()")
    page.locator(".pin[data-id=future-scitech-city]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("map_atlas.getCenter()") == before


def test_only_shown_symbols_are_neighbours(open_map: Open) -> None:
    page = open_map("/?corridor=west&corridor=none")
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) in {"future-scitech-city", "zijingang-scitech-city"}


def test_enter_opens_the_symbol_that_the_arrows_led_to(open_map: Open) -> None:
    page = open_map()
    page.locator(".pin[data-id=future-scitech-city]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    popup = page.get_by_role("dialog", name="紫金港科技城", exact=True)
    expect(popup).to_be_focused()
    assert query_of(page) == "?place=zijingang-scitech-city"
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    assert focused(page) == "zijingang-scitech-city"


# --- the list -----------------------------------------------------------------------------------------------------------------------------


def test_arrow_down_leads_from_the_search_into_the_list_and_arrow_up_back(open_map: Open) -> None:
    page = open_map()
    first, second = listed(page)[:2]
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("ArrowDown")
    assert focused_entry(page) == first
    page.keyboard.press("ArrowDown")
    assert focused_entry(page) == second
    page.keyboard.press("ArrowUp")
    assert focused_entry(page) == first
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()


def test_the_arrows_go_through_what_is_found_only(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("searchbox").fill("smart")
    found = listed(page)
    assert 1 < len(found) < 10
    seen = []
    for _ in range(len(found) + 1):
        page.keyboard.press("ArrowDown")
        seen.append(focused_entry(page))
    # At the end the focus stays.
    assert seen == [*found, found[-1]]
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_focused()
    page.keyboard.press("Escape")
    assert focused_entry(page) == found[-1]


def test_arrow_up_in_the_search_and_arrows_in_a_choice_stay_there(open_map: Open) -> None:
    page = open_map()
    search = page.get_by_role("searchbox")
    search.focus()
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    page.locator("#kind").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#kind")).to_be_focused()


# --- the table ----------------------------------------------------------------------------------------------------------------------------


def head(page: Page, name: str) -> None:
    page.locator("#table thead th").filter(has_text=name).get_by_role("button").click()


def sorts(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.locator("#table thead th[aria-sort]").evaluate_all(
        "heads => Object.fromEntries(heads.map(head => [head.textContent, head.getAttribute('aria-sort')]))"
    )
    return found


def test_a_head_sorts_the_table_up_and_down(open_map: Open) -> None:
    page = open_map()
    before = tabled(page)
    assert sorts(page) == {}
    head(page, "名称")
    assert sorts(page) == {"名称": "ascending"}
    up = tabled(page)
    assert sorted(up) == sorted(before)
    # By their sound: bīn, fù, tóng, zǐ.
    some = [id_ for id_ in up if id_ in {"binfu-zone", "fullsemi-1", "tonglu-edz", "zijingang-scitech-city"}]
    assert some == ["binfu-zone", "fullsemi-1", "tonglu-edz", "zijingang-scitech-city"]
    head(page, "名称")
    assert sorts(page) == {"名称": "descending"}
    assert tabled(page) == up[::-1]


def test_the_mark_of_the_order_is_not_read_out(open_map: Open) -> None:
    page = open_map()
    head(page, "名称")
    button = page.locator("#table thead button").first
    assert button.evaluate("button => getComputedStyle(button, '::after').content").startswith('" ▲"')
    # How it is sorted is told once, by the head.
    expect(button).to_have_accessible_name("名称")


def test_only_one_head_is_sorted_by_at_a_time(open_map: Open) -> None:
    page = open_map()
    head(page, "名称")
    head(page, "走廊")
    assert sorts(page) == {"走廊": "ascending"}
    cells = page.locator("#table tbody tr td:nth-child(2)").all_text_contents()
    assert len(set(cells)) > 1
    # Equal cells stand together.
    assert sum(one != other for one, other in pairwise(cells)) == len(set(cells)) - 1


def test_a_head_is_reached_and_pressed_by_keyboard(open_map: Open) -> None:
    page = open_map()
    page.locator("#table").get_by_role("button", name="名称", exact=True).focus()
    page.keyboard.press("Enter")
    assert sorts(page) == {"名称": "ascending"}
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert sorts(page) == {"走廊": "ascending"}


def test_chosen_figures_are_sorted_by_their_amounts(open_map: Open) -> None:
    page = open_map("/?indicator=area@2022")
    head(page, "首要指标")
    assert tabled(page)[-3:] == ["sanjiang-new-city", "xianghu-future-community", "binxiao-park"]
    head(page, "首要指标")
    assert sorts(page) == {"首要指标": "descending"}
    assert tabled(page)[:3] == ["binxiao-park", "xianghu-future-community", "sanjiang-new-city"]


@pytest.mark.parametrize("presses", [1, 2])
def test_what_the_table_says_of_its_order_stays_true_when_the_figures_change(open_map: Open, presses: int) -> None:
    """Either the rows follow, or the head no longer claims an order."""
    page = open_map("/?indicator=area@2022")
    for _ in range(presses):
        head(page, "首要指标")
    page.get_by_role("combobox", name="指标", exact=True).select_option("industrial_value_added@2022")
    order = tabled(page)
    ends = {"ascending": order[-3:], "descending": order[:3]}
    # Places without the figure count as the least.
    assert all(set(ends[how]) == {"binjiang-hitech", "qiantang-district", "xiaoshan-district"} for how in sorts(page).values())


def test_sorting_leaves_filters_alone(open_map: Open) -> None:
    page = open_map("/?corridor=west")
    head(page, "名称")
    assert sorted(tabled(page)) == ["future-scitech-city", "zijingang-scitech-city"]
    page.locator("#all").click()
    assert len(tabled(page)) == 30
    assert sorts(page) == {"名称": "ascending"}
