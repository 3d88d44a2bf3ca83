"""Where the machine's own Chromium, Chrome or Edge is: the tests bring no browser of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
ADVICE = "`make test` installs one; or name one in GEO_BROWSER"
# The sandbox needs a user: as root Chromium refuses to start with it.
ARGUMENTS = (
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser(env: Mapping[str, str], places: Sequence[str] = PLACES) -> Path:
    """Find a browser: the one that ``GEO_BROWSER`` names, else by name on the path, else where the systems put it.

    Raises
    ------
    FileNotFoundError
        If there is none; with what to do.
    """
    named = env.get("GEO_BROWSER")
    if named:
        found = shutil.which(named, path=env.get("PATH", ""))
        if not found:
            raise FileNotFoundError(f"GEO_BROWSER={named!r} is not a program; {ADVICE}")
        return Path(found)
    for name in NAMES:
        found = shutil.which(name, path=env.get("PATH", ""))
        if found:
            return Path(found)
    for place in places:
        path = Path(place).expanduser()
        if path.is_file():
            return path
    raise FileNotFoundError(f"the browser tests need Chromium, Chrome or Edge, and none was found: {ADVICE}")
