"""Record what a deployment installs: ``python deploy/dependencies.py`` writes ``deploy/dependencies.md``.

Which packages and versions these are stands in ``deploy/requirements.lock``; their licences are read from what is installed in its environment.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
RECORD = PROJECT / "deploy" / "dependencies.md"
LOCK = PROJECT / "deploy" / "requirements.lock"
REQUIREMENTS = (PROJECT / "requirements.txt", PROJECT / "deploy" / "requirements.txt")
HEAD = """# What a deployment installs

Written by `make audit` from [`requirements.lock`](requirements.lock), as it is on Linux. The same command then has pip-audit look each of them
up, and fails when one has a known vulnerability or could not be looked up. The machine on which this list was written reaches no service that
tells of vulnerabilities: **nothing here was compared with one.** Run `make audit` where one is reached, before deploying.

| package | version | licence | asked for by the atlas itself |
|---|---|---|---|
"""


def read_names() -> set[str]:
    """Read the normalized names of the direct requirements."""
    lines = [line.partition("#")[0].strip() for file in REQUIREMENTS for line in file.read_text(encoding="utf-8").splitlines()]
    return {normalize(Requirement(line).name) for line in lines if line and not line.startswith("-r ")}


def read_lock() -> list[Requirement]:
    """Read what the lock installs on this system; the lines of hashes and comments are indented or begin with a hash sign."""
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line[:1] not in {"", " ", "#"}]
    locked = [Requirement(line.rstrip("\\ ")) for line in lines]
    return [requirement for requirement in locked if requirement.marker is None or requirement.marker.evaluate()]


def normalize(name: str) -> str:
    """Write the name of a package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(package: Distribution) -> str:
    """Say what a package says of its licence, in short."""
    metadata = package.metadata
    classified = [value.rpartition(" :: ")[2] for value in metadata.get_all("Classifier") or () if value.startswith("License ::")]
    stated = next(iter(metadata.get_all("License-Expression") or ()), "") or ", ".join(classified)
    stated = stated or next(iter(metadata.get_all("License") or ()), "").strip().partition("\n")[0]
    return stated.replace("|", "/")[:60] or "not stated"


def main() -> int:
    """Write the record, beside its place first."""
    direct = read_names()
    rows = []
    for requirement in read_lock():
        package = distribution(requirement.name)
        if not requirement.specifier.contains(package.version, prereleases=True):
            print(
                f"{requirement.name} {package.version} is installed, expected {requirement.specifier} as in {LOCK.name}: run make audit",
                file=sys.stderr,
            )
            return 1
        name = normalize(requirement.name)
        rows.append(f"| {name} | {package.version} | {licence_of(package)} | {'yes' if name in direct else ''} |")
    beside = RECORD.with_suffix(".md.new")
    beside.write_text(HEAD + "\n".join(sorted(rows)) + "\n", encoding="utf-8")
    beside.replace(RECORD)
    return 0


if __name__ == "__main__":
    sys.exit(main())
