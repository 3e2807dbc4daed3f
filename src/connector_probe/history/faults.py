"""What can go wrong with a history file, in words. Foreign errors are translated here and nowhere else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from connector_probe.model.errors import HintedError
from connector_probe.model.names import show


class HistoryError(HintedError):
    """History cannot be read or written just now. ``str()`` says why in one line; ``hint`` says what to do."""


class NotAHistoryError(HistoryError):
    """The file is somebody's, and never was a history."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "give the history a file of its own, as in: --history history.sqlite3")


class DamagedError(HistoryError):
    """The file's content is broken: waiting does not help, setting it aside does."""


# By SQLite's primary result code (sqlite.org/rescode.html): what it means, and what helps.
_TOLD = {
    sqlite3.SQLITE_FULL: ("the disk is full", "make room; the rows before this run are safe"),
    sqlite3.SQLITE_READONLY: ("it cannot be written", "check the permissions of the file and of its folder"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "check the permissions of the file and of its folder"),
    sqlite3.SQLITE_PERM: ("it cannot be opened", "check the permissions of the file and of its folder"),
    sqlite3.SQLITE_BUSY: ("another program holds it locked", "see who has it open, as in: fuser FILE"),
    sqlite3.SQLITE_LOCKED: ("another program holds it locked", "see who has it open, as in: fuser FILE"),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "check the disk, or name another file with --history FILE"),
}
_ANOTHER = "name another file with --history FILE, or none: --no-history"
_ASIDE = "the next probe run keeps it under another name, and begins a new one"
# SQLITE_ERROR to statements that never vary: a table or a column of ours is not there, or the format is none that
# SQLite knows. What cannot be decoded is Python's own finding and has no code.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


def translated(error: sqlite3.Error | OSError | OverflowError | ValueError, path: Path) -> HistoryError:
    """``error`` as one of ours."""
    where = f"history {show(str(path), 300)}"
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    undecodable = isinstance(error, sqlite3.OperationalError) and code is None
    if primary in _DAMAGED or undecodable:
        return DamagedError(f"{where} is damaged: {show(str(error))}", _ASIDE)
    if primary in _TOLD:
        what, hint = _TOLD[primary]
        return HistoryError(f"{where}: {what}", hint)
    if isinstance(error, OSError):
        return HistoryError(f"{where}: {error.strerror or error}", _ANOTHER)
    if isinstance(error, ValueError | OverflowError):  # a value that no version of ours writes
        return DamagedError(f"{where} is damaged: {show(str(error))}", _ASIDE)
    return HistoryError(f"{where}: {show(str(error))}", _ANOTHER)
