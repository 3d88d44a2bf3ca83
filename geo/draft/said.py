"""What keeps a draft from being written, and what is written of it: lines in English, each with what a page needs to say it in other words."""

from __future__ import annotations

from typing import Any

from geo.errors import Problem
from geo.tables.provenance import Finding


class Said(str):
    """A line, in English.

    Attributes
    ----------
    code
        What it says; a page has a phrase for each.
    values
        What the phrase is about, and where it is: ``start`` and ``end`` as code points in the text of the draft.
    """

    code: str
    values: dict[str, Any]

    def __new__(cls, line: str, /, code: str, **values: Any) -> Said:
        """Make a line that knows what it says."""
        said = super().__new__(cls, line)
        said.code, said.values = code, values
        return said


def of_finding(finding: Finding) -> Said:
    """Say what the tables, as they would be, and the text do not agree on.

    Parameters
    ----------
    finding
        As :func:`geo.tables.provenance.check_text` gives it.
    """
    where = dict(zip(("start", "end"), finding.span, strict=True)) if finding.span else {}
    return Said(str(finding), finding.code, paragraph=finding.paragraph or "", stated=finding.stated, **where)


def of_problem(problem: Problem) -> Said:
    """Say what would be wrong in a table.

    Parameters
    ----------
    problem
        As :class:`geo.errors.TableError` has it.
    """
    values = {"file": problem.file, "line": problem.line, "column": problem.column, "value": problem.value, "expected": problem.expected}
    return Said(str(problem), "table", **values)
