"""What the script of the map page is given: symbols, comparisons, cards, addresses and phrases in the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from flask import url_for
from flask_babel import gettext

from geo.draw.legend import Drawing, Legend, Row
from geo.draw.lettering import wrap
from geo.draw.marks import Look, find_area, look_without, map_symbol, measured_look, plain_look
from geo.draw.script import Script, script_json
from geo.draw.webmap import MapParts, build_map, render_map
from geo.geocode.answers import Match
from geo.ground.palette import (
    AREA_SHARE,
    AREA_STEP,
    AREAS,
    CROWD,
    DOT,
    LABEL_CORNERS,
    LABEL_GAP,
    LABEL_HEIGHT,
    LABEL_LEVELS,
    LABEL_RETRIED,
    LABEL_SPACE,
    LARGEST,
    LEADER_DIRECTIONS,
    LEADER_LENGTHS,
    LEADER_STEP,
    LEAST,
    LEAST_COUNTED,
    MOST_NAMED,
    OPACITIES,
    PLATE_HEIGHT,
    PLATE_SIZE,
    PLATE_SPACE,
    RADII,
    RING_GAP,
    RING_LINE,
    RING_REACH,
    RING_START,
    RING_STEP,
    SQUARE,
    STROKES,
    SYMBOL_SPACE,
    UNFITTED,
)
from geo.layers.comparisons import Comparison
from geo.layers.density.pyramid import FEATURES_ZOOM
from geo.layers.formats import FORMATS
from geo.serve.data import density
from geo.serve.data.density import is_dense
from geo.serve.http.selection import APPENDED, PAGE_PARAMETERS
from geo.serve.pages.reference import reference_digest
from geo.serve.site import Site, digest_of_code
from geo.tables.kinds import Basis, Kind
from geo.tables.rows import Place
from geo.words.cards import Wording
from geo.words.phrases import GROUPS

# Rows of the list and of the table on one page.
PAGE_ROWS = 100
# Of so many places the words come in one script: a slow phone reads it between two frames.
_PART = 1000


def draw_map(site: Site, wording: Wording) -> MapParts:
    """Draw the map of a language once, and keep it."""
    parts = site.maps.get(wording.language)
    if parts is None:
        places: Any = [_map_point(site, place, position) for position, place in enumerate(site.places.values())]
        if not word_parts(site):
            words = [_map_words(site, place, wording) for place in site.places.values()]
            both = [{**point, **of_it} for point, of_it in zip(places, words, strict=True)]
            places = {corridor: [place for place in both if place["corridor"] == corridor] for corridor in site.atlas.tables.corridor_ids}
        parts = site.maps[wording.language] = render_map(
            build_map(
                outline=site.atlas.outline,
                belts=site.atlas.layers.corridors,
                places=places,
                ties=site.ties,
                corridor_names=wording.corridors,
                district_name="name_en" if wording.language == "en" else "name_zh",
                frame=site.atlas.tables.profile.box,
            )
        )
    return parts


def comparisons_script(site: Site, wording: Wording, key: str | None = None) -> Script:
    """Write the figures that may be compared, by key, as a call of ``atlas.addComparisons``; made once for each language.

    The first view shows none of them, and does not wait for them.

    Parameters
    ----------
    key
        The one that is wanted, where each comes alone (:func:`comparison_keys`); ``None`` for all of them.
    """
    scripts = site.comparison_scripts.setdefault(wording.language, {})
    if key not in scripts:
        scripts[key] = Script.of(_write_comparisons(site, wording, list(site.atlas.comparisons) if key is None else [key]))
    return scripts[key]


def comparison_keys(site: Site) -> list[str]:
    """Give the comparisons that come in a script each: those of a crowd, of which a reader waits for one at most."""
    return list(site.atlas.comparisons) if word_parts(site) else []


def comparisons_url(site: Site, wording: Wording, key: str | None) -> str:
    """Give the address of a comparison's script: its own where each has one, or that of all of them."""
    own = key if key in comparison_keys(site) else None
    return url_for("pages.comparisons", key=own, lang=wording.language, v=comparisons_digest(site, wording, own))


def comparisons_digest(site: Site, wording: Wording, key: str | None) -> str:
    """Give the part of the address of :func:`comparisons_script` that changes with it."""
    return comparisons_script(site, wording).digest if key is None else _digest_ahead(site, wording, "comparison", key)


def word_parts(site: Site) -> range:
    """Give the parts in which the words of the places come after the map: of a crowd, whose words weigh many times what its symbols do."""
    return range(-(-len(site.places) // _PART) if len(site.places) > CROWD else 0)


def words_script(site: Site, wording: Wording, part: int) -> Script:
    """Write a part of the words of the places as a call of ``atlas.addWords``; made once for each language.

    Parameters
    ----------
    part
        One of :func:`word_parts`.
    """
    scripts = site.word_scripts.setdefault(wording.language, {})
    if part not in scripts:
        first = part * _PART
        words = [_map_words(site, place, wording) for place in islice(site.places.values(), first, first + _PART)]
        scripts[part] = Script.of([f"atlas.addWords({first}, {script_json({name: [of_it.get(name) for of_it in words] for name in _WORDS})});\n"])
    return scripts[part]


def words_digest(site: Site, wording: Wording, part: int) -> str:
    """Give the part of the address of :func:`words_script` that changes with it."""
    return _digest_ahead(site, wording, "words", str(part))


def _digest_ahead(site: Site, wording: Wording, *what: str) -> str:
    """Give a digest of all that a script is made of, before it is made: those of a crowd take longer than everything else, and few are asked for."""
    said = "\0".join((site.atlas.tables.version, digest_of_code(), wording.language, *what))
    return hashlib.sha256(said.encode()).hexdigest()[:10]


def _words_url(site: Site, wording: Wording, part: int) -> str:
    return url_for("pages.words", part=part, lang=wording.language, v=words_digest(site, wording, part))


def _write_comparisons(site: Site, wording: Wording, keys: Sequence[str]) -> Iterator[str]:
    # One after another: who writes all of them in one call keeps everybody else waiting.
    yield "atlas.addComparisons({"
    for number, key in enumerate(keys):
        yield f"{', ' if number else ''}{script_json(key)}: {script_json(_comparison_state(site, site.atlas.comparisons[key], wording))}"
    yield "});\n"


def card_document(site: Site, wording: Wording, place: Place) -> dict[str, Any]:
    """Give a card as its popup needs it: the words, with the addresses they lead to."""
    card = wording.card(place, site.atlas)
    words = asdict(card)
    words["href"] = url_for("documents.place", id_=card.id, lang=wording.language)
    words["geojsonHref"] = url_for("downloads.place", id_=card.id)
    words["sourceHref"] = _source_url(card.source, card.paragraph, wording.language)
    for figure in words["figures"]:
        figure["href"] = _source_url(figure["source"], figure["paragraph"], wording.language)
    return words


def page_state(site: Site, wording: Wording) -> Mapping[str, Any]:
    """Give the script what it cannot know: addresses and phrases in the reader's language; made once for each language."""
    state = site.page_states.get(wording.language)
    if state is None:
        state = site.page_states[wording.language] = {
            "corridors": site.atlas.tables.corridor_ids,
            "groups": [{"title": wording.group(position), "kinds": [kind.value for kind in kinds]} for position, (_, kinds) in enumerate(GROUPS)],
            "rows": PAGE_ROWS,
            "basemaps": _basemaps(site, wording),
            "words": {
                "corridor": {corridor: wording.corridor_short(corridor) for corridor in site.atlas.tables.corridor_ids},
                "kind": {kind.value: wording.kind(kind) for kind in Kind},
                "district": {district: wording.district(district) for district in site.atlas.tables.districts},
            },
            "belts": {
                corridor: [[south, west], [north, east]]
                for corridor, (west, south, east, north) in site.atlas.layers.corridors.dissolve("corridor").geometry.bounds.T.items()
            },
            "pageUrl": url_for("pages.index"),
            "embedUrl": url_for("pages.embed"),
            "cardUrl": url_for("documents.card", id_="ID", lang=wording.language),
            "placeUrl": url_for("documents.place", id_="ID", lang=wording.language),
            "language": wording.language,
            "comparisons": list(site.atlas.comparisons),
            **(
                {"comparisonUrls": {key: comparisons_url(site, wording, key) for key in keys}}
                if (keys := comparison_keys(site))
                else {"comparisonsUrl": comparisons_url(site, wording, None)}
            ),
            **({"wordsUrls": [_words_url(site, wording, part) for part in word_parts(site)]} if word_parts(site) else {}),
            "laterUrl": url_for("assets.asset", name=site.asset_name("later.js")),
            "referenceUrl": url_for("reference.script", lang=wording.language, v=reference_digest(site, wording.language)),
            # Only where there are pieces: the first view of the others has no use for it.
            **({"pieceUrl": url_for("reference.piece", name="PIECE", v=local.digest)} if (local := site.atlas.local) else {}),
            "pictureUrl": url_for("pictures.map_png"),
            **({} if site.is_frozen else {"fragmentUrl": url_for("pages.dialogs", lang=wording.language)}),
            "drawingUrl": url_for("pictures.map_svg"),
            **({"dense": _dense(site)} if is_dense(site) else {}),
            **({} if site.is_frozen else {"formatsUrl": url_for("catalogue.layers"), "ownList": _own_list(site, wording)}),
            "layerUrl": url_for("downloads.layer", name="places", extension=next(iter(FORMATS))),
            "phrases": _phrases(site, wording),
            "marks": _marks(is_crowded=len(site.places) > CROWD),
            "legend": legend_state(wording.legend(None)),
            **({"frozen": _frozen_state(site)} if site.is_frozen else {}),
        }
    return state


_PLATE = {"square": SQUARE, "least": LEAST_COUNTED, "named": MOST_NAMED, "height": PLATE_HEIGHT, "size": PLATE_SIZE, "space": PLATE_SPACE}


def _marks(*, is_crowded: bool) -> dict[str, Any]:
    """Give the script how symbols are drawn where nothing is compared, and what it needs to lay them out."""
    return {
        "symbols": {
            symbol: {
                "plain": _look(plain_look(symbol)),
                "without": _look(look_without(symbol)),
                "level": LABEL_LEVELS[symbol],
                "isFitted": symbol not in UNFITTED,
            }
            for symbol in RADII
        },
        "forms": {form: {"stroke": stroke, "opacity": OPACITIES[form]} for form, stroke in STROKES.items()},
        "largest": LARGEST,
        "crowd": CROWD,
        "dot": DOT,
        **({"plate": _PLATE} if is_crowded else {}),
        "ring": {
            "gap": RING_GAP,
            "step": RING_STEP,
            "start": RING_START,
            "reach": RING_REACH,
            "line": RING_LINE,
            "least": LEAST,
            "strip": LABEL_HEIGHT / 2,
            "aside": AREA_STEP,
            "share": AREA_SHARE,
        },
        "label": {
            "gap": LABEL_GAP,
            "height": LABEL_HEIGHT,
            "space": LABEL_SPACE,
            "apart": SYMBOL_SPACE,
            "corners": LABEL_CORNERS,
            "lengths": LEADER_LENGTHS,
            "directions": LEADER_DIRECTIONS,
            "step": LEADER_STEP,
            "retried": LABEL_RETRIED,
        },
    }


def _look(look: Look) -> dict[str, Any]:
    growth = {"growth": look.growth._asdict()} if look.growth else {}
    core = {"core": look.core} if look.core is not None else {}
    extent = {"extent": round(look.extent, 2)} if look.extent != look.radius else {}
    return {
        "shape": look.shape,
        "radius": look.radius,
        "form": look.form,
        "isHollow": look.is_hollow,
        "opacity": look.opacity,
        "isEdged": look.is_edged,
        **extent,
        **growth,
        **core,
    }


def legend_state(legend: Legend) -> dict[str, Any]:
    """Give a legend as the page draws it: shapes with the colours of the style sheet, and letters."""
    return {
        "title": legend.title,
        "scales": [_drawing(scale) for scale in legend.scales],
        "rows": [_row(row) for row in legend.rows],
        "corridors": [_row(row) for row in legend.corridors],
    }


def _row(row: Row) -> dict[str, Any]:
    return {"keys": row.keys, "text": row.text, "swatch": _drawing(row.swatch) if row.swatch else None}


def _drawing(drawing: Drawing) -> dict[str, Any]:
    shapes = [{"tag": shape.tag, "attributes": shape.painted(lambda paint: paint.css)} for shape in drawing.shapes]
    return {"width": drawing.width, "height": drawing.height, "shapes": shapes, "letters": [letters._asdict() for letters in drawing.letters]}


def _own_list(site: Site, wording: Wording) -> dict[str, str]:
    """Give the script what it loads when a reader opens a list of their own."""
    script, style = (url_for("assets.asset", name=site.asset_name(name)) for name in ("lists.js", "lists.css"))
    return {"script": script, "style": style, "panel": url_for("own.panel", lang=wording.language), "handed": url_for("lists.handed_list")}


def _dense(site: Site) -> dict[str, Any]:
    """Give the script what counts places where they are too many to be shown one by one: from how many on, and up to which zoom."""
    return {
        "url": url_for("assets.asset", name=site.asset_name("density.js")),
        "from": density.DENSE,
        "near": FEATURES_ZOOM,
        "phrase": gettext("{count} 处；数字是方格里的处数，放大后逐一排开、标名"),
    }


def _basemaps(site: Site, wording: Wording) -> dict[str, Any]:
    return {
        "outline": {"name": gettext("内置轮廓"), "review": wording.review_number(None, site.atlas.local), "urls": []},
        **{
            basemap.id: {
                "name": wording.pick(basemap.name_zh, basemap.name_en),
                "review": wording.review_number(basemap),
                "urls": basemap.urls,
                "subdomains": basemap.subdomains,
                "attribution": basemap.attribution,
                "datum": basemap.datum.value,
                "maxZoom": basemap.max_zoom,
            }
            for basemap in site.basemaps
        },
    }


def _phrases(site: Site, wording: Wording) -> dict[str, Any]:
    return {
        "noLayer": gettext("没有打开任何图层。"),
        "noPlace": gettext("没有符合条件的地点"),
        # One place or more, with no figure, one or more.
        "counted": [[wording.count_of_figures(places, figures) for figures in (0, 1, 2)] for places in (1, 2)],
        "compared": [wording.compared(count) for count in (0, 1, 2)],
        "having": wording.having,
        "shown": gettext("显示 {shown} 处，共 {all} 处"),
        "elsewhere": [gettext("不限走廊、类别和城区，有 1 处"), gettext("不限走廊、类别和城区，有 {count} 处")],
        "close": gettext("关闭"),
        "page": gettext("详情页"),
        "copy": gettext("复制链接"),
        "copied": gettext("已复制"),
        "figures": gettext("指标"),
        "moreFigures": [gettext("另有 1 个数字"), gettext("另有 {count} 个数字")],
        "noFigures": gettext("报道未给出单独的数字"),
        "noCard": gettext("详情没有取到，请稍后再试"),
        "zoomIn": gettext("放大"),
        "zoomOut": gettext("缩小"),
        "growth": gettext("增长"),
        "map": gettext("地图"),
        "copyYourself": gettext("已选中，请按 Ctrl+C 复制"),
        "noMeasure": gettext("没有这个数字"),
        "crowded": gettext("{count} 处：数字是它那一格里有几处；放大后逐一排开、标名"),
        "missing": gettext("位置不明"),
        "range": gettext("第 {first}–{last} 处，共 {all} 处"),
        "all": gettext("缩放到全部"),
        "fullScreen": gettext("全屏"),
        "locate": gettext("我的位置"),
        "located": gettext("你在此圈内"),
        "notLocated": gettext("没有取得你的位置"),
        "away": gettext("你离这张图约 {distance} 公里"),
        "withCtrl": gettext("按住 Ctrl 滚动，可以缩放地图"),
        "withTwoFingers": gettext("用两指移动地图"),
        "raise": gettext("展开面板"),
        "lower": gettext("收起面板"),
        "outline": wording.credit_basemap(site.atlas.local),
        "guests": gettext("{host}：另有 {count} 处只知在此范围内"),
        "here": gettext("这里有 {count} 处"),
        "closer": gettext("还有 {count} 处，放大后分开"),
        "notLoaded": gettext("没有取到，请稍后再试"),
        "noList": gettext("名单的面板没有取到，请稍后再试"),
    }


def _frozen_state(site: Site) -> dict[str, Any]:
    """Give the script what it does in the place of a server: what an address may say, and how a download is named and credited."""
    return {
        "parameters": sorted(PAGE_PARAMETERS),
        "appended": APPENDED.pattern,
        "slug": site.atlas.tables.profile.slug,
        "version": site.atlas.tables.version,
        "attributionsUrl": url_for("frozen.attributions"),
        "heldUrl": url_for("frozen.held"),
        "phrases": {
            "dropped": gettext("地址里的 %(name)s=%(value)s 不认识，已忽略", name="{name}", value="{value}"),
            "noPlace": gettext("没有编号为 %(id)s 的地点", id="{id}"),
            "wholePicture": gettext("下载图片（全部地点）"),
            "needsServer": gettext("定位名单需要服务器：本站只是文件。请用命令行，或打开带服务器的地图。"),
            "noDownload": gettext("下载没有取到，请稍后再试"),
        },
    }


def _comparison_state(site: Site, comparison: Comparison, wording: Wording) -> dict[str, Any]:
    """Give the script a comparison: how each place that has a figure looks, what the table is sorted by, and everything else in words."""
    legend = legend_state(wording.legend(comparison))
    return {
        "title": wording.comparison(comparison),
        "finding": wording.comparison_finding(comparison, site.places),
        "isComparable": comparison.is_comparable,
        **({"periods": _periods(site, comparison, wording)} if comparison.periods else {}),
        # The rows and the corridors are those of the map without a comparison.
        "legend": {"title": legend["title"], "scales": legend["scales"]},
        "measures": {
            place: {
                "amount": float(measure.amount) if measure.amount is not None else None,
                "growth": float(measure.growth_pct) if measure.growth_pct is not None else None,
                "words": wording.measure(comparison, place),
                "look": _look(measured_look(comparison, place)),
            }
            for place, measure in comparison.measures.items()
        },
    }


def _periods(site: Site, comparison: Comparison, wording: Wording) -> dict[str, Any]:
    """Give the script the times that a reader may choose from, each with the key of what is compared then."""
    ones = (site.atlas.comparisons[key] for key in comparison.periods)
    return {"label": gettext("时期"), "choices": [[one.key, wording.period(one.period)] for one in ones]}


def _map_point(site: Site, place: Place, position: int) -> dict[str, Any]:
    """Give the script one place: its symbol and where it goes."""
    answer, point = site.atlas.answers[place.id], site.points[place.id]
    symbol = map_symbol(place, answer)
    by_host = isinstance(answer, Match) and answer.basis is Basis.PARENT
    return {
        "id": place.id,
        "position": position,
        "corridor": place.corridor,
        "kind": place.kind.value,
        "district": place.district,
        "symbol": symbol,
        "host": place.parent_id if by_host else None,
        "lon": None if point is None else point.x,
        "lat": None if point is None else point.y,
        "radius": answer.uncertainty_m if isinstance(answer, Match) else None,
        **({"area": _area(site, place, symbol)} if symbol in AREAS else {}),
    }


# What a place is called, and its line in the list.
_WORDS = ("name", "lines", "headline", "note", "located", "basis", "search", "figures", "lead")


def _map_words(site: Site, place: Place, wording: Wording) -> dict[str, Any]:
    """Give the script the words of one place: of ``_WORDS`` those that it has."""
    entry = wording.entry(place, site.atlas)
    return {
        "name": entry.name,
        **({"lines": lines} if len(lines := wrap(entry.name)) > 1 else {}),
        "headline": entry.headline,
        "note": entry.headline_note,
        "located": entry.located,
        "basis": wording.corridor_with_basis(place),
        "search": site.atlas.layers.search.of(place.id),
        "figures": len(site.atlas.tables.figures_by_place[place.id]),
        "lead": wording.lead(place, site.atlas.tables),
    }


def _area(site: Site, place: Place, symbol: str) -> list[int]:
    """Find the shapes of the map that are the outline of a district or the city: those of :func:`geo.draw.webmap.build_map`."""
    features = site.atlas.outline.districts["features"]
    return find_area(symbol, place.district, features)


def _source_url(id_: str, paragraph: int | None, language: str) -> str:
    return url_for("documents.source", id_=id_, lang=language, _anchor=f"p{paragraph}" if paragraph else None)
