"""Parts of answers (RFC 9110, section 14): what large files are read by, and what a broken transfer goes on with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.http import parse_date

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# As many parts as a reader of file headers asks for at once; more are an attempt to make one answer of many.
MAX_PARTS = 20
# Behind the last byte of any answer.
_NO_END = 10**30
_PART = re.compile(r"(\d{1,30})\s*-\s*(\d{0,30})|()-\s*(\d{1,30})", re.ASCII)
_TAG = re.compile(r'"([!#-~\x80-\xff]*)"')


class Part(NamedTuple):
    """A stretch of bytes.

    Attributes
    ----------
    start, stop
        Of the first byte, and of the one behind the last.
    """

    start: int
    stop: int

    def said_of(self, size: int) -> str:
        """Write it as Content-Range does, of content of a size in bytes."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class RangeError(ValueError):
    """None of the parts that are asked for can be given."""


def wanted_tag(environ: WSGIEnvironment) -> str | None:
    """Give the tag, without quotes, of the form of an answer of which a client has a part already."""
    tag = _TAG.fullmatch(environ.get("HTTP_IF_RANGE", "").strip())
    return tag[1] if tag else None


def is_in_parts(environ: WSGIEnvironment) -> bool:
    """Tell whether parts of an answer are asked for, in a unit and a form that are understood; all else is passed over."""
    return bool(_read(environ))


def find_parts(environ: WSGIEnvironment, size: int, etag: str, last_modified: datetime | None) -> Sequence[Part] | None:
    """Find which parts of an answer are asked for.

    Parameters
    ----------
    environ
        The request as WSGI has it.
    size
        Of the content, in bytes, as it goes over the wire.
    etag, last_modified
        Of the answer; ``last_modified`` is ``None`` where a moment does not say which form of it a client has.

    Returns
    -------
    sequence of Part
        In the order in which they are asked for; ``None`` where the whole is to be given.

    Raises
    ------
    RangeError
        If none of them is in the content, or there are too many, or they overlap.
    """
    wanted = _read(environ)
    if not wanted or not _is_same(environ.get("HTTP_IF_RANGE"), etag, last_modified):
        return None
    asked = [Part(first, min(last + 1, size)) if first is not None else Part(max(0, size - last), size) for first, last in wanted]
    parts = [part for part in asked if part.start < part.stop]
    if not parts:
        raise RangeError(f"expected a range within the {size} bytes that there are")
    in_order = sorted(parts)
    if len(parts) > MAX_PARTS or any(after.start < before.stop for before, after in pairwise(in_order)):
        raise RangeError(f"expected {MAX_PARTS} ranges at most, none of which overlaps another")
    return parts


def join_parts(body: bytes, parts: Sequence[Part], media_type: str, boundary: str) -> bytes:
    """Write several parts of a body as ``multipart/byteranges`` (section 14.6)."""
    written = [
        f"--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {part.said_of(len(body))}\r\n\r\n".encode() + body[part.start : part.stop]
        for part in parts
    ]
    return b"\r\n".join([*written, f"--{boundary}--\r\n".encode()])


def _is_same(condition: str | None, etag: str, last_modified: datetime | None) -> bool:
    """Tell whether a client may go on with what it has (section 13.1.5): its tag is the same, or its date, where that is a strong one."""
    if condition is None:
        return True
    if tag := _TAG.fullmatch(condition.strip()):
        return tag[1] == etag
    since = parse_date(condition)
    return since is not None and since == last_modified and datetime.now(UTC) - since > timedelta(seconds=1)


def _read(environ: WSGIEnvironment) -> list[tuple[int | None, int]]:
    """Read the Range header: the first and the last byte of each part, or ``None`` and how many of the last bytes; empty where it is no range."""
    unit, _, listed = environ.get("HTTP_RANGE", "").partition("=")
    if environ["REQUEST_METHOD"] != "GET" or unit.strip().lower() != "bytes":
        return []
    read: list[tuple[int | None, int]] = []
    # Empty elements of a list are passed over (section 5.6.1).
    for text in filter(None, map(str.strip, listed.split(","))):
        part = _PART.fullmatch(text)
        if part is None or (part[1] and part[2] and int(part[2]) < int(part[1])):
            return []
        read.append((int(part[1]), int(part[2] or _NO_END)) if part[1] else (None, int(part[4])))
    return read
