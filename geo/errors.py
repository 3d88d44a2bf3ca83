"""What can go wrong, and whose fault it is.

::

    GeoError
    ├── SettingsError        the operator: a setting has a value it cannot have
    ├── TableError           the editor: the tables in data/ are broken (carries every Problem)
    ├── DatumError           the caller: a coordinate is not finite or not on Earth
    ├── PortInUseError       the operator: another program listens on the port
    └── RequestError         the client: a request that cannot be answered
        ├── BadParameterError    a query parameter is unknown or has a value it cannot have
        ├── QueryTooLongError    the query is longer than the server reads
        └── NotFoundError        no such layer, format, place or source
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GeoError(Exception):
    """Base of every error that this package raises on purpose."""


class SettingsError(GeoError):
    """A setting has a value it cannot have."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r}: expected {expected}")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one cell of one table.

    Attributes
    ----------
    file
        Name of the table, such as ``places.csv``.
    line
        Line of the file, counted from 1 with the header; 0 when it is the file itself.
    column
        Name of the column; empty when it is the whole line or file.
    value
        What stands there.
    expected
        What should stand there.
    """

    file: str
    line: int
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f" [{self.column}]" if self.column else ""
        shown = self.value if len(self.value) <= 80 else f"{self.value[:77]}…"
        value = f" {shown!r}" if self.value else ""
        return f"{place}{column}{value}: expected {self.expected}"


class TableError(GeoError):
    """The tables are broken; ``problems`` holds every one that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DatumError(GeoError):
    """A coordinate is not finite or not on Earth."""


class PortInUseError(GeoError):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is in use: stop the other program, or choose another port with GEO_PORT")


class RequestError(GeoError):
    """A request that cannot be answered; the message may be shown to the client."""


class BadParameterError(RequestError):
    """A query parameter is unknown or has a value it cannot have."""

    def __init__(self, parameter: str, value: str, expected: str, allowed: Sequence[str] = ()) -> None:
        self.parameter = parameter
        self.value = value
        self.allowed = tuple(allowed)
        super().__init__(f"{parameter}={value[:80]!r}: expected {expected}")


class QueryTooLongError(RequestError):
    """The query is longer than the server reads."""


class NotFoundError(RequestError):
    """No such layer, format, place or source."""
