"""Parts on a Dask cluster: each is a task that reads its rows, writes its file, and may be done twice.

The source and the folder of the target must be the same path on every machine. What a lost worker had begun is given to another one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pyarrow.parquet as pq

from geo.errors import Problem
from geo.geocode.answers import Geocoder
from geo.geocode.lists.columns import Choice
from geo.geocode.lists.corrections import Corrections
from geo.geocode.lists.parquet import ParquetList
from geo.geocode.lists.parts import write_part
from geo.geocode.lists.results import geocode_table
from geo.geocode.lists.rows import ListError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

_WAIT = 60
# As many tasks for a thread as keep it busy while the driver prepares the next.
_AHEAD = 3


class Task(NamedTuple):
    """A part to be geocoded.

    Attributes
    ----------
    source
        A Parquet file with its rows.
    rows
        First and last row, the last one excluded; ``None``: all.
    part
        The file to write.
    choice
        What of the rows is asked.
    corrections
        What is asked in the place of it, by row of the list.
    first
        The number of its first row, as a spreadsheet counts.
    geocoder_factory
        Makes the geocoder, once in each thread of a worker.
    run
        Tells the geocoder of this run from that of another.
    translate
        From a phrase in Chinese to the phrase in the reader's language.
    """

    source: Path
    rows: tuple[int, int] | None
    part: Path
    choice: Choice
    corrections: Corrections
    first: int
    geocoder_factory: Callable[[], Geocoder]
    run: str
    translate: Callable[[str], str]


class _Made(threading.local):
    # No geocoder promises that two threads may ask it at once.
    run = ""
    geocoder: Geocoder


_made = _Made()


def geocode_part(task: Task) -> int:
    """Geocode a part and write it; return how many rows it has."""
    if _made.run != task.run:
        _made.geocoder, _made.run = task.geocoder_factory(), task.run
    table = pq.read_table(task.source, memory_map=False) if task.rows is None else ParquetList(task.source).read(*task.rows)
    write_part(geocode_table(table, task.choice, _made.geocoder, task.first, task.corrections, task.translate), task.part)
    return len(table)


def run_on_cluster(act: Callable[[T], int], tasks: Iterator[T], workers: int, scheduler: str | None, advance: Callable[[int, T], None]) -> None:
    """Do tasks on a cluster; only as many are under way as its threads need.

    Parameters
    ----------
    act
        Does a task and returns how many rows that were; a task may be done twice.
    tasks
        Made as they are needed.
    workers
        Processes of a cluster on this machine, where no scheduler is given.
    scheduler
        The address of one, such as ``tcp://host:8786``.
    advance
        Told of the rows of each task that is done.

    Raises
    ------
    ListError
        If Dask is not installed, or the scheduler does not answer or has no workers.
    """
    try:
        from distributed import as_completed
    except ImportError:
        raise ListError(Problem("distributed", 0, "", "", "Dask, for more than one process: pip install -r requirements-cluster.lock")) from None
    with _client(workers, scheduler) as client:
        window = _AHEAD * max(1, sum(client.nthreads().values()))
        under_way = {}
        running = as_completed(loop=client.loop)
        for task in islice(tasks, window):
            future = client.submit(_told, act, task, pure=False)
            under_way[future.key] = task
            running.add(future)
        for future in running:
            rows = future.result()
            if isinstance(rows, ListError):
                raise rows
            advance(rows, under_way.pop(future.key))
            for task in islice(tasks, 1):
                following = client.submit(_told, act, task, pure=False)
                under_way[following.key] = task
                running.add(following)


def _told(act: Callable[[T], int], task: T) -> int | ListError:
    """Do a task; what is wrong with a list is an answer, of which a worker would print the trace if it was raised."""
    try:
        return act(task)
    except ListError as error:
        return error


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    from distributed import Client, LocalCluster

    if scheduler is None:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ListError(Problem(scheduler, 0, "", str(error), "the address of a Dask scheduler that answers, such as tcp://host:8786")) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WAIT)
        except TimeoutError:
            raise ListError(Problem(scheduler, 0, "", "0 workers", f"a worker within {_WAIT} s")) from None
        yield client
