"""The density pyramid: every point is counted once at every zoom, found in its box, and built the same however the rows are cut."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.geocode.lists.progress import Progress
from geo.geocode.lists.rows import ListError
from geo.ground.bbox import Box
from geo.layers.density import building
from geo.layers.density.building import Built, build_files
from geo.layers.density.files import read_pyramid
from geo.layers.density.lists import count_list
from geo.layers.density.morton import MOST_LAT, decode, encode, interleave, separate
from geo.layers.density.points import find_location
from geo.layers.density.pyramid import MOST_ZOOM, SIDE, build_pyramid, decode_tile, encode_tile
from tests.unit.test_lists import FakeGeocoder, Said, write_csv

degrees = st.tuples(st.floats(-180, 180).map(lambda lon: round(lon, 6)), st.floats(-85, 85).map(lambda lat: round(lat, 6)))
# Many on few spots, as lists have them that are known to a township.
crowded = st.sampled_from([(120.2, 30.2), (120.2, 30.200001), (120.1, 30.3), (180.0, 85.0), (-180.0, -85.0), (0.0, 0.0)])
unknown = st.sampled_from([(math.nan, math.nan), (math.inf, 30.0), (120.0, 86.0), (200.0, 30.0)])
points = st.lists(st.one_of(degrees, crowded, unknown), max_size=60)


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of a point as everybody computes it."""
    side = 2**zoom
    across = (lon + 180) / 360 * side
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return min(int(across), side - 1), min(max(int(down), 0), side - 1)


def on_map(rows: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(lon, lat) for lon, lat in rows if abs(lon) <= 180 and abs(lat) <= MOST_LAT]


def columns(rows: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [lon for lon, _ in rows], [lat for _, lat in rows]


# --- codes --------------------------------------------------------------------------------------------------------------------------------


@given(st.lists(degrees, min_size=1))
def test_a_code_is_the_coordinate_to_six_decimals(rows: list[tuple[float, float]]) -> None:
    lon, lat = decode(encode(*map(np.array, columns(rows))))
    # Half of a cell of 32 bits.
    assert np.abs(lon - [one for one, _ in rows]).max() <= 180 / 2**32 * 1.01
    assert np.abs(lat - [one for _, one in rows]).max() <= 180 / 2**32 * 1.01


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))))
def test_columns_and_rows_come_back_from_their_code(pairs: list[tuple[int, int]]) -> None:
    given_columns, given_rows = ([pair[axis] for pair in pairs] for axis in (0, 1))
    codes = interleave(given_columns, given_rows)
    assert [axis.tolist() for axis in separate(codes)] == [given_columns, given_rows]
    for code, (column, row) in zip(codes.tolist(), pairs, strict=True):
        assert code == int("".join(down + across for across, down in zip(f"{column:032b}", f"{row:032b}", strict=True)), 2)


# --- counts -------------------------------------------------------------------------------------------------------------------------------


@given(points)
def test_the_numbers_of_every_zoom_add_up_to_the_whole(rows: list[tuple[float, float]]) -> None:
    pyramid = build_pyramid(*columns(rows))
    located = on_map(rows)
    assert (pyramid.total, pyramid.located, pyramid.missing) == (len(rows), len(located), len(rows) - len(located))
    for zoom in range(MOST_ZOOM + 1):
        tiles = list(pyramid.tiles(zoom))
        assert len(tiles) == len(set(tiles))
        counts = [pyramid.counts(zoom, *tile) for tile in tiles]
        assert all(count.any() for count in counts)
        assert sum(int(count.sum()) for count in counts) == len(located)


@given(points, st.integers(0, MOST_ZOOM))
def test_a_cell_counts_the_points_that_lie_in_it(rows: list[tuple[float, float]], zoom: int) -> None:
    pyramid = build_pyramid(*columns(rows))
    cells = Counter[tuple[int, int]]()
    # What is encoded is counted where it is: six decimals may lie on the other side of an edge.
    for lon, lat in zip(*decode(pyramid.codes), strict=True):
        cells[tile_of(float(lon), float(lat), zoom + 6)] += 1
    found = Counter[tuple[int, int]]()
    for column, row in pyramid.tiles(zoom):
        counts = pyramid.counts(zoom, column, row)
        assert counts.shape == (SIDE, SIDE)
        for down, across in np.argwhere(counts).tolist():
            found[column * SIDE + across, row * SIDE + down] += int(counts[down, across])
    assert found == cells


@given(points, st.data())
def test_a_part_of_the_rows_is_counted_as_if_it_were_all(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    whole, part = build_pyramid(*columns(rows)), build_pyramid(*columns([row for row, kept in zip(rows, keep, strict=True) if kept]))
    for zoom in (0, 7, MOST_ZOOM):
        for tile in whole.tiles(zoom):
            assert (whole.counts(zoom, *tile, keep) == part.counts(zoom, *tile)).all()


def test_a_tile_with_many_points_is_counted_as_one_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    pyramid = build_pyramid(random.normal(120, 0.3, 5000), random.normal(30, 0.3, 5000))
    tiles = [(zoom, *tile) for zoom in range(MOST_ZOOM + 1) for tile in list(pyramid.tiles(zoom))[:40]]
    few = [pyramid.counts(*tile) for tile in tiles]
    monkeypatch.setattr("geo.layers.density.pyramid._FEW", 0)
    assert all((pyramid.counts(*tile) == count).all() for tile, count in zip(tiles, few, strict=True))


@given(points, st.tuples(degrees, degrees))
def test_a_box_gives_the_points_in_it_in_the_order_of_their_rows(
    rows: list[tuple[float, float]], corners: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    pyramid = build_pyramid(*columns(rows))
    (west, east), (south, north) = (sorted(axis) for axis in zip(*corners, strict=True))
    found = pyramid.find(Box(west, south, east, north))
    inside = [number for number, (lon, lat) in enumerate(rows) if (lon, lat) in on_map(rows) and west <= lon <= east and south <= lat <= north]
    assert pyramid.rows[found].tolist() == inside
    lons, lats = pyramid.positions(found)
    assert list(zip(lons.tolist(), lats.tolist(), strict=True)) == [rows[number] for number in inside]


@given(points)
def test_the_bounds_hold_every_point(rows: list[tuple[float, float]]) -> None:
    pyramid = build_pyramid(*columns(rows))
    bounds = pyramid.bounds()
    assert (bounds is None) == (not on_map(rows))
    if bounds:
        assert len(pyramid.find(bounds)) == pyramid.located


@pytest.mark.parametrize("tile", [(-1, 0, 0), (15, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_a_tile_that_is_not_there_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        build_pyramid([120.0], [30.0]).counts(*tile)


@given(st.lists(st.tuples(st.integers(0, 4095), st.integers(1, 2**32 - 1)), max_size=4096), st.booleans())
def test_a_tile_is_read_as_it_was_written_and_has_16_kb_at_most(cells: list[tuple[int, int]], is_full: bool) -> None:
    counts = np.full(SIDE * SIDE, int(is_full), np.uint32)
    for place, count in cells:
        counts[place] = count
    content = encode_tile(counts.reshape(SIDE, SIDE))
    assert len(content) <= 16384
    assert (decode_tile(content).ravel() == counts).all()


# --- files --------------------------------------------------------------------------------------------------------------------------------


def table(count: int = 300, seed: int = 1) -> pa.Table:
    random = np.random.default_rng(seed)
    lon, lat = random.normal(120, 0.2, count).round(6), random.normal(30, 0.2, count).round(6)
    lon[1::5], lat[1::5] = 120.2, 30.2
    lon[::7] = np.nan
    return pa.table({"名称": [f"第{number}家" for number in range(count)], "lon": lon, "lat": lat, "raw": [b"x"] * count})


def build(source: Path | str, target: Path, said: Progress | None = None, **options: Any) -> Built:
    return build_files(str(source), target, said or Said(), **options)


def test_rows_in_a_file_are_counted_and_read_back(tmp_path: Path) -> None:
    rows = table()
    pq.write_table(rows, tmp_path / "in.parquet", row_group_size=70)
    built = build(tmp_path / "in.parquet", tmp_path / "out.density")
    assert (built.rows, built.located) == (300, 300 - len(range(0, 300, 7)))
    assert str(built) == "located by columns lon and lat, read as WGS-84\nrows: 300, of which 257 have a location and 43 have none"
    files = read_pyramid(tmp_path / "out.density")
    assert files.about["why"] == built.why
    found = files.pyramid.find(Box(120.2, 30.2, 120.2, 30.2))
    numbers = files.pyramid.rows[found]
    assert list(files.rows.read(numbers)) == [{"名称": f"第{number}家", "lon": 120.2, "lat": 30.2} for number in range(1, 300, 5) if number % 7]
    assert not (tmp_path / "out.density.parts").exists()


def test_how_rows_are_cut_does_not_change_what_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(2000)
    pq.write_table(rows, tmp_path / "in.parquet", row_group_size=90)
    build(tmp_path / "in.parquet", tmp_path / "whole")
    folder = tmp_path / "parts"
    (folder / "b").mkdir(parents=True)
    for number, (name, start) in enumerate([("a.parquet", 0), ("b/1.parquet", 30), ("b/2.parquet", 1500)]):
        pq.write_table(rows.slice(start, [30, 1470, 500][number]), folder / name)
    monkeypatch.setattr(building, "_PART_ROWS", 400)
    monkeypatch.setattr(building, "_PIECE", 1 << 10)
    for source in (tmp_path / "in.parquet", folder, folder.as_uri()):
        build(source, tmp_path / "cut")
        for name in ("codes.u64", "rows.u32"):
            assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
        cut, whole = read_pyramid(tmp_path / "cut"), read_pyramid(tmp_path / "whole")
        some = np.array([0, 29, 30, 399, 400, 1499, 1500, 1999], np.uint32)
        assert list(cut.rows.read(some)) == list(whole.rows.read(some))


def test_work_that_was_interrupted_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(table(), tmp_path / "in.parquet", row_group_size=100)
    monkeypatch.setattr(building, "_PART_ROWS", 100)
    build(tmp_path / "in.parquet", tmp_path / "whole")
    real, done = building.build_part, list[building.Task]()

    def note(task: building.Task) -> int:
        if len(done) == fails_at:
            raise InterruptedError
        done.append(task)
        return real(task)

    fails_at = 2
    monkeypatch.setattr(building, "build_part", note)
    with pytest.raises(InterruptedError):
        build(tmp_path / "in.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    fails_at = -1
    build(tmp_path / "in.parquet", tmp_path / "out")
    assert len(done) == 3
    assert (tmp_path / "out/codes.u64").read_bytes() == (tmp_path / "whole/codes.u64").read_bytes()
    # Another version begins anew.
    build(tmp_path / "in.parquet", tmp_path / "out", version="2")
    assert len(done) == 6


def test_geometry_is_read_as_geopandas_writes_it(tmp_path: Path) -> None:
    shapes = [shapely.Point(120.1, 30.1), None, shapely.Point(), shapely.Point(120.2, 30.2)]
    frame = gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs="EPSG:4326")
    for encoding in ("WKB", "geoarrow"):
        frame.to_parquet(tmp_path / "in.parquet", geometry_encoding=encoding)
        built = build(tmp_path / "in.parquet", tmp_path / "out")
        assert (built.rows, built.located, built.why) == (4, 2, "its geometry, column geometry")
        files = read_pyramid(tmp_path / "out")
        assert list(files.rows.read(files.pyramid.rows[files.pyramid.find(Box(120, 30, 121, 31))])) == [{"name": "a"}, {"name": "d"}]


def test_rows_that_are_points_alone_are_counted(tmp_path: Path) -> None:
    gpd.GeoDataFrame(geometry=[shapely.Point(120.1, 30.1)] * 3, crs="EPSG:4326").to_parquet(tmp_path / "in.parquet")
    build(tmp_path / "in.parquet", tmp_path / "out")
    files = read_pyramid(tmp_path / "out")
    assert list(files.rows.read(files.pyramid.rows)) == [{}, {}, {}]


@pytest.mark.parametrize(
    ("shapes", "crs", "message"),
    [
        ([shapely.Point(1, 2)], "EPSG:4549", "in.parquet [geometry] 'CGCS2000 / 3-degree Gauss-Kruger CM 120E': expected longitude and latitude in "),
        ([shapely.Point(1, 2)], None, "in.parquet [geometry] 'unknown': expected longitude and latitude in WGS-84"),
        ([shapely.Point(1, 2), shapely.LineString([(1, 2), (3, 4)])], "EPSG:4326", "in.parquet [geometry] 'LineString': expected points"),
    ],
)
def test_other_geometry_is_refused(tmp_path: Path, shapes: list[Any], crs: str | None, message: str) -> None:
    gpd.GeoDataFrame({"name": ["a"] * len(shapes)}, geometry=shapes, crs=crs).to_parquet(tmp_path / "in.parquet")
    with pytest.raises(ListError) as caught:
        build(tmp_path / "in.parquet", tmp_path / "out")
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("cells", "located"),
    [
        (["120.1", " 120.2 ", "", "12O.3", None, "1e2"], 3),
        ([120, 121, None, 0, 1, 2], 4),
        ([None] * 6, 0),
        ([True] * 6, 0),
    ],
)
def test_what_is_no_number_is_no_location(tmp_path: Path, cells: list[Any], located: int) -> None:
    pq.write_table(pa.table({"经度": cells, "纬度": [30.0, 30, 30, 0, 30, 30]}), tmp_path / "in.parquet")
    built = build(tmp_path / "in.parquet", tmp_path / "out")
    assert (built.rows, built.located) == (6, located)


def test_answers_of_the_geocoder_count_before_other_coordinates() -> None:
    schema = pa.schema([(name, pa.float64()) for name in ("lon", "lat", "geo_lon", "geo_lat")])
    location = find_location("a.parquet", schema)
    assert location and location.columns == ("geo_lon", "geo_lat")
    assert find_location("a.parquet", pa.schema([("lon", pa.float64()), ("地址", pa.string())])) is None


def test_sources_that_cannot_be_counted_are_named(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="expected a Parquet file that exists"):
        build(tmp_path / "none.parquet", tmp_path / "out")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ListError, match="or a folder with at least one"):
        build(folder, tmp_path / "out")
    pq.write_table(table(), folder / "a.parquet")
    pq.write_table(table().drop_columns(["名称"]), folder / "b.parquet")
    with pytest.raises(ListError, match=r"b\.parquet '名称: string': expected the columns of a\.parquet"):
        build(folder, tmp_path / "out")
    (folder / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(ListError, match=r"b\.parquet .*: expected a Parquet file"):
        build(folder, tmp_path / "out")
    pq.write_table(pa.table({"地址": ["a"]}), tmp_path / "plain.parquet")
    with pytest.raises(ListError, match=r"plain\.parquet '地址': expected geometry \(GeoParquet\), or columns lon and lat"):
        build(tmp_path / "plain.parquet", tmp_path / "out")


@pytest.mark.parametrize("broken", ["about.json", "codes.u64", "rows.u32", "rows-000000.arrow"])
def test_files_that_are_not_whole_are_refused(tmp_path: Path, broken: str) -> None:
    pq.write_table(table(), tmp_path / "in.parquet")
    build(tmp_path / "in.parquet", tmp_path / "out")
    (tmp_path / "out" / broken).unlink()
    with pytest.raises(ListError, match="expected a folder that python -m geo density has written"):
        read_pyramid(tmp_path / "out")


def test_files_of_another_format_are_refused(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "in.parquet")
    build(tmp_path / "in.parquet", tmp_path / "out")
    about = tmp_path / "out/about.json"
    document = json.loads(about.read_text(encoding="utf-8"))
    about.write_text(json.dumps(document | {"plan": {"format": 0}}), encoding="utf-8")
    with pytest.raises(ListError, match="'0': expected 1; build it again"):
        read_pyramid(tmp_path / "out")


def test_a_list_without_rows_is_a_pyramid_without_points(tmp_path: Path) -> None:
    pq.write_table(table(0), tmp_path / "in.parquet")
    assert build(tmp_path / "in.parquet", tmp_path / "out").rows == 0
    files = read_pyramid(tmp_path / "out")
    assert (files.pyramid.total, files.pyramid.bounds(), list(files.pyramid.tiles(0))) == (0, None, [])
    assert files.pyramid.counts(0, 0, 0).sum() == 0


# --- lists --------------------------------------------------------------------------------------------------------------------------------


class Counting(FakeGeocoder):
    """Notes how often it was asked."""

    asked = 0

    def geocode(self, queries: Sequence[Any]) -> list[Any]:
        Counting.asked += len(queries)
        return super().geocode(queries)


def count(source: Path, cache: Path, version: str = "1") -> Built:
    return count_list(str(source), cache, Counting, version=version, progress=Said())


@pytest.mark.parametrize("extension", ["csv", "parquet", "xlsx"])
def test_a_list_of_addresses_is_geocoded_and_counted_once(tmp_path: Path, extension: str) -> None:
    source, cache = tmp_path / f"名单.{extension}", tmp_path / "cache"
    frame = pd.DataFrame({"企业": list("甲乙丙丁"), "地址": ["未来科技城", "滨江区1号", "合作区", "不认识"]})
    getattr(frame, {"csv": "to_csv", "xlsx": "to_excel"}.get(extension, "to_parquet"))(source, index=False)
    Counting.asked = 0
    built = count(source, cache)
    assert (built.rows, built.located, built.why) == (4, 2, "columns geo_lon and geo_lat, read as WGS-84")
    assert Counting.asked == 4
    files = read_pyramid(built.folder)
    rows = list(files.rows.read(np.array([0, 3], np.uint32)))
    assert [(row["企业"], row["geo_name"], row["geo_reason"]) for row in rows] == [("甲", "未来科技城", None), ("丁", None, "unknown")]
    # Nobody else reads it, and it is not done again for the same list.
    assert cache.stat().st_mode & 0o777 == built.folder.parent.stat().st_mode & 0o777 == 0o700
    assert count(source, cache) == built
    assert Counting.asked == 4
    count(source, cache, "2")
    assert Counting.asked == 8


def test_a_list_that_says_where_its_rows_lie_is_not_geocoded(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [["地址", "lon", "lat"], ["甲", "120.1", "30.1"], ["乙", "", ""], ["丙", "120.2", "30.2"]])
    Counting.asked = 0
    built = count(tmp_path / "a.csv", tmp_path / "cache")
    assert (built.rows, built.located, Counting.asked) == (3, 2, 0)
    write_csv(tmp_path / "a.csv", [["地址", "lon", "lat"], ["甲", "120.1", "30.1"]])
    assert count(tmp_path / "a.csv", tmp_path / "cache").rows == 1


def test_a_folder_is_counted_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        pq.write_table(table(seed=number), tmp_path / f"in/{number}.parquet")
    assert count(tmp_path / "in", tmp_path / "cache").rows == 600
