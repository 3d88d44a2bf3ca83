"""Programs started by the tests read the tables that the tests know, where a test does not say otherwise."""

from __future__ import annotations

import pytest

from tests.known import DATA


@pytest.fixture(autouse=True)
def known_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEO_DATA", str(DATA))
