"""The layers and places as files."""

from __future__ import annotations

import json
from urllib.parse import quote

from flask import Blueprint, Response, request

from geo.errors import BadParameterError
from geo.formats import Download, encode_geojson, find_format, find_layer
from geo.formats.download import FileName
from geo.web.responses import cacheable
from geo.web.selection import parse_selection
from geo.web.site import current_site

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/layers/<name>.<extension>")
def layer(name: str, extension: str) -> Response:
    """Give a layer as a file, whole or filtered."""
    site = current_site()
    wanted, format_ = find_layer(name), find_format(extension)
    download = Download(wanted, parse_selection(request.args, wanted), site.atlas.layers, site.atlas.tables)
    response = cacheable(format_.encode(download), format_.media_type)
    response.headers["Content-Disposition"] = _disposition(download.file_name(extension))
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


def _disposition(name: FileName) -> str:
    """Write the header that names a file: in ASCII for all, and as it is for those that read RFC 6266."""
    header = f"inline; filename={name.ascii}"
    return header if name.shown == name.ascii else f"{header}; filename*=UTF-8''{quote(name.shown)}"
