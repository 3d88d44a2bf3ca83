"""Work in parts: one Parquet file a chunk, beside the target, with a manifest that says what they are parts of."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo.ground.files import replaced

_EDGE = 1 << 20
_MANIFEST = "manifest.json"


def fingerprint(path: Path) -> dict[str, Any]:
    """Return what tells, without reading all of it, whether a file is still the same: size, time of change, hashes of its first and last MiB."""
    state = path.stat()
    with path.open("rb") as file:
        head = file.read(_EDGE)
        file.seek(max(0, state.st_size - _EDGE))
        tail = file.read(_EDGE)
    return {"size": state.st_size, "mtime_ns": state.st_mtime_ns, "head": hashlib.sha256(head).hexdigest(), "tail": hashlib.sha256(tail).hexdigest()}


class Parts:
    """The parts of a target that are there.

    Parameters
    ----------
    target
        The file that they will be put together to.

    Attributes
    ----------
    folder
        ``<target>.parts``.
    """

    def __init__(self, target: Path) -> None:
        self.folder = target.with_name(f"{target.name}.parts")

    def resume(self, plan: Mapping[str, Any]) -> str | None:
        """Keep the parts of the same plan, or begin anew.

        Parameters
        ----------
        plan
            All that the parts depend on, as JSON.

        Returns
        -------
        str or None
            Why parts that were there are of no use, in words; ``None`` where there were none or they are kept.
        """
        manifest = self.folder / _MANIFEST
        before = _read_manifest(manifest)
        if before == plan:
            return None
        reason = None
        if self.folder.exists():
            changed = [name for name in plan if before.get(name) != plan[name]]
            reason = f"{self.folder.name} holds parts of other work and is begun anew: {', '.join(changed)} changed"
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        with replaced(manifest) as growing:
            growing.write_text(json.dumps(plan, ensure_ascii=False, indent=1), encoding="utf-8")
        return reason

    def path(self, number: int) -> Path:
        """Return the file of a part."""
        return self.folder / f"part-{number:06d}.parquet"

    def input_path(self, number: int) -> Path:
        """Return the file with the rows of a part that is still to be geocoded elsewhere."""
        return self.folder / f"input-{number:06d}.parquet"

    def done(self) -> dict[int, int]:
        """Return the number of rows of each part that is there and whole."""
        found = {}
        for path in sorted(self.folder.glob("part-*.parquet")):
            try:
                found[int(path.stem.removeprefix("part-"))] = pq.read_metadata(path).num_rows
            except pa.ArrowInvalid:
                # A machine that lost its power may leave one.
                path.unlink()
        return found

    def tables(self, numbers: Sequence[int], columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield parts, one at a time."""
        for number in numbers:
            yield pq.read_table(self.path(number), columns=columns, memory_map=False).combine_chunks()

    def remove(self) -> None:
        """Remove them all, as far as there are any."""
        shutil.rmtree(self.folder, ignore_errors=True)


def write_part(table: pa.Table, path: Path) -> None:
    """Write a part beside its place and rename it, so that a part is whole or not there; two that write the same part do not disturb each other."""
    with replaced(path, path.with_name(f".{path.name}.{uuid.uuid4().hex}")) as growing:
        pq.write_table(table.combine_chunks(), growing, compression="zstd")


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
