"""No request makes the server fail; ``python -m bench.fuzz`` makes a hundred thousand."""

from __future__ import annotations

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.fuzzing import assert_stands, requests


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_request_makes_the_server_fail(flask_app: Flask, data: st.DataObject) -> None:
    assert_stands(flask_app.test_client(), data.draw(requests(flask_app)))
