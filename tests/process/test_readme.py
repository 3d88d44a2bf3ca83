"""What the READMEs say is run: commands, addresses, code, counts, settings."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.atlas import Atlas
from geo.geocode.answers import Match
from geo.settings import PROJECT, SETTINGS
from geo.tables.kinds import Basis

READMES = ("README.md", "README.zh-CN.md")


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(name), flags=re.MULTILINE | re.DOTALL)


def commands(language: str) -> list[str]:
    return sorted({line for name in READMES for block in blocks(name, language) for line in block.splitlines()})


@pytest.fixture(scope="module")
def made_server() -> Iterator[str]:
    """The address at which ``make serve`` serves, as the README says it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "GEO_PORT": str(port)}
    process = subprocess.Popen(
        ["make", "serve"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):  # The first run installs the requirements.
            assert process.poll() is None, "make serve ended by itself"
            try:
                urllib.request.urlopen(f"{address}/healthz").close()
                break
            except urllib.error.URLError:
                time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def test_every_command_is_of_a_form_that_a_test_runs() -> None:
    forms = ("make ", "curl 'http://127.0.0.1:8000/", ".venv/bin/python -m geo ")
    assert [command for command in commands("sh") if not command.startswith(forms)] == []
    assert commands("bat") == ["py -m pip install -r requirements.txt", "py app.py"]


def test_every_make_command_is_run_here_or_by_continuous_integration() -> None:
    in_readme = {command for command in commands("sh") if command.startswith("make ")}
    assert in_readme == {"make serve", "make test", "make check", "make shots", "make data"}
    in_ci = set(re.findall(r"^make \w+", read(".ci/run"), flags=re.MULTILINE))
    # make serve runs in this file; make data downloads 200 MB of packages for the developers of the basemap and is described as such.
    assert in_readme - in_ci == {"make serve", "make data"}
    assert "build_basemap.py" in subprocess.run(["make", "-n", "data"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def test_make_serve_serves_the_map(made_server: str) -> None:
    with urllib.request.urlopen(made_server) as answer:
        assert "杭州产业平台图" in answer.read().decode()


@pytest.mark.parametrize("command", [command for command in commands("sh") if command.startswith("curl")])
def test_every_address_answers_with_features(made_server: str, command: str) -> None:
    _, address = shlex.split(command)
    with urllib.request.urlopen(address.replace("http://127.0.0.1:8000", made_server)) as answer:
        document = json.load(answer)
    features = document.get("features", [document])
    assert features
    assert all(feature["type"] == "Feature" for feature in features)


def test_the_problem_document_is_the_one_that_is_shown(made_server: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{made_server}/layers/places.geojson?corridor=north")
    assert [json.loads(block) for block in blocks("README.md", "json")] == [json.load(caught.value)]


def test_the_check_command_prints_what_is_shown(atlas: Atlas) -> None:
    (command,) = (command for command in commands("sh") if "-m geo check" in command)
    arguments = shlex.split(command)
    assert arguments[0] == ".venv/bin/python"
    done = subprocess.run([sys.executable, *arguments[1:]], cwd=PROJECT, capture_output=True, text=True, check=True)
    shown = blocks("README.md", "text")[0]
    assert done.stdout == shown.replace("version …", f"version {atlas.tables.version}")


@pytest.mark.parametrize("command", [command for command in commands("sh") if "-m geo geocode" in command])
def test_every_geocoding_command_finds_what_it_asks(command: str) -> None:
    done = subprocess.run([sys.executable, *shlex.split(command)[1:]], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert {json.loads(line)["status"] for line in done.stdout.splitlines()} == {"match"}


def test_the_reverse_command_prints_what_is_shown() -> None:
    (command,) = (command for command in commands("sh") if "-m geo reverse" in command)
    done = subprocess.run([sys.executable, *shlex.split(command)[1:]], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == blocks("README.md", "text")[1]


def test_the_freeze_command_writes_the_files_that_are_told(tmp_path: Path) -> None:
    (command,) = (command for command in commands("sh") if "-m geo freeze" in command)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, *shlex.split(command)[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    files, megabytes = re.findall(r"^written: site: (\d+) files, ([\d.]+) MB, in zh and en$", done.stdout, flags=re.MULTILINE)[0]
    told = re.findall(r"(?:some|约) (\d+) (?:files of|个文件，)\s?(\d+) MB", read("README.md") + read("README.zh-CN.md"))
    assert told == [(str(round(int(files), -1)), str(round(float(megabytes))))] * 2
    assert (tmp_path / "site" / "index.html").is_file()


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks("README.md", "python")
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "未来科技城" in printed
    assert "紫金港科技城" in printed


@pytest.mark.parametrize("name", READMES)
def test_the_counts_are_those_of_the_data(name: str, atlas: Atlas) -> None:
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    by_host = sum(1 for match in matches if match.basis is Basis.PARENT)
    from_report = sum(1 for place in atlas.tables.places if place.source == "report-2023")
    figures = sum(1 for row in atlas.tables.indicators if row.source == "report-2023")
    table = re.search(r"^\| \| \|\n\|---\|---\|\n((?:\|.*\n)+)", read(name), flags=re.MULTILINE)
    assert table is not None
    numbers = [[int(number) for number in re.findall(r"\b\d+\b|\d+(?= )", row.split("|")[2])] for row in table[1].splitlines()]
    places = [len(atlas.tables.places), from_report, len(atlas.tables.places) - from_report]
    assert numbers[0] == places
    assert numbers[1] == [len(matches) - by_host, min(match.uncertainty_m for match in matches)]
    assert numbers[2:] == [[by_host], [len(atlas.misses)], [figures, len(atlas.tables.indicators) - figures]]


def test_the_settings_table_is_the_one_in_code() -> None:
    rows = re.findall(r"^\| `(GEO_\w+)` \| `([^`]*)` \| (.*) \|$", read("README.md"), flags=re.MULTILINE)
    assert rows == [tuple(setting) for setting in SETTINGS]


@pytest.mark.parametrize("name", [*READMES, "data/README.md"])
def test_every_link_to_a_file_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", read(name))
    assert links
    assert [link for link in links if not ((PROJECT / name).parent / link).exists()] == []


def test_every_entry_of_the_package_is_in_the_table() -> None:
    listed = set(re.findall(r"\[`(geo/[^`]+)`\]", read("README.md")))
    entries = [path for path in (PROJECT / "geo").iterdir() if not path.name.startswith(("__", "."))]
    assert listed == {f"geo/{path.name}/" if path.is_dir() else f"geo/{path.name}" for path in entries}
