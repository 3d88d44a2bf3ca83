"""The application, composed: ``python app.py`` serves it; for another server ``create_app()`` builds it, and ``load()`` in a process that answers.

The atlas is loaded where it is used: a process that only looks after the one that answers does not hold it.
"""

from __future__ import annotations

import logging.config
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from geo.errors import GeoError
from geo.serve.server import serve
from geo.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

# A line a request has a form of its own, and its own stream: errors and notices stay readable beside it.
LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"notice": {"format": "%(asctime)s %(levelname)s %(message)s"}, "line": {"format": "%(message)s"}},
    "handlers": {
        "notices": {"class": "logging.StreamHandler", "formatter": "notice", "stream": "ext://sys.stderr"},
        "lines": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"},
    },
    "root": {"level": "INFO", "handlers": ["notices"]},
    # ezdxf tells of every drawing that it writes.
    "loggers": {"geo.access": {"handlers": ["lines"], "propagate": False}, "ezdxf": {"level": "WARNING"}},
}


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from the settings, by default those of the environment."""
    from geo.serve import application

    return application.create_app(settings or Settings.from_env(os.environ))


def load(settings: Settings | None = None) -> Flask:
    """Build the application in the process that answers, which has a log of its own, with its first answers made."""
    from geo.serve.application import make_ready

    logging.config.dictConfig(LOG)
    app = create_app(settings)
    make_ready(app)
    return app


def main() -> int:
    """Serve until SIGTERM or Ctrl+C; say what is wrong and give 1 when that is not possible."""
    logging.config.dictConfig(LOG)
    try:
        settings = Settings.from_env(os.environ)
        serve(partial(load, settings), settings)
    except GeoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
