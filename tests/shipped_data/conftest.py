"""The shipped tables, with whatever has been added to them."""

from __future__ import annotations

import pytest

from geo.atlas import Atlas, build_atlas
from geo.settings import Settings


@pytest.fixture(scope="session")
def shipped() -> Atlas:
    return build_atlas(Settings.from_env({}))
