"""Answers that can be kept: strong ETag, Last-Modified, 304."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache

import brotli
from flask import Response, request

from geo.web.site import current_site

# A client may keep an answer but asks each time whether it is still good: an edit shows at once, and costs an empty 304 when there was none.
REVALIDATE = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"


def cacheable(body: bytes | str, media_type: str, *, cache_control: str = REVALIDATE, varies_by_language: bool = False) -> Response:
    """Make an answer with an ETag of its bytes, or 304 when the client has them already.

    Parameters
    ----------
    body
        The whole answer.
    media_type
        For the Content-Type header.
    cache_control
        ``REVALIDATE`` or ``IMMUTABLE``.
    varies_by_language
        Whether the browser's language decided what the answer says.
    """
    content = body.encode() if isinstance(body, str) else body
    response = Response(content, content_type=media_type)
    response.set_etag(hashlib.sha256(content).hexdigest()[:20])
    response.last_modified = current_site().last_change
    response.headers["Cache-Control"] = cache_control
    if varies_by_language:
        response.vary.add("Accept-Language")
    response.make_conditional(request)
    return response


def stored(content: bytes, media_type: str, *, cache_control: str, varies_by_language: bool = False) -> Response:
    """Make an answer whose bytes do not depend on the request: compressed once, as small as can be.

    Parameters are those of :func:`cacheable`.
    """
    coding = request.accept_encodings.best_match(list(_CODINGS)) if request.accept_encodings else None
    response = Response(_compress(content, coding) if coding else content, content_type=media_type)
    if coding:
        response.headers["Content-Encoding"] = coding
    etag = _digest(content)
    response.set_etag(f"{etag}:{coding}" if coding else etag)
    response.last_modified = current_site().last_change
    response.headers["Cache-Control"] = cache_control
    if varies_by_language:
        response.vary.add("Accept-Language")
    response.make_conditional(request)
    return response


# From this size on the last per cents of compression cost seconds.
_LARGE = 1 << 18
_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=11 if len(content) < _LARGE else 5),
    "gzip": lambda content: gzip.compress(content, mtime=0),
}


@lru_cache(maxsize=64)
def _compress(content: bytes, coding: str) -> bytes:
    return _CODINGS[coding](content)


@lru_cache(maxsize=64)
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]
