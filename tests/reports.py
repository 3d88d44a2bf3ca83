"""A report about an invented park, in the forms in which reports come, and what is right about it."""

from __future__ import annotations

from typing import Any

from tests.documents import docx, paragraph, table

TITLE = "澄沙湾数控产业园一季度运行情况"
PARAGRAPHS = (
    "一季度，澄沙湾数控产业园实现规上工业总产值42.6亿元，同比增长11.3%，总量居全市第三。园区现有规上企业58家，其中高新技术企业23家。",
    "鹭鸣精密轴承项目落户澄沙湾数控产业园，总投资18.5亿元，占地260亩，全部达产后年产值30亿元。",
    "石湾临港园一季度规上工业总产值67.2亿元，同比下降2.4%；完成工业投资9.8亿元，增长6.1%。",
    "下一步，澄沙湾数控产业园将聚焦数控装备，力争2033年规上工业总产值突破200亿元。咨询电话0571-87654321。",
)
TABLE = (("指标", "单位", "一季度", "增长"), ("实际利用外资", "万美元", "1250", "8.2%"), ("研发投入", "亿元", "3.4", "15.7%"))
DAY, HOST = "2032-04-20", "澄沙湾数控产业园"
# What a person confirms: the subject, then the value as it is printed, and what else the text says of it.
RIGHT: dict[tuple[str, str], dict[str, Any]] = {
    ("42.6", "亿元"): {"subject": "澄沙湾数控产业园", "period": "2032-Q1", "growth_pct": "11.3", "rank": 3, "rank_scope": "全市"},
    ("58", "家"): {"subject": "澄沙湾数控产业园"},
    ("23", "家"): {"subject": "澄沙湾数控产业园"},
    ("18.5", "亿元"): {"subject": "鹭鸣精密轴承项目", "status": "planned"},
    ("260", "亩"): {"subject": "鹭鸣精密轴承项目"},
    ("30", "亿元"): {"subject": "鹭鸣精密轴承项目", "period": "after", "status": "planned"},
    ("67.2", "亿元"): {"subject": "石湾临港园", "period": "2032-Q1", "growth_pct": "-2.4"},
    ("9.8", "亿元"): {"subject": "石湾临港园", "period": "2032-Q1", "growth_pct": "6.1"},
    ("200", "亿元"): {"subject": "澄沙湾数控产业园", "period": "/2033", "status": "planned"},
    ("1250", "万美元"): {"subject": "澄沙湾数控产业园", "period": "2032-Q1", "growth_pct": "8.2"},
    ("3.4", "亿元"): {"subject": "澄沙湾数控产业园", "period": "2032-Q1", "growth_pct": "15.7"},
}
IN_TABLE = {("1250", "万美元"), ("3.4", "亿元")}


def as_docx() -> bytes:
    """The report as a Word document with a table."""
    return docx(paragraph(TITLE), *map(paragraph, PARAGRAPHS[:3]), table(TABLE), paragraph(PARAGRAPHS[3]))


def as_html() -> str:
    """The report as a page with a table, beside what a page has else."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in TABLE)
    first, last = "".join(f"<p>{text}</p>" for text in PARAGRAPHS[:3]), f"<p>{PARAGRAPHS[3]}</p>"
    body = f"<nav>首页 12 34</nav><article><h1>{TITLE}</h1>{first}<table>{rows}</table>{last}</article>"
    return f'<!doctype html><html><head><meta charset="gbk"><title>{TITLE}</title></head><body>{body}</body></html>'


def as_columns() -> str:
    """The report as a page that is printed in two columns."""
    text = "".join(f"<p>{paragraph_}</p>" for paragraph_ in PARAGRAPHS)
    style = "@page{size:A4;margin:2cm} body{font:14px serif} div{columns:2;column-gap:1.2cm} h1{font-size:20px}"
    return f'<!doctype html><html lang="zh"><meta charset="utf-8"><style>{style}</style><h1>{TITLE}</h1><div>{text}</div></html>'
