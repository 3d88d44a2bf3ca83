"""A provider on this machine: answers as it is told, in the documented formats, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Reply:
    """What the server says once; ``is_silent`` lets the client wait until the server is closed."""

    page: Any = None
    body: bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False
    cut_at: int | None = None

    def encoded(self) -> bytes:
        return self.body if self.body is not None else json.dumps(self.page, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    path: str
    raw_query: str
    params: Mapping[str, str]
    user_agent: str


class ProviderServer(ThreadingHTTPServer):
    """Says each reply once and the last one for ever."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/service"

    def will_say(self, *replies: Reply) -> None:
        self.replies = list(replies)

    def count(self, change: int) -> None:
        with self._counting:
            self._at_once += change
            self.most_at_once = max(self.most_at_once, self._at_once)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Handler(BaseHTTPRequestHandler):
    server: ProviderServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.count(1)
        self.server.asked.append(Asked(parts.path, parts.query, params, self.headers["User-Agent"]))
        reply = self.server.next_reply()
        if reply.is_silent:
            self.server.count(-1)
            self.server.closing.wait()
            return
        body = reply.encoded()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        # Done before the last byte is sent: the next question may come right after it.
        self.server.count(-1)
        self.wfile.write(body[: reply.cut_at])

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


def amap_place(lon: float = 120.136, lat: float = 30.28, level: str = "门牌号", **changes: Any) -> dict[str, Any]:
    return {
        "formatted_address": "浙江省杭州市西湖区文三路90号",
        "country": "中国",
        "province": "浙江省",
        "citycode": "0571",
        "city": "杭州市",
        "district": "西湖区",
        "township": [],
        "neighborhood": {"name": [], "type": []},
        "building": {"name": [], "type": []},
        "adcode": "330106",
        "street": "文三路",
        "number": "90号",
        "location": f"{lon:.6f},{lat:.6f}",
        "level": level,
        **changes,
    }


def amap(places: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"status": "1", "info": "OK", "infocode": "10000", "count": str(len(places)), "geocodes": list(places)}


def amap_error(infocode: str, info: str) -> dict[str, Any]:
    return {"status": "0", "info": info, "infocode": infocode}


def baidu(
    lon: float = 120.136, lat: float = 30.28, level: str = "门址", precise: int = 1, confidence: int = 80, comprehension: int = 100
) -> dict[str, Any]:
    location = {"lng": lon, "lat": lat}
    result = {"location": location, "precise": precise, "confidence": confidence, "comprehension": comprehension, "level": level}
    return {"status": 0, "result": result}


BAIDU_NOTHING = {"status": 1, "msg": "Internal Service Error:无相关结果", "results": []}


def baidu_error(status: int, message: str) -> dict[str, Any]:
    return {"status": status, "message": message}


def tianditu(lon: float | str = "120.136", lat: float | str = "30.28", level: str = "门址", score: int = 95) -> dict[str, Any]:
    location = {"score": score, "level": level, "lon": lon, "lat": lat, "keyWord": "浙江省杭州市西湖区文三路90号"}
    return {"msg": "ok", "location": location, "searchVersion": "6.0.0", "status": "0"}


TIANDITU_NOTHING = {"msg": "无结果", "searchVersion": "6.0.0", "status": "101"}


def tianditu_error(code: int, msg: str) -> dict[str, Any]:
    return {"code": code, "msg": msg, "resolve": "请到API控制台重新申请Key"}


def nominatim_place(lon: float = 120.136, lat: float = 30.28, addresstype: str = "building", **changes: Any) -> dict[str, Any]:
    return {
        "place_id": 100149,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "way",
        "osm_id": 107775,
        "lat": f"{lat:.7f}",
        "lon": f"{lon:.7f}",
        "class": "building",
        "type": "yes",
        "place_rank": 30,
        "importance": 0.00006,
        "addresstype": addresstype,
        "name": "华星时代广场",
        "display_name": "华星时代广场, 90, 文三路, 翠苑街道, 西湖区, 杭州市, 浙江省, 310012, 中国",
        "address": {
            "building": "华星时代广场",
            "house_number": "90",
            "road": "文三路",
            "town": "翠苑街道",
            "city": "西湖区",
            "region": "杭州市",
            "state": "浙江省",
            "postcode": "310012",
            "country": "中国",
            "country_code": "cn",
        },
        "boundingbox": [f"{lat - 0.0005:.7f}", f"{lat + 0.0005:.7f}", f"{lon - 0.0005:.7f}", f"{lon + 0.0005:.7f}"],
        **changes,
    }
