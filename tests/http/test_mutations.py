"""No data set makes the server fail: it is refused with every problem named, or every page and file is answered.

A small part of what ``python -m bench.mutations`` tries, with the small city and some of the addresses.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.mutations import RANDOM, SYSTEMATIC, Files, change, examine, mutate, read_files, write_files
from tests.other_city import DATA

SHARE = 0.08


@pytest.fixture(scope="module")
def original() -> Files:
    return read_files(DATA)


def outcome_of(files: Files, folder: Path, random: Random) -> tuple[str, ...]:
    write_files(files, folder)
    return examine(folder, random, SHARE).failures


@pytest.mark.parametrize("name", [*Random(0).sample(sorted(SYSTEMATIC), 16), "header_only all", "all_optional_missing", "reordered"])
def test_thin_and_reordered_tables_are_refused_or_answered(tmp_path: Path, original: Files, name: str) -> None:
    random = Random(name)
    files = dict(original)
    change(files, name, random)
    assert outcome_of(files, tmp_path, random) == ()


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_every_kind_of_mutation_is_refused_or_answered(tmp_path: Path, original: Files, name: str) -> None:
    random = Random(name)
    files = dict(original)
    change(files, name, random)
    assert outcome_of(files, tmp_path, random) == ()


@pytest.mark.parametrize("seed", range(8))
def test_several_mutations_at_once_are_refused_or_answered(tmp_path: Path, original: Files, seed: int) -> None:
    random = Random(seed)
    name, files = mutate(original, random)
    assert outcome_of(files, tmp_path, random) == (), name
