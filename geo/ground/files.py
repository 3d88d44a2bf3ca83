"""Files that others read: replaced as a whole, and without text that a spreadsheet would take for a formula."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The tables of 100 000 places have 30 MB at most; what is four times as large is no table, and would take the memory of what is served.
MOST_BYTES = 128 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

# What makes a spreadsheet take text for a formula (OWASP, CSV injection); in full width, too, which some fold.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class UnfitFileError(OSError):
    """A file that is not to be read: it is no regular file, or too large.

    Attributes
    ----------
    value, expected
        What it is, and what it should be.
    """

    def __init__(self, value: str, expected: str) -> None:
        self.value = value
        self.expected = expected
        super().__init__(f"{value}: expected {expected}")


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Read a file that may be anything: never one that has no end, or that waits for somebody to write into it.

    Parameters
    ----------
    path
        The file, or a link to it.
    most_bytes
        How large it may be.

    Raises
    ------
    UnfitFileError
        If it is a folder, a pipe, a socket or a device, or larger.
    OSError
        If it cannot be read.
    """
    # Looked at before it is opened, as opening a device may do something, and again as what was opened.
    _expect_regular(path.stat(), most_bytes)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123
        _expect_regular(os.fstat(descriptor), most_bytes)
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise _too_large(len(content), most_bytes)
    return content


def _expect_regular(state: os.stat_result, most_bytes: int) -> None:
    for is_kind, named in _KINDS:
        if is_kind(state.st_mode):
            raise UnfitFileError(named, "a regular file")
    if state.st_size > most_bytes:
        raise _too_large(state.st_size, most_bytes)


def _too_large(size: int, most_bytes: int) -> UnfitFileError:
    return UnfitFileError(f"{size} bytes", f"{most_bytes} bytes at most")


@contextmanager
def replaced(target: Path, growing: Path | None = None) -> Iterator[Path]:
    """Write a file beside its place and rename it when the block ends well: no reader sees half of it.

    Parameters
    ----------
    target
        The file that is to be there; one that exists is replaced.
    growing
        The file that is written first, on the same disk; by default a hidden one beside the target.

    Yields
    ------
    Path
        The file to write. It is removed where the block fails.

    Raises
    ------
    OSError
        If the target cannot be replaced.
    """
    growing = growing or target.with_name(f".{target.name}.part")
    growing.unlink(missing_ok=True)
    try:
        yield growing
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)


class HeldError(OSError):
    """Another process holds what only one may have."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file as long as the block runs, so that no other process of this machine does; the system lets go of it when the process ends, however.

    Parameters
    ----------
    path
        The file; made where there is none, and left there.

    Raises
    ------
    HeldError
        If another process holds it.
    """
    with path.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HeldError(str(path)) from None
        yield


def without_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
