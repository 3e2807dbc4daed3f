"""Whether a result is news. Pure; the time is passed in.

A state is what somebody was told of a connector. Only a change of it is news, and, after ``remind`` seconds, a state
that is still not as expected. In a maintenance window nothing is: what stands when it ends is compared with what was
told before it began.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector_probe.model.history import Announcement
from connector_probe.model.verdict import Result, Status

AS_EXPECTED = "as-expected"  # and the state of a connector that nobody was told anything of
WARNING = "warning"
_JITTER = timedelta(minutes=1)  # runs of one cron line are not a whole number of hours apart to the second


def state_of(result: Result) -> str:
    """In one short text: as expected, with warnings, or what it fails with."""
    if result.expected:
        return WARNING if result.status is Status.WARNING else AS_EXPECTED
    diagnosis = result.diagnosis
    seen = (diagnosis.code or "", diagnosis.class_.value) if diagnosis is not None else ()
    return " ".join(filter(None, (result.status.value, *seen)))


def is_news(result: Result, told: Announcement | None, now: datetime, remind: float | None) -> bool:
    """``told``: what was said of the connector last, None if nothing; ``remind`` in seconds, None for never again."""
    if result.maintenance is not None:
        return False
    if state_of(result) != (told.state if told is not None else AS_EXPECTED):
        return True
    if result.expected or told is None or remind is None:
        return False
    waited = now - told.at  # negative where the clock was set back: then it is said once more, and the time anew
    slack = min(_JITTER, timedelta(seconds=remind / 10))
    return waited < timedelta(0) or waited >= timedelta(seconds=remind) - slack
