"""Every colour, radius and size of lettering that the map is drawn with, once."""

from __future__ import annotations

RADII = {"platform": 10.0, "zone": 7.0, "site": 5.0, "guest": 5.0, "district": 5.0, "city": 5.0}
# Symbols that give way to located ones: guests have no point of their own, and the point of a district stands for the whole of it.
FLOATING = ("guest", "district", "city")
# Pixels of labels and names.
LABEL_SIZE, AXIS_NAME_SIZE, DISTRICT_NAME_SIZE = 13, 13, 12
# The light tokens of the page: a picture is printed and pasted, so that it does not follow a reader's dark mode.
PAPER, CARD, INK, MUTE, LINE = "#f6f4ee", "#fffdf9", "#22262b", "#62676d", "#dcd7cb"
WATER, LAND_LINE = "#bcd3dd", "#cfc9bb"
# Of the corridors, by their ids.
HUES = {"west": "#1f5f8b", "east": "#b5511a", "none": "#5d6166"}
