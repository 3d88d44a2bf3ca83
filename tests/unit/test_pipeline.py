from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from geo.atlas import Atlas, build_atlas, build_geocoder
from geo.errors import SettingsError, TableError
from geo.geocode.answers import Fallback, Query, geocode_places
from geo.geocode.offline import OfflineGeocoder
from geo.settings import Settings
from geo.tables.kinds import CorridorBasis, Kind
from geo.tables.reading import Tables
from tests.conftest import Edit
from tests.known import DATA

# Every figure of the report, read from its text by hand:
# subject, indicator, value, value_max, unit, period, qualifier, status, growth in percent, rank.
FIGURES = [
    ("hangzhou", "corridor_platforms", "10", None, "个", "2023", "over", "actual", None, None),
    ("qiantang-new-area", "leading_industries", "5", None, "个", None, "exact", "planned", None, None),
    ("binjiang-hitech", "industrial_value_added_above_scale", "756", None, "亿元", "2022", "exact", "actual", None, 1),
    ("binjiang-hitech", "years_leading_industrial_value_added", "3", None, "年", "2020/2022", "exact", "actual", None, 1),
    ("binjiang-hitech", "industrial_value_added_above_scale", "305.8", None, "亿元", "2023-01/2023-05", "exact", "actual", "8.1", 1),
    ("binjiang-hitech", "industrial_value_added_above_scale_increment", None, None, None, "2023-01/2023-05", "exact", "actual", None, 1),
    ("binjiang-hitech", "industrial_value_added_above_scale", None, None, None, "2020/", "exact", "actual", None, 1),
    ("binjiang-hitech", "tiangong_ding", None, None, None, "2023", "exact", "actual", None, 1),
    ("binjiang-hitech", "manufacturing_quality_index", None, None, None, None, "exact", "actual", None, 1),
    ("binjiang-hitech", "area", None, None, None, None, "exact", "actual", None, 1),
    ("binjiang-hitech", "industrial_value_added_per_mu_above_scale", "1851.1", None, "万元/亩", "2022", "exact", "actual", None, 1),
    ("binjiang-hitech", "industrial_value_added_per_mu_to_province", "10.5", None, "倍", "2022", "exact", "actual", None, None),
    ("binjiang-hitech", "industrial_value_added_per_mu_mark", "1000", None, "万元/亩", "2022", "over", "actual", None, 1),
    ("binjiang-hitech", "launched_and_signed_projects", "29", None, "个", "2023-Q1", "exact", "actual", None, None),
    ("binjiang-hitech", "planned_investment", "117", None, "亿元", "2023-Q1", "exact", "planned", None, None),
    ("binjiang-hitech", "manufacturing_investment", None, None, None, "2023-Q1", "exact", "actual", "49.3", None),
    ("lianji-base", "investment", "10", None, "亿元", "2023-Q1", "about", "planned", None, None),
    ("hangzhou", "industrial_ecosystems", "5", None, "个", None, "exact", "planned", None, None),
    ("binjiang-hitech", "core_clusters", "5", None, "个", None, "exact", "planned", None, None),
    ("hangzhou", "aiot_cluster_scale", "1", None, "万亿元", None, "about", "planned", None, None),
    ("china-vision-valley", "overall_scale", "1", None, "万亿元", "/2027", "over", "planned", None, None),
    ("china-vision-valley", "hundred_billion_companies", "2", None, "家", "/2027", "exact", "planned", None, None),
    ("binjiang-hitech", "plot_ratio", "2.0", None, None, None, "over", "actual", None, None),
    ("fullsemi-1", "investment", "180", None, "亿元", None, "exact", "actual", None, None),
    ("fullsemi-1", "wafer_diameter", "12", None, "英寸", None, "exact", "actual", None, 1),
    ("fullsemi-1", "land_area", "700", None, "亩", None, "about", "actual", None, None),
    ("binfu-zone", "landed_projects", "9", None, "个", "2023", "exact", "actual", None, None),
    ("binxiao-park", "signed_projects", "9", None, "个", "2023", "exact", "actual", None, None),
    ("binxiao-park", "signed_investment", "109", None, "亿元", "2023", "exact", "planned", None, None),
    ("binjiang-hitech", "industrial_value_added", "700", "800", "亿元", "2022", "about", "actual", None, None),
    ("qiantang-district", "industrial_value_added", "700", "800", "亿元", "2022", "about", "actual", None, None),
    ("xiaoshan-district", "industrial_value_added", "700", "800", "亿元", "2022", "about", "actual", None, None),
    ("china-data-valley", "years_to_target", "3", "5", "年", None, "exact", "planned", None, None),
    ("binjiang-hitech", "framework_parks", "1", None, "个", "2023", "exact", "actual", None, None),
    ("binjiang-hitech", "framework_valleys", "3", None, "个", "2023", "exact", "actual", None, None),
    ("binjiang-hitech", "framework_towns", "5", None, "个", "2023", "exact", "actual", None, None),
]
# Areas that other sources state.
AREAS = [
    ("binfu-zone", "5.8", "2020"),
    ("binxiao-park", "13.48", "2022"),
    ("xianghu-future-community", "7.13", "2022"),
    ("sanjiang-new-city", "5.36", "2022"),
]

IN_THE_WEST = {"future-scitech-city": CorridorBasis.PLAN, "zijingang-scitech-city": CorridorBasis.PLAN}
BEYOND = {"tonglu-edz": CorridorBasis.NONE, "hangzhou": CorridorBasis.NONE}
IN_THE_EAST_BY_PLAN = {"binjiang-hitech", "qiantang-new-area", "qiantang-smart-city", "xiaoshan-district"}
IN_THE_EAST_BY_INFERENCE = {"binfu-zone", "binxiao-park", "qiantang-district"}


def as_text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def test_the_figures_of_the_report_are_these(tables: Tables) -> None:
    figures = [
        (
            row.subject_id,
            row.indicator,
            as_text(row.value),
            as_text(row.value_max),
            row.unit.zh if row.unit else None,
            row.period.text if row.period else None,
            row.qualifier.value,
            row.status.value,
            as_text(row.growth_pct),
            row.rank,
        )
        for row in tables.indicators
        if row.source == "report-2023"
    ]
    assert figures == FIGURES


def test_the_figures_of_other_sources_are_areas(tables: Tables) -> None:
    others = [row for row in tables.indicators if row.source != "report-2023"]
    assert [(row.subject_id, as_text(row.value), row.period.text if row.period else None) for row in others] == AREAS
    assert {(row.indicator, row.unit.zh if row.unit else None) for row in others} == {("area", "平方公里")}


def test_the_places_are_of_these_kinds(tables: Tables) -> None:
    assert Counter(place.kind for place in tables.places) == {
        Kind.PLATFORM: 6,
        Kind.COOPERATION_ZONE: 2,
        Kind.PARK: 5,
        Kind.TOWN: 2,
        Kind.VALLEY: 3,
        Kind.FACILITY: 4,
        Kind.PROJECT: 5,
        Kind.DISTRICT: 2,
        Kind.CITY: 1,
    }


def test_each_place_is_in_the_corridor_that_plans_or_its_host_put_it_in(tables: Tables) -> None:
    by_corridor = {
        corridor: {place.id: place.corridor_basis for place in tables.places if place.corridor == corridor} for corridor in tables.corridor_ids
    }
    assert by_corridor["west"] == IN_THE_WEST
    assert by_corridor["none"] == BEYOND
    east = by_corridor["east"]
    assert {id_ for id_, basis in east.items() if basis is CorridorBasis.PLAN} == IN_THE_EAST_BY_PLAN
    assert {id_ for id_, basis in east.items() if basis is CorridorBasis.INFERRED} == IN_THE_EAST_BY_INFERENCE
    inherited = {id_ for id_, basis in east.items() if basis is CorridorBasis.INHERITED}
    assert len(inherited) == 19
    hosts = {place.id: place.parent_id for place in tables.places}
    assert {hosts[id_] for id_ in inherited} == {"binjiang-hitech", "binfu-zone", "binxiao-park"}


def test_a_place_that_inherits_its_corridor_is_in_that_of_its_host(tables: Tables) -> None:
    places = {place.id: place for place in tables.places}
    for place in tables.places:
        if place.corridor_basis is CorridorBasis.INHERITED:
            assert place.parent_id is not None
            assert place.corridor == places[place.parent_id].corridor


@pytest.mark.parametrize("elsewhere", ["深圳", "南山", "广州", "广深", "北航", "北京航空航天", "Shenzhen", "Nanshan", "Guangzhou", "Beihang"])
def test_places_that_are_only_mentioned_are_not_on_the_map(tables: Tables, elsewhere: str) -> None:
    names = [place.name_zh + place.name_en + place.place_query for place in tables.places] + [row.name for row in tables.gazetteer]
    assert [name for name in names if elsewhere in name] == []


def test_every_place_is_answered_and_laid_out(atlas: Atlas) -> None:
    ids = [place.id for place in atlas.tables.places]
    assert list(atlas.answers) == ids
    assert atlas.layers.places.index.tolist() == ids
    assert list(atlas.misses) == ["binxiao-small-parks"]


def test_broken_tables_make_no_atlas(data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 7, "district", "杭县")
    edit("indicators.csv", 4, "value", "much")
    with pytest.raises(TableError) as caught:
        build_atlas(Settings.from_env({"GEO_DATA": str(data_copy)}))
    assert [(problem.file, problem.line, problem.column) for problem in caught.value.problems] == [
        ("indicators.csv", 4, "value"),
        ("places.csv", 7, "district"),
    ]


def test_a_place_more_in_the_tables_is_a_feature_more(data_copy: Path) -> None:
    path = data_copy / "places.csv"
    row = "new-park,新园,New Park,park,binjiang-hitech,east,inherited,滨江区,白马湖,,,,,binxiao-2022,\n"
    path.write_text(path.read_text(encoding="utf-8") + row, encoding="utf-8")
    atlas = build_atlas(Settings.from_env({"GEO_DATA": str(data_copy)}))
    point = atlas.layers.places.geometry["new-park"]
    assert (point.x, point.y) == (120.20592, 30.16332)
    assert len(atlas.layers.places) == 31


# --- the geocoder alone -------------------------------------------------------------------------------------------------------------------


def test_by_default_the_geocoder_answers_offline_as_the_atlas_does(settings: Settings, atlas: Atlas) -> None:
    geocoder = build_geocoder(settings)
    assert isinstance(geocoder, OfflineGeocoder)
    assert geocode_places(atlas.tables.places, geocoder) == dict(atlas.answers)


@pytest.mark.parametrize(("provider", "key"), [("nominatim", ""), ("amap", "k-1"), ("baidu", "k-1"), ("tianditu", "k-1")])
def test_an_online_geocoder_stands_behind_the_gazetteer(provider: str, key: str, tmp_path: Path) -> None:
    settings = Settings.from_env({"GEO_DATA": str(DATA), "GEO_ONLINE": provider, "GEO_ONLINE_KEY": key, "GEO_ONLINE_CACHE": str(tmp_path / "cache")})
    geocoder = build_geocoder(settings)
    assert isinstance(geocoder, Fallback)
    # What the gazetteer knows, and what is ambiguous, is never asked for: no test leaves the machine.
    asked = [Query("滨江区"), Query("中国数谷"), Query("宁波市")]
    assert geocoder.geocode(asked) == build_geocoder(Settings.from_env({"GEO_DATA": str(DATA)})).geocode(asked)


def test_an_online_geocoder_that_cannot_be_used_is_named_without_its_key(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^GEO_ONLINE_KEY='': expected a key for amap$"):
        build_geocoder(Settings.from_env({"GEO_ONLINE": "amap", "GEO_ONLINE_CACHE": str(tmp_path)}))
    with pytest.raises(SettingsError) as caught:
        build_geocoder(Settings.from_env({"GEO_ONLINE": "nominatim", "GEO_ONLINE_KEY": "s3cret", "GEO_ONLINE_CACHE": str(tmp_path)}))
    assert str(caught.value) == "GEO_ONLINE_KEY='***': expected nothing: nominatim takes no key"


def test_the_atlas_never_asks_online(tmp_path: Path, atlas: Atlas) -> None:
    """The command line alone does: what visitors ask stays on the server."""
    settings = Settings.from_env({"GEO_DATA": str(DATA), "GEO_ONLINE": "amap", "GEO_ONLINE_KEY": "k-1", "GEO_ONLINE_CACHE": str(tmp_path / "cache")})
    online = build_atlas(settings)
    assert isinstance(online.geocoder, OfflineGeocoder)
    assert dict(online.answers) == dict(atlas.answers)
    assert not (tmp_path / "cache").exists()
