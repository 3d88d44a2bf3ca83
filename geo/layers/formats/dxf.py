"""DXF for CAD: points with their names, axes and belts, in metres."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import ezdxf
import geopandas as gpd
import pandas as pd
import shapely
from ezdxf.document import Drawing
from ezdxf.lldxf.const import MTEXT_MIDDLE_LEFT

from geo.ground.deadline import check_deadline, until_deadline
from geo.layers.formats.coordinates import place
from geo.layers.formats.download import Download
from geo.tables.kinds import Basis

# A drawing that says when it was made would never be the same twice.
ezdxf.options.write_fixed_meta_data_for_testing = True
# Old enough for every program.
_VERSION = "R2007"
_METRES, _DEGREES_HAVE_NO_UNIT = 6, 0
# A text on a drawing that shows everything is so high, as a share of the extent.
_TEXT_SHARE = 1 / 250
# A value of a drawing ends where some programs stop to read it.
_MOST_CHARACTERS = 200
_SYMBOL = "PLACE"
# Chinese CAD has this font; where it is missing, the program takes another one.
_FONT = "simhei.ttf"
_ATTRIBUTES = ("id", "name_zh", "name_en", "kind", "geocode_precision", "geocode_uncertainty_m", "geocode_basis")


def encode_dxf(download: Download) -> bytes:
    """Encode a layer as DXF with the belts and axes of the same extent.

    In the projected system of the data where no other one is asked for: x is easting, y is northing, in metres. A place is a block with what is known
    of it as attributes; what stands on one point is named in one text, the host first. What is not located is not drawn, and named in the properties
    of the drawing with everything else that is to be known.
    """
    if not download.form.crs:
        download = dataclasses.replace(download, form=dataclasses.replace(download.form, crs=download.tables.profile.projected_crs))
    drawing = ezdxf.new(_VERSION)
    corridors, places = download.corridors, download.features if download.table == "places" else download.places
    shapes, points = place(corridors.geometry, download.form), place(places.geometry, download.form)
    drawing.header["$INSUNITS"] = _METRES if shapes.crs is None or shapes.crs.is_projected else _DEGREES_HAVE_NO_UNIT
    # What is drawn is not asked of the printer's paper.
    drawing.header["$MEASUREMENT"] = 1
    for topic, text in download.notes:
        line = _line(text)
        for start in range(0, len(line), _MOST_CHARACTERS):
            drawing.header.custom_vars.append(
                topic if not start else f"{topic} {1 + start // _MOST_CHARACTERS}", line[start : start + _MOST_CHARACTERS]
            )
    drawing.styles.add("ATLAS", font=_FONT)
    for corridor, hue in download.tables.hues.items():
        for what in ("places", "names", "axes", "belts"):
            drawing.layers.add(f"{what}-{corridor}", true_color=int(hue.removeprefix("#"), 16))
    _add_shapes(drawing, corridors, shapes)
    if download.layer.kinds:
        _add_places(drawing, places, points, _text_height([*shapes.dropna(), *points.dropna()]), download)
    # What the writer takes from a set, in an order of its own for each process.
    for kind in sorted(drawing.entitydb.dxf_types_in_use()):
        drawing.classes.add_class(kind)
    file = _Written()
    drawing.write(file)
    # A drawing refers to itself and is only freed by a collection, which a server puts off: what it has of every place had better not wait for it.
    drawing.modelspace().delete_all_entities()
    drawing.entitydb.purge()
    # As U+ and digits, which readers of every version know: of what is written as UTF-8 some go by the code page in its head.
    return file.getvalue().encode("ascii", "dxfreplace")


class _Written(io.StringIO):
    """A drawing in memory: the writer comes by with every line, and the clock is looked at."""

    def write(self, text: str) -> int:
        """Take a line."""
        check_deadline()
        return super().write(text)


def _text_height(geometry: Sequence[Any]) -> float:
    if not geometry:
        return 1.0
    bounds = shapely.total_bounds(geometry)
    extent = max(float(bounds[2] - bounds[0]), float(bounds[3] - bounds[1]))
    return extent * _TEXT_SHARE or 1.0


def _add_shapes(drawing: Drawing, corridors: gpd.GeoDataFrame, shapes: gpd.GeoSeries) -> None:
    space = drawing.modelspace()
    for corridor, geometry in zip(corridors["corridor"], shapes, strict=True):
        for part in shapely.get_parts(geometry):
            if isinstance(part, shapely.Polygon):
                for ring in (part.exterior, *part.interiors):
                    space.add_lwpolyline(list(ring.coords)[:-1], close=True, dxfattribs={"layer": f"belts-{corridor}"})
            else:
                space.add_lwpolyline(list(part.coords), dxfattribs={"layer": f"axes-{corridor}"})


def _add_places(drawing: Drawing, places: gpd.GeoDataFrame, points: gpd.GeoSeries, height: float, download: Download) -> None:
    block = drawing.blocks.new(_SYMBOL)
    block.add_circle((0, 0), height / 2)
    block.add_point((0, 0))
    for number, tag in enumerate(_ATTRIBUTES):
        block.add_attdef(tag.upper(), (0, -height * (number + 1)), dxfattribs={"height": height / 2, "style": "ATLAS", "flags": 1})
    space = drawing.modelspace()
    name = "name_en" if download.form.words.language == "en" else "name_zh"
    named: dict[tuple[float, float], list[tuple[bool, str, str]]] = {}
    rows = places[["name_zh", "name_en", "kind", "corridor", "geocode"]].to_dict("records")
    for id_, row, point in until_deadline(zip(places.index, rows, points, strict=True)):
        if point is None:
            continue
        at, geocode = (point.x, point.y), row["geocode"]
        symbol = space.add_blockref(_SYMBOL, at, dxfattribs={"layer": f"places-{row['corridor']}"})
        known = {"id": id_, **row, **{f"geocode_{key}": value for key, value in geocode.items()}}
        symbol.add_auto_attribs({tag.upper(): "" if pd.isna(known.get(tag)) else _line(str(known[tag])) for tag in _ATTRIBUTES})
        named.setdefault(at, []).append((geocode.get("basis") == Basis.PARENT, row[name], row["corridor"]))
    for (x, y), names in until_deadline(named.items()):
        names.sort(key=lambda one: one[0])
        text = "\\P".join(_escaped(_line(one)) for _, one, _ in names)
        attributes = {"layer": f"names-{names[0][2]}", "style": "ATLAS", "char_height": height, "attachment_point": MTEXT_MIDDLE_LEFT}
        space.add_mtext(text, dxfattribs={**attributes, "insert": (x + height, y)})


def _line(text: str) -> str:
    """Put a text into a line: in a drawing a new one begins another value."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _escaped(text: str) -> str:
    """Take the meaning of markup from what has one in a text of several lines."""
    return text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
