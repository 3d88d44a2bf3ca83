"""What one visitor may ask of the server, and what is said beyond it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.errors import BusyError
from geo.serve import server
from geo.serve.data import downloads
from geo.serve.http import store
from geo.serve.http.limits import LISTS, LISTS_WAITING, LONG, SHORT, TURNS, WAITING, Turns, Work, in_turn
from geo.serve.http.sending import SENDING, SENDING_WAITING
from geo.serve.ogc.collections import DESCRIPTIONS
from geo.serve.pages import pictures
from geo.settings import PROJECT, Settings
from tests.conftest import BROWSER
from tests.process import large_answers

BODY = "the request has a body; expected none: everything is asked for in the address"
BUSY = "the server does as much at a time as it can; ask again in 5 seconds"


@pytest.mark.parametrize("path", ["/", "/layers/places.geojson", "/ogc/collections/places/items", "/healthz", "/geocode?q=a"])
def test_a_request_with_a_body_is_refused(client: FlaskClient, path: str) -> None:
    for _ in range(2):
        response = client.get(path, data=b"x")
        assert response.status_code == 413
        document = response.get_json(force=True)
        assert (document["title"], document["detail"]) == ("Body not accepted", BODY)
    assert client.get(path, headers={"Transfer-Encoding": "chunked"}).status_code == 413
    assert client.get(path, headers={"Content-Length": "0"}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_is_not_allowed_is_told_first(client: FlaskClient, method: str) -> None:
    assert client.open("/", method=method, data=b"x").status_code == 405


# --- work that takes long -----------------------------------------------------------------------------------------------------------------


class Visitors:
    """Threads that ask for a turn each, and work until they are told to leave."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.order = turns, list[str]()
        self._leave: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

    def come(self, name: str, work: Work = LONG, address: str = "") -> None:
        """Let one ask, and wait until it works, waits or is sent away; it has the address of its first letter."""
        self._leave[name] = threading.Event()

        def visit() -> None:
            try:
                with self.turns.taken(address or name[0], work._replace(wait_s=30)):
                    self.order.append(name)
                    assert self._leave[name].wait(30)
            except BusyError:
                self.order.append(f"{name} is sent away")

        self._threads[name] = threading.Thread(target=visit)
        self._threads[name].start()
        self.settle()

    def leave(self, name: str) -> None:
        """Let one leave, and wait until it has gone and the next one works."""
        self._leave[name].set()
        self._threads[name].join(30)
        self.settle()

    def settle(self) -> None:
        """Wait until each who has come works, has worked, waits, or knows that it is sent away."""
        for _ in range(3000):
            if len(self.order) + self.turns.waiting == len(self._threads):
                return
            time.sleep(0.01)
        raise AssertionError(f"of {len(self._threads)} who have come {self.order} work, and {self.turns.waiting} wait")


@pytest.fixture
def visitors() -> Iterator[Callable[..., Visitors]]:
    made: list[Visitors] = []

    def make(**limits: Any) -> Visitors:
        made.append(Visitors(Turns(**limits)))
        return made[-1]

    yield make
    for one in made:
        for event in one._leave.values():
            event.set()
        for thread in one._threads.values():
            thread.join(30)
            assert not thread.is_alive()
        assert not one.turns._queues and not one.turns._working.total() and not one.turns._working_for


def test_who_waits_works_when_there_is_a_place(visitors: Callable[..., Visitors]) -> None:
    here = visitors()
    for name in ("a1", "b1", "c1", "d1"):
        here.come(name)
    assert (here.order, here.turns.waiting) == (["a1", "b1"], 2)
    here.leave("b1")
    here.leave("a1")
    assert here.order == ["a1", "b1", "c1", "d1"]


def test_clients_take_turns_however_much_one_of_them_wants(visitors: Callable[..., Visitors]) -> None:
    """Six connections of one stranger, and two readers who come after them."""
    here = visitors()
    for name in ("s1", "s2", "s3", "s4", "s5", "s6", "a1", "b1", "b2"):
        here.come(name)
    # One place for pictures is the stranger's, the other one never.
    assert here.order == ["s1", "a1"]
    here.leave("a1")
    assert here.order[2:] == ["b1"]
    here.leave("b1")
    assert here.order[3:] == ["b2"]
    here.leave("b2")
    assert (here.order[4:], here.turns.waiting) == ([], 5)
    here.leave("s1")
    assert here.order[4:] == ["s2"]


def test_short_work_does_not_wait_for_what_takes_long(visitors: Callable[..., Visitors]) -> None:
    here = visitors()
    for name in ("a1", "b1", "c1", "a2"):
        here.come(name, LONG)
    assert here.order == ["a1", "b1"]
    for name in ("a3", "c2"):
        here.come(name, SHORT)
    assert here.order[2:] == ["a3", "c2"]
    here.leave("a3")
    # A place is free, but not for work that takes long.
    assert (here.order[4:], here.turns.waiting) == ([], 2)
    here.come("a4", SHORT)
    assert here.order[4:] == ["a4"]


def test_where_the_queue_is_full_who_has_most_in_it_is_sent_away(visitors: Callable[..., Visitors]) -> None:
    here = visitors(waiting=4)
    for name in ("s1", "t1", "s2", "s3", "s4", "s5"):
        here.come(name)
    assert (here.order, here.turns.waiting) == (["s1", "t1"], 4)
    here.come("s6")
    assert here.order[2:] == ["s6 is sent away"]
    here.come("a1")
    here.come("b1")
    assert sorted(here.order[3:]) == ["s4 is sent away", "s5 is sent away"]
    here.come("c1")
    assert (here.order[5:], here.turns.waiting) == (["s3 is sent away"], 4)
    here.leave("t1")
    assert here.order[6:] == ["a1"]


def test_a_customer_of_a_provider_is_one_client(flask_app: Flask) -> None:
    clients = {}
    for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "unix", ""):
        with flask_app.test_request_context(environ_base={"REMOTE_ADDR": address}), in_turn(SHORT):
            (((clients[address], _), count),) = TURNS._working_for.items()
            assert count == 1
    assert clients["2001:db8:1:2::1"] == clients["2001:db8:1:2:ffff::9"] != clients["2001:db8:1:3::1"]
    assert clients["192.0.2.1"] == clients["::ffff:192.0.2.1"] != clients["192.0.2.2"]
    assert clients["unix"] != clients[""]


def test_a_queue_that_does_not_move_sends_away_and_gives_back_its_place() -> None:
    turns, hasty = Turns(places=1, waiting=1), SHORT._replace(wait_s=0.01)
    with turns.taken("a", hasty):
        for client in ("a", "b", "a", "b", "b"):
            with pytest.raises(BusyError, match=re.escape(BUSY)), turns.taken(client, hasty):
                pass
    with turns.taken("b", hasty):
        pass


def test_work_that_fails_gives_back_its_place() -> None:
    turns = Turns(places=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.taken("a", LONG):
            _ = 1 / 0


@pytest.mark.parametrize("name", ["geo/serve/server.py", "deploy/gunicorn.conf.py"])
def test_a_server_has_threads_for_all_that_wait_and_some_for_what_is_quick(name: str) -> None:
    (threads,) = re.findall(r"^threads = (\d+)$", (PROJECT / name).read_text(encoding="utf-8"), re.IGNORECASE | re.MULTILINE)
    assert int(threads) >= SHORT.places + WAITING + store._FOLLOWING + 3


def test_the_server_that_sends_by_itself_has_threads_for_what_is_sent_and_for_lists() -> None:
    """Behind nginx an answer is taken as soon as it is made."""
    sent, lists = SENDING.places + SENDING_WAITING, LISTS.places + LISTS_WAITING
    assert SHORT.places + WAITING + store._FOLLOWING + sent + lists + 3 <= server.THREADS


LONG_WORK = (
    *(f"/layers/places.{extension}" for extension in ("csv", "xlsx", "gpkg", "kml", "fgb", "parquet")),
    *("/map.svg", "/map.png", "/places/fullsemi-1/map.svg", "/places/fullsemi-1/map.png"),
)
ITEMS = "/ogc/collections/places/items"
SHORT_WORK = (f"{ITEMS}?filter=kind='project'", f"{ITEMS}?sortby=name_zh", f"{ITEMS}?f=html", "/?q=a", "/embed?kind=project")


def test_who_is_sent_away_is_told_when_to_come_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(settings).test_client()
    with monkeypatch.context() as patch:
        patch.setattr("geo.serve.http.limits.TURNS", Turns(places=0, waiting=0))
        for path in (*LONG_WORK, *SHORT_WORK):
            response = client.get(path)
            assert (response.status_code, response.headers["Retry-After"]) == (503, "5"), path
            assert response.headers["Cache-Control"] == "no-store"
            document = response.get_json(force=True)
            assert (document["title"], document["detail"]) == ("Too much at once", BUSY)
        # What is quick is still answered.
        for path in ("/", "/layers/places.geojson?corridor=west", f"{ITEMS}?bbox=120,30,121,31", "/places/fullsemi-1", "/healthz"):
            assert client.get(path).status_code == 200, path
        assert client.get("/map.svg", headers={"Accept": BROWSER}).content_type == "text/html; charset=utf-8"
    # A refusal is not kept.
    for path in (*LONG_WORK, *SHORT_WORK):
        assert client.get(path).status_code == 200, path


def test_work_that_takes_too_long_ends_and_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(settings).test_client()
    for views in (downloads, pictures):
        monkeypatch.setattr(views, "LONG", LONG._replace(limit_s=-1))
    # The others are written in one call of a library that does not look at the clock.
    for path in (path for path in LONG_WORK if not path.endswith((".fgb", ".parquet"))):
        response = client.get(path)
        assert (response.status_code, response.headers["Retry-After"], response.headers["Cache-Control"]) == (503, "30", "no-store"), path
        detail = response.get_json(force=True)["detail"]
        assert detail == "the answer takes more than -1 seconds to make; ask for less, or again in 30 seconds"
    assert client.get("/healthz").status_code == 200


def test_a_picture_of_a_place_is_made_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    client, drawn = create_app(settings).test_client(), list[str]()
    draw = pictures._draw_place

    def count(site: Any, wording: Any, id_: str, **how: bool) -> bytes:
        drawn.append(id_)
        return draw(site, wording, id_, **how)

    monkeypatch.setattr(pictures, "_draw_place", count)
    for path in ("/places/fullsemi-1/map.svg?lang=zh", "/places/fullsemi-1/map.svg?lang=en", "/places/fullsemi-1/map.png?lang=zh"):
        drawn.clear()
        etags = {client.get(path).headers["ETag"] for _ in range(4)}
        assert (drawn, len(etags)) == (["fullsemi-1"], 1)


def test_many_who_open_many_places_at_once_get_every_picture(settings: Settings) -> None:
    """Ten pages from one address, as from an office: each page with the picture that nobody has asked for."""
    app = create_app(settings)
    with app.test_client() as client:
        located = [one["id"] for one in client.get("/layers/places.geojson").get_json(force=True)["features"] if one["geometry"]][:10]
    found: dict[str, int] = {}

    def open_place(id_: str) -> None:
        reader = app.test_client()
        assert reader.get(f"/places/{id_}?lang=zh").status_code == 200
        found[id_] = reader.get(f"/places/{id_}/map.svg?lang=zh").status_code

    threads = [threading.Thread(target=open_place, args=(id_,)) for id_ in located]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == dict.fromkeys(located, 200)


def test_a_project_of_many_layers_gets_all_of_them(settings: Settings) -> None:
    """As QGIS opens it: every collection at once, in the system of its map."""
    app, statuses = create_app(settings), list[int]()
    query = "crs=http://www.opengis.net/def/crs/EPSG/0/3857&limit=1000"
    threads = [
        threading.Thread(target=lambda id_=id_: statuses.append(app.test_client().get(f"/ogc/collections/{id_}/items?{query}").status_code))
        for id_ in DESCRIPTIONS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert statuses == [200] * len(DESCRIPTIONS)


# --- the server ---------------------------------------------------------------------------------------------------------------------------


# Variables of the process that are called as parts of a request are.
LIKE_A_REQUEST = {
    **{"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "en"},
    **{"HTTP_IF_NONE_MATCH": "*", "HTTP_TRANSFER_ENCODING": "chunked", "HTTP_USER_AGENT": "evil", "HTTP_PROXY": "http://evil.example"},
    **{"SCRIPT_NAME": "/evil", "PATH_INFO": "/evil", "QUERY_STRING": "evil=1", "REQUEST_METHOD": "PUT", "REQUEST_URI": "/evil", "RAW_URI": "/evil"},
    **{
        "wsgi.url_scheme": "https",
        "geo.site": "evil",
        "REMOTE_ADDR": "6.6.6.6",
        "CONTENT_LENGTH": "5",
        "CONTENT_TYPE": "text/evil",
        "SERVER_NAME": "evil",
        "SERVER_PROTOCOL": "EVIL/1",
    },
}


@contextlib.contextmanager
def program(code: str, lines: Path, **env: str) -> Iterator[int]:
    """Run the real program, or a variant of it, on a free port; gives the port once it answers there."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        number: int = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    with lines.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *code.split(" ", 1)], cwd=PROJECT, env=clean | env | {"GEO_PORT": str(number)}, stdout=out, stderr=subprocess.PIPE
        )
    assert process.stderr
    try:
        assert b"The atlas is at" in process.stderr.readline()
        yield number
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, b"")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the program, a line a request."""
    return tmp_path_factory.mktemp("log") / "lines"


@pytest.fixture(scope="module")
def port(lines: Path) -> Iterator[int]:
    """The real program, with variables that a request might be taken for."""
    with program("app.py", lines, **LIKE_A_REQUEST) as number:
        yield number


def ask(port: int, request: bytes) -> bytes:
    """Send bytes as they are and read what comes until the server closes."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
    return received


def say(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are, and give status, headers and body of what comes until the server closes."""
    head, _, body = ask(port, request).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def get(path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers, b"", b""])


@pytest.mark.parametrize(
    ("request_", "status", "title", "detail"),
    [
        (get(b"/", b"Content-Length: 9999999"), 413, "Body not accepted", BODY),
        (get(b"/", b"Content-Length: 3") + b"abc", 413, "Body not accepted", BODY),
        (get(b"/", b"Content-Length: 20000") + b"a" * 20_000, 413, "Body not accepted", BODY),
        (get(b"/", b"Content-Length: 3", b"Expect: 100-continue"), 413, "Body not accepted", BODY),
        # The first chunk of a body without an end.
        (get(b"/", b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n", 413, "Body not accepted", BODY),
        (get(b"/?" + b"a" * 2001), 414, "Query too long", "the query has 2001 bytes; expected 2000 at most"),
        (get(b"/").replace(b"GET", b"TRACE"), 405, "Method not allowed", "The method is not allowed for the requested URL."),
        # RFC 9110, section 9.1: large and small letters differ.
        *(
            (get(b"/").replace(b"GET", method), 501, "Not implemented", f"no method '{method.decode()}'; GET and HEAD are, in capital letters")
            for method in (b"get", b"Head", b"post", b"PROPFIND", b"GET1")
        ),
    ],
)  # fmt: skip
def test_what_is_not_answered_is_refused_with_a_document(port: int, request_: bytes, status: int, title: str, detail: str) -> None:
    code, headers, body = say(port, request_)
    document: dict[str, Any] = json.loads(body)
    assert (code, document) == (status, {"type": "about:blank", "title": title, "status": status, "detail": detail})
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["server"] == ""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get(b"/", b"X: " + b"a" * 20_000), 431),
        (get(b"/" + b"a" * 20_000), 431),
        (get(b"/", *(b"X-%d: a" % number for number in range(200))), 431),
        (get(b"/", b"Content-Length: x"), 400),
        (get(b"/", b"Content-Length: 1", b"Content-Length: 2"), 400),
        (get(b"/", b"X : a"), 400),
        (get(b"/\xff\xfe"), 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(port: int, request_: bytes, status: int) -> None:
    """By the server itself, before there is a request: it gives no reason."""
    code, headers, body = say(port, request_)
    assert (code, headers["content-length"], headers["connection"], body) == (status, "0", "close", b"")
    assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        *(b"/layers/..%2f..%2fdata%2fplaces.csv", b"/layers/../../data/places.csv", b"/static/../../../etc/passwd", b"/assets/%2e%2e/%2e%2e/app.py"),
        *(b"/layers/places.csv%00.geojson", b"/places/%00", b"/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", b"/assets/..%5c..%5capp.py", b"//etc/passwd"),
        *(b"/ogc/collections/..%2f..%2fdata/items", b"/sources/..%2f..%2fREADME.md", b"/%ff%fe", b"/places/....//....//etc/passwd"),
    ],
)
def test_no_path_leads_out_of_what_is_served(port: int, path: bytes) -> None:
    code, _, body = say(port, get(path))
    assert 400 <= code < 500
    assert b"root:" not in body
    assert json.loads(body)["status"] == code


@pytest.mark.parametrize(
    ("path", "named"),
    [(b"/places/%C3%A9", "é"), (b"/places/\xc3\xa9", "é"), (b"/places/%FF", "�"), (b"/places/a%2Fb", None), (b"/places/%25", "%")],
)
def test_a_path_is_read_as_its_bytes_say(port: int, path: bytes, named: str | None) -> None:
    _, _, body = say(port, get(path))
    detail = json.loads(body)["detail"]
    assert detail == f"no place '{named}'; /layers/places.geojson has them all" if named else detail.startswith("The requested URL was not found")


@pytest.mark.parametrize("query", ["滨江".encode(), b"%E6%BB%A8%E6%B1%9F"])
def test_a_query_is_read_as_its_bytes_say(port: int, query: bytes) -> None:
    """Some programs send the characters as they are."""
    code, _, body = say(port, get(b"/layers/places.geojson?q=" + query + b"&kind=platform"))
    assert (code, [feature["id"] for feature in json.loads(body)["features"]]) == (200, ["binjiang-hitech"])


def origins(body: bytes) -> set[str]:
    """Give where the links of ``/layers`` begin."""
    return {format_["href"].partition("/layers/")[0] for layer in json.loads(body)["layers"] for format_ in layer["formats"]}


@pytest.mark.parametrize(
    ("request_", "origin"),
    [
        (get(b"/layers"), "http://localhost"),
        (get(b"/layers", b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: https", b"X-Forwarded-Prefix: /evil"), "http://localhost"),
        (get(b"/layers", b"Forwarded: host=evil.example;proto=https", b"X_Forwarded_Host: evil.example"), "http://localhost"),
        # Who does not say under which name the server was asked is given its address.
        (b"GET /layers HTTP/1.0\r\n\r\n", "http://127.0.0.1:{port}"),
        (b"GET http://elsewhere.example/layers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "http://localhost"),
    ],
)
def test_answers_depend_on_the_request_alone(port: int, request_: bytes, origin: str) -> None:
    """Neither on headers that only a proxy may send, nor on variables of the process."""
    code, headers, body = say(port, request_)
    assert (code, headers["content-type"]) == (200, "application/json")
    assert origins(body) == {origin.format(port=port)}
    assert b"evil" not in body


@pytest.mark.parametrize(
    "hosts",
    [(), (b"Host: ",), (b"Host: one.example", b"Host: two.example"), (b"Host: \xff.example",), (b"Host: a/b",), (b"Host: user@example.org",)],
)
def test_a_request_names_one_host(port: int, hosts: tuple[bytes, ...]) -> None:
    """RFC 9112, section 3.2."""
    request = b"\r\n".join([b"GET /healthz HTTP/1.1", *hosts, b"Connection: close", b"", b""])
    assert say(port, request)[0] == 400


def test_a_line_may_end_without_a_carriage_return(port: int) -> None:
    """RFC 9112, section 2.2, leaves it to the recipient; a carriage return alone ends no line."""
    request = get(b"/healthz", b"X-More: a")
    assert say(port, request.replace(b"\r\n", b"\n"))[0] == 200
    assert say(port, request.replace(b"\r\nX-More", b"\rX-More"))[0] == 400


def test_the_log_depends_on_the_request_alone(port: int, lines: Path) -> None:
    ask(port, get(b"/healthz?seen=here", b"X-Forwarded-For: 6.6.6.6"))
    found: list[str] = []
    # The lines of a moment are written together.
    for _ in range(600):
        found = [line for line in lines.read_text().splitlines() if "seen=here" in line]
        if found:
            break
        time.sleep(0.05)
    (line,) = found
    assert re.match(r'127\.0\.0\.1 - - \[[^]]+\] "GET /healthz\?seen=here HTTP/1\.1" 200 \d+ "-" "-" ', line), line


def test_forwarded_headers_are_believed_where_a_proxy_is_said_to_stand(tmp_path: Path) -> None:
    with program("app.py", tmp_path / "lines", GEO_PROXIES="1", GEO_FORWARDED="for,proto,host") as port:
        headers = (b"X-Forwarded-Host: atlas.example", b"X-Forwarded-Proto: https", b"X-Forwarded-For: 6.6.6.6, 203.0.113.9")
        assert origins(say(port, get(b"/layers", *headers))[2]) == {"https://atlas.example"}
    assert (tmp_path / "lines").read_text().startswith("203.0.113.9 - - [")


def test_a_connection_is_kept_and_requests_may_be_sent_ahead(port: int) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    # A small body is passed over: what follows is the next request.
    refused = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
    received = ask(port, one + refused + one + get(b"/healthz"))
    assert re.findall(rb"HTTP/1\.1 (\d+) ", received) == [b"200", b"413", b"200", b"200"]


def test_an_answer_without_a_body_says_how_long_it_would_be(port: int) -> None:
    _, headers, body = say(port, get(b"/layers/places.geojson"))
    code, without, nothing = say(port, get(b"/layers/places.geojson").replace(b"GET", b"HEAD"))
    assert (code, nothing, without["content-length"]) == (200, b"", str(len(body)))
    code, unchanged, nothing = say(port, get(b"/layers/places.geojson", b"If-None-Match: " + headers["etag"].encode()))
    assert (code, nothing, unchanged["etag"]) == (304, b"", headers["etag"])


def test_a_slow_sender_does_not_keep_its_connection(tmp_path: Path) -> None:
    """However steadily it sends: a byte now and then would keep it for ever. Nor does who has sent nothing, or nothing more."""
    variant = "-c import sys, app; from geo.serve import server; server.HEADERS_S = 1; sys.exit(app.main())"
    with program(variant, tmp_path / "lines") as port, contextlib.ExitStack() as stack:
        silent, asked, slow = (stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(3))
        asked.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        slow.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(1200):
            try:
                slow.sendall(b"a")
            except OSError:
                break
            time.sleep(0.05)
        else:
            raise AssertionError("the connection is still open")
        assert silent.recv(1) == b""
        assert asked.recv(1 << 16).startswith(b"HTTP/1.1 200 OK")
        assert asked.recv(1) == b""


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


@pytest.fixture
def many_sockets() -> Iterator[None]:
    """Let this process open more files than a shell usually allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY and hard < 4096 else 4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("request_", [b"", b"GET / HT", get(b"/map.js").replace(b"Connection: close\r\n", b"")], ids=["idle", "unfinished", "unread"])
@pytest.mark.usefixtures("many_sockets")
def test_many_silent_clients_keep_nobody_else_out(port: int, request_: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(1100):
            silent = stack.enter_context(socket.socket())
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            silent.connect(("127.0.0.1", port))
            silent.sendall(request_)
        code, _, body = say(port, get(b"/healthz"))
        assert (code, json.loads(body)["status"]) == (200, "ready")


@pytest.mark.skipif(sys.platform != "linux", reason="read from where Linux says it")
def test_what_is_not_read_is_not_copied(tmp_path: Path) -> None:
    """Forty clients that have read the first byte of a large answer."""
    with program("-m tests.process.large_answers", tmp_path / "lines") as port, contextlib.ExitStack() as stack:
        before = int(say(port, get(b"/peak"))[2])
        for _ in range(40):
            reader = stack.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", port))
            reader.sendall(get(b"/"))
            assert reader.recv(1)
        assert int(say(port, get(b"/peak"))[2]) - before < 2 * large_answers.LARGE_BYTES


@pytest.mark.skipif(sys.platform != "linux", reason="an option of Linux")
def test_a_client_that_stops_to_read_is_let_go(tmp_path: Path) -> None:
    variant = "-m tests.process.large_answers"
    with program(variant, tmp_path / "lines") as port, contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.socket())
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.connect(("127.0.0.1", port))
        silent.sendall(get(b"/"))
        # The system lets go without a word: only the table of its connections tells.
        ends = f":{port:04X} 0100007F:{silent.getsockname()[1]:04X} "
        assert ends in Path("/proc/net/tcp").read_text()
        for _ in range(600):
            if ends not in Path("/proc/net/tcp").read_text():
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the connection is still open")


def test_no_route_sets_a_cookie(port: int, flask_app: Flask) -> None:
    values = {"id_": "binjiang-hitech", "name": "places", "extension": "geojson", "feature_id": "binjiang-hitech"} | dict.fromkeys("zxy", "0")
    for rule in flask_app.url_map.iter_rules():
        path = str(rule)
        for name in rule.arguments:
            value = "places" if "/collections/" in path and name == "id_" else "report-2023" if "/sources/" in path else values[name]
            path = re.sub(rf"<(\w+:)?{name}>", value, path)
        _, headers, _ = say(port, get(path.encode(), b"Cookie: session=x"))
        assert "set-cookie" not in headers, path
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin", path
