"""Rows in and out of the tables. Everything that is read is checked: a row that this program never writes is damage."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from connector_probe.history.thinning import HOURLY_AFTER, superfluous
from connector_probe.model.connector import MAX_QUEUE_LIFETIME
from connector_probe.model.history import (
    Announcement,
    Before,
    Document,
    DocumentKind,
    KnownCertificate,
    Observation,
    Past,
    SeenCertificate,
    Sighting,
)
from connector_probe.model.verdict import Status

THIN_EVERY = timedelta(days=1)
LATEST = 50_000_000_000_000  # milliseconds: the year 3554, far enough from where datetime ends to add to it
_STATUSES = {status.value: status for status in Status}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_GONE = 20_000  # rows deleted in one transaction: half a second at most
_MAX_DOCUMENT = 16 * 1024 * 1024  # octets of one connector's report; 64 addresses with long transcripts have less
_MAX_FAILED = 50  # rows from which the beginning of a failure is read: enough to see through a clock that was set


def add(connection: sqlite3.Connection, place: str, sightings: Iterable[Sighting]) -> None:
    for one in sightings:
        identifier = _identifier(connection, one.name, place, one.queue_lifetime)
        at = _stamp(one.at)
        values = (identifier, at, one.status.value, one.expected, one.code, one.class_, one.maintenance, one.seconds)
        cursor = connection.execute(
            "INSERT INTO observation (connector, at, status, expected, code, class, maintenance, seconds)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        for met in one.certificates:
            row = (identifier, met.server, met.port, met.sha256, met.subject, met.issuer)
            dates = (_date(met.not_before), _date(met.not_after))
            connection.execute(
                "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (connector, server, port, sha256)"
                " DO UPDATE SET last_seq = excluded.last_seq, last_at = excluded.last_at",
                (*row, *dates, cursor.lastrowid, at, cursor.lastrowid, at),
            )


def keep(connection: sqlite3.Connection, place: str, documents: Iterable[Document]) -> None:
    """Each in the place of the one of its kind before; of connectors that have a row already."""
    for one in documents:
        connection.execute(
            "INSERT INTO document SELECT id, ?, ?, ? FROM connector WHERE name = ? AND place = ?"
            " ON CONFLICT (connector, kind) DO UPDATE SET at = excluded.at, body = excluded.body",
            (one.kind.value, _stamp(one.at), zlib.compress(one.text.encode()), one.name, place),
        )


def documents(connection: sqlite3.Connection, kind: DocumentKind, name: str | None) -> Iterator[Document]:
    """Of every place. One that cannot be read any more is passed over: it is no state, only a view of the past."""
    rows = connection.execute(
        "SELECT name, place, at, body FROM document JOIN connector ON connector.id = document.connector"
        " WHERE kind = ? AND name = coalesce(?, name) ORDER BY connector.id",
        (kind.value, name),
    )
    for known, place, at, body in rows:
        try:
            unpacked = zlib.decompressobj().decompress(body, _MAX_DOCUMENT)
            yield Document(str(known), kind, _moment(at), unpacked.decode(), str(place))
        except (zlib.error, TypeError, ValueError):
            continue


def announce(
    connection: sqlite3.Connection, place: str, channel: str, states: Iterable[tuple[str, str]], at: datetime
) -> None:
    for name, state in states:
        connection.execute(
            "INSERT INTO announcement SELECT id, ?, ?, ? FROM connector WHERE name = ? AND place = ?"
            " ON CONFLICT (connector, channel) DO UPDATE SET state = excluded.state, at = excluded.at",
            (channel, state, _stamp(at), name, place),
        )


def superfluous_rows(
    connection: sqlite3.Connection, now: datetime, hurry: Callable[[], bool]
) -> tuple[list[int], list[int]]:
    """Rows that may go, and the connectors that this was asked of: each once a day, and no more once ``hurry`` says so.

    Only reads, so that no other run waits while a long history is gone through.
    """
    done = dict(connection.execute("SELECT job, at FROM housekeeping"))
    gone: list[int] = []
    looked_at: list[int] = []
    for _, _, identifier in list(connectors(connection)):
        if _job(identifier) in done and timedelta(0) <= now - _moment(done[_job(identifier)]) < THIN_EVERY:
            continue
        gone += superfluous(list(_observations(connection, identifier)), now)
        looked_at.append(identifier)
        if len(gone) > _MAX_GONE or hurry():
            break
    return gone, looked_at


def thin(connection: sqlite3.Connection, gone: Iterable[int], looked_at: Iterable[int], now: datetime) -> None:
    """Delete these rows. What is young, or not as expected, stays whatever its number: the file may be a new one."""
    young = _stamp(now - HOURLY_AFTER)
    connection.executemany(
        "DELETE FROM observation WHERE seq = ? AND expected AND at < ?", [(seq, young) for seq in gone]
    )
    connection.executemany(
        "INSERT INTO housekeeping VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET at = excluded.at",
        [(_job(identifier), _stamp(now)) for identifier in looked_at],
    )


def _job(identifier: int) -> str:
    return f"thin {identifier}"


def _identifier(connection: sqlite3.Connection, name: str, place: str, queue_lifetime: float) -> int:
    connection.execute(
        "INSERT INTO connector (name, place, queue_lifetime) VALUES (?, ?, ?)"
        " ON CONFLICT (name, place) DO UPDATE SET queue_lifetime = excluded.queue_lifetime",
        (name, place, queue_lifetime),
    )
    found = connection.execute("SELECT id FROM connector WHERE name = ? AND place = ?", (name, place)).fetchone()
    return int(found[0])


def connectors(connection: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    """Name, place and number of each, in the order in which they were first seen."""
    rows = connection.execute("SELECT name, place, id FROM connector ORDER BY id")
    return ((str(name), str(place), int(identifier)) for name, place, identifier in rows)


def before_each(connection: sqlite3.Connection, place: str, names: Iterable[str]) -> dict[str, Before]:
    known = {name: identifier for name, where, identifier in connectors(connection) if where == place}
    return {name: _before(connection, known[name]) if name in known else Before() for name in names}


def _before(connection: sqlite3.Connection, identifier: int) -> Before:
    last = list(_observations(connection, identifier, "ORDER BY seq DESC LIMIT 1"))
    flowed = connection.execute(
        "SELECT seq, at FROM observation WHERE connector = ? AND status IN ('healthy', 'warning')"
        " ORDER BY seq DESC LIMIT 1",
        (identifier,),
    ).fetchone()
    failed = connection.execute(
        "SELECT at FROM observation WHERE connector = ? AND status = 'failing' AND seq > ? ORDER BY seq LIMIT ?",
        (identifier, flowed[0] if flowed is not None else 0, _MAX_FAILED),
    ).fetchall()
    told = connection.execute("SELECT channel, state, at FROM announcement WHERE connector = ?", (identifier,))
    return Before(
        last=last[0] if last else None,
        since=_since(connection, identifier, last[0].status) if last else None,
        flowed_at=_moment(flowed[1]) if flowed is not None else None,
        failed=tuple(_moment(at) for (at,) in failed),
        announced={str(channel): Announcement(str(state), _moment(at)) for channel, state, at in told},
    )


def _since(connection: sqlite3.Connection, identifier: int, status: Status) -> datetime:
    """When ``status``, the newest row's, was seen first after the last row of another; by the index alone."""
    others = [other.value for other in Status if other is not status]
    newest = "SELECT max(seq) FROM observation WHERE connector = ? AND status = ?"
    ended = [connection.execute(newest, (identifier, other)).fetchone()[0] or 0 for other in others]
    first = connection.execute(
        "SELECT at FROM observation WHERE connector = ? AND status = ? AND seq > ? ORDER BY seq LIMIT 1",
        (identifier, status.value, max(ended)),
    ).fetchone()
    return _moment(first[0])


def pasts(connection: sqlite3.Connection, names: Iterable[str] | None) -> Iterator[Past]:
    wanted = set(names) if names is not None else None
    connection.execute("BEGIN")  # one view of all tables
    try:
        rows = connection.execute("SELECT id, name, place, queue_lifetime FROM connector ORDER BY id").fetchall()
        for identifier, name, place, queue_lifetime in rows:
            if wanted is None or name in wanted:
                observations = tuple(_observations(connection, identifier))
                certificates = tuple(_certificates(connection, identifier))
                yield Past(str(name), _seconds(queue_lifetime), observations, certificates, str(place))
    finally:
        connection.execute("COMMIT")


def _observations(
    connection: sqlite3.Connection, identifier: int, order: str = "ORDER BY seq"
) -> Iterator[Observation]:
    rows = connection.execute(
        "SELECT seq, at, status, expected, code, class, maintenance, seconds FROM observation"
        f" WHERE connector = ? {order}",
        (identifier,),
    )
    for seq, at, status, expected, code, class_, maintenance, seconds in rows:
        known = _STATUSES.get(status)
        if known is None:
            raise ValueError(f"{status!r} is no status")
        took = float(seconds) if seconds is not None else None
        yield Observation(seq, _moment(at), known, bool(expected), _text(code), _text(class_), bool(maintenance), took)


def _certificates(connection: sqlite3.Connection, identifier: int) -> Iterator[KnownCertificate]:
    rows = connection.execute(
        "SELECT server, port, sha256, subject, issuer, not_before, not_after, first_seq, first_at, last_seq, last_at"
        " FROM certificate WHERE connector = ? ORDER BY first_seq, sha256",
        (identifier,),
    )
    for server, port, sha256, subject, issuer, begins, ends, first_seq, first_at, last_seq, last_at in rows:
        met = SeenCertificate(
            str(server),
            int(port),
            str(sha256),
            str(subject),
            str(issuer),
            _date_or_none(begins),
            _date_or_none(ends),
        )
        yield KnownCertificate(met, int(first_seq), _moment(first_at), int(last_seq), _moment(last_at))


def _stamp(at: datetime) -> int:
    """Milliseconds since 1970; a clock that is beyond all reason is kept at its end."""
    return min(max(_milliseconds(at), 0), LATEST)


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _date(at: datetime | None) -> int | None:
    """A certificate's date may be any."""
    return _milliseconds(at) if at is not None else None


def _moment(stamp: object) -> datetime:
    """Raises ValueError for what is no stamp of ours."""
    if not isinstance(stamp, int) or not 0 <= stamp <= LATEST:
        raise ValueError(f"{stamp!r} is no moment")
    return _EPOCH + timedelta(milliseconds=stamp)


def _date_or_none(stamp: object) -> datetime | None:
    """Raises ValueError and OverflowError."""
    if stamp is None:
        return None
    if not isinstance(stamp, int):
        raise ValueError(f"{stamp!r} is no date")
    return _EPOCH + timedelta(milliseconds=stamp)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not 0 < value <= MAX_QUEUE_LIFETIME:
        raise ValueError(f"{value!r} is no queue lifetime")
    return float(value)


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
