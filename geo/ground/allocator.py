"""The C library's memory, given back where many threads make large answers.

glibc gives threads heaps of their own, eight a core, and keeps in each what was freed below something that is still used; and once a large block was
freed, it takes blocks of that size from them, too. With ten thousand places and 48 connections that was half a gigabyte that nothing used.
"""

from __future__ import annotations

import ctypes
import sys

# Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
# Python runs one thread at a time: two heaps are enough for those that compress or draw beside it.
_HEAPS = 2
# A block of this size has its own pages, which go back to the system with it.
_LARGE_BYTES = 1 << 20


def give_memory_back() -> None:
    """Have few heaps, and keep nothing large that was freed: in a process that answers, before it has many threads. Only glibc knows of it."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_M_ARENA_MAX, _HEAPS), (_M_MMAP_THRESHOLD, _LARGE_BYTES), (_M_TRIM_THRESHOLD, 2 * _LARGE_BYTES)):
            mallopt(option, value)
