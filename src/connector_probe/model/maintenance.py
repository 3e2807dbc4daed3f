"""Maintenance windows: when a failure is no news. Pure; the moment is passed in."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from connector_probe.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Once:
    """From ``begins`` up to, and without, ``ends``."""

    begins: datetime
    ends: datetime

    def end_at(self, at: datetime) -> datetime | None:
        """When the window ends that ``at`` lies in; None outside."""
        return self.ends if self.begins <= at < self.ends else None


@dataclass(frozen=True, slots=True)
class Weekly:
    """On each of ``days`` (0 is Monday) from ``begins`` to ``ends``, by the clocks of ``zone`` (an IANA name, or UTC).

    A window whose end is not after its beginning runs into the next day; None for ``ends`` is midnight.
    """

    days: frozenset[int]
    begins: time
    ends: time | None
    zone: str = "UTC"

    def end_at(self, at: datetime) -> datetime | None:
        """When the window ends that ``at`` lies in, in UTC; None outside. Raises ZoneInfoNotFoundError."""
        zone: tzinfo = UTC if self.zone == "UTC" else ZoneInfo(self.zone)
        today = at.astimezone(zone).date()
        for day in (today, today - timedelta(days=1)):
            if day.weekday() not in self.days:
                continue
            over_midnight = self.ends is None or self.ends <= self.begins
            last = day + timedelta(days=1) if over_midnight else day
            begins = datetime.combine(day, self.begins, zone).astimezone(UTC)
            ends = datetime.combine(last, self.ends or time(0), zone).astimezone(UTC)
            if begins <= at < ends:
                return ends
        return None


Window = Once | Weekly


def maintenance_until(windows: Iterable[Window], at: datetime) -> datetime | None:
    """When the last of the windows ends that ``at`` lies in; None outside of all."""
    return max((end for window in windows if (end := window.end_at(at)) is not None), default=None)
