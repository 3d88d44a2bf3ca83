"""Words of answers: in Chinese as they stand, and in other languages for whoever translates the phrase that they were made of."""

from __future__ import annotations

from collections.abc import Callable


def N_(phrase: str) -> str:  # noqa: N802 - the customary name by which translation tools find phrases in tables
    """Mark a phrase for translation."""
    return phrase


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
    return Said(N_("%(first)s；%(second)s"), first=first, second=second) if first and second else first or second
