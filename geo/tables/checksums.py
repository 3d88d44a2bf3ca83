"""``SHA256SUMS`` beside the tables, as ``sha256sum`` writes it: by it a copy is known to be whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from geo.errors import Problem
from geo.ground.files import UnfitFileError, read_regular

FILE = "SHA256SUMS"
# A file of ten lines or so.
_MOST_BYTES = 1 << 20
_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](?:\./)?(.+)")


def read_checksums(directory: Path, problems: list[Problem]) -> dict[str, str]:
    """Read the sums of the files of a folder, by their paths below it.

    Parameters
    ----------
    directory
        The data folder.
    problems
        Takes what is wrong with the list.

    Returns
    -------
    dict
        Empty where there is no list.
    """
    try:
        text = read_regular(directory / FILE, _MOST_BYTES).decode()
    except FileNotFoundError:
        return {}
    except UnfitFileError as error:
        problems.append(Problem(FILE, 0, "", error.value, error.expected))
        return {}
    except (OSError, UnicodeDecodeError):
        problems.append(Problem(FILE, 0, "", "", "a readable file in UTF-8, as sha256sum writes it"))
        return {}
    sums = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line.rstrip())
        if found:
            sums[found[2]] = found[1].lower()
        elif line.strip():
            problems.append(Problem(FILE, number, "", line, "a sha256, two spaces and the path of a file, as sha256sum writes them"))
    return sums


def read_checked(directory: Path, file: str, sums: Mapping[str, str], problems: list[Problem], hint: str = "") -> bytes | None:
    """Read a file of the data folder, and compare it with its sum where the list has one.

    Parameters
    ----------
    directory, file
        The folder, and the path below it.
    sums
        As :func:`read_checksums` gives them.
    problems
        Takes the file, where it cannot be read or is another one.
    hint
        What helps where it cannot be read.

    Returns
    -------
    bytes
        Its content; ``None`` where it cannot be read.
    """
    try:
        content = read_regular(directory / file)
    except UnfitFileError as error:
        problems.append(Problem(file, 0, "", error.value, error.expected))
        return None
    except OSError:
        problems.append(Problem(file, 0, "", "", f"a readable file in {directory.name}/{hint}"))
        return None
    expected = sums.get(file)
    if expected is not None and (digest := hashlib.sha256(content).hexdigest()) != expected:
        problems.append(
            Problem(file, 0, "", f"sha256 {digest[:12]}…", f"the file with the sha256 {expected[:12]}… of {FILE}: the copy may not be whole")
        )
    return content
