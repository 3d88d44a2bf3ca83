"""The description of the geocoding routes, OpenAPI 3.0: names and addresses to locations, points to what lies around them, and lists."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from geo.geocode.answers import Level, Method, MissReason
from geo.serve.data.lists import FILES, NDJSON
from geo.serve.http.responses import BY_LANGUAGE, cacheable, open_to_every_page
from geo.serve.site import current_site
from geo.tables.kinds import Basis, Precision
from geo.words.phrases import LANGUAGES

blueprint = Blueprint("description", __name__)
blueprint.after_request(open_to_every_page)

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "number"}
_WHOLE: dict[str, Any] = {"type": "integer"}


@blueprint.get("/geocode/api")
def api() -> Response:
    """Give the description."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": gettext("地名与地址定位"), "version": current_site().atlas.tables.version},
        "servers": [{"url": request.url_root.rstrip("/")}],
        "paths": {"/geocode": {"get": _geocode()}, "/geocode/list": {"post": _list()}, "/reverse": {"get": _reverse()}},
        "components": {"schemas": _schemas()},
    }
    return cacheable(json.dumps(document, ensure_ascii=False), "application/json", varies_by=BY_LANGUAGE)


def _geocode() -> dict[str, Any]:
    home = {"type": "string", "enum": ["yes", "no"], "default": "yes"}
    given = [
        _parameter("q", gettext("名称或地址"), _TEXT, is_required=True),
        _parameter("admin", gettext("所在的行政区"), _TEXT),
        _parameter("host", gettext("所属的地方"), _TEXT),
        _parameter("bbox", gettext("西、南、东、北，WGS-84，用逗号隔开"), _TEXT),
        _parameter("home", gettext("重名时是否当作本市的"), home),
        _parameter("lang", gettext("理由和说明用的语言"), {"type": "string", "enum": list(LANGUAGES)}),
    ]
    return _operation("geocode", gettext("名称或地址在哪里"), "answer", given)


def _reverse() -> dict[str, Any]:
    given = [
        _parameter("lon", gettext("经度，WGS-84"), {**_NUMBER, "minimum": -180, "maximum": 180}, is_required=True),
        _parameter("lat", gettext("纬度，WGS-84"), {**_NUMBER, "minimum": -90, "maximum": 90}, is_required=True),
    ]
    return _operation("reverse", gettext("一个点周围有什么"), "surroundings", given)


def _list() -> dict[str, Any]:
    part = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {**part, "description": gettext("名单：csv、tsv、txt 或 xlsx")},
            "corrections": {**part, "description": gettext("改正：csv，有 row、query、corrected、division、lon、lat 各列")},
            "column": {"type": "array", "items": _TEXT},
            **dict.fromkeys(("admin_column", "sheet", "skip", "encoding"), _TEXT),
        },
        "additionalProperties": False,
    }
    wanted = {"type": "string", "enum": ["rows", "preview", *FILES], "default": "rows"}
    operation = {
        "operationId": "geocodeList",
        "summary": gettext("给一份名单定位，不保存"),
        "parameters": [
            _parameter("f", gettext("要什么：逐行、先看一眼，或一个文件"), wanted),
            _parameter("lang", gettext("理由和说明用的语言"), {"type": "string", "enum": list(LANGUAGES)}),
        ],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
    }
    found = {NDJSON: {"schema": _TEXT}, "application/json": {"schema": {"type": "object"}}, **{kind: {"schema": part} for kind in FILES.values()}}
    refusals = {status: _refusal(status) for status in ("400", "403", "413", "415", "422", "503")}
    return {**operation, "responses": {"200": {"description": gettext("答复"), "content": found}, **refusals}}


def _operation(name: str, summary: str, schema: str, given: list[dict[str, Any]]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    responses = {"200": {"description": gettext("答复"), "content": content}, "400": _refusal("400")}
    return {"operationId": name, "summary": summary, "parameters": given, "responses": responses}


def _parameter(name: str, description: str, schema: dict[str, Any], *, is_required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": is_required, "description": description, "schema": schema}


def _refusal(status: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    return {"description": gettext("答不了：%(status)s", status=status), "content": content}


def _schemas() -> dict[str, Any]:
    def one_of(values: Any) -> dict[str, Any]:
        return {"type": "string", "enum": [value.value for value in values]}

    def ref(name: str) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{name}"}

    def may_be_null(schema: dict[str, Any]) -> dict[str, Any]:
        return {**schema, "nullable": True}

    def shape(properties: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "required": list(properties), "properties": properties}

    division = shape({"code": _TEXT, "name": _TEXT})
    near = shape({"name": _TEXT, "divisions": {"type": "array", "items": ref("division")}, "distance_m": _WHOLE, "uncertainty_m": _WHOLE})
    match = {
        "query": _TEXT,
        "status": {"type": "string", "enum": ["match"]},
        "name": _TEXT,
        "matched": _TEXT,
        "level": one_of(Level),
        "method": one_of(Method),
        "score": _NUMBER,
        "runner_up": may_be_null({"type": "object", "properties": {"name": _TEXT, "score": _NUMBER}}),
        "unresolved": _TEXT,
        "lon": _NUMBER,
        "lat": _NUMBER,
        "precision": one_of(Precision),
        "uncertainty_m": _WHOLE,
        "divisions": {"type": "array", "items": ref("division")},
        "basis": one_of(Basis),
        "source": _TEXT,
        "datum_of_source": _TEXT,
        "note": may_be_null(_TEXT),
    }
    miss = {
        "query": _TEXT,
        "status": {"type": "string", "enum": ["ambiguous", "miss"]},
        "reason": one_of(MissReason),
        "candidates": {"type": "array", "items": ref("candidate")},
    }
    return {
        "division": division,
        "candidate": shape({"name": _TEXT, "within": _TEXT, "level": may_be_null(_TEXT), "reason": _TEXT}),
        "match": shape(match),
        "miss": shape(miss),
        "answer": {"oneOf": [ref("match"), ref("miss")]},
        "surroundings": shape(
            {
                "lon": _NUMBER,
                "lat": _NUMBER,
                "status": {"type": "string", "enum": ["inside", "out_of_area"]},
                "district": may_be_null(division),
                **{name: may_be_null(near) for name in ("nearest_township", "nearest_place", "nearest_landmark")},
            }
        ),
        "problem": {"type": "object", "properties": {"title": _TEXT, "status": _WHOLE, "detail": _TEXT}},
    }
