"""Scripts and style sheets under names that change with their content."""

from __future__ import annotations

from flask import Blueprint, Response

from geo.errors import NotFoundError
from geo.serve.http.responses import IMMUTABLE, stored
from geo.serve.site import current_site

blueprint = Blueprint("assets", __name__)


@blueprint.get("/assets/<name>")
def asset(name: str) -> Response:
    """Give a static file by its hashed name."""
    for known in current_site().assets.values():
        if known.name == name:
            return stored(known.content, known.media_type, cache_control=IMMUTABLE)
    raise NotFoundError(f"no asset {name[:80]!r}; the page that names it gives the current names")
