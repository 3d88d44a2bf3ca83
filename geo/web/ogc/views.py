"""The paths of OGC API - Features: parameters in, JSON or a page out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import flask
from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from werkzeug.exceptions import NotAcceptable

from geo.errors import BadParameterError, NotFoundError
from geo.formats import encode_geojson
from geo.web.ogc.collections import Collection, build_collections
from geo.web.ogc.crs import CRS84, CRSS, Crs
from geo.web.ogc.openapi import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, build_openapi
from geo.web.ogc.query import PARAMETERS, parse_crs, parse_query, present, select
from geo.web.ogc.schemas import queryable_schemas
from geo.web.responses import cacheable
from geo.web.site import current_site, site_of
from geo.wording import LANGUAGES

blueprint = Blueprint("ogc", __name__, url_prefix="/ogc")

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


@blueprint.record_once
def prepare(state: BlueprintSetupState) -> None:
    """Build the collections once, when the application is composed."""
    state.app.extensions["ogc"] = build_collections(site_of(cast(flask.Flask, state.app)).atlas.layers)


@blueprint.after_request
def open_to_every_page(response: Response) -> Response:
    """Let a page of any origin read what is open data, and which system its coordinates are in."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Content-Crs, ETag"
    return response


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
    ]
    document = {
        "title": gettext("杭州产业平台图"),
        "description": gettext("杭州产业平台、项目与指标的地图：每个数字有出处，每个位置有精度。"),
        "links": links,
    }
    return _answer(document, JSON, "landing", collections=_collections().values())


@blueprint.get("/conformance")
def conformance() -> Response:
    """List the classes of the standards that the API conforms to."""
    _read_parameters()
    return _answer({"conformsTo": list(CONFORMANCE)}, JSON, "conformance")


@blueprint.get("/api")
def api() -> Response:
    """Describe the API."""
    _read_parameters()
    site = current_site()
    document = build_openapi(_collections(), url_for("ogc.landing", _external=True), site.atlas.tables.version, gettext)
    return _answer(document, OPENAPI, "api", components=document["components"])


@blueprint.get("/collections")
def collections() -> Response:
    """List the collections."""
    _read_parameters()
    described = [_describe(collection) for collection in _collections().values()]
    document = {"links": _here(JSON), "crs": list(CRSS), "collections": described}
    return _answer(document, JSON, "collections", collections=_collections().values())


@blueprint.get("/collections/<id_>")
def collection(id_: str) -> Response:
    """Describe a collection."""
    _read_parameters()
    found = _find(id_)
    document = _describe(found, _here(JSON))
    return _answer(document, JSON, "collection", collection=found)


@blueprint.get("/collections/<id_>/queryables")
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
    return _answer(document, SCHEMA, "queryables", collection=found)


@blueprint.get("/collections/<id_>/items")
def items(id_: str) -> Response:
    """Give features: filtered, in order, a page of them."""
    found = _find(id_)
    query = parse_query(_read_parameters(*PARAMETERS), found)
    page = select(found, query)
    before, after = max(0, query.offset - query.limit), query.offset + query.limit
    links = _here(GEOJSON)
    if after < page.matched:
        links.append(_turn("next", gettext("下一页"), after))
    if query.offset:
        links.append(_turn("prev", gettext("上一页"), before))
    links.append(_link("collection", "ogc.collection", JSON, gettext(found.title), id_=id_))
    features = json.loads(encode_geojson(page.features))["features"]
    document = {
        "type": "FeatureCollection",
        "features": features,
        "links": links,
        "numberMatched": page.matched,
        "numberReturned": len(features),
    }
    document["timeStamp"] = _first_generated(_digest(document))
    shown = {
        "first": query.offset + 1,
        "last": query.offset + len(features),
        "all": page.matched,
        "before": _same_address(offset=before) if query.offset else None,
        "after": _same_address(offset=after) if after < page.matched else None,
    }
    return _in(query.crs, _answer(document, GEOJSON, "items", collection=found, pages=shown))


@blueprint.get("/collections/<id_>/items/<feature_id>")
def feature(id_: str, feature_id: str) -> Response:
    """Give one feature."""
    found = _find(id_)
    crs = parse_crs(_read_parameters("crs"))
    if feature_id not in found.frame.index:
        raise NotFoundError(f"no feature {feature_id[:80]!r} in {id_}; its items have them all")
    (document,) = json.loads(encode_geojson(present(found, [found.frame.index.get_loc(feature_id)], crs)))["features"]
    links = [*_here(GEOJSON), _link("collection", "ogc.collection", JSON, gettext(found.title), id_=id_)]
    nested = {one.name: json.dumps(document["properties"][one.name], ensure_ascii=False) for one in found.properties if not one.is_queryable}
    return _in(crs, _answer({**document, "links": links}, GEOJSON, "feature", collection=found, nested=nested))


# --- parameters ---------------------------------------------------------------------------------------------------------------------------


def _collections() -> Mapping[str, Collection]:
    return cast(Mapping[str, Collection], current_app.extensions["ogc"])


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
        body = render_template(f"ogc/{template}.html", document=document, data_url=_same_address(f="json"), **context)
        content_type = f"{HTML}; charset=utf-8"
    else:
        body, content_type = json.dumps(document, ensure_ascii=False, separators=(",", ":")), media_type
    response = cacheable(body, content_type, varies_by_language=True)
    response.vary.add("Accept")
    return response


def _in(crs: Crs, response: Response) -> Response:
    response.headers["Content-Crs"] = f"<{crs.uri}>"
    return response


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode()).hexdigest()


@lru_cache(maxsize=4096)
def _first_generated(digest: str) -> str:  # noqa: ARG001 - the cache keeps one moment for each
    """Say when an answer was generated: once for the same content, so that its ETag stays and a client need not fetch it again."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _link(rel: str, endpoint: str, media_type: str, title: str, **values: str) -> dict[str, str]:
    if "lang" in request.args:
        values["lang"] = request.args["lang"]
    return {"href": url_for(endpoint, _external=True, **values), "rel": rel, "type": media_type, "title": title}


def _same_address(**changes: Any) -> str:
    """Give the address of the request with some parameters changed."""
    values = {**(request.view_args or {}), **request.args.to_dict(), **changes}
    return url_for(cast(str, request.endpoint), _external=True, **values)


def _here(media_type: str) -> Links:
    """Link to this document, and to it in the other format."""
    types = {"json": (media_type, "JSON"), "html": (HTML, "HTML")}
    own = "html" if _is_page_wanted(media_type) else "json"
    other = "json" if own == "html" else "html"
    return [
        {"href": _same_address(f=name), "rel": rel, "type": types[name][0], "title": f"{gettext('本页')} · {types[name][1]}"}
        for name, rel in ((own, "self"), (other, "alternate"))
    ]


def _turn(rel: str, title: str, offset: int) -> dict[str, str]:
    """Link to another page of the same features."""
    return {"href": _same_address(offset=offset), "rel": rel, "type": HTML if _is_page_wanted(GEOJSON) else GEOJSON, "title": title}


def _describe(found: Collection, own: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
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
        "crs": list(CRSS),
        "storageCrs": CRS84.uri,
        "links": [
            *(own or [_link("self", "ogc.collection", JSON, title, id_=found.id)]),
            _link("items", "ogc.items", GEOJSON, title, id_=found.id),
            _link("items", "ogc.items", HTML, title, id_=found.id, f="html"),
            _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", "ogc.queryables", SCHEMA, gettext("可用来筛选的属性"), id_=found.id),
        ],
    }
