"""Every colour, radius and distance that the map is drawn with, once: the server draws with them and hands them to the page."""

from __future__ import annotations

from typing import NamedTuple

# --- symbols, in pixels -------------------------------------------------------------------------------------------------------------------

RADII = {"platform": 10.0, "zone": 7.0, "site": 5.0, "guest": 5.0, "district": 5.0, "city": 5.0}
# Drawn hollow: guests have no point of their own, and the point of a district stands for the whole of it.
FLOATING = ("guest", "district", "city")
# The point of a whole city lies far from everything that is worth a look: no view is made to show it.
UNFITTED = ("city",)
# Drawn as diamonds; the others are circles.
AREAS = ("district", "city")
# In a comparison: the radius of the largest figure, the least of any, that of a figure without an amount, and that of a place without a figure.
LARGEST, LEAST, UNSIZED, WITHOUT = 26.0, 5.0, RADII["platform"], 4.0
# The line around a symbol, which lies half outside of it, and how opaque its inside is.
STROKES = {"filled": 1.5, "hollow": 2.0, "measured": 1.5, "unsized": 1.5, "without": 1.25}
OPACITIES = {"filled": 0.88, "hollow": 1.0, "measured": 0.75, "unsized": 0.75, "without": 1.0}
# How much of this has the part of a range between its ends.
SPAN_OPACITY = 0.4
# More symbols than this are dots; none of them is larger than the second number where no figures are compared.
CROWD, DOT = 250, 5.0
# Dots are counted in squares with this side; from so many in a square on, their number is written; and so many of those that are compared are named,
# from the largest.
SQUARE, LEAST_COUNTED, MOST_NAMED = 72, 20, 12
# The number stands on a plate of this height: the size of its letters, and how much of the plate is on each side of them.
PLATE_HEIGHT, PLATE_SIZE, PLATE_SPACE = 16, 11, 5
# Symbols around their host: how far they are from it, and from the next one; in which direction the first one stands, clockwise from the right, so
# that few leave room for the name of the host; and how far from its middle any of them may stand, however far their place may be.
RING_GAP, RING_STEP, RING_START, RING_REACH = 6.0, 4.0, 45.0, 64.0
# The point of an area stands for the whole of it: where something stands on it, its symbol may go aside by this share of its radius, in steps of so
# many pixels.
AREA_SHARE, AREA_STEP = 0.25, 4
# How far from their host is the ring that stands for those that cannot be set out.
RING_LINE = 4.0

# --- lettering, in pixels -----------------------------------------------------------------------------------------------------------------

LABEL_SIZE, AXIS_NAME_SIZE, DISTRICT_NAME_SIZE = 13, 13, 12
# The height of a label's box, where in it the base line is, and how far a label is from its symbol.
LABEL_HEIGHT, LABEL_BASE, LABEL_GAP = 16.0, 13.0, 4.0
# Three levels of names: platforms and zones; parks and projects; districts. A name with a value is of the first.
# A name that is longer than the width is broken into lines.
LABEL_LEVELS = {"platform": 0, "zone": 0, "site": 1, "guest": 1, "district": 2, "city": 2}
LABEL_SIZES = (LABEL_SIZE, 12, 11)
LABEL_WIDTH = 176.0
# How far a name is from the next one on its line, so that the two are not read as one.
LABEL_SPACE = 6.0
# How far it is at least from any symbol, so that it is seen to be its own symbol's.
SYMBOL_SPACE = 2.0
# Where a label may stand, best first. From the middle of the symbol to the left top corner of the label: to the right, as so many times the extent
# with the gap, a distance, and a share of the label's width; then down, likewise, with a share of its height.
LABEL_CORNERS = (
    (1, 0, 0, 0, 0, -0.5),
    (-1, 0, -1, 0, 0, -0.5),
    (0, 0, -0.5, 1, -1, 0),
    (0, 0, -0.5, -1, 1, -1),
    (1, 0, 0, 1, -4, 0),
    (1, 0, 0, -1, 4, -1),
    (-1, 0, -1, 1, -4, 0),
    (-1, 0, -1, -1, 4, -1),
)
# How far from its place beside the symbol a label at the end of a line may stand, and in which directions, in degrees clockwise from the right.
LEADER_LENGTHS = (12, 24, 38, 54, 72, 96, 124, 156, 196, 240)
LEADER_DIRECTIONS = (0, 180, 45, -45, 135, -135, 22.5, -22.5, 157.5, -157.5, 90, -90, 67.5, -67.5, 112.5, -112.5)
# The side of the squares that cover such a line is about this.
LEADER_STEP = 3.0

# Names without room take the places of others that find another place: tried where no more than so many are without, as of a crowd most are.
LABEL_RETRIED = 16

# --- the reference layer ------------------------------------------------------------------------------------------------------------------

# From which zoom a name is written, by what it names and its rank. A screen of 1 440 pixels is some 170 km wide at zoom 9, 20 km at 12, 5 km at 14.
REFERENCE_ZOOMS = {
    "river": (9.0, 9.5, 11.0),
    "lake": (10.5, 12.0, 13.0),
    "canal": (11.0, 12.0, 12.5),
    "airport": (10.5, 11.0, 12.0),
    "station": (11.0, 12.0, 13.0),
    "hill": (10.0, 11.5, 13.0),
    "township": (12.0, 12.5),
    "village": (13.5, 15.0),
    "metro": (12.5, 12.5),
    "university": (12.0, 12.5, 13.0),
    "park": (12.0, 12.5, 13.5),
    "bridge": (12.5, 13.0, 13.0),
    "landmark": (12.0, 12.5, 13.5),
}
# Of these the names are written in the colour of water.
ON_WATER = ("river", "lake", "canal")
# The lines of the metro, and the marks of its stations.
METRO_ZOOM, STATION_ZOOM = 10.5, 11.0
REFERENCE_SIZE = 11
# Of these a name is written where the point is, without a mark: they are areas.
UNMARKED = ("lake", "township", "village")

# --- colours ------------------------------------------------------------------------------------------------------------------------------

# The light tokens of the page: a picture is printed and pasted, so that it does not follow a reader's dark mode.
PAPER, CARD, INK, MUTE, LINE = "#f6f4ee", "#fffdf9", "#22262b", "#62676d", "#dcd7cb"
WATER, LAND_LINE = "#bcd3dd", "#cfc9bb"
# Names on water, and what a stranger finds his way by: quiet, and readable on the ground.
WATER_NAME, REFERENCE, METRO = "#41707f", "#77736a", "#a3a3a6"
# The corridors have colours of their own, in corridors.csv; grey is what lies on none, and what has no figure to compare.
GREY = "#5d6166"
# The ground of the page in the dark, and the least contrast of the colour of a text with its ground (WCAG 2.2, 1.4.3).
DARK_CARD = "#1e2226"
LEAST_CONTRAST = 4.5
# Where a format has no hatching, a belt is tinted.
BELT_OPACITY = 0.14
# A belt is hatched: the most uncertain thing is the quietest. The distance of the lines and their width in pixels, and how opaque they are.
HATCH_STEP, HATCH_WIDTH, HATCH_OPACITY = 4, 1.0, 0.3


class Stroke(NamedTuple):
    """How a line or an area of an extract is drawn: hairlines that do not compete with a symbol.

    Attributes
    ----------
    colour, dark
        In the light and in the dark.
    widths
        Pixels, by rank; none for what is an area only.
    dash
        Pixels drawn and left out; empty for a whole line.
    opacity
        How much of it is seen: a park must not hide a belt that lies under it.
    """

    colour: str
    dark: str
    widths: tuple[float, ...] = ()
    dash: tuple[float, ...] = ()
    opacity: float = 1


# By kind of an extract that an operator adds, in the order in which they lie on each other.
EXTRACT = {
    "parks": Stroke("#d3e2c6", "#2c3a2a", opacity=0.55),
    "water": Stroke(WATER, "#27414e", (1, 1.5, 1)),
    "divisions": Stroke("#b9b2a2", "#4d5459", (1,), (1, 4)),
    "rails": Stroke("#b3ada2", "#565b60", (1,), (7, 3)),
    "roads": Stroke("#d8cfbb", "#4e555b", (2.25, 2, 1.5, 1)),
}
# Growth diverges at zero, and is full at so many percent; the weakest has so much of its hue, in percent.
# Neither has a meaning of its own, as red and green have, nor is one of a corridor; they stay apart whatever colours an eye can tell.
GROWTH_HUES = {"up": "#5b3a93", "down": "#806600"}
FULL_GROWTH, WEAKEST_GROWTH = 50, 30


def mix(colour: str, share: int, ground: str = CARD) -> str:
    """Mix a colour with its ground in sRGB, as ``color-mix`` of CSS does.

    Parameters
    ----------
    colour, ground
        Such as ``#1f6f54``.
    share
        How much of the colour, in percent.
    """
    channels = zip(*(bytes.fromhex(one.removeprefix("#")) for one in (colour, ground)), strict=True)
    return "#" + bytes(round((one * share + other * (100 - share)) / 100) for one, other in channels).hex()


def contrast(colour: str, ground: str) -> float:
    """Give the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

    Parameters
    ----------
    colour, ground
        Such as ``#1f6f54``.
    """
    dark, light = sorted(map(_luminance, (colour, ground)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [byte / 255 for byte in bytes.fromhex(colour.removeprefix("#"))]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
