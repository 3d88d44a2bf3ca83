"""From Parquet files to the files of a pyramid: each part is sorted by itself, here or on a cluster, and then they are put together piece by piece.

Memory grows with a part and not with the whole; what was interrupted goes on where it stopped, and a cluster gives the same bytes as one process.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from geo.errors import Problem
from geo.geocode.lists.progress import Progress
from geo.geocode.lists.rows import Fault, ListError
from geo.layers.density.files import FORMAT, MANIFEST, read_arrays, read_manifest, write_arrays
from geo.layers.density.points import Location, find_location, read_points
from geo.layers.density.pyramid import CELL_BITS, ROW_BITS, sort_codes, sort_points
from geo.layers.density.sources import Source, open_source, unreadable
from geo.layers.density.table import plain_columns, write_rows

# Rows of a part: 40 bytes of memory each while it is sorted.
_PART_ROWS = 1 << 22
# Points that are put together at a time.
_PIECE = 1 << 22
# Rows that are read at a time.
_CHUNK_ROWS = 1 << 16
_MOST_TOTAL = 1 << 32
# Files whose footers are read at a time.
_FOOTERS = 16


class Part(NamedTuple):
    """A part of the rows: some row groups of a Parquet file.

    Attributes
    ----------
    source
        The address of the source, as it was given.
    path
        Of the file, for the file system of the source.
    groups
        Numbers of its row groups.
    rows
        How many rows they hold.
    """

    source: str
    path: str
    groups: tuple[int, ...]
    rows: int


class Task(NamedTuple):
    """A part to be sorted into files.

    Attributes
    ----------
    part
        Which rows.
    location
        What says where they lie.
    columns
        What is kept of each.
    folder
        The folder to write.
    """

    part: Part
    location: Location
    columns: tuple[str, ...]
    folder: Path


class Built(NamedTuple):
    """What was built.

    Attributes
    ----------
    folder
        With the files of the pyramid.
    rows, located
        How many rows there are, and how many of them have a location.
    why
        What says where they lie, in words.
    """

    folder: Path
    rows: int
    located: int
    why: str

    def __str__(self) -> str:
        missing = self.rows - self.located
        return f"located by {self.why}\nrows: {self.rows}, of which {self.located} have a location and {missing} have none"


def build_files(
    source: str,
    target: Path,
    progress: Progress,
    *,
    version: str = "",
    workers: int = 0,
    scheduler: str | None = None,
) -> Built:
    """Build the pyramid of a Parquet file, or of all in a folder, as files.

    Parameters
    ----------
    source
        A file or a folder, or the address of one in an object store that Arrow knows (``s3://``, ``gs://``, ``file://``).
    target
        The folder to write; replaced when all is done, and left alone where it holds just that already. Work is done in ``<target>.parts``.
    progress
        What is told how far the work is.
    version
        What the files depend on beside the source: parts of another version are not used.
    workers, scheduler
        As in :func:`geo.geocode.lists.running.geocode_file`: source and target are then the same paths on every machine.

    Raises
    ------
    ListError
        If a file cannot be read, says nowhere where its rows lie or has other columns than the first one, or there are more rows than can be counted.
    """
    parts, schema, state = find_parts(source)
    name = open_source(source).name_of(parts[0].path)
    location = find_location(name, schema)
    if location is None:
        expected = "geometry (GeoParquet), or columns lon and lat in WGS-84; python -m geo geocode gives a list without them its locations"
        raise ListError(Problem(name, 0, "", ", ".join(schema.names)[:200], expected))
    columns = tuple(name for name in plain_columns(schema) if name not in location.columns or len(location.columns) == 2)
    plan = {"format": FORMAT, "version": version, "source": state, "location": list(location.columns), "columns": list(columns)}
    before = read_manifest(target)
    if before.get("plan") == plan:
        return Built(target, before["rows"], before["located"], before["why"])
    work = target.with_name(f"{target.name}.parts")
    if read_manifest(work).get("plan") != plan:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        _write_manifest(work, {"plan": plan})
    folders = [work / f"part-{number:06d}" for number in range(len(parts))]
    rows = sum(part.rows for part in parts)
    done = sum(part.rows for part, folder in zip(parts, folders, strict=True) if folder.exists())
    progress.start(rows, done)
    try:
        left = [Task(part, location, columns, folder.absolute()) for part, folder in zip(parts, folders, strict=True) if not folder.exists()]
        _sort_all(left, workers, scheduler, progress.advance)
    finally:
        progress.finish()
    whole = work / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    sizes = [part.rows for part in parts]
    located = _put_together(folders, sizes, whole)
    for number, folder in enumerate(folders):
        (folder / "rows.arrow").replace(whole / f"rows-{number:06d}.arrow")
    _write_manifest(whole, {"plan": plan, "rows": rows, "located": located, "sizes": sizes, "why": location.why})
    # A server that has the one before keeps its files open until it has done with them.
    shutil.rmtree(target, ignore_errors=True)
    whole.replace(target)
    shutil.rmtree(work, ignore_errors=True)
    return Built(target, rows, located, location.why)


def find_parts(source: str) -> tuple[list[Part], pa.Schema, list[list[Any]]]:
    """Find the parts of a source, the columns that all of them have, and what tells whether it is still the same: names, sizes and times of change.

    Raises
    ------
    ListError
        As :func:`build_files`.
    """
    opened = open_source(source)
    files = opened.list_files()
    parts, schema = list[Part](), None
    # A store answers after a while, and has as many files as somebody liked.
    pool = ThreadPoolExecutor(_FOOTERS)
    try:
        for file, (own, sizes) in zip(files, pool.map(lambda file: _read_footer(opened, file.path), files), strict=True):
            schema = schema or own
            if not own.remove_metadata().equals(schema.remove_metadata()):
                has, wanted = ({f"{field.name}: {field.type}" for field in one} for one in (own, schema))
                wrong = sorted(has ^ wanted) or ["another order"]
                expected = f"the columns of {opened.name_of(files[0].path)}"
                raise ListError(Problem(opened.name_of(file.path), 0, "", ", ".join(wrong)[:200], expected))
            parts += [Part(source, file.path, groups, rows) for groups, rows in _split(sizes)]
    finally:
        # After the first that cannot be read no other is asked for.
        pool.shutdown(cancel_futures=True)
    if sum(part.rows for part in parts) >= _MOST_TOTAL:
        raise ListError(Problem(opened.name, 0, "", f"{sum(part.rows for part in parts)} rows", f"fewer than {_MOST_TOTAL}"), Fault.TOO_LARGE)
    assert schema is not None
    return parts, schema, [[str(file.path), file.size, file.mtime_ns] for file in files]


def _read_footer(source: Source, path: str) -> tuple[pa.Schema, list[int]]:
    with source.open_file(path) as opened:
        return opened.schema_arrow, [opened.metadata.row_group(group).num_rows for group in range(opened.metadata.num_row_groups)]


def build_part(task: Task) -> int:
    """Sort a part into a folder of its own; return how many rows it has. It may be done twice, at once, too."""
    source = open_source(task.part.source)
    name = source.name_of(task.part.path)
    growing = task.folder.with_name(f".{task.folder.name}.{uuid.uuid4().hex}")
    growing.mkdir()
    lons, lats = list[NDArray[np.float64]](), list[NDArray[np.float64]]()
    wanted = list(dict.fromkeys((*task.columns, *task.location.columns)))

    def tables() -> Iterator[pa.Table]:
        with source.open_file(task.part.path) as file:
            schema = pa.schema([file.schema_arrow.field(column) for column in task.columns])
            yield schema.empty_table()
            for batch in _read(file, task.part.groups, wanted, name):
                table = pa.Table.from_batches([batch])
                lon, lat = read_points(name, table, task.location)
                lons.append(lon)
                lats.append(lat)
                yield table.select(list(task.columns)).cast(schema)

    try:
        write_rows(tables(), growing / "rows.arrow")
        none = np.empty(0)
        ordered = sort_points(np.concatenate([none, *lons]), np.concatenate([none, *lats]))
        write_arrays(growing, [ordered])
        if not task.folder.exists():
            growing.rename(task.folder)
    except OSError:
        # Another worker was first.
        if not task.folder.exists():
            raise
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    return task.part.rows


def _read(file: pq.ParquetFile, groups: Sequence[int], columns: Sequence[str], name: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=_CHUNK_ROWS, row_groups=list(groups), columns=list(columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(name, error, "a Parquet file that can be read to its end", Fault.BYTES) from None


def _sort_all(tasks: Sequence[Task], workers: int, scheduler: str | None, advance: Callable[[int], None]) -> None:
    if not (workers or scheduler):
        for task in tasks:
            advance(build_part(task))
        return
    from geo.geocode.lists.cluster import run_on_cluster

    run_on_cluster(build_part, iter(tasks), workers, scheduler, lambda rows, _: advance(rows))


def _put_together(folders: Sequence[Path], sizes: Sequence[int], target: Path) -> int:
    """Write what is sorted in parts as one, in pieces of the whole order; return how many points there are."""
    runs = [read_arrays(folder) for folder in folders]
    firsts = np.cumsum([0, *sizes[:-1]])
    bounds = _bounds_of_pieces([run.codes for run in runs])

    def pieces() -> Iterator[Any]:
        places = [[0, *run.codes.searchsorted(bounds).tolist(), len(run.codes)] for run in runs]
        for piece in range(len(bounds) + 1):
            spans = [slice(own[piece], own[piece + 1]) for own in places]
            codes = np.concatenate([run.codes[span] for run, span in zip(runs, spans, strict=True)])
            rows = np.concatenate([run.rows[span] + np.uint32(first) for run, span, first in zip(runs, spans, firsts, strict=True)])
            yield sort_codes(codes, rows)

    return write_arrays(target, pieces())


def _bounds_of_pieces(runs: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Choose where to cut the order, at edges of cells, so that a piece of the whole fits into memory."""
    step = 1 << 10
    samples = np.sort(np.concatenate([run[::step] for run in runs]) >> np.uint64(ROW_BITS))
    bounds = np.unique(samples[_PIECE // step :: _PIECE // step])
    assert CELL_BITS + ROW_BITS == 64
    return bounds << np.uint64(ROW_BITS)


def _split(sizes: Sequence[int]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Divide row groups into parts."""
    groups, rows = list[int](), 0
    for group, size in enumerate(sizes):
        if groups and rows + size > _PART_ROWS:
            yield tuple(groups), rows
            groups, rows = [], 0
        groups.append(group)
        rows += size
    yield tuple(groups), rows


def _write_manifest(folder: Path, document: Mapping[str, Any]) -> None:
    (folder / MANIFEST).write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
