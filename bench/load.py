"""The server under load, beside pygeoapi, Datasette, a bare Flask view and nginx with the same features: ``python -m bench.load``.

One run on this machine's loopback: wrk with one thread and 8 connections, interleaved rounds in another order each time, medians, and ratios of
requests a second, ours to theirs, with their range over the rounds: above 1 is in our favour. :mod:`bench.contenders` says what is served, and how it
favours the others; before anything is measured each of them must answer with the right features, or the bench fails.

- *Again* asks for the same few answers over and over, as visitors of a page do; *new* asks for what has not been asked for since the server was
  started, which it is before every round. Where there are too few different questions for that, it is left out.
- Requests say ``Accept-Encoding: gzip, br``, as browsers do; the whole layer is asked for with ``identity`` as well, except of those who
  compress nothing.
- Flask, WSGI and nginx serve ready bytes: the very ones that we send for one question of each kind, of middle size. nginx has a plain file, and one
  in gzip where ours is in brotli.

Five rounds take about half an hour. Nothing here is a test: what it prints depends on the machine. wrk runs on the same cores as the servers.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.contenders import (
    BROWSER,
    IDENTITY,
    PROVIDERS,
    START_S,
    Answer,
    BenchError,
    Feature,
    ask,
    atlas,
    bare,
    datasette,
    find_tools,
    install,
    nginx,
    pygeoapi,
    read_ids,
    write_answers,
)
from bench.places import write_places
from geo.settings import PROJECT

OURS, PYGEOAPI, DATASETTE, FLASK, WSGI, NGINX = "ours", "pygeoapi", "Datasette", "Flask", "WSGI", "nginx"
READY = (FLASK, WSGI, NGINX)
CONNECTIONS = 8
# How many answers are asked for over and over, and how many different questions there must be for asking only new ones.
AGAIN, LEAST_NEW = 20, 2000
BOXES, BOX_DEGREES, BOX_LIMIT = 20_000, 0.05, 100
# So many answers are waited for where they take long, but no longer than this, in seconds.
ANSWERS, LONGEST_S = 20, 12
SCRIPT = Path(__file__).resolve().parent / "load.lua"

# --- what is asked ------------------------------------------------------------------------------------------------------------------------


class Expected(NamedTuple):
    """What an answer must have.

    Attributes
    ----------
    ids
        Of the features that it may have.
    counts
        How many it must have; one of these.
    """

    ids: frozenset[str]
    counts: frozenset[int]


@dataclass(frozen=True)
class Query:
    """A kind of question.

    Attributes
    ----------
    name
        As in the table.
    paths
        By contender, the questions as it wants them, in the same order.
    expected
        For each question what the answer must have; empty for a page.
    """

    name: str
    paths: Mapping[str, Sequence[str]]
    expected: Sequence[Expected] = ()


def build_queries(features: Sequence[Feature], random: Random) -> list[Query]:
    """Build the questions about some features, in an order of chance."""
    ids = [feature["id"] for feature in features]
    count = len(ids)
    items = {OURS: "/ogc/collections/places/items", **{name: f"/collections/{name}/items" for name in PROVIDERS}}
    table = "/features/places.json?_shape=array&_nocount=1"
    offsets = random.sample(range(count), count)
    # The last pages are not full.
    offsets = [offset for offset in offsets if count < 100 or offset <= count - 50]
    boxes, inside = _build_boxes(features, random)
    # One of pygeoapi's providers fails on features without a geometry.
    located = [feature["id"] for feature in features if feature["geometry"]]
    chosen = random.sample(located, len(located))
    return [
        Query("/", {OURS: ["/"]}),
        Query(
            "whole layer",
            {OURS: ["/layers/places.geojson"], **_each(items, [f"?f=json&limit={count}"]), DATASETTE: [f"{table}&_size=max"]},
            [Expected(frozenset(ids), frozenset([count]))],
        ),
        Query(
            "limit=50",
            {
                **_each(items, [f"?f=json&limit=50&offset={offset}" for offset in offsets], OURS),
                DATASETTE: [f"{table}&_size=50&_next={offset}" for offset in offsets],
            },
            [Expected(frozenset(ids[offset : offset + 50]), frozenset([min(50, count - offset)])) for offset in offsets],
        ),
        Query(
            "bbox",
            {
                **_each(items, [f"?f=json&limit={BOX_LIMIT}&bbox={','.join(map(str, box))}" for box in boxes], OURS),
                DATASETTE: [
                    f"/features/box.json?_shape=array&limit={BOX_LIMIT}&west={west}&south={south}&east={east}&north={north}"
                    for west, south, east, north in boxes
                ],
            },
            inside,
        ),
        Query(
            "id",
            {
                **_each(items, [f"/{id_}?f=json" for id_ in chosen], OURS),
                DATASETTE: [f"/features/one.json?_shape=array&id={id_}" for id_ in chosen],
            },
            [Expected(frozenset([id_]), frozenset([1])) for id_ in chosen],
        ),
    ]


def _each(items: Mapping[str, str], ends: Sequence[str], *more: str) -> dict[str, list[str]]:
    return {name: [items[name] + end for end in ends] for name in (*more, *PROVIDERS)}


def _build_boxes(features: Sequence[Feature], random: Random) -> tuple[list[tuple[float, float, float, float]], list[Expected]]:
    """Build boxes around places, where people look, and say what lies in each."""
    points = [(feature["id"], *feature["geometry"]["coordinates"]) for feature in features if feature["geometry"]]
    # The standard says that what has no geometry is within every box; not every contender does as it says.
    nowhere = frozenset(feature["id"] for feature in features if not feature["geometry"])
    boxes, inside = [], []
    for _ in range(BOXES):
        _, lon, lat = random.choice(points)
        west, south = round(lon - random.random() * BOX_DEGREES, 7), round(lat - random.random() * BOX_DEGREES, 7)
        east, north = round(west + BOX_DEGREES, 7), round(south + BOX_DEGREES, 7)
        boxes.append((west, south, east, north))
    # Only those that are looked at when the answers are checked, and when one of middle size is chosen.
    for west, south, east, north in boxes[:AGAIN]:
        found = frozenset(id_ for id_, lon, lat in points if west <= lon <= east and south <= lat <= north)
        inside.append(Expected(found | nowhere, frozenset(min(BOX_LIMIT, count) for count in (len(found), len(found | nowhere)))))
    return boxes, inside


def check(contender: str, url: str, query: Query, paths: Sequence[str]) -> None:
    """Compare answers with what is expected.

    Raises
    ------
    BenchError
        If an answer has other features than it must have.
    """
    for position in range(0, min(AGAIN, len(paths)), 5):
        for coding in (IDENTITY, BROWSER):
            answer = ask(url + paths[position], coding)
            if query.expected:
                ids, expected = read_ids(answer.body), query.expected[position]
                if len(ids) not in expected.counts or len(set(ids)) != len(ids) or not expected.ids.issuperset(ids):
                    counts = " or ".join(map(str, sorted(expected.counts)))
                    found = f"{len(ids)} features, {len(expected.ids & set(ids))} of them right"
                    raise BenchError(f"{contender}: {paths[position]} gives {found}; expected {counts}")


# --- what is measured ---------------------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A row of the table.

    Attributes
    ----------
    query
        The name of its query.
    coding
        As in Accept-Encoding.
    is_new
        Whether nothing is asked for twice.
    """

    query: str
    coding: str
    is_new: bool


class Load(NamedTuple):
    """What came of putting a server under load: answers a second, milliseconds, bytes an answer with its headers, and connections that broke."""

    rate: float
    p50_ms: float
    p99_ms: float
    size: float
    broken: int


@dataclass
class Results:
    """Everything that was measured on some data.

    Attributes
    ----------
    loads
        By case and contender, one for each round.
    providers
        By query, which of its providers pygeoapi was measured with.
    repeated
        By case, the largest share of our requests that had to be repeated, as the server was faster than there are questions.
    """

    loads: dict[Case, dict[str, list[Load]]] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=dict)
    repeated: dict[Case, float] = field(default_factory=dict)

    def median(self, case: Case, contender: str, what: str) -> float | None:
        """Return the median over the rounds; ``None`` where the contender has no part in it."""
        loads = self.loads.get(case, {}).get(contender)
        return statistics.median(getattr(load, what) for load in loads) if loads else None

    def ratios(self, case: Case, contender: str) -> list[float]:
        """Return the ratios of ours to another's rate, round by round; ready answers are not asked for anew, and stand for both."""
        theirs = self.loads[case].get(contender) or self.loads.get(case._replace(is_new=False), {}).get(contender, [])
        return [ours.rate / other.rate for ours, other in zip(self.loads[case].get(OURS, []), theirs, strict=False)]


class Wrk:
    """Wrk, with the addresses it asks for in a file.

    Parameters
    ----------
    program
        Wrk.
    folder
        For the file.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._file = folder / "paths.txt"

    def press(self, url: str, paths: Sequence[str], coding: str, seconds: int) -> tuple[Load, int]:
        """Put a server under load, and return what came of it and how many answers there were.

        Raises
        ------
        BenchError
            If a request was refused, or if none was answered.
        """
        self._file.write_text("\n".join(paths) + "\n", encoding="utf-8")
        command: list[str | Path] = [self._program, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "120s", "-s", SCRIPT, url]
        said = subprocess.run([*command, "--", self._file, coding], capture_output=True, text=True, check=False)
        if said.returncode:
            raise BenchError(f"wrk: {said.stderr.strip() or said.stdout.strip()}")
        found = json.loads(said.stdout.strip().splitlines()[-1])
        if found["refused"]:
            raise BenchError(f"{url}{paths[0]}: {found['requests']} answers, {found['refused']} of them refusals")
        if not found["requests"]:
            # As long as for the answers that were checked.
            if seconds >= START_S:
                raise BenchError(f"{url}{paths[0]}: no answer in {seconds} s")
            # All connections are at work on their first.
            return self.press(url, paths, coding, 2 * seconds)
        rate, size = found["requests"] / found["seconds"], found["bytes"] / found["requests"]
        load = Load(rate, found["p50_ms"], found["p99_ms"], size, found["broken"])
        return load, found["requests"]

    def warm(self, url: str, paths: Sequence[str], coding: str) -> Load:
        """Put a server under load until every connection has been answered twice: what may be kept is kept then, and how long it takes is known."""
        # Even a server that answers one by one then gives each connection its first; what is broken off it would go on working at.
        seconds = max(1, math.ceil(CONNECTIONS * ask(url + paths[0], coding).seconds))
        while True:
            load, count = self.press(url, paths, coding, seconds)
            if count >= 2 * CONNECTIONS or seconds >= LONGEST_S:
                return load
            seconds *= 2


@dataclass
class Bench:
    """The contenders under load.

    Attributes
    ----------
    wrk
        What puts them under load.
    seconds
        How long each measurement takes at least.
    paths
        By query and contender, what is asked for.
    results
        What came of it.
    """

    wrk: Wrk
    seconds: int
    paths: dict[tuple[str, str], Sequence[str]]
    results: Results = field(default_factory=Results)
    _warmed: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def has(self, case: Case, contender: str) -> bool:
        """Tell whether a contender takes part: ready bytes are never new, and those that do not compress answer in one way."""
        return not case.is_new if contender in READY else case.coding == BROWSER and (case.query, contender) in self.paths

    def measure(self, case: Case, contender: str, url: str) -> None:
        """Measure a case with a contender once; where that takes long, for as long as some answers need.

        Raises
        ------
        BenchError
            If a request was refused or not answered, or if one of ours broke off.
        """
        if contender in READY:
            # nginx chooses by what is accepted, the others have a path for each coding.
            asked: Sequence[str] = [_slug(case.query, IDENTITY if contender == NGINX else case.coding)]
        else:
            every = self.paths[case.query, contender]
            asked = every[AGAIN:] if case.is_new else every[:AGAIN]
        key = (case.query, case.coding, contender)
        # Ours is started anew in every round, the others are warm since the first.
        if not case.is_new and (contender == OURS or key not in self._warmed):
            self._warmed[key] = self.wrk.warm(url, asked, case.coding).rate
        seconds = max(self.seconds, min(LONGEST_S, math.ceil(ANSWERS / self._warmed[key])))
        load, count = self.wrk.press(url, asked, case.coding, seconds)
        if contender == OURS and load.broken:
            raise BenchError(f"{url}{asked[0]}: {load.broken} connections broken")
        self.results.loads.setdefault(case, {}).setdefault(contender, []).append(load)
        if case.is_new and contender == OURS:
            self.results.repeated[case] = max(self.results.repeated.get(case, 0), 1 - len(asked) / count)


def run(data: Path, rounds: int, seconds: int, tools: Mapping[str, str], programs: Path) -> tuple[Results, int]:
    """Serve the contenders on some data and put them under load in turns.

    Parameters
    ----------
    data
        The data folder of the atlas.
    rounds
        How often each case is measured with each contender.
    seconds
        How long, each time; longer where an answer takes long.
    tools, programs
        Wrk and nginx; the folder with the programs of the others.

    Returns
    -------
    Results, int
        What was measured, and how many features there are.

    Raises
    ------
    BenchError
        If a contender cannot be served or answers wrongly.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atlas-load-")))
        # nginx has workers of another user where it is started by root.
        folder.chmod(0o755)
        wrk = Wrk(tools["wrk"], folder)
        with atlas(data, folder) as url:
            features: list[Feature] = json.loads(ask(f"{url}/layers/places.geojson", IDENTITY).body)["features"]
            queries = build_queries(features, Random(1))
            for query in queries:
                check(OURS, url, query, query.paths[OURS])
            answers, plain = _middle_answers(url, queries)
        write_answers(answers, plain, folder)
        urls = {
            PYGEOAPI: stack.enter_context(pygeoapi(programs, features, folder)),
            DATASETTE: stack.enter_context(datasette(programs, features, folder)),
            FLASK: stack.enter_context(bare("flask", folder)),
            WSGI: stack.enter_context(bare("wsgi", folder)),
            NGINX: stack.enter_context(nginx(tools["nginx"], folder)),
        }
        bench = Bench(wrk, seconds, {(query.name, OURS): query.paths[OURS] for query in queries})
        for query in queries:
            if query.expected:
                check(DATASETTE, urls[DATASETTE], query, query.paths[DATASETTE])
                bench.paths[query.name, DATASETTE] = query.paths[DATASETTE]
                bench.paths[query.name, PYGEOAPI] = _choose_provider(bench.results, wrk, urls[PYGEOAPI], query)
        _check_ready(urls, answers, plain)

        cases = _build_cases(queries)
        for number in range(rounds):
            with atlas(data, folder) as ours:
                for case in cases:
                    names = [OURS, *(name for name in urls if bench.has(case, name))]
                    for contender in names[number % len(names) :] + names[: number % len(names)]:
                        bench.measure(case, contender, ours if contender == OURS else urls[contender])
                    print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return bench.results, len(features)


def _slug(query: str, coding: str) -> str:
    return f"/{''.join(letter for letter in query if letter.isalnum()) or 'page'}-{'plain' if coding == IDENTITY else 'coded'}"


def _middle_answers(url: str, queries: Sequence[Query]) -> tuple[dict[str, Answer], dict[str, bytes]]:
    """Give our answer of middle size to each kind of question, in both codings, and without any for nginx; by path."""
    answers, plain = {}, {}
    for query in queries:
        paths = query.paths[OURS][:AGAIN]
        middle = sorted(paths, key=lambda path: len(ask(url + path, IDENTITY).body))[len(paths) // 2]
        for coding in (BROWSER, IDENTITY):
            answers[_slug(query.name, coding)] = ask(url + middle, coding)
        plain[_slug(query.name, IDENTITY)] = answers[_slug(query.name, IDENTITY)].body
    return answers, plain


def _check_ready(urls: Mapping[str, str], answers: Mapping[str, Answer], plain: Mapping[str, bytes]) -> None:
    for contender in (FLASK, WSGI):
        for path, answer in answers.items():
            given = ask(urls[contender] + path, BROWSER)
            if (given.wire, given.headers) != (answer.wire, answer.headers):
                raise BenchError(
                    f"{contender}: {path} gives {len(given.wire)} bytes with {given.headers}; expected {len(answer.wire)}, {answer.headers}"
                )
    for path, body in plain.items():
        for coding, used in ((IDENTITY, None), (BROWSER, "gzip")):
            given = ask(urls[NGINX] + path, coding)
            if given.body != body or dict(given.headers).get("Content-Encoding") != used:
                raise BenchError(f"nginx: {path} gives {len(given.body)} bytes with {given.headers}; expected {len(body)} and the coding {used}")


def _choose_provider(results: Results, wrk: Wrk, url: str, query: Query) -> Sequence[str]:
    """Let pygeoapi have the faster of its providers for a query; one that answers wrongly has no part in it."""
    rates, failures = {}, []
    for name in PROVIDERS:
        try:
            check(name, url, query, query.paths[name])
            rates[name] = wrk.warm(url, query.paths[name][:AGAIN], IDENTITY).rate
        except BenchError as error:
            failures.append(str(error))
    if not rates:
        raise BenchError("; ".join(failures))
    best = max(rates, key=lambda name: rates[name])
    words = [f"{name} {rates[name]:,.1f}/s" if name in rates else f"{name} fails" for name in PROVIDERS]
    results.providers[query.name] = f"{best} ({', '.join(words)})"
    return query.paths[best]


def _build_cases(queries: Sequence[Query]) -> list[Case]:
    cases = []
    for query in queries:
        cases.append(Case(query.name, BROWSER, is_new=False))
        if query.name == "whole layer":
            cases.append(Case(query.name, IDENTITY, is_new=False))
        if len(query.paths[OURS]) >= LEAST_NEW:
            cases.append(Case(query.name, BROWSER, is_new=True))
    return cases


# --- what is printed ----------------------------------------------------------------------------------------------------------------------

OTHERS = (PYGEOAPI, DATASETTE, FLASK, WSGI, NGINX)


def _words(case: Case) -> str:
    return f"{case.query}, {'new' if case.is_new else 'again'}{', identity' if case.coding == IDENTITY else ''}"


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _with_range(ratios: Sequence[float]) -> str:
    if not ratios:
        return ""
    return f"{_shown(statistics.median(ratios))} ({_shown(min(ratios))}–{_shown(max(ratios))})"


def print_table(title: str, results: Results) -> None:
    """Print the medians of all contenders, each with the ratio of ours to it; then what an answer costs, layer by layer."""
    print(f"\n## {title}\n\nRequests a second, and ours / theirs.\n")
    heads = ["ours", "p50, ms", "p99, ms", "bytes", *(cell for name in OTHERS for cell in (name, "ratio"))]
    print(f"| query | {' | '.join(heads)} |\n|---|{'---:|' * len(heads)}")
    for case in results.loads:
        cells = [_shown(results.median(case, OURS, what)) for what in ("rate", "p50_ms", "p99_ms", "size")]
        for name in OTHERS:
            cells += [_shown(results.median(case, name, "rate")), _with_range(results.ratios(case, name))]
        print(f"| {_words(case)} | {' | '.join(cells)} |")
    for case, loads in results.loads.items():
        # Those of a server that is busy for seconds with one answer, and then takes a connection for an idle one.
        for name, own in loads.items():
            if broken := sum(load.broken for load in own):
                print(f"\n{_words(case)}: {broken} connections to {name} broke, and were opened anew")
    for case, share in results.repeated.items():
        if share > 0:
            print(f"\n{_words(case)}: up to {share:.0%} of our requests were repeated, as there are no more questions")
    print("\npygeoapi's provider: " + "; ".join(f"{query}: {best}" for query, best in results.providers.items()))
    print(
        "\nWhere the rest against nginx goes, in microseconds an answer: nginx itself; what the server in Python takes more, with ready bytes and no"
    )
    print("framework; what bare Flask would take more than that; and what ours takes more than that.\n")
    print("| query | nginx | server in Python | bare Flask | ours | bytes: nginx | bytes: ours |\n|---|---:|---:|---:|---:|---:|---:|")
    for case in results.loads:
        rates = {name: results.median(case, name, "rate") for name in (OURS, *READY)}
        if case.is_new or not all(rates.values()):
            continue
        us = {name: 1e6 / rate for name, rate in rates.items() if rate}
        steps = [us[NGINX], us[WSGI] - us[NGINX], us[FLASK] - us[WSGI], us[OURS] - us[WSGI]]
        sizes = [results.median(case, name, "size") for name in (NGINX, OURS)]
        print(f"| {_words(case)} | {' | '.join(f'{step:,.0f}' for step in steps)} | {' | '.join(map(_shown, sizes))} |")


def print_aims(measured: Mapping[str, Results]) -> bool:
    """Print of each aim whether it holds, and return whether all do."""
    aims: list[tuple[str, float | None, float, Callable[[float, float], bool]]] = []

    def at_least(value: float, wanted: float) -> bool:
        return value >= wanted

    def at_most(value: float, wanted: float) -> bool:
        return value <= wanted

    for data, results in measured.items():
        for case in results.loads:
            words = f"{data}: {_words(case)}"
            ratios = [statistics.median(found) for name in (PYGEOAPI, DATASETTE) if (found := results.ratios(case, name))]
            if ratios:
                aims.append((f"{words}: ours / the better of pygeoapi and Datasette", min(ratios), 5, at_least))
            if case.query == "whole layer":
                aims.append((f"{words}: ours / bare Flask", statistics.median(results.ratios(case, FLASK)), 0.9, at_least))
            p50, p99 = results.median(case, OURS, "p50_ms"), results.median(case, OURS, "p99_ms")
            aims.append((f"{words}: p99 / p50", p99 / p50 if p50 and p99 else None, 5, at_most))
    print("\n## Aims\n")
    for words, value, wanted, holds in aims:
        verdict = "unknown" if value is None else "holds" if holds(value, wanted) else "MISSED"
        print(f"{verdict:<7}  {words}: {_shown(value)} ({holds.__name__.replace('_', ' ')} {wanted:g})")
    return all(value is not None and holds(value, wanted) for _, value, wanted, holds in aims)


def main() -> int:
    """Measure as the command line says; 1 when not all aims hold, or when something is missing."""
    parser = argparse.ArgumentParser(description="Put the server under load, beside others.")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=3, help="for each measurement (default: %(default)s)")
    parser.add_argument("--count", type=int, default=10_000, help="how many places to generate for the second part (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round of one second each")
    arguments = parser.parse_args()
    rounds, seconds = (1, 1) if arguments.quick else (arguments.rounds, arguments.seconds)
    measured = {}
    try:
        tools, programs = find_tools(), install()
        with tempfile.TemporaryDirectory() as folder:
            write_places(Path(folder), arguments.count)
            for name, data in (("real data", PROJECT / "data"), (f"{arguments.count:,} generated places", Path(folder))):
                measured[name], features = run(data, rounds, seconds, tools, programs)
                print_table(f"{name.capitalize()}: {features:,} features; rounds: {rounds}, of {seconds} s", measured[name])
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if print_aims(measured) else 1


if __name__ == "__main__":
    sys.exit(main())
