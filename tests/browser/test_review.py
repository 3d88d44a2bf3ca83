"""The review of a draft in a real browser, by keyboard alone: from a file to the map."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from geo.draft.rows import slug_of
from geo.settings import PROJECT
from tests.browser.conftest import PHONE, NewContext, Serve, Watch, sideways, wait_until_drawn
from tests.reports import DAY, HOST, IN_TABLE, PARAGRAPHS, RIGHT, as_columns, as_docx, as_html

CITY = PROJECT / "tests/data/qinglan"
# What may be typed instead of chosen counts as so many keys.
GOAL = 1.8
# The digits of reasons, as the card shows them.
REASONS = {"title": "1", "class": "2", "figure_of_speech": "3", "threshold": "5", "company": "7"}

Review = Callable[[Path], str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITY, tmp_path / "data"))


def environment(data: Path) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GEO_")} | {"GEO_DATA": str(data), "PYTHONPATH": str(PROJECT)}


def run(data: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "geo", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, env=environment(data), capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def draft(data: Path, tmp_path: Path) -> Path:
    """A draft of the report about the invented park, from Word."""
    report = tmp_path / "park.docx"
    report.write_bytes(as_docx())
    done = run(data, "draft", report, "--date", DAY, "--host", HOST, "-o", tmp_path / "draft")
    assert done.returncode == 0, done.stderr
    return tmp_path / "draft"


@pytest.fixture
def review(data: Path) -> Iterator[Review]:
    """Start the review of a draft; gives its address."""
    started = []

    def start(draft: Path) -> str:
        command = [sys.executable, "-m", "geo", "review", str(draft), "--no-browser"]
        process = subprocess.Popen(command, cwd=PROJECT, env=environment(data), stdout=subprocess.PIPE, text=True, encoding="utf-8")
        started.append(process)
        assert process.stdout
        first = process.stdout.readline()
        assert first.startswith("the review: http://127.0.0.1:"), first
        return first.partition(": ")[2].strip()

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=30)
        assert process.stdout
        process.stdout.close()


def wait_until_done(page: Page) -> None:
    """Wait until what was pressed is done: the page's policy lets nothing evaluate a condition in it."""
    page.wait_for_selector("body:not([data-busy])")


class Keyboard:
    """A page that is worked with by keys only, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1
            wait_until_done(self.page)

    def type(self, name: str, text: str) -> None:
        """Go to a field with the Tab key, and write into it."""
        while self.page.evaluate("document.activeElement.name") != name:
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")
        wait_until_done(self.page)

    def at(self) -> str:
        at: str = self.page.evaluate("document.body.dataset.at")
        return at

    def field(self, name: str) -> str:
        value: str = self.page.locator(f"#card [name={name}]").input_value()
        return value

    @property
    def subject(self) -> str:
        chosen = self.page.locator("#card .numbered [aria-pressed=true] bdi")
        return chosen.text_content() or "" if chosen.count() else ""


def open_review(page: Page, address: str) -> Keyboard:
    page.goto(address)
    page.wait_for_selector("[data-ready]")
    return Keyboard(page)


def confirm_places(keys: Keyboard) -> None:
    """Confirm the report and its places: the park is put on the map by its coordinates, the project lies in it."""
    keys.press("Enter")
    while keys.at() == "place":
        name = keys.field("name")
        if name == HOST:
            keys.type("lon", "108.2")
            keys.type("lat", "34.0")
            keys.type("uncertainty_m", "900")
            keys.type("name_en", "Chengsha Bay Machine Tool Park")
        elif name.endswith("项目"):
            keys.press("p", "1")
            assert keys.field("parent") == HOST
        keys.press("Enter")
    assert keys.at() == "done"
    keys.press("Enter")


def choose(keys: Keyboard, key: str, label: str) -> None:
    """Open a list of choices with its key, and take the one that says this."""
    keys.press(key)
    option = keys.page.locator(".mode .numbered li", has=keys.page.locator("bdi", has_text=label)).first
    keys.press((option.locator("kbd").text_content() or "").strip())


def confirm_figures(keys: Keyboard, right: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Confirm every figure as a person does who knows what is right."""
    while keys.at() == "figure":
        wanted = right.get((keys.field("value"), keys.field("unit")))
        if wanted is None:
            keys.press("x", REASONS["title"])
            continue
        if keys.subject != wanted["subject"]:
            digit = keys.page.locator("#card > .numbered li", has=keys.page.locator(f"bdi:text-is('{wanted['subject']}')")).locator("kbd")
            keys.press((digit.text_content() or "").strip())
        if keys.field("status") != wanted.get("status", "actual"):
            keys.press("t")
        if keys.field("period") != (wanted.get("period") or ""):
            choose(keys, "p", wanted["period"]) if wanted.get("period") else keys.press("p", "0")
        if keys.field("growth_pct") != wanted.get("growth_pct", ""):
            choose(keys, "g", wanted["growth_pct"])
        keys.press("Enter")


def test_a_report_goes_from_a_word_document_to_the_map_by_keys(data: Path, draft: Path, review: Review, page: Page, serve: Serve) -> None:
    keys = open_review(page, review(draft))
    confirm_places(keys)
    before = keys.count
    confirm_figures(keys, RIGHT)
    assert (keys.count - before) / len(RIGHT) <= GOAL
    assert keys.at() == "done"
    keys.press("Enter")
    assert page.locator("#card .problems li").all_text_contents() == []
    expect(page.locator("#verdict")).to_contain_text("Enter")
    keys.press("Enter")
    expect(page.locator("#verdict")).to_contain_text("已写入")
    checked = run(data, "check", "--text", draft / "park.txt")
    assert checked.returncode == 0, checked.stderr
    assert f"all {len(RIGHT)} figures of park verified" in checked.stdout
    assert "nothing to write" in run(data, "accept", draft, "--write").stdout
    page.goto(f"{serve(data)}/?place={slug_of(HOST)}")
    wait_until_drawn(page)
    expect(page.locator(".popup")).to_contain_text(HOST)
    expect(page.locator(".popup")).to_contain_text("42.6")


def test_every_key_is_saved_and_can_be_taken_back_after_a_reload(draft: Path, review: Review, page: Page) -> None:
    keys = open_review(page, review(draft))
    keys.press("Enter", "Enter")
    assert [place["state"] for place in read(draft)["places"]][:2] == ["accepted", "proposed"]
    keys.press("x")
    assert read(draft)["places"][1]["state"] == "rejected"
    page.reload()
    page.wait_for_selector("[data-ready]")
    wait_until_done(page)
    keys.press("u")
    assert read(draft)["places"][1]["state"] == "proposed"
    keys.press("u")
    assert {place["state"] for place in read(draft)["places"]} == {"proposed"}


def read(draft: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((draft / "draft.json").read_text(encoding="utf-8"))
    return document


def test_a_second_tab_only_reads_until_it_takes_over(draft: Path, review: Review, page: Page, new_context: NewContext) -> None:
    address = review(draft)
    keys = open_review(page, address)
    other = open_review(new_context().new_page(), address)
    expect(other.page.locator("#banner")).to_contain_text("只能看")
    other.press("Enter")
    assert not read(draft).get("review", {}).get("revision")
    keys.press("Enter")
    assert read(draft)["review"]["revision"] == 1
    other.page.locator("#banner button").click()
    wait_until_done(other.page)
    other.press("Enter")
    assert read(draft)["places"][0]["state"] == "accepted"


def test_a_draft_that_somebody_else_has_changed_is_not_written_over(draft: Path, review: Review, page: Page, watch: Watch) -> None:
    watch.expected.append("status of 409")
    keys = open_review(page, review(draft))
    document = read(draft)
    document["places"][0]["state"] = "rejected"
    (draft / "draft.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    keys.press("Enter")
    expect(page.locator("#said")).to_contain_text("别人改过")
    assert read(draft)["places"][0]["state"] == "rejected"


def test_keys_do_nothing_in_text_fields_or_while_an_input_method_composes(draft: Path, review: Review, page: Page) -> None:
    keys = open_review(page, review(draft))
    keys.press("Enter")
    page.locator("#card [name=aliases]").focus()
    page.keyboard.press("x")
    assert read(draft)["places"][0]["state"] == "proposed"
    page.keyboard.press("Escape")
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'x', isComposing: true, bubbles: true}))")
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'x', ctrlKey: true, bubbles: true}))")
    assert page.evaluate("document.body.dataset.busy") is None
    assert read(draft)["places"][0]["state"] == "proposed"


def test_every_key_does_what_it_says(draft: Path, review: Review, page: Page, watch: Watch) -> None:
    # What cannot be merged is refused.
    watch.expected.append("status of 400")
    keys = open_review(page, review(draft))
    keys.press("Enter")
    # Places: kind, edges, host, another name, one of the map, a new one, not a place, undo, the sure ones.
    keys.press("1")
    assert read(draft)["places"][0]["kind"] == "platform"
    keys.press("]", "}", "{", "[")
    assert keys.field("name") == HOST
    keys.press("n")
    page.keyboard.insert_text("数控装备")
    wait_until_done(page)
    page.locator(".mode .numbered li").first.wait_for()
    keys.press("Enter")
    assert keys.field("name") == "数控装备"
    keys.press("m", "1")
    assert "数控装备" not in {place["name"] for place in read(draft)["places"]}
    keys.press("u", "x")
    assert [place["name"] for place in read(draft)["places"] if place["state"] == "rejected"] == ["数控装备"]
    while keys.at() == "place":
        keys.press("Enter")
    keys.press("Enter")
    # Figures, in the order of the text: subject by search, state, period, growth, rank, label, undo.
    keys.press("f")
    keys.press("s")
    page.keyboard.insert_text("临港")
    page.locator(".mode .numbered li bdi", has_text="石湾临港园").wait_for()
    keys.press("Enter")
    assert keys.subject == "石湾临港园"
    keys.press("t", "p", "0", "g", "0", "r", "0")
    first = read(draft)["figures"][0]
    assert (first["status"], first["period"], first["growth_pct"], first["rank"]) == ("planned", None, None, None)
    keys.press("g", "1", "r", "1")
    first = read(draft)["figures"][0]
    assert (first["growth_pct"], first["rank"], first["rank_scope"]) == ("11.3", 3, "全市")
    keys.type("label", "工业总产值")
    assert read(draft)["figures"][0]["label"] == "工业总产值"
    keys.press("u")
    assert keys.field("label") == "规上工业总产值"
    count = len(read(draft)["figures"])
    keys.press("j", "m")
    assert "前一个" in (page.locator("#said").text_content() or "")
    keys.press("n")
    page.keyboard.insert_text("0571")
    page.locator(".mode .numbered li").first.wait_for()
    keys.press("Enter")
    assert len(read(draft)["figures"]) == count + 1
    keys.press("x", "c")
    assert [figure["reason"] for figure in read(draft)["figures"] if figure["state"] == "rejected"] == ["contact"]
    keys.press("a", "k", "b")
    assert keys.at() == "place"


def test_a_selection_is_told_or_made_a_figure(draft: Path, review: Review, page: Page) -> None:
    keys = open_review(page, review(draft))
    keys.press("Enter")
    confirm_all_places(keys)
    select = """(text) => {
      const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at >= 0) return getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + text.length);
      }
    }"""
    page.evaluate(select, "2033")
    keys.press("x", "0")
    told = [other for other in read(draft)["other_numbers"] if other.get("state") == "accepted"]
    text = (draft / "park.txt").read_text(encoding="utf-8")
    assert [(text[other["start"] : other["end"]], other["reason"]) for other in told] == [("2033", "date")]
    page.evaluate(select, "2033")
    keys.press("n")
    assert keys.field("value") == "2033"


def test_what_a_document_says_stays_text(data: Path, review: Review, page: Page, tmp_path: Path) -> None:
    report = tmp_path / "evil.txt"
    report.write_text(
        "<img src=x onerror=alert(1)>高新区简报\n\n<script>alert(1)</script>石湾临港园产值\u202e12\u202c亿元，{{7*7}}增长3%。\n", encoding="utf-8"
    )
    assert run(data, "draft", report, "--date", DAY, "--host", "石湾临港园", "-o", tmp_path / "evil").returncode == 0
    keys = open_review(page, review(tmp_path / "evil"))
    keys.press("Enter")
    while keys.at() == "place":
        keys.press("Enter")
    keys.press("Enter")
    assert page.locator("#text img, #text script, #card img, #card script").count() == 0
    expect(page.locator("#text")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#text")).to_contain_text("{{7*7}}")
    assert "\u202e" not in (page.locator("#text").text_content() or "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing(draft: Path, review: Review, new_context: NewContext, scheme: Literal["light", "dark"], language: str) -> None:
    page = new_context().new_page()
    page.emulate_media(color_scheme=scheme)
    keys = open_review(page, f"{review(draft)}?lang={language}")
    assert_nothing_found(page)
    keys.press("Enter")
    assert_nothing_found(page)
    confirm_all_places(keys)
    assert_nothing_found(page)
    keys.press("x")
    assert_nothing_found(page)
    while keys.at() == "figure":
        keys.press("x", "1")
    assert_nothing_found(page)


def confirm_all_places(keys: Keyboard) -> None:
    while keys.at() == "place":
        keys.press("Enter")
    keys.press("Enter")


def assert_nothing_found(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert len(results.response["passes"]) >= 10


def test_on_a_phone_everything_is_there_and_nothing_is_cut_off(draft: Path, review: Review, new_context: NewContext) -> None:
    page = new_context(has_touch=True).new_page()
    page.set_viewport_size(PHONE)
    keys = open_review(page, review(draft))
    assert sideways(page) == 0
    page.locator("#card .buttons button.main").tap()
    wait_until_done(page)
    assert keys.at() == "place"
    assert sideways(page) == 0
    small = page.locator("#card button").evaluate_all("buttons => buttons.filter((one) => one.getBoundingClientRect().height < 44).length")
    assert small == 0


def as_printed(page: Page) -> bytes:
    """The report as a PDF in two columns, as a browser prints it."""
    page.set_content(as_columns())
    return page.pdf(prefer_css_page_size=True)


@pytest.mark.parametrize("form", ["html in GB 18030", "pdf in two columns"])
def test_other_forms_of_the_report_go_to_the_map_as_well(data: Path, review: Review, page: Page, tmp_path: Path, form: str) -> None:
    report = tmp_path / ("park.html" if form.startswith("html") else "park.pdf")
    report.write_bytes(as_html().encode("gb18030") if form.startswith("html") else as_printed(page))
    done = run(data, "draft", report, "--date", DAY, "--host", HOST, "-o", tmp_path / "draft")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "draft" / "park.txt").read_text(encoding="utf-8")
    right = {key: wanted for key, wanted in RIGHT.items() if report.suffix == ".html" or key not in IN_TABLE}
    assert all(paragraph in text for paragraph in PARAGRAPHS)
    keys = open_review(page, review(tmp_path / "draft"))
    confirm_places(keys)
    before = keys.count
    confirm_figures(keys, right)
    assert (keys.count - before) / len(right) <= GOAL
    keys.press("Enter", "Enter")
    assert page.locator("#card .problems li").all_text_contents() == []
    checked = run(data, "check", "--text", tmp_path / "draft" / "park.txt")
    assert f"all {len(right)} figures of park verified" in checked.stdout, checked.stderr


def test_a_scan_is_said_and_not_guessed(data: Path, page: Page, tmp_path: Path) -> None:
    page.set_content("<style>div{width:300px;height:300px;background:linear-gradient(red,blue)}</style><div></div>")
    (tmp_path / "scan.pdf").write_bytes(page.pdf(print_background=True))
    done = run(data, "draft", tmp_path / "scan.pdf", "-o", tmp_path / "draft")
    assert done.returncode == 1
    assert "no text layer" in done.stderr and "OCR" in done.stderr
    assert not (tmp_path / "draft").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="has no signal that cannot be caught")
def test_a_review_that_is_killed_goes_on_where_it_was(data: Path, draft: Path, page: Page, watch: Watch) -> None:
    watch.expected.append("ERR_CONNECTION")
    command = [sys.executable, "-m", "geo", "review", str(draft), "--no-browser"]
    own = {"cwd": PROJECT, "env": environment(data), "start_new_session": True}
    states = []
    for _ in range(2):
        with subprocess.Popen(command, **own, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:  # type: ignore[call-overload]
            assert process.stdout
            keys = open_review(page, process.stdout.readline().partition(": ")[2].strip())
            keys.press("Enter")
            states.append([one["state"] for one in read(draft)["places"]].count("accepted"))
            # Both processes at once, in the middle of whatever they do.
            os.killpg(process.pid, signal.SIGKILL)
    assert states == [0, 1]
    assert read(draft)["review"]["revision"] == 2
