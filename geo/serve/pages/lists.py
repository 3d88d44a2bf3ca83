"""The panel for a list of the reader's own: markup and words, fetched when a list is opened; its script is ``static/lists``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext

from geo.serve.data.lists import FILES, MOST_BYTES, MOST_ROWS
from geo.serve.http.responses import BY_LANGUAGE, cacheable

blueprint = Blueprint("own", __name__)


@blueprint.get("/own-list")
def panel() -> Response:
    """Give the panel."""
    limits = gettext("最多 %(rows)s 行、%(size)s MB。", rows=MOST_ROWS, size=MOST_BYTES >> 20)
    page = render_template("lists.html", words=_words(), limits=limits, extensions=list(FILES))
    return cacheable(page, "text/html; charset=utf-8", varies_by=BY_LANGUAGE, is_shared=True)


@blueprint.get("/own-list/density")
def density_panel() -> Response:
    """Give the panel for a list that is counted."""
    page = render_template("density.html", words=_density_words())
    return cacheable(page, "text/html; charset=utf-8", varies_by=BY_LANGUAGE, is_shared=True)


def _density_words() -> dict[str, Any]:
    return {
        "counted": gettext("{rows} 行，其中 {located} 行有位置，{missing} 行没有位置、不在图上"),
        "located": {
            "geometry": gettext("几何列 {first}"),
            "geocoded": gettext("地名地址定位；只知到街道、城区的行都在其代表点上"),
            "columns": gettext("列 {first}、{second}，按 WGS-84 读"),
        },
        "inView": gettext("视图内 {count} 行"),
        "closer": gettext("每个数字是方格里的行数，一行不少；放大到 {zoom} 级看各行"),
        "range": gettext("第 {first}–{last} 行，共 {all} 行"),
        "atPoint": gettext("这一点有 {count} 行"),
        "show": gettext("在地图上看第 {row} 行"),
        "row": gettext("行"),
        "failed": gettext("没有取到，请稍后再试"),
    }


def _words() -> dict[str, Any]:
    """Give the script its phrases; what they count or name stands in braces."""
    return {
        "url": url_for("lists.geocode_list"),
        "mostBytes": MOST_BYTES,
        "groups": {
            "all": gettext("全部"),
            "exact": gettext("到地点"),
            "township": gettext("到街道、乡镇"),
            "district": gettext("到城区"),
            "city": gettext("到全市"),
            "ambiguous": gettext("有歧义"),
            "miss": gettext("没查到"),
            "left_out": gettext("已去掉"),
        },
        "reasons": {
            "unknown": gettext("不认识"),
            "out_of_area": gettext("不在本图范围内"),
            "empty": gettext("没有地址"),
            "ambiguous": gettext("可能是几处"),
        },
        "notices": {
            "above": gettext("标题上方的 {0} 行不算：{1}"),
            "two_rows": gettext("标题占两行，从第 {0} 行起"),
            "sheet": gettext("用工作表“{0}”；跳过：{1}"),
            "filled": gettext("“{0}”列的空格沿用上一格，当作合并过的单元格"),
            "heading": gettext("第 {0} 列的标题“{1}”空缺或重复，这里叫“{2}”"),
            "surplus": gettext("多出的单元格放在“{0}”列"),
        },
        "flaws": {
            "cells": gettext("第 {line} 行的单元格数与标题不同，已保留"),
            "bytes": gettext("第 {line} 行有坏字节，显示为 �"),
            "quotes": gettext("第 {line} 行的引号没有配对，按原样读"),
            "formula": gettext("第 {line} 行“{column}”的公式没有结果，请用表格软件打开并保存一次"),
            "far": gettext("第 {line} 行 {column} 列离名单太远，没有读"),
        },
        "faults": {
            "kind": gettext("读不了这种文件，请存为 .xlsx 或 .csv"),
            "bytes": gettext("文件里的文字读不出来，请存为 UTF-8 或 GBK"),
            "workbook": gettext("读不了这个工作簿，请另存为没有密码的 .xlsx"),
            "too_large": gettext("名单太大，请分成几份，或用命令行"),
            "sheet": gettext("没有这张工作表"),
            "heading": gettext("没有找到标题行"),
            "column": gettext("看不出哪一列是地址，请选择"),
            "correction": gettext("改正与名单对不上"),
            "target": gettext("这种文件装不下这份名单"),
            "other": gettext("名单读不了"),
        },
        "busy": gettext("服务器正忙，请稍后再试"),
        "failed": gettext("没有收到答复，请稍后再试"),
        "reading": gettext("正在读 {name}…"),
        "progress": gettext("已定位 {done} 行"),
        "progressOf": gettext("已定位 {done} 行，共 {all} 行"),
        "done": gettext("{all} 行：{exact} 行到地点，{township} 行到街道、乡镇，{district} 行到城区，{ambiguous} 行有歧义，{miss} 行没查到"),
        "stopped": gettext("已停止：定位了 {done} 行"),
        "more": gettext("还有 {count} 处"),
        "range": gettext("第 {first}–{last} 行，共 {all} 行"),
        "none": gettext("没有"),
        "add": gettext("再加一列…"),
        "columnLabel": gettext("第 {number} 列"),
        "radius": gettext("误差 ±{radius}"),
        "rest": gettext("没查到的部分：{text}"),
        "choose": gettext("选一处…"),
        "candidates": gettext("第 {row} 行可能是"),
        "retype": gettext("第 {row} 行改查"),
        "ask": gettext("查"),
        "drop": gettext("去掉"),
        "restore": gettext("恢复"),
        "dropLabel": gettext("去掉第 {row} 行"),
        "restoreLabel": gettext("恢复第 {row} 行"),
        "show": gettext("在地图上看第 {row} 行"),
        "corrected": gettext("已改正第 {row} 行"),
        "move": gettext("移动"),
        "moveLabel": gettext("移动第 {row} 行的点"),
        "moving": gettext("拖动第 {row} 行的点，或用方向键（按住 Shift 走得更细）；回车保存，Esc 取消。"),
        "at": gettext("第 {row} 行：东经 {lon}，北纬 {lat}（WGS-84）"),
        "byHand": gettext("手工改正"),
        "shared": gettext("{count} 行在此：{name}"),
        "onlyKnown": gettext("只知道在{name}"),
        "file": gettext("粘贴的名单"),
    }
