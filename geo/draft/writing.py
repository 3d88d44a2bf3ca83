"""What is accepted of a draft, written into the tables: all of it or none, and nothing the second time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo.draft.drafts import VERSION
from geo.draft.rows import Rows, make_rows
from geo.draft.running import DRAFT
from geo.draft.said import Said, of_finding, of_problem
from geo.errors import GeoError, TableError
from geo.ground.files import UnfitFileError, read_regular
from geo.tables.checksums import FILE as SUMS
from geo.tables.profile import FILE as PROFILE
from geo.tables.provenance import check_text
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import TABLES

# What is about to be renamed, so that a run that was killed is ended by the next.
JOURNAL = ".accepting.json"


class DraftError(GeoError):
    """A draft that cannot be written into the tables.

    Attributes
    ----------
    problems
        Everything that keeps it from being written, one line each; ``file`` is the code of those that are about the files of the draft.
    """

    def __init__(self, folder: Path, problems: Sequence[str]) -> None:
        self.problems = tuple(problem if isinstance(problem, Said) else Said(problem, "file", value=problem) for problem in problems)
        super().__init__("\n".join(f"{folder}: {problem}" for problem in problems))


@dataclass
class _Change:
    """The new content of files, and how many rows each gets."""

    content: dict[str, bytes] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)


def accept_draft(data: Path, folder: Path, *, write: bool) -> list[Said]:
    """Check what is accepted of a draft, and write it into the tables if wanted.

    Parameters
    ----------
    data
        The folder with the tables.
    folder
        The folder that ``draft`` has written.
    write
        Whether to write; else only to say what would be written.

    Returns
    -------
    list of Said
        What is written, line by line.

    Raises
    ------
    DraftError
        With everything that keeps it from being written; no table is touched.
    TableError
        If the tables are not valid as they are.
    OSError
        If the tables cannot be written.
    """
    _end_what_was_begun(data)
    document, text = read_draft(folder)
    tables = read_tables(data)
    rows = make_rows(document, text, tables)
    if rows.problems:
        raise DraftError(folder, rows.problems)
    change = _change(data, rows)
    if not change.content:
        return [Said("nothing to write: the tables have all of it", "nothing")]
    _check(data, change, document, text, folder)
    lines = [Said(f"{file}: {count} rows more", "rows", file=file, count=count) for file, count in change.added.items()]
    if not write:
        return [*lines, Said("checked: every pointer verifies and every number of the text is told; --write writes it", "checked")]
    _write(data, change)
    return [*lines, *dict.fromkeys(rows.notes), Said(f"written: {data}", "written", folder=str(data))]


def read_draft(folder: Path) -> tuple[dict[str, Any], str]:
    """Read the document of a draft, and its text.

    Parameters
    ----------
    folder
        That ``draft`` has written.

    Raises
    ------
    DraftError
        If it is no draft of this version, or its text is another one.
    """
    try:
        document = json.loads(read_regular(folder / DRAFT))
    except UnfitFileError as error:
        raise DraftError(folder, [f"{DRAFT}: {error.value}: expected {error.expected}"]) from None
    except OSError as error:
        raise DraftError(folder, [f"{DRAFT}: {error.strerror or error}; expected a folder that draft has written"]) from None
    except ValueError as error:
        raise DraftError(folder, [f"{DRAFT}: expected JSON in UTF-8 ({error})"]) from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        version = document.get("version") if isinstance(document, dict) else None
        raise DraftError(folder, [f"{DRAFT}: version {version}, expected {VERSION}; draft the report again"])
    try:
        source = document["source"]
        content = read_regular(folder / f"{source['id']}.txt")
    except (KeyError, TypeError):
        raise DraftError(folder, [f"{DRAFT}: expected source with its id and sha256"]) from None
    except OSError as error:
        raise DraftError(folder, [f"{source['id']}.txt: {error.strerror or error}"]) from None
    if hashlib.sha256(content).hexdigest() != source.get("sha256"):
        raise DraftError(folder, [f"{source['id']}.txt: is not the text that the draft points into; draft the report again"])
    return document, content.decode()


def _change(data: Path, rows: Rows) -> _Change:
    """Add the rows that are not there yet to the content of their files."""
    change = _Change()
    for file, new in rows.by_file.items():
        content = read_regular(data / file)
        header, *old = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        columns = [*header, *(column for column in TABLES[file].model_fields if column not in header and any(row.get(column) for row in new))]
        known = {tuple(cells) for cells in old}
        lines = [[row.get(column) or "" for column in columns] for row in new]
        added = [line for line in lines if tuple(line[: len(header)]) not in known or any(line[len(header) :])]
        if not added:
            continue
        change.added[file] = len(added)
        if columns == header:
            change.content[file] = content + (b"" if content.endswith(b"\n") else b"\n") + _written(added)
        else:
            wider = [cells + [""] * (len(columns) - len(header)) for cells in old]
            change.content[file] = _written([columns, *wider, *added])
    return change


def _written(lines: Sequence[Sequence[str]]) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\n").writerows(lines)
    return target.getvalue().encode()


def _check(data: Path, change: _Change, document: Mapping[str, Any], text: str, folder: Path) -> None:
    """Validate the tables as they would be, and every pointer of the source into its text."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for file in (PROFILE, *TABLES):
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            if file in change.content:
                (copy / file).write_bytes(change.content[file])
            else:
                shutil.copyfile(data / file, copy / file)
        try:
            tables: Tables = read_tables(copy)
        except TableError as error:
            raise DraftError(folder, [of_problem(problem) for problem in error.problems]) from None
    source = tables.sources_by_id[document["source"]["id"]]
    findings = check_text(tables, source, text)
    if findings:
        raise DraftError(folder, [of_finding(finding) for finding in findings])


def _write(data: Path, change: _Change) -> None:
    """Write every file beside its place, note which, and rename them; a reader between two renames finds tables that do not fit and keeps its own."""
    content = dict(change.content)
    sums = _new_sums(data, change)
    if sums is not None:
        content[SUMS] = sums
    for file, new in content.items():
        _part(data, file).write_bytes(new)
    journal = data / JOURNAL
    noted = journal.with_name(f"{JOURNAL}.part")
    noted.write_text(json.dumps({file: hashlib.sha256(new).hexdigest() for file, new in content.items()}), encoding="utf-8")
    noted.replace(journal)
    _end_what_was_begun(data)


def _end_what_was_begun(data: Path) -> None:
    """Rename what an earlier run has written and noted: where it was killed before it noted, its parts are no more than litter."""
    journal = data / JOURNAL
    try:
        noted = json.loads(read_regular(journal))
    except FileNotFoundError:
        return
    for file, digest in noted.items():
        part = _part(data, file)
        if part.exists() and hashlib.sha256(read_regular(part)).hexdigest() == digest:
            part.replace(data / file)
    journal.unlink()


def _part(data: Path, file: str) -> Path:
    target = data / file
    return target.with_name(f".{target.name}.accepting")


def _new_sums(data: Path, change: _Change) -> bytes | None:
    """Give the list of sums with those of the files that change; ``None`` where there is none."""
    try:
        lines = read_regular(data / SUMS).decode().splitlines()
    except FileNotFoundError:
        return None
    written = []
    for line in lines:
        digest, mark, file = line.partition(line[64:66])
        new = change.content.get(file.removeprefix("./"))
        written.append(f"{hashlib.sha256(new).hexdigest()}{mark}{file}" if new is not None and len(digest) == 64 else line)
    return "".join(f"{line}\n" for line in written).encode()
