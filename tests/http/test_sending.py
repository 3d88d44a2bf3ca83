"""Large answers go out in pieces, so many at a time, and what does not go out any more holds nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from geo.serve.http import sending
from geo.serve.http.limits import Turns

LARGE, SMALL = "/map.js", "/places/fullsemi-1.geojson"


@pytest.fixture(autouse=True)
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """Few places, and nobody waits long for them; two addresses have them all."""
    few = Turns(places=2, waiting=1)
    monkeypatch.setattr(sending, "SENDING", sending.SENDING._replace(places=2, wait_s=0.05))
    monkeypatch.setattr(sending, "SENDING_TURNS", few)
    monkeypatch.setattr(sending, "PIECE", 1 << 14)
    return few


def ask(app: Flask, path: str, address: str = "203.0.113.1", method: str = "GET", **headers: str) -> tuple[str, dict[str, str], Iterable[bytes]]:
    """Ask as a server does: the body is not looked at yet."""
    began: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        began.append((status, dict(headers)))

    environ = create_environ(path, "http://localhost", method=method, headers=headers) | {"REMOTE_ADDR": address}
    body = app.wsgi_app(environ, start)
    return (*began[-1], body)


def test_a_large_body_goes_out_in_pieces(flask_app: Flask, client: FlaskClient) -> None:
    status, headers, body = ask(flask_app, LARGE)
    pieces = list(body)
    assert status == "200 OK"
    assert len(pieces) > 2
    assert max(map(len, pieces)) == sending.PIECE
    assert b"".join(pieces) == client.get(LARGE).data
    assert headers["Content-Length"] == str(sum(map(len, pieces)))
    assert ask(flask_app, SMALL)[2] == [client.get(SMALL).data]
    assert ask(flask_app, LARGE, method="HEAD")[2] == []
    middle = b"".join(ask(flask_app, LARGE, Range="bytes=1000-39999")[2])
    assert middle == b"".join(pieces)[1000:40_000]


@pytest.mark.parametrize("ended", ["read", "closed", "closed before its first piece", "forgotten"])
def test_a_place_is_held_until_the_last_piece(flask_app: Flask, turns: Turns, ended: str) -> None:
    for _ in range(5):
        status, _, body = ask(flask_app, LARGE)
        assert status == "200 OK"
        assert turns._working.total() == 1
        match ended:
            case "read":
                list(body)
            case "closed":
                next(iter(body))
                body.close()  # type: ignore[attr-defined]
            case "closed before its first piece":
                body.close()  # type: ignore[attr-defined]
            case _:
                del body
        assert turns._working.total() == 0


def test_who_comes_too_late_is_told_when_to_come_again(flask_app: Flask) -> None:
    """One address has half of the places; what is small needs none."""
    held = [ask(flask_app, LARGE, f"203.0.113.{number}")[2] for number in range(2)]
    for address in ("203.0.113.1", "203.0.113.9"):
        status, headers, body = ask(flask_app, LARGE, address)
        assert (status, headers["Retry-After"]) == ("503 SERVICE UNAVAILABLE", "5")
        assert json.loads(b"".join(body))["title"] == "Too much at once"
    assert ask(flask_app, SMALL)[0] == "200 OK"
    for body in held:
        list(body)
    assert ask(flask_app, LARGE)[0] == "200 OK"


def test_what_takes_for_ever_to_be_read_is_ended(flask_app: Flask, turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SENDING", sending.SENDING._replace(limit_s=0))
    _, headers, body = ask(flask_app, LARGE)
    assert sum(map(len, body)) < int(headers["Content-Length"])
    assert turns._working.total() == 0
