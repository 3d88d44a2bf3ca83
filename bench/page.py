"""The map page beside stock folium, in the machine's own Chromium: ``python bench/page.py``.

One run, interleaved rounds, medians, and ratios of ours to stock: below 1 is in our favour. Every contender is served from this machine by the same
kind of server with the same compression, is visited once before the first round, and is loaded by a new browser, with a cold cache, each time.

- *Loading*: a phone (390 x 844, 3 device pixels each, touch) with 1.6 Mbit/s down, 750 kbit/s up, 150 ms latency and a CPU four times slower. All is
  drawn when the frame after the one that had it in the page begins; our page comes with a drawing of its map, and the map takes its place when its
  scripts are there: that it can be used is another row. A place that a ring counts, as two do on our map of a phone, is taken as drawn. The page is
  quiet when nothing was under way for half a second.
- *Using*, with many places: a desktop (1440 x 900) without throttling; a drag of 40 steps with its glide, and a corridor switched off and on. A frame
  is the time between two ``requestAnimationFrame`` callbacks; long tasks are the browser's own count of tasks over 50 ms.

Five rounds take about twenty minutes, most of them for stock markers. Nothing here is a test: what it prints depends on the machine, which may draw
without a GPU. ``bench/stock_folium.py`` says what the stock pages are and where they are favoured.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserType, CDPSession, Error, Page, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.places import write_places
from bench.servers import HOST, Served, ServerFailedError, TookTooLongError, fetch_features, serving
from bench.stock_folium import fetch_assets
from geo.settings import PROJECT
from tests.browser.chromium import ARGUMENTS, find_browser

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
STEPS = 40
OURS = "atlas"
# The name in the table, and what finds out in the page whether every feature is drawn, and whether the map can be used; COUNT is how many there are.
# What stock folium draws can be used at once.
_COUNT_ELEMENTS = "document.getElementsByClassName('leaflet-interactive').length >= COUNT"
# Nothing on a canvas can be counted in the document, so that the map is asked.
_COUNT_LAYERS = "stockMap() && Object.keys(stockMap()._layers).length >= COUNT"
_IS_READY = "document.getElementsByClassName('folium-map')[0]?.dataset.ready === 'true'"
# The page comes with a drawing of its map, which is in place when its size is known and what follows it has been read. It has every feature when each
# has a symbol, or is one of those that a ring says it stands for (+N), as on the map that takes its place; a crowd's drawing has fewer.
_IS_SKETCHED = """(document.querySelector("map-sketch")?.style.width && document.querySelector("#sketch + .sheet")
  && [...document.querySelectorAll("map-sketch :is(.core, .hole)")].filter((path) => path.getClientRects().length)
    .reduce((sum, path) => sum + path.getAttribute("d").split("M").length - 1, 0)
  + [...document.querySelectorAll("map-sketch text")].filter((text) => /^\\+\\d+$/.test(text.textContent) && text.getClientRects().length)
    .reduce((sum, text) => sum + Number(text.textContent) - 1, 0) >= COUNT)"""
CONTENDERS = {
    OURS: ("ours", f"{_IS_READY} || {_IS_SKETCHED}", _IS_READY),
    "markers": ("stock, markers", _COUNT_ELEMENTS, _COUNT_ELEMENTS),
    "geojson": ("stock, GeoJson", _COUNT_ELEMENTS, _COUNT_ELEMENTS),
    "canvas": ("stock, GeoJson on canvas", _COUNT_LAYERS, _COUNT_LAYERS),
}
READY = "bench: ready"
WATCH = """
(() => {
  const bench = (window.bench = { lcp: null, shift: 0, long: [], drawn: null, ready: null, frames: null });
  const observe = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => { bench.lcp = entry.startTime; });
  observe("layout-shift", (entry) => { if (!entry.hadRecentInput) bench.shift += entry.value; });
  observe("longtask", (entry) => { bench.long.push(entry.duration); });
  let name = null;
  const stockMap = () => window[(name ||= Object.keys(window).find((key) => /^map_[0-9a-f]{32}$/.test(key)))];
  const noteDrawn = () => { bench.drawn = performance.now(); };
  const lookDrawn = () => requestAnimationFrame(IS_DRAWN ? noteDrawn : lookDrawn);
  const noteReady = () => { bench.ready = performance.now(); console.log("MESSAGE"); };
  const lookReady = () => requestAnimationFrame(IS_READY ? noteReady : lookReady);
  requestAnimationFrame(lookDrawn);
  requestAnimationFrame(lookReady);
  let last = 0;
  const tick = () => {
    if (!bench.frames) return;
    const now = performance.now();
    bench.frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  bench.start = () => { bench.frames = []; bench.long = []; last = performance.now(); requestAnimationFrame(tick); };
  bench.stop = () => { const { frames, long } = bench; bench.frames = null; return [Math.max(...frames), long.reduce((sum, one) => sum + one, 0)]; };
})();
"""

# --- what is measured ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Contender:
    """A page, how it was measured, and what came out.

    Attributes
    ----------
    name
        As in the table.
    drawn, ready
        What finds out in the page whether everything is drawn, and whether the map can be used.
    served
        Its server; ``None`` where that was not ready in time.
    values
        One number a round for each measure.
    failures
        What went wrong, instead of numbers.
    """

    name: str
    drawn: str
    ready: str
    served: Served | None = None
    values: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, values: Mapping[str, float | None]) -> None:
        """Note the numbers of a round."""
        for measure, value in values.items():
            if value is not None:
                self.values.setdefault(measure, []).append(value)

    def median(self, measure: str) -> float | None:
        """Return the median over the rounds; ``None`` where there is no number."""
        return statistics.median(self.values[measure]) if measure in self.values else None


Measure: TypeAlias = Callable[[BrowserType, Contender, str, float], dict[str, float | None]]


class _Answer(NamedTuple):
    """An answer that has come in whole: when, in seconds of the browser's clock, and how many bytes on the wire, headers included."""

    at: float
    size: float


@dataclass
class _Traffic:
    """What a page asked for."""

    sent: dict[str, tuple[float, str]] = field(default_factory=dict)
    answers: dict[str, _Answer] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    last_change: float = field(default_factory=time.monotonic)

    def follow(self, session: CDPSession) -> None:
        """Note what happens from now on."""
        session.on("Network.requestWillBeSent", self._on_sent)
        session.on("Network.loadingFinished", self._on_finished)
        session.on("Network.loadingFailed", lambda event: self._end(event["requestId"]))
        session.send("Network.enable")

    def _on_sent(self, event: Mapping[str, Any]) -> None:
        if not event["request"]["url"].startswith(("data:", "blob:")):
            self.sent.setdefault(event["requestId"], (event["timestamp"], event["request"]["url"]))
            self.under_way.add(event["requestId"])
            self.last_change = time.monotonic()

    def _on_finished(self, event: Mapping[str, Any]) -> None:
        self.answers[event["requestId"]] = _Answer(event["timestamp"], event["encodedDataLength"])
        self._end(event["requestId"])

    def _end(self, request: str) -> None:
        self.under_way.discard(request)
        self.last_change = time.monotonic()

    def wait_until_quiet(self, page: Page) -> None:
        """Wait until nothing was under way for half a second; Playwright's own ``networkidle`` does not always come."""
        while self.under_way or time.monotonic() - self.last_change < 0.5:
            page.wait_for_timeout(50)

    def until(self, seconds: float, icons: Container[str]) -> tuple[int, float]:
        """Count the requests sent and the bytes of the answers finished so many seconds after the first request.

        The icons of the tab are left out: the browser asks for them whenever it likes.
        """
        end = min(at for at, _ in self.sent.values()) + seconds
        counted = {request for request, (at, url) in self.sent.items() if at <= end and url not in icons}
        return len(counted), sum(answer.size for request, answer in self.answers.items() if request in counted and answer.at <= end)

    def count_elsewhere(self) -> int:
        """Count the requests to another host than the server."""
        return sum(1 for _, url in self.sent.values() if urlsplit(url).hostname != HOST)


@contextmanager
def _new_browser(browser_type: BrowserType, timeout_s: float) -> Iterator[Browser]:
    """Start a browser for one measurement: a cold cache, and nothing that a page before left behind. It is killed when it takes too long.

    Most calls into a page wait as long as its script runs; only the end of the browser ends them.
    """
    browser = browser_type.launch(executable_path=str(find_browser(os.environ)), args=[*ARGUMENTS])
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    main = next(int(process["id"]) for process in processes if process["type"] == "browser")
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        os.kill(main, signal.SIGTERM)

    timer = threading.Timer(timeout_s, end)
    timer.start()
    try:
        yield browser
    except Error:
        if is_late.is_set():
            raise TookTooLongError("the page", timeout_s) from None
        raise
    finally:
        timer.cancel()
        browser.close()


def _open(browser: Browser, contender: Contender, url: str, *, is_phone: bool) -> tuple[Page, _Traffic]:
    """Open a page and wait until its map can be used and nothing is under way."""
    context = browser.new_context(
        locale="zh-CN",
        viewport=PHONE if is_phone else DESKTOP,
        device_scale_factor=3 if is_phone else 1,
        is_mobile=is_phone,
        has_touch=is_phone,
    )
    page = context.new_page()
    page.set_default_timeout(0)
    traffic = _Traffic()
    session = context.new_cdp_session(page)
    traffic.follow(session)
    if is_phone:
        session.send("Network.emulateNetworkConditions", NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH.replace("IS_DRAWN", contender.drawn).replace("IS_READY", contender.ready).replace("MESSAGE", READY))
    with page.expect_console_message(lambda message: message.text == READY):
        page.goto(url, wait_until="commit")
    traffic.wait_until_quiet(page)
    return page, traffic


def measure_loading(browser_type: BrowserType, contender: Contender, url: str, timeout_s: float) -> dict[str, float | None]:
    """Load a page on the phone."""
    with _new_browser(browser_type, timeout_s) as browser:
        page, traffic = _open(browser, contender, url, is_phone=True)
        seen = page.evaluate("[bench.drawn, bench.lcp, bench.shift, bench.ready]")
        icons = {*page.evaluate("[...document.querySelectorAll('link[rel~=icon]')].map((link) => link.href)"), f"{url}favicon.ico"}
        drawn_s, ready_s, lcp_s = seen[0] / 1000, seen[3] / 1000, None if seen[1] is None else seen[1] / 1000
        requests_ready, bytes_ready = traffic.until(ready_s, icons)
        requests, wire_bytes = traffic.until(float("inf"), icons)
        return {
            "drawn_s": drawn_s,
            "ready_s": ready_s,
            "lcp_s": lcp_s,
            "shift": seen[2],
            "requests_ready": requests_ready,
            "bytes_ready": bytes_ready,
            "requests": requests,
            "bytes": wire_bytes,
            "elsewhere": traffic.count_elsewhere(),
        }


def measure_first_visit(browser_type: BrowserType, contender: Contender, url: str, timeout_s: float) -> dict[str, float | None]:
    """Load a page as the first one who asks its server for it, without throttling: what is made or compressed then is made now."""
    with _new_browser(browser_type, timeout_s) as browser:
        page, _ = _open(browser, contender, url, is_phone=False)
        return {"visit_s": page.evaluate("bench.ready") / 1000}


def measure_using(browser_type: BrowserType, contender: Contender, url: str, timeout_s: float) -> dict[str, float | None]:
    """Drag the map and switch a corridor off and on, on the desktop."""
    with _new_browser(browser_type, timeout_s) as browser:
        page, _ = _open(browser, contender, url, is_phone=False)
        pan = _record(page, lambda: _pan(page))
        switch = _find_switch(page, is_ours=contender.name == CONTENDERS[OURS][0])
        toggle = _record(page, lambda: _toggle(page, switch))
        return {"pan_ms": pan[0], "pan_long_ms": pan[1], "toggle_ms": toggle[0], "toggle_long_ms": toggle[1]}


def _record(page: Page, act: Callable[[], None]) -> tuple[float, float]:
    """Return the longest frame, and the long tasks together, in milliseconds."""
    page.evaluate("bench.start()")
    act()
    longest, long_tasks = page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(bench.stop())), 600))")
    return longest, long_tasks


def _pan(page: Page) -> None:
    box = page.locator(".leaflet-container").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    where = "document.querySelector('.leaflet-map-pane').style.transform"
    before = page.evaluate(where)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, STEPS + 1):
        page.mouse.move(x - 8 * step, y + 3 * step)
        # The pace of a hand: a step a frame. A page that cannot keep up answers later.
        time.sleep(1 / 60)
    page.mouse.up()
    if page.evaluate(where) == before:
        raise RuntimeError("the drag did not move the map")


def _find_switch(page: Page, *, is_ours: bool) -> tuple[float, float, str]:
    """Give where to click to switch a corridor, and how to read whether all are shown."""
    if is_ours:
        # A click means "only this", and another one "all" again.
        label, boxes = page.locator("#filters label.switch.corridor-west"), "#filters label.switch input"
    else:
        page.locator(".leaflet-control-layers").hover()
        label, boxes = page.locator(".leaflet-control-layers-overlays label").first, ".leaflet-control-layers-selector"
    box = label.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, f"[...document.querySelectorAll('{boxes}')].every((box) => box.checked)"


def _toggle(page: Page, switch: tuple[float, float, str]) -> None:
    x, y, state = switch
    for wanted in (False, True):
        page.mouse.click(x, y)
        page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 500))")
        if page.evaluate(state) is not wanted:
            raise RuntimeError("the click did not switch the layer")


# --- a run --------------------------------------------------------------------------------------------------------------------------------


def run(browser_type: BrowserType, data: Path, styles: Sequence[str], rounds: int, timeout_s: float, *, is_used: bool) -> dict[str, Contender]:
    """Serve the contenders on some data and measure them in interleaved rounds.

    Parameters
    ----------
    browser_type
        Chromium.
    data
        The data folder of the atlas.
    styles
        Of stock folium.
    rounds
        How often each is measured; the order is another one each time.
    timeout_s
        For a server to be ready, and for each measurement. A page that fails is not tried again.
    is_used
        Whether to drag and to switch as well.
    """
    contenders = {style: Contender(*CONTENDERS[style]) for style in (OURS, *styles)}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        features = folder / "places.geojson"
        for style, contender in contenders.items():
            try:
                if style == OURS:
                    contender.served = stack.enter_context(serving(OURS, data, timeout_s))
                    features.write_bytes(fetch_features(contender.served.url, timeout_s))
                elif features.is_file():
                    contender.served = stack.enter_context(serving(style, features, timeout_s))
                else:
                    contender.failures.append("no features: the atlas was not served")
                    continue
                count = features.read_bytes().count(b'"Point"')
                contender.drawn, contender.ready = (text.replace("COUNT", str(count)) for text in (contender.drawn, contender.ready))
            except (ServerFailedError, TookTooLongError) as error:
                contender.failures.append(str(error))
        for contender in contenders.values():
            _measure(browser_type, contender, timeout_s, (measure_first_visit,))
        measures = (measure_loading, measure_using) if is_used else (measure_loading,)
        for number in range(rounds):
            order = list(contenders.values())
            for contender in order[number % len(order) :] + order[: number % len(order)]:
                _measure(browser_type, contender, timeout_s, measures)
                print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return contenders


def _measure(browser_type: BrowserType, contender: Contender, timeout_s: float, measures: Sequence[Measure]) -> None:
    if contender.served is None or contender.failures:
        return
    for measure in measures:
        try:
            contender.add(measure(browser_type, contender, contender.served.url, timeout_s))
        except (Error, TookTooLongError, RuntimeError) as error:
            contender.failures.append(f"{measure.__name__}: {str(error).partition(chr(10))[0]}")
            return


# --- what is printed ----------------------------------------------------------------------------------------------------------------------

ROWS = (  # measure, words, digits
    ("html_bytes", "HTML, bytes", 0),
    ("bytes_ready", "wire until usable, bytes", 0),
    ("requests_ready", "requests until usable", 0),
    ("bytes", "wire until quiet, bytes", 0),
    ("requests", "requests until quiet", 0),
    ("elsewhere", "requests to another host", 0),
    ("drawn_s", "all features drawn, s", 2),
    ("ready_s", "the map can be used, s", 2),
    ("lcp_s", "LCP, s", 2),
    ("shift", "layout shift", 3),
    ("pan_ms", "pan: longest frame, ms", 0),
    ("pan_long_ms", "pan: long tasks, ms", 0),
    ("toggle_ms", "layer off/on: longest frame, ms", 0),
    ("toggle_long_ms", "layer off/on: long tasks, ms", 0),
    ("visit_s", "first visit, desktop: usable, s", 2),
    ("made_s", "server: start, s", 2),
    ("first_s", "server: first answer, s", 2),
    ("second_s", "server: second answer, s", 2),
)
# What should be nothing has no ratio.
UNCOMPARED = {"elsewhere", "shift"}


def _value(contender: Contender, measure: str) -> float | None:
    if contender.served is not None and hasattr(contender.served, measure):
        value: float = getattr(contender.served, measure)
        return value
    return contender.median(measure)


def _ratio(ours: float | None, stock: float | None) -> float | None:
    return None if ours is None or not stock else ours / stock


def print_table(title: str, contenders: Mapping[str, Contender]) -> None:
    """Print the medians of all contenders, each stock page with the ratio of ours to it; then the spread of what is timed."""
    ours, *stocks = contenders.values()
    names = [ours.name, *(name for stock in stocks for name in (stock.name, "ratio"))]
    print(f"\n## {title}\n\n| median | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for measure, words, digits in ROWS:
        values = [_value(contender, measure) for contender in contenders.values()]
        if all(value is None for value in values):
            continue
        cells = [_shown(values[0], digits)]
        for stock in values[1:]:
            ratio = None if measure in UNCOMPARED else _ratio(values[0], stock)
            cells += [_shown(stock, digits), "" if ratio is None else f"{ratio:.2f}"]
        print(f"| {words} | {' | '.join(cells)} |")
    print()
    for contender in contenders.values():
        spread = [
            f"{words} {min(contender.values[measure]):.{digits}f}–{max(contender.values[measure]):.{digits}f}"
            for measure, words, digits in ROWS
            if measure in ("drawn_s", "ready_s", "lcp_s", "pan_ms", "toggle_ms") and measure in contender.values
        ]
        if spread:
            print(f"{contender.name}: {'; '.join(spread)}")
        for failure in contender.failures:
            print(f"{contender.name}: FAILED: {failure}")


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def print_aims(real: Mapping[str, Contender], many: Mapping[str, Contender], count: int) -> bool:
    """Print of each aim whether it holds, and return whether all do."""
    aims: list[tuple[str, float | None, float]] = [
        ("real data: bytes over the wire until the map can be used", _value(real[OURS], "bytes_ready"), 100_000),
        ("real data: requests until the map can be used", _value(real[OURS], "requests_ready"), 6),
        ("real data: requests to another host", _value(real[OURS], "elsewhere"), 0),
    ]
    for data, contenders in (("real data", real), (f"{count:,} places", many)):
        for style in ("markers", "geojson"):
            for measure, words in (("drawn_s", "time until drawn"), ("lcp_s", "LCP")):
                ratio = _ratio(_value(contenders[OURS], measure), _value(contenders[style], measure))
                aims.append((f"{data}: {words}, ours / {contenders[style].name}", ratio, 0.5))
        aims.append((f"{data}: layout shift", _value(contenders[OURS], "shift"), 0))
    aims += [
        (f"{count:,} places: longest frame while panning, ms", _value(many[OURS], "pan_ms"), 100),
        (f"{count:,} places: longest frame while switching a layer, ms", _value(many[OURS], "toggle_ms"), 100),
    ]
    for style in ("markers", "geojson"):
        ratio = _ratio(_value(many[OURS], "html_bytes"), _value(many[style], "html_bytes"))
        aims.append((f"{count:,} places: HTML, ours / {many[style].name}", ratio, 0.1))
    print("\n## Aims\n")
    for words, value, most in aims:
        holds = value is not None and value <= most
        found = "a page failed, see above" if value is None else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
        print(f"{'holds' if holds else 'unknown' if value is None else 'MISSED':<7}  {words}: {found} (at most {most:,g})")
    return all(value is not None and value <= most for _, value, most in aims)


def main() -> int:
    """Measure as the command line says; 1 when not all aims hold."""
    parser = argparse.ArgumentParser(description="Measure the map page beside stock folium.")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--count", type=int, default=10_000, help="how many places to generate for the second part (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=180, help="seconds for a server to answer and for a measurement (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round, and 1,000 generated places")
    arguments = parser.parse_args()
    rounds, count = (1, 1000) if arguments.quick else (arguments.rounds, arguments.count)
    for line in fetch_assets():
        print(f"stands in for a file of a CDN: {line}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        write_places(Path(folder), count)
        real = run(playwright.chromium, PROJECT / "data", ("markers", "geojson"), rounds, arguments.timeout, is_used=False)
        print_table(f"Real data, loading on the phone; rounds: {rounds}", real)
        many = run(playwright.chromium, Path(folder), ("markers", "geojson", "canvas"), rounds, arguments.timeout, is_used=True)
        print_table(f"{count:,} generated places beside the real ones; loading on the phone, using on the desktop; rounds: {rounds}", many)
    return 0 if print_aims(real, many, count) else 1


if __name__ == "__main__":
    sys.exit(main())
