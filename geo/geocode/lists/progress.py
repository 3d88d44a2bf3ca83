"""How far the work is: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn, Protocol, TextIO

from tqdm import tqdm

_SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """What shows how far the work is."""

    def say(self, text: str) -> None:
        """Show a line of its own."""
        ...

    def start(self, total: int | None, done: int) -> None:
        """Begin with ``done`` rows of ``total``; ``None`` where it is not known."""
        ...

    def advance(self, rows: int) -> None:
        """Count rows that are done now."""
        ...

    def finish(self) -> None:
        """End what was begun."""
        ...


def choose_progress(stream: TextIO) -> Progress:
    """Return a bar where the stream is a terminal, else lines."""
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


class BarProgress:
    """A bar with the rate and the time left.

    Parameters
    ----------
    stream
        A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm[NoReturn] | None = None

    def say(self, text: str) -> None:
        """Show a line above the bar."""
        tqdm.write(text, file=self._stream)

    def start(self, total: int | None, done: int) -> None:
        """Show the bar."""
        self._bar = tqdm(total=total, initial=done, unit=" rows", unit_scale=True, file=self._stream, dynamic_ncols=True)

    def advance(self, rows: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(rows)

    def finish(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LineProgress:
    """A line every ten seconds, for a log.

    Parameters
    ----------
    stream
        Where the lines go.
    clock
        Seconds, from any start.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._total: int | None = None
        self._before = self._done = 0
        self._started = self._shown = 0.0

    def say(self, text: str) -> None:
        """Write a line."""
        print(text, file=self._stream, flush=True)

    def start(self, total: int | None, done: int) -> None:
        """Start the clock."""
        self._total, self._before, self._done = total, done, done
        self._started = self._shown = self._clock()

    def advance(self, rows: int) -> None:
        """Write how far it is, if it is ten seconds since the last line."""
        self._done += rows
        now = self._clock()
        if now - self._shown < _SECONDS_BETWEEN_LINES:
            return
        self._shown = now
        rate = (self._done - self._before) / (now - self._started)
        if self._total is None:
            self.say(f"{self._done} rows, {rate:.0f} rows/s")
        else:
            left = (self._total - self._done) / rate
            self.say(f"{self._done} of {self._total} rows ({self._done / self._total:.0%}), {rate:.0f} rows/s, {left:.0f} s left")

    def finish(self) -> None:
        """Write nothing: the summary follows."""
