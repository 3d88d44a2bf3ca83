"""A script that hands data to the page: kept packed, as it has a kilobyte for each place, and nearly everybody is sent another form of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2.utils import htmlsafe_json_dumps

# Most of what can be gained is gained at the first level, at a tenth of a second for ten thousand places.
_LEVEL = 1
# How JSON is written for a page: blanks and escaped letters would be a fiftieth of what the first view weighs.
COMPACT: Mapping[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}


def script_json(value: object) -> str:
    """Encode data for a script, so that it can end neither the script nor a template.

    branca renders every script a second time as a Jinja template: what would open an expression, a statement or a comment there is escaped. In JSON
    these pairs of characters only stand inside strings, where the escape means the same.
    """
    text = str(htmlsafe_json_dumps(value, **COMPACT))
    return text.replace("{{", "{\\u007b").replace("{%", "\\u007b%").replace("{#", "\\u007b#")


@dataclass(frozen=True)
class Script:
    """A script.

    Attributes
    ----------
    packed
        Its text in UTF-8, compressed.
    digest
        The part of an address that changes with it.
    """

    packed: bytes
    digest: str

    @classmethod
    def of(cls, pieces: Iterable[str]) -> Script:
        """Pack the pieces of a script, each of which is let go before the next one is made."""
        digest, packer, packed = hashlib.sha256(), zlib.compressobj(_LEVEL), []
        for piece in pieces:
            content = piece.encode()
            digest.update(content)
            packed.append(packer.compress(content))
        return cls(b"".join([*packed, packer.flush()]), digest.hexdigest()[:10])

    @property
    def content(self) -> bytes:
        """The text in UTF-8."""
        return zlib.decompress(self.packed)
