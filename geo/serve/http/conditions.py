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
_TAG = r'(W/)?"([!#-~\x80-\xff]*)"'
# Empty elements of a list are passed over (section 5.6.1).
_TAGS = re.compile(rf"[\s,]*{_TAG}(?:\s*,[\s,]*{_TAG})*[\s,]*")


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
    if (has_it := _has_tag(environ.get("HTTP_IF_MATCH"), etag, is_strong=True)) is not None:
        if not has_it:
            return 412
    elif last_modified and (since := parse_date(environ.get("HTTP_IF_UNMODIFIED_SINCE"))) and last_modified > since:
        return 412
    if (has_it := _has_tag(environ.get("HTTP_IF_NONE_MATCH"), etag, is_strong=False)) is not None:
        return 304 if has_it else 200
    if last_modified and (since := parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))) and last_modified <= since:
        return 304
    return 200


def _has_tag(header: str | None, etag: str, *, is_strong: bool) -> bool | None:
    """Tell whether a list of entity tags has one, by strong or weak comparison; ``None`` where the header is no such list, and no condition."""
    if header is None or not (header.strip() == "*" or _TAGS.fullmatch(header)):
        return None
    return header.strip() == "*" or any(tag == etag and not (is_strong and weak) for weak, tag in re.findall(_TAG, header))
