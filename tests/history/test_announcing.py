"""What is news, and to whom: from states and times written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector_probe.diagnosis.conclude import with_expectation
from connector_probe.history.sightings import AS_EXPECTED, WARNING, is_news, state_of
from connector_probe.model.connector import Connector
from connector_probe.model.history import Announcement
from connector_probe.model.verdict import Result, Status
from connector_probe.probing.fleet import unfinished
from tests.unit.evidence import concluded

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = 3600.0


def result(status: Status, *, expected: bool | None = None) -> Result:
    connector = Connector(smart_hosts=["mail.contoso.com"])
    one = concluded(connector, unfinished(connector, NOW, 1.0))
    fine = status in (Status.HEALTHY, Status.WARNING)
    return replace(
        one,
        status=status,
        expected=fine if expected is None else expected,
        diagnosis=None if fine else one.diagnosis,
    )


def told(state: str, **ago: float) -> Announcement:
    return Announcement(state, NOW - timedelta(**ago))


def test_states() -> None:
    assert state_of(result(Status.HEALTHY)) == AS_EXPECTED
    assert state_of(result(Status.WARNING)) == WARNING
    assert state_of(with_expectation(result(Status.WARNING), strict=True)) == WARNING
    assert state_of(result(Status.FAILING)) == "failing local-interrupted"
    assert state_of(result(Status.FAILING, expected=True)) == AS_EXPECTED
    assert state_of(result(Status.HEALTHY, expected=False)) == "healthy", "an old server that answers again"


@pytest.mark.parametrize(
    ("status", "before", "news"),
    [
        (Status.HEALTHY, None, False),
        (Status.WARNING, None, True),
        (Status.FAILING, None, True),
        (Status.FAILING, AS_EXPECTED, True),
        (Status.FAILING, "failing local-interrupted", False),
        (Status.FAILING, "failing 4.4.316 tcp-refused", True),
        (Status.HEALTHY, "failing 4.4.316 tcp-refused", True),
        (Status.HEALTHY, AS_EXPECTED, False),
    ],
)
def test_only_a_change_is_news(status: Status, before: str | None, news: bool) -> None:
    known = told(before, days=9) if before is not None else None
    assert is_news(result(status), known, NOW, None) is news


@pytest.mark.parametrize(
    ("ago", "news"),
    [
        ({"hours": 5, "minutes": 58}, False),
        ({"hours": 5, "minutes": 59, "seconds": 30}, True),  # runs of one cron line are not to the second
        ({"hours": 7}, True),
        ({"hours": -1}, True),  # the clock was set back
    ],
)
def test_what_stands_is_told_again(ago: dict[str, float], news: bool) -> None:
    failing = result(Status.FAILING)
    assert is_news(failing, told(state_of(failing), **ago), NOW, 6 * HOUR) is news
    assert not is_news(result(Status.WARNING), told(WARNING, **ago), NOW, 6 * HOUR), "a warning is no alarm"


def test_nothing_is_news_in_a_maintenance_window() -> None:
    inside = replace(result(Status.FAILING), expected=True, maintenance=NOW + timedelta(hours=1))
    assert not is_news(inside, None, NOW, None)
    assert not is_news(inside, told("failing 4.4.316 tcp-refused"), NOW, None), "nor a recovery, which it is not"
