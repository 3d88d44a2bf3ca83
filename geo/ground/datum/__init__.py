"""GCJ-02 and BD-09 to WGS-84 and back, over numpy arrays.

GCJ-02 is WGS-84 with an offset of some hundreds of metres that mainland maps must carry. BD-09 is GCJ-02 with a further offset that Baidu adds.
Neither has an EPSG code. The forward formulas are those in public use since 2010, on the Krasovsky 1940 ellipsoid. Both inverses are found by
fixed-point iteration: the one-step inverses that are often seen are off by up to 2.7 m.

The offset of GCJ-02 applies in mainland China with its islands and its territorial sea, and in Xisha. Elsewhere GCJ-02 is WGS-84: in Hong Kong, in
Macau and in Taiwan (with Kinmen, Matsu, Wuqiu and Pratas) as abroad. ``mainland.wkb`` holds the outline, from OpenStreetMap (© OpenStreetMap
contributors, ODbL 1.0) and Tianditu, within 12 m of its source towards Hong Kong and Macau and within 700 m elsewhere. It is a constant of this
conversion and not a table; ``data/build_mainland.py`` builds it and says why it is this area. Maps differ in Hong Kong and Macau: some carry the
offset there too. The further offset of BD-09 has no outline and applies everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import DatumError

Degrees: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


class Datum(StrEnum):
    """The datum of a coordinate; CGCS2000 lies on WGS-84 for our purpose."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


_SEMI_MAJOR_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
# Degrees; in the mainland it stays below 0.009.
_LARGEST_OFFSET = 0.02
# Degrees; a last step of 1e-9 leaves less than 1e-11, a micrometre on the ground.
_CONVERGED = 1e-9
_MOST_STEPS = 30


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Convert coordinates of a datum to WGS-84.

    Parameters
    ----------
    lon, lat
        Degrees in ``datum``; any shape, the two broadcast.
    datum
        The datum they are in; WGS-84 comes back unchanged.

    Returns
    -------
    lon, lat
        Degrees in WGS-84, in the broadcast shape. The round trip from the mainland and back to it is better than 1 mm; see :func:`gcj02_to_wgs84` for
        what lies within the offset of its outline.

    Raises
    ------
    DatumError
        If a coordinate is not finite or not on Earth.
    """
    match datum:
        case Datum.WGS84:
            return _on_earth(lon, lat)
        case Datum.GCJ02:
            return gcj02_to_wgs84(lon, lat)
        case Datum.BD09:
            return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def is_in_mainland(lon: ArrayLike, lat: ArrayLike) -> Flags:
    """Tell where GCJ-02 differs from WGS-84: in mainland China with its territorial sea, by outline.

    Parameters
    ----------
    lon, lat
        Degrees in WGS-84; any shape, the two broadcast.

    Returns
    -------
    NDArray
        True where the offset applies, in the broadcast shape.

    Raises
    ------
    DatumError
        If a coordinate is not finite or not on Earth.
    """
    return _contains(*_on_earth(lon, lat))


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert WGS-84 coordinates to GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees in WGS-84; any shape, the two broadcast.

    Returns
    -------
    lon, lat
        Degrees in GCJ-02, in the broadcast shape; unchanged where :func:`is_in_mainland` is false.

    Raises
    ------
    DatumError
        If a coordinate is not finite or not on Earth.
    """
    lon_, lat_ = _on_earth(lon, lat)
    inside = _contains(lon_, lat_)
    return _replaced(lon_, lat_, inside, _with_offset(lon_[inside], lat_[inside]))


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert GCJ-02 coordinates (AMap, Tencent) to WGS-84.

    The offset ends at the outline at once. Within its length of the outline (about 600 m at Hong Kong and Macau, to the east-south-east), two places
    can therefore share a coordinate, and some coordinates belong to no place:

    - Of two places, one in the mainland and one outside, the one in the mainland is returned: GCJ-02 coordinates come from mainland maps. Every place
      in the mainland is so found again. A place outside is found again unless the coordinates of the mainland reach over it, as they do on the Hong
      Kong bank of the Shenzhen River and on Macau's bank of the Inner Harbour.
    - Where there is no place, the offset is undone as in the mainland, and the forward conversion does not lead back.

    Parameters
    ----------
    lon, lat
        Degrees in GCJ-02; any shape, the two broadcast.

    Returns
    -------
    lon, lat
        Degrees in WGS-84, in the broadcast shape; outside the mainland unchanged, but for those strips. The round trip from the mainland and back to
        it is better than 1 mm.

    Raises
    ------
    DatumError
        If a coordinate is not finite or not on Earth.
    """
    lon_, lat_ = _on_earth(lon, lat)
    west, south, east, north = _mainland().bounds
    reach = _LARGEST_OFFSET
    near = np.asarray((lon_ > west - reach) & (lon_ < east + reach) & (lat_ > south - reach) & (lat_ < north + reach))
    found_lon, found_lat = _invert(_with_offset, lon_[near], lat_[near])
    inside = _contains(found_lon, found_lat) | _contains(lon_[near], lat_[near])
    offset = np.zeros(lon_.shape, dtype=bool)
    offset[near] = inside
    return _replaced(lon_, lat_, offset, (found_lon[inside], found_lat[inside]))


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert GCJ-02 coordinates to BD-09; degrees, any shape, DatumError as :func:`wgs84_to_gcj02`."""
    lon_, lat_ = _on_earth(lon, lat)
    frequency = np.pi * 3000 / 180
    radius = np.hypot(lon_, lat_) + 0.00002 * np.sin(lat_ * frequency)
    angle = np.arctan2(lat_, lon_) + 0.000003 * np.cos(lon_ * frequency)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert BD-09 coordinates (Baidu) to GCJ-02; as :func:`to_wgs84`."""
    return _invert(gcj02_to_bd09, *_on_earth(lon, lat))


def _invert(forward: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]], lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find the coordinates that ``forward``, which has no jumps, takes to the given ones.

    The offsets change by less than 1 % of the distance moved, so that each step leaves at most a hundredth of the error. Each coordinate has a last
    step of its own: it comes out the same alone and among others.
    """
    found_lon, found_lat = lon.copy(), lat.copy()
    left = np.arange(lon.size)
    # Views into the results, in one dimension.
    flat_lon, flat_lat = found_lon.reshape(-1), found_lat.reshape(-1)
    wanted_lon, wanted_lat = lon.reshape(-1), lat.reshape(-1)
    for _ in range(_MOST_STEPS):
        if not left.size:
            break
        guess_lon, guess_lat = flat_lon[left], flat_lat[left]
        there_lon, there_lat = forward(guess_lon, guess_lat)
        step_lon, step_lat = wanted_lon[left] - there_lon, wanted_lat[left] - there_lat
        flat_lon[left] = np.clip(guess_lon + step_lon, -180, 180)
        flat_lat[left] = np.clip(guess_lat + step_lat, -90, 90)
        left = left[np.maximum(np.abs(step_lon), np.abs(step_lat)) >= _CONVERGED]
    return found_lon, found_lat


def _with_offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Add the offset, wherever the coordinates are; they must be off the poles."""
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east_m += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north_m += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    # Metres to degrees by the radii of curvature in the prime vertical and in the meridian.
    phi = np.radians(lat)
    w2 = 1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical_m = _SEMI_MAJOR_AXIS_M / np.sqrt(w2)
    meridian_m = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / w2**1.5
    return lon + np.degrees(east_m / (prime_vertical_m * np.cos(phi))), lat + np.degrees(north_m / meridian_m)


def _replaced(lon: Degrees, lat: Degrees, where: Flags, by: tuple[Degrees, Degrees]) -> tuple[Degrees, Degrees]:
    there_lon, there_lat = lon.copy(), lat.copy()
    there_lon[where], there_lat[where] = by
    return there_lon, there_lat


def _contains(lon: Degrees, lat: Degrees) -> Flags:
    return np.asarray(shapely.contains_xy(_mainland(), lon, lat))


@cache
def _mainland() -> BaseGeometry:
    """Read the outline, once and on first use."""
    outline = shapely.from_wkb(files("geo.ground.datum").joinpath("mainland.wkb").read_bytes())
    shapely.prepare(outline)
    # The first question builds the index that all later ones share: ask it before several threads can.
    shapely.contains_xy(outline, 120.2, 30.2)
    return outline


def _on_earth(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    lon_, lat_ = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    bad = ~(np.isfinite(lon_) & np.isfinite(lat_) & (np.abs(lon_) <= 180) & (np.abs(lat_) <= 90))
    if bad.any():
        raise DatumError(f"lon {lon_[bad][0]}, lat {lat_[bad][0]}: expected degrees, lon -180 to 180, lat -90 to 90")
    return lon_, lat_
