"""How much one visitor may ask of the server: work that takes long has few places, which the visitors share, and it ends in time.

Every view that looks at all rows or makes a file or a picture does it within :func:`in_turn`.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from flask import request

from geo.errors import BusyError
from geo.ground.deadline import deadline


class Work(NamedTuple):
    """A kind of work.

    Attributes
    ----------
    places
        How many may do it at a time.
    limit_s
        How long it may take.
    wait_s
        How long one may wait for its turn.
    """

    places: int
    limit_s: float
    wait_s: float = 3.0


# Features that are chosen, sorted or encoded anew, and lists of them: some ten milliseconds as a rule. Four at a time, as the interpreter does one
# thing at a time anyway.
SHORT = Work(places=4, limit_s=5)
# Files and pictures: half a second, and with ten thousand places many times that. They leave two places to what is short; who asks for one waits
# rather than ask again, as for a workbook of ten thousand rows that somebody else is given. Waiting and work end within the minute after which a
# proxy gives up (proxy_read_timeout).
LONG = Work(places=2, limit_s=30, wait_s=25)
# So many may wait, each with a thread of the server. Who opens ten places that nobody has asked for waits for nine pictures.
WAITING = 24
# Lists of people, from their first byte until their last answer: each is read and answered in turns of SHORT work, and holds a thread meanwhile.
LISTS = Work(places=6, limit_s=180)
LISTS_WAITING = 6
RETRY_AFTER_S = 5
# The part of an IPv6 address that a provider gives to one customer.
_CUSTOMER_BITS = 64


@dataclass(eq=False)
class _Waiting:
    client: str
    work: Work
    is_let_in: bool = False
    decided: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Places for work that takes long, and a queue before them in which the clients take turns.

    A client has half of the places for a kind of work at most, and where the queue is full the client that has most in it is sent away first.

    Parameters
    ----------
    places
        How many may work at a time, whatever they do.
    waiting
        How many may wait.
    """

    def __init__(self, places: int = SHORT.places, waiting: int = WAITING) -> None:
        self._places = places
        self._room = waiting
        self._lock = threading.Lock()
        # By client, who is next first; in each, who came first is first.
        self._queues: dict[str, deque[_Waiting]] = {}
        self._working: Counter[Work] = Counter()
        self._working_for: Counter[tuple[str, Work]] = Counter()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    @property
    def is_idle(self) -> bool:
        """Whether nobody works."""
        return not self._working.total()

    @contextmanager
    def taken(self, client: str, work: Work) -> Iterator[None]:
        """Hold a place while the block runs.

        Parameters
        ----------
        client
            Who asks.
        work
            What for.

        Raises
        ------
        BusyError
            If no place becomes free in time, or others have more right to wait.
        """
        own = _Waiting(client, work)
        with self._lock:
            self._queues.setdefault(client, deque()).append(own)
            self._let_in()
            if self.waiting > self._room:
                self._send_away(client)
        own.decided.wait(work.wait_s)
        with self._lock:
            if not own.is_let_in:
                self._leave(own)
                raise BusyError(RETRY_AFTER_S)
        try:
            yield
        finally:
            with self._lock:
                self._working[work] -= 1
                self._working_for[client, work] -= 1
                self._working_for += Counter()
                self._let_in()

    def _let_in(self) -> None:
        """Give free places to those who wait, to one of each client in turn."""
        while (own := next(filter(self._may_work, self._in_turn()), None)) is not None:
            own.is_let_in = True
            self._working[own.work] += 1
            self._working_for[own.client, own.work] += 1
            self._leave(own)
            if own.client in self._queues:
                self._queues[own.client] = self._queues.pop(own.client)
            own.decided.set()

    def _in_turn(self) -> Iterator[_Waiting]:
        for queue in self._queues.values():
            yield from queue

    def _may_work(self, own: _Waiting) -> bool:
        places = own.work.places
        return (
            self._working.total() < self._places
            and self._working[own.work] < places
            and self._working_for[own.client, own.work] < max(1, places // 2)
        )

    def _send_away(self, newcomer: str) -> None:
        most = max(self._queues, key=lambda client: (len(self._queues[client]), client == newcomer))
        last = self._queues[most][-1]
        self._leave(last)
        last.decided.set()

    def _leave(self, own: _Waiting) -> None:
        queue = self._queues.get(own.client)
        if queue and own in queue:
            queue.remove(own)
            if not queue:
                del self._queues[own.client]


# Of the process, as its interpreter is.
TURNS = Turns()
LIST_TURNS = Turns(LISTS.places, LISTS_WAITING)


@contextmanager
def in_turn(work: Work) -> Iterator[None]:
    """Do work in the block for the client of the current request, when it is its turn.

    Parameters
    ----------
    work
        ``SHORT`` for what looks at many rows, ``LONG`` for what makes a file or a picture.

    Raises
    ------
    BusyError
        If that is too late.
    DeadlineError
        If it takes too long.
    """
    with in_turn_for(current_client(), work):
        yield


@contextmanager
def in_turn_for(client: str, work: Work) -> Iterator[None]:
    """Do work in the block for a client, as :func:`in_turn` does, where its request has been answered in part already."""
    with TURNS.taken(client, work), deadline(work.limit_s):
        yield


def current_client() -> str:
    """Give the client of the current request."""
    return client_of(request.remote_addr or "")


def client_of(address: str) -> str:
    """Tell clients apart by address; of IPv6 by the part that one customer has, who may choose the rest at will."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        # Of a proxy on a Unix socket that is not counted in GEO_PROXIES: all that come through it are one.
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, _CUSTOMER_BITS), strict=False))
