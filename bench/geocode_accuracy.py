"""How right the geocoder is on a labelled list: the share right at each level, wrong answers given with confidence, and points within their radius.

``python -m bench.geocode_accuracy [LIST.csv]``; the columns of a list are told in ``geocode_queries.md``.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from pyproj import Geod

from geo.geocode.answers import Answer, Level, Match, MissReason, Query
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.settings import PROJECT
from geo.tables.reading import read_tables

LIST = Path(__file__).parent / "geocode_queries.csv"
WGS84 = Geod(ellps="WGS84")
LEVELS = list(Level)


def outcome_of(answer: Answer) -> str:
    """Say what an answer is: a match, ambiguous, or a miss."""
    if isinstance(answer, Match):
        return "match"
    return "ambiguous" if answer.reason is MissReason.AMBIGUOUS else "miss"


def is_right(row: Mapping[str, str], answer: Answer) -> bool:
    """Compare an answer with its label."""
    if outcome_of(answer) != row["outcome"]:
        return False
    if isinstance(answer, Match):
        found = answer.name if answer.level is Level.PLACE else answer.divisions[-1].code
        return found in (row["expected"], row.get("also", "")) or answer.name == row.get("also")
    return True


def distance_m(row: Mapping[str, str], answer: Match) -> float:
    """Measure how far an answer lies from the true place."""
    _, _, metres = WGS84.inv(float(row["lon"]), float(row["lat"]), answer.lon, answer.lat)
    return float(metres)


def report(rows: Iterable[Mapping[str, str]], geocoder: OfflineGeocoder) -> None:
    """Print the shares and every answer that is not right."""
    rows = list(rows)
    answers = geocoder.geocode([Query(row["query"], admin=row.get("context", "")) for row in rows])
    right: dict[str, Counter[bool]] = defaultdict(Counter)
    confident = coarser = 0
    within = Counter[bool]()
    for row, answer in zip(rows, answers, strict=True):
        good = is_right(row, answer)
        for group in (row["level"] or row["outcome"], f"group {row['group']}", "all"):
            right[group][good] += 1
        if isinstance(answer, Match) and not good:
            # A coarser answer that says what it left unresolved claims nothing wrong.
            is_coarse = bool(answer.unresolved) and row["outcome"] == "match" and LEVELS.index(answer.level) > LEVELS.index(Level(row["level"]))
            confident += not is_coarse
            coarser += is_coarse
        if isinstance(answer, Match) and good and row.get("lon"):
            within[distance_m(row, answer) <= answer.uncertainty_m] += 1
        if not good:
            told = f"{answer.level} {answer.name} {answer.method} {answer.score}" if isinstance(answer, Match) else outcome_of(answer)
            print(f"  {row['group']:12} {row['query']!r} [{row.get('context', '')}]: expected {row['outcome']} {row['expected']}, got {told}")
    print(f"{'':24}{'right':>8}{'of':>6}{'share':>9}")
    for group, counts in right.items():
        print(f"{group:24}{counts[True]:>8}{counts.total():>6}{counts[True] / counts.total():>9.1%}")
    print(f"wrong answers given with confidence: {confident}; coarser answers that say so: {coarser}")
    print(f"true place within the stated radius: {within[True]} of {within.total()} ({within[True] / max(1, within.total()):.1%})")


def main() -> None:
    """Read the list and report on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path, nargs="?", default=LIST)
    options = parser.parse_args()
    geocoder = OfflineGeocoder(Gazetteer(read_tables(PROJECT / "data")))
    with options.list.open(encoding="utf-8-sig", newline="") as file:
        report(csv.DictReader(file), geocoder)


if __name__ == "__main__":
    main()
