"""Requests that nobody would make on purpose: every path and parameter of the application, with values right, nearly right and wild.

Filters have a grammar of their own: whatever CQL2 has, and what is nearly CQL2.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_from_bytes, urlencode

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st

from geo.serve.http.problems import MAX_QUERY_BYTES
from geo.serve.ogc.collections import DESCRIPTIONS
from geo.serve.ogc.query import LANGUAGES
from geo.tables.kinds import Kind
from geo.tables.reading import read_tables
from tests.known import DATA

# What stands for the variables of a path and the values of parameters when they are right, and what is like it.
_RIGHT = [
    *("binjiang-hitech", "fullsemi-1", "report-2023", "places", "platforms", "corridors", "indicators", "zh", "en", "html", "json", "jsonld"),
    *(corridor for corridor in ("west", "east", "none")),
    *(kind.value for kind in Kind),
    *read_tables(DATA).districts,
    *("120.1,30.1,120.3,30.3", "120.3,30.3,120.1,30.1", "2023-01-01T00:00:00Z/..", "../2022-12-31", "0", "1", "50", "10000", "-1", "1e400", "NaN"),
    *("http://www.opengis.net/def/crs/EPSG/0/4549", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "cql2-text", "cql2-json"),
    *(
        "name_zh,kind",
        "-value",
        "value > 100 AND kind = 'project'",
        "S_INTERSECTS(geometry, POINT(120.2 30.2))",
        '{"op":"=","args":[{"property":"kind"},"x"]}',
    ),
    *("industrial_value_added@2022", "杭州市滨江区网商路599号", "未来科技城", "120.2", "30.2"),
]
_WILD = [
    "..",
    "../../etc/passwd",
    "%",
    "%%",
    "\0",
    "\r\nX: y",
    "'",
    '"><script>',
    "{{7*7}}",
    "${7*7}",
    "\ud7ff",
    "🏭",
    "ﬀ",
    "İ",
    " ",
    "NULL",
    "[]",
    "(" * 200,
    "9" * 400,
]
_METHODS = ["GET"] * 12 + ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"]
_PARAMETERS = (
    *("corridor", "kind", "district", "bbox", "q", "lang", "f", "place", "page", "indicator", "basemap", "v", "admin", "host", "lon", "lat", "name"),
    *(
        "limit",
        "offset",
        "crs",
        "bbox-crs",
        "datetime",
        "filter",
        "filter-lang",
        "filter-crs",
        "properties",
        "sortby",
        "endpoint",
        "_external",
        "_anchor",
    ),
)
# Each takes the server a tenth of a second or more: they are asked for as they are, seldom.
_SLOW = (".png", ".svg", ".xlsx", ".gpkg", ".parquet", ".fgb", ".kml")


class Wanted(NamedTuple):
    """A request."""

    method: str
    address: str
    headers: dict[str, str]
    body: bytes


def requests(app: Flask) -> st.SearchStrategy[Wanted]:
    """Generate requests to an application."""
    values = st.one_of(
        st.sampled_from(_RIGHT),
        st.sampled_from(_WILD),
        st.text(max_size=20),
        st.tuples(st.sampled_from(_RIGHT), st.text(max_size=3)).map("".join),
        st.floats().map(str),
        st.integers().map(str),
    )
    encoded = st.one_of(
        values.map(lambda text: quote(text, safe="")), st.binary(max_size=8).map(quote_from_bytes), st.sampled_from(_RIGHT).map(quote)
    )

    def path_of(rule: str) -> st.SearchStrategy[str]:
        parts = [part.partition(">") for part in rule.split("<")]
        pieces = [st.just(parts[0][0]), *(st.tuples(encoded, st.just(after)).map("".join) for _, _, after in parts[1:])]
        return st.tuples(*pieces).map("".join)

    rules = sorted(rule.rule for rule in app.url_map.iter_rules())
    known = [f"/layers/{layer}.{extension}" for layer in ("places", "corridors", "indicators") for extension in ("geojson", "csv")]
    known += [f"/ogc/collections/{layer}/items" for layer in ("places", "corridors", "indicators")] * 3
    quick = [rule for rule in rules if not rule.endswith(_SLOW)]
    paths = st.one_of(
        st.sampled_from(known), st.sampled_from(quick).flatmap(path_of), st.sampled_from(quick).flatmap(path_of), encoded.map(lambda text: f"/{text}")
    )
    parameter = st.tuples(st.one_of(st.sampled_from(_PARAMETERS), encoded), encoded).map("=".join)
    query = st.one_of(st.lists(parameter, max_size=4).map("&".join), st.binary(max_size=30).map(quote_from_bytes))
    headers = st.fixed_dictionaries(
        {},
        optional={
            "Accept": st.sampled_from(["*/*", "text/html", "application/geo+json", "image/png", ";q=x", "a/b;q=2, */*;q=-1", ""]),
            "Accept-Language": st.sampled_from(["en", "zh-CN,zh;q=0.9", "*", "xx;q=yy", ",,,", "en;q=0"]),
            "Accept-Encoding": st.sampled_from(["gzip", "br", "zstd", "identity;q=0", "*;q=0", "gzip;q=nan"]),
            "If-None-Match": st.sampled_from(["*", '"x"', 'W/"x"', "x", '"']),
            "If-Modified-Since": st.sampled_from(["Mon, 23 Nov 2026 00:00:00 GMT", "yesterday", "Mon, 99 Foo 99999 99:99:99 GMT"]),
            "Range": st.sampled_from(["bytes=0-1", "bytes=-", "x"]),
            "Host": st.sampled_from(["localhost", "example.org:81", "[::1]", "a b", "例子"]).map(
                lambda host: host if host.isascii() else quote(host)
            ),
            "X-Forwarded-Host": st.just("evil.example"),
            "Content-Type": st.sampled_from(["application/json", "multipart/form-data", "x"]),
        },
    )
    body = st.one_of(st.just(b""), st.just(b""), st.binary(max_size=20))
    return st.builds(
        lambda method, path, question, said, sent: Wanted(method, f"{path}?{question}" if question else path, said, sent),
        st.sampled_from(_METHODS),
        paths,
        query,
        headers,
        body,
    )


def assert_stands(client: FlaskClient, wanted: Wanted) -> None:
    """Make a request: whatever it is, the answer is none of a server that failed, and keeps to the rules of every answer."""
    response = client.open(wanted.address, method=wanted.method, headers=wanted.headers, data=wanted.body or None)
    assert response.status_code in (200, 206, 304, 308, 400, 404, 405, 406, 413, 414, 415, 416, 422), response.get_data(as_text=True)
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "evil.example" not in str(response.headers)
    if response.status_code >= 400 and wanted.method != "HEAD" and "Content-Encoding" not in response.headers:
        said = response.get_data(as_text=True)
        assert "Traceback" not in said
        assert 'File "' not in said


# --- filters ------------------------------------------------------------------------------------------------------------------------------


Node = Any
_ORDERS = ("=", "<>", "<", "<=", ">", ">=")
_SPATIAL = tuple(f"s_{name}" for name in ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains"))
# What CQL2 has and the atlas does not.
_OTHER = ("t_after", "t_intersects", "a_contains", "accenti", "avg", "+", "*", "^", "div")
_CRSS = ("http://www.opengis.net/def/crs/EPSG/0/3857", "http://www.opengis.net/def/crs/EPSG/0/4326", "http://www.opengis.net/def/crs/OGC/1.3/CRS84")


@st.composite
def filters(draw: st.DrawFn) -> str:
    """Generate the address of features with a filter, in either language: mostly right, some nearly."""
    collection = draw(st.sampled_from(sorted(DESCRIPTIONS)))
    node, language = draw(_predicates(collection)), draw(st.sampled_from(LANGUAGES))
    text = write_text(node) if language == LANGUAGES[0] else json.dumps(node, ensure_ascii=False)
    query = {"filter": draw(_nearly(text)) if draw(st.integers(0, 3)) == 3 else text, "filter-lang": language}
    crs = draw(st.sampled_from([None, *_CRSS]))
    return f"/ogc/collections/{collection}/items?{urlencode({**query, **({'filter-crs': crs} if crs else {})}, errors='replace')}"


def assert_decided(client: FlaskClient, address: str) -> None:
    """Ask for filtered features: the filter is decided in time, or refused with the reason."""
    response = client.get(address)
    assert response.status_code in (200, 400, 414), response.get_data(as_text=True)
    assert response.status_code != 414 or len(address) > MAX_QUERY_BYTES
    if response.status_code == 400:
        assert ": expected " in response.get_json(force=True)["detail"]


def write_text(node: Node) -> str:
    """Write CQL2 JSON as CQL2 text; what is none is written in the way of what it is like."""
    if isinstance(node, bool):
        return str(node).upper()
    if isinstance(node, str):
        return "'" + node.replace("'", "''") + "'"
    if isinstance(node, list):
        return f"({', '.join(map(write_text, node))})"
    if not isinstance(node, dict):
        return "NULL" if node is None else repr(node)
    if "property" in node:
        return str(node["property"])
    if "bbox" in node:
        return f"BBOX({','.join(map(repr, node['bbox']))})"
    if "type" in node:
        return _write_geometry(node)
    if "op" not in node:
        ((name, value),) = node.items()
        return f"{name.upper()}{write_text([value])}"
    name, parts = node["op"], [write_text(arg) for arg in node["args"]]
    if name in ("and", "or", *_ORDERS, "+", "*", "^", "div"):
        return f"({f' {name} '.join(parts)})" if name in ("and", "or") else f" {name} ".join(parts)
    if name == "between" and len(parts) == 3:
        return f"{parts[0]} BETWEEN {parts[1]} AND {parts[2]}"
    if name in ("in", "like") and len(parts) == 2:
        return f"{parts[0]} {name.upper()} {parts[1]}"
    if name == "not" and len(parts) == 1:
        return f"NOT {parts[0]}"
    return f"{parts[0]} IS NULL" if name == "isNull" and parts else f"{name.upper()}({', '.join(parts)})"


def _write_geometry(node: Node) -> str:
    def write(coordinates: Any) -> str:
        if coordinates and not isinstance(coordinates[0], list):
            return " ".join(map(repr, coordinates))
        return ",".join(write(one) if one and not isinstance(one[0], list) else f"({write(one)})" for one in coordinates)

    parts = ",".join(map(_write_geometry, node["geometries"])) if "geometries" in node else write(node["coordinates"])
    return f"{node['type'].upper()}({parts})"


def _nearly(text: str) -> st.SearchStrategy[str]:
    """Take a piece out of a text, repeat one or put something in."""
    places = st.tuples(st.integers(0, len(text)), st.integers(0, 8))
    put_in = st.sampled_from(["", "'", '"', "(", ")", "NOT ", " AND ", "%", "_", "\\", ",", "-", "1e999", "NaN", "NULL", "[", "{", "\0", "中"])
    return st.builds(lambda place, new, times: text[: place[0]] + new * times + text[sum(place) :], places, put_in, st.integers(1, 40))


def _opaque(strategy: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Hide what a strategy is made of: Hypothesis writes all of it out, and again wherever it stands in another one."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Node:
        return draw(strategy)

    return drawn()


@cache
def _predicates(collection: str) -> st.SearchStrategy[Node]:
    properties = {"geometry": ["geometry"]}
    for one in DESCRIPTIONS[collection].properties:
        properties.setdefault(one.type, []).append(one.name)
    named = {kind: st.sampled_from(names).map(lambda name: {"property": name}) for kind, names in properties.items()}
    text = _opaque(_texts(named["string"]))
    number = _opaque(
        st.one_of(*(named[kind] for kind in ("integer", "number") if kind in named), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
    )
    dates = st.one_of(
        st.dates().map(str),
        st.dates().map(str),
        st.dates().map(str),
        st.sampled_from(["2023-01-01", "2023-02-30", "0000-01-01", "9999-12-31", "99999-01-01", "2023", "x"]),
    )
    day = st.one_of(*([named["date"]] if "date" in named else []), dates.map(lambda date: {"date": date}))
    geometry = _opaque(_geometries())
    either = _opaque(st.one_of(text, number, day, geometry, st.booleans(), st.none(), *named.values(), dates.map(lambda date: {"timestamp": date})))
    alike = st.one_of(*(st.tuples(one, one, one) for one in (text, number, day)), st.tuples(either, either, either))
    leaves = st.one_of(
        st.builds(lambda op, args: _op(op, *args[:2]), st.sampled_from(_ORDERS), alike),
        alike.map(lambda args: _op("between", *args)),
        st.builds(lambda args, more: _op("in", args[0], [*args[1:], *more]), alike, st.lists(either, max_size=1)),
        st.builds(lambda one, options: _op("in", one, options), text, st.lists(text, max_size=12)),
        st.builds(lambda one, pattern: _op("like", one, pattern), text, _patterns()),
        st.builds(lambda one, pattern: _op("like", _op("casei", one), _op("casei", pattern)), text, _patterns()),
        either.map(lambda one: _op("isNull", one)),
        st.builds(lambda op, one: _op(op, {"property": "geometry"}, one), st.sampled_from(_SPATIAL), geometry),
        st.builds(lambda op, one: _op(op, one, {"property": "geometry"}), st.sampled_from(_SPATIAL), geometry),
        st.builds(
            lambda op, args: _op(op, *args), st.sampled_from([*_OTHER, *_ORDERS, *_SPATIAL, "in", "like", "between"]), st.lists(either, max_size=3)
        ),
        st.booleans(),
        *([named["boolean"]] if "boolean" in named else []),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda op, args: _op(op, *args), st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=5)),
            st.builds(lambda one, count: _within(one, "not", count), inner, st.sampled_from([1, 1, 1, 2, 20, 60])),
        ),
        max_leaves=12,
    )


def _texts(properties: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    plain = st.one_of(properties, st.text(max_size=6), st.sampled_from(["project", "west", "未来科技城", "İ", "ﬀ"]))
    return st.builds(lambda one, count: _within(one, "casei", count), plain, st.sampled_from([0, 0, 0, 1, 2, 30]))


def _patterns() -> st.SearchStrategy[str]:
    """Generate patterns, many of which a search that comes back to what it has tried would never finish."""
    pieces = st.lists(st.sampled_from(["%", "_", "%%", "%_", "_%", "\\%", "\\", "e", "a", "区", "x"]), min_size=1, max_size=4).map("".join)
    return st.builds(
        lambda piece, times, end: piece * times + end, pieces, st.sampled_from([1, 1, 2, 30, 30, 200]), st.sampled_from(["", "x", "%x", "\\"])
    )


def _geometries() -> st.SearchStrategy[Node]:
    extreme = st.sampled_from([0.0, 1e-300, 1e300, 180.0, 181.0, -90.0, 120.2, 30.2])
    ordinates = st.one_of(_degrees(119, 121), _degrees(29, 31), extreme)
    points = st.one_of(st.lists(ordinates, min_size=2, max_size=2), st.tuples(_degrees(119, 121), _degrees(29, 31)).map(list))
    lines = st.lists(points, min_size=1, max_size=40)
    rings = st.lists(points, min_size=2, max_size=40).map(lambda line: [*line, line[0]])
    simple = st.one_of(
        points.map(lambda one: {"type": "Point", "coordinates": one}),
        lines.map(lambda one: {"type": "LineString", "coordinates": one}),
        st.lists(rings, min_size=1, max_size=3).map(lambda one: {"type": "Polygon", "coordinates": one}),
        st.lists(points, min_size=1, max_size=5).map(lambda one: {"type": "MultiPoint", "coordinates": one}),
        st.lists(lines, min_size=1, max_size=3).map(lambda one: {"type": "MultiLineString", "coordinates": one}),
        st.lists(st.lists(rings, min_size=1, max_size=2), min_size=1, max_size=3).map(lambda one: {"type": "MultiPolygon", "coordinates": one}),
        st.lists(ordinates, min_size=3, max_size=6).map(lambda one: {"bbox": one}),
        st.tuples(_degrees(119, 120), _degrees(29, 30), _degrees(120, 121), _degrees(30, 31)).map(lambda one: {"bbox": list(one)}),
    )
    collections = st.lists(simple.filter(lambda one: "type" in one), max_size=3).map(lambda one: {"type": "GeometryCollection", "geometries": one})
    deep = st.builds(lambda one, count: _collected(one, count), collections, st.sampled_from([1, 2, 60]))
    return st.one_of(simple, simple, simple, collections, deep)


def _degrees(least: int, most: int) -> st.SearchStrategy[float]:
    return st.floats(least, most).map(lambda degrees: round(degrees, 3))


def _op(name: str, *args: Node) -> Node:
    return {"op": name, "args": list(args)}


def _within(node: Node, name: str, count: int) -> Node:
    for _ in range(count):
        node = _op(name, node)
    return node


def _collected(node: Node, count: int) -> Node:
    for _ in range(count):
        node = {"type": "GeometryCollection", "geometries": [node]}
    return node
