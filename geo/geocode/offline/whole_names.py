"""Queries that are a name as a whole, a part of one, or a sort of place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from geo.geocode.answers import Answer, Level, Match, Method, Miss, MissReason
from geo.geocode.gazetteer import Feature, Form, Gazetteer
from geo.geocode.offline.context import Context
from geo.geocode.offline.outcome import ambiguous, match_of, meant_of
from geo.geocode.said import N_, Said, both, in_both
from geo.geocode.spellings import FormKind, shorten
from geo.ground.names import fold_name

_METHODS = {
    FormKind.OWN: Method.EXACT,
    FormKind.ALIAS: Method.ALIAS,
    FormKind.SHORT: Method.ALIAS,
    FormKind.BARE: Method.ALIAS,
    FormKind.FORMER: Method.FORMER,
}


class WholeNames:
    """Answers queries that are a name of the gazetteer. Its indexes are built when they are first needed.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._city = fold_name(gazetteer.profile.city.short_zh)
        self._by_type: dict[str, list[Feature]] = {}

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self._gazetteer.forms)

    @cached_property
    def _from_behind(self) -> list[str]:
        """Every name written backwards, in order."""
        return sorted(name[::-1] for name in self._gazetteer.forms)

    def answer(self, text: str, key: str, context: Context) -> Answer | None:
        """Answer a text that is a known name, here or elsewhere; ``None`` where it is none.

        Parameters
        ----------
        text, key
            What was asked, as it was written and folded.
        context
            Where it lies.
        """
        gazetteer = self._gazetteer
        forms = gazetteer.forms.get(key)
        if not forms:
            short = shorten(key)
            if key in gazetteer.types or short in gazetteer.types:
                return self.answer_type(text, short, context)
            forms = gazetteer.forms.get(short)
        if not forms:
            former = gazetteer.former.get(key)
            if former is not None:
                if former.meant is not None and context.is_home and all(map(context.holds, former.features)):
                    return meant_of(text, former.meant, former.features, former.note)
                return _choose(text, [Form(feature, FormKind.FORMER, 0, former.note) for feature in former.features], context)
            if key in gazetteer.elsewhere or key in gazetteer.elsewhere_short:
                return Miss(text, MissReason.OUT_OF_AREA)
            return None
        doubt = "" if context.is_given else self._doubt(key, forms)
        if doubt and not context.is_home:
            return ambiguous(text, forms, doubt)
        return _choose(text, forms, context, doubt)

    def _doubt(self, key: str, forms: Iterable[Form]) -> str:
        """Say why a name does not tell which place is meant, when nothing is said of where it lies; empty where it does."""
        gazetteer = self._gazetteer
        homonym = gazetteer.homonyms.get(key) or gazetteer.homonyms.get(shorten(key))
        if homonym is not None:
            return Said(N_("另有同名：%(places)s"), places=in_both(homonym.elsewhere_zh, homonym.elsewhere_en))
        if any(form.kind is FormKind.SHORT and key in gazetteer.elsewhere_short and form.feature.level is Level.TOWNSHIP for form in forms):
            return Said(N_("也可指%(place)s"), place=gazetteer.elsewhere_short[key])
        shared = max(form.namesakes for form in forms)
        return Said(N_("全国另有 %(count)s 处同名"), count=str(shared)) if shared else ""

    def answer_type(self, text: str, key: str, context: Context) -> Answer:
        """Answer a name that only says what sort of place is meant: with the only one of its sort in a district, or with all.

        Parameters
        ----------
        text, key
            What was asked, as it was written, and the sort of place, folded and short.
        context
            Where it lies.
        """
        if context.is_given:
            named = [form for form in self._gazetteer.forms.get(f"{self._city}{key}", ()) if context.holds(form.feature)]
            if len(named) == 1:
                return match_of(text, named[0], Method.ALIAS)
        forms = [Form(feature, FormKind.ALIAS) for feature in self._of_type(key) if context.holds(feature)]
        if len(forms) == 1 and any(division.level is Level.DISTRICT for division in context.features):
            return match_of(text, forms[0], Method.ALIAS)
        return ambiguous(text, forms, Said(N_("只是一类地方的名称"))) if forms or not context.is_given else Miss(text, MissReason.UNKNOWN)

    def _of_type(self, key: str) -> list[Feature]:
        """Find the places that bear a sort of place in one of their names; of each sort once, as there are a few dozen and hundreds of places."""
        found = self._by_type.get(key)
        if found is None:
            gazetteer = self._gazetteer
            found = [place for place in (*gazetteer.places, *gazetteer.named) if any(key in name for name in gazetteer.names[place])]
            self._by_type[key] = found
        return found

    def answer_part(self, text: str, key: str, context: Context) -> Match | None:
        """Answer a name that is cut short, which only a district makes certain: 云谷 in a district is the only name there that ends in 云谷.

        Parameters
        ----------
        text, key
            What was asked, as it was written and folded.
        context
            Where it lies.
        """
        if not any(division.level is Level.DISTRICT for division in context.features) or len(key) < 2:
            return None
        found: Form | None = None
        backwards = _beginning_with(key[::-1], self._from_behind)
        for name in chain(_beginning_with(key, self._in_order), (name[::-1] for name in backwards)):
            for form in self._gazetteer.forms[name]:
                if form.feature.level is Level.PLACE and context.holds(form.feature):
                    if found is not None and found.feature is not form.feature:
                        return None
                    found = form
        return match_of(text, found, Method.ALIAS) if found else None


def _beginning_with(head: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the names that begin with a text, of names in order."""
    for position in range(bisect_left(names, head), len(names)):
        if not names[position].startswith(head):
            return
        yield names[position]


def _choose(text: str, forms: list[Form], context: Context, doubt: str = "") -> Answer:
    """Answer with the only form that the context allows; what else it may mean elsewhere is noted."""
    within = [form for form in forms if context.holds(form.feature)]
    if len(within) > 1 and context.features:
        # Within a district its name means the district itself only where nothing in it bears the name.
        finer = [form for form in within if form.feature not in context.features]
        within = finer or within
    if len(within) == 1:
        form, assumed = within[0], Said(N_("按在本市理解：%(doubt)s"), doubt=doubt) if doubt else None
        return match_of(text, form._replace(note=both(assumed, form.note)), _METHODS[form.kind])
    return ambiguous(text, within or forms, Said(N_("不在所给的区域内")) if not within else doubt)
