"""The files of a pyramid: its two arrays, read through the page cache and never as a whole, the rows, and what they are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from geo.errors import Problem
from geo.geocode.lists.rows import ListError
from geo.layers.density.pyramid import Pyramid, Sorted
from geo.layers.density.table import RowFiles

FORMAT = 1
MANIFEST = "about.json"
_CODES, _ROWS = "codes.u64", "rows.u32"


class PyramidFiles(NamedTuple):
    """A pyramid that is read from files.

    Attributes
    ----------
    pyramid
        What is counted.
    rows
        What each point is.
    about
        What was written with it.
    """

    pyramid: Pyramid
    rows: RowFiles
    about: dict[str, Any]


def read_pyramid(folder: Path) -> PyramidFiles:
    """Open the files of a pyramid.

    Raises
    ------
    ListError
        If the folder holds none, or not all of one.
    """
    about = read_manifest(folder)
    try:
        if about["plan"]["format"] != FORMAT:
            raise ListError(Problem(str(folder), 0, "format", str(about["plan"]["format"]), f"{FORMAT}; build it again"))
        pyramid = Pyramid(*read_arrays(folder), total=about["rows"])
        sizes = list(map(int, about["sizes"]))
        paths = [folder / f"rows-{number:06d}.arrow" for number in range(len(sizes))]
        if pyramid.located != about["located"] or not all(path.is_file() for path in paths):
            raise ValueError
    except (KeyError, TypeError, ValueError, OSError):
        raise ListError(Problem(str(folder), 0, "", "", "a folder that python -m geo density has written")) from None
    return PyramidFiles(pyramid, RowFiles(paths, sizes), about)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what was written with files; empty where there is nothing of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def read_arrays(folder: Path) -> Sorted:
    """Open the arrays of a folder."""
    codes, rows = (_mapped(folder / name, type_) for name, type_ in ((_CODES, "<u8"), (_ROWS, "<u4")))
    if len(codes) != len(rows):
        raise ValueError(f"{folder}: {len(codes)} codes, {len(rows)} rows")
    return Sorted(codes, rows)


def write_arrays(folder: Path, pieces: Iterable[Sorted]) -> int:
    """Write arrays, piece by piece; return how long they are."""
    written = 0
    with (folder / _CODES).open("wb") as codes, (folder / _ROWS).open("wb") as rows:
        for piece in pieces:
            codes.write(piece.codes.astype("<u8", copy=False).data)
            rows.write(piece.rows.astype("<u4", copy=False).data)
            written += len(piece.codes)
    return written


def _mapped(path: Path, type_: str) -> Any:
    # Nothing can be mapped of an empty file.
    return np.memmap(path, type_, mode="r") if path.stat().st_size else np.empty(0, type_)
