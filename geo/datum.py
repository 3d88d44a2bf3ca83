"""GCJ-02 and BD-09 to WGS-84 and back, over numpy arrays.

GCJ-02 is WGS-84 with an offset that mainland maps must carry; in Zhejiang it is 450 to 620 m. BD-09 is GCJ-02 with a further offset that Baidu adds.
Neither has an EPSG code. The forward formulas are those in public use since 2010, on the Krasovsky 1940 ellipsoid. Both inverses are found by
fixed-point iteration: the one-step inverses that are often seen are off by up to 2.7 m.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import DatumError
from geo.schema import Datum

Degrees: TypeAlias = NDArray[np.float64]

_SEMI_MAJOR_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
# Where the offset is applied: the box that the public formula uses, lon then lat.
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
# Degrees; 1e-11 is a micrometre on the ground.
_CONVERGED = 1e-11
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
        Degrees in WGS-84, in the broadcast shape. The round trip is better than 1 mm.

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


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert WGS-84 coordinates to GCJ-02.

    Parameters
    ----------
    lon, lat
        Degrees in WGS-84; any shape, the two broadcast.

    Returns
    -------
    lon, lat
        Degrees in GCJ-02, in the broadcast shape; outside the box of China (72.004 to 137.8347 E, 0.8293 to 55.8271 N) unchanged.

    Raises
    ------
    DatumError
        If a coordinate is not finite or not on Earth.
    """
    lon_, lat_ = _on_earth(lon, lat)
    x, y = lon_ - 105.0, lat_ - 35.0
    ripple = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    east_m = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east_m += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north_m += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    # Metres to degrees by the radii of curvature in the prime vertical and in the meridian.
    phi = np.radians(lat_)
    w2 = 1 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical_m = _SEMI_MAJOR_AXIS_M / np.sqrt(w2)
    meridian_m = _SEMI_MAJOR_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / w2**1.5
    inside = (lon_ >= _WEST) & (lon_ <= _EAST) & (lat_ >= _SOUTH) & (lat_ <= _NORTH)
    # At the poles the cosine is 0; they are outside, so the value does not count.
    cosine = np.where(inside, np.cos(phi), 1.0)
    return (
        np.where(inside, lon_ + np.degrees(east_m / (prime_vertical_m * cosine)), lon_),
        np.where(inside, lat_ + np.degrees(north_m / meridian_m), lat_),
    )


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """Convert GCJ-02 coordinates (AMap, Tencent) to WGS-84; as :func:`to_wgs84`."""
    return _invert(wgs84_to_gcj02, *_on_earth(lon, lat))


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
    """Find the coordinates that ``forward`` takes to the given ones.

    The offsets change by less than 1 % of the distance moved, so that each step leaves at most a hundredth of the error.
    """
    guess_lon, guess_lat = lon, lat
    for _ in range(_MOST_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        step_lon, step_lat = lon - there_lon, lat - there_lat
        guess_lon = np.clip(guess_lon + step_lon, -180, 180)
        guess_lat = np.clip(guess_lat + step_lat, -90, 90)
        if not guess_lon.size or max(np.abs(step_lon).max(), np.abs(step_lat).max()) < _CONVERGED:
            break
    return guess_lon, guess_lat


def _on_earth(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    lon_, lat_ = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    bad = ~(np.isfinite(lon_) & np.isfinite(lat_) & (np.abs(lon_) <= 180) & (np.abs(lat_) <= 90))
    if bad.any():
        raise DatumError(f"lon {lon_[bad][0]}, lat {lat_[bad][0]}: expected degrees, lon -180 to 180, lat -90 to 90")
    return lon_, lat_
