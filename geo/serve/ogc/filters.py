"""Filters in CQL2: parsed by the ``cql2`` package, decided here over the rows of a collection.

Whatever a filter says, deciding it takes steps in proportion to its length times the rows, and looks at the clock between them.

A comparison with what a row does not have is neither true nor false; so is its negation, and such a row is not chosen, as CQL2 and SQL have it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias

import cql2
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape

from geo.errors import BadParameterError
from geo.ground.deadline import check_deadline
from geo.serve.ogc.crs import Crs, from_axis_order, is_on_earth

# The parser works by recursion in native code, where nothing else can run, and tries what stands in parentheses twice over where it does not
# understand it: each character counts twice as much with each parenthesis around it. As much as this takes it some tenths of a second.
MAX_NESTED = 100_000
# A text with more of them would exhaust the stack of a thread.
MAX_OPERATORS = 200
# Operators within each other, with and without parentheses; each takes a few frames of Python's stack.
MAX_LEVELS = 50

# Of the nullable dtype: true, false, or neither.
Truth: TypeAlias = "pd.Series[bool]"


class Terms(NamedTuple):
    """A value for each row, or one for all.

    Attributes
    ----------
    kind
        ``string``, ``number``, ``boolean``, ``date``, ``timestamp`` or ``geometry``.
    values
        As many as there are rows, ``None`` where a row has nothing; or one.
    is_constant
        Whether it is one.
    """

    kind: str
    values: list[Any]
    is_constant: bool = False


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SPATIAL = {
    "s_intersects": shapely.intersects,
    "s_equals": shapely.equals,
    "s_disjoint": shapely.disjoint,
    "s_touches": shapely.touches,
    "s_within": shapely.within,
    "s_overlaps": shapely.overlaps,
    "s_crosses": shapely.crosses,
    "s_contains": shapely.contains,
}
# What says when.
_MOMENTS = ("date", "timestamp")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LOGICAL = ("and", "or", "not")
# Of a text: what stands in quotes, a parenthesis, and what lies between.
_PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|[()]|[^'\"()]+|['\"]")
OPERATORS = (*_LOGICAL, *_ORDERS, "isNull", "between", "in", "like", "casei", *_SPATIAL)
# How the properties of a collection are compared.
KINDS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "date": "date"}


class Filter(NamedTuple):
    """A filter as it was asked for.

    Attributes
    ----------
    text
        As in the request, for messages.
    expression
        CQL2 JSON.
    crs
        The system of the coordinates in it.
    """

    text: str
    expression: Any
    crs: Crs


def parse_filter(text: str, language: str, crs: Crs) -> Filter:
    """Parse a filter.

    Parameters
    ----------
    text
        In CQL2.
    language
        ``cql2-text`` or ``cql2-json``.
    crs
        The system of the coordinates in it.

    Raises
    ------
    BadParameterError
        If it is not CQL2, or nests too deeply.
    """
    if language == "cql2-text":
        _expect_shallow(text)
    try:
        expression = (cql2.parse_text if language == "cql2-text" else cql2.parse_json)(text).to_json()
    except cql2.ParseError as error:
        # A quote within a text is '' or \' in the standard; the parser knows the first, and what it reads as it stands keeps its meaning.
        if language == "cql2-text" and "\\'" in text:
            with suppress(BadParameterError):
                return parse_filter(text.replace("\\'", "''"), language, crs)._replace(text=text)
        raise BadParameterError("filter", text, f"{language} ({_reason(error)})") from None
    _expect_few_levels(text, expression)
    return Filter(text, expression, crs)


def _reason(error: cql2.ParseError) -> str:
    """Say in a line where and why the parser stopped; the lines between draw an arrow."""
    lines = [line.strip(" =") for line in str(error).splitlines()]
    return " ".join(line for line in (lines[0].replace("-->", "at").strip(), *lines[-1:][: len(lines) - 1]) if line)[:160]


def _expect_shallow(text: str) -> None:
    depth = nested = 0
    bare = ""
    for part in _PARTS.findall(text):
        depth = max(0, depth + (part == "(") - (part == ")"))
        nested += len(part) << depth
        if nested > MAX_NESTED:
            raise BadParameterError("filter", text, "parentheses that are less deep, or hold less")
        bare += part if part[0] not in "'\"" else " "
    if len(re.findall(r"[-+*/%^=<>]|\bnot\b", bare, re.IGNORECASE)) > MAX_OPERATORS:
        raise BadParameterError("filter", text, f"{MAX_OPERATORS} operators at most")


def _expect_few_levels(text: str, expression: Any) -> None:
    """Refuse what nests too deeply to be decided, in either language; without recursion, which is what is limited."""
    left = [(expression, 0)]
    while left:
        node, level = left.pop()
        if isinstance(node, dict):
            level += "op" in node
            left += [(part, level) for part in node.values()]
        elif isinstance(node, list):
            left += [(part, level) for part in node]
        if level > MAX_LEVELS:
            raise BadParameterError("filter", text, f"{MAX_LEVELS} operators within each other at most")


def matching(wanted: Filter, frame: gpd.GeoDataFrame, geometry: gpd.GeoSeries, types: Mapping[str, str]) -> Truth:
    """Decide for every row whether a filter chooses it.

    Parameters
    ----------
    wanted
        The filter.
    frame
        The rows.
    geometry
        Their geometry in the system of the filter, x before y.
    types
        The type of every property that may stand in a filter, a key of ``KINDS``.

    Returns
    -------
    Series
        Of bool, with the index of the frame.

    Raises
    ------
    BadParameterError
        If the filter names what there is not, or compares what cannot be compared.
    DeadlineError
        If there is no time left.
    """
    try:
        return _Rows(wanted, frame, geometry, types).decide(wanted.expression).fillna(False).astype(bool)
    except (RecursionError, MemoryError, OverflowError):
        # None is known; whatever brings one about is in the filter, as the rows are those that every other filter is decided over.
        raise BadParameterError("filter", wanted.text, "a filter that is less deep, shorter, or of smaller numbers") from None


@dataclass(frozen=True)
class _Rows:
    wanted: Filter
    frame: gpd.GeoDataFrame
    geometry: gpd.GeoSeries
    types: Mapping[str, str]
    _read_properties: dict[str, Terms] = field(default_factory=dict)

    def decide(self, node: Any) -> Truth:
        """Decide a predicate for every row."""
        check_deadline()
        if isinstance(node, bool):
            return self._truth([node] * len(self.frame))
        if not isinstance(node, dict):
            raise self._refuse("a condition, such as kind = 'project'")
        if "property" in node:
            return self._truth(self._each(self._terms(node, "boolean")))
        name, args = node.get("op"), node.get("args", [])
        if name == "not":
            return ~self.decide(*self._arguments(name, args, 1))
        if name in ("and", "or"):
            if len(args) < 2:
                raise self._refuse(f"two conditions or more for {name}")
            truths = [self.decide(arg) for arg in args]
            for truth in truths[1:]:
                truths[0] = truths[0] & truth if name == "and" else truths[0] | truth
            return truths[0]
        if name in _ORDERS:
            return self._compare(name, args)
        if name in _SPATIAL:
            return self._relate(name, args)
        if name == "isNull":
            (arg,) = self._arguments(name, args, 1)
            return self._truth([value is None for value in self._each(self._terms(arg))])
        if name == "between":
            value, low, high = self._arguments(name, args, 3)
            return self._compare(">=", [value, low]) & self._compare("<=", [value, high])
        if name == "in":
            return self._is_among(args)
        if name == "like":
            return self._is_like(args)
        raise self._refuse(f"the operators {', '.join(OPERATORS)}" + (f", not {name[:40]!r}" if isinstance(name, str) else ""))

    def _compare(self, name: str, args: list[Any]) -> Truth:
        left, right = self._as_moments(*(self._terms(arg) for arg in self._arguments(name, args, 2)))
        self._expect_alike(name, left, right)
        order = _ORDERS[name]
        return self._truth([None if a is None or b is None else order(a, b) for a, b in self._pairs(left, right)])

    def _is_among(self, args: list[Any]) -> Truth:
        value, options = self._arguments("in", args, 2)
        if not isinstance(options, list) or not options:
            raise self._refuse("a list with a value or more for in")
        own, others = self._terms(value), [self._terms(option) for option in options]
        if own.kind in _MOMENTS:
            own, *others = self._as_moments(own, *others)
        for other in others:
            self._expect_alike("=", own, other)
        constants = {other.values[0] for other in others if other.is_constant}
        truth = self._truth([None if one is None else one in constants for one in self._each(own)])
        for other in others:
            if not other.is_constant:
                check_deadline()
                truth |= self._truth([None if a is None or b is None else a == b for a, b in self._pairs(own, other)])
        return truth

    def _is_like(self, args: list[Any]) -> Truth:
        value, pattern = (self._terms(arg, "string") for arg in self._arguments("like", args, 2))
        if not pattern.is_constant:
            raise self._refuse("a pattern in single quotes for like")
        matches = _compile_like(pattern.values[0]).fullmatch
        return self._truth([None if one is None else matches(one) is not None for one in self._each(value)])

    def _relate(self, name: str, args: list[Any]) -> Truth:
        left, right = (self._terms(arg, "geometry") for arg in self._arguments(name, args, 2))
        known = [a is not None and b is not None for a, b in self._pairs(left, right)]
        try:
            related = _SPATIAL[name](*(np.array(terms.values, dtype=object) for terms in (left, right)))
        except shapely.errors.ShapelyError as error:
            raise self._refuse(f"geometry that {name} can compare ({error})") from None
        return self._truth([bool(one) if is_known else None for one, is_known in zip(np.broadcast_to(related, len(known)), known, strict=True)])

    def _each(self, terms: Terms) -> Iterable[Any]:
        """Give a value for each row."""
        return repeat(terms.values[0], len(self.frame)) if terms.is_constant else terms.values

    def _pairs(self, left: Terms, right: Terms) -> Iterable[tuple[Any, Any]]:
        return zip(self._each(left), self._each(right), strict=True)

    def _expect_alike(self, name: str, left: Terms, right: Terms) -> None:
        if left.kind != right.kind:
            raise self._refuse(f"two values of the same type for {name}, not a {left.kind} and a {right.kind}")
        if left.kind == "geometry":
            raise self._refuse("a spatial function, such as S_INTERSECTS, for geometry")

    def _as_moments(self, *terms: Terms) -> list[Terms]:
        """Make days and moments comparable: text that says one is read, and beside a moment a day is its beginning in UTC."""
        if not any(one.kind in _MOMENTS for one in terms):
            return list(terms)
        read = [self._as_moment(one) for one in terms]
        if any(one.kind == "timestamp" for one in read):
            begin = time(tzinfo=UTC)
            return [
                Terms("timestamp", [day and datetime.combine(day, begin) for day in one.values], one.is_constant) if one.kind == "date" else one
                for one in read
            ]
        return read

    def _as_moment(self, terms: Terms) -> Terms:
        if terms.kind != "string" or not terms.is_constant:
            return terms
        (text,) = terms.values
        try:
            return _constant("date", date.fromisoformat(text)) if _DAY.fullmatch(text) else _constant("timestamp", _moment(text))
        except ValueError:
            return terms

    def _terms(self, node: Any, kind: str = "") -> Terms:
        terms = self._read(node)
        if kind and terms.kind != kind:
            raise self._refuse(f"a {kind}, not a {terms.kind}")
        return terms

    def _read(self, node: Any) -> Terms:
        if isinstance(node, bool):
            return _constant("boolean", node)
        if isinstance(node, str):
            return _constant("string", node)
        if isinstance(node, int | float):
            return _constant("number", node)
        if isinstance(node, dict):
            if "property" in node:
                return self._property(node["property"])
            if node.get("op") == "casei":
                (arg,) = self._arguments("casei", node.get("args", []), 1)
                terms = self._terms(arg, "string")
                return terms._replace(values=[value if value is None else value.casefold() for value in terms.values])
            if "date" in node:
                return _constant("date", self._date(node["date"]))
            if "timestamp" in node:
                return _constant("timestamp", self._timestamp(node["timestamp"]))
            if "bbox" in node:
                return _constant("geometry", self._box(node["bbox"]))
            if "type" in node:
                return _constant("geometry", self._shape(node))
        raise self._refuse(
            "a property, text in single quotes, a number, true, false, DATE('2023-01-01'), TIMESTAMP('2023-01-01T00:00:00Z') or geometry in WKT"
        )

    def _property(self, name: Any) -> Terms:
        check_deadline()
        if name not in self._read_properties:
            self._read_properties[name] = self._read_property(name)
        return self._read_properties[name]

    def _read_property(self, name: Any) -> Terms:
        if name == "geometry":
            return Terms("geometry", list(self.geometry))
        if name not in self.types:
            raise self._refuse(f"one of the properties geometry, {', '.join(self.types)}, not {str(name)[:40]!r}")
        kind = KINDS[self.types[name]]
        values = [None if value is None or value != value else value for value in self.frame[name]]
        return Terms(kind, [value and date.fromisoformat(value) for value in values] if kind == "date" else values)

    def _date(self, text: Any) -> date:
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except (TypeError, ValueError):
            pass
        raise self._refuse(f"a date such as 2023-01-01, not {str(text)[:40]!r}")

    def _timestamp(self, text: Any) -> datetime:
        try:
            return _moment(text)
        except (TypeError, ValueError, OverflowError):
            raise self._refuse(f"a moment such as 2023-01-01T00:00:00Z, not {str(text)[:40]!r}") from None

    def _box(self, numbers: Any) -> Any:
        """Give a box as the parameter has it: heights are for others to look at, and in degrees it may cross the antimeridian."""
        if not isinstance(numbers, list) or len(numbers) not in (4, 6) or not all(isinstance(number, int | float) for number in numbers):
            raise self._refuse("four numbers for BBOX, or six with heights")
        half = len(numbers) // 2
        corners = self._valid(from_axis_order(shapely.MultiPoint([numbers[:2], numbers[half : half + 2]]), self.wanted.crs))
        (west, south), (east, north) = shapely.get_coordinates(corners).tolist()
        crosses = west > east and self.wanted.crs.is_in_degrees
        if south > north or (west > east and not crosses):
            raise self._refuse("the lower corner of a BBOX before the upper one")
        if not crosses:
            # A line or a point where corners share a side.
            return shapely.envelope(corners)
        return shapely.union_all([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])

    def _shape(self, node: dict[str, Any]) -> Any:
        try:
            geometry = shape(node)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
            raise self._refuse(f"geometry that is complete ({error})") from None
        return self._valid(from_axis_order(shapely.force_2d(geometry), self.wanted.crs))

    def _valid(self, geometry: Any) -> Any:
        """Give back geometry, x before y, that can be compared with."""
        if geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all() or not geometry.is_valid:
            raise self._refuse("valid geometry that is not empty")
        if self.wanted.crs.is_in_degrees and not is_on_earth(geometry):
            raise self._refuse(f"degrees in the order {self.wanted.crs.axes}")
        return geometry

    def _arguments(self, name: str, args: Any, count: int) -> list[Any]:
        if not isinstance(args, list) or len(args) != count:
            raise self._refuse(f"{count} argument{'s' if count > 1 else ''} for {name}")
        return args

    def _truth(self, values: Iterable[Any]) -> Truth:
        return pd.Series(list(values), index=self.frame.index, dtype="boolean")

    def _refuse(self, expected: str) -> BadParameterError:
        return BadParameterError("filter", self.wanted.text, expected)


def _moment(text: str) -> datetime:
    """Read a moment of RFC 3339, in UTC; a further fraction of a second than Python knows is cut.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())).astimezone(UTC)


def _constant(kind: str, value: Any) -> Terms:
    return Terms(kind, [value], is_constant=True)


def _compile_like(pattern: str) -> re.Pattern[str]:
    """Make a regular expression of a pattern: ``%`` is any text, ``_`` any character, and a backslash takes what follows as it is.

    What stands between two ``%`` is looked for once, where it occurs first, and the search never comes back to it: it is an atomic group, as
    :mod:`fnmatch` writes them. Matching takes steps in proportion to both lengths, whatever the pattern.
    """
    stretches = [""]
    for part in re.findall(r"\\.|%|_|[^\\%_]+|\\", pattern, re.DOTALL):
        if part == "%":
            stretches.append("")
        else:
            stretches[-1] += "." if part == "_" else re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
    first, *others = stretches
    if others:
        *middle, last = others
        first += "".join(f"(?>.*?{stretch})" for stretch in middle if stretch) + f".*{last}"
    return re.compile(first, re.DOTALL)
