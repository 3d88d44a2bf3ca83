"""What a view of the map shows: the same in the first drawing of the page and in a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd

from geo.draw.legend import Legend, count_seen
from geo.draw.marks import Mark, Ties, map_marks
from geo.ground.bbox import Box
from geo.ground.palette import UNFITTED
from geo.layers.comparisons import Comparison
from geo.layers.select import Selection
from geo.serve.site import Site
from geo.words.cards import Wording

# Degrees of latitude that a view shows at least: a place alone is shown with what lies around it.
LEAST_SPAN = 0.08


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
    is_narrowed
        Whether only a part of the places is chosen, whatever the corridors.
    legend
        What explains all of it.
    """

    places: gpd.GeoDataFrame
    marks: list[Mark]
    belts: gpd.GeoDataFrame
    ties: Ties
    is_narrowed: bool
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
    is_narrowed = selection is None or bool(selection.q or selection.kinds or selection.districts)
    ties = {corridor: lines for corridor, lines in site.ties.items() if not is_narrowed and corridor in corridors}
    marks = map_marks(
        [site.places[id_] for id_ in places.index], site.atlas.answers, site.points, wording.name, comparison, lambda *of: _value(wording, *of)
    )
    counts = count_seen(marks, len(places) - len(marks), belts["corridor"].unique(), has_ties=any(ties.values()))
    return Seen(places, marks, belts, ties, is_narrowed, wording.legend(comparison).seen(counts))


def fit_view(seen: Seen, comparison: Comparison | None, whole: Box) -> Box:
    """Choose what a map of a view has to show, as ``static/atlas/`` does: what is compared, or all places, with the belts where they are all.

    The point of a whole city does not count: it lies far from everything that is worth a look.

    Parameters
    ----------
    comparison
        What sizes and colours the symbols.
    whole
        What is shown where nothing is, degrees, WGS-84.
    """
    located = [mark for mark in seen.marks if mark.symbol not in UNFITTED]
    compared = [mark for mark in located if comparison and comparison.is_comparable and mark.id in comparison.measures]
    wanted = compared if len(compared) > 1 else located
    corners = [(mark.lon, mark.lat) for mark in wanted]
    if len(compared) < 2 and (not seen.is_narrowed or not wanted):
        corners += [
            corner for west, south, east, north in seen.belts.geometry.bounds.to_numpy().tolist() for corner in ((west, south), (east, north))
        ]
    if not corners:
        return whole
    (west, east), (south, north) = ((min(ends), max(ends)) for ends in zip(*corners, strict=True))
    lon, lat = (west + east) / 2, (south + north) / 2
    tall, wide = LEAST_SPAN / 2, LEAST_SPAN / 2 / math.cos(math.radians(lat))
    return Box(min(west, lon - wide), min(south, lat - tall), max(east, lon + wide), max(north, lat + tall))


def _value(wording: Wording, comparison: Comparison, place: str) -> str:
    """Write what a place has in a comparison as it stands beside its name."""
    return wording.measure(comparison, place)[0]
