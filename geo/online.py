"""Network geocoders behind the protocol of :mod:`geo.geocode`, for an operator who turns one on.

The four providers are one table, :data:`PROVIDERS`; geopy carries the requests. Every answer is brought to WGS-84, given a radius from the provider's
own words, and dropped where it lies outside Hangzhou or outside of what the query allows. What a provider answered stays in a cache on disk, answers
without a result included, so that a question is asked once. A provider that fails leaves misses and a warning, never an exception.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode

import shapely
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter, URLLibAdapter, get_retry_after
from geopy.exc import GeocoderParseError, GeocoderServiceError
from geopy.geocoders import BaiduV3, Nominatim
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from pydantic import BaseModel, BeforeValidator, ConfigDict, FiniteFloat, TypeAdapter, ValidationError
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from geo.datum import to_wgs84
from geo.errors import CacheError, DatumError, KeyRefusedError, NetworkError, OnlineError, ProviderAnswerError, QuotaError, SettingsError
from geo.geocode import Answer, Candidate, Division, Geocoder, Level, Match, Method, Miss, MissReason, Query
from geo.schema import Basis, Datum, Precision

# The policy of the public Nominatim asks for a name by which the operator's program can be told apart.
USER_AGENT = "hangzhou-industrial-atlas/1"
_LOG = logging.getLogger("geo")
_WGS84 = Geod(ellps="WGS84")
_CITY = Division("330100", "杭州市")
_CITY_CODE = "3301"
# The outlines of the districts are good to 500 m at the 90th percentile; so near to a border a point may lie on either side.
_BORDER_DEG = 0.005
# Below this, Baidu documents no accuracy for its comprehension; Tianditu documents none for its score and is held to the same.
_LEAST_SCORE = 50.0
# A provider that could not be reached for this many questions in a row is not asked again: each of them was already tried several times.
_MOST_NETWORK_FAILURES = 3
_TOWNSHIP_NAME = re.compile("(街道|镇|乡)$")
_Point: TypeAlias = tuple[float, float]

# --- what the providers' words for a result mean ------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """What a result is.

    Attributes
    ----------
    level, precision
        As in :class:`geo.geocode.Match`.
    radius_m
        Metres; the true place lies within. For a district or the city it is 0, as their outlines give it.
    """

    level: Level
    precision: Precision
    radius_m: int


# Baidu documents that 91 % of what it understands fully lies within 100 m and 96 % within 500 m. A number is interpolated along its street.
NUMBER = Kind(Level.ADDRESS, Precision.SITE, 200)
CROSSING = Kind(Level.ADDRESS, Precision.SITE, 300)
# The pin of a firm, a campus or a station stands at a gate as often as in the middle: half of a site of one kilometre.
SITE = Kind(Level.ADDRESS, Precision.SITE, 500)
# A point somewhere on the road; longer than 20 km are only motorways and the ring.
ROAD = Kind(Level.ADDRESS, Precision.LOCALITY, 10_000)
UNKNOWN = Kind(Level.ADDRESS, Precision.LOCALITY, 5_000)
ESTATE = Kind(Level.PLACE, Precision.LOCALITY, 1_500)
VILLAGE = Kind(Level.PLACE, Precision.LOCALITY, 3_000)
# As the widest zones of the gazetteer, but for the former 钱塘新区, which is a district now.
ZONE = Kind(Level.PLACE, Precision.AREA, 10_000)
# The widest radius of a township in data/admin/divisions.csv.
TOWNSHIP = Kind(Level.TOWNSHIP, Precision.TOWNSHIP, 26_600)
DISTRICT = Kind(Level.DISTRICT, Precision.DISTRICT, 0)
CITY = Kind(Level.CITY, Precision.CITY, 0)

#: The words of AMap, Baidu and Tianditu, which share most of them; ``None`` is wider than the city and no location. Any other word is UNKNOWN.
KINDS: Mapping[str, Kind | None] = {
    **dict.fromkeys(("门牌号", "门址", "单元号", "楼层", "房间", "楼栋号"), NUMBER),
    **dict.fromkeys(("道路交叉路口", "交叉路口"), CROSSING),
    **dict.fromkeys(("兴趣点", "POI", "公交地铁站点", "公交站台、地铁站", "商务大厦", "政府机构", "生活服务", "休闲娱乐", "餐饮", "宾馆"), SITE),
    **dict.fromkeys(("购物", "金融", "教育", "医疗", "汽车服务", "加油站", "桥", "停车场", "停车区", "停车场/停车区", "绿地"), SITE),
    **dict.fromkeys(("收费站", "收费区", "收费处", "收费区/收费站", "收费处/收费站", "长途汽车站", "火车站"), SITE),
    **dict.fromkeys(("道路", "小巷"), ROAD),
    **dict.fromkeys(("住宅区", "地产小区", "热点商圈", "商圈", "飞机场", "机场", "港口", "码头", "港口/码头"), ESTATE),
    **dict.fromkeys(("村庄",), VILLAGE),
    **dict.fromkeys(("开发区", "工业园区", "旅游景点"), ZONE),
    **dict.fromkeys(("乡镇", "街道", "乡镇街道"), TOWNSHIP),
    **dict.fromkeys(("区县",), DISTRICT),
    **dict.fromkeys(("市", "城市"), CITY),
    **dict.fromkeys(("省", "国家"), None),
}
#: Nominatim's ``addresstype``. Names of districts and townships decide before it, as it calls a Chinese district a city, a county or a suburb.
ADDRESS_TYPES: Mapping[str, Kind | None] = {
    **dict.fromkeys(("house", "house_number", "building", "house_name"), NUMBER),
    **dict.fromkeys(("amenity", "shop", "office", "tourism", "leisure", "historic", "railway", "man_made", "craft", "healthcare", "highway"), SITE),
    **dict.fromkeys(("aeroway", "public_transport", "emergency", "club", "bridge", "tunnel"), SITE),
    **dict.fromkeys(("road", "street", "square"), ROAD),
    **dict.fromkeys(("residential", "neighbourhood", "quarter", "city_block", "allotments"), ESTATE),
    **dict.fromkeys(("village", "hamlet", "isolated_dwelling", "croft", "farm"), VILLAGE),
    **dict.fromkeys(("industrial", "commercial", "retail", "landuse", "locality"), ZONE),
    **dict.fromkeys(("suburb", "town", "borough", "subdivision"), TOWNSHIP),
    **dict.fromkeys(("city_district", "district", "county", "municipality"), DISTRICT),
    **dict.fromkeys(("city",), CITY),
    **dict.fromkeys(("state", "province", "region", "country", "continent"), None),
}
#: Baidu's ``confidence`` and the error in metres that it documents for it, from this value on.
CONFIDENCES = (
    *((100, 20), (90, 50), (80, 100), (75, 200), (70, 300), (60, 500)),
    *((50, 1_000), (40, 2_000), (30, 5_000), (25, 8_000), (20, 10_000)),
)
# Baidu's word for a point that is not exact, for which it promises nothing.
_FUZZY_M = 1_000

# --- the answers of the providers ---------------------------------------------------------------------------------------------------------


class Found(NamedTuple):
    """One result of a provider, before it is judged.

    Attributes
    ----------
    name
        What the provider calls it; empty where it does not say.
    word, kind
        The provider's word for what it is, and what that means.
    lon, lat
        Degrees, in the datum of the provider.
    score
        0 to 100; ``None`` where the provider has no measure of its own.
    radius_m
        Metres, where the provider gives a wider radius than the kind has; else 0.
    code
        GB/T 2260 of the district, 6 digits; empty where the provider does not say.
    parts
        Names of the divisions that it lies in, as far as the provider gives them.
    """

    name: str
    word: str
    kind: Kind
    lon: float
    lat: float
    score: float | None = None
    radius_m: int = 0
    code: str = ""
    parts: tuple[str, ...] = ()


def _blank(value: object) -> object:
    # AMap writes [] where it has no text.
    return "" if value is None or value == [] else value


_Blank = Annotated[str, BeforeValidator(_blank)]


class _Part(BaseModel):
    """A part of an answer; what we do not use may change."""

    model_config = ConfigDict(coerce_numbers_to_str=True, frozen=True)


def _split_location(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


class _AMapPlace(_Part):
    location: Annotated[tuple[FiniteFloat, FiniteFloat], BeforeValidator(_split_location)]
    level: _Blank = ""
    formatted_address: _Blank = ""
    district: _Blank = ""
    township: _Blank = ""
    adcode: _Blank = ""


class _AMapAnswer(_Part):
    status: str
    info: str = ""
    infocode: str = ""
    geocodes: tuple[_AMapPlace, ...] | None = None


class _BaiduLocation(_Part):
    lng: FiniteFloat
    lat: FiniteFloat


class _BaiduResult(_Part):
    location: _BaiduLocation
    precise: int = 0
    confidence: int
    comprehension: FiniteFloat | None = None
    level: _Blank = ""


class _BaiduAnswer(_Part):
    status: int
    msg: str = ""
    message: str = ""
    result: _BaiduResult | None = None


class _TiandituLocation(_Part):
    lon: FiniteFloat
    lat: FiniteFloat
    score: FiniteFloat | None = None
    level: _Blank = ""


class _TiandituAnswer(_Part):
    status: str
    msg: str = ""
    location: _TiandituLocation | None = None


class _NominatimPlace(_Part):
    lon: FiniteFloat
    lat: FiniteFloat
    display_name: str = ""
    name: _Blank = ""
    addresstype: str = ""
    type: str = ""
    boundingbox: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat] | None = None
    address: dict[str, str] = {}


_NOMINATIM_ANSWER = TypeAdapter(tuple[_NominatimPlace, ...])


def read_amap(page: Any) -> list[Found]:
    """Read an answer of AMap; a pure function, raises OnlineError or pydantic's ValidationError."""
    answer = _AMapAnswer.model_validate(page)
    if answer.status != "1":
        raise ProviderAnswerError("amap", f"answers {answer.info} ({answer.infocode})")
    if answer.geocodes is None:
        raise ProviderAnswerError("amap", "answers without geocodes")
    found = []
    for place in answer.geocodes:
        kind = KINDS.get(place.level, UNKNOWN)
        if kind is not None:
            parts = tuple(part for part in (place.district, place.township) if part)
            found.append(Found(place.formatted_address, place.level, kind, *place.location, code=place.adcode, parts=parts))
    return found


def read_baidu(page: Any) -> list[Found]:
    """Read an answer of Baidu; as :func:`read_amap`."""
    answer = _BaiduAnswer.model_validate(page)
    # One code stands for two things, and only the text tells "nothing found" from a fault.
    if answer.status == 1 and "无相关结果" in answer.msg:
        return []
    if answer.status == 1:
        raise NetworkError("baidu", f"answers {answer.msg or answer.message} (1)", is_passing=True)
    if answer.status == 0 and answer.result is None:
        raise ProviderAnswerError("baidu", "answers without a result")
    if answer.result is None:
        raise ProviderAnswerError("baidu", f"answers {answer.msg or answer.message} ({answer.status})")
    result = answer.result
    kind = KINDS.get(result.level, UNKNOWN)
    if kind is None:
        return []
    radius_m = next((metres for least, metres in CONFIDENCES if result.confidence >= least), None)
    if radius_m is None and kind.radius_m:
        # Below the last value nothing is promised: the point may be anywhere.
        return []
    radius_m = radius_m or 0
    if not result.precise:
        radius_m = max(radius_m, _FUZZY_M)
    return [Found("", result.level, kind, result.location.lng, result.location.lat, score=result.comprehension, radius_m=radius_m)]


def read_tianditu(page: Any) -> list[Found]:
    """Read an answer of Tianditu; as :func:`read_amap`."""
    answer = _TiandituAnswer.model_validate(page)
    if answer.status == "101":
        return []
    if answer.status != "0":
        raise ProviderAnswerError("tianditu", f"answers {answer.msg} ({answer.status})")
    location = answer.location
    if location is None:
        raise ProviderAnswerError("tianditu", "answers without a location")
    kind = KINDS.get(location.level, UNKNOWN)
    return [Found("", location.level, kind, location.lon, location.lat, score=location.score)] if kind else []


def read_nominatim(page: Any) -> list[Found]:
    """Read an answer of Nominatim; as :func:`read_amap`.

    Its ``importance`` says how well known a thing is, not how well it fits what was asked, and is no score.
    """
    if isinstance(page, Mapping) and "error" in page:
        raise ProviderAnswerError("nominatim", "answers with an error")
    found = []
    for place in _NOMINATIM_ANSWER.validate_python(page):
        word = place.addresstype or place.type
        name = place.name or place.display_name.partition(",")[0]
        kind = TOWNSHIP if _TOWNSHIP_NAME.search(name) else ADDRESS_TYPES.get(word, UNKNOWN)
        if kind is None:
            continue
        box = place.boundingbox
        radius_m = _farthest_m((place.lon, place.lat), [(lon, lat) for lon in box[2:] for lat in box[:2]]) if box else 0
        # From the widest part to the finest.
        parts = tuple(reversed(place.address.values()))
        found.append(Found(place.display_name, word, kind, place.lon, place.lat, radius_m=radius_m, parts=(*parts, name)))
    return found


# --- asking -------------------------------------------------------------------------------------------------------------------------------

Refusal: TypeAlias = tuple[type[OnlineError], bool]
Transport: TypeAlias = Callable[..., BaseSyncAdapter]

_KEY: Refusal = (KeyRefusedError, False)
_QUOTA: Refusal = (QuotaError, False)
_TOO_FAST: Refusal = (QuotaError, True)
_BUSY: Refusal = (NetworkError, True)
_HTTP: Mapping[int, Refusal] = {**dict.fromkeys((401, 403, 407), _KEY), 402: _QUOTA, 429: _TOO_FAST, 408: _BUSY}


class _Access(NamedTuple):
    """What a service needs to be asked: its address and key, the datum to answer in, and the area (west, south, east, north) to look in."""

    endpoint: str
    key: str
    datum: Datum
    bounds: tuple[float, float, float, float]


class _NominatimService(Nominatim):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: _Access, **transport: Any) -> None:
        super().__init__(**transport)
        self.api = access.endpoint
        west, south, east, north = access.bounds
        # geopy takes latitude first.
        self._viewbox = [(south, west), (north, east)]

    def geocode(self, text: str, *, admin: str) -> Any:
        parts = [text, *(part for part in (admin, _CITY.name) if part and part not in text)]
        asked = ", ".join(dict.fromkeys(parts))
        return super().geocode(
            asked, exactly_one=False, limit=5, addressdetails=True, language="zh", country_codes="cn", viewbox=self._viewbox, bounded=True
        )

    def _parse_json(self, places: Any, exactly_one: bool) -> Any:  # noqa: ARG002  # the signature is geopy's
        return places


class _AMapService(GeopyGeocoder):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: _Access, **transport: Any) -> None:
        super().__init__(**transport)
        self._key, self._endpoint = access.key, access.endpoint

    def geocode(self, text: str, *, admin: str) -> Any:
        params = {"address": _in_full(text, admin), "city": _CITY.code, "output": "JSON", "key": self._key}
        return self._call_geocoder(f"{self._endpoint}?{urlencode(params)}", _as_is)


class _BaiduService(BaiduV3):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: _Access, **transport: Any) -> None:
        super().__init__(access.key, **transport)
        self._endpoint = access.endpoint
        self._coordinates = {Datum.BD09: "bd09ll", Datum.GCJ02: "gcj02ll"}[access.datum]

    def geocode(self, text: str, *, admin: str) -> Any:
        params = {"address": _in_full(text, admin), "city": _CITY.name, "ret_coordtype": self._coordinates, "output": "json", "ak": self.api_key}
        return self._call_geocoder(self._construct_url(self._endpoint, self.api_path, params), _as_is)


class _TiandituService(GeopyGeocoder):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: _Access, **transport: Any) -> None:
        super().__init__(**transport)
        self._key, self._endpoint = access.key, access.endpoint

    def geocode(self, text: str, *, admin: str) -> Any:
        asked = json.dumps({"keyWord": _in_full(text, admin)}, ensure_ascii=False)
        return self._call_geocoder(f"{self._endpoint}?{urlencode({'ds': asked, 'tk': self._key})}", _as_is)


def _as_is(page: Any) -> Any:
    return page


def _in_full(text: str, admin: str) -> str:
    """Write an address from the province down, as the Chinese providers ask for it."""
    if text.startswith(("浙江", "中国")):
        return text
    if text.startswith("杭州"):
        return f"浙江省{text}"
    division = "" if admin in text else admin.removeprefix("浙江省").removeprefix(_CITY.name)
    return f"浙江省{_CITY.name}{division}{text}"


@dataclass(frozen=True)
class Provider:
    """A row of the table of providers.

    Attributes
    ----------
    name, label
        As the settings call it, and as its makers do.
    endpoint
        Address of its geocoding service.
    datum
        The datum of its answers; Baidu is asked for BD-09 or for GCJ-02 by it, and CGCS2000 counts as WGS-84.
    interval_s
        Seconds from one request to the next, at least.
    takes_key
        Whether it needs a key.
    code, text
        The fields of an answer that hold its status and what it says of it.
    refusals
        Its status codes to the error they are, and whether that passes by itself; what is not listed is an answer.
    service, read
        How it is asked, and how its answers are read.
    """

    name: str
    label: str
    endpoint: str
    datum: Datum
    interval_s: float
    takes_key: bool
    code: str
    text: str
    refusals: Mapping[str, Refusal]
    service: Callable[..., Any]
    read: Callable[[Any], list[Found]]


PROVIDERS = {
    provider.name: provider
    for provider in (
        # One request a second is its policy.
        Provider(
            "nominatim",
            "Nominatim",
            "https://nominatim.openstreetmap.org/search",
            Datum.WGS84,
            1.0,
            False,
            *("error", "error"),
            {},
            _NominatimService,
            read_nominatim,
        ),
        # Three a second for a person's key.
        Provider(
            "amap",
            "高德",
            "https://restapi.amap.com/v3/geocode/geo",
            Datum.GCJ02,
            0.35,
            True,
            *("infocode", "info"),
            {
                # Wrong or expired, not for this service, sender, domain or platform, badly signed, deleted, blocked, expired.
                **dict.fromkeys(("10001", "10002", "10005", "10006", "10007", "10008", "10009", "10011", "10012", "10013", "10026", "10041"), _KEY),
                **dict.fromkeys(("10003", "10010", "10044", "10045", "40000", "40002", "40003"), _QUOTA),
                **dict.fromkeys(("10004", "10014", "10019", "10020", "10021", "10029"), _TOO_FAST),
                **dict.fromkeys(("10015", "10016", "10017"), _BUSY),
            },
            _AMapService,
            read_amap,
        ),
        Provider(
            "tianditu",
            "天地图",
            "https://api.tianditu.gov.cn/geocoder",
            Datum.WGS84,
            0.5,
            True,
            *("code", "msg"),
            {
                **{str(code): _KEY for code in range(301001, 301100)},
                **{str(code): _QUOTA for code in range(302001, 302100)},
                "302010": _TOO_FAST,
            },
            _TiandituService,
            read_tianditu,
        ),
        # Three a second for a person's key.
        Provider(
            "baidu",
            "百度",
            "https://api.map.baidu.com/geocoding/v3/",
            Datum.BD09,
            0.35,
            True,
            *("status", "message"),
            {
                **dict.fromkeys(("3", "5", "101", "102", "1001"), _KEY),
                **{str(code): _KEY for code in range(200, 300)},
                **dict.fromkeys(("4", "301", "302"), _QUOTA),
                **dict.fromkeys(("401", "402"), _TOO_FAST),
            },
            _BaiduService,
            read_baidu,
        ),
    )
}


class _Door(BaseSyncAdapter):  # type: ignore[misc]  # geopy has no types
    """The only way out: a transport whose answers are JSON or an OnlineError, without the key in either."""

    def __init__(self, provider: Provider, key: str, transport: BaseSyncAdapter) -> None:
        self._provider, self._transport = provider, transport
        self._secrets = {key, quote(key, safe="")} - {""}

    def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
        provider = self._provider.name
        try:
            return self._discreet(self._transport.get_text(url, timeout=timeout, headers=headers))
        except AdapterHTTPError as error:
            raise self._refused(error.status_code, error.headers, self._discreet(error.text or "")) from None
        except (GeocoderParseError, LookupError):
            # LookupError: an encoding that does not exist.
            raise ProviderAnswerError(provider, "answers in an encoding that cannot be read") from None
        except GeocoderServiceError as error:
            raise NetworkError(provider, f"cannot be reached: {_short(self._discreet(str(error)))}", is_passing=True) from None

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            page = json.loads(text)
        except (ValueError, RecursionError):
            raise ProviderAnswerError(self._provider.name, f"answers what is not JSON: {_short(text)!r}") from None
        self._check_status(page, None)
        return page

    def _discreet(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _check_status(self, page: Any, retry_after_s: float | None) -> None:
        if not isinstance(page, Mapping):
            return
        code = str(page.get(self._provider.code, ""))
        refusal = self._provider.refusals.get(code)
        if refusal:
            error, is_passing = refusal
            says = page.get(self._provider.text) or page.get("msg") or ""
            raise error(self._provider.name, f"answers {_short(str(says))} ({code})", is_passing=is_passing, retry_after_s=retry_after_s)

    def _refused(self, status: int, headers: Mapping[str, str], text: str) -> OnlineError:
        retry_after_s = get_retry_after({name.lower(): value for name, value in headers.items()})
        try:
            self._check_status(json.loads(text), retry_after_s)
        except OnlineError as error:
            return error
        except (ValueError, RecursionError):
            # An error page, not an answer: its status alone says what it is.
            pass
        # Tianditu's firewall answers 418 to a key with stray characters and to a sender it has blocked.
        refusal = _KEY if status == 418 else _HTTP.get(status, _BUSY if status >= 500 else (ProviderAnswerError, False))
        error_class, is_passing = refusal
        return error_class(self._provider.name, f"answers HTTP {status}", is_passing=is_passing, retry_after_s=retry_after_s)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}…"


# --- the cache ----------------------------------------------------------------------------------------------------------------------------


class AnswerCache:
    """What providers answered, in one SQLite file; many processes may share it, and a process that is killed leaves it readable.

    Parameters
    ----------
    folder
        Where the file is; made when it does not exist.

    Raises
    ------
    CacheError
        If the folder cannot be written, or the file is no cache.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as database:
                # Write-ahead: readers do not wait for a writer, and what was not finished is dropped when the file is next opened.
                database.execute("PRAGMA journal_mode=WAL")
                with database:
                    database.execute(
                        "CREATE TABLE IF NOT EXISTS answers"
                        " (provider TEXT, text TEXT, admin TEXT, answer TEXT NOT NULL, PRIMARY KEY (provider, text, admin)) WITHOUT ROWID"
                    )
        except (OSError, sqlite3.Error) as error:
            raise CacheError("cache", f"{self.path.name} in {folder.name}/ cannot be used: {error}") from error

    def get(self, provider: str, text: str, admin: str) -> Any:
        """Give the answer as it was put; ``None`` if there is none.

        Raises
        ------
        CacheError
            If the file cannot be read.
        """
        try:
            with closing(self._open()) as database:
                row = database.execute("SELECT answer FROM answers WHERE provider = ? AND text = ? AND admin = ?", (provider, text, admin)).fetchone()
        except sqlite3.Error as error:
            raise CacheError("cache", f"{self.path.name} cannot be read: {error}") from error
        return json.loads(row[0]) if row else None

    def put(self, provider: str, text: str, admin: str, answer: Any) -> None:
        """Keep an answer, in place of an earlier one.

        Raises
        ------
        CacheError
            If the file cannot be written.
        """
        try:
            with closing(self._open()) as database, database:
                row = (provider, text, admin, json.dumps(answer, ensure_ascii=False))
                database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise CacheError("cache", f"{self.path.name} cannot be written: {error}") from error

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10)


# --- the area -----------------------------------------------------------------------------------------------------------------------------


class _District(NamedTuple):
    division: Division
    names: tuple[str, ...]
    outline: BaseGeometry


class _Area:
    """The districts of the city with their outlines."""

    def __init__(self, districts: Mapping[str, Any]) -> None:
        self.districts = []
        for feature in districts["features"]:
            properties = feature["properties"]
            name, english = properties["name_zh"], properties["name_en"]
            names = (name, english, english.rpartition(" ")[0], *((name[:-1],) if len(name) > 2 else ()))
            outline = shapely.from_geojson(json.dumps(feature["geometry"]))
            self.districts.append(_District(Division(properties["code"], name), tuple(_folded(one) for one in names), outline))
        self.outline = shapely.union_all([district.outline for district in self.districts])
        self.bounds: tuple[float, float, float, float] = self.outline.bounds

    def named(self, name: str, *, in_full: bool = False) -> _District | None:
        """Find a district by any of its names, with or without the city in front; ``in_full`` tells 西湖 the lake from 西湖区."""
        folded = _folded(name).removeprefix("浙江省").removeprefix(_CITY.name)
        return next((district for district in self.districts if folded in district.names[: 2 if in_full else None]), None)

    def near(self, lon: float, lat: float) -> list[_District]:
        """Find the districts that a point may lie in, by the outlines' own accuracy; the one that holds it comes first."""
        point = shapely.Point(lon, lat)
        distances = [(shapely.distance(district.outline, point), district) for district in self.districts]
        return [district for distance, district in sorted(distances, key=lambda pair: pair[0]) if distance <= _BORDER_DEG]


def _farthest_m(point: _Point, others: Iterable[_Point]) -> int:
    """Give the distance from a point to the farthest of others, in whole metres, rounded up."""
    lons, lats = zip(*others, strict=True)
    _, _, metres = _WGS84.inv([point[0]] * len(lons), [point[1]] * len(lats), lons, lats)
    return int(max(metres)) + 1


def _clean(text: str) -> str:
    """Bring a question to one way of writing: width and spaces do not count, hyphens do (90-2号 is not 902号)."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _folded(text: str) -> str:
    return _clean(text).casefold()


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


def online_geocoder(settings: OnlineSettings, districts: Mapping[str, Any]) -> Geocoder | None:
    """Make the geocoder that the operator has turned on; ``None`` if there is none.

    Parameters
    ----------
    settings
        What the operator chose.
    districts
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
        return OnlineGeocoder(provider, settings.key.strip(), cache=settings.cache, districts=districts, endpoint=settings.url or None)
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
        self._area = _Area(districts)
        self._cache = AnswerCache(cache)
        # Baidu's answers in one datum are no answers in the other.
        self._cached_as = f"{provider.name} {provider.datum}"
        self._service = provider.service(
            _Access(endpoint or provider.endpoint, key, provider.datum, self._area.bounds),
            timeout=timeout_s,
            user_agent=USER_AGENT,
            adapter_factory=lambda **options: _Door(provider, key, transport(**options)),
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
        if not _clean(query.text):
            return []
        page = self._cache.get(self._cached_as, _folded(query.text), _folded(query.admin))
        try:
            return None if page is None else self._read(page)
        except ProviderAnswerError:
            # Kept by an older release that read it otherwise: it is asked for again.
            return None

    def _remember(self, query: Query, page: Any) -> None:
        self._cache.put(self._cached_as, _folded(query.text), _folded(query.admin), page)

    def _ask(self, query: Query) -> tuple[Any, list[Found]]:
        retrying = Retrying(
            stop=stop_after_attempt(self._attempts), wait=self._wait_s, retry=retry_if_exception(self._is_passing), sleep=self._sleep, reraise=True
        )
        # Whoever waits for the provider to recover holds the turn: nobody else should ask it meanwhile.
        with self._turn:
            return retrying(self._ask_once, _clean(query.text), _clean(query.admin))

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

    def _to_wgs84(self, found: Found) -> _Point:
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
            reason = f"{self._provider.label}给出相距甚远的多处结果"
            candidates = (Candidate(one.matched, "".join(division.name for division in one.divisions), one.level, reason) for one in matches)
            return Miss(query.text, MissReason.AMBIGUOUS, tuple(dict.fromkeys(candidates)))
        return best

    def _match(self, query: Query, found: Found) -> Match | None:
        """Make a match of a result; ``None`` if it lies outside of the city or of what the query allows."""
        lon, lat, kind = found.lon, found.lat, found.kind
        near = self._area.near(lon, lat)
        if not near or (found.code and not found.code.startswith(_CITY_CODE)):
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
        unresolved = _unresolved(_clean(query.text), kind, divisions, found.name, district)
        score = found.score if found.score is not None else 50.0 if unresolved else 100.0
        return Match(
            query=query.text,
            name=found.name or _clean(query.text),
            matched=found.name or _clean(query.text),
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
            note=f"{self._provider.label}：{found.word or '级别未注明'}",
        )

    def _divisions(self, found: Found, kind: Kind, district: _District) -> tuple[Division, ...]:
        if kind.level is Level.CITY:
            return (_CITY,)
        if kind.level is Level.DISTRICT:
            return (_CITY, district.division)
        written = _without(found.name, {"浙江省", _CITY.name, district.division.name})
        township = next((part for part in (*found.parts, written) if _TOWNSHIP_NAME.search(part)), None)
        return (_CITY, district.division, *((Division("", township),) if township else ()))

    def _radius_m(self, found: Found, kind: Kind, district: _District) -> int:
        outline = {Level.CITY: self._area.outline, Level.DISTRICT: district.outline}.get(kind.level)
        if outline is not None:
            return _farthest_m((found.lon, found.lat), [(lon, lat) for lon, lat in shapely.get_coordinates(outline).tolist()])
        return max(kind.radius_m, found.radius_m)


def _is_elsewhere(one: Match, other: Match) -> bool:
    """Tell whether two results cannot be the same place, as their radii do not meet."""
    return _farthest_m((one.lon, one.lat), [(other.lon, other.lat)]) > one.uncertainty_m + other.uncertainty_m


def _unresolved(text: str, kind: Kind, divisions: Sequence[Division], matched: str, district: _District) -> str:
    """Give what of the text is finer than the result."""
    if kind is ROAD:
        number = re.search(r"[路街道巷弄](?P<rest>[^路街道巷弄]*\d[^路街道巷弄]*)$", text)
        return number["rest"].strip() if number else ""
    if kind.level not in (Level.TOWNSHIP, Level.DISTRICT, Level.CITY):
        return ""
    names = {"中国", "浙江省", "浙江", "杭州", *(division.name for division in divisions), *(district.names if kind.level is not Level.CITY else ())}
    names.add(_without(matched, names))
    return _without(text, names)


def _without(text: str, names: Iterable[str]) -> str:
    """Take names off the front of a text, the longest first."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)
    rest = text
    while name := next((name for name in longest_first if rest.casefold().startswith(name.casefold())), None):
        rest = rest[len(name) :].lstrip(" ,，·")
    return rest
