"""The pages: the map, a place, a source, and how it was made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from itertools import chain, combinations
from typing import Any

import flask
from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext

from geo.comparisons import Comparison
from geo.errors import BadParameterError, NotFoundError
from geo.formats import FORMATS
from geo.geocode import Match
from geo.layers import Selection
from geo.provenance import Passage, mark_spans
from geo.schema import Basis, Corridor, Indicator, Kind, Place
from geo.web.language import chosen_language, request_wording
from geo.web.places import map_symbol, map_ties
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
    return _map_page(is_embedded=False)


@blueprint.get("/embed")
def embed() -> Response:
    """Show the map alone, for a frame in another page; the parameters are those of the page."""
    return _map_page(is_embedded=True)


def _map_page(*, is_embedded: bool) -> Response:
    site, wording = current_site(), request_wording()
    selection, dropped = page_selection(request.args)
    shown = site.atlas.layers.select("places", selection) if selection is not None else site.atlas.layers.places.iloc[:0]
    cards = build_cards(site.atlas, wording)
    comparison, dropped_comparison = _chosen_comparison(site)
    dropped += dropped_comparison
    selected = request.args.get("place", "")
    notes = [gettext("地址里的 %(name)s=%(value)s 不认识，已忽略", name=error.parameter, value=error.value[:40]) for error in dropped]
    if selected and selected not in site.places:
        notes.append(gettext("没有编号为 %(id)s 的地点", id=selected[:40]))
    map_parts = _map(site, wording)
    html = render_template(
        "index.html",
        is_embedded=is_embedded,
        cards=cards,
        shown=frozenset(shown.index),
        groups=_groups(site, cards),
        corridors=_corridor_switches(site, wording, selection),
        selection=selection,
        kinds=_kind_choices(site, wording, selection),
        comparisons=[(one.key, wording.comparison(one), len(one.measures)) for one in site.atlas.comparisons.values()],
        comparison=comparison,
        headlines={id_: wording.measure(comparison, id_) if comparison else (card.headline, card.headline_note) for id_, card in cards.items()},
        q=selection.q if selection else "",
        finding=wording.comparison_finding(comparison, site.places)
        if comparison and selection == Selection()
        else _findings(site, wording)[_finding_key(selection)],
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
        card=wording.card(row, site.atlas),
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
        (
            figure,
            wording.figure(figure, labels[figure.indicator], row, is_unverified=figure in site.atlas.unverified),
            site.places[figure.subject_id],
        )
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
    passages = _passages(site, id_)
    html = render_template(
        "source.html",
        source=row,
        figures=figures,
        text=site.atlas.texts.get(id_),
        passages=passages,
        named=named,
        anchors={paragraph: stated for paragraph, stated in anchors.items() if paragraph and paragraph not in passages},
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


def _passages(site: Site, source: str) -> dict[int, tuple[Passage, ...]]:
    """Give each paragraph that figures point into with their spans marked, where its text is here and is the one they point into."""
    text = site.atlas.texts.get(source)
    if text is None or not text.matches:
        return {}
    figures = [row for row in site.atlas.tables.indicators if row.source == source]
    return {
        paragraph.paragraph: mark_spans(
            text.text,
            paragraph.start,
            paragraph.end,
            [(row.start, row.end) for row in figures if row.paragraph == paragraph.paragraph and row.start is not None and row.end is not None],
        )
        for paragraph in site.atlas.tables.paragraphs
        if paragraph.source == source and any(row.paragraph == paragraph.paragraph for row in figures)
    }


# --- what the map page is made of ---------------------------------------------------------------------------------------------------------


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _groups(site: Site, cards: Mapping[str, Card]) -> list[tuple[str, list[tuple[Place, Card]]]]:
    return [
        (gettext(title), [(place, cards[place.id]) for place in site.places.values() if place.kind in kinds])
        for title, kinds in GROUPS
        if any(place.kind in kinds for place in site.places.values())
    ]


def _kind_choices(site: Site, wording: Wording, selection: Selection | None) -> list[tuple[str, str, bool]]:
    """Give the values, names and states of the kind filter; several kinds at once, which an address may ask for, are a choice of their own."""
    chosen = [kind for kind in Kind if selection and kind in selection.kinds]
    counts = Counter(place.kind for place in site.places.values())
    choices = [(kind.value, f"{wording.kind(kind)} {counts[kind]}", [kind] == chosen) for kind in Kind if counts[kind]]
    if len(chosen) > 1:
        choices.append((",".join(chosen), " + ".join(wording.kind(kind) for kind in chosen), True))
    return choices


def _chosen_comparison(site: Site) -> tuple[Comparison | None, list[BadParameterError]]:
    key = request.args.get("indicator", "")
    if not key or key in site.atlas.comparisons:
        return site.atlas.comparisons.get(key), []
    return None, [BadParameterError("indicator", key, "an indicator and a period that go together", tuple(site.atlas.comparisons))]


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
        "basemaps": {
            "outline": {"name": gettext("内置轮廓"), "review": wording.review_number(None), "urls": []},
            **{
                basemap.id: {
                    "name": wording.pick(basemap.name_zh, basemap.name_en),
                    "review": wording.review_number(basemap),
                    "urls": basemap.urls,
                    "subdomains": basemap.subdomains,
                    "attribution": basemap.attribution,
                    "datum": basemap.datum.value,
                    "maxZoom": basemap.max_zoom,
                }
                for basemap in site.basemaps
            },
        },
        "comparisons": {one.key: _comparison_state(site, one, wording) for one in site.atlas.comparisons.values()},
        "pageUrl": url_for("pages.index"),
        "embedUrl": url_for("pages.embed"),
        "language": wording.language,
        "pictureUrl": url_for("pictures.map_png"),
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
            "embedCopied": gettext("嵌入代码已复制"),
            "embedTitle": gettext("杭州产业平台图"),
            "noMeasure": gettext("没有这个数字"),
            "without": gettext("{count} 处没有这个数字，画成灰色空心圈"),
            "growthScale": gettext("颜色为增长：紫降，绿升"),
            "all": gettext("缩放到全部"),
            "fullScreen": gettext("全屏"),
            "locate": gettext("我的位置"),
            "located": gettext("你在此圈内"),
            "notLocated": gettext("没有取得你的位置"),
            "outline": gettext("轮廓：天地图 2024、GSHHG、© OpenStreetMap contributors"),
        },
    }


def _comparison_state(site: Site, comparison: Comparison, wording: Wording) -> dict[str, Any]:
    """Give the script a comparison: sizes as numbers, everything else in words."""
    largest = comparison.largest
    unit = wording.unit(next(iter(comparison.measures.values())).figure)
    return {
        "title": wording.comparison(comparison),
        "finding": wording.comparison_finding(comparison, site.places),
        "unit": unit,
        "largest": float(largest) if largest is not None else None,
        "measures": {
            place: {
                "amount": float(measure.amount) if measure.amount is not None else None,
                "growth": float(measure.growth_pct) if measure.growth_pct is not None else None,
                "words": wording.measure(comparison, place),
            }
            for place, measure in comparison.measures.items()
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
                        for card in build_cards(site.atlas, wording).values()
                        if site.places[card.id].corridor is corridor
                    ]
                    for corridor in Corridor
                },
                ties=map_ties(site),
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
        "symbol": map_symbol(place, answer),
        "host": place.parent_id if by_host else None,
        "lon": None if point is None else point.x,
        "lat": None if point is None else point.y,
        "radius": answer.uncertainty_m if isinstance(answer, Match) else None,
        "search": site.atlas.layers.search[place.id],
        "card": words,
    }


def _source_url(id_: str, paragraph: int | None, language: str) -> str:
    return url_for("pages.source", id_=id_, lang=language, _anchor=f"p{paragraph}" if paragraph else None)
