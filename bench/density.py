"""The density pyramid: how long it takes to build and to answer, and when the first dots are on the map: ``python -m bench.density``.

Each size is built in a process of its own, whose largest resident set is the figure for memory: of points in memory, and of a Parquet file with
names, addresses and coordinates, whose rows are kept for the map. A tile is counted where most points are, at every zoom, on the arrays of the
files. The map is opened in the machine's own Chromium at 1440 x 900 by ``python -m geo map``, whose files are built already; the time runs from the
beginning of the navigation until the first counts are drawn, with a cold cache, and the median of five is given.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import sync_playwright

from geo.settings import PROJECT
from tests.browser.chromium import ARGUMENTS, find_browser

SIZES = (1_000_000, 10_000_000)
# Around a city, most of them in its middle; one in a hundred has no location.
MIDDLE, SPREAD, MISSING = (120.15, 30.25), (0.25, 0.18), 0.01
ROUNDS = 5
_PIECE = 500_000
_DRAWN = "canvas.density[data-total]:not([data-total='0'])"
Figures = dict[str, float]


def make_points(count: int, seed: int = 1) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Give longitude and latitude of generated points."""
    random = np.random.default_rng(seed)
    lon, lat = (random.normal(middle, spread, count).round(6) for middle, spread in zip(MIDDLE, SPREAD, strict=True))
    lon[random.random(count) < MISSING] = np.nan
    return lon, lat


def write_list(path: Path, count: int) -> None:
    """Write a list with that many rows."""
    text, number = pa.string(), pa.float64()
    schema = pa.schema([("企业名称", text), ("地址", text), ("产值", number), ("lon", number), ("lat", number)])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, count, _PIECE):
            size = min(_PIECE, count - start)
            lon, lat = make_points(size, start)
            numbers = range(start, start + size)
            names, addresses = [f"样例{one}有限公司" for one in numbers], [f"长河街道网商路{one % 999}号" for one in numbers]
            writer.write_table(pa.table([names, addresses, lat, lon, lat], schema=schema), row_group_size=100_000)


def measure_memory(count: int) -> Figures:
    """Build a pyramid of points in memory, in this process."""
    from geo.layers.density.pyramid import build_pyramid

    lon, lat = make_points(count)
    began = time.perf_counter()
    pyramid = build_pyramid(lon, lat)
    took = time.perf_counter() - began
    return {"points: build s": took, "points: held MB": (pyramid.codes.nbytes + pyramid.rows.nbytes) / 1e6, "points: max RSS MB": _rss()}


def measure_files(source: Path, target: Path) -> Figures:
    """Build the files of a list, in this process."""
    from geo.geocode.lists.progress import LineProgress
    from geo.layers.density.building import build_files

    began = time.perf_counter()
    build_files(str(source), target, LineProgress(sys.stderr))
    return {"list: build s": time.perf_counter() - began, "list: max RSS MB": _rss()}


def measure_tiles(folder: Path) -> Figures:
    """Count the tiles around the middle at every zoom, in this process."""
    from geo.layers.density.files import read_pyramid
    from geo.layers.density.pyramid import MOST_ZOOM, encode_tile

    pyramid = read_pyramid(folder).pyramid
    times, largest = [], 0
    for zoom in range(MOST_ZOOM + 1):
        column = int((MIDDLE[0] + 180) / 360 * 2**zoom)
        row = int((1 - np.arcsinh(np.tan(np.radians(MIDDLE[1]))) / np.pi) / 2 * 2**zoom)
        for _ in range(20):
            began = time.perf_counter()
            content = encode_tile(pyramid.counts(zoom, column, row))
            times.append(time.perf_counter() - began)
            largest = max(largest, len(content))
    return {"tile: median ms": statistics.median(times) * 1e3, "tile: slowest ms": max(times) * 1e3, "tile: largest bytes": largest}


def measure_map(source: Path, folder: Path) -> Figures:
    """Open the map with a list, and wait for the first counts."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    environment = clean | {"GEO_PORT": "18467", "GEO_LISTS_CACHE": str(folder)}
    command = [sys.executable, "-m", "geo", "map", str(source), "--no-browser"]
    server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    assert server.stdout
    try:
        address = next(found[0] for line in server.stdout if (found := re.search(r"http\S+#list=\S+", line)))
        times = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(find_browser(os.environ)), args=[*ARGUMENTS])
            for _ in range(ROUNDS + 1):
                context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
                page = context.new_page()
                page.goto(address, wait_until="commit")
                page.wait_for_selector(_DRAWN, state="attached")
                times.append(page.evaluate("performance.now()") / 1000)
                context.close()
            browser.close()
        # The first visit starts the browser and warms the server.
        return {"map: first dots s": statistics.median(times[1:])}
    finally:
        server.terminate()
        server.wait()


def _rss() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _apart(call: str, *arguments: str) -> Figures:
    """Measure in a process of its own."""
    code = f"import json, sys; from pathlib import Path; from bench.density import *; print(json.dumps({call}))"
    figures: Figures = json.loads(subprocess.check_output([sys.executable, "-c", code, *arguments], cwd=PROJECT))
    return figures


def main() -> int:
    """Print a table with a column for each size."""
    parser = argparse.ArgumentParser(description="Measure the density pyramid by the number of points.")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many points (default: 1000000 10000000)")
    sizes: list[int] = parser.parse_args().sizes
    columns = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "list.parquet", Path(folder) / "density"
            # In a process of its own as well: another one would begin with its memory.
            _apart("write_list(Path(sys.argv[1]), int(sys.argv[2]))", str(source), str(size))
            columns.append(
                _apart("measure_memory(int(sys.argv[1]))", str(size))
                | _apart("measure_files(Path(sys.argv[1]), Path(sys.argv[2]))", str(source), str(target))
                | _apart("measure_tiles(Path(sys.argv[1]))", str(target))
                | measure_map(source, Path(folder) / "cache")
            )
    print(f"{'':<24}" + "".join(f"{size:>14,}" for size in sizes))
    for name in columns[0]:
        print(f"{name:<24}" + "".join(f"{column[name]:>14,.2f}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
