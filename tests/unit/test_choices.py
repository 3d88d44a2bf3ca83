"""What may be chosen for a figure instead of typing it."""

from __future__ import annotations

from datetime import date

import pytest

from geo.draft.choices import find_choices


def test_times_rates_and_ranks_are_given_with_where_they_stand() -> None:
    text = "2023 年一季度产值8亿元，同比下降 2.4%，总量居全市第三。"
    choices = find_choices(text, date(2023, 6, 30))
    (period,), (growth,), (rank,) = choices["periods"], choices["growths"], choices["ranks"]
    assert (period["period"], text[period["start"] : period["end"]]) == ("2023-Q1", "2023 年一季度")
    assert (growth["growth_pct"], growth["growth_max"], text[growth["start"] : growth["end"]]) == ("-2.4", None, "2.4%")
    assert (rank["rank"], rank["rank_scope"], text[rank["start"] : rank["end"]]) == (3, "全市", "第三")


@pytest.mark.parametrize(
    ("text", "scope"), [("增速位列全省第二", "全省"), ("总量居青岚市第一", "青岚市"), ("产值全国同行业第一", "全国"), ("排名第三", None)]
)
def test_a_rank_is_among_what_stands_before_it(text: str, scope: str | None) -> None:
    assert [rank["rank_scope"] for rank in find_choices(text, date(2023, 6, 30))["ranks"]] == [scope]
