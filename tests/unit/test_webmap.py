from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import pytest
from shapely.geometry import shape

from geo.atlas import Atlas
from geo.draw.basemap import Outline, read_outline
from geo.draw.webmap import MAX_ZOOM, MIN_ZOOM, AtlasMap, MapParts, build_map, render_map
from geo.geocode.answers import Match
from geo.settings import Settings

NAMES = {"west": "西", "east": "东", "none": "多点"}
HOSTILE = ["</script><script>alert(1)</script>", "${1}", "<img src=x onerror=alert(1)>", "`+alert(1)+`", "'\"\\", "\u2028\u2029", "<!--", "&lt;"]


@pytest.fixture(scope="module")
def outline(settings: Settings) -> Outline:
    return read_outline(settings.data)


def place(id_: str, name: str, lon: float | None = 120.1, lat: float | None = 30.2, symbol: str = "site") -> dict[str, Any]:
    return {"id": id_, "position": 0, "name": name, "located": name, "symbol": symbol, "lon": lon, "lat": lat, "radius": 900, "search": [name]}


def places_of(atlas: Atlas) -> dict[str, list[dict[str, Any]]]:
    drawn: dict[str, list[dict[str, Any]]] = {corridor: [] for corridor in ("west", "east", "none")}
    for row in atlas.tables.places:
        answer = atlas.answers[row.id]
        lon, lat = (answer.lon, answer.lat) if isinstance(answer, Match) else (None, None)
        drawn[row.corridor].append(place(row.id, row.name_zh, lon, lat, row.kind.value))
    return drawn


def drawn(
    atlas: Atlas,
    outline: Outline,
    places: Mapping[str, Sequence[Mapping[str, Any]]],
    names: Mapping[str, str] = NAMES,
    district_name: str = "name_zh",
) -> MapParts:
    ties = {"east": [((120.18067, 30.18282), (120.02, 30.018))]}
    return render_map(build_map(outline, atlas.layers.corridors, places, ties, names, district_name, atlas.tables.profile.box))


def script_of(parts: MapParts) -> str:
    return parts.script.content.decode()


def argument(script: str, call: str) -> Any:
    """The JSON that a call is given behind the first argument."""
    return json.JSONDecoder().raw_decode(script, script.index(call) + len(call))[0]


def test_two_builds_are_the_same_to_the_byte(atlas: Atlas, outline: Outline) -> None:
    assert drawn(atlas, outline, places_of(atlas)) == drawn(atlas, outline, places_of(atlas))


def test_the_page_gets_a_div_and_nothing_else(atlas: Atlas, outline: Outline) -> None:
    html = drawn(atlas, outline, places_of(atlas)).html
    assert re.fullmatch(r'\s*<div class="folium-map" id="map_atlas"\s*></div>\s*', html)


def test_the_script_links_to_no_other_host_and_holds_no_markup(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[^\s\"']*", script.replace("http://www.w3.org/2000/svg", "")) == []
    assert re.findall(r"<\s*/?\s*[a-z!]", script, flags=re.IGNORECASE) == []


def test_folium_adds_no_files_of_other_hosts(atlas: Atlas, outline: Outline) -> None:
    drawn(atlas, outline, places_of(atlas))
    assert (AtlasMap.default_js, AtlasMap.default_css) == ([], [])


def test_the_map_has_limits_although_it_has_no_tiles(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    assert re.findall(r'"(minZoom|maxZoom|zoomSnap)":([\d.]+)', script) == [
        ("zoomSnap", "0.5"),
        ("minZoom", str(MIN_ZOOM)),
        ("maxZoom", str(MAX_ZOOM)),
    ]
    assert "L.tileLayer" not in script


def test_every_place_is_handed_to_its_layer_in_lon_lat(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    for position, wanted in enumerate(places_of(atlas).values()):
        assert argument(script, f"atlas.addPlaces(feature_group_corridor_{position},") == wanted


def test_the_map_is_started_last(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    assert re.findall(r"^\s*atlas\.(\w+)\(", script, flags=re.MULTILINE)[-1] == "start"


def test_every_layer_and_part_has_a_name_of_ours(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    groups = re.findall(r"var (feature_group_\w+)=", script)
    shapes = re.findall(r"var (geo_json_\w+)=", script)
    assert groups == ["feature_group_corridor_0", "feature_group_corridor_1", "feature_group_corridor_2"]
    of_corridors = ("corridor_0_belt", "corridor_0_axis", "corridor_1_belt", "corridor_1_axis", "corridor_1_ties")
    assert shapes == [f"geo_json_{name}" for name in of_corridors]


def numbers_of(letters: str) -> list[int]:
    """The whole numbers of an encoded polyline: read from the lowest five bits, as the page does."""
    numbers, read, shift = [], 0, 0
    for bits in (ord(letter) - 63 for letter in letters):
        read, shift = read | (bits & 31) << shift, shift + 5
        if not bits & 32:
            numbers.append(~(read >> 1) if read & 1 else read >> 1)
            read, shift = 0, 0
    return numbers


def walk(part: Any, units: int) -> Any:
    """Lines and rings of an outline as they were before they were written as steps."""
    if not isinstance(part, str):
        return [walk(one, units) for one in part]
    steps = numbers_of(part)
    return [(x / units, y / units) for x, y in zip(accumulate(steps[::2]), accumulate(steps[1::2]), strict=True)]


def test_the_outline_is_what_it_was_to_ten_metres(atlas: Atlas, outline: Outline) -> None:
    given = argument(script_of(drawn(atlas, outline, places_of(atlas))), "atlas.addOutline(map_atlas,")
    collections = {"surround": outline.surround, "district": outline.districts, "water": outline.water}
    assert list(given) == list(collections)
    for name, part in given.items():
        units, shapes = part["units"], part["shapes"]
        features = [feature for feature in collections[name]["features"] if feature["geometry"]["type"] != "Point"]
        assert len(shapes) == len(features)
        for (classes, steps), feature in zip(shapes, features, strict=True):
            assert name in classes.split()
            geometry = {"type": feature["geometry"]["type"], "coordinates": walk(steps, units)}
            assert shape(geometry).hausdorff_distance(shape(feature["geometry"])) < 1 / units


def test_the_names_of_the_districts_are_in_the_reader_s_language(atlas: Atlas, outline: Outline) -> None:
    for district_name, first in (("name_zh", "上城区"), ("name_en", "Shangcheng District")):
        names = argument(script_of(drawn(atlas, outline, places_of(atlas), district_name=district_name)), "atlas.addNames(map_atlas,")
        assert names[0] == [first, 120.2339, 30.3065]
        assert len(names) == 13


def test_the_first_view_holds_the_belts_and_every_place_but_the_city(atlas: Atlas, outline: Outline) -> None:
    script = script_of(drawn(atlas, outline, places_of(atlas)))
    south, west, north, east = (float(number) for number in re.findall(r"-?\d+\.\d+", script[script.rindex("[[") :])[:4])
    assert west < 119.7233 and east > 120.5424
    assert south == 29.793 and north > 30.456
    assert west > 119.48


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_data(atlas: Atlas, outline: Outline, name: str) -> None:
    hostile = place("hostile", name)
    collection = outline.districts | {
        "features": [feature | {"properties": feature["properties"] | {"name_zh": name}} for feature in outline.districts["features"]]
    }
    parts = drawn(
        atlas,
        dataclasses.replace(outline, districts=collection),
        {"east": [hostile]},
        dict.fromkeys(("west", "east", "none"), name),
    )
    assert name not in parts.html
    assert argument(script_of(parts), "atlas.addPlaces(feature_group_corridor_1,") == [hostile]
    assert {label for label, *_ in argument(script_of(parts), "atlas.addNames(map_atlas,")} == {name}
    assert re.findall(r"<\s*/?\s*[a-z!]", script_of(parts), flags=re.IGNORECASE) == []
    # What JSON leaves as it is stands between double quotes, where it is neither a template nor a name.
    assert script_of(parts).count(name) == script_of(parts).count(json.dumps(name, ensure_ascii=False))


def test_a_place_that_is_missed_is_handed_over_without_a_coordinate(atlas: Atlas, outline: Outline) -> None:
    missed = place("missed", "某园", None, None)
    script = script_of(drawn(atlas, outline, {"west": [missed, place("found", "某厂")]}))
    assert argument(script, "atlas.addPlaces(feature_group_corridor_0,")[0] == missed
