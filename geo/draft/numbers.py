"""Every number of a text, and what it is: an amount, a rate, a place in an order, or no figure, for a reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo.draft.lexicon import any_of
from geo.tables.kinds import NumberReason, Qualifier, UnitKind
from geo.tables.numbers import PrintedNumber, parse_numbers
from geo.tables.provenance import CLAIM, DATE
from geo.tables.spans import Spans
from geo.tables.units import BASES, NAMING


class Role(StrEnum):
    """What a number is in its sentence."""

    AMOUNT = "amount"
    RATE = "rate"
    RANK = "rank"


@dataclass(frozen=True)
class Mention:
    """A number of a text.

    Attributes
    ----------
    number
        As it is printed.
    start, end
        Code-point offsets, end excluded; the unit is within.
    role
        What it is; ``None`` where it is no figure.
    reason
        Why it is none; ``None`` where it is a figure.
    qualifier
        How exactly it is stated.
    """

    number: PrintedNumber
    start: int
    end: int
    role: Role | None
    reason: NumberReason | None
    qualifier: Qualifier = Qualifier.EXACT


_URL = re.compile(
    r"(?:https?://|www\.)[^\s，。；、）)]{1,500}|(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)
_PHONE = re.compile(
    r"(?:电话|热线|手机|传真|致电|咨询|联系人?|tel|phone|QQ|微信|邮编|邮政编码|"
    r"邮箱)[^\d\n，。；]{0,12}[\d\-—－() （）]{5,}\d|(?<!\d)0\d{2,3}[-—－ ]\d{7,8}(?!\d)|"
    r"(?<![\d.])1[3-9]\d{9}(?!\d)|(?<!\d)400[-—]?\d{3}[-—]?\d{4}(?!\d)",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"[〔\[(（](?:19|20)\d{2}[〕\])）]\s*\d+\s*号|(?:证书?|文|编|批|车牌|门牌|京ICP备|ICP备)号?[:： ]?\d+号?|"
    r"\d{1,2}[:：]\d{2}(?!\d)(?::\d{2})?(?!\.\d)"
)
_PAGES = re.compile(r"(?<![\d.])\d+(?:[—–~-]\d+)?版(?!本)|[Pp]\d{1,3}(?!\w)|第\d+页|\d+版面")
_MARKER = re.compile(
    r"(?m)^[ \t\u3000]*(?:[（(]?\d{1,3}[)）]|\d{1,2}[.、．](?!\d)|[①-⑳]|"
    r"[（(]?[一二三四五六七八九十]{1,3}[)）、.．]|第[一二三四五六七八九十\d]+[章节条部]|"
    r"#?\d{1,3}[ \t]+(?=[\u4e00-\u9fff]))"
)
_PROGRAMME = re.compile(
    r"[“\"‘「『《][^”\"’」』》\n]{0,4}(?:\d+|"
    r"[一二三四五六七八九十]+)\s*[+＋×xX][^”\"’」』》\n]{0,12}[”\"’」』》]|\d+[+＋][\dNXn]+(?:[+＋][\dNXn]+)*|"
    r"[“\"‘]?十[一二三四五六]五[”\"’]?|[“\"‘]\d+[A-Z]+[”\"’]|[A-Z]\d+(?!\w)|(?<![\w.])\d+[A-Z](?![\w])"
    r"|[“\"‘《「][^”\"’》」\n，。]{0,10}\d+[^”\"’》」\n，。]{0,10}[”\"’》」](?=行动|工程|计划|产业|体系|政策|"
    r"战略|格局|模式|目标|布局|现代|先进|集群|产业体系)"
)
_FRAMEWORK = re.compile(r"(?:[一二两三四五六七八九十][园谷镇城区廊圈带核翼轴心港湾链基]){2,}")
_COUNTED = any_of(
    "项目 企业 园区 产业 集群 镇 村 大关者 工程 公司 客户 品牌 产品 区 县 平台 基金 赛道 板块 工厂 强县 强镇 "
    "俱乐部 体量 级 市场 单体 工业 城市 开发区 产业园 重大 制造业 工业大区 大区 大市 大县"
)
# 投资超亿元项目, 10亿元以上项目, 百亿级企业: what is counted has to be so large, and how large it is nobody says.
_OR = r"(?:或[\d.~～—–-]+[百千万亿]*(?:美|欧)?元)?"
_THRESHOLD_BEHIND = re.compile(
    rf"[)）]?{_OR}(?:(?:及|\(含\)|（含）)?以上|以下|以内|级|元级|级别|规模)的?(?:[\u4e00-\u9fff]{{0,8}}?){_COUNTED}|(?:级|元级|规模级)|以上(?=[的产])"
)
# 500万元投资建设项目15个: so large is each of them.
_EACH_BEHIND = re.compile(rf"{_OR}[\u4e00-\u9fff]{{0,8}}?{_COUNTED}(?:达|共|有|为)?\d+(?:余|多)?[个家项户]")
# 产值超10亿元的企业3家, 不低于1.5亿元的类似业绩.
_OF_EACH_BEHIND = re.compile(r"的[\u4e00-\u9fff]{0,6}?(?:(?:企业|项目|园区|集群)(?:达到?|共|有|为)?\d|业绩)")
_LEAST_BEFORE = re.compile(r"(?:不低于|不少于|不小于)$")
# 1类新药 is what it is called.
_CLASSED = re.compile(r"(?:创?新药|化药|医疗器械|水质|水体|地区)")
_OVER_BEFORE = re.compile(r"(?:超过?|过|达|破|在|上|总投资|投资|产值|税收|营收|纳税|年销售|规模|收入|突破)$")
_THRESHOLD_NOUN = re.compile(rf"的?(?:[\u4e00-\u9fff]{{0,6}}?){_COUNTED}")
_CLASS_BEHIND = re.compile(r"(?:元)?级|强(?!度)|元大关者|大区|俱乐部|元企业|元产业|元集群|元园区|元镇")
_NUMBERED = any_of(
    "代 届 次 批 期 轮 季度 产业 名 位 类 号 章 条 节 页 大 步 线 站 方 人 阶段 版 个 家 生产力 中学 小学 "
    "人民医院 医院 师 梯队 年 天 站台 方阵 地块 车间 幼儿园"
)
_RANK_BEFORE = re.compile(
    r"(?:全国|全省|全市|全县|全区|全球|世界|国内|省内|市内|[\u4e00-\u9fff](?:省|市|区|县|州)|位居|位列|排名|"
    r"排在|居于?|名列|跃居|跃升至?|稳居|列|占据|排|总量|高新区|开发区|园区|中心|之中|中|系统|行业|同类|经开区|"
    r"倒数|增速|继续居[\u4e00-\u9fff]{0,6}|(?:居|列|排)(?:各|同|全部|所有)[\u4e00-\u9fff]{1,6}|位次)(?:中|的|前进至|上升至|、|并列)?$"
)
# 距高铁站5公里 is how far something is.
_DISTANCE_BEFORE = re.compile(r"(?:距离?|相距|离)[^，,。；;\d]{0,16}$")
_SIZES = frozenset(
    {
        "英寸",
        "纳米",
        "nm",
        "毫米",
        "mm",
        "微米",
        "μm",
        "厘米",
        "cm",
        "伏",
        "V",
        "千伏",
        "kV",
        "℃",
        "摄氏度",
        "P",
        "毫克",
        "mg",
        "毫升",
        "mL",
        "克",
        "秒",
        "毫秒",
    }
)
_SIZE_BEFORE = re.compile(
    r"(?:直径|口径|孔径|厚度?|高度?|宽度?|长度?|深度?|时速|跨度|身高|海拔|制程|精度|温度|功率|电压)(?:约|达|为|仅|超|近|只有|不到)*$"
)
_LIVING = re.compile(r"(?:容积率|率|比|指数|系数|得分|评分|总分|综合得分|均分)(?:突破了?|达到?|为|超过|超|至|降至|升至|约|：|:)*$")
_SPEECH = re.compile(r"[“\"‘][^”\"’]{0,8}$")
_INDEFINITE = frozenset("一")
_ABOUT = re.compile(r"(?:(?<!签)约|大约|(?<![最附邻新])近|接近|将近|左右|大概|around|about|nearly|approximately|some)[为达有]?\s*$")
_OVER = re.compile(r"(?:超过?|超出|突破了?|逾|过|破|多达|高达|越过|迈过|跨越|跨过|站上|more than|over|exceed(?:ed|ing)?|上)\s*$")
_UNDER = re.compile(r"(?:不足|不到|低于|少于|仅|未满|less than|under)\s*$")
_AT_LEAST = re.compile(r"(?:至少|不低于|不少于|不小于|at least)\s*$")
_TIME_OF_WORK = re.compile(r"(?:力争|用|通过|计划用|利用|花|再用|争取用|经过)(?:约|大约)?$")


def find_numbers(half: str, names: Sequence[tuple[int, int]]) -> list[Mention]:
    """Find every number of a text and say what it is.

    Parameters
    ----------
    half
        The text in half width.
    names
        Spans of the names of places, in order: 20万吨 within a name is an amount, 2号 is none.

    Returns
    -------
    list of Mention
        In the order of the text; together they cover every number that :mod:`geo.tables.provenance` asks to be told.
    """
    masks = Spans(_masks(half))
    known = Spans((start, end, None) for start, end in names)
    found: list[Mention] = []
    layouts = Spans((*layout.span(), None) for layout in _FRAMEWORK.finditer(half))
    for number in parse_numbers(half):
        if layouts.cover(number.start, number.start + 1):
            continue
        reasons = [reason for _, _, reason in masks.overlapping(number.start, number.end)]
        mask = min(reasons, key=_FIRST.index) if reasons else None
        mention = Mention(number, number.start, number.end, None, mask) if mask else _classify(half, number, known)
        if mention is not None:
            found.append(mention)
    found.extend(_framework(half))
    told = Spans([(mention.start, mention.end, None) for mention in found] + [(*match.span(), None) for match in DATE.finditer(half)])
    for claim in CLAIM.finditer(half):
        if not told.cover(*claim.span()):
            found += [
                Mention(number, claim.start(), claim.end(), None, NumberReason.FIGURE_OF_SPEECH) for number in parse_numbers(half, *claim.span())[:1]
            ]
    found.sort(key=lambda mention: (mention.start, -mention.end))
    return found


# Where two of them lie over each other, the first of these is the reason.
_FIRST = (
    NumberReason.CONTACT,
    NumberReason.DATE,
    NumberReason.TITLE,
    NumberReason.PAGE,
    NumberReason.ORDINAL,
    NumberReason.PROGRAMME,
    NumberReason.LISTED,
)


def _masks(half: str) -> list[tuple[int, int, NumberReason]]:
    patterns = (
        (_URL, NumberReason.CONTACT),
        (_PHONE, NumberReason.CONTACT),
        (DATE, NumberReason.DATE),
        (_DOCUMENT, NumberReason.TITLE),
        (_PAGES, NumberReason.PAGE),
        (_MARKER, NumberReason.ORDINAL),
        (_PROGRAMME, NumberReason.PROGRAMME),
    )
    masks = [(*found.span(), reason) for pattern, reason in patterns for found in pattern.finditer(half)]
    # A ratio of several parts, 10.8:39.7:49.5, is one statement of shape.
    masks += [(*found.span(), NumberReason.LISTED) for found in re.finditer(r"\d+(?:\.\d+)?(?:[:：∶]\d+(?:\.\d+)?)+", half)]
    # The bare year of a plan's title or of a range: 2022-2025.
    masks += [
        (*found.span(), NumberReason.DATE)
        for found in re.finditer(
            r"(?<![\d.,])(?:19|20)\d{2}(?:[—–~～-]+(?:19|20)?\d{2})?(?![\d.,亿万%]|\s?(?:%|亿|万|元|家|个|人|亩|吨|户|辆|台|套))", half
        )
    ]
    masks += [
        (*found.span(), NumberReason.DATE)
        for found in re.finditer(
            r"(?<![\d.])\d{1,2}\s?(?:点|时)(?:\d{1,2}分|半|许|整)?(?=[，。在至到开,])|[一二三四]季度|[一二三四两]季报|"
            r"前\d+个?月|前[一二三四五六七八九十]+个?月|近?[一二两三四五六七八九十\d]+年来",
            half,
        )
    ]
    return masks


def _framework(half: str) -> list[Mention]:
    """Read 一园三谷五镇 as counts of what it names; as a programme of one layout it is said of the host."""
    mentions = []
    for found in _FRAMEWORK.finditer(half):
        for start in range(found.start(), found.end(), 2):
            mentions += [Mention(number, start, start + 2, Role.AMOUNT, None) for number in parse_numbers(half, start, start + 2)[:1]]
    return mentions


def _classify(half: str, number: PrintedNumber, names: Spans[None]) -> Mention | None:
    """Say what a number outside of dates, contacts and programmes is; ``None`` for a word that only looks like one."""
    start, end = number.start, number.end if number.borrows else max(number.end, number.unit_end)
    before, behind = half[max(0, start - 16) : start].split("\n")[-1], half[end : end + 16].split("\n")[0]
    is_chinese = not half[start].isdigit() and half[start] != "-"
    is_in_name = names.cover(start, start + 1)

    def no_figure(reason: NumberReason, until: int = end) -> Mention:
        return Mention(number, start, until, None, reason)

    if number.ordinal:
        return _classify_ordinal(half, number, before, is_in_name)
    if number.vague:
        return no_figure(NumberReason.FIGURE_OF_SPEECH, number.end)
    if re.search(r"(?:yuan|RMB) ?\((?:about |around )?(?:US)?\$$", before):
        # The same amount in another currency.
        return no_figure(NumberReason.LISTED)
    if is_in_name and (is_chinese or not _is_capacity(number)):
        return no_figure(NumberReason.NAME, number.end) if not is_chinese or set("百千万亿") & set(half[start : number.end]) else None
    if is_chinese and not _is_chinese_amount(half, number, before, behind):
        claims = set("百千万亿") & set(half[start : number.end])
        if half[number.end : number.end + 1] == "级" or half[number.end : number.end + 2] == "元级":
            return no_figure(NumberReason.CLASS, number.end)
        return no_figure(NumberReason.FIGURE_OF_SPEECH, number.end) if claims else None
    if (
        (re.search(r"前$", before) and number.base in ("", "位", "名", "强"))
        or number.base == "强"
        or re.match(r"\s*强(?!度)", half[number.end : number.end + 2])
    ):
        return no_figure(NumberReason.TITLE, number.end)
    if number.base in NAMING or re.match(r"\.0版|版本", half[number.end : number.end + 3]):
        reason = NumberReason.FIGURE_OF_SPEECH if number.base == "版" else NumberReason.CLASS if number.base == "级" else NumberReason.NAME
        return no_figure(reason, number.end)
    if number.base == "类" and _CLASSED.match(behind):
        return no_figure(NumberReason.NAME)
    if _is_threshold(half, number, before, behind):
        return no_figure(NumberReason.THRESHOLD)
    if number.base and _kind(number) is UnitKind.DURATION:
        is_work = bool(_TIME_OF_WORK.search(before)) and re.match(r"(?:的?(?:努力|时间)|左右)", behind)
        return Mention(number, start, end, Role.AMOUNT, None) if is_work else no_figure(NumberReason.DURATION)
    if (number.base in _SIZES or (number.base in ("米", "m", "公里", "km", "瓦", "千瓦") and _SIZE_BEFORE.search(before))) and not re.search(
        r"首[条个座]$", before
    ):
        return no_figure(NumberReason.SIZE)
    if number.base and _kind(number) is UnitKind.LENGTH and _DISTANCE_BEFORE.search(before):
        return no_figure(NumberReason.SIZE)
    if not number.base and not is_chinese:
        return _classify_bare(half, number, before, behind)
    role = Role.RATE if _is_rate(number) else Role.AMOUNT
    return Mention(number, start, end, role, None, _qualifier(half, number, before, behind))


def _classify_ordinal(half: str, number: PrintedNumber, before: str, is_in_name: bool) -> Mention | None:
    start, end = number.start, number.end
    if half[start - 1 : start] == "第":
        start -= 1
        before = before[:-1]
        tail = re.match(r"[大]?(?:位|名)?", half[end : end + 2])
        is_place = half[end : end + 1] in ("位", "名", "") or not re.match(_NUMBERED, half[end : end + 5]) or half[end : end + 1] in "大"
        if not is_in_name and is_place and _RANK_BEFORE.search(before) and not re.match(r"(?:批|代|届|个(?!全))", half[end : end + 2]):
            return Mention(number, start, end + len(tail[0] if tail else ""), Role.RANK, None)
        return Mention(number, start, end, None, NumberReason.ORDINAL)
    printed = half[start:end]
    if printed in ("首位", "榜首") or printed == "居首":
        return (
            Mention(number, start, end, Role.RANK, None)
            if printed != "首位" or _RANK_BEFORE.search(before) or re.search(r"[市省国区县]", before[-3:])
            else None
        )
    if printed == "领跑":
        return (
            Mention(number, start, end, Role.RANK, None) if re.match(r"(?:全国|全省|全市|全区|全县|全球|.{0,4}[省市])", half[end : end + 6]) else None
        )
    if printed.startswith("超越"):
        return Mention(number, start, end, Role.RANK, None)
    # 首条, 首个 and 唯一 rank the thing that they introduce, if an amount or the scope of it is told.
    return (
        Mention(number, start, end, Role.RANK, None)
        if re.search(r"(?:全国|全省|全市|全球|[省市])$", before) or re.search(r"(?:各县市区|区)中$", before)
        else None
    )


def _classify_bare(half: str, number: PrintedNumber, before: str, behind: str) -> Mention:
    """Say what Arabic digits without a known unit are."""
    start, end = number.start, number.end
    if number.scale and not re.match(r"级", behind):
        # 32.5亿 without its 元, and 2万 of something that has no word of its own to count it.
        return Mention(number, start, end, Role.AMOUNT, None, _qualifier(half, number, before, behind))
    if re.match(r"\s?[A-Za-z]", behind) and (english := re.match(r"\s?([a-z]+(?: [a-z]+)?)", half[end : end + 40])) and len(english[1]) > 2:
        return Mention(number, start, end, Role.AMOUNT, None, _qualifier(half, number, before, behind))
    if _LIVING.search(before):
        return Mention(number, start, end, Role.AMOUNT, None, _qualifier(half, number, before, behind))
    if _SPEECH.search(before) or re.search(r"[-+>=]$", before) or re.match(r"[-+>=]", behind):
        return Mention(number, start, end, None, NumberReason.FIGURE_OF_SPEECH)
    return Mention(
        number, start, end, None, NumberReason.NAME if re.search(r"[A-Za-z-]$", before) or re.match(r"[A-Za-z]", behind) else NumberReason.TITLE
    )


def _kind(number: PrintedNumber) -> UnitKind | None:
    return None if "/" in number.base or not number.base else BASES[number.base].kind


def _is_rate(number: PrintedNumber) -> bool:
    return number.base in ("%", "‰", "成", "番", "percent") or (number.base == "倍")


def _is_capacity(number: PrintedNumber) -> bool:
    """Say whether a number within a name measures something: 20万吨, 300兆瓦, 1.2亿只; 2号 and 798 do not."""
    return (
        bool(number.base)
        and number.base not in NAMING
        and (bool(number.scale) or _kind(number) not in (UnitKind.COUNT, UnitKind.DURATION, UnitKind.LENGTH, None))
    )


_SMALL = frozenset("一二两三四五六七八九十")
_OBJECT_END = re.compile(r"[\u4e00-\u9fff“”·]{0,14}(?=[，。；！？,;!?\n]|$)")
_LIST_BEFORE = re.compile(r"(?:、[\u4e00-\u9fff“”A-Za-z()（）]+|等)$")
_GOVERNED = re.compile(
    r"(?:打造|形成|明确|建设|培育|构建|新增|拥有|现有|引进|新建|建成|设立|组建|布局|聚焦|集聚|"
    r"具有[\u4e00-\u9fff]{0,8}的|落户|签约|落地|完成|实施|推出|共有|共|增至|达到?|超过?|近|不足|约|仅|有|为|至|"
    r"突破|贡献|分布着|占|创建|获批|新认定|认定|培养)[^，。；,;]{0,56}$"
)


def _is_chinese_amount(half: str, number: PrintedNumber, before: str, behind: str) -> bool:
    """Say whether a number in Chinese digits is one that is stated: 七八百亿元 and 五大集群 are, 一个 and 四套班子 are not."""
    printed = half[number.start : number.end]
    if half[number.start - 1 : number.start] in ("第", "统", "唯", "同", "之", "某", "星", "周"):
        return False
    if not set(printed) - set("零〇"):
        # 零部件 and 零售.
        return False
    is_small = set(printed) <= _SMALL
    if not is_small:
        # 百年, 千家万户 and 万物 are words.
        if printed[0] in "百千万亿" and not number.base:
            return False
        if printed in ("百", "千", "万", "十") and not re.search(r"(?:超|过|上|近|破|逾|达|突破)$", before):
            return False
        return (bool(number.base) and number.base not in ("分", "方", "度", "点", "成", "道", "里", "口", "年", "日")) or (
            bool(number.scale) and bool(re.search(r"(?:超|破|突破|达|近|过|逾)$", before))
        )
    if number.base in ("成", "番", "倍", "个百分点", "个月", "%") or number.value_max is not None:
        return number.base != "成" or not re.match(r"[为立功果员长本套品]", behind)
    if printed in _INDEFINITE:
        return False
    if number.base == "大" or (number.base in ("个", "家", "项", "条", "座", "所", "种", "类") and _GOVERNED.search(before)):
        return (
            bool(_OBJECT_END.match(behind))
            and bool(_GOVERNED.search(half[max(0, number.start - 60) : number.start].split("。")[-1]))
            and not re.match(r"(?:班子|会战|发展|方面|问题|任务|原则|环节|关系|优势|特点|变化|要素|会议|以上|月|层面|维度|举措)", behind)
        )
    return number.base in ("家", "倍") and bool(_GOVERNED.search(before))


def _is_threshold(half: str, number: PrintedNumber, before: str, behind: str) -> bool:
    if _kind(number) not in (UnitKind.MONEY, UnitKind.AREA, UnitKind.MASS) and not (not number.base and number.scale):
        return False
    if _THRESHOLD_BEHIND.match(behind) or (not behind.startswith("的") and _EACH_BEHIND.match(behind)):
        return True
    if _OF_EACH_BEHIND.match(behind) and (_OVER_BEFORE.search(before) or _LEAST_BEFORE.search(before)):
        return True
    is_bare = not half[number.start].isdigit()
    if _OVER_BEFORE.search(before) or is_bare:
        noun = _THRESHOLD_NOUN.match(behind)
        return bool(noun) and not behind.startswith("的") and not re.match(r"(?:元)?大关|，|。", behind)
    return False


def _qualifier(half: str, number: PrintedNumber, before: str, behind: str) -> Qualifier:
    if _AT_LEAST.search(before) or re.match(r"以上|及以上", behind):
        return Qualifier.AT_LEAST
    if number.more or _OVER.search(before) or re.match(r"[余多]", behind):
        return Qualifier.OVER
    if _UNDER.search(before):
        return Qualifier.UNDER
    # 七八百 is about as many, whatever else is said.
    is_pair = number.value_max is not None and not half[number.start].isdigit()
    return Qualifier.ABOUT if is_pair or _ABOUT.search(before) or re.match(r"左右|上下", behind) else Qualifier.EXACT
