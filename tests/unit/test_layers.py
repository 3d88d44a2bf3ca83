from __future__ import annotations

from pathlib import Path

import pytest

from geo.atlas import Atlas, build_atlas
from geo.ground.bbox import Box
from geo.layers.select import DECIMALS, LAYERS, Selection
from geo.settings import Settings
from geo.tables.kinds import Kind

PLATFORMS = ["binjiang-hitech", "qiantang-new-area", "qiantang-smart-city", "future-scitech-city", "zijingang-scitech-city", "tonglu-edz"]
PROJECTS = ["lianji-base", "fullsemi-1", "chint-binfu", "laihe-bio", "dessmann"]
AT_BINFU = ["binfu-zone", "fullsemi-1", "chint-binfu"]


def ids(atlas: Atlas, name: str, selection: Selection | None = None) -> list[str]:
    chosen: list[str] = atlas.layers.select(name, selection or Selection()).index.tolist()
    return chosen


def found(atlas: Atlas, q: str) -> list[str]:
    return ids(atlas, "places", Selection(q=q))


def test_each_layer_holds_its_kinds_in_table_order(atlas: Atlas) -> None:
    assert list(LAYERS) == ["places", "platforms", "projects", "corridors", "indicators"]
    assert ids(atlas, "places") == [place.id for place in atlas.tables.places]
    assert ids(atlas, "platforms") == PLATFORMS
    assert ids(atlas, "projects") == PROJECTS
    assert ids(atlas, "corridors") == ["west-belt", "west-axis", "east-belt", "east-axis"]


def test_there_is_no_layer_of_another_name(atlas: Atlas) -> None:
    with pytest.raises(KeyError, match="rivers"):
        atlas.layers.select("rivers", Selection())


def test_layers_are_in_wgs84_with_six_decimals_at_most(atlas: Atlas) -> None:
    for frame in (atlas.layers.places, atlas.layers.corridors, atlas.layers.indicators):
        assert frame.crs.to_epsg() == 4326
    coordinates = atlas.layers.places.get_coordinates().to_numpy()
    assert len(coordinates) == 29
    assert (coordinates == coordinates.round(DECIMALS)).all()


def test_the_place_that_is_missed_has_no_geometry(atlas: Atlas) -> None:
    places = atlas.layers.places
    assert places.index[places.geometry.isna()].tolist() == ["binxiao-small-parks"]


def test_whole_values_stay_whole_and_broken_ones_broken(atlas: Atlas) -> None:
    figures = atlas.layers.places["indicators"]["binjiang-hitech"]
    values = [figure["value"] for figure in figures]
    assert values == [756, 3, 305.8, None, None, None, None, None, 1851.1, 10.5, 1000, 29, 117, None, 5, 2, 700, 1, 3, 5]
    assert [type(value) for value in values[:3]] == [int, int, float]
    assert [figure["growth_pct"] for figure in figures if figure["growth_pct"] is not None] == [8.1, 49.3]


def test_a_corridor_states_the_area_that_is_published_and_none_where_none_is(atlas: Atlas) -> None:
    corridors = atlas.layers.corridors
    assert corridors["published_area_km2"].to_dict() == {"west-belt": 398, "west-axis": 398, "east-belt": None, "east-axis": None}
    assert corridors["schematic"].tolist() == [True] * 4
    assert corridors["source"].tolist() == ["west-plan-2021"] * 2 + ["east-outline-2018"] * 2


@pytest.mark.parametrize(
    ("corridors", "count"),
    [({"west"}, 2), ({"east"}, 26), ({"none"}, 2), ({"west", "none"}, 4), (set(), 30)],
)
def test_a_corridor_chooses_its_places(atlas: Atlas, corridors: set[str], count: int) -> None:
    chosen = atlas.layers.select("places", Selection(corridors=frozenset(corridors)))
    assert len(chosen) == count
    assert set(chosen["corridor"]) == set(corridors or {"west", "east", "none"})


def test_a_corridor_chooses_its_belt_and_axis(atlas: Atlas) -> None:
    assert ids(atlas, "corridors", Selection(corridors=frozenset({"east"}))) == ["east-belt", "east-axis"]


def test_kinds_and_districts_choose_any_of_theirs(atlas: Atlas) -> None:
    kinds = frozenset({Kind.VALLEY, Kind.TOWN})
    assert ids(atlas, "places", Selection(kinds=kinds)) == [
        "china-vision-valley",
        "china-data-valley",
        "zero-mag-valley",
        "iot-town",
        "internet-town",
    ]
    districts = frozenset({"余杭区", "西湖区"})
    assert ids(atlas, "places", Selection(districts=districts)) == ["future-scitech-city", "zijingang-scitech-city"]
    assert ids(atlas, "places", Selection(districts=frozenset({"淳安县"}))) == []


@pytest.mark.parametrize(
    "box",
    [
        Box(120.02, 30.018, 120.03, 30.03),
        Box(120.01, 30.0, 120.02, 30.018),
        Box(120.02, 30.018, 120.02, 30.018),
    ],
)
def test_a_box_holds_what_touches_its_edge(atlas: Atlas, box: Box) -> None:
    assert ids(atlas, "places", Selection(bbox=box)) == AT_BINFU


def test_a_box_beside_a_point_does_not_hold_it(atlas: Atlas) -> None:
    assert ids(atlas, "places", Selection(bbox=Box(120.020001, 30.018, 120.03, 30.03))) == []


def test_what_has_no_geometry_is_outside_every_box(atlas: Atlas) -> None:
    everywhere = ids(atlas, "places", Selection(bbox=Box(-180, -90, 180, 90)))
    assert set(ids(atlas, "places")) - set(everywhere) == {"binxiao-small-parks"}
    assert len(everywhere) == 29


def test_a_box_holds_the_corridors_that_reach_into_it(atlas: Atlas) -> None:
    assert ids(atlas, "corridors", Selection(bbox=Box(119.0, 30.0, 119.9, 31.0))) == ["west-belt", "west-axis"]
    # The belt reaches half its width beyond the end of the axis.
    assert ids(atlas, "corridors", Selection(bbox=Box(119.0, 30.0, 119.71, 31.0))) == ["west-belt"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("富芯", ["fullsemi-1"]),
        ("FullSemi", ["fullsemi-1"]),
        ("fuxin", ["fullsemi-1"]),
        ("fxbdt", ["fullsemi-1"]),
        # 回龙庵山 stands in the gazetteer only, as another name of the valley.
        ("回龙庵山", ["zero-mag-valley"]),
        ("hlas", ["zero-mag-valley"]),
        ("Sci-Tech City", ["future-scitech-city", "zijingang-scitech-city"]),
        ("sci tech CITY", ["future-scitech-city", "zijingang-scitech-city"]),
        ("ＷＬＫＪＣ", ["future-scitech-city"]),
        ("滨萧）", ["binxiao-park", "laihe-bio", "dessmann", "xianghu-future-community", "sanjiang-new-city", "binxiao-small-parks"]),
        ("深圳", []),
        ("xyzzy", []),
    ],
)
def test_a_place_is_found_by_name_pinyin_initials_and_alias(atlas: Atlas, q: str, expected: list[str]) -> None:
    assert found(atlas, q) == expected


@pytest.mark.parametrize("q", ["", "  ", "()"])
def test_a_search_for_nothing_finds_everything(atlas: Atlas, q: str) -> None:
    assert len(found(atlas, q)) == 30


def test_every_place_is_found_by_both_its_names(atlas: Atlas) -> None:
    for place in atlas.tables.places:
        assert place.id in found(atlas, place.name_zh)
        assert place.id in found(atlas, place.name_en)


def test_filters_together_choose_what_each_of_them_chooses(atlas: Atlas) -> None:
    parts = [
        Selection(corridors=frozenset({"east"})),
        Selection(kinds=frozenset({Kind.PROJECT, Kind.COOPERATION_ZONE})),
        Selection(districts=frozenset({"富阳区"})),
        Selection(bbox=Box(120.0, 30.0, 120.1, 30.1)),
        Selection(q="滨富"),
    ]
    together = Selection(parts[0].corridors, parts[1].kinds, parts[2].districts, parts[3].bbox, parts[4].q)
    chosen = ids(atlas, "places", together)
    assert chosen == ["binfu-zone", "chint-binfu"]
    assert set(chosen) == set.intersection(*(set(ids(atlas, "places", part)) for part in parts))


def test_a_selection_beyond_the_kinds_of_a_layer_is_empty(atlas: Atlas) -> None:
    assert ids(atlas, "projects", Selection(kinds=frozenset({Kind.PLATFORM}))) == []


def test_a_selection_leaves_the_layer_as_it_is(atlas: Atlas) -> None:
    ids(atlas, "places", Selection(q="富芯"))
    assert len(atlas.layers.places) == 30


# --- indicators ---------------------------------------------------------------------------------------------------------------------------


def test_each_figure_is_a_row_in_the_order_of_the_places(atlas: Atlas) -> None:
    figures = atlas.layers.indicators
    assert len(figures) == len(atlas.tables.indicators) == 40
    assert figures.index.is_unique
    nested = [(id_, figure) for id_, some in atlas.layers.places["indicators"].items() for figure in some]
    assert figures["place"].tolist() == [id_ for id_, _ in nested]
    keys = list(nested[0][1])
    assert figures[keys].to_dict("records") == [figure for _, figure in nested]


def test_a_figure_says_its_place_and_how_exactly_that_is_known(atlas: Atlas) -> None:
    figure = atlas.layers.indicators.loc["fullsemi-1.land_area.report-2023"]
    place = atlas.layers.places.loc["fullsemi-1"]
    assert figure.geometry == place.geometry
    shown = ("place", "name_zh", "name_en", "kind", "corridor", "district", "geocode_precision", "geocode_uncertainty_m", "geocode_basis")
    assert figure[list(shown)].tolist() == [
        "fullsemi-1",
        "富芯半导体一期",
        "FullSemi 12-inch fab, phase 1",
        "project",
        "east",
        "富阳区",
        "area",
        2000,
        "parent",
    ]
    assert (figure["geocode_source"], figure["geocode_miss"]) == ("report-2023", None)


@pytest.mark.parametrize(
    ("period", "id_", "ends"),
    [
        ("2022", "binjiang-hitech.industrial_value_added_above_scale.2022.report-2023", ["2022-01-01", "2022-12-31"]),
        (
            "2023-01/2023-05",
            "binjiang-hitech.industrial_value_added_above_scale.2023-01--2023-05.report-2023",
            ["2023-01-01", "2023-05-31"],
        ),
        (None, "fullsemi-1.land_area.report-2023", [None, None]),
    ],
)
def test_a_figure_has_an_id_that_stands_in_an_address_and_the_days_of_its_period(atlas: Atlas, period: str, id_: str, ends: list[str]) -> None:
    figure = atlas.layers.indicators.loc[id_]
    assert figure["period"] == period
    assert figure[["period_start", "period_end"]].tolist() == ends


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(corridors=frozenset({"none"})), 3),
        (Selection(kinds=frozenset({Kind.PROJECT})), 4),
        (Selection(districts=frozenset({"淳安县"})), 0),
        (Selection(bbox=Box(120.02, 30.018, 120.02, 30.018)), 5),
        (Selection(q="fuxin"), 3),
    ],
)
def test_figures_are_chosen_by_their_places(atlas: Atlas, selection: Selection, count: int) -> None:
    chosen = atlas.layers.select("indicators", selection)
    assert len(chosen) == count
    places = set(ids(atlas, "places", selection))
    assert chosen.index.tolist() == [id_ for id_, place in atlas.layers.indicators["place"].items() if place in places]


def test_an_atlas_without_figures_has_a_layer_without_rows(data_copy: Path) -> None:
    header = (data_copy / "indicators.csv").read_text(encoding="utf-8").splitlines()[0]
    (data_copy / "indicators.csv").write_text(f"{header}\n", encoding="utf-8")
    layers = build_atlas(Settings(host="127.0.0.1", port=8000, data=data_copy)).layers
    assert len(layers.select("indicators", Selection(corridors=frozenset({"west"})))) == 0


def test_a_selection_keeps_what_a_layer_can_be_filtered_by() -> None:
    box = Box(119, 30, 121, 31)
    full = Selection(frozenset({"west"}), frozenset({Kind.CITY}), frozenset({"西湖区"}), box, "杭州")
    assert full.for_layer(LAYERS["corridors"]) == Selection(corridors=frozenset({"west"}), bbox=box)
    assert full.for_layer(LAYERS["indicators"]) == full
