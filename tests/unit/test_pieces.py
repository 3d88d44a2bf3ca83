"""How detailed what an operator has added is at which zoom, and what of it is seen in a view."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from geo.draw.pieces import LEVELS, SHAPES, Local, PointName, Shape, box_of_tile, encode_piece, from_mercator, level_of, tiles_of, to_mercator
from geo.draw.placement import fit
from geo.draw.webmap import MIN_ZOOM
from geo.ground.bbox import Box

VIEW = Box(107.9, 33.9, 108.3, 34.2)


def local_of(level: int, *shapes: Shape, kinds: tuple[str, ...] = SHAPES, names: tuple[PointName, ...] = ()) -> Local:
    """With the shapes in the first piece of a view."""
    x, y = next(tiles_of(level, VIEW))
    return Local({(level, x, y): shapes}, names, {"features": []}, "x.osm", "", frozenset(kinds), VIEW, "0")


@pytest.mark.parametrize(("zoom", "level"), [(8, 0), (10.49, 0), (10.5, 1), (12, 1), (12.5, 2), (17, 2)])
def test_a_zoom_has_the_level_of_the_tiles_that_a_browser_draws_at_it(zoom: float, level: int) -> None:
    assert level_of(zoom) == level


def test_the_levels_are_finer_and_finer() -> None:
    for far, near in pairwise(LEVELS):
        assert near.zoom > far.zoom and near.tile > far.tile and near.tolerance_m < far.tolerance_m and near.least_m2 < far.least_m2
        assert all(near.ranks[kind] >= rank for kind, rank in far.ranks.items())
    # A browser's tile lies in one piece.
    assert all(level.tile <= max(level.zoom, MIN_ZOOM) for level in LEVELS)


def test_the_projection_goes_there_and_back() -> None:
    points = np.array([[108.0, 34.0], [-170.0, -60.0]])
    assert from_mercator(to_mercator(points)) == pytest.approx(points)


def test_the_tiles_of_a_view_cover_it_and_nothing_else() -> None:
    for level, own in enumerate(LEVELS):
        tiles = [shapely.box(*box_of_tile(own.tile, x, y)) for x, y in tiles_of(level, VIEW)]
        view = shapely.box(*to_mercator(np.array([[VIEW.west, VIEW.south], [VIEW.east, VIEW.north]])).ravel())
        assert shapely.union_all(tiles).buffer(1).covers(view)
        assert all(tile.intersects(view) for tile in tiles)


def test_what_is_seen_lies_on_each_other_by_kind_and_rank() -> None:
    line = shapely.MultiLineString([[(107.9, 34), (108, 34)]])
    local = local_of(2, Shape("roads", 1, line), Shape("water", 1, line), Shape("roads", 4, line), Shape("rails", 1, line))
    seen = [(shape.kind, shape.rank) for shape in local.seen(13, VIEW)]
    assert seen == [("water", 1), ("rails", 1), ("roads", 4), ("roads", 1)]
    assert list(local.seen(9, VIEW)) == [] and list(local.seen(13, Box(10, 10, 11, 11))) == []


def test_the_rivers_of_the_outline_give_way_from_near_where_the_extract_has_water() -> None:
    inside = Box(108, 34, 108.1, 34.1)
    assert local_of(2).replaces_water(13, inside)
    assert not local_of(2).replaces_water(9, inside)
    assert not local_of(2).replaces_water(13, Box(107.8, 34, 108.1, 34.1))
    assert not local_of(2, kinds=("roads",)).replaces_water(13, inside)


def test_a_piece_is_written_as_steps_in_its_own_units() -> None:
    x, y = next(tiles_of(2, VIEW))
    box = box_of_tile(LEVELS[2].tile, x, y)
    unit = (box.east - box.west) / LEVELS[2].extent
    points = np.array(
        [
            [box.west + 10 * unit, box.north - 20 * unit],
            [box.west + 13 * unit, box.north - 16 * unit],
            [box.west + 13.2 * unit, box.north - 16 * unit],
        ]
    )
    lines = shapely.MultiLineString([from_mercator(points), from_mercator(points[::-1])])
    ring = shapely.MultiPolygon([shapely.Polygon(from_mercator(points * [1, 1] + [[0, 0], [0, 0], [0, 900 * unit]]))])
    piece = encode_piece(local_of(2, Shape("roads", 2, lines), Shape("water", 1, ring)), (2, x, y))
    (water, rank, is_area, [steps]), (roads, *_, written) = piece["shapes"]
    assert (water, rank, is_area, roads) == ("water", 1, 1, "roads")
    assert written == [[10, 20, 3, -4], [13, 16, -3, 4]]
    assert steps[:2] == [10, 20] and sum(steps[2::2]) == 0 and sum(steps[3::2]) == 0


def test_a_name_is_in_the_pieces_of_the_levels_that_write_it() -> None:
    x, y = next(tiles_of(2, VIEW))
    lon, lat = from_mercator(np.array([[box_of_tile(11, x, y).west + 1, box_of_tile(11, x, y).south + 1]]))[0].tolist()
    names = (PointName("湖", "Lake", lon, lat, "lake", 10.5), PointName("村", "村", lon, lat, "village", 13.5))
    near = encode_piece(local_of(2, names=names), (2, x, y))["names"]
    assert [(zh, en) for zh, en, *_ in near] == [("湖", "Lake"), ("村", "")]
    far = next((tx, ty) for tx, ty in tiles_of(1, VIEW) if encode_piece(local_of(1, names=names), (1, tx, ty))["names"])
    assert [zh for zh, *_ in encode_piece(local_of(1, names=names), (1, *far))["names"]] == ["湖"]


def test_a_window_knows_what_is_seen_in_it() -> None:
    frame = fit(VIEW, 10, 20, 800, 500)
    box = frame.box
    assert box.west <= VIEW.west and box.south <= VIEW.south and box.east >= VIEW.east and box.north >= VIEW.north
    assert frame.place(box.west, box.north) == pytest.approx((10, 20)) and frame.place(box.east, box.south) == pytest.approx((810, 520))
