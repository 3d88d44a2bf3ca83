"""A change in the data folder is picked up while the server runs: validated first, swapped whole; a bad edit leaves the last good site.

A table that has lost many of its rows may be half of a copy, cut at the end of a line: valid, and still not what was meant. How long it stays so
says nothing, as a copy that broke off stays for ever. It is held back until a person says that the loss is meant (``python -m geo accept``), or until
``SHA256SUMS`` shows that the table is whole.

The folder is looked at every few seconds. Notices of the operating system would be quicker, but they do not come through network file systems,
through the shared folders of a virtual machine or from another container, and each system has its own; a look at some twenty files costs less than a
millisecond.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

from flask import Flask

from geo.errors import GeoError, Problem, TableError
from geo.ground.files import UnfitFileError, read_regular, replaced
from geo.ground.garbage import collect_all, is_due, leave_to_us, set_apart
from geo.serve.http.limits import TURNS
from geo.serve.site import Site, build_site
from geo.settings import Settings
from geo.tables.checksums import FILE as SUMS
from geo.tables.reading import Tables

log = logging.getLogger("geo")

# What an editor leaves beside the tables (a backup, a lock, half a file under another name) is no change of the data.
_DATA = (".csv", ".geojson", ".toml")
# The version whose losses a person has said to be meant; in the data folder, as every process that serves it has to see it.
ACCEPTED = ".accepted"
# A table that loses more than a third of its rows, and more than five, is held back: an editor takes out a few rows at a time, and a small table may
# well lose two of three. One that had several and has none left is held back, too: that is what a copy looks like that has just begun.
LARGEST_LOSS, LEAST_LOST = 1 / 3, 5
# A look takes seconds, with 100 000 places a minute or two: after more than this without one it stands still, as where a disk does not answer.
STANDS_S = 180.0
# An editor sees the first of them; a folder that is wrong as a whole would fill the log.
MAX_REASONS = 50
# What was replaced is in memory until the last of those who had begun with it is answered. Only then another site is built, so that there are two at
# most, however fast the edits come; or after so many seconds, as nobody who takes his time may keep an edit from being served.
REPLACED_S = 60.0
_MAX_VALUE = 80

Reason: TypeAlias = dict[str, Any]
# Of every file its name, size, modification time in nanoseconds, and number: a file that another one is renamed over may keep the rest.
Marks: TypeAlias = tuple[tuple[str, int, int, int], ...]


class Condition(NamedTuple):
    """How the data folder stands to what is served.

    Attributes
    ----------
    reasons
        Why the data as they are now cannot be served; empty where they are served.
    total
        How many reasons there are; the list ends earlier.
    since
        When it was found.
    """

    reasons: tuple[Reason, ...] = ()
    total: int = 0
    since: datetime | None = None


class Sites:
    """The site that is served, and the next one.

    A site is never changed; :attr:`current` is replaced in one assignment, and who has begun with one ends with it.

    Parameters
    ----------
    settings
        Where the data are, and how often to look.

    Attributes
    ----------
    current
        What is served.
    prepare
        Called with a new site and the one before it, before it is served.

    Raises
    ------
    TableError
        If the tables are broken; with every problem.
    SettingsError
        If a text of a source cannot be read, or a basemap cannot be offered as the settings say.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._marks = self._read_marks()
        self._digest = self._read_digest()
        self.current: Site = build_site(settings)
        self._condition = Condition()
        # When the last look ended, on the clock that nobody sets and for people.
        self._looked, self._looked_at = time.monotonic(), datetime.now(UTC)
        self.prepare: Callable[[Site, Site | None], None] = lambda _new, _old: None
        # The site before the current one, while there is one, and when it was replaced.
        self._replaced: Callable[[], Site | None] = lambda: None
        self._replaced_at = time.monotonic()
        # What was seen at the last look, and what was tried last.
        self._seen = self._tried = self._marks
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None
        self._lock, self._starting = threading.Lock(), threading.Lock()

    @property
    def condition(self) -> Condition:
        """Whether what is served is what the data folder holds, and whether somebody looks."""
        silent_s = time.monotonic() - self._looked
        if self._watch is None or silent_s <= max(STANDS_S, 10 * self._settings.reload_s):
            return self._condition
        since = self._looked_at.replace(microsecond=0)
        reason = {"expected": f"a look at the data folder every {self._settings.reload_s:g} seconds; the last one ended at {since.isoformat()}"}
        return self._condition._replace(
            reasons=(reason, *self._condition.reasons), total=self._condition.total + 1, since=self._condition.since or since
        )

    def look(self) -> bool:
        """Look at the folders once; when what has changed has then stayed as it is for one look, build a site from it.

        Returns
        -------
        bool
            Whether another site is served now.
        """
        with self._lock:
            changed = self._look()
            self._looked, self._looked_at = time.monotonic(), datetime.now(UTC)
            return changed

    def _look(self) -> bool:
        marks = self._read_marks()
        is_settled, self._seen = marks == self._seen, marks
        if marks == self._tried or not is_settled:
            return False
        digest = self._read_digest()
        if digest == self._digest:
            self._tried = marks
            self._mend("as they are served")
            return False
        if self._replaced() is not None and time.monotonic() - self._replaced_at < REPLACED_S:
            return False
        found: list[tuple[str, Reason]] = []
        try:
            # Little is there to collect before the new site is, and less is to be gone through than with it.
            collect_all()
            site = build_site(self._settings)
            set_apart()
            self._expect_whole(site.atlas.tables)
            site = replace(site, last_change=_later(site.last_change, self.current.last_change))
            self.prepare(site, self.current)
        except TableError as error:
            found = [(str(problem), asdict(problem) | {"value": problem.value[:_MAX_VALUE]}) for problem in error.problems]
        except Exception as error:
            # Whatever is wrong with an edit, the last good site stays.
            # Who asks for /healthz may be anybody: what is no problem of a table may speak of this machine.
            incident = uuid.uuid4().hex[:12]
            detail = f"data that can be served; the log has the details under the incident number {incident}"
            found = [(f"incident {incident}: {error}", {"expected": detail, "incident": incident})]
            if not isinstance(error, GeoError):
                log.error("incident %s while the data were read again", incident, exc_info=error)
        if self._read_marks() != marks:
            # Somebody wrote while it was read: what was built may be half of one edit. The next look sees the whole.
            return False
        self._tried = marks
        if found:
            self._report(found)
            return False
        before, self.current, self._digest = self.current, site, digest
        self._replaced, self._replaced_at = weakref.ref(before), time.monotonic()
        self._mend(f"version {before.atlas.tables.version} is replaced by {site.atlas.tables.version}")
        log.info("data version %s is served, %d places; it was %s", site.atlas.tables.version, len(site.places), before.atlas.tables.version)
        return True

    def watch(self) -> None:
        """Look again and again in a thread, if none does yet.

        Called with every request, as a worker of a forking server has none of the threads of its parent: there the thread is found to be dead.
        """
        if not self._settings.reload_s or self._ended.is_set() or (self._watch and self._watch.is_alive()):
            return
        with self._starting:
            if self._watch is None or not self._watch.is_alive():
                # The thread does not keep alive what it looks after: it ends when the application is gone.
                arguments = (weakref.ref(self), self._settings.reload_s, self._ended)
                self._watch = threading.Thread(target=_keep_looking, args=arguments, name="geo-reload", daemon=True)
                self._looked, self._looked_at = time.monotonic(), datetime.now(UTC)
                self._watch.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()

    def _report(self, found: list[tuple[str, Reason]]) -> None:
        shown = found[:MAX_REASONS]
        self._condition = Condition(tuple(reason for _, reason in shown), len(found), datetime.now(UTC).replace(microsecond=0))
        log.error("the data cannot be served as they are now, version %s stays; problems: %d", self.current.atlas.tables.version, len(found))
        for line, _ in shown:
            log.error("%s", line)

    def _mend(self, how: str) -> None:
        if self._condition.reasons:
            log.info("the data are in order again: %s", how)
        self._condition = Condition()

    def _expect_whole(self, tables: Tables) -> None:
        """Hold back tables that have lost many of their rows.

        Raises
        ------
        TableError
            With each of them, unless the loss was said to be meant.
        """
        served = self.current.atlas.tables
        before, after = served.count_rows(), tables.count_rows()
        lost = [file for file in before if file not in tables.summed and _is_sharp(before[file], after[file])]
        if lost and read_accepted(self._settings.data) != tables.version:
            raise TableError([Problem(file, 0, "", f"{after[file]} rows", _LOSS.format(before[file], served.version)) for file in lost])

    def _read_marks(self) -> Marks:
        return tuple(sorted(self._marked()))

    def _marked(self) -> Iterator[tuple[str, int, int, int]]:
        for path in (*self._files(), self._settings.data / ACCEPTED):
            try:
                state = path.stat()
            except OSError:
                # Renamed away between the two calls: the next look sees what came of it.
                continue
            yield str(path), state.st_size, state.st_mtime_ns, state.st_ino

    def _files(self) -> Iterator[Path]:
        for folder, endings in ((self._settings.data, _DATA), (self._settings.source_texts, (".txt",))):
            if folder is not None:
                yield from (path for path in folder.rglob("*") if path.suffix in endings and not path.name.startswith((".", "~")))
        yield self._settings.data / SUMS

    def _read_digest(self) -> str:
        """Give a digest of all bytes; a file that cannot be read counts as one that is not there."""
        digest = hashlib.sha256()
        for path in sorted(self._files()):
            try:
                content = read_regular(path)
            except UnfitFileError as error:
                content = error.value.encode()
            except OSError:
                continue
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


_LOSS = (
    "most of the {} rows that version {} has: the copy may not be whole. If the loss is meant, python -m geo accept serves it; "
    "a file SHA256SUMS beside the tables shows that they are whole"
)


def _is_sharp(before: int, after: int) -> bool:
    lost = before - after
    return (lost > LEAST_LOST and lost > before * LARGEST_LOSS) or (before > 1 and not after)


def read_accepted(data: Path) -> str:
    """Read the version whose losses were said to be meant; empty where there is none."""
    try:
        return read_regular(data / ACCEPTED).decode(errors="replace").strip()
    except OSError:
        return ""


def write_accepted(data: Path, version: str) -> None:
    """Say that a version is meant as it is, whatever it has lost: every process that serves the folder sees it at its next look.

    Parameters
    ----------
    data
        The data folder.
    version
        Of its tables.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    with replaced(data / ACCEPTED) as growing:
        growing.write_text(f"{version}\n", encoding="utf-8")


def sites_of(app: Flask) -> Sites:
    """Return the sites of an application."""
    return cast(Sites, app.extensions["sites"])


def _keep_looking(sites: weakref.ref[Sites], interval_s: float, ended: threading.Event) -> None:
    leave_to_us()
    while not ended.wait(interval_s):
        alive = sites()
        if alive is None:
            return
        try:
            alive.look()
        except Exception:
            # A full disk or a file system that is gone for a while must not end the watch.
            log.exception("the data folder could not be looked at")
        del alive
        if is_due(is_idle=TURNS.is_idle):
            collect_all()


def _later(new: datetime, old: datetime) -> datetime:
    """Say when another site was made: later than the one before it, also where a file of an older date was put in place."""
    return new if new > old else max(datetime.now(UTC).replace(microsecond=0), old + timedelta(seconds=1))
