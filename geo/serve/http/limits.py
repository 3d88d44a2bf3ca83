"""How much one visitor may ask of the server: work that takes long has few places, and nothing takes a body."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from geo.errors import BusyError

# Work that holds the interpreter for long: two at a time, as more would only slow each other and everyone else down.
RUNNING = 2
# So many may wait for their turn. With those that run they take four of the server's threads (geo.serve.server.THREADS); the others answer the rest.
WAITING = 2
WAIT_S = 10.0
RETRY_AFTER_S = 5


class Turns:
    """Places for work that takes long, and a short queue before them.

    Parameters
    ----------
    running, waiting
        How many may work, and wait.
    wait_s
        How long one waits.
    """

    def __init__(self, running: int = RUNNING, waiting: int = WAITING, wait_s: float = WAIT_S) -> None:
        self._room = threading.Semaphore(running + waiting)
        self._places = threading.Semaphore(running)
        self._wait_s = wait_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises
        ------
        BusyError
            If all places are taken, and the queue is full or does not move.
        """
        if not self._room.acquire(blocking=False):
            raise BusyError(RETRY_AFTER_S)
        try:
            if not self._places.acquire(timeout=self._wait_s):
                raise BusyError(RETRY_AFTER_S)
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._room.release()


# Of the process, as its interpreter is.
TURNS = Turns()
