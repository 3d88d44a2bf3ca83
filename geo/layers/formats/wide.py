"""Places as a wide table: a row a place, and a column of plain numbers for each indicator and period, with its unit in the heading.

What numbers a column holds may be compared, summed and drawn. What else is said of each figure (about or over, source, paragraph) stands in the long
table, ``indicators``.
"""

from __future__ import annotations

import geopandas as gpd
import pyarrow as pa

from geo.layers.formats.download import Download
from geo.layers.formats.flat import flatten
from geo.layers.formats.form import FigureColumn, FigurePart

_NESTED = ("indicators", "relations")


def figure_columns(download: Download) -> dict[str, tuple[FigureColumn, dict[str, float]]]:
    """Lay the figures of a layer out in columns.

    Returns
    -------
    dict
        By heading, in the order of the vocabulary and then of time: what a column says, and its numbers by place id. The columns are those of the
        whole layer, whatever is chosen from it.
    """
    columns: dict[FigureColumn, dict[str, float]] = {}
    ages = download.tables.ages_of_sources
    # Where several sources state the same figure, the youngest counts, as in comparisons, and of one source the first in the table.
    rows = sorted(download.layers.indicators.drop(columns="geometry").to_dict("records"), key=lambda row: -ages[row["source"]])
    for row in rows:
        if download.layer.kinds and row["kind"] not in download.layer.kinds:
            continue
        for part in FigurePart:
            number = row[part]
            if number is None or number != number:
                continue
            unit, unit_en = row["unit"] or "", row["unit_en"] or ""
            if part in (FigurePart.GROWTH_PCT, FigurePart.GROWTH_MAX):
                unit = unit_en = "%"
            elif part is FigurePart.RANK:
                unit, unit_en = row["rank_scope_zh"] or "", row["rank_scope_en"] or row["rank_scope_zh"] or ""
            column = FigureColumn(row["indicator"], row["label_zh"], row["label_en"], row["period"] or "", unit, unit_en, row["status"], part)
            columns.setdefault(column, {}).setdefault(row["place"], float(number))
    order = {vocable.indicator: position for position, vocable in enumerate(download.tables.vocabulary)}
    parts = list(FigurePart)
    ordered = sorted(columns, key=lambda one: (order.get(one.indicator, len(order)), one.period, one.status, one.unit, parts.index(one.part)))
    headed: dict[str, tuple[FigureColumn, dict[str, float]]] = {}
    taken = {name.casefold() for name in (*download.layers.places.columns, *download.layers.indicators.columns, "attribution")}
    for column in ordered:
        heading = download.form.words.figures(column)
        if heading.casefold() in taken:
            # Two indicators of one name; SQLite does not tell capitals apart.
            heading = f"{heading} [{column.indicator}]"
        number_of_same = 2
        while heading.casefold() in taken:
            heading = f"{heading.removesuffix(f' {number_of_same - 1}')} {number_of_same}"
            number_of_same += 1
        taken.add(heading.casefold())
        headed[heading] = (column, columns[column])
    return headed


def lay_out(features: gpd.GeoDataFrame, download: Download) -> pa.Table:
    """Lay features out flat as :func:`geo.layers.formats.flat.flatten` does, places with columns of figures where the wide shape is wanted."""
    rows = flatten(features, download)
    if not download.form.is_wide or _NESTED[0] not in rows.column_names:
        return rows
    places = rows["id"].to_pylist()
    table = rows.drop_columns(list(_NESTED))
    # Before the last column, which names the sources.
    last = table.num_columns - 1
    for position, (heading, (_, numbers)) in enumerate(figure_columns(download).items()):
        table = table.add_column(last + position, pa.field(heading, pa.float64()), pa.array([numbers.get(place) for place in places], pa.float64()))
    return table
