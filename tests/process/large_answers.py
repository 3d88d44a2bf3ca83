"""A program whose answers are more than the system holds for a client that does not read: ``python -m tests.process.large_answers``.

It imports nothing that starts a thread, as :func:`geo.serve.server.serve` expects of the process that answers.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from geo.serve import server
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def load() -> WSGIApplication:
    """Build the application in the process that answers, and have clients that do not read let go soon."""
    server.UNREAD_S = 1
    logging.basicConfig(level=logging.INFO)

    def answer(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(64 << 20))])
        return [bytes(64 << 20)]

    return answer


if __name__ == "__main__":
    server.serve(load, Settings.from_env(os.environ))
