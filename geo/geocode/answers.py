"""From names and addresses to locations: one answer each, in order, misses included.

The protocol that every geocoder follows, and what it answers with. :mod:`geo.geocode.offline` answers from the gazetteer, :mod:`geo.geocode.online`
asks providers that the operator has turned on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeAlias

from geo.geocode.said import say
from geo.ground.bbox import Box
from geo.ground.datum import Datum
from geo.tables.kinds import Basis, Precision
from geo.tables.rows import Place


class Level(StrEnum):
    """What a match is, from fine to coarse."""

    ADDRESS = "address"
    PLACE = "place"
    TOWNSHIP = "township"
    DISTRICT = "district"
    CITY = "city"


class Method(StrEnum):
    """How a name was matched."""

    EXACT = "exact"
    ALIAS = "alias"
    FORMER = "former"
    ADDRESS = "address"
    FUZZY = "fuzzy"
    ONLINE = "online"


class MissReason(StrEnum):
    """Why a name was not matched."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    OUT_OF_AREA = "out_of_area"


class Query(NamedTuple):
    """What is asked, and what is known about where it lies.

    Attributes
    ----------
    text
        A name or an address.
    admin
        The division it lies in, by any of its names; empty when it is not known.
    bbox
        West, south, east, north in degrees, WGS-84, that it lies in.
    host
        A place that it belongs to, by any of its names.
    assume_home
        Whether a name that is ours, and others elsewhere bear it too, means ours where nothing is said; otherwise it is ambiguous.
    """

    text: str
    admin: str = ""
    bbox: Box | None = None
    host: str = ""
    assume_home: bool = True


class Division(NamedTuple):
    """An administrative division.

    Attributes
    ----------
    code, name
        GB/T 2260: 6 digits for a city or a district, 9 for a township.
    """

    code: str
    name: str


class Candidate(NamedTuple):
    """Something that a query may mean.

    Attributes
    ----------
    name
        Its name.
    within
        The division that it lies in, in words.
    level
        What it is; ``None`` for what lies outside the area and is only known by name.
    reason
        Why it comes into question, or what would decide for it.
    """

    name: str
    within: str
    level: Level | None
    reason: str


class Match(NamedTuple):
    """A name with its location.

    Attributes
    ----------
    query, name
        What was asked, and what was found, by its own name.
    matched
        The gazetteer's name of the location that was found: of a place that is known only by its host, the host's.
    level
        What was found; coarser than what was asked where ``unresolved`` is not empty.
    method
        How it was found.
    score
        How well the names agree, 0 to 100; 100 for every method but ``fuzzy`` and ``online``.
    runner_up
        The name that came second and its score, where a fuzzy match had one.
    unresolved
        The part of an address that is finer than the match and known to no list: a road, a number, a building.
    lon, lat
        Degrees, WGS-84.
    precision, uncertainty_m
        What the point stands for; the true place lies within this many metres.
    divisions
        The city, the district and the township it lies in, as far as they are known, from coarse to fine.
    basis, source
        Where the location comes from; with ``Basis.PARENT`` it is the host's, and the source is who names the host.
    datum_of_source
        The datum in which the source gives the coordinate.
    note
        How the location was found, and what is doubtful.
    """

    query: str
    name: str
    matched: str
    level: Level
    method: Method
    score: float
    runner_up: tuple[str, float] | None
    unresolved: str
    lon: float
    lat: float
    precision: Precision
    uncertainty_m: int
    divisions: tuple[Division, ...]
    basis: Basis
    source: str
    datum_of_source: Datum
    note: str | None


class Miss(NamedTuple):
    """A name without a location, and why; with what it may mean where it is ambiguous."""

    query: str
    reason: MissReason
    candidates: tuple[Candidate, ...] = ()


Answer: TypeAlias = Match | Miss


def to_document(answer: Answer, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """Give an answer as JSON has it: ``status`` is ``match``, ``ambiguous`` or ``miss``; longitude before latitude, WGS-84.

    A match carries its own values, an ambiguous answer its candidates, a miss its reason and what may be meant.

    Parameters
    ----------
    answer
        Any answer.
    translate
        From a phrase in Chinese to the phrase in the reader's language.
    """
    if isinstance(answer, Match):
        document: dict[str, Any] = {"query": answer.query, "status": "match", **answer._asdict()}
        document["divisions"] = [division._asdict() for division in answer.divisions]
        document["note"] = None if answer.note is None else say(answer.note, translate)
        document["runner_up"] = answer.runner_up and {"name": answer.runner_up[0], "score": answer.runner_up[1]}
        return document
    status = "ambiguous" if answer.reason is MissReason.AMBIGUOUS else "miss"
    candidates = [{**candidate._asdict(), "reason": say(candidate.reason, translate)} for candidate in answer.candidates]
    return {"query": answer.query, "status": status, "reason": answer.reason, "candidates": candidates}


class Geocoder(Protocol):
    """Anything that answers queries with locations."""

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query, in order; what is not found or not certain is a :class:`Miss`."""
        ...


class Fallback:
    """Asks the second geocoder what the first one does not know, or knows in part only; an ambiguous answer stands, as a guess is no better.

    Of an address that is known in part the second one's answer counts where it is finer, and lies in the divisions that are known.

    Parameters
    ----------
    first, second
        The geocoders, in this order.
    """

    def __init__(self, first: Geocoder, second: Geocoder) -> None:
        self._first, self._second = first, second

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query, in order."""
        answers = self._first.geocode(queries)
        open_ = [place for place, answer in enumerate(answers) if _is_open(answer)]
        for place, answer in zip(open_, self._second.geocode([queries[place] for place in open_]) if open_ else [], strict=True):
            if _is_better(answer, answers[place]):
                answers[place] = answer
        return answers


def _is_open(answer: Answer) -> bool:
    return bool(answer.unresolved) if isinstance(answer, Match) else answer.reason is MissReason.UNKNOWN


def _is_better(second: Answer, first: Answer) -> bool:
    if isinstance(first, Miss):
        # A miss of the first one may come with what may be meant.
        return isinstance(second, Match) or second.reason is not MissReason.UNKNOWN or not first.candidates
    if not isinstance(second, Match) or second.uncertainty_m >= first.uncertainty_m:
        return False
    # Of a place no finer division is known; what both know agrees.
    return all(one == other for one, other in zip(first.divisions, second.divisions, strict=False))


def geocode_places(places: Iterable[Place], geocoder: Geocoder) -> Mapping[str, Answer]:
    """Ask the geocoder for every place by its ``place_query`` within its district; the answers stand under the ids of the places, in their order.

    What is found in part only is a miss: the district alone is known without asking.
    """
    asked = list(places)
    queries = [Query(place.place_query, admin=place.district) for place in asked]
    answers = geocoder.geocode(queries)
    whole = [Miss(one.query, MissReason.UNKNOWN) if isinstance(one, Match) and one.unresolved else one for one in answers]
    return dict(zip((place.id for place in asked), whole, strict=True))
