from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from babel.support import Translations

from geo.atlas import Atlas
from geo.layers.comparisons import Measure, find_comparisons
from geo.settings import PROJECT
from geo.tables.cells import Period
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import Indicator, Vocable
from geo.tables.units import parse_unit
from geo.words.cards import Wording
from tests.known import DATA
from tests.unit.test_provenance import TABLES_OF_BRIEF, row

ZH = Wording("zh", str, read_tables(DATA))
EN = Wording("en", Translations.load(PROJECT / "translations", ["en"]).ugettext, read_tables(DATA))
VOCABULARY = (
    row(Vocable, indicator="spending", label_zh="投入", label_en="Spending", unit_kind="money"),
    row(Vocable, indicator="output", label_zh="产值", label_en="Output", unit_kind="money"),
)


def figure(place: str, **cells: str | int) -> Indicator:
    stated = {"indicator": "output", "value": "10", "unit": "亿元", "period": "2022"} | cells
    given = {name: cell for name, cell in stated.items() if cell != ""}
    return row(Indicator, subject_id=place, qualifier="exact", status="actual", source="elsewhere", **given)


def tables_of(*figures: Indicator) -> Tables:
    return dataclasses.replace(TABLES_OF_BRIEF, vocabulary=VOCABULARY, indicators=figures)


def keys(*figures: Indicator) -> list[str]:
    return list(find_comparisons(tables_of(*figures)))


def test_the_comparisons_of_the_report_start_with_those_of_most_places(atlas: Atlas) -> None:
    comparisons = list(atlas.comparisons.values())
    assert [(one.key, len(one.measures)) for one in comparisons[:4]] == [
        ("industrial_value_added@2022", 3),
        ("area@2022", 3),
        ("industrial_value_added_above_scale@2022", 1),
        ("industrial_value_added_above_scale@2023-01/2023-05", 1),
    ]
    order = [vocable.indicator for vocable in atlas.tables.vocabulary]
    ranks = [(-len(one.measures), order.index(one.vocable.indicator), one.key) for one in comparisons]
    assert ranks == sorted(ranks)


def test_all_figures_are_gone_through_once_and_not_for_each_place_again() -> None:
    class Counted(dict[str, Measure]):
        times = 0

        def values(self) -> Any:
            self.times += 1
            return super().values()

    (found,) = find_comparisons(tables_of(*(figure(f"place-{number}", value=f"{number}") for number in range(1, 41)))).values()
    measures = Counted(found.measures)
    counted = dataclasses.replace(found, measures=measures)
    assert [counted.share(place) for place in measures] == [(number / 40, number / 40) for number in range(1, 41)]
    assert measures.times < 4


def test_every_key_is_the_indicator_and_the_period(atlas: Atlas) -> None:
    for key, one in atlas.comparisons.items():
        assert key == one.key == f"{one.vocable.indicator}@{one.period.text if one.period else ''}"
    assert {key for key in atlas.comparisons if key.endswith("@")} >= {"investment@", "wafer_diameter@", "plot_ratio@"}


def test_every_figure_with_a_value_or_a_growth_is_in_one_comparison(atlas: Atlas) -> None:
    measured = [measure.figure for one in atlas.comparisons.values() for measure in one.measures.values()]
    stated = [figure for figure in atlas.tables.indicators if figure.value is not None or figure.growth_pct is not None]
    assert len(measured) == len(stated) == 35
    assert set(measured) == set(stated)


def test_a_range_is_measured_by_its_middle(atlas: Atlas) -> None:
    measures = atlas.comparisons["industrial_value_added@2022"].measures
    assert {place: measure.amount for place, measure in measures.items()} == {
        "binjiang-hitech": Decimal(750),
        "qiantang-district": Decimal(750),
        "xiaoshan-district": Decimal(750),
    }
    assert find_comparisons(tables_of(figure("a", value="3", value_max="4")))["output@2022"].measures["a"].amount == Decimal("3.5")


def test_a_share_is_of_the_largest_of_the_same_time(atlas: Atlas) -> None:
    area = atlas.comparisons["area@2022"]
    assert area.largest == Decimal("13.48")
    assert area.share("binxiao-park") == (1, 1)
    assert area.share("sanjiang-new-city") == pytest.approx((5.36 / 13.48, 5.36 / 13.48))
    # Its area is of 2020.
    assert area.share("binfu-zone") is None
    assert atlas.comparisons["area@2020"].share("binfu-zone") is None


def test_a_range_is_a_range_in_its_ends_and_in_its_share() -> None:
    comparison = find_comparisons(tables_of(figure("a", value="3", value_max="4"), figure("b", value="2")))["output@2022"]
    assert comparison.largest == 4
    assert (comparison.measures["a"].ends, comparison.measures["b"].ends) == ((Decimal(3), Decimal(4)), (Decimal(2), Decimal(2)))
    assert (comparison.share("a"), comparison.share("b")) == ((0.75, 1), (0.5, 0.5))


def test_what_can_be_compared_has_the_same_figure_of_two_places_at_one_known_time(atlas: Atlas) -> None:
    for one in atlas.comparisons.values():
        assert one.is_comparable == (one.period is not None and len(one.measures) > 1), one.key
    grown = [figure(place, value="", unit="", growth_pct=percent) for place, percent in (("a", "1"), ("b", "2"))]
    assert find_comparisons(tables_of(*grown))["output@2022"].is_comparable
    assert not find_comparisons(tables_of(figure("a", period=""), figure("b", period="")))["output@"].is_comparable


def test_places_stand_from_the_largest_to_the_smallest() -> None:
    figures = [figure("c", value="1"), figure("a", value="9"), figure("d", value="1"), figure("b", value="2", value_max="4")]
    assert find_comparisons(tables_of(*figures))["output@2022"].order == ["a", "b", "c", "d"]
    grown = [figure("e", value="", unit="", growth_pct="-2"), figure("f", value="", unit="", growth_pct="7")]
    assert find_comparisons(tables_of(*grown))["output@2022"].order == ["f", "e"]


def test_a_place_alone_has_no_share() -> None:
    comparison = find_comparisons(tables_of(figure("a")))["output@2022"]
    assert comparison.largest == 10
    assert comparison.share("a") is None


def test_figures_of_an_unknown_time_are_never_compared() -> None:
    comparison = find_comparisons(tables_of(figure("a", period=""), figure("b", period="", value="20")))["output@"]
    assert comparison.period is None
    assert list(comparison.measures) == ["a", "b"]
    assert [comparison.share(place) for place in "ab"] == [None, None]


@pytest.mark.parametrize("period", ["2023", "2022-12", "2022-Q1", "2022/", "/2022"])
def test_figures_of_other_times_are_apart(period: str) -> None:
    comparisons = find_comparisons(tables_of(figure("a"), figure("b", period=period)))
    assert sorted(comparisons) == sorted(["output@2022", f"output@{period}"])
    assert comparisons[f"output@{period}"].period == Period.parse(period)
    assert [one.share(place) for one in comparisons.values() for place in "ab"] == [None] * 4


def test_figures_in_other_units_are_apart_and_the_keys_name_the_units() -> None:
    comparisons = find_comparisons(tables_of(figure("a"), figure("b", unit="万元")))
    assert {key: (one.unit, list(one.measures)) for key, one in comparisons.items()} == {
        "output@2022@万元@actual": (parse_unit("万元"), ["b"]),
        "output@2022@亿元@actual": (parse_unit("亿元"), ["a"]),
    }


def test_comparisons_of_as_many_places_stand_as_the_vocabulary_does() -> None:
    assert keys(figure("a"), figure("a", period="2021"), figure("a", indicator="spending")) == ["spending@2022", "output@2021", "output@2022"]
    assert keys(figure("a", indicator="spending"), figure("a"), figure("b")) == ["output@2022", "spending@2022"]


def test_a_rank_alone_is_no_size() -> None:
    assert keys(figure("a", value="", unit="", rank=1, rank_scope_zh="全市", rank_scope_en="the city")) == []


def test_a_growth_alone_is_measured_without_an_amount() -> None:
    grown = figure("a", value="", unit="", growth_pct="4.9")
    comparison = find_comparisons(tables_of(grown, figure("b", value="", unit="", growth_pct="-1.2")))["output@2022"]
    assert comparison.measures["a"] == (None, Decimal("4.9"), grown)
    assert comparison.largest is None
    assert comparison.share("a") is None
    assert ZH.measure(comparison, "a") == ("+4.9%", "增长")
    assert ZH.measure(comparison, "b") == ("-1.2%", "增长")


def test_where_the_largest_is_nothing_there_is_no_share() -> None:
    comparison = find_comparisons(tables_of(figure("a", value="0"), figure("b", value="0")))["output@2022"]
    assert comparison.largest == 0
    assert comparison.share("a") is None


def test_the_places_of_a_comparison_stand_in_the_order_of_the_rows() -> None:
    assert keys(figure("b"), figure("a")) == keys(figure("a"), figure("b")) == ["output@2022"]
    assert list(find_comparisons(tables_of(figure("b"), figure("a")))["output@2022"].measures) == ["b", "a"]


def test_a_card_states_the_share_of_a_figure(atlas: Atlas) -> None:
    place = next(place for place in atlas.tables.places if place.id == "sanjiang-new-city")
    (area,) = ZH.card(place, atlas).figures
    assert area.share == pytest.approx((5.36 / 13.48, 5.36 / 13.48))
    zone = next(place for place in atlas.tables.places if place.id == "binfu-zone")
    assert [stated.share for stated in ZH.card(zone, atlas).figures] == [None, None]


def test_a_comparison_is_put_in_words(atlas: Atlas) -> None:
    places = {place.id: place for place in atlas.tables.places}
    area, added = atlas.comparisons["area@2022"], atlas.comparisons["industrial_value_added@2022"]
    assert ZH.comparison(area) == "面积 · 2022 年"
    assert ZH.measure(area, "binxiao-park") == ("13.48 平方公里", "")
    assert ZH.measure(area, "hangzhou") == ("—", "没有这个数字")
    assert ZH.comparison_finding(area, places) == "3 处中滨萧特别合作园的面积最大：13.48 平方公里（2022 年）。"
    assert ZH.comparison_finding(added, places) == "3 处的工业增加值不相上下，都是约 700–800 亿元（2022 年）：杭州高新区(滨江)、钱塘区、萧山区。"
    assert EN.measure(added, "xiaoshan-district") == ("about CNY 70–80 billion", "")
    assert EN.measure(area, "binxiao-park") == ("13.48 km²", "")
    grown = atlas.comparisons["manufacturing_investment@2023-Q1"]
    assert ZH.measure(grown, "binjiang-hitech") == ("+49.3%", "增长")
    assert ZH.comparison_finding(grown, places) == "杭州高新区(滨江)制造业投资增长 49.3%（2023 年一季度）；只有这一处有这个数字。"
