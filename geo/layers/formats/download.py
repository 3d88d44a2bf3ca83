"""What a download holds, whatever its format: the chosen features, what belongs to them, and what is to be known about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import pyproj

from geo.ground.datum import Datum
from geo.ground.names import pinyin_of
from geo.layers.formats.form import Form
from geo.layers.select import LAYERS, Layer, Layers, Selection
from geo.tables.kinds import Kind
from geo.tables.reading import Tables
from geo.tables.rows import Source

# Longer searches would make names that some disks do not take.
_MAX_Q_IN_NAME = 40
# The rows say it of all of them; a note that lists thousands is read by nobody, and a cell of a workbook ends.
_MAX_MISSED_IN_NOTES = 20


class FileName(NamedTuple):
    """The name of a file.

    Attributes
    ----------
    shown
        With Chinese as it is.
    ascii
        The same in ASCII: Chinese as pinyin.
    """

    shown: str
    ascii: str


@dataclass(frozen=True)
class Download:
    """A layer, whole or filtered, with all that a file of it may hold.

    Attributes
    ----------
    layer
        What was asked for.
    selection
        What is chosen from it.
    layers, tables
        What it is chosen from.
    form
        In which form it is written.
    saved_as
        The name of its file where that is known to be another one than :meth:`file_name` gives; else empty.
    """

    layer: Layer
    selection: Selection
    layers: Layers
    tables: Tables
    form: Form = field(default_factory=Form)
    saved_as: str = ""

    @cached_property
    def features(self) -> gpd.GeoDataFrame:
        """The chosen features of the layer; of the figures in the wide shape, the places that have any."""
        if self.form.is_wide and self.layer.name == "indicators":
            return self.places[self.places.index.isin(self.indicators["place"])]
        return self.layers.select(self.layer.name, self.selection)

    @property
    def table(self) -> str:
        """What the features are rows of: ``places``, ``corridors`` or ``indicators``."""
        has_places = self.layer.kinds and (self.form.is_wide or self.layer.name != "indicators")
        return "places" if has_places else self.layer.name

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """The chosen places; of a layer that has none of its own, the places in the same corridor and extent."""
        own = self.layer.kinds and self.layer.name != "indicators"
        return self.features if own else self.layers.select("places", self.selection)

    @cached_property
    def indicators(self) -> gpd.GeoDataFrame:
        """The figures of the chosen places."""
        figures = self.layers.indicators
        return figures[figures["place"].isin(self.places.index)]

    @cached_property
    def corridors(self) -> gpd.GeoDataFrame:
        """The belts and axes in the same corridor and extent."""
        return self.layers.select("corridors", self.selection.for_layer(LAYERS["corridors"]))

    @property
    def date(self) -> date | None:
        """The last day on which a source was read: the only date that files give, as the same data give the same bytes."""
        return max((source.retrieved_on.end for source in self.tables.sources if source.retrieved_on and source.retrieved_on.end), default=None)

    @cached_property
    def sources_by_place(self) -> dict[str, frozenset[str]]:
        """The ids of the sources that each chosen place, its figures, its ties and its location rest on."""
        places = "places" if self.layer.name in ("corridors", "indicators") else self.layer.name
        positions = self.layers.choose(places, self.selection)
        return {self.layers.places.index[position]: self.layers.place_sources[position] for position in positions}

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources of what is chosen, in table order."""
        used = {*self.corridors["source"]}.union(*self.sources_by_place.values())
        return tuple(source for source in self.tables.sources if source.id in used)

    def locators(self, place: str) -> list[str | None]:
        """Name the sources of a place's location; where it is its host's, who says so and who located the host."""
        return self.layers.locators(place)

    def credit(self, ids: Iterable[str | None]) -> str:
        """Name sources in one line, each once."""
        return "; ".join(_credit(self.tables.sources_by_id[id_]) for id_ in dict.fromkeys(ids) if id_ is not None)

    @property
    def attribution(self) -> str:
        """All sources of what is chosen, in one line."""
        return self.credit(source.id for source in self.sources)

    @property
    def filters(self) -> dict[str, str]:
        """The filters by their query parameters; empty without any."""
        chosen = self.selection
        values = {
            "corridor": ",".join(one for one in self.tables.corridor_ids if one in chosen.corridors),
            "kind": ",".join(one.value for one in Kind if one in chosen.kinds),
            "district": ",".join(one for one in self.tables.districts if one in chosen.districts),
            "bbox": ",".join(f"{degrees:.12g}" for degrees in chosen.bbox or ()),
            "q": chosen.q,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What a reader has to know, as topics and texts in both languages."""
        missed = self.places[self.places.geometry.isna()].head(_MAX_MISSED_IN_NOTES)
        named = [f"{name} ({id_}): {geocode['miss']}" for id_, name, geocode in zip(missed.index, missed["name_zh"], missed["geocode"], strict=True)]
        return [
            ("图层 Layer", self.layer.name),
            ("筛选 Filters", " & ".join(f"{name}={_printable(value)}" for name, value in self.filters.items()) or "无 none"),
            ("数据版本 Data version", self.tables.version),
            ("坐标 Coordinates", self._coordinates),
            *([("宽表 Wide table", _WIDE)] if self.form.is_wide else []),
            *_READING,
            ("未定位 Not located", f"{self.places.geometry.isna().sum()}" + "".join(f"; {name}" for name in named)),
            ("来源 Sources", self.attribution),
        ]

    @property
    def _coordinates(self) -> str:
        match self.form.datum:
            case Datum.GCJ02:
                return "GCJ-02，经度在前；高德、腾讯等网图用，不是 WGS-84 GCJ-02, longitude first; for AMap and Tencent, not WGS-84"
            case Datum.BD09:
                return "BD-09，经度在前；百度地图用，不是 WGS-84 BD-09, longitude first; for Baidu, not WGS-84"
        if self.form.crs in ("", "EPSG:4326"):
            return "WGS-84 (EPSG:4326)，经度在前 longitude first"
        crs = pyproj.CRS.from_user_input(self.form.crs)
        axes = "经度在前 longitude first" if crs.is_geographic else "米，x 东 y 北 metres, x is easting and y is northing"
        return f"{crs.name} ({self.form.crs})，{axes}"

    def file_name(self, extension: str, what: str = "") -> FileName:
        """Name the file: what it is of, layer or what else it is, filters, form and data version."""
        filters = self.filters
        values = [filters.get(name, "") for name in ("corridor", "kind", "district")]
        values += [f"{name}_{filters[name][:_MAX_Q_IN_NAME]}" for name in ("bbox", "q") if name in filters]
        values += self.form.marks
        # Letters, digits, points and hyphens: what every disk takes.
        shown = [re.sub(r"[^\w.]+", "_", value.replace(",", "_")) for value in values if value]
        in_ascii = [value if value.isascii() else re.sub(r"[^a-z0-9_.]+", "_", pinyin_of(value.lower())) for value in shown]
        name = what or self.layer.name
        return FileName(*("-".join([self.tables.profile.slug, name, *parts, f"{self.tables.version}.{extension}"]) for parts in (shown, in_ascii)))


_READING = (
    (
        "精度 Precision",
        "geocode_uncertainty_m：米，真实位置在此半径内；geocode_basis 为 parent 时是所在地的位置，本址未知 "
        "metres, the true place lies within this radius; where geocode_basis is parent, the point is the host's and the site is not known",
    ),
    (
        "指针 Pointers",
        "source、paragraph（空行之间的文字块，从 1 数起）、start 与 end（全文的字符位置，不含 end） "
        "source, paragraph (blocks between blank lines, counted from 1), start and end (code points of the whole text, end excluded)",
    ),
    (
        "指标 Figures",
        "按原文的单位；status 为 planned 的是计划或目标；period 为空表示来源未说 "
        "in the unit as printed; planned is what is intended; period is empty where the source does not say",
    ),
    ("走廊 Corridors", "示意，不是边界 schematic, no boundary is claimed"),
)


_WIDE = (
    "每个指标和时期一列，单位在列名里；约、超等口气和逐条出处见 indicators "
    "a column for each indicator and period, its unit in the heading; qualifiers and pointers stand in indicators"
)


def _printable(text: str) -> str:
    # A search may have been for what no metadata can hold.
    return "".join(character for character in text if character.isprintable())


def _credit(source: Source) -> str:
    return ", ".join(filter(None, (source.title, source.publisher, source.published.text if source.published else None)))
