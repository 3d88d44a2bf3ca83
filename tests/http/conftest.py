"""The application without a network.

Applications that differ in their settings alone share the atlas of the tables that the tests know: it takes longest to build, and is not changed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from geo.atlas import Atlas, build_atlas
from geo.serve import site
from geo.settings import Settings
from tests.known import DATA


@pytest.fixture(scope="package", autouse=True)
def one_atlas(atlas: Atlas) -> Iterator[None]:
    def build(settings: Settings) -> Atlas:
        return atlas if settings.data == DATA and not settings.source_texts else build_atlas(settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "build_atlas", build)
        yield
