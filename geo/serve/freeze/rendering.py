"""The whole site as files: every page is drawn by the application itself, and only where its links lead is decided here.

A link is made by ``url_for``, in templates and in code alike; an application of the class :class:`FrozenAtlas` makes it a relative one, from the file
of the page that is being drawn to the file of what it leads to.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from importlib.resources import files
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Flask, Response, abort, request

from geo.errors import FreezeError
from geo.geocode.answers import Match
from geo.ground.palette import CROWD
from geo.layers.formats import FORMATS, Download
from geo.layers.select import LAYERS, Selection
from geo.serve.application import create_app
from geo.serve.data.catalogue import REPRESENTATIONS
from geo.serve.data.density import is_dense, tiles_of
from geo.serve.http.language import chosen_language, request_wording
from geo.serve.http.responses import cacheable
from geo.serve.http.security import HEADERS, page_policy
from geo.serve.pages.reference import piece_name, reference_digest
from geo.serve.pages.state import PAGE_ROWS, comparison_keys, comparisons_digest, draw_map, word_parts, words_digest
from geo.serve.reload import sites_of
from geo.serve.site import Site, current_site, read_assets
from geo.settings import Settings
from geo.words.phrases import LANGUAGES


class FilePattern(NamedTuple):
    """Where the answers of an endpoint are written.

    Attributes
    ----------
    pattern
        A path with the endpoint's variables and ``lang``.
    is_translated
        Whether other languages than the first have a folder of their own in front of it.
    """

    pattern: str
    is_translated: bool = False


# What has no row among the files.
LEFT_OUT = (
    "/geocode, lists of the reader's own, /reverse, /healthz, /ogc; filters, in all but the page and its GeoJSON and CSV; "
    "frame-ancestors of the security policy"
)
FILES = {
    "pages.index": FilePattern("index.html", is_translated=True),
    "pages.embed": FilePattern("embed.html", is_translated=True),
    "documents.about": FilePattern("about.html", is_translated=True),
    "documents.place": FilePattern("places/{id_}.html", is_translated=True),
    "documents.card": FilePattern("places/{id_}/card.json", is_translated=True),
    "documents.source": FilePattern("sources/{id_}.html", is_translated=True),
    "changes.changes": FilePattern("changes/{since}.html", is_translated=True),
    "pages.map_script": FilePattern("assets/map-{lang}.{v}.js"),
    "pages.comparisons": FilePattern("assets/comparisons-{lang}.{v}.js"),
    "pages.words": FilePattern("assets/words-{part}-{lang}.{v}.js"),
    "reference.script": FilePattern("assets/reference-{lang}.{v}.js"),
    "reference.piece": FilePattern("assets/basemap-{name}.{v}.js"),
    "pictures.map_png": FilePattern("map.png", is_translated=True),
    "pictures.map_svg": FilePattern("map.svg", is_translated=True),
    "pictures.place_png": FilePattern("places/{id_}/map.png", is_translated=True),
    "pictures.place_svg": FilePattern("places/{id_}/map.svg", is_translated=True),
    "catalogue.layers": FilePattern("layers.{f}", is_translated=True),
    "density.about": FilePattern("density/{name}.json"),
    "density.tile": FilePattern("density/{name}/{z}/{x}/{y}"),
    "downloads.layer": FilePattern("layers/{name}.{extension}"),
    "downloads.place": FilePattern("places/{id_}.geojson"),
    "assets.asset": FilePattern("assets/{name}"),
    "frozen.attributions": FilePattern("layers/attributions.json"),
    "frozen.held": FilePattern("assets/held-{lang}.js"),
    "frozen.missing": FilePattern("404.html", is_translated=True),
}
# Leaflet's style sheet names these; nothing of ours shows them.
_LEAFLET_IMAGES = ("layers.png", "layers-2x.png", "marker-icon.png")
# Of two languages the first one stands at the root: a file server does not ask what a browser prefers.
_FIRST = next(iter(LANGUAGES))


class FrozenAtlas(Flask):
    """An application whose links lead from file to file.

    Attributes
    ----------
    public_url
        Where the files will be, with a slash at the end; ``None`` where that is not known.
    """

    public_url: str | None = None

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Give the address of a file: relative, or absolute where that is asked for and known.

        Raises
        ------
        KeyError
            If what is linked is not frozen.
        """
        values.setdefault("lang", chosen_language())
        given = {name: value for name, value in values.items() if value is not None}
        file, rest = find_file(endpoint, given)
        query = urlencode(rest, doseq=True)
        ending = (f"?{query}" if query else "") + (f"#{quote(_anchor)}" if _anchor else "")
        if _external and self.public_url:
            return self.public_url + quote(file) + ending
        if request.endpoint == "frozen.missing" and self.public_url:
            # This page is shown at any address, from where a relative link would lead anywhere.
            return urlsplit(self.public_url).path + quote(file) + ending
        # The words of a card, with their links, are shown by the map page.
        own = "pages.index" if request.endpoint == "documents.card" else str(request.endpoint)
        page, _ = find_file(own, {**(request.view_args or {}), **request.args.to_dict(), "lang": chosen_language()})
        return quote(_relative(file, page)) + ending

    def answer_address(self, endpoint: str, values: dict[str, Any]) -> str:
        """Give the address at which the application answers."""
        with self.test_request_context():
            return super().url_for(endpoint, **values)


def find_file(endpoint: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Find the file of an endpoint, and what of the values is left for the query.

    Raises
    ------
    KeyError
        If the endpoint is not frozen.
    """
    pattern, is_translated = FILES[endpoint]
    language = values["lang"]
    file = pattern.format(**values)
    rest = {name: value for name, value in values.items() if name != "lang" and f"{{{name}}}" not in pattern}
    if endpoint == "pages.index" and "page" in rest:
        # The pages of a long list are files, too, for whoever has no script to turn them.
        number = rest.pop("page")
        file = file if number == "1" else f"index-{number}.html"
    if endpoint == "pages.comparisons":
        # The digest of a comparison that comes alone is of its key, too: it tells it from the others.
        rest.pop("key", None)
    return (f"{language}/{file}" if is_translated and language != _FIRST else file), rest


def _relative(file: str, page: str) -> str:
    """Give the path of a file from the folder of another one."""
    return posixpath.relpath(f"/{file}", posixpath.dirname(f"/{page}"))


_blueprint = Blueprint("frozen", __name__)


@_blueprint.get("/404.html")
def missing() -> Response:
    """Answer as an address does that leads nowhere."""
    abort(404)


@_blueprint.get("/layers/attributions.json")
def attributions() -> Response:
    """Say which sources each place and corridor is from, so that a browser can credit what it has filtered."""
    site = current_site()
    whole = Download(LAYERS["places"], Selection(), site.atlas.layers, site.atlas.tables)
    belts = whole.corridors
    document = {
        "credits": [[source.id, whole.credit([source.id])] for source in site.atlas.tables.sources],
        "places": {id_: sorted(sources) for id_, sources in whole.sources_by_place.items()},
        "corridors": {corridor: sorted({*belts["source"][belts["corridor"] == corridor]}) for corridor in site.atlas.tables.corridor_ids},
    }
    return cacheable(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "application/json")


def parse_public_url(text: str) -> str:
    """Read the address where a site will be; it gets its slash at the end.

    Raises
    ------
    FreezeError
        If it is none, or has a query, a fragment or a password in it.
    """
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address or not re.fullmatch(r"[A-Za-z0-9:/._~%\[\]-]+", text, re.ASCII):
        raise FreezeError("--url", text, "an address such as https://example.org/atlas/")
    return text if text.endswith("/") else f"{text}/"


def render_site(settings: Settings, public_url: str | None = None) -> Iterator[tuple[str, bytes]]:
    """Draw every file of the site.

    Parameters
    ----------
    settings
        As of the server.
    public_url
        Where the files will be, for what has to be absolute: link previews and canonical addresses.

    Yields
    ------
    file, content
        Its path with slashes, and its bytes. The same data and settings give the same files in the same order.

    Raises
    ------
    TableError, SettingsError
        As of the server.
    FreezeError
        If the application does not answer as it should.
    """
    app = cast(FrozenAtlas, create_app(settings, FrozenAtlas))
    app.public_url = public_url
    app.register_blueprint(_blueprint)
    sites = sites_of(app)
    site = sites.current = _without_clock(sites.current)
    page = {"policy": _meta_policy(site), "referrer": HEADERS["Referrer-Policy"], "url": public_url}

    @app.context_processor
    def tell_templates() -> dict[str, Any]:
        endpoint = str(request.endpoint)
        is_lasting = public_url and endpoint != "frozen.missing"
        values = {**(request.view_args or {}), **request.args.to_dict()}
        canonical = app.url_for(endpoint, **values, _external=True) if is_lasting else None
        return {"frozen": {**page, "canonical": canonical}}

    client = app.test_client()
    held: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for endpoint, values in _answers(app, site):
        file, _ = find_file(endpoint, {"lang": _FIRST, **values})
        response = client.get(app.answer_address(endpoint, values), headers={"Accept": "text/html, */*;q=0.5"})
        if response.status_code != (404 if endpoint == "frozen.missing" else 200):
            raise FreezeError(file, f"answered with {response.status_code}", "an answer of the application; its log has the reason")
        yield file, response.data
        for language in LANGUAGES if _is_fetched(endpoint, values) else ():
            if values.get("lang", language) == language:
                held[language][_relative(file, find_file("pages.index", {"lang": language})[0])] = response.data.decode()
    for language, texts in held.items():
        # For a page that is opened from a disk: it may not fetch, but load a script.
        file, _ = find_file("frozen.held", {"lang": language})
        yield file, f"atlas.hold({json.dumps(texts, ensure_ascii=False)});\n".encode()
    images = files("js_lib_leaflet") / "static" / "js_lib_leaflet" / "images"
    for name in _LEAFLET_IMAGES:
        yield f"assets/images/{name}", (images / name).read_bytes()


def _is_fetched(endpoint: str, values: dict[str, Any]) -> bool:
    """Tell whether the script of the map page fetches an answer."""
    if endpoint == "downloads.layer":
        return values["name"] == "places" and values["extension"] in ("geojson", "csv")
    return endpoint in ("documents.card", "frozen.attributions")


def _without_clock(site: Site) -> Site:
    """Give a site that depends on nothing but the data: it is as old as they are, not as their files."""
    read_on = Download(LAYERS["places"], Selection(), site.atlas.layers, site.atlas.tables).date
    last_change = datetime.combine(read_on, time(), tzinfo=UTC) if read_on else site.last_change
    return replace(
        site,
        is_frozen=True,
        assets=read_assets(site.atlas.tables.corridors, is_crowded=len(site.places) > CROWD, has_tiles=bool(site.basemaps), is_frozen=True),
        last_change=last_change,
    )


def _meta_policy(site: Site) -> str:
    """Write the policy as a page itself can: who may frame it is for the server to say."""
    directives = page_policy(site.basemaps).split("; ")
    return "; ".join(directive for directive in directives if not directive.startswith("frame-ancestors"))


def _answers(app: FrozenAtlas, site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name every answer that is frozen: its endpoint and the values of its address."""
    located = [id_ for id_, answer in site.atlas.answers.items() if isinstance(answer, Match)]
    for language in LANGUAGES:
        lang = {"lang": language}
        for number in range(1, -(-len(site.places) // PAGE_ROWS) + 1):
            yield "pages.index", {**lang, **({"page": str(number)} if number > 1 else {})}
        for endpoint in ("pages.embed", "documents.about", "frozen.missing", "pictures.map_png", "pictures.map_svg"):
            yield endpoint, lang
        for representation in REPRESENTATIONS:
            yield "catalogue.layers", {"f": representation, **lang}
        for id_ in site.places:
            yield "documents.place", {"id_": id_, **lang}
            yield "documents.card", {"id_": id_, **lang}
        for id_ in located:
            yield "pictures.place_png", {"id_": id_, **lang}
            yield "pictures.place_svg", {"id_": id_, **lang}
        for id_ in site.sources:
            yield "documents.source", {"id_": id_, **lang}
        for since in list(site.atlas.tables.ages_of_sources)[:-1] if site.since else ():
            yield "changes.changes", {"since": since, **lang}
        with app.test_request_context(query_string=lang, environ_overrides={"geo.site": site}):
            yield "pages.map_script", {"v": draw_map(site, request_wording()).script.digest, **lang}
            keys: list[str] | list[None] = comparison_keys(site) or [None]
            for key in keys:
                own = {} if key is None else {"key": key}
                yield "pages.comparisons", {**own, "v": comparisons_digest(site, request_wording(), key), **lang}
            for part in word_parts(site):
                yield "pages.words", {"part": str(part), "v": words_digest(site, request_wording(), part), **lang}
        yield "reference.script", {"v": reference_digest(site, language), **lang}
    if local := site.atlas.local:
        for piece in local.pieces:
            yield "reference.piece", {"name": piece_name(piece), "v": local.digest}
    for id_ in site.places:
        yield "downloads.place", {"id_": id_}
    for layer in LAYERS:
        for extension in FORMATS:
            yield "downloads.layer", {"name": layer, "extension": extension}
    yield "frozen.attributions", {}
    if is_dense(site):
        # For other programs: the page counts what its filters leave by itself. Of a tile that holds nothing there is no file.
        yield "density.about", {"name": "places"}
        for z, x, y in tiles_of(site, LAYERS["places"]):
            yield "density.tile", {"name": "places", "z": z, "x": x, "y": y}
        yield "assets.asset", {"name": site.asset_name("density.js")}
    for name in ("early.js", "leaflet.js", "atlas.js", "later.js", "map.css", "atlas.css", "icon.svg"):
        yield "assets.asset", {"name": site.asset_name(name)}
