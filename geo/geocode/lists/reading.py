"""Lists in, as chunks of an Arrow table: CSV, TSV, Excel workbooks and Parquet.

A cell stays what it is. Cells of a text file are text, down to the leading zero; cells of a workbook are text as the workbook shows it, with their
value and number format beside it, so that a workbook can be written from them again; columns of Parquet keep their types.
"""

from __future__ import annotations

from pathlib import Path

from geo.errors import Problem
from geo.geocode.lists.parquet import ParquetList
from geo.geocode.lists.rows import Fault, List, ListError, ListFile, Reading
from geo.geocode.lists.text import TextList
from geo.geocode.lists.workbook import XlsxList

_TEXTS = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm")
EXTENSIONS = (*_TEXTS, *_WORKBOOKS, ".parquet")
_OTHER_SHEETS = (".xls", ".xlsb", ".et", ".ett", ".ods", ".numbers")
_ZIP = b"PK\x03\x04"


def open_list(path: Path, *, encoding: str | None = None, sheet: str | None = None, skip: int | None = None) -> List:
    """Open a list by the extension of its file; a text file is read through once, so that all is known that is odd about it.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv``, ``.txt``, ``.xlsx`` or ``.parquet``.
    encoding
        Of a text file; found out where it is not given.
    sheet
        Of a workbook; where it is not given, the first one that is a list.
    skip
        How many rows stand above the headings; found out where it is not given.

    Raises
    ------
    ListError
        If the file is missing, is of another kind, or is broken: with line and byte, or with row and column.
    """
    _check_extension(path.name, EXTENSIONS)
    if not path.is_file():
        raise ListError(Problem(path.name, 0, "", str(path), "a file that exists"))
    if path.suffix.lower() == ".parquet":
        for asked, name in ((encoding, "encoding"), (sheet, "sheet"), (None if skip is None else str(skip), "skip")):
            if asked is not None:
                raise ListError(Problem(path.name, 0, "", asked, f"no {name} for .parquet, which has its own"))
        return ParquetList(path)
    return read_list(ListFile(path.name, path), Reading(encoding, sheet, skip))


def read_list(file: ListFile, reading: Reading) -> List:
    """Open a text file or a workbook, wherever its bytes are; a workbook that is named as text is a workbook.

    Raises
    ------
    ListError
        As :func:`open_list`.
    """
    _check_extension(file.name, (*_TEXTS, *_WORKBOOKS))
    with file.open() as content:
        is_zip = content.read(4) == _ZIP
    if file.extension in _WORKBOOKS or is_zip:
        if reading.encoding is not None:
            raise ListError(Problem(file.name, 0, "", reading.encoding, "no encoding for .xlsx, which has its own"))
        return XlsxList(file, reading)
    if reading.sheet is not None:
        raise ListError(Problem(file.name, 0, "", reading.sheet, f"no sheet for {file.extension}, which has none"))
    return TextList(file, reading, "\t" if file.extension == ".tsv" else None)


def _check_extension(name: str, extensions: tuple[str, ...]) -> None:
    extension = Path(name).suffix.lower()
    if extension not in extensions:
        saved = "; save it as .xlsx in the program that made it" if extension in _OTHER_SHEETS else ""
        raise ListError(Problem(name, 0, "", extension, f"a list to read as {', '.join(extensions[:-1])} or {extensions[-1]}{saved}"), Fault.KIND)
