"""No filter makes the server fail, or takes longer than an answer may; ``python -m bench.fuzz`` asks ten thousand."""

from __future__ import annotations

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from tests.http.fuzzing import assert_decided, filters


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(address=filters())
def test_every_filter_is_decided_or_refused(client: FlaskClient, address: str) -> None:
    assert_decided(client, address)
