"""The invented city with two more reports of later years: what is new, has changed, was restated, and cannot be compared."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.other_city import DATA, TEXTS

FIRST, SECOND, THIRD = "qinglan-evening", "qinglan-evening-2033", "qinglan-evening-2034"


class Stated(NamedTuple):
    """A figure of a report: whose, which, what, and the words of the text that state it."""

    subject: str
    indicator: str
    value: str
    unit: str
    period: str
    words: str
    value_max: str = ""
    qualifier: str = "exact"
    status: str = "actual"
    growth: str = ""
    rank: str = ""


class Report(NamedTuple):
    """A report: its id, title, date, paragraphs, and what it states."""

    id: str
    title: str
    published: str
    paragraphs: tuple[str, ...]
    figures: tuple[Stated, ...]


VALUE, INVESTMENT, COMPANIES = "industrial_value_added", "planned_investment", "companies"
REPORTS = (
    Report(
        SECOND,
        "三线又一年",
        "2033-02-03",
        (
            "三线又一年",
            "石湾临港园2032年工业增加值52.4亿元，增长7.8%，居全市第一；云陂材料谷29.9亿元，下降5.1%。",
            "经核定，云陂材料谷2031年工业增加值为30.8亿元。青岚市2031年工业增加值214亿元。",
            "岚镜光学厂计划投资120000万元。中继实验室入驻企业31家。",
        ),
        (
            Stated("stone-port", VALUE, "52.4", "亿元", "2032", "工业增加值52.4亿元，增长7.8%，居全市第一", growth="7.8", rank="1"),
            Stated("cloud-valley", VALUE, "29.9", "亿元", "2032", "29.9亿元，下降5.1%", growth="-5.1"),
            Stated("cloud-valley", VALUE, "30.8", "亿元", "2031", "30.8亿元"),
            Stated("qinglan", VALUE, "214", "亿元", "2031", "214亿元"),
            Stated("lens-plant", INVESTMENT, "120000", "万元", "", "120000万元", status="planned"),
            Stated("relay-lab", COMPANIES, "31", "家", "", "31家"),
        ),
    ),
    Report(
        THIRD,
        "河谷再起新厂房",
        "2034-02-02",
        (
            "河谷再起新厂房",
            "石湾临港园2033年工业增加值57亿元，增长8.2%，居全市第一。今年一季度，松坪木作小镇工业增加值0.9亿元。",
            "岚镜光学厂2033年入驻企业4家。",
        ),
        (
            Stated("stone-port", VALUE, "57", "亿元", "2033", "57亿元，增长8.2%，居全市第一", growth="8.2", rank="1"),
            Stated("pine-town", VALUE, "0.9", "亿元", "2034-Q1", "0.9亿元"),
            Stated("lens-plant", COMPANIES, "4", "家", "2033", "4家"),
        ),
    ),
)


def write_editions(folder: Path) -> Path:
    """Write the tables with all three reports, and their texts into ``texts`` below them; give the folder."""
    shutil.copytree(DATA, folder)
    for report in REPORTS:
        text = "\n\n".join(report.paragraphs) + "\n"
        (folder / TEXTS.name / f"{report.id}.txt").write_text(text, encoding="utf-8")
        starts = [text.index(paragraph) for paragraph in report.paragraphs]
        blocks = enumerate(zip(starts, report.paragraphs, strict=True), 1)
        paragraphs = [{"source": report.id, "paragraph": number, "start": start, "end": start + len(block)} for number, (start, block) in blocks]
        _append(folder / "paragraphs.csv", paragraphs)
        _append(
            folder / "sources.csv",
            [
                {
                    "id": report.id,
                    "title": report.title,
                    "kind": "newspaper",
                    "publisher": "青岚晚报",
                    "published": report.published,
                    "sha256": hashlib.sha256(text.encode()).hexdigest(),
                    "retrieved_on": report.published,
                }
            ],
        )
        rows = []
        for one in report.figures:
            start = text.index(one.words)
            rows.append(
                {
                    "subject_id": one.subject,
                    "indicator": one.indicator,
                    "value": one.value,
                    "value_max": one.value_max,
                    "unit": one.unit,
                    "period": one.period,
                    "qualifier": one.qualifier,
                    "status": one.status,
                    "growth_pct": one.growth,
                    "rank": one.rank,
                    "rank_scope_zh": "青岚市" if one.rank else "",
                    "rank_scope_en": "Qinglan" if one.rank else "",
                    "source": report.id,
                    "paragraph": sum(1 for begin in starts if begin <= start),
                    "start": start,
                    "end": start + len(one.words),
                }
            )
        _append(folder / "indicators.csv", rows)
    return folder


def _append(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open(encoding="utf-8", newline="") as source:
        header = next(csv.reader(source))
    with path.open("a", encoding="utf-8", newline="") as target:
        csv.DictWriter(target, header, restval="", lineterminator="\n").writerows(rows)
