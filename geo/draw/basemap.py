"""The basemaps: the built-in outline, which needs no network, and the tiles that an operator may offer.

No tiles are offered by default. A map review number (审图号) belongs to an edition of a provider's map and changes with it; where none is
given here the page points to the provider.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from geo.draw.features import find_wrong_features
from geo.errors import Problem, SettingsError, TableError
from geo.ground.datum import Datum
from geo.settings import Settings
from geo.tables.cells import MOST_IN_A_TEXT, expect_line
from geo.tables.checksums import read_checked, read_checksums


@dataclass(frozen=True)
class Outline:
    """The embedded outline.

    Attributes
    ----------
    districts
        GeoJSON FeatureCollection in WGS-84: the districts, each with ``name_zh``, ``name_en``, ``code`` and ``label`` (lon, lat of its name).
    surround
        GeoJSON FeatureCollection in WGS-84: the neighbouring prefectures.
    water
        GeoJSON FeatureCollection in WGS-84: rivers as lines, lakes and the sea as areas, each with ``kind`` and ``rank``.
    metro
        GeoJSON FeatureCollection in WGS-84: the lines of the metro, and its stations as points; each with ``kind``, ``name_zh`` and ``name_en``.
    landmarks
        GeoJSON FeatureCollection in WGS-84: points, each with ``kind``, ``rank``, ``name_zh`` and ``name_en``.
    """

    districts: dict[str, Any]
    surround: dict[str, Any]
    water: dict[str, Any]
    metro: dict[str, Any]
    landmarks: dict[str, Any]


# The files of each part, in ``basemap/``: some every city has, the others as far as somebody has made them. What is from OpenStreetMap lies in a
# folder of its own, as its licence (ODbL 1.0) goes with it.
_NEEDED = {"districts": "districts", "surround": "surround", "water": "water"}
_OPTIONAL = {"water": ("osm/water", "osm/sea"), "metro": ("osm/metro",), "landmarks": ("osm/landmarks",)}


def read_outline(data: Path) -> Outline:
    """Read the outline from the data folder.

    Raises
    ------
    TableError
        If a file is missing, is not GeoJSON, or has a feature that cannot be drawn; with every problem.
    """
    problems: list[Problem] = []
    # What is wrong with the list itself is said with the tables.
    sums = read_checksums(data, [])
    parts = {name: [read_collection(data, name, file, sums, problems)] for name, file in _NEEDED.items()}
    for name, files in _OPTIONAL.items():
        there = [file for file in files if (data / "basemap" / f"{file}.geojson").exists()]
        parts.setdefault(name, []).extend(read_collection(data, name, file, sums, problems) for file in there)
    if problems:
        raise TableError(problems)
    return Outline(**{name: _join(collections) for name, collections in parts.items()})


def _join(collections: list[dict[str, Any]]) -> dict[str, Any]:
    attributions = dict.fromkeys(collection["attribution"] for collection in collections if collection.get("attribution"))
    features = [feature for collection in collections for feature in collection["features"]]
    return {"type": "FeatureCollection", "attribution": "; ".join(attributions), "features": features}


def read_collection(
    data: Path, name: str, path: str, sums: dict[str, str], problems: list[Problem], hint: str = "; make data builds it"
) -> dict[str, Any]:
    """Read a file of the basemap.

    Parameters
    ----------
    data
        The data folder.
    name
        What its features are: a key of :data:`geo.draw.features.KINDS`.
    path
        Below ``basemap/``, without its extension.
    sums
        The sums of the files of the folder.
    problems
        Takes what is wrong.
    hint
        What helps where it cannot be read.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection; of no use where there are problems.
    """
    file = f"basemap/{path}.geojson"
    content = read_checked(data, file, sums, problems, hint=hint)
    if content is None:
        return {}
    try:
        text = content.decode()
        collection = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        problems.append(Problem(file, getattr(error, "lineno", 0), "", "", f"GeoJSON in UTF-8 ({error})"))
        return {}
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection" or not isinstance(collection.get("features"), list):
        problems.append(Problem(file, 0, "", "", "a GeoJSON FeatureCollection"))
        return {}
    attribution = collection.get("attribution", "")
    try:
        expect_line(attribution if isinstance(attribution, str) else "\0", MOST_IN_A_TEXT)
    except ValueError:
        problems.append(Problem(file, 0, "attribution", str(attribution), f"one line of text, {MOST_IN_A_TEXT} characters at most"))
    problems.extend(find_wrong_features(name, text, collection, file))
    return collection


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


@dataclass(frozen=True)
class Basemap:
    """A basemap of tiles in Web Mercator.

    Attributes
    ----------
    id
        As in the address of the page and in the setting.
    name_zh, name_en
        What it is called.
    urls
        Tile addresses from bottom to top, with ``{z}``, ``{x}``, ``{y}`` and perhaps ``{s}``.
    subdomains
        What ``{s}`` stands for.
    attribution
        Who has to be named on the map; plain text.
    datum
        In which the tiles are drawn.
    review_number
        Map review number (审图号) of the tiles; ``None`` where it is to be looked up with the provider.
    has_review_number
        Whether the provider publishes one at all.
    max_zoom
        The finest zoom that has tiles.
    """

    id: str
    name_zh: str
    name_en: str
    urls: tuple[str, ...]
    subdomains: str
    attribution: str
    datum: Datum
    review_number: str | None
    has_review_number: bool
    max_zoom: int

    @property
    def hosts(self) -> tuple[str, ...]:
        """The origins that the tiles come from, for the Content-Security-Policy."""
        addresses = [url.replace("{s}", subdomain) for url in self.urls for subdomain in (self.subdomains or " ")]
        return tuple(dict.fromkeys(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)))


_TIANDITU = "https://t{s}.tianditu.gov.cn/%(layer)s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=%(layer)s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk="

BASEMAPS = {
    basemap.id: basemap
    for basemap in (
        Basemap(
            id="tianditu",
            name_zh="天地图",
            name_en="Tianditu",
            urls=(_TIANDITU % {"layer": "vec"}, _TIANDITU % {"layer": "cva"}),
            subdomains="01234567",
            attribution="天地图",
            # CGCS2000, which lies on WGS-84 for our purpose.
            datum=Datum.WGS84,
            review_number=None,
            has_review_number=True,
            max_zoom=18,
        ),
        Basemap(
            id="amap",
            name_zh="高德地图",
            name_en="AMap",
            urls=("https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
            subdomains="1234",
            attribution="高德地图",
            datum=Datum.GCJ02,
            review_number=None,
            has_review_number=True,
            max_zoom=18,
        ),
        Basemap(
            id="osm",
            name_zh="OpenStreetMap",
            name_en="OpenStreetMap",
            urls=("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
            subdomains="",
            attribution="© OpenStreetMap contributors",
            datum=Datum.WGS84,
            review_number=None,
            has_review_number=False,
            max_zoom=19,
        ),
        Basemap(
            id="custom",
            name_zh="自定底图",
            name_en="Custom tiles",
            urls=(),
            subdomains="",
            attribution="",
            datum=Datum.WGS84,
            review_number=None,
            has_review_number=False,
            max_zoom=19,
        ),
    )
}


def choose_basemaps(settings: Settings) -> tuple[Basemap, ...]:
    """Find the basemaps that the settings name, in their order, and complete them.

    Raises
    ------
    SettingsError
        If there is no such basemap, or it needs a setting that is missing or wrong.
    """
    for id_ in settings.basemaps:
        if id_ not in BASEMAPS:
            raise SettingsError("GEO_BASEMAPS", id_, f"some of {', '.join(BASEMAPS)}, with commas")
    return tuple(_complete(BASEMAPS[id_], settings) for id_ in settings.basemaps)


def _complete(basemap: Basemap, settings: Settings) -> Basemap:
    match basemap.id:
        case "tianditu":
            if not settings.tianditu_key:
                raise SettingsError("GEO_TIANDITU_KEY", "", "the key that Tianditu gave you, as GEO_BASEMAPS names tianditu")
            return replace(basemap, urls=tuple(url + quote(settings.tianditu_key, safe="") for url in basemap.urls))
        case "custom":
            return _custom(basemap, settings)
        case _:
            return basemap


def _custom(basemap: Basemap, settings: Settings) -> Basemap:
    url, number = settings.tiles_url, settings.tiles_review_number or None
    # The address goes into a header, so that its host is plain ASCII without a password.
    is_address = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/[!-~]*", url, re.ASCII) and "{s}" not in url
    if not is_address or set(url) & set(";,'\"") or any(part not in url for part in ("{z}", "{x}", "{y}")):
        raise SettingsError("GEO_TILES_URL", url, "an http or https address with {z}, {x} and {y}")
    if settings.tiles_datum not in (Datum.WGS84, Datum.GCJ02):
        raise SettingsError("GEO_TILES_DATUM", settings.tiles_datum, "WGS84 or GCJ02")
    if not settings.tiles_attribution:
        raise SettingsError("GEO_TILES_ATTRIBUTION", "", "who has to be named for the tiles, as GEO_BASEMAPS names custom")
    return replace(
        basemap,
        urls=(url,),
        attribution=settings.tiles_attribution,
        datum=Datum(settings.tiles_datum),
        review_number=number,
        has_review_number=number is not None,
    )
