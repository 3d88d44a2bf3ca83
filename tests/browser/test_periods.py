"""Several reports in the browser: the time of what is compared is chosen, and what changed since a report is read."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from geo.settings import PROJECT
from tests.browser.conftest import query_of, running, sideways, wait_until_drawn
from tests.editions import FIRST, SECOND, VALUE, write_editions


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_editions(tmp_path_factory.mktemp("editions") / "data")


@pytest.fixture(scope="module")
def three(data: Path) -> Iterator[str]:
    """The address of an atlas with three reports."""
    with running(GEO_DATA=str(data), GEO_SOURCE_TEXTS=str(data / "texts")) as address:
        yield address


def visit(page: Page, address: str) -> Page:
    page.goto(address)
    wait_until_drawn(page)
    return page


def headline(page: Page, place: str) -> str:
    return (page.locator(f"#list [data-id={place}] .headline").text_content() or "").strip()


def test_the_time_of_what_is_compared_is_chosen_by_keyboard(page: Page, three: str) -> None:
    visit(page, three)
    period = page.get_by_role("combobox", name="时期")
    expect(period).to_have_count(0)
    page.get_by_role("combobox", name="指标", exact=True).select_option(f"{VALUE}@2031")
    expect(period).to_have_value(f"{VALUE}@2031")
    assert period.locator("option").all_text_contents() == ["2031 年", "2032 年", "2033 年", "2034 年一季度"]
    period.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#sizes .sizes-title")).to_have_text("工业增加值 · 2032 年 · 亿元")
    expect(page.locator("#indicator")).to_have_value(f"{VALUE}@2032")
    assert headline(page, "stone-port") == "52.4 亿元"
    assert query_of(page) == f"?indicator={VALUE}&period=2032"
    expect(period).to_be_focused()
    page.reload()
    wait_until_drawn(page)
    assert headline(page, "stone-port") == "52.4 亿元"
    expect(period).to_have_value(f"{VALUE}@2032")
    page.go_back()
    expect(period).to_have_value(f"{VALUE}@2031")
    # Another indicator, which has one time, has no choice of it.
    page.get_by_role("combobox", name="指标", exact=True).select_option("companies@2033")
    expect(period).to_have_count(0)
    assert query_of(page) == "?indicator=companies@2033"


def test_without_a_script_the_form_chooses_the_time(three: str, page: Page) -> None:
    text = page.request.get(f"{three}/?indicator={VALUE}@2031&period=2033").text()
    assert '<option value="2033" selected>' in text
    assert "57 亿元" in text


def test_the_map_in_a_frame_has_the_choice_as_well(page: Page, three: str) -> None:
    visit(page, f"{three}/embed?indicator={VALUE}&period=2032")
    page.get_by_role("combobox", name="时期").select_option(label="2033 年")
    expect(page.locator("#compared")).to_have_text("工业增加值 · 2033 年")
    expect(page.locator("#sizes .sizes-title")).to_have_text("工业增加值 · 2033 年 · 亿元")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_the_choice_and_the_page_of_changes_are_fit_for_all(page: Page, three: str, width: int, scheme: Literal["light", "dark"]) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    visit(page, f"{three}/?indicator={VALUE}&period=2032&lang=en")
    assert Axe().run(page).response["violations"] == []
    for since in (FIRST, SECOND):
        page.goto(f"{three}/changes?since={since}")
        assert Axe().run(page).response["violations"] == []
        assert sideways(page) <= 0
    page.goto(f"{three}/places/cloud-valley")
    assert Axe().run(page).response["violations"] == []


@pytest.fixture(scope="module")
def frozen_three(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the three reports as files."""
    folder = tmp_path_factory.mktemp("frozen") / "site"
    env = {"GEO_DATA": str(data), "PATH": ""}
    subprocess.run([sys.executable, "-m", "geo", "freeze", str(folder)], cwd=PROJECT, env=env, check=True, capture_output=True)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_files_have_the_choice_and_the_page_of_changes_too(page: Page, frozen_three: str) -> None:
    visit(page, f"{frozen_three}/index.html?indicator={VALUE}&period=2032")
    assert headline(page, "stone-port") == "52.4 亿元"
    expect(page.locator(".note")).to_have_count(0)
    page.get_by_role("combobox", name="时期").select_option(label="2033 年")
    assert headline(page, "stone-port") == "57 亿元"
    page.locator(".panel-foot").get_by_role("link", name="变化").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("《三线又一年》以来的变化")
    page.get_by_role("link", name="河谷里的新厂房").first.click()
    expect(page.locator("#restated .count")).to_have_text("1")
    page.get_by_role("link", name="English").click()
    expect(page.locator("#restated")).to_contain_text("Restated")
