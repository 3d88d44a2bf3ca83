"""Answers that can be kept: strong ETag, Last-Modified, 304."""

from __future__ import annotations

import hashlib

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
