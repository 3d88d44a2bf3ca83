from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.errors import Problem, TableError
from geo.ground.bbox import Box
from geo.layers.corridors import build_belts
from geo.settings import PROJECT
from geo.tables.profile import read_profile
from geo.tables.reading import read_tables
from tests.known import DATA

TEXT = (PROJECT / "data" / "atlas.toml").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
LINE_OF = {line: number for number, line in enumerate(LINES, 1)}


def problems_of(text: str) -> list[str]:
    problems: list[Problem] = []
    assert read_profile(text, problems) is None
    return [str(problem) for problem in problems]


def test_the_shipped_profile_is_about_the_city_of_its_divisions() -> None:
    tables = read_tables(DATA)
    assert tables.profile.city.code in {row.code for row in tables.divisions}
    assert tables.profile.city.zh in tables.districts
    assert tables.profile.examples.division in tables.districts
    assert tables.profile.box == Box(*tables.profile.frame)


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        (lambda text: text.replace('code = "330100"\n', ""), [f"atlas.toml:{LINE_OF['[city]']} [city.code]: expected this key, which is missing"]),
        (lambda text: text + 'colour = "red"\n', [f"atlas.toml:{len(LINES) + 1} [examples.colour] 'red': expected no key of this name"]),
        (lambda text: text.replace("[province]", "[province"), None),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_key(change: Callable[[str], str], messages: list[str] | None) -> None:
    found = problems_of(change(TEXT))
    if messages is None:
        (found_one,) = found
        assert found_one.startswith(f"atlas.toml:{LINE_OF['[province]']}: expected TOML (")
    else:
        assert found == messages


def test_how_the_years_are_known_may_be_left_out() -> None:
    problems: list[Problem] = []
    without = re.sub(r"\[dating\].*?(?=\n\[)", "", TEXT, flags=re.DOTALL)
    profile = read_profile(without, problems)
    assert problems == []
    assert profile is not None
    assert profile.dating is None


def test_a_missing_profile_is_a_problem_beside_those_of_the_tables(data_copy: Path) -> None:
    (data_copy / "atlas.toml").unlink()
    with pytest.raises(TableError, match=r"^atlas\.toml: expected a readable file in data/$"):
        read_tables(data_copy)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:999999", "EPSG:2263"])
def test_belts_need_metres(crs: str) -> None:
    with pytest.raises(TableError, match=rf"^atlas\.toml \[projected_crs\] '{crs}': expected a projected CRS in metres, such as EPSG:4549$"):
        build_belts([], crs)
