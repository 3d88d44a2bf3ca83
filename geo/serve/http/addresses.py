"""Under which address the atlas was asked: the Host of the request (RFC 9112, section 3.2), what proxies say of it, or what the operator has set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.middleware.proxy_fix import ProxyFix

from geo.errors import OriginError
from geo.serve.http.problems import refuse
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request

# A name or an address with an optional port; names in other scripts come in punycode.
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?", re.ASCII)
# What links begin with after the host; two slashes would begin another host.
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]{1,100}){0,10}", re.ASCII)


class Addresses:
    """Refuses requests for no host or for what is none, and gives the public address to all others where there is one.

    Parameters
    ----------
    application
        The WSGI application to pass the request on to.
    url
        The public address that the operator has set; empty where links begin with what was asked for.
    """

    def __init__(self, application: WSGIApplication, url: str) -> None:
        self._application = application
        public = urlsplit(url)
        self._prefix = public.path
        self._own = {"wsgi.url_scheme": public.scheme, "HTTP_HOST": public.netloc, "SCRIPT_NAME": public.path} if url else {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        host, prefix, scheme = environ.get("HTTP_HOST"), environ.get("SCRIPT_NAME", ""), environ["wsgi.url_scheme"]
        if host is None and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            return refuse(start_response, 400, "expected a Host header: HTTP/1.1 has one")
        if host is not None and not _HOST.fullmatch(host):
            return refuse(start_response, 400, f"Host {host[:80]!r}: expected one name or address, with a port or without")
        if not _PREFIX.fullmatch(prefix):
            return refuse(start_response, 400, f"X-Forwarded-Prefix {prefix[:80]!r}: expected a path such as /atlas")
        if scheme not in ("http", "https"):
            return refuse(start_response, 400, f"X-Forwarded-Proto {scheme[:80]!r}: expected http or https")
        if self._own:
            path = environ.get("PATH_INFO", "")
            # A proxy may pass the path on whole, or without what the public address has in front of it.
            if self._prefix and path.startswith(f"{self._prefix}/"):
                path = path.removeprefix(self._prefix)
            environ = {**environ, **self._own, "PATH_INFO": path}
        return self._application(environ, start_response)


def check_origin(request: Request) -> None:
    """Verify that no page of another origin has made its reader's browser ask; what is no browser names no origin.

    Parameters
    ----------
    request
        The current one. Only hosts are compared, as a proxy may speak HTTPS for a server that does not.

    Raises
    ------
    OriginError
        If one has.
    """
    origin = request.headers.get("Origin")
    if origin is None and request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "same-site", "none"):
        return
    if origin is None or _bare_host(urlsplit(origin).netloc) != _bare_host(request.host):
        raise OriginError(origin or request.headers["Sec-Fetch-Site"])


def _bare_host(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")


def believe_proxies(application: WSGIApplication, settings: Settings) -> WSGIApplication:
    """Let the application see what the proxies say of the request, header by header as the operator has said that they set it."""
    believed = {f"x_{name}": settings.proxies for name in settings.forwarded}
    nothing = {"x_for": 0, "x_proto": 0, "x_host": 0, "x_port": 0, "x_prefix": 0}
    return ProxyFix(application, **(nothing | believed)) if settings.proxies else application
