"""How many features lie where: exact counts in tiles, of the layers of the atlas for everybody, and of a list of one's own for its page."""

from __future__ import annotations

import hmac
import json
import re
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import shapely
from flask import Blueprint, Response, current_app, request, url_for

from geo.errors import BadParameterError, NotFoundError
from geo.ground.bbox import parse_bbox
from geo.layers.density.files import PyramidFiles
from geo.layers.density.pyramid import FEATURES_ZOOM, MOST_ZOOM, SIDE, Pyramid, build_pyramid, encode_tile
from geo.layers.formats import find_layer
from geo.layers.select import LAYERS, Layer, Selection
from geo.serve.http.addresses import check_origin
from geo.serve.http.limits import SHORT, in_turn
from geo.serve.http.responses import cacheable, open_to_every_page
from geo.serve.http.selection import parse_selection
from geo.serve.site import Site, current_site

# Of a tree that nobody registers in: whole numbers, as geo.layers.density.pyramid.encode_tile writes them.
MEDIA_TYPE = "application/x.density-counts"
# From so many features on a page shows how many lie where, and not each of them.
DENSE = 20_000
# Rows of a list on one page of an answer.
PAGE_ROWS, MOST_PAGE_ROWS = 100, 1000

blueprint = Blueprint("density", __name__)
own_blueprint = Blueprint("own_density", __name__)  # Read by no other page: without the headers of the other one.
blueprint.after_request(open_to_every_page)


class OwnDensity(NamedTuple):
    """A long list of whoever started the server on their own machine, for the page that is opened with it.

    Attributes
    ----------
    name
        Of its file.
    files
        Its pyramid.
    token
        What the page shows to be given it: nobody else knows it.
    """

    name: str
    files: PyramidFiles
    token: str


# --- of the layers ------------------------------------------------------------------------------------------------------------------------


@blueprint.get("/density/<name>")
def about(name: str) -> Response:
    """Say what is counted, and where its tiles and features are."""
    layer = _counted_layer(name)
    for parameter in request.args:
        raise BadParameterError(parameter, request.args[parameter], "no parameters; the tiles take the filters of the layer")
    return cacheable(json.dumps(about_document(current_site(), layer), ensure_ascii=False), "application/json", is_shared=True)


@blueprint.get("/density/<name>/<int:z>/<int:x>/<int:y>")
def tile(name: str, z: int, x: int, y: int) -> Response:
    """Count the features in each cell of a tile, of the whole layer or of what filters choose."""
    site, layer = current_site(), _counted_layer(name)
    filters = tuple(one for one in layer.filters if one != "bbox")
    selection = parse_selection(request.args, layer._replace(filters=filters), site.atlas.tables)
    pyramid = _pyramid_of(site, layer)
    _check_tile(z, x, y)
    # The other layers of places are a part of one table.
    is_whole = selection == Selection() and layer.kinds == LAYERS["places"].kinds
    with nullcontext() if is_whole else in_turn(SHORT):
        counts = pyramid.counts(z, x, y, None if is_whole else _chosen(site, layer, selection))
    return cacheable(encode_tile(counts), MEDIA_TYPE)


def about_document(site: Site, layer: Layer) -> dict[str, Any]:
    """Say what is counted of a layer: how many features have a location and how many have none, and where the tiles are."""
    chosen = _chosen(site, layer, Selection())
    pyramid = _pyramid_of(site, layer)
    located = int(chosen[pyramid.rows].sum())
    bounds = pyramid.bounds()
    return {
        "layer": layer.name,
        "version": site.atlas.tables.version,
        "rows": int(chosen.sum()),
        "located": located,
        "missing": int(chosen.sum()) - located,
        "tiles": _template(url_for("density.tile", name=layer.name, z=0, x=0, y=0)),
        "minzoom": 0,
        "maxzoom": MOST_ZOOM,
        "side": SIDE,
        "bounds": list(bounds) if bounds else None,
        # By box and in pages, where a server answers.
        "features": url_for("downloads.layer", name=layer.name, extension="geojson") if site.is_frozen else url_for("ogc.items", id_=layer.name),
        "features_from_zoom": FEATURES_ZOOM,
    }


def is_dense(site: Site) -> bool:
    """Tell whether there are more places than are shown one by one."""
    return len(site.places) > DENSE


def tiles_of(site: Site, layer: Layer) -> list[tuple[int, int, int]]:
    """Name every tile of a layer that holds anything: zoom, column, row."""
    pyramid = _pyramid_of(site, layer)
    return [(zoom, *one) for zoom in range(MOST_ZOOM + 1) for one in pyramid.tiles(zoom)]


def _template(address: str) -> str:
    return re.sub(r"0/0/0$", "{z}/{x}/{y}", address)


def _counted_layer(name: str) -> Layer:
    layer = find_layer(name)
    if not layer.kinds:
        counted = ", ".join(one.name for one in LAYERS.values() if one.kinds)
        raise NotFoundError(f"{name} has no points to count; expected one of {counted}")
    return layer


def _check_tile(z: int, x: int, y: int) -> None:
    if z > MOST_ZOOM:
        raise NotFoundError(f"no tile of zoom {z}: they end at {MOST_ZOOM}, and from {FEATURES_ZOOM} on there are the features themselves")
    if x >= 1 << z or y >= 1 << z:
        raise NotFoundError(f"no tile {z}/{x}/{y}: columns and rows of zoom {z} end at {(1 << z) - 1}")


def _table_of(layer: Layer) -> str:
    """Name the table whose rows a layer is chosen from."""
    return "indicators" if layer.name == "indicators" else "places"


def _pyramid_of(site: Site, layer: Layer) -> Pyramid:
    return site.once(_BUILD[_table_of(layer)])


def _build(table: str, site: Site) -> Pyramid:
    """Sort the points of a table; 100 000 take some 20 ms, less than reading them from a disk would."""
    shapes = getattr(site.atlas.layers, table).geometry.to_numpy()
    return build_pyramid(shapely.get_x(shapes), shapely.get_y(shapes))


# One function for each, as a site keeps what each has made.
_BUILD = {table: partial(_build, table) for table in ("places", "indicators")}


def _chosen(site: Site, layer: Layer, selection: Selection) -> np.ndarray[Any, np.dtype[np.bool_]]:
    keep = np.zeros(len(getattr(site.atlas.layers, _table_of(layer))), bool)
    keep[site.atlas.layers.choose(layer.name, selection)] = True
    return keep


# --- of a list of one's own ---------------------------------------------------------------------------------------------------------------


@own_blueprint.post("/own-list/density/<int:z>/<int:x>/<int:y>")
def own_tile(z: int, x: int, y: int) -> Response:
    """Count the rows in each cell of a tile."""
    own = _own_density()
    _check_tile(z, x, y)
    return _unkept(encode_tile(own.files.pyramid.counts(z, x, y)), MEDIA_TYPE)


@own_blueprint.post("/own-list/density/rows")
def own_rows() -> Response:
    """Give the rows of a box, a page at a time, as GeoJSON."""
    own = _own_density()
    for name in request.args:
        if name not in ("bbox", "limit", "offset"):
            raise BadParameterError(name, request.args[name], "one of bbox, limit, offset", ("bbox", "limit", "offset"))
    if "bbox" not in request.args:
        raise BadParameterError("bbox", "", "west,south,east,north in degrees, WGS-84")
    box = parse_bbox(request.args["bbox"])
    limit, offset = _number("limit", PAGE_ROWS, 1, MOST_PAGE_ROWS), _number("offset", 0, 0, 1 << 32)
    pyramid, rows, _ = own.files
    with in_turn(SHORT):
        found = pyramid.find(box)
        page = found[offset : offset + limit]
        numbers = pyramid.rows[page]
        positions = zip(*(axis.tolist() for axis in pyramid.positions(page)), strict=True)
        features = [
            # As a spreadsheet counts: below the headings.
            {"type": "Feature", "id": int(number) + 2, "geometry": {"type": "Point", "coordinates": position}, "properties": cells}
            for number, position, cells in zip(numbers, positions, rows.read(numbers), strict=True)
        ]
    document = {"type": "FeatureCollection", "numberMatched": len(found), "numberReturned": len(features), "features": features}
    return _unkept(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "application/geo+json")


def own_document(own: OwnDensity) -> dict[str, Any]:
    """Say what a list holds, and where its counts and rows are."""
    pyramid = own.files.pyramid
    bounds = pyramid.bounds()
    return {
        "name": own.name,
        "rows": pyramid.total,
        "located": pyramid.located,
        "missing": pyramid.missing,
        "location": own.files.about["plan"]["location"],
        "tiles": _template(url_for("own_density.own_tile", z=0, x=0, y=0)),
        "rowsUrl": url_for("own_density.own_rows"),
        "bounds": list(bounds) if bounds else None,
        "featuresFromZoom": FEATURES_ZOOM,
        "script": url_for("assets.asset", name=current_site().asset_name("density.js")),
        "panel": url_for("own.density_panel"),
    }


def _own_density() -> OwnDensity:
    check_origin(request)
    own: OwnDensity | None = current_app.config.get("OWN_DENSITY")
    if own is None or not is_handed(own.token):
        raise NotFoundError("no list was handed to this page; python -m geo map opens one with it")
    return own


def is_handed(token: str) -> bool:
    """Tell whether the page that asks is the one that was opened with the list."""
    return hmac.compare_digest(request.headers.get("X-Atlas-List", "").encode(), token.encode())


def _number(name: str, usual: int, least: int, most: int) -> int:
    text = request.args.get(name, str(usual))
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
        raise BadParameterError(name, text, f"a whole number from {least} to {most}")
    return int(text)


def _unkept(content: bytes | str, media_type: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    return response
