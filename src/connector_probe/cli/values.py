"""Reading the values of options: durations and dates. Every error is one line and a hint."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from connector_probe.model.names import show

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "": 1.0}
_DURATION = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?) ?(?P<unit>ms|s|m|h|d|)", re.ASCII)


class UsageProblemError(Exception):
    """Something on the command line, or in a file, that cannot be worked with: exit code 2."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NothingProbedError(Exception):
    """Nothing is wrong, and nothing was probed: exit code 3. ``quiet``: a person need not be told."""

    def __init__(self, message: str, *, quiet: bool = False) -> None:
        super().__init__(message)
        self.quiet = quiet


def parse_duration(option: str, text: str) -> float:
    """Seconds from "500ms", "10s", "5m", "2h" or plain seconds. Raises UsageProblemError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageProblemError(f"{option} {show(text)!r} is not a duration", "as in: 500ms, 10s, 5m, 2h, or seconds")
    return float(match["number"]) * _UNITS[match["unit"]]


def parse_moment(option: str, text: str) -> datetime:
    """A moment in UTC from "2026-12-24" or RFC 3339; a date alone is its noon. Raises UsageProblemError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageProblemError(
            f"{option} {show(text)!r} is not a date", "as in: 2026-12-24 or 2026-12-24T20:00:00+01:00"
        ) from None
    if len(text.strip()) <= 10:
        moment = moment.replace(hour=12)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
