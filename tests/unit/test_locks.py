"""The lock files: what people pin stands in them, every package with hashes, and they fit one another."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations, pairwise

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from geo.settings import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
DEVELOPERS = (PROJECT / "docs" / "develop.md").read_text(encoding="utf-8")
FOLDERS = (PROJECT, PROJECT / "bench", PROJECT / "deploy", PROJECT / "tests/process")
REQUIREMENTS = [path.relative_to(PROJECT).as_posix() for folder in FOLDERS for path in sorted(folder.glob("requirements*.txt"))]
LOCKS = [name.removesuffix(".txt") + ".lock" for name in REQUIREMENTS]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def variable(name: str) -> list[str]:
    """The words of a variable of the Makefile."""
    (value,) = re.findall(rf"^{name} := (.+)$", MAKEFILE, flags=re.MULTILINE)
    return shlex.split(value)


def pins(name: str) -> list[Requirement]:
    """The requirements of a file, and of those that it includes."""
    found = []
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        stated = line.partition("#")[0].strip()
        if stated.startswith("-r "):
            included = (PROJECT / name).parent / stated.removeprefix("-r ")
            found += pins(included.resolve().relative_to(PROJECT).as_posix())
        elif stated:
            found.append(Requirement(stated))
    return found


def entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """The packages of a lock, each with its other options."""
    text = re.sub(r"^ *#.*\n", "", (PROJECT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    parts = [re.split(r"\s+(?=--)", line.strip()) for line in lines]
    return [(Requirement(stated), options) for stated, *options in parts]


def versions(name: str) -> Mapping[str, set[str]]:
    """The versions that a lock has of each package; more than one where they differ between systems or Pythons."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for requirement, _ in entries(name):
        found[canonicalize_name(requirement.name)].add(str(requirement.specifier))
    return found


def test_make_lock_writes_every_lock() -> None:
    assert sorted(f"{name}.txt" for name in variable("LOCKS") + variable("LOCKS_APART")) == sorted(REQUIREMENTS)


def test_make_installs_from_locks_only() -> None:
    assert "--require-hashes" in variable("INSTALL")
    installs = re.findall(r"^.*/pip (.+)$", MAKEFILE, flags=re.MULTILINE)
    assert installs
    assert [install for install in installs if re.fullmatch(r"\$\(INSTALL\) (\S+\.lock)", install) is None] == []


def test_every_requirement_is_pinned_with_a_line_on_why() -> None:
    for name in REQUIREMENTS:
        assert [str(pin) for pin in pins(name) if not re.fullmatch(r"==[^*,]+", str(pin.specifier))] == []
        lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
        # The reason stands behind the pin or above it.
        stated = [(above, line) for above, line in pairwise(["", *lines]) if "==" in line.partition("#")[0]]
        assert [line for above, line in stated if "#" not in line and not above.startswith("#")] == [], name


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_lock_has_every_pin(name: str) -> None:
    locked = versions(name.removesuffix(".txt") + ".lock")
    wanted = {(canonicalize_name(pin.name), str(pin.specifier)) for pin in pins(name)}
    assert wanted
    assert [pin for pin in sorted(wanted) if locked.get(pin[0]) != {pin[1]}] == [], "make lock writes it anew"


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_a_version_and_hashes(name: str) -> None:
    for requirement, options in entries(name):
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert options, requirement
        assert [option for option in options if not HASH.fullmatch(option)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_path(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert re.findall(r".*(?:://|--index|--extra-index|--find-links|--trusted-host|[ @=]/\w).*", text) == []


@pytest.mark.parametrize(("one", "other"), list(combinations([f"{name}.lock" for name in variable("LOCKS")], 2)))
def test_locks_agree(one: str, other: str) -> None:
    first, second = versions(one), versions(other)
    assert {package: (first[package], second[package]) for package in first.keys() & second.keys() if first[package] != second[package]} == {}


def test_the_record_of_what_is_installed_is_the_lock_of_the_deployment() -> None:
    record = (PROJECT / "deploy" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| (\S+) \| .+ \| (yes)? ?\|$", record, flags=re.MULTILINE)
    # What is for some systems or Pythons only need not be there: the record is that of one.
    everywhere = {(canonicalize_name(entry.name), str(entry.specifier)) for entry, _ in entries("deploy/requirements.lock") if entry.marker is None}
    recorded = {(name, f"=={version}") for name, version, _ in rows}
    assert everywhere <= recorded <= {(name, version) for name, found in versions("deploy/requirements.lock").items() for version in found}
    assert {name for name, _, asked in rows if asked} == {canonicalize_name(pin.name) for pin in pins("deploy/requirements.txt")}


def test_what_to_do_if_a_package_dies_is_said_of_packages_that_are_used() -> None:
    table = DEVELOPERS.partition("## If a package dies\n")[2].partition("\n## ")[0]
    told = {canonicalize_name(name) for cell in re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE) for name in re.findall(r"`([^`]+)`", cell)}
    assert told
    assert told <= {canonicalize_name(pin.name) for name in REQUIREMENTS for pin in pins(name)}
