"""Carrying over what can still be read of a damaged history, so that a bad page does not restart the bounce clock."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector_probe.history.migrations import MARK_CHANGES
from connector_probe.history.stamps import LATEST
from connector_probe.model.connector import MAX_QUEUE_LIFETIME

# Each table, and the column to read it by: from both ends, since a broken page stops a reader on either side.
_TABLES = {
    "connector": "id",
    "observation": "seq",
    "certificate": "connector",
    "announcement": "connector",
    "document": "connector",
}
_COMPUTED = {"changed"}  # by MARK_CHANGES
_STATUSES = ("healthy", "warning", "failing", "unknown")
_NUMBERS = {"id", "seq", "connector", "at", "expected", "maintenance", "port"}
_NUMBERS |= {"first_seq", "first_at", "last_seq", "last_at"}
_DATES = {"not_before", "not_after"}


def salvage(damaged: Path, into: sqlite3.Connection) -> int:
    """Copy every sound row of ``damaged`` into the new, empty history; gives the number of observations."""
    with contextlib.closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as source:
        source.execute("PRAGMA cell_size_check = ON")
        for table, key in _TABLES.items():
            # A file of an earlier version has fewer columns.
            columns = tuple(sorted(_columns(source, table) & _columns(into, table) - _COMPUTED))
            if not columns:
                continue
            places = ", ".join("?" * len(columns))
            insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"
            for row in _rows(source, table, columns, key):
                if not _sound(dict(zip(columns, row, strict=True))):
                    continue
                with contextlib.suppress(sqlite3.IntegrityError):  # of a connector whose own row is lost
                    into.execute(insert, row)
    into.execute(MARK_CHANGES)
    (carried,) = into.execute("SELECT count(*) FROM observation").fetchone()
    return int(carried)


def _columns(source: sqlite3.Connection, table: str) -> set[str]:
    with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        return {str(row[1]) for row in source.execute(f"PRAGMA table_info({table})")}
    return set()


def _rows(source: sqlite3.Connection, table: str, columns: tuple[str, ...], key: str) -> Iterator[tuple[Any, ...]]:
    for direction in ("ASC", "DESC"):
        try:
            yield from source.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {key} {direction}")
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            continue
        return


def _sound(row: dict[str, Any]) -> bool:
    """Whether it is a row that this program writes."""
    return row.get("status", "healthy") in _STATUSES and all(_fits(column, value) for column, value in row.items())


def _fits(column: str, value: object) -> bool:
    if column in _NUMBERS:
        return isinstance(value, int) and 0 <= value <= LATEST
    if column in _DATES:
        return value is None or (isinstance(value, int) and -LATEST <= value <= LATEST)
    if column == "queue_lifetime":
        return isinstance(value, int | float) and 0 < value <= MAX_QUEUE_LIFETIME
    if column == "seconds":
        return value is None or (isinstance(value, int | float) and 0 <= value <= LATEST)
    if column == "body":
        return isinstance(value, bytes)
    return isinstance(value, str) or (value is None and column in ("servers", "code", "class"))
