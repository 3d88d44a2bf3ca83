"""The site without a server, carried by a plain file server below a path, and opened from a disk: what a reader sees is what the server shows."""

from __future__ import annotations

import functools
import html
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from geo.serve.freeze import rendering as frozen
from geo.serve.freeze.writing import write_frozen
from geo.settings import Settings
from tests.browser.conftest import PHONE, Watch, listed, pinned, query_of, sideways, tabled, wait_until_drawn
from tests.browser.test_accessibility import assert_nothing_found

# Everything that a reader sees of a page, but what a site without a server says of itself.
SEEN = """() => {
  const own = [...document.querySelectorAll(".formats, #formats, #picture, .reference")];
  own.forEach((one) => { one.style.display = "none"; });
  const controls = [...document.querySelectorAll("#filters input:not([type=hidden]), #filters select, #basemaps input")];
  const attributes = (selector, name) => [...document.querySelectorAll(selector)].map((one) => one.getAttribute(name));
  const download = document.getElementById("download");
  return {
    text: document.body.innerText.split("\\n").map((line) => line.trim()).filter(Boolean),
    title: document.title,
    language: document.documentElement.lang,
    controls: controls.map((one) => (one.type === "checkbox" || one.type === "radio" ? one.checked : one.value)),
    chosen: [...document.querySelectorAll("#filters select")].map((one) => one.selectedOptions[0] && one.selectedOptions[0].text),
    current: attributes("[aria-current=true]", "id"),
    pins: attributes(".pin", "aria-label").sort(),
    looks: [...document.querySelectorAll(".pin")].map((one) => one.className.replace(/leaflet-\\S+/g, "")).sort(),
    belts: attributes("path.belt, path.axis, path.tie, path.uncertainty", "class"),
    titles: [...document.querySelectorAll("[title]")].map((one) => one.title),
    canDownload: download.hasAttribute("href"),
    zoom: map_atlas.getZoom(),
  };
}"""
QUERIES = [
    "",
    "corridor=west",
    "corridor=none&corridor=east",
    "corridor=",
    "kind=project&district=富阳区",
    "kind=project&kind=platform&q=滨江",
    "district=建德市",
    "q=bjq",
    "q=没有这个",
    "q=%20ＳＭＡＲＴ%20",
    "indicator=area@2022",
    "indicator=manufacturing_investment@2023-Q1&corridor=east&place=binjiang-hitech",
    "place=fullsemi-1",
    "place=binxiao-small-parks",
    "corridor=north&corridor=,west&kind=castle&indicator=x@y&coridor=east&basemap=osm&page=0&place=atlantis&district=a,b&utm_source=x",
    "q=" + "长" * 101 + "&spm=1&from=z&page=",
    "page=99",
]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """A plain file server, as Python brings it."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def carried(folder: Path) -> Iterator[str]:
    """Serve the files of a folder; give the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def base(frozen_folder: Path) -> Iterator[str]:
    """The address of the frozen site: below a path."""
    for address in carried(frozen_folder.parent.parent):
        yield f"{address}/a/b/"


@pytest.fixture(scope="session")
def crowded_folder(crowd: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A frozen site with 630 places: the map page and all its scripts, without the documents, pictures and files of each place."""
    folder = tmp_path_factory.mktemp("crowded") / "c"
    whole = frozen._answers

    def some(*arguments: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        # Named is what is left out: a script that the page is given later on is there without a word here.
        slow = {"documents", "changes", "pictures", "catalogue", "downloads"}
        return ((endpoint, values) for endpoint, values in whole(*arguments) if endpoint.partition(".")[0] not in slow)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frozen, "_answers", some)
        write_frozen(frozen.render_site(Settings(host="127.0.0.1", port=8000, data=crowd)), folder, "crowd")
    return folder


@pytest.fixture(scope="session")
def crowded_base(crowded_folder: Path) -> Iterator[str]:
    """The address of that site: below a path."""
    for address in carried(crowded_folder.parent):
        yield f"{address}/c/"


def visit(page: Page, address: str) -> Page:
    page.goto(address)
    wait_until_drawn(page)
    return page


def seen(page: Page, address: str) -> dict[str, Any]:
    shown: dict[str, Any] = visit(page, address).evaluate(SEEN)
    return shown


def downloaded(page: Page, selector: str) -> tuple[str, bytes]:
    """Click, and read the file that was saved: its name and its bytes."""
    with page.expect_download() as waiting:
        page.locator(selector).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


# --- what the server shows ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_query_shows_what_it_shows_on_the_server(page: Page, base: str, site: str, query: str, language: str) -> None:
    live = seen(page, f"{site}/?{query}&lang={language}")
    here = seen(page, f"{base}{'en/' if language == 'en' else ''}index.html?{query}")
    assert len(live["text"]) > 40
    assert here == live


@pytest.mark.parametrize("query", ["", "corridor=west&indicator=area@2022", "place=binfu-zone", "bogus=1"])
def test_the_embedded_map_shows_what_it_shows_on_the_server(page: Page, base: str, site: str, query: str) -> None:
    assert seen(page, f"{base}embed.html?{query}") == seen(page, f"{site}/embed?{query}")


@pytest.mark.parametrize("query", ["page=3", "kind=project&page=2", "page=99&q=项目", "page=99", "page=7&corridor=east"])
def test_a_page_of_a_long_list_shows_what_it_shows_on_the_server(page: Page, crowded_base: str, crowded_site: str, query: str) -> None:
    assert seen(page, f"{crowded_base}index.html?{query}") == seen(page, f"{crowded_site}/?{query}")


@pytest.mark.parametrize("name", ["places/binjiang-hitech", "places/binxiao-small-parks", "sources/report-2023", "about"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_reads_as_on_the_server(page: Page, base: str, site: str, name: str, language: str) -> None:
    page.goto(f"{site}/{name}?lang={language}")
    live = page.locator("body").inner_text()
    page.goto(f"{base}{'en/' if language == 'en' else ''}{name}.html")
    assert page.locator("body").inner_text() == live
    pictures = page.locator("img").evaluate_all("all => all.map(one => one.complete && one.naturalWidth)")
    assert pictures == ([760] if name == "places/binjiang-hitech" else [])


# --- from state to state ------------------------------------------------------------------------------------------------------------------


def test_switches_search_and_indicator_work_and_can_be_taken_back(page: Page, base: str, watch: Watch) -> None:
    visit(page, base)
    assert (len(listed(page)), len(tabled(page)), len(pinned(page))) == (30, 30, 29)
    page.locator("label.switch.corridor-west").click(modifiers=["Control"])
    assert query_of(page) == "?corridor=east&corridor=none"
    assert page.locator("path.belt.corridor-west").count() == 0
    page.locator("#kind").select_option("project")
    page.locator("#indicator").select_option("area@2022")
    assert page.locator(".pin.without").count() == len(pinned(page))
    page.get_by_role("searchbox").fill("fuxin")
    assert listed(page) == tabled(page) == ["fullsemi-1"]
    expect(page.locator("#shown")).to_have_text("显示的 1 处都没有这个数字")
    page.go_back()
    page.go_back()
    page.go_back()
    assert len(listed(page)) == 30
    page.go_forward()
    assert query_of(page) == "?corridor=east&corridor=none"
    assert urlsplit(page.url).path == "/a/b/"
    page.reload()
    wait_until_drawn(page)
    assert len(listed(page)) == 28
    # Everything came from the site's own folder.
    assert [address for address in watch.requests if not address.startswith(base)] == []


def test_it_takes_as_few_requests_as_on_the_server(page: Page, base: str, watch: Watch) -> None:
    visit(page, f"{base}index.html")
    names = [urlsplit(address).path.rpartition("/")[2].partition(".")[0] for address in watch.requests]
    # The browser asks for the icon when it likes.
    names = [name for name in names if name != "icon"]
    assert names[:6] == ["index", "early", "map", "leaflet", "atlas", "map-zh"]
    assert sorted(names[6:]) == ["comparisons-zh", "later", "reference-zh"]


def test_a_card_opens_and_leads_to_its_page_and_back(page: Page, base: str) -> None:
    visit(page, f"{base}en/index.html")
    page.locator("#list [data-id=binfu-zone] a").click()
    card = page.locator(".popup")
    expect(card).to_be_visible()
    expect(card.locator("h2")).to_have_text("Binjiang-Fuyang Special Cooperation Zone")
    name, feature = downloaded(page, ".popup a[download]")
    assert (name, json.loads(feature)["id"]) == ("binfu-zone.geojson", "binfu-zone")
    card.get_by_role("link", name="Page").click()
    expect(page).to_have_url(f"{base}en/places/binfu-zone.html")
    page.locator(".actions a", has_text="map").click()
    wait_until_drawn(page)
    assert page.url.startswith(f"{base}en/index.html?place=binfu-zone")
    expect(page.get_by_role("dialog", name="Binjiang-Fuyang Special Cooperation Zone", exact=True)).to_be_visible()


def test_the_source_of_a_figure_is_at_its_paragraph(page: Page, base: str) -> None:
    visit(page, f"{base}index.html?place=binjiang-hitech")
    page.locator(".popup .figures a").first.click()
    expect(page).to_have_url(f"{base}sources/report-2023.html#p10")
    expect(page.locator("#p10")).to_be_in_viewport()


def test_the_language_switch_keeps_the_view(page: Page, base: str) -> None:
    visit(page, f"{base}?corridor=west&indicator=area@2022#map=11/30.3/120.02")
    page.get_by_role("link", name="English").click()
    wait_until_drawn(page)
    expect(page).to_have_url(f"{base}en/index.html?corridor=west&indicator=area%402022#map=11/30.3/120.02")
    assert pinned(page) == ["future-scitech-city", "zijingang-scitech-city"]
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="中文").click()
    wait_until_drawn(page)
    assert page.url.startswith(f"{base}index.html?corridor=west&indicator=area%402022#map=11/")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("index.html?corridor=west&lang=en#map=11/30.3000/120.0200", "en/index.html?corridor=west#map=11/30.3000/120.0200"),
        ("en/index.html?lang=zh", "index.html"),
        ("en/embed.html?lang=zh&corridor=east", "embed.html?corridor=east"),
        ("index.html?lang=zh&corridor=west", "index.html?corridor=west"),
        ("index.html?lang=fr", "index.html"),
    ],
)
def test_a_language_in_the_address_leads_to_its_page(page: Page, base: str, asked: str, given: str) -> None:
    visit(page, f"{base}{asked}")
    page.wait_for_url(lambda url: url.partition("#")[0] == f"{base}{given}".partition("#")[0])
    wait_until_drawn(page)
    assert page.url.startswith(f"{base}{given}")


def test_a_numbered_page_leads_to_the_list_that_can_be_filtered(page: Page, crowded_base: str) -> None:
    visit(page, f"{crowded_base}en/index-3.html")
    page.wait_for_url(re.compile(r"/en/index\.html\?page=3"))
    wait_until_drawn(page)
    expect(page.locator("#list .range")).to_have_text("201–300 of 630 places")
    page.locator("#list [rel=next]").click()
    assert query_of(page) == "?page=4"


def test_the_embedded_map_leads_to_the_whole_one(page: Page, base: str) -> None:
    visit(page, f"{base}en/embed.html?corridor=west#map=11/30.3/120.02")
    expect(page.locator(".sheet")).to_be_hidden()
    expect(page.locator("#whole")).to_have_attribute("href", "index.html?corridor=west#map=11/30.3/120.02")
    with page.context.expect_page() as opening:
        page.locator("#whole").click()
    whole = opening.value
    whole.wait_for_selector("[data-whole=true]")
    assert whole.url.startswith(f"{base}en/index.html?corridor=west#map=11/")


def test_the_markup_to_embed_a_view_frames_it(page: Page, base: str) -> None:
    visit(page, f"{base}?corridor=west#map=11/30.3/120.02")
    page.get_by_role("button", name="嵌入", exact=True).click()
    expect(page.locator("#embed-code")).to_have_value(re.compile("<iframe "))
    copied = page.locator("#embed-code").input_value()
    assert re.findall(r'src="([^"]+)"', html.unescape(copied)) == [f"{base}embed.html?corridor=west#map=11/30.3/120.02"]
    page.goto(f"{base}about.html")
    page.evaluate("text => { document.querySelector('main').innerHTML = text; }", copied)
    inside = page.frame_locator("iframe")
    inside.locator("[data-whole=true]").wait_for()
    expect(inside.locator(".pin")).to_have_count(2)


def test_what_is_missing_has_a_page(page: Page, base: str) -> None:
    page.goto(f"{base}404.html")
    page.get_by_role("link", name="回到地图").click()
    wait_until_drawn(page)
    assert page.url.startswith(f"{base}index.html")


# --- downloads ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["geojson", "csv"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "corridor=west",
        "corridor=east&corridor=none&kind=project",
        "district=富阳区&district=滨江区",
        "q=滨江, (a)&kind=platform",
        "q=smart",
        "place=fullsemi-1",
    ],
)
def test_the_file_of_a_view_is_the_one_that_the_server_gives(page: Page, base: str, site: str, query: str, extension: str) -> None:
    """Name and bytes: the same features in the same order, with the sources of just these."""
    if query.startswith("q=滨江"):
        query = "q=滨江&kind=platform,park,cooperation_zone"
    visit(page, f"{base}en/index.html?{query}")
    if extension == "csv":
        page.locator(".formats summary").click()
    name, content = downloaded(page, {"geojson": "#download", "csv": ".formats [data-extension=csv]"}[extension])
    filters = {key: values for key, values in parse_qs(query).items() if key != "place"}
    answer = page.request.get(f"{site}/layers/places.{extension}", params={key: ",".join(values) for key, values in filters.items()})
    assert answer.ok
    shown = re.findall(r"filename\*=UTF-8''(\S+)|filename=([^;]+)", answer.headers["content-disposition"])[-1]
    assert name == page.evaluate("decodeURIComponent", "".join(shown))
    assert content == answer.body()


def test_the_name_of_a_file_is_as_the_server_makes_it(page: Page, base: str, site: str) -> None:
    for q in ("a, b", "滨江 (é)", "x" * 60, "“芯火”", "ａ_b.c-d", "१२", "n̈"):
        visit(page, f"{base}index.html")
        page.get_by_role("searchbox").fill(q)
        named = page.evaluate("document.getElementById('download').getAttribute('download')")
        disposition = page.request.get(f"{site}/layers/places.geojson", params={"q": q}).headers["content-disposition"]
        shown = re.findall(r"filename\*=UTF-8''(\S+)|filename=([^;]+)", disposition)[-1]
        assert named == page.evaluate("decodeURIComponent", "".join(shown)), q


def test_other_formats_and_the_picture_say_that_they_hold_all_places(page: Page, base: str) -> None:
    visit(page, f"{base}index.html")
    expect(page.locator("#picture")).to_have_text("下载图片")
    page.locator("label.switch.corridor-west").click()
    expect(page.locator("#picture")).to_have_text("下载图片（全部地点）")
    expect(page.locator("#picture")).to_have_attribute("href", "map.png")
    page.locator(".formats summary").click()
    expect(page.locator(".formats")).to_contain_text("其余格式与图片总是全部地点")
    offered = page.locator(".formats .actions > *").all_inner_texts()
    assert offered == ["CSV", "全部地点：", "Excel", "GeoPackage", "Shapefile", "KML", "DXF", "FlatGeobuf", "GeoParquet", "全部图层"]
    name, content = downloaded(page, ".formats [data-extension=xlsx]")
    assert re.fullmatch(r"hangzhou-places-[0-9a-f]{12}\.xlsx", name)
    assert content[:2] == b"PK"
    page.locator("label.switch.corridor-west").click()
    expect(page.locator("#picture")).to_have_text("下载图片")


def test_nothing_can_be_downloaded_when_nothing_is_shown(page: Page, base: str) -> None:
    visit(page, f"{base}index.html?q=没有这个")
    expect(page.locator("#download")).to_have_attribute("aria-disabled", "true")
    assert page.locator("#download").get_attribute("href") is None


def test_a_download_that_does_not_come_is_told(page: Page, base: str, watch: Watch) -> None:
    watch.expected.append("status of 404")
    visit(page, f"{base}index.html?corridor=west")
    page.route("**/layers/places.geojson", lambda route: route.fulfill(status=404))
    page.locator("#download").click()
    expect(page.locator("#shown")).to_have_text("下载没有取到，请稍后再试")


# --- for everyone -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["index.html", "index.html?place=binjiang-hitech", "en/index.html?corridor=north", "embed.html", "places/fullsemi-1.html", "404.html"]
)
def test_axe_finds_nothing(page: Page, base: str, name: str) -> None:
    page.goto(base + name)
    if "index" in name or "embed" in name:
        wait_until_drawn(page)
    if "index" in name:
        page.locator(".formats summary").click()
    assert_nothing_found(page)


def test_a_small_screen_has_it_all(page: Page, base: str) -> None:
    page.set_viewport_size(PHONE)
    visit(page, f"{base}en/index.html?corridor=west")
    page.locator(".formats summary").click()
    assert sideways(page) == 0
    assert_nothing_found(page)


def test_without_a_script_everything_is_listed_and_it_says_what_does_not_work(new_context: Any, base: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{base}index.html?corridor=west")
    note = page.locator(".panel-head noscript .note")
    expect(note).to_have_text("筛选、搜索与比较需要 JavaScript；没有它，这里列出全部地点。")
    expect(note).to_be_visible()
    expect(page.locator("#filters")).to_be_hidden()
    assert page.locator("#list .entry:visible").count() == 30
    page.locator("#list a", has_text="桐庐经开区").click()
    expect(page).to_have_url(f"{base}places/tonglu-edz.html")


# --- from a disk --------------------------------------------------------------------------------------------------------------------------


def test_a_list_of_the_readers_own_is_told_to_need_a_server(page: Page, base: str, watch: Watch) -> None:
    visit(page, base)
    asked = len(watch.requests)
    page.get_by_role("button", name="我的名单").click()
    expect(page.locator("#shown")).to_contain_text("定位名单需要服务器")
    assert [address for address in watch.requests[asked:] if "/assets/icon." not in address] == []


def test_it_opens_from_a_disk(page: Page, frozen_folder: Path, site: str, watch: Watch) -> None:
    """Twice clicked: a page on a disk may not fetch, and still has its cards and the files of its view."""
    watch.expected.append("request to another host: file:///")
    here = frozen_folder.as_uri()
    assert seen(page, f"{here}/index.html?corridor=west&place=future-scitech-city") == seen(page, f"{site}/?corridor=west&place=future-scitech-city")
    visit(page, f"{here}/en/index.html?corridor=west")
    page.locator(".pin[data-id=zijingang-scitech-city]").click()
    expect(page.get_by_role("dialog").locator(".other-name")).to_have_text("紫金港科技城")
    name, content = downloaded(page, "#download")
    assert content == page.request.get(f"{site}/layers/places.geojson?corridor=west").body()
    assert re.fullmatch(r"hangzhou-places-west-[0-9a-f]{12}\.geojson", name)
    page.locator("label.switch.corridor-east").click(modifiers=["Control"])
    assert query_of(page).startswith("?corridor=west&corridor=east")
    page.go_back()
    assert query_of(page).startswith("?corridor=west&place=")
    page.get_by_role("link", name="中文").click()
    wait_until_drawn(page)
    assert page.url.startswith(f"{here}/index.html?corridor=west&place=zijingang-scitech-city")
    assert [address for address in watch.requests if not address.startswith((here, site, "blob:"))] == []


@pytest.mark.parametrize(("language", "name"), [("zh", "index.html"), ("en", "en/index.html"), ("en", "en/index-3.html")])
def test_a_crowd_opens_from_a_disk_with_its_words_and_comparisons(
    page: Page, crowded_folder: Path, crowded_site: str, watch: Watch, language: str, name: str
) -> None:
    watch.expected.append("request to another host: file:///")
    query = "indicator=area@2022&page=3"
    live = seen(page, f"{crowded_site}/?{query}&lang={language}")
    page.goto(f"{crowded_folder.as_uri()}/{name}?{query}")
    page.wait_for_url(re.compile(r"/index\.html\?"))
    wait_until_drawn(page)
    assert page.evaluate(SEEN) == live
