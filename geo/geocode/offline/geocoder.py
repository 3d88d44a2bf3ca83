"""The geocoder: curated places and divisions first, then addresses, then misspelt names; doubt is an answer.

A query is folded and looked up. What is not a name as a whole is read from the left as an address: the divisions and places that stand in it, of
which the finest decides when they agree. What remains is compared with the names within reach, one slip of the pen apart. A name that several cities
bear is never resolved without a context, and a division elsewhere is out of the area.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from operator import itemgetter
from typing import TypeVar

from geo.geocode.answers import Answer, Level, Match, Miss, MissReason, Query
from geo.geocode.gazetteer import Gazetteer, Location
from geo.geocode.offline.address import Addresses, answer_floor
from geo.geocode.offline.context import NOWHERE, Context, Contexts
from geo.geocode.offline.english import EnglishAddresses
from geo.geocode.offline.heads import Heads
from geo.geocode.offline.mentions import CONTINUED, AddressReader
from geo.geocode.offline.outcome import answer_anew
from geo.geocode.offline.slips import Slips
from geo.geocode.offline.sounds import Sounds
from geo.geocode.offline.suggestions import Suggestions
from geo.geocode.offline.villages import Villages
from geo.geocode.offline.whole_names import WholeNames
from geo.geocode.said import both, without_last
from geo.geocode.spread import locate_addresses
from geo.ground.garbage import without_cyclic_collection
from geo.ground.names import fold_name, fold_names

# Changes with the answers: what was answered by another version is asked again.
VERSION = 5
# A house number that stands for all of them.
_ANY_NUMBER = "11号"
# What is found out about a name, or about the divisions that an address begins with, is kept while it is asked again and again.
_MOST_KEPT = 1 << 14
# From so many queries on, the search for cycles costs more than a moment.
_LONG_LIST = 1000
_UNANSWERED = Miss("", MissReason.UNKNOWN)
# What a query says besides its text, and what one says that says no more.
_BESIDES_TEXT = itemgetter(slice(1, None))
_NO_MORE = Query("")[1:]
_Said = TypeVar("_Said")


class OfflineGeocoder:
    """Answers from the gazetteer.

    Parameters
    ----------
    gazetteer
        The known names.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        reader = AddressReader(gazetteer)
        self._above = reader.above
        whole_names, slips = WholeNames(gazetteer), Slips(gazetteer)
        self._contexts = Contexts(gazetteer, reader)
        self._addresses = Addresses(gazetteer, reader, whole_names, slips, Sounds(gazetteer), Villages(gazetteer))
        english = EnglishAddresses(gazetteer, self._addresses, slips)
        self._heads = Heads(gazetteer, reader)
        # What is known of a key or a head depends on nothing but itself: what was asked before never changes an answer.
        self._known: dict[str, Answer] = {}
        self._heads_known: dict[tuple[str, str], Answer | None] = {}
        self._words_known: dict[str, Answer | None] = {}
        # From sure to unsure: each answers what it can, and what none does is a miss. No method of its own: see geo.ground.garbage.
        answer_address = partial(_answer_address, english, self._addresses)
        self._stages = (whole_names.answer, answer_address, slips.answer, whole_names.answer_part, answer_floor)
        self._suggestions = Suggestions(gazetteer)

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query, in order; those that are the same are answered once."""
        if len(queries) > _LONG_LIST:
            # Answering leaves none.
            with without_cyclic_collection():
                return self._answer_list(queries)
        if len(queries) == 1:
            return [self._answer(queries[0])]
        answers = {query: self._answer(query) for query in dict.fromkeys(queries)}
        return [answers[query] for query in queries]

    def understands(self, admin: str) -> bool:
        """Tell whether a division is known that a query may be said to lie in, in the city or elsewhere."""
        return self._contexts.of(Query("", admin=admin)).is_given

    def knows_host(self, host: str) -> bool:
        """Tell whether a place is known that a query may be said to belong to."""
        return self._contexts.of(Query("", host=host)).host is not None

    def _answer(self, query: Query) -> Answer:
        key = fold_name(query.text)
        # Commas, which folding drops, part an English address: there the text itself counts.
        if key.isascii() or _says_where(query):
            return self._answer_as_written(query, key)
        return self._answer_by_key(query.text, key) if key.isalpha() else self._answer_by_head(query.text, key)

    def _answer_list(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query as if it were asked alone, but take all of a list through one step after another: read, normalise, look up, word.

        The steps are those of :meth:`_answer`. All texts are folded at once, and a step that does not make way for the others after each query finds
        its code and its tables where it left them, in the caches of the processor.
        """
        if set(map(_BESIDES_TEXT, queries)) == {_NO_MORE}:
            return self._answer_texts([query.text for query in queries])
        plain = [query for query in queries if not _says_where(query)]
        answered = dict(zip(plain, self._answer_texts([query.text for query in plain]), strict=True))
        answered |= {query: self._answer(query) for query in dict.fromkeys(queries) if query not in answered}
        return [answered[query] for query in queries]

    def _answer_texts(self, texts: Sequence[str]) -> list[Answer]:
        """Answer what says no more than its text; those that are the same once."""
        answered: dict[str, Answer] = dict.fromkeys(texts, _UNANSWERED)
        names: list[tuple[str, str]] = []
        for text, key in zip(answered, fold_names(list(answered)), strict=True):
            if key.isascii():
                answered[text] = self._answer_as_written(Query(text), key)
            elif key.isalpha():
                names.append((text, key))
            else:
                answered[text] = self._answer_by_head(text, key)
        known = self._remember(dict.fromkeys([key for _, key in names]))
        for text, key in names:
            answered[text] = known[key] if key == text else answer_anew(known[key], text)
        return list(answered.values() if len(answered) == len(texts) else map(answered.__getitem__, texts))

    def _answer_by_key(self, text: str, key: str) -> Answer:
        """Answer what is asked in Chinese and without a context: its key says all."""
        return answer_anew(self._known.get(key) or self._remember((key,))[key], text)

    def _answer_by_head(self, text: str, key: str) -> Answer:
        """Answer an address that ends in a number by what is known of its head, and any other name with a number by its key."""
        end = self._heads.end_of_words(key)
        if end:
            head = self._words_known.get(key[:end], _UNANSWERED)
            if head is _UNANSWERED:
                head = _keep(self._words_known, key[:end], self._read_words(key[:end]))
        else:
            end = self._heads.end_of(key)
            head = self._of_head(key, end) if end else None
        return answer_anew(head, text, key[end:]) if head else self._answer_by_key(text, key)

    def _answer_as_written(self, query: Query, key: str) -> Answer:
        if not key:
            return Miss(query.text, MissReason.UNKNOWN)
        context = self._contexts.of(query)
        return Miss(query.text, MissReason.OUT_OF_AREA) if context.is_elsewhere else self._read_all(query.text, key, context)

    def _of_head(self, key: str, end: int) -> Answer | None:
        said = key[:end], key[end] if key[end] in CONTINUED else ""
        head = self._heads_known.get(said, _UNANSWERED)
        return _keep(self._heads_known, said, self._read_head(*said)) if head is _UNANSWERED else head

    def _read_head(self, head: str, continued: str) -> Answer | None:
        """Answer an address by its head; what of the head itself is left over stays in ``rest``."""
        if head.endswith(self._above):
            return None
        rest = continued + _ANY_NUMBER
        answer = self._read_all(head + rest, head + rest, NOWHERE)
        if isinstance(answer, Miss) and answer.reason is MissReason.UNKNOWN:
            # What is suggested depends on all of it.
            return None
        return _without_end(answer, rest)

    def _read_words(self, words: str) -> Answer | None:
        """Answer an address by the words before its numbers; ``None`` where what is left over is not the end of it."""
        key = words + _ANY_NUMBER
        end = self._heads.end_of(key)
        if end:
            head = self._of_head(key, end)
            return head and answer_anew(head, words, words[end:])
        answer = self._read_all(key, key, NOWHERE)
        if isinstance(answer, Miss):
            return answer if answer.reason is not MissReason.UNKNOWN else None
        is_end = answer.unresolved.endswith(_ANY_NUMBER) and answer.unresolved != key
        return _without_end(answer, _ANY_NUMBER) if is_end else None

    def _remember(self, keys: Iterable[str]) -> dict[str, Answer]:
        """Read the keys that are not known, all of them one stage after another, and return what is known of them and of others."""
        if len(self._known) > _MOST_KEPT:
            # Not emptied: someone else may still look something up in it.
            self._known = {}
        known = self._known
        unread = [key for key in keys if key not in known]
        for stage in self._stages:
            known.update((key, self._place(answer)) for key in unread if (answer := stage(key, key, NOWHERE)))
            unread = [key for key in unread if key not in known]
        known.update((key, self._miss(key, key)) for key in unread)
        return known

    def _read_all(self, text: str, key: str, context: Context) -> Answer:
        for stage in self._stages:
            answer = stage(text, key, context)
            if answer is None:
                continue
            if isinstance(answer, Miss) and answer.reason is not MissReason.AMBIGUOUS and (context.features or context.districts):
                # What is said to lie in the city is not said to lie elsewhere.
                return self._miss(text, key)
            return self._place(answer)
        return self._miss(text, key)

    def _place(self, answer: Answer) -> Answer:
        """Place what is known no nearer than its city or its district where the addresses of that lie."""
        if not isinstance(answer, Match) or not answer.unresolved or answer.level not in (Level.CITY, Level.DISTRICT):
            return answer
        code = answer.divisions[-1].code
        own, found = self._gazetteer.by_code[code].location, self._where_addresses_lie.get(code)
        if found is None or (answer.lon, answer.lat) != (own.lon, own.lat):
            return answer
        # What is gone lies in more than one of today's districts.
        radius = found.uncertainty_m if answer.uncertainty_m == own.uncertainty_m else max(answer.uncertainty_m, found.uncertainty_m)
        note = without_last(answer.note, own.note)
        return answer._replace(lon=found.lon, lat=found.lat, uncertainty_m=radius, source=found.source, note=both(note, found.note))

    @cached_property
    def _where_addresses_lie(self) -> dict[str, Location]:
        return locate_addresses(self._gazetteer)

    def _miss(self, text: str, key: str) -> Miss:
        return Miss(text, MissReason.UNKNOWN, self._suggestions.of(key))


def _answer_address(english: EnglishAddresses, addresses: Addresses, text: str, key: str, context: Context) -> Answer | None:
    return english.answer(text, context) if key.isascii() else addresses.answer(text, key, context)


def _says_where(query: Query) -> bool:
    """Tell whether a query says more than its text."""
    return bool(query.admin or query.host or query.bbox is not None or not query.assume_home)


def _without_end(answer: Answer, rest: str) -> Answer:
    """Take the end of what is left over from it."""
    return answer if isinstance(answer, Miss) else answer._replace(unresolved=answer.unresolved.removesuffix(rest))


def _keep(known: dict[_Said, Answer | None], said: _Said, answer: Answer | None) -> Answer | None:
    """Keep what was read, and return it."""
    if len(known) > _MOST_KEPT:
        known.clear()
    known[said] = answer
    return answer
