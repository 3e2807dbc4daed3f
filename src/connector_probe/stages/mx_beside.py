"""Beside the conversation: do the MX records of a smart host that has addresses lead elsewhere?

Microsoft documents that a smart host needs an MX or an A record, and not which of them Exchange Online asks for first.
What is found decides a warning, so it is waited for as for any other look-up; silence about it says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import AttemptEvidence, Lookup, LookupStatus, MxBeside, Resolution
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.resolve import Resolver, mx_records

MAX_HOSTS = 5  # of one set of MX records, by preference; most have one or two
QUESTIONS_AT_ONCE = 64  # in one run: sockets that the conversations shall not miss
_TYPES = {AddressFamily.BOTH: ("AAAA", "A"), AddressFamily.IPV6: ("AAAA",), AddressFamily.IPV4: ("A",)}
_Key = tuple[Resolver, str, AddressFamily]
Pending = Mapping[str, asyncio.Future[MxBeside | None]]  # by smart host


class MxRecordsBeside(SingleFlight[_Key, MxBeside | None]):
    """Looks for the MX records of smart hosts, each once a run."""

    def __init__(self) -> None:
        super().__init__()
        self._places = asyncio.Semaphore(QUESTIONS_AT_ONCE)

    def begin(self, resolutions: Sequence[Resolution], resolver: Resolver, family: AddressFamily) -> Pending:
        """Go looking for those of ``resolutions`` that are smart hosts whose names have addresses."""
        names = dict.fromkeys(one.server for one in resolutions if _has_a_choice(one))
        keys = [(resolver, name, family) for name in names]
        return {key[1]: self.start(key, partial(self._look, *key)) for key in keys}

    async def _look(self, resolver: Resolver, name: str, family: AddressFamily) -> MxBeside | None:
        async def ask(name: str, rdtype: str) -> Lookup:
            async with self._places:
                return await resolver.look_up(name, rdtype)

        lookup = await ask(name, "MX")
        exchanges = dict.fromkeys(one.exchange for one in mx_records(lookup) if one.exchange)
        if lookup.status is not LookupStatus.ANSWER or not exchanges:
            return None
        questions = (ask(host, rdtype) for host in list(exchanges)[:MAX_HOSTS] for rdtype in _TYPES[family])
        return MxBeside(lookup, tuple(await asyncio.gather(*questions)))


async def with_mx_beside(attempts: Sequence[AttemptEvidence], pending: Pending) -> tuple[AttemptEvidence, ...]:
    """``attempts``, which are over, each with what was found for its smart host."""
    found = {name: await asyncio.shield(one) for name, one in pending.items()}
    return tuple(
        replace(one, resolution=replace(one.resolution, mx_beside=found[one.server]))
        if _has_a_choice(one.resolution) and found.get(one.server) is not None
        else one
        for one in attempts
    )


def _has_a_choice(resolution: Resolution) -> bool:
    """Whether it is a smart host's name, with addresses of its own."""
    return bool(resolution.addresses and resolution.lookups) and resolution.mx_domain is None
