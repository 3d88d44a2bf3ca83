"""From query parameters to a selection: strictly for data, with notes for pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from werkzeug.datastructures import MultiDict

from geo.errors import BadParameterError
from geo.ground.bbox import parse_bbox
from geo.layers.comparisons import Comparison, key_at
from geo.layers.select import Layer, Selection
from geo.tables.kinds import Kind
from geo.tables.reading import Tables

MAX_Q = 100
# What the map page reads.
PAGE_PARAMETERS = frozenset({"corridor", "kind", "district", "q", "indicator", "period", "basemap", "metro", "place", "page", "lang"})
# What messengers and campaigns append to shared links: no parameter of ours, and no mistake of the reader's.
APPENDED = re.compile(r"utm_\w+|from|isappinstalled|nsukey|spm|share_token|gclid|fbclid")


def parse_selection(args: MultiDict[str, str], layer: Layer, tables: Tables) -> Selection:
    """Read the filters of a layer from query parameters.

    ``corridor``, ``kind`` and ``district`` may stand more than once or hold several values with commas.

    Parameters
    ----------
    args, layer
        What is asked for, and of which layer.
    tables
        Which districts there are.

    Raises
    ------
    BadParameterError
        If a parameter is not a filter of the layer, stands twice where once is enough, or has a value it cannot have.
    """
    for name in args:
        if name not in layer.filters:
            raise BadParameterError(name, args[name], f"one of the filters of {layer.name}: {', '.join(layer.filters)}", layer.filters)
    for name in ("bbox", "q"):
        if len(args.getlist(name)) > 1:
            raise BadParameterError(name, args.getlist(name)[1], "the parameter once")
    return Selection(
        corridors=_parse_choices(args, "corridor", tables.corridor_ids),
        kinds=frozenset(map(Kind, _parse_choices(args, "kind", Kind))),
        districts=_parse_choices(args, "district", tables.districts),
        bbox=parse_bbox(args["bbox"]) if "bbox" in args else None,
        q=_parse_q(args.get("q", "")),
    )


def parse_filters(values: Mapping[str, str], layer: Layer, tables: Tables) -> Selection:
    """Read the filters of a layer as a shell gives them: each at most once, several values with commas; as :func:`parse_selection`.

    Raises
    ------
    BadParameterError
        As :func:`parse_selection`.
    """
    return parse_selection(MultiDict(values), layer, tables)


def is_known_parameter(name: str) -> bool:
    """Tell whether the map page reads a parameter, or leaves it alone knowingly."""
    return name in PAGE_PARAMETERS or APPENDED.fullmatch(name) is not None


def page_selection(args: MultiDict[str, str], tables: Tables) -> tuple[Selection | None, int, list[BadParameterError]]:
    """Read the filters of the page; what cannot be used is dropped and reported.

    Parameters
    ----------
    args
        What is asked for.
    tables
        Which districts there are.

    Returns
    -------
    selection
        ``None`` when an empty ``corridor`` says that every layer is switched off.
    number
        Which page of the list, from 1.
    dropped
        What was dropped.
    """
    dropped: list[BadParameterError] = []

    def choices(name: str, allowed: Iterable[str]) -> frozenset[str]:
        kept = MultiDict[str, str]()
        for value in filter(None, _values(args, name)):
            try:
                _parse_choices(MultiDict([(name, value)]), name, allowed)
                kept.add(name, value)
            except BadParameterError as error:
                # Its traceback refers to this call, and so to the tables: see geo.ground.garbage.
                dropped.append(error.with_traceback(None))
        return _parse_choices(kept, name, allowed)

    q = ""
    try:
        q = _parse_q(args.get("q", ""))
    except BadParameterError as error:
        dropped.append(error.with_traceback(None))
    all_off = args.getlist("corridor") == [""]
    corridors = frozenset[str]() if all_off else choices("corridor", tables.corridor_ids)
    selection = Selection(
        corridors=corridors, kinds=frozenset(map(Kind, choices("kind", Kind))), districts=choices("district", tables.districts), q=q
    )
    number = args.get("page", "1")
    if not re.fullmatch(r"[1-9]\d{0,5}", number, re.ASCII):
        dropped.append(BadParameterError("page", number, "the number of a page, from 1"))
        number = "1"
    return (None if all_off else selection), int(number), dropped


def parse_comparison(args: Mapping[str, str], comparisons: Mapping[str, Comparison]) -> Comparison | None:
    """Read what places are compared by: ``indicator`` says it whole, or ``period`` says of which time.

    Parameters
    ----------
    args
        What is asked for.
    comparisons
        What there is, by key.

    Raises
    ------
    BadParameterError
        If there is no such comparison, or a period without an indicator.
    """
    indicator, period = args.get("indicator", ""), args.get("period", "")
    if not indicator and not period:
        return None
    if (found := comparisons.get(key_at(indicator, period))) is None:
        parts = (key.split("@") for key in comparisons)
        periods = tuple(time for name, time, *_ in parts if period and name == indicator.partition("@")[0])
        if periods:
            raise BadParameterError("period", period, "a period that the indicator is stated of", periods)
        raise BadParameterError("indicator", indicator, "an indicator and a period that go together", tuple(comparisons))
    return found


def _values(args: MultiDict[str, str], name: str) -> list[str]:
    return [value for text in args.getlist(name) for value in text.split(",")]


def _parse_choices(args: MultiDict[str, str], name: str, allowed: Iterable[str]) -> frozenset[str]:
    allowed = list(map(str, allowed))
    for value in _values(args, name):
        if value not in allowed:
            raise BadParameterError(name, value, f"one of {', '.join(allowed)}", allowed)
    return frozenset(_values(args, name))


def _parse_q(text: str) -> str:
    if len(text) > MAX_Q:
        raise BadParameterError("q", text, f"{MAX_Q} characters at most")
    if "\0" in text:
        raise BadParameterError("q", text, "text without control characters")
    return text
