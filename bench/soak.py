"""The real server under load while its tables are edited, broken and mended: ``python -m bench.soak`` for a minute.

Connections ask for a mix of addresses as fast as they are answered. Every answer must have the status 200 or 304, be whole, and be the bytes of one
version of the data: the one that its ETag stands for. Memory is read from the system, once when everything has been asked for and at the end, and its
peak. One visitor more, in a process of its own, asks for what is always at hand and says how long it waited. ``--count 10000`` has so many generated
places beside the real ones.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from bench.places import write_places
from geo.settings import PROJECT, Settings

PATHS = (
    *("/", "/?lang=en&corridor=west", "/about", "/places/binjiang-hitech", "/layers/places.geojson", "/layers/indicators.geojson?corridor=west"),
    *("/layers/places.csv", "/layers/places.xlsx?kind=project", "/places/binjiang-hitech/card.json", "/ogc/collections/places/items?limit=9"),
    *("/layers/places.geojson?bbox=120.1,30.1,120.3,30.3", "/geocode?q=%E6%BB%A8%E6%B1%9F", "/map.svg?corridor=east", "/healthz"),
)
CONNECTIONS = 48
VERSIONS = 4
RELOAD_S = 0.1
# Allocators keep some of what they are given back.
MAY_GROW_MB = 48
# Longer than anything takes, also where other programs have the processors.
WAIT_S = 300
# The other visitor asks so often for what is made once and kept. Of each answer it tells how long it waited, and how long the server's process worked
# meanwhile, in seconds: where other programs have the processors only the latter says what of it was the server's.
GLANCED, GLANCE_S = "/places/binjiang-hitech/card.json", 0.02


class SoakError(Exception):
    """The server did not do as it must."""


@dataclass
class Counts:
    """What the connections have seen.

    Attributes
    ----------
    statuses
        How often each.
    seconds
        How long each answer took.
    wrong
        What must not be.
    versions
        Which versions of the data were seen.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    versions: set[int] = field(default_factory=set)


def soak(seconds: float, count: int = 0, reload_s: float = RELOAD_S) -> dict[str, float]:
    """Run the server under load.

    Parameters
    ----------
    seconds
        How long, beside the start and the end.
    count
        How many places to generate beside the real ones.
    reload_s
        How often the server looks at its tables, in seconds.

    Returns
    -------
    dict
        The figures: requests, requests a second, milliseconds at the 50th and 99th percentile and at most, the same of the other visitor; seconds
        from the last byte of a valid edit to its first answer; megabytes before, after and at most; versions seen.

    Raises
    ------
    SoakError
        If an answer fails or is torn, memory grows, or the server does not end in good order.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        write_places(data, count)
        states = _states(data)
        allowed = _bodies(data, states)
        log = Path(folder, "log")
        with running(data, log, reload_s) as (server, port):
            return _load(server, port, data, states, allowed, seconds, log)


@contextmanager
def running(data: Path, log: Path, reload_s: float = RELOAD_S) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the server while the block runs; gives its process and its port.

    Parameters
    ----------
    data
        Its tables.
    log
        Where its notices go; what fails in the block is raised with the last of them.
    reload_s
        How often it looks at the tables, in seconds.

    Raises
    ------
    SoakError
        If anything fails.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    env |= {"GEO_DATA": str(data), "GEO_PORT": str(port), "GEO_RELOAD_S": str(reload_s)}
    with log.open("w", encoding="utf-8") as notices:
        server = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=env, stdout=subprocess.DEVNULL, stderr=notices)
    try:
        _wait_for(lambda: _is_up(port), "the server to start")
        yield server, port
    except Exception as error:
        raise SoakError(f"{error!r}; the log ends with\n{log.read_text(encoding='utf-8')[-4000:]}") from error
    finally:
        server.kill()
        server.wait()


def _states(data: Path) -> list[bytes]:
    """Give some versions of the places that differ in many rows, so that a mixture of two would be seen."""
    text = (data / "places.csv").read_text(encoding="utf-8")
    first = next(line for line in text.splitlines()[1:] if line.startswith("binjiang-hitech,"))
    name = first.split(",")[1]
    return [text.replace(name, f"{name}{number or ''}").encode() for number in range(VERSIONS)]


def _bodies(data: Path, states: list[bytes]) -> list[dict[str, str]]:
    """Give the digest of every answer of every version."""
    allowed = []
    for state in states:
        (data / "places.csv").write_bytes(state)
        client = create_app(Settings(host="127.0.0.1", port=8000, data=data, reload_s=0)).test_client()
        allowed.append({path: digest_of(client.get(path, headers={"Host": "localhost"}).data) for path in PATHS if path != "/healthz"})
    (data / "places.csv").write_bytes(states[0])
    return allowed


def digest_of(body: bytes) -> str:
    """Digest a body without what differs between two processes or two writings of the same data: moments, and the date of a workbook."""
    body = re.sub(rb'"timeStamp":"[^"]*"', b"", body)
    return hashlib.sha256(re.sub(rb"\d{4}-\d\d-\d\d(?=\S* [0-9a-f]{12})", b"", body)).hexdigest()


def _is_up(port: int) -> bool:
    # An answer, as a connection to a port that nobody listens on may reach itself.
    try:
        return bool(_health(port))
    except (OSError, http.client.HTTPException):
        return False


def _wait_for(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_S
    while not is_so():
        if time.monotonic() > until:
            raise SoakError(f"waited in vain for {what}")
        time.sleep(0.05)


def _load(
    server: subprocess.Popen[bytes], port: int, data: Path, states: list[bytes], allowed: list[dict[str, str]], seconds: float, log: Path
) -> dict[str, float]:
    counts, ended = Counts(), threading.Event()
    askers = [threading.Thread(target=_ask, args=(port, allowed, counts, ended, number)) for number in range(CONNECTIONS)]
    here, there = multiprocessing.Pipe()
    pid = answering(server.pid)
    assert pid
    # Its own process: what it waits for is the server, and not its turn among the threads here.
    visitor = multiprocessing.get_context("spawn").Process(target=_glance, args=(port, pid, there), daemon=True)
    for asker in askers:
        asker.start()
    began = time.monotonic()
    try:
        # Every version once, so that all that is made once is made before the first weighing.
        _edit(port, data, states, 0)
        before_mb, warm = resident_mb(server.pid), len(counts.seconds)
        warm_s = time.monotonic() - began
        visitor.start()
        # Its end is then the end of the channel, whatever ends it.
        there.close()
        edits_s = _edit(port, data, states, seconds)
        after_mb = resident_mb(server.pid)
        took_s = time.monotonic() - began - warm_s
        here.send(None)
        waits = here.recv()
    finally:
        ended.set()
        for asker in askers:
            asker.join()
    peak_mb = resident_mb(server.pid, "VmHWM")
    server.send_signal(signal.SIGTERM)
    code = server.wait(60)
    measured = counts.seconds[warm:]
    if counts.wrong:
        kinds = "; ".join(f"{count} x {what}" for what, count in Counter(counts.wrong).most_common())
        raise SoakError(f"of {len(counts.seconds)} answers {len(counts.wrong)} were wrong: {kinds}; edits {edits_s}, memory {peak_mb:.0f} MB at most")
    if code:
        raise SoakError(f"the server ended with {code}")
    if "Traceback" in log.read_text(encoding="utf-8"):
        raise SoakError("the log has a trace")
    if len(counts.versions) < len(states):
        raise SoakError(f"of {len(states)} versions only {sorted(counts.versions)} were seen")
    if after_mb - before_mb > MAY_GROW_MB:
        raise SoakError(f"memory grew from {before_mb:.0f} to {after_mb:.0f} MB")
    return {
        "requests": len(measured),
        "requests_per_s": len(measured) / took_s,
        **_spread("answers", measured),
        "other_visitor_requests": len(waits),
        **_spread("other_visitor", [wait_s for wait_s, _ in waits]),
        **_spread("work_meanwhile", [work_s for _, work_s in waits]),
        "edits": len(edits_s),
        "edit_min_s": min(edits_s),
        "edit_median_s": statistics.median(edits_s),
        "edit_max_s": max(edits_s),
        "memory_before_mb": before_mb,
        "memory_after_mb": after_mb,
        "memory_peak_mb": peak_mb,
        "versions": len(counts.versions),
    }


def _spread(of: str, seconds: list[float]) -> dict[str, float]:
    quantiles = statistics.quantiles(seconds, n=100)
    return {f"{of}_p50_ms": 1000 * quantiles[49], f"{of}_p99_ms": 1000 * quantiles[98], f"{of}_longest_ms": 1000 * max(seconds)}


def _edit(port: int, data: Path, states: list[bytes], seconds: float) -> list[float]:
    """Break the tables, mend them as another version, and so on: each as soon as the server has noticed the one before.

    Returns
    -------
    list of float
        How long each valid edit took until it was served, in seconds.
    """
    until, number, took_s = time.monotonic() + seconds, 0, list[float]()
    while number < len(states) or time.monotonic() < until:
        number += 1
        state, version = states[number % len(states)], _health(port)["version"]
        # A line that ends in the middle, as an editor that writes in place leaves it for a moment.
        (data / "places.csv").write_bytes(state[: len(state) // 2])
        _wait_for(lambda: _health(port)["status"] == "degraded", "the broken tables to be noticed")
        (data / "places.csv").write_bytes(state)
        written = time.monotonic()
        _wait_for(lambda: _health(port)["status"] == "ready", "the mended tables to be served")
        took_s.append(time.monotonic() - written)
        if _health(port)["version"] == version:
            raise SoakError("another version was not served")
    return took_s


def _glance(port: int, pid: int, channel: Connection) -> None:
    """Be one visitor more until the channel says so, then tell of each answer how long it took and how long the process worked meanwhile."""
    connection, waits = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S), list[tuple[float, float]]()
    # Linux names the clock of another process so (clock_getcpuclockid).
    clock = ~pid << 3 | 2
    while not channel.poll(GLANCE_S):
        before, worked = time.perf_counter(), time.clock_gettime(clock)
        connection.request("GET", GLANCED, headers={"Host": "localhost"})
        connection.getresponse().read()
        waits.append((time.perf_counter() - before, time.clock_gettime(clock) - worked))
    channel.send(waits)


def _ask(port: int, allowed: list[dict[str, str]], counts: Counts, ended: threading.Event, seed: int) -> None:
    random, etags = Random(seed), dict[str, str]()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    while not ended.is_set():
        path = random.choice(PATHS)
        headers = {"Host": "localhost"}
        if path in etags and random.random() < 0.3:
            headers["If-None-Match"] = etags[path]
        before = time.perf_counter()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            counts.wrong.append(f"{path}: {error!r}")
            return
        counts.seconds.append(time.perf_counter() - before)
        counts.statuses[response.status] += 1
        if response.status == 200 and path != "/healthz":
            digest = digest_of(body)
            versions = {number for number, bodies in enumerate(allowed) if bodies[path] == digest}
            if not versions:
                counts.wrong.append(f"{path}: of no version")
            elif len(versions) == 1:
                counts.versions |= versions
            etags[path] = response.headers["ETag"]
        elif response.status not in (200, 304):
            after_s = 5 * round((time.perf_counter() - before) / 5)
            counts.wrong.append(f"{path}: status {response.status} after some {after_s} s")
    connection.close()


def _health(port: int) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    connection.request("GET", "/healthz")
    document: dict[str, str] = json.loads(connection.getresponse().read())
    connection.close()
    return document


def answering(pid: int) -> int | None:
    """Find the process that answers, of those that a server has started; Linux only, as what it is read from is. ``None``: not started yet."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        # Python starts one of its own beside it.
        if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
            return int(child)
    return None


def resident_mb(server: int, name: str = "VmRSS") -> float:
    """Give the resident memory of the process that answers: now, or with ``VmHWM`` the most that it was."""
    pid = answering(server)
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to keep it up; default %(default)s")
    parser.add_argument("--count", type=int, default=0, help="how many places to generate beside the real ones; default %(default)s")
    parser.add_argument("--reload-s", type=float, default=RELOAD_S, help="how often the server looks at its tables; default %(default)s s")
    options = parser.parse_args()
    try:
        figures = soak(options.seconds, options.count, options.reload_s)
    except SoakError as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in figures.items():
        print(f"{name}: {value:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
