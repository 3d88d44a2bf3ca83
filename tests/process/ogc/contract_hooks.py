"""What schemathesis has to know to ask sensible questions: formats of our own that the API's description names."""

from __future__ import annotations

import json
from typing import Any

import cql2
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, HookContext

MOMENTS = st.sampled_from(["2023-01-01T00:00:00Z", "2022-06-30", "2023-05-31T23:59:59.5+08:00"])
SPANS = st.tuples(st.sampled_from(["2020-01-01T00:00:00Z", "..", ""]), MOMENTS).map("/".join)
FILTERS = (
    "source = 'report-2023'",
    "source IS NOT NULL AND NOT (corridor IN ('west', 'east') OR name_zh LIKE '%区%')",
    "CASEI(name_en) LIKE CASEI('%ZONE%')",
    "geometry IS NULL",
)
schemathesis.openapi.format("datetime-or-interval", MOMENTS | SPANS)
schemathesis.openapi.format("cql2", st.sampled_from(FILTERS))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Write a filter in the language that the request says it is in, which a description cannot demand."""
    if case.query.get("filter-lang") == "cql2-json" and case.query.get("filter") in FILTERS:
        case.query["filter"] = json.dumps(cql2.parse_text(case.query["filter"]).to_json())
    numbers = _numbers(case.query.get("bbox"))
    if numbers:
        case.query["bbox"] = _ordered(numbers)


def _numbers(value: Any) -> list[float]:
    """Read the numbers of a box, as a list or already as text; nothing where there are none."""
    parts = value.split(",") if isinstance(value, str) else value
    try:
        return [float(part) for part in parts] if len(parts) in (4, 6) else []
    except (TypeError, ValueError):
        return []


def _ordered(numbers: list[float]) -> str:
    """Put the lower corner of a box before the upper one, and both on Earth, which a description cannot demand either."""
    half = len(numbers) // 2
    pairs = [sorted(max(-90.0, min(90.0, number)) for number in pair) for pair in zip(numbers[:half], numbers[half:], strict=True)]
    return ",".join(str(pair[end]) for end in (0, 1) for pair in pairs)


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Take the maximum out of ``limit``: more is no error, as the standard says (/req/core/fc-limit-response-1), which a description cannot say."""
    raw_schema["components"]["parameters"]["limit"]["schema"].pop("maximum")
