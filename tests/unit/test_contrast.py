"""The colours of the style sheet: every text can be read on every ground that it stands on, in both themes."""

from __future__ import annotations

import math
import re
from itertools import product

import pytest

from geo.settings import PROJECT
from geo.tables.reading import Tables

SHEET = (PROJECT / "static" / "atlas.css").read_text(encoding="utf-8")
TEXTS = ("ink", "mute", "accent", "warning", "none", "up", "down")
GROUNDS = ("paper", "card", "halo")
# WCAG 2.2, 1.4.3: text; 1.4.11: what has to be seen to use the page.
TEXT, SHAPE = 4.5, 3.0


def tokens(theme: str) -> dict[str, str]:
    """The tokens of a theme, from the rule for browsers that can choose between two."""
    both = re.findall(r"--([a-z-]+): light-dark\((#\w+|rgb\([^)]*\)), (#\w+|rgb\([^)]*\))\);", SHEET)
    return {name: light if theme == "light" else dark for name, light, dark in both}


def hues(tables: Tables, theme: str) -> list[str]:
    """The colours of the corridors in a theme."""
    return [row.colour if theme == "light" else row.colour_dark for row in tables.corridors]


def fallback() -> dict[str, str]:
    """The tokens of browsers that cannot."""
    return dict(re.findall(r"--([a-z-]+): (#\w+|rgb\([^)]*\));", SHEET.partition("@supports")[0]))


def channels(colour: str) -> list[int]:
    if colour.startswith("#"):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]
    return [int(part) for part in re.findall(r"\d+", colour)[:3]]


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG defines it."""
    parts = [part / 255 for part in channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000", "#fff") == 21
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_token_has_two_colours_and_the_first_is_that_of_other_browsers() -> None:
    assert tokens("light") == fallback()
    assert tokens("dark").keys() == tokens("light").keys() >= {*TEXTS, *GROUNDS, "on-colour", "line", "water"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), [*product(TEXTS, GROUNDS)])
def test_a_text_can_be_read_on_its_ground(theme: str, text: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_text_can_be_read_on_a_hue(tables: Tables, theme: str) -> None:
    colours = tokens(theme)
    for hue in (colours["none"], *hues(tables, theme)):
        assert contrast(colours["on-colour"], hue) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_hue_of_a_corridor_can_be_read_as_a_text(tables: Tables, theme: str) -> None:
    colours = tokens(theme)
    for hue, ground in product(hues(tables, theme), GROUNDS):
        assert contrast(hue, colours[ground]) >= TEXT, (hue, ground)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_name_can_be_read_over_water(theme: str) -> None:
    """A label may run over a river."""
    colours = tokens(theme)
    assert contrast(colours["ink"], colours["water"]) >= TEXT
    assert contrast(colours["mute"], colours["water"]) >= SHAPE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_symbol_is_seen_on_land_and_water(tables: Tables, theme: str) -> None:
    colours = tokens(theme)
    for hue, ground in product((colours["none"], *hues(tables, theme)), ("card", "paper", "water")):
        assert contrast(hue, colours[ground]) >= SHAPE, (hue, ground)


def test_print_is_the_light_theme_on_white() -> None:
    printed = SHEET.partition("@media print")[2]
    assert "color-scheme: light; --paper: #fff; --card: #fff;" in printed
    for text in TEXTS:
        assert contrast(tokens("light")[text], "#fff") >= TEXT


# Machado, Oliveira and Fernandes 2009, of an eye that lacks one kind of cone wholly; linear sRGB.
EYES = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no long": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no middle": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no short": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: str, eye: str) -> list[float]:
    """CIE L*a*b* of a colour as an eye sees it."""
    parts = [part / 255 for part in channels(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    linear = [min(1.0, max(0.0, sum(share * part for share, part in zip(row, linear, strict=True)))) for row in EYES[eye]]
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(share * part for share, part in zip(row, linear, strict=True)) for row in to_xyz]
    x, y, z = (part / white for part, white in zip(xyz, (0.9505, 1.0, 1.089), strict=True))
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_growth_and_decline_stay_apart_whatever_colours_an_eye_tells(theme: str, eye: str) -> None:
    colours = tokens(theme)
    # 10 is about four times what can just be told apart.
    assert math.dist(seen(colours["up"], eye), seen(colours["down"], eye)) > 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_hues_of_growth_are_neither_red_nor_green_nor_a_corridors(tables: Tables, theme: str) -> None:
    colours = tokens(theme)
    for own in (colours["up"], colours["down"]):
        for other in (*hues(tables, theme), "#c62828", "#2e7d32"):
            assert math.dist(seen(own, "all"), seen(other, "all")) > 25, (own, other)
