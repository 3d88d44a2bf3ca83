"""Positions in Web Mercator as Morton codes: the bits of column and row in turn, so that a tile of any zoom is a range of codes.

The code has 32 bits of each, 9 mm of the equator: what it is decoded to is the coordinate that went in, to six decimals.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes: TypeAlias = NDArray[np.uint64]

BITS = 32
# Web Mercator ends here; what lies beyond is on no tile.
MOST_LAT = 85.05112877980659
_UNITS = 2.0**BITS
_STEPS = ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333), (1, 0x5555555555555555))
# So many at a time stay in the cache of a processor.
_BLOCK = 1 << 17


def encode(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Codes:
    """Encode positions.

    Parameters
    ----------
    lon, lat
        Degrees WGS-84, one-dimensional; finite, within 180 and :data:`MOST_LAT`.

    Returns
    -------
    NDArray
        A code for each: columns count from the west in the even bits, rows from the north in the odd ones.
    """
    codes = np.empty(len(lon), np.uint64)
    for start in range(0, len(lon), _BLOCK):
        part = slice(start, start + _BLOCK)
        column = (lon[part] + 180.0) * (_UNITS / 360.0)
        row = (0.5 - np.arctanh(np.sin(np.radians(lat[part]))) / (2 * np.pi)) * _UNITS
        for axis in (column, row):
            np.clip(axis, 0, _UNITS - 1, out=axis)
        codes[part] = interleave(column.astype(np.uint64), row.astype(np.uint64))
    return codes


def decode(codes: Codes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the middle of each code as longitude and latitude, degrees WGS-84."""
    column, row = (axis.astype(np.float64) for axis in separate(codes))
    lon = (column + 0.5) * (360.0 / _UNITS) - 180.0
    lat = np.degrees(np.arcsin(np.tanh((0.5 - (row + 0.5) / _UNITS) * 2 * np.pi)))
    return lon, lat


def interleave(column: ArrayLike, row: ArrayLike) -> Codes:
    """Put the bits of columns and rows, up to 32 of each, in turn."""
    even, odd = _spread(np.array(column, np.uint64)), _spread(np.array(row, np.uint64))
    odd <<= np.uint64(1)
    even |= odd
    return even


def _spread(bits: Codes) -> Codes:
    for shift, mask in _STEPS:
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits


def separate(codes: Codes) -> tuple[Codes, Codes]:
    """Give columns and rows back that :func:`interleave` has joined."""
    return _gather(codes), _gather(codes >> np.uint64(1))


def _gather(bits: Codes) -> Codes:
    bits = bits & np.uint64(_STEPS[-1][1])
    for (shift, _), mask in zip(reversed(_STEPS), (*(mask for _, mask in reversed(_STEPS[:-1])), 0xFFFFFFFF), strict=True):
        bits = (bits | (bits >> np.uint64(shift))) & np.uint64(mask)
    return bits
