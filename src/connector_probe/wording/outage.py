"""What people read of an outage: the bounce clock in a sentence, and the maintenance window that it falls into."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector_probe.diagnosis.outage import began_within, time_left
from connector_probe.model.ids import WarningId
from connector_probe.model.notation import day
from connector_probe.model.verdict import Finding, KnownFrom, Result
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import fill

IN_MAINTENANCE = WarningId.IN_MAINTENANCE
_IN_DAYS = timedelta(hours=72)  # up to here people count a queue's lifetime in hours


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


def with_maintenance(result: Result, until: datetime | None, words: Catalogue) -> Result:
    """``result``, which is not as expected, inside a window that ends at ``until``; unchanged with None.

    It counts as expected from here on, so that each format and the exit code treat it so, and a warning says why.
    """
    if until is None:
        return result
    told = Finding(IN_MAINTENANCE, fill(words.warnings[IN_MAINTENANCE], {"until": day(until)}))
    return replace(result, expected=True, maintenance=until, warnings=(*result.warnings, told))
