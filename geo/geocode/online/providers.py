"""The providers: one table of how each is asked, in which datum it answers, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

from geopy.adapters import BaseSyncAdapter
from geopy.geocoders import BaiduV3, Nominatim
from geopy.geocoders.base import Geocoder as GeopyGeocoder

from geo.errors import KeyRefusedError, NetworkError, OnlineError, QuotaError
from geo.geocode.online.documents import Found, read_amap, read_baidu, read_nominatim, read_tianditu
from geo.geocode.said import N_
from geo.ground.datum import Datum
from geo.tables.profile import Profile

Refusal: TypeAlias = tuple[type[OnlineError], bool]
Transport: TypeAlias = Callable[..., BaseSyncAdapter]
KEY: Refusal = (KeyRefusedError, False)
QUOTA: Refusal = (QuotaError, False)
TOO_FAST: Refusal = (QuotaError, True)
BUSY: Refusal = (NetworkError, True)
HTTP: Mapping[int, Refusal] = {**dict.fromkeys((401, 403, 407), KEY), 402: QUOTA, 429: TOO_FAST, 408: BUSY}


class Access(NamedTuple):
    """What a service needs to be asked.

    Attributes
    ----------
    endpoint, key
        Its address, and the operator's key.
    datum
        In which it is to answer.
    bounds
        The area to look in: west, south, east, north, degrees.
    profile
        The city to look in.
    """

    endpoint: str
    key: str
    datum: Datum
    bounds: tuple[float, float, float, float]
    profile: Profile


class _NominatimService(Nominatim):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: Access, **transport: Any) -> None:
        super().__init__(**transport)
        self.api = access.endpoint
        self._city = access.profile.city.zh
        west, south, east, north = access.bounds
        # geopy takes latitude first.
        self._viewbox = [(south, west), (north, east)]

    def geocode(self, text: str, *, admin: str) -> Any:
        parts = [text, *(part for part in (admin, self._city) if part and part not in text)]
        asked = ", ".join(dict.fromkeys(parts))
        return super().geocode(
            asked, exactly_one=False, limit=5, addressdetails=True, language="zh", country_codes="cn", viewbox=self._viewbox, bounded=True
        )

    def _parse_json(self, places: Any, exactly_one: bool) -> Any:  # noqa: ARG002  # the signature is geopy's
        return places


class _AMapService(GeopyGeocoder):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: Access, **transport: Any) -> None:
        super().__init__(**transport)
        self._key, self._endpoint, self._profile = access.key, access.endpoint, access.profile

    def geocode(self, text: str, *, admin: str) -> Any:
        params = {"address": _in_full(text, admin, self._profile), "city": self._profile.city.code, "output": "JSON", "key": self._key}
        return self._call_geocoder(f"{self._endpoint}?{urlencode(params)}", _as_is)


class _BaiduService(BaiduV3):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: Access, **transport: Any) -> None:
        super().__init__(access.key, **transport)
        self._endpoint, self._profile = access.endpoint, access.profile
        self._coordinates = {Datum.BD09: "bd09ll", Datum.GCJ02: "gcj02ll"}[access.datum]

    def geocode(self, text: str, *, admin: str) -> Any:
        where = {"address": _in_full(text, admin, self._profile), "city": self._profile.city.zh}
        params = {**where, "ret_coordtype": self._coordinates, "output": "json", "ak": self.api_key}
        return self._call_geocoder(self._construct_url(self._endpoint, self.api_path, params), _as_is)


class _TiandituService(GeopyGeocoder):  # type: ignore[misc]  # geopy has no types
    def __init__(self, access: Access, **transport: Any) -> None:
        super().__init__(**transport)
        self._key, self._endpoint, self._profile = access.key, access.endpoint, access.profile

    def geocode(self, text: str, *, admin: str) -> Any:
        asked = json.dumps({"keyWord": _in_full(text, admin, self._profile)}, ensure_ascii=False)
        return self._call_geocoder(f"{self._endpoint}?{urlencode({'ds': asked, 'tk': self._key})}", _as_is)


def _as_is(page: Any) -> Any:
    return page


def _in_full(text: str, admin: str, profile: Profile) -> str:
    """Write an address from the province down, as the Chinese providers ask for it."""
    province, city = profile.province, profile.city
    if text.startswith((province.short_zh, "中国")):
        return text
    if text.startswith(city.short_zh):
        return f"{province.zh}{text}"
    division = "" if admin in text else admin.removeprefix(province.zh).removeprefix(city.zh)
    return f"{province.zh}{city.zh}{division}{text}"


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
            N_("高德"),
            "https://restapi.amap.com/v3/geocode/geo",
            Datum.GCJ02,
            0.35,
            True,
            *("infocode", "info"),
            {
                # Wrong or expired, not for this service, sender, domain or platform, badly signed, deleted, blocked, expired.
                **dict.fromkeys(("10001", "10002", "10005", "10006", "10007", "10008", "10009", "10011", "10012", "10013", "10026", "10041"), KEY),
                **dict.fromkeys(("10003", "10010", "10044", "10045", "40000", "40002", "40003"), QUOTA),
                **dict.fromkeys(("10004", "10014", "10019", "10020", "10021", "10029"), TOO_FAST),
                **dict.fromkeys(("10015", "10016", "10017"), BUSY),
            },
            _AMapService,
            read_amap,
        ),
        Provider(
            "tianditu",
            N_("天地图"),
            "https://api.tianditu.gov.cn/geocoder",
            Datum.WGS84,
            0.5,
            True,
            *("code", "msg"),
            {
                **{str(code): KEY for code in range(301001, 301100)},
                **{str(code): QUOTA for code in range(302001, 302100)},
                "302010": TOO_FAST,
            },
            _TiandituService,
            read_tianditu,
        ),
        # Three a second for a person's key.
        Provider(
            "baidu",
            N_("百度"),
            "https://api.map.baidu.com/geocoding/v3/",
            Datum.BD09,
            0.35,
            True,
            *("status", "message"),
            {
                **dict.fromkeys(("3", "5", "101", "102", "1001"), KEY),
                **{str(code): KEY for code in range(200, 300)},
                **dict.fromkeys(("4", "301", "302"), QUOTA),
                **dict.fromkeys(("401", "402"), TOO_FAST),
            },
            _BaiduService,
            read_baidu,
        ),
    )
}
