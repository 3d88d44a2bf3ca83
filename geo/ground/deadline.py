"""How long work may take: said where it begins, looked at in the loops that may be long.

A thread cannot be ended from outside, and a signal reaches the main thread only: work ends where it looks at the clock itself. Where nothing was
said, as on the command line, it may take as long as it needs.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from geo.errors import DeadlineError

T = TypeVar("T")


class _Deadline(NamedTuple):
    at: float
    limit_s: float


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Say how long the block may take; what it does looks with :func:`check_deadline` and :func:`until_deadline`.

    Parameters
    ----------
    limit_s
        Seconds from now on.
    """
    token = _current.set(_Deadline(time.monotonic() + limit_s, limit_s))
    try:
        yield
    finally:
        _current.reset(token)


def find_time_left() -> float | None:
    """Give the seconds until the deadline, 0 where it is over; ``None`` where there is none."""
    current = _current.get()
    return max(0.0, current.at - time.monotonic()) if current else None


def check_deadline() -> None:
    """End work that takes too long.

    Raises
    ------
    DeadlineError
        If the time is over.
    """
    current = _current.get()
    if current and time.monotonic() > current.at:
        raise DeadlineError(current.limit_s)


def until_deadline(rows: Iterable[T]) -> Iterator[T]:
    """Give rows one by one as long as there is time.

    Raises
    ------
    DeadlineError
        If the time is over before the last row.
    """
    for row in rows:
        check_deadline()
        yield row
