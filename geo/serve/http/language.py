"""Which language a request is answered in: the address decides, then the browser, then Chinese."""

from __future__ import annotations

from flask import has_request_context, request
from flask_babel import get_translations

from geo.words.cards import Wording
from geo.words.phrases import LANGUAGES


def chosen_language() -> str:
    """Return the language of the current request, a key of ``LANGUAGES``."""
    if not has_request_context():
        return "zh"
    wanted = request.args.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(list(LANGUAGES), default="zh") or "zh"


def request_wording() -> Wording:
    """Return the phrases in the language of the current request."""
    return Wording(chosen_language(), get_translations().ugettext)
