"""Maintenance windows: by the clocks of their zone, over midnight and over the changes of summer time."""

from __future__ import annotations

from datetime import datetime

import pytest

from connector_probe.config import parse
from connector_probe.model.maintenance import maintenance_until


def until(windows: str, at: str) -> str | None:
    text = f"version: 1\nconnectors: [{{smart_hosts: [mail.contoso.com], maintenance: {windows}}}]\n"
    found = maintenance_until(parse(text).entries[0].maintenance, datetime.fromisoformat(at))
    return found.isoformat() if found is not None else None


@pytest.mark.parametrize(
    ("window", "at", "end"),
    [  # 2026-06-07 is a Sunday
        ("Sun 02:00-04:00", "2026-06-07T01:59:59Z", None),
        ("Sun 02:00-04:00", "2026-06-07T02:00Z", "2026-06-07T04:00:00+00:00"),
        ("Sun 02:00-04:00", "2026-06-07T03:59:59Z", "2026-06-07T04:00:00+00:00"),
        ("Sun 02:00-04:00", "2026-06-07T04:00Z", None),
        ("Sun 02:00-04:00", "2026-06-08T03:00Z", None),
        ("Sun 02:00-04:00 Europe/Berlin", "2026-06-07T01:00Z", "2026-06-07T02:00:00+00:00"),
        ("Sun 02:00-04:00 Europe/Berlin", "2026-12-06T01:30Z", "2026-12-06T03:00:00+00:00"),
        ("Sun 22:00-02:00", "2026-06-08T01:00Z", "2026-06-08T02:00:00+00:00"),
        ("Sun 22:00-02:00", "2026-06-07T01:00Z", None),
        ("Sun 22:00-24:00", "2026-06-07T23:59Z", "2026-06-08T00:00:00+00:00"),
        ("Sun 00:00-24:00", "2026-06-07T00:00Z", "2026-06-08T00:00:00+00:00"),
        ("Fri-Mon 02:00-04:00", "2026-06-08T03:00Z", "2026-06-08T04:00:00+00:00"),
        ("Fri-Mon 02:00-04:00", "2026-06-09T03:00Z", None),
        ("Sat,Tue 02:00-04:00", "2026-06-09T03:00Z", "2026-06-09T04:00:00+00:00"),
        ("daily 02:00-04:00", "2026-06-10T03:00Z", "2026-06-10T04:00:00+00:00"),
        # Europe/Berlin: 02:00 to 03:00 is left out on 29 March, and comes twice on 25 October
        ("Sun 02:00-04:00 Europe/Berlin", "2026-03-29T01:30Z", "2026-03-29T02:00:00+00:00"),
        ("Sun 02:00-04:00 Europe/Berlin", "2026-10-25T02:30Z", "2026-10-25T03:00:00+00:00"),
        # where it is Sunday already, or still
        ("Sun 00:00-03:00 Pacific/Auckland", "2026-06-06T13:00Z", "2026-06-06T15:00:00+00:00"),
    ],
)
def test_a_weekly_window(window: str, at: str, end: str | None) -> None:
    assert until(f'"{window}"', at) == end


def test_a_window_once_and_several() -> None:
    once = "{from: 2026-12-24T20:00+01:00, until: 2026-12-25T06:00+01:00}"
    assert until(once, "2026-12-24T18:59Z") is None
    assert until(once, "2026-12-24T19:00Z") == "2026-12-25T05:00:00+00:00"
    assert until(once, "2026-12-25T05:00Z") is None
    both = f'[{once}, "Fri 04:00-07:00"]'  # 25 December is a Friday
    assert until(both, "2026-12-25T04:30Z") == "2026-12-25T07:00:00+00:00", "the one that ends last"
