"""The sentence: read the tables, geocode every place name, lay the places out as layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geo.corridors import build_belts
from geo.gazetteer import Gazetteer
from geo.geocode import Answer, GazetteerGeocoder, Miss, geocode_places
from geo.layers import Layers, build_layers
from geo.settings import Settings
from geo.tables import Tables, read_tables


@dataclass(frozen=True)
class Atlas:
    """Everything that is drawn, served and exported.

    Attributes
    ----------
    tables
        The validated tables.
    answers
        The geocoder's answer for every place id, misses included.
    layers
        The places and corridors in EPSG:4326.
    """

    tables: Tables
    answers: Mapping[str, Answer]
    layers: Layers

    @property
    def misses(self) -> dict[str, Miss]:
        """The places without a location."""
        return {id_: answer for id_, answer in self.answers.items() if isinstance(answer, Miss)}


def build_atlas(settings: Settings) -> Atlas:
    """Build the atlas from the tables.

    Raises
    ------
    TableError
        If the tables are broken; with every problem.
    """
    tables = read_tables(settings.data)
    gazetteer = Gazetteer(tables.gazetteer)
    answers = geocode_places(tables.places, GazetteerGeocoder(gazetteer))
    belts = build_belts(tables.corridors)
    layers = build_layers(tables, answers, belts, gazetteer)
    return Atlas(tables, answers, layers)
