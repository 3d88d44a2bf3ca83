"""Who may ask the review for anything: whoever has its address, from this machine, by its own page."""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.draft.drafts import Report, draft_text
from geo.draft.running import write_draft
from geo.serve.application import create_app
from geo.serve.review import ReviewHeldError, create_review_app
from geo.settings import PROJECT, Settings
from geo.tables.reading import read_tables

TOKEN, HOME = "a-token", "http://127.0.0.1:8731"
WRITES = ("claim", "act", "undo", "accept")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "tests/data/qinglan", tmp_path / "data"))


@pytest.fixture
def own_settings(data: Path) -> Settings:
    return replace(Settings.from_env({}), data=data, port=8731)


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    report = tmp_path / "spring.txt"
    report.write_text("石湾临港园简报\n\n一季度，石湾临港园产值88.6亿元。\n", encoding="utf-8")
    write_draft(read_tables(data), report, tmp_path / "draft", date(2024, 5, 10), "石湾临港园", None, None, None)
    return tmp_path / "draft"


@pytest.fixture
def app(own_settings: Settings, folder: Path) -> Iterator[Flask]:
    app = create_review_app(own_settings, folder, TOKEN)
    yield app
    app.extensions["holding"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def send(client: FlaskClient, what: str, body: Any, **headers: str) -> Any:
    known = {"X-Review-Token": TOKEN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post(f"/{TOKEN}/api/{what}", base_url=HOME, json=body, headers={name: value for name, value in known.items() if value})


def test_who_has_the_address_gets_the_page_and_its_files(client: FlaskClient) -> None:
    page = client.get(f"/{TOKEN}/", base_url=HOME)
    assert page.status_code == 200
    for name in re.findall(r'(?:src|href)="(static/[^"]+)"', page.text):
        assert client.get(f"/{TOKEN}/{name}", base_url=HOME).status_code == 200
    assert TOKEN not in page.text
    colours = client.get(f"/{TOKEN}/static/colours.css", base_url=HOME).text
    assert "--accent:" in colours and "main" not in colours


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/api/draft", "/wrong/static/start.js", f"/{TOKEN}x/", f"/{TOKEN}/static/../x", "/api/draft"])
def test_who_has_not_gets_nothing(client: FlaskClient, path: str) -> None:
    answer = client.get(path, base_url=HOME)
    assert answer.status_code in (403, 404)
    assert "石湾" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8731", "127.0.0.1:80", "127.0.0.1.evil.example:8731"])
def test_a_name_that_leads_here_is_not_answered(client: FlaskClient, host: str) -> None:
    assert client.get(f"/{TOKEN}/", base_url=f"http://{host}").status_code == 403


@pytest.mark.parametrize("what", WRITES)
def test_what_writes_needs_the_token_in_a_header_and_json_of_our_own_page(client: FlaskClient, what: str) -> None:
    body = {"tab": "t", "revision": 0}
    assert send(client, what, body, X_Review_Token="").status_code == 403
    assert send(client, what, body, X_Review_Token="wrong").status_code == 403
    assert send(client, what, body, Origin="http://evil.example").status_code == 403
    assert send(client, what, body, Origin="null").status_code == 403
    assert send(client, what, [1]).status_code == 400
    form = client.post(f"/{TOKEN}/api/{what}", base_url=HOME, data={"tab": "t"}, headers={"X-Review-Token": TOKEN})
    assert form.status_code == 415
    assert client.get(f"/{TOKEN}/api/{what}", base_url=HOME).status_code == 405
    assert client.options(f"/{TOKEN}/api/{what}", base_url=HOME).headers.get("Access-Control-Allow-Origin") is None


def test_a_body_has_a_bound(client: FlaskClient) -> None:
    assert send(client, "act", {"action": "x" * (1 << 20)}).status_code == 413


@pytest.mark.parametrize("path", [f"/{TOKEN}/", f"/{TOKEN}/api/draft", f"/{TOKEN}/static/start.js", "/wrong/"])
def test_every_answer_has_the_headers_and_no_cookie(client: FlaskClient, path: str) -> None:
    headers = client.get(path, base_url=HOME).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


def test_refusals_say_why_by_a_code_and_show_no_trace(client: FlaskClient) -> None:
    assert send(client, "act", {"tab": "t", "revision": 0, "action": {"do": "source", "fields": {}}}).json == {"code": "reader", "value": ""}
    assert send(client, "claim", {"tab": "t"}).json == {"writes": True, "revision": 0}
    stale = send(client, "act", {"tab": "t", "revision": 9, "action": {"do": "source", "fields": {}}})
    assert (stale.status_code, stale.json["code"]) == (409, "stale")
    wrong = send(client, "act", {"tab": "t", "revision": 0, "action": {"do": "source", "fields": {"date": "gestern"}}})
    assert (wrong.status_code, wrong.json) == (400, {"code": "date", "value": "gestern"})
    assert send(client, "undo", {"tab": "t", "revision": 0}).json["code"] == "nothing"
    problems = send(client, "accept", {"tab": "t", "revision": 0, "write": True}).json["problems"]
    assert {"code": "open_place", "values": {"place": "石湾临港园"}} in problems
    assert send(client, "act", {"tab": "t", "revision": 0, "action": "x"}).status_code == 400


def test_every_refusal_has_a_sentence_on_the_page() -> None:
    code = re.compile(r'(?:DecisionError|ReviewError)\("(\w+)"')
    codes = {
        found
        for name in ("decisions", "figuring", "given", "placing", "review")
        for found in code.findall((PROJECT / f"geo/draft/{name}.py").read_text(encoding="utf-8"))
    }
    page = (PROJECT / "templates/review.html").read_text(encoding="utf-8")
    assert len(codes) > 10
    assert {one for one in codes if f"'{one}': _(" not in page} == set()


def test_everything_that_keeps_a_draft_from_being_written_has_a_phrase_on_the_page() -> None:
    page = (PROJECT / "templates/review.html").read_text(encoding="utf-8")
    phrases = set(re.findall(r"'(\w+)': _\(", page.partition("'lines': {")[2].partition("},")[0]))
    codes: set[str] = set()
    for file in ("geo/draft/rows.py", "geo/draft/writing.py", "geo/draft/said.py", "geo/tables/provenance.py"):
        calls = [call for call in ast.walk(ast.parse((PROJECT / file).read_text(encoding="utf-8"))) if isinstance(call, ast.Call)]
        for call in calls:
            position = {"refuse": 1, "Said": 1, "Finding": 4}.get(getattr(call.func, "id", getattr(call.func, "attr", "")), len(call.args))
            for code in call.args[position : position + 1]:
                parts = {str(part.value) for part in ast.walk(code) if isinstance(part, ast.Constant)}
                # What is put together of parts, as open_place, is there for each of them.
                codes |= {phrase for phrase in phrases if phrase.startswith(tuple(parts))} if isinstance(code, ast.JoinedStr) else parts
    assert len(codes) > 15
    assert codes == phrases


def test_every_reason_of_a_link_is_said_in_words() -> None:
    page = (PROJECT / "templates/review.html").read_text(encoding="utf-8")
    reasons = set()
    for text in json.loads((PROJECT / "bench/reports/tuned.json").read_text(encoding="utf-8")):
        report = Report(text["id"], text["id"], date.fromisoformat(text.get("date") or text["doc"]), text.get("host", ""))
        reasons |= {reason for figure, _ in draft_text(report, text["text"], None, []).figures for reason in figure.reasons}
    assert len(reasons) > 5
    assert {reason for reason in reasons if f"'{reason}': _(" not in page} == set()


def test_a_second_review_of_the_same_draft_is_told(app: Flask, own_settings: Settings, folder: Path) -> None:
    with pytest.raises(ReviewHeldError, match="another review"):
        create_review_app(own_settings, folder, "other")
    app.extensions["holding"].close()
    create_review_app(own_settings, folder, "other").extensions["holding"].close()


def test_the_atlas_has_none_of_this(own_settings: Settings) -> None:
    rules = {rule.rule for rule in create_app(own_settings).url_map.iter_rules()}
    assert not [rule for rule in rules if "review" in rule or "token" in rule]


def test_places_of_the_tables_are_found_by_a_part_of_a_name(client: FlaskClient) -> None:
    found: Any = client.get(f"/{TOKEN}/api/known?q=临港", base_url=HOME).json
    assert found[0]["name"] == "石湾临港园"
    assert client.get(f"/{TOKEN}/api/known?q=", base_url=HOME).json == []
