"""Python's cyclic garbage collection, put off while many objects are made that hold no cycle."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cyclic_collection() -> Iterator[None]:
    """Put cyclic garbage collection off for the block; what no longer has a reference is freed as ever.

    The collector goes through all objects again and again as they grow more: for a fifth of the time that reading the tables takes, and for a third
    of that of a long list of queries.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
