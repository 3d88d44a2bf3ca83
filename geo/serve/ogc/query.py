"""What a request for features asks, and the features that answer it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

import geopandas as gpd

from geo.errors import BadParameterError
from geo.ground.bbox import Box
from geo.ground.deadline import check_deadline
from geo.layers.formats import encode_each
from geo.layers.select import Encoded
from geo.serve.ogc.collections import Collection
from geo.serve.ogc.crs import CRS84, Crs, in_axis_order
from geo.serve.ogc.filters import Filter, matching, parse_filter

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
LANGUAGES = ("cql2-text", "cql2-json")
# What a request for features may hold, beside what every request may.
PARAMETERS = ("limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "properties", "sortby", "filter", "filter-lang", "filter-crs")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
# A date alone is the whole day; GDAL writes one with a T behind it.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([Tt](\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?)?", re.ASCII)


class Extent(NamedTuple):
    """What a request for features is limited to; two boxes where it crosses the antimeridian.

    Attributes
    ----------
    boxes
        In the system, x before y.
    crs
        The system of their numbers.
    """

    boxes: tuple[Box, ...]
    crs: Crs


class Span(NamedTuple):
    """A stretch of days in UTC, both within it; ``None`` where it is open."""

    start: date | None
    end: date | None


@dataclass(frozen=True)
class Query:
    """A request for features.

    Attributes
    ----------
    limit, offset
        How many features at most, and how many are passed over.
    extent, span, filter
        What is chosen; ``None`` chooses everything.
    crs
        The system of the answer.
    properties
        Which properties the answer has; ``None``: all.
    order
        Names of properties, and whether each descends.
    """

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    extent: Extent | None = None
    span: Span | None = None
    filter: Filter | None = None
    crs: Crs = CRS84
    properties: tuple[str, ...] | None = None
    order: tuple[tuple[str, bool], ...] = ()


class Page(NamedTuple):
    """The features that answer a request.

    Attributes
    ----------
    positions
        Of the features in the collection, in the order of the answer.
    matched
        How many there are on all pages.
    """

    positions: Sequence[int]
    matched: int


def parse_query(args: Mapping[str, str], collection: Collection, crss: Mapping[str, Crs]) -> Query:
    """Read a request for features from its parameters, each given once.

    Parameters
    ----------
    args
        The parameters.
    collection
        Of which features are asked for.
    crss
        The systems that can be asked for, by URI.

    Raises
    ------
    BadParameterError
        If a parameter has a value it cannot have.
    """
    filter_crs = _parse_crs(args, "filter-crs", crss)
    language = args.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadParameterError("filter-lang", language, f"one of {', '.join(LANGUAGES)}", LANGUAGES)
    box_crs = _parse_crs(args, "bbox-crs", crss)
    return Query(
        limit=min(_parse_count(args, "limit", DEFAULT_LIMIT, least=1), MAX_LIMIT),
        offset=_parse_count(args, "offset", 0, least=0),
        extent=_parse_extent(args["bbox"], box_crs) if "bbox" in args else None,
        span=_parse_span(args["datetime"]) if "datetime" in args else None,
        filter=parse_filter(args["filter"], language, filter_crs) if "filter" in args else None,
        crs=_parse_crs(args, "crs", crss),
        properties=_parse_properties(args["properties"], collection) if "properties" in args else None,
        order=_parse_order(args["sortby"], collection) if "sortby" in args else (),
    )


def parse_crs(args: Mapping[str, str], crss: Mapping[str, Crs]) -> Crs:
    """Read the system of the answer, one of several by URI; CRS84 where none is asked for.

    Raises
    ------
    BadParameterError
        If it is not one of ours.
    """
    return _parse_crs(args, "crs", crss)


def select(collection: Collection, query: Query) -> Page:
    """Choose, order and page the features of a collection; a page of all of them and a box are answered from indexes.

    What has no geometry is within every box and what has no time is within every span, as the standard says.

    Raises
    ------
    BadParameterError
        If the filter does not fit the collection.
    """
    frame = collection.frame
    if not (query.extent or query.span or query.filter or query.order):
        every = range(len(frame))
        return Page(every[query.offset : query.offset + query.limit], len(every))
    positions = collection.within(query.extent.crs, query.extent.boxes) if query.extent else list(range(len(frame)))
    if query.span:
        span, periods = query.span, collection.periods
        positions = [position for position in positions if _meets(span, periods[position])]
    if query.filter:
        types = {name: one.type for name, one in collection.queryables.items()}
        fits = matching(query.filter, frame, collection.geometry_in(query.filter.crs), types).tolist()
        positions = [position for position in positions if fits[position]]
    positions = _in_order(frame, positions, query.order)
    shown = positions[query.offset : query.offset + query.limit]
    return Page(shown, len(positions))


def encode(collection: Collection, positions: Sequence[int], crs: Crs, properties: Sequence[str] | None = None) -> Encoded:
    """Encode features as GeoJSON; as they are stored they are encoded already.

    Parameters
    ----------
    collection, positions
        Which features.
    crs
        The system of the coordinates, which stand in the order of its axes.
    properties
        The names of the properties that are asked for; ``None`` asks for all.
    """
    if crs is CRS84 and properties is None:
        own = collection.encoded
        return Encoded(tuple(map(own.texts.__getitem__, positions)), tuple(map(own.digests.__getitem__, positions)))
    return encode_each(_present(collection, positions, crs, properties))


def _present(collection: Collection, positions: Sequence[int], crs: Crs, properties: Sequence[str] | None) -> gpd.GeoDataFrame:
    features = collection.frame.iloc[list(positions)]
    geometry = features.geometry if crs is CRS84 else in_axis_order(collection.geometry_in(crs).iloc[list(positions)], crs)
    names = [one.name for one in collection.properties if properties is None or one.name in properties]
    return gpd.GeoDataFrame(features[names], geometry=geometry.array, crs=geometry.crs)


def _in_order(frame: gpd.GeoDataFrame, positions: list[int], order: Sequence[tuple[str, bool]]) -> list[int]:
    """Sort by several properties, the first one decisive; what lacks a property comes last, and equals keep their order."""
    for name, is_descending in reversed(order):
        check_deadline()
        values = list(frame[name])
        known = [position for position in positions if values[position] is not None]
        known.sort(key=values.__getitem__, reverse=is_descending)
        positions = known + [position for position in positions if values[position] is None]
    return positions


def _meets(span: Span, period: tuple[date | None, date | None]) -> bool:
    start, end = period
    ends_before = start and span.end and span.end < start
    starts_after = end and span.start and span.start > end
    return not (ends_before or starts_after)


def _parse_count(args: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = args.get(name, str(default))
    if not re.fullmatch(r"\d{1,30}", text, re.ASCII) or int(text) < least:
        raise BadParameterError(name, text, f"a whole number of {least} or more")
    return int(text)


def _parse_crs(args: Mapping[str, str], name: str, crss: Mapping[str, Crs]) -> Crs:
    uri = args.get(name, CRS84.uri)
    if uri not in crss:
        raise BadParameterError(name, uri, f"one of {', '.join(crss)}", tuple(crss))
    return crss[uri]


def _parse_extent(text: str, crs: Crs) -> Extent:
    parts = text.split(",")
    if len(parts) not in (4, 6) or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadParameterError("bbox", text, f"four numbers with commas: {crs.axes} of the lower corner, {crs.axes} of the upper one")
    numbers = [float(part) for part in parts]
    if not all(map(math.isfinite, numbers)):
        raise BadParameterError("bbox", text, "finite numbers")
    half = len(numbers) // 2
    # Nothing here has a height: a third axis chooses nothing.
    (first, second), (third, fourth) = numbers[:2], numbers[half : half + 2]
    box = Box(second, first, fourth, third) if crs.is_north_first else Box(first, second, third, fourth)
    if box.is_upside_down:
        raise BadParameterError("bbox", text, "south before north: the box looks reversed")
    if crs.is_in_degrees and not box.is_on_earth:
        raise BadParameterError("bbox", text, f"degrees in the order {crs.axes}: lon -180 to 180, lat -90 to 90")
    if not box.is_reversed:
        return Extent((box,), crs)
    if not crs.is_in_degrees:
        raise BadParameterError("bbox", text, "west before east: the box looks reversed")
    # West of its east: the box crosses the antimeridian.
    return Extent((box._replace(east=180.0), box._replace(west=-180.0)), crs)


def _parse_span(text: str) -> Span:
    expected = "a date-time of RFC 3339 or two with a solidus, such as 2023-01-01T00:00:00Z/2023-05-31T23:59:59Z, .. for an open end"
    first, solidus, last = text.partition("/")
    ends = [None if solidus and part in ("", "..") else _parse_day(part, text, expected) for part in ((first, last) if solidus else (first, first))]
    if not any(ends):
        raise BadParameterError("datetime", text, expected)
    if ends[0] and ends[1] and ends[0] > ends[1]:
        raise BadParameterError("datetime", text, "a start before the end")
    return Span(*(end.date() if end else None for end in ends))


def _parse_day(part: str, text: str, expected: str) -> datetime:
    try:
        if _MOMENT.fullmatch(part):
            moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", part.upper().rstrip("T")))
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise BadParameterError("datetime", text, expected)


def _parse_properties(text: str, collection: Collection) -> tuple[str, ...]:
    allowed = [one.name for one in collection.properties]
    names = text.split(",")
    for name in names:
        if name not in allowed:
            raise BadParameterError("properties", name, f"names with commas, of {', '.join(allowed)}", allowed)
    return tuple(names)


def _parse_order(text: str, collection: Collection) -> tuple[tuple[str, bool], ...]:
    order = []
    for part in text.split(","):
        # A plus sign in an address reads as a space.
        name = part[1:] if part[:1] in ("+", "-", " ") else part
        if name not in collection.queryables:
            allowed = tuple(collection.queryables)
            raise BadParameterError("sortby", part, f"names with commas, each with + or - before it or neither, of {', '.join(allowed)}", allowed)
        order.append((name, part[0] == "-"))
    return tuple(order)
