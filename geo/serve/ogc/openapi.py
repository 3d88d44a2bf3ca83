"""The API's own description, OpenAPI 3.0: every path, parameter, answer and status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geo.geocode.said import N_
from geo.serve.ogc.collections import Collection
from geo.serve.ogc.query import PARAMETERS
from geo.serve.ogc.schemas import COMMON, Schema, Translate, feature_schemas, list_parameters, parameters

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HTML = "text/html"
PROBLEM = "application/problem+json"
# How the data may be used, which is not how the code may.
LICENCE = N_("数据里的事实可自由使用，请注明来源")
# What every path may answer instead.
_REFUSALS = {
    "304": ("NotModified", N_("没有变")),
    "400": ("BadParameter", N_("参数不认识，或者值不对")),
    "404": ("NotFound", N_("没有这个地址")),
    "405": ("MethodNotAllowed", N_("只能读")),
    "406": ("NotAcceptable", N_("没有 Accept 要的格式")),
    "414": ("QueryTooLong", N_("参数太长")),
    "500": ("InternalError", N_("服务出错")),
}


def build_openapi(
    collections: Mapping[str, Collection], crss: Sequence[str], root: str, licence: str, title: str, description: str, version: str, _: Translate
) -> dict[str, Any]:
    """Build the document.

    Parameters
    ----------
    collections
        By id.
    crss
        The URIs of the systems that can be asked for.
    root
        Address of the landing page.
    licence
        Address of the page that says how the data may be used.
    title, description
        Of the atlas, in the language of the request.
    version
        Of the data.
    _
        From Chinese to the language of the request.
    """
    schemas = dict(COMMON)
    paths: dict[str, Any] = {
        "/": _path("getLandingPage", _("入口"), "landingPage", JSON, _),
        "/conformance": _path("getConformance", _("所符合的标准"), "conformance", JSON, _),
        "/api": _path("getApi", _("接口说明"), "openapi", OPENAPI, _),
        "/collections": _path("getCollections", _("数据集"), "collections", JSON, _),
    }
    for collection in collections.values():
        schemas |= feature_schemas(collection, _)
        paths |= _collection_paths(collection, _)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "description": description,
            "version": version,
            "license": {"name": _(LICENCE), "url": licence},
        },
        "servers": [{"url": root.rstrip("/")}],
        "tags": [{"name": "api", "description": _("接口")}]
        + [{"name": collection.id, "description": _(collection.description)} for collection in collections.values()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": parameters(crss, _),
            "headers": {
                "Content-Crs": {
                    "description": _("答复的坐标系"),
                    "required": True,
                    "schema": {"type": "string", "enum": [f"<{uri}>" for uri in crss]},
                },
            },
            "responses": {name: _refusal(status, _(title)) for status, (name, title) in _REFUSALS.items()},
        },
    }


def _collection_paths(collection: Collection, _: Translate) -> dict[str, Any]:
    id_, title = collection.id, _(collection.title)
    about = f"/collections/{id_}"
    feature_id = {"name": "featureId", "in": "path", "required": True, "description": _("要素的编号"), "schema": {"type": "string"}}
    if len(collection.frame):
        feature_id["example"] = collection.frame.index[0]
    names = [name for name in PARAMETERS if name not in ("properties", "sortby")]
    items = _path(f"get{id_.title()}", title, f"{id_}Page", GEOJSON, _, id_, names, list_parameters(collection, _))
    feature = _path(f"get{id_.title()}Feature", title, f"{id_}Feature", GEOJSON, _, id_, ["crs"], [feature_id])
    for path in (items, feature):
        path["get"]["responses"]["200"]["headers"] = {"Content-Crs": {"$ref": "#/components/headers/Content-Crs"}}
    return {
        about: _path(f"describe{id_.title()}", title, "collection", JSON, _, id_),
        f"{about}/queryables": _path(f"get{id_.title()}Queryables", title, "queryables", SCHEMA, _, id_),
        f"{about}/schema": _path(f"get{id_.title()}Schema", title, "schema", SCHEMA, _, id_),
        f"{about}/items": items,
        f"{about}/items/{{featureId}}": feature,
    }


def _path(
    operation: str,
    summary: str,
    schema: str,
    media_type: str,
    _: Translate,
    tag: str = "api",
    names: list[str] | None = None,
    own: list[Schema] | None = None,
) -> dict[str, Any]:
    refs = [{"$ref": f"#/components/parameters/{name}"} for name in ("f", "lang", *(names or []))]
    answer = {
        "description": _("答复"),
        "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}, HTML: {"schema": {"type": "string"}}},
    }
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*(own or []), *refs],
            "responses": {"200": answer, **{status: {"$ref": f"#/components/responses/{name}"} for status, (name, _title) in _REFUSALS.items()}},
        }
    }


def _refusal(status: str, description: str) -> Schema:
    if status == "304":
        return {"description": description}
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}, HTML: {"schema": {"type": "string"}}}
    return {"description": description, "content": problem}
