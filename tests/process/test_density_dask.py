"""What one machine cannot hold is counted on a cluster: GeoParquet in a folder, two workers, of which one is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from geo.geocode.lists.rows import ListError
from geo.layers.density import building
from geo.layers.density.building import build_files
from geo.layers.density.files import read_pyramid
from geo.settings import PROJECT
from tests.process.test_lists_dask import ENVIRONMENT, cluster, lose_a_worker, start
from tests.unit.test_lists import Said, wait_for

__all__ = ["cluster", "start"]
FILES = ("about.json", "codes.u64", "rows.u32", *(f"rows-{number:06d}.arrow" for number in range(6)))


@pytest.fixture
def partitions(tmp_path: Path) -> Path:
    """Six files of GeoParquet in folders, as programs write partitions; some rows have no location."""
    folder = tmp_path / "partitions"
    random = np.random.default_rng(1)
    for number in range(6):
        lon, lat = random.normal(120, 0.3, 500), random.normal(30, 0.3, 500)
        shapes = gpd.points_from_xy(lon, lat, crs="EPSG:4326")
        frame = gpd.GeoDataFrame({"name": [f"{number}-{row}" for row in range(500)]}, geometry=shapes)
        frame.loc[::50, "geometry"] = None
        (folder / f"prefix={number}").mkdir(parents=True)
        frame.to_parquet(folder / f"prefix={number}/part.parquet")
    return folder


def same_files(one: Path, other: Path) -> bool:
    assert sorted(path.name for path in one.iterdir()) == sorted(FILES)
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def gated(task: building.Task, gate: Path) -> int:
    """Build a part, but wait with the third one until the gate is open."""
    if task.folder.name == "part-000002" and not (gate / "open").exists():
        (gate / f"reached-{os.getpid()}").touch()
        wait_for((gate / "open").exists)
    return REAL(task)


REAL = building.build_part


def test_a_lost_worker_costs_nothing_but_time(
    cluster: tuple[str, Mapping[int, subprocess.Popen[bytes]]],
    partitions: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    build_files(str(partitions), tmp_path / "whole", Said())
    gate = tmp_path / "gate"
    gate.mkdir()
    monkeypatch.setattr(building, "build_part", partial(gated, gate=gate))
    done = lose_a_worker(workers, gate, lambda: build_files(str(partitions), tmp_path / "out", Said(), scheduler=address))
    assert (done.rows, done.located) == (3000, 2940)
    assert same_files(tmp_path / "out", tmp_path / "whole")
    assert not (tmp_path / "out.parts").exists()
    # What is served needs the files of the pyramid only.
    for path in partitions.rglob("*.parquet"):
        path.unlink()
    pyramid = read_pyramid(tmp_path / "out").pyramid
    assert all(sum(int(pyramid.counts(zoom, *tile).sum()) for tile in pyramid.tiles(zoom)) == 2940 for zoom in (0, 8, 14))


def test_the_command_counts_with_two_workers_of_its_own(partitions: Path, tmp_path: Path) -> None:
    build_files(str(partitions), tmp_path / "whole", Said())
    command = [sys.executable, "-m", "geo", "density", partitions.as_uri(), "-o", str(tmp_path / "out"), "--workers", "2"]
    done = subprocess.run(command, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "located by its geometry, column geometry",
        "rows: 3000, of which 2940 have a location and 60 have none",
        f"written: {tmp_path / 'out'}",
    ]
    out, whole = read_pyramid(tmp_path / "out"), read_pyramid(tmp_path / "whole")
    assert (out.pyramid.codes == whole.pyramid.codes).all() and (out.pyramid.rows == whole.pyramid.rows).all()


def test_a_partition_that_cannot_be_read_fails_the_work_and_is_named(
    cluster: tuple[str, Any],
    partitions: Path,
    tmp_path: Path,
) -> None:
    broken = partitions / "prefix=3/part.parquet"
    content = broken.read_bytes()
    broken.write_bytes(content[:200] + bytes(2000) + content[2200:])
    with pytest.raises(ListError, match=r"^prefix=3/part\.parquet .*: expected a Parquet file that can be read to its end$"):
        build_files(str(partitions), tmp_path / "out", Said(), scheduler=cluster[0])
    assert not (tmp_path / "out").exists()
