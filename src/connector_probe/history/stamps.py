"""Moments as the tables have them, and back. A value that this program never writes is damage: ValueError."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

LATEST = 50_000_000_000_000  # milliseconds: the year 3554, far enough from where datetime ends to add to it
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def stamp(at: datetime) -> int:
    """Milliseconds since 1970; a clock that is beyond all reason is kept at its end."""
    return min(max((at - _EPOCH) // _MILLISECOND, 0), LATEST)


def date_stamp(at: datetime | None) -> int | None:
    """A certificate's date may be any."""
    return (at - _EPOCH) // _MILLISECOND if at is not None else None


def moment(value: object) -> datetime:
    """Raises ValueError for what is no stamp of ours."""
    if not isinstance(value, int) or not 0 <= value <= LATEST:
        raise ValueError(f"{value!r} is no moment")
    return _EPOCH + timedelta(milliseconds=value)


def date(value: object) -> datetime | None:
    """Raises ValueError and OverflowError."""
    if value is None:
        return None
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no date")
    return _EPOCH + timedelta(milliseconds=value)
