"""Files that others read: replaced as a whole, and without text that a spreadsheet would take for a formula."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What makes a spreadsheet take text for a formula (OWASP, CSV injection); in full width, too, which some fold.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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


def without_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
