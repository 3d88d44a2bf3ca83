"""A list in, the same list with locations out: resumable, in one process or on a cluster."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from geo.errors import Problem
from geo.geocode.answers import Geocoder, Level
from geo.geocode.lists import CHUNK_ROWS
from geo.geocode.lists.asking import cells_as_text
from geo.geocode.lists.cluster import Task, geocode_part, run_on_cluster
from geo.geocode.lists.columns import Choice, choose_columns
from geo.geocode.lists.corrections import CORRECTED, DIVISION, LEFT_OUT, QUERY, ROW, Corrections, check_rows, read_corrections
from geo.geocode.lists.parquet import ParquetList
from geo.geocode.lists.parts import Parts, fingerprint, write_part
from geo.geocode.lists.progress import Progress
from geo.geocode.lists.reading import open_list
from geo.geocode.lists.results import PREFIX, RESULTS, STATUS_AMBIGUOUS, STATUS_MATCH, STATUS_MISS, geocode_table
from geo.geocode.lists.rows import ASKED, CELLS, ROW_NUMBER, Flaw, Flaws, List, ListError
from geo.geocode.lists.writing import RESERVED, WRITING_ERRORS, check_target, write_rows, write_target
from geo.ground.files import replaced

# More of them have a cause that the first ones tell.
_SHOWN_FLAWS = 10
# Below the header.
_FIRST_ROW = 2
_STATUS_LEFT_OUT = "left_out"


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
    flaws
        What is odd about rows that were kept.
    left_out
        How many rows corrections left out.
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
    flaws: Flaws
    left_out: int
    resumed_rows: int
    seconds: float
    target: Path
    misses: Path

    def __str__(self) -> str:
        levels = ", ".join(f"{level.value} {count}" for level, count in self.matched.items() if count)
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.missed.items())
        new = self.rows - self.resumed_rows
        odd = [f"odd: {len(self.flaws)} rows or cells, kept", *_shown_flaws(self.flaws.first, len(self.flaws))] if self.flaws else []
        left_out = [f"left out by corrections: {self.left_out}"] if self.left_out else []
        lines = (
            self.described,
            f"column: {self.choice.column} ({self.choice.why}); division: {self.choice.admin_column or 'none'}",
            f"rows: {self.rows}, of which {self.resumed_rows} were done before",
            f"matched: {sum(self.matched.values())}" + (f" ({levels})" if levels else ""),
            f"ambiguous: {self.ambiguous}",
            f"missed: {sum(self.missed.values())}" + (f" ({reasons})" if reasons else ""),
            *left_out,
            *odd,
            f"rate: {new / self.seconds:.0f} rows/s" if new and self.seconds else "rate: nothing was left to do",
            f"written: {self.target.name}, and what is to be looked at: {self.misses.name}",
        )
        return "\n".join(lines)


def _shown_flaws(first: Sequence[Flaw], count: int) -> list[str]:
    more = [f"  and {count - _SHOWN_FLAWS} more"] if count > _SHOWN_FLAWS else []
    return [*(f"  {flaw.problem}" for flaw in first[:_SHOWN_FLAWS]), *more]


def geocode_file(
    source: Path,
    target: Path,
    geocoder_factory: Callable[[], Geocoder],
    *,
    version: str,
    progress: Progress,
    columns: Sequence[str] = (),
    admin_column: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    skip: int | None = None,
    corrections: Path | None = None,
    chunk_rows: int = CHUNK_ROWS,
    workers: int = 0,
    scheduler: str | None = None,
    translate: Callable[[str], str] = str,
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
    columns, admin_column
        The names or addresses, from coarse to fine where they are several, and the division that a row lies in; found out where they are not given.
    encoding, sheet, skip
        As in :func:`geo.geocode.lists.reading.open_list`.
    corrections
        A list of misses of an earlier run that somebody has written into. The new list of misses has its corrections again: it may be the same file.
    chunk_rows
        Rows of a part; memory grows with it and not with the list.
    workers
        Processes of a Dask cluster on this machine; 0: this process alone.
    scheduler
        The address of a Dask scheduler instead.
    translate
        From a phrase in Chinese to the phrase in the reader's language, for notes and reasons; can be pickled where there is a cluster.

    Raises
    ------
    ListError
        If the list or a part of it cannot be read, it is not clear which column to ask, or the target cannot hold it or cannot be written: then
        nothing is left of it.
    """
    misses = target.with_name(f"{target.stem}.misses.csv")
    _check_paths(source, target, misses)
    progress.say(f"reading {source.name}")
    list_ = open_list(source, encoding=encoding, sheet=sheet, skip=skip)
    corrected = read_corrections(open_list(corrections, skip=0)) if corrections else {}
    head = list_.head()
    for name in list_.columns:
        if name in RESERVED:
            raise ListError(Problem(source.name, 1, name, "", "no column of this name, which is one of the results: rename it, or leave it out"))
    check_target(target, pa.schema([field for field in head.schema if field.name != CELLS]), list_.rows)
    choice = choose_columns(source.name, texts_of(head, list_, (*columns, admin_column)), columns, admin_column)
    for line in (list_.described, *map(str, list_.notices), f"column {choice.column}: {choice.why}", _division(choice)):
        progress.say(line)

    plan = {
        "input": {"name": source.name, **fingerprint(source)},
        "encoding": encoding,
        "sheet": sheet,
        "skip": skip,
        "column": list(choice.columns),
        "admin_column": choice.admin_column,
        "corrections": _digest(corrected),
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
                tasks = _tasks(list_, parts, done, choice, corrected, geocoder_factory, chunk_rows, translate)
                run_on_cluster(geocode_part, tasks, workers, scheduler, lambda rows, task: _finish_task(rows, task, source, progress))
            else:
                geocoder = geocoder_factory()
                for number, chunk in list_.chunks(chunk_rows, done):
                    answered = geocode_table(chunk, choice, geocoder, number * chunk_rows + _FIRST_ROW, corrected, translate)
                    write_part(answered, parts.path(number))
                    progress.advance(len(chunk))
        finally:
            progress.finish()
        seconds = time.monotonic() - started
        if {"name": source.name, **fingerprint(source)} != plan["input"]:
            raise ListError(Problem(source.name, 0, "", "", "a list that does not change while it is geocoded; start again"))

        numbers = sorted(parts.done())
        progress.say(f"putting {len(numbers)} parts together")
        counts = _Counts(corrected)
        # Both are put in place when both are written: neither is there without the other.
        with replaced(misses, parts.folder / misses.name) as growing:
            write_rows(growing, (ROW, QUERY, "status", "reason", "candidates", CORRECTED, DIVISION), counts.misses(parts, numbers))
            check_rows(corrected, counts.last - 1)
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
        flaws=list_.flaws,
        left_out=counts.left_out,
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

    def __init__(self, corrections: Corrections) -> None:
        self.rows = self.ambiguous = self.left_out = 0
        self.last = 1
        self.levels: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._corrections = corrections
        self._left_out = sorted((row for row, correction in corrections.items() if correction.is_left_out), reverse=True)

    def misses(self, parts: Parts, numbers: list[int]) -> Iterator[tuple[object, ...]]:
        """Yield the row, what was asked and the answer of each row that is not matched or was corrected, with its correction."""
        names = [PREFIX + name for name in ("status", "level", "reason", "candidates")]
        for table in parts.tables(numbers, [ASKED, ROW_NUMBER, *names]):
            for query, row, status, level, reason, candidates in zip(*(table[name].to_pylist() for name in (ASKED, ROW_NUMBER, *names)), strict=True):
                yield from self._rows_left_out(row)
                self.rows, self.last = self.rows + 1, row
                correction = self._corrections.get(row)
                written = (correction.text, correction.admin) if correction else ("", "")
                if status == STATUS_MATCH:
                    self.levels[level] += 1
                    if not correction:
                        continue
                elif status == STATUS_AMBIGUOUS:
                    self.ambiguous += 1
                else:
                    assert status == STATUS_MISS
                    self.reasons[reason] += 1
                yield row, query, status, reason, candidates, *written
        yield from self._rows_left_out(None)

    def _rows_left_out(self, before: int | None) -> Iterator[tuple[object, ...]]:
        while self._left_out and (before is None or self._left_out[-1] < before):
            row = self._left_out.pop()
            # Rows that stood one after another at the end of the list.
            if before is None and row > self.last + 1:
                return
            self.left_out, self.last = self.left_out + 1, row
            yield row, self._corrections[row].query, _STATUS_LEFT_OUT, "", "", LEFT_OUT, ""


def _tasks(
    list_: List,
    parts: Parts,
    done: Mapping[int, int],
    choice: Choice,
    corrections: Corrections,
    geocoder_factory: Callable[[], Geocoder],
    chunk_rows: int,
    translate: Callable[[str], str],
) -> Iterator[Task]:
    run = uuid.uuid4().hex

    def task(source: Path, rows: tuple[int, int] | None, number: int) -> Task:
        first = number * chunk_rows + _FIRST_ROW
        own = {row: correction for row, correction in corrections.items() if first <= row < first + chunk_rows}
        return Task(source.absolute(), rows, parts.path(number).absolute(), choice, own, first, geocoder_factory, run, translate)

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


def texts_of(head: pa.Table, list_: List, asked: Sequence[str | None] = ()) -> dict[str, list[str]]:
    """Return the first rows of a list as text, by column; a column that cannot be text has no cells and is never chosen by its looks.

    Raises
    ------
    ListError
        If it is one that is asked for.
    """
    texts = {}
    for name in list_.columns:
        try:
            texts[name] = cells_as_text(head[name])
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            if name in asked:
                raise ListError(Problem(list_.name, 1, name, str(head[name].type), "a column that can be read as text")) from None
    return texts


def _digest(corrections: Corrections) -> str:
    return hashlib.sha256(json.dumps(sorted(corrections.items()), ensure_ascii=False).encode()).hexdigest()


def _division(choice: Choice) -> str:
    return f"division of each row: column {choice.admin_column}" if choice.admin_column else "division of each row: not known"


def _check_paths(source: Path, target: Path, misses: Path) -> None:
    for written in (target, misses):
        if written.resolve() == source.resolve():
            raise ListError(Problem(source.name, 0, "", str(written), "a target beside which nothing is written over the list itself"))
    if not target.absolute().parent.is_dir():
        raise ListError(Problem(target.name, 0, "", str(target.parent), "a folder that exists"))
