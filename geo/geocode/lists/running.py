"""A list in, the same list with locations out: resumable, in one process or on a cluster."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from geo.errors import Problem
from geo.files import replaced
from geo.geocode.answers import Geocoder, Level
from geo.geocode.lists import CHUNK_ROWS
from geo.geocode.lists.cluster import Task, geocode_on_cluster
from geo.geocode.lists.columns import Choice, choose_columns
from geo.geocode.lists.parts import Parts, fingerprint, write_part
from geo.geocode.lists.progress import Progress
from geo.geocode.lists.reading import CELLS, List, ListError, ParquetList, open_list
from geo.geocode.lists.results import PREFIX, RESULTS, STATUS_AMBIGUOUS, STATUS_MATCH, STATUS_MISS, cells_as_text, geocode_table
from geo.geocode.lists.writing import RESERVED, WRITING_ERRORS, check_target, write_rows, write_target


@dataclass(frozen=True)
class Summary:
    """What became of a list.

    Attributes
    ----------
    described
        What the list is, in words, with its encoding.
    choice
        Which columns were asked, and why.
    rows
        How many it has.
    matched
        How many were matched at each level.
    ambiguous, missed
        How many were not, and why.
    resumed_rows
        How many of the rows had been geocoded before this run.
    seconds
        How long geocoding the others took, reading included.
    target, misses
        The files written.
    """

    described: str
    choice: Choice
    rows: int
    matched: Mapping[Level, int]
    ambiguous: int
    missed: Mapping[str, int]
    resumed_rows: int
    seconds: float
    target: Path
    misses: Path

    def __str__(self) -> str:
        levels = ", ".join(f"{level.value} {count}" for level, count in self.matched.items() if count)
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.missed.items())
        new = self.rows - self.resumed_rows
        lines = (
            self.described,
            f"column: {self.choice.column} ({self.choice.why}); division: {self.choice.admin_column or 'none'}",
            f"rows: {self.rows}, of which {self.resumed_rows} were done before",
            f"matched: {sum(self.matched.values())}" + (f" ({levels})" if levels else ""),
            f"ambiguous: {self.ambiguous}",
            f"missed: {sum(self.missed.values())}" + (f" ({reasons})" if reasons else ""),
            f"rate: {new / self.seconds:.0f} rows/s" if new and self.seconds else "rate: nothing was left to do",
            f"written: {self.target.name}, and what is to be looked at: {self.misses.name}",
        )
        return "\n".join(lines)


def geocode_file(
    source: Path,
    target: Path,
    geocoder_factory: Callable[[], Geocoder],
    *,
    version: str,
    progress: Progress,
    column: str | None = None,
    admin_column: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    chunk_rows: int = CHUNK_ROWS,
    workers: int = 0,
    scheduler: str | None = None,
) -> Summary:
    """Geocode the names or addresses of a list, and write it with the answers in columns of their own.

    Every row is kept, in order, with its own cells as they are. Work is done in ``<target>.parts``; when it is interrupted, the same call goes on
    where it stopped, and what comes out has the same bytes.

    Parameters
    ----------
    source
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.parquet``.
    target
        ``.csv``, ``.tsv``, ``.xlsx``, ``.gpkg``, ``.geojson`` or ``.parquet``; replaced when all is done. What was ambiguous or missed is written
        to ``<stem>.misses.csv`` beside it, where the row is counted as in a spreadsheet, the header being row 1.
    geocoder_factory
        Makes the geocoder; can be pickled where there is a cluster.
    version
        What the answers depend on beside the list: parts of another version are not used.
    progress
        What is told how far the work is.
    column, admin_column
        The names or addresses, and the division that a row lies in; found out where they are not given.
    encoding, sheet
        As in :func:`geo.geocode.lists.reading.open_list`.
    chunk_rows
        Rows of a part; memory grows with it and not with the list.
    workers
        Processes of a Dask cluster on this machine; 0: this process alone.
    scheduler
        The address of a Dask scheduler instead.

    Raises
    ------
    ListError
        If the list or a part of it cannot be read, it is not clear which column to ask, or the target cannot hold it or cannot be written: then
        nothing is left of it.
    """
    misses = target.with_name(f"{target.stem}.misses.csv")
    _check_paths(source, target, misses)
    progress.say(f"reading {source.name}")
    list_ = open_list(source, encoding=encoding, sheet=sheet)
    head = list_.head()
    for name in list_.columns:
        if name in RESERVED:
            raise ListError(Problem(source.name, 1, name, "", "no column of this name, which is one of the results: rename it, or leave it out"))
    check_target(target, pa.schema([field for field in head.schema if field.name != CELLS]), list_.rows)
    choice = choose_columns(source.name, _texts(head, list_, column, admin_column), column, admin_column)
    for line in (list_.described, *list_.notices, f"column {choice.column}: {choice.why}", _division(choice)):
        progress.say(line)

    plan = {
        "input": {"name": source.name, **fingerprint(source)},
        "encoding": encoding,
        "sheet": sheet,
        "column": choice.column,
        "admin_column": choice.admin_column,
        "chunk_rows": chunk_rows,
        "geocoder": version,
        "results": RESULTS.names,
    }
    parts = Parts(target)
    with _nothing_left(parts, target):
        changed = parts.resume(plan)
        done = parts.done()
        resumed = sum(done.values())
        if changed:
            progress.say(changed)
        if done:
            progress.say(f"going on: {resumed} rows were done before")

        progress.start(list_.rows, resumed)
        started = time.monotonic()
        try:
            if workers or scheduler:
                tasks = _tasks(list_, parts, done, choice, geocoder_factory, chunk_rows)
                geocode_on_cluster(tasks, workers, scheduler, lambda rows, task: _finish_task(rows, task, source, progress))
            else:
                geocoder = geocoder_factory()
                for number, chunk in list_.chunks(chunk_rows, done):
                    write_part(geocode_table(chunk, choice.column, choice.admin_column, geocoder), parts.path(number))
                    progress.advance(len(chunk))
        finally:
            progress.finish()
        seconds = time.monotonic() - started
        if {"name": source.name, **fingerprint(source)} != plan["input"]:
            raise ListError(Problem(source.name, 0, "", "", "a list that does not change while it is geocoded; start again"))

        numbers = sorted(parts.done())
        progress.say(f"putting {len(numbers)} parts together")
        counts = _Counts()
        # Both are put in place when both are written: neither is there without the other.
        with replaced(misses, parts.folder / misses.name) as growing:
            write_rows(growing, ("row", "query", "status", "reason", "candidates"), counts.misses(parts, numbers, choice.column))
            schema = next(parts.tables(numbers[:1])).schema
            write_target(target, parts.tables(numbers), schema, parts.folder)
        parts.remove()
    return Summary(
        described=list_.described,
        choice=choice,
        rows=counts.rows,
        matched={level: counts.levels[level.value] for level in Level},
        ambiguous=counts.ambiguous,
        missed=dict(sorted(counts.reasons.items())),
        resumed_rows=resumed,
        seconds=seconds,
        target=target,
        misses=misses,
    )


@contextmanager
def _nothing_left(parts: Parts, target: Path) -> Iterator[None]:
    """Take the parts away where the disk takes no more: to whoever has a full one they are of less use than their room.

    Raises
    ------
    ListError
        Where a file cannot be written or read; says which, and why.
    """
    try:
        yield
    except (InterruptedError, ConnectionError, TimeoutError):
        # Not the disk: the next run goes on where this one stopped.
        raise
    except WRITING_ERRORS as error:
        parts.remove()
        file, why = getattr(error, "filename", None) or target, getattr(error, "strerror", None) or str(error)
        raise ListError(Problem(str(file), 0, "", why, "a place with room for the list and as much again for its parts")) from error


class _Counts:
    """What became of the rows, counted while the misses are written."""

    def __init__(self) -> None:
        self.rows = self.ambiguous = 0
        self.levels: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def misses(self, parts: Parts, numbers: list[int], column: str) -> Iterator[tuple[int, str, str, str, str | None]]:
        """Yield the row, as a spreadsheet counts it, and the answer of each row that is not matched."""
        names = [PREFIX + name for name in ("status", "level", "reason", "candidates")]
        for table in parts.tables(numbers, [column, *names]):
            for query, status, level, reason, candidates in zip(
                cells_as_text(table[column]), *(table[name].to_pylist() for name in names), strict=True
            ):
                self.rows += 1
                if status == STATUS_MATCH:
                    self.levels[level] += 1
                    continue
                if status == STATUS_AMBIGUOUS:
                    self.ambiguous += 1
                else:
                    assert status == STATUS_MISS
                    self.reasons[reason] += 1
                yield self.rows + 1, query, status, reason, candidates


def _tasks(
    list_: List, parts: Parts, done: Mapping[int, int], choice: Choice, geocoder_factory: Callable[[], Geocoder], chunk_rows: int
) -> Iterator[Task]:
    run = uuid.uuid4().hex

    def task(source: Path, rows: tuple[int, int] | None, number: int) -> Task:
        return Task(source.absolute(), rows, parts.path(number).absolute(), choice.column, choice.admin_column, geocoder_factory, run)

    if isinstance(list_, ParquetList):
        # Workers read their own rows from the list itself.
        assert list_.rows is not None
        for number in range(max(1, -(-list_.rows // chunk_rows))):
            if number not in done:
                yield task(list_.path, (number * chunk_rows, (number + 1) * chunk_rows), number)
        return
    # A text file or a workbook can only be read from its start: the rows of each part become a file of their own.
    for number, chunk in list_.chunks(chunk_rows, done):
        write_part(chunk, parts.input_path(number))
        yield task(parts.input_path(number), None, number)


def _finish_task(rows: int, task: Task, source: Path, progress: Progress) -> None:
    if task.source != source.absolute():
        task.source.unlink()
    progress.advance(rows)


def _texts(head: pa.Table, list_: List, column: str | None, admin_column: str | None) -> dict[str, list[str]]:
    """Return the first rows as text; a column that cannot be text has no cells and is never chosen by its looks."""
    texts = {}
    for name in list_.columns:
        try:
            texts[name] = cells_as_text(head[name])
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            if name in (column, admin_column):
                raise ListError(Problem(list_.path.name, 1, name, str(head[name].type), "a column that can be read as text")) from None
    return texts


def _division(choice: Choice) -> str:
    return f"division of each row: column {choice.admin_column}" if choice.admin_column else "division of each row: not known"


def _check_paths(source: Path, target: Path, misses: Path) -> None:
    for written in (target, misses):
        if written.resolve() == source.resolve():
            raise ListError(Problem(source.name, 0, "", str(written), "a target beside which nothing is written over the list itself"))
    if not target.absolute().parent.is_dir():
        raise ListError(Problem(target.name, 0, "", str(target.parent), "a folder that exists"))
