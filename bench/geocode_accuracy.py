"""How right the geocoder is on labelled lists: what is right, wrong with confidence, missed or said to be elsewhere, and how far the points are off.

``python -m bench.geocode_accuracy [LIST ...]``; without one the two lists of this folder are read. Two kinds of lists are told apart by their
columns, as ``geocode_queries.md`` describes them: one says what the tables know, the other where the thing that is asked for lies. Either may be CSV
or JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pyproj import Geod

from geo.geocode.answers import Answer, Level, Match, MissReason, Query
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.settings import PROJECT
from geo.tables.reading import read_tables

LIST = Path(__file__).parent / "geocode_queries.csv"
REAL = Path(__file__).parent / "geocode_real.csv"
WGS84 = Geod(ellps="WGS84")
LEVELS = list(Level)
# What the words of a query say at best, from fine to coarse; a place that no list has is expected of nobody.
SAID = ("township", "district", "city")

Row = Mapping[str, str]


def read_list(path: Path) -> list[dict[str, str]]:
    """Read the rows of a list, all cells as text."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        return [{key: str(value) for key, value in row.items()} for row in json.loads(text)]
    return list(csv.DictReader(text.splitlines()))


def part_of(rows: Sequence[Row], part: str) -> list[Row]:
    """Choose all rows, or every second one: the ``read`` rows may be looked at while rules are written, the ``kept`` ones only at the end."""
    return list(rows) if part == "all" else list(rows[part == "kept" :: 2])


def outcome_of(answer: Answer) -> str:
    """Say what an answer is: a match, ambiguous, or a miss."""
    if isinstance(answer, Match):
        return "match"
    return "ambiguous" if answer.reason is MissReason.AMBIGUOUS else "miss"


def is_right(row: Row, answer: Answer) -> bool:
    """Compare an answer with its label in a list of what the tables know; what is only shared with other cities may be taken for ours."""
    if row.get("home") and isinstance(answer, Match):
        return row["home"] in (answer.name, answer.divisions[-1].code)
    if outcome_of(answer) != row["outcome"]:
        return False
    if isinstance(answer, Match):
        found = answer.name if answer.level is Level.PLACE else answer.divisions[-1].code
        return found in (row["expected"], row.get("also", "")) or answer.name == row.get("also")
    return True


def distance_m(row: Row, answer: Match) -> float:
    """Measure how far an answer lies from the true place."""
    _, _, metres = WGS84.inv(float(row["lon"]), float(row["lat"]), answer.lon, answer.lat)
    return float(metres)


def verdict_on(row: Row, answer: Answer) -> str:
    """Compare an answer with where the thing lies.

    Returns
    -------
    verdict
        ``right``; ``wrong``: a match that contradicts the true district or township; ``elsewhere``: said to be outside the city, but it is not;
        ``coarse``: true, but less than the words say; ``missed``: no match, or nothing said of what lies elsewhere; ``open``: no match where the
        words alone do not tell.
    """
    if row["expect"] == "elsewhere":
        if isinstance(answer, Match):
            return "wrong"
        return "right" if answer.reason is MissReason.OUT_OF_AREA else "missed"
    said = row["text_says"]
    if not isinstance(answer, Match):
        if answer.reason is MissReason.OUT_OF_AREA:
            return "elsewhere"
        return "missed" if said in SAID else "open"
    names = [division.name for division in answer.divisions]
    if (len(names) > 1 and names[1] != row["district"]) or (len(names) > 2 and row["township"] and names[2] != row["township"]):
        return "wrong"
    finest = ("city", "district", "township")[min(len(names), 3) - 1]
    if said in SAID and SAID.index(finest) > SAID.index(said):
        return "coarse"
    return "right" if said in SAID or len(names) > 1 else "open"


def told(answer: Answer) -> str:
    """Say in a line what was answered."""
    if isinstance(answer, Match):
        within = "/".join(division.name for division in answer.divisions)
        return f"{answer.level} {answer.name} ({within}) {answer.method} {answer.score}, {answer.uncertainty_m} m, left {answer.unresolved!r}"
    return f"{answer.reason} {[candidate.name for candidate in answer.candidates]}"


def report_distances(pairs: Iterable[tuple[Row, Match]]) -> None:
    """Print how far the points of matches lie from the truth, and how many lie within the stated radius."""
    measured = [(distance_m(row, answer), answer.uncertainty_m) for row, answer in pairs if row.get("lon")]
    if not measured:
        print("no true place with a point was located")
        return
    within = sum(distance <= radius for distance, radius in measured)
    errors, radii = zip(*measured, strict=True)
    print(f"true place within the stated radius: {within} of {len(measured)} ({within / len(measured):.1%})")
    print(f"median error {statistics.median(errors) / 1000:.1f} km, median radius {statistics.median(radii) / 1000:.1f} km")


def report_labelled(rows: Sequence[Row], geocoder: OfflineGeocoder) -> None:
    """Print the shares of a list of what the tables know, and every answer that is not right."""
    answers = geocoder.geocode([Query(row["query"], admin=row.get("context", "")) for row in rows])
    right: dict[str, Counter[bool]] = defaultdict(Counter)
    confident = coarser = 0
    located = []
    for row, answer in zip(rows, answers, strict=True):
        good = is_right(row, answer)
        for group in (row["level"] or row["outcome"], f"group {row['group']}", "all"):
            right[group][good] += 1
        if isinstance(answer, Match) and not good:
            # A coarser answer that says what it left unresolved claims nothing wrong.
            is_coarse = bool(answer.unresolved) and row["outcome"] == "match" and LEVELS.index(answer.level) > LEVELS.index(Level(row["level"]))
            confident += not is_coarse
            coarser += is_coarse
        if isinstance(answer, Match) and good:
            located.append((row, answer))
        if not good:
            print(f"  {row['group']:12} {row['query']!r} [{row.get('context', '')}]: expected {row['outcome']} {row['expected']}, got {told(answer)}")
    print(f"{'':24}{'right':>8}{'of':>6}{'share':>9}")
    for group, counts in right.items():
        print(f"{group:24}{counts[True]:>8}{counts.total():>6}{counts[True] / counts.total():>9.1%}")
    print(f"wrong answers given with confidence: {confident}; coarser answers that say so: {coarser}")
    report_distances(located)


def report_real(rows: Sequence[Row], geocoder: OfflineGeocoder) -> None:
    """Print the shares of a list of real queries, and every answer that is not right."""
    answers = geocoder.geocode([Query(row["q"], admin=row.get("admin", "")) for row in rows])
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for row, answer in zip(rows, answers, strict=True):
        verdict = verdict_on(row, answer)
        verdicts[row["kind"]][verdict] += 1
        verdicts["all"][verdict] += 1
        if verdict != "right":
            truth = f"{row['district']}{row['township']} by {row['text_says'] or row['expect']}"
            print(f"  {verdict:9} {row['kind']:14} {row['q']!r} [{row.get('admin', '')}]: {truth}, got {told(answer)}")
    names = ("right", "coarse", "missed", "wrong", "elsewhere", "open")
    print(f"{'':24}" + "".join(f"{name:>10}" for name in names))
    for kind, counts in verdicts.items():
        print(f"{kind:24}" + "".join(f"{counts[name]:>10}" for name in names))
    counts = verdicts["all"]
    asked = counts.total() - counts["open"]
    print(f"right where the words allow it: {counts['right']} of {asked} ({counts['right'] / max(1, asked):.1%})")
    print(f"wrong answers given with confidence: {counts['wrong']}; falsely elsewhere: {counts['elsewhere']}")
    report_distances((row, answer) for row, answer in zip(rows, answers, strict=True) if isinstance(answer, Match))


def main() -> None:
    """Read the lists and report on each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lists", type=Path, nargs="*", default=[LIST, REAL])
    parser.add_argument("--part", choices=("all", "read", "kept"), default="all", help="every row, or only every second one from the first or second")
    options = parser.parse_args()
    geocoder = OfflineGeocoder(Gazetteer(read_tables(PROJECT / "data")))
    for path in options.lists:
        rows = part_of(read_list(path), options.part)
        print(f"--- {path.name}, {len(rows)} rows ({options.part}) ---")
        report = report_labelled if rows and "outcome" in rows[0] else report_real
        report(rows, geocoder)


if __name__ == "__main__":
    main()
