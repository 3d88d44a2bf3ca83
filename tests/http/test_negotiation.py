"""What a client likes best, by RFC 9110 and RFC 4647."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from geo.serve.http.negotiation import CODINGS, choose_coding, choose_language, shorten_types
from geo.words.phrases import LANGUAGES


@pytest.mark.parametrize(
    ("accepted", "coding", "is_needed"),
    [
        ("", "", False),
        ("gzip, deflate, br, zstd", "br", False),
        ("gzip, zstd", "gzip", False),
        ("GZIP", "gzip", False),
        ("x-gzip", "gzip", False),
        ("gzip;q=1, br;q=0.5", "gzip", False),
        ("gzip;q=0.5, *;q=0.9", "br", False),
        ("br;q=0, *", "gzip", False),
        ("br;q=0", "", False),
        ("identity, *;q=0", "", False),
        ("identity;q=1, gzip;q=0.5", "", False),
        ("identity;q=0.5, gzip;q=1", "gzip", False),
        ("deflate", "", False),
        ("*", "br", False),
        ("gzip, identity;q=0", "gzip", True),
        ("gzip, *;q=0", "gzip", True),
        ("*, identity;q=0", "br", True),
        ("identity;q=0", "", True),
        ("*;q=0", "", True),
        ("deflate, identity;q=0", "", True),
        ("gzip;q=0.000", "", False),
        ("\\x00;;;,,,q=", "", False),
        ("gzip;q=nonsense, br;q=0.2", "br", False),
    ],
)
def test_the_coding_is_the_one_that_the_client_likes_best(accepted: str, coding: str, is_needed: bool) -> None:
    assert choose_coding(accepted) == (coding, is_needed)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("zh-CN,en;q=0.9", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans-CN,en-US;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans", "zh"),
        ("zh-HK,en;q=0.9", "zh"),
        ("zh-TW, en;q=0.99", "zh"),
        ("zh-Hant-HK;q=0.9, en;q=0.8", "zh"),
        ("yue-HK, en;q=0.5", "zh"),
        ("cmn-Hans, en", "zh"),
        ("ZH-cn, EN;q=0.4", "zh"),
        ("zh_CN, en;q=0.4", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("en-US,zh-CN;q=0.9", "en"),
        ("en, zh", "en"),
        ("zh, en", "zh"),
        ("zh-CN;q=0.5, en;q=0.9", "en"),
        ("en;q=0.5, zh-CN;q=0.9", "zh"),
        ("de-DE, fr;q=0.9, en;q=0.3", "en"),
        ("ja, zh-TW;q=0.6, en;q=0.5", "zh"),
        ("fr", "zh"),
        ("*", "zh"),
        ("en;q=0.5, *;q=0.8", "zh"),
        ("zh;q=0.5, *;q=0.8", "en"),
        ("zh;q=0, *", "en"),
        ("en;q=0, *", "zh"),
        ("en;q=0.1, zh;q=0", "en"),
        ("zh;q=0", "en"),
        ("zh-TW;q=0", "zh"),
        ("zh;q=0, en;q=0", "zh"),
        ("eng", "zh"),
        ("zha, en;q=0.5", "en"),
        (";;q=,-,zh--", "zh"),
        ("x-klingon, en;q=0.1", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(accepted: str, language: str) -> None:
    assert choose_language(accepted) == language


@given(st.text(st.characters(max_codepoint=255), max_size=3000))
def test_any_header_leads_to_what_there_is(header: str) -> None:
    assert choose_language(header) in LANGUAGES
    assert choose_coding(header).name in ("", *CODINGS)
    assert len(shorten_types(header)) < 3000


@pytest.mark.parametrize(
    ("accepted", "short"),
    [
        ("", ""),
        ("text/html", "text/html"),
        ("TEXT/HTML ,application/json; q=0.50", "text/html,application/json;q=0.5"),
        ("application/json;q=0.5, text/html", "text/html,application/json;q=0.5"),
        ("text/html, text/html;q=0.3", "text/html"),
    ],
)
def test_spellings_of_one_wish_are_one(accepted: str, short: str) -> None:
    assert shorten_types(accepted) == short


@pytest.mark.parametrize("path", ["/", "/layers/places.geojson", "/map.png", "/layers", "/healthz", "/nowhere"])
def test_who_takes_only_what_is_coded_gets_it_or_is_told_so(client: FlaskClient, path: str) -> None:
    packed = client.get(path, headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data)
    refused = client.get(path, headers={"Accept-Encoding": "deflate, identity;q=0"})
    assert (refused.status_code, refused.content_type) == (406, "application/problem+json")
    assert "gzip" in refused.get_json()["detail"]
