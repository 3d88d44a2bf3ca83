"""What providers answered, kept on disk: a question is asked once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from geo.errors import CacheError


class AnswerCache:
    """What providers answered, in one SQLite file; many processes may share it, and a process that is killed leaves it readable.

    Parameters
    ----------
    folder
        Where the file is; made when it does not exist.

    Raises
    ------
    CacheError
        If the folder cannot be written, or the file is no cache.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "answers.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as database:
                # Write-ahead: readers do not wait for a writer, and what was not finished is dropped when the file is next opened.
                database.execute("PRAGMA journal_mode=WAL")
                with database:
                    database.execute(
                        "CREATE TABLE IF NOT EXISTS answers"
                        " (provider TEXT, text TEXT, admin TEXT, answer TEXT NOT NULL, PRIMARY KEY (provider, text, admin)) WITHOUT ROWID"
                    )
        except (OSError, sqlite3.Error) as error:
            raise CacheError("cache", f"{self.path.name} in {folder.name}/ cannot be used: {error}") from error

    def get(self, provider: str, text: str, admin: str) -> Any:
        """Give the answer as it was put; ``None`` if there is none.

        Raises
        ------
        CacheError
            If the file cannot be read.
        """
        try:
            with closing(self._open()) as database:
                row = database.execute("SELECT answer FROM answers WHERE provider = ? AND text = ? AND admin = ?", (provider, text, admin)).fetchone()
        except sqlite3.Error as error:
            raise CacheError("cache", f"{self.path.name} cannot be read: {error}") from error
        return json.loads(row[0]) if row else None

    def put(self, provider: str, text: str, admin: str, answer: Any) -> None:
        """Keep an answer, in place of an earlier one.

        Raises
        ------
        CacheError
            If the file cannot be written.
        """
        try:
            with closing(self._open()) as database, database:
                row = (provider, text, admin, json.dumps(answer, ensure_ascii=False))
                database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise CacheError("cache", f"{self.path.name} cannot be written: {error}") from error

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10)
