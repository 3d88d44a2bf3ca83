"""One sentence: its clauses, its places, and what they say of the time and the state of a number."""

from __future__ import annotations

import re
from dataclasses import replace

from geo.draft.figures import Figure, Linked, Marks, Scope
from geo.draft.lexicon import AFTER_COMPLETION, DONE, ESTIMATE, FACTS, FLOWS, INTENDED, LASTING, MACRO, PLANS, SIGNED
from geo.draft.names import Named
from geo.draft.numbers import Mention, Role
from geo.draft.periods import Refers, Time
from geo.draft.subjects import SITES, Candidate, Memory, Spot, find_spots, rank_candidates
from geo.tables.cells import AFTER

# 由现有的80万台提升至200万台: what there is, before what there is to be.
_FROM_NOW = re.compile(r"[由从](?:现有|目前|现在|当前|原有|原来|原先)的?$")
_TO_BEGIN = re.compile(r"(?:计划|预计|拟|将)[^，,。；;]{0,10}(?:开工|动工|完工|建成|竣工|投产|投用|投运)")
# What belongs to a time behind its number: 5月底, 年底前.
_TIME_ENDS = re.compile(r"(?:年?[底末初](?!端|期|次))?(?:之前|前(?!期|沿|景|列|端|[一二三四五六七八九十两\d]))?")
# Behind it an English sentence speaks of something else.
_ENGLISH_TURN = re.compile(r", (?:the|it|its|and|which|with|while)\b")
# So far behind 上年同期 stands what it is said of, and so many figures before it may be the one that it repeats.
_MOST_GOVERNED, _MOST_BACK = 12, 3
_ASIDE_BEFORE = re.compile(r"其中[，,:：]?$")
_ASIDE_BEHIND = re.compile("当月|单月|当季")
_MANY_YEARS = re.compile(r"\d{4}/(?:\d{4})?")
_CLAUSE = re.compile(r"(?<!\d)[，,]|[，,](?!\d)|[：:]")


def _years_of(time: Time) -> list[Time]:
    """Give each year of 2021年至2023年, which amounts may be said of one by one."""
    years = re.fullmatch(r"(\d{4})/(\d{4})", time.period or "")
    return [replace(time, period=str(year)) for year in range(int(years[1]), int(years[2]) + 1)] if years else [time]


_MONTHS = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>\d)|-(?P<first>\d\d)(?:/(?P=year)-(?P<last>\d\d))?)?")


def _months_of(period: str | None) -> tuple[int, int] | None:
    """Give the first and the last month of a year or a part of it, counted from the year 0."""
    found = _MONTHS.fullmatch(period or "")
    if not found:
        return None
    year = 12 * int(found["year"])
    if found["quarter"]:
        return year + 3 * int(found["quarter"]) - 2, year + 3 * int(found["quarter"])
    first = int(found["first"] or 1)
    return year + first, year + int(found["last"] or found["first"] or 12)


def _is_detail(period: str | None, wider: str | None) -> bool:
    """Say whether a time is a later part of another one, as 6月 is of 上半年; 1—9月 of 2024 says how far the year has come, and takes its place."""
    inner, outer = _months_of(period), _months_of(wider)
    return inner is not None and outer is not None and outer[0] < inner[0] and inner[1] <= outer[1]


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
        self.memory, self.scope, self.linked = memory, scope, linked
        self.times: list[Time] = []
        for _, _, time in marks.times.starting_within(start, end):
            if time.refers is not Refers.PLAN or not time.is_loose:
                self.times.append(self._placed(time))
        self.named, self.decided, self.claimed = marks.named, marks.decided, marks.claimed
        self.spots = find_spots(half, start, end, marks.places, marks.named, memory)
        self.clauses = self._cut_clauses()
        self.figures: list[Figure] = []
        self.shared = self._find_shared()
        self.shared_times = self._find_shared_times()

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
        return self._words_to(mention.start)

    def _words_to(self, position: int) -> str:
        begin = self._clause_start(position)
        for other in self.mentions:
            if begin < other.end <= position:
                begin = other.end
        for spot in self.spots:
            if begin < spot.end <= position:
                begin = spot.end
        for time in self.times:
            end = _TIME_ENDS.match(self.half, time.end, position).end() if time.end <= position else 0  # type: ignore[union-attr]
            if begin < end:
                begin = end
        return self.half[begin:position]

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
                run = self._run_from(behind)
                if len(run) == len(group):
                    for mention, spot in zip(run, group, strict=True):
                        shared[mention.start] = [spot.place]
            elif re.search(r"[都均各皆]|[两二三四五六七八九十\d]+(?:个|地|家|大|区|市)", words):
                shared[behind[0].start] = [spot.place for spot in group]
        return shared

    def _run_from(self, behind: list[Mention]) -> list[Mention]:
        """Give the numbers of one enumeration, from the first of these on."""
        run = behind[:1]
        for following in behind[1:]:
            if not re.fullmatch(r"[、,，和及与]+(?:下降|增长)?", self.half[run[-1].end : following.start]):
                break
            run.append(following)
        return run

    # --- time and status ---

    def _find_shared_times(self) -> dict[int, Time]:
        """Find amounts that are said of several times, one each: 2023年、2024年产值分别为30亿元和36亿元."""
        groups: list[list[Time]] = []
        for time in self.times:
            if time.period is None or time.is_base:
                continue
            if groups and re.fullmatch(r"[、和及与]|以及", self.half[groups[-1][-1].end : time.start]):
                groups[-1].append(time)
            else:
                groups.append([time])
        shared: dict[int, Time] = {}
        for group in groups:
            behind = [mention for mention in self.mentions if mention.start >= group[-1].end and mention.role is not Role.RANK]
            run = self._run_from(behind)
            if len(group) == 1:
                group = _years_of(group[0])
            if len(group) > 1 and len(run) == len(group) and "分别" in self.half[group[-1].end : run[0].start]:
                shared |= {mention.start: time for mention, time in zip(run, group, strict=True)}
        return shared

    def _time(self, mention: Mention, context: str, *, is_count: bool = False) -> tuple[str | None, bool, tuple[int, int] | None]:
        period, planned, span = self._find_time(mention, context, is_count)
        decision = self.decided.get(mention.start)
        if decision is None:
            return period, planned, span
        return decision.period, decision.is_planned, span if decision.period == period else None

    def _placed(self, time: Time) -> Time:
        """Give a time that does not say its year that of the heading, or of what was told before."""
        scope = self.scope
        if time.refers in (Refers.PLAN, Refers.PLAN_END):
            of_plan = scope.plan_years if time.refers is Refers.PLAN else f"/{scope.plan_years[-4:]}"
            return replace(time, period=of_plan) if scope.plan_years else replace(time, is_loose=True)
        if time.refers in (Refers.REPORTED, Refers.REPORTED_END):
            told_of = scope.heading_period
            if told_of is None:
                return replace(time, is_loose=True)
            return replace(time, period=told_of if time.refers is Refers.REPORTED else f"/{told_of.split('/')[-1]}", is_over=scope.heading_is_over)
        if time.refers is Refers.SPAN:
            wanted = [int(year) for year in re.findall(r"\d{4}", time.period or "")]
            told_years = [int(year) for year in re.findall(r"\d{4}", scope.span or "")]
            is_told = len(told_years) == 2 and told_years[1] - told_years[0] == wanted[1] - wanted[0]
            return replace(time, period=scope.span) if is_told else time
        if time.refers is Refers.MONTH:
            told = [scope.heading_period, *(figure.period for figure in self.linked.figures), scope.period]
            months = [period for period in told if period and re.fullmatch(r"\d{4}-\d\d", period)]
            return replace(time, period=months[-1]) if months else replace(time, is_loose=True)
        year = scope.heading_year
        if time.refers is Refers.YEAR_BEFORE:
            # 上年, in what tells of last year, is the year before that.
            years = [other for other in self.times if other.period and re.fullmatch(r"\d{4}", other.period) and not other.is_base]
            if years:
                return replace(time, period=str(int(str(years[-1].period)) - 1)) if years[-1].is_over else time
            year = scope.period if scope.period and re.fullmatch(r"\d{4}", scope.period) else year
            return replace(time, period=str(int(year) - 1)) if year and scope.is_over else time
        if scope.plan_section and not year and time.unsaid and time.is_over and not time.is_current:
            # 四季度 among what is intended is still to come.
            period = re.sub(r"\d{4}", lambda past: str(int(past[0]) + 1), time.unsaid)
            return replace(time, period=period, is_loose=False, is_future=True, is_current=True, is_over=False)
        is_under_way = bool(time.unsaid) and not (year or time.is_over or time.is_future)
        if is_under_way and scope.is_over and re.fullmatch(r"\d{4}", scope.period or "") and not PLANS.search(self.half, self.start, self.end):
            # 2024年…。一季度增长6.1%，上半年…: parts of that year, as long as this one has not come so far.
            year = str(scope.period)
        if not time.unsaid or not year or set(re.findall(r"\d{4}", time.unsaid)) == {year}:
            return time
        period = re.sub(r"\d{4}", year, time.unsaid)
        if scope.plan_section:
            return replace(time, period=period, is_loose=False, is_future=True, is_current=True, is_over=False)
        return replace(time, period=None if time.is_loose else period, is_future=False, is_current=False, is_over=scope.heading_is_over)

    def _is_aside(self, time: Time) -> bool:
        """Say whether a time governs only the amounts beside it, and what follows returns to the wider one: 其中6月份, 9月当月, “十四五”以来年均."""
        wider = [other for other in self.times if other.end <= time.start and other.period and not other.is_base and not other.is_loose]
        if not wider and self.scope.period is None:
            return False
        is_beside = bool(_ASIDE_BEFORE.search(self.half[self.start : time.start]) or _ASIDE_BEHIND.match(self.half, time.end))
        around = [*(other.period for other in wider), self.scope.period]
        return is_beside or time.refers is Refers.MONTH or self._is_of_one(time) or any(_is_detail(time.period, period) for period in around)

    def _is_of_one(self, time: Time) -> bool:
        """Say whether a time governs one number only: 年度计划投资18亿元, “十四五”以来年均增长8.3%."""
        is_average = _MANY_YEARS.fullmatch(time.period or "") and re.match(r"[，,]?[\u4e00-\u9fff]{0,8}年均", self.half[time.end : time.end + 12])
        return bool(is_average) or self.half.startswith(("年度计划", "年度目标"), time.start)

    def _base_of(self, mention: Mention) -> Time | None:
        """Give the time that a number is set beside another one for: 上年同期为45.8亿元, 由上年的38.2%提高到41.6%."""
        time = next((time for time in reversed(self.times) if time.end <= mention.start), None)
        if time is None:
            return None
        between = self.half[time.end : mention.start]
        if time.refers in (Refers.SAME, Refers.SAME_BEFORE):
            is_first = all(figure.start < time.end for figure in self.figures)
            governed = not time.is_base and is_first and (len(between) <= _MOST_GOVERNED or time.refers is Refers.SAME)
            return replace(time, period=self._same_part(time)) if governed else None
        is_from = self.half[: time.start].endswith(("由", "从")) and re.fullmatch(r"年?[末底]?的?[约近]?", between)
        return time if is_from and mention.number.base not in ("倍", "番") else None

    def _same_part(self, time: Time) -> str | None:
        """Give the time of the figure before, in the year that 去年同期 says."""
        told = [figure.period for figure in (*self.linked.figures[-_MOST_BACK:], *self.figures) if figure.period and not figure.is_base]
        period = told[-1] if told else self.scope.period or self.scope.heading_period
        if time.refers is Refers.SAME:
            return period
        return re.sub(r"\d{4}", lambda year: str(int(year[0]) - 1), period) if period and period != AFTER else time.period

    def _find_time(self, mention: Mention, context: str, is_count: bool) -> tuple[str | None, bool, tuple[int, int] | None]:
        before = self.half[self.start : mention.start]
        if _FROM_NOW.search(before):
            return None, False, None
        after = None
        for found in AFTER_COMPLETION.finditer(before):
            after = self.start + found.end()
        of_list = self.shared_times.get(mention.start)
        if of_list is not None:
            return of_list.period, of_list.is_future or self._is_planned(mention, of_list), (of_list.start, of_list.end)
        if re.search(r"每(?:年|月|天|平方米)[\u4e00-\u9fff]{0,6}$", before):
            return None, self._is_planned(mention, None), None
        month = self.figures[-1].period if self.figures else None
        if (
            month is not None
            and re.fullmatch(r"\d{4}-\d\d", month)
            and re.fullmatch(r"[，,]?(?:今年)?累计(?:完成|实现)?", self._words_before(mention))
        ):
            # 11月产值38亿元，累计412亿元: since the year began.
            return f"{month[:4]}-01/{month}", False, self.figures[-1].spans.get("period")
        base = self._base_of(mention)
        if base is not None:
            return base.period, base.refers is Refers.SAME and self._is_planned(mention, None), (base.start, base.end)
        spoken = [
            time for time in self.times if time.end <= mention.start and not time.is_base and time.refers not in (Refers.SAME, Refers.SAME_BEFORE)
        ]
        if len(spoken) > 1 and self._is_of_one(spoken[-1]) and any(spoken[-1].end <= other.start < mention.start for other in self.mentions):
            spoken.pop()
        last = spoken[-1] if spoken else None
        label = context.partition("|")[0]
        if not self.figures and re.match(r"\s*(?:比如|例如|其中|如)", before) and self.linked.figures and last is None and after is None:
            # A part is of the time of what is counted alike: 开工项目42个，年度计划投资61亿元。其中产业项目28个.
            recent = self.linked.figures[-_MOST_BACK:]
            alike = [figure for figure in recent if figure.is_count == is_count] or recent
            return alike[-1].period, self._is_planned(mention, None), None
        lasting = (
            bool(re.search(LASTING, context))
            and not re.search("完成[^|]{0,8}投资", context)
            and not label.endswith("增速")
            and not re.search(MACRO, label)
            and not FLOWS.search(label)
            and not (is_count and "投资" in label)
        )
        if (last is None or last.is_loose) and self._is_english():
            last = self._english_time(mention)
            if last is not None and last.period == AFTER:
                return AFTER, True, (last.start, last.end)
        if after is not None and (last is None or last.start < after):
            return AFTER, True, None
        planned = self._is_planned(mention, last)
        if planned and last is not None and last.is_over and PLANS.search(self.half, last.end, mention.start):
            # 去年78亿元，力争三年内翻一番: not of last year.
            return self.scope.plan_period, True, None
        if lasting and last is not None and "投资" in label and self._is_of_project(mention, last):
            return None, planned, None
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
        if self.scope.period is not None and self.scope.period.startswith("/") and re.search(r"累计|已", self._words_before(mention)):
            # 截至9月底已开工118个；累计完成投资262亿元: by the same day.
            return self.scope.period, planned, None
        words = self.half[self._clause_start(mention.start) : mention.start]
        if self.scope.span is not None and "累计" in words:
            # “十三五”时期…，2020年达到…；累计引进312个: in all these years.
            return self.scope.span, planned, None
        is_of_review = self.scope.heading_is_over and self.scope.heading_period is not None and re.search(r"(?<!已)建成", words)
        if (lasting or re.search(r"现有|(?<!项)目前|拥有|集聚|聚集|累计|截至|建成|已引进|入驻|入园|落户", words)) and not (
            is_of_review and not re.search("累计|目前|现有", words)
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

    def _is_of_project(self, mention: Mention, last: Time) -> bool:
        """Say whether a project is named between a time and a number: what it costs is of no time that stands before its name."""
        spots = [spot for spot in self.spots if last.end <= spot.start and spot.end <= mention.start and not self._is_compared(spot)]
        return bool(spots) and spots[-1].place.kind in SITES

    def _is_english(self) -> bool:
        return not re.search("[\u4e00-\u9fff]", self.half[self.start : self.end])

    def _english_time(self, mention: Mention) -> Time | None:
        """Give the time that stands behind the number, as in English it does."""
        following = next((other.start for other in self.mentions if other.start >= mention.end and other.role is Role.AMOUNT), self.end)
        done = AFTER_COMPLETION.search(self.half, mention.end, min(following, self.end))
        if done:
            return Time(done.start(), done.end(), AFTER)
        turn = _ENGLISH_TURN.search(self.half, mention.end, self.end)
        end = turn.start() if turn else self.end
        behind = next((time for time in self.times if mention.end <= time.start < end and not time.is_base), None)
        return replace(behind, period=self._same_part(behind)) if behind is not None and behind.refers is not None else behind

    def _is_planned(self, mention: Mention, last: Time | None) -> bool:
        before = self.half[self.start : mention.start]
        if re.match(r"[^，,。；;]{0,14}已", self.half[mention.end : mention.end + 18]):
            return False
        plans = [found.end() for found in PLANS.finditer(before)]
        if last.is_over if last is not None and last.period else self.scope.is_over:
            # 预计全年完成, in the first days of the next year, and 1—9月预计增长 tell what has come true.
            said = last.end if last is not None else self.start
            told = next((figure.start for figure in self.figures if figure.start > said), mention.start)
            plans = [end for end in plans if self.start + end > told or not ESTIMATE.search(before[:end])]
        # Behind 力争 a 实现 is a goal, too.
        facts = [found.end() for found in (DONE if plans else FACTS).finditer(before)]
        label = self._words_before(mention)
        if last is not None and last.is_future and last.period:
            return True
        if plans and (not facts or plans[-1] >= facts[-1]):
            return True
        if last is not None and last.period is not None and last.period == self.scope.plan_years and last.is_current and not DONE.search(before):
            # “十四五”期间新增…, in the plan of these years.
            return True
        if mention.role is Role.AMOUNT and re.search(r"(?<!完成)(?:目标|任务)(?:为|是|[:：])?$", label):
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
        # In a plan 累计完成 is what its years are to bring.
        facts_said = before.replace("累计", "") if last is not None and last.is_current and last.period and "/" in last.period else before
        if self.scope.plan_section and not DONE.search(facts_said) and (last is None or last.is_current):
            # 阶段目标：2022年…, in a plan of that year.
            return True
        if self.scope.is_tender and not DONE.search(before) and (last is None or not last.is_over):
            return True
        if self._is_english():
            return False
        if facts or (last is not None and last.period and not last.is_future):
            return False
        return self.scope.plan or self.scope.plan_section
