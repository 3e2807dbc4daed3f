"""Rows for the tests of history: a connector's life, one letter a run; and what a file makes of them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector_probe.history import reading, tables
from connector_probe.history.migrations import migrate
from connector_probe.history.summary import sum_up
from connector_probe.model.history import ConnectorHistory, Observation, SeenCertificate, Sighting
from connector_probe.model.verdict import Status

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
# h healthy, w warning, f refused, t timed out, u unknown, x failing as expected, o flowing where that was,
# m failing in a maintenance window
_LETTERS: dict[str, tuple[Status, str | None, str | None, bool]] = {
    "h": (Status.HEALTHY, None, None, True),
    "w": (Status.WARNING, None, None, True),
    "f": (Status.FAILING, "4.4.316", "tcp-refused", False),
    "t": (Status.FAILING, "4.4.315", "tcp-timeout", False),
    "u": (Status.UNKNOWN, None, "local-no-route", False),
    "x": (Status.FAILING, "4.4.316", "tcp-refused", True),
    "o": (Status.HEALTHY, None, None, False),
    "m": (Status.FAILING, "4.4.316", "tcp-refused", False),
}


def observations(
    letters: str, end: datetime = NOW, step: timedelta = STEP, first_seq: int = 1
) -> tuple[Observation, ...]:
    """One row for each letter, ``step`` apart, the last one at ``end``."""
    return tuple(
        Observation(first_seq + at, one.at, one.status, one.expected, one.code, one.class_, one.maintenance)
        for at, one in enumerate(sightings(letters, end=end, step=step))
    )


def sightings(letters: str, name: str = "A", end: datetime = NOW, step: timedelta = STEP) -> Iterator[Sighting]:
    for at, letter in enumerate(letters):
        status, code, class_, expected = _LETTERS[letter]
        yield Sighting(
            name=name,
            at=end - step * (len(letters) - 1 - at),
            status=status,
            expected=expected,
            code=code,
            class_=class_,
            maintenance=letter == "m",
            certificates=(certificate("AA"),) if letter in "hw" else (),
        )


def certificate(sha256: str, server: str = "mail.contoso.com", ends: datetime | None = None) -> SeenCertificate:
    return SeenCertificate(
        server, 25, sha256, f"CN={server}", "CN=Test CA", NOW - timedelta(days=60), ends or NOW + timedelta(days=30)
    )


def rows_of(path: Path, name: str = "A") -> list[Observation]:
    """All rows of a connector that a file has, in their order."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        known = dict(reading.connectors(connection))
        return list(reading.observations(connection, known[name])) if name in known else []


def summed(
    rows: Iterable[Sighting], now: datetime = NOW, window: timedelta = DAY, *, whole: bool = True
) -> ConnectorHistory:
    """What a history that has these rows of one connector says; it is in memory, where hundreds are made soon."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path("in memory"))
        tables.add(connection, "", rows)
        (past,) = reading.pasts(connection, None, now, window, whole=whole)
        return sum_up(past, now, window)
