"""Conditional requests (RFC 9110, section 13): whether a client has the answer already, or wants it only as it knew it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from werkzeug.http import parse_date

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What makes a request conditional, as WSGI names it.
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")
_TAG = re.compile(r'\s*(?P<weak>W/)?"(?P<tag>[!#-~\x80-\xff]*)"\s*(?:,|$)')


def evaluate(environ: WSGIEnvironment, etag: str, last_modified: datetime | None) -> int:
    """Evaluate the conditions of a GET or HEAD request in the order of section 13.2.2.

    Parameters
    ----------
    environ
        The request as WSGI has it.
    etag
        The strong tag of the answer, without quotes.
    last_modified
        When what it is made from was changed.

    Returns
    -------
    int
        200, 304 where the client has the answer, or 412 where it wanted another one.
    """
    match, none_match = (_read_tags(environ.get(f"HTTP_{name}")) for name in ("IF_MATCH", "IF_NONE_MATCH"))
    if match is not None:
        # Strong comparison.
        if "*" not in match and (etag, False) not in match:
            return 412
    elif last_modified and (since := parse_date(environ.get("HTTP_IF_UNMODIFIED_SINCE"))) and last_modified > since:
        return 412
    if none_match is not None:
        return 304 if "*" in none_match or {(etag, False), (etag, True)} & none_match else 200
    if last_modified and (since := parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))) and last_modified <= since:
        return 304
    return 200


def _read_tags(header: str | None) -> set[object] | None:
    """Read a list of entity tags, each with whether it is weak, or ``*``; what is not such a list counts as no condition."""
    if header is None or header.strip() == "*":
        return header and {"*"}  # type: ignore[return-value]
    tags: set[object] = set()
    at = 0
    while at < len(header):
        found = _TAG.match(header, at)
        if not found:
            return None
        tags.add((found["tag"], bool(found["weak"])))
        at = found.end()
    return tags or None
