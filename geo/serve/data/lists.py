"""A list of somebody's own over HTTP: sent, answered row by row or as a file, and forgotten.

Nothing of a list is kept, said in the log or given to anybody else. The answers come from the gazetteer: nothing leaves the server.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from flask_babel import get_translations
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import parse_form_data

from geo.errors import BadParameterError, BodyError, BusyError, DeadlineError, NotFoundError, Problem, RequestError, UnfitListError
from geo.geocode.answers import Geocoder
from geo.geocode.lists.columns import Choice
from geo.geocode.lists.corrections import Corrections, check_rows, read_corrections
from geo.geocode.lists.documents import answered_rows, choose, list_document, summary_document, write_list
from geo.geocode.lists.reading import read_list
from geo.geocode.lists.rows import Fault, List, ListError, ListFile, Reading
from geo.ground.files import read_regular
from geo.serve.data.density import OwnDensity, is_handed, own_document
from geo.serve.http.addresses import check_origin
from geo.serve.http.limits import LIST_TURNS, LISTS, LONG, SHORT, current_client, in_turn_for
from geo.serve.http.problems import failure_document, problem_document
from geo.serve.http.responses import notes
from geo.serve.http.sending import Held
from geo.serve.site import current_site

MOST_BYTES = 32 << 20
MOST_UNZIPPED = 256 << 20
MOST_ROWS = 200_000
NDJSON = "application/x-ndjson"
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
}
_ANSWERS = ("rows", "preview", *FILES)
# What a body may be that is the list itself, and how its name would end.
_KINDS = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "text/plain": ".txt",
    FILES["xlsx"]: ".xlsx",
}
_FORM = "multipart/form-data"
_FIELDS = ("column", "admin_column", "sheet", "skip", "encoding")
_MOST_TEXT = 500
_MOST_FIELDS, _MOST_PARTS = 100_000, 1100
_BLOCK = 1 << 16
_STATUS = {Fault.KIND: 415, Fault.TOO_LARGE: 413}
# Others may be served between two pieces of a list; a crowd of them passes.
_TRIES = 10

blueprint = Blueprint("lists", __name__)


class _Sent(NamedTuple):
    """What was sent: a list, how to read it, which columns to ask, and corrections."""

    file: ListFile
    reading: Reading
    columns: tuple[str, ...]
    admin_column: str | None
    corrections: bytes


class Handed(NamedTuple):
    """A list of whoever started the server on their own machine, for the page that is opened with it.

    Attributes
    ----------
    path
        The file.
    token
        What the page shows to be given it: nobody else knows it.
    """

    path: Path
    token: str


@blueprint.post("/own-list/handed")
def handed_list() -> Response:
    """Give the list that the server was started with to the page that was opened with it; of a long one, where it is counted."""
    check_origin(request)
    counted: OwnDensity | None = current_app.config.get("OWN_DENSITY")
    if counted is not None and is_handed(counted.token):
        return _own(json.dumps(own_document(counted), ensure_ascii=False), "application/json")
    handed: Handed | None = current_app.config.get("HANDED_LIST")
    if handed is None or not is_handed(handed.token):
        raise NotFoundError("no list was handed to this page; python -m geo map opens one with it")
    response = _own(read_regular(handed.path, MOST_BYTES), "application/octet-stream")
    response.headers["X-Atlas-Name"] = quote(handed.path.name, safe="")
    return response


@blueprint.post("/geocode/list")
def geocode_list() -> Response:
    """Answer a list: row by row as it goes, with a look at it before, or as a file."""
    check_origin(request)
    answer, client = _wanted(), current_client()
    geocoder = current_site().atlas.geocoder
    with ExitStack() as held:
        held.enter_context(LIST_TURNS.taken(client, LISTS))
        until = time.monotonic() + LISTS.limit_s
        sent = _receive(until)
        with _as_refusals(), in_turn_for(client, LONG):
            list_ = read_list(sent.file, sent.reading)
            if list_.rows is not None:
                _check_rows(list_, list_.rows)
            choosing = choose(list_, sent.columns, sent.admin_column)
            document = list_document(list_, choosing)
            corrections_file = ListFile("corrections.csv", content=sent.corrections)
            corrections = read_corrections(read_list(corrections_file, Reading(skip=0))) if sent.corrections else {}
            if answer == "preview":
                return _own(json.dumps(document, ensure_ascii=False), "application/json")
            if choosing.choice is None:
                assert choosing.problem
                raise choosing.problem
        turn = partial(_patient_turn, client, until)
        if answer != "rows":
            with _as_refusals():
                translate = get_translations().ugettext if "lang" in request.args else str
                content = write_list(list_, choosing.choice, geocoder, corrections, f".{answer}", turn, translate)
            response = _own(content, FILES[answer])
            name = f"{PurePosixPath(list_.name).stem}.{answer}"
            response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
            return response
        lines = _lines(list_, document, choosing.choice, geocoder, corrections, turn, held.pop_all())
    notes()["streamed"] = True
    response = _own(lines, NDJSON)
    # A proxy that waits for the end of an answer would keep its progress back.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _lines(
    list_: List, document: dict[str, Any], choice: Choice, geocoder: Geocoder, corrections: Corrections, turn: Callable[[], Any], held: ExitStack
) -> Held:
    path = request.path

    def lines() -> Iterator[bytes]:
        yield _line(document)
        count = 0
        try:
            with _as_refusals():
                for rows in answered_rows(list_, choice, geocoder, corrections, turn):
                    count += len(rows)
                    _check_rows(list_, count)
                    yield _line({"kind": "rows", "rows": rows})
                check_rows(corrections, count)
        except RequestError as error:
            yield _line({"kind": "problem", **problem_document(error)})
            return
        except RuntimeError as error:
            yield _line({"kind": "problem", **failure_document(error, path)})
            return
        yield _line(summary_document(list_, count))

    return Held(lines(), held)


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _wanted() -> str:
    for name in request.args:
        if name not in ("f", "lang"):
            raise BadParameterError(name, request.args[name], "one of f, lang: what a list is read with is sent beside it", ("f", "lang"))
    wanted = request.args.get("f", "rows")
    if wanted not in _ANSWERS:
        raise BadParameterError("f", wanted, f"one of {', '.join(_ANSWERS)}", _ANSWERS)
    return wanted


def _receive(until: float) -> _Sent:
    """Read what is sent, up to where it is too much."""
    if request.mimetype in _KINDS:
        return _Sent(ListFile(f"list{_KINDS[request.mimetype]}", content=_not_empty(_read_body(until))), _reading({}), (), None, b"")
    if request.mimetype != _FORM:
        expected = f"{_FORM} with a part named file, or the list itself as {', '.join(_KINDS)}"
        raise UnfitListError(415, Fault.KIND, Problem("Content-Type", 0, "", request.mimetype, expected))
    body = _read_body(until)
    environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": request.content_type, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    try:
        _, form, files = parse_form_data(environ, _in_memory, max_form_memory_size=_MOST_FIELDS, max_form_parts=_MOST_PARTS)
    except RequestEntityTooLarge:
        raise BodyError(f"the fields beside the list are too large; expected {_MOST_FIELDS} bytes and {_MOST_PARTS} parts at most") from None
    return _read_form(form, files)


def _in_memory(*_given: object, **_named: object) -> io.BytesIO:
    """Hold a part where no part of a list is put on a disk."""
    return io.BytesIO()


def _read_body(until: float) -> bytes:
    too_large = BodyError(f"the body is too large; expected {MOST_BYTES >> 20} MB at most")
    stated = request.content_length
    if stated is not None and stated > MOST_BYTES:
        raise too_large
    pieces, size = list[bytes](), 0
    sent = request.environ["wsgi.input"]
    while (stated is None or size < stated) and (piece := sent.read(_BLOCK if stated is None else min(_BLOCK, stated - size))):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise too_large
        if time.monotonic() > until:
            raise DeadlineError(LISTS.limit_s)
    return b"".join(pieces)


def _read_form(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> _Sent:
    for name in {*form, *files}:
        if name not in (*_FIELDS, "file", "corrections"):
            allowed = ("file", "corrections", *_FIELDS)
            raise BadParameterError(name, "", f"one of {', '.join(allowed)}", allowed)
    sent = files.get("file")
    if sent is None:
        raise UnfitListError(422, Fault.KIND, Problem(_FORM, 0, "", "", "a part named file, with the list and its name"))
    given = {name: form[name] for name in _FIELDS if name in form and name != "column"}
    columns = tuple(form.getlist("column"))
    for name, value in [*given.items(), *(("column", column) for column in columns)]:
        if len(value) > _MOST_TEXT:
            raise BadParameterError(name, value, f"{_MOST_TEXT} characters at most")
    # The name may be a path of the sender's machine, in the form of any system.
    name = PurePosixPath((sent.filename or "").replace("\\", "/")).name[-200:]
    if not PurePosixPath(name).suffix:
        name = f"{name or 'list'}{_KINDS.get(sent.mimetype, '')}"
    corrections = files["corrections"].read() if "corrections" in files else b""
    return _Sent(ListFile(name, content=_not_empty(sent.read())), _reading(given), columns, given.get("admin_column") or None, corrections)


def _reading(given: dict[str, str]) -> Reading:
    skip = given.get("skip") or None
    if skip is not None and not (skip.isascii() and skip.isdecimal() and len(skip) < 4):
        raise BadParameterError("skip", skip, "how many rows stand above the headings, such as 2")
    return Reading(given.get("encoding") or None, given.get("sheet") or None, None if skip is None else int(skip), MOST_UNZIPPED)


def _not_empty(content: bytes) -> bytes:
    if not content:
        raise UnfitListError(422, Fault.HEADING, Problem("file", 0, "", "0 bytes", "a list with headings and rows"))
    return content


def _check_rows(list_: List, rows: int) -> None:
    if rows > MOST_ROWS:
        expected = f"at most {MOST_ROWS}; the command line takes any number"
        raise UnfitListError(413, Fault.TOO_LARGE, Problem(list_.name, 0, "", f"{rows} rows", expected))


@contextmanager
def _patient_turn(client: str, until: float) -> Iterator[None]:
    """Take a turn for a piece of a list, and ask again where others have more right to it."""
    for left in reversed(range(_TRIES)):
        if time.monotonic() > until:
            raise DeadlineError(LISTS.limit_s)
        with ExitStack() as taken:
            try:
                taken.enter_context(in_turn_for(client, SHORT))
            except BusyError:
                if not left:
                    raise
                continue
            yield
            return


@contextmanager
def _as_refusals() -> Iterator[None]:
    """Say what is wrong with a list to who has sent it, and let nothing of it into the log where the fault is ours."""
    try:
        yield
    except ListError as error:
        raise UnfitListError(_STATUS.get(error.fault, 422), error.fault, error.problem) from None
    except (RequestError, GeneratorExit):
        raise
    except Exception as error:  # noqa: BLE001 - raised again, without what it says
        # What an error of a library says may hold a cell.
        raise RuntimeError(f"{type(error).__name__} while a list was read").with_traceback(error.__traceback__) from None


def _own(content: str | bytes | Held, media_type: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    return response
