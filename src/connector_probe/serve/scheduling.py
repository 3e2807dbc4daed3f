"""When each connector is probed next. The arithmetic is pure; the loop only sleeps and asks."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

SOONER = 60.0  # seconds until what has just failed is probed again; then twice that, and so on, up to its interval
JITTER = 0.1  # of a pause, to either side: connectors that began together drift apart
SPACING = 0.2  # seconds between two that are overdue when the server starts, ...
SPREAD = 60.0  # ... and in how many seconds all of them begin at the latest


def pause(interval: float, failures: int, luck: float) -> float:
    """Seconds from one probe to the next, after ``failures`` in a row; ``luck`` from 0 to 1 places it in the jitter."""
    wanted = interval if failures == 0 else min(interval, SOONER * 2.0 ** min(failures - 1, 20))
    return wanted * (1 + JITTER * (2 * luck - 1))


def turn(position: int, number: int) -> float:
    """Seconds after the start at which the overdue connector at ``position`` of ``number`` begins: one by one."""
    return position * min(SPACING, SPREAD / max(number, 1))


def luck() -> float:
    """Where in the jitter the next pause falls."""
    return random.random()


class Scheduler:
    """Keeps each connector's appointments. ``due`` says when (seconds of ``time.monotonic``), ``probe`` does it.

    ``due`` is asked again after every wait, since a probe that was wanted otherwise moves it.
    """

    def __init__(self, due: Callable[[str], float], probe: Callable[[str], Awaitable[object]]) -> None:
        self._due = due
        self._probe = probe
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._moved: dict[str, asyncio.Event] = {}

    def keep(self, names: set[str]) -> None:
        """From now on exactly these connectors are probed."""
        for name in self._tasks.keys() - names:
            self._tasks.pop(name).cancel()
            del self._moved[name]
        for name in names - self._tasks.keys():
            self._moved[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._run(name, self._moved[name]))

    def moved(self, name: str) -> None:
        """The appointment of ``name`` is another one now."""
        if name in self._moved:
            self._moved[name].set()

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        self.keep(set())
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, name: str, moved: asyncio.Event) -> None:
        while True:
            moved.clear()
            left = self._due(name) - time.monotonic()
            if left <= 0:
                await self._probe(name)
                continue
            try:
                async with asyncio.timeout(left):
                    await moved.wait()
            except TimeoutError:
                continue
