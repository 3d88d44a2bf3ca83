"""The servers that :mod:`bench.load` puts under load, each a process of its own, and the same features in the form each of them wants.

| contender | how |
|---|---|
| ours | ``python app.py`` |
| pygeoapi | a GeoPackage with an index on ``id``, under gunicorn; for each query the faster of its two providers for GeoPackages |
| Datasette | an SQLite table with indexes on ``id`` and a R*Tree of the points, opened as immutable |
| Flask, WSGI | :mod:`bench.bare` |
| nginx | files, beside each its gzip form |

All have one process that answers, as ours has, which writes its log. Where there was a choice it favours the others: neither pygeoapi nor Datasette
compresses, nothing of theirs is logged, pygeoapi runs under the server that was the faster of two, Datasette is not asked to count or to suggest
facets, nginx never closes a connection, and a box of theirs may leave out the places without a location, which ours holds as OGC API - Features
says. pygeoapi needs GDAL and SpatiaLite of the system, and a Python that can load the latter: Debian's own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import brotli
import geopandas as gpd
import shapely

from geo.settings import PROJECT

HOST = "127.0.0.1"
CACHE = Path(__file__).resolve().parent / ".cache"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements-contenders.lock"
SYSTEM_PYTHON = Path("/usr/bin/python3")
DEBIAN_PACKAGES = "wrk nginx-light python3-gdal libsqlite3-mod-spatialite"
# What a browser says; the atlas then answers in brotli, nginx with the gzip file beside its own.
BROWSER, IDENTITY = "gzip, br", "identity"
START_S = 120

Feature = dict[str, Any]


class BenchError(Exception):
    """Something is missing, or a contender does not answer as it must."""


# --- what is needed -----------------------------------------------------------------------------------------------------------------------


def find_tools() -> dict[str, str]:
    """Find the programs of the system.

    Raises
    ------
    BenchError
        If one is missing; with how to get them.
    """
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
    tools = {name: shutil.which(name, path=path) for name in ("wrk", "nginx")}
    can_load = "import sqlite3; from osgeo import ogr; c = sqlite3.connect(''); c.enable_load_extension(True); c.load_extension('mod_spatialite')"
    missing = [name for name, found in tools.items() if found is None]
    if not SYSTEM_PYTHON.exists() or subprocess.run([SYSTEM_PYTHON, "-c", can_load], capture_output=True, check=False).returncode:
        missing.append("GDAL and SpatiaLite for the Python of the system")
    if missing:
        raise BenchError(f"the bench needs {', '.join(missing)}; on Debian: apt-get install {DEBIAN_PACKAGES}")
    return {name: found for name, found in tools.items() if found}


def install() -> Path:
    """Install pygeoapi and Datasette in ``bench/.cache``, unless they are there, and return the folder of their programs.

    Raises
    ------
    BenchError
        If that fails; with what pip says.
    """
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    environment = CACHE / f"contenders-{digest}"
    programs = environment / "bin"
    if not (environment / "ready").exists():
        print("Installing pygeoapi and Datasette …", file=sys.stderr)
        shutil.rmtree(environment, ignore_errors=True)
        # Without pip, which Debian's own Python cannot install: ours is told where to install instead.
        subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", "--system-site-packages", environment], check=True)
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet", "--disable-pip-version-check"]
        # All but GDAL comes from the index, also what Debian has in another version.
        installed = subprocess.run([*pip, "--ignore-installed", "--require-hashes", "-r", REQUIREMENTS], capture_output=True, text=True, check=False)
        if installed.returncode:
            raise BenchError(f"pygeoapi and Datasette cannot be installed: {installed.stderr[-2000:]}")
        (environment / "ready").touch()
    return programs


# --- asking -------------------------------------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What was answered.

    Attributes
    ----------
    headers
        Those that say what the body is.
    wire, body
        The bytes as they were sent, and as they are without their coding.
    seconds
        How long it took.
    """

    headers: list[tuple[str, str]]
    wire: bytes
    body: bytes
    seconds: float


def ask(url: str, coding: str) -> Answer:
    """Ask for an address once.

    Raises
    ------
    BenchError
        If the answer is no 200, or none.
    """
    before = time.perf_counter()
    request = urllib.request.Request(url, headers={"Accept-Encoding": coding})
    try:
        with urllib.request.urlopen(request, timeout=START_S) as response:
            wire: bytes = response.read()
            headers = [(name, response.headers[name]) for name in ("Content-Type", "Content-Encoding") if name in response.headers]
    except urllib.error.HTTPError as error:
        raise BenchError(f"{url} answered {error.code}: {error.read()[:300]!r}") from None
    except OSError as error:
        raise BenchError(f"{url} did not answer: {error}") from None
    used = dict(headers).get("Content-Encoding", IDENTITY)
    body = {IDENTITY: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[used](wire)
    return Answer(headers, wire, body, time.perf_counter() - before)


def read_ids(body: bytes) -> list[str]:
    """Read the ids of the features in an answer: a collection, a feature, or rows of a table."""
    document = json.loads(body)
    if isinstance(document, dict):
        document = document.get("features", [document])
    return [feature["id"] for feature in document]


# --- processes ----------------------------------------------------------------------------------------------------------------------------


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(command: Sequence[str | Path], port: int, log: Path, env: Mapping[str, str] | None = None, ready: str = "/") -> Iterator[str]:
    """Run a server while the block runs, and give its address, once it answers.

    Raises
    ------
    BenchError
        If it ends, or does not answer in time; with the end of what it said.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GEO_", "PYGEOAPI_"))}
    with log.open("ab") as said:
        process = subprocess.Popen(command, cwd=PROJECT, env=clean | dict(env or {}), stdout=said, stderr=said)
    url = f"http://{HOST}:{port}"
    try:
        until = time.monotonic() + START_S
        while True:
            try:
                urllib.request.urlopen(url + ready, timeout=START_S).close()
                break
            except urllib.error.HTTPError as error:
                # It answers, which is what is waited for; whether rightly is checked later.
                error.close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise BenchError(f"{command[0]} does not serve:\n{log.read_text(errors='replace')[-2000:]}") from None
                time.sleep(0.1)
        yield url
    finally:
        # nginx and gunicorn end their workers on this one.
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def atlas(data: Path, folder: Path) -> Any:
    """Serve the atlas."""
    port = free_port()
    # Its port and data, and nothing else that somebody may have set.
    env = {"GEO_PORT": str(port), "GEO_DATA": str(data)}
    return running([sys.executable, "app.py"], port, folder / "atlas.log", env, "/healthz")


def bare(kind: str, folder: Path) -> Any:
    """Serve the ready answers in a folder."""
    port = free_port()
    return running([sys.executable, "-m", "bench.bare", kind, folder / "answers"], port, folder / f"{kind}.log", {"GEO_PORT": str(port)})


# --- pygeoapi -----------------------------------------------------------------------------------------------------------------------------

PROVIDERS = ("sqlite", "ogr")


def pygeoapi(programs: Path, features: Sequence[Feature], folder: Path) -> Any:
    """Serve features with pygeoapi, as a collection for each provider."""
    port = free_port()
    package = folder / "places.gpkg"
    write_geopackage(features, package)
    config, openapi = folder / "pygeoapi.yml", folder / "openapi.yml"
    # JSON is YAML.
    config.write_text(json.dumps(_pygeoapi_config(package, port, len(features))), encoding="utf-8")
    env = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(openapi), "PYTHONWARNINGS": "ignore"}
    made = subprocess.run(
        [programs / "pygeoapi", "openapi", "generate", config, "--output-file", openapi],
        env=os.environ | env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise BenchError(f"pygeoapi cannot describe itself: {made.stderr[-2000:]}")
    command: list[str | Path] = [programs / "gunicorn", "--bind", f"{HOST}:{port}", "--workers", "1", "--timeout", "300", "pygeoapi.flask_app:APP"]
    return running(command, port, folder / "pygeoapi.log", env, "/conformance?f=json")


def write_geopackage(features: Sequence[Feature], file: Path) -> None:
    """Write features as the layer ``places``; what is nested in a property becomes text."""
    geometry = [feature["geometry"] and shapely.geometry.shape(feature["geometry"]) for feature in features]
    gpd.GeoDataFrame(list(map(_row, features)), geometry=geometry, crs="EPSG:4326").to_file(file, layer="places", driver="GPKG", engine="pyogrio")
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE UNIQUE INDEX places_id ON places (id)")
    connection.close()


def _row(feature: Feature) -> dict[str, Any]:
    """Give the columns of a feature: its id first, once, whether or not the properties have it as well."""
    flat = {name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value for name, value in feature["properties"].items()}
    return {"id": feature["id"], **flat}


def _pygeoapi_config(package: Path, port: int, count: int) -> dict[str, Any]:
    url = f"http://{HOST}:{port}"
    providers = {
        "sqlite": {"type": "feature", "name": "SQLiteGPKG", "data": str(package), "id_field": "id", "table": "places"},
        "ogr": {
            "type": "feature",
            "name": "OGR",
            "data": {"source_type": "GPKG", "source": str(package), "source_capabilities": {"paging": True}},
            "id_field": "id",
            "layer": "places",
        },
    }
    world = {"spatial": {"bbox": [-180, -90, 180, 90], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}}
    described = {"title": "places", "description": "places", "keywords": ["places"]}
    return {
        "server": {
            "bind": {"host": HOST, "port": port},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US"],
            "pretty_print": False,
            "limits": {"default_items": 50, "max_items": count, "on_exceed": "throttle"},
            "map": {"url": f"{url}/tiles", "attribution": "none"},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {**described, "keywords_type": "theme", "terms_of_service": "none", "url": url},
            "license": {"name": "none", "url": url},
            "provider": {"name": "bench", "url": url},
            "contact": {"name": "bench"},
        },
        "resources": {name: {"type": "collection", **described, "links": [], "extents": world, "providers": [providers[name]]} for name in PROVIDERS},
    }


# --- Datasette ----------------------------------------------------------------------------------------------------------------------------

# What a query is given is text.
IN_BOX = """
WITH box AS (SELECT CAST(:west AS REAL) AS w, CAST(:south AS REAL) AS s, CAST(:east AS REAL) AS e, CAST(:north AS REAL) AS n)
SELECT places.* FROM box, points JOIN places USING (position)
WHERE points.east >= w AND points.west <= e AND points.north >= s AND points.south <= n AND lon BETWEEN w AND e AND lat BETWEEN s AND n
LIMIT CAST(:limit AS INTEGER)
"""


def datasette(programs: Path, features: Sequence[Feature], folder: Path) -> Any:
    """Serve features with Datasette."""
    port = free_port()
    database, metadata = folder / "features.db", folder / "metadata.json"
    write_table(features, database)
    queries = {"box": {"sql": IN_BOX}, "one": {"sql": "SELECT * FROM places WHERE id = :id"}}
    metadata.write_text(json.dumps({"databases": {"features": {"queries": queries}}}), encoding="utf-8")
    chosen = {"max_returned_rows": max(1000, len(features)), "sql_time_limit_ms": 60_000, "suggest_facets": "off", "allow_facet": "off"}
    settings = [argument for name, value in chosen.items() for argument in ("--setting", name, str(value))]
    command: list[str | Path] = [
        programs / "datasette",
        "serve",
        "--immutable",
        database,
        "--metadata",
        metadata,
        "--host",
        HOST,
        "--port",
        str(port),
        *settings,
    ]
    return running(command, port, folder / "datasette.log", ready="/-/versions.json")


def write_table(features: Sequence[Feature], file: Path) -> None:
    """Write features as the table ``places``, in their order, with their points in a R*Tree."""
    rows = []
    for position, feature in enumerate(features, 1):
        lon, lat = feature["geometry"]["coordinates"] if feature["geometry"] else (None, None)
        rows.append({"position": position, **_row(feature), "lon": lon, "lat": lat})
    columns = [f'"{name}"' for name in rows[0] if name != "position"]
    with sqlite3.connect(file) as connection:
        connection.execute(f"CREATE TABLE places (position INTEGER PRIMARY KEY, {', '.join(columns)})")
        connection.executemany(f"INSERT INTO places VALUES ({', '.join('?' * len(rows[0]))})", [tuple(row.values()) for row in rows])
        connection.execute("CREATE UNIQUE INDEX places_id ON places (id)")
        connection.execute("CREATE VIRTUAL TABLE points USING rtree (position, west, east, south, north)")
        connection.execute("INSERT INTO points SELECT position, lon, lon, lat, lat FROM places WHERE lon IS NOT NULL")
    connection.close()


# --- ready answers ------------------------------------------------------------------------------------------------------------------------


def write_answers(answers: Mapping[str, Answer], plain: Mapping[str, bytes], folder: Path) -> None:
    """Write answers as files, for :mod:`bench.bare` and for nginx.

    Parameters
    ----------
    answers
        By path, with their codings.
    plain
        By path, without; nginx gets each in gzip as well.
    folder
        Gets ``answers/`` and ``files/``.
    """
    for name in ("answers", "files"):
        (folder / name).mkdir()
    for path, answer in answers.items():
        (folder / "answers" / path[1:]).write_bytes(answer.wire)
    index = {path: answer.headers for path, answer in answers.items()}
    (folder / "answers" / "index.json").write_text(json.dumps(index), encoding="utf-8")
    for path, body in plain.items():
        (folder / "files" / path[1:]).write_bytes(body)
        (folder / "files" / f"{path[1:]}.gz").write_bytes(gzip.compress(body, 9, mtime=0))


def nginx(program: str, folder: Path) -> Any:
    """Serve the files with nginx."""
    port = free_port()
    # Whoever runs the bench owns the files; as root, nginx would read them as somebody else.
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{name}_temp_path {folder}/nginx;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(
        f"""
        {user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr;
        events {{ worker_connections 64; }}
        http {{
            {temporary} access_log off; sendfile on; tcp_nopush on; default_type application/geo+json; keepalive_requests 100000000;
            open_file_cache max=100; gzip_static on; gzip_vary on;
            server {{ listen {HOST}:{port}; root {folder}/files; }}
        }}
        """,
        encoding="utf-8",
    )
    return running([program, "-p", folder, "-c", config, "-e", "stderr"], port, folder / "nginx.log")
