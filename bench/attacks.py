"""What strangers may do to the real server, and what another visitor and its memory see of it: ``python -m bench.attacks``.

Clients that say nothing, half a request, or read nothing of a large answer; and questions that nobody has asked before, each twice, with headers as
long as they may be. Each attack has a limit that was set before it was tried; 1 where one is passed.
"""

from __future__ import annotations

import argparse
import http.client
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.places import write_places
from bench.soak import SoakError, resident_mb, running

SILENT, WITHIN_S, LOOKS = 1100, 2.0, 40
CONNECTIONS, WARM = 8, 5000
MAY_GROW_MB = 100
# Granian takes 16 KB of headers.
LONG_HEADER = "text/html;q=0.1," * 930 + "*/*"
SAID = {
    "idle": b"",
    "unfinished": b"GET / HT",
    "unread": b"GET /layers/places.geojson HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def ask_all(port: int, numbers: Iterator[int]) -> None:
    """Ask what nobody has asked before, each question twice."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in numbers:
        for _ in range(2):
            connection.request("GET", f"/geocode?q={quote(f'滨江区某路{number}号')}", headers={"Host": "localhost", "Accept": LONG_HEADER})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SoakError(f"a question is answered with {response.status}")
    connection.close()


def ask_distinct(port: int, numbers: range) -> None:
    """Ask questions from several connections."""
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        # Whatever fails in one of them is raised here.
        list(threads.map(partial(ask_all, port), (iter(numbers[start::CONNECTIONS]) for start in range(CONNECTIONS))))


@contextmanager
def silent(port: int, said: bytes) -> Iterator[None]:
    """Hold many connections on which nothing more is said, and nothing read."""
    with ExitStack() as stack:
        for _ in range(SILENT):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.settimeout(60)
            one.connect(("127.0.0.1", port))
            one.sendall(said)
        yield


def longest_wait(port: int) -> float:
    """Give the longest wait of another client, each time on a connection of its own, in seconds."""
    longest = 0.0
    for _ in range(LOOKS):
        before = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/about", headers={"Host": "localhost"})
        if connection.getresponse().status != 200:
            raise SoakError("another client is refused")
        connection.close()
        longest = max(longest, time.perf_counter() - before)
        time.sleep(0.05)
    return longest


def main() -> int:
    """Attack, and print what was seen; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--questions", type=int, default=200_000, help="how many questions that nobody has asked before; default %(default)s")
    parser.add_argument("--count", type=int, default=0, help="how many places to generate beside the real ones; default %(default)s")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard != resource.RLIM_INFINITY else 4096, hard))
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        write_places(data, options.count)
        with running(data, Path(folder, "log")) as (server, port):
            longest_wait(port)
            for name, said in SAID.items():
                before_mb = resident_mb(server.pid)
                with silent(port, said):
                    wait_s = longest_wait(port)
                    grown_mb = resident_mb(server.pid) - before_mb
                failed |= wait_s > WITHIN_S
                print(f"{SILENT} clients, {name}: another waits {wait_s:.2f} s at most; memory grows by {grown_mb:.0f} MB", flush=True)
            ask_distinct(port, range(WARM))
            before_mb = resident_mb(server.pid)
            ask_distinct(port, range(WARM, WARM + options.questions))
            grown_mb = resident_mb(server.pid) - before_mb
            failed |= grown_mb > MAY_GROW_MB
            print(f"{options.questions} distinct questions: memory grows by {grown_mb:.0f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
