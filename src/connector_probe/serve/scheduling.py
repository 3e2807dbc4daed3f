"""When each connector is probed next. Pure but for the dice."""

from __future__ import annotations

import random

SOONER = 60.0  # seconds until what has just failed is probed again; then twice that, and so on, up to its interval
JITTER = 0.1  # of a pause, to either side: connectors that began together drift apart
SPACING = 0.2  # seconds between two that are overdue when the server starts, ...
SPREAD = 60.0  # ... and in how many seconds all of them begin at the latest


def pause(interval: float, failures: int) -> float:
    """Seconds from one probe to the next, after ``failures`` in a row, somewhere in the jitter."""
    wanted = interval if failures == 0 else min(interval, SOONER * 2.0 ** min(failures - 1, 20))
    return wanted * random.uniform(1 - JITTER, 1 + JITTER)


def turn(position: int, number: int) -> float:
    """Seconds after the start at which the overdue connector at ``position`` of ``number`` begins: one by one."""
    return position * min(SPACING, SPREAD / max(number, 1))
