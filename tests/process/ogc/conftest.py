"""The real application on a socket, for clients that open one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from geo.settings import PROJECT


class Asked(NamedTuple):
    """A request that the server has answered."""

    path: str
    query: dict[str, str]
    status: int


class Served:
    """A server and what it was asked.

    Attributes
    ----------
    url
        Of the landing page.
    """

    def __init__(self, port: int, record: Path) -> None:
        self.url = f"http://127.0.0.1:{port}/ogc/"
        self._record = record
        self._read = 0

    def asked(self) -> list[Asked]:
        """What was asked since the last call, in order."""
        lines = self._record.read_text(encoding="utf-8").splitlines()[1:]
        new, self._read = lines[self._read :], len(lines)
        return [Asked(**json.loads(line)) for line in new]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    record = tmp_path_factory.mktemp("server") / "asked.jsonl"
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with record.open("w", encoding="utf-8") as output:
        process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("serve.py"))], cwd=PROJECT, env=env, stdout=output)
    try:
        while not record.read_text(encoding="utf-8").endswith("\n"):
            assert process.poll() is None, "the server has ended"
            time.sleep(0.05)
        yield Served(int(record.read_text(encoding="utf-8")), record)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def served(server: Served) -> Served:
    """The server with an empty record."""
    server.asked()
    return server
