"""Answers that can be kept: strong ETag, Last-Modified; :mod:`geo.serve.http.cache` compresses them and answers 304."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from flask import Response, request
from werkzeug.http import http_date

from geo.serve.http.store import SMALL, USUAL
from geo.serve.site import current_site

# A client may keep an answer but asks each time whether it is still good: an edit shows at once, and costs an empty 304 when there was none.
REVALIDATE = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"
BY_LANGUAGE = ("Accept-Language",)
BY_LANGUAGE_AND_TYPE = ("Accept-Language", "Accept")
# A browser asks beforehand once a day; what may be asked does not change.
_PREFLIGHT_S = 86_400
# The addresses under which every visitor finds the same: a spelling more is an answer more, and strangers can think of many.
_SHARED_QUERIES = frozenset({b"", b"lang=zh", b"lang=en", b"f=html", b"f=json"})


def cacheable(
    body: bytes | str,
    media_type: str,
    *,
    cache_control: str = REVALIDATE,
    varies_by: Sequence[str] = (),
    is_shared: bool = False,
    digest: str | None = None,
    quality: int = USUAL,
) -> Response:
    """Make an answer with an ETag of its bytes.

    Parameters
    ----------
    body
        The whole answer.
    media_type
        For the Content-Type header.
    cache_control
        ``REVALIDATE`` or ``IMMUTABLE``.
    varies_by
        Which headers of the request decided what the answer says: ``BY_LANGUAGE``, ``BY_LANGUAGE_AND_TYPE``.
    is_shared
        Whether it is one of the few answers that all visitors are given, where the query is empty or only says language or format: it is kept from
        the first time on.
    digest
        Of the body, hexadecimal, where it is known already.
    quality
        Of brotli: how much time compressing it is worth.
    """
    content = body.encode() if isinstance(body, str) else body
    # In one go: the setters of a response look through all of its headers each time.
    headers = [
        ("Content-Type", media_type),
        ("ETag", f'"{(digest or hashlib.sha256(content).hexdigest())[:20]}"'),
        ("Last-Modified", _http_date(current_site().last_change)),
        ("Cache-Control", cache_control),
    ]
    if varies_by:
        headers.append(("Vary", ", ".join(varies_by)))
    response = Response(content, headers=headers)
    notes()["quality"] = quality
    if is_shared and request.query_string in _SHARED_QUERIES:
        notes()["shared"] = True
    return response


def stored(content: bytes, media_type: str, *, cache_control: str, varies_by: Sequence[str] = (), is_canonical: bool = False) -> Response:
    """Make an answer whose bytes do not depend on the request: kept from the first time on, and compressed as small as can be.

    Parameters are those of :func:`cacheable`; ``is_canonical`` says that the query is the one that our own pages write. Under another one it is kept
    from the second time on, as any answer.
    """
    response = cacheable(content, media_type, cache_control=cache_control, varies_by=varies_by, quality=SMALL)
    if not request.query_string or is_canonical:
        notes()["shared"] = True
    return response


@lru_cache(maxsize=16)
def _http_date(moment: datetime) -> str:
    return http_date(moment)


def open_to_every_page(response: Response) -> Response:
    """Let a page of any origin read what is open data, also where its browser asks beforehand whether it may."""
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Crs, Content-Disposition, Content-Range, ETag"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        headers["Access-Control-Allow-Headers"] = "*"
        headers["Access-Control-Max-Age"] = str(_PREFLIGHT_S)
    return response


def notes() -> dict[str, Any]:
    """Give what is to be known about the current answer to what stands before the views."""
    return cast(dict[str, Any], request.environ["geo.notes"])
