"""Documents in: text, Markdown, HTML, Word and PDF become one text, with a map back to page, table and row."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer

from geo.draft.grids import find_tables, split_cells, write_table
from geo.errors import GeoError
from geo.ground.files import UnfitFileError, read_regular

MOST_BYTES = 64 << 20
# A report of 200 pages has some 200 000 characters and 7 000 numbers.
MOST_CHARACTERS, MOST_NUMBERS = 3_000_000, 50_000
# A PDF of 200 pages takes two seconds.
_MOST_SECONDS = 120
# A text in a Western encoding is nearly all ASCII.
_LEAST_ASCII = 0.9


class DocumentError(GeoError):
    """A document that cannot be read: which, and what to do, in one sentence."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


@dataclass(frozen=True)
class Origin:
    """Where a part of the text is from.

    Attributes
    ----------
    start, end
        Code-point offsets in the text, end excluded.
    page, table, row
        In the document, counted from 1; ``None`` where it has none.
    """

    start: int
    end: int
    page: int | None
    table: int | None
    row: int | None


@dataclass(frozen=True)
class Document:
    """A document as text.

    Attributes
    ----------
    text
        Normalised: line feeds, no characters that are not seen, no line broken inside a number.
    origins
        Where its paragraphs are from; empty for plain text, whose lines are its own.
    format
        What it was read as.
    """

    text: str
    origins: tuple[Origin, ...]
    format: str


def read_document(path: Path | None, name: str) -> Document:
    """Read a document.

    Parameters
    ----------
    path
        The file; ``None`` for standard input.
    name
        What it is called in messages.

    Raises
    ------
    DocumentError
        If it cannot be read, is locked or empty; says what to do.
    """
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if path is None else read_regular(path, MOST_BYTES)
    except UnfitFileError as error:
        raise DocumentError(name, f"{error.value}: expected {error.expected}") from None
    except OSError as error:
        raise DocumentError(name, error.strerror or str(error)) from None
    if len(content) > MOST_BYTES:
        raise DocumentError(name, f"larger than {MOST_BYTES >> 20} MB; give the part with the text")
    return read_content(content, name)


def read_content(content: bytes, name: str) -> Document:
    """Read a document from its bytes.

    Parameters
    ----------
    content
        The bytes.
    name
        What it is called: its ending tells Markdown from text, and it stands in messages.

    Raises
    ------
    DocumentError
        As :func:`read_document` raises it.
    """
    document = _read_bytes(content, name)
    characters = len(document.text)
    numbers = sum(1 for _ in re.finditer(r"\d+", document.text)) if characters <= MOST_CHARACTERS else 0
    if characters > MOST_CHARACTERS or numbers > MOST_NUMBERS:
        what = f"{characters} characters, {MOST_CHARACTERS}" if characters > MOST_CHARACTERS else f"{numbers} numbers, {MOST_NUMBERS}"
        raise DocumentError(name, f"it has {what} at most; give the part that is the report")
    return document


def _read_bytes(content: bytes, name: str) -> Document:
    kind = _format_of(content, name)
    if kind in ("docx", "pdf"):
        pieces = _extract_apart(kind, content, name)
    elif kind == "html":
        pieces = _extract_apart(kind, _decode_html(content, name).encode(), name)
    elif kind == "md":
        pieces = list(_read_markdown(_decode(content, name)))
    else:
        text = normalize(_decode(content, name))
        if not text.strip():
            raise DocumentError(name, "it has no text")
        return _with_tables(text)
    text, origins = "", []
    for piece in pieces:
        paragraph = normalize(str(piece["text"])).strip()
        if not paragraph:
            continue
        if text:
            text += "\n\n"
        origins.append(Origin(len(text), len(text) + len(paragraph), piece.get("page"), piece.get("table"), piece.get("row")))  # type: ignore[arg-type]
        text += paragraph
    if not text:
        raise DocumentError(name, "it has no text; if it is a picture or a scan, recognise its text first (OCR)")
    return Document(text + "\n", tuple(origins), kind)


def _format_of(content: bytes, name: str) -> str:
    ending = Path(name).suffix.lower()
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        if b"word/" in content:
            return "docx"
        raise DocumentError(name, "a zip file that is no Word document; give .docx, .pdf, .html, .md or .txt")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise DocumentError(name, "an old or a locked Office file (.doc); open it, take off its password if it has one, and save it as .docx")
    if content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")):
        raise DocumentError(name, "a picture; recognise its text first (OCR), then give the text")
    if not content.strip():
        raise DocumentError(name, "it is empty")
    if ending in (".html", ".htm", ".xhtml") or re.match(rb"(?i)<(?:!doctype html|html|head|body|meta|div|p|table|article)", head):
        return "html"
    return "md" if ending in (".md", ".markdown") else "txt"


def _decode(content: bytes, name: str) -> str:
    for encoding, mark in (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff")):
        if content.startswith(mark):
            return _decode_as(content, encoding, name)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        broken = error
    found = charset_normalizer.from_bytes(content).best()
    guessed = found.encoding if found is not None else ""
    is_western = guessed.startswith(("cp125", "latin", "iso8859", "mac_roman")) and sum(byte < 0x80 for byte in content) > _LEAST_ASCII * len(content)
    # gb2312 is what GB 18030 was once called; only the latter has every character.
    for encoding in (guessed,) if is_western else ("big5", "gb18030") if guessed.startswith("big5") else ("gb18030",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DocumentError(name, f"neither UTF-8 nor GB 18030: byte 0x{content[broken.start]:02x} at offset {broken.start}; save it as UTF-8")


def _decode_as(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(name, f"no {encoding}: byte 0x{content[error.start]:02x} at offset {error.start}; save it as UTF-8") from None


def _decode_html(content: bytes, name: str) -> str:
    said = re.search(rb"(?i)charset\s*=\s*[\"']?([\w-]+)", content[:4096])
    encoding = said[1].decode("ascii", "replace").lower() if said else ""
    if encoding in ("gb2312", "gbk", "gb18030", "x-gbk"):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            return _decode(content, name)
    return _decode(content, name)


_SEEN_AS_NOTHING = re.compile(
    "[\u00ad\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufffc]|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_BROKEN_NUMBER = re.compile(
    r"(?<=\d)[ \t]*\n[ \t]*(?=(?:\.\d|\d{0,3}(?:\.\d+)?(?:[亿万](?:元|美元|吨|人|家|户|平方)|元|%|％|个百分点|"
    r"平方米|平方公里)))|(?<=\d\.)\n(?=\d)|(?<=\d[亿万])\n(?=元|美元|吨)"
)


def normalize(text: str) -> str:
    """Give the text that pointers lead into: line feeds, nothing unseen, no line broken inside a number; what is so already stays as it is."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").replace("\x0c", "\n").replace("\x85", "\n")
    text = _SEEN_AS_NOTHING.sub("", text)
    if any("\ud800" <= character <= "\udfff" or unicodedata.category(character) == "Cn" for character in set(text)):
        text = "".join(character if unicodedata.category(character) not in ("Cs", "Cn") else "\N{REPLACEMENT CHARACTER}" for character in text)
    return _BROKEN_NUMBER.sub("", text)


def _with_tables(text: str) -> Document:
    """Write the tables of a plain text as sentences; what has none stays as it is."""
    lines = text.split("\n")
    tables = find_tables(lines)
    if not tables:
        return Document(text, (), "txt")
    written, origins, position = "", [], 0
    for number, (first, last) in enumerate(tables, 1):
        written += "".join(f"{line}\n" for line in lines[position:first]).rstrip("\n") + "\n\n"
        for piece in write_table([split_cells(line) for line in lines[first:last]], number):
            origins.append(Origin(len(written), len(written) + len(piece["text"]), None, number, piece["row"]))
            written += piece["text"] + "\n\n"
        position = last
    return Document((written + "\n".join(lines[position:]).lstrip("\n")).strip("\n") + "\n", tuple(origins), "txt")


def _read_markdown(text: str) -> list[dict[str, object]]:
    pieces: list[dict[str, object]] = []
    rows: list[list[str]] = []
    tables = 0

    def close_table() -> None:
        nonlocal tables, rows
        if rows:
            tables += 1
            pieces.extend(write_table([row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)], tables))
            rows = []

    for line in text.replace("\r\n", "\n").split("\n"):
        stripped = line.strip()
        if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 2:
            rows.append([cell.strip() for cell in stripped[1:-1].split("|")])
            continue
        close_table()
        bare = re.sub(r"^(?:#{1,6}\s+|>\s*|[-*+]\s+)", "", stripped)
        bare = re.sub(r"!\[[^\]]*\]\([^)]*\)|\[\^[^\]]*\]", "", bare)
        bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", bare)
        bare = re.sub(r"(\*\*|__|`|\*(?=\S)|(?<=\S)\*)", "", bare)
        if bare:
            pieces.append({"text": bare})
    close_table()
    return pieces


def _extract_apart(kind: str, content: bytes, name: str) -> Sequence[dict[str, object]]:
    """Extract in a process of its own, with limits of memory and time."""
    command = [sys.executable, "-m", "geo.draft.extraction", kind]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_MOST_SECONDS, check=False, cwd=Path(__file__).parents[2])  # noqa: S603
    except subprocess.TimeoutExpired:
        raise DocumentError(name, f"reading it takes more than {_MOST_SECONDS} s; split it, or give its text") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise DocumentError(name, "it could not be read within the limits of memory and time; save it again, or give its text") from None
    if "error" in answer:
        raise DocumentError(name, answer["error"])
    pieces: list[dict[str, object]] = answer["pieces"]
    return pieces
