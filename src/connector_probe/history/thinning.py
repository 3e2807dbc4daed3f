"""Which rows of old are let go. Pure: rows in, the numbers of those to delete out.

Kept for good: failures, everything that was not as expected, and both sides of every change of state, so that "since
when" never moves. Plain successes between them are thinned: all of the last day, one an hour of the last month, one a
day before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connector_probe.model.history import Observation

HOURLY_AFTER = timedelta(days=1)
DAILY_AFTER = timedelta(days=30)


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
