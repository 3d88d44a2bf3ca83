from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.ground.names import fold_name, fold_names, normalize_name, search_keys

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1)
SEPARATORS = st.text("  \t·-—()（）[]【】“”\"'「」《》、，", max_size=3)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("杭州高新区（滨江）", "杭州高新区滨江"),
        ("杭州高新区(滨江)", "杭州高新区滨江"),
        (" 杭州 高新区 ", "杭州高新区"),
        ("国家“芯火平台”", "国家芯火平台"),
        ("Future Sci-Tech City", "futurescitechcity"),
        ("ＦＵＬＬＳＥＭＩ　１", "fullsemi1"),
        ("Straße", "straße"),
        ("——", ""),
        ("", ""),
    ],
)
def test_width_case_spaces_brackets_and_quotes_do_not_count(typed: str, folded: str) -> None:
    assert normalize_name(typed) == folded


@given(st.lists(HAN | st.text("abcXYZ0189", min_size=1), min_size=1), SEPARATORS)
def test_punctuation_between_the_parts_of_a_name_changes_nothing(parts: list[str], separator: str) -> None:
    assert normalize_name(separator.join(parts)) == normalize_name("".join(parts))


@given(HAN | st.text("abcXYZ0189（）- "))
def test_a_folded_name_is_folded(name: str) -> None:
    assert normalize_name(normalize_name(name)) == normalize_name(name)


@given(st.text())
@example("薴")
def test_a_name_folded_for_geocoding_is_folded(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


def test_every_character_is_folded_at_once_and_with_others_as_by_itself() -> None:
    # Every character, so that there are more than are worth to be replaced one after another; and all of them but those.
    # Of what Unicode has given no characters to, and of what is for private use, some are enough.
    names = [chr(code) for code in (*range(0x34000), *range(0xE0000, 0xE0200), 0x5FFFF, 0xF0000, 0x10FFFF)]
    folded = [fold_name(name) for name in names]
    assert [once for name, once in zip(names, folded, strict=True) if once != name and fold_name(once) != once] == []
    assert fold_names(names) == folded
    assert [fold_names(["滨", name, "江"]) for name in names[:5000]] == [["滨", name, "江"] for name in folded[:5000]]


@given(st.lists(st.text() | HAN | st.sampled_from(["\n", "滨江\n區", "", "\ud800"]), max_size=12))
@example(["滨江\n区", "\n", "", "余杭"])
@example([""])
def test_names_are_folded_together_as_one_by_one(names: list[str]) -> None:
    assert fold_names(names) == [fold_name(name) for name in names]


def test_what_is_no_text_is_not_folded() -> None:
    with pytest.raises(TypeError, match="sequence item 1: expected str instance, NoneType found"):
        fold_names(["滨江", None])  # type: ignore[list-item]


def test_a_chinese_name_is_found_by_itself_its_pinyin_and_its_initials() -> None:
    assert search_keys(["未来科技城"]) == ("未来科技城", "weilaikejicheng", "wlkjc")


def test_a_name_in_latin_letters_is_found_by_itself_only() -> None:
    assert search_keys(["Future Sci-Tech City"]) == ("futurescitechcity",)


def test_every_name_counts_and_the_same_key_once() -> None:
    assert search_keys(["滨江", "滨 江", "Binjiang"]) == ("滨江", "binjiang", "bj")


def test_latin_letters_and_digits_within_a_chinese_name_stay() -> None:
    assert search_keys(["AI算力2期"]) == ("ai算力2期", "aisuanli2qi", "aisl2q")


def test_letters_of_any_other_script_stay_as_well() -> None:
    assert search_keys(["αβ滨江"]) == ("αβ滨江", "αβbinjiang", "αβbj")
    assert search_keys(["滨江かな"]) == ("滨江かな", "binjiangかな", "bjかな")


def test_a_radical_is_the_character_that_it_looks_like() -> None:
    assert fold_name("⻄湖区⽂三路⻰⻔") == "西湖区文三路龙门"
