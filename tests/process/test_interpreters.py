"""What an interpreter of its own says: which modules it loads, and the same bytes as another one."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

from geo.atlas import Atlas
from geo.layers.formats import FORMATS
from geo.settings import PROJECT
from tests.known import DATA
from tests.unit.test_formats import download_of


def test_a_server_loads_nothing_that_asks_other_hosts() -> None:
    """The online geocoders are loaded where an operator turned one on only, and a cluster where one is asked for."""
    unwanted = {"geo.geocode.online.geocoder", "geopy", "tenacity", "distributed"}
    code = f"import sys, app; app.create_app(); print(sorted({unwanted} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_process_that_only_waits_loads_nothing_of_the_atlas() -> None:
    """The one that answers would hold it a second time."""
    code = "import sys, app; print(sorted(name for name in sys.modules if name in ('numpy', 'flask') or name.startswith('geo.')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PROJECT)
    assert (run.stdout, run.stderr) == ("['geo.errors', 'geo.serve', 'geo.serve.server', 'geo.settings']\n", "")


def test_another_process_on_another_day_writes_the_same_bytes(atlas: Atlas) -> None:
    program = """
import hashlib, sys, time
time.time = lambda: 2_000_000_000.0
from geo.layers.formats import FORMATS, Download
from geo.layers.select import LAYERS, Selection
from geo.atlas import build_atlas
from geo.settings import Settings
atlas = build_atlas(Settings.from_env({"GEO_DATA": sys.argv[1]}))
for format_ in FORMATS.values():
    print(hashlib.sha256(format_.encode(Download(LAYERS["places"], Selection(), atlas.layers, atlas.tables))).hexdigest())
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai"}
    done = subprocess.run([sys.executable, "-c", program, str(DATA)], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    here = [hashlib.sha256(format_.encode(download_of(atlas, "places"))).hexdigest() for format_ in FORMATS.values()]
    assert done.stdout.split() == here


def test_candidates_and_runners_up_come_in_the_same_order_in_every_process() -> None:
    """Python hashes text anew in every process: nothing may depend on it, or a list that is resumed changes its mind."""
    program = (
        "from geo.geocode.gazetteer import Gazetteer; from geo.geocode.answers import Query; "
        "from geo.geocode.offline.geocoder import OfflineGeocoder; "
        "from geo.settings import PROJECT; from geo.tables.reading import read_tables; "
        "geocoder = OfflineGeocoder(Gazetteer(read_tables(PROJECT / 'data'))); "
        "print(geocoder.geocode([Query(text) for text in ('东舟街道', '富江乡', '古联网小镇', '锦程街道', '姜村街道')]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=PROJECT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
