"""Geocoding over HTTP: values, bad parameters, headers, and an answer to any text."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from geo.atlas import Atlas
from geo.geocode.answers import Query, to_document

BBOX = "west,south,east,north in degrees, WGS-84, such as 120.1,30.1,120.3,30.3"
DEGREES = "decimal degrees, WGS-84, such as 120.18067"


def answer(client: FlaskClient, path: str, **parameters: str) -> dict[str, Any]:
    response = client.get(path, query_string=urlencode(parameters))
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    document: dict[str, Any] = response.get_json()
    return document


# --- names to locations -------------------------------------------------------------------------------------------------------------------


def test_a_match_says_exactly_this(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="未来科技城", admin="余杭区")
    note = document.pop("note")
    assert note == "按公布的四至（杭长高速、绕城、杭徽高速、南湖）取中心，与 113 平方公里相符"
    assert document == {
        "query": "未来科技城",
        "status": "match",
        "name": "未来科技城",
        "matched": "未来科技城",
        "level": "place",
        "method": "exact",
        "score": 100.0,
        "runner_up": None,
        "unresolved": "",
        "lon": 119.9865,
        "lat": 30.295,
        "precision": "area",
        "uncertainty_m": 3500,
        "divisions": [{"code": "330100", "name": "杭州市"}, {"code": "330110", "name": "余杭区"}],
        "basis": "derived",
        "source": "future-extent",
        "datum_of_source": "WGS84",
    }


def test_an_address_says_what_it_left_over(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="杭州市滨江区网商路 699 号")
    assert (document["name"], document["level"], document["method"], document["unresolved"]) == ("滨江区", "district", "address", "网商路 699 号")


def test_a_place_known_by_its_host_says_whose_location_it_is(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="富芯半导体", admin="富阳区")
    assert (document["name"], document["matched"], document["basis"]) == ("富芯半导体一期", "杭州高新区(滨江)富阳特别合作区", "parent")


def test_what_is_ambiguous_is_an_answer_with_its_candidates(client: FlaskClient) -> None:
    assert answer(client, "/geocode", q="中国数谷", home="no") == {
        "query": "中国数谷",
        "status": "ambiguous",
        "reason": "ambiguous",
        "candidates": [{"name": "中国数谷", "within": "滨江区", "level": "place", "reason": "另有同名：贵阳市"}],
    }


@pytest.mark.parametrize(("name", "value", "allowed"), [("home", "1", ["yes", "no"]), ("lang", "fr", ["zh", "en"])])
def test_a_choice_that_there_is_not_is_told_with_those_that_there_are(client: FlaskClient, name: str, value: str, allowed: list[str]) -> None:
    response = client.get("/geocode", query_string={"q": "a", name: value})
    assert (response.status_code, response.get_json()["parameter"], response.get_json()["allowed"]) == (400, name, allowed)


def test_home_is_the_default_and_says_so(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="中国数谷")
    assert (document["status"], document["name"]) == ("match", "中国数谷")
    assert document["note"].startswith("按在本市理解：另有同名：贵阳市")
    assert answer(client, "/geocode", q="中国数谷", home="yes") == document


def test_the_words_of_an_answer_are_in_the_readers_language(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="中国数谷", home="no", lang="en")
    assert [candidate["reason"] for candidate in document["candidates"]] == ["others of this name: Guiyang"]
    note = answer(client, "/geocode", q="中国数谷", lang="en")["note"]
    assert note.startswith("taken to be in this city: others of this name: Guiyang; ")


@pytest.mark.parametrize("q", ["江干区", "石桥镇", "西湖区", "萧山区无名路1号", "石桥街道", "未来科技城", "银湖科技城", "成都市"])
def test_what_the_data_say_of_an_answer_is_in_the_readers_language_too(client: FlaskClient, q: str) -> None:
    document = answer(client, "/geocode", q=q, lang="en")
    said = [document.get("note") or "", *(candidate["reason"] for candidate in document.get("candidates", ()))]
    assert [text for text in said if re.search("[\u4e00-\u9fff]", text)] == []


def test_a_miss_comes_with_what_may_be_meant(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="西湖国宾馆")
    assert (document["status"], document["reason"]) == ("miss", "unknown")
    assert "西湖区" in [candidate["name"] for candidate in document["candidates"]]


@pytest.mark.parametrize(
    ("q", "admin", "reason"), [("没有的地方", "", "unknown"), ("宁波市", "", "out_of_area"), ("西湖区", "南昌市", "out_of_area")]
)
def test_what_is_missed_is_an_answer_with_its_reason(client: FlaskClient, q: str, admin: str, reason: str) -> None:
    assert answer(client, "/geocode", q=q, admin=admin) == {"query": q, "status": "miss", "reason": reason, "candidates": []}


@pytest.mark.parametrize(
    "given",
    [
        {"admin": "滨江区"},
        {"admin": "Hangzhou"},
        {"bbox": "120.1,30.1,120.3,30.3"},
        {"host": "杭州高新区(滨江)"},
        {"admin": "滨江", "host": "滨江高新区"},
    ],
)
def test_every_context_decides(client: FlaskClient, given: dict[str, str]) -> None:
    document = answer(client, "/geocode", q="中国数谷", **given)
    assert (document["status"], document["name"]) == ("match", "中国数谷")


def test_a_context_that_contradicts_is_no_match(client: FlaskClient) -> None:
    document = answer(client, "/geocode", q="中国数谷", bbox="119.0,29.0,119.5,29.5")
    assert (document["status"], document["candidates"][0]["reason"]) == ("ambiguous", "不在所给的区域内")


def test_the_answer_is_the_geocoders_own(client: FlaskClient, atlas: Atlas) -> None:
    for text in ("滨江区", "江干区九堡街道", "智彗新天地", "高新区", "zzz"):
        (own,) = atlas.geocoder.geocode([Query(text)])
        document = answer(client, "/geocode", q=text)
        assert document == {**to_document(own), "query": text}


def test_a_query_may_hold_bytes_that_are_not_ascii(client: FlaskClient, flask_app: Flask) -> None:
    environ = {"QUERY_STRING": "q=未来科技城&admin=余杭区".encode().decode("latin-1")}
    raw = flask_app.test_client().get("/geocode", environ_overrides=environ)
    assert raw.status_code == 200
    assert raw.data == client.get("/geocode", query_string=urlencode({"q": "未来科技城", "admin": "余杭区"})).data
    assert "未来科技城".encode() in raw.data


# --- points to what lies around them ------------------------------------------------------------------------------------------------------


def test_a_point_says_exactly_this(client: FlaskClient) -> None:
    document = answer(client, "/reverse", lon="120.20592", lat="30.16332")
    township, landmark = document.pop("nearest_township"), document.pop("nearest_landmark")
    assert document == {
        "lon": 120.20592,
        "lat": 30.16332,
        "status": "inside",
        "district": {"code": "330108", "name": "滨江区"},
        "nearest_place": {
            "name": "白马湖",
            "divisions": [{"code": "330100", "name": "杭州市"}, {"code": "330108", "name": "滨江区"}],
            "distance_m": 0,
            "uncertainty_m": 700,
        },
    }
    assert (township["name"], [one["code"] for one in township["divisions"]]) == ("长河街道", ["330100", "330108", "330108003"])
    assert 1500 < township["distance_m"] < 3000
    assert (landmark["divisions"][1]["name"], landmark["distance_m"] < 3000, landmark["uncertainty_m"] > 0) == ("滨江区", True, True)


@pytest.mark.parametrize(("lon", "lat"), [("121.4737", "31.2304"), ("0", "0"), ("-180", "-90"), ("+180.0", "90")])
def test_a_point_elsewhere_is_out_of_the_area(client: FlaskClient, lon: str, lat: str) -> None:
    assert answer(client, "/reverse", lon=lon, lat=lat) == {
        "lon": float(lon),
        "lat": float(lat),
        "status": "out_of_area",
        "district": None,
        "nearest_township": None,
        "nearest_place": None,
        "nearest_landmark": None,
    }


# --- the description ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_description_is_valid_and_its_words_are_the_readers(client: FlaskClient, language: str) -> None:
    document = answer(client, "/geocode/api", lang=language)
    validate(document, cls=OpenAPIV30SpecValidator)
    assert set(document["paths"]) == {"/geocode", "/geocode/list", "/reverse"}
    said = json.dumps([document["info"], [path[method]["summary"] for path in document["paths"].values() for method in path]], ensure_ascii=False)
    assert bool(re.search("[\u4e00-\u9fff]", said)) is (language == "zh")


def test_answers_are_as_described(client: FlaskClient) -> None:
    document = answer(client, "/geocode/api")
    for path, asked in [
        ("/geocode", {"q": "滨江区"}),
        ("/geocode", {"q": "江干区", "home": "no"}),
        ("/geocode", {"q": "没有的地方"}),
        ("/geocode", {"q": "滨江曲长河街道"}),
        ("/reverse", {"lon": "120.2", "lat": "30.16"}),
        ("/reverse", {"lon": "0", "lat": "0"}),
    ]:
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        OAS30Validator({**schema, "components": document["components"]}).validate(answer(client, path, **asked))
        names = {parameter["name"] for parameter in document["paths"][path]["get"]["parameters"]}
        assert set(asked) <= names


# --- bad parameters -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "parameter", "detail"),
    [
        ("/geocode", "q", "q='': expected a name or an address"),
        ("/geocode?q=", "q", "q='': expected a name or an address"),
        ("/geocode?q=%20%09", "q", "q=' \\t': expected a name or an address"),
        ("/geocode?admin=滨江区", "q", "q='': expected a name or an address"),
        (f"/geocode?q={'a' * 201}", "q", f"q='{'a' * 80}': expected 200 characters at most"),
        (f"/geocode?q=a&admin={'b' * 201}", "admin", f"admin='{'b' * 80}': expected 200 characters at most"),
        (f"/geocode?q=a&host={'c' * 201}", "host", f"host='{'c' * 80}': expected 200 characters at most"),
        ("/geocode?q=a&admin=没有的区", "admin", "admin='没有的区': expected a division of China, such as 滨江区 or 杭州"),
        ("/geocode?q=a&host=没有的园", "host", "host='没有的园': expected a place of the gazetteer, such as 杭州高新区(滨江)"),
        ("/geocode?q=a&bbox=1,2,3", "bbox", f"bbox='1,2,3': expected {BBOX}"),
        ("/geocode?q=a&bbox=", "bbox", f"bbox='': expected {BBOX}"),
        (
            "/geocode?q=a&bbox=120.3,30.1,120.1,30.3",
            "bbox",
            "bbox='120.3,30.1,120.1,30.3': expected west before east and south before north: the box looks reversed",
        ),
        ("/geocode?q=a&bbox=120,30,181,31", "bbox", "bbox='120,30,181,31': expected lon -180 to 180, lat -90 to 90"),
        ("/geocode?q=a&q=b", "q", "q='b': expected the parameter once"),
        ("/geocode?q=a&admin=滨江区&admin=杭州", "admin", "admin='杭州': expected the parameter once"),
        ("/reverse", "lon", f"lon='': expected {DEGREES}"),
        ("/reverse?lon=120", "lat", f"lat='': expected {DEGREES}"),
        ("/reverse?lon=120&lat=north", "lat", f"lat='north': expected {DEGREES}"),
        ("/reverse?lon=nan&lat=30", "lon", f"lon='nan': expected {DEGREES}"),
        ("/reverse?lon=1e2&lat=30", "lon", f"lon='1e2': expected {DEGREES}"),
        ("/reverse?lon=120,2&lat=30", "lon", f"lon='120,2': expected {DEGREES}"),
        ("/reverse?lon=１２０&lat=30", "lon", f"lon='１２０': expected {DEGREES}"),
        ("/reverse?lon=181&lat=30", "lon", "lon='181': expected degrees from -180 to 180"),
        # The two swapped.
        ("/reverse?lon=30.2&lat=120.2", "lat", "lat='120.2': expected degrees from -90 to 90"),
        ("/reverse?lon=120&lon=121&lat=30", "lon", "lon='121': expected the parameter once"),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(client: FlaskClient, path: str, parameter: str, detail: str) -> None:
    response = client.get(quote(path, safe="/?=&,%"))
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document == {"type": "about:blank", "title": "Bad parameter", "status": 400, "detail": detail, "parameter": parameter}


@pytest.mark.parametrize(
    ("path", "name", "allowed"),
    [
        ("/geocode?q=a&city=杭州", "city", ["q", "admin", "bbox", "host", "home", "lang"]),
        ("/geocode?Q=a", "Q", ["q", "admin", "bbox", "host", "home", "lang"]),
        ("/reverse?lon=120&lat=30&lng=120", "lng", ["lon", "lat"]),
        ("/reverse?lon=120&lat=30&q=a", "q", ["lon", "lat"]),
    ],
)
def test_an_unknown_parameter_is_named_with_those_there_are(client: FlaskClient, path: str, name: str, allowed: list[str]) -> None:
    response = client.get(quote(path, safe="/?=&"))
    assert response.status_code == 400
    document = response.get_json(force=True)
    assert (document["parameter"], document["allowed"]) == (name, allowed)
    assert document["detail"].endswith(f": expected one of {', '.join(allowed)}")


@pytest.mark.parametrize("path", ["/geocode?q=a", "/reverse?lon=120&lat=30"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_but_reading_is_allowed(client: FlaskClient, path: str, method: str) -> None:
    assert client.open(path, method=method).status_code == 405


def test_an_overlong_query_is_refused_before_it_is_read(client: FlaskClient) -> None:
    response = client.get(f"/geocode?q={'a' * 3000}")
    assert (response.status_code, response.get_json(force=True)["title"]) == (414, "Query too long")


# --- headers ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/geocode?q=%E6%BB%A8%E6%B1%9F", "/geocode?q=zzz", "/reverse?lon=120.2&lat=30.2", "/reverse?lon=0&lat=0"])
def test_an_answer_is_open_to_every_origin_and_may_be_validated(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    etag = first.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(path, headers={"If-None-Match": '"other"'}).data == first.data


def test_different_answers_have_different_validators(client: FlaskClient) -> None:
    tags = {client.get("/geocode", query_string={"q": q}).headers["ETag"] for q in ("滨江区", "萧山区", "滨 江 区")}
    assert len(tags) == 3


def test_a_problem_is_never_kept(client: FlaskClient) -> None:
    assert client.get("/geocode").headers["Cache-Control"] == "no-store"


# --- any text -----------------------------------------------------------------------------------------------------------------------------

TEXT = st.text(min_size=1, max_size=60) | st.text("杭州市滨江区余萧山路街道号高新 ()（）ABCabc,;/0123", min_size=1, max_size=40)


@settings(max_examples=400)
@given(TEXT, TEXT | st.sampled_from(["", "滨江区", "杭州", "贵阳市"]), st.sampled_from(["", "杭州高新区(滨江)", "?"]))
def test_any_text_gets_an_answer_or_a_problem(flask_app: Flask, q: str, admin: str, host: str) -> None:
    parameters = {name: value.encode("utf-8", "surrogatepass") for name, value in (("q", q), ("admin", admin), ("host", host)) if value}
    response = flask_app.test_client().get("/geocode", query_string=urlencode(parameters))
    assert response.status_code in (200, 400), response.get_data(as_text=True)
    document = response.get_json(force=True)
    if response.status_code == 200:
        assert document["status"] in ("match", "ambiguous", "miss")
    else:
        assert document["parameter"] in ("q", "admin", "host")


@settings(max_examples=200)
@given(st.text(max_size=20) | st.floats().map(str), st.text(max_size=20) | st.floats(-100, 100).map(str))
def test_any_point_gets_an_answer_or_a_problem(flask_app: Flask, lon: str, lat: str) -> None:
    parameters = {"lon": lon.encode("utf-8", "surrogatepass"), "lat": lat.encode("utf-8", "surrogatepass")}
    response = flask_app.test_client().get("/reverse", query_string=urlencode(parameters))
    assert response.status_code in (200, 400), response.get_data(as_text=True)
