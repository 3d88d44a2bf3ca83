"""The application, composed: ``python app.py`` serves it, ``gunicorn 'app:create_app()'`` finds it."""

from __future__ import annotations

import logging
import os
import sys

from flask import Flask

from geo import web
from geo.errors import GeoError
from geo.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from the settings, by default those of the environment."""
    return web.create_app(settings or Settings.from_env(os.environ))


def main() -> int:
    """Serve until SIGTERM or Ctrl+C; say what is wrong and give 1 when that is not possible."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # A line a request has a form of its own, and its own stream: errors and notices stay readable beside it.
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger("geo.access")
    access.addHandler(lines)
    access.propagate = False
    try:
        settings = Settings.from_env(os.environ)
        web.serve(create_app(settings), settings)
    except GeoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
