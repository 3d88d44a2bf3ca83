"""The tables that the tests know: the shipped ones without what has been added to them since.

What a test says to the id and to the number holds for these thirty places, so that a place more in ``data/`` breaks none.
What holds for the shipped tables, however many places they have, is in ``tests/shipped_data``.
"""

from __future__ import annotations

import atexit
import csv
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from geo.settings import PROJECT

# Most of a folder of tables is what Python needs to rebuild it; an operator may have added an extract to the basemap.
TABLES_ONLY = shutil.ignore_patterns("*.py", "__pycache__", "local")
# fmt: off
PLACES = frozenset({
    "binjiang-hitech", "qiantang-new-area", "qiantang-smart-city", "future-scitech-city", "zijingang-scitech-city",
    "tonglu-edz", "binfu-zone", "binxiao-park", "lianji-base", "first-industrial-complex", "fullsemi-1", "chint-binfu",
    "laihe-bio", "dessmann", "china-vision-valley", "china-data-valley", "zero-mag-valley", "iot-town", "internet-town",
    "baima-lake", "zhihui-xintiandi", "xinhuo-platform", "kunpeng-centre", "ai-computing-centre", "qiantang-district",
    "xiaoshan-district", "hangzhou", "xianghu-future-community", "sanjiang-new-city", "binxiao-small-parks",
})
# fmt: on

Row = dict[str, str]


def write_known(data: Path, target: Path) -> Path:
    """Copy a folder of tables, without the places that the tests do not know and all that is said of them only.

    Parameters
    ----------
    data
        A folder with valid tables.
    target
        The folder to make.

    Returns
    -------
    target
    """
    shutil.copytree(data, target, ignore=TABLES_ONLY)
    places = _keep(target / "places.csv", lambda row: row["id"] in PLACES)
    names = {row["place_query"] for row in places}
    gazetteer = _read(target / "gazetteer.csv")
    # A name of another place is kept with the place; a place that is known by its host only is one of its own.
    while more := {row["name"] for row in gazetteer if row["alias_of"] in names and row["basis"] != "parent"} - names:
        names |= more
    _keep(target / "gazetteer.csv", lambda row: row["name"] in names)
    figures = _keep(target / "indicators.csv", lambda row: row["subject_id"] in PLACES)
    _keep(target / "relations.csv", lambda row: {row["from_id"], row["to_id"]} <= PLACES)
    indicators = {row["indicator"] for row in figures}
    _keep(target / "vocabulary.csv", lambda row: row["indicator"] in indicators)
    of_others_only = _sources(data) - _sources(target)
    _keep(target / "sources.csv", lambda row: row["id"] not in of_others_only)
    return target


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sources(folder: Path) -> set[str]:
    """The ids of the sources that the tables refer to."""
    return {row["source"] for path in folder.rglob("*.csv") for row in _read(path) if "source" in row}


def _keep(path: Path, is_known: Callable[[Row], bool]) -> list[Row]:
    """Leave out the rows of a table that are not known; give those that stay."""
    rows = _read(path)
    known = [row for row in rows if is_known(row)]
    if len(known) < len(rows):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(known)
    return known


def _write_for_this_run() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="known-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write_known(PROJECT / "data", folder / "data")


DATA = _write_for_this_run()

# What is typed into the search and which of these places it finds, in table order: for the server and for the page.
SEARCHES = [(row["typed"], row["found"].split()) for row in _read(PROJECT / "tests" / "searches.csv")]
