"""A program whose answers are more than the system holds for a client that does not read: ``python -m tests.process.large_answers``.

At ``/peak`` it says how much memory it has had at most, in bytes. It imports nothing that starts a thread, as :func:`geo.serve.server.serve` expects
of the process that answers.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from geo.serve import server
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGE_BYTES = 64 << 20


def load() -> WSGIApplication:
    """Build the application in the process that answers, and have clients that do not read let go soon."""
    from geo.serve.http.sending import send

    server.UNREAD_S = 1
    logging.basicConfig(level=logging.INFO)
    large = bytes(LARGE_BYTES)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = large
        if environ["PATH_INFO"] == "/peak":
            (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
            body = str(int(kilobytes) << 10).encode()
        return send("200 OK", [("Content-Length", str(len(body)))], body, environ, start_response)

    return answer


if __name__ == "__main__":
    server.serve(load, Settings.from_env(os.environ))
