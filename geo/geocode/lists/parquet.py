"""Lists in Parquet: columns keep their types, and any part is read by itself."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from geo.errors import Problem
from geo.geocode.lists.headings import name_columns
from geo.geocode.lists.rows import HEAD_ROWS, Fault, Flaws, ListError

_BLOCK = 1 << 20


class ParquetList:
    """A Parquet file; its columns keep their types.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ListError
        If it is no Parquet file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        self.flaws = Flaws()
        try:
            with pq.ParquetFile(path) as file:
                self.rows: int | None = file.metadata.num_rows
                self.columns, self.notices = name_columns(file.schema_arrow.names)
        except pa.ArrowInvalid as error:
            raise ListError(Problem(path.name, 0, "", str(error), "a Parquet file"), Fault.KIND) from None
        self.described = f"{path.name}: Parquet, {self.rows} rows"

    def head(self) -> pa.Table:
        """Return the first rows."""
        return self.read(0, HEAD_ROWS)

    def chunks(self, rows: int, skip: Container[int] = ()) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number and the rows of each chunk."""
        assert self.rows is not None
        held = self._batches(rows, range(self._groups()))
        rest: pa.Table | None = None
        for number in range(max(1, -(-self.rows // rows))):
            pieces = [rest] if rest is not None else []
            while sum(len(piece) for piece in pieces) < rows and (batch := next(held, None)) is not None:
                pieces.append(batch)
            table = pa.concat_tables(pieces) if pieces else self.read(0, 0)
            rest = table.slice(rows) if len(table) > rows else None
            if number not in skip:
                yield number, table.slice(0, rows)

    def read(self, start: int, stop: int) -> pa.Table:
        """Read the rows from ``start`` to ``stop``, excluded; only the row groups that hold them are opened."""
        with pq.ParquetFile(self.path) as file:
            schema = file.schema_arrow
            first, groups, offset = start, list[int](), 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if offset < stop and offset + rows > start:
                    first = first if groups else start - offset
                    groups.append(group)
                offset += rows
        pieces, seen = [], -first
        for batch in self._batches(max(1, stop - start), groups):
            low, high = max(0, -seen), min(len(batch), stop - start - seen)
            if low < high:
                pieces.append(batch.slice(low, high - low))
            seen += len(batch)
            if seen >= stop - start:
                break
        return pa.concat_tables(pieces) if pieces else schema.empty_table().rename_columns(list(self.columns))

    def _groups(self) -> int:
        with pq.ParquetFile(self.path) as file:
            groups: int = file.num_row_groups
        return groups

    def _batches(self, rows: int, groups: Sequence[int]) -> Iterator[pa.Table]:
        # Pages are read as they come: without it a row group, which may be the whole file, is read at once.
        with pq.ParquetFile(self.path, buffer_size=_BLOCK, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=rows, row_groups=list(groups), use_threads=False):
                yield pa.Table.from_batches([batch]).rename_columns(list(self.columns))
