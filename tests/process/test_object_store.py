"""Partitions counted where they lie in an object store, Amazon's or Google's by someone else's hand, over HTTP; ``make rehearsal`` runs it."""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, Self
from urllib.request import Request, urlopen

import pyarrow.fs
import pytest

from geo.geocode.lists.rows import ListError
from geo.layers.density.building import build_files
from geo.layers.density.files import read_pyramid
from geo.layers.density.lists import count_list
from geo.settings import PROJECT
from tests.process.test_density_dask import FILES, partitions
from tests.process.test_lists_dask import ENVIRONMENT
from tests.unit.test_lists import Said, wait_for

__all__ = ["partitions"]
pytestmark = pytest.mark.rehearsal

KEY, SECRET = "somebody", "not-to-be-seen"


class Store(NamedTuple):
    """A running store with a bucket ``lists``."""

    port: int

    def address(self, path: str, *, port: int = 0, keys: str = f"{KEY}:{SECRET}@") -> str:
        return f"s3://{keys}{path}?endpoint_override=127.0.0.1:{port or self.port}&scheme=http&region=us-east-1"

    @property
    def system(self) -> pyarrow.fs.S3FileSystem:
        return pyarrow.fs.S3FileSystem(
            access_key=KEY,
            secret_key=SECRET,
            endpoint_override=f"127.0.0.1:{self.port}",
            scheme="http",
            region="us-east-1",
            allow_bucket_creation=True,
        )

    def put(self, folder: Path, path: str) -> None:
        pyarrow.fs.copy_files(str(folder), path, destination_filesystem=self.system)

    def ask_who(self, asks: str) -> None:
        """Let it check the signature of each request but the first ones."""
        headers = {"Content-Type": "text/plain"}
        urlopen(Request(f"http://127.0.0.1:{self.port}/moto-api/reset-auth", asks.encode(), headers)).close()


@contextlib.contextmanager
def running(log: Path, ready: bytes, *command: str) -> Iterator[int]:
    """Run a module as a server on a port of its own, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    python = str(PROJECT / ".venv/store/bin/python")
    with log.open("wb") as output:
        arguments = [argument.format(port=port) for argument in command]
        process = subprocess.Popen([python, "-m", *arguments], cwd=log.parent, stdout=output, stderr=output)
    try:
        wait_for(lambda: ready in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text(encoding="utf-8")
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with running(tmp_path / "store.log", b"Running on", "moto.server", "-H", "127.0.0.1", "-p", "{port}") as port:
        found = Store(port)
        found.system.create_dir("lists")
        yield found


def same_pyramid(one: Path, other: Path) -> bool:
    """All but the manifest, which says where the rows are from."""
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES if name != "about.json")


@pytest.mark.parametrize("folder", ["firms", "名录/2026 年+四月%20"])
def test_partitions_in_a_store_are_counted_as_in_a_folder(store: Store, partitions: Path, tmp_path: Path, folder: str) -> None:
    (partitions / "prefix=5").rename(partitions / "城市=杭州 西湖")
    build_files(str(partitions), tmp_path / "whole", Said())
    # What a program has begun and not ended lies where its partitions will.
    unfinished = partitions / "_temporary/0"
    unfinished.mkdir(parents=True)
    (unfinished / "part.parquet").write_bytes(b"PAR1")
    (partitions / "_SUCCESS").touch()
    store.put(partitions, f"lists/{folder}")
    built = build_files(store.address(f"lists/{folder.replace('%', '%25')}"), tmp_path / "out", Said())
    assert (built.rows, built.located) == (3000, 2940)
    assert same_pyramid(tmp_path / "out", tmp_path / "whole")
    # What is there already is not built again.
    before = (tmp_path / "out/about.json").stat().st_mtime_ns
    build_files(store.address(f"lists/{folder.replace('%', '%25')}"), tmp_path / "out", Said())
    assert (tmp_path / "out/about.json").stat().st_mtime_ns == before


def test_one_file_in_a_store_is_counted(store: Store, partitions: Path, tmp_path: Path) -> None:
    store.put(partitions, "lists/firms")
    address = store.address("lists/firms/prefix=2/part.parquet")
    built = count_list(address, tmp_path / "cache", lambda: pytest.fail("nothing to geocode"), version="", progress=Said())
    assert (built.rows, built.located) == (500, 490)
    assert read_pyramid(built.folder).pyramid.located == 490


def test_the_command_counts_a_store_with_two_workers_of_its_own(store: Store, partitions: Path, tmp_path: Path) -> None:
    """Each worker opens the store by itself, with what the environment says, as a cluster is configured."""
    build_files(str(partitions), tmp_path / "whole", Said())
    store.put(partitions, "lists/firms")
    environment = {
        **ENVIRONMENT,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}",
    }
    command = [sys.executable, "-m", "geo", "density", "s3://lists/firms", "-o", str(tmp_path / "out"), "--workers", "2"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == "rows: 3000, of which 2940 have a location and 60 have none"
    assert same_pyramid(tmp_path / "out", tmp_path / "whole")


def refusal(address: str, target: Path, progress: Said | None = None, workers: int = 0) -> str:
    with pytest.raises(ListError) as refused:
        build_files(address, target, progress or Said(), workers=workers)
    assert not target.exists()
    said = str(refused.value)
    assert SECRET not in said and KEY not in said
    return said


def test_what_a_store_does_not_have_is_named(store: Store, partitions: Path, tmp_path: Path) -> None:
    store.put(partitions, "lists/firms")
    assert refusal(store.address("nothing/firms"), tmp_path / "out") == "s3://nothing/firms: expected a bucket that exists"
    expected = "expected a Parquet file that exists, or a folder with at least one"
    assert refusal(store.address("lists/farms"), tmp_path / "out") == f"s3://lists/farms: {expected}"
    unknown = refusal(store.address("lists/firms") + "&endpont=1", tmp_path / "out")
    assert unknown.startswith("s3://lists/firms \"Unexpected query parameter in S3 URI: 'endpont'\": expected an address of an object store")


def test_who_may_not_read_is_told_so(store: Store, partitions: Path, tmp_path: Path) -> None:
    store.put(partitions, "lists/firms")
    store.ask_who("0")
    said = refusal(store.address("lists/firms"), tmp_path / "out")
    assert said.startswith("s3://lists/firms 'HeadObject: ACCESS_DENIED, ")
    assert "expected credentials that may read and list it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; " in said


def test_nobody_there_is_said(store: Store, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    said = refusal(store.address("lists/firms", port=port), tmp_path / "out")
    assert said.startswith(f"s3://lists/firms 'HeadObject: NETWORK_CONNECTION, Failed to connect to 127.0.0.1:{port}")
    assert "expected a store that answers to its end; endpoint_override= in the address names one that is neither " in said


def google(path: str, port: int, *, who: str = "anonymous@") -> str:
    return f"gs://{who}{path}?endpoint_override=127.0.0.1:{port}&scheme=http&retry_limit_seconds=5"


def test_partitions_in_google_s_store_are_counted_too(tmp_path: Path, partitions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_files(str(partitions), tmp_path / "whole", Said())
    command = ("gcp_storage_emulator", "start", "--in-memory", "--default-bucket=lists", "--port={port}")
    with running(tmp_path / "google.log", b"All services started", *command) as port:
        retries = timedelta(seconds=60)
        system = pyarrow.fs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=f"127.0.0.1:{port}", retry_time_limit=retries)
        pyarrow.fs.copy_files(str(partitions), "lists/名录", destination_filesystem=system)
        built = build_files(google("lists/名录", port), tmp_path / "out", Said())
        assert (built.rows, built.located) == (3000, 2940)
        assert same_pyramid(tmp_path / "out", tmp_path / "whole")
        assert refusal(google("nothing/firms", port), tmp_path / "no") == "gs://anonymous@nothing/firms: expected a bucket that exists"
        # Whoever has credentials on this machine, they are looked for where nobody has any.
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
        said = refusal(google("lists/名录", port, who=""), tmp_path / "no")
        assert "expected credentials that may read and list it (" in said
    said = refusal(google("lists/名录", port), tmp_path / "no")
    assert said.startswith("gs://anonymous@lists/名录 'GetObjectMetadata: UNAVAILABLE, ")
    assert "expected a store that answers to its end" in said


@pytest.mark.parametrize(("workers", "done"), [(0, 1000), (2, 0)])
def test_a_connection_that_drops_is_said_with_the_file_and_the_work_goes_on_later(
    store: Store, partitions: Path, tmp_path: Path, workers: int, done: int
) -> None:
    build_files(str(partitions), tmp_path / "whole", Said())
    store.put(partitions, "lists/firms")
    with Line(store.port) as line:
        address = store.address("lists/firms", port=line.port)
        said = refusal(address, tmp_path / "out", Cutting(line, done), workers)
        # The first part that was not done, or whichever a worker was at.
        assert said.startswith("prefix=2/part.parquet '" if not workers else "prefix=")
        assert "NETWORK_CONNECTION" in said
        assert "expected a store that answers to its end; endpoint_override= in the address names one that is neither " in said
        line.is_cut = False
        again = Cutting(line, 3000)
        build_files(address, tmp_path / "out", again)
        assert again.done_before == done
        assert same_pyramid(tmp_path / "out", tmp_path / "whole")


class Line:
    """A line to a port, which may be cut: what is under way on it ends at once, and whoever calls is hung up on."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What waits on it is not woken by closing it alone.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            if self.is_cut:
                caller.close()
                continue
            threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with caller, socket.create_connection(("127.0.0.1", self._target)) as called, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select((caller, called), (), ())
                for one in ready:
                    said = one.recv(1 << 16)
                    if not said or self.is_cut:
                        return
                    (called if one is caller else caller).sendall(said)


class Cutting(Said):
    """Cuts a line when so many rows are done."""

    def __init__(self, line: Line, rows: int) -> None:
        super().__init__()
        self._line, self._rows = line, rows
        self.done_before = 0

    def start(self, total: int | None, done: int) -> None:
        self.done_before = done
        super().start(total, done)
        self.advance(0)

    def advance(self, rows: int) -> None:
        super().advance(rows)
        self._rows -= rows
        self._line.is_cut = self._rows <= 0
