"""The bounce clock: since when mail queues, and when the first of it bounces. Time is passed in, as everywhere here.

Exchange Online retries queued mail for the queue lifetime and then returns it ("Mail flow intelligence in EOP").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import Diagnosis, FailureClass, KnownFrom, Outage, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import day, fill

_NOT_QUEUED = frozenset({FailureClass.RECIPIENT_REJECTED})  # a 5xx reply returns the mail at once
SURE_WITHIN = timedelta(hours=1)  # between the last probe that was well and the first that was not: else it is told
_IN_DAYS = timedelta(hours=72)  # up to here people count a queue's lifetime in hours


def outage_of(
    connector: Connector, status: Status, diagnosis: Diagnosis | None, seen_at: datetime, since: datetime | None = None
) -> Outage | None:
    """The clock of a connector that failed at ``seen_at``; ``since`` is when history saw it begin to fail.

    None where no mail queues now, where nobody can tell, and for a certificate that is bad on another day (--as-of).
    """
    if status is not Status.FAILING or diagnosis is None or diagnosis.class_ in _NOT_QUEUED:
        return None
    if diagnosis.stage is Stage.CERTIFICATE and connector.as_of is not None:
        return None
    return _outage(seen_at if since is None else since, connector.queue_lifetime, since is not None)


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


def clock(result: Result, words: Catalogue) -> str:
    """The clock in one sentence, as of the probe; empty for a result without one."""
    outage = result.outage
    if outage is None:
        return ""
    left = time_left(outage, result.evidence.started_at)
    facts = {"since": day(outage.since), "bounces_at": day(outage.bounces_at), "left": lasting(left, words)}
    facts["flowed_at"] = day(outage.flowed_at)
    if outage.known_from is KnownFrom.THIS_RUN:
        return fill(words.clock["from-now"], facts)
    sure = began_within(outage.since, outage.flowed_at)
    if left <= timedelta(0):
        return fill(words.clock["bouncing" if sure else "bouncing-by"], facts)
    if sure:
        return fill(words.clock["left"], facts)
    if outage.flowed_at is None:
        return fill(words.clock["left-unseen"], facts)
    already = outage.flowed_at + timedelta(seconds=outage.queue_lifetime) <= result.evidence.started_at
    return fill(words.clock["left-perhaps" if already else "left-by"], facts)


def began_within(since: datetime, flowed_at: datetime | None) -> bool:
    """Whether a failure that was seen first at ``since`` began not long before: mail flowed shortly before that."""
    return flowed_at is not None and since - flowed_at <= SURE_WITHIN


def lasting(duration: timedelta, words: Catalogue) -> str:
    """A duration for people, rounded down: "3 h 12 m", "24 h", "5 d 3 h"."""
    minutes, hours = duration // timedelta(minutes=1), duration // timedelta(hours=1)
    if minutes < 1:
        return words.clock["moment"]
    if duration >= _IN_DAYS:
        return fill(words.clock["days"], {"days": str(hours // 24), "hours": str(hours % 24)})
    if not hours:
        return fill(words.clock["minutes"], {"minutes": str(minutes)})
    key = "hours-minutes" if minutes % 60 else "hours"
    return fill(words.clock[key], {"hours": str(hours), "minutes": str(minutes % 60)})


def _outage(since: datetime, queue_lifetime: float, known: bool) -> Outage:
    return Outage(
        since=since,
        bounces_at=since + timedelta(seconds=queue_lifetime),
        queue_lifetime=queue_lifetime,
        known_from=KnownFrom.HISTORY if known else KnownFrom.THIS_RUN,
    )
