"""The values of cells: periods, and the parsers that turn the text of a cell into a value or say what was expected.

Nothing here does I/O.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

import shapely
from pydantic import PlainValidator

from geo.ground.palette import CARD, DARK_CARD, LEAST_CONTRAST, contrast
from geo.tables.kinds import NO_CORRIDOR
from geo.tables.units import Unit, parse_unit

# --- values in cells ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A span of time in ISO 8601, as a table states it.

    Attributes
    ----------
    text
        As written: ``2022``, ``2023-Q1``, ``2023-01/2023-05``, ``/2027`` (by 2027), ``2020/`` (since 2020), ``after`` (达产后: after completion).
    start, end
        First and last day, both within the period; ``None`` where it is open.
    """

    text: str
    start: date | None
    end: date | None

    @classmethod
    def parse(cls, text: str) -> Period:
        """Parse a period.

        Raises
        ------
        ValueError
            If the text is not a period, ends before it starts, or is of a year that no table speaks of.
        """
        if text == AFTER:
            return cls(text, None, None)
        first, slash, last = text.partition("/")
        if not first and not last:
            raise ValueError(_PERIOD)
        start = _first_and_last_day(first)[0] if first else None
        end = _first_and_last_day(last if slash else first)[1] if last or not slash else None
        if start and end and end < start:
            raise ValueError("a period that ends after it starts")
        return cls(text, start, end)


# Industry and its plans: what is older or later is a slip of the keyboard. Not the clock of the day: the same tables are valid on every day.
FIRST_YEAR, LAST_YEAR = 1800, 2100
# What is said of the time after a project is completed, whenever that is.
AFTER = "after"
_PERIOD = "an ISO 8601 period such as 2022, 2023-05, 2023-Q1, 2023-01/2023-05, /2027 or 2020/, or after for after completion"
_PERIOD_PART = re.compile(r"(?P<year>[12]\d{3})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-3]\d))?))?", re.ASCII)


def _first_and_last_day(text: str) -> tuple[date, date]:
    found = _PERIOD_PART.fullmatch(text)
    if not found:
        raise ValueError(_PERIOD)
    year = int(found["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    if found["quarter"]:
        last_month = 3 * int(found["quarter"])
        return date(year, last_month - 2, 1), date(year, last_month, calendar.monthrange(year, last_month)[1])
    if not found["month"]:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(found["month"])
    days = calendar.monthrange(year, month)[1]
    if not found["day"]:
        return date(year, month, 1), date(year, month, days)
    if not 1 <= int(found["day"]) <= days:
        raise ValueError(_PERIOD)
    return date(year, month, int(found["day"])), date(year, month, int(found["day"]))


_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_DEGREES = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?", re.ASCII)
# A name is asked for as a whole (`/geocode` takes so many characters), a word stands on a switch, and a text is a paragraph.
MOST_IN_A_WORD, MOST_IN_A_NAME, MOST_IN_A_TEXT = 40, 200, 2000
# Drawn on every page, and schematic.
_MOST_POINTS = 10_000
# China measures 5 000 km.
_MOST_UNCERTAINTY_M = 3_000_000
# A loss may be several times the profit before it; more than that is a slip of the comma.
_LEAST_GROWTH, _MOST_GROWTH = -10_000, 1_000_000
# Letters by their class that are drawn as nothing: fillers of Hangul, the blank of Braille; and what stands where a character was lost.
_FILLERS = re.compile("[\u115f\u1160\u2800\u3164\uffa0\ufffc\ufffd]")
# The rows of a table have few sources, periods and other such values: each is read once and kept once.
_remembered = lru_cache(1 << 12)


def _given(cell: object) -> str:
    if not isinstance(cell, str):
        raise ValueError("a value")
    return cell


def expect_line(text: str, most: int) -> str:
    """Refuse what is not one line of text that can be seen and read as it stands.

    Parameters
    ----------
    text
        What was given.
    most
        How many characters it may have.

    Returns
    -------
    str
        The text.

    Raises
    ------
    ValueError
        If it is too long, has white space around it, or has characters that break a line, turn its direction or are not seen; says what was expected.
    """
    if len(text) > most:
        raise ValueError(f"{most} characters at most, not {len(text)}")
    if text != text.strip():
        raise ValueError("text without white space around it")
    # One look tells that there is none, as in most texts.
    if not text.isprintable() or _FILLERS.search(text):
        for character in text:
            _expect_seen(character)
    return text


def _expect_seen(character: str) -> None:
    named = f"U+{ord(character):04X} ({unicodedata.name(character, 'no character')})"
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        raise ValueError("one line of text without control characters")
    if category == "Zs" and character != " ":
        raise ValueError(f"plain spaces, not {named}")
    is_none = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    if category in ("Cf", "Cs") or is_none or _FILLERS.match(character):
        raise ValueError(f"text without what is not seen or was lost, such as {named}")


def expect_name(text: str, most: int, what: str = "a name") -> str:
    """Refuse what is not one line of text, as :func:`expect_line` does, or has neither a letter nor a digit.

    Parameters
    ----------
    text, most
        As :func:`expect_line` takes them.
    what
        What was expected, for the message.
    """
    line = expect_line(text, most)
    if not any(map(str.isalnum, line)):
        raise ValueError(f"{what} with a letter or a digit")
    return line


def _parse_text(cell: object) -> str:
    text = expect_line(_given(cell), MOST_IN_A_TEXT)
    if not any(unicodedata.category(character)[0] in "LNPS" for character in text):
        raise ValueError("text that can be seen")
    return text


def _parse_name(cell: object) -> str:
    return expect_name(_given(cell), MOST_IN_A_NAME)


def _parse_word(cell: object) -> str:
    return expect_name(_given(cell), MOST_IN_A_WORD, "a word")


@_remembered
def _parse_slug(cell: object) -> str:
    text = _given(cell)
    if not _SLUG.fullmatch(text) or len(text) > 80:
        raise ValueError("a name of small letters, digits and single hyphens or underscores, 80 at most")
    return text


@_remembered
def _parse_decimal(cell: object) -> Decimal:
    text = _given(cell)
    if not _DECIMAL.fullmatch(text):
        raise ValueError("a number in plain digits, such as 305.8")
    return Decimal(text)


def _parse_area(cell: object) -> Decimal:
    area = _parse_decimal(cell)
    if area <= 0:
        raise ValueError("an area of more than 0")
    return area


def _parse_growth(cell: object) -> Decimal:
    growth = _parse_decimal(cell)
    if not _LEAST_GROWTH <= growth <= _MOST_GROWTH:
        raise ValueError(f"percent from {_LEAST_GROWTH} to {_MOST_GROWTH}")
    return growth


def _parse_uncertainty(cell: object) -> int:
    metres = _parse_positive(cell)
    if metres > _MOST_UNCERTAINTY_M:
        raise ValueError(f"metres, {_MOST_UNCERTAINTY_M} at most")
    return metres


def _parse_count(cell: object) -> int:
    text = _given(cell)
    if not _COUNT.fullmatch(text):
        raise ValueError("a whole number in plain digits, 0 or more")
    return int(text)


def _parse_positive(cell: object) -> int:
    count = _parse_count(cell)
    if count == 0:
        raise ValueError("a whole number of 1 or more")
    return count


def _parse_code(cell: object) -> str:
    text = _given(cell)
    if not re.fullmatch(r"\d{6}|\d{9}", text, re.ASCII):
        raise ValueError("a code of 6 or 9 digits")
    return text


def _parse_codes(cell: object) -> tuple[str, ...]:
    return tuple(_parse_code(part) for part in _given(cell).split(";"))


def _parse_names(cell: object) -> tuple[str, ...]:
    names = tuple(expect_name(part, MOST_IN_A_NAME) for part in _given(cell).split(";"))
    if len(set(names)) < len(names):
        raise ValueError("names with a semicolon between them, none of them twice")
    return names


def _parse_degrees(cell: object) -> float:
    text = _given(cell)
    if not _DEGREES.fullmatch(text):
        raise ValueError("decimal degrees, such as 120.18067")
    return float(text)


@_remembered
def _parse_period(cell: object) -> Period:
    return Period.parse(_given(cell))


@_remembered
def _parse_date(cell: object) -> Period:
    text = _given(cell)
    if "/" in text or "Q" in text:
        raise ValueError("an ISO 8601 date such as 2023-07-01, 2023-07 or 2023")
    return Period.parse(text)


def _parse_url(cell: object) -> str:
    text = _parse_text(cell)
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    # What RFC 3987 keeps out of an address ends it where it is written into a text.
    if not is_address or set(text) & set(' <>"\\^`{|}'):
        raise ValueError("an address that starts with http:// or https://")
    return text


def _parse_slug_of_corridor(cell: object) -> str:
    slug = _parse_slug(cell)
    if slug == NO_CORRIDOR:
        raise ValueError(f"another id than {NO_CORRIDOR}, which says that a place lies on no corridor")
    return slug


def _parse_colour_on(ground: str) -> Callable[[object], str]:
    def parse(cell: object) -> str:
        text = _given(cell)
        if not re.fullmatch(r"#[0-9a-f]{6}", text, re.ASCII):
            raise ValueError("a colour such as #1f5f8b")
        if contrast(text, ground) < LEAST_CONTRAST:
            raise ValueError(f"a colour with a contrast of at least {LEAST_CONTRAST} : 1 to {ground} (this one has {contrast(text, ground):.1f} : 1)")
        return text

    return parse


def _parse_sha256(cell: object) -> str:
    text = _given(cell)
    if not re.fullmatch(r"[0-9a-f]{64}", text, re.ASCII):
        raise ValueError("a sha256 of 64 small hexadecimal digits")
    return text


def _parse_unit(cell: object) -> Unit:
    return parse_unit(_given(cell))


def _parse_axis(cell: object) -> shapely.LineString | shapely.MultiLineString:
    text = _given(cell)
    try:
        axis = shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        axis = None
    if not isinstance(axis, shapely.LineString | shapely.MultiLineString) or axis.is_empty:
        raise ValueError("WKT of a LineString or MultiLineString, lon lat")
    if axis.has_z or any(line.length == 0 for line in shapely.get_parts(axis)):
        raise ValueError("lines of two points or more that are not the same, each lon lat")
    if shapely.get_num_coordinates(axis) > _MOST_POINTS:
        raise ValueError(f"a schematic line of {_MOST_POINTS} points at most")
    for lon, lat in shapely.get_coordinates(axis):
        expect_in_china(float(lon), float(lat))
    return axis


# The box of mainland China and its islands: wide enough for any place a report can name, narrow enough to catch swapped axes.
WEST, SOUTH, EAST, NORTH = 73, 3, 136, 54


def expect_in_china(lon: float, lat: float) -> None:
    """Refuse a point that is not in China.

    Parameters
    ----------
    lon, lat
        Degrees, in any of the datums of mainland China.

    Raises
    ------
    ValueError
        If it is elsewhere; says what was expected.
    """
    if WEST <= lon <= EAST and SOUTH <= lat <= NORTH:
        return
    if WEST <= lat <= EAST and SOUTH <= lon <= NORTH:
        raise ValueError("lon before lat: the two look swapped")
    raise ValueError(f"a coordinate in China: lon {WEST} to {EAST}, lat {SOUTH} to {NORTH}")


Text = Annotated[str, PlainValidator(_parse_text)]
Name = Annotated[str, PlainValidator(_parse_name)]
Names = Annotated[tuple[str, ...], PlainValidator(_parse_names)]
Word = Annotated[str, PlainValidator(_parse_word)]
Slug = Annotated[str, PlainValidator(_parse_slug)]
CorridorId = Annotated[str, PlainValidator(_parse_slug_of_corridor)]
Colour = Annotated[str, PlainValidator(_parse_colour_on(CARD))]
DarkColour = Annotated[str, PlainValidator(_parse_colour_on(DARK_CARD))]
Number = Annotated[Decimal, PlainValidator(_parse_decimal)]
Area = Annotated[Decimal, PlainValidator(_parse_area)]
Growth = Annotated[Decimal, PlainValidator(_parse_growth)]
Uncertainty = Annotated[int, PlainValidator(_parse_uncertainty)]
Count = Annotated[int, PlainValidator(_parse_count)]
Positive = Annotated[int, PlainValidator(_parse_positive)]
Code = Annotated[str, PlainValidator(_parse_code)]
Codes = Annotated[tuple[str, ...], PlainValidator(_parse_codes)]
Degrees = Annotated[float, PlainValidator(_parse_degrees)]
PeriodCell = Annotated[Period, PlainValidator(_parse_period)]
DateCell = Annotated[Period, PlainValidator(_parse_date)]
Url = Annotated[str, PlainValidator(_parse_url)]
Sha256 = Annotated[str, PlainValidator(_parse_sha256)]
UnitCell = Annotated[Unit, PlainValidator(_parse_unit)]
Axis = Annotated[shapely.LineString | shapely.MultiLineString, PlainValidator(_parse_axis)]
