"""Time as others have it: seconds that pass while our own loop runs, so that no limit counts what is ours.

A machine that is busy, or a step of our own that takes long, holds up the loop: whoever is waited for may have answered
long ago, or could not be asked yet. Such a pause is not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final
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
        self._waiting = 0
        self._tick: asyncio.TimerHandle | None = None

    def now(self) -> float:
        passed = self._time() - self._since
        return self._counted + (min(passed, LONGEST) if self._waiting else passed)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Around a wait for somebody else."""
        if not self._waiting:
            self._look_again()
        self._waiting += 1
        try:
            yield
        finally:
            if self._waiting == 1 and self._tick is not None:
                self._count()
                self._tick.cancel()
            self._waiting -= 1

    def _count(self) -> None:
        self._counted, self._since = self.now(), self._time()

    def _look_again(self) -> None:
        self._count()
        self._tick = asyncio.get_running_loop().call_later(TICK, self._look_again)


_CLOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopClock] = WeakKeyDictionary()


def loop_clock() -> LoopClock:
    """The one of the running loop: whoever waits on it sees the same pauses."""
    loop = asyncio.get_running_loop()
    clock = _CLOCKS.get(loop)
    if clock is None:
        clock = _CLOCKS[loop] = LoopClock()
    return clock


def call_after(now: Callable[[], float], seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
    """Call ``callback`` once ``seconds`` have passed by the clock ``now``. Gives what cancels that."""
    loop, end = asyncio.get_running_loop(), now() + seconds
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        left = end - now()
        if left > 0:
            timer = loop.call_later(left, look)
        else:
            callback()

    def cancel() -> None:
        if timer is not None:
            timer.cancel()

    timer = loop.call_later(max(seconds, 0.0), look)
    return cancel


@contextlib.asynccontextmanager
async def time_limit(now: Callable[[], float], seconds: float) -> AsyncIterator[None]:
    """As ``asyncio.timeout``, by the clock ``now``. Raises TimeoutError."""
    async with asyncio.timeout(None) as limit:
        cancel = call_after(now, seconds, lambda: limit.reschedule(asyncio.get_running_loop().time()))
        try:
            yield
        finally:
            cancel()


async def sleep(seconds: float) -> None:
    """As ``asyncio.sleep``, but a standstill of the loop does not count."""
    clock, over = loop_clock(), asyncio.get_running_loop().create_future()
    with clock.waiting():
        cancel = call_after(clock.now, seconds, lambda: over.set_result(None))
        try:
            await over
        finally:
            cancel()
