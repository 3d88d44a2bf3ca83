"""OGC API - Features, Part 2: coordinates in other systems, in the order of their axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from flask.testing import FlaskClient
from shapely.geometry import shape

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0"
CRSS = [CRS84, f"{EPSG}/4326", f"{EPSG}/4490", f"{EPSG}/3857", f"{EPSG}/4549"]
PLACES = "/ogc/collections/places/items"
# 富芯半导体 lies at 120.02 E, 30.018 N.
FULLSEMI = {
    CRS84: [120.02, 30.018],
    f"{EPSG}/4326": [30.018, 120.02],
    # CGCS2000 lies on WGS-84 to within centimetres: no shift is known, and none is made.
    f"{EPSG}/4490": [30.018, 120.02],
    f"{EPSG}/3857": [13360565.29, 3505863.79],
    # Northing, then easting with the false easting of 500 km at 120 E.
    f"{EPSG}/4549": [3322108.91, 501929.38],
}


def read(client: FlaskClient, path: str, **query: str) -> tuple[dict[str, Any], str]:
    response = client.get(path, query_string=query)
    assert response.status_code == 200, response.get_data(as_text=True)
    document: dict[str, Any] = response.get_json(force=True)
    return document, response.headers["Content-Crs"]


def ids(client: FlaskClient, **query: str) -> list[str]:
    return [feature["id"] for feature in read(client, PLACES, **query)[0]["features"]]


@pytest.mark.parametrize("crs", CRSS)
def test_a_point_of_known_coordinates(client: FlaskClient, crs: str) -> None:
    one, header = read(client, f"{PLACES}/fullsemi-1", crs=crs)
    assert header == f"<{crs}>"
    # A centimetre where the unit is the metre.
    assert one["geometry"]["coordinates"] == pytest.approx(FULLSEMI[crs], abs=0.011 if crs[-4:] in ("3857", "4549") else 1e-9)
    page, header = read(client, PLACES, crs=crs)
    assert header == f"<{crs}>"
    assert [feature["geometry"] for feature in page["features"] if feature["id"] == "fullsemi-1"] == [one["geometry"]]


def test_the_known_values_are_those_of_the_formulas() -> None:
    """Mercator on a sphere; and of Gauss-Kruger the arc of the meridian and the length along the parallel, on the ellipsoid of CGCS2000."""
    lon, lat = map(math.radians, FULLSEMI[CRS84])
    assert FULLSEMI[f"{EPSG}/3857"] == pytest.approx([6378137 * lon, 6378137 * math.log(math.tan(math.pi / 4 + lat / 2))], abs=0.006)
    geod = pyproj.Geod(a=6378137.0, rf=298.257222101)
    arc = geod.inv(120.0, 0.0, 120.0, 30.018)[2]
    east = geod.inv(120.0, 30.018, 120.02, 30.018)[2]
    northing, easting = FULLSEMI[f"{EPSG}/4549"]
    # Off the central meridian a parallel bends north, by the square of the way over twice its radius.
    assert northing == pytest.approx(arc + east**2 * math.tan(lat) / (2 * 6378137), abs=0.01)
    assert easting == pytest.approx(500_000 + east, abs=0.1)


@pytest.mark.parametrize("crs", CRSS)
@pytest.mark.parametrize("collection", ["places", "corridors"])
def test_every_geometry_comes_back_to_where_it_was(client: FlaskClient, collection: str, crs: str) -> None:
    path = f"/ogc/collections/{collection}/items"
    authority = pyproj.CRS.from_authority("OGC", "CRS84") if crs == CRS84 else pyproj.CRS.from_epsg(crs.rpartition("/")[2])
    # In the order of the authority's axes, as the answer is.
    back = pyproj.Transformer.from_crs(authority, "OGC:CRS84")
    for there, here in zip(read(client, path, crs=crs)[0]["features"], read(client, path)[0]["features"], strict=True):
        assert there["id"] == here["id"]
        assert (there["geometry"] is None) is (here["geometry"] is None)
        if here["geometry"]:
            given = shape(there["geometry"])
            lonlat = shapely.transform(given, lambda xy: np.column_stack(back.transform(*xy.T)))
            # 1e-6 degrees is a tenth of a metre.
            assert shapely.hausdorff_distance(lonlat, shape(here["geometry"])) < 1.5e-6


@pytest.mark.parametrize("crs", CRSS)
@pytest.mark.parametrize("collection", ["places", "projects", "corridors", "corridor_axes", "indicators"])
def test_the_extent_of_an_answer_finds_all_of_it(client: FlaskClient, collection: str, crs: str) -> None:
    """What lies on its edge as it is written is in the box that is made of it, in whichever system; each feature's own extent finds the feature."""
    path = f"/ogc/collections/{collection}/items"
    every = read(client, path, crs=crs, limit="1000")[0]["features"]
    boxes = {feature["id"]: shape(feature["geometry"]).bounds for feature in every if feature["geometry"]}
    edges = list(zip(*boxes.values(), strict=True))
    whole = (min(edges[0]), min(edges[1]), max(edges[2]), max(edges[3]))
    found = read(client, path, limit="1000", bbox=",".join(map(repr, whole)), **{"bbox-crs": crs})[0]
    assert found["numberMatched"] == len(every)
    for id_, box in boxes.items():
        found = read(client, path, limit="1000", bbox=",".join(map(repr, box)), **{"bbox-crs": crs})[0]
        assert id_ in [feature["id"] for feature in found["features"]]


@pytest.mark.parametrize("crs", CRSS)
def test_a_box_in_the_order_of_its_axes(client: FlaskClient, crs: str) -> None:
    first, second = FULLSEMI[crs]
    reach = 0.001 if crs[-4:] not in ("3857", "4549") else 100
    box = ",".join(str(number) for number in (first - reach, second - reach, first + reach, second + reach))
    found = ids(client, bbox=box, **{"bbox-crs": crs})
    # And what has no geometry, which every box holds.
    assert found == ids(client, bbox="120.019,30.017,120.021,30.019")
    assert "fullsemi-1" in found and "binxiao-small-parks" in found and len(found) < 8
    if crs != CRS84:
        swapped = ",".join(str(number) for number in (second - reach, first - reach, second + reach, first + reach))
        response = client.get(PLACES, query_string={"bbox": swapped, "bbox-crs": crs})
        if crs.endswith(("4326", "4490")):
            assert response.status_code == 400
            assert "degrees in the order Lat, Lon" in response.get_json(force=True)["detail"]
        else:
            assert [one["id"] for one in response.get_json(force=True)["features"]] == ["binxiao-small-parks"]


def test_a_box_in_metres_cannot_cross_the_antimeridian(client: FlaskClient) -> None:
    response = client.get(PLACES, query_string={"bbox": "10,0,5,1", "bbox-crs": f"{EPSG}/3857"})
    assert response.get_json(force=True)["detail"] == "bbox='10,0,5,1': expected west before east: the box looks reversed"


def test_what_is_far_outside_of_a_system_is_an_empty_choice_and_no_failure(client: FlaskClient) -> None:
    assert ids(client, bbox="1e300,1e300,1e307,1e307", **{"bbox-crs": f"{EPSG}/4549"}) == ["binxiao-small-parks"]


@pytest.mark.parametrize("crs", CRSS)
def test_the_geometry_of_a_filter_is_in_its_own_system(client: FlaskClient, crs: str) -> None:
    first, second = FULLSEMI[crs]
    point = f"POINT({first} {second})"
    reach = 0.0005 if crs[-4:] not in ("3857", "4549") else 50
    box = f"BBOX({first - reach},{second - reach},{first + reach},{second + reach})"
    assert "fullsemi-1" in ids(client, filter=f"S_WITHIN(geometry, {box})", **{"filter-crs": crs})
    assert "fullsemi-1" not in ids(client, filter=f"S_DISJOINT(geometry, {box})", **{"filter-crs": crs})
    if crs == CRS84:
        assert "fullsemi-1" in ids(client, filter=f"S_EQUALS(geometry, {point})")


def test_req_crs_fc_md_crs_list_and_storage_crs(client: FlaskClient) -> None:
    document = client.get("/ogc/collections").get_json(force=True)
    assert document["crs"] == CRSS
    for collection in document["collections"]:
        assert collection["crs"] == CRSS
        assert collection["storageCrs"] == CRS84


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("value", ["", "4326", "EPSG:4326", f"{EPSG}/4547", "urn:ogc:def:crs:EPSG::4326"])
def test_req_crs_crs_exception(client: FlaskClient, name: str, value: str) -> None:
    response = client.get(PLACES, query_string={name: value, "bbox": "1,2,3,4", "filter": "true"})
    assert response.status_code == 400
    document = response.get_json(force=True)
    assert document["parameter"] == name
    assert document["allowed"] == CRSS
