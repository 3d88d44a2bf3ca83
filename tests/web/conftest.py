"""The application without a network: one for all tests, as nothing in it depends on a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from geo.settings import Settings

# What a browser sends when a person opens an address.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

Ids = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def flask_app(settings: Settings) -> Flask:
    return create_app(settings)


@pytest.fixture
def client(flask_app: Flask) -> Iterator[FlaskClient]:
    with flask_app.test_client() as client:
        yield client


@pytest.fixture(scope="session")
def crowded_app(crowd: Path) -> Flask:
    """An application that serves 630 places."""
    return create_app(Settings(host="127.0.0.1", port=8000, data=crowd))


@pytest.fixture
def crowded(crowded_app: Flask) -> FlaskClient:
    return crowded_app.test_client()


@pytest.fixture
def ids(client: FlaskClient) -> Ids:
    """The ids of the features at an address, in order."""

    def read(path: str) -> list[str]:
        response = client.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.content_type == "application/geo+json"
        return [feature["id"] for feature in response.json["features"]]  # type: ignore[index]

    return read


@pytest.fixture
def client_of() -> Callable[[Path], FlaskClient]:
    """A client of an application that serves other tables."""

    def build(data: Path) -> FlaskClient:
        return create_app(Settings(host="127.0.0.1", port=8000, data=data)).test_client()

    return build
