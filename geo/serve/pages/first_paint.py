"""The first drawing of the map page: what its script is going to draw for the same address."""

from __future__ import annotations

from geo.draw.first_paint import Sketch, draw_background, draw_sketch
from geo.layers.comparisons import Comparison
from geo.serve.pages.seen import Seen, fit_view
from geo.serve.pages.state import draw_map
from geo.serve.site import Site
from geo.words.cards import Wording


def sketch_view(site: Site, wording: Wording, seen: Seen, comparison: Comparison | None) -> Sketch:
    """Draw the first picture of a view: what is chosen, as large as the script is going to show it."""
    whole = draw_map(site, wording).view
    return draw_sketch(
        site.once(_background),
        seen.belts,
        seen.marks,
        seen.ties,
        fit_view(seen, comparison, whole),
        whole,
        wording.corridors,
        site.atlas.outline.districts["features"],
        "name_en" if wording.language == "en" else "name_zh",
    )


def _background(site: Site) -> str:
    # Drawn by now, in some language; the view is the same in each.
    return draw_background(site.atlas.outline, next(iter(site.maps.values())).view)
