"""The atlas over HTTP: pages, downloads, assets and clear answers to bad requests."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import Any

from flask import Flask, has_request_context
from flask_babel import Babel
from jinja2 import Template
from jinja2.runtime import Context

from geo.draw.script import COMPACT
from geo.ground.allocator import give_memory_back
from geo.ground.garbage import collect_all, set_apart
from geo.serve import ogc
from geo.serve.data import catalogue, density, description, downloads, geocoding, lists
from geo.serve.http import problems, security
from geo.serve.http.addresses import Addresses, believe_proxies
from geo.serve.http.cache import Front
from geo.serve.http.language import chosen_language
from geo.serve.http.log import AccessLog
from geo.serve.http.responses import notes
from geo.serve.pages import assets, changes, documents, pictures, reference
from geo.serve.pages import lists as own_list
from geo.serve.pages import map as map_page
from geo.serve.reload import Sites, sites_of
from geo.settings import PROJECT, Settings

# How long a thread runs before it lets another one run; Python's own 5 ms are fifty kept answers.
TURN_S = 0.0005


class AtlasApp(Flask):
    """A Flask application that notes which answers hold the address under which the server was asked: those are not given under another one."""

    def url_for(self, endpoint: str, **values: Any) -> str:
        """Build an address."""
        if values.get("_external") and has_request_context():
            notes()["host"] = True
        return super().url_for(endpoint, **values)


# The contexts of the page that is being written: its own, and those of what it imports and includes.
_contexts: ContextVar[list[Context]] = ContextVar("contexts")


class PagesTemplate(Template):
    """A template of which nothing is left that refers to the data: a macro and its context refer to each other, and wait for their collection."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """Write the page."""
        token = _contexts.set([])
        try:
            return super().render(*args, **kwargs)
        finally:
            for context in _contexts.get():
                context.parent.clear()
                context.vars.clear()
            _contexts.reset(token)

    def new_context(self, *args: Any, **kwargs: Any) -> Context:
        """Make what the names of a template stand for."""
        context = super().new_context(*args, **kwargs)
        if (contexts := _contexts.get(None)) is not None:
            contexts.append(context)
        return context


def create_app(settings: Settings, kind: type[Flask] = AtlasApp) -> Flask:
    """Build the application; the data are read here, and again when they change.

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
    app.config.update(BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES=str(PROJECT / "translations"))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.policies["json.dumps_kwargs"] = COMPACT  # Unsorted: the order of a table is the order of the page.
    app.jinja_env.template_class = PagesTemplate
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=chosen_language)
    sites = app.extensions["sites"] = Sites(settings)
    app.register_blueprint(map_page.blueprint)
    app.register_blueprint(documents.blueprint)
    app.register_blueprint(changes.blueprint)
    app.register_blueprint(catalogue.blueprint)
    app.register_blueprint(downloads.blueprint)
    app.register_blueprint(pictures.blueprint)
    app.register_blueprint(reference.blueprint)
    app.register_blueprint(own_list.blueprint)
    app.register_blueprint(geocoding.blueprint)
    app.register_blueprint(description.blueprint)
    app.register_blueprint(lists.blueprint)
    app.register_blueprint(density.blueprint)
    app.register_blueprint(density.own_blueprint)
    app.register_blueprint(ogc.blueprint)
    app.register_blueprint(assets.blueprint)
    problems.init_app(app)
    app.config["FRAME_ANCESTORS"] = settings.frame_ancestors
    security.init_app(app, sites.current.basemaps, settings.frame_ancestors)
    # From the inside to the outside: what is kept, queries that are not ASCII, the address, the log, and who really asks.
    front = Front(app.wsgi_app, sites, settings.url or f"http://{settings.host}:{settings.port}")
    sites.prepare = front.prepare
    logged = AccessLog(Addresses(problems.QueryInAscii(front), settings.url))
    app.wsgi_app = believe_proxies(logged, settings)  # type: ignore[assignment, method-assign]
    return app


def make_ready(app: Flask) -> None:
    """Make the first answers and look for changes from now on: in the process that answers, before it is asked for anything.

    From then on threads take turns often: a kept answer takes a tenth of a millisecond, and would wait 5 ms for each thread that makes another one.

    Raises
    ------
    RuntimeError
        If one of the first answers fails.
    """
    give_memory_back()
    sites = sites_of(app)
    set_apart()
    sites.prepare(sites.current, None)
    collect_all()
    set_apart()
    sites.watch()
    sys.setswitchinterval(TURN_S)
