"""Large answers go out piece by piece: of what a client has not read yet only the next pieces are copied.

Granian copies what it is handed, and keeps the copy until the client has read it: 48 clients with the 13 MB of ten thousand places would hold 600 MB.
An answer in pieces holds a thread in its place, until its last piece is taken; so only so many go out at a time, and clients take turns.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from geo.errors import BusyError
from geo.serve.http.limits import Turns, Work, client_of
from geo.serve.http.problems import refuse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# What is larger goes out in pieces of this size: with those that the server and the system hold that is a megabyte for each that is being sent.
PIECE = 1 << 18
# One client has half of the places, and with all that may wait more than a browser, a QGIS project or a download manager asks for at a time.
SENDING = Work(places=48, limit_s=600)
SENDING_WAITING = 32
# Of the process, as its threads are.
SENDING_TURNS = Turns(SENDING.places, SENDING_WAITING)


class Held:
    """Pieces of an answer, and what is held until they end; closing them gives it free, also where not one of them was asked for.

    Parameters
    ----------
    pieces
        Of the answer.
    held
        What to close behind them.
    """

    def __init__(self, pieces: Iterator[bytes], held: ExitStack) -> None:
        self._pieces = pieces
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces."""
        return self

    def __next__(self) -> bytes:
        """Give the next piece."""
        try:
            return next(self._pieces)
        except BaseException:
            self._held.close()
            raise

    def close(self) -> None:
        """Give free what is held."""
        self._held.close()

    __del__ = close


def send(status: str, headers: list[tuple[str, str]], body: bytes, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with a body: whole, or in pieces when it is large and has its turn; 503 where that is too late.

    Parameters
    ----------
    status, headers, body
        Of the answer; the headers with its length.
    environ, start_response
        As WSGI has them.
    """
    if environ["REQUEST_METHOD"] == "HEAD" or len(body) <= PIECE:
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
    with ExitStack() as held:
        try:
            held.enter_context(SENDING_TURNS.taken(client_of(environ.get("REMOTE_ADDR", "")), SENDING))
        except BusyError as error:
            return refuse(start_response, 503, str(error), (("Retry-After", str(error.retry_after_s)),))
        start_response(status, headers)
        return Held(_cut(body), held.pop_all())


def _cut(body: bytes) -> Iterator[bytes]:
    until = time.monotonic() + SENDING.limit_s
    for start in range(0, len(body), PIECE):
        if time.monotonic() > until:
            # Less than the headers say: the server ends the connection, and the client knows.
            return
        yield body[start : start + PIECE]
