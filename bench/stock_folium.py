"""The same features as a page of stock folium: what one would write with folium alone, and the files of its CDNs made local.

``python bench/stock_folium.py FEATURES.geojson PAGE.html --style markers`` writes one. There are two usual ways, and an argument that helps one:

| style | how |
|---|---|
| ``markers`` | a ``Marker`` with ``Icon``, ``Popup`` and tooltip for each row, in a ``FeatureGroup`` for each corridor |
| ``geojson`` | a ``GeoJson`` layer of circles for each corridor, with ``GeoJsonPopup`` and ``GeoJsonTooltip`` |
| ``canvas`` | as ``geojson``, in a map with ``prefer_canvas=True`` |

Where there was a choice it favours stock folium: no tiles are drawn (``tiles=None``; the default would ask another host for dozens), neither the
outline nor the belts, the view is fixed so that nothing is placed twice, the popups hold the figures alone, and the page is written once. Its files
come from the server of the page, so that no connection to four more hosts is waited for, and markers count as drawn before their picture has come.

folium 0.20.0 names ten files on four hosts. npm has six of them in the very version; what stands in for the other four is said by
:func:`fetch_assets`. They are fetched once, with ``npm pack``, and kept in ``bench/.cache/``.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import folium

CACHE = Path(__file__).resolve().parent / ".cache"
CORRIDORS = {"west": ("城西科创大走廊", "blue"), "east": ("城东智造大走廊", "orange"), "none": ("多点支撑", "gray")}
# Hangzhou, in folium's order: lat, lon.
CENTRE, ZOOM = (29.95, 119.6), 9
STYLES = ("markers", "geojson", "canvas")
# Where the page finds the files: the server of the page answers for the four hosts.
MOUNT = "/cdn"

# --- the files of the CDNs ----------------------------------------------------------------------------------------------------------------


class Asset(NamedTuple):
    """A file that stock folium loads, and where it is taken from.

    Attributes
    ----------
    package, path
        The npm package with its version, and the file in it.
    substitute
        How a file that npm does not have is made; empty where the package holds the very file.
    """

    package: str
    path: str
    substitute: str = ""


AWESOME = "leaflet.awesome-markers@2.0.4"
BOOTSTRAP_3 = "bootstrap@3.1.1"
ASSETS = {
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js": Asset("leaflet@1.9.3", "dist/leaflet.js"),
    "https://code.jquery.com/jquery-3.7.1.min.js": Asset("jquery@3.7.1", "dist/jquery.min.js"),
    "https://cdn.jsdelivr.net/npm/bootstrap@5.2.2/dist/js/bootstrap.bundle.min.js": Asset("bootstrap@5.2.2", "dist/js/bootstrap.bundle.min.js"),
    "https://cdnjs.cloudflare.com/ajax/libs/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.js": Asset(
        AWESOME, "dist/leaflet.awesome-markers.js", f"of {AWESOME}: npm has no 2.0.2"
    ),
    "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.css": Asset("leaflet@1.9.3", "dist/leaflet.css"),
    "https://cdn.jsdelivr.net/npm/bootstrap@5.2.2/dist/css/bootstrap.min.css": Asset("bootstrap@5.2.2", "dist/css/bootstrap.min.css"),
    "https://netdna.bootstrapcdn.com/bootstrap/3.0.0/css/bootstrap-glyphicons.css": Asset(
        BOOTSTRAP_3, "dist/css/bootstrap-glyphicons.css", f"base and glyphicon rules of {BOOTSTRAP_3}: npm has no 3.0.0; the file has about 13 kB"
    ),
    "https://cdn.jsdelivr.net/npm/@fortawesome/fontawesome-free@6.2.0/css/all.min.css": Asset(
        "@fortawesome/fontawesome-free@6.2.0", "css/all.min.css"
    ),
    "https://cdnjs.cloudflare.com/ajax/libs/Leaflet.awesome-markers/2.0.2/leaflet.awesome-markers.css": Asset(
        AWESOME, "dist/leaflet.awesome-markers.css", f"of {AWESOME}: npm has no 2.0.2"
    ),
    "https://cdn.jsdelivr.net/gh/python-visualization/folium/folium/templates/leaflet.awesome.rotate.min.css": Asset(
        AWESOME, "dist/leaflet.awesome.rotate.min.css", "359 rules like those of the file, one for each degree; it is on no registry"
    ),
}


def fetch_assets(cache: Path = CACHE) -> list[str]:
    """Fetch what stock folium loads, unless it is there already.

    Returns
    -------
    list of str
        What stands in for a file that npm does not have, and how large it is.

    Raises
    ------
    RuntimeError
        If npm is missing or has not a package, or if this folium loads other files.
    """
    wanted = {url for _, url in (*folium.Map.default_js, *folium.Map.default_css)}
    if wanted != set(ASSETS):
        raise RuntimeError(f"folium {version('folium')} loads other files than ASSETS lists: {', '.join(sorted(wanted ^ set(ASSETS)))}")
    for package in sorted({asset.package for asset in ASSETS.values()}):
        if not (cache / package).is_dir():
            _fetch(package, cache)
    for asset in ASSETS.values():
        file = cache / asset.package / asset.path
        if not file.is_file():
            file.write_text(_MADE[file.name](cache), encoding="utf-8")
    return [
        f"{asset.path.rpartition('/')[2]}: {asset.substitute} (here {(cache / asset.package / asset.path).stat().st_size:,} bytes)"
        for asset in ASSETS.values()
        if asset.substitute
    ]


def _fetch(package: str, cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("the bench fetches the files of stock folium with npm, and there is none on the path")
    cache.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that it is moved there whole or not at all.
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        packed = subprocess.run(
            [npm, "pack", package, "--silent", "--pack-destination", folder], capture_output=True, text=True, check=False, cwd=folder
        )
        if packed.returncode:
            raise RuntimeError(f"npm pack {package}: {packed.stderr.strip()}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            served = [member for member in archive.getmembers() if Path(member.name).parts[1] in _SERVED]
            archive.extractall(folder, served, filter="data")
        there = cache / package
        there.parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / "package").rename(there)


def _make_glyphicons(cache: Path) -> str:
    """Cut the style sheet out of Bootstrap 3: the base, which restyles the whole page, and the icons."""
    text = (cache / BOOTSTRAP_3 / "dist" / "css" / "bootstrap.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|@media print \{.*?\n\}", "", text, flags=re.DOTALL)
    rules = [re.sub(r"\s*([{},:;])\s*", r"\1", rule).strip() for rule in re.findall(r"[^{}]+\{[^{}]*\}", text)]
    # Headings are the first thing behind the base.
    base = next(position for position, rule in enumerate(rules) if rule.startswith("h1,h2,h3"))
    return "\n".join(rule for position, rule in enumerate(rules) if position < base or "glyphicon" in rule)


def _make_rotations(_cache: Path) -> str:
    prefixes = ("-ms-", "-webkit-", "")
    return "".join(f".fa-rotate-{angle}{{{';'.join(f'{prefix}transform:rotate({angle}deg)' for prefix in prefixes)}}}" for angle in range(1, 360))


# The folders of a package that hold what a page loads: scripts, style sheets, and the fonts and pictures they name.
_SERVED = {"dist", "css", "webfonts"}
_MADE: Mapping[str, Callable[[Path], str]] = {
    "bootstrap-glyphicons.css": _make_glyphicons,
    "leaflet.awesome.rotate.min.css": _make_rotations,
}

# --- the page -----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StockPage:
    """A page of stock folium.

    Attributes
    ----------
    html
        The page; its files are below ``MOUNT`` on the server that serves it.
    drawn
        How many features it draws: those with a location.
    """

    html: str
    drawn: int


def build_page(features: Sequence[Mapping[str, Any]], style: str) -> StockPage:
    """Draw features of ``/layers/places.geojson`` with folium's own classes.

    Parameters
    ----------
    features
        GeoJSON features with the properties of the ``places`` layer; those without a geometry are left out, as folium cannot draw them.
    style
        One of ``STYLES``.
    """
    located = [feature for feature in features if feature["geometry"]]
    page = folium.Map(location=CENTRE, zoom_start=ZOOM, tiles=None, prefer_canvas=style == "canvas")
    for corridor, (name, colour) in CORRIDORS.items():
        members = [feature for feature in located if feature["properties"]["corridor"] == corridor]
        if members:
            (_add_markers if style == "markers" else _add_geojson)(page, members, name, colour)
    folium.LayerControl().add_to(page)
    text = page.get_root().render()
    for url, asset in ASSETS.items():
        text = text.replace(url, f"{MOUNT}/{asset.package}/{asset.path}")
    return StockPage(text, len(located))


def _add_markers(page: folium.Map, features: Iterable[Mapping[str, Any]], name: str, colour: str) -> None:
    group = folium.FeatureGroup(name=name)
    for feature in features:
        lon, lat = feature["geometry"]["coordinates"]
        words = _words(feature)
        lines = "".join(f"<p>{line}</p>" for line in (words["kind"], words["district"]))
        folium.Marker(
            (lat, lon),
            popup=folium.Popup(f"<h4>{words['name']}</h4>{lines}{words['figures']}", max_width=320),
            tooltip=words["name"],
            icon=folium.Icon(color=colour),
        ).add_to(group)
    group.add_to(page)


def _add_geojson(page: folium.Map, features: Iterable[Mapping[str, Any]], name: str, colour: str) -> None:
    fields = ["name", "kind", "district", "figures"]
    folium.GeoJson(
        {"type": "FeatureCollection", "features": [{**feature, "properties": _words(feature)} for feature in features]},
        name=name,
        marker=folium.CircleMarker(radius=5, weight=1, color=colour, fill=True, fill_opacity=0.7),
        style_function=lambda _feature: {"color": colour, "fillColor": colour},
        tooltip=folium.GeoJsonTooltip(fields=["name"], labels=False),
        popup=folium.GeoJsonPopup(fields=fields, aliases=["名称", "类别", "城区", "指标"], max_width=320),
    ).add_to(page)


def _words(feature: Mapping[str, Any]) -> dict[str, str]:
    """Give the texts of a popup, escaped: folium puts them into the page as markup."""
    properties = feature["properties"]
    cells = [
        (figure["label_zh"], f"{figure['value'] if figure['value'] is not None else '—'} {figure['unit'] or ''}", figure["period"] or "")
        for figure in properties["indicators"]
    ]
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in cells)
    return {
        "name": html.escape(properties["name_zh"]),
        "kind": html.escape(properties["kind"]),
        "district": html.escape(properties["district"]),
        "figures": f"<table>{rows}</table>" if rows else "",
    }


def main() -> int:
    """Write a page as the command line says."""
    parser = argparse.ArgumentParser(description="Write a page of stock folium with the features of /layers/places.geojson.")
    parser.add_argument("features", type=Path, help="a GeoJSON file")
    parser.add_argument("page", type=Path, help="where to write")
    parser.add_argument("--style", choices=STYLES, default=STYLES[0], help="(default: %(default)s)")
    arguments = parser.parse_args()
    for line in fetch_assets():
        print(f"stands in: {line}")
    page = build_page(json.loads(arguments.features.read_text(encoding="utf-8"))["features"], arguments.style)
    arguments.page.write_text(page.html, encoding="utf-8")
    print(f"{page.drawn} features, {len(page.html.encode()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
