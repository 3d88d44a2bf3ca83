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
    """Measure, and print a line for each format; with a folder behind the number of ways only make the extracts there."""
    ways = int(sys.argv[1]) if len(sys.argv) > 1 else WAYS
    if len(sys.argv) > 2:
        city = make_city(ways, BOX)
        write_pbf(city, Path(sys.argv[2]) / "city.osm.pbf")
        write_xml(city, Path(sys.argv[2]) / "city.osm")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: a command counts as its own what the process had that starts it.
        subprocess.run([sys.executable, __file__, str(ways), folder], check=True)
        made = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        for ending in (".osm.pbf", ".osm"):
            path = Path(folder) / f"city{ending}"
            command = [sys.executable, "-m", "geo", "basemap", str(path), "-o", str(Path(folder) / "made")]
            begun = time.monotonic()
            with subprocess.Popen(command, cwd=PROJECT, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            took = time.monotonic() - begun
            held = usage.ru_maxrss / 1024
            print(f"{ending}: {path.stat().st_size / 1e6:.0f} MB, {ways} ways: {took:.1f} s, {held:.0f} MB of memory (making it took {made:.0f} MB)")
            assert process.returncode == 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
