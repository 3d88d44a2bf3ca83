"""The pages: the map, a place, a source, and how it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain, combinations
from typing import Any

import flask
from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from geo.errors import NotFoundError
from geo.formats import FORMATS
from geo.geocode import Match
from geo.layers import Selection
from geo.schema import Basis, Corridor, Indicator, Kind, Place, Relation
from geo.web.language import chosen_language, request_wording
from geo.web.responses import IMMUTABLE, REVALIDATE, cacheable
from geo.web.selection import page_selection
from geo.web.site import Site, current_site
from geo.webmap import MapParts, build_map, render_map
from geo.wording import GROUPS, LANGUAGES, Card, Wording, build_cards

blueprint = Blueprint("pages", __name__)


@blueprint.app_context_processor
def shared_by_all_pages() -> dict[str, Any]:
    """Give every template the asset addresses and the language switch."""
    site = current_site()

    def asset_url(name: str) -> str:
        return url_for("assets.asset", name=site.asset_name(name))

    return {
        "asset_url": asset_url,
        "language": chosen_language(),
        "languages": LANGUAGES,
        "version": site.atlas.tables.version,
        "here": request.path,
        "wording": request_wording(),
    }


@blueprint.get("/")
def index() -> Response:
    """Show the map."""
    site, wording = current_site(), request_wording()
    selection, dropped = page_selection(request.args)
    shown = site.atlas.layers.select("places", selection) if selection is not None else site.atlas.layers.places.iloc[:0]
    cards = build_cards(site.atlas.tables, site.atlas.answers, wording)
    selected = request.args.get("place", "")
    notes = [gettext("地址里的 %(name)s=%(value)s 不认识，已忽略", name=error.parameter, value=error.value[:40]) for error in dropped]
    if selected and selected not in site.places:
        notes.append(gettext("没有编号为 %(id)s 的地点", id=selected[:40]))
    map_parts = _map(site, wording)
    html = render_template(
        "index.html",
        cards=cards,
        shown=frozenset(shown.index),
        groups=_groups(site, cards),
        corridors=_corridor_switches(site, wording, selection),
        selection=selection,
        q=selection.q if selection else "",
        finding=_findings(site, wording)[_finding_key(selection)],
        notes=notes,
        download_url=_download_url(selection) if len(shown) else None,
        figures_count=len(site.atlas.tables.indicators),
        report=site.report,
        misses=site.atlas.misses,
        map_html=map_parts.html,
        map_url=url_for("pages.map_script", lang=wording.language, v=_digest(map_parts.script)),
        page_state=_page_state(site, wording),
        table=[(cards[id_], place) for id_, place in site.places.items()],
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by_language=True)


@blueprint.get("/map.js")
def map_script() -> Response:
    """Give the script that folium made."""
    script = _map(current_site(), request_wording()).script
    cache_control = IMMUTABLE if request.args.get("v") == _digest(script) else REVALIDATE
    return cacheable(script, "text/javascript; charset=utf-8", cache_control=cache_control, varies_by_language=True)


@blueprint.get("/places/<id_>")
def place(id_: str) -> Response:
    """Show one place."""
    site, wording = current_site(), request_wording()
    if id_ not in site.places:
        raise NotFoundError(f"no place {id_[:80]!r}; /layers/places.geojson has them all")
    row, answer = site.places[id_], site.atlas.answers[id_]
    ties = [
        (wording.relation(tie.relation), site.places[tie.to_id], site.sources[tie.source], tie.paragraph)
        for tie in site.atlas.tables.relations
        if tie.from_id == id_
    ]
    tied = [
        (site.places[tie.from_id], wording.relation(tie.relation), site.sources[tie.source], tie.paragraph)
        for tie in site.atlas.tables.relations
        if tie.to_id == id_
    ]
    html = render_template(
        "place.html",
        card=wording.card(row, site.atlas.tables, answer),
        place=row,
        match=answer if isinstance(answer, Match) else None,
        location_source=site.sources[answer.source] if isinstance(answer, Match) else None,
        ties=ties,
        tied=tied,
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by_language=True)


@blueprint.get("/sources/<id_>")
def source(id_: str) -> Response:
    """Show a document and everything that points into it."""
    site, wording = current_site(), request_wording()
    if id_ not in site.sources:
        raise NotFoundError(f"no source {id_[:80]!r}; expected one of {', '.join(site.sources)}")
    tables, row = site.atlas.tables, site.sources[id_]
    labels = {vocable.indicator: wording.pick(vocable.label_zh, vocable.label_en) for vocable in tables.vocabulary}
    figures = [
        (figure, wording.figure(figure, labels[figure.indicator], row), site.places[figure.subject_id])
        for figure in tables.indicators
        if figure.source == id_
    ]
    figures.sort(key=lambda entry: (entry[0].paragraph or 0, entry[0].start or 0))
    named = [place for place in tables.places if place.source == id_]
    # Links lead to #p and the paragraph: the first row that stands for a paragraph carries its anchor.
    anchors: dict[int | None, Indicator | Place] = {}
    rows: list[Indicator | Place] = [*(entry[0] for entry in figures), *named]
    for stated in rows:
        anchors.setdefault(stated.paragraph, stated)
    html = render_template(
        "source.html",
        source=row,
        figures=figures,
        named=named,
        anchors={paragraph: stated for paragraph, stated in anchors.items() if paragraph},
        located=[
            (site.places[place_id], answer) for place_id, answer in site.atlas.answers.items() if isinstance(answer, Match) and answer.source == id_
        ],
        other_numbers=[(number, wording.number_reason(number.reason)) for number in tables.other_numbers if number.source == id_],
        corridors=[corridor for corridor in tables.corridors if corridor.source == id_],
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by_language=True)


@blueprint.get("/about")
def about() -> Response:
    """Say how the atlas was made, from what, and what is not known."""
    site, wording = current_site(), request_wording()
    tables = site.atlas.tables
    by_host = [site.places[id_] for id_, answer in site.atlas.answers.items() if isinstance(answer, Match) and answer.basis is Basis.PARENT]
    html = render_template(
        "about.html",
        tables=tables,
        report=site.report,
        sources=tables.sources,
        corridors=tables.corridors,
        counts={
            "places": len(tables.places),
            "located": len(tables.places) - len(site.atlas.misses) - len(by_host),
            "by_host": len(by_host),
            "missed": len(site.atlas.misses),
            "figures": len(tables.indicators),
        },
        misses=[(site.places[id_], wording.miss_reason(miss.reason)) for id_, miss in site.atlas.misses.items()],
        by_host=by_host,
        without_figures=[place for place in tables.places if not any(row.subject_id == place.id for row in tables.indicators)],
        without_period=sum(1 for row in tables.indicators if row.period is None),
        inferred=[place for place in tables.places if place.corridor_basis.value == "inferred"],
        outlines=[site.outline.districts.get("attribution", ""), site.outline.water.get("attribution", "")],
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by_language=True)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the atlas is being served, and which data."""
    site = current_site()
    document = {
        "status": "ready",
        "version": site.atlas.tables.version,
        "last_change": site.last_change.isoformat(),
        "places": len(site.places),
        "figures": len(site.atlas.tables.indicators),
        "missed": len(site.atlas.misses),
    }
    response = flask.jsonify(document)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- what the map page is made of ---------------------------------------------------------------------------------------------------------


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _groups(site: Site, cards: Mapping[str, Card]) -> list[tuple[str, list[tuple[Place, Card]]]]:
    return [
        (gettext(title), [(place, cards[place.id]) for place in site.places.values() if place.kind in kinds])
        for title, kinds in GROUPS
        if any(place.kind in kinds for place in site.places.values())
    ]


def _corridor_switches(site: Site, wording: Wording, selection: Selection | None) -> list[dict[str, Any]]:
    on = frozenset[Corridor]() if selection is None else selection.corridors or frozenset(Corridor)
    return [
        {
            "value": corridor.value,
            "name": wording.corridor_short(corridor),
            "long_name": wording.corridor(corridor),
            "count": sum(1 for place in site.places.values() if place.corridor is corridor),
            "on": corridor in on,
        }
        for corridor in Corridor
    ]


def _download_url(selection: Selection | None) -> str:
    """Give the address of what is shown, as ``static/atlas.js`` does when the view changes."""
    chosen = selection or Selection()
    return url_for(
        "downloads.layer",
        name="places",
        extension=next(iter(FORMATS)),
        corridor=[corridor.value for corridor in Corridor if corridor in chosen.corridors],
        kind=[kind.value for kind in Kind if kind in chosen.kinds],
        district=sorted(chosen.districts),
        q=chosen.q or None,
    )


def _finding_key(selection: Selection | None) -> str:
    if selection is None:
        return ""
    return ",".join(corridor.value for corridor in Corridor if not selection.corridors or corridor in selection.corridors)


def _findings(site: Site, wording: Wording) -> dict[str, str]:
    """State the finding of every choice of layers, so that the page can follow the switches without asking."""
    findings = {"": gettext("没有打开任何图层。")}
    for some in chain.from_iterable(combinations(Corridor, size) for size in range(1, len(Corridor) + 1)):
        places = [place for place in site.places.values() if place.corridor in some]
        findings[",".join(corridor.value for corridor in some)] = wording.finding(places, site.atlas.tables)
    return findings


def _page_state(site: Site, wording: Wording) -> dict[str, Any]:
    """Give the script what it cannot know: addresses and phrases in the reader's language."""
    return {
        "corridors": [corridor.value for corridor in Corridor],
        "findings": _findings(site, wording),
        "layerUrl": url_for("downloads.layer", name="places", extension=next(iter(FORMATS))),
        "phrases": {
            "shown": gettext("显示 {shown} 处，共 {all} 处"),
            "close": gettext("关闭"),
            "page": gettext("详情页"),
            "copy": gettext("复制链接"),
            "copied": gettext("已复制"),
            "figures": gettext("指标"),
            "noFigures": gettext("报道未给出单独的数字"),
            "zoomIn": gettext("放大"),
            "zoomOut": gettext("缩小"),
            "growth": gettext("增长"),
            "map": gettext("地图"),
            "outline": gettext("轮廓：天地图 2024、GSHHG、© OpenStreetMap contributors"),
        },
    }


def _map(site: Site, wording: Wording) -> MapParts:
    parts = site.maps.get(wording.language)
    if parts is None:
        parts = site.maps[wording.language] = render_map(
            build_map(
                outline=site.outline,
                belts=site.atlas.layers.corridors,
                places={
                    corridor: [
                        _map_place(site, card, wording.language)
                        for card in build_cards(site.atlas.tables, site.atlas.answers, wording).values()
                        if site.places[card.id].corridor is corridor
                    ]
                    for corridor in Corridor
                },
                ties=_map_ties(site),
                corridor_names={corridor: wording.corridor(corridor) for corridor in Corridor},
                district_name="name_en" if wording.language == "en" else "name_zh",
            )
        )
    return parts


def _map_place(site: Site, card: Card, language: str) -> dict[str, Any]:
    """Give the script one place: its symbol, where it goes, and its card with the addresses in it."""
    place, answer = site.places[card.id], site.atlas.answers[card.id]
    point = site.atlas.layers.places.geometry.loc[card.id]
    by_host = isinstance(answer, Match) and answer.basis is Basis.PARENT
    words = asdict(card)
    words["href"] = url_for("pages.place", id_=card.id, lang=language)
    words["geojsonHref"] = url_for("downloads.place", id_=card.id)
    words["sourceHref"] = _source_url(card.source, card.paragraph, language)
    for figure in words["figures"]:
        figure["href"] = _source_url(figure["source"], figure["paragraph"], language)
    return {
        "id": place.id,
        "corridor": place.corridor.value,
        "kind": place.kind.value,
        "district": place.district.value,
        "symbol": _symbol(place, by_host),
        "host": place.parent_id if by_host else None,
        "lon": None if point is None else point.x,
        "lat": None if point is None else point.y,
        "radius": answer.uncertainty_m if isinstance(answer, Match) else None,
        "search": site.atlas.layers.search[place.id],
        "card": words,
    }


def _symbol(place: Place, by_host: bool) -> str:
    if by_host:
        return "guest"
    match place.kind:
        case Kind.PLATFORM:
            return "platform"
        case Kind.COOPERATION_ZONE:
            return "zone"
        case Kind.CITY | Kind.DISTRICT:
            return place.kind.value
        case _:
            return "site"


def _map_ties(site: Site) -> dict[Corridor, list[tuple[tuple[float, float], tuple[float, float]]]]:
    """Give the lines of the stated ties between a platform and its cooperation zones; they belong to the layer of the zone."""
    points = site.atlas.layers.places.geometry
    ties: dict[Corridor, list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for tie in site.atlas.tables.relations:
        here, there = points.loc[tie.from_id], points.loc[tie.to_id]
        if tie.relation is Relation.COOPERATES_WITH and here is not None and there is not None:
            ties.setdefault(site.places[tie.to_id].corridor, []).append(((here.x, here.y), (there.x, there.y)))
    return ties


def _source_url(id_: str, paragraph: int | None, language: str) -> str:
    return url_for("pages.source", id_=id_, lang=language, _anchor=f"p{paragraph}" if paragraph else None)
