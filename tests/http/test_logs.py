"""One line a request in the Combined Log Format, and errors that are found again under the number that the client was given."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.serve.http.log import LINES, AccessLog, Line, Lines
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# As log analysers read it: Combined, then the seconds and the incident.
LINE = re.compile(
    r'(?P<host>\S+) - - \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "(?P<request>[^"]*)" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referrer>[^"]*)" "(?P<agent>[^"]*)" (?P<seconds>\d+\.\d{3}) (?P<incident>[0-9a-f]{12}|-)'
)


class Written(Sequence[str]):
    """The lines of the access log so far, those of this moment included."""

    def __init__(self) -> None:
        self.records: list[str] = []

    def _lines(self) -> list[str]:
        LINES.write_out()
        return [line for record in self.records for line in record.split("\n")]

    def __getitem__(self, at: Any) -> Any:
        return self._lines()[at]

    def __len__(self) -> int:
        return len(self._lines())


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Written]:
    """What the access log was written, a line a request."""
    LINES.write_out()
    with caplog.at_level(logging.INFO, "geo.access"):
        written = Written()
        handler = logging.Handler()
        handler.emit = lambda record: written.records.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger("geo.access").addHandler(handler)
        yield written
        logging.getLogger("geo.access").removeHandler(handler)


def test_lines_are_written_within_a_moment_and_without_being_asked(client: FlaskClient, lines: Written) -> None:
    for _ in range(3):
        client.get("/healthz")
    for _ in range(200):
        if sum(len(record.split("\n")) for record in lines.records) == 3:
            break
        time.sleep(0.05)
    assert [read(line)["request"] for record in lines.records for line in record.split("\n")] == ["GET /healthz HTTP/1.1"] * 3


def test_a_process_that_has_lost_its_writer_starts_another(lines: Written) -> None:
    """As a worker of a forking server does."""
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    mine = Lines()
    mine._writer = dead
    mine.add(Line(0, "::1", "GET", "/", "HTTP/1.1", "200", "1", "-", "-", 0.5, None))
    assert mine._writer is not dead and mine._writer.is_alive()
    mine.write_out()
    assert '::1 - - [01/Jan/1970:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-" 0.500 -' in lines


def read(line: str) -> dict[str, str]:
    found = LINE.fullmatch(line)
    assert found, line
    return found.groupdict()


def test_a_request_is_one_line(client: FlaskClient, lines: Written) -> None:
    response = client.get("/layers/places.geojson?corridor=west", headers={"Referer": "https://example.org/a", "User-Agent": "curl/8"})
    (line,) = lines
    found = read(line)
    assert found["host"] == "127.0.0.1"
    assert found["request"] == "GET /layers/places.geojson?corridor=west HTTP/1.1"
    assert (found["status"], found["size"]) == ("200", str(len(response.data)))
    assert (found["referrer"], found["agent"], found["incident"]) == ("https://example.org/a", "curl/8", "-")


def test_every_kind_of_answer_has_its_line(client: FlaskClient, lines: Written) -> None:
    etag = client.get("/about").headers["ETag"]
    client.get("/about", headers={"If-None-Match": etag})
    client.head("/about")
    client.get("/nowhere")
    client.post("/about")
    client.get("/?" + "a" * 2001)
    found = [read(line) for line in lines]
    assert [(one["request"].split()[0], one["status"]) for one in found] == [
        *(("GET", "200"), ("GET", "304"), ("HEAD", "200"), ("GET", "404"), ("POST", "405"), ("GET", "414")),
    ]
    assert [one["size"] for one in found[1:3]] == ["0", "0"]
    assert found[0]["agent"].startswith("Werkzeug/")
    assert found[0]["referrer"] == "-"


@pytest.mark.parametrize(
    ("header", "field"),
    [("Referer", "referrer"), ("User-Agent", "agent")],
)
@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ('a" 200 1 "b', r"a\x22 200 1 \x22b"),
        ("a\\", r"a\x5c"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\tb\x7f", r"a\x09b\x7f"),
        ("a\x85b", r"a\x85b"),
    ],
)
def test_what_a_client_says_of_itself_cannot_forge_the_log(
    flask_app: Flask, lines: Written, header: str, field: str, hostile: str, written: str
) -> None:
    from werkzeug.test import create_environ

    environ = create_environ("/healthz") | {f"HTTP_{header.upper().replace('-', '_')}": hostile}
    list(flask_app.wsgi_app(environ, lambda *_: lambda _data: None))
    (line,) = lines
    assert read(line)[field] == written


@pytest.mark.parametrize("path", ["/a%0ab", "/a%22b", "/%1b[2J", "/滨江", "/a\\b"])
def test_an_address_cannot_forge_the_log(client: FlaskClient, lines: Written, path: str) -> None:
    client.get(path)
    (line,) = lines
    assert line.isascii()
    assert line.isprintable()
    assert read(line)["status"] == "404"


def test_a_server_that_does_not_give_the_address_as_asked_has_it_rebuilt(lines: Written) -> None:
    def answer(_environ: WSGIEnvironment, begin: StartResponse) -> list[bytes]:
        begin("200 OK", [])
        return []

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/\xe6\xbb\xa8\n", "QUERY_STRING": "a=1", "SERVER_PROTOCOL": "HTTP/1.0"}
    list(AccessLog(answer)(environ, lambda *_: lambda _data: None))
    (line,) = lines
    assert read(line)["request"] == r"GET /%E6%BB%A8%0A?a=1 HTTP/1.0"
    assert read(line)["host"] == "-"


def test_an_internal_error_has_the_same_number_in_the_answer_the_log_and_the_line(
    settings: Settings, lines: Written, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret of the server")

    response = app.test_client().get("/broken")
    incident = response.get_json(force=True)["incident"]
    (line,) = lines
    assert (read(line)["status"], read(line)["incident"]) == ("500", incident)
    assert f"incident {incident} at /broken" in caplog.messages


FORWARDED = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "atlas.example"}


@pytest.mark.parametrize(("proxies", "host", "link"), [(0, "127.0.0.1", "http://localhost/"), (1, "198.51.100.7", "https://atlas.example/")])
def test_a_proxy_is_believed_as_far_as_the_operator_says(settings: Settings, lines: Written, proxies: int, host: str, link: str) -> None:
    app = create_app(Settings(host="127.0.0.1", port=8000, data=settings.data, proxies=proxies, forwarded=("for", "proto", "host")))
    document = app.test_client().get("/layers", headers=FORWARDED).get_json()
    assert document["layers"][0]["formats"][0]["href"] == f"{link}layers/places.geojson"
    assert read(lines[0])["host"] == host
