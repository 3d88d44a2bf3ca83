"""A disk that takes no more: one line says so, the status is 1, and nothing is left behind.

A limit on the size of files stands for the disk, as mounting a small one is not for everybody: what is written fails in the same place.
"""

from __future__ import annotations

import csv
import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from geo.settings import PROJECT
from tests.known import DATA

PART_ROWS, PARTS = 500, 8


def run(*arguments: str, most_bytes: int | None = None, stdout: int | None = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        [sys.executable, "-m", "geo", *arguments],
        cwd=PROJECT,
        env={**os.environ, "GEO_DATA": str(DATA)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        preexec_fn=limit,
    )


def expect_one_clear_line(done: subprocess.CompletedProcess[str], names: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert names in last
    assert sum(names in line for line in done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def long_list(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list that no compression makes small."""
    path = tmp_path_factory.mktemp("list") / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["名称", "编号"])
        for number in range(PART_ROWS * PARTS):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            writer.writerow([f"某{digest[:16]}" if number % 2 else "滨江区", digest])
    return path


@pytest.mark.parametrize("most_bytes", [10_000, 120_000])
@pytest.mark.parametrize("extension", ["csv", "tsv", "xlsx", "gpkg", "geojson", "parquet"])
def test_a_list_leaves_nothing_of_itself(tmp_path: Path, long_list: Path, extension: str, most_bytes: int) -> None:
    """The smaller limit does not hold a part, the larger one parts but no list of them."""
    target = tmp_path / f"out.{extension}"
    done = run("geocode", str(long_list), "-o", str(target), "--chunk-rows", str(PART_ROWS), most_bytes=most_bytes)
    expect_one_clear_line(done, "expected a place with room for the list")
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_was_there_stays(tmp_path: Path, long_list: Path) -> None:
    target, misses = tmp_path / "out.csv", tmp_path / "out.misses.csv"
    target.write_text("mine", encoding="utf-8")
    misses.write_text("mine, too", encoding="utf-8")
    done = run("geocode", str(long_list), "-o", str(target), "--chunk-rows", str(PART_ROWS), most_bytes=120_000)
    assert done.returncode == 1
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"out.csv": "mine", "out.misses.csv": "mine, too"}


@pytest.mark.parametrize("target", ["site", "a/b/site"])
def test_a_frozen_site_leaves_no_part_of_itself(tmp_path: Path, target: str) -> None:
    done = run("freeze", str(tmp_path / target), most_bytes=20_000)
    expect_one_clear_line(done, "expected a place where a folder can be written")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("audit", "-o", "sheet.html"), ("export", "places.geojson")])
def test_a_file_leaves_no_part_of_itself(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    *options, name = arguments
    done = run(*options, str(tmp_path / name), most_bytes=2_000)
    expect_one_clear_line(done, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [("check",), ("geocode", "滨江区"), ("reverse", "120.2", "30.2")])
def test_output_that_nobody_takes_is_said(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*arguments, stdout=full.fileno())
    assert (done.returncode, done.stderr) == (1, "output: No space left on device\n")


def test_a_reader_that_has_seen_enough_is_no_error_to_speak_of() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("check", stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
