"""Figures of several reports beside each other."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from geo.atlas import build_atlas
from geo.layers.comparisons import find_comparisons
from geo.layers.editions import Change, Obstacle, compare_figures, find_editions, latest_edition
from geo.layers.formats.download import Download
from geo.layers.formats.wide import figure_columns
from geo.layers.select import LAYERS, Selection
from geo.settings import Settings
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import Indicator
from geo.words.cards import Wording
from tests.editions import COMPANIES, FIRST, INVESTMENT, SECOND, THIRD, VALUE, write_editions
from tests.known import DATA
from tests.unit.test_provenance import row


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return read_tables(write_editions(tmp_path_factory.mktemp("editions") / "data"))


def figure(**cells: str) -> Indicator:
    stated = {"value": "10", "unit": "亿元", "period": "2031", "qualifier": "exact", "status": "actual"} | cells
    return row(Indicator, subject_id="a", indicator="output", source="s", **{name: cell for name, cell in stated.items() if cell != ""})


# Later, earlier, and what the later one is.
PAIRS = [
    ({"value": "11"}, {}, Change.RESTATED, None, "10"),
    ({"value": "11", "period": "2032"}, {}, Change.CHANGED, None, "10"),
    ({"value": "10", "period": "2032"}, {}, Change.SAME, None, None),
    ({"value": "100000", "unit": "万元"}, {}, Change.SAME, None, None),
    ({"value": "10.4"}, {"qualifier": "over"}, Change.SAME, None, None),
    ({"value": "14"}, {"qualifier": "over"}, Change.RESTATED, None, "40"),
    ({"value": "9"}, {"qualifier": "over"}, Change.RESTATED, None, "-10"),
    ({"value": "9.8"}, {"qualifier": "about"}, Change.SAME, None, None),
    ({"value": "8", "value_max": "9"}, {}, Change.RESTATED, None, None),
    ({"unit": "亿美元"}, {}, Change.NOT_COMPARABLE, Obstacle.UNITS, None),
    ({"unit": "亩"}, {}, Change.NOT_COMPARABLE, Obstacle.UNITS, None),
    ({"value": "", "unit": "", "growth_pct": "3"}, {}, Change.NOT_COMPARABLE, Obstacle.UNITS, None),
    ({"period": "2031-01/2031-05"}, {}, Change.NOT_COMPARABLE, Obstacle.PERIODS, None),
    ({"period": "2032-Q2"}, {"period": "2031-Q1"}, Change.NOT_COMPARABLE, Obstacle.PERIODS, None),
    ({"period": "2032-Q1", "value": "12"}, {"period": "2031-Q1"}, Change.CHANGED, None, "20"),
    ({"period": "2032-01/2032-03", "value": "12"}, {"period": "2031-Q1"}, Change.CHANGED, None, "20"),
    ({"period": "2031-06", "value": "12"}, {"period": "2031-05"}, Change.CHANGED, None, "20"),
    ({"period": ""}, {}, Change.NOT_COMPARABLE, Obstacle.UNDATED, None),
    ({"period": "", "value": "11"}, {"period": ""}, Change.NOT_COMPARABLE, Obstacle.UNDATED, None),
    ({"period": "/2035"}, {"period": "/2034"}, Change.NOT_COMPARABLE, Obstacle.PERIODS, None),
    ({"status": "planned"}, {}, Change.NOT_COMPARABLE, Obstacle.STATUSES, None),
    (
        {"value": "", "unit": "", "rank": "1", "rank_scope_zh": "全市", "rank_scope_en": "city"},
        {"value": "", "unit": "", "rank": "2", "rank_scope_zh": "全省", "rank_scope_en": "province"},
        Change.NOT_COMPARABLE,
        Obstacle.SCOPES,
        None,
    ),
]


@pytest.mark.parametrize(("later", "earlier", "change", "obstacle", "difference"), PAIRS)
def test_two_figures_are_told_apart(
    later: dict[str, str], earlier: dict[str, str], change: Change, obstacle: Obstacle | None, difference: str | None
) -> None:
    found = compare_figures(figure(**later), figure(**earlier))
    assert (found.change, found.obstacle) == (change, obstacle)
    assert found.difference == (None if difference is None else Decimal(difference))


def changes(tables: Tables, since: str | None) -> dict[tuple[str, str, str, str], Change]:
    return {
        (one.figure.subject_id, one.figure.indicator, one.figure.period.text if one.figure.period else "", one.figure.source): one.change
        for one in find_editions(tables, since).values()
    }


def test_each_report_is_set_beside_those_before_it(three: Tables) -> None:
    found = changes(three, None)
    assert {change for (_, _, _, source), change in found.items() if source == FIRST} == {Change.NEW}
    assert found["stone-port", VALUE, "2032", SECOND] is Change.CHANGED
    assert found["cloud-valley", VALUE, "2031", SECOND] is Change.RESTATED
    assert found["qinglan", VALUE, "2031", SECOND] is Change.SAME
    assert found["lens-plant", INVESTMENT, "", SECOND] is Change.SAME
    assert found["relay-lab", COMPANIES, "", SECOND] is Change.NOT_COMPARABLE
    assert found["pine-town", VALUE, "2034-Q1", THIRD] is Change.NOT_COMPARABLE
    assert found["lens-plant", COMPANIES, "2033", THIRD] is Change.NEW


def test_since_a_report_only_younger_ones_are_looked_at(three: Tables) -> None:
    assert {source for _, _, _, source in changes(three, SECOND)} == {THIRD}
    since_first = find_editions(three, FIRST)
    assert {figure.source for figure in since_first} == {SECOND, THIRD}
    assert {edition.earlier.source for edition in since_first.values() if edition.earlier} == {FIRST}
    assert find_editions(three, THIRD) == {}


def test_a_source_without_a_date_is_as_old_as_what_has_come_true_in_it(three: Tables) -> None:
    undated = tuple(source.model_copy(update={"published": None}) for source in three.sources)
    for sources in (three.sources, undated, undated[::-1]):
        assert list(dataclasses.replace(three, sources=sources).ages_of_sources) == [FIRST, SECOND, THIRD]


def test_the_headline_is_the_latest_edition(three: Tables) -> None:
    first = three.figures_by_place["stone-port"][0]
    assert latest_edition(first, three).source == THIRD
    pine = three.figures_by_place["pine-town"][0]
    assert latest_edition(pine, three) is pine


def test_of_one_time_the_youngest_source_counts_in_a_comparison(three: Tables) -> None:
    comparison = find_comparisons(three)[f"{VALUE}@2031"]
    assert {place: measure.figure.source for place, measure in comparison.measures.items()} == {
        "stone-port": FIRST,
        "cloud-valley": SECOND,
        "pine-town": FIRST,
        "qinglan": SECOND,
    }


def test_the_times_of_an_indicator_are_one_series_in_order(three: Tables) -> None:
    comparisons = find_comparisons(three)
    series = tuple(f"{VALUE}@{period}" for period in ("2031", "2032", "2033", "2034-Q1"))
    assert {comparisons[key].periods for key in series} == {series}
    assert comparisons[f"{COMPANIES}@2033"].periods == ()


def test_every_pointer_names_its_source_where_there_are_several_reports(three: Tables) -> None:
    wording = Wording("zh", str, three)
    for source in three.sources:
        assert wording.where(source, 3) == f"《{source.title}》第 3 段"
    assert wording.origin == "来源：3 份报道"


def test_a_pointer_into_the_only_report_needs_no_name_and_another_does() -> None:
    tables = read_tables(DATA)
    wording = Wording("zh", str, tables)
    for source in tables.sources:
        assert wording.where(source, 3) == ("报道第 3 段" if source.sha256 else f"《{source.title}》第 3 段")


def test_the_wide_shape_takes_the_youngest_source_as_comparisons_do(tmp_path: Path) -> None:
    atlas = build_atlas(Settings.from_env({"GEO_DATA": str(write_editions(tmp_path / "data"))}))
    columns = figure_columns(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables)).values()
    wide = {
        place: number
        for column, numbers in columns
        if (column.indicator, column.period, column.part) == (VALUE, "2031", "value")
        for place, number in numbers.items()
    }
    compared = find_comparisons(atlas.tables)[f"{VALUE}@2031"]
    assert wide == {place: float(measure.figure.value) for place, measure in compared.measures.items() if measure.figure.value is not None}
