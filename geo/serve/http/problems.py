"""Errors as answers: problem documents (RFC 9457) for data, a page for people; never a stack trace."""

from __future__ import annotations

import json
import logging
import string
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from geo.errors import (
    BadParameterError,
    BodyError,
    BusyError,
    DeadlineError,
    NotFoundError,
    OriginError,
    QueryTooLongError,
    RequestError,
    UnfitListError,
)
from geo.serve.http.responses import notes
from geo.serve.http.security import HEADERS, POLICY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STATUS = {
    BadParameterError: 400,
    OriginError: 403,
    NotFoundError: 404,
    BodyError: 413,
    QueryTooLongError: 414,
    BusyError: 503,
    DeadlineError: 503,
}
TITLES = {
    400: "Bad parameter",
    403: "Not from another page",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    412: "Precondition failed",
    413: "Body not accepted",
    414: "Query too long",
    415: "Kind of body not accepted",
    416: "Range not satisfiable",
    422: "List not understood",
    431: "Headers too large",
    500: "Internal error",
    501: "Not implemented",
    503: "Too much at once",
}
MAX_QUERY_BYTES = 2000


class QueryInAscii:
    """Percent-encodes the bytes of a query that are not ASCII, which a browser never sends and Werkzeug does not read.

    Parameters
    ----------
    application
        The WSGI application to pass the request on to.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=string.printable)
        return self._application(environ, start_response)


def has_body(environ: WSGIEnvironment) -> bool:
    """Tell whether a request has a body."""
    return environ.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ


def refuse(start_response: StartResponse, status: int, detail: str, headers: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    """Refuse a request before it reaches a view, with a problem document.

    Parameters
    ----------
    start_response
        As WSGI has it.
    status, detail
        What is wrong.
    headers
        More of the answer's.
    """
    body = _document(status, detail)
    own = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        **HEADERS,
    }
    start_response(f"{status} {HTTP_STATUS_CODES[status].upper()}", [*own.items(), *headers])
    return [body]


def init_app(app: Flask) -> None:
    """Answer every error of the application, and refuse overlong queries before they are read."""

    @app.before_request
    def refuse_overlong_query() -> None:
        if len(request.query_string) > MAX_QUERY_BYTES:
            raise QueryTooLongError(f"the query has {len(request.query_string)} bytes; expected {MAX_QUERY_BYTES} at most")

    @app.before_request
    def refuse_body() -> None:
        # Who sends one with a method that is not allowed is told about the method.
        if has_body(request.environ) and request.routing_exception is None and request.method != "POST":
            raise BodyError

    @app.errorhandler(RequestError)
    def answer_request_error(error: RequestError) -> Response:
        response = _problem(status_of(error), str(error), _extra(error))
        if isinstance(error, BusyError | DeadlineError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> Response:
        # Werkzeug keeps the error of an address that leads nowhere with the request, and with it all that was called: see geo.ground.garbage.
        error.__traceback__ = error.__context__ = None
        status = error.code or 500
        response = _problem(status, error.description or error.name, is_own=error.description != type(error).description)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def answer_unknown_error(error: Exception) -> Response:
        document = failure_document(error, request.path)
        notes()["incident"] = document["incident"]
        return _problem(500, str(document["detail"]), {"incident": document["incident"]})


def status_of(error: RequestError) -> int:
    """Return the status of the answer to a request that cannot be answered."""
    return error.status if isinstance(error, UnfitListError) else STATUS[type(error)]


def problem_document(error: RequestError) -> dict[str, object]:
    """Say what is wrong, where the answer has begun already."""
    status = status_of(error)
    return {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": str(error), **_extra(error)}


def failure_document(error: Exception, path: str) -> dict[str, object]:
    """Write a failure of ours to the log, and say under which number it stands there."""
    incident = uuid.uuid4().hex[:12]
    logging.getLogger("geo").error("incident %s at %s", incident, path, exc_info=error)
    detail = f"The server failed on this request; its log has the details under the incident number {incident}"
    return {"type": "about:blank", "title": TITLES[500], "status": 500, "detail": detail, "incident": incident}


def _extra(error: RequestError) -> dict[str, object]:
    if isinstance(error, BadParameterError):
        return {"parameter": error.parameter, **({"allowed": list(error.allowed)} if error.allowed else {})}
    if isinstance(error, UnfitListError):
        problem = error.problem
        return {"fault": error.fault, "line": problem.line, "column": problem.column, "value": problem.value, "expected": problem.expected}
    return {}


def _problem(status: int, detail: str, extra: dict[str, object] | None = None, *, is_own: bool = True) -> Response:
    """Say what is wrong: to a browser on a page, in its reader's language and with the detail where it is our own, to a program in a document."""
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "application/geo+json", "text/html"])
    # A browser names text/html first; a program that names nothing gets the document.
    if best == "text/html" and request.accept_mimetypes["text/html"] > request.accept_mimetypes["application/problem+json"]:
        page = render_template("error.html", status=status, detail=detail if is_own else None)
        response = Response(page, status=status, content_type="text/html; charset=utf-8")
    else:
        response = Response(_document(status, detail, extra), status=status, content_type="application/problem+json")
    response.vary.update(("Accept", "Accept-Language"))
    response.headers["Cache-Control"] = "no-store"
    return response


def _document(status: int, detail: str, extra: Mapping[str, object] | None = None) -> bytes:
    document = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail, **(extra or {})}
    return json.dumps(document, ensure_ascii=False).encode()
