"""The API against its own description: schemathesis asks the real application, with all of its checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from geo.serve.ogc.query import PARAMETERS
from geo.settings import PROJECT
from tests.process.ogc.conftest import Served


@pytest.fixture(scope="module")
def report(server: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What schemathesis says; its folders of reports and examples are the test's own."""
    server.asked()
    folder = tmp_path_factory.mktemp("schemathesis")
    program = Path(sys.executable).with_name("schemathesis")
    config = PROJECT / "tests/process/ogc/schemathesis.toml"
    command = [str(program), "--config-file", str(config), "run", f"{server.url}api?f=json", "--report-json-path", "report.json"]
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8"}
    finished = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    assert finished.returncode in (0, 1), finished.stdout + finished.stderr
    document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return {**document, "output": finished.stdout, "asked": server.asked()}


def test_no_check_finds_a_fault(report: dict[str, Any]) -> None:
    assert report["exit_code"] == 0, report["output"][-6000:]
    assert report["failures"] == report["errors"] == []
    assert {phase["status"] for phase in report["phases"].values()} == {"success"}


def test_every_operation_was_asked_well_and_badly(report: dict[str, Any]) -> None:
    # The description itself is where it starts from, and no operation to it.
    assert report["operations"] | {"skip_reasons": []} == {"total": 38, "selected": 38, "tested": 38, "errored": 0, "skipped": 0, "skip_reasons": []}
    statuses = Counter(one.status for one in report["asked"])
    assert {200, 400, 404, 405} <= set(statuses) <= {200, 304, 308, 400, 404, 405, 406, 414}
    for name in ("places", "platforms", "projects", "corridors", "corridor_belts", "corridor_axes", "indicators"):
        answered = [one.query for one in report["asked"] if one.path == f"/ogc/collections/{name}/items" and one.status == 200]
        # Every parameter was part of a request that was answered.
        assert {parameter for query in answered for parameter in query} == {*PARAMETERS, "f", "lang"}
