"""The page and the picture draw every place alike, alone and in every comparison: both follow geo/ground/palette.py and geo/draw/marks.py."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.ground import palette
from geo.serve.site import read_assets
from geo.settings import PROJECT
from tests.drawn import SVG, Told, read_symbols, read_tokens, read_told


@pytest.fixture
def told(client: FlaskClient) -> Told:
    return read_told(client.get("/?lang=zh").text, client.get("/map.js?lang=zh").text, client.get("/comparisons.js?lang=zh").text)


def test_every_place_is_drawn_in_the_picture_as_the_page_is_told(client: FlaskClient, told: Told, atlas: Atlas) -> None:
    located = [id_ for id_, answer in atlas.answers.items() if isinstance(answer, Match)]
    assert list(told.comparisons) == list(atlas.comparisons)
    for key in ("", *atlas.comparisons):
        wanted = told.symbols(key)
        assert list(wanted) == located
        svg = ET.fromstring(client.get(f"/map.svg?lang=zh&indicator={quote(key)}").data)
        # A ring stands for guests that cannot be set out, and says how many they are.
        rings = svg.findall(f".//{SVG}g[@class='guests']")
        written = [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") != "halo"]
        counted = sum(int(text) for text in written if re.fullmatch(r"\+\d+", text))
        guests = [symbol for id_, symbol in wanted.items() if told.places[id_]["symbol"] == "guest" and symbol.fill == read_tokens()["card"]]
        drawn = read_symbols(svg)
        # The picture names no symbol: both are put into its order.
        by_size = sorted(wanted.values(), key=lambda symbol: -symbol.radius)
        assert len(drawn) + counted == len(by_size), key
        assert Counter(by_size) - Counter(drawn) <= Counter(guests), key
        assert [symbol for symbol in by_size if symbol in drawn] == by_size or rings, key
        assert bool(rings) == bool(counted), key


def test_growth_has_its_colour_and_what_has_no_amount_the_size_of_a_platform(told: Told) -> None:
    symbol = told.symbols("manufacturing_investment@2023-Q1")["binjiang-hitech"]
    assert (symbol.shape, symbol.radius, symbol.fill) == ("circle", 10, "#5d3c94")
    assert {one.radius for one in told.symbols("manufacturing_investment@2023-Q1").values()} == {10, 4}


def test_a_place_without_the_figure_keeps_its_shape(told: Told) -> None:
    plain, compared = told.symbols(), told.symbols("area@2022")
    assert (plain["qiantang-district"].shape, plain["qiantang-district"].radius) == ("diamond", 5)
    assert (compared["qiantang-district"].shape, compared["qiantang-district"].radius) == ("diamond", 4)
    assert told.symbols("industrial_value_added@2022")["qiantang-district"].shape == "circle"


def test_the_style_sheet_has_the_colours_of_the_palette() -> None:
    tokens = read_tokens()
    wanted: dict[str, Any] = {"none": palette.GREY, **palette.GROWTH_HUES, "paper": palette.PAPER, "card": palette.CARD, "ink": palette.INK}
    wanted |= {"mute": palette.MUTE, "line": palette.LINE, "water": palette.WATER, "land-line": palette.LAND_LINE}
    assert {name: tokens[name] for name in wanted} == wanted
    sheet = (PROJECT / "static" / "atlas.css").read_text(encoding="utf-8")
    # Where the browser can choose between a light and a dark set, the light one is the same.
    assert {name: re.search(rf"--{name}: light-dark\((#\w+),", sheet).group(1) for name in wanted} == wanted  # type: ignore[union-attr]
    assert f".belt {{ stroke: none; fill-opacity: {palette.HATCH_OPACITY}; }}" in sheet
    assert f".hatches path {{ stroke: var(--hue); stroke-width: {palette.HATCH_WIDTH:g}; }}" in sheet
    assert f"font-size: {palette.LABEL_SIZE}px; line-height: {palette.LABEL_HEIGHT:g}px;" in sheet


def test_every_corridor_has_its_hue_in_the_style_sheet_as_in_the_table(atlas: Atlas) -> None:
    sheet = read_assets(atlas.tables.corridors)["atlas.css"].content.decode()
    for row in atlas.tables.corridors:
        assert f"--corridor-{row.id}:{row.colour}" in sheet
        assert f"--corridor-{row.id}:light-dark({row.colour},{row.colour_dark})" in sheet
    for corridor in atlas.tables.corridor_ids:
        assert f".corridor-{corridor}{{--hue:var(--corridor-{corridor})}}" in sheet


@pytest.mark.parametrize("path", sorted((PROJECT / "static" / "atlas").glob("*.js")), ids=lambda path: path.name)
def test_the_scripts_hold_no_rule_of_their_own(path: Path) -> None:
    """Neither the symbol of a kind nor a colour or a share of growth: they are told."""
    text = path.read_text(encoding="utf-8")
    assert re.findall(r'"(?:zone|site|city)"|#[0-9a-f]{6}\b|--(?:up|down|west|east)\b', text) == []
