"""What there is: the layers with their formats, filters and counts, as a page, as JSON and as a schema.org data set."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from geo.errors import BadParameterError
from geo.geocode.said import N_
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS, Layer, Selection
from geo.serve.data.dataset import dataset_document
from geo.serve.http.language import request_wording
from geo.serve.http.responses import BY_LANGUAGE_AND_TYPE, cacheable, open_to_every_page
from geo.serve.http.selection import parse_selection
from geo.serve.ogc.collections import DESCRIPTIONS
from geo.serve.site import Site, current_site
from geo.words.phrases import LANGUAGES

blueprint = Blueprint("catalogue", __name__)
blueprint.after_request(open_to_every_page)

# What ``f`` asks for, as under ``/ogc``; the first is for who does not say.
REPRESENTATIONS = {"json": "application/json", "html": "text/html; charset=utf-8", "jsonld": "application/ld+json"}
_USES = {
    "geojson": N_("网页地图、Python、R"),
    "csv": N_("表格软件；经纬度两列"),
    "xlsx": N_("Excel、WPS；地点、指标、来源各一张表"),
    "gpkg": N_("QGIS、ArcGIS；一个文件含全部图层和样式"),
    "shp.zip": N_("只认 Shapefile 的软件；列名是简称，对照表在包里"),
    "kml": N_("Google Earth、奥维地图"),
    "dxf": N_("CAD；投影坐标，单位是米"),
    "fgb": N_("大数据量的地图，边下边画"),
    "parquet": N_("DuckDB、pandas 等分析工具"),
}


def _forms(projected_crs: str) -> list[tuple[str, str]]:
    """List what can be said of the form of a file, each as a query with what it gives."""
    return [
        ("shape=wide", N_("宽表：每处地点一行，每个指标和时期一列，单位在列名里；用于 kepler.gl、Power BI、Tableau 和数据透视表")),
        (f"crs={projected_crs}", N_("投影坐标，米；CSV 里 x 是东坐标，y 是北坐标")),
        ("crs=EPSG:4490", N_("CGCS2000 经纬度")),
        ("datum=GCJ02", N_("高德、腾讯等网图的坐标，只有 GeoJSON 与 CSV；文件名和列名都写明")),
        ("datum=BD09", N_("百度地图的坐标，只有 GeoJSON 与 CSV；文件名和列名都写明")),
        ("lang=en", N_("列名用英文；不写是中文")),
        ("headings=codes", N_("Excel 与 CSV 的列名只用代码，供程序读；headings=words 是文字加代码")),
        ("bom=0", N_("CSV 不带 BOM")),
    ]


@blueprint.get("/layers")
def layers() -> Response:
    """List the layers; the filters of the places may be given, and stand in the addresses of the files of each layer that has them."""
    site, wording = current_site(), request_wording()
    representation = _representation()
    filters = MultiDict([(name, value) for name, value in request.args.items(multi=True) if name not in ("f", "lang")])
    selection = parse_selection(filters, LAYERS["places"], site.atlas.tables)
    listed = [_describe(site, layer, selection, filters) for layer in LAYERS.values()]
    document = _document(site, listed) if representation == "json" else dataset_document(site, wording, tuple(LAYERS.values()))
    if representation == "html":
        given = wording.filters(selection)
        forms = _forms(site.atlas.tables.profile.projected_crs)
        body = render_template("layers.html", layers=listed, descriptions=DESCRIPTIONS, uses=_USES, forms=forms, filters=given, dataset=document)
    else:
        body = json.dumps(document, ensure_ascii=False, indent=1)
    return cacheable(body, REPRESENTATIONS[representation], varies_by=BY_LANGUAGE_AND_TYPE)


def _representation() -> str:
    wanted = request.args.get("f")
    if wanted is not None and wanted not in REPRESENTATIONS:
        raise BadParameterError("f", wanted, f"one of {', '.join(REPRESENTATIONS)}", tuple(REPRESENTATIONS))
    if (language := request.args.get("lang")) is not None and language not in LANGUAGES:
        raise BadParameterError("lang", language, f"one of {', '.join(LANGUAGES)}", tuple(LANGUAGES))
    media_types = {media_type.partition(";")[0]: name for name, media_type in REPRESENTATIONS.items()}
    return wanted or media_types[request.accept_mimetypes.best_match(list(media_types), default="application/json")]


def _document(site: Site, listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": site.atlas.tables.version,
        "last_change": site.last_change.isoformat(),
        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "layers": listed,
    }


def _describe(site: Site, layer: Layer, selection: Selection, filters: MultiDict[str, str]) -> dict[str, Any]:
    chosen = site.atlas.layers.select(layer.name, selection.for_layer(layer))
    own: Any = {name: filters.getlist(name) for name in filters if name in layer.filters}
    return {
        "name": layer.name,
        "features": len(chosen),
        "without_geometry": int(chosen.geometry.isna().sum()),
        # A file is what it is: nobody is there to filter it.
        "filters": [] if site.is_frozen else list(layer.filters),
        "formats": [
            {
                "name": format_.name,
                "extension": format_.extension,
                "media_type": format_.media_type,
                "href": url_for("downloads.layer", name=layer.name, extension=format_.extension, _external=True, **own),
            }
            for format_ in FORMATS.values()
        ],
    }
