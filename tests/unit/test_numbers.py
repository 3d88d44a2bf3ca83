from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.tables.kinds import UnitKind
from geo.tables.numbers import direction, growth_of, parse_numbers, to_half_width
from geo.tables.units import BASES, measures_the_same, parse_unit


def printed(text: str) -> list[tuple[str, str | None, str]]:
    """Give each amount as a draft prints it: value, upper end, unit."""
    return [
        (f"{number.value:f}", None if number.value_max is None else f"{number.value_max:f}", number.printed_unit)
        for number in parse_numbers(text)
        if not number.ordinal
    ]


@pytest.mark.parametrize(
    ("text", "value", "value_max", "unit"),
    [
        ("投资3．26亿元", "3.26", None, "亿元"),
        ("投资３．２６亿元", "3.26", None, "亿元"),
        ("１２３４家", "1234", None, "家"),
        ("增长１５．６％", "15.6", None, "%"),
        ("34万千瓦", "34", None, "万千瓦"),
        ("8.6亿千瓦时", "8.6", None, "亿千瓦时"),
        ("三十四万千瓦", "34", None, "万千瓦"),
        ("300兆瓦", "300", None, "兆瓦"),
        ("5千克", "5", None, "千克"),
        ("20万吨", "20", None, "万吨"),
        ("12.5亿美元", "12.5", None, "亿美元"),
        ("3000万港元", "3000", None, "万港元"),
        ("1,234.5万元", "1234.5", None, "万元"),
        ("88.6 亿元", "88.6", None, "亿元"),
        ("2.4个百分点", "2.4", None, "个百分点"),
        ("2.4百分点", "2.4", None, "百分点"),
        ("4.2亿至4.8亿元", "4.2", "4.8", "亿元"),
        ("4.2至4.8亿元", "4.2", "4.8", "亿元"),
        ("4.2亿元至4.8亿元", "4.2", "4.8", "亿元"),
        ("8000万至1.2亿元", "0.8", "1.2", "亿元"),
        ("700—800亿元", "700", "800", "亿元"),
        ("700～800亿元", "700", "800", "亿元"),
        ("25%—43%", "25", "43", "%"),
        ("3到5家", "3", "5", "家"),
        ("七八百亿元", "700", "800", "亿元"),
        ("五六百亿元", "500", "600", "亿元"),
        ("突破千亿元", "1", None, "千亿元"),
        ("万亿元", "1", None, "万亿元"),
        ("近三成", "3", None, "成"),
        ("翻了一番", "1", None, "番"),
        ("百分之三十", "30", None, "%"),
        ("百分之十二点五", "12.5", None, "%"),
        ("千分之5", "5", None, "‰"),
        ("1851.1万元/亩", "1851.1", None, "万元/亩"),
        ("860元/平方米", "860", None, "元/平方米"),
        ("2300余家", "2300", None, "家"),
        ("10多万人", "10", None, "万人"),
        ("三千多万元", "3000", None, "万元"),
        ("1.2亿只", "1.2", None, "亿只"),
        ("120万标箱", "120", None, "万标箱"),
    ],
)
def test_an_amount_is_read_as_it_is_printed(text: str, value: str, value_max: str | None, unit: str) -> None:
    assert printed(text) == [(value, value_max, unit)]
    assert parse_unit(unit).zh == unit


@pytest.mark.parametrize("text", ["从3家到5家", "由2.1亿元增至3亿元", "增长5%至3亿元", "12家、15家", "8家5人", "5家到3家"])
def test_two_numbers_that_are_no_range_stay_two(text: str) -> None:
    assert [value_max for _, value_max, _ in printed(text)] == [None, None]


@pytest.mark.parametrize("text", ["数百亿元", "数千家", "几百人"])
def test_a_number_that_only_says_how_large_is_vague(text: str) -> None:
    assert any(number.vague for number in parse_numbers(text))


def test_full_width_keeps_every_offset() -> None:
    text = "（３．２６％，第２位）—４５～"
    assert len(to_half_width(text)) == len(text)
    assert to_half_width(text) == "（3.26%，第2位）—45～"


@pytest.mark.parametrize(
    ("text", "growths"),
    [
        ("分别增长12.4%、7.9%和下降2.1%", ["12.4", "7.9", "-2.1"]),
        ("分别下降12.4%、7.9%", ["-12.4", "-7.9"]),
        ("同比增长-2.1%", ["-2.1"]),
        ("增速为8.1%", ["8.1"]),
        ("降幅达5%", ["-5"]),
        ("同比翻了一番", ["100"]),
        ("翻两番", ["300"]),
        ("增长1.5倍", ["150"]),
        ("是全省平均的1.5倍", [None]),
        ("增长了3亿元", [None]),
        ("下降5亿元，占比12%", [None, "12"]),
    ],
)
def test_a_rate_has_the_sign_that_its_words_say(text: str, growths: list[str | None]) -> None:
    found = [growth_of(text, number) for number in parse_numbers(text)]
    assert found == [None if growth is None else Decimal(growth) for growth in growths]


def test_the_direction_does_not_cross_words_that_are_not_of_the_enumeration() -> None:
    text = "成本下降3%，利润占12%"
    assert [direction(text, number) for number in parse_numbers(text)] == [-1, 0]


@given(st.sampled_from(sorted(BASES)), st.sampled_from(["", "万", "亿", "万亿", "百", "千万"]))
def test_every_base_may_have_a_scale_and_its_magnitude_is_exact(base: str, scale: str) -> None:
    try:
        unit = parse_unit(scale + base)
    except ValueError:
        # 百分 and 千克 would be read another way; such a unit is written without the scale.
        return
    assert unit.zh == scale + base
    assert unit.magnitude == unit.magnitude.to_integral_value() > 0


@pytest.mark.parametrize("text", ["", "瓶盖", "亿", "万/亩", "元/", "万 元", "元/元/元", "７", "=1+1"])
def test_what_is_no_unit_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a unit such as 亿元"):
        parse_unit(text)


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("万元/亩", UnitKind.MONEY_PER_AREA),
        ("元/平方米", UnitKind.MONEY_PER_AREA),
        ("吨/日", UnitKind.RATE),
        ("万吨", UnitKind.MASS),
        ("万千瓦", UnitKind.POWER),
        ("亿千瓦时", UnitKind.ENERGY),
        ("%", UnitKind.SHARE),
        ("万人次", UnitKind.COUNT),
    ],
)
def test_a_unit_knows_what_it_measures(unit: str, kind: UnitKind) -> None:
    assert parse_unit(unit).kind is kind


def test_only_what_measures_the_same_is_converted() -> None:
    assert measures_the_same("兆瓦", "千瓦") == 1000
    assert measures_the_same("平方公里", "公顷") == 100
    assert measures_the_same("元", "美元") is None
    assert measures_the_same("家", "个") is None


@given(st.text())
def test_no_text_breaks_the_grammar(text: str) -> None:
    for number in parse_numbers(text):
        assert 0 <= number.start < number.end <= number.unit_end <= len(text)
        growth_of(text, number)


def test_an_unknown_digit_of_another_script_is_no_error() -> None:
    assert parse_numbers("٣٤家") is not None
