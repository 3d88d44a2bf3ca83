"""The city is in ``data/``: no code, page, style or translation names it, what lies in it, or the report."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from geo.geocode.spellings import stem_of
from geo.settings import PROJECT

DATA = PROJECT / "data"
PROFILE = tomllib.loads((DATA / "atlas.toml").read_text(encoding="utf-8"))
LOOKED_THROUGH = ("geo", "templates", "static", "translations", "app.py", "babel.cfg")
# A shorter name in Latin letters may be a part of another word, so that it counts as a word of its own only.
LEAST_PART = 6
# A shorter name of a place, or part of a title, may be an ordinary word.
LEAST_PLACE, LEAST_TITLE = 4, 3


def rows_of(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def names_of_city() -> Iterator[str]:
    """The city and its province, in full and short, and what the atlas is called."""
    for section in ("province", "city"):
        yield from (PROFILE[section][key] for key in ("zh", "short_zh", "en"))
    yield from (PROFILE[section][language] for section in ("title", "subtitle") for language in ("zh", "en"))
    yield PROFILE["slug"]


def names_of_districts() -> Iterator[str]:
    """The districts, in full and short."""
    for row in rows_of("admin/divisions.csv"):
        if row["level"] == "district":
            yield from (row["name"], stem_of(row["name"]), row["name_en"], row["name_en"].rpartition(" ")[0])


def names_of_townships() -> Iterator[str]:
    """The townships in full only: short, as 和睦 of 和睦街道, many are ordinary words."""
    for row in rows_of("admin/divisions.csv"):
        if row["level"] == "township":
            yield from (row["name"], row["name_en"])


def names_of_places() -> Iterator[str]:
    """The places; not what is only a kind of place in Chinese."""
    kinds = {row["name"] for row in rows_of("admin/homonyms.csv")}
    yield from (row["name_zh"] for row in rows_of("places.csv") if len(row["name_zh"]) >= LEAST_PLACE and row["name_zh"] not in kinds)


def words_of_reports() -> Iterator[str]:
    """The title of each source that has a text, the parts of its title, and its authors."""
    for row in rows_of("sources.csv"):
        if row["sha256"]:
            yield from (row["title"], *(part for part in re.split(r"[\s“”]+", row["title"]) if len(part) >= LEAST_TITLE))
            yield from filter(None, row["authors"].split(";"))


def names_of_corridors() -> Iterator[str]:
    """The corridors; in English in full only, as short they are points of the compass."""
    for row in rows_of("corridors.csv"):
        yield from filter(None, (row["name_zh"], row["name_en"], row.get("short_zh")))


NAMES = {
    "city": names_of_city,
    "districts": names_of_districts,
    "townships": names_of_townships,
    "places": names_of_places,
    "reports": words_of_reports,
    "corridors": names_of_corridors,
}


def pattern_of(name: str) -> str:
    # Lin'an is written with either apostrophe or none, and words are put together with spaces, hyphens or underscores.
    words = ["['’]?".join(re.escape(part) for part in re.split("['’]", word)) for word in name.split()]
    pattern = r"[\s_-]*".join(words)
    return pattern if not name.isascii() or sum(map(str.isalpha, name)) >= LEAST_PART else rf"(?<![a-z]){pattern}(?![a-z])"


def pattern_of_all(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(pattern_of(name) for name in sorted(set(names), key=len, reverse=True)), re.IGNORECASE)


@cache
def texts() -> dict[str, str]:
    """Every file by its path, which is looked through as well; of a compiled catalogue, the phrases."""
    files = [file for top in LOOKED_THROUGH for file in ([PROJECT / top] if (PROJECT / top).is_file() else sorted((PROJECT / top).rglob("*")))]
    kept = [file for file in files if file.is_file() and file.suffix != ".wkb" and "__pycache__" not in file.parts]
    return {path: f"{path}\n{read(PROJECT / path)}" for path in (file.relative_to(PROJECT).as_posix() for file in kept)}


def read(file: Path) -> str:
    return file.read_bytes().decode("utf-8", errors="replace" if file.suffix == ".mo" else "strict")


def found(names: Iterable[str], texts: dict[str, str]) -> list[str]:
    everything = "\n".join(texts.values()).lower()
    # Hundreds of names are looked for together; most begin as nothing does.
    likely = [name for name in names if re.split(r"[\s'’]", name.lower())[0] in everything]
    if not likely:
        return []
    pattern = pattern_of_all(likely)
    # The first line is the path.
    return [f"{path}:{text.count(chr(10), 0, match.start())}: {match[0]}" for path, text in texts.items() for match in pattern.finditer(text)]


@pytest.mark.parametrize("kind", NAMES)
def test_only_the_data_name_it(kind: str) -> None:
    assert found(NAMES[kind](), texts()) == []


def test_all_kinds_of_files_are_looked_through() -> None:
    assert {Path(path).suffix for path in texts()} >= {".py", ".html", ".js", ".css", ".svg", ".po", ".mo"}
    assert {"app.py", "geo/cli.py", "templates/index.html", "static/atlas.css", "static/early.js"} <= texts().keys()


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_would_be_found(kind: str) -> None:
    names = list(NAMES[kind]())
    assert names
    text = "\n".join(["file.py", *names])
    assert found(names, {"file.py": text}) == [f"file.py:{line}: {name}" for line, name in enumerate(names, 1)]


@pytest.mark.parametrize("text", ["HANGZHOU_CRS", "hangzhoushi", "linan", "Lin’an", "binjiang-district", "西湖大道"])
def test_a_name_is_found_however_it_is_written(text: str) -> None:
    assert found([*names_of_city(), *names_of_districts()], {"file.py": f"file.py\n{text}"})


def test_a_short_name_is_not_found_in_another_word() -> None:
    assert found(names_of_districts(), {"file.py": "file.py\nbalinang"}) == []


def test_a_name_is_found_in_the_name_of_a_file() -> None:
    assert found(names_of_city(), {"static/hangzhou.js": "static/hangzhou.js\n"}) == ["static/hangzhou.js:0: hangzhou"]
