"""Parts of answers by RFC 9110, section 14."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from flask.testing import FlaskClient

from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS

FILE = "/layers/places.gpkg"


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_every_file_is_given_in_parts(client: FlaskClient, name: str, extension: str, coding: str) -> None:
    path, takes = f"/layers/{name}.{extension}", {"Accept-Encoding": coding}
    whole = client.get(path)
    size = len(whole.data)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert client.head(path).headers["Accept-Ranges"] == "bytes"
    for asked, start, stop in (
        ("0-99", 0, 100),
        ("100-", 100, size),
        ("-50", size - 50, size),
        (f"5-{size * 9}", 5, size),
        (f"-{size * 2}", 0, size),
    ):
        part = client.get(path, headers={"Range": f"bytes={asked}", **takes})
        assert (part.status_code, part.data) == (206, whole.data[start:stop])
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert part.headers["Content-Length"] == str(stop - start)
        assert part.headers["ETag"] == whole.headers["ETag"]
        assert part.headers["Content-Type"] == whole.headers["Content-Type"]
        assert part.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Encoding" not in part.headers
        assert "Accept-Encoding" in part.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/ogc/collections/places/items", "/map.svg", "/layers"])
def test_every_answer_with_a_tag_is_given_in_parts(client: FlaskClient, path: str) -> None:
    whole, part = client.get(path), client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole.data[10:20])


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0", "bytes=999999999-999999999999", "bytes=-0,999999999-"])
def test_what_is_not_in_a_file_is_refused_with_its_size(client: FlaskClient, asked: str) -> None:
    size = len(client.get(FILE).data)
    refused = client.get(FILE, headers={"Range": asked})
    assert refused.status_code == 416
    assert refused.headers["Content-Range"] == f"bytes */{size}"
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert refused.json
    assert refused.json["detail"] == f"expected a range within the {size} bytes that there are"


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=5-2", "bytes=a-b", "bytes 0-5", "bytes=0-5;6-9", "lines=0-5", "bytes=--5", "bytes=1-2-3", "0-5", "bytes=٣-٥"]
)
def test_what_is_no_range_is_passed_over(client: FlaskClient, asked: str) -> None:
    assert client.get(FILE, headers={"Range": asked.encode().decode("latin-1")}).status_code == 200


def test_only_get_has_parts(client: FlaskClient) -> None:
    assert client.head(FILE, headers={"Range": "bytes=0-9"}).status_code == 200


def test_several_parts_come_as_one_message(client: FlaskClient) -> None:
    whole = client.get(FILE)
    answer = client.get(FILE, headers={"Range": "bytes=0-15, ,100-199,-5"})
    assert answer.status_code == 206
    assert answer.headers["Content-Length"] == str(len(answer.data))
    message = email.message_from_bytes(f"Content-Type: {answer.content_type}\r\n\r\n".encode() + answer.data)
    size, parts = len(whole.data), list(message.walk())[1:]
    assert [part["Content-Range"] for part in parts] == [
        f"bytes {start}-{stop - 1}/{size}" for start, stop in ((0, 16), (100, 200), (size - 5, size))
    ]
    assert [part["Content-Type"] for part in parts] == [whole.content_type] * 3
    assert b"\r\n\r\n" + whole.data[100:200] + b"\r\n--" in answer.data


@pytest.mark.parametrize("asked", [",".join(f"{start}-{start}" for start in range(0, 42, 2)), "0-99,50-149", "0-,0-", "-5,-5"])
def test_an_answer_is_not_multiplied(client: FlaskClient, asked: str) -> None:
    refused = client.get(FILE, headers={"Range": f"bytes={asked}"})
    assert refused.status_code == 416
    assert refused.json
    assert refused.json["detail"] == "expected 20 ranges at most, none of which overlaps another"


@pytest.mark.parametrize("path", [FILE, "/layers/places.geojson"])
def test_who_has_a_part_of_another_version_is_given_the_whole(client: FlaskClient, path: str) -> None:
    whole = client.get(path)
    tag = whole.headers["ETag"]
    for condition, status in ((tag, 206), ('"other"', 200), (f"W/{tag}", 200), (tag.strip('"'), 200), ("yesterday", 200)):
        assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": condition}).status_code == status, condition
    long_ago = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    assert client.get(path, headers={"Range": "bytes=0-9", "If-Range": long_ago}).status_code == 200


def test_a_date_says_which_version_where_a_file_has_one_form(client: FlaskClient) -> None:
    changed = client.get(FILE).headers["Last-Modified"]
    is_settled = (datetime.now(UTC) - parsedate_to_datetime(changed)).total_seconds() > 2
    assert client.get(FILE, headers={"Range": "bytes=0-9", "If-Range": changed}).status_code == (206 if is_settled else 200)
    # What is compressed for some has the same date in every form.
    assert client.get("/layers/places.geojson", headers={"Range": "bytes=0-9", "If-Range": changed}).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_who_has_a_part_of_a_coded_form_goes_on_with_that(client: FlaskClient, coding: str) -> None:
    path, takes = "/layers/places.geojson", {"Accept-Encoding": coding}
    whole = client.get(path, headers=takes)
    assert whole.headers["Content-Encoding"] == coding
    part = client.get(path, headers={"Range": "bytes=10-", "If-Range": whole.headers["ETag"], **takes})
    assert (part.status_code, part.headers["Content-Encoding"], part.data) == (206, coding, whole.data[10:])
    assert part.headers["Content-Range"] == f"bytes 10-{len(whole.data) - 1}/{len(whole.data)}"


def test_other_conditions_come_first(client: FlaskClient) -> None:
    tag = client.get(FILE).headers["ETag"]
    assert client.get(FILE, headers={"Range": "bytes=0-9", "If-None-Match": tag}).status_code == 304
    assert client.get(FILE, headers={"Range": "bytes=0-9", "If-Match": '"other"'}).status_code == 412


def test_a_page_elsewhere_may_ask_for_parts_and_read_them(client: FlaskClient) -> None:
    may = client.options(
        FILE, headers={"Origin": "https://example.org", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    )
    assert may.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert may.headers["Access-Control-Allow-Headers"] == "*"
    assert client.options(FILE).headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    exposed = client.get(FILE, headers={"Range": "bytes=0-9"}).headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Accept-Ranges", "Content-Range", "ETag"} <= set(exposed)
