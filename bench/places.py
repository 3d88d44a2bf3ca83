"""A data folder with many generated places: the real tables, and as many more as are asked for.

``python bench/places.py FOLDER --count 10000`` writes one for ``GEO_DATA``. The same seed gives the same bytes. The generated places are modelled on
the real ones: clusters around a host, most with a location of their own, some known by their host only, a few not known at all; figures with a
period; other names; three datums. They say what they are: their source is ``generated``.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from random import Random

import shapely
from pypinyin import lazy_pinyin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.ground.datum import Datum, gcj02_to_bd09, wgs84_to_gcj02
from geo.ground.names import normalize_name
from geo.layers.corridors import build_belts
from geo.settings import PROJECT
from geo.tables.reading import read_tables

SOURCE = {"id": "generated", "title": "生成的地点（只用于测速）", "kind": "unverified"}
# A host has this many members on average, as the zones of the report do.
MEMBERS = 40
# How industry is spread: most of it in the plain, hardly any in the hills of the south-west.
DISTRICT_WEIGHTS = {
    "余杭区": 18,
    "滨江区": 14,
    "萧山区": 14,
    "钱塘区": 13,
    "临平区": 9,
    "西湖区": 7,
    "上城区": 6,
    "富阳区": 6,
    "拱墅区": 5,
    "临安区": 5,
    "桐庐县": 2,
    "建德市": 1,
    "淳安县": 1,
}
# Of the clusters in a district that a corridor crosses, this share lies on it.
ON_CORRIDOR = 0.7
GUESTS, MISSES, ALIASES, NOTES = 0.2, 0.01, 0.25, 0.3
# Metres in a degree of latitude; a degree of longitude has cos 30° of them.
DEGREE_M = 111_000
COS_LATITUDE = 0.866

FIRST = "云启智华恒新瑞泰康海天永盛鼎博远金安迈宏凯正德奥联科众创富盈顺佳"
SECOND = "芯图达源信通微光成利丰和锐晟昌腾视晶驰维力元合辰景泽杭越鸿能算"
SECTORS = (
    ("集成电路", "IC"),
    ("智能物联", "AIoT"),
    ("生物医药", "biopharma"),
    ("数字安防", "digital security"),
    ("新能源汽车", "electric vehicle"),
    ("航空装备", "aviation"),
    ("高端装备", "machinery"),
    ("新材料", "new materials"),
    ("化学纤维", "chemical fibre"),
    ("视觉智能", "vision"),
    ("数字经济", "digital economy"),
    ("医疗器械", "medical devices"),
    ("储能电池", "battery"),
    ("机器人", "robotics"),
)
HOSTS = (  # kind, ending in Chinese and English, weight
    ("platform", "经开区", "Economic Development Zone", 8),
    ("cooperation_zone", "特别合作区", "Special Cooperation Zone", 6),
    ("park", "产业园", "Industrial Park", 50),
    ("town", "小镇", "Town", 20),
    ("valley", "谷", "Valley", 6),
)
MEMBER_ENDINGS = (
    ("project", "生产基地", "production base", 20),
    ("project", "项目一期", "project, phase 1", 16),
    ("project", "项目二期", "project, phase 2", 10),
    ("project", "总部及研发中心", "headquarters and R&D centre", 12),
    ("project", "智能工厂", "smart factory", 12),
    ("facility", "公共技术平台", "shared technical platform", 6),
    ("facility", "工业综合体", "industrial complex", 5),
    ("facility", "创新中心", "innovation centre", 5),
    ("park", "科技园", "science park", 8),
    ("park", "孵化园", "incubator", 6),
)
STATUSES = ("established", "operating", "completed", "landed", "signed", "planned")
PERIODS = ("2022", "2023-Q1", "2023-01/2023-05", "2023")
MEMBER_FIGURES = (  # indicator, unit, status, middle value, share with a growth
    ("investment", "亿元", "actual", 12.0, 0.1),
    ("planned_investment", "亿元", "planned", 15.0, 0.0),
    ("land_area", "亩", "actual", 90.0, 0.0),
    ("industrial_value_added_above_scale", "亿元", "actual", 3.0, 0.8),
)
HOST_FIGURES = (
    ("area", "平方公里", "actual", 3.5, 0.0),
    ("landed_projects", "个", "actual", 14.0, 0.0),
    ("signed_projects", "个", "actual", 9.0, 0.0),
    ("signed_investment", "亿元", "planned", 80.0, 0.0),
    ("industrial_value_added", "亿元", "actual", 60.0, 0.8),
)
COUNTED = {"个"}

Cells = dict[str, str]


@dataclass(frozen=True)
class _Cluster:
    """A host and the ground around it."""

    host: Cells
    location_name: str
    lon: float
    lat: float
    spread_m: float
    ground: shapely.Geometry


@dataclass
class _Rows:
    """What is added to each table."""

    places: list[Cells] = field(default_factory=list)
    gazetteer: list[Cells] = field(default_factory=list)
    indicators: list[Cells] = field(default_factory=list)


def write_places(folder: Path, count: int, seed: int = 1, data: Path = PROJECT / "data") -> None:
    """Write a data folder with generated places beside the real ones.

    Parameters
    ----------
    folder
        Where to write; made if it is not there. Files of the same names are overwritten.
    count
        How many places to generate.
    seed
        The same seed gives the same bytes.
    data
        The folder with the real tables and the basemap.
    """
    shutil.copytree(data, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.md"))
    rows = _Generator(data, seed).build(count)
    _append(folder / "sources.csv", [SOURCE])
    _append(folder / "places.csv", rows.places)
    _append(folder / "gazetteer.csv", rows.gazetteer)
    _append(folder / "indicators.csv", rows.indicators)


def _append(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    text = file.read_text(encoding="utf-8").rstrip("\n") + "\n"
    header = next(csv.reader(text.splitlines()))
    with file.open("w", encoding="utf-8", newline="") as written:
        written.write(text)
        writer = csv.DictWriter(written, header, restval="", lineterminator="\n")
        writer.writerows(rows)


class _Generator:
    """Makes rows, one random number after another."""

    def __init__(self, data: Path, seed: int) -> None:
        self._random = Random(seed)
        tables = read_tables(data)
        self._taken = {normalize_name(name) for place in tables.places for name in (place.name_zh, place.name_en, place.place_query)}
        self._taken |= {normalize_name(row.name) for row in tables.gazetteer}
        belts = build_belts(tables.corridors, tables.profile.projected_crs)
        self._belts = {row.corridor: row.geometry for row in belts[belts["part"] == "belt"].itertuples()}
        districts = json.loads((data / "basemap" / "districts.geojson").read_text(encoding="utf-8"))
        self._districts = {feature["properties"]["name_zh"]: shapely.geometry.shape(feature["geometry"]) for feature in districts["features"]}
        for ground in (*self._belts.values(), *self._districts.values()):
            shapely.prepare(ground)
        self._rows = _Rows()

    def build(self, count: int) -> _Rows:
        """Make the rows of this many places: the hosts first, then their members."""
        if not count:
            return self._rows
        clusters = [self._add_host() for _ in range(min(count, max(1, count // MEMBERS)))]
        # A few clusters hold most of the members.
        weights = [1 / (rank + 5) for rank in range(len(clusters))]
        for cluster in self._random.choices(clusters, weights, k=count - len(clusters)):
            self._add_member(cluster)
        return self._rows

    # --- hosts and members ---

    def _add_host(self) -> _Cluster:
        district = self._random.choices(list(DISTRICT_WEIGHTS), list(DISTRICT_WEIGHTS.values()))[0]
        ground = self._districts[district]
        lon, lat = self._point_in(ground)
        corridor = next((name for name, belt in self._belts.items() if shapely.contains_xy(belt, lon, lat)), "none")
        kind, ending, ending_en, _ = self._random.choices(HOSTS, [row[-1] for row in HOSTS])[0]
        name, name_en, _ = self._new_name(district[:-1], ending, ending_en)
        host = self._place(name, name_en, kind, district, "" if kind != "town" else self._random.choice(SECTORS)[0])
        host |= {"corridor": corridor, "corridor_basis": "none" if corridor == "none" else "inferred"}
        self._rows.places.append(host)
        self._locate(name, district, lon, lat, "area", self._random.randrange(800, 4000, 100))
        self._add_figures(host["id"], HOST_FIGURES, most=4)
        return _Cluster(host, name, lon, lat, self._random.uniform(300, 1800), ground)

    def _add_member(self, cluster: _Cluster) -> None:
        host = cluster.host
        kind, ending, ending_en, _ = self._random.choices(MEMBER_ENDINGS, [row[-1] for row in MEMBER_ENDINGS])[0]
        sector, sector_en = self._random.choice(SECTORS)
        name, name_en, short = self._new_name("", sector + ending, f"{sector_en} {ending_en}")
        member = self._place(name, name_en, kind, host["district"], sector)
        member |= {"parent_id": host["id"], "corridor": host["corridor"]}
        member["corridor_basis"] = "none" if host["corridor"] == "none" else "inherited"
        self._rows.places.append(member)
        self._add_figures(member["id"], MEMBER_FIGURES, most=4)
        chance = self._random.random()
        if chance < MISSES:
            return
        if chance < MISSES + GUESTS:
            note = "只知在其所属园区内"
            self._rows.gazetteer.append(
                {"name": name, "alias_of": cluster.location_name, "basis": "parent", "source": SOURCE["id"], "checked_on": "2026-11-23", "note": note}
            )
        else:
            lon, lat = self._point_near(cluster)
            precision = self._random.choices(("site", "locality"), (3, 1))[0]
            self._locate(name, host["district"], lon, lat, precision, self._random.randrange(50, 900, 50))
        alias = short + ending
        if self._random.random() < ALIASES and self._take(alias):
            self._rows.gazetteer.append({"name": alias, "alias_of": name})

    def _place(self, name: str, name_en: str, kind: str, district: str, sector: str) -> Cells:
        row = {
            "id": f"generated-{len(self._rows.places) + 1:05d}",
            "name_zh": name,
            "name_en": name_en,
            "kind": kind,
            "district": district,
            "place_query": name,
            "sector": sector,
            "status": self._random.choice(STATUSES),
            "source": SOURCE["id"],
        }
        if self._random.random() < 0.6:
            other, other_en = self._random.choice(SECTORS)
            row["focus_zh"] = f"面向{other}的研发、制造与服务，上下游同在一园"
            row["focus_en"] = f"Research, manufacture and services for {other_en}, with suppliers and customers in one park"
        return row

    # --- names ---

    def _take(self, name: str) -> bool:
        key = normalize_name(name)
        if key in self._taken:
            return False
        self._taken.add(key)
        return True

    def _new_name(self, before: str, ending: str, ending_en: str) -> tuple[str, str, str]:
        """Give a name that nothing else has, the same in English, and its brand alone."""
        # Most pairs are free at first; a third character once they are used up for an ending.
        for more in chain(repeat(1, 20), repeat(2)):
            brand = self._random.choice(FIRST) + "".join(self._random.choices(SECOND, k=more))
            if self._take(before + brand + ending):
                break
        words = ["".join(lazy_pinyin(part)).capitalize() for part in (before, brand) if part]
        return before + brand + ending, " ".join((*words, ending_en)), brand

    # --- points ---

    def _point_in(self, ground: shapely.Geometry) -> tuple[float, float]:
        """Choose a point in a district; on a corridor more often than not, where one crosses it."""
        crossed = [belt for belt in self._belts.values() if belt.intersects(ground)]
        if crossed and self._random.random() < ON_CORRIDOR:
            ground = shapely.intersection(ground, self._random.choice(crossed))
        west, south, east, north = (float(edge) for edge in shapely.bounds(ground))
        while True:
            lon, lat = self._random.uniform(west, east), self._random.uniform(south, north)
            if shapely.contains_xy(ground, lon, lat):
                return lon, lat

    def _point_near(self, cluster: _Cluster) -> tuple[float, float]:
        while True:
            lon = cluster.lon + self._random.gauss(0, cluster.spread_m) / (DEGREE_M * COS_LATITUDE)
            lat = cluster.lat + self._random.gauss(0, cluster.spread_m) / DEGREE_M
            if shapely.contains_xy(cluster.ground, lon, lat):
                return lon, lat

    def _locate(self, name: str, district: str, lon: float, lat: float, precision: str, uncertainty_m: int) -> None:
        datum = self._random.choices((Datum.WGS84, Datum.GCJ02, Datum.BD09), (7, 2, 1))[0]
        there = (lon, lat) if datum is Datum.WGS84 else wgs84_to_gcj02(lon, lat)
        if datum is Datum.BD09:
            there = gcj02_to_bd09(*there)
        self._rows.gazetteer.append(
            {
                "name": name,
                "lon": f"{float(there[0]):.6f}",
                "lat": f"{float(there[1]):.6f}",
                "datum": datum.value,
                "precision": precision,
                "uncertainty_m": str(uncertainty_m),
                "admin": district,
                "basis": "surveyed" if precision == "site" else "derived",
                "source": SOURCE["id"],
                "checked_on": "2026-11-23",
                "note": "由门牌与路口推得，未见边界" if self._random.random() < NOTES else "",
            }
        )

    # --- figures ---

    def _add_figures(self, subject: str, choices: Sequence[tuple[str, str, str, float, float]], most: int) -> None:
        stated = self._random.choices(range(most + 1), (25, 30, 25, 12, 8))[0]
        for indicator, unit, status, middle, grown in self._random.sample(choices, min(stated, len(choices))):
            value = middle * self._random.lognormvariate(0, 1)
            figure = {
                "subject_id": subject,
                "indicator": indicator,
                "value": str(max(1, round(value))) if unit in COUNTED else f"{max(0.1, value):.1f}",
                "unit": unit,
                "period": self._random.choice(PERIODS),
                "qualifier": self._random.choices(("exact", "about", "over"), (7, 2, 1))[0],
                "status": status,
                "source": SOURCE["id"],
            }
            if self._random.random() < grown:
                figure["growth_pct"] = f"{self._random.gauss(8, 9):.1f}"
            self._rows.indicators.append(figure)


def main() -> int:
    """Write a folder as the command line says."""
    parser = argparse.ArgumentParser(description="Write a data folder with generated places, for GEO_DATA.")
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--count", type=int, default=10_000, help="how many places to generate (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (default: %(default)s)")
    arguments = parser.parse_args()
    write_places(arguments.folder, arguments.count, arguments.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
