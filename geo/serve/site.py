"""What the server keeps in memory: the atlas, and what is made of them once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import rcssmin
import rjsmin
import shapely
from flask import Flask, request

from geo.atlas import Atlas, build_atlas
from geo.draw.basemap import Basemap, choose_basemaps
from geo.draw.marks import Ties, map_ties
from geo.draw.script import Script
from geo.draw.webmap import MapParts
from geo.errors import NotFoundError
from geo.geocode.reverse import ReverseGeocoder
from geo.ground.garbage import collect_made, without_cyclic_collection
from geo.ground.palette import CROWD
from geo.serve.http.store import Answers
from geo.settings import PROJECT, Settings
from geo.tables.kinds import NO_CORRIDOR
from geo.tables.profile import FILE as PROFILE
from geo.tables.rows import TABLES, CorridorRow, Place, Source

T = TypeVar("T")


class Asset(NamedTuple):
    """A static file under a name that changes with its content.

    Attributes
    ----------
    name
        As in its address, such as ``leaflet.0f3a9c1b2d.js``.
    content
        Its bytes.
    media_type
        As in the Content-Type header.
    """

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Site:
    """The state of the server; nothing in it depends on a request.

    Attributes
    ----------
    atlas
        What is served.
    assets
        Static files under their plain names.
    basemaps
        The tile basemaps that the operator offers.
    last_change
        When the newest table was written.
    is_frozen
        Whether it is written to files, which no server answers for; see :mod:`geo.serve.freeze.rendering`.
    maps, page_states, comparison_scripts, word_scripts
        Of each language the drawn map, what the page's script is given, what may be compared, and the words that come later; filled as they are
        asked for.
    answers
        Finished answers; filled as they are asked for.
    built
        When it was read.
    """

    atlas: Atlas
    assets: Mapping[str, Asset]
    basemaps: tuple[Basemap, ...]
    last_change: datetime
    is_frozen: bool = False
    maps: dict[str, MapParts] = field(default_factory=dict)
    page_states: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    comparison_scripts: dict[str, dict[str | None, Script]] = field(default_factory=dict)
    word_scripts: dict[str, dict[int, Script]] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers, repr=False)
    built: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    _made: dict[Callable[[Site], Any], Any] = field(default_factory=dict, repr=False)
    _making: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def places(self) -> dict[str, Place]:
        """The places by id, in table order."""
        return self.atlas.tables.places_by_id

    @property
    def sources(self) -> dict[str, Source]:
        """The sources by id."""
        return self.atlas.tables.sources_by_id

    def find_place(self, id_: str) -> Place:
        """Return the place of an id.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        if id_ not in self.places:
            raise NotFoundError(f"no place {id_[:80]!r}; /layers/places.geojson has them all")
        return self.places[id_]

    @cached_property
    def reverse(self) -> ReverseGeocoder:
        """Who answers points."""
        return ReverseGeocoder(self.atlas.gazetteer, self.atlas.outline.districts["features"])

    @cached_property
    def points(self) -> dict[str, shapely.Point | None]:
        """The point of every place, WGS-84; ``None`` where it is a miss."""
        points: dict[str, shapely.Point | None] = self.atlas.layers.places.geometry.to_dict()
        return points

    @cached_property
    def ties(self) -> Ties:
        """The lines of the stated ties, by the corridor that they belong to."""
        return map_ties(self.atlas.tables.relations, self.places, self.points)

    @cached_property
    def report(self) -> Source | None:
        """The first source that has a text: the report that the atlas is about."""
        return next((source for source in self.atlas.tables.sources if source.sha256), None)

    @cached_property
    def since(self) -> str | None:
        """The source beside which the latest one is set, the last but one; ``None`` where there are not several reports with a text."""
        ages = list(self.atlas.tables.ages_of_sources)
        reports = [source for source in self.atlas.tables.sources if source.sha256]
        return ages[-2] if len(reports) > 1 and len(ages) > 1 else None

    def once(self, make: Callable[[Site], T]) -> T:
        """Give what a function makes of this site; it is called once, and what it made goes when the site goes."""
        if make not in self._made:
            # One thread makes it and the others wait, rather than all of them making it at the same time.
            with self._making:
                if make not in self._made:
                    self._made[make] = make(self)
        return cast(T, self._made[make])

    def asset_name(self, name: str) -> str:
        """Return the name under which an asset is served."""
        return self.assets[name].name


def build_site(settings: Settings) -> Site:
    """Read everything the server needs.

    Raises
    ------
    TableError
        If the tables or the outline are broken; with every problem.
    SettingsError
        If a basemap cannot be offered as the settings say.
    """
    with without_cyclic_collection():
        atlas = build_atlas(settings)
        collect_made()
    basemaps = choose_basemaps(settings)
    return Site(
        atlas=atlas,
        assets=read_assets(atlas.tables.corridors, is_crowded=len(atlas.tables.places) > CROWD, has_tiles=bool(basemaps)),
        basemaps=basemaps,
        last_change=min(
            datetime.fromtimestamp(max((settings.data / file).stat().st_mtime for file in (PROFILE, *TABLES)), tz=UTC),
            # The clock of whoever wrote them may go ahead.
            datetime.now(UTC),
        ).replace(microsecond=0),
    )


@cache
def digest_of_code() -> str:
    """Give a digest of the program and its translations: after an update the same tables may read otherwise."""
    digest = hashlib.sha256()
    for path in sorted((*(PROJECT / "geo").rglob("*.py"), *(PROJECT / "translations").rglob("*.mo"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def site_of(app: Flask) -> Site:
    """Return the site that an application serves now."""
    return cast(Site, app.extensions["sites"].current)


def current_site() -> Site:
    """Return the site of the current request: the same from its beginning to its end."""
    return cast(Site, request.environ["geo.site"])


# The parts of the map page's script, in the order of reading.
_SCRIPT = (
    *("state", "symbols", "placement", "pins", "layout", "lettering", "targets"),
    *("legend", "list", "card", "corridor", "sheet", "outline", "tools", "later", "start"),
)
# What comes once the map is drawn: each with names of its own, beside those that static/atlas/later.js hands on.
_LATER = ("local", "reference", "dialogs", "own", "periods", "density")
# Those of the panel for a list of the reader's own, which comes when it is asked for.
_OWN_LIST = ("sending", "layer", "moving", "table", "panel")
# What counts where more lies than can be shown one by one; it comes when there is that much.
_DENSITY = ("counts", "drawing", "places", "list")
# Comments and blanks are for those who read the files here; over the wire they are a tenth of the page.
_SHORTENED: Mapping[str, Callable[[bytes], bytes]] = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin, ".svg": bytes}
_MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def read_assets(corridors: Sequence[CorridorRow], *, is_crowded: bool = False, has_tiles: bool = False, is_frozen: bool = False) -> dict[str, Asset]:
    """Read the static files, by their plain names; the script has a part more for a crowd, for tiles, and for what a server does otherwise."""
    # Leaflet comes as a Python package, so that no third-party file is kept here.
    leaflet = files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    contents = {name: (leaflet / name).read_bytes() for name in ("leaflet.js", "leaflet.css")}
    # The source map is not served; a browser's developer tools would ask for it.
    contents["leaflet.js"] = contents["leaflet.js"].replace(b"//# sourceMappingURL=leaflet.js.map", b"")
    contents |= {path.name: path.read_bytes() for path in sorted((PROJECT / "static").iterdir()) if path.is_file()}
    # One script for the map page, too, with names of its own.
    names = (*_SCRIPT, *(name for name, is_wanted in (("crowd", is_crowded), ("tiles", has_tiles), ("frozen", is_frozen)) if is_wanted))
    parts = "\n".join((PROJECT / "static" / "atlas" / f"{name}.js").read_text(encoding="utf-8") for name in names)
    contents["atlas.js"] = f'"use strict";\n(() => {{\n{parts}}})();\n'.encode()
    later = [(PROJECT / "static" / "later" / f"{name}.js").read_text(encoding="utf-8") for name in _LATER]
    contents["later.js"] = "".join(f'(() => {{\n"use strict";\n{part}}})();\n' for part in later).encode()
    if not is_frozen:
        parts = "\n".join((PROJECT / "static" / "lists" / f"{name}.js").read_text(encoding="utf-8") for name in _OWN_LIST)
        contents["lists.css"] = (PROJECT / "static" / "lists" / "lists.css").read_bytes()
        contents["lists.js"] = f'"use strict";\n(() => {{\n{parts}}})();\n'.encode()
    parts = "\n".join((PROJECT / "static" / "density" / f"{name}.js").read_text(encoding="utf-8") for name in _DENSITY)
    contents["density.js"] = f'"use strict";\n(() => {{\n{parts}}})();\n'.encode()
    contents["atlas.css"] += _hues(corridors).encode()
    # One style sheet a page, as each file is a round trip before the first paint: Leaflet's with ours for the map, ours with their own for others.
    contents["map.css"] = contents.pop("leaflet.css") + contents["atlas.css"]
    contents["atlas.css"] += contents.pop("documents.css")
    # Leaflet is short as it comes, and its first lines are its licence.
    shortened = {name: _SHORTENED[Path(name).suffix](content) for name, content in contents.items() if name != "leaflet.js"}
    return {name: _asset(Path(name), content) for name, content in (contents | shortened).items()}


def _hues(corridors: Sequence[CorridorRow]) -> str:
    """Write the rules that give everything of a corridor its hue, in the light and in the dark."""
    tokens = [(f"--corridor-{row.id}", row.colour, row.colour_dark) for row in corridors]
    light = "".join(f"{token}: {colour};" for token, colour, _ in tokens)
    both = "".join(f"{token}: light-dark({colour}, {dark});" for token, colour, dark in tokens)
    classes = "".join(f".corridor-{id_} {{ --hue: var(--corridor-{id_}); }}" for id_ in (*(row.id for row in corridors), NO_CORRIDOR))
    classes += "".join(f".belt.corridor-{row.id} {{ fill: url(#hatch-{row.id}); }}" for row in corridors)
    return (
        f"\n:root {{ --corridor-{NO_CORRIDOR}: var(--none); {light} }}\n"
        f"@supports (color: light-dark(red, blue)) {{ :root {{ {both} }} }}\n{classes}\n"
    )


def _asset(path: Path, content: bytes) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:10]
    return Asset(f"{path.stem}.{digest}{path.suffix}", content, _MEDIA_TYPES[path.suffix])
