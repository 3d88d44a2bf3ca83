"""A hundred thousand requests that nobody would make on purpose, without one that makes the server fail: ``python -m bench.fuzz``.

A tenth as many filters of CQL2 follow, right and nearly right, in text and in JSON, without one that fails or takes longer than an answer may. The
application itself is asked, without a server around it, with the data of ``GEO_DATA``. ``tests/http/fuzzing.py`` says what is asked; the tests ask a
small part of it.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from geo.settings import Settings
from tests.http.fuzzing import Wanted, assert_decided, assert_stands, filters, requests


def main() -> int:
    """Ask, and print how much was asked, and what took longest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=100_000, help="how many; default %(default)s")
    parser.add_argument("--filters", type=int, default=10_000, help="how many more with a filter; default %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="another one asks for others; default %(default)s")
    args = parser.parse_args()
    logging.getLogger("geo").setLevel(logging.CRITICAL)
    app = create_app(Settings.from_env({**os.environ, "GEO_RELOAD_S": "0"}))
    client, methods, took = app.test_client(), Counter[str](), dict[str, float]()

    def ask(wanted: Wanted) -> None:
        methods[wanted.method] += 1
        assert_stands(client, wanted)

    def ask_filtered(address: str) -> None:
        began = time.perf_counter()
        assert_decided(client, address)
        took[address] = time.perf_counter() - began

    began = time.perf_counter()
    if args.requests:
        _repeat(ask, requests(app), args.requests, args.seed)
        print(f"{methods.total()} requests in {time.perf_counter() - began:.0f} s, none made the server fail: {dict(methods.most_common())}")
    if args.filters:
        _repeat(ask_filtered, filters(), args.filters, args.seed)
        slowest = max(took, key=took.__getitem__)
        print(f"{len(took)} filters, none made the server fail; the slowest took {took[slowest]:.2f} s: {slowest}")
    return 0


def _repeat(act: Callable[[Any], None], given_to_it: st.SearchStrategy[Any], count: int, number: int) -> None:
    """Call a function with what a strategy generates from a seed."""
    limits = settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    seed(number)(limits(given(given_to_it)(act)))()


if __name__ == "__main__":
    sys.exit(main())
