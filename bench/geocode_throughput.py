"""How fast lists are geocoded, beside two things a list could be put through instead, and how much memory a long list takes.

``python bench/geocode_throughput.py`` measures 100 000 rows against cpca (its own batch call) and rapidfuzz (a loop over the same names), in rounds
that take turns: once as they are drawn, where names come again as chance has it, and once all different, which is harder than any real list. Rates
are by the time of one core that each takes, so that what else the machine does counts little. With ``--rows 10000000`` it puts that many rows through
``geocode_file``, Parquet to Parquet, and prints the largest memory of the process. It needs cpca (MIT) and rapidfuzz (MIT); the project itself does
without cpca.
"""

from __future__ import annotations

import argparse
import csv
import gc
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.geocode.answers import Query
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.lists import CHUNK_ROWS
from geo.geocode.lists.progress import choose_progress
from geo.geocode.lists.running import geocode_file
from geo.geocode.offline import OfflineGeocoder
from geo.settings import PROJECT
from geo.tables.reading import read_tables

SEED = 20231123
SHARES = {"name": 50, "address": 25, "misspelt": 15, "out_of_area": 10}
ROADS = (
    "江南",
    "文一西",
    "之江",
    "莫干山",
    "天目山",
    "解放",
    "建国北",
    "通惠中",
    "金城",
    "人民",
    "迎宾",
    "育才",
    "平安",
    "望江",
    "钱江",
    "新华",
    "环城北",
    "振兴",
    "科技园",
    "东冠",
)
ELSEWHERE = ("上海市浦东新区", "北京市海淀区", "宁波市鄞州区", "绍兴市柯桥区", "苏州市工业园区", "深圳市南山区", "成都市武侯区", "西安市雁塔区")
WRONG = "城诚程园圆元区去湾弯谷古镇振新心州舟港岗江姜"
# The loop over all names is too slow to be given all rows: it gets every tenth, and rates are compared.
EVERY = 10


def make_geocoder() -> OfflineGeocoder:
    """Return the geocoder of the project with its own tables."""
    return OfflineGeocoder(Gazetteer(read_tables(PROJECT / "data")))


def read_names() -> list[str]:
    """Return every name and alias in Chinese of the gazetteer and the divisions."""
    names: dict[str, None] = {}
    for file in ("gazetteer.csv", "admin/divisions.csv"):
        with (PROJECT / "data" / file).open(encoding="utf-8", newline="") as table:
            names |= dict.fromkeys(row["name"] for row in csv.DictReader(table) if not row["name"].isascii())
    return list(names)


def read_divisions() -> list[str]:
    """Return a district and a township of each address that can be made up."""
    with (PROJECT / "data/admin/divisions.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    names = {row["code"]: row["name"] for row in rows}
    return [names[row["parent"]] + row["name"] for row in rows if row["level"] == "township"]


def make_rows(seed: int) -> Iterator[tuple[str, str]]:
    """Yield kinds and texts without end; two with the same seed are the same."""
    draw = random.Random(seed)
    names, divisions = read_names(), read_divisions()
    kinds = random.Random(seed).choices(list(SHARES), list(SHARES.values()), k=1000)
    while True:
        for kind in kinds:
            if kind == "name":
                text = draw.choice(("", "", "杭州", "杭州市", "浙江省杭州市")) + draw.choice(names)
                # As people type them: a blank somewhere, brackets, quotes.
                for _ in range(draw.randrange(3)):
                    at = draw.randrange(len(text) + 1)
                    text = f"{text[:at]} {text[at:]}"
                text = draw.choice(("{}", "{}", "“{}”", "【{}】")).format(text)
            elif kind == "address":
                place = draw.choice(("", "杭州市", "浙江省杭州市")) + draw.choice(divisions)
                text = f"{place}{draw.choice(ROADS)}路{draw.randrange(1, 2000)}号{draw.randrange(1, 40)}幢"
            elif kind == "misspelt":
                text = draw.choice(names)
                at = draw.randrange(len(text))
                # Another character in the place of one, or one too many.
                text = text[:at] + draw.choice(WRONG) + text[at + draw.randrange(2) :]
            else:
                text = f"{draw.choice(ELSEWHERE)}{draw.choice(ROADS)}路{draw.randrange(1, 5000)}号"
            yield kind, text


def take_rows(count: int, *, different: bool) -> list[tuple[str, str]]:
    """Return kinds and texts in the shares stated, in any order; as they are drawn, or no two of them the same."""
    rows: list[tuple[str, str]] = []
    seen: set[str] = set()
    left = Counter({kind: count * share // 100 for kind, share in SHARES.items()})
    for kind, text in make_rows(SEED):
        if left[kind] and not (different and text in seen):
            rows.append((kind, text))
            seen.add(text)
            left[kind] -= 1
        if not left.total():
            break
    random.Random(SEED).shuffle(rows)
    return rows


def compare(rows: list[tuple[str, str]], rounds: int) -> None:
    """Print the rates of all, and their ratios, from rounds that take turns; then the rates of each kind."""
    import cpca
    from rapidfuzz import fuzz, process

    texts = [text for _, text in rows]
    some = texts[::EVERY]
    names = read_names()
    shares = ", ".join(f"{kind} {number}" for kind, number in Counter(kind for kind, _ in rows).items())
    print(f"{len(rows)} rows, {len(set(texts))} different ({shares}); {len(names)} names")

    def timed(name: str, call: Callable[[], object]) -> None:
        started = time.process_time()
        call()
        times[name].append(time.process_time() - started)

    def ours() -> None:
        # A new one each time: nothing is remembered from the round before. Both load what they need on texts that are in no list.
        geocoder = make_geocoder()
        geocoder.geocode(queries_before)
        timed("geo", lambda: geocoder.geocode([Query(text) for text in texts]))

    times: dict[str, list[float]] = {name: [] for name in ("geo", "cpca.transform", "rapidfuzz.extractOne", "rapidfuzz.cdist")}
    sizes = {
        "geo": len(texts),
        "cpca.transform": len(texts),
        "rapidfuzz.extractOne": len(some),
        "rapidfuzz.cdist": len(some),
    }
    before = [f"{text}甲乙丙" for text in texts[:100]]
    queries_before = [Query(text) for text in before]
    cpca.transform(before)
    # What is loaded so far, by whom ever, is not searched for garbage again and again at the cost of whoever is measured.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        ours()
        timed("cpca.transform", lambda: cpca.transform(texts))
        timed("rapidfuzz.extractOne", lambda: [process.extractOne(text, names) for text in some])
        timed("rapidfuzz.cdist", lambda: process.cdist(some, names, scorer=fuzz.WRatio, workers=1).argmax(axis=1))
    rates = {name: [sizes[name] / seconds for seconds in found] for name, found in times.items()}
    for name, found in rates.items():
        ratios = [mine / theirs for mine, theirs in zip(rates["geo"], found, strict=True)]
        print(
            f"{name:22} {statistics.median(found):10.0f} rows/s (median of {rounds}: {min(found):.0f} to {max(found):.0f}); "
            f"geo is {statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})"
        )

    for kind in SHARES:
        of_kind = [Query(text) for of, text in rows if of == kind]
        geocoder = make_geocoder()
        started = time.process_time()
        answers = geocoder.geocode(of_kind)
        seconds = time.process_time() - started
        kinds = Counter(getattr(answer, "method", None) or answer.reason for answer in answers)  # type: ignore[union-attr]
        print(f"  {kind:12} {len(of_kind) / seconds:10.0f} rows/s  " + ", ".join(f"{name} {number}" for name, number in kinds.most_common()))
    batch = make_geocoder().geocode([Query(text) for text in texts])
    single = make_geocoder()
    assert batch == [single.geocode([Query(text)])[0] for text in texts], "a batch is answered unlike its rows one by one"
    print(f"all {len(batch)} answers of the batch are those of the rows one by one")


def write_rows(path: Path, count: int) -> None:
    """Write rows as Parquet without holding them, and print how many of the first million are different."""
    rows = make_rows(SEED)
    seen: set[str] = set()
    with pq.ParquetWriter(path, pa.schema([("id", pa.string()), ("名称", pa.string())]), compression="zstd") as writer:
        for start in range(0, count, CHUNK_ROWS):
            texts = [text for _, (_, text) in zip(range(min(CHUNK_ROWS, count - start)), rows, strict=False)]
            if start < 1_000_000:
                seen.update(texts)
            writer.write_table(pa.table({"id": [f"{start + place:09d}" for place in range(len(texts))], "名称": texts}))
    print(f"{count} rows written, {path.stat().st_size / 1e6:.0f} MB; of the first {min(count, 1_000_000)}, {len(seen)} are different")


def run_file(folder: Path) -> None:
    """Geocode the rows written and print the largest memory of this process, in MB."""
    started = time.perf_counter()
    summary = geocode_file(folder / "in.parquet", folder / "out.parquet", make_geocoder, version="bench", progress=choose_progress(sys.stderr))
    seconds = time.perf_counter() - started
    print(summary)
    print(f"all in all {seconds:.0f} s, {summary.rows / seconds:.0f} rows/s, putting together included")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100_000, help="rows of the comparison")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, help="rows through geocode_file instead")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        run_file(options.folder)
    elif options.rows:
        with tempfile.TemporaryDirectory() as folder:
            write_rows(Path(folder) / "in.parquet", options.rows)
            # A process of its own: what making the rows took is not counted.
            subprocess.run([sys.executable, __file__, "--folder", folder], check=True)
    else:
        for heading, different in (("as drawn", False), ("all different", True)):
            print(f"--- {heading} ---")
            compare(take_rows(options.count, different=different), options.rounds)


if __name__ == "__main__":
    main()
