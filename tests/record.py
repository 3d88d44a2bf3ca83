"""What the atlas gives, kept so that it can be compared with what it gives after a move.

``python -m tests.record FOLDER`` writes, through the doors that a user has (the command line and HTTP), the frozen site, every export, the answers to
the labelled queries and to 60 000 generated rows, a list in each format, the review sheet, and some 200 answers over HTTP with their headers.
``python -m tests.record --compare OLD NEW`` lists what differs, file by file, and gives 1 where anything does.

Nothing here names a module of the package: the same script runs on trees that are laid out differently. ``--tree`` says which one is recorded.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

TREE = Path(__file__).resolve().parent.parent
# A change of a file is told by its time, which differs from one checkout to the next.
WRITTEN = 1_700_000_000
ROWS, SEED = 60_000, 20231123
FORMATS = ("geojson", "csv", "xlsx", "gpkg", "kml", "fgb", "parquet")
LAYERS = ("places", "platforms", "projects", "corridors", "indicators")
LIST_FORMATS = ("csv", "tsv", "xlsx", "gpkg", "geojson", "parquet")
# What says when it was made, or comes in an order of chance.
RATE = re.compile(r"^rate: .*$", re.MULTILINE)


def main() -> int:
    """Record a tree, or compare two recordings."""
    parser = argparse.ArgumentParser(prog="python -m tests.record", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="where to write; must not exist")
    parser.add_argument("--tree", type=Path, default=TREE, help="the checkout to record (default: this one)")
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("OLD", "NEW"), help="list what differs between two recordings")
    options = parser.parse_args()
    if options.compare:
        differences = list(compare(*options.compare))
        print("\n".join(differences) or "equal")
        return 1 if differences else 0
    if options.folder is None or options.folder.exists():
        parser.error("expected a FOLDER that does not exist yet")
    record(options.tree.resolve(), options.folder.resolve())
    return 0


def compare(old: Path, new: Path) -> Iterator[str]:
    """Yield a line for each file that stands in one recording only, or has other bytes in the other."""
    before, after = ({path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()} for folder in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"gone     {name}"
        elif name not in before:
            yield f"new      {name}"
        elif before[name].read_bytes() != after[name].read_bytes():
            yield f"differs  {name}"


def record(tree: Path, folder: Path) -> None:
    """Record everything that a tree gives into a folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        shutil.copytree(tree / "data", data, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        for path in data.rglob("*"):
            os.utime(path, (WRITTEN, WRITTEN))
        environment = {**os.environ, "GEO_DATA": str(data), "PYTHONPATH": str(tree)}

        def geo(name: str, *arguments: str) -> None:
            run = subprocess.run([sys.executable, "-m", "geo", *arguments], capture_output=True, text=True, cwd=tree, env=environment, check=False)
            # Where a folder of this run is named, its name differs from run to run.
            said = f"{run.returncode}\n{run.stdout}\n{run.stderr}".replace(str(folder), "FOLDER").replace(scratch, "SCRATCH")
            (folder / f"{name}.txt").write_text(RATE.sub("rate: …", said), encoding="utf-8")

        geo("check", "check")
        geo("reverse", "reverse", "120.2", "30.2")
        geo("reverse-outside", "reverse", "121.5", "31.2")
        geo("freeze", "freeze", str(folder / "site"))
        geo("freeze-with-url", "freeze", str(folder / "site-with-url"), "--url", "https://example.org/atlas/")
        geo("export", "export", str(folder / "exports"))
        geo("export-filtered", "export", str(folder / "exports-filtered"), "--corridor", "east", "--kind", "project", "--q", "fu")
        geo("audit", "audit", "-o", str(folder / "audit.html"))
        labelled = _read_labelled(tree)
        geo("geocode-one-by-one", "geocode", *(text for text, _ in labelled))
        for context in sorted({context for _, context in labelled if context})[::5]:
            geo(f"geocode-in-{hashlib.sha256(context.encode()).hexdigest()[:8]}", "geocode", "--admin", context, *(text for text, _ in labelled[:60]))
        _write_list(Path(scratch) / "labelled.csv", ("text", "admin"), labelled)
        _write_list(Path(scratch) / "generated.csv", ("text",), [(text,) for text in generate_rows(tree)])
        (folder / "lists").mkdir()
        geo(
            "list-labelled", "geocode", f"{scratch}/labelled.csv", "-o", f"{folder}/lists/labelled.csv", "--column", "text", "--admin-column", "admin"
        )
        geo("list-generated", "geocode", f"{scratch}/generated.csv", "-o", f"{folder}/lists/generated.csv")
        for extension in LIST_FORMATS:
            geo(f"list-{extension}", "geocode", f"{scratch}/labelled.csv", "-o", f"{folder}/lists/places.{extension}", "--column", "text")
        # Without -P the folder of this script, which has an http/ of its own, would hide the one of the standard library.
        asked = [sys.executable, "-P", str(Path(__file__).resolve()), "--ask", str(folder / "http")]
        subprocess.run(asked, cwd=tree, env=environment, check=True)


def _read_labelled(tree: Path) -> list[tuple[str, str]]:
    with (tree / "bench/geocode_queries.csv").open(encoding="utf-8", newline="") as table:
        return [(row["query"], row["context"]) for row in csv.DictReader(table)]


def _write_list(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    os.utime(path, (WRITTEN, WRITTEN))


def generate_rows(tree: Path) -> Iterator[str]:
    """Yield names and addresses made from the names of the tables: whole, cut, misspelt, elsewhere, in other scripts; the same in every run."""
    draw = random.Random(SEED)
    names: list[str] = []
    for file in ("gazetteer.csv", "admin/divisions.csv", "admin/former.csv", "admin/homonyms.csv", "admin/elsewhere.csv"):
        with (tree / "data" / file).open(encoding="utf-8", newline="") as table:
            names += [row[column] for row in csv.DictReader(table) for column in ("name", "name_en") if row.get(column)]
    heads = ("", "", "杭州", "杭州市", "浙江省杭州市", "浙江", "Hangzhou ", "宁波市", "Zhejiang, ")
    roads = ("江南大道", "文一西路", "滨江路", "西湖大道", "Jiangnan Avenue", "富春街", "钱江路", "余杭塘路")
    for _ in range(ROWS):
        text = draw.choice(heads) + draw.choice(names)
        kind = draw.randrange(6)
        if kind == 1:
            text += f"{draw.choice(roads)}{draw.randrange(1, 2000)}号{draw.randrange(1, 40)}幢"
        elif kind == 2:
            at = draw.randrange(len(text))
            text = text[:at] + draw.choice("城诚程园圆元区去湾镇街道路") + text[at + draw.randrange(2) :]
        elif kind == 3:
            text = draw.choice(names) + text
        elif kind == 4:
            text = f"{text}, {draw.choice(names)}"
        elif kind == 5:
            text = text[: draw.randrange(1, len(text) + 1)] + draw.choice(("", " ", "区", "街道", "（", "5号"))
        yield text


# --- over HTTP ----------------------------------------------------------------------------------------------------------------------------


def addresses() -> Iterator[str]:
    """Yield what is asked for: every page and kind of file, filters right and wrong, what is not there."""
    places = ("binjiang-hitech", "fullsemi-1", "binfu-zone", "binxiao-small-parks", "hangzhou", "no-such-place")
    yield from ("/", "/embed", "/about", "/layers", "/layers?f=html", "/layers?f=jsonld", "/layers?f=xml", "/healthz", "/map.svg", "/map.png")
    yield from ("/nowhere", "/robots.txt", "/favicon.ico", "/assets/no.js", "/sources/report-2023", "/sources/no", "/ogc", "/places")
    for query in (
        *(
            "corridor=east",
            "corridor=west,east",
            "corridor=north",
            "kind=project&q=fu",
            "q=%E5%AF%8C%E8%8A%AF",
            "district=%E6%BB%A8%E6%B1%9F%E5%8C%BA",
        ),
        *("indicator=industrial_value_added_above_scale@2022", "indicator=no@2022", "place=fullsemi-1", "page=2", "lang=fr", "foo=bar"),
        "corridor=",
    ):
        yield from (f"/?{query}", f"/embed?{query}", f"/map.svg?{query}", f"/layers/places.geojson?{query}")
    for id_ in places:
        yield from (f"/places/{id_}{rest}" for rest in ("", ".geojson", "/card.json", "/map.svg", "?lang=en", "/card.json?lang=en"))
    for layer in (*LAYERS, "no"):
        yield from (f"/layers/{layer}.{extension}" for extension in (*FORMATS, "shp"))
    yield from ("/layers/places.csv?bbox=120.1,30.1,120.3,30.3", "/layers/corridors.geojson?bbox=120,30,120.2,30.4", "/layers/places.csv?bbox=1,2,3")
    for path in ("/", "/conformance", "/api", "/collections", "/nothing"):
        yield from (f"/ogc{path}{query}" for query in ("", "?f=html", "?f=json", "?lang=en&f=html"))
    queries: tuple[dict[str, str], ...] = (
        {},
        {"f": "html"},
        {"limit": "3", "offset": "2"},
        {"limit": "0"},
        {"bbox": "120.1,30.1,120.3,30.3"},
        {"bbox": "13350000,3500000,13400000,3600000", "bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
        {"crs": "http://www.opengis.net/def/crs/EPSG/0/4549"},
        {"sortby": "-name_zh", "properties": "name_zh"},
        {"filter": "name_zh LIKE '%区%'"},
        {"filter": "corridor = 'east' AND NOT kind = 'project'"},
        {"filter": "nonsense ="},
        {"datetime": "2022-01-01T00:00:00Z/.."},
        {"foo": "bar"},
    )
    for layer in ("places", "corridors", "indicators"):
        yield from (f"/ogc/collections/{layer}", f"/ogc/collections/{layer}/queryables", f"/ogc/collections/{layer}/queryables?f=html")
        yield from (f"/ogc/collections/{layer}/items?{urlencode(query)}" for query in queries)
    yield from (f"/ogc/collections/places/items/{id_}{query}" for id_ in places[:2] for query in ("", "?f=html"))
    yield from (
        f"/geocode?{urlencode({'q': text})}"
        for text in ("滨江区", "Binjiang", "未来科技城", "上海市浦东新区世纪大道1号", "", "杭州市滨江区网商路599号")
    )
    yield from ("/reverse?lon=120.2&lat=30.2", "/reverse?lon=121.5&lat=31.2", "/reverse?lon=x&lat=1", "/geocode?q=a&admin=zzz")


HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en", "Accept-Encoding": "gzip, br"},
)


def ask(target: Path) -> None:
    """Ask the application of the current folder for every address and write what it says, a file an answer."""
    sys.path.insert(0, str(Path.cwd()))
    from app import create_app

    client = create_app().test_client()
    target.mkdir(parents=True)
    asked: list[tuple[str, str, dict[str, str]]] = [("GET", address, headers) for address in addresses() for headers in HEADERS]
    asked += [(method, "/", {}) for method in ("HEAD", "OPTIONS", "POST", "DELETE")]
    for number, (method, address, headers) in enumerate(asked):
        response = client.open(address, method=method, headers=headers)
        again = {name: value for name, value in {"If-None-Match": response.headers.get("ETag")}.items() if value}
        kept = client.open(address, method=method, headers=headers | again)
        shown: dict[str, Any] = {
            "method": method,
            "address": address,
            "headers": headers,
            "status": response.status,
            "answer": {name: value for name, value in response.headers if name != "Date"},
            "again": kept.status,
        }
        body = response.get_data()
        try:
            shown["body"] = body.decode()
        except UnicodeDecodeError:
            shown["sha256"] = hashlib.sha256(body).hexdigest()
        if "Allow" in shown["answer"]:
            shown["answer"]["Allow"] = sorted(shown["answer"]["Allow"].split(", "))
        (target / f"{number:04}.json").write_text(json.dumps(shown, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(Path(sys.argv[2]))
    else:
        sys.exit(main())
