"""The pages as a reader without JavaScript gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geo.geocode import Match
from geo.pipeline import Atlas
from geo.schema import Basis
from geo.settings import PROJECT
from geo.tables import read_tables
from tests.conftest import Edit

TABLES = read_tables(PROJECT / "data")
PLACES = {place.id: place for place in TABLES.places}
SOURCES = {source.id: source for source in TABLES.sources}
WEST = ["future-scitech-city", "zijingang-scitech-city"]


class Outline(HTMLParser):
    """What stands in a page: elements with their attributes, and the text of some of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def of(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag and attributes.items() <= found.items()]


def outline(response: TestResponse) -> Outline:
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    return Outline(response.get_data(as_text=True))


def shown(page: Outline, tag: str) -> list[str | None]:
    return [found["data-id"] for found in page.of(tag) if "data-id" in found and "hidden" not in found]


def text_of(response: TestResponse) -> str:
    """The words of a page, tags taken out."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.get_data(as_text=True))).split())


def state_of(response: TestResponse) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="page-state">(.*?)</script>', response.get_data(as_text=True), re.DOTALL)
    assert found
    state: dict[str, Any] = json.loads(found[1])
    return state


# --- language -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/about", "/places/binjiang-hitech", "/sources/report-2023"])
@pytest.mark.parametrize(
    ("query", "accepted", "expected"),
    [
        ("", "", "zh-CN"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("", "zh-TW", "zh-CN"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "de,en;q=0.5,zh;q=0.3", "en"),
        ("", "fr", "zh-CN"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=zh", "en", "zh-CN"),
        ("?lang=fr", "en", "en"),
        ("?lang=fr", "", "zh-CN"),
    ],
)
def test_the_address_decides_the_language_then_the_browser_then_chinese(
    client: FlaskClient, path: str, query: str, accepted: str, expected: str
) -> None:
    response = client.get(path + query, headers={"Accept-Language": accepted} if accepted else {})
    assert outline(response).of("html") == [{"lang": expected}]
    assert "Accept-Language" in response.vary


def test_a_page_can_be_had_in_the_other_language(client: FlaskClient) -> None:
    page = outline(client.get("/about?lang=en"))
    assert [(link["href"], link.get("aria-current")) for link in page.of("a") if "data-language" in link] == [
        ("/about?lang=zh", None),
        ("/about?lang=en", "true"),
    ]


@pytest.mark.parametrize("path", ["/", "/about", *(f"/places/{id_}" for id_ in PLACES), *(f"/sources/{id_}" for id_ in SOURCES)])
def test_an_english_page_has_no_chinese_phrase_of_ours(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}?lang=en").get_data(as_text=True)
    # Names and notes of the tables stand in <bdi>; the switch names Chinese in Chinese, and a pointer shows the title of its source.
    ours = re.sub(r"<bdi>.*?</bdi>|<a [^>]*data-language.*?</a>|<title>.*?</title>|<meta name=\"description\"[^>]*>", "", page, flags=re.DOTALL)
    ours = ours.replace("审图号", "").replace("天地图", "").replace("中文", "")
    for source in TABLES.sources:
        for theirs in (source.title, source.publisher or "", source.url or ""):
            ours = ours.replace(theirs, "") if theirs else ours
    assert re.findall(r"[^<>\n]*[一-鿿][^<>\n]*", ours) == []


# --- the map page -------------------------------------------------------------------------------------------------------------------------


def test_the_map_page_lists_every_place_in_list_and_table(client: FlaskClient) -> None:
    page = outline(client.get("/"))
    assert sorted(filter(None, shown(page, "li"))) == sorted(PLACES)
    assert shown(page, "tr") == list(PLACES)
    for id_ in PLACES:
        assert page.of("a", href=f"/places/{id_}?lang=zh"), id_


def test_the_map_page_states_its_finding(client: FlaskClient) -> None:
    assert "杭州高新区(滨江)规上工业增加值：2022 年 756 亿元，居杭州市第 1；2023 年 1—5 月 305.8 亿元，居杭州市第 1，增长 8.1%。" in text_of(
        client.get("/")
    )


def test_the_map_page_groups_and_counts(client: FlaskClient) -> None:
    text = text_of(client.get("/"))
    for group in ("产业平台 6", "合作区与园区 7", "谷与小镇 5", "设施与项目 9", "城市与城区 3", "全部 30", "城西 2", "城东 26", "多点 2"):
        assert group in text
    assert "显示 30 处，共 30 处" in text
    assert f"来源：报道 1 篇 · {len(TABLES.indicators)} 个数字逐条可查" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("corridor=west", WEST),
        ("corridor=west&corridor=none", [*WEST, "tonglu-edz", "hangzhou"]),
        ("corridor=west,none", [*WEST, "tonglu-edz", "hangzhou"]),
        ("kind=district", ["qiantang-district", "xiaoshan-district"]),
        ("district=富阳区", ["binfu-zone", "fullsemi-1", "chint-binfu"]),
        ("q=fuxin", ["fullsemi-1"]),
        ("corridor=west&q=fuxin", []),
        ("corridor=", []),
    ],
)
def test_the_filters_of_the_address_choose_what_list_and_table_show(client: FlaskClient, query: str, expected: list[str]) -> None:
    response = client.get(f"/?{query}")
    page = outline(response)
    assert shown(page, "tr") == expected
    assert sorted(filter(None, shown(page, "li"))) == sorted(expected)
    assert f"显示 {len(expected)} 处，共 30 处" in text_of(response)
    assert ("hidden" in page.of("p", id="empty")[0]) is bool(expected)


def test_the_switches_show_which_layers_are_on(client: FlaskClient) -> None:
    def checked(query: str) -> list[str | None]:
        return [box["value"] for box in outline(client.get(f"/{query}")).of("input", name="corridor") if "checked" in box]

    assert checked("") == ["west", "east", "none"]
    assert checked("?corridor=east") == ["east"]
    assert checked("?corridor=") == []


def test_all_layers_off_says_so(client: FlaskClient) -> None:
    assert "没有打开任何图层。" in text_of(client.get("/?corridor="))


@pytest.mark.parametrize("query", ["corridor=west", "district=富阳区&kind=project", "q=滨江"])
def test_without_javascript_the_download_is_what_the_page_shows(client: FlaskClient, query: str) -> None:
    page = outline(client.get(f"/?{query}"))
    href = page.of("a", id="download")[0]["href"]
    assert href
    downloaded = client.get(href).json
    assert downloaded
    assert [feature["id"] for feature in downloaded["features"]] == shown(page, "tr")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("corridor=north", "地址里的 corridor=north 不认识，已忽略"),
        ("kind=castle", "地址里的 kind=castle 不认识，已忽略"),
        ("district=浦东新区", "地址里的 district=浦东新区 不认识，已忽略"),
        ("q=" + "a" * 101, "地址里的 q=" + "a" * 40 + " 不认识，已忽略"),
        ("place=atlantis", "没有编号为 atlantis 的地点"),
    ],
)
def test_what_the_page_cannot_use_is_dropped_with_a_note(client: FlaskClient, query: str, note: str) -> None:
    response = client.get(f"/?{query}")
    assert note in text_of(response)
    assert shown(outline(response), "tr") == list(PLACES)


def test_a_note_shows_no_markup_of_the_address(client: FlaskClient) -> None:
    html = client.get("/?corridor=<script>alert(1)</script>&place=<img src=x>").get_data(as_text=True)
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "corridor=&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_knows_the_finding_of_every_choice_of_layers(client: FlaskClient) -> None:
    findings = state_of(client.get("/"))["findings"]
    assert set(findings) == {"", "west", "east", "none", "west,east", "west,none", "east,none", "west,east,none"}
    assert findings["west"] == "2 处地点，报道没有单独给出它们的数字。"
    assert findings["none"] == "2 处地点，3 个数字，逐条注明出处。"


# --- a place ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("id_", PLACES)
def test_every_place_has_a_page_with_its_name_and_figures(client: FlaskClient, atlas: Atlas, id_: str, language: str) -> None:
    place = PLACES[id_]
    response = client.get(f"/places/{id_}?lang={language}")
    text = text_of(response)
    assert f"<h1><bdi>{place.name_zh if language == 'zh' else place.name_en}</bdi></h1>" in unescape(response.get_data(as_text=True))
    assert place.name_zh in text
    assert place.name_en in text
    page = outline(response)
    assert len(page.of("th", scope="row")) == sum(1 for figure in TABLES.indicators if figure.subject_id == id_)
    assert page.of("a", href=f"/places/{id_}.geojson")
    assert page.of("a", href=f"/?place={id_}&lang={language}")
    if isinstance(answer := atlas.answers[id_], Match):
        assert f"{answer.lon:.6f}, {answer.lat:.6f}" in text


def test_a_place_page_reads_as_its_source_does(client: FlaskClient) -> None:
    text = text_of(client.get("/places/binjiang-hitech"))
    for words in (
        "规上工业增加值 2022 年 · 杭州市第 1 · 报道第 10 段 756 亿元",
        "2023 年 1—5 月 · 杭州市第 1 · 报道第 10 段 305.8 亿元 增长 +8.1%",
        "计划总投资 2023 年一季度 · 报道第 20 段 117 亿元 计划",
        "位置为区域中心，误差 ±7.3 公里",
    ):
        assert words in text


def test_a_place_page_reads_in_english(client: FlaskClient) -> None:
    text = text_of(client.get("/places/binjiang-hitech?lang=en"))
    assert "Value added of industry above designated size 2022 · No. 1, Hangzhou · report, paragraph 10 756 × 100 million CNY" in text
    assert "±7.3 km" in text


def test_a_place_known_by_its_host_says_so(client: FlaskClient) -> None:
    assert "只知在滨富特别合作区，自身位置不详；误差 ±2 公里" in text_of(client.get("/places/fullsemi-1"))


def test_a_place_without_a_location_says_so_and_gives_no_coordinate(client: FlaskClient) -> None:
    text = text_of(client.get("/places/binxiao-small-parks"))
    assert "位置不明，图上不标：地名表中没有这个名称" in text
    assert "坐标(WGS-84)" not in text
    assert "不见于报道，据其他来源补充" in text


def test_ties_are_told_from_both_ends(client: FlaskClient) -> None:
    assert "协作 → 滨富特别合作区 (报道第 38 段)" in text_of(client.get("/places/binjiang-hitech"))
    assert "杭州高新区(滨江) → 协作 (报道第 38 段)" in text_of(client.get("/places/binfu-zone"))


# --- a source -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", SOURCES)
def test_every_source_has_a_page_with_its_figures(client: FlaskClient, id_: str) -> None:
    response = client.get(f"/sources/{id_}")
    source = SOURCES[id_]
    assert source.title in unescape(response.get_data(as_text=True))
    cells = [row for row in response.get_data(as_text=True).split("<tr>") if "<td>" in row]
    assert len(cells) == sum(1 for figure in TABLES.indicators if figure.source == id_)
    if source.url:
        assert outline(response).of("a", href=source.url, rel="noopener nofollow")


def test_the_report_page_gives_every_pointer_and_an_anchor_for_every_paragraph(client: FlaskClient) -> None:
    response = client.get("/sources/report-2023")
    text = text_of(response)
    anchors = {found["id"] for found in outline(response).of("span") if "id" in found}
    for figure in TABLES.indicators:
        if figure.source == "report-2023":
            assert f"{figure.start}–{figure.end}" in text
            assert f"p{figure.paragraph}" in anchors
    assert f"不作指标的数字 {len(TABLES.other_numbers)}" in text
    assert "第 2 段，字符 30–35：版面页码" in text


def test_every_link_into_the_report_arrives_at_its_paragraph(client: FlaskClient) -> None:
    """A pointer beside a figure or a name is a link to an element that is there."""
    anchors: dict[str, set[str | None]] = {}
    for id_ in PLACES:
        for link in outline(client.get(f"/places/{id_}")).of("a"):
            path, _, anchor = (link.get("href") or "").partition("#")
            if anchor:
                if path not in anchors:
                    anchors[path] = {found.get("id") for _, found in outline(client.get(path)).elements}
                assert anchor in anchors[path], (id_, link)


# --- about, health and assets -------------------------------------------------------------------------------------------------------------


def test_the_about_page_counts_and_lists_what_is_not_known(client: FlaskClient, atlas: Atlas) -> None:
    response = client.get("/about")
    text = text_of(response)
    assert "30 处地点 19 处有自身位置 10 处只知所在园区 1 处位置不明 40 个数字" in text
    assert "位置不明 1 湖头陈、紫橙、蓝橙产业园(滨萧) ：地名表中没有这个名称" in text
    by_host = [id_ for id_, answer in atlas.answers.items() if isinstance(answer, Match) and answer.basis is Basis.PARENT]
    assert len(by_host) == 10
    section = response.get_data(as_text=True).partition("只知所在园区 <span")[2].partition("</ul>")[0]
    assert re.findall(r'href="/places/([^?"]+)', section) == by_host


def test_the_about_page_links_every_source_and_names_the_outline(client: FlaskClient) -> None:
    response = client.get("/about")
    page, text = outline(response), text_of(response)
    for id_ in SOURCES:
        assert page.of("a", href=f"/sources/{id_}?lang=zh"), id_
    for name in ("OpenStreetMap", "GSHHG", "没有审图号"):
        assert name in text


def test_every_link_of_every_page_leads_somewhere(client: FlaskClient) -> None:
    waiting, seen = ["/"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = client.get(path)
        assert response.status_code == 200, path
        if response.mimetype == "text/html":
            links = [found.get("href") or "" for found in outline(response).of("a") + outline(response).of("link")]
            links += [found["src"] or "" for found in outline(response).of("script") if "src" in found]
            waiting += [link.partition("#")[0] for link in links if link.startswith("/")]
    assert len(seen) > 2 * (len(PLACES) + len(SOURCES))


def test_health_tells_the_version_and_the_counts(client: FlaskClient) -> None:
    response = client.get("/healthz")
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json is not None
    assert {"status": "ready", "version": TABLES.version, "places": 30, "figures": 40, "missed": 1}.items() <= response.json.items()


def test_the_map_script_is_folium_s_wiring_in_the_reader_s_language(client: FlaskClient) -> None:
    response = client.get("/map.js?lang=en")
    script = response.get_data(as_text=True)
    assert response.content_type == "text/javascript; charset=utf-8"
    assert "var map_atlas = L.map(" in script
    assert script.rstrip().rpartition("\n")[2].strip().startswith("atlas.start(map_atlas")
    assert "Hangzhou High-tech Zone (Binjiang)" in script
    assert "Accept-Language" in response.vary
    assert client.get("/map.js").get_data(as_text=True) != script


def test_assets_have_their_media_types(client: FlaskClient) -> None:
    page = outline(client.get("/"))
    scripts = [found["src"] or "" for found in page.of("script") if "src" in found]
    styles = [found["href"] or "" for found in page.of("link", rel="stylesheet")]
    icon = page.of("link", rel="icon")[0]["href"] or ""
    # With the page itself six requests draw everything.
    assert len(scripts) == 4
    assert len(styles) == 1
    assert {client.get(path).content_type for path in scripts} == {"text/javascript; charset=utf-8"}
    assert {client.get(path).content_type for path in styles} == {"text/css; charset=utf-8"}
    assert client.get(icon).content_type.startswith("image/svg+xml")
    assert b"sourceMappingURL" not in client.get(scripts[1]).data


def test_an_edit_of_the_tables_shows_in_the_pages(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 2, "name_zh", "改过的名字")
    client = client_of(data_copy)
    assert "改过的名字" in text_of(client.get("/"))
    assert "改过的名字" in text_of(client.get("/places/binjiang-hitech"))
    assert json.dumps("改过的名字").strip('"') in client.get("/map.js").get_data(as_text=True)
