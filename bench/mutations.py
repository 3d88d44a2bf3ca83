"""Some thousands of broken and strange data sets, without one that makes the server fail: ``python -m bench.mutations``.

Each is a data folder with something changed in it. It is refused, with every problem named, or served; then every page and file is asked for.
``tests/mutations.py`` says what is changed and what must hold; the tests try a small part of it.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.settings import PROJECT
from tests.mutations import examine, mutate, read_files, write_files

FOLDERS = (PROJECT / "tests" / "data" / "qinglan", PROJECT / "data")


def main() -> int:
    """Try data sets, and print how many were refused and served; 1 where one made the server fail."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=3000, help="how many data sets; default %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="the same number gives the same data sets; default %(default)s")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the data sets that made the server fail in this folder")
    options = parser.parse_args()
    # What fails is printed here.
    logging.getLogger("geo").propagate = False
    logging.getLogger("geo").addHandler(logging.NullHandler())
    originals = [read_files(folder) for folder in FOLDERS]
    refused, asked, failed = 0, 0, Counter[str]()
    began = time.perf_counter()
    for number in range(options.seed, options.seed + options.count):
        random = Random(number)
        name, files = mutate(originals[number % len(originals)], random)
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "data")
            write_files(files, data)
            outcome = examine(data, random)
            if outcome.failures and options.keep:
                shutil.copytree(data, options.keep / str(number), dirs_exist_ok=True)
        refused, asked = refused + bool(outcome.refused), asked + outcome.asked
        for failure in outcome.failures:
            # The last line says what; a traceback ends with it.
            kind = failure.strip().splitlines()[-1]
            if not failed[kind]:
                print(f"--- {number}: {name}\n{failure}", flush=True)
            failed[kind] += 1
    seconds = time.perf_counter() - began
    served = options.count - refused
    print(f"{options.count} data sets in {seconds:.0f} s: {refused} refused, {served} served with {asked} answers, {failed.total()} failures")
    for kind, times in failed.most_common():
        print(f"{times} x {kind}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
