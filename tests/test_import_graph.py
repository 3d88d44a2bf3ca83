from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from geo.settings import PROJECT

# The sentence of the pipeline: no room imports a later one.
ROOMS = (
    "errors",
    "settings",
    "schema",
    "names",
    "tables",
    "datum",
    "geocode",
    "gazetteer",
    "offline",
    "online",
    "reverse",
    "lists",
    "corridors",
    "layers",
    "comparisons",
    "basemap",
    "webmap",
    "layout",
    "picture",
    "sketch",
    "formats",
    "texts",
    "provenance",
    "pipeline",
    "wording",
    "audit",
    "export",
    "server",
    "web",
    "freeze",
    "cli",
    "__main__",
)
# Rooms of more than one file.
PACKAGES = ("lists", "formats", "web")
FILES = sorted((PROJECT / "geo").rglob("*.py"))
FILE_NAMES = [path.relative_to(PROJECT).as_posix() for path in FILES]
READERS = {"open", "read_text", "read_bytes", "read_file", "read_csv", "loadtxt"}


def room_of(path: Path) -> str:
    first = path.relative_to(PROJECT / "geo").parts[0]
    return first.removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides which room it is from"
            modules.add(node.module or "")
            modules |= {f"{node.module}.{name.name}" for name in node.names if node.module in ("geo", "os", "importlib")}
    return modules


def imported_rooms(path: Path) -> set[str]:
    return {module.split(".")[1] for module in imported_modules(path) if module.startswith("geo.")}


def imported_packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported_modules(path)}


def test_every_file_is_a_room_of_the_sentence() -> None:
    assert {room_of(path) for path in FILES} == {*ROOMS, "__init__"}
    assert imported_modules(PROJECT / "geo/__init__.py") == set()


@pytest.mark.parametrize("path", FILES, ids=FILE_NAMES)
def test_no_room_imports_a_later_one(path: Path) -> None:
    room = room_of(path)
    earlier = set(ROOMS[: ROOMS.index(room)]) if room in ROOMS else set()
    assert imported_rooms(path) - earlier - ({room} if room in PACKAGES else set()) == set()


@pytest.mark.parametrize("room", PACKAGES)
def test_the_files_of_a_room_have_no_cycle(room: str) -> None:
    whole = f"geo.{room}"
    modules = {f"{whole}.{path.stem}" if path.stem != "__init__" else whole: path for path in FILES if room_of(path) == room}
    graph = {name: set() if name == whole else imported_modules(path) & set(modules) for name, path in modules.items()}
    while graph:
        leaves = {name for name, imports in graph.items() if not imports & set(graph)}
        assert leaves, f"a cycle among {sorted(graph)}"
        graph = {name: imports for name, imports in graph.items() if name not in leaves}


def test_the_composition_needs_the_web_and_the_settings_only_and_no_room_needs_it() -> None:
    assert imported_rooms(PROJECT / "app.py") == {"errors", "settings", "server", "web"}
    assert [path for path in FILES if "app" in imported_packages(path)] == []


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("flask", {"web"}),
        ("flask_babel", {"web"}),
        ("werkzeug", {"web"}),
        ("granian", {"server"}),
        ("folium", {"webmap"}),
        ("branca", {"webmap"}),
        ("jinja2", {"audit", "webmap"}),
        ("pydantic", {"schema", "tables", "online"}),
        ("csv", {"tables", "lists", "formats"}),
        ("os", {"cli", "server"}),
        ("opencc", {"names"}),
        ("pypinyin", {"names"}),
        ("ahocorasick_rs", {"offline"}),
        ("rapidfuzz", {"offline", "audit"}),
        ("geopy", {"online"}),
        ("tenacity", {"online"}),
        ("sqlite3", {"online", "formats"}),
        ("pyarrow", {"lists", "formats"}),
        ("openpyxl", {"lists"}),
        ("xlsxwriter", {"lists", "formats"}),
        ("pyogrio", {"lists", "formats"}),
        ("cql2", {"web"}),
        ("tqdm", {"lists"}),
        ("distributed", {"lists"}),
        ("argparse", {"cli"}),
        ("urllib", {"basemap", "online", "web"}),
        ("resvg_py", {"picture"}),
    ],
)
def test_a_package_is_known_to_its_room_only(package: str, rooms: set[str]) -> None:
    assert {room_of(path) for path in FILES if package in imported_packages(path)} == rooms


@pytest.mark.parametrize(
    ("package", "rooms"),
    # The server looks whether its port is free, and starts the process that answers.
    [("socket", {"server"}), ("multiprocessing", {"server"}), ("http", set()), ("requests", set()), ("httpx", set()), ("subprocess", set())],
)
def test_no_room_opens_a_connection_or_a_process(package: str, rooms: set[str]) -> None:
    assert {room_of(path) for path in FILES if package in imported_packages(path)} == rooms


def test_a_server_loads_nothing_that_asks_other_hosts() -> None:
    """The online geocoders are loaded where an operator turned one on only, and the libraries of lists with a list."""
    unwanted = {"geo.online", "geopy", "tenacity", "geo.lists.running", "openpyxl", "distributed"}
    code = f"import sys, app; app.create_app(); print(sorted({unwanted} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_process_that_only_waits_loads_nothing_of_the_atlas() -> None:
    """The one that answers would hold it a second time."""
    code = "import sys, app; print(sorted(name for name in sys.modules if name in ('numpy', 'flask') or name.startswith('geo.')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert (run.stdout, run.stderr) == ("['geo.errors', 'geo.server', 'geo.settings']\n", "")


def test_files_are_read_at_the_doors_only() -> None:
    readers = set()
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in READERS:
                    readers.add(room_of(path))
    # The datum reads its own outline, which is a constant of its formula, and nothing else.
    assert readers == {"tables", "datum", "lists", "basemap", "texts", "web", "freeze", "cli"}


@pytest.mark.parametrize("path", [*FILES, PROJECT / "app.py"], ids=[*FILE_NAMES, "app.py"])
def test_the_environment_is_not_read_when_a_file_is_imported(path: Path) -> None:
    tree = tree_of(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside_functions = {id(inner) for function in functions for statement in function.body for inner in ast.walk(statement)}
    at_import = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb") and id(node) not in inside_functions
    ]
    assert at_import == []
    assert imported_modules(path) & {"os.environ", "os.getenv"} == set()
