"""The pages of a place, of a source and of the whole: what each is made of, and from where."""

from __future__ import annotations

import json
from typing import Any

import flask
from flask import Blueprint, Response, current_app, render_template, url_for

from geo.errors import NotFoundError
from geo.geocode.answers import Match
from geo.layers.editions import Edition, find_editions
from geo.serve.http.language import request_wording
from geo.serve.http.responses import BY_LANGUAGE, cacheable
from geo.serve.pages.state import card_document
from geo.serve.reload import sites_of
from geo.serve.site import Site, current_site
from geo.tables.kinds import Basis
from geo.tables.provenance import Passage, mark_spans
from geo.tables.rows import Indicator, Place
from geo.words.cards import Wording

blueprint = Blueprint("documents", __name__)


@blueprint.get("/places/<id_>")
def place(id_: str) -> Response:
    """Show one place."""
    site, wording = current_site(), request_wording()
    row, answer = site.find_place(id_), site.atlas.answers[id_]
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
        host=site.places.get(row.parent_id or ""),
        editions=_editions(site, wording, row),
        guests=[other for other in site.places.values() if other.parent_id == id_],
        review=wording.review_number(None, site.atlas.local),
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by=BY_LANGUAGE)


@blueprint.get("/places/<id_>/card.json")
def card(id_: str) -> Response:
    """Give the words of one place to the popup."""
    site, wording = current_site(), request_wording()
    document = card_document(site, wording, site.find_place(id_))
    return cacheable(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "application/json", varies_by=BY_LANGUAGE)


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
        earlier=list(tables.ages_of_sources)[:-1],
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
    return cacheable(html, "text/html; charset=utf-8", varies_by=BY_LANGUAGE)


@blueprint.get("/about")
def about() -> Response:
    """Say how the atlas was made, from what, and what is not known."""
    site, wording = current_site(), request_wording()
    tables = site.atlas.tables
    by_host = [site.places[id_] for id_, answer in site.atlas.answers.items() if isinstance(answer, Match) and answer.basis is Basis.PARENT]
    # Where there are thousands of links, making each address anew takes longer than the rest of the page.
    before, _, after = url_for("documents.place", id_="ID", lang=wording.language).rpartition("ID")
    html = render_template(
        "about.html",
        place_url=lambda id_: f"{before}{id_}{after}",
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
        without_figures=[place for place in tables.places if not tables.figures_by_place[place.id]],
        without_period=sum(1 for row in tables.indicators if row.period is None),
        inferred=[place for place in tables.places if place.corridor_basis.value == "inferred"],
        outlines=_attributions(site),
        local=site.atlas.local,
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by=BY_LANGUAGE, is_shared=True)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the atlas is being served, and which data.

    ``degraded`` has the status 200 as well: the last good data are served, and a balancer that took the server away would only make that worse. Who
    watches the data watches the word and the reasons.
    """
    site, condition = current_site(), sites_of(current_app).condition
    document: dict[str, Any] = {
        "status": "degraded" if condition.reasons else "ready",
        "version": site.atlas.tables.version,
        "last_change": site.last_change.isoformat(),
        "places": len(site.places),
        "figures": len(site.atlas.tables.indicators),
        "missed": len(site.atlas.misses),
    }
    if condition.since:
        document |= {"since": condition.since.isoformat(), "problems": condition.total, "reasons": condition.reasons}
    response = flask.jsonify(document)
    response.headers["Cache-Control"] = "no-store"
    return response


def _editions(site: Site, wording: Wording, place: Place) -> list[str]:
    """Say of each figure of a place what it is beside older reports; nothing where there is one report."""
    if site.since is None:
        return []
    editions = site.once(_all_editions)
    return [wording.edition(editions[figure]) for figure in site.atlas.tables.figures_by_place[place.id]]


def _all_editions(site: Site) -> dict[Indicator, Edition]:
    return find_editions(site.atlas.tables)


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


def _attributions(site: Site) -> list[str]:
    """Name whom the parts of the outline and of the reference layer are from, and under which licence; each once."""
    outline = site.atlas.outline
    parts = (outline.districts, outline.water, outline.metro, outline.landmarks)
    texts = [text for part in parts for text in str(part.get("attribution", "")).split("; ")]
    return list(dict.fromkeys(filter(None, texts)))
