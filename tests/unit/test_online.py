from __future__ import annotations

import contextlib
import csv
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from pyproj import Geod

from geo.errors import CacheError, KeyRefusedError, NetworkError, OnlineError, ProviderAnswerError, QuotaError, SettingsError
from geo.geocode.answers import Division, Fallback, Level, Match, Method, Miss, MissReason, Query
from geo.geocode.online.cache import AnswerCache
from geo.geocode.online.documents import ADDRESS_TYPES, KINDS
from geo.geocode.online.geocoder import OnlineGeocoder, OnlineSettings, online_geocoder
from geo.geocode.online.providers import PROVIDERS, Provider
from geo.ground.bbox import Box
from geo.ground.datum import Datum
from geo.settings import PROJECT
from geo.tables.kinds import Basis, Precision
from geo.tables.reading import read_tables
from tests.known import DATA
from tests.unit.providers import (
    BAIDU_NOTHING,
    TIANDITU_NOTHING,
    ProviderServer,
    Reply,
    amap,
    amap_error,
    amap_place,
    baidu,
    baidu_error,
    nominatim_place,
    tianditu,
    tianditu_error,
)

KEY = "0123456789abcdef0123456789ABCDE/"
AMAP, BAIDU, TIANDITU, NOMINATIM = (PROVIDERS[name] for name in ("amap", "baidu", "tianditu", "nominatim"))
KEYED = (AMAP, BAIDU, TIANDITU)
GOOD = {"amap": amap([amap_place()]), "baidu": baidu(), "tianditu": tianditu(), "nominatim": [nominatim_place()]}
NOTHING = {"amap": amap([]), "baidu": BAIDU_NOTHING, "tianditu": TIANDITU_NOTHING, "nominatim": []}
WENSAN = Query("文三路90号", admin="西湖区")
WGS84 = Geod(ellps="WGS84")
PROFILE = read_tables(DATA).profile
METRE = 1.0


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now_s += seconds


Make = Callable[..., OnlineGeocoder]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ProviderServer]:
    # A proxy of the machine would stand between the test and its server.
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ProviderServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def districts() -> dict[str, Any]:
    outlines: dict[str, Any] = json.loads((PROJECT / "data/basemap/districts.geojson").read_text(encoding="utf-8"))
    return outlines


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(server: ProviderServer, districts: dict[str, Any], clock: Clock, tmp_path: Path) -> Make:
    def build(provider: Provider, **changes: Any) -> OnlineGeocoder:
        options: dict[str, Any] = {
            "cache": tmp_path / "cache",
            "districts": districts,
            "profile": PROFILE,
            "endpoint": server.url,
            "clock": clock,
            "sleep": clock.sleep,
            "timeout_s": 5.0,
            **changes,
        }
        return OnlineGeocoder(provider, KEY if provider.takes_key else "", **options)

    return build


def metres(match: Match, lon: float, lat: float) -> float:
    return float(WGS84.inv(match.lon, match.lat, lon, lat)[2])


def located(geocoder: OnlineGeocoder, query: Query = WENSAN) -> Match:
    answer = geocoder.locate(query)
    assert isinstance(answer, Match), answer
    return answer


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "geo"]


# --- a result, by provider ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "wgs84", "datum"),
    [
        # By another implementation of the formulas (geocoordinates-rs).
        (AMAP, (120.131242, 30.282291), Datum.GCJ02),
        (BAIDU, (120.124789, 30.275963), Datum.BD09),
        (replace(BAIDU, datum=Datum.GCJ02), (120.131242, 30.282291), Datum.GCJ02),
        (TIANDITU, (120.136, 30.28), Datum.WGS84),
        (NOMINATIM, (120.136, 30.28), Datum.WGS84),
    ],
    ids=lambda value: value.name if isinstance(value, Provider) else None,
)
def test_every_datum_is_brought_to_wgs84(make: Make, server: ProviderServer, provider: Provider, wgs84: tuple[float, float], datum: Datum) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    match = located(make(provider))
    assert metres(match, *wgs84) < METRE
    assert match.datum_of_source is datum


def test_amap(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["amap"]))
    match = located(make(AMAP))
    assert match == Match(
        query="文三路90号",
        name="浙江省杭州市西湖区文三路90号",
        matched="浙江省杭州市西湖区文三路90号",
        level=Level.ADDRESS,
        method=Method.ONLINE,
        score=100.0,
        runner_up=None,
        unresolved="",
        # Converted, see above.
        lon=match.lon,
        lat=match.lat,
        precision=Precision.SITE,
        uncertainty_m=200,
        divisions=(Division("330100", "杭州市"), Division("330106", "西湖区")),
        basis=Basis.DERIVED,
        source="online-amap",
        datum_of_source=Datum.GCJ02,
        note="高德：门牌号",
    )


def test_baidu_gives_its_comprehension_as_the_score_and_its_confidence_as_the_radius(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(baidu(confidence=50, comprehension=72)))
    match = located(make(BAIDU))
    assert (match.score, match.uncertainty_m, match.source, match.note) == (72.0, 1000, "online-baidu", "百度：门址")
    # Baidu names no result and no district: the question stands for the one, the outlines give the other.
    assert match.matched == "文三路90号"
    assert match.divisions == (Division("330100", "杭州市"), Division("330106", "西湖区"))


@pytest.mark.parametrize(
    ("confidence", "precise", "radius_m"),
    [(100, 1, 200), (80, 1, 200), (70, 1, 300), (60, 1, 500), (40, 1, 2000), (20, 1, 10_000), (100, 0, 1000), (30, 0, 5000)],
)
def test_the_radius_of_baidu_is_what_it_documents_and_never_below_that_of_the_kind(
    make: Make, server: ProviderServer, confidence: int, precise: int, radius_m: int
) -> None:
    server.will_say(Reply(baidu(confidence=confidence, precise=precise)))
    assert located(make(BAIDU)).uncertainty_m == radius_m


def test_baidu_below_its_documented_confidence_is_no_location(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(baidu(confidence=19)))
    assert make(BAIDU).locate(WENSAN) == Miss("文三路90号", MissReason.UNKNOWN)


def test_tianditu(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(tianditu(lon=120.136, lat=30.28, score=77)))
    match = located(make(TIANDITU))
    assert (match.score, match.uncertainty_m, match.source, match.note) == (77.0, 200, "online-tianditu", "天地图：门址")
    assert (match.lon, match.lat) == (120.136, 30.28)


@pytest.mark.parametrize("page", [tianditu(score=49), baidu(comprehension=49)], ids=["tianditu", "baidu"])
def test_a_result_that_its_provider_doubts_is_unknown(make: Make, server: ProviderServer, page: dict[str, Any]) -> None:
    server.will_say(Reply(page))
    assert make(BAIDU if "result" in page else TIANDITU).locate(WENSAN) == Miss("文三路90号", MissReason.UNKNOWN)


def test_nominatim_has_no_score_and_gives_the_township(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["nominatim"]))
    match = located(make(NOMINATIM))
    # Its importance is 0.00006: how well known the building is.
    assert (match.score, match.uncertainty_m, match.source, match.note) == (100.0, 200, "online-nominatim", "Nominatim：building")
    assert match.divisions == (Division("330100", "杭州市"), Division("330106", "西湖区"), Division("", "翠苑街道"))


def test_a_wide_bounding_box_of_nominatim_widens_the_radius(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply([nominatim_place(boundingbox=["30.2700", "30.2900", "120.1260", "120.1460"])]))
    # Half of the diagonal of 0.02 degrees each way: 1.11 km north, 0.96 km east.
    assert located(make(NOMINATIM)).uncertainty_m == pytest.approx(1468, abs=3)


def test_the_lake_is_not_the_district_of_its_name(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply([nominatim_place(120.14, 30.245, addresstype="natural", name="西湖", display_name="西湖, 西湖街道, 西湖区, 杭州市")]))
    match = located(make(NOMINATIM), Query("西湖"))
    assert (match.level, match.precision, match.uncertainty_m) == (Level.ADDRESS, Precision.LOCALITY, 5000)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("门牌号", (Level.ADDRESS, Precision.SITE, 200)),
        ("道路交叉路口", (Level.ADDRESS, Precision.SITE, 300)),
        ("兴趣点", (Level.ADDRESS, Precision.SITE, 500)),
        ("道路", (Level.ADDRESS, Precision.LOCALITY, 10_000)),
        ("住宅区", (Level.PLACE, Precision.LOCALITY, 1500)),
        ("村庄", (Level.PLACE, Precision.LOCALITY, 3000)),
        ("开发区", (Level.PLACE, Precision.AREA, 10_000)),
        ("乡镇", (Level.TOWNSHIP, Precision.TOWNSHIP, 26_600)),
        ("未知", (Level.ADDRESS, Precision.LOCALITY, 5000)),
        ("今后才有的级别", (Level.ADDRESS, Precision.LOCALITY, 5000)),
    ],
)
def test_the_word_of_a_provider_gives_level_precision_and_radius(
    make: Make, server: ProviderServer, level: str, expected: tuple[Level, Precision, int]
) -> None:
    server.will_say(Reply(amap([amap_place(level=level)])))
    match = located(make(AMAP))
    assert (match.level, match.precision, match.uncertainty_m) == expected


@pytest.mark.parametrize("table", [KINDS, ADDRESS_TYPES], ids=["Chinese words", "addresstype"])
def test_radii_grow_with_the_level(table: dict[str, Any]) -> None:
    kinds = {kind for kind in table.values() if kind is not None}
    assert all((kind.radius_m == 0) == (kind.level in (Level.DISTRICT, Level.CITY)) for kind in kinds)
    sites = [kind.radius_m for kind in kinds if kind.precision is Precision.SITE]
    townships = [kind.radius_m for kind in kinds if kind.precision is Precision.TOWNSHIP]
    others = [kind.radius_m for kind in kinds if kind.precision in (Precision.LOCALITY, Precision.AREA)]
    assert max(sites) < min(others)
    assert max(others) < min(townships)


def test_no_township_of_the_divisions_is_wider_than_the_radius() -> None:
    with (PROJECT / "data/admin/divisions.csv").open(encoding="utf-8", newline="") as file:
        radii = [int(row["uncertainty_m"] or 0) for row in csv.DictReader(file) if row["level"] == "township"]
    kind = KINDS["乡镇"]
    assert kind is not None and kind.radius_m >= max(radii)


# --- coarse results -----------------------------------------------------------------------------------------------------------------------


def test_a_district_has_the_radius_of_its_outline_and_names_what_is_unresolved(make: Make, server: ProviderServer) -> None:
    place = amap_place(120.1298, 30.2595, "区县", formatted_address="浙江省杭州市西湖区", street=[], number=[])
    server.will_say(Reply(amap([place])))
    match = located(make(AMAP), Query("杭州市西湖区某某科技公司"))
    assert (match.level, match.precision, match.unresolved, match.score) == (Level.DISTRICT, Precision.DISTRICT, "某某科技公司", 50.0)
    assert match.divisions == (Division("330100", "杭州市"), Division("330106", "西湖区"))
    # The district reaches 周浦 in the south-west: 15.6 km around its middle, more from its seat in the north-east.
    assert 15_600 < match.uncertainty_m < 31_200


@pytest.mark.parametrize("text", ["西湖区", "西湖", "浙江省杭州市西湖区", "杭州西湖区", "Xihu District", "西 湖 区".replace(" ", "")])
def test_a_district_that_was_asked_for_is_resolved(make: Make, server: ProviderServer, text: str) -> None:
    place = amap_place(120.1298, 30.2595, "区县", formatted_address="浙江省杭州市西湖区")
    server.will_say(Reply(amap([place])))
    match = located(make(AMAP), Query(text))
    assert (match.level, match.unresolved, match.score) == (Level.DISTRICT, "", 100.0)


def test_a_city_of_the_county_level_is_a_district_whatever_the_provider_calls_it(make: Make, server: ProviderServer) -> None:
    place = nominatim_place(119.281, 29.475, "city", name="建德市", display_name="建德市, 杭州市, 浙江省, 中国", boundingbox=None)
    server.will_say(Reply([place]))
    match = located(make(NOMINATIM), Query("建德市"))
    assert (match.level, match.precision, match.unresolved) == (Level.DISTRICT, Precision.DISTRICT, "")
    assert match.divisions == (Division("330100", "杭州市"), Division("330182", "建德市"))


def test_the_city_holds_all_of_itself(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(amap([amap_place(120.2103, 30.2466, "市", adcode="330100", district=[], formatted_address="浙江省杭州市")])))
    match = located(make(AMAP), Query("杭州市"))
    assert (match.level, match.precision, match.unresolved, match.divisions) == (Level.CITY, Precision.CITY, "", (Division("330100", "杭州市"),))
    # From the seat to the far end of 淳安县.
    assert 180_000 < match.uncertainty_m < 220_000


def test_a_township_is_named_from_the_address(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(amap([amap_place(level="乡镇", formatted_address="浙江省杭州市西湖区翠苑街道")])))
    match = located(make(AMAP), Query("翠苑街道翠柏路7号"))
    assert (match.level, match.unresolved, match.score) == (Level.TOWNSHIP, "翠柏路7号", 50.0)
    assert match.divisions[2:] == (Division("", "翠苑街道"),)


def test_the_number_on_a_road_stays_unresolved(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(amap([amap_place(level="道路", formatted_address="浙江省杭州市西湖区文三路", number=[])])))
    match = located(make(AMAP))
    assert (match.unresolved, match.score) == ("90号", 50.0)


@pytest.mark.parametrize("level", ["省", "国家"])
def test_what_is_wider_than_the_city_is_no_location(make: Make, server: ProviderServer, level: str) -> None:
    server.will_say(Reply(amap([amap_place(level=level)])))
    assert make(AMAP).locate(WENSAN) == Miss("文三路90号", MissReason.UNKNOWN)


# --- the area -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "page"),
    [
        (AMAP, amap([amap_place(adcode="330602", district="越城区")])),
        (AMAP, amap([amap_place(120.58, 30.0)])),
        (BAIDU, baidu(120.58, 30.0)),
        (TIANDITU, tianditu(120.58, 30.0)),
        (NOMINATIM, [nominatim_place(120.58, 30.0)]),
        (TIANDITU, tianditu(0, 0)),
        (TIANDITU, tianditu(-120.136, -30.28)),
    ],
)
def test_a_result_outside_the_city_is_out_of_the_area(make: Make, server: ProviderServer, provider: Provider, page: Any) -> None:
    server.will_say(Reply(page))
    assert make(provider).locate(Query("文三路90号")) == Miss("文三路90号", MissReason.OUT_OF_AREA)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
@pytest.mark.parametrize("admin", ["萧山区", "萧山", "杭州市萧山区", "Xiaoshan District", "xiaoshan"])
def test_a_result_in_another_district_is_out_of_the_area(make: Make, server: ProviderServer, provider: Provider, admin: str) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    assert make(provider).locate(Query("文三路90号", admin=admin)) == Miss("文三路90号", MissReason.OUT_OF_AREA)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
@pytest.mark.parametrize("admin", ["", "杭州市", "西湖", "翠苑街道"])
def test_a_division_that_is_no_district_excludes_nothing(make: Make, server: ProviderServer, provider: Provider, admin: str) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    assert located(make(provider), Query("文三路90号", admin=admin)).divisions[1] == Division("330106", "西湖区")


def test_near_a_border_the_outline_does_not_decide_against_the_query(make: Make, server: ProviderServer) -> None:
    # In the 钱塘江, 400 m on 滨江区's side of the border in mid-stream with 上城区.
    server.will_say(Reply(tianditu(120.2076, 30.2255)))
    near = [answer.divisions[1].name for admin in ("滨江区", "上城区") for answer in [located(make(TIANDITU), Query("桥", admin=admin))]]
    assert near == ["滨江区", "上城区"]


def test_a_result_outside_the_box_of_the_query_is_out_of_the_area(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["tianditu"]))
    geocoder = make(TIANDITU)
    assert geocoder.locate(WENSAN._replace(bbox=Box(120.14, 30.2, 120.2, 30.3))) == Miss("文三路90号", MissReason.OUT_OF_AREA)
    # The box is no part of the question: the answer comes from the cache.
    assert isinstance(geocoder.locate(WENSAN._replace(bbox=Box(120.13, 30.2, 120.2, 30.3))), Match)
    assert len(server.asked) == 1


def test_of_several_results_the_first_within_the_area_counts(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(amap([amap_place(121.5, 31.2, adcode="310115"), amap_place()])))
    assert located(make(AMAP)).divisions[1].name == "西湖区"


def test_results_far_from_each_other_are_ambiguous(make: Make, server: ProviderServer) -> None:
    other = amap_place(120.264, 30.185, adcode="330109", district="萧山区", formatted_address="浙江省杭州市萧山区人民路1号")
    server.will_say(Reply(amap([amap_place(formatted_address="浙江省杭州市西湖区人民路1号"), other])))
    answer = make(AMAP).locate(Query("人民路1号"))
    assert isinstance(answer, Miss) and answer.reason is MissReason.AMBIGUOUS
    assert [(candidate.name, candidate.within) for candidate in answer.candidates] == [
        ("浙江省杭州市西湖区人民路1号", "杭州市西湖区"),
        ("浙江省杭州市萧山区人民路1号", "杭州市萧山区"),
    ]


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_nothing_found_is_unknown(make: Make, server: ProviderServer, provider: Provider) -> None:
    server.will_say(Reply(NOTHING[provider.name]))
    geocoder = make(provider)
    assert geocoder.geocode([WENSAN]) == [Miss("文三路90号", MissReason.UNKNOWN)]
    assert geocoder.failures == ()


# --- what is asked ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_the_question_is_encoded_and_the_program_names_itself(make: Make, server: ProviderServer, provider: Provider) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    make(provider).locate(WENSAN)
    [asked] = server.asked
    assert asked.path == "/service"
    assert asked.user_agent == "hangzhou-industrial-atlas/1"
    assert asked.raw_query.isascii()
    assert quote("文三路90号") in asked.raw_query


@pytest.mark.parametrize(
    ("provider", "params"),
    [
        (AMAP, {"address": "浙江省杭州市西湖区文三路90号", "city": "330100", "output": "JSON", "key": KEY}),
        (BAIDU, {"address": "浙江省杭州市西湖区文三路90号", "city": "杭州市", "ret_coordtype": "bd09ll", "output": "json", "ak": KEY}),
        (
            replace(BAIDU, datum=Datum.GCJ02),
            {"address": "浙江省杭州市西湖区文三路90号", "city": "杭州市", "ret_coordtype": "gcj02ll", "output": "json", "ak": KEY},
        ),
        (TIANDITU, {"ds": '{"keyWord": "浙江省杭州市西湖区文三路90号"}', "tk": KEY}),
        (
            NOMINATIM,
            {
                "q": "文三路90号, 西湖区, 杭州市",
                "format": "json",
                "limit": "5",
                "viewbox": "118.34026,29.18888,120.72549,30.5651",
                "bounded": "1",
                "countrycodes": "cn",
                "addressdetails": "1",
                "accept-language": "zh",
            },
        ),
    ],
)
def test_each_provider_is_asked_in_its_own_way(make: Make, server: ProviderServer, provider: Provider, params: dict[str, str]) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    make(provider).locate(WENSAN)
    assert server.asked[0].params == params


@pytest.mark.parametrize(
    ("query", "address"),
    [
        (Query("文三路90号"), "浙江省杭州市文三路90号"),
        (Query("西湖区文三路90号", admin="西湖区"), "浙江省杭州市西湖区文三路90号"),
        (Query("杭州市文三路90号", admin="杭州市"), "浙江省杭州市文三路90号"),
        (Query("浙江省杭州市文三路90号", admin="西湖区"), "浙江省杭州市文三路90号"),
        (Query("文三路９０号　", admin="杭州市西湖区"), "浙江省杭州市西湖区文三路90号"),
        (Query("R&D=#?园", admin=""), "浙江省杭州市R&D=#?园"),
    ],
)
def test_an_address_is_written_from_the_province_down(make: Make, server: ProviderServer, query: Query, address: str) -> None:
    server.will_say(Reply(NOTHING["amap"]))
    make(AMAP).locate(query)
    assert server.asked[0].params["address"] == address


def test_nothing_is_asked_for_an_empty_query(make: Make, server: ProviderServer) -> None:
    assert make(AMAP).geocode([Query(""), Query("　 ")]) == [Miss("", MissReason.UNKNOWN), Miss("　 ", MissReason.UNKNOWN)]
    assert server.asked == []


def test_requests_keep_the_interval_of_the_provider(make: Make, server: ProviderServer, clock: Clock) -> None:
    server.will_say(Reply(GOOD["nominatim"]))
    geocoder = make(NOMINATIM)
    geocoder.geocode([Query(f"文三路{number}号") for number in range(3)])
    assert clock.sleeps == pytest.approx([1.0, 1.0])
    clock.now_s += 0.4
    geocoder.locate(Query("文三路3号"))
    assert clock.sleeps[2:] == pytest.approx([0.6])
    clock.now_s += 5
    geocoder.locate(Query("文三路4号"))
    assert len(clock.sleeps) == 3


def test_threads_take_turns(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(NOTHING["amap"]))
    geocoder = make(AMAP)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: geocoder.locate(Query(f"文三路{number}号")), range(24)))
    assert answers == [Miss(f"文三路{number}号", MissReason.UNKNOWN) for number in range(24)]
    assert (len(server.asked), server.most_at_once) == (24, 1)


def test_the_intervals_are_within_the_limits_of_the_providers() -> None:
    assert {provider.name: provider.interval_s for provider in PROVIDERS.values()} == {"nominatim": 1.0, "amap": 0.35, "tianditu": 0.5, "baidu": 0.35}


# --- the cache ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [GOOD, NOTHING], ids=["found", "nothing found"])
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_a_question_is_asked_once(make: Make, server: ProviderServer, provider: Provider, pages: dict[str, Any]) -> None:
    server.will_say(Reply(pages[provider.name]))
    first, again = make(provider).geocode([WENSAN, WENSAN])
    [later] = make(provider).geocode([WENSAN])
    [otherwise_typed] = make(provider).geocode([Query("文三路９０号 ", admin="西湖区")])
    assert len(server.asked) == 1
    assert first == again == later
    assert (type(otherwise_typed), otherwise_typed.query) == (type(first), "文三路９０号 ")


@pytest.mark.parametrize("other", [Query("文三路902号", admin="西湖区"), Query("文三路90-2号", admin="西湖区"), Query("文三路90号")])
def test_another_question_is_another_entry(make: Make, server: ProviderServer, other: Query) -> None:
    server.will_say(Reply(NOTHING["amap"]))
    make(AMAP).geocode([WENSAN, Query("文三路9-02号", admin="西湖区"), other])
    assert len(server.asked) == 3


def test_providers_and_data_do_not_share_entries(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["baidu"]), Reply(GOOD["baidu"]), Reply(GOOD["amap"]))
    make(BAIDU).locate(WENSAN)
    make(replace(BAIDU, datum=Datum.GCJ02)).locate(WENSAN)
    make(AMAP).locate(WENSAN)
    assert len(server.asked) == 3


def test_failures_are_never_kept(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(amap_error("30001", "ENGINE_RESPONSE_DATA_ERROR")), Reply(body=b"<html>"), Reply({"status": "1"}), Reply(GOOD["amap"]))
    geocoder = make(AMAP)
    answers = [geocoder.geocode([WENSAN])[0] for _ in range(4)]
    assert [type(answer) for answer in answers] == [Miss, Miss, Miss, Match]
    assert len(server.asked) == 4


def test_an_entry_that_cannot_be_read_is_asked_for_again(make: Make, server: ProviderServer, tmp_path: Path) -> None:
    server.will_say(Reply(GOOD["amap"]))
    geocoder = make(AMAP)
    AnswerCache(tmp_path / "cache").put("amap GCJ02", "文三路90号", "西湖区", {"of": "another release"})
    assert located(geocoder).level is Level.ADDRESS
    assert len(server.asked) == 1


def test_the_key_is_not_in_the_cache(make: Make, server: ProviderServer, tmp_path: Path) -> None:
    server.will_say(Reply({**amap([amap_place()]), "echo": KEY}))
    make(AMAP).locate(WENSAN)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert "文三路90号".encode() in kept
    assert KEY.encode() not in kept


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(CacheError, match=r"^cache answers\.sqlite in .*/ cannot be used: file is not a database$"):
        AnswerCache(tmp_path)


def test_a_cache_that_breaks_later_costs_no_answer(make: Make, server: ProviderServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server.will_say(Reply(GOOD["amap"]))
    geocoder = make(AMAP)
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"broken" * 1000)
    answers = geocoder.geocode([WENSAN, Query("文三路91号")])
    assert [type(answer) for answer in answers] == [Match, Match]
    assert [(type(failure.error), failure.queries) for failure in geocoder.failures] == [(CacheError, 0), (CacheError, 0)]
    assert messages(caplog) == [
        "online geocoder: cache answers.sqlite cannot be read: file is not a database",
        "online geocoder: cache answers.sqlite cannot be written: file is not a database",
    ]
    with pytest.raises(CacheError):
        geocoder.locate(WENSAN)


# --- failures -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "reply", "error", "message"),
    [
        (AMAP, Reply(amap_error("10001", "INVALID_USER_KEY")), KeyRefusedError, "amap answers INVALID_USER_KEY (10001)"),
        (AMAP, Reply(amap_error("10009", "USERKEY_PLAT_NOMATCH")), KeyRefusedError, "amap answers USERKEY_PLAT_NOMATCH (10009)"),
        (AMAP, Reply(amap_error("10003", "DAILY_QUERY_OVER_LIMIT")), QuotaError, "amap answers DAILY_QUERY_OVER_LIMIT (10003)"),
        (AMAP, Reply(amap_error("10044", "USER_DAILY_QUERY_OVER_LIMIT")), QuotaError, "amap answers USER_DAILY_QUERY_OVER_LIMIT (10044)"),
        (AMAP, Reply(amap_error("20000", "INVALID_PARAMS")), ProviderAnswerError, "amap answers INVALID_PARAMS (20000)"),
        (BAIDU, Reply(baidu_error(101, "AK参数不存在")), KeyRefusedError, "baidu answers AK参数不存在 (101)"),
        (BAIDU, Reply(baidu_error(200, "APP不存在，AK有误")), KeyRefusedError, "baidu answers APP不存在，AK有误 (200)"),
        (BAIDU, Reply(baidu_error(240, "APP 服务被禁用")), KeyRefusedError, "baidu answers APP 服务被禁用 (240)"),
        (BAIDU, Reply(baidu_error(302, "天配额超限，限制访问")), QuotaError, "baidu answers 天配额超限，限制访问 (302)"),
        (BAIDU, Reply({"status": 2, "msg": "Request Parameter Error"}), ProviderAnswerError, "baidu answers Request Parameter Error (2)"),
        (TIANDITU, Reply(tianditu_error(301001, "非法key"), status=403), KeyRefusedError, "tianditu answers 非法key (301001)"),
        (TIANDITU, Reply(tianditu_error(301001, "非法key")), KeyRefusedError, "tianditu answers 非法key (301001)"),
        (TIANDITU, Reply(body=b"<html>WAF</html>", status=418), KeyRefusedError, "tianditu answers HTTP 418"),
        (TIANDITU, Reply({"msg": "出错", "status": "404"}), ProviderAnswerError, "tianditu answers 出错 (404)"),
        (NOMINATIM, Reply(body=b"<html>blocked</html>", status=403), KeyRefusedError, "nominatim answers HTTP 403"),
        (NOMINATIM, Reply({"error": {"code": 400, "message": "bad"}}, status=400), ProviderAnswerError, "nominatim answers HTTP 400"),
        (NOMINATIM, Reply({"error": "bad"}), ProviderAnswerError, "nominatim answers with an error"),
    ],
)
def test_what_cannot_pass_is_asked_once(
    make: Make, server: ProviderServer, provider: Provider, reply: Reply, error: type[OnlineError], message: str
) -> None:
    server.will_say(reply)
    with pytest.raises(error) as raised:
        make(provider).locate(WENSAN)
    assert str(raised.value) == message
    assert type(raised.value) is error
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("provider", "reply", "error", "message"),
    [
        (AMAP, Reply(amap_error("10004", "ACCESS_TOO_FREQUENT")), QuotaError, "amap answers ACCESS_TOO_FREQUENT (10004)"),
        (AMAP, Reply(amap_error("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT")), QuotaError, "amap answers CUQPS_HAS_EXCEEDED_THE_LIMIT (10021)"),
        (AMAP, Reply(amap_error("10016", "SERVER_IS_BUSY")), NetworkError, "amap answers SERVER_IS_BUSY (10016)"),
        (
            BAIDU,
            Reply(baidu_error(401, "当前并发量已经超过约定并发配额，限制访问")),
            QuotaError,
            "baidu answers 当前并发量已经超过约定并发配额，限制访问 (401)",
        ),
        (BAIDU, Reply(baidu_error(1, "服务器内部错误")), NetworkError, "baidu answers 服务器内部错误 (1)"),
        (TIANDITU, Reply(tianditu_error(302010, "该tk已限流"), status=429), QuotaError, "tianditu answers 该tk已限流 (302010)"),
        (NOMINATIM, Reply(body=b"", status=429), QuotaError, "nominatim answers HTTP 429"),
        (NOMINATIM, Reply(body=b"<html>", status=502), NetworkError, "nominatim answers HTTP 502"),
        (NOMINATIM, Reply(body=b"", status=503), NetworkError, "nominatim answers HTTP 503"),
        (NOMINATIM, Reply(body=b"", status=500), NetworkError, "nominatim answers HTTP 500"),
    ],
)
def test_what_may_pass_is_asked_again_with_growing_pauses(
    make: Make, server: ProviderServer, clock: Clock, provider: Provider, reply: Reply, error: type[OnlineError], message: str
) -> None:
    server.will_say(reply)
    with pytest.raises(error) as raised:
        make(provider, attempts=4, first_wait_s=2.0).locate(WENSAN)
    assert str(raised.value) == message
    assert type(raised.value) is error
    assert len(server.asked) == 4
    # 2, 4 and 8 s with up to 2 s of jitter, which is longer than any interval.
    assert [low <= slept <= low + 2 for low, slept in zip((2, 4, 8), clock.sleeps, strict=True)] == [True] * 3


def test_what_passes_is_answered(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(body=b"", status=503), Reply(amap_error("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT")), Reply(GOOD["amap"]))
    geocoder = make(AMAP)
    assert isinstance(geocoder.geocode([WENSAN])[0], Match)
    assert geocoder.failures == ()
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "least_s"), [("30", 30), ("Tue, 01 Jul 2025 12:00:45 GMT", 45), ("Tue, 01 Jul 2025 11:00:00 GMT", 1), ("soon", 1), ("", 1)]
)
def test_a_provider_that_asks_to_wait_is_left_alone_for_so_long(
    make: Make, server: ProviderServer, clock: Clock, monkeypatch: pytest.MonkeyPatch, status: int, retry_after: str, least_s: float
) -> None:
    # 2025-07-01 12:00:00 UTC.
    monkeypatch.setattr("geopy.adapters.time", SimpleNamespace(time=lambda: 1751371200.0))
    server.will_say(Reply(body=b"", status=status, headers={"Retry-After": retry_after}), Reply(GOOD["nominatim"]))
    assert isinstance(make(NOMINATIM, first_wait_s=1.0).locate(WENSAN), Match)
    [slept] = clock.sleeps
    assert least_s <= slept <= max(least_s, 2)


def test_a_provider_that_asks_to_wait_too_long_is_not_waited_for(make: Make, server: ProviderServer, clock: Clock) -> None:
    server.will_say(Reply(body=b"", status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(QuotaError, match=r"^nominatim answers HTTP 429$") as raised:
        make(NOMINATIM, longest_wait_s=60.0).locate(WENSAN)
    assert raised.value.retry_after_s == 86400
    assert (len(server.asked), clock.sleeps) == (1, [])


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(body=b'{"status": "1", "geocodes": ['), r"^amap answers what is not JSON: '\{\"status\": \"1\", \"geocodes\": \['$"),
        (Reply(body=b"<html><body>Login</body></html>", headers={"Content-Type": "text/html"}), r"^amap answers what is not JSON: '<html>"),
        (Reply(body=b""), r"^amap answers what is not JSON: ''$"),
        (Reply(body=b"\xff\xfe\x00"), r"^amap answers in an encoding that cannot be read$"),
        (Reply(body=b"{}", headers={"Content-Type": "application/json; charset=klingon"}), r"^amap answers in an encoding that cannot be read$"),
        (Reply(body=b"[" * 100_000), r"^amap answers what is not JSON: '\[+…'$"),
        (Reply(None), r"^amap answers in a form that is not its own: answer: "),
        (Reply([]), r"^amap answers in a form that is not its own: answer: "),
        (Reply({}), r"^amap answers in a form that is not its own: status: Field required$"),
        (Reply(amap([{"level": "门牌号"}])), r"^amap answers in a form that is not its own: geocodes\.0\.location: Field required$"),
        (Reply(amap([amap_place(location="120.1")])), r"^amap answers in a form that is not its own: geocodes\.0\.location\.1: Field required$"),
        (Reply(amap([amap_place(location=[])])), r"^amap answers in a form that is not its own: geocodes\.0\.location\.0: Field required$"),
        (
            Reply(amap([amap_place(location="a,b")])),
            r"^amap answers in a form that is not its own: geocodes\.0\.location\.0: Input should be a valid ",
        ),
        (
            Reply(amap([amap_place(location="nan,inf")])),
            r"^amap answers in a form that is not its own: geocodes\.0\.location\.0: Input should be a fin",
        ),
        (
            Reply(amap([amap_place(location="30.28,120.136")])),
            r"^amap answers with a coordinate that is none: lon 30\.28, lat 120\.136: expected degrees",
        ),
    ],
)
def test_what_is_not_an_answer_is_said_with_its_place(make: Make, server: ProviderServer, reply: Reply, message: str) -> None:
    server.will_say(reply)
    with pytest.raises(ProviderAnswerError, match=message):
        make(AMAP).locate(WENSAN)
    assert len(server.asked) == 1


@pytest.mark.parametrize("content_type", ["text/javascript;charset=utf-8", "text/html", "application/octet-stream"])
def test_json_is_read_under_any_content_type(make: Make, server: ProviderServer, content_type: str) -> None:
    server.will_say(Reply(GOOD["baidu"], headers={"Content-Type": content_type}))
    assert isinstance(make(BAIDU).locate(WENSAN), Match)


def test_a_body_that_breaks_off_is_asked_for_again(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["amap"], cut_at=40, headers={"Connection": "close"}))
    with pytest.raises(NetworkError, match=r"^amap cannot be reached: Unable to read the response$"):
        make(AMAP, attempts=2).locate(WENSAN)
    assert len(server.asked) == 2


def test_a_silent_provider_is_given_up(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(is_silent=True))
    with pytest.raises(NetworkError, match=r"^amap cannot be reached: Service timed out$"):
        make(AMAP, attempts=2, timeout_s=0.1).locate(WENSAN)
    assert len(server.asked) == 2


def test_a_provider_that_is_not_there(make: Make, server: ProviderServer) -> None:
    with ProviderServer() as closed:
        url = closed.url
    with pytest.raises(NetworkError, match=r"^amap cannot be reached: .*refused"):
        make(AMAP, attempts=2, endpoint=url).locate(WENSAN)


def test_a_redirect_is_followed(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(body=b"", status=302, headers={"Location": "/moved?to=here"}), Reply(GOOD["amap"]))
    assert isinstance(make(AMAP).locate(WENSAN), Match)
    assert [asked.path for asked in server.asked] == ["/service", "/moved"]


@pytest.mark.parametrize("target", ["/service", "file:///etc/hostname"])
def test_a_redirect_that_leads_nowhere_is_refused(make: Make, server: ProviderServer, target: str) -> None:
    server.will_say(Reply(body=b"", status=302, headers={"Location": f"{target}?key={quote(KEY, safe='')}"}))
    with pytest.raises(ProviderAnswerError, match=r"^amap answers HTTP 302$"):
        make(AMAP).locate(WENSAN)


# --- failures of a list -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "error"), [(amap_error("10001", "INVALID_USER_KEY"), KeyRefusedError), (amap_error("10003", "DAILY_QUERY_OVER_LIMIT"), QuotaError)]
)
def test_after_a_refusal_nothing_more_is_asked_and_the_cache_still_answers(
    make: Make, server: ProviderServer, caplog: pytest.LogCaptureFixture, page: dict[str, Any], error: type[OnlineError]
) -> None:
    server.will_say(Reply(GOOD["amap"]), Reply(page))
    geocoder = make(AMAP)
    unknown = Query("网商路699号")
    answers = geocoder.geocode([WENSAN, unknown, Query("网商路700号"), WENSAN])
    assert [type(answer) for answer in answers] == [Match, Miss, Miss, Match]
    assert answers[1] == Miss("网商路699号", MissReason.UNKNOWN)
    assert [type(answer) for answer in geocoder.geocode([unknown])] == [Miss]
    assert len(server.asked) == 2
    assert [(type(failure.error), failure.queries) for failure in geocoder.failures] == [(error, 3)]
    assert messages(caplog) == [f"online geocoder: amap answers {page['info']} ({page['infocode']})"]


def test_one_bad_answer_does_not_stop_the_list(make: Make, server: ProviderServer, caplog: pytest.LogCaptureFixture) -> None:
    bad = Reply(amap_error("30001", "ENGINE_RESPONSE_DATA_ERROR"))
    server.will_say(bad, bad, Reply(body=b"<html>"), Reply(GOOD["amap"]))
    geocoder = make(AMAP)
    answers = geocoder.geocode([Query(f"文三路{number}号") for number in range(4)])
    assert [type(answer) for answer in answers] == [Miss, Miss, Miss, Match]
    assert [(str(failure.error), failure.queries) for failure in geocoder.failures] == [
        ("amap answers ENGINE_RESPONSE_DATA_ERROR (30001)", 2),
        ("amap answers what is not JSON: '<html>'", 1),
    ]
    assert len(messages(caplog)) == 2


def test_a_provider_that_is_down_is_given_up_after_three_questions(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(body=b"", status=503))
    geocoder = make(AMAP, attempts=2)
    answers = geocoder.geocode([Query(f"文三路{number}号") for number in range(10)])
    assert answers == [Miss(f"文三路{number}号", MissReason.UNKNOWN) for number in range(10)]
    assert len(server.asked) == 6
    assert [(str(failure.error), failure.queries) for failure in geocoder.failures] == [("amap answers HTTP 503", 10)]


def test_a_provider_that_fails_now_and_then_is_not_given_up(make: Make, server: ProviderServer) -> None:
    down, nothing = Reply(body=b"", status=503), Reply(NOTHING["amap"])
    server.will_say(down, down, nothing, down, down, Reply(GOOD["amap"]))
    answers = make(AMAP, attempts=1).geocode([Query(f"文三路{number}号") for number in range(6)])
    assert [type(answer) for answer in answers] == [Miss] * 5 + [Match]
    assert len(server.asked) == 6


def test_behind_another_geocoder_its_answers_stand_when_the_provider_fails(make: Make, server: ProviderServer) -> None:
    server.will_say(Reply(GOOD["amap"]), Reply(amap_error("10001", "INVALID_USER_KEY")))
    known = located(make(AMAP))

    class Offline:
        def geocode(self, queries: Any) -> list[Any]:
            return [known if query.text == "known" else Miss(query.text, MissReason.UNKNOWN) for query in queries]

    answers = Fallback(Offline(), make(AMAP)).geocode([Query("known"), Query("网商路699号"), Query("known")])
    assert answers == [known, Miss("网商路699号", MissReason.UNKNOWN), known]


@pytest.mark.parametrize("provider", KEYED, ids=lambda provider: provider.name)
@pytest.mark.parametrize(
    "reply",
    [
        Reply({"status": "0", "info": f"bad {KEY}", "infocode": "10001", "message": f"bad {KEY}", "code": 301001, "msg": f"bad {KEY}"}),
        Reply(body=f"<html>{KEY} {quote(KEY, safe='')}</html>".encode()),
        Reply(body=f"<html>{KEY} {quote(KEY, safe='')}</html>".encode(), status=403),
        Reply(body=b"", status=503),
        Reply({"status": KEY, "result": KEY, "location": KEY}),
        Reply(is_silent=True),
        Reply(body=b"", status=302, headers={"Location": f"ftp://127.0.0.1:1/?key={KEY}"}),
        Reply(amap([amap_place()])),
    ],
)
def test_the_key_is_in_no_log_and_in_no_message(
    make: Make, server: ProviderServer, caplog: pytest.LogCaptureFixture, provider: Provider, reply: Reply
) -> None:
    caplog.set_level(logging.DEBUG)
    server.will_say(reply)
    geocoder = make(provider, timeout_s=0.2, attempts=2)
    geocoder.geocode([WENSAN])
    said = [repr(geocoder.failures), *(str(failure.error) for failure in geocoder.failures)]
    with contextlib.suppress(OnlineError):
        geocoder.locate(Query("文三路91号"))
    said.append(caplog.text)
    assert KEY in server.asked[0].params.values()
    for text in said:
        assert KEY not in text
        assert quote(KEY, safe="") not in text


# --- the settings -------------------------------------------------------------------------------------------------------------------------


def test_nothing_is_online_unless_it_is_turned_on(districts: dict[str, Any], tmp_path: Path) -> None:
    assert online_geocoder(OnlineSettings("", "", "", tmp_path / "cache"), districts, PROFILE) is None
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_a_provider_is_turned_on_by_its_name(server: ProviderServer, districts: dict[str, Any], tmp_path: Path, provider: Provider) -> None:
    server.will_say(Reply(GOOD[provider.name]))
    geocoder = online_geocoder(
        OnlineSettings(provider.name, f" {KEY}\n" if provider.takes_key else "", server.url, tmp_path / "new/cache"), districts, PROFILE
    )
    assert geocoder is not None
    [answer] = geocoder.geocode([WENSAN])
    assert isinstance(answer, Match) and answer.source == f"online-{provider.name}"
    assert (KEY in server.asked[0].params.values()) is provider.takes_key


@pytest.mark.parametrize(
    ("provider", "key", "url", "message"),
    [
        ("google", "", "", "GEO_ONLINE='google': expected one of nominatim, amap, tianditu, baidu, or nothing"),
        ("amap", " ", "", "GEO_ONLINE_KEY='': expected a key for amap"),
        ("nominatim", KEY, "", "GEO_ONLINE_KEY='***': expected nothing: nominatim takes no key"),
        ("amap", KEY, "ftp://x", "GEO_ONLINE_URL='ftp://x': expected an address that starts with http:// or https://, without ? and #"),
        ("amap", KEY, "http://x/?a=b", "GEO_ONLINE_URL='http://x/?a=b': expected an address that starts with http:// or https://, without ? and #"),
    ],
)
def test_a_setting_that_cannot_be(districts: dict[str, Any], tmp_path: Path, provider: str, key: str, url: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        online_geocoder(OnlineSettings(provider, key, url, tmp_path), districts, PROFILE)
    assert str(raised.value) == message


def test_a_cache_that_cannot_be(districts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^GEO_ONLINE_CACHE='.*file': expected a folder that can be written \(cache answers\.sqlite in file/ "):
        online_geocoder(OnlineSettings("amap", KEY, "", tmp_path / "file"), districts, PROFILE)
