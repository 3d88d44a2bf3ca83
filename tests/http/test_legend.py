"""The page is handed the legend that the picture draws, in every comparison: both have it of geo/draw/legend.py."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from geo.atlas import Atlas
from tests.drawn import SVG, Drawing, Told, read_legend, read_told, told_drawing


def told_in(client: FlaskClient, language: str) -> Told:
    return read_told(
        client.get(f"/?lang={language}").text, client.get(f"/map.js?lang={language}").text, client.get(f"/comparisons.js?lang={language}").text
    )


def drawn_at(client: FlaskClient, path: str) -> list[Drawing]:
    return read_legend(ET.fromstring(client.get(path).data))


def counted(told: Told, key: str) -> Counter[str]:
    """What is seen where all places and corridors are shown."""
    counts = Counter({"belt": 1, "tie": 1})
    for id_, place in told.places.items():
        if place["lon"] is None:
            counts["missing"] += 1
            continue
        measure = told.comparisons[key]["measures"].get(id_) if key else None
        form = measure["look"]["form"] if measure else "without"
        counts[form if key else place["symbol"]] += 1
        if measure and "core" in measure["look"]:
            counts["span"] += 1
        if not key or measure:
            counts[f"corridor:{place['corridor']}"] += 1
    return counts


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_legend_of_the_page_is_that_of_the_picture(client: FlaskClient, atlas: Atlas, language: str) -> None:
    told = told_in(client, language)
    belts = {f"corridor:{corridor}": 1 for corridor in atlas.layers.corridors["corridor"]}
    for key in ("", *atlas.comparisons):
        legend, counts = told.legend(key), counted(told, key) + Counter(belts)
        picture = client.get(f"/map.svg?lang={language}&indicator={quote(key)}")
        # Whether the places of a host need a ring depends on the room that the picture has.
        counts["ring"] = picture.text.count('<g class="guests"')
        wanted = [told_drawing(scale) for scale in legend["scales"]]
        for row in (*legend["corridors"], *legend["rows"]):
            seen = sum(counts[one] for one in row["keys"])
            if seen:
                wanted.append(told_drawing(row["swatch"], row["text"].replace("{count}", str(seen))))
        drawn = read_legend(ET.fromstring(picture.data))
        # The picture breaks the title where it is too long for a line.
        titles = [drawing for drawing in drawn if not drawing.shapes][: len(drawn) - len(wanted)]
        assert " · ".join(text for title in titles for text in title.texts) == " · ".join(legend["title"]), key
        assert drawn[len(titles) :] == wanted, key


def test_every_comparison_has_a_legend_that_names_it(client: FlaskClient, atlas: Atlas) -> None:
    told = told_in(client, "zh")
    for key, comparison in atlas.comparisons.items():
        title = told.legend(key)["title"]
        assert comparison.vocable.label_zh == title[0]
        written = [text for drawing in drawn_at(client, f"/map.svg?lang=zh&indicator={quote(key)}") for text in drawing.texts]
        assert title[0] in written[0]


@pytest.mark.parametrize("query", ["", "corridor=west", "kind=cooperation_zone", "q=fuxin", "q=xyzzy", "indicator=area@2022&corridor=none"])
def test_the_page_without_a_script_has_the_legend_of_the_picture(client: FlaskClient, query: str) -> None:
    page = client.get(f"/?lang=zh&{query}").text
    legend = re.search(r'<details class="legend".*?</details>', page, re.DOTALL)
    assert legend
    on_page = [text.strip() for text in re.findall(r">([^<>]*\S[^<>]*)</(?:bdi|text)>", legend[0])]
    in_picture = [text for drawing in drawn_at(client, f"/map.svg?lang=zh&{query}") for text in drawing.texts]
    # Where a screen has less room than a picture, a ring is explained, too.
    on_page = [text for text in on_page if not text.startswith("＋几") or text in in_picture]
    # The title of a comparison is written in one piece there.
    assert on_page == in_picture[len(in_picture) - len(on_page) :]
    assert len(in_picture) - len(on_page) == (1 if "indicator" in query else 0)


def test_a_view_of_nothing_has_no_legend(client: FlaskClient) -> None:
    svg = ET.fromstring(client.get("/map.svg?q=xyzzy&corridor=none").data)
    assert svg.find(f"{SVG}g[@id='legend']") is None
