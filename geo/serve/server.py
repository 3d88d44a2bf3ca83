"""The server: Granian over the WSGI application, with limits of ours, clear refusals, and an end that answers what has been asked.

Granian runs two processes. The one that was started takes the signals and waits; it loads nothing of the atlas. The worker, which it starts, reads
the data and answers. They end together, whichever ends first.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from logging import getLogger
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from geo.errors import GeoError, PortInUseError, ServingError, SettingsError
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# For all that works, is sent, and waits for its turn (geo/serve/http/limits.py, sending.py), and some that answer what is quick meanwhile.
THREADS = 192
# A connection takes no thread, however slow the client is; a client that does not read its answer costs a copy of it. A browser opens six; who
# wants to keep the others out opens a thousand.
CONNECTIONS = 4000
# What else the process has open: files, the log, what it asks the system for.
_OTHER_FILES = 200
# A client may take so long for the headers of one request, however steadily it sends, and to begin the next request.
HEADERS_S = 20
# A query has 2000 bytes at most (geo.serve.http.problems.MAX_QUERY_BYTES); the rest is for what browsers and proxies add.
HEADER_BYTES = 16 << 10
# A client that has stopped to read is let go after so long.
UNREAD_S = 20
# Answers under way get this long after SIGTERM.
DRAIN_S = 30
# Granian writes to the log of the program, and only errors.
_LOG: dict[str, Any] = {"version": 1, "incremental": True, "handlers": {}, "loggers": {}}
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
# The keys of a WSGI environment, and ours. Granian adds the variables of its process to it.
_OF_REQUEST = re.compile(r"(HTTP|REQUEST|CONTENT|REMOTE|SERVER)_.*|SCRIPT_NAME|PATH_INFO|QUERY_STRING|RAW_URI|(wsgi|geo)\..*")
_HANG_UP, _KILL = getattr(signal, "SIGHUP", None), getattr(signal, "SIGKILL", None)

log = getLogger("geo")


def serve(load: Callable[[], WSGIApplication], settings: Settings, ready: Callable[[str], object] | None = None) -> None:
    """Serve an application until SIGTERM or Ctrl+C, and answer what has been asked by then. A second signal ends it at once.

    Parameters
    ----------
    load
        Builds the application in the worker; can be pickled. A ``GeoError`` that it raises reaches the caller as a :class:`ServingError`.
    settings
        Where to listen.
    ready
        Called with the address in the worker once it listens; can be pickled.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    SettingsError
        If the host is no address of this machine, or one that others reach and nothing guards.
    ServingError
        If the application cannot be built, or the worker ends by itself.
    """
    address = _find_address(settings)
    connections = _allow_connections()
    # The same on every system; a fork would inherit this process's signal handlers.
    multiprocessing.set_start_method("spawn", force=True)
    failure, telling = multiprocessing.Pipe(duplex=False)
    server = _Server(
        "app",
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        backpressure=connections,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_S * 1000, max_buffer_size=HEADER_BYTES),
        workers_kill_timeout=DRAIN_S,
        log_level=LogLevels.critical,
        log_dictconfig=_LOG,
    )
    hang_up = signal.getsignal(_HANG_UP) if _HANG_UP else None

    @server.on_startup
    def take_signals() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(_end, server.signal_handler_interrupt))
        if _HANG_UP:
            # Granian would start another worker; whoever closes a terminal wants an end, unless nohup has said otherwise.
            signal.signal(_HANG_UP, hang_up if hang_up == signal.SIG_IGN else partial(_end, server.signal_handler_interrupt))

    with _reserved(address, settings):
        try:
            server.serve(target_loader=partial(_load, load, address, settings, telling, ready), wrap_loader=False)
        except SystemExit:
            if failure.poll():
                raise ServingError(failure.recv()) from None
            (status,) = server.statuses
            cause = "" if status is None else f", with status {status}" if status >= 0 else f", by {signal.Signals(-status).name}"
            raise ServingError(f"the process that answers has ended by itself{cause}") from None
    if _KILL and -_KILL in server.statuses:
        log.warning("not all answers were made and read to their end within %d s", DRAIN_S)


class _Server(MPServer):
    """Granian, which remembers how its workers ended."""

    statuses: Sequence[int | None] = ()

    def shutdown(self, exit_code: int = 0) -> None:
        """Stop the workers; SystemExit where one of them had ended by itself."""
        workers = [worker.inner for worker in self.wrks]
        try:
            super().shutdown(exit_code)
        finally:
            self.statuses = [worker.exitcode for worker in workers]


def _end(end: Callable[[], Any], number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    end()


def free_port() -> int:
    """Give a port of this machine that no program listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


# --- where it listens ---------------------------------------------------------------------------------------------------------------------


def _find_address(settings: Settings) -> str:
    """Find the address to listen on; IPv4 where a name has both."""
    try:
        found = sorted(socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        raise SettingsError("GEO_HOST", settings.host, "an address or a name of this machine") from None
    family, _, _, _, address = found[0]
    if not (ip_address(str(address[0]).partition("%")[0]).is_loopback or settings.proxies or settings.is_unguarded):
        wanted = "127.0.0.1, or a proxy before the server (GEO_PROXIES), as it does not bound what one client may hold"
        raise SettingsError("GEO_HOST", settings.host, f"{wanted}; GEO_UNGUARDED=1 listens nevertheless")
    try:
        # Granian would share the port with any program that shares it.
        socket.create_server(address, family=family).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(settings.host, settings.port) from None
        raise SettingsError("GEO_HOST", settings.host, f"an address of this machine ({error.strerror})") from None
    return str(address[0])


def _allow_connections() -> int:
    """Raise the number of files that this process and the worker may have open, and give the number of connections that it then allows."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, files - _OTHER_FILES)


@contextmanager
def _reserved(address: str, settings: Settings) -> Iterator[None]:
    """Hold the port while the block runs, also before the worker listens on it: another atlas finds it in use."""
    if sys.platform != "linux":
        # There Granian listens before it starts the worker.
        yield
        return
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as holding:
        # Only sockets with this option can share the port, as Granian's has it.
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holding.bind((address, settings.port))
        except OSError:
            # It was free a moment ago: at most the closed connections of a program that has ended wait there, for a minute.
            holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holding.bind((address, settings.port))
            except OSError:
                raise PortInUseError(settings.host, settings.port) from None
        yield


# --- the worker ---------------------------------------------------------------------------------------------------------------------------


def _load(
    load: Callable[[], WSGIApplication], address: str, settings: Settings, telling: Connection, ready: Callable[[str], object] | None
) -> WSGIApplication:
    """Build the application in the worker, and log its address once it listens; where it cannot be built, tell why and end."""
    if sys.platform != "win32":
        # Before there is any other thread, as each inherits the mask.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
        threading.Thread(target=_end_once, args=(signal.getsignal(signal.SIGTERM),), name="geo-end", daemon=True).start()
    threading.Thread(target=_end_with_parent, name="geo-parent", daemon=True).start()
    try:
        application = load()
    except GeoError as error:
        telling.send(str(error))
        telling.close()
        os._exit(1)
    threading.Thread(target=_log_address, args=(_ANYWHERE.get(address, address), settings, ready), name="geo-log", daemon=True).start()
    for name in filter(_OF_REQUEST.fullmatch, list(os.environ)):
        del os.environ[name]
    return GranianRequest(application)


def _end_once(before: object) -> None:
    """End in good order at the first SIGTERM, and ignore the next.

    A terminal and systemd send their signals to both processes, and the parent then sends its own. Granian's handler never ends the worker when it is
    called a second time.
    """
    if sys.platform != "win32":
        signal.sigwait({signal.SIGTERM})
        end = signal.getsignal(signal.SIGTERM)
        if end is before or not callable(end):
            # Granian has not begun to answer.
            os._exit(0)
        end(signal.SIGTERM, None)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    wait([parent.sentinel])
    # Whoever killed the parent wants an end, and the port.
    os._exit(1)


def _log_address(address: str, settings: Settings, ready: Callable[[str], object] | None) -> None:
    while True:
        try:
            socket.create_connection((address, settings.port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.01)
    if sys.platform == "linux":
        _let_go_of_the_silent()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    log.info("The atlas is at http://%s:%d/ (Ctrl+C stops it)", host, settings.port)
    if ready:
        ready(f"http://{host}:{settings.port}/")


def _let_go_of_the_silent() -> None:
    """Let the system end connections whose client does not read, also while it only says that it has no room: Granian waits for ever.

    Connections have this option from the socket that listens, which Granian makes and keeps to itself.
    """
    for entry in Path("/proc/self/fd").iterdir():
        try:
            opened = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            # Not a socket, or closed meanwhile.
            continue
        with opened:
            if opened.family in (socket.AF_INET, socket.AF_INET6) and opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_S * 1000)


class GranianRequest:
    """Passes requests on in the form of PEP 3333 where Granian has one of its own, and answers without the name of the server.

    Parameters
    ----------
    application
        The WSGI application to pass requests on to.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if not environ.get("HTTP_HOST"):
            # Granian writes an empty one where there was none.
            environ.pop("HTTP_HOST", None)
        if environ["SERVER_PROTOCOL"] == "HTTP/1":
            environ["SERVER_PROTOCOL"] = "HTTP/1.0"

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            # Granian names itself where the answer has no such header.
            return start_response(status, [*headers, ("Server", "")], *more)

        return self._application(environ, start)
