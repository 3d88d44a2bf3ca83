"""The site without a server: closed in itself, the same as the server's, the same every time, and in its place as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from flask.testing import FlaskClient

from app import create_app
from geo import cli
from geo.atlas import Atlas
from geo.errors import FreezeError
from geo.geocode.answers import Match
from geo.layers.density.pyramid import decode_tile
from geo.layers.formats import FORMATS
from geo.layers.select import LAYERS
from geo.serve.data import density
from geo.serve.freeze import rendering as frozen
from geo.serve.freeze import writing as freeze
from geo.serve.freeze.rendering import FILES, parse_public_url, render_site
from geo.serve.freeze.writing import MANIFEST, write_frozen
from geo.serve.http.security import POLICY
from geo.serve.pages import state
from geo.settings import PROJECT, Settings

# What needs a server that answers.
LEFT_OUT = {
    *("pages.dialogs", "own.panel", "own.density_panel", "own_density.own_tile", "own_density.own_rows"),
    *("lists.geocode_list", "lists.handed_list", "geocoding.geocode", "geocoding.reverse", "description.api", "documents.healthz"),
}
URL = "https://example.org/atlas/"


class Reference(NamedTuple):
    """An address in a page, with the element and its attributes."""

    tag: str
    address: str
    attributes: dict[str, str | None]


class PageReader(HTMLParser):
    """What a page refers to, what can be referred to in it, and what its script is given."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.references: list[Reference] = []
        self.ids: set[str] = set()
        self.metas: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.state: dict[str, Any] = {}
        self._is_state = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.ids.add(attributes.get("id") or "")
        for name in ("href", "src", "action", "srcset", "poster", "data", "formaction"):
            value = attributes.get(name)
            if value is not None:
                self.references.append(Reference(tag, value, attributes))
        if tag == "meta":
            self.metas[attributes.get("property") or attributes.get("http-equiv") or attributes.get("name") or ""] = attributes.get("content") or ""
        if tag == "link":
            self.links[attributes.get("rel") or ""] = attributes.get("href") or ""
        self._is_state = attributes.get("id") == "page-state"

    def handle_data(self, data: str) -> None:
        if self._is_state:
            self.state = json.loads(data)
            self._is_state = False


def read_page(path: Path) -> PageReader:
    return PageReader(path.read_text(encoding="utf-8"))


def pages_of(folder: Path) -> dict[str, PageReader]:
    return {path.relative_to(folder).as_posix(): read_page(path) for path in sorted(folder.rglob("*.html"))}


def names_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def content_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names_of(folder)}


def leads_to(page: str, address: str) -> str:
    """The file that an address in a page leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(urlsplit(address).path))) if urlsplit(address).path else page


def addresses_in(given: Mapping[str, Any]) -> set[str]:
    """The addresses that a script is given, however deep and however many under one name; those of basemaps are elsewhere."""
    found: set[str] = set()
    for key, value in given.items():
        if re.search(r"(^u|U)rls?$", key):
            found |= {value} if isinstance(value, str) else set(value.values() if isinstance(value, dict) else value)
        elif isinstance(value, dict) and key != "basemaps":
            found |= addresses_in(value)
    return found


@pytest.fixture(scope="module")
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


# --- closed in itself ---------------------------------------------------------------------------------------------------------------------


def test_every_address_in_a_page_leads_to_a_file(frozen_folder: Path, atlas: Atlas) -> None:
    pages, files = pages_of(frozen_folder), names_of(frozen_folder)
    assert len(pages) == 2 * (5 + len(atlas.tables.places) + len(atlas.tables.sources))
    broken = []
    for name, page in pages.items():
        assert len(page.references) > 5
        for tag, address, attributes in page.references:
            parts = urlsplit(address)
            if tag == "a" and "nofollow" in (attributes.get("rel") or ""):
                # Where a source stands: the only addresses elsewhere, and nothing is loaded from them.
                assert parts.scheme in {"http", "https"}, address
                continue
            target = leads_to(name, address)
            is_there = not parts.scheme and not parts.netloc and not address.startswith("/") and target in files
            if not is_there or (parts.fragment and parts.fragment not in pages[target].ids):
                broken.append((name, tag, address))
    assert broken == []


def test_every_address_that_the_script_is_given_leads_to_a_file(frozen_folder: Path, atlas: Atlas) -> None:
    files = names_of(frozen_folder)
    maps = {name: page for name, page in pages_of(frozen_folder).items() if page.state}
    assert sorted(maps) == ["embed.html", "en/embed.html", "en/index.html", "index.html"]
    for name, page in maps.items():
        given = addresses_in(page.state)
        assert len(given) >= 11
        addresses = {address.replace("ID", id_) for address in given for id_ in atlas.tables.places_by_id}
        assert {address for address in addresses if leads_to(name, address) not in files} == set()


def test_every_script_that_the_page_of_a_crowd_is_given_is_a_file(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of the places come in parts, and the comparisons one by one."""
    monkeypatch.setattr(state, "_PART", 200)
    only(monkeypatch, {"pages.index", "pages.embed", "pages.map_script", "pages.words", "pages.comparisons", "reference.script", "assets.asset"})
    files = dict(render_site(Settings(host="127.0.0.1", port=8000, data=crowd)))
    maps = {name: page for name, content in files.items() if name.endswith(".html") and (page := PageReader(content.decode())).state}
    assert {"embed.html", "en/embed.html", "index.html", "en/index.html", "en/index-7.html"} < set(maps)
    for name, page in maps.items():
        words, comparisons = page.state["wordsUrls"], page.state["comparisonUrls"]
        assert (len(words), list(comparisons)) == (4, page.state["comparisons"])
        scripts = {leads_to(name, address) for address in addresses_in(page.state) if address.endswith(".js")}
        assert len({leads_to(name, address) for address in (*words, *comparisons.values())} & scripts) == len(words) + len(comparisons)
        assert scripts <= set(files)


@pytest.mark.parametrize("language", ["", "en/"])
def test_every_address_of_a_card_leads_from_the_map_to_a_file(frozen_folder: Path, atlas: Atlas, language: str) -> None:
    pages, files = pages_of(frozen_folder), names_of(frozen_folder)
    for id_ in atlas.tables.places_by_id:
        card = json.loads((frozen_folder / f"{language}places/{id_}/card.json").read_bytes())
        assert card["href"] == f"places/{id_}.html"
        for address in (card["href"], card["geojsonHref"], card["sourceHref"], *(figure["href"] for figure in card["figures"])):
            target = leads_to(f"{language}index.html", address)
            assert target in files
            assert not urlsplit(address).fragment or urlsplit(address).fragment in pages[target].ids


def test_every_address_of_the_list_of_layers_leads_to_a_file(frozen_folder: Path) -> None:
    document = json.loads((frozen_folder / "layers.json").read_bytes())
    found = {format_["href"] for layer in document["layers"] for format_ in layer["formats"]}
    assert found == {f"layers/{layer}.{extension}" for layer in LAYERS for extension in FORMATS}
    assert found <= names_of(frozen_folder)
    assert [layer["filters"] for layer in document["layers"]] == [[]] * len(LAYERS)


def test_every_address_in_a_style_sheet_leads_to_a_file(frozen_folder: Path) -> None:
    files = names_of(frozen_folder)
    sheets = sorted(name for name in files if name.endswith(".css"))
    found = {
        leads_to(name, address) for name in sheets for address in re.findall(r"url\(['\"]?([^)'\"#]+)", (frozen_folder / name).read_text("utf-8"))
    }
    assert [name.split(".")[0] for name in sheets] == ["assets/atlas", "assets/map"]
    assert found == {"assets/images/layers.png", "assets/images/layers-2x.png", "assets/images/marker-icon.png"}
    assert found <= files
    assert "@import" not in "".join((frozen_folder / name).read_text("utf-8") for name in sheets)


def test_no_script_has_an_address_of_a_host_or_of_a_root(frozen_folder: Path) -> None:
    scripts = {
        name: (frozen_folder / name).read_text("utf-8")
        for name in names_of(frozen_folder)
        if re.fullmatch(r"assets/(atlas|map-..|early|leaflet)\.\w+\.js", name)
    }
    assert len(scripts) == 5
    hosts = {host for text in scripts.values() for host in re.findall(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text)}
    # A namespace, and the home page in Leaflet's own line of attribution, which the map does not show.
    assert hosts == {"www.w3.org", "leafletjs.com"}
    ours = "".join(text for name, text in scripts.items() if "leaflet" not in name)
    assert re.findall(r"[\"'`]/[a-z]\S*", ours) == []


def test_nothing_that_the_site_answers_is_forgotten(settings: Settings) -> None:
    """A path of the server is either frozen or known to be left out."""
    answered = {rule.endpoint for rule in create_app(settings).url_map.iter_rules()}
    dynamic = {endpoint for endpoint in answered if endpoint.startswith("ogc.")} | LEFT_OUT
    assert dynamic < answered
    assert answered - dynamic == {endpoint for endpoint in FILES if not endpoint.startswith("frozen.")}


def test_a_dense_layer_is_frozen_with_its_counts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(density, "DENSE", 10)
    files = dict(render_site(settings))
    document = json.loads(files["density/places.json"])
    assert (document["tiles"], document["features"]) == ("places/{z}/{x}/{y}", "../layers/places.geojson")
    tiles = {name: decode_tile(content) for name, content in files.items() if name.startswith("density/places/")}
    for zoom in range(document["maxzoom"] + 1):
        of_zoom = [counts for name, counts in tiles.items() if name.split("/")[2] == str(zoom)]
        assert all(counts.any() for counts in of_zoom)
        assert sum(int(counts.sum()) for counts in of_zoom) == document["located"]
    (script,) = {name for name in files if name.startswith("assets/density.")}
    dense = PageReader(files["index.html"].decode()).state["dense"]
    assert (dense["url"], dense["from"], dense["near"]) == (script, 10, 15)


# --- the same as the server's -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_there_in_every_format_as_the_server_gives_it(frozen_folder: Path, client: FlaskClient, layer: str, extension: str) -> None:
    assert (frozen_folder / f"layers/{layer}.{extension}").read_bytes() == client.get(f"/layers/{layer}.{extension}").data


def test_every_place_has_its_page_its_data_and_its_pictures(frozen_folder: Path, client: FlaskClient, atlas: Atlas) -> None:
    for id_, answer in atlas.answers.items():
        assert (frozen_folder / f"places/{id_}.geojson").read_bytes() == client.get(f"/places/{id_}.geojson").data
        for folder in ("", "en/"):
            assert (frozen_folder / f"{folder}places/{id_}.html").is_file()
            for name in ("map.png", "map.svg"):
                assert (frozen_folder / f"{folder}places/{id_}/{name}").is_file() is isinstance(answer, Match)
    one = "places/binjiang-hitech/map"
    assert (frozen_folder / f"en/{one}.png").read_bytes() == client.get(f"/{one}.png?lang=en").data
    assert (frozen_folder / f"{one}.svg").read_bytes() == client.get(f"/{one}.svg?lang=zh").data


def test_both_languages_lead_to_each_other(frozen_folder: Path) -> None:
    pages = pages_of(frozen_folder)
    chinese = {name for name in pages if not name.startswith("en/")}
    assert {name for name in pages if name.startswith("en/")} == {f"en/{name}" for name in chinese}
    for name, page in pages.items():
        switch = {one.attributes["data-language"]: leads_to(name, one.address) for one in page.references if "data-language" in one.attributes}
        assert switch == {"zh": name.removeprefix("en/"), "en": f"en/{name.removeprefix('en/')}"}
    assert 'lang="zh-CN"' in (frozen_folder / "index.html").read_text("utf-8")[:60]
    assert 'lang="en"' in (frozen_folder / "en/index.html").read_text("utf-8")[:60]


def test_every_page_says_the_policy_that_a_page_can_say(frozen_folder: Path) -> None:
    wanted = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'"
    assert f"{wanted}; frame-ancestors 'self'" == POLICY
    for page in pages_of(frozen_folder).values():
        assert page.metas["Content-Security-Policy"] == wanted
        assert page.metas["referrer"] == "strict-origin-when-cross-origin"
        assert "og:image" not in page.metas
        assert "canonical" not in page.links
    text = (frozen_folder / "index.html").read_text("utf-8")
    # Nothing is loaded before the policy is known.
    assert text.index("Content-Security-Policy") < text.index("<script")


def test_the_page_has_no_query_to_answer_and_says_so_without_a_script(frozen_folder: Path) -> None:
    text = (frozen_folder / "index.html").read_text("utf-8")
    assert '<noscript><p class="note">筛选、搜索与比较需要 JavaScript；没有它，这里列出全部地点。</p></noscript>' in text
    assert text.count('<li class="entry ') == 30
    assert "html:not(.js) .frozen .filters" in next((frozen_folder / "assets").glob("map.*.css")).read_text("utf-8")
    assert '<body class="atlas frozen">' in text


def test_the_server_has_nothing_of_it(client: FlaskClient) -> None:
    text = client.get("/").get_data(as_text=True)
    assert [word for word in ("frozen", "Content-Security-Policy", "其他格式") if word in text] == []
    script = client.get(re.findall(r'src="(/assets/atlas\.[^"]+)"', text)[0]).get_data(as_text=True)
    assert "droppedNotes" not in script


# --- with an address ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def addressed(settings: Settings) -> dict[str, bytes]:
    """Some files of a site whose address is known."""
    with pytest.MonkeyPatch.context() as patch:
        only(patch, {"pages.index", "documents.place", "frozen.missing", "catalogue.layers"})
        return dict(render_site(settings, URL))


def only(patch: pytest.MonkeyPatch, endpoints: set[str]) -> None:
    """Draw some of the answers only: pictures are slow."""
    whole = frozen._answers

    def some(*arguments: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((endpoint, values) for endpoint, values in whole(*arguments) if endpoint in endpoints)

    patch.setattr(frozen, "_answers", some)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("index.html", "map.png"),
        ("en/index.html", "en/map.png"),
        ("places/fullsemi-1.html", "places/fullsemi-1/map.png"),
        ("en/places/fullsemi-1.html", "en/places/fullsemi-1/map.png"),
        ("places/binxiao-small-parks.html", "map.png"),
    ],
)
def test_previews_and_canonical_addresses_are_absolute(addressed: dict[str, bytes], name: str, image: str) -> None:
    page = PageReader(addressed[name].decode())
    assert page.metas["og:image"] == URL + image
    assert page.links["canonical"] == URL + name
    assert [one.address for one in page.references if urlsplit(one.address).netloc and "nofollow" not in str(one.attributes.get("rel"))] == [
        URL + name
    ]


def test_the_page_for_what_is_missing_leads_home_from_anywhere(addressed: dict[str, bytes], frozen_folder: Path) -> None:
    page = PageReader(addressed["404.html"].decode())
    assert {one.address for one in page.references if one.tag == "a"} == {
        f"/atlas/{name}" for name in ("index.html", "layers.html", "about.html", "404.html", "en/404.html")
    }
    assert all(one.address.startswith("/atlas/") for one in page.references)
    assert "canonical" not in page.links
    assert "没有找到" in (frozen_folder / "404.html").read_text("utf-8")


def test_the_list_of_layers_is_absolute(addressed: dict[str, bytes]) -> None:
    assert json.loads(addressed["layers.json"])["layers"][0]["formats"][0]["href"] == f"{URL}layers/places.geojson"


@pytest.mark.parametrize("text", ["https://example.org", "https://example.org/", "http://127.0.0.1:8000/a/b"])
def test_an_address_gets_its_slash(text: str) -> None:
    assert parse_public_url(text) == text.rstrip("/") + "/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "/atlas/",
        "ftp://example.org/",
        "https://",
        "https://example.org/?a=1",
        "https://u:p@example.org/",
        "https://a b/",
        "http://[",
        "http://example.org:x/",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(FreezeError) as caught:
        parse_public_url(text)
    assert str(caught.value) == f"--url{f' {text!r}' if text else ''}: expected an address such as https://example.org/atlas/"


# --- the same every time ------------------------------------------------------------------------------------------------------------------


def test_the_same_tables_give_the_same_bytes_however_old_their_files_are(
    frozen_folder: Path, data_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another process, and but for the PNG, which is drawn from the SVG alone."""
    for path in data_copy.rglob("*.csv"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    again = tmp_path / "again"
    settings = Settings(host="127.0.0.1", port=8000, data=data_copy)
    only(monkeypatch, set(FILES) - {"pictures.place_png", "pictures.map_png"})
    write_frozen(render_site(settings), again, json.loads((frozen_folder / MANIFEST).read_bytes())["version"])
    # Its manifest lists fewer files.
    first, second = ({name: content for name, content in content_of(folder).items() if name != MANIFEST} for folder in (frozen_folder, again))
    assert {name for name in first if not name.endswith("map.png")} == second.keys()
    assert [name for name in second if first[name] != second[name]] == []


def test_the_manifest_lists_every_file(frozen_folder: Path, atlas: Atlas) -> None:
    manifest = json.loads((frozen_folder / MANIFEST).read_bytes())
    content = content_of(frozen_folder)
    del content[MANIFEST]
    assert manifest["version"] == atlas.tables.version
    assert manifest["url"] is None
    assert manifest["files"] == {name: hashlib.sha256(content[name]).hexdigest() for name in sorted(content)}


# --- in its place as a whole, or not at all -----------------------------------------------------------------------------------------------

OLD = [("index.html", b"old"), ("places/a.html", b"gone tomorrow")]
NEW = [("index.html", b"new"), ("en/index.html", b"new, too")]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An earlier site."""
    write_frozen(OLD, tmp_path / "site", "1")
    return tmp_path / "site"


def assert_is(folder: Path, files: list[tuple[str, bytes]]) -> None:
    """The folder holds these files and their manifest, and nothing is left beside it."""
    assert {name: content for name, content in content_of(folder).items() if name != MANIFEST} == dict(files)
    assert set(json.loads((folder / MANIFEST).read_bytes())["files"]) == {name for name, _ in files}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_an_earlier_site_is_replaced_whole(site: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool) -> None:
    if not can_exchange:
        monkeypatch.setattr(freeze, "_exchange", lambda one, other: False)
    (site / "index.html").write_bytes(b"edited by hand")
    written = write_frozen(NEW, site, "2")
    assert_is(site, NEW)
    assert (written.target, written.files) == (site, 3)
    assert written.size == sum(path.stat().st_size for path in site.rglob("*") if path.is_file())


def test_new_folders_and_empty_ones_are_taken(tmp_path: Path) -> None:
    write_frozen(NEW, tmp_path / "one" / "two" / "site", "1")
    assert_is(tmp_path / "one" / "two" / "site", NEW)
    (tmp_path / "three" / "empty").mkdir(parents=True)
    write_frozen(NEW, tmp_path / "three" / "empty", "1")
    assert_is(tmp_path / "three" / "empty", NEW)


def test_a_link_to_the_folder_stays_a_link(site: Path) -> None:
    link = site.parent / "current"
    link.symlink_to(site, target_is_directory=True)
    write_frozen(NEW, link, "2")
    assert link.is_symlink()
    assert (site / "index.html").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", b"mine"), (MANIFEST, b"not JSON"), (MANIFEST, b"[]"), (MANIFEST, b'{"files": {}}'), (MANIFEST, b'{"version": "1", "files": []}')],
)
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / name).write_bytes(content)
    with pytest.raises(FreezeError) as caught:
        write_frozen(NEW, target, "1")
    assert str(caught.value) == f"{target}: expected a new or empty folder, or an earlier frozen site, which has a freeze.json"
    assert content_of(tmp_path) == {f"mine/{name}": content}


def test_a_file_of_somebody_else_in_an_earlier_site_is_not_thrown_away(site: Path) -> None:
    (site / "places" / "CNAME").write_text("example.org")
    (site / "robots.txt").write_text("")
    with pytest.raises(FreezeError) as caught:
        write_frozen(NEW, site, "2")
    assert str(caught.value) == f"{site} 'places/CNAME': expected only files that freeze.json lists, as the whole folder is replaced; 2 are not"
    assert (site / "index.html").read_bytes() == b"old"


def test_nothing_is_drawn_for_a_place_that_is_refused(tmp_path: Path) -> None:
    def never() -> Iterator[tuple[str, bytes]]:
        raise AssertionError("drawn")
        yield

    (tmp_path / "file").write_text("mine")
    with pytest.raises(FreezeError, match="expected a new or empty folder, or an earlier frozen site"):
        write_frozen(never(), tmp_path / "file", "1")
    with pytest.raises(FreezeError, match="expected a place where a folder can be written"):
        write_frozen(never(), tmp_path / "file" / "below", "1")
    with pytest.raises(FreezeError, match=r"^/: expected a folder below another one$"):
        write_frozen(never(), Path("/"), "1")


def test_an_error_in_the_middle_leaves_the_earlier_site(site: Path) -> None:
    def broken() -> Iterator[tuple[str, bytes]]:
        yield NEW[0]
        raise FreezeError("en/index.html", "answered with 500", "an answer of the application; its log has the reason")

    with pytest.raises(FreezeError, match=r"^en/index\.html 'answered with 500': expected an answer"):
        write_frozen(broken(), site, "2")
    assert (site / "index.html").read_bytes() == b"old"
    assert names_of(site) == {"index.html", "places/a.html", MANIFEST}
    write_frozen(NEW, site, "2")
    assert_is(site, NEW)


def test_a_killed_run_leaves_the_earlier_site(site: Path) -> None:
    """Killed when half of the files are written: nothing of them is seen, and the next run is as if it had not been."""
    code = """
import sys
from pathlib import Path
from geo.serve.freeze.writing import write_frozen

def files():
    yield "index.html", b"half"
    print("half", flush=True)
    sys.stdin.read()

write_frozen(files(), Path(sys.argv[1]), "2")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(site)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(PROJECT)}
    )
    assert process.stdin is not None and process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == b"half\n"
        assert (site.parent / ".site.part" / "index.html").read_bytes() == b"half"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert {name: content for name, content in content_of(site).items() if name != MANIFEST} == dict(OLD)
    write_frozen(NEW, site, "2")
    assert_is(site, NEW)


def test_a_run_killed_between_two_renames_is_made_good(site: Path) -> None:
    """Where folders cannot be exchanged in one step, the earlier site is beside its place for a moment."""
    site.rename(site.with_name(".site.old"))
    with pytest.raises(FreezeError, match="'bad'"):
        write_frozen(iter_broken(), site, "2")
    assert (site / "index.html").read_bytes() == b"old"
    write_frozen(NEW, site, "2")
    assert_is(site, NEW)


def iter_broken() -> Iterator[tuple[str, bytes]]:
    raise FreezeError("index.html", "bad", "good")
    yield


# --- the command --------------------------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_wrote_and_what_it_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, {"pages.index"})
    target = tmp_path / "site"
    assert cli.main(["freeze", str(target)]) == 0
    printed = capsys.readouterr().out.splitlines()
    # Two pages, what each holds for a page on a disk, three of Leaflet's images, and the manifest.
    assert re.fullmatch(rf"written: {re.escape(str(target))}: 8 files, \d+\.\d MB, in zh and en", printed[0])
    assert printed[1:] == [
        "left out, as it needs a server: /geocode, lists of the reader's own, /reverse, /healthz, /ogc; "
        "filters, in all but the page and its GeoJSON and CSV; "
        "frame-ancestors of the security policy",
        "left out, as it needs --url: images of link previews, canonical addresses, and links on 404.html that lead home from any address",
    ]
    assert cli.main(["freeze", str(target), "--url", "https://example.org/atlas"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert json.loads((target / MANIFEST).read_bytes())["url"] == URL


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert cli.main(["freeze", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}: expected a new or empty folder, or an earlier frozen site, which has a freeze.json\n"
    assert cli.main(["freeze", str(tmp_path / "site"), "--url", "example.org"]) == 1
    assert capsys.readouterr().err == "--url 'example.org': expected an address such as https://example.org/atlas/\n"
    assert not (tmp_path / "site").exists()


def test_a_long_list_can_be_turned_without_a_script(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, {"pages.index"})
    files = dict(render_site(Settings(host="127.0.0.1", port=8000, data=crowd)))
    numbered = ["index.html", *(f"index-{number}.html" for number in range(2, 8))]
    assert [name for name in files if name.endswith(".html")] == [*numbered, *(f"en/{name}" for name in numbered)]
    for folder in ("", "en/"):
        listed = []
        for number, name in enumerate(numbered):
            text = files[folder + name].decode()
            listed += re.findall(r'<li class="entry corridor-[a-z]+" data-id="([^"]+)"', text)
            turns = {one.attributes["rel"]: one.address for one in PageReader(text).references if one.attributes.get("rel") in {"prev", "next"}}
            wanted = {"prev": numbered[number - 1] if number else None, "next": numbered[number + 1] if number < 6 else None}
            assert turns == {rel: address for rel, address in wanted.items() if address}
        assert len(listed) == len(set(listed)) == 630
