from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from geo.atlas import Atlas, build_atlas
from geo.geocode.answers import Answer, Candidate, Level, Match, Method, Miss, MissReason
from geo.ground.datum import Datum
from geo.settings import Settings
from geo.tables.kinds import Basis, Precision
from geo.words.review_sheet import BASES, DATUMS, GROUPS, LEVELS, METHODS, Group, encode_audit, write_audit
from tests.conftest import Edit

VOID = {"meta", "input"}
HTML_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "section", "article", "header", "div", "h1", "h2", "h3", "p", "code", "bdi", "span", "a"),
    *("ul", "li", "dl", "dt", "dd", "table", "caption", "tr", "th", "td", "label", "input"),
}
SVG_TAGS = {"svg", "rect", "text", "tspan", "title", "clippath", "g", "path", "circle"}
BY_HOST = [
    "lianji-base",
    "fullsemi-1",
    "chint-binfu",
    "laihe-bio",
    "dessmann",
    "china-vision-valley",
    "china-data-valley",
    "xinhuo-platform",
    "kunpeng-centre",
    "ai-computing-centre",
]
# Their sources are web pages, or none.
DOUBTFUL = ["future-scitech-city", "zijingang-scitech-city", "first-industrial-complex", "xianghu-future-community"]


@dataclass
class Node:
    """An element as a parser of HTML reads it."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def all(self, tag: str) -> list[Node]:
        return [node for node in self.walk() if node.tag == tag]

    def one(self, tag: str) -> Node:
        (found,) = self.all(tag)
        return found

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class Reader(HTMLParser):
    """Builds the tree, and insists that it is closed as it was opened."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]
        self.feed(page.decode())
        self.close()
        assert self._open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def facts(card: Node) -> dict[str, str]:
    """The terms of a card and what stands behind them."""
    terms = [node.text for node in card.all("dt")]
    assert len(set(terms)) == len(terms)
    return dict(zip(terms, (node.text for node in card.all("dd")), strict=True))


def cards(tree: Node) -> dict[str, Node]:
    return {node.attributes["id"].removeprefix("place-"): node for node in tree.all("article")}


def groups(tree: Node) -> dict[str, list[str]]:
    return {node.attributes["id"].removeprefix("group-"): list(cards(node)) for node in tree.all("section")}


def doubts(card: Node) -> list[str]:
    return [node.text for node in card.all("li")]


def line_of(path: Path, start: str) -> int:
    """The line of a table, counted from 1 with the header, that begins so."""
    (line,) = (number for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if row.startswith(start))
    return line


def match_of(atlas: Atlas, id_: str) -> Match:
    answer = atlas.answers[id_]
    assert isinstance(answer, Match)
    return answer


def review(atlas: Atlas, **answers: Answer) -> Node:
    """The sheet of these places, of those that are doubtful and of the one that is missed, with other answers.

    A hyphen of an id is written as an underscore.
    """
    given = {id_.replace("_", "-"): answer for id_, answer in answers.items()}
    assert set(given) <= set(atlas.answers)
    some = only(replace(atlas, answers={**atlas.answers, **given}), *given, *DOUBTFUL, "binxiao-small-parks")
    return Reader(encode_audit(some)).root


def only(atlas: Atlas, *ids: str) -> Atlas:
    """The atlas with some of its places and their hosts: the map of each takes a while to draw."""
    tables = atlas.tables
    wanted = set(ids)
    while more := {place.parent_id for place in tables.places if place.id in wanted and place.parent_id} - wanted:
        wanted |= more
    some = replace(
        tables,
        places=tuple(place for place in tables.places if place.id in wanted),
        indicators=tuple(figure for figure in tables.indicators if figure.subject_id in wanted),
        relations=tuple(relation for relation in tables.relations if {relation.from_id, relation.to_id} <= wanted),
    )
    return replace(atlas, tables=some)


@pytest.fixture(scope="module")
def sheet(atlas: Atlas) -> bytes:
    return encode_audit(atlas)


@pytest.fixture(scope="module")
def tree(sheet: bytes) -> Node:
    return Reader(sheet).root


# --- what stands on it --------------------------------------------------------------------------------------------------------------------


def test_every_place_has_one_card_with_one_box_to_tick(atlas: Atlas, tree: Node) -> None:
    ids = [node.attributes["id"] for node in tree.all("article")]
    assert sorted(ids) == sorted(f"place-{place.id}" for place in atlas.tables.places)
    for place in atlas.tables.places:
        card = cards(tree)[place.id]
        assert [box.attributes["type"] for box in card.all("input")] == ["checkbox"]
        assert card.one("h3").text == place.name_zh
        assert place.name_en in card.one("header").text
        assert card.one("code").text == place.id
    assert len(tree.all("input")) == 30


def test_misses_come_first_then_hosts_then_doubts_and_each_group_is_in_table_order(atlas: Atlas, tree: Node) -> None:
    order = [place.id for place in atlas.tables.places]
    found = groups(tree)
    assert list(found) == ["missed", "by-host", "doubtful", "derived"]
    assert found["missed"] == ["binxiao-small-parks"]
    assert found["by-host"] == BY_HOST
    assert found["doubtful"] == DOUBTFUL
    assert len(found["derived"]) == 15
    for ids in found.values():
        assert ids == sorted(ids, key=order.index)


def test_the_beginning_says_how_many_there_are_of_each_group(tree: Node) -> None:
    entries = [(node.one("a").attributes["href"], node.text) for node in tree.one("body").all("ul")[0].all("li")]
    assert entries == [
        ("#group-missed", "没有位置：1 处"),
        ("#group-by-host", "只知宿主：10 处"),
        ("#group-doubtful", "存疑：推断或常识：4 处"),
        ("#group-derived", "由别的资料推得：15 处"),
    ]


def test_the_answers_are_counted_by_level_method_precision_and_basis(tree: Node, atlas: Atlas) -> None:
    tables = {table.one("caption").text: {row.one("th").text: int(row.one("td").text) for row in table.all("tr")} for table in tree.all("table")[:4]}
    assert tables == {
        "匹配到的是": {"门牌": 0, "地点": 26, "乡镇街道": 0, "区县": 2, "全市": 1, "没有位置": 1},
        "匹配方法": {"与本名相同": 29, "别名": 0, "旧名": 0, "按地址": 0, "近似": 0, "在线查询": 0, "没有位置": 1},
        "精度": {"地块": 0, "地段": 9, "区域中心": 17, "街道或乡镇": 0, "城区代表点": 2, "全市代表点": 1, "没有位置": 1},
        "依据": {"自身位置，直接查得": 0, "自身位置，由别的资料推得": 19, "宿主的位置": 10, "没有位置": 1},
    }
    assert f"数据版本 {atlas.tables.version}。共 30 处" in tree.one("body").text


def test_the_sheet_is_there_in_english_too(atlas: Atlas) -> None:
    """Its own words; names as they were asked for, titles of sources and notes stay as the tables have them."""
    some = only(atlas, "fullsemi-1", "binxiao-small-parks", "iot-town")
    tree = Reader(encode_audit(some, "en")).root
    assert tree.one("html").attributes["lang"] == "en"
    words = [node.text for tag in ("h1", "h2", "dt", "caption", "th", "label") for node in tree.all(tag)]
    assert [word for word in words if re.search(r"[\u3400-\u9fff]", word)] == []
    english, chinese = cards(tree), cards(Reader(encode_audit(some)).root)
    assert english["iot-town"].one("h3").text == "Binjiang IoT Town"
    assert {id_: len(facts(card)) for id_, card in english.items()} == {id_: len(facts(card)) for id_, card in chinese.items()}
    assert facts(english["iot-town"])["Query"] == "物联网小镇 (within Binjiang District)"


def test_every_member_of_the_enumerations_has_a_word() -> None:
    assert (set(LEVELS), set(METHODS), set(BASES), set(DATUMS), set(GROUPS)) == (set(Level), set(Method), set(Basis), set(Datum), set(Group))


def test_coordinates_that_were_converted_are_listed_with_what_the_source_gives(tree: Node) -> None:
    (table,) = [node for node in tree.all("table") if node.attributes.get("id") == "conversions"]
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")[1:]]
    assert rows == [
        ["物联网小镇", "120.222922, 30.206247（GCJ-02）", "120.218407, 30.208687", "512 米"],
        ["互联网小镇", "120.190262, 30.189772（GCJ-02）", "120.185665, 30.192163", "516 米"],
    ]


def test_without_a_conversion_the_sheet_says_so(atlas: Atlas) -> None:
    converted = {id_: match_of(atlas, id_)._replace(datum_of_source=Datum.WGS84) for id_ in ("iot-town", "internet-town")}
    tree = review(atlas, **{id_.replace("-", "_"): match for id_, match in converted.items()})
    assert "坐标都以 WGS-84 给出，没有换算。" in tree.text
    assert len(tree.all("table")) == 4


def test_the_card_of_a_place_with_a_location_of_its_own(tree: Node) -> None:
    assert facts(cards(tree)["iot-town"]) == {
        "查询": "物联网小镇（限 滨江区）",
        "匹配": "物联网小镇",
        "方法": "地点 · 与本名相同 · 100 分",
        "最像的另一名": "互联网小镇（滨江区），80 分",
        "精度": "位置为地段，误差 ±900 米",
        "坐标": "120.218407, 30.208687（WGS-84；来源为 GCJ-02 120.222922, 30.206247，已换算）",
        "所属区划": "杭州市 330100 › 滨江区 330108；按轮廓，点在滨江区",
        "依据": "自身位置，由别的资料推得",
        "来源": "公开的机柜清单：物联网街与阡陌路口（坐标系未注明，按 GCJ-02）（数据集）",
        "备注": "原坐标系未注明，按 GCJ-02；若为 BD-09 则相差约 900 米",
        "地点出处": "报道第 51 段",
    }


def test_the_card_of_a_place_that_is_known_by_its_host_tells_who_says_so_and_where_the_host_is_from(tree: Node) -> None:
    assert facts(cards(tree)["fullsemi-1"]) == {
        "查询": "富芯半导体一期（限 富阳区）",
        "匹配": "富芯半导体一期；位置取自 杭州高新区(滨江)富阳特别合作区",
        "方法": "地点 · 与本名相同 · 100 分",
        "最像的另一名": "没有相近的",
        "精度": "只知在滨富特别合作区，自身位置不详；位置范围：半径约 2 公里",
        "坐标": "120.020000, 30.018000（WGS-84；来源亦然）",
        "所属区划": "杭州市 330100 › 富阳区 330111；按轮廓，点在富阳区",
        "依据": "宿主的位置",
        "来源": "打赢“翻身仗”冲刺“半年红” 杭州产业平台发力拼经济（报纸报道）",
        "备注": "地块未找到；灵桥镇滨富大道 135 号之说无出处",
        "宿主的依据": "自身位置，由别的资料推得",
        "宿主的来源": "富阳、桐庐兴趣点（GCJ-02，已用桐庐收费站核对）（数据集）",
        "宿主的备注": "大源医院、灵桥派出所与富春湾收费站之间，富春湾新城东部",
        "地点出处": "报道第 38 段",
    }


def test_the_card_of_a_miss_says_why_and_has_no_map(tree: Node) -> None:
    card = cards(tree)["binxiao-small-parks"]
    assert set(facts(card)) == {"查询", "结果", "最像的名称", "地点出处"}
    assert facts(card)["查询"] == "湖头陈、紫橙、蓝橙产业园（限 萧山区）"
    assert facts(card)["结果"] == "位置不明，图上不标：地名表中没有这个名称"
    assert card.all("svg") == []


def test_a_source_is_linked_where_it_has_an_address(tree: Node, atlas: Atlas) -> None:
    (link,) = (node for node in cards(tree)["zijingang-scitech-city"].all("a") if node.text.startswith("未来科技城与紫金港科技城介绍"))
    assert link.attributes == {"href": atlas.tables.sources_by_id["zijingang-extent-2018"].url, "rel": "noopener noreferrer"}
    assert cards(tree)["iot-town"].all("a") == []


def test_names_that_are_easily_confused_are_named(tree: Node) -> None:
    nearest = {id_: facts(card).get("最像的另一名") for id_, card in cards(tree).items()}
    assert nearest["china-vision-valley"] == "中国数谷（滨江区），75 分"
    assert nearest["binfu-zone"] == "杭州高新区(滨江)萧山特别合作园（萧山区），79 分"
    assert nearest["binjiang-hitech"] == "物联网小镇（又名 杭州高新区滨江物联网小镇，滨江区），58 分"
    assert nearest["qiantang-district"] == "钱塘新区（钱塘区），75 分"
    assert nearest["baima-lake"] == "没有相近的"


# --- doubts -------------------------------------------------------------------------------------------------------------------------------


def test_the_doubts_of_the_atlas_are_these(tree: Node) -> None:
    assert {id_: doubts(card) for id_, card in cards(tree).items() if doubts(card)} == {
        "future-scitech-city": ["来源：网页"],
        "zijingang-scitech-city": ["来源：网页"],
        "first-industrial-complex": ["来源：网页"],
        "xianghu-future-community": ["来源：未核实"],
    }


def test_a_match_by_a_similar_name_is_doubtful_and_shows_its_runner_up(atlas: Atlas) -> None:
    fuzzy = match_of(atlas, "iot-town")._replace(method=Method.FUZZY, score=83.3, runner_up=("互联网小镇", 66.7), unresolved="3号楼")
    tree = review(atlas, iot_town=fuzzy)
    card = cards(tree)["iot-town"]
    assert groups(tree)["doubtful"] == sorted([*DOUBTFUL, "iot-town"], key=list(atlas.answers).index)
    assert doubts(card) == ["名称：近似，83.3 分", "未解析：3号楼"]
    assert (facts(card)["次选"], facts(card)["未解析"], facts(card)["方法"]) == ("互联网小镇，66.7 分", "3号楼", "地点 · 近似 · 83.3 分")


@pytest.mark.parametrize(
    ("lon", "lat", "doubt", "where"),
    [(120.02, 30.018, "点在富阳区，不在滨江区", "点在富阳区"), (121.47, 31.23, "点在杭州之外，不在滨江区", "点在杭州之外")],
)
def test_a_point_beyond_its_district_is_doubtful(atlas: Atlas, lon: float, lat: float, doubt: str, where: str) -> None:
    tree = review(atlas, baima_lake=match_of(atlas, "baima-lake")._replace(lon=lon, lat=lat))
    card = cards(tree)["baima-lake"]
    assert "baima-lake" in groups(tree)["doubtful"]
    assert doubts(card) == [doubt]
    assert facts(card)["所属区划"].endswith(where)


def test_a_guest_shares_the_doubts_about_its_host(data_copy: Path, edit: Edit) -> None:
    edit("gazetteer.csv", line_of(data_copy / "gazetteer.csv", "杭州高新区(滨江)富阳特别合作区,,"), "source", "general-knowledge")
    atlas = build_atlas(Settings.from_env({"GEO_DATA": str(data_copy)}))
    tree = Reader(encode_audit(only(atlas, "fullsemi-1", "binfu-zone"))).root
    assert doubts(cards(tree)["fullsemi-1"]) == ["来源：未核实"]
    assert "fullsemi-1" in groups(tree)["by-host"]
    assert "binfu-zone" in groups(tree)["doubtful"]


def test_a_location_that_the_source_gives_itself_comes_last(atlas: Atlas) -> None:
    tree = review(atlas, baima_lake=match_of(atlas, "baima-lake")._replace(basis=Basis.SURVEYED, precision=Precision.SITE))
    assert list(groups(tree).items())[-1] == ("surveyed", ["baima-lake"])
    assert facts(cards(tree)["baima-lake"])["依据"] == "自身位置，直接查得"


def test_an_ambiguous_name_shows_what_it_may_mean(atlas: Atlas) -> None:
    miss = Miss("高新区", MissReason.AMBIGUOUS, (Candidate("杭州高新区(滨江)", "滨江区", Level.PLACE, "只是一类地方的名称"),))
    tree = review(atlas, baima_lake=miss)
    assert groups(tree)["missed"] == ["baima-lake", "binxiao-small-parks"]
    assert facts(cards(tree)["baima-lake"])["可能是"] == "杭州高新区(滨江)（滨江区，只是一类地方的名称）"
    assert facts(cards(tree)["baima-lake"])["结果"] == "位置不明，图上不标：地名表中有多处同名"


def test_a_misspelt_name_that_was_missed_shows_the_nearest_one(atlas: Atlas) -> None:
    tree = review(atlas, baima_lake=Miss("互连网小镇", MissReason.UNKNOWN))
    assert facts(cards(tree)["baima-lake"])["最像的名称"] == "互联网小镇（滨江区），80 分"


def test_an_answer_from_elsewhere_than_the_gazetteer_is_shown_with_what_it_says(atlas: Atlas) -> None:
    online = match_of(atlas, "baima-lake")._replace(
        name="白马湖公园", matched="白马湖公园", method=Method.ONLINE, score=90.0, source="somebody", datum_of_source=Datum.BD09
    )
    tree = review(atlas, baima_lake=online)
    shown = facts(cards(tree)["baima-lake"])
    assert doubts(cards(tree)["baima-lake"]) == ["名称：在线查询，90 分"]
    assert (shown["匹配"], shown["来源"]) == ("白马湖公园", "somebody")
    assert shown["坐标"] == "120.205920, 30.163320（WGS-84；来源为 BD-09，已换算）"


# --- maps ---------------------------------------------------------------------------------------------------------------------------------


def test_every_located_place_has_a_map_with_its_radius(tree: Node) -> None:
    for id_, card in cards(tree).items():
        if id_ == "binxiao-small-parks":
            continue
        svg = card.one("svg")
        assert (svg.attributes["viewbox"], svg.attributes["role"]) == ("0 0 420 240", "img")
        assert svg.attributes["aria-label"] == f"{card.one('h3').text}的位置图"
        (disc,) = (node for node in svg.all("circle") if node.attributes.get("stroke-dasharray") == "4 4")
        # The middle of a map in Web Mercator lies a little north of the middle latitude: a pixel, where the map shows the whole city.
        assert (float(disc.attributes["cx"]), float(disc.attributes["cy"])) == pytest.approx((210, 120), abs=1.5)
        assert 5 < float(disc.attributes["r"]) < 72, id_


def test_the_disc_is_as_large_as_the_radius(tree: Node) -> None:
    # The map shows 5 km up and down from the point in 72 pixels, where the radius is less than that.
    svg = cards(tree)["iot-town"].one("svg")
    (disc,) = (node for node in svg.all("circle") if node.attributes.get("stroke-dasharray") == "4 4")
    assert float(disc.attributes["r"]) == pytest.approx(72 * 900 / 5000, rel=0.01)


def test_a_place_that_is_known_by_its_host_is_drawn_hollow_beside_it(tree: Node) -> None:
    own = {
        id_: [node for node in cards(tree)[id_].all("circle") if node.attributes.get("stroke-width") == "2.5"] for id_ in ("fullsemi-1", "binfu-zone")
    }
    (guest,), (host,) = own["fullsemi-1"], own["binfu-zone"]
    assert (guest.attributes["fill"], host.attributes["fill"]) == ("#fffdf9", "#b5511a")
    assert (host.attributes["cx"], host.attributes["cy"]) == ("210.0", "120.0")
    assert guest.attributes["cy"] != "120.0"
    assert "滨富特别合作区" in cards(tree)["fullsemi-1"].one("svg").text


def test_townships_around_a_place_are_named_but_not_over_half_a_province(tree: Node) -> None:
    assert "闻堰街道" in cards(tree)["xianghu-future-community"].one("svg").text
    assert "街道" not in cards(tree)["hangzhou"].one("svg").text


def test_no_id_stands_twice_and_every_picture_points_into_itself(tree: Node) -> None:
    ids = Counter(node.attributes["id"] for node in tree.walk() if "id" in node.attributes)
    assert [id_ for id_, count in ids.items() if count > 1] == []
    for card in tree.all("article"):
        own = {node.attributes["id"] for node in card.walk() if "id" in node.attributes}
        pointers = [value for node in card.walk() for value in node.attributes.values() if value.startswith("url(")]
        assert len(pointers) == len(card.all("svg"))
        assert all(pointer.removeprefix("url(#").removesuffix(")") in own for pointer in pointers)


# --- safe, self-contained, the same -------------------------------------------------------------------------------------------------------


def assert_self_contained(tree: Node, addresses: set[str]) -> None:
    assert {node.tag for node in tree.walk()} - {""} <= HTML_TAGS | SVG_TAGS
    assert tree.one("html").attributes == {"lang": "zh-CN"}
    for node in tree.walk():
        assert not any(name.startswith("on") or name in ("src", "srcset", "style", "action", "xlink:href", "background") for name in node.attributes)
        if "href" in node.attributes:
            assert node.tag == "a"
            assert node.attributes["href"].startswith("#") or node.attributes["href"] in addresses
        else:
            assert not any(value.startswith(("http", "//", "data:")) for value in node.attributes.values())
    style = tree.one("style").text
    assert "url(" not in style
    assert "@import" not in style
    policy = next(node.attributes["content"] for node in tree.all("meta") if node.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_the_sheet_asks_nothing_of_another_host(tree: Node, atlas: Atlas) -> None:
    assert_self_contained(tree, {source.url for source in atlas.tables.sources if source.url})


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 6 * 7 }}{% raw %}",
    "url(#frame)",
    "</style></svg><b>",
    "]]>&lt;&amp;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_tables_is_never_markup(data_copy: Path, edit: Edit, text: str) -> None:
    for column in ("name_zh", "name_en"):
        edit("places.csv", 7, column, text)
    edit("gazetteer.csv", line_of(data_copy / "gazetteer.csv", "桐庐经开区,,"), "note", text)
    line = line_of(data_copy / "sources.csv", "toll-stations,")
    address = "https://example.org/'onmouseover='alert(1)&lt;b&gt;"
    edit("sources.csv", line, "title", text)
    edit("sources.csv", line, "url", address)
    atlas = build_atlas(Settings.from_env({"GEO_DATA": str(data_copy)}))
    tree = Reader(encode_audit(only(atlas, "tonglu-edz"))).root
    assert_self_contained(tree, {source.url for source in atlas.tables.sources if source.url})
    card = cards(tree)["tonglu-edz"]
    assert card.one("h3").text == text
    assert facts(card)["备注"] == text
    assert facts(card)["来源"] == f"{text}（数据集）"
    assert [node.attributes["href"] for node in card.all("a")] == [address]
    assert card.one("svg").attributes["aria-label"] == f"{text}的位置图"
    assert [node.attributes["id"] for node in card.all("clippath")] == ["frame-tonglu-edz"]
    written = [part.text for node in card.one("svg").all("text") for part in (node, *node.all("tspan"))]
    # A long name takes two lines.
    assert any(part and text.startswith(part) for part in written)


def test_on_paper_two_cards_stand_in_a_row_and_none_is_cut(tree: Node) -> None:
    style = tree.one("style").text
    assert re.search(r"\narticle \{[^}]*break-inside: avoid;", style)
    assert "@page { size: A4;" in style
    paper = style[style.index("@media print") :]
    assert ".cards { grid-template-columns: repeat(2, minmax(0, 1fr));" in paper


def test_the_same_atlas_gives_the_same_bytes(settings: Settings, sheet: bytes) -> None:
    assert encode_audit(build_atlas(settings)) == sheet


def test_the_sheet_is_written_in_place_of_the_old_one(tmp_path: Path, atlas: Atlas) -> None:
    target = tmp_path / "sheet.html"
    target.write_text("old", encoding="utf-8")
    some = only(atlas, "baima-lake")
    write_audit(some, target)
    assert target.read_bytes() == encode_audit(some)
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.html"]


def test_a_write_that_is_interrupted_leaves_the_old_sheet(tmp_path: Path, atlas: Atlas, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "sheet.html"
    target.write_text("old", encoding="utf-8")
    whole = Path.write_bytes

    def write_half(path: Path, content: bytes) -> int:
        whole(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OSError, match="No space left on device"):
        write_audit(only(atlas, "baima-lake"), target)
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.html"]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path, atlas: Atlas) -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such-folder"):
        write_audit(only(atlas, "baima-lake"), tmp_path / "no-such-folder" / "sheet.html")
