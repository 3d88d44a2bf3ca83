"""Network geocoders behind the protocol of :mod:`geo.geocode.answers`, for an operator who turns one on.

The four providers are one table, :data:`PROVIDERS`; geopy carries the requests. Every answer is brought to WGS-84, given a radius from the provider's
own words, and dropped where it lies outside the city or outside of what the query allows. What a provider answered stays in a cache on disk, answers
without a result included, so that a question is asked once. A provider that fails leaves misses and a warning, never an exception.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from geopy.adapters import URLLibAdapter
from pydantic import ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from geo.errors import CacheError, DatumError, KeyRefusedError, NetworkError, OnlineError, ProviderAnswerError, QuotaError, SettingsError
from geo.geocode.answers import Answer, Candidate, Division, Geocoder, Level, Match, Method, Miss, MissReason, Query
from geo.geocode.online.adapter import Adapter
from geo.geocode.online.area import Area, OutlinedDistrict, Point, clean, farthest_m, fold
from geo.geocode.online.cache import AnswerCache
from geo.geocode.online.documents import DISTRICT, ROAD, TOWNSHIP_NAME, Found, Kind
from geo.geocode.online.providers import PROVIDERS, Access, Provider, Transport
from geo.geocode.said import N_, Said
from geo.ground.datum import to_wgs84
from geo.tables.kinds import Basis
from geo.tables.profile import Profile

_LOG = logging.getLogger("geo")
# Below this, Baidu documents no accuracy for its comprehension; Tianditu documents none for its score and is held to the same.
_LEAST_SCORE = 50.0
_NO_LEVEL = Said(N_("级别未注明"))
# A provider that could not be reached for this many questions in a row is not asked again: each of them was already tried several times.
_MOST_NETWORK_FAILURES = 3


# --- the geocoder -------------------------------------------------------------------------------------------------------------------------


class Failure(NamedTuple):
    """What went wrong, and how many queries it left without an answer."""

    error: OnlineError
    queries: int


@dataclass(frozen=True)
class OnlineSettings:
    """What an operator chooses.

    Attributes
    ----------
    provider
        A name in :data:`PROVIDERS`; empty: no geocoder.
    key
        The operator's key; empty where the provider takes none.
    url
        Address of the service instead of the provider's own, such as a mirror's; empty: the provider's own.
    cache
        Folder of the cache; made when it does not exist.
    """

    provider: str
    key: str
    url: str
    cache: Path


def online_geocoder(settings: OnlineSettings, districts: Mapping[str, Any], profile: Profile) -> Geocoder | None:
    """Make the geocoder that the operator has turned on; ``None`` if there is none.

    Parameters
    ----------
    settings
        What the operator chose.
    districts, profile
        As for :class:`OnlineGeocoder`.

    Raises
    ------
    SettingsError
        If a setting has a value it cannot have; the key is not shown.
    """
    if not settings.provider:
        return None
    provider = PROVIDERS.get(settings.provider)
    if provider is None:
        raise SettingsError("GEO_ONLINE", settings.provider, f"one of {', '.join(PROVIDERS)}, or nothing")
    if provider.takes_key and not settings.key.strip():
        raise SettingsError("GEO_ONLINE_KEY", "", f"a key for {provider.name}")
    if settings.key and not provider.takes_key:
        raise SettingsError("GEO_ONLINE_KEY", "***", f"nothing: {provider.name} takes no key")
    if settings.url and not re.fullmatch(r"https?://[^\s?#]+", settings.url):
        raise SettingsError("GEO_ONLINE_URL", settings.url, "an address that starts with http:// or https://, without ? and #")
    try:
        return OnlineGeocoder(
            provider, settings.key.strip(), cache=settings.cache, districts=districts, profile=profile, endpoint=settings.url or None
        )
    except CacheError as error:
        raise SettingsError("GEO_ONLINE_CACHE", str(settings.cache), f"a folder that can be written ({error})") from error


class OnlineGeocoder:
    """Asks one provider, one request at a time, and remembers its answers.

    The ``score`` of a match is Baidu's ``comprehension`` or Tianditu's ``score``; AMap and Nominatim have no measure of how well a result fits, and
    theirs is 100, or 50 where a part of the query stays unresolved. The host of a query is not asked for, as no provider takes one.

    Parameters
    ----------
    provider
        A row of :data:`PROVIDERS`.
    key
        The operator's key; never logged, never in a message.
    cache
        Folder of the cache.
    districts
        GeoJSON FeatureCollection in WGS-84: the districts with ``code``, ``name_zh`` and ``name_en``, as in ``data/basemap/``. Baidu and
        Tianditu do not say in which district a result lies.
    profile
        The city that is asked about.
    endpoint
        Address of the service; the provider's own by default.
    transport
        Makes a geopy adapter; the standard library's by default, which logs no address.
    timeout_s
        Seconds after which a silent provider is given up.
    attempts
        How often a question is asked before it fails, of what passes by itself.
    first_wait_s, longest_wait_s
        Seconds to wait before the second attempt, twice as long before each further one, with jitter; a provider that asks to wait longer than
        ``longest_wait_s`` is not asked again.
    clock, sleep
        Seconds that only grow, and how to wait.

    Raises
    ------
    CacheError
        If the cache cannot be used.
    """

    def __init__(
        self,
        provider: Provider,
        key: str,
        *,
        cache: Path,
        districts: Mapping[str, Any],
        profile: Profile,
        endpoint: str | None = None,
        transport: Transport = URLLibAdapter,
        timeout_s: float = 10.0,
        attempts: int = 4,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._provider = provider
        self._area = Area(districts, profile)
        self._cache = AnswerCache(cache)
        # Baidu's answers in one datum are no answers in the other.
        self._cached_as = f"{provider.name} {provider.datum}"
        self._service = provider.service(
            Access(endpoint or provider.endpoint, key, provider.datum, self._area.bounds, profile),
            timeout=timeout_s,
            # The policy of the public Nominatim asks for a name by which the operator's program can be told apart.
            user_agent=f"{profile.slug}-industrial-atlas/1",
            adapter_factory=lambda **options: Adapter(provider, key, transport(**options)),
        )
        self._backoff = wait_exponential_jitter(multiplier=first_wait_s, max=longest_wait_s, jitter=first_wait_s)
        self._longest_wait_s = longest_wait_s
        self._attempts = attempts
        self._clock, self._sleep = clock, sleep
        self._turn = threading.Lock()
        self._next_s = clock()
        self._failures: dict[tuple[type[OnlineError], str], Failure] = {}
        self._stopped: OnlineError | None = None
        self._network_failures = 0

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What went wrong so far, each error once, in the order in which they came."""
        return tuple(self._failures.values())

    def geocode(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer each query, in order.

        Nothing is raised: a query that fails is a miss, and :attr:`failures` says why. After a refused key, a used up quota, or three questions in a
        row for which the provider was not reached, this object asks it no more and answers from its cache.
        """
        return [self._answer(query) for query in queries]

    def locate(self, query: Query) -> Answer:
        """Answer one query, from the cache or from the provider.

        Raises
        ------
        OnlineError
            If the provider fails, or the cache does.
        """
        found = self._recall(query)
        if found is None:
            page, found = self._ask(query)
            self._remember(query, page)
        return self._judge(query, found)

    # --- asking ---

    def _answer(self, query: Query) -> Answer:
        try:
            found = self._recall(query)
        except CacheError as error:
            self._record(error, 0)
            found = None
        if found is None:
            if self._stopped is not None:
                self._record(self._stopped)
                return Miss(query.text, MissReason.UNKNOWN)
            try:
                page, found = self._ask(query)
            except OnlineError as error:
                self._record(error)
                self._network_failures = self._network_failures + 1 if isinstance(error, NetworkError) else 0
                if isinstance(error, KeyRefusedError | QuotaError) or self._network_failures >= _MOST_NETWORK_FAILURES:
                    self._stopped = error
                return Miss(query.text, MissReason.UNKNOWN)
            self._network_failures = 0
            try:
                self._remember(query, page)
            except CacheError as error:
                self._record(error, 0)
        return self._judge(query, found)

    def _record(self, error: OnlineError, queries: int = 1) -> None:
        cause = (type(error), str(error))
        if cause not in self._failures:
            _LOG.warning("online geocoder: %s", error)
            self._failures[cause] = Failure(error, 0)
        first, count = self._failures[cause]
        self._failures[cause] = Failure(first, count + queries)

    def _recall(self, query: Query) -> list[Found] | None:
        if not clean(query.text):
            return []
        page = self._cache.get(self._cached_as, fold(query.text), fold(query.admin))
        try:
            return None if page is None else self._read(page)
        except ProviderAnswerError:
            # Kept by an older release that read it otherwise: it is asked for again.
            return None

    def _remember(self, query: Query, page: Any) -> None:
        self._cache.put(self._cached_as, fold(query.text), fold(query.admin), page)

    def _ask(self, query: Query) -> tuple[Any, list[Found]]:
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts), wait=self._wait_s, retry=retry_if_exception(self._is_passing), sleep=self._sleep, reraise=True
        )
        # Whoever waits for the provider to recover holds the turn: nobody else should ask it meanwhile.
        with self._turn:
            return retrying(self._ask_once, clean(query.text), clean(query.admin))

    def _ask_once(self, text: str, admin: str) -> tuple[Any, list[Found]]:
        early_s = self._next_s - self._clock()
        if early_s > 0:
            self._sleep(early_s)
        try:
            page = self._service.geocode(text, admin=admin)
        finally:
            self._next_s = self._clock() + self._provider.interval_s
        return page, self._read(page)

    def _is_passing(self, error: BaseException) -> bool:
        return isinstance(error, OnlineError) and error.is_passing and (error.retry_after_s or 0.0) <= self._longest_wait_s

    def _wait_s(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, OnlineError) else None
        return max(self._backoff(state), asked_s or 0.0)

    def _read(self, page: Any) -> list[Found]:
        try:
            return [found._replace(lon=lon, lat=lat) for found in self._provider.read(page) for lon, lat in [self._to_wgs84(found)]]
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in wrong["loc"]) or "answer"
            raise ProviderAnswerError(self._provider.name, f"answers in a form that is not its own: {where}: {wrong['msg']}") from None
        except DatumError as error:
            raise ProviderAnswerError(self._provider.name, f"answers with a coordinate that is none: {error}") from None

    def _to_wgs84(self, found: Found) -> Point:
        lon, lat = to_wgs84(found.lon, found.lat, self._provider.datum)
        return float(lon), float(lat)

    # --- judging ---

    def _judge(self, query: Query, found: Sequence[Found]) -> Answer:
        sure = [one for one in found if one.score is None or one.score >= _LEAST_SCORE]
        if not sure:
            return Miss(query.text, MissReason.UNKNOWN)
        matches = [match for match in (self._match(query, one) for one in sure) if match is not None]
        if not matches:
            return Miss(query.text, MissReason.OUT_OF_AREA)
        best = matches[0]
        if any(_is_elsewhere(best, other) for other in matches[1:]):
            reason = Said(N_("%(provider)s给出相距甚远的多处结果"), provider=Said(self._provider.label))
            candidates = (Candidate(one.matched, "".join(division.name for division in one.divisions), one.level, reason) for one in matches)
            return Miss(query.text, MissReason.AMBIGUOUS, tuple(dict.fromkeys(candidates)))
        return best

    def _match(self, query: Query, found: Found) -> Match | None:
        """Make a match of a result; ``None`` if it lies outside of the city or of what the query allows."""
        lon, lat, kind = found.lon, found.lat, found.kind
        near = self._area.near(lon, lat)
        if not near or (found.code and not self._area.holds_code(found.code)):
            return None
        if query.bbox and not (query.bbox.west <= lon <= query.bbox.east and query.bbox.south <= lat <= query.bbox.north):
            return None
        stated = next((district for district in self._area.districts if district.division.code == found.code), None)
        stated = stated or next((district for part in found.parts if (district := self._area.named(part, in_full=True)) in near), None)
        admin = self._area.named(query.admin)
        if admin is not None and admin not in ([stated] if stated else near):
            return None
        district = stated or (admin if admin is not None else near[0])
        if self._area.named(found.name.partition(",")[0], in_full=True) is not None:
            kind = DISTRICT
        divisions = self._divisions(found, kind, district)
        unresolved = _unresolved(clean(query.text), kind, self._area.above.union(division.name for division in divisions), found.name, district)
        score = found.score if found.score is not None else 50.0 if unresolved else 100.0
        return Match(
            query=query.text,
            name=found.name or clean(query.text),
            matched=found.name or clean(query.text),
            level=kind.level,
            method=Method.ONLINE,
            score=score,
            runner_up=None,
            unresolved=unresolved,
            lon=lon,
            lat=lat,
            precision=kind.precision,
            uncertainty_m=self._radius_m(found, kind, district),
            divisions=divisions,
            basis=Basis.DERIVED,
            source=f"online-{self._provider.name}",
            datum_of_source=self._provider.datum,
            note=Said(N_("%(provider)s：%(level)s"), provider=Said(self._provider.label), level=found.word or _NO_LEVEL),
        )

    def _divisions(self, found: Found, kind: Kind, district: OutlinedDistrict) -> tuple[Division, ...]:
        city = self._area.city
        if kind.level is Level.CITY:
            return (city,)
        if kind.level is Level.DISTRICT:
            return (city, district.division)
        written = _without(found.name, {self._area.province, city.name, district.division.name})
        township = next((part for part in (*found.parts, written) if TOWNSHIP_NAME.search(part)), None)
        return (city, district.division, *((Division("", township),) if township else ()))

    def _radius_m(self, found: Found, kind: Kind, district: OutlinedDistrict) -> int:
        outline = {Level.CITY: self._area.outline, Level.DISTRICT: district.outline}.get(kind.level)
        if outline is not None:
            return farthest_m((found.lon, found.lat), [(lon, lat) for lon, lat in shapely.get_coordinates(outline).tolist()])
        return max(kind.radius_m, found.radius_m)


def _is_elsewhere(one: Match, other: Match) -> bool:
    """Tell whether two results cannot be the same place, as their radii do not meet."""
    return farthest_m((one.lon, one.lat), [(other.lon, other.lat)]) > one.uncertainty_m + other.uncertainty_m


def _unresolved(text: str, kind: Kind, above: AbstractSet[str], matched: str, district: OutlinedDistrict) -> str:
    """Give what of the text is finer than the result."""
    if kind is ROAD:
        number = re.search(r"[路街道巷弄](?P<rest>[^路街道巷弄]*\d[^路街道巷弄]*)$", text)
        return number["rest"].strip() if number else ""
    if kind.level not in (Level.TOWNSHIP, Level.DISTRICT, Level.CITY):
        return ""
    names = {*above, *(district.names if kind.level is not Level.CITY else ())}
    names.add(_without(matched, names))
    return _without(text, names)


def _without(text: str, names: Iterable[str]) -> str:
    """Take names off the front of a text, the longest first."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    rest = text
    while name := next((name for name in longest_first if rest.casefold().startswith(name.casefold())), None):
        rest = rest[len(name) :].lstrip(" ,，·")
    return rest
