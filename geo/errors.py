"""What can go wrong, and whose fault it is.

::

    GeoError
    ├── SettingsError        the operator: a setting has a value it cannot have
    ├── TableError           the editor: the tables in data/ are broken (carries every Problem)
    ├── DatumError           the caller: a coordinate is not finite or not on Earth
    ├── PointError           the caller: a point to look around is not finite or not on Earth
    ├── PortInUseError       the operator: another program listens on the port
    ├── ServingError         the operator: the process that answers cannot begin, or has ended by itself
    ├── ExportError          the caller: a layer cannot be written where, or as, it is wanted (:mod:`geo.layers.export`)
    ├── FreezeError          the operator: a site without a server cannot be written where, or as, it is wanted
    ├── ExtractError         the operator: an extract of OpenStreetMap cannot be taken in (:mod:`geo.draw.extract`)
    ├── DocumentError        the caller: a report cannot be read (:mod:`geo.draft.readers`)
    ├── PlacesError          the caller: a list of confirmed places cannot be used (:mod:`geo.draft.running`)
    ├── DraftError           the editor: a draft cannot be written into the tables (:mod:`geo.draft.writing`)
    ├── RequestError         the client: a request that cannot be answered
    │   ├── BadParameterError    a query parameter is unknown or has a value it cannot have
    │   ├── QueryTooLongError    the query is longer than the server reads
    │   ├── BodyError            the request has a body, and nothing here takes one, or not so large a one
    │   ├── OriginError          a page of another origin asks for what only our own pages may
    │   ├── UnfitListError       a list that was sent cannot be read or geocoded as it is
    │   ├── BusyError            more work that takes long is wanted than the server does at a time
    │   ├── DeadlineError        the answer takes longer to make than an answer may take
    │   └── NotFoundError        no such layer, format, place or source
    └── OnlineError          an online geocoder has no answer
        ├── KeyRefusedError      the operator: the provider refuses the key, or who sends it
        ├── QuotaError           the operator: more was asked than the provider allows
        ├── NetworkError         the network or the provider: not reached, too slow or busy
        ├── ProviderAnswerError  the provider: an error about the question, or not an answer in its own form
        └── CacheError           the operator: the cache of answers cannot be read or written
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
        # A column that nobody knows is what stands in the header: anything.
        name = _shortened(self.column)
        column = f" [{name if name.isprintable() else ascii(name)}]" if self.column else ""
        value = f" {_shortened(self.value)!r}" if self.value else ""
        return f"{place}{column}{value}: expected {self.expected}"


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}…"


class TableError(GeoError):
    """The tables are broken; ``problems`` holds every one that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DatumError(GeoError):
    """A coordinate is not finite or not on Earth."""


class PointError(GeoError):
    """A point to look around is not finite or not on Earth."""

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__(f"lon={lon:g}, lat={lat:g}: expected lon -180 to 180 and lat -90 to 90")


class PortInUseError(GeoError):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is in use: stop the other program, or choose another port with GEO_PORT")


class ServingError(GeoError):
    """The process that answers cannot begin, or has ended by itself."""


class FreezeError(GeoError):
    """A site without a server cannot be written where, or as, it is wanted."""

    def __init__(self, target: str, value: str, expected: str) -> None:
        super().__init__(str(Problem(target, 0, "", value, expected)))


class ExtractError(GeoError):
    """An extract of OpenStreetMap cannot be taken in.

    Attributes
    ----------
    value, expected
        What it is, and what it should be.
    """

    def __init__(self, file: str, expected: str, value: str = "") -> None:
        self.value = value
        self.expected = expected
        super().__init__(str(Problem(file, 0, "", value, expected)))


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


class BodyError(RequestError):
    """The request has a body, and nothing here takes one, or not so large a one."""

    def __init__(self, message: str = "the request has a body; expected none: everything is asked for in the address") -> None:
        super().__init__(message)


class OriginError(RequestError):
    """A page of another origin asks for what only our own pages may."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"Origin {origin[:80]!r}: expected a page of this server, or a program")


class UnfitListError(RequestError):
    """A list that was sent cannot be read or geocoded as it is.

    Attributes
    ----------
    status
        Of the answer: 413, 415 or 422.
    fault
        Of which kind it is, for a page that says so in its reader's language.
    problem
        Where, and what was expected.
    """

    def __init__(self, status: int, fault: str, problem: Problem) -> None:
        self.status = status
        self.fault = fault
        self.problem = problem
        super().__init__(str(problem))


class BusyError(RequestError):
    """More work that takes long is wanted than the server does at a time.

    Attributes
    ----------
    retry_after_s
        When asking again is worth it.
    """

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"the server does as much at a time as it can; ask again in {retry_after_s} seconds")


class DeadlineError(RequestError):
    """The answer takes longer to make than an answer may take.

    Attributes
    ----------
    retry_after_s
        When the server may have less to do.
    """

    def __init__(self, limit_s: float, retry_after_s: int = 30) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"the answer takes more than {limit_s:g} seconds to make; ask for less, or again in {retry_after_s} seconds")


class NotFoundError(RequestError):
    """No such layer, format, place or source."""


class OnlineError(GeoError):
    """An online geocoder has no answer; the message never has the key in it.

    Attributes
    ----------
    is_passing
        Whether it may pass by itself, so that asking again makes sense.
    retry_after_s
        Seconds that the provider asks to wait before; ``None`` where it does not say.
    """

    def __init__(self, provider: str, problem: str, *, is_passing: bool = False, retry_after_s: float | None = None) -> None:
        self.is_passing = is_passing
        self.retry_after_s = retry_after_s
        super().__init__(f"{provider} {problem}")


class KeyRefusedError(OnlineError):
    """The provider refuses the key, or who sends it."""


class QuotaError(OnlineError):
    """More was asked than the provider allows, in a day or in a second."""


class NetworkError(OnlineError):
    """The provider was not reached, is too slow or is busy."""


class ProviderAnswerError(OnlineError):
    """The provider answers with an error about the question, or not in its own form."""


class CacheError(OnlineError):
    """The cache of answers cannot be read or written."""
