"""The offline geocoder: curated places and divisions first, then addresses, then misspelt names; doubt is an answer.

A query is folded and looked up. What is not a name as a whole is read from the left as an address: the divisions and places that stand in it, of
which the finest decides when they agree. What remains is compared with the names within reach, one slip of the pen apart. A name that several cities
bear is never resolved without a context, and a division elsewhere is out of the area.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind
from rapidfuzz.distance import OSA, Prefix

from geo.bbox import Box
from geo.geocode.answers import Answer, Candidate, Level, Match, Method, Miss, MissReason, Query
from geo.geocode.gazetteer import Feature, Form, FormKind, Gazetteer, shorten, stem_of
from geo.names import fold_name, fold_names, sound_of
from geo.tables.kinds import Basis, Precision

# Changes with the answers: what was answered by another version is asked again.
VERSION = 2
# A misspelt name is taken for the right one from this score on, one slip in four characters, unless the two sound alike. Justified on the labelled
# list of bench/.
LEAST_SCORE = 75.0
_LEAST_PLACE = 4
# From fine to coarse.
_ORDER = {Level.PLACE: 0, Level.TOWNSHIP: 1, Level.DISTRICT: 2, Level.CITY: 3}
_COUNTRY = ("中国", "浙江省", "浙江")
_COUNTRY_EN = frozenset({"china", "prchina", "prc", "zhejiang", "zhejiangprovince", "zhejiangsheng", "zhongguo"})
# What follows a name of a division where it is a part of another name: 滨江路, 西湖大道.
_CONTINUED = frozenset("路街巷弄道桥江河湖湾山站港大")
_LIKE_ADDRESS = re.compile("路|街|大道|巷|弄|村|社区|号|幢|大厦|广场|中心|工业园")
_NUMBER = re.compile(r"\d")
_DIGIT = re.compile("[0-9]")
_LIKE_ADDRESS_WITH_NUMBERS = re.compile(f"(?=.*(?:{_LIKE_ADDRESS.pattern}))[^0-9]*[0-9][^0-9]*[0-9]")
# No address goes on for longer behind a name; a thousand names in a row are none.
_MOST_REST = 500
# A house number that stands for all of them.
_ANY_NUMBER = "11号"
# What is found out about a name, or about the divisions that an address begins with, is kept while it is asked again and again.
_MOST_KEPT = 1 << 14
# From so many queries on, the search for cycles costs more than a moment.
_LONG_LIST = 1000
# What visitors say of where a name lies is kept, but not without end.
_MOST_CONTEXTS = 10_000
_LATIN_PARTS = re.compile("[,;/\uff0c\uff1b\u3001]+")


class _Context(NamedTuple):
    """Where a query lies, as far as it is said.

    Attributes
    ----------
    features
        The divisions that are named; a place lies within all of them or none is.
    is_given
        Whether anything is said that tells names in several cities apart.
    is_elsewhere
        Whether it lies outside Hangzhou.
    bbox, host
        As in :class:`geo.geocode.answers.Query`.
    """

    features: tuple[Feature, ...] = ()
    is_given: bool = False
    is_elsewhere: bool = False
    bbox: Box | None = None
    host: Feature | None = None

    def holds(self, feature: Feature) -> bool:
        """Tell whether a feature may lie here."""
        for division in self.features:
            if not _is_within(feature, division):
                return False
        if self.host is not None and feature.location.name != self.host.location.name:
            return False
        location, box = feature.location, self.bbox
        return box is None or (box.west <= location.lon <= box.east and box.south <= location.lat <= box.north)


class _Known(NamedTuple):
    """What is known of a key, for whoever writes it in whatever way: what makes the answer, and its fields but for the words of the query.

    Attributes
    ----------
    make
        Of the fields in their order.
    before, rest, after
        The fields before what is left over, that as it is folded, and those behind it; of a miss all are ``before``.
    """

    make: Callable[[Iterable[Any]], Answer]
    before: tuple[Any, ...]
    rest: str = ""
    after: tuple[Any, ...] = ()

    @classmethod
    def of(cls, answer: Answer) -> _Known:
        """Take an answer apart."""
        if isinstance(answer, Miss):
            return cls(_MAKE_MISS, answer[1:])
        return cls(_MAKE_MATCH, answer[1:_UNRESOLVED], answer.unresolved, answer[_UNRESOLVED + 1 :])

    def answer(self, text: str, rest: str = "") -> Answer:
        """Answer a text that is folded to the key, or to the key and ``rest`` behind it."""
        make, before, own, after = self
        if not after:
            return make((text, *before))
        rest = own + rest
        return make((text, *before, _tail(text, rest) if rest else "", *after))


class _Mention(NamedTuple):
    """A name that stands in an address: what it may be, and what became of it; of a division elsewhere its name is the note."""

    features: tuple[Feature, ...]
    kind: FormKind
    note: str = ""


class _Reading(NamedTuple):
    """What was read in an address: the names, what follows the last one, and whether it lies elsewhere or contradicts itself."""

    mentions: list[_Mention]
    rest: str
    is_province: bool
    elsewhere: str
    conflict: str


class OfflineGeocoder:
    """Answers from the gazetteer.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        # What counts wherever it stands in an address, and what counts only where nothing stands between it and what came before.
        sure = dict(_sure_mentions(gazetteer))
        self._names = AhoCorasick(list(sure), matchkind=MatchKind.LeftmostLongest)
        self._sure = list(sure.values())
        self._short = {name: forms for name, forms in gazetteer.forms.items() if not name.isascii() and name not in sure}
        lengths: dict[str, set[int]] = {}
        for name in (*self._short, *gazetteer.elsewhere_short):
            lengths.setdefault(name[:2], set()).add(len(name))
        self._lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}
        self._slips = _slips(gazetteer)
        self._longest = max(map(len, gazetteer.forms), default=0)
        self._contexts: dict[tuple[str, str], _Context] = {}
        # Initial to the short names of districts and cities; then every two characters that follow one another in a name, to the names and where in
        # each the second one stands.
        self._districts: dict[str, tuple[str, ...]] = {}
        for name, forms in self._short.items():
            if any(form.feature.level in (Level.DISTRICT, Level.CITY) for form in forms):
                self._districts[name[0]] = (*self._districts.get(name[0], ()), name)
        names = list(_names_in_addresses(gazetteer))
        self._across: dict[str, list[tuple[str, int]]] = {}
        for name in names:
            for at in range(1, len(name)):
                self._across.setdefault(name[at - 1 : at + 1], []).append((name, at))
        # What is nothing but the short name of a place elsewhere.
        others = (gazetteer.forms, gazetteer.former, gazetteer.elsewhere, gazetteer.types, _COUNTRY)
        self._only_elsewhere = set(gazetteer.elsewhere_short).difference(*others)
        self._has_numbers = any(map(_DIGIT.search, names))
        # What is known of a key or a head depends on nothing but itself: what was asked before never changes an answer.
        self._known: dict[str, _Known] = {}
        self._of_head = lru_cache(_MOST_KEPT)(self._read_head)
        # From sure to unsure: each answers what it can, and what none does is a miss.
        self._stages = (self._whole, self._parts, self._misspelt, self._part_of_a_name, self._road_in)

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query, in order; those that are the same are answered once."""
        if len(queries) > _LONG_LIST:
            with _no_search_for_cycles():
                return self._answer_list(queries)
        if len(queries) == 1:
            return [self._answer(queries[0])]
        answers = {query: self._answer(query) for query in dict.fromkeys(queries)}
        return [answers[query] for query in queries]

    # --- the order of answering ---

    def _answer(self, query: Query) -> Answer:
        text, admin, bbox, host = query
        key = fold_name(text)
        # Commas, which folding drops, part an English address: there the text itself counts.
        if admin or host or bbox is not None or key.isascii():
            return self._answer_as_written(query, key)
        return self._answer_by_key(text, key) if key.isalpha() else self._answer_by_head(text, key)

    def _answer_list(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query as if it were asked alone, but take all of a list through one step after another: read, normalise, look up, word.

        The steps are those of :meth:`_answer`. All texts are folded at once, and a step that does not make way for the others after each query finds
        its code and its tables where it left them, in the caches of the processor.
        """
        different = dict.fromkeys(queries)
        texts = [query.text for query in different]
        keys = fold_names(texts)
        answers: list[Answer] = [_UNANSWERED] * len(keys)
        names: list[int] = []
        addresses: list[int] = []
        for place, (query, key) in enumerate(zip(different, keys, strict=True)):
            _, admin, bbox, host = query
            if admin or host or bbox is not None or key.isascii():
                answers[place] = self._answer_as_written(query, key)
            elif key.isalpha():
                names.append(place)
            else:
                addresses.append(place)
        known = self._remember(dict.fromkeys([keys[place] for place in names]))
        for place in names:
            answers[place] = known[keys[place]].answer(texts[place])
        for place in addresses:
            answers[place] = self._answer_by_head(texts[place], keys[place])
        if len(answers) == len(queries):
            return answers
        answered = dict(zip(different, answers, strict=True))
        return [answered[query] for query in queries]

    def _answer_by_key(self, text: str, key: str) -> Answer:
        """Answer what is asked in Chinese and without a context: its key says all."""
        return (self._known.get(key) or self._remember((key,))[key]).answer(text)

    def _answer_by_head(self, text: str, key: str) -> Answer:
        """Answer an address that ends in a number by what is known of its head, and any other name with a number by its key."""
        end = self._end_of_head(key)
        head = self._of_head(key[:end], key[end] if key[end] in _CONTINUED else "") if end else None
        return head.answer(text, key[end:]) if head else self._answer_by_key(text, key)

    def _answer_as_written(self, query: Query, key: str) -> Answer:
        if not key:
            return Miss(query.text, MissReason.UNKNOWN)
        context = self._context(query)
        return Miss(query.text, MissReason.OUT_OF_AREA) if context.is_elsewhere else self._read_all(query.text, key, context)

    def _end_of_head(self, key: str) -> int:
        """Find where the last name of an address ends, if what follows has no part in the answer but to be left over; 0 otherwise.

        It has none where it has two digits and a road or a house, and neither does a name reach into it nor a district begin it by its short name: no
        name has a digit, so that it is no name as a whole nor one slip away from one; a place or a township by its short name would have to end it;
        and it looks like an address to every name before it. What is left to tell is whether it begins with what continues a name (``_CONTINUED``),
        and whether the head is nothing but the province, behind which it may begin with a place elsewhere.
        """
        found = [] if self._has_numbers else self._names.find_matches_as_indexes(key)
        if not found:
            return 0
        end: int = found[-1][2]
        if not _LIKE_ADDRESS_WITH_NUMBERS.match(key, end):
            return 0
        if key[end - 1 : end + 1] in self._across and self._reaches_across(key, found[0][1], end):
            return 0
        districts = self._districts.get(key[end])
        return 0 if districts and key.startswith(districts, end) else end

    def _reaches_across(self, key: str, first: int, end: int) -> bool:
        """Tell whether a name may reach from the head of an address, whose first name begins at ``first``, into what follows."""
        for name, at in self._across.get(key[end - 1 : end + 1], ()):
            # A place elsewhere counts by its short name only where the address begins: not where another name stands there.
            if at <= end and key.startswith(name, end - at) and not (name in self._only_elsewhere and first == self._start(key)[0]):
                return True
        return False

    def _read_head(self, head: str, continued: str) -> _Known | None:
        """Answer an address by its head; what of the head itself is left over stays in ``rest``."""
        if head.endswith(_COUNTRY):
            return None
        rest = continued + _ANY_NUMBER
        known = _Known.of(self._read_all(head + rest, head + rest, _NOWHERE))
        return known._replace(rest=known.rest.removesuffix(rest))

    def _remember(self, keys: Iterable[str]) -> dict[str, _Known]:
        """Read the keys that are not known, all of them one stage after another, and return what is known of them and of others."""
        if len(self._known) > _MOST_KEPT:
            # Not emptied: someone else may still look something up in it.
            self._known = {}
        known = self._known
        unread = [key for key in keys if key not in known]
        for stage in self._stages:
            known.update((key, _Known.of(answer)) for key in unread if (answer := stage(key, key, _NOWHERE)))
            unread = [key for key in unread if key not in known]
        known.update((key, _Known.of(self._miss(key, key))) for key in unread)
        return known

    def _read_all(self, text: str, key: str, context: _Context) -> Answer:
        for stage in self._stages:
            answer = stage(text, key, context)
            if answer is not None:
                return answer
        return self._miss(text, key)

    def _parts(self, text: str, key: str, context: _Context) -> Answer | None:
        return self._latin(text, context) if key.isascii() else self._address(text, key, context)

    def _road_in(self, text: str, _key: str, context: _Context) -> Answer | None:
        """Answer a road and a number that name no division with the one they are said to lie in."""
        if not context.features or not _LIKE_ADDRESS.search(text):
            return None
        finest = min(context.features, key=lambda feature: _ORDER[feature.level])
        return _match(text, Form(finest, FormKind.ALIAS), Method.ADDRESS, text.strip()) if context.holds(finest) else None

    def _miss(self, text: str, key: str) -> Miss:
        return Miss(text, MissReason.OUT_OF_AREA if self._starts_elsewhere(key) else MissReason.UNKNOWN)

    def _context(self, query: Query) -> _Context:
        if not query.admin and not query.host and query.bbox is None:
            return _NOWHERE
        admin = (query.admin, query.host)
        if admin not in self._contexts:
            if len(self._contexts) > _MOST_CONTEXTS:
                self._contexts.clear()
            self._contexts[admin] = self._named_context(query)
        named = self._contexts[admin]
        return named if query.bbox is None else _Context(named.features, True, named.is_elsewhere, query.bbox, named.host)

    def understands(self, admin: str) -> bool:
        """Tell whether a division is known that a query may be said to lie in, in Hangzhou or elsewhere."""
        return self._context(Query("", admin=admin)).is_given

    def knows_host(self, host: str) -> bool:
        """Tell whether a place is known that a query may be said to belong to."""
        return self._context(Query("", host=host)).host is not None

    def _named_context(self, query: Query) -> _Context:
        features: tuple[Feature, ...] = ()
        if query.admin:
            key = fold_name(query.admin)
            if key in self._gazetteer.elsewhere or (key in self._gazetteer.elsewhere_short and key not in self._gazetteer.forms):
                return _Context(is_given=True, is_elsewhere=True)
            reading = self._read(key)
            if reading.elsewhere and not reading.mentions:
                return _Context(is_given=True, is_elsewhere=True)
            features = tuple(
                mention.features[0] for mention in reading.mentions if len(mention.features) == 1 and mention.features[0].level is not Level.PLACE
            )
            if not features:
                features = tuple(form.feature for form in self._gazetteer.forms.get(key, ()) if form.feature.level is not Level.PLACE)[:1]
            if not features and not reading.is_province:
                return _NOWHERE
        host = next((form.feature for form in self._forms(fold_name(query.host)) if form.feature.level is Level.PLACE), None) if query.host else None
        return _Context(features, is_given=True, host=host)

    # --- whole names ---

    def _forms(self, key: str) -> list[Form]:
        forms = self._gazetteer.forms
        return forms.get(key) or forms.get(shorten(key)) or []

    def _whole(self, text: str, key: str, context: _Context) -> Answer | None:
        forms = self._gazetteer.forms.get(key)
        if not forms:
            short = shorten(key)
            if key in self._gazetteer.types or short in self._gazetteer.types:
                return self._of_a_type(text, short, context)
            forms = self._gazetteer.forms.get(short)
        if not forms:
            former = self._gazetteer.former.get(key)
            if former is not None:
                row, features = former
                return self._choose(text, [Form(feature, FormKind.FORMER, 0, row.note_zh) for feature in features], context)
            if key in self._gazetteer.elsewhere or (key in self._gazetteer.elsewhere_short):
                return Miss(text, MissReason.OUT_OF_AREA)
            return None
        if not context.is_given:
            homonym = self._gazetteer.homonyms.get(key) or self._gazetteer.homonyms.get(shorten(key))
            if homonym is not None:
                return _ambiguous(text, forms, f"另有同名：{homonym.elsewhere_zh}")
            if any(form.kind is FormKind.SHORT and key in self._gazetteer.elsewhere_short and form.feature.level is Level.TOWNSHIP for form in forms):
                return _ambiguous(text, forms, f"也可指{self._gazetteer.elsewhere_short[key]}")
            shared = max(form.namesakes for form in forms)
            if shared:
                return _ambiguous(text, forms, f"全国另有 {shared} 处同名")
        return self._choose(text, forms, context)

    def _choose(self, text: str, forms: Iterable[Form], context: _Context) -> Answer:
        """Answer with the only form that the context allows."""
        given = list(forms)
        within = [form for form in given if context.holds(form.feature)]
        if len(within) > 1 and context.features:
            # Within a district its name means the district itself only where nothing in it bears the name.
            finer = [form for form in within if form.feature not in context.features]
            within = finer or within
        if len(within) == 1:
            return _match(text, within[0], _METHODS[within[0].kind])
        return _ambiguous(text, within or given, "不在所给的区域内" if not within else "")

    def _of_a_type(self, text: str, key: str, context: _Context) -> Answer:
        """Answer a name that only says what sort of place is meant: with the only one of its sort in a district, or with all."""
        if context.is_given:
            named = [form for form in self._gazetteer.forms.get(f"杭州{key}", ()) if context.holds(form.feature)]
            if len(named) == 1:
                return _match(text, named[0], Method.ALIAS)
        forms = [
            Form(feature, FormKind.ALIAS)
            for feature in self._gazetteer.places
            if context.holds(feature) and any(key in name for name in self._gazetteer.names[feature])
        ]
        if len(forms) == 1 and any(division.level is Level.DISTRICT for division in context.features):
            return _match(text, forms[0], Method.ALIAS)
        return _ambiguous(text, forms, "只是一类地方的名称") if forms or not context.is_given else Miss(text, MissReason.UNKNOWN)

    def _part_of_a_name(self, text: str, key: str, context: _Context) -> Answer | None:
        """Within a district a name may be cut short: 新天地 in 滨江区 is 智慧新天地."""
        if not any(division.level is Level.DISTRICT for division in context.features) or len(key) < 2:
            return None
        found = {
            form.feature: form
            for name, forms in self._gazetteer.forms.items()
            if name.startswith(key) or name.endswith(key)
            for form in forms
            if form.feature.level is Level.PLACE and context.holds(form.feature)
        }
        return _match(text, next(iter(found.values())), Method.ALIAS) if len(found) == 1 else None

    # --- addresses ---

    def _read(self, key: str) -> _Reading:
        """Find the names that stand in an address, from the left, the longest first."""
        mentions: list[_Mention] = []
        start, is_province = self._start(key)
        elsewhere, conflict = "", ""
        names = self._names.find_matches_as_indexes(key)
        if not names and key[start : start + 2] not in self._lengths:
            return _Reading(mentions, key[start:], is_province, "", "")
        found = iter(names)
        ahead = next(found, None)
        at = end = start
        while at < len(key):
            while ahead is not None and ahead[1] < at:
                ahead = next(found, None)
            if ahead is not None and ahead[1] == at:
                mention = self._sure[ahead[0]]
                if mention.features:
                    mentions.append(mention)
                    end = ahead[2]
                elif not mentions:
                    elsewhere = elsewhere or mention.note
                elif at == end:
                    conflict = conflict or mention.note
                at = ahead[2]
                continue
            # A short name counts at the head, and where it follows another name without a gap.
            lengths = self._lengths.get(key[at : at + 2], ())
            if lengths and at == end and (length := self._read_short(key, at, lengths, mentions)):
                at = end = at + length
            elif lengths and at == start and not mentions and (length := self._elsewhere_at(key, at, lengths)):
                elsewhere = key[at : at + length]
                at += length
            elif ahead is None:
                break
            else:
                at = ahead[1]
        return _Reading(mentions, key[end:], is_province, elsewhere, conflict)

    def _start(self, key: str) -> tuple[int, bool]:
        """Find where an address begins behind its postcode, its country and its province, and whether it names the province."""
        start, is_province = 0, False
        while start < len(key) and key[start].isdigit():
            start += 1
        for word in _COUNTRY if key.startswith(_COUNTRY, start) else ():
            if key.startswith(word, start) and key[start : start + 4] not in self._gazetteer.forms:
                start += len(word)
                is_province |= word != "中国"
        return start, is_province

    def _elsewhere_at(self, key: str, at: int, lengths: Iterable[int]) -> int:
        """Find the length of the short name of a division elsewhere that begins here; 0 where there is none."""
        for length in lengths:
            name = key[at : at + length]
            if at + length <= len(key) and name in self._gazetteer.elsewhere_short and name not in self._gazetteer.forms:
                return length
        return 0

    def _read_short(self, key: str, at: int, lengths: Iterable[int], mentions: list[_Mention]) -> int:
        """Add the short name that begins here to the mentions, and return its length; 0 where nothing is meant by it."""
        for length in lengths:
            forms = self._short.get(key[at : at + length])
            if forms is None or at + length > len(key):
                continue
            rest = key[at + length :]
            if forms[0].feature.level is Level.PLACE:
                # A place with a short name counts where it ends what divisions begin: 滨江区白马湖.
                allowed = tuple(form.feature for form in forms) if (mentions or at) and not rest else ()
            else:
                allowed = self._allowed(forms, mentions, rest)
            if allowed:
                mentions.append(_Mention(allowed, forms[0].kind))
                return length
        return 0

    def _allowed(self, forms: Sequence[Form], before: Sequence[_Mention], rest: str) -> tuple[Feature, ...]:
        """Choose what the short name of a division may mean, where nothing else is meant by it: 杭州滨江, but not 滨江路 nor 杭州湾."""
        above = [feature.level for mention in before for feature in mention.features]
        levels: list[Level] = []
        # Most short names are those of townships: what follows is only read where it decides.
        coarse = [form.feature.level for form in forms if form.feature.level in (Level.CITY, Level.DISTRICT)]
        if coarse and self._ends_before(rest):
            levels += [level for level in coarse if level is Level.CITY or Level.DISTRICT not in above]
        # In an address the coarser one comes first: 余杭 of 杭州余杭 is the district.
        if not rest and Level.DISTRICT not in levels and (Level.DISTRICT in above or Level.CITY in above):
            levels.append(Level.TOWNSHIP)
        return tuple(form.feature for form in forms if form.feature.level in levels)

    def _ends_before(self, rest: str) -> bool:
        return not rest or self._begins_with_a_name(rest) or (rest[0] not in _CONTINUED and bool(_LIKE_ADDRESS.search(rest)))

    def _begins_with_a_name(self, rest: str) -> bool:
        if len(rest) > _MOST_REST:
            return False
        found = self._names.find_matches_as_indexes(rest)
        if found and found[0][1] == 0 and self._sure[found[0][0]].features:
            return True
        for length in self._lengths.get(rest[:2], ()):
            if length <= len(rest) and rest[:length] in self._short and (length == len(rest) or self._begins_with_a_name(rest[length:])):
                return True
        return shorten(rest) in self._gazetteer.types

    def _address(self, text: str, key: str, context: _Context) -> Answer | None:
        reading = self._read(key)
        if reading.elsewhere:
            # A slip in one of our names may look like a place elsewhere; whoever shares the beginning decides.
            return self._misspelt(text, key, context, must_start=reading.elsewhere) or Miss(text, MissReason.OUT_OF_AREA)
        if not reading.mentions:
            return None
        if reading.conflict:
            forms = [Form(feature, FormKind.ALIAS) for feature in reading.mentions[-1].features]
            return _ambiguous(text, forms, f"所写的又有{reading.conflict}，互不相容")
        if reading.rest and (reading.mentions[-1].kind is FormKind.SHORT or reading.mentions[-1].features[0].level is Level.PLACE):
            # A longer name with a slip in it may begin with a shorter one.
            longer = self._misspelt(text, key, context)
            if isinstance(longer, Match):
                return longer
        return self._weigh(text, reading, context)

    def _weigh(self, text: str, reading: _Reading, context: _Context) -> Answer | None:
        """Let the finest of what was read decide, where everything agrees."""
        mentions = reading.mentions
        finest = min(mentions, key=_fineness).features[0].level
        if reading.rest and finest is not Level.PLACE:
            finer = self._rest(text, reading, context)
            if finer is not None:
                return finer
        choices = list(dict.fromkeys(feature for mention in mentions if mention.features[0].level is finest for feature in mention.features))
        coarse = [mention for mention in mentions if mention.features[0].level is not Level.PLACE]
        fitting = [feature for feature in choices if context.holds(feature) and all(_agrees(feature, mention) for mention in coarse)]
        note = next((mention.note for mention in reversed(mentions) if mention.note), None)
        if len(fitting) == 1 and (len(choices) == 1 or note):
            form = Form(fitting[0], FormKind.FORMER if note else FormKind.ALIAS, 0, note)
            if finest is Level.PLACE and not coarse and not context.is_given and not reading.is_province and self._is_shared(fitting[0], reading):
                return _ambiguous(text, [form], "其他城市也有同名的地方")
            return _match(text, form, Method.FORMER if note else Method.ADDRESS, _tail(text, reading.rest))
        named = choices + [feature for mention in coarse for feature in mention.features if feature.level is not Level.CITY]
        reason = note or "所写的几处互不相容或并列"
        return _ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in dict.fromkeys(named)], reason)

    def _is_shared(self, feature: Feature, reading: _Reading) -> bool:
        names = {fold_name(feature.name), shorten(fold_name(feature.name))}
        return bool(names & self._gazetteer.homonyms.keys()) and len(reading.mentions) == 1

    def _rest(self, text: str, reading: _Reading, context: _Context) -> Answer | None:
        """Look what stands behind the divisions up within them: 桐庐县经开区, 滨江区浦沿街到."""
        finest = reading.mentions[-1]
        if len(finest.features) != 1 or len({mention.features for mention in reading.mentions if mention.features[0].level is Level.DISTRICT}) > 1:
            return None
        division = finest.features[0]
        within = _Context((*context.features, division), True, False, context.bbox, context.host)
        rest = shorten(reading.rest)
        if rest in self._gazetteer.types or reading.rest in self._gazetteer.types:
            found = self._of_a_type(text, rest, within)
            return found if isinstance(found, Match) or division.level is Level.CITY else None
        if reading.rest in self._gazetteer.elsewhere:
            return Miss(text, MissReason.OUT_OF_AREA)
        if reading.rest.isascii():
            # An English name in a Chinese address, 杭州市Changlü Town, is a name of its own: the two are never put together to one.
            english = self._whole(text, reading.rest, within)
            if isinstance(english, Match):
                return english
        elif division.level is Level.CITY:
            whole = self._forms(f"杭州{reading.rest}")
            if len(whole) == 1:
                return _match(text, whole[0], Method.ALIAS)
        # A house number is in no name.
        return None if _NUMBER.search(reading.rest) else self._misspelt(text, reading.rest, within)

    # --- English and pinyin ---

    def _latin(self, text: str, context: _Context) -> Answer | None:
        mentions: list[_Mention] = []
        unresolved = []
        fuzzy: Match | None = None
        for part in _LATIN_PARTS.split(text):
            key = fold_name(part)
            if not key or key in _COUNTRY_EN:
                continue
            found = self._spell(key)
            if found is not None:
                mentions += found
            elif self._is_elsewhere_en(part):
                return Miss(text, MissReason.OUT_OF_AREA)
            else:
                near = self._misspelt(part, key, context)
                if isinstance(near, Match):
                    fuzzy = near
                    mentions.append(_Mention(tuple(form.feature for form in self._forms(fold_name(near.name))[:1]), FormKind.ALIAS))
                else:
                    unresolved.append(part.strip())
        if not mentions:
            return None
        # An English address goes from fine to coarse.
        mentions.sort(key=lambda mention: -_ORDER[mention.features[0].level])
        answer = self._weigh(text, _Reading(mentions, "", False, "", ""), context)
        if not isinstance(answer, Match):
            return answer
        if fuzzy is not None:
            return _replaced(answer, unresolved, Method.FUZZY, fuzzy.score, fuzzy.runner_up)
        return _replaced(answer, unresolved, answer.method, answer.score, None)

    def _spell(self, key: str) -> list[_Mention] | None:
        """Read a name without gaps from the left, the longest first, all of it: hangzhoushi shangchengqu."""
        mentions: list[_Mention] = []
        at = 0
        while at < len(key):
            for end in range(len(key), at + 3, -1):
                name = key[at:end]
                forms = self._forms(name)
                if forms and name not in self._gazetteer.types:
                    mentions.append(_Mention(tuple(form.feature for form in forms), forms[0].kind))
                    break
                if name in self._gazetteer.former:
                    row, features = self._gazetteer.former[name]
                    mentions.append(_Mention(features, FormKind.FORMER, row.note_zh))
                    break
            else:
                return None
            at = end
        return mentions

    def _is_elsewhere_en(self, part: str) -> bool:
        words = part.split()
        heads = (fold_name("".join(words[:count])) for count in range(1, min(4, len(words) + 1)))
        return any(head in self._gazetteer.elsewhere or head in self._gazetteer.elsewhere_short for head in heads)

    def _starts_elsewhere(self, key: str) -> bool:
        short = self._gazetteer.elsewhere_short
        return key[:2] in short or key[:3] in short or key[:4] in short

    # --- misspelt names ---

    def _misspelt(self, text: str, key: str, context: _Context, must_start: str = "") -> Answer | None:
        """Find the only name that is one slip away: a wrong, missing, added or swapped character."""
        if key in self._gazetteer.elsewhere or len(key) > self._longest + 1:
            return None
        near = self._near(key)
        scored: dict[Feature, tuple[float, Form, str]] = {}
        nearest: dict[Feature, float] = {}
        for name in near:
            if not name.startswith(must_start) or name == key or OSA.distance(key, name, score_cutoff=1) > 1:
                continue
            score = 100.0 * (1 - 1 / max(len(key), len(name)))
            for form in self._gazetteer.forms[name]:
                if context.is_given and not context.holds(form.feature):
                    continue
                nearest[form.feature] = max(nearest.get(form.feature, 0.0), score)
                if not _is_slip(key, name, form, within=bool(context.features), score=score):
                    continue
                if form.feature not in scored or scored[form.feature][0] < score:
                    scored[form.feature] = (score, form, name)
        if not scored:
            return None
        ranked = sorted(scored.values(), key=lambda entry: -entry[0])
        if len(ranked) > 1:
            return _ambiguous(text, [form for _, form, _ in ranked], "写法与几处都只差一字")
        score, form, name = ranked[0]
        if any(feature is not form.feature and near_score >= score for feature, near_score in nearest.items()):
            return _ambiguous(text, [Form(feature, FormKind.ALIAS) for feature in nearest], "写法与几处都只差一字")
        if not context.is_given and (form.namesakes or name in self._gazetteer.homonyms):
            return _ambiguous(text, [form], "全国另有同名")
        others: dict[str, float] = {}
        for name in near:
            other = self._gazetteer.forms[name][0].feature.name
            if other != form.feature.name:
                others[other] = max(others.get(other, 0.0), 100.0 * OSA.normalized_similarity(key, name))
        second = max(others, key=others.__getitem__, default=None)
        runner_up = None if second is None else (second, round(others[second], 1))
        return _match(text, form, Method.FUZZY, score=round(score, 1), runner_up=runner_up)

    def _near(self, key: str) -> Sequence[str]:
        """Find the names that meet a key when each of them loses one character at most, always in the same order."""
        met = list(filter(None, map(self._slips.get, _with_one_less(key))))
        return met[0] if len(met) == 1 else list(dict.fromkeys(chain.from_iterable(met)))


_NOWHERE = _Context()
_UNANSWERED = Miss("", MissReason.UNKNOWN)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Put off the search for objects that only hold one another, of which answering leaves none.

    It would go through all answers so far again and again as they grow more, for a third of the time of a long list.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# --- small questions ----------------------------------------------------------------------------------------------------------------------


def _is_within(feature: Feature, division: Feature) -> bool:
    if feature is division or division.level is Level.CITY:
        return True
    if division.level is Level.DISTRICT:
        return feature.district == division.name
    # Of a place only the district is known: a township of that district does not contradict it.
    is_open = feature.level is Level.PLACE and feature.district == division.district
    return is_open or division.divisions[-1] in feature.divisions


def _agrees(feature: Feature, mention: _Mention) -> bool:
    return any(_is_within(feature, other) for other in mention.features)


def _sure_mentions(gazetteer: Gazetteer) -> Iterator[tuple[str, _Mention]]:
    """Give the names that mean what they say wherever they stand: full names of divisions, here and elsewhere, and long enough ones of places."""
    for name, forms in gazetteer.forms.items():
        if name.isascii():
            continue
        if forms[0].feature.level is Level.PLACE:
            if len(name) >= _LEAST_PLACE:
                yield name, _Mention(tuple(form.feature for form in forms), forms[0].kind)
            continue
        sure = [form for form in forms if form.kind is not FormKind.SHORT and form.feature.level is not Level.PLACE]
        if sure:
            yield name, _Mention(tuple(form.feature for form in sure), sure[0].kind)
    for name, (row, features) in gazetteer.former.items():
        if not name.isascii() and name not in gazetteer.forms:
            yield name, _Mention(features, FormKind.FORMER, row.note_zh)
    for name, where in gazetteer.elsewhere.items():
        if not name.isascii() and name not in gazetteer.forms and name not in gazetteer.former:
            yield name, _Mention((), FormKind.OWN, where)


def _names_in_addresses(gazetteer: Gazetteer) -> Iterator[str]:
    """Give every name that is looked for within a key that is not English."""
    for names in (gazetteer.forms, gazetteer.former, gazetteer.elsewhere, gazetteer.elsewhere_short, gazetteer.types, _COUNTRY):
        yield from (name for name in names if not name.isascii())


def _with_one_less(key: str) -> list[str]:
    return [key, *[key[:position] + key[position + 1 :] for position in range(len(key))]]


def _slips(gazetteer: Gazetteer) -> dict[str, list[str]]:
    """Give every name under itself and under itself less one character: two names that are one slip apart meet there."""
    slips: dict[str, list[str]] = {}
    for name, forms in gazetteer.forms.items():
        if len(name) < (7 if name.isascii() else 3) or all(form.kind is FormKind.SHORT for form in forms):
            continue
        for slip in set(_with_one_less(name)):
            slips.setdefault(slip, []).append(name)
    return slips


def _is_slip(key: str, name: str, form: Form, *, within: bool, score: float) -> bool:
    """Tell whether a difference of one is likely to be a slip.

    In a long name it is. In the short name of a division one character is half of what tells it from another: there the two must sound alike, or be
    swapped, or differ in the kind only, unless the context leaves no other.
    """
    if name.isascii():
        return score >= LEAST_SCORE
    if len(key) == len(name):
        at = Prefix.similarity(key, name)
        if key[at + 1 :] != name[at + 1 :] or sound_of(key[at]) == sound_of(name[at]):
            return len(name) >= 4 or within
    if score < LEAST_SCORE:
        return False
    if form.feature.level is Level.PLACE:
        return len(name) >= 5
    stem = stem_of(name)
    return within or len(stem) > 2 or (key.startswith(stem) and len(key) == len(name))


def _match(text: str, form: Form, method: Method, unresolved: str = "", *, score: float = 100.0, runner_up: tuple[str, float] | None = None) -> Match:
    feature, location = form.feature, form.feature.location
    precision, name = location.precision, feature.name
    if feature.is_by_host and feature.level is Level.PLACE:
        # A guest never claims more than the area of its host, however well the host itself is located.
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
        f"{form.note}；{feature.note}" if form.note and feature.note else form.note or feature.note,
    )


_COARSENESS = {precision: position for position, precision in enumerate(Precision)}
# The fields come in order and in full: nothing needs to be checked of them.
_MAKE_MATCH, _MAKE_MISS = partial(tuple.__new__, Match), partial(tuple.__new__, Miss)
_UNRESOLVED = Match._fields.index("unresolved")
_METHODS = {FormKind.OWN: Method.EXACT, FormKind.ALIAS: Method.ALIAS, FormKind.SHORT: Method.ALIAS, FormKind.FORMER: Method.FORMER}


def _tail(text: str, rest: str) -> str:
    """Give the end of a text that is folded to ``rest``, as it was written."""
    if text.endswith(rest):
        return rest
    start = len(text) - len(rest)
    while start > 0 and fold_name(text[start:]) != rest:
        start -= 1
    return text[start:].strip()


def _fineness(mention: _Mention) -> int:
    return _ORDER[mention.features[0].level]


def _replaced(match: Match, unresolved: Sequence[str], method: Method, score: float, runner_up: tuple[str, float] | None) -> Match:
    return match._replace(unresolved=match.unresolved or ", ".join(unresolved), method=method, score=round(score, 1), runner_up=runner_up)


def _ambiguous(text: str, forms: Iterable[Form], reason: str) -> Miss:
    candidates = (
        Candidate(form.feature.name, form.feature.district or "杭州市", form.feature.level, reason or form.note or "需要所在区域才能确定")
        for form in forms
    )
    return Miss(text, MissReason.AMBIGUOUS, tuple(candidates))
