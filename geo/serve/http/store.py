"""Finished answers, kept as they go over the wire: each made once, compressed once in each coding, and dropped with the site it was made from."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import brotli

from geo.serve.http.limits import LONG
from geo.serve.http.negotiation import IDENTITY, Coding

COMPRESSED = frozenset(
    {
        "text/html",
        "text/css",
        "text/csv",
        "text/javascript",
        "image/svg+xml",
        "image/vnd.dxf",
        "application/json",
        "application/ld+json",
        "application/geo+json",
        "application/problem+json",
        "application/schema+json",
        "application/vnd.google-earth.kml+xml",
        "application/x.density-counts",
        "application/vnd.oai.openapi+json",
    }
)
# How each of geo.serve.http.negotiation.CODINGS is made.
_ENCODERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "br": lambda content, quality: brotli.compress(content, quality=quality),
    "gzip": lambda content, _: gzip.compress(content, 6, mtime=0),
}
# Qualities of brotli, by how often an answer will be sent: many times; a few times; perhaps once, and it is made within a moment.
SMALL, USUAL, QUICK = 11, 5, 1
# From this size on the last per cents of compression cost seconds.
_LARGE = 1 << 18
# What the answers of a site may hold in memory, in bytes.
HELD_BYTES = 64 << 20
# What an answer takes beside its texts: the objects that hold it, its request and its key, and the places in three tables; measured.
_OBJECTS_BYTES = 4 << 10
_REMEMBERED = 4096
# So many may wait for what another one makes, each with a thread of the server (geo/serve/server.py), and as long as that may take, in seconds: each
# that made it alone would hold it, too, and with ten thousand places it may have 13 MB.
_FOLLOWING, _FOLLOWING_S = 32, LONG.wait_s + LONG.limit_s


class Asked(NamedTuple):
    """All of a request that an answer may depend on, apart from the version of the data.

    Attributes
    ----------
    scheme, host, prefix
        What absolute links begin with.
    path, query
        As the server was given them.
    language
        A key of ``LANGUAGES``: what the browser likes best of them.
    accept
        The media types that the client likes, as it wrote them.
    """

    scheme: str
    host: str
    prefix: str
    path: str
    query: str
    language: str
    accept: str


@dataclass
class Answer:
    """An answer of status 200.

    Attributes
    ----------
    headers
        Without those that depend on the coding.
    body
        Not compressed.
    etag
        Its digest; every coding has a tag of its own.
    last_modified
        When what it is made from was changed.
    media_type
        As in its Content-Type header, without parameters.
    quality
        Of brotli: how much time compressing it is worth.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    etag: str
    last_modified: datetime | None
    media_type: str
    quality: int = USUAL
    _coded: dict[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        """What its content takes in memory, in bytes."""
        return len(self.body) + sum(map(len, self._coded.values()))

    def coded(self, coding: Coding) -> tuple[str, bytes]:
        """Give the body in a coding, compressed when it is first asked for, and the coding: none where nothing is gained by it."""
        name = coding.name
        if name == IDENTITY or not (coding.is_needed or self.media_type in COMPRESSED):
            return IDENTITY, self.body
        content = self._coded.get(name)
        if content is None:
            content = self._coded[name] = compress(self.body, name, self.quality)
        return (name, content) if coding.is_needed or len(content) < len(self.body) else (IDENTITY, self.body)

    def take_over(self, earlier: Answer) -> None:
        """Take what an earlier answer of the same content has been compressed to; nothing where its content is another."""
        if earlier.etag == self.etag:
            self._coded.update(earlier._coded)


def compress(content: bytes, coding: str, quality: int = USUAL) -> bytes:
    """Compress content in a coding of :mod:`geo.serve.http.negotiation`; the same content gives the same bytes.

    Parameters
    ----------
    content
        What to compress.
    coding
        ``br`` or ``gzip``.
    quality
        Of brotli, 0 to 11; large content is compressed with the usual one at most.
    """
    return _ENCODERS[coding](content, min(quality, USUAL) if len(content) >= _LARGE else quality)


class Answers:
    """The answers of one site; the least recently used ones make room.

    What a stranger may vary at will (a filter, a host, the spelling of a query) is kept from the second time on only: a client that asks for
    everything once evicts nothing.

    Parameters
    ----------
    held_bytes
        How much memory all answers may take, with their keys and everything, in bytes.

    Notes
    -----
    What every request does here is done without a lock, in single steps of the interpreter: who has been given a lock goes on only when the
    interpreter is free, and all others stand behind the lock meanwhile.
    """

    def __init__(self, held_bytes: int = HELD_BYTES) -> None:
        self._held_bytes = held_bytes
        self._held = 0
        self._kept: OrderedDict[tuple[str, ...], tuple[Answer, Asked, int]] = OrderedDict()
        # On what the answers at an address depend; an address is path and query.
        self._varies: OrderedDict[tuple[str, str, str], frozenset[str]] = OrderedDict()
        self._once: OrderedDict[int, bool] = OrderedDict()
        self._making: dict[Asked, Future[Any]] = {}
        self._following = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """What all answers take in memory, in bytes."""
        return self._held

    def find(self, asked: Asked) -> Answer | None:
        """Return the answer to a request, where it is kept."""
        varies = self._varies.get((asked.prefix, asked.path, asked.query))
        if varies is None:
            return None
        key = _key(asked, varies)
        kept = self._kept.get(key)
        if kept is None:
            return None
        # It may have made room in this moment.
        with suppress(KeyError):
            self._kept.move_to_end(key)
        return kept[0]

    @contextmanager
    def made_once(self, asked: Asked) -> Iterator[Future[Any]]:
        """Let the first of those who ask for the same at the same time make it, and the others wait for what it makes.

        Yields
        ------
        Future
            Done where another has made it; else the block makes it and sets the result.
        """
        own: Future[Any] = Future()
        making = self._making.setdefault(asked, own)
        if making is not own:
            with self._lock:
                may_wait = self._following < _FOLLOWING
                self._following += may_wait
            if may_wait:
                try:
                    wait([making], _FOLLOWING_S)
                finally:
                    with self._lock:
                        self._following -= 1
            # Whoever makes it may fail, or take too long: then each tries alone.
            yield making if making.done() and not making.cancelled() else own
            return
        try:
            yield own
        finally:
            del self._making[asked]
            # Without effect on what is done.
            own.cancel()

    def keep(self, asked: Asked, answer: Answer, varies: Iterable[str], *, is_shared: bool) -> None:
        """Keep an answer, or remember that it was asked for once.

        Parameters
        ----------
        asked, answer
            The request and its answer.
        varies
            Which fields of a request the answer depends on, beside the address.
        is_shared
            Whether it is one of the few that all visitors are given.
        """
        address = (asked.prefix, asked.path, asked.query)
        fields = frozenset(varies)
        if not is_shared and not self._is_asked_again(_key(asked, fields)):
            return
        with self._lock:
            # One answer at an address that depends on a field is enough for all others to be told apart by it.
            fields |= self._varies.get(address, frozenset())
            self._varies[address] = fields
            self._varies.move_to_end(address)
            while len(self._varies) > _REMEMBERED:
                self._varies.popitem(last=False)
            self._hold(_key(asked, fields), answer, asked)

    def note_size(self, asked: Asked) -> None:
        """Count what an answer holds since it has been compressed."""
        varies = self._varies.get((asked.prefix, asked.path, asked.query))
        if varies is None:
            return
        key = _key(asked, varies)
        with self._lock:
            if key in self._kept:
                self._hold(key, self._kept[key][0], asked)

    def latest(self, count: int) -> list[Asked]:
        """Give the requests that were answered from here last, the latest first: what is likely to be asked for again."""
        with self._lock:
            return [asked for _, asked, _ in list(self._kept.values())[: -count - 1 : -1]]

    def _is_asked_again(self, key: tuple[str, ...]) -> bool:
        digest = hash(key)
        if self._once.pop(digest, False):
            return True
        self._once[digest] = True
        if len(self._once) > _REMEMBERED:
            with suppress(KeyError):
                self._once.popitem(last=False)
        return False

    def _hold(self, key: tuple[str, ...], answer: Answer, asked: Asked) -> None:
        if key in self._kept:
            self._held -= self._kept.pop(key)[2]
        size = _OBJECTS_BYTES + answer.size + 2 * sum(map(len, key)) + sum(len(name) + len(value) for name, value in answer.headers)
        # One answer that fills half of the room would evict many.
        if size > self._held_bytes // 2:
            return
        self._kept[key] = (answer, asked, size)
        self._held += size
        while self._held > self._held_bytes:
            _, (_, _, freed) = self._kept.popitem(last=False)
            self._held -= freed


def _key(asked: Asked, varies: frozenset[str]) -> tuple[str, ...]:
    links = (asked.scheme, asked.host) if "host" in varies else ()
    return (
        asked.prefix,
        asked.path,
        asked.query,
        *links,
        f"language {asked.language}" if "language" in varies else "",
        f"accept {asked.accept}" if "accept" in varies else "",
    )
