"""Places for those who work: how much a run does at the same time.

Looking up names and talking to servers is work, and takes a place; waiting for TCP to connect is none. So a dead host
costs a run no place, and its long wait begins with the run, not after the work of all who stand before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

# Seconds after which somebody counts no more among those who work: a server that answers is done by then, and one that
# does not (a tarpit, a nameserver that is silent) costs nothing but a socket.
PATIENCE = 2.0


class Places:
    """``jobs`` places; who has held one for ``patience`` seconds is let go on beside, and the next may work."""

    def __init__(self, jobs: int, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._working = asyncio.Semaphore(jobs)

    @property
    def are_taken(self) -> bool:
        """Whether whoever comes now has to wait."""
        return self._working.locked()

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Holds a place while the body runs. They are given in the order of asking."""
        await self._working.acquire()
        with contextlib.ExitStack() as free:
            free.callback(self._working.release)
            timer = asyncio.get_running_loop().call_later(self._patience, free.close)
            free.callback(timer.cancel)
            yield
