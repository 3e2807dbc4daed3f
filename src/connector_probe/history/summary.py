"""What the rows of one connector amount to: since when, how often, flapping, renewals. Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from connector_probe.model.history import (
    Before,
    Change,
    ConnectorHistory,
    Episode,
    KnownCertificate,
    Past,
    Renewal,
    Stretch,
)
from connector_probe.model.verdict import FLOWING, Status

FIRST_OF_ALL = datetime(2026, 11, 1, tzinfo=UTC)  # no run was before; a machine without a clock's battery is in 1970
FLAPS = 4  # changes between failing and flowing within FLAPS_WITHIN: two outages and two recoveries
FLAPS_WITHIN = timedelta(days=1)
BUCKETS = 24


def failing_since(before: Before, now: datetime) -> datetime | None:
    """When the failure that stands at ``now`` began, as far as earlier runs saw it; None if they saw none.

    Moments after ``now``, before mail flowed last, or before there was any such program are of a clock that was set
    meanwhile, and are passed over.
    """
    earliest = earliest_before(now)
    if before.flowed_at is not None and before.flowed_at <= now:
        earliest = max(earliest, before.flowed_at)
    return min((at for at in before.failed if earliest <= at <= now), default=None)


def earliest_before(now: datetime) -> datetime:
    """What a clock that is right may have shown to any run, as far as a clock that shows ``now`` can tell."""
    return FIRST_OF_ALL if now >= FIRST_OF_ALL else datetime.min.replace(tzinfo=UTC)


def sum_up(past: Past, now: datetime, window: timedelta) -> ConnectorHistory:
    """``past`` as of ``now``; ``window`` is what the time line and the counts cover."""
    stretches, before, last = past.stretches, past.before, past.before.last
    episodes = tuple(_episodes(stretches))
    failing = episodes[-1] if episodes and episodes[-1].until is None else None
    begun = (failing_since(before, now) or failing.since) if failing is not None else None
    due = begun is not None and last is not None and not last.expected
    flaps = sum(1 for at in _flaps(stretches) if timedelta(0) <= now - at <= FLAPS_WITHIN)
    flowed = before.flowed_at
    return ConnectorHistory(
        name=past.name,
        status=last.status if last is not None else None,
        code=last.code if last is not None else None,
        class_=last.class_ if last is not None else None,
        expected=last.expected if last is not None else None,
        since=stretches[-1].first.at if stretches else None,
        last_seen=last.at if last is not None else None,
        first_seen=past.first_seen,
        failing_since=begun,
        bounces_at=begun + timedelta(seconds=past.queue_lifetime) if begun is not None and due else None,
        flowed_at=flowed if begun is not None and flowed is not None and flowed <= begun else None,
        queue_lifetime=past.queue_lifetime,
        outages=sum(1 for episode in episodes if episode.until is None or now - episode.until <= window),
        flapping=flaps >= FLAPS,
        flaps=flaps,
        changes=tuple(_changes(stretches)),
        episodes=episodes,
        renewals=tuple(_renewals(past.certificates)),
        certificates=past.certificates,
        timeline=past.timeline,
        servers=past.servers,
        place=past.place,
    )


def _changes(stretches: Sequence[Stretch]) -> Iterator[Change]:
    before: Status | None = None
    for stretch in stretches:
        row = stretch.first
        yield Change(row.at, before, row.status, row.code, row.class_, row.maintenance)
        before = row.status


def _episodes(stretches: Sequence[Stretch]) -> Iterator[Episode]:
    """Each failure from its first row to the first one in which mail flows again, or the failure is the expected one;

    unknown rows do not end it.
    """
    failed: list[Stretch] = []
    for stretch in stretches:
        if stretch.first.status is Status.FAILING and not stretch.first.expected:
            failed.append(stretch)
        elif stretch.first.status is not Status.UNKNOWN and failed:
            yield _episode(failed, stretch.first.at)
            failed = []
    if failed:
        yield _episode(failed, None)


def _episode(failed: Sequence[Stretch], until: datetime | None) -> Episode:
    codes = tuple(dict.fromkeys(stretch.first.code or stretch.first.class_ or "" for stretch in failed))
    return Episode(failed[0].first.at, until, codes, sum(stretch.rows for stretch in failed))


def _flaps(stretches: Sequence[Stretch]) -> Iterator[datetime]:
    """The moments at which mail stopped, or began again, to flow."""
    known = [stretch.first for stretch in stretches if stretch.first.status is not Status.UNKNOWN]
    return (row.at for before, row in pairwise(known) if (before.status in FLOWING) is not (row.status in FLOWING))


def _renewals(known: Sequence[KnownCertificate]) -> Iterator[Renewal]:
    """A server's certificate whose predecessor was not met again: two that take turns are no renewal."""
    servers: dict[tuple[str, int], list[KnownCertificate]] = {}
    for seen in sorted(known, key=lambda seen: seen.first_seq):
        earlier = servers.setdefault((seen.certificate.server, seen.certificate.port), [])
        gone = [other for other in earlier if other.last_seq < seen.first_seq]
        if gone:
            before = max(gone, key=lambda other: other.last_seq)
            yield Renewal(
                seen.first_at,
                seen.certificate.server,
                seen.certificate.port,
                before.certificate.sha256,
                seen.certificate.sha256,
                before.certificate.not_after,
                seen.certificate.not_after,
            )
        earlier.append(seen)
