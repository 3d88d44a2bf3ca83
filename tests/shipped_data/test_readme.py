"""What the READMEs and the architecture say about the data and the package is so, and the Chinese README says the same."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.settings import PROJECT
from geo.tables.kinds import Basis
from tests.process.test_docs import READMES, blocks, links, prose, read


@pytest.mark.parametrize("name", READMES)
def test_the_counts_are_those_of_the_data(name: str, atlas: Atlas, shipped: Atlas) -> None:
    """A README may lag behind by what was added since the tests learnt the tables, and says of nothing that there is more than there is."""
    table = re.search(r"^\| \| \|\n\|---\|---\|\n((?:\|.*\n)+)", read(name), flags=re.MULTILINE)
    assert table is not None
    told = [[int(number) for number in re.findall(r"\b\d+\b|\d+(?= )", row.split("|")[2])] for row in table[1].splitlines()]
    known, now = counts(atlas), counts(shipped)
    assert [len(row) for row in told] == [len(row) for row in now]
    for said, *bounds in zip(chain(*told), chain(*known), chain(*now), strict=True):
        assert min(bounds) <= said <= max(bounds), told


def counts(atlas: Atlas) -> list[list[int]]:
    """Places in all, of the report and of others; located and the least radius; known by their host; missed; figures of the report and of others."""
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    by_host = sum(1 for match in matches if match.basis is Basis.PARENT)
    from_report = sum(1 for place in atlas.tables.places if place.source == "report-2023")
    figures = sum(1 for row in atlas.tables.indicators if row.source == "report-2023")
    places = [len(atlas.tables.places), from_report, len(atlas.tables.places) - from_report]
    return [
        places,
        [len(matches) - by_host, min(match.uncertainty_m for match in matches)],
        [by_host],
        [len(atlas.misses)],
        [figures, len(atlas.tables.indicators) - figures],
    ]


def test_every_entry_of_the_package_is_in_the_table() -> None:
    listed = set(re.findall(r"^\| \[`(geo/[^`]+)`\]", read("docs/architecture.md"), flags=re.MULTILINE))
    entries = [path for path in (PROJECT / "geo").iterdir() if not path.name.startswith(("__", "."))]
    assert listed == {f"geo/{path.name}/" if path.is_dir() else f"geo/{path.name}" for path in entries}


def test_the_chinese_readme_says_the_same() -> None:
    """The same commands, sections, tables and links; each language links to its own how-tos and to the other README."""
    english, chinese = READMES
    assert blocks(chinese) == blocks(english)
    for mark in (r"^## ", r"^\|", r"^- ", r"^\d\. "):
        assert len(re.findall(mark, prose(chinese), flags=re.MULTILINE)) == len(re.findall(mark, prose(english), flags=re.MULTILINE)), mark
    leading = {file.replace(".zh-CN.md", ".md") for file, _ in links(chinese)}
    assert leading == {file.replace(".zh-CN.md", ".md") for file, _ in links(english)}
