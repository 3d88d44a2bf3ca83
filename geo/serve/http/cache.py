"""What stands before the views: each request gets one site for all of its answer, and is answered from what is kept where it can be."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from werkzeug.http import parse_date, unquote_etag

from geo.serve.http.conditions import CONDITIONS, evaluate
from geo.serve.http.negotiation import CODINGS, IDENTITY, Coding, choose_coding, choose_language, shorten_types
from geo.serve.http.problems import has_body, refuse
from geo.serve.http.ranges import RangeError, find_parts, is_in_parts, join_parts, wanted_tag
from geo.serve.http.sending import send
from geo.serve.http.store import COMPRESSED, USUAL, Answer, Asked, compress
from geo.serve.reload import Sites
from geo.serve.site import Site
from geo.words.phrases import LANGUAGES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# The keys of an environment with which the application and what stands before it speak: the site, and what is to be known about the answer.
SITE, NOTES = "geo.site", "geo.notes"
# Of RFC 9110 and RFC 5789, and QUERY, which is about to be one; large and small letters differ, which Werkzeug passes over. The application says
# which of them it takes.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})
# What a 304 does not say, as it has no content.
_OF_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-language", "content-disposition"})
# How many of the latest answers are made anew for a new site before it is served, and after how many seconds the next one is left to who asks for it.
_PREPARED, _PREPARED_S = 64, 1.0
# The coding that browsers like best.
_BROTLI = choose_coding("br")


class Front:
    """Answers from what is kept, and keeps what the application answers.

    Every GET answer is a function of the site, of what :class:`geo.serve.http.store.Asked` has and of the content coding; the application is given
    nothing else, so that it cannot depend on more.

    Parameters
    ----------
    application
        The views, as WSGI application.
    sites
        Which site is served.
    url
        Where the first visitor is expected.
    """

    def __init__(self, application: WSGIApplication, sites: Sites, url: str) -> None:
        self._application = application
        self._sites = sites
        self._expected = urlsplit(url)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        self._sites.watch()
        # For the whole of the request, whatever happens meanwhile: a body is never made from two versions of the data.
        site: Site = environ.setdefault(SITE, self._sites.current)
        notes = environ.setdefault(NOTES, {})
        if environ["REQUEST_METHOD"] not in _METHODS:
            return refuse(start_response, 501, f"no method {environ['REQUEST_METHOD'][:80]!r}; GET and HEAD are, in capital letters")
        coding = choose_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding == (IDENTITY, True):
            return refuse(start_response, 406, f"expected Accept-Encoding to have one of {', '.join(CODINGS)}, or identity")
        if environ["REQUEST_METHOD"] == "POST":
            return self._answer_post(environ, coding, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or has_body(environ):
            return _pass_on(self._run(environ), environ, coding, start_response)
        asked = Asked(
            scheme=environ["wsgi.url_scheme"],
            host=environ.get("HTTP_HOST", ""),
            prefix=environ.get("SCRIPT_NAME", ""),
            path=environ.get("PATH_INFO", ""),
            query=environ.get("QUERY_STRING", ""),
            language=choose_language(environ.get("HTTP_ACCEPT_LANGUAGE", "")),
            accept=shorten_types(environ.get("HTTP_ACCEPT", "")),
        )
        answer = site.answers.find(asked)
        if answer is None:
            given = {name: value for name, value in environ.items() if name not in CONDITIONS}
            given |= {"REQUEST_METHOD": "GET", "HTTP_ACCEPT": asked.accept, "HTTP_ACCEPT_LANGUAGE": asked.language}
            with site.answers.made_once(asked) as making:
                if making.done():
                    done, answer, noted = making.result()
                    # On what the answer depends, and the incident if it failed.
                    notes.update(noted)
                else:
                    done = self._run(given)
                    answer = _as_answer(done, notes)
                    # Who was refused, was refused alone: the others have a turn of their own.
                    if not done.status.startswith("503"):
                        making.set_result((done, answer, notes))
            if answer is None:
                return _pass_on(done, environ, coding, start_response)
            site.answers.keep(asked, answer, _varies(done, notes), is_shared="shared" in notes and "host" not in notes)
        return _send(answer, site, asked, coding, environ, start_response)

    def _answer_post(self, environ: WSGIEnvironment, coding: Coding, start_response: StartResponse) -> Iterable[bytes]:
        """Pass an answer on that nobody else is given: as it is made, piece by piece, where it says that it takes its time."""
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:  # noqa: ARG001 - as WSGI has it
            began.append((status, headers))
            return None

        try:
            given = self._application(environ, note)
        finally:
            # As in :meth:`_run`; what is made piece by piece has all it needs.
            environ.pop(SITE, None)
        if began and environ[NOTES].get("streamed"):
            start_response(*began[-1])
            return given
        return _pass_on(_collect(given, began), environ, coding, start_response)

    def prepare(self, site: Site, before: Site | None) -> None:
        """Make the first answers of a site before it is served: what every visit needs, and what the site before it answered last.

        Raises
        ------
        RuntimeError
            If one of them fails: such a site had better not be served.
        """
        made: set[str] = set()
        for language in LANGUAGES:
            page = self._make_first(site, before, "/", language)
            links = " ".join(value for name, value in page.headers if name == "Link") if page else ""
            # What it tells a browser to fetch with it; some of it in both languages.
            for address in dict.fromkeys(re.findall("<(.*?)>", links)).keys() - made:
                self._make_first(site, before, address.removeprefix(self._expected.path), language)
                made.add(address)
        until = time.monotonic() + _PREPARED_S
        for asked in before.answers.latest(_PREPARED) if before else ():
            # Who has edited a table waits for it.
            if time.monotonic() > until:
                break
            self._make(site, asked, times=2)

    def _make_first(self, site: Site, before: Site | None, address: str, language: str) -> Answer | None:
        """Make an answer as the first browser is going to ask for it, of the first site compressed: that takes longer than the rest of a visit."""
        scheme, host, prefix, *_ = self._expected
        path, _, query = address.partition("?")
        asked = Asked(scheme, host, prefix, path, query, language, "")
        answer = self._make(site, asked, times=2)
        if answer is None:
            return None
        if before is None:
            answer.coded(_BROTLI)
        # Who has edited a table waits for it: what is the same is compressed already, and the rest is when it is asked for.
        elif earlier := before.answers.find(asked):
            answer.take_over(earlier)
        return answer

    def _make(self, site: Site, asked: Asked, times: int = 1) -> Answer | None:
        """Make an answer, and keep it as if it had been asked for so many times; nothing where it is none to keep."""
        notes: dict[str, Any] = {}
        done = self._run(_environment(asked) | {SITE: site, NOTES: notes})
        if done.status.startswith("500"):
            raise RuntimeError(f"{asked.path} is answered with {done.status}: incident {notes.get('incident')}")
        answer = _as_answer(done, notes)
        if answer is not None:
            for _ in range(times):
                site.answers.keep(asked, answer, _varies(done, notes), is_shared="shared" in notes and "host" not in notes)
        return answer

    def _run(self, environ: WSGIEnvironment) -> _Done:
        """Ask the application, and part the request from the site: what is left of a request is garbage that waits for its collection."""
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: object = None, /) -> Any:  # noqa: ARG001 - as WSGI has it
            began.append((status, headers))
            return None

        try:
            return _collect(self._application(environ, note), began)
        finally:
            environ.pop(SITE, None)


class _Done(NamedTuple):
    """What the application answered.

    Attributes
    ----------
    status, headers, body
        As it gave them.
    named
        The values of the headers by their names in small letters.
    """

    status: str
    headers: list[tuple[str, str]]
    named: Mapping[str, str]
    body: bytes


def _collect(given: Iterable[bytes], began: Sequence[tuple[str, list[tuple[str, str]]]]) -> _Done:
    """Take an answer to its end."""
    try:
        chunks = list(given)
    finally:
        close = getattr(given, "close", None)
        if close:
            close()
    status, headers = began[-1]
    named: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        named[key] = f"{named[key]}, {value}" if key in named else value
    return _Done(status, headers, named, chunks[0] if len(chunks) == 1 else b"".join(chunks))


def _environment(asked: Asked) -> WSGIEnvironment:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": asked.prefix,
        "PATH_INFO": asked.path,
        "QUERY_STRING": asked.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": asked.host,
        "HTTP_ACCEPT": asked.accept,
        "HTTP_ACCEPT_LANGUAGE": asked.language,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": asked.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _as_answer(done: _Done, notes: dict[str, Any]) -> Answer | None:
    """Make an answer to keep; nothing of what failed or says of itself that it must not be kept."""
    etag, _ = unquote_etag(done.named.get("etag"))
    if not done.status.startswith("200") or etag is None:
        return None
    media_type = done.named.get("content-type", "").partition(";")[0]
    headers = tuple((name, value) for name, value in done.headers if name.lower() not in ("etag", "content-length", "vary"))
    vary = done.named.get("vary")
    # Said of what is never compressed as well: whether it is depends on its type alone, and caches need not know that.
    headers += (("Vary", f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"),)
    return Answer(headers, done.body, etag, _parse_date(done.named.get("last-modified")), media_type, notes.get("quality", USUAL))


@lru_cache(maxsize=16)
def _parse_date(text: str | None) -> datetime | None:
    """Read a date; all answers of a site have the same."""
    return parse_date(text)


def _varies(done: _Done, notes: dict[str, Any]) -> Sequence[str]:
    vary = [field.strip().lower() for field in done.named.get("vary", "").split(",")]
    fields = {"accept": "accept", "accept-language": "language"}
    return [*(fields[field] for field in vary if field in fields), *(["host"] if "host" in notes else [])]


def _send(answer: Answer, site: Site, asked: Asked, coding: Coding, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    size = answer.size
    if is_in_parts(environ) and not coding.is_needed and wanted_tag(environ) != f"{answer.etag}:{coding.name}":
        # Parts are of what goes over the wire, and nobody can decode a piece from the middle: a file is read by its own bytes.
        coding = Coding(IDENTITY)
    used, body = answer.coded(coding)
    if answer.size != size:
        site.answers.note_size(asked)
    etag = f"{answer.etag}:{used}" if used != IDENTITY else answer.etag
    headers = [*answer.headers, ("ETag", f'"{etag}"'), ("Accept-Ranges", "bytes")]
    status = evaluate(environ, etag, answer.last_modified)
    if status == 304:
        start_response("304 NOT MODIFIED", [(name, value) for name, value in headers if name.lower() not in _OF_CONTENT])
        return []
    if status == 412:
        return refuse(start_response, 412, f'the answer has the ETag "{etag}" now')
    if used != IDENTITY:
        headers.append(("Content-Encoding", used))
    try:
        # All forms of an answer have one date: it says which one a client has only where there is one.
        parts = find_parts(environ, len(body), etag, answer.last_modified if answer.media_type not in COMPRESSED else None)
    except RangeError as error:
        open_to = [(name, value) for name, value in answer.headers if name.lower().startswith("access-control-")]
        return refuse(start_response, 416, str(error), (("Content-Range", f"bytes */{len(body)}"), *open_to))
    status_line = "206 PARTIAL CONTENT" if parts else "200 OK"
    if parts and len(parts) == 1:
        headers.append(("Content-Range", parts[0].said_of(len(body))))
        body = body[parts[0].start : parts[0].stop]
    elif parts:
        media_type = next(value for name, value in headers if name.lower() == "content-type")
        body = join_parts(body, parts, media_type, answer.etag)
        headers = [pair for pair in headers if pair[0].lower() != "content-type"]
        headers.append(("Content-Type", f"multipart/byteranges; boundary={answer.etag}"))
    headers.append(("Content-Length", str(len(body))))
    return send(status_line, headers, body, environ, start_response)


def _pass_on(done: _Done, environ: WSGIEnvironment, coding: Coding, start_response: StartResponse) -> Iterable[bytes]:
    """Give what is not kept, compressed where that is worth anything."""
    headers, body = [(name, value) for name, value in done.headers if name.lower() != "content-length"], done.body
    is_worth_it = done.named.get("content-type", "").partition(";")[0] in COMPRESSED and len(body) > 500
    if coding.name != IDENTITY and body and (is_worth_it or coding.is_needed):
        body = compress(body, coding.name)
        headers.append(("Content-Encoding", coding.name))
    if not any(name.lower() == "vary" for name, _ in headers):
        headers.append(("Vary", "Accept-Encoding"))
    else:
        headers = [(name, f"{value}, Accept-Encoding" if name.lower() == "vary" else value) for name, value in headers]
    headers.append(("Content-Length", str(len(body))))
    return send(done.status, headers, body, environ, start_response)
