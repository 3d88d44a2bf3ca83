"""The command line: ``check``, ``locate``, ``draft``, ``review``, ``accept``, ``geocode``, ``map``, ``basemap`` and the others of :func:`main`.

A command calls the same functions as the library and the server. What it needs is imported in its own function, so that a short command does not wait
for the libraries of a long one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import GeoError
from geo.geocode.lists import CHUNK_ROWS
from geo.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from geo.atlas import Atlas


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all is well, 1 when something is wrong, 2 when the command itself is."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(prog="python -m geo", description="industrial platforms of a city: tables, geocoding, map")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="validate the tables, geocode every place, and verify the pointers into a text")
    check.add_argument("--text", type=Path, metavar="FILE", help="the text of a source, UTF-8: verify every pointer into it")
    check.set_defaults(run=lambda options: _check(options.text))
    _add_draft(commands)
    _add_geocode(commands)
    map_ = commands.add_parser("map", help="open the map in a browser with a list on it, on this machine only")
    map_.add_argument(
        "list", metavar="LIST", help=".csv, .tsv, .txt, .xlsx or .parquet, a folder of .parquet, or one that density has written; of any length"
    )
    map_.add_argument("--no-browser", action="store_true", help="print the address only")
    _add_cluster_arguments(map_)
    map_.set_defaults(run=_map)
    density = commands.add_parser("density", help="count where the rows of Parquet files lie, for a map of any number of them")
    density.add_argument("source", metavar="SOURCE", help="a file or a folder of .parquet, or the address of one, such as s3://bucket/folder")
    density.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write, for map; replaced when all is done")
    _add_cluster_arguments(density)
    density.set_defaults(run=_density)
    reverse = commands.add_parser("reverse", help="say what lies around a point")
    reverse.add_argument("lon", type=float, help="degrees, WGS-84")
    reverse.add_argument("lat", type=float, help="degrees, WGS-84")
    reverse.set_defaults(run=lambda options: _reverse(options.lon, options.lat))
    audit = commands.add_parser("audit", help="write a sheet with which a person reviews how every place was located")
    audit.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.html")
    audit.add_argument("--lang", choices=("zh", "en"), default="zh", help="the language of the sheet (default: %(default)s)")
    audit.set_defaults(run=lambda options: _audit(options.output, options.lang))
    export = commands.add_parser("export", help="write layers as files, in any format")
    # Its choices are the layers and the formats, whose libraries take a second to load.
    if "export" in arguments:
        _add_export_arguments(export)
    _add_freeze(commands)
    _add_basemap(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
        # What is still to be written may fail, and else does so where nobody hears of it.
        sys.stdout.flush()
    except GeoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _write_no_more()
        print("\nstopped; a list that was under way goes on there with the same command", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _write_no_more()
        return 1
    except OSError as error:
        _write_no_more()
        print(f"{error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return status


def _write_no_more() -> None:
    """Let what could not be written go: Python would try again at its end, and print a traceback."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _add_draft(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    locate = commands.add_parser("locate", help="say where a string stands in a text: paragraph, start and end in code points")
    locate.add_argument("string", metavar="STRING")
    locate.add_argument("--text", type=Path, required=True, metavar="FILE", help="a text, or a document as draft reads it; - for standard input")
    locate.set_defaults(run=lambda options: _locate(options.string, options.text))
    draft = commands.add_parser("draft", help="find the places and figures of a report, each held to its span, for a person to confirm")
    draft.add_argument("file", type=Path, metavar="FILE", help=".txt, .md, .html, .docx or .pdf; - for standard input")
    draft.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help="of the report: 今年 hangs on it; proposed from the text when it is not given")
    draft.add_argument("--host", help="what the report is about: 全区 hangs on it; proposed from the text when it is not given")
    draft.add_argument(
        "--places", type=Path, metavar="FILE.csv", help="the places that are confirmed already, with the columns name, kind and aliases (;)"
    )
    draft.add_argument("--id", help="of the source; the name of the file when it is not given")
    draft.add_argument("--title", help="of the source; the first line of the text when it is not given")
    draft.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="where draft.json and the text are written")
    draft.add_argument(
        "--llm", action="store_true", help="have the model of GEO_LLM_URL look the choices over: the text is sent there; what differs comes first"
    )
    draft.set_defaults(run=_draft)
    review = commands.add_parser("review", help="confirm the places and figures of a draft in a browser, on this machine only")
    review.add_argument("draft", type=Path, metavar="DRAFT", help="a folder that draft has written")
    review.add_argument("--port", type=_positive, help="to listen on; a free one when it is not given")
    review.add_argument("--no-browser", action="store_true", help="print the address only")
    review.set_defaults(run=_review)
    accept = commands.add_parser(
        "accept",
        help="with a draft: write what is accepted of it into the tables; without: say that the tables are meant as they are",
        description="With DRAFT, writes its accepted places, figures and other numbers into the tables, all of them or none. "
        "Without DRAFT, says that the "
        "tables are meant as they are, where a server holds them back for the rows they have lost.",
    )
    accept.add_argument("draft", nargs="?", type=Path, metavar="DRAFT", help="a folder that draft has written")
    way = accept.add_mutually_exclusive_group()
    way.add_argument("--check", action="store_true", help="of a draft: say what would be written, and what keeps it from being written")
    way.add_argument("--write", action="store_true", help="of a draft: write it")
    accept.set_defaults(run=_accept)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a date such as 2023-06-30") from None


def _locate(string: str, text: Path) -> int:
    from geo.draft.running import locate

    lines = locate(string, text)
    for line in lines:
        print(line)
    if not lines:
        print(f"{text}: does not have {string!r}", file=sys.stderr)
    return 0 if lines else 1


def _draft(options: argparse.Namespace) -> int:
    from geo.draft.model import Model
    from geo.draft.running import write_draft
    from geo.tables.reading import read_tables

    settings = Settings.from_env(os.environ)
    ask = Model(settings) if options.llm else None
    tables = read_tables(settings.data)
    given = (options.file, options.output, options.date, options.host, options.places, options.id, options.title)
    for line in write_draft(tables, *given, ask=ask):
        print(line)
    return 0


def _review(options: argparse.Namespace) -> int:
    import secrets

    from geo.draft.writing import read_draft
    from geo.serve.server import free_port, serve

    # What is wrong with it is said here, and not on the page.
    read_draft(options.draft)
    settings = replace(Settings.from_env(os.environ), host="127.0.0.1", port=options.port or free_port(), is_unguarded=False, proxies=0, url="")
    token = secrets.token_urlsafe(24)
    serve(partial(_load_review, settings, options.draft.absolute(), token), settings, partial(_show_review, token, opens=not options.no_browser))
    return 0


def _load_review(settings: Settings, folder: Path, token: str) -> WSGIApplication:
    from geo.serve.review import create_review_app

    return create_review_app(settings, folder, token)


def _show_review(token: str, address: str, *, opens: bool) -> None:
    import webbrowser

    print(f"the review: {address}{token}/", flush=True)
    print("every key is saved; Ctrl+C ends it", flush=True)
    if opens:
        webbrowser.open(f"{address}{token}/")


def _add_geocode(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    geocode = commands.add_parser("geocode", help="find the location of names and addresses, or of a list of them in a file")
    geocode.add_argument("texts", nargs="+", metavar="TEXT", help="a name or an address; with -o a file: .csv, .tsv, .xlsx or .parquet")
    geocode.add_argument("--admin", default="", help="the division that the names lie in: a district, the city, or another of China")
    geocode.add_argument("--host", default="", help="a place that the names belong to")
    geocode.add_argument("--no-home", action="store_true", help="a name that places elsewhere bear, too, is ambiguous, not ours")
    geocode.add_argument("--lang", choices=("zh", "en"), default="zh", help="the language of notes and reasons (default: %(default)s)")
    file = geocode.add_argument_group("a list in a file")
    file.add_argument("-o", "--output", type=Path, metavar="FILE", help=".csv, .tsv, .xlsx, .gpkg, .geojson or .parquet")
    file.add_argument(
        "--column",
        action="append",
        default=[],
        help="the column with the names or addresses; again for each of several that are one address; found out",
    )
    file.add_argument("--admin-column", help="the column with the division of each row")
    file.add_argument("--encoding", help="of a text file; found out when it is not given")
    file.add_argument("--sheet", help="of a workbook; the first one that is a list when it is not given")
    file.add_argument("--skip", type=_count, metavar="ROWS", help="how many rows stand above the headings; found out when it is not given")
    file.add_argument("--corrections", type=Path, metavar="FILE", help="the .misses.csv of an earlier run, with what you have written into it")
    file.add_argument("--chunk-rows", type=_positive, default=CHUNK_ROWS, help="rows held in memory at a time (default: %(default)s)")
    _add_cluster_arguments(file)
    geocode.set_defaults(run=_geocode)


def _add_cluster_arguments(command: argparse._ActionsContainer) -> None:
    command.add_argument("--workers", type=_count, default=0, help="processes on this machine; needs requirements-cluster.lock")
    command.add_argument("--scheduler", metavar="tcp://…", help="the address of a Dask scheduler; needs requirements-cluster.lock")


def _add_export_arguments(export: argparse.ArgumentParser) -> None:
    from geo.layers.formats import FORMATS
    from geo.layers.select import LAYERS
    from geo.serve.http.form import FORM_PARAMETERS

    export.add_argument("target", type=Path, metavar="TARGET", help="a folder, or one file whose extension says the format")
    export.add_argument("--layer", action="append", default=[], choices=list(LAYERS), help="may be given again; all of them in a folder by default")
    export.add_argument("--format", action="append", default=[], choices=list(FORMATS), help="may be given again; all of them in a folder by default")
    filters = export.add_argument_group("filters", "as in the query of /layers; several values with commas")
    for name in LAYERS["places"].filters:
        filters.add_argument(f"--{name}")
    form = export.add_argument_group("form", "as in the query of /layers; each goes with the formats that have it")
    for name in FORM_PARAMETERS:
        form.add_argument(f"--{name}")
    export.set_defaults(run=_export)


def _add_freeze(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    freeze = commands.add_parser("freeze", help="write the whole site as files that any web server can carry")
    freeze.add_argument("target", type=Path, metavar="DIR", help="new, empty, or an earlier frozen site, which is replaced")
    freeze.add_argument("--url", metavar="https://…", help="where the files will be, for link previews and canonical addresses")
    freeze.set_defaults(run=lambda options: _freeze(options.target, options.url))


def _freeze(target: Path, url: str | None) -> int:
    from geo.serve.freeze.rendering import LEFT_OUT, parse_public_url, render_site
    from geo.serve.freeze.writing import write_frozen
    from geo.tables.reading import read_tables
    from geo.words.phrases import LANGUAGES

    public_url = None if url is None else parse_public_url(url)
    settings = Settings.from_env(os.environ)
    frozen = write_frozen(render_site(settings, public_url), target, read_tables(settings.data).version, public_url)
    print(f"written: {target}: {frozen.files} files, {frozen.size / 1e6:.1f} MB, in {' and '.join(LANGUAGES)}")
    print(f"left out, as it needs a server: {LEFT_OUT}")
    if public_url is None:
        print("left out, as it needs --url: images of link previews, canonical addresses, and links on 404.html that lead home from any address")
    return 0


def _add_basemap(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    basemap = commands.add_parser(
        "basemap",
        help="add roads, railways, water, parks and names of an extract of OpenStreetMap to the map",
        description="Reads what lies in the frame of atlas.toml. A server of the folder with the data takes it up at its next look.",
    )
    basemap.add_argument("file", type=Path, metavar="FILE", help="an extract: .osm.pbf or .osm")
    basemap.add_argument("-o", "--output", type=Path, metavar="DIR", help="basemap/local of the data, where the map looks, when not given")
    basemap.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="KIND",
        help="leave a kind out: parks, water, divisions, rails, roads, metro, names; may be given again",
    )
    basemap.set_defaults(run=lambda options: _basemap(options.file, options.output, options.without))


def _basemap(path: Path, output: Path | None, without: Sequence[str]) -> int:
    from geo.draw.extract import take_in
    from geo.draw.pieces import FOLDER, KINDS
    from geo.tables.reading import read_tables

    for kind in without:
        if kind not in KINDS:
            print(f"--without={kind!r}: expected one of {', '.join(KINDS)}", file=sys.stderr)
            return 2
    data = Settings.from_env(os.environ).data
    own = data / FOLDER
    folder = output or own
    summary = take_in(path, folder, read_tables(data).profile.box, [kind for kind in KINDS if kind not in without])
    counts = ", ".join(f"{kind} {count}" for kind, count in summary.counts.items())
    print(f"written: {folder}: {summary.size / 1e6:.1f} MB, data of {summary.date or 'a day that the extract does not say'}; features: {counts}")
    if summary.missing:
        print(f"the extract has none of these in the frame: {', '.join(summary.missing)}")
    if summary.unfit:
        print(f"names left out, as they cannot be shown as they stand: {summary.unfit}")
    if "divisions" in summary.counts:
        print("borders of townships have no map review number (审图号): --without divisions leaves them out where the map is published")
    print("© OpenStreetMap contributors, ODbL 1.0: the map, its pictures and /about say so")
    if folder.resolve() != own.resolve():
        print(f"the map looks into {own} only")
    return 0


def _export(options: argparse.Namespace) -> int:
    from geo.atlas import build_atlas
    from geo.layers.export import export_layers
    from geo.layers.select import LAYERS
    from geo.serve.http.form import FORM_PARAMETERS, parse_form_values
    from geo.serve.http.selection import parse_filters

    places = LAYERS["places"]
    filters = {name: value for name in places.filters if (value := getattr(options, name)) is not None}
    atlas = build_atlas(Settings.from_env(os.environ))
    selection = parse_filters(filters, places, atlas.tables)
    form = {name: value for name in FORM_PARAMETERS if (value := getattr(options, name)) is not None}
    form_of = partial(parse_form_values, form, tables=atlas.tables)
    for path in export_layers(atlas.tables, atlas.layers, options.target, options.layer, options.format, selection, form_of):
        print(f"written: {path}")
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of 0 or more")
    return int(text)


def _positive(text: str) -> int:
    if _count(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of 1 or more")
    return int(text)


def _geocode(options: argparse.Namespace) -> int:
    return _geocode_texts(options) if options.output is None else _geocode_list(options)


def _geocode_texts(options: argparse.Namespace) -> int:
    from geo.atlas import add_online
    from geo.geocode.answers import Match, Query, to_document
    from geo.geocode.gazetteer import Gazetteer
    from geo.geocode.offline import OfflineGeocoder
    from geo.tables.reading import read_tables
    from geo.words.translation import translator

    settings = Settings.from_env(os.environ)
    tables = read_tables(settings.data)
    offline, profile = OfflineGeocoder(Gazetteer(tables)), tables.profile
    geocoder = add_online(offline, settings, profile)
    if options.admin and not offline.understands(options.admin):
        print(
            f"--admin={options.admin!r}: expected a division of China, such as {profile.examples.division} or {profile.city.short_zh}",
            file=sys.stderr,
        )
        return 2
    if options.host and not offline.knows_host(options.host):
        print(f"--host={options.host!r}: expected a place of the gazetteer, such as {profile.examples.place}", file=sys.stderr)
        return 2
    answers = geocoder.geocode([Query(text, options.admin, None, options.host, not options.no_home) for text in options.texts])
    for answer in answers:
        print(json.dumps(to_document(answer, translator(options.lang)), ensure_ascii=False))
    return 0 if all(isinstance(answer, Match) for answer in answers) else 1


def _geocode_list(options: argparse.Namespace) -> int:
    from geo.atlas import build_geocoder
    from geo.geocode.lists.progress import choose_progress
    from geo.geocode.lists.running import geocode_file
    from geo.geocode.offline import VERSION
    from geo.tables.reading import read_tables
    from geo.words.translation import translator

    settings = Settings.from_env(os.environ)
    if len(options.texts) != 1:
        print("geocode: one file at a time with -o", file=sys.stderr)
        return 2
    if options.admin or options.host:
        print("geocode: with -o the division of a row stands in a column; give --admin-column", file=sys.stderr)
        return 2
    summary = geocode_file(
        Path(options.texts[0]),
        options.output,
        partial(build_geocoder, settings),
        version=f"{VERSION} {read_tables(settings.data).version} {settings.online} {options.lang}",
        progress=choose_progress(sys.stderr),
        columns=options.column,
        admin_column=options.admin_column,
        encoding=options.encoding,
        sheet=options.sheet,
        skip=options.skip,
        corrections=options.corrections,
        chunk_rows=options.chunk_rows,
        workers=options.workers,
        scheduler=options.scheduler,
        translate=translator(options.lang),
    )
    print(summary)
    return 0


def _map(options: argparse.Namespace) -> int:
    import secrets

    from geo.serve.server import serve

    settings = replace(Settings.from_env(os.environ), host="127.0.0.1", is_unguarded=False, proxies=0, url="")
    density = _find_density(options, settings)
    token = secrets.token_urlsafe(32)
    load = partial(_load_map, settings, options.list, density, token)
    serve(load, settings, partial(_show_map, token, opens=not options.no_browser))
    return 0


def _find_density(options: argparse.Namespace, settings: Settings) -> Path | None:
    """Build or find the pyramid of a list that is too long to be shown row by row; ``None`` for any other."""
    from geo.geocode.lists.reading import open_list
    from geo.serve.data.lists import MOST_BYTES, MOST_ROWS

    path, is_remote = Path(options.list), "://" in options.list
    if not is_remote and not path.is_dir() and path.suffix.lower() != ".parquet":
        # What is wrong with it is said here, and not on the page.
        list_ = open_list(path)
        rows = list_.rows if list_.rows is not None else sum(len(chunk) for _, chunk in list_.chunks(CHUNK_ROWS))
        if rows <= MOST_ROWS and path.stat().st_size <= MOST_BYTES:
            return None
    from geo.atlas import build_geocoder
    from geo.geocode.lists.progress import choose_progress
    from geo.geocode.offline import VERSION
    from geo.layers.density.files import read_manifest, read_pyramid
    from geo.layers.density.lists import count_list
    from geo.tables.reading import read_tables

    if not is_remote and read_manifest(path):
        read_pyramid(path)
        return path.absolute()
    built = count_list(
        options.list,
        settings.lists_cache,
        partial(build_geocoder, settings),
        version=f"{VERSION} {read_tables(settings.data).version} {settings.online}",
        progress=choose_progress(sys.stderr),
        workers=options.workers,
        scheduler=options.scheduler,
    )
    print(built, flush=True)
    return built.folder.absolute()


def _density(options: argparse.Namespace) -> int:
    from geo.geocode.lists.progress import choose_progress
    from geo.layers.density.building import build_files

    built = build_files(options.source, options.output, choose_progress(sys.stderr), workers=options.workers, scheduler=options.scheduler)
    print(built)
    print(f"written: {built.folder}")
    return 0


def _load_map(settings: Settings, source: str, density: Path | None, token: str) -> WSGIApplication:
    # Imported here, and no part of what is called: libraries that start threads must not come before the worker has blocked its signals.
    from geo.layers.density.files import read_pyramid
    from geo.layers.density.sources import shown_address
    from geo.serve.application import create_app, make_ready
    from geo.serve.data.density import OwnDensity
    from geo.serve.data.lists import Handed

    app = create_app(settings)
    if density is None:
        app.config["HANDED_LIST"] = Handed(Path(source).absolute(), token)
    else:
        app.config["OWN_DENSITY"] = OwnDensity(Path(shown_address(source)).name, read_pyramid(density), token)
    make_ready(app)
    return app


def _show_map(token: str, address: str, *, opens: bool) -> None:
    import webbrowser

    # Not for a log: who has the address has the list.
    print(f"the map with the list: {address}#list={token}", flush=True)
    print("Ctrl+C stops it", flush=True)
    if opens:
        webbrowser.open(f"{address}#list={token}")


def _reverse(lon: float, lat: float) -> int:
    from geo.draw.basemap import read_outline
    from geo.geocode.gazetteer import Gazetteer
    from geo.geocode.reverse import ReverseGeocoder
    from geo.tables.reading import read_tables

    settings = Settings.from_env(os.environ)
    tables = read_tables(settings.data)
    geocoder = ReverseGeocoder(Gazetteer(tables), read_outline(settings.data).districts["features"])
    found = geocoder.reverse(lon, lat)
    if found.district is None:
        print(f"outside of {tables.profile.city.en}")
        return 1
    print(f"district: {found.district.name} ({found.district.code})")
    if found.township:
        print(f"nearest known seat: {found.township.name}, {found.township.distance_m} m away (±{found.township.uncertainty_m} m)")
    if found.place:
        print(f"nearest place: {found.place.name}, {found.place.distance_m} m away (±{found.place.uncertainty_m} m)")
    return 0


def _audit(target: Path, language: str) -> int:
    from geo.atlas import build_atlas
    from geo.words.review_sheet import write_audit

    atlas = build_atlas(Settings.from_env(os.environ))
    try:
        write_audit(atlas, target, language)
    except OSError as error:
        print(f"{target}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"written: {target}")
    return 0


def _check(text: Path | None) -> int:
    from geo.atlas import build_atlas

    atlas = build_atlas(Settings.from_env(os.environ))
    _print_summary(atlas)
    if text is None:
        print("pointers: not verified against a text; give one with --text FILE")
        return 0
    return _check_text(atlas, text)


def _accept(options: argparse.Namespace) -> int:
    if options.draft is None:
        if options.check or options.write:
            print("accept: --check and --write go with the folder of a draft", file=sys.stderr)
            return 2
        return _accept_tables()
    if not (options.check or options.write):
        print("accept: with a draft give --check, to see what would be written, or --write", file=sys.stderr)
        return 2
    from geo.draft.writing import accept_draft

    for line in accept_draft(Settings.from_env(os.environ).data, options.draft, write=options.write):
        print(line)
    return 0


def _accept_tables() -> int:
    from geo.atlas import build_atlas
    from geo.serve.reload import write_accepted

    settings = Settings.from_env(os.environ)
    tables = build_atlas(settings).tables
    write_accepted(settings.data, tables.version)
    rows = ", ".join(f"{count} in {file}" for file, count in tables.count_rows().items())
    print(f"accepted: version {tables.version}, rows: {rows}")
    print("a server of this folder serves it at its next look")
    return 0


def _print_summary(atlas: Atlas) -> None:
    from geo.geocode.answers import Match
    from geo.tables.kinds import Basis

    tables = atlas.tables
    matches = [answer for answer in atlas.answers.values() if isinstance(answer, Match)]
    by_host = sum(1 for match in matches if match.basis is Basis.PARENT)
    print(f"tables: {len(tables.places)} places, {len(tables.indicators)} figures, {len(tables.sources)} sources, version {tables.version}")
    print(f"geocoding: {len(matches) - by_host} located, {by_host} by their host only, {len(atlas.misses)} missed")
    for id_, miss in atlas.misses.items():
        print(f"missed: {id_} ({miss.query}): {miss.reason.value}")


def _check_text(atlas: Atlas, text: Path) -> int:
    from geo.tables.provenance import check_text

    try:
        content = text.read_bytes()
    except OSError as error:
        print(f"{text}: {error.strerror}", file=sys.stderr)
        return 1
    digest = hashlib.sha256(content).hexdigest()
    source = next((source for source in atlas.tables.sources if source.sha256 == digest), None)
    if source is None:
        known = ", ".join(f"{source.sha256} ({source.id})" for source in atlas.tables.sources if source.sha256)
        print(f"{text}: the sha256 is {digest}, which is no source's; expected {known}", file=sys.stderr)
        return 1
    findings = check_text(atlas.tables, source, content.decode())
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"pointers: {len(findings)} do not verify", file=sys.stderr)
        return 1
    count = sum(1 for row in atlas.tables.indicators if row.source == source.id)
    print(f"pointers: all {count} figures of {source.id} verified, and every number of its text accounted for")
    return 0
