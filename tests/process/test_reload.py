"""A change in the data folder: validated first, swapped whole, and a bad one leaves the last good atlas."""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.cli import main
from geo.ground.files import MOST_BYTES
from geo.ground.garbage import without_cyclic_collection
from geo.serve import reload
from geo.serve.reload import Sites, sites_of
from geo.serve.site import build_site, site_of
from geo.settings import Settings
from tests.conftest import Edit
from tests.mutations import addresses

NAME = ("places.csv", 2, "name_zh")
EDITED = "滨江高新区（改）"


@pytest.fixture
def app(data_copy: Path) -> Flask:
    """An application that looks at its data only when a test has it look."""
    return create_app(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def look(app: Flask) -> Callable[[], bool]:
    """Two looks: one that sees a change, one that sees that it has stayed."""

    def twice() -> bool:
        return [sites_of(app).look(), sites_of(app).look()][-1]

    return twice


def name_of(client: FlaskClient) -> str:
    feature = client.get("/places/binjiang-hitech.geojson").get_json(force=True)
    name: str = feature["properties"]["name_zh"]
    return name


def health(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/healthz")
    assert response.status_code == 200
    document: dict[str, Any] = response.get_json()
    return document


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_an_edit_is_served_when_it_has_stayed_for_one_look(app: Flask, client: FlaskClient, edit: Edit) -> None:
    before, version, etag = name_of(client), health(client)["version"], client.get("/").headers["ETag"]
    edit(*NAME, EDITED)
    assert sites_of(app).look() is False
    assert name_of(client) == before
    assert sites_of(app).look() is True
    assert name_of(client) == EDITED
    after = health(client)
    assert after["status"] == "ready"
    assert after["version"] == site_of(app).atlas.tables.version != version
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200
    assert EDITED in client.get("/").get_data(as_text=True)
    assert EDITED in client.get("/ogc/collections/places/items/binjiang-hitech").get_data(as_text=True)
    assert sites_of(app).look() is False


def test_what_is_replaced_goes_with_its_last_answer_and_waits_for_no_collection(
    app: Flask, client: FlaskClient, look: Callable[[], bool], edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who goes through all objects of a large atlas stops everybody else meanwhile: see geo.ground.garbage.
    monkeypatch.setattr(gc, "collect", lambda _generation=2: 0)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    with without_cyclic_collection():
        wrong = (
            "/nowhere",
            "/places/none",
            "/map.png?width=x",
            "/?indicator=none",
            f"/?corridor=x&kind=x&district=x&q={'x' * 1000}&page=x&basemap=x",
        )
        for address in (*addresses(app, Random(1), most_places=2), *wrong, "/dialogs"):
            client.get(address)
        assert client.post("/geocode/list", data="name\nx\n", content_type="text/csv").get_data()
        site = site_of(app)
        frames = (site.atlas.layers.places, site.atlas.layers.indicators, site.atlas.outline, site.atlas.geocoder, site.atlas.gazetteer)
        replaced = [weakref.ref(part) for part in (site, site.atlas, site.atlas.tables, site.atlas.tables.places[0], site.answers, *frames)]
        del site, frames
        edit(*NAME, EDITED)
        assert look()
        assert [type(part()).__name__ for part in replaced if part() is not None] == []


def test_the_next_edit_waits_for_the_last_answer_of_what_was_replaced_so_that_there_are_two_in_memory(
    app: Flask, client: FlaskClient, look: Callable[[], bool], edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As who is sent a large file slowly holds it.
    held = [site_of(app)]
    edit(*NAME, EDITED)
    assert look()
    edit(*NAME, f"{EDITED}！")
    assert not look()
    assert name_of(client) == EDITED
    held.clear()
    assert sites_of(app).look()
    assert name_of(client) == f"{EDITED}！"
    # Nobody may hold up an edit for ever.
    held.append(site_of(app))
    edit(*NAME, EDITED)
    assert look()
    edit(*NAME, f"{EDITED}！")
    assert not look()
    monkeypatch.setattr(reload, "REPLACED_S", 0)
    assert sites_of(app).look()
    assert name_of(client) == f"{EDITED}！"


def test_a_file_that_is_still_written_is_waited_for(app: Flask, client: FlaskClient, edit: Edit) -> None:
    for number in range(4):
        edit(*NAME, f"{EDITED}{'！' * number}")
        assert sites_of(app).look() is False
    assert sites_of(app).look() is True
    assert name_of(client) == f"{EDITED}！！！"


def test_a_write_while_it_is_read_is_seen_at_the_next_looks(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    build = build_site

    def disturbed(settings: Settings) -> Any:
        site = build(settings)
        monkeypatch.setattr(reload, "build_site", build)
        edit(*NAME, f"{EDITED}二")
        return site

    monkeypatch.setattr(reload, "build_site", disturbed)
    edit(*NAME, EDITED)
    before = name_of(client)
    assert look() is False
    assert name_of(client) == before
    assert look() is True
    assert name_of(client) == f"{EDITED}二"


def test_the_same_bytes_are_no_change(app: Flask, data_copy: Path, look: Callable[[], bool]) -> None:
    site = site_of(app)
    for path in data_copy.rglob("*.csv"):
        os.utime(path, (1_900_000_000, 1_900_000_000))
    assert look() is False
    assert site_of(app) is site


@pytest.mark.parametrize("name", ["places.csv~", ".places.csv.swp", "notes.txt", "~$places.csv", "README.md"])
def test_what_an_editor_leaves_beside_the_tables_is_no_change(app: Flask, data_copy: Path, look: Callable[[], bool], name: str) -> None:
    site = site_of(app)
    (data_copy / name).write_text("half a file", encoding="utf-8")
    assert look() is False
    assert site_of(app) is site


def test_a_file_that_is_renamed_over_another_is_a_change(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    """As most editors and every deployment write: the same name, here even the same size and time."""
    path = data_copy / "places.csv"
    state, text = path.stat(), path.read_text(encoding="utf-8")
    beside = path.with_suffix(".new")
    beside.write_text(text.replace("Binjiang", "Gnaijnib", 1), encoding="utf-8")
    assert beside.stat().st_size == state.st_size
    os.utime(beside, ns=(state.st_atime_ns, state.st_mtime_ns))
    beside.replace(path)
    assert look() is True
    assert "Gnaijnib" in client.get("/layers/places.geojson").get_data(as_text=True)


@pytest.mark.parametrize("file", ["admin/former.csv", "basemap/districts.geojson"])
def test_broken_data_of_every_kind_are_noticed(client: FlaskClient, data_copy: Path, look: Callable[[], bool], file: str) -> None:
    (data_copy / file).write_text("{", encoding="utf-8")
    assert look() is False
    document = health(client)
    assert document["status"] == "degraded"
    assert document["reasons"][0]["file"].endswith(Path(file).name)


def test_a_bad_edit_leaves_the_last_good_atlas_and_is_told_with_its_place(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool], caplog: pytest.LogCaptureFixture
) -> None:
    before, bodies = health(client), {path: client.get(path).data for path in ("/", "/layers/places.geojson", "/ogc/collections/places/items")}
    edit("places.csv", 2, "kind", "castle")
    edit("indicators.csv", 3, "value", "many")
    assert look() is False
    document = health(client)
    assert document["status"] == "degraded"
    assert {name: document[name] for name in before if name != "status"} == {name: before[name] for name in before if name != "status"}
    assert document["problems"] == 2
    first, second = document["reasons"]
    assert (first["file"], first["line"], first["column"], first["value"]) == ("indicators.csv", 3, "value", "many")
    assert (second["file"], second["line"], second["column"], second["value"]) == ("places.csv", 2, "kind", "castle")
    assert second["expected"].startswith("one of 'platform'")
    assert {path: client.get(path).data for path in bodies} == bodies
    messages = errors(caplog)
    assert messages[0] == f"the data cannot be served as they are now, version {before['version']} stays; problems: 2"
    assert messages[1].startswith("indicators.csv:3 [value] 'many': expected ")
    assert messages[2].startswith("places.csv:2 [kind] 'castle': expected one of 'platform'")
    caplog.clear()
    for _ in range(3):
        assert sites_of(app).look() is False
    assert errors(caplog) == []


def test_a_mended_edit_is_served_and_a_withdrawn_one_is_no_change(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool], data_copy: Path
) -> None:
    good, site = (data_copy / "places.csv").read_bytes(), site_of(app)
    edit("places.csv", 2, "kind", "castle")
    look()
    assert health(client)["status"] == "degraded"
    (data_copy / "places.csv").write_bytes(good)
    assert look() is False
    assert site_of(app) is site
    assert "reasons" not in health(client)
    assert health(client)["status"] == "ready"
    edit("places.csv", 2, "kind", "castle")
    look()
    edit("places.csv", 2, "kind", "platform")
    edit(*NAME, EDITED)
    assert look() is True
    assert health(client)["status"] == "ready"
    assert name_of(client) == EDITED


def test_a_folder_that_is_gone_is_degraded_until_it_is_back(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    away = data_copy.with_name("away")
    data_copy.rename(away)
    look()
    assert health(client)["status"] == "degraded"
    assert client.get("/").status_code == 200
    away.rename(data_copy)
    look()
    assert health(client)["status"] == "ready"


def test_many_problems_are_counted_and_the_first_are_told(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    path = data_copy / "indicators.csv"
    header, row, *rest = path.read_text(encoding="utf-8").splitlines()
    broken = row.split(",")
    broken[header.split(",").index("value")] = "x" * 500
    path.write_text("\n".join([header, *[",".join(broken)] * 80, *rest]) + "\n", encoding="utf-8")
    look()
    document = health(client)
    assert document["problems"] >= 80
    assert len(document["reasons"]) == 50
    assert max(len(reason["value"]) for reason in document["reasons"]) == 80


def test_what_no_rule_foresaw_degrades_as_well_and_says_nothing_of_the_machine(
    client: FlaskClient, edit: Edit, look: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(settings: Settings) -> Any:
        raise RuntimeError("secret of the server")

    monkeypatch.setattr(reload, "build_site", fail)
    edit(*NAME, EDITED)
    assert look() is False
    document = health(client)
    assert document["status"] == "degraded"
    (reason,) = document["reasons"]
    assert "secret" not in str(document)
    assert reason["incident"] in reason["expected"]
    assert any(reason["incident"] in message and "secret" in message for message in errors(caplog))


def test_a_site_that_cannot_answer_is_not_served(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows may be right one by one and still break a page."""
    before = name_of(client)
    monkeypatch.setitem(app.view_functions, "pages.index", lambda: 1 / 0)
    edit(*NAME, EDITED)
    assert look() is False
    assert health(client)["status"] == "degraded"
    assert name_of(client) == before


def test_a_text_of_a_source_is_picked_up(data_copy: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    app = create_app(Settings(host="127.0.0.1", port=8000, data=data_copy, source_texts=texts, reload_s=0))
    assert site_of(app).atlas.texts == {}
    (texts / "report-2023.txt").write_text("another text", encoding="utf-8")
    assert [sites_of(app).look(), sites_of(app).look()] == [False, True]
    assert not site_of(app).atlas.texts["report-2023"].matches


def test_last_modified_grows_also_when_an_older_file_is_put_in_place(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool], data_copy: Path
) -> None:
    first = client.get("/layers/places.geojson").headers["Last-Modified"]
    before = site_of(app).last_change
    edit(*NAME, EDITED)
    for path in data_copy.rglob("*.csv"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert look() is True
    assert site_of(app).last_change > before
    assert client.get("/layers/places.geojson", headers={"If-Modified-Since": first}).status_code == 200


def test_what_was_asked_for_is_ready_before_the_new_site_is_served(app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool]) -> None:
    asked = ["/layers/places.geojson?corridor=west", "/?lang=en", "/places/fullsemi-1"]
    for path in asked * 3:
        client.get(path)
    edit(*NAME, EDITED)
    assert look() is True
    made: list[str] = []
    app.before_request_funcs.setdefault(None, []).append(lambda: made.append("a view was called"))
    for path in asked:
        assert client.get(path).status_code == 200
    assert made == []


def test_a_site_that_was_replaced_is_forgotten_with_all_that_was_made_of_it(
    app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool]
) -> None:
    for path in ("/", "/layers/places.geojson", "/map.js", "/ogc/collections/places/items?bbox=120,30,121,31", "/map.svg") * 2:
        client.get(path, headers={"Accept-Encoding": "br"})
    old = weakref.ref(site_of(app))
    edit(*NAME, EDITED)
    assert look() is True
    client.get("/")
    gc.collect()
    assert old() is None


def test_a_request_ends_with_the_site_that_it_began_with(app: Flask, client: FlaskClient, edit: Edit, look: Callable[[], bool]) -> None:
    before, seen = name_of(client), []

    def swap_meanwhile() -> None:
        app.before_request_funcs[None].remove(swap_meanwhile)
        edit(*NAME, EDITED)
        assert look() is True
        seen.append("swapped")

    app.before_request_funcs.setdefault(None, []).append(swap_meanwhile)
    answer = client.get("/layers/places.geojson?kind=platform").get_json(force=True)
    assert seen == ["swapped"]
    assert answer["features"][0]["properties"]["name_zh"] == before
    assert answer["version"] != site_of(app).atlas.tables.version
    assert name_of(client) == EDITED
    # What was made from the old site is not kept for the new one.
    assert EDITED in client.get("/layers/places.geojson?kind=platform").get_data(as_text=True)


def test_many_readers_get_whole_versions_while_tables_are_edited_broken_and_mended(
    app: Flask, edit: Edit, look: Callable[[], bool], data_copy: Path
) -> None:
    paths = ["/layers/places.geojson", "/layers/indicators.geojson?corridor=west", "/places/binjiang-hitech", "/ogc/collections/places/items?limit=9"]
    states = [(data_copy / "places.csv").read_bytes()]
    for number in range(3):
        edit(*NAME, f"版本{number}")
        edit("places.csv", 3, "name_zh", f"版本{number}")
        states.append((data_copy / "places.csv").read_bytes())
    allowed: dict[str, set[str]] = {path: set() for path in paths}
    for content in states:
        (data_copy / "places.csv").write_bytes(content)
        other = create_app(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0)).test_client()
        for path in paths:
            allowed[path].add(hashlib.sha256(other.get(path).data).hexdigest())
    ended, wrong, count = threading.Event(), list[str](), [0]

    def read() -> None:
        client = app.test_client()
        while not ended.is_set():
            for path in paths:
                response = client.get(path)
                count[0] += 1
                if response.status_code != 200 or hashlib.sha256(response.data).hexdigest() not in allowed[path]:
                    wrong.append(f"{response.status_code} {path}")

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    swapped = 0
    try:
        for number in range(6):
            (data_copy / "places.csv").write_bytes(states[number % 4] if number % 3 else b"id,broken\nx,y\n")
            swapped += look()
    finally:
        ended.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert swapped == 4
    assert count[0] > 8 * len(paths)


# --- what may be half of a copy -----------------------------------------------------------------------------------------------------------


def cut_to(path: Path, rows: int) -> bytes:
    """Leave some rows of a table, cut at the end of a line; give what it was."""
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[: rows + 1]))
    return whole


def write_sums(data: Path) -> None:
    files = sorted(path for path in data.rglob("*") if path.suffix in (".csv", ".toml", ".geojson"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(data).as_posix()}\n" for path in files]
    (data / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "is_sharp"), [(40, 10, True), (40, 27, False), (40, 26, True), (9, 4, False), (9, 3, True), (5, 1, False)]
)
def test_how_many_rows_are_a_sharp_loss(before: int, after: int, is_sharp: bool) -> None:
    assert reload._is_sharp(before, after) is is_sharp


def test_a_table_that_is_emptied_is_a_sharp_loss_however_small_it_was() -> None:
    assert [reload._is_sharp(count, 0) for count in (0, 1, 2, 6)] == [False, False, True, True]


def test_a_table_cut_at_a_line_is_held_back_and_said_until_it_is_whole(
    app: Flask, client: FlaskClient, data_copy: Path, look: Callable[[], bool], caplog: pytest.LogCaptureFixture
) -> None:
    before, body = health(client), client.get("/layers/indicators.csv").data
    path = data_copy / "indicators.csv"
    whole = cut_to(path, 10)
    assert look() is False
    document = health(client)
    assert (document["status"], document["version"], document["problems"]) == ("degraded", before["version"], 1)
    (reason,) = document["reasons"]
    assert (reason["file"], reason["value"]) == ("indicators.csv", "10 rows")
    assert reason["expected"].startswith(f"most of the {before['figures']} rows that version {before['version']} has")
    assert "python -m geo accept" in errors(caplog)[-1]
    assert client.get("/layers/indicators.csv").data == body
    path.write_bytes(whole)
    assert look() is False
    assert health(client) == before


def test_a_loss_that_is_meant_is_served_when_a_person_says_so(
    app: Flask, client: FlaskClient, data_copy: Path, look: Callable[[], bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_to(data_copy / "indicators.csv", 10)
    assert look() is False
    monkeypatch.setenv("GEO_DATA", str(data_copy))
    assert main(["accept"]) == 0
    assert "10 in indicators.csv" in capsys.readouterr().out
    assert look() is True
    assert (health(client)["status"], health(client)["figures"]) == ("ready", 10)
    # It was said of one version: the next loss is held back again.
    cut_to(data_copy / "indicators.csv", 2)
    assert look() is False
    assert health(client)["status"] == "degraded"


def test_a_few_rows_less_are_an_edit(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    cut_to(data_copy / "indicators.csv", health(client)["figures"] - 5)
    assert look() is True
    assert health(client)["status"] == "ready"


def test_a_list_of_sums_decides_whether_a_copy_is_whole(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    write_sums(data_copy)
    assert look() is True
    assert health(client)["status"] == "ready"
    # A loss that no rule for rows would hold back.
    cut_to(data_copy / "indicators.csv", health(client)["figures"] - 1)
    assert look() is False
    reason = health(client)["reasons"][0]
    assert (reason["file"], reason["expected"][-30:]) == ("indicators.csv", "SHA256SUMS: the copy may not be whole"[-30:])
    # One that it would: it is whole, says the list.
    cut_to(data_copy / "indicators.csv", 3)
    write_sums(data_copy)
    assert look() is True
    assert (health(client)["status"], health(client)["figures"]) == ("ready", 3)


def test_an_outline_is_compared_with_its_sum(data_copy: Path, look: Callable[[], bool], client: FlaskClient) -> None:
    write_sums(data_copy)
    with (data_copy / "basemap/water.geojson").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert look() is False
    assert health(client)["reasons"][0]["file"] == "basemap/water.geojson"


# --- what is no file ----------------------------------------------------------------------------------------------------------------------


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as one:
        # The path of a socket may have a hundred characters.
        one.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a named pipe": make_pipe,
    "a folder": lambda path: path.mkdir(),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a socket": make_socket,
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("file", ["places.csv", "atlas.toml", "basemap/water.geojson", "admin/former.csv"])
def test_what_is_no_file_is_refused_without_waiting_for_it(
    client: FlaskClient, data_copy: Path, look: Callable[[], bool], kind: str, file: str
) -> None:
    before = health(client)
    (data_copy / file).unlink()
    SPECIAL[kind](data_copy / file)
    assert look() is False
    document = health(client)
    assert (document["status"], document["version"]) == ("degraded", before["version"])
    assert {name: document["reasons"][0][name] for name in ("file", "value", "expected")} == {
        "file": file,
        "value": kind,
        "expected": "a regular file",
    }


def test_a_file_without_an_end_is_refused(client: FlaskClient, data_copy: Path, look: Callable[[], bool]) -> None:
    with (data_copy / "places.csv").open("r+b") as file:
        # Sparse: it takes no room.
        file.truncate(MOST_BYTES + 1)
    assert look() is False
    reason = health(client)["reasons"][0]
    assert (reason["file"], reason["value"], reason["expected"]) == ("places.csv", f"{MOST_BYTES + 1} bytes", f"{MOST_BYTES} bytes at most")


# --- the thread ---------------------------------------------------------------------------------------------------------------------------


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "geo-reload"]


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(2000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen in 20 s")


def test_the_first_request_starts_the_watch_and_an_edit_is_served_by_itself(data_copy: Path, edit: Edit) -> None:
    before = set(watchers())
    app = create_app(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0.02))
    assert set(watchers()) == before
    client = app.test_client()
    for _ in range(3):
        client.get("/healthz")
    (own,) = set(watchers()) - before
    assert own.daemon
    edit(*NAME, EDITED)
    wait_until(lambda: name_of(client) == EDITED)
    sites_of(app).close()
    own.join(10)
    assert not own.is_alive()
    client.get("/healthz")
    assert own not in watchers()


def test_a_watch_that_has_died_is_started_again_as_after_a_fork(data_copy: Path) -> None:
    sites = Sites(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0.02))
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()
    sites._watch = gone
    sites.watch()
    assert sites._watch is not gone
    assert sites._watch.is_alive()
    sites.close()


def test_the_watch_ends_with_the_application(data_copy: Path) -> None:
    sites = Sites(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0.02))
    sites.watch()
    own = sites._watch
    assert own is not None
    del sites
    gc.collect()
    own.join(10)
    assert not own.is_alive()


def test_a_watch_that_stands_still_is_said(data_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0.02))
    client, stands = app.test_client(), threading.Event()
    waits = threading.Event()

    def hang(*_: object) -> list[Path]:
        waits.set()
        stands.wait(60)
        return []

    monkeypatch.setattr(Sites, "_files", hang)
    assert health(client)["status"] == "ready"
    assert waits.wait(20)
    assert health(client)["status"] == "ready"
    monkeypatch.setattr(reload, "STANDS_S", 0.0)
    sites_of(app)._looked -= 1
    document = health(client)
    assert document["status"] == "degraded"
    assert document["reasons"][0]["expected"].startswith("a look at the data folder every 0.02 seconds; the last one ended at 20")
    sites_of(app).close()
    stands.set()


def test_zero_seconds_switch_the_watch_off(data_copy: Path) -> None:
    sites = Sites(Settings(host="127.0.0.1", port=8000, data=data_copy, reload_s=0))
    sites.watch()
    assert sites._watch is None
