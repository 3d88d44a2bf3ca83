"""What one visitor may ask of the server, and what is said beyond it."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.errors import BusyError
from geo.settings import Settings
from geo.web import downloads, server
from geo.web.limits import Turns
from geo.web.server import Server
from tests.web.conftest import BROWSER

BODY = "the request has a body; expected none: everything is asked for in the address"
BUSY = "the server makes as many files and pictures as it can at a time; ask again in 5 seconds"


@pytest.mark.parametrize("path", ["/", "/layers/places.geojson", "/ogc/collections/places/items", "/healthz", "/geocode?q=a"])
def test_a_request_with_a_body_is_refused(client: FlaskClient, path: str) -> None:
    for _ in range(2):
        response = client.get(path, data=b"x")
        assert response.status_code == 413
        document = response.get_json(force=True)
        assert (document["title"], document["detail"]) == ("Body not accepted", BODY)
    assert client.get(path, headers={"Transfer-Encoding": "chunked"}).status_code == 413
    assert client.get(path, headers={"Content-Length": "0"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_a_method_that_is_not_allowed_is_told_first(client: FlaskClient, method: str) -> None:
    assert client.open("/", method=method, data=b"x").status_code == 405


# --- work that takes long -----------------------------------------------------------------------------------------------------------------


def test_so_many_work_and_so_many_wait_and_the_next_is_sent_away() -> None:
    turns, working, leave = Turns(running=2, waiting=1, wait_s=30), threading.Semaphore(0), threading.Event()
    done: list[str] = []

    def work() -> None:
        with turns.taken():
            working.release()
            leave.wait(30)
            done.append("done")

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers[:2]:
        worker.start()
        assert working.acquire(timeout=30)
    workers[2].start()
    for _ in range(3000):
        if turns._room._value == 0:
            break
        time.sleep(0.01)
    # The third waits: it holds a place in the queue and no place to work.
    assert not working.acquire(blocking=False)
    with pytest.raises(BusyError, match=re.escape(BUSY)), turns.taken():
        pass
    leave.set()
    for worker in workers:
        worker.join(30)
    assert done == ["done"] * 3
    with turns.taken(), turns.taken():
        pass


def test_a_queue_that_does_not_move_sends_away_and_gives_back_its_place() -> None:
    turns = Turns(running=1, waiting=1, wait_s=0.01)
    with turns.taken():
        for _ in range(5):
            with pytest.raises(BusyError), turns.taken():
                pass
    with turns.taken():
        pass


def test_work_that_fails_gives_back_its_place() -> None:
    turns = Turns(running=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.taken():
            _ = 1 / 0


def test_who_is_sent_away_is_told_when_to_come_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Turns(running=0, waiting=0)
    monkeypatch.setattr(downloads, "TURNS", full)
    monkeypatch.setattr("geo.web.pictures.TURNS", full)
    monkeypatch.setattr("geo.web.ogc.views.TURNS", full)
    client = create_app(settings).test_client()
    items = "/ogc/collections/places/items"
    for path in (
        *(f"/layers/places.{extension}" for extension in ("csv", "xlsx", "gpkg", "kml", "fgb", "parquet")),
        *("/map.svg", "/map.png", "/places/fullsemi-1/map.png", f"{items}?filter=kind='project'", f"{items}?sortby=name_zh"),
    ):
        response = client.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5"), path
        assert response.headers["Cache-Control"] == "no-store"
        document = response.get_json(force=True)
        assert (document["title"], document["detail"]) == ("Too much at once", BUSY)
    # What is quick is still answered.
    for path in ("/", "/layers/places.geojson?corridor=west", f"{items}?bbox=120,30,121,31", "/places/fullsemi-1", "/healthz"):
        assert client.get(path).status_code == 200, path
    assert client.get("/map.svg", headers={"Accept": BROWSER}).content_type == "text/html; charset=utf-8"


# --- the server ---------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def port(flask_app: Flask, settings: Settings) -> Iterator[int]:
    """The real server on a free port, in a thread."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        number: int = probe.getsockname()[1]
    running = Server(flask_app, Settings(host="127.0.0.1", port=number, data=settings.data))
    thread = threading.Thread(target=running.run)
    thread.start()
    yield number
    running.end()
    thread.join(30)
    assert not thread.is_alive()


def say(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are and read what comes until the server closes."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def get(path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers, b"", b""])


@pytest.mark.parametrize(
    ("request_", "status", "title", "detail"),
    [
        (get(b"/", b"X: " + b"a" * 20_000), 431, "Headers too large", "the headers have more than 16384 bytes; expected less"),
        (get(b"/" + b"a" * 20_000), 431, "Headers too large", "the headers have more than 16384 bytes; expected less"),
        (
            get(b"/", b"Content-Length: 9999999"),
            413,
            "Body not accepted",
            "the request has a body of more than 16384 bytes; expected none: everything is asked for in the address",
        ),
        (get(b"/", b"Content-Length: 3") + b"abc", 413, "Body not accepted", BODY),
        (get(b"/", b"Content-Length: x"), 400, "Bad request", "expected a request as HTTP/1.1 has it"),
        (b"nonsense\r\n\r\n", 400, "Bad request", "expected a request as HTTP/1.1 has it"),
        (get(b"/?" + b"a" * 2001), 414, "Query too long", "the query has 2001 bytes; expected 2000 at most"),
    ],
)
def test_what_the_server_does_not_read_is_refused_with_a_document(port: int, request_: bytes, status: int, title: str, detail: str) -> None:
    code, headers, body = say(port, request_)
    document: dict[str, Any] = json.loads(body)
    assert (code, document) == (status, {"type": "about:blank", "title": title, "status": status, "detail": detail})
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "Server" not in headers
    assert b"waitress" not in body


@pytest.mark.parametrize(
    "path",
    [
        *(b"/layers/..%2f..%2fdata%2fplaces.csv", b"/layers/../../data/places.csv", b"/static/../../../etc/passwd", b"/assets/%2e%2e/%2e%2e/app.py"),
        *(b"/layers/places.csv%00.geojson", b"/places/%00", b"/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", b"/assets/..%5c..%5capp.py", b"//etc/passwd"),
        *(b"/ogc/collections/..%2f..%2fdata/items", b"/sources/..%2f..%2fREADME.md", b"/\xff\xfe", b"/places/....//....//etc/passwd"),
    ],
)
def test_no_path_leads_out_of_what_is_served(port: int, path: bytes) -> None:
    code, _, body = say(port, get(path))
    assert 400 <= code < 500
    assert b"root:" not in body
    assert json.loads(body)["status"] == code


def test_a_slow_sender_does_not_keep_its_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However steadily it sends: a byte now and then would keep it for ever."""
    monkeypatch.setattr(server, "HEADERS_S", 0.3)
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(600):
            try:
                connection.sendall(b"a")
            except OSError:
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the connection is still open")


def test_slow_readers_take_no_thread(port: int) -> None:
    """More of them than threads, each with an answer that it does not read."""
    with contextlib.ExitStack() as stack:
        for _ in range(3 * server.THREADS):
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", port))
            reader.sendall(get(b"/map.js"))
        code, _, body = say(port, get(b"/healthz"))
        assert (code, json.loads(body)["status"]) == (200, "ready")


def test_no_route_sets_a_cookie(port: int, flask_app: Flask) -> None:
    values = {"id_": "binjiang-hitech", "name": "places", "extension": "geojson", "feature_id": "binjiang-hitech"}
    for rule in flask_app.url_map.iter_rules():
        path = str(rule)
        for name in rule.arguments:
            value = "places" if "/collections/" in path and name == "id_" else "report-2023" if "/sources/" in path else values[name]
            path = path.replace(f"<{name}>", value)
        _, headers, _ = say(port, get(path.encode(), b"Cookie: session=x"))
        assert "Set-Cookie" not in headers, path
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin", path
