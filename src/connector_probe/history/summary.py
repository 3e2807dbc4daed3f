"""What the rows of one connector amount to: since when, how often, flapping, renewals. Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from connector_probe.model.history import (
    Before,
    Change,
    ConnectorHistory,
    Episode,
    KnownCertificate,
    Observation,
    Past,
    Renewal,
    Timeline,
)
from connector_probe.model.verdict import FLOWING, Status

FIRST_OF_ALL = datetime(2026, 1, 1, tzinfo=UTC)  # no run was before; a machine without a clock's battery is in 1970
FLAPS = 4  # changes between failing and flowing within FLAPS_WITHIN: two outages and two recoveries
FLAPS_WITHIN = timedelta(days=1)
BUCKETS = 24
_WORST_LAST = (Status.UNKNOWN, Status.HEALTHY, Status.WARNING, Status.FAILING)


def failing_since(before: Before, now: datetime) -> datetime | None:
    """When the failure that stands at ``now`` began, as far as earlier runs saw it; None if they saw none."""
    return _beginning(before.failed, before.flowed_at, now)


def _beginning(failed: Iterable[datetime], flowed: datetime | None, now: datetime) -> datetime | None:
    """The first of ``failed`` that can be. Those after ``now``, before mail ``flowed`` last, or before there was any

    such program are of a clock that was set meanwhile, and are passed over.
    """
    earliest = FIRST_OF_ALL if now >= FIRST_OF_ALL else datetime.min.replace(tzinfo=UTC)
    if flowed is not None and flowed <= now:
        earliest = max(earliest, flowed)
    return min((at for at in failed if earliest <= at <= now), default=None)


def sum_up(past: Past, now: datetime, window: timedelta) -> ConnectorHistory:
    """``past`` as of ``now``; ``window`` is what the time line and the counts cover."""
    rows = past.observations
    episodes = tuple(_episodes(rows))
    changes = tuple(_changes(rows))
    last = rows[-1] if rows else None
    failing = episodes[-1] if episodes and episodes[-1].until is None else None
    begun = _standing_since(rows, failing, now) if failing is not None else None
    due = begun is not None and last is not None and not last.expected
    flaps = sum(1 for at in _flaps(rows) if timedelta(0) <= now - at <= FLAPS_WITHIN)
    return ConnectorHistory(
        name=past.name,
        status=last.status if last is not None else None,
        code=last.code if last is not None else None,
        class_=last.class_ if last is not None else None,
        expected=last.expected if last is not None else None,
        since=_since(rows),
        last_seen=last.at if last is not None else None,
        first_seen=rows[0].at if rows else None,
        failing_since=begun,
        bounces_at=begun + timedelta(seconds=past.queue_lifetime) if begun is not None and due else None,
        flowed_at=_flowed_before(rows, begun) if begun is not None else None,
        queue_lifetime=past.queue_lifetime,
        outages=sum(1 for one in episodes if one.until is None or now - one.until <= window),
        flapping=flaps >= FLAPS,
        flaps=flaps,
        changes=changes,
        episodes=episodes,
        renewals=tuple(_renewals(past.certificates)),
        certificates=past.certificates,
        timeline=_timeline(rows, now, window),
        place=past.place,
    )


def _standing_since(rows: Sequence[Observation], standing: Episode, now: datetime) -> datetime:
    """As a run tells it."""
    flowed, failed = None, list[datetime]()
    for row in rows:
        if row.status in FLOWING:
            flowed, failed = row.at, []
        elif row.status is Status.FAILING:
            failed.append(row.at)
    return _beginning(failed, flowed, now) or standing.since


def _flowed_before(rows: Sequence[Observation], begun: datetime) -> datetime | None:
    """When mail was seen to flow last before the failure that stands."""
    flowed = next((row.at for row in reversed(rows) if row.status in FLOWING), None)
    return flowed if flowed is not None and flowed <= begun else None


def _since(rows: Sequence[Observation]) -> datetime | None:
    """When the present state was seen first, without a break."""
    found = None
    for row in reversed(rows):
        if row.state != rows[-1].state:
            break
        found = row.at
    return found


def _changes(rows: Sequence[Observation]) -> Iterator[Change]:
    if rows:
        yield Change(rows[0].at, None, rows[0].status, rows[0].code, rows[0].class_, rows[0].maintenance)
    for before, row in pairwise(rows):
        if before.state != row.state:
            yield Change(row.at, before.status, row.status, row.code, row.class_, row.maintenance)


def _episodes(rows: Sequence[Observation]) -> Iterator[Episode]:
    """Each failure from its first row to the first one in which mail flows again; unknown rows do not end it."""
    failed: list[Observation] = []
    for row in rows:
        if row.status is Status.FAILING:
            failed.append(row)
        elif row.status in FLOWING and failed:
            yield _episode(failed, row.at)
            failed = []
    if failed:
        yield _episode(failed, None)


def _episode(failed: Sequence[Observation], until: datetime | None) -> Episode:
    codes = tuple(dict.fromkeys(row.code or row.class_ or "" for row in failed))
    return Episode(failed[0].at, until, codes, len(failed))


def _flaps(rows: Sequence[Observation]) -> Iterator[datetime]:
    """The moments at which mail stopped, or began again, to flow."""
    known = [row for row in rows if row.status is not Status.UNKNOWN]
    return (row.at for before, row in pairwise(known) if (before.status in FLOWING) is not (row.status in FLOWING))


def _renewals(known: Sequence[KnownCertificate]) -> Iterator[Renewal]:
    """A server's certificate whose predecessor was not met again: two that take turns are no renewal."""
    servers: dict[tuple[str, int], list[KnownCertificate]] = {}
    for one in sorted(known, key=lambda one: one.first_seq):
        earlier = servers.setdefault((one.certificate.server, one.certificate.port), [])
        gone = [other for other in earlier if other.last_seq < one.first_seq]
        if gone:
            before = max(gone, key=lambda other: other.last_seq)
            yield Renewal(
                one.first_at,
                one.certificate.server,
                one.certificate.port,
                before.certificate.sha256,
                one.certificate.sha256,
                before.certificate.not_after,
                one.certificate.not_after,
            )
        earlier.append(one)


def _timeline(rows: Sequence[Observation], now: datetime, window: timedelta) -> Timeline:
    """The worst that was seen in each part of the window; None where nothing was probed."""
    begin, part = now - window, window / BUCKETS
    worst: list[Status | None] = [None] * BUCKETS
    for row in rows:
        if begin < row.at <= now:
            at = min(int((row.at - begin) / part), BUCKETS - 1)
            seen = worst[at]
            worst[at] = row.status if seen is None else max(seen, row.status, key=_WORST_LAST.index)
    return Timeline(begin, part.total_seconds(), tuple(worst))
