"""Features as GeoJSON, one or a page of them, joined from what is encoded already.

A page is the answer that is asked for most and repeated least, as a client walks through a collection or moves a box over the map.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from geo.layers.select import Encoded
from geo.serve.ogc.collections import Collection, build_collections
from geo.serve.ogc.openapi import GEOJSON, SCHEMA
from geo.serve.ogc.query import Page, Query
from geo.serve.site import Site

# A colon, a comma and a slash mean nothing in a query and are easier to read as they are; as werkzeug has it.
_SAFE = "!$'()*,/:;?@"

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

Links = list[dict[str, str]]


class Words(NamedTuple):
    """What the links of a page are called, in one language.

    Attributes
    ----------
    own, after, before, title, queryables
        This page, the next and the previous one, the collection, and what filters may name.
    """

    own: str
    after: str
    before: str
    title: str
    queryables: str


def collections_of(site: Site) -> Mapping[str, Collection]:
    """Build the collections of a site; for :meth:`geo.serve.site.Site.once`."""
    return build_collections(site.atlas.layers, {"district": list(site.atlas.tables.districts), "corridor": site.atlas.tables.corridor_ids})


def same_address(address: str, args: Mapping[str, str], **changes: Any) -> str:
    """Give an address with its query, some parameters changed."""
    return f"{address}?{'&'.join(f'{_quoted(name)}={_quoted(str(value))}' for name, value in {**args, **changes}.items())}"


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    """Write a name or a value of a query; nearly all that stand in the links of a page stand in several of them."""
    return quote_plus(text, safe=_SAFE)


def build_members(address: str, args: Mapping[str, str], query: Query, page: Page, words: Words) -> bytes:
    """Write the members of a page beside its features, as a JSON object.

    Parameters
    ----------
    address, args
        What was asked for: the address without parameters, and the parameters, which its links repeat.
    query, page
        The parameters as they were understood, and what they led to.
    words
        The titles of the links.
    """
    links = _links_to_itself(address, args, words)
    if query.offset + query.limit < page.matched:
        links.append(_link(address, args, "next", GEOJSON, words.after, offset=query.offset + query.limit))
    if query.offset:
        links.append(_link(address, args, "prev", GEOJSON, words.before, offset=max(0, query.offset - query.limit)))
    about = {
        # No timeStamp: it would be the moment of the answer, and the same content has the same bytes and the same ETag.
        "links": [*links, _link_to_collection(address, args, words.title), _link_to_queryables(address, args, words.queryables)],
        "numberMatched": page.matched,
        "numberReturned": len(page.positions),
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
    """Give the body of a single feature, with its links, and its digest.

    Parameters
    ----------
    shown
        The feature alone.
    address, args, words
        As for :func:`build_members`.
    """
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


def _link_to_queryables(address: str, args: Mapping[str, str], title: str) -> dict[str, str]:
    """Link from a page to what filters may name."""
    return {**_link_to_collection(f"{address.rpartition('/items')[0]}/queryables/items", args, title), "rel": QUERYABLES, "type": SCHEMA}


def _link_to_collection(address: str, args: Mapping[str, str], title: str) -> dict[str, str]:
    """Link from a page or a feature to its collection."""
    href = address.rpartition("/items")[0]
    if "lang" in args:
        href = same_address(href, {"lang": args["lang"]})
    return {"href": href, "rel": "collection", "type": "application/json", "title": title}
