"""The places that the tables know, as a draft looks for them: gazetteer with its other names, and divisions."""

from __future__ import annotations

from geo.draft.names import kind_of
from geo.tables.kinds import Basis, DivisionLevel, Kind
from geo.tables.reading import Tables

_LEVELS = {DivisionLevel.CITY: Kind.CITY, DivisionLevel.DISTRICT: Kind.DISTRICT, DivisionLevel.TOWNSHIP: Kind.TOWN}


def known_places(tables: Tables) -> list[tuple[str, str, list[str]]]:
    """Give name, kind and other names of every place that the tables know.

    Parameters
    ----------
    tables
        The validated tables.
    """
    aliases: dict[str, list[str]] = {}
    for row in tables.gazetteer:
        if row.alias_of is None:
            aliases.setdefault(row.name, [])
        elif row.basis is not Basis.PARENT:
            aliases.setdefault(row.alias_of, []).append(row.name)
        else:
            aliases.setdefault(row.name, [])
    known: list[tuple[str, str, list[str]]] = []
    taken: set[str] = set()
    for place in tables.places:
        # The name by which it is looked up, and the one that it is shown under.
        names = dict.fromkeys([*aliases.get(place.place_query, ()), place.place_query, *aliases.get(place.name_zh, ())])
        known.append((place.name_zh, place.kind.value, [name for name in names if name != place.name_zh]))
        taken.update((place.name_zh, *names))
    for name, others in aliases.items():
        if name not in taken:
            known.append((name, (kind_of(name) or Kind.PARK).value, others))
            taken.update((name, *others))
    for division in tables.divisions:
        if division.name not in taken:
            known.append((division.name, _LEVELS[division.level].value, []))
    return known
