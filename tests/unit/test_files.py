from __future__ import annotations

from pathlib import Path

import pytest

from geo.ground.files import FORMULA_STARTS, replaced, without_formula


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "list.csv"
    target.write_text("old", encoding="utf-8")
    with replaced(target) as growing:
        growing.write_text("new", encoding="utf-8")
        assert target.read_text(encoding="utf-8") == "old"
    assert target.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("elsewhere", [None, "growing.csv"])
def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, elsewhere: str | None) -> None:
    target = tmp_path / "list.csv"
    target.write_text("old", encoding="utf-8")

    def fill() -> None:
        with replaced(target, tmp_path / elsewhere if elsewhere else None) as growing:
            growing.write_text("half", encoding="utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fill()
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".list.csv.part").write_text("half of an earlier one", encoding="utf-8")
    with replaced(tmp_path / "list.csv") as growing:
        assert not growing.exists()
        growing.write_text("new", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]


def test_text_that_begins_as_a_formula_has_an_apostrophe_in_front() -> None:
    for start in FORMULA_STARTS:
        assert without_formula(f"{start}1+1") == f"'{start}1+1"
    assert without_formula("滨江区=1") == "滨江区=1"
    assert without_formula("") == ""
