"""Ready bytes from the very server of the atlas: what an answer costs when nothing has to be found out.

``GEO_PORT=8001 python -m bench.bare flask ANSWERS`` serves the files that ``ANSWERS/index.json`` lists. The application is built and served as
always, so that server, threads and limits are the same whatever they are at the time; only what answers the requests is replaced.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response

from app import load as app_as_always
from geo.serve.server import serve
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Answers = dict[str, tuple[list[tuple[str, str]], bytes]]


def read_answers(folder: Path) -> Answers:
    """Read the headers and the body of each answer, by path."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return {path: ([(name, value) for name, value in headers], (folder / path[1:]).read_bytes()) for path, headers in index.items()}


def flask_application(answers: Answers) -> WSGIApplication:
    """Build what one would write first: a view that returns the bytes."""
    app = Flask("bare", static_folder=None)

    @app.get("/<path:name>")
    def answer(name: str) -> Response:
        headers, body = answers[f"/{name}"]
        return Response(body, headers=headers)

    return app.wsgi_app


def wsgi_application(answers: Answers) -> WSGIApplication:
    """Build the least that a server can call, to tell the cost of the server from that of Flask."""
    ready = {path: ([*headers, ("Content-Length", str(len(body)))], [body]) for path, (headers, body) in answers.items()}

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers, body = ready[environ["PATH_INFO"]]
        start_response("200 OK", headers)
        return body

    return answer


def load(kind: str, folder: Path, settings: Settings) -> WSGIApplication:
    """Build the application as always, and replace what answers."""
    app = app_as_always(settings)
    build = {"flask": flask_application, "wsgi": wsgi_application}[kind]
    app.wsgi_app = build(read_answers(folder))  # type: ignore[method-assign, assignment]
    return app


def main() -> int:
    """Serve as the command line says."""
    kind, folder = sys.argv[1:]
    settings = Settings.from_env(os.environ)
    serve(partial(load, kind, Path(folder), settings), settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
