"""Names and what they may stand for, without choosing: curated places, the divisions of the city, and what bears the same names elsewhere.

Everything is found under folded names (:func:`geo.ground.names.fold_name`). A form says how a name relates to its feature, so that whoever
chooses can tell an official name from a short one that others bear, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

from geo.geocode.answers import Division, Level
from geo.geocode.distance import great_circle_m
from geo.geocode.said import in_both
from geo.geocode.spellings import FormKind, division_names, place_names, prefixes_of, shorten, station_names, stem_of, with_pinyin
from geo.ground.datum import Datum, to_wgs84
from geo.ground.names import fold_name, normalize_name
from geo.tables.kinds import Basis, DivisionLevel, ElsewhereLevel, FormerLevel, HomonymKind, PointKind, Precision
from geo.tables.reading import Tables
from geo.tables.rows import CorridorRow, DivisionRow, ElsewhereRow, FormerRow, GazetteerRow, HomonymRow, NameRow, PointRow


@dataclass(frozen=True, slots=True)
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
    note: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Feature:
    """Something that names lead to.

    Attributes
    ----------
    name, level
        Its own name, and what it is.
    location
        Where it is; of a guest its host's, of a township without a point its district's.
    divisions
        The city, the district and the township it lies in, as far as they are known, from coarse to fine; of a division itself included.
    is_by_host
        Whether only the location of its host is known.
    source, note
        Who says where it lies, and what is doubtful about it.
    """

    name: str
    level: Level
    location: Location
    divisions: tuple[Division, ...]
    is_by_host: bool
    source: str
    note: str | None

    @property
    def district(self) -> str:
        """The name of its district; empty for the city."""
        return self.divisions[1].name if len(self.divisions) > 1 else ""

    @property
    def district_or_city(self) -> str:
        """The name of its district, or of the city where it lies in no district."""
        return self.divisions[:2][-1].name if self.divisions else ""

    @property
    def code(self) -> str:
        """Of a division its code; of a place that of the finest division it is known to lie in."""
        return self.divisions[-1].code if self.divisions else ""


class Form(NamedTuple):
    """A name of a feature.

    Attributes
    ----------
    feature, kind
        What it names, and how.
    namesakes
        How many others in China bear it.
    note
        What became of a former division.
    """

    feature: Feature
    kind: FormKind
    namesakes: int = 0
    note: str | None = None


class Former(NamedTuple):
    """A name that a division no longer has.

    Attributes
    ----------
    row
        The row of the tables, with the words about it.
    features
        What it became, the one with the largest part first.
    meant
        Which of several is meant where nothing more is said; ``None`` where that is open.
    """

    row: FormerRow
    features: tuple[Feature, ...]
    meant: Feature | None

    @property
    def note(self) -> str:
        """What became of it, in words."""
        return in_both(self.row.note_zh, self.row.note_en)


class Gazetteer:
    """The known names.

    Parameters
    ----------
    tables
        Valid tables. Coordinates are converted to WGS-84 here.

    Attributes
    ----------
    profile
        Which city the names are of.
    forms
        Folded name to the forms that it may be.
    former
        Folded former name to what its division became.
    homonyms, types
        Folded names that places elsewhere bear too, and those that only say what sort of place it is; to the words about elsewhere.
    places, names, named
        The curated places, the folded names of every feature, and the places whose names are in use without being curated: zones, towns, stations,
        landmarks, corridors.
    heirs
        The names of districts that are gone, or that covered more, to the names of today's districts that they became.
    elsewhere, elsewhere_short
        Folded names of divisions outside the city, full and short, to the division's name.
    elsewhere_too
        Folded full names that divisions outside the city share with something here.
    """

    def __init__(self, tables: Tables) -> None:
        self.profile = tables.profile
        self._prefixes = prefixes_of(tables.profile)
        self.forms: dict[str, list[Form]] = {}
        self.former: dict[str, Former] = {}
        self._rows: dict[str, list[GazetteerRow]] = {}
        for row in tables.gazetteer:
            self._rows.setdefault(normalize_name(row.name), []).append(row)
        self._aliases: dict[str, list[str]] = {}
        for key, some in self._rows.items():
            for row in some:
                # A guest is a place of its own, not another name of its host.
                if row.alias_of and row.basis is None:
                    self._aliases.setdefault(normalize_name(row.alias_of), []).append(key)
        self._divisions = {row.code: row for row in tables.divisions}
        self._by_district = {row.name: row for row in tables.divisions if row.level is not DivisionLevel.TOWNSHIP}
        self._locations = _locate(tables.gazetteer)
        self._features: dict[int, Feature] = {}
        # A zone may bear the short name of a district; whoever asks for a division by its name gets the division.
        self._of_divisions = {name for row in tables.divisions for name, _ in division_names(row)}
        self.homonyms, self.types, others = _homonyms(tables.homonyms)
        self._add_places(tables)
        self._points = {(row.kind, row.name): row for row in tables.points}
        self.by_code = self._add_divisions(tables.divisions, {fold_name(row.name) for row in tables.former})
        for former in tables.former:
            features = tuple(self.by_code[code] for code in former.became)
            for name in with_pinyin((former.name, former.name_en)):
                self.former.setdefault(name, Former(former, features, self.by_code[former.meant] if former.meant else None))
        self.heirs = {
            row.name: frozenset(self.by_code[code].district for code in row.became) for row in tables.former if row.level is not FormerLevel.TOWNSHIP
        }
        self._notes_of_heirs = {row.name: in_both(row.note_zh, row.note_en) for row in tables.former if row.level is not FormerLevel.TOWNSHIP}
        self._villages = tables.villages
        self.named = tuple(dict.fromkeys(self._add_named(tables)))
        self.elsewhere, self.elsewhere_short = _elsewhere(tables.elsewhere, self.forms)
        self.elsewhere_too = self.forms.keys() & {fold_name(row.name) for row in tables.elsewhere}
        for name, other in others.items():
            self.elsewhere.setdefault(name, in_both(other.elsewhere_zh, other.elsewhere_en))
        # Place to all of its folded names.
        self.names: dict[Feature, list[str]] = {}
        for name, forms in self.forms.items():
            for form in forms:
                self.names.setdefault(form.feature, []).append(name)
        named = frozenset(self.named)
        places = (form.feature for forms in self.forms.values() for form in forms if form.feature.level is Level.PLACE)
        self.places = tuple(dict.fromkeys(place for place in places if place not in named))

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return every name under which the gazetteer's rows know the same place, the given one included."""
        found: dict[str, None] = {normalize_name(name): None}
        unseen = list(found)
        while unseen:
            aliases = [key for key in self._aliases.get(unseen.pop(), ()) if key not in found]
            found |= dict.fromkeys(aliases)
            unseen += aliases
        return tuple(row.name for key in found for row in self._rows.get(key, ()))

    def note_of_heirs(self, district: str) -> str:
        """Say what became of a district that is gone, or covered more; empty where the name never did."""
        return self._notes_of_heirs.get(district, "")

    # --- curated places ---

    def _add_places(self, tables: Tables) -> None:
        for rows in self._rows.values():
            for row in rows:
                feature = self._feature(row)
                self._add(feature, row.name, FormKind.OWN if row.name == feature.name else FormKind.ALIAS)
        for place in tables.places:
            # What a place is called in the tables names what its query leads to, too.
            for row in self._rows.get(normalize_name(place.place_query), ()):
                for name in (place.name_zh, place.name_en):
                    # The row's own name stands already.
                    if name != row.name:
                        self._add(self._feature(row), name, FormKind.ALIAS)

    def _add(self, feature: Feature, name: str, kind: FormKind) -> None:
        for position, key in enumerate(place_names(name, self._prefixes)):
            if key in self.types or (key in self._of_divisions and name != feature.name):
                continue
            forms = self.forms.setdefault(key, [])
            if not forms or all(form.feature is not feature for form in forms):
                forms.append(Form(feature, kind if position == 0 else FormKind.ALIAS))

    def _feature(self, row: GazetteerRow) -> Feature:
        """Follow a row to the place it names: through other names to a location, or to a guest and its host's location."""
        guest: GazetteerRow | None = None
        while row.alias_of is not None:
            if row.basis is Basis.PARENT:
                guest = guest or row
            row = self._rows[normalize_name(row.alias_of)][0]
        own = guest or row
        if id(own) not in self._features:
            assert row.admin is not None
            self._features[id(own)] = Feature(
                name=own.name,
                level=_LEVELS.get(row.precision, Level.PLACE) if guest is None and row.precision else Level.PLACE,
                location=self._locations[id(row)],
                divisions=self._divisions_of(row.admin),
                is_by_host=guest is not None,
                source=own.source or row.source or "",
                note=_note_of(own),
            )
        return self._features[id(own)]

    def _divisions_of(self, admin: str) -> tuple[Division, ...]:
        found = self._by_district.get(admin)
        return self._chain(found) if found else ()

    def _chain(self, row: DivisionRow) -> tuple[Division, ...]:
        above = self._chain(self._divisions[row.parent]) if row.parent else ()
        return (*above, Division(row.code, row.name))

    # --- divisions ---

    def _add_divisions(self, rows: Sequence[DivisionRow], former: Set[str]) -> dict[str, Feature]:
        curated = {form.feature.name: form.feature for forms in self.forms.values() for form in forms if form.feature.level is not Level.PLACE}
        features: dict[str, Feature] = {}
        for row in rows:
            feature = self._feature_of(row, curated, features)
            for name, kind in division_names(row):
                # A town that was split up is not the subdistrict that kept its name.
                if kind is FormKind.ALIAS and name in former:
                    continue
                namesakes = {FormKind.OWN: row.namesakes, FormKind.SHORT: row.own_namesakes}.get(kind) or 0
                forms = self.forms.setdefault(name, [])
                if all(form.feature is not feature for form in forms):
                    forms.append(Form(feature, kind, namesakes))
        return {row.code: features[row.code] for row in rows}

    def _feature_of(self, row: DivisionRow, curated: Mapping[str, Feature], features: dict[str, Feature]) -> Feature:
        """Give the feature of a division, and remember it; a township without a point has its district's, wherever in the table that stands."""
        if row.code not in features:
            features[row.code] = curated.get(row.name) or self._division(row, curated, features)
        return features[row.code]

    def _division(self, row: DivisionRow, curated: Mapping[str, Feature], features: dict[str, Feature]) -> Feature:
        chain = self._chain(row)
        point = self._points.get((PointKind.TOWNSHIP, row.name)) if row.lon is None else None
        if point is not None:
            return Feature(
                row.name, Level.TOWNSHIP, _location_of(point, Precision.TOWNSHIP), chain, is_by_host=False, source=point.source, note=_note_of(row)
            )
        if row.lon is None or row.lat is None or row.uncertainty_m is None or row.source is None:
            assert row.parent is not None
            district = self._feature_of(self._divisions[row.parent], curated, features)
            return Feature(row.name, Level.TOWNSHIP, district.location, chain, is_by_host=True, source=district.source, note=_note_of(row))
        level = Level(row.level.value)
        location = Location(row.name, row.lon, row.lat, _PRECISIONS[level], row.uncertainty_m, Basis.DERIVED, row.source, Datum.WGS84, _note_of(row))
        return Feature(row.name, level, location, chain, is_by_host=False, source=row.source, note=_note_of(row))

    # --- names in use ---

    def _add_named(self, tables: Tables) -> Iterator[Feature]:
        """Add the names in use, and yield what they stand for; what a name means already, it goes on to mean."""
        for corridor in tables.corridors:
            feature = self._corridor(corridor)
            self._add_new(feature, [(name, FormKind.OWN) for name in (corridor.name_zh, corridor.name_en)])
            yield feature
        for row in tables.names:
            gone = self.former.get(fold_name(row.name))
            if gone is not None:
                for alias in row.aliases or ():
                    self.former.setdefault(fold_name(alias), gone)
                continue
            forms = (form for key in place_names(row.name, self._prefixes) for form in self.forms.get(key, ()))
            known = next((form.feature for form in forms if form.feature.level is Level.PLACE), None)
            feature = known or self._named(row)
            self._add_new(feature, [(name, FormKind.ALIAS) for name in filter(None, (row.name_en, *(row.aliases or ())))], row.name)
            if known is None:
                yield feature
        # A landmark before the station beside it that is called after it.
        for point in sorted(tables.points, key=lambda point: point.kind is PointKind.STATION):
            if point.kind not in (PointKind.STATION, PointKind.LANDMARK):
                continue
            feature = self._point(point)
            if point.kind is PointKind.STATION:
                for key, kind in station_names(point.name, point.name_en, point.aliases or ()):
                    self._put(key, Form(feature, kind))
            else:
                self._add_new(feature, [(name, FormKind.ALIAS) for name in filter(None, (point.name_en, *(point.aliases or ())))], point.name)
            yield feature

    def _add_new(self, feature: Feature, names: Iterable[tuple[str, FormKind]], own: str = "") -> None:
        for name, kind in ((own, FormKind.OWN), *names) if own else names:
            for position, key in enumerate(place_names(name, self._prefixes)):
                self._put(key, Form(feature, kind if position == 0 else FormKind.ALIAS))

    def _put(self, key: str, form: Form) -> None:
        if len(key) > 1 and key not in self.types and key not in self._of_divisions and key not in self.former:
            self.forms.setdefault(key, [form])

    def _named(self, row: NameRow) -> Feature:
        district = self._by_district.get(row.district or "")
        township = next((one for one in self._divisions.values() if one.name == row.township and district and one.parent == district.code), None)
        host = township or district
        if host is None:
            host = next(one for one in self._divisions.values() if one.level is DivisionLevel.CITY)
        chain, point = self._chain(host), self._points.get((PointKind.PLACE, row.name))
        location: Location | None = None
        if row.lon is not None and row.lat is not None and row.uncertainty_m is not None and row.source is not None:
            precision = _precision_within(row.uncertainty_m)
            location = Location(row.name, row.lon, row.lat, precision, row.uncertainty_m, Basis.DERIVED, row.source, Datum.WGS84, None)
        elif point is not None:
            location = _location_of(point, _precision_within(point.uncertainty_m))
        if location is not None:
            return Feature(row.name, Level.PLACE, location, chain, is_by_host=False, source=location.source, note=location.note)
        above = self.by_code[host.code]
        return Feature(row.name, Level.PLACE, above.location, chain, is_by_host=True, source=above.source, note=None)

    def _point(self, point: PointRow) -> Feature:
        is_station = point.kind is PointKind.STATION
        name = f"{point.name.removesuffix('站')}站" if is_station else point.name
        location = _location_of(point, _precision_within(point.uncertainty_m), name)
        return Feature(name, Level.PLACE, location, self._divisions_of(point.district), is_by_host=False, source=point.source, note=_note_of(point))

    def _corridor(self, row: CorridorRow) -> Feature:
        """Give a corridor the middle of its axis, and a radius that holds all of it."""
        west, south, east, north = row.axis.bounds
        lon, lat = (west + east) / 2, (south + north) / 2
        # A hundredth more than on the sphere, so that all of it is within.
        reach = 1.01 * great_circle_m(lon, lat, east, north)
        city = next(one for one in self._divisions.values() if one.level is DivisionLevel.CITY)
        location = Location(row.name_zh, lon, lat, Precision.AREA, round(reach), Basis.DERIVED, row.source, Datum.WGS84, None)
        return Feature(row.name_zh, Level.PLACE, location, self._chain(city), is_by_host=False, source=row.source, note=None)

    @cached_property
    def villages(self) -> dict[str, tuple[Feature, ...]]:
        """The townships in which a village or a community of a folded name lies; made when it is first asked for, as few addresses need it."""
        found: dict[str, dict[Feature, None]] = {}
        for row in self._villages:
            for name in row.names:
                found.setdefault(fold_name(name), {})[self.by_code[row.township]] = None
        return {name: tuple(features) for name, features in found.items()}


def _locate(rows: Iterable[GazetteerRow]) -> dict[int, Location]:
    """Give the location of each row that has one, by the row's identity; all coordinates of a datum are converted at once."""
    by_datum: dict[Datum, list[GazetteerRow]] = {}
    for row in rows:
        if row.datum is not None:
            by_datum.setdefault(row.datum, []).append(row)
    locations = {}
    for datum, some in by_datum.items():
        # A row with a datum has no alias_of, and each of these: geo.tables.rows sees to it.
        lons, lats = to_wgs84([cast(float, row.lon) for row in some], [cast(float, row.lat) for row in some], datum)
        for row, lon, lat in zip(some, lons.tolist(), lats.tolist(), strict=True):
            assert row.precision and row.uncertainty_m and row.basis and row.source
            locations[id(row)] = Location(row.name, lon, lat, row.precision, row.uncertainty_m, row.basis, row.source, datum, _note_of(row))
    return locations


def _location_of(point: PointRow, precision: Precision, name: str = "") -> Location:
    return Location(
        name or point.name, point.lon, point.lat, precision, point.uncertainty_m, Basis.DERIVED, point.source, Datum.WGS84, _note_of(point)
    )


def _note_of(row: DivisionRow | GazetteerRow | PointRow) -> str | None:
    return in_both(row.note, row.note_en) if row.note else None


def _precision_within(uncertainty_m: int) -> Precision:
    """Say what a point stands for whose true place lies within so many metres."""
    return Precision.LOCALITY if uncertainty_m <= _MOST_OF_A_LOCALITY_M else Precision.AREA


_MOST_OF_A_LOCALITY_M = 1500
_LEVELS = {Precision.DISTRICT: Level.DISTRICT, Precision.CITY: Level.CITY}
_PRECISIONS = {Level.TOWNSHIP: Precision.TOWNSHIP, Level.DISTRICT: Precision.DISTRICT, Level.CITY: Precision.CITY}

# --- names that mean something else --------------------------------------------------------------------------------------------------------


def _homonyms(rows: Iterable[HomonymRow]) -> tuple[dict[str, HomonymRow], dict[str, HomonymRow], dict[str, HomonymRow]]:
    names: dict[HomonymKind, dict[str, HomonymRow]] = {kind: {} for kind in HomonymKind}
    for row in rows:
        for name in with_pinyin((row.name,)):
            names[row.kind].setdefault(name, row)
            names[row.kind].setdefault(shorten(name), row)
    return names[HomonymKind.NAME], names[HomonymKind.TYPE], names[HomonymKind.OTHER]


def _elsewhere(rows: Iterable[ElsewhereRow], forms: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    for row in rows:
        own, told = fold_name(row.name), in_both(row.name, row.name_en)
        if own not in forms:
            full.setdefault(own, told)
        names = [stem_of(own)] if row.level is not ElsewhereLevel.COUNTY or len(stem_of(own)) > 1 else []
        if row.name_en:
            english = fold_name(row.name_en)
            names.append(english)
            full.setdefault(f"{english}city", told)
            full.setdefault(f"{english}province", told)
        for name in names:
            if len(name) > 1:
                short.setdefault(name, told)
    return full, short
