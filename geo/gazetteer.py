"""Names and aliases of known locations: what a name may stand for, without choosing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from geo.datum import to_wgs84
from geo.names import normalize_name
from geo.schema import Basis, Datum, District, GazetteerRow, Precision


@dataclass(frozen=True)
class Location:
    """A known location.

    Attributes
    ----------
    name
        The gazetteer's own name for it.
    lon, lat
        Degrees, WGS-84.
    precision, uncertainty_m
        What the point stands for; the true place lies within this many metres.
    basis, source
        Where the location comes from, and the id of its source.
    datum_of_source
        The datum in which the source gives it.
    admin
        The district it lies in.
    note
        How it was found, and what is doubtful.
    """

    name: str
    lon: float
    lat: float
    precision: Precision
    uncertainty_m: int
    basis: Basis
    source: str
    datum_of_source: Datum
    admin: District
    note: str | None


@dataclass(frozen=True)
class Candidate:
    """A location that a name may stand for.

    Attributes
    ----------
    location
        The location; of the host where ``by_host`` is set.
    by_alias
        Whether the name is another name of the location.
    by_host
        The gazetteer row of the place itself, where only its host's location is known.
    """

    location: Location
    by_alias: bool
    by_host: GazetteerRow | None


class Gazetteer:
    """The known locations under all their names.

    Parameters
    ----------
    rows
        Valid rows of ``gazetteer.csv``: every alias leads to a row with a coordinate. Coordinates are converted to WGS-84 here.
    """

    def __init__(self, rows: Iterable[GazetteerRow]) -> None:
        self._rows: dict[str, list[GazetteerRow]] = {}
        for row in rows:
            self._rows.setdefault(normalize_name(row.name), []).append(row)
        # Folded name -> its other names; a guest is a place of its own, not another name of its host.
        self._aliases: dict[str, list[str]] = {}
        for key, some in self._rows.items():
            for row in some:
                if row.alias_of and row.basis is None:
                    self._aliases.setdefault(normalize_name(row.alias_of), []).append(key)

    def candidates(self, name: str) -> tuple[Candidate, ...]:
        """Return every location that the name may stand for; empty when it is not known."""
        return tuple(self._follow(row) for row in self._rows.get(normalize_name(name), ()))

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return every name under which the same place is known, the given one included."""
        found: dict[str, None] = {normalize_name(name): None}
        unseen = list(found)
        while unseen:
            aliases = [key for key in self._aliases.get(unseen.pop(), ()) if key not in found]
            found |= dict.fromkeys(aliases)
            unseen += aliases
        return tuple(row.name for key in found for row in self._rows.get(key, ()))

    def _follow(self, row: GazetteerRow) -> Candidate:
        by_alias, by_host = False, None
        while row.alias_of is not None:
            if row.basis is Basis.PARENT:
                by_host = by_host or row
            else:
                by_alias = True
            row = self._rows[normalize_name(row.alias_of)][0]
        return Candidate(_location(row), by_alias, by_host)


def _location(row: GazetteerRow) -> Location:
    # A row without alias_of has all of these: geo.schema sees to it.
    assert row.lon is not None and row.lat is not None and row.datum and row.precision and row.uncertainty_m
    assert row.basis and row.source and row.admin
    lon, lat = to_wgs84(row.lon, row.lat, row.datum)
    return Location(
        name=row.name,
        lon=float(lon),
        lat=float(lat),
        precision=row.precision,
        uncertainty_m=row.uncertainty_m,
        basis=row.basis,
        source=row.source,
        datum_of_source=row.datum,
        admin=row.admin,
        note=row.note,
    )
