"""The real application on a free port, in a process of its own: GDAL waits for answers without letting other threads of its process run.

It writes its port, and then every request that it has answered, as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from app import create_app
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Quiet(WSGIRequestHandler):
    """A handler without a log of its own."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def main() -> None:
    app = create_app(Settings.from_env({}))

    answer = app.wsgi_app

    # Before everything: what is answered from what is kept never comes to a view.
    def noted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        asked = {"path": request.path, "query": request.args.to_dict()}

        def note(status: str, *more: Any) -> Any:
            sys.stdout.write(json.dumps({**asked, "status": int(status[:3])}) + "\n")
            sys.stdout.flush()
            return start_response(status, *more)

        return answer(environ, note)

    app.wsgi_app = noted  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
