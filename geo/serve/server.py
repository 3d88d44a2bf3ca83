"""The server: Granian, with limits of ours, clear refusals, and an end that lets nobody down.

There are two processes. The one that was started takes the signals and waits; the other one, which it starts, reads the data and answers. They end
together, whichever ends first. The first one loads nothing of the atlas, so that its memory is small and the data are read once.

In the process that answers one thread reads the requests and answers what is quick; a few others do what takes longer (:class:`Bridge`).
"""

from __future__ import annotations

import asyncio
import atexit
import errno
import io
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]  # They are public, and not marked so.

from geo.errors import GeoError, PortInUseError, ServingError, SettingsError, TakesLongError
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# For what takes longer than a moment: four for what takes really long and those who wait for it (geo/serve/http/limits.py), four for everything else.
THREADS = 8
# Connections cost no thread, however slow the client is; who does not read what it asked for costs a copy of it. A browser opens six.
CONNECTIONS = 1000
# So long a client may take for the headers of one request, however steadily it sends, and for the next request to begin.
HEADERS_S = 20
# A query has 2000 bytes at most (geo.serve.http.problems.MAX_QUERY_BYTES); the rest is for what browsers and proxies add.
HEADER_BYTES = 16 << 10
# Answers under way get this long after SIGTERM.
DRAIN_S = 30
# Granian speaks through the log of the program, and only of errors: it is not always right in that a process had to be killed.
_LOG: dict[str, Any] = {"version": 1, "incremental": True, "handlers": {}, "loggers": {}}
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
_PROTOCOLS = {"1": "HTTP/1.0", "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2"}
# The headers that have no HTTP_ before their names in WSGI.
_KEYS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
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
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
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


def _load(load: Callable[[], WSGIApplication], address: str, port: int, telling: Connection) -> Bridge:
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
    return Bridge(application, address, port)


def _end_when_told(listens: threading.Event) -> None:
    """End in good order at the first SIGTERM, and pass over the next.

    A terminal and systemd send their signals to both processes, and the other one then sends its own. The second one that reaches Granian's handler
    stops it for good: it never ends.
    """
    if sys.platform != "win32":
        signal.sigwait({signal.SIGTERM})
        if not listens.is_set():
            # Nobody is being answered yet.
            os._exit(0)
        # Only to this thread: Granian's handler hears of it, once.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        signal.raise_signal(signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


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


class Bridge:
    """Answers by RSGI, Granian's own interface, with a WSGI application: at once in the thread that reads the requests where it can, else in another.

    Threads that contend for the interpreter keep each other waiting, some for milliseconds: what takes tens of microseconds is answered by one alone.

    Parameters
    ----------
    application
        The WSGI application; where it finds ``geo.at_once`` in the environment it answers quickly or raises :class:`geo.errors.TakesLongError`.
    name, port
        Of the server.
    """

    def __init__(self, application: WSGIApplication, name: str, port: int) -> None:
        self._application = application
        self._workers = ThreadPoolExecutor(THREADS, thread_name_prefix="geo-work")
        self._fixed = {
            "SCRIPT_NAME": "",
            "SERVER_NAME": name,
            "SERVER_PORT": str(port),
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request."""
        environ = self._build_environ(scope)
        try:
            answer = _answer(self._application, environ | {TakesLongError.KEY: True})
        except TakesLongError:
            answer = await asyncio.get_running_loop().run_in_executor(self._workers, _answer, self._application, environ)
        status, headers, body = answer
        # Granian names itself where nobody else is named. Whoever asked may be gone.
        with suppress(ProtocolClosed):
            if body:
                protocol.response_bytes(status, [*headers, ("server", "")], body)
            else:
                protocol.response_empty(status, [*headers, ("server", "")])

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """End the process when all is answered; Granian calls it.

        A thread of Granian's that wants the interpreter while it is taken down is stopped in the midst, and aborts the process. What the interpreter
        would do first is done here, such as writing out the log; the rest is for nobody.
        """
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _build_environ(self, scope: Scope) -> WSGIEnvironment:
        """Say what a request says as WSGI does."""
        environ = {
            **self._fixed,
            "REQUEST_METHOD": scope.method,
            # WSGI writes each byte as a character. What is no UTF-8 is none of ours; of a path Granian has replaced it.
            "PATH_INFO": scope.path.encode().decode("latin-1"),
            "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
            "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
            "SERVER_PROTOCOL": _PROTOCOLS[scope.http_version],
            "wsgi.url_scheme": scope.scheme,
            # Bodies are refused unread.
            "wsgi.input": io.BytesIO(),
        }
        for name, value in scope.headers.items():
            # Granian empties a value that is not ASCII: as good as none.
            if value and "_" not in name:
                key = _KEYS.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ


def _answer(application: WSGIApplication, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
    """Ask a WSGI application; status, headers and body."""
    status, headers = 500, []

    def start(said: str, given: list[tuple[str, str]], _failure: object = None, /) -> Any:
        nonlocal status, headers
        status, headers = int(said[:3]), given

    body = b"".join(application(environ, start))
    return status, [(name.lower(), value) for name, value in headers], body
