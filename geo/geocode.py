"""From names to locations: one answer each, in order, misses included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from geo.gazetteer import Gazetteer
from geo.names import normalize_name
from geo.schema import Basis, Datum, Place, Precision


class Method(StrEnum):
    """How a name was matched."""

    EXACT = "exact"
    ALIAS = "alias"


class MissReason(StrEnum):
    """Why a name was not matched."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True)
class Match:
    """A name with its location.

    Attributes
    ----------
    query, matched
        What was asked, and the gazetteer's name of the location that was found.
    method
        How it was found.
    lon, lat
        Degrees, WGS-84.
    precision, uncertainty_m
        What the point stands for; the true place lies within this many metres.
    basis, source
        Where the location comes from; with ``Basis.PARENT`` it is the host's, and the source is who names the host.
    datum_of_source
        The datum in which the source gives the coordinate.
    note
        How the location was found, and what is doubtful.
    """

    query: str
    matched: str
    method: Method
    lon: float
    lat: float
    precision: Precision
    uncertainty_m: int
    basis: Basis
    source: str
    datum_of_source: Datum
    note: str | None


@dataclass(frozen=True)
class Miss:
    """A name without a location, and why."""

    query: str
    reason: MissReason


Answer: TypeAlias = Match | Miss


class Geocoder(Protocol):
    """Anything that answers names with locations."""

    def geocode(self, queries: Sequence[str]) -> list[Answer]:
        """Answer each query, in order; what is not found or not certain is a :class:`Miss`."""
        ...


class GazetteerGeocoder:
    """Answers from the gazetteer: exact name first, then alias; an ambiguous name is a miss."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def geocode(self, queries: Sequence[str]) -> list[Answer]:
        """Answer each query, in order."""
        return [self._answer(query) for query in queries]

    def _answer(self, query: str) -> Answer:
        candidates = self._gazetteer.candidates(query)
        if len(candidates) != 1:
            return Miss(query, MissReason.AMBIGUOUS if candidates else MissReason.UNKNOWN)
        location, by_alias, host = candidates[0].location, candidates[0].by_alias, candidates[0].by_host
        return Match(
            query=query,
            matched=location.name,
            method=Method.ALIAS if by_alias or host or normalize_name(query) != normalize_name(location.name) else Method.EXACT,
            lon=location.lon,
            lat=location.lat,
            # A guest never claims more than the area of its host, however well the host itself is located.
            precision=max(location.precision, Precision.AREA, key=list(Precision).index) if host else location.precision,
            uncertainty_m=location.uncertainty_m,
            basis=Basis.PARENT if host else location.basis,
            source=(host.source or location.source) if host else location.source,
            datum_of_source=location.datum_of_source,
            note=host.note if host else location.note,
        )


def geocode_places(places: Iterable[Place], geocoder: Geocoder) -> Mapping[str, Answer]:
    """Ask the geocoder for every place by its ``place_query``; the answers stand under the ids of the places, in their order."""
    asked = list(places)
    return dict(zip((place.id for place in asked), geocoder.geocode([place.place_query for place in asked]), strict=True))
