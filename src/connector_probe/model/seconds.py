"""Durations as evidence keeps them."""

from __future__ import annotations


def to_microseconds(seconds: float) -> float:
    """``seconds`` as evidence has them: to the microsecond, so that a report says the same when it is read back."""
    return round(seconds, 6)
