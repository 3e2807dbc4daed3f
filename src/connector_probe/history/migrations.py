"""The tables, version by version. A migration that was shipped is never edited: a change is a new one at the end.

Each is applied in one transaction together with its number in PRAGMA user_version, so that a file is at one version
or at the next, and never between. Only what SQLite 3.31 knows is used: no STRICT, no RETURNING.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from connector_probe.history.faults import DamagedError, HistoryError, NotAHistoryError
from connector_probe.model.names import show

APPLICATION_ID = 0x70726F62  # "prob", for file(1) and so that another program's database is never touched

# Which rows are in another state than the one before them. (A migration that was shipped: a copy is edited, not this.)
MARK_CHANGES = """UPDATE observation SET changed = 1 WHERE seq IN (
  SELECT seq FROM (
    SELECT seq, status, code, class, expected,
      lag(status) OVER w AS status_before, lag(code) OVER w AS code_before,
      lag(class) OVER w AS class_before, lag(expected) OVER w AS expected_before
    FROM observation WINDOW w AS (PARTITION BY connector ORDER BY seq))
  WHERE status IS NOT status_before OR code IS NOT code_before
    OR class IS NOT class_before OR expected IS NOT expected_before)"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 1: what each run saw. Times are milliseconds since 1970, UTC.
        f"PRAGMA application_id = {APPLICATION_ID}",
        """CREATE TABLE connector (
             id INTEGER PRIMARY KEY,
             name TEXT NOT NULL UNIQUE,
             queue_lifetime REAL NOT NULL)""",
        """CREATE TABLE observation (
             seq INTEGER PRIMARY KEY AUTOINCREMENT,
             connector INTEGER NOT NULL REFERENCES connector (id),
             at INTEGER NOT NULL,
             status TEXT NOT NULL,
             expected INTEGER NOT NULL,
             code TEXT,
             class TEXT,
             maintenance INTEGER NOT NULL)""",
        "CREATE INDEX observation_order ON observation (connector, seq)",
        "CREATE INDEX observation_status ON observation (connector, status, seq)",
    ),
    (  # 2: each certificate that a server ever showed
        """CREATE TABLE certificate (
             connector INTEGER NOT NULL REFERENCES connector (id),
             server TEXT NOT NULL,
             port INTEGER NOT NULL,
             sha256 TEXT NOT NULL,
             subject TEXT NOT NULL,
             issuer TEXT NOT NULL,
             not_before INTEGER,
             not_after INTEGER,
             first_seq INTEGER NOT NULL,
             first_at INTEGER NOT NULL,
             last_seq INTEGER NOT NULL,
             last_at INTEGER NOT NULL,
             PRIMARY KEY (connector, server, port, sha256)) WITHOUT ROWID""",
    ),
    (  # 3: who was told what, for --only-changes and notifications; and when old rows were thinned out last
        """CREATE TABLE announcement (
             connector INTEGER NOT NULL REFERENCES connector (id),
             channel TEXT NOT NULL,
             state TEXT NOT NULL,
             at INTEGER NOT NULL,
             PRIMARY KEY (connector, channel)) WITHOUT ROWID""",
        "CREATE TABLE housekeeping (job TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
    ),
    (  # 4: several places probe one connector; how long a probe took; whole reports, compressed
        """CREATE TABLE connector_by_place (
             id INTEGER PRIMARY KEY,
             name TEXT NOT NULL,
             place TEXT NOT NULL DEFAULT '',
             queue_lifetime REAL NOT NULL,
             UNIQUE (name, place))""",
        "INSERT INTO connector_by_place SELECT id, name, '', queue_lifetime FROM connector",
        "DROP TABLE connector",
        "ALTER TABLE connector_by_place RENAME TO connector",
        "ALTER TABLE observation ADD COLUMN seconds REAL",
        """CREATE TABLE document (
             connector INTEGER NOT NULL REFERENCES connector (id),
             kind TEXT NOT NULL,
             at INTEGER NOT NULL,
             body BLOB NOT NULL,
             PRIMARY KEY (connector, kind)) WITHOUT ROWID""",
    ),
    (  # 5: a connector is known by its servers, too (NULL: not recorded yet); what is asked has an index for it
        """CREATE TABLE connector_by_servers (
             id INTEGER PRIMARY KEY,
             name TEXT NOT NULL,
             place TEXT NOT NULL DEFAULT '',
             servers TEXT,
             queue_lifetime REAL NOT NULL)""",
        "INSERT INTO connector_by_servers SELECT id, name, place, NULL, queue_lifetime FROM connector",
        "DROP TABLE connector",
        "ALTER TABLE connector_by_servers RENAME TO connector",
        "CREATE UNIQUE INDEX connector_identity ON connector (name, place, servers)",
        "ALTER TABLE observation ADD COLUMN changed INTEGER NOT NULL DEFAULT 0",
        MARK_CHANGES,
        "CREATE INDEX observation_change ON observation (connector, seq) WHERE changed",
        "CREATE INDEX observation_time ON observation (connector, status, at)",
        "DROP INDEX observation_order",
    ),
)
VERSION = len(MIGRATIONS)
_FIRST_TABLES = frozenset({"connector", "observation"})


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The file's version. Raises HistoryError for a later one.

    Raises NotAHistoryError for another program's database, and DamagedError where our tables do not bear our ID.
    """
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if identity != APPLICATION_ID and (identity or version or tables):
        if tables >= _FIRST_TABLES:
            raise DamagedError(f"history {show(str(path), 300)} is damaged: its application ID is {identity:#x}")
        raise NotAHistoryError(f"history {show(str(path), 300)} is another program's database, and was not touched")
    if version > VERSION:
        raise HistoryError(
            f"history {show(str(path), 300)} was written by a later version of probe (its tables are version {version},"
            f" this one knows {VERSION}), and was not touched",
            "update probe, or name another file with --history FILE",
        )
    if version < 0 or (identity == APPLICATION_ID and version == 0):  # both are written in one transaction
        raise DamagedError(f"history {show(str(path), 300)} is damaged: its tables are version {version}")
    return int(version)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to this version. Raises HistoryError and sqlite3.Error."""
    if version_of(connection, path) == VERSION:
        return
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that others refer to is made anew; no-op in a transaction
    while (version := version_of(connection, path)) < VERSION:
        with transaction(connection):
            if version_of(connection, path) != version:
                continue  # another run was faster
            for statement in MIGRATIONS[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
    connection.execute("PRAGMA foreign_keys = ON")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What the body writes is on the disk when it ends, or nothing is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
