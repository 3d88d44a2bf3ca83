"""What the tables cannot say: what the atlas is called, which city it is about, and how it is drawn; from ``atlas.toml``."""

from __future__ import annotations

import re
import tomllib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from geo.errors import Problem
from geo.ground.bbox import Box
from geo.tables.cells import MOST_IN_A_NAME, MOST_IN_A_WORD, expect_name

FILE = "atlas.toml"


def _in_order(frame: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = frame
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise ValueError("west, south, east and north in degrees, west before east and south before north")
    return frame


def _seen(most: int) -> AfterValidator:
    return AfterValidator(lambda text: expect_name(text.strip(), most, "text"))


_Text = Annotated[str, _seen(400)]
_Name = Annotated[str, _seen(MOST_IN_A_NAME)]
_Word = Annotated[str, _seen(MOST_IN_A_WORD)]


_EXPECTED = {"missing": "this key, which is missing", "extra_forbidden": "no key of this name"}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Section):
    """A text in both languages."""

    zh: _Text
    en: _Text


class Province(Bilingual):
    """The province, with the name that addresses use without its kind."""

    short_zh: _Word


class City(Province):
    """The city, with the name that addresses use without its kind, and its code."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")] = Field(description="GB/T 2260, as in admin/divisions.csv")


class CorridorName(Bilingual):
    """The name of a corridor, or of what lies on none, and a word for it."""

    short_zh: _Word
    short_en: _Word

    @property
    def short(self) -> Bilingual:
        """The word in both languages."""
        return Bilingual.model_construct(zh=self.short_zh, en=self.short_en)


class Examples(_Section):
    """What error messages name as an example: a district, and a place of the gazetteer."""

    division: _Name
    place: _Name


class Profile(_Section):
    """What the atlas is called, which city it is about, and how it is drawn.

    Attributes
    ----------
    slug
        Begins the names of files.
    projected_crs
        Such as ``EPSG:4549``; in metres, as the belts are drawn in it (:func:`geo.layers.corridors.build_belts` sees to it).
    frame
        West, south, east, north in degrees, WGS-84: shown when nothing is located.
    title, subtitle, description, abstract
        In both languages; of the pages, of link previews, and of catalogues of data.
    dating
        How the years of the report are known, for the page about the atlas; ``None`` where there is nothing to say.
    outline_credit, divisions_credit
        From whom the built-in outline is, for the map and the pictures; and the divisions, for the page about the atlas, ``None`` where nobody has to
        be named.
    province, city
        Where it is.
    no_corridor
        What the places that lie on no corridor are called.
    examples
        For error messages.
    """

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
    projected_crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")]
    frame: Annotated[tuple[float, float, float, float], AfterValidator(_in_order)]
    title: Bilingual
    subtitle: Bilingual
    description: Bilingual
    abstract: Bilingual
    dating: Bilingual | None = None
    outline_credit: Bilingual
    divisions_credit: Bilingual | None = None
    province: Province
    city: City
    no_corridor: CorridorName
    examples: Examples

    @property
    def box(self) -> Box:
        """The frame as a box."""
        return Box(*self.frame)


def read_profile(text: str, problems: list[Problem]) -> Profile | None:
    """Read the profile; what is wrong with it is added to ``problems``, with line and key.

    Parameters
    ----------
    text
        TOML.
    problems
        Takes what is wrong.

    Returns
    -------
    Profile or None
        ``None`` where anything is wrong.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        problems.append(Problem(FILE, int(found[1]) if found else 0, "", "", f"TOML ({error})"))
        return None
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        for wrong in error.errors():
            key = ".".join(str(part) for part in wrong["loc"] if isinstance(part, str))
            cause = wrong.get("ctx", {}).get("error")
            value = "" if wrong["type"] == "missing" else str(wrong["input"])
            expected = str(cause) if cause else _EXPECTED.get(wrong["type"], wrong["msg"])
            problems.append(Problem(FILE, _line_of(text, key), key, value, expected))
        return None


def _line_of(text: str, key: str) -> int:
    """Find the line of a key, or of the section that it should stand in; 0 where there is neither."""
    section, _, name = key.rpartition(".")
    inside, found = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[([\w.]+)\]", line):
            inside = heading[1]
            found = number if inside in (section, key) else found
        elif inside == section and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return found
