"""The shell's door to the same functions: ``python -m geo check``."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from geo.basemap import read_outline
from geo.errors import GeoError
from geo.geocode import Match
from geo.pipeline import Atlas, build_atlas
from geo.provenance import check_text
from geo.schema import Basis
from geo.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when something is wrong, 2 when the command itself is."""
    parser = argparse.ArgumentParser(prog="python -m geo", description="Hangzhou industrial platforms: tables, geocoding, map")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="validate the tables, geocode every place, and verify the pointers into a text")
    check.add_argument("--text", type=Path, metavar="FILE", help="the text of a source, UTF-8: verify every pointer into it")
    check.set_defaults(run=lambda options: _check(options.text))
    options = parser.parse_args(argv)
    try:
        status: int = options.run(options)
    except GeoError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _check(text: Path | None) -> int:
    settings = Settings.from_env(os.environ)
    atlas = build_atlas(settings)
    read_outline(settings.data)
    _print_summary(atlas)
    if text is None:
        print("pointers: not verified against a text; give one with --text FILE")
        return 0
    return _check_text(atlas, text)


def _print_summary(atlas: Atlas) -> None:
    tables = atlas.tables
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    by_host = sum(1 for match in matches if match.basis is Basis.PARENT)
    print(f"tables: {len(tables.places)} places, {len(tables.indicators)} figures, {len(tables.sources)} sources, version {tables.version}")
    print(f"geocoding: {len(matches) - by_host} located, {by_host} by their host only, {len(atlas.misses)} missed")
    for id_, miss in atlas.misses.items():
        print(f"missed: {id_} ({miss.query}): {miss.reason.value}")


def _check_text(atlas: Atlas, text: Path) -> int:
    try:
        content = text.read_bytes()
    except OSError as error:
        print(f"{text}: {error.strerror}", file=sys.stderr)
        return 1
    digest = hashlib.sha256(content).hexdigest()
    source = next((source for source in atlas.tables.sources if source.sha256 == digest), None)
    if source is None:
        known = ", ".join(f"{source.sha256} ({source.id})" for source in atlas.tables.sources if source.sha256)
        print(f"{text}: the sha256 is {digest}, which is no source's; expected {known}", file=sys.stderr)
        return 1
    findings = check_text(atlas.tables, source, content.decode())
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"pointers: {len(findings)} do not verify", file=sys.stderr)
        return 1
    count = sum(1 for row in atlas.tables.indicators if row.source == source.id)
    print(f"pointers: all {count} figures of {source.id} verified, and every number of its text accounted for")
    return 0
