"""Time as others have it: seconds that pass while our own loop runs, so that no limit counts what is ours.

A machine that is busy, or a step of our own that takes long, holds up the loop: whoever is waited for may have answered
long ago, or could not be asked yet. Such a pause is not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

TICK: Final = 0.005  # seconds between two looks at the loop, while somebody waits
# What counts of the time between two of them: timers are some milliseconds late even where nothing else runs.
LONGEST: Final = TICK + 0.003 + time.get_clock_info("monotonic").resolution


class LoopClock:
    """A monotonic clock, in seconds, that stands still while somebody waits and the loop does not run."""

    def __init__(self, time_source: Callable[[], float] = time.monotonic) -> None:
        self._time = time_source
        self._counted = 0.0
        self._since = time_source()
        self._ends: dict[asyncio.Future[Any], float] = {}  # of all who wait for others
        self._first = math.inf  # no wait ends before
        self._tick: asyncio.TimerHandle | None = None

    def now(self) -> float:
        passed = self._time() - self._since
        return self._counted + (min(passed, LONGEST) if self._ends else passed)

    async def until(self, something: asyncio.Future[Any], limit: float = math.inf) -> None:
        """Wait for somebody else: until ``something`` is done, or ``limit`` seconds have passed. It is done then.

        ``something`` is this wait's own.
        """
        if not self._ends:
            self._look_again()
        end = self._ends[something] = self.now() + limit
        self._first = min(self._first, end)
        try:
            await something
        finally:
            if len(self._ends) == 1 and self._tick is not None:
                self._count()
                self._tick.cancel()
                self._tick = None  # it knows the loop, which is to be forgotten with whoever ran it
            del self._ends[something]

    def _count(self) -> None:
        self._counted, self._since = self.now(), self._time()

    def _look_again(self) -> None:
        self._count()
        if self._first <= self._counted:
            for something, end in self._ends.items():
                if end <= self._counted and not something.done():
                    something.set_result(None)
            self._first = min((end for end in self._ends.values() if end > self._counted), default=math.inf)
        self._tick = asyncio.get_running_loop().call_later(TICK, self._look_again)


_CLOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopClock] = WeakKeyDictionary()


def loop_clock() -> LoopClock:
    """The one of the running loop, for as long as that lives: whoever waits on it sees the same pauses."""
    loop = asyncio.get_running_loop()
    if (clock := _CLOCKS.get(loop)) is None:
        clock = _CLOCKS[loop] = LoopClock()
    return clock


@contextlib.asynccontextmanager
async def time_limit(now: Callable[[], float], seconds: float) -> AsyncIterator[None]:
    """As ``asyncio.timeout``, by the clock ``now``. Raises TimeoutError."""
    loop, end = asyncio.get_running_loop(), now() + seconds
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        if (left := end - now()) > 0:
            timer = loop.call_later(left, look)
        else:
            limit.reschedule(loop.time())

    async with asyncio.timeout(None) as limit:
        look()
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()


async def sleep(seconds: float) -> None:
    """As ``asyncio.sleep``, but a standstill of the loop does not count."""
    await loop_clock().until(asyncio.get_running_loop().create_future(), seconds)
