"""What is known of one connector: from each place the newest report, and what all places together say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from connector_probe.model.verdict import Finding, Report, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import fill

HERE = ""  # the place of the server itself, as history has it
SILENT_AFTER = 3  # times the longest usual pause between two reports
FAILS_FROM_PLACES = "fails-from-places"


class Trigger(StrEnum):
    """Why there is a report: the schedule, a scrape, somebody who asked, another place, a restart."""

    SCHEDULE = "schedule"
    SCRAPE = "scrape"
    REQUEST = "request"
    PUSH = "push"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A report of one connector. ``usual``: seconds between the last two reports of its place, None for the first."""

    report: Report = field(repr=False)
    place: str
    received_at: datetime
    trigger: Trigger
    usual: float | None = None

    @property
    def result(self) -> Result:
        return self.report.results[0]

    def age(self, now: datetime) -> float:
        """Seconds since it arrived; a clock that was set back makes nothing younger than now."""
        return max((now - self.received_at).total_seconds(), 0.0)

    def is_silent(self, now: datetime, interval: float) -> bool:
        """Whether its place should have been heard of again long ago. Of here that is the scheduler's concern."""
        return self.place != HERE and self.age(now) > SILENT_AFTER * max(interval, self.usual or 0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A connector by all its places. ``result`` speaks for them; ``of`` is the snapshot that it stems from."""

    result: Result
    of: Snapshot
    silent: tuple[str, ...] = ()


def judge(snapshots: Sequence[Snapshot], now: datetime, interval: float, words: Catalogue, here: str) -> Judged | None:
    """By quorum: a connector fails when more than half of the places that can tell see it fail.

    Where fewer do, mail flows and the fault is on those places' own way; that is a warning. A place that fell silent
    has no voice, nor one that could not tell. ``here`` is what sentences call the server's own place. None where no
    place has reported.
    """
    if not snapshots:
        return None
    silent = tuple(one.place for one in snapshots if one.is_silent(now, interval))
    heard = [one for one in snapshots if one.place not in silent] or list(snapshots)
    telling = [one for one in heard if one.result.status is not Status.UNKNOWN]
    failing = [one for one in telling if one.result.status is Status.FAILING]
    fails = len(failing) * 2 > len(telling)
    flowing = [one for one in telling if one.result.status is not Status.FAILING]
    first = _first((failing if fails else flowing) or heard)
    if fails or not failing:
        return Judged(first.result, first, silent)
    named = words.listed([one.place or here for one in failing])
    said = Finding(FAILS_FROM_PLACES, fill(words.serve[FAILS_FROM_PLACES], {"places": named}))
    result = replace(first.result, status=Status.WARNING, warnings=(said, *first.result.warnings))
    return Judged(result, first, silent)


def _first(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Here where it is among them, else the newest."""
    return next((one for one in snapshots if one.place == HERE), max(snapshots, key=lambda one: one.received_at))
