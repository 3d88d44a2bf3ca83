"""The pages as servers of the same kind, each in a process of its own that can be ended when it takes too long.

All stand under waitress, ours as well: what is compared is the page, and a server in the process that measures its start is the same for all.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import waitress
from flask import Flask, Response
from flask_compress import Compress

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from bench.stock_folium import CACHE, MOUNT, build_page
from geo.settings import Settings

HOST = "127.0.0.1"
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf"}


class TookTooLongError(Exception):
    """A server did not answer in time."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} took more than {seconds:g} s")


class ServerFailedError(Exception):
    """A server ended, or did not answer with what it was asked for."""


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes
    ----------
    url
        The address of its page.
    made_s
        How long it took to start: to read the data and make of it what is served.
    first_s, second_s
        How long the first and second answer took.
    html_bytes
        The page, not compressed.
    """

    url: str
    made_s: float
    first_s: float
    second_s: float
    html_bytes: int


@contextmanager
def serving(kind: str, path: Path, timeout_s: float) -> Iterator[Served]:
    """Serve a page while the block runs; it has been asked for twice by then, so that what is made once is made.

    Parameters
    ----------
    kind
        ``atlas``, or a style of :mod:`bench.stock_folium`.
    path
        The data folder of the atlas; the GeoJSON of its places for the others.
    timeout_s
        For making it, and for each of the two answers.

    Raises
    ------
    TookTooLongError
        If it is not ready in time.
    ServerFailedError
        If it cannot be made or answered; what it said is on the standard error.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    # Its own process: a thread would share the interpreter's lock with what drives the browser.
    server = context.Process(target=_serve, args=(kind, path, there), daemon=True)
    server.start()
    there.close()
    try:
        if not here.poll(timeout_s):
            raise TookTooLongError(f"making {kind}", timeout_s)
        try:
            port, made_s = here.recv()
        except EOFError:
            raise ServerFailedError(f"{kind} could not be made") from None
        url = f"http://{HOST}:{port}/"
        first_s, _ = _ask(url, timeout_s)
        second_s, page = _ask(url, timeout_s)
        yield Served(url, made_s, first_s, second_s, len(page))
    finally:
        server.kill()
        server.join()


def fetch_features(url: str, timeout_s: float) -> bytes:
    """Download the places of an atlas as GeoJSON, as its reader would."""
    return _ask(f"{url}layers/places.geojson", timeout_s)[1]


def _ask(url: str, timeout_s: float) -> tuple[float, bytes]:
    before = time.perf_counter()
    request = urllib.request.Request(url, headers={"Accept-Language": "zh-CN"})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            content: bytes = answer.read()
    except TimeoutError:
        raise TookTooLongError(url, timeout_s) from None
    except urllib.error.HTTPError as error:
        raise ServerFailedError(f"{url} answered {error.code}") from None
    return time.perf_counter() - before, content


def _serve(kind: str, path: Path, channel: Connection) -> None:
    before = time.perf_counter()
    app = create_app(Settings(host=HOST, port=0, data=path)) if kind == "atlas" else _stock_app(kind, path)
    made_s = time.perf_counter() - before
    # More requests at once than threads are what a page is expected to make.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(app, host=HOST, port=0, ident=None)
    channel.send((server.effective_port, made_s))
    server.run()


def _stock_app(style: str, path: Path) -> Flask:
    """Serve a page of stock folium and, in place of its CDNs, the files it loads."""
    features: list[dict[str, Any]] = json.loads(path.read_bytes())["features"]
    page = build_page(features, style).html.encode()
    app = Flask("stock", static_folder=None)
    # As the atlas has it; level and threshold are the defaults of Flask-Compress in both.
    app.config.update(COMPRESS_ALGORITHM=["br", "zstd", "gzip"], COMPRESS_MIMETYPES=["text/html", "text/css", "text/javascript"])
    Compress(app)

    @app.get("/")
    def index() -> Response:
        return Response(page, content_type="text/html; charset=utf-8")

    @app.get(f"{MOUNT}/<path:name>")
    def asset(name: str) -> Response:
        file = (CACHE / name).resolve()
        if not file.is_relative_to(CACHE) or not file.is_file():
            return Response(status=404)
        return Response(file.read_bytes(), content_type=_MEDIA_TYPES.get(file.suffix, "application/octet-stream"))

    return app
