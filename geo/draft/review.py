"""The review of a draft: every action is written at once, can be taken back, and never goes over what somebody else has written meanwhile."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from geo.draft.decisions import act, open_review
from geo.draft.given import Aids
from geo.draft.relinking import Part
from geo.draft.running import DRAFT
from geo.draft.said import Said
from geo.draft.writing import accept_draft, read_draft
from geo.errors import GeoError
from geo.ground.files import read_regular, replaced

# One line for each action that can be taken back: what the draft had where the action has changed it.
HISTORY = "review.jsonl"
# A tab says every few seconds that it is still there; after so long without, another one may write.
ALIVE_S = 12.0


class ReviewError(GeoError):
    """Something that cannot be done now, though it could be another time.

    Attributes
    ----------
    code
        ``stale``: the draft has changed since it was seen; ``reader``: another tab writes; ``nothing``: there is nothing to take back.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Review:
    """A draft under review.

    Parameters
    ----------
    folder
        Of the draft.
    data
        The folder with the tables.
    aids
        What actions look up.
    clock
        Seconds that only go on.

    Raises
    ------
    DraftError
        If the folder has no draft.
    """

    def __init__(self, folder: Path, data: Path, aids: Aids, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.data = folder, data
        self._aids, self._clock = aids, clock
        self._lock = threading.Lock()
        self._writer, self._seen = "", 0.0
        self._load()

    def _load(self) -> None:
        document, self.text = read_draft(self.folder)
        self._digest = self._digest_of_file()
        self.document = open_review(document)
        # What was noted of an action that was not written any more is no part of the history.
        steps = self.document["review"]["steps"]
        self._history = self._read_history()[:steps]
        if len(self._history) < steps:
            self._history = []
        self.document["review"]["steps"] = len(self._history)
        self._keep_history()

    def _digest_of_file(self) -> str:
        return hashlib.sha256(read_regular(self.folder / DRAFT)).hexdigest()

    def _read_history(self) -> list[Part]:
        try:
            lines = read_regular(self.folder / HISTORY).decode().splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        steps = []
        for line in lines:
            try:
                steps.append(json.loads(line))
            except ValueError:
                # The last line, written when the process was killed.
                break
        return steps

    # --- who writes ---

    def claim(self, tab: str, *, take: bool = False) -> bool:
        """Say whether a tab may write: the first one that asks, until it is gone or another one takes over.

        Parameters
        ----------
        tab
            A name of its own.
        take
            Whether to take over from the tab that writes.
        """
        with self._lock:
            now = self._clock()
            if take or self._writer in ("", tab) or now - self._seen > ALIVE_S:
                self._writer, self._seen = tab, now
            return self._writer == tab

    def release(self, tab: str) -> None:
        """Let another tab write.

        Parameters
        ----------
        tab
            The one that goes.
        """
        with self._lock:
            if self._writer == tab:
                self._writer = ""

    def _expect(self, tab: str, revision: int) -> None:
        if self._writer != tab:
            raise ReviewError("reader")
        self._seen = self._clock()
        if self._digest_of_file() != self._digest:
            # Somebody else has written it: another reviewer, or another draft of the report.
            self._load()
            raise ReviewError("stale")
        if revision != self.document["review"]["revision"]:
            raise ReviewError("stale")

    # --- what is done ---

    def refresh(self) -> None:
        """Read the draft anew where somebody else has written it.

        Raises
        ------
        DraftError
            If it is none any more.
        """
        with self._lock:
            if self._digest_of_file() != self._digest:
                self._load()

    def act(self, tab: str, revision: int, action: Mapping[str, Any]) -> Part:
        """Do an action and write the draft; give what has changed.

        Parameters
        ----------
        tab
            Who does it.
        revision
            Of the draft that was seen.
        action
            As :func:`geo.draft.decisions.act` takes it.

        Raises
        ------
        ReviewError
            If another tab writes, or the draft is another one by now.
        DecisionError
            If the action cannot be done.
        """
        with self._lock:
            self._expect(tab, revision)
            before = self.document
            after = act(before, self.text, action, self._aids)
            step = difference(after, before)
            # The history first: a step too many is left out when it is read, one too few could not be taken back.
            self._history.append(step)
            with (self.folder / HISTORY).open("a", encoding="utf-8", newline="\n") as file:
                file.write(_line(step))
            return self._write(before, after, len(self._history))

    def undo(self, tab: str, revision: int) -> Part:
        """Take the last action back and write the draft; give what has changed.

        Parameters
        ----------
        tab, revision
            As :meth:`act` takes them.

        Raises
        ------
        ReviewError
            As :meth:`act` raises it, and if there is nothing to take back.
        """
        with self._lock:
            self._expect(tab, revision)
            if not self._history:
                raise ReviewError("nothing")
            before = self.document
            after = patched(before, self._history[-1])
            change = self._write(before, after, len(self._history) - 1)
            self._history.pop()
            self._keep_history()
            return change

    def _keep_history(self) -> None:
        with replaced(self.folder / HISTORY) as part:
            part.write_text("".join(map(_line, self._history)), encoding="utf-8", newline="\n")

    def _write(self, before: Part, after: Part, steps: int) -> Part:
        review = {**after["review"], "revision": before["review"]["revision"] + 1, "steps": steps}
        after = {**after, "review": review}
        content = (json.dumps(after, ensure_ascii=False, indent=1) + "\n").encode()
        with replaced(self.folder / DRAFT) as part:
            part.write_bytes(content)
        self.document, self._digest = after, hashlib.sha256(content).hexdigest()
        return difference(before, after)

    def accept(self, tab: str, revision: int, *, write: bool) -> list[Said]:
        """Check the draft, or write it into the tables; give what is said.

        Parameters
        ----------
        tab, revision
            As :meth:`act` takes them.
        write
            Whether to write.

        Raises
        ------
        ReviewError
            As :meth:`act` raises it.
        DraftError, TableError
            As :func:`geo.draft.writing.accept_draft` raises them.
        """
        with self._lock:
            self._expect(tab, revision)
            return accept_draft(self.data, self.folder, write=write)


def _line(step: Part) -> str:
    return json.dumps(step, ensure_ascii=False) + "\n"


def difference(before: Part, after: Part) -> Part:
    """Give what makes one document of another: of a list, where it differs, how much goes and what comes.

    Parameters
    ----------
    before, after
        Documents; what is the same in both is not looked into.
    """
    change: Part = {}
    for name in {*before, *after}:
        old, new = before.get(name), after.get(name)
        if old is new or old == new:
            continue
        if not (isinstance(old, list) and isinstance(new, list)):
            change[name] = {"is": new} if name in after else {}
            continue
        first, last = 0, 0
        while first < min(len(old), len(new)) and old[first] == new[first]:
            first += 1
        while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
            last += 1
        change[name] = {"at": first, "gone": len(old) - first - last, "new": new[first : len(new) - last]}
    return change


def patched(document: Part, change: Part) -> Part:
    """Give a document with what :func:`difference` has found.

    Parameters
    ----------
    document
        The one before.
    change
        What has changed.
    """
    after = {**document}
    for name, part in change.items():
        if "at" in part:
            after[name] = [*after[name][: part["at"]], *part["new"], *after[name][part["at"] + part["gone"] :]]
        elif "is" in part:
            after[name] = part["is"]
        else:
            after.pop(name, None)
    return after
