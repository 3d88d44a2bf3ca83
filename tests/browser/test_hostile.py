"""Tables written by somebody who means harm: every text stays text, in every place where it is shown."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geo.atlas import build_atlas
from geo.settings import Settings
from geo.tables.cells import MOST_IN_A_NAME, MOST_IN_A_TEXT, MOST_IN_A_WORD
from tests.browser.conftest import PHONE, Watch, counted, listed, pinned, running, sideways, wait_until_drawn
from tests.known import DATA

# Markup, a template literal (folium writes names into script), the end of a script element, a spreadsheet formula, a letter of a script that is
# written from the right; a character that turns text around is refused with the tables.
POISON = "<img src=x onerror=window.pwned=1>${window.pwned=1}</script><script>window.pwned=1</script>{{7*7}}'\"`=cmd()\u05d0g"
LONG = "x" * MOST_IN_A_TEXT
# Of every long text, at least.
SEEN_OF_LONG = "x" * (MOST_IN_A_NAME // 2)
POISONED = {
    "places.csv": ("name_zh", "name_en", "focus_zh", "focus_en", "sector"),
    "vocabulary.csv": ("label_zh", "label_en"),
    "indicators.csv": ("rank_scope_zh", "rank_scope_en"),
    "sources.csv": ("title", "publisher", "authors", "pages"),
    "corridors.csv": ("name_zh", "name_en", "short_zh", "short_en", "scope_note_zh", "scope_note_en"),
    "gazetteer.csv": ("note",),
}


def rewrite(data: Path, poisoned: dict[str, tuple[str, ...]], text: str) -> Path:
    """Put a text behind every value of some columns that has one, so that names stay different, and as far as the column takes it."""
    for file, columns in poisoned.items():
        with (data / file).open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        for row in rows:
            row.update({column: (row[column] + text)[: _most_in(column)] for column in columns if row[column]})
        with (data / file).open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return data


def _most_in(column: str) -> int:
    if column.startswith("short_"):
        return MOST_IN_A_WORD
    return MOST_IN_A_TEXT if "note" in column or column.startswith("focus_") else MOST_IN_A_NAME


def assert_harmless(page: Page, seen_in: Sequence[str] = ("body",)) -> None:
    """Nothing of it ran or became an element, and it is there to be read."""
    assert page.evaluate("window.pwned") is None
    # The picture of a place is ours.
    assert page.locator("img:not(.inset > img)").count() == 0
    for selector in seen_in:
        text = page.locator(selector).first.evaluate("element => element.textContent")
        assert "<img src=x onerror=window.pwned=1>${window.pwned=1}</script>" in text, selector
        assert "{{7*7}}" in text, selector


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an atlas whose every free text is poisoned."""
    data = shutil.copytree(DATA, tmp_path_factory.mktemp("poisoned") / "data")
    with running(GEO_DATA=str(rewrite(data, POISONED, POISON))) as address:
        yield address


@pytest.fixture(scope="module")
def long_worded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an atlas whose every free text has no end."""
    data = shutil.copytree(DATA, tmp_path_factory.mktemp("long") / "data")
    with running(GEO_DATA=str(rewrite(data, POISONED, LONG))) as address:
        yield address


def test_the_poison_reaches_the_tables(data_copy: Path) -> None:
    """Otherwise the other tests of this file would show nothing."""
    atlas = build_atlas(Settings(host="127.0.0.1", port=8000, data=rewrite(data_copy, POISONED, POISON)))
    assert all(POISON in place.name_zh and POISON in place.name_en for place in atlas.tables.places)
    assert all(POISON in vocable.label_zh for vocable in atlas.tables.vocabulary)
    assert all(POISON in source.title for source in atlas.tables.sources)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_map_list_table_and_card_show_it_as_text(page: Page, poisoned: str, language: str) -> None:
    page.goto(f"{poisoned}/?lang={language}&place=binjiang-hitech")
    wait_until_drawn(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_harmless(
        page,
        [
            "#finding",
            "#list .entry .name",
            "#list .entry .headline-note",
            "#table th[scope=row]",
            ".pin-label",
            ".popup h2",
            ".popup .other-name",
            ".popup .focus",
            ".popup .figures .label",
            ".popup .figures .notes",
        ],
    )
    assert len({*pinned(page), *counted(page)}) == 29
    assert page.get_by_role("dialog").get_attribute("aria-label") == page.locator(".popup h2").text_content()


def test_a_card_opened_by_hand_shows_it_as_text(page: Page, poisoned: str) -> None:
    page.goto(poisoned)
    wait_until_drawn(page)
    page.locator("#list [data-id=fullsemi-1] a").click()
    assert_harmless(page, [".popup h2", ".popup .located"])
    page.get_by_role("searchbox").fill(POISON)
    # Letters and digits of it are part of every name.
    assert len(listed(page)) == 30
    assert_harmless(page)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("path", "seen_in"),
    [
        ("/places/binjiang-hitech", ["title", "h1", ".other-name", ".focus", ".figures .label", ".located-note"]),
        ("/places/fullsemi-1", ["h1", ".located-note"]),
        ("/sources/report-2023", ["title", "h1", "dl", ".rows td:nth-child(3)", ".rows td:nth-child(4)"]),
        ("/sources/binfu-2020", ["h1", ".rows td:nth-child(4)"]),
        ("/sources/west-plan-2021", ["h1"]),
        ("/about", ["#misses", ".columns"]),
    ],
)
def test_a_page_shows_it_as_text(page: Page, poisoned: str, path: str, seen_in: list[str], language: str) -> None:
    page.goto(f"{poisoned}{path}?lang={language}")
    assert_harmless(page, seen_in)


@pytest.mark.parametrize("path", ["/?place=binjiang-hitech", "/places/fullsemi-1", "/places/binjiang-hitech", "/sources/report-2023", "/about"])
def test_turned_text_turns_nothing_around_it(page: Page, poisoned: str, path: str) -> None:
    """A text that may run from the right is shut in an element of its own, so that it cannot rewrite our words."""
    page.goto(f"{poisoned}{path}")
    if path.startswith("/?"):
        wait_until_drawn(page)
    loose: list[str] = page.evaluate(
        """() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const loose = [];
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const parent = node.parentElement;
            if (!node.data.includes("\\u05d0") || parent.closest("script, title")) continue;
            if (!parent.closest("bdi, option")) loose.push(`${parent.tagName} ${parent.className}`);
          }
          return [...new Set(loose)].sort();
        }"""
    )
    assert loose == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?place=binjiang-hitech",
        "/?place=fullsemi-1",
        "/places/binjiang-hitech",
        "/places/fullsemi-1",
        "/places/binfu-zone",
        "/sources/report-2023",
        "/sources/binfu-2020",
        "/about",
    ],
)
def test_a_text_without_end_does_not_widen_the_page_of_a_phone(page: Page, long_worded: str, path: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{long_worded}{path}")
    if path.startswith("/?") or path == "/":
        wait_until_drawn(page)
        assert len({*pinned(page), *counted(page)}) == 29
    assert SEEN_OF_LONG in (page.locator("main").text_content() or "") + (page.locator("body").text_content() or "")
    assert sideways(page) == 0


def test_the_address_is_not_trusted_either(page: Page, site: str) -> None:
    page.goto(f"{site}/?place=<img src=x onerror=window.pwned=1>&q=<img src=x onerror=window.pwned=1>&corridor=<script>window.pwned=1</script>")
    wait_until_drawn(page)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert page.get_by_role("searchbox").input_value() == "<img src=x onerror=window.pwned=1>"


def test_the_policy_stops_what_would_get_through(page: Page, site: str, watch: Watch) -> None:
    """The last line of defence works in this browser: an inline handler in the page does not run, and is noticed."""
    watch.expected += ["Content Security Policy", "policy: script-src-attr inline", "status of 404"]
    page.goto(f"{site}/about")
    with page.expect_console_message(lambda message: message.text == "policy: script-src-attr inline"):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.pwned=1>')")
    assert page.locator("img").evaluate("image => image.decode().then(() => 'loaded', () => 'failed')") == "failed"
    assert page.evaluate("window.pwned") is None
