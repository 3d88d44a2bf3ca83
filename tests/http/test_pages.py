"""The pages as a reader without JavaScript gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.serve.site import site_of
from geo.tables.kinds import Basis
from geo.tables.reading import read_tables
from tests.conftest import BROWSER, Edit
from tests.known import DATA

TABLES = read_tables(DATA)
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


def values_of(state: Any) -> list[str]:
    """Every text in a JSON document that is not a key."""
    if isinstance(state, dict | list):
        return [text for part in (state.values() if isinstance(state, dict) else state) for text in values_of(part)]
    return [state] if isinstance(state, str) else []


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
        ("?lang=zh", None),
        ("?lang=en", "true"),
    ]


def test_the_other_language_keeps_what_else_the_address_says(client: FlaskClient) -> None:
    page = outline(client.get("/layers?f=html&corridor=west&corridor=east&q=%26%22&lang=en"))
    kept = [link["href"] for link in page.of("a") if "data-language" in link]
    assert kept == [f"?f=html&corridor=west&corridor=east&q=%26%22&lang={code}" for code in ("zh", "en")]
    # Names that the program uses itself are words like any other, and no address leads elsewhere.
    for address in ("/about?endpoint=x&_external=1&_scheme=ftp", "//example.org/%2e%2e?lang=en", "/nothing//example.org"):
        html = client.get(address, headers={"Accept": BROWSER}).get_data(as_text=True)
        links = re.findall(r'<a href="([^"]*)"[^>]* data-language', html)
        assert [link[0] for link in links] == ["?", "?"]


@pytest.mark.parametrize("path", ["/", "/about", *(f"/places/{id_}" for id_ in PLACES), *(f"/sources/{id_}" for id_ in SOURCES)])
def test_an_english_page_has_no_chinese_phrase_of_ours(client: FlaskClient, path: str) -> None:
    response = client.get(f"{path}?lang=en")
    page = response.get_data(as_text=True)
    if path == "/":
        # What the script shows are the values of its state; keys are values of the tables.
        page = page.partition('id="page-state">')[0] + "\n".join(values_of(state_of(response)))
    # Names and notes of the tables stand in <bdi>; the switch names Chinese in Chinese, and a pointer shows the title of its source.
    ours = re.sub(r"<bdi>.*?</bdi>|<a [^>]*data-language.*?</a>|<title>.*?</title>|<meta name=\"description\"[^>]*>", "", page, flags=re.DOTALL)
    for source in TABLES.sources:
        for theirs in (source.title, source.publisher or "", source.url or ""):
            ours = ours.replace(theirs, "") if theirs else ours
    ours = ours.replace("审图号", "").replace("天地图", "").replace("中文", "")
    assert re.findall(r"[^<>\n]*[一-鿿][^<>\n]*", ours) == []


# --- the map page -------------------------------------------------------------------------------------------------------------------------


def test_the_map_page_lists_every_place_in_list_and_table(client: FlaskClient) -> None:
    page = outline(client.get("/"))
    assert sorted(filter(None, shown(page, "li"))) == sorted(PLACES)
    assert shown(page, "tr") == list(PLACES)
    for id_ in PLACES:
        assert page.of("a", href=f"/places/{id_}?lang=zh"), id_


def test_the_map_page_states_its_finding(client: FlaskClient) -> None:
    assert "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。" in text_of(client.get("/"))


def test_the_map_page_groups_and_counts(client: FlaskClient) -> None:
    text = text_of(client.get("/"))
    for group in ("产业平台 6", "合作区与园区 7", "谷与小镇 5", "设施与项目 9", "城市与城区 3", "全部 30", "城西 2", "城东 26", "多点 2"):
        assert group in text
    assert "显示 30 处，共 30 处" in text
    assert f"来源 3 份 · {len(TABLES.indicators)} 个数字逐条可查" in text


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
    assert ("hidden" in page.of("div", id="empty")[0]) is bool(expected)


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
        ("indicator=area@1066", "地址里的 indicator=area@1066 不认识，已忽略"),
        ("basemap=osm", "地址里的 basemap=osm 不认识，已忽略"),
        ("coridor=west", "地址里的 coridor=west 不认识，已忽略"),
        ("bbox=120,30,121,31", "地址里的 bbox=120,30,121,31 不认识，已忽略"),
        ("UTM_source=x", "地址里的 UTM_source=x 不认识，已忽略"),
        *((f"page={number}", f"地址里的 page={number} 不认识，已忽略") for number in ("0", "-1", "1.5", "x", "１", "9999999", "")),
    ],
)
def test_what_the_page_cannot_use_is_dropped_with_a_note(client: FlaskClient, query: str, note: str) -> None:
    response = client.get(f"/?{query}")
    assert note in text_of(response)
    assert shown(outline(response), "tr") == list(PLACES)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "utm_source=news&utm_medium=x",
        "from=timeline&isappinstalled=0",
        "nsukey=a&spm=b&share_token=c&gclid=d&fbclid=e",
        "basemap=outline",
        "page=1",
        "page=7",
        "lang=zh",
        "corridor=west&kind=project&district=富阳区&q=x&indicator=area@2022&place=fullsemi-1",
    ],
)
def test_what_the_page_reads_or_a_messenger_appends_gets_no_note(client: FlaskClient, query: str) -> None:
    for path in ("/", "/embed"):
        assert outline(client.get(f"{path}?{query}")).of("p", **{"class": "note"}) == []


def test_a_note_shows_no_markup_of_the_address(client: FlaskClient) -> None:
    html = client.get("/?corridor=<script>alert(1)</script>&place=<img src=x>").get_data(as_text=True)
    assert "<script>alert" not in html
    assert "<img src=x>" not in html
    assert "corridor=&lt;script&gt;alert(1)&lt;/script&gt;" in html


LEAD = "杭州高新区(滨江)规上工业增加值居全市第一：756 亿元（2022 年）。"


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        ("", LEAD),
        ("corridor=east,west", LEAD),
        ("corridor=west", "2 处地点，报道没有单独给出它们的数字。"),
        ("corridor=none", "2 处地点，3 个数字，逐条注明出处。"),
        ("corridor=", "没有打开任何图层。"),
        ("q=没有这个", "没有符合条件的地点"),
        ("kind=project&district=富阳区", "富芯半导体一期晶圆生产线居浙江省 12 英寸线（按建成先后）第一：12 英寸（原文未写时期）。"),
        ("q=bjgxq", LEAD),
        (
            "kind=project&indicator=industrial_value_added@2022",
            "富芯半导体一期晶圆生产线居浙江省 12 英寸线（按建成先后）第一：12 英寸（原文未写时期）。",
        ),
    ],
)
def test_the_page_states_the_finding_of_its_view(client: FlaskClient, query: str, finding: str) -> None:
    html = client.get(f"/?lang=zh&{query}").get_data(as_text=True)
    found = re.search(r'id="finding"><bdi>(.*?)</bdi>', html)
    assert found
    assert found[1] == finding


# --- the pages of a long list -------------------------------------------------------------------------------------------------------------


def turns(page: Outline) -> list[tuple[str | None, str | None]]:
    """Where the two links of each pager lead; nothing of pagers that are hidden."""
    if all("hidden" in found for found in page.of("nav", **{"class": "pager"})):
        return []
    links = [found for found in page.of("a") if "data-turn" in found]
    # One that leads nowhere says so.
    assert [link for link in links if ("href" in link) is ("aria-disabled" in link)] == []
    ways = [(link["data-turn"], link.get("href")) for link in links]
    # The list and the table are turned together.
    assert ways[:2] == ways[2:]
    return ways[:2]


def test_a_short_list_has_no_pager(client: FlaskClient) -> None:
    assert turns(outline(client.get("/"))) == []


def test_a_long_list_is_shown_a_hundred_at_a_time(crowded: FlaskClient) -> None:
    rows, listed_rows, path = [], [], "/?lang=zh"
    for number in range(1, 8):
        response = crowded.get(path)
        page = outline(response)
        last = min(100 * number, 630)
        assert f"第 {100 * number - 99}–{last} 处，共 630 处" in text_of(response)
        assert "显示 630 处，共 630 处" in text_of(response)
        rows += shown(page, "tr")
        listed_rows += shown(page, "li")
        assert len(rows) == len(listed_rows) == last
        (_, before), (_, after) = turns(page)
        assert before == (f"?lang=zh&page={number - 1}" if number > 1 else None)
        assert after == (f"?lang=zh&page={number + 1}" if number < 7 else None)
        path = f"/{after}"
    collection = crowded.get("/layers/places.geojson").json
    assert collection
    assert rows == [feature["id"] for feature in collection["features"]]
    assert sorted(filter(None, listed_rows)) == sorted(filter(None, rows))


def test_the_groups_of_a_long_list_go_on_over_its_pages(crowded: FlaskClient) -> None:
    """Each group is counted as a whole, whatever part of it the page shows, and comes once more where it goes on."""
    sizes: dict[str, int] = {}
    seen: dict[str, int] = {}
    for number in range(1, 8):
        html = crowded.get(f"/?page={number}").get_data(as_text=True)
        for group in html.partition('id="list"')[2].partition('id="belts-group"')[0].split('<section class="group">')[1:]:
            found = re.search(r'<h2><span>(.*?)</span> <span class="count">(\d+)</span>', group)
            assert found
            assert sizes.setdefault(found[1], int(found[2])) == int(found[2])
            seen[found[1]] = seen.get(found[1], 0) + group.count("<li ")
    assert seen == sizes
    assert list(sizes) == ["产业平台", "合作区与园区", "谷与小镇", "设施与项目", "城市与城区"]
    assert sum(sizes.values()) == 630


def test_the_links_of_a_pager_keep_everything_else_of_the_address(crowded: FlaskClient) -> None:
    page = outline(crowded.get("/?corridor=east&corridor=none&kind=project&q=%E9%A1%B9%E7%9B%AE&lang=en&page=1"))
    (_, before), (_, after) = turns(page)
    assert (before, after) == (None, "?corridor=east&corridor=none&kind=project&q=%E9%A1%B9%E7%9B%AE&lang=en&page=2")
    assert shown(outline(crowded.get(f"/{after}")), "tr") != shown(page, "tr")


def test_a_page_beyond_the_last_is_the_last(crowded: FlaskClient) -> None:
    response = crowded.get("/?page=8")
    assert shown(outline(response), "tr") == shown(outline(crowded.get("/?page=7")), "tr")
    assert "第 601–630 处，共 630 处" in text_of(response)
    assert outline(response).of("p", **{"class": "note"}) == []
    # Where a filter leaves little there is one page only.
    assert shown(outline(crowded.get("/?page=7&q=bjq")), "tr") == ["binjiang-hitech"]
    assert "没有符合条件的地点" in text_of(crowded.get("/?page=7&q=xyzzy"))


def test_the_download_of_a_page_is_of_all_pages(crowded: FlaskClient) -> None:
    assert outline(crowded.get("/?page=3")).of("a", id="download")[0]["href"] == "/layers/places.geojson"


# --- cards --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("id_", PLACES)
def test_a_card_says_what_the_page_of_the_place_says(client: FlaskClient, id_: str, language: str) -> None:
    response = client.get(f"/places/{id_}/card.json?lang={language}")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert "Accept-Language" in response.vary
    card = response.json
    assert card
    page = client.get(f"/places/{id_}?lang={language}")
    text = text_of(page)
    for part in ("name", "other_name", "focus", "located", "named", "beyond_report"):
        assert card[part] in text, part
    assert " ".join(chip["text"] for chip in card["chips"]) in text
    assert len(card["figures"]) == sum(1 for figure in TABLES.indicators if figure.subject_id == id_)
    links = [link.get("href") for link in outline(page).of("a")]
    for figure in card["figures"]:
        words = " ".join(filter(None, (figure["value"], figure["unit"])))
        assert f"{figure['where']} {words}".strip() in text
        assert figure["href"] in links
    assert card["href"] == f"/places/{id_}?lang={language}"
    assert {card["geojsonHref"], card["sourceHref"]} <= set(links)


def test_a_card_speaks_the_language_of_the_address_then_of_the_browser(client: FlaskClient) -> None:
    def name(query: str = "", accepted: str = "") -> str:
        card = client.get(f"/places/tonglu-edz/card.json{query}", headers={"Accept-Language": accepted} if accepted else {}).json
        assert card
        return str(card["name"])

    assert (name(), name("?lang=en"), name(accepted="en")) == ("桐庐经开区", "Tonglu Economic Development Zone", "Tonglu Economic Development Zone")
    assert name("?lang=zh", "en") == "桐庐经开区"


def test_an_amount_is_told_in_whole_units_in_english(client: FlaskClient) -> None:
    card = client.get("/places/binjiang-hitech/card.json?lang=en").json
    assert card
    assert {"CNY 75.6 billion", "CNY 30.58 billion", "CNY 18.511 million per mu"} <= {figure["value"] for figure in card["figures"]}
    assert "×" not in client.get("/places/binjiang-hitech?lang=en").get_data(as_text=True)


def test_the_map_script_holds_no_card(client: FlaskClient) -> None:
    """What only one reader in many opens is fetched when it is opened."""
    script = client.get("/map.js").get_data(as_text=True)
    layers = [json.loads(found) for found in re.findall(r"atlas\.addPlaces\(\w+,(\[.*\])\);", script)]
    assert {name for layer in layers for place in layer for name in place} == {
        *("id", "position", "name", "headline", "note", "located", "corridor", "basis", "kind", "district", "symbol", "host"),
        *("lon", "lat", "radius", "search", "figures", "lead", "lines", "area"),
    }
    places = sorted((place for layer in layers for place in layer), key=lambda place: place["position"])
    assert [place["id"] for place in places] == list(PLACES)


# --- a crowd ------------------------------------------------------------------------------------------------------------------------------


def _argument(script: str, call: str) -> Any:
    return json.JSONDecoder().raw_decode(script, script.index(call) + len(call))[0]


def test_the_words_of_a_crowd_come_after_its_map(crowded: FlaskClient) -> None:
    """The columns of the map's script and the words of the other ones are together what a few places have in one."""
    columns = _argument(crowded.get("/map.js").get_data(as_text=True), "atlas.addColumns(")
    assert "name" not in columns
    features = crowded.get("/layers/places.geojson").json
    assert features
    by_id = {feature["id"]: feature for feature in features["features"]}
    assert columns["id"] == list(by_id)
    corridors = [columns["corridor"]["of"][number] for number in columns["corridor"]["at"]]
    assert corridors == [feature["properties"]["corridor"] for feature in by_id.values()]
    lon = lat = 0
    for step_x, step_y, feature in zip(columns["lon"], columns["lat"], by_id.values(), strict=True):
        assert (step_x is None) == (feature["geometry"] is None)
        if step_x is not None:
            lon, lat = lon + step_x, lat + step_y
            # Five decimals are a metre.
            assert [lon / columns["units"], lat / columns["units"]] == pytest.approx(feature["geometry"]["coordinates"], abs=0.6e-5)
    state = state_of(crowded.get("/"))
    names: list[str] = []
    for address in state["wordsUrls"]:
        script = crowded.get(address).get_data(as_text=True)
        assert script.startswith(f"atlas.addWords({len(names)}, ")
        names += _argument(script, f"atlas.addWords({len(names)}, ")["name"]
    assert names == [feature["properties"]["name_zh"] for feature in by_id.values()]


def test_a_comparison_of_a_crowd_comes_alone(crowded: FlaskClient) -> None:
    state = state_of(crowded.get("/"))
    assert "comparisonsUrl" not in state
    assert list(state["comparisonUrls"]) == state["comparisons"]
    for key, address in list(state["comparisonUrls"].items())[:3]:
        assert list(_argument(crowded.get(address).get_data(as_text=True), "atlas.addComparisons(")) == [key]


def test_what_comes_in_parts_is_kept_for_good_under_the_addresses_that_the_page_names(crowded: FlaskClient) -> None:
    """They are named before they are made: each by a digest of what it will be made of."""
    addresses = [address for language in ("zh", "en") for address in _parts(state_of(crowded.get(f"/?lang={language}")))]
    digests = [parse_qs(urlsplit(address).query)["v"] for address in addresses]
    assert len({digest for (digest,) in digests}) == len(addresses)
    for address, (digest,) in list(zip(addresses, digests, strict=True))[:: len(addresses) // 4]:
        assert "immutable" in crowded.get(address).headers["Cache-Control"]
        assert "immutable" not in crowded.get(address.replace(digest, "0123456789")).headers["Cache-Control"]


def _parts(state: dict[str, Any]) -> list[str]:
    return [*state["wordsUrls"], *state["comparisonUrls"].values()]


@pytest.mark.parametrize("path", ["/words.js", "/words.js?part=-1", "/words.js?part=99", "/comparisons.js?key=no", "/comparisons.js?key="])
def test_what_comes_in_parts_has_no_others(crowded: FlaskClient, path: str) -> None:
    assert crowded.get(path).status_code == 404


def test_few_places_have_no_parts(client: FlaskClient) -> None:
    assert client.get("/words.js?part=0").status_code == 404
    assert "wordsUrls" not in state_of(client.get("/"))


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
        "规上工业增加值 2022 年 · 全市第一 · 报道第 10 段 756 亿元",
        "2023 年 1—5 月 · 全市第一 · 报道第 10 段 305.8 亿元 增长 +8.1%",
        "计划总投资 2023 年一季度 · 报道第 20 段 117 亿元 计划",
        "位置为区域中心；位置范围：半径约 7.3 公里",
    ):
        assert words in text


def test_a_place_page_reads_in_english(client: FlaskClient) -> None:
    text = text_of(client.get("/places/binjiang-hitech?lang=en"))
    assert "Value added of industry above designated size 2022 · first in Hangzhou · report, paragraph 10 CNY 75.6 billion" in text
    assert "lies within about 7.3 km" in text
    assert "±" not in text


def test_a_place_known_by_its_host_says_so(client: FlaskClient) -> None:
    assert "只知在滨富特别合作区，自身位置不详；位置范围：半径约 2 公里" in text_of(client.get("/places/fullsemi-1"))


def test_a_place_without_a_location_says_so_and_gives_no_coordinate(client: FlaskClient) -> None:
    text = text_of(client.get("/places/binxiao-small-parks"))
    assert "位置不明，图上不标：地名表中没有这个名称" in text
    assert "坐标(WGS-84)" not in text
    assert "不见于报道，据其他来源补充" in text


def test_ties_are_told_from_both_ends(client: FlaskClient) -> None:
    assert "协作 → 滨富特别合作区 (报道第 38 段)" in text_of(client.get("/places/binjiang-hitech"))
    assert "杭州高新区(滨江) → 协作 (报道第 38 段)" in text_of(client.get("/places/binfu-zone"))


def test_a_host_and_its_guests_are_told_from_both_ends(client: FlaskClient) -> None:
    assert "位于 滨富特别合作区" in text_of(client.get("/places/fullsemi-1"))
    text = text_of(client.get("/places/binfu-zone"))
    assert "其中有 富芯半导体一期 、 正泰" in text
    guests = [place for place in TABLES.places if place.parent_id == "binfu-zone"]
    assert len(guests) > 1
    section = client.get("/places/binfu-zone?lang=en").get_data(as_text=True).partition("<li>hosts")[2].partition("</li>")[0]
    assert re.findall(r'href="/places/([^?"]+)\?lang=en"', section) == [place.id for place in guests]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("id_", PLACES)
def test_a_place_page_shows_where_it_lies(client: FlaskClient, atlas: Atlas, id_: str, language: str) -> None:
    page = outline(client.get(f"/places/{id_}?lang={language}"))
    pictures = page.of("img")
    (preview,) = page.of("meta", property="og:image")
    if not isinstance(atlas.answers[id_], Match):
        assert pictures == []
        assert preview["content"] == f"http://localhost/map.png?lang={language}"
        return
    (picture,) = pictures
    assert picture["src"] == f"/places/{id_}/map.svg?lang={language}"
    # With its size given, nothing moves when it comes.
    assert (picture["width"], picture["height"]) == ("760", "420")
    card = client.get(f"/places/{id_}/card.json?lang={language}").json
    assert card and picture["alt"] == f"{card['name']}: {card['located']}"
    assert preview["content"] == f"http://localhost/places/{id_}/map.png?lang={language}"


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_about_page_says_how_the_years_are_known(client: FlaskClient, atlas: Atlas, language: str) -> None:
    dating = atlas.tables.profile.dating
    assert dating is not None
    end = {"zh": "（已实现或计划）。", "en": "(actual or planned). "}[language]
    assert f"{end}{getattr(dating, language)}" in text_of(client.get(f"/about?lang={language}"))


def test_the_about_page_links_every_source_and_names_the_outline(client: FlaskClient) -> None:
    response = client.get("/about")
    page, text = outline(response), text_of(response)
    for id_ in SOURCES:
        assert page.of("a", href=f"/sources/{id_}?lang=zh"), id_
    for name in ("OpenStreetMap", "GSHHG", "没有审图号"):
        assert name in text


PICTURE = re.compile(r"/places/[^/]+/map\.(svg|png)\b")


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
            links += [found["src"] or "" for tag in ("script", "img") for found in outline(response).of(tag) if "src" in found]
            # The pictures of the places have a test of their own.
            waiting += [link.partition("#")[0] for link in links if link.startswith("/") and not PICTURE.match(link)]
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
    assert "var map_atlas=L.map(" in script
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


def test_the_browser_is_told_before_the_page_comes_what_the_map_needs(client: FlaskClient) -> None:
    response = client.get("/?lang=en")
    page = outline(response)
    early, *late = [found["src"] or "" for found in page.of("script") if "src" in found]
    (style,) = [found["href"] or "" for found in page.of("link", rel="stylesheet")]
    needed = [f"<{style}>; rel=preload; as=style", f"<{early}>; rel=preload; as=script"]
    # What the first picture does not need waits: it is most of the bytes.
    needed += [f"<{url}>; rel=preload; as=script; fetchpriority=low" for url in late]
    assert response.headers["Link"].split(", ") == needed
    assert [found.get("fetchpriority") for found in page.of("script") if "defer" in found] == ["low"] * 3
    assert len(needed) == 5


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_first_view_is_six_requests_and_weighs_no_more_than_100_kilobytes(client: FlaskClient, language: str) -> None:
    def weigh(response: TestResponse) -> int:
        # As they go over the wire, with what a server adds: its name, the time, the line of the status and the empty one.
        return len(response.data) + sum(len(f"{name}: {value}\r\n") for name, value in response.headers) + 100

    as_a_browser = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": language}
    page = client.get("/", headers=as_a_browser)
    found = outline(client.get("/", headers={"Accept-Language": language}))
    needed = [one["src"] or "" for one in found.of("script") if "src" in one] + [one["href"] or "" for one in found.of("link", rel="stylesheet")]
    answers = [page, *(client.get(address, headers=as_a_browser) for address in needed)]
    assert {answer.headers["Content-Encoding"] for answer in answers} == {"br"}
    assert len(answers) <= 6
    assert sum(map(weigh, answers)) <= 100_000


def test_scripts_and_styles_come_without_what_is_for_those_who_read_them(client: FlaskClient) -> None:
    site = site_of(client.application)
    for name in ("atlas.js", "map.css"):
        text = client.get(f"/assets/{site.asset_name(name)}").get_data(as_text=True)
        assert "/* " not in text
        assert "\n  " not in text
    assert "* Leaflet 1.9.4" in client.get(f"/assets/{site.asset_name('leaflet.js')}").get_data(as_text=True)


def test_an_edit_of_the_tables_shows_in_the_pages(client_of: Callable[[Path], FlaskClient], data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 2, "name_zh", "改过的名字")
    client = client_of(data_copy)
    assert "改过的名字" in text_of(client.get("/"))
    assert "改过的名字" in text_of(client.get("/places/binjiang-hitech"))
    assert '"改过的名字"' in client.get("/map.js").get_data(as_text=True)
