"""The texts of sources: shown where the operator has them, and doubt where they are not the ones that the figures point into."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from geo.settings import Settings
from tests.known import DATA

# Written for this test.
TEXT = "\n合成简报\n\n某园区<b>记有21个样本\n另有3个样本。\n\n这一段没有数。\n"
SPAN = "21个样本"
NOTE = "运营者提供的文本不是指针所指的那一份（SHA-256 不同），所以各个数字都标为未核实。"
HELD = "本服务的运营者持有原文：下面列出有数字的段落，数字所在处加亮。"
DOUBT = '<span class="doubt">未核实</span>'


def client_of(data: Path, texts: Path | None) -> FlaskClient:
    return create_app(Settings(host="127.0.0.1", port=8000, data=data, source_texts=texts)).test_client()


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def append(data: Path, file: str, *rows: dict[str, object]) -> None:
    path = data / file
    with path.open(encoding="utf-8", newline="") as source:
        header = next(csv.reader(source))
    with path.open("a", encoding="utf-8", newline="") as target:
        csv.DictWriter(target, header, restval="", lineterminator="\n").writerows(rows)


def doubts_on_cards(client: FlaskClient, query: str = "") -> dict[str, list[str]]:
    """What the map says beside each figure of each place, where it says anything."""
    layers = re.findall(r"atlas\.addPlaces\(\w+,(\[.*\])\);", page(client, "/map.js"))
    places = [place["id"] for layer in layers for place in json.loads(layer)]
    assert len(places) == 30
    doubts = {id_: [figure["doubt"] for figure in json.loads(page(client, f"/places/{id_}/card.json{query}"))["figures"]] for id_ in places}
    return {id_: words for id_, words in doubts.items() if any(words)}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    return folder


@pytest.fixture
def briefed(data_copy: Path) -> Path:
    """The tables with one more source, whose figures point into the text of this test."""
    paragraphs = [(part, TEXT.index(part)) for part in ("合成简报", "某园区<b>记有21个样本\n另有3个样本。", "这一段没有数。")]
    append(data_copy, "sources.csv", {"id": "made-up", "title": "合成简报", "kind": "web", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()})
    append(
        data_copy,
        "paragraphs.csv",
        *(
            {"source": "made-up", "paragraph": number, "start": start, "end": start + len(part)}
            for number, (part, start) in enumerate(paragraphs, start=1)
        ),
    )
    stated = {"indicator": "landed_projects", "unit": "个", "qualifier": "exact", "status": "actual", "source": "made-up", "paragraph": 2}
    start = TEXT.index(SPAN)
    append(
        data_copy,
        "indicators.csv",
        {**stated, "subject_id": "iot-town", "value": "21", "period": "2031", "start": start, "end": start + len(SPAN)},
        # This one is not what the text says.
        {**stated, "subject_id": "internet-town", "value": "4", "period": "2031", "start": TEXT.index("3个"), "end": TEXT.index("3个") + 2},
    )
    return data_copy


def test_without_the_setting_there_are_no_passages_and_no_doubts(client: FlaskClient) -> None:
    html = page(client, "/sources/report-2023")
    for absent in ("<mark>", "<blockquote", 'class="paragraph"', HELD, NOTE, DOUBT):
        assert absent not in html
    assert DOUBT not in page(client, "/places/binjiang-hitech")
    assert doubts_on_cards(client) == {}


def test_a_folder_without_the_text_changes_nothing(texts: Path, client: FlaskClient) -> None:
    (texts / "notes.txt").write_text("合成", encoding="utf-8")
    other = client_of(DATA, texts)
    for path in ("/sources/report-2023", "/places/binjiang-hitech", "/places/binjiang-hitech/card.json", "/map.js"):
        assert page(other, path) == page(client, path)


def test_another_text_is_said_on_the_page_of_the_source_and_not_shown(texts: Path) -> None:
    (texts / "report-2023.txt").write_text("合成文本，不是那一份。\n", encoding="utf-8")
    html = page(client_of(DATA, texts), "/sources/report-2023")
    assert f'<p class="note">{NOTE}</p>' in html
    assert HELD not in html
    assert html.count(DOUBT) == 36
    for absent in ("<mark>", "<blockquote", "合成文本"):
        assert absent not in html
    # Without its text the rows of a paragraph carry the anchors.
    assert len(re.findall(r'id="p10"', html)) == 1


def test_another_text_puts_doubt_on_the_figures_of_a_place_that_come_from_it(texts: Path) -> None:
    (texts / "report-2023.txt").write_bytes(b"")
    client = client_of(DATA, texts)
    assert page(client, "/places/binjiang-hitech").count(DOUBT) == 20
    # Nine projects are of the report, the area is of another source.
    assert page(client, "/places/binfu-zone").count(DOUBT) == 1
    assert page(client, "/places/sanjiang-new-city").count(DOUBT) == 0
    assert DOUBT not in page(client, "/sources/binfu-2020")


def test_another_text_puts_doubt_on_the_figures_of_the_map(texts: Path) -> None:
    (texts / "report-2023.txt").write_bytes(b"\xff")
    client = client_of(DATA, texts)
    doubts = doubts_on_cards(client)
    assert doubts["binjiang-hitech"] == ["未核实"] * 20
    assert doubts["binfu-zone"] == ["未核实", ""]
    assert "sanjiang-new-city" not in doubts
    assert sum(word == "未核实" for words in doubts.values() for word in words) == 36
    assert doubts_on_cards(client, "?lang=en")["fullsemi-1"] == ["unverified"] * 3


def test_doubt_is_put_in_the_language_of_the_reader(texts: Path) -> None:
    (texts / "report-2023.txt").write_bytes(b"")
    html = page(client_of(DATA, texts), "/sources/report-2023?lang=en")
    assert html.count('<span class="doubt">unverified</span>') == 36
    assert NOTE not in html


def test_the_text_is_shown_with_the_spans_marked(briefed: Path, texts: Path) -> None:
    (texts / "made-up.txt").write_bytes(TEXT.encode())
    html = page(client_of(briefed, texts), "/sources/made-up")
    assert f"<p>{HELD}</p>" in html
    assert NOTE not in html
    assert "某园区&lt;b&gt;记有<mark>21个样本</mark>\n另有<mark>3个</mark>样本。</blockquote>" in html
    assert html.count("<blockquote") == 1
    assert html.count("<mark>") == 2
    # The link to the paragraph leads to its text.
    assert re.findall(r'<\w+[^>]* id="p2"', html) == ['<section class="paragraph" id="p2"']


def test_a_paragraph_without_figures_is_not_shown(briefed: Path, texts: Path) -> None:
    (texts / "made-up.txt").write_bytes(TEXT.encode())
    html = page(client_of(briefed, texts), "/sources/made-up")
    assert "这一段没有数" not in html


def test_only_the_figure_that_the_text_does_not_state_is_doubted(briefed: Path, texts: Path) -> None:
    (texts / "made-up.txt").write_bytes(TEXT.encode())
    client = client_of(briefed, texts)
    assert page(client, "/sources/made-up").count(DOUBT) == 1
    assert page(client, "/places/iot-town").count(DOUBT) == 0
    assert page(client, "/places/internet-town").count(DOUBT) == 1
    assert doubts_on_cards(client) == {"internet-town": ["未核实"]}
    # The other source has no text here.
    assert DOUBT not in page(client, "/sources/report-2023")


def test_without_the_setting_the_same_tables_show_pointers_only(briefed: Path) -> None:
    client = client_of(briefed, None)
    html = page(client, "/sources/made-up")
    for absent in ("<mark>", "<blockquote", HELD, NOTE, DOUBT, "记有"):
        assert absent not in html
    assert f"{TEXT.index(SPAN)}–{TEXT.index(SPAN) + len(SPAN)}" in html
    assert doubts_on_cards(client) == {}


def test_the_text_is_served_on_the_page_of_its_source_only(briefed: Path, texts: Path) -> None:
    (texts / "made-up.txt").write_bytes(TEXT.encode())
    client = client_of(briefed, texts)
    for path in (
        "/",
        "/map.js",
        "/about",
        "/places/iot-town",
        "/places/iot-town/card.json",
        "/layers/places.geojson",
        "/map.svg",
        "/sources/report-2023",
    ):
        assert "记有" not in page(client, path), path
    for path in ("/texts/made-up.txt", "/sources/made-up.txt", "/made-up.txt"):
        assert client.get(path).status_code == 404
