"""The rows of the tables that an accepted draft makes, and what it lacks to make them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from geo.draft.names import COMPANY
from geo.draft.said import Said
from geo.ground.datum import Datum
from geo.ground.names import normalize_name, pinyin_of
from geo.tables.kinds import NO_CORRIDOR, Basis, CorridorBasis, Kind, NumberReason, Precision, SourceKind, UnitKind
from geo.tables.numbers import to_half_width
from geo.tables.provenance import DATE, find_blocks
from geo.tables.reading import Tables
from geo.tables.units import parse_unit

Row = dict[str, str]
Part = dict[str, Any]
_STATES = ("proposed", "accepted", "rejected")
# How the scopes of ranks that name no place are called in English; others are written in pinyin until somebody translates them.
_SCOPES_EN = {
    "全国": "China",
    "全省": "the province",
    "全市": "the city",
    "全区": "the district",
    "全县": "the county",
    "全球": "the world",
    "世界": "the world",
}
_MOST_SLUG = 60
_FORMULA = re.compile(r"[=+@]|-(?![\d.]+$)")
# What a point stands for whose true place lies within so many metres.
_PRECISIONS = ((300, Precision.SITE), (1500, Precision.LOCALITY), (math.inf, Precision.AREA))


@dataclass
class Rows:
    """Rows by file, in the order in which the files are written, and what keeps them from being written.

    Attributes
    ----------
    by_file
        Cells by column.
    problems
        One line for each thing that is missing or wrong.
    notes
        What a person should look at afterwards.
    """

    by_file: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[Said] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)

    def refuse(self, line: str, /, code: str, **values: Any) -> None:
        """Note what is missing or wrong."""
        self.problems.append(Said(line, code, **values))

    def remind(self, file: str, id_: str, column: str, value: str) -> None:
        """Note what is only pinyin until somebody translates it."""
        where = f"{file} {id_}: {column}" if id_ else f"{file} {column}"
        self.notes.append(Said(f"to translate: {where} {value!r} is only pinyin", "pinyin", file=file, id=id_, column=column, value=value))

    def add(self, file: str, row: Row) -> None:
        """Add a row, if the same one is not there yet."""
        rows = self.by_file.setdefault(file, [])
        if row not in rows:
            rows.append(row)


def make_rows(document: Mapping[str, Any], text: str, tables: Tables) -> Rows:
    """Make the rows of everything that is accepted.

    Parameters
    ----------
    document
        The draft.
    text
        Its text.
    tables
        The tables as they are: what they have already keeps its id.
    """
    rows = Rows()
    try:
        _Making(document, text, tables, rows).make()
    except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
        rows.refuse(f"draft.json: not in the form that is documented ({type(error).__name__}: {error})", "form", value=str(error))
    except ValueError as error:
        rows.refuse(f"draft.json: expected {error}", "form", value=str(error))
    return rows


def slug_of(name: str) -> str:
    """Write a name in small letters, digits and hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", pinyin_of(normalize_name(name))))[:_MOST_SLUG].strip("-")


def _figure_values(figure: Mapping[str, Any]) -> Part:
    return {"figure": f"{figure['label'] or ''} {figure['value'] or ''}{figure['unit'] or ''}".strip(), "start": figure["start"]}


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except ValueError:
        return False
    return True


class _Making:
    def __init__(self, document: Mapping[str, Any], text: str, tables: Tables, rows: Rows) -> None:
        self.document, self.text, self.tables, self.rows = document, text, tables, rows
        self.source: str = document["source"]["id"]
        self.blocks = find_blocks(text)
        self.ids: dict[str, str] = {}
        self.companies: set[str] = set()
        self.districts: dict[str, str] = {}
        names = {row.name: row.alias_of or row.name for row in tables.gazetteer if row.basis is None or row.alias_of is None}
        by_query = {place.place_query: place.id for place in tables.places}
        # What the gazetteer calls each place, or the one that it takes its location from.
        self.gazetteer_names = {row.name: row.name for row in tables.gazetteer if row.alias_of is None}
        for place in tables.places:
            self.ids[place.name_zh] = place.id
            self.gazetteer_names[place.name_zh] = place.place_query
        for name, canonical in names.items():
            if canonical in by_query:
                self.ids.setdefault(name, by_query[canonical])

    def make(self) -> None:
        """Make the rows, table by table in the order of their references."""
        self._make_source()
        for place in self.document["places"]:
            self._expect_state("place", place["name"], place["state"], place=place["name"])
        for place in self._hosts_first():
            self._make_place(place)
        self._make_figures()
        self._make_others()
        self._expect_no_formula()

    def _expect_no_formula(self) -> None:
        """Refuse what a spreadsheet would run when somebody opens the tables in one: the words of a report are anybody's."""
        for file, rows in self.rows.by_file.items():
            for row in rows:
                for column, value in row.items():
                    if _FORMULA.match(value):
                        line = f"{file} [{column}] {value[:40]!r}: expected a text that a spreadsheet does not take for a formula"
                        self.rows.refuse(line, "formula", file=file, column=column, value=value[:40])

    def _hosts_first(self) -> list[Mapping[str, Any]]:
        """Give the accepted places, each behind the one that it lies in."""
        left = {place["name"]: place for place in self.document["places"] if place["state"] == "accepted"}
        ordered: list[Mapping[str, Any]] = []
        while left:
            free = [place for place in left.values() if place.get("parent") not in left]
            if not free:
                names = ", ".join(left)
                self.rows.refuse(f"places {names}: each lies in another of them; expected one that lies in none", "circle", names=names)
                return ordered
            ordered += free
            for place in free:
                del left[place["name"]]
        return ordered

    def _expect_state(self, what: str, name: str, state: str, **values: Any) -> None:
        if state not in _STATES:
            self.rows.refuse(f"{what} {name}: state {state!r}, expected accepted or rejected", "form", value=f"state {state!r}")
        elif state == "proposed":
            self.rows.refuse(f"{what} {name}: neither accepted nor rejected yet", f"open_{what}", **values)

    def _paragraph_of(self, start: int) -> str:
        return next((str(number) for number, first, last in self.blocks if first <= start < last), "")

    # --- sources and places ---

    def _make_source(self) -> None:
        source = self.document["source"]
        known = self.tables.sources_by_id.get(self.source)
        if known is not None:
            if known.sha256 != source["sha256"]:
                self.rows.refuse(f"source {self.source}: another text has this id already; draft with --id", "source_id", id=self.source)
            return
        row = {
            "id": self.source,
            "title": source["title"],
            "kind": source.get("kind") or SourceKind.WEB.value,
            "published": source["date"] or "",
            "sha256": source["sha256"],
        }
        row |= {name: source[name] for name in ("publisher", "pages", "authors", "url", "retrieved_on") if source.get(name)}
        self.rows.add("sources.csv", row)
        for number, start, end in self.blocks:
            self.rows.add("paragraphs.csv", {"source": self.source, "paragraph": str(number), "start": str(start), "end": str(end)})

    def _make_place(self, place: Mapping[str, Any]) -> None:
        name = place["name"]
        if name in self.ids:
            return
        known = next((alias for alias in place["aliases"] if alias in self.ids), None)
        if known is not None:
            self.ids[name] = self.ids[known]
            return
        if place["kind"] == COMPANY:
            # A company is known, so that its numbers are told as its own; it is no place of the tables.
            self.companies.add(name)
            return
        if place["kind"] not in {kind.value for kind in Kind}:
            expected = f"expected one of {', '.join(Kind)}; a company is a place where it has a site"
            self.rows.refuse(f"place {name}: kind {place['kind']!r}, {expected}", "kind", place=name, kind=place["kind"])
            return
        if not place["mentions"]:
            # A host that the text does not name has nothing to point to.
            return
        id_ = place.get("id") or slug_of(name)
        if id_ in self.tables.places_by_id:
            self.rows.refuse(f"place {name}: the id {id_} is another place's; give it one of its own (id)", "place_id", place=name, id=id_)
            return
        english = place.get("name_en") or id_.replace("-", " ").capitalize()
        if not place.get("name_en"):
            self.rows.remind("places.csv", id_, "name_en", english)
        parent = place.get("parent")
        self.ids[name] = id_
        row = {
            "id": id_,
            "name_zh": name,
            "name_en": english,
            "kind": place["kind"],
            "parent_id": self.ids.get(parent, "") if parent else "",
            "corridor": place.get("corridor") or NO_CORRIDOR,
            "corridor_basis": place.get("corridor_basis") or CorridorBasis.NONE.value,
            "district": place.get("district") or self._district_of(place),
            "place_query": place.get("place_query") or name,
            "source": self.source,
            "paragraph": self._paragraph_of(place["mentions"][0][0]),
        }
        self.districts[id_] = row["district"]
        self.rows.add("places.csv", row)
        if place.get("location"):
            self._make_location(place, row["district"])
            return
        match = place["match"] or {}
        if match.get("status") == "match":
            if match["name"] in self.gazetteer_names:
                self.gazetteer_names.setdefault(name, self.gazetteer_names[match["name"]])
        elif parent in self.gazetteer_names:
            # Where it is nobody knows yet: it is shown with its host.
            self.gazetteer_names[name] = self.gazetteer_names[parent]
            self.rows.add("gazetteer.csv", {"name": name, "alias_of": self.gazetteer_names[parent], "basis": "parent", "source": self.source})
            return
        spellings = {self.text[start:end] for start, end in place["mentions"]}
        if spellings and name not in spellings and place["aliases"] and parent:
            # Named only by an alias: the verifier looks for it by what the gazetteer says.
            self.rows.add("gazetteer.csv", {"name": name, "alias_of": parent, "basis": "parent", "source": self.source})

    def _make_location(self, place: Mapping[str, Any], district: str) -> None:
        """Say where a place is, by a point that a person has set."""
        location = place["location"]
        uncertainty = int(location["uncertainty_m"])
        self.gazetteer_names[place["name"]] = place.get("place_query") or place["name"]
        row = {
            "name": place.get("place_query") or place["name"],
            "lon": f"{location['lon']:.6f}",
            "lat": f"{location['lat']:.6f}",
            "datum": Datum.WGS84.value,
            "precision": next(precision.value for most, precision in _PRECISIONS if uncertainty <= most),
            "uncertainty_m": str(uncertainty),
            "admin": district,
            "basis": Basis.DERIVED.value,
            "source": self.source,
        }
        self.rows.add("gazetteer.csv", row)

    def _district_of(self, place: Mapping[str, Any]) -> str:
        """Give the district in which the gazetteer has it, or that its name begins with, else that of the host, else the city as a whole."""
        districts = self.tables.districts
        location = place.get("location") or {}
        if location.get("district") in districts:
            return str(location["district"])
        parent = self.ids.get(place.get("parent") or "")
        if parent is not None and (parent in self.tables.places_by_id or parent in self.districts):
            return self.districts.get(parent) or self.tables.places_by_id[parent].district
        divisions = (place["match"] or {}).get("divisions") or []
        matched = [division["name"] for division in divisions if division["name"] in districts]
        if matched:
            return str(matched[-1])
        named = next((district for district in districts if place["name"].startswith((district, district[:-1])) and len(district) > 2), None)
        host = self.ids.get(self.document["source"]["host"] or "")
        if named is None and host is not None and host in self.tables.places_by_id:
            named = self.tables.places_by_id[host].district
        return named or list(districts)[-1]

    # --- figures ---

    def _make_figures(self) -> None:
        taken: dict[tuple[str, str, str], tuple[str, Part]] = {}
        for figure in self.document["figures"]:
            named = f"{figure['label']} {figure['value'] or ''}{figure['unit'] or ''} (start {figure['start']})"
            self._expect_state("figure", named, figure["state"], **_figure_values(figure))
            if figure["state"] == "rejected":
                self._make_rejected(figure, named)
            if figure["state"] != "accepted":
                continue
            subject = self.ids.get(figure["subject"] or "")
            if subject is None:
                is_company = figure["subject"] in self.companies
                what = "is a company (kind 'company'): tell its numbers as company, or give it the kind of its site"
                self.rows.refuse(
                    f"figure {named}: its subject {figure['subject']!r} {what if is_company else 'is no accepted place'}",
                    "of_company" if is_company else "of_no_place",
                    subject=figure["subject"] or "",
                    **_figure_values(figure),
                )
                continue
            row = self._figure_row(figure, subject)
            key = (subject, row["indicator"], row["period"])
            if key in taken:
                other, its = taken[key]
                line = f"figure {named}: {other} is the same indicator of the same place and time; give one of them another label"
                self.rows.refuse(line, "twice", other=its["figure"], **_figure_values(figure))
                continue
            taken[key] = named, _figure_values(figure)
            self.rows.add("indicators.csv", row)

    def _figure_row(self, figure: Mapping[str, Any], subject: str) -> Row:
        value, unit, growth = figure["value"], figure["unit"], figure["growth_pct"]
        if value is not None and growth is not None and unit == "%" and Decimal(value) == Decimal(growth):
            # Only a growth is stated: the tables have it as one.
            value = unit = None
        if value is not None and unit is not None and not _is_unit(unit):
            line = f"figure {figure['label']} (start {figure['start']}): unit {unit!r}, expected one that says of what, such as 万人"
            self.rows.refuse(line, "unit", unit=unit, **_figure_values(figure))
            unit = None
        is_count = value is not None and unit is None and "." not in value
        if is_count:
            unit = "个"
        scope = figure["rank_scope"] if figure["rank"] is not None else None
        if figure["rank"] is not None and not scope:
            line = f"figure {figure['label']} (start {figure['start']}): a rank without what it is among (rank_scope)"
            self.rows.refuse(line, "no_scope", **_figure_values(figure))
        row = {
            "subject_id": subject,
            "indicator": self._indicator(figure, value, unit),
            "value": value or "",
            "value_max": figure["value_max"] or "" if value is not None else "",
            "unit": unit or "",
            "period": figure["period"] or "",
            "qualifier": figure["qualifier"],
            "status": figure["status"],
            "growth_pct": growth or "",
            "rank": "" if figure["rank"] is None else str(figure["rank"]),
            "rank_scope_zh": scope or "",
            "rank_scope_en": figure.get("rank_scope_en") or self._scope_en(scope) if scope else "",
            "source": self.source,
            "paragraph": self._paragraph_of(figure["start"]),
            "start": str(figure["start"]),
            "end": str(figure["end"]),
        }
        return row | ({"growth_max": figure["growth_max"]} if figure.get("growth_max") else {})

    def _scope_en(self, scope: str) -> str:
        known = _SCOPES_EN.get(scope) or self.tables.districts.get(scope)
        if known is None:
            known = slug_of(scope).replace("-", " ").capitalize() or scope
            self.rows.remind("indicators.csv", "", "rank_scope_en", known)
        return known

    def _indicator(self, figure: Mapping[str, Any], value: str | None, unit: str | None) -> str:
        """Give the indicator that the label names, a new one where the vocabulary has none of its kind."""
        kind = UnitKind.SHARE if value is None and figure["growth_pct"] is not None else UnitKind.NONE if value is None else UnitKind.RATIO
        if value is not None and unit is not None:
            kind = parse_unit(unit).kind
        label = (figure["label"] or "").strip() or "figure"
        known = {row.indicator: row for row in self.tables.vocabulary}
        if figure.get("indicator") in known:
            return str(figure["indicator"])
        same = next((row for row in known.values() if row.label_zh == label and (row.unit_kind is kind or value is None)), None)
        if same is not None:
            return same.indicator
        base = (figure.get("indicator") or slug_of(label) or "figure").replace("-", "_")
        made = {row["indicator"]: row for row in self.rows.by_file.get("vocabulary.csv", ())}
        for id_ in (base, f"{base}_{kind.value}"):
            other = made.get(id_)
            if (id_ not in known and other is None) or (other is not None and (other["label_zh"], other["unit_kind"]) == (label, kind.value)):
                break
        english = figure.get("label_en") or id_.replace("_", " ").capitalize()
        if not figure.get("label_en"):
            self.rows.remind("vocabulary.csv", id_, "label_en", english)
        self.rows.add("vocabulary.csv", {"indicator": id_, "label_zh": label, "label_en": english, "unit_kind": kind.value})
        return id_

    # --- other numbers ---

    def _make_rejected(self, figure: Mapping[str, Any], named: str) -> None:
        reason = figure.get("reason")
        if reason not in {one.value for one in NumberReason}:
            line = f"figure {named}: rejected, but reason is {reason!r}; expected one of {', '.join(NumberReason)}"
            self.rows.refuse(line, "no_reason", **_figure_values(figure))
            return
        self._add_other(figure["start"], figure["end"], reason)

    def _make_others(self) -> None:
        dates = [found.span() for found in DATE.finditer(to_half_width(self.text))]
        for other in self.document["other_numbers"]:
            # A date needs no row: the periods of the figures carry it.
            if not any(start <= other["start"] and other["end"] <= end for start, end in dates):
                self._add_other(other["start"], other["end"], other["reason"])

    def _add_other(self, start: int, end: int, reason: str) -> None:
        row = {"source": self.source, "paragraph": self._paragraph_of(start), "start": str(start), "end": str(end), "reason": reason}
        if not any(other["start"] == row["start"] for other in self.rows.by_file.get("other_numbers.csv", ())):
            self.rows.add("other_numbers.csv", row)
