"""A list that is sent: looked at, answered row by row, given as a file, and kept by nobody."""

from __future__ import annotations

import csv
import io
import json
import logging
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geo.atlas import Atlas
from geo.geocode.answers import Match, Query
from geo.serve.data import lists
from geo.serve.http.limits import LISTS, Turns

HEADINGS = ["企业名称", "省", "市", "区", "详细地址"]
ROWS = [
    ["甲公司", "浙江省", "杭州市", "滨江区", "长河街道网商路599号"],
    ["乙公司", "浙江省", "杭州市", "余杭区", "未来科技城"],
    ["丙公司", "", "", "", "高新区"],
    ["丁公司", "江苏省", "苏州市", "吴中区", "星湖街328号"],
    ["戊公司", "", "", "", ""],
]


def as_csv(rows: list[list[str]], encoding: str = "gbk") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def send(
    client: FlaskClient, content: bytes, name: str = "名单.csv", f: str = "", headers: dict[str, str] | None = None, **fields: Any
) -> TestResponse:
    corrections = {"corrections": (io.BytesIO(fields.pop("corrections")), "c.csv")} if "corrections" in fields else {}
    data = {"file": (io.BytesIO(content), name), **corrections, **fields}
    return client.post(f"/geocode/list{f'?f={f}' if f else ''}", data=data, content_type="multipart/form-data", headers=headers)


def lines(response: TestResponse) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.get_data(as_text=True)
    return [json.loads(line) for line in response.get_data(as_text=True).split("\n") if line]


def rows_of(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for document in documents if document["kind"] == "rows" for row in document["rows"]]


def test_a_list_is_answered_line_by_line(client: FlaskClient, atlas: Atlas) -> None:
    response = send(client, as_csv([HEADINGS, *ROWS]))
    documents = lines(response)
    assert response.content_type == "application/x-ndjson"
    assert response.headers["Cache-Control"] == "no-store"
    assert [document["kind"] for document in documents] == ["list", "rows", "end"]
    assert documents[0]["choice"]["columns"] == ["省", "市", "区", "详细地址"]
    assert documents[0]["label_column"] == "企业名称"
    rows = rows_of(documents)
    assert [(row["row"], row.get("label"), row["status"]) for row in rows] == [
        (2, "甲公司", "match"),
        (3, "乙公司", "match"),
        (4, "丙公司", "ambiguous"),
        (5, "丁公司", "miss"),
        (6, "戊公司", "miss"),
    ]
    assert rows[0]["asked"] == "浙江省杭州市滨江区长河街道网商路599号"
    for row in rows[:2]:
        (own,) = atlas.geocoder.geocode([Query(row["asked"])])
        assert isinstance(own, Match)
        assert (row["lon"], row["lat"], row["radius"], row["level"]) == (round(own.lon, 6), round(own.lat, 6), own.uncertainty_m, own.level)
    assert rows[2]["candidates"] and rows[4]["reason"] == "empty"
    assert documents[-1] == {"kind": "end", "rows": 5, "flaws": [], "flaws_count": 0}


def test_a_list_may_be_the_body_itself(client: FlaskClient) -> None:
    response = client.post("/geocode/list", data=as_csv([HEADINGS, *ROWS]), content_type="text/csv")
    assert len(rows_of(lines(response))) == 5


def test_a_look_says_which_columns_are_taken_and_they_can_be_told(client: FlaskClient) -> None:
    content = as_csv([["甲", "乙"], ["滨江区", "余杭区"], ["x", "y"]])
    preview = send(client, content, f="preview").get_json()
    assert (preview["choice"], preview["columns"], preview["sample"]) == (None, ["甲", "乙"], [["滨江区", "余杭区"], ["x", "y"]])
    assert "choose one" in preview["problem"]
    refused = send(client, content)
    assert (refused.status_code, refused.get_json(force=True)["fault"]) == (422, "column")
    told = rows_of(lines(send(client, content, column=["乙"], admin_column="")))
    assert told[0]["name"] == "余杭区"
    joined = rows_of(lines(send(client, content, column=["甲", "乙"])))
    assert joined[0]["asked"] == "滨江区余杭区"


def test_a_sheet_and_rows_above_the_headings_can_be_told(client: FlaskClient) -> None:
    book = openpyxl.Workbook()
    for title in ("一", "二"):
        sheet = book.create_sheet(title)
        for row in (["x", "y"], ["名称", "地址"], [title, "滨江区"]):
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    preview = send(client, content.getvalue(), "a.xlsx", f="preview", sheet="二", skip="1").get_json()
    assert (preview["sheet"], preview["sample"]) == ("二", [["二", "滨江区"]])
    assert preview["sheets"][1:] == ["一", "二"]


@pytest.mark.parametrize("f", ["csv", "xlsx", "gpkg", "geojson"])
def test_a_list_is_given_as_a_file_with_its_corrections(client: FlaskClient, tmp_path: Path, f: str) -> None:
    corrections = as_csv(
        [["row", "query", "corrected", "division"], ["4", "高新区", "", "滨江区"], ["5", "", "x", ""], ["6", "", "滨江区", ""]], "utf-8"
    )
    response = send(client, as_csv([HEADINGS, *ROWS]), f=f, corrections=corrections)
    assert response.status_code == 200, response.data
    assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''%E5%90%8D%E5%8D%95.{f}"
    path = tmp_path / f"out.{f}"
    path.write_bytes(response.data)
    if f == "csv":
        rows = list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"), newline="")))
    elif f == "xlsx":
        header, *cells = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        rows = [dict(zip(map(str, header), row, strict=True)) for row in cells]
    else:
        rows = gpd.read_file(path).astype(object).to_dict("records")
    assert [row["企业名称"] for row in rows] == ["甲公司", "乙公司", "丙公司", "戊公司"]
    assert [row["geo_status"] for row in rows] == ["match"] * 4
    assert rows[2]["geo_district"] == rows[3]["geo_district"] == "滨江区"


def test_a_point_that_somebody_has_put_stands_and_keeps_what_is_known(client: FlaskClient) -> None:
    header = ["row", "query", "corrected", "division", "lon", "lat"]
    moved = as_csv([header, ["2", "", "", "", "120.2", "30.2"], ["5", "", "x", "", "", ""], ["6", "", "没有的地方", "", "120.5", "30.1"]], "utf-8")
    response = send(client, as_csv([HEADINGS, *ROWS]), f="csv", corrections=moved)
    first, *_, last = csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"), newline=""))
    for row, point in ((first, ("120.2", "30.2")), (last, ("120.5", "30.1"))):
        assert (row["geo_lon"], row["geo_lat"]) == point
        assert (row["geo_status"], row["geo_precision"], row["geo_method"], row["geo_uncertainty_m"]) == (
            "match",
            "corrected_by_hand",
            "corrected_by_hand",
            "",
        )
    before = next(csv.DictReader(io.StringIO(send(client, as_csv([HEADINGS, *ROWS]), f="csv").data.decode("utf-8-sig"), newline="")))
    assert first["geo_district"] == before["geo_district"] != ""
    assert last["geo_name"] == "没有的地方"
    (rows,) = [one["rows"] for one in lines(send(client, as_csv([HEADINGS, *ROWS]), corrections=moved)) if one["kind"] == "rows"]
    assert (rows[0]["precision"], rows[0]["lon"], rows[0]["lat"], "radius" in rows[0]) == ("corrected_by_hand", 120.2, 30.2, False)


@pytest.mark.parametrize(("lon", "lat"), [("120", ""), ("200", "30"), ("a", "30"), ("nan", "30"), ("120", "91"), ("1e2", "30")])
def test_a_point_that_is_none_is_refused_with_its_place(client: FlaskClient, lon: str, lat: str) -> None:
    response = send(client, as_csv([HEADINGS, *ROWS]), f="csv", corrections=as_csv([["row", "lon", "lat"], ["2", lon, lat]], "utf-8"))
    assert response.status_code == 422
    assert response.get_json()["fault"] == "correction"
    assert "WGS-84" in response.get_json()["detail"]


def test_odd_rows_are_kept_and_said(client: FlaskClient) -> None:
    documents = lines(send(client, "名称,地址\n甲,滨江区\n乙\n".encode()))
    assert documents[-1]["flaws"] == [{"kind": "cells", "line": 3, "column": "", "value": "乙"}]
    assert documents[-1]["rows"] == 2


@pytest.mark.parametrize(
    ("content", "name", "status", "fault"),
    [
        (b"<html>", "a.xls", 415, "kind"),
        (b"PAR1", "a.parquet", 415, "kind"),
        (b"x", "a", 415, "kind"),
        (b"x", "../../etc/passwd", 415, "kind"),
        (b"", "a.csv", 422, "heading"),
        (b"\n\n", "a.csv", 422, "heading"),
        (b"PK\x03\x04", "a.xlsx", 422, "workbook"),
        (bytes(range(256)) * 20, "a.csv", 422, "bytes"),
    ],
)
def test_what_is_no_list_is_refused_with_what_was_expected(client: FlaskClient, content: bytes, name: str, status: int, fault: str) -> None:
    response = send(client, content, name)
    document = response.get_json(force=True)
    assert (response.status_code, document["fault"], response.headers["Cache-Control"]) == (status, fault, "no-store")
    assert "expected" in document["detail"]


def test_limits_are_said(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_csv([HEADINGS, *ROWS])
    monkeypatch.setattr(lists, "MOST_ROWS", 3)
    response = send(client, content)
    assert (response.status_code, response.get_json(force=True)["value"]) == (413, "5 rows")
    monkeypatch.setattr(lists, "MOST_BYTES", 1 << 20)
    for headers in ({}, {"Content-Length": str(1 << 30)}):
        response = client.post("/geocode/list", data=b"x" * ((1 << 20) + 1), content_type="text/csv", headers=headers)
        assert (response.status_code, response.get_json(force=True)["detail"]) == (413, "the body is too large; expected 1 MB at most")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (2 << 20))
    monkeypatch.setattr(lists, "MOST_UNZIPPED", 1 << 20)
    assert send(client, packed.getvalue(), "a.xlsx").status_code == 413


def test_a_workbook_that_is_longer_than_may_be_ends_with_a_problem(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    for row in [HEADINGS, *ROWS]:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    monkeypatch.setattr(lists, "MOST_ROWS", 3)
    documents = lines(send(client, content.getvalue(), "a.xlsx"))
    assert (documents[-1]["kind"], documents[-1]["status"], documents[-1]["fault"]) == ("problem", 413, "too_large")


@pytest.mark.parametrize(
    ("query", "fields", "parameter"),
    [
        ("?f=pdf", {}, "f"),
        ("?column=x", {}, "column"),
        ("", {"q": "x"}, "q"),
        ("", {"skip": "-1"}, "skip"),
        ("", {"sheet": "x" * 501}, "sheet"),
    ],
)
def test_a_bad_parameter_is_named(client: FlaskClient, query: str, fields: dict[str, str], parameter: str) -> None:
    data = {"file": (io.BytesIO(b"a"), "a.csv"), **fields}
    response = client.post(f"/geocode/list{query}", data=data, content_type="multipart/form-data")
    assert (response.status_code, response.get_json(force=True)["parameter"]) == (400, parameter)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://localhost:443"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8001"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_only_our_own_pages_and_programs_may_send_a_list(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    response = send(client, as_csv([HEADINGS, *ROWS]), headers=headers)
    assert response.status_code == status
    assert "Access-Control-Allow-Origin" not in response.headers


def test_only_posting_is_allowed(client: FlaskClient) -> None:
    for method in ("GET", "PUT", "DELETE"):
        assert client.open("/geocode/list", method=method).status_code == 405
    assert client.post("/geocode/list", data=b"a", content_type="application/json").status_code == 415


def test_nothing_of_a_list_is_kept_or_logged(
    flask_app: Flask, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the answers that are kept, not in the log, and not on the disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = flask_app.extensions["sites"].current.answers
    before = kept.held
    with caplog.at_level(logging.DEBUG):
        for f in ("", "preview", "csv", "xlsx", "gpkg"):
            send(flask_app.test_client(), as_csv([HEADINGS, *ROWS]), f=f, column=["详细地址"])
        send(flask_app.test_client(), b"a,b\n", "甲公司.csv")
    assert kept.held == before
    for word in ("甲公司", "长河", "名单", "详细地址", "%E7%94%B2"):
        assert word not in caplog.text
    assert list(tmp_path.rglob("*")) == []


def test_a_failure_of_ours_says_nothing_of_the_list_in_the_log(
    flask_app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object, **named: object) -> None:
        raise ValueError("".join(ROWS[0]))

    monkeypatch.setattr("geo.geocode.lists.documents.ask", fail)
    documents = lines(send(flask_app.test_client(), as_csv([HEADINGS, *ROWS])))
    assert (documents[-1]["kind"], documents[-1]["status"]) == ("problem", 500)
    assert documents[-1]["incident"] in caplog.text and "网商路" not in caplog.text and "documents.py" in caplog.text
    monkeypatch.setattr(lists, "read_list", fail)
    assert send(flask_app.test_client(), as_csv([HEADINGS, *ROWS])).status_code == 500
    assert "网商路" not in caplog.text


def test_hostile_cells_are_text(client: FlaskClient) -> None:
    cells = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "甲" * 10_000, "\u202e滨江区", "甲\u2028乙", "a\x00b"]
    rows = rows_of(lines(send(client, as_csv([["名称", "地址"], *([cell, cell] for cell in cells)], "utf-8"))))
    assert [row.get("label", "") for row in rows] == cells
    written = send(client, as_csv([["名称", "地址"], *([cell, cell] for cell in cells)], "utf-8"), f="csv").data.decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(written, newline="")))
    assert all(not (row["geo_name"] or "").startswith(("=", "+", "@")) for row in found)


def test_only_some_lists_are_answered_at_a_time(flask_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    turns, hasty = Turns(LISTS.places, 6), LISTS._replace(wait_s=0.05)
    monkeypatch.setattr(lists, "LIST_TURNS", turns)
    monkeypatch.setattr(lists, "LISTS", hasty)
    with turns.taken("127.0.0.1", hasty), turns.taken("127.0.0.1", hasty), turns.taken("127.0.0.1", hasty):
        response = send(flask_app.test_client(), as_csv([HEADINGS, *ROWS]))
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert send(flask_app.test_client(), as_csv([HEADINGS, *ROWS])).status_code == 200


def test_who_goes_away_ends_the_work(flask_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(LISTS.places, 6)
    monkeypatch.setattr(lists, "LIST_TURNS", turns)
    asked = threading.Event()
    monkeypatch.setattr("geo.geocode.lists.documents._ROWS", 2)
    content = as_csv([HEADINGS, *ROWS * 100])
    for _ in range(10):
        response = flask_app.test_client().post("/geocode/list", data=content, content_type="text/csv", buffered=False)
        body = response.iter_encoded()
        next(body)
        next(body)
        response.close()
    assert not asked.is_set()
    assert send(flask_app.test_client(), content).status_code == 200
