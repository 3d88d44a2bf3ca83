"""The paths of OGC API - Features: parameters in, JSON or a page out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, Response, g, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotAcceptable

from geo.errors import BadParameterError, NotFoundError
from geo.ground.deadline import until_deadline
from geo.layers.formats import FORMATS
from geo.serve.http.language import chosen_language, request_wording
from geo.serve.http.limits import SHORT, in_turn
from geo.serve.http.responses import BY_LANGUAGE_AND_TYPE, cacheable, open_to_every_page
from geo.serve.http.store import QUICK
from geo.serve.ogc.collections import Collection
from geo.serve.ogc.crs import CRS84, Crs, list_crss
from geo.serve.ogc.openapi import GEOJSON, HTML, JSON, LICENCE, OPENAPI, SCHEMA, build_openapi
from geo.serve.ogc.pages import QUERYABLES, Words, build_members, collections_of, join_feature, join_page, same_address
from geo.serve.ogc.query import PARAMETERS, encode, parse_crs, parse_query, select
from geo.serve.ogc.schemas import queryable_schemas, returnable_schemas
from geo.serve.site import current_site
from geo.words.phrases import LANGUAGES

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")
blueprint.after_request(open_to_every_page)

Links = list[dict[str, str]]

_PART_1, _PART_2, _PART_3 = (f"http://www.opengis.net/spec/ogcapi-features-{part}/1.0/conf" for part in (1, 2, 3))
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = (
    *(f"{_PART_1}/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_PART_2}/crs",
    *(f"{_PART_3}/{name}" for name in ("queryables", "filter", "features-filter")),
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "property-property",
        )
    ),
)


@blueprint.get("/")
def landing() -> Response:
    """Show what the API is and where it goes on."""
    _read_parameters()
    links = [
        *_here(JSON),
        _link("service-desc", "ogc.api", OPENAPI, gettext("接口说明"), f="json"),
        _link("service-doc", "ogc.api", HTML, gettext("接口说明"), f="html"),
        _link("conformance", "ogc.conformance", JSON, gettext("所符合的标准")),
        _link("data", "ogc.collections", JSON, gettext("数据集")),
        _licence(),
    ]
    document = {
        "title": request_wording().title,
        "description": request_wording().description,
        "links": links,
    }
    return _answer(document, JSON, "landing", collections=_collections().values())


@blueprint.get("/conformance", strict_slashes=False)
def conformance() -> Response:
    """List the classes of the standards that the API conforms to."""
    _read_parameters()
    return _answer({"conformsTo": list(CONFORMANCE)}, JSON, "conformance")


@blueprint.get("/api", strict_slashes=False)
def api() -> Response:
    """Describe the API."""
    _read_parameters()
    site = current_site()
    root, wording = url_for("ogc.landing", _external=True), request_wording()
    licence = url_for("documents.about", _external=True)
    document = build_openapi(_collections(), list(_crss()), root, licence, wording.title, wording.description, site.atlas.tables.version, gettext)
    return _answer(document, OPENAPI, "api", components=document["components"])


@blueprint.get("/collections", strict_slashes=False)
def collections() -> Response:
    """List the collections."""
    _read_parameters()
    described = [_describe(collection) for collection in _collections().values()]
    document = {"links": [*_here(JSON), _licence()], "crs": list(_crss()), "collections": described}
    return _answer(document, JSON, "collections", collections=_collections().values())


@blueprint.get("/collections/<id_>", strict_slashes=False)
def collection(id_: str) -> Response:
    """Describe a collection."""
    _read_parameters()
    found = _find(id_)
    document = _describe(found)
    return _answer(document, JSON, "collection", collection=found)


@blueprint.get("/collections/<id_>/queryables", strict_slashes=False)
def queryables(id_: str) -> Response:
    """Describe what filters may name."""
    _read_parameters()
    found = _find(id_)
    document = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": url_for("ogc.queryables", id_=id_, _external=True),
        "type": "object",
        "title": gettext(found.title),
        "properties": queryable_schemas(found, gettext),
        "additionalProperties": False,
    }
    return _answer(document, SCHEMA, "properties", collection=found, what=gettext("可用来筛选的属性"))


@blueprint.get("/collections/<id_>/schema", strict_slashes=False)
def schema(id_: str) -> Response:
    """Describe what a feature holds."""
    _read_parameters()
    found = _find(id_)
    document = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": url_for("ogc.schema", id_=id_, _external=True),
        "type": "object",
        "title": gettext(found.title),
        "properties": returnable_schemas(found, gettext),
    }
    return _answer(document, SCHEMA, "properties", collection=found, what=gettext("要素的属性"))


@blueprint.get("/collections/<id_>/items", strict_slashes=False)
def items(id_: str) -> Response:
    """Give features: filtered, in order, a page of them."""
    found, asked = _find(id_), _read_parameters(*PARAMETERS)
    is_page_wanted = _is_page_wanted(GEOJSON)
    with in_turn(SHORT) if is_page_wanted or _takes_long(asked) else nullcontext():
        return _give_items(found, asked, is_page_wanted=is_page_wanted)


def _give_items(found: Collection, asked: Mapping[str, str], *, is_page_wanted: bool) -> Response:
    query = parse_query(asked, found, _crss())
    page = select(found, query)
    shown = encode(found, page.positions, query.crs, query.properties)
    words = _words(found.title, chosen_language())
    address, args = _address(), request.args.to_dict()
    if not is_page_wanted:
        body, digest = join_page(shown, build_members(address, args, query, page, words))
        return _in(query.crs, cacheable(body, GEOJSON, varies_by=BY_LANGUAGE_AND_TYPE, digest=digest, quality=QUICK))
    before, after, count = max(0, query.offset - query.limit), query.offset + query.limit, len(shown.texts)
    pages = {
        "first": query.offset + 1,
        "last": query.offset + count,
        "all": page.matched,
        "before": _same_address(offset=before) if query.offset else None,
        "after": _same_address(offset=after) if after < page.matched else None,
    }
    document = {"features": [json.loads(text) for text in until_deadline(shown.texts)]}
    return _in(query.crs, _answer(document, GEOJSON, "items", collection=found, pages=pages))


@blueprint.get("/collections/<id_>/items/<feature_id>", strict_slashes=False)
def feature(id_: str, feature_id: str) -> Response:
    """Give one feature."""
    found = _find(id_)
    crs = parse_crs(_read_parameters("crs"), _crss())
    if feature_id not in found.positions:
        raise NotFoundError(f"no feature {feature_id[:80]!r} in {id_}; its items have them all")
    shown = encode(found, [found.positions[feature_id]], crs)
    if not _is_page_wanted(GEOJSON):
        body, digest = join_feature(shown, _address(), request.args.to_dict(), _words(found.title, chosen_language()))
        return _in(crs, cacheable(body, GEOJSON, varies_by=BY_LANGUAGE_AND_TYPE, digest=digest, quality=QUICK))
    document = json.loads(shown.texts[0])
    nested = {one.name: json.dumps(document["properties"][one.name], ensure_ascii=False) for one in found.properties if not one.is_queryable}
    return _in(crs, _answer(document, GEOJSON, "feature", collection=found, nested=nested))


# --- parameters ---------------------------------------------------------------------------------------------------------------------------


def _collections() -> Mapping[str, Collection]:
    return current_site().once(collections_of)


def _crss() -> Mapping[str, Crs]:
    return list_crss(current_site().atlas.tables.profile.projected_crs)


def _find(id_: str) -> Collection:
    if id_ not in _collections():
        raise NotFoundError(f"no collection {id_[:80]!r}; expected one of {', '.join(_collections())}")
    return _collections()[id_]


def _read_parameters(*names: str) -> dict[str, str]:
    """Read the parameters of the request, of which every path knows ``f`` and ``lang``."""
    known = ("f", "lang", *names)
    for name, values in request.args.lists():
        if name not in known:
            raise BadParameterError(name, values[0], f"one of the parameters {', '.join(known)}", known)
        if len(values) > 1:
            raise BadParameterError(name, values[1], "the parameter once")
    args = request.args.to_dict()
    for name, allowed in (("f", ("json", "html")), ("lang", tuple(LANGUAGES))):
        if name in args and args[name] not in allowed:
            raise BadParameterError(name, args[name], f"one of {', '.join(allowed)}", allowed)
    return args


def _is_page_wanted(media_type: str) -> bool:
    """Tell whether the answer is a page; ``f`` decides, then what is accepted, best first, then JSON."""
    if "f" in request.args:
        return request.args["f"] == "html"
    if not request.accept_mimetypes:
        return False
    offered = [media_type, media_type.partition(";")[0], JSON, HTML]
    # Who accepts everything alike gets the first: data.
    best = request.accept_mimetypes.best_match(offered)
    if best is None:
        raise NotAcceptable(f"expected Accept to have one of {media_type}, {HTML}")
    return best == HTML


# --- answers ------------------------------------------------------------------------------------------------------------------------------


def _answer(document: dict[str, Any], media_type: str, template: str, **context: Any) -> Response:
    """Answer with a document, or with the page that shows it."""
    if _is_page_wanted(media_type):
        body = render_template(f"ogc/{template}.html", document=document, data_url=_same_address(f="json"), **context).encode()
        content_type = f"{HTML}; charset=utf-8"
    else:
        body, content_type = _as_json(document), media_type
    return cacheable(body, content_type, varies_by=BY_LANGUAGE_AND_TYPE)


def _in(crs: Crs, response: Response) -> Response:
    response.headers.add("Content-Crs", f"<{crs.uri}>")
    return response


def _as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _takes_long(asked: Mapping[str, str]) -> bool:
    """Tell whether every feature has to be looked at, many encoded anew, or a filter understood, which by itself may take a while."""
    return not asked.keys().isdisjoint(("filter", "sortby", "datetime", "properties")) or asked.get("crs", CRS84.uri) != CRS84.uri


@lru_cache(maxsize=64)
def _words(title: str, language: str) -> Words:  # noqa: ARG001 - which the request is answered in
    """Name the links of a collection; every page of features has them."""
    return Words(gettext("本页"), gettext("下一页"), gettext("上一页"), gettext(title), gettext("可用来筛选的属性"))


def _link(rel: str, endpoint: str, media_type: str, title: str, **values: str) -> dict[str, str]:
    if "lang" in request.args:
        values["lang"] = request.args["lang"]
    return {"href": url_for(endpoint, _external=True, **values), "rel": rel, "type": media_type, "title": title}


def _same_address(**changes: Any) -> str:
    """Give the address of the request with some parameters changed."""
    return same_address(_address(), request.args.to_dict(), **changes)


def _address() -> str:
    """Give the address of the request without its query; an answer holds several that begin with it."""
    if "address" not in g:
        g.address = url_for(cast(str, request.endpoint), _external=True, **(request.view_args or {}))
    return cast(str, g.address)


def _here(media_type: str) -> Links:
    """Link to this document, and to it in the other format."""
    types = {"json": (media_type, "JSON"), "html": (HTML, "HTML")}
    own = "html" if _is_page_wanted(media_type) else "json"
    other = "json" if own == "html" else "html"
    own_words = gettext("本页")
    return [
        {"href": _same_address(f=name), "rel": rel, "type": types[name][0], "title": f"{own_words} · {types[name][1]}"}
        for name, rel in ((own, "self"), (other, "alternate"))
    ]


def _licence() -> dict[str, str]:
    return _link("license", "documents.about", HTML, gettext(LICENCE))


def _describe(found: Collection) -> dict[str, Any]:
    title = gettext(found.title)
    extent: dict[str, Any] = {}
    if found.bbox:
        extent["spatial"] = {"bbox": [found.bbox], "crs": CRS84.uri}
    if found.interval:
        extent["temporal"] = {"interval": [list(found.interval)], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return {
        "id": found.id,
        "title": title,
        "description": gettext(found.description),
        "itemType": "feature",
        "extent": extent,
        "crs": list(_crss()),
        "storageCrs": CRS84.uri,
        # The same from wherever they are read.
        "links": [
            _link("self", "ogc.collection", JSON, title, id_=found.id, f="json"),
            _link("alternate", "ogc.collection", HTML, title, id_=found.id, f="html"),
            _link("items", "ogc.items", GEOJSON, title, id_=found.id),
            _link("items", "ogc.items", HTML, title, id_=found.id, f="html"),
            _link(QUERYABLES, "ogc.queryables", SCHEMA, gettext("可用来筛选的属性"), id_=found.id),
            _link("http://www.opengis.net/def/rel/ogc/1.0/schema", "ogc.schema", SCHEMA, gettext("要素的属性"), id_=found.id),
            *(
                {
                    "href": url_for("downloads.layer", name=found.layer, extension=format_.extension, _external=True),
                    "rel": "enclosure",
                    "type": format_.media_type.partition(";")[0],
                    "title": f"{title} · {format_.name}",
                }
                for format_ in FORMATS.values()
            ),
            _licence(),
        ],
    }
