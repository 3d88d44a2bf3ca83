"""Headers that keep the page to this server."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request

from geo.draw.basemap import Basemap

# default-src covers scripts, styles, images, fonts and connections; nothing inline, nothing evaluated, no other host.
POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


def page_policy(basemaps: Sequence[Basemap]) -> str:
    """Write the Content-Security-Policy of a page: images may come from the hosts of the basemaps that the operator offers."""
    hosts = list(dict.fromkeys(host for basemap in basemaps for host in basemap.hosts))
    # Leaflet empties the image of a tile that it removes with a data address of its own.
    return f"{POLICY}; img-src 'self' data: {' '.join(hosts)}" if hosts else POLICY


def init_app(app: Flask, basemaps: Sequence[Basemap], frame_ancestors: Sequence[str]) -> None:
    """Set the headers on every answer, errors included.

    Parameters
    ----------
    app
        The application.
    basemaps
        The tile basemaps that the operator offers: pages may load pictures from their hosts.
    frame_ancestors
        The origins whose pages may have ``/embed`` in a frame, beside our own.
    """
    policy = page_policy(basemaps)
    framed_policy = policy.replace("frame-ancestors 'self'", " ".join(("frame-ancestors 'self'", *frame_ancestors)))
    of_all = [("Content-Security-Policy", policy), *HEADERS.items()]
    of_frames = [("Content-Security-Policy", framed_policy), *HEADERS.items()]

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in of_frames if request.endpoint == "pages.embed" else of_all:
            response.headers.add(name, value)
        return response
