"""From numbers, times and places to figures: subject, period, status, growth and rank of each, with rivals and reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from geo.draft.figures import Decision, Figure, Linked, Marks, Scope
from geo.draft.lexicon import FACT_HEADINGS, PLAN_HEADINGS, TENDERS
from geo.draft.names import Named
from geo.draft.numbers import Mention
from geo.draft.periods import Time
from geo.draft.sentences import Sentence
from geo.draft.subjects import Memory
from geo.tables.spans import Spans

_MOST_SENTENCE = 600
_SENTENCE_END = re.compile(r"[。！？!?；;\n]|(?<=[a-z])\.(?=\s|$)|(?<=[\d%])\.(?=\s+[A-Z]|$)")


def link(
    half: str,
    mentions: Sequence[Mention],
    times: Sequence[Time],
    named: Sequence[Named],
    host: Named | None,
    decided: Mapping[int, Decision],
) -> Linked:
    """Link every number of a text.

    Parameters
    ----------
    half
        The text in half width.
    mentions
        Its numbers, in order.
    times
        Its times, in order.
    named
        Its places.
    host
        What it is about.
    decided
        What a person has said, by where the number of the figure begins.
    """
    marks = Marks(
        numbers=Spans((mention.start, mention.end, mention) for mention in mentions if mention.role is not None),
        times=Spans((time.start, time.end, time) for time in times),
        places=Spans((start, end, place) for place in named for start, end in place.mentions),
        named=named,
        decided=decided,
        claimed=Spans(
            (*span, start)
            for start, decision in decided.items()
            for span in (decision.growth, decision.rank)
            if span is not None and span[0] != start
        ),
    )
    linked = Linked([], [(mention.start, mention.end, mention.reason) for mention in mentions if mention.reason is not None])
    memory, scope = Memory(host), Scope()
    for line_start, line_end in _lines(half):
        line = half[line_start:line_end]
        _enter_line(half, line_start, line_end, marks, memory, scope)
        if not line.strip():
            continue
        for start, end in _sentences(half, line_start, line_end):
            if _POINT.match(half, start):
                # 二是… speaks of the host again, until it names another place.
                memory.topic, memory.last = None, []
            Sentence(half, start, end, marks, memory, scope, linked).link()
    linked.figures.sort(key=lambda figure: (figure.start, figure.end))
    return linked


def _lines(half: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in half.splitlines(keepends=True):
        yield start, start + len(line)
        start += len(line)


def _sentences(half: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for stop in _SENTENCE_END.finditer(half, start, end):
        if half[position : stop.start()].strip():
            yield from _bounded(half, position, stop.end())
        position = stop.end()
    if half[position:end].strip():
        yield from _bounded(half, position, end)


def _bounded(half: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence that is longer than anybody writes, at a comma where it has one: what is within is looked at pairwise."""
    while end - start > _MOST_SENTENCE:
        cut = max(half.rfind(stop, start, start + _MOST_SENTENCE) for stop in "，,、 ") + 1
        cut = cut if cut > start else start + _MOST_SENTENCE
        yield start, cut
        start = cut
    yield start, end


_HEADING = re.compile(r"^[\s\u3000]*(?:[（(]?[一二三四五六七八九十\d]{1,3}[)）、.．]|第[一二三四五六七八九十\d]+[章节部]|[#【])?")
_YEAR_OPENS = re.compile(
    r"(?:(?:19|20)\d{2}年|今年|过去一年|过去的一年)[，,]?(?:是[^，。；]{0,30}(?:年|之年)(?=[，。；])|(?P<aims>[^，。；：:]{0,24}(?:目标|任务|总体要求)(?:是|为|如下)?[：:]))"
)
_POINT = re.compile(r"\s*[一二三四五六七八九十]是")
_GOES_ON = re.compile(r"其中|(?:分|从|按)[\u4e00-\u9fff]{1,8}[看分](?=[，,：:]|[\u4e00-\u9fff])|具体来?看|重点[\u4e00-\u9fff]{1,6}中")
_LEAD = re.compile(r"^[\s\u3000]*(?:[（(]?[一二三四五六七八九十]{1,3}[)）、.．]\s*)?([\u4e00-\u9fff“”]{2,14}[。：:])")


def _enter_line(half: str, start: int, end: int, marks: Marks, memory: Memory, scope: Scope) -> None:
    line = half[start:end].strip()
    if not line:
        return
    memory.topic = None
    memory.last = []
    has_figures = bool(marks.numbers.starting_within(start, end))
    bullet = line[0] if not line[0].isalnum() and line[0] not in "（(“《【" else ""
    if (not bullet or bullet != scope.bullet) and not _GOES_ON.match(line):
        # The points of a list go on with the time of the first, and 分行业看 with that of the paragraph before it.
        scope.period = None
    scope.span = None
    scope.bullet = bullet
    scope.plan, scope.plan_period, scope.is_signed = False, None, False
    opened = _YEAR_OPENS.match(line)
    if opened:
        spoken = [time for _, _, time in marks.times.starting_within(start, end) if time.period]
        if spoken:
            # 2023年是…一年, and 2024年主要预期目标是, give their year to the paragraphs that follow.
            _head(scope, spoken[0])
        scope.plan_section = opened["aims"] is not None
    is_heading = (
        len(line) <= 40
        and not re.search(r"[。；;]$", line)
        and (not has_figures or (len(line) <= 24 and not re.search(r"\d[\d.]*(?:[亿万]|%)", line)))
    )
    lead = _LEAD.match(half[start:end])
    said = line if is_heading else lead[1] if lead else ""
    if PLAN_HEADINGS.search(said) and not FACT_HEADINGS.search(said):
        scope.plan_section = True
    elif FACT_HEADINGS.search(said) or (is_heading and not re.match(r"[（(]|\d", line)):
        scope.plan_section = False
    is_title = not memory.seen and len(line) <= 40 and not re.search(r"[。；;]$", line)
    if is_heading or is_title:
        places = [place for _, _, place in marks.places.starting_within(start, end)]
        if places:
            memory.section = places[0]
            memory.see(places)
        spoken = [time for _, _, time in marks.times.starting_within(start, end) if time.period and not time.is_base]
        if spoken and not re.match(r"[图表]\s*\d", line):
            _head(scope, spoken[0])
        years = [
            said for _, _, time in marks.times.starting_within(start, end) for said in (time.period, time.unsaid) if said and _YEARS.fullmatch(said)
        ]
        scope.plan_years = years[0] if years else scope.plan_years
    scope.is_tender = scope.is_tender or bool(is_title and TENDERS.search(line))


_YEARS = re.compile(r"\d{4}/\d{4}")


def _head(scope: Scope, time: Time) -> None:
    scope.heading_period, scope.heading_is_future, scope.heading_is_over = time.period, time.is_future, time.is_over


def spread(figures: Sequence[Figure]) -> Iterator[tuple[Figure, Named | None]]:
    """Give each figure once for every place that it is said of."""
    for figure in figures:
        if not figure.subjects:
            yield figure, None
        for place in figure.subjects:
            yield figure, place
