"""Attempts at servers, over one run: polite, and none made twice.

Several connectors often lead to one smart host. What a conversation shows does not depend on how its certificate will
be judged, so one attempt is evidence for all of them; and where conversations differ (another EHLO name, another
server name), they take turns at the address.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace

from connector_probe.model.evidence import AttemptEvidence, TranscriptLine
from connector_probe.single_flight import SingleFlight

# Connections of ours to one address and port at the same time. Exchange takes 20 from one source
# (MaxInboundConnectionPerSource), Postfix 50, small appliances far fewer; and what a probe takes, mail does not get.
AT_ONE_ADDRESS = 2
_RESERVED = 96  # files of this process that are no attempts: lookups, pipes, the interpreter's own
_FEWEST, _MOST = 16, 2000

Attempt = tuple[AttemptEvidence, tuple[TranscriptLine, ...]]


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """What makes two attempts the same. ``path``: what decides whether TCP connects; ``terms``: what else shapes it;

    ``number`` counts the attempts that one connector asks for, and its retries: those are never shared.
    """

    address: str
    port: int
    path: Hashable
    terms: Hashable
    number: tuple[float, ...] = ()


class SharedAttempts:
    """What was seen where, in one run."""

    def __init__(self, at_one_address: int = AT_ONE_ADDRESS, at_once: int | None = None) -> None:
        self._at_one_address = at_one_address
        self._turns: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._lines = asyncio.Semaphore(at_once or open_at_once())
        self._made: SingleFlight[AttemptKey, Attempt] = SingleFlight()
        self._unreached: dict[Hashable, Attempt] = {}

    async def share(self, key: AttemptKey, make: Callable[[], Awaitable[Attempt]]) -> Attempt:
        """What ``make`` saw, or what another connector's attempt by the same key did."""
        return await self._made.get(key, lambda: self._make(key, make))

    async def _make(self, key: AttemptKey, make: Callable[[], Awaitable[Attempt]]) -> Attempt:
        place = (key.address, key.port)
        if place not in self._turns:
            self._turns[place] = asyncio.Semaphore(self._at_one_address)
        async with self._turns[place]:
            path = (place, key.path, key.number)
            if path in self._unreached:  # where TCP does not connect, the rest makes no difference
                return self._unreached[path]
            async with self._lines:
                attempt = await make()
            connection = attempt[0].connection
            if connection is not None and connection.fault is not None and not connection.fault.local:
                self._unreached[path] = attempt
            return attempt

    def close(self) -> None:
        """End the attempts that are still going on; nobody waits for them any more."""
        self._made.close()


class AddressTurn:
    """Whose turn it is at one address, and how long its names have taken together."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.left_out: set[str] = set()
        self._met: set[str] = set()
        self._began: float | None = None

    def is_worth_it(self, server: str, now: float, deadline: float) -> bool:
        """Whether one more name is to be tried there; one that was tried before is to the end."""
        self._began = now if self._began is None else self._began
        if server not in self._met and now - self._began > deadline:
            self.left_out.add(server)
            return False
        self._met.add(server)
        return True


def as_seen_by(attempt: Attempt, base: AttemptEvidence) -> Attempt:
    """``attempt`` as evidence for ``base``: the server's name and how it resolved are of each connector."""
    evidence, transcript = attempt
    return replace(evidence, server=base.server, resolution=base.resolution), transcript


def open_at_once() -> int:
    """How many connections this process may hold open at the same time; each attempt needs one, and one to spare."""
    if sys.platform == "win32":  # sockets are no files there
        return _MOST
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST
    return max(_FEWEST, min((soft - _RESERVED) // 2, _MOST))
