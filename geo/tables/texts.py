"""The texts of sources, where the operator has them: read from a folder outside the project, never kept in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geo.errors import SettingsError
from geo.ground.files import read_regular
from geo.tables.rows import Source


@dataclass(frozen=True)
class SourceText:
    """The text of a source.

    Attributes
    ----------
    text
        As read; empty when it is not the text that the tables point into.
    matches
        Whether its sha256 is the source's.
    """

    text: str
    matches: bool


def read_texts(folder: Path, sources: Iterable[Source]) -> dict[str, SourceText]:
    """Read ``{id}.txt`` for every source that has a sha256 and a file.

    Raises
    ------
    SettingsError
        If a file cannot be read or is not UTF-8.
    """
    texts = {}
    for source in sources:
        path = folder / f"{source.id}.txt"
        if source.sha256 is None or not path.exists():
            continue
        try:
            content = read_regular(path)
        except OSError as error:
            raise SettingsError("GEO_SOURCE_TEXTS", str(path), f"a readable file ({error.strerror or error})") from None
        matches = hashlib.sha256(content).hexdigest() == source.sha256
        try:
            texts[source.id] = SourceText(content.decode() if matches else "", matches)
        except UnicodeDecodeError:
            raise SettingsError("GEO_SOURCE_TEXTS", str(path), "a text in UTF-8, as pointers count characters") from None
    return texts
