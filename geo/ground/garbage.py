"""Python's cyclic garbage collection, kept from going through what does not change.

The collector goes through all objects that it looks after, and nothing else runs meanwhile: with ten thousand places that is a third of a second, and
twice that while a second atlas is made. An atlas has millions of objects and no cycle among them: it is freed as soon as nothing refers to it, and
need never be gone through. What is made for a request has cycles, as Jinja and Werkzeug make them, and none of those refers to an atlas once it is
answered. ``tests/process/test_reload.py`` sees to both.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Younger objects are collected as Python does by itself, all of them only by :func:`collect_all`.
_YOUNG, _MIDDLE, _NEVER = 700, 10, 1 << 30
# So many collections of younger objects later all are due: what outlived its request by chance has some megabytes then, and little else is left that
# was not set apart.
_DUE = 20


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


def collect_made() -> None:
    """Go once through what has been made since the last time: several short halts in the place of one long one.

    For between the steps of work in :func:`without_cyclic_collection`: the first collection behind it goes through all that the work has made.
    """
    gc.collect(1)


def collect_all() -> None:
    """Collect everything but what was set apart."""
    gc.collect()


def set_apart() -> None:
    """Go never again through what there is now: right after a collection, as garbage would be kept, too."""
    gc.freeze()


def leave_to_us() -> None:
    """Collect everything only where :func:`collect_all` is called, as where :func:`is_due` says so."""
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)


def is_due(*, is_idle: bool) -> bool:
    """Tell whether so many younger objects were collected that everything should be.

    Parameters
    ----------
    is_idle
        Whether nothing large is being made at the moment: that would have to be gone through, too, for a third of a second with ten thousand places.
        Where something always is, it is due after ten times as many.
    """
    return gc.get_count()[2] > (_DUE if is_idle else 10 * _DUE)
