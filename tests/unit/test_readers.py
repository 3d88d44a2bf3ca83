from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.draft.readers import Document, DocumentError, normalize, read_content, read_document
from tests.documents import docx, docx_of, inserted, paragraph, pdf, pdf_of, table

SENTENCE = "云岭经开区规上工业总产值88.6亿元，增长12.4%。"


def read(content: bytes, name: str = "report.txt") -> Document:
    return read_content(content, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "gb2312"])
def test_a_text_in_any_of_the_usual_encodings_reads_the_same(encoding: str) -> None:
    text = f"{SENTENCE}\n\n另有项目12个，总投资46亿元。\n"
    assert read(text.encode(encoding)).text == text


def test_a_character_that_gb2312_does_not_have_is_read_as_gb18030() -> None:
    text = f"{SENTENCE}园区内有堃泰公司、镕辉公司等企业，位于𠮷祥路。\n" * 3
    html = f'<html><head><meta charset="gb2312"></head><body><p>{text.strip()}</p></body></html>'
    assert "堃泰公司" in read(html.encode("gb18030"), "a.html").text
    assert "𠮷祥路" in read(html.encode("gb18030"), "a.html").text


def test_a_plain_text_that_is_normal_keeps_every_byte() -> None:
    text = "\n\n  标题\n\n正文　一段,有12.5亿元。\n\n\n\n末段"
    assert read(text.encode()).text == text


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("一\r\n二\r三", "一\n二\n三"),
        ("产值12\n.5亿元", "产值12.5亿元"),
        ("产值12.\n5亿元", "产值12.5亿元"),
        ("产值125\n亿元", "产值125亿元"),
        ("产值1\n25亿元", "产值125亿元"),
        ("产值12.5亿\n元", "产值12.5亿元"),
        ("增长8.4\n%", "增长8.4%"),
        ("共12\n另有5家", "共12\n另有5家"),
        ("排名1\n2\n3", "排名1\n2\n3"),
        ("产\u200b值\u202e12\ufeff亿元\x00", "产值12亿元"),
    ],
)
def test_what_is_not_seen_goes_and_a_number_is_joined(given_text: str, expected: str) -> None:
    assert normalize(given_text) == expected


@given(st.text())
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    once = normalize(text)
    assert normalize(normalize(once)) == normalize(once)
    once.encode()


def test_a_word_document_gives_its_paragraphs_and_its_tables_with_heads_and_units() -> None:
    rows = [["园区", "规上工业总产值（亿元）", "从业人员（万人）"], ["川东高新区", "768.2", "4.8"], ["嘉溪工业园", "215.7", "1.3"]]
    document = read(docx(paragraph("概况"), inserted("实现产值1", "23.5", "亿元。"), table(rows)), "a.docx")
    assert document.text.split("\n\n") == [
        "概况",
        "实现产值123.5亿元。",
        "川东高新区：规上工业总产值768.2亿元，从业人员4.8万人。",
        "嘉溪工业园：规上工业总产值215.7亿元，从业人员1.3万人。\n",
    ]
    last = document.origins[-1]
    assert (last.table, last.row, document.text[last.start : last.end]) == (1, 3, "嘉溪工业园：规上工业总产值215.7亿元，从业人员1.3万人。")


def test_a_table_with_one_unit_for_all_of_it_gives_it_to_every_number() -> None:
    rows = [["单位：亿元", "", ""], ["指标", "2022年", "2023年"], ["工业产值", "101.5", "120.3"]]
    assert "工业产值：2022年101.5亿元，2023年120.3亿元。" in read(docx(table(rows)), "a.docx").text


def test_a_pdf_gives_its_pages_and_joins_the_lines_of_a_paragraph() -> None:
    first = [(72, 760, "云岭经开区一季度规上工业总产值88"), (72, 745, ".6亿元，同比增长12.4%，总量居全市"), (72, 730, "第二。")]
    document = read(pdf(first, [(72, 760, "第二页的段落，总投资46亿元。")]), "a.pdf")
    assert "规上工业总产值88.6亿元，同比增长12.4%，总量居全市第二。" in document.text
    assert [origin.page for origin in document.origins] == [1, 2]


def test_html_gives_what_is_read_and_not_what_surrounds_it() -> None:
    page = (
        "<!doctype html><html><head><title>t</title><script>var a=1</script></head><body><nav>首页 12</nav><article><h1>标题</h1>"
        "<p>园区<b>产值</b>12<span>.5亿</span>元。</p><ul><li>一期3亿元</li></ul><table><tr><th>园</th><th>产值（亿元）</th></tr><tr><td>甲园</td><td>5</td></tr></table>"
        "</article><footer>电话 0571-12345678</footer></body></html>"
    )
    assert read(page.encode(), "a.html").text == "标题\n\n园区产值12.5亿元。\n\n一期3亿元\n\n甲园：产值5亿元。\n"


def test_markdown_gives_its_words_and_its_tables() -> None:
    text = "# 简报\n\n**甲园**产值[12.5亿元](http://example.org)。\n\n| 园 | 产值（亿元） |\n| --- | ---: |\n| 甲园 | 5 |\n"
    assert read(text.encode(), "a.md").text == "简报\n\n甲园产值12.5亿元。\n\n甲园：产值5亿元。\n"


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.txt", "it is empty"),
        (b" \n\n ", "a.txt", "it is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "save it as .docx"),
        (b"PK\x03\x04" + bytes(100), "a.zip", "a zip file that is no Word document"),
        (b"PK\x03\x04word/" + bytes(100), "a.docx", "the file is damaged"),
        (b"%PDF-1.4\nnothing", "a.pdf", "the PDF is damaged"),
        (b"\x89PNG\r\n\x1a\n", "a.png", "a picture"),
        (b"<html><body><img src=a></body></html>", "a.html", "it has no text"),
        (b"\xff\xfe\x00\xd8", "a.txt", "utf-16"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(content: bytes, name: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(content, name)
    assert str(caught.value).startswith(f"{name}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pdf_without_a_text_layer_is_said_to_have_none() -> None:
    with pytest.raises(DocumentError, match="no text layer"):
        read(pdf([]), "scan.pdf")


def test_bytes_that_no_encoding_has_are_refused_with_their_offset() -> None:
    with pytest.raises(DocumentError, match=r"byte 0xff at offset 9"):
        read("产值为".encode() + b"\xff\xff\xff", "a.txt")


def test_a_zip_bomb_is_refused() -> None:
    with pytest.raises(DocumentError, match="unpacks to far more"):
        read(docx(paragraph("文"), padding=256 << 20), "bomb.docx")


WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
LAUGHS = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
# A gigabyte of blanks in two kilobytes.
TWICE = zlib.compress(zlib.compress(bytes(1 << 30), 9), 9)
HOSTILE = {
    "laughs.docx": docx_of(f'<!DOCTYPE w [<!ENTITY l0 "lol">{LAUGHS}]>{WORD}{paragraph("&l9;")}</w:body></w:document>'),
    "deep.docx": docx_of(WORD + "<w:tbl><w:tr><w:tc>" * 20000 + "</w:tc></w:tr></w:tbl>" * 20000 + "</w:body></w:document>"),
    "ratio.docx": docx(*[paragraph("产值12亿元，" * 2000)] * 800),
    "loop.pdf": pdf_of(CATALOGUE, b"<< /Type /Pages /Kids [2 0 R] /Count 1000000 >>"),
    "pages.pdf": pdf_of(CATALOGUE, b"<< /Type /Pages /Kids [%s] /Count 50000 >>" % (b"3 0 R " * 50000), PAGE),
    "twice.pdf": pdf_of(
        CATALOGUE,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE,
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(TWICE), TWICE),
    ),
    "deep.html": b"</div>" * 1000 + b"<div>" * 200_000 + "产值12亿元".encode(),
    "line.txt": ("云泽谷产值12.5亿元，" * 400_000).encode(),
    "digits.txt": b"1" * 10_000_000,
    "numbers.html": b"<p>" + b"1," * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_document_that_is_made_to_do_harm_gets_a_sentence(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(HOSTILE[name], name)
    said = str(caught.value)
    assert said.startswith(f"{name}: ") and "\n" not in said and len(said) < 160
    # What to do is said, too.
    assert re.search("give|split|save|copy|open|recognise", said)


def test_a_word_document_reads_no_file_of_this_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2", encoding="utf-8")
    entity = f'<!DOCTYPE w [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    assert "hunter2" not in read(docx_of(f"{entity}{WORD}{paragraph('产值12亿元&x;。')}</w:body></w:document>"), "a.docx").text


def test_a_folder_and_a_missing_file_are_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(DocumentError):
            read_document(path, "it")


ALIGNED = """青禾经开区各园区指标

单位：亿元
园区          产值      税收    增速(%)
云泽谷        120.5     6.2     8.1
松原园         88.0      —     -2.3

　　以上为快报数。  口径不变。
"""


@pytest.mark.parametrize("blanks", ["    ", "\t", "\u3000\u3000"])
def test_a_table_of_a_plain_text_is_read_by_its_columns(blanks: str) -> None:
    text = re.sub(r"(?<=\S) {3,}", blanks, ALIGNED)
    document = read(text.encode())
    assert document.text == (
        "青禾经开区各园区指标\n\n云泽谷：产值120.5亿元，税收6.2亿元，增速8.1%。\n\n"
        "松原园：产值88.0亿元，税收—，增速-2.3%。\n\n　　以上为快报数。  口径不变。\n"
    )
    assert [(origin.table, origin.row) for origin in document.origins] == [(1, 3), (1, 4)]
    assert [document.text[origin.start : origin.start + 3] for origin in document.origins] == ["云泽谷", "松原园"]
    # What has been read once is read as it is.
    assert read(document.text.encode()).text == document.text


@pytest.mark.parametrize(
    "text",
    [
        "云泽谷   产值\n松原园   税收\n",
        "云泽谷   120\n松原园   88\n",
        "园区   产值\n云泽谷   120\n松原园   88   6\n",
        "　　一季度，云泽谷产值120亿元。\n　　二季度，产值88亿元。\n",
    ],
)
def test_a_plain_text_without_a_table_stays_as_it_is(text: str) -> None:
    assert read(text.encode()).text == text
