"""The rows of a list as files from which any few are read by their numbers, without what lies between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.types
from numpy.typing import NDArray

# Rows of a batch; one is looked up by its number, as all but the last have so many.
_BATCH = 8192
# A cell is shown to a reader, and text beyond this is no cell.
_LONGEST = 2000


def write_rows(tables: Iterable[pa.Table], path: Path) -> None:
    """Write tables of one schema, one after another, in batches of one size.

    Parameters
    ----------
    tables
        At least one.
    path
        The file, which is written anew.
    """
    writer, rest = None, None
    with pa.OSFile(str(path), "wb") as file:
        for table in tables:
            if writer is None:
                writer = pyarrow.ipc.new_file(file, table.schema)
            rest = table if rest is None else pa.concat_tables([rest, table])
            whole = len(rest) // _BATCH * _BATCH
            writer.write_table(rest.slice(0, whole).combine_chunks(), max_chunksize=_BATCH)
            rest = rest.slice(whole)
        assert writer is not None and rest is not None
        writer.write_table(rest.combine_chunks(), max_chunksize=_BATCH)
        writer.close()


def plain_columns(schema: pa.Schema) -> list[str]:
    """Name the columns that have a value in a cell: no geometry, no bytes, nothing nested."""
    return [field.name for field in schema if not (pa.types.is_nested(field.type) or _is_binary(field.type))]


def _is_binary(type_: pa.DataType) -> bool:
    return any(is_it(type_) for is_it in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))


class RowFiles:
    """The rows of several files, counted through from 0.

    Parameters
    ----------
    paths
        As :func:`write_rows` has written them.
    sizes
        How many rows each has.
    """

    def __init__(self, paths: Sequence[Path], sizes: Sequence[int]) -> None:
        self._paths = paths
        self._firsts = [0, *accumulate(sizes)]

    def read(self, rows: NDArray[np.uint32]) -> Iterator[dict[str, Any]]:
        """Yield the cells of rows, by column; rows in ascending order."""
        for place, numbers in groupby(rows.tolist(), lambda row: bisect_right(self._firsts, row) - 1):
            local = [number - self._firsts[place] for number in numbers]
            with pa.memory_map(str(self._paths[place])) as file:
                reader = pyarrow.ipc.open_file(file)
                if not reader.schema.names:
                    # Without columns there are no batches to count.
                    yield from ({} for _ in local)
                    continue
                for batch, inside in groupby(local, lambda number: number // _BATCH):
                    taken = reader.get_batch(batch).take(pa.array([number % _BATCH for number in inside], pa.int64()))
                    yield from ({name: _shown(cell) for name, cell in row.items()} for row in taken.to_pylist())


def _shown(cell: object) -> object:
    """Give a cell as JSON has it."""
    if cell is None or isinstance(cell, (bool, int)):
        return cell
    if isinstance(cell, float):
        return cell if np.isfinite(cell) else None
    return str(cell)[:_LONGEST]
