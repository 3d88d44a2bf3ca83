"""The answers of the providers: what their words for a result mean, and how each answer is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, FiniteFloat, TypeAdapter

from geo.errors import NetworkError, ProviderAnswerError
from geo.geocode.answers import Level
from geo.geocode.online.area import farthest_m
from geo.tables.kinds import Precision

TOWNSHIP_NAME = re.compile("(街道|镇|乡)$")


class Kind(NamedTuple):
    """What a result is.

    Attributes
    ----------
    level, precision
        As in :class:`geo.geocode.answers.Match`.
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
# As the widest zones of the gazetteer that are no district.
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
    """Read an answer of AMap.

    Parameters
    ----------
    page
        The document, decoded.

    Raises
    ------
    OnlineError
        If it says that the provider refuses, or has failed.
    ValidationError
        If it is not as the provider documents it; pydantic's.
    """
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
        kind = TOWNSHIP if TOWNSHIP_NAME.search(name) else ADDRESS_TYPES.get(word, UNKNOWN)
        if kind is None:
            continue
        box = place.boundingbox
        radius_m = farthest_m((place.lon, place.lat), [(lon, lat) for lon in box[2:] for lat in box[:2]]) if box else 0
        # From the widest part to the finest.
        parts = tuple(reversed(place.address.values()))
        found.append(Found(place.display_name, word, kind, place.lon, place.lat, radius_m=radius_m, parts=(*parts, name)))
    return found
