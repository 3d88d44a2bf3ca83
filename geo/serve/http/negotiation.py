"""What a client likes best (RFC 9110, section 12): coding, language, and media types in a form that is short enough to tell answers apart by."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

from werkzeug.http import parse_accept_header

from geo.words.phrases import LANGUAGES

T = TypeVar("T")

IDENTITY = ""
# In the order of preference where a client likes several alike.
CODINGS = ("br", "gzip")
# Of a header so much is read; what browsers send has some hundred characters.
_MOST_READ = 1000
# What Chinese is called beside zh: the languages of the macrolanguage (ISO 639-3, registered as extended languages of zh in BCP 47).
_CHINESE = frozenset({"zh", "cdo", "cjy", "cmn", "cnp", "cpx", "csp", "czh", "czo", "gan", "hak", "hsn", "lzh", "mnp", "nan", "wuu", "yue"})
_LANGUAGE_OF = {**dict.fromkeys(_CHINESE, "zh"), "en": "en"}


class Coding(NamedTuple):
    """Which content coding a client is to be given.

    Attributes
    ----------
    name
        One of ``CODINGS``, or ``IDENTITY``.
    is_needed
        Whether the client takes nothing that is not coded; with ``IDENTITY``, that it takes nothing that there is.
    """

    name: str
    is_needed: bool = False


def _remembered(choose: Callable[[str], T]) -> Callable[[str], T]:
    """Let a choice be made once for a header: browsers send few different ones, with every request."""
    kept = lru_cache(maxsize=1024)(choose)

    @wraps(choose)
    def look(header: str) -> T:
        return kept(header[:_MOST_READ])

    return look


def _read(header: str) -> list[tuple[str, float]]:
    """Read a header of ranges with qualities, best first and else as written; each in small letters, once, and a range that is broken not at all."""
    found: dict[str, float] = {}
    for name, quality in parse_accept_header(header):
        found.setdefault(name.lower(), quality)
    return sorted(found.items(), key=lambda pair: -pair[1])


@_remembered
def choose_coding(header: str) -> Coding:
    """Choose the content coding that a client likes best.

    Parameters
    ----------
    header
        Its Accept-Encoding; without one nothing is coded, as clients that send none seldom decode.
    """
    qualities = dict(_read(header))
    qualities.setdefault("gzip", qualities.get("x-gzip", qualities.get("*", 0)))
    qualities.setdefault("br", qualities.get("*", 0))
    # Not coded is always good enough, unless it is refused by name, or with all that is not named.
    plain = qualities.get("identity", qualities.get("*"))
    best = max(CODINGS, key=lambda coding: qualities[coding])
    if plain != 0 and qualities.get("identity", 0) > qualities[best]:
        return Coding(IDENTITY)
    return Coding(best if qualities[best] else IDENTITY, is_needed=plain == 0)


@_remembered
def choose_language(header: str) -> str:
    """Choose the language that a browser likes best: a key of ``LANGUAGES``, and Chinese where it likes none of them.

    The quality decides first; within one, what stands first. A range is cut from its end until it is one of ours (lookup, RFC 4647, section 3.4):
    ``zh-Hant-HK`` and ``yue`` are Chinese, ``en-GB`` is English. ``*`` is any language that is not named.

    Parameters
    ----------
    header
        Its Accept-Language.
    """
    ranges = [(name.replace("_", "-"), quality) for name, quality in _read(header)]
    refused = {_LANGUAGE_OF.get(name) for name, quality in ranges if not quality}
    named = {_LANGUAGE_OF.get(name.partition("-")[0]) for name, _ in ranges}
    for name, quality in ranges:
        offered = [one for one in LANGUAGES if one not in named] if name == "*" else [_LANGUAGE_OF.get(name.partition("-")[0])]
        for language in offered:
            if quality and language and language not in refused:
                return language
    return next((language for language in LANGUAGES if language not in refused), "zh")


@_remembered
def shorten_types(header: str) -> str:
    """Write the media types that a client likes in one way, best first, so that spellings of one wish are one; what is very long is cut.

    Parameters
    ----------
    header
        Its Accept.
    """
    return ",".join(name if quality == 1 else f"{name};q={quality:g}" for name, quality in _read(header))
