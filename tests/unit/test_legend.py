from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.atlas import Atlas
from geo.draw.legend import Drawing, Legend, corridor_key, count_seen, scale_amounts
from geo.draw.marks import Mark, amount_radius, growth_colour, map_marks
from geo.ground.palette import FULL_GROWTH, LARGEST, RADII
from geo.layers.comparisons import Comparison
from geo.tables.kinds import NO_CORRIDOR
from geo.words.cards import Wording
from tests.unit.test_wording import EN, ZH

AMOUNTS = st.decimals("0.01", "100000", places=2)


def marks_of(atlas: Atlas, comparison: Comparison | None) -> list[Mark]:
    points = atlas.layers.places.geometry.to_dict()
    return map_marks(atlas.tables.places, atlas.answers, points, lambda place: place.name_zh, comparison)


def circles(drawing: Drawing) -> list[tuple[float, float]]:
    """Radius and ground of each circle, in the order of drawing."""
    rounds = [shape.attributes for shape in drawing.shapes if shape.tag == "circle"]
    return [(float(one["r"]), float(one["cy"]) + float(one["r"])) for one in rounds]


def legends(atlas: Atlas, wording: Wording) -> list[tuple[Comparison | None, Legend]]:
    return [(comparison, wording.legend(comparison)) for comparison in (None, *atlas.comparisons.values())]


@pytest.mark.parametrize("wording", [ZH, EN], ids=["zh", "en"])
def test_whatever_is_on_the_map_has_a_row_that_shows_it_as_it_is(atlas: Atlas, wording: Wording) -> None:
    for comparison, legend in legends(atlas, wording):
        rows = {key: row for row in (*legend.rows, *legend.corridors) for key in row.keys}
        marks = marks_of(atlas, comparison)
        counts = count_seen(marks, 0, atlas.tables.corridor_ids, has_ties=True)
        assert {key for key, count in counts.items() if count} - {"measured"} <= set(rows)
        for mark in marks:
            row = rows.get("without" if mark.look.form == "without" else "unsized" if mark.look.form == "unsized" else mark.symbol)
            if mark.look.form == "measured" or mark.look.shape == "diamond":
                continue
            assert row
            assert row.swatch
            (shape,) = row.swatch.shapes
            assert (shape.tag, shape.attributes["r"]) == ("circle", f"{mark.size:g}")


@pytest.mark.parametrize("wording", [ZH, EN], ids=["zh", "en"])
def test_a_legend_says_what_is_compared_when_and_in_which_unit(atlas: Atlas, wording: Wording) -> None:
    for comparison, legend in legends(atlas, wording):
        if comparison is None:
            assert (legend.title, legend.scales) == ((), ())
            continue
        assert legend.title[:2] == tuple(wording.comparison(comparison).rsplit(" · ", 1))
        assert not any(part == "" or part.startswith("×") for part in legend.title)


def test_the_nested_circles_are_as_large_as_the_symbols_of_their_amounts(atlas: Atlas) -> None:
    for comparison, legend in legends(atlas, ZH):
        if comparison is None or not comparison.largest:
            continue
        sizes = legend.scales[0]
        amounts = [Decimal(letters.text) for letters in sizes.letters]
        drawn = circles(sizes)
        assert amounts[0] == comparison.largest
        assert [radius for radius, _ in drawn] == pytest.approx([amount_radius(amount, comparison.largest) for amount in amounts], abs=0.01)
        # The largest circle is the largest symbol, and all of them stand on one ground.
        assert drawn[0][0] == max(mark.size for mark in marks_of(atlas, comparison) if mark.look.form == "measured") == LARGEST
        assert [ground for _, ground in drawn] == pytest.approx([drawn[0][1]] * len(drawn), abs=0.02)


def test_english_amounts_are_in_whole_units(atlas: Atlas) -> None:
    legend = EN.legend(atlas.comparisons["industrial_value_added@2022"])
    assert legend.title == ("Industrial value added", "2022", "CNY billion")
    assert [letters.text for letters in legend.scales[0].letters] == ["80"]


@given(st.lists(AMOUNTS, min_size=1, max_size=5))
def test_a_scale_has_the_largest_amount_and_round_smaller_ones(amounts: list[Decimal]) -> None:
    scale = scale_amounts(amounts)
    assert scale[0] == max(amounts)
    assert scale == sorted(set(scale), reverse=True)
    assert all(re.fullmatch(r"0*\.?0*[1-9]0*", f"{amount:f}") for amount in scale[1:])
    assert (len(scale) == 1) or min(amounts) < max(amounts)


def test_of_things_that_are_counted_there_is_no_part() -> None:
    assert scale_amounts([Decimal(3), Decimal(1)]) == [3, 1]
    assert scale_amounts([Decimal("3.5"), Decimal(1)]) == [Decimal("3.5"), 1, Decimal("0.4")]
    assert scale_amounts([Decimal(7)]) == [7]


def test_growth_is_shown_in_its_colours_with_a_decline_only_where_there_is_one(atlas: Atlas) -> None:
    for comparison, legend in legends(atlas, ZH):
        growths = [measure.growth_pct for measure in comparison.measures.values() if measure.growth_pct is not None] if comparison else []
        shown = [scale for scale in legend.scales if any(shape.tag == "rect" for shape in scale.shapes)]
        assert bool(shown) == bool(growths)
        for scale in shown:
            percents = [float(text.text.strip("≥≤%").replace("−", "-")) for text in scale.letters[1:]]
            assert (percents[0] < 0) == (min(growths) < 0)
            assert percents[-1] == FULL_GROWTH
            # From end to end, each slice in the colour of its middle, and the numbers where they belong.
            slices = [(float(one.attributes["x"]), float(one.attributes["width"]), one.fill) for one in scale.shapes if one.tag == "rect"]
            left, right = slices[0][0], slices[-1][0] + slices[-1][1]

            def percent(x: float, left: float = left, right: float = right, low: float = percents[0]) -> float:
                return low + (x - left) / (right - left) * (FULL_GROWTH - low)

            for x, width, fill in slices:
                assert fill == pytest.approx(growth_colour(percent(x + width / 2)), abs=1)
            assert [percent(letters.x) for letters in scale.letters[1:]] == pytest.approx(percents, abs=0.2)


def test_a_view_keeps_the_rows_of_what_it_shows_with_their_numbers() -> None:
    legend = ZH.legend(None)
    seen = legend.seen({"platform": 2, "missing": 3, corridor_key(NO_CORRIDOR): 1})
    assert [row.text for row in seen.rows] == ["平台", "位置不明，图上不标：3 处"]
    assert [row.keys for row in seen.corridors] == [(corridor_key(NO_CORRIDOR),)]
    assert legend.seen({}).rows == ()


def test_whatever_has_the_hue_of_a_corridor_on_its_face_or_its_edge_asks_for_it(atlas: Atlas) -> None:
    for comparison in atlas.comparisons.values():
        marks = marks_of(atlas, comparison)
        counts = count_seen(marks, 0, (), has_ties=False)
        for corridor in atlas.tables.corridor_ids:
            own = [mark for mark in marks if mark.corridor == corridor and mark.look.form != "without"]
            assert counts[corridor_key(corridor)] == len(own)
    assert sum(count_seen(marks_of(atlas, None), 0, (), has_ties=False)[symbol] for symbol in RADII) == len(marks_of(atlas, None))
