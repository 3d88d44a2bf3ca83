"""The times that a text names, in ISO 8601 as the tables write them; 今年 and 去年 hang on the date of the report."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from geo.tables.numbers import DIGITS


@dataclass(frozen=True)
class Time:
    """A time that a text names.

    Attributes
    ----------
    start, end
        Code-point offsets, end excluded.
    period
        As a table writes it; ``None`` for 近日 and the like, which tell no period.
    is_base
        Whether it is only what something is compared with: 较一季度, 比上年末.
    is_future
        Whether it lies after the date of the report.
    is_loose
        Whether it names only a day of an event, as a news item begins with: no period of an amount.
    is_current
        Whether it lies in the year of the report.
    is_over
        Whether it has ended before the day of the report.
    unsaid
        What it is in the year that the day of the report suggests, where its own words say no year: a heading may give another one.
    refers
        To what it refers; its period is only what it is by itself.
    """

    start: int
    end: int
    period: str | None
    is_base: bool = False
    is_future: bool = False
    is_loose: bool = False
    is_current: bool = False
    is_over: bool = False
    unsaid: str = ""
    refers: Refers | None = None


class Refers(StrEnum):
    """What a time refers to that is not said with it."""

    SAME = "the same part of the year"
    SAME_BEFORE = "the same part of the year before"
    YEAR_BEFORE = "the year before"
    MONTH = "the month that was told"
    REPORTED = "the time that the title reports on"
    REPORTED_END = "the end of the time that the title reports on"
    SPAN = "the years that were told"
    PLAN = "the years of the plan"
    PLAN_END = "the end of the plan"


_CN = {**{digit: value for digit, value in DIGITS.items() if digit not in "零〇两"}, "两": 2, "十": 10}
_YEAR = r"(?P<year>(?:19|20)\d{2})年?(?:度)?"
_RELATIVE = r"(?P<relative>今年|本年|去年|上年|前年|明年|(?<![成产用营运])后年(?![产税销发加营处收利])|昨年|当年)"
_PART = (
    r"(?:(?P<half>上半年|下半年|前半年|半年度(?=报告))|(?P<quarters>前三季度|前两季度|前二季度|前3季度|1—3季度|一至三季度)|第?(?P<quarter>[一二三四1-4])季度|"
    r"(?P<m1>\d{1,2}|[一二三四五六七八九]|十[一二]?)月?份?(?:[—–~～-]{1,2}|至|到)(?P<m2>\d{1,2}|[二三四五六七八九]|十[一二]?)月(?:份)?(?!\d)|"
    r"前(?P<first>\d{1,2}|[一二三四五六七八九十]+)个?月|(?P<month>\d{1,2}|(?:[二三四五六七八九]|"
    r"十[一二]?)(?=月[末底初份]))月(?:份|(?P<day>\d{1,2})日)?|(?P<whole>全年|年度(?!目标|计划|任务|报告|考核|预算)))"
)
_BY_BEFORE = re.compile(r"(?:截至|截止到?|展望|到|至|力争到?|争取到?|预计到?|在|By|by)\s*$")
_BASE_BEFORE = re.compile(r"(?:较|比|与|同|相比于?|高于|低于|快于|对比|超过|和|由|从)\s*$")
_SINCE_BEHIND = re.compile(r"(?:年)?(?:(?:成立|设立|获批|开园|建区|运行|启动|实施)?以来|起|开始)")
# 是2015年的1.9倍 measures by that year.
_TIMES_BEHIND = re.compile(r"年?(?:全年|同期)?的\d+(?:\.\d+)?多?倍")
_BASE_BEHIND = re.compile(
    r"(?:年)?(?:[末底初]|同期|全年|年末|年底|同月|水平)?(?:的)?(?:[\d.]+[亿万%]?[^\d，。]{0,6})?(?:增长|下降|"
    r"提高|提升|加快|增加|净增|多|减少|回落|相比|上升|高|低|增)"
)
_BY_BEHIND = re.compile(r"\s*(?:年)?(?:[末底]|年末|年底|之前|以前|前(?!三季度|两|\d|[一二三四五六七八九十]个|[一二三四五六七八九十]月))")
# 下半年还将 is of this year.
_WILL_BEHIND = re.compile(r"[，,]?[\u4e00-\u9fff]{0,4}?(?:还|也|仍|继续)?(?:将(?!近)|预计|计划|力争|拟|有望|争取|确保)")
_WILL_BEFORE = re.compile(r"(?:预计|计划|力争|拟|有望|争取|确保|将)(?:于|在|到)?$")
# 2019年开园, tells of an event, and not of the amounts behind the comma.
_FOUNDED_BEHIND = re.compile(
    r"(?:年?[初末底])?(?:正式|全面|开始)?(?:开园|成立|设立|建园|建区|建成|开工|竣工|投产|挂牌|揭牌|奠基|启用|投用|创建|始建|兴建|动工|开馆|开业|批准设立|获批设立)(?!以来)[^\d，,。；;]{0,12}(?=[，,。；;])"
)
_FIVE = {"十一五": 2006, "十二五": 2011, "十三五": 2016, "十四五": 2021, "十五五": 2026, "十六五": 2031}
_OF_FIVE = re.compile('[”"]?的?(?:[前头](?P<first>[一二三四两])年|(?P<opens>开局|起步|第一)之?年|(?:收官|收尾|最后一)之?年)')
_ENGLISH_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_ENGLISH_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}


def find_times(half: str, day: date) -> list[Time]:
    """Find the times that a text names.

    Parameters
    ----------
    half
        The text in half width.
    day
        The date of the report.

    Returns
    -------
    list of Time
        In the order of the text, none within another.
    """
    found = [time for pattern, read in _READERS for match in pattern.finditer(half) if (time := read(match, day)) is not None]
    found.sort(key=lambda time: (time.start, -time.end))
    kept: list[Time] = []
    for time in found:
        if not kept or time.start >= kept[-1].end:
            # 较一季度、去年全年分别加快: each of them is compared with.
            is_base = time.is_base or (bool(kept) and kept[-1].is_base and half[kept[-1].end : time.start] in tuple("、和及与"))
            kept.append(replace(time, is_base=is_base))
    return kept


def _months(year: int, first: int, last: int) -> str:
    return f"{year}-{first:02}" if first == last else f"{year}-{first:02}/{year}-{last:02}"


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text.startswith("十"):
        return 10 + (_CN[text[1]] if len(text) > 1 else 0)
    return _CN[text[0]] * (10 if text[1:2] == "十" else 1) + (_CN[text[2]] if len(text) > 2 else 0)


def is_look_back(day: date) -> bool:
    """Say whether a report of this day tells of the year before: 全年 and 五年来 in the first months of a year do."""
    return day.month <= 3


def _year_of(match: re.Match[str], day: date) -> int | None:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    if groups.get("relative"):
        shift = {"今年": 0, "本年": 0, "当年": 0, "去年": -1, "昨年": -1, "上年": -1, "前年": -2, "明年": 1, "后年": 2}[groups["relative"]]
        return day.year + shift
    return None


def _read_part(match: re.Match[str], day: date) -> Time | None:
    """Read a year with or without a part of it, or a part whose year is that of the report."""
    half, start, end = match.string, match.start(), match.end()
    year = _year_of(match, day)
    groups = match.groupdict()
    before, behind = half[max(0, start - 8) : start], half[end : end + 14]
    stated = year is not None
    relative = groups.get("relative") or ""
    if relative in ("上年", "当年") and not groups.get("half") and relative == "当年":
        return None
    first, last, text = 1, 12, ""
    if groups.get("half"):
        first, last = (7, 12) if groups["half"] == "下半年" else (1, 6)
    elif groups.get("quarters"):
        last = 6 if "两" in groups["quarters"] or ("二季" in groups["quarters"] and "三" not in groups["quarters"]) else 9
    elif groups.get("quarter"):
        quarter = _number(groups["quarter"])
        first, last = 3 * quarter - 2, 3 * quarter
    elif groups.get("m1"):
        first, last = _number(groups["m1"]), _number(groups["m2"])
    elif groups.get("first"):
        last = _number(groups["first"])
    elif groups.get("month"):
        first = last = _number(groups["month"])
    if not 1 <= first <= last <= 12:
        return None
    is_part = (first, last) != (1, 12)
    is_to_come = False
    if year is None:
        if groups.get("whole"):
            is_aim = bool(re.match(r"(?:的)?(?:预期)?(?:目标|任务|计划)(?:任务|值)?(?:为|是|[:：])?[约超]?\d", behind))
            if groups["whole"] == "年度" or (not is_aim and re.match(r"(?:的)?(?:目标|任务|计划|预算|投资计划|预期)", behind)):
                return None
            if is_aim:
                # 全年目标560亿元 is what the year is to bring.
                return Time(start, end, str(day.year), is_future=True, is_current=True)
            year = day.year - 1 if is_look_back(day) else day.year
        else:
            # A part that has not begun by the day of the report, or is far from its end, is that of the year before.
            is_months = bool(groups.get("m1"))
            is_to_come = bool(_WILL_BEHIND.match(behind) or _WILL_BEFORE.search(before)) and last >= day.month
            year = day.year if is_to_come or (first <= day.month and last - day.month <= (0 if is_months else 4)) else day.year - 1
    if not is_part:
        text = str(year)
    elif groups.get("quarter"):
        text = f"{year}-Q{last // 3}"
    else:
        text = _months(year, first, last)
    if groups.get("day"):
        until = re.search(r"(?:截至|截止到?)\s*$", before) and year is not None
        day_text = f"/{year}-{first:02}-{int(groups['day']):02}"
        return Time(start, end, day_text, is_over=True) if until and stated else Time(start, end, None, is_loose=True)
    is_base = bool(_BASE_BEFORE.search(before)) and bool(_BASE_BEHIND.match(behind) or relative == "上年" or re.search(r"(?:较|比)\s*$", before))
    is_base = is_base or bool(_TIMES_BEHIND.match(behind))
    is_until = bool(re.search(r"(?:截至|截止到?)\s*$", before)) or (bool(_BY_BEHIND.match(behind)) and not is_base)
    # 截至 and 2025年底 give a time by which; 到2027年 does if it is yet to come.
    is_future = is_to_come or year > day.year or (year == day.year and first > day.month)
    unsaid = "" if stated or groups.get("whole") else text
    if not is_future and _FOUNDED_BEHIND.match(half, end):
        return Time(start, end, None, is_loose=True, is_over=year < day.year, unsaid=unsaid)
    if stated and not is_part and is_future and _BY_BEFORE.search(before):
        is_until = True
    if is_until:
        text = str(year) if relative and not is_part and year < day.year else f"/{text.split('/')[-1]}"
    since = _SINCE_BEHIND.match(behind)
    if since and not is_until and year < day.year and not is_part:
        return Time(start, end + since.end(), f"{text}/", is_base, False)
    is_over = not is_future and (year < day.year or last < day.month)
    refers = Refers.YEAR_BEFORE if relative == "上年" and not is_part and not is_until else None
    return Time(start, end, text, is_base, is_future, is_current=year == day.year, is_over=is_over, unsaid=unsaid and text, refers=refers)


def _read_range(match: re.Match[str], day: date) -> Time | None:
    first, last = int(match["y1"]), int(match["y2"] if len(match["y2"]) == 4 else match["y1"][:2] + match["y2"])
    return Time(match.start(), match.end(), f"{first}/{last}", False, last > day.year) if first < last else None


def _read_five(match: re.Match[str], day: date) -> Time | None:
    first = _FIVE[match["five"] or f"{match['nth']}五"]
    behind = match.string[match.end() : match.end() + 4]
    if re.match(r"[”\"]?(?:期?末)", behind):
        return Time(match.start(), match.end(), f"/{first + 4}", False, first + 4 >= day.year)
    if match[0].endswith("以来"):
        return Time(match.start(), match.end(), f"{first}/")
    part = _OF_FIVE.match(match.string, match.end())
    if part:
        # “十四五”前三年, and the year by which a plan begins or ends.
        last = first + (_number(part["first"]) - 1 if part["first"] else 0 if part["opens"] else 4)
        period = f"{first}/{last}" if part["first"] and last > first else str(last)
        return Time(match.start(), part.end(), period, False, last > day.year, is_current=last == day.year, is_over=last < day.year)
    if re.match(r"[”\"]?(?:规划|时期规划|发展规划)", behind):
        return Time(match.start(), match.end(), None, is_loose=True, unsaid=f"{first}/{first + 4}", refers=Refers.PLAN)
    return Time(match.start(), match.end(), f"{first}/{first + 4}", False, first > day.year, is_current=first <= day.year <= first + 4)


def _read_years_back(match: re.Match[str], day: date) -> Time | None:
    """Read 五年来 and 过去三年: the years before the one of a report that looks back, else up to its own."""
    last = day.year - 1 if is_look_back(day) else day.year
    years = _number(match["years"] or match["years2"])
    if years == 1:
        return Time(match.start(), match.end(), str(last if is_look_back(day) else day.year - 1), is_over=True)
    return Time(match.start(), match.end(), f"{last - years + 1}/{last}", is_over=last < day.year) if years <= 20 else None


def _read_end_of_year(match: re.Match[str], day: date) -> Time | None:
    """Read 年末 and 年底 without a year."""
    half = match.string
    before = half[max(0, match.start() - 6) : match.start()]
    if _BASE_BEFORE.search(before) or match[0] == "年初":
        return Time(match.start(), match.end(), None, True)
    is_by = re.match(r"(?:之?前|以前)", half[match.end() :])
    if is_by or (re.search(r"[到至]\s*$", before) and not re.search(r"截[至止]", before)):
        return Time(match.start(), match.end(), f"/{day.year}", False, True, unsaid=f"/{day.year}")
    year = day.year - 1 if is_look_back(day) else day.year
    by = "/" if re.search(r"截[至止]到?\s*$", before) else ""
    return Time(match.start(), match.end(), f"{by}{year}", False, year >= day.year, is_over=year < day.year, unsaid=f"{by}{year}")


def _read_same(match: re.Match[str], day: date) -> Time | None:
    """Read 上年同期 and 同期: the part of the year that was just spoken of."""
    years = {"前年": 2}.get(match["same"] or "", 1 if match["same"] or re.search("last|earlier", match[0]) else 0)
    before = match.string[max(0, match.start() - 8) : match.start()]
    refers = Refers.SAME_BEFORE if years else Refers.SAME
    return Time(match.start(), match.end(), str(day.year - years), bool(_BASE_BEFORE.search(before)), is_over=bool(years), refers=refers)


def _read_years_ago(match: re.Match[str], day: date) -> Time | None:
    return Time(match.start(), match.end(), str(day.year - _number(match["ago"])), is_over=True)


def _read_of_plan(match: re.Match[str], _day: date) -> Time | None:
    return Time(match.start(), match.end(), None, is_future=True, refers=Refers.PLAN_END if match[0].endswith("末") else Refers.PLAN)


def _read_that_month(match: re.Match[str], _day: date) -> Time | None:
    return Time(match.start(), match.end(), None, refers=Refers.MONTH)


def _read_reported(match: re.Match[str], _day: date) -> Time | None:
    return Time(match.start(), match.end(), None, refers=Refers.REPORTED_END if match["end"] else Refers.REPORTED)


def _read_span(match: re.Match[str], day: date) -> Time | None:
    """Read 五年间: the years that were told where they are as many, else those up to the report."""
    last, years = day.year - 1 if is_look_back(day) else day.year, _number(match["span"])
    return Time(match.start(), match.end(), f"{last - years + 1}/{last}", is_over=True, refers=Refers.SPAN)


def _read_year_planned(match: re.Match[str], day: date) -> Time | None:
    return Time(match.start(), match.end(), str(day.year), is_future=True, is_current=True, unsaid=str(day.year))


def _read_month_word(match: re.Match[str], day: date) -> Time | None:
    """Read 上月 and 本季度."""
    month = day.year * 12 + day.month - 1
    if match["unit"] == "季度":
        quarter = month // 3 - (match["which"] == "上")
        year, part = divmod(quarter, 4)
        text = f"{year}-Q{part + 1}"
    else:
        year, part = divmod(month - (match["which"] == "上"), 12)
        text = f"{year}-{part + 1:02}"
    # 上月签约的项目 tells of an event.
    is_event = re.match(r"[\u4e00-\u9fff]{2,6}的", match.string[match.end() :])
    is_over = match["which"] == "上"
    return Time(match.start(), match.end(), None, is_loose=True) if is_event else Time(match.start(), match.end(), text, is_over=is_over)


def _read_word(match: re.Match[str], day: date) -> Time | None:
    word = match[0]
    if word in ("近年来", "近年", "近日", "日前", "近期", "当天", "当日"):
        return Time(match.start(), match.end(), None, is_loose=True)
    if word == "今明两年":
        return Time(match.start(), match.end(), f"{day.year}/{day.year + 1}", is_future=True)
    if word == "年内":
        return Time(match.start(), match.end(), str(day.year), False, True, unsaid=str(day.year))
    return Time(match.start(), match.end(), str(day.year))


def _read_english_year(match: re.Match[str], day: date) -> Time | None:
    word = match[0].lower()
    if word == "last year":
        return Time(match.start(), match.end(), str(day.year - 1), is_over=True)
    if word == "this year":
        return Time(match.start(), match.end(), str(day.year), is_current=True)
    year = day.year - 1 if is_look_back(day) else day.year
    return Time(match.start(), match.end(), str(year), is_future=year == day.year)


def _read_english(match: re.Match[str], day: date) -> Time | None:
    if match["m1"] and not match["year"] and re.match(r"\d{1,2}(?!\d)", match.string[match.end() :]):
        # A date line.
        return Time(match.start(), match.end(), None, is_loose=True)
    year = int(match["year"]) if match["year"] else day.year
    text = str(year)
    if match["quarter"]:
        text = f"{year}-Q{_ENGLISH_QUARTERS[match['quarter'].lower()]}"
    elif match["half"]:
        text = f"{year}-01/{year}-06" if match["half"].lower() == "first" else f"{year}-07/{year}-12"
    elif match["m1"]:
        text = _months(year, _ENGLISH_MONTHS[match["m1"].lower()], _ENGLISH_MONTHS[(match["m2"] or match["m1"]).lower()])
    is_future = year > day.year
    if match["by"] and is_future:
        text = f"/{text}"
    if match[0].lower().startswith("since "):
        text = f"{text}/"
    return Time(match.start(), match.end(), text, False, is_future)


_MONTH_NAMES = "|".join(name for name in calendar.month_name if name)
_SAME = r"(?:(?P<same>去年|上年|前年|昨年)的?)?(?:同期|同一时期|这个时候|此时)|the same period(?P<last> last year| of last year| a year earlier)?"
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Time | None]], ...] = (
    (re.compile(r"(?<!\d)(?P<y1>(?:19|20)\d{2})年?(?:[—–~～-]{1,2}|至|到)(?P<y2>(?:19|20)\d{2}|\d{2}(?=年))年?(?!\d|-|月)"), _read_range),
    (re.compile(rf"(?<!\d)(?:{_YEAR}|{_RELATIVE})的?{_PART}"), _read_part),
    (re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?:年度?|(?=[^\d亿万%.年\s]{0,2}(?:末|底)))"), _read_part),
    (re.compile(_SAME), _read_same),
    (re.compile(_RELATIVE), _read_part),
    (re.compile(rf"(?<![\d年二三四五六七八九十]){_PART}"), _read_part),
    (re.compile(rf"[“\"]?(?:(?P<five>{'|'.join(_FIVE)})|第(?P<nth>十[一二三四五六])个五年)[”\"]?(?:期间|时期|以来)?"), _read_five),
    (
        re.compile(r"(?:近|过去|这)?(?P<years>[一二三四五六七八九十两\d]+)年来|(?:过去|近|最近)的?(?P<years2>[一二三四五六七八九十两\d]+)年"),
        _read_years_back,
    ),
    (re.compile(r"(?<![\d一二三四五六七八九十])(?P<ago>[一二三四五六七八九十两])年(?:之|以)?前(?=[，,]|[\u4e00-\u9fff]{0,4}的)"), _read_years_ago),
    (re.compile(r"年末|年底|年初"), _read_end_of_year),
    (re.compile(r"规划期(?:限?内|间|末)"), _read_of_plan),
    (re.compile(r"(?<![月份])(?:当月|单月)"), _read_that_month),
    (re.compile(r"报告期(?P<end>末)?内?"), _read_reported),
    (re.compile(r"(?<![\d一二三四五六七八九十])(?P<span>[二三四五六七八九十两])年间"), _read_span),
    # 年度计划投资18亿元 is of the year of the report; 占年度计划的91% is not.
    (re.compile(r"(?<![\d年])年度(?:计划|目标)(?:完成)?(?=(?:总?投资|产值)额?[约为]?\d[\d.]*(?![\d.%]))"), _read_year_planned),
    (re.compile(r"(?P<which>[上本])个?(?P<unit>月|季度)(?!末|份均)"), _read_month_word),
    (
        re.compile(
            r"今明两年|今年以来|(?<!项)目前|当前|眼下|截至目前|如今|迄今|近年来|近年|近日|日前|近期|当天|当日|(?<![\d一二三四五六七八九十两几])年内|本年度"
        ),
        _read_word,
    ),
    (
        re.compile(
            rf"(?P<by>[Bb]y )?(?:(?:the )?(?:(?P<quarter>first|second|third|fourth) quarter|(?P<half>first|"
            rf"second) half)(?: of)? ?(?P<of>)|(?P<m1>{_MONTH_NAMES})(?: to (?P<m2>{_MONTH_NAMES}))? |(?:in |In |"
            rf"since |Since |(?:the )?end of |(?<=[Bb]y ))(?=\d))(?P<year>(?:19|20)\d{{2}})?",
        ),
        _read_english,
    ),
    (re.compile(r"\b(?:[Ll]ast|[Tt]his) year\b|\b[Ff]ull[ -]year\b"), _read_english_year),
)


def times_before(times: list[Time], start: int, end: int) -> Iterator[Time]:
    """Give the times of a part of a text that are no base of a comparison, the last first."""
    return (time for time in reversed(times) if start <= time.start < end and not time.is_base)
