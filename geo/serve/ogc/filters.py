"""Filters in CQL2: parsed by the ``cql2`` package, decided here over the rows of a collection.

A comparison with what a row does not have is neither true nor false; so is its negation, and such a row is not chosen, as CQL2 and SQL have it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeAlias

import cql2
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape

from geo.errors import BadParameterError
from geo.serve.ogc.crs import Crs, from_axis_order, is_on_earth

# The parser works by recursion in native code: a text that nests deeper than any sensible filter would exhaust the stack of a thread.
MAX_DEPTH = 20
MAX_OPERATORS = 200

# Of the nullable dtype: true, false, or neither.
Truth: TypeAlias = "pd.Series[bool]"


class Terms(NamedTuple):
    """A value for each row, or one for all.

    Attributes
    ----------
    kind
        ``string``, ``number``, ``boolean``, ``date`` or ``geometry``.
    values
        A list as long as the rows, ``None`` where a row has nothing.
    """

    kind: str
    values: list[Any]


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
_LOGICAL = ("and", "or", "not")
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
        parsed = (cql2.parse_text if language == "cql2-text" else cql2.parse_json)(text)
    except cql2.ParseError as error:
        raise BadParameterError("filter", text, f"{language} ({_reason(error)})") from None
    return Filter(text, parsed.to_json(), crs)


def _reason(error: cql2.ParseError) -> str:
    """Say in a line where and why the parser stopped; the lines between draw an arrow."""
    lines = [line.strip(" =") for line in str(error).splitlines()]
    return " ".join(line for line in (lines[0].replace("-->", "at").strip(), *lines[-1:][: len(lines) - 1]) if line)[:160]


def _expect_shallow(text: str) -> None:
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    depth = deepest = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise BadParameterError("filter", text, f"{MAX_DEPTH} parentheses within each other at most")
    if len(re.findall(r"[-+*/%^=<>]|\bnot\b", bare, re.IGNORECASE)) > MAX_OPERATORS:
        raise BadParameterError("filter", text, f"{MAX_OPERATORS} operators at most")


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
    """
    return _Rows(wanted, frame, geometry, types).decide(wanted.expression).fillna(False).astype(bool)


@dataclass(frozen=True)
class _Rows:
    wanted: Filter
    frame: gpd.GeoDataFrame
    geometry: gpd.GeoSeries
    types: Mapping[str, str]

    def decide(self, node: Any) -> Truth:
        """Decide a predicate for every row."""
        if isinstance(node, bool):
            return self._truth([node] * len(self.frame))
        if not isinstance(node, dict):
            raise self._refuse("a condition, such as kind = 'project'")
        if "property" in node:
            return self._truth(self._terms(node, "boolean").values)
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
            return self._truth([value is None for value in self._terms(arg).values])
        if name == "between":
            value, low, high = self._arguments(name, args, 3)
            return self._compare(">=", [value, low]) & self._compare("<=", [value, high])
        if name == "in":
            return self._is_among(args)
        if name == "like":
            return self._is_like(args)
        raise self._refuse(f"the operators {', '.join(OPERATORS)}" + (f", not {name[:40]!r}" if isinstance(name, str) else ""))

    def _compare(self, name: str, args: list[Any]) -> Truth:
        left, right = self._alike(name, *self._arguments(name, args, 2))
        if left.kind == "boolean" and name not in ("=", "<>"):
            raise self._refuse("= or <> between true and false")
        if left.kind == "geometry":
            raise self._refuse("a spatial function, such as S_INTERSECTS, for geometry")
        order = _ORDERS[name]
        return self._truth([None if a is None or b is None else order(a, b) for a, b in zip(left.values, right.values, strict=True)])

    def _is_among(self, args: list[Any]) -> Truth:
        value, options = self._arguments("in", args, 2)
        if not isinstance(options, list) or not options:
            raise self._refuse("a list with a value or more for in")
        truths = [self._compare("=", [value, option]) for option in options]
        for truth in truths[1:]:
            truths[0] = truths[0] | truth
        return truths[0]

    def _is_like(self, args: list[Any]) -> Truth:
        value, pattern = (self._terms(arg, "string") for arg in self._arguments("like", args, 2))
        return self._truth(
            [None if a is None or b is None else _like(b).fullmatch(a) is not None for a, b in zip(value.values, pattern.values, strict=True)]
        )

    def _relate(self, name: str, args: list[Any]) -> Truth:
        left, right = (self._terms(arg, "geometry") for arg in self._arguments(name, args, 2))
        known = [a is not None and b is not None for a, b in zip(left.values, right.values, strict=True)]
        related = _SPATIAL[name](np.array(left.values, dtype=object), np.array(right.values, dtype=object))
        return self._truth([bool(one) if is_known else None for one, is_known in zip(related, known, strict=True)])

    def _alike(self, name: str, *nodes: Any) -> tuple[Terms, Terms]:
        left, right = (self._terms(node) for node in nodes)
        if left.kind != right.kind:
            raise self._refuse(f"two values of the same type for {name}, not a {left.kind} and a {right.kind}")
        return left, right

    def _terms(self, node: Any, kind: str = "") -> Terms:
        terms = self._read(node)
        if kind and terms.kind != kind:
            raise self._refuse(f"a {kind}, not a {terms.kind}")
        return terms

    def _read(self, node: Any) -> Terms:
        everywhere = len(self.frame)
        if isinstance(node, bool):
            return Terms("boolean", [node] * everywhere)
        if isinstance(node, str):
            return Terms("string", [node] * everywhere)
        if isinstance(node, int | float):
            return Terms("number", [node] * everywhere)
        if isinstance(node, dict):
            if "property" in node:
                return self._property(node["property"])
            if node.get("op") == "casei":
                (arg,) = self._arguments("casei", node.get("args", []), 1)
                return Terms("string", [value if value is None else value.casefold() for value in self._terms(arg, "string").values])
            if "date" in node:
                return Terms("date", [self._date(node["date"])] * everywhere)
            if "bbox" in node:
                return Terms("geometry", [self._geometry(self._box(node["bbox"]))] * everywhere)
            if "type" in node:
                return Terms("geometry", [self._geometry(self._shape(node))] * everywhere)
        raise self._refuse("a property, text in single quotes, a number, true, false, DATE('2023-01-01') or geometry in WKT")

    def _property(self, name: Any) -> Terms:
        if name == "geometry":
            return Terms("geometry", list(self.geometry))
        if name not in self.types:
            raise self._refuse(f"one of the properties geometry, {', '.join(self.types)}, not {str(name)[:40]!r}")
        kind = KINDS[self.types[name]]
        values = [None if value is None or value != value else value for value in self.frame[name]]
        return Terms(kind, [value and date.fromisoformat(value) for value in values] if kind == "date" else values)

    def _date(self, text: Any) -> date:
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
                return date.fromisoformat(text)
        except (TypeError, ValueError):
            pass
        raise self._refuse(f"a date such as 2023-01-01, not {str(text)[:40]!r}")

    def _box(self, numbers: Any) -> Any:
        if not isinstance(numbers, list) or len(numbers) != 4 or not all(isinstance(number, int | float) for number in numbers):
            raise self._refuse("four numbers for BBOX")
        if numbers[0] > numbers[2] or numbers[1] > numbers[3]:
            raise self._refuse("the lower corner of a BBOX before the upper one")
        return shapely.box(*numbers)

    def _shape(self, node: dict[str, Any]) -> Any:
        try:
            geometry = shape(node)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
            raise self._refuse(f"geometry that is complete ({error})") from None
        return shapely.force_2d(geometry)

    def _geometry(self, geometry: Any) -> Any:
        if geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all() or not geometry.is_valid:
            raise self._refuse("valid geometry that is not empty")
        own = from_axis_order(geometry, self.wanted.crs)
        if self.wanted.crs.is_in_degrees and not is_on_earth(own):
            raise self._refuse(f"degrees in the order {self.wanted.crs.axes}")
        return own

    def _arguments(self, name: str, args: Any, count: int) -> list[Any]:
        if not isinstance(args, list) or len(args) != count:
            raise self._refuse(f"{count} argument{'s' if count > 1 else ''} for {name}")
        return args

    def _truth(self, values: list[Any]) -> Truth:
        return pd.Series(values, index=self.frame.index, dtype="boolean")

    def _refuse(self, expected: str) -> BadParameterError:
        return BadParameterError("filter", self.wanted.text, expected)


def _like(pattern: str) -> re.Pattern[str]:
    """Make a regular expression of a pattern: ``%`` is any text, ``_`` any character, and a backslash takes what follows as it is."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+|\\", pattern, re.DOTALL)
    meaning = {"%": ".*", "_": "."}
    return re.compile("".join(meaning.get(part) or re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part) for part in parts), re.DOTALL)
