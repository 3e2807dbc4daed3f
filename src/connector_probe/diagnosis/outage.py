"""The bounce clock: since when mail queues, and when the first of it bounces. Time is passed in, as everywhere here.

Exchange Online retries queued mail for the queue lifetime and then returns it ("Mail flow intelligence in EOP").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import FailureClass, KnownFrom, Outage, Result, Status

_NOT_QUEUED = frozenset({FailureClass.RECIPIENT_REJECTED})  # a 5xx reply returns the mail at once
SURE_WITHIN = timedelta(hours=1)  # between the last probe that was well and the first that was not: else it is told


def outage_of(connector: Connector, status: Status, failure: FailureClass, seen_at: datetime) -> Outage | None:
    """The clock of a connector that was seen to fail at ``seen_at``.

    None where no mail queues now, where nobody can tell, and for a certificate that is bad on another day (--as-of).
    """
    if status is not Status.FAILING or failure in _NOT_QUEUED:
        return None
    if PROFILES[failure].stage is Stage.CERTIFICATE and connector.as_of is not None:
        return None
    return _outage(seen_at, connector.queue_lifetime, False)


def with_history(result: Result, since: datetime, flowed_at: datetime | None = None) -> Result:
    """``result`` with its clock set to what history knows: it has been failing since ``since``, and mail flowed last

    at ``flowed_at``, or was never seen to. A result without a clock stays without one; a ``since`` after this run is
    none of history's and changes nothing.
    """
    if result.outage is None or since > result.outage.since:
        return result
    outage = _outage(since, result.outage.queue_lifetime, True)
    before = flowed_at is not None and flowed_at <= since  # else a clock was set meanwhile
    return replace(result, outage=replace(outage, flowed_at=flowed_at if before else None))


def with_earlier(result: Result, outage: Outage) -> Result:
    """``result``, diagnosed again from a saved report, with the clock that the report had from history."""
    return with_history(result, outage.since, outage.flowed_at) if outage.known_from is KnownFrom.HISTORY else result


def time_left(outage: Outage, at: datetime) -> timedelta:
    """From ``at`` until queued mail starts to bounce; negative when it already does."""
    return outage.bounces_at - at


def began_within(since: datetime, flowed_at: datetime | None) -> bool:
    """Whether a failure that was seen first at ``since`` began not long before: mail flowed shortly before that."""
    return flowed_at is not None and since - flowed_at <= SURE_WITHIN


def _outage(since: datetime, queue_lifetime: float, known: bool) -> Outage:
    return Outage(
        since=since,
        bounces_at=since + timedelta(seconds=queue_lifetime),
        queue_lifetime=queue_lifetime,
        known_from=KnownFrom.HISTORY if known else KnownFrom.THIS_RUN,
    )
