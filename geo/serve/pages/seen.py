"""What a view of the map shows: the same in the first drawing of the page and in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from geo.draw.legend import Legend, count_seen
from geo.draw.marks import Mark, Ties, map_marks
from geo.layers.comparisons import Comparison
from geo.layers.select import Selection
from geo.serve.site import Site
from geo.words.cards import Wording


@dataclass(frozen=True)
class Seen:
    """What a view shows.

    Attributes
    ----------
    places
        The rows of the layer of places that are chosen, with those that have no location.
    marks
        Those of them that have one.
    belts
        The belts and axes of the corridors that are switched on.
    ties
        By corridor; none where only some of the places are chosen, as a tie joins two.
    legend
        What explains all of it.
    """

    places: gpd.GeoDataFrame
    marks: list[Mark]
    belts: gpd.GeoDataFrame
    ties: Ties
    legend: Legend


def find_seen(site: Site, wording: Wording, selection: Selection | None, comparison: Comparison | None) -> Seen:
    """Find what a view shows.

    Parameters
    ----------
    selection
        What is chosen; ``None`` where every layer is off.
    comparison
        What sizes and colours the symbols.
    """
    layers = site.atlas.layers
    places = layers.select("places", selection) if selection is not None else layers.places.iloc[:0]
    every = site.atlas.tables.corridor_ids
    corridors = [corridor for corridor in every if selection is not None and (not selection.corridors or corridor in selection.corridors)]
    belts = layers.corridors[layers.corridors["corridor"].isin(corridors)]
    is_whole = selection is not None and not (selection.q or selection.kinds or selection.districts)
    ties = {corridor: lines for corridor, lines in site.ties.items() if is_whole and corridor in corridors}
    marks = map_marks(
        [site.places[id_] for id_ in places.index], site.atlas.answers, site.points, wording.name, comparison, lambda *of: _value(wording, *of)
    )
    counts = count_seen(marks, len(places) - len(marks), belts["corridor"].unique(), has_ties=any(ties.values()))
    return Seen(places, marks, belts, ties, wording.legend(comparison).seen(counts))


def _value(wording: Wording, comparison: Comparison, place: str) -> str:
    """Write what a place has in a comparison as it stands beside its name: in whole units, where the language has them."""
    amount, _, *whole = wording.measure(comparison, place)
    return next(filter(None, whole), amount)
