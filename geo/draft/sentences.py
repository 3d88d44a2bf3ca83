"""The numbers of one sentence, linked in their order: amounts, then their growth and their ranks."""

from __future__ import annotations

import re

from geo.draft.contexts import Context
from geo.draft.figures import Figure
from geo.draft.lexicon import FACTS, GROWS, LASTING, LOCATING, PLANS, REFERRING, SIGNED
from geo.draft.numbers import Mention, Role
from geo.draft.periods import Refers
from geo.draft.subjects import Spot
from geo.tables.cells import AFTER
from geo.tables.kinds import FigureStatus, NumberReason, Qualifier, UnitKind
from geo.tables.numbers import direction, growth_of, parse_numbers
from geo.tables.units import BASES

_COUNTED_END = re.compile(
    "(?:企业|项目|机构|平台|人才|单位|载体|主体|品牌|基地|中心|公司|园区|集群|岗位|就业|院士|博士|人口|专利|人员|人数|床位|厂房|生产线|户数|家数|上市公司|游客|学位|车辆|产量|产能)$"
)
_HEAD = re.compile(r"\s*([\u4e00-\u9fffA-Za-z()（）]{2,20})[:：]")
_COUNTING = frozenset("大园谷镇城廊圈")
_RANK_VERBS = re.compile(r"位居|位列|排名|排位|排在|居于|名列|跃居|跃升至?|上升至|前进至|稳居|居|列|位|排|至(?!少)")


_REACHED = re.compile(r"[，,]?(?:总量|规模)?(?:达到?|增?至|增?到)了?[约近超]?| (?:year on year )?to (?:about |around )?")
_AMONG = re.compile(r"(?:在|居|列|排|同类|各|全省|全国|全市)[\u4e00-\u9fff]{0,8}$")


def _number_start(figure: Figure) -> int:
    return figure.spans.get("value", (figure.start,))[0]


class Sentence(Context):
    """One sentence, its numbers linked in their order."""

    def link(self) -> None:
        """Link the numbers, and remember what the next sentence needs."""
        position = 0
        while position < len(self.mentions):
            mention = self.mentions[position]
            if mention.role is Role.RANK:
                if self._is_claimed(mention):
                    owner = self._owner(mention)
                    if owner is not None:
                        self._set_rank(owner, mention, int(mention.number.low), self._rank_scope(mention))
                else:
                    self._add_rank(mention)
                position += 1
                continue
            run = self._run_of_rates(position)
            reached = self._reached(position) if len(run) == 1 and not self._is_claimed(mention) else None
            if reached is not None:
                self._add_reached(mention, reached)
                position += 2
                continue
            if run:
                self._add_growths(run)
                position += len(run)
                continue
            if self._is_claimed(mention):
                self._claim([mention])
                position += 1
                continue
            reason = NumberReason.COMPANY if self._is_of_speaker(mention) else self._reason_of_mark(mention)
            if reason is not None:
                self.linked.others.append((mention.start, mention.end, reason))
            else:
                self._add_amount(mention)
            position += 1
        self.linked.figures.extend(self.figures)
        self._remember()

    def _is_claimed(self, mention: Mention) -> bool:
        """Say whether a person has said that a number is the growth or the rank of another one."""
        return any(True for _ in self.claimed.overlapping(mention.start, mention.end))

    def _owner(self, mention: Mention) -> Figure | None:
        """Give the figure of this sentence that a person has given a growth or a rank to."""
        start = next((start for _, _, start in self.claimed.overlapping(mention.start, mention.end)), None)
        return next((figure for figure in self.figures if _number_start(figure) == start), None)

    def _is_decided(self, figure: Figure) -> bool:
        return _number_start(figure) in self.decided

    def _claim(self, run: list[Mention]) -> None:
        """Set the growths that a person has given, and remember the words before them: they make a growth of what follows them, too."""
        words = self._words_before(run[0])
        if re.search(r"\w", words):
            self.memory.rate_words.add(words)
        for mention in run:
            owner = self._owner(mention)
            if owner is not None:
                self._set_growth(owner, mention)

    def _label_of(self, figure: Figure) -> str:
        decision = self.decided.get(_number_start(figure))
        return figure.label if decision is None else decision.label

    # --- growth ---

    def _is_growth(self, mention: Mention) -> bool:
        if mention.role is not Role.RATE or mention.number.base in ("‰",):
            return False
        if self._words_before(mention) in self.memory.rate_words:
            return True
        if mention.number.base == "番":
            return True
        before = self._words_before(mention).rstrip()
        if GROWS.search(before) and not re.search(r"(?:占|比重|率|强度)[^，,]{0,6}(?:提高|提升|上升|下降|增加|增长)(?:到|至)$", before):
            return not re.search(r"(?:提高|提升|上升|增长|增加|下降|降低|降)[到至]$", before)
        return mention.number.low < 0 or (
            mention.number.base in ("%", "倍", "成") and direction(self.half, mention.number) != 0 and not re.search(r"[至到]$|[率比重]", before)
        )

    def _run_of_rates(self, position: int) -> list[Mention]:
        """Give the growths of one enumeration: 12.4%、7.9%和下降2.1%."""
        if not self._is_growth(self.mentions[position]):
            return []
        run = [self.mentions[position]]
        for following in self.mentions[position + 1 :]:
            between = self.half[run[-1].end : following.start]
            if (
                following.role is Role.RATE
                and re.fullmatch(r"[、,，和及与以 ]*(?:同比|分别)?(?:增长|下降|增|降|上升|提高|减少)?", between)
                and not re.search(r"[，,]", between)
            ):
                run.append(following)
            else:
                break
        return run

    def _reached(self, position: int) -> Mention | None:
        """Give the amount that a rate has led to: 增长14.2%，达到68亿元, rose 14.2 percent to 6.8 billion yuan."""
        rate, following = self.mentions[position], self.mentions[position + 1 : position + 2]
        if (
            not following
            or following[0].role is not Role.AMOUNT
            or not self._own_label(rate)
            or {rate.start, following[0].start} & self.decided.keys()
        ):
            return None
        return following[0] if _REACHED.fullmatch(self.half, rate.end, following[0].start) else None

    def _add_reached(self, rate: Mention, amount: Mention) -> None:
        figure = self._new(amount, self._own_label(rate), is_rate=False)
        self._set_growth(figure, rate)
        figure.start = min(figure.start, rate.start)

    def _add_growths(self, run: list[Mention]) -> None:
        label = self._own_label(run[0])
        if any(map(self._is_claimed, run)):
            self._claim(run)
            run = [mention for mention in run if not self._is_claimed(mention)]
            if not run:
                return
        elif self._words_before(run[0]) in self.memory.rate_words:
            label = ""
        is_own = run[0].start in self.decided or (len(run) == 1 and bool(self.figures) and self._is_decided(self.figures[-1]))
        open_figures = [
            figure
            for figure in self.figures
            if figure.growth is None
            and not is_own
            and not self._is_yet_to_grow(figure, run[0])
            and not self._is_decided(figure)
            and not figure.is_base
            and not figure.is_points
            and figure.value is not None
            and figure.unit not in ("%", "成", "倍")
        ]
        if not label and len(open_figures) >= len(run):
            targets = (
                open_figures[-len(run) :]
                if len(run) > 1 or "分别" in self.half[self._clause_start(run[0].start) : run[0].start]
                else self._last_together(open_figures)
            )
            if len(targets) != len(run):
                targets = targets[-1:] * len(run) if len(run) == 1 else targets
            for figure, mention in zip(targets, run, strict=False):
                self._set_growth(figure, mention)
            return
        names = self._listed_before(run[0]) if len(run) > 1 else []
        for position, mention in enumerate(run):
            own = names[position] if len(names) == len(run) else label
            figure = self._new(mention, (own or self._inherited_label()).removesuffix("增速") + "增速", is_rate=True)
            self._set_growth(figure, mention)

    def _is_yet_to_grow(self, figure: Figure, rate: Mention) -> bool:
        """Say whether a rate is what a fact is to become: 去年78亿元，力争三年内翻一番."""
        return figure.status is FigureStatus.ACTUAL and bool(PLANS.search(self.half, figure.end, rate.start)) and self._is_planned(rate, None)

    def _last_together(self, figures: list[Figure]) -> list[Figure]:
        """Give the figures that one growth is said of: all that stand for several places with one amount, else the last."""
        last = figures[-1]
        return [last]

    def _set_growth(self, figure: Figure, mention: Mention) -> None:
        growth = growth_of(self.half, mention.number)
        if growth is None:
            factor = {"成": 10, "倍": 100}.get(mention.number.base, 1)
            growth = mention.number.value * factor * (-1 if direction(self.half, mention.number) < 0 else 1)
        figure.growth = growth
        if mention.number.value_max is not None:
            figure.growth_max = mention.number.value_max
        figure.spans["growth"] = (mention.start, mention.end)
        figure.end = max(figure.end, mention.end)

    def _own_label(self, mention: Mention) -> str:
        """Give what a growth is of by its own words; empty where it is that of the amount before it."""
        before = self._words_before(mention)
        base = next((time for time in self.times if time.is_base and self.half[time.end : mention.start] == before), None)
        if base is not None and GROWS.fullmatch(before):
            # 单位能耗较2020年下降14%: its words stand before what it is compared with.
            before = re.sub(r"(?:同比|相?较于?|相?比|与|同)$", "", self._words_to(base.start)) + before
        words = GROWS.sub("", before).strip(" 、，,和及其中：:（(") if GROWS.search(before) else ""
        words = re.sub(
            r"^(?:其中|同时|此外|并|且|约|均|也|分别|按[^，,]{0,8}计算|带动|预计|可比口径|同口径|年均|月均|与|较|比|"
            r"同比|环比|连续|日均|名义|实际|剔除[^，,]{0,10}|扣除[^，,]{0,10}|力争|实现|总量|增加值(?=$)|达到?|比|全年|"
            r"上年|去年|同期|去年同期|上年同期|\s|[,，：:])+",
            "",
            words,
        )
        words = re.sub(
            r"(?:同比|比|较|实现|分别|上年|去年|同期|现价|可比价|不变价|左右|年均|以上|全年|上年同期|年|的|为|约|了|，|"
            r",|\s|幅度?|速度?|可比口径|均|同比均|双双|累计)+$",
            "",
            words,
        )
        return words if len(re.findall(r"[\u4e00-\u9fffA-Za-z]", words)) >= 2 else ""

    def _listed_before(self, mention: Mention) -> list[str]:
        words = self.half[self._clause_start(mention.start) : mention.start]
        found = re.search(r"([\u4e00-\u9fffA-Za-z]+(?:[、和及与][\u4e00-\u9fffA-Za-z]+)+)", words)
        return [part for part in re.split(r"[、和及与]", found[1]) if part] if found else []

    # --- amounts ---

    def _reason_of_mark(self, mention: Mention) -> NumberReason | None:
        """Say why an amount is only a mark that the figure before it has passed: 5064亿元,成功突破5000亿元大关; 前进12位 is a step in an order."""
        if mention.number.base == "位" and re.search(r"(?:跃升|前进|上升|提升|后退|下降|提高|晋升)了?$", self._words_before(mention)):
            return NumberReason.ORDINAL
        last = self.figures[-1] if self.figures else None
        behind = self.half[mention.end : mention.end + 3]
        is_passed = (
            last is not None and last.value is not None and last.unit == (mention.number.printed_unit or None) and last.value >= mention.number.value
        )
        return NumberReason.THRESHOLD if behind.startswith(("大关", "关口", "台阶")) and is_passed else None

    def _add_amount(self, mention: Mention) -> None:
        self._new(mention, self._label(mention), is_rate=mention.role is Role.RATE)

    def _label(self, mention: Mention) -> str:
        before = self._words_before(mention)
        before = re.sub(r"^.*?[的]?(?=[^的]*$)", "", before) if before.count("的") and len(before) > 14 else before
        before = re.sub(
            r"(?:其中|实现|完成|达到?|为|共|(?<![签节合契条])约|近|超过?|突破了?|超|逾|累计|预计|可|将|已|新|有|仅|不足|至少|以上|"
            r"不低于|高达|多达|左右|分别|的|了|在|是|和|及|、|，|,|：|:|\s|[“”\"✅🚀📍（(]|到|至|大约|同比|接近|计|下|"
            r"(?:增加|增长|提高|提升|扩大|上升|发展|下降|降低|减少|增|升|降)[到至]|力争|冲刺|有望|望|只|达成|都|均)+$",
            "",
            before,
        )
        before = re.sub(
            r"^(?:其中|实现|完成|达(?!产)到?|为|共|约|累计|预计|可|将|已|有|和|及|、|，|,|：|:|\s|并|也|还|的|了|成功|现|则|[）)”\"])+", "", before
        )
        unit = mention.number.base
        if (unit and "/" not in unit and unit in BASES and BASES[unit].kind is UnitKind.COUNT) or not unit:
            behind = re.match(r"(?:左右|以上)?([\u4e00-\u9fffA-Za-z“”·]{2,16})", self.half[mention.end : self._clause_end(mention.end)])
            if behind and not _COUNTED_END.search(before):
                return behind[1].removeprefix("的")
        return before or self._head_label(mention) or self._inherited_label().removesuffix("增速")

    def _head_label(self, mention: Mention) -> str:
        """Give the head of a row, 研发投入：一季度3.4亿元, where the amount has no words of its own and the head names no place."""
        head = _HEAD.match(self.half, self.start, mention.start)
        if not head or self.figures or any(spot.start < head.end() and spot.end > head.start(1) for spot in self.spots):
            return ""
        return head[1]

    def _inherited_label(self) -> str:
        last = self.figures[-1:] or self.linked.figures[-1:]
        return self._label_of(last[0]) if last else ""

    def _context(self, mention: Mention, label: str) -> str:
        """Give the words that tell what kind of indicator this is."""
        behind = self.half[mention.end : min(self._clause_end(mention.end), mention.end + 10)]
        return f"{label}|{self._words_before(mention)}|{behind}"

    def _new(self, mention: Mention, label: str, *, is_rate: bool) -> Figure:
        number = mention.number
        is_points = number.base in ("个百分点", "百分点", "个点", "percentage points")
        unit = number.printed_unit or None
        if number.base in _COUNTING or (unit is None and not self.half[mention.start].isdigit()):
            # 五大集群 and 一园三谷 count what they name.
            unit = "个"
        context = self._context(mention, label)
        kind = None if not number.base or "/" in number.base else BASES[number.base].kind
        is_count = (kind is UnitKind.COUNT or not number.base) and not is_rate
        candidates = self._candidates(mention, context, is_count)
        subjects = self._choose(mention, candidates)
        period, planned, span = self._time(mention, context, is_count=is_count)
        if any(spot.start <= mention.start < spot.end for spot in self.spots) and span is None and mention.start not in self.decided:
            # The capacity in the name of a project is what it is to have.
            period, planned = None, True
        value = number.value
        if is_rate and number.base == "%" and direction(self.half, number) < 0 and value > 0 and self._is_growth(mention):
            value = -value
        start = mention.start
        figure = Figure(
            subjects,
            candidates,
            label.strip(),
            value,
            number.value_max,
            unit,
            period,
            FigureStatus.PLANNED if planned else FigureStatus.ACTUAL,
            mention.qualifier,
            start,
            number.unit_end if number.borrows else mention.end,
            spans={"value": (mention.start, number.unit_end if number.borrows else mention.end)},
            is_points=is_points,
            is_count=is_count,
            is_base=bool(re.match(r"的\d[\d.]*%", self.half[mention.end : mention.end + 8])) or self._is_base(mention),
        )
        if span is not None:
            figure.spans["period"] = span
        spot = next((spot for spot in reversed(self.spots) if subjects and spot.place is subjects[0] and spot.end <= mention.start), None)
        spot = spot or next((spot for spot in self.spots if subjects and spot.place is subjects[0]), None)
        if spot is not None:
            figure.spans["subject"] = (spot.start, spot.end)
        figure.reasons = list(candidates[0].reasons) if candidates else ["no place"]
        if mention.start not in self.decided:
            figure.doubts = self._doubts(figure, mention)
        self.figures.append(figure)
        return figure

    def _doubts(self, figure: Figure, mention: Mention) -> list[str]:
        """Say why the time of a figure may be another one, by what was wrong most often in texts of genres that the rules had not seen."""
        doubts = []
        if figure.period is None and not re.search(LASTING, figure.label):
            doubts.append("no time")
        if REFERRING.search(self.half, self.start, mention.start):
            doubts.append("refers")
        return doubts

    def _is_base(self, mention: Mention) -> bool:
        base = self._base_of(mention)
        return base is not None and base.refers is not Refers.SAME

    # --- ranks ---

    def _add_rank(self, mention: Mention) -> None:
        scope = self._rank_scope(mention)
        rank = int(mention.number.low)
        clause = self._clause_start(mention.start)
        following = [other for other in self.mentions if other.start >= mention.end and other.role is Role.AMOUNT]
        if rank == 1 and self.half[mention.start] in "首唯" and following and following[0].start - mention.end <= 6:
            figure = self._new(following[0], self._label(following[0]), is_rate=False)
            self.mentions.remove(following[0])
            self._set_rank(figure, mention, rank, scope)
            return
        targets = [
            figure for figure in self.figures if figure.rank is None and not figure.is_points and figure.unit != "倍" and not self._is_decided(figure)
        ]
        # A share is ranked by itself only where nothing larger is told: 占比12%, 总量居第一 ranks the amount.
        targets = [figure for figure in targets if figure.unit != "%" or figure.growth is not None] or targets
        words = self.half[clause : mention.start]
        own_subject = [
            spot for spot in self.spots if clause <= spot.start < mention.start and not self._is_compared(spot) and not self._is_scope(spot, mention)
        ]
        if targets and not own_subject:
            self._set_rank(targets[-1], mention, rank, scope)
            return
        context = self._context(mention, words)
        candidates = self._candidates(mention, context, False)
        period, planned, span = self._time(mention, context)
        figure = Figure(
            subjects=self._choose(mention, candidates),
            candidates=candidates,
            label=self._label(mention),
            value=None,
            value_max=None,
            unit=None,
            period=period,
            status=FigureStatus.PLANNED if planned else FigureStatus.ACTUAL,
            qualifier=Qualifier.EXACT,
            start=mention.start,
            end=mention.end,
            reasons=list(candidates[0].reasons) if candidates else ["no place"],
        )
        if span is None:
            figure.period = None
        else:
            figure.spans["period"] = span
        self._set_rank(figure, mention, rank, scope)
        self._count_years(figure, words)
        self.figures.append(figure)

    def _is_scope(self, spot: Spot, rank: Mention) -> bool:
        """Say whether a place is what a rank is among: 在全省同类园区中排名第五."""
        before, between = self.half[self._clause_start(spot.start) : spot.start], self.half[spot.end : rank.start]
        is_whole = bool(re.search(r"(?:全省|全国|全市|国家级|省级|各)$", before))
        return (is_whole and not between) or bool(_AMONG.search(before) and re.fullmatch(r"(?:当?中|之中|内|里)[^，,]{0,6}", between))

    def _count_years(self, figure: Figure, words: str) -> None:
        """Read 连续三年领跑 where nothing else is ranked: three years in the lead, the last of them the one just spoken of."""
        found = re.search(r"连续([一二三四五六七八九十\d]+)年$", words)
        if not found:
            return
        start = figure.start - len(found[0])
        (years, *_) = parse_numbers(self.half, start + 2, figure.start)
        figure.value, figure.unit, figure.start = years.value, "年", start
        figure.spans["value"] = (years.start, years.unit_end)
        last = self.figures[-1].period if self.figures else figure.period
        if last is not None and re.fullmatch(r"\d{4}", last):
            figure.period = f"{int(last) - int(years.value) + 1}/{last}"
        self.linked.others[:] = [other for other in self.linked.others if not (start <= other[0] < figure.end)]

    def _set_rank(self, figure: Figure, mention: Mention, rank: int, scope: str | None) -> None:
        figure.rank, figure.rank_scope = rank, scope
        figure.spans["rank"] = (mention.start, mention.end)
        figure.start = min(figure.start, mention.start)
        figure.end = max(figure.end, mention.end)

    def _rank_scope(self, mention: Mention) -> str | None:
        before = self.half[max(self.start, mention.start - 24) : mention.start]
        if self.half[mention.start : mention.end] == "领跑":
            behind = re.match(r"[\u4e00-\u9fff]{2,4}?(?=[，。；;,]|$)", self.half[mention.end : mention.end + 5])
            return behind[0] if behind else None
        before = before[max(before.rfind(stop) for stop in "，,；;：:、") + 1 :]
        verb = next(reversed(list(_RANK_VERBS.finditer(before))), None)
        scope = before[verb.end() :] if verb is not None and len(before) - verb.end() >= 2 else before[: verb.start()] if verb is not None else before
        scope = re.sub(r"^.*?(?=全国|全省|全市|全县|全区|全球|世界)|(?:中|里|当中|第|综合)+$|^(?:在|为|均|继续|连续[^\d]{1,2}年)+", "", scope)
        return scope or None

    # --- memory ---

    def _remember(self) -> None:
        memory, scope = self.memory, self.scope
        named = [
            spot
            for spot in self.spots
            if not self._is_compared(spot) and not LOCATING.search(self.half[max(self.start, spot.start - 6) : spot.start])
        ]
        # Behind 青禾科技园位于苏河新区 a 园区 is the park: where it lies, and what it is compared with, are not what was spoken of last.
        memory.see(spot.place for spot in sorted(self.spots, key=lambda spot: spot in named) if not spot.is_word)
        if self.figures and self.figures[-1].subjects:
            memory.last = self.figures[-1].subjects
        elif named:
            memory.last = [named[0].place]
        if memory.topic is None and (self.figures or named):
            called = sorted(named, key=lambda spot: spot.is_word)
            first = self.figures[0].subjects[:1] if self.figures else [called[0].place]
            memory.topic = first[0] if first else None
        spoken = [time for time in self.times if not time.is_base and not time.is_loose and time.refers not in (Refers.SAME, Refers.SAME_BEFORE)]
        span = next((time.period for time in spoken if time.period and re.fullmatch(r"\d{4}/\d{4}", time.period) and not time.is_future), None)
        scope.span = span or scope.span
        spoken = [time for time in spoken if not self._is_aside(time)]
        if spoken:
            scope.period = None if spoken[-1].is_future else spoken[-1].period
            scope.period_is_over = spoken[-1].is_over
            if spoken[-1].is_future:
                scope.plan_period = spoken[-1].period
        said = [self.decided[figure.start] for figure in self.figures if figure.start in self.decided]
        if said and not said[-1].is_planned:
            scope.period = said[-1].period
        told = [figure for figure in self.figures if figure.status is FigureStatus.ACTUAL and "period" in figure.spans and not figure.is_base]
        if told and self.figures[-1].status is FigureStatus.PLANNED:
            # 1—11月…, 预计全年…: what follows goes on with what has come true.
            scope.period = told[-1].period
        sentence = self.half[self.start : self.end]
        ends = (self.figures[0], self.figures[-1]) if self.figures else ()
        plans = bool(ends and PLANS.search(sentence)) and all(figure.status is FigureStatus.PLANNED and figure.period != AFTER for figure in ends)
        facts = FACTS.search(sentence) or (spoken and not spoken[-1].is_future)
        if re.search(SIGNED, sentence):
            scope.is_signed = True
        if plans or (not self.figures and re.search(r"目标|计划|规划|力争", sentence)):
            scope.plan = True
            if spoken:
                scope.plan_period = spoken[-1].period
        elif facts:
            scope.plan = False
