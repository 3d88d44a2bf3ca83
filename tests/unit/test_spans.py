from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geo.tables.spans import Spans

SPAN = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda span: (span[0], span[0] + span[1]))


@given(st.lists(SPAN, max_size=20), SPAN)
def test_spans_are_found_as_by_looking_at_each(spans: list[tuple[int, int]], part: tuple[int, int]) -> None:
    index = Spans((*span, position) for position, span in enumerate(spans))
    start, end = part
    assert {value for _, _, value in index.overlapping(start, end)} == {n for n, (s, e) in enumerate(spans) if s < end and start < e}
    assert index.cover(start, end) == any(s <= start and end <= e for s, e in spans)
    assert sorted(value for _, _, value in index.starting_within(start, end)) == [n for n, (s, _) in enumerate(spans) if start <= s < end]
