"""The settings: one table, read once from an environment into a frozen object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from geo.errors import SettingsError


class Setting(NamedTuple):
    """One row of the settings table."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("GEO_HOST", "127.0.0.1", "Address to listen on; 0.0.0.0 for every interface"),
    Setting("GEO_PORT", "8000", "Port to listen on, 1 to 65535"),
    Setting("GEO_DATA", "data", "Folder with the tables, absolute or below the project"),
)

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything an operator can choose.

    Attributes
    ----------
    host, port
        Where the server listens.
    data
        Absolute folder with the tables.
    """

    host: str
    port: int
    data: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from an environment; what is unset or empty takes its default.

        Raises
        ------
        SettingsError
            If a value cannot be used.
        """
        text = {setting.name: env.get(setting.name) or setting.default for setting in SETTINGS}
        port = text["GEO_PORT"]
        if not (re.fullmatch(r"\d{1,5}", port, re.ASCII) and 1 <= int(port) <= 65535):
            raise SettingsError("GEO_PORT", port, "a whole number from 1 to 65535")
        data = PROJECT / text["GEO_DATA"]
        if not data.is_dir():
            raise SettingsError("GEO_DATA", text["GEO_DATA"], "a folder that exists")
        return cls(host=text["GEO_HOST"], port=int(port), data=data)
