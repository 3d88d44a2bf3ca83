"""Layers as files on disk, in any format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from geo.errors import GeoError, Problem
from geo.ground.files import replaced
from geo.layers.formats import FORMATS, Download, Format, find_format, find_layer
from geo.layers.formats.form import Form
from geo.layers.select import LAYERS, Layers, Selection
from geo.tables.reading import Tables


class ExportError(GeoError):
    """A file cannot be written where it is wanted."""

    def __init__(self, target: Path, value: str, expected: str) -> None:
        super().__init__(str(Problem(str(target), 0, "", value, expected)))


def export_layers(
    tables: Tables,
    layers: Layers,
    target: Path,
    names: Sequence[str] = (),
    extensions: Sequence[str] = (),
    selection: Selection | None = None,
    form_of: Callable[[Format], Form] = lambda _: Form(),
) -> list[Path]:
    """Write layers into a folder, or one of them into a file.

    Parameters
    ----------
    tables, layers
        What is exported.
    target
        A folder, made when it is missing, in which files are named as downloads are: by layer, filters and data version. Or a file, whose extension
        says the format.
    names
        Of layers; none means all of them in a folder, and the places in a file.
    extensions
        Of the formats; none means all of them in a folder, and the file's own in a file.
    selection
        What is chosen; each layer takes the filters that it has.
    form_of
        In which form a format is written.

    Returns
    -------
    list of Path
        What was written, in order.

    Raises
    ------
    NotFoundError
        If there is no such layer or format.
    ExportError
        If a file cannot hold what was asked for, or cannot be written.
    BadParameterError
        If a format has no such form.
    """
    chosen = [find_layer(name) for name in names]
    formats = [find_format(extension) for extension in extensions]
    selection = selection or Selection()
    is_file = bool(target.suffix) and not target.is_dir()
    if is_file:
        # An extension may have a point in it.
        name = target.name.lower()
        own = find_format(next((one for one in FORMATS if name.endswith(f".{one}")), target.suffix[1:].lower()))
        if len(chosen) > 1:
            raise ExportError(target, ", ".join(names), "one layer in a file; several go into a folder")
        if formats and formats != [own]:
            raise ExportError(target, ", ".join(extensions), f"the format of its extension, {own.extension}, or a folder")
        chosen, formats = chosen or [LAYERS["places"]], [own]
    # Before the first file is written.
    forms = [(format_, form_of(format_)) for format_ in formats or FORMATS.values()]
    written = []
    for layer in chosen or LAYERS.values():
        for format_, form in forms:
            download = Download(layer, selection.for_layer(layer), layers, tables, form, target.name if is_file else "")
            path = target if is_file else target / download.file_name(format_.extension).shown
            _write(path, format_.encode(download))
            written.append(path)
    return written


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as growing:
            growing.write_bytes(content)
    except OSError as error:
        raise ExportError(path, error.strerror or str(error), "a place where a file can be written") from error
