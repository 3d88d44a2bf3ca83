"""Drafts that are accepted into a copy of the invented city."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geo.draft.running import DRAFT, write_draft
from geo.draft.writing import JOURNAL, DraftError, accept_draft
from geo.settings import PROJECT
from geo.tables.provenance import check_text
from geo.tables.reading import read_tables

CITY = PROJECT / "tests/data/qinglan"
TEXT = (
    "松原经开区一季度简报\n\n一季度，松原经开区规上工业总产值88.6亿元，同比增长12.4%，总量居全市第二。\n\n"
    "柏川新材料产业园占地300亩，预计净利润4.2亿至4.8亿元，同比增长25%—43%。全部达产后年产能34万千瓦。咨询电话0571-87654321。\n"
)
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITY, tmp_path / "data"))


@pytest.fixture
def draft(data: Path, tmp_path: Path) -> Path:
    report = tmp_path / "spring.txt"
    report.write_text(TEXT, encoding="utf-8")
    places = tmp_path / "places.csv"
    places.write_text("name,kind\n松原经开区,platform\n柏川新材料产业园,park\n", encoding="utf-8")
    write_draft(read_tables(data), report, tmp_path / "draft", date(2024, 5, 10), "松原经开区", places, None, None)
    return tmp_path / "draft"


def edit(draft: Path, change: Change) -> None:
    path = draft / DRAFT
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def accept_all(document: dict[str, Any]) -> None:
    for one in (*document["places"], *document["figures"]):
        one["state"] = "accepted"


def content_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_accepted_is_in_the_tables_and_every_pointer_of_it_verifies(data: Path, draft: Path) -> None:
    edit(draft, accept_all)
    before = content_of(data)
    assert any("indicators.csv" in line for line in accept_draft(data, draft, write=False))
    assert content_of(data) == before
    accept_draft(data, draft, write=True)
    tables = read_tables(data)
    source = tables.sources_by_id["spring"]
    assert check_text(tables, source, TEXT) == []
    rows = [row for row in tables.indicators if row.source == "spring"]
    assert [(str(row.value), row.unit.zh if row.unit else None, row.period.text if row.period else None, row.rank) for row in rows] == [
        ("88.6", "亿元", "2024-Q1", 2),
        ("300", "亩", None, None),
        ("4.2", "亿元", None, None),
        ("34", "万千瓦", "after", None),
    ]
    assert (str(rows[2].value_max), str(rows[2].growth_pct), str(rows[2].growth_max)) == ("4.8", "25", "43")


def test_the_second_time_nothing_changes(data: Path, draft: Path) -> None:
    edit(draft, accept_all)
    accept_draft(data, draft, write=True)
    once = content_of(data)
    assert accept_draft(data, draft, write=True) == ["nothing to write: the tables have all of it"]
    assert content_of(data) == once


def test_tables_of_other_sources_keep_their_rows(data: Path, draft: Path) -> None:
    before = read_tables(data)
    edit(draft, accept_all)
    accept_draft(data, draft, write=True)
    after = read_tables(data)
    assert after.indicators[: len(before.indicators)] == before.indicators
    assert after.places[: len(before.places)] == before.places


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document["figures"][0].update(state="proposed"), "neither accepted nor rejected yet"),
        (lambda document: document["figures"][0].update(state="rejected"), "rejected, but reason is None"),
        (lambda document: document["figures"][0].update(value="89"), "does not state the value 89"),
        (lambda document: document["figures"][0].update(subject="无名园"), "is no accepted place"),
        (lambda document: document["figures"][0].update(unit="瓶盖"), "expected one that says of what"),
        (lambda document: document["places"][1].update(state="rejected"), "is no accepted place"),
        (lambda document: document["places"][1].update(kind="company"), "kind 'company'"),
        (lambda document: document["other_numbers"].clear(), "a number that no row"),
        (lambda document: document.update(version=99), "version 99, expected"),
        (lambda document: document["source"].update(sha256="0" * 64), "is not the text"),
        (lambda document: document["figures"][0].pop("unit"), "not in the form"),
        (lambda document: document["places"][1].update(id="=1+1"), r"\[id\] '=1\+1'"),
        (lambda document: document["source"].update(title='=HYPERLINK("http://x","y")'), "take for a formula"),
        (lambda document: document["figures"][0].update(label="@SUM(1)", indicator=None), "take for a formula"),
        (lambda document: document["places"][1].update(name_en="+1"), "take for a formula"),
        (lambda document: document["source"].update(title="a\u202eb"), "RIGHT-TO-LEFT OVERRIDE"),
        (lambda document: document["source"].update(url="javascript:alert(1)"), "starts with http"),
    ],
)
def test_what_keeps_a_draft_from_being_written_is_said_and_nothing_is(data: Path, draft: Path, change: Change, message: str) -> None:
    edit(draft, accept_all)
    edit(draft, change)
    before = content_of(data)
    with pytest.raises(DraftError, match=message):
        accept_draft(data, draft, write=True)
    assert content_of(data) == before


def test_a_rejected_figure_with_its_reason_is_told_as_another_number(data: Path, draft: Path) -> None:
    edit(draft, accept_all)
    edit(draft, lambda document: document["figures"][1].update(state="rejected", reason="size"))
    accept_draft(data, draft, write=True)
    reasons = [row.reason.value for row in read_tables(data).other_numbers if row.source == "spring"]
    assert "size" in reasons and "contact" in reasons


def test_a_run_that_was_killed_between_two_renames_is_ended_by_the_next(data: Path, draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(draft, accept_all)
    rename, renamed = Path.replace, 0

    def killed(self: Path, target: Path) -> Path:
        nonlocal renamed
        renamed += 1
        if renamed == 4:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        accept_draft(data, draft, write=True)
    monkeypatch.undo()
    assert (data / JOURNAL).exists()
    assert accept_draft(data, draft, write=True) == ["nothing to write: the tables have all of it"]
    assert not (data / JOURNAL).exists()
    assert check_text(read_tables(data), read_tables(data).sources_by_id["spring"], TEXT) == []
