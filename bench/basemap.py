"""How long an extract of 400 000 ways takes to be taken into the basemap, and with how much memory: ``python bench/basemap.py [WAYS]``.

The extract is made up (``bench/osm.py``), as ``.osm.pbf`` and as ``.osm``; the goal is 60 s and 1 GB for each. Memory is the most that the command
or the process that it starts has held, whichever is larger.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.osm import make_city, write_pbf, write_xml
from geo.settings import PROJECT

WAYS = 400_000
# About the size of a large city, inside of the frame of the shipped tables.
BOX = (119.6, 29.9, 120.7, 30.6)


def main() -> int:
    """Measure, and print a line for each format."""
    ways = int(sys.argv[1]) if len(sys.argv) > 1 else WAYS
    with tempfile.TemporaryDirectory() as folder:
        city = make_city(ways, BOX)
        for ending, write in ((".osm.pbf", write_pbf), (".osm", write_xml)):
            path = Path(folder) / f"city{ending}"
            write(city, path)
            command = [sys.executable, "-m", "geo", "basemap", str(path), "-o", str(Path(folder) / "made")]
            begun = time.monotonic()
            subprocess.run(command, cwd=PROJECT, env=os.environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            took = time.monotonic() - begun
            # The largest of all that were started so far: the formats come in the order of what they need.
            held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{ending}: {path.stat().st_size / 1e6:.0f} MB, {ways} ways: {took:.1f} s, {held:.0f} MB of memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
