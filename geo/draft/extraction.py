"""Text out of the bytes of a document; run in a process of its own, as a document may be made to do harm.

``python -m geo.draft.extraction FORMAT`` reads the document from standard input and writes JSON to standard output: its paragraphs, each with
where it is from (page, table, row), or what keeps it from being read, in one sentence.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import mammoth
import pypdfium2
from selectolax.lexbor import LexborHTMLParser, LexborNode

from geo.draft.grids import Piece, write_table

# A document of 200 pages has 2 MB of text; what unpacks to more than this is no report.
MOST_UNPACKED = 200 << 20
MOST_RATIO = 200
MOST_PAGES = 2000
# How deep the parts of a page lie in each other; what is deeper takes minutes to be read.
MOST_NESTED = 400


class UnreadableError(ValueError):
    """A document that cannot be read; its text is one sentence that says what to do."""


def extract(kind: str, content: bytes) -> list[Piece]:
    """Extract the paragraphs of a document.

    Parameters
    ----------
    kind
        ``docx``, ``pdf`` or ``html``.
    content
        Its bytes.

    Raises
    ------
    UnreadableError
        If it cannot be read, is locked, or has no text.
    """
    return list({"docx": _read_docx, "pdf": _read_pdf, "html": _read_html}[kind](content))


def _read_docx(content: bytes) -> Iterator[Piece]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(len(content), 1 << 16):
                raise UnreadableError("the file unpacks to far more than a report has; save it again from a word processor")
    except zipfile.BadZipFile:
        raise UnreadableError("the file is damaged; open it in a word processor and save it again as .docx") from None
    html = mammoth.convert_to_html(io.BytesIO(content)).value
    yield from _read_html(html.encode())


def _read_pdf(content: bytes) -> Iterator[Piece]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableError("the PDF asks for a password; save a copy without one") from None
        raise UnreadableError("the PDF is damaged; open it in a viewer and print it to a new PDF") from None
    with document:
        if len(document) > MOST_PAGES:
            raise UnreadableError(f"the PDF has {len(document)} pages, {MOST_PAGES} at most; split it")
        empty = True
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage().get_text_bounded()
            page.close()
            for paragraph in _paragraphs_of_page(text):
                empty = False
                yield {"text": paragraph, "page": number + 1}
    if empty:
        raise UnreadableError(
            "the PDF has no text layer, only pictures of pages; recognise its text first (OCR), then check every number against the picture"
        )


_ENDS = re.compile(r"[。！？!?；;：:”]$")
_BEGINS = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.、](?!\d)|第[一二三四五六七八九十]+[章节条]|[●■◆▪•✅])"
)


def _paragraphs_of_page(text: str) -> Iterator[str]:
    """Join the lines of a page to paragraphs: a line that is not full, or that ends a sentence before a heading, ends one."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    width = max((len(line) for line in lines), default=0)
    paragraph = ""
    for position, line in enumerate(lines):
        if not line:
            if paragraph:
                yield paragraph
            paragraph = ""
            continue
        if paragraph and _BEGINS.match(line):
            yield paragraph
            paragraph = line
        else:
            glue = " " if paragraph[-1:].isascii() and line[:1].isascii() and paragraph[-1:].isalpha() and line[:1].isalnum() else ""
            paragraph = paragraph + glue + line
        following = lines[position + 1] if position + 1 < len(lines) else ""
        is_short = len(line) < 0.8 * width
        if (
            is_short
            and (_ENDS.search(line) or not re.search(r"[，、,\d（(“]$", line))
            and not re.match(r"[\d.]*(?:[亿万千百]|元|%|个百分点)", following)
        ):
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph


_BLOCKS = {
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "dt",
    "dd",
    "figcaption",
    "caption",
    "section",
    "article",
    "div",
    "td",
    "th",
    "body",
    "main",
}
_LEFT_OUT = "script, style, noscript, template, nav, footer, aside, form, iframe, svg, head, button, select"


_NESTING = re.compile(rb"(?i)<(/?)(?:div|span|section|article|table|blockquote|ul|ol|b|i|u|em|strong|font|center|a)\b")


def _read_html(content: bytes) -> Iterator[Piece]:
    depths = accumulate((-1 if tag[1] else 1 for tag in _NESTING.finditer(content)), lambda deep, step: max(0, deep + step))
    if any(deep > MOST_NESTED for deep in depths):
        raise UnreadableError("its parts lie in each other deeper than those of any report; copy its text, and give that")
    tree = LexborHTMLParser(content)
    for node in tree.css(_LEFT_OUT):
        node.decompose()
    if tree.body is None:
        return
    counter = [0]
    yield from _walk(tree.body, counter)


def _walk(node: LexborNode, counter: list[int]) -> Iterator[Piece]:
    """Give the text of a node block by block, tables by their rows."""
    words = ""
    child = node.child
    while child is not None:
        tag = child.tag
        if tag == "-text":
            words += child.text_content or ""
        elif tag == "br":
            words += "\n"
        elif tag == "table":
            yield from _flush(words)
            words = ""
            counter[0] += 1
            yield from _read_table(child, counter[0])
        elif tag in _BLOCKS or tag in ("ul", "ol", "dl", "header", "figure", "details", "summary", "center"):
            yield from _flush(words)
            words = ""
            yield from _walk(child, counter)
        elif tag not in ("_comment", "-comment"):
            inner = list(_walk(child, counter)) if child.css_first("p, div, table, li") is not None else []
            if inner:
                yield from _flush(words)
                words = ""
                yield from inner
            else:
                words += child.text(deep=True)
        child = child.next
    yield from _flush(words)


def _flush(words: str) -> Iterator[Piece]:
    for line in words.split("\n") if "\n" in words and words.count("\n") < 400 else [words]:
        text = re.sub(r"[ \t\r\f\v\u00a0\u3000]+", " ", line).strip()
        if text:
            yield {"text": text}


def _read_table(table: LexborNode, number: int) -> Iterator[Piece]:
    grid = _grid(table)
    yield from write_table(grid, number)


def _grid(table: LexborNode) -> list[list[str]]:
    """Lay the cells out; a cell over several rows or columns stands in each of them."""
    grid: list[list[str]] = []
    pending: dict[tuple[int, int], str] = {}
    for row_number, row in enumerate(table.css("tr")):
        cells: list[str] = []
        column = 0
        for cell in row.css("td, th"):
            while (row_number, column) in pending:
                cells.append(pending.pop((row_number, column)))
                column += 1
            text = re.sub(r"\s+", " ", cell.text(deep=True)).strip()
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for offset in range(across):
                cells.append(text)
                for below in range(1, down):
                    pending[(row_number + below, column + offset)] = text
            column += across
        while (row_number, column) in pending:
            cells.append(pending.pop((row_number, column)))
            column += 1
        grid.append(cells)
    return grid


def _span(cell: LexborNode, name: str) -> int:
    written = cell.attributes.get(name) or "1"
    return min(int(written), 50) if written.isdigit() and int(written) > 0 else 1


def _limit() -> None:
    """Bound what this process may take; a system without such limits has the time that its parent gives."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))


def main() -> int:
    """Read a document from standard input and write its pieces."""
    _limit()
    kind = sys.argv[1]
    try:
        answer: dict[str, Any] = {"pieces": extract(kind, sys.stdin.buffer.read())}
    except UnreadableError as error:
        answer = {"error": str(error)}
    except (MemoryError, RecursionError):
        answer = {"error": "the document needs more memory than a report does; save it again from a word processor"}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
