"""How names are compared: width, case, spaces, brackets and quotes do not count."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from pypinyin import Style, lazy_pinyin


def normalize_name(name: str) -> str:
    """Fold a name so that two ways to type it compare equal.

    Full width becomes half width (NFKC), capitals become small, and only letters and digits stay: spaces, brackets, quotes and hyphens do not count.
    ``static/atlas/`` folds what is typed into the search box in the same way.
    """
    return "".join(character for character in unicodedata.normalize("NFKC", name).lower() if character.isalnum())


def search_keys(names: Iterable[str]) -> tuple[str, ...]:
    """Everything a person may type to find one of the names: the names themselves, their full pinyin and its initials."""
    keys: dict[str, None] = {}
    for name in names:
        folded = normalize_name(name)
        keys[folded] = None
        if not folded.isascii():
            syllables = lazy_pinyin(folded)
            keys["".join(syllables)] = None
            # A run that is not Chinese stays whole in the initials; where every character is a syllable they need not be looked up anew.
            is_chinese = len(syllables) == len(folded)
            keys["".join(syllable[0] for syllable in syllables) if is_chinese else "".join(lazy_pinyin(folded, style=Style.FIRST_LETTER))] = None
    return tuple(keys)
