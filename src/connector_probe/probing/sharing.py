"""Attempts at addresses, over one run: polite, and none made twice.

Several connectors often lead to one smart host. What a conversation shows does not depend on how its certificate will
be judged, so one attempt is evidence for all of them; and where conversations differ (another EHLO name, another
server name), they take turns at the address.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace

from connector_probe.model.dataclass import dataclass
from connector_probe.probing.attempt import Attempt, SessionSettings, Target
from connector_probe.single_flight import SingleFlight

# Connections of ours to one address and port at the same time. Exchange takes 20 from one source
# (MaxInboundConnectionPerSource), Postfix 50, small appliances far fewer; and what a probe takes, mail does not get.
AT_ONE_ADDRESS = 2
_RESERVED = 96  # files of this process that are no attempts: lookups, pipes, the interpreter's own
_FEWEST, _MOST = 16, 2000


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two attempts the same. ``number`` counts one connector's connections and retries, never shared."""

    server: str
    address: str
    port: int
    settings: SessionSettings
    number: tuple[float, ...]

    @property
    def path(self) -> Hashable:
        """What decides whether TCP connects, and what is found out where it does not."""
        asked = self.settings
        return (
            (self.address, self.port, self.number),
            (asked.source_address, asked.connect_timeout, asked.control, asked.nameservers),
        )


class SharedAttempts:
    """What was seen where, in one run."""

    def __init__(
        self,
        make: Callable[[Target, SessionSettings], Awaitable[Attempt]],
        at_one_address: int,
        wanted_again: Callable[[str], bool],
    ) -> None:
        """``make``: the attempt itself. ``at_one_address``: connections at the same time.

        ``wanted_again``: whether another connector may ask for an attempt at this server; else none is kept.
        """
        self._make = make
        self._wanted_again = wanted_again
        self._at_one_address = at_one_address
        self._per_address: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._connections = asyncio.Semaphore(connections_allowed())
        self._attempts: SingleFlight[_Key, Attempt] = SingleFlight()
        self._unreached: dict[Hashable, Attempt] = {}

    async def get(self, target: Target, settings: SessionSettings, number: tuple[float, ...]) -> Attempt:
        """The attempt at ``target``, which has an address: made now, or when another connector asked for the same."""
        assert target.address is not None
        key = _Key(target.server, target.address, target.port, settings, number)
        shared = self._wanted_again(target.server)
        turn = self._attempts.get(key, lambda: self._in_turn(key, target)) if shared else self._in_turn(key, target)
        return _as_seen_from(target, await turn)

    def close(self) -> None:
        """Cancel the attempts that are still under way."""
        self._attempts.close()

    async def _in_turn(self, key: _Key, target: Target) -> Attempt:
        place = (key.address, key.port)
        async with self._per_address.setdefault(place, asyncio.Semaphore(self._at_one_address)):
            if key.path in self._unreached:  # where TCP does not connect, the rest makes no difference
                return self._unreached[key.path]
            async with self._connections:
                attempt = await self._make(target, key.settings)
            connection = attempt.evidence.connection
            if connection is not None and connection.fault is not None and not connection.fault.local:
                self._unreached[key.path] = attempt
            return attempt


class AddressBudget:
    """Turns at one address, and the time that its names may take together: a zone can give one server any number."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.left_out: set[str] = set()
        self._tried: set[str] = set()
        self._began: float | None = None

    def allows(self, server: str, now: float, deadline: float) -> bool:
        """Whether ``server`` is still tried there at ``now``; a name that was tried before is tried to the end.

        ``deadline``: seconds that all names together have before no further one is begun.
        """
        self._began = now if self._began is None else self._began
        if server not in self._tried and now - self._began > deadline:
            self.left_out.add(server)
            return False
        self._tried.add(server)
        return True


def _as_seen_from(target: Target, attempt: Attempt) -> Attempt:
    """``attempt`` as evidence for ``target``: name and resolution are each connector's own."""
    if target is attempt.target:  # it was made for this one
        return attempt
    evidence = replace(attempt.evidence, server=target.server, resolution=target.resolution)
    return replace(attempt, target=target, evidence=evidence)


def connections_allowed() -> int:
    """How many connections this process may hold open at the same time; each attempt needs one, and one to spare."""
    if sys.platform == "win32":  # sockets are no files there
        return _MOST
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST
    return max(_FEWEST, min((soft - _RESERVED) // 2, _MOST))
