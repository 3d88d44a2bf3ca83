"""The layers and places as files."""

from __future__ import annotations

from contextlib import nullcontext
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import BaseConverter

from geo.errors import BadParameterError
from geo.layers.formats import Download, encode_collection, encode_features, find_format, find_layer
from geo.layers.formats.download import FileName
from geo.serve.http.form import FORM_PARAMETERS, parse_form
from geo.serve.http.limits import LONG, in_turn
from geo.serve.http.responses import cacheable, open_to_every_page
from geo.serve.http.selection import parse_selection
from geo.serve.site import current_site

blueprint = Blueprint("downloads", __name__)
blueprint.after_request(open_to_every_page)


class _BeforeThePoint(BaseConverter):
    """A name that ends at the first point, so that an extension may have one in it."""

    regex = "[^./]+"


blueprint.record(lambda state: state.app.url_map.converters.update(stem=_BeforeThePoint))


@blueprint.get("/layers/<stem:name>.<extension>")
def layer(name: str, extension: str) -> Response:
    """Give a layer as a file, whole or filtered."""
    site = current_site()
    wanted, format_, tables = find_layer(name), find_format(extension), site.atlas.tables
    form = parse_form(request.args, format_, tables)
    filters = MultiDict([(key, value) for key, value in request.args.items(multi=True) if key not in FORM_PARAMETERS])
    download = Download(wanted, parse_selection(filters, wanted, tables), site.atlas.layers, tables, form)
    # GeoJSON is joined from features that are encoded already; the other formats and forms are written row by row.
    with nullcontext() if format_.encode is encode_collection and not form.marks else in_turn(LONG):
        body = format_.encode(download)
    response = cacheable(body, format_.media_type, is_shared=True)
    response.headers["Content-Disposition"] = disposition(download.file_name(extension))
    return response


@blueprint.get("/places/<id_>.geojson")
def place(id_: str) -> Response:
    """Give one place as a GeoJSON Feature."""
    site = current_site()
    site.find_place(id_)
    for name in request.args:
        raise BadParameterError(name, request.args[name], "no parameters")
    layers = site.atlas.layers
    response = cacheable(encode_features(layers, "places").texts[layers.places.index.get_loc(id_)], "application/geo+json")
    response.headers["Content-Disposition"] = f"inline; filename={id_}.geojson"
    return response


def disposition(name: FileName) -> str:
    """Write the header that names a file: in ASCII for all, and as it is for those that read RFC 6266."""
    header = f"inline; filename={name.ascii}"
    return header if name.shown == name.ascii else f"{header}; filename*=UTF-8''{quote(name.shown)}"
