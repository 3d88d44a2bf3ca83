"""The sentence: read the tables, geocode every place name, lay the places out as layers; and verify what can be verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from geo.draw.basemap import Outline, read_outline
from geo.draw.pieces import Local, read_local
from geo.geocode.answers import Answer, Fallback, Geocoder, Miss, geocode_places
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.ground.garbage import collect_made
from geo.layers.comparisons import Comparison, find_comparisons
from geo.settings import Settings
from geo.tables.profile import Profile
from geo.tables.provenance import find_unverified
from geo.tables.reading import Tables, read_tables
from geo.tables.rows import Indicator
from geo.tables.texts import SourceText, read_texts

if TYPE_CHECKING:
    from geo.layers.select import Layers


@dataclass(frozen=True)
class Atlas:
    """Everything that is drawn, served and exported.

    Attributes
    ----------
    tables
        The validated tables.
    gazetteer, geocoder
        The names that are known, and who answers from them.
    answers
        The geocoder's answer for every place id, misses included.
    layers
        The places and corridors in EPSG:4326.
    outline
        The basemap that the atlas brings along.
    comparisons
        The figures that may be compared, by key.
    texts
        The texts of sources that the operator has, by source id.
    unverified
        The figures that such a text does not bear out.
    local
        What the operator has added to the basemap; ``None`` where that is nothing.
    """

    tables: Tables
    gazetteer: Gazetteer = field(repr=False)
    geocoder: OfflineGeocoder = field(repr=False)
    answers: Mapping[str, Answer]
    layers: Layers
    outline: Outline = field(repr=False)
    comparisons: Mapping[str, Comparison]
    texts: Mapping[str, SourceText]
    unverified: frozenset[Indicator]
    local: Local | None = field(default=None, repr=False)

    @cached_property
    def misses(self) -> dict[str, Miss]:
        """The places without a location."""
        return {id_: answer for id_, answer in self.answers.items() if isinstance(answer, Miss)}

    @cached_property
    def shares(self) -> dict[Indicator, tuple[float, float]]:
        """The figures that can be compared with others, each as a share of the largest of them."""
        measures = ((one, place, measure.figure) for one in self.comparisons.values() for place, measure in one.measures.items())
        return {figure: share for one, place, figure in measures if (share := one.share(place)) is not None}


def build_geocoder(settings: Settings) -> Geocoder:
    """Build the geocoder alone: the gazetteer, and behind it the online provider that the operator has turned on.

    Raises
    ------
    TableError
        If the tables are broken; with every problem.
    SettingsError
        If the online provider cannot be used as the settings say.
    """
    tables = read_tables(settings.data)
    return add_online(OfflineGeocoder(Gazetteer(tables)), settings, tables.profile)


def add_online(offline: OfflineGeocoder, settings: Settings, profile: Profile) -> Geocoder:
    """Put the online provider that the operator has turned on behind the offline geocoder; without one the offline geocoder comes back.

    Parameters
    ----------
    offline
        Is asked first.
    settings
        They name the provider, and the data folder with the outline of the area that it is asked about.
    profile
        Which city that is.

    Raises
    ------
    TableError
        If the outline cannot be read.
    SettingsError
        If the online provider cannot be used as the settings say.
    """
    if not settings.online:
        return offline
    from geo.geocode.online.geocoder import OnlineSettings, online_geocoder  # Its libraries are loaded where they are wanted only.

    wanted = OnlineSettings(settings.online, settings.online_key, settings.online_url, settings.online_cache)
    online = online_geocoder(wanted, read_outline(settings.data).districts, profile)
    assert online is not None
    return Fallback(offline, online)


def build_atlas(settings: Settings) -> Atlas:
    """Build the atlas from the tables.

    Raises
    ------
    TableError
        If the tables, the outline or what was added to it are broken; with every problem.
    SettingsError
        If a text of a source cannot be read.
    """
    # They load geopandas, half a second of work that a geocoder alone does without.
    from geo.layers.build import build_layers
    from geo.layers.corridors import build_belts

    tables = read_tables(settings.data)
    collect_made()
    gazetteer = Gazetteer(tables)
    geocoder = OfflineGeocoder(gazetteer)
    collect_made()
    answers = geocode_places(tables.places, geocoder)
    collect_made()
    belts = build_belts(tables.corridors, tables.profile.projected_crs)
    layers = build_layers(tables, answers, belts, gazetteer)
    texts = read_texts(settings.source_texts, tables.sources) if settings.source_texts else {}
    unverified = find_unverified(tables, texts)
    outline, local = read_outline(settings.data), read_local(settings.data)
    return Atlas(tables, gazetteer, geocoder, answers, layers, outline, find_comparisons(tables), texts, unverified, local)
