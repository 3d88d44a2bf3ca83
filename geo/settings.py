"""The settings: one table, read once from an environment into a frozen object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from geo.errors import SettingsError


class Setting(NamedTuple):
    """One row of the settings table."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("GEO_HOST", "127.0.0.1", "Address to listen on; 0.0.0.0 for every interface"),
    Setting("GEO_PORT", "8000", "Port to listen on, 1 to 65535"),
    Setting("GEO_UNGUARDED", "", "`1`: listen where others reach the server although no proxy of yours (`GEO_PROXIES`) stands before it"),
    Setting("GEO_DATA", "data", "Folder with the tables, absolute or below the project"),
    Setting("GEO_RELOAD_S", "1", "Seconds between two looks at the folders with the data: a change is served without a restart; `0`: never"),
    Setting("GEO_URL", "", "Public address of the atlas, such as `https://example.org/atlas`: links begin with it; unset: with what was asked for"),
    Setting("GEO_PROXIES", "0", "How many proxies of yours stand before the server: that many entries of the headers below are believed"),
    Setting(
        "GEO_FORWARDED",
        "for,proto",
        "Which `X-Forwarded-` headers your proxies set, with commas: `for`, `proto`, `host`, `prefix`; no other is believed",
    ),
    Setting("GEO_BASEMAPS", "", "Tile basemaps to offer beside the built-in outline, with commas: `tianditu`, `amap`, `osm`, `custom`; unset: none"),
    Setting("GEO_TIANDITU_KEY", "", "Key of the operator for `tianditu`; the reader's browser sends it with every tile"),
    Setting("GEO_TILES_URL", "", "Address of `custom` tiles, Web Mercator, with `{z}`, `{x}` and `{y}`"),
    Setting("GEO_TILES_ATTRIBUTION", "", "Attribution of `custom` tiles, shown on the map"),
    Setting("GEO_TILES_DATUM", "WGS84", "Datum of `custom` tiles: `WGS84` or `GCJ02`"),
    Setting("GEO_TILES_REVIEW_NUMBER", "", "Map review number (审图号) of `custom` tiles; unset: none is shown"),
    Setting(
        "GEO_FRAME_ANCESTORS",
        "",
        "Origins, with spaces, that may frame `/embed`, such as `https://example.org`; `*`: any; unset: this one",
    ),
    Setting(
        "GEO_ONLINE",
        "",
        "Online geocoder for what the gazetteer does not know, for the command line: `nominatim`, `amap`, `tianditu`, `baidu`; unset: none",
    ),
    Setting("GEO_ONLINE_KEY", "", "Key of the operator for the online geocoder, of the kind for servers; `nominatim` takes none"),
    Setting("GEO_ONLINE_URL", "", "Address of the online geocoder's service, such as a mirror; unset: the provider's own"),
    Setting(
        "GEO_ONLINE_CACHE", ".cache/online", "Folder for the answers of the online geocoder, absolute or below the project; made when it is missing"
    ),
    Setting(
        "GEO_LISTS_CACHE",
        ".cache/lists",
        "Folder for what `python -m geo map` makes of long lists, absolute or below the project; made when it is missing, may be deleted",
    ),
    Setting(
        "GEO_LLM_URL",
        "",
        "Address of a service like OpenAI's, such as `http://127.0.0.1:11434/v1`, to which `draft --llm` sends the text of a report; unset: none",
    ),
    Setting("GEO_LLM_MODEL", "", "Name of the model to ask there"),
    Setting("GEO_LLM_KEY", "", "Key of the operator for it; unset: none is sent"),
    Setting("GEO_LLM_S", "120", "Seconds after which a draft is finished without it"),
    Setting("GEO_SOURCE_TEXTS", "", "Folder with the texts of sources, one `{id}.txt` each, to show them with the spans; unset: pointers only"),
)

_PROVIDERS = ("nominatim", "amap", "tianditu", "baidu")
_FORWARDED = ("for", "proto", "host", "prefix")
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything an operator can choose.

    Attributes
    ----------
    host, port
        Where the server listens.
    is_unguarded
        Whether it may listen where others reach it without a proxy before it.
    data
        Absolute folder with the tables.
    reload_s
        Seconds between two looks at the folders with the data; 0: they are read once.
    proxies
        How many proxies stand before the server, each of which adds to the ``X-Forwarded-*`` headers that ``forwarded`` names.
    forwarded
        Which headers are believed: some of ``for``, ``proto``, ``host`` and ``prefix``.
    url
        The public address, without a slash at its end; empty: links begin with the address that was asked for.
    source_texts
        Absolute folder with the texts of sources; ``None`` where the operator has none.
    frame_ancestors
        The origins that may show ``/embed`` in a frame, beside this one.
    online, online_key, online_url, online_cache
        The online geocoder and what it needs; empty where there is none.
    lists_cache
        What is made of long lists.
    llm_url, llm_model, llm_key, llm_s
        The language model that is asked about drafts, and for how many seconds; empty where there is none.
    basemaps, tianditu_key, tiles_url, tiles_attribution, tiles_datum, tiles_review_number
        The tile basemaps to offer, and what they need; :func:`geo.draw.basemap.choose_basemaps` makes them usable.
    """

    host: str
    port: int
    data: Path
    reload_s: float = 1
    proxies: int = 0
    forwarded: tuple[str, ...] = ("for", "proto")
    url: str = ""
    is_unguarded: bool = False
    source_texts: Path | None = None
    frame_ancestors: tuple[str, ...] = ()
    online: str = ""
    online_key: str = field(default="", repr=False)
    online_url: str = ""
    online_cache: Path = PROJECT / ".cache" / "online"
    lists_cache: Path = PROJECT / ".cache" / "lists"
    llm_url: str = ""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    llm_s: float = 120
    basemaps: tuple[str, ...] = ()
    tianditu_key: str = ""
    tiles_url: str = ""
    tiles_attribution: str = ""
    tiles_datum: str = "WGS84"
    tiles_review_number: str = ""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from an environment; what is unset or empty takes its default.

        Raises
        ------
        SettingsError
            If a value cannot be used.
        """
        text = {setting.name: env.get(setting.name) or setting.default for setting in SETTINGS}
        port = text["GEO_PORT"]
        if not (re.fullmatch(r"\d{1,5}", port, re.ASCII) and 1 <= int(port) <= 65535):
            raise SettingsError("GEO_PORT", port, "a whole number from 1 to 65535")
        unguarded = text["GEO_UNGUARDED"]
        if unguarded not in ("", "0", "1"):
            raise SettingsError("GEO_UNGUARDED", unguarded, "1, 0 or nothing")
        reload_s = text["GEO_RELOAD_S"]
        if not (re.fullmatch(r"\d{1,5}(\.\d{1,3})?", reload_s, re.ASCII) and float(reload_s) <= 86_400):
            raise SettingsError("GEO_RELOAD_S", reload_s, "seconds from 0 to 86400")
        proxies = text["GEO_PROXIES"]
        if not (re.fullmatch(r"\d{1,2}", proxies, re.ASCII) and int(proxies) <= 10):
            raise SettingsError("GEO_PROXIES", proxies, "a whole number from 0 to 10")
        llm_s = text["GEO_LLM_S"]
        if not (re.fullmatch(r"\d{1,4}(\.\d{1,3})?", llm_s, re.ASCII) and 0 < float(llm_s) <= 3600):
            raise SettingsError("GEO_LLM_S", llm_s, "seconds from above 0 to 3600")
        return cls(
            host=text["GEO_HOST"],
            port=int(port),
            data=_folder("GEO_DATA", text["GEO_DATA"]),
            reload_s=float(reload_s),
            proxies=int(proxies),
            forwarded=_headers("GEO_FORWARDED", text["GEO_FORWARDED"]),
            is_unguarded=unguarded == "1",
            url=_public_address("GEO_URL", text["GEO_URL"]),
            source_texts=_folder("GEO_SOURCE_TEXTS", text["GEO_SOURCE_TEXTS"]) if text["GEO_SOURCE_TEXTS"] else None,
            frame_ancestors=_origins("GEO_FRAME_ANCESTORS", text["GEO_FRAME_ANCESTORS"]),
            online=_provider("GEO_ONLINE", text["GEO_ONLINE"]),
            online_key=text["GEO_ONLINE_KEY"],
            online_url=text["GEO_ONLINE_URL"],
            online_cache=PROJECT / text["GEO_ONLINE_CACHE"],
            lists_cache=PROJECT / text["GEO_LISTS_CACHE"],
            llm_url=_service("GEO_LLM_URL", text["GEO_LLM_URL"]),
            llm_model=text["GEO_LLM_MODEL"],
            llm_key=text["GEO_LLM_KEY"],
            llm_s=float(llm_s),
            basemaps=tuple(name.strip() for name in text["GEO_BASEMAPS"].split(",") if name.strip()),
            tianditu_key=text["GEO_TIANDITU_KEY"],
            tiles_url=text["GEO_TILES_URL"],
            tiles_attribution=text["GEO_TILES_ATTRIBUTION"],
            tiles_datum=text["GEO_TILES_DATUM"],
            tiles_review_number=text["GEO_TILES_REVIEW_NUMBER"],
        )


def _provider(name: str, value: str) -> str:
    if value and value not in _PROVIDERS:
        raise SettingsError(name, value, f"one of {', '.join(_PROVIDERS)}")
    return value


def _headers(name: str, value: str) -> tuple[str, ...]:
    headers = tuple(header.strip().lower() for header in value.split(",") if header.strip())
    for header in headers:
        if header not in _FORWARDED:
            raise SettingsError(name, header, f"some of {', '.join(_FORWARDED)}, with commas")
    return headers


def _public_address(name: str, value: str) -> str:
    if value and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~-]+)*/?", value, re.ASCII):
        raise SettingsError(name, value, "an address such as https://example.org/atlas, without query")
    return value.rstrip("/")


def _service(name: str, value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s?#@]+", value, re.ASCII):
        raise SettingsError(name, value, "an address that starts with http:// or https://, without a password, ? and #")
    return value.rstrip("/")


def _origins(name: str, value: str) -> tuple[str, ...]:
    origins = tuple(value.split())
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?", origin, re.ASCII):
            raise SettingsError(name, origin, "an origin such as https://example.org, or *")
    return origins


def _folder(name: str, value: str) -> Path:
    folder = PROJECT / value
    if not folder.is_dir():
        raise SettingsError(name, value, "a folder that exists")
    return folder
