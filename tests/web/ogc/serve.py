"""The real application on a free port, in a process of its own: GDAL waits for answers without letting other threads of its process run.

It writes its port, and then every request that it has answered, as a line of JSON.
"""

from __future__ import annotations

import json
import sys

from flask import Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from geo.settings import Settings


class Quiet(WSGIRequestHandler):
    """A handler without a log of its own."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def main() -> None:
    app = create_app(Settings.from_env({}))

    @app.after_request
    def note(response: Response) -> Response:
        asked = {"path": request.path, "query": request.args.to_dict(), "status": response.status_code}
        sys.stdout.write(json.dumps(asked) + "\n")
        sys.stdout.flush()
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
