"""One sentence: its clauses, its places, and what they say of the time and the state of a number."""

from __future__ import annotations

import re

from geo.draft.figures import Figure, Linked, Marks, Scope
from geo.draft.lexicon import AFTER_COMPLETION, DONE, ESTIMATE, FACTS, INTENDED, LASTING, MACRO, PLANS, SIGNED
from geo.draft.names import Named
from geo.draft.numbers import Mention, Role
from geo.draft.periods import Time
from geo.draft.subjects import Candidate, Memory, Spot, find_spots, rank_candidates
from geo.tables.cells import AFTER

# 由现有的80万台提升至200万台: what there is, before what there is to be.
_FROM_NOW = re.compile(r"[由从](?:现有|目前|现在|当前|原有|原来|原先)的?$")
_TO_BEGIN = re.compile(r"(?:计划|预计|拟|将)[^，,。；;]{0,10}(?:开工|动工|完工|建成|竣工|投产|投用|投运)")
_CLAUSE = re.compile(r"(?<!\d)[，,]|[，,](?!\d)|[：:]")


class Context:
    """A sentence with what stands before and around it."""

    def __init__(
        self,
        half: str,
        start: int,
        end: int,
        marks: Marks,
        memory: Memory,
        scope: Scope,
        linked: Linked,
    ) -> None:
        self.half, self.start, self.end = half, start, end
        self.mentions = [mention for _, _, mention in marks.numbers.starting_within(start, end)]
        self.times = [time for _, _, time in marks.times.starting_within(start, end)]
        self.memory, self.scope, self.linked = memory, scope, linked
        self.named, self.decided, self.claimed = marks.named, marks.decided, marks.claimed
        self.spots = find_spots(half, start, end, marks.places, marks.named, memory)
        self.clauses = self._cut_clauses()
        self.figures: list[Figure] = []
        self.shared = self._find_shared()

    # --- clauses ---

    def _cut_clauses(self) -> list[int]:
        cuts = [self.start]
        for stop in _CLAUSE.finditer(self.half, self.start, self.end):
            if not any(mention.start < stop.start() < mention.end for mention in self.mentions):
                cuts.append(stop.end())
        return cuts

    def _clause_start(self, position: int) -> int:
        return max(cut for cut in self.cuts_before(position))

    def cuts_before(self, position: int) -> list[int]:
        """Give the starts of the clauses up to a position."""
        return [cut for cut in self.clauses if cut <= position] or [self.start]

    def _clause_end(self, position: int) -> int:
        return min((cut - 1 for cut in self.clauses if cut > position), default=self.end)

    def _words_before(self, mention: Mention) -> str:
        """Give the words of the clause before a number, from the number, the place or the time before it."""
        begin = self._clause_start(mention.start)
        for other in self.mentions:
            if begin < other.end <= mention.start:
                begin = other.end
        for spot in self.spots:
            if begin < spot.end <= mention.start:
                begin = spot.end
        for time in self.times:
            if begin < time.end <= mention.start:
                begin = time.end
        return self.half[begin : mention.start]

    # --- subjects ---

    def _is_of_speaker(self, mention: Mention) -> bool:
        """Say whether a number stands in what somebody says of his own company, which no place of the text is."""
        quoted = self.half.rfind("“", self.start - 60 if self.start >= 60 else 0, mention.start)
        if quoted < 0 or self.half.find("”", quoted, mention.start) >= 0:
            return False
        said = self.half[quoted : mention.start]
        return bool(re.search(r"我们|咱们|公司|我司|企业", said)) and not any(quoted <= spot.start < mention.start for spot in self.spots)

    def _candidates(self, mention: Mention, context: str, is_count: bool) -> list[Candidate]:
        previous: list[Named] = []
        if self.figures:
            last = self.figures[-1]
            between = [spot for spot in self.spots if last.start < spot.start < mention.start and not self._is_compared(spot)]
            if not between:
                previous = last.subjects[:1] if len(last.subjects) == 1 else []
        return rank_candidates(self.half, (mention.start, mention.end), context, self.spots, self.memory, previous, is_count)

    def _is_compared(self, spot: Spot) -> bool:
        return bool(re.search(r"(?:高于|低于|快于|高出|占|居|列|位居|位列|超过|比|较|全省、)$", self.half[max(0, spot.start - 4) : spot.start]))

    def _choose(self, mention: Mention, candidates: list[Candidate]) -> list[Named]:
        if mention.start in self.decided:
            wanted = self.decided[mention.start].subjects
            return [place for place in self.named if place.name in wanted]
        if mention.start in self.shared:
            return self.shared[mention.start]
        return [candidates[0].place] if candidates else []

    def _find_shared(self) -> dict[int, list[Named]]:
        """Find amounts that are said of several places: one each behind 分别, or one of all behind 均 and 都."""
        groups: list[list[Spot]] = []
        for spot in self.spots:
            if spot.is_word:
                continue
            if groups and re.fullmatch(r"[、和及与]|以及|,到|，到|、到", self.half[groups[-1][-1].end : spot.start]):
                groups[-1].append(spot)
            else:
                groups.append([spot])
        shared: dict[int, list[Named]] = {}
        for group in groups:
            if len(group) < 2:
                continue
            last = group[-1].end
            behind = [mention for mention in self.mentions if mention.start >= last and mention.role is not Role.RANK]
            next_group = min((other[0].start for other in groups if other[0].start >= last), default=self.end)
            behind = [mention for mention in behind if mention.start < next_group]
            if not behind or re.match(r"等", self.half[last : last + 1]):
                continue
            words = self.half[last : behind[0].start]
            if "分别" in words:
                run = [behind[0]]
                for following in behind[1:]:
                    if re.fullmatch(r"[、,，和及与]+(?:下降|增长)?", self.half[run[-1].end : following.start]):
                        run.append(following)
                    else:
                        break
                if len(run) == len(group):
                    for mention, spot in zip(run, group, strict=True):
                        shared[mention.start] = [spot.place]
            elif re.search(r"[都均各皆]|[两二三四五六七八九十\d]+(?:个|地|家|大|区|市)", words):
                shared[behind[0].start] = [spot.place for spot in group]
        return shared

    # --- time and status ---

    def _time(self, mention: Mention, context: str, *, is_count: bool = False) -> tuple[str | None, bool, tuple[int, int] | None]:
        period, planned, span = self._find_time(mention, context, is_count)
        decision = self.decided.get(mention.start)
        if decision is None:
            return period, planned, span
        return decision.period, decision.is_planned, span if decision.period == period else None

    def _find_time(self, mention: Mention, context: str, is_count: bool) -> tuple[str | None, bool, tuple[int, int] | None]:
        before = self.half[self.start : mention.start]
        if _FROM_NOW.search(before):
            return None, False, None
        after = None
        for found in AFTER_COMPLETION.finditer(before):
            after = self.start + found.end()
        spoken = [time for time in self.times if time.end <= mention.start and not time.is_base]
        last = spoken[-1] if spoken else None
        label = context.partition("|")[0]
        if not self.figures and re.match(r"\s*(?:比如|例如|其中|如)", before) and self.linked.figures and last is None and after is None:
            return self.linked.figures[-1].period, self._is_planned(mention, None), None
        lasting = (
            bool(re.search(LASTING, context)) and not label.endswith("增速") and not re.search(MACRO, label) and not (is_count and "投资" in label)
        )
        if last is None and self._is_english():
            last = self._english_time(mention)
            if last is not None and last.period == AFTER:
                return AFTER, True, (last.start, last.end)
        if after is not None and (last is None or last.start < after):
            return AFTER, True, None
        planned = self._is_planned(mention, last)
        if last is not None and not (last.is_loose and last.period is None and self.scope.period is None and not planned):
            last_period = None if last.period is None and last.is_loose else last.period
            return last_period, planned or last.is_future, (last.start, last.end)
        if last is not None:
            return None, planned, None
        if self.figures and (
            re.search(r"其中[^，,]{0,12}$", self.half[self.figures[-1].end : mention.start]) or (lasting and self.figures[-1].is_count)
        ):
            # A part of what was just counted, or what it amounts to.
            return self.figures[-1].period, planned, self.figures[-1].spans.get("period")
        if lasting or re.search(
            r"现有|目前|拥有|集聚|聚集|累计|截至|建成|已引进|入驻|入园|落户", self.half[self._clause_start(mention.start) : mention.start]
        ):
            return (self.scope.plan_period if planned and not lasting else None), planned, None
        if self._is_english():
            return None, planned, None
        if planned and self.scope.plan_period:
            return self.scope.plan_period, True, None
        # What is intended is not of the time that the facts before it are of.
        if planned:
            return self.scope.heading_period if self.scope.plan_section and not lasting else None, planned, None
        return self.scope.period or self.scope.heading_period, planned, None

    def _is_english(self) -> bool:
        return self.half[self.start : self.end].isascii()

    def _english_time(self, mention: Mention) -> Time | None:
        """Give the time that stands behind the number, as in English it does."""
        following = next((other.start for other in self.mentions if other.start >= mention.end and other.role is Role.AMOUNT), self.end)
        done = AFTER_COMPLETION.search(self.half, mention.end, min(following, self.end))
        if done:
            return Time(done.start(), done.end(), AFTER)
        return next((time for time in self.times if mention.end <= time.start and not time.is_base), None)

    def _is_planned(self, mention: Mention, last: Time | None) -> bool:
        before = self.half[self.start : mention.start]
        if re.match(r"[^，,。；;]{0,14}已", self.half[mention.end : mention.end + 18]):
            return False
        plans = [found.end() for found in PLANS.finditer(before)]
        if last is not None and last.is_over:
            # 预计全年完成, in the first days of the next year, and 1—9月预计增长 tell what has come true.
            told = next((figure.start for figure in self.figures if figure.start > last.end), mention.start)
            plans = [end for end in plans if self.start + end > told or not ESTIMATE.search(before[:end])]
        # Behind 力争 a 实现 is a goal, too.
        facts = [found.end() for found in (DONE if plans else FACTS).finditer(before)]
        label = self._words_before(mention)
        if last is not None and last.is_future and last.period:
            return True
        if plans and (not facts or plans[-1] >= facts[-1]):
            return True
        clause = self.half[self._clause_start(mention.start) : self._clause_end(mention.end)]
        if mention.number.base == "大" and re.search(r"打造|培育|建设|构建", before) and not re.search(r"已|建成|形成", before):
            return True
        if re.search(r"计划|协议|意向|拟", clause) and "投资" in clause:
            return True
        if "投资" in label and not re.search(MACRO, label):
            behind = self.half[mention.end : self.end]
            if self.scope.is_signed or re.search(SIGNED, self.half[self.start : self.end]):
                return True
            # 计划6月开工 is no beginning yet.
            begun = re.search(r"开工|封顶|投产(?!后)|竣工|投用|建成投|通线|动工|落成|揭牌|启用", _TO_BEGIN.sub("", behind))
            if INTENDED.search(behind) and not begun:
                return True
        if self.scope.plan_section and not DONE.search(before) and (last is None or last.is_current):
            # 阶段目标：2022年…, in a plan of that year.
            return True
        if self._is_english():
            return False
        if facts or (last is not None and last.period and not last.is_future):
            return False
        return self.scope.plan or self.scope.plan_section
