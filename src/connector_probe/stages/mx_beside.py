"""Beside the conversation: do the MX records of a smart host that has addresses lead elsewhere?

Microsoft documents that a smart host needs an MX or an A record, and not which of them Exchange Online asks for first.
Nothing waits for this but what would be over in no time, and silence about it says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from connector_probe.found_once import FoundOnce
from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import AttemptEvidence, Lookup, LookupStatus, MxBeside, Resolution
from connector_probe.network import Network
from connector_probe.stages.resolve import Resolver, mx_records

LIMIT = 2.0  # seconds for all of it, however long the conversations take
# Where the conversations are over before, it is given twice the time that the addresses took, and no more than this.
PACE = 2.0
MOST_PATIENCE = 0.1  # seconds
MAX_HOSTS = 5  # of one set of MX records, by preference; most have one or two
LOOKS_AT_ONCE = 8  # in one run; each has two questions for each host on the wire
_TYPES = {
    AddressFamily.BOTH: ("AAAA", "A"),
    AddressFamily.IPV6: ("AAAA",),
    AddressFamily.IPV4: ("A",),
}
_Key = tuple[Resolver, str, AddressFamily]


class MxRecordsBeside:
    """Looks for the MX records of smart hosts, each once a run."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._looks: FoundOnce[_Key, None] = FoundOnce()
        self._seen: dict[_Key, _Seen] = {}
        self._places = asyncio.Semaphore(LOOKS_AT_ONCE)

    def begin(self, resolutions: Sequence[Resolution], resolver: Resolver, family: AddressFamily) -> Look:
        """Go looking for those of ``resolutions`` that are smart hosts whose names have addresses."""
        taken = {one.server: one.seconds for one in resolutions if _has_a_choice(one)}
        keys = {name: (resolver, name, family) for name in taken}
        seen = {name: self._seen.setdefault(key, _Seen()) for name, key in keys.items()}
        pending = [self._looks.begin(key, partial(self._within_limit, *key)) for key in keys.values()]
        return Look(self._network, seen, pending, min(PACE * max(taken.values(), default=0.0), MOST_PATIENCE))

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._looks.close()

    async def _within_limit(self, resolver: Resolver, name: str, family: AddressFamily) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT), self._places:
                await self._seen[resolver, name, family].look(resolver, name, family)


class Look:
    """What is being looked for on behalf of one connector, by smart host."""

    def __init__(
        self, network: Network, seen: Mapping[str, _Seen], pending: Sequence[asyncio.Future[None]], at_least: float
    ) -> None:
        """``pending`` ends by itself. ``at_least``: so many seconds it has, also where the conversations end before."""
        self._network = network
        self._end = network.now() + at_least
        self._seen = seen
        self.pending = pending

    async def add_to(self, attempts: Sequence[AttemptEvidence]) -> tuple[AttemptEvidence, ...]:
        """``attempts``, which are over, each with what was found for its smart host until now."""
        if self.pending:
            await asyncio.wait(self.pending, timeout=max(self._end - self._network.now(), 0.0))
        found = {name: one.result() for name, one in self._seen.items()}
        return tuple(
            replace(one, resolution=replace(one.resolution, mx_beside=found[one.server]))
            if _has_a_choice(one.resolution) and found.get(one.server) is not None
            else one
            for one in attempts
        )


class _Seen:
    """What was heard about one name. It stays when the time for the rest ends."""

    def __init__(self) -> None:
        self._lookup: Lookup | None = None
        self._hosts: dict[tuple[str, str], Lookup | None] = {}

    async def look(self, resolver: Resolver, name: str, family: AddressFamily) -> None:
        lookup = await resolver.look_up(name, "MX", brief=True)
        exchanges = dict.fromkeys(one.exchange for one in mx_records(lookup) if one.exchange)
        if lookup.status is not LookupStatus.ANSWER or not exchanges:
            return
        self._lookup = lookup
        self._hosts = {(host, rdtype): None for host in list(exchanges)[:MAX_HOSTS] for rdtype in _TYPES[family]}

        async def one(host: str, rdtype: str) -> None:
            self._hosts[host, rdtype] = await resolver.look_up(host, rdtype, brief=True)

        await asyncio.gather(*(one(host, rdtype) for host, rdtype in self._hosts))

    def result(self) -> MxBeside | None:
        if self._lookup is None:
            return None
        return MxBeside(self._lookup, tuple(one for one in self._hosts.values() if one is not None))


def _has_a_choice(resolution: Resolution) -> bool:
    """Whether it is a smart host's name, with addresses of its own."""
    return bool(resolution.addresses and resolution.lookups) and resolution.mx_domain is None
