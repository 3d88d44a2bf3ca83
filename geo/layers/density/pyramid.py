"""The density pyramid: points in the order of their cells, from which a tile of any zoom is counted when it is asked for, each point once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo.ground.bbox import Box
from geo.layers.density.morton import MOST_LAT, Codes, decode, encode, interleave, separate

Counts: TypeAlias = NDArray[np.uint32]

# A tile has so many cells along each side: at 256 pixels a tile, a cell has 4.
SIDE_BITS = 6
SIDE = 1 << SIDE_BITS
# From here on the features themselves are given; the last tiles have cells of 38 m at the equator.
FEATURES_ZOOM = 15
MOST_ZOOM = FEATURES_ZOOM - 1
# Points are in the order of these cells, and within one in that of their rows.
CELL_BITS = 2 * (MOST_ZOOM + SIDE_BITS)
# What is left of a code beneath the cell: as many rows can be sorted at once.
ROW_BITS = 64 - CELL_BITS
MOST_ROWS = 1 << ROW_BITS
# From so many points on it is faster to look for the bounds of the cells than to look at the points.
_FEW = 1 << 14
# A box is looked for in the cells of a zoom at which it is about so many wide.
_CELLS_WIDE = 8


class Sorted(NamedTuple):
    """Points in the order of their cells.

    Attributes
    ----------
    codes
        By :func:`geo.layers.density.morton.encode`.
    rows
        Of each, the number of its row.
    """

    codes: Codes
    rows: NDArray[np.uint32]


def sort_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Sorted:
    """Sort points by their cells; those without a location are left out.

    Parameters
    ----------
    lon, lat
        Degrees WGS-84 of each row, :data:`MOST_ROWS` at most; not finite where there is no location.

    Raises
    ------
    ValueError
        If there are more rows than can be sorted at once.
    """
    if len(lon) > MOST_ROWS:
        raise ValueError(f"{len(lon)} rows: expected {MOST_ROWS} at most")
    there = is_on_map(lon, lat)
    if there.all():
        codes, rows = encode(lon, lat), np.arange(len(lon), dtype=np.uint32)
    else:
        rows = np.flatnonzero(there).astype(np.uint32)
        codes = encode(lon[rows], lat[rows])
    return sort_codes(codes, rows)


def sort_codes(codes: Codes, rows: NDArray[np.uint32]) -> Sorted:
    """Sort codes by their cells, and within a cell as they stand; :data:`MOST_ROWS` at most."""
    # Cell and place in one number: sorting plain numbers is ten times as fast as finding their order.
    keys = codes >> np.uint64(ROW_BITS)
    keys <<= np.uint64(ROW_BITS)
    keys |= np.arange(len(codes), dtype=np.uint64)
    keys.sort()
    keys &= np.uint64(MOST_ROWS - 1)
    order = keys.astype(np.uint32)
    return Sorted(codes[order], rows[order])


def is_on_map(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which positions Web Mercator has: what is not finite, not on Earth or beyond its edge has no cell."""
    return (np.abs(lon) <= 180) & (np.abs(lat) <= MOST_LAT)


@dataclass(frozen=True)
class Pyramid:
    """Points that can be counted.

    Attributes
    ----------
    codes, rows
        As :class:`Sorted`, in memory or in files.
    total
        How many rows there are, those without a location included.
    """

    codes: Codes
    rows: NDArray[np.uint32]
    total: int

    @property
    def located(self) -> int:
        """How many rows have a location."""
        return len(self.codes)

    @property
    def missing(self) -> int:
        """How many rows have none, and are on no tile."""
        return self.total - self.located

    def span(self, zoom: int, column: int, row: int) -> slice:
        """Give where the points of a tile stand, of a zoom up to that of the finest cells.

        Raises
        ------
        ValueError
            If there is no such tile.
        """
        if not (0 <= zoom <= MOST_ZOOM + SIDE_BITS and 0 <= column < 1 << zoom and 0 <= row < 1 << zoom):
            raise ValueError(f"{zoom}/{column}/{row}: expected a tile of zoom 0 to {MOST_ZOOM + SIDE_BITS}")
        first, last = self._bounds(interleave([column], [row]), zoom)
        return slice(int(first[0]), int(last[0]))

    def counts(self, zoom: int, column: int, row: int, keep: NDArray[np.bool_] | None = None) -> Counts:
        """Count the points in each cell of a tile.

        Parameters
        ----------
        zoom, column, row
            Of the tile, as web maps count them: from the north-west, 256 pixels wide.
        keep
            For each row of the table whether it counts; all of them where it is not given.

        Returns
        -------
        NDArray
            :data:`SIDE` rows from the north with as many columns from the west.

        Raises
        ------
        ValueError
            If there is no such tile; they end at :data:`MOST_ZOOM`.
        """
        if zoom > MOST_ZOOM:
            raise ValueError(f"zoom {zoom}: expected {MOST_ZOOM} at most")
        span = self.span(zoom, column, row)
        cells = SIDE * SIDE
        if span.stop - span.start <= _FEW or keep is not None:
            codes = self.codes[span] if keep is None else self.codes[span][keep[self.rows[span]]]
            inside = (codes >> np.uint64(64 - 2 * (zoom + SIDE_BITS))) & np.uint64(cells - 1)
            counted = np.bincount(inside.astype(np.intp), minlength=cells)
        else:
            base = int(interleave([column], [row])[0]) << (2 * SIDE_BITS)
            bounds = (np.arange(1, cells, dtype=np.uint64) + np.uint64(base)) << np.uint64(64 - 2 * (zoom + SIDE_BITS))
            # What ends a cell begins the next one; the tile itself ends them all.
            places = self.codes[span].searchsorted(bounds)
            counted = np.diff(places, prepend=0, append=span.stop - span.start)
        return counted[_CELL_OF_PLACE].astype(np.uint32).reshape(SIDE, SIDE)

    def find(self, box: Box) -> NDArray[np.intp]:
        """Give where the points of a box stand, its edges included, in the order of their rows."""
        pieces = []
        for start, stop in self._candidates(box):
            lon, lat = decode(self.codes[start:stop])
            lon, lat = lon.round(6), lat.round(6)
            inside = (lon >= box.west) & (lon <= box.east) & (lat >= box.south) & (lat <= box.north)
            pieces.append(np.flatnonzero(inside) + start)
        found = np.concatenate(pieces) if pieces else np.empty(0, np.intp)
        ordered: NDArray[np.intp] = found[np.argsort(self.rows[found], kind="stable")]
        return ordered

    def positions(self, places: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give longitude and latitude of points, degrees WGS-84, to six decimals as they went in."""
        lon, lat = decode(np.asarray(self.codes[places]))
        return lon.round(6), lat.round(6)

    def bounds(self) -> Box | None:
        """Give a box around the tiles of zoom 8 that hold points; ``None`` where there are none."""
        if not self.located:
            return None
        zoom = 8
        # Looked for with the bounds of all cells, so that no more than some pages of a file are read.
        firsts, lasts = self._bounds(np.arange(1 << (2 * zoom), dtype=np.uint64), zoom)
        held = np.flatnonzero(lasts > firsts).astype(np.uint64) << np.uint64(64 - 2 * zoom)
        lows, highs = decode(held), decode(held | np.uint64((1 << (64 - 2 * zoom)) - 1))
        west, south = (math.floor(float(axis.min()) * 1e4) / 1e4 for axis in (lows[0], highs[1]))
        east, north = (math.ceil(float(axis.max()) * 1e4) / 1e4 for axis in (highs[0], lows[1]))
        return Box(west, south, east, north)

    def tiles(self, zoom: int) -> Iterator[tuple[int, int]]:
        """Yield column and row of each tile of a zoom that holds points, in the order of their codes."""
        held = np.unique(self.codes >> np.uint64(64 - 2 * zoom)) if zoom else np.zeros(min(1, self.located), np.uint64)
        columns, rows = separate(held)
        yield from zip(columns.tolist(), rows.tolist(), strict=True)

    def _bounds(self, codes: Codes, zoom: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give where the points of each cell of a zoom begin and end."""
        if zoom == 0:
            return np.zeros(len(codes), np.intp), np.full(len(codes), self.located)
        shift = np.uint64(64 - 2 * zoom)
        firsts = self.codes.searchsorted(codes << shift)
        lasts = np.where(codes == np.uint64((1 << (2 * zoom)) - 1), self.located, self.codes.searchsorted((codes + np.uint64(1)) << shift))
        return firsts, lasts

    def _candidates(self, box: Box) -> list[tuple[int, int]]:
        """Give the spans that may hold points of a box: those of the cells that it touches, joined where they follow one another."""
        south, north = (min(max(lat, -MOST_LAT), MOST_LAT) for lat in (box.south, box.north))
        corners = encode(np.array([box.west, box.east]), np.array([north, south]))
        # What is rounded to an edge may lie a step beyond it.
        (west, east), (top, bottom) = (axis.tolist() for axis in separate(corners))
        step = 1 << 5
        west, top = max(0, west - step), max(0, top - step)
        east, bottom = min((1 << 32) - 1, east + step), min((1 << 32) - 1, bottom + step)
        widest = max(east - west, bottom - top) // _CELLS_WIDE
        zoom = min(max(0, 32 - widest.bit_length()), MOST_ZOOM + SIDE_BITS)
        shift = 32 - zoom
        columns, rows = np.arange(west >> shift, (east >> shift) + 1), np.arange(top >> shift, (bottom >> shift) + 1)
        cells = np.sort(interleave(*(axis.ravel() for axis in np.meshgrid(columns, rows))))
        firsts, lasts = self._bounds(cells, zoom)
        spans: list[tuple[int, int]] = []
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            if first == last:
                continue
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
        return spans


def build_pyramid(lon: Any, lat: Any) -> Pyramid:
    """Build the pyramid of points in memory.

    Parameters
    ----------
    lon, lat
        Degrees WGS-84 of each row, :data:`MOST_ROWS` at most; not finite where there is no location.
    """
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    return Pyramid(*sort_points(lon, lat), total=len(lon))


def encode_tile(counts: Counts) -> bytes:
    """Write a tile as little-endian whole numbers of 32 bits: 16 KB at most.

    Where less than half of its cells hold anything, a place and a count for each that does, places counted in rows from the north-west; else the
    counts of all cells in that order. The length tells which: only the whole of a tile has as many numbers as there are cells.
    """
    flat = counts.ravel()
    places = np.flatnonzero(flat)
    if 2 * len(places) >= flat.size:
        return flat.astype("<u4").tobytes()
    return np.column_stack([places, flat[places]]).astype("<u4").tobytes()


def decode_tile(content: bytes) -> Counts:
    """Read a tile that :func:`encode_tile` has written."""
    numbers = np.frombuffer(content, "<u4").astype(np.uint32)
    if numbers.size == SIDE * SIDE:
        return numbers.reshape(SIDE, SIDE)
    flat = np.zeros(SIDE * SIDE, np.uint32)
    flat[numbers[::2]] = numbers[1::2]
    return flat.reshape(SIDE, SIDE)


_COLUMNS, _ROWS = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
_CELL_OF_PLACE = interleave(_COLUMNS.ravel(), _ROWS.ravel()).astype(np.intp)
