"""What the columns of files and the properties of features are called, and their codes in words: one table for downloads, API and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.geocode.answers import Method
from geo.geocode.said import N_
from geo.layers.formats.form import FigureColumn, FigurePart
from geo.tables.kinds import Basis, CorridorBasis, FigureStatus, Qualifier
from geo.tables.reading import Tables
from geo.words.phrases import BASES, KINDS, MISS_REASONS, PRECISIONS, RELATIONS, SOURCE_KINDS, STATUSES
from geo.words.translation import translator

# By the name of the column; what a figure says of its status is another thing than how far a place has come.
TITLES = {
    "id": N_("编号"),
    "name_zh": N_("中文名"),
    "name_en": N_("英文名"),
    "kind": N_("类别"),
    "corridor": N_("走廊"),
    "corridor_basis": N_("走廊归属的依据"),
    "district": N_("所在区县"),
    "parent": N_("所在园区的编号"),
    "sector": N_("行业"),
    "status": N_("进展"),
    "focus_zh": N_("重点（中文）"),
    "focus_en": N_("重点（英文）"),
    "source": N_("来源编号"),
    "paragraph": N_("段落"),
    "indicators": N_("指标"),
    "relations": N_("关系"),
    "geocode": N_("怎样定位"),
    "geocode_query": N_("定位所查的名称"),
    "geocode_matched": N_("定位所得的名称"),
    "geocode_method": N_("定位的方法"),
    "geocode_miss": N_("为什么没有位置"),
    "geocode_precision": N_("位置的精度"),
    "geocode_uncertainty_m": N_("位置的误差（米）"),
    "geocode_basis": N_("位置的依据"),
    "geocode_source": N_("位置来源的编号"),
    "geocode_datum_of_source": N_("位置来源的坐标系"),
    "geocode_note": N_("定位的说明"),
    "part": N_("部分"),
    "schematic": N_("是否示意"),
    "published_area_km2": N_("公布的面积（平方公里）"),
    "scope_note_zh": N_("范围说明（中文）"),
    "scope_note_en": N_("范围说明（英文）"),
    "place": N_("地点编号"),
    "indicator": N_("指标编号"),
    "label_zh": N_("指标（中文）"),
    "label_en": N_("指标（英文）"),
    "value": N_("数值"),
    "value_max": N_("数值上限"),
    "unit": N_("单位"),
    "unit_en": N_("单位（英文）"),
    "period": N_("时期"),
    "qualifier": N_("口气"),
    "figure_status": N_("已实现或计划"),
    "growth_pct": N_("增长百分比"),
    "growth_max": N_("增长百分比上限"),
    "rank": N_("名次"),
    "rank_scope_zh": N_("名次范围（中文）"),
    "rank_scope_en": N_("名次范围（英文）"),
    "start": N_("起始字符"),
    "end": N_("结束字符"),
    "period_start": N_("时期的第一天"),
    "period_end": N_("时期的最后一天"),
    "attribution": N_("来源"),
    "lon": N_("经度"),
    "lat": N_("纬度"),
    "x": N_("东坐标"),
    "y": N_("北坐标"),
    "wkt": N_("图形（WKT）"),
    "crs": N_("坐标系"),
    "datum": N_("坐标基准"),
    "from": N_("自"),
    "relation": N_("关系"),
    "to": N_("至"),
    "title": N_("标题"),
    "publisher": N_("发布者"),
    "published": N_("发布日期"),
    "url": N_("网址"),
    "sha256": N_("全文的 SHA-256"),
    "retrieved_on": N_("读取日期"),
    "source_kind": N_("种类"),
    "pages": N_("版面"),
    "authors": N_("作者"),
    "note": N_("说明"),
    "topic": N_("项目"),
}
# Columns of one name that say something else in a table of their own.
_OF_TABLE = {("indicators", "status"): "figure_status", ("sources", "kind"): "source_kind"}
_LABELS: Mapping[str, Mapping[Any, str]] = {
    "kind": KINDS,
    "corridor_basis": {**BASES, CorridorBasis.NONE: N_("不属于走廊")},
    "status": STATUSES,
    "figure_status": {FigureStatus.ACTUAL: N_("已实现"), FigureStatus.PLANNED: N_("计划")},
    "qualifier": {
        Qualifier.EXACT: N_("确切"),
        Qualifier.ABOUT: N_("约"),
        Qualifier.OVER: N_("超过"),
        Qualifier.UNDER: N_("不足"),
        Qualifier.AT_LEAST: N_("至少"),
    },
    "geocode_method": {
        Method.EXACT: N_("名称相同"),
        Method.ALIAS: N_("别名"),
        Method.FORMER: N_("旧名"),
        Method.ADDRESS: N_("地址"),
        Method.FUZZY: N_("相近的名称"),
        Method.ONLINE: N_("在线服务"),
    },
    "geocode_precision": PRECISIONS,
    "geocode_basis": {Basis.SURVEYED: N_("实测"), Basis.DERIVED: N_("推得"), Basis.PARENT: N_("所在园区的位置")},
    "geocode_miss": MISS_REASONS,
    "relation": RELATIONS,
    "source_kind": SOURCE_KINDS,
    "part": {"belt": N_("示意带"), "axis": N_("轴线")},
}
_PARTS = {
    FigurePart.VALUE: "%(what)s",
    FigurePart.VALUE_MAX: N_("%(what)s 上限"),
    FigurePart.GROWTH_PCT: N_("%(what)s 增长"),
    FigurePart.GROWTH_MAX: N_("%(what)s 增长上限"),
    FigurePart.RANK: N_("%(what)s 名次"),
}


class ColumnWords:
    """The words of tables in one language, as :class:`geo.layers.formats.form.Words` wants them.

    Parameters
    ----------
    language
        A key of ``LANGUAGES``.
    tables
        What corridors and districts are called.
    """

    def __init__(self, language: str, tables: Tables) -> None:
        self._language = language
        self._tables = tables
        self._ = translator(language)

    @property
    def language(self) -> str:
        """A key of ``LANGUAGES``."""
        return self._language

    def title(self, column: str, table: str) -> str:
        """Name a column of a table; the column itself where it has no other name."""
        title = TITLES.get(_OF_TABLE.get((table, column), column))
        return self._(title) if title else column

    def labels(self, column: str, table: str) -> Mapping[str, str]:
        """Give the words for the codes that a column holds."""
        name = _OF_TABLE.get((table, column), column)
        if name == "corridor":
            return {id_: called.zh if self._language == "zh" else called.en for id_, called in self._tables.corridor_names.items()}
        if name == "district":
            return {} if self._language == "zh" else self._tables.districts
        return {str(code): self._(word) for code, word in _LABELS.get(name, {}).items()}

    def figures(self, column: FigureColumn) -> str:
        """Name a column of figures, with its period and its unit."""
        is_zh = self._language == "zh"
        label, unit = (column.label_zh, column.unit) if is_zh else (column.label_en, column.unit_en)
        if column.status == FigureStatus.PLANNED:
            label = self._(N_("%(what)s（计划）")) % {"what": label}
        what = f"{label} {column.period}".strip()
        named = self._(_PARTS[column.part]) % {"what": what}
        return self._(N_("%(what)s（%(unit)s）")) % {"what": named, "unit": unit} if unit else named
