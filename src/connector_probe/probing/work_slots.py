"""How much a run does at the same time.

Looking up names and talking to servers takes a slot; waiting for TCP to connect takes none. So a dead host costs the
run no slot, and its long wait begins with the run and not behind the work of all who stand before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from connector_probe.network import Stream
from connector_probe.network.clock import call_after, loop_clock
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
        self._free = asyncio.Semaphore(slots)
        self._most = slots * CROWD
        self._waiting = 0
        self._uncrowded = asyncio.Event()

    async def uncrowded(self) -> None:
        """Until few enough wait for a slot that another one may begin."""
        while self._waiting >= self._most:
            self._uncrowded.clear()
            await self._uncrowded.wait()

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot while the body runs; they are given in the order of asking."""
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
            self._uncrowded.set()
        with contextlib.ExitStack() as stack:
            stack.callback(self._free.release)
            stack.callback(call_after(loop_clock().now, self._slot_time, stack.close))
            yield

    @contextlib.asynccontextmanager
    async def slot_for(self, stream: Stream, clock: Clock) -> AsyncIterator[None]:
        """As ``slot``, for a conversation on ``stream``: what the server said while we waited is not counted as late.

        ``clock`` leaves out the seconds between the server's first octet and the slot.
        """
        spoke = asyncio.ensure_future(_first_octet_at(stream, clock)) if self._free.locked() else None
        try:
            async with self.slot():
                if spoke is not None and spoke.done():
                    clock.leave_out(clock.elapsed() - spoke.result())
                elif spoke is not None:
                    spoke.cancel()
                    await asyncio.wait({spoke})  # two may not wait on one socket
                yield
        finally:
            if spoke is not None:
                spoke.cancel()


async def _first_octet_at(stream: Stream, clock: Clock) -> float:
    await stream.readable()
    return clock.elapsed()
