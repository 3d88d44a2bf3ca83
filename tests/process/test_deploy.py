"""The deployment as ``deploy/`` describes it: gunicorn behind nginx, with nothing replaced but paths, port and group; ``make rehearsal`` runs it."""

from __future__ import annotations

import configparser
import gzip
import http.client
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import brotli
import pytest

from bench.places import write_places
from geo.settings import PROJECT
from tests.known import DATA

pytestmark = pytest.mark.rehearsal

DEPLOY = PROJECT / "deploy"
HOST = "atlas.example.org"
RUN = "/run/hangzhou-atlas"
# More than there are threads.
SLOW_CLIENTS = 12
# Enough for a layer of 8 MB: the system itself holds up to 4 MB for a client that reads slowly.
PLACES = 6000
LAYER = "/layers/places.geojson"
PROBLEM = "application/problem+json"


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Deployment(NamedTuple):
    """The two servers.

    Attributes
    ----------
    port
        nginx's.
    socket
        gunicorn's.
    gunicorn
        Its master.
    lines
        What that writes on its standard output.
    """

    port: int
    socket: Path
    gunicorn: subprocess.Popen[bytes]
    lines: Path

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask nginx; the names of headers have underscores."""
        return ask(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), path, body, {"Host": HOST, **headers})

    def ask_gunicorn(self, path: str, **headers: str) -> Answer:
        """Ask gunicorn, past nginx."""
        return ask(UnixConnection(self.socket), path, None, {"Host": "localhost", **headers})


class UnixConnection(http.client.HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


def ask(connection: http.client.HTTPConnection, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    try:
        connection.request("GET", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def start_gunicorn(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    """Start gunicorn with one process, so that its threads can be used up."""
    config = folder / "gunicorn.conf.py"
    config.write_text((DEPLOY / "gunicorn.conf.py").read_text(encoding="utf-8").replace(RUN, str(folder)), encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    env = clean | unit_environment() | {"GEO_DATA": str(data), "WEB_CONCURRENCY": "1"}
    with (folder / "lines").open("wb") as lines, (folder / "notices").open("wb") as notices:
        return subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", config], cwd=PROJECT, env=env, stdout=lines, stderr=notices)


@contextmanager
def gunicorn(folder: Path, data: Path) -> Iterator[Deployment]:
    """Run gunicorn until the block ends."""
    process, at = start_gunicorn(folder, data), folder / "gunicorn.sock"
    try:
        wait_for(at, process, folder / "notices")
        deployment = Deployment(0, at, process, folder / "lines")
        # The socket is there before the process behind it is ready.
        assert deployment.ask_gunicorn("/healthz").status == 200, (folder / "notices").read_text()
        yield deployment
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def nginx(folder: Path, behind: Deployment) -> Iterator[Deployment]:
    """Run nginx before gunicorn, with the configuration as it is included on Debian."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace(RUN, str(folder))
    text = re.sub(r"^( *)listen \[::\]:80.*;\n", "", text, flags=re.MULTILINE)
    text, listened = re.subn(r"^( *)listen 80", rf"\1listen 127.0.0.1:{port}", text, flags=re.MULTILINE)
    assert listened == 2
    (folder / "hangzhou-atlas.conf").write_text(text, encoding="utf-8")
    # Who runs the tests owns the socket.
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    # gzip on: as in Debian's own nginx.conf.
    http_block = f"http {{ {temporary} gzip on; include {folder}/hangzhou-atlas.conf; }}"
    (folder / "nginx.conf").write_text(f"{user} daemon off; pid {folder}/nginx.pid; events {{}} {http_block}", encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "the rehearsal needs nginx; on Debian: apt-get install nginx-light"
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"], stdout=log, stderr=log)
    try:
        wait_for(folder / "nginx.pid", process, folder / "nginx.log")
        yield behind._replace(port=port)
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(file: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a short name: the address of a socket has a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="atlas-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Both servers, with enough data for answers that no socket's buffer holds."""
    data = tmp_path_factory.mktemp("places")
    write_places(data, PLACES, data=DATA)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atlas-", dir="/tmp")))
        yield stack.enter_context(nginx(folder, stack.enter_context(gunicorn(folder, data))))


def read_unit() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "hangzhou-atlas.service", encoding="utf-8")
    return unit["Service"]


def unit_environment() -> dict[str, str]:
    return dict(item.split("=", 1) for item in read_unit()["Environment"].split())


def problem(answer: Answer) -> tuple[int, str, str]:
    """Read a problem document; the status stands in it as well."""
    assert answer.headers["Content-Type"] == PROBLEM
    document = json.loads(answer.body)
    assert document["status"] == answer.status
    return answer.status, document["title"], document["detail"]


# --- what passes through ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "media_type"), [("/", "text/html; charset=utf-8"), (LAYER, "application/geo+json")])
def test_answers_keep_their_etag_and_are_not_sent_twice(deployed: Deployment, path: str, media_type: str) -> None:
    first = deployed.ask(path, Accept_Encoding="br")
    assert (first.status, first.headers["Content-Type"]) == (200, media_type)
    assert re.fullmatch(r'"[0-9a-f]{20}:br"', first.headers["ETag"])
    assert "Accept-Encoding" in first.headers["Vary"]
    assert first.headers["Content-Security-Policy"].startswith("default-src 'self'")
    again = deployed.ask(path, Accept_Encoding="br", If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_answers_are_compressed_once(deployed: Deployment) -> None:
    plain = deployed.ask(LAYER, Accept_Encoding="identity")
    assert plain.headers.get_all("Content-Encoding") is None
    assert len(json.loads(plain.body)["features"]) == PLACES + 30
    for coding, decompress in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        coded = deployed.ask(LAYER, Accept_Encoding=coding)
        assert coded.headers.get_all("Content-Encoding") == [coding]
        assert decompress(coded.body) == plain.body
        # A weak one would mean that nginx had touched it.
        assert not coded.headers["ETag"].startswith("W/")


def hrefs(answer: Answer) -> set[str]:
    """Give where the links of ``/layers`` begin."""
    return {format_["href"].partition("/layers/")[0] for layer in json.loads(answer.body)["layers"] for format_ in layer["formats"]}


def test_links_carry_the_name_that_was_asked_for_and_not_what_the_reader_claims(deployed: Deployment) -> None:
    assert hrefs(deployed.ask("/layers")) == {f"http://{HOST}"}
    claimed = deployed.ask("/layers", X_Forwarded_Host="evil.example", X_Forwarded_Proto="https", X_Forwarded_Prefix="/evil", Forwarded="host=evil")
    assert hrefs(claimed) == {f"http://{HOST}"}


def test_links_carry_the_scheme_and_the_name_that_nginx_says(deployed: Deployment) -> None:
    """The name is the Host that nginx passes on."""
    claimed = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Prefix": "/evil"}
    answer = deployed.ask_gunicorn("/layers", Host=HOST, X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9", **claimed)
    assert hrefs(answer) == {f"https://{HOST}"}


def test_another_name_is_not_answered(deployed: Deployment) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        deployed.ask("/", Host="evil.example")


def test_a_request_is_one_line_with_the_address_of_the_reader(deployed: Deployment) -> None:
    deployed.ask("/healthz?seen=here", User_Agent="rehearsal")
    lines: list[str] = []
    # The lines of a moment are written together.
    for _ in range(100):
        lines = [line for line in deployed.lines.read_text().splitlines() if "seen=here" in line]
        if lines:
            break
        time.sleep(0.05)
    assert len(lines) == 1
    assert re.match(r'127\.0\.0\.1 - - \[[^]]+\] "GET /healthz\?seen=here HTTP/1\.[01]" 200 \d+ "-" "rehearsal" ', lines[0])


# --- what is refused ----------------------------------------------------------------------------------------------------------------------


def test_a_query_that_is_too_long_gets_the_document_of_the_atlas(deployed: Deployment) -> None:
    detail = "the query has 3002 bytes; expected 2000 at most"
    assert problem(deployed.ask(f"{LAYER}?q={'x' * 3000}")) == (414, "Query too long", detail)


def test_a_query_that_nginx_does_not_read_gets_a_document_as_well(deployed: Deployment) -> None:
    detail = "the address has more than 8 kB; expected a query of 2000 bytes at most"
    assert problem(deployed.ask(f"{LAYER}?q={'x' * 9000}")) == (414, "Query too long", detail)


def test_a_header_that_is_too_long_gets_a_document(deployed: Deployment) -> None:
    assert problem(deployed.ask("/", X_Long="x" * 9000)) == (431, "Headers too large", "a header has more than 8 kB")


def test_a_body_is_refused(deployed: Deployment) -> None:
    assert problem(deployed.ask(LAYER, body=b"x" * 100))[:2] == (413, "Body not accepted")
    assert problem(deployed.ask(LAYER, body=b"x" * 20_000))[2] == "the request has a body of more than 16 kB; expected none"


# --- slow clients, and the end ------------------------------------------------------------------------------------------------------------


def test_clients_that_send_slowly_hold_no_thread(deployed: Deployment) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", deployed.port))) for _ in range(SLOW_CLIENTS)]
        for client in clients:
            client.sendall(f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode())
        for _ in range(3):
            for client in clients:
                client.sendall(b"x")
            assert deployed.ask("/healthz").status == 200
        # They were only slow: they are answered when they have come to their end.
        for client in clients:
            client.sendall(b"\r\n\r\n")
            assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_clients_that_read_slowly_hold_no_thread(deployed: Deployment) -> None:
    with ExitStack() as stack:
        clients = []
        for _ in range(SLOW_CLIENTS):
            client = stack.enter_context(socket.socket())
            # What is not read stays on the other side.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(60)
            client.connect(("127.0.0.1", deployed.port))
            client.sendall(f"GET {LAYER} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            assert client.recv(15) == b"HTTP/1.1 200 OK"
            clients.append(client)
        assert deployed.ask("/healthz").status == 200
        answer = b"".join(iter(lambda: clients[0].recv(65536), b""))
    assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["features"]) == PLACES + 30


def test_an_answer_under_way_is_finished_after_sigterm(folder: Path, crowd: Path) -> None:
    with gunicorn(folder, crowd) as running, nginx(folder, running) as deployment, ExitStack() as stack:
        connection = UnixConnection(running.socket)
        stack.callback(connection.close)
        connection.request("GET", LAYER, headers={"Accept-Encoding": "identity"})
        response = connection.getresponse()
        # Far more than the buffers of a socket: the thread is still writing.
        length = int(response.headers["Content-Length"])
        assert length > 800_000
        begun = response.read(1000)
        running.gunicorn.send_signal(signal.SIGTERM)
        # The master has taken note: it takes its socket away first of all.
        for _ in range(100):
            if not running.socket.exists():
                break
            time.sleep(0.1)
        assert not running.socket.exists()
        assert running.gunicorn.poll() is None
        body = begun + response.read()
        assert len(body) == length
        assert len(json.loads(body)["features"]) == 630
        assert running.gunicorn.wait(timeout=60) == 0

        gone = deployment.ask("/")
        assert problem(gone) == (503, "Not available", "the atlas is being restarted; try again in some seconds")
        assert gone.headers["Retry-After"] == "5"


def test_data_that_are_broken_do_not_start(folder: Path, data_copy: Path) -> None:
    (data_copy / "places.csv").write_text("id\n", encoding="utf-8")
    process = start_gunicorn(folder, data_copy)
    assert process.wait(timeout=60) == 3
    notices = (folder / "notices").read_text()
    assert "places.csv:1" in notices
    assert "Worker failed to boot" in notices


# --- the unit, and what is installed ------------------------------------------------------------------------------------------------------


def test_the_unit_fits_what_it_starts() -> None:
    service = read_unit()
    config = runpy.run_path(str(DEPLOY / "gunicorn.conf.py"))
    assert service["ExecStart"].endswith("gunicorn --config deploy/gunicorn.conf.py")
    assert config["bind"] == f"unix:/run/{service['RuntimeDirectory']}/gunicorn.sock"
    assert f"server {config['bind']};" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert int(service["TimeoutStopSec"].removesuffix("s")) > config["graceful_timeout"]
    assert service["UMask"] == f"{config['umask']:04o}"
    assert unit_environment()["GEO_PROXIES"] == "1"


def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        # Not every system that runs the tests has systemd; the unit itself was compared above.
        return
    # It looks whether the program is there.
    text = (DEPLOY / "hangzhou-atlas.service").read_text(encoding="utf-8")
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE)
    (tmp_path / "hangzhou-atlas.service").write_text(text, encoding="utf-8")
    done = subprocess.run([program, "verify", "--man=no", tmp_path / "hangzhou-atlas.service"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
