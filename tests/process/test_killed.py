"""A program that is killed while it writes leaves the file that was there, and the next run is as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from geo.atlas import Atlas
from geo.layers.export import export_layers
from geo.settings import PROJECT

# Half of the bytes, and then nothing more until it is killed: what a reader would see of a file that is written in place.
HALF = """
import sys
from pathlib import Path

def half(path, content):
    with path.open("wb") as file:
        file.write(content[: len(content) // 2])
    print("half", flush=True)
    sys.stdin.read()

Path.write_bytes = half
"""
EXPORT = """
from geo.layers.export import export_layers
from geo.atlas import build_atlas
from geo.settings import Settings
atlas = build_atlas(Settings.from_env({}))
export_layers(atlas.tables, atlas.layers, Path(sys.argv[1]))
"""
# The function alone: its module needs packages that only the developers of the basemap have.
BUILD = f"""
import ast
module = ast.parse(Path({str(PROJECT / "data/build_basemap.py")!r}).read_text(encoding="utf-8"))
(function,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "write_replacing")
exec(compile(ast.Module([function], []), "build_basemap.py", "exec"))
write_replacing(Path(sys.argv[1]), b"new content of the table")
"""


def kill_in_the_middle(code: str, target: Path) -> None:
    """Run code until half of a file is written, and kill it."""
    command, environment = [sys.executable, "-c", HALF + code, str(target)], {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("name", ["places.geojson", "places.gpkg", "places.xlsx"])
def test_a_killed_export_leaves_the_earlier_file(tmp_path: Path, atlas: Atlas, name: str) -> None:
    target = tmp_path / name
    target.write_bytes(b"the earlier export")
    kill_in_the_middle(EXPORT, target)
    assert target.read_bytes() == b"the earlier export"
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [name]
    assert export_layers(atlas.tables, atlas.layers, target) == [target]
    assert len(target.read_bytes()) > 5000
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_killed_build_of_the_data_leaves_the_earlier_table(tmp_path: Path) -> None:
    target = tmp_path / "divisions.csv"
    target.write_bytes(b"the earlier table")
    kill_in_the_middle(BUILD, target)
    assert target.read_bytes() == b"the earlier table"
    # What it left beside is no table to the server.
    assert [path.suffix for path in tmp_path.iterdir() if path != target] == [".new"]
