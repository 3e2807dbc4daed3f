"""How much a run does at the same time.

Looking up names and talking to servers takes a slot; waiting for TCP to connect takes none. So a dead host costs the
run no slot, and its long wait begins with the run and not behind the work of all who stand before it.
"""

from __future__ import annotations

import asyncio

from connector_probe.network import Stream
from connector_probe.network.clock import loop_clock
from connector_probe.stages.conversation import Clock

# Seconds that one holder counts as working: a server that answers is done by then, and one that does not (a tarpit, a
# silent nameserver) costs nothing but a socket. Our own lateness does not count: else a busy machine would hold
# everybody for one.
SLOT_TIME = 2.0
CROWD = 2  # that wait for a slot, for each slot: more would only take memory


class WorkSlots:
    """``slots`` of them. Whoever has held one for ``slot_time`` seconds goes on without it, and the next may work."""

    def __init__(self, slots: int, slot_time: float = SLOT_TIME) -> None:
        self._slot_time = slot_time
        self.free = asyncio.Semaphore(slots)
        self._held: dict[Slot, float] = {}  # until when, the first to end in front
        self._timer: asyncio.TimerHandle | None = None
        self._most = slots * CROWD
        self._waiting = 0
        self._uncrowded = asyncio.Event()

    async def uncrowded(self) -> None:
        """Until few enough wait for a slot that another one may begin."""
        while self._waiting >= self._most:
            self._uncrowded.clear()
            await self._uncrowded.wait()

    async def take(self, slot: Slot) -> None:
        """Wait for one; they are given in the order of asking."""
        self._waiting += 1
        try:
            await self.free.acquire()
        finally:
            self._waiting -= 1
            self._uncrowded.set()
        self._held[slot] = loop_clock().now() + self._slot_time
        if self._timer is None:
            self._look()

    def give_back(self, slot: Slot) -> None:
        """At the end of its work, or of its time."""
        if self._held.pop(slot, None) is not None:
            self.free.release()

    def _look(self) -> None:
        self._timer = None
        now = loop_clock().now()
        while self._held and self._timer is None:
            slot, end = next(iter(self._held.items()))
            if end > now:
                self._timer = asyncio.get_running_loop().call_later(end - now, self._look)
            else:
                self.give_back(slot)


class Slot:
    """One that is held while the body of an ``async with`` runs.

    For a conversation on ``stream``, what the server said while we waited is not counted as late: ``clock`` leaves out
    the seconds between the server's first octet and the slot.
    """

    def __init__(self, slots: WorkSlots, stream: Stream | None = None, clock: Clock | None = None) -> None:
        self._slots, self._stream, self._clock = slots, stream, clock
        self._spoke: float | None = None  # by the clock

    async def __aenter__(self) -> None:
        if self._stream is not None and self._slots.free.locked():
            self._stream.when_readable(self._hear)
        await self._slots.take(self)
        if self._spoke is not None and self._clock is not None:
            self._clock.leave_out(self._clock.elapsed() - self._spoke)

    async def __aexit__(self, *_: object) -> None:
        self._slots.give_back(self)

    def _hear(self) -> None:
        if self._clock is not None:
            self._spoke = self._clock.elapsed()
