"""Rows into the tables, and out of them again when they are of no use any more."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connector_probe.history.reading import connectors, find, observations
from connector_probe.history.stamps import date_stamp, moment, stamp
from connector_probe.model.history import Document, Observation, Sighting
from connector_probe.model.verdict import Status

THIN_EVERY = timedelta(days=1)
HOURLY_AFTER = timedelta(days=1)
DAILY_AFTER = timedelta(days=30)
_MAX_GONE = 20_000  # rows deleted in one transaction: half a second at most
CHECK = "check"  # the job of looking for damage


def add(connection: sqlite3.Connection, place: str, sightings: Iterable[Sighting]) -> None:
    for sighting in sightings:
        identifier = _identifier(connection, place, sighting)
        at = stamp(sighting.at)
        state = (sighting.status.value, sighting.expected, sighting.code, sighting.class_)
        before = connection.execute(
            "SELECT status, expected, code, class FROM observation WHERE connector = ? AND changed"
            " ORDER BY seq DESC LIMIT 1",
            (identifier,),
        ).fetchone()
        cursor = connection.execute(
            "INSERT INTO observation (connector, at, status, expected, code, class, maintenance, seconds, changed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (identifier, at, *state, sighting.maintenance, sighting.seconds, state != before),
        )
        for met in sighting.certificates:
            row = (identifier, met.server, met.port, met.sha256, met.subject, met.issuer)
            dates = (date_stamp(met.not_before), date_stamp(met.not_after))
            connection.execute(
                "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (connector, server, port, sha256)"
                " DO UPDATE SET last_seq = excluded.last_seq, last_at = excluded.last_at",
                (*row, *dates, cursor.lastrowid, at, cursor.lastrowid, at),
            )


def _identifier(connection: sqlite3.Connection, place: str, sighting: Sighting) -> int:
    """Its number, a new one where it was never seen. What an earlier version recorded of its name becomes its own."""
    known = find(connection, place, sighting.name, sighting.servers)
    facts = (sighting.servers, sighting.queue_lifetime)
    if known is None:
        cursor = connection.execute(
            "INSERT INTO connector (servers, queue_lifetime, name, place) VALUES (?, ?, ?, ?)",
            (*facts, sighting.name, place),
        )
        return int(cursor.lastrowid or 0)
    connection.execute(
        "UPDATE connector SET servers = ?1, queue_lifetime = ?2 WHERE id = ?3"
        " AND (servers IS NOT ?1 OR queue_lifetime != ?2)",
        (*facts, known),
    )
    return known


def keep(connection: sqlite3.Connection, place: str, servers: Mapping[str, str], documents: Iterable[Document]) -> None:
    """Each in the place of the one of its kind before; of connectors that have a row already. ``servers`` of each."""
    for document in documents:
        identifier = find(connection, place, document.name, servers.get(document.name, ""))
        if identifier is not None:
            connection.execute(
                "INSERT INTO document VALUES (?, ?, ?, ?)"
                " ON CONFLICT (connector, kind) DO UPDATE SET at = excluded.at, body = excluded.body",
                (identifier, document.kind.value, stamp(document.at), zlib.compress(document.text.encode())),
            )


def announce(
    connection: sqlite3.Connection, place: str, channel: str, states: Iterable[tuple[str, str, str]], at: datetime
) -> None:
    for name, servers, state in states:
        identifier = find(connection, place, name, servers)
        if identifier is not None:
            connection.execute(
                "INSERT INTO announcement VALUES (?, ?, ?, ?)"
                " ON CONFLICT (connector, channel) DO UPDATE SET state = excluded.state, at = excluded.at",
                (identifier, channel, state, stamp(at)),
            )


# --- housekeeping ----------------------------------------------------------------------------------------------


# Kept for good: failures, everything that was not as expected, and both sides of every change of state, so that "since
# when" never moves. Plain successes between them are thinned: all of the last day, one an hour of the last month, one a
# day before that.


def superfluous(rows: Sequence[Observation], now: datetime) -> Iterator[int]:
    """The ``seq`` of each row of one connector that is not needed any more; ``rows`` in their order.

    A row from the future (the clock was set back since) is kept. The newest row is always kept.
    """
    for before, row, after in zip(rows, rows[1:], rows[2:], strict=False):
        if row.expected and before.state == row.state == after.state:
            period = _period(row.at, now)
            if period is not None and period == _period(before.at, now):
                yield row.seq


def _period(at: datetime, now: datetime) -> tuple[str, str] | None:
    """The hour or the day of which one row is enough; None for what is too young to be thinned."""
    age = now - at
    if age > DAILY_AFTER:
        return "day", f"{at:%Y-%m-%d}"
    if age > HOURLY_AFTER:
        return "hour", f"{at:%Y-%m-%dT%H}"
    return None


def superfluous_rows(connection: sqlite3.Connection, now: datetime, seconds: float) -> tuple[list[int], list[int]]:
    """Rows that may go, and the connectors that this was asked of: each once a day, as many as ``seconds`` allow.

    Only reads, so that no other run waits while a long history is gone through; and only what has come of age since.
    """
    until = time.monotonic() + seconds
    gone: list[int] = []
    looked_at: list[int] = []
    for _, identifier in list(connectors(connection)):
        if not is_due(connection, _job(identifier), now, THIN_EVERY):
            continue
        last = _last(connection, _job(identifier))
        since = _first_to_look_at(connection, identifier, last) if last is not None and last <= now else 0
        gone += superfluous(list(observations(connection, identifier, since)), now)
        looked_at.append(identifier)
        if len(gone) > _MAX_GONE or time.monotonic() > until:
            break
    return gone, looked_at


def _first_to_look_at(connection: sqlite3.Connection, identifier: int, last: datetime) -> int:
    """The first row that may have come of age after this was done ``last``: older ones are one a day already."""
    young = stamp(last - DAILY_AFTER - 2 * THIN_EVERY)
    found: list[int] = []
    for status in Status:
        found += (
            connection.execute(
                "SELECT seq FROM observation WHERE connector = ? AND status = ? AND at > ? ORDER BY at LIMIT 1",
                (identifier, status.value, young),
            ).fetchone()
            or ()
        )
    return min(found, default=0)


def thin(connection: sqlite3.Connection, gone: Iterable[int], looked_at: Iterable[int], now: datetime) -> None:
    """Delete these rows. What is young, new, or not as expected, stays whatever its number: the file may be another."""
    young = stamp(now - HOURLY_AFTER)
    connection.executemany(
        "DELETE FROM observation WHERE seq = ? AND expected AND NOT changed AND at < ?", [(seq, young) for seq in gone]
    )
    for identifier in looked_at:
        done(connection, _job(identifier), now)


def _job(identifier: int) -> str:
    return f"thin {identifier}"


def is_due(connection: sqlite3.Connection, job: str, now: datetime, every: timedelta) -> bool:
    """Whether ``job`` was not done within the time ``every``; one that was done in the future is due."""
    last = _last(connection, job)
    return last is None or not timedelta(0) <= now - last < every


def _last(connection: sqlite3.Connection, job: str) -> datetime | None:
    row = connection.execute("SELECT at FROM housekeeping WHERE job = ?", (job,)).fetchone()
    return moment(row[0]) if row is not None else None


def done(connection: sqlite3.Connection, job: str, now: datetime) -> None:
    connection.execute(
        "INSERT INTO housekeeping VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET at = excluded.at", (job, stamp(now))
    )
