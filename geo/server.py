"""The server: Granian, with limits of ours, clear refusals, and an end that lets nobody down.

There are two processes. The one that was started takes the signals and waits; the other one, which it starts, reads the data and answers. They end
together, whichever ends first. The first one loads nothing of the atlas, so that its memory is small and the data are read once.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from logging import getLogger
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from geo.errors import GeoError, PortInUseError, ServingError, SettingsError
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Four for work that takes long and those who wait for it (geo/web/limits.py), four for everything else. As they contend for
# the interpreter, half as many would answer a third more of what is kept and a tenth more of the rest, and nobody while those four are busy.
THREADS = 8
# Connections cost no thread, however slow the client is; who does not read what it asked for costs a copy of it. A browser opens six.
CONNECTIONS = 1000
# So long a client may take for the headers of one request, however steadily it sends, and for the next request to begin.
HEADERS_S = 20
# A query has 2000 bytes at most (geo.web.problems.MAX_QUERY_BYTES); the rest is for what browsers and proxies add.
HEADER_BYTES = 16 << 10
# Answers under way get this long after SIGTERM.
DRAIN_S = 30
# Granian speaks through the log of the program, and only of errors: it is not always right in that a process had to be killed.
_LOG: dict[str, Any] = {"version": 1, "incremental": True, "handlers": {}, "loggers": {}}
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
# What a request has in WSGI, beside its headers.
_OF_REQUEST = frozenset(
    {
        *("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR"),
        *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE", "GATEWAY_INTERFACE"),
    }
)
_HANG_UP, _KILL = getattr(signal, "SIGHUP", None), getattr(signal, "SIGKILL", None)

log = getLogger("geo")


def serve(load: Callable[[], WSGIApplication], settings: Settings) -> None:
    """Serve an application until SIGTERM or Ctrl+C; what has been asked by then is answered. A second signal ends it at once.

    Parameters
    ----------
    load
        Builds the application, in the process that answers; can be pickled. A ``GeoError`` that it raises is told to the operator, as a
        :class:`ServingError`.
    settings
        Where to listen.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    SettingsError
        If the host is no address of this machine.
    ServingError
        If the application cannot be built, or the process that answers ends by itself.
    """
    address = _find_address(settings)
    # The same on every system; and a fork would bring along what belongs to this process, such as its handlers of signals.
    multiprocessing.set_start_method("spawn", force=True)
    hearing, telling = multiprocessing.Pipe(duplex=False)
    server = Granian(
        "app",
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_S * 1000, max_buffer_size=HEADER_BYTES),
        workers_kill_timeout=DRAIN_S,
        log_level=LogLevels.error,
        log_dictconfig=_LOG,
    )
    hang_up = signal.getsignal(_HANG_UP) if _HANG_UP else None
    failures: list[str] = []
    answering: list[BaseProcess] = []

    @server.on_startup
    def take_signals() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(_end, server.signal_handler_interrupt))
        if _HANG_UP:
            # Granian would start another process; who closes a terminal wants an end.
            signal.signal(_HANG_UP, hang_up)

    def hear() -> None:
        try:
            failure = hearing.recv()
        except EOFError:
            # It was ended before it could tell.
            return
        answering.extend(multiprocessing.active_children())
        if failure is None:
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            log.info("The atlas is at http://%s:%d/ (Ctrl+C stops it)", host, settings.port)
        else:
            failures.append(failure)
            server.signal_handler_interrupt()

    threading.Thread(target=hear, name="geo-hear", daemon=True).start()
    with _reserved(address, settings):
        try:
            server.serve(target_loader=partial(_load, load, address, settings.port, telling), wrap_loader=False)
        except SystemExit:
            status = answering[0].exitcode if answering else None
            cause = "" if status is None else f", with status {status}" if status >= 0 else f", by {signal.Signals(-status).name}"
            raise ServingError(f"the process that answers has ended by itself{cause}") from None
    if failures:
        raise ServingError(failures[0])
    if _KILL and answering and answering[0].exitcode == -_KILL:
        log.warning("not all answers were made and read to their end within %d s", DRAIN_S)


def _end(end: Callable[[], Any], number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    end()


# --- where it listens ---------------------------------------------------------------------------------------------------------------------


def _find_address(settings: Settings) -> str:
    """Find the address to listen on; IPv4 where a name has both."""
    try:
        found = sorted(socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        raise SettingsError("GEO_HOST", settings.host, "an address or a name of this machine") from None
    family, _, _, _, address = found[0]
    try:
        # Granian would share the port with whoever shares it.
        socket.create_server(address, family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(settings.host, settings.port) from None
        raise SettingsError("GEO_HOST", settings.host, f"an address of this machine ({error.strerror})") from None
    return str(address[0])


@contextmanager
def _reserved(address: str, settings: Settings) -> Iterator[None]:
    """Hold the port while the block runs, also before the process that answers listens on it: another atlas finds it in use."""
    if sys.platform != "linux":
        # There Granian listens before it starts that process.
        yield
        return
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as holding:
        # Not to be reused but by those who say as much of theirs, as Granian does.
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holding.bind((address, settings.port))
        except OSError:
            # It was free a moment ago.
            raise PortInUseError(settings.host, settings.port) from None
        yield


# --- the process that answers -------------------------------------------------------------------------------------------------------------


def _load(load: Callable[[], WSGIApplication], address: str, port: int, telling: Connection) -> WSGIApplication:
    """Build the application, and tell the other process when it listens or why it cannot."""
    listens = threading.Event()
    if sys.platform != "win32":
        # Before there is any other thread, as each is born with it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        threading.Thread(target=_end_when_told, args=(listens,), name="geo-end", daemon=True).start()
    threading.Thread(target=_end_with_parent, name="geo-parent", daemon=True).start()
    try:
        application = load()
    except GeoError as error:
        telling.send(str(error))
        # The other process ends this one, so that it knows that it has not ended by itself.
        threading.Event().wait()
    arguments = (_ANYWHERE.get(address, address), port, telling, listens)
    threading.Thread(target=_tell_when_listening, args=arguments, name="geo-tell", daemon=True).start()
    for name in [name for name in os.environ if name.startswith(("HTTP_", "wsgi.")) or name in _OF_REQUEST]:
        # It would stand for what a request does not have.
        del os.environ[name]
    return OfRequest(application, os.environ)


def _end_when_told(listens: threading.Event) -> None:
    """End in good order at the first SIGTERM, and pass over the next.

    A terminal and systemd send their signals to both processes, and the other one then sends its own. The second one that reaches Granian's handler
    stops it for good: it never ends.
    """
    if sys.platform != "win32":
        signal.sigwait({signal.SIGTERM})
        end = signal.getsignal(signal.SIGTERM)
        if not (listens.is_set() and callable(end)):
            # Nobody is being answered yet.
            os._exit(0)
        end(signal.SIGTERM, None)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    wait([parent.sentinel])
    # Whoever killed it wants an end, and the port.
    os._exit(1)


def _tell_when_listening(address: str, port: int, telling: Connection, listens: threading.Event) -> None:
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.01)
    listens.set()
    telling.send(None)


class OfRequest:
    """Gives an application what belongs to the request and nothing of the process: Granian adds all of its variables.

    Parameters
    ----------
    application
        The WSGI application to pass requests on to.
    variables
        Names of the variables of the process; none that a request has.
    """

    def __init__(self, application: WSGIApplication, variables: Iterable[str]) -> None:
        self._application = application
        self._variables = tuple(variables)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        for name in self._variables:
            del environ[name]
        if not environ["HTTP_HOST"]:
            # Granian's way to say that there was none.
            del environ["HTTP_HOST"]
        if environ["SERVER_PROTOCOL"] == "HTTP/1":
            environ["SERVER_PROTOCOL"] = "HTTP/1.0"

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            # Granian names itself where nobody else is named.
            return start_response(status, [*headers, ("Server", "")], *more)

        return self._application(environ, start)
