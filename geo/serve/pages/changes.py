"""The page that sets what later reports say beside what an earlier one had said."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext

from geo.errors import BadParameterError, NotFoundError
from geo.layers.editions import Change, Edition, find_editions
from geo.serve.http.language import request_wording
from geo.serve.http.responses import BY_LANGUAGE, cacheable
from geo.serve.site import Site, current_site
from geo.tables.rows import Place
from geo.words.cards import Wording
from geo.words.editions import Side

blueprint = Blueprint("changes", __name__)

_PARAMETERS = ("since", "lang")
# What a reader has to look at comes first.
_ORDER = (Change.RESTATED, Change.CHANGED, Change.NEW, Change.NOT_COMPARABLE, Change.SAME)


class _Row(NamedTuple):
    """A figure of a later report, and the one it stands beside; ``None`` where it is new."""

    place: Place
    label: str
    before: Side | None
    now: Side
    difference: str


@blueprint.get("/changes")
def changes() -> Response:
    """Show what has changed since a source; without one, since the last but one."""
    site, wording = current_site(), request_wording()
    for name in request.args:
        if name not in _PARAMETERS:
            raise BadParameterError(name, request.args[name], f"one of {', '.join(_PARAMETERS)}", _PARAMETERS)
    choices = list(site.atlas.tables.ages_of_sources)[:-1]
    since = request.args.get("since", choices[-1] if choices else "")
    if since not in choices and "since" in request.args:
        raise NotFoundError(f"no source {since[:80]!r} that states figures and has a later one; expected one of {', '.join(choices) or 'none'}")
    editions = find_editions(site.atlas.tables, since) if since else {}
    ages = site.atlas.tables.ages_of_sources
    later = [site.sources[id_] for id_ in ages if since and ages[id_] > ages[since]]
    groups = [(change, [_row(site, wording, one) for one in editions.values() if one.change is change]) for change in _ORDER]
    html = render_template(
        "changes.html",
        heading=gettext("《%(title)s》以来的变化", title=site.sources[since].title) if since else gettext("变化"),
        since=site.sources.get(since),
        choices=[site.sources[id_] for id_ in choices],
        later=later,
        groups=groups,
        places=[place for place in site.places.values() if place.source in {source.id for source in later}],
    )
    return cacheable(html, "text/html; charset=utf-8", varies_by=BY_LANGUAGE)


def _row(site: Site, wording: Wording, edition: Edition) -> _Row:
    figure = edition.figure
    return _Row(
        place=site.places[figure.subject_id],
        label=wording.label(figure),
        before=wording.side(edition.earlier) if edition.earlier else None,
        now=wording.side(figure),
        difference=wording.difference(edition),
    )
