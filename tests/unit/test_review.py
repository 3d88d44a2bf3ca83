"""The review of a draft without its page: what an action makes of a draft, what is linked anew, and what is on the disk when."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.draft.given import Aids, DecisionError
from geo.draft.readers import DocumentError
from geo.draft.review import ALIVE_S, HISTORY, Review, ReviewError, difference, patched
from geo.draft.running import DRAFT, match_places, name_indicators, write_draft
from geo.draft.writing import DraftError, accept_draft
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.settings import PROJECT
from geo.tables.reading import read_tables

CITY = PROJECT / "tests/data/qinglan"
TEXT = (
    "松原经开区一季度简报\n\n一季度，松原经开区规上工业总产值88.6亿元，同比增长12.4%，总量居全市第二。\n\n石湾临港园招商有进展。\n\n"
    "柏川新材料产业园占地300亩，预计净利润4.2亿元。\n\n"
    "税收5.1亿元，用工1200人，投资超亿元项目多。产值9.9亿元。\n"
)
TAB = "tab"
Start = Callable[[str], Review]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITY, tmp_path / "data"))


ALIKE = (
    "松原经开区简报\n\n松原经开区产值88.6亿元，比去年多12.4%，总量居第二。\n\n石湾临港园产值20亿元，比去年多3%，总量居第五。\n\n"
    "柏川新材料产业园产值7亿元，比去年多4%，总量居第六。\n\n松原经开区税收6亿元，降幅为2%，企业9户。石湾临港园税收5亿元，降幅为1%，企业8户。\n"
)


@pytest.fixture
def report_text() -> str:
    return TEXT


@pytest.fixture
def folder(data: Path, tmp_path: Path, report_text: str) -> Path:
    report = tmp_path / "spring.txt"
    report.write_text(report_text, encoding="utf-8")
    write_draft(read_tables(data), report, tmp_path / "draft", date(2024, 5, 10), "松原经开区", None, None, None)
    return tmp_path / "draft"


def open_review(folder: Path, data: Path, clock: Callable[[], float] = lambda: 0.0) -> Review:
    tables = read_tables(data)
    aids = Aids(
        partial(name_indicators, tables=tables),
        partial(match_places, geocoder=OfflineGeocoder(Gazetteer(tables))),
        lambda lon, lat: "石湾区" if 108.1 < lon < 108.4 and 33.9 < lat < 34.1 else None,
    )
    review = Review(folder, data, aids, clock)
    assert review.claim(TAB)
    return review


def do(review: Review, name: str, **action: Any) -> None:
    review.act(TAB, review.document["review"]["revision"], {"do": name, **action})


def place(review: Review, name: str) -> int:
    return next(index for index, one in enumerate(review.document["places"]) if one["name"] == name)


def figure(review: Review, value: str) -> int:
    return next(index for index, one in enumerate(review.document["figures"]) if one["value"] == value)


def on_disk(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / DRAFT).read_text(encoding="utf-8"))
    return document


@pytest.fixture
def linked(folder: Path, data: Path) -> Review:
    """A review whose places are confirmed and whose figures are linked with them."""
    review = open_review(folder, data)
    do(review, "source", fields={})
    for index in range(len(review.document["places"])):
        do(review, "place", index=index, fields={"state": "accepted"})
    do(review, "stage", stage="figures")
    return review


def test_places_come_first_and_each_is_decided(folder: Path, data: Path) -> None:
    review = open_review(folder, data)
    with pytest.raises(DecisionError, match="open_place"):
        do(review, "stage", stage="figures")


def test_what_is_corrected_links_what_follows_and_marks_what_has_changed(linked: Review) -> None:
    review = linked
    host, port = "松原经开区", "石湾临港园"
    assert {review.document["figures"][figure(review, value)]["subject"] for value in ("5.1", "1200", "9.9")} == {host}
    do(review, "figure", index=figure(review, "5.1"), fields={"subject": port})
    assert review.document["figures"][figure(review, "5.1")]["edited"]
    for value in ("1200", "9.9"):
        following = review.document["figures"][figure(review, value)]
        assert (following["subject"], following.get("changed")) == (port, ["subject"])
    assert review.document["figures"][figure(review, "88.6")]["subject"] == host
    assert "changed" not in review.document["figures"][figure(review, "88.6")]


def test_a_growth_that_is_taken_from_a_figure_is_offered_as_one_of_its_own(linked: Review) -> None:
    review = linked
    do(review, "figure", index=figure(review, "88.6"), fields={"growth_pct": ""})
    rate = review.document["figures"][figure(review, "12.4")]
    assert (rate["subject"], rate["growth_pct"], rate["changed"]) == ("松原经开区", "12.4", ["new"])
    do(review, "figure", index=figure(review, "88.6"), fields={"growth_pct": "12.4", "spans": {"growth": rate["spans"]["growth"]}})
    assert "12.4" not in {one["value"] for one in review.document["figures"]}


@pytest.mark.parametrize("report_text", [ALIKE])
@pytest.mark.parametrize(
    ("value", "fields", "others"),
    [
        ("88.6", {"label": "工业总产值"}, {"20": "工业总产值", "7": "工业总产值", "6": "税收", "9": "企业"}),
        ("9", {"unit": "家"}, {"8": "家", "20": "亿元"}),
        ("88.6", {"rank_scope": "全省"}, {"20": "全省", "7": "全省", "6": None}),
        ("6", {"growth_pct": "2"}, {"5": "1", "20": None}),
    ],
)
def test_what_is_corrected_is_corrected_in_what_was_drafted_alike(linked: Review, value: str, fields: dict[str, str], others: dict[str, Any]) -> None:
    review = linked
    (part,) = fields
    before = review.document["figures"]
    do(review, "figure", index=figure(review, value), fields=fields)
    for other, expected in others.items():
        now, old = review.document["figures"][figure(review, other)], before[figure(review, other)]
        assert now[part] == expected
        assert (part in now.get("changed", ())) == (now[part] != old[part])
    # A later decision is nearer to what follows it.
    do(review, "figure", index=figure(review, next(iter(others))), fields={part: before[figure(review, value)][part] or "全市"})
    assert review.document["figures"][figure(review, value)][part] == fields[part]
    for _ in range(2):
        review.undo(TAB, review.document["review"]["revision"])
    assert review.document["figures"] == before


@pytest.mark.parametrize("report_text", [ALIKE.replace("比去年多", "涨了约有")])
def test_a_rate_that_is_said_to_be_a_growth_makes_growths_of_those_introduced_alike(linked: Review) -> None:
    review = linked
    assert review.document["figures"][figure(review, "88.6")]["growth_pct"] is None
    span = review.document["figures"][figure(review, "12.4")]["spans"]["value"]
    do(review, "figure", index=figure(review, "88.6"), fields={"growth_pct": "12.4", "spans": {"growth": span}})
    for value, growth in (("20", "3"), ("7", "4")):
        assert review.document["figures"][figure(review, value)]["growth_pct"] == growth
    assert {"12.4", "3", "4"}.isdisjoint({one["value"] for one in review.document["figures"]})


def test_what_is_decided_is_not_read_anew(linked: Review) -> None:
    review = linked
    do(review, "figure", index=figure(review, "5.1"), fields={"state": "accepted"})
    decided = review.document["figures"][figure(review, "5.1")]
    do(review, "figure", index=figure(review, "4.2"), fields={"subject": "石湾临港园"})
    do(review, "place", index=place(review, "石湾临港园"), fields={"kind": "park"})
    assert review.document["figures"][figure(review, "5.1")] == decided


def test_a_place_that_is_refused_later_owns_nothing_that_is_open(linked: Review) -> None:
    review = linked
    do(review, "place", index=place(review, "柏川新材料产业园"), fields={"state": "rejected"})
    assert "柏川新材料产业园" not in {one["subject"] for one in review.document["figures"]}


def test_the_numbers_of_a_company_are_proposed_as_its_own(linked: Review) -> None:
    review = linked
    do(review, "place", index=place(review, "柏川新材料产业园"), fields={"kind": "company"})
    assert review.document["figures"][figure(review, "300")]["reason"] == "company"
    with pytest.raises(DecisionError, match="company"):
        do(review, "figure", index=figure(review, "300"), fields={"state": "accepted"})


def test_another_name_of_a_place_is_no_place_of_its_own(linked: Review) -> None:
    review = linked
    do(review, "place_merge", index=place(review, "柏川新材料产业园"), into=place(review, "石湾临港园"))
    assert "柏川新材料产业园" in review.document["places"][place(review, "石湾临港园")]["aliases"]
    assert review.document["figures"][figure(review, "300")]["subject"] == "石湾临港园"


def test_a_new_figure_is_made_of_a_part_of_the_text_and_joined_to_the_one_before(linked: Review) -> None:
    review = linked
    before = len(review.document["figures"])
    start = TEXT.index("一季度，")
    with pytest.raises(DecisionError, match="no_number"):
        do(review, "figure_new", start=TEXT.index("招商"), end=TEXT.index("招商") + 2)
    with pytest.raises(DecisionError, match="span"):
        do(review, "figure_new", start=start, end=len(review.text) + 5)
    start = TEXT.index("亿元项目")
    do(review, "figure_new", start=start, end=start + 2)
    assert len(review.document["figures"]) == before + 1
    assert review.document["figures"][figure(review, "1")]["subject"] == "松原经开区"
    with pytest.raises(DecisionError, match="told"):
        do(review, "figure_new", start=start, end=start + 2)


def test_an_edge_that_is_moved_reads_the_number_anew(linked: Review) -> None:
    review = linked
    index = figure(review, "300")
    start = review.document["figures"][index]["start"]
    do(review, "figure_edge", index=index, edge="start", by=1)
    assert (review.document["figures"][index]["value"], review.document["figures"][index]["start"]) == ("0", start + 1)
    do(review, "figure_edge", index=index, edge="start", by=-1)
    assert review.document["figures"][index]["value"] == "300"


def test_the_sure_ones_of_a_paragraph_are_accepted_at_once(linked: Review) -> None:
    review = linked
    paragraph = review.document["figures"][figure(review, "88.6")]["paragraph"]
    do(review, "paragraph_sure", paragraph=paragraph)
    assert review.document["figures"][figure(review, "88.6")]["state"] == "accepted"
    assert review.document["figures"][figure(review, "300")]["state"] == "proposed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"subject": "无名园", "state": "accepted"}, "subject"),
        ({"value": "很多"}, "value"),
        ({"unit": "瓶盖"}, "unit"),
        ({"period": "去年"}, "period"),
        ({"rank": "x"}, "rank"),
        ({"rank": "3", "rank_scope": "", "state": "accepted"}, "scope"),
        ({"label": ""}, "empty_field"),
        ({"label": "x" * 500}, "long"),
        ({"label": "产值\u202e"}, "long"),
        ({"start": 3}, "unknown"),
        ({"value": "", "rank": "", "growth_pct": "", "state": "accepted"}, "empty"),
    ],
)
def test_what_cannot_be_so_is_refused_and_nothing_changes(linked: Review, folder: Path, fields: dict[str, Any], code: str) -> None:
    before = (folder / DRAFT).read_bytes()
    with pytest.raises(DecisionError) as refused:
        do(linked, "figure", index=0, fields=fields)
    assert refused.value.code == code
    assert (folder / DRAFT).read_bytes() == before


@pytest.mark.parametrize(
    "action", [{"do": "fly"}, {"do": "figure", "index": 999, "fields": {}}, {"do": "figure"}, {"do": "other", "start": "x", "end": 2}, {}]
)
def test_an_action_that_is_none_is_refused(linked: Review, action: dict[str, Any]) -> None:
    with pytest.raises(DecisionError, match="unknown"):
        linked.act(TAB, linked.document["review"]["revision"], action)


def test_a_point_lies_in_the_city(folder: Path, data: Path) -> None:
    review = open_review(folder, data)
    index = place(review, "柏川新材料产业园")
    do(review, "place", index=index, fields={"location": {"lon": "108.2", "lat": "34.0", "uncertainty_m": "900"}})
    assert review.document["places"][index]["location"] == {"lon": 108.2, "lat": 34.0, "uncertainty_m": 900, "district": "石湾区"}
    for location in ({"lon": "1", "lat": "1", "uncertainty_m": "9"}, {"lon": "nan", "lat": "34", "uncertainty_m": "9"}, {"lon": "108.2"}, "there"):
        with pytest.raises(DecisionError, match=r"outside|location"):
            do(review, "place", index=index, fields={"location": location})


def test_everything_is_taken_back_step_by_step_also_by_the_next_process(folder: Path, data: Path, linked: Review) -> None:
    steps = linked.document["review"]["steps"]
    do(linked, "figure", index=figure(linked, "4.2"), fields={"subject": "石湾临港园"})
    again = open_review(folder, data)
    assert again.document == linked.document
    for _ in range(steps + 1):
        again.undo(TAB, again.document["review"]["revision"])
    assert {one["state"] for one in (*again.document["places"], *again.document["figures"])} == {"proposed"}
    assert not again.document["review"]["source"]
    with pytest.raises(ReviewError, match="nothing"):
        again.undo(TAB, again.document["review"]["revision"])


@pytest.mark.parametrize("killed_at", ["append", "rename"])
def test_a_process_that_is_killed_loses_the_last_key_at_most(folder: Path, data: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str) -> None:
    review = open_review(folder, data)
    do(review, "source", fields={})
    do(review, "place", index=0, fields={"state": "accepted"})
    if killed_at == "append":
        with (folder / HISTORY).open("a", encoding="utf-8") as file:
            file.write('{"places": {"at": 1, "go')
    else:

        def killed(self: Path, target: Path) -> Path:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            do(review, "place", index=1, fields={"state": "accepted"})
        monkeypatch.undo()
    again = open_review(folder, data)
    assert [one["state"] for one in again.document["places"]][:2] == ["accepted", "proposed"]
    again.undo(TAB, again.document["review"]["revision"])
    assert again.document["places"][0]["state"] == "proposed"
    do(again, "place", index=0, fields={"state": "rejected"})
    assert on_disk(folder)["places"][0]["state"] == "rejected"


def test_one_tab_writes_until_it_goes_or_another_takes_over(folder: Path, data: Path) -> None:
    now = [0.0]
    review = open_review(folder, data, lambda: now[0])
    assert not review.claim("other")
    with pytest.raises(ReviewError, match="reader"):
        review.act("other", 0, {"do": "source", "fields": {}})
    assert review.claim("other", take=True)
    assert not review.claim(TAB)
    now[0] += ALIVE_S + 1
    assert review.claim(TAB)
    review.release(TAB)
    assert review.claim("other")


def test_a_draft_that_was_changed_elsewhere_is_read_again_and_not_written_over(folder: Path, data: Path) -> None:
    review = open_review(folder, data)
    with pytest.raises(ReviewError, match="stale"):
        review.act(TAB, 7, {"do": "source", "fields": {}})
    other = open_review(folder, data)
    do(other, "source", fields={"publisher": "晚报"})
    with pytest.raises(ReviewError, match="stale"):
        do(review, "source", fields={"publisher": "早报"})
    assert on_disk(folder)["source"]["publisher"] == "晚报"
    do(review, "source", fields={"publisher": "早报"})
    assert on_disk(folder)["source"]["publisher"] == "早报"


def test_a_draft_under_review_is_not_drafted_over(folder: Path, data: Path, tmp_path: Path) -> None:
    do(open_review(folder, data), "source", fields={})
    with pytest.raises(DocumentError, match="under review"):
        write_draft(read_tables(data), tmp_path / "spring.txt", folder, None, None, None, None, None)


def test_what_is_not_told_keeps_a_draft_from_being_written(linked: Review, data: Path, folder: Path) -> None:
    review = linked
    for index, one in enumerate(review.document["figures"]):
        do(
            review,
            "figure",
            index=index,
            fields={"state": "accepted"} if one["rank"] is None or one["rank_scope"] else {"rank": "", "state": "accepted"},
        )
    start = review.document["figures"][figure(review, "1200")]["start"]
    do(review, "figure_edge", index=figure(review, "1200"), edge="start", by=1)
    do(review, "figure", index=next(i for i, one in enumerate(review.document["figures"]) if one["start"] == start + 1), fields={"state": "accepted"})
    revision = review.document["review"]["revision"]
    with pytest.raises(DraftError, match="a number that no row"):
        review.accept(TAB, revision, write=True)
    review.undo(TAB, revision)
    review.undo(TAB, revision + 1)
    assert any("indicators.csv" in line for line in review.accept(TAB, review.document["review"]["revision"], write=True))
    assert accept_draft(data, folder, write=True) == ["nothing to write: the tables have all of it"]


def test_places_that_lie_in_each_other_are_refused(linked: Review, data: Path, folder: Path) -> None:
    review = linked
    do(review, "place", index=place(review, "柏川新材料产业园"), fields={"parent": "松原经开区"})
    do(review, "place", index=place(review, "松原经开区"), fields={"parent": "柏川新材料产业园"})
    with pytest.raises(DraftError, match="each lies in another"):
        accept_draft(data, folder, write=True)


DOCUMENTS = st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(0, 3), max_size=6) | st.text(max_size=3), max_size=3)


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_makes_one_document_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert patched(before, difference(before, after)) == after
