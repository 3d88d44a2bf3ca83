"""The site as a folder that any file server can carry: whole or not at all, and the same data give the same bytes."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geo.errors import FreezeError

# By this file a folder is known as a frozen site, and by its list what of the folder is ours to replace.
MANIFEST = "freeze.json"


@dataclass(frozen=True)
class Frozen:
    """What was written.

    Attributes
    ----------
    target
        The folder.
    files, size
        How many files, the manifest included, and their bytes.
    """

    target: Path
    files: int
    size: int


def write_frozen(files: Iterable[tuple[str, bytes]], target: Path, version: str, public_url: str | None = None) -> Frozen:
    """Write a site beside its place, and then put it there as a whole.

    Until the last step an earlier site stays as it is, whenever the program is killed; on Linux that step is a single exchange.

    Parameters
    ----------
    files
        Path with slashes and bytes of each file.
    target
        The folder: new, empty, or an earlier frozen site, which is replaced.
    version
        Of the data.
    public_url
        As the site was drawn for.

    Raises
    ------
    FreezeError
        If something else is in the place, or it cannot be written.
    """
    target = target.resolve()
    if not target.name:
        raise FreezeError(str(target), "", "a folder below another one")
    growing, old = target.with_name(f".{target.name}.part"), target.with_name(f".{target.name}.old")
    # Made on the way, and taken away again where nothing comes of it.
    above = next((folder for folder in reversed(target.parents) if not folder.exists()), growing)
    try:
        _restore(target, old)
        _check_replaceable(target)
        _remove(growing)
        digests, size = _write_files(files, growing)
        document = {"made_by": "python -m geo freeze", "version": version, "url": public_url, "files": digests}
        manifest = json.dumps(document, ensure_ascii=False, indent=1).encode()
        (growing / MANIFEST).write_bytes(manifest)
        # Again: writing took a while.
        _check_replaceable(target)
        _put(growing, target, old)
    except OSError as error:
        raise FreezeError(str(error.filename or target), "", f"a place where a folder can be written ({error.strerror or error})") from error
    finally:
        # Of a site that is in its place there is nothing more here.
        shutil.rmtree(growing, ignore_errors=True)
        if above != growing and not target.exists():
            shutil.rmtree(above, ignore_errors=True)
    return Frozen(target, len(digests) + 1, size + len(manifest))


def _write_files(files: Iterable[tuple[str, bytes]], folder: Path) -> tuple[dict[str, str], int]:
    digests, size = {}, 0
    folder.mkdir(parents=True)
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
        size += len(content)
    return dict(sorted(digests.items())), size


def _check_replaceable(target: Path) -> None:
    """Refuse what is not ours: a file, a folder without a manifest, and a folder into which somebody has put something of theirs."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    known = _listed(target / MANIFEST) if target.is_dir() else None
    if known is None:
        raise FreezeError(str(target), "", f"a new or empty folder, or an earlier frozen site, which has a {MANIFEST}")
    strange = sorted(name for path in target.rglob("*") if not path.is_dir() and (name := path.relative_to(target).as_posix()) not in known)
    if strange:
        raise FreezeError(str(target), strange[0], f"only files that {MANIFEST} lists, as the whole folder is replaced; {len(strange)} are not")


def _listed(manifest: Path) -> set[str] | None:
    """Read which files a frozen site has; ``None`` where there is no manifest of ours."""
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    files = document.get("files") if isinstance(document, dict) and "version" in document else None
    return {*files, MANIFEST} if isinstance(files, dict) else None


def _put(growing: Path, target: Path, old: Path) -> None:
    if not target.exists():
        growing.rename(target)
    elif _exchange(growing, target):
        _remove(growing)
    else:
        target.rename(old)
        growing.rename(target)
        _remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system and its file system can (Linux 3.15, renameat2)."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if renameat2 is None:
        return False
    at_cwd, exchange = -100, 2
    if renameat2(at_cwd, bytes(one), at_cwd, bytes(other), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, errno.errorcode.get(number, ""), str(other))


def _restore(target: Path, old: Path) -> None:
    """Bring an earlier site back where a run was killed between two renames."""
    if not target.exists() and old.exists():
        old.rename(target)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
