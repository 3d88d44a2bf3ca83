"""Requests that nobody would make on purpose: every path and parameter of the application, with values right, nearly right and wild."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, quote_from_bytes

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st

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
    assert response.status_code in (200, 304, 308, 400, 404, 405, 406, 413, 414), response.get_data(as_text=True)
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "evil.example" not in str(response.headers)
    if response.status_code >= 400 and wanted.method != "HEAD" and "Content-Encoding" not in response.headers:
        said = response.get_data(as_text=True)
        assert "Traceback" not in said
        assert 'File "' not in said
