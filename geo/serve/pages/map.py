"""The map page, alone and for a frame, and the script that folium makes for it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from geo.draw.script import Script
from geo.draw.webmap import MAX_ZOOM, MIN_ZOOM, ZOOM_SNAP
from geo.errors import BadParameterError, NotFoundError
from geo.ground.palette import HATCH_STEP
from geo.layers.comparisons import Comparison
from geo.layers.formats import FORMATS
from geo.layers.sectors import english_words
from geo.layers.select import LAYERS, Selection
from geo.serve.data.dataset import brief_document, dataset_document
from geo.serve.http.language import chosen_language, request_wording
from geo.serve.http.limits import SHORT, in_turn
from geo.serve.http.responses import BY_LANGUAGE, IMMUTABLE, REVALIDATE, cacheable, stored
from geo.serve.http.selection import is_known_parameter, page_selection, parse_comparison
from geo.serve.http.store import SMALL, USUAL
from geo.serve.pages.first_paint import sketch_view
from geo.serve.pages.pictures import LEAST_WIDTH, MOST_WIDTH, SCALES, WIDTH
from geo.serve.pages.seen import find_seen
from geo.serve.pages.state import (
    PAGE_ROWS,
    comparison_keys,
    comparisons_digest,
    comparisons_script,
    comparisons_url,
    draw_map,
    legend_state,
    page_state,
    word_parts,
    words_digest,
    words_script,
)
from geo.serve.site import Site, current_site
from geo.tables.kinds import Kind
from geo.tables.rows import Place
from geo.words.cards import Wording
from geo.words.phrases import GROUPS, LANGUAGES

blueprint = Blueprint("pages", __name__)


@blueprint.app_context_processor
def shared_by_all_pages() -> dict[str, Any]:
    """Give every template the asset addresses and the language switch."""
    site = current_site()
    return {
        "asset_url": asset_url,
        "language": chosen_language(),
        "languages": LANGUAGES,
        "version": site.atlas.tables.version,
        "slug": site.atlas.tables.profile.slug,
        "language_url": _language_url,
        "is_frozen": site.is_frozen,
        "wording": request_wording(),
        "latest_since": site.since,
    }


def asset_url(name: str) -> str:
    """Give the address of an asset by its plain name."""
    return url_for("assets.asset", name=current_site().asset_name(name))


def _language_url(language: str) -> str:
    """Give the address of this page in a language, with what else it says."""
    if current_site().is_frozen:
        return url_for(str(request.endpoint), **{**(request.view_args or {}), **request.args.to_dict(), "lang": language})
    args = MultiDict(request.args)
    args["lang"] = language
    return f"?{urlencode(list(args.items(multi=True)))}"


@blueprint.get("/")
def index() -> Response:
    """Show the map."""
    with _turn():
        return _map_page(is_embedded=False)


@blueprint.get("/embed")
def embed() -> Response:
    """Show the map alone, for a frame in another page; the parameters are those of the page."""
    with _turn():
        return _map_page(is_embedded=True)


def _turn() -> AbstractContextManager[None]:
    """Choose places only when it is this client's turn; the page with all of them is made once, and every visitor waits for it."""
    return in_turn(SHORT) if request.query_string else nullcontext()


def _map_page(*, is_embedded: bool) -> Response:
    site, wording = current_site(), request_wording()
    selection, number, dropped = page_selection(request.args, site.atlas.tables)
    comparison, dropped_comparison = _chosen_comparison(site)
    seen = find_seen(site, wording, selection, comparison)
    shown = list(seen.places.index)
    dropped += dropped_comparison + _dropped_parameters(site)
    selected = request.args.get("place", "")
    notes = [gettext("地址里的 %(name)s=%(value)s 不认识，已忽略", name=error.parameter[:40], value=error.value[:40]) for error in dropped]
    if selected and selected not in site.places:
        notes.append(gettext("没有编号为 %(id)s 的地点", id=selected[:40]))
    number = min(number, max(1, -(-len(shown) // PAGE_ROWS)))
    rows = slice((number - 1) * PAGE_ROWS, number * PAGE_ROWS)
    map_parts = draw_map(site, wording)
    map_url = url_for("pages.map_script", lang=wording.language, v=map_parts.script.digest)
    state = page_state(site, wording)
    sketch = sketch_view(site, wording, seen, comparison)
    html = render_template(
        "index.html",
        is_embedded=is_embedded,
        count=len(site.places),
        shown=len(shown),
        counted=_counted(site, wording, shown, comparison),
        groups=_groups(site, wording, shown, rows, comparison),
        table=[site.places[id_] for id_ in shown[rows]],
        entry=lambda place: wording.entry(place, site.atlas),
        headline=lambda entry: wording.measure(comparison, entry.id) if comparison else (entry.headline, entry.headline_note),
        pages=_page_links(number, len(shown)),
        corridor_rows=[row for row in site.atlas.tables.corridors if row.id in set(seen.belts["corridor"]) and not seen.is_narrowed],
        hatch_step=HATCH_STEP,
        corridors=_corridor_switches(site, wording, selection),
        selection=selection,
        kinds=_kind_choices(site, wording, selection),
        comparisons=_comparison_choices(site, wording),
        comparison=comparison,
        periods=_period_choices(site, wording, comparison),
        q=selection.q if selection else "",
        is_whole=selection is not None and is_whole(selection, site),
        examples=site.once(_examples).get(wording.language, ""),
        finding=_finding(site, wording, selection, comparison, shown),
        notes=notes,
        download_url=_filtered(site, "downloads.layer", selection, name="places", extension=next(iter(FORMATS))) if shown else None,
        sketch=sketch,
        legend=legend_state(seen.legend if sketch.ringed else seen.legend.without("ring")),
        has_metro=bool(site.atlas.outline.metro["features"]),
        metro_on=request.args.get("metro") != "off",
        **_choices_of_dialogs(site),
        zooms=(MIN_ZOOM, MAX_ZOOM, ZOOM_SNAP),
        formats_url=_filtered(site, "catalogue.layers", selection, f="html", lang=wording.language),
        dataset=None if is_embedded else brief_document(dataset_document(site, wording, (LAYERS["places"],))),
        sourced=wording.sourced(len({row.source for row in site.atlas.tables.indicators}), len(site.atlas.tables.indicators)),
        report=site.report,
        misses=site.atlas.misses,
        map_html=map_parts.html,
        map_url=map_url,
        comparisons_url=comparisons_url(site, wording, comparison.key) if comparison else None,
        formats=[(format_.name, format_.extension) for format_ in FORMATS.values()],
        page_state=state,
    )
    # The first page of nearly every visit is made once and sent many times.
    quality = USUAL if set(request.args) - {"lang"} else SMALL
    response = cacheable(html, "text/html; charset=utf-8", varies_by=BY_LANGUAGE, is_shared=True, quality=quality)
    # The head of the answer comes before its body has been read: the browser asks for what the page needs a good deal earlier. What the first picture
    # needs comes first: the scripts of the map are most of the bytes.
    first = [(asset_url("map.css"), "style"), (asset_url("early.js"), "script")]
    links = [f"<{url}>; rel=preload; as={what}" for url, what in first]
    links += [f"<{url}>; rel=preload; as=script; fetchpriority=low" for url in (asset_url("leaflet.js"), asset_url("atlas.js"), map_url)]
    response.headers["Link"] = ", ".join(links)
    return response


@blueprint.get("/dialogs")
def dialogs() -> Response:
    """Give what the map page asks for when it is first wanted: a fragment of it."""
    return cacheable(render_template("dialogs.html", **_choices_of_dialogs(current_site())), "text/html; charset=utf-8", varies_by=BY_LANGUAGE)


def _choices_of_dialogs(site: Site) -> dict[str, Any]:
    return {
        "frames": current_app.config["FRAME_ANCESTORS"] or site.is_frozen,
        "frames_note": gettext("本服务只许自己的网页嵌入；要让别的网站嵌入，请运营者把它的地址写进设置 GEO_FRAME_ANCESTORS。"),
        "scales": SCALES,
        "picture_width": WIDTH,
        "least_width": LEAST_WIDTH,
        "most_width": MOST_WIDTH,
    }


@blueprint.get("/map.js")
def map_script() -> Response:
    """Give the script that folium made."""
    script = draw_map(current_site(), request_wording()).script
    return _script(script, script.digest)


@blueprint.get("/comparisons.js")
def comparisons() -> Response:
    """Give the figures that may be compared, or those of one comparison, where each comes alone."""
    site = current_site()
    key = request.args.get("key")
    if key is not None and key not in comparison_keys(site):
        raise NotFoundError(f"no comparison {key[:80]!r} of its own; the map page names those that there are")
    wording = request_wording()
    return _script(comparisons_script(site, wording, key), comparisons_digest(site, wording, key), **({"key": key} if key else {}))


@blueprint.get("/words.js")
def words() -> Response:
    """Give a part of the words of the places, where they come after the map."""
    site = current_site()
    part = request.args.get("part", "")
    parts = {str(number): number for number in word_parts(site)}
    if part not in parts:
        raise NotFoundError(f"no part {part[:20]!r} of the words; the map page names those that there are")
    wording = request_wording()
    return _script(words_script(site, wording, parts[part]), words_digest(site, wording, parts[part]), part=part)


def _script(script: Script, digest: str, **named: str) -> Response:
    return stored(
        script.content,
        "text/javascript; charset=utf-8",
        cache_control=IMMUTABLE if request.args.get("v") == digest else REVALIDATE,
        varies_by=BY_LANGUAGE,
        is_canonical=request.query_string.decode() == urlencode({**named, "lang": request.args.get("lang"), "v": digest}),
    )


# --- what the map page is made of ---------------------------------------------------------------------------------------------------------


class _Group(NamedTuple):
    """A group of the list: its title and size, its places among the rows of a page, and whether it is folded."""

    title: str
    size: int
    places: list[Place]
    is_folded: bool = False


def _groups(site: Site, wording: Wording, shown: Sequence[str], rows: slice, comparison: Comparison | None) -> list[_Group]:
    """Group the rows of a page of the list: by kind, or where figures are compared, those that have one from the largest, and the others folded."""
    if comparison:
        wanted = set(shown)
        having = [id_ for id_ in comparison.order if id_ in wanted]
        others = [id_ for id_ in shown if id_ not in comparison.measures]
        page = set([*having, *others][rows])
        both = ((wording.having, having, False), (wording.lacking, others, bool(having)))
        parts = [_Group(title, len(ids), [site.places[id_] for id_ in ids if id_ in page], is_folded) for title, ids, is_folded in both]
        return [part for part in parts if part.places]
    group_of = {kind: position for position, (_, kinds) in enumerate(GROUPS) for kind in kinds}
    ordered = sorted((site.places[id_] for id_ in shown), key=lambda place: group_of[place.kind])
    sizes = Counter(group_of[place.kind] for place in ordered)
    kinds = groupby(ordered[rows], key=lambda place: group_of[place.kind])
    return [_Group(wording.group(position), sizes[position], list(places)) for position, places in kinds]


def _comparison_choices(site: Site, wording: Wording) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the choices of the indicator under a heading each: what can be compared, which says how much that is, and what one place only has."""
    ones = site.atlas.comparisons.values()
    comparable = [(one.key, f"{wording.comparison(one)} · {wording.count_of_places(len(one.measures))}") for one in ones if one.is_comparable]
    alone = [(one.key, wording.comparison(one)) for one in ones if not one.is_comparable]
    return [(wording.comparable(len(comparable)), comparable), *([(wording.alone, alone)] if alone else [])]


def _period_choices(site: Site, wording: Wording, comparison: Comparison | None) -> list[tuple[str, str]]:
    """Give the periods that what is compared is stated of, and what each is called; none where there is one."""
    ones = [site.atlas.comparisons[key] for key in comparison.periods] if comparison else []
    return [(one.period.text, wording.period(one.period)) for one in ones if one.period]


def _page_links(number: int, count: int) -> dict[str, Any] | None:
    """Say which rows the page shows, and how to turn it; nothing where all fit on one page."""
    if count <= PAGE_ROWS:
        return None
    last = -(-count // PAGE_ROWS)
    return {
        "first": (number - 1) * PAGE_ROWS + 1,
        "last": min(number * PAGE_ROWS, count),
        "all": count,
        "before": _page_url(number - 1) if number > 1 else None,
        "after": _page_url(number + 1) if number < last else None,
    }


def _page_url(number: int) -> str:
    args = MultiDict(request.args)
    args["page"] = str(number)
    if current_site().is_frozen:
        # Nothing is filtered there, so that each parameter stands once.
        values: dict[str, Any] = args.to_dict()
        return url_for(str(request.endpoint), **values)
    return f"?{urlencode(list(args.items(multi=True)))}"


def _kind_choices(site: Site, wording: Wording, selection: Selection | None) -> list[tuple[str, str, bool]]:
    """Give the values, names and states of the kind filter; several kinds at once, which an address may ask for, are a choice of their own."""
    chosen = [kind for kind in Kind if selection and kind in selection.kinds]
    there = {place.kind for place in site.places.values()}
    counts = Counter(site.atlas.layers.select("places", dataclasses.replace(selection, kinds=frozenset()))["kind"]) if selection else Counter[str]()
    choices = [(kind.value, f"{wording.kind(kind)} {counts[kind.value]}", [kind] == chosen) for kind in Kind if kind in there]
    if len(chosen) > 1:
        choices.append((",".join(chosen), " + ".join(wording.kind(kind) for kind in chosen), True))
    return choices


def _dropped_parameters(site: Site) -> list[BadParameterError]:
    """Find what the page does not read: names it does not know, and basemaps that are not offered."""
    dropped = [BadParameterError(name, value, "a parameter of the page") for name, value in request.args.items() if not is_known_parameter(name)]
    metro = request.args.get("metro", "on")
    if metro not in ("on", "off"):
        dropped.append(BadParameterError("metro", metro, "on or off", ("on", "off")))
    basemap = request.args.get("basemap", "outline")
    offered = ("outline", *(one.id for one in site.basemaps))
    if basemap not in offered:
        dropped.append(BadParameterError("basemap", basemap, f"one of {', '.join(offered)}", offered))
    return dropped


def _chosen_comparison(site: Site) -> tuple[Comparison | None, list[BadParameterError]]:
    """Find what is compared; where there is nothing of the period, the indicator at its own one."""
    try:
        return parse_comparison(request.args, site.atlas.comparisons), []
    except BadParameterError as error:
        # Its traceback refers to this call, and so to the site: see geo.ground.garbage.
        return site.atlas.comparisons.get(request.args.get("indicator", "")), [error.with_traceback(None)]


def _corridor_switches(site: Site, wording: Wording, selection: Selection | None) -> list[dict[str, Any]]:
    others = dataclasses.replace(selection or Selection(), corridors=frozenset())
    counts = Counter(site.atlas.layers.select("places", others)["corridor"])
    on = frozenset[str]() if selection is None else selection.corridors or frozenset(site.atlas.tables.corridor_ids)
    return [
        {
            "value": corridor,
            "name": wording.corridor_short(corridor),
            "long_name": wording.corridor(corridor),
            "count": counts[corridor],
            "on": corridor in on,
        }
        for corridor in site.atlas.tables.corridor_ids
    ]


def is_whole(selection: Selection, site: Site) -> bool:
    """Tell whether a selection leaves nothing out."""
    return len(selection.corridors) in (0, len(site.atlas.tables.corridor_ids)) and not (selection.kinds or selection.districts or selection.q)


def _examples(site: Site) -> dict[str, str]:
    """Give what the search may be tried with, in each language: the most frequent district, and the most frequent industry in Chinese."""
    districts = Counter(place.district for place in site.places.values()).most_common(1)
    sectors = Counter(place.sector for place in site.places.values() if place.sector).most_common(1)
    both = [name for name, _ in (*districts, *sectors)]
    english = [site.atlas.tables.districts.get(name, name) for name, _ in districts] + [word for name, _ in sectors for word in english_words(name)]
    return {"zh": "、".join(both), "en": ", ".join(english)}


def _finding(site: Site, wording: Wording, selection: Selection | None, comparison: Comparison | None, shown: Sequence[str]) -> str:
    """State what the view shows, as ``static/atlas/`` does when it changes."""
    if selection is None:
        nothing: str = gettext("没有打开任何图层。")
        return nothing
    if comparison and is_whole(selection, site):
        return wording.comparison_finding(comparison, site.places)
    return wording.finding([site.places[id_] for id_ in shown], site.atlas.tables)


def _counted(site: Site, wording: Wording, shown: Sequence[str], comparison: Comparison | None) -> str:
    """Say how many places are shown, and how many of them can be compared."""
    if not comparison or not shown:
        return str(gettext("显示 %(shown)s 处，共 %(all)s 处", shown=len(shown), all=len(site.places)))
    having = sum(1 for id_ in shown if id_ in comparison.measures)
    return wording.compared(min(having, 2) if comparison.is_comparable else 1).format(**{"with": having, "all": len(shown)})


def _filtered(site: Site, endpoint: str, selection: Selection | None, **values: Any) -> str:
    """Give an address with the filters of what is shown, as ``static/atlas/`` does when the view changes."""
    chosen = selection or Selection()
    filters: dict[str, Any] = {
        "corridor": [corridor for corridor in site.atlas.tables.corridor_ids if corridor in chosen.corridors],
        "kind": [kind.value for kind in Kind if kind in chosen.kinds],
        "district": sorted(chosen.districts),
        "q": chosen.q or None,
    }
    return url_for(endpoint, **filters, **values)
