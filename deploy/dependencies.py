"""Record what a deployment installs: ``python deploy/dependencies.py`` writes ``deploy/dependencies.md`` from what is installed in its environment.

The direct requirements are pinned; what they bring along is not, and this list says with what the project was last tested.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
RECORD = PROJECT / "deploy" / "dependencies.md"
REQUIREMENTS = (PROJECT / "requirements.txt", PROJECT / "deploy" / "requirements.txt")
HEAD = """# What a deployment installs

Written by `make audit`, with the versions that the tests ran with. The same command then has pip-audit look each of them up, and fails when
one has a known vulnerability or could not be looked up. The machine on which this list was written reaches no service that tells of
vulnerabilities: **nothing here was compared with one.** Run `make audit` where one is reached, before deploying.

| package | version | licence | pinned |
|---|---|---|---|
"""


def read_requirements() -> list[Requirement]:
    """Read the direct requirements."""
    lines = [line.partition("#")[0].strip() for file in REQUIREMENTS for line in file.read_text(encoding="utf-8").splitlines()]
    return [Requirement(line) for line in lines if line]


def collect(wanted: list[Requirement]) -> dict[str, Distribution]:
    """Find what is installed for some requirements and for what these require, by normalized name."""
    found: dict[str, Distribution] = {}
    asked: set[tuple[str, str]] = set()
    todo = [(requirement, "") for requirement in wanted]
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = normalize(requirement.name)
        found[name] = distribution(requirement.name)
        for part in {"", *requirement.extras}:
            if (name, part) not in asked:
                asked.add((name, part))
                todo += [(Requirement(text), part) for text in found[name].requires or ()]
    return found


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
    wanted = read_requirements()
    direct = {normalize(requirement.name) for requirement in wanted}
    rows = [
        f"| {name} | {package.version} | {licence_of(package)} | {'yes' if name in direct else ''} |"
        for name, package in sorted(collect(wanted).items())
    ]
    beside = RECORD.with_suffix(".md.new")
    beside.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    beside.replace(RECORD)
    return 0


if __name__ == "__main__":
    sys.exit(main())
