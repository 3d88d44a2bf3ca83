"""Names and what they may stand for, without choosing: curated places, the divisions of the city, and what bears the same names elsewhere.

Everything is found under folded names (:func:`geo.names.fold_name`). A form says how a name relates to its feature, so that whoever chooses can tell
an official name from a short one that others bear, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple, cast

from geo.datum import Datum, to_wgs84
from geo.geocode.answers import Division, Level
from geo.names import fold_name, normalize_name, pinyin_of
from geo.tables.kinds import Basis, DivisionLevel, ElsewhereLevel, HomonymKind, Precision
from geo.tables.profile import Profile
from geo.tables.reading import Tables
from geo.tables.rows import DivisionRow, ElsewhereRow, FormerRow, GazetteerRow, HomonymRow


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
        return next((division.name for division in reversed(self.divisions[:2])), "")

    @property
    def code(self) -> str:
        """Of a division its code; of a place that of the finest division it is known to lie in."""
        return self.divisions[-1].code if self.divisions else ""


class FormKind(StrEnum):
    """How a name relates to its feature."""

    OWN = "own"
    ALIAS = "alias"
    SHORT = "short"
    FORMER = "former"


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
        Folded former name to what its division became, with the words about it.
    homonyms, types
        Folded names that places elsewhere bear too, and those that only say what sort of place it is; to the words about elsewhere.
    places, names
        The curated places, and the folded names of every feature.
    elsewhere, elsewhere_short
        Folded names of divisions outside the city, full and short, to the division's name.
    """

    def __init__(self, tables: Tables) -> None:
        self.profile = tables.profile
        self._prefixes = _prefixes_of(tables.profile)
        self.forms: dict[str, list[Form]] = {}
        self.former: dict[str, tuple[FormerRow, tuple[Feature, ...]]] = {}
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
        self._of_divisions = {name for row in tables.divisions for name, _ in _division_names(row)}
        self.homonyms, self.types, others = _homonyms(tables.homonyms)
        self._add_places(tables)
        self.by_code = self._add_divisions(tables.divisions, {fold_name(row.name) for row in tables.former})
        for former in tables.former:
            features = tuple(self.by_code[code] for code in former.became)
            for name in _with_pinyin((former.name, former.name_en)):
                self.former.setdefault(name, (former, features))
        self.elsewhere, self.elsewhere_short = _elsewhere(tables.elsewhere, self.forms)
        for name, other in others.items():
            self.elsewhere.setdefault(name, other.elsewhere_zh)
        # Place to all of its folded names.
        self.names: dict[Feature, list[str]] = {}
        for name, forms in self.forms.items():
            for form in forms:
                self.names.setdefault(form.feature, []).append(name)
        self.places = tuple(dict.fromkeys(form.feature for forms in self.forms.values() for form in forms if form.feature.level is Level.PLACE))

    def names_of(self, name: str) -> tuple[str, ...]:
        """Return every name under which the gazetteer's rows know the same place, the given one included."""
        found: dict[str, None] = {normalize_name(name): None}
        unseen = list(found)
        while unseen:
            aliases = [key for key in self._aliases.get(unseen.pop(), ()) if key not in found]
            found |= dict.fromkeys(aliases)
            unseen += aliases
        return tuple(row.name for key in found for row in self._rows.get(key, ()))

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
        for position, key in enumerate(_place_names(name, self._prefixes)):
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
                note=own.note,
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

        def feature_of(row: DivisionRow) -> Feature:
            # A township without a point has its district's, wherever in the table that stands.
            if row.code not in features:
                features[row.code] = curated.get(row.name) or self._division(row, lambda code: feature_of(self._divisions[code]))
            return features[row.code]

        for row in rows:
            feature = feature_of(row)
            for name, kind in _division_names(row):
                # A town that was split up is not the subdistrict that kept its name.
                if kind is FormKind.ALIAS and name in former:
                    continue
                namesakes = {FormKind.OWN: row.namesakes, FormKind.SHORT: row.own_namesakes}.get(kind) or 0
                forms = self.forms.setdefault(name, [])
                if all(form.feature is not feature for form in forms):
                    forms.append(Form(feature, kind, namesakes))
        return {row.code: features[row.code] for row in rows}

    def _division(self, row: DivisionRow, find: Callable[[str], Feature]) -> Feature:
        chain = self._chain(row)
        if row.lon is None or row.lat is None or row.uncertainty_m is None or row.source is None:
            assert row.parent is not None
            district = find(row.parent)
            return Feature(row.name, Level.TOWNSHIP, district.location, chain, is_by_host=True, source=district.source, note=row.note)
        level = Level(row.level.value)
        location = Location(row.name, row.lon, row.lat, _PRECISIONS[level], row.uncertainty_m, Basis.DERIVED, row.source, Datum.WGS84, row.note)
        return Feature(row.name, level, location, chain, is_by_host=False, source=row.source, note=row.note)


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
            locations[id(row)] = Location(row.name, lon, lat, row.precision, row.uncertainty_m, row.basis, row.source, datum, row.note)
    return locations


_LEVELS = {Precision.DISTRICT: Level.DISTRICT, Precision.CITY: Level.CITY}
_PRECISIONS = {Level.TOWNSHIP: Precision.TOWNSHIP, Level.DISTRICT: Precision.DISTRICT, Level.CITY: Precision.CITY}

# --- forms of names -----------------------------------------------------------------------------------------------------------------------

# Long forms to the short ones that people write, in folded names; longest first.
_SHORTENED = (
    ("国家级高新技术产业开发区", "高新区"),
    ("国家高新技术产业开发区", "高新区"),
    ("高新技术产业开发区", "高新区"),
    ("高新技术开发区", "高新区"),
    ("高新开发区", "高新区"),
    ("国家级高新区", "高新区"),
    ("国家高新区", "高新区"),
    ("国家级经济技术开发区", "经开区"),
    ("经济技术开发区", "经开区"),
    ("经济开发区", "经开区"),
    ("hitech", "hightech"),
    ("scienceandtechnology", "scitech"),
    ("economicandtechnologicaldevelopment", "economicdevelopment"),
    ("economictechnologicaldevelopment", "economicdevelopment"),
    ("center", "centre"),
)
# One look tells that there is none, as in most names.
_LONG = re.compile("|".join(long for long, _ in _SHORTENED))
_BRACKETED = re.compile(r"(.+?)[(\uff08\uff3b\u3010\[](.+?)[)\uff09\uff3d\u3011\]]")
# What a name without its bracket must have, to be told by itself.
_LEAST_OWN = 5
_KINDS_OF_TOWNSHIPS = ("街道", "镇", "畲族乡", "乡")
_KINDS = (*_KINDS_OF_TOWNSHIPS, "特别行政区", "自治区", "自治州", "自治县", "地区", "省", "市", "区", "县", "盟", "旗")


def shorten(folded: str) -> str:
    """Write the long forms of a folded name short: 经济技术开发区 is 经开区."""
    if not _LONG.search(folded):
        return folded
    for long, short in _SHORTENED:
        if long in folded:
            folded = folded.replace(long, short)
    return folded


class _Prefixes(NamedTuple):
    """What a name may begin with that says no more than the city, folded: in Chinese, and in Latin script."""

    zh: re.Pattern[str]
    en: re.Pattern[str]


def _prefixes_of(profile: Profile) -> _Prefixes:
    province, city = profile.province, profile.city
    names = [[re.escape(fold_name(name)) for name in (one.zh, one.short_zh, one.en)] for one in (province, city)]
    (province_zh, province_short, province_en), (city_zh, city_short, city_en) = names
    return _Prefixes(
        re.compile(f"(?:中国)?(?:{province_zh}|{province_short})?(?:{city_zh}|{city_short})?"),
        re.compile(f"(?:{province_en})?(?:province)?(?:{city_en})?(?:city)?"),
    )


def _place_names(name: str, prefixes: _Prefixes) -> Iterable[str]:
    """Give the forms of a curated name: itself, short, without the city, without its bracket or with it in front, and in pinyin."""
    own = fold_name(name)
    variants = [own, shorten(own)]
    bracket = _BRACKETED.fullmatch(name)
    if bracket:
        body, inner = fold_name(bracket[1]), fold_name(bracket[2])
        variants += [inner + body] + ([body] if len(body) >= _LEAST_OWN else [])
    # Most forms of most names are the same; each is read once.
    variants = list(dict.fromkeys(variants))
    for variant in list(variants):
        bare = (prefixes.en if variant.isascii() else prefixes.zh).sub("", variant, count=1)
        if len(bare) >= 4:
            variants.append(bare)
    names = dict.fromkeys(variants)
    names |= dict.fromkeys([pinyin_of(variant) for variant in names if not variant.isascii()])
    return names


def _with_pinyin(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield fold_name(name)
        if not name.isascii():
            yield pinyin_of(fold_name(name))


def _division_names(row: DivisionRow) -> Iterator[tuple[str, FormKind]]:
    """Give the forms of a division: 甲乙区 is also 甲乙, Jiayi District, jiayiqu and jiayi; 甲乙街道 was 甲乙镇."""
    own, english = fold_name(row.name), fold_name(row.name_en)
    stem = stem_of(own)
    short_en = fold_name(re.sub(r" (Subdistrict|Town|She Township|She Ethnic Township|Township|District|County|City)$", "", row.name_en))
    yield own, FormKind.OWN
    yield english, FormKind.OWN
    yield pinyin_of(own), FormKind.OWN
    # Pinyin by the English name where that knows a reading better.
    yield short_en + pinyin_of(own[len(stem) :]), FormKind.OWN
    if row.level is DivisionLevel.TOWNSHIP:
        for kind in _KINDS_OF_TOWNSHIPS:
            yield stem + kind, FormKind.ALIAS
        yield f"{short_en}street", FormKind.ALIAS
    if row.level is DivisionLevel.CITY:
        yield f"{english}city", FormKind.OWN
    if len(stem) > 1:
        yield stem, FormKind.SHORT
        yield pinyin_of(stem), FormKind.SHORT
    yield short_en, FormKind.SHORT


@cache
def stem_of(folded: str) -> str:
    """Strip the kind from the name of a division: 甲乙 of 甲乙区, 丙丁 of 丙丁畲族乡."""
    for kind in _KINDS:
        if folded.endswith(kind) and len(folded) > len(kind) + 1:
            return folded.removesuffix(kind)
    return folded


def _homonyms(rows: Iterable[HomonymRow]) -> tuple[dict[str, HomonymRow], dict[str, HomonymRow], dict[str, HomonymRow]]:
    names: dict[HomonymKind, dict[str, HomonymRow]] = {kind: {} for kind in HomonymKind}
    for row in rows:
        for name in _with_pinyin((row.name,)):
            names[row.kind].setdefault(name, row)
            names[row.kind].setdefault(shorten(name), row)
    return names[HomonymKind.NAME], names[HomonymKind.TYPE], names[HomonymKind.OTHER]


def _elsewhere(rows: Iterable[ElsewhereRow], forms: Mapping[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    full: dict[str, str] = {}
    short: dict[str, str] = {}
    for row in rows:
        own = fold_name(row.name)
        if own not in forms:
            full.setdefault(own, row.name)
        names = [stem_of(own)] if row.level is not ElsewhereLevel.COUNTY or len(stem_of(own)) > 1 else []
        if row.name_en:
            english = fold_name(row.name_en)
            names.append(english)
            full.setdefault(f"{english}city", row.name)
            full.setdefault(f"{english}province", row.name)
        for name in names:
            if len(name) > 1:
                short.setdefault(name, row.name)
    return full, short
