from __future__ import annotations

import builtins
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo.geocode.lists.rows import ListError
from geo.settings import PROJECT
from tests.unit.test_lists import FakeGeocoder, GatedGeocoder, Said, many, run, wait_for

# The cluster's processes import the geocoder from here.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT)}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a part of a cluster as a process of its own, with its log in a file; all of them are ended."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.log").open("wb") as log:
            command = [sys.executable, "-m", "dask", *arguments]
            process = subprocess.Popen(command, env=ENVIRONMENT, cwd=tmp_path, stdout=log, stderr=log)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def cluster(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path) -> tuple[str, dict[int, subprocess.Popen[bytes]]]:
    """A scheduler and two workers of one thread each: the address, and the workers by the id of their process."""
    scheduler = start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    log = tmp_path / "scheduler.log"
    pattern = re.compile(r"Scheduler at:\s+(tcp://\S+)")
    wait_for(lambda: pattern.search(log.read_text(encoding="utf-8")) or scheduler.poll() is not None)
    found = pattern.search(log.read_text(encoding="utf-8"))
    assert found, log.read_text(encoding="utf-8")
    address = found[1]
    # Without a nanny, which would start another worker in the place of one that was killed.
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(tmp_path))
    workers = [start(f"worker-{number}", "worker", address, *options) for number in range(2)]
    for number in range(2):
        text = tmp_path / f"worker-{number}.log"
        wait_for(lambda text=text: "Registered to" in text.read_text(encoding="utf-8"))  # type: ignore[misc]
    return address, {worker.pid: worker for worker in workers}


def lose_a_worker(workers: Mapping[int, subprocess.Popen[bytes]], gate: Path, work: Callable[[], Any]) -> Any:
    """Kill the worker that comes to a gate first, open the gate when the other one has been given what it had begun, and return what was made.

    Parameters
    ----------
    workers
        Two, by the id of their process.
    gate
        A folder: each worker writes ``reached-`` with its id into it, and waits there for ``open``.
    work
        What the cluster is to do.
    """
    done: list[Any] = []
    thread = Thread(target=lambda: done.append(work()))
    thread.start()
    wait_for(lambda: any(gate.glob("reached-*")) or not thread.is_alive())
    (first,) = gate.glob("reached-*")
    lost = int(first.name.removeprefix("reached-"))
    workers[lost].send_signal(signal.SIGKILL)
    assert workers[lost].wait() == -signal.SIGKILL
    (other,) = set(workers) - {lost}
    wait_for(lambda: (gate / f"reached-{other}").exists() or not thread.is_alive())
    (gate / "open").touch()
    thread.join(120)
    assert (gate / f"reached-{other}").exists()
    return done[0]


def as_parquet(path: Path, rows: int = 100) -> Path:
    names = [f"滨江区{number}号" if number % 3 else "合作区" for number in range(rows)]
    pq.write_table(pa.table({"id": [f"{number:05d}" for number in range(rows)], "名称": names}), path, row_group_size=33)
    return path


@pytest.mark.parametrize("write", [many, as_parquet])
def test_a_lost_worker_costs_nothing_but_time(
    cluster: tuple[str, Mapping[int, subprocess.Popen[bytes]]], tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    address, workers = cluster
    source = write(tmp_path / ("in.csv" if write is many else "in.parquet"))
    run(source, tmp_path / "whole.parquet", chunk_rows=10)
    gate = tmp_path / "gate"
    gate.mkdir()
    options = {"chunk_rows": 10, "scheduler": address}
    factory = partial(GatedGeocoder, gate, "滨江区55号")
    done = lose_a_worker(workers, gate, lambda: run(source, tmp_path / "out.parquet", factory, **options))  # type: ignore[arg-type]
    assert done.rows == 100
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert (tmp_path / "out.misses.csv").read_bytes() == (tmp_path / "whole.misses.csv").read_bytes()
    assert not (tmp_path / "out.parquet.parts").exists()


def test_work_begun_in_one_process_is_ended_by_a_cluster(cluster: tuple[str, Any], tmp_path: Path) -> None:
    source, target = many(tmp_path / "in.csv"), tmp_path / "out.csv"
    run(source, tmp_path / "whole.csv", chunk_rows=10)
    with pytest.raises(InterruptedError):
        run(source, target, partial(FailingGeocoder, "滨江区55号"), chunk_rows=10)
    said = Said()
    summary = run(source, target, FakeGeocoder, progress=said, chunk_rows=10, scheduler=cluster[0])
    assert summary.resumed_rows == 50
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


class FailingGeocoder(FakeGeocoder):
    """Fails at a name."""

    def __init__(self, fails_at: str) -> None:
        self.fails_at = fails_at

    def geocode(self, queries: Sequence[Any]) -> list[Any]:
        if any(query.text == self.fails_at for query in queries):
            raise InterruptedError(self.fails_at)
        return super().geocode(queries)


def test_a_geocoder_that_fails_on_a_worker_fails_the_work_and_its_parts_stay(cluster: tuple[str, Any], tmp_path: Path) -> None:
    source, target = many(tmp_path / "in.csv"), tmp_path / "out.csv"
    with pytest.raises(InterruptedError, match="滨江区5号"):
        run(source, target, partial(FailingGeocoder, "滨江区5号"), chunk_rows=50, scheduler=cluster[0])
    assert not target.exists()
    assert (tmp_path / "out.csv.parts/manifest.json").exists()


def test_a_cluster_on_this_machine_gives_the_same_bytes(tmp_path: Path) -> None:
    source = many(tmp_path / "in.csv")
    script = (
        "from pathlib import Path; from tests.unit.test_lists import run\n"
        "if __name__ == '__main__':\n"
        f"    print(run(Path({str(source)!r}), Path({str(tmp_path / 'out.csv')!r}), chunk_rows=10, workers=2).rows)\n"
    )
    (tmp_path / "child.py").write_text(script, encoding="utf-8")
    child = subprocess.run([sys.executable, tmp_path / "child.py"], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (child.stdout, child.returncode) == ("100\n", 0), child.stderr
    run(source, tmp_path / "whole.csv", chunk_rows=10)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_dask_is_only_imported_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "import sys, geo.geocode.lists.running; print([name for name in sys.modules if name.split('.')[0] in ('dask', 'distributed')])"
    assert subprocess.run([sys.executable, "-c", command], cwd=PROJECT, capture_output=True, text=True, check=True).stdout == "[]\n"
    real = builtins.__import__

    def without_dask(name: str, *rest: Any, **named: Any) -> Any:
        if name == "distributed":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_dask)
    with pytest.raises(ListError) as caught:
        run(many(tmp_path / "in.csv"), tmp_path / "out.csv", workers=2)
    assert str(caught.value) == "distributed: expected Dask, for more than one process: pip install -r requirements-cluster.lock"


def test_a_scheduler_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.geocode.lists.cluster._WAIT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ListError, match=re.escape(address)) as caught:
        run(many(tmp_path / "in.csv"), tmp_path / "out.csv", scheduler=address)
    assert str(caught.value).endswith("expected the address of a Dask scheduler that answers, such as tcp://host:8786")


def test_a_scheduler_without_workers_is_named(start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.geocode.lists.cluster._WAIT", 2)
    start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    pattern, log = re.compile(r"Scheduler at:\s+(tcp://\S+)"), tmp_path / "scheduler.log"
    wait_for(lambda: pattern.search(log.read_text(encoding="utf-8")))
    found = pattern.search(log.read_text(encoding="utf-8"))
    assert found
    with pytest.raises(ListError) as caught:
        run(many(tmp_path / "in.csv"), tmp_path / "out.csv", scheduler=found[1])
    assert str(caught.value) == f"{found[1]} '0 workers': expected a worker within 2 s"
