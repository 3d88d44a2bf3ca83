"""One line for each request, in the Combined Log Format that log analysers read; behind it how long it took, and its incident number if it failed.

::

    203.0.113.9 - - [23/Nov/2026:16:02:13 +0000] "GET /?lang=en HTTP/1.1" 200 34011 "-" "Mozilla/5.0" 0.004 -
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from geo.serve.http.cache import NOTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

access = logging.getLogger("geo.access")

# Not strftime: it would write them in the language of the machine.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What would end a field or a line, or move the cursor of whoever reads the log; and what is not ASCII, as a terminal may take it for another thing.
_HOSTILE = re.compile(r"[^ !#-\[\]-~]")
_LONGEST = 2500
# Lines of so long are written together.
_TOGETHER_S = 0.2


class Line(NamedTuple):
    """A request and its answer, as the log has them.

    Attributes
    ----------
    moment
        When it was answered, in seconds since 1970.
    remote, method, target, protocol, referrer, agent
        As the request has them; hostile until written.
    status, size
        Of the answer; the size in bytes.
    seconds
        How long it took.
    incident
        The number that the client was given with an internal error.
    """

    moment: float
    remote: str
    method: str
    target: str
    protocol: str
    status: str
    size: str
    referrer: str
    agent: str
    seconds: float
    incident: str | None

    def __str__(self) -> str:
        """Write it in the Combined Log Format."""
        remote, request = _safe(self.remote).replace(" ", "_"), _safe(f"{self.method} {self.target} {self.protocol}")
        said = f'"{_safe(self.referrer)}" "{_safe(self.agent)}"'
        return f'{remote} - - [{_moment(int(self.moment))}] "{request}" {self.status} {self.size} {said} {self.seconds:.3f} {self.incident or "-"}'


class Lines:
    """The lines on their way to the log: a thread writes those of a moment together, as one record.

    Writing lets the other threads run and then waits for its turn again: done within each request, that would nearly halve what a server answers.
    The text of a line is made within its request: made together, thousands of them would keep the requests of that moment waiting. Who kills the
    process without a signal it can act on loses the lines of that moment.
    """

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._writer: threading.Thread | None = None
        self._starting, self._writing = threading.Lock(), threading.Lock()

    def add(self, line: Line) -> None:
        """Take a line; it is written within a moment."""
        self._waiting.append(str(line))
        # A worker of a forking server has none of the threads of its parent.
        if self._writer is None or not self._writer.is_alive():
            with self._starting:
                if self._writer is None or not self._writer.is_alive():
                    self._writer = threading.Thread(target=self._keep_writing, name="geo-access", daemon=True)
                    self._writer.start()

    def write_out(self) -> None:
        """Write what has been taken."""
        with self._writing:
            lines = []
            with suppress(IndexError):
                while True:
                    lines.append(self._waiting.popleft())
            if lines:
                access.info("%s", "\n".join(lines))

    def _keep_writing(self) -> None:
        while True:
            time.sleep(_TOGETHER_S)
            self.write_out()


# Of the process, as its log is.
LINES = Lines()
atexit.register(LINES.write_out)


class AccessLog:
    """Notes each request when it has been answered; the time is until the answer was handed to the server, not until the client had read it.

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
        status, size = "500", "-"

        def note(said: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal status, size
            # What stands before the views gives the length last.
            name, value = headers[-1] if headers else ("", "")
            status, size = said[:3], value if name == "Content-Length" else "0"
            return start_response(said, headers, *more)

        def finish() -> None:
            length = "0" if environ["REQUEST_METHOD"] == "HEAD" else size
            note_request(environ, status, length, time.perf_counter() - began, notes.get("incident"))

        try:
            answered = self._application(environ, note)
        except BaseException:
            finish()
            raise
        finish()
        return answered


def note_request(environ: WSGIEnvironment, status: str, size: str, seconds: float, incident: str | None = None) -> None:
    """Give a request and its answer to the log.

    Parameters
    ----------
    environ
        The request as WSGI has it; what is missing is written as a hyphen.
    status, size, seconds, incident
        As in :class:`Line`.
    """
    say = environ.get
    LINES.add(
        Line(
            time.time(),
            say("REMOTE_ADDR") or "-",
            say("REQUEST_METHOD", "-"),
            _target(environ),
            say("SERVER_PROTOCOL", "-"),
            status,
            size,
            say("HTTP_REFERER") or "-",
            say("HTTP_USER_AGENT") or "-",
            seconds,
            incident,
        )
    )


def _target(environ: WSGIEnvironment) -> str:
    if "REQUEST_URI" in environ:
        return str(environ["REQUEST_URI"])
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=4)
def _moment(seconds: int) -> str:
    now = datetime.fromtimestamp(seconds, UTC)
    return f"{now.day:02}/{_MONTHS[now.month - 1]}/{now.year}:{now:%H:%M:%S} +0000"


def _safe(text: str) -> str:
    """Write what is not a plain character by its bytes, as Apache does."""
    text = text[:_LONGEST]
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        # Nearly every text, and told at once.
        return text
    return _HOSTILE.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode("latin-1", "replace")), text)
