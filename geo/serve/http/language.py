"""Which language a request is answered in: the address decides, then the browser, then Chinese."""

from __future__ import annotations

from typing import cast

from flask import g, has_request_context, request
from flask_babel import get_translations

from geo.serve.http.negotiation import choose_language
from geo.serve.site import current_site
from geo.words.cards import Wording
from geo.words.phrases import LANGUAGES


def chosen_language() -> str:
    """Return the language of the current request, a key of ``LANGUAGES``."""
    if not has_request_context():
        return "zh"
    if "language" not in g:
        wanted = request.args.get("lang", "")
        g.language = wanted if wanted in LANGUAGES else choose_language(request.headers.get("Accept-Language", ""))
    return cast(str, g.language)


def request_wording() -> Wording:
    """Return the phrases in the language of the current request."""
    return Wording(chosen_language(), get_translations().ugettext, current_site().atlas.tables)
