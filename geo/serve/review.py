"""The review of a draft in a browser: an application of its own, for this machine and whoever has its address; the atlas has none of these routes."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from flask_babel import Babel, gettext
from werkzeug.exceptions import HTTPException

from geo.draft.choices import find_choices
from geo.draft.figuring import SURE
from geo.draft.given import Aids, DecisionError
from geo.draft.known import known_places
from geo.draft.names import COMPANY
from geo.draft.opinion import DOUBTED
from geo.draft.review import Review, ReviewError
from geo.draft.running import match_places, name_indicators
from geo.draft.said import Said
from geo.draft.writing import DraftError
from geo.draw.basemap import read_outline
from geo.errors import GeoError
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.geocode.reverse import ReverseGeocoder
from geo.ground.files import HeldError, held
from geo.serve.http.language import chosen_language
from geo.settings import PROJECT, Settings
from geo.tables.provenance import find_blocks
from geo.tables.reading import read_tables
from geo.words.phrases import KINDS, NUMBER_REASONS, SOURCE_KINDS

LOCK, COLOURS = ".review.lock", "colours.css"
TOKEN_HEADER = "X-Review-Token"  # noqa: S105 - the name of a header
# Nothing but our own files and our own answers; nothing inline, no frame, no form that goes anywhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MOST_BYTES = 256 << 10
_MOST_FOUND = 9
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# The keys of kinds and reasons, in this order: 1 to 9, then 0; a second round of reasons behind another x.
KIND_KEYS = ("platform", "cooperation_zone", "park", "town", "valley", "facility", "project", "district", "city", COMPANY)
REASON_KEYS = (
    *("title", "class", "figure_of_speech", "programme", "threshold", "size", "company", "listed", "name", "date"),
    *("ordinal", "duration", "contact", "page", "rank_scope"),
)


class ReviewHeldError(GeoError):
    """Another process reviews the same draft."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: another review of this draft is open on this machine; go on there, or end it first")


def create_review_app(settings: Settings, folder: Path, token: str) -> Flask:
    """Build the application of one review.

    Parameters
    ----------
    settings
        Of the operator: where the tables are, and the port that requests must name.
    folder
        Of the draft.
    token
        The first part of every path; sent as a header, too, by whoever changes something.

    Raises
    ------
    DraftError
        If the folder has no draft.
    ReviewHeldError
        If another process reviews it.
    TableError
        If the tables are broken.
    """
    app = Flask("geo", template_folder=str(PROJECT / "templates"), static_folder=None)
    app.config.update(BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES=str(PROJECT / "translations"), MAX_CONTENT_LENGTH=MOST_BYTES)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    Babel(app, locale_selector=chosen_language)
    # As long as the process lives: the system lets go of it, however that ends.
    holding = app.extensions["holding"] = ExitStack()
    try:
        holding.enter_context(held(folder / LOCK))
    except HeldError:
        raise ReviewHeldError(folder) from None
    tables = read_tables(settings.data)
    outline = read_outline(settings.data)
    gazetteer = Gazetteer(tables)
    reverse = ReverseGeocoder(gazetteer, outline.districts["features"])

    def district_at(lon: float, lat: float) -> str | None:
        found = reverse.reverse(lon, lat).district
        return found and found.name

    aids = Aids(partial(name_indicators, tables=tables), partial(match_places, geocoder=OfflineGeocoder(gazetteer)), district_at)
    review = Review(folder, settings.data, aids)
    known = known_places(tables)
    hosts = {f"{name}:{settings.port}" for name in ("127.0.0.1", "localhost")}

    @app.before_request
    def guard() -> None:
        # A page of another site may have a name that leads here; then the host is that name.
        if request.host not in hosts:
            abort(403, "expected the address that the command has printed")
        given = request.path.split("/")[1]
        (request.view_args or {}).pop("token", None)
        if not secrets.compare_digest(given.encode(), token.encode()):
            abort(403, "expected the address that the command has printed, with its token")
        if request.method == "POST":
            if not secrets.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode()):
                abort(403, f"expected the token in {TOKEN_HEADER}")
            if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
                abort(403, "expected a request of the page itself")
            if not isinstance(request.get_json(), dict):
                abort(400, "expected an object of JSON")

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers.extend(HEADERS)
        return response

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> Response:
        return Response(f"{error.code} {error.description}\n", error.code, mimetype="text/plain")

    @app.errorhandler(GeoError)
    def refuse(error: GeoError) -> tuple[Response, int]:
        if isinstance(error, ReviewError):
            return jsonify(code=error.code, value=""), 409
        if isinstance(error, DecisionError):
            return jsonify(code=error.code, value=error.value), 400
        return jsonify(code="draft", value=str(error)), 409

    @app.get("/<token>/")
    def page() -> str:
        names = [row.label_zh for row in tables.vocabulary]
        return render_template(
            "review.html",
            language=chosen_language(),
            title=review.document["source"]["title"],
            indicators=names,
            least_sure=SURE,
            least_doubted=DOUBTED,
            kinds=[(kind, gettext("企业（不上图）") if kind == COMPANY else gettext(KINDS[kind])) for kind in KIND_KEYS],  # type: ignore[index]
            reasons=[(reason, gettext(NUMBER_REASONS[reason])) for reason in REASON_KEYS],  # type: ignore[index]
            source_kinds=[(kind.value, gettext(phrase)) for kind, phrase in SOURCE_KINDS.items()],
        )

    @app.get("/<token>/static/<name>")
    def static_file(name: str) -> Response:
        if name == COLOURS:
            return Response(_read_colours(), mimetype=_TYPES[".css"])
        path = _FILES.get(name)
        if path is None:
            abort(404, "no such file")
        return Response(path.read_bytes(), mimetype=_TYPES[path.suffix])

    @app.get("/<token>/api/draft")
    def draft() -> Response:
        review.refresh()
        text = review.text
        return jsonify(
            text=text,
            blocks=find_blocks(text),
            document=review.document,
            choices=find_choices(text, date.fromisoformat(review.document["source"]["date"])),
        )

    @app.get("/<token>/api/outline")
    def outline_of_city() -> Response:
        return jsonify(districts=outline.districts, water=outline.water)

    @app.get("/<token>/api/known")
    def find_known() -> Response:
        """Find places of the tables whose name, or one of whose other names, has what is looked for."""
        wanted = request.args.get("q", "").strip()
        found = [(name, kind, aliases) for name, kind, aliases in known if wanted and any(wanted in written for written in (name, *aliases))]
        found.sort(key=lambda place: (not place[0].startswith(wanted), len(place[0])))
        return jsonify([{"name": name, "kind": kind, "aliases": aliases} for name, kind, aliases in found[:_MOST_FOUND]])

    @app.post("/<token>/api/claim")
    def claim() -> Response:
        body = request.get_json()
        if body.get("release"):
            review.release(str(body.get("tab")))
            return jsonify(writes=False)
        writes = review.claim(str(body.get("tab")), take=bool(body.get("take")))
        review.refresh()
        return jsonify(writes=writes, revision=review.document["review"]["revision"])

    @app.post("/<token>/api/act")
    def act() -> Response:
        body = request.get_json()
        action = body.get("action")
        if not isinstance(action, dict):
            abort(400, "expected an action")
        return jsonify(change=review.act(str(body.get("tab")), body.get("revision"), action))

    @app.post("/<token>/api/undo")
    def undo() -> Response:
        body = request.get_json()
        return jsonify(change=review.undo(str(body.get("tab")), body.get("revision")))

    @app.post("/<token>/api/accept")
    def accept() -> Response:
        body = request.get_json()
        try:
            lines = review.accept(str(body.get("tab")), body.get("revision"), write=bool(body.get("write")))
        except DraftError as error:
            return jsonify(lines=[], problems=[_said(problem) for problem in error.problems])
        return jsonify(lines=[_said(line) for line in lines], problems=[])

    return app


def _said(line: Said) -> dict[str, Any]:
    return {"code": line.code, "values": line.values}


_FILES = {path.name: path for path in (*sorted((PROJECT / "static/review").glob("*.*")), PROJECT / "static/icon.svg")}


def _read_colours() -> str:
    """Give the part of the style sheet of the atlas that only names its colours and its font: what stands before its first rule for an element."""
    return (PROJECT / "static/atlas.css").read_text(encoding="utf-8").partition("\n*, *::before")[0]
