"""What the pages say is run: every command, address, output, example and link of the READMEs and of ``docs/``."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pyogrio
import pytest
from babel.messages.pofile import read_po

from docs.pictures import write_list
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.settings import PROJECT, SETTINGS
from geo.tables.reading import Tables
from tests.conftest import Edit, Frozen

READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, *sorted(path.relative_to(PROJECT).as_posix() for path in (PROJECT / "docs").rglob("*.md")))
# Read for their links only: the commands of deploy/ are for a server of its own, and make rehearsal tries its files.
LINKING = (*PAGES, "data/README.md", "deploy/README.md")
HOW_TOS = tuple(name for name in PAGES if name.startswith("docs/how-to/"))
# Chinese pages have the same commands as their twins, which a test holds; freezing has a test of its own.
RUN = tuple(name for name in PAGES if not name.endswith(".zh-CN.md") and name != "docs/publish.md")
COMPANIES = PROJECT / "docs" / "how-to" / "companies.csv"
# The report's text is not in the repository; it lies where .ci/run looks for it, too.
REPORT = PROJECT.parent / "shared" / "source" / "hangzhou-platforms-2023.txt"
# What the how-tos stress that is no label of the page.
EMPHASIS = {
    *("no map review number", "没有审图号", "a dot is not an address", "点不等于门牌", "northing first", "北坐标在前"),
}
FORMAT_NAMES = {format.name for format in FORMATS.values()}
LANGUAGES = {"sh", "bat", "text", "json", "python"}
SERVER, PYTHON = "http://127.0.0.1:8000", ".venv/bin/python"
SENDING = ("curl -F ", "curl --data-binary ")
FORMS = ("make ", f"curl '{SERVER}/", "curl -o ", *SENDING, f"{PYTHON} -m geo ", f"{PYTHON} -m tests.record ")
# Without the settings of whoever runs the tests.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")} | {"PYTHONPATH": str(PROJECT)}


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes
    ----------
    language
        What stands behind the fence.
    content
        Between the fences.
    shown
        The text block that follows directly: what the commands print; empty where there is none.
    """

    language: str
    content: str
    shown: str


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def blocks(name: str) -> list[Block]:
    fences = re.compile(r"^```(\w*)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.MULTILINE | re.DOTALL)
    return [Block(language, content, shown) for language, content, shown in fences.findall(read(name))]


def prose(name: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", read(name), flags=re.MULTILINE | re.DOTALL)


def commands(language: str, names: Sequence[str] = PAGES) -> list[str]:
    return sorted({line for name in names for block in blocks(name) if block.language == language for line in block.content.splitlines()})


def inline_codes(name: str) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(name))


def links(name: str) -> list[tuple[str, str]]:
    """The file and the anchor of every link and picture within the project."""
    return re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]+))?\)", prose(name))


def anchors(name: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture
def folder_with_files(tmp_path: Path) -> Path:
    """A folder with the files that the pages name: the list of companies, as a workbook and as text, and a text that may be the report's."""
    write_list(tmp_path / "companies.xlsx")
    shutil.copy(COMPANIES, tmp_path)
    if REPORT.exists():
        shutil.copy(REPORT, tmp_path / "report.txt")
    else:
        (tmp_path / "report.txt").write_text("别的文章\n", encoding="utf-8")
    return tmp_path


def run(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a documented command in a folder, with the interpreter of the tests."""
    first, *arguments = shlex.split(command)
    assert first == PYTHON
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=ENVIRONMENT | environment, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def phrases() -> dict[str, str]:
    """What the pages say: Chinese, and the same in English."""
    with (PROJECT / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def assert_printed(printed: str, shown: str) -> None:
    """What is printed is what a page shows; an ellipsis there is any text within a line."""
    pattern = "".join(".+" if part == "…" else re.escape(part) for part in re.split("(…)", shown))
    assert re.fullmatch(pattern, printed), f"printed:\n{printed}\nshown:\n{shown}"


@pytest.fixture(scope="module")
def made_server() -> Iterator[str]:
    """The address at which ``make serve`` serves, as the README says it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["make", "serve"],
        cwd=PROJECT,
        env=ENVIRONMENT | {"GEO_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
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


# --- commands -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is(name: str) -> None:
    assert read(name).count("\n```") == 2 * len(blocks(name)) + 2 * sum(1 for block in blocks(name) if block.shown)
    assert {block.language for block in blocks(name)} <= LANGUAGES


def test_every_command_is_of_a_form_that_a_test_runs() -> None:
    assert [command for command in commands("sh") if not command.startswith(FORMS)] == []
    assert commands("bat") == ["py -m pip install --require-hashes -r requirements.lock", "py app.py"]


def test_every_make_command_is_run_here_or_by_continuous_integration() -> None:
    documented = {command for command in commands("sh") if command.startswith("make ")}
    assert documented == {"make serve", "make test", "make check", "make shots", "make data"}
    in_ci = set(re.findall(r"^make \w+", read(".ci/run"), flags=re.MULTILINE))
    # make serve runs in this file; make data downloads 200 MB of packages for the developers of the basemap and is described as such.
    assert documented - in_ci == {"make serve", "make data"}
    assert "build_basemap.py" in subprocess.run(["make", "-n", "data"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout


def test_make_serve_serves_the_map(made_server: str) -> None:
    with urllib.request.urlopen(made_server) as answer:
        assert "杭州产业平台图" in answer.read().decode()


@pytest.mark.parametrize("name", [name for name in RUN if any(f"{PYTHON} -m geo" in block.content for block in blocks(name))])
def test_every_command_of_a_page_prints_what_the_page_shows(name: str, folder_with_files: Path) -> None:
    """They run in the order of the page, in one folder; a name or an address that is asked for is found."""
    for block in blocks(name):
        lines = [line for line in block.content.splitlines() if line.startswith(f"{PYTHON} -m geo ")]
        if any("--text" in line for line in lines) and not REPORT.exists():
            continue  # Without the report it is refused; the next test sees to that.
        printed = ""
        for command in lines:
            done = run(command, folder_with_files)
            assert (done.returncode, done.stderr if done.returncode else "") == (0, ""), command
            if "-m geo geocode" in command and " -o " not in command:
                assert {json.loads(line)["status"] for line in done.stdout.splitlines()} == {"match"}
            printed += done.stdout
        if lines and block.shown:
            assert_printed(printed, block.shown)


@pytest.mark.parametrize("name", [name for name in RUN if name in HOW_TOS and "--text" in read(name)])
def test_a_text_that_is_not_the_report_is_refused_and_the_figures_are_counted(name: str, tmp_path: Path, tables: Tables) -> None:
    """What the report itself gives is compared where it is at hand; the number of its figures is compared everywhere."""
    (block,) = (block for block in blocks(name) if "--text" in block.content)
    (report,) = (source for source in tables.sources if source.sha256)
    (tmp_path / "report.txt").write_text("别的文章\n", encoding="utf-8")
    done = run(block.content.strip(), tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith(f"which is no source's; expected {report.sha256} ({report.id})\n")
    assert_printed(done.stdout, block.shown.partition("pointers:")[0])
    figures = sum(1 for row in tables.indicators if row.source == report.id)
    assert f"\npointers: all {figures} figures of {report.id} verified, " in block.shown


def test_the_commands_that_record_are_understood(tmp_path: Path) -> None:
    """A recording takes minutes: a folder that is there is refused, which shows that the command was understood."""
    recording, comparing = (
        [line for line in commands("sh") if "tests.record" in line and ("--compare" in line) is is_comparing] for is_comparing in (False, True)
    )
    for command in recording:
        (tmp_path / shlex.split(command)[-1]).mkdir()
        assert run(command, tmp_path).stderr.endswith("expected a FOLDER that does not exist yet\n")
    for command in comparing:
        done = run(command, tmp_path)
        assert (done.returncode, done.stdout) == (0, "equal\n")


def test_freezing_writes_the_files_that_are_told(frozen: Frozen) -> None:
    (command,) = commands("sh", ["docs/publish.md"])
    assert shlex.split(command) == [".venv/bin/python", "-m", "geo", "freeze", "site"]
    files, megabytes = re.findall(r"^written: .+: (\d+) files, ([\d.]+) MB, in zh and en$", frozen.printed, flags=re.MULTILINE)[0]
    told = re.findall(r"(?:some|约) (\d+) (?:files of|个文件，)\s?(\d+) MB", "".join(map(read, PAGES)))
    assert told
    assert set(told) == {(str(round(int(files), -1)), str(round(float(megabytes))))}
    assert (frozen.folder / "index.html").is_file()


def test_a_broken_cell_is_told_as_it_is_shown(data_copy: Path, edit: Edit) -> None:
    (shown,) = (block.content for block in blocks("docs/command-line.md") if block.language == "text" and block.content.startswith("places.csv"))
    edit("places.csv", 2, "kind", "castle")
    done = run(f"{PYTHON} -m geo check", data_copy, GEO_DATA=str(data_copy))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", shown)


def test_every_python_example_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    examples = [(name, block) for name in PAGES for block in blocks(name) if block.language == "python"]
    assert examples
    for name, block in examples:
        exec(compile(block.content, name, "exec"), {})
        assert block.shown
        assert_printed(capsys.readouterr().out, block.shown)


# --- addresses ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [command for command in commands("sh") if command.startswith(SENDING)])
def test_every_list_that_is_sent_is_answered(made_server: str, command: str, folder_with_files: Path) -> None:
    run(f"{PYTHON} -m geo geocode companies.csv -o located.csv", folder_with_files)
    (folder_with_files / "located.misses.csv").rename(folder_with_files / "companies.misses.csv")
    arguments = [argument.replace(SERVER, made_server) for argument in shlex.split(command)]
    sent = subprocess.run([*arguments, "--silent", "--fail-with-body"], cwd=folder_with_files, capture_output=True, encoding="utf-8", check=False)
    assert sent.returncode == 0, sent.stdout
    if "-o" in arguments:
        assert zipfile.is_zipfile(folder_with_files / arguments[arguments.index("-o") + 1])
    else:
        documents = [json.loads(line) for line in sent.stdout.splitlines()]
        assert documents[0]["kind"] == "list"
        assert documents[0]["choice"]["columns"] == ["地址"]
        assert documents[-1]["kind"] == ("list" if "f=preview" in command else "end")


@pytest.mark.parametrize("command", [command for command in commands("sh") if command.startswith("curl") and not command.startswith(SENDING)])
def test_every_address_that_is_asked_gives_features(made_server: str, command: str, tmp_path: Path) -> None:
    *options, address = shlex.split(command)[1:]
    target = tmp_path / (options[1] if options else "printed.geojson")
    with urllib.request.urlopen(address.replace(SERVER, made_server)) as answer:
        target.write_bytes(answer.read())
    if target.suffix == ".geojson":
        document = json.loads(target.read_bytes())
        features = document.get("features", [document])
        assert features
        assert all(feature["type"] == "Feature" for feature in features)
    elif target.suffix in (".png", ".svg"):
        assert target.read_bytes().startswith((b"\x89PNG", b"<?xml"))
    else:
        assert len(pyogrio.list_layers(target)) > 0


@pytest.mark.parametrize("name", PAGES)
def test_every_address_in_a_sentence_answers(name: str, made_server: str) -> None:
    for address in re.findall(rf"{SERVER}(/[^\s`<>)，。；]*)", prose(name)):
        with urllib.request.urlopen(made_server + address) as answer:
            assert answer.status == 200, address


def test_every_path_of_the_api_answers(made_server: str) -> None:
    table = read("docs/http-api.md").partition("|---|---|\n")[2].partition("\n\n")[0]
    paths = [path for row in table.splitlines() for path in re.findall(r"`(/[^`]*)`", row.split(" | ")[0])]
    assert len(paths) > 12
    fills = {"layer": "places", "format": "geojson", "/places/{id}": "/places/fullsemi-1", "/sources/{id}": "/sources/report-2023"}
    for path in paths:
        for hole, filling in fills.items():
            path = path.replace(hole if hole.startswith("/") else f"{{{hole}}}", filling)
        path = path.replace("q=…", f"q={quote('滨江区')}").replace("lon=…", "lon=120.2").replace("lat=…", "lat=30.2")
        with urllib.request.urlopen(made_server + path) as answer:
            assert answer.status == 200, path


def test_every_format_and_layer_is_in_the_tables() -> None:
    page = read("docs/http-api.md")
    rows = re.findall(r"^\| (`.+?`) \| .+ \| .+ \|$", page.partition("## Formats")[2].partition("\n## ")[0], flags=re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`([\w.]+)`", row)] == list(FORMATS)
    (layers,) = re.findall(r"^\| `/layers/\{layer\}\.\{format\}` \| (.+?);", page, flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", layers)) == set(LAYERS)


def test_the_reference_systems_are_those_of_the_api(made_server: str) -> None:
    (told,) = re.findall(r"; CRS84, EPSG:([\d, and]+);", read("docs/http-api.md"))
    with urllib.request.urlopen(f"{made_server}/ogc/collections/places?f=json") as answer:
        crs = json.load(answer)["crs"]
    assert set(re.findall(r"\d+", told)) == {uri.rpartition("/")[2] for uri in crs if "/EPSG/" in uri}


def test_the_problem_document_is_the_one_that_is_shown(made_server: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{made_server}/layers/places.geojson?corridor=north")
    shown = [json.loads(block.content) for name in PAGES for block in blocks(name) if block.language == "json"]
    assert shown == [json.load(caught.value)]


# --- names in the text --------------------------------------------------------------------------------------------------------------------


def test_the_settings_table_is_the_one_in_code() -> None:
    rows = re.findall(r"^\| `(GEO_\w+)` \| `([^`]*)` \| (.*) \|$", read("docs/settings.md"), flags=re.MULTILINE)
    assert rows == [tuple(setting) for setting in SETTINGS]


@pytest.mark.parametrize("name", LINKING)
def test_every_name_in_code_letters_is_one_of_the_project(name: str) -> None:
    """Settings, targets of make, commands, modules and files that a page names are there."""
    settings = {setting.name for setting in SETTINGS}
    targets = set(re.findall(r"^(\w+):", read("Makefile"), flags=re.MULTILINE))
    subcommands = {"check", "locate", "draft", "review", "accept", "geocode", "map", "reverse", "audit", "export", "freeze"}
    for code in inline_codes(name):
        assert set(re.findall(r"\bGEO_\w+", code)) <= settings, code
        assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets, code
        assert set(re.findall(r"-m geo (\w+)", code)) <= subcommands, code
        for module in re.findall(r"-m ((?:bench|tests|docs)[\w.]*)", code):
            assert importlib.util.find_spec(module), code
        if re.fullmatch(r"(geo|static|templates|translations|deploy|docs|bench|data)/[\w./-]*", code):
            assert (PROJECT / code).exists(), code


@pytest.mark.parametrize("name", LINKING)
def test_every_link_leads_somewhere(name: str) -> None:
    assert links(name)
    for file, anchor in links(name):
        target = (PROJECT / name).parent / file if file else PROJECT / name
        assert target.exists(), file
        if anchor:
            assert anchor in anchors(target.resolve().relative_to(PROJECT).as_posix()), f"{file}#{anchor}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, left = set(), ["README.md"]
    while left:
        name = left.pop()
        reached.add(name)
        found = [((PROJECT / name).parent / file).resolve().relative_to(PROJECT).as_posix() for file, _ in links(name) if file.endswith(".md")]
        left += [page for page in found if page not in reached]
    assert set(PAGES) <= reached


# --- how-tos ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in HOW_TOS if not name.endswith(".zh-CN.md")])
def test_a_how_to_says_the_same_in_both_languages(name: str) -> None:
    """The same commands (in the language of the page), steps and pictures."""
    twin = name.replace(".md", ".zh-CN.md")
    assert [block._replace(content=block.content.replace("lang=zh", "lang=en")) for block in blocks(twin)] == blocks(name)
    for mark in (r"^## ", r"^\|", r"^- ", r"^\d\. ", r"^!\["):
        assert len(re.findall(mark, prose(twin), flags=re.MULTILINE)) == len(re.findall(mark, prose(name), flags=re.MULTILINE)), mark


@pytest.mark.parametrize("name", HOW_TOS)
def test_what_is_bold_and_can_be_pressed_is_on_the_page(name: str, phrases: dict[str, str]) -> None:
    """Buttons and choices stand in bold, and are called what the page calls them."""
    bold = [label for line in prose(name).splitlines() for label in re.findall(r"\*\*(.+?)\*\*", line) if label not in EMPHASIS]
    labels = set(phrases) if name.endswith(".zh-CN.md") else set(phrases.values())
    assert [label for label in bold if label not in labels and label not in FORMAT_NAMES] == []


def test_the_list_of_the_how_to_is_the_one_to_try() -> None:
    with COMPANIES.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for name in HOW_TOS:
        if "promotion-officer" in name:
            table = re.search(r"^\| 企业名称 .*\n(?:\|.*\n)+", read(name), flags=re.MULTILINE)
            assert table is not None
            head, _, *body = table[0].splitlines()
            assert [[cell.strip() for cell in row.strip("|").split("|")] for row in (head, *body)] == rows


def test_the_columns_of_the_how_to_are_in_the_result(folder_with_files: Path) -> None:
    run(f"{PYTHON} -m geo geocode companies.xlsx -o companies.gpkg", folder_with_files)
    columns = set(pyogrio.read_info(folder_with_files / "companies.gpkg")["fields"])
    for name in HOW_TOS:
        if "promotion-officer" in name:
            assert set(re.findall(r"`(geo_\w+)`", read(name))) - {"geo_"} <= columns


def test_the_layers_and_columns_of_the_planner_are_in_the_geopackage(tmp_path: Path) -> None:
    run(f"{PYTHON} -m geo export places.gpkg --layer places", tmp_path)
    layers = {layer for layer, _ in pyogrio.list_layers(tmp_path / "places.gpkg")}
    columns = {field for layer in ("places", "corridor_belts") for field in pyogrio.read_info(tmp_path / "places.gpkg", layer=layer)["fields"]}
    for name in HOW_TOS:
        if "planner" in name:
            named = {code for code in inline_codes(name) if re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", code)} - {"parent", "corridors"}
            # Those of the CSV in metres.
            named -= {"x", "y"}
            assert len(named) > 4
            assert named <= layers | columns


def test_the_pictures_are_small_and_used() -> None:
    pictures = {path.relative_to(PROJECT / "docs/how-to").as_posix(): path for path in (PROJECT / "docs/how-to/pictures").iterdir()}
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") and path.stat().st_size < 200_000 for path in pictures.values())
    shown = {name: re.findall(r"^!\[.+\]\((.+)\)$", read(name), flags=re.MULTILINE) for name in HOW_TOS}
    assert all(1 <= len(names) <= 2 for names in shown.values())
    assert {picture for names in shown.values() for picture in names} == set(pictures)
