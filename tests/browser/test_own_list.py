"""A list of the reader's own: dropped, looked at, located, put right and downloaded, by pointer, by keyboard and on a phone."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, Open, Watch, sideways, wait_until_drawn

HEADINGS = ["企业名称", "省", "市", "区", "详细地址", "备注"]
KINDS = [
    ["浙江省", "杭州市", "滨江区", "长河街道网商路599号"],
    ["浙江省", "杭州市", "余杭区", "未来科技城"],
    ["浙江省", "杭州市", "萧山区", "无名路1号"],
    ["江苏省", "苏州市", "吴中区", "星湖街328号"],
]
HOSTILE = ["<img src=x onerror=window.broken=1>", "=HYPERLINK(1)", "甲" * 10_000, "\u202e倒"]
# The rows that are put right: 2 and 3 of the list, as a spreadsheet counts.
ODD = [["", "", "", "高新区"], ["", "", "", "没有这个地方"]]


def as_csv(rows: list[list[str]], encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def companies(count: int = 200) -> list[list[str]]:
    parts = [*ODD, *(KINDS[number % 4] for number in range(count - 2))]
    return [[f"样例{number}公司", *part, HOSTILE[number] if number < 4 else ""] for number, part in enumerate(parts)]


@pytest.fixture
def list_gbk(tmp_path: Path) -> Path:
    path = tmp_path / "名单.csv"
    path.write_bytes(as_csv([HEADINGS, *companies()], "gb18030"))
    return path


def drop(page: Page, path: Path) -> None:
    """Drop a file on the map, as a pointer does."""
    transfer = page.evaluate_handle(
        """([bytes, name]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name));
          return transfer;
        }""",
        [list(path.read_bytes()), path.name],
    )
    page.dispatch_event("main.map", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("main.map", "drop", {"dataTransfer": transfer})


def wait_until_located(page: Page) -> None:
    expect(page.locator(".own-status")).to_contain_text("200")
    expect(page.locator(".own-progress")).to_be_hidden()


def counts(page: Page) -> dict[str, int]:
    buttons = page.locator(".own-count")
    return {str(button.get_attribute("data-group")): int(button.locator("b").inner_text()) for button in buttons.all()}


def rows_of(path: Path) -> list[dict[str, object]]:
    header, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_a_dropped_list_is_located_put_right_and_downloaded(open_map: Open, list_gbk: Path, tmp_path: Path) -> None:
    page = open_map()
    drop(page, list_gbk)
    taken = page.locator("[data-select=column] select")
    expect(taken).to_have_count(5)
    assert [select.input_value() for select in taken.all()] == ["省", "市", "区", "详细地址", ""]
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_role("button", name="定位", exact=True).click()
    wait_until_located(page)
    before = counts(page)
    assert before["all"] == 200 == sum(before.values()) - before["all"]
    assert (before["ambiguous"], before["miss"]) == (1, 1 + 49)
    # Rows that are known to one point are one symbol, which says how many they are.
    expect(page.locator(".own-spot.hollow", has_text="50").first).to_be_visible()

    page.locator("[data-group=ambiguous]").click()
    row = page.locator(".own-rows tbody tr")
    expect(row).to_have_count(1)
    row.get_by_label("第 2 行可能是").select_option(index=1)
    expect(page.locator(".own-status")).to_have_text("已改正第 2 行")
    page.locator("[data-group=all]").click()
    box = page.get_by_label("第 3 行改查")
    box.fill("滨江区长河街道")
    box.press("Enter")
    expect(page.locator(".own-status")).to_have_text("已改正第 3 行")
    after = counts(page)
    assert (after["ambiguous"], after["miss"], after["township"]) == (0, 49, before["township"] + 1)
    page.get_by_role("button", name="去掉第 4 行").click()
    expect(page.locator("[data-group=left_out] b")).to_have_text("1")

    with page.expect_download() as download:
        page.locator("[data-download=xlsx]").click()
    assert download.value.suggested_filename == "名单-located.xlsx"
    download.value.save_as(tmp_path / "located.xlsx")
    rows = rows_of(tmp_path / "located.xlsx")
    assert [row["企业名称"] for row in rows] == [row[0] for row in companies() if row[0] != "样例2公司"]
    assert (rows[0]["geo_status"], rows[0]["geo_name"]) == ("match", "杭州高新区(滨江)")
    assert rows[1]["geo_township"] == "长河街道"
    assert rows[0]["备注"] == HOSTILE[0] and rows[1]["备注"] == HOSTILE[1]


def test_by_keyboard_from_the_button_to_the_file(open_map: Open, list_gbk: Path, tmp_path: Path) -> None:
    page = open_map()
    page.get_by_role("button", name="我的名单").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".own-list")).to_be_focused()
    page.locator(".own-list input[type=file]").focus()
    page.locator(".own-list input[type=file]").set_input_files(list_gbk)
    # The look leads on to its button.
    expect(page.get_by_role("button", name="定位", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_located(page)
    first = page.get_by_label("第 2 行改查")
    first.focus()
    page.keyboard.type("滨江区")
    page.keyboard.press("Enter")
    expect(page.locator(".own-status")).to_have_text("已改正第 2 行")
    # Whoever came by keyboard is still in the row.
    assert page.evaluate("() => document.activeElement.closest('tr').dataset.row") == "2"
    page.locator("[data-download=csv]").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "located.csv")
    with (tmp_path / "located.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["geo_name"] == "滨江区"
    page.keyboard.press("Escape")
    expect(page.locator(".own-list")).to_be_hidden()
    expect(page.get_by_role("button", name="我的名单")).to_be_focused()


def test_a_point_is_moved_by_pointer_and_by_keyboard_and_saved(open_map: Open, list_gbk: Path, tmp_path: Path) -> None:
    page = open_map()
    drop(page, list_gbk)
    page.get_by_role("button", name="定位", exact=True).click()
    wait_until_located(page)
    page.get_by_role("button", name="移动第 2 行的点").click()
    handle = page.locator(".own-marker:has(.own-handle)")
    expect(handle).to_be_focused()
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + 14, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(box["x"] + 74, box["y"] - 46, steps=4)
    page.mouse.up()
    said = page.locator(".own-status")
    expect(said).to_contain_text("第 2 行：东经")
    dragged = re.findall(r"\d+\.\d+", said.inner_text())
    page.get_by_role("button", name="保存位置").click()
    expect(said).to_have_text("已改正第 2 行")

    # By keyboard: a step, a fine one, and Enter; Escape leaves it where it was.
    move = page.get_by_role("button", name="移动第 3 行的点")
    move.focus()
    page.keyboard.press("Enter")
    expect(handle).to_be_focused()
    page.keyboard.press("ArrowRight")
    first = said.inner_text()
    page.keyboard.press("Shift+ArrowUp")
    assert said.inner_text() != first
    page.keyboard.press("Escape")
    expect(handle).to_have_count(0)
    expect(page.locator(".own-list")).to_be_visible()
    move.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    moved = re.findall(r"\d+\.\d+", said.inner_text())
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.keyboard.press("Enter")
    expect(said).to_have_text("已改正第 3 行")
    assert page.evaluate("() => document.activeElement.closest('tr').dataset.row") == "3"

    with page.expect_download() as download:
        page.locator("[data-download=xlsx]").click()
    download.value.save_as(tmp_path / "located.xlsx")
    rows = rows_of(tmp_path / "located.xlsx")
    for row, (lon, lat) in zip(rows, (dragged, moved), strict=False):
        assert (f"{row['geo_lon']:.5f}", f"{row['geo_lat']:.5f}") == (lon, lat)
        assert (row["geo_status"], row["geo_precision"], row["geo_uncertainty_m"]) == ("match", "corrected_by_hand", None)


def test_a_point_is_moved_by_touch_on_a_phone(context: BrowserContext, list_gbk: Path) -> None:
    page = context.new_page()
    page.set_viewport_size(PHONE)
    page.goto("/?lang=en")
    wait_until_drawn(page)
    drop(page, list_gbk)
    page.get_by_role("button", name="Locate", exact=True).click()
    wait_until_located(page)
    page.get_by_role("button", name="Move the point of row 2", exact=True).click()
    handle = page.locator(".own-marker:has(.own-handle)")
    assert sideways(page) == 0
    box = handle.bounding_box()
    panel = page.locator(".own-list").bounding_box()
    # The point is in the part of the map that the panel leaves.
    assert box and panel and box["y"] + box["height"] < panel["y"]
    before = page.locator(".own-status").inner_text()
    handle.evaluate(
        """marker => {
          const { x, y } = marker.getBoundingClientRect();
          const at = (dx, dy) => [new Touch({ identifier: 1, target: marker, clientX: x + 14 + dx, clientY: y + 14 + dy })];
          const send = (kind, touches) => marker.dispatchEvent(new TouchEvent(kind,
            { touches, targetTouches: touches, changedTouches: touches, bubbles: true, cancelable: true }));
          send("touchstart", at(0, 0));
          send("touchmove", at(20, -30));
          send("touchmove", at(40, -60));
          send("touchend", []);
        }"""
    )
    expect(page.locator(".own-status")).not_to_have_text(before)
    page.get_by_role("button", name="Save position").click()
    expect(page.locator(".own-status")).to_have_text("Row 2 was put right")
    expect(page.locator(".own-rows tr[data-row='2'] .own-found")).to_contain_text("Corrected by hand")


def test_on_a_phone_in_english_and_in_the_dark(page: Page, list_gbk: Path) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.goto("/?lang=en")
    wait_until_drawn(page)
    drop(page, list_gbk)
    page.get_by_role("button", name="Locate", exact=True).click()
    wait_until_located(page)
    assert sideways(page) == 0
    for part in page.locator(".own-list, .own-count, .own-rows tr >> visible=true").all()[:20]:
        box = part.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_label("What row 2 may be").select_option(index=1)
    expect(page.locator(".own-status")).to_have_text("Row 2 was put right")
    with page.expect_download() as download:
        page.locator("[data-download=geojson]").click()
    assert download.value.suggested_filename.endswith(".geojson")


def test_pasted_rows_are_a_list_and_a_single_line_is_none(open_map: Open) -> None:
    page = open_map()
    paste = """text => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(paste, "滨江区")
    expect(page.locator(".own-list")).to_have_count(0)
    page.evaluate(paste, "名称\t地址\n甲\t滨江区长河街道\n乙\t余杭区")
    page.get_by_role("button", name="定位", exact=True).click()
    expect(page.locator(".own-rows tbody tr")).to_have_count(2)


def test_other_columns_can_be_chosen(open_map: Open, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_bytes(as_csv([["甲", "乙"], ["滨江区", "余杭区"], ["滨江区", "西湖区"]], "utf-8"))
    page = open_map()
    drop(page, path)
    expect(page.locator(".own-failed")).to_contain_text("看不出哪一列是地址")
    page.get_by_label("第 1 列").select_option("乙")
    expect(page.locator(".own-failed")).to_be_hidden()
    page.get_by_role("button", name="定位", exact=True).click()
    expect(page.locator(".own-show").first).to_contain_text("余杭区")


def test_hostile_cells_are_text(open_map: Open, tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    path.write_bytes(as_csv([["名称", "地址"], *([cell, f"滨江区{cell}"] for cell in HOSTILE)], "utf-8"))
    page = open_map()
    drop(page, path)
    page.get_by_role("button", name="定位", exact=True).click()
    expect(page.locator(".own-rows tbody tr")).to_have_count(4)
    assert page.evaluate("() => window.broken") is None
    expect(page.locator(".own-list img, .own-list a")).to_have_count(0)
    assert max(len(text) for text in page.locator(".own-rows td bdi").all_inner_texts()) < 300


def test_what_is_no_list_says_so_in_the_readers_language(open_map: Open, tmp_path: Path, watch: Watch) -> None:
    # A browser notes every answer that is an error.
    watch.expected.append("415")
    path = tmp_path / "a.xls"
    path.write_bytes(b"x")
    page = open_map()
    drop(page, path)
    expect(page.locator(".own-failed")).to_contain_text("读不了这种文件，请存为 .xlsx 或 .csv")


def test_the_first_view_asks_for_nothing_of_it(open_map: Open, watch: Watch) -> None:
    open_map()
    assert [address for address in watch.requests if "lists." in address or "own-list" in address] == []
