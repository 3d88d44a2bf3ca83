"""Where a query lies, as far as it is said."""

from __future__ import annotations

from typing import NamedTuple

from geo.bbox import Box
from geo.geocode.answers import Level, Query
from geo.geocode.gazetteer import Feature, Gazetteer
from geo.geocode.offline.mentions import AddressReader, forms_of
from geo.names import fold_name

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
    is_elsewhere
        Whether it lies outside the city.
    bbox, host
        As in :class:`geo.geocode.answers.Query`.
    """

    features: tuple[Feature, ...] = ()
    is_given: bool = False
    is_elsewhere: bool = False
    bbox: Box | None = None
    host: Feature | None = None

    def holds(self, feature: Feature) -> bool:
        """Tell whether a feature may lie here."""
        for division in self.features:
            if not is_within(feature, division):
                return False
        if self.host is not None and feature.location.name != self.host.location.name:
            return False
        location, box = feature.location, self.bbox
        return box is None or (box.west <= location.lon <= box.east and box.south <= location.lat <= box.north)


NOWHERE = Context()


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
            return NOWHERE
        said = (query.admin, query.host)
        if said not in self._kept:
            if len(self._kept) > _MOST_CONTEXTS:
                self._kept.clear()
            self._kept[said] = self._read(query.admin, query.host)
        named = self._kept[said]
        return named if query.bbox is None else Context(named.features, True, named.is_elsewhere, query.bbox, named.host)

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
            if not features and not reading.is_province:
                return NOWHERE
        return Context(features, is_given=True, host=self._find_host(fold_name(host)) if host else None)

    def _find_host(self, key: str) -> Feature | None:
        return next((form.feature for form in forms_of(self._gazetteer, key) if form.feature.level is Level.PLACE), None)
