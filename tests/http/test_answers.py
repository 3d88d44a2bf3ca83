"""Finished answers: made once, compressed once, kept within bounds, and never given to who asked for something else."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.serve.http import store as answers
from geo.serve.http.negotiation import IDENTITY, Coding
from geo.serve.http.store import Answer, Answers, Asked
from geo.serve.reload import sites_of
from geo.serve.site import site_of
from geo.settings import Settings

HERE = Asked("http", "localhost", "", "/layers/places.geojson", "", "zh", "")


@pytest.fixture
def app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def made(app: Flask) -> list[str]:
    """The paths for which a view was called."""
    from flask import request

    paths: list[str] = []
    app.before_request_funcs.setdefault(None, []).append(lambda: paths.append(request.full_path))
    return paths


def answer_of(size: int) -> Answer:
    return Answer((), bytes(size), "0", None, "text/plain")


def room_of(*sizes: int, query: str = "") -> int:
    """What answers of some sizes take, each under an address that is as long."""
    kept = Answers()
    for number, size in enumerate(sizes):
        kept.keep(HERE._replace(path=chr(ord("a") + number) * len(HERE.path), query=query), answer_of(size), (), is_shared=True)
    return kept.held


# --- what is kept -------------------------------------------------------------------------------------------------------------------------


def test_what_one_visitor_chose_is_kept_from_the_second_time_on() -> None:
    kept = Answers()
    kept.keep(HERE, answer_of(10), (), is_shared=False)
    assert kept.find(HERE) is None
    second = answer_of(10)
    kept.keep(HERE, second, (), is_shared=False)
    assert kept.find(HERE) is second
    assert kept.held == room_of(10)


def test_what_all_share_is_kept_at_once() -> None:
    kept, answer = Answers(), answer_of(10)
    kept.keep(HERE, answer, (), is_shared=True)
    assert kept.find(HERE) is answer


@pytest.mark.parametrize(
    ("varies", "field", "value"),
    [("language", "language", "en"), ("accept", "accept", "text/html"), ("host", "host", "other"), ("host", "scheme", "https")],
)
def test_an_answer_is_found_only_by_who_asked_for_the_same(varies: str, field: str, value: str) -> None:
    kept, answer = Answers(), answer_of(10)
    kept.keep(HERE, answer, (varies,), is_shared=True)
    assert kept.find(HERE) is answer
    assert kept.find(HERE._replace(**{field: value})) is None
    alike = Answers()
    alike.keep(HERE, answer, (), is_shared=True)
    assert alike.find(HERE._replace(**{field: value})) is answer


@pytest.mark.parametrize("field", ["path", "query", "prefix"])
def test_another_address_is_another_answer(field: str) -> None:
    kept = Answers()
    kept.keep(HERE, answer_of(10), (), is_shared=True)
    assert kept.find(HERE._replace(**{field: "other"})) is None


def test_one_answer_that_depends_on_more_splits_the_address_for_all() -> None:
    kept, page = Answers(), answer_of(10)
    kept.keep(HERE, answer_of(10), (), is_shared=True)
    kept.keep(HERE._replace(accept="text/html"), page, ("accept",), is_shared=True)
    assert kept.find(HERE) is None
    assert kept.find(HERE._replace(accept="text/html")) is page


def test_what_an_answer_takes_beside_its_content_is_counted() -> None:
    """A stranger can think of many long addresses with short answers."""
    kept = Answers()
    kept.keep(HERE, answer_of(10), (), is_shared=True)
    short = kept.held
    kept.keep(HERE._replace(query="q" * 1000), answer_of(10), (), is_shared=True)
    assert kept.held - short >= short + 1000
    many = Answers(1 << 20)
    for number in range(5000):
        many.keep(HERE._replace(query=f"{number}"), answer_of(1), (), is_shared=True)
    assert len(many.latest(5000)) < 500


def test_the_least_recently_used_make_room() -> None:
    room = room_of(50) + room_of(30, 30, 30, query="q=100")
    kept, common = Answers(room), answer_of(50)
    kept.keep(HERE, common, (), is_shared=True)
    for number in range(200):
        for _ in range(2):
            kept.keep(HERE._replace(query=f"q={number:03}"), answer_of(30), (), is_shared=False)
        kept.find(HERE)
        kept.find(HERE._replace(query="q=000"))
    assert kept.find(HERE) is common
    assert [number for number in range(200) if kept.find(HERE._replace(query=f"q={number:03}"))] == [0, 198, 199]
    assert kept.held == room


def test_who_asks_for_everything_once_drives_nothing_out() -> None:
    kept, answer = Answers(2 * room_of(40)), answer_of(40)
    for _ in range(2):
        kept.keep(HERE, answer, (), is_shared=False)
    for number in range(20_000):
        kept.keep(HERE._replace(query=f"q={number}"), answer_of(40), (), is_shared=False)
    assert kept.find(HERE) is answer
    assert kept.held == room_of(40)


def test_many_who_ask_at_once_are_each_given_their_own_and_nothing_is_miscounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_REMEMBERED", 16)
    one = Answers()
    one.keep(HERE._replace(query="00", host="host0"), answer_of(50), ("host",), is_shared=True)
    kept, wrong = Answers(40 * one.held), list[str]()

    def visit(seed: int) -> None:
        random = Random(seed)
        for _ in range(3000):
            asked = HERE._replace(query=f"{random.randrange(60):02}", host=f"host{random.randrange(3)}")
            found = kept.find(asked)
            if found is None:
                with kept.made_once(asked) as making:
                    if not making.done():
                        making.set_result(replace(answer_of(50), etag=f"{asked.host} {asked.query}"))
                found = making.result()
                kept.keep(asked, found, ("host",), is_shared=random.random() < 0.5)
                kept.note_size(asked)
            if found.etag != f"{asked.host} {asked.query}":
                wrong.append(f"{asked.host} {asked.query} is given {found.etag}")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as visitors:
            for visit_of_one in [visitors.submit(visit, seed) for seed in range(8)]:
                visit_of_one.result()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong
    assert kept.held == len(kept.latest(100)) * one.held <= 40 * one.held


def test_an_answer_that_fills_half_of_the_room_is_not_kept() -> None:
    kept = Answers(2 * room_of(50))
    kept.keep(HERE, answer_of(51), (), is_shared=True)
    assert kept.find(HERE) is None
    assert kept.held == 0


def test_what_compression_adds_is_counted() -> None:
    kept, answer = Answers(), Answer((), b"a" * 10_000, "0", None, "text/html")
    kept.keep(HERE, answer, (), is_shared=True)
    coding, packed = answer.coded(Coding("br"))
    kept.note_size(HERE)
    assert coding == "br"
    assert kept.held == room_of(10_000) + len(packed)


def test_an_answer_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    compress = answers.compress

    def counted(content: bytes, coding: str, quality: int) -> bytes:
        calls.append(coding)
        return compress(content, coding, quality)

    monkeypatch.setattr(answers, "compress", counted)
    answer = Answer((), b"a" * 10_000, "0", None, "text/html")
    assert [answer.coded(Coding(coding))[0] for coding in ("br", "gzip", "br", "gzip", "")] == ["br", "gzip", "br", "gzip", ""]
    assert calls == ["br", "gzip"]


def test_what_does_not_get_smaller_and_what_is_compressed_already_is_left_as_it_is() -> None:
    assert Answer((), b"a", "0", None, "text/html").coded(Coding("br")) == ("", b"a")
    assert Answer((), b"a" * 10_000, "0", None, "image/png").coded(Coding("br")) == ("", b"a" * 10_000)


def test_who_takes_nothing_but_a_coding_is_given_it() -> None:
    assert Answer((), b"a", "0", None, "image/png").coded(Coding("gzip", is_needed=True))[0] == "gzip"
    assert Answer((), b"a", "0", None, "text/html").coded(Coding("br", is_needed=True))[0] == "br"
    assert Answer((), b"a", "0", None, "text/html").coded(Coding(IDENTITY)) == ("", b"a")


# --- in front of the views ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/layers/places.geojson", "/layers/places.csv", "/map.js"])
def test_what_all_share_is_made_once(client: FlaskClient, made: list[str], path: str) -> None:
    first = client.get(path)
    for coding in ("identity", "br", "gzip"):
        again = client.get(path, headers={"Accept-Encoding": coding})
        assert again.status_code == 200
    assert client.head(path).headers["Content-Length"] == str(len(first.data))
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert len(made) == 1


@pytest.mark.parametrize("url", ["", "https://example.org/atlas"])
def test_the_first_visitor_is_given_what_is_made_and_compressed_already(settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    app = create_app(replace(settings, url=url))
    sites_of(app).prepare(site_of(app), None)

    def refuse(*_: object) -> None:
        raise AssertionError("made only now")

    monkeypatch.setattr(app, "full_dispatch_request", refuse)
    monkeypatch.setattr(answers, "compress", refuse)
    browser, here = app.test_client(), f"http://{settings.host}:{settings.port}/"
    for language in ("zh", "en"):
        headers = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": language}
        page = browser.get("/", base_url=here, headers=headers)
        addresses = [address.removeprefix("/atlas") for address in re.findall("<(.*?)>", page.headers["Link"])]
        visit = [page, *(browser.get(address, base_url=here, headers=headers) for address in addresses)]
        assert len(visit) == 6
        assert {answer.status_code for answer in visit} == {200}
        assert {answer.headers["Content-Encoding"] for answer in visit} == {"br"}


@pytest.mark.parametrize(
    "path",
    ["/", "/?lang=en&corridor=west", "/layers/places.geojson?corridor=west", "/ogc/collections/places/items?limit=3", "/places/fullsemi-1.geojson"],
)
def test_the_third_answer_is_the_first_one_without_a_view(client: FlaskClient, made: list[str], path: str) -> None:
    first, _, third = (client.get(path) for _ in range(3))
    assert len(made) == 2
    assert third.data == first.data
    assert sorted(third.headers) == sorted(first.headers)


def test_a_kept_answer_is_the_same_for_head_and_after_an_etag(client: FlaskClient) -> None:
    path = "/layers/places.geojson?corridor=west"
    first = client.get(path, headers={"Accept-Encoding": "br"})
    for _ in range(3):
        head = client.head(path, headers={"Accept-Encoding": "br"})
        assert (head.status_code, head.data) == (200, b"")
        assert sorted(head.headers) == sorted(first.headers)
        again = client.get(path, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_no_visitor_gets_what_another_one_asked_for(client: FlaskClient) -> None:
    def ask(host: str, language: str, coding: str, accept: str) -> tuple[bytes, str, str | None]:
        headers = {"Host": host, "Accept-Language": language, "Accept-Encoding": coding, "Accept": accept}
        response = client.get("/ogc/collections/places/items?limit=2", headers=headers)
        assert response.status_code == 200
        packed = response.headers.get("Content-Encoding")
        return (brotli.decompress(response.data) if packed == "br" else response.data), response.content_type, packed

    visitors = [
        (host, language, coding, accept)
        for host in ("one.example", "two.example")
        for language in ("zh", "en")
        for coding in ("br", "identity")
        for accept in ("application/geo+json", "text/html")
    ]
    for _ in range(4):
        for host, language, coding, accept in visitors:
            body, media_type, packed = ask(host, language, coding, accept)
            other = "two.example" if host == "one.example" else "one.example"
            assert host.encode() in body
            assert other.encode() not in body
            assert media_type.startswith(accept)
            assert ("下一页" in body.decode()) is (language == "zh")
            assert packed == (coding if coding == "br" else None)


PUBLIC = ["/", "/about", "/layers", "/map.js", "/places/fullsemi-1", "/layers/places.geojson", "/layers/places.csv", "/ogc/", "/map.svg", "/embed"]


def test_the_name_of_one_host_is_never_told_to_another(client: FlaskClient) -> None:
    """Whoever asks under an invented name must not leave it to the others."""
    for path in PUBLIC:
        for _ in range(3):
            assert client.get(path, headers={"Host": "invented.example"}).status_code == 200, path
        assert b"invented.example" not in client.get(path, headers={"Host": "real.example"}).data, path


def test_an_answer_is_the_same_whether_kept_or_not(client: FlaskClient, settings: Settings) -> None:
    fresh = create_app(settings).test_client()
    for path in PUBLIC:
        kept = [client.get(path).data for _ in range(3)][-1]
        assert kept == fresh.get(path).data, path


def test_errors_and_the_state_of_the_server_are_not_kept(client: FlaskClient, made: list[str]) -> None:
    for _ in range(4):
        assert client.get("/places/atlantis").status_code == 404
        assert client.get("/layers/places.geojson?corridor=north").status_code == 400
        assert client.get("/healthz").status_code == 200
    assert len(made) == 12


def test_an_address_with_spellings_of_its_own_is_not_what_all_share(app: Flask, client: FlaskClient) -> None:
    """Who thinks of a thousand names for one answer gets no room for them."""
    client.get("/map.js")
    kept = len(site_of(app).answers.latest(1000))
    for number in range(20):
        assert client.get(f"/map.js?v={number}").status_code == 200
        assert client.get(f"/layers/places.geojson?q={number}").status_code == 200
        assert client.get("/layers/places.csv", headers={"Host": f"h{number}.example"}).status_code == 200
    # The file is one.
    assert len(site_of(app).answers.latest(1000)) == kept + 1
