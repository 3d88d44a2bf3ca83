"""Headers that keep the page to this server."""

from __future__ import annotations

from flask import Flask, Response

HEADERS = {
    # default-src covers scripts, styles, images, fonts and connections; nothing inline, nothing evaluated, no other host.
    "Content-Security-Policy": ("default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'"),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


def init_app(app: Flask) -> None:
    """Set the headers on every answer, errors included."""

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
