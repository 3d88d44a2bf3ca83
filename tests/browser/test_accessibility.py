"""For everyone: axe finds nothing, the keyboard reaches everything and shows where it is, and nothing is cut off on a small screen."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import DESKTOP, NARROW, PHONE, Open, Watch, sideways, wait_until_drawn

# A window of 1440 × 900 at 200 %.
ZOOMED: ViewportSize = {"width": 720, "height": 450}
MAPS = ["/", "/?place=binjiang-hitech", "/?corridor="]
DOCUMENTS = [
    "/places/binjiang-hitech",
    "/places/binxiao-small-parks",
    "/sources/report-2023",
    "/about",
    "/layers?f=html&corridor=west",
    "/ogc/?f=html",
    "/ogc/collections/indicators/items?f=html&limit=10",
    "/places/atlantis",
]
# Everything that a person can act on, whether it is focusable or not.
INTERACTIVE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [tabindex='0']"
# What an element looks like, with the box around it that shows the focus of a checkbox, and the shape within a symbol; not what is invisible.
LOOK = """(element) => [element, element.closest("label"), element.querySelector(".shape")].filter(
  (part) => part && part.checkVisibility({ opacityProperty: true }) && part.getBoundingClientRect().width > 4
).map((part) => {
  const style = getComputedStyle(part);
  return [style.outlineStyle === "none" ? "" : style.outlineStyle + style.outlineWidth + style.outlineColor, style.boxShadow, style.borderColor,
    style.stroke, style.strokeWidth, style.top].join("|");
}).join(" ")"""


@pytest.fixture
def visit(page: Page, watch: Watch) -> Open:
    """Open a page, the map drawn where there is one."""
    watch.expected.append("status of 404")

    def go(address: str) -> Page:
        page.goto(address)
        if address.partition("?")[0] in {"/", "/embed"}:
            wait_until_drawn(page)
        return page

    return go


def assert_nothing_found(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    # A page that axe could not look at would pass as well.
    assert len(results.response["passes"]) >= 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", MAPS + DOCUMENTS)
def test_axe_finds_nothing(visit: Open, page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    assert_nothing_found(visit(address))


@pytest.mark.parametrize(
    "address", ["/?lang=en", "/?lang=en&place=binjiang-hitech", "/places/binjiang-hitech?lang=en", "/sources/report-2023?lang=en", "/about?lang=en"]
)
def test_axe_finds_nothing_in_english(visit: Open, address: str) -> None:
    assert_nothing_found(visit(address))


@pytest.mark.parametrize("screen", [PHONE, NARROW], ids=["phone", "narrow"])
@pytest.mark.parametrize("address", MAPS + DOCUMENTS)
def test_axe_finds_nothing_on_a_small_screen(visit: Open, page: Page, address: str, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    assert_nothing_found(visit(address))


@pytest.mark.parametrize(
    "address", ["/embed", "/embed?place=binfu-zone", "/?indicator=area@2022", "/?indicator=manufacturing_investment@2023-Q1&place=binjiang-hitech"]
)
@pytest.mark.parametrize(("screen", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "dark-phone"])
def test_axe_finds_nothing_in_other_states(visit: Open, page: Page, address: str, screen: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(screen)
    assert_nothing_found(visit(address))


@pytest.mark.parametrize("address", ["/", "/?place=binjiang-hitech"])
@pytest.mark.parametrize("presses", [0, 1, 2])
def test_axe_finds_nothing_at_any_height_of_a_dark_phone(visit: Open, page: Page, address: str, presses: int) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    visit(address)
    for _ in range(presses):
        page.locator("#handle").click()
    assert_nothing_found(page)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("screen", [PHONE, NARROW, ZOOMED], ids=["phone", "narrow", "zoomed"])
@pytest.mark.parametrize("address", ["/", "/?place=binjiang-hitech", *DOCUMENTS])
def test_nothing_scrolls_sideways(visit: Open, page: Page, address: str, screen: ViewportSize, language: str) -> None:
    page.set_viewport_size(screen)
    visit(f"{address}{'&' if '?' in address else '?'}lang={language}" if address != "/" else f"/?lang={language}")
    assert sideways(page) == 0


@pytest.mark.parametrize("screen", [NARROW, ZOOMED], ids=["narrow", "zoomed"])
def test_no_word_of_the_table_is_broken_into_letters(visit: Open, page: Page, screen: ViewportSize) -> None:
    """A column is at least as wide as the longest English word of a name; a narrow screen scrolls the table."""
    page.set_viewport_size(screen)
    visit("/?lang=en")
    broken: list[str] = page.locator("#table bdi").evaluate_all(
        """names => names.flatMap((name) => [...name.textContent.matchAll(/[A-Za-z]+/g)].filter((word) => {
          const range = document.createRange();
          range.setStart(name.firstChild, word.index);
          range.setEnd(name.firstChild, word.index + word[0].length);
          return range.getClientRects().length > 1;
        }).map((word) => word[0]))"""
    )
    assert broken == []


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", ["/", "/?place=binjiang-hitech", "/places/binjiang-hitech", "/sources/report-2023", "/about"])
def test_tab_reaches_everything_and_shows_where_it_is(visit: Open, page: Page, address: str, screen: ViewportSize) -> None:
    page.set_viewport_size(screen)
    visit(address)
    wanted: int = page.evaluate(
        """(selector) => {
          const all = [...document.querySelectorAll(selector)]
            // Of the symbols one is a tab stop; the arrow keys lead to the others.
            .filter((one) => one.checkVisibility() && !one.closest("[hidden]") && one.tabIndex >= 0);
          all.forEach((one, number) => { one.dataset.number = number; });
          return all.length;
        }""",
        INTERACTIVE,
    )
    reached: dict[int, str] = {}
    for _ in range(2 * wanted + 10):
        page.keyboard.press("Tab")
        number = page.evaluate("document.activeElement.dataset.number")
        if number is not None:
            reached[int(number)] = page.evaluate(f"({LOOK})(document.activeElement)")
        if len(reached) == wanted:
            break
    names: list[str] = page.locator("[data-number]").evaluate_all("all => all.map(one => one.outerHTML.slice(0, 90))")
    assert [names[number] for number in range(wanted) if number not in reached] == []
    page.evaluate("document.activeElement.blur()")
    unseen = [number for number, look in reached.items() if page.locator(f"[data-number='{number}']").evaluate(LOOK) == look]
    assert [names[number] for number in unseen] == []


def test_the_first_tab_leads_past_the_switches_to_the_list(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到地点列表")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#list .entry a").first).to_be_focused()


def test_what_changes_is_announced(visit: Open) -> None:
    page = visit("/")
    page.get_by_role("searchbox").fill("bjq")
    expect(page.get_by_role("status")).to_have_text("显示 1 处，共 30 处")


def test_symbols_say_their_name_and_how_sure_their_place_is(visit: Open) -> None:
    page = visit("/")
    names = page.locator(".pin").evaluate_all("pins => pins.map(pin => pin.getAttribute('aria-label'))")
    assert "富芯半导体一期 · 只知在滨富特别合作区，自身位置不详；位置范围：半径约 2 公里" in names
    assert len(set(names)) == 29


@pytest.mark.parametrize("address", [*MAPS, *DOCUMENTS])
def test_a_page_has_one_title_one_heading_and_one_main_part(visit: Open, address: str) -> None:
    page = visit(address)
    assert page.title().endswith("杭州产业平台图")
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_pressed_is_large_enough(visit: Open, page: Page, screen: ViewportSize) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 pixels; links within a line of text are exempt."""
    page.set_viewport_size(screen)
    visit("/?place=binfu-zone")
    small: list[str] = page.locator(
        ".switch, .entry a, .button, .pin, .leaflet-bar a, .leaflet-popup-close-button, .close, .handle, #filters [type=search]"
    ).evaluate_all(
        "all => all.filter(one => one.checkVisibility()).filter(one => { const box = one.getBoundingClientRect();"
        " return Math.round(box.width) < 24 || Math.round(box.height) < 24; }).map(one => one.outerHTML.slice(0, 90))"
    )
    assert small == []
