"""Take the pictures of the README and of the how-tos: ``python -m docs.pictures`` writes them into ``docs/`` and ``docs/how-to/pictures/``.

The atlas is served on a free port and shown in the machine's own Chromium. Windows of QGIS are taken where ``qgis`` and ``xvfb-run`` are installed.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from geo.settings import PROJECT
from tests.browser.chromium import ARGUMENTS, find_browser

HOW_TO = PROJECT / "docs" / "how-to"
TARGET = HOW_TO / "pictures"
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SUFFIXES = {"en": "", "zh": ".zh-CN"}
ARTICLE = {
    "en": "<h1>Where Hangzhou builds its chips</h1><p>The zones of the east corridor, with every figure that the report states about them:</p>",
    "zh": "<h1>杭州的芯片在哪里造</h1><p>城东走廊的各个平台和园区，以及报道给出的每个数字：</p>",
}
STYLE = "<style>body { font: 18px/1.5 'Noto Sans CJK SC', sans-serif; margin: 32px 48px; } h1 { font-size: 26px; margin: 0; }</style>"
# Run by QGIS when it has started: the layers in the order of the page, the reference system, the extent, and then the picture of the window.
WINDOW = """
import os
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPalLayerSettings, QgsProject, QgsRectangle, QgsTextFormat
from qgis.core import QgsVectorLayer, QgsVectorLayerSimpleLabeling
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

def load():
    window, project = iface.mainWindow(), QgsProject.instance()
    window.resize(1000, 620)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() == "Browser":
            dock.close()
    for layer in ("corridor_belts", "corridor_axes", "places"):
        project.addMapLayer(QgsVectorLayer(f"places.gpkg|layername={layer}", layer, "ogr"))
    if os.path.exists("companies.gpkg"):
        project.addMapLayer(QgsVectorLayer("companies.gpkg", "companies", "ogr"))
    for companies in project.mapLayersByName("companies"):
        project.removeMapLayer(project.mapLayersByName("places")[0])
        companies.renderer().symbol().setColor(QColor("#22262b"))
        settings = QgsPalLayerSettings()
        settings.fieldName = '"企业名称"'
        settings.isExpression = True
        settings.setFormat(QgsTextFormat())
        companies.setLabeling(QgsVectorLayerSimpleLabeling(settings))
        companies.setLabelsEnabled(True)
    QTimer.singleShot(1000, arrange)

def arrange():
    # Only now: the first layer has set its own reference system.
    project, crs = QgsProject.instance(), QgsCoordinateReferenceSystem("EPSG:4549")
    project.setCrs(crs)
    to_crs = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), crs, project)
    iface.mapCanvas().setExtent(to_crs.transformBoundingBox(QgsRectangle(119.68, 29.95, 120.62, 30.50)))
    iface.mapCanvas().refresh()
    QTimer.singleShot(5000, save)

def save():
    iface.mainWindow().grab().toImage().convertToFormat(QImage.Format_RGB888).save("window.png")
    os._exit(0)

QTimer.singleShot(3000, load)
"""


class Picture(NamedTuple):
    """A picture of a page.

    Attributes
    ----------
    name
        Of its file, without the language.
    address
        What is opened; the language is added.
    viewport
        Width and height in CSS pixels.
    act
        What is done before the picture is taken, if anything.
    """

    name: str
    address: str
    viewport: ViewportSize
    act: Callable[[Page], object] | None = None


def main() -> None:
    """Take all of them, in both languages."""
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _served() as base, sync_playwright() as playwright:
        folder = Path(name)
        write_list(folder / "companies.xlsx")
        _run_geo(folder, "geocode", "companies.xlsx", "-o", "companies.gpkg")
        _run_geo(folder, "audit", "-o", "sheet.html")
        _run_geo(folder, "export", "places.gpkg", "--layer", "places")
        browser = playwright.chromium.launch(executable_path=find_browser(os.environ), args=[*ARGUMENTS])
        for language, suffix in SUFFIXES.items():
            for picture in PICTURES:
                _take(browser, base, picture, language, TARGET / f"{picture.name}{suffix}.png")
            for name, files in (("planner-qgis", ["places.gpkg"]), ("promotion-officer-qgis", ["places.gpkg", "companies.gpkg"])):
                _take_qgis(folder, files, language, TARGET / f"{name}{suffix}.png")
        # The sheet is in Chinese only.
        _take(browser, base, _review_sheet(folder / "sheet.html"), "zh", TARGET / "researcher-sheet.png")
        _take(browser, base, Picture("map", "/", {"width": 1440, "height": 900}), "zh", PROJECT / "docs" / "map.png")
        browser.close()


def write_list(target: Path) -> None:
    """Write the list of the how-tos as the workbook that they name."""
    book = openpyxl.Workbook()
    with (HOW_TO / "companies.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            book.worksheets[0].append([cell or None for cell in row])
    book.save(target)


def _embed(page: Page) -> None:
    """Show the view in a page of the same origin, as an article would."""
    page.click("#embed")
    markup = page.evaluate("navigator.clipboard.readText()")
    article = ARTICLE[page.evaluate("document.documentElement.lang").partition("-")[0]]
    page.route("**/article", lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=STYLE + article + markup))
    page.goto("/article")
    page.frame_locator("iframe").locator("[data-whole=true]").wait_for(state="attached")


def _close_legend(page: Page) -> None:
    page.wait_for_selector("[data-whole=true]")
    page.click(".legend summary")


def _review_sheet(sheet: Path) -> Picture:
    def act(page: Page) -> None:
        page.goto(sheet.as_uri())
        page.evaluate("document.querySelectorAll('h2')[1].scrollIntoView()")

    return Picture("researcher-sheet", "/about", {"width": 1120, "height": 500}, act)


PICTURES = (
    Picture("editor-map", "/?corridor=east", {"width": 840, "height": 600}, _close_legend),
    Picture("editor-embed", "/?corridor=east", {"width": 900, "height": 640}, _embed),
    Picture("planner-layers", "/layers?f=html", {"width": 900, "height": 520}),
    Picture("researcher-source", "/sources/report-2023", {"width": 1000, "height": 640}),
)


def _take(browser: Browser, base: str, picture: Picture, language: str, target: Path) -> None:
    context = browser.new_context(
        base_url=base,
        locale="en-GB" if language == "en" else "zh-CN",
        timezone_id="Asia/Shanghai",
        viewport=picture.viewport,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.goto(f"{picture.address}{'&' if '?' in picture.address else '?'}lang={language}")
    if picture.act:
        picture.act(page)
    page.wait_for_timeout(800)
    page.screenshot(path=target)
    context.close()
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


def _take_qgis(folder: Path, files: list[str], language: str, target: Path) -> None:
    if not (shutil.which("qgis") and shutil.which("xvfb-run")):
        print(f"{target.name}: left as it is, there is no QGIS here")
        return
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for file in files:
            shutil.copy(folder / file, work)
        (work / "window.py").write_text(WINDOW, encoding="utf-8")
        locale = "en" if language == "en" else "zh-Hans"
        qgis = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", "profiles", "--lang", locale, "--code", "window.py"]
        # QGIS has Python of the system: what the environment says about this one would mislead it.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "GEO_"))}
        command = ["xvfb-run", "-a", "-s", "-screen 0 1000x620x24", *qgis]
        subprocess.run(command, cwd=work, env=environment, **QUIET, timeout=120, check=True)
        shutil.move(work / "window.png", target)
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


def _run_geo(folder: Path, *arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    subprocess.run([sys.executable, "-m", "geo", *arguments], cwd=folder, env=environment, **QUIET, check=True)


@contextmanager
def _served() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=os.environ | {"GEO_PORT": str(port)}, **QUIET)
    address = f"http://127.0.0.1:{port}"
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/healthz").close()
                break
            except urllib.error.URLError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=40)


if __name__ == "__main__":
    main()
