"""What it takes until the map is there: few requests, few bytes, and nothing that moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from app import create_app
from geo.settings import Settings
from tests.browser.conftest import DESKTOP, PHONE, Open, query_of, served, tabled, wait_until_drawn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Of a phone on a slow line: what a page may cost before its map is drawn, as it comes over the wire.
BYTES, REQUESTS = 100 << 10, 6
LATER, LATER_BYTES = ("/assets/later.", "/comparisons.js", "/reference.js"), 45 << 10
# Of a page that comes in pieces: bytes. It is no divisor of anything, so that words and tags are cut too.
PIECE = 311
SHIFTS = """
  window.shifts = [];
  // A space at the end of a line has no height until a word follows it; nobody sees it move.
  const isSeen = ({ node }) => !(node instanceof Text) || node.data.trim();
  new PerformanceObserver((list) => list.getEntries().filter(({ sources }) => !sources.length || sources.some(isSeen)).forEach((shift) => {
    const moved = shift.sources.map(({ node, previousRect, currentRect }) =>
      `${node && (node.className || node.id || node.nodeName)}: ${previousRect.x},${previousRect.y} to ${currentRect.x},${currentRect.y}`);
    window.shifts.push(`${shift.value.toFixed(5)} ${moved.join("; ")}`);
  })).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Traffic:
    """What came over the wire.

    Attributes
    ----------
    addresses
        Of every request, by its id.
    lengths
        The bytes of every answer that came in full, headers included.
    """

    addresses: dict[str, str] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)

    def without_icon(self) -> dict[str, int]:
        """The bytes of every answer by address; a browser asks for the icon of a page when it likes."""
        return {address: self.lengths[id_] for id_, address in self.addresses.items() if id_ in self.lengths and "/assets/icon." not in address}


@pytest.fixture
def traffic(page: Page) -> Iterator[Traffic]:
    found = Traffic()
    session = page.context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", lambda event: found.addresses.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: found.lengths.update({event["requestId"]: round(event["encodedDataLength"])}))
    session.send("Network.enable")
    yield found
    session.detach()


@pytest.fixture(scope="session")
def site_on_a_slow_line(settings: Settings) -> Iterator[str]:
    """The address of the atlas where a page comes in pieces, each of which is drawn before the next one is there."""
    app = create_app(settings)
    answer = app.wsgi_app

    def answer_in_pieces(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        content = b"".join(answer({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start_response))
        if not content.startswith(b"<!doctype html>"):
            yield content
            return
        for start in range(0, len(content), PIECE):
            yield content[start : start + PIECE]
            time.sleep(0.02)

    app.wsgi_app = answer_in_pieces  # type: ignore[method-assign]
    with served(app) as address:
        yield address


@pytest.fixture
def shifts_of(page: Page) -> Callable[[str], list[str]]:
    """Open a page and tell what moved in it by itself."""
    page.add_init_script(SHIFTS)

    def visit(address: str) -> list[str]:
        page.goto(address)
        if page.locator("main.map").count():
            wait_until_drawn(page)
        page.wait_for_load_state("networkidle")
        # What was painted last has been looked at by the next frame.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found: list[str] = page.evaluate("window.shifts")
        return found

    return visit


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("address", ["/", "/?lang=en", "/embed"])
def test_the_map_costs_little(page: Page, traffic: Traffic, site: str, screen: ViewportSize, address: str) -> None:
    page.set_viewport_size(screen)
    page.goto(address)
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    costs = traffic.without_icon()
    # What nobody waits for comes when everything else is there.
    late = [one for one in costs if any(name in one for name in LATER)]
    assert len(late) == len(LATER)
    assert list(costs)[-len(late) :] == late
    assert sum(costs.pop(one) for one in late) <= LATER_BYTES
    assert len(costs) <= REQUESTS, costs
    assert sum(costs.values()) <= BYTES, costs
    # Everything counts: the page, two files of style and theme, and three scripts that draw the map.
    assert [name for name in ("/map.js", "/assets/leaflet.", "/assets/atlas.", "/assets/map.") if not any(name in one for one in costs)] == []
    assert all(one.startswith(site) for one in costs)
    # Otherwise the bytes would be those of a browser that takes no compression.
    assert 20_000 < sum(costs.values()) < sum(len(page.request.get(one).body()) for one in costs) / 3


def test_a_second_visit_pays_for_no_more_than_a_question(page: Page, traffic: Traffic, site: str) -> None:
    """Everything but the page has a name that changes with its content; the page is asked for, and is the one that is there already."""
    page.goto("/")
    wait_until_drawn(page)
    page.goto("about:blank")
    traffic.addresses.clear()
    traffic.lengths.clear()
    page.goto("/")
    wait_until_drawn(page)
    page.wait_for_load_state("networkidle")
    paid = {address: length for address, length in traffic.without_icon().items() if length}
    assert list(paid) == [f"{site}/"]
    assert paid[f"{site}/"] < 1000


def test_a_card_is_one_more_request_and_only_once(page: Page, traffic: Traffic, open_map: Open) -> None:
    open_map("/?place=binfu-zone")
    cards = [address for address in traffic.addresses.values() if "card.json" in address]
    assert len(cards) == 1
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#list [data-id=binfu-zone] a").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert [address for address in traffic.addresses.values() if "card.json" in address] == cards


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("/", "light"),
        ("/?lang=en", "dark"),
        ("/?corridor=west&indicator=area@2022", "light"),
        ("/embed", "light"),
        ("/places/binjiang-hitech", "dark"),
        ("/sources/report-2023?lang=en", "light"),
    ],
)
def test_nothing_moves_while_the_page_comes(
    page: Page, shifts_of: Callable[[str], list[str]], address: str, screen: ViewportSize, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size(screen)
    page.emulate_media(color_scheme=scheme)
    assert shifts_of(address) == []


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?lang=en",
        "/?corridor=west&indicator=area@2022",
        "/places/binjiang-hitech",
        "/sources/report-2023?lang=en",
        "/about",
        "/ogc/collections/places/items?f=html&limit=5",
    ],
)
def test_nothing_moves_while_the_page_comes_in_pieces(
    page: Page, shifts_of: Callable[[str], list[str]], site_on_a_slow_line: str, address: str, screen: ViewportSize
) -> None:
    page.set_viewport_size(screen)
    assert shifts_of(f"{site_on_a_slow_line}{address}") == []


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("/", "#table"),
        ("/sources/report-2023", ".rows"),
        ("/ogc/collections/places/items?f=html", ".rows"),
        ("/ogc/collections/indicators/items?f=html", ".rows"),
        ("/ogc/collections/places/queryables?f=html", ".rows"),
    ],
)
def test_no_row_of_a_table_moves_the_columns_of_those_before_it(page: Page, address: str, table: str, language: str, screen: ViewportSize) -> None:
    """The rows may come in any pieces: the head alone says where the columns stand."""
    page.set_viewport_size(screen)
    page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
    if address == "/":
        wait_until_drawn(page)
    whole, head_alone = page.locator(table).evaluate(
        """(table) => {
          const columns = () => [...table.tHead.rows[0].cells].map((cell) => cell.getBoundingClientRect()).map(({ left, right }) => [left, right]);
          const whole = columns();
          table.tBodies[0].replaceChildren();
          return [whole, columns()];
        }"""
    )
    assert len(whole) >= 4
    assert head_alone == whole


def test_what_moves_is_noticed(page: Page, shifts_of: Callable[[str], list[str]]) -> None:
    """Otherwise the test above would show nothing."""
    shifts_of("/about")
    # What was never painted cannot be seen to move.
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    page.evaluate("() => { document.querySelector('main').style.paddingTop = '90px'; }")
    page.wait_for_function("() => window.shifts.length > 0")


# --- addresses ----------------------------------------------------------------------------------------------------------------------------


def test_one_address_says_everything(open_map: Open) -> None:
    query = "?corridor=east&kind=project&district=富阳区&q=fuxin&indicator=planned_investment@2023-Q1&place=fullsemi-1&lang=en"
    page = open_map(f"/{query}#map=12/30.0234/120.0345")
    assert tabled(page) == ["fullsemi-1"]
    assert page.locator("input[name=corridor]:checked").evaluate_all("boxes => boxes.map(box => box.value)") == ["east"]
    expect(page.locator("#kind")).to_have_value("project")
    expect(page.get_by_role("searchbox")).to_have_value("fuxin")
    expect(page.locator("#indicator")).to_have_value("planned_investment@2023-Q1")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("map_atlas.getZoom()") == 12
    expect(page.locator(".note")).to_have_count(0)
    assert query_of(page) == query
    # The links of the page know it all.
    chinese = page.get_by_role("link", name="中文").get_attribute("href")
    assert chinese is not None and "district=%E5%AF%8C%E9%98%B3%E5%8C%BA" in chinese and "place=fullsemi-1" in chinese and "lang=zh" in chinese


@pytest.mark.parametrize("query", ["utm_source=x&utm_campaign=y", "from=timeline&isappinstalled=0", "gclid=1", "spm=a.b"])
def test_what_messengers_append_is_dropped_without_a_word(open_map: Open, query: str) -> None:
    page = open_map(f"/?{query}&corridor=west")
    expect(page.locator(".note")).to_have_count(0)
    assert len(tabled(page)) == 2
    assert query_of(page) == "?corridor=west"


@pytest.mark.parametrize(("query", "named"), [("coridor=west", "coridor=west"), ("basemap=osm", "basemap=osm"), ("page=x", "page=x")])
def test_what_nobody_knows_is_dropped_with_a_note(open_map: Open, query: str, named: str) -> None:
    page = open_map(f"/?{query}")
    expect(page.locator(".note")).to_have_text(f"地址里的 {named} 不认识，已忽略")
    expect(page.locator(".note")).to_have_attribute("role", "status")
    assert len(tabled(page)) == 30
    assert query_of(page) == ""
