"""Beside the conversation: do the MX records of a smart host that has addresses lead elsewhere?

Microsoft documents that a smart host needs an MX or an A record, and not which of them Exchange Online asks for first.
Nothing waits for this but what would be over in no time, and silence about it says nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import AttemptEvidence, Lookup, LookupStatus, MxBeside, Resolution
from connector_probe.network import Network
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.resolve import Resolver, mx_records

LIMIT = 2.0  # seconds for all of it, however long the conversations take
# Where the conversations are over before: twice the time that the addresses took, but not more, for the MX records; and
# a little, where there are some, for the addresses of their hosts, so that the next run does not say something else.
PACE = 2.0
MOST_PATIENCE = 0.1  # seconds
FOR_HOSTS = 0.3  # seconds
MAX_HOSTS = 5  # of one set of MX records, by preference; most have one or two
QUESTIONS_AT_ONCE = 64  # in one run: sockets that the conversations shall not miss
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
        self._looks: SingleFlight[_Key, None] = SingleFlight()
        self._seen: dict[_Key, _Seen] = {}
        self._places = asyncio.Semaphore(QUESTIONS_AT_ONCE)

    def begin(self, resolutions: Sequence[Resolution], resolver: Resolver, family: AddressFamily) -> Look:
        """Go looking for those of ``resolutions`` that are smart hosts whose names have addresses."""
        taken = {one.server: one.seconds for one in resolutions if _has_a_choice(one)}
        keys = {name: (resolver, name, family) for name in taken}
        seen = {name: self._seen.setdefault(key, _Seen(self._places)) for name, key in keys.items()}
        pending = {name: self._looks.start(key, partial(self._within_limit, *key)) for name, key in keys.items()}
        return Look(self._network, seen, pending, min(PACE * max(taken.values(), default=0.0), MOST_PATIENCE))

    def close(self) -> None:
        """End what is still going on; nobody waits for it any more."""
        self._looks.close()

    async def _within_limit(self, resolver: Resolver, name: str, family: AddressFamily) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT):
                await self._seen[resolver, name, family].look(resolver, name, family)


class Look:
    """What is being looked for on behalf of one connector, by smart host."""

    def __init__(
        self, network: Network, seen: Mapping[str, _Seen], pending: Mapping[str, asyncio.Future[None]], at_least: float
    ) -> None:
        """``pending`` ends by itself. ``at_least``: so many seconds it has, also where the conversations end before."""
        self._network = network
        self._end = network.now() + at_least
        self._seen = seen
        self.pending = pending

    async def add_to(self, attempts: Sequence[AttemptEvidence]) -> tuple[AttemptEvidence, ...]:
        """``attempts``, which are over, each with what was found for its smart host until now."""
        await self._wait(self._seen, max(self._end - self._network.now(), 0.0))
        await self._wait([name for name, one in self._seen.items() if one.result() is not None], FOR_HOSTS)
        found = {name: one.result() for name, one in self._seen.items()}
        return tuple(
            replace(one, resolution=replace(one.resolution, mx_beside=found[one.server]))
            if _has_a_choice(one.resolution) and found.get(one.server) is not None
            else one
            for one in attempts
        )

    async def _wait(self, names: Iterable[str], seconds: float) -> None:
        pending = [one for name in names if not (one := self.pending[name]).done()]
        if pending:
            await asyncio.wait(pending, timeout=seconds)


class _Seen:
    """What was heard about one name. It stays when the time for the rest ends."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._lookup: Lookup | None = None
        self._hosts: dict[tuple[str, str], Lookup | None] = {}

    async def look(self, resolver: Resolver, name: str, family: AddressFamily) -> None:
        async with self._places:
            lookup = await resolver.look_up(name, "MX", brief=True)
        exchanges = dict.fromkeys(one.exchange for one in mx_records(lookup) if one.exchange)
        if lookup.status is not LookupStatus.ANSWER or not exchanges:
            return
        self._lookup = lookup
        self._hosts = {(host, rdtype): None for host in list(exchanges)[:MAX_HOSTS] for rdtype in _TYPES[family]}

        async def one(host: str, rdtype: str) -> None:
            async with self._places:
                self._hosts[host, rdtype] = await resolver.look_up(host, rdtype, brief=True)

        await asyncio.gather(*(one(host, rdtype) for host, rdtype in self._hosts))

    def result(self) -> MxBeside | None:
        if self._lookup is None:
            return None
        return MxBeside(self._lookup, tuple(one for one in self._hosts.values() if one is not None))


def _has_a_choice(resolution: Resolution) -> bool:
    """Whether it is a smart host's name, with addresses of its own."""
    return bool(resolution.addresses and resolution.lookups) and resolution.mx_domain is None
