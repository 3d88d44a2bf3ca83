"""Conditional requests by RFC 9110, section 13."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from flask.testing import FlaskClient

PATHS = ["/", "/layers/places.geojson", "/ogc/collections/places/items", "/geocode?q=%E6%BB%A8%E6%B1%9F", "/map.svg"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", '"{tag}"', 304),
        ("If-None-Match", 'W/"{tag}"', 304),
        ("If-None-Match", '"other", "{tag}"', 304),
        ("If-None-Match", '"other" ,W/"{tag}"', 304),
        ("If-None-Match", '"other",, "{tag}",', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"other"', 200),
        # Without quotes it is no tag.
        ("If-None-Match", "{tag}", 200),
        ("If-None-Match", "'{tag}'", 200),
        ("If-None-Match", '"{tag}', 200),
        ("If-None-Match", "", 200),
        ("If-Match", '"{tag}"', 200),
        ("If-Match", "*", 200),
        ("If-Match", '"other", "{tag}"', 200),
        ("If-Match", '"other"', 412),
        # The comparison is the strong one.
        ("If-Match", 'W/"{tag}"', 412),
        ("If-Modified-Since", "{changed}", 304),
        ("If-Modified-Since", "{later}", 304),
        ("If-Modified-Since", "{earlier}", 200),
        ("If-Modified-Since", "yesterday", 200),
        ("If-Unmodified-Since", "{changed}", 200),
        ("If-Unmodified-Since", "{later}", 200),
        ("If-Unmodified-Since", "{earlier}", 412),
        ("If-Unmodified-Since", "yesterday", 200),
    ],
)
def test_a_condition_is_kept(client: FlaskClient, path: str, header: str, value: str, status: int) -> None:
    first = client.get(path)
    changed = parsedate_to_datetime(first.headers["Last-Modified"])
    dates = {"changed": changed, "later": changed + timedelta(days=1), "earlier": changed - timedelta(days=1)}
    texts = {name: format_datetime(date, usegmt=True) for name, date in dates.items()}
    asked = {header: value.format(tag=first.headers["ETag"].strip('"'), **texts)}
    for method in (client.get, client.head):
        answer = method(path, headers=asked)
        assert answer.status_code == status
        if status == 412:
            assert answer.content_type == "application/problem+json"


def test_a_tag_is_asked_before_a_date(client: FlaskClient) -> None:
    first = client.get("/layers")
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert client.get("/layers", headers={"If-None-Match": '"other"', "If-Modified-Since": date}).status_code == 200
    long_ago = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    assert client.get("/layers", headers={"If-Match": tag, "If-Unmodified-Since": long_ago}).status_code == 200
    assert client.get("/layers", headers={"If-Match": tag, "If-None-Match": tag}).status_code == 304


def test_nothing_was_changed_in_the_future(client: FlaskClient) -> None:
    assert parsedate_to_datetime(client.get("/layers").headers["Last-Modified"]) <= datetime.now(UTC)
