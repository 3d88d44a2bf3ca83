"""One line for each request, in the Combined Log Format that log analysers read; behind it how long it took, and its incident number if it failed.

::

    203.0.113.9 - - [23/Nov/2026:16:02:13 +0000] "GET /?lang=en HTTP/1.1" 200 34011 "-" "Mozilla/5.0" 0.004 -
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from geo.web.front import NOTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

access = logging.getLogger("geo.access")

# Not strftime: it would write them in the language of the machine.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What would end a field or a line, or move the cursor of whoever reads the log; and what is not ASCII, as a terminal may take it for another thing.
_HOSTILE = re.compile(r"[^ !#-\[\]-~]")
_LONGEST = 2500


class AccessLog:
    """Writes a line when a request has been answered; the time is until the answer was handed to the server, not until the client had read it.

    Parameters
    ----------
    application
        The WSGI application to pass the request on to.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if not access.isEnabledFor(logging.INFO):
            return self._application(environ, start_response)
        began = time.perf_counter()
        notes = environ.setdefault(NOTES, {})
        said = ["500", "-"]

        def note(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said[:] = status[:3], next((value for name, value in headers if name.lower() == "content-length"), "0")
            return start_response(status, headers, *more)

        try:
            return self._application(environ, note)
        finally:
            size = "0" if environ["REQUEST_METHOD"] == "HEAD" else said[1]
            write_line(environ, said[0], size, time.perf_counter() - began, notes.get("incident"))


def write_line(environ: WSGIEnvironment, status: str, size: str, seconds: float, incident: str | None = None) -> None:
    """Write the line of one request.

    Parameters
    ----------
    environ
        The request as WSGI has it; what is missing is written as a hyphen.
    status, size
        Of the answer; the size in bytes.
    seconds
        How long it took.
    incident
        The number that the client was given with an internal error.
    """
    now = datetime.now(UTC)
    moment = f"{now.day:02}/{_MONTHS[now.month - 1]}/{now.year}:{now:%H:%M:%S} +0000"
    request = f"{environ.get('REQUEST_METHOD', '-')} {_target(environ)} {environ.get('SERVER_PROTOCOL', '-')}"
    access.info(
        '%s - - [%s] "%s" %s %s "%s" "%s" %.3f %s',
        _safe(environ.get("REMOTE_ADDR") or "-").replace(" ", "_"),
        moment,
        _safe(request),
        status,
        size,
        _safe(environ.get("HTTP_REFERER") or "-"),
        _safe(environ.get("HTTP_USER_AGENT") or "-"),
        seconds,
        incident or "-",
    )


def _target(environ: WSGIEnvironment) -> str:
    if "REQUEST_URI" in environ:
        return str(environ["REQUEST_URI"])
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _safe(text: str) -> str:
    """Write what is not a plain character by its bytes, as Apache does."""
    return _HOSTILE.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode("latin-1", "replace")), text[:_LONGEST])
