"""The page of a place: where it lies, at whom, and with whom."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, sideways


@pytest.mark.parametrize("id_", ["binjiang-hitech", "fullsemi-1", "hangzhou"])
def test_the_page_shows_a_small_map(page: Page, id_: str) -> None:
    page.goto(f"/places/{id_}")
    picture = page.locator(".inset img")
    assert picture.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [760, 420]
    expect(picture).to_be_visible()
    # What it shows is told in words as well, and that its outline has no review number.
    located = page.locator("h2", has_text="位置").locator("+ p").inner_text()
    expect(picture).to_have_accessible_name(f"{page.locator('h1').inner_text()}: {located}")
    expect(page.locator(".inset figcaption")).to_have_text("内置轮廓，WGS-84；无审图号，仅作示意")


def test_a_place_without_a_location_has_no_map(page: Page) -> None:
    page.goto("/places/binxiao-small-parks")
    expect(page.locator("img")).to_have_count(0)
    assert page.locator("meta[property='og:image']").get_attribute("content") == page.url.partition("/places")[0] + "/map.png?lang=zh"


def test_the_small_map_fits_a_phone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/places/binjiang-hitech")
    box = page.locator(".inset img").bounding_box()
    assert box
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert box["height"] / box["width"] == pytest.approx(420 / 760, abs=0.01)
    assert sideways(page) == 0


@pytest.mark.parametrize(
    ("system", "chosen", "is_dark"), [("light", "", False), ("dark", "", True), ("dark", "light", False), ("light", "dark", True)]
)
def test_the_small_map_is_dark_where_the_page_is(page: Page, system: Literal["light", "dark"], chosen: str, is_dark: bool) -> None:
    page.emulate_media(color_scheme=system)
    page.goto("/places/binjiang-hitech")
    if chosen:
        page.evaluate("chosen => localStorage.setItem('theme', chosen)", chosen)
        page.reload()
    assert (page.locator(".inset img").evaluate("image => getComputedStyle(image).filter") != "none") is is_dark
    page.emulate_media(color_scheme=system, media="print")
    assert page.locator(".inset img").evaluate("image => getComputedStyle(image).filter") == "none"


def test_a_guest_leads_to_its_host_and_back(page: Page) -> None:
    page.goto("/places/fullsemi-1?lang=en")
    page.get_by_role("link", name="Binjiang-Fuyang Special Cooperation Zone", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Binjiang-Fuyang Special Cooperation Zone")
    page.get_by_role("link", name="FullSemi 12-inch fab, phase 1", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("FullSemi 12-inch fab, phase 1")
    expect(page.locator("html")).to_have_attribute("lang", "en")
