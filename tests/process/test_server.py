"""The bridge between Granian and a WSGI application: what a request says, who answers it, and where."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # It is public, and not marked so.
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from geo.errors import TakesLongError
from geo.serve.server import Bridge
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


Headers = Sequence[tuple[str, str]]
HOST = ("host", "atlas.example")


class Scope:
    """A request as Granian tells it."""

    def __init__(self, path: str = "/", query: str = "", method: str = "GET", headers: Headers = (HOST,), **fields: str) -> None:
        self.path, self.query_string, self.method = path, query, method
        self.headers = SimpleNamespace(items=lambda: list(headers))
        self.client, self.http_version, self.scheme = fields.get("client", "203.0.113.9:4711"), fields.get("http_version", "1.1"), "http"


@dataclass
class Protocol:
    """Takes an answer as Granian does."""

    given: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    is_closed: bool = False

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        if self.is_closed:
            raise ProtocolClosed
        self.given.append((status, dict(headers), body))

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")


def hand_over(bridge: Any, scope: Scope, protocol: Protocol) -> None:
    """Let a bridge answer, in a thread without a loop of its own: tests in a browser leave one behind in theirs."""

    async def answering() -> None:
        await bridge(scope, protocol)

    with ThreadPoolExecutor(1, thread_name_prefix="loop") as loops:
        loops.submit(asyncio.run, answering()).result()


def ask(bridge: Bridge, scope: Scope, protocol: Protocol | None = None) -> tuple[int, dict[str, str], bytes]:
    protocol = protocol or Protocol()
    hand_over(bridge, scope, protocol)
    (answer,) = protocol.given
    return answer


def environ_of(scope: Scope) -> WSGIEnvironment:
    found: list[WSGIEnvironment] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        found.append(environ)
        start("204 NO CONTENT", [])
        return []

    ask(Bridge(application, "127.0.0.1", 8000), scope)
    return found[0]


@pytest.fixture(scope="module")
def atlas_bridge(settings: Settings) -> Bridge:
    return Bridge(create_app(settings).wsgi_app, "127.0.0.1", 8000)


def is_worker() -> bool:
    return threading.current_thread().name.startswith("geo-work")


# --- what a request says ------------------------------------------------------------------------------------------------------------------


def test_a_request_is_told_as_wsgi_has_it() -> None:
    headers = [("host", "atlas.example"), ("accept-encoding", "br"), ("content-length", "3"), ("content-type", "text/plain")]
    environ = environ_of(Scope("/places/滨江", "lang=en", "POST", headers))
    assert {name: value for name, value in environ.items() if isinstance(value, str)} == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/places/滨江".encode().decode("latin-1"),
        "QUERY_STRING": "lang=en",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "CONTENT_LENGTH": "3",
        "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "atlas.example",
        "HTTP_ACCEPT_ENCODING": "br",
        "wsgi.url_scheme": "http",
    }
    assert environ["wsgi.input"].read() == b""


def test_a_header_that_is_sent_twice_has_both_values() -> None:
    assert environ_of(Scope(headers=[("accept", "text/html"), ("accept", "*/*;q=0.1")]))["HTTP_ACCEPT"] == "text/html,*/*;q=0.1"


def test_a_header_with_underscores_does_not_pass_for_one_with_hyphens() -> None:
    """A proxy that sets X-Forwarded-For would not drop it."""
    environ = environ_of(Scope(headers=[("x_forwarded_for", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9")]))
    assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"


@pytest.mark.parametrize(("client", "address"), [("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::9]:4711", "2001:db8::9")])
def test_the_client_is_its_address_alone(client: str, address: str) -> None:
    assert environ_of(Scope(client=client))["REMOTE_ADDR"] == address


def test_a_query_is_told_by_its_bytes() -> None:
    assert environ_of(Scope(query="q=滨江"))["QUERY_STRING"].encode("latin-1") == "q=滨江".encode()


def test_a_value_that_cannot_be_told_is_as_good_as_none() -> None:
    assert "HTTP_HOST" not in environ_of(Scope(headers=[("host", "")]))


def test_granian_names_the_oldest_protocol_in_short() -> None:
    assert environ_of(Scope(http_version="1"))["SERVER_PROTOCOL"] == "HTTP/1.0"


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))


@given(
    path=st.text(),
    query=st.text(),
    headers=st.dictionaries(st.sampled_from(["host", "accept", "accept-language", "accept-encoding", "if-none-match"]), PRINTABLE),
)
def test_whatever_is_asked_is_answered(atlas_bridge: Bridge, path: str, query: str, headers: dict[str, str]) -> None:
    for prefix in ("/", "/places/", "/layers/places.geojson", "/ogc/collections/places/items"):
        status, _, body = ask(atlas_bridge, Scope(prefix + path, query, headers=list(headers.items())))
        assert status < 500, (path, query, headers, body)


# --- who answers --------------------------------------------------------------------------------------------------------------------------


def test_what_takes_long_is_asked_for_again_in_another_thread() -> None:
    tries: list[tuple[bool, bool]] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        tries.append((TakesLongError.KEY in environ, is_worker()))
        # What the first try leaves behind must not reach the second one.
        assert "left" not in environ
        environ["left"] = True
        if TakesLongError.KEY in environ and environ["PATH_INFO"] == "/slow":
            raise TakesLongError
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"do", b"ne"]

    bridge = Bridge(application, "127.0.0.1", 8000)
    expected = (200, {"content-type": "text/plain", "content-length": "4", "server": ""}, b"done")
    assert ask(bridge, Scope("/quick")) == expected
    assert tries == [(True, False)]
    assert ask(bridge, Scope("/slow")) == expected
    assert tries[1:] == [(True, False), (False, True)]


def test_who_has_gone_meanwhile_is_no_failure() -> None:
    def application(_environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return [b"too late"]

    protocol = Protocol(is_closed=True)
    hand_over(Bridge(application, "127.0.0.1", 8000), Scope(), protocol)
    assert protocol.given == []


@pytest.fixture
def threads(settings: Settings) -> Callable[..., bool]:
    """Tell whether the atlas answered a request in a worker, and not at once."""
    inner: WSGIApplication = create_app(settings).wsgi_app
    answered: list[bool] = []

    def noting(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        body = inner(environ, start)
        answered.append(is_worker())
        return body

    bridge = Bridge(noting, "127.0.0.1", 8000)

    def is_worked_on(path: str, query: str = "", method: str = "GET", **headers: str) -> bool:
        answered.clear()
        named = {name.replace("_", "-"): value for name, value in {"host": "atlas.example", **headers}.items()}
        assert ask(bridge, Scope(path, query, method, list(named.items())))[0] in (200, 304, 405)
        (one,) = answered
        return one

    return is_worked_on


def test_what_is_kept_is_answered_at_once_and_what_must_be_made_is_not(threads: Callable[..., bool]) -> None:
    # Its links hold the host, which anybody may make up: such answers are kept from the second time on.
    assert [threads("/") for _ in range(3)] == [True, True, False]
    # To be compressed once, at that with the greatest effort.
    assert [threads("/", accept_encoding="br") for _ in range(2)] == [True, False]
    assert threads("/map.png")
    assert threads("/", method="POST")


def test_a_page_of_features_is_answered_at_once_and_a_long_one_is_not(threads: Callable[..., bool]) -> None:
    path = "/ogc/collections/places/items"
    # The first one teaches the headers that the others have.
    assert threads(path)
    assert not threads(path, "limit=200&offset=1", accept_encoding="br")
    assert threads(path, "limit=201&offset=1", accept_encoding="br")
    assert not threads(f"{path}/binfu-zone", accept_encoding="br")


def test_the_log_has_one_line_for_a_request_that_took_long(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    from geo.serve.http.log import LINES

    LINES.write_out()
    caplog.clear()
    with caplog.at_level("INFO", "geo.access"):
        ask(Bridge(create_app(settings).wsgi_app, "127.0.0.1", 8000), Scope("/about"))
        LINES.write_out()
    lines = [line for record in caplog.records for line in record.getMessage().splitlines()]
    assert [re.findall(r'"(.+?)" (\d+) \d+', line)[0] for line in lines if "/about" in line] == [("GET /about HTTP/1.1", "200")]
