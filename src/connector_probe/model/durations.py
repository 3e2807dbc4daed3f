"""Durations and moments as text. The options of the command line are written the same way."""

from __future__ import annotations

import re
from datetime import UTC, datetime

DURATION = r"[0-9]{1,9}(?:\.[0-9]{1,9})? ?(?:ms|s|m|h|d)?"
_DURATION = re.compile(DURATION)
_UNITS = (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0), ("", 1.0))  # "ms" before "s" and "m"


def seconds(text: str) -> float | None:
    """Seconds in "500ms", "10s", "5m", "2h", "1d" or a plain number of seconds; None for anything else."""
    given = text.strip()
    if _DURATION.fullmatch(given) is None:
        return None
    suffix, factor = next((suffix, factor) for suffix, factor in _UNITS if given.endswith(suffix))
    return float(given.removesuffix(suffix)) * factor


def to_microseconds(seconds: float) -> float:
    """``seconds`` as evidence has them: to the microsecond, so that a report says the same when it is read back."""
    return round(seconds, 6)


def moment(text: str) -> datetime | None:
    """A moment in UTC from "2026-12-24" (its noon) or RFC 3339; None for anything else."""
    given = text.strip()
    try:
        found = datetime.fromisoformat(given)
        if len(given) <= len("2026-12-24"):
            found = found.replace(hour=12)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the last: the first and last day of the calendar, moved by a time zone
        return None
