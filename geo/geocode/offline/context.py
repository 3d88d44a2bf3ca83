"""Where a query lies, as far as it is said."""

from __future__ import annotations

from typing import NamedTuple

from geo.geocode.answers import Level, Query
from geo.geocode.gazetteer import Feature, Gazetteer
from geo.geocode.offline.mentions import AddressReader, Mention, Reading, forms_of
from geo.ground.bbox import Box
from geo.ground.names import fold_name

# What visitors say of where a name lies is kept, but not without end.
_MOST_CONTEXTS = 10_000


class Context(NamedTuple):
    """Where a query lies, as far as it is said.

    Attributes
    ----------
    features
        The divisions that are named; a place lies within all of them or none is.
    is_given
        Whether anything is said that tells names in several cities apart.
    is_home
        Whether a name that one of ours and others elsewhere bear is taken for ours where nothing is said.
    is_elsewhere
        Whether it lies outside the city.
    bbox, host
        As in :class:`geo.geocode.answers.Query`.
    districts
        Of districts that covered more before, or are gone, today's districts, by any of which a place lies in them.
    gone
        The name of a district that is gone, where that is what is said.
    """

    features: tuple[Feature, ...] = ()
    is_given: bool = False
    is_elsewhere: bool = False
    bbox: Box | None = None
    host: Feature | None = None
    districts: tuple[Feature, ...] = ()
    is_home: bool = True
    gone: Mention | None = None

    def holds(self, feature: Feature) -> bool:
        """Tell whether a feature may lie here."""
        is_of_heirs = feature.level not in (Level.CITY, Level.DISTRICT) and any(feature.district == one.name for one in self.districts)
        for division in self.features:
            if not is_within(feature, division) and not (is_of_heirs and division.level is Level.DISTRICT):
                return False
        if self.districts and not self.features and not is_of_heirs and feature not in self.districts:
            return False
        if self.host is not None and feature.location.name != self.host.location.name:
            return False
        location, box = feature.location, self.bbox
        return box is None or (box.west <= location.lon <= box.east and box.south <= location.lat <= box.north)

    def narrowed(self, division: Feature) -> Context:
        """Return the part of it that lies in a division."""
        return self._replace(features=(*self.features, division), is_given=True)


NOWHERE = Context()
# Nothing is said, and nothing is taken for granted.
ANYWHERE = Context(is_home=False)


def is_within(feature: Feature, division: Feature) -> bool:
    """Tell whether a feature may lie within a division: nothing that is known of it contradicts.

    Parameters
    ----------
    feature
        Any feature.
    division
        A division; every feature lies within the city.
    """
    if feature is division or division.level is Level.CITY:
        return True
    if division.level is Level.DISTRICT:
        return feature.district == division.name
    # Of a place only the district is known: a township of that district does not contradict it.
    is_open = feature.level is Level.PLACE and feature.district == division.district
    return is_open or division.divisions[-1] in feature.divisions


class Contexts:
    """Reads what queries say of where they lie, and keeps it.

    Parameters
    ----------
    gazetteer
        The known names.
    reader
        Reads the divisions in a text such as 甲乙市丙丁区.
    """

    def __init__(self, gazetteer: Gazetteer, reader: AddressReader) -> None:
        self._gazetteer, self._reader = gazetteer, reader
        self._kept: dict[tuple[str, str], Context] = {}

    def of(self, query: Query) -> Context:
        """Return where a query lies; what is said of it and is not known counts as not said."""
        if not query.admin and not query.host and query.bbox is None:
            return NOWHERE if query.assume_home else ANYWHERE
        said = (query.admin, query.host)
        if said not in self._kept:
            if len(self._kept) > _MOST_CONTEXTS:
                self._kept.clear()
            self._kept[said] = self._read(query.admin, query.host)
        named = self._kept[said]
        named = named if query.bbox is None else named._replace(is_given=True, bbox=query.bbox)
        return named if query.assume_home else named._replace(is_home=False)

    def _read(self, admin: str, host: str) -> Context:
        gazetteer = self._gazetteer
        features: tuple[Feature, ...] = ()
        if admin:
            key = fold_name(admin)
            if key in gazetteer.elsewhere or (key in gazetteer.elsewhere_short and key not in gazetteer.forms):
                return Context(is_given=True, is_elsewhere=True)
            reading = self._reader.read(key)
            if reading.elsewhere and not reading.mentions:
                return Context(is_given=True, is_elsewhere=True)
            features = tuple(
                mention.features[0] for mention in reading.mentions if len(mention.features) == 1 and mention.features[0].level is not Level.PLACE
            )
            if not features:
                features = tuple(form.feature for form in gazetteer.forms.get(key, ()) if form.feature.level is not Level.PLACE)[:1]
            districts = self._heirs_of(key, reading)
            if not features and not reading.is_province and not districts:
                return NOWHERE
            gone = next((mention for mention in reading.mentions if districts == mention.features), None)
            return Context(features, is_given=True, host=self._find_host(fold_name(host)) if host else None, districts=districts, gone=gone)
        return Context(features, is_given=True, host=self._find_host(fold_name(host)) if host else None)

    def _heirs_of(self, key: str, reading: Reading) -> tuple[Feature, ...]:
        """Return what became of the districts that are named, where that is more than one of today's."""
        named = [feature.name for mention in reading.mentions for feature in mention.features if feature.level is Level.DISTRICT]
        several = next((mention.features for mention in reading.mentions if mention.level is Level.DISTRICT and len(mention.features) > 1), ())
        heirs = {name for one in (*named, key) for name in self._gazetteer.heirs.get(one, ())} if not several else set()
        if several or len(heirs) > 1:
            found = (feature for feature in self._gazetteer.by_code.values() if feature.level is Level.DISTRICT and feature.name in heirs)
            return several or tuple(found)
        return ()

    def _find_host(self, key: str) -> Feature | None:
        return next((form.feature for form in forms_of(self._gazetteer, key) if form.feature.level is Level.PLACE), None)
