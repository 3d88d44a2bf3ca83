"""A hundred thousand requests that nobody would make on purpose, without one that makes the server fail: ``python -m bench.fuzz``.

The application itself is asked, without a server around it. ``tests/http/fuzzing.py`` says what is asked; the tests ask a small part of it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from geo.settings import Settings
from tests.http.fuzzing import Wanted, assert_stands, requests


def main() -> int:
    """Ask, and print how many of each method were asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=100_000, help="how many; default %(default)s")
    count = parser.parse_args().requests
    logging.getLogger("geo").setLevel(logging.CRITICAL)
    app = create_app(Settings.from_env({"GEO_RELOAD_S": "0"}))
    client, methods = app.test_client(), Counter[str]()

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))
    @given(wanted=requests(app))
    def ask(wanted: Wanted) -> None:
        methods[wanted.method] += 1
        assert_stands(client, wanted)

    began = time.perf_counter()
    ask()
    print(f"{methods.total()} requests in {time.perf_counter() - began:.0f} s, none made the server fail: {dict(methods.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
