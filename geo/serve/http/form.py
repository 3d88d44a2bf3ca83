"""From query parameters to the form of a file."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from geo.errors import BadParameterError
from geo.ground.datum import Datum
from geo.layers.formats import FORMATS, Format
from geo.layers.formats.coordinates import CRS_CODES
from geo.layers.formats.form import Form, Shape
from geo.tables.reading import Tables
from geo.words.columns import ColumnWords
from geo.words.phrases import LANGUAGES

# The parameters that say how a file is written and not what it holds.
FORM_PARAMETERS = ("shape", "crs", "datum", "lang", "headings", "bom")
HEADINGS = ("words", "codes")


def parse_form(args: MultiDict[str, str], format_: Format, tables: Tables) -> Form:
    """Read the form of a file from those query parameters that are about it; the others are passed over.

    Parameters
    ----------
    args, format_
        What is asked for, and in which format.
    tables
        Which projected system the data folder names, and what its corridors are called.

    Raises
    ------
    BadParameterError
        If the format has no such choice, or a parameter stands twice or has a value it cannot have.
    """
    allowed: Mapping[str, tuple[str, ...]] = {
        "shape": tuple(Shape),
        "crs": tuple(dict.fromkeys((*CRS_CODES, tables.profile.projected_crs))),
        "datum": tuple(Datum),
        "lang": tuple(LANGUAGES),
        "headings": HEADINGS,
        "bom": ("1", "0"),
    }
    given: dict[str, str] = {}
    for name in filter(args.__contains__, FORM_PARAMETERS):
        value, *more = args.getlist(name)
        if more:
            raise BadParameterError(name, more[0], "the parameter once")
        if name not in format_.options:
            having = ", ".join(one.extension for one in FORMATS.values() if name in one.options)
            raise BadParameterError(name, value, f"a format in which it can be chosen: {having}; {format_.extension} is none of them")
        if value not in allowed[name]:
            raise BadParameterError(name, value, f"one of {', '.join(allowed[name])}", allowed[name])
        given[name] = value
    datum = Datum(given.get("datum", Datum.WGS84))
    if "crs" in given and datum is not Datum.WGS84:
        raise BadParameterError("datum", datum, f"no crs beside it: {datum} is in none of them")
    # Chinese is the language of the tables; a file does not depend on who asks for it.
    words = ColumnWords(given.get("lang", "zh"), tables)
    is_spoken = given.get("headings", HEADINGS[0 if format_.extension != "csv" else 1]) == HEADINGS[0]
    return Form(
        shape=Shape(given.get("shape", Shape.NESTED)),
        # A drawing is in metres, and says so in its name.
        crs=given.get("crs", tables.profile.projected_crs if format_.extension == "dxf" else ""),
        datum=datum,
        words=words,
        has_headings=is_spoken,
        has_bom=given.get("bom", "1") == "1",
    )


def parse_form_values(values: Mapping[str, str], format_: Format, tables: Tables) -> Form:
    """Read the form of a file as a shell gives it, each parameter at most once; as :func:`parse_form`.

    Raises
    ------
    BadParameterError
        As :func:`parse_form`.
    """
    return parse_form(MultiDict(values), format_, tables)
