"""The first drawing of the map page: what its script is going to draw for the same address."""

from __future__ import annotations

from geo.draw.first_paint import Sketch, draw_background, draw_sketch
from geo.draw.marks import map_marks
from geo.layers.comparisons import Comparison
from geo.layers.select import Selection
from geo.serve.pages.state import draw_map
from geo.serve.site import Site
from geo.tables.kinds import Corridor
from geo.words.cards import Wording


def sketch_view(site: Site, wording: Wording, selection: Selection | None, comparison: Comparison | None) -> Sketch:
    """Draw the first picture of a view.

    Parameters
    ----------
    selection
        What is shown; ``None`` where every layer is off.
    comparison
        What sizes the symbols.
    """
    view = draw_map(site, wording).view
    corridors = _corridors(selection)
    belts = site.atlas.layers.corridors
    # With the filters of a narrower view some of what a tie joins is not there.
    is_whole = selection is not None and not (selection.q or selection.kinds or selection.districts)
    shown = site.atlas.layers.select("places", selection) if selection is not None else site.atlas.layers.places.iloc[:0]
    return draw_sketch(
        site.once(_background),
        belts[belts["corridor"].isin([corridor.value for corridor in corridors])],
        map_marks([site.places[id_] for id_ in shown.index], site.atlas.answers, site.points, wording.name, comparison),
        {corridor: lines for corridor, lines in site.ties.items() if is_whole and corridor in corridors},
        view,
        {corridor: wording.corridor(corridor) for corridor in Corridor},
        site.atlas.outline.districts["features"],
        "name_en" if wording.language == "en" else "name_zh",
    )


def _corridors(selection: Selection | None) -> list[Corridor]:
    if selection is None:
        return []
    return [corridor for corridor in Corridor if not selection.corridors or corridor in selection.corridors]


def _background(site: Site) -> str:
    # Drawn by now, in some language; the view is the same in each.
    return draw_background(site.atlas.outline, next(iter(site.maps.values())).view)
