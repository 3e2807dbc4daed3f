"""Questions to authoritative servers, without recursion: each once a run, and not too many at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from connector_probe.model.delegation import SILENT, ServerSays
from connector_probe.model.evidence import FaultKind
from connector_probe.network import Network, NetworkFaultError
from connector_probe.single_flight import SingleFlight
from connector_probe.stages.resolve import Nameserver, exchange_tcp, exchange_udp

if TYPE_CHECKING:
    from connector_probe.protocol.delegation import Said

AT_ONCE = 32  # questions under way in one run, so that a fleet of failing connectors does not use up the sockets
NO_WAY_OUT = "no-way-out"  # why a question was not asked: nothing leaves for there from here
_LOCAL = frozenset({FaultKind.NO_ROUTE, FaultKind.NO_RESOURCES, FaultKind.NOT_PERMITTED, FaultKind.LOCAL_OTHER})


@dataclass(frozen=True, slots=True)
class DirectQuestion:
    """A question for ``name`` and ``rdtype`` to a server of ``zone``."""

    nameserver: Nameserver
    name: str
    rdtype: str
    zone: str


class AuthoritativeServers:
    """Puts questions, each once a run, and not too many at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._places = asyncio.Semaphore(AT_ONCE)
        self._asked: SingleFlight[tuple[DirectQuestion, tuple[float, ...], bool], Said] = SingleFlight()

    async def ask(self, question: DirectQuestion, waits: tuple[float, ...], *, tcp: bool) -> Said:
        """``waits``: how long for each try. Raises ValueError when DNS cannot carry the question."""
        return await self._asked.get((question, waits, tcp), lambda: self._ask(question, waits, tcp))

    def close(self) -> None:
        self._asked.close()

    async def _ask(self, question: DirectQuestion, waits: tuple[float, ...], tcp: bool) -> Said:
        from connector_probe.protocol.delegation import Said

        said = Said(ServerSays.TIMED_OUT)
        async with self._places:
            for wait in waits:
                said = await self._try(question, wait, tcp, edns=True)
                if said.edns_refused:
                    said = await self._try(question, wait, tcp, edns=False)
                if said.status not in SILENT:
                    break
        return said

    async def _try(self, question: DirectQuestion, wait: float, tcp: bool, *, edns: bool) -> Said:
        from connector_probe.protocol.delegation import Said, direct_question, read_direct

        asked = direct_question(question.name, question.rdtype, edns=edns)
        read = partial(read_direct, asked=asked, zone=question.zone)
        try:
            if tcp:
                return read(await exchange_tcp(self._network, question.nameserver, asked.wire, wait))
            heard = await exchange_udp(
                self._network, question.nameserver, asked.wire, wait, read, lambda one: one.foreign
            )
        except NetworkFaultError as error:
            kind = error.fault.kind
            if kind in _LOCAL:
                return Said(ServerSays.NOT_ASKED, note=NO_WAY_OUT)
            status = ServerSays.TIMED_OUT if kind is FaultKind.TIMED_OUT else ServerSays.UNREACHABLE
            return Said(status, note=error.fault.errno)
        return heard or Said(ServerSays.TIMED_OUT)
