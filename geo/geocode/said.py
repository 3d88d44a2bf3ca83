"""Words of answers: in Chinese as they stand, and in other languages for whoever translates the phrase that they were made of."""

from __future__ import annotations

from collections.abc import Callable


def N_(phrase: str) -> str:  # noqa: N802 - the customary name by which translation tools find phrases in tables
    """Mark a phrase for translation."""
    return phrase


_BOTH = N_("%(first)s；%(second)s")


class Said(str):
    """Words in Chinese that remember their phrase.

    Parameters
    ----------
    phrase
        As it stands in the catalogue of translations, with ``%(name)s`` for values.
    values
        What stands in it; those that are words themselves are translated, too.

    Attributes
    ----------
    phrase, values
        As given.
    """

    phrase: str
    values: dict[str, str]

    def __new__(cls, phrase: str, **values: str) -> Said:
        """Make the words."""
        words = super().__new__(cls, phrase % values if values else phrase)
        words.phrase, words.values = phrase, values
        return words

    def __reduce__(self) -> tuple[Callable[[], Said], tuple[()]]:
        """Keep the phrase on the way to another process."""
        phrase, values = self.phrase, self.values
        return _Remake(phrase, values), ()


# Both texts are there in any language; which one is written is for the catalogue to say.
_IN_BOTH = N_("%(zh)s%(en).0s")


def in_both(zh: str, en: str | None) -> str:
    """Make words of a text that the data have in both languages; without English it stays in Chinese.

    Parameters
    ----------
    zh, en
        The text in each language.
    """
    return Said(_IN_BOTH, zh=zh, en=en) if en and en != zh else zh


class _Remake:
    """Makes words anew where they were pickled."""

    def __init__(self, phrase: str, values: dict[str, str]) -> None:
        self.phrase, self.values = phrase, values

    def __call__(self) -> Said:
        return Said(self.phrase, **self.values)


def say(words: str, translate: Callable[[str], str]) -> str:
    """Say words in another language; what comes from the data stays as it is.

    Parameters
    ----------
    words
        Of an answer.
    translate
        From a phrase in Chinese to the phrase in that language.
    """
    if not isinstance(words, Said):
        return words
    return translate(words.phrase) % {name: say(value, translate) for name, value in words.values.items()}


def both(first: str | None, second: str | None) -> str | None:
    """Put two notes one behind the other; either may be missing."""
    return Said(_BOTH, first=first, second=second) if first and second else first or second


def without_last(note: str | None, last: str | None) -> str | None:
    """Take from a note the one that :func:`both` has put behind it; ``None`` where nothing is left."""
    if isinstance(note, Said) and note.phrase == _BOTH and note.values["second"] == last:
        return note.values["first"]
    return None if note == last else note
