from __future__ import annotations

import pytest
import shapely

from geo.layers.corridors import HALF_WIDTH_M, build_belts
from geo.tables.reading import Tables

# A round end has 24 corners, so that its sides lie up to 21 m inside the circle, and the outline is simplified by 20 m: below 1 % of the width.
TOLERANCE_M = 45
METRES = "EPSG:4549"


def test_each_corridor_is_a_belt_and_an_axis(tables: Tables) -> None:
    belts = build_belts(tables.corridors, METRES)
    assert belts.index.tolist() == ["west-belt", "west-axis", "east-belt", "east-axis"]
    assert belts["corridor"].tolist() == ["west", "west", "east", "east"]
    assert belts["part"].tolist() == ["belt", "axis", "belt", "axis"]
    assert belts.geom_type.tolist() == ["Polygon", "LineString", "MultiPolygon", "MultiLineString"]
    assert belts.crs.to_epsg() == 4326
    assert belts.is_valid.all()


def test_an_axis_is_drawn_as_it_is_published(tables: Tables) -> None:
    belts = build_belts(tables.corridors, METRES)
    for corridor in tables.corridors:
        assert belts.geometry.loc[f"{corridor.id}-axis"].equals_exact(corridor.axis, tolerance=0)


@pytest.mark.parametrize("corridor", ["west", "east"])
def test_a_belt_holds_its_axis_at_half_its_width_on_either_side(tables: Tables, corridor: str) -> None:
    belts = build_belts(tables.corridors, METRES)
    assert belts.geometry.loc[f"{corridor}-belt"].contains(belts.geometry.loc[f"{corridor}-axis"])
    metres = belts.to_crs(METRES).geometry
    belt, axis = metres.loc[f"{corridor}-belt"], metres.loc[f"{corridor}-axis"]
    inner, outer = axis.buffer(HALF_WIDTH_M - TOLERANCE_M), axis.buffer(HALF_WIDTH_M + TOLERANCE_M)
    assert belt.contains(inner)
    assert outer.contains(belt)
    edge = shapely.boundary(belt)
    assert 2 * shapely.hausdorff_distance(edge, axis) == pytest.approx(2 * HALF_WIDTH_M, abs=2 * TOLERANCE_M)


def test_the_parts_of_the_east_corridor_stay_apart_where_its_course_is_not_known(tables: Tables) -> None:
    south, north = build_belts(tables.corridors, METRES).geometry.loc["east-belt"].geoms
    assert not south.intersects(north)


def test_no_corridors_make_no_belts() -> None:
    assert len(build_belts([], METRES)) == 0
