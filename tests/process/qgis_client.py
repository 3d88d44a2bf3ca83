"""What QGIS makes of a file: ``qgis_client.py FILE PICTURE [PROJECT [SCALE LON,LAT]]``; writes JSON.

Run with the system's Python, which has the bindings. With the name of a project of the GeoPackage that project is opened;
without one every layer is added as a user adds it, with its default style.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from osgeo import ogr
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayerTreeGroup,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsProject,
    QgsProviderRegistry,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter


def open_layers(project: Any, file: str, name: str) -> None:
    if name:
        assert project.read(f"geopackage:{file}?projectName={name}"), project.error()
        return
    details = QgsProviderRegistry.instance().querySublayers(file)
    for one in details:
        if one.wkbType() != 100:
            project.addMapLayer(QgsVectorLayer(one.uri(), one.name() or "layer", "ogr"))


def tree_of(group: Any) -> list[Any]:
    found: list[Any] = []
    for node in group.children():
        if isinstance(node, QgsLayerTreeGroup):
            found.append([node.name(), tree_of(node)])
        else:
            found.append([node.name(), node.itemVisibilityChecked()])
    return found


def sld_of(layer: Any) -> list[str]:
    """Give the legend that the style for map servers makes, of a layer of a GeoPackage."""
    source = ogr.Open(layer.source().split("|")[0])
    styles = source.GetLayerByName("layer_styles") if source else None
    if not styles:
        return []
    table = layer.source().split("layername=")[1]
    text = next(row.GetField("styleSLD") for row in styles if row.GetField("f_table_name") == table)
    with tempfile.NamedTemporaryFile("w", suffix=".sld", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        copy = layer.clone()
        message, is_read = copy.loadSldStyle(file.name)
        assert is_read, message
        return [item.label() for item in copy.renderer().legendSymbolItems()]


def draw(project: Any, picture: str, size: tuple[int, int], scale: int, at: str) -> tuple[list[str], float, list[float]]:
    shown = [layer for layer in project.layerTreeRoot().layerOrder() if project.layerTreeRoot().findLayer(layer.id()).isVisible()]
    settings = QgsMapSettings()
    settings.setLayers(shown)
    settings.setDestinationCrs(project.crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(*size))
    settings.setOutputDpi(96)
    view = project.viewSettings().defaultViewExtent()
    extent = QgsRectangle(view) if not view.isEmpty() else settings.fullExtent()
    if view.isEmpty():
        extent.scale(1.1)
    if scale:
        to = QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), project.crs(), project)
        middle = to.transform(*map(float, at.split(",")))
        half = [pixels / 96 * 0.0254 * scale / 2 for pixels in size]
        extent = QgsRectangle(middle.x() - half[0], middle.y() - half[1], middle.x() + half[0], middle.y() + half[1])
    settings.setExtent(extent)
    image = QImage(QSize(*size), QImage.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.start()
    job.waitForFinished()
    labels = [one.labelText for one in job.takeLabelingResults().allLabels() if not one.isUnplaced]
    painter.end()
    image.save(picture)
    return labels, settings.scale(), [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]


def main(file: str, picture: str, name: str = "", scale: str = "0", at: str = "") -> None:
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    open_layers(project, file, name)
    labels, drawn_at, extent = draw(project, picture, (1600, 1200), int(scale), at)
    layers = {
        layer.name(): {
            "valid": layer.isValid(),
            "features": layer.featureCount(),
            "crs": layer.crs().authid(),
            "renderer": layer.renderer().type() if layer.isValid() else None,
            "legend": [item.label() for item in layer.renderer().legendSymbolItems()] if layer.isValid() else [],
            "sld": sld_of(layer) if file.endswith(".gpkg") else [],
            "aliases": {field.name(): field.displayName() for field in layer.fields()},
            "widgets": {field.name(): layer.editorWidgetSetup(layer.fields().indexOf(field.name())).type() for field in layer.fields()},
        }
        for layer in project.mapLayers().values()
    }
    storage = QgsApplication.projectStorageRegistry().projectStorageFromType("geopackage")
    projects = storage.listProjects(f"geopackage:{file}") if file.endswith(".gpkg") else []
    found = {
        "layers": layers,
        "order": [layer.name() for layer in project.layerTreeRoot().layerOrder()],
        "tree": tree_of(project.layerTreeRoot()),
        "labels": labels,
        "scale": drawn_at,
        "extent": extent,
        "crs": project.crs().authid(),
        "title": project.title(),
        "projects": projects,
    }
    print(json.dumps(found, ensure_ascii=False))
    project.clear()
    application.exitQgis()


main(*sys.argv[1:])
