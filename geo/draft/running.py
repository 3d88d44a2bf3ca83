"""From a file to a folder with its text and its draft."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from geo.draft.drafts import Draft, PlaceGiven, Report, draft_text, to_document
from geo.draft.known import known_places
from geo.draft.names import COMPANY, kind_of, propose
from geo.draft.opinion import Ask, ask_model
from geo.draft.readers import DocumentError, read_document
from geo.errors import GeoError
from geo.geocode.answers import Query
from geo.geocode.answers import to_document as answer_document
from geo.geocode.gazetteer import Gazetteer
from geo.geocode.offline import OfflineGeocoder
from geo.ground.files import read_regular, replaced
from geo.ground.names import pinyin_of
from geo.tables.kinds import Kind, UnitKind
from geo.tables.numbers import to_half_width
from geo.tables.provenance import find_blocks
from geo.tables.reading import Tables
from geo.tables.units import parse_unit

DRAFT, STANDARD_INPUT = "draft.json", Path("-")
_AROUND = 12
_MOST_TITLE = 60
# 产值 alone would end many labels; so short a label names no indicator.
_LEAST_LABEL = 3


class PlacesError(GeoError):
    """A list of places that cannot be used: file, line, column, value and what was expected."""


def locate(string: str, file: Path) -> list[str]:
    """Say where a string stands in a text, width and spaces between aside.

    Parameters
    ----------
    string
        What is looked for.
    file
        A document, or ``-``.

    Returns
    -------
    list of str
        One line for each place where it stands: paragraph, start, end (code points, end excluded) and what is around it.

    Raises
    ------
    DocumentError
        If the document cannot be read.
    """
    text = read_document(None if file == STANDARD_INPUT else file, str(file)).text
    half = to_half_width(text)
    blocks = find_blocks(text)
    lines = []
    for found in re.finditer(re.escape(to_half_width(string)), half) if string else ():
        start, end = found.span()
        paragraph = next((number for number, first, last in blocks if first <= start < last), 0)
        around = f"{text[max(0, start - _AROUND) : start]}[{text[start:end]}]{text[end : end + _AROUND]}".replace("\n", " ")
        lines.append(f"paragraph {paragraph}, start {start}, end {end}: {around}")
    return lines


def write_draft(
    tables: Tables,
    file: Path,
    folder: Path,
    day: date | None,
    host: str | None,
    places: Path | None,
    source_id: str | None,
    title: str | None,
    *,
    ask: Ask | None = None,
) -> list[str]:
    """Read a document, draft it, and write ``draft.json`` and ``{id}.txt`` into a folder.

    Parameters
    ----------
    tables
        The tables, for the places that are known.
    file
        The document, or ``-``.
    folder
        Made where there is none.
    day, host
        Of the report; proposed from its text where ``None``.
    places
        A list of confirmed places, or ``None``.
    source_id, title
        Of the source; from the name of the file and the first line where ``None``.
    ask
        The language model that looks the choices over; ``None`` for none.

    Returns
    -------
    list of str
        A summary, line by line.

    Raises
    ------
    DocumentError
        If the document cannot be read, or the folder has a draft that somebody has begun to review.
    PlacesError
        If the list of places cannot be used.
    OSError
        If the folder cannot be written.
    """
    _expect_not_reviewed(folder)
    document = read_document(None if file == STANDARD_INPUT else file, str(file))
    notes: list[str] = []
    confirmed = None if places is None else read_places(places, notes)
    known = known_places(tables)
    text = document.text
    if day is None:
        day = propose_day(text)
        notes.append(f"date: {day.isoformat()} is proposed from the text; give --date, as 今年 and 去年 hang on it")
    if host is None:
        host = propose_host(text, confirmed if confirmed is not None else known)
        notes.append(f"host: {host or 'none'} is proposed from the text; give --host, as 全区 and 全市 hang on it")
    first_line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    id_ = _slug(source_id or ("" if file == STANDARD_INPUT else file.stem)) or "report"
    # A text without a title begins with a sentence, and its sentences are not for the tables.
    is_title = len(first_line) <= _MOST_TITLE and not first_line.endswith(("。", "；", "，", ";", "."))
    report = Report(id_, title or (first_line if is_title else id_), day, host)
    draft = draft_text(report, text, confirmed, known)
    written = to_document(draft)
    written["source"]["format"] = document.format
    written["origins"] = [
        {
            key: value
            for key, value in (("start", origin.start), ("end", origin.end), ("page", origin.page), ("table", origin.table), ("row", origin.row))
            if value is not None
        }
        for origin in document.origins
        if origin.page or origin.table
    ]
    match_places(written["places"], OfflineGeocoder(Gazetteer(tables)))
    name_indicators(written["figures"], tables)
    opinion = ask_model(written, text, ask) if ask else None
    folder.mkdir(parents=True, exist_ok=True)
    with replaced(folder / f"{report.id}.txt") as part:
        part.write_bytes(text.encode())
    with replaced(folder / DRAFT) as part:
        part.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return [*notes, *(opinion.lines(len(draft.figures)) if opinion else ()), *_summary(draft, folder)]


def _expect_not_reviewed(folder: Path) -> None:
    """Refuse to write over what a person has decided."""
    try:
        revision = json.loads(read_regular(folder / DRAFT))["review"]["revision"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if revision:
        raise DocumentError(str(folder / DRAFT), "is under review; give another folder with -o, or remove this one")


def match_places(places: Sequence[dict[str, Any]], geocoder: OfflineGeocoder) -> None:
    """Say where the gazetteer and the divisions have each place, or why they do not; a company is looked for nowhere.

    Parameters
    ----------
    places
        As the draft has them; each gets its ``match``.
    geocoder
        That of the tables.
    """
    located = [place for place in places if place["kind"] != COMPANY]
    answers = geocoder.geocode([Query(place["name"]) for place in located])
    for place, answer in zip(located, answers, strict=True):
        place["match"] = answer_document(answer)


def name_indicators(figures: Sequence[dict[str, Any]], tables: Tables) -> None:
    """Give each figure the indicator of the vocabulary whose label its own ends with, or that ends with it, if it measures the same.

    Parameters
    ----------
    figures
        As the draft has them; each gets its ``indicator``.
    tables
        With the vocabulary.
    """
    for figure in figures:
        label = figure["label"].removesuffix("增速")
        kind = None if figure["unit"] is None or figure["growth_pct"] == figure["value"] else _kind_of(figure["unit"])
        named = [
            row
            for row in tables.vocabulary
            if len(label) >= _LEAST_LABEL and (label.endswith(row.label_zh) or row.label_zh.endswith(label)) and kind in (None, row.unit_kind)
        ]
        if named:
            figure["indicator"] = min(named, key=lambda row: abs(len(row.label_zh) - len(label))).indicator


def _kind_of(unit: str) -> UnitKind | None:
    """Say what a unit measures; ``None`` of one that says only how many, as 常住人口42万 does, until a person writes what they are."""
    try:
        return parse_unit(unit).kind
    except ValueError:
        return None


def _summary(draft: Draft, folder: Path) -> list[str]:
    reasons = Counter(reason.value for _, _, reason in draft.others)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return [
        f"text: {len(draft.text)} characters, {len(find_blocks(draft.text))} paragraphs",
        f"places: {len(draft.places)}, {sum(place.is_confirmed for place in draft.places)} of them confirmed",
        f"figures: {len(draft.figures)}, {sum(place is None for _, place in draft.figures)} without a place",
        f"other numbers: {len(draft.others)}" + (f" ({told})" if told else ""),
        f"written: {folder / DRAFT} and {folder / f'{draft.report.id}.txt'}",
    ]


def _slug(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", pinyin_of(name.lower()))
    return "-".join(words)[:80].strip("-")


def read_places(file: Path, notes: list[str]) -> list[PlaceGiven]:
    """Read a list of confirmed places.

    Parameters
    ----------
    file
        CSV in UTF-8 with the columns name, kind and aliases, the latter separated by semicolons; kind and aliases may be missing.
    notes
        Gets a line for each kind that is not one.

    Raises
    ------
    PlacesError
        If it is no such list.
    """
    document = read_document(file, str(file))
    reader = csv.DictReader(io.StringIO(document.text.lstrip("\ufeff"), newline=""), strict=True)
    kinds = {*(kind.value for kind in Kind), COMPANY}
    places: list[PlaceGiven] = []
    try:
        if "name" not in (reader.fieldnames or ()):
            raise PlacesError(f"{file}:1 [name]: expected this column, with kind and aliases beside it")
        for row in reader:
            name = (row.get("name") or "").strip()
            if not name:
                continue
            kind = (row.get("kind") or "").strip()
            if kind not in kinds:
                guessed = kind_of(name) or Kind.PARK
                if kind:
                    notes.append(f"{file}:{reader.line_num} [kind] {kind!r}: expected one of {', '.join(sorted(kinds))}; taken for {guessed.value}")
                kind = guessed.value
            places.append((name, kind, [alias.strip() for alias in (row.get("aliases") or "").split(";") if alias.strip()]))
    except csv.Error as error:
        raise PlacesError(f"{file}:{reader.line_num}: expected CSV with commas and double quotes ({error})") from None
    if not places:
        raise PlacesError(f"{file}: expected at least one row with a name")
    return places


def propose_day(text: str) -> date:
    """Propose the date of a report: the last day that its text names, else the middle of the year that it speaks from.

    Parameters
    ----------
    text
        The text.
    """
    half = to_half_width(text)
    today = datetime.now(UTC).date()
    days = []
    for found in re.finditer(r"((?:19|20)\d{2})[年./-](\d{1,2})[月./-](\d{1,2})", half):
        try:
            days.append(date(int(found[1]), int(found[2]), int(found[3])))
        except ValueError:
            continue
    past = [day for day in days if day <= today]
    if past:
        return max(past)
    years = [int(found) for found in re.findall(r"(?<!\d)((?:19|20)\d{2})(?=年)", half)]
    stated = [year for year in years if year <= today.year]
    if not stated:
        return today
    year = max(stated)
    # A report that gives a year and speaks of this year besides was written the year after.
    is_after = re.search(r"今年", half) is not None and not re.search(rf"{year}年(?:1|一|以来|上半年|前)", half)
    return min(today, date(year + 1, 6, 30) if is_after else date(year, 12, 31))


def propose_host(text: str, known: Sequence[PlaceGiven]) -> str:
    """Propose what a report is about: the place of its title, else the one that it names most often; empty where it names none.

    Parameters
    ----------
    text
        The text.
    known
        Name, kind and aliases of places that are known.
    """
    places = [place for place in propose(text, "", known) if place.kind not in (COMPANY, Kind.PROJECT)]
    if not places:
        return ""
    title_end = len(text) - len(text.lstrip()) + len(text.lstrip().partition("\n")[0])
    titled = [place for place in places if place.mentions and place.mentions[0][0] < title_end]
    return min(titled, key=lambda place: place.mentions[0]).name if titled else max(places, key=lambda place: len(place.mentions)).name
