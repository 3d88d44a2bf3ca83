"""Data sets that nobody would make on purpose, and what must hold of each: it is refused with every problem named, or everything is answered.

A mutation changes the files of a valid data folder as an editor, an export, a copy that was cut short or a spreadsheet would. Most are one of
:data:`SYSTEMATIC`; :func:`mutate` also puts several together.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from types import UnionType
from typing import Any, Union, get_args, get_origin
from urllib.parse import quote

from flask import Flask

from app import create_app
from geo.errors import TableError
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.serve.reload import sites_of
from geo.settings import Settings
from geo.tables.integrity import _REFERENCES, KEYS
from geo.tables.rows import TABLES
from geo.words.review_sheet import encode_audit

# The files of a data folder by their paths.
Files = dict[str, bytes]
Change = Callable[[Files, Random], None]
Rows = list[list[str]]

PROFILE = "atlas.toml"
OUTLINES = tuple(f"basemap/{name}.geojson" for name in ("districts", "surround", "water", "osm/metro", "osm/landmarks"))
# Not what a cell expects, but what people, programs and other scripts have written into cells.
# fmt: off
WILD = (
    "", " ", "0", "-1", "-0", "1e9", "1.5", "NaN", "Infinity", "999999999", "9" * 15, "-" + "9" * 15, "0.000000001", "0x10", "１２", "+1", ".5",
    "1.", "200", "-200", "90.000001", "180", "-180", "73", "136", "3", "54", "0.0", "0000", "1000", "1799", "1800", "2100", "2101", "2999",
    "2023-02-30", "2023-13", "2023-Q5", "/", "//", "2020/", "/2027", "2023-01/2022-01", "none", "None", "null", "nan", "N/A", "-", "—", "?",
    "true", "undefined", "constructor", "__proto__", "toString", "\u200b", "\u200b\u200b", "\u2060", "\ufeff", "\u00a0", "\u3000", "a\u3000b",
    "a\u00a0b", "a  b", " a", "a ", "\u3164", "\u115f", "\u2800", "\u00ad", "\u202eabc", "a\u202eb\u202c", "\u2066x\u2069", "\u200f", "\u061c",
    "a\x00b", "a\x1bb", "a\x85b", "a\u2028b", "a\tb", "a\nb", "a\r\nb", "\x7f", "\ud7ff", "\ufffe", "\uffff", "\ufffd", "\U000e0041", "\ue000",
    "\U0010ffff", "e\u0301" * 3, "Z" + "\u0300" * 60, "🏭", "𠮷田", "ﬀ", "İ", "ß", "Ⅷ", "x" * 10_000, "长" * 10_000, "x" * 300, "a b " * 100,
    "<b>x</b>", '"><script>', "{{7*7}}", "{% raw %}", "</script>", "]]>", "&amp;", "%s", "%(x)s", "=1+1", "@x", "'", '"', "''", "\\", "a/b",
    "../x", "a;b", "a,b", "(", ")(", "[x]", "（", "a(b", "(b)", "*", "街道", "镇", "市", "区", "中国", "省", "POINT (120 30)", "LINESTRING EMPTY",
    "LINESTRING (120 30)", "LINESTRING (120 30, 120 30)", "LINESTRING Z (120 30 1, 121 31 2)", "LINESTRING (120 30, 121 NaN)",
    "MULTILINESTRING (EMPTY, (120 30, 121 31))", "LINESTRING (73 3, 136 54)", "LINESTRING (120 30, 120.0000001 30)", "http://x", "https://",
    "javascript:alert(1)", "http://a b", "https://x\\y", "http://[", "http://[::1", "https://例子.中国/路", "https://x:99999/", "http://x/%zz",
    "#000000", "#ffffff", "0" * 64, "f" * 64, "999999", "000000", "330100", "999900", "999901", "999901001", "330100;330100", ";",
)
# fmt: on


# --- files as rows ------------------------------------------------------------------------------------------------------------------------


def read_files(data: Path) -> Files:
    """Read a data folder: its tables, its profile and its outlines."""
    return {file: (data / file).read_bytes() for file in (*TABLES, PROFILE, *OUTLINES)}


def write_files(files: Files, folder: Path) -> None:
    """Write a data folder."""
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)


def _rows(files: Files, file: str) -> Rows:
    return list(csv.reader(io.StringIO(files[file].decode("utf-8-sig", errors="replace"), newline=""))) or [list(TABLES[file].model_fields)]


def _store(files: Files, file: str, rows: Rows) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    files[file] = text.getvalue().encode(errors="surrogatepass")


def _some_table(random: Random) -> str:
    return random.choice(list(TABLES))


def _is_optional(file: str, column: str) -> bool:
    field = TABLES[file].model_fields[column]
    annotation = field.annotation
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)


# --- tables -------------------------------------------------------------------------------------------------------------------------------


def header_only(*tables: str) -> Change:
    """Leave the header of some tables."""

    def change(files: Files, random: Random) -> None:
        for file in tables:
            _store(files, file, _rows(files, file)[:1])

    return change


def header_only_and_nothing_dangles(file: str) -> Change:
    """Leave the header of a table, and of the others what does not refer to it."""

    def change(files: Files, random: Random) -> None:
        _store(files, file, _rows(files, file)[:1])
        _drop_dangling(files)

    return change


def without(file: str) -> Change:
    """Leave a file out."""

    def change(files: Files, random: Random) -> None:
        files.pop(file, None)

    return change


def one_row(file: str) -> Change:
    """Leave one row of a table, and of the others what does not refer to the rest."""

    def change(files: Files, random: Random) -> None:
        rows = _rows(files, file)
        if len(rows) > 1:
            _store(files, file, [rows[0], random.choice(rows[1:])])
        _drop_dangling(files)

    return change


def all_optional_missing(*tables: str) -> Change:
    """Empty every cell of some tables that may be empty."""

    def change(files: Files, random: Random) -> None:
        for file in tables:
            rows = _rows(files, file)
            for row in rows[1:]:
                for place, column in enumerate(rows[0]):
                    if place < len(row) and column in TABLES[file].model_fields and _is_optional(file, column):
                        row[place] = ""
            _store(files, file, rows)

    return change


def column_missing(file: str, column: str) -> Change:
    """Empty a column that may be empty."""

    def change(files: Files, random: Random) -> None:
        rows = _rows(files, file)
        at = rows[0].index(column) if column in rows[0] else -1
        for row in rows[1:]:
            if 0 <= at < len(row):
                row[at] = ""
        _store(files, file, rows)

    return change


def reordered(*tables: str) -> Change:
    """Shuffle the rows of some tables."""

    def change(files: Files, random: Random) -> None:
        for file in tables:
            rows = _rows(files, file)
            body = rows[1:]
            random.shuffle(body)
            _store(files, file, [rows[0], *body])

    return change


def reversed_rows(file: str) -> Change:
    """Turn a table upside down."""

    def change(files: Files, random: Random) -> None:
        rows = _rows(files, file)
        _store(files, file, [rows[0], *reversed(rows[1:])])

    return change


def reordered_columns(files: Files, random: Random) -> None:
    """Put the columns of a table in another order."""
    file = _some_table(random)
    rows = _rows(files, file)
    order = list(range(len(rows[0])))
    random.shuffle(order)
    _store(files, file, [[row[place] for place in order if place < len(row)] for row in rows])


def wild_cell(files: Files, random: Random) -> None:
    """Write something into a cell."""
    file = _some_table(random)
    rows = _rows(files, file)
    if len(rows) > 1 and (row := random.choice(rows[1:])):
        row[random.randrange(len(row))] = random.choice(WILD)
    _store(files, file, rows)


def wild_column(files: Files, random: Random) -> None:
    """Write the same into a column of a table, from top to bottom, as a spreadsheet fills cells."""
    file = _some_table(random)
    rows, value = _rows(files, file), random.choice(WILD)
    at = random.randrange(len(rows[0]))
    for row in rows[1:]:
        if at < len(row):
            row[at] = value
    _store(files, file, rows)


def swapped_cells(files: Files, random: Random) -> None:
    """Give a row the cell of another row in a column: valid by itself."""
    file = _some_table(random)
    rows = _rows(files, file)
    for _ in range(random.choice((1, 1, 2, 5))):
        if len(rows) > 2 and rows[0]:
            at, one, other = random.randrange(len(rows[0])), random.choice(rows[1:]), random.choice(rows[1:])
            if at < min(len(one), len(other)):
                one[at] = other[at]
    _store(files, file, rows)


def cell_of_another_column(files: Files, random: Random) -> None:
    """Write into a cell what stands in a column of another table."""
    file, source = _some_table(random), _some_table(random)
    rows, others = _rows(files, file), _rows(files, source)
    if len(rows) > 1 and len(others) > 1 and random.choice(rows[1:]) and (other := random.choice(others[1:])):
        row = random.choice(rows[1:])
        if row:
            row[random.randrange(len(row))] = random.choice(other)
    _store(files, file, rows)


def empty_cell(files: Files, random: Random) -> None:
    """Empty a cell."""
    file = _some_table(random)
    rows = _rows(files, file)
    if len(rows) > 1 and (row := random.choice(rows[1:])):
        row[random.randrange(len(row))] = ""
    _store(files, file, rows)


def lost_rows(files: Files, random: Random) -> None:
    """Lose rows of a table: what refers to them dangles."""
    file = _some_table(random)
    rows = _rows(files, file)
    share = random.random()
    _store(files, file, [rows[0], *(row for row in rows[1:] if random.random() > share)])


def lost_rows_and_what_refers_to_them(files: Files, random: Random) -> None:
    """Lose rows of a table, and all that refers to them."""
    lost_rows(files, random)
    _drop_dangling(files)


def doubled_row(files: Files, random: Random) -> None:
    """Write a row again, perhaps with another cell."""
    file = _some_table(random)
    rows = _rows(files, file)
    if len(rows) > 1:
        row = list(random.choice(rows[1:]))
        if row and random.random() < 0.6:
            row[random.randrange(len(row))] = random.choice(random.choice(rows[1:]) or [""])
        rows.insert(random.randrange(1, len(rows) + 1), row)
    _store(files, file, rows)


def moved_point(files: Files, random: Random) -> None:
    """Put a location or a division elsewhere: at an end of what is allowed, beyond it, or onto another."""
    file = random.choice(["gazetteer.csv", "admin/divisions.csv"])
    rows = _rows(files, file)
    if len(rows) > 1 and "lon" in rows[0] and "lat" in rows[0]:
        for row in rows[1:] if random.random() < 0.3 else [random.choice(rows[1:])]:
            if len(row) == len(rows[0]) and (row[rows[0].index("lon")] or random.random() < 0.1):
                row[rows[0].index("lon")] = random.choice(["73", "136", "73.000001", "120.2", "0", "180", "-180", "200", "999", "30.2"])
                row[rows[0].index("lat")] = random.choice(["3", "54", "30.2", "0", "90", "-90", "200", "120.2", "53.999999"])
    _store(files, file, rows)


def extreme_numbers(files: Files, random: Random) -> None:
    """Write figures at the ends of what is allowed, and a little beyond."""
    rows = _rows(files, "indicators.csv")
    numbers = ["0", "0.000000001", "9" * 15, "999999999999999.999999999", "-1", "-999999999999999", "1"]
    for row in rows[1:]:
        for column in ("value", "value_max", "growth_pct", "rank", "start", "end"):
            at = rows[0].index(column) if column in rows[0] else -1
            if 0 <= at < len(row) and row[at] and random.random() < 0.4:
                row[at] = random.choice(numbers)
    _store(files, "indicators.csv", rows)


def long_texts(files: Files, random: Random) -> None:
    """Make every text of a table as long as may be, or one longer."""
    file, length = _some_table(random), random.choice((79, 80, 81, 119, 120, 121, 199, 200, 201, 499, 500, 501, 2000, 2001))
    rows = _rows(files, file)
    words = random.choice(("长", "w", "长 w", "W. "))
    for number, row in enumerate(rows[1:]):
        for place, column in enumerate(rows[0]):
            if place < len(row) and row[place] and re.search(r"name|title|note|label|focus|scope|publisher|sector|authors|pages|elsewhere", column):
                row[place] = (f"{number} " + words * length)[:length].strip()
    _store(files, file, rows)


def _drop_dangling(files: Files) -> None:
    """Leave out rows that refer to what is not there, until none does."""
    references = (
        *((file, column, target, KEYS[target]) for file, column, target in _REFERENCES),
        ("places.csv", "district", "admin/divisions.csv", "name"),
        ("gazetteer.csv", "admin", "admin/divisions.csv", "name"),
        ("admin/former.csv", "became", "admin/divisions.csv", "code"),
    )
    for _ in count():
        dropped = False
        for file, column, target, key in references:
            if file not in files or target not in files:
                continue
            rows, others = _rows(files, file), _rows(files, target)
            if column not in rows[0] or key not in others[0]:
                continue
            at, known = rows[0].index(column), {row[others[0].index(key)] for row in others[1:] if len(row) > others[0].index(key)} | {"", "none"}
            kept = [row for row in rows[1:] if len(row) > at and {*row[at].split(";")} <= known]
            if len(kept) < len(rows) - 1:
                _store(files, file, [rows[0], *kept])
                dropped = True
        if not dropped:
            return


# --- divisions ----------------------------------------------------------------------------------------------------------------------------


def _divisions(edit: Callable[[list[dict[str, str]], Random], None]) -> Change:
    def change(files: Files, random: Random) -> None:
        rows = _rows(files, "admin/divisions.csv")
        records = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
        if records:
            edit(records, random)
        _store(files, "admin/divisions.csv", [rows[0], *([record.get(column, "") for column in rows[0]] for record in records)])

    return change


def _set(column: str, *values: str) -> Change:
    def edit(records: list[dict[str, str]], random: Random) -> None:
        random.choice(records)[column] = random.choice(values)

    return _divisions(edit)


def _cycle(records: list[dict[str, str]], random: Random) -> None:
    one, other = random.choice(records), random.choice(records)
    one["parent"], other["parent"] = other["code"], one["code"]


def _code_twice(records: list[dict[str, str]], random: Random) -> None:
    random.choice(records)["code"] = random.choice(records)["code"]


def _name_twice(records: list[dict[str, str]], random: Random) -> None:
    random.choice(records)["name"] = random.choice(records)["name"]


def _another_parent(records: list[dict[str, str]], random: Random) -> None:
    random.choice(records)["parent"] = random.choice(records)["code"]


def _townships_first(records: list[dict[str, str]], random: Random) -> None:
    records.sort(key=lambda record: (-len(record.get("code", "")), record.get("level") == "city"))


def _no_city(records: list[dict[str, str]], random: Random) -> None:
    records[:] = [record for record in records if record.get("level") != "city"]


def _two_cities(records: list[dict[str, str]], random: Random) -> None:
    records.append({**records[0], "code": "999800", "name": "第二市", "level": "city", "parent": ""})


def _without_points(records: list[dict[str, str]], random: Random) -> None:
    for record in records:
        if record.get("level") == "township":
            record.update(lon="", lat="", uncertainty_m="", source="")


# --- outlines -----------------------------------------------------------------------------------------------------------------------------

# fmt: off
_GEOMETRIES: tuple[Any, ...] = (
    None, {}, [], "x", {"type": "Polygon"}, {"type": "Polygon", "coordinates": None}, {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[]]}, {"type": "Polygon", "coordinates": [[[108, 34], [108.1, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [108.1, 34], [108.1, 34.1], [108, 34.1]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [108.1, 34.1], [108.1, 34], [108, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34, 5], [108.1, 34, 5], [108.1, 34.1, 5], [108, 34, 5]]]},
    {"type": "Polygon", "coordinates": [[[34, 108], [34, 108.1], [34.1, 108.1], [34, 108]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], ["108.1", 34], [108.1, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [None, 34], [108.1, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [108], [108.1, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[1e300, 34], [108.1, 34], [108.1, 34.1], [1e300, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [float("nan"), 34], [108.1, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [float("inf"), 34], [108.1, 34.1], [108, 34]]]},
    {"type": "Polygon", "coordinates": [[[108, 90], [108.1, 90], [108.1, 89.9], [108, 90]]]},
    {"type": "Polygon", "coordinates": [[[108, 34], [108, 34], [108, 34], [108, 34]]]}, {"type": "MultiPolygon", "coordinates": []},
    {"type": "MultiPolygon", "coordinates": [[[[108, 34], [108.1, 34], [108.1, 34.1], [108, 34]]]]},
    {"type": "MultiPolygon", "coordinates": [[], [[[108, 34], [108.1, 34], [108.1, 34.1], [108, 34]]]]},
    {"type": "Point", "coordinates": [108, 34]}, {"type": "Point", "coordinates": []},
    {"type": "MultiPoint", "coordinates": [[108, 34], [108.1, 34]]}, {"type": "LineString", "coordinates": []},
    {"type": "LineString", "coordinates": [[108, 34]]}, {"type": "LineString", "coordinates": [[108, 34], [108, 34]]},
    {"type": "LineString", "coordinates": [[108, 34], [108.2, 34.1]]}, {"type": "MultiLineString", "coordinates": []},
    {"type": "MultiLineString", "coordinates": [[[108, 34], [108.2, 34.1]], []]}, {"type": "GeometryCollection", "geometries": []},
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [108, 34]}]}, {"type": "Circle", "coordinates": [108, 34]},
    {"type": ["Polygon"], "coordinates": [108, 34]},
)
# fmt: on
# fmt: off
_VALUES: tuple[Any, ...] = (
    None, "", " ", 0, -1, 1.5, True, [], {}, [None], [108], [108, 34, 0], ["108", "34"], [200, 100], [1e300, 34], "x" * 10_000, "\u202e", "\x00",
    "999901", 999901,
)
# fmt: on


def outline_change(edit: Callable[[dict[str, Any], Random], None]) -> Change:
    """Edit an outline as JSON."""

    def change(files: Files, random: Random) -> None:
        file = random.choice(OUTLINES)
        try:
            document = json.loads(files[file])
            edit(document, random)
            files[file] = json.dumps(document, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return  # An earlier mutation has left nothing of it.

    return change


def _geometry(document: dict[str, Any], random: Random) -> None:
    random.choice(document["features"])["geometry"] = random.choice(_GEOMETRIES)


def _every_geometry(document: dict[str, Any], random: Random) -> None:
    geometry = random.choice(_GEOMETRIES)
    for feature in document["features"]:
        feature["geometry"] = geometry


def _property(document: dict[str, Any], random: Random) -> None:
    properties = random.choice(document["features"])["properties"]
    name = random.choice([*properties, "kind", "rank", "label", "code", "name_zh", "name_en"])
    if random.random() < 0.3:
        properties.pop(name, None)
    else:
        properties[name] = random.choice(_VALUES)


def _member(document: dict[str, Any], random: Random) -> None:
    feature = random.choice(document["features"])
    name = random.choice(["geometry", "properties", "type", "id"])
    if random.random() < 0.4:
        feature.pop(name, None)
    else:
        feature[name] = random.choice(_VALUES)


def _no_features(document: dict[str, Any], random: Random) -> None:
    document["features"] = random.choice([[], None, {}, [None], [1], ["x"], [{}], [[]]])


def _feature_twice(document: dict[str, Any], random: Random) -> None:
    document["features"].append(random.choice(document["features"]))


def _fewer_features(document: dict[str, Any], random: Random) -> None:
    random.shuffle(document["features"])
    del document["features"][random.randrange(len(document["features"])) :]


def _top(document: dict[str, Any], random: Random) -> None:
    name = random.choice(["attribution", "type", "features", "crs", "bbox"])
    if random.random() < 0.3:
        document.pop(name, None)
    else:
        document[name] = random.choice(_VALUES)


def other_json(files: Files, random: Random) -> None:
    """Put another JSON document in place of an outline."""
    texts = ["", "null", "[]", "{}", "1", '"x"', "{", '{"type":"FeatureCollection"}', "[" * 100_000, '{"a":' * 50_000, "NaN", "1" * 5000]
    files[random.choice(OUTLINES)] = random.choice(texts).encode()


# --- the profile --------------------------------------------------------------------------------------------------------------------------


def wild_profile(files: Files, random: Random) -> None:
    """Write something into a text of the profile."""
    text = files.get(PROFILE, b"").decode(errors="replace")
    found = list(re.finditer(r'^(\w+ = )"[^"\n]*"$', text, re.MULTILINE))
    if found:
        one = random.choice(found)
        value = json.dumps(random.choice(WILD), ensure_ascii=random.random() < 0.5)
        files[PROFILE] = f"{text[: one.start()]}{one[1]}{value}{text[one.end() :]}".encode(errors="surrogatepass")


def lost_line_of_profile(files: Files, random: Random) -> None:
    """Lose a line of the profile."""
    lines = files.get(PROFILE, b"").splitlines(keepends=True)
    if lines:
        del lines[random.randrange(len(lines))]
    files[PROFILE] = b"".join(lines)


def other_frame(files: Files, random: Random) -> None:
    """Give the map another frame, or another CRS."""
    frames = (
        "[0, 0, 0, 0]",
        "[107.6, 33.7, 107.600001, 33.700001]",
        "[-180, -85, 180, 85]",
        "[1e300, 0, 2e300, 1]",
        "[nan, 0, 1, 1]",
        "[1, 2, 3]",
        '"x"',
        "[-inf, 0, inf, 1]",
        "[true, 0, 2, 3]",
    )
    codes = (
        "EPSG:4549",
        "EPSG:4545",
        "EPSG:4326",
        "EPSG:3857",
        "EPSG:999999",
        "EPSG:0000",
        "EPSG:32601",
        "EPSG:2154",
        "EPSG:3031",
        "EPSG:4978",
        "EPSG:5773",
    )
    text = files.get(PROFILE, b"").decode(errors="replace")
    if random.random() < 0.5:
        text = re.sub(r"^frame = .*$", lambda _: f"frame = {random.choice(frames)}", text, flags=re.MULTILINE)
    else:
        text = re.sub(r"^projected_crs = .*$", lambda _: f'projected_crs = "{random.choice(codes)}"', text, flags=re.MULTILINE)
    files[PROFILE] = text.encode()


# --- bytes --------------------------------------------------------------------------------------------------------------------------------


def cut(files: Files, random: Random) -> None:
    """Cut a file anywhere, as a copy that has not ended."""
    file = random.choice(list(files))
    files[file] = files[file][: random.randrange(len(files[file]) + 1)]


def cut_at_a_line(files: Files, random: Random) -> None:
    """Cut a file at the end of a line."""
    file = random.choice(list(files))
    lines = files[file].splitlines(keepends=True)
    files[file] = b"".join(lines[: random.randrange(len(lines) + 1)])


def with_a_mark(files: Files, random: Random) -> None:
    """Put byte order marks before files, one or two."""
    for file in files if random.random() < 0.3 else [random.choice(list(files))]:
        files[file] = b"\xef\xbb\xbf" * random.choice((1, 1, 1, 2)) + files[file]


def with_other_line_ends(files: Files, random: Random) -> None:
    """Give files the line ends of another system."""
    end = random.choice((b"\r\n", b"\r\n", b"\r", b"\n\r", b"\n\n", b"\x0b", b"\xe2\x80\xa8"))
    for file in files if random.random() < 0.3 else [random.choice(list(files))]:
        files[file] = files[file].replace(b"\n", end)


def other_encoding(files: Files, random: Random) -> None:
    """Save a file in another encoding."""
    file, encoding = random.choice(list(files)), random.choice(("gb18030", "utf-16", "utf-16-le", "big5", "latin-1", "utf-32", "cp1252"))
    files[file] = files[file].decode("utf-8", errors="replace").encode(encoding, errors="replace")


def flipped_bytes(files: Files, random: Random) -> None:
    """Change some bytes of a file."""
    file = random.choice(list(files))
    content = bytearray(files[file])
    for _ in range(random.choice((1, 1, 2, 10)) if content else 0):
        content[random.randrange(len(content))] = random.randrange(256)
    files[file] = bytes(content)


def zeros(files: Files, random: Random) -> None:
    """Fill the end of a file with zeros, as a disk does after a loss of power."""
    file = random.choice(list(files))
    at = random.randrange(len(files[file]) + 1)
    files[file] = files[file][:at] + bytes(len(files[file]) - at)


def repeated(files: Files, random: Random) -> None:
    """Write a file twice, header and all."""
    file = random.choice(list(files))
    files[file] += files[file]


def another_file(files: Files, random: Random) -> None:
    """Save a file under the name of another one."""
    files[random.choice(list(files))] = files[random.choice(list(files))]


def quoted_line_breaks(files: Files, random: Random) -> None:
    """Put line breaks into quoted cells, or a quote that is not closed."""
    file = _some_table(random)
    rows = _rows(files, file)
    if len(rows) > 1 and (row := random.choice(rows[1:])):
        at = random.randrange(len(row))
        row[at] = random.choice((f"{row[at]}\n", f"\n{row[at]}", f"{row[at]}\nx", f"{row[at]}\r\nx", f"{row[at]}\rx"))
    _store(files, file, rows)
    if random.random() < 0.3:
        files[file] = files[file].replace(b",", b',"', 1 + random.randrange(20))


SYSTEMATIC: dict[str, Change] = {
    **{f"header_only {file}": header_only(file) for file in TABLES},
    "header_only all": header_only(*TABLES),
    "header_only all but places": header_only(*(file for file in TABLES if file != "places.csv")),
    **{f"header_only {file}, nothing dangles": header_only_and_nothing_dangles(file) for file in TABLES},
    **{f"without {file}": without(file) for file in (*TABLES, PROFILE, *OUTLINES)},
    **{f"one_row {file}": one_row(file) for file in TABLES},
    **{f"all_optional_missing {file}": all_optional_missing(file) for file in TABLES},
    "all_optional_missing": all_optional_missing(*TABLES),
    **{
        f"column_missing {file} {column}": column_missing(file, column)
        for file in TABLES
        for column in TABLES[file].model_fields
        if _is_optional(file, column)
    },
    **{f"reordered {file}": reordered(file) for file in TABLES},
    **{f"reversed {file}": reversed_rows(file) for file in TABLES},
    "reordered": reordered(*TABLES),
}
RANDOM: dict[str, Change] = {
    change.__name__: change
    for change in (
        *(wild_cell, wild_cell, wild_column, swapped_cells, swapped_cells, cell_of_another_column, empty_cell, lost_rows, doubled_row, moved_point),
        *(
            lost_rows_and_what_refers_to_them,
            extreme_numbers,
            long_texts,
            reordered_columns,
            wild_profile,
            lost_line_of_profile,
            other_frame,
            other_json,
        ),
        *(cut, cut_at_a_line, with_a_mark, with_other_line_ends, other_encoding, flipped_bytes, zeros, repeated, another_file, quoted_line_breaks),
    )
} | {
    **{f"division {edit.__name__.strip('_')}": _divisions(edit) for edit in (_cycle, _code_twice, _name_twice, _another_parent, _townships_first)},
    **{f"division {edit.__name__.strip('_')}": _divisions(edit) for edit in (_no_city, _two_cities, _without_points)},
    "division without a parent": _set("parent", "", "999999", "110000"),
    "division at another lat": _set("lat", "200", "-200", "90", "91", "0", "3", "54", "55"),
    "division at another lon": _set("lon", "200", "-200", "180", "181", "0", "73", "136", "137"),
    "division of another level": _set("level", "city", "district", "township", "province"),
    "division of another code": _set("code", "999901", "000000", "999999999", "110000"),
    "division with a wild count": _set("namesakes", *WILD),
    "division with a wild radius": _set("uncertainty_m", *WILD),
    **{
        f"outline {edit.__name__.strip('_')}": outline_change(edit)
        for edit in (_geometry, _every_geometry, _property, _member, _no_features, _feature_twice, _fewer_features, _top)
    },
}


def mutate(files: Files, random: Random) -> tuple[str, Files]:
    """Change a copy of a data folder; give what was done, and the copy."""
    mutant = dict(files)
    names = random.choices(
        list(SYSTEMATIC | RANDOM), [1] * len(SYSTEMATIC) + [len(SYSTEMATIC) // len(RANDOM) + 1] * len(RANDOM), k=random.choice((1, 1, 1, 2, 3))
    )
    for name in names:
        change(mutant, name, random)
    return " + ".join(names), mutant


def change(files: Files, name: str, random: Random) -> None:
    """Apply a mutation; one that needs a table that an earlier mutation has taken away or broken does nothing."""
    try:
        (SYSTEMATIC | RANDOM)[name](files, random)
    except (KeyError, ValueError, IndexError, csv.Error):
        return


# --- what must hold -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a data set.

    Attributes
    ----------
    refused
        What was said, where it was refused; empty where it is served.
    asked
        How many addresses were asked.
    failures
        What must not be, each in a line or with its traceback.
    """

    refused: tuple[str, ...]
    asked: int
    failures: tuple[str, ...]


def examine(data: Path, random: Random, share: float = 1, most_places: int = 4) -> Outcome:
    """Build the application of a data folder, and ask it for every page and file.

    Parameters
    ----------
    data
        The folder.
    random
        Chooses the places, sources and points that are asked for.
    share
        How many of the addresses are asked for.
    most_places
        How many places and sources have their pages among them.

    Returns
    -------
    Outcome
        Whatever the data are, without failures.
    """
    caught = _Caught()
    logging.getLogger("geo").addHandler(caught)
    try:
        try:
            app = create_app(Settings.from_env({"GEO_DATA": str(data), "GEO_RELOAD_S": "0"}))
        except TableError as error:
            said = tuple(map(str, error.problems))
            return Outcome(said, 0, tuple(_wrong_with(error)))
        client, failures, asked = app.test_client(), list[str](), 0
        for address in addresses(app, random, most_places):
            if share < 1 and random.random() > share:
                continue
            asked += 1
            response = client.get(address)
            if response.status_code != 200:
                failures.append(f"{response.status_code} {address}\n{caught.take() or response.get_data(as_text=True)[:500]}")
        encode_audit(sites_of(app).current.atlas)
        return Outcome((), asked, tuple(failures))
    except Exception as error:  # noqa: BLE001
        # Anything else than a refusal is what is looked for.
        return Outcome((), 0, (_traceback(error),))
    finally:
        logging.getLogger("geo").removeHandler(caught)


def _wrong_with(error: TableError) -> Iterator[str]:
    if not error.problems:
        yield "no problem is named"
    for problem in error.problems:
        if (
            not problem.file
            or not problem.expected
            or len(str(problem).splitlines()) != 1
            or not str(problem).isprintable()
            or len(str(problem)) > 3000
        ):
            yield f"a problem that does not say enough, or too much: {problem!r}"[:2000]


class _Caught(logging.Handler):
    """Keeps the traceback of the last internal error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._last = _traceback(record.exc_info[1]) if record.exc_info and record.exc_info[1] else record.getMessage()

    def take(self) -> str:
        last, self._last = self._last, ""
        return last


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)[-8:])


def addresses(app: Flask, random: Random, most_places: int) -> Iterator[str]:
    """Name an address of every page and file, those of some places and sources, and some questions about points and names."""
    site = sites_of(app).current
    tables, atlas = site.atlas.tables, site.atlas
    places = random.sample(list(site.places), min(most_places, len(site.places)))
    yield from (
        "/",
        "/?lang=en",
        "/?q=x&corridor=none",
        "/embed",
        "/embed?lang=en",
        "/about",
        "/about?lang=en",
        "/map.js",
        "/reference.js",
        "/comparisons.js",
        "/map.js?lang=en",
        "/map.svg",
        "/map.svg?lang=en",
    )
    yield from (
        "/healthz",
        "/layers",
        "/layers?f=html",
        "/layers?f=jsonld",
        "/ogc/",
        "/ogc/api",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/?f=html",
    )
    yield from (f"/{kind}?corridor={corridor}" for corridor in tables.corridor_ids[:3] for kind in ("", "map.svg", "layers/places.csv"))
    yield from (f"/?district={quote(district)}" for district in list(tables.districts)[:2])
    comparisons = random.sample(list(atlas.comparisons), min(3, len(atlas.comparisons)))
    yield from (f"/{kind}indicator={quote(key)}{rest}" for key in comparisons for kind, rest in (("?", ""), ("map.svg?", ""), ("embed?", "&lang=en")))
    if random.random() < 0.2:
        yield "/map.png"
    for id_ in places:
        yield from (f"/places/{id_}", f"/places/{id_}?lang=en", f"/places/{id_}/card.json", f"/places/{id_}.geojson", f"/?place={id_}")
        yield f"/ogc/collections/places/items/{id_}?f={random.choice(('json', 'html'))}"
        if id_ not in atlas.misses:
            yield f"/places/{id_}/map.svg"
    yield from (f"/sources/{id_}" for id_ in random.sample(list(site.sources), min(most_places, len(site.sources))))
    for layer in LAYERS:
        yield from (f"/layers/{layer}.{extension}" for extension in FORMATS)
        yield from (
            f"/ogc/collections/{layer}{rest}" for rest in ("", "?f=html", "/queryables", "/items", "/items?f=html&lang=en", "/items?limit=1&offset=1")
        )
    yield (
        f"/ogc/collections/indicators/items/{quote(str(random.choice(list(atlas.layers.indicators.index) or ['none'])))}"
        if len(atlas.layers.indicators)
        else "/ogc/collections/indicators/items"
    )
    yield from (f"/ogc/collections/{layer}/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857" for layer in ("places", "corridors"))
    yield "/ogc/collections/indicators/items?filter=value%3E1&sortby=-value"
    yield "/ogc/collections/indicators/items?datetime=2020-01-01/.."
    yield "/layers/places.geojson?bbox=70,0,140,60"
    points = [(row.lon, row.lat) for row in tables.divisions if row.lon is not None and row.lat is not None]
    points += [(row.lon, row.lat) for row in tables.gazetteer if row.lon is not None and row.lat is not None]
    for lon, lat in (*random.sample(points, min(4, len(points))), (0.0, 0.0), (180.0, 90.0)):
        if abs(lon) <= 180 and abs(lat) <= 90:
            yield f"/reverse?lon={lon:f}&lat={lat:f}"
    named: tuple[Any, ...] = (*tables.divisions, *tables.gazetteer, *tables.former, *tables.elsewhere[:5], *tables.homonyms[:5])
    names = [row.name for row in named] + [place.name_zh for place in tables.places]
    for name in random.sample(names, min(8, len(names))):
        yield f"/geocode?q={quote(name[:200])}"
        yield f"/geocode?q={quote((tables.profile.city.zh + name + '路1号')[:200])}"
    for asset in random.sample(list(site.assets), 2):
        yield f"/assets/{site.asset_name(asset)}"
