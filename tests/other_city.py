"""An invented city of six places, and the words that name the shipped city: none of them may be in what an atlas of another city says."""

from __future__ import annotations

import csv
import html
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from geo.settings import PROJECT

DATA = PROJECT / "tests" / "data" / "qinglan"
TEXTS = DATA / "texts"
_SHIPPED = PROJECT / "data"

# The sections of a profile that say what city it is, and from whom what is known of it.
_NAMING = (
    *("title", "subtitle", "description", "abstract", "dating", "outline_credit", "divisions_credit"),
    *("province", "city", "no_corridor", "examples"),
)
# What is a word of its own only with a capital: a frame has a west and an east, too.
_Word = tuple[str, bool]


def _rows(folder: Path, file: str) -> list[dict[str, str]]:
    with (folder / file).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _names(folder: Path) -> Iterator[_Word]:
    """The words that name the city of a folder and what is in it, each with whether its capitals count."""
    profile = tomllib.loads((folder / "atlas.toml").read_text(encoding="utf-8"))
    for section in _NAMING:
        yield from ((text, False) for key, text in profile.get(section, {}).items() if key != "short_en")
    yield profile["no_corridor"]["short_en"], True
    yield profile["slug"], False
    yield from ((profile["projected_crs"].replace("EPSG:", before), False) for before in ("EPSG:", "EPSG/0/"))
    for row in _rows(folder, "admin/divisions.csv"):
        yield row["name"], False
        if row["level"] == "township":
            yield row["name_en"], True
        else:
            short = row["name"][:-1] if len(row["name"]) > 2 else row["name"]
            yield from ((text, False) for text in (row["code"], short, row["name_en"], row["name_en"].rpartition(" ")[0]) if text)
    for row in _rows(folder, "corridors.csv"):
        yield from ((row[column], False) for column in ("name_zh", "name_en", "short_zh"))
        yield row["short_en"], True
        yield f"corridor-{row['id']}", False
        yield f"corridor={row['id']}", False
    # As where the ids are listed that a filter takes.
    yield ", ".join(row["id"] for row in _rows(folder, "corridors.csv")), False
    for row in _rows(folder, "places.csv"):
        yield from ((row[column], False) for column in ("name_zh", "name_en"))
        if "-" in row["id"]:
            yield row["id"], False
    for row in _rows(folder, "sources.csv"):
        yield from ((row[column], False) for column in ("title", "publisher") if row[column])
        if "-" in row["id"]:
            yield row["id"], False


@cache
def shipped_words() -> tuple[_Word, ...]:
    """The words that name the shipped city, longest first; what both cities' tables say, such as a kind of source, names neither."""
    ours = {text.casefold() for text, _ in _names(DATA)}
    words = {word for word in _names(_SHIPPED) if word[0].casefold() not in ours}
    return tuple(sorted(words - {(text, True) for text, _ in words if (text, False) in words}, key=lambda word: (-len(word[0]), word)))


@cache
def _pattern(word: _Word) -> re.Pattern[str]:
    text, has_case = word
    return re.compile(_bounded(text), 0 if has_case else re.IGNORECASE)


def _bounded(text: str) -> str:
    escaped = re.escape(text)
    before = r"(?<![A-Za-z0-9#])" if text[0].isascii() and text[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if text[-1].isascii() and text[-1].isalnum() else ""
    return f"{before}{escaped}{after}"


def find_shipped(text: str) -> list[str]:
    """Find the words of the shipped city in a text, with what is around them; in addresses, markup and JSON as well."""
    found = []
    decoded = re.sub(r"\\u[0-9a-fA-F]{4}", lambda escape: json.loads(f'"{escape[0]}"') if not escape[0][2:].startswith("d") else escape[0], text)
    for version in dict.fromkeys((text, html.unescape(unquote(decoded)))):
        folded = version.casefold()
        for word in shipped_words():
            # Most words are nowhere, which is told faster without a pattern.
            if word[0].casefold() in folded:
                found += [f"{match[0]!r} in {version[max(0, match.start() - 60) : match.end() + 40]!r}" for match in _pattern(word).finditer(version)]
    return list(dict.fromkeys(found))


def words_of(path: Path) -> Iterator[str]:
    """What a file says, in whatever format it is; of a picture without words of its own nothing."""
    match path.suffix:
        case ".png":
            return
        case ".xlsx" | ".zip":
            with zipfile.ZipFile(path) as package:
                yield from (package.read(name).decode(errors="replace") for name in package.namelist())
        case ".parquet":
            table = pq.read_table(path)
            yield str(table.schema.metadata)
            yield table.select([field.name for field in table.schema if not pa.types.is_binary(field.type)]).to_pandas().to_csv()
        case ".gpkg" | ".fgb":
            # SQLite and FlatBuffers keep text as it is; what is asked for by name are the rows.
            yield path.read_bytes().decode(errors="replace")
            yield from (layer + pyogrio.read_dataframe(path, layer=layer).to_csv() for layer, _ in pyogrio.list_layers(path))
        case _:
            yield path.read_text(encoding="utf-8")
