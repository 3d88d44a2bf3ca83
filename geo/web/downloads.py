"""The layers as files, and what there is."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request, url_for

from geo.errors import BadParameterError, NotFoundError
from geo.formats import FORMATS, encode_geojson
from geo.layers import LAYERS, Selection
from geo.web.responses import cacheable
from geo.web.selection import parse_selection
from geo.web.site import current_site

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/layers")
def layers() -> Response:
    """List the layers with their formats, filters and counts."""
    site = current_site()
    document = {
        "version": site.atlas.tables.version,
        "last_change": site.last_change.isoformat(),
        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "layers": [
            {
                "name": layer.name,
                "features": len(chosen := site.atlas.layers.select(layer.name, Selection())),
                "without_geometry": int(chosen.geometry.isna().sum()),
                "filters": list(layer.filters),
                "formats": [
                    {
                        "name": format_.name,
                        "media_type": format_.media_type,
                        "href": url_for("downloads.layer", name=layer.name, extension=format_.extension, _external=True),
                    }
                    for format_ in FORMATS.values()
                ],
            }
            for layer in LAYERS.values()
        ],
    }
    return cacheable(json.dumps(document, ensure_ascii=False, indent=1), "application/json")


@blueprint.get("/layers/<name>.<extension>")
def layer(name: str, extension: str) -> Response:
    """Give a layer as a file, whole or filtered."""
    site = current_site()
    if name not in LAYERS:
        raise NotFoundError(f"no layer {name[:80]!r}; expected one of {', '.join(LAYERS)}")
    if extension not in FORMATS:
        raise NotFoundError(f"no format {extension[:80]!r}; expected one of {', '.join(FORMATS)}")
    selection = parse_selection(request.args, LAYERS[name])
    format_ = FORMATS[extension]
    response = cacheable(format_.encode(site.atlas.layers.select(name, selection)), format_.media_type)
    filtered = "-filtered" if request.args else ""
    file_name = f"hangzhou-{name}{filtered}-{site.atlas.tables.version}.{extension}"
    response.headers["Content-Disposition"] = f"inline; filename={file_name}"
    # The layers are open data: a page of any origin may read them.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/places/<id_>.geojson")
def place(id_: str) -> Response:
    """Give one place as a GeoJSON Feature."""
    site = current_site()
    site.find_place(id_)
    for name in request.args:
        raise BadParameterError(name, request.args[name], "no parameters")
    collection = json.loads(encode_geojson(site.atlas.layers.places.loc[[id_]]))
    body = json.dumps(collection["features"][0], ensure_ascii=False, separators=(",", ":"))
    response = cacheable(body, "application/geo+json")
    response.headers["Content-Disposition"] = f"inline; filename={id_}.geojson"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
