"""A program that is killed while it writes leaves the file that was there, and the next run is as if it had not been."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from geo.atlas import Atlas
from geo.geocode.online.cache import AnswerCache
from geo.layers.export import export_layers
from geo.settings import PROJECT
from tests.unit.test_lists import GatedGeocoder, many, run, wait_for

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


def test_a_process_that_is_killed_leaves_no_target_and_its_work_goes_on(tmp_path: Path) -> None:
    source, target, gate = many(tmp_path / "in.csv"), tmp_path / "out.csv", tmp_path / "gate"
    gate.mkdir()
    run(source, tmp_path / "whole.csv", chunk_rows=10)
    script = (
        "import sys; from pathlib import Path; from functools import partial; from tests.unit.test_lists import GatedGeocoder, run\n"
        f"run(Path({str(source)!r}), Path({str(target)!r}), partial(GatedGeocoder, Path({str(gate)!r}), '滨江区55号'), chunk_rows=10)"
    )
    child = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT)
    try:
        wait_for(lambda: any(gate.glob("reached-*")) or child.poll() is not None)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == -signal.SIGKILL
    assert not target.exists() and not (tmp_path / "out.misses.csv").exists()
    (gate / "open").touch()
    summary = run(source, target, partial(GatedGeocoder, gate, "滨江区55号"), chunk_rows=10)
    assert summary.resumed_rows == 50
    assert target.read_bytes() == (tmp_path / "whole.csv").read_bytes()


WRITER = """
import sys
from pathlib import Path
from geo.geocode.online.cache import AnswerCache
cache = AnswerCache(Path(sys.argv[1]))
for number in range(1_000_000):
    cache.put("amap GCJ02", f"文三路{number}号", "", {"number": number, "filling": "x" * 2000})
    print(number, flush=True)
"""


def test_a_killed_process_leaves_the_cache_readable(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        written = [int(child.stdout.readline()) for _ in range(50)]
        child.kill()
    cache = AnswerCache(tmp_path)
    assert [cache.get("amap GCJ02", f"文三路{number}号", "")["number"] for number in written] == list(range(50))
    with contextlib.closing(sqlite3.connect(cache.path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    cache.put("amap GCJ02", "文三路0号", "", {"number": -1})
    assert cache.get("amap GCJ02", "文三路0号", "") == {"number": -1}
