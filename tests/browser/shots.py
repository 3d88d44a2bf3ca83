"""Pictures of every state of the page, to be looked at: ``make shots`` writes them into ``shots/``."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app import create_app
from bench.places import write_places
from geo.settings import PROJECT, Settings
from tests.browser.chromium import ARGUMENTS, find_browser
from tests.browser.conftest import DESKTOP, NARROW, PHONE, served

TARGET = PROJECT / "shots"
ZOOMED = {"width": 720, "height": 450}  # 1440 by 900 at 200 %
LONG = "杭州国家高新技术产业开发区(滨江)与萧山区联合建设的数字经济和智能制造融合发展示范合作园区三期工程"


@dataclass(frozen=True)
class Shot:
    """A state of the page.

    Attributes
    ----------
    name
        Of its file.
    address
        What is opened.
    viewport
        Width and height in CSS pixels.
    act
        What is done before the picture is taken.
    context
        What the browser is told beside that.
    site
        Which of the served sites: ``atlas``, ``tiles`` (offered but failing), ``long`` (long names), ``crowd`` (a thousand places).
    is_ready
        Whether the map is drawn before anything is done.
    """

    name: str
    address: str = "/"
    viewport: Any = field(default_factory=lambda: DESKTOP)
    act: Callable[[Page], object] = lambda page: None
    context: dict[str, Any] = field(default_factory=dict)
    site: str = "atlas"
    is_ready: bool = True


def _stop_scripts(page: Page) -> None:
    page.route("**/map.js*", lambda route: None)
    page.goto("/", wait_until="commit")
    page.wait_for_selector("#loading:visible")


SHOTS = (
    Shot("desktop"),
    Shot("loading", act=_stop_scripts, is_ready=False),
    Shot("loading-phone", viewport=PHONE, act=_stop_scripts, is_ready=False),
    Shot("empty-filter", "/?q=nothing-like-it"),
    Shot("selected", "/?place=binjiang-hitech"),
    Shot("selected-unfolded", "/?place=binjiang-hitech", act=lambda page: page.click(".more summary")),
    Shot("corridor-card", act=lambda page: page.click("[data-corridor] a")),
    Shot("selected-guest", "/?place=fullsemi-1"),
    Shot("hover", act=lambda page: page.hover('.pin[data-id="future-scitech-city"] .hit', force=True)),
    Shot("keyboard-focus", act=lambda page: page.locator('.pin[data-id="future-scitech-city"]').press("ArrowRight")),
    Shot("west-only", "/?corridor=west"),
    Shot("comparison", "/?indicator=area@2022"),
    Shot("comparison-growth", act=lambda page: page.select_option("#indicator", index=3)),
    Shot("wrong-parameters", "/?corridor=north&place=atlantis&basemap=moon&colour=red"),
    Shot("tiles-failing", "/?basemap=custom", site="tiles", act=lambda page: page.wait_for_selector("#tiles-failed:visible")),
    Shot("no-javascript", context={"java_script_enabled": False}, is_ready=False),
    Shot("no-javascript-phone", viewport=PHONE, context={"java_script_enabled": False}, is_ready=False),
    Shot("no-javascript-filtered", "/?corridor=west", context={"java_script_enabled": False}, is_ready=False),
    Shot("long-names", site="long", act=lambda page: page.click("#list .entry a")),
    Shot("long-names-phone", viewport=PHONE, site="long", act=lambda page: page.click("#list .entry a")),
    Shot("crowd", site="crowd"),
    Shot("crowd-phone", viewport=PHONE, site="crowd"),
    Shot("crowd-compared", "/?indicator=land_area@2022", site="crowd"),
    Shot("crowd-compared-phone-dark", "/?indicator=land_area@2022", viewport=PHONE, site="crowd", context={"color_scheme": "dark"}),
    Shot("english", "/?lang=en&place=binjiang-hitech"),
    Shot("english-phone", "/?lang=en", viewport=PHONE),
    Shot("dark", "/?place=binfu-zone", context={"color_scheme": "dark"}),
    Shot("dark-phone", "/?place=binfu-zone", viewport=PHONE, context={"color_scheme": "dark"}),
    Shot("forced-colours", "/?place=binfu-zone", context={"forced_colors": "active"}),
    Shot("print", "/?indicator=area@2022", viewport={"width": 1032, "height": 700}, act=lambda page: page.emulate_media(media="print")),
    Shot("phone", viewport=PHONE),
    Shot("phone-lowest", viewport=PHONE, act=lambda page: page.evaluate("scrollTo(0, 0)")),
    Shot("phone-highest", viewport=PHONE, act=lambda page: page.click("#handle")),
    Shot("phone-card", viewport=PHONE, act=lambda page: page.click("#list [data-id=fullsemi-1] a")),
    Shot("phone-list", viewport=PHONE, act=lambda page: page.locator(".guests").first.press("Enter")),
    Shot("phone-landscape", viewport={"width": 844, "height": 390}),
    Shot("low", viewport={"width": 1280, "height": 400}),
    Shot("low-laptop", "/?lang=en", viewport={"width": 1093, "height": 500}),
    Shot("zoomed-400", viewport={"width": 360, "height": 225}),
    Shot("tablet", viewport={"width": 820, "height": 1180}),
    Shot("wide", viewport={"width": 1920, "height": 1080}),
    Shot("area", "/?place=xiaoshan-district"),
    Shot("phone-legend", viewport=PHONE, act=lambda page: page.click(".legend summary")),
    Shot("narrow", viewport=NARROW),
    Shot("narrow-english", "/?lang=en", viewport=NARROW),
    Shot("zoomed-200", viewport=ZOOMED),
    Shot("zoomed-200-card", "/?place=binjiang-hitech", viewport=ZOOMED),
    Shot("table", act=lambda page: page.evaluate("document.querySelector('.table').scrollIntoView()")),
    Shot("place", "/places/binfu-zone", is_ready=False),
    Shot("place-phone-dark", "/places/fullsemi-1?lang=en", viewport=PHONE, context={"color_scheme": "dark"}, is_ready=False),
    Shot("source", "/sources/report-2023", is_ready=False),
    Shot("about", "/about", is_ready=False),
    Shot("data", "/layers?f=html&corridor=east", is_ready=False),
    Shot("data-english-phone", "/layers?f=html&lang=en", viewport=PHONE, is_ready=False),
    Shot("api", "/ogc/?f=html", is_ready=False),
    Shot("api-items-dark", "/ogc/collections/indicators/items?f=html&lang=en&limit=10", context={"color_scheme": "dark"}, is_ready=False),
    Shot("embed", "/embed?place=binjiang-hitech", viewport={"width": 700, "height": 480}),
    Shot("not-found", "/places/atlantis", is_ready=False),
)


def _with_long_names(folder: Path) -> Path:
    shutil.copytree(PROJECT / "data", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / "places.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:3]:
        row["name_zh"] = LONG + row["id"][-2:]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def take(browser: Browser, base: str, shot: Shot) -> None:
    """Take the picture of a state."""
    defaults: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": shot.viewport, "base_url": base}
    context = browser.new_context(**defaults | shot.context)
    page = context.new_page()
    if shot.name != "loading":
        page.goto(shot.address)
    if shot.is_ready:
        page.wait_for_selector("[data-whole=true]")
    shot.act(page)
    page.wait_for_timeout(600)
    page.screenshot(path=TARGET / f"{shot.name}.png")
    if shot.name == "print":
        page.pdf(path=TARGET / "print.pdf", prefer_css_page_size=True)
    context.close()


def main() -> None:
    """Take all of them."""
    TARGET.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_places(folder / "crowd", 1000)
        plain = Settings.from_env({})
        # Nobody listens on the discard port.
        tiles = Settings.from_env({"GEO_BASEMAPS": "custom", "GEO_TILES_URL": "http://127.0.0.1:9/{z}/{x}/{y}.png", "GEO_TILES_ATTRIBUTION": "test"})
        sites = {
            "atlas": plain,
            "tiles": tiles,
            "long": Settings.from_env({"GEO_DATA": str(_with_long_names(folder / "long"))}),
            "crowd": Settings.from_env({"GEO_DATA": str(folder / "crowd")}),
        }
        bases = {name: stack.enter_context(served(create_app(settings))) for name, settings in sites.items()}
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=find_browser(os.environ), args=[*ARGUMENTS])
        for shot in SHOTS:
            take(browser, bases[shot.site], shot)
            print(f"{shot.name}.png")
        browser.close()


if __name__ == "__main__":
    main()
