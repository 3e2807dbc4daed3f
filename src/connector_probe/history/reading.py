"""Rows out of the tables. Everything that is read is checked: a row that this program never writes is damage.

However old a history is, and however many rows it has: each question is answered by an index, from its newest end.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connector_probe.history.stamps import date, moment, stamp
from connector_probe.history.summary import BUCKETS, FLAPS_WITHIN, earliest_before
from connector_probe.model.connector import MAX_QUEUE_LIFETIME
from connector_probe.model.history import (
    NOT_RECORDED,
    Announcement,
    Before,
    Document,
    DocumentKind,
    KnownCertificate,
    Observation,
    Past,
    SeenCertificate,
    Stretch,
    Timeline,
)
from connector_probe.model.verdict import FLOWING, Status

_STATUSES = {status.value: status for status in Status}
_WORST_LAST = (Status.UNKNOWN, Status.HEALTHY, Status.WARNING, Status.FAILING)  # as _TIMELINE ranks them
_MAX_DOUBTED = 50  # rows from which a beginning is read: enough to see through a clock that was set
_MAX_DOCUMENT = 16 * 1024 * 1024  # octets of one connector's report; 64 addresses with long transcripts have less
_END = 1 << 62  # no row has such a number
_COLUMNS = "seq, at, status, expected, code, class, maintenance, seconds"


def find(connection: sqlite3.Connection, place: str, name: str, servers: str) -> int | None:
    """The number of a connector; that of its name alone, where its servers were not recorded. None: it is not known."""
    row = connection.execute(
        "SELECT id FROM connector WHERE name = ? AND place = ? AND (servers = ? OR servers IS NULL)"
        " ORDER BY servers DESC LIMIT 1",
        (name, place, servers),
    ).fetchone()
    return int(row[0]) if row is not None else None


def connectors(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Name and number of each, in the order in which they were first seen."""
    rows = connection.execute("SELECT name, id FROM connector ORDER BY id")
    return ((str(name), int(identifier)) for name, identifier in rows)


def before_each(connection: sqlite3.Connection, place: str, names: Iterable[str]) -> dict[tuple[str, str], Before]:
    """What is known of connectors of these names, each by its name and its servers."""
    found: dict[tuple[str, str], Before] = {}
    for name in names:
        known = connection.execute("SELECT id, servers FROM connector WHERE name = ? AND place = ?", (name, place))
        for identifier, servers in known.fetchall():
            found[name, _text(servers) or NOT_RECORDED] = _before(connection, identifier)
    return found


def pasts(
    connection: sqlite3.Connection,
    names: Iterable[str] | None,
    now: datetime,
    window: timedelta,
    *,
    whole: bool,
    parts: int = BUCKETS,
) -> Iterator[Past]:
    """In the order in which they were first seen; unless ``whole``, what the ``window`` and the present state need.

    ``parts``: into how many the ``window`` is cut.
    """
    wanted = set(names) if names is not None else None
    connection.execute("BEGIN")  # one view of all tables
    try:
        rows = connection.execute("SELECT id, name, place, servers, queue_lifetime FROM connector ORDER BY id")
        for identifier, name, place, servers, queue_lifetime in rows.fetchall():
            if wanted is not None and name not in wanted:
                continue
            stretches = _stretches(connection, identifier, None if whole else now - max(window, FLAPS_WITHIN))
            yield Past(
                name=str(name),
                queue_lifetime=_seconds(queue_lifetime),
                before=_before(connection, identifier),
                first_seen=_first_seen(connection, identifier, now),
                stretches=_counted(connection, identifier, _dated(connection, identifier, stretches, now), whole=whole),
                certificates=tuple(_certificates(connection, identifier)) if whole else (),
                timeline=_timeline(connection, identifier, now, window, parts),
                servers=_text(servers) or NOT_RECORDED,
                place=str(place),
            )
    finally:
        connection.execute("COMMIT")


def documents(connection: sqlite3.Connection, kind: DocumentKind, name: str | None) -> list[Document]:
    """The newest of each name and place, in the order in which they were first seen.

    One that cannot be read any more is passed over: it is no state, only a view of the past.
    """
    rows = connection.execute(
        "SELECT name, place, at, body FROM document JOIN connector ON connector.id = document.connector"
        " WHERE kind = ? AND name = coalesce(?, name) ORDER BY connector.id",
        (kind.value, name),
    )
    found: dict[tuple[str, str], Document] = {}
    for known, place, at, body in rows:
        with contextlib.suppress(zlib.error, TypeError, ValueError):
            text = zlib.decompressobj().decompress(body, _MAX_DOCUMENT).decode()
            one = Document(str(known), kind, moment(at), text, str(place))
            if (one.name, one.place) not in found or found[one.name, one.place].at <= one.at:
                found[one.name, one.place] = one
    return list(found.values())


def _before(connection: sqlite3.Connection, identifier: int) -> Before:
    newest = {status: _newest(connection, identifier, status) for status in Status}
    last = _numbered(connection, max(newest.values()))
    flowed = max(newest[status] for status in FLOWING)
    failed = connection.execute(
        "SELECT at FROM observation WHERE connector = ? AND status = ? AND seq > ? ORDER BY seq LIMIT ?",
        (identifier, Status.FAILING.value, flowed, _MAX_DOUBTED),
    ).fetchall()
    told = connection.execute("SELECT channel, state, at FROM announcement WHERE connector = ?", (identifier,))
    return Before(
        last=last,
        since=_since(connection, identifier, last.status, newest) if last is not None else None,
        flowed_at=seen.at if (seen := _numbered(connection, flowed)) is not None else None,
        failed=tuple(moment(at) for (at,) in failed),
        announced={str(channel): Announcement(str(state), moment(at)) for channel, state, at in told},
    )


def _newest(connection: sqlite3.Connection, identifier: int, status: Status) -> int:
    """The number of the newest row of this status; 0 for none."""
    (seq,) = connection.execute(
        "SELECT max(seq) FROM observation WHERE connector = ? AND status = ?", (identifier, status.value)
    ).fetchone()
    return int(seq or 0)


def _since(connection: sqlite3.Connection, identifier: int, status: Status, newest: Mapping[Status, int]) -> datetime:
    """When ``status``, the newest row's, was seen first after the last row of another."""
    ended = max(seq for other, seq in newest.items() if other is not status)
    (at,) = connection.execute(
        "SELECT at FROM observation WHERE connector = ? AND status = ? AND seq > ? ORDER BY seq LIMIT 1",
        (identifier, status.value, ended),
    ).fetchone()
    return moment(at)


def _first_seen(connection: sqlite3.Connection, identifier: int, now: datetime) -> datetime | None:
    """The first row is always one that changed something."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM observation WHERE connector = ? AND changed ORDER BY seq LIMIT 1", (identifier,)
    )
    return next((row.at for row in _dated(connection, identifier, map(_observation, rows), now)), None)


def _numbered(connection: sqlite3.Connection, seq: int) -> Observation | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM observation WHERE seq = ?", (seq,)).fetchone()
    return _observation(row) if row is not None else None


def observations(connection: sqlite3.Connection, identifier: int, since: int = 0) -> Iterator[Observation]:
    """All rows of one connector from the number ``since`` on, in their order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM observation WHERE connector = ? AND status IN (?, ?, ?, ?) AND seq >= ? ORDER BY seq",
        (identifier, *(status.value for status in Status), since),
    )
    return map(_observation, rows)


def every_row(connection: sqlite3.Connection) -> Iterator[object]:
    """Each row of the large tables, for who wants to know whether they can be read."""
    yield from map(_observation, connection.execute(f"SELECT {_COLUMNS} FROM observation"))
    for _, identifier in connectors(connection):
        yield from _certificates(connection, identifier)


def _stretches(connection: sqlite3.Connection, identifier: int, since: datetime | None) -> list[Observation]:
    """The first rows of the states that there were, from the last one before ``since`` in which mail flowed."""
    found = []
    for row in connection.execute(
        f"SELECT {_COLUMNS} FROM observation WHERE connector = ? AND changed ORDER BY seq DESC", (identifier,)
    ):
        found.append(_observation(row))
        if since is not None and found[-1].at < since and found[-1].status in FLOWING:
            break
    return found[::-1]


def _dated(
    connection: sqlite3.Connection, identifier: int, stretches: Iterable[Observation], now: datetime
) -> Iterator[Observation]:
    """``stretches``, each with a moment that can be: a clock that was wrong in one run is seen through by the next.

    A row that claims to be older than the one before it, or of the future, has the moment of the first one behind it
    that does not. Where none is found, it was the one before that was wrong.
    """
    earliest = earliest_before(now)
    for row in stretches:
        at = row.at
        if not earliest <= at <= now:
            behind = _behind(connection, identifier, row.seq)
            at = min((other for other in behind if earliest <= other <= now), default=at)
        earliest = at if at <= now else earliest
        yield row if at == row.at else replace(row, at=at)


def _behind(connection: sqlite3.Connection, identifier: int, seq: int) -> Iterator[datetime]:
    """The moments of the rows from this number on."""
    found: list[tuple[int, int]] = []
    for status in Status:
        found += connection.execute(
            "SELECT seq, at FROM observation WHERE connector = ? AND status = ? AND seq >= ? ORDER BY seq LIMIT ?",
            (identifier, status.value, seq, _MAX_DOUBTED),
        )
    return (moment(at) for _, at in sorted(found)[:_MAX_DOUBTED])


def _counted(
    connection: sqlite3.Connection, identifier: int, stretches: Iterable[Observation], *, whole: bool
) -> tuple[Stretch, ...]:
    rows = tuple(stretches)
    ends = (*(row.seq for row in rows[1:]), _END)

    def count(row: Observation, end: int) -> int:
        if not whole or row.status is not Status.FAILING:
            return 0
        (number,) = connection.execute(
            "SELECT count(*) FROM observation WHERE connector = ? AND status = ? AND seq >= ? AND seq < ?",
            (identifier, row.status.value, row.seq, end),
        ).fetchone()
        return int(number)

    return tuple(Stretch(row, count(row, end)) for row, end in zip(rows, ends, strict=False))


_TIMELINE = """SELECT min((at - :begin) / :part, :last), avg(seconds), max(CASE status
    WHEN 'failing' THEN 3 WHEN 'warning' THEN 2 WHEN 'healthy' THEN 1 ELSE 0 END) FROM observation
  WHERE connector = :connector AND status IN ('healthy', 'warning', 'failing', 'unknown') AND at > :begin AND at <= :end
  GROUP BY 1"""


def _timeline(
    connection: sqlite3.Connection, identifier: int, now: datetime, window: timedelta, parts: int
) -> Timeline:
    """The worst that was seen in each part of the window; None where nothing was probed."""
    begin, end = stamp(now - window), stamp(now)
    part = max((end - begin) // parts, 1)
    facts = {"connector": identifier, "begin": begin, "end": end, "part": part, "last": parts - 1}
    worst: list[Status | None] = [None] * parts
    took: list[float | None] = [None] * parts
    for at, seconds, rank in connection.execute(_TIMELINE, facts):
        worst[at] = _WORST_LAST[rank]
        took[at] = round(float(seconds), 4) if seconds is not None else None
    return Timeline(now - window, (window / parts).total_seconds(), tuple(worst), tuple(took))


def _certificates(connection: sqlite3.Connection, identifier: int) -> Iterator[KnownCertificate]:
    rows = connection.execute(
        "SELECT server, port, sha256, subject, issuer, not_before, not_after, first_seq, first_at, last_seq, last_at"
        " FROM certificate WHERE connector = ? ORDER BY first_seq, sha256",
        (identifier,),
    )
    for server, port, sha256, subject, issuer, begins, ends, first_seq, first_at, last_seq, last_at in rows:
        met = SeenCertificate(str(server), int(port), str(sha256), str(subject), str(issuer), date(begins), date(ends))
        yield KnownCertificate(met, int(first_seq), moment(first_at), int(last_seq), moment(last_at))


def _observation(row: Sequence[object]) -> Observation:
    seq, at, status, expected, code, class_, maintenance, seconds = row
    known = _STATUSES.get(str(status))
    if known is None or not isinstance(seq, int):
        raise ValueError(f"{status!r} is no status")
    took = float(seconds) if isinstance(seconds, int | float) else None
    return Observation(seq, moment(at), known, bool(expected), _text(code), _text(class_), bool(maintenance), took)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not 0 < value <= MAX_QUEUE_LIFETIME:
        raise ValueError(f"{value!r} is no queue lifetime")
    return float(value)


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
