"""A list of any size, counted: as it is where it says where its rows lie, geocoded first where it does not; once for each version of the list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from geo.geocode.answers import Geocoder
from geo.geocode.lists import CHUNK_ROWS
from geo.geocode.lists.parts import fingerprint
from geo.geocode.lists.progress import Progress
from geo.geocode.lists.reading import EXTENSIONS, open_list
from geo.geocode.lists.rows import CELLS, List
from geo.geocode.lists.running import geocode_file
from geo.ground.files import replaced
from geo.layers.density.building import Built, build_files
from geo.layers.density.files import read_manifest
from geo.layers.density.points import Location, find_location

_LOCATED, _DENSITY = "located.parquet", "density"


def count_list(
    source: str,
    cache: Path,
    geocoder_factory: Callable[[], Geocoder],
    *,
    version: str,
    progress: Progress,
    workers: int = 0,
    scheduler: str | None = None,
) -> Built:
    """Build the pyramid of a list in a folder of the cache, or find it there.

    Parameters
    ----------
    source
        A list of any kind that can be geocoded, a folder of Parquet files, or the address of either in an object store.
    cache
        Made where it is missing, and read by its owner only; each list has a folder in it, which holds its latest version.
    geocoder_factory, version, progress, workers, scheduler
        As in :func:`geo.geocode.lists.running.geocode_file`.

    Raises
    ------
    ListError
        As :func:`geo.geocode.lists.running.geocode_file` and :func:`geo.layers.density.building.build_files`.
    """
    name = source if "://" in source else str(Path(source).absolute())
    folder = cache / hashlib.sha256(name.encode()).hexdigest()[:16]
    for made in (cache, folder):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, density = Path(source), folder / _DENSITY
    if path.suffix.lower() not in EXTENSIONS or path.is_dir() or "://" in source:
        return build_files(source, density, progress, workers=workers, scheduler=scheduler)
    list_ = open_list(path)
    if _location_of(list_, path) and path.suffix.lower() == ".parquet":
        return build_files(source, density, progress, workers=workers, scheduler=scheduler)
    stamp = f"{version} {fingerprint(path)}"
    located = folder / _LOCATED
    if read_manifest(density).get("plan", {}).get("version") != stamp or not located.exists():
        if _location_of(list_, path):
            _write_rows(list_, located, progress)
        else:
            geocode_file(path, located, geocoder_factory, version=version, progress=progress, workers=workers, scheduler=scheduler)
    return build_files(str(located), density, progress, version=stamp, workers=workers, scheduler=scheduler)


def _location_of(list_: List, path: Path) -> Location | None:
    return find_location(list_.name, pq.read_schema(path) if path.suffix.lower() == ".parquet" else list_.head().schema)


def _write_rows(list_: List, target: Path, progress: Progress) -> None:
    """Write a list that says where its rows lie as Parquet."""
    schema = pa.schema([field for field in list_.head().schema if field.name != CELLS])
    progress.start(list_.rows, 0)
    try:
        with replaced(target) as growing, pq.ParquetWriter(growing, schema) as writer:
            for _, chunk in list_.chunks(CHUNK_ROWS):
                writer.write_table(chunk.select(schema.names).cast(schema))
                progress.advance(len(chunk))
    finally:
        progress.finish()
