"""The server: waitress, with limits of its own, clear refusals, and an end that lets nobody down."""

from __future__ import annotations

import errno
import json
import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ErrorTask

from geo.errors import PortInUseError, SettingsError
from geo.settings import Settings
from geo.web.log import access, note_request
from geo.web.problems import TITLES
from geo.web.security import HEADERS, POLICY

# Four for work that takes long and those who wait for it (geo/web/limits.py), four for everything else; views wait for nothing but the interpreter.
THREADS = 8
# Connections cost a few kilobytes each and no thread: slow clients are held by the loop. A browser opens six.
CONNECTIONS = 1000
# A connection on which nothing moves is closed after this.
IDLE_S = 30
# So long a client may take for the headers of one request, however steadily it sends.
HEADERS_S = 20
# A query has 2000 bytes at most (problems.MAX_QUERY_BYTES); the rest is for what browsers and proxies add.
HEADER_BYTES = 16 << 10
# Nothing takes a body; a small one is still read, so that it is refused with a document and not with a broken connection.
BODY_BYTES = 16 << 10
# Answers under way get this long after SIGTERM.
DRAIN_S = 30

log = logging.getLogger("geo")


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Refuses what waitress itself does not read, as a problem document like any other; and notes it in the log."""

    def execute(self) -> None:
        """Write the answer."""
        error = self.request.error
        detail = {
            413: f"the request has a body of more than {BODY_BYTES} bytes; expected none: everything is asked for in the address",
            431: f"the headers have more than {HEADER_BYTES} bytes; expected less",
        }.get(error.code, "expected a request as HTTP/1.1 has it")
        title = TITLES.get(error.code, "Bad request") if error.code != 400 else "Bad request"
        body = json.dumps({"type": "about:blank", "title": title, "status": error.code, "detail": detail}).encode()
        self.status = f"{error.code} {title}"
        self.response_headers.extend(
            [
                ("Content-Type", "application/problem+json"),
                ("Cache-Control", "no-store"),
                ("Content-Security-Policy", POLICY),
                ("Content-Length", str(len(body))),
                *HEADERS.items(),
            ]
        )
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        if access.isEnabledFor(logging.INFO):
            # What it was is not known in every case: a request that cannot be read may have no path.
            known = {"REMOTE_ADDR": self.channel.addr[0], "REQUEST_METHOD": self.request.command or "-", "REQUEST_URI": self.request.path or "-"}
            note_request(known, str(error.code), str(len(body)), 0.0)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when it is being sent a request."""

    error_task_class = ProblemTask
    asked_since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what has come in."""
        if self.request is None:
            self.asked_since = time.monotonic()
        return bool(super().received(data))

    def handle_close(self) -> None:
        """Close the connection; what has come in unread is read first, as a system that closes over it takes back the answer, too."""
        if self.connected:
            with suppress(OSError):
                for _ in range(64):
                    if not self.socket.recv(1 << 16):
                        break
        super().handle_close()

    @property
    def is_busy(self) -> bool:
        """Whether a request is coming in, or an answer is being made or sent."""
        return bool(self.request is not None or self.requests or self.total_outbufs_len)

    def is_dawdling(self, now: float) -> bool:
        """Tell whether a request has been coming in for too long."""
        return self.request is not None and self.asked_since is not None and now - self.asked_since > HEADERS_S


class Server:
    """The application on a port.

    Parameters
    ----------
    app, settings
        What is served, and where.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    SettingsError
        If the host is no address of this machine.
    """

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._sockets: dict[int, Any] = {}
        self._ending = threading.Event()
        try:
            self._waitress = waitress.create_server(
                app,
                map=self._sockets,
                host=settings.host,
                port=settings.port,
                ident=None,
                threads=THREADS,
                connection_limit=CONNECTIONS,
                channel_timeout=IDLE_S,
                cleanup_interval=5,
                max_request_header_size=HEADER_BYTES,
                max_request_body_size=BODY_BYTES,
                # select() stops at 1024 open files.
                asyncore_use_poll=True,
                # Which of these headers are believed is decided in one place, geo.web.create_app, whatever the server.
                clear_untrusted_proxy_headers=not settings.proxies,
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(settings.host, settings.port) from None
            raise SettingsError("GEO_HOST", settings.host, f"an address of this machine ({error.strerror})") from None
        except ValueError:
            raise SettingsError("GEO_HOST", settings.host, "an address or a name of this machine") from None
        for listener in self._listeners:
            listener.channel_class = Channel
        # A request that waits for a thread is no event: the line in the log says how long it took.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listeners[0].effective_port)

    def run(self) -> None:
        """Serve until :meth:`end`; then take no more connections, and answer what has been asked."""
        checked = 0.0
        while not self._ending.is_set():
            wasyncore.poll2(1.0, self._sockets)
            now = time.monotonic()
            if now - checked > 1:
                checked = now
                self._close_dawdlers(now)
        for listener in self._listeners:
            # Its trigger stays: with it the threads tell that an answer is ready.
            wasyncore.dispatcher.close(listener)
        until = time.monotonic() + DRAIN_S
        # What has come in by now has been asked.
        wasyncore.poll2(0.1, self._sockets)
        while any(channel.is_busy for channel in self._channels) and time.monotonic() < until:
            wasyncore.poll2(0.1, self._sockets)
            self._close_dawdlers(time.monotonic())
        left = sum(1 for channel in self._channels if channel.is_busy)
        if left:
            log.warning("%d answers were not read to their end within %d s", left, DRAIN_S)
        self._waitress.task_dispatcher.shutdown(timeout=0.5)
        wasyncore.close_all(self._sockets)

    def end(self) -> None:
        """Have :meth:`run` come to its end; may be called from a signal handler or another thread."""
        self._ending.set()
        for listener in self._listeners:
            listener.pull_trigger()

    def _close_dawdlers(self, now: float) -> None:
        for channel in self._channels:
            if channel.is_dawdling(now):
                channel.will_close = True

    @property
    def _listeners(self) -> list[Any]:
        return [one for one in self._sockets.values() if isinstance(one, BaseWSGIServer)]

    @property
    def _channels(self) -> list[Channel]:
        return [one for one in list(self._sockets.values()) if isinstance(one, Channel)]


@contextmanager
def ended_by_signals(server: Server) -> Iterator[None]:
    """Let SIGTERM and Ctrl+C end a server in good order while the block runs; the second one ends the program at once."""

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        server.end()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
