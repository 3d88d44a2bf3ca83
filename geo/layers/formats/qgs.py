"""A project of QGIS that stands in the GeoPackage whose layers it shows: their order, groups, symbols, names and extent."""

from __future__ import annotations

import io
import json
import sqlite3
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import pyproj

from geo.ground.bbox import Box

_VERSION = "3.22.0-Białowieża"
# The first day that an archive can hold.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class ProjectLayer(NamedTuple):
    """A layer of a project.

    Attributes
    ----------
    table, title
        In the GeoPackage, and in the list of layers.
    geometry
        ``Point``, ``Line`` or ``Polygon``.
    is_shown
        Whether it is drawn when the project is opened.
    add_style
        Adds its symbols and names to its element.
    """

    table: str
    title: str
    geometry: str
    is_shown: bool
    add_style: Callable[[ET.Element], None]


class Group(NamedTuple):
    """Layers that are listed together; the first lies on top."""

    title: str
    layers: Sequence[ProjectLayer]


class Project(NamedTuple):
    """A project.

    Attributes
    ----------
    title
        What the window of QGIS is called.
    groups
        The first lies on top.
    source_crs, crs
        Of the layers, and of the map.
    extent
        What is seen first, in the system of the map; ``None`` where nothing is located.
    """

    title: str
    groups: Sequence[Group]
    source_crs: pyproj.CRS
    crs: pyproj.CRS
    extent: Box | None


def write_project(project: Project, file: str) -> bytes:
    """Write a project for a GeoPackage of a name, as its table ``qgis_projects`` holds it: an archive, in hexadecimal.

    Parameters
    ----------
    project
        What is written.
    file
        The name of the GeoPackage: layers are found by it, beside the project.
    """
    root = ET.Element("qgis", projectname=project.title, version=_VERSION)
    _text(root, "title", project.title)
    _add_crs(ET.SubElement(root, "projectCrs"), project.crs)
    _add_tree(root, project, file)
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _text(canvas, "units", "degrees" if project.crs.is_geographic else "meters")
    if project.extent:
        _add_extent(ET.SubElement(canvas, "extent"), project.extent)
        view = ET.SubElement(ET.SubElement(root, "ProjectViewSettings"), "DefaultViewExtent", _edges(project.extent))
        _add_crs(view, project.crs)
    _add_crs(ET.SubElement(canvas, "destinationsrs"), project.crs)
    spatial = ET.SubElement(ET.SubElement(root, "properties"), "SpatialRefSys")
    _text(spatial, "ProjectionsEnabled", "1").set("type", "int")
    layers = ET.SubElement(root, "projectlayers")
    for layer in _layers(project):
        _add_layer(layers, layer, project.source_crs, file)
    content = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr(zipfile.ZipInfo("project.qgs", _NO_DATE), content.encode(), zipfile.ZIP_DEFLATED)
    return archive.getvalue().hex().encode()


def add_to_package(file: sqlite3.Connection, project: Project, names: Iterable[str], date: str) -> None:
    """Put a project into a GeoPackage, once for each name that the file may have: QGIS finds the layers by it.

    Parameters
    ----------
    file
        The GeoPackage.
    project
        What is put into it.
    names
        Of the file; a project is called as the file without its extension.
    date
        When it was changed, in ISO 8601.
    """
    metadata = json.dumps({"last_modified_time": date, "last_modified_user": ""}).encode()
    with file:
        # As QGIS makes it where it is missing.
        file.execute("CREATE TABLE qgis_projects(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")
        rows = [(name.removesuffix(".gpkg"), metadata, write_project(project, name)) for name in names]
        file.executemany("INSERT INTO qgis_projects VALUES (?, ?, ?)", rows)


def _layers(project: Project) -> list[ProjectLayer]:
    return [layer for group in project.groups for layer in group.layers]


def _id(layer: ProjectLayer) -> str:
    # QGIS takes no shorter one than that of a moment.
    return f"layer_of_the_atlas_{layer.table}"


def _source(layer: ProjectLayer, file: str) -> str:
    return f"./{file}|layername={layer.table}"


def _add_tree(root: ET.Element, project: Project, file: str) -> None:
    tree = ET.SubElement(root, "layer-tree-group")
    for group in project.groups:
        listed = ET.SubElement(tree, "layer-tree-group", name=group.title, checked="Qt::Checked", expanded="1")
        for layer in group.layers:
            checked = "Qt::Checked" if layer.is_shown else "Qt::Unchecked"
            source = _source(layer, file)
            ET.SubElement(
                listed, "layer-tree-layer", id=_id(layer), name=layer.title, source=source, providerKey="ogr", checked=checked, expanded="0"
            )


def _add_layer(parent: ET.Element, layer: ProjectLayer, crs: pyproj.CRS, file: str) -> None:
    element = ET.SubElement(parent, "maplayer", type="vector", geometry=layer.geometry, labelsEnabled="1")
    _text(element, "id", _id(layer))
    _text(element, "datasource", _source(layer, file))
    _text(element, "layername", layer.title)
    _add_crs(ET.SubElement(element, "srs"), crs)
    _text(element, "provider", "ogr").set("encoding", "UTF-8")
    layer.add_style(element)


def _add_crs(parent: ET.Element, crs: pyproj.CRS) -> None:
    authority, code = crs.to_authority() or ("", "")
    described = ET.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    _text(described, "wkt", crs.to_wkt())
    # Above zero, so that QGIS looks for the code and does not take the text for a system of the user's own.
    _text(described, "srsid", code)
    _text(described, "authid", f"{authority}:{code}")
    _text(described, "description", crs.name)
    _text(described, "geographicflag", str(crs.is_geographic).lower())


def _edges(extent: Box) -> dict[str, str]:
    return {"xmin": repr(extent.west), "ymin": repr(extent.south), "xmax": repr(extent.east), "ymax": repr(extent.north)}


def _add_extent(parent: ET.Element, extent: Box) -> None:
    for name, value in _edges(extent).items():
        _text(parent, name, value)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element
