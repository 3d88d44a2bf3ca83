"""`python app.py` as an operator runs it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import soak
from geo.settings import PROJECT
from tests.conftest import Edit

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Run the server with some settings; nothing else of ours reaches it."""
    started: list[subprocess.Popen[str]] = []

    def run(**env: str) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
        started.append(
            subprocess.Popen(
                [sys.executable, "app.py"], cwd=PROJECT, env=clean | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield other.getsockname()[1]


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
    return port


def wait_until_it_listens(process: subprocess.Popen[str]) -> str:
    """Read the log up to the line with the address; an end of the log before that is a failure."""
    assert process.stderr
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "The atlas is at" in line:
            return line
    raise AssertionError("".join(lines))


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_serves_until_it_is_told_to_stop(start: Start, stop: signal.Signals) -> None:
    port = free_port()
    process = start(GEO_PORT=str(port))
    assert f"The atlas is at http://127.0.0.1:{port}/ (Ctrl+C stops it)" in wait_until_it_listens(process)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as response:
        assert response.status == 200
        assert json.load(response)["status"] == "ready"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert response.headers["Server"] == ""
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in out + err
    # A line for the one request on one stream, the notices on the other.
    (line,) = out.splitlines()
    assert line.startswith("127.0.0.1 - - [")
    assert '"GET /healthz HTTP/1.1" 200 ' in line
    assert "GET" not in err


def test_what_has_been_asked_is_answered_before_it_ends(start: Start, crowd: Path) -> None:
    """A large workbook is being made when SIGTERM comes, and another connection is idle."""
    port = free_port()
    process = start(GEO_PORT=str(port), GEO_DATA=str(crowd))
    wait_until_it_listens(process)
    with contextlib.closing(begin_workbook(port)) as asking, socket.create_connection(("127.0.0.1", port)):
        process.send_signal(signal.SIGTERM)
        received = b""
        while chunk := asking.recv(1 << 16):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert length
    assert len(body) == int(length[1]) > 100_000
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in out + err
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def wait_until_it_reads(process: subprocess.Popen[str]) -> int:
    """Wait for the process that reads the data and answers; it does not listen yet."""
    for _ in range(1200):
        with contextlib.suppress(FileNotFoundError):
            child = soak.answering(process.pid)
            if child:
                return child
        time.sleep(0.05)
    raise AssertionError("nothing was started")


def wait_until_it_is_gone(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("the port is still listened on")


def begin_workbook(port: int) -> socket.socket:
    """Ask for a large workbook, of which nothing has been sent yet."""
    asking = socket.create_connection(("127.0.0.1", port))
    asking.settimeout(60)
    asking.sendall(b"GET /layers/places.xlsx HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.1)
    assert select.select([asking], [], [], 0)[0] == []
    return asking


def test_a_second_signal_ends_it_at_once(start: Start, crowd: Path) -> None:
    port = free_port()
    process = start(GEO_PORT=str(port), GEO_DATA=str(crowd))
    wait_until_it_listens(process)
    with contextlib.closing(begin_workbook(port)) as asking:
        process.send_signal(signal.SIGTERM)
        wait_until_it_is_gone(port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM
        # The process that was making the answer has gone, too.
        with contextlib.suppress(ConnectionResetError):
            assert asking.recv(1 << 16) == b""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_may_reach_both_processes(start: Start, stop: signal.Signals) -> None:
    """As a terminal and systemd send it; the one that answers is then sent another."""
    for _ in range(3):
        process = start(GEO_PORT=str(free_port()))
        wait_until_it_listens(process)
        os.kill(wait_until_it_reads(process), stop)
        process.send_signal(stop)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_while_the_data_are_read(start: Start, crowd: Path, stop: signal.Signals) -> None:
    process = start(GEO_PORT=str(free_port()), GEO_DATA=str(crowd))
    wait_until_it_reads(process)
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_who_kills_it_has_the_port_back(start: Start) -> None:
    port = free_port()
    process = start(GEO_PORT=str(port))
    wait_until_it_listens(process)
    with socket.create_connection(("127.0.0.1", port)):
        process.kill()
        wait_until_it_is_gone(port)
    again = start(GEO_PORT=str(port))
    assert f":{port}/" in wait_until_it_listens(again)


def test_it_takes_over_the_port_of_a_program_that_has_just_ended(start: Start) -> None:
    port = free_port()
    other = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with other:
        assert other.stdout
        other.stdout.readline()
        # It closes the connection itself: the system keeps that at the port for a minute.
        urllib.request.urlopen(f"http://127.0.0.1:{port}/app.py").read()
        other.kill()
    assert f":{port}/" in wait_until_it_listens(start(GEO_PORT=str(port)))


def test_it_ends_with_the_process_that_answers(start: Start) -> None:
    """Whoever looks after it then starts it again."""
    process = start(GEO_PORT=str(free_port()))
    wait_until_it_listens(process)
    os.kill(wait_until_it_reads(process), signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "the process that answers has ended by itself, by SIGKILL"
    assert "Traceback" not in err


def test_another_atlas_finds_the_port_in_use_before_the_first_one_listens(start: Start, crowd: Path) -> None:
    """Granian alone would share it: each would be given some of the requests."""
    port = free_port()
    first = start(GEO_PORT=str(port), GEO_DATA=str(crowd))
    wait_until_it_reads(first)
    message = f"port {port} on 127.0.0.1 is in use: stop the other program, or choose another port with GEO_PORT"
    assert_refuses(start(GEO_PORT=str(port)), message)
    wait_until_it_listens(first)
    assert_refuses(start(GEO_PORT=str(port)), message)


@pytest.mark.parametrize(("host", "at"), [("localhost", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "::1")])
def test_it_listens_where_it_is_told(start: Start, host: str, at: str) -> None:
    port = free_port()
    process = start(GEO_HOST=host, GEO_PORT=str(port), GEO_UNGUARDED="1")
    shown = f"[{host}]" if ":" in host else host
    assert f"The atlas is at http://{shown}:{port}/ (" in wait_until_it_listens(process)
    with contextlib.closing(socket.create_connection((at, port), timeout=60)) as asking:
        asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert asking.recv(15) == b"HTTP/1.1 200 OK"


def test_a_minute_of_load_and_edits_in_short() -> None:
    """No error, no torn answer, no growing memory: what ``python -m bench.soak`` measures."""
    figures = soak.soak(1)
    assert figures["requests"] > 100
    assert figures["versions"] == soak.VERSIONS


def assert_refuses(process: subprocess.Popen[str], *messages: str) -> None:
    """It ends with 1, the messages and nothing else: neither a trace nor an address."""
    out, err = process.communicate(timeout=60)
    assert err.splitlines() == list(messages)
    assert out == ""
    assert process.returncode == 1


def test_a_busy_port_is_a_clear_message(start: Start, taken: int) -> None:
    message = f"port {taken} on 127.0.0.1 is in use: stop the other program, or choose another port with GEO_PORT"
    assert_refuses(start(GEO_PORT=str(taken)), message)


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "80.0", "８０００"])
def test_a_bad_port_is_a_clear_message(start: Start, port: str) -> None:
    assert_refuses(start(GEO_PORT=port), f"GEO_PORT={port!r}: expected a whole number from 1 to 65535")


# 203.0.113.9 is an address of documentation (RFC 5737) that no machine has.
@pytest.mark.parametrize("host", ["203.0.113.9", "no such host"])
def test_a_host_that_is_not_this_machine_is_a_clear_message(start: Start, host: str) -> None:
    process = start(GEO_HOST=host, GEO_PORT=str(free_port()), GEO_PROXIES="1")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "GEO_HOST" in err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.9"])
def test_it_listens_to_others_only_behind_a_proxy_or_when_told_to(start: Start, host: str) -> None:
    expected = (
        "127.0.0.1, or a proxy before the server (GEO_PROXIES), as it does not bound what one client may hold; GEO_UNGUARDED=1 listens nevertheless"
    )
    assert_refuses(start(GEO_HOST=host, GEO_PORT=str(free_port())), f"GEO_HOST={host!r}: expected {expected}")


def test_a_folder_that_is_not_there_is_a_clear_message(start: Start, tmp_path: Path) -> None:
    folder = str(tmp_path / "nowhere")
    assert_refuses(start(GEO_DATA=folder), f"GEO_DATA={folder!r}: expected a folder that exists")


def test_broken_tables_are_told_with_every_problem_before_anything_listens(start: Start, data_copy: Path, edit: Edit) -> None:
    edit("places.csv", 2, "kind", "castle")
    edit("places.csv", 4, "corridor", "north")
    edit("indicators.csv", 3, "value", "many")
    process = start(GEO_DATA=str(data_copy), GEO_PORT=str(free_port()))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert [line.partition(": expected")[0] for line in err.splitlines()] == [
        "indicators.csv:3 [value] 'many'",
        "places.csv:2 [kind] 'castle'",
        "places.csv:4 [corridor] 'north'",
    ]
    assert "The atlas is at" not in err


def test_a_list_is_handed_to_the_page_that_is_opened_with_it(tmp_path: Path) -> None:
    (tmp_path / "名单.csv").write_text("名称\n滨江区\n", encoding="utf-8")
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")} | {"GEO_PORT": str(port), "GEO_HOST": "0.0.0.0"}
    command = [sys.executable, "-m", "geo", "map", str(tmp_path / "名单.csv"), "--no-browser"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert process.stdout
    try:
        found = re.fullmatch(rf"the map with the list: (http://127\.0\.0\.1:{port}/)#list=([\w-]{{43}})\n", process.stdout.readline())
        assert found
        address, token = found[1] + "own-list/handed", found[2]

        def ask(**headers: str) -> int:
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(address, b"", {name.replace("_", "-"): value for name, value in headers.items()})
                ) as answer:
                    assert answer.read().decode() == "名称\n滨江区\n"
                    assert answer.headers["Cache-Control"] == "no-store"
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        assert ask(X_Atlas_List=token) == 200
        assert [ask(), ask(X_Atlas_List="x"), ask(X_Atlas_List=token[:-1])] == [404] * 3
        assert ask(X_Atlas_List=token, Origin="http://evil.example") == 403
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in out + err and token not in err


def test_a_long_list_is_counted_and_handed_to_its_page(tmp_path: Path) -> None:
    pq.write_table(pa.table({"名称": ["甲", "乙", "丙"], "lon": [120.1, 120.2, None], "lat": [30.1, 30.2, None]}), tmp_path / "名单.parquet")
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    environment = clean | {"GEO_PORT": str(port), "GEO_LISTS_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "geo", "map", str(tmp_path / "名单.parquet"), "--no-browser"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert process.stdout
    try:
        assert process.stdout.readline() == "located by columns lon and lat, read as WGS-84\n"
        assert process.stdout.readline() == "rows: 3, of which 2 have a location and 1 have none\n"
        found = re.fullmatch(rf"the map with the list: (http://127\.0\.0\.1:{port})/#list=([\w-]{{43}})\n", process.stdout.readline())
        assert found
        headers = {"X-Atlas-List": found[2]}
        with urllib.request.urlopen(urllib.request.Request(f"{found[1]}/own-list/handed", b"", headers)) as answer:
            document = json.loads(answer.read())
        assert (document["name"], document["rows"], document["located"], document["missing"]) == ("名单.parquet", 3, 2, 1)
        with urllib.request.urlopen(urllib.request.Request(f"{found[1]}{document['rowsUrl']}?bbox=120,30,121,31", b"", headers)) as answer:
            assert [feature["properties"]["名称"] for feature in json.loads(answer.read())["features"]] == ["甲", "乙"]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in out + err and found[2] not in err


def test_a_list_that_cannot_be_read_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"x")
    command = [sys.executable, "-m", "geo", "map", str(tmp_path / "a.xls"), "--no-browser"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("a.xls '.xls': expected a list to read as ")
