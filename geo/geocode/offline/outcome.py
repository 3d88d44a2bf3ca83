"""What an answer is made of: the form that was found, or the forms that come into question."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

from geo.geocode.answers import Answer, Candidate, Level, Match, Method, Miss, MissReason
from geo.geocode.distance import great_circle_m
from geo.geocode.gazetteer import Feature, Form
from geo.geocode.said import N_, Said, both
from geo.geocode.spellings import FormKind
from geo.ground.names import fold_name
from geo.tables.kinds import Basis, Precision

_STEP_M = 100
_NEEDED = Said(N_("需要所在区域才能确定"))
_COARSENESS = {precision: position for position, precision in enumerate(Precision)}
# The fields come in order and in full: nothing needs to be checked of them.
_MAKE_MATCH, _MAKE_MISS = partial(tuple.__new__, Match), partial(tuple.__new__, Miss)
_UNRESOLVED = Match._fields.index("unresolved")


def answer_anew(known: Answer, text: str, more: str = "") -> Answer:
    """Answer a text as another one is answered that says the same.

    Parameters
    ----------
    known
        The answer to what the text is folded to; with ``more``, to what stands before that in it.
    text
        What was asked, as it was written.
    more
        What is left over besides, folded.
    """
    fields = list(known)
    fields[0] = text
    if isinstance(known, Miss):
        return _MAKE_MISS(fields)
    rest = known.unresolved + more
    if rest:
        fields[_UNRESOLVED] = tail_of(text, rest)
    return _MAKE_MATCH(fields)


def match_of(
    text: str, form: Form, method: Method, unresolved: str = "", *, score: float = 100.0, runner_up: tuple[str, float] | None = None
) -> Match:
    """Answer with the feature of a form.

    Parameters
    ----------
    text
        What was asked, as it was written.
    form
        What was found.
    method, score, runner_up, unresolved
        As in :class:`geo.geocode.answers.Match`.
    """
    feature, location = form.feature, form.feature.location
    precision, name = location.precision, feature.name
    if feature.is_by_host and feature.level is Level.PLACE:
        # The place lies somewhere in its host: however well the host is located, the point stands for an area.
        precision, name = max(precision, Precision.AREA, key=_COARSENESS.__getitem__), location.name
    return Match(
        text,
        feature.name,
        name,
        feature.level,
        method,
        score,
        runner_up,
        unresolved,
        location.lon,
        location.lat,
        precision,
        location.uncertainty_m,
        feature.divisions,
        Basis.PARENT if feature.is_by_host else location.basis,
        feature.source,
        location.datum_of_source,
        both(form.note, feature.note),
    )


def meant_of(text: str, meant: Feature, features: Iterable[Feature], note: str, unresolved: str = "") -> Match:
    """Answer with what a district that is gone means where nothing more is said, and a radius that reaches to the others that it became.

    Parameters
    ----------
    text, unresolved
        As in :func:`match_of`.
    meant
        What is meant.
    features, note
        All that it became, and the words about it.
    """
    match = match_of(text, Form(meant, FormKind.FORMER, 0, note), Method.FORMER, unresolved)
    reach = max(great_circle_m(match.lon, match.lat, one.location.lon, one.location.lat) for one in features)
    return match._replace(uncertainty_m=max(match.uncertainty_m, _STEP_M * math.ceil(reach / _STEP_M)))


def ambiguous(text: str, forms: Iterable[Form], reason: str) -> Miss:
    """Answer that the text may mean any of the forms.

    Parameters
    ----------
    text
        What was asked, as it was written.
    forms
        What comes into question.
    reason
        Why it is not certain; where it is empty, the note of each form says so.
    """
    candidates = (Candidate(form.feature.name, form.feature.district_or_city, form.feature.level, reason or form.note or _NEEDED) for form in forms)
    return Miss(text, MissReason.AMBIGUOUS, tuple(candidates))


def tail_of(text: str, rest: str) -> str:
    """Return the end of a text that is folded to ``rest``, as it was written."""
    if text.endswith(rest):
        return rest
    start = len(text) - len(rest)
    while start > 0 and fold_name(text[start:]) != rest:
        start -= 1
    return text[start:].strip()
