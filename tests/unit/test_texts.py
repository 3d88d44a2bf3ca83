from __future__ import annotations

import dataclasses
import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.atlas import build_atlas
from geo.errors import SettingsError
from geo.settings import Settings
from geo.tables.provenance import Passage, find_unverified, mark_spans
from geo.tables.texts import SourceText, read_texts
from tests.known import DATA
from tests.unit.test_provenance import OUTPUT, SOURCE, SPENDING, TABLES_OF_BRIEF, TEXT, changed

UNHASHED = SOURCE.model_copy(update={"id": "elsewhere", "sha256": None})
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: (min(ends), max(ends))), max_size=6)


def test_a_text_that_is_the_one_of_the_source_is_read(tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_bytes(TEXT.encode())
    assert read_texts(tmp_path, [SOURCE]) == {"brief": SourceText(TEXT, matches=True)}


def test_a_text_is_read_as_it_is_with_every_line_end(tmp_path: Path) -> None:
    text = "一\r\n二\r三\n"
    (tmp_path / "brief.txt").write_bytes(text.encode())
    source = SOURCE.model_copy(update={"sha256": hashlib.sha256(text.encode()).hexdigest()})
    assert read_texts(tmp_path, [source])["brief"].text == text


@pytest.mark.parametrize("content", [b"", TEXT.encode()[:-1], b"\xef\xbb\xbf" + TEXT.encode(), TEXT.replace("\n", "\r\n").encode(), b"\xff\xfe"])
def test_another_text_is_kept_out_but_known(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "brief.txt").write_bytes(content)
    assert read_texts(tmp_path, [SOURCE]) == {"brief": SourceText("", matches=False)}


def test_a_missing_file_is_ignored(tmp_path: Path) -> None:
    assert read_texts(tmp_path, [SOURCE]) == {}
    (tmp_path / "other.txt").write_bytes(TEXT.encode())
    assert read_texts(tmp_path, [SOURCE]) == {}


def test_a_source_without_a_sha256_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.txt").write_bytes(TEXT.encode())
    assert read_texts(tmp_path, [UNHASHED]) == {}


def test_a_file_that_cannot_be_read_is_said_to_the_operator(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.mkdir()
    with pytest.raises(SettingsError) as caught:
        read_texts(tmp_path, [SOURCE])
    assert str(caught.value) == f"GEO_SOURCE_TEXTS={str(path)!r}: expected a readable file (a folder: expected a regular file)"


def test_a_folder_that_does_not_exist_is_said_to_the_operator() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"GEO_SOURCE_TEXTS": "no/such/folder"})
    assert str(caught.value) == "GEO_SOURCE_TEXTS='no/such/folder': expected a folder that exists"


def test_an_atlas_without_the_setting_has_no_texts_and_doubts_nothing(settings: Settings) -> None:
    atlas = build_atlas(settings)
    assert settings.source_texts is None
    assert atlas.texts == {}
    assert atlas.unverified == frozenset()


def test_an_atlas_with_another_text_doubts_every_figure_of_its_source(tmp_path: Path) -> None:
    (tmp_path / "report-2023.txt").write_text("合成文本\n", encoding="utf-8")
    atlas = build_atlas(Settings(host="127.0.0.1", port=8000, data=DATA, source_texts=tmp_path))
    assert atlas.texts == {"report-2023": SourceText("", matches=False)}
    assert atlas.unverified == {figure for figure in atlas.tables.indicators if figure.source == "report-2023"}
    assert len(atlas.unverified) == 36


def test_figures_that_their_text_states_are_not_doubted() -> None:
    assert find_unverified(TABLES_OF_BRIEF, {"brief": SourceText(TEXT, matches=True)}) == frozenset()


def test_figures_without_a_text_here_are_not_doubted() -> None:
    assert find_unverified(TABLES_OF_BRIEF, {}) == frozenset()
    assert find_unverified(TABLES_OF_BRIEF, {"elsewhere": SourceText("", matches=False)}) == frozenset()


def test_every_figure_of_another_text_is_doubted() -> None:
    assert find_unverified(TABLES_OF_BRIEF, {"brief": SourceText("", matches=False)}) == {OUTPUT, SPENDING}
    without_span = changed(OUTPUT, start=None, end=None)
    tables = dataclasses.replace(TABLES_OF_BRIEF, indicators=without_span)
    assert find_unverified(tables, {"brief": SourceText("", matches=False)}) == set(without_span)


@pytest.mark.parametrize("cells", [{"value": 13}, {"growth_pct": 5}, {"rank": 2}, {"end": 12}, {"unit": SPENDING.unit}])
def test_only_the_figure_that_its_span_does_not_state_is_doubted(cells: dict[str, object]) -> None:
    tables = dataclasses.replace(TABLES_OF_BRIEF, indicators=changed(OUTPUT, **cells))
    assert find_unverified(tables, {"brief": SourceText(TEXT, matches=True)}) == {tables.indicators[0]}


@pytest.mark.parametrize(
    ("start", "end", "spans", "expected"),
    [
        (0, 6, [], [("甲乙丙丁戊己", False)]),
        (0, 6, [(2, 4)], [("甲乙", False), ("丙丁", True), ("戊己", False)]),
        (0, 6, [(0, 6)], [("甲乙丙丁戊己", True)]),
        # Overlapping, nested, touching and twice the same.
        (0, 6, [(1, 4), (3, 5)], [("甲", False), ("乙丙丁戊", True), ("己", False)]),
        (0, 6, [(1, 5), (2, 3)], [("甲", False), ("乙丙丁戊", True), ("己", False)]),
        (0, 6, [(1, 3), (3, 5)], [("甲", False), ("乙丙丁戊", True), ("己", False)]),
        (0, 6, [(1, 3), (1, 3)], [("甲", False), ("乙丙", True), ("丁戊己", False)]),
        (0, 6, [(4, 5), (0, 1)], [("甲", True), ("乙丙丁", False), ("戊", True), ("己", False)]),
        # A part that starts inside of a span, and spans outside of it.
        (2, 5, [(0, 3), (5, 6)], [("丙", True), ("丁戊", False)]),
        (2, 4, [(0, 2), (4, 6)], [("丙丁", False)]),
        (2, 4, [(0, 6)], [("丙丁", True)]),
        (3, 3, [(0, 6)], []),
    ],
)
def test_spans_are_marked(start: int, end: int, spans: list[tuple[int, int]], expected: list[tuple[str, bool]]) -> None:
    assert mark_spans("甲乙丙丁戊己", start, end, spans) == tuple(Passage(text, marked) for text, marked in expected)


@given(st.text(max_size=30), SPANS, st.integers(0, 30), st.integers(0, 30))
def test_the_passages_joined_are_the_part_and_each_character_is_marked_as_the_spans_say(
    text: str, spans: list[tuple[int, int]], one: int, other: int
) -> None:
    start, end = (min(place, len(text)) for place in sorted((one, other)))
    passages = mark_spans(text, start, end, spans)
    assert "".join(passage.text for passage in passages) == text[start:end]
    marks = [passage.marked for passage in passages for _ in passage.text]
    assert marks == [any(first <= place < last for first, last in spans) for place in range(start, end)]
    assert all(passage.text for passage in passages)
    assert all(left.marked != right.marked for left, right in pairwise(passages))
