from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from geo.settings import PROJECT

# The order of the folders of geo/: each imports only from those before it. What stands in one entry may import from each other, without a circle.
ORDER = (
    ("errors", "settings", "ground"),
    ("tables",),
    ("geocode",),
    ("layers",),
    ("draw",),
    ("atlas",),
    ("words",),
    ("draft",),
    ("serve",),
    ("cli",),
    ("__main__",),
)
RANKS = {folder: rank for rank, folders in enumerate(ORDER) for folder in folders}
FILES = sorted((PROJECT / "geo").rglob("*.py"))
READERS = {"read_regular", "read_checked", "open", "read_text", "read_bytes", "read_file", "read_csv", "loadtxt"}


def folder_of(path: Path) -> str:
    first = path.relative_to(PROJECT / "geo").parts[0]
    return first.removesuffix(".py")


def door_of(path: Path) -> str:
    """The folder and the one below it: who may know a package is a matter of the noun."""
    parts = path.relative_to(PROJECT / "geo").with_suffix("").parts
    if parts[0] == "serve":
        return "serve.server" if parts[1] == "server" else "serve"
    if parts[0] == "ground":
        return parts[1]
    return ".".join(part for part in parts[:2] if part != "__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported_modules(path: Path) -> frozenset[str]:
    modules: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides which folder it is from"
            modules.add(node.module or "")
            modules |= {f"{node.module}.{name.name}" for name in node.names if (node.module or "").split(".")[0] in ("geo", "os", "importlib")}
    return frozenset(modules)


def imported_folders(path: Path) -> set[str]:
    return {module.split(".")[1] for module in imported_modules(path) if module.startswith("geo.")}


def imported_packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(path)}


def test_every_file_lies_in_a_folder_of_the_sentence() -> None:
    assert {folder_of(path) for path in FILES} == {*RANKS, "__init__"}
    assert imported_modules(PROJECT / "geo/__init__.py") == set()


def test_no_import_runs_back() -> None:
    ranks = {path: RANKS.get(folder_of(path), -1) for path in FILES}
    assert [(path, folder) for path in FILES for folder in imported_folders(path) if RANKS[folder] > ranks[path]] == []


def test_the_imports_have_no_circle() -> None:
    modules = {".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    graph = {name: imported_modules(path) & set(modules) - {name, "geo"} for name, path in modules.items()}
    while graph:
        leaves = {name for name, imports in graph.items() if not imports & set(graph)}
        assert leaves, f"a circle among {sorted(graph)}"
        graph = {name: imports for name, imports in graph.items() if name not in leaves}


def test_the_composition_needs_the_server_and_the_settings_only_and_nothing_needs_it() -> None:
    assert imported_folders(PROJECT / "app.py") == {"errors", "settings", "serve"}
    assert [path for path in FILES if "app" in imported_packages(path)] == []


@pytest.mark.parametrize(
    ("package", "doors"),
    [
        ("flask", {"serve"}),
        ("flask_babel", {"serve"}),
        ("werkzeug", {"serve"}),
        ("granian", {"serve.server"}),
        ("folium", {"draw.webmap"}),
        ("branca", {"draw.webmap"}),
        ("jinja2", {"draw.script", "serve", "words.review_sheet"}),
        ("pydantic", {"geocode.online", "tables.cells", "tables.profile", "tables.reading", "tables.rows"}),
        ("csv", {"draft.running", "draft.writing", "geocode.lists", "layers.formats", "tables.reading"}),
        ("os", {"cli", "files", "serve.server"}),
        ("opencc", {"names"}),
        ("pypinyin", {"names"}),
        ("ahocorasick_rs", {"draft.names", "geocode.offline", "layers.sectors"}),
        ("rapidfuzz", {"geocode.offline", "words.review_sheet"}),
        ("geopy", {"geocode.online"}),
        ("tenacity", {"geocode.online"}),
        ("sqlite3", {"geocode.online", "layers.formats"}),
        ("pyarrow", {"geocode.lists", "layers.density", "layers.formats"}),
        ("openpyxl", {"geocode.lists"}),
        ("xlsxwriter", {"geocode.lists", "layers.formats"}),
        ("pyogrio", {"draw.extract", "geocode.lists", "layers.formats"}),
        ("cql2", {"serve"}),
        ("ezdxf", {"layers.formats"}),
        ("tqdm", {"geocode.lists"}),
        ("distributed", {"geocode.lists"}),
        ("argparse", {"cli"}),
        ("urllib", {"draft.model", "draw.basemap", "geocode.online", "layers.density", "serve", "tables.cells"}),
        ("rjieba", {"draft.names"}),
        ("mammoth", {"draft.extraction"}),
        ("pypdfium2", {"draft.extraction"}),
        ("selectolax", {"draft.extraction"}),
        ("charset_normalizer", {"draft.readers"}),
        ("resvg_py", {"draw.raster"}),
    ],
)
def test_a_package_is_known_where_it_is_needed_only(package: str, doors: set[str]) -> None:
    assert {door_of(path) for path in FILES if package in imported_packages(path)} == doors


@pytest.mark.parametrize(
    ("package", "doors"),
    # The server looks whether its port is free, and starts the process that answers. A document and an extract of OpenStreetMap are read in processes
    # of their own, with limits. A language model that the operator has named is asked about drafts.
    [
        ("socket", {"serve.server"}),
        ("multiprocessing", {"serve.server"}),
        ("http", {"draft.model"}),
        ("requests", set()),
        ("httpx", set()),
        ("subprocess", {"draft.readers", "draw.extract", "draw.raster"}),
    ],
)
def test_nothing_else_opens_a_connection_or_a_process(package: str, doors: set[str]) -> None:
    assert {door_of(path) for path in FILES if package in imported_packages(path)} == doors


def test_files_are_read_at_the_doors_only() -> None:
    readers = set()
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in READERS:
                    readers.add(door_of(path))
    # The datum reads its own outline, a constant of its formula, and nothing else; the formats read the parts of a Shapefile, and the
    # density its own files, that they have written.
    doors = {
        "files",
        "tables.checksums",
        "tables.reading",
        "tables.texts",
        "datum",
        "geocode.lists",
        "layers.density",
        "layers.formats",
        "draw.basemap",
        "draw.extract",
        "serve",
        "cli",
        "draft.readers",
        "draft.review",
        "draft.running",
        "draft.writing",
    }
    assert readers == doors


def test_the_environment_is_not_read_when_a_file_is_imported() -> None:
    for path in [*FILES, PROJECT / "app.py"]:
        tree = tree_of(path)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside_functions = {id(inner) for function in functions for statement in function.body for inner in ast.walk(statement)}
        at_import = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb") and id(node) not in inside_functions
        ]
        assert at_import == [], path
        assert imported_modules(path) & {"os.environ", "os.getenv"} == set(), path
