"""The card of a place on the map: opened in every way, read to the figure, closed without losing one's way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Open, Watch, query_of


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name, exact=True)


def figure(page: Page, label: str, words: str) -> Locator:
    """The row of a figure, by its label and something that stands in it."""
    return page.locator(".popup .figures tr").filter(has=page.get_by_text(label, exact=True)).filter(has_text=words)


def test_a_click_on_a_symbol_opens_its_card(open_map: Open) -> None:
    page = open_map()
    page.locator(".pin[data-id=binfu-zone]").click()
    expect(card(page, "滨富特别合作区")).to_be_visible()
    assert query_of(page) == "?place=binfu-zone"
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", "binfu-zone")
    expect(page.locator(".entry[aria-current=true]")).to_have_attribute("data-id", "binfu-zone")
    # How exactly the place is located is drawn as well.
    expect(page.locator("path.uncertainty")).to_have_count(1)


@pytest.mark.parametrize(
    "id_", ["binjiang-hitech", "qiantang-new-area", "qiantang-smart-city", "future-scitech-city", "zijingang-scitech-city", "tonglu-edz"]
)
def test_the_middle_of_a_platform_s_symbol_is_the_platform(open_map: Open, id_: str) -> None:
    """What lies close by must not take its place under the pointer."""
    page = open_map()
    page.locator(f".pin[data-id={id_}]").click(timeout=5000)
    assert query_of(page) == f"?place={id_}"


def test_the_card_reads_as_the_report_does(open_map: Open) -> None:
    page = open_map("/?place=binjiang-hitech")
    popup = card(page, "杭州高新区(滨江)")
    expect(popup.get_by_role("heading", name="杭州高新区(滨江)")).to_be_visible()
    expect(popup.locator(".other-name")).to_have_text("Hangzhou High-tech Zone (Binjiang)")
    assert popup.locator(".chip").all_text_contents() == ["城东 · 规划文件", "平台", "滨江区", "已设立"]
    of_2022 = figure(page, "规上工业增加值", "2022 年 · 全市第一")
    expect(of_2022.locator("td")).to_have_text(re.compile(r"^756 亿元\s*$"))
    expect(of_2022.get_by_role("link", name="报道第 10 段")).to_have_attribute("href", "/sources/report-2023?lang=zh#p10")
    of_2023 = figure(page, "规上工业增加值", "2023 年 1—5 月 · 全市第一")
    expect(of_2023.locator(".value")).to_have_text("305.8")
    expect(of_2023.locator(".growth.up")).to_have_text("增长+8.1%")
    planned = figure(page, "计划总投资", "2023 年一季度")
    expect(planned.locator(".value")).to_have_text("117")
    expect(planned.locator(".planned")).to_have_text("计划")
    expect(of_2022.locator(".planned")).to_have_count(0)
    expect(popup.locator(".located").first).to_have_text("位置为区域中心；位置范围：半径约 7.3 公里 · 报道第 6 段")


def test_the_card_has_every_figure_of_the_place(open_map: Open) -> None:
    page = open_map("/?place=fullsemi-1")
    assert page.locator(".popup .figures .value").all_text_contents() == ["180", "12", "约 700"]
    assert page.locator(".popup .figures .unit").all_text_contents() == ["亿元", "英寸", "亩"]
    expect(page.locator(".popup .located").first).to_contain_text("只知在滨富特别合作区，自身位置不详；位置范围：半径约 2 公里")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_card_opens_with_three_figures_and_unfolds_the_others(page: Page, open_map: Open, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    open_map("/?place=binjiang-hitech")
    rows = page.locator(".popup .figures tr")
    count = rows.count()
    assert count > 3
    expect(page.locator(".popup .figures tr:visible")).to_have_count(3)
    summary = page.locator(".popup .more summary")
    expect(summary).to_have_text(f"另有 {count - 3} 个数字")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".popup .figures tr:visible")).to_have_count(count)
    expect(summary).to_be_focused()
    expect(page.locator(".popup h2")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator(".popup .figures tr:visible")).to_have_count(3)


def test_paper_has_every_figure_of_an_open_card(open_map: Open) -> None:
    page = open_map("/?place=binjiang-hitech")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".popup .figures tr:visible")).to_have_count(page.locator(".popup .figures tr").count())
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".popup .figures tr:visible")).to_have_count(3)


def test_the_card_says_that_there_is_no_figure(open_map: Open) -> None:
    page = open_map("/?place=iot-town")
    expect(page.locator(".popup .nothing")).to_have_text("报道未给出单独的数字")
    expect(page.locator(".popup .figures")).to_have_count(0)


def test_the_card_and_the_page_of_a_place_say_the_same(open_map: Open) -> None:
    page = open_map("/?place=binfu-zone")
    rows = [" ".join(text.split()) for text in page.locator(".popup .figures tr").all_inner_texts()]
    page.get_by_role("link", name="详情页").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("滨富特别合作区")
    assert [" ".join(text.split()) for text in page.locator(".figures tr").all_inner_texts()] == rows


def test_a_card_keeps_the_reader_s_language(open_map: Open) -> None:
    page = open_map("/?place=binfu-zone&lang=en")
    expect(card(page, "Binjiang-Fuyang Special Cooperation Zone")).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="report, paragraph 39").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_keyboard_opens_the_card_and_escape_gives_the_focus_back(open_map: Open) -> None:
    page = open_map()
    pin = page.get_by_role("button", name=re.compile(r"^滨富特别合作区 · "))
    pin.focus()
    page.keyboard.press("Enter")
    popup = card(page, "滨富特别合作区")
    expect(popup).to_be_visible()
    expect(popup).to_be_focused()
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(pin).to_be_focused()
    assert query_of(page) == ""


def test_space_opens_the_card_too(open_map: Open) -> None:
    page = open_map()
    page.locator(".pin[data-id=tonglu-edz]").focus()
    page.keyboard.press("Space")
    expect(card(page, "桐庐经开区")).to_be_visible()


def test_the_list_opens_the_card_and_escape_gives_the_focus_back(open_map: Open) -> None:
    page = open_map()
    entry = page.locator("#list [data-id=zijingang-scitech-city] a")
    entry.click()
    expect(card(page, "紫金港科技城")).to_be_focused()
    assert query_of(page) == "?place=zijingang-scitech-city"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(entry).to_be_focused()


def test_the_close_button_closes_and_gives_the_focus_back(open_map: Open) -> None:
    page = open_map()
    entry = page.locator("#list [data-id=future-scitech-city] a")
    entry.press("Enter")
    page.get_by_role("button", name="关闭").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(entry).to_be_focused()
    expect(page.locator("path.uncertainty")).to_have_count(0)
    expect(page.locator(".pin.selected")).to_have_count(0)


def test_a_second_card_replaces_the_first(open_map: Open) -> None:
    page = open_map()
    page.locator("#list [data-id=future-scitech-city] a").click()
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(card(page, "桐庐经开区")).to_be_visible()
    assert query_of(page) == "?place=tonglu-edz"
    page.go_back()
    expect(card(page, "未来科技城")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    expect(card(page, "未来科技城")).to_be_visible()


def test_going_back_to_a_place_that_its_address_leaves_out_opens_nothing(open_map: Open) -> None:
    page = open_map()
    # Its symbol has stood on the map, and is gone with its corridor.
    page.locator("#list [data-id=future-scitech-city] a").click()
    expect(card(page, "未来科技城")).to_be_visible()
    page.evaluate("for (const query of ['?corridor=east&place=future-scitech-city', '?corridor=east']) history.pushState(null, '', query)")
    page.go_back()
    expect(page.locator("#shown")).to_have_text("显示 26 处，共 30 处")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert query_of(page) == "?corridor=east"
    page.locator("#list [data-id=qiantang-new-area] a").click()
    expect(card(page, "钱塘新区")).to_be_visible()


@pytest.mark.parametrize("id_", ["fullsemi-1", "binjiang-hitech", "qiantang-new-area", "xiaoshan-district"])
def test_an_address_opens_its_card(open_map: Open, id_: str) -> None:
    page = open_map(f"/?place={id_}")
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", id_)
    assert query_of(page) == f"?place={id_}"


def test_an_address_opens_the_card_of_a_place_outside_the_first_view(open_map: Open) -> None:
    page = open_map("/?place=hangzhou")
    expect(card(page, "杭州市")).to_be_in_viewport()


def test_a_place_without_a_location_leads_to_its_page(open_map: Open) -> None:
    page = open_map()
    page.locator("#list [data-id=binxiao-small-parks] a").click()
    expect(page).to_have_url(re.compile(r"/places/binxiao-small-parks\?lang=zh$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("湖头陈、紫橙、蓝橙产业园(滨萧)")


def test_a_pointer_leads_to_its_paragraph(open_map: Open) -> None:
    page = open_map("/?place=binjiang-hitech")
    page.locator(".popup .more summary").click()
    figure(page, "计划总投资", "2023 年一季度").get_by_role("link", name="报道第 20 段").click()
    expect(page).to_have_url(re.compile(r"/sources/report-2023[^#]*#p20$"))
    expect(page.locator("#p20")).to_be_in_viewport()
    expect(page.locator("#p20")).to_have_text("20")


def test_the_link_of_a_card_can_be_copied(page: Page, open_map: Open) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_map("/?place=tonglu-edz")
    button = page.get_by_role("button", name="复制链接")
    button.click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "?place=tonglu-edz" in page.url


@pytest.mark.parametrize("screen", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "narrow"])
@pytest.mark.parametrize("id_", ["binjiang-hitech", "qiantang-new-area", "zijingang-scitech-city", "tonglu-edz"])
def test_the_close_button_can_be_hit(page: Page, open_map: Open, screen: ViewportSize, id_: str) -> None:
    """Nothing lies over it, on a phone either."""
    page.set_viewport_size(screen)
    open_map(f"/?place={id_}")
    page.get_by_role("button", name="关闭").click(timeout=5000)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_card_in_a_narrow_frame_stays_within_the_map(page: Page, open_map: Open) -> None:
    page.set_viewport_size(PHONE)
    open_map("/embed?place=binjiang-hitech")
    # The map moves to make room for the card; a hover waits until it stands still.
    page.locator(".popup h2").hover()
    popup, frame = page.locator(".leaflet-popup-content-wrapper").bounding_box(), page.locator("main.map").bounding_box()
    assert popup
    assert frame
    assert popup["x"] >= frame["x"]
    assert popup["x"] + popup["width"] <= frame["x"] + frame["width"]
    assert popup["y"] >= frame["y"]
    assert popup["y"] + popup["height"] <= frame["y"] + frame["height"]


# --- words that have to be fetched --------------------------------------------------------------------------------------------------------


CARDS = "**/card.json*"
FAILED = "详情没有取到，请稍后再试"


def cards_asked_for(watch: Watch) -> list[str]:
    """The ids of the cards that were asked for, in order."""
    return [found[1] for address in watch.requests if (found := re.search(r"/places/([^/]+)/card\.json\?lang=\w+$", address))]


def test_an_english_card_tells_its_amounts_as_people_say_them(open_map: Open) -> None:
    page = open_map("/?place=binjiang-hitech&lang=en")
    of_2022 = figure(page, "Value added of industry above designated size", "2022 · first in Hangzhou")
    expect(of_2022.locator(".value")).to_have_text("CNY 75.6 billion")
    expect(page.locator(".popup")).not_to_contain_text("×")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("how", ["no answer", "an error"])
def test_a_card_that_does_not_come_says_so_and_leads_to_the_page(page: Page, open_map: Open, watch: Watch, how: str, screen: ViewportSize) -> None:
    watch.expected.append("Failed to load resource")

    def refuse(route: Route) -> None:
        if how == "an error":
            route.fulfill(status=500, body="{}")
        else:
            route.abort()

    page.set_viewport_size(screen)
    page.route(CARDS, refuse)
    open_map()
    page.locator("#list [data-id=binfu-zone] a").click()
    popup = card(page, "滨富特别合作区")
    expect(popup.get_by_role("heading", name="滨富特别合作区")).to_be_visible()
    expect(popup.locator(".nothing")).to_have_text(FAILED)
    expect(popup.locator(".figures, .chips, .located")).to_have_count(0)
    expect(popup).to_be_focused()
    expect(page.locator("path.uncertainty")).to_have_count(1)
    # Another time is another try.
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute(CARDS)
    page.locator("#list [data-id=binfu-zone] a").click()
    expect(popup.locator(".figures tr")).to_have_count(2)
    expect(popup.locator(".nothing")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.route(CARDS, refuse)
    page.locator("#list [data-id=tonglu-edz] a").click()
    page.get_by_role("dialog").get_by_role("link", name="详情页").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("桐庐经开区")


def test_an_address_whose_card_does_not_come_draws_the_map_all_the_same(page: Page, open_map: Open, watch: Watch) -> None:
    watch.expected.append("Failed to load resource")
    page.route(CARDS, lambda route: route.abort())
    open_map("/?place=fullsemi-1")
    expect(card(page, "富芯半导体一期").locator(".nothing")).to_have_text(FAILED)
    assert page.locator(".pin").count() == 29
    assert query_of(page) == "?place=fullsemi-1"


def test_a_card_that_comes_late_is_not_shown_over_another(page: Page, open_map: Open) -> None:
    """An answer is only for the place that is still open when it arrives."""
    waiting: list[Route] = []
    page.route("**/places/binjiang-hitech/card.json*", lambda route: waiting.append(route))
    open_map()
    page.locator("#list [data-id=binjiang-hitech] a").click()
    expect(page.locator(".pin.selected")).to_have_attribute("data-id", "binjiang-hitech")
    page.locator("#list [data-id=tonglu-edz] a").click()
    expect(card(page, "桐庐经开区")).to_be_visible()
    with page.expect_response("**/places/binjiang-hitech/card.json*"):
        waiting[0].continue_()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(card(page, "桐庐经开区")).to_be_visible()
    assert query_of(page) == "?place=tonglu-edz"


def test_a_card_that_comes_after_escape_is_not_shown(page: Page, open_map: Open) -> None:
    waiting: list[Route] = []
    page.route(CARDS, lambda route: waiting.append(route))
    open_map()
    page.locator(".pin[data-id=tonglu-edz]").click()
    expect(page.locator(".pin.selected")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".pin.selected")).to_have_count(0)
    with page.expect_response(CARDS):
        waiting[0].continue_()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert query_of(page) == ""


@pytest.mark.parametrize("how", ["focus", "press"])
def test_what_is_likely_to_be_opened_is_fetched_ahead_and_once(page: Page, open_map: Open, watch: Watch, how: str) -> None:
    open_map()
    assert cards_asked_for(watch) == []
    entry = page.locator("#list [data-id=zijingang-scitech-city] a")
    with page.expect_response(CARDS):
        if how == "focus":
            entry.focus()
        else:
            entry.hover()
            page.mouse.down()
    expect(page.get_by_role("dialog")).to_have_count(0)
    if how == "focus":
        page.keyboard.press("Enter")
    else:
        page.mouse.up()
    expect(card(page, "紫金港科技城")).to_be_visible()
    assert cards_asked_for(watch) == ["zijingang-scitech-city"]
