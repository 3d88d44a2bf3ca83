"""The atlas over HTTP: pages, downloads, assets and clear answers to bad requests."""

from __future__ import annotations

import errno
import logging

import waitress
from flask import Flask
from flask_babel import Babel
from flask_compress import Compress

from geo.errors import PortInUseError, SettingsError
from geo.settings import PROJECT, Settings
from geo.web import assets, catalogue, downloads, geocoding, ogc, pages, pictures, problems, security
from geo.web.language import chosen_language
from geo.web.site import build_site


def create_app(settings: Settings, kind: type[Flask] = Flask) -> Flask:
    """Build the application; the data are read once, here.

    Parameters
    ----------
    settings
        Of the operator.
    kind
        What makes its links: Flask itself, for a server.

    Raises
    ------
    TableError
        If the tables are broken; with every problem.
    SettingsError
        If a basemap cannot be offered as the settings say.
    """
    app = kind("geo", template_folder=str(PROJECT / "templates"), static_folder=None)
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_TRANSLATION_DIRECTORIES=str(PROJECT / "translations"),
        COMPRESS_ALGORITHM=["br", "zstd", "gzip"],
        COMPRESS_MIMETYPES=[
            "text/html",
            "image/svg+xml",
            "text/css",
            "text/javascript",
            "application/json",
            "application/ld+json",
            "application/geo+json",
            "application/problem+json",
            "application/schema+json",
            "application/vnd.oai.openapi+json",
        ],
        # A view has set its own ETag; the compressed form gets one of its own, and 304 is decided after that.
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=True,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.policies["json.dumps_kwargs"] = {}  # The order of a table is the order of the page.
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=chosen_language)
    Compress(app)
    site = app.extensions["site"] = build_site(settings)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(catalogue.blueprint)
    app.register_blueprint(downloads.blueprint)
    app.register_blueprint(pictures.blueprint)
    app.register_blueprint(geocoding.blueprint)
    app.register_blueprint(ogc.blueprint)
    app.register_blueprint(assets.blueprint)
    problems.init_app(app)
    security.init_app(app, site.basemaps, settings.frame_ancestors)
    return app


def serve(app: Flask, settings: Settings) -> None:
    """Serve the application with waitress until it is interrupted.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    SettingsError
        If the host is no address of this machine.
    """
    try:
        server = waitress.create_server(app, host=settings.host, port=settings.port, ident=None)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(settings.host, settings.port) from None
        raise SettingsError("GEO_HOST", settings.host, f"an address of this machine ({error.strerror})") from None
    except ValueError:
        raise SettingsError("GEO_HOST", settings.host, "an address or a name of this machine") from None
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    logging.getLogger("geo").info("The atlas is at http://%s:%d/ (Ctrl+C stops it)", host, settings.port)
    server.run()
