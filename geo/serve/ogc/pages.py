"""Features as GeoJSON, one or a page of them, joined from what is encoded already; straight from the address where it asks for nothing else.

A page is the answer that is asked for most and repeated least, as a client walks through a collection or moves a box over the map. Where the
query only has a limit, an offset, a box, ``f`` or ``lang``, the page is made here without the application: with the same functions, and with the
words and headers that the application has given to such a page before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote_plus

from geo.errors import BadParameterError
from geo.layers.select import Encoded
from geo.serve.http.problems import MAX_QUERY_BYTES
from geo.serve.http.store import Answer, Asked, Effort
from geo.serve.ogc.collections import Collection, build_collections
from geo.serve.ogc.crs import CRS84
from geo.serve.ogc.openapi import GEOJSON
from geo.serve.ogc.query import Page, Query, encode, parse_query, select
from geo.serve.site import Site
from geo.words.phrases import LANGUAGES

# A colon, a comma and a slash mean nothing in a query and are easier to read as they are; as werkzeug has it.
_SAFE = "!$'()*,/:;?@"
_PATH = re.compile(r"/ogc/collections/([a-z]+)/items(?:/([A-Za-z0-9._-]+))?", re.ASCII)
# A host that is written in an address as it stands, and a port that is not left out.
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:(?!80$|443$)[1-9]\d*)?", re.ASCII)
_PLAIN = frozenset({"limit", "offset", "bbox", "f", "lang"})
_PLAIN_OF_ONE = frozenset({"f", "lang"})
_DATA = frozenset({"", "*/*", "application/json", GEOJSON})

Links = list[dict[str, str]]


class Words(NamedTuple):
    """What the links of a page are called, in one language.

    Attributes
    ----------
    own, after, before, title
        This page, the next and the previous one, and the collection.
    """

    own: str
    after: str
    before: str
    title: str


class Known(NamedTuple):
    """What the application has given to pages of a site before.

    Attributes
    ----------
    words
        By collection and language.
    headers
        By collection.
    """

    words: dict[tuple[str, str], Words]
    headers: dict[str, tuple[tuple[str, str], ...]]


def known_of(_site: Site) -> Known:
    """Give what is known of the pages of a site; for :meth:`geo.serve.site.Site.once`."""
    return Known({}, {})


def collections_of(site: Site) -> Mapping[str, Collection]:
    """Build the collections of a site; for :meth:`geo.serve.site.Site.once`."""
    return build_collections(site.atlas.layers)


def same_address(address: str, args: Mapping[str, str], **changes: Any) -> str:
    """Give an address with its query, some parameters changed."""
    return f"{address}?{'&'.join(f'{_quoted(name)}={_quoted(str(value))}' for name, value in {**args, **changes}.items())}"


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    """Write a name or a value of a query; nearly all that stand in the links of a page stand in several of them."""
    return quote_plus(text, safe=_SAFE)


def build_members(site: Site, address: str, args: Mapping[str, str], query: Query, page: Page, words: Words) -> bytes:
    """Write the members of a page beside its features, as a JSON object."""
    links = _links_to_itself(address, args, words)
    if query.offset + query.limit < page.matched:
        links.append(_link(address, args, "next", GEOJSON, words.after, offset=query.offset + query.limit))
    if query.offset:
        links.append(_link(address, args, "prev", GEOJSON, words.before, offset=max(0, query.offset - query.limit)))
    about = {
        "links": [*links, _link_to_collection(address, args, words.title)],
        "numberMatched": page.matched,
        "numberReturned": len(page.positions),
        # The features were encoded when the site was read: the same content has the same moment, and the same ETag.
        "timeStamp": site.built.isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode()


def join_page(shown: Encoded, members: bytes) -> tuple[bytes, str]:
    """Give the body of a page and its digest; what it is joined from has been digested already."""
    body = b'{"type":"FeatureCollection","features":[' + b",".join(shown.texts) + b"]," + members[1:]
    # Piece by piece: over more than two kilobytes at once hashlib lets the other threads run, and waits for its turn again for longer than it takes.
    digested, digest = b"".join(shown.digests) + members, hashlib.sha256()
    for start in range(0, len(digested), 2000):
        digest.update(digested[start : start + 2000])
    return body, digest.hexdigest()


def join_feature(shown: Encoded, address: str, args: Mapping[str, str], words: Words) -> tuple[bytes, str]:
    """Give the body of a single feature, with its links, and its digest."""
    links = json.dumps(
        [*_links_to_itself(address, args, words), _link_to_collection(address, args, words.title)], ensure_ascii=False, separators=(",", ":")
    )
    (text,), (digest,) = shown
    return text[:-1] + b',"links":' + links.encode() + b"}", hashlib.sha256(digest + links.encode()).hexdigest()


def _link(address: str, args: Mapping[str, str], rel: str, media_type: str, title: str, **changes: Any) -> dict[str, str]:
    return {"href": same_address(address, args, **changes), "rel": rel, "type": media_type, "title": title}


def _links_to_itself(address: str, args: Mapping[str, str], words: Words) -> Links:
    return [
        _link(address, args, "self", GEOJSON, f"{words.own} · JSON", f="json"),
        _link(address, args, "alternate", "text/html", f"{words.own} · HTML", f="html"),
    ]


def _link_to_collection(address: str, args: Mapping[str, str], title: str) -> dict[str, str]:
    """Link from a page or a feature to its collection."""
    href = address.rpartition("/items")[0]
    if "lang" in args:
        href = same_address(href, {"lang": args["lang"]})
    return {"href": href, "rel": "collection", "type": "application/json", "title": title}


def answer_directly(site: Site, asked: Asked, most: int | None = None) -> Answer | None:
    """Answer a request for a plain page, or for a feature, without the application.

    Parameters
    ----------
    site, asked
        Of which data, and what.
    most
        How many features a page may have to be answered; by default any.

    Returns
    -------
    Answer or None
        ``None`` where it is another request, or the application has to say what is wrong.
    """
    path = _PATH.fullmatch(asked.path)
    if path is None or asked.accept not in _DATA or len(asked.query) > MAX_QUERY_BYTES or not _HOST.fullmatch(asked.host):
        return None
    known, id_, feature = site.once(known_of), path[1], path[2]
    headers, found = known.headers.get(id_), site.once(collections_of).get(id_)
    pairs: Sequence[tuple[str, str]] = parse_qsl(asked.query, keep_blank_values=True) if asked.query.isascii() else [("", "")]
    args = dict(pairs)
    language = args.get("lang", asked.language)
    words = known.words.get((id_, language))
    if headers is None or found is None or words is None or len(args) < len(pairs) or not (_PLAIN_OF_ONE if feature else _PLAIN).issuperset(args):
        return None
    if args.get("f", "json") != "json" or language not in LANGUAGES:
        return None
    address = f"{asked.scheme}://{asked.host}{asked.prefix}{asked.path}"
    if feature:
        position = found.positions.get(feature)
        if position is None:
            return None
        body, digest = join_feature(encode(found, [position], CRS84), address, args, words)
        return Answer(headers, body, digest[:20], site.last_change, GEOJSON, Effort.QUICK)
    try:
        query = parse_query(args, found)
    except BadParameterError:
        return None
    if most is not None and query.limit > most:
        return None
    page = select(found, query)
    members = build_members(site, address, args, query, page, words)
    body, digest = join_page(encode(found, page.positions, query.crs), members)
    return Answer(headers, body, digest[:20], site.last_change, GEOJSON, Effort.QUICK)
