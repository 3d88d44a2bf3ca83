"""The real application in a real browser; whatever a page complains about fails the test that saw it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest
import waitress
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, ViewportSize
from waitress import wasyncore

from geo.settings import PROJECT
from tests.browser.chromium import ARGUMENTS, find_browser
from tests.known import DATA

NewContext = Callable[..., BrowserContext]
Open = Callable[..., Page]
Serve = Callable[[Path], str]

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 700}
# A free port is another program's now and then by the time the server takes it.
TRIES = 5


# --- the server ---------------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(**environment: str) -> Iterator[str]:
    """Run ``python app.py``, the server that users get, with these settings while the block runs; give its address."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8") as log:
        for _ in range(TRIES):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port: int = probe.getsockname()[1]
            process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=PROJECT,
                env=clean | {"GEO_DATA": str(DATA), **environment, "GEO_PORT": str(port)},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            while process.poll() is None and "The atlas is at" not in _text_of(log):
                time.sleep(0.05)
            # Another program may have taken the port meanwhile.
            if process.returncode is None or "is in use" not in _text_of(log):
                break
        assert process.returncode is None, _text_of(log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _text_of(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@contextlib.contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application from a thread, where a test changes what the application answers; give its address."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(app, host="127.0.0.1", port=0, ident=None, map=sockets)
    thread = threading.Thread(target=server.run, name="atlas")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # The loop ends when it has nothing left to listen to; it must be the one who closes.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
        thread.join()
        server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the atlas with the tables that the tests know."""
    with running() as address:
        yield address


@pytest.fixture(scope="session")
def crowded_site(crowd: Path) -> Iterator[str]:
    """The address of an atlas with 630 places."""
    with running(GEO_DATA=str(crowd)) as address:
        yield address


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve the atlas with other tables; gives its address."""
    with contextlib.ExitStack() as stack:

        def start(data: Path) -> str:
            return stack.enter_context(running(GEO_DATA=str(data)))

        yield start


# --- the browser --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    try:
        browser = find_browser(os.environ)
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    return {**browser_type_launch_args, "executable_path": str(browser), "args": [*ARGUMENTS]}


@pytest.fixture(scope="session")
def base_url(site: str) -> str:
    """What addresses without a host are relative to; read by pytest-playwright."""
    return site


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Every page is the same page on every machine."""
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": DESKTOP,
        "device_scale_factor": 1,
        "color_scheme": "light",
        "reduced_motion": "reduce",
    }


@dataclass
class Watch:
    """What the pages of a test complained about, and what they asked for.

    Attributes
    ----------
    complaints
        Warnings and errors of the console, uncaught errors, breaches of the content security policy, requests to other hosts.
    requests
        Every address that was asked for, in order.
    expected
        Parts of complaints that the test provokes.
    """

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
        )
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.complaints.append(f"request to another host: {request.url[:200]}")

    @property
    def unexpected(self) -> list[str]:
        return [complaint for complaint in self.complaints if not any(part in complaint for part in self.expected)]


@pytest.fixture(autouse=True)
def watch() -> Iterator[Watch]:
    """Fail a test whose pages complain."""
    watch = Watch()
    yield watch
    assert watch.unexpected == []


@pytest.fixture
def new_context(serve: Serve, watch: Watch, new_context: NewContext) -> NewContext:
    """Make a context with other arguments; every page of every context is watched, and closed before its server is.

    What is asked for first is torn down last.
    """

    def make(**arguments: Any) -> BrowserContext:
        context = new_context(**arguments)
        watch.follow(context)
        return context

    return make


@pytest.fixture
def open_map(page: Page) -> Open:
    """Open the map and wait until it is drawn: ``open_map("/?corridor=west")``."""

    def visit(address: str = "/") -> Page:
        page.goto(address)
        wait_until_drawn(page)
        return page

    return visit


def wait_until_drawn(page: Page) -> None:
    """Wait for the map and what comes after it, and for the card of the place in the address where there is one: its words are fetched."""
    page.wait_for_selector("[data-whole=true]")
    if page.locator(".pin.selected").count():
        page.wait_for_selector(".popup")


# --- what a page shows --------------------------------------------------------------------------------------------------------------------


def listed(page: Page) -> list[str]:
    """The ids of the list's visible entries, in page order."""
    ids: list[str] = page.locator("#list .entry:visible").evaluate_all("rows => rows.map(row => row.dataset.id)")
    return ids


def tabled(page: Page) -> list[str]:
    """The ids of the table's visible rows."""
    ids: list[str] = page.locator("#table [data-id]:visible").evaluate_all("rows => rows.map(row => row.dataset.id)")
    return ids


def pinned(page: Page) -> list[str]:
    """The ids of the symbols on the map, in the order of their names."""
    ids: list[str] = page.locator(".pin").evaluate_all("pins => pins.map(pin => pin.dataset.id)")
    return sorted(ids)


def counted(page: Page) -> list[str]:
    """The ids of the places that a ring stands for, in the order of their names."""
    rings: list[str] = page.locator(".guests").evaluate_all("rings => rings.map(ring => ring.dataset.guests)")
    return sorted(id_ for ring in rings for id_ in ring.split())


def hatch_of(page: Page, corridor: str) -> str:
    """The colour of the lines that fill the belt of a corridor."""
    found: str = page.locator(f"path.belt.corridor-{corridor}").first.evaluate(
        """belt => {
          const [, id] = /^url\\("#(.+)"\\)$/.exec(getComputedStyle(belt).fill);
          const { stroke, strokeWidth } = getComputedStyle(document.querySelector(`pattern#${id} path`));
          return Number.parseFloat(strokeWidth) > 0 ? stroke : "none";
        }"""
    )
    return found


def query_of(page: Page) -> str:
    """The query of the address, decoded."""
    query: str = page.evaluate("decodeURIComponent(location.search)")
    return query


def sideways(page: Page) -> int:
    """By how many pixels the page can be scrolled sideways."""
    overhang: int = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
    return overhang
