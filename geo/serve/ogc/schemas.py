"""JSON Schema of what the API gives and takes, in the dialect of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from geo.serve.ogc.collections import Collection, Property
from geo.serve.ogc.crs import CRS84
from geo.serve.ogc.query import DEFAULT_LIMIT, LANGUAGES, MAX_LIMIT
from geo.words.phrases import LANGUAGES as SITE_LANGUAGES

Schema = dict[str, Any]
Translate = Callable[[str], str]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ADDRESS: Schema = {"type": "string", "format": "uri"}
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    # An empty list of what is required is no valid one.
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **needed, "properties": {**required, **(optional or {})}, "additionalProperties": False}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_EXTENT = _object(
    {},
    {
        "spatial": _object({"bbox": _list({"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}), "crs": TEXT}),
        "temporal": _object(
            {"interval": _list({"type": "array", "minItems": 2, "maxItems": 2, "items": {**TEXT, "format": "date-time", "nullable": True}})}
            | {"trs": TEXT}
        ),
    },
)
# What every answer may be made of; the features of a collection are added for each.
COMMON: dict[str, Schema] = {
    "link": _object({"href": ADDRESS, "rel": TEXT, "type": TEXT}, {"title": TEXT, "hreflang": TEXT}),
    "landingPage": _object({"title": TEXT, "description": TEXT, "links": _list(_ref("link"))}, {"attribution": TEXT}),
    "conformance": _object({"conformsTo": _list(ADDRESS)}),
    "collection": _object(
        {
            "id": TEXT,
            "title": TEXT,
            "description": TEXT,
            "itemType": {"type": "string", "enum": ["feature"]},
            "extent": _EXTENT,
            "crs": _list(ADDRESS),
            "storageCrs": ADDRESS,
            "links": _list(_ref("link")),
        }
    ),
    "collections": _object({"links": _list(_ref("link")), "crs": _list(ADDRESS), "collections": _list(_ref("collection"))}),
    "queryables": {"type": "object", "required": ["$schema", "$id", "type", "title", "properties", "additionalProperties"]},
    "schema": {"type": "object", "required": ["$schema", "$id", "type", "title", "properties"]},
    "openapi": {"type": "object", "required": ["openapi", "info", "paths"]},
    "geometry": {
        "type": "object",
        "nullable": True,
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string", "enum": list(GEOMETRIES)}, "coordinates": {"type": "array", "items": {}}},
        "additionalProperties": False,
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "parameter": TEXT,
            "allowed": _list(TEXT),
            "incident": TEXT,
        },
        "additionalProperties": False,
    },
}


def property_schema(one: Property, _: Translate) -> Schema:
    """Describe a property of a feature; every one may be null."""
    schema: Schema = {"title": _(one.title), "nullable": True, "type": "string" if one.type == "date" else one.type}
    if one.type == "date":
        schema["format"] = "date"
    if one.type == "array":
        schema["items"] = {"type": "object"}
    if one.allowed:
        # In OpenAPI 3.0 an enumeration lists null, too, where null may stand.
        schema["enum"] = [*one.allowed, None]
    return schema


def queryable_schemas(collection: Collection, _: Translate) -> dict[str, Schema]:
    """Describe what a filter may name, in plain JSON Schema."""
    return {name: schema for name, schema in returnable_schemas(collection, _).items() if name == "geometry" or name in collection.queryables}


def returnable_schemas(collection: Collection, _: Translate) -> dict[str, Schema]:
    """Describe what a feature holds, in plain JSON Schema (OGC API - Features, part 5)."""
    schemas: dict[str, Schema] = {"geometry": {"title": _("位置"), "format": "geometry-any", "x-ogc-role": "primary-geometry"}}
    for one in collection.properties:
        schemas[one.name] = {key: value for key, value in property_schema(one, _).items() if key != "nullable"}
        if one.allowed:
            schemas[one.name]["enum"] = list(one.allowed)
        if one.name == "id":
            schemas[one.name]["x-ogc-role"] = "id"
        if collection.has_time and one.name in ("period_start", "period_end"):
            schemas[one.name]["x-ogc-role"] = f"primary-interval-{one.name.removeprefix('period_')}"
    return schemas


def feature_schemas(collection: Collection, _: Translate) -> dict[str, Schema]:
    """Describe a feature of a collection, and a page of them, under their names as components."""
    feature = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": TEXT,
        "geometry": _ref("geometry"),
        "properties": _object({}, {one.name: property_schema(one, _) for one in collection.properties}),
    }
    page = {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": _list(_object(feature)),
        "links": _list(_ref("link")),
        "numberMatched": COUNT,
        "numberReturned": COUNT,
    }
    return {f"{collection.id}Page": _object(page), f"{collection.id}Feature": _object({**feature, "links": _list(_ref("link"))})}


def _query(name: str, schema: Schema, description: str, **more: Any) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema, "style": "form", "explode": False, **more}


def parameters(crss: Sequence[str], _: Translate) -> dict[str, Schema]:
    """Describe the parameters that do not depend on a collection, under their names as components; ``crss`` are URIs."""
    crs: Schema = {"type": "string", "format": "uri", "enum": list(crss), "default": CRS84.uri}
    number: Schema = {"type": "number"}
    return {
        "f": _query("f", {"type": "string", "enum": ["json", "html"]}, _("答复的格式；不写则看 Accept")),
        "lang": _query("lang", {"type": "string", "enum": list(SITE_LANGUAGES)}, _("答复的语言；不写则看 Accept-Language")),
        # What is above the maximum is no error, the answer just has no more than that.
        "limit": _query(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            _("一页最多几个要素；最多 %(most)s，更大的数按此计") % {"most": MAX_LIMIT},
        ),
        "offset": _query("offset", {"type": "integer", "minimum": 0, "default": 0}, _("略过前面几个要素；翻页的链接里有")),
        "bbox": _query(
            "bbox",
            {
                "type": "array",
                "minItems": 4,
                "maxItems": 6,
                "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
                "items": number,
            },
            _("范围的两角，轴的顺序按 bbox-crs；没有位置的要素总在其中"),
        ),
        "bbox-crs": _query("bbox-crs", crs, _("bbox 的坐标系；和 bbox 一起写")),
        "datetime": _query(
            "datetime",
            {"type": "string", "format": "datetime-or-interval"},
            _("RFC 3339 的时刻，或用斜线隔开的两个，.. 是没有尽头；没有时期的要素总在其中"),
        ),
        "crs": _query("crs", crs, _("答复的坐标系，轴的顺序按其定义")),
        "filter": _query("filter", {"type": "string", "minLength": 1, "format": "cql2"}, _("CQL2 的条件，例如 kind = 'project'")),
        "filter-lang": _query("filter-lang", {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]}, _("filter 的写法")),
        "filter-crs": _query("filter-crs", crs, _("filter 里坐标的坐标系，轴的顺序按其定义")),
    }


def list_parameters(collection: Collection, _: Translate) -> list[Schema]:
    """Describe the parameters that name properties of a collection."""
    names = [one.name for one in collection.properties]
    orders = [f"{sign}{name}" for name in collection.queryables for sign in ("", "+", "-")]
    return [
        _query("properties", {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}}, _("只要这些属性")),
        _query(
            "sortby",
            {"type": "array", "minItems": 1, "items": {"type": "string", "enum": orders}},
            _("排序的属性，前面加 - 为从大到小；没有的排在最后"),
        ),
    ]
