"""What Granian tells of a request in a form of its own reaches the application as PEP 3333 has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from geo.serve.server import GranianRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def told(environ: WSGIEnvironment) -> tuple[WSGIEnvironment, list[tuple[str, str]]]:
    """The environment that the application is given, and the headers that the server is."""
    found: list[WSGIEnvironment] = []
    sent: list[tuple[str, str]] = []

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        found.append(environ)
        start("204 NO CONTENT", [("X", "y")])
        return []

    def start(_status: str, headers: list[tuple[str, str]], _failure: object = None, /) -> object:
        sent.extend(headers)
        return None

    GranianRequest(application)(environ, start)  # type: ignore[arg-type]
    return found[0], sent


@pytest.mark.parametrize(("given", "kept"), [("HTTP/1", "HTTP/1.0"), ("HTTP/1.1", "HTTP/1.1")])
def test_the_oldest_protocol_has_its_full_name(given: str, kept: str) -> None:
    environ, _ = told({"SERVER_PROTOCOL": given, "HTTP_HOST": "atlas.example"})
    assert environ == {"SERVER_PROTOCOL": kept, "HTTP_HOST": "atlas.example"}


def test_a_missing_host_is_missing() -> None:
    assert told({"SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": ""})[0] == {"SERVER_PROTOCOL": "HTTP/1.1"}
    assert told({"SERVER_PROTOCOL": "HTTP/1.1"})[0] == {"SERVER_PROTOCOL": "HTTP/1.1"}


def test_the_server_is_not_named() -> None:
    assert told({"SERVER_PROTOCOL": "HTTP/1.1"})[1] == [("X", "y"), ("Server", "")]
