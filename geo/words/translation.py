"""From phrases in Chinese, the language of the sources, to those of the catalogues in ``translations/``, for what answers no request."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from babel.support import NullTranslations, Translations

from geo.settings import PROJECT


def translator(language: str) -> Callable[[str], str]:
    """Give what puts a phrase into a language; it can be pickled, and finds its catalogue where it is called.

    Parameters
    ----------
    language
        A key of :data:`geo.words.phrases.LANGUAGES`.
    """
    return str if language == "zh" else partial(_translate, language)


def _translate(language: str, phrase: str) -> str:
    return _catalogue(language).ugettext(phrase)


@cache
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(str(PROJECT / "translations"), [language])
