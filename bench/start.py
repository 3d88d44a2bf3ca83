"""How long the atlas takes to start, and how much memory it then has, by the number of places.

``python -m bench.start 30 1000 10000`` writes a data folder of each size with :mod:`bench.places` and starts the atlas on it in a process of its own.
All times are seconds of CPU time of that process, user and system together, so that other work on the machine hardly changes them. The size is the
number of generated places; the real ones come on top.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from bench.places import write_places
from geo.settings import PROJECT, Settings

SIZES = (30, 1_000, 10_000)
# What a browser asks for first, as it asks for it.
FIRST = ("/", "/map.js", "/layers/places.geojson")

P = ParamSpec("P")
T = TypeVar("T")
Parts = dict[str, float]


def measure(folder: Path) -> Parts:
    """Start the atlas on a data folder in this process, and give the CPU seconds of each part and the largest resident set in MB."""
    parts: Parts = {}

    def timed(name: str, function: Callable[P, T]) -> Callable[P, T]:
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.process_time()
            given = function(*args, **kwargs)
            parts[name] = time.process_time() - began
            return given

        return run

    from geo.atlas import build_atlas
    from geo.serve import application, reload, site

    parts["import"] = time.process_time()
    with (
        patch.object(site, "build_atlas", timed("build_atlas", build_atlas)),
        patch.object(reload, "build_site", timed("build_site", site.build_site)),
    ):
        app = timed("create_app", application.create_app)(Settings(host="127.0.0.1", port=8000, data=folder, reload_s=0))
    timed("make_ready", application.make_ready)(app)
    parts["ready"] = time.process_time()
    # Each holds the one before it.
    parts["create_app"] -= parts["build_site"]
    parts["build_site"] -= parts["build_atlas"]
    client = app.test_client()
    for path in FIRST:
        answer = timed(f"GET {path}", client.get)(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        assert answer.status_code == 200
        parts[f"{path} kB"] = len(answer.data) / 1000
    parts["max RSS MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return parts


def main() -> int:
    """Print a table with a column for each size."""
    parser = argparse.ArgumentParser(description="Measure the start of the atlas, in CPU seconds, by the number of places.")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many places to generate (default: 30 1000 10000)")
    sizes: list[int] = parser.parse_args().sizes
    columns: list[Parts] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_places(Path(folder), size)
            code = "import json, sys; from pathlib import Path; from bench.start import measure; print(json.dumps(measure(Path(sys.argv[1]))))"
            columns.append(json.loads(subprocess.check_output([sys.executable, "-c", code, folder], cwd=PROJECT)))
    print(f"{'CPU seconds':<32}" + "".join(f"{size:>12,}" for size in sizes))
    for name in columns[0]:
        digits = 0 if name.endswith("B") else 2
        print(f"{name:<32}" + "".join(f"{column[name]:>12,.{digits}f}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
